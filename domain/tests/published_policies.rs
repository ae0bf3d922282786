//! The published policies: every case beside them holds, and no price breaks an invariant.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::calendar::WorkCalendar;
use domain::cases::parse_cases;
use domain::check::check;
use domain::decision::{Decision, Kind};
use domain::money::Fen;
use domain::policy::{Policy, PolicySet};

/// Name, text and cases of every policy file in the folder.
fn published() -> Vec<(String, String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".cases.toml"));
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let cases = file.with_extension("cases.toml");
        (name, std::fs::read_to_string(file).unwrap(), std::fs::read_to_string(cases).unwrap())
    };
    files.iter().map(read).collect()
}

#[test]
fn every_published_policy_passes_its_cases() {
    let published = published();
    assert!(published.len() >= 12);
    for (name, text, cases) in published {
        let report = check(&name, &text, Some(("cases", &cases)), &WorkCalendar::published());
        let (passed, failed) = report.counts();
        assert!(!report.refused() && failed == 0 && passed > 0, "{report}");
    }
}

/// Every line of a policy decides some case: each benefit is applied in one and refused in another.
#[test]
fn the_cases_reach_every_benefit() {
    let calendar = WorkCalendar::published();
    for (name, text, cases) in published() {
        let policy = Policy::parse(&name, &text).unwrap();
        let cases = parse_cases(&policy, &name, &cases).unwrap();
        let outcomes: Vec<_> = cases.iter().map(|case| case.decide(&policy, &calendar)).collect();
        for benefit in policy.benefits() {
            let applied = outcomes.iter().any(|o| o.decision.lines.iter().any(|line| line.benefit == benefit.id));
            let refused = outcomes.iter().any(|o| o.why.iter().any(|(id, _)| *id == benefit.id));
            assert!(applied && refused, "{name}: {} applied {applied}, refused {refused}", benefit.id);
        }
    }
}

/// One installation can announce them all: no two cover a canteen equally well on a day.
#[test]
fn they_do_not_tie() {
    let mut set = PolicySet::new();
    for (name, text, _) in published() {
        set.announce(Policy::parse(&name, &text).unwrap(), "2000-01-01".parse().unwrap()).unwrap();
    }
    let covering = |region: &str, date: &str| {
        set.covering(&region.parse().unwrap(), date.parse().unwrap()).map(|policy| policy.id().to_owned())
    };
    assert_eq!(covering("440118104002", "2024-12-31").as_deref(), Some("zc-2020"));
    assert_eq!(covering("440118104002", "2025-01-01").as_deref(), Some("gz-2025"));
    assert_eq!(covering("152921002001", "2026-06-10").as_deref(), Some("alxa-demo-left"));
    assert_eq!(covering("152922002001", "2026-06-10").as_deref(), Some("alxa-demo"));
    assert_eq!(covering("460100", "2026-06-10"), None);
}

/// `decide` asserts invariants 1 and 2 itself; here they are asked again from outside, for every price to 100 yuan and
/// a case for each set of benefits that the cases reach.
#[test]
fn no_price_to_a_hundred_yuan_breaks_an_invariant() {
    let calendar = WorkCalendar::published();
    for (name, text, cases) in published() {
        let policy = Policy::parse(&name, &text).unwrap();
        let mut seen = BTreeSet::new();
        for mut case in parse_cases(&policy, &name, &cases).unwrap() {
            let applied = case.decide(&policy, &calendar).decision.lines.into_iter().map(|line| line.benefit);
            if !seen.insert(applied.collect::<Vec<_>>()) {
                continue;
            }
            for fen in 0..=10_000 {
                case.meal.price = Fen::new(fen);
                check_invariants(&case.decide(&policy, &calendar).decision, fen, &case.name);
            }
        }
    }
}

fn check_invariants(decision: &Decision, price: i64, case: &str) {
    let lowers = |kind| matches!(kind, Kind::Diner | Kind::Concession);
    let lowering: i64 = decision.lines.iter().filter(|l| lowers(l.kind)).map(|l| l.amount.get()).sum();
    assert_eq!(decision.own_payment.get() + lowering, price, "{case}");
    assert!(!decision.own_payment.is_negative());
    for line in &decision.lines {
        let shared: i64 = line.shares.iter().map(|s| s.amount.get()).sum();
        let owed = if line.kind == Kind::Concession { 0 } else { line.amount.get() };
        assert!(line.amount > Fen::ZERO && shared == owed, "{case}");
    }
}
