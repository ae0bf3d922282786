//! The statement that a canteen is paid by: an A4 sheet that several people sign, and the details behind it.
//!
//! It has to survive a photocopier and a quarrel: one weight of one typeface, rules and light grey only; every line of
//! parts 一 and 二 has a number to quote; number, version and page stand on every page; no row and no signature block is
//! ever split. Sums are checked before anything is drawn, so a sheet that does not add up cannot be printed.

mod check;
pub mod demand;
mod details;
pub mod disclosure;
mod flow;
mod front;
mod signing;
pub mod summary;
mod table;
pub(crate) mod text;
mod view;

pub use view::{ChangeLine, DayRow, FindingRow, ServedLine, ShareRow, Signature, Signed, StatementSheet};

use crate::{PrintError, font::Fonts, pdf};
use flow::Flow;

/// The statement as PDF, front sheet first, then the details.
pub fn render(sheet: &StatementSheet, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    check::sums(sheet)?;
    check::glyphs(sheet, fonts)?;
    let mut flow = Flow::new(fonts);
    front::draw(&mut flow, sheet)?;
    signing::draw(&mut flow, sheet, "食堂盖章")?;
    details::draw(&mut flow, sheet)?;
    let pages = flow.finish(sheet)?;
    let properties = pdf::Properties {
        title: &format!("{} {} 第 {} 版", sheet.number, sheet.canteen, sheet.version),
        author: &sheet.office,
        made_at: sheet.made_at,
    };
    pdf::document(&properties, pages, fonts)
}
