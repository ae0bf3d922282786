//! What is said and ruled about findings, and what that takes away from the money of their days.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::reconciliation::{Bearer, Correction, DayClose, Severity};
use domain::settlement::{Rulings, deductions};

use crate::audit::{Act, Action};
use crate::error::Error;
use crate::store::findings::{self, StepRow};
use crate::store::months::{self, StoredStatement};
use crate::store::people::{self, UserRow};
use crate::store::{Tx, canteens, closes, holds};
use crate::words::{Code, settlement as words};

/// What the findings of some days take away, by date: only days of which something is taken. `days` are revisions of
/// one canteen's closes.
pub async fn deducted<'a>(
    tx: &mut Tx,
    days: impl Iterator<Item = (i64, &'a DayClose)>,
    rulings: &Rulings,
) -> Result<BTreeMap<BusinessDate, Vec<Correction>>, Error> {
    let mut taken = BTreeMap::new();
    for (revision, close) in days {
        // Verdicts are many bytes; most days have no finding that needs them.
        let could = |f: &domain::reconciliation::Finding| f.code.is_pattern() && f.bearer == Some(Bearer::Canteen);
        if !close.findings.iter().any(could) {
            continue;
        }
        let verdicts = closes::verdicts(tx, close.canteen, close.date, revision).await?;
        let corrections = deductions(close, &verdicts, rulings);
        if !corrections.is_empty() {
            taken.insert(close.date, corrections);
        }
    }
    Ok(taken)
}

/// The days of a drafted statement that would settle otherwise by what was ruled since it was drafted.
pub(crate) async fn changed_since(
    tx: &mut Tx,
    statement: &StoredStatement,
    drafted: UnixMs,
) -> Result<Vec<BusinessDate>, Error> {
    let ruled = findings::ruled_since(tx, statement.canteen, drafted).await?;
    if ruled.is_empty() {
        return Ok(Vec::new());
    }
    let rulings = findings::rulings(tx, statement.canteen, UnixMs::MAX).await?;
    let mut changed = Vec::new();
    for day in months::settled_by(tx, statement.id).await? {
        if !ruled.contains(&day.date) {
            continue;
        }
        let Some(close) = closes::revision(tx, statement.canteen, day.date, day.revision).await? else { continue };
        let now = deducted(tx, std::iter::once((day.revision, &close)), &rulings).await?;
        if now.get(&day.date).map_or(&[][..], Vec::as_slice) != day.taken {
            changed.push(day.date);
        }
    }
    Ok(changed)
}

/// Numbers of a statement's blocking findings that nobody has decided.
pub(crate) async fn undecided(tx: &mut Tx, statement: &StoredStatement) -> Result<Vec<String>, Error> {
    let content = &statement.content.0;
    if content.reconciliation.blocking.is_empty() {
        return Ok(Vec::new());
    }
    let rulings = findings::rulings(tx, statement.canteen, UnixMs::MAX).await?;
    let mut undecided = Vec::new();
    for number in &content.reconciliation.blocking {
        let (_, dates) = findings::name_of(number);
        let ends = dates.trim_start_matches('%');
        // A statement settles days of other years again: the number may be of one of them.
        let days: Vec<BusinessDate> =
            content.settles.iter().map(|(date, _)| *date).filter(|date| date.to_string().ends_with(ends)).collect();
        let decided = |date: &BusinessDate| rulings.contains_key(&(*date, number.clone()));
        let all = match days.as_slice() {
            [day] => decided(day),
            days => found_on(tx, statement, number, days).await?.iter().all(decided),
        };
        if !all {
            undecided.push(number.clone());
        }
    }
    Ok(undecided)
}

/// On which of these days a statement settled a close that blocks with this number.
async fn found_on(
    tx: &mut Tx,
    statement: &StoredStatement,
    number: &str,
    days: &[BusinessDate],
) -> Result<Vec<BusinessDate>, Error> {
    let mut found = Vec::new();
    for day in months::settled_by(tx, statement.id).await?.into_iter().filter(|day| days.contains(&day.date)) {
        let close = closes::revision(tx, statement.canteen, day.date, day.revision).await?;
        let blocks = |f: &domain::reconciliation::Finding| f.number == number && f.severity == Severity::Block;
        if close.is_some_and(|close| close.findings.iter().any(blocks)) {
            found.push(day.date);
        }
    }
    Ok(found)
}

