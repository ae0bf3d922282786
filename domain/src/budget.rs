//! A year's money by payer: what was set aside, what it costs, where it leads, and what is open at its end.
//!
//! Meals belong to the year in which they were served: what a later statement changes about them counts for that year,
//! not for the one in which it was learned. A hold changes no cost, the money only waits; and what is carried was
//! counted where it arose.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::Month;
use crate::decision::{Kind, Payer};
use crate::id::CanteenId;
use crate::money::Fen;
use crate::reconciliation::PayerSums;
use crate::settlement::{Reason, Statement};

/// What a statement costs its payers, by the month of the meals.
#[must_use]
pub fn cost(statement: &Statement) -> BTreeMap<Month, PayerSums> {
    let mut months: BTreeMap<Month, PayerSums> = BTreeMap::new();
    for line in statement.served.iter().filter(|line| line.kind != Kind::Concession) {
        months.entry(statement.month).or_default().add_all(&line.shares);
    }
    for line in &statement.changes {
        if let Some(month) = month_of(&line.reason) {
            months.entry(month).or_default().add_all(&line.shares);
        }
    }
    months
}

/// The month of the meals that a line is about; nothing where it moves no cost.
const fn month_of(reason: &Reason) -> Option<Month> {
    match reason {
        Reason::Carried | Reason::Hold { .. } | Reason::Release { .. } => None,
        Reason::Late { month, .. }
        | Reason::Corrected { month, .. }
        | Reason::PolicyCorrected { month, .. }
        | Reason::Finding { month, .. }
        | Reason::Refunded { month }
        | Reason::Reduction { month, .. } => Some(*month),
    }
}

/// A payer's year, fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerYear {
    /// The payer.
    pub payer: Payer,
    /// What is set aside, if a budget was approved.
    pub budget: Option<Fen>,
    /// What approved statements cost.
    pub approved: Fen,
    /// What drafts that are not approved would add.
    pub drafted: Fen,
    /// Where the year leads at the rate of its months that cost anything, rounded down.
    pub forecast: Fen,
}

impl PayerYear {
    /// Approved and drafted together, fen.
    #[must_use]
    pub fn used(&self) -> Fen {
        self.approved + self.drafted
    }

    /// What is left of the budget, fen; negative where it is passed.
    #[must_use]
    pub fn left(&self) -> Option<Fen> {
        self.budget.map(|budget| budget - self.used())
    }

    /// By how much the budget is passed, drafts counted.
    #[must_use]
    pub fn passed_by(&self) -> Option<Fen> {
        self.left().filter(|left| left.is_negative()).map(|left| -left)
    }
}

/// A year by payer. `statements` are those that may cost the year something, each with whether it is approved;
/// `budgets` what is set aside, the last word for each payer.
#[must_use]
pub fn year<'a>(
    year: i16,
    statements: impl IntoIterator<Item = (&'a Statement, bool)>,
    budgets: &[(Payer, Fen)],
) -> Vec<PayerYear> {
    let costs: Vec<_> = statements.into_iter().map(|(statement, is_approved)| (cost(statement), is_approved)).collect();
    year_of_costs(year, costs.iter().map(|(cost, is_approved)| (cost, *is_approved)), budgets)
}

