//! SIGKILL of the real server and the real terminal, again and again, while lunch is served: nobody's meal is lost,
//! nobody's is counted twice, and the statement is that of an office that was never killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::Clock;
use domain::money::Fen;
use serde_json::{Value, json};
use support::{Backend, Program, TestDb, WallClock};
use zhucan::demo::chance::{Chance, SeededEntropy};
use zhucan::demo::clock::DemoClock;
use zhucan::demo::elders::ELDERS;
use zhucan::demo::host::OfficeHost;
use zhucan::demo::http::Caller;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, date};

use crate::forge::{Sender, Voice, statements};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
/// 11:00 of a Monday, in UTC.
const LUNCH: &str = "2026-03-02 03:00:00";
/// 04:05 of the first of April, in UTC.
const MONTH_OVER: &str = "2026-03-31 20:05:00";

/// Both programs, as processes.
struct Programs {
    clock: WallClock,
    office_data: String,
    database: String,
    office_address: String,
    till_data: String,
    office: Option<Program>,
    till: Option<Program>,
    hands: Hands,
}

/// A port that is free now. Whoever takes it meanwhile makes the test fail, not pass.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Programs {
    fn new(db: &TestDb) -> Self {
        let till_data: PathBuf = till_folder(db.folder(), LIANHUA).parent().unwrap().to_owned();
        let mut programs = Self {
            clock: WallClock::new(db.path("clock"), LUNCH),
            office_data: db.folder().display().to_string(),
            database: db.url().to_owned(),
            office_address: format!("127.0.0.1:{}", free_port()),
            till_data: till_data.display().to_string(),
            office: None,
            till: None,
            hands: Hands::at("http://127.0.0.1:9").unwrap(),
        };
        programs.start_office();
        programs
    }

    fn start_office(&mut self) {
        let place = ["--data", &self.office_data, "--database", &self.database, "--listen", &self.office_address];
        self.office = Some(Program::start(PROGRAM.as_ref(), &[&["serve"], &place[..]].concat(), &self.clock));
    }

    fn kill_office(&mut self) {
        self.office.take().unwrap().kill();
    }

    async fn start_till(&mut self) {
        let server = format!("http://{}", self.office_address);
        let place = ["--data", &self.till_data, "--server", &server, "--port", "0"];
        let till = Program::start(PROGRAM.as_ref(), &[&["terminal", "run"], &place[..]].concat(), &self.clock);
        self.hands = Hands::at(&till.url()).unwrap();
        self.till = Some(till);
        self.until("the till talks with the office", |state| state["clock"]["source"] == "server").await;
        let cashier = CANTEENS[LIANHUA].cashiers[0];
        self.hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    }

    fn kill_till(&mut self) {
        self.till.take().unwrap().kill();
    }

    fn caller(&self) -> Caller {
        Caller::new(&self.till.as_ref().unwrap().url()).unwrap()
    }

    /// Asks for talks with the office until the till's state is as wanted.
    async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) {
        for _ in 0..150 {
            let state = self.hands.state().await.unwrap();
            if wanted(&state) {
                return;
            }
            // Out of step with its own rounds now and then: asking is harmless.
            self.caller().post("/api/sync", &json!({})).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("never: {what}: {}", self.hands.state().await.unwrap()["sync"]);
    }

    /// How many meals of an elder the till has, and what was charged for the first.
    async fn meals(&self) -> Vec<Value> {
        let answer = self.caller().get("/api/meals?date=2026-03-02").await.unwrap();
        answer["meals"].as_array().unwrap().clone()
    }
}

/// Confirms what waits, while something may be killed; tells whether the till said that it is done.
async fn confirm(till: Caller, sale: String) -> bool {
    till.post("/api/confirm", &json!({ "sale": sale, "tender": "cash" })).await.is_ok()
}

