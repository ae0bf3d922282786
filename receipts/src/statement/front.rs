//! The front of the statement: head, parts 一 to 四 and the payable amount.

use super::{
    ChangeLine, StatementSheet,
    flow::{BODY_PT, Flow, LEFT, PART_PT, Side, WIDTH},
    signing,
    table::{Cell, Column, PADDING, Row, Table, columns},
    text,
};
use crate::{PrintError, figures, pdf::MM_PER_PT, words};

const TITLE: &str = "长者食堂助餐补贴月度结算单";
const TITLE_PT: f32 = 18.0;
const PAYABLE_PT: f32 = 16.0;
const WORDS_PT: f32 = 11.0;
const PAYABLE_HEIGHT: f32 = 10.6;
/// Blank above it.
const PAYABLE_SPACE: f32 = 2.9;
/// Blank above the head of a part.
const PART_SPACE: f32 = 2.8;
/// Height of a line of the head of a part, and where its middle is.
const PART_LEADING: f32 = 5.8;
const PART_MIDDLE: f32 = 2.4;
/// Width of the grey labels at the left edge.
const LABEL: f32 = 21.3;
/// Widths shared by the number, count and amount columns of parts 一 and 二.
const NUMBER: f32 = 10.2;
const AMOUNT: f32 = 34.8;

/// The amount and the checks go with the signatures where one page can hold them: nobody signs a page without a sum.
pub(super) fn draw(flow: &mut Flow<'_>, sheet: &StatementSheet) -> Result<(), PrintError> {
    title(flow, sheet)?;
    parties(sheet).set(flow)?.draw(flow)?;
    part(flow, "一、用餐补贴", &served(sheet))?;
    part(flow, "二、结转、调整、核减与暂缓", &changes(sheet))?;
    part(flow, "三、出资方", &payers(flow, sheet)?)?;
    let reconciliation = reconciliation(sheet);
    let closing = PAYABLE_SPACE + PAYABLE_HEIGHT + PART_SPACE + PART_LEADING + reconciliation.set(flow)?.height();
    flow.require(closing + signing::HEIGHT);
    payable(flow, sheet)?;
    part(flow, "四、对账", &reconciliation)
}

/// A part head with its table; the head is never left alone at the foot of a page.
pub(super) fn part(flow: &mut Flow<'_>, title: &str, table: &Table) -> Result<(), PrintError> {
    let lines = text::wrap(flow.fonts, title, PART_PT, WIDTH);
    let title_height: f32 = lines.iter().map(|_| PART_LEADING).sum();
    let table = table.set(flow)?;
    flow.require(PART_SPACE + title_height + table.opening_height());
    flow.y += PART_SPACE;
    for line in &lines {
        let middle = flow.y + PART_MIDDLE;
        flow.text(Side::Left, LEFT, middle, PART_PT, line)?;
        flow.y += PART_LEADING;
    }
    table.draw(flow)
}

fn title(flow: &mut Flow<'_>, sheet: &StatementSheet) -> Result<(), PrintError> {
    let centre = LEFT + WIDTH / 2.0;
    flow.text(Side::Middle, centre, 21.8, TITLE_PT, TITLE)?;
    let line = format!("{}　（{}）　　金额单位：元", sheet.month, sheet.period);
    let size = text::fit(flow.fonts, "起止日期", &line, PART_PT, WIDTH)?;
    flow.text(Side::Middle, centre, 29.0, size, &line)?;
    flow.y = 34.4;
    Ok(())
}

fn parties(sheet: &StatementSheet) -> Table {
    let mut table = Table::new(
        "食堂与运营单位",
        columns([(LABEL, Side::Left), (67.1, Side::Left), (23.4, Side::Left), (57.2, Side::Left)]),
    );
    table.rows = [
        ["食　　堂", &sheet.canteen, "统一信用代码", &sheet.credit_code],
        ["运营单位", &sheet.operator, "收款账户", &sheet.payee],
        ["量化等级", &sheet.grade, "执行政策", &sheet.policy],
    ]
    .map(|[left, left_value, right, right_value]| {
        vec![Cell::label(left), Cell::new(left_value), Cell::label(right), Cell::new(right_value)]
    })
    .into();
    table
}

