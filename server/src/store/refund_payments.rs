//! What is due back to elders, what tills were told of it, and what they paid.
//!
//! The last close of a day says what a meal was charged too much (`refund_dues`). Less what was paid for the meal, that
//! is an entry of the list that tills fetch (`refund_entries`, kept for ever). Refund records are all kept
//! (`refund_payments`). **Which of them settles an entry is worked out from all of them**: the entries of a meal are
//! steps, each starting from what was paid before; of the refunds for a step the earliest settles it. So neither the
//! order in which records arrive nor a day closed again moves anybody's money.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::{Kind, Line};
use domain::id::{CanteenId, Digest, ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::reconciliation::{PayerSums, RefundPaid, Verdict};
use domain::record::Body;
use domain::region::RegionCode;
use domain::sync::RefundDue;
use serde::Serialize;

use super::records::NewRecord;
use super::{Bind as _, Json, Statement, Tx, Value, days, insert};
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

/// What is due back for a meal in all, whatever was paid of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// To whom.
    pub elder: ElderId,
    /// Fen, positive.
    pub amount: Fen,
    /// By payer, signed: what a canteen that pays it gets back. Less than the amount where the canteen itself owes a
    /// part (its own concession, a delivery fee).
    pub shares: PayerSums,
    /// The code of the finding behind it.
    pub reason: String,
}

/// What the verdicts of a day's close make due, by meal.
#[must_use]
pub fn owed(verdicts: &[Verdict]) -> BTreeMap<RecordId, Owed> {
    let owed = |verdict: &Verdict| {
        let mut shares = diner_shares(&verdict.due);
        shares.take_all(&diner_shares(&verdict.paid));
        let reason = verdict.difference.map_or("", |(code, _)| code.name()).to_owned();
        let owed = Owed { elder: verdict.elder, amount: verdict.overpaid, shares: shares.without_zeros(), reason };
        (verdict.overpaid > Fen::ZERO).then_some((verdict.record, owed))
    };
    verdicts.iter().filter_map(owed).collect()
}

fn diner_shares(lines: &[Line]) -> PayerSums {
    let mut sums = PayerSums::default();
    for share in lines.iter().filter(|line| line.kind == Kind::Diner).flat_map(|line| &line.shares) {
        sums.add(&share.payer, share.amount);
    }
    sums
}

row! {
    struct DueRow {
        meal: RecordId,
        elder: ElderId,
        date: BusinessDate,
        amount: Fen,
        shares: Json<PayerSums>,
        reason: String,
    }
}

impl DueRow {
    fn owed(self) -> Owed {
        Owed { elder: self.elder, amount: self.amount, shares: self.shares.0, reason: self.reason }
    }
}

/// Replaces what is due from a day by what its close says, and lists the entries that follow from it.
pub async fn set_dues(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    dues: &BTreeMap<RecordId, Owed>,
    now: UnixMs,
) -> Result<(), Error> {
    let old: Vec<DueRow> = sql!(
        tx,
        "SELECT meal, elder, date, amount, shares, reason FROM refund_dues WHERE canteen = $1 AND date = $2",
        canteen,
        date
    )
    .all()
    .await?;
    let old: BTreeMap<RecordId, Owed> = old.into_iter().map(|row| (row.meal, row.owed())).collect();
    if old != *dues {
        sql!(tx, "DELETE FROM refund_dues WHERE canteen = $1 AND date = $2", canteen, date).execute().await?;
        let mut rows: Vec<Value<'_>> = Vec::with_capacity(dues.len() * 7);
        for (meal, Owed { elder, amount, shares, reason }) in dues {
            let (shares, reason) = (Json(shares).bind(), reason.bind());
            rows.extend([canteen.bind(), meal.bind(), date.bind(), elder.bind(), amount.bind(), shares, reason]);
        }
        let head = "INSERT INTO refund_dues (canteen, meal, date, elder, amount, shares, reason)";
        insert(tx, head, 7, rows, "").await?;
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
        let due = sql!(
            tx,
            "SELECT meal, elder, date, amount, shares, reason FROM refund_dues WHERE canteen = $1 AND meal = $2",
            canteen,
            *meal
        );
        let Some(due) = due.optional::<DueRow>().await? else { continue };
        for _ in 0..STEPS {
            // A refund whose entry the database had forgotten counts as soon as the entry is listed again.
            let claims = claims(tx, canteen, Some(*meal)).await?;
            let paid = weigh(&claims).paid.remove(meal).unwrap_or_default();
            if due.amount <= paid.amount || !list(tx, canteen, &due, &paid, now).await? {
                break;
            }
            // A refund that waited for the entry settles it now: its day gives the canteen back what it paid.
            let entry = refund_id(*meal, paid.amount, due.amount - paid.amount);
            let waited = claims.iter().filter(|claim| claim.due == entry);
            let days = waited.map(|claim| (canteen, claim.at.business_date())).collect();
            days::touch(tx, &days, now).await?;
        }
    }
    Ok(())
}

