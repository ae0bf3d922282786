//! Every reason in words: Chinese that a cashier can say, English beside it, and the same figures in both.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, WorkCalendar};
use domain::cases::parse_cases;
use domain::decision::{Kind, Mode};
use domain::elder::Category;
use domain::explain::{explain, explain_json};
use domain::policy::model::Days;
use domain::policy::{AgeBand, CategoryTest, Code, Levels, Policy, PriceBand, Scope};
use domain::region::Level;
use domain::subsidy::Why;
use domain::subsidy::why::Span;
use domain::words::{Language, gate_sentence, kind_name, level_name, mode_name};

const POLICY: &str = include_str!("golden/semantics-1.toml");
const CASES: &str = include_str!("golden/semantics-1.cases.toml");

fn policy() -> Policy {
    Policy::parse("golden", POLICY).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The reason's place in the catalogue: a new reason does not compile without one.
fn place(why: &Why) -> usize {
    match why {
        Why::NoSubsidy { .. } => 0,
        Why::Age { .. } => 1,
        Why::AnyOf { .. } => 2,
        Why::AllOf { .. } => 3,
        Why::NoneOf { .. } => 4,
        Why::Hukou { .. } => 5,
        Why::HukouNot { .. } => 6,
        Why::Residence { .. } => 7,
        Why::ResidenceNot { .. } => 8,
        Why::HukouSame { .. } => 9,
        Why::ResidenceSame { .. } => 10,
        Why::Tags { .. } => 11,
        Why::Period { .. } => 12,
        Why::Mode { .. } => 13,
        Why::Days { .. } => 14,
        Why::Holiday { .. } => 15,
        Why::CalendarMissing { .. } => 16,
        Why::Price { .. } => 17,
        Why::Requires { .. } => 18,
        Why::Limit { .. } => 19,
        Why::LimitAmount { .. } => 20,
        Why::NothingLeft => 21,
        Why::LowerThan { .. } => 22,
    }
}
const REASONS: usize = 23;

fn test(name: &str, levels: Levels) -> CategoryTest {
    CategoryTest { name: name.to_owned(), levels }
}

fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

/// Every reason, in every shape that its words tell apart.
fn reasons() -> Vec<Why> {
    let yuan = |text: &str| text.parse().unwrap();
    let region = |text: &str| text.parse().unwrap();
    let mut all = vec![
        Why::NoSubsidy { gate: 0 },
        Why::AnyOf { wanted: vec![test("特困", Levels::Any), test("失能", Levels::AtLeast(2))] },
        Why::AllOf { missing: test("重残", Levels::OneOf(vec![1, 2])) },
        Why::NoneOf { held: Category { name: "失能".into(), level: Some(3) } },
        Why::NoneOf { held: Category { name: "入住养老机构".into(), level: None } },
        Why::Hukou { hukou: Some(region("4401")), inside: vec![region("440304"), region("440305")] },
        Why::Hukou { hukou: None, inside: vec![region("440304")] },
        Why::HukouNot { hukou: Some(region("4403")), outside: vec![region("4403")] },
        Why::Residence { residence: None, inside: vec![region("4403")] },
        Why::ResidenceNot { residence: Some(region("4403")), outside: vec![region("4403")] },
        Why::HukouSame { level: Level::Town },
        Why::ResidenceSame { level: Level::District },
        Why::Tags { missing: "discount-10".into() },
        Why::Period { period: "dinner".parse().unwrap(), allowed: vec!["lunch".parse().unwrap()] },
        Why::Mode { mode: Mode::Delivery, allowed: vec![Mode::DineIn, Mode::Pickup] },
        Why::Days { date: date("2026-03-01"), allowed: Days::Workday },
        Why::Days { date: date("2026-03-01"), allowed: Days::Weekdays(vec![0, 4]) },
        Why::Holiday { date: date("2026-10-01") },
        Why::CalendarMissing { year: 2031 },
        Why::Requires { names: vec!["standard".into()] },
        Why::LimitAmount { used: yuan("210.00"), limit: yuan("210.00"), scope: Scope::Group },
        Why::NothingLeft,
        Why::LowerThan { winner: "priority".into() },
    ];
    for (min, max) in [(Some(60), Some(69)), (Some(60), None), (None, Some(69))] {
        all.push(Why::Age { age: 59, band: AgeBand { min, max } });
    }
    let (five, ten) = (Some(yuan("5.00")), Some(yuan("10.00")));
    for (min, max, exclusive) in [(five, ten, true), (five, None, false), (None, ten, false), (ten, ten, false)] {
        let band = PriceBand { min, min_exclusive: exclusive, max, max_exclusive: exclusive };
        all.push(Why::Price { price: yuan("4.99"), band });
    }
    for span in [Span::Day, Span::Week, Span::Month] {
        for (scope, period) in [(Scope::Benefit, None), (Scope::Group, Some("lunch".parse().unwrap()))] {
            all.push(Why::Limit { span, used: 1, limit: 1, scope, period });
        }
    }
    all
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Runs of digits: amounts, counts, ages, codes. A date or an amount is several of them.
fn figures(text: &str) -> Vec<String> {
    let mut all: Vec<String> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).map(str::to_owned).collect();
    all.sort();
    all
}

/// The text without names that a file or the registry gives in Chinese.
fn without_names(text: &str, policy: &Policy) -> String {
    let mut names: Vec<&str> = policy.registry().categories().collect();
    names.extend(policy.benefits().iter().map(|b| b.label.as_str()));
    names.sort_by_key(|name| std::cmp::Reverse(name.chars().count()));
    names.into_iter().fold(text.to_owned(), |text, name| text.replace(name, "")).replace(['“', '”'], "")
}

#[test]
fn every_reason_is_told_in_both_languages_with_the_same_figures() {
    let policy = policy();
    let reasons = reasons();
    let seen: BTreeSet<usize> = reasons.iter().map(place).collect();
    assert_eq!(seen.len(), REASONS, "a reason is not tried");
    let mut sentences = BTreeSet::new();
    for why in &reasons {
        let (chinese, english) = (why.chinese(&policy), why.english(&policy));
        assert!(chinese.chars().any(is_han) && chinese.chars().count() >= 6, "{why:?}: {chinese}");
        let words = without_names(&english, &policy);
        assert!(!words.chars().any(is_han) && words.split_whitespace().count() >= 2, "{why:?}: {english}");
        assert_eq!(figures(&chinese), figures(&english), "{why:?}: {chinese} / {english}");
        let ours = without_names(&chinese, &policy).replace("discount-10", "");
        let ours = if matches!(why, Why::NoSubsidy { .. }) { String::new() } else { ours };
        assert!(!ours.chars().any(|c| c.is_ascii_alphabetic()), "a word of the program: {chinese}");
        assert!(sentences.insert(chinese) && sentences.insert(english), "two reasons sound the same: {why:?}");
    }
}

#[test]
fn a_group_is_called_by_the_labels_of_its_members() {
    let policy = policy();
    let told = Why::Requires { names: vec!["standard".into()] }.chinese(&policy);
    for benefit in policy.benefits().iter().filter(|b| b.group.as_deref() == Some("standard")) {
        assert!(told.contains(&benefit.label), "{told}");
    }
}

#[test]
fn names_of_kinds_modes_levels_and_gates_are_in_both_languages() {
    let policy = policy();
    let mut pairs: Vec<(String, String)> = Vec::new();
    let both = |of: &dyn Fn(Language) -> String| (of(Language::Chinese), of(Language::English));
    for kind in [Kind::Diner, Kind::Concession, Kind::Operator, Kind::Delivery] {
        pairs.push(both(&|l| kind_name(kind, l).to_owned()));
    }
    for mode in [Mode::DineIn, Mode::Pickup, Mode::Delivery] {
        pairs.push(both(&|l| mode_name(mode, l).to_owned()));
    }
    for level in Level::ALL {
        pairs.push(both(&|l| level_name(level, l).to_owned()));
    }
    for gate in policy.gates() {
        pairs.push(both(&|l| gate_sentence(gate, l)));
    }
    pairs.extend(Code::ALL.iter().map(|code| (code.chinese().to_owned(), code.english().to_owned())));
    for (chinese, english) in pairs {
        assert!(chinese.chars().any(is_han), "{chinese}");
        assert!(!english.is_empty() && !english.chars().any(is_han), "{english}");
    }
}

/// The explanation of every golden case has a line for every benefit in both languages, and its JSON says the same.
#[test]
fn an_explanation_has_a_twin_in_english_and_one_in_json() {
    let (policy, calendar) = (policy(), WorkCalendar::published());
    for case in parse_cases(&policy, "cases", CASES).unwrap() {
        let chinese = explain(&policy, &case, &calendar, Language::Chinese);
        let english = explain(&policy, &case, &calendar, Language::English);
        let told = |text: &str| -> Vec<Option<char>> {
            text.lines().skip(3).map(|line| line.trim_start().chars().next()).collect()
        };
        assert_eq!(told(&chinese), told(&english), "{chinese}\n{english}");
        let benefits = chinese.lines().filter(|l| l.starts_with("  + ") || l.starts_with("  - ")).count();
        assert_eq!(benefits, policy.benefits().len(), "every benefit is told of");
        let json = explain_json(&policy, &case, &calendar);
        for why in json["why"].as_array().unwrap() {
            let sentence = why["chinese"].as_str().unwrap();
            assert!(chinese.contains(sentence) && english.contains(why["english"].as_str().unwrap()), "{sentence}");
        }
        let lines = json["decision"]["lines"].as_array().unwrap().len() + json["why"].as_array().unwrap().len();
        assert_eq!(lines, policy.benefits().len());
    }
}
