//! The slips that wait for the printer, and what became of them.

use std::collections::VecDeque;
use std::io::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::RecordId;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Condition, Halt, Printer, PrinterConfig};

/// A printer that takes longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);
/// A printer that said why it cannot print is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// Behind a slip it is asked after this, for paper may have come to its end in the middle of it.
const SOON: Duration = Duration::from_secs(3);
/// With nothing to print it is asked this often.
const IDLE: Duration = Duration::from_secs(15);
/// A drawer that opens later than this after the sale surprises somebody, and helps nobody.
const DRAWER: Duration = Duration::from_secs(3);
/// So many slips may wait.
const QUEUE: usize = 256;
/// So many slips are remembered for the screen.
const REMEMBERED: usize = 500;

/// What became of a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Printed {
    /// No printer, or printed before the program last started.
    None,
    /// It waits.
    Waiting,
    /// On paper, as far as can be known.
    Yes,
    /// The printer failed.
    No,
}

/// How the printer is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PrinterState {
    /// `none`, `ok` or `trouble`.
    pub(crate) state: &'static str,
    /// What the printer says of itself, if it says anything that somebody has to know.
    pub(crate) condition: Option<Condition>,
    /// What the system says of the trouble.
    pub(crate) detail: Option<String>,
}

/// A slip to print.
pub(crate) struct Job {
    pub(crate) record: RecordId,
    pub(crate) reprint: bool,
}

/// Makes the bytes of a slip.
pub(crate) type Compose =
    Box<dyn Fn(RecordId, bool) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>> + Send>;

/// Makes the printer; again after its thread broke down.
pub(crate) type MakePrinter = Box<dyn Fn() -> Box<dyn Printer> + Send>;

/// The queue's other end and the printer behind it.
pub(crate) struct OtherEnd {
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) drawer: watch::Receiver<Option<Instant>>,
    pub(super) make: MakePrinter,
}

#[derive(Default)]
struct Shown {
    slips: VecDeque<(RecordId, Printed)>,
    /// What it said when it was last asked.
    condition: Option<Condition>,
    trouble: Option<Trouble>,
}

/// What the system says, and whether it is over once the printer is reached: else a slip tells.
#[derive(Clone, PartialEq, Eq)]
struct Trouble {
    detail: String,
    ends_when_reached: bool,
}

impl Trouble {
    fn of_a_slip(detail: String) -> Self {
        Self { detail, ends_when_reached: false }
    }

    fn of_a_question(detail: String) -> Self {
        Self { detail, ends_when_reached: true }
    }
}

/// The slips that wait, and what became of them.
#[derive(Clone)]
pub(crate) struct PrintQueue {
    jobs: Option<mpsc::Sender<Job>>,
    /// When the drawer was last to open.
    drawer: Option<watch::Sender<Option<Instant>>>,
    shown: Arc<Mutex<Shown>>,
}

impl PrintQueue {
    /// A queue before a printer, with the other end for [`PrintQueue::work`].
    pub(crate) fn new(config: &PrinterConfig) -> (Self, Option<OtherEnd>) {
        let shown = Arc::default();
        if *config == PrinterConfig::None {
            return (Self { jobs: None, drawer: None, shown }, None);
        }
        let config = config.clone();
        let (queue, end) = Self::before(Box::new(move || config.printer()));
        (queue, Some(end))
    }

    /// A queue before whatever `make` makes.
    pub(super) fn before(make: MakePrinter) -> (Self, OtherEnd) {
        let ((jobs, waiting), (drawer, pulses)) = (mpsc::channel(QUEUE), watch::channel(None));
        let queue = Self { jobs: Some(jobs), drawer: Some(drawer), shown: Arc::default() };
        (queue, OtherEnd { jobs: waiting, drawer: pulses, make })
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, record: RecordId, printed: Printed) {
        let mut shown = self.shown();
        shown.slips.retain(|(other, _)| *other != record);
        shown.slips.push_back((record, printed));
        if shown.slips.len() > REMEMBERED {
            shown.slips.pop_front();
        }
    }

    /// Puts a slip into the queue; never waits.
    pub(crate) fn print(&self, record: RecordId, reprint: bool) {
        let Some(jobs) = &self.jobs else { return };
        self.note(record, Printed::Waiting);
        if jobs.try_send(Job { record, reprint }).is_err() {
            self.note(record, Printed::No);
            self.shown().trouble = Some(Trouble::of_a_slip(format!("{QUEUE} slips wait")));
        }
    }

    /// Opens the cash drawer now, or not at all; never waits.
    pub(crate) fn open_drawer(&self) {
        self.open_drawer_since(Instant::now());
    }

    /// The same for cash that has moved at that instant.
    pub(super) fn open_drawer_since(&self, asked: Instant) {
        if let Some(drawer) = &self.drawer {
            drawer.send_replace(Some(asked));
        }
    }

    /// What became of a record's slip.
    pub(crate) fn printed(&self, record: RecordId) -> Printed {
        self.shown().slips.iter().find(|(other, _)| *other == record).map_or(Printed::None, |(_, printed)| *printed)
    }

    /// How the printer is.
    pub(crate) fn state(&self) -> PrinterState {
        let shown = self.shown();
        let (condition, detail) = (shown.condition, shown.trouble.as_ref().map(|t| t.detail.clone()));
        let state = if self.jobs.is_none() {
            "none"
        } else if detail.is_some() || condition.is_some_and(|condition| !condition.prints()) {
            "trouble"
        } else {
            "ok"
        };
        PrinterState { state, condition: condition.filter(|condition| *condition != Condition::Ready), detail }
    }

    /// The queue's memory without its senders.
    pub(crate) fn idle(&self) -> Self {
        Self { jobs: None, drawer: None, shown: Arc::clone(&self.shown) }
    }

