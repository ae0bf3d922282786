//! The state machine of a slip printer.

use super::{Item, Printout, Run, Style};
use crate::{
    escpos::{self, Align, CELL, ESC, FS, GS, Paper},
    raster::Bitmap,
};
use encoding_rs::GB18030;

/// Line spacing of a printer after its reset, in dots.
const DEFAULT_SPACING: u16 = 34;

/// Prints bytes on paper. Commands that are not known are skipped.
#[must_use]
pub fn interpret(bytes: &[u8], paper: Paper) -> Printout {
    let mut printer = Printer::new(bytes, paper);
    while let Some(byte) = printer.take() {
        printer.obey(byte);
    }
    printer.end_of_bytes();
    Printout { paper, items: printer.items }
}

struct Printer<'a> {
    rest: &'a [u8],
    paper: Paper,
    items: Vec<Item>,
    runs: Vec<Run>,
    columns: usize,
    align: Align,
    style: Style,
    chinese: bool,
    spacing: u16,
}

impl<'a> Printer<'a> {
    fn new(rest: &'a [u8], paper: Paper) -> Self {
        Self {
            rest,
            paper,
            items: Vec::new(),
            runs: Vec::new(),
            columns: 0,
            align: Align::Left,
            style: Style::default(),
            chinese: true,
            spacing: DEFAULT_SPACING,
        }
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A parameter; a command cut short reads zeros, as a printer that waits forever would print nothing more.
    fn parameter(&mut self) -> u8 {
        self.take().unwrap_or(0)
    }

    fn parameter_16(&mut self) -> u16 {
        u16::from_le_bytes([self.parameter(), self.parameter()])
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn obey(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_line(),
            ESC => self.escape(),
            GS => self.group(),
            FS => self.chinese_command(),
            0x10 => self.skip(2),
            0x00..=0x1f | 0x7f => {}
            0x20..=0x7e => self.put(char::from(byte)),
            0x80.. => self.high(byte),
        }
    }

    fn escape(&mut self) {
        match self.parameter() {
            b'@' => self.reset(),
            b'a' => {
                self.align = match self.parameter() {
                    1 | b'1' => Align::Centre,
                    2 | b'2' => Align::Right,
                    _ => Align::Left,
                }
            }
            b'!' => {
                let mode = self.parameter();
                self.style = Style {
                    across: 1 + u8::from(mode & 0x20 != 0),
                    down: 1 + u8::from(mode & 0x10 != 0),
                    bold: mode & 0x08 != 0,
                };
            }
            b'E' | b'G' => self.style.bold = self.parameter() & 1 == 1,
            b'2' => self.spacing = DEFAULT_SPACING,
            b'3' => self.spacing = u16::from(self.parameter()),
            b'd' => {
                let lines = self.parameter();
                self.flush();
                self.feed(self.spacing * u16::from(lines));
            }
            b'J' => {
                let dots = self.parameter();
                self.flush();
                self.feed(u16::from(dots));
            }
            b'*' => {
                let wide = self.parameter() >= 32;
                let columns = usize::from(self.parameter_16());
                self.skip(if wide { columns * 3 } else { columns });
            }
            b'p' => {
                self.skip(3);
                self.items.push(Item::Drawer);
            }
            b'$' | b'\\' => self.skip(2),
            b'D' => while self.take().is_some_and(|tab| tab != 0) {},
            b't' | b'R' | b'M' | b'-' | b'V' | b'{' | b' ' | b'r' | b'c' | b'S' | b'B' => self.skip(1),
            _ => {}
        }
    }

    fn group(&mut self) {
        match self.parameter() {
            b'!' => {
                let size = self.parameter();
                self.style.across = (size >> 4 & 7) + 1;
                self.style.down = (size & 7) + 1;
            }
            b'V' => {
                let mode = self.parameter();
                self.flush();
                if mode >= 65 {
                    let extra = self.parameter();
                    self.feed(self.spacing * 3 + u16::from(extra));
                }
                self.items.push(Item::Cut);
            }
            b'v' => self.picture(),
            b'(' => {
                self.skip(1);
                let length = self.parameter_16();
                self.skip(usize::from(length));
            }
            b'L' | b'W' | b'P' | b'$' | b'\\' => self.skip(2),
            b'k' => self.barcode(),
            b'B' | b'H' | b'h' | b'w' | b'f' | b'a' | b'I' | b'r' | b'b' => self.skip(1),
            _ => {}
        }
    }

    fn chinese_command(&mut self) {
        match self.parameter() {
            b'&' => self.chinese = true,
            b'.' => self.chinese = false,
            b'!' => {
                let mode = self.parameter();
                self.style.across = 1 + (mode >> 2 & 1);
                self.style.down = 1 + (mode >> 3 & 1);
            }
            b'W' => {
                let double = 1 + (self.parameter() & 1);
                self.style.across = double;
                self.style.down = double;
            }
            b'-' => self.skip(1),
            b'S' | b'p' => self.skip(2),
            _ => {}
        }
    }

    fn picture(&mut self) {
        self.skip(1);
        let mode = self.parameter() & 3;
        let stride = self.parameter_16();
        let height = self.parameter_16();
        let length = usize::from(stride) * usize::from(height);
        let dots = self.rest.get(..length).unwrap_or(self.rest);
        let kept = stride.min(self.paper.dots() / 8);
        let received = dots.len().div_ceil(usize::from(stride).max(1));
        let height = height.min(u16::try_from(received).unwrap_or(u16::MAX));
        let bitmap = Bitmap::from_bytes(kept, height, &cropped(dots, stride, kept));
        self.rest = self.rest.get(length..).unwrap_or_default();
        self.flush();
        let (across, down) = (1 + (mode & 1), 1 + (mode >> 1));
        self.items.push(Item::Picture { align: self.align, bitmap, across, down });
    }

    fn barcode(&mut self) {
        let kind = self.parameter();
        if kind >= 65 {
            let length = self.parameter();
            self.skip(usize::from(length));
        } else {
            while self.take().is_some_and(|byte| byte != 0) {}
        }
    }

    /// Two bytes of GB18030 make one character; four bytes are taken together, and no printer we know draws them.
    fn high(&mut self, first: u8) {
        if !self.chinese {
            return self.put('\u{fffd}');
        }
        let Some(second) = self.rest.first().copied() else { return self.put('\u{fffd}') };
        match second {
            0x30..=0x39 => {
                self.skip(3);
                self.put('\u{fffd}');
            }
            0x40..=0x7e | 0x80..=0xfe => {
                self.skip(1);
                let pair = [first, second];
                let (text, _) = GB18030.decode_without_bom_handling(&pair);
                self.put(text.chars().next().unwrap_or('\u{fffd}'));
            }
            _ => self.put('\u{fffd}'),
        }
    }

    fn put(&mut self, c: char) {
        let width = escpos::columns(c) * usize::from(self.style.across);
        if self.columns + width > self.paper.columns() && self.columns > 0 {
            self.end_line();
        }
        self.columns += width;
        match self.runs.last_mut() {
            Some(run) if run.style == self.style => run.text.push(c),
            _ => self.runs.push(Run { text: c.to_string(), style: self.style }),
        }
    }

    fn end_line(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        self.columns = 0;
        let tallest = runs.iter().map(|run| u16::from(run.style.down)).max().unwrap_or(1);
        let height = self.spacing.max(CELL * tallest + 4);
        let height = if runs.is_empty() { self.spacing } else { height };
        self.items.push(Item::Line { align: self.align, runs, height });
    }

    fn flush(&mut self) {
        if !self.runs.is_empty() {
            self.end_line();
        }
    }

    fn feed(&mut self, dots: u16) {
        if dots > 0 {
            self.items.push(Item::Feed(dots));
        }
    }

    fn reset(&mut self) {
        self.flush();
        let fresh = Self::new(self.rest, self.paper);
        let items = std::mem::take(&mut self.items);
        *self = Self { items, ..fresh };
    }

    /// What has not been ended by a line feed stays in the printer's memory; the preview shows it all the same.
    fn end_of_bytes(&mut self) {
        self.flush();
    }
}

/// Rows of `stride` bytes, each cut off behind `kept` bytes.
fn cropped(dots: &[u8], stride: u16, kept: u16) -> Vec<u8> {
    let rows = dots.chunks(usize::from(stride).max(1));
    rows.flat_map(|row| row.iter().take(kept.into()).copied()).collect()
}
