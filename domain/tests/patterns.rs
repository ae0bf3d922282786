//! What the day's meals look like together: each finding with its threshold, on it and one step beyond, and what
//! happens to the money when somebody rules about it.

#![expect(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

#[expect(dead_code, reason = "each test program needs a part of the world")]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::UnixMs;
use domain::id::{ElderId, RecordId};
use domain::money::Fen;
use domain::reconciliation::{
    Bearer, CardLife, Code, Context, EarlierDay, Finding, Measure, PayerSums, Reconciled, Severity,
};
use domain::record::{Body, Collection, Collector, Credential};
use domain::settlement::{MonthInput, Reason, Reopened, Ruling, Rulings, Statement, deductions, settle_month};
use domain::sync::ListPrice;
use world::{World, canteen_id, date, elder_id, yuan};

const DAY: &str = "2026-03-11";
const POLICY: &str = r#"
[policy]
id = "test"
name = "测试"
version = 1
semantics = 1
region = "440304"
effective_from = 2020-01-01
rounding = "half_up"
[meals]
lunch = ["10:30", "13:30"]
[bearer]
stale_facts = "canteen"
double = "canteen"
[[benefit]]
id = "age-60"
label = "60周岁以上"
kind = "diner"
amount = { fixed = "4.00" }
payers = { city = 1, district = 1 }
[benefit.elder]
age = { min = 60 }
[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = { fixed = "2.00" }
payers = { district = 1 }
requires = ["age-60"]
"#;

fn world(elders: u128) -> World {
    let mut world = World::new(&[POLICY]);
    let first = world.elders[&elder_id(1)].clone();
    for n in 4..=elders {
        let mut elder = first.clone();
        elder.id = elder_id(n);
        world.elders.insert(elder.id, elder);
    }
    world
}

fn known() -> UnixMs {
    date("2026-04-02").start()
}

fn close(world: &mut World) -> Reconciled {
    world.close_all(known(), |_| true);
    world.closes[&(date(DAY), canteen_id(1))].clone()
}

fn of(reconciled: &Reconciled, code: Code) -> Vec<Finding> {
    reconciled.close.findings.iter().filter(|finding| finding.code == code).cloned().collect()
}

fn context(world: &mut World) -> &mut Context {
    world.contexts.entry((date(DAY), canteen_id(1))).or_default()
}

/// A meal of each elder, one `seconds` after the other.
fn queue(world: &mut World, elders: &[u128], seconds: i64) -> Vec<RecordId> {
    let start = date(DAY).at_minute(660);
    let serve = |(n, elder): (i64, &u128)| {
        let id = world.serve(1, *elder, DAY, 660, "15.00");
        let record = world.records.last_mut().unwrap();
        record.at = UnixMs::new(start.get() + n * seconds * 1000);
        record.wall = record.at;
        id
    };
    (0..).zip(elders).map(serve).collect()
}

#[test]
fn a_meal_outside_its_window_is_told_beyond_the_tolerance() {
    let minutes = |minute| {
        let mut world = world(3);
        world.serve(1, 1, DAY, minute, "15.00");
        of(&close(&mut world), Code::OffWindow).first().and_then(|f| f.measure)
    };
    assert_eq!(minutes(630), None);
    assert_eq!(minutes(615), None, "a quarter of an hour early is tolerated");
    assert_eq!(minutes(614), Some(Measure { found: 16, limit: 15, within: None }));
    assert_eq!(minutes(809 + 15), None, "13:29 is the last minute");
    assert_eq!(minutes(809 + 16), Some(Measure { found: 16, limit: 15, within: None }));
}

#[test]
fn five_elders_in_thirty_seconds_are_a_burst() {
    let found = |elders: &[u128], seconds| {
        let mut world = world(8);
        queue(&mut world, elders, seconds);
        of(&close(&mut world), Code::Burst)
            .iter()
            .map(|f| (f.evidence.len(), f.measure.unwrap().found))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[1, 2, 3, 4, 5], 7), [(5, 5)], "28 seconds");
    assert_eq!(found(&[1, 2, 3, 4, 5], 8), [], "32 seconds");
    assert_eq!(found(&[1, 2, 3, 4], 1), [], "four");
    assert_eq!(found(&[1, 2, 3, 4, 4], 1), [], "four people, one of them twice");
    assert_eq!(found(&[1, 2, 3, 4, 5, 6, 7, 8], 7), [(8, 5)], "one stretch, of which at most five at a time");
}

