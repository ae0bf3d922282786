//! Counting and summing a day: what was charged by benefit and amount, and what the verdicts change about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::findings::Code;
use super::judge::Verdict;
use super::{DayInput, Held};
use crate::calendar::MealPeriod;
use crate::decision::{Kind, Line, Mode, Payer, PolicyRef};
use crate::id::RecordId;
use crate::money::Fen;
use crate::policy::Effect;
use crate::record::Body;
use crate::record::totals::CountSum;
use crate::region::Level;
use crate::subsidy::gates_in_force;

/// Amounts by payer; each payer stands once, in the order of the levels, then funds by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct PayerSums(Vec<(Payer, Fen)>);

fn order(payer: &Payer) -> (usize, &Payer) {
    (Level::ALL.iter().position(|l| l.name() == payer.name).unwrap_or(Level::ALL.len()), payer)
}

impl PayerSums {
    /// Adds to a payer's amount (negative amounts take away).
    pub fn add(&mut self, payer: &Payer, amount: Fen) {
        match self.0.binary_search_by(|(p, _)| order(p).cmp(&order(payer))) {
            Ok(at) => self.0[at].1 += amount,
            Err(at) => self.0.insert(at, (payer.clone(), amount)),
        }
    }

    /// Adds every payer's amount.
    pub fn add_all(&mut self, other: &Self) {
        for (payer, amount) in &other.0 {
            self.add(payer, *amount);
        }
    }

    /// Takes every payer's amount away.
    pub fn take_all(&mut self, other: &Self) {
        for (payer, amount) in &other.0 {
            self.add(payer, -*amount);
        }
    }

    /// Adds every payer's amount, or takes it away where it does not count.
    pub fn signed(&mut self, other: &Self, counts: bool) {
        if counts { self.add_all(other) } else { self.take_all(other) }
    }

    /// The sum over all payers, fen.
    #[must_use]
    pub fn total(&self) -> Fen {
        self.0.iter().map(|(_, amount)| *amount).sum()
    }

    /// The payer's amount, zero if it has none.
    #[must_use]
    pub fn of(&self, payer: &Payer) -> Fen {
        self.0.iter().find(|(p, _)| p == payer).map_or(Fen::ZERO, |(_, amount)| *amount)
    }

    /// Payers and amounts in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Payer, Fen)> {
        self.0.iter()
    }

    /// The same without payers whose amount is zero.
    #[must_use]
    pub fn without_zeros(&self) -> Self {
        Self(self.0.iter().filter(|(_, amount)| !amount.is_zero()).cloned().collect())
    }

    /// Each amount with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self(self.0.iter().map(|(payer, amount)| (payer.clone(), -*amount)).collect())
    }
}

/// What was charged of one benefit at one amount: the statement's "standard × count = amount".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The policy version.
    pub policy: PolicyRef,
    /// The benefit's id.
    pub benefit: String,
    /// Whom it pays and how.
    pub kind: Kind,
    /// The amount a meal, fen.
    pub standard: Fen,
    /// How many meals.
    pub count: u32,
    /// By payer; empty for a concession.
    pub shares: PayerSums,
}

impl Tier {
    /// standard × count, fen.
    #[must_use]
    pub fn amount(&self) -> Fen {
        self.standard.times(i64::from(self.count))
    }
}

/// Where what is paid for a meal's benefit differs from what was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Why.
    pub code: Code,
    /// The meal.
    pub record: RecordId,
    /// The policy version that the benefit is of.
    pub policy: PolicyRef,
    /// The benefit's id.
    pub benefit: String,
    /// Whom it pays and how.
    pub kind: Kind,
    /// Paid less charged, by payer, fen.
    pub shares: PayerSums,
    /// The version that corrects the one that was charged by, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<PolicyRef>,
    /// The number of the finding whose ruling takes the money away, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
}

/// A gate in force on the day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingHit {
    /// The policy version that the gate is of.
    pub policy: PolicyRef,
    /// Its place in the file, from 1.
    pub gate: usize,
    /// What it does.
    pub effect: Effect,
    /// To which kinds.
    pub kinds: Vec<Kind>,
    /// In words, for the statement.
    pub reason: String,
}

/// The gates in force on the day that act on the canteen's money.
pub(super) fn standing_hits(input: &DayInput<'_>) -> Vec<StandingHit> {
    let Some(canteen) = input.canteens.get(&input.canteen) else { return Vec::new() };
    let Some(policy) = input.rules.policies.covering(&canteen.region, input.date) else { return Vec::new() };
    let facts = canteen.on(input.date, input.known);
    let hits = gates_in_force(policy, &facts, input.date).into_iter();
    let hits = hits.filter(|hit| !matches!(hit.effect, Effect::NoSubsidy));
    hits.map(|hit| StandingHit {
        policy: policy.reference().clone(),
        gate: hit.index + 1,
        effect: hit.effect,
        kinds: hit.kinds,
        reason: hit.label,
    })
    .collect()
}

