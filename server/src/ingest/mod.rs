//! Ingest: a terminal's batch becomes stored records with outcomes, in one write unit.
//!
//! **Outcomes never flip, and arrival order never makes one.** A record gets its outcome when every place before it in
//! its journal has one; until then it waits (`waiting_records`), is left out of the answer, and the cursor waits with
//! it. So an outcome is a function of the record's own bytes, of its journal before it, and of the rules: whatever the
//! order, the splits and the repetitions in which a journal arrives, the same outcomes, cursor and meals result. What
//! cannot be a record at all is rejected at once and kept in quarantine; the cursor passes it.
//!
//! What is left to first-come is what only a forger or a copied journal can do: two different genuine records for one
//! place or id. The first is stored, the other one is kept as a conflict. A genuine record for a place that only
//! something in quarantine holds is stored when it comes, judged on its own; if its neighbour was judged without it and
//! the hashes do not fit, `journal_breaks` says so.
//!
//! None of this moves money: accepted and disputed meals go into the day close alike, and it decides them again.

pub mod by_hand;
pub mod judge;
mod unit;

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::record::check::Dispute;
use domain::sync::{Batch, BatchAnswer, BatchRecord, MAX_BATCH_BYTES, MAX_BATCH_RECORDS};

use crate::rules::Rules;
use crate::store::Tx;
use crate::store::records::{Journal, blob_digest};
use crate::store::terminals::TerminalRow;
use crate::words::{self, Code};
use crate::{Error, Office};
use judge::{Alone, Origin};
use unit::Blob;

/// A batch of no more records than this is short: a till that has just sold something.
const SHORT: usize = 20;

/// Stores a batch and answers for every record of it that has an outcome. Records behind a gap are left out.
pub async fn ingest(office: &Arc<Office>, terminal: &TerminalRow, batch: Batch) -> Result<BatchAnswer, Error> {
    check_size(&batch)?;
    let long = batch.records.len() > SHORT;
    // Those who were away for long take turns; a till that sells goes past them.
    let turn = if long { Some(office.long_batches.acquire().await) } else { None };
    let journal = Journal { canteen: terminal.canteen, terminal: terminal.id, epoch: batch.epoch };
    let origin = Origin { journal, key: terminal.public_key };
    let batch = Arc::new(batch);
    let mut blobs = judged(office, origin, &batch).await?;
    if blobs.iter().any(|blob| names_unknown_rules(&blob.alone)) && office.refresh_rules().await? {
        blobs = judged(office, origin, &batch).await?;
    }
    // The instant is taken inside the unit: deltas would miss what waited longer than they repeat.
    let (clock, rules) = (Arc::clone(&office.clock), Arc::clone(&office.rules));
    let answer = if long {
        let work = office
            .store
            .write_long(move |tx| Box::pin(async move { unit::store(tx, origin, blobs, &rules, clock.wall()).await }));
        work.await?
    } else {
        let work = office
            .store
            .write(move |tx| Box::pin(async move { unit::store(tx, origin, blobs, &rules, clock.wall()).await }));
        work.await?
    };
    drop(turn);
    kill_point!("server.ingest.committed");
    office.changed.notify_one();
    Ok(answer)
}

/// Gives up the gaps of an epoch whose journal is gone: whatever waits behind them gets its outcome. Answers where the
/// epoch ends now. Part of the unit that ends the epoch.
pub async fn settle_rest(tx: &mut Tx, origin: Origin, rules: &Rules, now: UnixMs) -> Result<u64, Error> {
    unit::settle_rest(tx, origin, rules, now).await
}

/// A batch may be one large record, but no more.
fn check_size(batch: &Batch) -> Result<(), Error> {
    let (count, bytes) = (batch.records.len(), batch.records.iter().map(|r| r.signed.record.len()).sum());
    if count > MAX_BATCH_RECORDS || (count > 1 && bytes > MAX_BATCH_BYTES) {
        return Err(Error::refused(Code::BatchSize, words::batch(count, bytes)));
    }
    Ok(())
}

/// So many blobs are judged in one go; a long batch is judged on as many threads as there are.
const JUDGED: usize = 32;

/// Judges every blob by itself, on threads for such work: signatures and decisions take milliseconds.
async fn judged(office: &Office, origin: Origin, batch: &Arc<Batch>) -> Result<Vec<Blob>, Error> {
    let (book, key) = (office.book(), origin.verifying_key());
    let parts = (0..batch.records.len()).step_by(JUDGED).map(|from| {
        let (book, batch) = (Arc::clone(&book), Arc::clone(batch));
        tokio::task::spawn_blocking(move || -> Vec<Blob> {
            let blob = |sent: &BatchRecord| {
                let hash = sent.signed.hash();
                let alone = judge::alone(&sent.signed, &hash, sent.sequence, (origin, key.as_ref()), &book);
                let digest = blob_digest(&sent.signed);
                Blob { sequence: sent.sequence, digest, hash, alone, signed: sent.signed.clone() }
            };
            batch.records[from..].iter().take(JUDGED).map(blob).collect()
        })
    });
    let mut blobs = Vec::with_capacity(batch.records.len());
    for part in parts.collect::<Vec<_>>() {
        blobs.extend(part.await.map_err(|e| Error::Internal(e.to_string()))?);
    }
    Ok(blobs)
}

/// Whether the record names rules that may have been announced by another process.
fn names_unknown_rules(alone: &Alone) -> bool {
    matches!(alone, Alone::Genuine { dispute: Some(Dispute::UnknownPolicy | Dispute::UnknownCalendar), .. })
}
