//! Workbooks around the import of lists: the report of a dry run, and the empty list to be filled in.
//!
//! A report holds the rows as they were brought, each with what is wrong with it, and may be as long as the list. So it
//! is written row by row; what is written waits in a file of the system's folder for such files until it is packed.

use crate::{PrintError, guard};
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Workbook, XlsxError,
};
use std::collections::BTreeSet;
use std::io::Write;

/// A workbook holds no more rows below its heads.
const ROWS: u32 = 1_048_000;
/// Rows of an empty list that are prepared for filling in.
const PREPARED: u32 = 10_000;

/// How a row is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It cannot be taken.
    Bad,
    /// Worth a look.
    Notice,
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Cells of the report's own columns, as many as its heads.
    pub told: Vec<String>,
    /// The row as it was brought.
    pub cells: Vec<String>,
    /// The cells, from 0, that are marked, and how.
    pub marked: Vec<(u16, Mark)>,
}

/// A report being written.
pub struct Report {
    workbook: Workbook,
    text: Format,
    head: Format,
    bad: Format,
    notice: Format,
    told: u16,
    row: u32,
    titles: Vec<String>,
    failed: bool,
}

fn coloured(colour: &str) -> Format {
    Format::new().set_num_format("@").set_background_color(colour).set_border(FormatBorder::Thin)
}

impl Report {
    /// A report with these columns of its own before those of the list.
    pub fn new(name: &str, told: &[(&str, f64)]) -> Result<Self, PrintError> {
        let mut workbook = Workbook::new();
        let head =
            Format::new().set_bold().set_align(FormatAlign::Center).set_background_color("#F1F1EF").set_text_wrap();
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(|e| failed(&e))?;
        sheet.set_name(name).map_err(|e| failed(&e))?;
        sheet.set_freeze_panes(1, 0).map_err(|e| failed(&e))?;
        for (column, (_, width)) in (0_u16..).zip(told) {
            sheet.set_column_width(column, *width).map_err(|e| failed(&e))?;
        }
        let count = u16::try_from(told.len()).map_err(|_| PrintError::OutOfRange { field: name.to_owned() })?;
        for (column, (title, _)) in (0_u16..).zip(told) {
            sheet.write_string_with_format(0, column, *title, &head).map_err(|e| failed(&e))?;
        }
        let text = Format::new().set_num_format("@");
        let (bad, notice) = (coloured("#FFC7CE"), coloured("#FFEB9C"));
        Ok(Self { workbook, text, head, bad, notice, told: count, row: 1, titles: Vec::new(), failed: false })
    }

    /// Writes a row below the others. Where its list has other heads than the row before, the heads come first.
    pub fn row(&mut self, titles: &[String], row: &ReportRow) -> Result<(), PrintError> {
        if titles != self.titles {
            titles.clone_into(&mut self.titles);
            // The first heads stand in the first row, which stays in view.
            let at = if self.row == 1 { 0 } else { self.next()? };
            let (told, head) = (self.told, self.head.clone());
            for (column, title) in (told..).zip(titles) {
                self.write(at, column, title, &head)?;
            }
        }
        let at = self.next()?;
        let (text, bad, notice) = (self.text.clone(), self.bad.clone(), self.notice.clone());
        for (column, cell) in (0_u16..).zip(&row.told) {
            self.write(at, column, cell, &text)?;
        }
        let marked: BTreeSet<u16> = row.marked.iter().map(|(column, _)| *column).collect();
        let width = u16::try_from(row.cells.len()).unwrap_or(u16::MAX).max(marked.last().map_or(0, |last| last + 1));
        for column in 0..width {
            let cell = row.cells.get(usize::from(column)).map_or("", String::as_str);
            let marks = row.marked.iter().filter(|(of, _)| *of == column).map(|(_, mark)| *mark);
            let format = match marks.fold(None, |worst, mark| if worst == Some(Mark::Bad) { worst } else { Some(mark) })
            {
                Some(Mark::Bad) => &bad,
                Some(Mark::Notice) => &notice,
                None => &text,
            };
            self.write(at, self.told + column, cell, format)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<u32, PrintError> {
        let row = self.row;
        self.row += 1;
        if row > ROWS { Err(PrintError::OutOfRange { field: "问题清单".to_owned() }) } else { Ok(row) }
    }

    fn write(&mut self, row: u32, column: u16, text: &str, format: &Format) -> Result<(), PrintError> {
        let sheet = self.workbook.worksheet_from_index(0).map_err(|e| failed(&e))?;
        let written = if text.is_empty() {
            sheet.write_blank(row, column, format)
        } else {
            sheet.write_string_with_format(row, column, &*guard::as_text(text), format)
        };
        self.failed |= written.is_err();
        written.map(|_| ()).map_err(|e| failed(&e))
    }

    /// How many rows there are below the heads.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.row - 1
    }

    /// Packs the workbook.
    pub fn finish(mut self, out: &mut (impl Write + Send)) -> Result<(), PrintError> {
        self.workbook.save_to_writer(out).map_err(|e| failed(&e))
    }
}

/// A column of an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateColumn {
    /// The head.
    pub name: String,
    /// Whether it must be filled in.
    pub needed: bool,
    /// An example, shown as a hint when a cell is chosen.
    pub example: String,
    /// What may be chosen, where there is a short list of it.
    pub choices: Vec<String>,
    /// The length that a text must have, where there is one: a resident ID has 15 or 18 characters.
    pub lengths: Option<(u32, u32)>,
}

