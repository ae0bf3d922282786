//! What a blob is by itself, and what its journal before it says of it. Pure.

use domain::id::{Digest, RecordId};
use domain::record::check::{Dispute, Rulebook, check};
use domain::record::encoding::{self, SignedRecord};
use domain::record::{Body, Record, ZTotals};
use domain::sync::Rejection;
use ed25519_dalek::VerifyingKey;

use crate::store::records::Journal;

/// Whose blob it has to be.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The journal it was sent for.
    pub journal: Journal,
    /// The terminal's public key.
    pub key: Digest,
}

/// What a blob is by itself.
#[derive(Clone, Debug)]
pub enum Alone {
    /// A record of that terminal for that place.
    Genuine {
        /// As read.
        record: Box<Record>,
        /// Why it is not right by its own inputs, if it is not.
        dispute: Option<Dispute>,
    },
    /// Cannot be one.
    Rejected {
        /// Why.
        rejection: Rejection,
        /// The id in it, where one could be read.
        id: Option<RecordId>,
    },
}

impl Origin {
    /// The key, read once for all blobs of a batch; nothing where it is none.
    #[must_use]
    pub fn verifying_key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.key.0).ok()
    }
}

/// Reads a blob and judges it without looking at anything else. `key` is the origin's, `hash` that of the blob's bytes.
#[must_use]
pub fn alone(
    signed: &SignedRecord,
    hash: &Digest,
    sequence: u64,
    (origin, key): (Origin, Option<&VerifyingKey>),
    rules: &Rulebook,
) -> Alone {
    let Ok(record) = encoding::decode(&signed.record) else {
        return Alone::Rejected { rejection: Rejection::Malformed, id: None };
    };
    let rejected = |rejection| Alone::Rejected { rejection, id: Some(record.id) };
    let Journal { canteen, terminal, epoch } = origin.journal;
    if (record.canteen, record.terminal, record.epoch, record.sequence) != (canteen, terminal, epoch, sequence) {
        return rejected(Rejection::OtherOrigin);
    }
    if key.is_none_or(|key| signed.signature.verify(hash, key).is_err()) {
        return rejected(Rejection::Signature);
    }
    let dispute = calculated(|| check(&record, rules).err()).unwrap_or(Some(Dispute::ImpossibleAmount));
    Alone::Genuine { record: Box::new(record), dispute }
}

/// What a genuine record's journal before it says.
#[derive(Clone, Debug)]
pub struct Before<'a> {
    /// Hash of the record before it, if there is one in store.
    pub previous: Option<Digest>,
    /// For a Z report: the records from its shift's first place up to it, if none is missing.
    pub shift: Option<&'a [Record]>,
    /// For a terminal out of service: how far its epoch stood then.
    pub witnessed: Option<u64>,
    /// Whether two people have ended the epoch.
    pub ended: bool,
}

/// The last word: what the record is by itself, else what its journal says.
#[must_use]
pub fn dispute(record: &Record, own: Option<Dispute>, before: &Before<'_>) -> Option<Dispute> {
    own.or_else(|| {
        let expected = if record.sequence == 0 { Some(Digest::ZERO) } else { before.previous };
        expected.is_some_and(|hash| hash != record.previous).then_some(Dispute::BrokenChain)
    })
    .or_else(|| other_totals(record, before.shift?))
    .or_else(|| before.witnessed.is_some_and(|next| record.sequence >= next).then_some(Dispute::Revoked))
    .or_else(|| before.ended.then_some(Dispute::EndedEpoch))
}

fn other_totals(record: &Record, shift: &[Record]) -> Option<Dispute> {
    let Body::ShiftClose(close) = &record.body else { return None };
    let own = || ZTotals::of(shift.iter().filter(|r| r.shift == record.shift)) == close.totals;
    (calculated(own) != Some(true)).then_some(Dispute::OtherTotals)
}

/// A calculation with what came from outside. Records are read within bounds; should one all the same drive the rules
/// into a panic, it is disputed, and the others of its batch are not held up.
fn calculated<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}
