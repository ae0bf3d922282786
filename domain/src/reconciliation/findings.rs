//! What does not agree, with evidence and the amount at stake.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DayInput;
use super::judge::{Bearer, Verdict};
use super::tiers::{Correction, StandingHit, Tier, caught_by};
use crate::calendar::BusinessDate;
use crate::decision::{Kind, Line};
use crate::id::{CanteenId, Digest, ElderId, RecordId};
use crate::money::Fen;

/// What kind of thing does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FindingCode))]
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
    /// A terminal's journal does not go on from what the office holds, and nobody has decided about it.
    ForkedTerminal,
    /// A device's own clock is far from trusted time.
    ClockSkew,
    /// A card used when none of the elder's was valid any more.
    RevokedCard,
    /// Served outside the meal's window.
    OffWindow,
    /// More elders in a short time than a person can serve, or the same order of cards as on the days before (代刷).
    Burst,
    /// More meals than the canteen says it can serve.
    OverCapacity,
    /// The same number of meals on many open days running.
    FlatCounts,
    /// Too many meals recognised by hand or entered from paper.
    ManualShare,
    /// A price that is not on the canteen's list.
    PriceOffList,
    /// Meals of an elder whom the office does not know.
    UnknownElder,
}

impl Code {
    /// All codes, in the order of statements.
    pub const ALL: [Self; 18] = [
        Self::OverLimit,
        Self::NotEligible,
        Self::StaleDecision,
        Self::Disputed,
        Self::SequenceGap,
        Self::ZMismatch,
        Self::Standing,
        Self::PolicyCorrected,
        Self::ForkedTerminal,
        Self::ClockSkew,
        Self::RevokedCard,
        Self::OffWindow,
        Self::Burst,
        Self::OverCapacity,
        Self::FlatCounts,
        Self::ManualShare,
        Self::PriceOffList,
        Self::UnknownElder,
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
            Self::ForkedTerminal => "forked_terminal",
            Self::ClockSkew => "clock_skew",
            Self::RevokedCard => "revoked_card",
            Self::OffWindow => "off_window",
            Self::Burst => "burst",
            Self::OverCapacity => "over_capacity",
            Self::FlatCounts => "flat_counts",
            Self::ManualShare => "manual_share",
            Self::PriceOffList => "price_off_list",
            Self::UnknownElder => "unknown_elder",
        }
    }

    /// Whether it is about how meals were recorded. What such meals are paid does not depend on it until somebody
    /// confirms it: then the canteen is paid nothing for them.
    #[must_use]
    pub const fn is_pattern(self) -> bool {
        matches!(
            self,
            Self::ForkedTerminal
                | Self::RevokedCard
                | Self::OffWindow
                | Self::Burst
                | Self::ManualShare
                | Self::PriceOffList
        )
    }

    const fn default_severity(self) -> Severity {
        match self {
            Self::OverLimit | Self::NotEligible | Self::RevokedCard => Severity::Deduct,
            Self::Disputed | Self::SequenceGap | Self::ZMismatch | Self::ForkedTerminal | Self::UnknownElder => {
                Severity::Block
            }
            Self::StaleDecision
            | Self::Standing
            | Self::PolicyCorrected
            | Self::ClockSkew
            | Self::OffWindow
            | Self::Burst
            | Self::OverCapacity
            | Self::FlatCounts
            | Self::ManualShare
            | Self::PriceOffList => Severity::Warn,
        }
    }
}

/// What a finding does to the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

/// From where on something is a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FindingThresholds))]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Minutes outside the meal's window that are tolerated.
    pub window_minutes: i64,
    /// So many elders within `burst_seconds` are a burst.
    pub burst_elders: i64,
    /// Seconds.
    pub burst_seconds: i64,
    /// So many elders running in the same order on three open days; 0 or 1 looks for none.
    pub order_elders: i64,
    /// The same count on so many open days running, up to [`Self::MOST_FLAT_DAYS`]; 0 or 1 looks for none.
    pub flat_days: i64,
    /// Thousandths of the day's identified meals by hand or from paper that are tolerated.
    pub manual_permille: i64,
    /// Fewer such meals than this are no finding, whatever their share.
    pub manual_least: i64,
    /// Minutes that a device's own clock may be wrong.
    pub clock_minutes: i64,
    /// Thousandths of the meals that those entitled to a benefit could have had in a month that are tolerated; 0 counts
    /// none.
    pub attendance_permille: i64,
}

impl Thresholds {
    /// How many open days are looked at, at most.
    pub const MOST_FLAT_DAYS: i64 = 20;
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window_minutes: 15,
            burst_elders: 5,
            burst_seconds: 30,
            order_elders: 8,
            flat_days: 10,
            manual_permille: 100,
            manual_least: 3,
            clock_minutes: 10,
            attendance_permille: 1000,
        }
    }
}

/// A region's severities and thresholds, and who signs its months; what it does not set has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RegionSettings))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// By code.
    pub severities: BTreeMap<Code, Severity>,
    /// From where on something is a finding.
    pub thresholds: Thresholds,
    /// Whether a third person signs a month after its checker; if not, on paper.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub third_signature: bool,
}

