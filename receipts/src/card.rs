//! Elders' cards for cutting out: ten on a sheet of A4, each the size of a bank card, with the code that the till
//! scans, the elder's name in full (the card is the elder's own), the number in groups and whom to call.
//!
//! A sheet shows whole card numbers. It is made when cards are issued, handed over, and kept nowhere.

use domain::calendar::UnixMs;

use crate::statement::text::{self, width};
use crate::{PrintError, figures, font::Fonts, pdf, qr::Qr};

/// Width of a card, ISO/IEC 7810 ID-1, in millimetres.
const WIDTH: f32 = 85.6;
/// Height of a card.
const HEIGHT: f32 = 54.0;
/// Cards side by side.
const ACROSS: usize = 2;
/// Cards one below the other.
const DOWN: usize = 5;
/// Between cards, so that each is cut by itself.
const GAP_X: f32 = 6.0;
const GAP_Y: f32 = 2.0;
/// Crop marks are so long, and so far from the card.
const MARK: f32 = 3.0;
const MARK_AWAY: f32 = 0.6;
const MARK_PT: f32 = 0.3;
/// Side of the code. A version 2 code of 25 modules: a module is a little over a millimetre.
const CODE: f32 = 28.0;
/// White around what is printed.
const MARGIN: f32 = 4.5;
const TITLE_PT: f32 = 11.0;
const NAME_PT: f32 = 20.0;
const NUMBER_PT: f32 = 9.5;
const SMALL_PT: f32 = 8.0;

/// One card.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The elder's name in full.
    pub name: String,
    /// The card's 24 digits.
    pub number: String,
    /// The canteen's name, or the office's where the elder has no canteen.
    pub place: String,
    /// Whom to call.
    pub phone: String,
    /// The last day, as text; nothing for a card without end.
    pub until: Option<String>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(…)")
    }
}

/// Cards as they are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardSheet {
    /// Across the top of each card: `长者助餐卡`.
    pub title: String,
    /// The office, for the document's properties.
    pub office: String,
    /// In the order of the list, ten a page, line by line.
    pub cards: Vec<Card>,
    /// When it was made, for the document's properties.
    pub made_at: UnixMs,
}

/// The sheets as PDF.
///
/// Refused when there is no card, or a character cannot be printed: `field` names the elder.
pub fn render(sheet: &CardSheet, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    if sheet.cards.is_empty() {
        return Err(PrintError::Shape { field: sheet.title.clone(), expected: 1, found: 0 });
    }
    fonts.check("卡面标题", &sheet.title)?;
    let mut pages = Vec::new();
    for cards in sheet.cards.chunks(ACROSS * DOWN) {
        let mut page = pdf::Page::default();
        for (place, card) in (0_u8..).zip(cards) {
            let (left, top) = corner(place);
            crop_marks(&mut page, left, top);
            draw(&mut page, fonts, &sheet.title, card, (left, top))?;
        }
        pages.push(page);
    }
    let properties = pdf::Properties { title: &sheet.title, author: &sheet.office, made_at: sheet.made_at };
    pdf::document(&properties, pages, fonts)
}

/// The top left corner of the card at a place on its page.
fn corner(place: u8) -> (f32, f32) {
    let (across, down) = (f32::from(place % 2), f32::from(place / 2));
    let left = (pdf::PAGE_WIDTH - 2.0 * WIDTH - GAP_X) / 2.0;
    let top = (pdf::PAGE_HEIGHT - 5.0 * HEIGHT - 4.0 * GAP_Y) / 2.0;
    (left + across * (WIDTH + GAP_X), top + down * (HEIGHT + GAP_Y))
}

/// Short lines outside the corners, where the knife goes. Between neighbours in a column there is only room for the
/// ones at the sides.
fn crop_marks(page: &mut pdf::Page, left: f32, top: f32) {
    let (right, bottom) = (left + WIDTH, top + HEIGHT);
    for y in [top, bottom] {
        page.level_rule((left - MARK_AWAY - MARK, left - MARK_AWAY), y, MARK_PT);
        page.level_rule((right + MARK_AWAY, right + MARK_AWAY + MARK), y, MARK_PT);
    }
    for x in [left, right] {
        page.upright_rule(x, (top - GAP_Y / 2.0, top - MARK_AWAY / 2.0), MARK_PT);
        page.upright_rule(x, (bottom + MARK_AWAY / 2.0, bottom + GAP_Y / 2.0), MARK_PT);
    }
}

fn draw(
    page: &mut pdf::Page,
    fonts: &Fonts,
    title: &str,
    card: &Card,
    (left, top): (f32, f32),
) -> Result<(), PrintError> {
    let code_left = left + WIDTH - MARGIN - CODE;
    page.qr(&Qr::new(&card.number)?, code_left, top + 9.5, CODE)?;
    let room = code_left - left - 2.0 * MARGIN;
    let mut line = |y: f32, size: f32, field: &str, words: &str, room: f32| {
        let size = text::fit(fonts, field, words, size, room)?;
        page.text(fonts, left + MARGIN, top + y, size, words)
    };
    line(7.5, TITLE_PT, "卡面标题", title, room)?;
    line(21.0, NAME_PT, &card.name, &card.name, room)?;
    line(29.0, SMALL_PT, &card.place, &card.place, room)?;
    let phone = format!("电话 {}", card.phone);
    line(33.5, SMALL_PT, "电话", &phone, room)?;
    if let Some(until) = &card.until {
        line(38.0, SMALL_PT, "有效期", &format!("有效期至 {until}"), room)?;
    }
    let number = figures::in_fours(&card.number);
    let size = text::fit(fonts, "卡号", &number, NUMBER_PT, WIDTH - 2.0 * MARGIN)?;
    let across = width(fonts, &number, size);
    page.text(fonts, left + (WIDTH - across) / 2.0, top + 43.5, size, &number)?;
    let note = "仅限本人使用；遗失请致电挂失";
    let across = width(fonts, note, SMALL_PT);
    page.text(fonts, left + (WIDTH - across) / 2.0, top + 49.5, SMALL_PT, note)
}
