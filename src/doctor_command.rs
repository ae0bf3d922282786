//! `zhucan doctor`: is everything there that the office needs? Looks, and changes nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use domain::calendar::Clock;
use domain::health::{Check, State};
use server::words::doctor as words;
use terminal::DiskProbe;

use crate::office_command::OfficeArgs;
use zhucan::demo::http::Caller;
use zhucan::place;

/// With less room than this the office should not go on, MB.
const LEAST_FREE: u64 = 1024;

/// Arguments of `zhucan doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Where the office listens
    #[arg(long, default_value = "127.0.0.1:8780", env = "ZHUCAN_LISTEN")]
    listen: SocketAddr,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Looks at everything; exit code 1 when something does not work.
pub(crate) async fn run(args: DoctorArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    let data = args.office.data();
    let mut checks = vec![folder(data), keys(&place::office_keys(data)), disk(data), font()];
    if checks[0].state == State::Ok {
        checks.push(running(&args.office, args.listen).await);
        checks.extend(server::doctor::examine(&args.office.database()?, clock.wall()).await);
    }
    crate::out::report(&checks, args.json)
}

fn folder(data: &Path) -> Check {
    let (state, text) = if place::office_keys(data).exists() || place::office_database(data).exists() {
        (State::Ok, words::FOUND)
    } else {
        (State::Fail, words::NOT_SET_UP)
    };
    Check::new("data", words::DATA, state, format!("{}：{text}", data.display()))
}

/// The key file, which nobody else may read.
fn keys(file: &Path) -> Check {
    let of = |state, text: &str| Check::new("keys", words::KEYS, state, text);
    let Ok(found) = std::fs::metadata(file) else { return of(State::Fail, words::KEYS_MISSING) };
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0 {
        return of(State::Fail, words::KEYS_OPEN);
    }
    let _ = found;
    of(State::Ok, words::KEYS_OK)
}

fn disk(data: &Path) -> Check {
    // A folder that is not there yet lies where its nearest parent lies.
    let there = data.ancestors().find(|path| path.exists()).unwrap_or(data);
    match DiskProbe::system().free(there) {
        Ok(free) => {
            let free = free / 1024 / 1024;
            let state = if free < LEAST_FREE { State::Fail } else { State::Ok };
            Check::new("disk", words::DISK, state, words::free(free, LEAST_FREE))
        }
        Err(error) => Check::new("disk", words::DISK, State::Fail, error.to_string()),
    }
}

fn font() -> Check {
    match receipts::Fonts::embedded() {
        Ok(_) => Check::new("font", words::FONT, State::Ok, words::FONT_OK),
        Err(error) => Check::new("font", words::FONT, State::Fail, error.to_string()),
    }
}

/// Whether the office runs: it holds the data folder and answers.
async fn running(office: &OfficeArgs, listen: SocketAddr) -> Check {
    let of = |state, text: &str| Check::new("running", words::RUNNING, state, text);
    let held = office.hold().is_err();
    let asked = async { Caller::new(&format!("http://{listen}"))?.get("/healthz/ready").await };
    let answers = matches!(tokio::time::timeout(Duration::from_secs(3), asked).await, Ok(Ok(_)));
    match (held, answers) {
        (true, true) => of(State::Ok, words::RUNS),
        (true, false) => of(State::Fail, words::RUNS_SILENT),
        (false, _) => of(State::Warn, words::RUNS_NOT),
    }
}