fn served(sheet: &StatementSheet) -> Table {
    let mut table = Table::new(
        "用餐补贴",
        columns([
            (NUMBER, Side::Middle),
            (73.4, Side::Left),
            (25.3, Side::Right),
            (25.3, Side::Right),
            (AMOUNT, Side::Right),
        ]),
    );
    table.head = Some(heads(["序", "项目", "标准", "份数", "金额"]));
    table.rows = (1_usize..)
        .zip(&sheet.served)
        .map(|(number, line)| {
            vec![
                Cell::new(number.to_string()),
                Cell::new(&line.label),
                Cell::new(line.standard.map(figures::yuan).unwrap_or_default()),
                Cell::new(figures::grouped(line.count)),
                Cell::new(figures::yuan(line.amount)),
            ]
        })
        .collect();
    let concession = figures::yuan(sheet.concession);
    table.rows.push(vec![
        Cell::new(format!("用餐补贴小计（食堂让利 {concession} 由食堂自担，不在本单支付）"))
            .spanning(3)
            .leaning(Side::Left),
        Cell::new(figures::grouped(sheet.meals)),
        Cell::new(figures::yuan(sheet.subtotal)),
    ]);
    table
}

fn changes(sheet: &StatementSheet) -> Table {
    let mut table = Table::new(
        "结转、调整、核减与暂缓",
        columns([
            (NUMBER, Side::Middle),
            (59.0, Side::Left),
            (50.2, Side::Left),
            (14.8, Side::Right),
            (AMOUNT, Side::Right),
        ]),
    );
    table.head = Some(heads(["序", "事由", "日期与依据", "份数", "金额"]));
    let first = sheet.served.len() + 1;
    let after = first + sheet.changes.len();
    table.rows.extend((first..).zip(&sheet.changes).map(|(number, line)| change(number, line)));
    table
        .rows
        .push(vec![Cell::new("核定金额").spanning(4).leaning(Side::Left), Cell::new(figures::yuan(sheet.approved))]);
    table.rows.extend((after..).zip(&sheet.holds).map(|(number, line)| change(number, line)));
    table
}

fn change(number: usize, line: &ChangeLine) -> Row {
    let amount = if line.signed { figures::change(line.amount) } else { figures::yuan(line.amount) };
    vec![
        Cell::new(number.to_string()),
        Cell::new(&line.reason),
        Cell::new(&line.basis),
        Cell::new(line.count.map(figures::grouped).unwrap_or_default()),
        Cell::new(amount),
    ]
}

/// Heads of columns: texts lean left as their cells do, figures are headed in the middle.
fn heads(names: [&str; 5]) -> Row {
    let left = ["项目", "事由", "日期与依据"];
    names.map(|name| if left.contains(&name) { Cell::head(name).leaning(Side::Left) } else { Cell::head(name) }).into()
}

fn payers(flow: &Flow<'_>, sheet: &StatementSheet) -> Result<Table, PrintError> {
    let mut head = vec![Cell::head("")];
    head.extend(sheet.payers.iter().chain([&"合计".to_owned()]).map(Cell::head));
    let figures: Vec<Vec<String>> = sheet
        .shares
        .iter()
        .map(|row| row.amounts.iter().chain([&row.total]).map(|amount| figures::yuan(*amount)).collect())
        .collect();
    let (widths, size_pt) = payer_widths(flow, sheet, &figures)?;
    let amounts = widths.into_iter().map(|width| Column { width, side: Side::Right });
    let mut table =
        Table::new("出资方", [Column { width: LABEL, side: Side::Left }].into_iter().chain(amounts).collect());
    table.head = Some(head);
    table.size_pt = size_pt;
    table.rows = sheet
        .shares
        .iter()
        .zip(figures)
        .map(|(row, figures)| [Cell::label(&row.label)].into_iter().chain(figures.into_iter().map(Cell::new)).collect())
        .collect();
    Ok(table)
}

