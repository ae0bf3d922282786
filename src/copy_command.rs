//! `zhucan copy-db`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use domain::calendar::Clock;
use server::copy::{Copied, Step};
use server::{Database, Store};

use crate::office_command::OfficeArgs;
use zhucan::place;
use zhucan::progress::Bars;

/// Arguments of `zhucan copy-db`.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The empty database to copy to: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    to: String,
    /// Copy and compare, but let the office go on where it is
    #[arg(long = "try")]
    trial: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Copies the office's database to PostgreSQL, and compares every row. Again after an interruption it goes on.
pub(crate) async fn run(args: CopyArgs, clock: Arc<dyn Clock>) -> anyhow::Result<ExitCode> {
    args.office.require_office()?;
    let _held = args.office.hold()?;
    let file = place::office_database(args.office.data());
    anyhow::ensure!(file.exists(), "{} 里没有助餐的数据", args.office.data().display());
    let target: Database = args.to.parse()?;
    let (source, target) = (Store::open(&Database::Sqlite(file)).await?, Store::open(&target).await?);
    let told = (!args.trial).then(|| (without_secret(&args.to), clock.wall()));
    let copied = server::copy::copy(&source, &target, told, progress(clock)).await;
    source.close().await;
    target.close().await;
    report(&copied?, &args)?;
    Ok(ExitCode::SUCCESS)
}

/// One bar a table and step.
fn progress(clock: Arc<dyn Clock>) -> server::copy::Progress {
    let bars = Bars::new(clock);
    Arc::new(move |step, table, done, of| {
        let step = match step {
            Step::Copy => "复制",
            Step::Compare => "比对",
        };
        bars.show(&format!("{step} {table}"), done, of);
    })
}

/// The address without the password that may stand in it.
fn without_secret(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    let rest = rest.split('?').next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{place}")
}

fn report(copied: &Copied, args: &CopyArgs) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string(copied)?);
        return Ok(());
    }
    println!("已复制 {} 张表、{} 行，两边逐行相同", copied.tables.len(), copied.rows());
    if copied.before > 0 {
        println!("其中 {} 行是上一次复制的，{} 行之后有变动，已更新", copied.before, copied.mended);
    }
    println!("全部行的摘要 {}", copied.digest);
    if args.trial {
        println!("这是试迁：原数据照常使用");
    } else {
        println!("从新库启动：zhucan serve --data {} --database {}", args.office.data().display(), args.to);
        println!("密钥文件仍在 {}，请一并保管", place::office_keys(args.office.data()).display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_secret;

    #[test]
    fn a_password_is_not_kept() {
        assert_eq!(without_secret("postgres://zhucan:s%40cret@db/office?password=x"), "postgres://db/office");
        assert_eq!(without_secret("postgres://db/office"), "postgres://db/office");
    }
}
