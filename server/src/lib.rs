//! The office: it keeps what terminals send, and answers for the money.
//!
//! `http -> admin and ingest -> store -> domain`: a handler authenticates, parses into domain types, submits one unit of
//! work and answers. [`Office`] is what everything works on: the store, the keys, the clock and the rules in memory.

/// An instant with a name, at which the tests may kill the program. Nothing at all without the feature `kill-points`.
macro_rules! kill_point {
    ($name:literal) => {
        #[cfg(feature = "kill-points")]
        kill_points::reached($name);
    };
}

pub mod admin;
pub mod audit;
pub mod backup;
pub mod budget;
mod changes;
pub mod claims;
pub mod close;
mod console;
pub mod copy;
pub mod costs;
pub mod demand;
pub mod doctor;
pub mod error;
pub mod feeds;
pub mod http;
pub mod idempotency;
pub mod identify;
pub mod import;
pub mod ingest;
pub mod month;
pub mod names;
mod notes;
pub mod pack;
pub mod passphrase;
pub mod payment;
pub mod people;
mod remade;
pub mod rules;
pub mod rulings;
pub mod seal;
pub mod settle;
pub mod simulate;
pub mod statements;
pub mod store;
pub mod totp;
pub mod verify;
pub mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use domain::calendar::{Clock, UnixMs};
use domain::id::Entropy;
use domain::record::check::Rulebook;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

pub use error::{Error, Refusal};
pub use store::{Database, Store};

use passphrase::Hasher;
use rules::Rules;
use seal::Keys;
use store::meta;

/// What a server is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub database: Database,
    /// The key file, outside the database.
    pub keys: PathBuf,
    /// Make keys when there is no key file and the database is new. Otherwise a missing file is an error.
    pub create: bool,
    /// Where people reach the server, without a slash at the end: printed in the QR code of statements.
    pub public_url: String,
}

/// The office as all its parts see it.
pub struct Office {
    /// The data.
    pub store: Store,
    /// The keys of sealed columns and digests.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The rulebook in force.
    pub rules: Arc<Rules>,
    /// Names the database, in every hello.
    pub server_epoch: String,
    /// Passphrases and PINs.
    pub hasher: Hasher,
    /// Batches of terminals that were away for long take turns at these.
    pub long_batches: Semaphore,
    /// When this process opened the office: requests signed before it are not answered, unix ms.
    pub started: UnixMs,
    /// Told whenever days were touched: the day close waits for it.
    pub changed: Notify,
    /// What papers are printed with.
    pub fonts: receipts::Fonts,
    /// Where people reach the server.
    pub public_url: String,
    /// Lists that are being checked or applied.
    pub imports: import::stored::Running,
    /// Addresses from which sign-ins failed.
    pub addresses: admin::Addresses,
    /// Addresses from which enrolments failed.
    pub(crate) enrolments: admin::Addresses,
    /// What is noted beside answers.
    pub(crate) notes: Arc<notes::Notes>,
    /// How many times something sealed did not open.
    pub(crate) unopened: AtomicU64,
    /// What is counted of requests.
    pub metrics: http::watch::Metrics,
    /// What drafted months cost, as read so far.
    pub costs: costs::Costs,
    /// Which months' statements were made again and were the same.
    pub(crate) remade: remade::Remade,
    /// The check of the audit log's chain.
    pub(crate) chain: console::office::chain::ChainCheck,
    /// See [`Office::mark_demo`].
    pub(crate) demo: AtomicBool,
}

impl Office {
    /// Opens the database and the keys, and reads the rules.
    ///
    /// Fails when the database cannot be opened, or when the keys are not those it was sealed with.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Arc<Self>, Error> {
        let store = Store::open(&config.database).await?;
        let (keys, server_epoch) = open_keys(&store, config, &*entropy).await?;
        let demo = store.read(|tx| Box::pin(async move { meta::get(tx, admin::DEMO).await })).await?;
        let started = clock.wall();
        let office = Arc::new(Self {
            store,
            keys,
            clock,
            hasher: Hasher::new(Arc::clone(&entropy)),
            entropy,
            rules: Arc::new(Rules::empty()),
            server_epoch,
            long_batches: Semaphore::new(LONG_BATCHES),
            started,
            changed: Notify::new(),
            fonts: receipts::Fonts::embedded().map_err(|e| Error::Startup(e.to_string()))?,
            public_url: config.public_url.clone(),
            imports: import::stored::Running::default(),
            addresses: admin::Addresses::default(),
            enrolments: admin::Addresses::default(),
            notes: Arc::default(),
            unopened: AtomicU64::new(0),
            metrics: http::watch::Metrics::of(&http::table()),
            costs: costs::Costs::default(),
            remade: remade::Remade::default(),
            chain: console::office::chain::ChainCheck::default(),
            demo: AtomicBool::new(demo.is_some()),
        });
        office.refresh_rules().await?;
        Ok(office)
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.clock.wall()
    }

    /// The rulebook in force.
    #[must_use]
    pub fn book(&self) -> Arc<Rulebook> {
        self.rules.book()
    }
}

