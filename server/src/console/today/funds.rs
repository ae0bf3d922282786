//! Subsidy of a year by payer and month: a cumulative line with where it leads, and the table under it.

use std::collections::BTreeMap;

use domain::calendar::Month;
use domain::decision::{Kind, Payer};
use domain::money::Fen;
use domain::reconciliation::PayerSums;

use crate::store::overview::DaySums;

/// What the payers owe for days that no statement has settled yet: as charged, with what their closes change.
pub(super) fn provisional<'a>(closes: impl Iterator<Item = &'a DaySums>) -> PayerSums {
    let mut sums = PayerSums::default();
    for close in closes {
        for tier in close.tiers.iter().filter(|tier| tier.kind != Kind::Concession) {
            sums.add_all(&tier.shares);
        }
        for correction in close.corrections.iter().filter(|correction| correction.kind != Kind::Concession) {
            sums.add_all(&correction.shares);
        }
    }
    sums
}

/// A year's subsidy up to a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Year {
    /// By month of the year, 1 to the shown month: what was added.
    pub(super) months: Vec<Fen>,
    /// By payer name: of the shown month and of the year.
    pub(super) payers: Vec<(Payer, Fen, Fen)>,
    /// Where the year leads at the rate of the months that had any, fen.
    pub(super) forecast: Fen,
}

impl Year {
    /// `sums` are the months' sums; months without any are left out.
    pub(super) fn of(shown: Month, sums: &BTreeMap<Month, PayerSums>) -> Self {
        let (year, last) = shown.ym();
        let month = |m: i8| Month::new(year, m).and_then(|month| sums.get(&month));
        let months: Vec<Fen> = (1..=last).map(|m| month(m).map_or(Fen::ZERO, PayerSums::total)).collect();
        let mut order = PayerSums::default();
        for of_month in (1..=last).filter_map(month) {
            order.add_all(of_month);
        }
        let of_name = |sums: Option<&PayerSums>, name: &str| -> Fen {
            sums.into_iter().flat_map(PayerSums::iter).filter(|(p, _)| p.name == name).map(|(_, amount)| *amount).sum()
        };
        let mut payers: Vec<(Payer, Fen, Fen)> = Vec::new();
        for (payer, _) in order.iter() {
            if payers.iter().all(|(known, ..)| known.name != payer.name) {
                let (of_month, of_year) = (of_name(month(last), &payer.name), of_name(Some(&order), &payer.name));
                payers.push((payer.clone(), of_month, of_year));
            }
        }
        let spent: Fen = months.iter().copied().sum();
        let counted = months.iter().filter(|amount| !amount.is_zero()).count();
        let forecast = domain::budget::forecast(spent, counted, 12 - last);
        Self { months, payers, forecast }
    }

    /// The sum of the year so far.
    pub(super) fn spent(&self) -> Fen {
        self.months.iter().copied().sum()
    }
}

/// The line's picture, in its own units: 400 wide, 120 high.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Of the solid line.
    pub(super) points: String,
    /// Of the dotted line to the end of the year.
    pub(super) ahead: String,
    /// Where the solid line ends.
    pub(super) end: (i64, i64),
    /// Where the year ends.
    pub(super) last: (i64, i64),
    /// How high the year's budget is, where every payer has one.
    pub(super) budget: Option<i64>,
}

impl Line {
    pub(super) fn of(year: &Year, budget: Option<Fen>) -> Self {
        let most = year.forecast.max(year.spent()).max(budget.unwrap_or_default()).get().max(1);
        let high = |amount: i64| {
            let y = i128::from(112) - i128::from(amount.max(0)) * 104 / i128::from(most);
            i64::try_from(y).unwrap_or(0)
        };
        let place = |month: usize, amount: i64| (2 + i64::try_from(month).unwrap_or(0) * 330 / 12, high(amount));
        let mut sum = 0;
        let mut line = vec![place(0, 0)];
        for (at, amount) in year.months.iter().enumerate() {
            sum += amount.get();
            line.push(place(at + 1, sum));
        }
        let end = line.last().copied().unwrap_or((2, 112));
        let last = place(12, year.forecast.get());
        let text = |points: &[(i64, i64)]| points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        let budget = budget.map(|budget| high(budget.get()));
        Self { points: text(&line), ahead: text(&[end, last]), end, last, budget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payer(name: &str, unit: &str) -> Payer {
        Payer { name: name.into(), unit: Some(unit.parse().unwrap()) }
    }

    #[test]
    fn a_year_adds_up_by_payer_and_leads_on_at_its_rate() {
        let mut sums: BTreeMap<Month, PayerSums> = BTreeMap::new();
        let month = |m| Month::new(2026, m).unwrap();
        for (m, of, amount) in [
            (2, payer("city", "4403"), 100),
            (3, payer("city", "4403"), 200),
            (3, payer("district", "440304"), 50),
            (3, payer("district", "440305"), 10),
            (4, payer("city", "4403"), 999),
        ] {
            sums.entry(month(m)).or_default().add(&of, Fen::new(amount));
        }
        let year = Year::of(month(3), &sums);
        assert_eq!(year.months, [0, 100, 260].map(Fen::new), "April is not in it");
        let payers: Vec<_> = year.payers.iter().map(|(p, m, y)| (p.name.as_str(), m.get(), y.get())).collect();
        assert_eq!(payers, [("city", 200, 300), ("district", 60, 60)]);
        assert_eq!((year.spent().get(), year.forecast.get()), (360, 360 + 180 * 9));
        let line = Line::of(&year, None);
        assert_eq!((line.end.0, line.last, line.budget), (84, (332, 8), None));
        // Beyond its budget a year rises above the budget's line; within it, it stays below.
        assert_eq!(Line::of(&year, Some(Fen::new(990))).budget, Some(60));
        let within = Line::of(&year, Some(Fen::new(3960)));
        assert_eq!((within.budget, within.last.1), (Some(8), 60));
        assert!(line.points.starts_with("2,112 29,112 "), "{}", line.points);
    }

    #[test]
    fn a_year_without_money_is_a_flat_line() {
        let year = Year::of(Month::new(2026, 1).unwrap(), &BTreeMap::new());
        assert_eq!((year.spent(), year.forecast), (Fen::ZERO, Fen::ZERO));
        assert_eq!(Line::of(&year, None).ahead, "29,112 332,112");
    }
}
