//! The till: who serves, what waits on the screen, and what each key does.
//!
//! One sale waits at a time, for all screens of this terminal together. Its id is the id that its record will have, so
//! confirming it again, after a lost answer or a restart, finds the record and charges nothing.

mod collection;
mod delivery;
mod drawer;
mod line;
mod menu;
mod next;
mod paper;
pub(crate) mod practice;
mod reader;
mod scan;
mod serve;
mod staff;
mod training;
mod undo;
mod why;

use domain::calendar::{BusinessDate, MealPeriod};
use domain::decision::Mode;
use domain::id::{CashierId, CollectionId, Digest, PaperListId, RecordId, ShiftId};
use domain::money::Fen;
use domain::record::{Collector, Tender};

use crate::checkout::{First, Offer, Person, Refusal};
use crate::core::Core;
use crate::journal::JournalError;
use crate::rules::Rules;
use crate::shift::{Count, OpenShift};
use crate::storage::StorageError;

pub(crate) use line::InLine;
pub(crate) use menu::Menu;
pub(crate) use next::NextSale;
pub(crate) use paper::Line as PaperLine;
pub(crate) use reader::Codes;
pub(crate) use staff::Approval;
pub(crate) use why::Why;

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
    #[error("scans wait for their turn")]
    LineWaits,
    #[error("no more scans can wait")]
    LineFull,
    #[error("another scan has its turn")]
    OtherTurn,
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
    #[error("the till is in training")]
    InTraining,
    #[error("training knows practice persons only")]
    OnlyPractice,
    #[error("a collection goes on")]
    CollectionOpen,
    #[error("no collection goes on")]
    NoCollection,
    #[error("a paper list is open")]
    PaperOpen,
    #[error("no paper list is open")]
    NoPaper,
    #[error("not a day that a paper list may be of")]
    PaperDate { earliest: BusinessDate },
    #[error("nothing stands on the paper list")]
    PaperEmpty,
    #[error("too many lines")]
    PaperFull,
    #[error("needs a second person")]
    SecondPerson,
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    #[error("no such elder here")]
    ElderNotFound,
    #[error("not enough to search by")]
    SearchMore,
    #[error("no credential to keep")]
    NothingToKeep,
    #[error("not a payment reference")]
    BadReference,
    #[error("more than the list price")]
    AboveList { list: Fen },
    #[error("not a possible number of portions")]
    BadPortions,
    #[error("not a meal that was to be delivered")]
    NotDelivery,
    #[error("the office lists no such refund")]
    RefundNotDue,
    #[error("not so much lies in the drawer")]
    DrawerShort { holds: Fen },
    #[error("the disk is full")]
    DiskFull,
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
    /// A sale waits for the cashier; `asks` once somebody else was scanned, until that is answered.
    Serving { offer: Box<Offer>, tender: Tender, asks: bool },
    /// The elder has had this meal.
    Duplicate { person: Box<Person>, period: MealPeriod, first: First },
    /// The scan brought no subsidy.
    Refused(Refusal),
}

/// Meals that one person takes along in one go.
#[derive(Clone, Debug)]
pub(crate) struct Collecting {
    pub(crate) by: Collector,
    pub(crate) id: CollectionId,
    /// The meals so far.
    pub(crate) meals: Vec<RecordId>,
}

/// A paper list that is being entered.
#[derive(Clone, Debug)]
pub(crate) struct PaperDraft {
    pub(crate) list: PaperListId,
    pub(crate) date: BusinessDate,
    pub(crate) period: MealPeriod,
    pub(crate) lines: Vec<Offer>,
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
    /// What was keyed before the scan.
    pub(crate) next: NextSale,
    pub(crate) stage: Stage,
    /// Scans that came while a sale waited, in their order. Nobody leaves it unserved but by a key.
    pub(crate) line: Vec<InLine>,
    /// How many ever stood in it.
    pub(crate) turns: u32,
    /// How often somebody went back to scanning: what was being looked up before is wanted no longer.
    pub(crate) cancels: u64,
    /// What scans brought to the screen so far: tells one refusal from the next.
    pub(crate) showing: u64,
    /// A scan is being looked up.
    pub(crate) reading: bool,
    /// The sale that was just made; forgotten with the next scan or key.
    pub(crate) done: Option<RecordId>,
    /// How often somebody asked to hear the amount again.
    pub(crate) repeats: u32,
    pub(crate) last_scan: Option<(Digest, i64)>,
    pub(crate) last: Option<RecordId>,
    pub(crate) counted: Option<Counted>,
    /// Sales are exercises: recorded as such, never meals.
    pub(crate) training: bool,
    pub(crate) collecting: Option<Collecting>,
    pub(crate) paper: Option<PaperDraft>,
}

impl TillState {
    /// The way the next meal is handed over: eaten here unless a key or a collection says otherwise.
    pub(crate) fn mode(&self) -> Mode {
        let usual = match self.collecting.as_ref().map(|collecting| collecting.by) {
            None => Mode::DineIn,
            Some(Collector::Caregiver | Collector::Spouse) => Mode::Pickup,
            Some(Collector::DeliveryRound) => Mode::Delivery,
        };
        self.next.mode.unwrap_or(usual)
    }

    /// What has to be finished before the cashier may leave or change.
    fn unfinished(&self) -> Result<(), TillError> {
        if matches!(self.stage, Stage::Serving { .. }) {
            return Err(TillError::SaleWaits);
        }
        if self.collecting.is_some() {
            return Err(TillError::CollectionOpen);
        }
        if self.paper.is_some() { Err(TillError::PaperOpen) } else { Ok(()) }
    }
}

/// The screen's state behind its lock.
#[derive(Default)]
pub(crate) struct Till {
    pub(crate) state: tokio::sync::Mutex<TillState>,
    /// Held while a PIN is looked at: hashing takes memory, and a till has little.
    pub(crate) pins: tokio::sync::Mutex<()>,
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
        // The office may have taken the cashier off the list while the shift is open: somebody else closes it.
        rules.cashier(cashier).ok_or(TillError::UnknownCashier)?;
        let shift = self.journal.open_shift().await?.ok_or(TillError::ShiftNotOpen)?;
        if self.is_forgotten(&shift, Some(cashier)) {
            return Err(TillError::ShiftForgotten);
        }
        if let Some(date) = self.unconfirmed_date() {
            return Err(TillError::ConfirmDate { date });
        }
        Ok(OnDuty { rules, cashier, shift })
    }

    /// As [`Core::on_duty`], for what moves money or ends a meal: never in training.
    pub(crate) async fn on_duty_for_real(&self, state: &TillState) -> Result<OnDuty, TillError> {
        let duty = self.on_duty(state).await?;
        if state.training { Err(TillError::InTraining) } else { Ok(duty) }
    }

    /// Whether a record would fit on the disk.
    pub(crate) fn room(&self) -> Result<(), TillError> {
        if self.disk.has_room() { Ok(()) } else { Err(TillError::DiskFull) }
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
