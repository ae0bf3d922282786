//! What holds of every valid policy.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{naive, *};
use super::random::{self, Tape};
use crate::calendar::Month;
use crate::policy::{Amount, Limit, Scope};

fn tape() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..500)
}

fn parse(text: &str) -> Policy {
    Policy::parse("random", text).unwrap_or_else(|errors| panic!("{errors}\nin:\n{text}"))
}

/// The outcome in the naive one's terms.
fn in_naive_terms(policy: &Policy, outcome: &Outcome) -> naive::Result {
    let applied = outcome.decision.lines.iter().map(|line| {
        let benefit = policy.benefit(&line.benefit).unwrap();
        let of = |name: &str| line.shares.iter().find(|s| s.payer.name == name).map_or(0, |s| s.amount.get());
        let shares = if line.kind == Kind::Concession {
            Vec::new()
        } else {
            benefit.payers.iter().map(|p| of(&p.name)).collect()
        };
        naive::Applied { id: line.benefit.clone(), amount: line.amount.get(), shares }
    });
    let code = |why: &Why| serde_json::to_value(why).unwrap()["why"].as_str().unwrap().to_owned();
    naive::Result {
        applied: applied.collect(),
        own_payment: outcome.decision.own_payment.get(),
        delivery_fee: outcome.decision.delivery_fee.get(),
        why: outcome.why.iter().map(|(id, why)| (id.clone(), code(why))).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn decide_is_the_normative_text(tape in tape()) {
        let mut t = Tape(&tape);
        let (elder, canteen, meal, used) =
            (random::elder(&mut t), random::canteen(&mut t), random::meal(&mut t), random::usage(&mut t));
        let text = random::policy(&mut t);
        let (policy, calendar) = (parse(&text), WorkCalendar::published());
        let outcome = decide(&policy, &calendar, &elder, &canteen, &meal, &used);
        let naive = naive::decide(&policy, &calendar, &elder, &canteen, &meal, &used);
        prop_assert_eq!(in_naive_terms(&policy, &outcome), naive, "{}", text);
        prop_assert_eq!(&decide(&policy, &calendar, &elder, &canteen, &meal, &used), &outcome, "decided twice");
        let json = serde_json::to_string(&outcome).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Outcome>(&json).unwrap(), &outcome, "an outcome reads back");
        for (_, why) in &outcome.why {
            prop_assert!(!why.chinese(&policy).is_empty() && !why.english(&policy).is_empty());
        }
    }

    #[test]
    fn every_fen_is_somebodys(tape in tape()) {
        let mut t = Tape(&tape);
        let (elder, canteen, meal) = (random::elder(&mut t), random::canteen(&mut t), random::meal(&mut t));
        let policy = parse(&random::policy(&mut t));
        let decision = decide(&policy, &WorkCalendar::published(), &elder, &canteen, &meal, &Usage::default()).decision;
        let (diner, concession) = (decision.total(Kind::Diner), decision.total(Kind::Concession));
        prop_assert_eq!(diner + concession + decision.own_payment, meal.price);
        prop_assert!(decision.own_payment >= policy.min_own_payment().min(meal.price));
        let owed: Fen = decision.owed_by().values().sum();
        prop_assert_eq!(owed, diner + decision.total(Kind::Operator) + decision.total(Kind::Delivery));
        for line in &decision.lines {
            let most = match policy.benefit(&line.benefit).unwrap().amount {
                Amount::Fixed(amount) | Amount::UpTo(amount) | Amount::Percent { cap: Some(amount), .. } => amount,
                Amount::Percent { .. } | Amount::OwnPayment(_) => meal.price,
            };
            prop_assert!(line.amount > Fen::ZERO && line.amount <= most);
        }
    }

    #[test]
    fn no_limit_is_passed_in_a_month_of_meals(tape in tape()) {
        let mut t = Tape(&tape);
        let (elder, canteen) = (random::elder(&mut t), random::canteen(&mut t));
        let meals: Vec<MealFacts> = (0..20).map(|_| random::meal(&mut t)).collect();
        let policy = parse(&random::policy(&mut t));
        let (calendar, mut applied) = (WorkCalendar::published(), Vec::<(BusinessDate, Line)>::new());
        for meal in meals {
            let mut used = Usage::default();
            for (date, line) in &applied {
                used.add(policy.id(), line, *date, meal.date);
            }
            let outcome = decide(&policy, &calendar, &elder, &canteen, &meal, &used);
            applied.extend(outcome.decision.lines.into_iter().map(|line| (meal.date, line)));
        }
        for benefit in policy.benefits() {
            let counted = |line: &Line| match benefit.limit.scope {
                Scope::Benefit => line.benefit == benefit.id,
                Scope::Group => line.group == benefit.group,
            };
            // Another member of the group may be applied past this one's limit: what is promised is that this one is not.
            let own: Vec<_> = applied.iter().filter(|(_, line)| line.benefit == benefit.id).collect();
            if let Some((last, _)) = own.iter().max_by_key(|(date, _)| *date) {
                prop_assert!(holds(&benefit.limit, &own, *last), "{:?}", benefit);
            }
            let all_same = policy.benefits().iter().filter(|b| b.group == benefit.group).all(|b| b.limit == benefit.limit);
            if benefit.limit.scope == Scope::Group && all_same {
                let group: Vec<_> = applied.iter().filter(|(_, line)| counted(line)).collect();
                prop_assert!(group.iter().all(|(date, _)| holds(&benefit.limit, &group, *date)), "{:?}", benefit);
            }
        }
    }

    #[test]
    fn reading_any_text_ends(text in "\\PC{0,300}") {
        let _ = Policy::parse("t", &text);
    }

    #[test]
    fn a_damaged_policy_is_read_or_refused(
        tape in tape(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..6), 1..6),
    ) {
        const PIECES: [&str; 12] =
            ["[", "]", "{", "}", "=", "\"", "\n", "0", "-", "[[benefit]]\n", "\u{0}", "group = \"g0\"\n"];
        let mut text: Vec<char> = random::policy(&mut Tape(&tape)).chars().collect();
        for (at, what, how) in damage {
            if text.is_empty() {
                break;
            }
            let at = at.index(text.len());
            match how {
                0 => drop(text.remove(at)),
                1 => text.truncate(at.max(1)),
                2 => {
                    let copied: Vec<char> = text[what.index(text.len())..].iter().take(60).copied().collect();
                    text.splice(at..at, copied);
                }
                _ => {
                    text.splice(at..at, PIECES[what.index(PIECES.len())].chars());
                }
            }
        }
        let text: String = text.into_iter().collect();
        if let Err(errors) = Policy::parse("t", &text) {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(!errors.0.is_empty());
            prop_assert!(errors.0.iter().all(|e| e.line >= 1 && e.line <= lines && e.column >= 1));
        }
    }
}

