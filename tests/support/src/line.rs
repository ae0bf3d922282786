//! A serial line whose other end a test holds.

use std::fs::File;
use std::path::PathBuf;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A pseudo-terminal: the test's end, and the path of the other. A pseudo-terminal whose last opener goes is gone for
/// good, as a real line is not: a test that lets a program open it twice keeps it open itself.
///
/// # Panics
/// When the system has none left.
#[must_use]
pub fn pty() -> (File, PathBuf) {
    let made = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).and_then(|ours| {
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let path = ptsname(&ours, Vec::new())?;
        Ok((ours, path))
    });
    let (ours, path) = made.unwrap_or_else(|e| panic!("no pseudo-terminal: {e}"));
    let path = path.into_string().unwrap_or_else(|e| panic!("no path: {e}"));
    (File::from(ours), PathBuf::from(path))
}
