//! A serial line in raw mode.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::PathBuf;
use std::time::Duration;

/// A read that brings nothing ends after this time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// A serial line: a device and its speed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Such as `/dev/ttyUSB0`.
    pub path: PathBuf,
    /// Bits a second.
    pub baud: u32,
}

impl Line {
    /// `PATH` or `PATH@BAUD`.
    #[must_use]
    pub fn parse(text: &str, baud: u32) -> Option<Self> {
        let (path, baud) = match text.rsplit_once('@') {
            Some((path, speed)) => (path, speed.parse().ok().filter(|speed| *speed > 0)?),
            None => (text, baud),
        };
        (!path.is_empty()).then(|| Self { path: path.into(), baud })
    }

    /// Opens it for reading and writing: eight bits, no echo, nothing translated.
    pub fn open(&self) -> Result<File> {
        let file = open(&self.path)?;
        raw(&file, self.baud)?;
        Ok(file)
    }
}

#[cfg(unix)]
fn open(path: &std::path::Path) -> Result<File> {
    use rustix::fs::{Mode, OFlags};
    // Without NOCTTY the line would become this program's terminal, without NONBLOCK opening waits for a modem.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

#[cfg(unix)]
fn raw(file: &File, baud: u32) -> Result<()> {
    use rustix::termios::{OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr};
    if !isatty(file) {
        return Err(Error::new(ErrorKind::InvalidInput, "not a serial line"));
    }
    let mut settings = tcgetattr(file)?;
    settings.make_raw();
    settings.set_speed(baud)?;
    settings.special_codes[SpecialCodeIndex::VMIN] = 1;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(file, OptionalActions::Now, &settings)?;
    Ok(())
}

#[cfg(not(unix))]
fn open(_: &std::path::Path) -> Result<File> {
    Err(Error::new(ErrorKind::Unsupported, "serial lines are read on Unix only"))
}

#[cfg(not(unix))]
fn raw(_: &File, _: u32) -> Result<()> {
    Ok(())
}

/// What is there to read; nothing after [`PATIENCE`].
#[cfg(unix)]
pub(crate) fn read_some(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let patience = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
    let mut waited = [PollFd::new(&*file, PollFlags::IN)];
    let ready = match poll(&mut waited, Some(&patience)) {
        Err(rustix::io::Errno::INTR) => 0,
        other => other?,
    };
    if ready == 0 {
        return Ok(0);
    }
    match file.read(buffer) {
        // Something was announced and nothing is there: the line was pulled out.
        Ok(0) => Err(Error::new(ErrorKind::UnexpectedEof, "the device is gone")),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
        other => other,
    }
}

/// What is there to read.
#[cfg(not(unix))]
pub(crate) fn read_some(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    file.read(buffer)
}
