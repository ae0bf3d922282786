//! Taking over what the terminal holds of the office and what it noted beside its records: without it nothing could be
//! sold before the office is reached again.
//!
//! Row by row, each one read and checked. `INSERT INTO t SELECT * FROM old.t` between equal tables is a transfer of raw
//! rows to SQLite, which decodes none of them and carries damaged ones over as they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio_stream::StreamExt as _;

use super::carve::Found;
use crate::storage::{Storage, StorageError};

/// Tables in an order in which no row comes before one that it refers to, each with the migration that made it and the
/// delta feed that it is part of. Of the office only its epoch: the versions go with rows.
const TABLES: [(&str, i64, Option<&str>); 11] = [
    ("setup", 1, None),
    ("pin_failure", 1, None),
    ("menu", 3, None),
    ("delivered", 3, None),
    ("portion", 7, None),
    ("refund_due", 2, None),
    ("roster", 1, Some("roster")),
    ("credential", 1, Some("roster")),
    ("elder_usage", 1, Some("usage")),
    ("usage_included", 1, Some("usage")),
    ("office", 2, None),
];
/// So many outcomes are read at once; where that fails, one at a time.
const STRIDE: i64 = 500;
const CLOCK: &str = "INSERT INTO main.clock (only_row, server_time, monotonic, boot, floor) \
    SELECT only_row, server_time, monotonic, boot, floor FROM old.clock NOT INDEXED WHERE only_row = 1 \
    ON CONFLICT (only_row) DO UPDATE SET server_time = excluded.server_time, monotonic = excluded.monotonic, \
    boot = excluded.boot, floor = MAX(clock.floor, excluded.floor)";

/// Takes over from the copy of a damaged database what can be read of it, and notes with the damage how many rows are
/// lost: a table of which that cannot be known counts as one more. A feed of which any row is lost is asked for from its
/// beginning.
pub(super) async fn take_over(storage: &Storage, copy: &Path, found: &Found) -> Result<(), StorageError> {
    let mut writer = storage.writer().acquire().await?;
    let path = copy.to_string_lossy().into_owned();
    let attached = sqlx::query("ATTACH DATABASE $1 AS old").bind(path).execute(&mut *writer).await.is_ok();
    let lost = if attached { everything(&mut writer, found).await } else { i64::try_from(TABLES.len()).unwrap_or(1) };
    sqlx::query("UPDATE main.damage SET lost = $1 WHERE number = (SELECT MAX(number) FROM main.damage)")
        .bind(lost)
        .execute(&mut *writer)
        .await?;
    if let (true, Err(error)) = (attached, sqlx::query("DETACH DATABASE old").execute(&mut *writer).await) {
        tracing::warn!(%error, "the damaged copy is let go of with the connection");
    }
    Ok(())
}

async fn everything(writer: &mut SqliteConnection, found: &Found) -> i64 {
    let (mut all, mut of_feed) = (0, BTreeMap::from([("roster", 0_i64), ("usage", 0)]));
    let release = release(writer).await;
    for (table, since, feed) in TABLES {
        if release < since {
            tracing::info!(table, release, "the damaged database is older than this table");
            continue;
        }
        let lost = whole_table(writer, table).await;
        if lost > 0 {
            tracing::warn!(table, lost, "rows were not saved");
        }
        all += lost;
        if let Some(lost_of_feed) = feed.and_then(|feed| of_feed.get_mut(feed)) {
            *lost_of_feed += lost;
        }
    }
    for (feed, _) in of_feed.iter().filter(|(_, lost)| **lost == 0) {
        // One that was about to be fetched from its beginning still is. Where the old table is of before that was noted,
        // all of it is fetched.
        let version = "INSERT INTO main.feed (name, version, fetched, whole_at, scope) \
            SELECT name, version, fetched, whole_at, scope FROM old.feed NOT INDEXED WHERE name = $1";
        let kept = sqlx::query(version).bind(*feed).execute(&mut *writer).await;
        tracing::info!(feed, kept = kept.is_ok(), "nothing of the feed was lost");
    }
    all += outcomes(writer, found).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what the office said of the records was not saved");
        1
    });
    if let Err(error) = sqlx::query(CLOCK).execute(&mut *writer).await {
        tracing::warn!(%error, "the clock was not saved");
        all += 1;
    }
    all
}

/// The last migration of the damaged database; the newest where that cannot be known.
async fn release(writer: &mut SqliteConnection) -> i64 {
    let last = "SELECT MAX(version) FROM old._sqlx_migrations NOT INDEXED WHERE success";
    let last = sqlx::query_scalar::<_, Option<i64>>(last).fetch_one(writer).await;
    last.ok().flatten().unwrap_or(i64::MAX)
}

