//! The slip that the doctor prints: are all columns there, are Chinese and drawn characters right, does it cut, and a
//! code to try the scanner on.

use super::lines::Roll;
use super::{Marks, Paper};
use crate::qr::Qr;
use crate::raster::Bitmap;
use crate::{PrintError, font::Fonts};

/// Dots of one module of the code: 8 dots are a millimetre.
const MODULE: u16 = 6;

/// A test print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSlip {
    /// Local date and time.
    pub at: String,
    /// What the code says: digits, as a card's.
    pub code: String,
}

impl TestSlip {
    /// The bytes for the printer.
    pub fn to_escpos(&self, paper: Paper, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
        let mut roll = Roll::start(paper, fonts, Marks::default().text());
        roll.centre("打印测试");
        roll.pair("时间", &self.at);
        roll.rule();
        roll.left(&"0123456789".repeat(5)[..paper.columns()]);
        roll.big("双倍高", "￥12.60");
        roll.left("本机没有的字：𬱖䶮㛃");
        roll.rule();
        roll.dots_centred(&code(&self.code, paper)?);
        roll.centre(&self.code);
        roll.centre("扫一下上面的码，试扫码枪");
        Ok(roll.finish())
    }
}

/// The code as dots with its quiet zone, in the middle of the paper.
fn code(text: &str, paper: Paper) -> Result<Bitmap, PrintError> {
    let qr = Qr::new(text)?;
    let size = u16::try_from(qr.size()).unwrap_or(u16::MAX);
    let height = (size + 2 * 4) * MODULE;
    let left = paper.dots().saturating_sub(height) / 2 + 4 * MODULE;
    let mut bitmap = Bitmap::new(paper.dots(), height);
    for (x, y, length) in qr.runs() {
        let at = |module: usize| u16::try_from(module).unwrap_or(0) * MODULE;
        bitmap.fill_rectangle(left + at(x), 4 * MODULE + at(y), at(length), MODULE);
    }
    Ok(bitmap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::{Item, interpret};

    #[test]
    fn the_code_on_the_paper_is_read_back() -> Result<(), PrintError> {
        for paper in [Paper::Mm58, Paper::Mm80] {
            let slip = TestSlip { at: "2026-03-18 11:32".into(), code: "910000000000000000000000".into() };
            let printout = interpret(&slip.to_escpos(paper, crate::font::for_tests()?)?, paper);
            let pictures: Vec<_> = printout
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Picture { bitmap, .. } => Some(bitmap),
                    _ => None,
                })
                .collect();
            assert_eq!(pictures.len(), 2, "the line of rare characters and the code");
            let (width, height) = (usize::from(pictures[1].stride()) * 8, usize::from(pictures[1].height()));
            let dot = |at: usize| u16::try_from(at).unwrap_or(0);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
                if pictures[1].is_black(dot(x), dot(y)) { 0 } else { 255 }
            });
            let read = image.detect_grids().first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text);
            assert_eq!(read.as_deref(), Some(slip.code.as_str()), "{paper:?}");
        }
        Ok(())
    }
}
