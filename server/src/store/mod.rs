//! The only place with SQL: one store over two databases, and every statement written once.
//!
//! A handler submits **one** unit of work and awaits nothing but SQL inside it: load, a pure function, save.
//!
//! ```no_run
//! use server::store::{Store, Tx};
//! use server::{Error, sql};
//! use domain::id::CanteenId;
//! use domain::calendar::BusinessDate;
//!
//! // A store function takes the open transaction first. The same text runs on SQLite and PostgreSQL.
//! async fn meals(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<i64, Error> {
//!     sql!(tx, "SELECT COUNT(*) FROM elder_meals WHERE canteen = $1 AND date = $2", canteen, date).value().await
//! }
//!
//! async fn example(store: &Store, canteen: CanteenId, date: BusinessDate) -> Result<i64, Error> {
//!     // A read sees one snapshot.
//!     let before = store.read(move |tx| Box::pin(async move { meals(tx, canteen, date).await })).await?;
//!     // A write is durable when it answers; an `Err` undoes it; it runs to its end even when nobody waits any more.
//!     store
//!         .write(move |tx| {
//!             Box::pin(async move {
//!                 sql!(tx, "UPDATE elder_meals SET frozen_by = NULL WHERE canteen = $1", canteen).execute().await?;
//!                 Ok(before)
//!             })
//!         })
//!         .await
//! }
//! ```
//!
//! What both databases accept: `$1`, ids as UUID, money and instants as BIGINT, dates as ISO text,
//! `CAST(COALESCE(SUM(x), 0) AS BIGINT)`, `ON CONFLICT`, `RETURNING`; never `now()`, never FOR UPDATE. Rows are read as
//! tuples by position or as structs made with [`crate::row!`] by name.

pub mod attachments;
pub mod audit;
pub mod backups;
pub mod batches;
pub mod board;
pub mod budgets;
pub mod canteens;
pub mod claims;
pub mod closes;
pub mod context;
pub mod copy;
pub mod corrections;
pub mod days;
pub mod decisions;
pub mod demands;
pub mod draws;
pub mod elders;
pub mod epochs;
pub mod explanations;
pub mod feeds;
pub mod findings;
pub mod holds;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod ledger;
pub mod meta;
pub mod months;
pub mod overview;
pub mod pack;
pub mod payments;
pub mod people;
pub mod policies;
pub mod proposals;
pub mod quarantine;
pub mod records;
pub mod refund_payments;
pub mod register;
pub mod settings;
pub mod sign_in;
pub mod simulation;
pub mod statement;
pub mod terminals;
pub mod usage;
pub mod value;
mod writer;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

pub use statement::{Statement, Tx, insert};
pub use value::{At, Bind, Column, FromRow, Json, Readable, Row, Value};

use crate::error::Error;
use crate::idempotency::Attempt;
use crate::words::{self, Code};

/// A future on the heap, as units of work are: `Box::pin(async move { ... })`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file; it is made when it is not there.
    Sqlite(PathBuf),
    /// `postgres://user@host/name`.
    Postgres(String),
}

impl std::str::FromStr for Database {
    type Err = Error;

    /// Reads `sqlite://PATH`, `postgres://...` or `postgresql://...`.
    fn from_str(url: &str) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(Error::Startup("a database is sqlite://PATH or postgres://USER@HOST/NAME".to_owned()))
    }
}

/// Versions of SQLite before this one can corrupt a database when the WAL is reset.
const LEAST_SQLITE: (i64, i64, i64) = (3, 51, 3);
/// What the writer remembers of the file at most, as SQLite wants it: negative KiB.
const WRITER_CACHE: &str = "-65536";
/// So many pages of 4 KiB are in the log before it is copied back.
const CHECKPOINT_PAGES: &str = "8000";
/// The texts that the writer knows.
const STATEMENTS: usize = 400;
/// For so long a unit waits for rows that another one holds, on PostgreSQL.
const LOCKED: &str = "15s";
/// So many rows are read ahead of who asked for them. The driver's thread and the reader take turns at every row that
/// finds the way full or empty; with what the driver is given by itself (50) that was most of reading a day.
const ROWS_AHEAD: usize = 2_000;
/// A PostgreSQL that does not answer for so long is away: less than a terminal waits for its answer.
const AWAY: Duration = Duration::from_secs(10);
/// A unit that keeps meeting other units is given up after so many tries.
const TRIES: u32 = 20;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/server/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/server/postgres");

