//! What `zhucan policy check` finds: refusals, warnings, and how the cases went.

use std::fmt;

use serde::Serialize;

use crate::calendar::WorkCalendar;
use crate::cases::{CaseResult, run_cases};
use crate::decision::PolicyRef;
use crate::policy::{Code, Policy, PolicyError};

/// Something to look at that refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The stable code.
    pub code: &'static str,
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

/// One policy file and the cases beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The policy file's name as it was given.
    pub file: String,
    /// The policy, when it was not refused.
    pub policy: Option<PolicyRef>,
    /// Every refusal of the policy file or, when that is good, of the case file.
    pub refusals: Vec<PolicyError>,
    /// What to look at.
    pub warnings: Vec<Warning>,
    /// Every case in file order; none when a file was refused.
    pub cases: Vec<CaseResult>,
}

impl CheckReport {
    /// Whether a file was refused.
    #[must_use]
    pub const fn refused(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// How many cases passed and how many failed.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let passed = self.cases.iter().filter(|c| c.passed()).count();
        (passed, self.cases.len() - passed)
    }
}

/// A line a refusal, a warning and a case; differences indented under their case. No closing line: it is over all files.
impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        for refusal in &self.refusals {
            writeln!(f, "refused {refusal}")?;
        }
        for Warning { code, chinese, english } in &self.warnings {
            writeln!(f, "warning {file}: [{code}] {chinese} / {english}")?;
        }
        for case in &self.cases {
            let verdict = if case.passed() { "ok" } else { "FAILED" };
            writeln!(f, "{verdict} {file} {}", case.name)?;
            for difference in &case.differences {
                let (field, expected, read) = (&difference.field, &difference.expected, &difference.read);
                writeln!(f, "    {field}: 应为 expected {expected}, 实得 read {read}")?;
            }
        }
        Ok(())
    }
}

/// The text of a policy or case file.
///
/// # Errors
/// At the first byte that is not UTF-8: line and column, and the bytes as they were read.
pub fn read_utf8(file: &str, bytes: Vec<u8>) -> Result<String, PolicyError> {
    String::from_utf8(bytes).map_err(|error| {
        let (good, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let good = String::from_utf8_lossy(good);
        let mut refusal = PolicyError::whole(file, Code::NotUtf8, "", "UTF-8");
        refusal.line = 1 + good.matches('\n').count();
        refusal.column = 1 + good.rsplit('\n').next().unwrap_or_default().chars().count();
        refusal.read = rest.iter().take(2).map(|byte| format!("0x{byte:02X}")).collect::<Vec<_>>().join(" ");
        refusal
    })
}

/// Validates a policy and runs the cases beside it, given as file name and text.
#[must_use]
pub fn check(file_name: &str, text: &str, cases: Option<(&str, &str)>, calendar: &WorkCalendar) -> CheckReport {
    let file = file_name.to_owned();
    let mut report = CheckReport { file, policy: None, refusals: Vec::new(), warnings: Vec::new(), cases: Vec::new() };
    let policy = match Policy::parse(file_name, text) {
        Ok(policy) => policy,
        Err(errors) => {
            report.refusals = errors.0;
            return report;
        }
    };
    report.policy = Some(policy.reference().clone());
    report.warnings = warnings(&policy, calendar);
    if let Some((name, text)) = cases {
        match run_cases(&policy, name, text, calendar) {
            Ok(results) => report.cases = results,
            Err(errors) => report.refusals = errors.0,
        }
    }
    report
}

/// What a valid policy should still be looked at for: years of its span that the statutory calendar does not know.
/// For an open end the span reaches to the year after the last one known.
#[must_use]
pub fn warnings(policy: &Policy, calendar: &WorkCalendar) -> Vec<Warning> {
    if !policy.uses_calendar() {
        return Vec::new();
    }
    let first = policy.effective_from().ymd().0;
    let after_known = calendar.years().last().map_or(first, |year| year.saturating_add(1).max(first));
    let last = policy.effective_until().map_or(after_known, |until| until.ymd().0);
    let missing: Vec<String> =
        (first..=last).filter(|year| !calendar.covers(*year)).map(|year| year.to_string()).take(10).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let (chinese, english) = (missing.join("、"), missing.join(", "));
    vec![Warning {
        code: "calendar_missing",
        chinese: format!("法定节假日安排缺少 {chinese} 年，届时按工作日或节假日计的补贴不会发放"),
        english: format!("the statutory calendar lacks {english}: benefits that ask it will not be given then"),
    }]
}
