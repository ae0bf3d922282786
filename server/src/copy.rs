//! Takes an office from SQLite to PostgreSQL: every row, and the proof that both hold the same.
//!
//! The source is read inside one transaction that nobody can write beside, and at the end of it is marked as moved, so
//! that it is not served by mistake. What was copied before an interruption is not copied again.

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::backup::some;
use crate::error::Error;
use crate::store::copy::{self, Cells, Table};
use crate::store::{Store, Tx, meta};
use crate::words::{Code, moving as words};

/// So many rows at first; then as many as are no more than a few megabytes.
const FIRST: usize = 16;
/// Names what the digest of all rows is made of.
const TAG: &[u8] = b"zhucan.rows.1";
/// Under this name the source remembers where it went.
const MOVED: &str = "moved_to";

/// Which table, how many of its rows are done, and of how many.
pub type Progress = Arc<dyn Fn(Step, &str, u64, u64) + Send + Sync>;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows are copied.
    Copy,
    /// Both sides are read and compared.
    Compare,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Rows of each table.
    pub tables: Vec<(String, u64)>,
    /// Rows that an earlier run had copied.
    pub before: u64,
    /// Rows that had changed since an earlier run, and were copied again.
    pub mended: u64,
    /// SHA-256 over every row of both sides.
    pub digest: Digest,
}

impl Copied {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Where the office went, if it was moved: then it is not served from here.
pub async fn moved(store: &Store) -> Result<Option<String>, Error> {
    store.read(|tx| Box::pin(async move { meta::get(tx, MOVED).await })).await
}

/// Copies every row from SQLite to PostgreSQL and compares both. `told` is what the source says from then on; without
/// it this was a trial and the source goes on.
///
/// Fails when the target holds another office, when the databases have different tables, and when a row is not the same
/// on both sides and cannot be made so; it names the table and the row.
pub async fn copy(
    source: &Store,
    target: &Store,
    told: Option<(String, UnixMs)>,
    progress: Progress,
) -> Result<Copied, Error> {
    if !matches!((source, target), (Store::Sqlite(_), Store::Postgres(_))) {
        return Err(Error::refused(Code::Invalid, words::DIRECTION));
    }
    let tables = target.read(|tx| Box::pin(async move { copy::tables(tx).await })).await?;
    let target = target.clone();
    source
        .write_long(move |tx| {
            Box::pin(async move {
                let names = copy::names_in_sqlite(tx).await?;
                if tables.iter().map(|table| &table.name).ne(sorted(&tables, &names)) {
                    return Err(Error::refused(Code::Conflict, words::OTHER_TABLES));
                }
                same_office(tx, &target).await?;
                let mut copied = Copied { tables: Vec::new(), before: 0, mended: 0, digest: Digest([0; 32]) };
                for table in &tables {
                    let rows = table.count(tx).await?;
                    copied.before += fill(tx, &target, table, rows, &progress).await?;
                    copied.tables.push((table.name.clone(), rows));
                }
                let mut hash = Sha256::new();
                hash.update(TAG);
                for (table, (_, rows)) in tables.iter().zip(&copied.tables) {
                    copied.mended += compare(tx, &target, table, *rows, &mut hash, &progress).await?;
                }
                copied.digest = Digest(hash.finalize().into());
                if let Some((place, at)) = told {
                    meta::keep(tx, MOVED, &words::moved(&place, at)).await?;
                }
                Ok(copied)
            })
        })
        .await
}

/// The tables' names in their order, if both sides have the same.
fn sorted<'t>(tables: &'t [Table], names: &std::collections::BTreeSet<String>) -> Vec<&'t String> {
    let known: Vec<&String> = tables.iter().map(|table| &table.name).filter(|name| names.contains(*name)).collect();
    if known.len() == names.len() { known } else { Vec::new() }
}

/// Refuses a target that is somebody else's.
async fn same_office(tx: &mut Tx, target: &Store) -> Result<(), Error> {
    let here = meta::get(tx, "server_epoch").await?;
    let there = target.read(|tx| Box::pin(async move { meta::get(tx, "server_epoch").await })).await?;
    if there.is_some() && there != here {
        return Err(Error::refused(Code::Conflict, words::OTHER_OFFICE));
    }
    Ok(())
}

