//! Where things lie in a data folder: `server/` for the office, `terminal/` for a canteen's terminal.

use std::path::{Path, PathBuf};

/// The office's SQLite database.
#[must_use]
pub fn office_database(data: &Path) -> PathBuf {
    data.join("server").join("office.db")
}

/// The office's key file, beside and not inside the database.
#[must_use]
pub fn office_keys(data: &Path) -> PathBuf {
    data.join("server").join("office.key")
}

/// A terminal's folder.
#[must_use]
pub fn terminal(data: &Path) -> PathBuf {
    data.join("terminal")
}
