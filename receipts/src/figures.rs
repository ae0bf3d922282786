//! How money and counts are written on paper. All of it is integer work on fen.
//!
//! ```
//! use domain::money::Fen;
//! use receipts::figures;
//!
//! let held = Fen::new(-476_500);
//! assert_eq!(figures::yuan(held), "−4,765.00");
//! assert_eq!(figures::plain(held), "-4765.00");
//! assert_eq!(figures::change(Fen::new(1_600)), "+16.00");
//! assert_eq!(figures::payable(Fen::new(1_752_000)), "¥17,520.00");
//! ```

use domain::money::Fen;

/// U+2212: as wide as a figure, unlike the hyphen.
const MINUS: char = '\u{2212}';

/// For sheets: thousands comma, two decimals, true minus: `−4,765.00`.
#[must_use]
pub fn yuan(amount: Fen) -> String {
    let grouped = grouped(whole(amount));
    format!("{}{grouped}.{:02}", sign(amount, MINUS), cents(amount))
}

/// For changes on sheets: as [`yuan`], with `+` before what is added.
#[must_use]
pub fn change(amount: Fen) -> String {
    if amount.get() > 0 { format!("+{}", yuan(amount)) } else { yuan(amount) }
}

/// For the one amount that is paid: `¥17,520.00`, `−¥5.00`.
#[must_use]
pub fn payable(amount: Fen) -> String {
    let grouped = grouped(whole(amount));
    format!("{}¥{grouped}.{:02}", sign(amount, MINUS), cents(amount))
}

/// For machines and slips: no comma, ASCII minus: `-4765.00`.
#[must_use]
pub fn plain(amount: Fen) -> String {
    format!("{}{}.{:02}", sign(amount, '-'), whole(amount), cents(amount))
}

/// A count with thousands comma: `4,392`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A digest in groups of four, as it is read aloud: `7c41 e09a 52d8`. Blanks in the input are dropped.
#[must_use]
pub fn in_fours(digest: &str) -> String {
    let mut out = String::new();
    for (index, c) in digest.chars().filter(|c| !c.is_whitespace()).enumerate() {
        if index > 0 && index.is_multiple_of(4) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

fn sign(amount: Fen, minus: char) -> String {
    if amount.get() < 0 { minus.to_string() } else { String::new() }
}

fn whole(amount: Fen) -> u64 {
    amount.get().unsigned_abs() / 100
}

fn cents(amount: Fen) -> u64 {
    amount.get().unsigned_abs() % 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_on_sheets() {
        for (fen, on_sheet, as_change, for_machines) in [
            (0, "0.00", "0.00", "0.00"),
            (5, "0.05", "+0.05", "0.05"),
            (1_752_000, "17,520.00", "+17,520.00", "17520.00"),
            (-476_500, "−4,765.00", "−4,765.00", "-4765.00"),
            (100_000_000, "1,000,000.00", "+1,000,000.00", "1000000.00"),
        ] {
            let amount = Fen::new(fen);
            assert_eq!(yuan(amount), on_sheet);
            assert_eq!(change(amount), as_change);
            assert_eq!(plain(amount), for_machines);
        }
    }

    #[test]
    fn digests_in_fours() {
        assert_eq!(in_fours("7c41e09a52d8b3"), "7c41 e09a 52d8 b3");
        assert_eq!(in_fours("7c41 e09a"), "7c41 e09a");
    }

    proptest! {
        #[test]
        fn plain_is_exact(fen in any::<i64>()) {
            let digits: String = plain(Fen::new(fen)).chars().filter(|c| *c != '.').collect();
            prop_assert_eq!(digits.parse::<i64>().ok(), Some(fen));
        }

        #[test]
        fn commas_do_not_change_the_number(count in any::<u64>()) {
            prop_assert_eq!(grouped(count).replace(',', "").parse::<u64>().ok(), Some(count));
        }
    }
}
