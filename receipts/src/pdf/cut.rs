//! Cuts a font down to the glyphs of one document, and leaves out the tables that only a desktop would read.
//!
//! In a document glyphs are asked for by number: the character map, the names and the layout rules of the font are dead
//! weight there. The writer of the file wants a character map all the same, so it gets an empty one.

use crate::PrintError;
use std::collections::BTreeSet;
use subsetter::GlyphRemapper;
use ttf_parser::{RawFace, Tag, name_id};

/// A format 4 character map with nothing but the segment that closes it.
const EMPTY_CMAP: [u8; 36] = [
    0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12, // one table, Windows Unicode, at 12
    0, 4, 0, 24, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, // format, length, language, one segment
    0xff, 0xff, 0, 0, 0xff, 0xff, 0, 1, 0, 0, // end, padding, start, delta, offset
];
const NAME: Tag = Tag::from_bytes(b"name");
const CMAP: Tag = Tag::from_bytes(b"cmap");
const OS_2: Tag = Tag::from_bytes(b"OS/2");
const HEAD: Tag = Tag::from_bytes(b"head");
/// Where the `head` table keeps the number that makes the sum of the whole file this one.
const ADJUSTMENT: usize = 8;
const WHOLE: u32 = 0xb1b0_afba;

/// A font of a few glyphs, and the numbers they have in it.
pub(super) struct Cut {
    pub(super) bytes: Vec<u8>,
    numbers: GlyphRemapper,
}

impl Cut {
    /// Keeps the given glyphs, in the order of their numbers, behind the one for missing characters.
    pub(super) fn new(font: &[u8], glyphs: &BTreeSet<u16>) -> Result<Self, PrintError> {
        let glyphs: Vec<u16> = glyphs.iter().copied().collect();
        let numbers = GlyphRemapper::new_from_glyphs_sorted(&glyphs);
        let few = subsetter::subset(font, 0, &numbers).map_err(|_| PrintError::BadFont("无法取出字形"))?;
        let whole = raw(font)?;
        let few = raw(&few)?;
        let mut tables: Vec<(Tag, &[u8])> = few
            .table_records
            .into_iter()
            .filter(|record| record.tag != NAME)
            .filter_map(|record| Some((record.tag, few.table(record.tag)?)))
            .collect();
        tables.push((CMAP, &EMPTY_CMAP));
        tables.extend(whole.table(OS_2).map(|table| (OS_2, table)));
        tables.sort_by_key(|(tag, _)| *tag);
        let version = few.data.get(..4).unwrap_or_default();
        let bytes = file(version, &tables).ok_or(PrintError::BadFont("字体过大"))?;
        Ok(Self { bytes, numbers })
    }

    /// Number of a glyph in the cut font; one that was not asked for is the glyph for missing characters.
    pub(super) fn number(&self, glyph: u16) -> u16 {
        self.numbers.get(glyph).unwrap_or(0)
    }
}

/// The name of a font as documents give it; only letters, digits and hyphens, which need no escape there.
pub(super) fn name(font: &[u8]) -> Result<String, PrintError> {
    let face = ttf_parser::Face::parse(font, 0).map_err(|_| PrintError::BadFont("不是 TrueType 字体"))?;
    let mut names = face.names().into_iter().filter(|name| name.name_id == name_id::POST_SCRIPT_NAME);
    let name = names.find_map(|name| name.to_string()).unwrap_or_default();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Ok(if name.is_empty() { "Unnamed".into() } else { name })
}

fn raw(bytes: &[u8]) -> Result<RawFace<'_>, PrintError> {
    RawFace::parse(bytes, 0).map_err(|_| PrintError::BadFont("不是 TrueType 字体"))
}

/// A font file of these tables, which must be in the order of their tags.
fn file(version: &[u8], tables: &[(Tag, &[u8])]) -> Option<Vec<u8>> {
    let count = u16::try_from(tables.len()).ok()?;
    let power = count.checked_ilog2()?;
    let range = 16_u16 << power;
    let mut directory = version.to_vec();
    for number in [count, range, u16::try_from(power).ok()?, count * 16 - range] {
        directory.extend(number.to_be_bytes());
    }
    let start = directory.len() + tables.len() * 16;
    let mut body: Vec<u8> = Vec::new();
    let mut adjustment = None;
    for (tag, table) in tables {
        let mut table = table.to_vec();
        let offset = start + body.len();
        if *tag == HEAD {
            table.get_mut(ADJUSTMENT..ADJUSTMENT + 4)?.fill(0);
            adjustment = Some(offset + ADJUSTMENT);
        }
        for number in [tag.0, checksum(&table), u32::try_from(offset).ok()?, u32::try_from(table.len()).ok()?] {
            directory.extend(number.to_be_bytes());
        }
        table.resize(table.len().next_multiple_of(4), 0);
        body.append(&mut table);
    }
    directory.append(&mut body);
    let sum = WHOLE.wrapping_sub(checksum(&directory)).to_be_bytes();
    directory.get_mut(adjustment?..)?.iter_mut().zip(sum).for_each(|(target, byte)| *target = byte);
    Some(directory)
}

