//! Room on the disk: a sale is refused before food is handed over when its record might not fit, and a reserve file is
//! given up so that what waits can still be sent and acknowledged.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// With less room than this nothing is sold: a record, its log frames and a checkpoint fit many times over.
pub(crate) const LEAST_FREE: u64 = 8 * 1024 * 1024;
/// The reserve: room for the conversation with the office when the disk is full.
const RESERVE: u64 = 4 * 1024 * 1024;
/// The reserve's file name inside the data directory.
const RESERVE_FILE: &str = "terminal.reserve";

type Free = dyn Fn(&Path) -> std::io::Result<u64> + Send + Sync;

/// How many bytes a directory's file system has left for this program.
#[derive(Clone)]
pub struct DiskProbe(Arc<Free>);

impl DiskProbe {
    /// A probe of the caller's own, for tests and simulations.
    #[must_use]
    pub fn new(free: impl Fn(&Path) -> std::io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(free))
    }

    /// Asks the system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(system_free)
    }

    /// How many bytes are left where a directory lies.
    pub fn free(&self, dir: &Path) -> std::io::Result<u64> {
        (self.0)(dir)
    }
}

impl std::fmt::Debug for DiskProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DiskProbe")
    }
}

#[cfg(unix)]
fn system_free(dir: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(dir)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn system_free(_: &Path) -> std::io::Result<u64> {
    Ok(u64::MAX)
}

/// Whether this program may write into a directory; nothing is written.
#[cfg(unix)]
pub(crate) fn is_writable(dir: &Path) -> bool {
    use rustix::fs::Access;
    rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn is_writable(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|found| !found.permissions().readonly())
}

/// The disk that the terminal's data lies on.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
    probe: DiskProbe,
}

impl Disk {
    pub(crate) fn new(dir: &Path, probe: DiskProbe) -> Self {
        Self { dir: dir.to_owned(), probe }
    }

    /// Whether a sale can be recorded. Where the system cannot tell, the database itself will.
    pub(crate) fn has_room(&self) -> bool {
        self.probe.free(&self.dir).map_or(true, |free| free >= LEAST_FREE)
    }

    /// Keeps the reserve while there is room for it, and gives it up when there is none.
    pub(crate) fn keep_reserve(&self) {
        let path = self.dir.join(RESERVE_FILE);
        let held = std::fs::metadata(&path).is_ok_and(|found| found.len() == RESERVE);
        let Ok(free) = self.probe.free(&self.dir) else { return };
        let result = match (held, free) {
            (true, ..LEAST_FREE) => {
                tracing::warn!(free, "the disk is full: the reserve is given up so that records can be sent");
                std::fs::remove_file(&path)
            }
            (false, free) if free >= LEAST_FREE + 2 * RESERVE => fill(&path),
            _ => Ok(()),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the reserve file");
        }
    }
}

/// Writes the reserve for real: a file with a hole in it would reserve nothing.
fn fill(path: &Path) -> std::io::Result<()> {
    let block = vec![0x5a_u8; 64 * 1024];
    let mut file = std::fs::File::create(path)?;
    for _ in 0..RESERVE / block.len() as u64 {
        file.write_all(&block)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn the_reserve_is_made_with_room_and_given_up_without() {
        let dir = tempfile::tempdir().unwrap();
        let free = Arc::new(AtomicU64::new(u64::MAX));
        let seen = Arc::clone(&free);
        let disk = Disk::new(dir.path(), DiskProbe::new(move |_| Ok(seen.load(Ordering::Relaxed))));
        let path = dir.path().join(RESERVE_FILE);
        disk.keep_reserve();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), RESERVE);
        free.store(LEAST_FREE - 1, Ordering::Relaxed);
        assert!(!disk.has_room());
        disk.keep_reserve();
        assert!(!path.exists());
        free.store(LEAST_FREE, Ordering::Relaxed);
        assert!(disk.has_room());
        disk.keep_reserve();
        assert!(!path.exists(), "not at once again: it would take the room that came back");
        free.store(LEAST_FREE + 2 * RESERVE, Ordering::Relaxed);
        disk.keep_reserve();
        assert!(path.exists());
    }

    #[test]
    fn the_system_tells_of_this_computers_disk() {
        assert!(DiskProbe::system().free(&std::env::temp_dir()).unwrap() > 0);
    }
}
