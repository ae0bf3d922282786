//! How figures are written on the pages: money with its sign before ¥ and two decimals, counts with thousands' commas,
//! dates without the year where it cannot be doubted.

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::money::Fen;

use super::lang::Lang;

/// The minus of figures.
const MINUS: char = '\u{2212}';

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `26,847`.
pub(crate) fn count(n: impl TryInto<i64>) -> String {
    let n: i64 = n.try_into().unwrap_or(i64::MAX);
    let sign = if n < 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{}", grouped(&n.unsigned_abs().to_string()))
}

fn figures(amount: Fen) -> String {
    let fen = amount.get().unsigned_abs();
    format!("{}.{:02}", grouped(&(fen / 100).to_string()), fen % 100)
}

/// `¥1,234.00`, `−¥5.00`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "iterators and templates hand over references")]
pub(crate) fn yuan(amount: &Fen) -> String {
    let sign = if amount.is_negative() { MINUS.to_string() } else { String::new() };
    format!("{sign}¥{}", figures(*amount))
}

/// A change: `+¥16.00`, `−¥5.00`, a dash for none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "iterators and templates hand over references")]
pub(crate) fn change(amount: &Fen) -> String {
    match amount.get() {
        0 => "—".to_owned(),
        1.. => format!("+¥{}", figures(*amount)),
        _ => yuan(amount),
    }
}

/// `¥1,234.00`, and a dash for nothing: in wide tables.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "iterators and templates hand over references")]
pub(crate) fn dash(amount: &Fen) -> String {
    if amount.is_zero() { "—".to_owned() } else { yuan(amount) }
}

/// Thousandths as `+1.0%`, `−22.5%`, `0.0%`.
pub(crate) fn change_permille(permille: i64) -> String {
    let sign = match permille {
        0 => "",
        1.. => "+",
        _ => "\u{2212}",
    };
    format!("{sign}{}%", tenths(permille))
}

/// Thousandths as `25.2%`.
pub(crate) fn percent(permille: i64) -> String {
    format!("{}%", tenths(permille))
}

fn tenths(permille: i64) -> String {
    let whole = permille.unsigned_abs();
    format!("{}.{}", grouped(&(whole / 10).to_string()), whole % 10)
}

/// `3月18日`, `18 Mar`.
pub(crate) fn day(date: BusinessDate, lang: Lang) -> String {
    let (_, month, day) = date.ymd();
    lang.of::<fn(i8, i8) -> String>(|m, d| format!("{m}月{d}日"), |m, d| format!("{d} {}", english_month(m)))(
        month, day,
    )
}

/// `2026年3月18日`, `18 Mar 2026`.
pub(crate) fn full_day(date: BusinessDate, lang: Lang) -> String {
    let (year, _, _) = date.ymd();
    match lang {
        Lang::Zh => format!("{year}年{}", day(date, lang)),
        Lang::En => format!("{} {year}", day(date, lang)),
    }
}

/// `一` to `日`, `Mon` to `Sun`.
pub(crate) fn weekday(date: BusinessDate, lang: Lang) -> &'static str {
    let names = lang.of(["一", "二", "三", "四", "五", "六", "日"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    names[usize::from(date.weekday() % 7)]
}

/// `四`, `Th`: for heads as narrow as two figures.
pub(crate) fn short_weekday(date: BusinessDate, lang: Lang) -> &'static str {
    let name = weekday(date, lang);
    lang.of(name, name.get(..2).unwrap_or(name))
}

/// `星期四`, `Thursday` in short.
pub(crate) fn long_weekday(date: BusinessDate, lang: Lang) -> String {
    format!("{}{}", lang.of("星期", ""), weekday(date, lang))
}

const fn english_month(month: i8) -> &'static str {
    match month {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}

/// `2026年3月`, `Mar 2026`.
pub(crate) fn month(month: Month, lang: Lang) -> String {
    let (year, m) = month.ym();
    match lang {
        Lang::Zh => format!("{year}年{m}月"),
        Lang::En => format!("{} {year}", english_month(m)),
    }
}

/// `3月`, `Mar`.
pub(crate) fn short_month(month: Month, lang: Lang) -> String {
    let (_, m) = month.ym();
    match lang {
        Lang::Zh => format!("{m}月"),
        Lang::En => english_month(m).to_owned(),
    }
}

/// `11:32`.
pub(crate) fn hm(at: UnixMs) -> String {
    at.local_clock().chars().take(5).collect()
}

/// `4月2日 13:40`.
pub(crate) fn at(at: UnixMs, lang: Lang) -> String {
    format!("{} {}", day(at.local_date(), lang), hm(at))
}

/// A digest's first twelve digits in groups of four, as beside a seal: `7c41 e09a 52d8`.
pub(crate) fn digest(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().take(12).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_counts_are_written_as_the_tokens_say() {
        assert_eq!(yuan(&Fen::new(12_864_800)), "¥128,648.00");
        assert_eq!(yuan(&Fen::new(-500)), "−¥5.00");
        assert_eq!(change(&Fen::new(1600)), "+¥16.00");
        assert_eq!(change(&Fen::ZERO), "—");
        assert_eq!(dash(&Fen::ZERO), "—");
        assert_eq!(yuan(&Fen::new(i64::MIN)), "−¥92,233,720,368,547,758.08");
        assert_eq!((count(26_847), count(999), count(-1000)), ("26,847".into(), "999".into(), "−1,000".into()));
        assert_eq!((change_permille(182), change_permille(-225)), ("+18.2%".into(), "−22.5%".into()));
    }

    #[test]
    fn dates_are_written_in_both_languages() {
        let date = BusinessDate::new(2026, 4, 2).unwrap();
        assert_eq!((day(date, Lang::Zh), day(date, Lang::En)), ("4月2日".into(), "2 Apr".into()));
        assert_eq!((long_weekday(date, Lang::Zh), weekday(date, Lang::En)), ("星期四".into(), "Thu"));
        assert_eq!(
            (month(date.month(), Lang::Zh), short_month(date.month(), Lang::En)),
            ("2026年4月".into(), "Apr".into())
        );
        assert_eq!(at(date.at_minute(13 * 60 + 40), Lang::Zh), "4月2日 13:40");
        assert_eq!(digest("7c41e09a52d8ffff"), "7c41 e09a 52d8");
    }
}
