//! Elders, their categories, deaths and moves: what a row says, and what it means beside what the office knows.
//!
//! All four kinds are facts about a person who is found by the resident ID; only a list of elders registers anybody.

use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{Category, Elder, ElderFact, ElderFactKind};
use domain::id::{CanteenId, Digest};
use domain::region::RegionCode;
use domain::resident_id::ResidentId;

use super::columns::Field;
use super::known::Known;
use super::table::{Line, Reading};
use super::values;
use super::{Kind, Level, Problem};
use crate::admin::NewElderFact;
use crate::store::elders::ElderRow;
use crate::words::import::{self as words, Why};

/// What a row says of a person.
pub struct Person {
    /// The resident ID.
    pub number: ResidentId,
    /// The name, where the list has one.
    pub name: Option<String>,
    /// The telephone, where one is written.
    pub phone: Option<String>,
    /// The canteen, where one is written.
    pub canteen: Option<CanteenId>,
    /// The office that looks after the elder, where one is written.
    pub region: Option<RegionCode>,
    /// What is learned.
    pub facts: Vec<NewElderFact>,
}

impl Person {
    /// What must stand once in a list, besides the number.
    #[must_use]
    pub fn key(&self, kind: Kind) -> String {
        let fact = self.facts.first().map(|fact| (fact.valid_from, &fact.kind));
        match (kind, fact) {
            (Kind::Categories, Some((from, ElderFactKind::Category { name, .. }))) => {
                format!("{} {from} {name}", self.number.expose())
            }
            (Kind::Moves, Some((from, _))) => format!("{} {from}", self.number.expose()),
            _ => self.number.expose().to_owned(),
        }
    }
}

/// Reads a row. What is wrong with it stands in the problems; nothing comes back where a needed value is missing.
#[must_use]
pub fn read(kind: Kind, line: &Line, known: &Known) -> (Option<Person>, Vec<Problem>) {
    let mut reading = Reading::of(line);
    let number = reading.need(Field::ResidentId, values::resident_id);
    let name = match kind {
        Kind::Elders => reading.need(Field::Name, values::name),
        _ => reading.may(Field::Name, values::name),
    };
    let phone = reading.may(Field::Phone, values::phone).flatten();
    let canteen = reading.may(Field::Canteen, |cell| known.canteen(cell)).map(|(id, _)| id);
    let region = reading.may(Field::Region, |cell| known.region(cell));
    if let Some(region) = &region
        && !known.inside(region)
    {
        reading.wrong(Field::Region, words::OUTSIDE);
    }
    if let Some(number) = &number {
        against_number(&mut reading, number);
    }
    let facts = match kind {
        Kind::Elders => of_elder(&mut reading, known),
        Kind::Categories => of_categories(&mut reading, known),
        Kind::Deaths => of_death(&mut reading, known, number.as_ref()),
        _ => of_move(&mut reading, known, canteen.is_some()),
    };
    let person = number.map(|number| Person { number, name, phone, canteen, region, facts });
    (person, reading.problems)
}

fn against_number(reading: &mut Reading<'_>, number: &ResidentId) {
    let of_months =
        reading.line.title(Field::Birth).is_some_and(|title| title.contains("年月") && !title.contains('日'));
    let birth = reading.may(Field::Birth, |cell| values::birth(cell, of_months));
    if birth.as_ref().is_some_and(|birth| !birth.fits(number.birth())) {
        let mut problem = reading.line.problem(Field::Birth, Level::Error, words::BIRTH_DIFFERS);
        (problem.old, problem.new) = (Some(number.birth().to_string()), birth.map(|birth| birth.to_string()));
        reading.problems.push(problem);
    }
    let female = reading.may(Field::Sex, values::female).flatten();
    if female.is_some_and(|female| female != number.is_female()) {
        reading.wrong(Field::Sex, words::SEX_DIFFERS);
    }
}

/// From which day the row holds: today where the list does not say.
fn from(reading: &mut Reading<'_>, known: &Known) -> BusinessDate {
    reading.may(Field::From, values::date).unwrap_or(known.today)
}

/// A place; a column of addresses may say more than is known.
fn place(reading: &mut Reading<'_>, known: &Known, field: Field) -> Option<RegionCode> {
    let is_address = reading.line.title(field).is_some_and(|title| title.contains('址'));
    reading.may(field, |cell| if is_address { known.address(cell) } else { known.region(cell) })
}

