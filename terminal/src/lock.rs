//! One program per data directory: two tills on one journal would sell twice, two offices would answer for one month.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "terminal.lock";

/// Why the data directory is not used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program runs on it.
    #[error("{0} 正由另一个程序使用，请先停下它")]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("{path}: {source}")]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Holds a data directory until dropped; the system lets go of it when the program dies.
#[derive(Debug)]
pub struct DirLock(#[expect(dead_code, reason = "held, not read")] File);

impl DirLock {
    pub(crate) fn take(dir: &Path) -> Result<Self, LockError> {
        Self::hold(dir, LOCK_FILE)
    }

    /// Takes a directory, which is made, by a file in it. Fails while another program holds the file.
    pub fn hold(dir: &Path, file: &str) -> Result<Self, LockError> {
        let fail = |source| LockError::Io { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(fail)?;
        let file = File::options().create(true).truncate(false).write(true).open(dir.join(file)).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse(dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(fail(source)),
        }
    }
}
