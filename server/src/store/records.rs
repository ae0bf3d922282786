//! Records, what waits behind a gap, and quarantine.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::PolicyRef;
use domain::id::{CanteenId, Digest, RecordId, ShiftId, TerminalId};
use domain::reconciliation::{Frozen, Held};
use domain::record::check::Dispute;
use domain::record::encoding::{SignatureHex, SignedRecord};
use domain::record::{Body, Record, encoding};
use domain::sync::{Outcome, Rejection};

use super::{At, Bind, Column, Json, Row, Tx, Value, insert};
use crate::error::Error;
use crate::{row, sql};

/// One terminal's journal of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Journal {
    /// The terminal's canteen.
    pub canteen: CanteenId,
    /// The terminal.
    pub terminal: TerminalId,
    /// The epoch.
    pub epoch: u32,
}

/// A sequence as the database keeps it. What does not fit is no sequence of any journal and is refused long before.
#[must_use]
pub fn place(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// A record with its outcome, ready to be stored.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// As read from the bytes.
    pub record: Record,
    /// Hash of its bytes.
    pub hash: Digest,
    /// As signed.
    pub signed: SignedRecord,
    /// Why it is disputed, if it is.
    pub dispute: Option<Dispute>,
    /// When it came, unix ms.
    pub received_at: UnixMs,
}

/// Something that cannot be a record of its terminal, ready to be kept.
#[derive(Clone, Debug)]
pub struct NewReject {
    /// The sequence it was sent for.
    pub sequence: u64,
    /// The id in it, where one could be read.
    pub record: Option<RecordId>,
    /// As sent.
    pub signed: SignedRecord,
    /// Why not.
    pub rejection: Rejection,
    /// When it came, unix ms.
    pub received_at: UnixMs,
}

/// Bytes and signature together: what "the same record again" means.
#[must_use]
pub fn blob_digest(signed: &SignedRecord) -> Digest {
    Digest::of("zhucan.blob.1", &[signed.record.as_bytes(), &signed.signature.0])
}

row! {
    /// What is held at a place of a journal.
    #[derive(Clone, Debug)]
    pub struct StoredRow {
        /// The record's id.
        pub id: RecordId,
        /// Sequence.
        pub sequence: u64,
        /// Hash of its bytes.
        pub hash: Digest,
        /// Signature, 64 bytes.
        pub signature: Vec<u8>,
        /// Why it is disputed, if it is.
        pub dispute: Option<Json<Dispute>>,
    }
}

impl StoredRow {
    /// Its outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.dispute {
            None => Outcome::Accepted,
            Some(Json(dispute)) => Outcome::Disputed { dispute: dispute.clone() },
        }
    }

    /// Whether it is this very blob.
    #[must_use]
    pub fn is(&self, signed: &SignedRecord) -> bool {
        self.hash == signed.hash() && self.signature == signed.signature.0
    }
}

row! {
    /// What quarantine holds for a place of a journal.
    #[derive(Clone, Debug)]
    pub struct RejectRow {
        /// Sequence it was sent for.
        pub sequence: u64,
        /// Digest of bytes and signature.
        pub digest: Digest,
        /// The id in it, where one could be read.
        pub record: Option<RecordId>,
        /// Why it was rejected.
        pub rejection: Json<Rejection>,
    }
}

/// The records at the places `from..=to` of a journal, in order.
pub async fn between(tx: &mut Tx, journal: Journal, from: u64, to: u64) -> Result<Vec<StoredRow>, Error> {
    sql!(
        tx,
        "SELECT id, sequence, hash, signature, dispute FROM records
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence BETWEEN $4 AND $5 ORDER BY sequence",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(from),
        place(to)
    )
    .all()
    .await
}

/// What quarantine holds for the places `from..=to` of a journal.
pub async fn rejects_between(tx: &mut Tx, journal: Journal, from: u64, to: u64) -> Result<Vec<RejectRow>, Error> {
    sql!(
        tx,
        "SELECT sequence, digest, record, rejection FROM quarantine
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence BETWEEN $4 AND $5
         ORDER BY sequence, received_at, digest",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(from),
        place(to)
    )
    .all()
    .await
}

/// The decoded records at the places `from..=to` of a journal, in order.
pub async fn decoded(tx: &mut Tx, journal: Journal, from: u64, to: u64) -> Result<Vec<Record>, Error> {
    let rows = sql!(
        tx,
        "SELECT bytes FROM records
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence BETWEEN $4 AND $5 ORDER BY sequence",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(from),
        place(to)
    );
    Ok(rows.values::<Decoded>().await?.into_iter().map(|d| d.0).collect())
}

