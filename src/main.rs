//! `zhucan`: one program for the office and the canteen. Commands are read and put together here, nothing else.

mod backup_command;
mod bench_command;
mod calendar_command;
mod cards_command;
mod copy_command;
mod doctor_command;
mod generate_command;
mod import_command;
mod office_command;
mod openapi_command;
mod out;
mod policy_command;
mod reconcile_command;
mod secret;
mod settings;
mod settle_command;
mod shell_command;
mod take_in_command;
mod terminal_command;
mod user_command;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use domain::calendar::Clock;
use domain::id::Entropy;
use tracing_subscriber::EnvFilter;

use zhucan::complaint::complaint;
use zhucan::demo;
use zhucan::machine::{SystemClock, SystemEntropy};

/// So long the work that nobody waits for may still take when a command is done.
const LAST_WORK: std::time::Duration = std::time::Duration::from_secs(3);

/// Meal assistance point of sale and settlement for elder canteens (助餐)
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// A file with settings (TOML); flags and ZHUCAN_* variables go before it
    #[arg(long, global = true, value_name = "FILE", env = "ZHUCAN_CONFIG")]
    config: Option<PathBuf>,
    /// What is logged, such as warn or server=debug [default: warn, for serve also a line a request]
    #[arg(long, global = true, value_name = "FILTER", env = "ZHUCAN_LOG")]
    log: Option<String>,
    /// How it is logged
    #[arg(long, global = true, value_name = "FORMAT", env = "ZHUCAN_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

/// How the program logs on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a month of three canteens and write their statements
    Demo(demo::run::DemoArgs),
    /// Set up an office: database, keys, region, first administrator
    Init(office_command::InitArgs),
    /// Run the office's server
    Serve(office_command::ServeArgs),
    /// Make a large office that never was: elders, canteens and months of signed records
    Generate(generate_command::GenerateArgs),
    /// Measure the program, against the bare database or over a city's month
    Bench(bench_command::BenchArgs),
    /// Close the days that can be closed, and list how days stand
    Reconcile(reconcile_command::ReconcileArgs),
    /// Take a region's month from its draft to its approval, by the same people as on the console
    Settle(settle_command::SettleArgs),
    /// Take in records that were carried here: what `zhucan terminal export` wrote
    TakeIn(take_in_command::TakeInArgs),
    /// Recompute everything that is stored and name what does not hold
    Verify(office_command::VerifyArgs),
    /// Write a month's statements with everything they are made of, to be verified elsewhere
    AuditPack(office_command::PackArgs),
    /// Write all papers of a month
    Statement(office_command::StatementArgs),
    /// Write the whole office into one sealed file, while it runs
    Backup(backup_command::BackupArgs),
    /// Set up the office again from a backup, in an empty place; or try whether that would work
    Restore(backup_command::RestoreArgs),
    /// Take the office from SQLite to PostgreSQL, and compare every row
    CopyDb(copy_command::CopyArgs),
    /// Try out or take over a list of elders, deaths, canteens, prices ...
    Import(import_command::ImportArgs),
    /// Issue printed cards by the sheet, or revoke lost ones
    Cards(cards_command::CardsArgs),
    /// Look after people's accounts at the office's own computer: add, lock, give a new passphrase ...
    User(user_command::UserArgs),
    /// Put years of the statutory calendar in force
    Calendar(calendar_command::CalendarArgs),
    /// Check, explain and try policy files
    Policy(policy_command::PolicyArgs),
    /// Look at keys, database, clock, disk, calendar, days and terminals of an office
    Doctor(doctor_command::DoctorArgs),
    /// Print the OpenAPI document of the office's API
    Openapi(openapi_command::OpenapiArgs),
    /// Print what a shell completes: zhucan completions bash > /etc/bash_completion.d/zhucan
    Completions(shell_command::CompletionsArgs),
    /// Write the manual's pages
    Man(shell_command::ManArgs),
    /// Run a canteen's terminal
    Terminal(terminal_command::TerminalArgs),
}

fn main() -> ExitCode {
    let told = settings::apply(Cli::command(), std::env::args_os(), std::env::var_os("ZHUCAN_CONFIG"));
    let done = told.and_then(|commands| {
        let cli = Cli::from_arg_matches(&commands.get_matches()).unwrap_or_else(|error| error.exit());
        log(&cli);
        run(cli.command)
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", complaint(&error));
            ExitCode::from(2)
        }
    }
}

/// Logs on standard error. Nothing personal is logged at any level.
fn log(cli: &Cli) {
    let usual =
        if matches!(cli.command, Command::Serve(_)) { "warn,zhucan::request=info" } else { "warn,sqlx::query=error" };
    let asked = cli.log.as_deref().and_then(|text| EnvFilter::try_new(text).ok());
    let filter = asked.unwrap_or_else(|| EnvFilter::new(usual));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = logs.with_ansi(std::io::stderr().is_terminal());
    match cli.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).with_span_list(false).init(),
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(&*entropy));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = match command {
        Command::Cards(args) => runtime.block_on(cards_command::run(args, clock, entropy)),
        Command::Import(args) => runtime.block_on(import_command::run(args, clock, entropy)),
        Command::User(args) => runtime.block_on(user_command::run(args, clock, entropy)),
        Command::Calendar(args) => runtime.block_on(calendar_command::run(args, clock, entropy)),
        Command::Policy(args) => runtime.block_on(policy_command::run(args, clock, entropy)),
        Command::Demo(args) => runtime.block_on(demo::run::run(args, clock, entropy)),
        Command::Generate(args) => runtime.block_on(generate_command::run(args, clock)),
        Command::Bench(args) => runtime.block_on(bench_command::run(args, clock)),
        Command::Init(args) => runtime.block_on(office_command::init(args, clock, entropy)),
        Command::Serve(args) => runtime.block_on(office_command::serve(args, clock, entropy)),
        Command::Reconcile(args) => runtime.block_on(reconcile_command::run(args, clock, entropy)),
        Command::Settle(args) => runtime.block_on(settle_command::run(args, clock, entropy)),
        Command::TakeIn(args) => runtime.block_on(take_in_command::run(args, clock, entropy)),
        Command::Verify(args) => runtime.block_on(office_command::verify(args, clock, entropy)),
        Command::AuditPack(args) => runtime.block_on(office_command::pack(args, clock, entropy)),
        Command::Statement(args) => runtime.block_on(office_command::statement(args, clock, entropy)),
        Command::Backup(args) => runtime.block_on(backup_command::backup(args, clock, entropy)),
        Command::Restore(args) => runtime.block_on(backup_command::restore(args, clock, entropy)),
        Command::CopyDb(args) => runtime.block_on(copy_command::run(args, clock)),
        Command::Doctor(args) => runtime.block_on(doctor_command::run(args, clock)),
        Command::Openapi(args) => openapi_command::run(&args),
        Command::Completions(args) => shell_command::completions(&args, Cli::command()),
        Command::Man(args) => shell_command::man(&args, Cli::command()),
        Command::Terminal(args) => runtime.block_on(terminal_command::run(args, clock, entropy)),
    };
    // A printer that is out of paper holds its thread until it has some: whoever stops the program does not wait for it.
    runtime.shutdown_timeout(LAST_WORK);
    done
}

/// Done when the process is asked to stop: Ctrl-C, or SIGTERM from a service manager. It listens from the call on, so
/// that whoever was told that the program runs can stop it in good order.
fn stopped() -> impl Future<Output = ()> + Send + 'static {
    let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        let terminated = async {
            match terminated {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
    }
}
