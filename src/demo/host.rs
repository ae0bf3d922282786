//! The programs of the demo as they really run: the office on a loopback port, a terminal behind a line of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use domain::calendar::Clock;
use domain::id::Entropy;
use terminal::{PrinterConfig, Terminal};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::line::Line;
use crate::place;

/// An office with its key in a demo's folder, whose address is printed on statements.
#[must_use]
pub fn office_config(folder: &Path, database: server::Database, address: SocketAddr) -> server::Config {
    server::Config { database, keys: place::office_keys(folder), create: true, public_url: format!("http://{address}") }
}

/// A running office. It ends when dropped.
pub struct OfficeHost {
    /// The server itself.
    pub server: server::Server,
    /// Where its API is.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl OfficeHost {
    /// Opens the office with its key in a demo's folder and serves its API on a free loopback port. Nothing happens by
    /// itself: days are closed when somebody asks for it.
    pub async fn open(
        folder: &Path,
        database: server::Database,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let config = office_config(folder, database, address);
        if let Some(parent) = config.keys.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        let server = server::Server::open(&config, clock, entropy).await?;
        let router = server.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the demo's office stopped");
            }
        });
        Ok(Self { server, address, task })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops answering and closes the database.
    pub async fn close(self) {
        self.task.abort();
        self.server.office().store.close().await;
    }
}

impl Drop for OfficeHost {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A running terminal with its cashier's page, behind a line that can be cut. It ends when dropped.
pub struct TillHost {
    /// The terminal itself.
    pub terminal: Terminal,
    /// Its line to the office.
    pub line: Line,
    /// Where its page is.
    pub address: SocketAddr,
    /// What it showed when it was enrolled.
    pub fingerprint: Option<String>,
    task: JoinHandle<()>,
}

impl TillHost {
    /// Enrols a new terminal in `folder` with a one-time code and serves its page on a free loopback port. It talks to
    /// the office only when it is told to.
    pub async fn enrol(
        folder: &Path,
        code: &str,
        office: SocketAddr,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let line = Line::open(office).await?;
        let config = terminal::Config::new(folder, line.url());
        let enrolment = terminal::enrol(&config, code, Arc::clone(&clock), Arc::clone(&entropy)).await?;
        let mut till = Self::serve(config, line, clock, entropy).await?;
        till.fingerprint = Some(enrolment.fingerprint);
        Ok(till)
    }

    /// Opens an enrolled terminal again.
    pub async fn open(
        folder: &Path,
        office: SocketAddr,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        Self::open_with_printer(folder, office, PrinterConfig::None, clock, entropy).await
    }

    /// Opens an enrolled terminal again, with a printer.
    pub async fn open_with_printer(
        folder: &Path,
        office: SocketAddr,
        printer: PrinterConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        Self::open_with(folder, office, |config| config.printer = printer, clock, entropy).await
    }

    /// Opens an enrolled terminal again, with settings of the caller's own.
    pub async fn open_with(
        folder: &Path,
        office: SocketAddr,
        change: impl FnOnce(&mut terminal::Config),
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let line = Line::open(office).await?;
        let mut config = terminal::Config::new(folder, line.url());
        change(&mut config);
        Self::serve(config, line, clock, entropy).await
    }

    async fn serve(
        config: terminal::Config,
        line: Line,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let terminal = Terminal::open(config, clock, entropy).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = terminal.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a till of the demo stopped");
            }
        });
        Ok(Self { terminal, line, address, fingerprint: None, task })
    }

    /// The page's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Talks with the office, if the line is up. A line that is up and a talk that fails is an error.
    pub async fn sync(&self) -> anyhow::Result<()> {
        let talk = self.terminal.sync_once();
        if self.line.is_up() {
            talk.await.context("a terminal cannot talk with the office")?;
        } else {
            // The line was cut on purpose: what the terminal logs about it would read like a fault.
            let cut = talk.with_subscriber(NoSubscriber::new()).await;
            anyhow::ensure!(cut.is_err(), "a terminal talked with the office over a line that is cut");
        }
        Ok(())
    }

    /// Stops answering and closes the journal.
    pub async fn close(self) {
        self.task.abort();
        self.terminal.close().await;
    }
}

impl Drop for TillHost {
    fn drop(&mut self) {
        self.task.abort();
    }
}
