//! Records over HTTP: batches as a terminal sends them after a day, and single ones from many tills at once.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{BusinessDate, Clock};
use domain::id::Entropy as _;
use domain::record::encoding::{SignatureHex, decode};
use domain::sync::{Batch, BatchAnswer, Outcome, request_digest};
use ed25519_dalek::{Signer as _, SigningKey};
use server::store::terminals::TerminalRow;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

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

/// Sends everything; answers what each request took, in microseconds, and how many were not taken.
async fn send(
    url: &str,
    clock: &Arc<DemoClock>,
    outboxes: Vec<Outbox>,
    at_once: usize,
) -> anyhow::Result<(Vec<u64>, u64)> {
    let client = client()?;
    let (mut took, mut refused) = (Vec::new(), 0);
    let mut running: JoinSet<anyhow::Result<(Vec<u64>, u64)>> = JoinSet::new();
    for (number, outbox) in outboxes.into_iter().enumerate() {
        if running.len() >= at_once {
            let (more, failed) = running.join_next().await.context("a terminal was under way")???;
            took.extend(more);
            refused += failed;
        }
        let (client, url, clock) = (client.clone(), url.to_owned(), Arc::clone(clock));
        let entropy = SeededEntropy::new(0x006e_6f6e_6365 ^ (number as u64) << 24 ^ microseconds());
        running.spawn(async move {
            let (mut took, mut refused) = (Vec::with_capacity(outbox.batches.len()), 0);
            for batch in &outbox.batches {
                let begun = microseconds();
                let body = serde_json::to_vec(batch)?;
                let mut nonce = [0; 16];
                entropy.fill(&mut nonce);
                let (nonce, time) = (hex::encode(nonce), clock.wall());
                let digest = request_digest("POST", PATH, &body, time, &nonce);
                let signature = SignatureHex(outbox.key.sign(&digest.0).to_bytes());
                let request = client
                    .post(format!("{url}{PATH}"))
                    .header("zhucan-terminal", outbox.terminal.id.to_string())
                    .header("zhucan-time", time.get().to_string())
                    .header("zhucan-nonce", nonce)
                    .header("zhucan-signature", signature.to_string())
                    .header("content-type", "application/json")
                    .body(body);
                let answer = request.send().await?;
                let taken = answer.status().is_success();
                let bytes = answer.bytes().await?;
                took.push(microseconds() - begun);
                let stored = taken && {
                    let answer: BatchAnswer = serde_json::from_slice(&bytes)?;
                    answer.outcomes.len() == batch.records.len()
                        && answer.outcomes.iter().all(|o| o.outcome == Outcome::Accepted)
                };
                refused += u64::from(!stored);
            }
            Ok((took, refused))
        });
    }
    while let Some(done) = running.join_next().await {
        let (more, failed) = done??;
        took.extend(more);
        refused += failed;
    }
    Ok((took, refused))
}

/// Both rows on a city that nothing was sent from yet: whole days in batches, then single records at 1, 8 and 64.
pub async fn measure(
    mut city: City,
    bare: &Bare,
    database: &'static str,
    days: &[BusinessDate],
) -> anyhow::Result<Vec<Row>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = city.server.clone();
    let serving = tokio::spawn(async move { server.serve(listener, async { drop(stopped.await) }).await });
    let mut days = days.iter().copied();
    let mut rows = Vec::new();
    let outboxes = city.unsent(days.next().context("a day")?)?;
    let bare_records = bare_rows(&outboxes)?;
    bare.table().await?;
    let bare_us = bare.insert(&bare_records, BATCH).await?;
    let records: u64 = outboxes.iter().map(Outbox::records).sum();
    let begun = microseconds();
    let (_, refused) = send(&url, &city.clock, outboxes, SENDERS).await?;
    let us = microseconds() - begun;
    ensure!(refused == 0, "{refused} batches were refused");
    let speed = records * 1_000_000 / us.max(1);
    rows.push(
        Row::ratio(words::INGEST, database, records, (us, bare_us), (words::HALF, 2_000))
            .noted(words::records_a_second(speed)),
    );
    for sides in [1, 8, 64] {
        let mut outboxes = city.unsent(days.next().context("a day")?)?;
        outboxes.truncate(sides);
        let outboxes: Vec<Outbox> = outboxes.into_iter().map(Outbox::singly).collect();
        ensure!(outboxes.len() == sides, "the city has too few terminals");
        let (records, bare_records) = (outboxes.iter().map(Outbox::records).sum(), bare_rows(&outboxes)?);
        let bare_us = bare.insert_singly(bare_records, sides).await?;
        let begun = microseconds();
        let (mut took, refused) = send(&url, &city.clock, outboxes, sides).await?;
        let us = microseconds() - begun;
        let (median, worst) = (percentile(&mut took, 50), percentile(&mut took, 99));
        let speed = records * 1_000_000 / us.max(1);
        let note = words::singles(speed, &ms(median), &ms(worst), refused);
        let goal = if sides == 64 { (words::HALF_AT_64, 2_000) } else { (words::NO_GOAL, u64::MAX) };
        let row = Row::ratio(&words::single(sides), database, records, (us, bare_us), goal).noted(note);
        rows.push(row.only_if(sides < 64 || (refused == 0 && worst < 50_000)));
    }
    drop(stop);
    serving.await??;
    Ok(rows)
}
