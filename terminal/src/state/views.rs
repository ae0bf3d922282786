//! The shapes of the state, as they stand in JSON. Money is in fen, instants in unix ms.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Mode;
use domain::id::{CanteenId, CashierId, CollectionId, ElderId, PaperListId, RecordId, RefundId, ShiftId, TerminalId};
use domain::money::Fen;
use domain::record::totals::CountSum;
use domain::record::{Collector, Credential, Tender, TimeSource};
use domain::sync::{OfflineLimits, Versions};
use serde::Serialize;

use crate::journal::{Interrupted, PeriodCount};
use crate::printer::{Printed, PrinterState};
use crate::salvage::Damage;

/// Everything a screen needs.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a page reads by its name")]
pub(crate) struct Snapshot {
    pub(crate) canteen: CanteenView,
    pub(crate) terminal: TerminalId,
    pub(crate) ready: bool,
    pub(crate) clock: ClockView,
    pub(crate) window: Option<WindowView>,
    /// When no meal is served now: the next window, and whether it is tomorrow's.
    pub(crate) next_window: Option<(WindowView, bool)>,
    /// Meals that have a price here.
    pub(crate) periods: Vec<MealPeriod>,
    pub(crate) cashiers: Vec<CashierView>,
    pub(crate) cashier: Option<CashierView>,
    /// Somebody is signed in, on the office's list or not any more.
    pub(crate) signed_in: bool,
    pub(crate) shift: Option<ShiftView>,
    pub(crate) printer: PrinterState,
    pub(crate) sync: SyncView,
    pub(crate) today: Option<TodayView>,
    pub(crate) recent: Vec<MealView>,
    pub(crate) next: Option<NextView>,
    pub(crate) stage: StageView,
    /// What scans brought to the screen so far: tells one refusal from the next.
    pub(crate) showing: u64,
    /// Scans that wait for their turn, in their order.
    pub(crate) line: Vec<InLineView>,
    /// The first portion of the last sale, and all of them together.
    pub(crate) last: Option<MealView>,
    pub(crate) last_sale: Option<SaleView>,
    pub(crate) close: Option<CloseView>,
    /// Nothing that is sold now is a sale.
    pub(crate) training: bool,
    pub(crate) collection: Option<CollectionView>,
    pub(crate) paper: Option<PaperView>,
    /// A database that was damaged, until a cashier has read of it.
    pub(crate) damage: Option<Damage>,
    /// A run that did not end in order, until a cashier has read of it.
    pub(crate) interrupted: Option<Interrupted>,
    /// In training: the day's exercises.
    pub(crate) practice: Option<PracticeView>,
    /// Meals of today that are out for delivery.
    pub(crate) deliveries: u32,
    /// Records of today that the office doubts.
    pub(crate) doubted: usize,
    /// What the elder's display shows.
    pub(crate) elder: ElderView,
    /// Too little room for another record.
    pub(crate) disk_full: bool,
    /// Shown while an administrator has yet to compare it.
    pub(crate) fingerprint: String,
}

/// The day's exercises.
#[derive(Debug, Serialize)]
pub(crate) struct PracticeView {
    pub(crate) count: u32,
    pub(crate) recent: Vec<MealView>,
}

/// What the elder's display shows besides the stage.
#[derive(Debug, Serialize)]
pub(crate) struct ElderView {
    /// A scan is being looked up.
    pub(crate) reading: bool,
    /// The sale that was just made.
    pub(crate) done: Option<DoneView>,
    /// How often somebody asked to hear it again.
    pub(crate) repeats: u32,
    /// Today's dishes of the window.
    pub(crate) menu: Vec<String>,
}

/// The portions of a sale that were not reversed, and what was paid for them.
#[derive(Debug, Serialize)]
pub(crate) struct SaleView {
    pub(crate) portions: usize,
    pub(crate) to_pay: Fen,
}

/// A sale that was just made.
#[derive(Debug, Serialize)]
pub(crate) struct DoneView {
    /// Its first portion.
    pub(crate) record: RecordId,
    #[serde(flatten)]
    pub(crate) sale: SaleView,
}

/// A meal that leaves the house.
#[derive(Debug, Serialize)]
pub(crate) struct DeliveryView {
    pub(crate) meal: MealView,
    /// When it was noted as handed over.
    pub(crate) delivered: Option<UnixMs>,
}

