//! What must hold before a sheet is drawn: its sums add up, and every character can be printed.

use super::StatementSheet;
use crate::{PrintError, font::Fonts, sum};
use domain::money::Fen;

/// Most payers that fit side by side.
const MOST_PAYERS: usize = 8;

/// Refuses a sheet whose parts do not add up to the sums given with them.
pub(super) fn sums(sheet: &StatementSheet) -> Result<(), PrintError> {
    adds("用餐补贴小计", sheet.served.iter().map(|line| line.amount), sheet.subtotal)?;
    adds("核定金额", [sheet.subtotal].into_iter().chain(sheet.changes.iter().map(|line| line.amount)), sheet.approved)?;
    adds("本次应付", [sheet.approved].into_iter().chain(sheet.holds.iter().map(|line| line.amount)), sheet.payable)?;
    if sheet.payers.is_empty() || sheet.payers.len() > MOST_PAYERS {
        return Err(shape("出资方".into(), MOST_PAYERS, sheet.payers.len()));
    }
    for row in &sheet.shares {
        let field = format!("出资方 {}", row.label);
        if row.amounts.len() != sheet.payers.len() {
            return Err(shape(field, sheet.payers.len(), row.amounts.len()));
        }
        adds(&field, row.amounts.iter().copied(), row.total)?;
    }
    let last = sheet.shares.last().ok_or_else(|| shape("出资方".into(), 1, 0))?;
    adds("出资方 本次应付", [last.total], sheet.payable)?;
    if sheet.signatures.is_empty() || sheet.signatures.len() > 3 {
        return Err(shape("签字".into(), 3, sheet.signatures.len()));
    }
    Ok(())
}

fn adds(field: &str, parts: impl IntoIterator<Item = Fen>, found: Fen) -> Result<(), PrintError> {
    let expected = sum(parts).ok_or_else(|| PrintError::OutOfRange { field: field.to_owned() })?;
    if expected == found {
        return Ok(());
    }
    Err(PrintError::DoesNotAdd { field: field.to_owned(), expected, found })
}

fn shape(field: String, expected: usize, found: usize) -> PrintError {
    PrintError::Shape { field, expected, found }
}

/// Refuses a sheet with a character that no font has, naming the field it stands in.
pub(super) fn glyphs(sheet: &StatementSheet, fonts: &Fonts) -> Result<(), PrintError> {
    for (field, text) in head_fields(sheet) {
        check(fonts, field, text)?;
    }
    for line in &sheet.served {
        check(fonts, "用餐补贴 项目", &line.label)?;
    }
    for line in sheet.changes.iter().chain(&sheet.holds) {
        check(fonts, "事由", &line.reason)?;
        check(fonts, "日期与依据", &line.basis)?;
    }
    for payer in &sheet.payers {
        check(fonts, "出资方", payer)?;
    }
    for row in &sheet.shares {
        check(fonts, "出资方", &row.label)?;
    }
    for (label, value) in &sheet.reconciliation {
        check(fonts, "对账", label)?;
        check(fonts, label, value)?;
    }
    for signature in &sheet.signatures {
        check(fonts, "签字", &signature.role)?;
        if let Some(signed) = &signature.signed {
            check(fonts, &signature.role, &signed.name)?;
            check(fonts, &signature.role, &signed.date)?;
        }
    }
    detail_glyphs(sheet, fonts)
}

fn head_fields(sheet: &StatementSheet) -> [(&'static str, &str); 13] {
    [
        ("经办机构", &sheet.office),
        ("编号", &sheet.number),
        ("月份", &sheet.month),
        ("起止日期", &sheet.period),
        ("食堂", &sheet.canteen),
        ("运营单位", &sheet.operator),
        ("统一信用代码", &sheet.credit_code),
        ("收款账户", &sheet.payee),
        ("量化等级", &sheet.grade),
        ("执行政策", &sheet.policy),
        ("内容摘要", &sheet.digest),
        ("审计链首", sheet.audit_head.as_deref().unwrap_or_default()),
        ("打印时间", &sheet.printed_at),
    ]
}

fn detail_glyphs(sheet: &StatementSheet, fonts: &Fonts) -> Result<(), PrintError> {
    for day in &sheet.days {
        for text in [&day.date, &day.weekday, &day.grade, &day.note] {
            check(fonts, &format!("按日明细 {}", day.date), text)?;
        }
    }
    for finding in &sheet.findings {
        for text in [&finding.number, &finding.date, &finding.subject, &finding.decision, &finding.decided_by] {
            check(fonts, &format!("差异 {}", finding.number), text)?;
        }
    }
    Ok(())
}

/// A line feed is a wish for a new line, not a character to draw.
fn check(fonts: &Fonts, field: &str, text: &str) -> Result<(), PrintError> {
    text.split('\n').try_for_each(|line| fonts.check(field, line))
}
