//! Units of work, values and migrations: the store itself, on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::calendar::{BusinessDate, MealPeriod, Month, UnixMs};
use domain::id::{Digest, RecordId};
use domain::money::Fen;
use domain::region::RegionCode;
use server::audit::{Act, Action, Actor};
use server::store::{Bind as _, Database, Json, Statement, Store, Tx, Value, audit, insert, meta};
use server::{Error, row, sql};
use support::{Backend, TestDb};
use tokio::sync::Notify;

use crate::common::{date, region};

async fn open(backend: Backend) -> (TestDb, Store) {
    let db = TestDb::new(backend);
    let store = Store::open(&db.url().parse().unwrap()).await.unwrap();
    (db, store)
}

async fn count(store: &Store) -> i64 {
    store.read(|tx| Box::pin(async move { sql!(tx, "SELECT COUNT(*) FROM meta").value().await })).await.unwrap()
}

async fn keep(tx: &mut Tx, n: u32) -> Result<(), Error> {
    meta::keep(tx, &format!("name {n}"), "value").await.map(drop)
}

/// A list of ids is one value, whatever its length, and every id of it counts.
async fn a_list_of_ids_is_one_value(backend: Backend) {
    let (_db, store) = open(backend).await;
    let id = |n: u128| RecordId::from_uuid(uuid::Uuid::from_u128(n << 64 | 0xff));
    for most in [0_u128, 1, 3_000] {
        let asked: Vec<RecordId> = (0..most).map(id).collect();
        let found: Vec<RecordId> = store
            .read(move |tx| {
                Box::pin(async move {
                    let text = format!("SELECT x.id FROM (SELECT $1 AS id) x WHERE x.id {}", tx.among(2));
                    let mut found = Vec::new();
                    for n in [0, 1, 2_999, 3_000] {
                        let values = vec![id(n).bind(), Value::list(&asked)];
                        found.extend(Statement::built(tx, text.clone(), values).values::<RecordId>().await?);
                    }
                    Ok(found)
                })
            })
            .await
            .unwrap();
        let expected: Vec<RecordId> = [0, 1, 2_999, 3_000].into_iter().filter(|n| *n < most).map(id).collect();
        assert_eq!(found, expected, "of {most}");
    }
}

/// Whatever the threads of the requests are busy with, a unit that has begun goes on.
#[tokio::test]
async fn a_unit_stands_in_no_line_with_requests() {
    let (_db, store) = open(Backend::Sqlite).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (done, is_done) = std::sync::mpsc::channel();
    let unit = tokio::spawn(async move {
        store
            .write(move |tx| {
                Box::pin(async move {
                    let _ = begun.send(());
                    for n in 0..5 {
                        keep(tx, n).await?;
                    }
                    let _ = done.send(());
                    Ok(())
                })
            })
            .await
    });
    has_begun.await.unwrap();
    // The only thread of this test's runtime does nothing else until then.
    is_done.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    unit.await.unwrap().unwrap();
}

async fn an_error_undoes_its_own_unit_and_no_other(backend: Backend) {
    let (_db, store) = open(backend).await;
    let units: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            keep(tx, n).await?;
                            match n % 10 {
                                3 => Err(Error::Corrupt("told to".to_owned())),
                                5 => sql!(tx, "SELECT no_such_column FROM meta").execute().await.map(|_| n),
                                7 => panic!("told to"),
                                _ => Ok(n),
                            }
                        })
                    })
                    .await
            })
        })
        .collect();
    let mut ends = BTreeMap::new();
    for (n, unit) in (0_u32..).zip(units) {
        let end = match unit.await.unwrap() {
            Ok(value) => {
                assert_eq!(value, n);
                "kept"
            }
            Err(Error::Corrupt(_)) => "refused",
            Err(Error::Database(_)) => "failed",
            Err(Error::Internal(words)) => {
                assert_eq!(words, "told to");
                "panicked"
            }
            Err(other) => panic!("{other}"),
        };
        *ends.entry(end).or_insert(0) += 1;
    }
    assert_eq!(ends, BTreeMap::from([("kept", 140), ("refused", 20), ("failed", 20), ("panicked", 20)]));
    assert_eq!(count(&store).await, 140);
}

