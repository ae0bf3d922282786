//! The demo's folder: made anew each time, and nothing else is ever removed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::words;

/// Stands in every folder that the demo made, and says that it may remove it.
pub const MARKER: &str = ".zhucan-demo";

/// Why there is no folder for the demo. The sentence is for people.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something in it that the demo did not make.
    #[error("{}", words::folder_in_use(.0))]
    NotOurs(PathBuf),
    /// The system says no.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}

/// Makes an empty folder with the marker in it. A folder with the marker is removed first; any other folder that is
/// not empty, and anything that is no folder, is refused and stays as it is.
pub fn make(path: &Path) -> Result<(), FolderError> {
    let fail = |source| FolderError::Io { path: path.to_owned(), source };
    match fs::read_dir(path) {
        Ok(mut entries) => {
            // A link would remove what it leads to.
            let link = fs::symlink_metadata(path).map_err(fail)?.is_symlink();
            if path.join(MARKER).is_file() && !link {
                fs::remove_dir_all(path).map_err(fail)?;
            } else if entries.next().is_some() {
                return Err(FolderError::NotOurs(path.to_owned()));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(FolderError::NotOurs(path.to_owned())),
        Err(error) => return Err(fail(error)),
    }
    fs::create_dir_all(path).map_err(fail)?;
    fs::write(path.join(MARKER), words::MARKER_TEXT).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_its_own_is_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("demo");
        make(&path).unwrap();
        fs::write(path.join("old"), "old").unwrap();
        make(&path).unwrap();
        assert!(!path.join("old").exists() && path.join(MARKER).exists());
    }

    #[test]
    fn what_is_not_ours_stays() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("photos");
        fs::create_dir(&path).unwrap();
        make(&path).unwrap();
        let path = parent.path().join("papers");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("will.txt"), "all to the canteen").unwrap();
        let refused = make(&path).unwrap_err();
        assert!(refused.to_string().contains("papers"), "{refused}");
        assert!(path.join("will.txt").exists());
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(make(&file), Err(FolderError::NotOurs(_))));
    }
}
