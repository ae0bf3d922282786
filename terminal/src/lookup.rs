//! Whom a resident ID names that the roster holds no digest of: only the office knows, and only a connection that
//! nobody else reads may carry the question. The number is written nowhere.

use std::time::Duration;

use domain::calendar::UnixMs;
use domain::resident_id::ResidentId;
use domain::sync::{Found, Lookup, RosterEntry, Use};

use crate::core::Core;
use crate::office::OfficeError;

/// An elder stands at the counter: no longer than this.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the office knows of an elder at this moment.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// What the elder has used.
    pub(crate) uses: Vec<Use>,
    /// The instant it is from.
    pub(crate) version: UnixMs,
}

/// What the office says of an ID number.
pub(crate) enum Asked {
    /// This elder's.
    Elder(Box<RosterEntry>, Fresh),
    /// Nobody's.
    Nobody,
    /// The office was not reached.
    NotReached,
}

impl Core {
    /// Asks the office. The transport has made sure that the line is TLS, stays in this computer, or was allowed to
    /// carry names in the clear by whoever set the terminal up.
    pub(crate) async fn ask_office(&self, id: &ResidentId) -> Asked {
        if !self.link().online {
            return Asked::NotReached;
        }
        let question = Lookup { resident_id: id.expose().to_owned() };
        let answer = self.office.post::<Found>("/api/v1/terminal/lookup", &question);
        let found = match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(found)) => found,
            // Neither number nor answer may reach a log: only what kind of failure it was.
            Ok(Err(error)) => {
                let kind = match error {
                    OfficeError::Unreachable(_) => "not reached",
                    OfficeError::Refused { .. } => "refused",
                    OfficeError::Malformed { .. } => "unreadable",
                };
                tracing::warn!(kind, "an ID number could not be looked up");
                return Asked::NotReached;
            }
            Err(_) => return Asked::NotReached,
        };
        let Some(entry) = found.entry else { return Asked::Nobody };
        if let Err(error) = self.roster.keep_named(&entry).await {
            tracing::warn!(%error, "an elder whom the office named was not kept");
        }
        Asked::Elder(Box::new(entry), Fresh { uses: found.uses, version: found.version })
    }
}