async fn a_unit_runs_to_its_end_when_nobody_waits(backend: Backend) {
    let (_db, store) = open(backend).await;
    let (begun, go) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let unit = {
        let (store, begun, go) = (store.clone(), begun.clone(), go.clone());
        tokio::spawn(async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        keep(tx, 1).await?;
                        begun.notify_one();
                        go.notified().await;
                        keep(tx, 2).await
                    })
                })
                .await
        })
    };
    begun.notified().await;
    unit.abort();
    assert!(unit.await.unwrap_err().is_cancelled());
    go.notify_one();
    for _ in 0..500 {
        if count(&store).await == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the unit was cut short");
}

async fn a_read_sees_one_moment_and_changes_absent(backend: Backend) {
    let (_db, store) = open(backend).await;
    let writer = store.clone();
    let (before, after) = store
        .read(move |tx| {
            Box::pin(async move {
                let before: i64 = sql!(tx, "SELECT COUNT(*) FROM meta").value().await?;
                writer.write(|tx| Box::pin(async move { keep(tx, 1).await })).await?;
                let after: i64 = sql!(tx, "SELECT COUNT(*) FROM meta").value().await?;
                Ok((before, after))
            })
        })
        .await
        .unwrap();
    assert_eq!((before, after), (0, 0));
    assert_eq!(count(&store).await, 1);
    let wrote = store.read(|tx| Box::pin(async move { keep(tx, 2).await })).await;
    assert!(wrote.is_err(), "a read cannot write");
    assert_eq!(count(&store).await, 1);
    store.ping().await.unwrap();
}

