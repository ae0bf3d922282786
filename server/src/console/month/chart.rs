//! Bars of shares, drawn at the server.

use domain::money::Fen;

/// A part of a bar.
pub(super) struct Part {
    /// Whose.
    pub(super) name: String,
    /// Its colour.
    pub(super) class: &'static str,
    /// Fen.
    pub(super) amount: Fen,
    /// As it is written.
    pub(super) text: String,
    /// Where it begins and how long it is, thousandths of the bar.
    pub(super) x: i64,
    pub(super) width: i64,
}

/// Gives every part its place: widths in proportion, and together the whole bar. Negative amounts have none.
pub(super) fn place(parts: &mut [Part]) {
    let whole: i128 = parts.iter().map(|part| i128::from(part.amount.or_zero().get())).sum();
    let mut before: i128 = 0;
    let at = |sum: i128| i64::try_from(if whole == 0 { 0 } else { sum * 1000 / whole }).unwrap_or(0);
    for part in parts {
        part.x = at(before);
        before += i128::from(part.amount.or_zero().get());
        part.width = at(before) - part.x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_bar_without_gaps() {
        let part =
            |fen| Part { name: String::new(), class: "", amount: Fen::new(fen), text: String::new(), x: 0, width: 0 };
        let mut parts = [part(1), part(1), part(1), part(-5), part(i64::MAX / 4)];
        place(&mut parts[..4]);
        assert_eq!(
            parts[..4].iter().map(|p| (p.x, p.width)).collect::<Vec<_>>(),
            [(0, 333), (333, 333), (666, 334), (1000, 0)]
        );
        place(&mut parts);
        assert_eq!(parts.iter().map(|p| p.width).sum::<i64>(), 1000);
        let mut none = [part(0)];
        place(&mut none);
        assert_eq!((none[0].x, none[0].width), (0, 0));
    }
}
