//! What a data directory says of itself before anything is opened.

use std::path::Path;

use crate::keys::{KeyFileError, Keys};

/// The office's address, as the first run was told it.
const OFFICE_FILE: &str = "office.url";

/// Whether the directory's terminal was enrolled.
pub fn is_enrolled(data_dir: &Path) -> Result<bool, KeyFileError> {
    Ok(Keys::load(data_dir)?.is_some_and(|keys| keys.identity.is_some()))
}

/// Keeps the office's address for the next start.
pub fn keep_office(data_dir: &Path, url: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    std::fs::write(data_dir.join(OFFICE_FILE), url)
}

/// The office's address, if one was kept.
#[must_use]
pub fn kept_office(data_dir: &Path) -> Option<String> {
    let url = std::fs::read_to_string(data_dir.join(OFFICE_FILE)).ok()?;
    let url = url.trim().to_owned();
    (!url.is_empty()).then_some(url)
}
