//! What is due back to elders, what tills were told of it, and what they paid.
//!
//! The last close of a day says what a meal was charged too much (`refund_dues`). Less what was paid for the meal, that
//! is an entry of the list that tills fetch (`refund_entries`, kept for ever). Refund records are all kept
//! (`refund_payments`). **Which of them settles an entry is worked out from all of them**: the entries of a meal are
//! steps, each starting from what was paid before; of the refunds for a step the earliest settles it. So neither the
//! order in which records arrive nor a day closed again moves anybody's money.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Kind;
use domain::id::{CanteenId, Digest, ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::reconciliation::Verdict;
use domain::record::Body;
use domain::sync::RefundDue;
use serde::Serialize;

use super::records::NewRecord;
use super::{Bind as _, Statement, Tx, Value, insert};
use crate::error::Error;
use crate::{row, sql};

/// The entry's id: a function of the meal, of what was paid for it before, and of the amount. A day that is closed
/// again with the same result lists the same entries.
#[must_use]
pub fn refund_id(meal: RecordId, paid_before: Fen, amount: Fen) -> RefundId {
    let (paid, amount) = (paid_before.get().to_be_bytes(), amount.get().to_be_bytes());
    let digest = Digest::of("zhucan.refund.1", &[meal.uuid().as_bytes(), &paid, &amount]);
    let bytes = digest.0.first_chunk().copied().unwrap_or_default();
    RefundId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What the verdicts of a day's close say was charged too much, by meal: fen, positive.
#[must_use]
pub fn charged_too_much(verdicts: &[Verdict]) -> BTreeMap<RecordId, (ElderId, Fen)> {
    let diner = |lines: &[domain::decision::Line]| -> Fen {
        lines.iter().filter(|line| line.kind == Kind::Diner).map(|line| line.amount).sum()
    };
    let owed = |verdict: &Verdict| {
        let amount = diner(&verdict.due) - diner(&verdict.charged);
        (amount > Fen::ZERO).then_some((verdict.record, (verdict.elder, amount)))
    };
    verdicts.iter().filter_map(owed).collect()
}

/// Replaces what is due from a day by what its close says, and lists the entries that follow from it.
pub async fn set_dues(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    dues: &BTreeMap<RecordId, (ElderId, Fen)>,
    now: UnixMs,
) -> Result<(), Error> {
    let old: Vec<(RecordId, ElderId, Fen)> =
        sql!(tx, "SELECT meal, elder, amount FROM refund_dues WHERE canteen = $1 AND date = $2", canteen, date)
            .all()
            .await?;
    let old: BTreeMap<RecordId, (ElderId, Fen)> =
        old.into_iter().map(|(meal, elder, fen)| (meal, (elder, fen))).collect();
    if old != *dues {
        sql!(tx, "DELETE FROM refund_dues WHERE canteen = $1 AND date = $2", canteen, date).execute().await?;
        let mut rows: Vec<Value<'_>> = Vec::with_capacity(dues.len() * 5);
        for (meal, (elder, amount)) in dues {
            rows.extend([canteen.bind(), meal.bind(), date.bind(), elder.bind(), amount.bind()]);
        }
        insert(tx, "INSERT INTO refund_dues (canteen, meal, date, elder, amount)", 5, rows, "").await?;
    }
    let meals: BTreeSet<RecordId> = dues.keys().copied().collect();
    relist(tx, canteen, &meals, now).await
}

/// Keeps the refund records among new records and lists what is still due for their meals.
pub async fn add(tx: &mut Tx, canteen: CanteenId, records: &[NewRecord], now: UnixMs) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::new();
    let mut meals = BTreeSet::new();
    for new in records {
        let Body::Refund(refund) = &new.record.body else { continue };
        rows.extend([
            canteen.bind(),
            new.record.id.bind(),
            refund.due.bind(),
            refund.meal.bind(),
            refund.elder.bind(),
            refund.amount.bind(),
            new.record.at.bind(),
            new.dispute.is_none().bind(),
        ]);
        meals.insert(refund.meal);
    }
    let head = "INSERT INTO refund_payments (canteen, record, due, meal, elder, amount, at, accepted)";
    insert(tx, head, 8, rows, "").await?;
    relist(tx, canteen, &meals, now).await
}

/// A step of a meal's list is followed by another one at most so often in one go.
const STEPS: usize = 20;

/// Lists what is still due for these meals: nothing that is listed already, nothing when all is paid.
pub async fn relist(tx: &mut Tx, canteen: CanteenId, meals: &BTreeSet<RecordId>, now: UnixMs) -> Result<(), Error> {
    for meal in meals {
        let due =
            sql!(tx, "SELECT elder, date, amount FROM refund_dues WHERE canteen = $1 AND meal = $2", canteen, *meal);
        let Some((elder, date, total)) = due.optional::<(ElderId, BusinessDate, Fen)>().await? else { continue };
        for _ in 0..STEPS {
            // A refund whose entry the database had forgotten counts as soon as the entry is listed again.
            let paid = weigh(&claims(tx, canteen, Some(*meal)).await?).paid.get(meal).copied().unwrap_or_default();
            if total <= paid || !list(tx, canteen, (*meal, elder, date), paid, total - paid, now).await? {
                break;
            }
        }
    }
    Ok(())
}

async fn list(
    tx: &mut Tx,
    canteen: CanteenId,
    of: (RecordId, ElderId, BusinessDate),
    paid_before: Fen,
    amount: Fen,
    now: UnixMs,
) -> Result<bool, Error> {
    let (meal, elder, date) = of;
    let added = sql!(
        tx,
        "INSERT INTO refund_entries (canteen, id, meal, date, elder, paid_before, amount, listed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (canteen, id) DO NOTHING",
        canteen,
        refund_id(meal, paid_before, amount),
        meal,
        date,
        elder,
        paid_before,
        amount,
        now
    );
    Ok(added.execute().await? == 1)
}

row! {
    /// A refund record beside the entry that it names, if there is such an entry.
    #[derive(Clone, Debug)]
    struct Claim {
        record: RecordId,
        due: RefundId,
        meal: RecordId,
        elder: ElderId,
        amount: Fen,
        at: UnixMs,
        accepted: bool,
        listed_meal: Option<RecordId>,
        listed_elder: Option<ElderId>,
        listed_amount: Option<Fen>,
        paid_before: Option<Fen>,
    }
}

/// Why a refund record settles nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The office never listed such an entry.
    Unknown,
    /// The entry has another amount, elder or meal.
    Other,
    /// An earlier refund settled it, or what it rests on.
    Again,
    /// The record is disputed.
    Disputed,
}

