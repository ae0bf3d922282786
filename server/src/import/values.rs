//! What people mean by a cell: ID numbers, dates, amounts, telephones. Each reader takes every way of writing that real
//! lists use and refuses, with the reason, whatever could be meant in two ways or has lost digits.

use domain::calendar::BusinessDate;
use domain::elder::Category;
use domain::money::{AmountError, Fen};
use domain::resident_id::{ResidentId, ResidentIdError};

use super::cell::{Cell, plain};
use crate::words::import::{self as words, Why};

/// A value, or why the cell is none.
pub type Read<T> = Result<T, Why>;

/// The text of a cell. A formula, an error and a yes or no are no text.
pub fn text(cell: &Cell) -> Read<String> {
    match cell {
        Cell::Formula => Err(words::IS_FORMULA),
        Cell::Error(_) => Err(words::IS_ERROR),
        Cell::Serial(..) => Err(words::DATE_HERE),
        Cell::Bool(_) => Err(words::BOOL_HERE),
        Cell::Empty | Cell::Text(_) | Cell::Number(_) | Cell::Number1904(_) => Ok(cell.plain().unwrap_or_default()),
    }
}

/// `1.10101E+17`: what is left of a long number that a spreadsheet took for a quantity.
fn is_scientific(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['E', 'e']) else { return false };
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    number(digits) && number(exponent.trim_start_matches(['+', '-']))
}

/// A resident ID. A number of 18 digits in a spreadsheet keeps 15 of them, so it is refused unless its last digits are
/// there and fit.
pub fn resident_id(cell: &Cell) -> Read<ResidentId> {
    let typed: String = text(cell)?.chars().filter(|c| !c.is_whitespace()).collect();
    let zeros = cell.is_number() && typed.len() == 18 && typed.ends_with("000");
    if is_scientific(&typed) || zeros {
        return Err(words::DIGITS_LOST);
    }
    ResidentId::parse(&typed).map_err(|error| match error {
        ResidentIdError::Malformed => words::id_length(typed.chars().count()),
        ResidentIdError::Province => words::ID_PROVINCE,
        ResidentIdError::BirthDate => words::ID_BIRTH,
        ResidentIdError::CheckDigit => words::ID_CHECK,
    })
}

/// A person's name: no spaces between Chinese characters, one kind of middle dot.
pub fn name(cell: &Cell) -> Read<String> {
    let typed = text(cell)?;
    let dots = |c: char| if matches!(c, '•' | '‧' | '∙' | '・' | '●' | '.') { '·' } else { c };
    let foreign = typed.chars().any(|c| c.is_ascii_alphabetic());
    let typed: String = if foreign {
        typed.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        typed.chars().filter(|c| !c.is_whitespace()).map(dots).collect()
    };
    let good = (1..=60).contains(&typed.chars().count()) && !typed.chars().any(|c| c.is_ascii_digit());
    if good { Ok(typed) } else { Err(words::NAME) }
}

/// Years that can be meant.
const YEARS: std::ops::RangeInclusive<i16> = 1880..=2100;

fn ymd(year: &str, month: &str, day: &str) -> Option<BusinessDate> {
    let short = |s: &str| (1..=2).contains(&s.len());
    if year.len() != 4 || !short(month) || !short(day) {
        return None;
    }
    let year = year.parse().ok().filter(|year| YEARS.contains(year))?;
    BusinessDate::new(year, month.parse().ok()?, day.parse().ok()?)
}

/// A date: of a date cell in either of the two date systems, or as typed with `-`, `/`, `.`, `年月日` or nothing
/// between. A time behind it is dropped.
pub fn date(cell: &Cell) -> Read<BusinessDate> {
    match cell {
        Cell::Serial(digits, from_1904) => serial(digits, *from_1904),
        // A date whose cell lost its format: five digits can be nothing else.
        Cell::Number(digits) if is_serial(digits) => serial(digits, false),
        Cell::Number1904(digits) if is_serial(digits) => serial(digits, true),
        _ => typed_date(&text(cell)?),
    }
}

fn is_serial(digits: &str) -> bool {
    digits.split('.').next().is_some_and(|whole| whole.len() == 5)
}

/// What a list says of a birth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Birth {
    /// The day.
    Day(BusinessDate),
    /// The month alone: the resident ID gives the day. `1949.1` in a spreadsheet is October as well as January, for the
    /// zero behind it is lost.
    Month(i16, Vec<i8>),
}

impl Birth {
    /// Whether somebody born on that day can be meant.
    #[must_use]
    pub fn fits(&self, born: BusinessDate) -> bool {
        let (year, month, _) = born.ymd();
        match self {
            Self::Day(day) => *day == born,
            Self::Month(of, months) => *of == year && months.contains(&month),
        }
    }
}

