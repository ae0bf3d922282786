//! What the day close and the month promise, on a small world of two canteens.
#![expect(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

#[path = "month/behind.rs"]
mod behind;
#[path = "month/standing.rs"]
mod standing;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{Month, UnixMs};
use domain::decision::Usage;
use domain::id::{CanteenId, RecordId};
use domain::money::Fen;
use domain::reconciliation::{Code, DayClose, PayerSums};
use domain::record::Record;
use domain::settlement::{MonthInput, Reason, Released, Reopened, Statement, settle_month};
use proptest::prelude::*;
use world::{World, canteen_id, date, yuan};

/// The policy with these limits on its one diner benefit, an operator benefit of 2.00, and these lines at its end.
fn policy(limits: &str, bearer_double: &str, tail: &str) -> String {
    format!(
        r#"
[policy]
id = "test"
name = "测试"
version = 1
semantics = 1
region = "440304"
effective_from = 2026-01-01
rounding = "half_up"
[meals]
lunch = ["10:30", "13:30"]
[bearer]
stale_facts = "canteen"
double = "{bearer_double}"
[[benefit]]
id = "age-70"
label = "70周岁以上"
kind = "diner"
amount = {{ fixed = "5.00" }}
payers = {{ city = 1, district = 1 }}
[benefit.elder]
age = {{ min = 70 }}
[benefit.limit]
{limits}
[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = {{ fixed = "2.00" }}
payers = {{ district = 1 }}
requires = ["age-70"]
{tail}
"#
    )
}

fn days(world: &World, canteen: u128, month: Month) -> Vec<DayClose> {
    let own = |((day, c), _): &(&(_, CanteenId), _)| -> bool {
        let day: &domain::calendar::BusinessDate = day;
        *c == canteen_id(canteen) && day.month() == month
    };
    world.closes.iter().filter(own).map(|(_, r)| r.close.clone()).collect()
}

fn settle(world: &World, canteen: u128, month: &str, reopened: &[Reopened]) -> Statement {
    let month: Month = month.parse().unwrap();
    settle_month(&MonthInput {
        canteen: canteen_id(canteen),
        month,
        days: &days(world, canteen, month),
        incomplete: &[],
        left_out: &[],
        reopened,
        carried: &PayerSums::default(),
        decided: &BTreeSet::new(),
        rules: &world.rules,
        released: &[],
        deducted: &BTreeMap::new(),
    })
}

fn everything(_: &Record) -> bool {
    true
}

const LATER: UnixMs = UnixMs::new(i64::MAX);

#[test]
fn a_day_without_surprises_is_paid_as_charged() {
    let mut world = World::new(&[&policy("per_day = 1", "programme", "")]);
    world.serve(1, 1, "2026-03-02", 690, "15.00");
    world.serve(1, 2, "2026-03-02", 691, "15.00");
    world.close_all(LATER, everything);
    let statement = settle(&world, 1, "2026-03", &[]);
    assert_eq!(statement.payable(), yuan("14.00"));
    let payers: Vec<_> = statement.payers.iter().map(|p| (p.payer.name.as_str(), p.payable.to_string())).collect();
    assert_eq!(payers, [("city", "5.00".to_owned()), ("district", "9.00".to_owned())]);
    assert!(statement.changes.is_empty() && statement.holds.is_empty());
    assert_eq!(statement.reconciliation.own_payment, yuan("20.00"));
}

#[test]
fn a_double_dip_is_carried_by_whom_the_policy_names() {
    for (bearer, paid) in [("programme", "7.00"), ("canteen", "0.00")] {
        let mut world = World::new(&[&policy("per_day = 1", bearer, "")]);
        let first = world.serve(1, 1, "2026-03-02", 690, "15.00");
        let second = world.serve(2, 1, "2026-03-02", 700, "15.00");
        world.close_all(LATER, everything);
        let finding = &world.closes[&(date("2026-03-02"), canteen_id(2))].close.findings[0];
        assert_eq!((finding.code, finding.evidence.as_slice()), (Code::OverLimit, [second].as_slice()));
        assert_eq!(finding.stake, yuan("7.00"));
        assert!(world.closes[&(date("2026-03-02"), canteen_id(1))].close.findings.is_empty(), "{first}");
        assert_eq!(settle(&world, 1, "2026-03", &[]).payable(), yuan("7.00"));
        assert_eq!(settle(&world, 2, "2026-03", &[]).payable(), yuan(paid), "{bearer}");
    }
}

/// What a canteen's own tills could tell is the canteen's, whatever the elder ate elsewhere before; a week's limit that
/// other canteens have used up is not.
#[test]
fn a_double_dip_in_one_canteen_is_its_own_whatever_happened_elsewhere() {
    let mut world = World::new(&[&policy("per_day = 1\nper_week = 3", "programme", "")]);
    world.serve(2, 1, "2026-03-02", 690, "15.00");
    world.serve(1, 1, "2026-03-03", 690, "15.00");
    world.serve_knowing(&Usage::default(), (1, 1), "2026-03-03", 700, "15.00");
    world.serve(2, 1, "2026-03-04", 690, "15.00");
    let fourth = world.serve(1, 1, "2026-03-05", 690, "15.00");
    world.close_all(LATER, everything);
    let twice = &world.closes[&(date("2026-03-03"), canteen_id(1))].close.findings[0];
    assert_eq!((twice.code, twice.stake), (Code::OverLimit, yuan("7.00")));
    let week = &world.closes[&(date("2026-03-05"), canteen_id(1))].close.findings[0];
    assert_eq!((week.code, week.evidence.as_slice()), (Code::OverLimit, [fourth].as_slice()));
    let paid = "the first of the 3rd, and in good faith that of the 5th";
    assert_eq!(settle(&world, 1, "2026-03", &[]).payable(), yuan("14.00"), "{paid}");
    assert_eq!(settle(&world, 2, "2026-03", &[]).payable(), yuan("14.00"));
}

/// The first of two lunches in one canteen is lost to one that was eaten elsewhere; the second is its own double.
#[test]
fn what_a_canteen_charged_itself_that_day_it_knew() {
    let mut world = World::new(&[&policy("per_day = 1", "programme", "")]);
    world.serve(2, 1, "2026-03-02", 690, "15.00");
    world.serve(1, 1, "2026-03-02", 700, "15.00");
    world.serve_knowing(&Usage::default(), (1, 1), "2026-03-02", 710, "15.00");
    world.close_all(LATER, everything);
    assert_eq!(settle(&world, 1, "2026-03", &[]).payable(), yuan("7.00"));
    assert_eq!(settle(&world, 2, "2026-03", &[]).payable(), yuan("7.00"));
}

#[test]
fn a_death_reported_late_is_deducted_with_its_days_and_finding() {
    let mut world = World::new(&[&policy("per_day = 1", "programme", "")]);
    for day in ["2026-03-10", "2026-03-11", "2026-03-12"] {
        world.serve(1, 1, day, 690, "15.00");
    }
    world.dies(1, "2026-03-10", date("2026-03-20").start());
    world.close_all(LATER, everything);
    let statement = settle(&world, 1, "2026-03", &[]);
    assert_eq!(statement.served_total(), yuan("21.00"));
    let [line] = statement.changes.as_slice() else { panic!("one deduction") };
    assert_eq!(line.reason, Reason::Finding { month: "2026-03".parse().unwrap(), code: Code::NotEligible });
    assert_eq!((line.count, line.amount), (Some(2), yuan("-14.00")));
    assert_eq!(line.dates, [date("2026-03-11"), date("2026-03-12")], "the day of death itself was eaten alive");
    assert_eq!(line.findings.len(), 2);
    assert_eq!(statement.payable(), yuan("7.00"));
}

#[test]
fn a_grade_holds_the_money_of_its_days_and_a_reduction_leaves_the_rest_to_hold() {
    let gates = r#"
[[gate]]
when = { quality_grade = ["C"] }
effect = "hold"
kinds = ["diner", "operator"]
[[gate]]
when = { quality_grade = ["C"] }
reduce_percent = "20"
kinds = ["operator"]
"#;
    let mut world = World::new(&[&policy("per_day = 1", "programme", gates)]);
    world.grade(1, "2026-03-01", "B");
    world.grade(1, "2026-03-11", "C");
    world.grade(1, "2026-03-13", "B");
    for day in ["2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"] {
        world.serve(1, 1, day, 690, "15.00");
    }
    world.close_all(LATER, everything);
    let statement = settle(&world, 1, "2026-03", &[]);
    assert_eq!(statement.approved(), yuan("27.20"), "28.00 less a fifth of two operator amounts");
    assert_eq!(statement.held(), yuan("-13.20"));
    assert_eq!(statement.payable(), yuan("14.00"));
    assert_eq!(statement.holds[0].dates, [date("2026-03-11"), date("2026-03-12")]);
    let grades: Vec<_> = statement.reconciliation.grades.iter().map(|(d, g)| (d.to_string(), g.as_str())).collect();
    assert_eq!(grades, [("2026-03-10".into(), "B"), ("2026-03-11".into(), "C"), ("2026-03-13".into(), "B")]);
}

/// Two reductions of 12.5 % take 0.63 each of an operator amount of 5.00 (rounded each by itself): 3.74 is left to hold.
#[test]
fn what_two_reductions_leave_is_held_and_no_fen_more() {
    let gate = |what: &str| format!("[[gate]]\nwhen = {{ quality_grade = [\"C\"] }}\n{what}\nkinds = [\"operator\"]\n");
    let gates = [gate("reduce_percent = \"12.5\""), gate("effect = \"hold\""), gate("reduce_percent = \"12.5\"")];
    let text = policy("per_day = 1", "programme", &gates.concat()).replace("\"2.00\"", "\"5.00\"");
    let mut world = World::new(&[&text]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let statement = settle(&world, 1, "2026-03", &[]);
    let amounts: Vec<_> = statement.changes.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [yuan("-0.63"), yuan("-0.63")]);
    assert_eq!((statement.held(), statement.payable()), (yuan("-3.74"), yuan("5.00")), "the diner's part is paid");
    assert_eq!(statement.carried().total(), Fen::ZERO, "nothing is owed back");
}

#[test]
fn a_late_record_is_a_line_of_the_next_month_and_never_unseats_what_was_drafted() {
    let mut world = World::new(&[&policy("per_day = 1", "canteen", "")]);
    let late = world.serve(1, 1, "2026-03-02", 690, "15.00");
    let drafted = world.serve(2, 1, "2026-03-02", 700, "15.00");
    let other = world.serve(1, 2, "2026-03-02", 695, "15.00");
    world.close_all(LATER, |r| r.id != late);
    let march = [settle(&world, 1, "2026-03", &[]), settle(&world, 2, "2026-03", &[])];
    assert_eq!(march.each_ref().map(Statement::payable), [yuan("7.00"), yuan("7.00")]);

    let settled: BTreeMap<_, _> = world.closes.iter().map(|(k, r)| (*k, r.close.clone())).collect();
    world.frozen = [(drafted, 1), (other, 1)].into();
    world.close_all(LATER, everything);
    let reopened = |canteen| {
        let of = |(day, c): &_| (*c == canteen_id(canteen)).then_some((*day, *c));
        let keys: Vec<_> = world.closes.keys().filter_map(of).collect();
        let reopened = keys.into_iter().map(|key| Reopened {
            settled: settled.get(&key).cloned(),
            taken: Vec::new(),
            now: world.closes[&key].close.clone(),
        });
        reopened.filter(|r| r.settled.as_ref() != Some(&r.now)).collect::<Vec<_>>()
    };
    assert!(reopened(2).is_empty(), "the drafted meal stays first");
    let april = settle(&world, 1, "2026-04", &reopened(1));
    let lines: Vec<_> = april.changes.iter().map(|l| (&l.reason, l.count, l.amount.to_string())).collect();
    assert!(matches!(lines[0], (Reason::Late { .. }, Some(1), _)) && lines[0].2 == "7.00", "{lines:?}");
    assert!(matches!(lines[1], (Reason::Finding { code: Code::OverLimit, .. }, Some(1), _)), "{lines:?}");
    assert_eq!(april.payable(), Fen::ZERO, "the late meal was over the limit and its canteen carries it");

    let closed = world.closes.clone();
    world.frozen.insert(late, 2);
    world.close_all(LATER, everything);
    assert!(world.closes == closed, "April's draft froze the late meal, and what March's froze stays first");
}

#[test]
fn a_hold_that_is_released_is_paid_whole_and_once() {
    let gates = "[[gate]]\nwhen = { quality_grade = [\"C\"] }\neffect = \"hold\"\nkinds = [\"diner\", \"operator\"]\n";
    let mut world = World::new(&[&policy("per_day = 1", "programme", gates)]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let march = settle(&world, 1, "2026-03", &[]);
    let [hold] = march.holds.as_slice() else { panic!("{:?}", march.holds) };
    assert_eq!((march.approved(), march.payable(), hold.amount), (yuan("7.00"), Fen::ZERO, yuan("-7.00")));
    let Reason::Hold { month, policy, gate, words } = hold.reason.clone() else { panic!("{:?}", hold.reason) };
    let released = |held| [Released { month, policy: policy.clone(), gate, words: words.clone(), held }];
    let of = |month: &str, days: &[DayClose], released: &[Released]| {
        settle_month(&MonthInput {
            canteen: canteen_id(1),
            month: month.parse().unwrap(),
            days,
            incomplete: &[],
            left_out: &[],
            reopened: &[],
            carried: &PayerSums::default(),
            decided: &BTreeSet::new(),
            rules: &world.rules,
            released,
            deducted: &BTreeMap::new(),
        })
    };
    let april = of("2026-04", &[], &released(hold.shares.clone()));
    assert_eq!((april.approved(), april.held(), april.payable()), (Fen::ZERO, yuan("7.00"), yuan("7.00")));
    assert!(matches!(april.holds[0].reason, Reason::Release { .. }));
    let mut left = hold.shares.clone();
    left.add_all(&april.holds[0].shares);
    assert_eq!(of("2026-05", &[], &released(left)).holds, [], "nothing is left of it");
    let at_once = of("2026-03", &days(&world, 1, month), &released(PayerSums::default()));
    assert_eq!((at_once.holds.len(), at_once.payable()), (2, yuan("7.00")), "released before it was ever paid");
}

#[test]
fn a_negative_month_is_carried_and_nobody_is_paid_less_than_nothing() {
    let mut world = World::new(&[&policy("per_day = 1", "programme", "")]);
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let settled = days(&world, 1, "2026-03".parse().unwrap()).remove(0);
    world.dies(1, "2026-03-10", date("2026-04-05").start());
    world.close_all(LATER, everything);
    let now = days(&world, 1, "2026-03".parse().unwrap()).remove(0);
    let april = settle(&world, 1, "2026-04", &[Reopened { settled: Some(settled), taken: Vec::new(), now }]);
    assert_eq!(april.payable(), Fen::ZERO);
    assert_eq!(april.carried().total(), yuan("-7.00"));
    let may = settle_month(&MonthInput {
        canteen: canteen_id(1),
        month: "2026-05".parse().unwrap(),
        days: &[],
        incomplete: &[],
        left_out: &[],
        reopened: &[],
        carried: &april.carried(),
        decided: &BTreeSet::new(),
        rules: &world.rules,
        released: &[],
        deducted: &BTreeMap::new(),
    });
    assert_eq!(may.changes[0].reason, Reason::Carried);
    assert_eq!(may.carried().total(), yuan("-7.00"));
}

/// (canteen, elder, day of March from the 2nd, minute) of each meal.
fn meals() -> impl Strategy<Value = Vec<(u128, u128, u8, u16)>> {
    prop::collection::vec((1_u128..=2, 1_u128..=3, 0_u8..12, 630_u16..800), 0..40)
}

fn serve_all(world: &mut World, meals: &[(u128, u128, u8, u16)]) {
    let mut meals = meals.to_vec();
    meals.sort_by_key(|(.., day, minute)| (*day, *minute));
    for (canteen, elder, day, minute) in meals {
        world.serve(canteen, elder, &format!("2026-03-{:02}", day + 2), minute, "15.00");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whatever tills that cannot see each other gave, what is due never passes the limits.
    #[test]
    fn what_is_due_never_passes_the_limits(meals in meals()) {
        let limits = "per_day = 1\nper_week = 3\nper_month_amount = \"27.00\"";
        let mut world = World::new(&[&policy(limits, "canteen", "")]);
        serve_all(&mut world, &meals);
        world.close_all(LATER, everything);
        let mut by_month: BTreeMap<_, Fen> = BTreeMap::new();
        let (mut by_day, mut by_week): (BTreeMap<_, u32>, BTreeMap<_, u32>) = Default::default();
        for ((day, _), reconciled) in &world.closes {
            for verdict in &reconciled.verdicts {
                prop_assert_eq!(&verdict.paid, &verdict.due, "the canteen carries every difference");
                for line in verdict.due.iter().filter(|l| l.benefit == "age-70") {
                    *by_day.entry((verdict.elder, *day)).or_default() += 1;
                    *by_week.entry((verdict.elder, day.monday())).or_default() += 1;
                    *by_month.entry(verdict.elder).or_default() += line.amount;
                }
            }
        }
        prop_assert!(by_day.values().all(|n| *n <= 1));
        prop_assert!(by_week.values().all(|n| *n <= 3));
        prop_assert!(by_month.values().all(|a| *a <= yuan("27.00")));
    }

    /// The order in which the server got the records moves no money.
    #[test]
    fn arrival_order_moves_no_money(meals in meals(), seed in any::<u64>()) {
        let mut world = World::new(&[&policy("per_day = 1\nper_week = 3", "programme", "")]);
        serve_all(&mut world, &meals);
        world.close_all(LATER, everything);
        let in_order = world.closes.clone();
        let len = world.records.len().max(1);
        world.records.rotate_left(usize::try_from(seed % len as u64).unwrap());
        world.records.reverse();
        world.closes.clear();
        world.close_all(LATER, everything);
        prop_assert_eq!(in_order, world.closes);
    }

    /// Whatever part of March arrives before its draft, March and April together pay exactly what the last closes say.
    #[test]
    fn months_add_up_to_the_last_closes(meals in meals(), on_time in prop::collection::vec(any::<bool>(), 40)) {
        let mut world = World::new(&[&policy("per_day = 1\nper_week = 3", "canteen", "")]);
        serve_all(&mut world, &meals);
        let early: BTreeSet<RecordId> =
            world.records.iter().zip(&on_time).filter(|(_, on_time)| **on_time).map(|(r, _)| r.id).collect();
        world.close_all(LATER, |r| early.contains(&r.id));
        let settled = world.closes.clone();
        let mut paid: Fen = [1, 2].map(|c| settle(&world, c, "2026-03", &[]).approved()).iter().sum();
        let mut by_payer = PayerSums::default();
        world.frozen = early.iter().map(|id| (*id, 1)).collect();
        world.close_all(LATER, everything);
        for c in [1, 2] {
            let reopened: Vec<Reopened> = world
                .closes
                .iter()
                .filter(|((_, canteen), _)| *canteen == canteen_id(c))
                .map(|(key, r)| Reopened {
                    settled: settled.get(key).map(|s| s.close.clone()),
                    taken: Vec::new(),
                    now: r.close.clone(),
                })
                .filter(|r| r.settled.as_ref() != Some(&r.now))
                .collect();
            paid += settle(&world, c, "2026-04", &reopened).approved();
        }
        for share in world.closes.values().flat_map(|r| &r.verdicts).flat_map(|v| &v.paid).flat_map(|l| &l.shares) {
            by_payer.add(&share.payer, share.amount);
        }
        prop_assert_eq!(paid, by_payer.total());
    }
}
