//! The cases beside the published policies decide every number in them: a fen, a year, a time more or less is noticed.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

mod numbers;

use std::path::PathBuf;

use numbers::{changes, is_noticed};

/// Changes that no case can notice, because the rule itself says the same thing twice. File and what the line reads
/// then; the reason beside it.
const SAME_RULE: [(&str, &str); 0] = [];

#[test]
fn every_number_of_a_published_policy_decides_a_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut unnoticed = Vec::new();
    let (mut files, mut tried) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".cases.toml") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        let cases = std::fs::read_to_string(file.with_extension("cases.toml")).unwrap();
        assert!(!is_noticed(&text, &cases), "{name}: the cases hold before anything is changed");
        for change in changes(&text) {
            tried += 1;
            if !is_noticed(&change.text, &cases) && !SAME_RULE.contains(&(name.as_str(), change.shown.as_str())) {
                unnoticed.push(format!("{name}:{}: {}", change.line, change.shown));
            }
        }
    }
    assert!(files >= 12 && tried > 200, "{files} files, {tried} changes");
    assert!(unnoticed.is_empty(), "{} of {tried} changes pass unnoticed:\n{}", unnoticed.len(), unnoticed.join("\n"));
}
