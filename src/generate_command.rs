//! `zhucan generate`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use domain::calendar::{Clock, Month};
use server::Database;

use zhucan::generate::play::{City, Wanted};
use zhucan::generate::rates::Rates;
use zhucan::generate::words;
use zhucan::place;

/// Arguments of `zhucan generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// How many elders
    #[arg(long, default_value_t = 1_000)]
    elders: usize,
    /// How many canteens, each with a terminal
    #[arg(long, default_value_t = 5)]
    canteens: usize,
    /// How many months
    #[arg(long, default_value_t = 1)]
    months: usize,
    /// The first month
    #[arg(long, default_value = "2026-01")]
    from: Month,
    /// The same seed gives the same data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often things go wrong, in per cent of the usual rates
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    faults: u32,
    /// The data folder; it must hold no office yet
    #[arg(long, value_name = "DIR", default_value = "data", env = "ZHUCAN_DATA")]
    data: PathBuf,
    /// An empty database in place of one in the data folder: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL", env = "ZHUCAN_DATABASE")]
    database: Option<String>,
    /// Write what the cashiers saw, and what is known of the elders, as CSV into this folder
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

fn within(name: &str, value: usize, least: usize, most: usize) -> anyhow::Result<()> {
    ensure!((least..=most).contains(&value), words::out_of_range(name, least, most));
    Ok(())
}

/// Makes the office and lets its months pass.
pub(crate) async fn run(args: GenerateArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    within("elders", args.elders, 1, 2_000_000)?;
    within("canteens", args.canteens, 1, 3_000)?;
    within("months", args.months, 1, 24)?;
    within("faults", usize::try_from(args.faults)?, 0, 1_000)?;
    let (file, keys) = (place::office_database(&args.data), place::office_keys(&args.data));
    let shown = args.data.display().to_string();
    ensure!(!file.exists() && !keys.exists(), words::in_use(&shown));
    if let Some(folder) = keys.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let database = match &args.database {
        Some(url) => url.parse()?,
        None => Database::Sqlite(file),
    };
    let wanted = Wanted {
        elders: args.elders,
        canteens: args.canteens,
        months: args.months,
        from: args.from,
        seed: args.seed,
        rates: Rates::USUAL.at_percent(args.faults),
        truth: args.truth,
    };
    let mut city = City::found(wanted, database, keys, "http://127.0.0.1:8780", clock).await?;
    let report = city.pass().await?;
    city.server.office().store.close().await;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", words::made(&report));
    }
    Ok(ExitCode::SUCCESS)
}
