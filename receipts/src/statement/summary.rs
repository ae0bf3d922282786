//! A region's month on paper: one line a canteen, totals, payers, the same head and foot as a statement.

use domain::calendar::UnixMs;
use domain::money::Fen;

use super::{
    Signature, StatementSheet,
    flow::{Flow, LEFT, PART_PT, Side, WIDTH},
    front, signing,
    table::{Cell, Row, Table, columns},
    text,
};
use crate::{PrintError, figures, font::Fonts, pdf, sum, words};

const TITLE: &str = "长者食堂助餐补贴月度结算汇总表";
const TITLE_PT: f32 = 18.0;

/// A region's month with everything that is printed of it. Texts come ready to print; amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummarySheet {
    /// The office that issues it.
    pub office: String,
    /// Number: `HZ-440300-202603`.
    pub number: String,
    /// The month's version.
    pub version: u32,
    /// Not approved yet.
    pub draft: bool,
    /// The region's name.
    pub region: String,
    /// `2026年3月`.
    pub month: String,
    /// `3月1日至3月31日`.
    pub period: String,
    /// One line a canteen.
    pub lines: Vec<SummaryLine>,
    /// The sums of the lines.
    pub total: SummarySums,
    /// One line a payer; their sums are those of the total.
    pub payers: Vec<SummaryPayer>,
    /// The year's budgets of whoever pays; nothing where none is set.
    pub budgets: Vec<SummaryBudget>,
    /// Canteens whose month differs much from the one before: name, change in words, and why.
    pub changes: Vec<(String, String, String)>,
    /// Each benefit's meals beside those entitled to it; nothing where the region does not look.
    pub claims: Vec<SummaryClaim>,
    /// One to three signature cells.
    pub signatures: Vec<Signature>,
    /// Address of the verification page.
    pub verify_url: Option<String>,
    /// The month's digest in hexadecimal.
    pub digest: String,
    /// When it was printed, as text.
    pub printed_at: String,
    /// The same instant for the document's properties.
    pub made_at: UnixMs,
}

/// Sums of a canteen or of the region, fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SummarySums {
    /// Subsidised meals.
    pub meals: u64,
    /// 补贴小计.
    pub served: Fen,
    /// Adjustments and deductions, signed.
    pub changes: Fen,
    /// 核定.
    pub approved: Fen,
    /// 暂缓, not positive.
    pub held: Fen,
    /// 结转下月: a negative balance carried on, not negative here.
    pub carried: Fen,
    /// 本次应付.
    pub payable: Fen,
}

/// A canteen's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryLine {
    /// The statement's number.
    pub number: String,
    /// The canteen.
    pub canteen: String,
    /// Its sums.
    pub sums: SummarySums,
    /// Who pays how much of the payable, in words and figures, beneath the line.
    pub payers: Vec<(String, Fen)>,
}

/// A payer's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryPayer {
    /// The payer unit.
    pub payer: String,
    /// 核定.
    pub approved: Fen,
    /// 暂缓.
    pub held: Fen,
    /// 结转下月.
    pub carried: Fen,
    /// 本次应付.
    pub payable: Fen,
}

/// A payer's budget of a year, as it stood when the paper was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryBudget {
    /// The year of the meals.
    pub year: i16,
    /// The payer unit.
    pub payer: String,
    /// What is set aside, if anything is.
    pub budget: Option<Fen>,
    /// What approved statements use of it.
    pub used: Fen,
    /// What drafts would add.
    pub drafted: Fen,
    /// What is left, drafts counted; negative where it is passed.
    pub left: Option<Fen>,
}

/// A benefit's meals of the month beside those entitled to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryClaim {
    /// The benefit.
    pub benefit: String,
    /// Meals as charged.
    pub served: u64,
    /// Elders entitled, summed over the days.
    pub elder_days: u64,
    /// The most meals that are tolerated.
    pub limit: u64,
    /// What came of it, in words.
    pub result: String,
}

/// The summary as PDF.
///
/// Refused when its sums do not add up or a character cannot be printed.
pub fn render(sheet: &SummarySheet, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    check(sheet)?;
    glyphs(sheet, fonts)?;
    let frame = frame(sheet);
    let mut flow = Flow::new(fonts);
    title(&mut flow, sheet)?;
    front::part(&mut flow, "一、各食堂结算", &canteens(sheet))?;
    front::part(&mut flow, "二、各出资方", &payers(sheet))?;
    let mut ordinals = ["三", "四", "五"].into_iter();
    if !sheet.budgets.is_empty() {
        let ordinal = ordinals.next().unwrap_or_default();
        front::part(&mut flow, &format!("{ordinal}、年度预算（截至打印时）"), &budgets(sheet))?;
    }
    if !sheet.changes.is_empty() {
        let ordinal = ordinals.next().unwrap_or_default();
        front::part(&mut flow, &format!("{ordinal}、比上月变化超过 15% 的食堂"), &changes(sheet))?;
    }
    if !sheet.claims.is_empty() {
        let ordinal = ordinals.next().unwrap_or_default();
        front::part(&mut flow, &format!("{ordinal}、申报份数核对"), &claims(sheet))?;
    }
    front::payable(&mut flow, &frame)?;
    signing::draw(&mut flow, &frame, "经办机构盖章")?;
    let pages = flow.finish(&frame)?;
    let properties = pdf::Properties {
        title: &format!("{} {} 第 {} 版", sheet.number, sheet.region, sheet.version),
        author: &sheet.office,
        made_at: sheet.made_at,
    };
    pdf::document(&properties, pages, fonts)
}

