//! A cell as the file has it, before anybody decides what it means.
//!
//! Numbers keep the digits that stand in the file. A spreadsheet program reads them into a float and so does every
//! common library; an amount or an ID number that went that way has lost what cannot be found again.

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, as typed.
    Text(String),
    /// A number with the digits of the file, such as `12.5` or `1.10101E+17`.
    Number(String),
    /// The same in a workbook whose days count from 1904: a date that lost its format is another one there.
    Number1904(String),
    /// A number that is shown as a date: the digits, and whether days count from 1904.
    Serial(String, bool),
    /// Yes or no.
    Bool(bool),
    /// A formula of which the file does not say what it came to.
    Formula,
    /// A formula's error, such as `#REF!`.
    Error(String),
}

/// A cell is shown in reports up to so many characters.
const SHOWN: usize = 60;

impl Cell {
    /// The cell for people, shortened, on one line. A date is written as one where it can be read.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) | Self::Number1904(text) | Self::Error(text) => text,
            Self::Serial(digits, _) => {
                return super::values::date(self).map_or_else(|_| digits.clone(), |date| date.to_string());
            }
            Self::Bool(true) => "TRUE",
            Self::Bool(false) => "FALSE",
            Self::Formula => crate::words::import::FORMULA,
        };
        let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        shown
    }

    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Number1904(_))
    }

    /// Whether there is nothing in it that can be seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => plain(text).is_empty(),
            _ => false,
        }
    }

    /// The text as [`plain`] makes it; a number by its digits. Nothing for what is neither.
    #[must_use]
    pub fn plain(&self) -> Option<String> {
        match self {
            Self::Empty => Some(String::new()),
            Self::Text(text) | Self::Number(text) | Self::Number1904(text) => Some(plain(text)),
            _ => None,
        }
    }
}

/// A text as it would be typed with care: full-width letters, digits and signs narrow, nothing invisible, no spaces
/// around it, no apostrophe before it (which makes a number text in a spreadsheet).
#[must_use]
pub fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' => ' ',
        c if c.is_control() => ' ',
        other => other,
    };
    let hidden = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}');
    let text: String = text.chars().filter(|c| !hidden(c)).map(narrow).collect();
    let text = text.trim();
    text.strip_prefix(['\'', '’', '`']).unwrap_or(text).trim().to_owned()
}

/// The name of a cell in a spreadsheet: column from 0, row from 1.
#[must_use]
pub fn reference(column: usize, row: u32) -> String {
    format!("{}{row}", letters(column))
}

/// The letters of a column, from 0.
#[must_use]
pub fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        let names = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
        assert_eq!(reference(2, 12), "C12");
    }

    #[test]
    fn what_people_type_becomes_plain() {
        assert_eq!(plain("　１１０１０１ "), "110101");
        assert_eq!(plain("\u{feff}'4403０4\u{200b}"), "440304");
        assert_eq!(plain("（必填）"), "(必填)");
        assert_eq!(plain("￥12.50"), "￥12.50", "the yuan sign has no narrow form in ASCII");
    }

    #[test]
    fn a_long_cell_is_shown_in_part() {
        assert_eq!(Cell::Text("长".repeat(100)).shown().chars().count(), 61);
        assert_eq!(Cell::Serial("46082".into(), false).shown(), "2026-03-01");
        assert!(Cell::Text(" \u{3000}\u{feff}".into()).is_empty() && !Cell::Formula.is_empty());
    }
}
