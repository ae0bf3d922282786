//! The only file that names printpdf: pages of text, rules, fills and a vector QR code, as deterministic bytes.
//!
//! Lengths are millimetres from the top left corner of an A4 page, type sizes are points. Text is placed glyph by glyph
//! with the same numbers it was measured with, and never falls back to a box: a missing glyph is an error.

mod cut;
mod rules;

use crate::{PrintError, font::Fonts, qr::Qr};
use cut::Cut;
use domain::calendar::UnixMs;
use printpdf::{
    Codepoint, Color, CurTransMat, DictItem, FontEmbeddingMode, FontId, Greyscale, Line, LineCapStyle, LineDashPattern,
    LinePoint, Mm, OffsetDateTime, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, Point, PrintpdfFontMeta, Pt, Rect, TextItem,
};
use rules::Rules;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Width of an A4 page.
pub(crate) const PAGE_WIDTH: f32 = 210.0;
/// Height of an A4 page.
pub(crate) const PAGE_HEIGHT: f32 = 297.0;
/// Millimetres in a point.
pub(crate) const MM_PER_PT: f32 = 25.4 / 72.0;

/// Six capitals each: the mark of a font of which only a part is embedded must have that form.
const MARKS: [&str; 2] = ["ZCFNTA", "ZCFNTB"];
/// Control points of a quarter circle lie at this part of its radius.
const QUARTER_CIRCLE: f32 = 0.552_285;

/// A font that is known to be usable in a document.
#[derive(Debug)]
pub(crate) struct Embeddable {
    /// Its own name.
    name: String,
}

impl Embeddable {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PrintError> {
        let name = cut::name(bytes)?;
        embedded(&Cut::new(bytes, &BTreeSet::new())?)?;
        Ok(Self { name })
    }
}

/// The font as it is embedded: its glyphs have been chosen already and keep their numbers.
fn embedded(cut: &Cut) -> Result<PdfFont, PrintError> {
    let meta = PrintpdfFontMeta {
        embedding_mode: FontEmbeddingMode::Full,
        requires_subsetting: false,
        ..PrintpdfFontMeta::default()
    };
    let font = ParsedFont::from_bytes(&cut.bytes, 0, &mut Vec::new()).ok_or(PrintError::BadFont("无法嵌入"))?;
    Ok(PdfFont::with_meta(font, meta))
}

/// A page being drawn: fills lie lowest, rules above everything.
#[derive(Debug, Default)]
pub(crate) struct Page {
    fills: Vec<(f32, Rect)>,
    texts: Vec<Text>,
    shapes: Vec<Op>,
    rules: Rules,
}

/// Glyphs of one font on one line.
#[derive(Debug)]
struct Text {
    font: usize,
    size: Pt,
    at: Point,
    glyphs: Vec<(u16, char)>,
}

impl Page {
    /// Draws a line of text whose baseline starts at `(x, baseline)`.
    pub(crate) fn text(
        &mut self,
        fonts: &Fonts,
        x: f32,
        baseline: f32,
        size_pt: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let mut pen = x;
        for run in runs(fonts, text)? {
            self.texts.push(Text {
                font: run.font,
                size: Pt(rounded(size_pt)),
                at: Point { x: pt(pen), y: pt(PAGE_HEIGHT - baseline) },
                glyphs: run.glyphs,
            });
            pen += run.advance * size_pt * MM_PER_PT / 1000.0;
        }
        Ok(())
    }

    /// Draws a level rule from `left` to `right`.
    pub(crate) fn level_rule(&mut self, (left, right): (f32, f32), y: f32, width_pt: f32) {
        self.rules.level(rounded(width_pt), pt(PAGE_HEIGHT - y).0, (pt(left).0, pt(right).0));
    }

    /// Draws an upright rule from `top` to `bottom`.
    pub(crate) fn upright_rule(&mut self, x: f32, (top, bottom): (f32, f32), width_pt: f32) {
        self.rules.upright(rounded(width_pt), pt(x).0, (pt(PAGE_HEIGHT - top).0, pt(PAGE_HEIGHT - bottom).0));
    }