async fn serializable_units_behave_as_if_alone(backend: Backend) {
    let (_db, store) = open(backend).await;
    store.write(|tx| Box::pin(async move { meta::keep(tx, "n", "0").await })).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let units: Vec<_> = (0..8)
        .map(|_| {
            let (store, runs) = (store.clone(), runs.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let runs = runs.clone();
                    store
                        .write_serializable(move |tx| {
                            runs.fetch_add(1, Ordering::Relaxed);
                            Box::pin(async move {
                                let n: i64 = meta::get(tx, "n").await?.unwrap().parse().unwrap();
                                sql!(tx, "UPDATE meta SET value = $1 WHERE name = 'n'", (n + 1).to_string())
                                    .execute()
                                    .await
                                    .map(drop)
                            })
                        })
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for unit in units {
        unit.await.unwrap();
    }
    let n = store.read(|tx| Box::pin(async move { meta::get(tx, "n").await })).await.unwrap();
    assert_eq!(n.as_deref(), Some("40"), "none was lost");
    assert!(runs.load(Ordering::Relaxed) >= 40);
    let refused: Result<(), Error> =
        store.write_serializable(|_| Box::pin(async { Err(Error::Corrupt(String::new())) })).await;
    assert!(matches!(refused, Err(Error::Corrupt(_))));
}

row! {
    #[derive(Debug, PartialEq)]
    struct Kinds {
        id: RecordId,
        n: i64,
        at: UnixMs,
        amount: Fen,
        yes: bool,
        word: String,
        bytes: Vec<u8>,
        digest: Digest,
        day: BusinessDate,
        month: Month,
        place: RegionCode,
        period: MealPeriod,
        list: Json<Vec<u32>>,
        absent: Option<Fen>,
        present: Option<u32>,
    }
}

async fn values_come_back_as_they_went_in(backend: Backend) {
    let (_db, store) = open(backend).await;
    let kinds = || Kinds {
        id: RecordId::from_uuid(uuid::Uuid::from_u128(u128::MAX - 5)),
        n: i64::MIN,
        at: UnixMs::new(i64::MAX),
        amount: Fen::new(-1),
        yes: true,
        word: "“食堂”'\\;--\u{1f35a}".to_owned(),
        bytes: vec![0, 255, 39, 0],
        digest: Digest([200; 32]),
        day: date("2026-02-28"),
        month: "2026-12".parse().unwrap(),
        place: region("440304001003"),
        period: "lunch".parse().unwrap(),
        list: Json(vec![1, 2]),
        absent: None,
        present: Some(u32::MAX),
    };
    let read = store
        .write(move |tx| {
            Box::pin(async move {
                let (blob, uuid, yes) = if tx.is_postgres() { ("BYTEA", "UUID", "BOOLEAN") } else { ("BLOB", "BLOB", "INTEGER") };
                let table = format!(
                    "CREATE TABLE kinds (id {uuid}, n BIGINT, at BIGINT, amount BIGINT, yes {yes}, word TEXT, bytes {blob},
                     digest {blob}, day TEXT, month TEXT, place TEXT, period TEXT, list TEXT, absent BIGINT, present BIGINT)"
                );
                Statement::built(tx, table, vec![]).execute().await?;
                let k = kinds();
                sql!(tx, "INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                    k.id, k.n, k.at, k.amount, k.yes, &k.word, &k.bytes, &k.digest, k.day, k.month, &k.place, &k.period,
                    k.list, k.absent, k.present)
                .execute()
                .await?;
                let missing: Option<(String,)> = sql!(tx, "SELECT word FROM kinds WHERE n = $1", 5_i64).optional().await?;
                assert_eq!(missing, None);
                let wrong = sql!(tx, "SELECT word FROM kinds").value::<RegionCode>().await;
                assert!(matches!(wrong, Err(Error::Corrupt(_))), "{wrong:?}");
                let sum: i64 = sql!(tx, "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM kinds WHERE yes = TRUE").value().await?;
                assert_eq!(sum, -1);
                sql!(tx, "SELECT * FROM kinds").one::<Kinds>().await
            })
        })
        .await
        .unwrap();
    assert_eq!(read, kinds());
}

async fn many_rows_go_in_with_few_statements(backend: Backend) {
    let (_db, store) = open(backend).await;
    let add = |tail: &'static str| {
        let store = store.clone();
        async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        let rows: Vec<Value<'_>> =
                            (0..20_001).flat_map(|n: i64| [format!("{n}").bind(), "v".bind()]).collect();
                        insert(tx, "INSERT INTO meta (name, value)", 2, rows, tail).await
                    })
                })
                .await
        }
    };
    assert_eq!(add("").await.unwrap(), 20_001);
    assert!(add("").await.unwrap_err().is_unique_violation());
    assert_eq!(add("ON CONFLICT DO NOTHING").await.unwrap(), 0);
    assert_eq!(count(&store).await, 20_001);
    let none =
        store.write(|tx| Box::pin(async move { insert(tx, "INSERT INTO meta (name, value)", 2, vec![], "").await }));
    assert_eq!(none.await.unwrap(), 0);
}

async fn a_store_opens_again_and_refuses_a_later_programs(backend: Backend) {
    let (db, store) = open(backend).await;
    store.write(|tx| Box::pin(async move { keep(tx, 1).await })).await.unwrap();
    store.close().await;
    let gone = store.write(|tx| Box::pin(async move { keep(tx, 2).await })).await;
    assert!(gone.is_err(), "closed");
    let store = Store::open(&db.url().parse().unwrap()).await.unwrap();
    assert_eq!(count(&store).await, 1);
    store
        .write(|tx| {
            Box::pin(async move {
                sql!(tx, "UPDATE _sqlx_migrations SET version = 9000 WHERE version = 1").execute().await.map(drop)
            })
        })
        .await
        .unwrap();
    store.close().await;
    let refused = Store::open(&db.url().parse().unwrap()).await;
    assert!(matches!(refused.err(), Some(Error::Startup(_))));
}

crate::on_both! {
    a_list_of_ids_is_one_value
    an_error_undoes_its_own_unit_and_no_other
    a_unit_runs_to_its_end_when_nobody_waits
    a_read_sees_one_moment_and_changes_absent
    serializable_units_behave_as_if_alone
    values_come_back_as_they_went_in
    many_rows_go_in_with_few_statements
    a_store_opens_again_and_refuses_a_later_programs
}

