//! The command: makes the folder, plays the month, prints what it came to, and with `--serve` leaves all running.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use domain::calendar::Clock;
use domain::id::Entropy;

use super::outcome::{Settled, collect, write_papers};
use super::plan::{MONTH, Plan};
use super::play::{Stage, database};
use super::report::report;
use super::{folder, serve, words};

/// The months that the demo drafts; the first is approved.
pub const MONTHS: [&str; 2] = [MONTH, "2026-04"];

/// Arguments of `zhucan demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// The folder for everything that the demo writes; one that an earlier demo made is replaced.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub data: PathBuf,
    /// Leave the server and the tills running afterwards.
    #[arg(long)]
    pub serve: bool,
}

/// What a played month came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// All statements, by month and canteen.
    pub settled: Vec<Settled>,
    /// `scans.csv`.
    pub scans: String,
    /// How many meals were rung up.
    pub sales: usize,
}

/// Plays the month in `folder`, which is there and empty but for the marker, and writes everything into it.
pub async fn play(
    folder: &Path,
    database: server::Database,
    progress: impl FnMut(usize, usize),
) -> anyhow::Result<Outcome> {
    let mut stage = Stage::set_up(folder, database).await?;
    stage.play(&Plan::new(), progress).await?;
    std::fs::write(folder.join("scans.csv"), &stage.scans)?;
    std::fs::write(folder.join("cards.csv"), stage.cards())?;
    let settled = collect(&stage, &MONTHS).await?;
    write_papers(&stage, folder, &settled).await?;
    let outcome = Outcome { settled, scans: stage.scans.clone(), sales: stage.sales };
    stage.close().await;
    Ok(outcome)
}

/// Runs the command. The clock times the run and, with `--serve`, moves the demo's clock on.
pub async fn run(args: DemoArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    folder::make(&args.data)?;
    let started = clock.monotonic_ms();
    let outcome = play(&args.data, database(&args.data), show_progress).await?;
    let seconds = u64::try_from((clock.monotonic_ms() - started + 500) / 1000).unwrap_or(0);
    print!("{}", report(&args.data, outcome.sales, seconds, &outcome.settled, &MONTHS));
    if args.serve {
        serve::serve(&args.data, clock, entropy).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One line that counts on, where somebody looks at it.
fn show_progress(done: usize, of: usize) {
    use std::io::{IsTerminal as _, Write as _};
    let mut screen = std::io::stderr();
    if screen.is_terminal() && (done.is_multiple_of(20) || done == of) {
        let end = if done == of { "\r\x1b[K" } else { "" };
        // A screen that cannot be written to is no reason to stop.
        let _ = write!(screen, "\r{} {}%{end}", words::PLAYING, done * 100 / of.max(1));
        let _ = screen.flush();
    }
}
