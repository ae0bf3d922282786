//! The rows that were measured: ratios first, then what they are made of.

use serde::Serialize;

use super::words;
use crate::demo::table::{Align, table};

/// One comparison. Times are microseconds; a ratio is `ours / bare`, thousandths, less is better.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was done.
    pub work: String,
    /// `sqlite`, `postgres`, or nothing where no database is in it.
    pub database: &'static str,
    /// How large: meals, requests, papers.
    pub size: u64,
    /// `ours / bare`, thousandths.
    pub ratio_thousandths: Option<u64>,
    /// What the program took, microseconds: of all, or of one where `work` says so.
    pub ours: u64,
    /// What the bare work took, microseconds.
    pub bare: Option<u64>,
    /// The goal, in words.
    pub goal: &'static str,
    /// Whether it was reached.
    pub reached: bool,
    /// Anything else: failures, percentiles, memory.
    pub note: String,
}

impl Row {
    /// A row whose goal is a ratio of at most so many thousandths.
    #[must_use]
    pub fn ratio(
        work: &str,
        database: &'static str,
        size: u64,
        (ours, bare): (u64, u64),
        goal: (&'static str, u64),
    ) -> Self {
        let ratio = ours.saturating_mul(1_000) / bare.max(1);
        Self {
            work: work.to_owned(),
            database,
            size,
            ratio_thousandths: Some(ratio),
            ours,
            bare: Some(bare),
            goal: goal.0,
            reached: ratio <= goal.1,
            note: String::new(),
        }
    }

    /// A row that is held against a time and not against bare work.
    #[must_use]
    pub fn alone(work: &str, database: &'static str, size: u64, ours: u64, goal: &'static str, reached: bool) -> Self {
        let mut row = Self::ratio(work, database, size, (ours, ours), (goal, u64::MAX));
        (row.ratio_thousandths, row.bare, row.reached) = (None, None, reached);
        row
    }

    /// The row with a note.
    #[must_use]
    pub fn noted(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    /// The row, reached only if this holds too.
    #[must_use]
    pub fn only_if(mut self, holds: bool) -> Self {
        self.reached &= holds;
        self
    }
}

/// The value at a percentile of measurements, which are put in order.
#[must_use]
pub fn percentile(all: &mut [u64], percent: usize) -> u64 {
    all.sort_unstable();
    let at = (all.len() * percent / 100).min(all.len().saturating_sub(1));
    all.get(at).copied().unwrap_or(0)
}

/// Microseconds as milliseconds with one decimal.
#[must_use]
pub fn ms(us: u64) -> String {
    format!("{}.{}", us / 1_000, us % 1_000 / 100)
}

fn ratio(row: &Row) -> String {
    row.ratio_thousandths.map_or_else(|| "—".to_owned(), |r| format!("{}.{:02}", r / 1_000, r % 1_000 / 10))
}

/// All rows for people.
#[must_use]
pub fn print(rows: &[Row]) -> String {
    let head = words::TABLE_HEAD;
    let [ratio_head, goal, reached, work, database, size, ours, bare, note] = head;
    let right = |text| (text, Align::Right);
    let left = |text| (text, Align::Left);
    let cells = rows.iter().map(|row| {
        [
            ratio(row),
            row.goal.to_owned(),
            if row.reached { words::YES } else { words::NO }.to_owned(),
            row.work.clone(),
            row.database.to_owned(),
            row.size.to_string(),
            ms(row.ours),
            row.bare.map_or_else(|| "—".to_owned(), ms),
            row.note.clone(),
        ]
    });
    table(
        [
            right(ratio_head),
            left(goal),
            left(reached),
            left(work),
            left(database),
            right(size),
            right(ours),
            right(bare),
            left(note),
        ],
        &cells.collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_ours_over_bare() {
        let row = Row::ratio("x", "sqlite", 1, (1_500, 1_000), ("≤ 1.5", 1_500));
        assert_eq!((row.ratio_thousandths, row.reached), (Some(1_500), true));
        assert!(!Row::ratio("x", "sqlite", 1, (1_502, 1_000), ("≤ 1.5", 1_500)).reached);
        assert!(!row.only_if(false).reached);
    }

    #[test]
    fn percentiles_are_of_the_ordered_values() {
        let mut all: Vec<u64> = (1..=100).rev().collect();
        assert_eq!((percentile(&mut all, 50), percentile(&mut all, 99), percentile(&mut [], 50)), (51, 100, 0));
    }
}
