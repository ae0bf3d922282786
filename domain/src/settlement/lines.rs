//! The lines of parts one and two.

use std::collections::{BTreeMap, BTreeSet};

use super::{ChangeLine, Reason, Released, Reopened, ServedLine};
use crate::calendar::{BusinessDate, Month};
use crate::decision::{Kind, PolicyRef};
use crate::id::RecordId;
use crate::money::Fen;
use crate::reconciliation::{Code, Correction, DayClose, PayerSums};

/// A line in the making.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) dates: BTreeSet<BusinessDate>,
    findings: BTreeSet<String>,
    pub(super) count: i64,
    pub(super) shares: PayerSums,
}

impl Sum {
    /// Adds what a day or a meal of it has to the line; nothing where that is as much now as was settled.
    fn part(&mut self, date: BusinessDate, part: Self) {
        if part.count == 0 && part.shares.without_zeros() == PayerSums::default() {
            return;
        }
        self.dates.insert(date);
        self.findings.extend(part.findings);
        self.count += part.count;
        self.shares.add_all(&part.shares);
    }

    /// What a close has of meals charged under one version, added or taken back.
    fn charged(&mut self, close: &DayClose, policy: &PolicyRef, counts: bool) {
        let meals = close.subsidised_under(policy);
        self.count += if counts { meals } else { -meals };
        for tier in close.tiers.iter().filter(|tier| tier.policy == *policy) {
            self.shares.signed(&tier.shares, counts);
        }
    }

    pub(super) fn line(self, reason: Reason, counted: bool) -> Option<ChangeLine> {
        let shares = self.shares.without_zeros();
        if shares == PayerSums::default() {
            return None;
        }
        let (dates, findings) = (self.dates.into_iter().collect(), self.findings.into_iter().collect());
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

/// What was charged on days of earlier months and is not settled yet, or is settled and no longer there: a line for each
/// policy version that the meals were charged under.
pub(super) fn of_earlier_months(reopened: &[Reopened]) -> Vec<ChangeLine> {
    let mut sums: BTreeMap<Reason, Sum> = BTreeMap::new();
    for Reopened { settled, now, .. } in reopened {
        let late = settled.as_ref().is_none_or(|before| now.records > before.records);
        let month = now.date.month();
        let policies = now.policies().into_iter().chain(settled.iter().flat_map(DayClose::policies));
        for policy in policies.collect::<BTreeSet<PolicyRef>>() {
            let mut of_day = Sum::default();
            of_day.charged(now, &policy, true);
            if let Some(before) = settled {
                of_day.charged(before, &policy, false);
            }
            let reason = if late { Reason::Late { month, policy } } else { Reason::Corrected { month, policy } };
            sums.entry(reason).or_default().part(now.date, of_day);
        }
    }
    sums.into_iter().filter_map(|(reason, sum)| sum.line(reason, true)).collect()
}

/// Deductions and additions by finding, for meals of the month and, with the sign of what changed, of earlier months.
pub(super) fn findings(days: &[(&DayClose, bool)]) -> Vec<ChangeLine> {
    let mut meals: BTreeMap<(Reason, BusinessDate, RecordId), Sum> = BTreeMap::new();
    for (day, counts) in days {
        let mut counted: BTreeSet<(Reason, RecordId)> = BTreeSet::new();
        for correction in &day.corrections {
            let reason = reason(day.date.month(), correction);
            let sum = meals.entry((reason.clone(), day.date, correction.record)).or_default();
            sum.shares.signed(&correction.shares, *counts);
            sum.findings.extend(behind(day, correction).cloned());
            if counted.insert((reason, correction.record)) {
                sum.count += if *counts { 1 } else { -1 };
            }
        }
    }
    let mut sums: BTreeMap<Reason, Sum> = BTreeMap::new();
    for ((reason, date, _), of_meal) in meals {
        sums.entry(reason).or_default().part(date, of_meal);
    }
    sums.into_iter().filter_map(|(reason, sum)| sum.line(reason, true)).collect()
}

/// The findings that a correction follows from: the one that was ruled on, or those that show its meal. Others of the
/// same kind on that day, explained ones among them, have nothing to do with the money.
fn behind<'a>(day: &'a DayClose, correction: &'a Correction) -> impl Iterator<Item = &'a String> {
    let shows = move |finding: &&crate::reconciliation::Finding| {
        correction.finding.is_none() && finding.code == correction.code && finding.evidence.contains(&correction.record)
    };
    correction.finding.iter().chain(day.findings.iter().filter(shows).map(|finding| &finding.number))
}

/// What tills paid back and payers owe for it, by the month of the meals.
pub(super) fn refunds(days: &[(&DayClose, bool)]) -> Vec<ChangeLine> {
    let mut sums: BTreeMap<Month, Sum> = BTreeMap::new();
    for (day, counts) in days {
        for refund in &day.refunds {
            let sum = sums.entry(refund.date.month()).or_default();
            sum.dates.insert(day.date);
            sum.count += if *counts { 1 } else { -1 };
            sum.shares.signed(&refund.shares, *counts);
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
