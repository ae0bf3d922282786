//! The slip of a record: what the diner takes away, made again from the record whenever it is printed.

use domain::calendar::UnixMs;
use domain::decision::Kind;
use domain::money::Fen;
use domain::record::{Body, Collector, Meal, Record, ShiftClose, Tender};
use domain::words::{Language, mode_name, period_name};
use receipts::PrintError;
use receipts::slip::{Marks, Paper, RefundSlip, ShiftSlip, Slip, SlipMeal, Tally, VoidSlip};

use crate::journal::Stored;
use crate::words::ZH;

/// What stands on a slip besides the record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    /// The canteen's name.
    pub(crate) canteen: String,
    /// Its telephone.
    pub(crate) phone: String,
    /// The elder's masked name, for a meal or its reversal.
    pub(crate) name: Option<String>,
    /// The cashier, in full.
    pub(crate) cashier: String,
    /// For a reversal or a refund: the meal, if this till sold it.
    pub(crate) meal: Option<Box<Stored>>,
    /// For a reversal: who allowed it.
    pub(crate) approver: Option<String>,
    /// For a refund: the business date of the meal.
    pub(crate) meal_date: String,
    /// For a meal that was taken along with others: all of them, each with the elder's masked name.
    pub(crate) together: Vec<(Stored, String)>,
    /// For a Z report: when the shift was opened, and its last sequence.
    pub(crate) shift: Option<(UnixMs, (u64, u64))>,
    /// For a Z report: the shift's number at this till.
    pub(crate) number: u32,
    /// For a Z report: how often cash was put in or taken out.
    pub(crate) moves: u64,
    /// For a Z report: slips printed again.
    pub(crate) reprints: u32,
    /// For a Z report: records that were not sent.
    pub(crate) unsent: u64,
    /// Whether it was printed before.
    pub(crate) reprint: bool,
    /// Whether the record is a meal that was reversed.
    pub(crate) voided: bool,
}

/// Date and time to the minute.
pub(crate) fn date_time(at: UnixMs) -> String {
    format!("{} {}", at.local_date(), &at.local_clock()[..5])
}

/// The tender's name on paper.
pub(crate) const fn tender_name(tender: Tender) -> &'static str {
    match tender {
        Tender::Cash => ZH.tender_cash,
        Tender::QrPayment => ZH.tender_qr,
        Tender::Free => ZH.tender_free,
    }
}

/// The bytes for the printer; nothing for a record that has no slip.
pub(crate) fn compose(
    stored: &Stored,
    around: &Around,
    paper: Paper,
    fonts: &receipts::Fonts,
) -> Result<Option<Vec<u8>>, PrintError> {
    let record = &stored.record;
    let hash = stored.signed.hash().short();
    match &record.body {
        Body::Meal(meal) | Body::Training(meal) => {
            meal_slip(record, meal, hash, around).to_escpos(paper, fonts).map(Some)
        }
        Body::Refund(refund) => Ok(Some(refund_slip(record, refund.amount, hash, around).to_escpos(paper, fonts))),
        Body::Void { reason, .. } => {
            let slip = void_slip(record, reason, hash, around);
            Ok(slip.map(|slip| slip.to_escpos(paper, fonts)))
        }
        Body::ShiftClose(close) => Ok(Some(shift_slip(record, close, hash, around).to_escpos(paper, fonts))),
        _ => Ok(None),
    }
}

const fn marks(record: &Record, around: &Around) -> Marks {
    Marks { reprint: around.reprint, training: matches!(record.body, Body::Training(_)), voided: around.voided }
}

fn who(around: &Around) -> String {
    around.name.clone().unwrap_or_else(|| ZH.guest.to_owned())
}

fn slip_meal(who: String, meal: &Meal) -> SlipMeal {
    let decision = &meal.decision;
    SlipMeal {
        who,
        portions: 1,
        price: decision.price,
        subsidy: decision.total(Kind::Diner),
        concession: decision.total(Kind::Concession),
        delivery_fee: decision.delivery_fee,
        own: decision.to_pay(),
    }
}

