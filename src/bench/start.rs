//! Starting and idling: the office's server against an empty program on the same libraries, each in a process of its
//! own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::net::TcpListener;

use super::table::Row;
use super::words;
use crate::machine::microseconds;

/// The empty program: a listener, a database, one route; it ends with its standard input.
pub async fn empty(file: &Path) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(options).await?;
    sqlx::query("SELECT 1").execute(&pool).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    axum::serve(listener, router).await?;
    Ok(())
}

/// Microseconds until it says where it listens, and KiB resident when it has idled for a while.
fn started(arguments: &[&str]) -> anyhow::Result<(u64, u64)> {
    let begun = microseconds();
    let mut child =
        Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let read = BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line);
    let took = microseconds() - begun;
    std::thread::sleep(Duration::from_secs(2));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let _ = child.kill();
    let _ = child.wait();
    anyhow::ensure!(read? > 0, "{arguments:?} ended without a word");
    let status = status?;
    let resident = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|l| l.trim().strip_suffix("kB"));
    Ok((took, resident.context("its memory")?.trim().parse()?))
}

/// Measures `zhucan serve` on a set-up folder.
pub fn measure(data: &Path, root: &Path) -> anyhow::Result<Vec<Row>> {
    let (data, file) = (data.display().to_string(), root.join("empty.db").display().to_string());
    let (took, memory) = started(&["serve", "--data", &data, "--listen", "127.0.0.1:0"])?;
    let (empty_took, empty_memory) = started(&["bench", "empty", "--file", &file])?;
    let start = Row::ratio(words::START, "sqlite", 1, (took, empty_took), (words::START_GOAL, u64::MAX));
    let idle = Row::ratio(words::IDLE, "sqlite", 1, (memory, empty_memory), (words::IDLE_GOAL, u64::MAX));
    Ok(vec![
        start.only_if(took < 1_000_000),
        idle.only_if(memory < 100 * 1024).noted(words::resident(memory, empty_memory)),
    ])
}
