//! A program of an earlier release left a full queue: the newer program brings the database up to date and sends all.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use std::path::Path;

use domain::record::Body;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use support::till::Till;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/terminal");
/// What the first release kept of the office and of the clock.
const KEPT: [&str; 8] =
    ["clock", "setup", "roster", "credential", "elder_usage", "feed", "usage_included", "pin_failure"];

/// A database with the first `many` migrations and nothing in it.
async fn of_release(many: usize, file: &Path) -> SqliteConnection {
    let folder = tempfile::tempdir().unwrap();
    let mut scripts: Vec<_> = std::fs::read_dir(MIGRATIONS).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    assert!(many < scripts.len(), "a later release than that one");
    for script in &scripts[..many] {
        std::fs::copy(script, folder.path().join(script.file_name().unwrap())).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
    let mut connection = options.connect().await.unwrap();
    Migrator::new(folder.path()).await.unwrap().run(&mut connection).await.unwrap();
    connection
}

/// Puts what a database of today holds into one of an earlier release, column by column as far as it has them.
async fn as_it_was(today: &Path, file: &Path, many: usize) {
    let mut old = of_release(many, file).await;
    sqlx::query("ATTACH DATABASE $1 AS today").bind(today.to_string_lossy()).execute(&mut old).await.unwrap();
    let tables = ["record"].into_iter().chain(KEPT);
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(table).fetch_all(&mut old).await.unwrap();
        let list = columns.join(", ");
        let order = if table == "record" { "ORDER BY epoch, sequence" } else { "" };
        let copy = format!("INSERT INTO main.{table} ({list}) SELECT {list} FROM today.{table} {order}");
        sqlx::query(sqlx::AssertSqlSafe(copy)).execute(&mut old).await.unwrap();
    }
    let waiting: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM main.outbox").fetch_one(&mut old).await.unwrap();
    let records: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM main.record").fetch_one(&mut old).await.unwrap();
    assert_eq!(waiting, records, "all of them wait");
    old.close().await.unwrap();
}

async fn upgraded(many: usize) {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = (0..14).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect();
    })
    .await;
    till.office.books().offline = true;
    for card in &cards[..12] {
        till.sell(card).await;
    }
    let till = till
        .restart_after(60, |folder| {
            let (database, old) = (folder.join("terminal.db"), folder.join("old.db"));
            let made = std::thread::scope(|scope| {
                let copy = || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(as_it_was(&database, &old, many));
                };
                scope.spawn(copy).join()
            });
            made.unwrap();
            std::fs::rename(&old, &database).unwrap();
        })
        .await;
    // The shift is still open, what was sold is known, and the next sale joins the queue.
    assert_eq!(till.sign_in(1).await["stage"]["kind"], "idle");
    assert_eq!(till.scan(&cards[0]).await["kind"], "duplicate");
    till.ok("/api/cancel", serde_json::json!({})).await;
    till.sell(&cards[12]).await;
    assert_eq!(till.terminal.unsent().await.unwrap(), 15, "start, shift, 13 meals");
    till.office.books().offline = false;
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.rejected, report.unsent, report.new_epoch), (0, 0, None));
    let meals = till.office.bodies(1).iter().filter(|body| matches!(body, Body::Meal(_))).count();
    assert_eq!(meals, 13);
    assert!(till.office.books().quarantine.is_empty());
}

#[tokio::test]
async fn a_full_queue_of_the_first_release_is_sent_by_this_one() {
    upgraded(1).await;
}

#[tokio::test]
async fn a_full_queue_of_the_second_release_is_sent_by_this_one() {
    upgraded(2).await;
}
