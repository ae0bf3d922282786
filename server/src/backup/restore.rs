//! The way back: into an empty place only, all rows in one transaction that is committed when every row was read back
//! and the digest of all of them is the file's.

use std::path::Path;
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{Digest, Entropy};
use serde::Serialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::rows::{Contents, End, Piece, Section};
use super::{Broken, Head, Opened, Progress, Step, WAITING, open, some};
use crate::audit::{Act, Action, Actor};
use crate::error::Error;
use crate::seal::Keys;
use crate::store::copy::{self as tables, Table};
use crate::store::{Database, Store, Tx, meta, people};
use crate::words::{Code, backup as words};

/// What was restored.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// The state of the office that was restored, unix ms.
    pub made_at: UnixMs,
    /// The server epoch of the office that was backed up.
    pub before: String,
    /// The server epoch that the restored office has: terminals take whatever it holds anew.
    pub office: String,
    /// Rows of each table.
    pub tables: Vec<(String, u64)>,
    /// Of every row: the same in the file and in the database.
    pub digest: Digest,
}

impl Restored {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Puts a backup into an empty database and proves that it holds the same. The office's keys are answered: to be saved
/// last, because an office without its key file is not opened.
///
/// Refused when the file is damaged, cut or none, when the passphrase is wrong, when the file was made by a later
/// program, and when the database is not empty. Whatever is refused leaves no row behind.
pub async fn restore(
    file: &Path,
    passphrase: Zeroizing<String>,
    database: &Database,
    now: UnixMs,
    entropy: Arc<dyn Entropy>,
    progress: Progress,
) -> Result<(Restored, Keys), Error> {
    let file = file.to_owned();
    let opening = tokio::task::spawn_blocking(move || open(&file, &passphrase));
    let Opened { head, escrow, mut content } = opening.await.map_err(|error| Error::Internal(error.to_string()))??;
    let keys = Keys::from_text(&escrow.office).map_err(|_| Broken::Head)?;
    let store = Store::open_at(database, head.schema).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        loop {
            let piece = content.next();
            // The end counts only when nothing follows it.
            let piece = match piece {
                Ok(Piece::End(end)) => return drop(sender.blocking_send(content.finish().map(|()| Piece::End(end)))),
                piece => piece,
            };
            let stop = piece.is_err();
            if sender.blocking_send(piece).is_err() || stop {
                return;
            }
        }
    });
    let loaded = store.write_long(move |tx| Box::pin(async move { load(tx, receiver, &progress).await })).await;
    let done = match (reading.await, loaded) {
        (Err(error), _) => Err(Error::Internal(error.to_string())),
        (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(end)) => settle(&store, database, &keys, &head, end, now, &*entropy).await,
    };
    store.close().await;
    Ok((done?, keys))
}

/// Puts all rows in and compares them.
async fn load(
    tx: &mut Tx,
    mut pieces: mpsc::Receiver<Result<Piece, Broken>>,
    progress: &Progress,
) -> Result<End, Error> {
    let known = tables::tables(tx).await?;
    for table in &known {
        if table.count(tx).await? > 0 {
            return Err(Error::refused(Code::Conflict, words::NOT_EMPTY));
        }
    }
    let mut filled: Vec<Table> = Vec::new();
    let mut done = 0;
    let end = loop {
        match pieces.recv().await.unwrap_or(Err(Broken::Rows))? {
            Piece::Table(section) => {
                filled.push(place(&known, &section)?);
                done = 0;
            }
            Piece::Rows(rows) => {
                let table = filled.last().ok_or(Broken::Rows)?;
                done += rows.len() as u64;
                let rows = rows.into_iter().map(|row| table.typed(row)).collect::<Option<Vec<_>>>();
                table.put(tx, rows.ok_or(Broken::Rows)?, false).await?;
                progress(Step::Restore, &table.name, done, 0);
            }
            Piece::End(end) => break end,
        }
    };
    if filled.len() != known.len() {
        return Err(Broken::Rows.into());
    }
    compare(tx, &filled, &end, progress).await?;
    Ok(end)
}

/// The table of the database that a section of the file is for: it has the same columns.
fn place(known: &[Table], section: &Section) -> Result<Table, Error> {
    let table = known.iter().find(|table| table.name == section.table);
    let table = table.and_then(|table| table.arranged(&section.columns, &section.key));
    table.ok_or_else(|| Error::refused(Code::Conflict, words::other_table(&section.table)))
}

/// Reads every row back; the digest of all of them is the file's, or nothing was restored.
async fn compare(tx: &mut Tx, filled: &[Table], end: &End, progress: &Progress) -> Result<(), Error> {
    let mut contents = Contents::new();
    for (table, (_, rows)) in filled.iter().zip(&end.tables) {
        contents.table(&table.name);
        let (mut after, mut done, mut limit) = (None, 0, 16);
        loop {
            progress(Step::Compare, &table.name, done, *rows);
            let (chunk, next) = some(tx, table, after.as_ref(), limit).await?;
            let Some(last) = chunk.last() else { break };
            (after, limit) = (Some(table.key_of(last)), next);
            done += chunk.len() as u64;
            contents.take(&chunk.into_iter().map(tables::neutral).collect::<Vec<_>>());
        }
    }
    if contents.end() == *end { Ok(()) } else { Err(Error::refused(Code::Conflict, words::NOT_THE_SAME)) }
}

/// Brings the schema up to date and makes the copy an office of its own: another server epoch, by which terminals know
/// that what they were told may not stand any more; nobody signed in; not the place that anything was moved away from.
async fn settle(
    store: &Store,
    database: &Database,
    keys: &Keys,
    head: &Head,
    end: End,
    now: UnixMs,
    entropy: &dyn Entropy,
) -> Result<Restored, Error> {
    store.migrate().await?;
    let mut random = [0; 16];
    entropy.fill(&mut random);
    let office = hex::encode(random);
    let check = keys.check_value(&office);
    let act = Act::new(Actor::System, Action::OfficeRestore, format!("office:{office}"))
        .with("before", head.office.clone())
        .with("made_at", head.made_at.get())
        .with("digest", end.digest.to_string())
        .with("onto", if matches!(database, Database::Sqlite(_)) { "sqlite" } else { "postgres" });
    let named = office.clone();
    let known = keys.check_value(&head.office);
    store
        .write_audited(move |tx| {
            Box::pin(async move {
                if meta::get(tx, "key_check").await? != Some(known) {
                    return Err(Error::refused(Code::Conflict, words::OTHER_KEYS));
                }
                meta::put(tx, "server_epoch", &named).await?;
                meta::put(tx, "key_check", &check).await?;
                people::end_all_sessions(tx).await?;
                act.done(tx, now).await.map(drop)
            })
        })
        .await?;
    Ok(Restored { made_at: head.made_at, before: head.office.clone(), office, tables: end.tables, digest: end.digest })
}
