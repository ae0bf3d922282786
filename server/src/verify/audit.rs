//! The audit log's chain, entry by entry, and what was told outside of it: to terminals, and on the papers of months.

use std::collections::BTreeMap;

use domain::calendar::Month;
use domain::id::Digest;

use super::VerifyReport;
use crate::audit::entry_hash;
use crate::error::Error;
use crate::sql;
use crate::store::Store;
use crate::store::audit::{self, Outside};
use crate::words::audit as words;

/// So many entries are in memory at a time.
const CHUNK: i64 = 2_000;

/// Walks the chain. The first break of the chain is named, not what follows from it.
pub(super) async fn verify(
    store: &Store,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let outside = store.read(|tx| Box::pin(async move { audit::outside(tx).await })).await?;
    let mut wanted = Wanted::of(&outside);
    let (mut next, mut previous, mut whole) = (1_u64, Digest::ZERO, true);
    loop {
        progress(words::CHAIN);
        let entries = store.read(move |tx| Box::pin(async move { audit::from(tx, next, CHUNK).await })).await?;
        let Some(last) = entries.last().map(|entry| entry.sequence) else { break };
        for entry in entries {
            let broken = if entry.sequence != next {
                Some(words::GAP)
            } else if entry.previous != previous {
                Some(words::CHAIN_BROKEN)
            } else if entry_hash(&entry) != entry.hash {
                Some(words::HASH)
            } else {
                None
            };
            if let Some(what) = broken.filter(|_| whole) {
                report.broken(words::entry(entry.sequence), what);
                whole = false;
            }
            wanted.met(entry.sequence, entry.hash);
            (next, previous) = (entry.sequence + 1, entry.hash);
            report.audit += 1;
        }
        next = last + 1;
    }
    for (sequence, what) in wanted.rest() {
        report.broken(words::entry(sequence), what);
    }
    for (_, sequence, _) in &outside.breaks {
        report.broken(words::entry(*sequence), words::WITNESS);
    }
    for (region, month) in store.read(|tx| Box::pin(async move { headless(tx).await })).await? {
        report.broken(words::month(&region, month), words::NO_HEAD);
    }
    Ok(())
}

/// Heads that must be met on the way through the chain.
struct Wanted(BTreeMap<u64, Vec<(Digest, &'static str)>>);

impl Wanted {
    fn of(outside: &Outside) -> Self {
        let mut wanted: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for (_, sequence, hash) in &outside.witnesses {
            wanted.entry(*sequence).or_default().push((*hash, words::WITNESS));
        }
        for (_, _, sequence, hash) in &outside.months {
            wanted.entry(*sequence).or_default().push((*hash, words::MONTH));
        }
        Self(wanted)
    }

    fn met(&mut self, sequence: u64, hash: Digest) {
        if let Some(heads) = self.0.get_mut(&sequence) {
            heads.retain(|(wanted, _)| *wanted != hash);
        }
    }

    fn rest(self) -> impl Iterator<Item = (u64, &'static str)> {
        self.0.into_iter().flat_map(|(sequence, heads)| heads.into_iter().map(move |(_, what)| (sequence, what)))
    }
}

/// Approved months of which no head was kept.
async fn headless(tx: &mut crate::store::Tx) -> Result<Vec<(String, Month)>, Error> {
    sql!(
        tx,
        "SELECT s.region, s.month FROM settlements s WHERE s.state = 'approved' AND NOT EXISTS \
         (SELECT 1 FROM month_heads h WHERE h.region = s.region AND h.month = s.month) ORDER BY s.region, s.month"
    )
    .all()
    .await
}
