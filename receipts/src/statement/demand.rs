//! The demand to a canteen that is closed for good (追缴通知书): what it owes whom, why, and until when, with the same
//! head and foot as a statement.

use domain::calendar::UnixMs;
use domain::money::Fen;

use super::{
    Signature, StatementSheet,
    flow::{BODY_PT, Flow, LEFT, PART_PT, Side, WIDTH},
    front, signing,
    table::{Cell, Row, Table, columns},
    text,
};
use crate::{PrintError, figures, font::Fonts, pdf, sum, words};

const TITLE: &str = "助餐补贴资金追缴通知书";
const TITLE_PT: f32 = 18.0;
/// Between the lines of the letter, millimetres.
const STEP: f32 = 6.2;

/// A demand with everything that is printed of it. Texts come ready to print; amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandSheet {
    /// The office that demands.
    pub office: String,
    /// `ZJ-440304-202603-001`.
    pub number: String,
    /// The canteen.
    pub canteen: String,
    /// Who ran it.
    pub operator: String,
    /// The operator's unified social credit code.
    pub credit_code: String,
    /// Its last day: `2026年4月30日`.
    pub closed: String,
    /// Why it was closed.
    pub closed_because: String,
    /// The number of the statement that left the balance.
    pub statement: String,
    /// That statement's month.
    pub month: String,
    /// Until when it is to be paid.
    pub due: String,
    /// Why it is demanded.
    pub reason: String,
    /// One line a payer.
    pub lines: Vec<DemandLine>,
    /// The sum of the lines.
    pub total: Fen,
    /// One to three signature cells.
    pub signatures: Vec<Signature>,
    /// Address of the verification page.
    pub verify_url: Option<String>,
    /// The demand's digest in hexadecimal.
    pub digest: String,
    /// When it was printed, as text.
    pub printed_at: String,
    /// The same instant for the document's properties.
    pub made_at: UnixMs,
}

/// What one payer is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandLine {
    /// The payer unit.
    pub payer: String,
    /// Fen, positive.
    pub amount: Fen,
}

/// The demand as PDF.
///
/// Refused when its lines do not add up or a character cannot be printed.
pub fn render(sheet: &DemandSheet, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    check(sheet)?;
    glyphs(sheet, fonts)?;
    let frame = StatementSheet {
        office: sheet.office.clone(),
        number: sheet.number.clone(),
        version: 1,
        signatures: sheet.signatures.clone(),
        verify_url: sheet.verify_url.clone(),
        digest: sheet.digest.clone(),
        printed_at: sheet.printed_at.clone(),
        made_at: sheet.made_at,
        ..StatementSheet::blank()
    };
    let mut flow = Flow::new(fonts);
    letter(&mut flow, sheet)?;
    front::part(&mut flow, "应缴回金额", &payers(sheet))?;
    signing::draw(&mut flow, &frame, "经办机构盖章")?;
    let pages = flow.finish(&frame)?;
    let title = format!("{} {} 追缴通知书", sheet.number, sheet.canteen);
    pdf::document(&pdf::Properties { title: &title, author: &sheet.office, made_at: sheet.made_at }, pages, fonts)
}

fn check(sheet: &DemandSheet) -> Result<(), PrintError> {
    let field = || format!("追缴 {}", sheet.number);
    let expected = sum(sheet.lines.iter().map(|line| line.amount));
    let expected = expected.ok_or_else(|| PrintError::OutOfRange { field: field() })?;
    if expected == sheet.total {
        return Ok(());
    }
    Err(PrintError::DoesNotAdd { field: field(), expected, found: sheet.total })
}

fn glyphs(sheet: &DemandSheet, fonts: &Fonts) -> Result<(), PrintError> {
    let fields = [
        ("经办机构", &sheet.office),
        ("食堂", &sheet.canteen),
        ("运营单位", &sheet.operator),
        ("停办原因", &sheet.closed_because),
        ("追缴事由", &sheet.reason),
    ];
    fields.into_iter().try_for_each(|(field, text)| fonts.check(field, text))?;
    sheet.lines.iter().try_for_each(|line| fonts.check("出资方", &line.payer))?;
    sheet.signatures.iter().filter_map(|s| s.signed.as_ref()).try_for_each(|s| fonts.check("签字", &s.name))
}

/// Title, to whom, and the letter itself.
fn letter(flow: &mut Flow<'_>, sheet: &DemandSheet) -> Result<(), PrintError> {
    flow.text(Side::Middle, LEFT + WIDTH / 2.0, 21.8, TITLE_PT, TITLE)?;
    let to = format!("{}（运营单位：{}　统一社会信用代码：{}）：", sheet.canteen, sheet.operator, sheet.credit_code);
    let body = format!(
        "　　你单位已于{}停办（{}）。经核对，{}助餐补贴结算单 {} 结转的余额为应缴回 {} 元（{}），\
         此后没有可以抵扣的补贴。事由：{}。请于{}前（含当日）按下表将款项缴回各出资单位，并在用途栏注明本通知编号 {}。\
         对金额有异议的，请在期限届满前书面提出。",
        sheet.closed,
        sheet.closed_because,
        sheet.month,
        sheet.statement,
        figures::yuan(sheet.total),
        words::capital(sheet.total),
        sheet.reason,
        sheet.due,
        sheet.number
    );
    flow.y = 32.0;
    for paragraph in [to, body] {
        for line in text::wrap(flow.fonts, &paragraph, PART_PT, WIDTH) {
            flow.require(STEP);
            let middle = flow.y + STEP / 2.0;
            flow.text(Side::Left, LEFT, middle, PART_PT, &line)?;
            flow.y += STEP;
        }
    }
    Ok(())
}

fn payers(sheet: &DemandSheet) -> Table {
    let mut table = Table::new("应缴回金额", columns([(109.0, Side::Left), (60.0, Side::Right)]));
    table.head = Some(["出资方", "应缴回金额（元）"].map(Cell::head).into());
    table.size_pt = BODY_PT;
    let line = |name: &str, amount: Fen| -> Row { vec![Cell::new(name), Cell::new(figures::yuan(amount))] };
    table.rows.extend(sheet.lines.iter().map(|of| line(&of.payer, of.amount)));
    table.rows.push(line("合计", sheet.total));
    let capital = format!("合计（大写）　{}", words::capital(sheet.total));
    table.rows.push(vec![Cell::new(capital).spanning(2).leaning(Side::Left)]);
    table
}
