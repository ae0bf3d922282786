//! What a canteen notes beside its records: delivered meals, the day's dishes, and runs that were cut off.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::id::{CashierId, RecordId};
use sqlx::Row as _;

use super::Journal;
use super::query::{Stored, all};
use crate::storage::{StorageError, Unit};

/// A run of the program that did not end in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Interrupted {
    /// When it began.
    pub(crate) started_at: UnixMs,
    /// When the next start found it.
    pub(crate) found_at: UnixMs,
}

/// Notes which sale a further portion belongs to.
pub(super) async fn note_portion(unit: &mut Unit, record: RecordId, sale: RecordId) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO portion (record, sale) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(record.uuid())
        .bind(sale.uuid())
        .execute(&mut **unit)
        .await?;
    Ok(())
}

impl Journal {
    /// Notes that a meal was handed over, or takes the note back.
    pub(crate) async fn note_delivery(
        &self,
        meal: RecordId,
        cashier: CashierId,
        at: UnixMs,
        delivered: bool,
    ) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        let query = if delivered {
            sqlx::query("INSERT INTO delivered (record, cashier, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(meal.uuid())
                .bind(cashier.uuid())
                .bind(at.get())
        } else {
            sqlx::query("DELETE FROM delivered WHERE record = $1").bind(meal.uuid())
        };
        query.execute(&mut *unit).await?;
        Ok(unit.commit().await?)
    }

    /// The day's meals that leave the house, in order, reversed ones too, each with the instant it was handed over.
    pub(crate) async fn deliveries(&self, date: BusinessDate) -> Result<Vec<(Stored, Option<UnixMs>)>, StorageError> {
        let rows = sqlx::query(
            "SELECT r.bytes, r.signature, v.epoch, v.sequence, 0, d.at FROM record r \
             LEFT JOIN record v ON v.voids = r.id LEFT JOIN delivered d ON d.record = r.id \
             WHERE r.business_date = $1 AND r.kind = 'meal' AND r.mode = 'delivery' ORDER BY r.epoch, r.sequence",
        )
        .bind(date.to_string())
        .fetch_all(self.storage().reader())
        .await?;
        let mut ticks = Vec::with_capacity(rows.len());
        let mut meals = Vec::with_capacity(rows.len());
        for row in &rows {
            meals.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?));
            ticks.push(row.try_get::<Option<i64>, _>(5)?.map(UnixMs::new));
        }
        Ok(all(meals)?.into_iter().zip(ticks).collect())
    }

    /// How many of the day's deliveries wait for their tick.
    pub(crate) async fn deliveries_open(&self, date: BusinessDate) -> Result<u32, StorageError> {
        Ok(sqlx::query_scalar(
            "SELECT COUNT(*) FROM record r WHERE r.business_date = $1 AND r.mode = 'delivery' AND r.kind = 'meal' \
             AND NOT EXISTS (SELECT 1 FROM record v WHERE v.voids = r.id) \
             AND NOT EXISTS (SELECT 1 FROM delivered d WHERE d.record = r.id)",
        )
        .bind(date.to_string())
        .fetch_one(self.storage().reader())
        .await?)
    }

    /// Keeps the dishes of a meal.
    pub(crate) async fn keep_menu(
        &self,
        date: BusinessDate,
        period: &MealPeriod,
        dishes: &[String],
    ) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        sqlx::query(
            "INSERT INTO menu (business_date, period, dishes) VALUES ($1, $2, $3) \
             ON CONFLICT (business_date, period) DO UPDATE SET dishes = excluded.dishes",
        )
        .bind(date.to_string())
        .bind(period.as_str())
        .bind(dishes.join("\n"))
        .execute(&mut *unit)
        .await?;
        Ok(unit.commit().await?)
    }

    /// The dishes of a meal, if somebody wrote them down.
    pub(crate) async fn menu(&self, date: BusinessDate, period: &MealPeriod) -> Result<Vec<String>, StorageError> {
        let dishes: Option<String> =
            sqlx::query_scalar("SELECT dishes FROM menu WHERE business_date = $1 AND period = $2")
                .bind(date.to_string())
                .bind(period.as_str())
                .fetch_optional(self.storage().reader())
                .await?;
        Ok(dishes.unwrap_or_default().lines().map(str::to_owned).collect())
    }

    /// Exercises of a business date, the last first; at most `limit`, and how many there are.
    pub(crate) async fn exercises(&self, date: BusinessDate, limit: u32) -> Result<(Vec<Stored>, u32), StorageError> {
        let rows = sqlx::query_as(
            "SELECT r.bytes, r.signature, NULL, NULL, 0 FROM record r \
             WHERE r.business_date = $1 AND r.kind = 'training' ORDER BY r.epoch DESC, r.sequence DESC LIMIT $2",
        )
        .bind(date.to_string())
        .bind(limit)
        .fetch_all(self.storage().reader())
        .await?;
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM record WHERE business_date = $1 AND kind = 'training'")
            .bind(date.to_string())
            .fetch_one(self.storage().reader())
            .await?;
        Ok((all(rows)?, count))
    }

    /// The day's records that the office did not simply accept, with what it said last (JSON).
    pub(crate) async fn doubted(&self, date: BusinessDate) -> Result<Vec<(RecordId, String)>, StorageError> {
        let rows: Vec<(uuid::Uuid, String)> = sqlx::query_as(
            "SELECT r.id, o.outcome FROM outcome o JOIN record r USING (epoch, sequence) \
             WHERE r.business_date = $1 AND json_extract(o.outcome, '$.outcome') <> 'accepted' ORDER BY o.received_at",
        )
        .bind(date.to_string())
        .fetch_all(self.storage().reader())
        .await?;
        Ok(rows.into_iter().map(|(id, outcome)| (RecordId::from_uuid(id), outcome)).collect())
    }

    /// The program begins to run; a run before it that did not end in order is kept for the cashier.
    pub(crate) async fn note_start(&self, now: UnixMs) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        sqlx::query("INSERT INTO interrupted (started_at, found_at) SELECT since, $1 FROM running")
            .bind(now.get())
            .execute(&mut *unit)
            .await?;
        sqlx::query(
            "INSERT INTO running (only_row, since) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET since = $1",
        )
        .bind(now.get())
        .execute(&mut *unit)
        .await?;
        Ok(unit.commit().await?)
    }

    /// It ends in order.
    pub(crate) async fn note_end(&self) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        sqlx::query("DELETE FROM running").execute(&mut *unit).await?;
        Ok(unit.commit().await?)
    }

    /// The last run that was cut off, if no cashier has read of it.
    pub(crate) async fn interrupted(&self) -> Result<Option<Interrupted>, StorageError> {
        let row: Option<(i64, i64)> = sqlx::query_as(
            "SELECT started_at, found_at FROM interrupted WHERE seen_at IS NULL ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(self.storage().reader())
        .await?;
        Ok(row.map(|(started, found)| Interrupted { started_at: UnixMs::new(started), found_at: UnixMs::new(found) }))
    }

    /// A cashier has read of it.
    pub(crate) async fn interrupted_seen(&self, now: UnixMs) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        sqlx::query("UPDATE interrupted SET seen_at = $1 WHERE seen_at IS NULL")
            .bind(now.get())
            .execute(&mut *unit)
            .await?;
        Ok(unit.commit().await?)
    }
}
