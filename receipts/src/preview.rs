//! A printer on the screen: reads the bytes that would go to the slip printer and shows what they would leave on paper.
//!
//! The cashier's page shows its slips through this, and tests read them, so what is looked at is what is sent. It knows
//! more commands than our slips use and takes any bytes without failing, as a printer would.

mod interpreter;
mod svg;

pub use interpreter::interpret;

use crate::{
    escpos::{Align, Paper},
    raster::Bitmap,
};

/// What came out of the printer, from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printout {
    /// Paper it was printed on.
    pub paper: Paper,
    /// Lines, pictures and cuts.
    pub items: Vec<Item>,
}

/// One thing on the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A line of characters; an empty one is a blank line.
    Line {
        /// Where it stands.
        align: Align,
        /// Stretches of equal style.
        runs: Vec<Run>,
        /// Height that the line takes, in dots.
        height: u16,
    },
    /// Dots.
    Picture {
        /// Where it stands.
        align: Align,
        /// The dots, unscaled.
        bitmap: Bitmap,
        /// Each dot is so many dots wide (1 or 2).
        across: u8,
        /// Each dot is so many dots high (1 or 2).
        down: u8,
    },
    /// Blank paper, in dots.
    Feed(u16),
    /// The paper is cut here.
    Cut,
    /// The cash drawer opens.
    Drawer,
}

/// Characters of equal style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The characters; those that could not be decoded are U+FFFD.
    pub text: String,
    /// How they are set.
    pub style: Style,
}

/// Style of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Width, 1 to 8 times normal.
    pub across: u8,
    /// Height, 1 to 8 times normal.
    pub down: u8,
    /// Bold.
    pub bold: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { across: 1, down: 1, bold: false }
    }
}

impl Printout {
    /// The characters line by line as they stand on the paper, padded for their alignment; pictures are `[图]`, cuts a
    /// dashed line.
    #[must_use]
    pub fn text(&self) -> String {
        self.items.iter().map(|item| self.text_of(item)).collect()
    }

    fn text_of(&self, item: &Item) -> String {
        match item {
            Item::Line { align, runs, .. } => {
                let text: String = runs.iter().map(|run| run.text.as_str()).collect();
                let room = self.paper.columns().saturating_sub(runs.iter().map(Run::columns).sum());
                let indent = match align {
                    Align::Left => 0,
                    Align::Centre => room / 2,
                    Align::Right => room,
                };
                format!("{}{text}\n", " ".repeat(indent))
            }
            Item::Picture { .. } => "[图]\n".to_owned(),
            Item::Feed(_) => "\n".to_owned(),
            Item::Drawer => String::new(),
            Item::Cut => format!("{}\n", "- ".repeat(self.paper.columns() / 2).trim_end()),
        }
    }
}

impl Run {
    /// Columns of normal width that the run takes.
    #[must_use]
    pub fn columns(&self) -> usize {
        crate::escpos::text_columns(&self.text) * usize::from(self.style.across)
    }
}

#[cfg(test)]
mod tests;
