//! The lines of parts one and two.

use std::collections::BTreeMap;

use super::{ChangeLine, Reason, Released, Reopened, ServedLine};
use crate::calendar::{BusinessDate, Month};
use crate::decision::{Kind, PolicyRef};
use crate::money::{Fen, Rate, Rounding};
use crate::policy::{Effect, Policy};
use crate::reconciliation::{Code, Correction, DayClose, PayerSums, StandingHit};
use crate::record::check::Rulebook;

/// A line in the making.
#[derive(Default)]
struct Sum {
    dates: Vec<BusinessDate>,
    findings: Vec<String>,
    count: i64,
    shares: PayerSums,
}

impl Sum {
    fn on(&mut self, date: BusinessDate) {
        if !self.dates.contains(&date) {
            self.dates.push(date);
            self.dates.sort_unstable();
        }
    }

    fn line(self, reason: Reason, counted: bool) -> Option<ChangeLine> {
        let shares = self.shares.without_zeros();
        if shares == PayerSums::default() {
            return None;
        }
        let (dates, findings) = (self.dates, self.findings);
        let count = counted.then_some(self.count);
        Some(ChangeLine { reason, dates, findings, count, amount: shares.total(), shares })
    }
}

/// Part one: the month's tiers summed over its days.
pub(super) fn served(days: &[DayClose]) -> Vec<ServedLine> {
    type Key<'a> = (Kind, &'a PolicyRef, &'a str, std::cmp::Reverse<Fen>);
    let mut lines: BTreeMap<Key<'_>, (u32, PayerSums)> = BTreeMap::new();
    for tier in days.iter().flat_map(|d| &d.tiers) {
        let key = (tier.kind, &tier.policy, tier.benefit.as_str(), std::cmp::Reverse(tier.standard));
        let (count, shares) = lines.entry(key).or_default();
        *count += tier.count;
        shares.add_all(&tier.shares);
    }
    let line = |((kind, policy, benefit, std::cmp::Reverse(standard)), (count, shares))| {
        let (policy, benefit): (&PolicyRef, &str) = (policy, benefit);
        let amount = Fen::times(standard, i64::from(count));
        ServedLine { policy: policy.clone(), benefit: benefit.to_owned(), kind, standard, count, amount, shares }
    };
    lines.into_iter().map(line).collect()
}

/// Last month's negative balance, if there is one.
pub(super) fn carried(carried: &PayerSums) -> Option<ChangeLine> {
    Sum { shares: carried.clone(), ..Sum::default() }.line(Reason::Carried, false)
}

/// What was charged on days of earlier months and is not settled yet, or is settled and no longer there.
pub(super) fn of_earlier_months(reopened: &[Reopened]) -> Vec<ChangeLine> {
    let mut sums: BTreeMap<Reason, Sum> = BTreeMap::new();
    for Reopened { settled, now, .. } in reopened {
        let policies = now.policies().into_iter().chain(settled.iter().flat_map(DayClose::policies));
        let Some(policy) = policies.max() else { continue };
        let month = now.date.month();
        let reason = if settled.as_ref().is_none_or(|before| now.records > before.records) {
            Reason::Late { month, policy }
        } else {
            Reason::Corrected { month, policy }
        };
        let sum = sums.entry(reason).or_default();
        sum.on(now.date);
        sum.count += i64::from(now.subsidised.count);
        for tier in &now.tiers {
            sum.shares.add_all(&tier.shares);
        }
        if let Some(before) = settled {
            sum.count -= i64::from(before.subsidised.count);
            for tier in &before.tiers {
                sum.shares.take_all(&tier.shares);
            }
        }
    }
    sums.into_iter().filter_map(|(reason, sum)| sum.line(reason, true)).collect()
}

/// Deductions and additions by finding, for meals of the month and, with the sign of what changed, of earlier months.
pub(super) fn findings(days: &[(&DayClose, bool)]) -> Vec<ChangeLine> {
    let mut sums: BTreeMap<Reason, Sum> = BTreeMap::new();
    for (day, counts) in days {
        let month = day.date.month();
        for correction in &day.corrections {
            let sum = sums.entry(reason(month, correction)).or_default();
            if *counts {
                sum.shares.add_all(&correction.shares);
            } else {
                sum.shares.take_all(&correction.shares);
            }
        }
        for (reason, (code, records)) in corrected_meals(month, &day.corrections) {
            let sum = sums.entry(reason).or_default();
            sum.count += if *counts { records } else { -records };
            sum.on(day.date);
            let of_code = day.findings.iter().filter(|f| f.code == code && *counts);
            sum.findings.extend(of_code.map(|f| f.number.clone()));
        }
    }
    sums.into_iter().filter_map(|(reason, sum)| sum.line(reason, true)).collect()
}

/// What tills paid back and payers owe for it, by the month of the meals.
pub(super) fn refunds(days: &[(&DayClose, bool)]) -> Vec<ChangeLine> {
    let mut sums: BTreeMap<Month, Sum> = BTreeMap::new();
    for (day, counts) in days {
        for refund in &day.refunds {
            let sum = sums.entry(refund.date.month()).or_default();
            sum.on(day.date);
            if *counts {
                sum.count += 1;
                sum.shares.add_all(&refund.shares);
            } else {
                sum.count -= 1;
                sum.shares.take_all(&refund.shares);
            }
        }
    }
    sums.into_iter().filter_map(|(month, sum)| sum.line(Reason::Refunded { month }, true)).collect()
}

