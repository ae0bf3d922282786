//! 大写金额: an amount in capital Chinese numerals, as it stands on a payable line.
//!
//! The rules are those of the People's Bank for bills and settlement vouchers: 元 is closed with 整; after 角 the 整 is
//! optional and written here, because an open 角 could be lengthened by hand; after 分 it is never written. Ten thousand
//! times a hundred million is written 万亿: 兆 means a million in the country's units and is not used for money.

use domain::money::Fen;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// The amount in capital words with its currency.
///
/// ```
/// use domain::money::Fen;
/// use receipts::words::capital;
///
/// assert_eq!(capital(Fen::new(1_640_902)), "人民币壹万陆仟肆佰零玖元零贰分");
/// assert_eq!(capital(Fen::ZERO), "人民币零元整");
/// ```
#[must_use]
pub fn capital(amount: Fen) -> String {
    let fen = amount.get().unsigned_abs();
    let (yuan, jiao, cent) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut out = String::from("人民币");
    if amount.get() < 0 {
        out.push('负');
    }
    if yuan > 0 || fen == 0 {
        push_integer(&mut out, yuan);
        out.push('元');
    }
    if jiao > 0 {
        push_digit(&mut out, jiao);
        out.push('角');
    } else if yuan > 0 && cent > 0 {
        out.push('零');
    }
    if cent > 0 {
        push_digit(&mut out, cent);
        out.push('分');
    } else {
        out.push('整');
    }
    out
}

/// Writes any whole number; a part that does not fill its places is led by one 零.
fn push_integer(out: &mut String, number: u64) {
    match number {
        0 => out.push('零'),
        n if n >= YI => push_split(out, n, YI, '亿'),
        n if n >= WAN => push_split(out, n, WAN, '万'),
        n => push_group(out, n),
    }
}

fn push_split(out: &mut String, number: u64, unit: u64, name: char) {
    push_integer(out, number / unit);
    out.push(name);
    let rest = number % unit;
    if rest == 0 {
        return;
    }
    if rest < unit / 10 {
        out.push('零');
    }
    push_integer(out, rest);
}

/// Writes a group of 1 to 9999.
fn push_group(out: &mut String, group: u64) {
    let mut gap = false;
    let mut begun = false;
    for (place, unit) in [(1000, Some('仟')), (100, Some('佰')), (10, Some('拾')), (1, None)] {
        let digit = group / place % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if gap {
            out.push('零');
            gap = false;
        }
        begun = true;
        push_digit(out, digit);
        out.extend(unit);
    }
}

fn push_digit(out: &mut String, digit: u64) {
    out.extend(usize::try_from(digit).ok().and_then(|d| DIGITS.get(d)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(fen: i64) -> String {
        capital(Fen::new(fen))
    }

    /// Reads capital words back the slow way: one unit at a time, with no knowledge of how they were written.
    fn read(text: &str) -> Option<i128> {
        let text = text.strip_prefix("人民币")?;
        let (sign, text) = text.strip_prefix('负').map_or((1, text), |rest| (-1, rest));
        let text = text.strip_suffix('整').unwrap_or(text);
        let (yuan, small) = text.split_once('元').unwrap_or(("", text));
        Some(sign * (read_integer(yuan)? * 100 + read_small(small)?))
    }

    fn read_small(text: &str) -> Option<i128> {
        let (mut fen, mut digit) = (0, 0);
        for c in text.chars() {
            match c {
                '角' => fen += digit * 10,
                '分' => fen += digit,
                _ => digit = read_digit(c)?,
            }
        }
        Some(fen)
    }

    fn read_integer(text: &str) -> Option<i128> {
        for (unit, value) in [('亿', 100_000_000), ('万', 10_000)] {
            if let Some((high, low)) = text.rsplit_once(unit) {
                return Some(read_integer(high)? * value + read_integer(low)?);
            }
        }
        let (mut sum, mut digit) = (0, 0);
        for c in text.chars() {
            let unit = match c {
                '仟' => 1000,
                '佰' => 100,
                '拾' => 10,
                _ => {
                    digit = read_digit(c)?;
                    continue;
                }
            };
            sum += digit * unit;
            digit = 0;
        }
        Some(sum + digit)
    }

    fn read_digit(c: char) -> Option<i128> {
        DIGITS.iter().position(|d| *d == c).and_then(|d| i128::try_from(d).ok())
    }

    #[test]
    fn published_examples() {
        for (fen, expected) in [
            (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
            (32_504, "人民币叁佰贰拾伍元零肆分"),
            (1_752_000, "人民币壹万柒仟伍佰贰拾元整"),
            (1_005_000, "人民币壹万零伍拾元整"),
            (10_000_000, "人民币壹拾万元整"),
            (10_700_053, "人民币壹拾万柒仟元伍角叁分"),
            (600_714, "人民币陆仟零柒元壹角肆分"),
            (140_950, "人民币壹仟肆佰零玖元伍角整"),
            (168_032, "人民币壹仟陆佰捌拾元叁角贰分"),
            (0, "人民币零元整"),
            (5, "人民币伍分"),
            (50, "人民币伍角整"),
            (55, "人民币伍角伍分"),
            (100, "人民币壹元整"),
            (1_000, "人民币壹拾元整"),
            (-2_200, "人民币负贰拾贰元整"),
            (10_000_000_100, "人民币壹亿零壹元整"),
            (10_001_000_000, "人民币壹亿零壹万元整"),
            (100_000_000_000_000, "人民币壹万亿元整"),
            (100_010_000_000_000, "人民币壹万零壹亿元整"),
        ] {
            assert_eq!(words(fen), expected, "{fen} fen");
        }
    }

    #[test]
    fn every_amount_to_twenty_thousand_yuan_reads_back() {
        for fen in (0..2_000_000).step_by(7).chain(0..30_000) {
            assert_eq!(read(&words(fen)), Some(i128::from(fen)));
        }
    }

    #[test]
    fn the_ends_of_the_range_read_back() {
        for fen in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            assert_eq!(read(&words(fen)), Some(i128::from(fen)), "{}", words(fen));
        }
    }

    proptest! {
        #[test]
        fn any_amount_reads_back(fen in any::<i64>()) {
            prop_assert_eq!(read(&words(fen)), Some(i128::from(fen)));
        }

        #[test]
        fn sparse_amounts_read_back(digits in proptest::collection::vec(prop_oneof![4 => Just(0_i64), 1 => 1..10_i64], 1..18)) {
            let fen = digits.iter().fold(0_i64, |sum, digit| sum * 10 + digit);
            let text = words(fen);
            prop_assert_eq!(read(&text), Some(i128::from(fen)));
            prop_assert!(!text.contains("零零"), "{}", text);
            for unit in ["零仟", "零佰", "零拾", "零万", "零亿", "零角", "零分", "亿万"] {
                prop_assert!(!text.contains(unit), "{}", text);
            }
        }
    }
}
