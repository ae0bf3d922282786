//! A look into a terminal's database from outside: what it holds, to be compared with what it said.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

/// A record as it lies in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Epoch.
    pub epoch: u32,
    /// Sequence.
    pub sequence: i64,
    /// Hash of the record before it.
    pub previous: Vec<u8>,
    /// Hash of its bytes.
    pub hash: Vec<u8>,
    /// The record: JSON text.
    pub bytes: String,
    /// The business date in its column.
    pub date: String,
}

type Columns = (u32, i64, Vec<u8>, Vec<u8>, String, String);

/// A connection to a terminal's database that can only read.
#[derive(Debug)]
pub struct Journal {
    connection: SqliteConnection,
    /// What SQLite's counter of others' commits said when somebody asked last.
    seen: Option<i64>,
}

impl Journal {
    /// Opens the database file of a terminal, which may be running.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(file: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let connection = options.connect().await.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        Self { connection, seen: None }
    }

    /// Whether anything was committed since this was asked last; at first it is so.
    ///
    /// # Panics
    /// When the database does not say.
    pub async fn has_changed(&mut self) -> bool {
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.connection).await;
        let version = Some(version.unwrap_or_else(|e| panic!("a terminal's database: {e}")));
        std::mem::replace(&mut self.seen, version) != version
    }

    /// The records behind a place, in order.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn behind(&mut self, epoch: u32, sequence: i64) -> Vec<JournalRow> {
        let rows: Result<Vec<Columns>, _> = sqlx::query_as(
            "SELECT epoch, sequence, previous, hash, bytes, business_date FROM record \
             WHERE (epoch, sequence) > ($1, $2) ORDER BY epoch, sequence",
        )
        .bind(epoch)
        .bind(sequence)
        .fetch_all(&mut self.connection)
        .await;
        let row = |(epoch, sequence, previous, hash, bytes, date)| JournalRow {
            epoch,
            sequence,
            previous,
            hash,
            bytes,
            date,
        };
        rows.unwrap_or_else(|e| panic!("a terminal's records: {e}")).into_iter().map(row).collect()
    }

    /// The places of the records that wait for the server, in order.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn waiting(&mut self) -> Vec<(u32, i64)> {
        let rows = sqlx::query_as("SELECT epoch, sequence FROM outbox ORDER BY epoch, sequence");
        rows.fetch_all(&mut self.connection).await.unwrap_or_else(|e| panic!("a terminal's outbox: {e}"))
    }

    /// Every outcome that the terminal was ever told, by place.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn outcomes(&mut self) -> Vec<(u32, i64, String)> {
        let rows = sqlx::query_as("SELECT epoch, sequence, outcome FROM outcome ORDER BY epoch, sequence, received_at");
        rows.fetch_all(&mut self.connection).await.unwrap_or_else(|e| panic!("a terminal's outcomes: {e}"))
    }

    /// Closes the connection.
    pub async fn close(self) {
        // A connection that cannot be closed is gone already.
        let _ = self.connection.close().await;
    }
}