/// The store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub enum Store {
    /// On SQLite.
    Sqlite(SqliteStore),
    /// On PostgreSQL.
    Postgres(PgPool),
}

/// The shape of a database beside that of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing is in it.
    Empty,
    /// It is brought up to date when an office is opened on it.
    Older,
    /// The same.
    Current,
    /// A later program has been there; this one does not open it.
    Newer,
}

/// SQLite: readers beside one writer.
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    writers: SqlitePool,
    writer: writer::Writer,
}

impl Store {
    /// Opens the database and brings it to this program's shape.
    ///
    /// Fails when it cannot be reached, when it was written by a later program, or when the SQLite inside this program
    /// is older than 3.51.3.
    pub async fn open(database: &Database) -> Result<Self, Error> {
        let store = Self::connect(database, true).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Brings the database to this program's shape.
    pub async fn migrate(&self) -> Result<(), Error> {
        let migrated = match self {
            Self::Sqlite(sqlite) => SQLITE.run(&sqlite.writers).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        };
        migrated.map_err(|e| Error::Startup(e.to_string()))
    }

    /// Opens an empty database and brings it to an earlier shape of this program: that of a backup.
    ///
    /// Refused when this program never had that shape, and when the database has a later one already.
    pub async fn open_at(database: &Database, version: i64) -> Result<Self, Error> {
        let store = Self::connect(database, true).await?;
        let migrator = store.migrator();
        if !migrator.version_exists(version) {
            store.close().await;
            return Err(Error::refused(Code::Invalid, words::backup::unknown_schema(version)));
        }
        let found: Vec<i64> = store.read(|tx| Box::pin(async move { meta::migrations(tx).await })).await?;
        if found.iter().any(|known| *known > version) {
            store.close().await;
            return Err(Error::refused(Code::Conflict, words::backup::NOT_EMPTY));
        }
        let migrated = match &store {
            Self::Sqlite(sqlite) => migrator.run_to(version, &sqlite.writers).await,
            Self::Postgres(pool) => migrator.run_to(version, pool).await,
        };
        migrated.map_err(|e| Error::Startup(e.to_string()))?;
        Ok(store)
    }

    fn migrator(&self) -> &'static sqlx::migrate::Migrator {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    /// Opens the database as it is; see [`Store::schema`]. A file that is not there is made only with `create`.
    pub async fn connect(database: &Database, create: bool) -> Result<Self, Error> {
        match database {
            Database::Sqlite(path) => connect_sqlite(path, create).await,
            Database::Postgres(url) => connect_postgres(url).await,
        }
    }

    /// Whether the database has this program's shape.
    pub async fn schema(&self) -> Result<Schema, Error> {
        let newest = self.migrator().iter().map(|migration| migration.version).max().unwrap_or_default();
        let found: Vec<i64> = self.read(|tx| Box::pin(async move { meta::migrations(tx).await })).await?;
        Ok(match found.into_iter().max() {
            None => Schema::Empty,
            Some(version) if version < newest => Schema::Older,
            Some(version) if version > newest => Schema::Newer,
            Some(_) => Schema::Current,
        })
    }

    /// A consistent picture: all statements of `work` see the same snapshot.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let store = self.clone();
        spawned(async move {
            let mut tx = match &store {
                Self::Sqlite(sqlite) => Tx::Sqlite(sqlite.readers.begin().await?),
                Self::Postgres(pool) => {
                    Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
                }
            };
            let result = work(&mut tx).await;
            tx.rollback().await;
            result
        })
        .await
    }