/// Sum of the bytes as big-endian words, as if zeros followed to the last whole word.
fn checksum(bytes: &[u8]) -> u32 {
    bytes
        .chunks(4)
        .map(|chunk| chunk.iter().zip([24, 16, 8, 0]).map(|(byte, shift)| u32::from(*byte) << shift).sum())
        .fold(0, u32::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::{Fonts, for_tests};
    use ttf_parser::{Face, GlyphId, OutlineBuilder};

    /// An outline in words.
    #[derive(Default, Debug, PartialEq)]
    struct Drawn(Vec<String>);

    impl OutlineBuilder for Drawn {
        fn move_to(&mut self, x: f32, y: f32) {
            self.0.push(format!("M{x} {y}"));
        }
        fn line_to(&mut self, x: f32, y: f32) {
            self.0.push(format!("L{x} {y}"));
        }
        fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
            self.0.push(format!("Q{x1} {y1} {x} {y}"));
        }
        fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
            self.0.push(format!("C{x1} {y1} {x2} {y2} {x} {y}"));
        }
        fn close(&mut self) {
            self.0.push("Z".into());
        }
    }

    fn drawn(face: &Face<'_>, glyph: u16) -> (Drawn, Option<u16>) {
        let mut drawn = Drawn::default();
        face.outline_glyph(GlyphId(glyph), &mut drawn);
        (drawn, face.glyph_hor_advance(GlyphId(glyph)))
    }

    fn whole(fonts: &Fonts) -> &[u8] {
        fonts.faces().first().map_or(&[], |font| font.bytes())
    }

    #[test]
    fn glyphs_keep_their_outlines_and_widths() -> Result<(), Box<dyn std::error::Error>> {
        let fonts = for_tests()?;
        let whole = whole(fonts);
        let text = "长者食堂助餐补贴月度结算单 ¥17,520.00 −é𫖯䶮Å";
        let glyphs: BTreeSet<u16> = text.chars().filter_map(|c| fonts.glyph(c)).map(|glyph| glyph.id).collect();
        let cut = Cut::new(whole, &glyphs)?;
        assert!(cut.bytes.len() < 10_000, "{} bytes", cut.bytes.len());
        let (before, after) = (Face::parse(whole, 0)?, Face::parse(&cut.bytes, 0)?);
        let mut numbers = BTreeSet::new();
        for glyph in glyphs {
            assert!(numbers.insert(cut.number(glyph)) && cut.number(glyph) != 0);
            assert_eq!(drawn(&after, cut.number(glyph)), drawn(&before, glyph), "{glyph}");
        }
        assert_eq!(cut.number(u16::MAX), 0);
        Ok(())
    }

    #[test]
    fn the_file_is_whole_and_its_sums_hold() -> Result<(), Box<dyn std::error::Error>> {
        let cut = Cut::new(whole(for_tests()?), &BTreeSet::from([100, 200]))?;
        assert_eq!(checksum(&cut.bytes), WHOLE);
        let font = raw(&cut.bytes)?;
        let tags: Vec<String> = font.table_records.into_iter().map(|record| record.tag.to_string()).collect();
        assert!(tags.is_sorted() && !tags.contains(&"name".to_owned()), "{tags:?}");
        for record in font.table_records {
            let mut table = font.table(record.tag).ok_or("table")?.to_vec();
            if record.tag == HEAD {
                table[ADJUSTMENT..ADJUSTMENT + 4].fill(0);
            }
            assert_eq!(checksum(&table), record.check_sum, "{}", record.tag);
        }
        Ok(())
    }

    #[test]
    fn the_name_is_the_fonts_own() -> Result<(), PrintError> {
        assert_eq!(name(whole(for_tests()?))?, "NotoSansSC-Regular");
        assert!(matches!(name(b"no font"), Err(PrintError::BadFont(_))));
        Ok(())
    }
}
