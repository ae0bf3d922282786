//! PostgreSQL is really stopped in the middle of batches and started again, and replaced by a standby that lacks the
//! last commits, while real tills send: nothing is lost, nothing is there twice, and whoever asks meanwhile is told.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::calendar::Clock as _;
use domain::id::TerminalId;
use serde_json::{Value, json};
use server::sql;
use server::verify::verify;
use support::{Cluster, Journal, TestDb};
use zhucan::demo::chance::Chance;
use zhucan::demo::host::TillHost;
use zhucan::demo::http::Caller;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, MAKER, date};
use zhucan::machine::{SystemClock, SystemEntropy};

/// How often the database is stopped.
const STOPS: u16 = 6;
/// Guests at each till between two stops.
const GUESTS: usize = 6;

/// By terminal and place: the bytes.
type Held = BTreeMap<(TerminalId, u32, u64), Vec<u8>>;

/// How long something takes.
struct Watch(SystemClock, i64);

impl Watch {
    fn start() -> Self {
        let clock = SystemClock::new(&SystemEntropy);
        let began = clock.monotonic_ms();
        Self(clock, began)
    }

    fn seconds(&self) -> i64 {
        (self.0.monotonic_ms() - self.1) / 1000
    }
}

/// The two canteens that work.
fn working(stage: &Stage) -> Vec<(usize, &TillHost)> {
    stage.tills.iter().enumerate().filter(|(place, _)| *place == LIANHUA || *place == (LIANHUA + 1) % 3).collect()
}

async fn serve_guests(till: &TillHost) {
    let page = Caller::new(&till.url()).unwrap();
    for _ in 0..GUESTS {
        let shown = page.post("/api/guest", &json!({})).await.unwrap();
        let sale = &shown["stage"]["sale"];
        assert!(sale.is_string(), "{shown}");
        page.post("/api/confirm", &json!({ "sale": sale, "tender": "cash" })).await.unwrap();
    }
}

