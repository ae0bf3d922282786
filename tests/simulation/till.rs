//! A terminal as a computer, and the cashier at it: everything goes through the till's own API.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use domain::calendar::{BusinessDate, Clock};
use domain::id::{Entropy, TerminalId};
use serde_json::{Value, json};
use support::Journal;
use terminal::{DiskProbe, EnrolError, Enrolment, OfficeError, SyncReport, Terminal};
use tokio::task::JoinHandle;
use zhucan::demo::chance::SeededEntropy;

use crate::call::{self, Answer};
use crate::clock::{NodeClock, TrueTime};
use crate::disk::Picture;
use crate::network::{Net, Wire};
use crate::office::URL;
use crate::oracle::journal::Watched;
use crate::template::PIN;

/// In the drawer when a shift is opened, fen.
const FLOAT: i64 = 10_000;
/// Free on a disk that has room: not so much that the reserve is kept, whose 4 MiB every seed would write.
const ROOM: u64 = 9 * 1024 * 1024;
/// A cashier who is shown a date farther off than this calls somebody, days.
const BELIEVED: i64 = 3;

/// What became of somebody who wanted a meal.
#[derive(Clone, Debug)]
pub(crate) enum Served {
    /// Rung up: the record, and what the till said of it.
    Sold { record: String, price: i64, to_pay: i64 },
    /// The till asks or refuses: why.
    Not(String),
}

/// What a till says to whatever was shown to it.
#[derive(Clone, Debug)]
pub(crate) enum Offered {
    /// A sale that waits to be confirmed.
    Sale(Answer),
    /// A sale at full price that keeps what could not be placed.
    Kept(Answer),
    /// Nothing: why.
    Not(String),
}

/// A line of a paper list as the till shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaperLine {
    /// The place in the steps' own list of what was added.
    pub(crate) wanted: usize,
    pub(crate) price: i64,
    pub(crate) to_pay: i64,
}

type Round = JoinHandle<Result<SyncReport, String>>;

/// How a round with the office ended, for now.
pub(crate) enum RoundEnd {
    Done(Result<SyncReport, String>),
    /// An answer is held back; the round goes on when it comes.
    Slow,
}

struct Running {
    terminal: Terminal,
    router: axum::Router,
    round: Option<Round>,
}

pub(crate) struct Till {
    pub(crate) number: usize,
    pub(crate) canteen: usize,
    disk: PathBuf,
    truth: Arc<TrueTime>,
    pub(crate) clock: Arc<NodeClock>,
    entropy: Arc<SeededEntropy>,
    pub(crate) wire: Arc<Wire>,
    full: Arc<AtomicBool>,
    running: Option<Running>,
    journal: Option<Journal>,
    drawer: i64,
    /// The business date on which the cashier was last seen ready, in this run of the program.
    ready_on: Option<BusinessDate>,
    /// What was seen of its journal.
    pub(crate) watched: Watched,
    /// Another computer with the disk of one that is in use.
    pub(crate) is_copy: bool,
    /// As whom it was let in, where that happened in the seed.
    pub(crate) enrolled: Option<TerminalId>,
}

/// What became of asking to be let in.
pub(crate) enum Entered {
    In(Enrolment),
    /// With that code.
    Refused(String),
    /// No answer came, or none that could be read.
    Lost,
}

