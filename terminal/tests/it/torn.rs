//! Torn and lost writes: the database's log cut and torn at every frame and every sector inside, the main file in the
//! middle of a checkpoint, and sectors of it damaged. The real program opens each copy: what was acknowledged and lies in
//! what survived is there, what is damaged is noticed and saved, and nothing is served that is silently wrong.
//!
//! An ordinary run looks at some copies of each kind, evenly spread; `TORN=all` at every one:
//! `TORN=all cargo test -p terminal --test it torn -- --nocapture`; `TORN=45056-49152` at those bytes or steps.
//! `TORN_KIND=older` damages sectors in ways of that name only.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::record::encoding::{SignedRecord, decode};
use domain::record::{Body, Record};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use support::Office;
use support::fixture::SeededEntropy;
use support::till::Till;

/// Copies of each kind that an ordinary run looks at.
const MOST: usize = 14;
const SECTOR: usize = 512;
const WAL_HEADER: usize = 32;
const FRAME: usize = 24 + PAGE;
const PAGE: usize = 4096;
/// Guests served while the log grows, and before.
const SOLD: usize = 8;

/// Epoch 1 as it was written, by sequence.
type Truth = BTreeMap<i64, String>;

/// What lies on the disk before, at and behind a lunch of which every commit was answered.
struct Lunch {
    till: Till,
    /// Everything but the database.
    beside: Vec<(String, Vec<u8>)>,
    main: Vec<u8>,
    wal: Vec<u8>,
    /// How long the log was when so many records had been acknowledged.
    synced: Vec<(usize, usize)>,
    truth: Truth,
    /// Where the office stood before the lunch.
    held: BTreeMap<u32, BTreeMap<u64, SignedRecord>>,
    card: String,
    /// Copies opened: each has randomness of its own.
    opened: AtomicU64,
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

async fn records(file: &Path) -> Truth {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT sequence, bytes FROM record NOT INDEXED WHERE epoch = 1")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows.into_iter().collect()
}

/// Some meals that the office holds, in the main file; then a lunch that it does not hear of, in the log.
async fn lunch() -> Lunch {
    let mut cards = Vec::new();
    let crowd = |office: &Office| -> Vec<String> {
        (0..2 * SOLD).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect()
    };
    let till = Till::serving(|office| cards = crowd(office)).await;
    for card in &cards[..SOLD] {
        till.sell(card).await;
    }
    till.terminal.sync_once().await.unwrap();
    let till = till.restart(5).await;
    till.sign_in(1).await;
    let held = till.office.books().records.clone();
    till.office.books().offline = true;
    let folder = till.dir.path().join("till");
    let (database, log) = (folder.join("terminal.db"), folder.join("terminal.db-wal"));
    let main = read(&database);
    let mut synced = vec![(0, records(&database).await.len())];
    for card in &cards[SOLD..] {
        till.sell(card).await;
        let size = read(&log).len();
        let known = records(&database).await.len();
        synced.push((size, known));
    }
    let wal = read(&log);
    assert_eq!(read(&database), main, "nothing was carried over to the main file yet");
    assert_eq!((wal.len() - WAL_HEADER) % FRAME, 0);
    assert!(synced.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1), "{synced:?}");
    let truth = records(&database).await;
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let others = files.filter(|path| path.is_file() && !path.file_name().unwrap().to_string_lossy().contains(".db"));
    let beside = others.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(&path)));
    let beside = beside.filter(|(name, _)| !name.contains("lock")).collect();
    Lunch { till, beside, main, wal, synced, truth, held, card: cards[0].clone(), opened: AtomicU64::new(1000) }
}

impl Lunch {
    /// How many records had been acknowledged when the log was no longer than this.
    fn acknowledged(&self, log: usize) -> usize {
        self.synced.iter().filter(|(size, _)| *size <= log).map(|(_, known)| *known).max().unwrap_or(0)
    }

