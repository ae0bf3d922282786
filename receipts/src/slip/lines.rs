//! Lines of a slip: each goes out as text if the printer has all its characters, as dots otherwise.

use crate::{
    escpos::{self, Align, CELL, Paper},
    font::Fonts,
    raster::{Bitmap, text_width},
};

/// A slip under construction.
pub(super) struct Roll<'a> {
    paper: Paper,
    fonts: &'a Fonts,
    mark: Option<String>,
    tall: bool,
    bytes: Vec<u8>,
}

impl<'a> Roll<'a> {
    /// Starts a slip; the mark, if any, becomes its first and its last line.
    pub(super) fn start(paper: Paper, fonts: &'a Fonts, mark: Option<String>) -> Self {
        let mut roll = Self { paper, fonts, mark, tall: false, bytes: escpos::start() };
        roll.mark();
        roll
    }

    /// The whole slip, cut.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.mark();
        self.bytes.extend(escpos::cut());
        self.bytes
    }

    fn mark(&mut self) {
        if let Some(mark) = self.mark.clone() {
            self.centre(&mark);
        }
    }

    pub(super) fn left(&mut self, text: &str) {
        for line in wrap(text, self.paper.columns()) {
            self.line(&line, "", Align::Left);
        }
    }

    pub(super) fn centre(&mut self, text: &str) {
        for line in wrap(text, self.paper.columns()) {
            self.line(&line, "", Align::Centre);
        }
    }

    pub(super) fn rule(&mut self) {
        self.left(&"-".repeat(self.paper.columns()));
    }

    pub(super) fn space(&mut self) {
        self.bytes.extend([escpos::LINE_FEED, escpos::LINE_FEED]);
    }

    /// A label at the left and a value at the right; a value that does not fit beside it goes below, a long one as text.
    pub(super) fn pair(&mut self, left: &str, right: &str) {
        let (left, right) = (printable(left), printable(right));
        if escpos::text_columns(&left) + escpos::text_columns(&right) < self.paper.columns() {
            self.line(&left, &right, Align::Left);
            return;
        }
        self.left(&left);
        match wrap(&right, self.paper.columns()).as_slice() {
            [line] => self.line("", line, Align::Left),
            // Of several lines a ragged left edge is hard to read.
            lines => lines.iter().for_each(|line| self.line(line, "", Align::Left)),
        }
    }

    /// As [`Roll::pair`], twice as high.
    pub(super) fn big(&mut self, left: &str, right: &str) {
        self.set_tall(true);
        self.pair(left, right);
        self.set_tall(false);
    }

    /// Dots as wide as the paper.
    pub(super) fn dots_centred(&mut self, bitmap: &Bitmap) {
        self.bytes.extend(escpos::align(Align::Left));
        self.bytes.extend(escpos::raster(bitmap, false));
    }

    fn set_tall(&mut self, tall: bool) {
        self.tall = tall;
        self.bytes.extend(escpos::double_height(tall));
    }

    fn line(&mut self, left: &str, right: &str, align: Align) {
        let gap = self.paper.columns().saturating_sub(escpos::text_columns(left) + escpos::text_columns(right));
        let text = if right.is_empty() { left.to_owned() } else { format!("{left}{}{right}", " ".repeat(gap)) };
        self.bytes.extend(escpos::align(align));
        match escpos::encode(&text) {
            Some(bytes) => {
                self.bytes.extend(bytes);
                self.bytes.push(escpos::LINE_FEED);
            }
            None => self.bytes.extend(escpos::raster(&self.dots(left, right, align), self.tall)),
        }
    }

    fn dots(&self, left: &str, right: &str, align: Align) -> Bitmap {
        let mut bitmap = Bitmap::new(self.paper.dots(), CELL + 6);
        let room = |text: &str| self.paper.dots().saturating_sub(text_width(self.fonts, text, CELL));
        let start = if align == Align::Centre { room(left) / 2 } else { 0 };
        bitmap.draw(self.fonts, left, start, CELL);
        bitmap.draw(self.fonts, right, room(right), CELL);
        bitmap
    }
}

/// The text with a blank for each control character: nothing from outside may command the printer.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks a text into lines of at most `columns`.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in printable(text).chars() {
        let width = escpos::columns(c);
        if used + width > columns {
            lines.push(String::new());
            used = 0;
        }
        used += width;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}
