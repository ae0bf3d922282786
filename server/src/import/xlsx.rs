//! A workbook's sheets, a row at a time.
//!
//! Written for lists that strangers send: the package is unpacked only as far as it is read, every part has a bound, and
//! nothing that a workbook points to outside itself is followed. A number keeps the digits that stand in the file, and
//! a formula that came to nothing is told from an empty cell: the common reader of workbooks gives neither, and it reads all texts into memory
//! before the first row (`docs/decisions/2026-11-22-how-lists-are-read.md`).

mod book;
mod strings;
mod xml;

use quick_xml::events::Event;

use super::cell::Cell;
use super::source::{COLUMNS, Input, Sink, Unreadable};
use crate::words::import as words;
use book::Book;
use strings::Strings;
use xml::{Package, Xml, attribute};

/// A spreadsheet has no more rows.
const ROWS: u32 = 1_048_576;

/// Gives all sheets' rows to the sink.
pub(super) fn read(input: &mut dyn Input, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    within(input, sink, xml::LARGE)
}

/// The same, with so many bytes unpacked at most.
fn within(input: &mut dyn Input, sink: &mut dyn Sink, most: u64) -> Result<(), Unreadable> {
    let mut package = Package::open(input, most)?;
    if package.has(|name| name.to_ascii_lowercase().starts_with("xl/externallinks/")) {
        return Err(Unreadable::new(words::LINKS));
    }
    let book = Book::read(&mut package)?;
    let strings = match &book.strings {
        Some(part) => Strings::read(package.part(part)?)?,
        None => Strings::default(),
    };
    for sheet in &book.sheets {
        if sink.sheet(&sheet.name, sheet.hidden)? {
            let part = package.part(&sheet.part)?;
            Sheet { strings: &strings, book: &book }.read(part, sink)?;
        }
    }
    Ok(())
}

struct Sheet<'a> {
    strings: &'a Strings,
    book: &'a Book,
}

/// A cell that is being read.
#[derive(Default)]
struct Open {
    column: usize,
    style: usize,
    kind: String,
    formula: bool,
    text: String,
}

impl Sheet<'_> {
    fn read<R: std::io::Read>(&self, mut xml: Xml<R>, sink: &mut dyn Sink) -> Result<(), Unreadable> {
        let (mut row, mut next, mut cells) = (0, 0, Vec::new());
        let mut open = Open::default();
        let (mut taking, mut phonetic) = (false, false);
        loop {
            match xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        row = row_number(&start, row)?;
                        next = 0;
                    }
                    "c" => open = opened(&start, next)?,
                    "v" | "t" => taking = !phonetic,
                    "f" => open.formula = true,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "v" | "t" => taking = false,
                    "rPh" => phonetic = false,
                    "c" => {
                        next = open.column + 1;
                        let cell = self.cell(&mut open)?;
                        put(&mut cells, open.column, cell)?;
                    }
                    "row" if !sink.row(row, std::mem::take(&mut cells))? => return Ok(()),
                    "sheetData" => return Ok(()),
                    _ => {}
                },
                Event::Eof => return Err(Unreadable::new(words::BROKEN)),
                other => {
                    if taking {
                        xml::push(&other, &mut open.text)?;
                    }
                }
            }
        }
    }

    fn cell(&self, open: &mut Open) -> Result<Cell, Unreadable> {
        let text = std::mem::take(&mut open.text);
        // What a formula came to stands beside it. A program that wrote the file without computing leaves that out.
        if open.formula && open.kind != "str" && text.trim().is_empty() {
            return Ok(Cell::Formula);
        }
        Ok(match open.kind.as_str() {
            "s" if text.is_empty() => Cell::Empty,
            "s" => {
                let number = text.trim().parse().ok();
                let shared = number.and_then(|number| self.strings.get(number));
                Cell::Text(shared.ok_or_else(|| Unreadable::new(words::BROKEN))?.to_owned())
            }
            "str" | "inlineStr" => Cell::Text(xml::unescaped(text)),
            "b" => Cell::Bool(matches!(text.trim(), "1" | "true")),
            "e" => Cell::Error(text),
            "d" => Cell::Text(text),
            _ if text.trim().is_empty() => Cell::Empty,
            _ if self.book.is_date(open.style) => Cell::Serial(text.trim().to_owned(), self.book.from_1904),
            _ if self.book.from_1904 => Cell::Number1904(text.trim().to_owned()),
            _ => Cell::Number(text.trim().to_owned()),
        })
    }
}

fn row_number(start: &quick_xml::events::BytesStart<'_>, last: u32) -> Result<u32, Unreadable> {
    let number = match attribute(start, "r")? {
        Some(number) => number.parse().ok(),
        // Rows without numbers are counted; no spreadsheet has more.
        None if last >= ROWS => return Err(Unreadable::new(words::BOMB)),
        None => Some(last + 1),
    };
    number.filter(|n| *n > last && *n <= ROWS).ok_or_else(|| Unreadable::new(words::BROKEN))
}

fn opened(start: &quick_xml::events::BytesStart<'_>, next: usize) -> Result<Open, Unreadable> {
    let column = match attribute(start, "r")? {
        Some(reference) => column_of(&reference)?,
        None => next,
    };
    let style = attribute(start, "s")?.and_then(|style| style.parse().ok()).unwrap_or(0);
    let kind = attribute(start, "t")?.unwrap_or_default().into_owned();
    Ok(Open { column, style, kind, ..Open::default() })
}

/// The column, from 0, of a reference such as `AB12`.
fn column_of(reference: &str) -> Result<usize, Unreadable> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let column = letters.fold(0, |sum, b| sum * 26 + usize::from(b.to_ascii_uppercase() - b'A') + 1);
    column.checked_sub(1).ok_or_else(|| Unreadable::new(words::BROKEN))
}

fn put(cells: &mut Vec<Cell>, column: usize, cell: Cell) -> Result<(), Unreadable> {
    if cell == Cell::Empty {
        return Ok(());
    }
    if column >= COLUMNS {
        return Err(Unreadable::new(words::WIDE));
    }
    if cells.len() <= column {
        cells.resize(column + 1, Cell::Empty);
    }
    if let Some(place) = cells.get_mut(column) {
        *place = cell;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
