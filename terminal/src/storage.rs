//! The terminal's database: one SQLite file, one writer, a few readers.
//!
//! Write-ahead log with synchronous=FULL: a commit that was answered survives a power cut.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// The database's file name inside the data directory.
pub const DATABASE_FILE: &str = "terminal.db";
/// Older SQLite versions can corrupt a database when its write-ahead log is reset.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
const READERS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/terminal");

/// A transaction of the one writer.
pub(crate) type Unit = sqlx::Transaction<'static, sqlx::Sqlite>;

/// Why the database does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// SQLite or the disk reports an error.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("database schema: {0}")]
    Schema(#[from] MigrateError),
    /// The program was built with a SQLite that is too old.
    #[error("SQLite {0} is too old")]
    TooOld(String),
    /// A file beside the database cannot be written or moved.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A stored value cannot be read.
    #[error("damaged row in {table}: {reason}")]
    Damaged {
        /// Table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl StorageError {
    /// A row that cannot be read.
    pub(crate) fn damaged(table: &'static str, reason: &dyn std::fmt::Display) -> Self {
        Self::Damaged { table, reason: reason.to_string() }
    }

    /// SQLite's result code, if it is SQLite that complains.
    fn code(&self) -> Option<u32> {
        let (Self::Database(error)
        | Self::Schema(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _))) = self
        else {
            return None;
        };
        // The upper bytes only say more of the same.
        error.as_database_error()?.code()?.parse::<u32>().ok().map(|code| code & 0xff)
    }

    /// Whether the database is not what was once written: it can only be put aside.
    pub(crate) fn is_damage(&self) -> bool {
        const CORRUPT: u32 = 11;
        const NOT_A_DATABASE: u32 = 26;
        let unreadable = matches!(self, Self::Damaged { .. } | Self::Database(sqlx::Error::ColumnDecode { .. }));
        unreadable || matches!(self.code(), Some(CORRUPT | NOT_A_DATABASE))
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        const FULL: u32 = 13;
        self.code() == Some(FULL)
    }
}

/// The pools.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    write: SqlitePool,
    read: SqlitePool,
}

impl Storage {
    /// Opens or makes the database of a data directory and brings its schema up to date.
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::new()
            .filename(data_dir.join(DATABASE_FILE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("trusted_schema", "OFF");
        let write = Self::pool(1).connect_with(options.clone()).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&write).await?;
        let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
        if parts.as_slice() < OLDEST_SQLITE.as_slice() {
            return Err(StorageError::TooOld(version));
        }
        MIGRATIONS.run(&write).await?;
        let read = Self::pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { write, read })
    }

    /// A pool of so many. A file of one's own does not hang up: asking it before each use would double the work.
    fn pool(connections: u32) -> SqlitePoolOptions {
        SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
    }

    /// Begins a transaction that holds the write lock from its start.
    pub(crate) async fn begin(&self) -> Result<Unit, StorageError> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The one writer, for what cannot stand in a transaction.
    pub(crate) const fn writer(&self) -> &SqlitePool {
        &self.write
    }

    /// Whether nothing was ever recorded in it.
    pub(crate) async fn is_new(&self) -> Result<bool, StorageError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM record LIMIT 1").fetch_optional(&self.read).await?;
        Ok(found.is_none())
    }

    /// The readers.
    pub(crate) const fn reader(&self) -> &SqlitePool {
        &self.read
    }

    /// Closes all connections once they are idle.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// One reader of a database that another program may have open; nothing is written.
pub(crate) async fn peek(data_dir: &Path) -> Result<SqlitePool, StorageError> {
    let options = SqliteConnectOptions::new()
        .filename(data_dir.join(DATABASE_FILE))
        .read_only(true)
        .busy_timeout(Duration::from_secs(2))
        .pragma("trusted_schema", "OFF");
    Ok(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
}
