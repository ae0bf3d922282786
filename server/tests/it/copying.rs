//! An office is taken from SQLite to PostgreSQL: every row, once, and it goes on there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use server::copy::{Copied, Progress, Step, copy, moved};
use server::store::Statement;
use server::words::Code;
use server::{Database, Error, Office, Store, verify};
use support::{Backend, TestDb};

use crate::common::config;
use crate::month::{MARCH, Scene};

fn quiet() -> Progress {
    Arc::new(|_, _, _, _| {})
}

/// An approved month on SQLite, and an empty PostgreSQL.
async fn scene() -> (Scene, TestDb, Store) {
    let mut scene = Scene::new(Backend::Sqlite).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let target = TestDb::new(Backend::Postgres);
    let database: Database = target.url().parse().unwrap();
    let store = Store::open(&database).await.unwrap();
    (scene, target, store)
}

async fn run(store: &Store, text: &'static str) -> u64 {
    store.write(move |tx| Box::pin(async move { Statement::new(tx, text, Vec::new()).execute().await })).await.unwrap()
}

async fn trial(scene: &Scene, target: &Store) -> Result<Copied, Error> {
    copy(&scene.world.office().store, target, None, quiet()).await
}

#[tokio::test]
async fn an_office_moves_with_every_row_and_goes_on_there() {
    let (mut scene, db, target) = scene().await;
    let source = scene.world.office().store.clone();
    let at = scene.world.office().now();
    let copied = copy(&source, &target, Some(("postgres://db/office".to_owned(), at)), quiet()).await.unwrap();
    assert!(copied.rows() > 100 && copied.before == 0 && copied.mended == 0, "{copied:?}");
    assert!(copied.tables.iter().any(|(name, rows)| name == "records" && *rows > 0), "{copied:?}");
    assert!(moved(&source).await.unwrap().unwrap().contains("postgres://db/office"));
    let refused = scene.world.server.serve(listener().await, std::future::pending()).await;
    assert!(matches!(&refused, Err(Error::Startup(why)) if why.contains("不能再从这里运行")), "{refused:?}");
    target.close().await;

    let mut there = config(&scene.world.db, false);
    there.database = db.url().parse().unwrap();
    let office = Office::open(&there, scene.world.clock.clone(), scene.world.entropy.clone()).await.unwrap();
    let report = verify::verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert!(report.breaks.is_empty() && report.statements == 2 && report.records > 0, "{:?}", report.breaks);
    assert_eq!(moved(&office.store).await.unwrap(), None, "the new place is not the one that was left");
    scene.world.server =
        server::Server::open(&there, scene.world.clock.clone(), scene.world.entropy.clone()).await.unwrap();
    let april = scene.day(0, "2026-04-01", 660, &[0]);
    scene.ingest(0, &april).await;
}

async fn listener() -> tokio::net::TcpListener {
    tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

#[tokio::test]
async fn what_was_interrupted_goes_on_and_what_changed_meanwhile_follows() {
    let (scene, _db, target) = scene().await;
    let whole = trial(&scene, &target).await.unwrap();
    // As an earlier run left it: whole tables are missing.
    run(&target, "ALTER TABLE postings DISABLE TRIGGER USER").await;
    for text in ["DELETE FROM postings", "DELETE FROM day_states"] {
        assert!(run(&target, text).await > 0, "{text}");
    }
    run(&target, "ALTER TABLE postings ENABLE TRIGGER USER").await;
    assert!(run(&scene.world.office().store, "UPDATE users SET failures = 3").await > 0);
    assert!(run(&target, "INSERT INTO meta (name, value) VALUES ('left', 'over')").await > 0);
    let again = trial(&scene, &target).await.unwrap();
    assert!(again.before > 0 && again.before < whole.rows(), "{again:?}");
    let people = again.tables.iter().find(|(name, _)| name == "users").unwrap().1;
    assert_eq!(again.mended, people + 1, "the people and the row too many");
    assert_eq!(again.rows(), whole.rows());
    let third = trial(&scene, &target).await.unwrap();
    assert_eq!((third.before, third.mended, third.digest), (third.rows(), 0, again.digest));
    assert_eq!(moved(&scene.world.office().store).await.unwrap(), None, "a trial moves nothing");
}

#[tokio::test]
async fn a_row_that_is_not_the_same_and_cannot_be_made_so_is_named() {
    let (scene, _db, target) = scene().await;
    trial(&scene, &target).await.unwrap();
    run(&target, "ALTER TABLE records DISABLE TRIGGER USER").await;
    assert_eq!(
        run(&target, "UPDATE records SET at = at + 1 WHERE id = (SELECT MIN(id::text)::uuid FROM records)").await,
        1
    );
    run(&target, "ALTER TABLE records ENABLE TRIGGER USER").await;
    let refused = trial(&scene, &target).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Conflict));
    assert!(refused.to_string().contains("records") && refused.to_string().contains("id="), "{refused}");
}

#[tokio::test]
async fn another_office_is_not_written_over_and_nothing_is_copied_backwards() {
    let (scene, _db, target) = scene().await;
    run(&target, "INSERT INTO meta (name, value) VALUES ('server_epoch', 'another')").await;
    assert_eq!(trial(&scene, &target).await.unwrap_err().code(), Some(Code::Conflict));
    let backwards = copy(&target, &scene.world.office().store, None, quiet()).await.unwrap_err();
    assert_eq!(backwards.code(), Some(Code::Invalid));
}

#[tokio::test]
async fn both_steps_are_told_table_by_table() {
    let (scene, _db, target) = scene().await;
    let seen = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let told = Arc::clone(&seen);
    let progress: Progress = Arc::new(move |step, table, done, of| {
        let whole = table == "records" && of > 0 && done == of;
        told[usize::from(step == Step::Compare)].fetch_or(whole, Ordering::Relaxed);
    });
    copy(&scene.world.office().store, &target, None, progress).await.unwrap();
    assert!(seen.iter().all(|step| step.load(Ordering::Relaxed)));
}
