//! What reductions and holds take together: never a fen that is not there.

use super::{LATER, everything, policy, settle};
use crate::world::{World, date, yuan};
use domain::decision::Kind;
use domain::money::Fen;
use domain::policy::Effect;
use domain::reconciliation::DayClose;
use domain::settlement::{Reason, Statement};
use proptest::prelude::*;

/// A gate of the operator's money for these grades.
fn gate(grades: &str, what: &str) -> String {
    format!("[[gate]]\nwhen = {{ quality_grade = [{grades}] }}\n{what}\nkinds = [\"operator\"]\n")
}

/// The test policy whose operator gets so much a meal, with these gates.
fn operator(amount: &str, rounding: &str, gates: &[String]) -> String {
    let text = policy("per_day = 1", "programme", &gates.concat());
    text.replace("\"2.00\"", &format!("\"{amount}\"")).replace("half_up", rounding)
}

fn changes(statement: &Statement) -> Vec<Fen> {
    statement.changes.iter().map(|line| line.amount).collect()
}

/// Two halves of 2.01 are 1.01 and 1.01 where each is rounded by itself: the second takes the 1.00 that is left.
#[test]
fn two_halves_of_an_odd_sum_are_the_whole() {
    let half = || gate("\"C\"", "reduce_percent = \"50\"");
    let mut world = World::new(&[&operator("2.01", "half_up", &[half(), half()])]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let march = settle(&world, 1, "2026-03", &[]);
    assert_eq!(changes(&march), [yuan("-1.01"), yuan("-1.00")]);
    assert_eq!((march.approved(), march.payable()), (yuan("5.00"), yuan("5.00")), "the diner's part, whole");
    assert_eq!(march.carried().total(), Fen::ZERO, "the canteen owes nothing back");
}

/// What is taken back of an earlier month is taken back as it was taken.
#[test]
fn a_month_that_is_taken_back_takes_back_its_reductions() {
    let half = || gate("\"C\"", "reduce_percent = \"50\"");
    let mut world = World::new(&[&operator("2.01", "half_up", &[half(), half(), gate("\"C\"", "effect = \"hold\"")])]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let settled = world.closes.values().next().unwrap().close.clone();
    world.voided.insert(world.records[0].id);
    world.close_all(LATER, everything);
    let now = world.closes.values().next().unwrap().close.clone();
    let again = domain::settlement::Reopened { settled: Some(settled), taken: Vec::new(), now };
    let april = settle(&world, 1, "2026-04", &[again]);
    assert_eq!(changes(&april), [yuan("-7.01"), yuan("1.01"), yuan("1.00")]);
    assert_eq!((april.held(), april.carried().total()), (Fen::ZERO, yuan("-5.00")), "what was paid, no fen more");
}

/// Half of 0.01 on each of two days, held on both, of which a second reduction acts on one: nothing is paid, and nothing
/// is owed.
#[test]
fn what_is_held_on_days_with_other_reductions_is_all_that_they_leave() {
    for (rounding, reduced) in [("half_up", "-0.02"), ("floor", "-0.01"), ("ceil", "-0.02"), ("half_even", "-0.01")] {
        let gates = [
            gate("\"B\", \"C\"", "reduce_percent = \"50\""),
            gate("\"C\"", "reduce_percent = \"50\""),
            gate("\"B\", \"C\"", "effect = \"hold\""),
        ];
        let mut world = World::new(&[&operator("0.01", rounding, &gates)]);
        world.grade(1, "2026-03-01", "B");
        world.grade(1, "2026-03-12", "C");
        world.serve(1, 1, "2026-03-11", 690, "15.00");
        world.serve(1, 1, "2026-03-12", 690, "15.00");
        world.close_all(LATER, everything);
        let march = settle(&world, 1, "2026-03", &[]);
        assert_eq!(changes(&march).iter().copied().sum::<Fen>(), yuan(reduced), "{rounding}");
        assert_eq!(march.payable(), yuan("10.00"), "{rounding}: the diner's part");
        assert_eq!(march.carried().total(), Fen::ZERO, "{rounding}");
    }
}

/// The exact share times ten thousand, rounded, in plain integers.
fn naive(fen: i64, points: i64, rounding: &str) -> i64 {
    let (whole, rest) = (fen * points / 10_000, fen * points % 10_000);
    let up = match rounding {
        "floor" => false,
        "ceil" => rest > 0,
        "half_up" => rest >= 5_000,
        _ => rest > 5_000 || (rest == 5_000 && whole % 2 == 1),
    };
    whole + i64::from(up)
}

/// What a day's operator money is, fen.
fn of_day(day: &DayClose) -> i64 {
    day.tiers.iter().filter(|t| t.kind == Kind::Operator).map(|t| t.amount().get()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Whatever gates act on whatever days: what is reduced, held and paid is the whole; a reduction is its share of its
    /// days rounded once, unless less was left; where every day is held nothing is paid, and nothing is ever owed.
    #[test]
    fn reduced_held_and_paid_are_the_whole(
        grades in prop::collection::vec(0_usize..3, 1..9),
        amount in 1_i64..400,
        first in 1_i64..=100,
        second in 0_i64..=100,
        holds in prop::sample::subsequence(vec!["B", "C"], 0..=2),
        rounding in prop::sample::select(vec!["half_up", "half_even", "floor", "ceil"]),
    ) {
        let second = second.min(100 - first).max(0);
        let mut gates = vec![gate("\"B\", \"C\"", &format!("reduce_percent = \"{first}\""))];
        if second > 0 {
            gates.push(gate("\"C\"", &format!("reduce_percent = \"{second}\"")));
        }
        gates.extend(holds.iter().map(|grade| gate(&format!("\"{grade}\""), "effect = \"hold\"")));
        let mut world = World::new(&[&operator(&Fen::new(amount).to_string(), rounding, &gates)]);
        for (n, grade) in grades.iter().enumerate() {
            let day = format!("2026-03-{:02}", n + 2);
            world.grade(1, &day, ["A", "B", "C"][*grade]);
            world.serve(1, 1, &day, 690, "15.00");
        }
        world.close_all(LATER, everything);
        let march = settle(&world, 1, "2026-03", &[]);
        let on = |wanted: &[usize]| -> i64 {
            let acts = |day: &DayClose| {
                let (_, _, number) = day.date.ymd();
                wanted.contains(&grades[usize::try_from(number).unwrap() - 2])
            };
            world.closes.values().map(|r| &r.close).filter(|day| acts(day)).map(of_day).sum()
        };
        let diner = Fen::new(500).times(i64::try_from(grades.len()).unwrap());
        let whole = on(&[0, 1, 2]);
        let one = naive(on(&[1, 2]), first * 100, rounding);
        let two = naive(on(&[2]), second * 100, rounding).min(on(&[1, 2]) - one);
        let reduced: i64 = march.changes.iter().map(|line| -line.amount.get()).sum();
        prop_assert_eq!(reduced, one + two);
        prop_assert!(march.holds.iter().all(|line| line.amount <= Fen::ZERO), "{:?}", march.holds);
        prop_assert_eq!(march.carried().total(), Fen::ZERO);
        prop_assert_eq!(march.payable() - march.held(), diner + Fen::new(whole - reduced));
        let held: Vec<usize> = holds.iter().map(|grade| if *grade == "B" { 1 } else { 2 }).collect();
        if [1, 2].iter().all(|grade| held.contains(grade) || on(&[*grade]) == 0) {
            prop_assert_eq!(march.payable(), diner + Fen::new(on(&[0])));
        }
        if held.is_empty() {
            prop_assert_eq!(march.held(), Fen::ZERO);
        }
    }
}

/// Every line says which gate it is of, in the order of the file.
#[test]
fn lines_name_their_gates() {
    let gates = [gate("\"C\"", "effect = \"hold\""), gate("\"C\"", "reduce_percent = \"20\"")];
    let mut world = World::new(&[&operator("2.00", "half_up", &gates)]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-11", 690, "15.00");
    world.close_all(LATER, everything);
    let march = settle(&world, 1, "2026-03", &[]);
    let Reason::Reduction { gate: second, .. } = march.changes[0].reason else { panic!("{:?}", march.changes) };
    let Reason::Hold { gate: first, .. } = march.holds[0].reason else { panic!("{:?}", march.holds) };
    assert_eq!((first, second), (1, 2));
    let hits = &world.closes[&(date("2026-03-11"), crate::world::canteen_id(1))].close.standing;
    assert!(hits.iter().any(|hit| hit.effect == Effect::Hold), "{hits:?}");
}
