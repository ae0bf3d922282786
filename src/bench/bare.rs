//! The bare database: the same rows on the same engine with the same durability, and nothing around them.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Row as _, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::machine::microseconds;

/// A database without a program.
#[derive(Clone)]
pub enum Bare {
    /// SQLite, one connection, WAL and synchronous=FULL as the program has it.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

/// Both engines take this, but for the type of bytes.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS bare_records (canteen BYTES NOT NULL, id BYTES NOT NULL, \
    terminal BYTES NOT NULL, epoch BIGINT NOT NULL, sequence BIGINT NOT NULL, business_date TEXT NOT NULL, \
    bytes BYTES NOT NULL, signature BYTES NOT NULL, UNIQUE (canteen, id), \
    UNIQUE (canteen, terminal, epoch, sequence))";
const HEAD: &str =
    "INSERT INTO bare_records (canteen, id, terminal, epoch, sequence, business_date, bytes, signature) VALUES ";
const WIDTH: usize = 8;

/// A record's row: what identifies it, and its bytes and signature.
#[derive(Clone, Debug)]
pub struct BareRecord {
    /// 16 bytes.
    pub canteen: Vec<u8>,
    /// 16 bytes.
    pub id: Vec<u8>,
    /// 16 bytes.
    pub terminal: Vec<u8>,
    /// In its journal.
    pub sequence: i64,
    /// ISO text.
    pub date: String,
    /// The record.
    pub bytes: Vec<u8>,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// A place in a statement for SQLite, where one with a number is looked up by its name.
fn unnumbered(_: usize) -> String {
    "?".to_owned()
}

/// A place in a statement for PostgreSQL.
fn numbered(place: usize) -> String {
    format!("${place}")
}

macro_rules! run_insert {
    ($records:expr, $place:expr, $executor:expr) => {{
        let rows = (0..$records.len()).map(|row| {
            let places: Vec<String> = (1..=WIDTH).map(|column| $place(row * WIDTH + column)).collect();
            format!("({})", places.join(", "))
        });
        let text = format!("{HEAD}{}", rows.collect::<Vec<_>>().join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for r in $records {
            query = query.bind(r.canteen.clone()).bind(r.id.clone()).bind(r.terminal.clone()).bind(1_i64);
            query = query.bind(r.sequence).bind(r.date.clone()).bind(r.bytes.clone()).bind(r.signature.clone());
        }
        query.execute($executor).await?;
    }};
}

impl Bare {
    /// Opens an SQLite file as the program does.
    pub async fn sqlite(file: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", "8000");
        Ok(Self::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?))
    }

    /// Connects to PostgreSQL.
    pub async fn postgres(url: &str) -> anyhow::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        Ok(Self::Postgres(PgPoolOptions::new().max_connections(16).connect_with(options).await?))
    }

