//! What still has to be sent, and what the server said of what was sent.

use domain::calendar::UnixMs;
use domain::record::encoding::{SignatureHex, SignedRecord};
use domain::sync::{BatchRecord, Cursor, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, RecordAnswer};

use crate::journal::Journal;
use crate::storage::StorageError;

/// Records that wait for the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Unsent {
    /// How many.
    pub count: u64,
    /// When the oldest was made.
    pub oldest: Option<UnixMs>,
}

/// What waits for the server in a data directory that a running program may hold.
pub(crate) async fn peek(data_dir: &std::path::Path) -> Result<Unsent, StorageError> {
    let reader = crate::storage::peek(data_dir).await?;
    let (count, oldest): (i64, Option<i64>) =
        sqlx::query_as("SELECT COUNT(*), MIN(at) FROM outbox").fetch_one(&reader).await?;
    reader.close().await;
    Ok(Unsent { count: u64::try_from(count).unwrap_or(0), oldest: oldest.map(UnixMs::new) })
}

impl Journal {
    /// What waits for the server.
    pub(crate) async fn unsent(&self) -> Result<Unsent, StorageError> {
        let (count, oldest): (i64, Option<i64>) =
            sqlx::query_as("SELECT COUNT(*), MIN(at) FROM outbox").fetch_one(self.storage().reader()).await?;
        Ok(Unsent { count: u64::try_from(count).unwrap_or(0), oldest: oldest.map(UnixMs::new) })
    }

    /// The epochs that it holds records of, oldest first.
    pub(crate) async fn epochs(&self) -> Result<Vec<u32>, StorageError> {
        Ok(sqlx::query_scalar("SELECT DISTINCT epoch FROM record ORDER BY epoch")
            .fetch_all(self.storage().reader())
            .await?)
    }

    /// The epochs that have something to send, oldest first.
    pub(crate) async fn pending_epochs(&self) -> Result<Vec<u32>, StorageError> {
        Ok(sqlx::query_scalar("SELECT DISTINCT epoch FROM outbox ORDER BY epoch")
            .fetch_all(self.storage().reader())
            .await?)
    }

    /// The next records of an epoch that have to be sent, from a sequence on: as many as a batch may hold.
    pub(crate) async fn pending(&self, epoch: u32, from: u64) -> Result<Vec<BatchRecord>, StorageError> {
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT r.sequence, r.bytes, r.signature FROM outbox o JOIN record r USING (epoch, sequence) \
             WHERE o.epoch = $1 AND o.sequence >= $2 ORDER BY o.sequence LIMIT $3",
        )
        .bind(epoch)
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(i64::try_from(MAX_BATCH_RECORDS).unwrap_or(i64::MAX))
        .fetch_all(self.storage().reader())
        .await?;
        let mut batch = Vec::new();
        let mut bytes = 0;
        for (sequence, record, signature) in rows {
            bytes += record.len();
            if !batch.is_empty() && bytes > MAX_BATCH_BYTES {
                break;
            }
            let signature = signature.try_into().map_err(|_| StorageError::damaged("record", &"signature"))?;
            let signed = SignedRecord { record, signature: SignatureHex(signature) };
            batch.push(BatchRecord { sequence: u64::try_from(sequence).unwrap_or(0), signed });
        }
        Ok(batch)
    }

    /// Keeps what the server said of an epoch's records; they no longer wait.
    pub(crate) async fn acknowledge(
        &self,
        epoch: u32,
        outcomes: &[RecordAnswer],
        at: UnixMs,
    ) -> Result<(), StorageError> {
        let pairs: Vec<(i64, String)> = outcomes
            .iter()
            .map(|answer| {
                let outcome =
                    serde_json::to_string(&answer.outcome).map_err(|error| StorageError::damaged("outcome", &error))?;
                Ok((i64::try_from(answer.sequence).unwrap_or(i64::MAX), outcome))
            })
            .collect::<Result<_, StorageError>>()?;
        let pairs = serde_json::to_string(&pairs).map_err(|error| StorageError::damaged("outcome", &error))?;
        // Two statements for a whole batch: a till that was cut off for weeks has tens of thousands to acknowledge.
        let mut unit = self.storage().begin().await?;
        sqlx::query(
            "INSERT INTO outcome (epoch, sequence, received_at, outcome) \
             SELECT $1, value ->> 0, $2, value ->> 1 FROM json_each($3) WHERE true \
             ON CONFLICT (epoch, sequence, outcome) DO NOTHING",
        )
        .bind(epoch)
        .bind(at.get())
        .bind(&pairs)
        .execute(&mut *unit)
        .await?;
        sqlx::query("DELETE FROM outbox WHERE epoch = $1 AND sequence IN (SELECT value ->> 0 FROM json_each($2))")
            .bind(epoch)
            .bind(&pairs)
            .execute(&mut *unit)
            .await?;
        Ok(unit.commit().await?)
    }

    /// Takes out what the server holds already, though its answers were lost here: the head that it names is this
    /// journal's, so every record before it is.
    pub(crate) async fn settle(&self, cursors: &[Cursor]) -> Result<(), StorageError> {
        for cursor in cursors.iter().filter(|cursor| cursor.next > 0) {
            let held = self.hash_at(cursor.epoch, cursor.next - 1).await?;
            if held != Some(cursor.head) || self.has_gaps(cursor.epoch).await? {
                continue;
            }
            let mut unit = self.storage().begin().await?;
            sqlx::query("DELETE FROM outbox WHERE epoch = $1 AND sequence < $2")
                .bind(cursor.epoch)
                .bind(i64::try_from(cursor.next).unwrap_or(i64::MAX))
                .execute(&mut *unit)
                .await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Puts back what the server says it does not hold, whatever it said before.
    pub(crate) async fn resend_beyond(&self, cursors: &[Cursor]) -> Result<(), StorageError> {
        let mut unit = self.storage().begin().await?;
        let epochs: Vec<u32> = sqlx::query_scalar("SELECT DISTINCT epoch FROM record").fetch_all(&mut *unit).await?;
        for epoch in epochs {
            let next = cursors.iter().find(|cursor| cursor.epoch == epoch).map_or(0, |cursor| cursor.next);
            sqlx::query(
                "INSERT INTO outbox (epoch, sequence, at) SELECT epoch, sequence, at FROM record \
                 WHERE epoch = $1 AND sequence >= $2 ON CONFLICT DO NOTHING",
            )
            .bind(epoch)
            .bind(i64::try_from(next).unwrap_or(i64::MAX))
            .execute(&mut *unit)
            .await?;
        }
        Ok(unit.commit().await?)
    }
}
