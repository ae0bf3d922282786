//! What is wrong with a list as a workbook, and empty lists to be filled in.

use std::io::Write;

use receipts::PrintError;
use receipts::listing::{Mark, Report, ReportRow, TemplateColumn, template};

use super::columns::Field;
use super::{Finding, Kind, Level};
use crate::words::import as words;

/// A report being written, row by row.
pub struct ReportFile(Report);

impl ReportFile {
    /// An empty one.
    ///
    /// # Errors
    /// When there is no room for what waits to be packed.
    pub fn new() -> Result<Self, PrintError> {
        let widths = [12.0, 8.0, 14.0, 60.0];
        let heads: Vec<(&str, f64)> = words::REPORT_HEADS.into_iter().zip(widths).collect();
        Report::new(words::REPORT_SHEET, &heads).map(Self)
    }

    /// Adds a row with what is wrong with it.
    pub fn add(&mut self, finding: &Finding) -> Result<(), PrintError> {
        let Some(first) = finding.problems.first() else { return Ok(()) };
        let worst = finding.problems.iter().map(|problem| problem.level);
        let worst = worst.fold(Level::Notice, |worst, level| match (worst, level) {
            (Level::Error, _) | (_, Level::Error) => Level::Error,
            (Level::Conflict, _) | (_, Level::Conflict) => Level::Conflict,
            _ => Level::Notice,
        });
        let reasons: Vec<String> = finding.problems.iter().map(words::told_of).collect();
        let told =
            vec![first.sheet.clone(), first.row.to_string(), words::level_word(worst).to_owned(), reasons.join("\n")];
        let mark = |level| if level == Level::Notice { Mark::Notice } else { Mark::Bad };
        let marked = finding.problems.iter().filter_map(|p| p.column.map(|column| (column, mark(p.level)))).collect();
        self.0.row(&finding.titles, &ReportRow { told, cells: finding.cells.clone(), marked })
    }

    /// Packs it.
    pub fn finish(self, out: &mut (impl Write + Send)) -> Result<(), PrintError> {
        self.0.finish(out)
    }
}

/// An empty list of that kind.
///
/// # Errors
/// When the workbook cannot be made.
pub fn empty_list(kind: Kind) -> Result<Vec<u8>, PrintError> {
    let columns = kind.columns().iter().map(|column| TemplateColumn {
        name: column.name().to_owned(),
        needed: column.needed,
        example: column.example.to_owned(),
        choices: choices(column.field).iter().map(|choice| (*choice).to_owned()).collect(),
        lengths: match column.field {
            Field::ResidentId => Some((15, 18)),
            Field::CreditCode => Some((18, 18)),
            _ => None,
        },
    });
    template(kind.chinese(), words::TEMPLATE_NOTE, &columns.collect::<Vec<_>>())
}

const fn choices(field: Field) -> &'static [&'static str] {
    match field {
        Field::Sex => &["男", "女"],
        Field::Period => &["早餐", "午餐", "晚餐", "夜宵"],
        Field::Grade => &["A", "B", "C", "未评级"],
        Field::Risk => &["A", "B", "C", "D", "未评级"],
        Field::Licence => &["有效", "过期", "吊销"],
        Field::Filing => &["有效", "停止"],
        Field::Kitchen => &["是", "否"],
        Field::DayKind => &["放假", "调休上班"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::rows;
    use super::*;

    #[test]
    fn an_empty_list_has_the_heads_that_are_asked_for() {
        for kind in Kind::ALL {
            let rows = rows(&empty_list(*kind).unwrap()).unwrap();
            let heads = &rows.last().unwrap().2;
            for column in kind.columns() {
                let known = heads.iter().any(|head| {
                    let found = head.plain().and_then(|head| kind.column(&head));
                    found.is_some_and(|found| found.field == column.field)
                });
                assert!(known, "{kind:?} {}", column.name());
            }
        }
    }
}
