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
        let folder = tempfile::Builder::new().prefix("zhucan-test-").tempdir();
        let folder = folder.unwrap_or_else(|e| panic!("no folder for a test: {e}"));
        let url = match backend {
            Backend::Sqlite => format!("sqlite://{}", folder.path().join("server.db").display()),
            Backend::Postgres => postgres::create_database(),
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
}
