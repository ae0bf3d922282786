//! Canteens, their standings and prices, and the days of the calendar: what a row says.

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, DayKind, MealPeriod};
use domain::canteen::{Filing, Licence, Standing, UNRATED};
use domain::id::CanteenId;
use domain::money::Fen;

use super::Problem;
use super::cell::Cell;
use super::columns::Field;
use super::known::Known;
use super::table::{Line, Reading};
use super::values::{self, Read, text};
use crate::admin::NewCanteen;
use crate::admin::valid;
use crate::words::import as words;

/// What a row says of a canteen or a day.
pub enum Venue {
    /// A canteen to be registered.
    Canteen(Box<NewCanteen>),
    /// What is said of a canteen's standing from a day on; the rest stays.
    Standing(CanteenId, BusinessDate, Vec<Part>),
    /// A list price from a day on.
    Price(CanteenId, BusinessDate, MealPeriod, Fen),
    /// A day of the calendar, with its occasion.
    Day(BusinessDate, DayKind, String),
}

/// A part of a standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Quantified grade.
    Grade(String),
    /// Risk level.
    Risk(String),
    /// Licence.
    Licence(Licence),
    /// Filing.
    Filing(Filing),
    /// Open kitchen.
    Kitchen(bool),
    /// Stars.
    Stars(u8),
}

impl Part {
    /// Puts it into a standing.
    pub fn put(&self, standing: &mut Standing) {
        match self {
            Self::Grade(grade) => grade.clone_into(&mut standing.quality_grade),
            Self::Risk(risk) => risk.clone_into(&mut standing.risk_level),
            Self::Licence(licence) => standing.licence = *licence,
            Self::Filing(filing) => standing.filing = *filing,
            Self::Kitchen(kitchen) => standing.sunshine_kitchen = Some(*kitchen),
            Self::Stars(stars) => standing.stars = Some(*stars),
        }
    }
}

impl Venue {
    /// What must stand once in a list.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Canteen(new) => format!("{} {}", new.region, new.name),
            Self::Standing(canteen, from, _) => format!("{canteen} {from}"),
            Self::Price(canteen, from, period, _) => format!("{canteen} {from} {}", period.as_str()),
            Self::Day(date, ..) => date.to_string(),
        }
    }
}

/// A canteen.
pub fn canteen(line: &Line, known: &Known) -> (Option<Venue>, Vec<Problem>) {
    let mut reading = Reading::of(line);
    let region = reading.need(Field::Region, |cell| known.region(cell));
    if region.as_ref().is_some_and(|region| !known.inside(region)) {
        reading.wrong(Field::Region, words::OUTSIDE);
    }
    let name = reading.need(Field::Canteen, title);
    let operator = reading.need(Field::Operator, title);
    let credit_code =
        reading.need(Field::CreditCode, |cell| valid::credit_code(&text(cell)?).map_err(|_| words::CREDIT_CODE));
    let address =
        reading.may(Field::Address, |cell| valid::text(&text(cell)?).map_err(|_| words::TEXT)).unwrap_or_default();
    let phone = reading.need(Field::Phone, |cell| values::phone(cell)?.ok_or(words::PHONE));
    let bank = reading.need(Field::Bank, title);
    let account_name = reading.need(Field::Holder, title);
    let account = reading.need(Field::Account, account);
    let capacity = reading.may(Field::Capacity, values::number).flatten();
    let new = || {
        let (region, name, operator, credit_code) = (region?, name?, operator?, credit_code?);
        let (phone, bank, account_name, account) = (phone?, bank?, account_name?, account?);
        let new =
            NewCanteen { region, name, operator, credit_code, address, phone, bank, account_name, account, capacity };
        Some(Venue::Canteen(Box::new(new)))
    };
    (new(), reading.problems)
}

fn title(cell: &Cell) -> Read<String> {
    valid::name(&text(cell)?).map_err(|_| words::TEXT)
}

/// Sixteen digits and more are too many for a number: a cell that is one has lost some.
fn account(cell: &Cell) -> Read<String> {
    let typed = text(cell)?;
    let long = cell.is_number() && typed.len() > 15;
    if long || typed.contains(['E', 'e']) {
        return Err(words::DIGITS_LOST);
    }
    valid::account(&typed).map_err(|_| words::ACCOUNT)
}

/// A standing.
pub fn standing(line: &Line, known: &Known) -> (Option<Venue>, Vec<Problem>) {
    let mut reading = Reading::of(line);
    let canteen = reading.need(Field::Canteen, |cell| known.canteen(cell));
    let from = reading.need(Field::From, values::date);
    let parts = [
        reading.may(Field::Grade, |cell| grade(cell, &["A", "B", "C"]).map(Part::Grade)),
        reading.may(Field::Risk, |cell| grade(cell, &["A", "B", "C", "D"]).map(Part::Risk)),
        reading.may(Field::Licence, licence),
        reading.may(Field::Filing, filing),
        reading.may(Field::Kitchen, yes_no),
        reading.may(Field::Stars, stars),
    ];
    let parts: Vec<Part> = parts.into_iter().flatten().collect();
    if parts.is_empty() && reading.problems.is_empty() {
        reading.problems.push(line.wrong(words::NOTHING));
    }
    let venue = canteen.zip(from).map(|((canteen, _), from)| Venue::Standing(canteen, from, parts));
    (venue, reading.problems)
}