/// Which of these record ids the canteen holds already.
pub async fn taken(tx: &mut Tx, canteen: CanteenId, ids: &[RecordId]) -> Result<BTreeSet<RecordId>, Error> {
    let text = format!("SELECT id FROM records WHERE canteen = $1 AND id {}", tx.among(2));
    let values = vec![canteen.bind(), Value::list(ids)];
    Ok(super::Statement::built(tx, text, values).values::<RecordId>().await?.into_iter().collect())
}

/// Stores records that have an outcome. Their places and ids are known to be free.
pub async fn add(tx: &mut Tx, records: &[NewRecord]) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(records.len() * 18);
    for new in records {
        let (record, signed) = (&new.record, &new.signed);
        let outcome = if new.dispute.is_none() { "accepted" } else { "disputed" };
        let voids = match &record.body {
            Body::Void { meal, .. } => Some(*meal),
            _ => None,
        };
        let (counts, made) = (record.business_date(), record.at.business_date());
        rows.extend([
            record.canteen.bind(),
            record.id.bind(),
            record.terminal.bind(),
            record.epoch.bind(),
            place(record.sequence).bind(),
            counts.bind(),
            record.body.kind().bind(),
            record.at.bind(),
            record.shift.bind(),
            voids.bind(),
            signed.record.as_bytes().bind(),
            new.hash.bind(),
            record.previous.bind(),
            signed.signature.0.as_slice().bind(),
            outcome.bind(),
            new.dispute.as_ref().map(Json).bind(),
            new.received_at.bind(),
            (made != counts).then_some(made).bind(),
        ]);
    }
    let head = "INSERT INTO records (canteen, id, terminal, epoch, sequence, business_date, kind, at, shift, voids, \
                bytes, hash, previous, signature, outcome, dispute, received_at, entered_on)";
    insert(tx, head, 18, rows, "").await.map(drop)
}

/// Keeps what was rejected. The same blob again is not kept again.
pub async fn quarantine(tx: &mut Tx, journal: Journal, rejects: &[NewReject]) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(rejects.len() * 11);
    for reject in rejects {
        rows.extend([
            journal.canteen.bind(),
            journal.terminal.bind(),
            journal.epoch.bind(),
            place(reject.sequence).bind(),
            blob_digest(&reject.signed).bind(),
            reject.record.bind(),
            reject.signed.record.as_bytes().bind(),
            reject.signed.signature.0.as_slice().bind(),
            reject.signed.hash().bind(),
            Json(reject.rejection).bind(),
            reject.received_at.bind(),
        ]);
    }
    let head = "INSERT INTO quarantine (canteen, terminal, epoch, sequence, digest, record, bytes, signature, hash, \
                rejection, received_at)";
    insert(tx, head, 11, rows, "ON CONFLICT DO NOTHING").await.map(drop)
}

/// Keeps blobs that came ahead of a gap.
pub async fn wait(tx: &mut Tx, journal: Journal, blobs: &[(u64, &SignedRecord)], now: UnixMs) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(blobs.len() * 8);
    for (sequence, signed) in blobs {
        rows.extend([
            journal.canteen.bind(),
            journal.terminal.bind(),
            journal.epoch.bind(),
            place(*sequence).bind(),
            blob_digest(signed).bind(),
            signed.record.as_bytes().bind(),
            signed.signature.0.as_slice().bind(),
            now.bind(),
        ]);
    }
    let head =
        "INSERT INTO waiting_records (canteen, terminal, epoch, sequence, digest, bytes, signature, received_at)";
    insert(tx, head, 8, rows, "ON CONFLICT DO NOTHING").await.map(drop)
}

row! {
    /// A blob that waits behind a gap.
    #[derive(Clone, Debug)]
    pub struct WaitingRow {
        /// The sequence it was sent for.
        pub sequence: u64,
        /// Digest of bytes and signature.
        pub digest: Digest,
        /// The record's bytes: JSON text.
        pub bytes: Vec<u8>,
        /// Signature, 64 bytes.
        pub signature: Vec<u8>,
        /// When it came, unix ms.
        pub received_at: UnixMs,
    }
}

impl WaitingRow {
    /// As it was sent.
    pub fn signed(self) -> Result<SignedRecord, Error> {
        signed(self.bytes, self.signature)
    }
}

