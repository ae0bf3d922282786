//! `--serve`: the demo's programs, opened again on its data, with a clock that runs on from a lunch hour in May.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use domain::calendar::{Clock, UnixMs};
use domain::id::{BootId, Entropy};
use terminal::Terminal;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::play::{database, till_folder};
use super::words;
use super::world::{CANTEENS, Moment, USERS};

/// A Thursday, so that lunch is subsidised; behind everything that the demo played.
const START: Moment = Moment { date: "2026-05-07", minute: 11 * 60 + 5 };
/// The office's port; tills follow. Where one is taken, a free one is used.
const FIRST_PORT: u16 = 8780;

/// The real clock, moved to another day.
struct Shifted {
    real: Arc<dyn Clock>,
    shift_ms: i64,
}

impl Clock for Shifted {
    fn wall(&self) -> UnixMs {
        self.real.wall().plus(self.shift_ms)
    }

    fn monotonic_ms(&self) -> i64 {
        self.real.monotonic_ms()
    }

    fn boot(&self) -> BootId {
        self.real.boot()
    }
}

/// Runs server and tills of the demo in `folder` until Ctrl-C.
pub async fn serve(folder: &Path, real: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<()> {
    let shift_ms = START.at().get() - real.wall().get();
    let clock: Arc<dyn Clock> = Arc::new(Shifted { real, shift_ms });
    let (stop, stopped) = watch::channel(false);
    let listener = listen(FIRST_PORT).await?;
    let office = listener.local_addr()?;
    let config = super::host::office_config(folder, database(folder), office);
    let server = server::Server::open(&config, Arc::clone(&clock), Arc::clone(&entropy)).await?;
    let mut running = vec![tokio::spawn({
        let stopped = until(stopped.clone());
        async move { server.serve(listener, stopped).await.map_err(anyhow::Error::from) }
    })];
    let mut tills = Vec::new();
    for (canteen, place) in CANTEENS.iter().enumerate() {
        let port = FIRST_PORT + 1 + u16::try_from(canteen)?;
        let listener = listen(port).await?;
        tills.push((place.name, format!("http://{}", listener.local_addr()?), place.cashiers));
        let config = terminal::Config::new(till_folder(folder, canteen), format!("http://{office}"));
        let terminal = Terminal::open(config, Arc::clone(&clock), Arc::clone(&entropy)).await?;
        let stopped = until(stopped.clone());
        running.push(tokio::spawn(async move {
            terminal.serve(listener, stopped).await?;
            terminal.close().await;
            Ok(())
        }));
    }
    let cards = folder.join("cards.csv");
    print!("{}", words::serving(&format!("http://{office}"), &tills, &USERS, &cards.display().to_string()));
    tokio::signal::ctrl_c().await.context("Ctrl-C")?;
    stop.send_replace(true);
    for program in running {
        program.await??;
    }
    Ok(())
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone is a program that ends.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let wanted = SocketAddr::from(([127, 0, 0, 1], port));
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind(("127.0.0.1", 0)).await?),
    }
}
