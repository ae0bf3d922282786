//! The month's table as a file.

use receipts::table::{Cell, Table};

use super::super::board::{self, Amounts};
use super::super::words::Words;
use super::Found;
use crate::console::lang::fill;
use crate::console::view::View;
use crate::console::{files, fmt};
use crate::store::months::StoredStatement;

/// A line for each statement: its sums, last month's, what stands in its way.
pub(super) fn table(view: &View, found: &Found) -> Table {
    let w = Words::of(view.lang);
    let head = [
        w.canteen,
        w.open_days,
        w.meals,
        w.served,
        w.adjusted,
        w.deducted,
        w.held,
        w.carried_on,
        w.payable,
        w.last_payable,
        w.change_a_day,
        w.explanation,
        w.blocking,
        w.undecided,
        w.decided,
    ];
    let tallies = board::tally(&found.days);
    let row = |stored: &StoredStatement| {
        let (now, before) = (Amounts::of(&stored.content.0), found.before.get(&stored.canteen));
        let change = before.and_then(|before| board::change_a_day(&now, before));
        let tally = tallies.get(&stored.canteen).copied().unwrap_or_default();
        let mut row =
            vec![Cell::from(found.days.name(stored.canteen)), files::count(now.open_days), files::count(now.meals)];
        row.extend([now.served, now.adjusted, now.deducted, now.held, now.carried, now.payable].map(Cell::Money));
        row.push(before.map_or(Cell::Empty, |before| Cell::Money(before.payable)));
        row.push(change.map_or(Cell::Empty, |change| Cell::Text(fmt::change_permille(change))));
        row.push(found.explanation(stored.canteen).map_or(Cell::Empty, Cell::Text));
        row.extend([tally.blocking, tally.open, tally.decided].map(files::count));
        row
    };
    let title = fill(w.settlement_of, &[("month", &fmt::month(view.month, view.lang))]);
    Table {
        name: title.clone(),
        notes: vec![
            format!("{title}　{}", view.region.name),
            fill(w.as_of_now, &[("at", &fmt::at(view.now, view.lang))]),
        ],
        heads: head.map(str::to_owned).to_vec(),
        rows: found.month.iter().flat_map(|month| &month.statements).map(row).collect(),
    }
}