/// Head and foot as every sheet of this house has them.
fn frame(sheet: &SummarySheet) -> StatementSheet {
    StatementSheet {
        office: sheet.office.clone(),
        number: sheet.number.clone(),
        version: sheet.version,
        draft: sheet.draft,
        payable: sheet.total.payable,
        signatures: sheet.signatures.clone(),
        verify_url: sheet.verify_url.clone(),
        digest: sheet.digest.clone(),
        printed_at: sheet.printed_at.clone(),
        made_at: sheet.made_at,
        ..StatementSheet::blank()
    }
}

fn adds(field: &str, parts: impl Iterator<Item = Fen>, found: Fen) -> Result<(), PrintError> {
    let expected = sum(parts).ok_or_else(|| PrintError::OutOfRange { field: field.to_owned() })?;
    if expected == found { Ok(()) } else { Err(PrintError::DoesNotAdd { field: field.to_owned(), expected, found }) }
}

/// Every line, every column and every payer adds up.
fn check(sheet: &SummarySheet) -> Result<(), PrintError> {
    for line in &sheet.lines {
        let s = line.sums;
        adds(&line.number, [s.served, s.changes].into_iter(), s.approved)?;
        adds(&line.number, [s.approved, s.held, s.carried].into_iter(), s.payable)?;
        adds(&line.number, line.payers.iter().map(|(_, amount)| *amount), s.payable)?;
    }
    let column = |name: &str, of: fn(&SummarySums) -> Fen| {
        adds(name, sheet.lines.iter().map(|line| of(&line.sums)), of(&sheet.total))
    };
    column("补贴小计", |s| s.served)?;
    column("核减调整", |s| s.changes)?;
    column("核定金额", |s| s.approved)?;
    column("暂缓", |s| s.held)?;
    column("结转下月", |s| s.carried)?;
    column("本次应付", |s| s.payable)?;
    adds("出资方 核定", sheet.payers.iter().map(|p| p.approved), sheet.total.approved)?;
    adds("出资方 本次应付", sheet.payers.iter().map(|p| p.payable), sheet.total.payable)?;
    for of in sheet.budgets.iter().filter(|of| of.budget.is_some() || of.left.is_some()) {
        let field = format!("预算 {}", of.payer);
        let missing = || PrintError::Shape { field: field.clone(), expected: 2, found: 1 };
        let (budget, left) = of.budget.zip(of.left).ok_or_else(missing)?;
        adds(&field, [left, of.used, of.drafted].into_iter(), budget)?;
    }
    let meals: u64 = sheet.lines.iter().map(|line| line.sums.meals).sum();
    if meals == sheet.total.meals {
        return Ok(());
    }
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Err(PrintError::Shape { field: "份数".into(), expected: number(meals), found: number(sheet.total.meals) })
}

fn glyphs(sheet: &SummarySheet, fonts: &Fonts) -> Result<(), PrintError> {
    fonts.check("经办机构", &sheet.office)?;
    fonts.check("地区", &sheet.region)?;
    for line in &sheet.lines {
        fonts.check("食堂", &line.canteen)?;
    }
    sheet.payers.iter().try_for_each(|payer| fonts.check("出资方", &payer.payer))?;
    sheet.budgets.iter().try_for_each(|of| fonts.check("出资方", &of.payer))?;
    sheet.changes.iter().try_for_each(|(_, _, why)| fonts.check("变动说明", why))?;
    for claim in &sheet.claims {
        fonts.check("补贴", &claim.benefit)?;
        fonts.check("核对结果", &claim.result)?;
    }
    sheet.signatures.iter().filter_map(|s| s.signed.as_ref()).try_for_each(|s| fonts.check("签字", &s.name))
}

fn title(flow: &mut Flow<'_>, sheet: &SummarySheet) -> Result<(), PrintError> {
    let centre = LEFT + WIDTH / 2.0;
    flow.text(Side::Middle, centre, 21.8, TITLE_PT, TITLE)?;
    let line = format!("{}　{}　（{}）　　金额单位：元", sheet.region, sheet.month, sheet.period);
    let size = text::fit(flow.fonts, "起止日期", &line, PART_PT, WIDTH)?;
    flow.text(Side::Middle, centre, 29.0, size, &line)?;
    flow.y = 31.5;
    Ok(())
}

