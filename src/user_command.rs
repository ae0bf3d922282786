//! `zhucan user`: people's accounts, at the office's own computer. It is the way back when nobody can sign in who could
//! help over the console; whoever may read the data folder may do it, and the audit log says that it was done here.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::calendar::{Clock, UnixMs};
use domain::id::{CanteenId, Entropy};
use domain::region::RegionCode;
use serde_json::{Value, json};
use server::Office;
use server::admin::{NewPerson, Post};
use server::people::Role;
use server::store::people::UserRow;
use server::words;

use crate::office_command::OfficeArgs;
use crate::out::Out;

/// Arguments of `zhucan user`.
#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
    /// Print the outcome as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Who may sign in, with role, place and state
    List {
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Add a person, whose one-time passphrase is printed once
    Add {
        /// The name to sign in with: the full name
        name: String,
        /// What the person may do: canteen_manager, card_issuer, policy_editor, finance_maker, finance_checker, auditor
        /// or administrator
        #[arg(long)]
        role: Role,
        /// Where
        #[arg(long)]
        region: RegionCode,
        /// In which one canteen, for its manager
        #[arg(long)]
        canteen: Option<CanteenId>,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Let nobody sign in with this name until it is unlocked; whoever is signed in is signed out
    Lock {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Take a lock away, also one that failed sign-ins made
    Unlock {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Give a new one-time passphrase, which is printed once; the second factor stays
    Passphrase {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Take the second factor and its recovery codes away; another one is taken up at the next sign-in
    SecondFactor {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Give a person another role or place
    Move {
        /// The name to sign in with
        name: String,
        /// What the person may do from now on [default: as before]
        #[arg(long, required_unless_present_any = ["region", "canteen"])]
        role: Option<Role>,
        /// Where [default: as before]
        #[arg(long)]
        region: Option<RegionCode>,
        /// In which one canteen, for its manager [default: as before; nobody else has one]
        #[arg(long)]
        canteen: Option<CanteenId>,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

impl UserCommand {
    const fn office(&self) -> &OfficeArgs {
        match self {
            Self::List { office }
            | Self::Add { office, .. }
            | Self::Lock { office, .. }
            | Self::Unlock { office, .. }
            | Self::Passphrase { office, .. }
            | Self::SecondFactor { office, .. }
            | Self::Move { office, .. } => office,
        }
    }
}

/// Runs the command.
pub(crate) async fn run(args: UserArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let server = args.command.office().open_in_use(clock, entropy).await?;
    let done = carry_out(args.command, server.office()).await;
    server.office().store.close().await;
    let (lines, outcome) = done?;
    let mut out = Out::stdout();
    if args.json {
        writeln!(out, "{outcome}")?;
    } else {
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done: in words, and as JSON.
type Outcome = (Vec<String>, Value);

async fn carry_out(command: UserCommand, office: &Office) -> anyhow::Result<Outcome> {
    match command {
        UserCommand::List { .. } => list(office).await,
        UserCommand::Add { name, role, region, canteen, .. } => {
            let name = name.trim().to_owned();
            let (id, passphrase) = office.invite(NewPerson { name: name.clone(), role, region, canteen }, None).await?;
            let first = format!("已登记：{name}（{}）", words::role(role));
            Ok((vec![first, once(&passphrase)], json!({ "id": id, "one_time_passphrase": passphrase.as_str() })))
        }
        UserCommand::Lock { name, .. } => {
            office.lock_account(office.account(&name).await?.id).await?;
            Ok(said(format!("已锁定：{name}。解锁：zhucan user unlock {name}")))
        }
        UserCommand::Unlock { name, .. } => {
            office.unlock_account(office.account(&name).await?.id).await?;
            Ok(said(format!("已解锁：{name}")))
        }
        UserCommand::Passphrase { name, .. } => {
            let id = office.account(&name).await?.id;
            let passphrase = office.renew_passphrase(id).await?;
            Ok((vec![once(&passphrase)], json!({ "id": id, "one_time_passphrase": passphrase.as_str() })))
        }
        UserCommand::SecondFactor { name, .. } => {
            office.drop_second_factor(office.account(&name).await?.id).await?;
            Ok(said(format!("已取消 {name} 的动态口令和恢复码；须用动态口令的角色下次登录时重新绑定")))
        }
        UserCommand::Move { name, role, region, canteen, .. } => {
            let row = office.account(&name).await?;
            let role = role.unwrap_or(row.role);
            let canteen = canteen.or(row.canteen).filter(|_| canteen.is_some() || role == Role::CanteenManager);
            let to = Post { role, region: region.unwrap_or(row.region), canteen };
            let place = to.region.clone();
            office.move_person(row.id, to).await?;
            Ok(said(format!("{name} 现在是 {place} 的{}", words::role(role))))
        }
    }
}

fn said(line: String) -> Outcome {
    (vec![line], json!({ "done": true }))
}

fn once(passphrase: &str) -> String {
    format!("一次性口令（只显示这一次）：{passphrase}")
}

async fn list(office: &Office) -> anyhow::Result<Outcome> {
    let now = office.now();
    let rows = office.accounts().await?;
    let line = |row: &UserRow| {
        let factor = if row.totp_at.is_some() { "有动态口令" } else { "无动态口令" };
        format!("{}\t{}\t{}\t{}\t{factor}", row.name, words::role(row.role), row.region, state(row, now).1)
    };
    let one = |row: &UserRow| {
        json!({
            "id": row.id, "name": row.name, "role": row.role, "region": row.region, "canteen": row.canteen,
            "state": state(row, now).0, "second_factor": row.totp_at.is_some(),
        })
    };
    Ok((rows.iter().map(line).collect(), rows.iter().map(one).collect()))
}

/// How an account stands, as JSON and in words.
fn state(row: &UserRow, now: UnixMs) -> (&'static str, &'static str) {
    if row.left_at.is_some() {
        ("left", "已停用")
    } else if row.locked_until > now {
        ("locked", "已锁定")
    } else if row.must_change {
        ("one_time", "一次性口令未用")
    } else {
        ("open", "正常")
    }
}
