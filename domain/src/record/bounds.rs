//! What no record can hold, so that sums over records never leave their range: whoever reads a record may add.

use super::{Body, Meal, Record, ShiftClose};
use crate::calendar::UnixMs;
use crate::money::Fen;

/// A million yuan: no meal, float or drawer holds more.
const MOST: Fen = Fen::new(100_000_000);
/// More than a shift of such meals.
const MOST_OF_A_SHIFT: Fen = Fen::new(1_000_000_000_000);
/// More benefits than a policy may have.
const MOST_LINES: usize = 300;
/// 2000-01-01 and 2200-01-01, unix ms.
const TIMES: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;
/// Words that a cashier types.
const MOST_WORDS: usize = 2_000;

/// The first field that is out of range.
pub(super) fn check(record: &Record) -> Result<(), &'static str> {
    let time = |at: UnixMs| TIMES.contains(&at.get());
    require(time(record.at), "at")?;
    require(u32::try_from(record.sequence).is_ok(), "sequence")?;
    match &record.body {
        Body::Meal(meal) | Body::Training(meal) => check_meal(meal),
        Body::ShiftClose(close) => check_close(close),
        Body::ShiftOpen { float } => require(within(*float, MOST), "float"),
        Body::Cash { amount, note } => {
            require(within(*amount, MOST), "amount")?;
            require(note.len() <= MOST_WORDS, "note")
        }
        Body::Void { reason, .. } => require(reason.len() <= MOST_WORDS, "reason"),
        Body::Refund(refund) => require(within(refund.amount, MOST), "amount"),
        Body::Start { software, .. } => require(software.len() <= MOST_WORDS, "software"),
        Body::Day { .. } => Ok(()),
    }
}

fn require(holds: bool, field: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(field) }
}

fn within(amount: Fen, most: Fen) -> bool {
    (-most..=most).contains(&amount)
}

fn check_meal(meal: &Meal) -> Result<(), &'static str> {
    let positive = |amount: Fen| !amount.is_negative() && amount <= MOST;
    let decision = &meal.decision;
    require(positive(meal.meal.price) && positive(decision.price), "price")?;
    require(positive(decision.own_payment) && positive(decision.delivery_fee), "own_payment")?;
    require(decision.lines.len() <= MOST_LINES, "lines")?;
    for line in &decision.lines {
        let shares = line.shares.len() <= MOST_LINES && line.shares.iter().all(|s| positive(s.amount));
        require(positive(line.amount) && shares, "lines")?;
    }
    require(meal.reference.as_ref().is_none_or(|text| text.len() <= MOST_WORDS), "reference")?;
    let used = meal.diner.iter().flat_map(|d| &d.used.0).all(|u| within(u.counts.month_amount, MOST));
    require(used, "used")
}

fn check_close(close: &ShiftClose) -> Result<(), &'static str> {
    let drawer = [close.float, close.moved, close.counted].into_iter().all(|amount| within(amount, MOST_OF_A_SHIFT));
    let sums = close.totals.sums().into_iter().all(|sum| within(sum.amount, MOST_OF_A_SHIFT));
    require(drawer && sums, "totals")?;
    require(close.reason.len() <= MOST_WORDS, "reason")
}
