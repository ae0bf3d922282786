//! A policy corrected after meals were charged by it: who bears what, what is adjusted and what elders get back.
#![expect(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

#[expect(dead_code, reason = "each test program needs a part of the world")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::UnixMs;
use domain::money::Fen;
use domain::policy::Policy;
use domain::reconciliation::{Bearer, Code, DayClose, PayerSums};
use domain::record::Record;
use domain::settlement::{ChangeLine, MonthInput, Reason, Reopened, settle_month};
use world::{World, canteen_id, yuan};

const LATER: UnixMs = UnixMs::new(2_000_000_000_000);

fn version(head: &str, diner: &str, payers: &str, rest: &str) -> String {
    format!(
        r#"[policy]
id = "test"
name = "测试"
semantics = 1
region = "440304"
{head}
[meals]
lunch = ["10:30", "13:30"]
[bearer]
double = "canteen"
stale_facts = "canteen"
[[benefit]]
id = "age-70"
kind = "diner"
amount = {{ fixed = "{diner}" }}
payers = {{ {payers} }}
[benefit.elder]
age = {{ min = 70 }}
[benefit.limit]
per_day = 1
{rest}
"#
    )
}

fn operator(amount: &str) -> String {
    format!(
        "[[benefit]]\nid = \"operator\"\nkind = \"operator\"\namount = {{ fixed = \"{amount}\" }}\n\
         payers = {{ district = 1 }}\nrequires = [\"age-70\"]\n"
    )
}

const ONE: &str = "version = 1\neffective_from = 2026-01-01";
const TWO: &str = "version = 2\neffective_from = 2026-03-10\ncorrects = 1";

fn all(_: &Record) -> bool {
    true
}

/// Two meals of one elder in March, settled; then the second version is announced and everything closed again. Returns
/// the world and April's lines.
fn corrected(second: &str) -> (World, Vec<ChangeLine>) {
    let first = version(ONE, "5.00", "city = 1, district = 1", &operator("2.00"));
    let mut world = World::new(&[&first]);
    world.serve(1, 1, "2026-03-09", 700, "20.00");
    world.serve(1, 1, "2026-03-10", 700, "20.00");
    world.close_all(LATER, all);
    let before = world.closes.clone();
    world.frozen = world.records.iter().map(|r| (r.id, 1)).collect();
    world.rules.policies.restore(Policy::parse("second", second).unwrap()).unwrap();
    world.close_all(LATER, all);
    let reopened: Vec<Reopened> = world
        .closes
        .iter()
        .map(|(key, now)| Reopened {
            settled: before.get(key).map(|b| b.close.clone()),
            taken: Vec::new(),
            now: now.close.clone(),
        })
        .filter(|day| day.settled.as_ref() != Some(&day.now))
        .collect();
    let none: &[DayClose] = &[];
    let statement = settle_month(&MonthInput {
        canteen: canteen_id(1),
        month: "2026-04".parse().unwrap(),
        days: none,
        incomplete: &[],
        left_out: &[],
        reopened: &reopened,
        carried: &PayerSums::default(),
        decided: &BTreeSet::new(),
        rules: &world.rules,
        released: &[],
        deducted: &BTreeMap::new(),
    });
    (world, statement.changes)
}

fn overpaid(world: &World) -> Vec<Fen> {
    world.closes.values().flat_map(|c| &c.verdicts).map(|v| v.overpaid).filter(|o| *o > Fen::ZERO).collect()
}

fn differences(world: &World) -> Vec<(Code, Bearer)> {
    world.closes.values().flat_map(|c| &c.verdicts).filter_map(|v| v.difference).collect()
}

fn by_payer(line: &ChangeLine) -> Vec<(String, String)> {
    line.shares.iter().map(|(payer, amount)| (payer.name.clone(), amount.to_string())).collect()
}

const BY_POLICY: [(Code, Bearer); 1] = [(Code::PolicyCorrected, Bearer::Programme)];

#[test]
fn more_for_the_diner_is_refunded_and_moves_no_money_of_the_canteen() {
    let (world, changes) = corrected(&version(TWO, "6.50", "city = 1, district = 1", &operator("2.00")));
    assert_eq!((overpaid(&world), differences(&world)), (vec![yuan("1.50")], BY_POLICY.to_vec()));
    assert_eq!(changes, [], "the canteen has what it charged");
}

