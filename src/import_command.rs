//! `zhucan import`: a list from a spreadsheet, tried out or taken over; `--template` writes an empty one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use domain::calendar::Clock;
use domain::id::{Digest, Entropy};
use domain::region::RegionCode;
use server::Office;
use server::import::report::{ReportFile, empty_list};
use server::import::run::{Job, Watch};
use server::import::{Finding, Kind, Outcome};
use server::words::import as words;
use tokio::sync::mpsc;
use zhucan::progress::Bar;

use crate::office_command::OfficeArgs;
use crate::out::Out;

/// So many rows with problems are shown on the screen; the report has all.
const SHOWN: usize = 20;

/// Arguments of `zhucan import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// elders, categories, deaths, moves, canteens, standings, prices or calendars
    kind: Kind,
    /// The list, XLSX or CSV; with --template the file to write
    file: PathBuf,
    /// Write an empty list in place of reading one
    #[arg(long)]
    template: bool,
    /// Say what would come of it, and change nothing
    #[arg(long, conflicts_with = "template")]
    dry_run: bool,
    /// Take the list over only if its digest is this one, which a dry run showed
    #[arg(long, value_name = "SHA-256", conflicts_with_all = ["template", "dry_run"])]
    digest: Option<Digest>,
    /// Print the outcome and all problems as JSON
    #[arg(long)]
    json: bool,
    /// Write the rows with problems as a workbook
    #[arg(long, value_name = "OUT.xlsx")]
    report: Option<PathBuf>,
    /// The region of elders whose row names none
    #[arg(long, value_name = "CODE")]
    region: Option<RegionCode>,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs the command. Exit code 0 when all rows can be taken, 1 when some cannot, 2 when the file cannot be read.
pub(crate) async fn run(
    args: ImportArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    if args.template {
        std::fs::write(&args.file, empty_list(args.kind)?).with_context(|| args.file.display().to_string())?;
        writeln!(Out::stdout(), "已写入空白{}：{}", args.kind.chinese(), args.file.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    let server = args.office.open_in_use(Arc::clone(&clock), entropy).await?;
    let done = import(&args, server.office(), &clock).await;
    server.office().store.close().await;
    done
}

fn job(args: &ImportArgs) -> anyhow::Result<Job> {
    let file_name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let input = std::fs::File::open(&args.file).with_context(|| args.file.display().to_string())?;
    Ok(Job { kind: args.kind, file_name, by: None, scope: None, region: args.region.clone(), input: Box::new(input) })
}

async fn import(args: &ImportArgs, office: &Arc<Office>, clock: &Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    let (sender, findings) = mpsc::channel(64);
    let watch = Watch { findings: Some(sender), ..Watch::default() };
    let bar = drawn(clock, "试导入", &watch);
    let tried = job(args)?;
    let (checked, told) = tokio::join!(office.check_import(tried, watch), Told::take(args, findings));
    bar.abort();
    let mut outcome = refused(checked)?;
    let told = told?;
    let good = outcome.counts.bad == 0;
    let changes = outcome.counts.added + outcome.counts.changed > 0;
    if good && changes && !args.dry_run {
        let watch = Watch::default();
        let bar = drawn(clock, "导入", &watch);
        let digest = args.digest.unwrap_or(outcome.digest);
        let applied = office.apply_import(job(args)?, digest, None, watch).await;
        bar.abort();
        outcome = refused(applied)?;
    }
    told.finish(&outcome)?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A refusal by its words and next step.
fn refused(outcome: Result<Outcome, server::Error>) -> anyhow::Result<Outcome> {
    match outcome {
        Err(server::Error::Refused(refusal)) => {
            anyhow::bail!("{}；{}（{}）", refusal.detail, refusal.code.next_step(), refusal.code)
        }
        other => Ok(other?),
    }
}

/// Draws the rows so far until it is aborted.
fn drawn(clock: &Arc<dyn Clock>, label: &str, watch: &Watch) -> tokio::task::JoinHandle<()> {
    let (bar, rows) = (Bar::new(Arc::clone(clock), label, 0), Arc::clone(&watch.rows));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            bar.add(rows.load(Ordering::Relaxed).saturating_sub(bar.done()));
        }
    })
}

