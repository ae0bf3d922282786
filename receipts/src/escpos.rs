//! The few ESC/POS commands that a slip needs, and the text encoding of Chinese receipt printers.
//!
//! Every command here is one that the cheap printers of small canteens share. Text is GB18030, but only the
//! part that GBK had: hardly any printer carries glyphs for the rest, so such lines are drawn as dots instead.

use crate::raster::Bitmap;
use encoding_rs::GB18030;

/// Paper of a slip printer with 203 dots to the inch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 58 mm: 384 dots, 32 columns.
    Mm58,
    /// 80 mm: 576 dots, 48 columns.
    Mm80,
}

impl Paper {
    /// Columns of half-width characters in a line.
    #[must_use]
    pub const fn columns(self) -> usize {
        match self {
            Self::Mm58 => 32,
            Self::Mm80 => 48,
        }
    }

    /// Dots in a line.
    #[must_use]
    pub const fn dots(self) -> u16 {
        match self {
            Self::Mm58 => 384,
            Self::Mm80 => 576,
        }
    }
}

/// Height of a character in dots; a Chinese character is as wide, the others half as wide.
pub(crate) const CELL: u16 = 24;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

pub(crate) const ESC: u8 = 0x1b;
const DLE: u8 = 0x10;
const DC4: u8 = 0x14;
pub(crate) const FS: u8 = 0x1c;
pub(crate) const GS: u8 = 0x1d;
pub(crate) const LINE_FEED: u8 = b'\n';

/// Resets the printer, switches Chinese on, sets 34 dots from line to line.
pub(crate) fn start() -> Vec<u8> {
    vec![ESC, b'@', FS, b'&', ESC, b'3', 34]
}

pub(crate) fn align(align: Align) -> [u8; 3] {
    [
        ESC,
        b'a',
        match align {
            Align::Left => 0,
            Align::Centre => 1,
            Align::Right => 2,
        },
    ]
}

/// Normal or double height, for Chinese and the other characters alike: printers differ in which command they obey.
pub(crate) fn double_height(on: bool) -> [u8; 6] {
    [GS, b'!', u8::from(on), FS, b'!', if on { 8 } else { 0 }]
}

/// Feeds the paper so far that the last line stands above the knife, then cuts all but a bridge.
pub(crate) fn cut() -> [u8; 4] {
    [GS, b'V', 66, 0]
}

/// Opens the drawer that hangs on the printer: 50 ms of current, then 500 ms without.
pub(crate) fn drawer() -> [u8; 5] {
    [ESC, b'p', 0, 25, 250]
}

/// The same in real time, 100 ms: obeyed at once by a printer that cannot print, or not at all.
pub(crate) fn drawer_now() -> [u8; 5] {
    [DLE, DC4, 1, 0, 1]
}

/// Dots, packed eight to a byte, most significant bit at the left; `tall` prints every row twice.
pub(crate) fn raster(bitmap: &Bitmap, tall: bool) -> Vec<u8> {
    let [width_low, width_high] = bitmap.stride().to_le_bytes();
    let [height_low, height_high] = bitmap.height().to_le_bytes();
    let mut out = vec![GS, b'v', b'0', if tall { 2 } else { 0 }, width_low, width_high, height_low, height_high];
    out.extend_from_slice(bitmap.bytes());
    out
}

/// The text as printer bytes, or nothing if a character is not among those that every printer has.
pub(crate) fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        let (bytes, _, unmappable) = GB18030.encode(c.encode_utf8(&mut buffer));
        let known = match *bytes {
            [_] => !c.is_control(),
            [lead, trail] => in_every_printer(lead, trail),
            _ => false,
        };
        if unmappable || !known {
            return None;
        }
        out.extend_from_slice(&bytes);
    }
    Some(out)
}

/// Whether a two-byte code lies in the zones that GBK filled in 1995; later standards put characters into the zones
/// for private use, where older printers have nothing.
fn in_every_printer(lead: u8, trail: u8) -> bool {
    match (lead, trail) {
        (0xaa..=0xaf | 0xf8..=0xfe, 0xa1..) | (0xa1..=0xa7, ..=0xa0) | (0xfe, 0x50..) => false,
        _ => lead >= 0x81,
    }
}

/// Columns that a character takes: one for ASCII, two for everything else.
pub(crate) const fn columns(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Columns that a text takes.
pub(crate) fn text_columns(text: &str) -> usize {
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_printers_have() {
        assert_eq!(encode("午餐A1"), Some(vec![0xce, 0xe7, 0xb2, 0xcd, b'A', b'1']));
        assert_eq!(encode("￥9.00").map(|b| b.len()), Some(6));
        assert!(encode("镕喆堃犇－（）＊").is_some());
        for missing in ["𫖯", "䶮", "㛃", "¥", "\u{7}"] {
            assert_eq!(encode(missing), None, "{missing}");
        }
    }

    #[test]
    fn columns_follow_the_bytes() {
        for text in ["您付 ￥9.00", "——", "abc"] {
            assert_eq!(encode(text).map(|b| b.len()), Some(text_columns(text)), "{text}");
        }
    }
}
