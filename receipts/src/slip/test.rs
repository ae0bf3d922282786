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
    let side = (size + 2 * 4) * MODULE;
    let left = paper.dots().saturating_sub(side) / 2 + 4 * MODULE;
    let mut bitmap = Bitmap::new(paper.dots(), side);
    for (x, y, length) in qr.runs() {
        let at = |module: usize| u16::try_from(module).unwrap_or(0) * MODULE;
        bitmap.fill_rectangle(left + at(x), 4 * MODULE + at(y), at(length), MODULE);
    }
    Ok(bitmap)
}