/// Whether what was applied on `date`, in its week and in its month, keeps the limit.
fn holds(limit: &Limit, applied: &[&(BusinessDate, Line)], date: BusinessDate) -> bool {
    let count =
        |same: &dyn Fn(BusinessDate) -> bool| u32::try_from(applied.iter().filter(|(d, _)| same(*d)).count()).unwrap();
    let month: Month = date.month();
    let amount: Fen = applied.iter().filter(|(d, _)| d.month() == month).map(|(_, line)| line.amount).sum();
    limit.per_day.is_none_or(|most| count(&|d| d == date) <= most)
        && limit.per_week.is_none_or(|most| count(&|d| d.monday() == date.monday()) <= most)
        && limit.per_month.is_none_or(|most| count(&|d| d.month() == month) <= most)
        && limit.per_month_amount.is_none_or(|most| amount <= most)
}

#[test]
fn the_two_find_the_same_reasons_often_enough() {
    // The tapes above must reach every reason, or they prove little.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut state = 1_u64;
    for _ in 0..4_000 {
        let tape: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        })
        .take(400)
        .collect();
        let mut t = Tape(&tape);
        let (elder, canteen, meal, used) =
            (random::elder(&mut t), random::canteen(&mut t), random::meal(&mut t), random::usage(&mut t));
        let policy = parse(&random::policy(&mut t));
        let outcome = decide(&policy, &WorkCalendar::published(), &elder, &canteen, &meal, &used);
        for (_, code) in in_naive_terms(&policy, &outcome).why {
            *seen.entry(code).or_default() += 1;
        }
    }
    let all = [
        "no_subsidy",
        "age",
        "any_of",
        "all_of",
        "none_of",
        "hukou",
        "hukou_not",
        "residence",
        "residence_not",
        "hukou_same",
        "residence_same",
        "tags",
        "period",
        "mode",
        "days",
        "holiday",
        "calendar_missing",
        "price",
        "requires",
        "limit",
        "limit_amount",
        "nothing_left",
        "lower_than",
    ];
    assert_eq!(seen.len(), all.len(), "{seen:?}");
    for reason in all {
        assert!(seen.get(reason).is_some_and(|times| *times >= 10), "{reason}: {seen:?}");
    }
}