/// A refund record that settles nothing: cash may have been handed out, and people have to look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RefundConflict {
    /// The refund record.
    pub record: RecordId,
    /// The entry that it names.
    pub due: RefundId,
    /// The meal that it names.
    pub meal: RecordId,
    /// The elder that it names.
    pub elder: ElderId,
    /// What it paid, fen.
    pub amount: Fen,
    /// When, unix ms.
    pub at: UnixMs,
    /// Why it settles nothing.
    pub conflict: Conflict,
}

#[derive(Debug, Default)]
struct Weighed {
    /// What refunds have settled, by meal.
    paid: BTreeMap<RecordId, Fen>,
    conflicts: Vec<RefundConflict>,
}

async fn claims(tx: &mut Tx, canteen: CanteenId, meal: Option<RecordId>) -> Result<Vec<Claim>, Error> {
    let only = if meal.is_some() { "AND (p.meal = $2 OR e.meal = $2)" } else { "" };
    let text = format!(
        "SELECT p.record, p.due, p.meal, p.elder, p.amount, p.at, p.accepted, e.meal AS listed_meal,
                e.elder AS listed_elder, e.amount AS listed_amount, e.paid_before
         FROM refund_payments p LEFT JOIN refund_entries e ON e.canteen = p.canteen AND e.id = p.due
         WHERE p.canteen = $1 {only} ORDER BY p.at, p.record"
    );
    let values = std::iter::once(canteen.bind()).chain(meal.map(super::Bind::bind)).collect();
    Statement::built(tx, text, values).all().await
}

/// Weighs refunds, given by time and id: what they settle, and which settle nothing.
fn weigh(claims: &[Claim]) -> Weighed {
    let mut weighed = Weighed::default();
    for claim in claims {
        let listed = (claim.listed_meal, claim.listed_elder, claim.listed_amount);
        let paid = weighed.paid.entry(claim.meal).or_default();
        let conflict = if claim.listed_meal.is_none() {
            Some(Conflict::Unknown)
        } else if listed != (Some(claim.meal), Some(claim.elder), Some(claim.amount)) {
            Some(Conflict::Other)
        } else if !claim.accepted {
            Some(Conflict::Disputed)
        } else if claim.paid_before == Some(*paid) {
            *paid += claim.amount;
            None
        } else {
            Some(Conflict::Again)
        };
        let Claim { record, due, meal, elder, amount, at, .. } = *claim;
        weighed.conflicts.extend(conflict.map(|conflict| RefundConflict {
            record,
            due,
            meal,
            elder,
            amount,
            at,
            conflict,
        }));
    }
    weighed
}