    /// Draws the frame of a rectangle.
    pub(crate) fn frame(&mut self, x: f32, y: f32, width: f32, height: f32, width_pt: f32) {
        for y in [y, y + height] {
            self.level_rule((x, x + width), y, width_pt);
        }
        for x in [x, x + width] {
            self.upright_rule(x, (y, y + height), width_pt);
        }
    }

    /// Fills a rectangle with grey, 0 black to 1 white, under everything else.
    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, grey: f32) {
        self.fills.push((grey, rectangle(x, y, width, height, PaintMode::Fill)));
    }

    /// Draws a dashed grey circle.
    pub(crate) fn dashed_circle(&mut self, (x, y): (f32, f32), radius: f32, width_pt: f32) {
        let handle = radius * QUARTER_CIRCLE;
        let points = [
            ((x + radius, y), false),
            ((x + radius, y + handle), true),
            ((x + handle, y + radius), true),
            ((x, y + radius), false),
            ((x - handle, y + radius), true),
            ((x - radius, y + handle), true),
            ((x - radius, y), false),
            ((x - radius, y - handle), true),
            ((x - handle, y - radius), true),
            ((x, y - radius), false),
            ((x + handle, y - radius), true),
            ((x + radius, y - handle), true),
            ((x + radius, y), false),
        ];
        let points = points.map(|(at, bezier)| point(at, bezier)).into();
        self.shapes.extend([
            Op::SetOutlineThickness { pt: Pt(rounded(width_pt)) },
            Op::SetOutlineColor { col: ink(0.45) },
            Op::SetLineDashPattern { dash: LineDashPattern::new(0.0, &[2.2, 1.8]) },
            Op::DrawLine { line: Line { points, is_closed: false } },
            Op::SetLineDashPattern { dash: LineDashPattern::solid() },
            Op::SetOutlineColor { col: ink(0.0) },
        ]);
    }

    /// Draws a code as one shape, so that no hairlines show between its modules. `side` is without the quiet zone.
    /// Modules are the unit of its coordinates, which keeps it small.
    pub(crate) fn qr(&mut self, code: &Qr, x: f32, y: f32, side: f32) -> Result<(), PrintError> {
        let modules = u16::try_from(code.size()).map_err(|_| failed("QR".into()))?;
        let module = side / MM_PER_PT / f32::from(modules);
        let matrix = CurTransMat::Raw([module, 0.0, 0.0, -module, pt(x).0, pt(PAGE_HEIGHT - y).0]);
        self.shapes.extend([Op::SaveGraphicsState, Op::SetTransformationMatrix { matrix }]);
        for (x, y, width, height) in code.blocks() {
            let numbers = [x, y, width, height].map(i64::try_from).into_iter().collect::<Result<Vec<_>, _>>();
            let numbers = numbers.map_err(writer)?;
            self.shapes.push(plain("re", numbers.into_iter().map(DictItem::Int).collect()));
        }
        self.shapes.extend([plain("f", Vec::new()), Op::RestoreGraphicsState]);
        Ok(())
    }

    /// What a reader of the document does, in order.
    fn operations(self, fonts: &[Option<Chosen>]) -> Result<Vec<Op>, PrintError> {
        let mut ops = Vec::new();
        draw_fills(&mut ops, self.fills);
        draw_texts(&mut ops, self.texts, fonts)?;
        ops.extend(self.shapes);
        draw_rules(&mut ops, self.rules);
        Ok(ops)
    }
}

/// An operator that printpdf knows only together with others: several rectangles in one fill.
fn plain(operator: &str, value: Vec<DictItem>) -> Op {
    Op::Unknown { key: operator.into(), value }
}

