//! `zhucan bench`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use domain::calendar::{Clock, Month};
use server::Database;

use zhucan::bench::{city, words};
use zhucan::generate::play::Wanted;
use zhucan::generate::rates::Rates;

/// Arguments of `zhucan bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A city's month from the first card to the last paper, held against a second computation
    City(CityArgs),
}

#[derive(Debug, Args)]
struct CityArgs {
    /// How many elders
    #[arg(long, default_value_t = 60_000)]
    elders: usize,
    /// How many canteens
    #[arg(long, default_value_t = 200)]
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
    /// An empty folder for the database, the lists and the papers
    #[arg(long, value_name = "DIR", default_value = "bench-city")]
    data: PathBuf,
    /// An empty database in place of one in the folder: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Exit code 1 where something does not agree.
pub(crate) async fn run(args: BenchArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    match args.what {
        What::City(args) => run_city(args, clock).await,
    }
}

async fn run_city(args: CityArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&args.data).with_context(|| args.data.display().to_string())?;
    let empty = std::fs::read_dir(&args.data)?.next().is_none();
    ensure!(empty, words::not_empty(&args.data.display().to_string()));
    let database = match &args.database {
        Some(url) => url.parse()?,
        None => Database::Sqlite(args.data.join("office.db")),
    };
    let wanted = Wanted {
        elders: args.elders,
        canteens: args.canteens,
        months: args.months,
        from: args.from,
        seed: args.seed,
        rates: Rates::USUAL,
        truth: None,
    };
    let report = city::run(wanted, &args.data, database, clock).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", words::city(&report));
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