/// Lunch for every elder of the canteen, each once, through as many kills as it takes.
async fn serve_lunch(programs: &mut Programs, cards: &[String], seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let mut kills = 0;
    for (served, card) in cards.iter().enumerate() {
        loop {
            let shown = programs.caller().post("/api/scan", &json!({ "code": card })).await.unwrap();
            if shown["stage"]["kind"] == "duplicate" {
                // The sale was there after all when the till was killed.
                programs.caller().post("/api/cancel", &json!({})).await.unwrap();
                break;
            }
            let sale = shown["stage"]["sale"].as_str().unwrap_or_else(|| panic!("not served: {}", shown["stage"]));
            let confirming = tokio::spawn(confirm(programs.caller(), sale.to_owned()));
            if chance.percent(60) {
                tokio::time::sleep(Duration::from_millis(u64::from(chance.below(12)))).await;
                programs.kill_till();
                kills += 1;
            }
            let done = confirming.await.unwrap();
            if programs.till.is_none() {
                programs.start_till().await;
            }
            let meals = programs.meals().await;
            assert!(meals.len() <= served + 1, "a meal was counted twice: {meals:#?}");
            if done {
                assert_eq!(meals.len(), served + 1, "a meal that was shown as done is lost");
                break;
            }
        }
        if chance.percent(50) {
            programs.caller().post("/api/sync", &json!({})).await.unwrap();
            tokio::time::sleep(Duration::from_millis(u64::from(chance.below(30)))).await;
            programs.kill_office();
            programs.start_office();
            kills += 1;
        }
    }
    kills
}

async fn killed(backend: Backend) {
    let db = TestDb::new(backend);
    let stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    let others: Vec<_> = stage.tills.iter().map(|t| (t.terminal.id(), t.terminal.canteen())).collect();
    let home = |place: &usize| ELDERS[*place].canteen == LIANHUA;
    let cards: Vec<String> = (0..ELDERS.len()).filter(home).map(|place| stage.card(place).to_owned()).collect();
    // The other canteens stay closed; their terminals say so when the month is over.
    stage.clock.set(date("2026-04-01").at_minute(4 * 60 + 5));
    let (clock, before) = (Arc::clone(&stage.clock), {
        for (canteen, till) in stage.tills.iter().enumerate() {
            if canteen != LIANHUA {
                till.terminal.tick().await.unwrap();
                till.sync().await.unwrap();
            }
        }
        stage.close().await;
        db.copy()
    });

    let mut programs = Programs::new(&db);
    programs.start_till().await;
    let float = Fen::new(10_000);
    programs.hands.open_shift(float).await.unwrap();
    let kills = serve_lunch(&mut programs, &cards, 4).await;
    assert!(kills >= 8, "only {kills} kills");
    let taken: i64 = programs.meals().await.iter().map(|meal| meal["to_pay"].as_i64().unwrap()).sum();
    programs.hands.expect_in_drawer(float + Fen::new(taken));
    programs.hands.close_shift().await.unwrap();
    programs.clock.set(MONTH_OVER);
    programs.kill_till();
    programs.start_till().await;
    programs.until("the till knows the new month", |s| s["clock"]["date"].as_str() > Some("2026-03-31")).await;
    // It now ends the days behind it and sends that too.
    tokio::time::sleep(Duration::from_secs(3)).await;
    programs.until("everything is sent", |state| state["sync"]["unsent"] == 0).await;
    programs.kill_till();
    programs.kill_office();
    drop(programs);

    let survivor = office(&db, db.url(), &clock).await;
    let (terminal, canteen) = others[LIANHUA];
    let voice = Voice::of(&survivor, &till_folder(db.folder(), LIANHUA), terminal, canteen).await;
    let survived = statements(&survivor).await;
    survivor.close().await;

    let never_killed = office(&db, before.url(), &clock).await;
    let sender = Sender::new(&never_killed);
    voice.send(&sender, &voice.records, clock.wall()).await;
    assert_eq!(statements(&never_killed).await, survived);
    never_killed.close().await;
    let served: i64 = survived.iter().map(|s| s["reconciliation"]["meals"]["count"].as_i64().unwrap()).sum();
    assert_eq!(usize::try_from(served).unwrap(), cards.len());
}

async fn office(db: &TestDb, url: &str, clock: &Arc<DemoClock>) -> OfficeHost {
    let clock: Arc<dyn Clock> = Arc::<DemoClock>::clone(clock);
    OfficeHost::open(db.folder(), url.parse().unwrap(), clock, Arc::new(SeededEntropy::new(98))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_on_sqlite() {
    killed(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_double_nothing_on_postgresql() {
    killed(Backend::Postgres).await;
}