/// A server: the office with its API.
#[derive(Clone)]
pub struct Server {
    office: Arc<Office>,
    proxies: Arc<http::Proxies>,
    /// Days after which the files of lists are deleted; nothing for never.
    keep_lists: Option<u32>,
}

/// The files of lists are kept for so many days unless it is said.
pub const KEEP_LISTS: u32 = 90;

/// So many long batches are judged and stored at a time.
const LONG_BATCHES: usize = 2;

/// Requests under way get so long to finish when the server is told to stop: a little more than any may take.
const LEAVE: Duration = Duration::from_secs(35);

/// How often the server looks for rules that another process announced.
const LOOK: Duration = Duration::from_secs(10);

impl Server {
    /// Opens the office; see [`Office::open`].
    pub async fn open(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let office = Office::open(config, clock, entropy).await?;
        Ok(Self { office, proxies: Arc::default(), keep_lists: Some(KEEP_LISTS) })
    }

    /// The same, which believes what these proxies say about who asks.
    #[must_use]
    pub fn behind(self, proxies: http::Proxies) -> Self {
        Self { proxies: Arc::new(proxies), ..self }
    }

    /// The same, which deletes the files of lists after so many days; 0 for never.
    #[must_use]
    pub fn keeping_lists(self, days: u32) -> Self {
        Self { keep_lists: Some(days).filter(|days| *days > 0), ..self }
    }

    /// What everything works on.
    #[must_use]
    pub fn office(&self) -> &Arc<Office> {
        &self.office
    }

    /// The API.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.office)).layer(axum::Extension(Arc::clone(&self.proxies)))
    }

    /// What is watched, for a listener that only this computer reaches; see [`http::metrics_router`].
    pub fn metrics_router(&self) -> axum::Router {
        http::metrics_router(Arc::clone(&self.office))
    }

    /// Serves until `shutdown` is done, lets requests under way finish, and closes the database. Whoever never finishes
    /// a request does not keep it from stopping. A database whose office was moved elsewhere is not served.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        if let Some(moved) = copy::moved(&self.office.store).await? {
            return Err(Error::Startup(words::moving::not_served(&moved)));
        }
        let office = Arc::clone(&self.office);
        let look = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Err(error) = office.refresh_rules().await {
                    tracing::warn!(%error, "the rules could not be read");
                }
            }
        });
        let closing = tokio::spawn(close::watch(Arc::clone(&self.office)));
        let office = Arc::clone(&self.office);
        let warning = tokio::spawn(async move { office.keep_warning().await });
        let (office, keep) = (Arc::clone(&self.office), self.keep_lists);
        let forgetting = tokio::spawn(async move {
            if let Some(days) = keep {
                office.keep_forgetting(days).await;
            }
        });
        let (told, hear) = tokio::sync::oneshot::channel::<()>();
        let serving = axum::serve(listener, self.router().into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                shutdown.await;
                drop(told);
            });
        let late = async {
            let _ = hear.await;
            tokio::time::sleep(LEAVE).await;
        };
        let served = tokio::select! {
            served = serving => served,
            () = late => Ok(()),
        };
        look.abort();
        closing.abort();
        warning.abort();
        forgetting.abort();
        self.office.store.close().await;
        served.map_err(|e| Error::Startup(e.to_string()))
    }
}

/// Loads or makes the keys and checks that the database knows them.
async fn open_keys(store: &Store, config: &Config, entropy: &dyn Entropy) -> Result<(Keys, String), Error> {
    let known = store.read(|tx| Box::pin(async move { meta::get(tx, "key_check").await })).await?;
    let keys = if config.keys.exists() {
        Keys::load(&config.keys)?
    } else if config.create && known.is_none() {
        let keys = Keys::generate(entropy);
        keys.save(&config.keys)?;
        keys
    } else {
        return Err(Error::Startup(format!("there is no key file {}", config.keys.display())));
    };
    let mut random = [0; 16];
    entropy.fill(&mut random);
    let new_epoch = hex::encode(random);
    let epoch =
        store.write(move |tx| Box::pin(async move { meta::keep(tx, "server_epoch", &new_epoch).await })).await?;
    let check = keys.check_value(&epoch);
    let mine = check.clone();
    let kept = store.write(move |tx| Box::pin(async move { meta::keep(tx, "key_check", &mine).await })).await?;
    if kept != check {
        return Err(Error::Startup(format!("{} is not the key file of this database", config.keys.display())));
    }
    Ok((keys, epoch))
}
