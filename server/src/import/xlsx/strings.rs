//! The texts that a workbook's cells share, one after another in one piece of memory: for a list of 600,000 people some
//! tens of megabytes, a third of what as many strings would take.

use std::io::Read;

use quick_xml::events::Event;

use super::super::source::Unreadable;
use super::xml::{self, Xml};
use crate::words::import as words;

/// All texts together are no longer, bytes.
const MOST: usize = 512 * 1024 * 1024;

/// And no more in number: each takes four bytes even when it is empty.
const TEXTS: usize = 20_000_000;

/// The table of texts.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read<R: Read>(mut xml: Xml<R>) -> Result<Self, Unreadable> {
        let mut strings = Self::default();
        let mut one = String::new();
        let (mut taking, mut phonetic) = (false, false);
        loop {
            match xml.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "si" => one.clear(),
                    "t" => taking = !phonetic,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "t" => taking = false,
                    "rPh" => phonetic = false,
                    "si" => strings.push(&xml::unescaped(std::mem::take(&mut one)))?,
                    "sst" => return Ok(strings),
                    _ => {}
                },
                Event::Eof => return Err(Unreadable::new(words::BROKEN)),
                other => {
                    if taking {
                        xml::push(&other, &mut one)?;
                    }
                }
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.ends.len() >= TEXTS {
            return Err(Unreadable::new(words::BOMB));
        }
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).ok().filter(|_| self.text.len() <= MOST);
        self.ends.push(end.ok_or_else(|| Unreadable::new(words::BOMB))?);
        Ok(())
    }

    /// The text with that number, from 0.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_say_nothing_are_counted_too() {
        let mut strings = Strings::default();
        for _ in 0..TEXTS {
            strings.push("").unwrap();
        }
        assert_eq!(strings.push(""), Err(Unreadable::new(words::BOMB)));
        assert_eq!(strings.get(TEXTS - 1), Some(""));
    }
}