/// What was measured, and the region's threshold when it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What was found, in the unit of its code: minutes, elders, meals, thousandths, fen.
    pub found: i64,
    /// The threshold, in the same unit; of `flat_counts` days.
    pub limit: i64,
    /// Seconds, where something is counted in a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<i64>,
}

impl Settings {
    /// Whether days are closed by both alike; what only a month is held against does not matter.
    #[must_use]
    pub fn finds_as(&self, other: &Self) -> bool {
        let of_days = |of: &Self| Thresholds { attendance_permille: 0, ..of.thresholds };
        (&self.severities, of_days(self)) == (&other.severities, of_days(other))
    }

    /// The severity in force.
    #[must_use]
    pub fn severity(&self, code: Code) -> Severity {
        self.severities.get(&code).copied().unwrap_or_else(|| code.default_severity())
    }
}

/// One thing that does not agree. The number is the same each time the day is closed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `F-0311-9c41d2`: month and day, and six digits of the digest of what it is about; sixteen where six are those of
    /// another finding of the day too.
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
    /// What was measured against which threshold, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
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
            number: number(input.canteen, input.date, code, subject, DIGITS),
            code,
            severity: input.settings.severity(code),
            evidence,
            subject: subject.to_owned(),
            stake,
            bearer,
            measure: None,
        }
    }
}

/// So many digits of the digest are enough for nearly every day.
const DIGITS: usize = 6;
/// So many tell those apart that have the same first ones.
const MORE_DIGITS: usize = 16;

/// Gives the findings of a canteen's day that have the same number longer ones: what is ruled about one of them says
/// nothing about the other.
pub(super) fn tell_apart(canteen: CanteenId, date: BusinessDate, findings: &mut [Finding]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings.iter() {
        *times.entry(finding.number.clone()).or_default() += 1;
    }
    for finding in findings.iter_mut().filter(|finding| times.get(&finding.number).is_some_and(|n| *n > 1)) {
        finding.number = number(canteen, date, finding.code, &finding.subject, MORE_DIGITS);
    }
}

/// A finding's number, with so many digits of the digest of what it is about. Another year's may be the same.
fn number(canteen: CanteenId, date: BusinessDate, code: Code, subject: &str, digits: usize) -> String {
    let parts = [canteen.to_string(), date.to_string(), code.name().to_owned(), subject.to_owned()];
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    let digest = Digest::of("zhucan.finding.1", &parts).to_string();
    let (_, month, day) = date.ymd();
    format!("F-{month:02}{day:02}-{}", &digest[..digits])
}

fn reimbursed(lines: &[Line]) -> Fen {
    lines.iter().filter(|l| l.kind != Kind::Concession).map(|l| l.amount).sum()
}

/// One finding for each elder whom the office does not know, with all of the day's meals: its subject is the elder's
/// id, which a registration can take.
pub(super) fn of_unknown(input: &DayInput<'_>, verdicts: &[Verdict]) -> Vec<Finding> {
    let mut unknown: BTreeMap<ElderId, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|v| v.difference.is_some_and(|(code, _)| code == Code::UnknownElder)) {
        unknown.entry(verdict.elder).or_default().push(verdict);
    }
    let finding = |(elder, meals): (ElderId, Vec<&Verdict>)| {
        let stake = meals.iter().map(|v| reimbursed(&v.charged)).sum();
        let evidence = meals.iter().map(|v| v.record).collect();
        Finding::new(input, Code::UnknownElder, &elder.to_string(), evidence, stake, Some(Bearer::Canteen))
    };
    unknown.into_iter().map(finding).collect()
}

/// One finding for each meal of a known elder whose charged and due lines differ.
pub(super) fn of_meals(input: &DayInput<'_>, verdicts: &[Verdict]) -> Vec<Finding> {
    let finding = |verdict: &Verdict| {
        let (code, bearer) = verdict.difference.filter(|(code, _)| *code != Code::UnknownElder)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_a_day_with_the_same_number_get_longer_ones() {
        let (canteen, date) = (CanteenId::from_uuid(uuid::Uuid::from_u128(7)), "2026-03-11".parse().unwrap());
        let finding = |n: usize| {
            let subject = n.to_string();
            Finding {
                number: number(canteen, date, Code::Disputed, &subject, DIGITS),
                code: Code::Disputed,
                severity: Severity::Block,
                evidence: Vec::new(),
                subject,
                stake: Fen::ZERO,
                bearer: None,
                measure: None,
            }
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let same = (0..100_000).find_map(|n| seen.insert(finding(n).number, n).map(|before| (before, n)));
        let (first, second) = same.expect("twenty-four bits are few");
        let others = first + second + 1..first + second + 3;
        let alone = others.map(finding).find(|f| f.number != finding(first).number).unwrap();
        let mut day = [finding(first), finding(second), alone.clone()];
        assert_eq!(day[0].number, day[1].number);
        tell_apart(canteen, date, &mut day);
        assert_ne!(day[0].number, day[1].number);
        assert!(day[..2].iter().all(|long| long.number.starts_with(&finding(first).number) && long.number.len() == 23));
        assert_eq!(day[2], alone, "what is told apart already stays as it was");
        let told = day.clone();
        tell_apart(canteen, date, &mut day);
        assert_eq!(day, told);
    }
}
