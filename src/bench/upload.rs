//! Records over HTTP: batches as a terminal sends them after a day, and single ones from many tills at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{BusinessDate, Clock};
use domain::id::Entropy as _;
use domain::record::encoding::{SignatureHex, decode};
use domain::sync::{Batch, BatchAnswer, Outcome, request_digest};
use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::{Client, StatusCode};
use server::store::terminals::TerminalRow;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::bare::{Bare, BareRecord};
use super::table::{Row, ms, percentile};
use super::words;
use crate::demo::chance::SeededEntropy;
use crate::demo::clock::DemoClock;
use crate::demo::http::client;
use crate::generate::play::City;
use crate::machine::microseconds;

/// Where records go.
const PATH: &str = "/api/v1/terminal/records";
/// So many terminals send batches at a time.
const SENDERS: usize = 4;
/// Batches of this many records are inserted bare.
const BATCH: usize = 150;

/// A terminal with what it has to send.
pub struct Outbox {
    /// The terminal at the office.
    pub terminal: TerminalRow,
    /// Its key.
    pub key: SigningKey,
    /// In order.
    pub batches: Vec<Batch>,
}

impl Outbox {
    /// The same records, each in a batch of its own.
    #[must_use]
    pub fn singly(self) -> Self {
        let single = |batch: Batch| {
            let epoch = batch.epoch;
            batch.records.into_iter().map(move |record| Batch { epoch, records: vec![record] })
        };
        Self { batches: self.batches.into_iter().flat_map(single).collect(), ..self }
    }

    fn records(&self) -> u64 {
        self.batches.iter().map(|batch| batch.records.len() as u64).sum()
    }
}

/// What is inserted bare for it.
fn bare_rows(outboxes: &[Outbox]) -> anyhow::Result<Vec<BareRecord>> {
    let mut rows = Vec::new();
    for signed in outboxes.iter().flat_map(|o| &o.batches).flat_map(|b| &b.records) {
        let record = decode(&signed.signed.record).context("a generated record")?;
        rows.push(BareRecord {
            canteen: record.canteen.uuid().as_bytes().to_vec(),
            id: record.id.uuid().as_bytes().to_vec(),
            terminal: record.terminal.uuid().as_bytes().to_vec(),
            sequence: i64::try_from(record.sequence)?,
            date: record.business_date().to_string(),
            bytes: signed.signed.record.clone().into_bytes(),
            signature: signed.signed.signature.0.to_vec(),
        });
    }
    Ok(rows)
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No answer came.
    Unreachable,
    /// An answer that is not a success, with its HTTP status.
    Status(u16),
    /// The answer is not one that a terminal can read.
    Unreadable,
    /// Some record got no outcome: it lies behind a gap.
    NoOutcome,
    /// Some record was disputed.
    Disputed,
    /// Some record was rejected.
    Rejected,
}

/// What became of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What each took, microseconds.
    pub took: Vec<u64>,
    /// How many failed, by reason.
    pub failed: BTreeMap<Failure, u64>,
}

impl Taken {
    fn add(&mut self, more: Self) {
        self.took.extend(more.took);
        for (why, count) in more.failed {
            *self.failed.entry(why).or_default() += count;
        }
    }

    /// How many failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// Why a batch was not taken whole, if it was not.
fn failure(batch: &Batch, status: StatusCode, bytes: &[u8]) -> Option<Failure> {
    if !status.is_success() {
        return Some(Failure::Status(status.as_u16()));
    }
    let Ok(answer) = serde_json::from_slice::<BatchAnswer>(bytes) else { return Some(Failure::Unreadable) };
    if answer.outcomes.len() != batch.records.len() {
        return Some(Failure::NoOutcome);
    }
    answer.outcomes.iter().find_map(|answer| match answer.outcome {
        Outcome::Accepted => None,
        Outcome::Disputed { .. } => Some(Failure::Disputed),
        Outcome::Rejected { .. } => Some(Failure::Rejected),
    })
}

/// A terminal under way: how it reaches the office, and its nonces.
struct Sender {
    client: Client,
    url: String,
    clock: Arc<DemoClock>,
    entropy: SeededEntropy,
}

impl Sender {
    /// Sends an outbox batch after batch.
    async fn send(self, outbox: Outbox) -> anyhow::Result<Taken> {
        let mut taken = Taken::default();
        for batch in &outbox.batches {
            let begun = microseconds();
            let answer = self.request(&outbox, batch)?.send().await;
            let answered = match answer {
                Ok(answer) => (answer.status(), answer.bytes().await),
                Err(error) => (StatusCode::OK, Err(error)),
            };
            taken.took.push(microseconds() - begun);
            let failed = match answered {
                (status, Ok(bytes)) => failure(batch, status, &bytes),
                (_, Err(_)) => Some(Failure::Unreachable),
            };
            if let Some(why) = failed {
                *taken.failed.entry(why).or_default() += 1;
            }
        }
        Ok(taken)
    }

