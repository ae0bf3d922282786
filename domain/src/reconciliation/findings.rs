//! What does not agree, with evidence and the amount at stake.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DayInput;
use super::judge::{Bearer, Verdict};
use super::tiers::{Correction, StandingHit, Tier, caught_by};
use crate::calendar::BusinessDate;
use crate::decision::{Kind, Line};
use crate::id::{CanteenId, Digest, RecordId};
use crate::money::Fen;

/// What kind of thing does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Subsidised beyond the policy's limits, over all canteens.
    OverLimit,
    /// Deceased, moved, category ended or living in an institution on that date.
    NotEligible,
    /// The facts known now give other lines.
    StaleDecision,
    /// The record's own inputs do not give its lines.
    Disputed,
    /// A sequence of the terminal is missing.
    SequenceGap,
    /// A Z report does not count its own shift, or is missing.
    ZMismatch,
    /// The canteen's standing did not allow it on that date, or holds the money.
    Standing,
    /// Charged rightly by a version that a later one corrects: the programme bears what diners were given.
    PolicyCorrected,
}

impl Code {
    /// All codes, in the order of statements.
    pub const ALL: [Self; 8] = [
        Self::OverLimit,
        Self::NotEligible,
        Self::StaleDecision,
        Self::Disputed,
        Self::SequenceGap,
        Self::ZMismatch,
        Self::Standing,
        Self::PolicyCorrected,
    ];

    /// The code as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OverLimit => "over_limit",
            Self::NotEligible => "not_eligible",
            Self::StaleDecision => "stale_decision",
            Self::Disputed => "disputed",
            Self::SequenceGap => "sequence_gap",
            Self::ZMismatch => "z_mismatch",
            Self::Standing => "standing",
            Self::PolicyCorrected => "policy_corrected",
        }
    }

    const fn default_severity(self) -> Severity {
        match self {
            Self::OverLimit | Self::NotEligible => Severity::Deduct,
            Self::StaleDecision | Self::Standing | Self::PolicyCorrected => Severity::Warn,
            Self::Disputed | Self::SequenceGap | Self::ZMismatch => Severity::Block,
        }
    }
}

/// What a finding does to the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The month cannot be submitted before somebody has decided it.
    Block,
    /// Money is at stake; its bearer carries it.
    Deduct,
    /// To be seen.
    Warn,
    /// Not reported.
    Off,
}

/// A region's severities; what it does not set has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// By code.
    pub severities: BTreeMap<Code, Severity>,
}

impl Settings {
    /// The severity in force.
    #[must_use]
    pub fn severity(&self, code: Code) -> Severity {
        self.severities.get(&code).copied().unwrap_or_else(|| code.default_severity())
    }
}

/// One thing that does not agree. The number is the same each time the day is closed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `F-0311-9c41d2`: month and day, and six digits of the digest of what it is about.
    pub number: String,
    /// What kind.
    pub code: Code,
    /// What it does to the month.
    pub severity: Severity,
    /// The records that show it.
    pub evidence: Vec<RecordId>,
    /// What it is about, where no record says it: a terminal's missing sequences, a shift, a gate.
    pub subject: String,
    /// The amount at stake, fen, not negative.
    pub stake: Fen,
    /// Who carries the amount, where one is at stake.
    pub bearer: Option<Bearer>,
}

impl Finding {
    pub(super) fn new(
        input: &DayInput<'_>,
        code: Code,
        subject: &str,
        evidence: Vec<RecordId>,
        stake: Fen,
        bearer: Option<Bearer>,
    ) -> Self {
        Self {
            number: number(input.canteen, input.date, code, subject),
            code,
            severity: input.settings.severity(code),
            evidence,
            subject: subject.to_owned(),
            stake,
            bearer,
        }
    }
}

/// A finding's number: unique in a canteen's day but for one chance in sixteen million a pair.
fn number(canteen: CanteenId, date: BusinessDate, code: Code, subject: &str) -> String {
    let parts = [canteen.to_string(), date.to_string(), code.name().to_owned(), subject.to_owned()];
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    let digest = Digest::of("zhucan.finding.1", &parts).to_string();
    let (_, month, day) = date.ymd();
    format!("F-{month:02}{day:02}-{}", &digest[..6])
}

/// One finding for each meal whose charged and due lines differ.
pub(super) fn of_meals(input: &DayInput<'_>, verdicts: &[Verdict]) -> Vec<Finding> {
    let reimbursed =
        |lines: &[Line]| -> Fen { lines.iter().filter(|l| l.kind != Kind::Concession).map(|l| l.amount).sum() };
    let finding = |verdict: &Verdict| {
        let (code, bearer) = verdict.difference?;
        let stake = (reimbursed(&verdict.charged) - reimbursed(&verdict.due)).abs();
        let subject = verdict.record.to_string();
        Some(Finding::new(input, code, &subject, vec![verdict.record], stake, Some(bearer)))
    };
    verdicts.iter().filter_map(finding).collect()
}

/// One finding for each gate that is in force and touches money of the day.
pub(super) fn of_standing(
    input: &DayInput<'_>,
    hits: &[StandingHit],
    tiers: &[Tier],
    corrections: &[Correction],
) -> Vec<Finding> {
    let finding = |hit: &StandingHit| {
        let stake = caught_by(hit, tiers, corrections).total();
        let subject = format!("{} v{} gate {}", hit.policy.id, hit.policy.version, hit.gate);
        (!stake.is_zero()).then(|| Finding::new(input, Code::Standing, &subject, Vec::new(), stake, None))
    };
    hits.iter().filter_map(finding).collect()
}