impl std::fmt::Display for Birth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Month(year, months) => {
                let months: Vec<String> = months.iter().map(|month| format!("{year}-{month:02}")).collect();
                f.write_str(&months.join(" / "))
            }
        }
    }
}

/// A date of birth, or its month: `1949.12`, `1949-12`, `1949年12月`, `194912`. In a column of months a spreadsheet keeps
/// the first day of the month, which says nothing of the day.
pub fn birth(cell: &Cell, of_months: bool) -> Read<Birth> {
    let month_of = |day: BusinessDate| {
        let (year, month, _) = day.ymd();
        Birth::Month(year, vec![month])
    };
    let typed = match cell {
        Cell::Text(_) | Cell::Number(_) | Cell::Number1904(_) => text(cell)?,
        _ => String::new(),
    };
    if let Some(month) = birth_month(&typed) {
        return Ok(month);
    }
    let day = date(cell)?;
    Ok(if of_months && !typed.contains('日') && day.ymd().2 == 1 { month_of(day) } else { Birth::Day(day) })
}

fn birth_month(text: &str) -> Option<Birth> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_short = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = if is_short {
        text.split_at(4)
    } else {
        let whole = text.strip_suffix('月').unwrap_or(&text);
        whole.split_once(['-', '/', '.', '年', '—', '–'])?
    };
    let good = year.len() == 4 && (1..=2).contains(&month.len());
    let (year, number): (i16, i8) = (year.parse().ok()?, month.parse().ok()?);
    if !good || !YEARS.contains(&year) || !(1..=12).contains(&number) {
        return None;
    }
    let months = if month == "1" && text.contains('.') { vec![1, 10] } else { vec![number] };
    Some(Birth::Month(year, months))
}

fn typed_date(text: &str) -> Read<BusinessDate> {
    // A time behind the date, after a space or a T.
    let text = text.split_once(['T', ' ']).filter(|(_, time)| time.contains(':')).map_or(text, |(date, _)| date);
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return ymd(&text[..4], &text[4..6], &text[6..]).ok_or(words::DATE);
    }
    let whole = text.trim_end_matches(['日', '号']);
    let parts: Vec<&str> = whole.split(['-', '/', '.', '年', '月', '\\', '—', '–', '。']).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => ymd(year, month, day).ok_or(words::DATE),
        [a, b, c] if [a, b].iter().all(|s| s.len() <= 2) && c.len() == 4 => Err(words::DATE_ORDER),
        _ => Err(words::DATE),
    }
}

/// Days since 1899-12-30 or 1904-01-01. The day 1900-02-29, which the first system has and the calendar has not, is no
/// date; the days before it count one more.
fn serial(digits: &str, from_1904: bool) -> Read<BusinessDate> {
    let days: i64 = digits.split('.').next().and_then(|whole| whole.parse().ok()).ok_or(words::DATE)?;
    let (first, days) = match (from_1904, days) {
        (true, days) => ((1904, 1, 1), days),
        (false, 60) => return Err(words::DATE),
        (false, 1..60) => ((1899, 12, 31), days),
        (false, days) => ((1899, 12, 30), days),
    };
    let first = BusinessDate::new(first.0, first.1, first.2).ok_or(words::DATE)?;
    let date = first.plus_days(days.clamp(0, 200_000));
    if days >= 0 && YEARS.contains(&date.ymd().0) { Ok(date) } else { Err(words::DATE) }
}

/// An amount of yuan, exactly: `12`, `12.5`, `¥12.50`, `1,234.5元`. Not through a float: the digits in the file decide.
pub fn amount(cell: &Cell) -> Read<Fen> {
    let typed: String = text(cell)?.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = typed.trim_start_matches(['¥', '￥']).trim_start_matches("人民币").trim_start_matches("RMB");
    let bare = bare.trim_end_matches(['整', '正']).trim_end_matches(['元', '圆']);
    let grouped = without_groups(bare).ok_or(words::AMOUNT)?;
    Fen::from_yuan(&grouped).map_err(|error| match error {
        AmountError::TooPrecise if cell.is_number() => words::AMOUNT_FLOAT,
        AmountError::TooPrecise => words::AMOUNT_PRECISE,
        AmountError::Malformed | AmountError::TooLarge => words::AMOUNT,
    })
}

/// Takes the commas of thousands out, if they stand where they belong.
fn without_groups(text: &str) -> Option<String> {
    if !text.contains(',') {
        return Some(text.to_owned());
    }
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()))?;
    let mut joined = first.to_owned();
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        joined.push_str(group);
    }
    Some(part.map_or_else(|| joined.clone(), |part| format!("{joined}.{part}")))
}

