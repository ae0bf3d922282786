//! The rulebook in memory: every policy and calendar ever announced, as the database holds them.

use std::sync::{Arc, PoisonError, RwLock};

use domain::calendar::WorkCalendar;
use domain::policy::{Policy, PolicySet};
use domain::record::check::Rulebook;

use crate::error::Error;
use crate::store::{Tx, policies};

/// The rulebook in force, replaced as a whole when something is announced.
#[derive(Debug)]
pub struct Rules {
    current: RwLock<Arc<Loaded>>,
}

#[derive(Debug, Default)]
struct Loaded {
    book: Arc<Rulebook>,
    edition: (i64, i64),
}

impl Rules {
    pub(crate) fn empty() -> Self {
        Self { current: RwLock::new(Arc::default()) }
    }

    /// The rulebook in force.
    #[must_use]
    pub fn book(&self) -> Arc<Rulebook> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.book)
    }

    /// Takes over what the database holds, if that is newer. Says whether it was.
    pub(crate) async fn refresh(&self, tx: &mut Tx) -> Result<bool, Error> {
        let edition = policies::edition(tx).await?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).edition == edition {
            return Ok(false);
        }
        let book = Arc::new(load(tx).await?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Loaded { book, edition });
        Ok(true)
    }
}

/// Reads the whole rulebook from the database.
pub async fn load(tx: &mut Tx) -> Result<Rulebook, Error> {
    let mut book = Rulebook::new(announced(tx).await?, WorkCalendar::default());
    for calendar in policies::calendars(tx).await? {
        book.publish_calendar(calendar);
    }
    Ok(book)
}

/// Every announced policy, as the database holds them.
pub(crate) async fn announced(tx: &mut Tx) -> Result<PolicySet, Error> {
    let mut set = PolicySet::new();
    for row in policies::all(tx).await? {
        let corrupt = |reason: String| Error::Corrupt(format!("policy {} version {}: {reason}", row.id, row.version));
        let policy = Policy::parse(&row.id, &row.source).map_err(|e| corrupt(e.to_string()))?;
        set.restore(policy).map_err(|e| corrupt(e.to_string()))?;
    }
    Ok(set)
}
