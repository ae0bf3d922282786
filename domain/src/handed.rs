//! Records that are carried by hand: what `zhucan terminal export` writes and the office takes in. A text file, one JSON
//! value a line: a head, records as they lie in the journal with their bytes and signatures, unsent ones first, and an
//! end by which a file that was cut short is known. Every record stands for itself; the file is not signed.

use serde::{Deserialize, Serialize};

use crate::calendar::UnixMs;
use crate::id::{CanteenId, TerminalId};
use crate::record::encoding::SignedRecord;

/// What the head says the file is.
pub const FORMAT: &str = "zhucan-records-1";

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first.
    Head {
        /// [`FORMAT`].
        format: String,
        /// Whose journal it is.
        terminal: TerminalId,
        /// The terminal's canteen.
        canteen: CanteenId,
        /// When it was written, by the terminal's clock, unix ms.
        written_at: UnixMs,
    },
    /// A record.
    Record {
        /// Epoch of the journal.
        epoch: u32,
        /// Its place there.
        sequence: u64,
        /// Whether the office has answered for it.
        sent: bool,
        /// Bytes and signature.
        signed: SignedRecord,
    },
    /// The last.
    End {
        /// How many records stand before it.
        records: u64,
        /// How many of them the office has not answered for.
        unsent: u64,
    },
}
