//! The check command's findings, the case file's refusals, and the format's own example.

use domain::calendar::WorkCalendar;
use domain::check::{CheckReport, check};

const POLICY: &str = r#"[policy]
id = "sz-2025"
name = "深圳市老年人助餐补贴"
version = 1
semantics = 1
region = "440300"
effective_from = 2025-01-01
effective_until = 2027-12-31
rounding = "half_up"
min_own_payment = "0.00"
source = "..."

[meals]
lunch  = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]

[delivery]
fee = "2.00"

[bearer]
double = "programme"
stale_facts = "canteen"

[[benefit]]
id = "age-70"
kind = "concession"
amount = { percent = "25", cap = "3.00" }

[[benefit]]
id = "priority"
label = "优先服务对象"
kind = "diner"
amount = { up_to = "15.00" }
base = "price"
per = "meal"
group = "standard"
payers = { city = 1 }
payer_of = "canteen"
requires = ["age-70"]

[benefit.elder]
age = { min = 60, max = 69 }
any_of = ["特困", { name = "失能", min_level = 2 }, { name = "重残", levels = [1, 2] }]
all_of = []
none_of = ["入住养老机构"]
hukou = "440300"
residence = "440300"
hukou_same = "town"

[benefit.canteen]
tags = ["discount-10"]

[benefit.meal]
periods = ["lunch"]
modes = ["dine_in", "pickup", "delivery"]
days = "workday"
except_holidays = true
price = { min = "5.00", min_exclusive = true, max = "10.00" }

[benefit.limit]
per_day = 1
per_week = 5
per_month = 22
per_month_amount = "210.00"
scope = "group"

[[gate]]
when = { quality_grade = ["C", "unrated"] }
effect = "hold"
kinds = ["diner", "operator"]
from = 2026-01-01

[[gate]]
when = { risk_level = ["D"], licence = "expired", filing = "inactive", sunshine_kitchen = false, star_below = 3 }
reduce_percent = "20"
kinds = ["diner", "operator"]
"#;

const CASE: &str = r#"[[case]]
name = "65岁"
elder = { birth = 1960-11-22, hukou = "440304001002", residence = "440304001002", categories = ["独居", { name = "失能", level = 2 }] }
canteen = { region = "440304001003", quality_grade = "A", tags = ["discount-10"] }
meal = { date = 2026-03-02, period = "lunch", mode = "dine_in", price = "8.00" }
used = [{ benefit = "priority", day = 0, week = 3, month = 9, month_amount = "45.00" }]
expect = { own_payment = "0.00", operator = "0.00", concession = "2.00", delivery_fee = "0.00", payers = { city = "6.00" }, benefits = ["age-70", "priority"] }
"#;

fn run(cases: &str) -> CheckReport {
    check("p.toml", POLICY, Some(("p.cases.toml", cases)), &WorkCalendar::published())
}

#[test]
fn the_formats_own_example_is_accepted() {
    let report = run(CASE);
    assert_eq!((report.refused(), report.counts()), (false, (1, 0)), "{report}");
    assert_eq!(report.policy.map(|p| p.id).as_deref(), Some("sz-2025"));
    let codes: Vec<&str> = report.warnings.iter().map(|w| w.code).collect();
    assert_eq!(codes, ["calendar_missing"], "2027 is not published yet");
}

#[test]
fn years_without_a_calendar_warn_where_the_calendar_is_asked() {
    let warned = |text: &str| {
        let report = check("p", text, None, &WorkCalendar::published());
        report.warnings.iter().map(|w| w.english.clone()).collect::<String>()
    };
    assert!(warned(POLICY).contains("lacks 2027:"));
    assert_eq!(warned(&POLICY.replace("2027-12-31", "2026-12-31")), "");
    assert!(warned(&POLICY.replace("effective_until = 2027-12-31", "")).contains("lacks 2027:"), "an open end");
    let unasked = POLICY.replace("days = \"workday\"\nexcept_holidays = true\n", "");
    assert_eq!(warned(&unasked), "");
    let empty = check("p", POLICY, None, &WorkCalendar::default());
    assert!(empty.warnings[0].chinese.contains("2025、2026、2027"));
}

#[test]
fn a_failed_case_shows_what_was_expected_and_read_in_yuan() {
    let report = run(&CASE
        .replace("city = \"6.00\"", "city = \"5.00\", town = \"1.00\"")
        .replace("own_payment = \"0.00\"", "own_payment = \"1.00\""));
    assert_eq!(report.counts(), (0, 1));
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "FAILED p.toml 65岁",
            "    own_payment: 应为 expected 1.00, 实得 read 0.00",
            "    payers.city: 应为 expected 5.00, 实得 read 6.00",
            "    payers.town: 应为 expected 1.00, 实得 read 0.00",
        ]
    );
    let left_out =
        run(&CASE[..CASE.find("expect").map_or(0, |at| at)].to_owned().replace("\nused", "\nexpect = {}\nused"));
    assert_eq!(left_out.counts(), (1, 0), "what is left out of expect is not checked: {left_out}");
}

#[test]
fn a_case_file_is_refused_at_its_line() {
    let refused = |cases: &str, line: usize, code: &str| {
        let report = run(cases);
        let found: Vec<_> = report.refusals.iter().map(|e| (e.file.as_str(), e.line, e.code.as_str())).collect();
        assert_eq!(found, [("p.cases.toml", line, code)], "{report}");
        assert!(report.cases.is_empty() && report.policy.is_some());
    };
    refused("", 1, "missing_key");
    refused(&CASE.replace("name = \"65岁\"", "title = \"x\"\nname = \"65岁\""), 2, "unknown_key");
    refused(&CASE.replace("birth", "age = 65, birth"), 3, "unknown_key");
    refused(&CASE.replace("quality_grade = \"A\"", "quality_grade = \"E\""), 4, "unknown_choice");
    refused(&CASE.replace("price = \"8.00\"", "price = 8.00"), 5, "wrong_type");
    refused(&CASE.replace("price = \"8.00\"", "price = \"-8.00\""), 5, "money_negative");
    refused(&CASE.replace("week = 3", "weeks = 3"), 6, "unknown_key");
    refused(&CASE.replace("operator =", "operators ="), 7, "unknown_key");
    refused(&CASE.replace("birth = 1960-11-22", "birth = 2026-03-03"), 3, "dates_reversed");
    refused(&CASE.replace("name = \"65岁\"\n", ""), 1, "missing_key");
    refused(&format!("{CASE}{CASE}"), 8, "case_twice");
    refused(&CASE.replace("[[case]]", "[[case"), 1, "syntax");
    let report = check("p.toml", "x", Some(("p.cases.toml", CASE)), &WorkCalendar::published());
    assert!(
        report.refused() && report.policy.is_none() && report.cases.is_empty(),
        "no case runs under a refused policy"
    );
}
