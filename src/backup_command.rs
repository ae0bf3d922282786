//! `zhucan backup` and `zhucan restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use domain::calendar::Clock;
use domain::id::Entropy;
use serde_json::json;
use server::backup::{self, Keep, Progress, Restored, Step};
use server::seal::Keys;
use server::store::backups::{self, BackupNote};
use server::store::{Schema, meta};
use server::verify::{VerifyReport, verify};
use server::{Database, Server, Store};

use crate::office_command::{OfficeArgs, shown};
use crate::secret::PassphraseArgs;
use zhucan::place;
use zhucan::progress::Bars;

/// Arguments of `zhucan backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The folder for the backup, best on another machine or disk; the file is named by the instant
    #[arg(long, value_name = "DIR", env = "ZHUCAN_BACKUP_TO")]
    to: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Then keep, of this office's backups in the folder, the newest of each of the last N days
    #[arg(long, value_name = "N", default_value_t = 0, env = "ZHUCAN_BACKUP_KEEP_DAILY")]
    keep_daily: usize,
    /// And the newest of each of the last N months. Without both nothing is removed
    #[arg(long, value_name = "N", default_value_t = 0, env = "ZHUCAN_BACKUP_KEEP_MONTHLY")]
    keep_monthly: usize,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Writes the whole office into one sealed file, reads it back, and removes what is not kept. The office may run.
pub(crate) async fn backup(
    args: BackupArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let database = args.office.database()?;
    args.office.require_office()?;
    if let Database::Sqlite(file) = &database {
        anyhow::ensure!(file.exists(), "{} 里没有助餐的数据", args.office.data().display());
    }
    let keys = Keys::load(&place::office_keys(args.office.data()))?;
    let passphrase = args.passphrase.read(true)?;
    std::fs::create_dir_all(&args.to).with_context(|| args.to.display().to_string())?;
    let began = clock.monotonic_ms();
    let (at, keep) = (clock.wall(), Keep { daily: args.keep_daily, monthly: args.keep_monthly });
    let file = args.to.join(backup::file_name(at));
    let store = Store::connect(&database, false).await?;
    let written = backup::write(&store, &keys, passphrase, &file, at, entropy, progress(Arc::clone(&clock))).await;
    if let Ok(written) = &written {
        let note = BackupNote {
            what: "backup".to_owned(),
            made_at: written.made_at,
            digest: written.digest,
            of_rows: i64::try_from(written.rows())?,
            bytes: Some(i64::try_from(written.bytes)?),
            took_ms: clock.monotonic_ms() - began,
            breaks: 0,
            file: named(&file),
            noted_at: clock.wall(),
        };
        note_down(&store, note).await;
    }
    store.close().await;
    let written = written?;
    let removed = backup::sweep(&args.to, &written.office, &file, keep)?;
    if args.json {
        println!("{}", json!({ "backup": written, "removed": removed }));
    } else {
        println!("已备份到 {}：{} 行，{} 字节，已读回核对", file.display(), written.rows(), written.bytes);
        println!("全部行的摘要 {}", written.digest);
        if !removed.is_empty() {
            println!("按保留规则删去 {} 份旧备份：{}", removed.len(), removed.join("、"));
        }
        println!("演练恢复：zhucan restore --drill {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn named(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Notes at the office what became of a backup. The backup is good whether or not it could be noted.
async fn note_down(store: &Store, note: BackupNote) {
    let noted = match store.schema().await {
        Ok(Schema::Current) => store.write(move |tx| Box::pin(async move { backups::note(tx, &note).await })).await,
        Ok(_) => return,
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        eprintln!("备份一页上没有记下这一次：{error}");
    }
}

/// Notes a drill at the office that the backup is of, where its data is at hand.
async fn note_drill(office: &OfficeArgs, note: BackupNote, of: &str) -> anyhow::Result<()> {
    let database = office.database()?;
    if let Database::Sqlite(file) = &database
        && !file.exists()
    {
        return Ok(());
    }
    let Ok(store) = Store::connect(&database, false).await else { return Ok(()) };
    let epoch = store.read(|tx| Box::pin(async move { meta::get(tx, "server_epoch").await })).await;
    if epoch.is_ok_and(|epoch| epoch.as_deref() == Some(of)) {
        note_down(&store, note).await;
    }
    store.close().await;
    Ok(())
}

/// Arguments of `zhucan restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Restore into a place that is thrown away and verify everything; the office is told the result and stays as it is
    #[arg(long)]
    drill: bool,
    /// With --drill: an empty database to try it on, in place of a file that is thrown away; its rows stay
    #[arg(long, value_name = "URL", requires = "drill")]
    onto: Option<String>,
    /// With --drill: where the place is made that is thrown away [default: the system's folder for such]
    #[arg(long, value_name = "DIR", requires = "drill")]
    scratch: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Sets up an office from a backup in an empty place, or tries it.
pub(crate) async fn restore(
    args: RestoreArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    // Before anybody is asked for a passphrase: is it one at all?
    backup::head(&args.file).with_context(|| args.file.display().to_string())?;
    if args.drill { drill(args, clock, entropy).await } else { in_earnest(args, clock, entropy).await }
}

/// A folder that is gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(path: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        // What is unsealed here is nobody else's.
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} 没有删掉：{error}", self.0.display());
        }
    }
}

