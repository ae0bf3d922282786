//! The guards behind every decision, and what kind of reason each reason is.

use super::super::why::{Span, Why};
use super::super::*;

fn sound() -> Decision {
    let share = Share { payer: Payer { name: "city".into(), unit: None }, amount: Fen::new(500) };
    let line = |kind, amount, shares| Line { benefit: "b".into(), group: None, kind, amount: Fen::new(amount), shares };
    Decision {
        policy: None,
        price: Fen::new(1500),
        lines: vec![line(Kind::Diner, 500, vec![share]), line(Kind::Concession, 100, Vec::new())],
        own_payment: Fen::new(900),
        delivery_fee: Fen::ZERO,
    }
}

#[test]
fn a_sound_decision_passes() {
    assert_sound(&sound());
}

#[test]
#[should_panic(expected = "price = diner + concession + own payment")]
fn a_fen_that_is_nobodys_is_a_defect() {
    assert_sound(&Decision { own_payment: Fen::new(899), ..sound() });
}

#[test]
#[should_panic(expected = "own payment is not negative")]
fn nobody_is_paid_for_eating() {
    assert_sound(&Decision { price: Fen::new(500), own_payment: Fen::new(-100), ..sound() });
}

#[test]
#[should_panic(expected = "an applied benefit gives something")]
fn a_benefit_that_gives_nothing_is_not_applied() {
    let mut decision = sound();
    decision.lines[1].amount = Fen::ZERO;
    decision.own_payment = Fen::new(1000);
    assert_sound(&decision);
}

#[test]
#[should_panic(expected = "the payers' shares add up to the amount")]
fn every_fen_given_has_a_payer() {
    let mut decision = sound();
    decision.lines[0].shares[0].amount = Fen::new(499);
    assert_sound(&decision);
}

#[test]
fn reasons_are_about_limits_the_standing_or_the_elder() {
    let limit = Why::Limit { span: Span::Day, used: 1, limit: 1, scope: crate::policy::Scope::default(), period: None };
    let amount = Why::LimitAmount { used: Fen::ZERO, limit: Fen::ZERO, scope: crate::policy::Scope::default() };
    let gate = Why::NoSubsidy { gate: 0 };
    let elder = Why::HukouSame { level: crate::region::Level::District };
    let none = Why::NothingLeft;
    let kinds = |why: &Why| (why.is_limit(), why.is_gate(), why.is_about_elder());
    assert_eq!(kinds(&limit), (true, false, false));
    assert_eq!(kinds(&amount), (true, false, false));
    assert_eq!(kinds(&gate), (false, true, false));
    assert_eq!(kinds(&elder), (false, false, true));
    assert_eq!(kinds(&none), (false, false, false));
}
