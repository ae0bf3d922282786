//! Cases beside a policy: meals with their expected decisions, in `<name>.cases.toml`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calendar::{BusinessDate, WorkCalendar};
use crate::canteen::{CanteenFacts, Standing};
use crate::decision::{Counts, Decision, Kind, MealFacts, Usage, Used};
use crate::document::{Document, Field, MAX_LIST, Section, all, is_name};
use crate::elder::{Category, ElderFacts};
use crate::money::Fen;
use crate::policy::gate::{QUALITY_GRADES, RISK_LEVELS};
use crate::policy::{Code, Policy, PolicyErrors, names};
use crate::subsidy::{Outcome, decide};

/// The most cases of a file.
const MAX_CASES: usize = 2_000;

/// A meal and what is expected of its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name, unique in the file.
    pub name: String,
    /// The line on which it begins.
    pub line: usize,
    /// The elder's date of birth.
    pub birth: BusinessDate,
    /// The elder on the meal's date.
    pub elder: ElderFacts,
    /// The canteen on the meal's date.
    pub canteen: CanteenFacts,
    /// The meal.
    pub meal: MealFacts,
    /// What was used before it.
    pub used: Usage,
    /// What is expected.
    pub expect: Expect,
}

/// What is expected of a decision; a field left out is not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// What the elder pays for the food, fen.
    pub own_payment: Option<Fen>,
    /// Sum of the operator benefits, fen.
    pub operator: Option<Fen>,
    /// Sum of the delivery benefits, fen.
    pub delivery: Option<Fen>,
    /// Sum of the concessions, fen.
    pub concession: Option<Fen>,
    /// What the elder pays for the delivery, fen.
    pub delivery_fee: Option<Fen>,
    /// What each payer name owes over all kinds, fen; a payer left out owes nothing.
    pub payers: Option<BTreeMap<String, Fen>>,
    /// The ids of the applied benefits, in any order.
    pub benefits: Option<Vec<String>>,
}

/// One field that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field of `expect`; a payer as `payers.city`.
    pub field: String,
    /// As expected: yuan, or benefit ids.
    pub expected: String,
    /// As decided.
    pub read: String,
}

/// A case and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// The line on which it begins.
    pub line: usize,
    /// What came out otherwise; empty when the case passed.
    pub differences: Vec<Difference>,
    /// The decision and the reasons.
    pub outcome: Outcome,
}

impl CaseResult {
    /// Whether everything came out as expected.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Case {
    /// Decides the case's meal.
    #[must_use]
    pub fn decide(&self, policy: &Policy, calendar: &WorkCalendar) -> Outcome {
        decide(policy, calendar, &self.elder, &self.canteen, &self.meal, &self.used)
    }

    /// Decides the case's meal and compares.
    #[must_use]
    pub fn run(&self, policy: &Policy, calendar: &WorkCalendar) -> CaseResult {
        let outcome = self.decide(policy, calendar);
        let differences = self.expect.differences(&outcome.decision);
        CaseResult { name: self.name.clone(), line: self.line, differences, outcome }
    }
}