async fn in_earnest(args: RestoreArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let data = args.office.data();
    let _held = args.office.hold()?;
    let (keys_file, file) = (place::office_keys(data), place::office_database(data));
    for taken in [&keys_file, &file] {
        anyhow::ensure!(!taken.exists(), "{} 已经存在；恢复只写入空目录，请用 --data 指一个新目录", taken.display());
    }
    let passphrase = args.passphrase.read(false)?;
    // What an interrupted run left is nothing that anybody uses.
    let folder = place::office(data).join("restoring");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let scratch = Scratch::new(folder)?;
    let staged = scratch.0.join("office.db");
    let database = match args.office.database()? {
        Database::Sqlite(_) => Database::Sqlite(staged.clone()),
        elsewhere @ Database::Postgres(_) => elsewhere,
    };
    let now = clock.wall();
    let (restored, keys) = backup::restore(&args.file, passphrase, &database, now, entropy, progress(clock)).await?;
    let staged_keys = scratch.0.join("office.key");
    keys.save(&staged_keys)?;
    // The key file comes last: without it no office is opened.
    for (from, to) in
        [(with_ending(&staged, "-wal"), with_ending(&file, "-wal")), (staged, file), (staged_keys, keys_file)]
    {
        if from.exists() {
            std::fs::rename(&from, &to).with_context(|| to.display().to_string())?;
        }
    }
    std::fs::File::open(place::office(data))?.sync_all()?;
    told(&restored, &args)?;
    Ok(ExitCode::SUCCESS)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

fn told(restored: &Restored, args: &RestoreArgs) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string(&json!({ "restored": restored }))?);
        return Ok(());
    }
    let at = restored.made_at;
    println!("已恢复到 {} {} 的状态：{} 行，逐行读回，与备份相同", at.local_date(), at.local_clock(), restored.rows());
    println!("全部行的摘要 {}", restored.digest);
    let data = args.office.data().display();
    println!("接下来：");
    println!("1. 核对：zhucan verify --data {data}");
    println!("2. 启动：zhucan serve --data {data}（用 PostgreSQL 的两条命令都加 --database）");
    println!("3. 终端会自动补传备份以后的就餐记录；看 zhucan doctor，等各终端都有联系");
    println!("4. 备份以后在办公室办的事（登记、发卡、审批、改口令）已经没有了，请照纸质材料重办；所有人要重新登录");
    println!("5. 各终端见证的审计链首会与本库不符，属恢复所致：把本次恢复的缘由写入档案");
    println!("6. 马上再做一次备份：zhucan backup --data {data} --to 备份目录");
    Ok(())
}

async fn drill(args: RestoreArgs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<ExitCode> {
    let passphrase = args.passphrase.read(false)?;
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let under = args.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = Scratch::new(under.join(format!("zhucan-drill-{}", hex::encode(random))))?;
    let database = match &args.onto {
        Some(url) => url.parse()?,
        None => Database::Sqlite(scratch.0.join("office.db")),
    };
    let (now, began) = (clock.wall(), clock.monotonic_ms());
    let watched = progress(Arc::clone(&clock));
    let (restored, keys) =
        backup::restore(&args.file, passphrase, &database, now, Arc::clone(&entropy), watched).await?;
    let key_file = scratch.0.join("office.key");
    keys.save(&key_file)?;
    let config = server::Config { database, keys: key_file, create: false, public_url: String::new() };
    let server = Server::open(&config, Arc::clone(&clock), entropy).await?;
    let office = server.office();
    let report = verify(&office.store, &office.book(), &shown).await;
    office.store.close().await;
    shown("");
    let (report, took_ms) = (report?, clock.monotonic_ms() - began);
    let note = BackupNote {
        what: "drill".to_owned(),
        made_at: restored.made_at,
        digest: restored.digest,
        of_rows: i64::try_from(restored.rows())?,
        bytes: None,
        took_ms,
        breaks: i64::try_from(report.breaks.len())?,
        file: named(&args.file),
        noted_at: clock.wall(),
    };
    note_drill(&args.office, note, &restored.before).await?;
    drilled(&restored, &report, took_ms, args.json)
}

/// Says how the drill went. Exit code 1 when something does not hold.
fn drilled(restored: &Restored, report: &VerifyReport, took_ms: i64, as_json: bool) -> anyhow::Result<ExitCode> {
    let good = report.breaks.is_empty();
    if as_json {
        let breaks: Vec<_> = report.breaks.iter().map(|b| json!({ "place": b.place, "what": b.what })).collect();
        let found = json!({
            "ok": good,
            "restored": restored,
            "took_ms": took_ms,
            "records": report.records,
            "closes": report.closes,
            "statements": report.statements,
            "audit": report.audit,
            "breaks": breaks,
        });
        println!("{}", serde_json::to_string(&found)?);
    } else {
        for broken in &report.breaks {
            println!("✗ {broken}");
        }
        let (at, seconds) = (restored.made_at, took_ms / 1000);
        println!(
            "备份做于 {} {}，{} 行，恢复并核对用了 {seconds} 秒",
            at.local_date(),
            at.local_clock(),
            restored.rows()
        );
        println!(
            "已核对记录 {} 条、日清 {} 次、结算单 {} 张、审计日志 {} 条；不符 {} 处",
            report.records,
            report.closes,
            report.statements,
            report.audit,
            report.breaks.len()
        );
        println!(
            "{}",
            if good {
                "演练通过：这份备份和口令可以恢复出整个办公端"
            } else {
                "演练没有通过：不要删去别的备份"
            }
        );
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One bar a step and table.
fn progress(clock: Arc<dyn Clock>) -> Progress {
    let bars = Bars::new(clock);
    Arc::new(move |step, table, done, of| {
        let step = match step {
            Step::Write => "备份",
            Step::Check => "读回",
            Step::Restore => "恢复",
            Step::Compare => "比对",
        };
        bars.show(&format!("{step} {table}"), done, of);
    })
}