/// The same from what statements cost, see [`cost`], one by one or many together.
#[must_use]
pub fn year_of_costs<'a>(
    year: i16,
    costs: impl IntoIterator<Item = (&'a BTreeMap<Month, PayerSums>, bool)>,
    budgets: &[(Payer, Fen)],
) -> Vec<PayerYear> {
    let (mut approved, mut drafted) = (PayerSums::default(), PayerSums::default());
    let mut months: BTreeMap<Month, PayerSums> = BTreeMap::new();
    for (cost, is_approved) in costs {
        for (month, shares) in cost.iter().filter(|(month, _)| month.ym().0 == year) {
            months.entry(*month).or_default().add_all(shares);
            if is_approved { approved.add_all(shares) } else { drafted.add_all(shares) }
        }
    }
    months.retain(|_, shares| shares.iter().any(|(_, amount)| !amount.is_zero()));
    let ahead = months.keys().next_back().map_or(0, |last| 12 - last.ym().1);
    let mut payers: BTreeSet<&Payer> = budgets.iter().map(|(payer, _)| payer).collect();
    payers.extend(approved.iter().chain(drafted.iter()).map(|(payer, _)| payer));
    let one = |payer: &Payer| {
        let (approved, drafted) = (approved.of(payer), drafted.of(payer));
        PayerYear {
            payer: payer.clone(),
            budget: budgets.iter().rev().find(|(of, _)| of == payer).map(|(_, amount)| *amount),
            approved,
            drafted,
            forecast: forecast(approved + drafted, months.len(), ahead),
        }
    };
    payers.into_iter().map(one).collect()
}

/// What was spent in so many months, led on for the months `ahead` at their rate, fen, rounded down.
#[must_use]
pub fn forecast(spent: Fen, months: usize, ahead: i8) -> Fen {
    let Ok(counted @ 1..) = i128::try_from(months) else { return spent };
    let led = (i128::from(spent.get()) * (counted + i128::from(ahead))).div_euclid(counted);
    let most = if led.is_negative() { i64::MIN } else { i64::MAX };
    Fen::new(i64::try_from(led).unwrap_or(most))
}

/// A canteen's year with one payer, fen: what it cost, and what is open when the year ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CanteenYear {
    /// What the year's meals cost the payer, later adjustments counted.
    pub cost: Fen,
    /// What the year's statements made payable.
    pub payable: Fen,
    /// Of this: what has arrived.
    pub arrived: Fen,
    /// What the year's statements hold back less what they release; negative where more was released.
    pub held: Fen,
    /// What the last statement of the year carries into the next, not positive; nothing where it was demanded.
    pub carried: Fen,
    /// What was demanded of the balance that the year left.
    pub demanded: Fen,
}

impl CanteenYear {
    /// What is still to be paid, fen.
    #[must_use]
    pub fn open(&self) -> Fen {
        self.payable - self.arrived
    }
}

/// An approved statement as its year sees it.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Whether its payment has arrived.
    pub arrived: bool,
    /// Whether the balance that it left was demanded.
    pub demanded: bool,
}

/// The year's report by canteen and payer. `statements` are the approved ones that may cost the year something, in the
/// order of months: those of later years count with what they change about this one.
#[must_use]
pub fn report(year: i16, statements: &[Settled<'_>]) -> BTreeMap<(CanteenId, Payer), CanteenYear> {
    let mut rows: BTreeMap<(CanteenId, Payer), CanteenYear> = BTreeMap::new();
    let mut last: BTreeMap<CanteenId, &Settled<'_>> = BTreeMap::new();
    for settled in statements {
        let statement = settled.statement;
        for shares in cost(statement).into_iter().filter(|(month, _)| month.ym().0 == year).map(|(_, shares)| shares) {
            for (payer, amount) in shares.iter() {
                rows.entry((statement.canteen, payer.clone())).or_default().cost += *amount;
            }
        }
        if statement.month.ym().0 != year {
            continue;
        }
        for line in &statement.payers {
            let row = rows.entry((statement.canteen, line.payer.clone())).or_default();
            row.payable += line.payable;
            row.arrived += if settled.arrived { line.payable } else { Fen::ZERO };
            row.held -= line.held;
        }
        last.insert(statement.canteen, settled);
    }
    for (canteen, settled) in last {
        for (payer, carried) in settled.statement.carried().iter() {
            let row = rows.entry((canteen, payer.clone())).or_default();
            if settled.demanded {
                row.demanded = -*carried;
            } else {
                row.carried = *carried;
            }
        }
    }
    rows
}