    /// The main file once the whole log is in it.
    async fn checkpointed(&self) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("terminal.db");
        std::fs::write(&file, &self.main).unwrap();
        std::fs::write(folder.path().join("terminal.db-wal"), &self.wal).unwrap();
        let mut connection = connect(&file).await;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        read(&file)
    }

    /// The program is started on these files, and works; what is there is looked at.
    async fn open(&self, what: &str, main: &[u8], wal: Option<&[u8]>, least: usize) -> Seen {
        let copy = tempfile::tempdir().unwrap();
        let folder = copy.path().join("till");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &self.beside {
            private(&folder.join(name), bytes);
        }
        std::fs::write(folder.join("terminal.db"), main).unwrap();
        if let Some(wal) = wal {
            std::fs::write(folder.join("terminal.db-wal"), wal).unwrap();
        }
        {
            let mut books = self.till.office.books();
            books.records = self.held.clone();
            books.quarantine.clear();
            books.offline = false;
        }
        let config = support::till::config_in(copy.path());
        let (entropy, office) = (
            Arc::new(SeededEntropy::new(self.opened.fetch_add(1, Ordering::Relaxed))),
            Arc::new(self.till.office.clone()),
        );
        let opened = terminal::Terminal::open_with(config, self.till.clock.clone(), entropy, office).await;
        let till = self.till.beside(opened.unwrap_or_else(|e| panic!("{what}: {e}")), copy);
        let seen = self.look(what, &till, least).await;
        till.terminal.close().await;
        seen
    }

    async fn look(&self, what: &str, till: &Till, least: usize) -> Seen {
        let there = records(&till.dir.path().join("till/terminal.db")).await;
        // Every record is one that was written, byte for byte; none stands in another's place.
        for (sequence, bytes) in &there {
            assert_eq!(self.truth.get(sequence), Some(bytes), "{what}: the record at {sequence}");
        }
        let damaged = !till.state().await["damage"].is_null();
        let whole = (0_i64..).zip(there.keys()).take_while(|(place, held)| place == *held).count();
        assert!(damaged || whole == there.len(), "{what}: a gap that nobody is told of");
        assert!(damaged || whole >= least, "{what}: {whole} records, {least} were acknowledged");
        let refused = !self.meals(what, till, &there).await;
        // All of it reaches the office.
        let round = till.terminal.sync_once().await;
        round.unwrap_or_else(|e| panic!("{what}: {e}"));
        till.terminal.sync_once().await.unwrap();
        let books = till.office.books();
        let lost = there.iter().find(|(sequence, bytes)| {
            let at_office = books.records[&1].get(&u64::try_from(**sequence).unwrap());
            at_office.is_none_or(|signed| signed.record != **bytes)
        });
        assert!(lost.is_none(), "{what}: never sent: {lost:?}");
        assert!(books.quarantine.is_empty(), "{what}: {:?}", books.quarantine);
        Seen { damaged: damaged || refused, lost: self.truth.len() - there.len() }
    }

    /// The till's own list has each meal once, and it knows who was served: no index tells another story. Says whether
    /// it answered; what it cannot read it refuses with a clear word.
    async fn meals(&self, what: &str, till: &Till, there: &Truth) -> bool {
        let all: Vec<Record> = there.values().map(|bytes| decode(bytes).unwrap()).collect();
        let mut own: Vec<String> =
            all.iter().filter(|r| matches!(r.body, Body::Meal(_))).map(|r| r.id.to_string()).collect();
        let (status, answer) = till.get("/api/meals").await;
        if !status.is_success() {
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["code"], "storage", "{what}: {answer}");
            return false;
        }
        let listed = till.meals().await;
        let mut listed: Vec<String> = listed.iter().map(|m| m["record"].as_str().unwrap().to_owned()).collect();
        own.sort();
        listed.sort();
        assert_eq!(listed, own, "{what}: the list of meals");
        let first = all.iter().any(|r| r.sequence == 2 && matches!(r.body, Body::Meal(_)));
        if !first || till.state().await["cashiers"].as_array().is_none_or(Vec::is_empty) {
            return true;
        }
        let (status, state) =
            till.post("/api/sign-in", json!({ "cashier": support::cashier_id(1), "pin": support::PIN })).await;
        assert!(status.is_success(), "{what}: {state}");
        till.post("/api/damage/seen", json!({})).await;
        if till.state().await["stage"]["kind"] == "idle" {
            let (_, answer) = till.post("/api/scan", json!({ "code": self.card })).await;
            // A roster that was lost knows nobody until the office has spoken.
            assert!(answer["stage"]["kind"] != "serving", "{what}: served twice: {answer}");
            till.post("/api/cancel", json!({})).await;
        }
        true
    }
}

fn private(path: &PathBuf, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

struct Seen {
    damaged: bool,
    lost: usize,
}

/// Counts of one kind of copy.
#[derive(Debug, Default)]
struct Count {
    copies: usize,
    damaged: usize,
    lost: usize,
}

impl Count {
    fn add(&mut self, seen: &Seen) {
        self.copies += 1;
        self.damaged += usize::from(seen.damaged);
        self.lost += usize::from(seen.lost > 0);
    }
}

/// Some of these, evenly spread, or all of them, or those between two.
fn some(all: Vec<usize>) -> Vec<usize> {
    let asked = std::env::var("TORN").unwrap_or_default();
    if let Some((from, to)) = asked.split_once('-') {
        let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
        return all.into_iter().filter(|at| (from..to).contains(at)).collect();
    }
    if asked == "all" || all.len() <= MOST {
        return all;
    }
    (0..MOST).map(|n| all[n * (all.len() - 1) / (MOST - 1)]).collect()
}

/// Bytes that no disk was asked to write; equal places give equal ones.
fn garbage(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes.len() as u64;
    for byte in bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (state >> 56) as u8;
    }
}