    /// Prints until the queue's last sender is gone. `shown` is [`PrintQueue::idle`].
    pub(crate) async fn work(shown: Self, end: OtherEnd, compose: Compose, changed: impl Fn() + Send) {
        let OtherEnd { mut jobs, drawer, make } = end;
        let mut work = Work { shown, printer: None, make, drawer, number: 0, changed };
        let mut wait = IDLE;
        work.ask().await;
        loop {
            let job = tokio::select! {
                biased;
                Ok(()) = work.drawer.changed() => {
                    work.open_drawer().await;
                    continue;
                }
                job = tokio::time::timeout(wait, jobs.recv()) => job,
            };
            let job = match job {
                Ok(Some(job)) => job,
                Ok(None) => return,
                Err(_) => {
                    work.ask().await;
                    wait = IDLE;
                    continue;
                }
            };
            wait = SOON;
            let done = match compose(job.record, job.reprint).await {
                Err(error) => Err(error),
                Ok(bytes) => match work.print(&jobs, &job.record.to_string(), bytes).await {
                    Some(done) => done,
                    None => return,
                },
            };
            work.shown.note(job.record, if done.is_ok() { Printed::Yes } else { Printed::No });
            if let Err(error) = &done {
                tracing::warn!(%error, "a slip was not printed");
            }
            work.shown.shown().trouble = done.err().map(Trouble::of_a_slip);
            (work.changed)();
        }
    }
}

/// The printer, and where it is told how it is.
struct Work<F> {
    shown: PrintQueue,
    /// Away while it works, gone when it broke down.
    printer: Option<Box<dyn Printer>>,
    make: MakePrinter,
    drawer: watch::Receiver<Option<Instant>>,
    /// So many things were sent.
    number: u64,
    changed: F,
}

impl<F: Fn() + Send> Work<F> {
    fn name(&mut self, of: &str) -> String {
        self.number += 1;
        format!("{of}-{}", self.number)
    }

    /// Prints one slip, however long the printer says that it has no paper; the drawer opens meanwhile. Nothing when
    /// there is nobody left to print for.
    async fn print(&mut self, jobs: &mpsc::Receiver<Job>, of: &str, bytes: Vec<u8>) -> Option<Result<(), String>> {
        let (name, bytes): (_, Arc<[u8]>) = (self.name(of), bytes.into());
        loop {
            let (name, bytes) = (name.clone(), Arc::clone(&bytes));
            match self.apart(move |printer| printer.print(&name, &bytes)).await {
                Ok(Ok(condition)) => {
                    self.shown.shown().condition = condition;
                    return Some(Ok(()));
                }
                Ok(Err(Halt::Said(condition))) => self.say(Ok(Some(condition))),
                Ok(Err(Halt::Failed(error))) | Err(error) => return Some(Err(self.failed(&error))),
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                Ok(()) = self.drawer.changed() => self.open_drawer().await,
            }
            if jobs.is_closed() {
                return None;
            }
        }
    }

    fn failed(&self, error: &Error) -> String {
        self.shown.shown().condition = None;
        error.to_string()
    }

    /// Opens the drawer, unless it was to open a while ago.
    async fn open_drawer(&mut self) {
        let Some(asked) = *self.drawer.borrow_and_update() else { return };
        let until = asked + DRAWER;
        if Instant::now() > until {
            tracing::warn!("the printer was not free in time: the drawer stays closed");
            return;
        }
        let name = self.name("drawer");
        match self.apart(move |printer| printer.open_drawer(&name, until)).await.and_then(|done| done) {
            Ok(condition) => self.say(Ok(condition)),
            Err(error) => {
                tracing::warn!(%error, "the drawer was not opened");
                self.shown.shown().trouble = Some(Trouble::of_a_slip(self.failed(&error)));
                (self.changed)();
            }
        }
    }

    /// Asks how it is, where it can be asked.
    async fn ask(&mut self) {
        let said = self.apart(|printer| printer.ask()).await.and_then(|said| said);
        self.say(said);
    }

    fn say(&self, condition: std::io::Result<Option<Condition>>) {
        let mut shown = self.shown.shown();
        let before = (shown.condition, shown.trouble.clone());
        match condition {
            // One that does not say how it is was reached all the same; of its slips the last one has told.
            Ok(None) => {
                shown.condition = None;
                shown.trouble = shown.trouble.take().filter(|trouble| !trouble.ends_when_reached);
            }
            Ok(condition) => (shown.condition, shown.trouble) = (condition, None),
            Err(error) => {
                (shown.condition, shown.trouble) = (None, Some(Trouble::of_a_question(error.to_string())));
            }
        }
        let after = (shown.condition, shown.trouble.clone());
        drop(shown);
        if before != after {
            (self.changed)();
        }
    }

    /// Does something with the printer in a thread of its own. When that breaks down, a new printer takes its place.
    async fn apart<T: Send + 'static>(
        &mut self,
        what: impl FnOnce(&mut dyn Printer) -> T + Send + 'static,
    ) -> std::io::Result<T> {
        let mut printer = self.printer.take().unwrap_or_else(|| (self.make)());
        let mut task = tokio::task::spawn_blocking(move || {
            let done = what(&mut *printer);
            (printer, done)
        });
        let in_time = tokio::time::timeout(PATIENCE, &mut task).await;
        let back = if let Ok(done) = in_time {
            done
        } else {
            let late = format!("no answer for {} s", PATIENCE.as_secs());
            self.shown.shown().trouble = Some(Trouble::of_a_question(late));
            (self.changed)();
            task.await
        };
        let (printer, done) = back.map_err(Error::other)?;
        self.printer = Some(printer);
        Ok(done)
    }
}