fn grade(cell: &Cell, known: &[&str]) -> Read<String> {
    let typed = text(cell)?.to_ascii_uppercase();
    let bare = typed.trim_end_matches(['级', '类']);
    if matches!(bare, "未评" | "未评级" | "无" | "UNRATED") {
        return Ok(UNRATED.to_owned());
    }
    if known.contains(&bare) { Ok(bare.to_owned()) } else { Err(words::GRADE) }
}

fn licence(cell: &Cell) -> Read<Part> {
    match text(cell)?.as_str() {
        "有效" | "正常" => Ok(Part::Licence(Licence::Valid)),
        "过期" | "到期" => Ok(Part::Licence(Licence::Expired)),
        "吊销" | "注销" | "撤销" => Ok(Part::Licence(Licence::Revoked)),
        _ => Err(words::LICENCE),
    }
}

fn filing(cell: &Cell) -> Read<Part> {
    match text(cell)?.as_str() {
        "有效" | "已备案" | "正常" | "是" => Ok(Part::Filing(Filing::Active)),
        "停止" | "未备案" | "暂停" | "注销" | "否" => Ok(Part::Filing(Filing::Inactive)),
        _ => Err(words::FILING),
    }
}

fn yes_no(cell: &Cell) -> Read<Part> {
    match text(cell)?.as_str() {
        "是" | "有" | "已" | "√" | "已接入" => Ok(Part::Kitchen(true)),
        "否" | "无" | "未" | "×" | "未接入" => Ok(Part::Kitchen(false)),
        _ => Err(words::YES_NO),
    }
}

fn stars(cell: &Cell) -> Read<Part> {
    let stars = values::number(cell)?.and_then(|stars| u8::try_from(stars).ok());
    stars.filter(|stars| (1..=5).contains(stars)).map(Part::Stars).ok_or(words::NUMBER)
}

/// A price.
pub fn price(line: &Line, known: &Known) -> (Option<Venue>, Vec<Problem>) {
    let mut reading = Reading::of(line);
    let canteen = reading.need(Field::Canteen, |cell| known.canteen(cell));
    let period = reading.need(Field::Period, period);
    let price = reading.need(Field::Price, |cell| {
        let price = values::amount(cell)?;
        valid::price(price).map(|()| price).map_err(|_| words::PRICE)
    });
    let from = reading.need(Field::From, values::date);
    let venue = || Some(Venue::Price(canteen?.0, from?, period?, price?));
    (venue(), reading.problems)
}

fn period(cell: &Cell) -> Read<MealPeriod> {
    let name = match text(cell)?.as_str() {
        "早餐" | "早饭" | "breakfast" => "breakfast",
        "午餐" | "中餐" | "午饭" | "中饭" | "lunch" => "lunch",
        "晚餐" | "晚饭" | "dinner" => "dinner",
        "夜宵" | "supper" => "supper",
        _ => return Err(words::PERIOD),
    };
    name.parse().map_err(|_| words::PERIOD)
}

/// A day of the calendar.
pub fn day(line: &Line) -> (Option<Venue>, Vec<Problem>) {
    let mut reading = Reading::of(line);
    let date = reading.need(Field::Day, values::date);
    let kind = reading.need(Field::DayKind, |cell| match text(cell)?.as_str() {
        "放假" | "休" | "休息" | "节假日" | "holiday" => Ok(DayKind::Holiday),
        "调休上班" | "上班" | "班" | "补班" | "调休" | "workday" => Ok(DayKind::Workday),
        _ => Err(words::DAY_KIND),
    });
    if kind == Some(DayKind::Workday) && date.is_some_and(|date| date.weekday() < 5) {
        reading.wrong(Field::Day, words::NOT_WEEKEND);
    }
    let occasion = reading.may(Field::Occasion, text).unwrap_or_default().replace(['\n', ',', '"'], " ");
    let venue = date.zip(kind).map(|(date, kind)| Venue::Day(date, kind, occasion));
    (venue, reading.problems)
}

/// The days as the calendar file that the office keeps.
#[must_use]
pub fn calendar_file(days: &[(BusinessDate, DayKind, String)]) -> String {
    let mut lines = BTreeSet::new();
    for (date, kind, occasion) in days {
        let kind = if *kind == DayKind::Workday { "workday" } else { "holiday" };
        lines.insert(format!("{date},{kind},{occasion}\n"));
    }
    std::iter::once("date,kind,occasion\n".to_owned()).chain(lines).collect()
}
