//! The canteen's commands: `terminal enrol`, `terminal run`, `terminal export`, `terminal leave`, `terminal doctor`.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::calendar::Clock;
use domain::id::Entropy;
use receipts::slip::Paper;
use terminal::devices::CodeSource;
use terminal::doctor;
use terminal::{PrinterConfig, Terminal};
use tokio::net::TcpListener;

use zhucan::place;

/// Arguments of `zhucan terminal`.
#[derive(Debug, Args)]
pub(crate) struct TerminalArgs {
    #[command(subcommand)]
    command: TerminalCommand,
}

#[derive(Debug, Subcommand)]
enum TerminalCommand {
    /// Register this computer with a one-time code from the office
    Enrol {
        #[command(flatten)]
        place: PlaceArgs,
        /// The code
        #[arg(long)]
        code: String,
    },
    /// Write the records that this computer holds to a file, unsent ones first, for the office to take in by hand
    /// (`zhucan take-in`); nothing is changed here
    Export {
        /// The data folder
        #[arg(long, value_name = "DIR", default_value = "data", env = "ZHUCAN_DATA")]
        data: PathBuf,
        /// The file to write; it must not be there
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Only what the office has not answered for
        #[arg(long)]
        unsent: bool,
        /// Print the outcome as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take this computer out of service; refused while a record is unsent or a shift open
    Leave {
        /// The data folder
        #[arg(long, value_name = "DIR", default_value = "data", env = "ZHUCAN_DATA")]
        data: PathBuf,
    },
    /// Serve the cashier's page on this computer
    Run {
        #[command(flatten)]
        place: PlaceArgs,
        /// The page's port on 127.0.0.1
        #[arg(long, default_value_t = 8788, env = "ZHUCAN_PORT")]
        port: u16,
        #[command(flatten)]
        devices: DeviceArgs,
    },
    /// Look at printer, scanner, reader, clock, disk, font, unsent records and the office
    Doctor {
        #[command(flatten)]
        place: PlaceArgs,
        /// The page's port on 127.0.0.1
        #[arg(long, default_value_t = 8788, env = "ZHUCAN_PORT")]
        port: u16,
        #[command(flatten)]
        devices: DeviceArgs,
        /// Print a test slip with a code to try the scanner on
        #[arg(long)]
        print: bool,
        /// Show the raw keys of one scan into this terminal
        #[arg(long)]
        scan: bool,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct DeviceArgs {
    /// Where slips go: none, spool:DIR, device:/dev/usb/lp0, serial:/dev/ttyS0@9600 or tcp:HOST:9100
    #[arg(long, default_value = "none", env = "ZHUCAN_PRINTER")]
    printer: PrinterConfig,
    /// Paper of 80 mm in place of 58 mm
    #[arg(long, env = "ZHUCAN_WIDE")]
    wide: bool,
    /// A cash drawer hangs on the printer: open it when cash moves
    #[arg(long, env = "ZHUCAN_DRAWER")]
    drawer: bool,
    /// A reader with a line of its own: scanner:/dev/ttyUSB0@9600 or id-card:/dev/ttyUSB1; may be given again
    #[arg(long, value_name = "DEVICE", env = "ZHUCAN_READERS", value_delimiter = ',')]
    reader: Vec<CodeSource>,
}

impl DeviceArgs {
    fn set(self, config: &mut terminal::Config) {
        config.printer = self.printer;
        config.paper = if self.wide { Paper::Mm80 } else { Paper::Mm58 };
        config.drawer = self.drawer;
        config.readers = self.reader;
    }
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "data", env = "ZHUCAN_DATA")]
    data: PathBuf,
    /// The office's address; what the first run was told if not given
    #[arg(long, value_name = "URL", env = "ZHUCAN_SERVER")]
    server: Option<String>,
    /// Allow an office without TLS that is not on this computer
    #[arg(long, env = "ZHUCAN_PLAIN_HTTP")]
    plain_http: bool,
}

impl PlaceArgs {
    fn config(self) -> terminal::Config {
        let folder = place::terminal(&self.data);
        let server = self.server.or_else(|| terminal::kept_office(&folder)).unwrap_or_default();
        let mut config = terminal::Config::new(folder, server);
        config.allow_plain_http = self.plain_http;
        config
    }
}

/// What whoever stands at the new terminal has to do next.
fn enrolled(enrolment: &terminal::Enrolment) -> String {
    let fingerprint = &enrolment.fingerprint;
    if enrolment.confirmed {
        return format!("已登记，办公室已确认。指纹：{fingerprint}\n下一步：运行 zhucan terminal run");
    }
    format!(
        "已登记，还要办公室确认。指纹：{fingerprint}\n\
         下一步：打电话给办公室，请管理员逐组核对指纹后确认本机；可先运行 zhucan terminal run，确认后自动开始工作。\n\
         没有收到这条消息或断了网，用同一个登记码再运行一次即可。"
    )
}

/// Writes the records to a new file that only its owner may read; a file that is not whole is taken away.
async fn export(folder: &Path, out: &Path, unsent: bool, json: bool, clock: &dyn Clock) -> anyhow::Result<()> {
    let mut file = BufWriter::new(crate::out::new_file(out)?);
    let done = terminal::export(folder, unsent, clock.wall(), &mut file).await;
    let synced = file.get_ref().sync_all();
    let exported = match (done, synced) {
        (Ok(exported), Ok(())) => exported,
        (done, synced) => {
            std::fs::remove_file(out)?;
            done?;
            return Err(synced.map_or_else(Into::into, |()| anyhow::anyhow!("{}", out.display())));
        }
    };
    if json {
        println!("{}", serde_json::to_string(&exported)?);
    } else {
        println!("已写入 {}：记录 {} 条，其中未上传 {} 条", out.display(), exported.records, exported.unsent);
        println!("下一步：把文件带到办公室，在办公端电脑上运行 zhucan take-in 文件名");
    }
    Ok(())
}

/// Runs the command.
pub(crate) async fn run(
    args: TerminalArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    match args.command {
        TerminalCommand::Enrol { place, code } => {
            let config = place.config();
            let enrolment = terminal::enrol(&config, &code, clock, entropy).await?;
            terminal::keep_office(&config.data_dir, &config.server_url)?;
            println!("{}", enrolled(&enrolment));
        }
        TerminalCommand::Export { data, out, unsent, json } => {
            export(&place::terminal(&data), &out, unsent, json, &*clock).await?;
        }
        TerminalCommand::Leave { data } => {
            let config = terminal::Config::new(place::terminal(&data), "");
            let retired = terminal::retire(&config, clock, entropy).await?;
            println!("已注销，本机密钥已销毁。账本另存：{}", retired.journal.display());
            println!("下一步：请办公室停用终端 {}；账本在结算单批准后再保留 90 天。", retired.terminal);
        }
        TerminalCommand::Doctor { place, port, devices, print, scan, json } => {
            let mut config = place.config();
            devices.set(&mut config);
            config.listen.set_port(port);
            let mut checks = doctor::examine(&config, doctor::Asked { print }, Arc::clone(&clock)).await;
            if scan {
                eprintln!("请扫一次（15 秒内）…");
                let heard = tokio::task::spawn_blocking(move || doctor::Keys::listen(&clock)).await??;
                checks.retain(|check| check.name != "scanner");
                checks.push(doctor::heard(heard.as_ref()));
            }
            return crate::out::report(&checks, json);
        }
        TerminalCommand::Run { place, port, devices } => {
            let mut config = place.config();
            devices.set(&mut config);
            let mut listener =
                TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("127.0.0.1:{port}"))?;
            let address = listener.local_addr()?;
            if !terminal::is_enrolled(&config.data_dir)? {
                println!("本机还没有登记，请在浏览器打开：http://{address}");
                let (first, again) = (Arc::clone(&clock), Arc::clone(&entropy));
                let enrolled = terminal::enrol_in_browser(config, first, again, listener, crate::stopped()).await?;
                let Some(enrolled) = enrolled else { return Ok(ExitCode::SUCCESS) };
                config = enrolled;
                listener = TcpListener::bind(address).await.with_context(|| address.to_string())?;
            }
            let (terminal, stopped) = (Terminal::open(config, clock, entropy).await?, crate::stopped());
            println!("收银页面：http://{address}");
            terminal.serve(listener, stopped).await?;
            terminal.close().await;
        }
    }
    Ok(ExitCode::SUCCESS)
}
