//! The fonts that everything printed is measured and drawn with.
//!
//! Noto Sans SC is part of the program, so that a sheet looks the same wherever it is made. It covers GB 2312, GBK and
//! Extension A; an office whose residents have names from Extensions B to F gives a second font, which is asked only for
//! characters that the first does not have.

use crate::{PrintError, pdf::Embeddable};
use std::borrow::Cow;
use ttf_parser::Face;

const NOTO_SANS_SC: &[u8] = include_bytes!("../fonts/NotoSansSC_400Regular.ttf");

/// A glyph together with the font it was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// Index into [`Fonts::faces`].
    pub(crate) font: usize,
    pub(crate) id: u16,
    /// Advance in thousandths of the font size.
    pub(crate) advance: u16,
}

/// One font, parsed.
#[derive(Debug)]
pub(crate) struct LoadedFont {
    bytes: Cow<'static, [u8]>,
    /// Number and advance by code point; number 0 is no glyph. A sheet asks thousands of times.
    glyphs: Vec<(u16, u16)>,
    pub(crate) embeddable: Embeddable,
}

/// The embedded font and, where configured, a second one. Load once and share between threads: it takes some
/// hundredths of a second.
#[derive(Debug)]
pub struct Fonts {
    faces: Vec<LoadedFont>,
}

impl Fonts {
    /// The font that is part of the program.
    pub fn embedded() -> Result<Self, PrintError> {
        Ok(Self { faces: vec![LoadedFont::parse(Cow::Borrowed(NOTO_SANS_SC))?] })
    }

    /// Adds a second TrueType font for characters that the first does not have; there is no third.
    pub fn with_second(mut self, bytes: Vec<u8>) -> Result<Self, PrintError> {
        if self.faces.len() > 1 {
            return Err(PrintError::BadFont("补充字体只能有一种"));
        }
        self.faces.push(LoadedFont::parse(Cow::Owned(bytes))?);
        Ok(self)
    }

    /// The first character of the text that none of the fonts can draw. Ask when a name is entered.
    ///
    /// ```
    /// let fonts = receipts::Fonts::embedded()?;
    /// assert_eq!(fonts.missing("王小明"), None);
    /// assert_eq!(fonts.missing("张𡋾"), Some('𡋾'));
    /// # Ok::<(), receipts::PrintError>(())
    /// ```
    #[must_use]
    pub fn missing(&self, text: &str) -> Option<char> {
        text.chars().find(|c| self.glyph(*c).is_none())
    }

    /// As [`Fonts::missing`], as the error that a document would give.
    pub fn check(&self, field: &str, text: &str) -> Result<(), PrintError> {
        match self.missing(text) {
            Some(character) => Err(PrintError::MissingGlyph { field: field.to_owned(), character }),
            None => Ok(()),
        }
    }

    pub(crate) fn faces(&self) -> &[LoadedFont] {
        &self.faces
    }

    pub(crate) fn glyph(&self, c: char) -> Option<Glyph> {
        let code = usize::try_from(u32::from(c)).ok()?;
        self.faces.iter().zip(0..).find_map(|(face, font)| {
            let (id, advance) = *face.glyphs.get(code)?;
            (id != 0).then_some(Glyph { font, id, advance })
        })
    }

    /// Width of a line of text in points. Characters without a glyph count as a full square.
    pub(crate) fn width(&self, text: &str, size_pt: f32) -> f32 {
        let thousandths: f32 = text.chars().map(|c| f32::from(self.glyph(c).map_or(1000, |g| g.advance))).sum();
        thousandths * size_pt / 1000.0
    }
}

impl LoadedFont {
    fn parse(bytes: Cow<'static, [u8]>) -> Result<Self, PrintError> {
        let glyphs = read_glyphs(&bytes)?;
        let embeddable = Embeddable::parse(&bytes)?;
        Ok(Self { bytes, glyphs, embeddable })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The outlines, for drawing dots.
    pub(crate) fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.bytes, 0).ok()
    }
}