impl Till {
    pub(crate) fn new(
        number: usize,
        canteen: usize,
        disk: &Path,
        truth: &Arc<TrueTime>,
        net: &Arc<Net>,
        seed: u64,
    ) -> Self {
        Self {
            number,
            canteen,
            disk: disk.to_owned(),
            truth: Arc::clone(truth),
            clock: NodeClock::new(truth, number as u64),
            entropy: Arc::new(SeededEntropy::new(seed)),
            wire: net.wire(number),
            full: Arc::default(),
            running: None,
            journal: None,
            drawer: 0,
            ready_on: None,
            watched: Watched::fresh(),
            is_copy: false,
            enrolled: None,
        }
    }

    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        let mut config = terminal::Config::new(&self.disk, URL);
        let full = Arc::clone(&self.full);
        config.disk = DiskProbe::new(move |_| Ok(if full.load(Ordering::SeqCst) { 0 } else { ROOM }));
        let terminal = Terminal::open_with(config, clock, entropy, Arc::clone(&self.wire) as _).await;
        let terminal = terminal.with_context(|| format!("till {} does not start", self.number))?;
        let router = terminal.router();
        self.running = Some(Running { terminal, router, round: None });
        self.ready_on = None;
        self.journal = Some(Journal::open(&self.disk.join(terminal::DATABASE_FILE)).await);
        Ok(())
    }

    /// Which terminal it is, once it has written anything.
    pub(crate) fn terminal(&self) -> Option<TerminalId> {
        self.enrolled.or_else(|| self.watched.records.first().map(|record| record.terminal))
    }

    /// Whether it came in this seed, and is no copy.
    pub(crate) const fn is_newcomer(&self) -> bool {
        self.enrolled.is_some() && !self.is_copy
    }

    /// Asks to be let in. The program must not run.
    pub(crate) async fn enrol(&self, code: &str) -> Entered {
        let config = terminal::Config::new(&self.disk, URL);
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        let asked = terminal::enrol_with(&config, code, clock, entropy, Arc::clone(&self.wire) as _);
        tokio::pin!(asked);
        // Somebody stands there and waits.
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut asked => break answer,
                () = self.wire.slow.notified() => self.wire.release(),
            }
        };
        match answer {
            Ok(enrolment) => Entered::In(enrolment),
            Err(EnrolError::Office(OfficeError::Refused { code, .. })) => Entered::Refused(code),
            Err(EnrolError::Office(_)) => Entered::Lost,
            Err(other) => Entered::Refused(other.to_string()),
        }
    }

    /// Ends the program; what was under way with the office is cut off.
    pub(crate) async fn stop(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.close().await;
        }
        let Some(Running { terminal, router, round }) = self.running.take() else { return };
        if let Some(round) = round {
            round.abort();
            // Aborted: that is its result.
            let _ = round.await;
            self.wire.release();
        }
        terminal.close().await;
        drop((router, terminal));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    /// Its disk fills up, or has room again.
    pub(crate) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// The head of its database is gone, and with it the table of contents. It must not run.
    pub(crate) fn damage(&self) -> anyhow::Result<()> {
        let file = self.disk.join(terminal::DATABASE_FILE);
        let mut bytes = std::fs::read(&file)?;
        bytes.iter_mut().take(4096).for_each(|byte| *byte = 0);
        Ok(std::fs::write(file, bytes)?)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn picture(&self) -> Picture {
        Picture::take(&self.disk)
    }

    /// Puts another state on its disk. It must not run.
    pub(crate) fn put_back(&self, picture: &Picture) {
        picture.put_back(&self.disk);
    }

    pub(crate) fn journal(&mut self) -> anyhow::Result<&mut Journal> {
        self.journal.as_mut().context("the till does not run")
    }

    fn up(&self) -> anyhow::Result<&Running> {
        self.running.as_ref().context("the till does not run")
    }

    pub(crate) async fn unsent(&self) -> anyhow::Result<u64> {
        Ok(self.up()?.terminal.unsent().await?)
    }

    /// A round with the office and, when it came to its end, the end of the day: as the program does by itself.
    pub(crate) async fn round(&mut self) -> anyhow::Result<RoundEnd> {
        let terminal = self.up()?.terminal.clone();
        let round = tokio::spawn(async move {
            let report = terminal.sync_once().await.map_err(|e| e.to_string())?;
            terminal.tick().await.map_err(|e| format!("the day was not ended: {e}"))?;
            Ok(report)
        });
        self.follow(round).await
    }

    async fn follow(&mut self, mut round: Round) -> anyhow::Result<RoundEnd> {
        let wire = Arc::clone(&self.wire);
        tokio::select! {
            biased;
            done = &mut round => Ok(RoundEnd::Done(done.context("a round panicked")?)),
            () = wire.slow.notified() => {
                if let Some(running) = &mut self.running {
                    running.round = Some(round);
                }
                Ok(RoundEnd::Slow)
            }
        }
    }

    /// Whether a round waits for a slow answer.
    pub(crate) fn waits(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.round.is_some())
    }

    /// Lets a slow answer through and goes on with the round.
    pub(crate) async fn go_on(&mut self) -> anyhow::Result<RoundEnd> {
        let round = self.running.as_mut().and_then(|running| running.round.take()).context("no round waits")?;
        self.wire.release();
        self.follow(round).await
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        let router = self.up()?.router.clone();
        let call = call::json(&router, "POST", path, None, Some(&body));
        tokio::pin!(call);
        // The till may ask the office while a person stands there: nothing else goes on until a slow answer is in.
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut call => break answer,
                () = self.wire.slow.notified() => self.wire.release(),
            }
        };
        // Whatever is done at a till, its own database serves.
        ensure!(answer.status != 500, "till {}: {path} {body}: {}", self.number, answer.body);
        Ok(answer)
    }

    pub(crate) async fn state(&self) -> anyhow::Result<Answer> {
        Ok(call::json(&self.up()?.router, "GET", "/api/state", None, None).await)
    }

    /// Signs in, closes what was forgotten, opens a shift. Nothing when it cannot be done now, with the reason.
    async fn get_ready(&mut self) -> anyhow::Result<Result<Answer, String>> {
        let mut state = self.state().await?;
        for _ in 0..6 {
            let answer = match state.at("/stage/kind").as_str().unwrap_or_default() {
                "sign_in" => match state.at("/cashiers/0/id").as_str() {
                    Some(cashier) => self.post("/api/sign-in", json!({ "cashier": cashier, "pin": PIN })).await?,
                    None => return Ok(Err("no setup".to_owned())),
                },
                "open_shift" => {
                    if !self.believes(&state)? {
                        return Ok(Err("the date cannot be".to_owned()));
                    }
                    let opened = self.open(&state).await?;
                    self.drawer = FLOAT;
                    opened
                }
                "forgotten_shift" => self.close(&state).await?,
                _ => return Ok(Ok(state)),
            };
            if !answer.is_good() {
                return Ok(Err(code_of(&answer)));
            }
            state = answer;
            if state.at("/stage/kind") == "forgotten_shift" && !self.believes(&state)? {
                return Ok(Err("the date cannot be".to_owned()));
            }
        }
        anyhow::bail!("till {}: never ready: {}", self.number, state.body)
    }

    /// Whether a person would believe the date that the till shows.
    fn believes(&self, state: &Answer) -> anyhow::Result<bool> {
        let shown: BusinessDate = state.at("/clock/date").as_str().context("a date")?.parse()?;
        let today = self.truth.now().business_date();
        Ok((today.plus_days(-BELIEVED)..=today.plus_days(BELIEVED)).contains(&shown))
    }

    async fn open(&self, state: &Answer) -> anyhow::Result<Answer> {
        let mut body = json!({ "float": FLOAT });
        if state.at("/clock/source") != "server" {
            body["confirmed_date"] = state.at("/clock/date").clone();
        }
        self.post("/api/shift/open", body).await
    }

    /// Counts the drawer and closes the shift; a difference is explained and approved.
    async fn close(&self, state: &Answer) -> anyhow::Result<Answer> {
        let mut left = self.drawer.max(0);
        let mut count = serde_json::Map::new();
        for piece in [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10] {
            count.insert(piece.to_string(), json!(left / piece));
            left %= piece;
        }
        let mut body = json!({ "count": count, "reason": "盘点", "supervisor": approval(state, 0) });
        if !state.at("/close/counted").is_null() {
            body["count"] = Value::Null;
        }
        self.post("/api/shift/close", body).await
    }

    /// Closes the shift if one is open; tells whether.
    pub(crate) async fn close_shift(&mut self) -> anyhow::Result<bool> {
        let state = self.state().await?;
        if state.at("/shift").is_null() {
            return Ok(false);
        }
        let Ok(state) = self.get_ready().await? else { return Ok(false) };
        if !self.believes(&state)? {
            return Ok(false);
        }
        self.post("/api/cancel", json!({})).await?;
        Ok(self.close(&state).await?.is_good())
    }

    /// Serves whoever shows that, or a guest: as far as the sale that waits to be confirmed. `keep`: what cannot be
    /// placed is kept with a meal at full price, where the till offers that.
    pub(crate) async fn offer(&mut self, code: Option<&str>, keep: bool) -> anyhow::Result<Offered> {
        let today = self.truth.now().business_date();
        let mut shown = None;
        if self.ready_on == Some(today) {
            // As at a counter: the next one in the queue, and only when the till objects a look at its state.
            shown = Some(self.show(code).await?).filter(Answer::is_good);
        }
        let shown = if let Some(shown) = shown {
            shown
        } else {
            let ready = match self.get_ready().await? {
                Ok(ready) => ready,
                Err(why) => return Ok(Offered::Not(why)),
            };
            if ready.at("/stage/kind") == "serving" {
                self.post("/api/cancel", json!({})).await?;
            }
            self.ready_on = Some(today);
            self.show(code).await?
        };
        if !shown.is_good() {
            return Ok(Offered::Not(code_of(&shown)));
        }
        let kind = shown.at("/stage/kind").as_str().unwrap_or_default();
        if kind == "serving" {
            return Ok(Offered::Sale(shown));
        }
        if keep && shown.at("/stage/may_keep") == &Value::Bool(true) {
            let kept = self.post("/api/unidentified", json!({})).await?;
            ensure!(kept.is_good() && kept.at("/stage/unidentified") == true, "may be kept, is not: {}", kept.body);
            return Ok(Offered::Kept(kept));
        }
        let why = if kind == "duplicate" { kind } else { shown.at("/stage/code").as_str().unwrap_or("?") };
        let why = why.to_owned();
        self.post("/api/cancel", json!({})).await?;
        Ok(Offered::Not(why))
    }

    async fn show(&self, code: Option<&str>) -> anyhow::Result<Answer> {
        match code {
            Some(code) => self.post("/api/scan", json!({ "code": code })).await,
            None => self.post("/api/guest", json!({})).await,
        }
    }

    /// Takes the money and confirms what was offered.
    pub(crate) async fn confirm(&mut self, offered: &Answer) -> anyhow::Result<Served> {
        let (price, to_pay) = (offered.at("/stage/price").as_i64(), offered.at("/stage/to_pay").as_i64());
        let (price, to_pay) = price.zip(to_pay).with_context(|| format!("an offer: {}", offered.body))?;
        let sale = offered.at("/stage/sale").clone();
        let done = self.post("/api/confirm", json!({ "sale": sale })).await?;
        if !done.is_good() {
            self.post("/api/cancel", json!({})).await?;
            return Ok(Served::Not(code_of(&done)));
        }
        let record = done.at("/last/record").as_str().context("a record")?.to_owned();
        ensure!(sale == record.as_str(), "confirmed {sale}, made {record}");
        ensure!(done.at("/last/to_pay").as_i64() == Some(to_pay), "the till took something else than it showed");
        if done.at("/last/tender") == "cash" {
            self.drawer += to_pay;
        }
        Ok(Served::Sold { record, price, to_pay })
    }

    /// Confirms the same sale again, as a page does whose answer was lost: nothing more is charged.
    pub(crate) async fn confirm_again(&self, record: &str) -> anyhow::Result<()> {
        let again = self.post("/api/confirm", json!({ "sale": record })).await?;
        ensure!(again.is_good(), "the same confirmation again: {}", again.body);
        Ok(())
    }

    /// Reverses a meal; tells whether the till did.
    pub(crate) async fn void(&mut self, record: &str, to_pay: i64) -> anyhow::Result<bool> {
        let cashiers = self.state().await?;
        let approval = json!({ "cashier": cashiers.at("/cashiers/0/id"), "pin": PIN });
        let done = self.post("/api/void", json!({ "meal": record, "reason": "刷错", "supervisor": approval })).await?;
        if done.is_good() {
            self.drawer -= to_pay;
        }
        Ok(done.is_good())
    }

    /// What the till lists as due back, nothing while nobody can serve: entry and amount.
    pub(crate) async fn refunds(&mut self) -> anyhow::Result<Vec<(String, i64)>> {
        if self.get_ready().await?.is_err() {
            return Ok(Vec::new());
        }
        let answer = self.post("/api/refunds", json!({})).await?;
        ensure!(answer.is_good(), "till {}: the list of refunds: {}", self.number, answer.body);
        let entry = |due: &Value| Some((due["id"].as_str()?.to_owned(), due["amount"].as_i64()?));
        Ok(answer.at("/refunds").as_array().into_iter().flatten().filter_map(entry).collect())
    }

    /// Pays a refund; the code with which the till refuses otherwise.
    pub(crate) async fn pay(&mut self, (due, amount): (&str, i64)) -> anyhow::Result<Result<(), String>> {
        self.post("/api/cancel", json!({})).await?;
        let done = self.post("/api/refund", json!({ "due": due })).await?;
        if !done.is_good() {
            return Ok(Err(code_of(&done)));
        }
        self.drawer -= amount;
        Ok(Ok(()))
    }

    /// Enters a paper list of that day: what each line shows. The lines that the till took, and the codes with which it
    /// refused the others; or why it takes no list now.
    pub(crate) async fn open_paper(
        &mut self,
        date: BusinessDate,
        period: &str,
        codes: &[String],
    ) -> anyhow::Result<Result<(Vec<PaperLine>, Vec<(usize, String)>), String>> {
        let mut state = self.state().await?;
        if state.at("/stage/kind") == "sign_in" {
            let Some(cashier) = state.at("/cashiers/0/id").as_str() else { return Ok(Err("no setup".to_owned())) };
            let signed = self.post("/api/sign-in", json!({ "cashier": cashier, "pin": PIN })).await?;
            if !signed.is_good() {
                return Ok(Err(code_of(&signed)));
            }
            state = signed;
        }
        if state.at("/stage/kind") == "serving" {
            self.post("/api/cancel", json!({})).await?;
        }
        let body = json!({ "date": date, "period": period, "supervisor": approval(&state, 0) });
        let opened = self.post("/api/paper/open", body).await?;
        if !opened.is_good() {
            return Ok(Err(code_of(&opened)));
        }
        let (mut lines, mut refused) = (Vec::new(), Vec::new());
        for (wanted, code) in codes.iter().enumerate() {
            let added = self.post("/api/paper/add", json!({ "code": code })).await?;
            if !added.is_good() {
                refused.push((wanted, code_of(&added)));
                continue;
            }
            let shown = added.at("/paper/lines").as_array().and_then(|lines| lines.last()).context("a line")?.clone();
            let (price, to_pay) = (shown["price"].as_i64(), shown["to_pay"].as_i64());
            let (price, to_pay) = price.zip(to_pay).with_context(|| format!("a line: {shown}"))?;
            lines.push(PaperLine { wanted, price, to_pay });
        }
        Ok(Ok((lines, refused)))
    }

    /// Drops the list that is open.
    pub(crate) async fn drop_paper(&self) -> anyhow::Result<()> {
        let dropped = self.post("/api/paper/drop", json!({})).await?;
        ensure!(dropped.is_good(), "till {}: a list that cannot be dropped: {}", self.number, dropped.body);
        Ok(())
    }

    /// Somebody compares the list with the paper: whoever entered it, or another person. The code of a refusal.
    pub(crate) async fn commit_paper(&self, another: bool) -> anyhow::Result<Result<(), String>> {
        let state = self.state().await?;
        let second = approval(&state, usize::from(another));
        let done = self.post("/api/paper/commit", json!({ "second": second })).await?;
        Ok(if done.is_good() { Ok(()) } else { Err(code_of(&done)) })
    }
}

/// The PIN of one of the canteen's cashiers.
fn approval(state: &Answer, cashier: usize) -> Value {
    json!({ "cashier": state.at(&format!("/cashiers/{cashier}/id")), "pin": PIN })
}

fn code_of(answer: &Answer) -> String {
    answer.at("/code").as_str().unwrap_or("?").to_owned()
}
