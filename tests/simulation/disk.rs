//! The computers' disks: folders in memory where the machine has such a place, and pictures of them.

use std::path::{Path, PathBuf};

/// A folder on a disk in memory, `/dev/shm`, where there is one: the programs sync as they always do, and a thousand
/// seeds do not wait for a real disk. What a disk loses is not what is looked for here.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let made = tempfile::Builder::new().prefix("zhucan-simulation-").tempdir_in(&place);
    made.or_else(|_| tempfile::tempdir()).unwrap_or_else(|e| panic!("no folder for the simulation: {e}"))
}

/// Whatever lies in a folder that a program has open or had open, as it would be found after a power cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture(Vec<(PathBuf, Vec<u8>)>);

impl Picture {
    /// Takes one. Between two steps nobody writes.
    pub(crate) fn take(folder: &Path) -> Self {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap_or_else(|e| panic!("{}: {e}", folder.display())).path();
            // The shared memory of a write-ahead log is made again from the log.
            let beside = |e: &std::ffi::OsStr| matches!(e.to_str(), Some("db-shm" | "lock" | "reserve"));
            let kept = path.is_file() && !path.extension().is_some_and(beside);
            if kept {
                files.push((path.clone(), std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))));
            }
        }
        Self(files)
    }

    /// Makes the folder what the picture shows. No program may have it open.
    pub(crate) fn put_back(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                std::fs::remove_file(entry.path()).unwrap_or_else(|e| panic!("{}: {e}", entry.path().display()));
            }
        }
        self.write(folder);
    }

    /// Writes what it shows into another folder.
    pub(crate) fn write(&self, folder: &Path) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for (from, bytes) in &self.0 {
            let Some(name) = from.file_name() else { continue };
            let to = folder.join(name);
            std::fs::write(&to, bytes).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&to, private).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
        }
    }
}
