//! The file as it comes: what it is, its digest, and its rows one after another. Nothing here grows with the file but
//! the table of shared strings of a workbook.

use std::io::{Read, Seek, SeekFrom};

use domain::id::Digest;
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use sha2::Digest as _;

use super::cell::Cell;
use super::{csv, xlsx};
use crate::words::import as words;

/// What can be read from the beginning again.
pub trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// A file that cannot be read as a list, in Chinese with the next step. Nothing of it was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Unreadable {
    /// With these words.
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// What a reader of the file ran into: one of our own bounds, or bytes that do not hold.
    pub(super) fn io(error: &std::io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            Some(own) => own.clone(),
            None => Self::new(words::BROKEN),
        }
    }

    /// As an error that passes through a reader.
    pub(super) fn into_io(self) -> std::io::Error {
        std::io::Error::other(self)
    }
}

/// Who takes the rows.
pub trait Sink {
    /// A sheet begins. Says whether it is to be read.
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<bool, Unreadable>;
    /// A row, counted from 1. Says whether there is to be another one.
    fn row(&mut self, number: u32, cells: Vec<Cell>) -> Result<bool, Unreadable>;
}

/// Cells to the right of so many columns are not those of a list.
pub(super) const COLUMNS: usize = 256;
/// A cell holds at most so many characters, as in a spreadsheet.
pub(super) const CELL: usize = 32_767;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A workbook.
    Xlsx,
    /// Lines of text in this encoding.
    Csv(&'static Encoding),
}

/// What a file is, before it is read as a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// What it is.
    pub format: Format,
}

/// Goes through all bytes once: digest, and what the file is.
///
/// # Errors
/// When it is no list, or cannot be read.
pub fn probe(input: &mut dyn Input) -> Result<Probe, Unreadable> {
    let disk = |_| Unreadable::new(words::DISK);
    input.seek(SeekFrom::Start(0)).map_err(disk)?;
    let mut hash = sha2::Sha256::new();
    let (mut utf8, mut chinese) = (Valid::new(UTF_8), Valid::new(GB18030));
    let (mut size, mut head) = (0_u64, Vec::new());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(disk(error)),
        };
        let bytes = &buffer[..count];
        hash.update(bytes);
        if head.len() < 4096 {
            head.extend_from_slice(&bytes[..count.min(4096)]);
        }
        size += count as u64;
        if !head.starts_with(b"PK") {
            utf8.take(bytes);
            chinese.take(bytes);
        }
    }
    let format = format_of(&head, utf8.whole(), chinese.whole())?;
    Ok(Probe { digest: Digest(hash.finalize().into()), size, format })
}

/// Whether bytes are text in an encoding, a piece at a time.
struct Valid {
    decoder: encoding_rs::Decoder,
    scratch: Vec<u8>,
    good: bool,
}

impl Valid {
    fn new(encoding: &'static Encoding) -> Self {
        Self { decoder: encoding.new_decoder_without_bom_handling(), scratch: vec![0; 16 * 1024], good: true }
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while self.good && !bytes.is_empty() {
            let (result, read, _) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.scratch, false);
            self.good = !matches!(result, DecoderResult::Malformed(..));
            bytes = bytes.get(read..).unwrap_or_default();
        }
    }

    fn whole(mut self) -> bool {
        let (result, ..) = self.decoder.decode_to_utf8_without_replacement(&[], &mut self.scratch, true);
        self.good && !matches!(result, DecoderResult::Malformed(..))
    }
}

fn format_of(head: &[u8], utf8: bool, chinese: bool) -> Result<Format, Unreadable> {
    let begins = |bytes: &[u8]| head.starts_with(bytes);
    let first = head.iter().find(|b| !b.is_ascii_whitespace());
    match () {
        () if head.is_empty() => Err(Unreadable::new(words::NO_BYTES)),
        () if begins(b"PK\x03\x04") => Ok(Format::Xlsx),
        () if begins(&[0xd0, 0xcf, 0x11, 0xe0]) => Err(Unreadable::new(words::OLD_OR_LOCKED)),
        () if begins(&[0xff, 0xfe]) => Ok(Format::Csv(UTF_16LE)),
        () if begins(&[0xfe, 0xff]) => Ok(Format::Csv(UTF_16BE)),
        () if head.contains(&0) || begins(b"%PDF") => Err(Unreadable::new(words::NOT_A_LIST)),
        () if first == Some(&b'<') => Err(Unreadable::new(words::WEB_PAGE)),
        () if utf8 => Ok(Format::Csv(UTF_8)),
        () if chinese => Ok(Format::Csv(GB18030)),
        () => Err(Unreadable::new(words::ENCODING)),
    }
}

/// Gives all rows to the sink, in order.
///
/// # Errors
/// When the file is not whole, or is not what a list looks like; and what the sink refuses.
pub fn read(input: &mut dyn Input, format: Format, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    input.seek(SeekFrom::Start(0)).map_err(|_| Unreadable::new(words::DISK))?;
    match format {
        Format::Xlsx => xlsx::read(input, sink),
        Format::Csv(encoding) => csv::read(input, encoding, sink),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// All rows, as they come.
    #[derive(Default)]
    pub(in super::super) struct All(pub(in super::super) Vec<(String, u32, Vec<Cell>)>, String);

    impl Sink for All {
        fn sheet(&mut self, name: &str, _: bool) -> Result<bool, Unreadable> {
            name.clone_into(&mut self.1);
            Ok(true)
        }
        fn row(&mut self, number: u32, cells: Vec<Cell>) -> Result<bool, Unreadable> {
            self.0.push((self.1.clone(), number, cells));
            Ok(true)
        }
    }

    pub(in super::super) fn rows(bytes: &[u8]) -> Result<Vec<(String, u32, Vec<Cell>)>, Unreadable> {
        let mut input = Cursor::new(bytes.to_vec());
        let probe = probe(&mut input)?;
        let mut all = All::default();
        read(&mut input, probe.format, &mut all)?;
        Ok(all.0)
    }

    #[test]
    fn what_is_no_list_is_told_apart() {
        for (bytes, words) in [
            (&b""[..], words::NO_BYTES),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", words::OLD_OR_LOCKED),
            (b"\n <html><table>", words::WEB_PAGE),
            (b"%PDF-1.5", words::NOT_A_LIST),
            (b"a\0b", words::NOT_A_LIST),
            (b"PK\x03\x04 and nothing", words::BROKEN),
            (b"\xff\xd5\xff\xff,\x81", words::ENCODING),
        ] {
            assert_eq!(rows(bytes), Err(Unreadable::new(words)), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..4) {
            let head: &[u8] = match kind {
                0 => b"PK\x03\x04",
                1 => b"\xef\xbb\xbf",
                2 => b"\xff\xfe",
                _ => b"",
            };
            let _ = rows(&[head, &bytes].concat());
        }
    }
}
