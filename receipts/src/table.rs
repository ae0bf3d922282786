//! What stands on a page as a table, for a spreadsheet: as CSV or as a workbook. It carries the instant that it is as of.

use crate::{PrintError, guard};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, XlsxError};

/// Spreadsheets take a CSV file for UTF-8 only when it begins so.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Fifteen digits survive the way through a float.
const LARGEST: u64 = 999_999_999_999_999;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words; never taken for a formula.
    Text(String),
    /// A count.
    Count(i64),
    /// An amount.
    Money(domain::money::Fen),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A table as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The worksheet's name.
    pub name: String,
    /// Lines above the heads: what it is, as of when.
    pub notes: Vec<String>,
    /// One a column.
    pub heads: Vec<String>,
    /// As many cells as heads.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// As CSV: UTF-8 with a byte order mark, CRLF, the notes first, amounts in yuan with two decimals.
    pub fn csv(&self) -> Result<Vec<u8>, PrintError> {
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.terminator(csv::Terminator::CRLF).flexible(true).from_writer(BYTE_ORDER_MARK.to_vec());
        let failed = |error: &dyn std::error::Error| PrintError::Writer { format: "CSV", reason: error.to_string() };
        for note in &self.notes {
            writer.write_record([&*guard::as_text(note)]).map_err(|error| failed(&error))?;
        }
        writer.write_record(self.heads.iter().map(|head| guard::as_text(head).into_owned())).map_err(|e| failed(&e))?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell {
                Cell::Text(text) => guard::as_text(text).into_owned(),
                Cell::Count(count) => count.to_string(),
                Cell::Money(amount) => crate::figures::plain(*amount),
                Cell::Empty => String::new(),
            });
            writer.write_record(cells).map_err(|error| failed(&error))?;
        }
        writer.into_inner().map_err(|error| failed(error.error()))
    }

    /// As a workbook of one sheet; figures are numbers.
    pub fn xlsx(&self) -> Result<Vec<u8>, PrintError> {
        let mut workbook = Workbook::new();
        let head = Format::new().set_bold().set_align(FormatAlign::Center).set_border_bottom(FormatBorder::Thin);
        let head = head.set_background_color("#F1F1EF");
        let (text, count) = (Format::new().set_num_format("@"), Format::new().set_num_format("#,##0"));
        let money = Format::new().set_num_format("#,##0.00;−#,##0.00;0.00");
        let sheet = workbook.add_worksheet();
        sheet.set_name(&self.name).map_err(|e| failed(&e))?;
        sheet.set_column_width(0, 26.0).map_err(|e| failed(&e))?;
        let mut line = 0;
        for note in &self.notes {
            sheet.write_string_with_format(line, 0, note, &text).map_err(|e| failed(&e))?;
            line += 1;
        }
        for (column, word) in (0..).zip(&self.heads) {
            sheet.write_string_with_format(line, column, word, &head).map_err(|e| failed(&e))?;
        }
        sheet.set_freeze_panes(line + 1, 1).map_err(|e| failed(&e))?;
        for row in &self.rows {
            line += 1;
            for (column, cell) in (0..).zip(row) {
                match cell {
                    Cell::Text(words) => sheet.write_string_with_format(line, column, words, &text),
                    Cell::Count(n) => sheet.write_number_with_format(line, column, figure(&n.to_string(), *n)?, &count),
                    Cell::Money(amount) => {
                        let plain = crate::figures::plain(*amount);
                        sheet.write_number_with_format(line, column, figure(&plain, amount.get())?, &money)
                    }
                    Cell::Empty => continue,
                }
                .map_err(|e| failed(&e))?;
            }
        }
        workbook.save_to_buffer().map_err(|e| failed(&e))
    }
}

/// The float nearest to a decimal figure; refused where it would not come back unchanged.
fn figure(text: &str, size: i64) -> Result<f64, PrintError> {
    let unreadable = || PrintError::Writer { format: "XLSX", reason: format!("{text} is too large a figure") };
    if size.unsigned_abs() > LARGEST {
        return Err(unreadable());
    }
    text.parse().map_err(|_| unreadable())
}

fn failed(error: &XlsxError) -> PrintError {
    PrintError::Writer { format: "XLSX", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use domain::money::Fen;

    fn table() -> Table {
        Table {
            name: "对账".into(),
            notes: vec!["截至 2026-04-02 13:40".into()],
            heads: vec!["食堂".into(), "份数".into(), "金额".into()],
            rows: vec![
                vec!["=HYPERLINK(1)".into(), Cell::Count(124), Cell::Money(Fen::new(-1250))],
                vec!["甲，食堂".into(), Cell::Empty, Cell::Money(Fen::new(5))],
            ],
        }
    }

    #[test]
    fn a_csv_has_its_notes_and_no_formulas() {
        let text = String::from_utf8(table().csv().unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}截至 2026-04-02 13:40\r\n食堂,份数,金额\r\n'=HYPERLINK(1),124,-12.50\r\n甲，食堂,,0.05\r\n"
        );
    }

    #[test]
    fn a_workbook_holds_words_as_words_and_figures_as_numbers() {
        let bytes = table().xlsx().unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        let range = book.worksheet_range("对账").unwrap();
        let at = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(at(0, 0), Data::String("截至 2026-04-02 13:40".into()));
        assert_eq!(at(2, 0), Data::String("=HYPERLINK(1)".into()), "words, not a formula");
        assert_eq!((at(2, 1), at(2, 2)), (Data::Float(124.0), Data::Float(-12.5)));
        assert_eq!((at(3, 1), at(3, 2)), (Data::Empty, Data::Float(0.05)));
        assert!(book.worksheet_formula("对账").unwrap().is_empty());
        let huge = Table { rows: vec![vec![Cell::Count(i64::MAX)]], ..table() };
        assert!(huge.xlsx().is_err(), "a figure that would change is refused");
    }
}
