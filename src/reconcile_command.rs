//! `zhucan reconcile`: closes the days that can be closed, as the running server does by itself, and says how they stand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use domain::calendar::{BusinessDate, Clock};
use domain::id::{CanteenId, Entropy, TerminalId};
use domain::region::RegionCode;
use serde_json::{Value, json};
use server::Office;
use server::close::{CloseReport, close_days};
use server::store::closes::{self, Of, StoredClose};

use crate::office_command::OfficeArgs;
use crate::out::Out;

/// So many days are in memory at a time.
const PAGE: i64 = 500;

/// Arguments of `zhucan reconcile`.
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    /// List the days of canteens in this region
    #[arg(long)]
    region: RegionCode,
    /// Only this canteen's
    #[arg(long)]
    canteen: Option<CanteenId>,
    /// From this date [default: the first of yesterday's month]
    #[arg(long, value_name = "DATE")]
    from: Option<BusinessDate>,
    /// To this date [default: yesterday]
    #[arg(long, value_name = "DATE")]
    until: Option<BusinessDate>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// What is listed.
struct Found {
    /// The region's canteens.
    names: BTreeMap<CanteenId, String>,
    report: CloseReport,
    days: Vec<StoredClose>,
    /// Of these canteens, in these days: what waits for records of terminals.
    incomplete: Vec<(BusinessDate, CanteenId, Vec<TerminalId>)>,
    /// Of these, what cannot be closed, and the error.
    failed: Vec<(BusinessDate, CanteenId, String)>,
}

/// Runs the command. Exit code 0 when every day that was asked for is closed and agrees, 1 when one waits for records, cannot
/// be closed or has a finding.
pub(crate) async fn run(
    args: ReconcileArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let server = args.office.open_in_use(clock, entropy).await?;
    let found = reconcile(&args, server.office()).await;
    server.office().store.close().await;
    let found = found?;
    let mut out = Out::stdout();
    if args.json {
        writeln!(out, "{}", as_json(&found))?;
    } else {
        told(&mut out, &found)?;
    }
    let good = found.incomplete.is_empty()
        && found.failed.is_empty()
        && found.days.iter().all(|day| day.content.0.findings.is_empty());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn reconcile(args: &ReconcileArgs, office: &Arc<Office>) -> anyhow::Result<Found> {
    let now = office.now();
    let report = close_days(&office.store, &office.book(), now).await?;
    let until = args.until.unwrap_or_else(|| now.business_date().plus_days(-1));
    let from = args.from.unwrap_or_else(|| until.month().first());
    let mut of = Of { region: args.region.clone(), canteen: args.canteen, from, until, after: None };
    let mut days: Vec<StoredClose> = Vec::new();
    loop {
        let asked = of.clone();
        let page = office.store.read(move |tx| Box::pin(async move { closes::listed(tx, &asked, PAGE).await })).await?;
        of.after = page.last().map(|day| (day.date, day.canteen));
        let is_last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
        days.extend(page);
        if is_last {
            break;
        }
    }
    let places = args.region.clone();
    let own = office.store.read(move |tx| Box::pin(async move { server::store::canteens::inside(tx, &places).await }));
    let names: BTreeMap<CanteenId, String> = own.await?.into_iter().map(|row| (row.id, row.name)).collect();
    let asked = |date: BusinessDate, canteen: CanteenId| {
        (from..=until).contains(&date)
            && names.contains_key(&canteen)
            && args.canteen.is_none_or(|only| only == canteen)
    };
    let incomplete = report.incomplete.iter().filter(|((date, canteen), _)| asked(*date, *canteen));
    let incomplete = incomplete.map(|((date, canteen), missing)| (*date, *canteen, missing.clone())).collect();
    let failed = report.failed.iter().filter(|((date, canteen), _)| asked(*date, *canteen));
    let failed = failed.map(|((date, canteen), error)| (*date, *canteen, error.clone())).collect();
    Ok(Found { names, report, days, incomplete, failed })
}

fn as_json(found: &Found) -> Value {
    let day = |row: &StoredClose| {
        let close = &row.content.0;
        let findings: Vec<&str> = close.findings.iter().map(|finding| finding.number.as_str()).collect();
        json!({
            "canteen": row.canteen, "canteen_name": found.names.get(&row.canteen), "date": row.date, "revision": row.revision, "digest": row.digest,
            "closed_at": row.closed_at, "records": close.records, "meals": close.meals,
            "own_payment": close.own_payment, "findings": findings,
        })
    };
    let waits = |(date, canteen, missing): &(BusinessDate, CanteenId, Vec<TerminalId>)| json!({ "date": date, "canteen": canteen, "terminals": missing });
    let fails = |(date, canteen, error): &(BusinessDate, CanteenId, String)| json!({ "date": date, "canteen": canteen, "error": error });
    json!({
        "added": found.report.added,
        "unchanged": found.report.unchanged,
        "incomplete": found.incomplete.iter().map(waits).collect::<Vec<_>>(),
        "failed": found.failed.iter().map(fails).collect::<Vec<_>>(),
        "days": found.days.iter().map(day).collect::<Vec<_>>(),
    })
}

fn told(out: &mut Out, found: &Found) -> std::io::Result<()> {
    let name = |canteen: &CanteenId| found.names.get(canteen).cloned().unwrap_or_else(|| canteen.to_string());
    for row in &found.days {
        let close = &row.content.0;
        let numbers: Vec<&str> = close.findings.iter().map(|finding| finding.number.as_str()).collect();
        let findings = if numbers.is_empty() { "一致".to_owned() } else { format!("疑点 {}", numbers.join("、")) };
        writeln!(
            out,
            "{}\t{}\t第 {} 次日清\t记录 {}\t餐次 {}\t{findings}",
            row.date,
            name(&row.canteen),
            row.revision,
            close.records,
            close.meals.count
        )?;
    }
    for (date, canteen, missing) in &found.incomplete {
        let terminals = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
        writeln!(out, "{date}\t{}\t还缺终端 {terminals} 的记录", name(canteen))?;
    }
    for (date, canteen, error) in &found.failed {
        writeln!(out, "{date}\t{}\t日清出错：{error}；运行 zhucan verify 查明", name(canteen))?;
    }
    let with_findings = found.days.iter().filter(|day| !day.content.0.findings.is_empty()).count();
    writeln!(
        out,
        "本次新增日清 {} 次、无变化 {} 次；所列 {} 天，有疑点 {with_findings} 天，待记录 {} 天，出错 {} 天",
        found.report.added,
        found.report.unchanged,
        found.days.len(),
        found.incomplete.len(),
        found.failed.len()
    )
}
