//! How fast a backlog is taken, and what other terminals notice of it. Not part of the ordinary run:
//! `cargo test --release -p server --test it backlog -- --ignored --nocapture`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::sync::{MAX_BATCH_BYTES, MAX_BATCH_RECORDS};
use support::Backend;

use crate::common::{Sent, Till, World, batch};

/// A till that was away for weeks: so many records.
const RECORDS: usize = 20_000;
/// Tills that sell meanwhile, one record at a time.
const SELLING: u32 = 4;
/// Different people in the backlog.
const ELDERS: u32 = 500;

#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
fn now() -> Instant {
    Instant::now()
}

struct Measured {
    whole: Duration,
    singles: Vec<Duration>,
}

async fn measure(backend: Backend) -> Measured {
    let world = World::new(backend).await;
    world.rules().await;
    let canteen = world.canteen("测试食堂").await;
    let office = world.office().clone();
    let mut elders = Vec::new();
    for n in 0..ELDERS {
        elders.push(world.elder(n, None).await);
    }
    let mut away = world.terminal(canteen).await;
    let mut sent = vec![away.start(None), away.open()];
    for n in 2..RECORDS {
        // Two hundred meals a day, a shift a day.
        if n % 200 == 0 {
            away.at = away.at.plus(86_400_000 - 200_000);
        }
        sent.push(away.meal(&office, Some(elders[n % elders.len()])));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut selling = Vec::new();
    for _ in 0..SELLING {
        let till = world.terminal(canteen).await;
        selling.push(tokio::spawn(sell(office.clone(), till, stop.clone())));
    }
    let began = now();
    let mut rest = sent.as_slice();
    while !rest.is_empty() {
        let (records, later) = rest.split_at(fitting(rest));
        let answer = server::ingest::ingest(&office, &away.row, batch(1, records)).await.unwrap();
        assert_eq!(answer.outcomes.len(), records.len());
        rest = later;
    }
    let whole = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut singles = Vec::new();
    for task in selling {
        singles.extend(task.await.unwrap());
    }
    singles.sort_unstable();
    Measured { whole, singles }
}

/// How many of the next records are a batch.
fn fitting(rest: &[Sent]) -> usize {
    let mut bytes = 0;
    let fits = |sent: &&Sent| {
        bytes += sent.signed.record.len();
        bytes <= MAX_BATCH_BYTES
    };
    rest.iter().take(MAX_BATCH_RECORDS).take_while(fits).count().max(1)
}

/// Sells a meal every few milliseconds and measures how long each waits for its acknowledgement.
async fn sell(office: Arc<server::Office>, mut till: Till, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    let one = async |till: &Till, sent: Sent| {
        let began = now();
        let answer = server::ingest::ingest(&office, &till.row, batch(1, &[sent])).await.unwrap();
        assert_eq!(answer.outcomes.len(), 1);
        began.elapsed()
    };
    let start = till.start(None);
    took.push(one(&till, start).await);
    while !stop.load(Ordering::Relaxed) {
        let meal = till.meal(&office, None);
        took.push(one(&till, meal).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    took
}

async fn report(backend: Backend) {
    let Measured { whole, singles } = measure(backend).await;
    let at = |share: usize| singles[(singles.len() - 1) * share / 100];
    let rate = u32::try_from(RECORDS).unwrap_or(u32::MAX) * 1000 / u32::try_from(whole.as_millis()).unwrap_or(u32::MAX);
    println!("{backend:?}: {RECORDS} records acknowledged in {whole:?}, {rate}/s");
    println!(
        "  {} single records meanwhile: half in {:?}, 99 % in {:?}, worst {:?}",
        singles.len(),
        at(50),
        at(99),
        at(100)
    );
    // What is measured of a program without optimisation says nothing about the goal.
    if !cfg!(debug_assertions) {
        assert!(whole < Duration::from_mins(1), "{whole:?}");
        assert!(at(100) < Duration::from_millis(200), "{:?}", at(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn backlog_on_sqlite() {
    report(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn backlog_on_postgres() {
    report(Backend::Postgres).await;
}