/// Bytes and signature as they came.
pub fn signed(bytes: Vec<u8>, signature: Vec<u8>) -> Result<SignedRecord, Error> {
    let record = String::from_utf8(bytes).map_err(|_| Error::Corrupt("a record is text".to_owned()))?;
    let signature = signature.try_into().map_err(|_| Error::Corrupt("a signature has 64 bytes".to_owned()))?;
    Ok(SignedRecord { record, signature: SignatureHex(signature) })
}

/// So many blobs that wait at `from` or above, by sequence and arrival.
pub async fn waiting(tx: &mut Tx, journal: Journal, from: u64, most: i64) -> Result<Vec<WaitingRow>, Error> {
    sql!(
        tx,
        "SELECT sequence, digest, bytes, signature, received_at FROM waiting_records
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence >= $4
         ORDER BY sequence, received_at, digest LIMIT $5",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(from),
        most
    )
    .all()
    .await
}

/// Takes out what waited below `to`: it has its outcome now.
pub async fn stop_waiting(tx: &mut Tx, journal: Journal, to: u64) -> Result<(), Error> {
    sql!(
        tx,
        "DELETE FROM waiting_records WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence < $4",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(to)
    )
    .execute()
    .await
    .map(drop)
}

/// The epochs of a terminal in which something waits behind a gap.
pub async fn waiting_epochs(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<BTreeSet<u32>, Error> {
    let rows =
        sql!(tx, "SELECT DISTINCT epoch FROM waiting_records WHERE canteen = $1 AND terminal = $2", canteen, terminal);
    Ok(rows.values::<u32>().await?.into_iter().collect())
}

/// A record as a column: read from its bytes.
#[derive(Clone, Debug)]
pub struct Decoded(pub Record);

impl Column for Decoded {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        let bytes: Vec<u8> = Column::read(row, at)?;
        let text = String::from_utf8(bytes).map_err(|_| Error::Corrupt("a record is text".to_owned()))?;
        encoding::read_stored(&text).map(Self).map_err(|e| Error::Corrupt(format!("a stored record: {e}")))
    }
}

/// Bytes, whether it is disputed, and what froze it.
const HELD: &str = "SELECT r.bytes, r.outcome = 'disputed',
    (SELECT m.frozen_in FROM elder_meals m WHERE m.canteen = r.canteen AND m.record = r.id) FROM records r";