    /// One unit of work, durable when it answers. On PostgreSQL it runs under READ COMMITTED: it must rest on unique
    /// keys and conditional updates, as ingest does.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.write(work).await,
            Self::Postgres(pool) => {
                let pool = pool.clone();
                spawned(async move {
                    let tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
                    finish(Tx::Postgres(tx), work).await
                })
                .await
            }
        }
    }

    /// As [`Store::write`], for work that takes long: on SQLite what is short goes first, and no more than one such unit
    /// is in the way of it. On PostgreSQL the caller keeps the number of such units small.
    pub async fn write_long<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.write_long(work).await,
            Self::Postgres(_) => {
                self.write(|tx| {
                    Box::pin(async move {
                        // It waits for whoever is in its way: they are all short.
                        crate::sql!(tx, "SET LOCAL lock_timeout = 0").execute().await?;
                        work(tx).await
                    })
                })
                .await
            }
        }
    }

    /// One unit of work as if it were alone with the database: for closes and the states of months. On PostgreSQL it
    /// runs under SERIALIZABLE and as a whole again when it met another one, so it is called as often as needed.
    pub async fn write_serializable<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.write_long(work).await,
            Self::Postgres(pool) => {
                let pool = pool.clone();
                spawned(async move { retried(&pool, &work).await }).await
            }
        }
    }

    /// As [`Store::write`], for work that is entered in the audit log: on PostgreSQL such units take turns, as they do on
    /// SQLite, so that the chain never forks.
    pub async fn write_audited<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let attempt = Attempt::current();
        self.write(move |tx| {
            Box::pin(async move {
                hold(tx, attempt).await?;
                work(tx).await
            })
        })
        .await
    }

    /// As [`Store::write_long`], for work that is entered in the audit log. The chain is not held yet: everybody else who
    /// signs in or does anything would wait as long as the work takes. It is held right before the entry is made
    /// ([`audit::hold`]).
    pub async fn write_long_audited<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let attempt = Attempt::current();
        self.write_long(move |tx| {
            Box::pin(async move {
                if let Some(attempt) = attempt {
                    attempt.mark(tx).await?;
                }
                work(tx).await
            })
        })
        .await
    }

    /// As [`Store::write_serializable`], for work that is entered in the audit log.
    pub async fn write_serializable_audited<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (work, attempt) = (Arc::new(work), Attempt::current());
        self.write_serializable(move |tx| {
            let work = Arc::clone(&work);
            Box::pin(async move {
                hold(tx, attempt).await?;
                work(tx).await
            })
        })
        .await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|tx| Box::pin(async move { crate::sql!(tx, "SELECT CAST(1 AS BIGINT)").value::<i64>().await }))
            .await
            .map(drop)
    }

    /// From now on SQLite's commits do not wait for the disk: for data that can be made again. After a power cut the last ones
    /// may be missing; none is ever torn. PostgreSQL goes on as before. [`Store::sync`] ends it.
    pub async fn leave_unsynced(&self) -> Result<(), Error> {
        self.pragmas(&["PRAGMA synchronous = NORMAL"]).await
    }

    /// Puts what was committed on the disk, and lets every later commit wait for it as it does by itself.
    pub async fn sync(&self) -> Result<(), Error> {
        self.pragmas(&["PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(FULL)"]).await
    }

    /// Between two groups of units: none of these may stand inside a transaction.
    async fn pragmas(&self, pragmas: &[&'static str]) -> Result<(), Error> {
        if let Self::Sqlite(sqlite) = self {
            let mut connection = sqlite.writers.acquire().await?;
            for pragma in pragmas {
                sqlx::query(*pragma).execute(&mut *connection).await?;
            }
        }
        Ok(())
    }

    /// Waits for the work under way and closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => {
                // A last unit behind all others: when it answers, the queues are empty.
                let _ = sqlite.writer.write(|_| Box::pin(async { Ok(()) })).await;
                let _ = sqlite.writer.write_long(|_| Box::pin(async { Ok(()) })).await;
                sqlite.readers.close().await;
                sqlite.writers.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Runs in a task of its own: a client that goes away must not cut a `begin()` short, which would leave a connection
/// of the pool inside a transaction.
async fn spawned<T: Send + 'static>(work: impl Future<Output = Result<T, Error>> + Send + 'static) -> Result<T, Error> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(failure) if failure.is_panic() => Err(Error::Internal(writer::words_of(failure.into_panic().as_ref()))),
        Err(_) => Err(Error::Database(sqlx::Error::PoolClosed)),
    }
}

