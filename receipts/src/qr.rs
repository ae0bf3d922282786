//! QR codes as a matrix of modules: the sheet draws them as vectors, screens as SVG.

use crate::PrintError;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Light modules that must surround a code on every side.
pub const QUIET_ZONE: usize = 4;

/// The modules of one code, without its quiet zone. `x` counts from the left, `y` from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// Encodes a text with the medium level of correction (15 % of the code may be covered).
    pub fn new(text: &str) -> Result<Self, PrintError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| PrintError::QrTooLong { length: text.len() })?;
        let size = code.width();
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { size, dark })
    }

    /// Modules along one side.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module is dark; everything outside the code is light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.size && self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }

    /// Dark stretches as `(x, y, length)`, row by row: fewer shapes than modules.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        (0..self.size).flat_map(move |y| {
            let mut x = 0;
            std::iter::from_fn(move || {
                x += (x..self.size).take_while(|x| !self.is_dark(*x, y)).count();
                let length = (x..self.size).take_while(|x| self.is_dark(*x, y)).count();
                let start = x;
                x += length;
                (length > 0).then_some((start, y, length))
            })
        })
    }

    /// Dark rectangles as `(x, y, width, height)`: equal stretches of neighbouring rows are one.
    pub(crate) fn blocks(&self) -> Vec<(usize, usize, usize, usize)> {
        let mut blocks: Vec<(usize, usize, usize, usize)> = Vec::new();
        for (x, y, length) in self.runs() {
            let above = blocks.iter_mut().rev().find(|block| (block.0, block.1 + block.3, block.2) == (x, y, length));
            match above {
                Some(block) => block.3 += 1,
                None => blocks.push((x, y, length, 1)),
            }
        }
        blocks
    }

    /// A self-contained SVG with its quiet zone; one user unit is one module, so it scales to any size.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.size + 2 * QUIET_ZONE;
        let mut path = String::new();
        for (x, y, length) in self.runs() {
            let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET_ZONE, y + QUIET_ZONE);
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Draws the modules four pixels wide and lets an independent reader decode them.
    fn decode(code: &Qr) -> Option<String> {
        let side = (code.size() + 2 * QUIET_ZONE) * 4;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
            let dark =
                x / 4 >= QUIET_ZONE && y / 4 >= QUIET_ZONE && code.is_dark(x / 4 - QUIET_ZONE, y / 4 - QUIET_ZONE);
            if dark { 0 } else { 255 }
        });
        image.detect_grids().first()?.decode().ok().map(|(_, text)| text)
    }

    #[test]
    fn reads_back() -> Result<(), PrintError> {
        let url = "https://zhucan.example.gov.cn/v/JS-202603-001/7c41e09a52d8b340";
        assert_eq!(decode(&Qr::new(url)?).as_deref(), Some(url));
        Ok(())
    }

    #[test]
    fn too_long_is_an_error() {
        assert_eq!(Qr::new(&"x".repeat(4000)), Err(PrintError::QrTooLong { length: 4000 }));
    }

    proptest! {
        #[test]
        fn runs_cover_the_dark_modules_exactly(text in "[ -~]{1,80}") {
            let code = Qr::new(&text)?;
            let mut seen = vec![false; code.size() * code.size()];
            for (x, y, length) in code.runs() {
                for step in 0..length {
                    seen[y * code.size() + x + step] = true;
                }
            }
            prop_assert_eq!(seen, code.dark);
        }

        #[test]
        fn blocks_cover_the_dark_modules_once(text in "[ -~]{1,80}") {
            let code = Qr::new(&text)?;
            let mut seen = vec![0; code.size() * code.size()];
            for (left, top, width, height) in code.blocks() {
                for (x, y) in (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y))) {
                    seen[y * code.size() + x] += 1;
                }
            }
            let expected: Vec<i32> = code.dark.iter().map(|dark| i32::from(*dark)).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
