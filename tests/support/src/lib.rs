//! What the integration tests stand on: throw-away databases of both kinds, programs that can be killed, a look into
//! a terminal's journal, a printer on the network, serial lines, and a browser's driver.
//!
//! Test code: it panics, with a sentence that says what is missing, wherever a test could not go on anyway. It never
//! skips: a machine without PostgreSQL or Chromium fails the tests that need them.

pub mod browser;
pub mod cluster;
pub mod database;
pub mod journal;
#[cfg(unix)]
pub mod line;
mod postgres;
pub mod printer;
pub mod program;

pub use cluster::Cluster;
pub use database::{Backend, Template, TestDb};
pub use journal::{Journal, JournalRow};
pub use printer::NetworkPrinter;
pub use program::{Program, WallClock};
