//! Office and terminal as processes, each of which can be told where it is to die.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Backend, Program, TestDb, WallClock};
use zhucan::demo::http::Caller;
use zhucan::demo::people::Desk;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{ADMINISTRATOR, CANTEENS, DemoUser, LIANHUA, date};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
const KILL_AT: &str = kill_points::KILL_AT;
/// 11:00 of a Monday, in UTC.
const LUNCH: &str = "2026-03-02 03:00:00";
/// Something is looked at so often, ms.
const LOOK: u64 = 50;

/// Any instant: the test kills when it likes.
pub(crate) const ANY: &str = "any instant";

pub(crate) struct Programs {
    pub(crate) db: TestDb,
    pub(crate) clock: WallClock,
    /// The canteens' ids.
    pub(crate) canteens: Vec<String>,
    elder: String,
    office_address: String,
    till_data: PathBuf,
    pub(crate) office: Option<Program>,
    pub(crate) till: Option<Program>,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Programs {
    /// An office that is set up, and the one terminal that is used; the other canteens stay closed all month.
    pub(crate) async fn new(backend: Backend) -> Self {
        let db = TestDb::new(backend);
        let stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
        stage.clock.set(date("2026-04-01").at_minute(4 * 60 + 5));
        for (canteen, till) in stage.tills.iter().enumerate() {
            if canteen != LIANHUA {
                till.terminal.tick().await.unwrap();
                till.sync().await.unwrap();
            }
        }
        let canteens = stage.canteens.clone();
        let elder = stage.elder(0).to_owned();
        stage.close().await;
        let till_data = till_folder(db.folder(), LIANHUA).parent().unwrap().to_owned();
        let clock = WallClock::new(db.path("clock"), LUNCH);
        let office_address = format!("127.0.0.1:{}", free_port());
        Self { db, clock, canteens, elder, office_address, till_data, office: None, till: None }
    }

    /// Whether a program comes to that instant: SQLite has a writer that commits units in groups, PostgreSQL commits each.
    pub(crate) fn comes_to(&self, point: &str) -> bool {
        let sqlite = self.db.url().starts_with("sqlite:");
        !point.starts_with(if sqlite { "server.unit." } else { "server.writer." })
    }

    pub(crate) fn office_url(&self) -> String {
        format!("http://{}", self.office_address)
    }

    fn start(&self, arguments: &[&str], kill_at: Option<&str>) -> Option<Program> {
        let environment: Vec<(&str, &str)> = kill_at.map(|point| (KILL_AT, point)).into_iter().collect();
        Program::try_start(PROGRAM.as_ref(), arguments, &self.clock, &environment)
    }

    /// Starts the office, if it does not run. One that is killed before it listens is not there afterwards.
    pub(crate) fn start_office(&mut self, kill_at: Option<&str>) {
        if self.office.as_mut().is_some_and(|office| !office.has_ended()) {
            return;
        }
        let data = self.db.folder().display().to_string();
        let arguments = ["serve", "--data", &data, "--database", self.db.url(), "--listen", &self.office_address];
        self.office = self.start(&arguments, kill_at);
        assert!(self.office.is_some() || kill_at.is_some(), "the office does not start");
    }

    /// Starts the terminal, if it does not run.
    pub(crate) fn start_till(&mut self, kill_at: Option<&str>) {
        if self.till.as_mut().is_some_and(|till| !till.has_ended()) {
            return;
        }
        let (data, server) = (self.till_data.display().to_string(), self.office_url());
        let arguments = ["terminal", "run", "--data", &data, "--server", &server, "--port", "0"];
        self.till = self.start(&arguments, kill_at);
        assert!(self.till.is_some() || kill_at.is_some(), "the terminal does not start");
    }

    /// Ends a program as a power cut would.
    pub(crate) fn kill(program: &mut Option<Program>) {
        if let Some(program) = program.take() {
            program.kill();
        }
    }

    pub(crate) fn office_runs(&mut self) -> bool {
        self.office.as_mut().is_some_and(|office| !office.has_ended())
    }

    pub(crate) fn till_runs(&mut self) -> bool {
        self.till.as_mut().is_some_and(|till| !till.has_ended())
    }

    /// Whether the office is gone, or goes within a moment: its lines are cut before the system has done with it.
    pub(crate) async fn office_ends(&mut self) -> bool {
        for _ in 0..100 {
            if !self.office_runs() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(LOOK)).await;
        }
        false
    }

    /// The till's API; nothing while it does not run.
    pub(crate) fn till(&mut self) -> Option<Caller> {
        if !self.till_runs() {
            return None;
        }
        Some(Caller::new(&self.till.as_ref()?.url()).unwrap())
    }

    /// Asks the till for rounds until its state is as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let till = self.till().unwrap_or_else(|| panic!("{what}: the till does not run"));
        for _ in 0..600 {
            let state = till.get("/api/state").await.unwrap();
            if wanted(&state) {
                return;
            }
            till.post("/api/sync", &json!({})).await.unwrap();
            tokio::time::sleep(Duration::from_millis(LOOK)).await;
        }
        panic!("never: {what}: {}", till.get("/api/state").await.unwrap()["sync"]);
    }

    /// Signs the cashier in and opens a shift, if that is still to be done.
    pub(crate) async fn open_till(&mut self) -> anyhow::Result<()> {
        let url = self.till.as_ref().map(Program::url).unwrap_or_default();
        let mut hands = Hands::at(&url)?;
        let state = hands.state().await?;
        if state["stage"]["kind"] == "sign_in" {
            let cashier = CANTEENS[LIANHUA].cashiers[0];
            hands.sign_in(cashier.name, cashier.pin).await?;
        }
        if hands.state().await?["stage"]["kind"] == "open_shift" {
            hands.open_shift(domain::money::Fen::new(10_000)).await?;
        }
        Ok(())
    }

    /// Both programs run and have nothing more to tell each other.
    pub(crate) async fn settled(&mut self) {
        self.start_office(None);
        self.start_till(None);
        self.until("the till talks with the office", |state| state["clock"]["source"] == "server").await;
        self.until("everything is sent", |state| state["sync"]["unsent"] == 0).await;
    }

    pub(crate) async fn desk(&self, who: DemoUser) -> anyhow::Result<Desk> {
        Desk::sign_in(&self.office_url(), who).await
    }

    /// Changes an elder at the office: another card.
    pub(crate) async fn change_roster(&self) -> anyhow::Result<()> {
        let desk = self.desk(ADMINISTRATOR).await?;
        desk.caller().post(&format!("/api/v1/elders/{}/cards", self.elder), &json!({})).await.map(drop)
    }

    /// Changes the till's setup at the office: another cashier.
    pub(crate) async fn change_setup(&self, number: u64) -> anyhow::Result<()> {
        let desk = self.desk(ADMINISTRATOR).await?;
        let body = json!({ "name": format!("临时{number}"), "pin": "135790", "supervisor": false });
        desk.caller().post(&format!("/api/v1/canteens/{}/cashiers", self.canteens[LIANHUA]), &body).await.map(drop)
    }
}
