//! What the office has ruled about findings, and the money that follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::BusinessDate;
use crate::decision::{Kind, Line};
use crate::id::RecordId;
use crate::reconciliation::{Bearer, Correction, DayClose, Finding, PayerSums, Severity, Verdict};

/// What the office has ruled about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// There is a good reason; nothing follows.
    Explained,
    /// It is as it looks; the canteen is not paid for the meals behind it.
    Confirmed,
}

impl Ruling {
    /// The ruling's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
        }
    }
}

impl std::str::FromStr for Ruling {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Explained, Self::Confirmed]
            .into_iter()
            .find(|ruling| ruling.name() == text)
            .ok_or_else(|| format!("not a ruling: {text:?}"))
    }
}

/// The rulings there are on a canteen's findings, by day and number: a number may come again in another year.
pub type Rulings = BTreeMap<(BusinessDate, String), Ruling>;

/// Whether the canteen is not paid for the meals behind a finding. Where nobody has ruled, the region's severity says.
fn deducts(date: BusinessDate, finding: &Finding, rulings: &Rulings) -> bool {
    let ruled = rulings.get(&(date, finding.number.clone())).map(|ruling| *ruling == Ruling::Confirmed);
    finding.code.is_pattern()
        && finding.bearer == Some(Bearer::Canteen)
        && ruled.unwrap_or(finding.severity == Severity::Deduct)
}

/// What a day's findings take away from what the canteen is paid, meal by meal and benefit by benefit. A meal behind two
/// findings is taken away once, for the first of them.
#[must_use]
pub fn deductions(close: &DayClose, verdicts: &[Verdict], rulings: &Rulings) -> Vec<Correction> {
    let mut taken: BTreeSet<RecordId> = BTreeSet::new();
    let mut corrections = Vec::new();
    for finding in close.findings.iter().filter(|finding| deducts(close.date, finding, rulings)) {
        for record in &finding.evidence {
            let Some(verdict) = verdicts.iter().find(|v| v.record == *record) else { continue };
            if taken.insert(*record) {
                corrections.extend(of_meal(finding, verdict));
            }
        }
    }
    corrections
}

fn of_meal(finding: &Finding, verdict: &Verdict) -> Vec<Correction> {
    let mut benefits: BTreeMap<(Kind, &str), PayerSums> = BTreeMap::new();
    for Line { kind, benefit, shares, .. } in verdict.paid.iter().filter(|line| line.kind != Kind::Concession) {
        let sums = benefits.entry((*kind, benefit)).or_default();
        for share in shares {
            sums.add(&share.payer, -share.amount);
        }
    }
    let correction = |((kind, benefit), shares): ((Kind, &str), PayerSums)| {
        // Under the version that the close has the money under: a benefit that was not charged is due under another one.
        let charged = verdict.charged.iter().any(|line| line.kind == kind && line.benefit == benefit);
        let (first, second) = (verdict.charged_under.as_ref(), verdict.policy.as_ref());
        let policy = if charged { first.or(second) } else { second.or(first) }?.clone();
        let (code, record, benefit) = (finding.code, verdict.record, benefit.to_owned());
        let finding = Some(finding.number.clone());
        Some(Correction { code, record, policy, benefit, kind, shares, corrected_by: None, finding })
    };
    benefits.into_iter().filter_map(correction).collect()
}
