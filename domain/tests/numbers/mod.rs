//! Every number of a policy file changed by one step, one at a time: cases that still hold then do not decide it.

use domain::calendar::{BusinessDate, WorkCalendar};
use domain::cases::run_cases;
use domain::policy::Policy;

/// Keys whose numbers decide nothing: what a file is called and when it is in force is not asked by a case.
const HEAD_KEYS: [&str; 10] = [
    "id",
    "name",
    "label",
    "version",
    "semantics",
    "region",
    "effective_from",
    "effective_until",
    "corrects",
    "source",
];

/// A policy text with one number changed.
#[derive(Debug)]
pub(crate) struct Changed {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What stands there now.
    pub(crate) shown: String,
    /// The whole text.
    pub(crate) text: String,
}

/// All texts that differ from this one in one number by one step up or down: a fen, a year of age, a time, a level, a
/// weight, a per cent, a day of a gate.
pub(crate) fn changes(policy: &str) -> Vec<Changed> {
    let lines: Vec<&str> = policy.lines().collect();
    let mut changes = Vec::new();
    let mut in_meals = false;
    for (index, line) in lines.iter().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        if code.trim_start().starts_with('[') {
            in_meals = code.trim() == "[meals]";
        }
        let key = code.split('=').next().unwrap_or_default().trim();
        if in_meals || HEAD_KEYS.contains(&key) {
            continue;
        }
        let one_payer = key == "payers" && code.matches('=').count() == 2;
        for (start, end) in numbers(code) {
            if one_payer {
                continue;
            }
            for step in [1, -1] {
                let Some(next) = stepped(&code[start..end], step) else { continue };
                let shown = format!("{}{next}{}", &line[..start], &line[end..]);
                let mut whole = lines.clone();
                whole[index] = &shown;
                let text = whole.join("\n") + "\n";
                changes.push(Changed { line: index + 1, shown: shown.trim().to_owned(), text });
            }
        }
    }
    changes
}

/// The places of numbers: amounts and percentages in quotes, whole numbers and dates outside. Region codes are none.
fn numbers(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut quoted = false;
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let c = rest.chars().next().unwrap_or_default();
        if c == '"' {
            quoted = !quoted;
        }
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let run = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(rest.len());
        if c.is_ascii_digit() && !before.is_alphanumeric() && before != '-' && before != '_' {
            let whole = !quoted || (before == '"' && rest[run..].starts_with('"'));
            let is_region = quoted && run >= 4 && !rest[..run].contains('.');
            if whole && !is_region {
                found.push((at, at + run));
            }
            at += run;
            continue;
        }
        at += c.len_utf8();
    }
    found
}

fn stepped(number: &str, step: i64) -> Option<String> {
    if let Ok(date) = number.parse::<BusinessDate>() {
        return Some(date.plus_days(step).to_string());
    }
    if let Some((yuan, fen)) = number.split_once('.').filter(|(_, fen)| fen.len() == 2) {
        let next = yuan.parse::<i64>().ok()? * 100 + fen.parse::<i64>().ok()? + step;
        return (next >= 0).then(|| format!("{}.{:02}", next / 100, next % 100));
    }
    let next = number.parse::<i64>().ok()? + step;
    (next >= 0).then(|| next.to_string())
}

/// Whether somebody would notice: the file is refused, or a case fails.
pub(crate) fn is_noticed(policy: &str, cases: &str) -> bool {
    let Ok(policy) = Policy::parse("changed", policy) else { return true };
    match run_cases(&policy, "cases", cases, &WorkCalendar::published()) {
        Ok(results) => results.iter().any(|result| !result.passed()),
        Err(_) => true,
    }
}
