//! The till: who serves, what waits on the screen, and what each key does.
//!
//! One sale waits at a time, for all screens of this terminal together. Its id is the id that its record will have, so
//! confirming it again, after a lost answer or a restart, finds the record and charges nothing.

mod serve;
mod staff;

use domain::calendar::{BusinessDate, MealPeriod};
use domain::decision::Mode;
use domain::id::{CashierId, Digest, RecordId, ShiftId};
use domain::money::Fen;
use domain::record::Tender;

use crate::checkout::{First, Offer, Person, Refusal};
use crate::core::Core;
use crate::journal::JournalError;
use crate::rules::Rules;
use crate::shift::{Count, OpenShift};
use crate::storage::StorageError;

pub(crate) use staff::Approval;

/// The same scan again within this time is the scanner's trigger held too long.
pub(crate) const SAME_SCAN_MS: i64 = 3_000;
/// A reason or note is at most so many characters.
const MAX_TEXT: usize = 100;
/// A float is at most so much: a hundred thousand yuan.
const MAX_FLOAT: Fen = Fen::new(10_000_000);

/// Why a key did nothing. Nothing was charged and nothing lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TillError {
    #[error("no setup has arrived from the office yet")]
    NoSetup,
    #[error("nobody is signed in")]
    SignInFirst,
    #[error("no such cashier here")]
    UnknownCashier,
    #[error("wrong PIN")]
    WrongPin { left: u32 },
    #[error("too soon after wrong PINs")]
    PinWait { seconds: i64 },
    #[error("locked after ten wrong PINs")]
    PinLocked,
    #[error("no shift is open")]
    ShiftNotOpen,
    #[error("a shift is open already")]
    ShiftOpen,
    #[error("the last shift was not closed")]
    ShiftForgotten,
    #[error("the date has to be confirmed")]
    ConfirmDate { date: BusinessDate },
    #[error("an amount that cannot be")]
    BadAmount,
    #[error("no sale waits")]
    NothingWaits,
    #[error("another sale waits")]
    OtherSale,
    #[error("a sale waits")]
    SaleWaits,
    #[error("cannot be paid so")]
    BadTender,
    #[error("the meal is not on this till")]
    MealNotFound,
    #[error("the meal belongs to another shift")]
    OtherShift,
    #[error("a reason is missing")]
    ReasonMissing,
    #[error("too long a text")]
    TextTooLong,
    #[error("the drawer was not counted yet")]
    CountFirst,
    #[error("the drawer was counted")]
    Counted,
    #[error("needs a supervisor")]
    SupervisorNeeded,
    #[error("not a supervisor")]
    NotSupervisor,
    #[error("nothing can be printed")]
    NoPrinter,
    #[error("not a record with a slip")]
    NoSlip,
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What the left card shows.
#[derive(Clone, Debug, Default)]
pub(crate) enum Stage {
    /// Waiting for a scan.
    #[default]
    Idle,
    /// A sale waits for the cashier; `other` was scanned meanwhile.
    Serving { offer: Box<Offer>, tender: Tender, other: Option<Box<Other>> },
    /// The elder has had this meal.
    Duplicate { person: Box<Person>, period: MealPeriod, first: First },
    /// The scan brought no subsidy.
    Refused(Refusal),
}

/// A scan that came while a sale waited.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) code: String,
    /// Nothing when it names nobody.
    pub(crate) name: Option<String>,
}

/// A blind count that was confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) shift: ShiftId,
    pub(crate) count: Count,
    /// Records in the shift when it was counted: one more and the count is void.
    pub(crate) records: usize,
}

/// What is on the screen; forgotten when the program ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct TillState {
    pub(crate) cashier: Option<CashierId>,
    pub(crate) mode: Option<Mode>,
    pub(crate) stage: Stage,
    pub(crate) last_scan: Option<(Digest, i64)>,
    pub(crate) last: Option<RecordId>,
    pub(crate) counted: Option<Counted>,
}

impl TillState {
    /// The way the next meal is handed over: eaten here unless a key said otherwise.
    pub(crate) fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::DineIn)
    }
}

/// The screen's state behind its lock.
#[derive(Default)]
pub(crate) struct Till {
    pub(crate) state: tokio::sync::Mutex<TillState>,
}

/// What a sale stands on: a cashier with an open shift of today.
pub(crate) struct OnDuty {
    pub(crate) rules: std::sync::Arc<Rules>,
    pub(crate) cashier: CashierId,
    pub(crate) shift: OpenShift,
}

impl Core {
    /// The cashier and shift that a sale needs.
    pub(crate) async fn on_duty(&self, state: &TillState) -> Result<OnDuty, TillError> {
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        let cashier = state.cashier.ok_or(TillError::SignInFirst)?;
        let shift = self.journal.open_shift().await?.ok_or(TillError::ShiftNotOpen)?;
        if self.is_forgotten(&shift, Some(cashier)) {
            return Err(TillError::ShiftForgotten);
        }
        Ok(OnDuty { rules, cashier, shift })
    }

    /// Whether a shift is somebody else's, or of another day, and has to be closed first.
    pub(crate) fn is_forgotten(&self, shift: &OpenShift, cashier: Option<CashierId>) -> bool {
        shift.date != self.time.today() || (cashier.is_some() && shift.cashier != cashier)
    }
}

/// A text that people typed: trimmed, and not longer than it may be.
fn text(typed: &str) -> Result<String, TillError> {
    let text: String = typed.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > MAX_TEXT { Err(TillError::TextTooLong) } else { Ok(text) }
}
