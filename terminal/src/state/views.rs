//! The shapes of the state, as they stand in JSON. Money is in fen, instants in unix ms.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Mode;
use domain::id::{CanteenId, CashierId, RecordId, ShiftId, TerminalId};
use domain::money::Fen;
use domain::record::totals::CountSum;
use domain::record::{Credential, Tender, TimeSource};
use serde::Serialize;

use crate::journal::PeriodCount;
use crate::printer::{Printed, PrinterState};

/// Everything a screen needs.
#[derive(Debug, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) canteen: CanteenView,
    pub(crate) terminal: TerminalId,
    pub(crate) ready: bool,
    pub(crate) clock: ClockView,
    pub(crate) window: Option<WindowView>,
    /// When no meal is served now: the next window, and whether it is tomorrow's.
    pub(crate) next_window: Option<(WindowView, bool)>,
    pub(crate) cashiers: Vec<CashierView>,
    pub(crate) cashier: Option<CashierView>,
    pub(crate) shift: Option<ShiftView>,
    pub(crate) printer: PrinterState,
    pub(crate) sync: SyncView,
    pub(crate) today: Option<TodayView>,
    pub(crate) recent: Vec<MealView>,
    pub(crate) next: Option<NextView>,
    pub(crate) stage: StageView,
    pub(crate) last: Option<MealView>,
    pub(crate) close: Option<CloseView>,
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
pub(crate) struct SyncView {
    pub(crate) online: bool,
    pub(crate) tried: bool,
    pub(crate) unsent: u64,
    pub(crate) oldest: Option<UnixMs>,
    pub(crate) last: Option<UnixMs>,
    pub(crate) roster: UnixMs,
    pub(crate) stale: bool,
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
    pub(crate) mode: Mode,
}

#[derive(Debug, Serialize)]
pub(crate) struct PersonView {
    pub(crate) name: String,
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
    pub(crate) to_pay: Fen,
    pub(crate) tender: Tender,
    pub(crate) other: Option<OtherView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OtherView {
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
    },
}

/// A meal in a list.
#[derive(Clone, Debug, Serialize)]
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
