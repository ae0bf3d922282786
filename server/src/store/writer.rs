//! SQLite has one writer at a time. One thread takes whatever units of work wait, runs each in a savepoint inside one
//! transaction, and answers all of them after the one commit: what costs is the sync of the disk, and it is shared.
//!
//! Units come in two queues. Short ones go first; of the long ones (a batch of a terminal that was away for weeks, a day
//! close) there is one in a group, behind the short ones that wait. So a till that sells is never behind more than one
//! long unit, and whoever brings long ones still gets on with every commit.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::SqlitePool;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::{BoxFuture, Tx};
use crate::error::Error;

/// So many units wait before those who bring more are held up.
const QUEUE: usize = 1024;
/// So many units share a commit at most.
const GROUP: usize = 64;

/// A unit of work whose kind of result is nobody's business here.
trait Unit: Send {
    /// Runs it; says whether its changes are to be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Hands the result over: its own after a commit, `trouble` otherwise.
    fn answer(self: Box<Self>, trouble: Option<String>);
}

struct Pending<F, T> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Unit for Pending<F, T>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send,
    T: Send,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let result = match (Caught { future: work(tx) }).await {
                Ok(result) => result,
                Err(panic) => Err(Error::Internal(words_of(panic.as_ref()))),
            };
            self.result.insert(result).is_ok()
        })
    }

    fn answer(self: Box<Self>, trouble: Option<String>) {
        let result = match (self.result, trouble) {
            // A refusal or failure of its own stands whatever became of the others.
            (Some(Err(error)), _) => Err(error),
            (_, Some(trouble)) => Err(Error::Database(sqlx::Error::Protocol(trouble))),
            (Some(result), None) => result,
            (None, None) => Err(Error::Internal("the unit did not run".to_owned())),
        };
        // Nobody waits any more when the client has gone; the work is done all the same.
        let _ = self.reply.send(result);
    }
}

/// The way to the writer. Its thread ends when the last of these is dropped and the queue is empty.
#[derive(Clone)]
pub(super) struct Writer {
    short: mpsc::Sender<Box<dyn Unit>>,
    long: mpsc::Sender<Box<dyn Unit>>,
}

impl Writer {
    /// Starts it on a pool with one connection, on a thread of its own: every statement of a unit goes to the driver's
    /// thread and back. As a task among the requests it stood in their line at each of these turns, and the more tills
    /// sold, the longer one unit took.
    pub(super) fn start(pool: SqlitePool) -> std::io::Result<Self> {
        let (short, short_units) = mpsc::channel(QUEUE);
        let (long, long_units) = mpsc::channel(QUEUE);
        let (runtime, queues) = (Handle::current(), Queues { short: short_units, long: long_units });
        let thread = std::thread::Builder::new().name("writer".to_owned());
        thread.spawn(move || runtime.block_on(serve(pool, queues)))?;
        Ok(Self { short, long })
    }

    /// Submits a unit and waits until it is durable. Once submitted it runs to its end, whoever still listens.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        submit(&self.short, work).await
    }

    /// As [`Writer::write`], behind what is short.
    pub(super) async fn write_long<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        submit(&self.long, work).await
    }
}

async fn submit<T, F>(queue: &mpsc::Sender<Box<dyn Unit>>, work: F) -> Result<T, Error>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let unit = Box::new(Pending { work: Some(work), result: None, reply });
    queue.send(unit).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

/// What waits for the writer.
struct Queues {
    short: mpsc::Receiver<Box<dyn Unit>>,
    long: mpsc::Receiver<Box<dyn Unit>>,
}

/// A group under way.
#[derive(Default)]
struct Group {
    units: Vec<Box<dyn Unit>>,
    /// Whether it has its long unit.
    has_long: bool,
}

impl Queues {
    /// Waits for the first unit of a group; nothing when nobody can bring one any more.
    async fn first(&mut self) -> Option<Group> {
        let (unit, has_long) = tokio::select! {
            biased;
            Some(unit) = self.short.recv() => (unit, false),
            Some(unit) = self.long.recv() => (unit, true),
            else => return None,
        };
        Some(Group { units: vec![unit], has_long })
    }

    /// Adds one more unit to the group if one waits that may be in it.
    fn more(&mut self, group: &mut Group) {
        if group.units.len() < GROUP
            && let Ok(unit) = self.short.try_recv()
        {
            group.units.push(unit);
        } else if !group.has_long
            && let Ok(unit) = self.long.try_recv()
        {
            group.has_long = true;
            group.units.push(unit);
        }
    }
}

fn gone() -> Error {
    Error::Database(sqlx::Error::PoolClosed)
}

async fn serve(pool: SqlitePool, mut queues: Queues) {
    while let Some(mut group) = queues.first().await {
        let trouble = run_group(&pool, &mut group, &mut queues).await.err().map(|e| e.to_string());
        kill_point!("server.writer.committed");
        if let Some(trouble) = &trouble {
            tracing::error!(units = group.units.len(), %trouble, "a group of write units was not committed");
        }
        for unit in group.units {
            unit.answer(trouble.clone());
        }
    }
}

/// Runs the group's first unit and whatever else waits in one transaction. On an error nothing of the group is kept.
async fn run_group(pool: &SqlitePool, group: &mut Group, queues: &mut Queues) -> Result<(), Error> {
    let mut tx = Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?);
    let mut next = 0;
    while let Some(unit) = group.units.get_mut(next) {
        crate::sql!(&mut tx, "SAVEPOINT unit").execute().await?;
        if !unit.run(&mut tx).await {
            crate::sql!(&mut tx, "ROLLBACK TO unit").execute().await?;
        }
        crate::sql!(&mut tx, "RELEASE unit").execute().await?;
        next += 1;
        if next == group.units.len() {
            queues.more(group);
        }
    }
    kill_point!("server.writer.before-commit");
    tx.commit().await
}

/// A future whose panic is an answer: one poisoned unit must not stop the writer.
pub(super) struct Caught<'t, T> {
    pub(super) future: BoxFuture<'t, T>,
}

impl<T> Future for Caught<'_, T> {
    type Output = Result<T, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.future.as_mut();
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

pub(super) fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
