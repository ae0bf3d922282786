//! The slip printer. It works behind the sale, in a task of its own: a sale stands before its slip is tried, and a
//! printer in trouble is shown and never waited for.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::RecordId;
use tokio::sync::mpsc;

use crate::devices::Line;

/// A printer that takes longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many slips may wait.
const QUEUE: usize = 256;
/// So many slips are remembered for the screen.
const REMEMBERED: usize = 500;

/// Where slips go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PrinterConfig {
    /// Nowhere.
    #[default]
    None,
    /// A file a slip in this directory.
    Spool(PathBuf),
    /// A device such as `/dev/usb/lp0`.
    Device(PathBuf),
    /// A network printer, `HOST:9100`.
    Tcp(String),
    /// A printer on a serial line.
    Serial(Line),
}

/// A text that names no printer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a printer: {0:?}; expected none, spool:DIR, device:PATH, serial:PATH[@BAUD] or tcp:HOST:PORT")]
pub struct PrinterConfigError(String);

impl FromStr for PrinterConfig {
    type Err = PrinterConfigError;
    fn from_str(text: &str) -> Result<Self, PrinterConfigError> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("spool", dir)) if !dir.is_empty() => Ok(Self::Spool(dir.into())),
            Some(("device", path)) if !path.is_empty() => Ok(Self::Device(path.into())),
            Some(("serial", line)) => Line::parse(line, 9_600)
                .map(Self::Serial)
                .ok_or_else(|| PrinterConfigError(text.chars().take(80).collect())),
            Some(("tcp", address)) if address.contains(':') => Ok(Self::Tcp(address.to_owned())),
            _ => Err(PrinterConfigError(text.chars().take(80).collect())),
        }
    }
}