#[test]
fn meals_that_somebody_takes_along_are_no_burst() {
    let mut world = world(6);
    queue(&mut world, &[1, 2, 3, 4, 5, 6], 2);
    let id = domain::id::CollectionId::from_uuid(uuid::Uuid::from_u128(3));
    for record in &mut world.records {
        let Body::Meal(meal) = &mut record.body else { unreachable!() };
        meal.collection = Some(Collection { by: Collector::Caregiver, id });
    }
    assert_eq!(of(&close(&mut world), Code::Burst), []);
}

#[test]
fn the_same_order_of_cards_on_three_days_is_told() {
    let elders: Vec<ElderId> = (1..=8).map(elder_id).collect();
    let earlier = |day: &str, elders: Vec<ElderId>| EarlierDay { date: date(day), meals: 8, elders };
    let mut world = world(9);
    let queued = queue(&mut world, &[9, 1, 2, 3, 4, 5, 6, 7, 8], 60);
    let mut reversed = elders.clone();
    reversed.swap(2, 3);
    context(&mut world).earlier = vec![earlier("2026-03-10", elders.clone()), earlier("2026-03-09", reversed)];
    assert_eq!(of(&close(&mut world), Code::Burst), [], "one of three days differs");
    context(&mut world).earlier[1].elders = elders;
    let [finding] = &of(&close(&mut world), Code::Burst)[..] else { panic!() };
    let evidence: BTreeSet<_> = finding.evidence.iter().copied().collect();
    assert_eq!(evidence, queued[1..].iter().copied().collect());
    assert_eq!(finding.subject, "order 2026-03-09 2026-03-10");
}

#[test]
fn more_meals_than_the_canteen_can_serve_are_told() {
    let mut world = world(3);
    queue(&mut world, &[1, 2, 3], 60);
    context(&mut world).capacity = Some(3);
    assert_eq!(of(&close(&mut world), Code::OverCapacity), []);
    context(&mut world).capacity = Some(2);
    let [finding] = &of(&close(&mut world), Code::OverCapacity)[..] else { panic!() };
    assert_eq!((finding.measure, finding.stake), (Some(Measure { found: 3, limit: 2, within: None }), Fen::ZERO));
}

#[test]
fn the_same_count_on_ten_open_days_is_told() {
    let mut world = world(3);
    queue(&mut world, &[1, 2, 3], 60);
    let day = |n: i64| EarlierDay { date: date(DAY).plus_days(-n), meals: 3, elders: Vec::new() };
    context(&mut world).earlier = (1..=8).map(day).collect();
    assert_eq!(of(&close(&mut world), Code::FlatCounts), [], "nine days");
    context(&mut world).earlier = (1..=9).map(day).collect();
    assert_eq!(of(&close(&mut world), Code::FlatCounts).len(), 1);
    context(&mut world).earlier[4].meals = 4;
    assert_eq!(of(&close(&mut world), Code::FlatCounts), [], "one of them differs");
}

#[test]
fn too_many_meals_by_hand_are_told() {
    let found = |by_hand: usize| {
        let mut world = world(30);
        queue(&mut world, &(1..=30).collect::<Vec<_>>(), 60);
        for record in world.records.iter_mut().take(by_hand) {
            let Body::Meal(meal) = &mut record.body else { unreachable!() };
            meal.diner.as_mut().unwrap().credential = Credential::Manual;
        }
        of(&close(&mut world), Code::ManualShare).first().map(|f| (f.evidence.len(), f.measure.unwrap().found))
    };
    assert_eq!(found(3), None, "a tenth");
    assert_eq!(found(4), Some((4, 133)));
}

