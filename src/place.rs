//! Where things lie in a data folder: `server/` for the office, `terminal/` for a canteen's terminal.

use std::path::{Path, PathBuf};

/// The office's SQLite database.
#[must_use]
pub fn office_database(data: &Path) -> PathBuf {
    office(data).join("office.db")
}

/// The office's key file, beside and not inside the database.
#[must_use]
pub fn office_keys(data: &Path) -> PathBuf {
    office(data).join("office.key")
}

/// The file by which a running office holds its folder: see `terminal::DirLock`.
pub const OFFICE_LOCK: &str = "office.lock";

/// The office's folder.
#[must_use]
pub fn office(data: &Path) -> PathBuf {
    data.join("server")
}

/// The data folder above this one, if that is where an office lies: somebody went one folder too deep.
#[must_use]
pub fn office_above(data: &Path) -> Option<PathBuf> {
    let whole = data.canonicalize().or_else(|_| std::path::absolute(data)).ok()?;
    whole.parent().filter(|above| office_keys(above).exists()).map(Path::to_path_buf)
}

/// A terminal's folder.
#[must_use]
pub fn terminal(data: &Path) -> PathBuf {
    data.join("terminal")
}
