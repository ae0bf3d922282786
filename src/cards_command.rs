//! `zhucan cards`: sheets of cards for cutting out, and lost cards.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{ArgGroup, Args, Subcommand};
use domain::calendar::{BusinessDate, Clock};
use domain::id::{CanteenId, ElderId, Entropy};
use domain::region::RegionCode;
use serde_json::json;
use server::admin::{CardsOf, IssuedSheet};

use crate::office_command::OfficeArgs;
use crate::out::{Out, new_file};

/// Arguments of `zhucan cards`.
#[derive(Debug, Args)]
pub(crate) struct CardsArgs {
    #[command(subcommand)]
    command: CardsCommand,
    /// Print the outcome as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum CardsCommand {
    /// Issue cards to elders who have none, and write their sheets
    #[command(group = ArgGroup::new("whose").required(true))]
    Issue {
        /// To the regulars of this canteen
        #[arg(long, group = "whose")]
        canteen: Option<CanteenId>,
        /// To the elders of this region
        #[arg(long, group = "whose")]
        region: Option<RegionCode>,
        #[command(flatten)]
        sheet: SheetArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Issue new cards to these elders; the old ones are revoked in the same moment
    Reissue {
        /// The elders' numbers
        #[arg(required = true)]
        elders: Vec<ElderId>,
        #[command(flatten)]
        sheet: SheetArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Revoke an elder's printed cards
    Lost {
        /// The elder's number
        elder: ElderId,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

#[derive(Debug, Args)]
struct SheetArgs {
    /// The cards' last day [default: none]
    #[arg(long, value_name = "DATE")]
    until: Option<BusinessDate>,
    /// The PDF to write; it must not be there
    #[arg(long, value_name = "SHEET.pdf")]
    out: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(args: CardsArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let (CardsCommand::Issue { office, .. } | CardsCommand::Reissue { office, .. } | CardsCommand::Lost { office, .. }) =
        &args.command;
    let server = office.open_in_use(clock, entropy).await?;
    let done = cards(args.command, args.json, server.office()).await;
    server.office().store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn cards(command: CardsCommand, as_json: bool, office: &server::Office) -> anyhow::Result<()> {
    let (of, sheet) = match command {
        CardsCommand::Issue { canteen: Some(canteen), sheet, .. } => (CardsOf::Canteen(canteen), sheet),
        CardsCommand::Issue { region: Some(region), sheet, .. } => (CardsOf::Region(region), sheet),
        CardsCommand::Issue { .. } => anyhow::bail!("请指明 --canteen 或 --region"),
        CardsCommand::Reissue { elders, sheet, .. } => (CardsOf::Elders(elders), sheet),
        CardsCommand::Lost { elder, .. } => {
            let revoked = office.revoke_cards(elder, None).await?;
            let line =
                if as_json { json!({ "revoked": revoked }).to_string() } else { format!("已挂失 {revoked} 张") };
            writeln!(Out::stdout(), "{line}")?;
            return Ok(());
        }
    };
    // The place for the sheet is taken before any card is issued: the numbers are shown only once.
    let mut file = new_file(&sheet.out)?;
    let issued = match office.issue_sheet(of, sheet.until, None, None).await {
        Ok(issued) => issued,
        Err(error) => {
            std::fs::remove_file(&sheet.out)?;
            return Err(error.into());
        }
    };
    file.write_all(&issued.pdf).and_then(|()| file.sync_all()).with_context(|| sheet.out.display().to_string())?;
    told(&issued, as_json, &sheet.out)
}

fn told(issued: &IssuedSheet, as_json: bool, path: &Path) -> anyhow::Result<()> {
    let mut out = Out::stdout();
    let IssuedSheet { cards, revoked, more, .. } = issued;
    if as_json {
        writeln!(out, "{}", json!({ "cards": cards, "revoked": revoked, "more": more, "out": path }))?;
        return Ok(());
    }
    writeln!(out, "已发卡 {cards} 张，旧卡作废 {revoked} 张，打印页在 {}", path.display())?;
    writeln!(out, "卡号只在这份文件里出现一次；打印后请删除。")?;
    if *more {
        writeln!(out, "还有老人未发卡，请再次运行。")?;
    }
    Ok(())
}
