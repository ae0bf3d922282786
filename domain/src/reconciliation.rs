//! The day close: every meal of a canteen's day decided again from the facts known now, counted and summed once, and
//! whatever does not agree written down as a finding.
//!
//! Pure: the same records and facts give the same close, in whatever order they arrived. Days are closed in the order
//! of their dates, so that what an elder used on earlier days is settled before it limits a later one.

mod findings;
mod judge;
mod patterns;
mod terminals;
mod tiers;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, MealPeriod, UnixMs};
use crate::canteen::Canteen;
use crate::decision::{Line, Mode, PolicyRef};
use crate::elder::Elder;
use crate::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use crate::money::Fen;
use crate::record::check::Rulebook;
use crate::record::totals::CountSum;
use crate::record::{Meal, Record};
use crate::sync::ListPrice;
pub use findings::{Code, Finding, Measure, Settings, Severity, Thresholds};
pub use judge::{Bearer, Verdict};
pub use patterns::EarlierDay;
pub use terminals::{Progress, unfinished};
pub use tiers::{Correction, PayerSums, StandingHit, Tier};

/// Whether a draft has frozen a meal. Of meals that compete for a limit those of an earlier draft come first, then those
/// that no draft has frozen: so the order of this type is the order of the meals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frozen {
    /// By the draft with this place among all drafts of all regions; a draft made again has a new place.
    By(i64),
    /// Not yet.
    Not,
}

/// A record of the canteen as the server holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The record.
    pub record: Record,
    /// Whether ingest found it not right by its own inputs.
    pub disputed: bool,
    /// A meal: whether a void of the same shift reverses it.
    pub voided: bool,
    /// A meal: whether a draft has frozen it.
    pub frozen: Frozen,
}

/// A meal that one of the day's elders had on the same date in another canteen, not voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The record's id.
    pub record: RecordId,
    /// Where.
    pub canteen: CanteenId,
    /// Trusted time, unix ms.
    pub at: UnixMs,
    /// Whether a draft has frozen it.
    pub frozen: Frozen,
    /// The meal.
    pub meal: Meal,
}

/// What one of the day's elders used on another date of the same week or month: as judged by that date's close, or as
/// charged where that day is not closed yet. Later dates are given only where a draft has frozen them. A meal looks at
/// the uses of meals that an earlier draft has frozen, whatever their date, and of its own draft's at earlier dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Who.
    pub elder: ElderId,
    /// In which canteen.
    pub canteen: CanteenId,
    /// On which date.
    pub date: BusinessDate,
    /// Whether a draft has frozen it.
    pub frozen: Frozen,
    /// Under which policy.
    pub policy: String,
    /// What.
    pub line: Line,
}

/// Money that a till paid back to an elder, as the office's list of refunds has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPaid {
    /// The record of the payment.
    pub record: RecordId,
    /// The meal that was paid too dear.
    pub meal: RecordId,
    /// The meal's business date.
    pub date: BusinessDate,
    /// What the elder got, fen.
    pub amount: Fen,
    /// By payer: what the paying canteen gets back for it. Less than the amount where a canteen owes a part itself.
    pub shares: PayerSums,
}

/// A card's or chip's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardLife {
    /// When it was issued, unix ms.
    pub issued: UnixMs,
    /// When it was revoked, if it was, unix ms.
    pub revoked: Option<UnixMs>,
}

/// What a day is held against beside its own records, as known when it is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The canteen's list prices in the order of learning.
    pub prices: Vec<ListPrice>,
    /// Meals a day that it says it can serve.
    pub capacity: Option<u32>,
    /// Its open days before this one, the last first; at most [`Thresholds::MOST_FLAT_DAYS`].
    pub earlier: Vec<EarlierDay>,
    /// The cards of those who ate here.
    pub cards: BTreeMap<ElderId, Vec<CardLife>>,
    /// Where its terminals' journals do not go on from what the office holds, not decided yet: terminal, epoch and
    /// sequence of the record that shows it.
    pub forks: BTreeSet<(TerminalId, u32, u64)>,
}

/// Everything a day close is made from.
#[derive(Clone, Debug)]
pub struct DayInput<'a> {
    /// The canteen.
    pub canteen: CanteenId,
    /// The business date.
    pub date: BusinessDate,
    /// Facts learned after this instant are left out, unix ms.
    pub known: UnixMs,
    /// Policies and calendars.
    pub rules: &'a Rulebook,
    /// The region's severities.
    pub settings: &'a Settings,
    /// The canteen's records of the date, those entered on it for an earlier one, and all records of the shifts opened
    /// on it.
    pub records: &'a [Held],
    /// For each terminal and epoch with records on the date: the highest sequence held that is older than they are.
    pub before: &'a BTreeMap<(TerminalId, u32), u64>,
    /// This canteen and those of `elsewhere`.
    pub canteens: &'a BTreeMap<CanteenId, Canteen>,
    /// Everyone who ate here on the date, guests left out.
    pub elders: &'a BTreeMap<ElderId, Elder>,
    /// Their meals of the same date in other canteens.
    pub elsewhere: &'a [Elsewhere],
    /// Their uses on other dates.
    pub prior: &'a [Prior],
    /// What the canteen's tills paid back on the date.
    pub refunds: &'a [RefundPaid],
    /// Whose the meals were, here and elsewhere, that a till could not place: known since.
    pub identified: &'a BTreeMap<RecordId, ElderId>,
    /// What the day is held against beside its own records.
    pub context: &'a Context,
}