    fn request(&self, outbox: &Outbox, batch: &Batch) -> anyhow::Result<reqwest::RequestBuilder> {
        let body = serde_json::to_vec(batch)?;
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce);
        let (nonce, time) = (hex::encode(nonce), self.clock.wall());
        let digest = request_digest("POST", PATH, &body, time, &nonce);
        let signature = SignatureHex(outbox.key.sign(&digest.0).to_bytes());
        Ok(self
            .client
            .post(format!("{}{PATH}", self.url))
            .header("zhucan-terminal", outbox.terminal.id.to_string())
            .header("zhucan-time", time.get().to_string())
            .header("zhucan-nonce", nonce)
            .header("zhucan-signature", signature.to_string())
            .header("content-type", "application/json")
            .body(body))
    }
}

/// Sends everything, so many terminals at once.
async fn send(url: &str, clock: &Arc<DemoClock>, outboxes: Vec<Outbox>, at_once: usize) -> anyhow::Result<Taken> {
    let client = client()?;
    let mut taken = Taken::default();
    let mut running: JoinSet<anyhow::Result<Taken>> = JoinSet::new();
    for (number, outbox) in outboxes.into_iter().enumerate() {
        if running.len() >= at_once {
            taken.add(running.join_next().await.context("a terminal was under way")???);
        }
        let entropy = SeededEntropy::new(0x006e_6f6e_6365 ^ (number as u64) << 24 ^ microseconds());
        let sender = Sender { client: client.clone(), url: url.to_owned(), clock: Arc::clone(clock), entropy };
        running.spawn(sender.send(outbox));
    }
    while let Some(done) = running.join_next().await {
        taken.add(done??);
    }
    Ok(taken)
}

/// A city's office that listens, and the bare database that it is held against.
pub struct Uploads<'a> {
    city: City,
    bare: &'a Bare,
    database: &'static str,
    url: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl<'a> Uploads<'a> {
    /// A city that nothing was sent from yet.
    pub async fn begin(city: City, bare: &'a Bare, database: &'static str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = city.server.clone();
        let serving = tokio::spawn(async move { Ok(server.serve(listener, async { drop(stopped.await) }).await?) });
        bare.table().await?;
        Ok(Self { city, bare, database, url, stop, serving })
    }

    /// A day that every terminal sends in batches.
    pub async fn batches(&mut self, day: BusinessDate) -> anyhow::Result<Row> {
        let outboxes = self.city.unsent(day)?;
        let bare_us = self.bare.insert(&bare_rows(&outboxes)?, BATCH).await?;
        let records: u64 = outboxes.iter().map(Outbox::records).sum();
        let begun = microseconds();
        self.catch_up(outboxes).await?;
        let us = microseconds() - begun;
        let speed = records * 1_000_000 / us.max(1);
        let row = Row::ratio(words::INGEST, self.database, records, (us, bare_us), (words::HALF, 2_000));
        Ok(row.noted(words::records_a_second(speed)))
    }

    /// A day of which so many terminals send every record by itself, all at once. The others send theirs afterwards,
    /// unmeasured: what a terminal sends on a later day then lies behind no gap.
    pub async fn singles(&mut self, day: BusinessDate, sides: usize) -> anyhow::Result<(Row, Taken)> {
        let mut outboxes = self.city.unsent(day)?;
        ensure!(outboxes.len() >= sides, "the city has too few terminals");
        let others = outboxes.split_off(sides);
        let outboxes: Vec<Outbox> = outboxes.into_iter().map(Outbox::singly).collect();
        let (records, bare_records) = (outboxes.iter().map(Outbox::records).sum(), bare_rows(&outboxes)?);
        let bare_us = self.bare.insert_singly(bare_records, sides).await?;
        let begun = microseconds();
        let mut taken = send(&self.url, &self.city.clock, outboxes, sides).await?;
        let us = microseconds() - begun;
        self.catch_up(others).await?;
        let (median, worst) = (percentile(&mut taken.took, 50), percentile(&mut taken.took, 99));
        let speed = records * 1_000_000 / us.max(1);
        let note = words::singles(speed, &ms(median), &ms(worst), &taken.failed);
        let goal = if sides == 64 { (words::HALF_AT_64, 2_000) } else { (words::NO_GOAL, u64::MAX) };
        let row = Row::ratio(&words::single(sides), self.database, records, (us, bare_us), goal).noted(note);
        let row = row.only_if(sides < 64 || (taken.failures() == 0 && worst < 50_000));
        Ok((row, taken))
    }

    async fn catch_up(&self, outboxes: Vec<Outbox>) -> anyhow::Result<()> {
        let taken = send(&self.url, &self.city.clock, outboxes, SENDERS).await?;
        ensure!(taken.failures() == 0, "batches were refused: {:?}", taken.failed);
        Ok(())
    }

    /// The city behind it.
    #[must_use]
    pub const fn city(&self) -> &City {
        &self.city
    }

    /// Stops listening; the office's database is closed by it.
    pub async fn end(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.serving.await?
    }
}

/// Both rows on a city that nothing was sent from yet: whole days in batches, then single records at 1, 8 and 64.
pub async fn measure(
    city: City,
    bare: &Bare,
    database: &'static str,
    days: &[BusinessDate],
) -> anyhow::Result<Vec<Row>> {
    let mut days = days.iter().copied();
    let mut uploads = Uploads::begin(city, bare, database).await?;
    let mut rows = vec![uploads.batches(days.next().context("a day")?).await?];
    for sides in [1, 8, 64] {
        rows.push(uploads.singles(days.next().context("a day")?, sides).await?.0);
    }
    uploads.end().await?;
    Ok(rows)
}
