//! Values in, printed bytes out: slips for the counter, statements for the file, workbooks and bank batches.
//!
//! Nothing here reads a clock, a file or a database: equal values give equal bytes, so that a document can be made
//! again years later and compared with the one on paper. Names arrive masked; this crate cannot unmask them.

pub mod bank;
pub mod card;
mod error;
mod escpos;
pub mod figures;
mod font;
pub mod guard;
pub mod listing;
mod pdf;
pub mod preview;
pub mod qr;
mod raster;
pub mod slip;
pub mod statement;
pub mod table;
pub mod words;
pub mod workbook;

pub use error::PrintError;
pub use escpos::Align;
pub use font::Fonts;
pub use raster::Bitmap;

use domain::money::Fen;

/// The sum, or nothing when it does not fit.
pub(crate) fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
    amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
}