/// A telephone number; nothing where none is written.
pub fn phone(cell: &Cell) -> Read<Option<String>> {
    let typed = text(cell)?;
    if is_nothing(&typed) {
        return Ok(None);
    }
    if is_scientific(&typed) {
        return Err(words::DIGITS_LOST);
    }
    let number: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
    let number = number.strip_prefix("+86").unwrap_or(&number).replace(['—', '–', '_'], "-");
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let known = number.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if known && (5..=20).contains(&digits) { Ok(Some(number)) } else { Err(words::PHONE) }
}

/// What people write where there is nothing to write.
#[must_use]
pub fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "无" | "-" | "—" | "/" | "\\" | "没有" | "无类别" | "普通" | "普通老人" | "暂无")
}

/// Whether the person is a woman; nothing where none is written.
pub fn female(cell: &Cell) -> Read<Option<bool>> {
    match text(cell)?.as_str() {
        "" => Ok(None),
        "男" | "男性" | "M" | "m" => Ok(Some(false)),
        "女" | "女性" | "F" | "f" => Ok(Some(true)),
        _ => Err(words::SEX),
    }
}

/// A whole number, possibly with its unit behind it.
pub fn number(cell: &Cell) -> Read<Option<u32>> {
    let typed = text(cell)?;
    if is_nothing(&typed) {
        return Ok(None);
    }
    let bare = typed.trim_end_matches(['级', '星', '人', '份', '餐', '位', '客']).trim_end_matches(".0");
    let number = chinese_digit(bare).map(u32::from).or_else(|| bare.parse().ok());
    number.filter(|n| *n <= 1_000_000).map(Some).ok_or(words::NUMBER)
}

fn chinese_digit(text: &str) -> Option<u8> {
    const DIGITS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
    DIGITS.iter().position(|d| *d == text).and_then(|at| u8::try_from(at + 1).ok())
}

/// A level of a category, 1 to 9.
pub fn level(cell: &Cell) -> Read<Option<u8>> {
    let number = number(cell).map_err(|_| words::LEVEL)?;
    number.map(|n| u8::try_from(n).ok().filter(|n| (1..=9).contains(n)).ok_or(words::LEVEL)).transpose()
}

/// Words for levels of 失能, as assessments write them.
const DISABILITY: [(&str, u8); 6] =
    [("轻度失能", 1), ("中度失能", 2), ("重度失能", 3), ("失能轻度", 1), ("失能中度", 2), ("失能重度", 3)];

/// Categories, several of them between 、 or commas, each with its level behind it where it has one: `低保、失能3级`.
pub fn categories(cell: &Cell) -> Read<Vec<Category>> {
    let typed = text(cell)?;
    let parts = typed.split(['、', ',', ';', '/', '|', '+', '\n']).map(str::trim).filter(|part| !is_nothing(part));
    parts.map(category).collect()
}

fn category(text: &str) -> Read<Category> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
    if let Some((_, level)) = DISABILITY.iter().find(|(word, _)| *word == text) {
        return Ok(Category { name: "失能".to_owned(), level: Some(*level) });
    }
    let bare = text.strip_suffix('级').unwrap_or(&text);
    let last = bare.char_indices().next_back().ok_or(words::CATEGORY)?;
    let digit = last.1.to_digit(10).and_then(|d| u8::try_from(d).ok()).or_else(|| chinese_digit(&bare[last.0..]));
    let (name, level) = match digit {
        // A Chinese digit at the end is a level only before 级.
        Some(digit) if last.1.is_ascii_digit() || bare.len() < text.len() => (&bare[..last.0], Some(digit)),
        _ => (text.as_str(), None),
    };
    let good = (1..=20).contains(&name.chars().count()) && level.is_none_or(|level| level > 0);
    if good { Ok(Category { name: name.to_owned(), level }) } else { Err(words::CATEGORY) }
}

