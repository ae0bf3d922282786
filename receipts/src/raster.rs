//! Draws a line of text as dots, for characters that a slip printer's own font does not have.

use crate::font::{Fonts, LoadedFont};
use ttf_parser::OutlineBuilder;

/// Samples along each side of a dot; a dot is black when enough of them lie inside the outline.
const SAMPLES: u16 = 4;
const ENOUGH: u16 = 7;
/// 〓, the printer's customary sign for a character that could not be set.
const GETA: char = '〓';

/// Black and white dots, rows padded to whole bytes, most significant bit at the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    stride: u16,
    height: u16,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// A white bitmap of `width` dots, rounded up to a multiple of eight.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let stride = width.div_ceil(8);
        Self { stride, height, bytes: vec![0; usize::from(stride) * usize::from(height)] }
    }

    /// A bitmap from its bytes; missing bytes are white, surplus ones are dropped.
    pub(crate) fn from_bytes(stride: u16, height: u16, bytes: &[u8]) -> Self {
        let mut bitmap = Self::new(stride.saturating_mul(8), height);
        for (target, source) in bitmap.bytes.iter_mut().zip(bytes) {
            *target = *source;
        }
        bitmap
    }

    /// Bytes in a row.
    #[must_use]
    pub fn stride(&self) -> u16 {
        self.stride
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a dot is black; outside the bitmap all is white.
    #[must_use]
    pub fn is_black(&self, x: u16, y: u16) -> bool {
        x / 8 < self.stride && self.bytes.get(self.index(x, y)).is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    fn blacken(&mut self, x: u16, y: u16) {
        let index = self.index(x, y);
        if x / 8 < self.stride
            && let Some(byte) = self.bytes.get_mut(index)
        {
            *byte |= 0x80 >> (x % 8);
        }
    }

    /// Blackens a rectangle.
    pub(crate) fn fill_rectangle(&mut self, left: u16, top: u16, width: u16, height: u16) {
        for y in top..top.saturating_add(height) {
            for x in left..left.saturating_add(width) {
                self.blacken(x, y);
            }
        }
    }

    fn index(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.stride) + usize::from(x / 8)
    }

    /// Draws a text with its left edge at `x` dots; a full-width character is `size` dots wide and high.
    pub(crate) fn draw(&mut self, fonts: &Fonts, text: &str, x: u16, size: u16) {
        let mut pen = f32::from(x);
        for c in text.chars() {
            let Some(glyph) = fonts.glyph(c).or_else(|| fonts.glyph(GETA)) else { continue };
            let mut outline = Outline::default();
            if let Some(face) = fonts.faces().get(glyph.font).and_then(LoadedFont::face) {
                face.outline_glyph(ttf_parser::GlyphId(glyph.id), &mut outline);
                outline.place(pen, f32::from(size), f32::from(face.units_per_em()));
            }
            self.fill(&outline);
            pen += f32::from(glyph.advance) * f32::from(size) / 1000.0;
        }
    }

    /// Blackens the dots that lie mostly inside the outline, by the non-zero rule.
    fn fill(&mut self, outline: &Outline) {
        let Some((left, right)) = outline.extent() else { return };
        let (first, last) = (whole(left), whole(right).saturating_add(1).min(self.stride * 8));
        for y in 0..self.height {
            let rows = crossings_of_row(outline, y);
            for x in first..last {
                let inside = rows.iter().map(|row| samples_inside(row, x)).sum::<u16>();
                if inside >= ENOUGH {
                    self.blacken(x, y);
                }
            }
        }
    }
}

/// Width in dots that [`Bitmap::draw`] takes for a text.
pub(crate) fn text_width(fonts: &Fonts, text: &str, size: u16) -> u16 {
    whole(fonts.width(text, f32::from(size)).ceil())
}

/// Crossings of one sampling line with an outline: where, and in which direction.
type Crossings = Vec<(f32, i32)>;

fn crossings_of_row(outline: &Outline, y: u16) -> Vec<Crossings> {
    (0..SAMPLES).map(|step| outline.crossings(f32::from(y) + sample(step))).collect()
}