/// An empty list: a line that explains, heads, and cells that take text as it is typed.
pub fn template(name: &str, note: &str, columns: &[TemplateColumn]) -> Result<Vec<u8>, PrintError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name).map_err(|e| failed(&e))?;
    let explain = Format::new().set_text_wrap().set_align(FormatAlign::Left).set_font_color("#595959");
    let last =
        u16::try_from(columns.len().max(2) - 1).map_err(|_| PrintError::OutOfRange { field: name.to_owned() })?;
    sheet.merge_range(0, 0, 0, last, note, &explain).map_err(|e| failed(&e))?;
    sheet.set_row_height(0, 44).map_err(|e| failed(&e))?;
    let head = Format::new()
        .set_bold()
        .set_align(FormatAlign::Center)
        .set_background_color("#F1F1EF")
        .set_border_bottom(FormatBorder::Thin);
    let text = Format::new().set_num_format("@");
    for (at, column) in (0_u16..).zip(columns) {
        let title = if column.needed { format!("{}*", column.name) } else { column.name.clone() };
        sheet.set_column_width(at, 18).map_err(|e| failed(&e))?;
        sheet.set_column_format(at, &text).map_err(|e| failed(&e))?;
        sheet.write_string_with_format(1, at, title, &head).map_err(|e| failed(&e))?;
        let mut rule = DataValidation::new();
        if !column.choices.is_empty() {
            rule = rule.allow_list_strings(&column.choices).map_err(|e| failed(&e))?;
            rule = rule.set_error_style(DataValidationErrorStyle::Warning);
        } else if let Some((low, high)) = column.lengths {
            rule = rule.allow_text_length(rust_xlsxwriter::DataValidationRule::Between(low, high));
        } else {
            rule = rule.allow_any_value();
        }
        if !column.example.is_empty() {
            rule = rule.set_input_title(&column.name).map_err(|e| failed(&e))?;
            rule = rule.set_input_message(format!("例：{}", column.example)).map_err(|e| failed(&e))?;
        }
        sheet.add_data_validation(2, at, PREPARED, at, &rule).map_err(|e| failed(&e))?;
    }
    sheet.set_freeze_panes(2, 0).map_err(|e| failed(&e))?;
    workbook.save_to_buffer().map_err(|e| failed(&e))
}

fn failed(error: &XlsxError) -> PrintError {
    PrintError::Writer { format: "XLSX", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader as _, Xlsx};
    use std::io::Cursor;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn strings(range: &calamine::Range<Data>, row: usize) -> Vec<String> {
        range.rows().nth(row).unwrap_or_default().iter().map(Data::to_string).collect()
    }

    #[test]
    fn a_report_shows_the_rows_with_what_is_wrong() -> Outcome {
        let mut report = Report::new("问题清单", &[("行", 6.0), ("原因", 40.0)])?;
        let titles = ["姓名".to_owned(), "身份证号".to_owned()];
        let row = ReportRow {
            told: vec!["3".into(), "校验码不符".into()],
            cells: vec!["=张三".into(), "1101".into()],
            marked: vec![(1, Mark::Notice), (1, Mark::Bad)],
        };
        report.row(&titles, &row)?;
        report.row(&titles, &row)?;
        report.row(&["老人姓名".to_owned()], &row)?;
        assert_eq!(report.rows(), 4);
        let mut bytes = Cursor::new(Vec::new());
        report.finish(&mut bytes)?;
        let mut book: Xlsx<_> = Xlsx::new(bytes)?;
        let range = book.worksheet_range("问题清单")?;
        assert_eq!(strings(&range, 0), ["行", "原因", "姓名", "身份证号"]);
        assert_eq!(strings(&range, 1), ["3", "校验码不符", "'=张三", "1101"]);
        assert_eq!(strings(&range, 3)[2], "老人姓名");
        let styles = book.worksheet_style("问题清单")?;
        let style = |column| format!("{:?}", styles.get((1, column)));
        assert_ne!(style(3), style(2), "the bad cell is coloured");
        assert_eq!(style(2), style(1));
        Ok(())
    }

    #[test]
    fn an_empty_list_explains_itself() -> Outcome {
        let column = |name: &str, needed| TemplateColumn {
            name: name.into(),
            needed,
            example: "例".into(),
            choices: if needed { Vec::new() } else { vec!["男".into(), "女".into()] },
            lengths: needed.then_some((15, 18)),
        };
        let bytes = template("老人名单", "说明", &[column("身份证号", true), column("性别", false)])?;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
        let range = book.worksheet_range("老人名单")?;
        assert_eq!(strings(&range, 0)[0], "说明");
        assert_eq!(strings(&range, 1), ["身份证号*", "性别"]);
        Ok(())
    }
}
