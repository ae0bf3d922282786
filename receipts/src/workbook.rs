//! The workbook behind a statement: its lines, and every meal, for whoever wants to add it up again.
//!
//! A cell of a workbook can only hold a binary float. An amount is written as the float nearest to its decimal figure,
//! the very number a spreadsheet stores when a person types it; up to fifteen digits that figure comes back unchanged.
//! Larger amounts are refused.

use crate::{
    PrintError, figures, guard,
    statement::{
        StatementSheet,
        disclosure::{self, DisclosureSheet},
    },
};
use domain::money::Fen;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Fifteen digits of fen survive the way through a float.
const LARGEST_FEN: u64 = 999_999_999_999_999;
const MONEY: &str = "#,##0.00;−#,##0.00;0.00";
const COUNT: &str = "#,##0";
/// Columns of the meals before and after those of the benefits, with their widths in characters.
const BEFORE: [(&str, f64); 8] = [
    ("日期", 12.0),
    ("时间", 10.0),
    ("餐次", 8.0),
    ("方式", 8.0),
    ("老人", 12.0),
    ("记录号", 14.0),
    ("餐价", 10.0),
    ("自付", 10.0),
];
const AFTER: [(&str, f64); 5] =
    [("补贴合计", 12.0), ("运营补助", 10.0), ("送餐补助", 10.0), ("暂缓", 10.0), ("差异", 30.0)];

/// The itemised meals of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MealSheet {
    /// Names of the benefits, one column each.
    pub benefits: Vec<String>,
    /// One row a meal, in the order of serving.
    pub meals: Vec<MealRow>,
}

/// One meal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MealRow {
    /// `2026-03-18`.
    pub date: String,
    /// `11:32:08`.
    pub time: String,
    /// `午餐`.
    pub period: String,
    /// `堂食`.
    pub mode: String,
    /// Masked name.
    pub elder: String,
    /// Short record id.
    pub record: String,
    /// List price.
    pub list_price: Fen,
    /// What the elder paid.
    pub own_payment: Fen,
    /// One amount for each of [`MealSheet::benefits`].
    pub benefits: Vec<Fen>,
    /// Sum of the benefits.
    pub amount: Fen,
    /// Allowance for the operator.
    pub operator: Fen,
    /// Allowance for delivery.
    pub delivery: Fen,
    /// Held back.
    pub held: Fen,
    /// Number and subject of a finding, or empty.
    pub finding: String,
}

/// The workbook as XLSX bytes; equal values give equal bytes.
pub fn xlsx(sheet: &StatementSheet, meals: &MealSheet) -> Result<Vec<u8>, PrintError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(sheet.made_at.get().div_euclid(1000)).map_err(|e| failed(&e))?;
    let title = format!("{} {} 第 {} 版", sheet.number, sheet.canteen, sheet.version);
    workbook.set_properties(
        &DocProperties::new().set_title(title).set_author(&sheet.office).set_creation_datetime(&created),
    );
    let styles = Styles::new();
    Table { sheet: workbook.add_worksheet(), styles: &styles, row: 0 }.statement(sheet)?;
    Table { sheet: workbook.add_worksheet(), styles: &styles, row: 0 }.meals(meals)?;
    workbook.save_to_buffer().map_err(|e| failed(&e))
}

/// The disclosure lists of a month as XLSX bytes: one row an elder, names masked.
pub fn disclosure(sheets: &[DisclosureSheet]) -> Result<Vec<u8>, PrintError> {
    let mut workbook = Workbook::new();
    let made_at = sheets.first().map_or(0, |sheet| sheet.made_at.get());
    let created = ExcelDateTime::from_timestamp(made_at.div_euclid(1000)).map_err(|e| failed(&e))?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let styles = Styles::new();
    let mut table = Table { sheet: workbook.add_worksheet(), styles: &styles, row: 0 };
    table.sheet.set_name("公示").map_err(|e| failed(&e))?;
    for (column, width) in [(0, 12.0), (1, 34.0), (2, 8.0), (3, 14.0), (4, 10.0), (5, 16.0)] {
        table.sheet.set_column_width(column, width).map_err(|e| failed(&e))?;
    }
    table.heads(disclosure::HEADS)?;
    for sheet in sheets {
        disclosure::check(sheet)?;
        for (number, row) in (1_u64..).zip(&sheet.rows) {
            table.text(0, &sheet.month)?;
            table.text(1, &sheet.canteen)?;
            table.count(2, Some(number))?;
            table.text(3, &row.name)?;
            table.count(4, Some(row.meals))?;
            table.money(5, row.amount, &styles.money)?;
            table.row += 1;
        }
    }
    workbook.save_to_buffer().map_err(|e| failed(&e))
}

