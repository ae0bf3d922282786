//! Terminal records: one for each thing that happened, appended and never edited.
//!
//! A record is encoded once ([`encoding`]); those bytes are stored, hashed, signed, sent and stored again at the
//! office. A meal carries the whole decision with everything `decide` was given, so that it explains itself as long
//! as somebody can read JSON.

mod bounds;
pub mod check;
pub mod encoding;
mod meal;
mod read;
pub mod totals;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, UnixMs};
use crate::id::{BootId, CanteenId, CashierId, Digest, ElderId, RecordId, RefundId, ShiftId, TerminalId};
use crate::money::Fen;
pub use meal::{Collection, Collector, Credential, Diner, Meal, Paper, Tender};
pub use totals::ZTotals;

/// The format this build writes.
pub const FORMAT: u16 = 1;

/// How hash and signature are made. Leaves room for SM2/SM3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// SHA-256 and Ed25519.
    #[serde(rename = "sha256-ed25519")]
    Sha256Ed25519,
}

/// What a terminal's trusted time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The server's time plus monotonic time of the same boot.
    Server,
    /// The wall clock: no server was reached in this boot.
    Wall,
    /// The wall clock went back: the last time known is held until it catches up.
    Held,
}

/// A record. Field order is the order of the bytes; never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Format version, [`FORMAT`].
    pub format: u16,
    /// Algorithms of hash and signature.
    pub algorithm: Algorithm,
    /// Made by the terminal (UUIDv7); the idempotency key.
    pub id: RecordId,
    /// The terminal's canteen.
    pub canteen: CanteenId,
    /// The terminal.
    pub terminal: TerminalId,
    /// Counts the lives of the terminal's journal, from 1.
    pub epoch: u32,
    /// Gap-free in the epoch, from 0.
    pub sequence: u64,
    /// Hash of the record before it; [`Digest::ZERO`] for sequence 0.
    pub previous: Digest,
    /// Trusted time, unix ms: the business date is a function of it alone.
    pub at: UnixMs,
    /// What trusted time rests on.
    pub time_source: TimeSource,
    /// Wall clock, unix ms.
    pub wall: UnixMs,
    /// Monotonic time of the boot, ms.
    pub monotonic: i64,
    /// The boot.
    pub boot: BootId,
    /// Last server time known, unix ms.
    pub server_time: Option<UnixMs>,
    /// Who served.
    pub cashier: Option<CashierId>,
    /// The shift it belongs to.
    pub shift: Option<ShiftId>,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A new epoch begins.
    Start {
        /// The last head this terminal knew, if it had an earlier epoch.
        previous: Option<Head>,
        /// The program's version.
        software: String,
    },
    /// All business days up to and including `through` are over for this terminal.
    Day {
        /// The last day that is over.
        through: BusinessDate,
    },
    /// A cashier opens the till.
    ShiftOpen {
        /// Cash in the drawer, fen.
        float: Fen,
    },
    /// A meal was served.
    Meal(Box<Meal>),
    /// A meal of the same shift is reversed.
    Void {
        /// The meal.
        meal: RecordId,
        /// Why, in the cashier's words.
        reason: String,
        /// The supervisor who allowed it, where one was needed.
        #[serde(skip_serializing_if = "Option::is_none")]
        approved_by: Option<CashierId>,
    },
    /// Money that the office lists as due to an elder is paid out, once.
    Refund(Refund),
    /// A meal of the training mode: it shows what a sale would have been, and is never paid or counted.
    Training(Box<Meal>),
    /// Cash put into the drawer (positive) or taken out (negative) for another purpose than a meal.
    Cash {
        /// Fen.
        amount: Fen,
        /// What for.
        note: String,
    },
    /// The shift ends: the Z report.
    ShiftClose(Box<ShiftClose>),
}

impl Body {
    /// The kind's name on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Day { .. } => "day",
            Self::ShiftOpen { .. } => "shift_open",
            Self::Meal(_) => "meal",
            Self::Void { .. } => "void",
            Self::Refund(_) => "refund",
            Self::Training(_) => "training",
            Self::Cash { .. } => "cash",
            Self::ShiftClose(_) => "shift_close",
        }
    }
}

/// The end of a chain: where it is and what its hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = JournalHead))]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Epoch.
    pub epoch: u32,
    /// Sequence of the last record.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

/// Money paid back to an elder at a till, in cash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// The entry of the office's list that is paid; it is paid once.
    pub due: RefundId,
    /// The meal that the elder paid too much for.
    pub meal: RecordId,
    /// The elder.
    pub elder: ElderId,
    /// Fen, positive: the whole amount of the entry.
    pub amount: Fen,
}

impl Record {
    /// The business day that the record counts for: that of its trusted time, or that of the meal for one entered
    /// from a paper list.
    #[must_use]
    pub fn business_date(&self) -> BusinessDate {
        match &self.body {
            Body::Meal(meal) if meal.paper.is_some() => meal.meal.date,
            _ => self.at.business_date(),
        }
    }
}

/// The Z report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftClose {
    /// Business date of the shift.
    pub date: BusinessDate,
    /// Sequence of its `shift_open`.
    pub first_sequence: u64,
    /// What the terminal counted.
    pub totals: ZTotals,
    /// Cash in the drawer at the start, fen.
    pub float: Fen,
    /// Cash put in less cash taken out for other purposes, fen.
    pub moved: Fen,
    /// Cash that was counted in the drawer, fen.
    pub counted: Fen,
    /// The cashier's word on a difference.
    pub reason: String,
    /// Whether the shift had been forgotten and was closed later.
    pub late: bool,
}

impl ShiftClose {
    /// What ought to be in the drawer, fen.
    #[must_use]
    pub fn expected(&self) -> Fen {
        self.float + self.moved + self.totals.tender(Tender::Cash).amount - self.totals.refunds.amount
    }

    /// Counted less expected, fen.
    #[must_use]
    pub fn difference(&self) -> Fen {
        self.counted - self.expected()
    }
}