async fn list(tx: &mut Tx, canteen: CanteenId, due: &DueRow, paid: &Settled, now: UnixMs) -> Result<bool, Error> {
    let amount = due.amount - paid.amount;
    let mut shares = due.shares.0.clone();
    shares.take_all(&paid.shares);
    let added = sql!(
        tx,
        "INSERT INTO refund_entries (canteen, id, meal, date, elder, paid_before, amount, shares, reason, listed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (canteen, id) DO NOTHING",
        canteen,
        refund_id(due.meal, paid.amount, amount),
        due.meal,
        due.date,
        due.elder,
        paid.amount,
        amount,
        Json(shares.without_zeros()),
        &due.reason,
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
        listed_date: Option<BusinessDate>,
        listed_shares: Option<Json<PayerSums>>,
        paid_before: Option<Fen>,
    }
}

/// Why a refund record settles nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(as = RefundConflictKind)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
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

/// What refunds have settled of a meal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settled {
    amount: Fen,
    shares: PayerSums,
}

#[derive(Debug, Default)]
struct Weighed {
    /// By meal.
    paid: BTreeMap<RecordId, Settled>,
    /// The refunds that settle an entry.
    settling: Vec<(UnixMs, RefundPaid)>,
    conflicts: Vec<RefundConflict>,
}