/// Takes over a table and returns how many of its rows are lost.
async fn whole_table(writer: &mut SqliteConnection, table: &str) -> i64 {
    let Ok(mut unit) = writer.begin().await else { return 1 };
    let lost = rows(&mut unit, table).await;
    match (lost, unit.commit().await) {
        (Ok(lost), Ok(())) => lost,
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(table, %error, "a table was not saved");
            1
        }
    }
}

async fn rows(unit: &mut SqliteConnection, table: &str) -> Result<i64, sqlx::Error> {
    let columns = columns(unit, table).await?;
    if columns.is_empty() {
        return Ok(1);
    }
    let list = columns.join(", ");
    let copy = format!("INSERT INTO main.{table} ({list}) SELECT {list} FROM old.{table} NOT INDEXED WHERE rowid = $1");
    let (mut places, mut whole) = read(unit, format!("SELECT rowid, '' FROM old.{table} NOT INDEXED")).await;
    let mut doubtful = BTreeSet::new();
    for (index, keys) in indexes(unit, table).await? {
        let (entries, readable) =
            read(unit, format!("SELECT rowid, {keys} FROM old.{table} INDEXED BY \"{index}\"")).await;
        whole &= readable;
        let row = format!("SELECT {keys} FROM old.{table} NOT INDEXED WHERE rowid = $1");
        for (place, entry) in entries {
            let there = sqlx::query_scalar::<_, String>(AssertSqlSafe(row.clone())).bind(place);
            if !matches!(there.fetch_optional(&mut *unit).await, Ok(Some(keys)) if keys == entry) {
                doubtful.insert(place);
            }
            places.insert(place, String::new());
        }
    }
    for place in places.keys() {
        let taken = sqlx::query(AssertSqlSafe(copy.clone())).bind(place).execute(&mut *unit).await;
        if !matches!(taken, Ok(done) if done.rows_affected() == 1) {
            doubtful.insert(*place);
        }
    }
    Ok(i64::try_from(doubtful.len()).unwrap_or(i64::MAX) + i64::from(!whole))
}

/// The columns that the old table and the new one have.
async fn columns(unit: &mut SqliteConnection, table: &str) -> Result<Vec<String>, sqlx::Error> {
    let both = "SELECT name FROM pragma_table_info($1, 'main') INTERSECT SELECT name FROM pragma_table_info($1, 'old')";
    let columns: Vec<String> = sqlx::query_scalar(both).bind(table).fetch_all(unit).await?;
    Ok(columns.into_iter().filter(|column| column != "versions").collect())
}

/// The old table's indexes over all of its rows, each with its key as an expression of text.
async fn indexes(unit: &mut SqliteConnection, table: &str) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT l.name, (SELECT group_concat('hex(' || i.name || ')', ' || ''.'' || ') \
           FROM pragma_index_info(l.name, 'old') i) AS keys \
         FROM pragma_index_list($1, 'old') l WHERE l.partial = 0 AND keys IS NOT NULL",
    )
    .bind(table)
    .fetch_all(unit)
    .await
}

/// Places with texts as far as they can be read, and whether that was to the end.
async fn read(unit: &mut SqliteConnection, sql: String) -> (BTreeMap<i64, String>, bool) {
    let mut found = BTreeMap::new();
    let mut rows = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql)).fetch(unit);
    while let Some(row) = rows.next().await {
        let Ok((place, text)) = row else { return (found, false) };
        found.insert(place, text);
    }
    (found, true)
}

/// What the office said of the records that were saved. One that is lost is told again: its record waits anew.
async fn outcomes(writer: &mut SqliteConnection, found: &Found) -> Result<i64, sqlx::Error> {
    let mut ends = BTreeMap::<u32, i64>::new();
    for (epoch, sequence) in found.keys() {
        ends.insert(*epoch, i64::try_from(*sequence).unwrap_or(i64::MAX));
    }
    let mut unit = writer.begin().await?;
    let mut lost = 0;
    for (epoch, end) in ends {
        for first in (0..=end).step_by(usize::try_from(STRIDE).unwrap_or(1)) {
            if some_outcomes(&mut unit, epoch, first, first + STRIDE - 1).await.is_ok() {
                continue;
            }
            for one in first..first + STRIDE {
                lost += i64::from(some_outcomes(&mut unit, epoch, one, one).await.is_err());
            }
        }
    }
    unit.commit().await?;
    Ok(lost)
}

async fn some_outcomes(unit: &mut SqliteConnection, epoch: u32, first: i64, last: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO main.outcome (epoch, sequence, received_at, outcome) \
         SELECT o.epoch, o.sequence, o.received_at, o.outcome FROM main.record r CROSS JOIN old.outcome o \
         ON o.epoch = r.epoch AND o.sequence = r.sequence WHERE r.epoch = $1 AND r.sequence BETWEEN $2 AND $3",
    )
    .bind(epoch)
    .bind(first)
    .bind(last)
    .execute(unit)
    .await?;
    Ok(())
}
