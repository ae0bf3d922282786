//! Pages filled from the top: what does not fit goes to the next page whole, and every page carries the same head.

use super::{StatementSheet, text};
use crate::{
    PrintError,
    font::Fonts,
    pdf::{MM_PER_PT, PAGE_HEIGHT, PAGE_WIDTH, Page},
};

/// Left edge of the content; the margin is wide enough for binding.
pub(super) const LEFT: f32 = 25.0;
/// Width of the content.
pub(super) const WIDTH: f32 = PAGE_WIDTH - LEFT - 16.0;
/// Lowest edge of the content.
const BOTTOM: f32 = PAGE_HEIGHT - 10.0;
/// Where the content of a page begins, below its head.
const TOP: f32 = 18.5;
/// Centre of the head line.
const HEAD: f32 = 13.0;
pub(super) const BODY_PT: f32 = 9.0;
pub(super) const NOTE_PT: f32 = 8.0;
pub(super) const PART_PT: f32 = 10.0;
pub(super) const RULE_PT: f32 = 0.5;
/// Light enough for a photocopier to drop it.
pub(super) const GREY: f32 = 0.945;
/// From the middle of a line to its baseline, in parts of the type size.
const BASELINE: f32 = 0.37;

/// The pages of one statement.
pub(super) struct Flow<'a> {
    pub(super) fonts: &'a Fonts,
    pages: Vec<Page>,
    page: Page,
    /// Where the next thing goes.
    pub(super) y: f32,
}

/// Which edge of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Middle,
    Right,
}

impl<'a> Flow<'a> {
    pub(super) fn new(fonts: &'a Fonts) -> Self {
        Self { fonts, pages: Vec::new(), page: Page::default(), y: TOP }
    }

    /// Number of the page that is being filled.
    pub(super) fn page_number(&self) -> usize {
        self.pages.len() + 1
    }

    pub(super) fn page(&mut self) -> &mut Page {
        &mut self.page
    }

    /// Millimetres left on this page.
    pub(super) fn room(&self) -> f32 {
        BOTTOM - self.y
    }

    /// Height of an empty page.
    pub(super) fn full_room() -> f32 {
        BOTTOM - TOP
    }

    pub(super) fn next_page(&mut self) {
        self.pages.push(std::mem::take(&mut self.page));
        self.y = TOP;
    }

    /// Begins a page unless this one has so many millimetres left.
    pub(super) fn require(&mut self, height: f32) {
        if self.room() < height && self.y > TOP {
            self.next_page();
        }
    }

    /// A line of text with its middle at `middle`; `x` is the edge that `side` names.
    pub(super) fn text(
        &mut self,
        side: Side,
        x: f32,
        middle: f32,
        size_pt: f32,
        content: &str,
    ) -> Result<(), PrintError> {
        let fonts = self.fonts;
        text_on(&mut self.page, fonts, side, (x, middle), size_pt, content)
    }

    /// Ends the last page and writes the heads, now that the number of pages is known.
    pub(super) fn finish(mut self, sheet: &StatementSheet) -> Result<Vec<Page>, PrintError> {
        self.next_page();
        let total = self.pages.len();
        for (number, page) in (1_usize..).zip(&mut self.pages) {
            let place = format!("编号 {}　第 {} 版　　第 {number} 页，共 {total} 页", sheet.number, sheet.version);
            head(page, self.fonts, sheet, &place)?;
        }
        Ok(self.pages)
    }
}

/// Office at the left, after 草稿 where it is one; number, version and page at the right.
fn head(page: &mut Page, fonts: &Fonts, sheet: &StatementSheet, place: &str) -> Result<(), PrintError> {
    let place_size = text::fit(fonts, "编号", place, NOTE_PT, WIDTH * 0.6)?;
    text_on(page, fonts, Side::Right, (LEFT + WIDTH, HEAD), place_size, place)?;
    let mut x = LEFT;
    if sheet.draft {
        page.frame(x, HEAD - 2.8, 15.0, 5.6, 1.0);
        text_on(page, fonts, Side::Middle, (x + 7.5, HEAD), PART_PT, "草　稿")?;
        x += 18.0;
    }
    let room = LEFT + WIDTH - text::width(fonts, place, place_size) - 4.0 - x;
    let size = text::fit(fonts, "经办机构", &sheet.office, NOTE_PT, room)?;
    text_on(page, fonts, Side::Left, (x, HEAD), size, &sheet.office)
}

fn text_on(
    page: &mut Page,
    fonts: &Fonts,
    side: Side,
    (x, middle): (f32, f32),
    size_pt: f32,
    content: &str,
) -> Result<(), PrintError> {
    let width = text::width(fonts, content, size_pt);
    let left = match side {
        Side::Left => x,
        Side::Middle => x - width / 2.0,
        Side::Right => x - width,
    };
    page.text(fonts, left, middle + BASELINE * size_pt * MM_PER_PT, size_pt, content)
}