async fn claims(tx: &mut Tx, canteen: CanteenId, meal: Option<RecordId>) -> Result<Vec<Claim>, Error> {
    let only = if meal.is_some() { "AND (p.meal = $2 OR e.meal = $2)" } else { "" };
    let text = format!(
        "SELECT p.record, p.due, p.meal, p.elder, p.amount, p.at, p.accepted, e.meal AS listed_meal,
                e.elder AS listed_elder, e.amount AS listed_amount, e.date AS listed_date,
                e.shares AS listed_shares, e.paid_before
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
        } else if claim.paid_before == Some(paid.amount) {
            let shares = claim.listed_shares.as_ref().map(|Json(shares)| shares.clone()).unwrap_or_default();
            paid.amount += claim.amount;
            paid.shares.add_all(&shares);
            let (record, meal, amount, at) = (claim.record, claim.meal, claim.amount, claim.at);
            let date = claim.listed_date.unwrap_or_else(|| at.business_date());
            weighed.settling.push((at, RefundPaid { record, meal, date, amount, shares }));
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
    let paid = weigh(&claims(tx, canteen, None).await?).paid;
    let settled = paid.into_iter().filter(|(_, settled)| !settled.amount.is_zero());
    Ok(settled.map(|(meal, settled)| (meal, settled.amount)).collect())
}

/// What the canteen's tills paid back on a date and the office's list knows, by the record of the payment.
pub async fn paid_on(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<RefundPaid>, Error> {
    let meals: Vec<RecordId> = sql!(
        tx,
        "SELECT DISTINCT p.meal FROM refund_payments p JOIN records r ON r.canteen = p.canteen AND r.id = p.record \
         WHERE p.canteen = $1 AND r.business_date = $2",
        canteen,
        date
    )
    .values()
    .await?;
    let mut paid = Vec::new();
    for meal in meals {
        let settling = weigh(&claims(tx, canteen, Some(meal)).await?).settling;
        let of_day = settling.into_iter().filter(|(at, refund)| at.business_date() == date && refund.meal == meal);
        paid.extend(of_day.map(|(_, refund)| refund));
    }
    paid.sort();
    Ok(paid)
}

/// The business dates on which refunds of a meal were paid.
pub async fn days_of(tx: &mut Tx, canteen: CanteenId, meal: RecordId) -> Result<BTreeSet<BusinessDate>, Error> {
    let at: Vec<UnixMs> =
        sql!(tx, "SELECT at FROM refund_payments WHERE canteen = $1 AND meal = $2", canteen, meal).values().await?;
    Ok(at.into_iter().map(UnixMs::business_date).collect())
}

row! {
    /// One entry of the list of refunds.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    #[schema(as = RefundEntryRow)]
    pub struct EntryRow {
        /// Where the meal was eaten, and where the refund is paid.
        pub canteen: CanteenId,
        /// The entry.
        pub id: RefundId,
        /// The meal.
        pub meal: RecordId,
        /// Its business date.
        pub date: BusinessDate,
        /// Who is to have it.
        pub elder: ElderId,
        /// What the meal's earlier entries paid, fen.
        pub paid_before: Fen,
        /// Fen, positive.
        pub amount: Fen,
        /// By payer, signed.
        #[schema(value_type = PayerSums)]
        pub shares: Json<PayerSums>,
        /// The code of the finding behind it.
        pub reason: String,
        /// When it was listed, unix ms.
        pub listed_at: UnixMs,
    }
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of canteens inside this region.
    pub region: Option<RegionCode>,
    /// Of this canteen.
    pub canteen: Option<CanteenId>,
    /// Of this elder.
    pub elder: Option<ElderId>,
}

/// Entries that pass the filter, by date, canteen, meal and step; `most` of them behind the entry `after` of a canteen. Each with the
/// record that paid it, or whether it is due now; an entry that is neither was replaced when its day was closed again.
pub async fn entries(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<(CanteenId, RefundId)>,
    most: i64,
) -> Result<Vec<(EntryRow, EntryState)>, Error> {
    let (mut conditions, mut values): (Vec<String>, Vec<Value<'_>>) = (vec!["1 = 1".to_owned()], Vec::new());
    let mut and = |condition: &str, value: Value<'static>| {
        values.push(value);
        conditions.push(condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(region) = &filter.region {
        and("c.region LIKE ? || '%'", region.as_str().to_owned().bind());
    }
    if let Some(canteen) = filter.canteen {
        and("e.canteen = ?", canteen.bind());
    }
    if let Some(elder) = filter.elder {
        and("e.elder = ?", elder.bind());
    }
    if let Some((canteen, id)) = after {
        values.extend([canteen.bind(), id.bind()]);
        let (of, entry) = (values.len() - 1, values.len());
        conditions.push(format!(
            "(e.date, e.canteen, e.meal, e.paid_before, e.listed_at, e.id) > (SELECT a.date, a.canteen, a.meal, \
             a.paid_before, a.listed_at, a.id FROM refund_entries a WHERE a.canteen = ${of} AND a.id = ${entry})"
        ));
    }
    values.push(most.bind());
    let text = format!(
        "SELECT e.canteen, e.id, e.meal, e.date, e.elder, e.paid_before, e.amount, e.shares, e.reason, e.listed_at \
         FROM refund_entries e JOIN canteens c ON c.id = e.canteen WHERE {} \
         ORDER BY e.date, e.canteen, e.meal, e.paid_before, e.listed_at, e.id LIMIT ${}",
        conditions.join(" AND "),
        values.len()
    );
    let rows: Vec<EntryRow> = Statement::built(tx, text, values).all().await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let state = state_of(tx, &row).await?;
        entries.push((row, state));
    }
    Ok(entries)
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RefundEntryState)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EntryState {
    /// A till may pay it.
    Due,
    /// Paid.
    Paid {
        /// By this record.
        paid_by: RecordId,
        /// When, unix ms.
        paid_at: UnixMs,
    },
    /// Its day was closed again and another amount, or nothing, is due.
    Replaced,
}

async fn state_of(tx: &mut Tx, entry: &EntryRow) -> Result<EntryState, Error> {
    let claims = claims(tx, entry.canteen, Some(entry.meal)).await?;
    let weighed = weigh(&claims);
    let named = |record: RecordId| claims.iter().any(|claim| claim.record == record && claim.due == entry.id);
    if let Some((at, refund)) = weighed.settling.iter().find(|(_, refund)| named(refund.record)) {
        return Ok(EntryState::Paid { paid_by: refund.record, paid_at: *at });
    }
    let total: Option<(Fen,)> =
        sql!(tx, "SELECT amount FROM refund_dues WHERE canteen = $1 AND meal = $2", entry.canteen, entry.meal)
            .optional()
            .await?;
    let paid = weighed.paid.get(&entry.meal).map_or(Fen::ZERO, |settled| settled.amount);
    let due = total.is_some_and(|(total,)| refund_id(entry.meal, paid, total - paid) == entry.id);
    Ok(if due { EntryState::Due } else { EntryState::Replaced })
}

/// The refund records that settle nothing, by time.
pub async fn conflicts(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<RefundConflict>, Error> {
    Ok(weigh(&claims(tx, canteen, None).await?).conflicts)
}

/// The canteens of a region that owe elders anything from days whose last close stands, paid or not: who alone has to be
/// asked what is still due.
pub async fn owing(tx: &mut Tx, region: &RegionCode) -> Result<BTreeSet<CanteenId>, Error> {
    let canteens: Vec<CanteenId> = sql!(
        tx,
        "SELECT c.id FROM canteens c WHERE c.region LIKE $1 || '%' AND EXISTS (SELECT 1 FROM refund_dues r \
         JOIN day_states s ON s.canteen = r.canteen AND s.date = r.date \
         WHERE r.canteen = c.id AND s.version <= s.closed_version)",
        region
    )
    .values()
    .await?;
    Ok(canteens.into_iter().collect())
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
            listed_date: None,
            listed_shares: None,
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
        assert_eq!(weighed.paid[&id(1)].amount, Fen::new(500));
        assert_eq!(weighed.settling.iter().map(|(_, r)| r.record).collect::<Vec<_>>(), [id(10), id(13)]);
        let conflicts: Vec<_> = weighed.conflicts.iter().map(|c| (c.record, c.conflict)).collect();
        let (again, other) = (Conflict::Again, Conflict::Other);
        let expected = [(11, again), (12, again), (14, Conflict::Unknown), (15, other), (16, Conflict::Disputed)];
        assert_eq!(conflicts, expected.map(|(n, conflict)| (id(n), conflict)));
    }
}