fn reason(month: Month, correction: &Correction) -> Reason {
    match correction.code {
        Code::PolicyCorrected => Reason::PolicyCorrected { month, policy: correction.corrected_by.clone() },
        code => Reason::Finding { month, code },
    }
}

/// How many meals each reason is about, and the code of their findings.
fn corrected_meals(month: Month, corrections: &[Correction]) -> BTreeMap<Reason, (Code, i64)> {
    let mut meals: Vec<_> = corrections.iter().map(|c| (reason(month, c), c.code, c.record)).collect();
    meals.sort_unstable();
    meals.dedup();
    let mut counts = BTreeMap::new();
    for (reason, code, _) in meals {
        counts.entry(reason).or_insert((code, 0)).1 += 1;
    }
    counts
}

/// What one gate acts on in one month: by benefit, so that a reduction is rounded once for each benefit and payer, and
/// by the shares that reductions take of it on the same days.
#[derive(Default)]
struct Caught {
    dates: Vec<BusinessDate>,
    count: i64,
    sums: BTreeMap<(PolicyRef, String, Vec<Rate>), PayerSums>,
}

/// Reductions, and holds of what the reductions leave.
pub(super) fn standing(days: &[(&DayClose, bool)], rules: &Rulebook) -> (Vec<ChangeLine>, Vec<ChangeLine>) {
    let mut caught: BTreeMap<(Month, &StandingHit), Caught> = BTreeMap::new();
    for (day, counts) in days {
        let mut waiting: Vec<Kind> = Vec::new();
        for hit in &day.standing {
            // Two gates may hold the same money; it waits once.
            let mut kinds = hit.kinds.clone();
            if hit.effect == Effect::Hold {
                kinds.retain(|kind| !waiting.contains(kind));
                waiting.extend(&kinds);
            }
            catch(caught.entry((day.date.month(), hit)).or_default(), day, hit, &kinds, *counts);
        }
    }
    let (mut reductions, mut holds) = (Vec::new(), Vec::new());
    for ((month, hit), caught) in caught {
        let rounding = rules.policies.by_ref(&hit.policy).map_or(Rounding::HalfUp, Policy::rounding);
        let mut sum = Sum { dates: caught.dates, count: caught.count, ..Sum::default() };
        for ((_, _, reduced), sums) in &caught.sums {
            for (payer, amount) in sums.iter() {
                let taken = match hit.effect {
                    Effect::Reduce(rate) => share(rate, *amount, rounding),
                    // Each reduction is a line of its own and rounded by itself: what is held is what they leave.
                    _ => *amount - reduced.iter().map(|rate| share(*rate, *amount, rounding)).sum::<Fen>(),
                };
                sum.shares.add(payer, -taken);
            }
        }
        let (policy, gate, words) = (hit.policy.clone(), hit.gate, hit.reason.clone());
        match hit.effect {
            Effect::Reduce(_) => reductions.extend(sum.line(Reason::Reduction { month, policy, gate, words }, true)),
            _ => holds.extend(sum.line(Reason::Hold { month, policy, gate, words }, true)),
        }
    }
    (reductions, holds)
}

/// What is paid of holds that the office has released: what earlier statements hold, and what these `holds` add.
pub(super) fn releases(released: &[Released], holds: &[ChangeLine]) -> Vec<ChangeLine> {
    let line = |released: &Released| {
        let Released { month, policy, gate, words, held } = released.clone();
        let same = |reason: &Reason| matches!(reason, Reason::Hold { month: m, policy: p, gate: g, .. } if (*m, p, *g) == (month, &policy, gate));
        let mut sum = Sum { shares: held.negated(), ..Sum::default() };
        for hold in holds.iter().filter(|hold| same(&hold.reason)) {
            sum.shares.take_all(&hold.shares);
        }
        sum.line(Reason::Release { month, policy, gate, words }, false)
    };
    released.iter().filter_map(line).collect()
}

fn catch(caught: &mut Caught, day: &DayClose, hit: &StandingHit, kinds: &[Kind], counts: bool) {
    let reduced = |kind: Kind| {
        let rates = day.standing.iter().filter(|h| h.kinds.contains(&kind)).filter_map(|h| match h.effect {
            Effect::Reduce(rate) if hit.effect == Effect::Hold => Some(rate),
            _ => None,
        });
        let mut rates: Vec<Rate> = rates.collect();
        rates.sort_unstable();
        rates
    };
    let tiers = day.tiers.iter().map(|t| (t.kind, &t.policy, &t.benefit, &t.shares));
    let corrections = day.corrections.iter().map(|c| (c.kind, &c.policy, &c.benefit, &c.shares));
    for (kind, policy, benefit, shares) in tiers.chain(corrections).filter(|(kind, ..)| kinds.contains(kind)) {
        let sums = caught.sums.entry((policy.clone(), benefit.clone(), reduced(kind))).or_default();
        if counts {
            sums.add_all(shares);
        } else {
            sums.take_all(shares);
        }
    }
    let meals = i64::from(day.subsidised.count);
    caught.count += if counts { meals } else { -meals };
    if meals > 0 && !caught.dates.contains(&day.date) {
        caught.dates.push(day.date);
    }
}

/// A share of an amount that may be negative (an earlier month is taken back).
fn share(rate: Rate, amount: Fen, rounding: Rounding) -> Fen {
    if amount.is_negative() { -rate.of(-amount, rounding) } else { rate.of(amount, rounding) }
}
