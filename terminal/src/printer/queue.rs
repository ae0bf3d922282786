//! The slips that wait for the printer, and what became of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::RecordId;
use tokio::sync::mpsc;

use super::{Condition, Halt, Printer, PrinterConfig};

/// A printer that takes longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);
/// A printer that said why it cannot print is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// Behind a slip it is asked after this, for paper may have come to its end in the middle of it.
const SOON: Duration = Duration::from_secs(3);
/// With nothing to print it is asked this often.
const IDLE: Duration = Duration::from_secs(15);
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

/// The queue's other end and the printer behind it.
pub(crate) type OtherEnd = (mpsc::Receiver<Job>, Box<dyn Printer>);

#[derive(Default)]
struct Shown {
    slips: VecDeque<(RecordId, Printed)>,
    /// What it said when it was last asked.
    condition: Option<Condition>,
    trouble: Option<String>,
}

/// The slips that wait, and what became of them.
#[derive(Clone)]
pub(crate) struct PrintQueue {
    jobs: Option<mpsc::Sender<Job>>,
    shown: Arc<Mutex<Shown>>,
}

impl PrintQueue {
    /// A queue before a printer, with the other end for [`PrintQueue::work`].
    pub(crate) fn new(config: &PrinterConfig) -> (Self, Option<OtherEnd>) {
        let shown = Arc::default();
        let Some(printer) = config.printer() else { return (Self { jobs: None, shown }, None) };
        let (jobs, waiting) = mpsc::channel(QUEUE);
        (Self { jobs: Some(jobs), shown }, Some((waiting, printer)))
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
            self.shown().trouble = Some(format!("{QUEUE} slips wait"));
        }
    }

    /// What became of a record's slip.
    pub(crate) fn printed(&self, record: RecordId) -> Printed {
        self.shown().slips.iter().find(|(other, _)| *other == record).map_or(Printed::None, |(_, printed)| *printed)
    }

    /// How the printer is.
    pub(crate) fn state(&self) -> PrinterState {
        let shown = self.shown();
        let (condition, detail) = (shown.condition, shown.trouble.clone());
        let state = if self.jobs.is_none() {
            "none"
        } else if detail.is_some() || condition.is_some_and(|condition| !condition.prints()) {
            "trouble"
        } else {
            "ok"
        };
        PrinterState { state, condition: condition.filter(|condition| *condition != Condition::Ready), detail }
    }

    /// The queue's memory without its sender.
    pub(crate) fn idle(&self) -> Self {
        Self { jobs: None, shown: Arc::clone(&self.shown) }
    }

    /// Prints until the queue's last sender is gone. `shown` is [`PrintQueue::idle`].
    pub(crate) async fn work(
        shown: Self,
        mut jobs: mpsc::Receiver<Job>,
        printer: Box<dyn Printer>,
        compose: Compose,
        changed: impl Fn() + Send,
    ) {
        let mut work = Work { shown, printer: Some(printer), changed };
        let (mut number, mut wait) = (0_u64, IDLE);
        work.ask().await;
        loop {
            let job = match tokio::time::timeout(wait, jobs.recv()).await {
                Ok(Some(job)) => job,
                Ok(None) => return,
                Err(_) => {
                    work.ask().await;
                    wait = IDLE;
                    continue;
                }
            };
            wait = SOON;
            number += 1;
            let done = match compose(job.record, job.reprint).await {
                Err(error) => Err(error),
                Ok(bytes) => match work.print(&jobs, &format!("{}-{number}", job.record), bytes).await {
                    Some(done) => done,
                    None => return,
                },
            };
            work.shown.note(job.record, if done.is_ok() { Printed::Yes } else { Printed::No });
            if let Err(error) = &done {
                tracing::warn!(%error, "a slip was not printed");
            }
            work.shown.shown().trouble = done.err();
            (work.changed)();
        }
    }
}

/// The printer, and where it is told how it is.
struct Work<F> {
    shown: PrintQueue,
    /// Away while it works.
    printer: Option<Box<dyn Printer>>,
    changed: F,
}

impl<F: Fn() + Send> Work<F> {
    /// Prints one slip, however long the printer says that it has no paper. Nothing when there is nobody left to print
    /// for.
    async fn print(&mut self, jobs: &mpsc::Receiver<Job>, name: &str, bytes: Vec<u8>) -> Option<Result<(), String>> {
        let bytes: Arc<[u8]> = bytes.into();
        loop {
            let (name, bytes) = (name.to_owned(), Arc::clone(&bytes));
            match self.apart(move |printer| printer.print(&name, &bytes)).await? {
                Ok(condition) => {
                    self.shown.shown().condition = condition;
                    return Some(Ok(()));
                }
                Err(Halt::Failed(error)) => {
                    self.shown.shown().condition = None;
                    return Some(Err(error.to_string()));
                }
                Err(Halt::Said(condition)) => self.say(Ok(Some(condition))),
            }
            tokio::time::sleep(AGAIN).await;
            if jobs.is_closed() {
                return None;
            }
        }
    }

    /// Asks how it is, where it can be asked.
    async fn ask(&mut self) {
        if let Some(condition) = self.apart(|printer| printer.ask()).await {
            self.say(condition);
        }
    }

    fn say(&self, condition: std::io::Result<Option<Condition>>) {
        let mut shown = self.shown.shown();
        let before = (shown.condition, shown.trouble.clone());
        match condition {
            // One that does not say how it is has been told of by its last slip.
            Ok(None) => shown.condition = None,
            Ok(condition) => (shown.condition, shown.trouble) = (condition, None),
            Err(error) => (shown.condition, shown.trouble) = (None, Some(error.to_string())),
        }
        let after = (shown.condition, shown.trouble.clone());
        drop(shown);
        if before != after {
            (self.changed)();
        }
    }

    /// Does something with the printer in a thread of its own; nothing when that thread broke down.
    async fn apart<T: Send + 'static>(
        &mut self,
        what: impl FnOnce(&mut dyn Printer) -> T + Send + 'static,
    ) -> Option<T> {
        let mut printer = self.printer.take()?;
        let mut task = tokio::task::spawn_blocking(move || {
            let done = what(&mut *printer);
            (printer, done)
        });
        let in_time = tokio::time::timeout(PATIENCE, &mut task).await;
        let back = if let Ok(done) = in_time {
            done
        } else {
            self.shown.shown().trouble = Some(format!("no answer for {} s", PATIENCE.as_secs()));
            (self.changed)();
            task.await
        };
        let (printer, done) = back.ok()?;
        self.printer = Some(printer);
        Some(done)
    }
}