impl Expect {
    fn differences(&self, decision: &Decision) -> Vec<Difference> {
        let sums = [
            ("own_payment", self.own_payment, decision.own_payment),
            ("operator", self.operator, decision.total(Kind::Operator)),
            ("delivery", self.delivery, decision.total(Kind::Delivery)),
            ("concession", self.concession, decision.total(Kind::Concession)),
            ("delivery_fee", self.delivery_fee, decision.delivery_fee),
        ];
        let difference = |field: &str, expected: String, read: String| {
            (expected != read).then(|| Difference { field: field.to_owned(), expected, read })
        };
        let sum = |(field, expected, read): (&str, Option<Fen>, Fen)| {
            difference(field, expected?.to_string(), read.to_string())
        };
        let mut differences: Vec<Difference> = sums.into_iter().filter_map(sum).collect();
        if let Some(payers) = &self.payers {
            let owed = decision.owed_by();
            let mut names: Vec<&String> = payers.keys().chain(owed.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let of =
                |map: &BTreeMap<String, Fen>, name: &String| map.get(name).copied().unwrap_or_default().to_string();
            let payer = |name: &String| difference(&format!("payers.{name}"), of(payers, name), of(&owed, name));
            differences.extend(names.into_iter().filter_map(payer));
        }
        if let Some(benefits) = &self.benefits {
            let sorted = |mut ids: Vec<&str>| {
                ids.sort_unstable();
                ids.join(" ")
            };
            let expected = sorted(benefits.iter().map(String::as_str).collect());
            let read = sorted(decision.lines.iter().map(|line| line.benefit.as_str()).collect());
            differences.extend(difference("benefits", expected, read));
        }
        differences
    }
}

/// Reads a case file. `policy` gives its id to the uses and decides which names are groups.
///
/// # Errors
/// Every refusal found, by line.
pub fn parse_cases(policy: &Policy, file_name: &str, text: &str) -> Result<Vec<Case>, PolicyErrors> {
    let (document, table) = Document::open(file_name, text)?;
    let root = Section::root(&document, &table, &["case"]);
    let keys = ["name", "elder", "canteen", "meal", "used", "expect"];
    if root.need("case", "[[case]]").is_none() {
        return Err(document.into_refusals());
    }
    let mut names = std::collections::BTreeSet::new();
    let mut cases = Vec::new();
    for section in root.sections("case", &keys, MAX_CASES) {
        let case = read_case(&section, policy);
        if let Some(case) = &case
            && !names.insert(case.name.clone())
        {
            section.refuse(Code::CaseTwice, "");
        }
        cases.extend(case);
    }
    if document.refused() { Err(document.into_refusals()) } else { Ok(cases) }
}

/// Reads a case file and runs every case.
///
/// # Errors
/// Every refusal found, by line; no case is run then.
pub fn run_cases(
    policy: &Policy,
    file_name: &str,
    text: &str,
    calendar: &WorkCalendar,
) -> Result<Vec<CaseResult>, PolicyErrors> {
    let cases = parse_cases(policy, file_name, text)?;
    Ok(cases.iter().map(|case| case.run(policy, calendar)).collect())
}

fn read_case(section: &Section<'_>, policy: &Policy) -> Option<Case> {
    let name = section.need("name", "\"…\"").and_then(|f| f.label());
    let elder = section.need("elder", "{ birth = 1943-11-22 }").and_then(|f| read_elder(&f));
    let canteen = section.need("canteen", "{ region = \"440304001003\" }").and_then(|f| read_canteen(&f));
    let meal = section.need("meal", "{ date = 2026-03-02, … }").and_then(|f| read_meal(&f));
    let used = section.get("used").map_or(Some(Usage::default()), |f| read_usage(&f, policy));
    let expect = section.need("expect", "{ own_payment = \"13.00\" }").and_then(|f| read_expect(&f));
    let (meal, (birth, birth_field, mut elder)) = (meal?, elder?);
    if birth > meal.date {
        birth_field.refuse(Code::DatesReversed, &format!("≤ {}", meal.date));
    }
    elder.age = meal.date.age(birth);
    let name = name?.to_owned();
    Some(Case { name, line: section.line(), birth, elder, canteen: canteen?, meal, used: used?, expect: expect? })
}

fn read_elder<'d>(field: &Field<'d>) -> Option<(BusinessDate, Field<'d>, ElderFacts)> {
    let section = field.section(&["birth", "hukou", "residence", "categories"])?;
    let birth_field = section.need("birth", "1943-11-22");
    let birth = birth_field.as_ref().and_then(Field::date);
    let region = |key| section.get(key).map_or(Some(None), |f| f.region().map(Some));
    let (hukou, residence) = (region("hukou"), region("residence"));
    let categories = section.get("categories").map_or(Some(Vec::new()), |f| all(&f.list(MAX_LIST)?, read_category));
    let mut categories = categories?;
    categories.sort();
    Some((birth?, birth_field?, ElderFacts { age: 0, hukou: hukou?, residence: residence?, categories }))
}

/// `"独居"` or `{ name = "失能", level = 1 }`. Any well-formed name: an elder may hold what this policy does not name.
fn read_category(field: &Field<'_>) -> Option<Category> {
    if !field.is_table() {
        return Some(Category { name: field.id()?.to_owned(), level: None });
    }
    let section = field.section(&["name", "level"])?;
    let name = section.need("name", "\"失能\"").and_then(|f| f.id());
    let level = section.get("level").map(|f| f.number(1..=20));
    let level = level.map_or(Some(None), |n| u8::try_from(n?).ok().map(Some));
    Some(Category { name: name?.to_owned(), level: level? })
}

