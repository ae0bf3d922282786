//! A damaged database: it is put aside as it is, and every record that can still be read, and whose signature is this
//! terminal's, goes to a new one, in its old place, so that it is still sent.
//!
//! The new database is made beside the damaged one and takes its place by renaming, so that whatever stops the program
//! in between, the next start goes on.

mod carve;
mod rescue;
mod takeover;

use std::path::{Path, PathBuf};

use domain::calendar::UnixMs;
use domain::id::Digest;
use domain::record::encoding::{SignatureHex, SignedRecord, decode, hash};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sqlx::Row as _;
use tokio_stream::StreamExt as _;

use crate::journal::stands_by;
use crate::storage::{DATABASE_FILE, Storage, StorageError};

/// A new database that is whole and waits to take the damaged one's place.
const SAVED_FILE: &str = "terminal.db.saved";
/// Where the new database is made.
const WORKSHOP: &str = "terminal.salvage";
/// The epoch's file name inside the data directory.
const EPOCH_FILE: &str = "terminal.epoch";
/// So many of the latest records have all their columns looked at: more than any canteen serves in two days.
const LOOKED_FOR: i64 = 2_000;
/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// A database that was put aside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Damage {
    /// When.
    pub(crate) at: UnixMs,
    /// Its file's name in the data directory.
    pub(crate) aside: String,
    /// Records that were saved.
    pub(crate) saved: u64,
    /// Places where records are missing.
    pub(crate) gaps: u64,
    /// Rows of what the terminal held of the office that were lost.
    pub(crate) lost: u64,
}

/// Opens the database of a data directory. A damaged one is put aside, and what can be read of it is saved.
pub(crate) async fn open(data_dir: &Path, key: &SigningKey, now: UnixMs) -> Result<Storage, StorageError> {
    go_on(data_dir)?;
    let damage = match Storage::open(data_dir).await {
        Ok(storage) => match examine(&storage, &key.verifying_key()).await {
            Ok(()) => return Ok(storage),
            Err(error) => {
                storage.close().await;
                error
            }
        },
        Err(error) => error,
    };
    if !damage.is_damage() {
        return Err(damage);
    }
    tracing::error!(error = %damage, "the database is damaged: it is put aside, and what can be read is saved");
    let mut aside = format!("{DATABASE_FILE}.damaged-{}", now.get());
    while data_dir.join(&aside).exists() {
        aside.push('x');
    }
    rescue::build(data_dir, key, now, &aside).await?;
    put_aside(data_dir, &aside, &COMPANIONS)?;
    rename(&data_dir.join(SAVED_FILE), &data_dir.join(DATABASE_FILE))?;
    Storage::open(data_dir).await
}

/// Goes on where the program was stopped between putting a damaged database aside and putting the new one in its place.
/// What SQLite kept beside the damaged one goes after it: the new one must not have it replayed into itself.
pub(crate) fn go_on(data_dir: &Path) -> Result<(), StorageError> {
    let (database, saved) = (data_dir.join(DATABASE_FILE), data_dir.join(SAVED_FILE));
    if database.exists() || !saved.exists() {
        return Ok(());
    }
    put_aside(data_dir, &last_aside(data_dir)?, &COMPANIONS[1..])?;
    rename(&saved, &database)
}

/// Puts the parts of the database aside, the file itself first: from then on the new one counts.
fn put_aside(data_dir: &Path, aside: &str, companions: &[&str]) -> Result<(), StorageError> {
    for companion in companions {
        let part = data_dir.join(format!("{DATABASE_FILE}{companion}"));
        let mut to = data_dir.join(format!("{aside}{companion}"));
        while to.exists() {
            to.as_mut_os_string().push("x");
        }
        if part.exists() {
            rename(&part, &to)?;
        }
    }
    // On the disk before the new one takes the place.
    let synced = std::fs::File::open(data_dir).and_then(|folder| folder.sync_all());
    synced.map_err(|error| file_error(data_dir, &error))
}

/// The name under which the latest damaged database was put aside.
fn last_aside(data_dir: &Path) -> Result<String, StorageError> {
    let first = format!("{DATABASE_FILE}.damaged-");
    let fail = |error: std::io::Error| file_error(data_dir, &error);
    let mut last = format!("{first}0");
    for file in std::fs::read_dir(data_dir).map_err(fail)? {
        let name = file.map_err(fail)?.file_name().to_string_lossy().into_owned();
        let whole = name.starts_with(&first) && !COMPANIONS[1..].iter().any(|companion| name.contains(companion));
        if whole && name > last {
            last = name;
        }
    }
    Ok(last)
}

/// Whether SQLite finds its file in order (its indexes too: a quick check reads none), every record is what its hash and
/// its successor say, and the records that people still look for or that still have to be sent are what their other
/// columns say.
async fn examine(storage: &Storage, key: &VerifyingKey) -> Result<(), StorageError> {
    let said: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(storage.reader()).await?;
    if said != "ok" {
        return Err(StorageError::damaged("database", &said));
    }
    let gaps: Vec<(u32, i64)> = sqlx::query_as("SELECT epoch, sequence FROM gap").fetch_all(storage.reader()).await?;
    let mut rows = sqlx::query_as::<_, (u32, i64, Vec<u8>, Vec<u8>, Vec<u8>)>(
        "SELECT epoch, sequence, previous, hash, CAST(bytes AS BLOB) FROM record ORDER BY epoch, sequence",
    )
    .fetch(storage.reader());
    let mut before: Option<(u32, i64, Digest)> = None;
    while let Some(row) = rows.next().await {
        let (epoch, sequence, previous, stored, bytes) = row?;
        let expected = match before {
            Some((e, s, hash)) if (e, s + 1) == (epoch, sequence) => Some(hash),
            _ if sequence == 0 => Some(Digest::ZERO),
            _ => None,
        };
        let follows = expected.is_some_and(|hash| hash.0.as_slice() == previous) || gaps.contains(&(epoch, sequence));
        let own = hash(&bytes);
        if !follows || own.0.as_slice() != stored {
            return Err(StorageError::damaged("record", &format_args!("epoch {epoch} sequence {sequence}")));
        }
        before = Some((epoch, sequence, own));
    }
    unsent_are_signed(storage, key).await?;
    latest_are_found(storage).await
}