#[test]
fn a_price_that_is_not_on_the_list_is_told() {
    let mut world = world(3);
    world.serve(1, 1, DAY, 690, "15.00");
    let dear = world.serve(1, 2, DAY, 700, "18.00");
    assert_eq!(of(&close(&mut world), Code::PriceOffList), [], "a canteen without a list");
    let price = |from: &str, amount| ListPrice {
        valid_from: date(from),
        period: "lunch".parse().unwrap(),
        price: yuan(amount),
    };
    context(&mut world).prices = vec![price("2026-01-01", "15.00"), price("2026-03-12", "18.00")];
    let [finding] = &of(&close(&mut world), Code::PriceOffList)[..] else { panic!() };
    assert_eq!((finding.evidence.as_slice(), finding.stake), ([dear].as_slice(), yuan("6.00")));
    assert_eq!(finding.measure, Some(Measure { found: 1800, limit: 1500, within: None }));
}

#[test]
fn a_clock_that_is_wrong_is_told_once_a_terminal() {
    let mut world = world(3);
    queue(&mut world, &[1, 2], 60);
    world.records[0].wall = UnixMs::new(world.records[0].at.get() + 10 * UnixMs::MINUTE);
    assert_eq!(of(&close(&mut world), Code::ClockSkew), []);
    for record in &mut world.records {
        record.wall = UnixMs::new(record.at.get() - 11 * UnixMs::MINUTE);
    }
    let [finding] = &of(&close(&mut world), Code::ClockSkew)[..] else { panic!() };
    assert_eq!((finding.evidence.len(), finding.stake, finding.bearer), (2, Fen::ZERO, None));
}

#[test]
fn a_fork_nobody_decided_blocks_the_day_on_which_it_shows() {
    let mut world = world(3);
    queue(&mut world, &[1, 2], 60);
    let record = world.records[1].clone();
    context(&mut world).forks = [(record.terminal, record.epoch, record.sequence)].into();
    let [finding] = &of(&close(&mut world), Code::ForkedTerminal)[..] else { panic!() };
    assert_eq!((finding.severity, finding.evidence.as_slice()), (Severity::Block, [record.id].as_slice()));
}

/// The roster of a meal in this world is of the day's start.
#[test]
fn a_revoked_card_is_the_canteens_where_its_list_knew() {
    let bearer = |revoked: i64, other: Option<i64>| {
        let mut world = world(3);
        queue(&mut world, &[1], 60);
        let start = date(DAY).start().get();
        let card = |revoked: Option<i64>| CardLife {
            issued: UnixMs::new(0),
            revoked: revoked.map(|minute| UnixMs::new(start + minute * UnixMs::MINUTE)),
        };
        let cards = [Some(card(Some(revoked))), other.map(|other| card(Some(other)))];
        context(&mut world).cards = BTreeMap::from([(elder_id(1), cards.into_iter().flatten().collect())]);
        of(&close(&mut world), Code::RevokedCard).first().map(|finding| finding.bearer.unwrap())
    };
    assert_eq!(bearer(-1, None), Some(Bearer::Canteen));
    assert_eq!(bearer(1, None), Some(Bearer::Programme), "published when the till was already serving");
    assert_eq!(bearer(600, None), None, "revoked after the meal");
    assert_eq!(bearer(-5, Some(600)), None, "another card was still valid");
}

fn settle(world: &World, reconciled: &Reconciled, month: &str, rulings: &Rulings, reopened: &[Reopened]) -> Statement {
    let days = [reconciled.close.clone()];
    let taken = deductions(&reconciled.close, &reconciled.verdicts, rulings);
    settle_month(&MonthInput {
        canteen: canteen_id(1),
        month: month.parse().unwrap(),
        days: if reopened.is_empty() { &days } else { &[] },
        incomplete: &[],
        left_out: &[],
        reopened,
        carried: &PayerSums::default(),
        decided: &BTreeSet::new(),
        released: &[],
        deducted: &BTreeMap::from([(date(DAY), taken)]),
        rules: &world.rules,
    })
}

