//! The network between terminals and the office: a request may be lost, doubled, held back or come late, its answer
//! lost or slow, the office killed at the instant it answers. What the office answered is watched on its way out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::Request;
use domain::id::{Digest, ElderId, TerminalId};
use domain::record::Record;
use domain::record::encoding::decode;
use domain::sync::{Batch, BatchAnswer, Outcome, RefundsDue};
use server::Server;
use server::store::records::blob_digest;
use terminal::{Sending, Transport, TransportError, WireRequest, WireResponse};
use tokio::sync::{Notify, oneshot};
use zhucan::demo::chance::Chance;

use crate::call;
use crate::clock::TrueTime;
use crate::disk::Picture;
use crate::faults::Count;
use crate::model::Known;
use crate::oracle::Broken;
use crate::oracle::feeds::{self, Heard, Taken};

/// A terminal waits so long for an answer, ms: as its program is set up.
const PATIENCE: i64 = 15_000;

/// How likely each thing is, in percent of requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Odds {
    pub(crate) request_lost: u16,
    pub(crate) answer_lost: u16,
    pub(crate) twice: u16,
    /// Given up by the terminal, and delivered later.
    pub(crate) late: u16,
    /// The answer waits while other things happen.
    pub(crate) slow: u16,
    /// The office is killed when it has answered.
    pub(crate) killed: u16,
    /// A body breaks off in the middle: the request's or the answer's.
    pub(crate) cut: u16,
}

/// One blob for one place of one journal.
pub(crate) type Sent = (TerminalId, u32, u64, Digest);

/// A running office as the network sees it.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) server: Server,
    pub(crate) router: axum::Router,
}

/// All lines together.
pub(crate) struct Net {
    truth: Arc<TrueTime>,
    state: Mutex<State>,
}

pub(crate) struct State {
    chance: Chance,
    pub(crate) odds: Odds,
    live: Option<Live>,
    late: Vec<WireRequest>,
    /// What the office has said of each blob.
    pub(crate) outcomes: BTreeMap<Sent, String>,
    /// The records that it took.
    pub(crate) taken: Taken,
    /// What rosters have to tell.
    pub(crate) known: BTreeMap<ElderId, Known>,
    /// Ids of elders whose registration was lost: nobody is told of their uses until they are registered again.
    pub(crate) lost: BTreeSet<ElderId>,
    /// Every refund that the office ever listed to a till, fen.
    pub(crate) listed: BTreeMap<String, i64>,
    pub(crate) broken: Vec<Broken>,
    pub(crate) counts: Count,
    /// Where the office's disk is; nothing while it must not be killed.
    pub(crate) office_disk: Option<PathBuf>,
    /// The office's disk at the instant it was killed, and the program that still has to be ended.
    pub(crate) killed: Option<(Picture, Live)>,
}

