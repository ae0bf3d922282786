//! `zhucan take-in`: records that somebody carried to the office, as `zhucan terminal export` wrote them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use domain::calendar::Clock;
use domain::id::Entropy;
use server::ingest::by_hand::{Taken, take_in};

use crate::office_command::OfficeArgs;
use crate::out::Out;

/// Arguments of `zhucan take-in`.
#[derive(Debug, Args)]
pub(crate) struct TakeInArgs {
    /// The file that a till wrote with `zhucan terminal export`
    file: PathBuf,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs the command. Exit code 0 when the whole file was taken in, 1 when something of it is missing or still waits, 2 when
/// it is no such file.
pub(crate) async fn run(
    args: TakeInArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let server = args.office.open_in_use(clock, entropy).await?;
    let taken = take_in(server.office(), &args.file).await;
    server.office().store.close().await;
    let taken = taken?;
    let mut out = Out::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&taken)?)?;
    } else {
        told(&mut out, &taken)?;
    }
    Ok(if taken.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(out: &mut Out, taken: &Taken) -> std::io::Result<()> {
    let Taken { records, accepted, disputed, rejected, waiting, .. } = taken;
    writeln!(
        out,
        "已收下记录 {records} 条：正常 {accepted}，有异议 {disputed}，隔离 {rejected}，等候前面的记录 {waiting}"
    )?;
    if let [first, ..] = taken.unreadable.as_slice() {
        writeln!(out, "读不出 {} 行，第一处在第 {first} 行", taken.unreadable.len())?;
    }
    if !taken.whole {
        writeln!(out, "文件不完整：请重新导出，再收一次；已收下的不会重复计")?;
    }
    if *waiting > 0 {
        writeln!(out, "等候的记录前面还缺记录：请用不带 --unsent 的导出再收一次")?;
    }
    Ok(())
}
