//! What several pages of the month share.

use domain::decision::Payer;
use domain::money::Fen;
use domain::settlement::{PayerLine, Statement};

use super::chart::{self, Part};
use super::say;
use crate::console::fmt;
use crate::console::lang::Lang;
use crate::costs::sum_payers;
use crate::store::canteens::Region;

/// A count as a size.
pub(super) fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The payers' lines of several statements, summed by payer, in the order of pages.
pub(super) fn payer_sums<'a>(statements: impl Iterator<Item = &'a Statement>) -> Vec<PayerLine> {
    payer_lines(statements.flat_map(|statement| &statement.payers))
}

/// Payers' lines, summed by payer, in the order of pages.
pub(super) fn payer_lines<'a>(lines: impl Iterator<Item = &'a PayerLine>) -> Vec<PayerLine> {
    let mut lines = sum_payers(lines);
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

#[cfg(test)]
mod tests {
    use super::*;

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