/// One meal, or all that one person takes along.
fn meal_slip(record: &Record, meal: &Meal, hash: String, around: &Around) -> Slip {
    let mut meals = vec![slip_meal(who(around), meal)];
    let (mut tenders, mut sequences) = (vec![tender_name(meal.tender)], vec![record.sequence.to_string()]);
    let mut footer = Vec::new();
    if let Some(collection) = meal.collection.as_ref().filter(|_| around.together.is_empty()) {
        // Reversed, it is no part of what was taken along; by whom it was to be taken stays true.
        footer.push(ZH.fill(ZH.slip_collected_alone, &[("by", collector_name(collection.by))]));
    }
    if let (Some(collection), false) = (&meal.collection, around.together.is_empty()) {
        (meals, tenders, sequences) = (Vec::new(), Vec::new(), Vec::new());
        for (stored, name) in &around.together {
            let Body::Meal(meal) = &stored.record.body else { continue };
            meals.push(slip_meal(name.clone(), meal));
            sequences.push(stored.record.sequence.to_string());
            if !tenders.contains(&tender_name(meal.tender)) {
                tenders.push(tender_name(meal.tender));
            }
        }
        let values = [("by", collector_name(collection.by)), ("count", &*meals.len().to_string())];
        footer.push(ZH.fill(ZH.slip_collected, &values));
    }
    if !around.phone.is_empty() {
        footer.push(ZH.fill(ZH.slip_phone, &[("phone", &around.phone)]));
    }
    let tender = tenders.join("、");
    Slip {
        canteen: around.canteen.clone(),
        at: date_time(record.at),
        period: period_name(&meal.meal.period, Language::Chinese),
        mode: mode_name(meal.meal.mode, Language::Chinese).to_owned(),
        meals,
        tender: match &meal.reference {
            Some(reference) => format!("{tender} {reference}"),
            None => tender,
        },
        sequence: sequences.join("、"),
        record: hash,
        footer,
        marks: marks(record, around),
    }
}

/// Who takes meals along, on paper.
pub(crate) const fn collector_name(by: Collector) -> &'static str {
    match by {
        Collector::Caregiver => ZH.collector_caregiver,
        Collector::Spouse => ZH.collector_spouse,
        Collector::DeliveryRound => ZH.collector_round,
    }
}

fn refund_slip(record: &Record, amount: Fen, hash: String, around: &Around) -> RefundSlip {
    RefundSlip {
        canteen: around.canteen.clone(),
        at: date_time(record.at),
        who: who(around),
        meal_date: around.meal_date.clone(),
        amount,
        cashier: around.cashier.clone(),
        sequence: record.sequence.to_string(),
        record: hash,
        marks: marks(record, around),
    }
}

fn void_slip(record: &Record, reason: &str, hash: String, around: &Around) -> Option<VoidSlip> {
    let voided = around.meal.as_ref()?;
    let Body::Meal(meal) = &voided.record.body else { return None };
    Some(VoidSlip {
        canteen: around.canteen.clone(),
        at: date_time(record.at),
        who: who(around),
        voided_sequence: voided.record.sequence.to_string(),
        voided_at: date_time(voided.record.at),
        refund: meal.decision.to_pay(),
        tender: tender_name(meal.tender).to_owned(),
        reason: reason.to_owned(),
        cashier: around.cashier.clone(),
        approver: around.approver.clone(),
        sequence: record.sequence.to_string(),
        record: hash,
        marks: marks(record, around),
    })
}

fn shift_slip(record: &Record, close: &ShiftClose, hash: String, around: &Around) -> ShiftSlip {
    let totals = &close.totals;
    let tally = |label: &str, sum: domain::record::totals::CountSum| Tally {
        label: label.to_owned(),
        count: sum.count.into(),
        amount: sum.amount,
    };
    let z_money = |close: &ShiftClose| {
        let mut lines: Vec<Tally> = Tender::ALL.map(|tender| tally(tender_name(tender), totals.tender(tender))).into();
        if !totals.refunds.is_nothing() {
            let paid = domain::record::totals::CountSum { amount: -totals.refunds.amount, ..totals.refunds };
            lines.push(tally(ZH.refunds_paid, paid));
        }
        if !close.moved.is_zero() {
            lines.push(Tally { label: ZH.cash_moved.to_owned(), count: around.moves, amount: close.moved });
        }
        lines
    };
    let (opened_at, sequences) = around.shift.unwrap_or((record.at, (close.first_sequence, record.sequence)));
    ShiftSlip {
        canteen: around.canteen.clone(),
        terminal: record.terminal.to_string().chars().take(8).collect(),
        cashier: around.cashier.clone(),
        shift: around.number.to_string(),
        opened_at: date_time(opened_at),
        closed_at: date_time(record.at),
        meals: vec![tally(ZH.z_meals, totals.meals), tally(ZH.z_guests, totals.guests)],
        tenders: z_money(close),
        subsidies: vec![tally(ZH.subsidy, totals.diner), tally(ZH.concession, totals.concession)],
        voids: tally(ZH.z_voids, totals.voids),
        reprints: around.reprints.into(),
        float: close.float,
        expected: close.expected(),
        counted: close.counted,
        explanation: (!close.reason.is_empty()).then(|| close.reason.clone()),
        manager: None,
        sequences: (sequences.0.to_string(), sequences.1.to_string()),
        unsent: around.unsent,
        record: hash,
        marks: marks(record, around),
    }
}
