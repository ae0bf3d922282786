//! What stands behind a line: the version that was charged by, the findings that take money away, and no others.

use std::collections::{BTreeMap, BTreeSet};

use super::{LATER, days, everything, policy};
use crate::world::{World, canteen_id, date, elder_id, yuan};
use domain::calendar::UnixMs;
use domain::decision::PolicyRef;
use domain::reconciliation::{CardLife, Code, Correction, PayerSums};
use domain::record::Body;
use domain::settlement::{MonthInput, Reason, Reopened, Ruling, Rulings, Statement, deductions, settle_month};
use domain::subsidy::decide;

const DAY: &str = "2026-03-11";

type Deducted = BTreeMap<domain::calendar::BusinessDate, Vec<Correction>>;

fn settled(world: &World, month: &str, reopened: &[Reopened], deducted: &Deducted) -> Statement {
    let month = month.parse().unwrap();
    settle_month(&MonthInput {
        canteen: canteen_id(1),
        month,
        days: &days(world, 1, month),
        incomplete: &[],
        left_out: &[],
        reopened,
        carried: &PayerSums::default(),
        decided: &BTreeSet::new(),
        rules: &world.rules,
        released: &[],
        deducted,
    })
}

/// Version 1 gives 5.00, version 2 gives 4.00 from the 11th; a till whose list is old still charges by version 1.
#[test]
fn late_meals_charged_under_two_versions_are_two_lines() {
    let first = policy("per_day = 1", "canteen", "");
    let second = first.replace("version = 1", "version = 2").replace("\"5.00\"", "\"4.00\"");
    let second = second.replace("effective_from = 2026-01-01", "effective_from = 2026-03-11");
    let mut world = World::new(&[&first, &second]);
    let new = world.serve(1, 1, DAY, 690, "15.00");
    let old = world.serve(1, 2, DAY, 700, "15.00");
    let policies: Vec<_> = world.rules.policies.policies().cloned().collect();
    let Body::Meal(meal) = &mut world.records.last_mut().unwrap().body else { unreachable!() };
    let diner = meal.diner.as_ref().unwrap();
    let calendar = world.rules.calendar();
    meal.decision = decide(&policies[0], calendar, &diner.facts, &diner.canteen, &meal.meal, &diner.used).decision;
    world.close_all(LATER, |r| r.id == new);
    let before = world.closes[&(date(DAY), canteen_id(1))].close.clone();
    world.close_all(LATER, everything);
    let now = world.closes[&(date(DAY), canteen_id(1))].close.clone();
    assert_eq!(now.by_policy.iter().map(|(p, n)| (p.version, *n)).collect::<Vec<_>>(), [(1, 1), (2, 1)], "{old}");
    assert!(before.by_policy.is_empty(), "one version needs no list");

    let versions = |reopened: Reopened| -> Vec<(u32, Option<i64>, String)> {
        let april = settled(&world, "2026-04", &[reopened], &Deducted::new());
        let of = |policy: &PolicyRef| policy.version;
        let late = april.changes.iter().filter_map(|line| match &line.reason {
            Reason::Late { policy, .. } => Some((of(policy), line.count, line.amount.to_string())),
            _ => None,
        });
        late.collect()
    };
    let all = Reopened { settled: None, taken: Vec::new(), now: now.clone() };
    assert_eq!(versions(all), [(1, Some(1), "7.00".to_owned()), (2, Some(1), "6.00".to_owned())]);
    let rest = Reopened { settled: Some(before), taken: Vec::new(), now };
    assert_eq!(versions(rest), [(1, Some(1), "7.00".to_owned())], "what version 2 charged is settled already");
}

/// Two cards that were revoked: one meal is explained, the other is not.
fn revoked() -> World {
    let mut world = World::new(&[&policy("per_day = 1", "canteen", "")]);
    let gone = CardLife { issued: UnixMs::new(0), revoked: Some(date("2026-03-02").start()) };
    let cards = [1, 2].map(|n| (elder_id(n), vec![gone])).into();
    world.contexts.entry((date(DAY), canteen_id(1))).or_default().cards = cards;
    world.serve(1, 1, DAY, 690, "15.00");
    world.serve(1, 2, DAY, 700, "15.00");
    world.close_all(LATER, everything);
    world
}

#[test]
fn a_deduction_names_the_findings_that_deduct_and_no_explained_one() {
    let world = revoked();
    let day = &world.closes[&(date(DAY), canteen_id(1))];
    let numbers: Vec<String> = day.close.findings.iter().map(|f| f.number.clone()).collect();
    let [explained, other] = numbers.as_slice() else { panic!("{:?}", day.close.findings) };
    let of_another_year = ((date("2027-03-11"), other.clone()), Ruling::Explained);
    let rulings: Rulings = [((date(DAY), explained.clone()), Ruling::Explained), of_another_year].into();
    let deducted: Deducted = [(date(DAY), deductions(&day.close, &day.verdicts, &rulings))].into();
    let march = settled(&world, "2026-03", &[], &deducted);
    let [line] = march.changes.as_slice() else { panic!("{:?}", march.changes) };
    assert!(matches!(line.reason, Reason::Finding { code: Code::RevokedCard, .. }), "{line:?}");
    assert_eq!((line.count, line.amount), (Some(1), yuan("-7.00")));
    assert_eq!(line.findings, std::slice::from_ref(other));
}

/// What a ruling takes back later names the finding that is ruled on, and no day or finding that stays as it was.
#[test]
fn a_deduction_that_is_taken_back_names_its_finding() {
    let world = revoked();
    let day = &world.closes[&(date(DAY), canteen_id(1))];
    let both = deductions(&day.close, &day.verdicts, &Rulings::new());
    let explained = day.close.findings[0].number.clone();
    let one = deductions(&day.close, &day.verdicts, &[((date(DAY), explained.clone()), Ruling::Explained)].into());
    let again = Reopened { settled: Some(day.close.clone()), taken: both.clone(), now: day.close.clone() };
    let same = Reopened { settled: Some(day.close.clone()), taken: both.clone(), now: day.close.clone() };
    let april = settled(&world, "2026-04", &[again], &[(date(DAY), one)].into());
    let [line] = april.changes.as_slice() else { panic!("{:?}", april.changes) };
    assert_eq!((line.count, line.amount), (Some(-1), yuan("7.00")));
    assert_eq!(line.findings, [explained]);
    let nothing = settled(&world, "2026-04", &[same], &[(date(DAY), both)].into());
    assert_eq!(nothing.changes, []);
}
