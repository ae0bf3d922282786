//! Records by what they are about: a refund that was paid, meals taken along together; and the columns they are found
//! by, which say nothing that a record's bytes do not say.

use std::collections::BTreeSet;

use domain::id::{CollectionId, RecordId, RefundId, ShiftId};
use domain::record::encoding::SignedRecord;
use domain::record::{Body, Credential, Record};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteExecutor};

use super::Journal;
use super::query::{self, Stored};
use crate::storage::{StorageError, Unit};

/// The credential's name on the wire.
const fn credential_word(credential: Credential) -> &'static str {
    match credential {
        Credential::Card => "card",
        Credential::Chip => "chip",
        Credential::ResidentId => "resident_id",
        Credential::Manual => "manual",
    }
}

/// What a record is found by.
#[derive(Default)]
struct Columns {
    elder: Option<uuid::Uuid>,
    period: Option<String>,
    mode: Option<&'static str>,
    voids: Option<uuid::Uuid>,
    refund: Option<uuid::Uuid>,
    collection: Option<uuid::Uuid>,
    credential: Option<&'static str>,
}

impl Columns {
    fn of(body: &Body) -> Self {
        match body {
            Body::Meal(meal) => Self {
                elder: meal.diner.as_ref().map(|diner| diner.elder.uuid()),
                period: Some(meal.meal.period.to_string()),
                mode: Some(query::mode_word(meal.meal.mode)),
                collection: meal.collection.map(|collection| collection.id.uuid()),
                credential: meal.diner.as_ref().map(|diner| credential_word(diner.credential)),
                ..Self::default()
            },
            Body::Void { meal, .. } => Self { voids: Some(meal.uuid()), ..Self::default() },
            Body::Refund(refund) => Self { refund: Some(refund.due.uuid()), ..Self::default() },
            _ => Self::default(),
        }
    }
}

/// Puts a record into its table.
pub(crate) async fn insert(unit: &mut Unit, record: &Record, signed: &SignedRecord) -> Result<(), StorageError> {
    let columns = Columns::of(&record.body);
    sqlx::query(
        "INSERT INTO record (epoch, sequence, id, previous, hash, bytes, signature, kind, at, business_date, \
         shift, elder, period, mode, voids, refund, collection, credential) \
         VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)",
    )
    .bind(record.epoch)
    .bind(query::signed(record.sequence))
    .bind(record.id.uuid())
    .bind(record.previous.0.as_slice())
    .bind(signed.hash().0.to_vec())
    .bind(&signed.record)
    .bind(signed.signature.0.as_slice())
    .bind(record.body.kind())
    .bind(record.at.get())
    .bind(record.business_date().to_string())
    .bind(record.shift.map(ShiftId::uuid))
    .bind(columns.elder)
    .bind(columns.period)
    .bind(columns.mode)
    .bind(columns.voids)
    .bind(columns.refund)
    .bind(columns.collection)
    .bind(columns.credential)
    .execute(&mut **unit)
    .await?;
    Ok(())
}

/// Whether a row's columns are those that its record is found by. Three of them are empty in rows that were written
/// before there were such columns.
pub(crate) fn stands_by(row: &SqliteRow, record: &Record) -> Result<bool, StorageError> {
    fn known<T: PartialEq>(stored: Option<&T>, wanted: Option<&T>) -> bool {
        stored.is_none() || stored == wanted
    }
    let wanted = Columns::of(&record.body);
    let text = |name: &str| row.try_get::<Option<String>, _>(name);
    let id = |name: &str| row.try_get::<Option<uuid::Uuid>, _>(name);
    Ok(id("id")? == Some(record.id.uuid())
        && text("kind")?.as_deref() == Some(record.body.kind())
        && row.try_get::<i64, _>("at")? == record.at.get()
        && text("business_date")? == Some(record.business_date().to_string())
        && id("shift")? == record.shift.map(ShiftId::uuid)
        && id("elder")? == wanted.elder
        && text("period")? == wanted.period
        && text("mode")?.as_deref() == wanted.mode
        && id("voids")? == wanted.voids
        && known(id("refund")?.as_ref(), wanted.refund.as_ref())
        && known(id("collection")?.as_ref(), wanted.collection.as_ref())
        && known(text("credential")?.as_deref().as_ref(), wanted.credential.as_ref()))
}

/// Whether the refund was paid at this till.
pub(super) async fn is_paid(db: impl SqliteExecutor<'_>, refund: RefundId) -> Result<bool, StorageError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM record WHERE refund = $1").bind(refund.uuid()).fetch_optional(db).await?;
    Ok(found.is_some())
}

impl Journal {
    /// Whether the refund was paid at this till.
    pub(crate) async fn is_refunded(&self, refund: RefundId) -> Result<bool, StorageError> {
        is_paid(self.storage().reader(), refund).await
    }

    /// The refunds that were paid at this till.
    pub(crate) async fn paid_refunds(&self) -> Result<BTreeSet<RefundId>, StorageError> {
        let paid: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT refund FROM record WHERE refund IS NOT NULL")
            .fetch_all(self.storage().reader())
            .await?;
        Ok(paid.into_iter().map(RefundId::from_uuid).collect())
    }

    /// The meals that were taken along together and not reversed, in order.
    pub(crate) async fn of_collection(&self, collection: CollectionId) -> Result<Vec<Stored>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, NULL, NULL, 0 FROM record r WHERE r.collection = $1 \
             AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id) ORDER BY r.epoch, r.sequence",
        )
        .bind(collection.uuid())
        .fetch_all(self.storage().reader())
        .await?;
        query::all(rows)
    }

    /// The record that reverses a meal, if one does.
    pub(crate) async fn reversal_of(&self, meal: RecordId) -> Result<Option<RecordId>, StorageError> {
        let id: Option<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM record WHERE voids = $1")
            .bind(meal.uuid())
            .fetch_optional(self.storage().reader())
            .await?;
        Ok(id.map(RecordId::from_uuid))
    }

    /// Whether records of an epoch are missing in between.
    pub(crate) async fn has_gaps(&self, epoch: u32) -> Result<bool, StorageError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM gap WHERE epoch = $1 LIMIT 1")
            .bind(epoch)
            .fetch_optional(self.storage().reader())
            .await?;
        Ok(found.is_some())
    }
}
