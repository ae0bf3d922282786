//! Making a new database of what can be read of a damaged one.

use std::path::{Path, PathBuf};

use domain::calendar::UnixMs;
use domain::id::Digest;
use domain::record::encoding::{SignedRecord, decode};
use ed25519_dalek::SigningKey;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use super::carve::{self, Found};
use super::takeover::take_over;
use super::{COMPANIONS, SAVED_FILE, WORKSHOP, file_error, rename};
use crate::journal::insert_saved;
use crate::storage::{DATABASE_FILE, Storage, StorageError};

/// So many rows are read at once; where that fails, one at a time.
const STRIDE: i64 = 500;

/// Makes the new database and leaves it, whole, as `terminal.db.saved`.
pub(super) async fn build(data_dir: &Path, key: &SigningKey, now: UnixMs, aside: &str) -> Result<(), StorageError> {
    let public = key.verifying_key();
    let workshop = data_dir.join(WORKSHOP);
    let fail = |error: std::io::Error| file_error(&workshop, &error);
    if workshop.exists() {
        std::fs::remove_dir_all(&workshop).map_err(fail)?;
    }
    std::fs::create_dir_all(&workshop).map_err(fail)?;
    let mut found = Found::new();
    let read = |companion: &str| std::fs::read(data_dir.join(format!("{DATABASE_FILE}{companion}")));
    if let Ok(bytes) = read("") {
        carve::carve(&bytes, &public, &mut found);
    }
    if let Ok(wal) = read("-wal") {
        carve::carve(carve::committed(&wal), &public, &mut found);
    }
    let copy = copy(data_dir, &workshop);
    if let Some(copy) = &copy {
        walk(copy, key, &mut found).await;
    }
    let storage = Storage::open(&workshop).await?;
    restore(&storage, &found, now, aside).await?;
    if let Some(copy) = &copy {
        take_over(&storage, copy, &found).await?;
    }
    storage.close().await;
    rename(&workshop.join(DATABASE_FILE), &data_dir.join(SAVED_FILE))?;
    std::fs::remove_dir_all(&workshop).map_err(fail)
}

/// A copy to read from: reading a database through SQLite may write to it, and the damaged one stays as it is.
fn copy(data_dir: &Path, workshop: &Path) -> Option<PathBuf> {
    let to = workshop.join("copy.db");
    for companion in COMPANIONS {
        let from = data_dir.join(format!("{DATABASE_FILE}{companion}"));
        if companion != "-shm" && from.exists() {
            std::fs::copy(from, workshop.join(format!("copy.db{companion}"))).ok()?;
        }
    }
    Some(to)
}

/// The records that SQLite can still find: those too large for one page among them.
async fn walk(copy: &Path, key: &SigningKey, found: &mut Found) {
    let options = SqliteConnectOptions::new().filename(copy);
    let Ok(pool) = SqlitePoolOptions::new().max_connections(1).connect_with(options).await else { return };
    let last = sqlx::query_scalar::<_, Option<i64>>("SELECT MAX(rowid) FROM record NOT INDEXED").fetch_one(&pool).await;
    let last = last.ok().flatten().unwrap_or(0);
    for first in (1..=last).step_by(usize::try_from(STRIDE).unwrap_or(1)) {
        if read_rows(&pool, first, first + STRIDE - 1, key, found).await.is_none() {
            for one in first..first + STRIDE {
                read_rows(&pool, one, one, key, found).await;
            }
        }
    }
    pool.close().await;
}

async fn read_rows(pool: &SqlitePool, first: i64, last: i64, key: &SigningKey, found: &mut Found) -> Option<()> {
    let sql = "SELECT CAST(bytes AS BLOB), CAST(hash AS BLOB), CAST(signature AS BLOB) FROM record NOT INDEXED \
               WHERE rowid BETWEEN $1 AND $2";
    let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> =
        sqlx::query_as(sql).bind(first).bind(last).fetch_all(pool).await.ok()?;
    for (bytes, hash, signature) in rows {
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let taken =
            signature.try_into().is_ok_and(|signature| carve::take(found, text, signature, &key.verifying_key()));
        if !taken {
            sign_again(found, text, &hash, key);
        }
    }
    Some(())
}

/// A record whose text is as its hash says, and only the signature is damaged: the same key makes the same signature of
/// the same bytes.
fn sign_again(found: &mut Found, text: &str, hash: &[u8], key: &SigningKey) {
    let Ok(record) = decode(text) else { return };
    let signed = SignedRecord::seal(&record, key);
    if signed.record == text && signed.hash().0.as_slice() == hash {
        found.entry((record.epoch, record.sequence)).or_insert(signed);
    }
}

/// Puts the records in their old places. Where one does not follow, a gap is noted.
async fn restore(storage: &Storage, found: &Found, now: UnixMs, aside: &str) -> Result<(), StorageError> {
    let mut unit = storage.begin().await?;
    let (mut before, mut gaps, mut latest) = (None, 0_i64, 0);
    for ((epoch, sequence), signed) in found {
        let record = decode(&signed.record).map_err(|error| StorageError::damaged("record", &error))?;
        let previous = match before {
            Some((e, s, hash)) if (e, s + 1) == (*epoch, *sequence) => hash,
            _ => Digest::ZERO,
        };
        if record.previous != previous {
            gaps += 1;
            sqlx::query("INSERT INTO gap (epoch, sequence) VALUES ($1, $2)")
                .bind(epoch)
                .bind(i64::try_from(*sequence).unwrap_or(i64::MAX))
                .execute(&mut *unit)
                .await?;
        }
        insert_saved(&mut unit, &record, signed).await?;
        before = Some((*epoch, *sequence, signed.hash()));
        latest = latest.max(record.at.get());
    }
    if !found.is_empty() {
        sqlx::query("INSERT INTO clock (only_row, floor) VALUES (1, $1)").bind(latest).execute(&mut *unit).await?;
    }
    sqlx::query("INSERT INTO damage (at, aside, saved, gaps) VALUES ($1, $2, $3, $4)")
        .bind(now.get())
        .bind(aside)
        .bind(i64::try_from(found.len()).unwrap_or(i64::MAX))
        .bind(gaps)
        .execute(&mut *unit)
        .await?;
    Ok(unit.commit().await?)
}
