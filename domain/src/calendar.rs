//! Days, months and meal periods, and which days the state calls working days.
//!
//! China has one time zone and no summer time, so local time is UTC+8 always and no zone table is needed.

mod workdays;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use workdays::{CalendarError, DayKind, WorkCalendar};

/// An instant: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(i64);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const OFFSET_MS: i64 = 8 * 60 * 60 * 1000;
/// The business day ends at 04:00 local time: a supper served past midnight belongs to the evening before.
pub const CUTOFF_MS: i64 = 4 * 60 * 60 * 1000;

impl UnixMs {
    /// After every instant.
    pub const MAX: Self = Self(i64::MAX);
    /// A minute, ms.
    pub const MINUTE: i64 = 60_000;

    /// The instant so many milliseconds after the epoch.
    #[must_use]
    pub const fn new(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The instant `ms` milliseconds later.
    #[must_use]
    pub const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The date on a wall calendar in China.
    #[must_use]
    pub fn local_date(self) -> BusinessDate {
        BusinessDate::from_days(self.0.saturating_add(OFFSET_MS).div_euclid(DAY_MS))
    }

    /// The business date: the local date, except that the hours before 04:00 belong to the day before.
    #[must_use]
    pub fn business_date(self) -> BusinessDate {
        self.plus(-CUTOFF_MS).local_date()
    }

    /// Minutes since local midnight, 0..1440.
    #[must_use]
    pub fn local_minute(self) -> u16 {
        let ms = self.0.saturating_add(OFFSET_MS).rem_euclid(DAY_MS);
        u16::try_from(ms / 60_000).unwrap_or(0)
    }

    /// Local time as `11:32:08`.
    #[must_use]
    pub fn local_clock(self) -> String {
        let seconds = self.0.saturating_add(OFFSET_MS).rem_euclid(DAY_MS) / 1000;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Where the time comes from. Made once, where the program is put together; the demo and the tests bring their own.
pub trait Clock: Send + Sync {
    /// The wall clock, which people and networks may set.
    fn wall(&self) -> UnixMs;
    /// Milliseconds since some point in this boot; never goes back.
    fn monotonic_ms(&self) -> i64;
    /// Which boot the monotonic time belongs to.
    fn boot(&self) -> crate::id::BootId;
}

/// The day a meal counts for. ISO text (`2026-03-18`) on the wire and in the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(Date);

/// A text that is not a calendar date `YYYY-MM-DD`, or not a month `YYYY-MM`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date: {0:?}")]
pub struct DateError(String);

impl BusinessDate {
    /// The date with these numbers, if there is one (years 1 to 9999).
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().filter(|d| d.year() >= 1).map(Self)
    }

    /// The first date that can be written.
    const FIRST: Self = Self(jiff::civil::date(1, 1, 1));

    fn from_days(days: i64) -> Self {
        Self(jiff::civil::date(1970, 1, 1)).plus_days(days)
    }

    /// Year, month 1..=12, day 1..=31.
    #[must_use]
    pub fn ymd(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }

    /// The month it lies in.
    #[must_use]
    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }

    /// The date `days` later (earlier if negative); the last or first one there is where the calendar ends before.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        // jiff's calendar has no spans as long as that.
        let days = days.clamp(-4_000_000, 4_000_000);
        Self(self.0.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())).max(Self::FIRST)
    }

    /// The dates from this one to `last`, both counted; none where `last` is before. Ends at the calendar's end too,
    /// where no date follows.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        let next = move |day: &Self| (*day < last).then(|| day.plus_days(1));
        std::iter::successors((self <= last).then_some(self), next)
    }

    /// The Monday of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus_days(-i64::from(self.0.weekday().to_monday_zero_offset()))
    }

    /// 0 for Monday to 6 for Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        self.0.weekday().to_monday_zero_offset().unsigned_abs()
    }

    /// The first instant of the business day: 04:00 local time.
    #[must_use]
    pub fn start(self) -> UnixMs {
        self.at_minute(0).plus(CUTOFF_MS)
    }

    /// The instant so many minutes after local midnight of this date.
    #[must_use]
    pub fn at_minute(self, minute: u16) -> UnixMs {
        let days = i64::from(jiff::civil::date(1970, 1, 1).until(self.0).map_or(0, |span| span.get_days()));
        UnixMs(days * DAY_MS - OFFSET_MS + i64::from(minute) * 60_000)
    }

    /// Completed years of life (周岁) on this date of somebody born on `birth`, 0 before birth. Who was born on
    /// 29 February comes of age on 1 March in common years.
    #[must_use]
    pub fn age(self, birth: Self) -> u8 {
        let had_birthday = (self.0.month(), self.0.day()) >= (birth.0.month(), birth.0.day());
        let years = self.0.year() - birth.0.year() - i16::from(!had_birthday);
        u8::try_from(years.clamp(0, 255)).unwrap_or(0)
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl fmt::Debug for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Splits `text` into parts of exactly these numbers of ASCII digits, joined by `-`.
fn numbers<const N: usize>(text: &str, widths: [usize; N]) -> Option<[i16; N]> {
    let mut parts = text.split('-');
    let mut out = [0; N];
    for (slot, width) in out.iter_mut().zip(widths) {
        let part = parts.next().filter(|p| p.len() == width && p.bytes().all(|b| b.is_ascii_digit()))?;
        *slot = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

impl FromStr for BusinessDate {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        numbers(text, [4, 2, 2])
            .and_then(|[y, m, d]| Self::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?))
            .ok_or_else(|| DateError(text.chars().take(40).collect()))
    }
}

/// A calendar month, `2026-03` on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month with these numbers, if there is one.
    #[must_use]
    pub fn new(year: i16, month: i8) -> Option<Self> {
        BusinessDate::new(year, month, 1).map(BusinessDate::month)
    }

    /// Year and month 1..=12.
    #[must_use]
    pub const fn ym(self) -> (i16, i8) {
        (self.year, self.month)
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> BusinessDate {
        BusinessDate(jiff::civil::date(self.year, self.month, 1))
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> BusinessDate {
        BusinessDate(self.first().0.last_of_month())
    }

    /// Its days in order.
    pub fn days(self) -> impl Iterator<Item = BusinessDate> {
        self.first().through(self.last())
    }

    /// The month after; itself where the calendar ends.
    #[must_use]
    pub fn next(self) -> Self {
        self.last().plus_days(1).month()
    }

    /// The month before; itself where the calendar begins.
    #[must_use]
    pub fn previous(self) -> Self {
        self.first().plus_days(-1).month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        numbers(text, [4, 2])
            .and_then(|[y, m]| Self::new(y, i8::try_from(m).ok()?))
            .ok_or_else(|| DateError(text.chars().take(40).collect()))
    }
}

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(crate) use serde_as_text;
serde_as_text!(BusinessDate, Month);

/// A meal of the day, by the name a policy gives it (`breakfast`, `lunch`, `dinner`): 1 to 20 of `a-z`, `0-9`, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MealPeriod(String);

impl MealPeriod {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MealPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MealPeriod {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        let ok = (1..=20).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
        if ok { Ok(Self(text.to_owned())) } else { Err(DateError(text.chars().take(40).collect())) }
    }
}
serde_as_text!(MealPeriod);

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> BusinessDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_business_day_ends_at_four_in_the_morning() {
        let midnight = UnixMs::new(1_772_294_400_000); // 2026-03-01 00:00 +08:00
        assert_eq!(midnight.local_date(), date("2026-03-01"));
        assert_eq!(midnight.business_date(), date("2026-02-28"));
        assert_eq!(midnight.plus(CUTOFF_MS - 1).business_date(), date("2026-02-28"));
        assert_eq!(midnight.plus(CUTOFF_MS).business_date(), date("2026-03-01"));
        assert_eq!(date("2026-03-01").start(), midnight.plus(CUTOFF_MS));
        assert_eq!(date("2026-03-01").at_minute(692).local_clock(), "11:32:00");
    }

    #[test]
    fn age_counts_completed_years() {
        let birth = date("1943-11-22");
        assert_eq!(date("2026-11-21").age(birth), 82);
        assert_eq!(date("2026-11-22").age(birth), 83);
        let leap = date("1944-02-29");
        assert_eq!(date("2026-02-28").age(leap), 81);
        assert_eq!(date("2026-03-01").age(leap), 82);
        assert_eq!(date("2024-02-29").age(leap), 80);
        assert_eq!(date("1940-01-01").age(leap), 0);
    }

    #[test]
    fn weeks_begin_on_monday_and_months_know_their_days() {
        assert_eq!(date("2026-03-01").monday(), date("2026-02-23"));
        assert_eq!(date("2026-03-02").monday(), date("2026-03-02"));
        let month: Month = "2024-02".parse().unwrap();
        assert_eq!(month.days().count(), 29);
        assert_eq!(month.next().first(), date("2024-03-01"));
        assert_eq!(Month::new(2026, 1).unwrap().previous().to_string(), "2025-12");
    }

    #[test]
    fn the_calendar_ends_and_with_it_whoever_walks_through_it() {
        let last = Month::new(9999, 12).unwrap();
        assert_eq!(last.days().take(40).count(), 31, "the last month has its days and no more");
        assert_eq!(last.days().last(), Some(date("9999-12-31")));
        assert_eq!(date("9999-12-30").through(date("9999-12-31")).take(9).count(), 2);
        assert_eq!(date("2026-03-02").through(date("2026-03-01")).count(), 0);
        assert_eq!((last.next(), date("9999-12-31").plus_days(1)), (last, date("9999-12-31")));
        let first = Month::new(1, 1).unwrap();
        assert_eq!((first.previous(), date("0001-01-01").plus_days(-1)), (first, date("0001-01-01")));
        assert_eq!(date("2026-03-01").plus_days(i64::MAX), date("9999-12-31"));
        assert_eq!(date("2026-03-01").plus_days(i64::MIN), date("0001-01-01"));
        for instant in [i64::MIN, i64::MAX] {
            let day = UnixMs::new(instant).business_date();
            assert_eq!(day.to_string().parse(), Ok(day), "every instant has a date that can be written");
        }
    }

    #[test]
    fn only_iso_dates_are_dates() {
        for bad in
            ["2026-3-1", "2026-02-29", "0000-01-01", "2026-03-01 ", "20260301", "2026-03-01-01", "２０２６-03-01"]
        {
            assert!(bad.parse::<BusinessDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn make_up_saturdays_are_workdays_and_an_unknown_year_has_no_answer() {
        let calendar = WorkCalendar::published();
        assert_eq!(calendar.kind(date("2026-03-02")), Some(DayKind::Workday));
        assert_eq!(calendar.kind(date("2026-03-01")), Some(DayKind::Weekend));
        assert_eq!(calendar.kind(date("2025-01-26")), Some(DayKind::Workday));
        assert_eq!(calendar.kind(date("2025-01-28")), Some(DayKind::Holiday));
        assert_eq!(calendar.kind(date("2031-03-03")), None);
        assert_eq!(calendar.years().into_iter().collect::<Vec<_>>(), [2024, 2025, 2026]);
        assert_eq!(WorkCalendar::from_csv("date,kind\n2026-01-01,feast").unwrap_err().line, 2);
    }

    #[test]
    fn a_calendar_file_is_refused_at_its_line_in_both_languages() {
        for (text, line, word) in [
            ("", 1, "表头"),
            ("2027-01-01,holiday,元旦\n", 1, "表头"),
            ("date,kind,occasion\n\n2027-02-29,holiday,x\n", 3, "2027-02-29"),
            ("date,kind,occasion\n2027-01-01,放假,元旦\n", 2, "放假"),
            ("date,kind,occasion\n2027-01-01\n", 2, "holiday"),
            ("date,kind,occasion\n2027-01-01,holiday,a\n2027-01-01,holiday,b\n", 3, "重复"),
            ("date,kind,occasion\n2027-01-04,workday,x\n", 2, "周六"),
        ] {
            let error = WorkCalendar::from_csv(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.in_chinese().starts_with(&format!("第 {line} 行：")) && error.in_chinese().contains(word));
            assert!(!error.reason.is_empty());
        }
        assert!(WorkCalendar::from_csv(&"x".repeat(300_000)).is_err());
    }

    #[test]
    fn a_year_is_replaced_and_a_missing_one_is_due_from_november() {
        let published = WorkCalendar::published();
        let next = WorkCalendar::from_csv("\u{feff}date,kind,occasion\r\n2027-01-01,holiday,元旦\r\n").unwrap();
        let both = published.with_years_of(&next);
        assert_eq!(both.years().into_iter().collect::<Vec<_>>(), [2024, 2025, 2026, 2027]);
        assert_eq!((both.counts(2027), both.counts(2026)), ((1, 0), published.counts(2026)));
        let shorter = WorkCalendar::from_csv("date,kind,occasion\n2026-10-01,holiday,x\n").unwrap();
        assert_eq!(both.with_years_of(&shorter).counts(2026), (1, 0), "the whole year is the new file's");
        assert_eq!(published.missing(date("2026-10-31")), [0_i16; 0]);
        assert_eq!(published.missing(date("2026-11-01")), [2027]);
        assert_eq!(published.missing(date("2027-01-01")), [2027]);
        assert_eq!(both.missing(date("2026-12-31")), [0_i16; 0]);
    }
}