/// What is told of problems while they come.
struct Told {
    json: bool,
    report: Option<(ReportFile, PathBuf)>,
    printed: usize,
    out: Out,
}

impl Told {
    async fn take(args: &ImportArgs, mut findings: mpsc::Receiver<Finding>) -> anyhow::Result<Self> {
        let report = match &args.report {
            Some(path) => Some((ReportFile::new()?, path.clone())),
            None => None,
        };
        let mut told = Self { json: args.json, report, printed: 0, out: Out::stdout() };
        if told.json {
            write!(told.out, "{{\"findings\":[")?;
        }
        while let Some(finding) = findings.recv().await {
            told.one(&finding)?;
        }
        Ok(told)
    }

    fn one(&mut self, finding: &Finding) -> anyhow::Result<()> {
        if let Some((report, _)) = &mut self.report {
            report.add(finding)?;
        }
        if self.json {
            let comma = if self.printed == 0 { "" } else { "," };
            write!(self.out, "{comma}\n{}", serde_json::to_string(finding)?)?;
        } else if self.printed < SHOWN {
            for problem in &finding.problems {
                let place = words::place(&problem.sheet, problem.row);
                writeln!(self.out, "{} {place} {}", words::level_word(problem.level), words::told_of(problem))?;
            }
        }
        self.printed += 1;
        Ok(())
    }

    fn finish(mut self, outcome: &Outcome) -> anyhow::Result<()> {
        if let Some((report, path)) = self.report.take() {
            write_report(report, &path)?;
        }
        if self.json {
            writeln!(self.out, "\n],\"outcome\":{}}}", serde_json::to_string(outcome)?)?;
            return Ok(());
        }
        if self.printed > SHOWN {
            writeln!(self.out, "……另有 {} 行，用 --report OUT.xlsx 写成表格", self.printed - SHOWN)?;
        }
        for sheet in &outcome.sheets {
            let columns: Vec<String> =
                sheet.columns.iter().map(|(at, head, as_)| format!("{at} {head}→{as_}")).collect();
            writeln!(self.out, "表头在第 {} 行：{}", sheet.head_row, columns.join("，"))?;
            if !sheet.ignored.is_empty() {
                writeln!(self.out, "未读取的列：{}", sheet.ignored.join("、"))?;
            }
            if sheet.totals > 0 {
                writeln!(self.out, "未读取的合计行：{}", sheet.totals)?;
            }
        }
        let counts = &outcome.counts;
        writeln!(
            self.out,
            "{}：共 {} 行，新增 {}，变更 {}，无变化 {}，不能导入 {}，请留意 {}",
            outcome.kind.chinese(),
            counts.rows,
            counts.added,
            counts.changed,
            counts.unchanged,
            counts.bad,
            counts.notices
        )?;
        writeln!(self.out, "文件摘要 {}", outcome.digest)?;
        writeln!(self.out, "{}", last_word(outcome))?;
        Ok(())
    }
}

fn last_word(outcome: &Outcome) -> String {
    let before =
        outcome.applied_before.map(|at| format!("（同一文件曾于 {} {} 导入）", at.local_date(), at.local_clock()));
    let before = before.filter(|_| !outcome.applied).unwrap_or_default();
    match (outcome.applied, outcome.counts.bad) {
        (true, _) => "已导入。".to_owned(),
        (false, 0) if outcome.counts.added + outcome.counts.changed == 0 => format!("与系统一致，没有变化。{before}"),
        (false, 0) => format!("试导入通过，未改动任何数据。{before}"),
        (false, bad) => words::refused(bad),
    }
}

fn write_report(report: ReportFile, path: &Path) -> anyhow::Result<()> {
    let mut file = std::fs::File::create(path).with_context(|| path.display().to_string())?;
    report.finish(&mut file)?;
    file.flush().with_context(|| path.display().to_string())
}
