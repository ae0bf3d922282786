//! The office's commands: `init`, `serve`, `verify`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use domain::calendar::Clock;
use domain::id::Entropy;
use domain::region::RegionCode;
use server::admin::NewUser;
use server::people::Role;
use server::store::canteens::Region;
use server::{Database, Server};
use tokio::net::TcpListener;

use zhucan::place;

/// Which office.
#[derive(Debug, Args)]
pub(crate) struct OfficeArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "data", env = "ZHUCAN_DATA")]
    data: PathBuf,
    /// A database in place of the one in the data folder: postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL", env = "ZHUCAN_DATABASE")]
    database: Option<String>,
}

impl OfficeArgs {
    /// Opens the office; without `create` only one that was set up.
    pub(crate) async fn open(
        &self,
        create: bool,
        public_url: &str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Server> {
        let database = match &self.database {
            Some(url) => url.parse()?,
            None => Database::Sqlite(place::office_database(&self.data)),
        };
        let keys = place::office_keys(&self.data);
        if !create {
            anyhow::ensure!(keys.exists(), "{} 里没有助餐的数据；请先运行 zhucan init --data {0}", self.data.display());
        }
        if let Some(folder) = keys.parent() {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let config = server::Config { database, keys, create, public_url: public_url.trim_end_matches('/').to_owned() };
        Ok(Server::open(&config, clock, entropy).await?)
    }
}

/// Arguments of `zhucan init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The region's code, such as 440304
    #[arg(long)]
    region: RegionCode,
    /// The region's name
    #[arg(long)]
    name: String,
    /// The office that pays, as printed on statements
    #[arg(long)]
    office_name: String,
    /// The first administrator's name
    #[arg(long, default_value = "管理员")]
    administrator: String,
}

/// Makes database and keys, the region and its first administrator, whose passphrase is printed once.
pub(crate) async fn init(args: InitArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let mut random = [0; 12];
    entropy.fill(&mut random);
    let passphrase = hex::encode(random);
    let server = args.office.open(true, "", clock, entropy).await?;
    let office = server.office();
    office.create_region(Region { code: args.region.clone(), name: args.name, office: args.office_name }).await?;
    let user = NewUser {
        name: args.administrator.clone(),
        passphrase: passphrase.clone().into(),
        role: Role::Administrator,
        region: args.region,
        canteen: None,
    };
    office.add_user(user).await?;
    office.publish_calendar(domain::calendar::WorkCalendar::published()).await?;
    office.store.close().await;
    println!("已建立。管理员：{}　口令（只显示这一次）：{passphrase}", args.administrator);
    println!("启动：zhucan serve --data {}", args.office.data.display());
    Ok(ExitCode::SUCCESS)
}

/// Arguments of `zhucan serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8780", env = "ZHUCAN_LISTEN")]
    listen: SocketAddr,
    /// Where people reach this server, for the QR code on statements [default: http:// and the address above]
    #[arg(long, value_name = "URL", env = "ZHUCAN_PUBLIC_URL")]
    public_url: Option<String>,
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(
    args: ServeArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(args.listen).await.with_context(|| args.listen.to_string())?;
    let address = listener.local_addr()?;
    let public_url = args.public_url.unwrap_or_else(|| format!("http://{address}"));
    let server = args.office.open(false, &public_url, clock, entropy).await?;
    println!("办公端：http://{address}");
    server.serve(listener, crate::stopped()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Arguments of `zhucan verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    office: OfficeArgs,
}

/// Recomputes everything that is stored. Exit code 0 when all holds, 1 when something does not.
pub(crate) async fn verify(
    args: VerifyArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let server = args.office.open(false, "", clock, entropy).await?;
    let office = server.office();
    let watched = std::io::stderr().is_terminal();
    let progress = move |what: &str| {
        if watched {
            eprint!("\r\x1b[K{what}");
        }
    };
    let report = server::verify::verify(&office.store, &office.book(), &progress).await?;
    office.store.close().await;
    if watched {
        eprint!("\r\x1b[K");
    }
    for broken in &report.breaks {
        println!("✗ {broken}");
    }
    let waiting =
        if report.waiting == 0 { String::new() } else { format!("，另 {} 天待重新日清", report.waiting) };
    println!(
        "已核对记录 {} 条、日清 {} 次、结算单 {} 张{waiting}；不符 {} 处",
        report.records,
        report.closes,
        report.statements,
        report.breaks.len()
    );
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
