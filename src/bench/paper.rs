//! Statements as PDF against the bare library that draws them: the same words, on as many pages, in the same font.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use printpdf::{FontId, Mm, Op, ParsedFont, PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt, TextItem};
use receipts::Fonts;
use receipts::statement::StatementSheet;
use server::statements::Dossier;
use server::store::months;

use super::table::Row;
use super::words;
use crate::generate::places;
use crate::generate::play::City;
use crate::machine::microseconds;

/// The published font, as it lies in the source tree.
const FONT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/receipts/fonts/NotoSansSC_400Regular.ttf");
/// Lines on a bare page.
const LINES: usize = 48;

/// The words of a sheet, line by line.
fn lines(sheet: &StatementSheet) -> Vec<String> {
    let mut lines = vec![
        format!("{} {} 第 {} 版 {}", sheet.office, sheet.number, sheet.version, sheet.month),
        format!("{} {} {}", sheet.canteen, sheet.operator, sheet.credit_code),
        format!("{} {} {}", sheet.payee, sheet.grade, sheet.policy),
    ];
    lines.extend(sheet.served.iter().map(|l| format!("{} {} {}", l.label, l.count, l.amount)));
    lines.extend(sheet.changes.iter().map(|l| format!("{} {} {}", l.reason, l.basis, l.amount)));
    lines.extend(sheet.shares.iter().map(|l| format!("{} {}", l.label, l.total)));
    lines.extend(sheet.reconciliation.iter().map(|(label, text)| format!("{label} {text}")));
    lines.extend(sheet.days.iter().map(|d| format!("{} {} {} {} {}", d.date, d.weekday, d.meals, d.amount, d.note)));
    lines.extend(sheet.findings.iter().map(|f| format!("{} {} {} {}", f.number, f.subject, f.amount, f.decision)));
    lines
}

/// One document by the library alone.
fn bare(font: &ParsedFont, sheet: &StatementSheet) -> Vec<u8> {
    let mut document = PdfDocument::new(&sheet.number);
    let id: FontId = document.add_font(font);
    let page = |lines: &[String]| {
        let mut ops = Vec::new();
        let mut top = 780.0;
        for line in lines {
            ops.extend([
                Op::StartTextSection,
                Op::SetFont { font: PdfFontHandle::External(id.clone()), size: Pt(9.0) },
                Op::SetTextCursor { pos: Point { x: Pt(70.0), y: Pt(top) } },
                Op::ShowText { items: vec![TextItem::Text(line.clone())] },
                Op::EndTextSection,
            ]);
            top -= 15.0;
        }
        PdfPage::new(Mm(210.0), Mm(297.0), ops)
    };
    document.pages = lines(sheet).chunks(LINES).map(page).collect();
    document.save(&PdfSaveOptions::default(), &mut Vec::new())
}

/// Measures the statements of a drafted city.
pub async fn measure(city: &City) -> anyhow::Result<Vec<Row>> {
    let office = Arc::clone(city.server.office());
    let (region, month) = (places::region(places::REGION), city.months().first().copied().context("a month")?);
    let kept = Arc::clone(&office);
    let now = office.now();
    let load = office.store.read(move |tx| {
        Box::pin(async move {
            let Some(settlement) = months::settlement(tx, &region, month).await? else { return Ok(Vec::new()) };
            let mut sheets = Vec::new();
            for statement in months::statements(tx, &settlement).await? {
                let dossier = Dossier::load(tx, statement.id, kept.book(), &kept.keys).await?;
                sheets.push(dossier.sheet(&kept.public_url, now));
            }
            Ok(sheets)
        })
    });
    let sheets = load.await?;
    let fonts = Fonts::embedded()?;
    tokio::task::spawn_blocking(move || compare(&sheets, &fonts)).await?
}

fn compare(sheets: &[StatementSheet], fonts: &Fonts) -> anyhow::Result<Vec<Row>> {
    let begun = microseconds();
    let mut largest = 0;
    for sheet in sheets {
        largest = largest.max(receipts::statement::render(sheet, fonts)?.len());
    }
    let took = microseconds() - begun;
    let count = u64::try_from(sheets.len())?;
    let speed = count * 1_000_000 / took.max(1);
    let note = words::papers(speed, largest);
    let fits = speed >= 100 && largest <= 60 * 1024;
    if !Path::new(FONT).is_file() {
        let mut row = Row::ratio(words::PAPERS, "", count, (took, took), (words::PAPER_GOAL, u64::MAX)).noted(note);
        (row.ratio_thousandths, row.bare) = (None, None);
        return Ok(vec![row.only_if(fits)]);
    }
    let bytes = std::fs::read(FONT)?;
    let font = ParsedFont::from_bytes(&bytes, 0, &mut Vec::new()).context("the font")?;
    let begun = microseconds();
    let mut written = 0;
    for sheet in sheets {
        written += bare(&font, sheet).len();
    }
    anyhow::ensure!(written > 0, "nothing was written");
    let bare_took = microseconds() - begun;
    Ok(vec![
        Row::ratio(words::PAPERS, "", count, (took, bare_took), (words::PAPER_GOAL, 1_300)).noted(note).only_if(fits),
    ])
}