fn draw_fills(ops: &mut Vec<Op>, fills: Vec<(f32, Rect)>) {
    let mut last = 0.0_f32;
    for (grey, rectangle) in fills {
        if grey.total_cmp(&last).is_ne() {
            ops.push(Op::SetFillColor { col: ink(grey) });
            last = grey;
        }
        ops.push(Op::DrawRectangle { rectangle });
    }
    ops.push(Op::SetFillColor { col: ink(0.0) });
}

fn draw_texts(ops: &mut Vec<Op>, texts: Vec<Text>, fonts: &[Option<Chosen>]) -> Result<(), PrintError> {
    let mut last = None;
    for Text { font, size, at, glyphs } in texts {
        let chosen = fonts.get(font).and_then(Option::as_ref).ok_or(PrintError::BadFont("没有选出字形"))?;
        ops.push(Op::StartTextSection);
        if last.replace((font, size)) != Some((font, size)) {
            ops.push(Op::SetFont { font: PdfFontHandle::External(chosen.id.clone()), size });
        }
        let glyphs =
            glyphs.into_iter().map(|(id, c)| Codepoint::with_cid(chosen.cut.number(id), 0.0, c.to_string())).collect();
        ops.extend([
            Op::SetTextCursor { pos: at },
            Op::ShowText { items: vec![TextItem::GlyphIds(glyphs)] },
            Op::EndTextSection,
        ]);
    }
    Ok(())
}

/// Square ends close the corners where rules meet.
fn draw_rules(ops: &mut Vec<Op>, rules: Rules) {
    ops.push(Op::SetLineCapStyle { cap: LineCapStyle::ProjectingSquare });
    let mut last = None;
    for rule in rules.joined() {
        let pt = Pt(rule.thickness);
        if last.replace(pt) != Some(pt) {
            ops.push(Op::SetOutlineThickness { pt });
        }
        let points = rule.ends.map(|(x, y)| LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false }).into();
        ops.push(Op::DrawLine { line: Line { points, is_closed: false } });
    }
}

/// What stands in the properties of a document.
pub(crate) struct Properties<'a> {
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    pub(crate) made_at: UnixMs,
}

/// Puts pages together. Equal pages and properties give equal bytes.
pub(crate) fn document(properties: &Properties<'_>, pages: Vec<Page>, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    let mut document = PdfDocument::new(properties.title);
    let date = OffsetDateTime::from_unix_timestamp(properties.made_at.get().div_euclid(1000))
        .map_err(|reason| failed(reason.to_owned()))?;
    let info = &mut document.metadata.info;
    properties.author.clone_into(&mut info.author);
    info.creator = "zhucan".into();
    info.producer = "zhucan".into();
    info.creation_date = date;
    info.modification_date = date;
    info.metadata_date = date;
    let chosen = choose(fonts, &pages)?;
    for font in chosen.iter().flatten() {
        document.resources.fonts.map.insert(font.id.clone(), embedded(&font.cut)?);
    }
    document.pages =
        pages.into_iter().map(|page| page.operations(&chosen).map(a4)).collect::<Result<_, PrintError>>()?;
    let mut bytes = written(&document)?;
    fix_file_identifier(&mut bytes)?;
    Ok(bytes)
}

fn a4(ops: Vec<Op>) -> PdfPage {
    PdfPage::new(Mm(PAGE_WIDTH), Mm(PAGE_HEIGHT), ops)
}

/// The part of a font that a document needs, under the name it has there.
struct Chosen {
    id: FontId,
    cut: Cut,
}

/// For each font what the pages need of it, if anything.
fn choose(fonts: &Fonts, pages: &[Page]) -> Result<Vec<Option<Chosen>>, PrintError> {
    let mut needed = MARKS.map(|_| BTreeSet::new());
    for text in pages.iter().flat_map(|page| &page.texts) {
        if let Some(glyphs) = needed.get_mut(text.font) {
            glyphs.extend(text.glyphs.iter().map(|(id, _)| *id));
        }
    }
    let parts = fonts.faces().iter().zip(MARKS).zip(needed);
    parts
        .map(|((font, mark), glyphs)| {
            if glyphs.is_empty() {
                return Ok(None);
            }
            let id = FontId(format!("{mark}+{}", font.embeddable.name));
            Ok(Some(Chosen { id, cut: Cut::new(font.bytes(), &glyphs)? }))
        })
        .collect()
}

