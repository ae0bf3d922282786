//! The check of the audit log's chain. It walks the whole log and may take longer than a request: it runs in a task of
//! its own, and the page shows how far it is and what it found last.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::sync::AuditHead;

use crate::store::audit;
use crate::verify::{Break, verify_audit};
use crate::{Error, Office};

/// A request waits so long for the check that it began.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many entries are walked between two signs of life.
const CHUNK: u64 = 2_000;

/// The check that is under way, and the last one. In memory: after a restart somebody checks again.
#[derive(Default)]
pub(crate) struct ChainCheck {
    running: Mutex<Option<Arc<AtomicU64>>>,
    last: Mutex<Option<Checked>>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// When it began, unix ms.
    pub(crate) began: UnixMs,
    /// When it ended, unix ms.
    pub(crate) ended: UnixMs,
    /// Entries that were walked.
    pub(crate) entries: u64,
    /// The chain's head when it began; nothing for an empty log.
    pub(crate) head: Option<AuditHead>,
    /// What does not hold; nothing when the check itself failed.
    pub(crate) breaks: Option<Vec<Break>>,
}

impl ChainCheck {
    /// Entries walked so far by the check under way.
    pub(crate) fn walked(&self) -> Option<u64> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|walked| walked.load(Ordering::Relaxed))
    }

    /// The last check that ended.
    pub(crate) fn last(&self) -> Option<Checked> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin(&self) -> Option<Arc<AtomicU64>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return None;
        }
        Some(Arc::clone(running.insert(Arc::default())))
    }

    fn end(&self, checked: Checked) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(checked);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Office {
    /// Begins to check the chain, unless a check is under way, and waits a little for it.
    pub(crate) async fn check_chain(self: &Arc<Self>) {
        let Some(walked) = self.chain.begin() else { return };
        let office = Arc::clone(self);
        let task = tokio::spawn(async move {
            let began = office.now();
            let (head, found) = match office.walk_chain(&walked).await {
                Ok((head, entries, breaks)) => (head, Some((entries, breaks))),
                Err(error) => {
                    tracing::error!(%error, "the audit log's chain could not be checked");
                    (None, None)
                }
            };
            let (entries, breaks) = found.map_or((0, None), |(entries, breaks)| (entries, Some(breaks)));
            office.chain.end(Checked { began, ended: office.now(), entries, head, breaks });
        });
        let _ = tokio::time::timeout(PATIENCE, task).await;
    }

    async fn walk_chain(&self, walked: &AtomicU64) -> Result<(Option<AuditHead>, u64, Vec<Break>), Error> {
        let head = self.store.read(|tx| Box::pin(async move { audit::head(tx).await })).await?;
        let step = |_: &str| {
            walked.fetch_add(CHUNK, Ordering::Relaxed);
        };
        let report = verify_audit(&self.store, &step).await?;
        Ok((head, u64::try_from(report.audit).unwrap_or(u64::MAX), report.breaks))
    }
}
