//! Torn and lost writes at the office: the log of its SQLite database cut and torn at frames and sectors, the main file
//! in the middle of a checkpoint, and sectors of it damaged. Each copy is opened by the office itself: what was answered
//! and lies in what survived is there, the rest is as if it had never come, and what is damaged is noticed.
//!
//! An ordinary run looks at some copies of each kind; `TORN=all cargo test -p server --test it torn -- --nocapture` at
//! every one. PostgreSQL looks after its own files.

use std::collections::BTreeMap;
use std::path::Path;

use domain::id::RecordId;
use server::close::close_days;
use server::store::Database;
use server::verify::verify;
use server::{Config, Server, sql};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use support::Backend;

use crate::client::world;
use crate::common::{Till, World, config, date};

/// Copies of each kind that an ordinary run looks at.
const MOST: usize = 8;
const SECTOR: usize = 512;
const WAL_HEADER: usize = 32;
const PAGE: usize = 4096;
const FRAME: usize = 24 + PAGE;

/// By sequence: id and bytes.
type Held = BTreeMap<u64, (RecordId, Vec<u8>)>;

struct Lunch {
    world: World,
    till: Till,
    main: Vec<u8>,
    wal: Vec<u8>,
    /// How long the log was when so many records had been answered.
    answered: Vec<(usize, usize)>,
    truth: Held,
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_default()
}

async fn checkpoint(file: &Path) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn held(server: &Server, till: &Till) -> Result<Held, server::Error> {
    let terminal = till.id();
    let rows: Vec<(u64, RecordId, Vec<u8>)> = server
        .office()
        .store
        .read(move |tx| {
            Box::pin(async move {
                sql!(tx, "SELECT sequence, id, bytes FROM records WHERE terminal = $1", terminal).all().await
            })
        })
        .await?;
    Ok(rows.into_iter().map(|(sequence, id, bytes)| (sequence, (id, bytes))).collect())
}

async fn cursor(server: &Server, till: &Till) -> u64 {
    let (canteen, terminal) = (till.row.canteen, till.id());
    let read = server
        .office()
        .store
        .read(move |tx| Box::pin(async move { server::store::terminals::epoch(tx, canteen, terminal, 1).await }));
    read.await.unwrap().next
}

/// A day of which the office has everything in its main file, and a lunch of which every answer lies in the log.
async fn lunch() -> Lunch {
    let (world, mut till) = world(Backend::Sqlite).await;
    let office = world.office().clone();
    let mut elders = Vec::new();
    for n in 1..=16 {
        elders.push(world.elder(n, None).await);
    }
    let mut first = vec![till.start(None), till.open()];
    first.extend(elders[..8].iter().map(|elder| till.meal(&office, Some(*elder))));
    first.push(till.close());
    world.ingest(&till, 1, &first).await;
    world.clock.set(date("2026-03-03").at_minute(660));
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    till.at = date("2026-03-03").at_minute(660);
    let place = world.db.path("server.db");
    checkpoint(&place).await;
    let (main, log) = (read(&place), world.db.path("server.db-wal"));
    let mut answered = vec![(0, first.len())];
    let mut known = first.len();
    let mut sent = vec![till.open()];
    sent.extend(elders.iter().map(|elder| till.meal(&office, Some(*elder))));
    for sent in sent {
        world.ingest(&till, 1, &[sent]).await;
        known += 1;
        answered.push((read(&log).len(), known));
    }
    let wal = read(&log);
    assert_eq!((read(&place) == main, (wal.len() - WAL_HEADER) % FRAME), (true, 0), "nothing was carried over yet");
    assert!(answered.windows(2).all(|two| two[0].0 < two[1].0), "{answered:?}");
    let truth = held(&world.server, &till).await.unwrap();
    assert_eq!(truth.len(), known);
    Lunch { world, till, main, wal, answered, truth }
}

impl Lunch {
    fn acknowledged(&self, log: usize) -> usize {
        self.answered.iter().filter(|(size, _)| *size <= log).map(|(_, known)| *known).max().unwrap_or(0)
    }

    /// Opens the office on these files.
    async fn open(&self, folder: &Path, main: &[u8], wal: Option<&[u8]>) -> Result<Server, server::Error> {
        std::fs::write(folder.join("server.db"), main).unwrap();
        if let Some(wal) = wal {
            std::fs::write(folder.join("server.db-wal"), wal).unwrap();
        }
        std::fs::copy(self.world.db.path("keys.json"), folder.join("keys.json")).unwrap();
        let (database, keys) = (Database::Sqlite(folder.join("server.db")), folder.join("keys.json"));
        let config = Config { database, keys, ..config(&self.world.db, false) };
        Server::open(&config, self.world.clock.clone(), self.world.entropy.clone()).await
    }