fn places(reading: &mut Reading<'_>, known: &Known, valid_from: BusinessDate) -> Vec<NewElderFact> {
    let hukou = place(reading, known, Field::Hukou).map(|region| ElderFactKind::Hukou { region });
    let residence = place(reading, known, Field::Residence).map(|region| ElderFactKind::Residence { region });
    hukou.into_iter().chain(residence).map(|kind| NewElderFact { valid_from, kind }).collect()
}

fn categories(reading: &mut Reading<'_>, known: &Known) -> Vec<Category> {
    let mut found = reading.may(Field::Category, values::categories).unwrap_or_default();
    let level = reading.may(Field::Level, values::level).flatten();
    if let ([one], Some(level)) = (found.as_mut_slice(), level) {
        one.level.get_or_insert(level);
    }
    for Category { name, level } in &found {
        match known.category(name, *level) {
            Some((true, why)) => reading.wrong(Field::Category, why),
            Some((false, why)) => reading.note(Field::Category, why),
            None => {}
        }
    }
    found
}

fn held(category: Category, valid_from: BusinessDate, held: bool) -> NewElderFact {
    let Category { name, level } = category;
    let level = level.filter(|_| held);
    NewElderFact { valid_from, kind: ElderFactKind::Category { name, level, held } }
}

fn of_elder(reading: &mut Reading<'_>, known: &Known) -> Vec<NewElderFact> {
    let from = from(reading, known);
    let mut facts = places(reading, known, from);
    facts.extend(categories(reading, known).into_iter().map(|category| held(category, from, true)));
    facts
}

/// A category from a day on, or to a day, or both. The last day is one on which it is held.
fn of_categories(reading: &mut Reading<'_>, known: &Known) -> Vec<NewElderFact> {
    if reading.line.cell(Field::Category).is_empty() {
        reading.wrong(Field::Category, words::EMPTY);
        return Vec::new();
    }
    let found = categories(reading, known);
    let until = reading.may(Field::Until, values::date);
    let begins = reading.may(Field::From, values::date);
    if let (Some(begins), Some(until)) = (begins, until)
        && until < begins
    {
        reading.wrong(Field::Until, words::END_FIRST);
    }
    let mut facts = Vec::new();
    for category in found {
        if begins.is_some() || until.is_none() {
            facts.push(held(category.clone(), begins.unwrap_or(known.today), true));
        }
        facts.extend(until.map(|until| held(category, until.plus_days(1), false)));
    }
    facts
}

fn of_death(reading: &mut Reading<'_>, known: &Known, number: Option<&ResidentId>) -> Vec<NewElderFact> {
    let Some(died) = reading.need(Field::Died, values::date) else { return Vec::new() };
    if died > known.today {
        reading.wrong(Field::Died, words::FUTURE);
    } else if number.is_some_and(|number| died < number.birth()) {
        reading.wrong(Field::Died, words::BEFORE_BIRTH);
    }
    vec![NewElderFact { valid_from: died, kind: ElderFactKind::Death { dead: true } }]
}

fn of_move(reading: &mut Reading<'_>, known: &Known, to_canteen: bool) -> Vec<NewElderFact> {
    let Some(from) = reading.need(Field::From, values::date) else { return Vec::new() };
    let before = reading.problems.len();
    let facts = places(reading, known, from);
    if facts.is_empty() && !to_canteen && reading.problems.len() == before {
        let problem = reading.line.wrong(words::NOTHING);
        reading.problems.push(problem);
    }
    facts
}

/// What the office knows of a person.
pub struct Registered {
    /// The row.
    pub row: ElderRow,
    /// All facts; those of rows above among them.
    pub elder: Elder,
    /// The telephone in the open, where it must be shown.
    pub phone: Option<String>,
    /// Canteen-days with meals, where a death asks for them.
    pub meals: Vec<(CanteenId, BusinessDate)>,
}

/// What becomes of a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Facts to be added.
    pub facts: Vec<ElderFact>,
    /// The telephone is replaced.
    pub phone: bool,
    /// The canteen is replaced.
    pub canteen: bool,
}

impl Verdict {
    /// Whether anything changes.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.facts.is_empty() || self.phone || self.canteen
    }
}

