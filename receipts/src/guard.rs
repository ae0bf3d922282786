//! Text from outside must stay text when a spreadsheet opens it: a name that begins like a formula is quoted.

use std::borrow::Cow;

/// The text, led by an apostrophe if a spreadsheet could take it for a formula.
#[must_use]
pub fn as_text(text: &str) -> Cow<'_, str> {
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}']).chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+86 533", "-5", "@SUM(A1)", "\t=1", " =1", "\u{3000}=1", "＝cmd", "\r\n=1"] {
            assert_eq!(as_text(text), format!("'{text}"));
        }
        for text in ["", "王*兰", "1-2", "（停业）", "'=1"] {
            assert_eq!(as_text(text), text);
        }
    }
}