#[test]
fn less_for_the_diner_stays_with_the_programme() {
    let (world, changes) = corrected(&version(TWO, "3.00", "city = 1, district = 1", &operator("2.00")));
    assert_eq!((overpaid(&world), differences(&world)), (vec![], BY_POLICY.to_vec()));
    assert_eq!(changes, [], "what diners were charged stays, whatever the policy says of stale facts");
}

#[test]
fn the_operators_part_is_adjusted_up_and_down_with_month_version_and_payer() {
    for (amount, signed) in [("2.75", "0.75"), ("0.50", "-1.50")] {
        let (world, changes) = corrected(&version(TWO, "5.00", "city = 1, district = 1", &operator(amount)));
        let [line] = changes.as_slice() else { panic!("{changes:?}") };
        let Reason::PolicyCorrected { month, policy: Some(by) } = &line.reason else { panic!("{:?}", line.reason) };
        assert_eq!((month.to_string().as_str(), by.version, line.count), ("2026-03", 2, Some(1)));
        assert_eq!((line.amount, by_payer(line)), (yuan(signed), vec![("district".to_owned(), signed.to_owned())]));
        assert_eq!((line.findings.len(), overpaid(&world)), (1, vec![]));
    }
}

#[test]
fn another_split_moves_the_money_between_payers() {
    let (_, changes) = corrected(&version(TWO, "5.00", "city = 1", &operator("2.00")));
    let [line] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(matches!(line.reason, Reason::PolicyCorrected { .. }));
    let moved = [("city", "2.50"), ("district", "-2.50")].map(|(n, a)| (n.to_owned(), a.to_owned()));
    assert_eq!((line.amount, by_payer(line)), (Fen::ZERO, moved.to_vec()));
}

#[test]
fn a_version_that_takes_the_region_away_is_a_correction_too() {
    let elsewhere = version(TWO, "5.00", "city = 1", "").replace("\"440304\"", "\"440305\"");
    let (world, changes) = corrected(&elsewhere);
    assert_eq!((overpaid(&world), differences(&world)), (vec![], BY_POLICY.to_vec()));
    let [line] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(matches!(&line.reason, Reason::PolicyCorrected { policy: None, .. }), "{:?}", line.reason);
    assert_eq!(line.amount, yuan("-2.00"), "the operator's part; the diner's stays");
}

#[test]
fn a_meal_that_was_wrong_before_the_correction_is_still_the_canteens() {
    let first = version(ONE, "5.00", "city = 1", "");
    let mut world = World::new(&[&first]);
    world.serve(1, 1, "2026-03-10", 700, "20.00");
    world.serve(2, 1, "2026-03-10", 720, "20.00");
    world.rules.policies.restore(Policy::parse("second", &version(TWO, "4.00", "city = 1", "")).unwrap()).unwrap();
    world.close_all(LATER, all);
    let found = differences(&world);
    assert!(found.contains(&(Code::PolicyCorrected, Bearer::Programme)), "{found:?}");
    assert!(found.contains(&(Code::OverLimit, Bearer::Canteen)), "the second meal of the day: {found:?}");
}

#[test]
fn a_delivery_fee_that_should_have_been_less_is_refunded() {
    let fee = |amount: &str| format!("[delivery]\nfee = \"{amount}\"\n");
    let first = version(ONE, "5.00", "city = 1", "") + &fee("2.00");
    let mut world = World::new(&[&first]);
    let record = world.serve(1, 1, "2026-03-10", 700, "20.00");
    let meal = world.records.iter_mut().find(|r| r.id == record).unwrap();
    let domain::record::Body::Meal(meal) = &mut meal.body else { panic!("a meal") };
    meal.meal.mode = domain::decision::Mode::Delivery;
    meal.decision.delivery_fee = yuan("2.00");
    let second = version(TWO, "5.00", "city = 1", "") + &fee("0.50");
    world.rules.policies.restore(Policy::parse("second", &second).unwrap()).unwrap();
    world.close_all(LATER, all);
    assert_eq!(overpaid(&world), [yuan("1.50")]);
}
