//! `zhucan bench`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand, ValueEnum};
use domain::calendar::{Clock, Month};
use server::Database;

use zhucan::bench::bare::{Bare, Scratch};
use zhucan::bench::table::Row;
use zhucan::bench::{city, month, pages, paper, start, table, till, upload, words};
use zhucan::generate::play::{City, Wanted};
use zhucan::generate::rates::Rates;
use zhucan::{generate, place};

/// Arguments of `zhucan bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    rows: RowsArgs,
}

#[derive(Debug, Args)]
struct RowsArgs {
    /// Sizes of the month, in meals; each from the second on is compared with the one before
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    meals: Vec<usize>,
    /// Measure PostgreSQL too: the address of a server on which databases may be made
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// An empty folder for databases; removed at the end
    #[arg(long, value_name = "DIR", default_value = "bench-rows")]
    data: PathBuf,
    /// Measure these parts only
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Print the rows as JSON
    #[arg(long)]
    json: bool,
}

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The till.
    Till,
    /// Records over HTTP.
    Upload,
    /// Closing, drafting, counting again.
    Month,
    /// Papers, start, idle memory.
    Papers,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A city's month from the first card to the last paper, held against a second computation
    City(CityArgs),
    /// Every page of the console and every public page, as each role sees it, over a city's settled month
    Pages(PagesArgs),
    /// An empty program, to compare with
    #[command(hide = true)]
    Empty(EmptyArgs),
}

#[derive(Debug, Args)]
struct EmptyArgs {
    /// Its database
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
struct PagesArgs {
    /// The month's size, in meals
    #[arg(long, default_value_t = 100_000)]
    meals: usize,
    /// Each role asks for each page so often
    #[arg(long, default_value_t = pages::ROUNDS)]
    rounds: usize,
    /// Measure PostgreSQL too: the address of a server on which databases may be made
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// An empty folder for databases; removed at the end
    #[arg(long, value_name = "DIR", default_value = "bench-pages")]
    data: PathBuf,
    /// Print the rows as JSON
    #[arg(long)]
    json: bool,
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
        Some(What::City(args)) => run_city(args, clock).await,
        Some(What::Pages(args)) => run_pages(args, clock).await,
        Some(What::Empty(args)) => start::empty(&args.file).await.map(|()| ExitCode::SUCCESS),
        None => run_rows(args.rows, clock).await,
    }
}

fn make_empty(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let empty = std::fs::read_dir(folder)?.next().is_none();
    ensure!(empty, words::not_empty(&folder.display().to_string()));
    Ok(())
}

async fn run_rows(args: RowsArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    make_empty(&args.data)?;
    let wants = |part: Part| args.only.is_empty() || args.only.contains(&part);
    let mut rows = if wants(Part::Till) { till::measure(&args.data).await? } else { Vec::new() };
    let mut backends: Vec<(&'static str, Option<&str>)> = vec![("sqlite", None)];
    backends.extend(args.postgres.as_deref().map(|url| ("postgres", Some(url))));
    for (name, server) in backends {
        if wants(Part::Upload) {
            rows.extend(uploads(&args.data, name, server, &clock).await?);
        }
        let mut before = None;
        for meals in args.meals.iter().filter(|_| wants(Part::Month)) {
            let (more, sized) = months(&args.data, *meals, name, server, &clock).await?;
            rows.extend(more);
            if let Some(before) = before.replace(sized) {
                rows.extend(month::growth(name, &before, &sized));
            }
        }
    }
    if wants(Part::Papers) {
        rows.extend(papers(&args.data, &clock).await?);
    }
    std::fs::remove_dir_all(&args.data)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", table::print(&rows));
        println!("{}", words::LEFT_OUT);
    }
    Ok(ExitCode::SUCCESS)
}

/// A database of its own: a file in the folder, or one on the server.
async fn scratch(folder: &Path, file: &str, server: Option<&str>) -> anyhow::Result<(Database, Option<Scratch>)> {
    let Some(server) = server else { return Ok((Database::Sqlite(folder.join(format!("{file}.db"))), None)) };
    let scratch = Scratch::make(server, &format!("zhucan_bench_{file}")).await?;
    Ok((scratch.url.parse()?, Some(scratch)))
}

async fn uploads(
    folder: &Path,
    name: &'static str,
    server: Option<&str>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Vec<Row>> {
    let (database, made) = scratch(folder, "upload", server).await?;
    let rates = Rates::USUAL.at_percent(0);
    let wanted = Wanted { elders: 6_400, canteens: 64, rates, ..month::wanted(1) };
    let keys = folder.join(format!("upload-{name}.key"));
    let city = City::found(wanted, database, keys, "http://127.0.0.1", Arc::clone(clock)).await?;
    let (bare_database, bare_made) = scratch(folder, "bare", server).await?;
    let bare = match &bare_database {
        Database::Sqlite(file) => Bare::sqlite(file).await?,
        Database::Postgres(url) => Bare::postgres(url).await?,
    };
    let calendar = domain::calendar::WorkCalendar::published();
    let days = city.months().into_iter().flat_map(domain::calendar::Month::days);
    let days: Vec<_> = days.filter(|day| generate::places::is_open(&calendar, *day)).take(4).collect();
    let rows = upload::measure(city, &bare, name, &days).await?;
    bare.close().await;
    for made in [made, bare_made].into_iter().flatten() {
        made.drop().await?;
    }
    Ok(rows)
}

async fn months(
    folder: &Path,
    meals: usize,
    name: &'static str,
    server: Option<&str>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Vec<Row>, month::Sized)> {
    let (database, made) = scratch(folder, &format!("month{meals}"), server).await?;
    let keys = folder.join(format!("month{meals}-{name}.key"));
    let measured = month::measure(meals, database.clone(), keys, name, Arc::clone(clock)).await?;
    if let Database::Sqlite(file) = &database {
        std::fs::remove_file(file)?;
    }
    if let Some(made) = made {
        made.drop().await?;
    }
    Ok(measured)
}

/// Papers of two hundred canteens, and starting on their data.
async fn papers(folder: &Path, clock: &Arc<dyn Clock>) -> anyhow::Result<Vec<Row>> {
    let data = folder.join("papers");
    let (database, keys) = (place::office_database(&data), place::office_keys(&data));
    std::fs::create_dir_all(keys.parent().context("a folder")?)?;
    let wanted = Wanted { elders: 4_000, canteens: 200, ..month::wanted(1) };
    let mut city = City::found(wanted, Database::Sqlite(database), keys, "http://127.0.0.1", Arc::clone(clock)).await?;
    city.pass().await?;
    month::draft(&city).await?;
    let mut rows = paper::measure(&city).await?;
    city.server.office().store.close().await;
    drop(city);
    rows.extend(start::measure(&data, folder)?);
    Ok(rows)
}

async fn run_pages(args: PagesArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    make_empty(&args.data)?;
    let mut backends: Vec<(&'static str, Option<&str>)> = vec![("sqlite", None)];
    backends.extend(args.postgres.as_deref().map(|url| ("postgres", Some(url))));
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for (name, server) in backends {
        let (database, made) = scratch(&args.data, "pages", server).await?;
        let keys = args.data.join(format!("pages-{name}.key"));
        let watch = Arc::clone(&clock);
        let (more, without) = pages::measure(args.meals, database, keys, name, args.rounds, watch).await?;
        rows.extend(more);
        left_out = without;
        if let Some(made) = made {
            made.drop().await?;
        }
    }
    std::fs::remove_dir_all(&args.data)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", table::print(&rows));
        println!("{}", words::pages_without(&left_out));
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_city(args: CityArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    make_empty(&args.data)?;
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
