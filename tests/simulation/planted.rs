//! The planted defects still fit the source: a patch that no longer applies would say nothing when it is run by hand.

use std::path::Path;

/// The text before and after each hunk's change, of the file that a patch names.
fn hunks(text: &str) -> (&str, Vec<String>) {
    let path = text.lines().find_map(|line| line.strip_prefix("--- a/")).unwrap();
    let mut hunks: Vec<String> = Vec::new();
    for line in text.lines().skip(2) {
        match (line.chars().next(), hunks.last_mut()) {
            (Some('@'), _) => hunks.push(String::new()),
            (Some(' ' | '-'), Some(hunk)) => {
                hunk.push_str(&line[1..]);
                hunk.push('\n');
            }
            (None, Some(hunk)) => hunk.push('\n'),
            _ => {}
        }
    }
    (path, hunks)
}

#[test]
fn every_planted_defect_fits_the_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut patches = 0;
    for entry in std::fs::read_dir(root.join("tests/simulation/defects")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let (path, hunks) = hunks(&text);
        let source = std::fs::read_to_string(root.join(path)).unwrap();
        assert!(!hunks.is_empty(), "{}: no change", file.display());
        for hunk in hunks {
            let times = source.matches(&hunk).count();
            assert_eq!(times, 1, "{}: this text is there {times} times in {path}:\n{hunk}", file.display());
        }
        patches += 1;
    }
    assert!(patches >= 10, "{patches} planted defects");
}
