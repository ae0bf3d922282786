//! What the demo prints when the month is done.

use std::fmt::Write as _;
use std::path::Path;

use domain::money::Fen;
use domain::settlement::{ChangeLine, Statement};
use receipts::figures;
use server::words::settlement as office;

use super::outcome::{Settled, paper};
use super::table::{Align, table};
use super::words;
use super::world::CANTEENS;

/// The whole report. `folder` is shown as it was given.
#[must_use]
pub fn report(folder: &Path, sales: usize, seconds: u64, all: &[Settled], months: &[&str]) -> String {
    let mut out = words::title(sales, seconds);
    out.push_str(&words::story());
    for month in months {
        let of_month: Vec<&Settled> = all.iter().filter(|s| s.month == *month).collect();
        out.push_str(&words::month_head(month, of_month.first().map_or("", |s| s.state.as_str())));
        out.push_str(&findings(&of_month));
        out.push_str(&payable(&of_month));
    }
    out.push_str(&papers(folder, all));
    out
}

fn name(settled: &Settled) -> String {
    CANTEENS[settled.canteen].name.to_owned()
}

/// What the office found, and what it did to the money.
fn findings(of_month: &[&Settled]) -> String {
    let mut rows = Vec::new();
    for settled in of_month {
        let statement = &settled.statement;
        for (code, count) in &statement.reconciliation.findings {
            let found = words::found(office::finding(*code), *count);
            rows.push([name(settled), found, String::new(), String::new()]);
        }
        for (day, reason) in &statement.reconciliation.left_out {
            rows.push([name(settled), words::left_out(reason), office::day(*day), String::new()]);
        }
        for line in statement.changes.iter().chain(&statement.holds) {
            rows.push(effect(settled, line));
        }
    }
    if rows.is_empty() {
        return words::NOTHING_FOUND.to_owned();
    }
    let [canteen, what, dates, amount] = words::FINDING_HEAD;
    table([(canteen, Align::Left), (what, Align::Left), (dates, Align::Left), (amount, Align::Right)], &rows)
}

fn effect(settled: &Settled, line: &ChangeLine) -> [String; 4] {
    let dates = office::days(&line.dates);
    [name(settled), words::reason(&line.reason), dates, figures::yuan(line.amount)]
}

/// What each canteen is paid.
fn payable(of_month: &[&Settled]) -> String {
    let changed = |s: &Statement| s.approved() - s.served_total();
    let row = |label: String, count: u64, served, changed, held, payable| {
        let amounts = [served, changed, held, payable].map(figures::yuan);
        let [served, changed, held, payable] = amounts;
        [label, figures::grouped(count), served, changed, held, payable]
    };
    let mut rows = Vec::new();
    let mut sum = (0_u64, [Fen::ZERO; 4]);
    for settled in of_month {
        let s = &settled.statement;
        let count = u64::from(s.reconciliation.subsidised.count);
        let amounts = [s.served_total(), changed(s), s.held(), s.payable()];
        sum.0 += count;
        for (total, amount) in sum.1.iter_mut().zip(amounts) {
            *total += amount;
        }
        let [served, changed, held, payable] = amounts;
        rows.push(row(name(settled), count, served, changed, held, payable));
    }
    let [served, changed, held, payable] = sum.1;
    rows.push(row(words::TOTAL.to_owned(), sum.0, served, changed, held, payable));
    let [first, rest @ ..] = words::PAYABLE_HEAD;
    let [count, served, changed, held, payable] = rest.map(|title| (title, Align::Right));
    format!("\n{}", table([(first, Align::Left), count, served, changed, held, payable], &rows))
}

fn papers(folder: &Path, all: &[Settled]) -> String {
    let mut out = words::PAPERS.to_owned();
    for settled in all {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}", paper(folder, settled).with_extension("pdf").display());
    }
    out.push_str(&words::files(folder));
    out
}
