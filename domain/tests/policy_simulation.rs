//! A month tried under another policy, on a small world of two canteens.
#![expect(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

#[expect(dead_code, reason = "each test program needs a part of the world")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Payer;
use domain::id::RecordId;
use domain::money::Fen;
use domain::policy::Policy;
use domain::record::{Body, Record};
use domain::simulation::{Comparison, Pair, Scenario, StoredMeal};
use proptest::prelude::*;
use world::{World, canteen_id, elder_id, yuan};

const LATER: UnixMs = UnixMs::new(2_000_000_000_000);

fn policy(limits: &str, diner: &str) -> String {
    format!(
        r#"[policy]
id = "test"
name = "测试"
version = 1
semantics = 1
region = "440304"
effective_from = 2026-01-01
[meals]
lunch = ["10:30", "13:30"]
[[benefit]]
id = "age-70"
label = "70岁以上"
kind = "diner"
amount = {{ fixed = "{diner}" }}
payers = {{ city = 2, district = 1 }}
[benefit.elder]
age = {{ min = 70 }}
[benefit.limit]
{limits}
[[benefit]]
id = "operator"
kind = "operator"
amount = {{ fixed = "2.00" }}
payers = {{ district = 1 }}
requires = ["age-70"]
"#
    )
}

fn all(_: &Record) -> bool {
    true
}

/// The elder's meals as the store would give them.
fn stored(world: &World, elder: u128) -> Vec<StoredMeal> {
    let mut meals = Vec::new();
    for record in world.records.iter().filter(|r| !world.voided.contains(&r.id)) {
        let Body::Meal(meal) = &record.body else { continue };
        if meal.diner.as_ref().map(|d| d.elder) != Some(elder_id(elder)) {
            continue;
        }
        let close = world.closes.get(&(record.at.business_date(), record.canteen));
        let verdict = close.and_then(|c| c.verdicts.iter().find(|v| v.record == record.id));
        let (policy, lines) = match verdict {
            Some(v) => (v.policy.clone(), v.due.clone()),
            None => (meal.decision.policy.clone(), meal.decision.lines.clone()),
        };
        meals.push(StoredMeal {
            record: record.id,
            canteen: record.canteen,
            at: record.at,
            frozen: world.frozen(record.id),
            meal: meal.meal.clone(),
            policy: policy.map(|p| p.id),
            lines,
            closed: verdict.is_some(),
        });
    }
    meals
}

fn simulate(world: &World, text: &str, month: &str) -> Comparison {
    let policy = Policy::parse("tried", text).unwrap_or_else(|e| panic!("{e}"));
    let month = month.parse().unwrap();
    let scenario = Scenario { policy: &policy, rules: &world.rules, month, region: None, known: LATER };
    let mut sum = Comparison::default();
    for elder in 1..=3 {
        sum.add(scenario.elder(&world.elders[&elder_id(elder)], &world.canteens, &stored(world, elder)));
    }
    sum
}

/// What the closes of the month say is due, by payer.
fn due(world: &World, month: &str) -> BTreeMap<Payer, Fen> {
    let mut sums = BTreeMap::new();
    for ((date, _), close) in &world.closes {
        if date.month() == month.parse().unwrap() {
            for share in close.verdicts.iter().flat_map(|v| &v.due).flat_map(|l| &l.shares) {
                *sums.entry(share.payer.clone()).or_insert(Fen::ZERO) += share.amount;
            }
        }
    }
    sums
}

