//! The handbook's examples are run, and every number in them matters: an amount, an age or a count changed on the page
//! makes its own cases fail.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

mod numbers;

use std::collections::BTreeMap;

use domain::calendar::WorkCalendar;
use domain::check::check;
use domain::policy::Policy;
use numbers::{changes, is_noticed};

const PAGE: &str = include_str!("../../docs/handbook/policy.md");

/// What stands in the page's TOML blocks, by example: the policy and its cases.
fn examples(page: &str) -> BTreeMap<String, (String, String)> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for block in page.split("\n```toml ").skip(1) {
        let (title, rest) = block.split_once('\n').unwrap();
        let (text, _) = rest.split_once("\n```").unwrap();
        let (example, part) = title.split_once(' ').unwrap();
        let of = found.entry(example.to_owned()).or_default();
        let into = match part {
            "政策" => &mut of.0,
            "用例" => &mut of.1,
            other => panic!("{example} {other}: 政策 or 用例"),
        };
        assert!(into.is_empty(), "{title} stands twice");
        *into = format!("{text}\n");
    }
    found
}

#[test]
fn five_examples_are_accepted_and_their_cases_hold() {
    let examples = examples(PAGE);
    assert_eq!(examples.keys().map(String::as_str).collect::<Vec<_>>(), ["例一", "例三", "例二", "例五", "例四"]);
    for (example, (policy, cases)) in examples {
        let report = check(&example, &policy, Some(("用例", &cases)), &WorkCalendar::published());
        let (passed, failed) = report.counts();
        assert!(!report.refused() && failed == 0 && passed >= 3, "{report}");
    }
}

/// What a settlement does with a standing shows in no case: the page says so.
const OF_THE_SETTLEMENT: [&str; 3] = ["when = { star_below = ", "reduce_percent = ", "from = 2026-0"];

#[test]
fn a_number_changed_in_a_policy_fails_its_cases() {
    for (example, (policy, cases)) in examples(PAGE) {
        assert!(!is_noticed(&policy, &cases), "{example} holds before anything is changed");
        let changes = changes(&policy);
        assert!(changes.len() >= 4, "{example}");
        for change in changes {
            let settled = OF_THE_SETTLEMENT.iter().any(|start| change.shown.starts_with(start));
            assert!(settled || is_noticed(&change.text, &cases), "{example}:{}: {}", change.line, change.shown);
        }
    }
}

#[test]
fn a_number_changed_in_what_is_expected_fails_its_case() {
    for (example, (policy, cases)) in examples(PAGE) {
        for change in changes(&cases).into_iter().filter(|change| change.shown.starts_with("expect")) {
            assert!(is_noticed(&policy, &change.text), "{example}:{}: {}", change.line, change.shown);
        }
    }
}

/// The table of refusals names codes that there are, and the page knows every kind of benefit.
#[test]
fn the_page_names_what_there_is() {
    for line in PAGE.lines().filter_map(|line| line.strip_prefix("| `")) {
        let code = line.split('`').next().unwrap();
        assert!(domain::policy::Code::ALL.iter().any(|known| known.as_str() == code), "{code}");
    }
    let policies: Vec<Policy> =
        examples(PAGE).into_values().map(|(policy, _)| Policy::parse("page", &policy).unwrap()).collect();
    let kinds: std::collections::BTreeSet<_> = policies.iter().flat_map(Policy::benefits).map(|b| b.kind).collect();
    assert_eq!(kinds.len(), 4);
    let csv = PAGE.split("\n```csv\n").nth(1).unwrap().split("\n```").next().unwrap();
    assert_eq!(WorkCalendar::from_csv(csv).unwrap().counts(2027), (1, 1));
}
