//! Which backups of a folder are kept: the newest of each of the last days and of each of the last months that have one.
//! Only files that are this office's own backups by name and head are ever looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::calendar::UnixMs;

use super::file::read_head;
use crate::error::Error;
use crate::words::backup as words;

/// What stands before the instant in a backup's name.
const NAME: &str = "zhucan-";
/// What stands behind it.
pub const ENDING: &str = "zhucan-backup";

/// How much is kept. Where both are zero, everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many days that have a backup.
    pub daily: usize,
    /// So many months that have one.
    pub monthly: usize,
}

/// A backup's name by the instant it was made: `zhucan-20261122-213000.zhucan-backup`, time of China.
#[must_use]
pub fn file_name(at: UnixMs) -> String {
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    format!("{NAME}{}-{}.{ENDING}", digits(at.local_date().to_string()), digits(at.local_clock()))
}

/// Those of `made` that are kept. The newest one always is.
#[must_use]
pub fn kept(made: &[UnixMs], keep: Keep) -> BTreeSet<UnixMs> {
    let newest_first: BTreeSet<UnixMs> = made.iter().copied().collect();
    if keep == Keep::default() {
        return newest_first;
    }
    let (mut days, mut months, mut kept) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for at in newest_first.into_iter().rev() {
        let date = at.local_date().to_string();
        let month = date[..7].to_owned();
        let of_day = days.len() < keep.daily && days.insert(date);
        let of_month = months.len() < keep.monthly && months.insert(month);
        if of_day || of_month || kept.is_empty() {
            kept.insert(at);
        }
    }
    kept
}

/// Removes what is not kept of the office's backups in a folder; `good` is the one that was just written and read back,
/// and stays whatever the rest. Answers the names of what was removed.
pub fn sweep(folder: &Path, office: &str, good: &Path, keep: Keep) -> Result<Vec<String>, Error> {
    let fail = |error: std::io::Error| Error::Startup(words::folder(&folder.display().to_string(), &error.to_string()));
    let mut own: Vec<(UnixMs, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if let Some(at) = made_by(&path, office) {
            own.push((at, path));
        }
    }
    let instants: Vec<UnixMs> = own.iter().map(|(at, _)| *at).collect();
    let kept = kept(&instants, keep);
    let mut removed = Vec::new();
    for (at, path) in own {
        if kept.contains(&at) || path == good {
            continue;
        }
        std::fs::remove_file(&path).map_err(fail)?;
        removed.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    removed.sort();
    Ok(removed)
}

/// When a file was made, if it is a backup of this office by its name and its head.
fn made_by(path: &Path, office: &str) -> Option<UnixMs> {
    let name = path.file_name()?.to_str()?;
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let named = name.strip_prefix(NAME).is_some_and(|rest| rest.ends_with(&format!(".{ENDING}")));
    if !is_file || !named {
        return None;
    }
    let (head, _) = read_head(&mut std::fs::File::open(path).ok()?).ok()?;
    (head.office == office && file_name(head.made_at) == name).then_some(head.made_at)
}