    /// The office serves, and what it holds is what it had answered, up to some record; the till sends the rest again.
    async fn goes_on(&self, what: &str, main: &[u8], wal: Option<&[u8]>, least: usize) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let server = self.open(folder.path(), main, wal).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let there = held(&server, &self.till).await.unwrap();
        let prefix: Held = self.truth.iter().take(there.len()).map(|(at, row)| (*at, row.clone())).collect();
        assert!(there == prefix, "{what}: other records than were sent");
        assert!(there.len() >= least, "{what}: {} records, {least} were answered", there.len());
        assert_eq!(cursor(&server, &self.till).await, there.len() as u64, "{what}: the cursor");
        let report = verify(&server.office().store, &server.office().book(), &|_| {}).await.unwrap();
        assert_eq!(report.breaks, [], "{what}");
        server.office().store.close().await;
        there.len()
    }

    /// Opens it and has it check itself; nothing when something was noticed, otherwise what it holds.
    async fn unnoticed(&self, main: &[u8]) -> Option<(Held, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let server = self.open(folder.path(), main, None).await.ok()?;
        let office = server.office();
        let clean = verify(&office.store, &office.book(), &|_| {}).await.is_ok_and(|report| report.breaks.is_empty());
        let seen = match held(&server, &self.till).await {
            Ok(held) if clean => Some((held, cursor(&server, &self.till).await)),
            _ => None,
        };
        office.store.close().await;
        seen
    }
}

/// Some of these, evenly spread, or all of them.
fn some(all: Vec<usize>) -> Vec<usize> {
    if std::env::var("TORN").is_ok_and(|text| text == "all") || all.len() <= MOST {
        return all;
    }
    (0..MOST).map(|n| all[n * (all.len() - 1) / (MOST - 1)]).collect()
}

fn garbage(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes.len() as u64;
    for byte in bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = state.to_be_bytes()[0];
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offices_log_cut_or_torn_anywhere_keeps_what_was_answered_before() {
    let lunch = lunch().await;
    let size = lunch.wal.len();
    let frames: Vec<usize> = (0..=(size - WAL_HEADER) / FRAME).map(|n| WAL_HEADER + n * FRAME).collect();
    let sectors: Vec<usize> = (0..size).step_by(SECTOR).collect();
    for (kind, places) in
        [("cut at a frame", frames), ("zeros", sectors.clone()), ("garbage", sectors.clone()), ("one sector", sectors)]
    {
        let (mut copies, mut shorter) = (0, 0);
        for at in some(places) {
            let mut wal = lunch.wal.clone();
            match kind {
                "cut at a frame" => wal.truncate(at),
                "zeros" => wal[at..].fill(0),
                "garbage" => garbage(&mut wal[at..]),
                _ => wal[at..(at + SECTOR).min(size)].fill(0),
            }
            let what = format!("{kind}, byte {at} of {size}");
            let there = lunch.goes_on(&what, &lunch.main, Some(&wal), lunch.acknowledged(at)).await;
            copies += 1;
            shorter += usize::from(there < lunch.truth.len());
        }
        println!("office, log {kind:<16} {copies:>6} copies, {shorter:>6} of them shorter");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offices_checkpoint_that_broke_off_loses_nothing_and_damage_is_noticed() {
    let lunch = lunch().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.db");
    std::fs::write(&file, &lunch.main).unwrap();
    std::fs::write(folder.path().join("server.db-wal"), &lunch.wal).unwrap();
    checkpoint(&file).await;
    let after = read(&file);
    let old = |at: usize| lunch.main.get(at..at + SECTOR).unwrap_or_default();
    let changed: Vec<usize> =
        (0..after.len()).step_by(SECTOR).filter(|at| old(*at) != &after[*at..at + SECTOR]).collect();
    let mut copies = 0;
    for number in some((0..changed.len()).collect()) {
        let mut main = lunch.main.clone();
        main.resize(after.len(), 0);
        for at in &changed[..number] {
            main[*at..at + SECTOR].copy_from_slice(&after[*at..at + SECTOR]);
        }
        garbage(&mut main[changed[number]..changed[number] + SECTOR]);
        let what = format!("{number} of {} sectors carried over", changed.len());
        assert_eq!(lunch.goes_on(&what, &main, Some(&lunch.wal), lunch.truth.len()).await, lunch.truth.len(), "{what}");
        copies += 1;
    }
    println!("office, checkpoint broken off {copies:>6} copies");
    let (mut copies, mut noticed) = (0, 0);
    for at in some((0..after.len()).step_by(SECTOR).collect()) {
        let mut main = after.clone();
        garbage(&mut main[at..at + SECTOR]);
        copies += 1;
        let Some((there, next)) = lunch.unnoticed(&main).await else {
            noticed += 1;
            continue;
        };
        assert!(there == lunch.truth, "sector at {at}: other records, and nothing noticed");
        assert_eq!(next, lunch.truth.len() as u64, "sector at {at}");
    }
    println!("office, a sector damaged      {copies:>6} copies, {noticed:>6} of them noticed");
}
