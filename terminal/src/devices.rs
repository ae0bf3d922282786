//! Scanners and readers on a line of their own: what types like a keyboard needs nothing of this.
//!
//! Each has a thread that opens its device, reads codes, and opens it again when it was pulled out. Codes go the way of
//! every scan.

pub mod id_card;
pub mod scanner;
pub mod serial;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use serial::Line;

/// Between two attempts to open a device.
const AGAIN: Duration = Duration::from_secs(2);

/// A device that gives codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeSource {
    /// A scanner that sends its codes over a serial line, each ended by CR or LF, or by a pause.
    Scanner(Line),
    /// An ID-card reader with a SAM module.
    IdCard(Line),
}

/// A text that names no such device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reader: {0:?}; expected scanner:PATH[@BAUD] or id-card:PATH[@BAUD]")]
pub struct CodeSourceError(String);

impl FromStr for CodeSource {
    type Err = CodeSourceError;

    fn from_str(text: &str) -> Result<Self, CodeSourceError> {
        let wrong = || CodeSourceError(text.chars().take(80).collect());
        let (kind, line) = text.split_once(':').ok_or_else(wrong)?;
        match kind {
            "scanner" => Line::parse(line, 9_600).map(Self::Scanner).ok_or_else(wrong),
            "id-card" => Line::parse(line, 115_200).map(Self::IdCard).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

/// How a device is, for the doctor and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Not opened yet.
    Starting,
    /// Open.
    Ready,
    /// What the system says.
    Trouble(String),
}

/// A device's thread; ends with this.
#[derive(Debug)]
pub struct Listening {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Listening {
    /// Reads the device until this is dropped. `code` gets every code, `state` every change of how it is.
    pub fn begin(
        source: CodeSource,
        mut code: impl FnMut(String) + Send + 'static,
        mut state: impl FnMut(DeviceState) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let body = move || {
            state(DeviceState::Starting);
            while !stopped.load(Ordering::Relaxed) {
                let ended = match &source {
                    CodeSource::Scanner(line) => scanner::read(line, &stopped, &mut code, &mut state),
                    CodeSource::IdCard(line) => id_card::read(line, &stopped, &mut code, &mut state),
                };
                if let Err(error) = ended {
                    tracing::warn!(%error, ?source, "a reader does not answer");
                    state(DeviceState::Trouble(error.to_string()));
                    wait(&stopped, AGAIN);
                }
            }
        };
        let thread = std::thread::Builder::new().name("reader".to_owned()).spawn(body)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It looks at the flag every few tenths of a second.
            let _ = thread.join();
        }
    }
}

/// Waits, but not beyond the end.
fn wait(stopped: &AtomicBool, time: Duration) {
    let mut left = time;
    while !stopped.load(Ordering::Relaxed) && !left.is_zero() {
        let step = left.min(serial::PATIENCE);
        std::thread::sleep(step);
        left = left.saturating_sub(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_in_one_line() {
        let line = |path: &str, baud| Line { path: path.into(), baud };
        assert_eq!("scanner:/dev/ttyUSB0".parse(), Ok(CodeSource::Scanner(line("/dev/ttyUSB0", 9_600))));
        assert_eq!("id-card:/dev/ttyS1@9600".parse(), Ok(CodeSource::IdCard(line("/dev/ttyS1", 9_600))));
        for bad in ["", "scanner:", "mouse:/dev/x", "scanner:/dev/x@fast", "id-card:/dev/x@0"] {
            assert!(bad.parse::<CodeSource>().is_err(), "{bad}");
        }
    }
}
