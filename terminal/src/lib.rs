//! The canteen's daemon: journal, checkout, shifts, upload and the cashier's page, for one terminal.
//!
//! scan → decide → journal → slip → upload. A meal exists once its record is on the disk; nothing is shown as done or
//! printed before, and nothing that fails later undoes it. The terminal works with the network down for as long as it
//! takes.
//!
//! [`fn@enrol`] once, [`Terminal::open`], then [`Terminal::serve`] on a loopback listener.

/// An instant with a name, at which the tests may kill the program. Nothing at all without the feature `kill-points`.
macro_rules! kill_point {
    ($name:literal) => {
        #[cfg(feature = "kill-points")]
        kill_points::reached($name);
    };
}

mod ahead;
mod checkout;
mod clock;
mod core;
pub mod devices;
mod disk;
pub mod doctor;
mod enrol;
mod error;
mod export;
#[cfg(test)]
#[expect(unreachable_pub, reason = "the tests outside of the library read this file too")]
mod fixture;
pub mod journal;
pub mod keys;
mod lock;
mod lookup;
mod office;
pub mod outbox;
pub mod pin;
mod place;
mod printer;
mod pulse;
mod reading;
mod retire;
mod roster;
pub mod rules;
mod salvage;
mod seal;
pub mod shift;
mod slip;
mod state;
mod storage;
mod sync;
mod terminal;
mod till;
mod transport;
pub mod trusted_time;
mod usage;
mod web;
mod words;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use disk::DiskProbe;
pub use enrol::{EnrolError, Enrolment, enrol, enrol_with};
pub use error::Error;
pub use export::{ExportError, Exported, export};
pub use keys::KeyFileError;
pub use lock::{DirLock, LockError};
pub use office::OfficeError;
pub use place::{is_enrolled, keep_office, kept_office};
pub use printer::{Condition, Halt, Printer, PrinterConfig, PrinterConfigError};
pub use retire::{RetireError, Retired, retire};
pub use seal::SealError;
pub use storage::{DATABASE_FILE, StorageError};
pub use sync::{SyncError, SyncReport, retry_after};
pub use terminal::Terminal;
pub use transport::{AddressError, Sending, Transport, TransportError, WireRequest, WireResponse};
pub use web::enrol_in_browser;

/// How a terminal is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where database and key file lie. One terminal, one directory.
    pub data_dir: PathBuf,
    /// The office: `https://office.example[:port]`.
    pub server_url: String,
    /// Where the cashier's page is served; loopback only.
    pub listen: SocketAddr,
    /// Where slips go.
    pub printer: PrinterConfig,
    /// The printer's paper.
    pub paper: receipts::slip::Paper,
    /// Whether a cash drawer hangs on the printer: it opens when cash moves.
    pub drawer: bool,
    /// Scanners and readers on lines of their own.
    pub readers: Vec<devices::CodeSource>,
    /// A request to the office is given up after this time.
    pub request_timeout: Duration,
    /// Whether names and birth dates may cross a network without TLS.
    pub allow_plain_http: bool,
    /// How much room the disk has.
    pub disk: DiskProbe,
}

impl Config {
    /// A terminal in `data_dir` for the office at `server_url`: page on 127.0.0.1:8788, no printer, 58 mm paper.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, server_url: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            server_url: server_url.into(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8788),
            printer: PrinterConfig::None,
            paper: receipts::slip::Paper::Mm58,
            drawer: false,
            readers: Vec::new(),
            request_timeout: Duration::from_secs(15),
            allow_plain_http: false,
            disk: DiskProbe::system(),
        }
    }
}
