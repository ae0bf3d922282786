//! What a canteen's standing does to its money: reductions, and holds of what they leave.
//!
//! A reduction is rounded once for its gate, the benefit, the payer and the month. Rounded each by itself, two halves of
//! an odd sum would be a fen more than there is: so none takes more than those before it have left, in the order of the
//! file. A hold takes what its days add to what is left of the others, so that whatever is reduced, held and paid is the
//! whole to the fen, and nothing is ever taken that was not there.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::Sum;
use super::{ChangeLine, Reason};
use crate::calendar::Month;
use crate::decision::{Kind, Payer, PolicyRef};
use crate::money::{Fen, Rounding};
use crate::policy::{Effect, Policy};
use crate::reconciliation::{Correction, DayClose, PayerSums, StandingHit};
use crate::record::check::Rulebook;

/// What a reduction is rounded for: month of the meals, benefit of a policy version, payer.
type Part<'a> = (Month, &'a PolicyRef, &'a str, &'a Payer);

/// The gates that act on an amount. Two may hold the same money; it waits once, for the first of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Acting<'a> {
    reductions: Vec<&'a StandingHit>,
    hold: Option<&'a StandingHit>,
}

impl<'a> Acting<'a> {
    fn on(day: &'a DayClose, kind: Kind) -> Option<Self> {
        let hits = move || day.standing.iter().filter(move |hit| hit.kinds.contains(&kind));
        let mut reductions: Vec<_> = hits().filter(|hit| matches!(hit.effect, Effect::Reduce(_))).collect();
        reductions.sort_unstable();
        let hold = hits().find(|hit| hit.effect == Effect::Hold);
        (hold.is_some() || !reductions.is_empty()).then_some(Self { reductions, hold })
    }
}

/// Amounts by what acts on them, none negative.
type Amounts<'c, 'a> = [(&'c Acting<'a>, Fen)];

/// Reductions, and holds of what the reductions leave. What was settled before counts the other way.
pub(super) fn standing(days: &[(&DayClose, bool)], rules: &Rulebook) -> (Vec<ChangeLine>, Vec<ChangeLine>) {
    let mut sums: BTreeMap<(Month, &StandingHit), Sum> = BTreeMap::new();
    let mut parts: BTreeMap<Part<'_>, BTreeMap<Acting<'_>, Fen>> = BTreeMap::new();
    for (day, counts) in days {
        let (month, meals) = (day.date.month(), i64::from(day.subsidised.count));
        for hit in &day.standing {
            let sum = sums.entry((month, hit)).or_default();
            sum.count += if *counts { meals } else { -meals };
            sum.dates.extend((meals > 0).then_some(day.date));
        }
        for (kind, policy, benefit, shares) in money(day) {
            let Some(acting) = Acting::on(day, kind) else { continue };
            for (payer, amount) in shares.iter() {
                let part = parts.entry((month, policy, benefit, payer)).or_default();
                *part.entry(acting.clone()).or_default() += if *counts { *amount } else { -*amount };
            }
        }
    }
    for ((month, .., payer), amounts) in &parts {
        // An earlier month may be given more and have some taken back; each is rounded for itself.
        for given in [true, false] {
            let signed = |amount: &Fen| if given { *amount } else { -*amount };
            let of: Vec<_> = amounts.iter().map(|(acting, a)| (acting, signed(a).or_zero())).collect();
            for (hit, taken) in taken(&of, rules) {
                sums.entry((*month, hit)).or_default().shares.add(payer, -signed(&taken));
            }
        }
    }
    lines(sums)
}

/// What holds take of one day's money, with what rulings took of it: what its row of the month's table says, fen, not
/// positive. A reduction is rounded for the day here, for the month on the statement.
#[must_use]
pub fn held_of_day(close: &DayClose, taken: &[Correction], rules: &Rulebook) -> Fen {
    let mut day = close.clone();
    day.corrections.extend_from_slice(taken);
    let (_, holds) = standing(&[(&day, true)], rules);
    holds.iter().map(|line| line.amount).sum()
}

fn lines(sums: BTreeMap<(Month, &StandingHit), Sum>) -> (Vec<ChangeLine>, Vec<ChangeLine>) {
    let (mut reductions, mut holds) = (Vec::new(), Vec::new());
    for ((month, hit), sum) in sums {
        let (policy, gate, words) = (hit.policy.clone(), hit.gate, hit.reason.clone());
        match hit.effect {
            Effect::Reduce(_) => reductions.extend(sum.line(Reason::Reduction { month, policy, gate, words }, true)),
            _ => holds.extend(sum.line(Reason::Hold { month, policy, gate, words }, true)),
        }
    }
    (reductions, holds)
}

/// A day's money, as charged and as corrected.
fn money(day: &DayClose) -> impl Iterator<Item = (Kind, &PolicyRef, &str, &PayerSums)> {
    let tiers = day.tiers.iter().map(|t| (t.kind, &t.policy, t.benefit.as_str(), &t.shares));
    tiers.chain(day.corrections.iter().map(|c| (c.kind, &c.policy, c.benefit.as_str(), &c.shares)))
}

fn whole(amounts: &Amounts<'_, '_>) -> Fen {
    amounts.iter().map(|(_, amount)| *amount).sum()
}

/// What each gate takes of amounts, none of it negative and never more than they are.
fn taken<'a>(amounts: &Amounts<'_, 'a>, rules: &Rulebook) -> Vec<(&'a StandingHit, Fen)> {
    let mut taken = reduced(amounts, rules);
    let mut left = whole(amounts) - taken.iter().map(|(_, fen)| *fen).sum::<Fen>();
    let holds: BTreeSet<&StandingHit> = amounts.iter().filter_map(|(acting, _)| acting.hold).collect();
    let mut free = amounts.to_vec();
    for hold in holds {
        free.retain(|(acting, _)| acting.hold != Some(hold));
        let paid = whole(&free) - reduced(&free, rules).into_iter().map(|(_, fen)| fen).sum::<Fen>();
        let rest = left.min(paid);
        taken.push((hold, left - rest));
        left = rest;
    }
    taken
}

/// What each reduction takes: its share of its days' amount, rounded once, and no more than is left.
fn reduced<'a>(amounts: &Amounts<'_, 'a>, rules: &Rulebook) -> Vec<(&'a StandingHit, Fen)> {
    let of = |hit: &StandingHit| -> Fen {
        let acts = |acting: &Acting<'_>| acting.reductions.contains(&hit);
        amounts.iter().filter(|(acting, _)| acts(acting)).map(|(_, amount)| *amount).sum()
    };
    let mut left: Fen = amounts.iter().filter(|(acting, _)| !acting.reductions.is_empty()).map(|(_, a)| *a).sum();
    let hits: BTreeSet<&StandingHit> = amounts.iter().flat_map(|(acting, _)| &acting.reductions).copied().collect();
    let mut taken = Vec::new();
    for hit in hits {
        let Effect::Reduce(rate) = hit.effect else { continue };
        let rounding = rules.policies.by_ref(&hit.policy).map_or(Rounding::HalfUp, Policy::rounding);
        let fen = rate.of(of(hit), rounding).min(left);
        left -= fen;
        taken.push((hit, fen));
    }
    taken
}
