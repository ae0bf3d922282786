//! `zhucan terminal doctor`: is everything there that a lunch needs? Looks, and changes nothing; a till that is serving is
//! not disturbed.

mod keys;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{Clock, UnixMs};
use receipts::slip::TestSlip;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::devices::{CodeSource, id_card};
use crate::disk::LEAST_FREE;
use crate::transport::HttpTransport;
use crate::words::ZH;
use crate::{Condition, Config, DirLock, Halt, LockError, PrinterConfig, outbox, place};

pub use domain::health::{Check, State};
pub use keys::{Heard, Keys};

/// What the test slip's code says: the shape of a card's number, and no card's.
pub const TEST_CODE: &str = "910000000000000000000000";
/// A clock that is farther off than this shifts meal windows.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

/// What the doctor is asked to do besides looking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Print a test slip.
    pub print: bool,
}

/// Looks at everything but the keys of a keyboard-like scanner: see [`Keys`].
pub async fn examine(config: &Config, asked: Asked, clock: Arc<dyn Clock>) -> Vec<Check> {
    let mut checks = vec![data(config), running(config).await, printer(config, asked, clock.wall()).await];
    checks.extend(readers(config));
    let (server, office_time) = server(config).await;
    checks.push(time(clock.wall(), office_time));
    checks.push(disk(config));
    checks.push(font(receipts::Fonts::embedded()));
    checks.push(queue(&config.data_dir, clock.wall()).await);
    checks.push(server);
    checks
}

fn data(config: &Config) -> Check {
    let of = |state, text: String| Check::new("data", ZH.d_data, state, text);
    match place::is_enrolled(&config.data_dir) {
        Ok(true) => of(State::Ok, ZH.d_enrolled.to_owned()),
        Ok(false) => of(State::Fail, ZH.d_not_enrolled.to_owned()),
        Err(error) => of(State::Fail, error.to_string()),
    }
}

/// Whether the till's program runs: it holds the data directory and answers on its port.
async fn running(config: &Config) -> Check {
    let of = |state, text: &str| Check::new("running", ZH.d_running, state, text);
    let answers = tokio::time::timeout(Duration::from_secs(2), healthz(config)).await;
    if matches!(answers, Ok(Ok(true))) {
        return of(State::Ok, ZH.d_is_running);
    }
    match config.data_dir.exists().then(|| DirLock::take(&config.data_dir)) {
        Some(Err(LockError::InUse(_))) => of(State::Warn, ZH.d_is_running),
        _ => of(State::Warn, ZH.d_not_running),
    }
}