fn samples_inside(row: &Crossings, x: u16) -> u16 {
    let inside = |step: &u16| {
        let at = f32::from(x) + sample(*step);
        row.iter().filter(|(crossing, _)| *crossing <= at).map(|(_, turn)| turn).sum::<i32>() != 0
    };
    u16::try_from((0..SAMPLES).filter(inside).count()).unwrap_or(0)
}

/// Offset of a sample inside its dot.
fn sample(step: u16) -> f32 {
    (f32::from(step) + 0.5) / f32::from(SAMPLES)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of dots first")]
fn whole(dots: f32) -> u16 {
    dots.clamp(0.0, f32::from(u16::MAX)) as u16
}

/// An outline flattened to straight segments.
#[derive(Default)]
struct Outline {
    segments: Vec<[(f32, f32); 2]>,
    start: (f32, f32),
    pen: (f32, f32),
}

impl Outline {
    /// From font units with y upwards to dots with y downwards.
    fn place(&mut self, x: f32, size: f32, em: f32) {
        let scale = size / em;
        for point in self.segments.iter_mut().flatten() {
            *point = (x + point.0 * scale, (em * 0.88 - point.1) * scale);
        }
    }

    fn extent(&self) -> Option<(f32, f32)> {
        self.segments.iter().flatten().fold(None, |extent: Option<(f32, f32)>, (x, _)| {
            Some(extent.map_or((*x, *x), |(left, right)| (left.min(*x), right.max(*x))))
        })
    }

    fn crossings(&self, y: f32) -> Crossings {
        self.segments
            .iter()
            .filter_map(|[from, to]| {
                let turn = if from.1 <= y && to.1 > y {
                    1
                } else if to.1 <= y && from.1 > y {
                    -1
                } else {
                    return None;
                };
                Some((from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0), turn))
            })
            .collect()
    }

    fn curve(&mut self, point_at: impl Fn(f32) -> (f32, f32)) {
        for step in 1..=8_u8 {
            let (x, y) = point_at(f32::from(step) / 8.0);
            self.line_to(x, y);
        }
    }
}

fn quadratic([from, control, to]: [(f32, f32); 3], t: f32) -> (f32, f32) {
    between(between(from, control, t), between(control, to, t), t)
}

fn between(from: (f32, f32), to: (f32, f32), t: f32) -> (f32, f32) {
    (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = (x, y);
        self.pen = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push([self.pen, (x, y)]);
        self.pen = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let from = self.pen;
        self.curve(|t| quadratic([from, (x1, y1), (x, y)], t));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let from = self.pen;
        self.curve(|t| {
            let first = quadratic([from, (x1, y1), (x2, y2)], t);
            let second = quadratic([(x1, y1), (x2, y2), (x, y)], t);
            between(first, second, t)
        });
    }

    fn close(&mut self) {
        let (x, y) = self.start;
        self.line_to(x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrintError;

    fn picture(bitmap: &Bitmap) -> Vec<String> {
        (0..bitmap.height())
            .map(|y| (0..bitmap.stride() * 8).map(|x| if bitmap.is_black(x, y) { '#' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn draws_a_plain_character() -> Result<(), PrintError> {
        let mut bitmap = Bitmap::new(24, 24);
        bitmap.draw(crate::font::for_tests()?, "口", 0, 24);
        let picture = picture(&bitmap);
        assert_eq!(picture[12].matches('#').count(), 4, "two uprights of two dots: {picture:#?}");
        assert!(picture[4].matches('#').count() > 14, "a bar on top: {picture:#?}");
        assert!(!picture[12].starts_with('#'), "{picture:#?}");
        Ok(())
    }

    #[test]
    fn unknown_characters_are_seen() -> Result<(), PrintError> {
        let mut bitmap = Bitmap::new(24, 24);
        bitmap.draw(crate::font::for_tests()?, "𡋾", 0, 24);
        assert!(bitmap.bytes().iter().any(|byte| *byte != 0));
        Ok(())
    }
}
