//! What terminals sent that could not take its place among the records: kept for ever, and to be looked at by people.

use domain::calendar::UnixMs;
use domain::id::{Digest, RecordId, TerminalId};
use domain::record::{Record, encoding};
use domain::sync::Rejection;

use super::records::place;
use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A blob in quarantine.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KeptRow {
        /// The epoch that it was sent for.
        pub epoch: u32,
        /// The place that it was sent for.
        pub sequence: u64,
        /// Digest of bytes and signature: two blobs may want one place.
        pub digest: Digest,
        /// The id in it, where one could be read.
        pub record: Option<RecordId>,
        /// As sent.
        pub bytes: Vec<u8>,
        /// Why it has no place.
        pub rejection: Json<Rejection>,
        /// When it came, unix ms.
        pub received_at: UnixMs,
    }
}

impl KeptRow {
    /// The record, where the terminal's own key has signed it: something that happened, for which another record holds
    /// the place. Nothing where nobody vouches for the bytes.
    #[must_use]
    pub fn genuine(&self) -> Option<Record> {
        match self.rejection.0 {
            Rejection::Malformed | Rejection::Signature => None,
            Rejection::OtherOrigin | Rejection::Conflict => {
                encoding::decode(std::str::from_utf8(&self.bytes).ok()?).ok()
            }
        }
    }
}

/// Where a list of a terminal's blobs goes on: behind this epoch, sequence and digest.
pub type After = (u32, u64, Digest);

/// What quarantine keeps of a terminal, by epoch and place, at most `most` rows.
pub async fn listed(tx: &mut Tx, terminal: TerminalId, after: Option<After>, most: i64) -> Result<Vec<KeptRow>, Error> {
    let (epoch, sequence, digest) = after.unwrap_or((0, 0, Digest([0; 32])));
    sql!(
        tx,
        "SELECT epoch, sequence, digest, record, bytes, rejection, received_at FROM quarantine \
         WHERE canteen = (SELECT t.canteen FROM terminals t WHERE t.id = $1) AND terminal = $1 \
         AND (epoch, sequence, digest) > ($2, $3, $4) ORDER BY epoch, sequence, digest LIMIT $5",
        terminal,
        epoch,
        place(sequence),
        digest,
        most
    )
    .all()
    .await
}

/// How many blobs of a terminal quarantine keeps.
pub async fn count(tx: &mut Tx, terminal: TerminalId) -> Result<i64, Error> {
    sql!(
        tx,
        "SELECT COUNT(*) FROM quarantine \
         WHERE canteen = (SELECT t.canteen FROM terminals t WHERE t.id = $1) AND terminal = $1",
        terminal
    )
    .value()
    .await
}
