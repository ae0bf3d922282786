//! The list that is put up for everybody to see (公示): masked names, how many subsidised meals, how much. As a paper,
//! as a workbook and as CSV.

use domain::calendar::UnixMs;
use domain::money::Fen;

use super::{
    Signature, StatementSheet,
    flow::{Flow, LEFT, PART_PT, Side, WIDTH},
    front, signing,
    table::{Cell, Table, columns},
    text,
};
use crate::{PrintError, figures, font::Fonts, guard, pdf, sum};

const TITLE: &str = "长者食堂助餐补贴享受情况公示表";
const TITLE_PT: f32 = 18.0;
/// Spreadsheets take a CSV file for UTF-8 only when it begins so.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The heads of the list as a file.
pub(crate) const HEADS: [&str; 6] = ["月份", "食堂", "序号", "姓名", "份数", "补贴金额（元）"];

/// One canteen's list for a month. Names come masked; amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureSheet {
    /// The office that issues it.
    pub office: String,
    /// The statement's number.
    pub number: String,
    /// The statement's version.
    pub version: u32,
    /// Not approved yet.
    pub draft: bool,
    /// `2026年3月`.
    pub month: String,
    /// The days on which objections are taken: `4月10日至4月16日`; nothing before it is disclosed.
    pub disclosed: Option<String>,
    /// Where objections are taken, in words.
    pub contact: String,
    /// The canteen.
    pub canteen: String,
    /// In the order of names.
    pub rows: Vec<DisclosureRow>,
    /// Sum of the meals.
    pub meals: u64,
    /// Sum of the amounts.
    pub amount: Fen,
    /// Address of the verification page.
    pub verify_url: Option<String>,
    /// The statement's digest in hexadecimal.
    pub digest: String,
    /// When it was printed, as text.
    pub printed_at: String,
    /// The same instant for the document's properties.
    pub made_at: UnixMs,
}

/// An elder's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureRow {
    /// Masked name: `王*兰`.
    pub name: String,
    /// Subsidised meals.
    pub meals: u64,
    /// What the elder was given.
    pub amount: Fen,
}

/// The list as PDF.
///
/// Refused when it does not add up or a character cannot be printed.
pub fn render(sheet: &DisclosureSheet, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    check(sheet)?;
    fonts.check("经办机构", &sheet.office)?;
    fonts.check("食堂", &sheet.canteen)?;
    fonts.check("联系方式", &sheet.contact)?;
    sheet.rows.iter().try_for_each(|row| fonts.check("姓名", &row.name))?;
    let frame = StatementSheet {
        office: sheet.office.clone(),
        number: sheet.number.clone(),
        version: sheet.version,
        draft: sheet.draft,
        signatures: vec![Signature { role: "公示单位".into(), signed: None }],
        verify_url: sheet.verify_url.clone(),
        digest: sheet.digest.clone(),
        printed_at: sheet.printed_at.clone(),
        made_at: sheet.made_at,
        ..StatementSheet::blank()
    };
    let mut flow = Flow::new(fonts);
    title(&mut flow, sheet)?;
    front::part(&mut flow, &sheet.canteen, &table(sheet))?;
    signing::draw(&mut flow, &frame, "公示单位盖章")?;
    let pages = flow.finish(&frame)?;
    let title = format!("{} {} 公示", sheet.number, sheet.canteen);
    pdf::document(&pdf::Properties { title: &title, author: &sheet.office, made_at: sheet.made_at }, pages, fonts)
}

pub(crate) fn check(sheet: &DisclosureSheet) -> Result<(), PrintError> {
    let field = || format!("公示 {}", sheet.number);
    let expected = sum(sheet.rows.iter().map(|row| row.amount));
    let expected = expected.ok_or_else(|| PrintError::OutOfRange { field: field() })?;
    if expected != sheet.amount {
        return Err(PrintError::DoesNotAdd { field: field(), expected, found: sheet.amount });
    }
    let meals: u64 = sheet.rows.iter().map(|row| row.meals).sum();
    if meals == sheet.meals {
        return Ok(());
    }
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Err(PrintError::Shape { field: field(), expected: number(meals), found: number(sheet.meals) })
}

fn title(flow: &mut Flow<'_>, sheet: &DisclosureSheet) -> Result<(), PrintError> {
    let centre = LEFT + WIDTH / 2.0;
    flow.text(Side::Middle, centre, 21.8, TITLE_PT, TITLE)?;
    let disclosed = sheet.disclosed.as_ref().map(|days| format!("　公示期：{days}"));
    let line = format!("{}{}　{}", sheet.month, disclosed.unwrap_or_default(), sheet.contact);
    let size = text::fit(flow.fonts, "公示期", &line, PART_PT, WIDTH)?;
    flow.text(Side::Middle, centre, 29.0, size, &line)?;
    flow.y = 31.5;
    Ok(())
}

/// Two elders a row: the list is put up on a wall.
fn table(sheet: &DisclosureSheet) -> Table {
    let half = [(11.0, Side::Middle), (29.5, Side::Left), (17.0, Side::Right), (27.0, Side::Right)];
    let [a, b, c, d] = half;
    let mut table = Table::new("公示", columns([a, b, c, d, a, b, c, d]));
    let heads = ["序", "姓名", "份数", "补贴金额"];
    table.head = Some(heads.into_iter().chain(heads).map(Cell::head).collect());
    for (pair, rows) in sheet.rows.chunks(2).enumerate() {
        let mut cells = Vec::with_capacity(8);
        for (at, row) in rows.iter().enumerate() {
            let number = (pair * 2 + at + 1).to_string();
            let figures = [figures::grouped(row.meals), figures::yuan(row.amount)];
            cells.extend([number, row.name.clone()].into_iter().chain(figures).map(Cell::new));
        }
        cells.resize_with(8, || Cell::new(""));
        table.rows.push(cells);
    }
    let total = format!(
        "合计　{} 人　{} 份　{} 元",
        figures::grouped(u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX)),
        figures::grouped(sheet.meals),
        figures::yuan(sheet.amount)
    );
    table.rows.push(vec![Cell::new(total).spanning(8).leaning(Side::Left)]);
    table
}

/// The lists of a month as CSV: UTF-8 with a byte order mark, CRLF; nothing in it is taken for a formula.
pub fn csv(sheets: &[DisclosureSheet]) -> Result<Vec<u8>, PrintError> {
    let failed = |reason: String| PrintError::Writer { format: "CSV", reason };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(HEADS).map_err(|e| failed(e.to_string()))?;
    for sheet in sheets {
        check(sheet)?;
        for (number, row) in (1_usize..).zip(&sheet.rows) {
            let texts = [&sheet.month, &sheet.canteen, &row.name].map(|text| guard::as_text(text));
            let [month, canteen, name] = &texts;
            let (number, meals, amount) = (number.to_string(), row.meals.to_string(), figures::plain(row.amount));
            writer
                .write_record([&**month, canteen, &number, name, &meals, &amount])
                .map_err(|e| failed(e.to_string()))?;
        }
    }
    writer.into_inner().map_err(|e| failed(e.error().to_string()))
}