struct Styles {
    head: Format,
    text: Format,
    money: Format,
    count: Format,
    total: Format,
}

impl Styles {
    fn new() -> Self {
        let head = Format::new().set_bold().set_align(FormatAlign::Center).set_border_bottom(FormatBorder::Thin);
        Self {
            head: head.set_background_color("#F1F1EF").set_text_wrap(),
            text: Format::new().set_num_format("@"),
            money: Format::new().set_num_format(MONEY),
            count: Format::new().set_num_format(COUNT),
            total: Format::new().set_num_format(MONEY).set_bold().set_border_top(FormatBorder::Thin),
        }
    }
}

/// A worksheet being filled from the top.
struct Table<'a> {
    sheet: &'a mut Worksheet,
    styles: &'a Styles,
    row: u32,
}

impl Table<'_> {
    fn statement(mut self, sheet: &StatementSheet) -> Result<(), PrintError> {
        self.sheet.set_name("结算单").map_err(|e| failed(&e))?;
        for (column, width) in [(0, 14.0), (1, 34.0), (2, 34.0), (3, 12.0), (4, 10.0), (5, 16.0)] {
            self.sheet.set_column_width(column, width).map_err(|e| failed(&e))?;
        }
        self.heads(["部分", "项目", "日期与依据", "标准", "份数", "金额"])?;
        for (label, value) in facts(sheet) {
            self.text(0, label)?;
            self.text(1, &value)?;
            self.row += 1;
        }
        for line in &sheet.served {
            self.line("用餐补贴", &line.label, "", line.standard, Some(line.count), line.amount)?;
        }
        self.total("用餐补贴小计", Some(sheet.meals), sheet.subtotal)?;
        for line in &sheet.changes {
            self.line("结转、调整、核减", &line.reason, &line.basis, None, line.count, line.amount)?;
        }
        self.total("核定金额", None, sheet.approved)?;
        for line in &sheet.holds {
            self.line("暂缓", &line.reason, &line.basis, None, line.count, line.amount)?;
        }
        self.total("本次应付", None, sheet.payable)?;
        for row in &sheet.shares {
            for (payer, amount) in sheet.payers.iter().zip(&row.amounts) {
                self.line("出资方", payer, &row.label, None, None, *amount)?;
            }
        }
        Ok(())
    }

    fn meals(mut self, meals: &MealSheet) -> Result<(), PrintError> {
        self.sheet.set_name("明细").map_err(|e| failed(&e))?;
        let benefits = meals.benefits.iter().map(|name| (name.as_str(), 12.0));
        let columns: Vec<(&str, f64)> = BEFORE.into_iter().chain(benefits).chain(AFTER).collect();
        for (column, (_, width)) in (0_u16..).zip(&columns) {
            self.sheet.set_column_width(column, *width).map_err(|e| failed(&e))?;
        }
        self.heads(columns.iter().map(|(name, _)| *name))?;
        for meal in &meals.meals {
            self.meal(meal, meals.benefits.len())?;
        }
        let last_column = u16::try_from(columns.len() - 1).map_err(|_| too_large("福利项目"))?;
        self.sheet.autofilter(0, 0, self.row.saturating_sub(1), last_column).map_err(|e| failed(&e))?;
        Ok(())
    }

    fn meal(&mut self, meal: &MealRow, benefits: usize) -> Result<(), PrintError> {
        if meal.benefits.len() != benefits {
            let field = format!("明细 {}", meal.record);
            return Err(PrintError::Shape { field, expected: benefits, found: meal.benefits.len() });
        }
        let texts = [&meal.date, &meal.time, &meal.period, &meal.mode, &meal.elder, &meal.record];
        let mut columns = 0_u16..;
        for (column, text) in columns.by_ref().zip(texts) {
            self.text(column, text)?;
        }
        let before = [meal.list_price, meal.own_payment];
        let after = [meal.amount, meal.operator, meal.delivery, meal.held];
        let amounts: Vec<Fen> = before.into_iter().chain(meal.benefits.iter().copied()).chain(after).collect();
        let mut column = 6;
        for amount in amounts {
            self.money(column, amount, &self.styles.money)?;
            column += 1;
        }
        self.text(column, &meal.finding)?;
        self.row += 1;
        Ok(())
    }

    /// Writes the head row, which stays in view and is repeated in print.
    fn heads<'t>(&mut self, names: impl IntoIterator<Item = &'t str>) -> Result<(), PrintError> {
        for (column, name) in (0_u16..).zip(names) {
            let name = guard::as_text(name);
            self.sheet.write_string_with_format(self.row, column, &*name, &self.styles.head).map_err(|e| failed(&e))?;
        }
        self.sheet.set_freeze_panes(1, 0).map_err(|e| failed(&e))?;
        self.sheet.set_repeat_rows(0, 0).map_err(|e| failed(&e))?;
        self.sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
        self.row += 1;
        Ok(())
    }

    fn line(
        &mut self,
        part: &str,
        label: &str,
        basis: &str,
        standard: Option<Fen>,
        count: Option<u64>,
        amount: Fen,
    ) -> Result<(), PrintError> {
        for (column, text) in [(0, part), (1, label), (2, basis)] {
            self.text(column, text)?;
        }
        if let Some(standard) = standard {
            self.money(3, standard, &self.styles.money)?;
        }
        self.count(4, count)?;
        self.money(5, amount, &self.styles.money)?;
        self.row += 1;
        Ok(())
    }

    fn total(&mut self, label: &str, count: Option<u64>, amount: Fen) -> Result<(), PrintError> {
        self.text(0, label)?;
        self.count(4, count)?;
        self.money(5, amount, &self.styles.total)?;
        self.row += 1;
        Ok(())
    }

    fn text(&mut self, column: u16, text: &str) -> Result<(), PrintError> {
        if text.is_empty() {
            return Ok(());
        }
        let text = guard::as_text(text);
        self.sheet
            .write_string_with_format(self.row, column, &*text, &self.styles.text)
            .map(|_| ())
            .map_err(|e| failed(&e))
    }

    fn count(&mut self, column: u16, count: Option<u64>) -> Result<(), PrintError> {
        let Some(count) = count else { return Ok(()) };
        let number = u32::try_from(count).map_err(|_| too_large("份数"))?;
        self.sheet
            .write_number_with_format(self.row, column, number, &self.styles.count)
            .map(|_| ())
            .map_err(|e| failed(&e))
    }

    fn money(&mut self, column: u16, amount: Fen, style: &Format) -> Result<(), PrintError> {
        let number = nearest_float(amount)?;
        self.sheet.write_number_with_format(self.row, column, number, style).map(|_| ()).map_err(|e| failed(&e))
    }
}

