//! Putting a terminal together and running it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::calendar::Clock;
use domain::id::{CanteenId, Entropy, TerminalId};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::TillClock;
use crate::core::{Core, Parts};
use crate::devices::Listening;
use crate::disk::Disk;
use crate::journal::{Journal, JournalError, Owner};
use crate::keys::{Identity, Keys};
use crate::office::Office;
use crate::printer::{Compose, OtherEnd, PrintQueue};
use crate::roster::Roster;
use crate::rules::Rules;
use crate::seal::Sealer;
use crate::storage::{Storage, StorageError};
use crate::sync::{ASK_AGAIN, CALM, SyncError, SyncReport, retry_after};
use crate::transport::{HttpTransport, Transport};
use crate::{Config, DirLock, Error, salvage, web};

/// How often the cutoff is looked for.
const TICK: Duration = Duration::from_secs(20);

/// A running terminal. Clones share it.
#[derive(Clone)]
pub struct Terminal {
    core: Arc<Core>,
    _readers: Arc<Vec<Listening>>,
    _lock: Arc<DirLock>,
}

impl Terminal {
    /// Opens the enrolled terminal of `config.data_dir` and writes what the last start left to be written.
    pub async fn open(config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let transport = HttpTransport::new(&config.server_url, config.request_timeout, config.allow_plain_http)?;
        Self::open_with(config, clock, entropy, Arc::new(transport)).await
    }

    /// As [`Terminal::open`], with requests to the office going over another transport.
    pub async fn open_with(
        config: Config,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, Error> {
        let lock = Arc::new(DirLock::take(&config.data_dir)?);
        let keys = Keys::load(&config.data_dir)?.ok_or(Error::NotEnrolled)?;
        let identity = keys.identity.clone().ok_or(Error::NotEnrolled)?;
        let disk = Disk::new(&config.data_dir, config.disk.clone());
        disk.keep_reserve();
        let storage = salvage::open(&config.data_dir, &keys.signing(), clock.wall()).await?;
        let time = Arc::new(TillClock::load(clock, &storage).await?);
        let journal =
            journal(&config, &keys, &identity, storage.clone(), Arc::clone(&time), Arc::clone(&entropy)).await?;
        let roster = Roster::new(storage, Sealer::new(keys.sealing(), Arc::clone(&entropy)));
        let rules = rules(&roster).await?;
        let office = Office {
            transport,
            key: keys.signing(),
            terminal: identity.terminal,
            time: Arc::clone(&time),
            entropy: Arc::clone(&entropy),
        };
        let (printer, end) = PrintQueue::new(&config.printer);
        let fingerprint = keys.fingerprint();
        let parts =
            Parts { config, identity, fingerprint, disk, journal, roster, time, entropy, office, printer, rules };
        let core = Arc::new(Core::new(parts));
        if let Some(end) = end {
            tokio::spawn(print(Arc::downgrade(&core), core.printer.idle(), end));
        }
        // Only a note: a full disk must not keep the till from opening.
        if let Err(error) = core.journal.note_start(core.time.now().at).await {
            tracing::warn!(%error, "the start was not noted");
        }
        match core.end_days(false).await {
            Err(JournalError::Storage(error)) if !error.is_damage() => {
                tracing::error!(%error, "the end of the day is recorded later");
            }
            ended => {
                ended?;
            }
        }
        let readers = Arc::new(readers(&core));
        Ok(Self { core, _readers: readers, _lock: lock })
    }

    /// The terminal's name.
    #[must_use]
    pub fn id(&self) -> TerminalId {
        self.core.identity.terminal
    }

    /// Its canteen.
    #[must_use]
    pub fn canteen(&self) -> CanteenId {
        self.core.identity.canteen
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.core.journal
    }

    /// Records that wait for the server.
    pub async fn unsent(&self) -> Result<u64, StorageError> {
        Ok(self.core.journal.unsent().await?.count)
    }

    /// One round with the office.
    pub async fn sync_once(&self) -> Result<SyncReport, SyncError> {
        self.core.sync_once().await
    }

    /// Writes the `day` record when the cutoff has passed; tells whether it did.
    pub async fn tick(&self) -> Result<bool, JournalError> {
        self.core.end_days(false).await
    }

    /// The cashier's page and its API; only for requests that this computer sends itself.
    pub fn router(&self) -> Router {
        let (_, never) = watch::channel(false);
        web::router(Arc::clone(&self.core), never)
    }

    /// Serves the page on a loopback listener, talks with the office and ends the days, until `shutdown`.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let (stop, stopped) = watch::channel(false);
        let sync = tokio::spawn(talk(Arc::clone(&self.core), stopped.clone()));
        let days = tokio::spawn(watch_days(Arc::clone(&self.core), stopped.clone()));
        let router = web::router(Arc::clone(&self.core), stopped);
        let done = async move {
            shutdown.await;
            stop.send_replace(true);
        };
        let served = axum::serve(listener, router).with_graceful_shutdown(done).await;
        for task in [sync, days] {
            task.abort();
        }
        Ok(served?)
    }

