//! What a meal costs the elder and who pays the rest: the one function that the terminal charges by and the server
//! checks by.

mod amount;
mod condition;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
pub mod why;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, WorkCalendar};
use crate::canteen::CanteenFacts;
use crate::decision::{Decision, Kind, Line, MealFacts, Mode, Payer, Share, Usage};
use crate::elder::ElderFacts;
use crate::money::{Fen, largest_remainder};
use crate::policy::{Benefit, Effect, PayerOf, Policy};

pub use condition::{is_entitled, is_given_on};
pub use why::Why;

/// A decision, and why the other benefits were not applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What is charged and who pays.
    pub decision: Decision,
    /// The id of every benefit that was not applied, in file order, with the first reason.
    pub why: Vec<(String, Why)>,
}

/// What a benefit is held against: everything `decide` was given, and what was applied above.
#[derive(Clone, Copy)]
struct Sale<'a> {
    policy: &'a Policy,
    calendar: &'a WorkCalendar,
    elder: &'a ElderFacts,
    canteen: &'a CanteenFacts,
    meal: &'a MealFacts,
    used: &'a Usage,
}

/// Where the sale stands between two slots.
struct State {
    /// What the elder still has to pay, fen.
    left: Fen,
    /// What the elder pays at least, fen.
    keep: Fen,
    /// For each benefit whether it was applied.
    applied: Vec<bool>,
}

/// Decides one meal. Pure: the same arguments give the same outcome on every machine.
///
/// `elder` and `canteen` are the facts in force on the meal's date, `used` what was used before this meal. Whether the
/// policy covers the canteen on that date is not asked here ([`crate::policy::PolicySet::covering`] says so).
///
/// # Panics
/// When the meal's price is negative: a boundary refuses such a meal before it comes here. And when an invariant of the
/// decision is broken (price = diner + concession + own payment; the shares add up to the amount): going on would
/// charge somebody wrongly.
#[must_use]
pub fn decide(
    policy: &Policy,
    calendar: &WorkCalendar,
    elder: &ElderFacts,
    canteen: &CanteenFacts,
    meal: &MealFacts,
    used: &Usage,
) -> Outcome {
    assert!(!meal.price.is_negative(), "a meal with a negative price");
    let sale = Sale { policy, calendar, elder, canteen, meal, used };
    let keep = policy.min_own_payment().min(meal.price);
    let mut state = State { left: meal.price, keep, applied: vec![false; policy.benefits().len()] };
    let (mut lines, mut why) = (Vec::new(), Vec::new());
    for slot in policy.slots() {
        let verdicts: Vec<Result<Fen, Why>> =
            slot.clone().map(|index| sale.amount(&state, &policy.benefits()[index])).collect();
        let winner = winner(&verdicts);
        for (index, verdict) in slot.clone().zip(verdicts) {
            let benefit = &policy.benefits()[index];
            match (verdict, winner) {
                (Ok(amount), Some(best)) if slot.start + best == index => {
                    if matches!(benefit.kind, Kind::Diner | Kind::Concession) {
                        state.left -= amount;
                    }
                    state.applied[index] = true;
                    lines.push(sale.line(benefit, amount));
                }
                (Err(reason), _) => why.push((benefit.id.clone(), reason)),
                (Ok(_), best) => {
                    let winner = best.map_or_else(String::new, |b| policy.benefits()[slot.start + b].id.clone());
                    why.push((benefit.id.clone(), Why::LowerThan { winner }));
                }
            }
        }
    }
    let delivery_fee = if meal.mode == Mode::Delivery { policy.delivery_fee() } else { Fen::ZERO };
    let policy = Some(policy.reference().clone());
    let decision = Decision { policy, price: meal.price, lines, own_payment: state.left, delivery_fee };
    assert_sound(&decision);
    Outcome { decision, why }
}

/// The greatest amount of a slot, ties to the first.
fn winner(verdicts: &[Result<Fen, Why>]) -> Option<usize> {
    let mut best: Option<(usize, Fen)> = None;
    for (index, verdict) in verdicts.iter().enumerate() {
        if let Ok(amount) = verdict
            && best.is_none_or(|(_, most)| *amount > most)
        {
            best = Some((index, *amount));
        }
    }
    best.map(|(index, _)| index)
}

impl Sale<'_> {
    /// The applied benefit, split over its payers.
    fn line(&self, benefit: &Benefit, amount: Fen) -> Line {
        let shares = if benefit.kind == Kind::Concession { Vec::new() } else { self.shares(benefit, amount) };
        Line { benefit: benefit.id.clone(), group: benefit.group.clone(), kind: benefit.kind, amount, shares }
    }

    fn shares(&self, benefit: &Benefit, amount: Fen) -> Vec<Share> {
        let parts = largest_remainder(amount, &benefit.weights);
        let paying = benefit.payers.iter().zip(parts).filter(|(_, part)| !part.is_zero());
        let place = match benefit.payer_of {
            PayerOf::Canteen => Some(&self.canteen.region),
            PayerOf::Hukou => self.elder.hukou.as_ref(),
        };
        paying
            .map(|(payer, amount)| {
                let unit = match payer.level {
                    Some(level) => place.and_then(|region| region.unit(level)),
                    None => self.policy.regions().first().cloned(),
                };
                Share { payer: Payer { name: payer.name.clone(), unit }, amount }
            })
            .collect()
    }
}

/// Invariants 1 and 2 of the proof: every fen of the price is somebody's, and every fen given has a payer.
fn assert_sound(decision: &Decision) {
    let given = decision.total(Kind::Diner) + decision.total(Kind::Concession);
    assert!(decision.price == given + decision.own_payment, "price = diner + concession + own payment");
    assert!(!decision.own_payment.is_negative(), "own payment is not negative");
    for line in &decision.lines {
        assert!(line.amount > Fen::ZERO, "an applied benefit gives something");
        let shared: Fen = line.shares.iter().map(|s| s.amount).sum();
        let owed = if line.kind == Kind::Concession { Fen::ZERO } else { line.amount };
        assert!(shared == owed, "the payers' shares add up to the amount");
    }
}

/// A gate that acts on a meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateHit {
    /// Its place among the policy's gates, from 0.
    pub index: usize,
    /// What it does.
    pub effect: Effect,
    /// To which kinds.
    pub kinds: Vec<Kind>,
    /// Its condition in Chinese.
    pub label: String,
}

/// The gates that act on a meal of that date in a canteen of that standing, in file order. `no_subsidy` acted at the
/// till; `hold` and `reduce_percent` are the settlement's.
#[must_use]
pub fn gates_in_force(policy: &Policy, canteen: &CanteenFacts, date: BusinessDate) -> Vec<GateHit> {
    let acting = policy.gates().iter().enumerate().filter(|(_, gate)| gate.acts(&canteen.standing, date));
    let hit = |(index, gate): (usize, &crate::policy::Gate)| GateHit {
        index,
        effect: gate.effect,
        kinds: gate.kinds.clone(),
        label: crate::words::gate_condition(gate),
    };
    acting.map(hit).collect()
}
