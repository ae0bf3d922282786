//! The office's commands: `init`, `serve`, `verify`, `audit-pack`, `statement`.

use std::io::{BufReader, BufWriter, IsTerminal as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use domain::calendar::{Clock, Month};
use domain::id::{CanteenId, Entropy};
use domain::region::RegionCode;
use serde_json::json;
use server::admin::NewPerson;
use server::http::Network;
use server::people::Role;
use server::store::canteens::Region;
use server::{Database, Server};
use terminal::{DirLock, LockError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

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
    /// Refuses a data folder in which no office was set up, and makes nothing there. Where the office lies one folder
    /// above, that is said.
    pub(crate) fn require_office(&self) -> anyhow::Result<()> {
        if place::office_keys(&self.data).exists() {
            return Ok(());
        }
        if let Some(above) = place::office_above(&self.data) {
            anyhow::bail!(
                "{} 里没有助餐的数据；数据在上一级目录，请用 --data {}",
                self.data.display(),
                above.display()
            );
        }
        anyhow::bail!("{} 里没有助餐的数据；请先运行 zhucan init --data {0}", self.data.display());
    }

    /// Holds the data folder for as long as the value lives, so that only one program answers for the office, and none
    /// while it is being moved.
    pub(crate) fn hold(&self) -> anyhow::Result<DirLock> {
        DirLock::hold(&place::office(&self.data), place::OFFICE_LOCK).map_err(|error| match error {
            LockError::InUse(_) => anyhow::anyhow!("{} 的办公端正在运行；请先停下它", self.data.display()),
            LockError::Io { .. } => error.into(),
        })
    }

    /// The database.
    pub(crate) fn database(&self) -> anyhow::Result<Database> {
        Ok(match &self.database {
            Some(url) => url.parse()?,
            None => Database::Sqlite(place::office_database(&self.data)),
        })
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Opens the office; without `create` only one that was set up.
    pub(crate) async fn open(
        &self,
        create: bool,
        public_url: &str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Server> {
        let database = self.database()?;
        let keys = place::office_keys(&self.data);
        if !create {
            self.require_office()?;
        }
        if let Some(folder) = keys.parent() {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let config = server::Config { database, keys, create, public_url: public_url.trim_end_matches('/').to_owned() };
        Ok(Server::open(&config, clock, entropy).await?)
    }

    /// As [`OfficeArgs::open`] without `create`, for what changes something or is taken for the truth: never a database
    /// whose office was moved elsewhere.
    pub(crate) async fn open_in_use(&self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Server> {
        let server = self.open(false, "", clock, entropy).await?;
        if let Some(moved) = server::copy::moved(&server.office().store).await? {
            server.office().store.close().await;
            anyhow::bail!(server::words::moving::not_served(&moved));
        }
        Ok(server)
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
    /// Print the outcome as JSON, with the one-time passphrase
    #[arg(long)]
    json: bool,
}

/// Makes database and keys, the region and its first administrator, whose passphrase is printed once.
pub(crate) async fn init(args: InitArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    if let Some(above) = place::office_above(args.office.data()) {
        anyhow::bail!("{} 在另一个办公端的数据目录 {} 里；请换一个目录", args.office.data.display(), above.display());
    }
    let folder = place::office(args.office.data());
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let _held = args.office.hold()?;
    let server = args.office.open(true, "", clock, entropy).await?;
    let office = server.office();
    if !office.accounts().await?.is_empty() {
        office.store.close().await;
        anyhow::bail!(
            "{} 已经建立；增加人员用 zhucan user add，更换日历用 zhucan calendar import",
            args.office.data.display()
        );
    }
    office.create_region(Region { code: args.region.clone(), name: args.name, office: args.office_name }, None).await?;
    let first =
        NewPerson { name: args.administrator.clone(), role: Role::Administrator, region: args.region, canteen: None };
    let (_, passphrase) = office.invite(first, None).await?;
    office.publish_calendar(domain::calendar::WorkCalendar::published()).await?;
    office.store.close().await;
    if args.json {
        let done = json!({
            "administrator": args.administrator,
            "one_time_passphrase": passphrase.as_str(),
            "data": args.office.data,
        });
        println!("{done}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("已建立。管理员：{}　一次性口令（只显示这一次）：{}", args.administrator, passphrase.as_str());
    println!("首次登录须改为自己的口令，并绑定动态口令。");
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
    /// Where to show numbers for Prometheus (/metrics): a loopback address; without it nowhere
    #[arg(long, value_name = "ADDRESS", env = "ZHUCAN_METRICS")]
    metrics: Option<SocketAddr>,
    /// The networks of the proxies in front of this server, such as 127.0.0.1 or 10.0.0.0/8: only they are believed when
    /// they say for whom they ask (Forwarded, X-Forwarded-For)
    #[arg(long, value_name = "CIDR", env = "ZHUCAN_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<Network>,
    /// Delete the files of imported lists after so many days; 0 keeps them for ever
    #[arg(long, value_name = "DAYS", default_value_t = server::KEEP_LISTS, env = "ZHUCAN_KEEP_LISTS")]
    keep_lists: u32,
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(
    args: ServeArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    args.office.require_office()?;
    let (_held, stopped) = (args.office.hold()?, crate::stopped());
    let listener = TcpListener::bind(args.listen).await.with_context(|| args.listen.to_string())?;
    let address = listener.local_addr()?;
    let public_url = args.public_url.unwrap_or_else(|| format!("http://{address}"));
    let server = args
        .office
        .open(false, &public_url, clock, entropy)
        .await?
        .behind(args.trusted_proxies.into())
        .keeping_lists(args.keep_lists);
    let metrics = match args.metrics {
        Some(address) => Some(metrics(address, &server).await?),
        None => None,
    };
    println!("办公端：http://{address}");
    if let Some((address, _)) = &metrics {
        println!("监控：http://{address}/metrics");
    }
    server.serve(listener, stopped).await?;
    if let Some((_, task)) = metrics {
        task.abort();
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows numbers to this computer alone, on a listener of its own: behind a proxy everybody seems to come from here.
async fn metrics(address: SocketAddr, server: &Server) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    anyhow::ensure!(address.ip().is_loopback(), "{address} 不是本机地址；监控数据只在本机给出，请用 127.0.0.1");
    let listener = TcpListener::bind(address).await.with_context(|| address.to_string())?;
    let (address, router) = (listener.local_addr()?, server.metrics_router());
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the numbers are not shown any more");
        }
    });
    Ok((address, task))
}

/// Arguments of `zhucan verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Check an audit pack in place of a database; nothing else is needed
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
    /// Where the pack's attachments lie, to be checked too
    #[arg(long, value_name = "DIR", requires = "pack")]
    attachments: Option<PathBuf>,
    /// Check the audit log alone: its chain, and what terminals and papers witness of it
    #[arg(long, conflicts_with = "pack")]
    audit: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Shows one line on a terminal that is replaced by the next; an empty one takes it away.
pub(crate) fn shown(what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}

/// Recomputes everything that is stored, or packed. Exit code 0 when all holds, 1 when something does not.
pub(crate) async fn verify(
    args: VerifyArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let mut files = 0;
    let (report, seal) = if let Some(file) = &args.pack {
        let checked = check_pack(file, args.attachments.as_deref(), &*entropy).await?;
        files = checked.files;
        (checked.report, Some(checked.digest))
    } else {
        let server = args.office.open(false, "", clock, entropy).await?;
        let office = server.office();
        let report = if args.audit {
            server::verify::verify_audit(&office.store, &shown).await?
        } else {
            server::verify::verify(&office.store, &office.book(), &shown).await?
        };
        office.store.close().await;
        (report, None)
    };
    shown("");
    if args.json {
        let breaks: Vec<_> = report.breaks.iter().map(|b| json!({ "place": b.place, "what": b.what })).collect();
        let found = json!({
            "records": report.records,
            "closes": report.closes,
            "waiting": report.waiting,
            "statements": report.statements,
            "audit": report.audit,
            "seal": seal,
            "attachments": files,
            "breaks": breaks,
        });
        println!("{found}");
    } else {
        for broken in &report.breaks {
            println!("✗ {broken}");
        }
        let waiting =
            if report.waiting == 0 { String::new() } else { format!("，另 {} 天待重新日清", report.waiting) };
        if let Some(seal) = seal {
            println!("封存摘要 {seal}");
        }
        match &args.attachments {
            Some(_) => println!("已核对附件 {files} 个"),
            None if files > 0 => println!("附件 {files} 个未核对：用 --attachments 指明所在目录"),
            None => {}
        }
        println!(
            "已核对记录 {} 条、日清 {} 次、结算单 {} 张、审计日志 {} 条{waiting}；不符 {} 处",
            report.records,
            report.closes,
            report.statements,
            report.audit,
            report.breaks.len()
        );
    }
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks a pack in a folder of its own, which is removed afterwards.
async fn check_pack(
    file: &Path,
    attachments: Option<&Path>,
    entropy: &dyn Entropy,
) -> anyhow::Result<server::pack::Checked> {
    let input = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    let folder = std::env::temp_dir().join(server::pack::folder_name(entropy));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let checked = server::pack::check(BufReader::with_capacity(1 << 20, input), &folder, attachments, &shown).await;
    std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(checked?)
}

/// Arguments of `zhucan audit-pack`.
#[derive(Debug, Args)]
pub(crate) struct PackArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The region that settles
    #[arg(long)]
    region: RegionCode,
    /// The month
    #[arg(long)]
    month: Month,
    /// Only this canteen's statement
    #[arg(long)]
    canteen: Option<CanteenId>,
    /// The file to write; it must not be there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A new folder for the files that came with answers and objections, in the open and named by their digests; they may
    /// show elders' names
    #[arg(long, value_name = "DIR")]
    attachments: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Why a file or folder could not be made; what is there is left as it is.
fn not_new(path: &Path, error: std::io::Error) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return anyhow::anyhow!(server::words::backup::exists(&path.display().to_string()));
    }
    anyhow::Error::new(error).context(path.display().to_string())
}

/// Writes a month's statements with everything they are made of into one file.
pub(crate) async fn pack(args: PackArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let server = args.office.open(false, "", clock, entropy).await?;
    let office = server.office();
    if let Some(folder) = &args.attachments {
        std::fs::create_dir(folder).map_err(|error| not_new(folder, error))?;
    }
    let file = std::fs::File::create_new(&args.out).map_err(|error| not_new(&args.out, error))?;
    let out = BufWriter::with_capacity(1 << 20, file);
    let progress = |done: usize, of: usize| shown(&format!("{done}/{of}"));
    let month = (&args.region, args.month, args.canteen);
    let mut packed = server::pack::write(&office.store, month, office.now(), out, &progress).await;
    let mut files = None;
    if let (Some(folder), Ok(_)) = (&args.attachments, &packed) {
        match server::pack::files(office, month, folder).await {
            Ok(count) => files = Some(count),
            Err(error) => packed = Err(error),
        }
    }
    office.store.close().await;
    shown("");
    let packed = match packed {
        Ok(packed) => packed,
        Err(error) => {
            // What is not whole must not be taken for a pack.
            std::fs::remove_file(&args.out)?;
            return Err(error.into());
        }
    };
    if args.json {
        let mut said = serde_json::to_value(&packed)?;
        said["attachments"] = json!(files);
        println!("{said}");
    } else {
        println!("已写入 {}：结算单 {} 张，记录 {} 条", args.out.display(), packed.statements, packed.records);
        println!("封存摘要 {}", packed.digest);
        let beside = args.attachments.as_ref().map(|folder| format!(" --attachments {}", folder.display()));
        if let Some(files) = files {
            println!("附件 {files} 个，以摘要为名，可能含老人姓名，请与审计包一起妥善交付");
        }
        println!("在任何一台电脑上核验：zhucan verify --pack {}{}", args.out.display(), beside.unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Arguments of `zhucan statement`.
#[derive(Debug, Args)]
pub(crate) struct StatementArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The region that settles
    #[arg(long)]
    region: RegionCode,
    /// The month
    #[arg(long)]
    month: Month,
    /// The folder for the papers; it is made
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where people reach the server, for the QR codes
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8780", env = "ZHUCAN_PUBLIC_URL")]
    public_url: String,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Writes all papers of a month: statements, the region's summary, the disclosure lists.
pub(crate) async fn statement(
    args: StatementArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let server = args.office.open(false, &args.public_url, clock, entropy).await?;
    let office = server.office();
    let count = zhucan::papers::write(office, &args.region, args.month, &args.out, &shown).await;
    office.store.close().await;
    shown("");
    let count = count?;
    if args.json {
        println!("{}", json!({ "out": args.out, "papers": count }));
    } else {
        println!("已写入 {}：{count} 份", args.out.display());
    }
    Ok(ExitCode::SUCCESS)
}