/// A closed day: counts, sums, findings, and a digest of the records it covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayClose {
    /// The canteen.
    pub canteen: CanteenId,
    /// The business date.
    pub date: BusinessDate,
    /// Digest of the ids of the records it covers, sorted.
    pub covers: Digest,
    /// How many records it covers.
    pub records: u32,
    /// Meals that were not voided, at list price.
    pub meals: CountSum,
    /// Of these: guests at full price.
    pub guests: CountSum,
    /// Meals with at least one benefit, at list price.
    pub subsidised: CountSum,
    /// Meals reversed, at list price.
    pub voids: CountSum,
    /// What elders and guests paid for food, fen.
    pub own_payment: Fen,
    /// Meals by period and mode.
    pub by_mode: Vec<(MealPeriod, Mode, CountSum)>,
    /// What was charged, by benefit and amount.
    pub tiers: Vec<Tier>,
    /// Meals with at least one benefit by the policy version they were charged under, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_policy: Vec<(PolicyRef, u32)>,
    /// Where what is paid differs from what was charged.
    pub corrections: Vec<Correction>,
    /// What its tills paid back to elders, by record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundPaid>,
    /// What the canteen's standing does to the day's money.
    pub standing: Vec<StandingHit>,
    /// The quantified grade in force, for the statement's head.
    pub grade: String,
    /// Shifts opened on the day, and how many of their Z reports agree with the records.
    pub z_reports: (u32, u32),
    /// What does not agree.
    pub findings: Vec<Finding>,
}

/// A close with the verdict on every meal behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// What is stored and summed.
    pub close: DayClose,
    /// One for each meal that was not voided and names an elder.
    pub verdicts: Vec<Verdict>,
    /// Who ate in person, in the order of trusted time: what later days are held against.
    pub served: Vec<ElderId>,
}

impl DayClose {
    /// The close's own digest.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("a close has a JSON form: {e}"));
        Digest::of("zhucan.day-close.1", &[&json])
    }

    /// The policy versions under which meals of the day were charged.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicyRef> {
        let mut policies: Vec<_> = self.tiers.iter().map(|t| t.policy.clone()).collect();
        policies.sort();
        policies.dedup();
        policies
    }

    /// Meals with at least one benefit that were charged under a policy version.
    #[must_use]
    pub fn subsidised_under(&self, policy: &PolicyRef) -> i64 {
        let of = |(_, count): &(PolicyRef, u32)| i64::from(*count);
        match self.by_policy.iter().find(|(charged, _)| charged == policy) {
            Some(found) => of(found),
            None if self.by_policy.is_empty() && self.policies().last() == Some(policy) => {
                i64::from(self.subsidised.count)
            }
            None => 0,
        }
    }
}

/// Closes one canteen's day. See the module's header for what it promises.
///
/// # Panics
/// When what is paid and what was charged do not add up: such a close must not be stored.
#[must_use]
pub fn reconcile_day(input: &DayInput<'_>) -> Reconciled {
    let mut day: Vec<&Held> = input.records.iter().filter(|h| h.record.business_date() == input.date).collect();
    day.sort_by_key(|h| (h.record.terminal, h.record.epoch, h.record.sequence));
    let verdicts = judge::judge(input, &day);
    let standing = tiers::standing_hits(input);
    let tiers = tiers::tiers(&verdicts);
    let corrections = tiers::corrections(&verdicts);

    let mut findings = findings::of_meals(input, &verdicts);
    findings.extend(findings::of_unknown(input, &verdicts));
    findings.extend(findings::of_standing(input, &standing, &tiers, &corrections));
    findings.extend(terminals::gaps(input));
    let (z_reports, mismatches) = terminals::z_reports(input);
    findings.extend(mismatches);
    findings.extend(patterns::of_patterns(input, &day, &verdicts));
    findings.retain(|f| f.severity != Severity::Off);
    findings::tell_apart(input.canteen, input.date, &mut findings);
    findings.sort_by(|a, b| a.number.cmp(&b.number));

    let mut refunds = input.refunds.to_vec();
    refunds.sort();
    let counts = tiers::Counts::of(&day);
    let mut ids: Vec<RecordId> = day.iter().map(|h| h.record.id).collect();
    ids.sort_unstable();
    let ids: Vec<u8> = ids.iter().flat_map(|id| id.uuid().into_bytes()).collect();
    let grade = input.canteens.get(&input.canteen).map(|c| c.on(input.date, input.known).standing.quality_grade);
    let close = DayClose {
        canteen: input.canteen,
        date: input.date,
        covers: Digest::of("zhucan.covers.1", &[&ids]),
        records: u32::try_from(day.len()).unwrap_or(u32::MAX),
        meals: counts.meals,
        guests: counts.guests,
        subsidised: counts.subsidised,
        voids: counts.voids,
        own_payment: counts.own_payment,
        by_mode: counts.by_mode,
        tiers,
        by_policy: tiers::by_policy(&verdicts),
        corrections,
        refunds,
        standing,
        grade: grade.unwrap_or_else(|| crate::canteen::UNRATED.to_owned()),
        z_reports,
        findings,
    };
    assert_adds_up(&close, &verdicts);
    Reconciled { served: patterns::in_person(&day), close, verdicts }
}

/// What is paid by the verdicts is what the close's tiers and corrections say, payer by payer.
fn assert_adds_up(close: &DayClose, verdicts: &[Verdict]) {
    let mut by_verdict = PayerSums::default();
    for share in verdicts.iter().flat_map(|v| &v.paid).flat_map(|l| &l.shares) {
        by_verdict.add(&share.payer, share.amount);
    }
    let mut by_close = PayerSums::default();
    for sums in close.tiers.iter().map(|t| &t.shares).chain(close.corrections.iter().map(|c| &c.shares)) {
        by_close.add_all(sums);
    }
    assert!(by_verdict.without_zeros() == by_close.without_zeros(), "a day close does not add up to its verdicts");
}