/// A row beside what the office knows of the same person.
#[must_use]
pub fn judge(
    line: &Line,
    person: &Person,
    of: &Registered,
    phone_digest: Option<Digest>,
    (known, now): (&Known, UnixMs),
) -> (Verdict, Vec<Problem>) {
    let mut problems = Vec::new();
    if !known.inside(&of.row.region) {
        problems.push(line.problem(Field::ResidentId, Level::Error, words::OUTSIDE));
        return (Verdict::default(), problems);
    }
    if let Some(name) = person.name.as_ref().filter(|name| !same_name(name, &of.row.name)) {
        problems.push(beside(line, Field::Name, Level::Conflict, words::OTHER_NAME, &of.row.name, name));
    }
    if let Some(region) = person.region.as_ref().filter(|region| **region != of.row.region) {
        let (old, new) = (of.row.region.as_str(), region.as_str());
        problems.push(beside(line, Field::Region, Level::Notice, words::OTHER_REGION, old, new));
    }
    problems.extend(about_death(line, person, of, now));
    let phone = person.phone.is_some() && phone_digest != of.row.phone_digest;
    if let (true, Some(old), Some(new)) = (phone, &of.phone, &person.phone) {
        // Whoever brings a list of numbers must not learn whose telephone is which.
        let why = words::replaced(words::PHONE_NAME);
        problems.push(beside(line, Field::Phone, Level::Notice, why, &tail(old), new));
    }
    let canteen = person.canteen.is_some() && person.canteen != of.row.registered_canteen;
    (Verdict { facts: news(person, &of.elder, now), phone, canteen }, problems)
}

/// What of a row is new. Each fact is held against those before it: a category that begins and ends in one row ends.
fn news(person: &Person, elder: &Elder, now: UnixMs) -> Vec<ElderFact> {
    let mut elder = elder.clone();
    let known = elder.facts.len();
    for NewElderFact { valid_from, kind } in &person.facts {
        let fact = ElderFact { valid_from: *valid_from, known_from: now, kind: kind.clone() };
        if !stands(&elder, &fact, now) {
            elder.facts.push(fact);
        }
    }
    elder.facts.split_off(known)
}

/// As much of a telephone as tells two of them apart: its last four digits.
fn tail(phone: &str) -> String {
    let last: Vec<char> = phone.chars().rev().take(4).collect();
    format!("****{}", last.into_iter().rev().collect::<String>())
}

/// What is known beside what the list says.
fn beside(line: &Line, field: Field, level: Level, why: Why, old: &str, new: &str) -> Problem {
    Problem { old: Some(old.to_owned()), new: Some(new.to_owned()), ..line.problem(field, level, why) }
}

/// A death beside what is known of one, and anything else after a death that is known.
fn about_death(line: &Line, person: &Person, of: &Registered, now: UnixMs) -> Option<Problem> {
    let died = of.elder.died(now);
    let old = died.map_or_else(String::new, |died| died.to_string());
    for fact in &person.facts {
        let new = fact.valid_from.to_string();
        let is_death = |kind: &ElderFactKind| matches!(kind, ElderFactKind::Death { .. });
        if !is_death(&fact.kind) {
            if died.is_some_and(|died| fact.valid_from > died) {
                return Some(beside(line, Field::ResidentId, Level::Conflict, words::DEAD, &old, &new));
            }
            continue;
        }
        if died.is_some_and(|died| died != fact.valid_from) {
            return Some(beside(line, Field::Died, Level::Conflict, words::OTHER_DEATH, &old, &new));
        }
        let after: Vec<BusinessDate> =
            of.meals.iter().map(|(_, date)| *date).filter(|date| *date > fact.valid_from).collect();
        if let (None, Some(last)) = (died, after.iter().max()) {
            let why = words::meals_after(after.len());
            return Some(beside(line, Field::Died, Level::Notice, why, &last.to_string(), &new));
        }
    }
    None
}

fn same_name(one: &str, other: &str) -> bool {
    let bare = |name: &str| -> String { name.chars().filter(|c| !c.is_whitespace()).collect() };
    bare(one) == bare(other)
}

/// Whether the office knows just that of that day already.
fn stands(elder: &Elder, fact: &ElderFact, now: UnixMs) -> bool {
    let then = elder.on(fact.valid_from, now);
    match &fact.kind {
        ElderFactKind::Hukou { region } => then.hukou.as_ref() == Some(region),
        ElderFactKind::Residence { region } => then.residence.as_ref() == Some(region),
        ElderFactKind::Category { name, level, held: true } => {
            then.categories.contains(&Category { name: name.clone(), level: *level })
        }
        ElderFactKind::Category { name, .. } => !then.holds(name),
        ElderFactKind::Death { .. } => elder.died(now) == Some(fact.valid_from),
    }
}
