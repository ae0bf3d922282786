//! A cashier's turn at the till: float, blind count, difference, Z.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CashierId, ShiftId};
use domain::money::Fen;
use domain::record::{Body, Record, ShiftClose, Tender, ZTotals};

use crate::journal::{Journal, Stored};
use crate::storage::StorageError;

/// Notes and coins, fen, in the order in which they are counted.
pub const DENOMINATIONS: [i64; 8] = [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10];
/// A larger difference than this needs a supervisor.
pub const DIFFERENCE_LIMIT: Fen = Fen::new(1_000);
/// More pieces of one kind than this are a slip of the finger.
const MOST_PIECES: u32 = 100_000;

/// A shift that has not been closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenShift {
    pub(crate) id: ShiftId,
    pub(crate) cashier: Option<CashierId>,
    pub(crate) opened_at: UnixMs,
    pub(crate) date: BusinessDate,
    pub(crate) float: Fen,
    pub(crate) first_sequence: u64,
}

/// How many pieces of each note and coin lie in the drawer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count(BTreeMap<i64, u32>);

impl Count {
    /// Takes a count over, unless it names a note that does not exist or too many pieces.
    pub(crate) fn new(pieces: BTreeMap<i64, u32>) -> Option<Self> {
        let possible = |(value, count): (&i64, &u32)| DENOMINATIONS.contains(value) && *count <= MOST_PIECES;
        pieces.iter().all(possible).then_some(Self(pieces))
    }

    pub(crate) fn pieces(&self, denomination: i64) -> u32 {
        self.0.get(&denomination).copied().unwrap_or(0)
    }

    /// Its value.
    pub(crate) fn total(&self) -> Fen {
        self.0.iter().map(|(value, count)| Fen::new(*value).times(i64::from(*count))).sum()
    }
}

/// What a shift comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShiftSums {
    pub(crate) totals: ZTotals,
    pub(crate) moved: Fen,
    /// First and last sequence.
    pub(crate) sequences: (u64, u64),
    /// Records in it.
    pub(crate) records: usize,
}

impl ShiftSums {
    /// Counts a shift's records, given in order.
    pub(crate) fn of(records: &[Stored]) -> Self {
        let moved = records.iter().filter_map(|stored| match &stored.record.body {
            Body::Cash { amount, .. } => Some(*amount),
            _ => None,
        });
        let sequence = |stored: Option<&Stored>| stored.map_or(0, |stored| stored.record.sequence);
        Self {
            totals: ZTotals::of(records.iter().map(|stored| &stored.record)),
            moved: moved.sum(),
            sequences: (sequence(records.first()), sequence(records.last())),
            records: records.len(),
        }
    }

    /// What ought to be in the drawer.
    pub(crate) fn expected(&self, float: Fen) -> Fen {
        float + self.moved + self.totals.tender(Tender::Cash).amount - self.totals.refunds.amount
    }

    /// The Z report.
    pub(crate) fn close(&self, shift: &OpenShift, counted: Fen, reason: String, today: BusinessDate) -> ShiftClose {
        ShiftClose {
            date: shift.date,
            first_sequence: shift.first_sequence,
            totals: self.totals.clone(),
            float: shift.float,
            moved: self.moved,
            counted,
            reason,
            late: shift.date != today,
        }
    }
}

impl OpenShift {
    fn of(record: &Record) -> Option<Self> {
        let (Body::ShiftOpen { float }, Some(id)) = (&record.body, record.shift) else { return None };
        Some(Self {
            id,
            cashier: record.cashier,
            opened_at: record.at,
            date: record.at.business_date(),
            float: *float,
            first_sequence: record.sequence,
        })
    }
}

impl Journal {
    /// The shift that was opened last, unless it was closed.
    pub(crate) async fn open_shift(&self) -> Result<Option<OpenShift>, StorageError> {
        let opened = self.last_shift_not_closed().await?;
        Ok(opened.and_then(|opened| OpenShift::of(&opened.record)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_worth_its_pieces_and_holds_only_real_money() {
        let count = Count::new(BTreeMap::from([(10_000, 3), (5_000, 4), (2_000, 9), (1_000, 13), (500, 9), (100, 23)]));
        assert_eq!(count.unwrap().total(), Fen::new(87_800));
        assert_eq!(Count::new(BTreeMap::from([(300, 1)])), None);
        assert_eq!(Count::new(BTreeMap::from([(10, MOST_PIECES + 1)])), None);
    }
}