    /// Closes the database once it is idle.
    pub async fn close(&self) {
        if let Err(error) = self.core.journal.note_end().await {
            tracing::warn!(%error, "the end of the run was not noted");
        }
        self.core.journal.storage().close().await;
    }
}

/// The journal of the data directory. After a database was lost or damaged it goes on in a new epoch.
async fn journal(
    config: &Config,
    keys: &Keys,
    identity: &Identity,
    storage: Storage,
    time: Arc<TillClock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Journal, Error> {
    let owner = Owner { terminal: identity.terminal, canteen: identity.canteen };
    let known = salvage::known_epoch(&config.data_dir);
    if known > 0 && storage.is_new().await? {
        storage.note_loss(time.now().at).await?;
    }
    let broken = storage.damage_without_start().await?;
    let journal = Journal::open(storage, keys.signing(), owner, time, entropy, known).await?;
    if journal.first().await?.is_some_and(|first| first.record.terminal != identity.terminal) {
        return Err(Error::OtherJournal);
    }
    let mut epoch = journal.head().await?.map_or(0, |head| head.epoch);
    if broken || epoch < known {
        epoch = journal.begin_epoch(known).await?.epoch;
        tracing::warn!(epoch, "the journal is not what this terminal once had: a new epoch");
    }
    salvage::keep_epoch(&config.data_dir, epoch)?;
    Ok(journal)
}

/// The threads of the readers that are set up. A code goes the way of every scan; one that comes while nobody can serve
/// is only noted, as the page says what to do first.
fn readers(core: &Arc<Core>) -> Vec<Listening> {
    let runtime = tokio::runtime::Handle::current();
    let mut threads = Vec::new();
    for source in core.config.readers.clone() {
        let (weak, runtime) = (Arc::downgrade(core), runtime.clone());
        let scanned = move |code: String| {
            let Some(core) = weak.upgrade() else { return };
            runtime.spawn(async move {
                if let Err(error) = core.code_came(&code).await {
                    tracing::info!(%error, "a code that came from a reader was not taken");
                }
            });
        };
        let state = |state| tracing::info!(?state, "reader");
        match Listening::begin(source, scanned, state) {
            Ok(thread) => threads.push(thread),
            Err(error) => tracing::error!(%error, "no thread for a reader"),
        }
    }
    threads
}

/// The setup that the office sent last. One that no longer opens is fetched again; nothing else depends on it.
async fn rules(roster: &Roster) -> Result<Option<Rules>, StorageError> {
    let setup = match roster.setup().await {
        Err(StorageError::Damaged { reason, .. }) => {
            tracing::error!(%reason, "the setup does not open and is fetched again");
            None
        }
        other => other?,
    };
    let rules = setup.map(Rules::new).transpose();
    rules.map_err(|error| StorageError::damaged("setup", &error)).or_else(|error| {
        tracing::error!(%error, "the setup cannot be used and is fetched again");
        Ok(None)
    })
}

/// Prints; holds the terminal only while it makes a slip, so that it ends with it.
async fn print(core: std::sync::Weak<Core>, queue: PrintQueue, end: OtherEnd) {
    let source = core.clone();
    let compose: Compose = Box::new(move |record, reprint| {
        let core = source.clone();
        Box::pin(async move {
            match core.upgrade() {
                Some(core) => core.slip(record, reprint).await,
                None => Err("the terminal was closed".to_owned()),
            }
        })
    });
    let changed = move || {
        if let Some(core) = core.upgrade() {
            core.changed();
        }
    };
    PrintQueue::work(queue, end, compose, changed).await;
}

/// Rounds with the office: at once after a sale, now and then without one, ever more seldom while they fail.
async fn talk(core: Arc<Core>, mut stopped: watch::Receiver<bool>) {
    loop {
        let wait = if core.sync_once().await.is_ok() {
            // The office has told the time: a day that the clock alone could not end may be over now.
            if let Err(error) = core.end_days(false).await {
                tracing::error!(%error, "the end of the day was not recorded");
            }
            CALM
        } else if core.link().is_pending() {
            ASK_AGAIN
        } else {
            let mut random = [0; 8];
            core.entropy.fill(&mut random);
            retry_after(core.link().failures.saturating_sub(1), u64::from_le_bytes(random))
        };
        let online = core.link().online;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = core.wake_sync.notified(), if online => {}
            () = core.ask_sync.notified() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn watch_days(core: Arc<Core>, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = core.end_days(false).await {
            tracing::error!(%error, "the end of the day was not recorded");
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}