fn read_glyphs(bytes: &[u8]) -> Result<Vec<(u16, u16)>, PrintError> {
    let face = Face::parse(bytes, 0).map_err(|_| PrintError::BadFont("不是 TrueType 字体"))?;
    let em = u32::from(face.units_per_em());
    let cmap = face.tables().cmap.ok_or(PrintError::BadFont("没有字符表"))?;
    let mut glyphs = Vec::new();
    for table in cmap.subtables.into_iter().filter(ttf_parser::cmap::Subtable::is_unicode) {
        table.codepoints(|code| {
            let Some(id) = table.glyph_index(code).filter(|id| id.0 != 0) else { return };
            let Some(place) = char::from_u32(code).and_then(|c| usize::try_from(u32::from(c)).ok()) else { return };
            let advance = u32::from(face.glyph_hor_advance(id).unwrap_or(0)) * 1000 / em;
            if glyphs.len() <= place {
                glyphs.resize(place + 1, (0, 0));
            }
            if let Some(glyph) = glyphs.get_mut(place).filter(|(id, _)| *id == 0) {
                *glyph = (id.0, u16::try_from(advance).unwrap_or(u16::MAX));
            }
        });
    }
    if glyphs.is_empty() { Err(PrintError::BadFont("字符表是空的")) } else { Ok(glyphs) }
}

/// One set of fonts for all tests.
#[cfg(test)]
pub(crate) fn for_tests() -> Result<&'static Fonts, PrintError> {
    static FONTS: std::sync::LazyLock<Result<Fonts, PrintError>> = std::sync::LazyLock::new(Fonts::embedded);
    FONTS.as_ref().map_err(Clone::clone)
}

/// The first font with nothing but ASCII, the second with everything: as when a name needs the second.
#[cfg(test)]
pub(crate) fn two_for_tests() -> Result<Fonts, PrintError> {
    let mut fonts = Fonts::embedded()?.with_second(NOTO_SANS_SC.to_vec())?;
    if let Some(first) = fonts.faces.first_mut() {
        first.glyphs.truncate(0x80);
    }
    Ok(fonts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_is_the_published_one() {
        use sha2::{Digest, Sha256};
        let digest: Vec<String> = Sha256::digest(NOTO_SANS_SC).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest.concat(), "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16");
    }

    #[test]
    fn fonts_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Fonts>();
    }

    #[test]
    fn rare_names_print_and_others_are_named() -> Result<(), PrintError> {
        let fonts = for_tests()?;
        assert_eq!(fonts.missing("𫖯䶮㛃𠅤 王小明 ¥17,520.00 −·●"), None);
        assert_eq!(
            fonts.check("收款户名", "张𡋾"),
            Err(PrintError::MissingGlyph { field: "收款户名".into(), character: '𡋾' })
        );
        Ok(())
    }

    #[test]
    fn widths_are_those_of_the_font() -> Result<(), PrintError> {
        let fonts = for_tests()?;
        assert!((fonts.width("四宝山", 10.0) - 30.0).abs() < 0.001);
        let digits: Vec<f32> = ('0'..='9').map(|d| fonts.width(&d.to_string(), 9.0)).collect();
        assert!(digits.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.001), "figures stand in columns");
        Ok(())
    }

    #[test]
    fn anything_else_is_not_a_font() -> Result<(), PrintError> {
        let fonts = Fonts::embedded()?;
        assert!(matches!(fonts.with_second(b"not a font".to_vec()), Err(PrintError::BadFont(_))));
        Ok(())
    }

    #[test]
    fn there_is_no_third_font() -> Result<(), PrintError> {
        let third = two_for_tests()?.with_second(NOTO_SANS_SC.to_vec());
        assert!(matches!(third, Err(PrintError::BadFont(_))));
        Ok(())
    }
}
