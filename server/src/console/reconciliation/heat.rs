//! How every canteen-day of a month stands: what the heat table draws, and what the month's figures count.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, DayKind, Month, UnixMs, WorkCalendar};
use domain::id::CanteenId;
use domain::reconciliation::Severity;

use crate::console::days::{Item, MonthDays};

/// How a canteen-day stands. The worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// It has not ended yet, or the canteen was not there yet.
    Ahead,
    /// Nothing was served on a day of rest.
    Rest,
    /// Nothing was served on another day.
    Stopped,
    /// Everything agrees.
    Same,
    /// What did not agree is decided.
    Decided,
    /// Somebody left it out of the month.
    LeftOut,
    /// It is not closed, or has changed since.
    Incomplete,
    /// Something has to be decided.
    Open,
    /// Something stops the month.
    Block,
}

impl Mark {
    /// Whether it has to be looked at.
    pub(crate) const fn differs(self) -> bool {
        matches!(self, Self::Incomplete | Self::Open | Self::Block)
    }

    /// Its class of the styles.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Ahead => "h-ahead",
            Self::Rest | Self::Stopped => "h-closed",
            Self::Same => "h-same",
            Self::Decided => "h-decided",
            Self::LeftOut => "h-out",
            Self::Incomplete => "h-incomplete",
            Self::Open => "h-open",
            Self::Block => "h-block",
        }
    }
}

/// A canteen-day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) date: BusinessDate,
    pub(crate) mark: Mark,
    /// Meals, guests included; nothing for a day that has not ended.
    pub(crate) count: i64,
}

/// A canteen's days.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) canteen: CanteenId,
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

impl Row {
    /// Meals of all its days.
    pub(crate) fn total(&self) -> i64 {
        self.cells.iter().map(|cell| cell.count).sum()
    }
}

/// A month's canteen-days.
#[derive(Clone, Debug)]
pub(crate) struct Heat {
    pub(crate) rows: Vec<Row>,
}

/// What a heat table is made of beside the month's days.
pub(crate) struct Ground<'a> {
    pub(crate) month: Month,
    pub(crate) now: UnixMs,
    pub(crate) calendar: &'a WorkCalendar,
    /// The days left out, with the reasons.
    pub(crate) left_out: &'a BTreeMap<(CanteenId, BusinessDate), String>,
    /// Meals held of days that are not closed.
    pub(crate) held: &'a BTreeMap<(CanteenId, BusinessDate), i64>,
}

impl Heat {
    pub(crate) fn of(days: &MonthDays, ground: &Ground<'_>) -> Self {
        let mut found: Found<'_> = BTreeMap::new();
        for item in &days.findings {
            found.entry((item.canteen, item.date)).or_default().push(item);
        }
        let row = |canteen: &crate::store::canteens::CanteenRow| {
            let first = canteen.created_at.business_date().month().first();
            let of_month = (canteen.id, ground.month.first())..=(canteen.id, ground.month.last());
            let closed = days.closed.range(of_month).next().map(|((_, date), _)| *date);
            let first = closed.map_or(first, |closed| closed.min(first));
            let cell = |date| cell(days, ground, &found, canteen.id, first, date);
            Row { canteen: canteen.id, name: canteen.name.clone(), cells: ground.month.days().map(cell).collect() }
        };
        Self { rows: days.canteens.iter().map(row).collect() }
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.rows.iter().flat_map(|row| &row.cells)
    }

    /// How many days stand so.
    pub(crate) fn count(&self, marks: &[Mark]) -> usize {
        self.cells().filter(|cell| marks.contains(&cell.mark)).count()
    }

    /// How many days have ended.
    pub(crate) fn ended(&self) -> usize {
        self.cells().filter(|cell| cell.mark != Mark::Ahead).count()
    }

    /// How many days have to be looked at.
    pub(crate) fn differing(&self) -> usize {
        self.cells().filter(|cell| cell.mark.differs()).count()
    }

    /// Only the days that have to be looked at keep their mark and count, and only canteens with one stay.
    pub(crate) fn only_differing(mut self) -> Self {
        self.rows.retain(|row| row.cells.iter().any(|cell| cell.mark.differs()));
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells).filter(|cell| !cell.mark.differs()) {
            (cell.mark, cell.count) = (Mark::Ahead, 0);
        }
        self
    }

    /// Meals of all canteens, by day.
    pub(crate) fn daily(&self) -> Vec<i64> {
        let days = self.rows.first().map_or(0, |row| row.cells.len());
        (0..days).map(|at| self.rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| cell.count).sum()).collect()
    }
}