/// The tills talk with the office until nothing waits.
async fn drain(stage: &Stage) {
    for (place, till) in working(stage) {
        let began = Watch::start();
        let mut last = String::new();
        loop {
            if let Err(error) = till.terminal.sync_once().await {
                last = error.to_string();
            }
            if till.terminal.unsent().await.unwrap() == 0 {
                break;
            }
            assert!(began.seconds() < 60, "till {place} never sends all: {last}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn held(stage: &Stage) -> Held {
    let store = &stage.office.server.office().store;
    let rows: Vec<(TerminalId, u32, u64, Vec<u8>)> = store
        .read(|tx| {
            Box::pin(async move { sql!(tx, "SELECT terminal, epoch, sequence, bytes FROM records").all().await })
        })
        .await
        .unwrap();
    rows.into_iter().map(|(terminal, epoch, sequence, bytes)| ((terminal, epoch, sequence), bytes)).collect()
}

/// Every record of every working till is at the office, byte for byte, and nothing else is.
async fn all_there(stage: &Stage, data: &std::path::Path) {
    let mut wanted = Held::new();
    for (place, till) in working(stage) {
        let mut journal = Journal::open(&till_folder(data, place).join(terminal::DATABASE_FILE)).await;
        for row in journal.behind(0, -1).await {
            let sequence = u64::try_from(row.sequence).unwrap();
            wanted.insert((till.terminal.id(), row.epoch, sequence), row.bytes.into_bytes());
        }
        journal.close().await;
    }
    let mut held = held(stage).await;
    let ids: Vec<TerminalId> = working(stage).iter().map(|(_, till)| till.terminal.id()).collect();
    held.retain(|(terminal, ..), _| ids.contains(terminal));
    assert_eq!(held.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    assert!(held == wanted, "other bytes than the tills hold");
    let office = stage.office.server.office();
    let quarantined: i64 = office
        .store
        .read(|tx| Box::pin(async move { sql!(tx, "SELECT COUNT(*) FROM quarantine").value().await }))
        .await
        .unwrap();
    assert_eq!(quarantined, 0);
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert_eq!(report.breaks, []);
}

/// Whoever asks an office whose database is away is told so, in good time, and may ask again.
async fn says_that_it_is_away(stage: &Stage) {
    let desk = Caller::new(&stage.office.url()).unwrap();
    let began = Watch::start();
    let body: Value = json!({ "name": MAKER.name, "passphrase": "?" });
    let answer = desk.post("/api/v1/session", &body).await.unwrap_err().to_string();
    assert!(answer.contains("503") && answer.contains("database_away") && answer.contains("请稍后重试"), "{answer}");
    assert!(began.seconds() < 15, "an answer while the terminal still waits for it");
    desk.get("/healthz/live").await.unwrap();
    assert!(desk.get("/healthz/ready").await.unwrap_err().to_string().contains("503"));
}

/// The tills send, and at some instant the database's server ends.
async fn stopped_in_mid_batch(stage: &Stage, cluster: &mut Cluster, wait_ms: u64) -> usize {
    let rounds: Vec<_> = working(stage)
        .into_iter()
        .map(|(_, till)| {
            let terminal = till.terminal.clone();
            tokio::spawn(async move { terminal.sync_once().await.is_err() })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    tokio::task::block_in_place(|| cluster.stop());
    let mut cut_off = 0;
    for round in rounds {
        cut_off += usize::from(round.await.unwrap());
    }
    cut_off
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_and_fails_over_loses_and_doubles_nothing() {
    let mut cluster = Cluster::start();
    let place = TestDb::new(support::Backend::Sqlite);
    let stage = Stage::set_up(place.folder(), cluster.url().parse().unwrap()).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    for (canteen, till) in working(&stage) {
        till.sync().await.unwrap();
        let mut hands = Hands::at(&till.url()).unwrap();
        let cashier = CANTEENS[canteen].cashiers[0];
        hands.sign_in(cashier.name, cashier.pin).await.unwrap();
        hands.open_shift(domain::money::Fen::new(10_000)).await.unwrap();
    }
    let (mut chance, mut cut_off) = (Chance::new(7), 0);
    for stop in 0..STOPS {
        for (_, till) in working(&stage) {
            serve_guests(till).await;
        }
        cut_off += stopped_in_mid_batch(&stage, &mut cluster, u64::from(chance.below(10 + 15 * stop))).await;
        if stop == 0 {
            says_that_it_is_away(&stage).await;
        }
        // Lunch goes on without the office.
        for (_, till) in working(&stage) {
            serve_guests(till).await;
        }
        tokio::task::block_in_place(|| cluster.start_again());
        drain(&stage).await;
        all_there(&stage, place.folder()).await;
    }
    assert!(cut_off > 0, "no round was cut off: the stops come too late");

    tokio::task::block_in_place(|| {
        cluster.add_standby();
        cluster.part_standby();
    });
    let before = held(&stage).await.len();
    for (_, till) in working(&stage) {
        serve_guests(till).await;
    }
    drain(&stage).await;
    let acknowledged = held(&stage).await.len();
    assert_eq!(acknowledged - before, 2 * GUESTS, "acknowledged by the server that is lost now");
    tokio::task::block_in_place(|| {
        cluster.stop();
        cluster.promote_standby();
    });
    // The office finds the other server under the same address; the tills see a lower cursor and send again.
    let began = Watch::start();
    loop {
        let answered = stage.office.server.office().store.ping().await.is_ok();
        if answered {
            break;
        }
        assert!(began.seconds() < 30, "the office never finds the standby");
    }
    assert_eq!(held(&stage).await.len(), before, "the standby lacks the last commits");
    for (_, till) in working(&stage) {
        till.terminal.sync_once().await.unwrap();
    }
    drain(&stage).await;
    assert_eq!(held(&stage).await.len(), acknowledged);
    all_there(&stage, place.folder()).await;
    stage.close().await;
}
