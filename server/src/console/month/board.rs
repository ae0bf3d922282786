//! What the page of a region's month shows: its table, its checks, its steps. Pure, so that sums and signs are tested.

use std::collections::BTreeMap;

use domain::id::CanteenId;
use domain::money::Fen;
use domain::reconciliation::{Correction, Tier};
use domain::settlement::payment::Stage;
use domain::settlement::{MonthState, Reason, Statement, compare};

pub(super) use domain::settlement::compare::MARKED;

/// The columns of a canteen's row, fen; what is taken away is negative. Served, adjusted, deducted, held and carried add
/// up to what is payable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) open_days: u32,
    /// Meals with a subsidy.
    pub(super) meals: u32,
    pub(super) served: Fen,
    pub(super) adjusted: Fen,
    pub(super) deducted: Fen,
    pub(super) held: Fen,
    /// What the next month begins with, taken out of this one.
    pub(super) carried: Fen,
    pub(super) payable: Fen,
}

impl Amounts {
    /// A statement's columns.
    pub(super) fn of(statement: &Statement) -> Self {
        let (mut adjusted, mut deducted) = (Fen::ZERO, Fen::ZERO);
        for line in &statement.changes {
            let taken = match line.reason {
                Reason::Finding { .. } => line.amount.is_negative(),
                Reason::Reduction { .. } => true,
                _ => false,
            };
            if taken {
                deducted += line.amount;
            } else {
                adjusted += line.amount;
            }
        }
        Self {
            open_days: statement.reconciliation.open_days,
            meals: statement.reconciliation.subsidised.count,
            served: statement.served_total(),
            adjusted,
            deducted,
            held: statement.held(),
            carried: -statement.carried().total(),
            payable: statement.payable(),
        }
    }

    /// The sum of rows. Open days of different canteens do not add up to anything.
    pub(super) fn sum<'a>(rows: impl Iterator<Item = &'a Self>) -> Self {
        rows.fold(Self::default(), |sum, row| Self {
            open_days: 0,
            meals: sum.meals + row.meals,
            served: sum.served + row.served,
            adjusted: sum.adjusted + row.adjusted,
            deducted: sum.deducted + row.deducted,
            held: sum.held + row.held,
            carried: sum.carried + row.carried,
            payable: sum.payable + row.payable,
        })
    }
}

/// What is served a day against last month, thousandths. Nothing where one of the months had no open day or no amount.
pub(super) fn change_a_day(now: &Amounts, before: &Amounts) -> Option<i64> {
    compare::change_a_day((now.served, now.open_days), (before.served, before.open_days))
}

/// Which of the seven steps is being worked on, from 1; 8 when all are behind.
pub(super) const fn step(state: Option<MonthState>, days_closed: bool, after: Option<Stage>) -> usize {
    match (state, after) {
        (_, Some(Stage::Archived)) => 8,
        (_, Some(Stage::Paid)) => 7,
        (_, Some(Stage::Disclosed)) => 6,
        (Some(MonthState::Approved), _) => 5,
        (Some(MonthState::Submitted | MonthState::Checked), _) => 4,
        (Some(MonthState::Drafted), _) => 3,
        (None | Some(MonthState::Open), _) if days_closed => 2,
        (None | Some(MonthState::Open), _) => 1,
    }
}

/// Whether every statement's lines give what its payers owe, and the payers together what the lines give together.
pub(super) fn payers_agree<'a>(statements: impl Iterator<Item = &'a Statement>) -> bool {
    let (mut lines, mut payers) = (Fen::ZERO, Fen::ZERO);
    let mut each = true;
    for statement in statements {
        let of_lines = statement.served_total() + statement.changes.iter().map(|line| line.amount).sum::<Fen>();
        let of_payers = statement.approved();
        each &= of_lines == of_payers;
        lines += of_lines;
        payers += of_payers;
    }
    each && lines == payers
}

/// What a day's meals were charged to payers, fen.
pub(super) fn charged(tiers: &[Tier]) -> Fen {
    tiers.iter().map(|tier| tier.shares.total()).sum()
}

/// What is paid for a day more or less than was charged, fen.
pub(super) fn corrected(corrections: &[Correction]) -> Fen {
    corrections.iter().map(|correction| correction.shares.total()).sum()
}

/// How many findings of a canteen wait and how many are decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) blocking: usize,
    pub(super) open: usize,
    pub(super) decided: usize,
}

/// The findings of a month by canteen.
pub(super) fn tally(days: &crate::console::days::MonthDays) -> BTreeMap<CanteenId, Tally> {
    use domain::reconciliation::Severity;
    let mut tallies: BTreeMap<CanteenId, Tally> = BTreeMap::new();
    for item in days.findings.iter().filter(|item| item.finding.severity != Severity::Off) {
        let tally = tallies.entry(item.canteen).or_default();
        match (item.waits(), item.finding.severity) {
            (false, _) => tally.decided += 1,
            (true, Severity::Block) => tally.blocking += 1,
            (true, _) => tally.open += 1,
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_goes_through_seven_steps() {
        use MonthState::{Approved, Drafted, Submitted};
        assert_eq!((step(None, false, None), step(None, true, None)), (1, 2));
        assert_eq!((step(Some(Drafted), false, None), step(Some(Submitted), true, None)), (3, 4));
        let after = |stage| step(Some(Approved), true, Some(stage));
        let all = [Stage::Approved, Stage::Disclosed, Stage::Paid, Stage::Archived].map(after);
        assert_eq!(all, [5, 6, 7, 8]);
    }

    #[test]
    fn sums_stand_under_their_columns() {
        let one = Amounts {
            meals: 2,
            served: Fen::new(900),
            held: Fen::new(-100),
            payable: Fen::new(800),
            ..Amounts::default()
        };
        let two = Amounts {
            meals: 1,
            served: Fen::new(300),
            adjusted: Fen::new(50),
            payable: Fen::new(350),
            ..Amounts::default()
        };
        let sum = Amounts::sum([one, two].iter());
        assert_eq!(sum.payable, sum.served + sum.adjusted + sum.deducted + sum.held + sum.carried);
        assert_eq!((sum.meals, sum.payable), (3, Fen::new(1150)));
    }
}
