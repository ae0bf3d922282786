//! Records that were carried by hand: a file of `zhucan terminal export` taken in at the office's own computer.
//!
//! They go the way of all records. Each is signed by its till and judged by itself and by its place in the journal, so
//! whoever carries the file can leave records out, which come with the next file or over the network, and can make none.
//! That is why this needs no second person and is no entry of the audit log, like any other delivery.

use std::io::{BufRead, Read as _};
use std::path::Path;
use std::sync::Arc;

use domain::handed::{FORMAT, Line};
use domain::id::TerminalId;
use domain::sync::{Batch, BatchRecord, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, Outcome};
use serde::Serialize;

use super::ingest;
use crate::store::terminals::{self, TerminalRow};
use crate::words::{self, Code, by_hand};
use crate::{Error, Office};

/// No line is longer, bytes: a record is much shorter.
const LONGEST: u64 = 1024 * 1024;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Whose it is.
    pub terminal: Option<TerminalId>,
    /// Records that could be read.
    pub records: u64,
    /// Of these: genuine and right.
    pub accepted: u64,
    /// Of these: genuine; the day close judges them.
    pub disputed: u64,
    /// Of these: in quarantine.
    pub rejected: u64,
    /// Of these: stored, and waiting for what comes before them in their journal.
    pub waiting: u64,
    /// Lines that cannot be read, counted from 1.
    pub unreadable: Vec<u64>,
    /// Whether the file ends as it should.
    pub whole: bool,
}

impl Taken {
    /// Whether nothing is left to be asked for.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.whole && self.unreadable.is_empty() && self.waiting == 0
    }
}

/// Takes a file in. What can be read is taken, whatever else is wrong with it; the same file again changes nothing.
///
/// Refused when it is no such file, and when its terminal was never let in here.
pub async fn take_in(office: &Arc<Office>, file: &Path) -> Result<Taken, Error> {
    let taken = once(office, file).await?;
    if taken.waiting == 0 {
        return Ok(taken);
    }
    // Unsent records come first: those that waited have their outcome where what comes before them stood behind them.
    once(office, file).await
}

async fn once(office: &Arc<Office>, file: &Path) -> Result<Taken, Error> {
    let unread = |error: std::io::Error| Error::refused(Code::Invalid, by_hand::unread(&error));
    let mut input = std::io::BufReader::new(std::fs::File::open(file).map_err(unread)?);
    let first = line(&mut input).map_err(unread)?.and_then(|text| serde_json::from_slice(&text).ok());
    let Some(Line::Head { format, terminal, .. }) = first else {
        return Err(Error::refused(Code::Invalid, by_hand::NO_EXPORT));
    };
    if format != FORMAT {
        return Err(Error::refused(Code::Invalid, by_hand::NO_EXPORT));
    }
    let terminal = known(office, terminal).await?;
    let mut taken = Taken { terminal: Some(terminal.id), ..Taken::default() };
    let mut batch = Held::default();
    for number in 2.. {
        let Some(text) = line(&mut input).map_err(unread)? else { break };
        match serde_json::from_slice(&text) {
            Ok(Line::Record { epoch, sequence, signed, .. }) if !taken.whole => {
                taken.records += 1;
                let record = BatchRecord { sequence, signed };
                if !batch.takes(epoch, &record) {
                    batch.deliver(office, &terminal, &mut taken).await?;
                }
                batch.add(epoch, record);
            }
            Ok(Line::End { records, .. }) if !taken.whole => {
                taken.whole = records == taken.records + u64::try_from(taken.unreadable.len()).unwrap_or(u64::MAX);
            }
            _ => taken.unreadable.push(number),
        }
    }
    batch.deliver(office, &terminal, &mut taken).await?;
    Ok(taken)
}

/// The next line; nothing behind the last. One that is too long is cut, and cannot be read then.
fn line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    if input.by_ref().take(LONGEST).read_until(b'\n', &mut text)? == 0 {
        return Ok(None);
    }
    Ok(Some(text))
}

/// The terminal, if it was ever let in: also one out of service, as over the network.
async fn known(office: &Office, id: TerminalId) -> Result<TerminalRow, Error> {
    let row = office.store.read(move |tx| Box::pin(async move { terminals::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::TerminalUnknown, words::TERMINAL_UNKNOWN))?;
    if row.confirmed_at.is_none() {
        return Err(Error::refused(Code::EnrolmentPending, words::ENROLMENT_PENDING));
    }
    Ok(row)
}

/// Records of one epoch on their way.
#[derive(Default)]
struct Held {
    epoch: u32,
    bytes: usize,
    records: Vec<BatchRecord>,
}

impl Held {
    fn takes(&self, epoch: u32, record: &BatchRecord) -> bool {
        self.records.is_empty()
            || (epoch == self.epoch
                && self.records.len() < MAX_BATCH_RECORDS
                && self.bytes + record.signed.record.len() <= MAX_BATCH_BYTES)
    }

    fn add(&mut self, epoch: u32, record: BatchRecord) {
        self.epoch = epoch;
        self.bytes += record.signed.record.len();
        self.records.push(record);
    }

    async fn deliver(&mut self, office: &Arc<Office>, terminal: &TerminalRow, taken: &mut Taken) -> Result<(), Error> {
        let Self { epoch, records, .. } = std::mem::take(self);
        if records.is_empty() {
            return Ok(());
        }
        let brought = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let answer = ingest(office, terminal, Batch { epoch, records }).await?;
        for answer in &answer.outcomes {
            match answer.outcome {
                Outcome::Accepted => taken.accepted += 1,
                Outcome::Disputed { .. } => taken.disputed += 1,
                Outcome::Rejected { .. } => taken.rejected += 1,
            }
        }
        taken.waiting += brought.saturating_sub(u64::try_from(answer.outcomes.len()).unwrap_or(u64::MAX));
        Ok(())
    }
}