    /// Runs a statement made of fixed text.
    pub async fn run(&self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(pool) => pool.execute(AssertSqlSafe(text.to_owned())).await.map(drop)?,
            Self::Postgres(pool) => pool.execute(AssertSqlSafe(text.to_owned())).await.map(drop)?,
        }
        Ok(())
    }

    /// Makes the empty table.
    pub async fn table(&self) -> anyhow::Result<()> {
        self.run("DROP TABLE IF EXISTS bare_records").await?;
        let bytes = if matches!(self, Self::Sqlite(_)) { "BLOB" } else { "BYTEA" };
        self.run(&TABLE.replace("BYTES", bytes)).await
    }

    /// Inserts records, a transaction for each batch; answers the microseconds.
    pub async fn insert(&self, records: &[BareRecord], batch: usize) -> anyhow::Result<u64> {
        let begun = microseconds();
        for records in records.chunks(batch) {
            match self {
                Self::Sqlite(pool) => {
                    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                    run_insert!(records, unnumbered, &mut *tx);
                    tx.commit().await?;
                }
                Self::Postgres(pool) => {
                    let mut tx = pool.begin().await?;
                    run_insert!(records, numbered, &mut *tx);
                    tx.commit().await?;
                }
            }
        }
        Ok(microseconds() - begun)
    }

    /// Inserts records one by one from so many sides at once, each durable before its side goes on: on SQLite one task
    /// commits whatever waits. Answers the microseconds.
    pub async fn insert_singly(&self, records: Vec<BareRecord>, sides: usize) -> anyhow::Result<u64> {
        let begun = microseconds();
        let shares: Vec<Vec<BareRecord>> =
            records.chunks(records.len().div_ceil(sides).max(1)).map(<[_]>::to_vec).collect();
        match self {
            Self::Sqlite(pool) => grouped(pool.clone(), shares).await?,
            Self::Postgres(pool) => {
                let mut running = tokio::task::JoinSet::new();
                for share in shares {
                    let pool = pool.clone();
                    running.spawn(async move {
                        for record in share.chunks(1) {
                            run_insert!(record, numbered, &pool);
                        }
                        anyhow::Ok(())
                    });
                }
                while let Some(done) = running.join_next().await {
                    done??;
                }
            }
        }
        Ok(microseconds() - begun)
    }

    /// Reads every row of a query out, counting bytes of its first column; answers rows and microseconds.
    pub async fn read_out(&self, text: &'static str) -> anyhow::Result<(u64, u64)> {
        use tokio_stream::StreamExt as _;
        let begun = microseconds();
        let (mut rows, mut bytes) = (0_u64, 0_usize);
        match self {
            Self::Sqlite(pool) => {
                let mut stream = sqlx::query(text).fetch(pool);
                while let Some(row) = stream.next().await {
                    bytes += row?.try_get::<Vec<u8>, _>(0)?.len();
                    rows += 1;
                }
            }
            Self::Postgres(pool) => {
                let mut stream = sqlx::query(text).fetch(pool);
                while let Some(row) = stream.next().await {
                    bytes += row?.try_get::<Vec<u8>, _>(0)?.len();
                    rows += 1;
                }
            }
        }
        anyhow::ensure!(bytes > 0, "nothing was read");
        Ok((rows, microseconds() - begun))
    }

    /// Runs a query of one number; answers the microseconds.
    pub async fn ask(&self, text: &'static str) -> anyhow::Result<u64> {
        let begun = microseconds();
        let rows = match self {
            Self::Sqlite(pool) => sqlx::query(text).fetch_all(pool).await?.len(),
            Self::Postgres(pool) => sqlx::query(text).fetch_all(pool).await?.len(),
        };
        anyhow::ensure!(rows > 0, "nothing was read");
        Ok(microseconds() - begun)
    }

    /// Closes all connections.
    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

type Waiting = (BareRecord, oneshot::Sender<()>);

/// One writer that commits whatever waits, up to 64 rows: the least that a server on SQLite does.
async fn grouped(pool: SqlitePool, shares: Vec<Vec<BareRecord>>) -> anyhow::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<Waiting>(1_024);
    let writer = tokio::spawn(async move {
        while let Some(first) = receiver.recv().await {
            let mut group = vec![first];
            while group.len() < 64
                && let Ok(next) = receiver.try_recv()
            {
                group.push(next);
            }
            let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
            for (record, _) in &group {
                let one = std::slice::from_ref(record);
                run_insert!(one, unnumbered, &mut *tx);
            }
            tx.commit().await?;
            for (_, answer) in group {
                let _ = answer.send(());
            }
        }
        anyhow::Ok(())
    });
    let mut running = tokio::task::JoinSet::new();
    for share in shares {
        let sender = sender.clone();
        running.spawn(async move {
            for record in share {
                let (answer, durable) = oneshot::channel();
                sender.send((record, answer)).await.ok().context("the writer is gone")?;
                durable.await?;
            }
            anyhow::Ok(())
        });
    }
    drop(sender);
    while let Some(done) = running.join_next().await {
        done??;
    }
    writer.await?
}

/// A database of its own on a PostgreSQL server, dropped at the end.
pub struct Scratch {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Scratch {
    /// Makes it. `server` is the address of any database of a server on which databases may be made.
    pub async fn make(server: &str, name: &str) -> anyhow::Result<Self> {
        let bare = Bare::postgres(server).await?;
        bare.run(&format!("DROP DATABASE IF EXISTS {name}")).await?;
        bare.run(&format!("CREATE DATABASE {name}")).await?;
        bare.close().await;
        let (address, options) = server.split_once('?').map_or((server, None), |(a, o)| (a, Some(o)));
        let (host, _) = address.rsplit_once('/').context("postgres://USER@HOST/NAME")?;
        let options = options.map_or_else(String::new, |options| format!("?{options}"));
        let url = format!("{host}/{name}{options}");
        Ok(Self { server: server.to_owned(), name: name.to_owned(), url })
    }

    /// Drops it.
    pub async fn drop(self) -> anyhow::Result<()> {
        let bare = Bare::postgres(&self.server).await?;
        bare.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?;
        bare.close().await;
        Ok(())
    }
}