fn facts(sheet: &StatementSheet) -> [(&'static str, String); 10] {
    [
        ("编号", format!("{} 第 {} 版{}", sheet.number, sheet.version, if sheet.draft { "（草稿）" } else { "" })),
        ("月份", format!("{}（{}）", sheet.month, sheet.period)),
        ("食堂", sheet.canteen.clone()),
        ("运营单位", sheet.operator.clone()),
        ("统一信用代码", sheet.credit_code.clone()),
        ("收款账户", sheet.payee.clone()),
        ("量化等级", sheet.grade.clone()),
        ("执行政策", sheet.policy.clone()),
        ("内容摘要", figures::in_fours(&sheet.digest)),
        ("金额单位", "元".to_owned()),
    ]
}

/// The float nearest to the decimal figure. No arithmetic is done on floats.
fn nearest_float(amount: Fen) -> Result<f64, PrintError> {
    if amount.get().unsigned_abs() > LARGEST_FEN {
        return Err(too_large("金额"));
    }
    figures::plain(amount).parse().map_err(|_| too_large("金额"))
}

fn too_large(field: &str) -> PrintError {
    PrintError::OutOfRange { field: field.to_owned() }
}

fn failed(error: &XlsxError) -> PrintError {
    PrintError::Writer { format: "XLSX", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn amounts_survive_the_float(fen in -999_999_999_999_999_i64..=999_999_999_999_999) {
            let amount = Fen::new(fen);
            let float = nearest_float(amount)?;
            prop_assert_eq!(format!("{float:.2}"), figures::plain(amount));
        }
    }

    #[test]
    fn larger_amounts_are_refused() {
        assert_eq!(nearest_float(Fen::new(1_000_000_000_000_000)), Err(too_large("金额")));
        assert_eq!(nearest_float(Fen::new(i64::MIN)), Err(too_large("金额")));
    }
}
