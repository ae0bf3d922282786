//! The cases beside the published policies decide every number in them: a fen, a year, a time more or less is noticed.

mod numbers;

use std::collections::BTreeSet;
use std::path::PathBuf;

use numbers::{changes, is_noticed};

/// Changes that no case can notice: a band that reached into the next one would lose to it there, because the highest
/// applies and the next one is higher. File, and what the line reads then.
const SAME_RULE: [(&str, &str); 11] = [
    ("alxa-demo.toml", "age = { min = 80, max = 90 }"),
    ("alxa-demo.toml", "age = { min = 90, max = 100 }"),
    ("alxa-demo-left.toml", "age = { min = 80, max = 90 }"),
    ("alxa-demo-left.toml", "age = { min = 90, max = 100 }"),
    ("dd-2024.toml", "age = { min = 60, max = 65 }"),
    ("dd-2024.toml", "age = { min = 65, max = 80 }"),
    ("sz-2025.toml", "age = { min = 70, max = 100 }"),
    ("zc-2020.toml", "age = { min = 60, max = 80 }"),
    ("jr-2023.toml", "age = { min = 60, max = 75 }"),
    ("jr-2023.toml", "age = { min = 75, max = 85 }"),
    ("jr-2023.toml", "age = { min = 85, max = 95 }"),
];

#[test]
fn every_number_of_a_published_policy_decides_a_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut unnoticed = Vec::new();
    let (mut files, mut tried) = (0, 0);
    let mut left: BTreeSet<usize> = (0..SAME_RULE.len()).collect();
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
            let same = SAME_RULE.iter().position(|same| *same == (name.as_str(), change.shown.as_str()));
            if is_noticed(&change.text, &cases) {
                continue;
            }
            if let Some(same) = same {
                left.remove(&same);
            } else {
                unnoticed.push(format!("{name}:{}: {}", change.line, change.shown));
            }
        }
    }
    assert!(left.is_empty(), "no longer the same rule: {left:?}");
    assert!(files >= 12 && tried > 200, "{files} files, {tried} changes");
    assert!(unnoticed.is_empty(), "{} of {tried} changes pass unnoticed:\n{}", unnoticed.len(), unnoticed.join("\n"));
}