/// A table's columns in order, each with whether it may be NULL.
type Shape = BTreeMap<String, Vec<(String, bool)>>;

async fn shape(store: &Store) -> Shape {
    store
        .read(|tx| {
            Box::pin(async move {
                let text = if tx.is_postgres() {
                    "SELECT c.table_name::TEXT, c.column_name::TEXT, c.is_nullable = 'YES' FROM information_schema.columns c
                     JOIN information_schema.tables t USING (table_schema, table_name)
                     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                     ORDER BY c.table_name, c.ordinal_position"
                } else {
                    "SELECT t.name, c.name, c.\"notnull\" = 0 FROM sqlite_master t JOIN pragma_table_info(t.name) c
                     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
                };
                let mut shape = Shape::new();
                for (table, column, null) in sql!(tx, text).all::<(String, String, bool)>().await? {
                    shape.entry(table).or_default().push((column, null));
                }
                shape.remove("_sqlx_migrations");
                Ok(shape)
            })
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn both_databases_have_the_same_shape() {
    let (_one, sqlite) = open(Backend::Sqlite).await;
    let (_other, postgres) = open(Backend::Postgres).await;
    let (sqlite, postgres) = (shape(&sqlite).await, shape(&postgres).await);
    assert!(sqlite.len() > 20, "{sqlite:?}");
    for (table, columns) in &sqlite {
        assert_eq!(Some(columns), postgres.get(table), "{table}");
    }
    assert_eq!(sqlite.len(), postgres.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_long_list_on_postgres_but_who_wants_its_rows() {
    let (_db, store) = open(Backend::Postgres).await;
    let act = |name: &'static str| Act::new(Actor::System, Action::ImportApply, name);
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let long = {
        let (store, begun, go) = (store.clone(), Arc::clone(&begun), Arc::clone(&go));
        tokio::spawn(async move {
            let work = store.write_long_audited(move |tx| {
                Box::pin(async move {
                    keep(tx, 1).await?;
                    begun.notify_one();
                    go.notified().await;
                    audit::hold(tx).await?;
                    act("import:long").done(tx, UnixMs::new(1)).await
                })
            });
            work.await
        })
    };
    begun.notified().await;
    let other =
        store.write_audited(move |tx| Box::pin(async move { act("import:short").done(tx, UnixMs::new(2)).await }));
    assert_eq!(other.await.unwrap().sequence, 1, "it is entered meanwhile");
    let same = store.write_audited(move |tx| Box::pin(async move { keep(tx, 1).await })).await.unwrap_err();
    assert!(same.is_locked(), "{same}");
    go.notify_one();
    assert_eq!(long.await.unwrap().unwrap().sequence, 2, "and the long one behind it");
}

#[tokio::test]
async fn every_sqlite_table_is_strict_and_commits_are_synced() {
    let (_db, store) = open(Backend::Sqlite).await;
    store
        .write(|tx| {
            Box::pin(async move {
                let loose = "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0
                             AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'";
                assert_eq!(sql!(tx, loose).values::<String>().await?, Vec::<String>::new());
                assert_eq!(sql!(tx, "SELECT journal_mode FROM pragma_journal_mode").value::<String>().await?, "wal");
                assert_eq!(sql!(tx, "SELECT synchronous FROM pragma_synchronous").value::<i64>().await?, 2);
                assert_eq!(sql!(tx, "SELECT foreign_keys FROM pragma_foreign_keys").value::<i64>().await?, 1);
                // What a savepoint could take back is in memory, and not in a file that every batch writes.
                assert_eq!(sql!(tx, "SELECT temp_store FROM pragma_temp_store").value::<i64>().await?, 2);
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[test]
fn a_database_is_named_by_its_address() {
    assert!(matches!("sqlite:///a/b.db".parse(), Ok(Database::Sqlite(path)) if path.to_str() == Some("/a/b.db")));
    assert!(matches!("postgres://u@h/d".parse(), Ok(Database::Postgres(_))));
    assert!("mysql://x".parse::<Database>().is_err());
}
