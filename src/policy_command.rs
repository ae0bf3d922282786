//! `zhucan policy`: checking, explaining and trying policy files. Reads files, prints, and decides nothing itself.

mod simulate;
mod words;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::calendar::{Clock, WorkCalendar};
use domain::cases::parse_cases;
use domain::check::{CheckReport, check};
use domain::explain::{explain, explain_json};
use domain::id::Entropy;
use domain::policy::{Code, Policy, PolicyError};
use domain::words::Language;

use crate::out::Out;

/// The ending of the file of cases beside a policy.
const CASES: &str = ".cases.toml";
/// Bytes read of a file; more than a policy may have.
const MOST_READ: u64 = 1024 * 1024;
/// A case failed.
const FAILED: u8 = 1;
/// A file was refused.
const REFUSED: u8 = 2;

/// Arguments of `zhucan policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Validate policy files and run the cases beside them (exit 0 all hold, 1 a case fails, 2 a file is refused)
    Check {
        /// Policy files; files of cases among them are skipped
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// A calendar of statutory holidays (CSV: date,kind,occasion) in place of the published one
        #[arg(long)]
        calendar: Option<PathBuf>,
    },
    /// Print a case's decision line by line with reasons
    Explain {
        /// The policy file
        file: PathBuf,
        /// The case's name in the file of cases beside it
        #[arg(long)]
        case: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// In which language
        #[arg(long, value_enum, default_value_t = Lang::Zh)]
        lang: Lang,
        /// A calendar of statutory holidays (CSV: date,kind,occasion) in place of the published one
        #[arg(long)]
        calendar: Option<PathBuf>,
    },
    /// Decide a stored month again under another policy and compare the cost
    Simulate(simulate::SimulateArgs),
}

/// The languages of `explain`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

/// Runs the command. Refusals and failed cases are the exit code's; an error is for what the command was not given.
pub(crate) async fn run(
    args: PolicyArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    match args.command {
        PolicyCommand::Simulate(args) => simulate::run(args, clock, entropy).await,
        PolicyCommand::Check { files, calendar } => check_files(&files, &read_calendar(calendar.as_deref())?),
        PolicyCommand::Explain { file, case, json, lang, calendar } => {
            let language = match lang {
                Lang::Zh => Language::Chinese,
                Lang::En => Language::English,
            };
            explain_case(&file, &case, json, language, &read_calendar(calendar.as_deref())?)
        }
    }
}

fn read_calendar(file: Option<&Path>) -> anyhow::Result<WorkCalendar> {
    let Some(file) = file else {
        return Ok(WorkCalendar::published());
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    WorkCalendar::from_csv(&text).map_err(|e| anyhow::anyhow!("{}: {} / {e}", file.display(), e.in_chinese()))
}

fn check_files(files: &[PathBuf], calendar: &WorkCalendar) -> anyhow::Result<ExitCode> {
    let mut out = Out::stdout();
    let (mut passed, mut failed, mut refused) = (0, 0, false);
    for file in files.iter().filter(|f| !f.to_string_lossy().ends_with(CASES)) {
        let report = check_file(file, calendar);
        write!(out, "{report}")?;
        let (ok, not) = report.counts();
        (passed, failed, refused) = (passed + ok, failed + not, refused || report.refused());
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(match (refused, failed) {
        (true, _) => ExitCode::from(REFUSED),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(FAILED),
    })
}

fn check_file(file: &Path, calendar: &WorkCalendar) -> CheckReport {
    let name = file.display().to_string();
    let cases_file = cases_beside(file);
    let cases_name = cases_file.display().to_string();
    let cases = cases_file.exists().then(|| read_text(&cases_file, &cases_name)).transpose();
    let read = read_text(file, &name).and_then(|text| Ok((text, cases?)));
    match read {
        Ok((text, cases)) => check(&name, &text, cases.as_deref().map(|cases| (cases_name.as_str(), cases)), calendar),
        Err(refusal) => {
            CheckReport { file: name, policy: None, refusals: vec![*refusal], warnings: Vec::new(), cases: Vec::new() }
        }
    }
}

/// `sz-2025.toml` has its cases in `sz-2025.cases.toml`.
fn cases_beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}{CASES}"))
}

fn read_text(file: &Path, name: &str) -> Result<String, Box<PolicyError>> {
    let mut bytes = Vec::new();
    // Past the bound the file is refused for its size, however much more there is of it.
    let read = std::fs::File::open(file).and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes));
    read.map_err(|error| Box::new(PolicyError::whole(name, Code::Unreadable, &error.to_string(), "")))?;
    if bytes.len() as u64 == MOST_READ {
        // Cut off in the middle of a character, it would be refused for another reason.
        let read = format!("≥ {MOST_READ} B");
        return Err(Box::new(PolicyError::whole(name, Code::FileTooLarge, &read, "")));
    }
    domain::check::read_utf8(name, bytes).map_err(Box::new)
}

fn explain_case(
    file: &Path,
    case: &str,
    json: bool,
    language: Language,
    calendar: &WorkCalendar,
) -> anyhow::Result<ExitCode> {
    let (name, cases_file) = (file.display().to_string(), cases_beside(file));
    let cases_name = cases_file.display().to_string();
    let read = read_text(file, &name).and_then(|text| Ok((text, read_text(&cases_file, &cases_name)?)));
    let (text, cases) = match read {
        Ok(texts) => texts,
        Err(refusal) => {
            eprintln!("{refusal}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let parsed = Policy::parse(&name, &text)
        .and_then(|policy| parse_cases(&policy, &cases_name, &cases).map(|cases| (policy, cases)));
    let (policy, cases) = match parsed {
        Ok(parsed) => parsed,
        Err(errors) => {
            eprintln!("{errors}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let Some(case) = cases.iter().find(|c| c.name == case) else {
        let names: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
        bail!("{cases_name}: no case named {case:?}; there are: {}", names.join(" | "));
    };
    let mut out = Out::stdout();
    if json {
        writeln!(out, "{:#}", explain_json(&policy, case, calendar))?;
    } else {
        writeln!(out, "{}", explain(&policy, case, calendar, language))?;
    }
    Ok(ExitCode::SUCCESS)
}
