//! Semantics 1 in decisions: as long as any record names it, these inputs give these bytes.
//!
//! The file of decisions carries its own inputs, as `decide` takes them, so that it does not depend on how case files
//! are read. It was made once from the case file beside it; a decision that comes out otherwise is a defect of the
//! program, never a reason to write the file anew.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

use std::collections::BTreeSet;

use domain::calendar::WorkCalendar;
use domain::canteen::CanteenFacts;
use domain::cases::parse_cases;
use domain::decision::{MealFacts, Usage};
use domain::elder::ElderFacts;
use domain::policy::{Code, Policy};
use domain::subsidy::{Outcome, decide};
use serde::{Deserialize, Serialize};

const POLICY: &str = include_str!("golden/semantics-1.toml");
const CASES: &str = include_str!("golden/semantics-1.cases.toml");
const DECISIONS: &str = include_str!("golden/semantics-1.decisions.json");

/// A meal with all that decided it, and what came of it. Amounts in fen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    case: String,
    elder: ElderFacts,
    canteen: CanteenFacts,
    meal: MealFacts,
    used: Usage,
    outcome: Outcome,
}

fn policy() -> Policy {
    Policy::parse("semantics-1.toml", POLICY).unwrap_or_else(|errors| panic!("{errors}"))
}

/// One line a field, so that a reviewer can read a decision and a difference shows what changed.
fn written(decisions: &[Golden]) -> String {
    let mut text = "[".to_owned();
    for (index, golden) in decisions.iter().enumerate() {
        let json = |value: serde_json::Result<String>| value.unwrap();
        text.push_str(if index == 0 { "\n{" } else { ",\n{" });
        let outcome = &golden.outcome;
        let mut fields = vec![
            ("case", json(serde_json::to_string(&golden.case))),
            ("elder", json(serde_json::to_string(&golden.elder))),
            ("canteen", json(serde_json::to_string(&golden.canteen))),
            ("meal", json(serde_json::to_string(&golden.meal))),
            ("used", json(serde_json::to_string(&golden.used))),
        ];
        fields.push(("outcome", {
            let lines: Vec<String> = outcome.decision.lines.iter().map(|l| json(serde_json::to_string(l))).collect();
            let why: Vec<String> = outcome.why.iter().map(|w| json(serde_json::to_string(w))).collect();
            let lines =
                if lines.is_empty() { "[]".to_owned() } else { format!("[\n      {}]", lines.join(",\n      ")) };
            let why = if why.is_empty() { "[]".to_owned() } else { format!("[\n      {}]", why.join(",\n      ")) };
            format!(
                "{{\n    \"decision\": {{\"policy\": {}, \"price\": {}, \"own_payment\": {}, \"delivery_fee\": {}, \
                 \"lines\": {lines}}},\n    \"why\": {why}}}",
                json(serde_json::to_string(&outcome.decision.policy)),
                outcome.decision.price.get(),
                outcome.decision.own_payment.get(),
                outcome.decision.delivery_fee.get(),
            )
        }));
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        text.extend(["\n", &fields.join(",\n"), "\n}"]);
    }
    text + "\n]\n"
}

#[test]
fn the_golden_decisions_come_out_byte_by_byte() {
    let (policy, calendar) = (policy(), WorkCalendar::published());
    let mut decisions: Vec<Golden> = serde_json::from_str(DECISIONS).unwrap();
    assert!(decisions.len() >= 50);
    for golden in &mut decisions {
        golden.outcome = decide(&policy, &calendar, &golden.elder, &golden.canteen, &golden.meal, &golden.used);
    }
    let again = written(&decisions);
    for (number, (old, new)) in DECISIONS.lines().zip(again.lines()).enumerate() {
        assert_eq!(old, new, "line {}", number + 1);
    }
    assert!(again == DECISIONS, "the bytes differ");
}

/// The inputs are those of the case file, in its order.
#[test]
fn the_inputs_are_the_case_files() {
    let cases = parse_cases(&policy(), "cases", CASES).unwrap_or_else(|errors| panic!("{errors}"));
    let decisions: Vec<Golden> = serde_json::from_str(DECISIONS).unwrap();
    assert_eq!(cases.len(), decisions.len());
    for (case, golden) in cases.iter().zip(&decisions) {
        assert_eq!((&case.name, &case.elder, &case.canteen), (&golden.case, &golden.elder, &golden.canteen));
        assert_eq!((&case.meal, &case.used), (&golden.meal, &golden.used));
    }
}

/// Each benefit is given and each reason is told in some decision.
#[test]
fn the_golden_decisions_reach_everything() {
    let decisions: Vec<Golden> = serde_json::from_str(DECISIONS).unwrap();
    let lines = decisions.iter().flat_map(|g| &g.outcome.decision.lines);
    let given: BTreeSet<&str> = lines.map(|line| line.benefit.as_str()).collect();
    let policy = policy();
    for benefit in policy.benefits() {
        assert!(given.contains(benefit.id.as_str()), "{} is never given", benefit.id);
    }
    let reasons = decisions.iter().flat_map(|g| &g.outcome.why);
    let told: BTreeSet<String> =
        reasons.map(|(_, why)| serde_json::to_value(why).unwrap()["why"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told.len(), 23, "{told:?}");
}

/// A file that says it is to be read otherwise is not read at all.
#[test]
fn other_semantics_are_refused() {
    for semantics in ["0", "2", "-1", "99999999999"] {
        let text = POLICY.replace("semantics = 1", &format!("semantics = {semantics}"));
        let errors = Policy::parse("later.toml", &text).unwrap_err();
        assert_eq!(errors.0[0].code, Code::SemanticsUnknown, "{semantics}");
        assert_eq!((errors.0[0].line, errors.0[0].read.as_str()), (8, semantics));
    }
    assert_eq!(policy().semantics(), 1);
}

/// Made the file, once.
#[test]
#[ignore = "writes the file of decisions; only for a new number of semantics"]
fn write_the_decisions() {
    let (policy, calendar) = (policy(), WorkCalendar::published());
    let golden = |case: domain::cases::Case| {
        let outcome = case.decide(&policy, &calendar);
        Golden { case: case.name, elder: case.elder, canteen: case.canteen, meal: case.meal, used: case.used, outcome }
    };
    let decisions: Vec<Golden> = parse_cases(&policy, "cases", CASES).unwrap().into_iter().map(golden).collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/semantics-1.decisions.json");
    std::fs::write(file, written(&decisions)).unwrap();
}