/// Whether the row begins as one of totals does. Whether it is one, what must be filled in says.
#[must_use]
pub fn is_total(cells: &[Cell]) -> bool {
    let total = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        ["合计", "总计", "小计", "共计", "总人数", "累计"].iter().any(|word| text.starts_with(word))
    };
    let first = cells.iter().filter_map(|cell| match cell {
        Cell::Text(text) => Some(plain(text)),
        _ => None,
    });
    first.into_iter().any(|text| total(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn digits(text: &str) -> Cell {
        Cell::Number(text.to_owned())
    }

    #[test]
    fn an_id_number_is_read_however_it_is_typed_and_never_guessed() {
        for way in [
            "11010519491231002X",
            " 11010519491231002x",
            "１１０１０５１９４９１２３１００２Ｘ",
            "'11010519491231002X",
            "110105 19491231 002X",
            "110105491231002",
        ] {
            assert_eq!(resident_id(&typed(way)).unwrap().expose(), "11010519491231002X", "{way}");
        }
        assert_eq!(resident_id(&digits("110105491231002")).unwrap().expose(), "11010519491231002X");
        for lost in ["1.10101E+17", "1.10105194912310E+17", "110105194912310000"] {
            assert_eq!(resident_id(&digits(lost)), Err(words::DIGITS_LOST), "{lost}");
        }
        assert_eq!(resident_id(&typed("1.10101E+17")), Err(words::DIGITS_LOST), "as a CSV file shows it");
        assert_eq!(resident_id(&typed("110105194912310021")), Err(words::ID_CHECK));
        assert_eq!(resident_id(&typed("1101051949123100")), Err(words::id_length(16)));
        assert_eq!(resident_id(&Cell::Formula), Err(words::IS_FORMULA));
    }

    #[test]
    fn a_date_that_could_be_two_is_none() {
        for bad in ["3/1/2026", "01-03-2026"] {
            assert_eq!(date(&typed(bad)), Err(words::DATE_ORDER), "{bad}");
        }
        for bad in ["26/3/1", "2026-02-29", "2026年3月", "20260231", "", "昨天", "1800-01-01", "2026/3/1/2"] {
            assert!(date(&typed(bad)).is_err(), "{bad}");
        }
        assert!(date(&Cell::Serial("60".into(), false)).is_err(), "1900-02-29 never was");
        assert!(date(&Cell::Serial("-1".into(), false)).is_err() && date(&Cell::Serial("x".into(), true)).is_err());
        assert!(date(&Cell::Serial("99999999999".into(), true)).is_err());
    }

    #[test]
    fn a_birth_month_is_taken_for_what_it_says() {
        let day: BusinessDate = "1949-12-31".parse().unwrap();
        for way in ["1949.12", "1949-12", "1949/12", "1949年12月", "194912", " 1949 年 12 月", "１９４９．１２"]
        {
            let read = birth(&typed(way), false).unwrap();
            assert_eq!(read, Birth::Month(1949, vec![12]), "{way}");
            assert!(read.fits(day) && !read.fits(day.plus_days(1)), "{way}");
        }
        assert!(birth(&digits("1949.12"), false).unwrap().fits(day));
        // A spreadsheet keeps 1949.10 as 1949.1.
        let october: BusinessDate = "1949-10-01".parse().unwrap();
        assert_eq!(birth(&digits("1949.1"), false).unwrap().to_string(), "1949-01 / 1949-10");
        assert!(birth(&digits("1949.1"), false).unwrap().fits(october));
        assert!(!birth(&typed("1949-1"), false).unwrap().fits(october), "typed with a hyphen it is January");
        // In a column of months the first day is the month; elsewhere, and written out, it is the day.
        let first = Cell::Serial("18233".into(), false);
        assert_eq!(birth(&first, true), Ok(Birth::Month(1949, vec![12])));
        assert_eq!(birth(&first, false), Ok(Birth::Day("1949-12-01".parse().unwrap())));
        assert_eq!(birth(&typed("1949年12月1日"), true), Ok(Birth::Day("1949-12-01".parse().unwrap())));
        assert_eq!(birth(&typed("1949-12-31"), true), Ok(Birth::Day(day)));
        for bad in ["1949", "1949.13", "1949.0", "12.1949", "49.12", "1700.12", "1949.123"] {
            assert!(birth(&typed(bad), true).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_date_without_its_format_counts_as_its_workbook_does() {
        let day = Ok("2026-03-01".parse().unwrap());
        assert_eq!(date(&digits("46082")), day);
        assert_eq!(date(&Cell::Number1904("44620".into())), day);
        assert_eq!(amount(&Cell::Number1904("12.5".into())), Ok(Fen::new(1250)));
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        for (way, fen) in [
            ("12", 1200),
            ("12.5", 1250),
            ("¥12.50", 1250),
            ("￥12.50元", 1250),
            ("１２元", 1200),
            ("1,234.50", 123_450),
            ("0.01", 1),
        ] {
            assert_eq!(amount(&typed(way)), Ok(Fen::new(fen)), "{way}");
        }
        assert_eq!(amount(&digits("12.5")), Ok(Fen::new(1250)));
        assert_eq!(amount(&digits("12.499999999999998")), Err(words::AMOUNT_FLOAT));
        assert_eq!(amount(&typed("12.505")), Err(words::AMOUNT_PRECISE));
        for bad in ["", "-12", "1,23", "十二", "12-15", "1E2", "12.5.1", ",123"] {
            assert_eq!(amount(&typed(bad)), Err(words::AMOUNT), "{bad}");
        }
    }

    #[test]
    fn names_telephones_and_categories() {
        assert_eq!(name(&typed("张　三")).unwrap(), "张三");
        assert_eq!(name(&typed("阿依古丽•买买提")).unwrap(), "阿依古丽·买买提");
        assert!(name(&typed("张3")).is_err() && name(&typed(" ")).is_err());
        assert_eq!(phone(&typed("138 0000 0000")), Ok(Some("13800000000".into())));
        assert_eq!(phone(&typed("（0755）8200-0000")), Ok(Some("07558200-0000".into())));
        assert_eq!(phone(&typed("无")), Ok(None));
        assert_eq!(phone(&digits("1.38E+10")), Err(words::DIGITS_LOST));
        let named = |text: &str| -> Vec<(String, Option<u8>)> {
            categories(&typed(text)).unwrap().into_iter().map(|c| (c.name, c.level)).collect()
        };
        assert_eq!(
            named("低保、失能3级；独居"),
            [("低保".into(), None), ("失能".into(), Some(3)), ("独居".into(), None)]
        );
        assert_eq!(named("重度失能,重残二级"), [("失能".into(), Some(3)), ("重残".into(), Some(2))]);
        assert_eq!(named("无"), []);
        assert_eq!(level(&typed("三级")), Ok(Some(3)));
        assert!(level(&typed("10")).is_err());
        assert!(is_total(&[Cell::Empty, typed(" 合 计"), digits("3")]) && !is_total(&[typed("王合计"), digits("3")]));
    }

    proptest! {
        #[test]
        fn a_date_written_in_every_way_reads_back_the_same(year in 1900_i16..2100, month in 1_i8..13, day in 1_i8..29) {
            let expected = BusinessDate::new(year, month, day).unwrap();
            let wide: String = format!("{year}-{month:02}-{day:02}").chars().map(|c| match c {
                '0'..='9' => char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap(),
                other => other,
            }).collect();
            let ways = [
                format!("{year}-{month:02}-{day:02}"), format!("{year}/{month}/{day}"), format!("{year}.{month}.{day}"),
                format!("{year}年{month}月{day}日"), format!("{year}{month:02}{day:02}"), format!(" {year}/{month}/{day} 0:00"),
                format!("{year}-{month:02}-{day:02}T00:00:00"), format!("{year} 年 {month} 月 {day} 日"), wide,
            ];
            for way in ways {
                prop_assert_eq!(date(&typed(&way)), Ok(expected), "{}", way);
            }
            let days = |first: BusinessDate| (expected.start().get() - first.start().get()) / 86_400_000;
            let serial = days(BusinessDate::new(1899, 12, 30).unwrap());
            let old = if serial < 61 { serial - 1 } else { serial };
            prop_assert_eq!(date(&Cell::Serial(old.to_string(), false)), Ok(expected));
            prop_assert_eq!(date(&Cell::Serial(format!("{old}.5"), false)), Ok(expected));
            let later = days(BusinessDate::new(1904, 1, 1).unwrap());
            if later >= 0 {
                prop_assert_eq!(date(&Cell::Serial(later.to_string(), true)), Ok(expected));
            }
        }

        #[test]
        fn an_amount_written_in_every_way_reads_back_the_same(fen in 0_i64..100_000_000) {
            let (yuan, rest) = (fen / 100, fen % 100);
            let plain = format!("{yuan}.{rest:02}");
            for way in [plain.clone(), format!("¥{plain}"), format!("{plain}元"), format!(" {plain} ")] {
                prop_assert_eq!(amount(&typed(&way)), Ok(Fen::new(fen)), "{}", way);
            }
            // What a spreadsheet writes for the number that a person typed.
            let float: f64 = plain.parse().unwrap();
            prop_assert_eq!(amount(&digits(&float.to_string())), Ok(Fen::new(fen)));
        }

        #[test]
        fn no_cell_makes_a_reader_panic(text in "\\PC{0,40}|[0-9.,E+年月日/-]{0,20}", kind in 0..3) {
            let cell = match kind {
                0 => Cell::Text(text),
                1 => Cell::Number(text),
                _ => Cell::Serial(text, true),
            };
            let _ = (resident_id(&cell), date(&cell), amount(&cell), phone(&cell), categories(&cell), number(&cell));
            let _ = (name(&cell), level(&cell), female(&cell), cell.shown());
        }
    }
}