/// How many meals a month had on an open day, by weekday from Monday on, rounded down; nothing for a weekday on which
/// nothing was served. `counts` is every canteen's.
pub(crate) fn by_weekday(counts: &BTreeMap<(CanteenId, BusinessDate), i64>) -> [Option<i64>; 7] {
    let mut days: BTreeMap<BusinessDate, i64> = BTreeMap::new();
    for ((_, date), meals) in counts {
        *days.entry(*date).or_default() += meals;
    }
    let mut sums = [(0, 0); 7];
    for (date, meals) in days.into_iter().filter(|(_, meals)| *meals > 0) {
        let sum = &mut sums[usize::from(date.weekday() % 7)];
        *sum = (sum.0 + meals, sum.1 + 1);
    }
    sums.map(|(meals, days)| i64::checked_div(meals, days))
}

/// What each day found.
type Found<'a> = BTreeMap<(CanteenId, BusinessDate), Vec<&'a Item>>;

fn cell(
    days: &MonthDays,
    ground: &Ground<'_>,
    found: &Found<'_>,
    canteen: CanteenId,
    first: BusinessDate,
    date: BusinessDate,
) -> Cell {
    let key = (canteen, date);
    let has_ended = date >= first && date < ground.now.business_date();
    if !has_ended {
        return Cell { date, mark: Mark::Ahead, count: 0 };
    }
    let held = ground.held.get(&key).copied();
    let counted = days.closed.get(&key).copied();
    let unclosed = days.is_unclosed(canteen, date);
    let count = if unclosed { held.or(counted) } else { counted }.unwrap_or(0);
    let of_day = || found.get(&key).into_iter().flatten().copied();
    let mark = if ground.left_out.contains_key(&key) {
        Mark::LeftOut
    } else if unclosed {
        Mark::Incomplete
    } else if of_day().any(|item| item.waits() && item.finding.severity == Severity::Block) {
        Mark::Block
    } else if of_day().any(Item::waits) {
        Mark::Open
    } else if of_day().next().is_some() {
        Mark::Decided
    } else if count == 0 {
        let works = ground.calendar.kind(date) == Some(DayKind::Workday);
        if works { Mark::Stopped } else { Mark::Rest }
    } else {
        Mark::Same
    };
    Cell { date, mark, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: i8) -> BusinessDate {
        BusinessDate::new(2026, 3, day).unwrap()
    }

    fn heat(marks: &[(Mark, i64)]) -> Heat {
        let cells = (1..).zip(marks).map(|(day, (mark, count))| Cell { date: date(day), mark: *mark, count: *count });
        let canteen = CanteenId::from_uuid(uuid::Uuid::from_u128(1));
        Heat { rows: vec![Row { canteen, name: "甲".into(), cells: cells.collect() }] }
    }

    #[test]
    fn a_month_is_held_against_the_same_weekdays() {
        let canteen = |n| CanteenId::from_uuid(uuid::Uuid::from_u128(n));
        // Two Mondays of two canteens, a Tuesday, and a Wednesday on which nothing was served.
        let counts = [(1, 2, 30), (2, 2, 11), (1, 9, 20), (2, 9, 0), (1, 3, 7), (1, 4, 0)]
            .map(|(c, d, n)| ((canteen(c), date(d)), n));
        let mean = by_weekday(&counts.into_iter().collect());
        assert_eq!(mean, [Some(30), Some(7), None, None, None, None, None]);
        assert_eq!(by_weekday(&BTreeMap::new()), [None; 7]);
    }

    #[test]
    fn figures_follow_the_filter() {
        let all = heat(&[(Mark::Same, 10), (Mark::Open, 20), (Mark::Incomplete, 5), (Mark::Rest, 0), (Mark::Ahead, 0)]);
        assert_eq!((all.ended(), all.differing(), all.rows[0].total()), (4, 2, 35));
        assert_eq!(all.daily(), [10, 20, 5, 0, 0]);
        let some = all.only_differing();
        assert_eq!((some.rows[0].total(), some.daily()), (25, vec![0, 20, 5, 0, 0]));
        assert!(heat(&[(Mark::Same, 1), (Mark::Decided, 2)]).only_differing().rows.is_empty());
    }
}