impl Net {
    pub(crate) fn new(truth: &Arc<TrueTime>, seed: u64, odds: Odds) -> Arc<Self> {
        let state = State {
            chance: Chance::new(seed),
            odds,
            live: None,
            late: Vec::new(),
            outcomes: BTreeMap::new(),
            taken: Taken::default(),
            known: BTreeMap::new(),
            lost: BTreeSet::new(),
            listed: BTreeMap::new(),
            broken: Vec::new(),
            counts: Count::default(),
            office_disk: None,
            killed: None,
        };
        Arc::new(Self { truth: Arc::clone(truth), state: Mutex::new(state) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wire(self: &Arc<Self>, till: usize) -> Arc<Wire> {
        let (up, slow, release) = (AtomicBool::new(true), Notify::new(), Mutex::new(None));
        Arc::new(Wire { net: Arc::clone(self), till, up, slow, release, heard: Mutex::default() })
    }

    /// The office answers from now on.
    pub(crate) fn connect(&self, server: &Server) {
        self.state().live = Some(Live { server: server.clone(), router: server.router() });
    }

    /// Nobody answers any more.
    pub(crate) fn disconnect(&self) {
        self.state().live = None;
    }

    pub(crate) fn live(&self) -> Option<Live> {
        self.state().live.clone()
    }

    fn happens(&self, odds: impl Fn(&Odds) -> u16) -> bool {
        let mut state = self.state();
        let percent = odds(&state.odds);
        percent > 0 && state.chance.percent(percent)
    }

    /// Delivers a request that was held back, if there is one: any of them.
    pub(crate) async fn deliver_late(&self) -> bool {
        let request = {
            let mut state = self.state();
            let waiting = u16::try_from(state.late.len()).unwrap_or(u16::MAX);
            if waiting == 0 {
                return false;
            }
            let place = usize::from(state.chance.below(waiting));
            state.counts.came_late += 1;
            state.late.remove(place)
        };
        self.process(&request).await;
        true
    }

    /// A request arrives whose body breaks off: its signature is over other bytes, so the office takes nothing of it.
    async fn cut_short(&self, request: &WireRequest) {
        let mut part = request.clone();
        let end = self.state().chance.below(u16::try_from(part.body.len()).unwrap_or(u16::MAX));
        part.body.truncate(usize::from(end));
        self.state().counts.cut_short += 1;
        let Some((_, response)) = self.handled(&part).await else { return };
        if (200..300).contains(&response.status) {
            let what = format!("{} with {end} of {} bytes", part.path_and_query, request.body.len());
            self.state().broken.push(Broken::new("6 what came cut short is not taken", what));
        }
    }

    /// The office handles a request, if it is there; what it says is looked at.
    async fn process(&self, request: &WireRequest) -> Option<WireResponse> {
        let (live, response) = self.handled(request).await?;
        let killed = self.kill_office();
        let (said, taken) = said(request, &response);
        for (sent, record) in taken {
            self.state().taken.add(sent, record, self.truth.now());
        }
        if !said.is_empty() {
            self.keep(&said);
            if !killed && let Err(broken) = crate::oracle::office::holds_now(&live.server, &said).await {
                self.state().broken.push(broken);
            }
        }
        Some(response)
    }

    /// The office handles a request, if it is there.
    async fn handled(&self, request: &WireRequest) -> Option<(Live, WireResponse)> {
        let live = self.live()?;
        let mut http = Request::builder().method(request.method).uri(&request.path_and_query);
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        if !request.body.is_empty() {
            http = http.header("content-type", "application/json");
        }
        let http = http.body(Body::from(request.body.clone())).unwrap_or_else(|e| panic!("a request: {e}"));
        let (status, body) = call::raw(&live.router, http).await;
        let response = WireResponse { status, body };
        self.state().counts.requests += 1;
        Some((live, response))
    }

    /// Takes a picture of the office's disk at this instant, if it is to die now.
    fn kill_office(&self) -> bool {
        let mut state = self.state();
        let percent = state.odds.killed;
        if percent == 0 || !state.chance.percent(percent) {
            return false;
        }
        let Some(disk) = state.office_disk.clone() else { return false };
        let Some(live) = state.live.take() else { return false };
        state.killed = Some((Picture::take(&disk), live));
        state.counts.office_killed += 1;
        true
    }

    /// Keeps what was said; the same blob must be told the same for ever.
    fn keep(&self, said: &BTreeMap<Sent, String>) {
        let mut state = self.state();
        for (sent, outcome) in said {
            let first = state.outcomes.entry(*sent).or_insert_with(|| outcome.clone()).clone();
            if first != *outcome {
                let what = format!("{sent:?}: {first}, then {outcome}");
                state.broken.push(Broken::new("7 an outcome never flips", what));
            }
        }
    }
}

/// The outcomes in an answer to a batch, and the records that were not rejected.
fn said(request: &WireRequest, response: &WireResponse) -> (BTreeMap<Sent, String>, Vec<(Sent, Record)>) {
    let (mut said, mut taken) = (BTreeMap::new(), Vec::new());
    if !request.path_and_query.ends_with("/terminal/records") || response.status != 200 {
        return (said, taken);
    }
    let terminal = request.headers.iter().find(|(name, _)| *name == "zhucan-terminal");
    let terminal: TerminalId = terminal.and_then(|(_, id)| id.parse().ok()).unwrap_or_else(|| panic!("who sent it?"));
    let batch: Batch = serde_json::from_slice(&request.body).unwrap_or_else(|e| panic!("a batch: {e}"));
    let answer: BatchAnswer = serde_json::from_slice(&response.body).unwrap_or_else(|e| panic!("an answer: {e}"));
    let mut records = batch.records.iter();
    for outcome in answer.outcomes {
        let Some(record) = records.find(|r| r.sequence == outcome.sequence) else { panic!("an outcome for nothing") };
        let words = serde_json::to_string(&outcome.outcome).unwrap_or_else(|e| panic!("an outcome: {e}"));
        let sent = (terminal, batch.epoch, record.sequence, blob_digest(&record.signed));
        if !matches!(outcome.outcome, Outcome::Rejected { .. }) {
            taken.push((sent, decode(&record.signed.record).unwrap_or_else(|e| panic!("a record: {e}"))));
        }
        said.insert(sent, words);
    }
    (said, taken)
}

/// One terminal's line.
pub(crate) struct Wire {
    net: Arc<Net>,
    till: usize,
    up: AtomicBool,
    /// Told when an answer is held back.
    pub(crate) slow: Notify,
    release: Mutex<Option<oneshot::Sender<()>>>,
    /// What has arrived of the feeds.
    heard: Mutex<Heard>,
}

impl Wire {
    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    /// Lets a held back answer through.
    pub(crate) fn release(&self) {
        if let Some(release) = self.release.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A round that was given up waits for nothing.
            let _ = release.send(());
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another terminal has a copy of everything that this one was told.
    pub(crate) fn copy_heard(&self, of: &Self) {
        let heard = of.heard().clone();
        *self.heard() = heard;
    }

    /// Looks at what a feed answers.
    fn look(&self, path: &str, response: &WireResponse) {
        if response.status != 200 {
            return;
        }
        let heard = self.heard();
        let mut state = self.net.state();
        if path.ends_with("/terminal/refunds")
            && let Ok(due) = serde_json::from_slice::<RefundsDue>(&response.body)
        {
            state.listed.extend(due.refunds.iter().map(|due| (due.id.to_string(), due.amount.get())));
        }
        if let Err(broken) = feeds::look(path, &response.body, (&state.taken, &state.known, &state.lost), &heard) {
            state.broken.push(broken);
        }
    }

    async fn carry(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let lost = |what: &str| TransportError(format!("simulated: till {}: {what}", self.till));
        // Each message takes a moment.
        self.net.truth.advance(40);
        if !self.is_up() || self.net.live().is_none() {
            return Err(lost("no line"));
        }
        if self.net.happens(|odds| odds.late) {
            self.net.state().late.push(request);
            self.net.state().counts.held_back += 1;
            return Err(lost("no answer in time"));
        }
        if self.net.happens(|odds| odds.request_lost) {
            self.net.state().counts.requests_lost += 1;
            return Err(lost("request lost"));
        }
        if !request.body.is_empty() && self.net.happens(|odds| odds.cut) {
            self.net.cut_short(&request).await;
            return Err(lost("cut in the middle"));
        }
        if self.net.happens(|odds| odds.twice) {
            self.net.state().counts.doubled += 1;
            self.net.process(&request).await;
        }
        let twice = self.net.happens(|odds| odds.twice);
        let Some(mut response) = self.net.process(&request).await else { return Err(lost("office gone")) };
        if twice {
            self.net.state().counts.doubled += 1;
            self.net.process(&request).await;
        }
        self.look(&request.path_and_query, &response);
        let said_at = self.net.truth.now();
        // While one answer is held back no other one is.
        let held = self.release.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !held && self.net.happens(|odds| odds.slow) {
            self.net.state().counts.slow += 1;
            let (release, released) = oneshot::channel();
            *self.release.lock().unwrap_or_else(PoisonError::into_inner) = Some(release);
            let asked = self.net.truth.now();
            self.slow.notify_one();
            let _ = released.await;
            if self.net.truth.now().get() - asked.get() > PATIENCE {
                return Err(lost("no answer in time"));
            }
        }
        if self.net.happens(|odds| odds.answer_lost) {
            self.net.state().counts.answers_lost += 1;
            return Err(lost("answer lost"));
        }
        if !response.body.is_empty() && self.net.happens(|odds| odds.cut) {
            let mut state = self.net.state();
            state.counts.answers_cut += 1;
            let end = state.chance.below(u16::try_from(response.body.len()).unwrap_or(u16::MAX));
            response.body.truncate(usize::from(end));
            return Ok(response);
        }
        if response.status == 200 {
            feeds::arrived(&request.path_and_query, &response.body, said_at, &mut self.heard());
        }
        Ok(response)
    }
}

impl Transport for Wire {
    fn send(&self, request: WireRequest) -> Sending<'_> {
        Box::pin(self.carry(request))
    }
}