/// Copies what lies behind the target's last row. Says how many rows it had.
async fn fill(tx: &mut Tx, target: &Store, table: &Table, rows: u64, progress: &Progress) -> Result<u64, Error> {
    let asked = table.clone();
    let (mut after, before) =
        target.read(move |tx| Box::pin(async move { Ok((asked.last_key(tx).await?, asked.count(tx).await?)) })).await?;
    let (mut done, mut limit) = (before, FIRST);
    loop {
        progress(Step::Copy, &table.name, done, rows);
        let (chunk, next) = some(tx, table, after.as_ref(), limit).await?;
        let Some(last) = chunk.last() else { return Ok(before) };
        limit = next;
        after = Some(table.key_of(last));
        done += chunk.len() as u64;
        let put = table.clone();
        target.write(move |tx| Box::pin(async move { put.put(tx, chunk, false).await })).await?;
    }
}

/// Reads both sides in the order of the key and copies again what differs. Says how many rows did.
async fn compare(
    tx: &mut Tx,
    target: &Store,
    table: &Table,
    rows: u64,
    hash: &mut Sha256,
    progress: &Progress,
) -> Result<u64, Error> {
    let (mut after, mut done, mut mended): (Option<Cells>, u64, u64) = (None, 0, 0);
    let mut limit = FIRST;
    hash.update(table.name.as_bytes());
    loop {
        progress(Step::Compare, &table.name, done, rows);
        let (here, next) = some(tx, table, after.as_ref(), limit).await?;
        let last = here.last().map(|row| table.key_of(row));
        let there = read(target, table, after.clone(), last.clone(), limit).await?;
        if here != there {
            mended += mend(target, table, &here, &there).await?;
            let again = read(target, table, after.clone(), last.clone(), limit).await?;
            if let Some(key) = first_difference(table, &here, &again) {
                return Err(Error::refused(Code::Conflict, words::row_differs(&table.name, &table.told(&key))));
            }
        }
        let mut bytes = Vec::new();
        for value in here.iter().flatten() {
            value.digest_into(&mut bytes);
        }
        hash.update(&bytes);
        done += here.len() as u64;
        let Some(last) = last else { return Ok(mended) };
        (after, limit) = (Some(last), next);
    }
}

/// The target's rows behind a key and up to another; behind the source's last key whatever is there.
async fn read(
    target: &Store,
    table: &Table,
    after: Option<Cells>,
    until: Option<Cells>,
    limit: usize,
) -> Result<Vec<Cells>, Error> {
    let table = table.clone();
    let reading = target.read(move |tx| {
        // One more than the source had at a time would be a row too many already.
        Box::pin(async move { table.rows(tx, after.as_ref(), until.as_ref(), 2 * limit).await })
    });
    reading.await
}

/// Makes the target's rows those of the source. Says how many were not.
async fn mend(target: &Store, table: &Table, here: &[Cells], there: &[Cells]) -> Result<u64, Error> {
    let missing = |of: &[Cells], row: &Cells| !of.contains(row);
    let surplus: Vec<Cells> = there
        .iter()
        .map(|row| table.key_of(row))
        .filter(|key| here.iter().all(|row| copy::order(&table.key_of(row), key).is_ne()))
        .collect();
    let changed: Vec<Cells> = here.iter().filter(|row| missing(there, row)).cloned().collect();
    let count = (surplus.len() + changed.len()) as u64;
    let first = surplus.first().cloned().or_else(|| changed.first().map(|row| table.key_of(row)));
    let mended = table.clone();
    let written = target
        .write(move |tx| {
            Box::pin(async move {
                for key in surplus {
                    mended.remove(tx, key).await?;
                }
                mended.put(tx, changed, true).await
            })
        })
        .await;
    match (written, first) {
        (Ok(()), _) => Ok(count),
        // A trigger keeps it, or other rows point to it: an approved paper, a record.
        (Err(Error::Database(sqlx::Error::Database(_))), Some(key)) => {
            Err(Error::refused(Code::Conflict, words::row_differs(&table.name, &table.told(&key))))
        }
        (Err(error), _) => Err(error),
    }
}

/// The key of the first row that is not on both sides.
fn first_difference(table: &Table, here: &[Cells], there: &[Cells]) -> Option<Cells> {
    let pairs = here.iter().zip(there).find(|(a, b)| a != b).map(|(a, _)| a);
    let longer = || here.get(there.len()).or_else(|| there.get(here.len()));
    pairs.or_else(longer).map(|row| table.key_of(row))
}