async fn healthz(config: &Config) -> std::io::Result<bool> {
    let mut line = tokio::net::TcpStream::connect(config.listen).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", config.listen);
    line.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

async fn printer(config: &Config, asked: Asked, now: UnixMs) -> Check {
    let of = |state, text: String| Check::new("printer", ZH.d_printer, state, text);
    if config.printer == PrinterConfig::None {
        return of(State::Skipped, ZH.d_no_printer.to_owned());
    }
    let (printer, paper) = (config.printer.clone(), config.paper);
    let at = crate::slip::date_time(now);
    let done = tokio::task::spawn_blocking(move || {
        if !asked.print {
            return printer.reach().map_err(Halt::Failed);
        }
        let fonts = receipts::Fonts::embedded().map_err(other)?;
        let slip = TestSlip { at, code: TEST_CODE.to_owned() };
        printer.print_now("test", &slip.to_escpos(paper, &fonts).map_err(other)?)
    });
    let good = if asked.print { ZH.d_printed } else { ZH.d_printer_ok };
    match done.await.unwrap_or_else(|error| Err(other(error))) {
        Ok(None) => of(State::Ok, good.to_owned()),
        Ok(Some(condition)) | Err(Halt::Said(condition)) => condition_of(of, condition, good),
        Err(Halt::Failed(error)) => of(State::Fail, ZH.fill(ZH.d_printer_fails, &[("detail", &error.to_string())])),
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Halt {
    Halt::Failed(std::io::Error::other(error))
}

fn condition_of(of: impl Fn(State, String) -> Check, condition: Condition, good: &str) -> Check {
    let (state, text) = match condition {
        Condition::Ready => (State::Ok, ZH.d_printer_ready),
        Condition::PaperLow => (State::Warn, ZH.d_printer_low),
        Condition::PaperOut => return of(State::Fail, ZH.d_printer_paper.to_owned()),
        Condition::CoverOpen => return of(State::Fail, ZH.d_printer_cover.to_owned()),
        Condition::Failing => return of(State::Fail, ZH.d_printer_failing.to_owned()),
    };
    of(state, format!("{good}{}{text}", ZH.stop))
}

/// Scanners and readers on lines of their own. A line that the running till holds opens a second time; its reader is
/// then not asked anything, so that no scan is taken away from the till.
fn readers(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    // Taking the lock would make the folder.
    let busy = config.data_dir.exists() && matches!(DirLock::take(&config.data_dir), Err(LockError::InUse(_)));
    for source in &config.readers {
        let (line, name, title) = match source {
            CodeSource::Scanner(line) => (line, "scanner", ZH.d_scanner),
            CodeSource::IdCard(line) => (line, "reader", ZH.d_reader),
        };
        let path = line.path.display().to_string();
        let asked = match source {
            CodeSource::IdCard(line) if !busy => id_card::probe(line),
            _ => line.open().map(drop),
        };
        let good = if matches!(source, CodeSource::IdCard(_)) && !busy { ZH.d_reader_ok } else { ZH.d_line_ok };
        checks.push(match asked {
            Ok(()) => Check::new(name, title, State::Ok, ZH.fill(good, &[("path", &path)])),
            Err(error) => {
                let values = [("path", path.as_str()), ("detail", &error.to_string())];
                Check::new(name, title, State::Fail, ZH.fill(ZH.d_line_fails, &values))
            }
        });
    }
    if !checks.iter().any(|check| check.name == "scanner") {
        checks.push(Check::new("scanner", ZH.d_scanner, State::Skipped, ZH.d_scanner_page));
    }
    if !checks.iter().any(|check| check.name == "reader") {
        checks.push(Check::new("reader", ZH.d_reader, State::Skipped, ZH.d_no_reader));
    }
    checks
}

fn time(now: UnixMs, office: Option<UnixMs>) -> Check {
    let of = |state, text: String| Check::new("clock", ZH.d_clock, state, text);
    let Some(office) = office else {
        let time = format!("{} {}", now.local_date(), now.local_clock());
        return of(State::Warn, ZH.fill(ZH.d_clock_unknown, &[("time", &time)]));
    };
    let off = (now.get() - office.get()).abs();
    let (state, text) =
        if off > CLOCK_TOLERANCE_MS { (State::Warn, ZH.d_clock_off) } else { (State::Ok, ZH.d_clock_ok) };
    of(state, ZH.fill(text, &[("seconds", &(off / 1000).to_string())]))
}

fn disk(config: &Config) -> Check {
    let of = |state, text: String| Check::new("disk", ZH.d_disk, state, text);
    let dir = config.data_dir.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("/"));
    match config.disk.free(dir) {
        Ok(LEAST_FREE..) if !crate::disk::is_writable(dir) => {
            of(State::Fail, ZH.fill(ZH.d_disk_read_only, &[("path", &dir.display().to_string())]))
        }
        Ok(free) => {
            let (state, text) =
                if free < LEAST_FREE { (State::Fail, ZH.d_disk_low) } else { (State::Ok, ZH.d_disk_free) };
            of(state, ZH.fill(text, &[("free", &(free / 1024 / 1024).to_string())]))
        }
        Err(error) => of(State::Fail, error.to_string()),
    }
}

fn font(found: Result<receipts::Fonts, receipts::PrintError>) -> Check {
    match found {
        Ok(_) => Check::new("font", ZH.d_font, State::Ok, ZH.d_font_ok),
        Err(error) => {
            let text = ZH.fill(ZH.d_font_fails, &[("detail", &error.to_string())]);
            Check::new("font", ZH.d_font, State::Fail, text)
        }
    }
}

async fn queue(data_dir: &Path, now: UnixMs) -> Check {
    let of = |state, text: String| Check::new("unsent", ZH.d_queue, state, text);
    if !data_dir.join(crate::DATABASE_FILE).exists() {
        return of(State::Skipped, ZH.d_queue_none.to_owned());
    }
    match outbox::peek(data_dir).await {
        Ok(unsent) if unsent.count == 0 => of(State::Ok, ZH.d_queue_none.to_owned()),
        Ok(unsent) => {
            let age = unsent.oldest.map_or(0, |oldest| (now.get() - oldest.get()).max(0) / 60_000);
            let values = [("count", &*unsent.count.to_string()), ("age", &*age.to_string())];
            of(State::Warn, ZH.fill(ZH.d_queue_some, &values))
        }
        Err(error) => of(State::Fail, ZH.fill(ZH.d_queue_fails, &[("detail", &error.to_string())])),
    }
}

/// Whether the office is reached, and its time.
async fn server(config: &Config) -> (Check, Option<UnixMs>) {
    let of = |state, text: String| Check::new("server", ZH.d_server, state, text);
    if config.server_url.is_empty() {
        return (of(State::Skipped, ZH.d_no_server.to_owned()), None);
    }
    let fails = |detail: String| of(State::Warn, ZH.fill(ZH.d_server_fails, &[("detail", &detail)]));
    let timeout = config.request_timeout.min(Duration::from_secs(5));
    let transport = match HttpTransport::new(&config.server_url, timeout, config.allow_plain_http) {
        Ok(transport) => transport,
        Err(error) => return (of(State::Fail, error.to_string()), None),
    };
    match transport.reach().await {
        Ok((200, time)) => (of(State::Ok, ZH.d_server_ok.to_owned()), time),
        Ok((status, time)) => (fails(format!("HTTP {status}")), time),
        Err(error) => (fails(error.to_string()), None),
    }
}

/// What [`Keys`] heard, as a check.
#[must_use]
pub fn heard(heard: Option<&Heard>) -> Check {
    let of = |state, text: String| Check::new("scanner", ZH.d_scanner, state, text);
    let Some(heard) = heard else { return of(State::Fail, ZH.d_scanner_nothing.to_owned()) };
    let values = [("count", &*heard.text.chars().count().to_string()), ("gap", &*heard.widest_ms.to_string())];
    if heard.enter {
        of(State::Ok, ZH.fill(ZH.d_scanner_ok, &values))
    } else {
        of(State::Warn, ZH.fill(ZH.d_scanner_no_enter, &values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_that_cannot_be_read_is_told_with_what_is_printed_instead() {
        assert_eq!(font(receipts::Fonts::embedded()).state, State::Ok);
        let broken = receipts::Fonts::embedded().and_then(|fonts| fonts.with_second(b"no font".to_vec()));
        let told = font(broken);
        assert_eq!((told.name, told.state), ("font", State::Fail));
        assert!(told.text.chars().count() > 8, "{}", told.text);
    }
}
