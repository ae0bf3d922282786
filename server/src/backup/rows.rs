//! The rows of all tables as one stream of bytes that both databases give alike: yes and no as numbers, ids as their
//! bytes. The digest of these bytes is what is compared after writing and after restoring.

use std::io::{self, ErrorKind, Read, Write};

use domain::id::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Broken;
use crate::store::Value;
use crate::store::copy::Cells;

/// Names what the digest is made of.
const TAG: &[u8] = b"zhucan.backup-rows.1";
/// So many rows, or
const TOGETHER: usize = 500;
/// so many bytes are handed on at a time.
pub(super) const AT_ONCE: usize = 4 * 1024 * 1024;
/// A description of a table or of the end is not longer, bytes.
const DESCRIPTION: usize = 1024 * 1024;
/// A value is not longer, bytes: more than any database here takes.
const LONGEST: u64 = 1024 * 1024 * 1024;

/// A table whose rows follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// The columns that rows are known and ordered by.
    pub(super) key: Vec<String>,
}

/// What all of it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Rows of each table.
    pub(super) tables: Vec<(String, u64)>,
    /// Of every row.
    pub(super) digest: Digest,
}

/// A piece of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Table(Section),
    Rows(Vec<Cells>),
    End(End),
}

/// The digest of every row of every table, in their order.
pub(super) struct Contents {
    hash: Sha256,
    tables: Vec<(String, u64)>,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self { hash: Sha256::new_with_prefix(TAG), tables: Vec::new() }
    }

    pub(super) fn table(&mut self, name: &str) {
        self.hash.update((name.len() as u64).to_be_bytes());
        self.hash.update(name.as_bytes());
        self.tables.push((name.to_owned(), 0));
    }

    /// Bytes of so many rows of the table named last.
    fn rows(&mut self, bytes: &[u8], count: u64) {
        self.hash.update(bytes);
        if let Some((_, rows)) = self.tables.last_mut() {
            *rows += count;
        }
    }

    /// Rows of the table named last; answers their bytes.
    pub(super) fn take(&mut self, rows: &[Cells]) -> Vec<Vec<u8>> {
        rows.iter()
            .map(|row| {
                let mut bytes = Vec::new();
                for value in row {
                    value.digest_into(&mut bytes);
                }
                self.rows(&bytes, 1);
                bytes
            })
            .collect()
    }

    pub(super) fn end(self) -> End {
        End { tables: self.tables, digest: Digest(self.hash.finalize().into()) }
    }
}

/// Pieces on their way to bytes.
pub(super) struct Encoder<W> {
    out: W,
    contents: Contents,
}

impl<W: Write> Encoder<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, contents: Contents::new() }
    }

    fn described(&mut self, mark: u8, what: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(what).map_err(io::Error::other)?;
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        self.out.write_all(&[mark])?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&text)
    }

    pub(super) fn table(&mut self, section: &Section) -> io::Result<()> {
        self.contents.table(&section.table);
        self.described(b'T', section)
    }

    pub(super) fn rows(&mut self, rows: &[Cells]) -> io::Result<()> {
        for row in self.contents.take(rows) {
            self.out.write_all(b"R")?;
            self.out.write_all(&row)?;
        }
        Ok(())
    }

    pub(super) fn end(mut self) -> io::Result<(W, End)> {
        let end = std::mem::replace(&mut self.contents, Contents::new()).end();
        self.described(b'E', &end)?;
        Ok((self.out, end))
    }
}

/// Bytes on their way to pieces. Whatever the bytes are, it answers pieces or says what is wrong, and takes no more
/// memory than the bytes that are really there.
pub(super) struct Decoder<R> {
    input: R,
    contents: Contents,
    columns: usize,
    /// A mark that was read while rows were gathered.
    mark: Option<u8>,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, contents: Contents::new(), columns: 0, mark: None }
    }

    /// The next piece. The last one is the end, and its digest and counts are those of what came before it.
    pub(super) fn next(&mut self) -> Result<Piece, Broken> {
        match self.mark()? {
            b'T' => {
                let section: Section = self.described()?;
                if section.columns.is_empty() {
                    return Err(Broken::Rows);
                }
                self.contents.table(&section.table);
                self.columns = section.columns.len();
                Ok(Piece::Table(section))
            }
            b'R' if self.columns > 0 => self.gather().map(Piece::Rows),
            b'E' => {
                let end: End = self.described()?;
                let read = std::mem::replace(&mut self.contents, Contents::new()).end();
                if read == end { Ok(Piece::End(end)) } else { Err(Broken::Digest) }
            }
            _ => Err(Broken::Rows),
        }
    }

    /// What the bytes came from.
    pub(super) fn into_inner(self) -> R {
        self.input
    }

    fn mark(&mut self) -> Result<u8, Broken> {
        match self.mark.take() {
            Some(mark) => Ok(mark),
            None => self.byte(),
        }
    }

    /// The row whose mark was read, and those behind it.
    fn gather(&mut self) -> Result<Vec<Cells>, Broken> {
        let (mut rows, mut read) = (Vec::new(), 0);
        loop {
            let mut bytes = Vec::new();
            let row = (0..self.columns).map(|_| self.value(&mut bytes)).collect::<Result<Cells, Broken>>()?;
            self.contents.rows(&bytes, 1);
            read += bytes.len();
            rows.push(row);
            if rows.len() == TOGETHER || read >= AT_ONCE {
                return Ok(rows);
            }
            let mark = self.byte()?;
            if mark != b'R' {
                self.mark = Some(mark);
                return Ok(rows);
            }
        }
    }

    /// A value; its bytes are added to those of its row.
    fn value(&mut self, bytes: &mut Vec<u8>) -> Result<Value<'static>, Broken> {
        let (kind, present) = (self.byte()?, self.byte()?);
        bytes.extend([kind, present]);
        let content = match present {
            0 => None,
            1 => {
                let length = u64::from_be_bytes(self.array()?);
                if length > LONGEST {
                    return Err(Broken::Rows);
                }
                bytes.extend(length.to_be_bytes());
                let content = self.exactly(length)?;
                bytes.extend_from_slice(&content);
                Some(content)
            }
            _ => return Err(Broken::Rows),
        };
        Ok(match (kind, content) {
            (1, None) => Value::Int(None),
            (3, None) => Value::Text(None),
            (4, None) => Value::Bytes(None),
            (1, Some(content)) => {
                let number = content.try_into().map_err(|_| Broken::Rows)?;
                Value::Int(Some(i64::from_be_bytes(number)))
            }
            (3, Some(content)) => Value::Text(Some(String::from_utf8(content).map_err(|_| Broken::Rows)?.into())),
            (4, Some(content)) => Value::Bytes(Some(content.into())),
            _ => return Err(Broken::Rows),
        })
    }

    fn described<T: for<'d> Deserialize<'d>>(&mut self) -> Result<T, Broken> {
        let length = u32::from_be_bytes(self.array()?);
        if length as usize > DESCRIPTION {
            return Err(Broken::Rows);
        }
        let text = self.exactly(u64::from(length))?;
        serde_json::from_slice(&text).map_err(|_| Broken::Rows)
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(ended)?;
        Ok(bytes)
    }

    fn exactly(&mut self, length: u64) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(length).read_to_end(&mut bytes).map_err(ended)?;
        if read as u64 == length { Ok(bytes) } else { Err(Broken::Rows) }
    }
}

/// An end in the middle of the rows: the file around them was whole, so they were never written to their end.
fn ended(error: io::Error) -> Broken {
    match error.kind() {
        ErrorKind::UnexpectedEof => Broken::Rows,
        _ => error.into(),
    }
}
