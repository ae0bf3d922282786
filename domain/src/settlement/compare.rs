//! A canteen's month against the month before.

use super::Statement;
use crate::money::Fen;

/// A change that, rounded to thousandths as it is shown, is more than so many a day, up or down, has to be explained.
pub const MARKED: i64 = 150;

/// What is served a day, against another month, thousandths, rounded half away from zero: each month by its subsidies
/// (fen) and its days on which meals were served. Nothing where one of them had no such day, or there was nothing before.
#[must_use]
pub fn change_a_day((now, days): (Fen, u32), (before, days_before): (Fen, u32)) -> Option<i64> {
    let (a, da) = (i128::from(now.get()), i128::from(days));
    let (b, db) = (i128::from(before.get()), i128::from(days_before));
    if da == 0 || db == 0 || b <= 0 {
        return None;
    }
    let (above, below) = ((a * db - b * da) * 1000, b * da);
    // Halves away from zero, as people round.
    let rounded = (2 * above.abs() + below) / (2 * below);
    i64::try_from(if above < 0 { -rounded } else { rounded }).ok()
}

/// The change of a statement against the month before, where it has to be explained, thousandths.
#[must_use]
pub fn marked_change(now: &Statement, before: &Statement) -> Option<i64> {
    let of = |statement: &Statement| (statement.served_total(), statement.reconciliation.open_days);
    change_a_day(of(now), of(before)).filter(|change| change.abs() > MARKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_compared_a_day() {
        let change = |a, da, b, db| change_a_day((Fen::new(a), da), (Fen::new(b), db));
        assert_eq!(change(2_229_100, 31, 1_542_400, 21), Some(-21));
        assert_eq!(change(1182, 1, 1000, 1), Some(182));
        assert_eq!(change(7750, 10, 1000, 1), Some(-225));
        assert_eq!(change(1000, 1, 2000, 2), Some(0));
        assert_eq!((change(5, 1, 0, 1), change(5, 0, 5, 1), change(5, 1, 5, 0)), (None, None, None));
        assert_eq!(change(i64::MAX, 31, i64::MAX, 31), Some(0), "nothing overflows");
    }
}