/// Everything but the streams is packed into one stream of objects, which PDF 1.5 made possible. `secure` would drop
/// the operators of [`plain`]; printpdf claims a conformance to PDF/X that nobody asked for and that is not kept.
fn written(document: &PdfDocument) -> Result<Vec<u8>, PrintError> {
    let mut warnings = Vec::new();
    let options = PdfSaveOptions { secure: false, ..PdfSaveOptions::default() };
    let mut file = document.to_lopdf_document(&options, &mut warnings);
    if let Some(warning) = warnings.first() {
        return Err(failed(warning.msg.clone()));
    }
    let contents: Vec<_> = file.page_iter().flat_map(|page| file.get_page_contents(page)).collect();
    for content in contents {
        let stream = file.get_object_mut(content).map_err(writer)?.as_stream_mut().map_err(writer)?;
        stream.set_content(without_seams(&stream.content));
    }
    let info = file.trailer.get(b"Info").map_err(writer)?.as_reference().map_err(writer)?;
    let info = file.get_object_mut(info).map_err(writer)?.as_dict_mut().map_err(writer)?;
    info.remove(b"GTS_PDFXVersion");
    file.compress();
    let mut bytes = Vec::new();
    file.save_modern(&mut bytes).map_err(writer)?;
    Ok(bytes)
}

/// The writer gives each glyph a string of its own, `<0001><0002>`; one string for all reads the same.
fn without_seams(content: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match after.strip_prefix(b"<").filter(|_| *first == b'>') {
            Some(after) => rest = after,
            None => joined.push(*first),
        }
    }
    joined
}

/// The writer puts 64 random characters into the trailer's /ID; they are replaced by a digest of everything else.
fn fix_file_identifier(bytes: &mut [u8]) -> Result<(), PrintError> {
    let unexpected = || failed("trailer without the expected /ID".into());
    let start = bytes.windows(3).rposition(|window| window == b"/ID").ok_or_else(unexpected)?;
    let (body, trailer) = bytes.split_at_mut(start);
    let digest: Vec<u8> = Sha256::digest(body).iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    let mut replaced = 0;
    let mut rest = trailer;
    while replaced < 2 {
        let open = rest.iter().position(|byte| *byte == b'(').ok_or_else(unexpected)?;
        let (_, after) = rest.split_at_mut(open + 1);
        let close = after.iter().position(|byte| *byte == b')').ok_or_else(unexpected)?;
        let (identifier, after) = after.split_at_mut(close);
        if identifier.len() > digest.len() {
            return Err(unexpected());
        }
        identifier.iter_mut().zip(&digest).for_each(|(target, source)| *target = *source);
        replaced += 1;
        rest = after;
    }
    Ok(())
}

/// A stretch of text in one font.
struct GlyphRun {
    font: usize,
    glyphs: Vec<(u16, char)>,
    /// Thousandths of the font size.
    advance: f32,
}

fn runs(fonts: &Fonts, text: &str) -> Result<Vec<GlyphRun>, PrintError> {
    let mut runs: Vec<GlyphRun> = Vec::new();
    for c in text.chars() {
        let glyph = fonts.glyph(c).ok_or_else(|| PrintError::MissingGlyph { field: text.to_owned(), character: c })?;
        if runs.last().is_none_or(|run| run.font != glyph.font) {
            runs.push(GlyphRun { font: glyph.font, glyphs: Vec::new(), advance: 0.0 });
        }
        if let Some(run) = runs.last_mut() {
            run.glyphs.push((glyph.id, c));
            run.advance += f32::from(glyph.advance);
        }
    }
    Ok(runs)
}