fn read_canteen(field: &Field<'_>) -> Option<CanteenFacts> {
    let section = field.section(&[
        "region",
        "tags",
        "quality_grade",
        "risk_level",
        "licence",
        "filing",
        "sunshine_kitchen",
        "stars",
    ])?;
    let region = section.need("region", "\"440304001003\"").and_then(|f| f.region());
    let tags = section.get("tags").map_or(Some(Vec::new()), |f| all(&f.list(MAX_LIST)?, |f| f.id().map(str::to_owned)));
    let mut standing = Standing::default();
    if let Some(field) = section.get("quality_grade") {
        standing.quality_grade = field.choice(&QUALITY_GRADES.map(|g| (g, g.to_owned())))?;
    }
    if let Some(field) = section.get("risk_level") {
        standing.risk_level = field.choice(&RISK_LEVELS.map(|g| (g, g.to_owned())))?;
    }
    if let Some(field) = section.get("licence") {
        standing.licence = field.choice(&names::LICENCES)?;
    }
    if let Some(field) = section.get("filing") {
        standing.filing = field.choice(&names::FILINGS)?;
    }
    if let Some(field) = section.get("sunshine_kitchen") {
        standing.sunshine_kitchen = Some(field.flag()?);
    }
    if let Some(field) = section.get("stars") {
        standing.stars = Some(u8::try_from(field.number(1..=5)?).ok()?);
    }
    Some(CanteenFacts { region: region?, tags: tags?.into_iter().collect(), standing })
}

fn read_meal(field: &Field<'_>) -> Option<MealFacts> {
    let section = field.section(&["date", "period", "mode", "price"])?;
    let date = section.need("date", "2026-03-02").and_then(|f| f.date());
    let period = section.need("period", "\"lunch\"").and_then(|f| {
        let period = f.text()?.parse().ok();
        if period.is_none() {
            f.refuse(Code::BadName, "1–20 × [a-z 0-9 - _]");
        }
        period
    });
    let mode = section.need("mode", "\"dine_in\"").and_then(|f| f.choice(&names::MODES));
    let price = section.need("price", "\"18.00\"").and_then(|f| f.money());
    Some(MealFacts { date: date?, period: period?, mode: mode?, price: price? })
}

fn read_usage(field: &Field<'_>, policy: &Policy) -> Option<Usage> {
    let mut used = all(&field.list(MAX_LIST)?, |f| read_used(f, policy))?;
    used.sort_by(|a, b| (&a.benefit, &a.group).cmp(&(&b.benefit, &b.group)));
    Some(Usage(used))
}

/// `benefit` may be a group's id: that many applications of the group, whichever benefit it was.
fn read_used(field: &Field<'_>, policy: &Policy) -> Option<Used> {
    let section = field.section(&["benefit", "group", "day", "week", "month", "month_amount"])?;
    let benefit = section.need("benefit", "\"…\"").and_then(|f| f.id());
    let group = section.get("group").map_or(Some(None), |f| f.id().map(Some));
    let count = |key| section.get(key).map_or(Some(0), |f| f.number(0..=1_000_000));
    let [day, week, month] = ["day", "week", "month"].map(count);
    let amount = section.get("month_amount").map_or(Some(Fen::ZERO), |f| f.money());
    let number = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
    let counts = Counts { day: number(day)?, week: number(week)?, month: number(month)?, month_amount: amount? };
    let (benefit, group) = (benefit?, group?);
    let named_group = || {
        let is_group = policy.benefits().iter().any(|b| b.group.as_deref() == Some(benefit));
        (is_group && policy.benefit(benefit).is_none()).then_some(benefit)
    };
    let group = group.or_else(named_group).map(str::to_owned);
    Some(Used { policy: policy.id().to_owned(), benefit: benefit.to_owned(), group, counts })
}

fn read_expect(field: &Field<'_>) -> Option<Expect> {
    let section =
        field.section(&["own_payment", "operator", "delivery", "concession", "delivery_fee", "payers", "benefits"])?;
    let money = |key| section.get(key).map_or(Some(None), |f| f.money().map(Some));
    let sums = ["own_payment", "operator", "delivery", "concession", "delivery_fee"].map(money);
    let payers = section.get("payers").map_or(Some(None), |f| read_payers(&f).map(Some));
    let ids = |f: Field<'_>| all(&f.list(MAX_LIST)?, |f| f.id().map(str::to_owned));
    let benefits = section.get("benefits").map_or(Some(None), |f| ids(f).map(Some));
    let [own_payment, operator, delivery, concession, delivery_fee] = sums;
    Some(Expect {
        own_payment: own_payment?,
        operator: operator?,
        delivery: delivery?,
        concession: concession?,
        delivery_fee: delivery_fee?,
        payers: payers?,
        benefits: benefits?,
    })
}

fn read_payers(field: &Field<'_>) -> Option<BTreeMap<String, Fen>> {
    let mut payers = Some(BTreeMap::new());
    for (name, amount) in field.table()?.entries() {
        if !is_name(name) {
            amount.refuse(Code::BadName, "{ city = \"7.00\" }");
        }
        match (amount.money(), &mut payers) {
            (Some(amount), Some(payers)) => {
                payers.insert(name.to_owned(), amount);
            }
            _ => payers = None,
        }
    }
    payers
}
