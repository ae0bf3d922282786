//! One empty database for one test, of either kind.

use std::path::{Path, PathBuf};

use crate::postgres;

/// Which database engine a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of its own in this process's throw-away cluster.
    Postgres,
}

impl Backend {
    /// Both engines: what holds on one must hold on the other.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// An empty database and a folder beside it; both are gone when it is dropped.
#[derive(Debug)]
pub struct TestDb {
    url: String,
    folder: tempfile::TempDir,
}

impl TestDb {
    /// Makes an empty database: no table is in it, the server's own migrations bring them.
    ///
    /// # Panics
    /// When the folder or the database cannot be made.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        let folder = folder();
        let url = match backend {
            Backend::Sqlite => format!("sqlite://{}", folder.path().join("server.db").display()),
            Backend::Postgres => postgres::create_database(),
        };
        Self { url, folder }
    }

    /// An independent copy, with an empty folder beside it. Nobody may be connected to this one.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[must_use]
    pub fn copy(&self) -> Self {
        let folder = folder();
        let url = match self.url.strip_prefix("sqlite://") {
            None => postgres::copy_database(&self.url),
            Some(path) => {
                let to = folder.path().join("server.db");
                // What is not in the file yet is in the log beside it.
                for ending in ["", "-wal"] {
                    let from = PathBuf::from(format!("{path}{ending}"));
                    if from.exists() {
                        let copied = std::fs::copy(&from, format!("{}{ending}", to.display()));
                        copied.unwrap_or_else(|e| panic!("{}: {e}", from.display()));
                    }
                }
                format!("sqlite://{}", to.display())
            }
        };
        Self { url, folder }
    }

    /// Its address, `sqlite://...` or `postgres://...`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A folder for whatever else the test writes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in that folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What a database held, to make any number of databases from: quicker than bringing each one up by itself.
#[derive(Debug)]
pub enum Template {
    /// The bytes of the file.
    Sqlite(Vec<u8>),
    /// Its address in this process's throw-away cluster.
    Postgres(String),
}

impl Template {
    /// Takes a database, with nobody connected to it.
    ///
    /// # Panics
    /// When its file cannot be read, or part of it still lies in the log beside it.
    #[must_use]
    pub fn of(db: TestDb) -> Self {
        let TestDb { url, folder } = db;
        if !url.starts_with("sqlite://") {
            return Self::Postgres(url);
        }
        let file = folder.path().join("server.db");
        let log = std::fs::metadata(folder.path().join("server.db-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "somebody is connected to {}", file.display());
        Self::Sqlite(std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display())))
    }

    /// A database of its own that holds the same.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn make(&self) -> TestDb {
        let folder = folder();
        let url = match self {
            Self::Postgres(url) => postgres::copy_database(url),
            Self::Sqlite(bytes) => {
                let file = folder.path().join("server.db");
                std::fs::write(&file, bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
                format!("sqlite://{}", file.display())
            }
        };
        TestDb { url, folder }
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("zhucan-test-").tempdir();
    folder.unwrap_or_else(|e| panic!("no folder for a test: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_apart() {
        for backend in Backend::ALL {
            let (one, other) = (TestDb::new(backend), TestDb::new(backend));
            assert_ne!(one.url(), other.url());
        }
    }

    #[test]
    fn the_cluster_answers() {
        let db = TestDb::new(Backend::Postgres);
        assert_eq!(postgres::ask(db.url(), "SELECT 6 * 7"), "42");
    }

    #[test]
    fn a_copy_holds_the_same_and_goes_its_own_way() {
        let db = TestDb::new(Backend::Postgres);
        postgres::ask(db.url(), "CREATE TABLE meals AS SELECT 7 AS n");
        let copy = db.copy();
        postgres::ask(copy.url(), "UPDATE meals SET n = 8");
        assert_eq!([db.url(), copy.url()].map(|url| postgres::ask(url, "SELECT n FROM meals")), ["7", "8"]);
        let db = TestDb::new(Backend::Sqlite);
        std::fs::write(db.path("server.db"), "pages").unwrap();
        assert_eq!(std::fs::read_to_string(db.copy().path("server.db")).unwrap(), "pages");
        let template = Template::of(db);
        let (one, other) = (template.make(), template.make());
        std::fs::write(one.path("server.db"), "others").unwrap();
        assert_eq!(std::fs::read_to_string(other.path("server.db")).unwrap(), "pages");
        let template = Template::of(copy);
        assert_eq!(postgres::ask(template.make().url(), "SELECT n FROM meals"), "8");
    }
}
