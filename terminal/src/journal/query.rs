//! Reading the journal.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Mode;
use domain::id::{Digest, ElderId, RecordId, ShiftId};
use domain::record::encoding::{SignatureHex, SignedRecord, decode};
use domain::record::{Head, Record};
use sqlx::SqliteExecutor;

use super::Journal;
use crate::storage::StorageError;

/// A record as the journal has it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The record.
    pub(crate) record: Record,
    /// Its bytes and signature.
    pub(crate) signed: SignedRecord,
    /// For a meal: the record that reversed it with that record's epoch and sequence.
    pub(crate) voided: Option<(u32, u64)>,
    /// Whether the server put it into quarantine, so that it is in none of the server's counts; only where a person's
    /// meals are read.
    pub(crate) rejected: bool,
}

/// Meals of a period that were not reversed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PeriodCount {
    /// All of them.
    pub(crate) count: u32,
    /// Eaten here.
    pub(crate) dine_in: u32,
    /// Taken away.
    pub(crate) pickup: u32,
    /// Delivered.
    pub(crate) delivery: u32,
    /// To guests.
    pub(crate) guests: u32,
    /// To elders who were recognised by hand.
    pub(crate) manual: u32,
}

pub(super) type Row = (String, Vec<u8>, Option<u32>, Option<i64>, i64);

/// A sequence as SQLite keeps it.
pub(super) fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or(0)
}

/// The mode's name on the wire.
pub(super) const fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::DineIn => "dine_in",
        Mode::Pickup => "pickup",
        Mode::Delivery => "delivery",
    }
}

pub(super) fn stored((bytes, signature, epoch, sequence, rejected): Row) -> Result<Stored, StorageError> {
    let record = decode(&bytes).map_err(|error| StorageError::damaged("record", &error))?;
    let signature = signature.try_into().map_err(|_| StorageError::damaged("record", &"signature"))?;
    let voided = epoch.zip(sequence).map(|(epoch, sequence)| (epoch, unsigned(sequence)));
    let signed = SignedRecord { record: bytes, signature: SignatureHex(signature) };
    Ok(Stored { record, signed, voided, rejected: rejected != 0 })
}

pub(super) fn all(rows: Vec<Row>) -> Result<Vec<Stored>, StorageError> {
    rows.into_iter().map(stored).collect()
}

fn digest(bytes: Vec<u8>) -> Result<Digest, StorageError> {
    bytes.try_into().map(Digest).map_err(|_| StorageError::damaged("record", &"digest"))
}

/// The last record's place and hash.
pub(super) async fn head(db: impl SqliteExecutor<'_>) -> Result<Option<Head>, StorageError> {
    let row: Option<(u32, i64, Vec<u8>)> =
        sqlx::query_as("SELECT epoch, sequence, hash FROM record ORDER BY epoch DESC, sequence DESC LIMIT 1")
            .fetch_optional(db)
            .await?;
    row.map(|(epoch, sequence, hash)| Ok(Head { epoch, sequence: unsigned(sequence), hash: digest(hash)? })).transpose()
}

/// The record of that id.
pub(super) async fn by_id(db: impl SqliteExecutor<'_>, id: RecordId) -> Result<Option<Stored>, StorageError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT r.bytes, r.signature, v.epoch, v.sequence, 0 FROM record r LEFT JOIN record v ON v.voids = r.id \
         WHERE r.id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(db)
    .await?;
    row.map(stored).transpose()
}

/// The elder's meal of that period that was not reversed.
pub(super) async fn served(
    db: impl SqliteExecutor<'_>,
    elder: ElderId,
    date: BusinessDate,
    period: &MealPeriod,
) -> Result<Option<Stored>, StorageError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT r.bytes, r.signature, NULL, NULL, 0 FROM record r \
         WHERE r.elder = $1 AND r.business_date = $2 AND r.period = $3 \
           AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id) ORDER BY r.at LIMIT 1",
    )
    .bind(elder.uuid())
    .bind(date.to_string())
    .bind(period.as_str())
    .fetch_optional(db)
    .await?;
    row.map(stored).transpose()
}

/// Whether the meal was reversed.
pub(super) async fn is_voided(db: impl SqliteExecutor<'_>, meal: RecordId) -> Result<bool, StorageError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM record WHERE voids = $1").bind(meal.uuid()).fetch_optional(db).await?;
    Ok(found.is_some())
}

impl Journal {
    /// The last record's place and hash; nothing only before the first `start`.
    pub async fn head(&self) -> Result<Option<Head>, StorageError> {
        head(self.storage().reader()).await
    }

    /// The record of that id.
    pub(crate) async fn by_id(&self, id: RecordId) -> Result<Option<Stored>, StorageError> {
        by_id(self.storage().reader(), id).await
    }

