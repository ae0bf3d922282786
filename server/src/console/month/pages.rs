//! What several pages of the month share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::decision::Payer;
use domain::money::Fen;
use domain::settlement::{PayerLine, Statement};
use receipts::guard;

use super::chart::{self, Part};
use super::say;
use crate::console::fmt;
use crate::console::lang::Lang;
use crate::console::view::View;
use crate::store::canteens::Region;

/// A count as a size.
pub(super) fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The payers' lines of several statements, summed by payer.
pub(super) fn payer_sums<'a>(statements: impl Iterator<Item = &'a Statement>) -> Vec<PayerLine> {
    let mut sums: BTreeMap<&Payer, PayerLine> = BTreeMap::new();
    for line in statements.flat_map(|statement| &statement.payers) {
        let nothing = || PayerLine {
            payer: line.payer.clone(),
            approved: Fen::ZERO,
            held: Fen::ZERO,
            payable: Fen::ZERO,
            carried: Fen::ZERO,
        };
        let sum = sums.entry(&line.payer).or_insert_with(nothing);
        sum.approved += line.approved;
        sum.held += line.held;
        sum.payable += line.payable;
        sum.carried += line.carried;
    }
    let mut lines: Vec<PayerLine> = sums.into_values().collect();
    lines.sort_by_key(|line| (order(&line.payer), line.payer.clone()));
    lines
}

/// The order of payers on every page.
pub(super) fn order(payer: &Payer) -> usize {
    let known = ["province", "league", "city", "banner", "district", "town", "street", "village", "lottery", "charity"];
    known.iter().position(|name| *name == payer.name).unwrap_or(known.len())
}

/// The parts of a bar of payers.
pub(super) fn payer_bar(lang: Lang, lines: &[PayerLine], regions: &[Region], of: fn(&PayerLine) -> Fen) -> Vec<Part> {
    let payers: Vec<&Payer> = lines.iter().map(|line| &line.payer).collect();
    let names = say::payers(lang, &payers, regions);
    let part = |(line, name): (&PayerLine, String)| {
        let amount = of(line);
        let class = say::payer_class(&line.payer);
        Part { name, class, amount, text: fmt::yuan(&amount), x: 0, width: 0 }
    };
    let mut parts: Vec<Part> = lines.iter().zip(names).map(part).collect();
    chart::place(&mut parts);
    parts
}

/// A table as a file: with the time it is from, in the encoding that spreadsheets take for UTF-8.
pub(super) fn csv(view: &View, name: &str, lines: &[Vec<String>]) -> Response {
    let mut text = String::from("\u{feff}");
    for line in lines {
        let cells: Vec<String> = line.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.push_str(&quoted(&format!("{} {}", view.now.local_date(), view.now.local_clock())));
    text.push_str("\r\n");
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned());
    let file = (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
    ([kind, file, (header::CACHE_CONTROL, "no-store".to_owned())], text).into_response()
}

/// A cell: quoted where it has to be, and never a formula of a spreadsheet.
fn quoted(cell: &str) -> String {
    let number = cell.strip_prefix('-').unwrap_or(cell);
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let cell = if is_number { Cow::Borrowed(cell) } else { guard::as_text(cell) };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        // Spreadsheets look past spaces, and take full-width signs for their own.
        assert_eq!((quoted(" =1+1"), quoted("＝1+1")), ("' =1+1".into(), "'＝1+1".into()));
        assert_eq!(
            (quoted("=1+1"), quoted("-12.50"), quoted("+18.2%")),
            ("'=1+1".into(), "-12.50".into(), "'+18.2%".into())
        );
    }

    #[test]
    fn payers_are_summed_and_stand_in_their_order() {
        let line = |name: &str, fen: i64| PayerLine {
            payer: Payer { name: name.into(), unit: None },
            approved: Fen::new(fen),
            held: Fen::ZERO,
            payable: Fen::new(fen),
            carried: Fen::ZERO,
        };
        let bar = payer_bar(Lang::En, &[line("city", 300), line("charity", 100)], &[], |line| line.payable);
        let written: Vec<_> = bar.iter().map(|p| (p.name.as_str(), p.text.as_str(), p.x, p.width)).collect();
        assert_eq!(written, [("City", "¥3.00", 0, 750), ("Charity", "¥1.00", 750, 250)]);
        assert!(order(&line("city", 0).payer) < order(&line("charity", 0).payer));
    }
}