/// What refunds have settled, by meal, fen.
pub async fn paid(tx: &mut Tx, canteen: CanteenId) -> Result<BTreeMap<RecordId, Fen>, Error> {
    let mut paid = weigh(&claims(tx, canteen, None).await?).paid;
    paid.retain(|_, amount| !amount.is_zero());
    Ok(paid)
}

/// The refund records that settle nothing, by time.
pub async fn conflicts(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<RefundConflict>, Error> {
    Ok(weigh(&claims(tx, canteen, None).await?).conflicts)
}

/// What the canteen's tills may pay back now, by date and meal: from days whose last close stands, less what was paid.
/// Another source of refunds adds its entries here.
pub async fn due_refunds(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<RefundDue>, Error> {
    let dues: Vec<(RecordId, BusinessDate, ElderId, Fen)> = sql!(
        tx,
        "SELECT r.meal, r.date, r.elder, r.amount FROM refund_dues r
         JOIN day_states s ON s.canteen = r.canteen AND s.date = r.date
         WHERE r.canteen = $1 AND s.version <= s.closed_version ORDER BY r.date, r.meal",
        canteen
    )
    .all()
    .await?;
    if dues.is_empty() {
        return Ok(Vec::new());
    }
    let paid = paid(tx, canteen).await?;
    let entry = |(meal, date, elder, total): (RecordId, BusinessDate, ElderId, Fen)| {
        let paid = paid.get(&meal).copied().unwrap_or_default();
        let amount = total - paid;
        let id = refund_id(meal, paid, amount);
        (amount > Fen::ZERO).then_some(RefundDue { id, elder, meal, date, amount })
    };
    Ok(dues.into_iter().filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> RecordId {
        RecordId::from_uuid(uuid::Uuid::from_u128(n))
    }

    /// A refund of an entry of meal 1: at, entry's start and amount, what was paid.
    fn claim(record: u128, at: i64, step: Option<(i64, i64)>, amount: i64) -> Claim {
        let elder = ElderId::from_uuid(uuid::Uuid::from_u128(7));
        let listed = step.map(|(before, amount)| refund_id(id(1), Fen::new(before), Fen::new(amount)));
        Claim {
            record: id(record),
            due: listed.unwrap_or_else(|| RefundId::from_uuid(uuid::Uuid::from_u128(9))),
            meal: id(1),
            elder,
            amount: Fen::new(amount),
            at: UnixMs::new(at),
            accepted: true,
            listed_meal: step.map(|_| id(1)),
            listed_elder: step.map(|_| elder),
            listed_amount: step.map(|(_, amount)| Fen::new(amount)),
            paid_before: step.map(|(before, _)| Fen::new(before)),
        }
    }

    #[test]
    fn an_entry_has_one_id_and_every_step_another() {
        let entry = |before, amount| refund_id(id(1), Fen::new(before), Fen::new(amount));
        assert_eq!(entry(0, 300), entry(0, 300));
        assert_ne!(entry(0, 300), entry(0, 500));
        assert_ne!(entry(0, 300), entry(300, 300));
        assert_ne!(entry(0, 300), refund_id(id(2), Fen::ZERO, Fen::new(300)));
    }

    #[test]
    fn a_step_is_settled_once_and_the_next_starts_from_it() {
        let claims = [
            claim(10, 1, Some((0, 300)), 300),
            claim(11, 2, Some((0, 500)), 500),
            claim(12, 3, Some((0, 300)), 300),
            claim(13, 4, Some((300, 200)), 200),
            claim(14, 5, None, 900),
            claim(15, 6, Some((500, 100)), 90),
            Claim { accepted: false, ..claim(16, 7, Some((500, 100)), 100) },
        ];
        let weighed = weigh(&claims);
        assert_eq!(weighed.paid[&id(1)], Fen::new(500));
        let conflicts: Vec<_> = weighed.conflicts.iter().map(|c| (c.record, c.conflict)).collect();
        let (again, other) = (Conflict::Again, Conflict::Other);
        let expected = [(11, again), (12, again), (14, Conflict::Unknown), (15, other), (16, Conflict::Disputed)];
        assert_eq!(conflicts, expected.map(|(n, conflict)| (id(n), conflict)));
    }
}