/// What may be said about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Somebody is to see to it until a day.
    Assigned {
        /// Who.
        owner: UserId,
        /// Until when.
        due: BusinessDate,
    },
    /// The canteen's own words; it rules nothing.
    Answered,
    /// The office rules that there is a good reason.
    Explained,
    /// The office rules that it is as it looks.
    Confirmed,
    /// Another person closes it; nothing is said any more.
    Closed,
}

impl Said {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Assigned { .. } => "assigned",
            Self::Answered => "answered",
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
        }
    }
}

/// What is decided now is of after the drafts that do not know it, also within one millisecond.
async fn behind_drafts(tx: &mut Tx, canteen: CanteenId, now: UnixMs) -> Result<UnixMs, Error> {
    let drafted = findings::last_drafted(tx, canteen).await?;
    Ok(drafted.map_or(now, |drafted| now.max(drafted.plus(1))))
}

/// Releases money that waits for the canteen's standing: the next draft pays it. The transaction holds the audit log's
/// chain.
///
/// Refused when approved statements hold nothing of it, or when it is released already.
pub async fn release_hold(
    tx: &mut Tx,
    canteen: CanteenId,
    key: &holds::Key,
    reason: &str,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    let held = holds::outstanding(tx, canteen, None).await?;
    let waits = held.get(key).is_some_and(|(_, sums)| !sums.total().is_zero());
    let at = behind_drafts(tx, canteen, now).await?;
    if waits && holds::release(tx, canteen, key, reason, by, at).await? {
        let (month, policy, gate) = key;
        let act = Act::new(by, Action::HoldRelease, format!("canteen:{canteen}"));
        let act = act.with("month", month.to_string()).with("policy", format!("{}/{}", policy.id, policy.version));
        return act.with("gate", *gate).done(tx, now).await.map(drop);
    }
    Err(Error::refused(Code::Conflict, words::nothing_held()))
}

/// Refused when the finding is closed, and when it is closed before it was ruled or by who ruled last.
pub(crate) fn may_say(steps: &[StepRow], said: &Said, by: UserId) -> Result<(), Error> {
    if steps.iter().any(|step| step.what == "closed") {
        return Err(Error::refused(Code::Conflict, words::finding_closed()));
    }
    if *said != Said::Closed {
        return Ok(());
    }
    let ruled = steps.iter().rev().find(|step| matches!(step.what.as_str(), "explained" | "confirmed"));
    match ruled {
        None => Err(Error::refused(Code::Conflict, words::finding_not_ruled())),
        Some(ruled) if ruled.by_user == by => Err(Error::refused(Code::Forbidden, words::finding_same_person())),
        Some(_) => Ok(()),
    }
}

/// Refused: nobody of that name can see to it.
pub(crate) fn nobody_to_see_to_it() -> Error {
    Error::refused(Code::Invalid, words::no_such_owner())
}

/// Who is to see to something. Refused for somebody who is not of the office, or has left it.
pub(crate) async fn owner(tx: &mut Tx, owner: UserId) -> Result<UserRow, Error> {
    let found = people::get(tx, owner).await?;
    found.filter(|user| user.left_at.is_none()).ok_or_else(nobody_to_see_to_it)
}

/// Writes down what somebody says about a finding. Answers its day. The transaction holds the audit log's chain.
///
/// Refused for a finding that is not there or closed, and when it is closed before it was ruled or by who ruled last.
pub async fn say(
    tx: &mut Tx,
    canteen: CanteenId,
    name: &str,
    said: &Said,
    explanation: String,
    by: UserId,
    now: UnixMs,
) -> Result<BusinessDate, Error> {
    let unknown = || Error::refused(Code::NotFound, words::no_such_finding());
    let (date, number) = findings::named(tx, canteen, name).await?.ok_or_else(unknown)?;
    let steps = findings::steps(tx, canteen, date, &number).await?;
    may_say(&steps, said, by)?;
    if let Said::Assigned { owner: who, .. } = said {
        let place = canteens::get(tx, canteen).await?.ok_or_else(unknown)?;
        let seer = owner(tx, *who).await?;
        seer.require_canteen(canteen, &place.region).map_err(|_| nobody_to_see_to_it())?;
    }
    let at = behind_drafts(tx, canteen, now).await?;
    let (owner, due) = match said {
        Said::Assigned { owner, due } => (Some(*owner), Some(*due)),
        _ => (None, None),
    };
    let what = said.name().to_owned();
    let row = StepRow { step: 0, what, words: explanation, owner, due, by_user: by, at };
    let act = Act::new(by, Action::FindingStep, format!("finding:{canteen}/{number}")).with("what", row.what.as_str());
    findings::add(tx, canteen, &number, date, &row).await?;
    act.done(tx, now).await?;
    Ok(date)
}
