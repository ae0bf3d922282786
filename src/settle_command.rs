//! `zhucan settle`: a region's month from its draft to its approval, at the office's own computer. Whoever sits there is
//! asked who it is: each step is taken by a person of the office with the role for it, who signs in for this step alone, so
//! that it takes the same two people as on the console. Only looking needs nobody.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::calendar::{Clock, Month};
use domain::id::{CanteenId, Digest, Entropy};
use domain::region::RegionCode;
use serde_json::{Value, json};
use server::Office;
use server::admin::Claim;
use server::month::{self, MonthView};
use server::settle::{Step, take_here};
use server::store::canteens;
use server::words::{Code, settlement as words};
use zeroize::Zeroizing;

use crate::office_command::OfficeArgs;
use crate::out::Out;
use crate::secret;

/// Arguments of `zhucan settle`.
#[derive(Debug, Args)]
pub(crate) struct SettleArgs {
    #[command(subcommand)]
    command: SettleCommand,
    /// Print the month as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SettleCommand {
    /// Show how the month stands: its statements, its digest, what stands in the way
    Show {
        #[command(flatten)]
        month: MonthArgs,
    },
    /// Make the month's statements, as a finance maker
    Draft {
        #[command(flatten)]
        month: MonthArgs,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Hand the month to a checker, as a finance maker
    Submit {
        #[command(flatten)]
        month: MonthArgs,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Hand the month back, as a finance checker
    SendBack {
        #[command(flatten)]
        month: MonthArgs,
        #[command(flatten)]
        who: WhoArgs,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Approve the month with the digest that was shown, as a finance checker who neither made nor submitted it
    Approve {
        #[command(flatten)]
        month: MonthArgs,
        #[command(flatten)]
        who: WhoArgs,
        /// The month's digest, as `zhucan settle show` prints it
        #[arg(long, value_name = "SHA-256")]
        digest: Digest,
    },
    /// Sign the month as a third person, where the region asks for it
    Sign {
        #[command(flatten)]
        month: MonthArgs,
        #[command(flatten)]
        who: WhoArgs,
        /// The month's digest, as `zhucan settle show` prints it
        #[arg(long, value_name = "SHA-256")]
        digest: Digest,
    },
}

#[derive(Debug, Args)]
struct MonthArgs {
    /// The region that settles
    #[arg(long)]
    region: RegionCode,
    /// The month
    #[arg(long)]
    month: Month,
    #[command(flatten)]
    office: OfficeArgs,
}

#[derive(Debug, Args)]
struct WhoArgs {
    /// The name to sign in with
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// A file with this person's passphrase, readable by its owner alone; without it the passphrase is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The second factor's code, which is good once; without it the code is asked for
    #[arg(long)]
    code: Option<String>,
}

impl SettleCommand {
    /// Which month; and who takes which step, if it is not only looked at.
    fn parts(self) -> (MonthArgs, Option<(WhoArgs, Step)>) {
        match self {
            Self::Show { month } => (month, None),
            Self::Draft { month, who } => (month, Some((who, Step::Draft))),
            Self::Submit { month, who } => (month, Some((who, Step::Submit))),
            Self::SendBack { month, who, reason } => (month, Some((who, Step::SendBack(reason)))),
            Self::Approve { month, who, digest } => (month, Some((who, Step::Approve(digest)))),
            Self::Sign { month, who, digest } => (month, Some((who, Step::Sign(digest)))),
        }
    }
}

/// Runs the command. Exit code 2 when the step is refused.
pub(crate) async fn run(
    args: SettleArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let (month, step) = args.command.parts();
    let server = month.office.open_in_use(clock, entropy).await?;
    let office = server.office();
    let done = match step {
        Some((who, step)) => take(office, &month, &who, step).await,
        None => show(office, &month).await,
    };
    let names = names(office, &month.region).await;
    office.store.close().await;
    let (view, names) = (done?, names?);
    let mut out = Out::stdout();
    if args.json {
        writeln!(out, "{}", as_json(&view, &names))?;
    } else {
        told(&mut out, &view, &names)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The region's canteens.
async fn names(office: &Arc<Office>, region: &RegionCode) -> anyhow::Result<BTreeMap<CanteenId, String>> {
    let region = region.clone();
    let rows = office.store.read(move |tx| Box::pin(async move { canteens::inside(tx, &region).await })).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

async fn show(office: &Arc<Office>, of: &MonthArgs) -> anyhow::Result<MonthView> {
    let (region, month) = (of.region.clone(), of.month);
    let read = office.store.read(move |tx| Box::pin(async move { month::view(tx, &region, month).await }));
    read.await?.ok_or_else(|| anyhow::anyhow!(words::month_not_drafted(month)))
}

async fn take(office: &Arc<Office>, of: &MonthArgs, who: &WhoArgs, step: Step) -> anyhow::Result<MonthView> {
    let passphrase = secret::of_person(&who.name, who.passphrase_file.as_deref())?;
    let mut code = who.code.clone().map(Zeroizing::new);
    loop {
        let claim = Claim {
            name: &who.name,
            passphrase: &passphrase,
            code: code.as_deref().map(String::as_str),
            address: None,
            device: None,
            browser: false,
        };
        match take_here(office, claim, &of.region, of.month, step.clone()).await {
            Err(error) if error.code() == Some(Code::CodeNeeded) && std::io::stdin().is_terminal() => {
                code = Some(secret::ask(words::ASK_CODE)?);
            }
            Err(server::Error::Refused(refusal)) => {
                anyhow::bail!("{}；{}（{}）", refusal.detail, refusal.code.next_step(), refusal.code)
            }
            done => return Ok(done?),
        }
    }
}

fn as_json(view: &MonthView, names: &BTreeMap<CanteenId, String>) -> Value {
    let month = &view.settlement;
    let statement = |s: &server::store::months::StoredStatement| {
        json!({
            "id": s.id, "number": s.number, "canteen": s.canteen,
            "canteen_name": names.get(&s.canteen), "approved": s.content.0.approved(),
            "held": s.content.0.held(), "payable": s.payable, "digest": s.digest,
        })
    };
    let in_the_way = view.in_the_way.iter().map(|(canteen, reason)| json!({ "canteen": canteen, "reason": reason }));
    json!({
        "region": month.region,
        "month": month.month,
        "version": month.version,
        "state": month.state.0.name(),
        "digest": month.digest,
        "third_signature": view.third,
        "in_the_way": in_the_way.collect::<Vec<_>>(),
        "statements": view.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn told(out: &mut Out, view: &MonthView, names: &BTreeMap<CanteenId, String>) -> std::io::Result<()> {
    let name = |canteen: &CanteenId| names.get(canteen).cloned().unwrap_or_else(|| canteen.to_string());
    let month = &view.settlement;
    let state = words::state(month.state.0);
    writeln!(out, "{} {}：{state}，第 {} 稿", month.region, month.month, month.version)?;
    for statement in &view.statements {
        let content = &statement.content.0;
        writeln!(
            out,
            "{}\t{}\t核定 {} 元\t暂缓 {} 元\t应付 {} 元",
            statement.number,
            name(&statement.canteen),
            content.approved(),
            content.held(),
            statement.payable
        )?;
    }
    for (canteen, reason) in &view.in_the_way {
        let of = canteen.as_ref().map_or_else(String::new, |canteen| format!("{}：", name(canteen)));
        writeln!(out, "提交前须办：{of}{reason}")?;
    }
    writeln!(out, "摘要 {}", month.digest)
}