async fn finish<T, F>(mut tx: Tx, work: F) -> Result<T, Error>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>>,
{
    match work(&mut tx).await {
        Ok(value) => {
            kill_point!("server.unit.before-commit");
            tx.commit().await?;
            kill_point!("server.unit.committed");
            Ok(value)
        }
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

async fn retried<T, F>(pool: &PgPool, work: &F) -> Result<T, Error>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>>,
{
    let mut tries = 1;
    loop {
        let tx = pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
        match finish(Tx::Postgres(tx), work).await {
            Err(error) if error.wants_retry() && tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(u64::from(tries) * 5)).await;
                tries += 1;
            }
            result => return result,
        }
    }
}

async fn connect_sqlite(path: &std::path::Path, create: bool) -> Result<Store, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .row_buffer_size(ROWS_AHEAD)
        // What a savepoint could take back is kept in memory. By itself SQLite writes it to a file beyond 64 KiB: every
        // batch wrote its old pages there, a tenth of the processor's time of storing it.
        .pragma("temp_store", "MEMORY")
        .busy_timeout(Duration::from_secs(10));
    // The commit is synced as ever; only how long the log grows before it is copied back, and how much is remembered of
    // the file, is of one's own choosing. With what SQLite is given by itself (2 MB, 4 MB) every batch read the leaves
    // of the large indexes again and copied most of what it wrote twice.
    let writing = options
        .clone()
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(STATEMENTS);
    let writers = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writing)
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writers).await?;
    check_version(&version)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(8)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    let writer = writer::Writer::start(writers.clone()).map_err(|e| Error::Startup(e.to_string()))?;
    Ok(Store::Sqlite(SqliteStore { readers, writers, writer }))
}

fn check_version(version: &str) -> Result<(), Error> {
    let mut parts = version.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) >= LEAST_SQLITE {
        return Ok(());
    }
    Err(Error::Startup(format!("SQLite {version} can lose data; 3.51.3 or newer is needed")))
}

async fn connect_postgres(url: &str) -> Result<Store, Error> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.options([("lock_timeout", LOCKED)]);
    let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(AWAY).connect_with(options).await?;
    Ok(Store::Postgres(pool))
}

/// What comes before work that is entered in the audit log: it takes its turn, and marks the key of the request that it
/// belongs to.
async fn hold(tx: &mut Tx, attempt: Option<Attempt>) -> Result<(), Error> {
    audit::hold(tx).await?;
    if tx.is_postgres() {
        // Less than the second after which PostgreSQL looks for a deadlock: a long unit that holds rows and waits for the
        // chain is not the one that is given up.
        crate::sql!(tx, "SET LOCAL lock_timeout = '500ms'").execute().await?;
    }
    match attempt {
        Some(attempt) => attempt.mark(tx).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_can_lose_data_is_refused() {
        for bad in ["3.51.2", "3.50.9", "2.99.9", "3.51", ""] {
            assert!(check_version(bad).is_err(), "{bad}");
        }
        for good in ["3.51.3", "3.52.0", "4.0.0"] {
            assert!(check_version(good).is_ok(), "{good}");
        }
    }

    #[tokio::test]
    async fn commits_wait_for_the_disk_unless_told_otherwise_and_again_behind_a_sync() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.db");
        let store = Store::open(&Database::Sqlite(file.clone())).await.unwrap();
        let waits = async || {
            let Store::Sqlite(sqlite) = &store else { panic!("SQLite") };
            sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&sqlite.writers).await.unwrap()
        };
        let (normal, full) = (1, 2);
        assert_eq!(waits().await, full);
        store.leave_unsynced().await.unwrap();
        assert_eq!(waits().await, normal);
        let noted = store.write(|tx| {
            Box::pin(async move { crate::sql!(tx, "CREATE TABLE noted (what TEXT)").execute().await.map(drop) })
        });
        noted.await.unwrap();
        store.sync().await.unwrap();
        assert_eq!(waits().await, full);
        // What the log held is in the file itself.
        let alone = folder.path().join("alone.db");
        std::fs::copy(&file, &alone).unwrap();
        let copy = Store::connect(&Database::Sqlite(alone), false).await.unwrap();
        let there =
            copy.read(|tx| Box::pin(async move { crate::sql!(tx, "SELECT what FROM noted").values::<String>().await }));
        assert!(there.await.unwrap().is_empty());
    }
}
