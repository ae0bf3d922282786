//! The slip printer. It works behind the sale, in a task of its own: a sale stands before its slip is tried, and a
//! printer in trouble is shown and never waited for. The cash drawer that hangs on it opens when cash moves or not at all.

mod network;
mod queue;
#[cfg(test)]
mod tests;

use std::io::{Error, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

use tokio::time::Instant;

use crate::devices::Line;

use network::Network;
pub(crate) use queue::{Compose, OtherEnd, PrintQueue, Printed, PrinterState};

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

/// What a printer says of itself when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It prints.
    Ready,
    /// It prints, and its roll comes to an end.
    PaperLow,
    /// It has no paper.
    PaperOut,
    /// Its lid is open.
    CoverOpen,
    /// Its cutter or something else in it failed.
    Failing,
}

impl Condition {
    /// Whether a slip that is sent now is printed now.
    #[must_use]
    pub const fn prints(self) -> bool {
        matches!(self, Self::Ready | Self::PaperLow)
    }
}

/// Why a slip was not printed.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The printer says that it cannot. Nothing was sent: the slip can be tried again.
    #[error("the printer says: {0:?}")]
    Said(Condition),
    /// It does not take what is sent. Part of the slip may be on paper.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Something that takes a slip's bytes. May block.
pub trait Printer: Send {
    /// Prints one slip and tells how it was before it, where it says so; `name` is unique and may become a file's name.
    fn print(&mut self, name: &str, bytes: &[u8]) -> Result<Option<Condition>, Halt>;

    /// Opens the cash drawer that hangs on it, not later than that instant, and tells how it was; `name` as for a slip.
    fn open_drawer(&mut self, name: &str, _: Instant) -> std::io::Result<Option<Condition>> {
        match self.print(name, &receipts::slip::drawer_pulse()) {
            Ok(condition) => Ok(condition),
            Err(Halt::Said(condition)) => Ok(Some(condition)),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    /// How it is; nothing where it cannot be asked.
    fn ask(&mut self) -> std::io::Result<Option<Condition>> {
        Ok(None)
    }
}

struct Nowhere;

impl Printer for Nowhere {
    fn print(&mut self, _: &str, _: &[u8]) -> Result<Option<Condition>, Halt> {
        Ok(None)
    }
}

struct Spool(PathBuf);

impl Printer for Spool {
    fn print(&mut self, name: &str, bytes: &[u8]) -> Result<Option<Condition>, Halt> {
        std::fs::create_dir_all(&self.0)?;
        let fresh = self.0.join(format!(".{name}.part"));
        std::fs::write(&fresh, bytes)?;
        std::fs::rename(fresh, self.0.join(format!("{name}.bin")))?;
        Ok(None)
    }
}

struct Device(PathBuf);

impl Printer for Device {
    fn print(&mut self, _: &str, bytes: &[u8]) -> Result<Option<Condition>, Halt> {
        let mut device = std::fs::OpenOptions::new().write(true).open(&self.0)?;
        device.write_all(bytes)?;
        device.flush()?;
        Ok(None)
    }
}

struct Serial(Line);

impl Printer for Serial {
    fn print(&mut self, _: &str, bytes: &[u8]) -> Result<Option<Condition>, Halt> {
        let mut line = self.0.open()?;
        line.write_all(bytes)?;
        line.flush()?;
        Ok(None)
    }
}

impl PrinterConfig {
    /// Whether the printer is there, and how it is if it says so; nothing is printed.
    pub fn reach(&self) -> std::io::Result<Option<Condition>> {
        match self {
            Self::None => Ok(None),
            Self::Spool(dir) => std::fs::create_dir_all(dir).map(|()| None),
            Self::Device(path) => std::fs::OpenOptions::new().write(true).open(path).map(|_| None),
            Self::Serial(line) => line.open().map(|_| None),
            Self::Tcp(address) => Network::new(address).ask(),
        }
    }

    /// Prints bytes now, past every queue: for the doctor.
    pub fn print_now(&self, name: &str, bytes: &[u8]) -> Result<Option<Condition>, Halt> {
        self.printer().print(name, bytes)
    }

    fn printer(&self) -> Box<dyn Printer> {
        match self {
            Self::None => Box::new(Nowhere),
            Self::Spool(dir) => Box::new(Spool(dir.clone())),
            Self::Device(path) => Box::new(Device(path.clone())),
            Self::Tcp(address) => Box::new(Network::new(address)),
            Self::Serial(line) => Box::new(Serial(line.clone())),
        }
    }
}