#[test]
fn limits_count_as_they_would_have_counted() {
    let mut world = World::new(&[&policy("per_week = 2", "3.00")]);
    // The last week of February and the first of March are one: Saturday the 28th counts for Sunday the 1st.
    for day in ["2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"] {
        world.serve(1, 1, day, 700, "20.00");
    }
    world.serve(2, 2, "2026-03-02", 700, "20.00");
    world.close_all(LATER, all);
    // Once a week: the 1st has nothing left of its week, the next week one meal; the other elder keeps one.
    let tried = simulate(&world, &policy("per_week = 1", "4.00"), "2026-03");
    assert_eq!((tried.meals, tried.not_closed), (5, 0));
    assert_eq!(tried.cost, Pair { now: yuan("20.00"), then: yuan("12.00") });
    assert_eq!(tried.own_payment, Pair { now: yuan("88.00"), then: yuan("92.00") });
    assert_eq!((tried.elders.gain.elders, tried.elders.gain.amount), (1, yuan("1.00")));
    assert_eq!((tried.elders.lose.elders, tried.elders.lose.amount), (1, yuan("5.00")));
    assert_eq!(tried.canteens[&canteen_id(1)].1, Pair { now: yuan("15.00"), then: yuan("6.00") });
    assert_eq!(tried.cost.difference(), yuan("-8.00"));
    let tally = tried.benefits[&(domain::decision::Kind::Diner, "age-70".to_owned())];
    assert_eq!((tally.count_now, tally.count_then), (4, 2));
    // Under another id nothing was used before the month.
    let fresh = simulate(&world, &policy("per_week = 1", "4.00").replace("id = \"test\"", "id = \"new\""), "2026-03");
    assert_eq!(fresh.cost.then, yuan("18.00"));
}

#[test]
fn the_dead_pay_full_price_and_a_closer_policy_keeps_its_canteens() {
    let mut world = World::new(&[&policy("per_day = 1", "3.00")]);
    world.serve(1, 1, "2026-03-02", 700, "20.00");
    world.serve(1, 1, "2026-03-05", 700, "20.00");
    world.dies(1, "2026-03-03", LATER);
    world.close_all(LATER, all);
    let tried = simulate(&world, &policy("per_day = 1", "4.00"), "2026-03");
    assert_eq!(tried.cost, Pair { now: yuan("5.00"), then: yuan("6.00") });
    let city = policy("per_day = 1", "4.00").replace("\"440304\"", "\"4403\"");
    assert_eq!(simulate(&world, &city, "2026-03").meals, 2, "the same policy with a wider region replaces itself");
    let other = city.replace("id = \"test\"", "id = \"city\"");
    assert_eq!(simulate(&world, &other, "2026-03").meals, 0, "the district's own rule is closer");
}

type Plan = Vec<(u128, u128, i64, u16)>;

fn meals() -> impl Strategy<Value = Plan> {
    prop::collection::vec((1..=2_u128, 1..=3_u128, -4..33_i64, 630..800_u16), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever was frozen by a draft and whatever came late: the policy in force gives exactly what the closes say.
    #[test]
    fn the_policy_in_force_gives_what_is_due(plan in meals(), on_time in prop::collection::vec(any::<bool>(), 40)) {
        let text = policy("per_day = 1\nper_week = 3\nper_month_amount = \"27.00\"", "3.33");
        let mut world = World::new(&[&text]);
        let first: BusinessDate = "2026-03-01".parse().unwrap();
        for (canteen, elder, day, minute) in plan {
            world.serve(canteen, elder, &first.plus_days(day).to_string(), minute, "20.00");
        }
        let early: BTreeSet<RecordId> =
            world.records.iter().zip(&on_time).filter(|(_, early)| **early).map(|(r, _)| r.id).collect();
        world.close_all(LATER, |r| early.contains(&r.id));
        world.frozen = early.iter().map(|id| (*id, 1)).collect();
        world.close_all(LATER, all);
        let tried = simulate(&world, &text, "2026-03");
        let due = due(&world, "2026-03");
        let now: BTreeMap<Payer, Fen> = tried.payers.iter().map(|(p, pair)| (p.clone(), pair.now)).collect();
        let then: BTreeMap<Payer, Fen> = tried.payers.iter().map(|(p, pair)| (p.clone(), pair.then)).collect();
        prop_assert_eq!(&now, &due);
        prop_assert_eq!(&then, &due);
        prop_assert_eq!(tried.elders.gain.elders + tried.elders.lose.elders, 0);
    }
}