#[tokio::test]
async fn a_log_cut_or_torn_anywhere_keeps_what_was_acknowledged_before() {
    let lunch = lunch().await;
    let size = lunch.wal.len();
    let frames: Vec<usize> = (0..=(size - WAL_HEADER) / FRAME).map(|n| WAL_HEADER + n * FRAME).collect();
    let sectors: Vec<usize> = (0..size).step_by(SECTOR).collect();
    let kinds: [(&str, Vec<usize>); 5] = [
        ("cut at a frame", frames),
        ("cut at a sector", sectors.clone()),
        ("torn: zeros from a sector on", sectors.clone()),
        ("torn: garbage from a sector on", sectors.clone()),
        ("one sector lost, later ones written", sectors),
    ];
    for (kind, places) in kinds {
        let mut count = Count::default();
        for at in some(places) {
            let mut wal = lunch.wal.clone();
            match kind {
                "cut at a frame" | "cut at a sector" => wal.truncate(at),
                "torn: zeros from a sector on" => wal[at..].fill(0),
                "torn: garbage from a sector on" => garbage(&mut wal[at..]),
                _ => wal[at..(at + SECTOR).min(size)].fill(0),
            }
            let what = format!("{kind}, byte {at} of {size}");
            let seen = lunch.open(&what, &lunch.main, Some(&wal), lunch.acknowledged(at)).await;
            assert!(!seen.damaged, "{what}: the log ends earlier, the database is whole");
            count.add(&seen);
        }
        println!("{kind:<40} {count:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_that_broke_off_anywhere_loses_nothing() {
    let lunch = lunch().await;
    let after = lunch.checkpointed().await;
    let all = lunch.truth.len();
    let old = |at: usize| lunch.main.get(at..(at + SECTOR).min(lunch.main.len())).unwrap_or_default();
    let changed: Vec<usize> =
        (0..after.len()).step_by(SECTOR).filter(|at| old(*at) != &after[*at..at + SECTOR]).collect();
    for torn in [false, true] {
        let mut count = Count::default();
        for at in some((0..changed.len()).collect()) {
            // The sectors before this one have been written, this one half, those behind it not.
            let mut main = lunch.main.clone();
            main.resize(after.len().min(changed[at] / PAGE * PAGE + PAGE).max(main.len()), 0);
            for sector in &changed[..at] {
                main[*sector..sector + SECTOR].copy_from_slice(&after[*sector..sector + SECTOR]);
            }
            if torn {
                garbage(&mut main[changed[at]..changed[at] + SECTOR]);
            }
            let what = format!("{at} of {} sectors carried over, torn {torn}", changed.len());
            let seen = lunch.open(&what, &main, Some(&lunch.wal), all).await;
            assert!(!seen.damaged && seen.lost == 0, "{what}");
            count.add(&seen);
        }
        println!("checkpoint broken off, torn {torn:<5}         {count:?}");
    }
    // The log begins anew over the old one: its first sectors are torn, or gone.
    let mut count = Count::default();
    for at in some((0..lunch.wal.len().min(64 * SECTOR)).step_by(SECTOR).collect()) {
        let mut wal = lunch.wal.clone();
        garbage(&mut wal[..at + SECTOR]);
        let seen = lunch.open(&format!("a new log torn at {at}"), &after, Some(&wal), all).await;
        assert!(!seen.damaged && seen.lost == 0);
        count.add(&seen);
    }
    println!("a new log over the old one, torn         {count:?}");
}

#[tokio::test]
async fn a_damaged_sector_is_noticed_or_does_not_matter() {
    let lunch = lunch().await;
    let whole = lunch.checkpointed().await;
    let asked = std::env::var("TORN_KIND").unwrap_or_default();
    for kind in ["zeros", "garbage", "an older state"].into_iter().filter(|kind| kind.contains(&asked)) {
        let mut count = Count::default();
        for at in some((0..whole.len()).step_by(SECTOR).collect()) {
            let mut main = whole.clone();
            match kind {
                "zeros" => main[at..at + SECTOR].fill(0),
                "garbage" => garbage(&mut main[at..at + SECTOR]),
                // A write that never reached the disk.
                _ if at + SECTOR <= lunch.main.len() => {
                    main[at..at + SECTOR].copy_from_slice(&lunch.main[at..at + SECTOR]);
                }
                _ => main.truncate(at),
            }
            count.add(&lunch.open(&format!("{kind} at {at} of {}", whole.len()), &main, None, 0).await);
        }
        println!("a sector of the main file: {kind:<14} {count:?}");
    }
}
