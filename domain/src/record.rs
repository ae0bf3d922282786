//! Terminal records: one for each thing that happened, appended and never edited.
//!
//! A record is encoded once ([`encoding`]); those bytes are stored, hashed, signed, sent and stored again at the
//! office. A meal carries the whole decision with everything `decide` was given, so that it explains itself as long
//! as somebody can read JSON.

mod bounds;
pub mod check;
pub mod encoding;
pub mod totals;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, UnixMs};
use crate::canteen::CanteenFacts;
use crate::decision::{Decision, MealFacts, Usage};
use crate::elder::ElderFacts;
use crate::id::{BootId, CanteenId, CashierId, Digest, ElderId, RecordId, ShiftId, TerminalId};
use crate::money::Fen;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
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
    },
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
            Self::Cash { .. } => "cash",
            Self::ShiftClose(_) => "shift_close",
        }
    }
}

/// The end of a chain: where it is and what its hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Epoch.
    pub epoch: u32,
    /// Sequence of the last record.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

/// How an elder was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A printed card's QR code.
    Card,
    /// A resident identity number, typed or read.
    ResidentId,
    /// By name and birth date, with a supervisor.
    Manual,
}

/// How the elder paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    /// Cash.
    Cash,
    /// A payment app's QR code.
    QrPayment,
    /// Nothing was paid.
    Free,
}

impl Tender {
    /// All tenders in their order on screen and paper.
    pub const ALL: [Self; 3] = [Self::Cash, Self::QrPayment, Self::Free];
}

/// A served meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meal {
    /// Date, period, mode and list price.
    pub meal: MealFacts,
    /// The elder with all that `decide` was told of them; nothing for a guest at full price.
    pub diner: Option<Diner>,
    /// How it was paid.
    pub tender: Tender,
    /// Whether the server was reached when it was sold.
    pub online: bool,
    /// What was decided, and charged.
    pub decision: Decision,
}

/// Who ate, and the inputs of the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diner {
    /// The pseudonym.
    pub elder: ElderId,
    /// How the elder was recognised.
    pub credential: Credential,
    /// Facts in force on the date, as far as the terminal knew.
    pub facts: ElderFacts,
    /// The canteen's facts in force on the date, as far as the terminal knew.
    pub canteen: CanteenFacts,
    /// Usage before this meal, as far as the terminal knew.
    pub used: Usage,
    /// Version of the roster (the instant it is from).
    pub roster: UnixMs,
    /// Version of the usage feed (the instant it is from).
    pub usage: UnixMs,
    /// Version of the calendar.
    pub calendar: Digest,
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
        self.float + self.moved + self.totals.tender(Tender::Cash).amount
    }

    /// Counted less expected, fen.
    #[must_use]
    pub fn difference(&self) -> Fen {
        self.counted - self.expected()
    }
}
