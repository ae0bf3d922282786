//! Tables for a text screen: Chinese characters take two columns there.

use std::fmt::Write as _;

/// Columns that a text takes on a screen.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// East Asian wide and full-width characters, as far as the program prints any.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
}

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A table under one head. Each row is indented by two columns; columns are two apart.
#[must_use]
pub fn table<const N: usize>(head: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|(title, _)| width(title));
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut out = String::new();
    let titles = head.map(|(title, _)| title.to_owned());
    for row in std::iter::once(&titles).chain(rows) {
        let mut line = String::new();
        for ((cell, (_, align)), widest) in row.iter().zip(head).zip(widths) {
            let pad = " ".repeat(widest - width(cell));
            // Writing to a string cannot fail.
            let _ = match align {
                Align::Left => write!(line, "  {cell}{pad}"),
                Align::Right => write!(line, "  {pad}{cell}"),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let head = [("食堂", Align::Left), ("应付", Align::Right)];
        let rows = [
            ["莲花".into(), "12.00".into()],
            ["A".into(), "1,234.50".into()],
            ["正果镇（演示）".into(), "0.05".into()],
        ];
        let text = table(head, &rows);
        assert_eq!(
            text,
            concat!(
                "  食堂                应付\n",
                "  莲花               12.00\n",
                "  A               1,234.50\n",
                "  正果镇（演示）      0.05\n",
            )
        );
        assert!(text.lines().all(|line| width(line) == 26));
    }
}