fn canteens(sheet: &SummarySheet) -> Table {
    let figure = Side::Right;
    let mut table = Table::new(
        "各食堂结算",
        columns([
            (8.0, Side::Middle),
            (32.0, Side::Left),
            (13.0, figure),
            (21.0, figure),
            (18.0, figure),
            (21.0, figure),
            (18.0, figure),
            (15.0, figure),
            (23.0, figure),
        ]),
    );
    let heads = ["序", "食堂", "份数", "小计", "调整", "核定", "暂缓", "结转", "本次应付"];
    table.head = Some(heads.map(Cell::head).into());
    for (number, line) in (1_usize..).zip(&sheet.lines) {
        table.rows.push(row(&number.to_string(), &line.canteen, &line.sums));
        // With one payer, or nothing to pay, the line says it all.
        if line.payers.len() > 1 {
            let parts: Vec<String> =
                line.payers.iter().map(|(payer, amount)| format!("{payer} {}", figures::yuan(*amount))).collect();
            table.rows.push(vec![Cell::new(""), Cell::new(parts.join("　")).spanning(8).leaning(Side::Left)]);
        }
    }
    table.rows.push(row("", "合计", &sheet.total));
    table
}

fn row(number: &str, name: &str, sums: &SummarySums) -> Row {
    vec![
        Cell::new(number),
        Cell::new(name),
        Cell::new(figures::grouped(sums.meals)),
        Cell::new(figures::yuan(sums.served)),
        Cell::new(figures::change(sums.changes)),
        Cell::new(figures::yuan(sums.approved)),
        Cell::new(figures::yuan(sums.held)),
        Cell::new(figures::yuan(sums.carried)),
        Cell::new(figures::yuan(sums.payable)),
    ]
}

fn changes(sheet: &SummarySheet) -> Table {
    let mut table = Table::new("变动说明", columns([(40.0, Side::Left), (29.0, Side::Left), (100.0, Side::Left)]));
    table.head = Some(["食堂", "日均补贴", "原因"].map(Cell::head).into());
    let line = |(canteen, change, why): &(String, String, String)| -> Row {
        vec![Cell::new(canteen), Cell::new(change), Cell::new(why)]
    };
    table.rows = sheet.changes.iter().map(line).collect();
    table
}

fn claims(sheet: &SummarySheet) -> Table {
    let figure = Side::Right;
    let of = [(44.0, Side::Left), (22.0, figure), (27.0, figure), (24.0, figure), (52.0, Side::Left)];
    let mut table = Table::new("申报份数核对", columns(of));
    table.head = Some(["补贴", "申报份数", "资格人次日", "份数上限", "结果"].map(Cell::head).into());
    let line = |claim: &SummaryClaim| -> Row {
        vec![
            Cell::new(&claim.benefit),
            Cell::new(figures::grouped(claim.served)),
            Cell::new(figures::grouped(claim.elder_days)),
            Cell::new(figures::grouped(claim.limit)),
            Cell::new(&claim.result),
        ]
    };
    table.rows = sheet.claims.iter().map(line).collect();
    table
}

fn budgets(sheet: &SummarySheet) -> Table {
    let figure = Side::Right;
    let mut table = Table::new(
        "年度预算",
        columns([
            (15.0, Side::Middle),
            (42.0, Side::Left),
            (28.0, figure),
            (28.0, figure),
            (28.0, figure),
            (28.0, figure),
        ]),
    );
    table.head = Some(["年度", "出资方", "预算", "已审批", "待审批", "剩余"].map(Cell::head).into());
    let amount = |amount: Option<Fen>| amount.map_or_else(|| "—".to_owned(), figures::yuan);
    let line = |of: &SummaryBudget| -> Row {
        vec![
            Cell::new(of.year.to_string()),
            Cell::new(&of.payer),
            Cell::new(amount(of.budget)),
            Cell::new(figures::yuan(of.used)),
            Cell::new(figures::yuan(of.drafted)),
            Cell::new(amount(of.left)),
        ]
    };
    table.rows = sheet.budgets.iter().map(line).collect();
    table
}

fn payers(sheet: &SummarySheet) -> Table {
    let figure = Side::Right;
    let mut table = Table::new(
        "各出资方",
        columns([(45.0, Side::Left), (31.0, figure), (31.0, figure), (31.0, figure), (31.0, figure)]),
    );
    table.head = Some(["出资方", "核定金额", "暂缓", "结转下月", "本次应付"].map(Cell::head).into());
    let line = |name: &str, amounts: [Fen; 4]| -> Row {
        std::iter::once(Cell::new(name)).chain(amounts.map(|amount| Cell::new(figures::yuan(amount)))).collect()
    };
    for payer in &sheet.payers {
        table.rows.push(line(&payer.payer, [payer.approved, payer.held, payer.carried, payer.payable]));
    }
    let total = sheet.total;
    table.rows.push(line("合计", [total.approved, total.held, total.carried, total.payable]));
    let capital = format!("本次应付合计（大写）　{}", words::capital(total.payable));
    table.rows.push(vec![Cell::new(capital).spanning(5).leaning(Side::Left)]);
    table
}