/// A burst of five, of whom one also paid a price off the list: 4 + 2 yuan a meal.
fn suspicious() -> (World, Reconciled) {
    let mut world = world(6);
    queue(&mut world, &[1, 2, 3, 4, 5], 3);
    world.serve(1, 6, DAY, 700, "15.00");
    let list = ListPrice { valid_from: date("2026-01-01"), period: "lunch".parse().unwrap(), price: yuan("15.00") };
    context(&mut world).prices = vec![list];
    let Body::Meal(meal) = &mut world.records[0].body else { unreachable!() };
    meal.meal.price = yuan("16.00");
    let reconciled = close(&mut world);
    (world, reconciled)
}

#[test]
fn what_is_confirmed_is_deducted_once_and_what_is_explained_is_not() {
    let (world, reconciled) = suspicious();
    let numbers: Vec<String> =
        reconciled.close.findings.iter().filter(|f| f.code.is_pattern()).map(|f| f.number.clone()).collect();
    assert_eq!(numbers.len(), 2, "{:?}", reconciled.close.findings);
    let ruled = |ruling| numbers.iter().map(|n| ((reconciled.close.date, n.clone()), ruling)).collect::<Rulings>();
    let paid = |rulings: &Rulings| settle(&world, &reconciled, "2026-03", rulings, &[]).payable();
    let whole = paid(&Rulings::new());
    assert_eq!(paid(&ruled(Ruling::Explained)), whole, "nobody ruled, or it was explained");
    let confirmed = settle(&world, &reconciled, "2026-03", &ruled(Ruling::Confirmed), &[]);
    assert_eq!(whole - confirmed.payable(), yuan("30.00"), "five meals, the one behind both findings once");
    let lines = confirmed.changes.iter().filter(|line| matches!(line.reason, Reason::Finding { .. }));
    assert_eq!(lines.map(|line| line.amount).sum::<Fen>(), yuan("-30.00"));
    assert_eq!(confirmed.approved(), yuan("6.00"));
}

#[test]
fn a_ruling_after_approval_is_a_line_of_the_next_month_in_both_directions() {
    let (world, reconciled) = suspicious();
    let burst = reconciled.close.findings.iter().find(|f| f.code == Code::Burst).unwrap().number.clone();
    let confirmed = Rulings::from([((reconciled.close.date, burst), Ruling::Confirmed)]);
    let taken = deductions(&reconciled.close, &reconciled.verdicts, &confirmed);
    let again = |taken| Reopened { settled: Some(reconciled.close.clone()), taken, now: reconciled.close.clone() };
    let april = settle(&world, &reconciled, "2026-04", &confirmed, &[again(Vec::new())]);
    assert_eq!(april.approved(), yuan("-30.00"));
    let back = settle(&world, &reconciled, "2026-05", &Rulings::new(), &[again(taken.clone())]);
    assert_eq!(back.approved(), yuan("30.00"));
    let same = settle(&world, &reconciled, "2026-05", &confirmed, &[again(taken)]);
    assert_eq!((same.approved(), same.changes.len()), (Fen::ZERO, 0));
}

#[test]
fn a_region_that_deducts_needs_no_ruling() {
    let (mut world, _) = suspicious();
    world.settings.severities.insert(Code::Burst, Severity::Deduct);
    let reconciled = close(&mut world);
    let burst = reconciled.close.findings.iter().find(|f| f.code == Code::Burst).unwrap().number.clone();
    let paid = |rulings: &Rulings| settle(&world, &reconciled, "2026-03", rulings, &[]).payable();
    assert_eq!(paid(&Rulings::new()), yuan("6.00"));
    assert_eq!(paid(&Rulings::from([((reconciled.close.date, burst), Ruling::Explained)])), yuan("36.00"));
}