/// Meals that one person takes along.
#[derive(Debug, Serialize)]
pub(crate) struct CollectionView {
    pub(crate) by: Collector,
    pub(crate) id: CollectionId,
    pub(crate) meals: Vec<MealView>,
    pub(crate) to_pay: Fen,
}

/// A paper list that is being entered.
#[derive(Debug, Serialize)]
pub(crate) struct PaperView {
    pub(crate) list: PaperListId,
    pub(crate) date: BusinessDate,
    pub(crate) period: MealPeriod,
    pub(crate) lines: Vec<PaperLineView>,
    pub(crate) to_pay: Fen,
}

/// One line of it, counted from 1.
#[derive(Debug, Serialize)]
pub(crate) struct PaperLineView {
    pub(crate) line: usize,
    pub(crate) person: Option<PersonView>,
    pub(crate) mode: Mode,
    pub(crate) price: Fen,
    pub(crate) subsidy: Fen,
    pub(crate) concession: Fen,
    pub(crate) to_pay: Fen,
    pub(crate) tender: Tender,
}

/// Money due back to an elder.
#[derive(Debug, Serialize)]
pub(crate) struct RefundView {
    pub(crate) id: RefundId,
    pub(crate) name: String,
    pub(crate) date: BusinessDate,
    pub(crate) amount: Fen,
}

