//! The parts of a workbook as XML, read with bounds: how much a part may unpack to, how deep it may nest, how long a
//! piece of it may be. Entities are the five of XML; a document type that declares others is refused.

use std::borrow::Cow;
use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::super::source::{CELL, Input, Unreadable};
use crate::words::import as words;

/// A part may unpack to so many times its size, or to [`SMALL`] anyhow. Sheets come to thirty times at most; nothing
/// but zeros comes to a thousand.
const RATIO: u64 = 100;
const SMALL: u64 = 16 * 1024 * 1024;
/// And all parts together to no more than this, bytes: a part that is read twice counts twice.
pub(super) const LARGE: u64 = 2 * 1024 * 1024 * 1024;
/// No tag and no text is longer, bytes: more than the longest cell.
const PIECE: usize = 512 * 1024;
/// Sheets nest six deep.
const DEPTH: u32 = 32;

/// A workbook's package, and how much more of it may be unpacked.
pub(super) struct Package<'i> {
    archive: ZipArchive<&'i mut dyn Input>,
    left: u64,
}

impl<'i> Package<'i> {
    pub(super) fn open(input: &'i mut dyn Input, left: u64) -> Result<Self, Unreadable> {
        let archive = ZipArchive::new(input).map_err(|_| Unreadable::new(words::BROKEN))?;
        Ok(Self { archive, left })
    }

    /// Whether one of its parts has such a name.
    pub(super) fn has(&self, like: impl Fn(&str) -> bool) -> bool {
        self.archive.file_names().any(|name| name.is_ok_and(|name| like(&name)))
    }

    /// Opens a part.
    pub(super) fn part<'a>(&'a mut self, name: &str) -> Result<Xml<Part<'a, 'i>>, Unreadable> {
        let file = self.archive.by_name(name).map_err(|_| Unreadable::new(words::BROKEN))?;
        let left = file.compressed_size().saturating_mul(RATIO).clamp(SMALL, LARGE);
        Ok(Xml::new(Bounded { inner: file, left, whole: &mut self.left, piece: 0 }))
    }
}

/// A part of the package.
pub(super) type Part<'a, 'i> = Bounded<'a, ZipFile<'a, &'i mut dyn Input>>;

/// Stops what unpacks without end.
pub(super) struct Bounded<'a, R> {
    inner: R,
    left: u64,
    /// What is left for the package.
    whole: &'a mut u64,
    /// Bytes since the last tag began.
    piece: usize,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        let bomb = || Unreadable::new(words::BOMB).into_io();
        self.left = self.left.checked_sub(count as u64).ok_or_else(bomb)?;
        *self.whole = self.whole.checked_sub(count as u64).ok_or_else(bomb)?;
        self.piece = match bytes.iter().rposition(|b| *b == b'<') {
            Some(at) => count - at,
            None => self.piece + count,
        };
        if self.piece > PIECE {
            return Err(Unreadable::new(words::LONG).into_io());
        }
        Ok(count)
    }
}

/// A part as events.
pub(super) struct Xml<R: Read> {
    reader: Reader<BufReader<R>>,
    buffer: Vec<u8>,
    depth: u32,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(BufReader::with_capacity(32 * 1024, input));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next event; [`Event::Eof`] at the end.
    pub(super) fn next(&mut self) -> Result<Event<'_>, Unreadable> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) => Unreadable::io(&error),
            _ => Unreadable::new(words::BROKEN),
        })?;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => return Err(Unreadable::new(words::BROKEN)),
            _ => {}
        }
        if self.depth > DEPTH {
            return Err(Unreadable::new(words::DEEP));
        }
        Ok(event)
    }
}

/// An attribute of a tag, with its entities resolved.
pub(super) fn attribute<'s>(start: &'s BytesStart<'_>, name: &str) -> Result<Option<Cow<'s, str>>, Unreadable> {
    let broken = || Unreadable::new(words::BROKEN);
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| broken())?;
        if attribute.key.local_name().as_ref() == name {
            let value = match attribute.value {
                Cow::Borrowed(raw) => quick_xml::escape::unescape(raw).map_err(|_| broken())?,
                Cow::Owned(raw) => Cow::Owned(quick_xml::escape::unescape(&raw).map_err(|_| broken())?.into_owned()),
            };
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Adds what a text event says.
pub(super) fn push(event: &Event<'_>, to: &mut String) -> Result<(), Unreadable> {
    match event {
        Event::Text(text) => to.push_str(&text.xml10_content()),
        Event::CData(text) => to.push_str(&text.xml10_content()),
        Event::GeneralRef(reference) => {
            let broken = || Unreadable::new(words::BROKEN);
            if let Some(c) = reference.resolve_char_ref().map_err(|_| broken())? {
                to.push(c);
            } else {
                let name: &str = reference.as_ref();
                to.push_str(quick_xml::escape::resolve_xml_entity(name).ok_or_else(broken)?);
            }
        }
        _ => {}
    }
    if to.len() > CELL * 4 {
        return Err(Unreadable::new(words::LONG));
    }
    Ok(())
}

/// Carriage returns as spreadsheets write them.
pub(super) fn unescaped(text: String) -> String {
    if text.contains("_x000D_") { text.replace("_x000D_", "") } else { text }
}
