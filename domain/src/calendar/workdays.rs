//! Statutory holidays, and weekend days made working days: data that the office uploads year by year.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::BusinessDate;

/// The State Council's yearly table of holidays and of weekend days made working days.
///
/// A year that the table does not mention is unknown, not empty: [`WorkCalendar::kind`] then has no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorkCalendar {
    exceptions: BTreeMap<BusinessDate, DayKind>,
}

/// What the state calls a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A working day, make-up days on weekends included.
    Workday,
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// A statutory holiday, or a day taken for one.
    Holiday,
}

/// A calendar file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CalendarError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong, in English.
    pub reason: String,
    /// The same in Chinese.
    pub chinese: String,
}

impl CalendarError {
    fn new(line: usize, reason: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), chinese: chinese.into() }
    }

    /// The whole sentence in Chinese: the line and what is wrong.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        format!("第 {} 行：{}", self.line, self.chinese)
    }
}

/// A longer calendar file is not one, bytes: a year has about two kilobytes.
const MAX_CALENDAR: usize = 256 * 1024;

impl WorkCalendar {
    /// The published tables of 2024 to 2026.
    #[must_use]
    pub fn published() -> Self {
        Self::from_csv(include_str!("../../calendars/cn-workdays.csv")).unwrap_or_default()
    }

    /// Reads `date,kind,occasion` lines behind one head line; kind is `holiday` or `workday`.
    ///
    /// # Errors
    /// At the first line that is not such: no head, not a date, another kind, a date that stands twice, or a working
    /// day made of a day that is one anyhow.
    pub fn from_csv(text: &str) -> Result<Self, CalendarError> {
        if text.len() > MAX_CALENDAR {
            let (english, chinese) = ("the file is too large", "文件过大");
            return Err(CalendarError::new(1, english, chinese));
        }
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let head = lines.next().map(|(_, row)| row.trim()).unwrap_or_default();
        if !head.split(',').map(str::trim).take(2).eq(["date", "kind"]) {
            let (english, chinese) = ("expected the head date,kind,occasion", "首行应为表头 date,kind,occasion");
            return Err(CalendarError::new(1, english, chinese));
        }
        let mut exceptions = BTreeMap::new();
        for (index, row) in lines.filter(|(_, row)| !row.trim().is_empty()) {
            let (date, kind) = Self::row(index + 1, row)?;
            if exceptions.insert(date, kind).is_some() {
                let (english, chinese) = (format!("{date} stands twice"), format!("{date} 重复出现"));
                return Err(CalendarError::new(index + 1, english, chinese));
            }
        }
        Ok(Self { exceptions })
    }

    fn row(line: usize, row: &str) -> Result<(BusinessDate, DayKind), CalendarError> {
        let shown = |cell: &str| -> String { cell.chars().filter(|c| !c.is_control()).take(40).collect() };
        let mut cells = row.split(',').map(str::trim);
        let date = cells.next().unwrap_or_default();
        let date = date.parse::<BusinessDate>().map_err(|error| {
            let chinese = format!("日期应写作 2027-01-01，读到“{}”", shown(date));
            CalendarError::new(line, error.to_string(), chinese)
        })?;
        let kind = match cells.next() {
            Some("holiday") => DayKind::Holiday,
            Some("workday") => DayKind::Workday,
            other => {
                let other = shown(other.unwrap_or_default());
                let english = format!("expected holiday or workday, read {other:?}");
                let chinese = format!("种类应为 holiday（放假）或 workday（调休上班），读到“{other}”");
                return Err(CalendarError::new(line, english, chinese));
            }
        };
        if kind == DayKind::Workday && date.weekday() < 5 {
            let english = format!("{date} is no Saturday or Sunday: it is a working day without being made one");
            let chinese = format!("{date} 不是周六或周日，本来就是工作日，不必写作 workday");
            return Err(CalendarError::new(line, english, chinese));
        }
        Ok((date, kind))
    }

    /// This calendar with the years that the other one knows taken from there.
    #[must_use]
    pub fn with_years_of(&self, other: &Self) -> Self {
        let years = other.years();
        let kept = self.exceptions.iter().filter(|(date, _)| !years.contains(&date.0.year()));
        Self { exceptions: kept.chain(&other.exceptions).map(|(date, kind)| (*date, *kind)).collect() }
    }

    /// How many days of the year are made holidays, and how many weekend days are made working days.
    #[must_use]
    pub fn counts(&self, year: i16) -> (usize, usize) {
        let of = |wanted: DayKind| {
            let days = self.exceptions.iter();
            days.filter(|(date, kind)| date.0.year() == year && **kind == wanted).count()
        };
        (of(DayKind::Holiday), of(DayKind::Workday))
    }

    /// The year that must be published and is not: the next one, from 1 November on; this one at any time.
    #[must_use]
    pub fn missing(&self, today: BusinessDate) -> Vec<i16> {
        let (year, month, _) = today.ymd();
        let due = if month >= 11 { vec![year, year.saturating_add(1)] } else { vec![year] };
        due.into_iter().filter(|year| !self.covers(*year)).collect()
    }

    /// What the date is, or nothing when its year is not in the table.
    #[must_use]
    pub fn kind(&self, date: BusinessDate) -> Option<DayKind> {
        if let Some(kind) = self.exceptions.get(&date) {
            return Some(*kind);
        }
        let weekend = date.weekday() >= 5;
        self.covers(date.0.year()).then_some(if weekend { DayKind::Weekend } else { DayKind::Workday })
    }

    /// Whether the table says anything about the year.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        let (first, last) = (BusinessDate::new(year, 1, 1), BusinessDate::new(year, 12, 31));
        first.zip(last).is_some_and(|(first, last)| self.exceptions.range(first..=last).next().is_some())
    }

    /// The years it covers.
    #[must_use]
    pub fn years(&self) -> BTreeSet<i16> {
        self.exceptions.keys().map(|d| d.0.year()).collect()
    }

    /// The content's digest: the version of the calendar that a record names.
    #[must_use]
    pub fn digest(&self) -> crate::id::Digest {
        let rows: Vec<String> = self.exceptions.iter().map(|(date, kind)| format!("{date},{kind:?}")).collect();
        crate::id::Digest::of("zhucan.calendar.1", &[rows.join("\n").as_bytes()])
    }
}