/// Something that takes a slip's bytes. May block.
pub trait Printer: Send {
    /// Prints one slip; `name` is unique and may become a file's name.
    fn print(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()>;
}

struct Spool(PathBuf);

impl Printer for Spool {
    fn print(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let fresh = self.0.join(format!(".{name}.part"));
        std::fs::write(&fresh, bytes)?;
        std::fs::rename(fresh, self.0.join(format!("{name}.bin")))
    }
}

struct Device(PathBuf);

impl Printer for Device {
    fn print(&mut self, _: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut device = std::fs::OpenOptions::new().write(true).open(&self.0)?;
        device.write_all(bytes)?;
        device.flush()
    }
}

struct Tcp(String);

impl Printer for Tcp {
    fn print(&mut self, _: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut last = Error::new(ErrorKind::NotFound, "no address");
        for address in self.0.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE / 2) {
                Ok(mut stream) => {
                    stream.set_write_timeout(Some(PATIENCE / 2))?;
                    stream.write_all(bytes)?;
                    return stream.flush();
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

struct Serial(Line);

impl Printer for Serial {
    fn print(&mut self, _: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut line = self.0.open()?;
        line.write_all(bytes)?;
        line.flush()
    }
}

impl PrinterConfig {
    /// Whether the printer is there; nothing is printed.
    pub fn reach(&self) -> std::io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Spool(dir) => std::fs::create_dir_all(dir),
            Self::Device(path) => std::fs::OpenOptions::new().write(true).open(path).map(drop),
            Self::Serial(line) => line.open().map(drop),
            Self::Tcp(address) => {
                let mut last = Error::new(ErrorKind::NotFound, "no address");
                for address in address.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, PATIENCE / 2) {
                        Ok(_) => return Ok(()),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    /// Prints bytes now, past every queue: for the doctor.
    pub fn print_now(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        self.printer().map_or(Ok(()), |mut printer| printer.print(name, bytes))
    }

    fn printer(&self) -> Option<Box<dyn Printer>> {
        match self {
            Self::None => None,
            Self::Spool(dir) => Some(Box::new(Spool(dir.clone()))),
            Self::Device(path) => Some(Box::new(Device(path.clone()))),
            Self::Tcp(address) => Some(Box::new(Tcp(address.clone()))),
            Self::Serial(line) => Some(Box::new(Serial(line.clone()))),
        }
    }
}

/// What became of a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Printed {
    /// No printer, or printed before the program last started.
    None,
    /// It waits.
    Waiting,
    /// On paper, as far as can be known.
    Yes,
    /// The printer failed.
    No,
}

/// How the printer is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PrinterState {
    /// `none`, `ok` or `trouble`.
    pub(crate) state: &'static str,
    /// What the system says of the trouble.
    pub(crate) detail: Option<String>,
}

/// A slip to print.
pub(crate) struct Job {
    pub(crate) record: RecordId,
    pub(crate) reprint: bool,
}

/// Makes the bytes of a slip.
pub(crate) type Compose =
    Box<dyn Fn(RecordId, bool) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>> + Send>;

/// The queue's other end and the printer behind it.
pub(crate) type OtherEnd = (mpsc::Receiver<Job>, Box<dyn Printer>);

#[derive(Default)]
struct Shown {
    slips: VecDeque<(RecordId, Printed)>,
    trouble: Option<String>,
}

/// The slips that wait, and what became of them.
#[derive(Clone)]
pub(crate) struct PrintQueue {
    jobs: Option<mpsc::Sender<Job>>,
    shown: Arc<Mutex<Shown>>,
}

impl PrintQueue {
    /// A queue before a printer, with the other end for [`PrintQueue::work`].
    pub(crate) fn new(config: &PrinterConfig) -> (Self, Option<OtherEnd>) {
        let shown = Arc::default();
        let Some(printer) = config.printer() else { return (Self { jobs: None, shown }, None) };
        let (jobs, waiting) = mpsc::channel(QUEUE);
        (Self { jobs: Some(jobs), shown }, Some((waiting, printer)))
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, record: RecordId, printed: Printed) {
        let mut shown = self.shown();
        shown.slips.retain(|(other, _)| *other != record);
        shown.slips.push_back((record, printed));
        if shown.slips.len() > REMEMBERED {
            shown.slips.pop_front();
        }
    }

    /// Puts a slip into the queue; never waits.
    pub(crate) fn print(&self, record: RecordId, reprint: bool) {
        let Some(jobs) = &self.jobs else { return };
        self.note(record, Printed::Waiting);
        if jobs.try_send(Job { record, reprint }).is_err() {
            self.note(record, Printed::No);
            self.shown().trouble = Some(format!("{QUEUE} slips wait"));
        }
    }

    /// What became of a record's slip.
    pub(crate) fn printed(&self, record: RecordId) -> Printed {
        self.shown().slips.iter().find(|(other, _)| *other == record).map_or(Printed::None, |(_, printed)| *printed)
    }

    /// How the printer is.
    pub(crate) fn state(&self) -> PrinterState {
        let detail = self.shown().trouble.clone();
        let state = if self.jobs.is_none() {
            "none"
        } else if detail.is_some() {
            "trouble"
        } else {
            "ok"
        };
        PrinterState { state, detail }
    }

    /// The queue's memory without its sender.
    pub(crate) fn idle(&self) -> Self {
        Self { jobs: None, shown: Arc::clone(&self.shown) }
    }

    /// Prints until the queue's last sender is gone. `shown` is [`PrintQueue::idle`].
    pub(crate) async fn work(
        shown: Self,
        mut jobs: mpsc::Receiver<Job>,
        mut printer: Box<dyn Printer>,
        compose: Compose,
        changed: impl Fn() + Send,
    ) {
        let mut number = 0_u64;
        while let Some(job) = jobs.recv().await {
            number += 1;
            let result = match compose(job.record, job.reprint).await {
                Err(error) => Err(error),
                Ok(bytes) => {
                    let name = format!("{}-{number}", job.record);
                    let mut task = tokio::task::spawn_blocking(move || {
                        let result = printer.print(&name, &bytes).map_err(|error| error.to_string());
                        (printer, result)
                    });
                    let in_time = tokio::time::timeout(PATIENCE, &mut task).await;
                    if in_time.is_err() {
                        shown.shown().trouble = Some(format!("no answer for {} s", PATIENCE.as_secs()));
                        changed();
                    }
                    let done = match in_time {
                        Ok(done) => done,
                        Err(_) => task.await,
                    };
                    let Ok((back, result)) = done else { return };
                    printer = back;
                    result
                }
            };
            shown.note(job.record, if result.is_ok() { Printed::Yes } else { Printed::No });
            if let Err(error) = &result {
                tracing::warn!(%error, "a slip was not printed");
            }
            shown.shown().trouble = result.err();
            changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn record(n: u128) -> RecordId {
        RecordId::from_uuid(uuid::Uuid::from_u128(n))
    }

    async fn run(config: &PrinterConfig, records: &[RecordId]) -> PrintQueue {
        let (queue, end) = PrintQueue::new(config);
        let (jobs, printer) = end.unwrap();
        let compose: Compose =
            Box::new(|record, reprint| Box::pin(async move { Ok(format!("{record} {reprint}").into_bytes()) }));
        let work = tokio::spawn(PrintQueue::work(queue.idle(), jobs, printer, compose, || {}));
        for record in records {
            queue.print(*record, false);
        }
        let shown = queue.idle();
        drop(queue);
        work.await.unwrap();
        shown
    }

    #[test]
    fn a_printer_is_named_in_one_line() {
        for (text, config) in [
            ("none", PrinterConfig::None),
            ("spool:out/slips", PrinterConfig::Spool("out/slips".into())),
            ("device:/dev/usb/lp0", PrinterConfig::Device("/dev/usb/lp0".into())),
            ("tcp:10.0.0.9:9100", PrinterConfig::Tcp("10.0.0.9:9100".into())),
        ] {
            assert_eq!(text.parse(), Ok(config));
        }
        for bad in ["", "spool:", "tcp:host", "lp0", "usb:1"] {
            assert!(bad.parse::<PrinterConfig>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn slips_reach_the_spool_whole_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let shown = run(&PrinterConfig::Spool(dir.path().join("slips")), &[record(1), record(2)]).await;
        assert_eq!(shown.printed(record(2)), Printed::Yes);
        let mut files: Vec<_> =
            std::fs::read_dir(dir.path().join("slips")).unwrap().map(|f| f.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, [format!("{}-1.bin", record(1)).as_str(), &format!("{}-2.bin", record(2))]);
    }

    #[tokio::test]
    async fn trouble_is_shown_and_the_next_slip_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        let device = dir.path().join("lp0");
        let config = PrinterConfig::Device(device.clone());
        let shown = run(&config, &[record(1)]).await;
        assert_eq!(shown.printed(record(1)), Printed::No);
        assert!(shown.shown().trouble.is_some());
        std::fs::write(&device, "").unwrap();
        let shown = run(&config, &[record(1)]).await;
        assert_eq!((shown.printed(record(1)), shown.shown().trouble.clone()), (Printed::Yes, None));
        assert!(std::fs::read_to_string(&device).unwrap().ends_with("false"));
    }

    #[tokio::test]
    async fn a_network_printer_gets_the_bytes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
            text
        });
        let shown = run(&PrinterConfig::Tcp(address), &[record(7)]).await;
        assert_eq!(shown.printed(record(7)), Printed::Yes);
        assert_eq!(reader.join().unwrap(), format!("{} false", record(7)));
    }
}
