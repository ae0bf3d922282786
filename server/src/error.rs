//! What can go wrong at the office, in one type: a refusal that its sender can act on, or trouble of our own.

use domain::calendar::UnixMs;

use crate::words::Code;

/// Why a piece of work was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sender's request does not fit: what, and what to do next.
    #[error("{0}")]
    Refused(Refusal),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Stored data that cannot be read back.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// A defect of this program, such as a panic inside a piece of work.
    #[error("internal: {0}")]
    Internal(String),
    /// Keys, files or settings with which the server must not start.
    #[error("cannot start: {0}")]
    Startup(String),
}

/// A refusal: a code that never changes, and a sentence in Chinese about this very case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// The case, in Chinese. No personal data.
    pub detail: String,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<i64>,
    /// The server's time, for a sender whose clock is wrong.
    pub server_time: Option<UnixMs>,
}

impl Refusal {
    /// A refusal with the words for this case.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after: None, server_time: None }
    }
}

impl Error {
    /// A refusal with the words for this case.
    #[must_use]
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, detail))
    }

    /// The code, if this is a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether a UNIQUE constraint was in the way.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// Whether the database was stopped, is being started or replaced, or had no connection left in time. What was under
    /// way may or may not have been committed: whoever sent it sends it again.
    #[must_use]
    pub fn is_database_away(&self) -> bool {
        let Self::Database(error) = self else { return false };
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                true
            }
            // Connection exceptions, operator intervention, and a server that may only be read from (a standby).
            sqlx::Error::Database(e) => e.code().is_some_and(|code| {
                code.starts_with("08") || code.starts_with("57P") || matches!(&*code, "53300" | "25006")
            }),
            _ => false,
        }
    }

    /// Whether this is about the data that was worked on, and says nothing of other data: it cannot be read, a calculation
    /// with it panicked, or the database will not have it. With the database away, full or busy nothing can be done.
    #[must_use]
    pub(crate) fn is_of_data(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::Corrupt(_)
            | Self::Internal(_)
            | Self::Database(sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }) => true,
            // Data that PostgreSQL will not have or a trigger refuses; what SQLite calls an error, such as an overflow.
            Self::Database(sqlx::Error::Database(e)) => {
                !matches!(e.kind(), sqlx::error::ErrorKind::Other)
                    || e.code().is_some_and(|code| code.starts_with("22") || matches!(&*code, "P0001" | "1" | "1811"))
            }
            Self::Database(_) | Self::Startup(_) => false,
        }
    }

    /// Whether rows that another unit holds were in the way for too long.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.code().as_deref() == Some("55P03"))
    }

    /// Whether the whole unit is worth another try: serialisation failure, deadlock, or rows that stayed held.
    #[must_use]
    pub(crate) fn wants_retry(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e))
            if matches!(e.code().as_deref(), Some("40001" | "40P01" | "55P03")))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
