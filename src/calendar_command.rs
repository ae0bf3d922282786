//! `zhucan calendar`: years of the statutory calendar put in force.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::calendar::Clock;
use domain::id::Entropy;

use crate::office_command::OfficeArgs;
use crate::out::Out;

/// Arguments of `zhucan calendar`.
#[derive(Debug, Args)]
pub(crate) struct CalendarArgs {
    #[command(subcommand)]
    command: CalendarCommand,
}

#[derive(Debug, Subcommand)]
enum CalendarCommand {
    /// Put the years of a file in force (CSV with the head date,kind,occasion; kind is holiday or workday)
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

/// Runs the command. A file that is refused names its line.
pub(crate) async fn run(
    args: CalendarArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let CalendarCommand::Import { file, office } = args.command;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let source = domain::check::read_utf8(&name, bytes).map_err(|refusal| {
        let (line, code) = (refusal.line, refusal.code);
        anyhow::anyhow!("{}: 第 {line} 行：{} / line {line}: {}", file.display(), code.chinese(), code.english())
    })?;
    let server = office.open_in_use(clock, entropy).await?;
    let imported = server.office().import_calendar(&name, &source).await;
    server.office().store.close().await;
    let mut out = Out::stdout();
    for year in imported?.years {
        writeln!(out, "{} 年已生效：放假 {} 天，调休上班 {} 天", year.year, year.holidays, year.workdays)?;
    }
    Ok(ExitCode::SUCCESS)
}