/// Each payer gets the width its own figures need and an equal part of what is left; if there is too little, the whole
/// table is set smaller, so that figures that are compared have one size.
fn payer_widths(
    flow: &Flow<'_>,
    sheet: &StatementSheet,
    figures: &[Vec<String>],
) -> Result<(Vec<f32>, f32), PrintError> {
    let room = WIDTH - LABEL;
    let width_at = |text: &str| text::width(flow.fonts, text, BODY_PT);
    let short_name = |name: &str| width_at(name).min(5.0 * BODY_PT * MM_PER_PT);
    let heads = sheet.payers.iter().map(|name| short_name(name)).chain([short_name("合计")]);
    let natural: Vec<f32> = heads
        .enumerate()
        .map(|(index, head)| {
            figures.iter().filter_map(|row| row.get(index)).map(|figure| width_at(figure)).fold(head, f32::max)
        })
        .collect();
    let padding: f32 = natural.iter().map(|_| 2.0 * PADDING).sum();
    let needed: f32 = natural.iter().sum();
    let scale = ((room - padding) / needed).min(1.0);
    let spare = (room - padding - needed * scale) / natural.iter().map(|_| 1.0).sum::<f32>();
    let widths = natural.iter().map(|width| width * scale + 2.0 * PADDING + spare).collect();
    if scale < 0.62 {
        return Err(PrintError::TooWide { field: "出资方".into() });
    }
    Ok((widths, BODY_PT * scale * if scale < 1.0 { 0.99 } else { 1.0 }))
}

/// The one amount that is paid, in words and figures, in a heavier frame.
pub(super) fn payable(flow: &mut Flow<'_>, sheet: &StatementSheet) -> Result<(), PrintError> {
    flow.require(PAYABLE_SPACE + PAYABLE_HEIGHT);
    flow.y += PAYABLE_SPACE;
    let (top, middle) = (flow.y, flow.y + PAYABLE_HEIGHT / 2.0);
    let figure = figures::payable(sheet.payable);
    let figure_width = text::width(flow.fonts, &figure, PAYABLE_PT).max(40.3) + 2.0 * PADDING;
    let words = words::capital(sheet.payable);
    let words_room = WIDTH - LABEL - figure_width - 2.0 * PADDING;
    let words_pt = text::fit(flow.fonts, "本次应付", &words, WORDS_PT, words_room)?;
    flow.page().frame(LEFT, top, WIDTH, PAYABLE_HEIGHT, 1.0);
    for x in [LEFT + LABEL, LEFT + WIDTH - figure_width] {
        flow.page().upright_rule(x, (top, top + PAYABLE_HEIGHT), 0.5);
    }
    flow.text(Side::Left, LEFT + PADDING, middle, PART_PT, "本次应付")?;
    flow.text(Side::Left, LEFT + LABEL + PADDING, middle, words_pt, &words)?;
    flow.text(Side::Right, LEFT + WIDTH - PADDING, middle, PAYABLE_PT, &figure)?;
    flow.y = top + PAYABLE_HEIGHT;
    Ok(())
}

fn reconciliation(sheet: &StatementSheet) -> Table {
    let mut table =
        Table::new("对账", columns([(LABEL, Side::Left), (46.1, Side::Left), (LABEL, Side::Left), (80.3, Side::Left)]));
    let empty = (String::new(), String::new());
    table.rows = sheet
        .reconciliation
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .chain([&empty])
                .take(2)
                .flat_map(|(label, value)| [Cell::label(label), Cell::new(value)])
                .collect()
        })
        .collect();
    table
}