/// The day's money that a gate acts on, by payer.
#[must_use]
pub(crate) fn caught_by(hit: &StandingHit, tiers: &[Tier], corrections: &[Correction]) -> PayerSums {
    let mut sums = PayerSums::default();
    for tier in tiers.iter().filter(|t| hit.kinds.contains(&t.kind)) {
        sums.add_all(&tier.shares);
    }
    for correction in corrections.iter().filter(|c| hit.kinds.contains(&c.kind)) {
        sums.add_all(&correction.shares);
    }
    sums
}

fn shares_of(lines: &[&Line]) -> PayerSums {
    let mut sums = PayerSums::default();
    for share in lines.iter().flat_map(|l| &l.shares) {
        sums.add(&share.payer, share.amount);
    }
    sums
}

/// Sums what was charged.
pub(super) fn tiers(verdicts: &[Verdict]) -> Vec<Tier> {
    let mut tiers: BTreeMap<(&PolicyRef, Kind, &str, Fen), (u32, PayerSums)> = BTreeMap::new();
    for verdict in verdicts {
        let Some(policy) = &verdict.charged_under else { continue };
        for line in &verdict.charged {
            let (count, shares) = tiers.entry((policy, line.kind, line.benefit.as_str(), line.amount)).or_default();
            *count += 1;
            shares.add_all(&shares_of(&[line]));
        }
    }
    let tier = |((policy, kind, benefit, standard), (count, shares)): ((&PolicyRef, _, &str, _), _)| Tier {
        policy: policy.clone(),
        benefit: benefit.to_owned(),
        kind,
        standard,
        count,
        shares,
    };
    tiers.into_iter().map(tier).collect()
}

/// How many meals were charged under each policy version, where there is more than one.
pub(super) fn by_policy(verdicts: &[Verdict]) -> Vec<(PolicyRef, u32)> {
    let mut meals: BTreeMap<&PolicyRef, u32> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|v| !v.charged.is_empty()) {
        if let Some(policy) = &verdict.charged_under {
            *meals.entry(policy).or_default() += 1;
        }
    }
    let several = meals.len() > 1;
    meals.into_iter().filter(|_| several).map(|(policy, count)| (policy.clone(), count)).collect()
}

/// Where paid and charged differ, benefit by benefit.
pub(super) fn corrections(verdicts: &[Verdict]) -> Vec<Correction> {
    let mut corrections = Vec::new();
    for verdict in verdicts {
        let Some((code, _)) = verdict.difference else { continue };
        let mut keys: Vec<(Kind, &str)> =
            verdict.charged.iter().chain(&verdict.paid).map(|l| (l.kind, l.benefit.as_str())).collect();
        keys.sort_unstable();
        keys.dedup();
        for (kind, benefit) in keys {
            let of = |lines: &'_ [Line]| {
                shares_of(&lines.iter().filter(|l| l.kind == kind && l.benefit == benefit).collect::<Vec<_>>())
            };
            let mut shares = of(&verdict.paid);
            shares.take_all(&of(&verdict.charged));
            let shares = shares.without_zeros();
            let charged_here = verdict.charged.iter().any(|l| l.kind == kind && l.benefit == benefit);
            let policy = if charged_here { &verdict.charged_under } else { &verdict.policy };
            if let (Some(policy), false) = (policy, shares.0.is_empty()) {
                let (policy, benefit) = (policy.clone(), benefit.to_owned());
                let corrected_by = verdict.policy.clone().filter(|_| code == Code::PolicyCorrected);
                corrections.push(Correction {
                    code,
                    record: verdict.record,
                    policy,
                    benefit,
                    kind,
                    shares,
                    corrected_by,
                    finding: None,
                });
            }
        }
    }
    corrections
}

/// Meals, whoever paid for them.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) meals: CountSum,
    pub(super) guests: CountSum,
    pub(super) subsidised: CountSum,
    pub(super) voids: CountSum,
    pub(super) own_payment: Fen,
    pub(super) by_mode: Vec<(MealPeriod, Mode, CountSum)>,
}

impl Counts {
    pub(super) fn of(day: &[&Held]) -> Self {
        let mut counts = Self::default();
        let mut by_mode: BTreeMap<(&MealPeriod, Mode), CountSum> = BTreeMap::new();
        for held in day {
            let Body::Meal(meal) = &held.record.body else { continue };
            let price = meal.decision.price;
            if held.voided {
                counts.voids.add(price);
                continue;
            }
            counts.meals.add(price);
            counts.own_payment += meal.decision.own_payment;
            by_mode.entry((&meal.meal.period, meal.meal.mode)).or_default().add(price);
            if meal.diner.is_none() {
                counts.guests.add(price);
            } else if !meal.decision.lines.is_empty() {
                counts.subsidised.add(price);
            }
        }
        counts.by_mode = by_mode.into_iter().map(|((p, m), sum)| (p.clone(), m, sum)).collect();
        counts
    }
}