fn point((x, y): (f32, f32), bezier: bool) -> LinePoint {
    LinePoint { p: Point { x: pt(x), y: pt(PAGE_HEIGHT - y) }, bezier }
}

/// Both edges are rounded, not one and the width: neighbours share their edge to the last digit.
fn rectangle(x: f32, y: f32, width: f32, height: f32, mode: PaintMode) -> Rect {
    let (left, right) = (pt(x), pt(x + width));
    let (top, bottom) = (pt(PAGE_HEIGHT - y), pt(PAGE_HEIGHT - y - height));
    Rect {
        x: left,
        y: bottom,
        width: Pt(rounded(right.0 - left.0)),
        height: Pt(rounded(top.0 - bottom.0)),
        mode: Some(mode),
        winding_order: None,
    }
}

fn ink(grey: f32) -> Color {
    Color::Greyscale(Greyscale::new(grey, None))
}

fn pt(mm: f32) -> Pt {
    Pt(rounded(mm / MM_PER_PT))
}

/// Hundredths are finer than any printer, and short numbers make small files.
fn rounded(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

fn writer(reason: impl std::fmt::Display) -> PrintError {
    failed(reason.to_string())
}

fn failed(reason: String) -> PrintError {
    PrintError::Writer { format: "PDF", reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::{for_tests, two_for_tests};

    fn made(fonts: &Fonts, text: &str) -> Result<Vec<u8>, PrintError> {
        let mut page = Page::default();
        page.text(fonts, 25.0, 25.0, 9.0, text)?;
        document(&Properties { title: "甲", author: "乙", made_at: UnixMs::new(0) }, vec![page], fonts)
    }

    /// Names of the fonts that a text is set in.
    fn names(fonts: &Fonts, text: &str) -> Result<Vec<Option<String>>, PrintError> {
        let mut page = Page::default();
        page.text(fonts, 25.0, 25.0, 9.0, text)?;
        Ok(choose(fonts, &[page])?.into_iter().map(|chosen| chosen.map(|chosen| chosen.id.0)).collect())
    }

    #[test]
    fn names_may_need_two_fonts() -> Result<(), PrintError> {
        let (first, second) = ("ZCFNTA+NotoSansSC-Regular".to_owned(), "ZCFNTB+NotoSansSC-Regular".to_owned());
        let two = two_for_tests()?;
        assert_eq!(names(&two, "No. 1 王小明")?, [Some(first.clone()), Some(second.clone())]);
        assert_eq!(names(&two, "王小明")?, [None, Some(second)]);
        assert!(made(&two, "No. 1 王小明")?.starts_with(b"%PDF-1.5"));
        assert_eq!(names(for_tests()?, "No. 1 王小明")?, [Some(first)]);
        Ok(())
    }

    #[test]
    fn strings_are_joined_and_nothing_else() {
        assert_eq!(without_seams(b"[<0001><0002>] TJ\n1 > 2 < 3 <"), b"[<00010002>] TJ\n1 > 2 < 3 <");
        assert_eq!(without_seams(b"<01><02><03>>"), b"<010203>>");
    }

    #[test]
    fn identifiers_follow_the_content() -> Result<(), PrintError> {
        let identifier =
            |bytes: &[u8]| bytes.windows(3).rposition(|window| window == b"/ID").map(|at| bytes[at..at + 70].to_vec());
        let (first, again, other) = (made(for_tests()?, "一")?, made(for_tests()?, "一")?, made(for_tests()?, "二")?);
        assert_eq!(first, again);
        assert_ne!(identifier(&first), identifier(&other));
        Ok(())
    }

    #[test]
    fn a_missing_glyph_is_never_drawn() -> Result<(), PrintError> {
        let error = PrintError::MissingGlyph { field: "张𡋾".into(), character: '𡋾' };
        assert_eq!(made(for_tests()?, "张𡋾"), Err(error));
        Ok(())
    }
}
