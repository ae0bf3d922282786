//! Lines of text that fit their place: broken where Chinese typesetting allows it, or set smaller.

use crate::{PrintError, font::Fonts, pdf::MM_PER_PT};

/// Nothing is ever set smaller, in points.
const SMALLEST_PT: f32 = 5.5;
/// Must not begin a line.
const CLOSING: &str = "，。；：！？、）】》」』”’…％%,.;:!?)]}";
/// Must not end a line.
const OPENING: &str = "（【《「『“‘([{";

/// Stay with the number before them.
const UNITS: &str = "年月日号时分秒天份元条页岁";
/// Stay with the number after them, as in 3月18日.
const DATE_UNITS: &str = "年月";

/// Width of a text in millimetres.
pub(crate) fn width(fonts: &Fonts, text: &str, size_pt: f32) -> f32 {
    fonts.width(text, size_pt) * MM_PER_PT
}

/// The size, at most `size_pt`, at which a text fits into `room` millimetres on one line.
pub(crate) fn fit(fonts: &Fonts, field: &str, text: &str, size_pt: f32, room: f32) -> Result<f32, PrintError> {
    let natural = width(fonts, text, size_pt);
    if natural <= room {
        return Ok(size_pt);
    }
    let size = size_pt * room / natural * 0.999;
    if size < SMALLEST_PT { Err(PrintError::TooWide { field: field.to_owned() }) } else { Ok(size) }
}

/// Breaks a text into lines of at most `room` millimetres. Words and numbers stay whole unless they are wider than that.
pub(super) fn wrap(fonts: &Fonts, text: &str, size_pt: f32, room: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = Filling { fonts, size_pt, room, text: String::new(), width: 0.0 };
        for piece in pieces(paragraph) {
            line.place(&mut lines, piece);
        }
        lines.push(line.end());
    }
    lines
}

/// A line that is being filled; its width is kept, since measuring it anew for each piece takes most of the time.
struct Filling<'a> {
    fonts: &'a Fonts,
    size_pt: f32,
    room: f32,
    text: String,
    width: f32,
}

impl Filling<'_> {
    /// Adds a piece to the line, or to the next one when it does not fit; only a piece wider than a line is broken.
    fn place(&mut self, lines: &mut Vec<String>, piece: &str) {
        if self.add(piece) {
            return;
        }
        if !self.text.is_empty() {
            lines.push(self.end());
        }
        let mut bytes = [0; 4];
        for c in piece.trim_start().chars() {
            let c: &str = c.encode_utf8(&mut bytes);
            if !self.add(c) {
                if !self.text.is_empty() {
                    lines.push(self.end());
                }
                self.push(c);
            }
        }
    }

    /// Adds a piece if it fits, blanks at its end not counted.
    fn add(&mut self, piece: &str) -> bool {
        let visible = piece.trim_end();
        let fits = visible.is_empty() || self.width + width(self.fonts, visible, self.size_pt) <= self.room;
        if fits {
            self.push(piece);
        }
        fits
    }

    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.width += width(self.fonts, piece, self.size_pt);
    }

    fn end(&mut self) -> String {
        self.width = 0.0;
        std::mem::take(&mut self.text).trim_end().to_owned()
    }
}

/// Cuts a text into the pieces between which a line may be broken.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut previous: Option<char> = None;
    for (index, c) in text.char_indices() {
        if previous.is_some_and(|previous| may_break(previous, c)) {
            pieces.extend(text.get(start..index));
            start = index;
        }
        previous = Some(c);
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

fn may_break(before: char, after: char) -> bool {
    if CLOSING.contains(after) || OPENING.contains(before) || after.is_whitespace() {
        return false;
    }
    if before.is_ascii_digit() && UNITS.contains(after) || DATE_UNITS.contains(before) && after.is_ascii_digit() {
        return false;
    }
    before.is_whitespace() || is_square(before) || is_square(after)
}

/// Ideographs, kana and full-width signs, between which a line may be broken.
fn is_square(c: char) -> bool {
    u32::from(c) >= 0x2e80
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::for_tests;
    use proptest::prelude::*;

    #[test]
    fn breaks_between_characters_but_not_before_a_comma() -> Result<(), PrintError> {
        let fonts = for_tests()?;
        let em = 10.0 * MM_PER_PT;
        assert_eq!(wrap(fonts, "四宝山街道，长者食堂", 10.0, 5.0 * em), ["四宝山街", "道，长者食", "堂"]);
        assert_eq!(wrap(fonts, "依据 F-0321-05 核减", 10.0, 5.0 * em), ["依据", "F-0321-05", "核减"]);
        assert_eq!(wrap(fonts, "刘晓燕　3月18日", 10.0, 5.0 * em), ["刘晓燕", "3月18日"]);
        assert_eq!(wrap(fonts, "甲\n乙", 10.0, 5.0 * em), ["甲", "乙"]);
        assert_eq!(wrap(fonts, "", 10.0, 5.0 * em), [""]);
        Ok(())
    }

    #[test]
    fn fits_or_says_so() -> Result<(), PrintError> {
        let fonts = for_tests()?;
        assert!((fit(fonts, "金额", "1.00", 9.0, 50.0)? - 9.0).abs() < f32::EPSILON);
        let smaller = fit(fonts, "金额", "12,345,678.90", 9.0, 17.0)?;
        assert!(width(fonts, "12,345,678.90", smaller) <= 17.0);
        assert_eq!(fit(fonts, "金额", "12,345,678.90", 9.0, 3.0), Err(PrintError::TooWide { field: "金额".into() }));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn wrapped_lines_fit_and_lose_nothing(text in "[a-zA-Z0-9一二三四五，。（） ]{0,60}", ems in 2_u8..20) {
            let fonts = for_tests()?;
            let room = f32::from(ems) * 9.0 * MM_PER_PT;
            let lines = wrap(fonts, &text, 9.0, room);
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeezed(&lines.concat()), squeezed(&text));
            for line in &lines {
                prop_assert!(width(fonts, line, 9.0) <= room + 0.01, "{}", line);
            }
        }
    }
}