/// An elder found by name and birth date.
#[derive(Debug, Serialize)]
pub(crate) struct FoundView {
    pub(crate) elder: ElderId,
    pub(crate) name: String,
    pub(crate) age: u8,
    pub(crate) female: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct CanteenView {
    pub(crate) id: CanteenId,
    pub(crate) name: String,
    pub(crate) phone: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ClockView {
    pub(crate) at: UnixMs,
    pub(crate) source: TimeSource,
    pub(crate) date: BusinessDate,
}

#[derive(Debug, Serialize)]
pub(crate) struct WindowView {
    pub(crate) period: MealPeriod,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) open: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct CashierView {
    pub(crate) id: CashierId,
    pub(crate) name: String,
    pub(crate) supervisor: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShiftView {
    pub(crate) id: ShiftId,
    pub(crate) cashier: String,
    pub(crate) date: BusinessDate,
    pub(crate) opened_at: UnixMs,
    pub(crate) float: Fen,
    pub(crate) forgotten: bool,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own in JSON")]
pub(crate) struct SyncView {
    pub(crate) online: bool,
    pub(crate) tried: bool,
    pub(crate) unsent: u64,
    pub(crate) oldest: Option<UnixMs>,
    pub(crate) last: Option<UnixMs>,
    /// The instants that roster and usage are from, and how long ago that was.
    pub(crate) roster: UnixMs,
    pub(crate) usage: UnixMs,
    pub(crate) roster_age_ms: i64,
    pub(crate) usage_age_ms: i64,
    pub(crate) limits: OfflineLimits,
    /// The roster is older than the soft limit: tell.
    pub(crate) stale: bool,
    /// It is older than the hard limit: full price.
    pub(crate) too_old: bool,
    /// What is held of the office, since the last full round.
    pub(crate) versions: Option<Versions>,
    /// Refunds that may be paid here.
    pub(crate) refunds: usize,
    /// The code with which the office turned this terminal away.
    pub(crate) turned_away: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TodayView {
    pub(crate) period: MealPeriod,
    #[serde(flatten)]
    pub(crate) count: PeriodCount,
    pub(crate) yesterday: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NextView {
    pub(crate) period: MealPeriod,
    pub(crate) price: Option<Fen>,
    /// An amount was keyed in place of the list price.
    pub(crate) typed: bool,
    pub(crate) portions: u8,
    pub(crate) mode: Mode,
}

#[derive(Debug, Serialize)]
pub(crate) struct PersonView {
    pub(crate) name: String,
    /// Whose photo this till holds, if it holds one.
    pub(crate) photo: Option<ElderId>,
    pub(crate) initial: String,
    pub(crate) age: u8,
    pub(crate) female: bool,
    pub(crate) credential: Credential,
    pub(crate) tail: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OfferView {
    pub(crate) sale: RecordId,
    pub(crate) person: Option<PersonView>,
    pub(crate) period: MealPeriod,
    pub(crate) mode: Mode,
    pub(crate) price: Fen,
    pub(crate) subsidy: Fen,
    pub(crate) concession: Fen,
    pub(crate) delivery_fee: Fen,
    pub(crate) own_payment: Fen,
    /// Of all portions.
    pub(crate) to_pay: Fen,
    /// All portions; those after the first are guests' at full price.
    pub(crate) portions: usize,
    /// What the further portions cost.
    pub(crate) extra_price: Fen,
    pub(crate) tender: Tender,
    /// Who was scanned while this one waits: asked about until it is answered.
    pub(crate) other: Option<OtherView>,
    /// A credential is kept with this guest's meal.
    pub(crate) unidentified: bool,
    /// The price is full because the list is too old.
    pub(crate) list_too_old: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct OtherView {
    pub(crate) name: Option<String>,
}

/// A scan that waits for its turn; without a name if it names nobody.
#[derive(Debug, Serialize)]
pub(crate) struct InLineView {
    pub(crate) turn: u32,
    pub(crate) name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FirstView {
    pub(crate) at: UnixMs,
    pub(crate) here: bool,
    pub(crate) meal: Option<MealView>,
    pub(crate) cashier: Option<String>,
}

/// What the left card shows.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum StageView {
    SignIn,
    OpenShift,
    ForgottenShift,
    ConfirmDate,
    Idle,
    Serving(Box<OfferView>),
    Duplicate {
        person: PersonView,
        period: MealPeriod,
        first: Box<FirstView>,
        price: Option<Fen>,
    },
    Refused {
        code: &'static str,
        tail: Option<String>,
        since: Option<UnixMs>,
        list_at: Option<UnixMs>,
        next: Option<WindowView>,
        tomorrow: bool,
        period: Option<MealPeriod>,
        price: Option<Fen>,
        /// The credential may be kept with a meal at full price.
        may_keep: bool,
    },
}

/// A meal in a list.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own in JSON")]
pub(crate) struct MealView {
    pub(crate) record: RecordId,
    pub(crate) sequence: u64,
    pub(crate) at: UnixMs,
    pub(crate) name: Option<String>,
    pub(crate) guest: bool,
    pub(crate) period: MealPeriod,
    pub(crate) mode: Mode,
    pub(crate) tender: Tender,
    pub(crate) price: Fen,
    pub(crate) subsidy: Fen,
    pub(crate) concession: Fen,
    pub(crate) delivery_fee: Fen,
    pub(crate) own_payment: Fen,
    pub(crate) to_pay: Fen,
    pub(crate) voided: bool,
    pub(crate) printed: Printed,
    /// Its place in its period; only where one meal is shown.
    pub(crate) number: Option<u32>,
    pub(crate) shift: Option<ShiftId>,
    pub(crate) here_shift: bool,
    pub(crate) training: bool,
    /// How the elder was recognised; nothing for a guest.
    pub(crate) credential: Option<Credential>,
    /// Entered from a paper list.
    pub(crate) paper: bool,
    pub(crate) collector: Option<Collector>,
    /// A credential was kept that nobody could be asked about.
    pub(crate) unidentified: bool,
    pub(crate) reference: Option<String>,
    /// What the office said of it, where it did not simply accept it: a stable code.
    pub(crate) doubt: Option<String>,
    /// The elder had the same meal elsewhere too, at this instant.
    pub(crate) elsewhere: Option<UnixMs>,
}

/// The closing of a shift. What was expected is told only once the drawer was counted.
#[derive(Debug, Serialize)]
pub(crate) struct CloseView {
    pub(crate) denominations: Vec<(i64, u32)>,
    pub(crate) counted: Option<Fen>,
    pub(crate) sums: Option<SumsView>,
    pub(crate) number: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct SumsView {
    pub(crate) float: Fen,
    pub(crate) cash: CountSum,
    pub(crate) moved: Fen,
    pub(crate) expected: Fen,
    pub(crate) difference: Fen,
    pub(crate) needs_reason: bool,
    pub(crate) needs_supervisor: bool,
    pub(crate) totals: domain::record::ZTotals,
    pub(crate) first_sequence: u64,
    pub(crate) last_sequence: u64,
}