/// Whether the office will take what still has to be sent for this terminal's.
async fn unsent_are_signed(storage: &Storage, key: &VerifyingKey) -> Result<(), StorageError> {
    let mut rows = sqlx::query_as::<_, (u32, i64, Vec<u8>, Vec<u8>)>(
        "SELECT r.epoch, r.sequence, CAST(r.bytes AS BLOB), CAST(r.signature AS BLOB) \
         FROM outbox o JOIN record r USING (epoch, sequence)",
    )
    .fetch(storage.reader());
    while let Some(row) = rows.next().await {
        let (epoch, sequence, bytes, signature) = row?;
        let signed = String::from_utf8(bytes).ok().zip(signature.try_into().ok());
        let signed = signed.map(|(record, bytes)| SignedRecord { record, signature: SignatureHex(bytes) });
        if signed.is_none_or(|signed| signed.verify(key).is_err()) {
            return Err(StorageError::damaged("record", &format_args!("signature of {epoch}, {sequence}")));
        }
    }
    Ok(())
}

/// Whether the latest records are found by what stands in their bytes.
async fn latest_are_found(storage: &Storage) -> Result<(), StorageError> {
    let mut rows = sqlx::query(
        "SELECT CAST(bytes AS BLOB) AS bytes, id, kind, at, business_date, shift, elder, period, mode, voids, refund, \
         collection, credential FROM record ORDER BY epoch DESC, sequence DESC LIMIT $1",
    )
    .bind(LOOKED_FOR)
    .fetch(storage.reader());
    while let Some(row) = rows.next().await {
        let row = row?;
        let text = String::from_utf8(row.try_get("bytes")?).map_err(|e| StorageError::damaged("record", &e))?;
        let record = decode(&text).map_err(|e| StorageError::damaged("record", &e))?;
        if !stands_by(&row, &record)? {
            return Err(StorageError::damaged("record", &format_args!("columns of {}", record.id)));
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<(), StorageError> {
    std::fs::rename(from, to).map_err(|error| file_error(from, &error))
}

fn file_error(path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::File { path: path.to_owned(), reason: error.to_string() }
}

/// The highest epoch that this data directory ever began, kept outside of the database: a new database after a lost
/// one must not begin an epoch that the server has seen.
pub(crate) fn known_epoch(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(data_dir.join(EPOCH_FILE)).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// Keeps the epoch; never an older one.
pub(crate) fn keep_epoch(data_dir: &Path, epoch: u32) -> Result<(), StorageError> {
    if known_epoch(data_dir) >= epoch {
        return Ok(());
    }
    let (fresh, path) = (data_dir.join(format!("{EPOCH_FILE}.new")), data_dir.join(EPOCH_FILE));
    let write = |path: &PathBuf| {
        use std::io::Write as _;
        let mut file = std::fs::File::create(path)?;
        file.write_all(epoch.to_string().as_bytes())?;
        file.sync_all()
    };
    write(&fresh).map_err(|error| file_error(&fresh, &error))?;
    rename(&fresh, &path)
}

impl Storage {
    /// Notes a database that was lost as a whole.
    pub(crate) async fn note_loss(&self, now: UnixMs) -> Result<(), StorageError> {
        let mut unit = self.begin().await?;
        sqlx::query("INSERT INTO damage (at, aside, saved, gaps) VALUES ($1, '', 0, 0)")
            .bind(now.get())
            .execute(&mut *unit)
            .await?;
        Ok(unit.commit().await?)
    }

    /// When the last damage was found, unless an epoch has been begun since.
    pub(crate) async fn damage_without_start(&self) -> Result<bool, StorageError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM damage d WHERE d.saved > 0 AND NOT EXISTS (SELECT 1 FROM record r WHERE r.kind = 'start' \
             AND r.rowid > d.saved) LIMIT 1",
        )
        .fetch_optional(self.reader())
        .await?;
        Ok(found.is_some())
    }

    /// The damage that no cashier has seen yet.
    pub(crate) async fn damage(&self) -> Result<Option<Damage>, StorageError> {
        let row: Option<(i64, String, i64, i64, i64)> = sqlx::query_as(
            "SELECT at, aside, saved, gaps, lost FROM damage WHERE seen_at IS NULL ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(self.reader())
        .await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(row.map(|(at, aside, saved, gaps, lost)| Damage {
            at: UnixMs::new(at),
            aside,
            saved: count(saved),
            gaps: count(gaps),
            lost: count(lost),
        }))
    }

    /// A cashier has seen it.
    pub(crate) async fn damage_seen(&self, now: UnixMs) -> Result<(), StorageError> {
        let mut unit = self.begin().await?;
        sqlx::query("UPDATE damage SET seen_at = $1 WHERE seen_at IS NULL").bind(now.get()).execute(&mut *unit).await?;
        Ok(unit.commit().await?)
    }
}

#[cfg(test)]
mod tests;