/// A canteen's records of a date, those entered on it for another, and all records of the shifts opened on it, in the
/// order of their journals, as
/// [`domain::reconciliation::reconcile_day`] wants them. A meal is voided by a void of the same terminal and shift that
/// comes after it.
///
/// Three questions, each of one index with its keys at hand. As one statement it was joined by what the databases think
/// of values they know nothing of: PostgreSQL went through the whole table for every day.
pub async fn held(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<Held>, Error> {
    type HeldRow = (Decoded, bool, Frozen);
    let text = format!(
        "{HELD} WHERE r.canteen = $1 AND r.business_date = $2
         UNION ALL {HELD} WHERE r.canteen = $1 AND r.entered_on = $2 AND r.business_date <> $2"
    );
    let of_date = super::Statement::built(tx, text, vec![canteen.bind(), date.bind()]);
    let mut rows: Vec<HeldRow> = of_date.all().await?;
    let opens =
        |(record, ..): &HeldRow| matches!(record.0.body, Body::ShiftOpen { .. }) && record.0.business_date() == date;
    let shifts: BTreeSet<ShiftId> = rows.iter().filter(|row| opens(row)).filter_map(|row| row.0.0.shift).collect();
    if !shifts.is_empty() {
        let text = format!(
            "{HELD} WHERE r.canteen = $1 AND r.shift {} AND r.business_date <> $2
             AND (r.entered_on IS NULL OR r.entered_on <> $2)",
            tx.among(3)
        );
        let values = vec![canteen.bind(), date.bind(), Value::list(&shifts)];
        rows.extend(super::Statement::built(tx, text, values).all::<HeldRow>().await?);
    }
    let held = |(Decoded(record), disputed, frozen): HeldRow| Held { record, disputed, voided: false, frozen };
    let mut all: Vec<Held> = rows.into_iter().map(held).collect();
    all.sort_by_key(|held| (held.record.terminal, held.record.epoch, held.record.sequence));
    let voided = voided(tx, canteen, &all).await?;
    for held in &mut all {
        held.voided = voided.contains(&held.record.id);
    }
    Ok(all)
}

/// Which of these records a void of the same terminal and shift reverses that comes after it.
async fn voided(tx: &mut Tx, canteen: CanteenId, day: &[Held]) -> Result<BTreeSet<RecordId>, Error> {
    let of: BTreeMap<RecordId, &Record> = day.iter().map(|held| (held.record.id, &held.record)).collect();
    let text = format!(
        "SELECT v.voids, v.terminal, v.shift, v.epoch, v.sequence FROM records v
         WHERE v.canteen = $1 AND v.voids IS NOT NULL AND v.voids {}",
        tx.among(2)
    );
    let voids = super::Statement::built(tx, text, vec![canteen.bind(), Value::list(of.keys())]);
    let mut voided = BTreeSet::new();
    for (meal, terminal, shift, epoch, sequence) in
        voids.all::<(RecordId, TerminalId, Option<ShiftId>, u32, u64)>().await?
    {
        let Some(record) = of.get(&meal) else { continue };
        let same_shift = shift.is_some() && (record.terminal, record.shift) == (terminal, shift);
        if same_shift && (epoch, sequence) > (record.epoch, record.sequence) {
            voided.insert(meal);
        }
    }
    Ok(voided)
}

/// What ingest disputed only because the office did not know the rules that it names. Written as stored.
const WITHOUT_RULES: &str = "r.outcome = 'disputed' AND r.dispute IN ('\"unknown_policy\"', '\"unknown_calendar\"')";

/// A canteen's records of a date that ingest disputed only because the office did not know the rules that they name.
/// Left out are those that their journal would have made disputed all the same: where the chain is broken, and what
/// came after the terminal was taken out of service or after its epoch was ended.
pub async fn without_rules(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<BTreeSet<RecordId>, Error> {
    let text = format!(
        "SELECT r.id FROM records r JOIN terminals t ON t.id = r.terminal
         WHERE r.canteen = $1 AND r.business_date = $2 AND {WITHOUT_RULES}
            AND NOT EXISTS (SELECT 1 FROM journal_breaks b WHERE b.canteen = r.canteen AND b.terminal = r.terminal
                AND b.epoch = r.epoch AND b.sequence = r.sequence)
            AND (t.revoked_at IS NULL OR r.sequence < COALESCE((SELECT w.next FROM witnessed_heads w
                WHERE w.canteen = r.canteen AND w.terminal = r.terminal AND w.epoch = r.epoch), 0))
            AND NOT EXISTS (SELECT 1 FROM epoch_ends e WHERE e.canteen = r.canteen AND e.terminal = r.terminal
                AND e.epoch = r.epoch AND e.confirmed_at <= r.received_at)"
    );
    let rows = super::Statement::built(tx, text, vec![canteen.bind(), date.bind()]).values::<RecordId>();
    Ok(rows.await?.into_iter().collect())
}

/// The canteen-days with records that ingest disputed because the office did not know the rules that they name.
pub async fn days_without_rules(tx: &mut Tx) -> Result<BTreeSet<(CanteenId, BusinessDate)>, Error> {
    let text = format!("SELECT DISTINCT r.canteen, r.business_date FROM records r WHERE {WITHOUT_RULES}");
    Ok(super::Statement::built(tx, text, Vec::new()).all::<(CanteenId, BusinessDate)>().await?.into_iter().collect())
}

/// Whether some till, in service and with its journal whole, has charged by exactly this version on its first day or
/// later, when the office did not know it: by its id, its number and the digest of its bytes.
pub async fn charged_by(tx: &mut Tx, policy: &PolicyRef, from: BusinessDate) -> Result<bool, Error> {
    let text = format!(
        "SELECT r.id, r.bytes FROM records r WHERE r.canteen = $1 AND r.business_date = $2 AND {WITHOUT_RULES}"
    );
    let days = days_without_rules(tx).await?;
    for (canteen, date) in days.into_iter().filter(|(_, date)| *date >= from) {
        let sound = without_rules(tx, canteen, date).await?;
        let rows = super::Statement::built(tx, text.clone(), vec![canteen.bind(), date.bind()]);
        let by_it = |(id, Decoded(record)): (RecordId, Decoded)| match record.body {
            Body::Meal(meal) => sound.contains(&id) && meal.decision.policy.as_ref() == Some(policy),
            _ => false,
        };
        if rows.all::<(RecordId, Decoded)>().await?.into_iter().any(by_it) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For each terminal and epoch with records made on the date: the highest sequence held that is older than they are.
pub async fn before(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
) -> Result<BTreeMap<(TerminalId, u32), u64>, Error> {
    let rows = sql!(
        tx,
        "SELECT d.terminal, d.epoch, (SELECT MAX(p.sequence) FROM records p WHERE p.canteen = $1
            AND p.terminal = d.terminal AND p.epoch = d.epoch AND p.sequence < d.first)
         FROM (SELECT terminal, epoch, MIN(sequence) AS first FROM
               (SELECT terminal, epoch, sequence FROM records
                WHERE canteen = $1 AND business_date = $2 AND entered_on IS NULL
                UNION ALL SELECT terminal, epoch, sequence FROM records WHERE canteen = $1 AND entered_on = $2) made
               GROUP BY terminal, epoch) d",
        canteen,
        date
    );
    let rows = rows.all::<(TerminalId, u32, Option<u64>)>().await?;
    Ok(rows.into_iter().filter_map(|(terminal, epoch, last)| Some(((terminal, epoch), last?))).collect())
}

/// The void that reverses a stored meal by the rule of [`held`]: the earliest, if there are several.
pub async fn void_of(tx: &mut Tx, canteen: CanteenId, meal: RecordId) -> Result<Option<RecordId>, Error> {
    let row = sql!(
        tx,
        "SELECT v.id FROM records v CROSS JOIN records r WHERE v.canteen = $1 AND v.voids = $2
            AND r.canteen = $1 AND r.id = $2 AND r.kind = 'meal' AND v.terminal = r.terminal AND v.shift = r.shift
            AND (v.epoch > r.epoch OR (v.epoch = r.epoch AND v.sequence > r.sequence))
         ORDER BY v.epoch, v.sequence LIMIT 1",
        canteen,
        meal
    );
    Ok(row.optional::<(RecordId,)>().await?.map(|(id,)| id))
}

/// The record with that id, as signed, with its outcome.
pub async fn get(tx: &mut Tx, canteen: CanteenId, id: RecordId) -> Result<Option<(SignedRecord, Outcome)>, Error> {
    let row = sql!(tx, "SELECT bytes, signature, dispute FROM records WHERE canteen = $1 AND id = $2", canteen, id);
    let Some((bytes, signature, dispute)) = row.optional::<(Vec<u8>, Vec<u8>, Option<Json<Dispute>>)>().await? else {
        return Ok(None);
    };
    let outcome = dispute.map_or(Outcome::Accepted, |Json(dispute)| Outcome::Disputed { dispute });
    Ok(Some((signed(bytes, signature)?, outcome)))
}

/// How old the elder of a stored meal was, as far as the till knew; nothing for what is no meal of an elder.
pub async fn age_said(tx: &mut Tx, canteen: CanteenId, meal: RecordId) -> Result<Option<u8>, Error> {
    let row = sql!(tx, "SELECT bytes FROM records WHERE canteen = $1 AND id = $2", canteen, meal);
    Ok(row.optional::<(Decoded,)>().await?.and_then(|(Decoded(record),)| match record.body {
        Body::Meal(meal) => meal.diner.map(|diner| diner.facts.age),
        _ => None,
    }))
}

/// The business date and place of a meal.
pub async fn meal_date(tx: &mut Tx, canteen: CanteenId, meal: RecordId) -> Result<Option<BusinessDate>, Error> {
    let row = sql!(tx, "SELECT business_date FROM records WHERE canteen = $1 AND id = $2", canteen, meal);
    Ok(row.optional::<(BusinessDate,)>().await?.map(|(date,)| date))
}

/// The business dates on which what lies at a place of a journal may show: its own, and that on which it was entered.
pub async fn dates_at(tx: &mut Tx, journal: Journal, sequence: u64) -> Result<Vec<BusinessDate>, Error> {
    let rows = sql!(
        tx,
        "SELECT business_date, entered_on FROM records
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        place(sequence)
    );
    let rows = rows.all::<(BusinessDate, Option<BusinessDate>)>().await?;
    Ok(rows.into_iter().flat_map(|(own, entered)| std::iter::once(own).chain(entered)).collect())
}

/// The business dates on which these shifts were opened.
pub async fn opened_on(tx: &mut Tx, canteen: CanteenId, shift: ShiftId) -> Result<Vec<BusinessDate>, Error> {
    sql!(
        tx,
        "SELECT DISTINCT business_date FROM records WHERE canteen = $1 AND shift = $2 AND kind = 'shift_open'",
        canteen,
        shift
    )
    .values()
    .await
}
