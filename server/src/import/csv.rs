//! Lines of text: UTF-8, UTF-16 or GB18030; commas, tabs or semicolons. Decoded and split as they come.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::csv::{ErrorKind, ReaderBuilder, StringRecord};
use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::cell::Cell;
use super::source::{CELL, COLUMNS, Input, Sink, Unreadable};
use crate::words::import as words;

/// No record is longer, bytes: a quotation mark that is never closed would take the rest of the file for one cell.
const RECORD: usize = 1024 * 1024;
/// The delimiter is looked for in so many bytes.
const BEGINNING: usize = 16 * 1024;

/// Gives all lines to the sink as one sheet without a name. Rows are counted as a spreadsheet
/// shows them: empty lines too, and a line break inside quotation marks makes no row.
pub(super) fn read(input: &mut dyn Input, encoding: &'static Encoding, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    if !sink.sheet("", false)? {
        return Ok(());
    }
    let pulled = Arc::new(AtomicUsize::new(0));
    let mut text = Decoded::new(input, encoding, Arc::clone(&pulled));
    let mut beginning = Vec::new();
    text.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(|e| Unreadable::io(&e))?;
    let delimiter = delimiter(&beginning);
    let whole = beginning.as_slice().chain(text);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(whole);
    let mut record = StringRecord::new();
    for number in 1..=u32::MAX {
        pulled.store(0, Ordering::Relaxed);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(unreadable(&error)),
        }
        if !sink.row(number, cells(&record)?)? {
            return Ok(());
        }
    }
    Err(Unreadable::new(words::TALL))
}

fn cells(record: &StringRecord) -> Result<Vec<Cell>, Unreadable> {
    if record.iter().skip(COLUMNS).any(|cell| !cell.trim().is_empty()) {
        return Err(Unreadable::new(words::WIDE));
    }
    let cell = |text: &str| {
        if text.len() > CELL * 4 || text.chars().count() > CELL {
            return Err(Unreadable::new(words::LONG));
        }
        // What a spreadsheet writes for a number that must stay text: ="0123".
        let text = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        Ok(if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) })
    };
    record.iter().take(COLUMNS).map(cell).collect()
}

fn unreadable(error: &::csv::Error) -> Unreadable {
    match error.kind() {
        ErrorKind::Io(error) => Unreadable::io(error),
        ErrorKind::Utf8 { .. } => Unreadable::new(words::ENCODING),
        _ => Unreadable::new(words::BROKEN),
    }
}

/// Of the three that are used, the one that stands most often on the first lines outside quotation marks.
fn delimiter(beginning: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0)];
    let mut lines = 0;
    for byte in beginning {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => lines += 1,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(d, _)| d == byte).for_each(|(_, count)| *count += 1),
        }
        if lines == 20 {
            break;
        }
    }
    // The first of equals: `max_by_key` would take the last.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(d, _)| *d)
}

/// Text as UTF-8, decoded while it is read.
struct Decoded<'a> {
    input: &'a mut dyn Input,
    decoder: Decoder,
    raw: Vec<u8>,
    at: usize,
    end: usize,
    eof: bool,
    utf8: Vec<u8>,
    text: Vec<u8>,
    text_at: usize,
    done: bool,
    lines: Lines,
    /// Bytes since the last record was whole.
    pulled: Arc<AtomicUsize>,
}

impl<'a> Decoded<'a> {
    fn new(input: &'a mut dyn Input, encoding: &'static Encoding, pulled: Arc<AtomicUsize>) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let (raw, utf8, text) = (vec![0; 32 * 1024], vec![0; 64 * 1024], Vec::new());
        let (at, end, text_at, eof, done) = (0, 0, 0, false, false);
        Self { input, decoder, raw, at, end, eof, utf8, text, text_at, done, lines: Lines::default(), pulled }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let mut written = 0;
        while written == 0 && !self.done {
            if self.at == self.end && !self.eof {
                self.end = self.input.read(&mut self.raw)?;
                self.at = 0;
                self.eof = self.end == 0;
            }
            let raw = self.raw.get(self.at..self.end).unwrap_or_default();
            let (result, read, count) = self.decoder.decode_to_utf8_without_replacement(raw, &mut self.utf8, self.eof);
            if matches!(result, DecoderResult::Malformed(..)) {
                return Err(Unreadable::new(words::ENCODING).into_io());
            }
            self.at += read;
            written = count;
            self.done = self.eof && matches!(result, DecoderResult::InputEmpty);
        }
        self.text.clear();
        self.text_at = 0;
        self.lines.take(self.utf8.get(..written).unwrap_or_default(), &mut self.text);
        Ok(())
    }
}

/// Puts a space on empty lines: the splitter passes over them, and the rows behind would be counted wrongly.
struct Lines {
    last: u8,
    quoted: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self { last: b'\n', quoted: false }
    }
}

impl Lines {
    fn take(&mut self, bytes: &[u8], to: &mut Vec<u8>) {
        for byte in bytes {
            let breaks = matches!(byte, b'\r' | b'\n');
            let inside_crlf = self.last == b'\r' && *byte == b'\n';
            if breaks && !inside_crlf && !self.quoted && matches!(self.last, b'\r' | b'\n') {
                to.push(b' ');
            }
            self.quoted ^= *byte == b'"';
            to.push(*byte);
            self.last = *byte;
        }
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.text_at == self.text.len() && !self.done {
            self.fill()?;
        }
        let waiting = self.text.get(self.text_at..).unwrap_or_default();
        let count = waiting.len().min(buffer.len());
        buffer.iter_mut().zip(waiting).for_each(|(to, from)| *to = *from);
        self.text_at += count;
        if self.pulled.fetch_add(count, Ordering::Relaxed) > RECORD {
            return Err(Unreadable::new(words::LONG).into_io());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::rows;
    use super::*;
    use encoding_rs::GB18030;

    fn texts(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let text = |cell: &Cell| cell.plain().unwrap_or_default();
        rows(bytes).unwrap().into_iter().map(|(_, row, cells)| (row, cells.iter().map(text).collect())).collect()
    }

    #[test]
    fn every_encoding_and_delimiter_gives_the_same_rows() {
        let expected = vec![
            (1, vec!["姓名".to_owned(), "住址".into()]),
            (2, vec![String::new()]),
            (3, vec!["张三".into(), "甲,乙 丙".into()]),
            (4, vec!["李四".into(), String::new()]),
        ];
        for (delimiter, end) in [(",", "\r\n"), ("\t", "\n"), (";", "\r\n")] {
            let text = format!("姓名{delimiter}住址{end}{end}张三{delimiter}\"甲,乙\n丙\"{end}李四{delimiter}{end}");
            let utf16: Vec<u8> =
                std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            let chinese = GB18030.encode(&text).0.into_owned();
            let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
            for bytes in [text.clone().into_bytes(), marked, chinese, utf16] {
                assert_eq!(texts(&bytes), expected, "{delimiter:?} {bytes:?}");
            }
        }
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_ends_the_reading() {
        let text = format!("姓名,住址\n张三,\"{}", "长".repeat(2_000_000));
        assert_eq!(rows(text.as_bytes()), Err(Unreadable::new(words::LONG)));
        let wide = format!("{}x\n", ",".repeat(300));
        assert_eq!(rows(wide.as_bytes()), Err(Unreadable::new(words::WIDE)));
    }
}