    /// The hash of the record at that place.
    pub(crate) async fn hash_at(&self, epoch: u32, sequence: u64) -> Result<Option<Digest>, StorageError> {
        let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM record WHERE epoch = $1 AND sequence = $2")
            .bind(epoch)
            .bind(signed(sequence))
            .fetch_optional(self.storage().reader())
            .await?;
        hash.map(digest).transpose()
    }

    /// The elder's meal of that period that was not reversed.
    pub(crate) async fn served(
        &self,
        elder: ElderId,
        date: BusinessDate,
        period: &MealPeriod,
    ) -> Result<Option<Stored>, StorageError> {
        served(self.storage().reader(), elder, date, period).await
    }

    /// The elder's meals since a date, in order, reversed ones too.
    pub(crate) async fn meals_of(&self, elder: ElderId, since: BusinessDate) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, v.epoch, v.sequence, EXISTS (SELECT 1 FROM outcome o WHERE o.epoch = r.epoch \
             AND o.sequence = r.sequence AND json_extract(o.outcome, '$.outcome') = 'rejected') \
             FROM record r LEFT JOIN record v ON v.voids = r.id \
             WHERE r.elder = $1 AND r.business_date >= $2 ORDER BY r.epoch, r.sequence",
        )
        .bind(elder.uuid())
        .bind(since.to_string())
        .fetch_all(self.storage().reader())
        .await?;
        all(rows)
    }

    /// The meals of a business date, the last first, reversed ones too; at most `limit`.
    pub(crate) async fn meals_on(&self, date: BusinessDate, limit: u32) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, v.epoch, v.sequence, 0 FROM record r LEFT JOIN record v ON v.voids = r.id \
             WHERE r.business_date = $1 AND r.kind = 'meal' ORDER BY r.epoch DESC, r.sequence DESC LIMIT $2",
        )
        .bind(date.to_string())
        .bind(limit)
        .fetch_all(self.storage().reader())
        .await?;
        all(rows)
    }

    /// All records of a shift in order.
    pub(crate) async fn of_shift(&self, shift: ShiftId) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, v.epoch, v.sequence, 0 FROM record r LEFT JOIN record v ON v.voids = r.id \
             WHERE r.shift = $1 ORDER BY r.epoch, r.sequence",
        )
        .bind(shift.uuid())
        .fetch_all(self.storage().reader())
        .await?;
        all(rows)
    }

    /// The last meal of a shift that was not reversed.
    pub(crate) async fn last_meal(&self, shift: ShiftId) -> Result<Option<Stored>, StorageError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT r.bytes, r.signature, NULL, NULL, 0 FROM record r WHERE r.shift = $1 AND r.kind = 'meal' \
             AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id) \
             ORDER BY r.epoch DESC, r.sequence DESC LIMIT 1",
        )
        .bind(shift.uuid())
        .fetch_optional(self.storage().reader())
        .await?;
        row.map(stored).transpose()
    }

    /// Whether one person may reverse this meal: it is of the last sale of its shift, or a delivery that is not ticked as
    /// handed over. What was sold later counts even where it was reversed.
    pub(crate) async fn reversed_by_one(&self, meal: &Stored) -> Result<bool, StorageError> {
        let record = &meal.record;
        let (last, on_its_way): (bool, bool) = sqlx::query_as(
            "SELECT NOT EXISTS (SELECT 1 FROM record r LEFT JOIN portion p ON p.record = r.id \
             WHERE r.shift = m.shift AND r.kind = 'meal' AND (r.epoch, r.sequence) > (m.epoch, m.sequence) \
             AND COALESCE(p.sale, r.id) <> COALESCE((SELECT sale FROM portion WHERE record = m.id), m.id)), \
             m.mode IS 'delivery' AND NOT EXISTS (SELECT 1 FROM delivered d WHERE d.record = m.id) \
             FROM record m WHERE m.id = $1",
        )
        .bind(record.id.uuid())
        .fetch_one(self.storage().reader())
        .await?;
        Ok(last || on_its_way)
    }

    /// The portions of the sale that began with this record, in order, reversed ones too: at least that one.
    pub(crate) async fn of_sale(&self, sale: RecordId) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, v.epoch, v.sequence, 0 FROM record r LEFT JOIN record v ON v.voids = r.id \
             WHERE r.id IN (SELECT $1 UNION ALL SELECT record FROM portion WHERE sale = $1) ORDER BY r.epoch, r.sequence",
        )
        .bind(sale.uuid())
        .fetch_all(self.storage().reader())
        .await?;
        all(rows)
    }

    /// The last record of a kind.
    pub(crate) async fn last_of(&self, kind: &'static str) -> Result<Option<Stored>, StorageError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT bytes, signature, NULL, NULL, 0 FROM record WHERE kind = $1 \
             ORDER BY epoch DESC, sequence DESC LIMIT 1",
        )
        .bind(kind)
        .fetch_optional(self.storage().reader())
        .await?;
        row.map(stored).transpose()
    }

    /// The opening of the shift that was opened last, unless that shift was closed.
    pub(crate) async fn last_shift_not_closed(&self) -> Result<Option<Stored>, StorageError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT o.bytes, o.signature, NULL, NULL, 0 FROM (SELECT * FROM record WHERE kind = 'shift_open' \
             ORDER BY epoch DESC, sequence DESC LIMIT 1) o \
             WHERE NOT EXISTS (SELECT 1 FROM record c WHERE c.shift = o.shift AND c.kind = 'shift_close')",
        )
        .fetch_optional(self.storage().reader())
        .await?;
        row.map(stored).transpose()
    }

    /// Whether a meal was served on a business date.
    pub(crate) async fn served_on(&self, date: BusinessDate) -> Result<bool, StorageError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM record WHERE business_date = $1 AND kind = 'meal' LIMIT 1")
                .bind(date.to_string())
                .fetch_optional(self.storage().reader())
                .await?;
        Ok(found.is_some())
    }

    /// The very first record.
    pub(crate) async fn first(&self) -> Result<Option<Stored>, StorageError> {
        let row: Option<Row> =
            sqlx::query_as("SELECT bytes, signature, NULL, NULL, 0 FROM record ORDER BY epoch, sequence LIMIT 1")
                .fetch_optional(self.storage().reader())
                .await?;
        row.map(stored).transpose()
    }

    /// Meals of a business date and period up to an instant that were not reversed, counted.
    pub(crate) async fn count(
        &self,
        date: BusinessDate,
        period: &MealPeriod,
        until: UnixMs,
    ) -> Result<PeriodCount, StorageError> {
        let (count, dine_in, pickup, delivery, guests, manual) = sqlx::query_as(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE mode = 'dine_in'), COUNT(*) FILTER (WHERE mode = 'pickup'), \
             COUNT(*) FILTER (WHERE mode = 'delivery'), COUNT(*) FILTER (WHERE elder IS NULL), \
             COUNT(*) FILTER (WHERE credential = 'manual') \
             FROM record r WHERE business_date = $1 AND kind = 'meal' AND period = $2 AND at <= $3 \
             AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id)",
        )
        .bind(date.to_string())
        .bind(period.as_str())
        .bind(until.get())
        .fetch_one(self.storage().reader())
        .await?;
        Ok(PeriodCount { count, dine_in, pickup, delivery, guests, manual })
    }

    /// The latest business date that a record was made on.
    pub(crate) async fn latest_date(&self) -> Result<Option<BusinessDate>, StorageError> {
        let date: Option<String> =
            sqlx::query_scalar("SELECT MAX(business_date) FROM record").fetch_one(self.storage().reader()).await?;
        date.map(|date| date.parse().map_err(|error| StorageError::damaged("record", &error))).transpose()
    }

    /// How many shifts were opened at this till up to that record.
    pub(crate) async fn shift_number(&self, epoch: u32, sequence: u64) -> Result<u32, StorageError> {
        let count = sqlx::query_scalar(
            "SELECT COUNT(*) FROM record WHERE kind = 'shift_open' AND (epoch, sequence) <= ($1, $2)",
        )
        .bind(epoch)
        .bind(signed(sequence))
        .fetch_one(self.storage().reader())
        .await?;
        Ok(count)
    }

    /// The place of a meal among those of its business date and period that were not reversed, from 1.
    pub(crate) async fn number_of(&self, meal: &Record, period: &MealPeriod) -> Result<u32, StorageError> {
        let count = sqlx::query_scalar(
            "SELECT COUNT(*) FROM record r WHERE business_date = $1 AND kind = 'meal' AND period = $2 \
             AND (epoch, sequence) <= ($3, $4) AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id)",
        )
        .bind(meal.business_date().to_string())
        .bind(period.as_str())
        .bind(meal.epoch)
        .bind(signed(meal.sequence))
        .fetch_one(self.storage().reader())
        .await?;
        Ok(count)
    }

    /// Notes that a slip was printed again.
    pub(crate) async fn note_reprint(
        &self,
        record: RecordId,
        shift: Option<ShiftId>,
        at: UnixMs,
    ) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        sqlx::query("INSERT INTO reprint (record, shift, at) VALUES ($1, $2, $3)")
            .bind(record.uuid())
            .bind(shift.map(ShiftId::uuid))
            .bind(at.get())
            .execute(&mut *unit)
            .await?;
        unit.commit().await?;
        Ok(())
    }

    /// Slips printed again in a shift.
    pub(crate) async fn reprints(&self, shift: ShiftId) -> Result<u32, StorageError> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM reprint WHERE shift = $1")
            .bind(shift.uuid())
            .fetch_one(self.storage().reader())
            .await?;
        Ok(count)
    }
}
