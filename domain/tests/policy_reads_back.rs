//! What a file says is what the policy answers when it is asked, and nothing else.

use domain::canteen::{Filing, Licence, Standing};
use domain::money::Fen;
use domain::policy::{Limit, Policy, PriceBand, Standings};

const HEAD: &str = r#"
[policy]
id = "reads-back"
name = "读回样例"
version = 3
semantics = 1
region = ["440300", "440400"]
effective_from = 2026-01-01
corrects = 2
source = "样例〔2026〕3 号"

[meals]
lunch = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]
"#;

fn policy(rest: &str) -> Policy {
    Policy::parse("t", &format!("{HEAD}{rest}")).unwrap_or_else(|errors| panic!("{errors}"))
}

fn benefit(more: &str) -> String {
    format!(
        "[[benefit]]\nid = \"b\"\nlabel = \"补\"\nkind = \"diner\"\namount = {{ fixed = \"1.00\" }}\npayers = {{ city = 1 }}\n{more}"
    )
}

#[test]
fn the_head_is_answered_as_it_is_written() {
    let policy = policy(&benefit(""));
    assert_eq!((policy.id(), policy.name(), policy.version()), ("reads-back", "读回样例", 3));
    assert_eq!((policy.semantics(), policy.corrects(), policy.published()), (1, Some(2), "样例〔2026〕3 号"));
    assert_eq!(policy.regions().len(), 2);
    let plain = HEAD.replace("corrects = 2\n", "").replace("source = \"样例〔2026〕3 号\"\n", "");
    let plain = Policy::parse("t", &format!("{plain}{}", benefit(""))).unwrap();
    assert_eq!((plain.corrects(), plain.published()), (None, ""));
}

#[test]
fn a_minute_lies_in_the_window_that_has_it_and_the_last_one_is_outside() {
    let policy = policy(&benefit(""));
    let windows: Vec<_> = policy.meals().iter().map(|m| (m.period.as_str(), m.start, m.end)).collect();
    assert_eq!(windows, [("lunch", 630, 810), ("dinner", 990, 1110)]);
    let at = |minute| policy.meal_at(minute).map(|m| m.period.as_str().to_owned());
    let expected = [(629, None), (630, Some("lunch")), (809, Some("lunch")), (810, None), (990, Some("dinner"))];
    for (minute, period) in expected {
        assert_eq!(at(minute).as_deref(), period, "{minute}");
    }
}

#[test]
fn only_workdays_and_holidays_ask_for_the_calendar() {
    let of = |meal: &str| policy(&benefit(&format!("[benefit.meal]\n{meal}\n"))).uses_calendar();
    assert!(of("days = \"workday\""));
    assert!(of("except_holidays = true"));
    assert!(!of("days = [\"mon\", \"fri\"]"));
    assert!(!of("periods = [\"lunch\"]"));
}

#[test]
fn bounds_of_a_price_hold_with_and_without_the_bound_itself() {
    let yuan = |fen| Some(Fen::new(fen));
    let band = |min, min_exclusive, max, max_exclusive| PriceBand { min, min_exclusive, max, max_exclusive };
    let inside = |band: PriceBand, fen| band.contains(Fen::new(fen));
    let closed = band(yuan(1000), false, yuan(2000), false);
    assert_eq!(
        [999, 1000, 1001, 1999, 2000, 2001].map(|fen| inside(closed, fen)),
        [false, true, true, true, true, false]
    );
    let open = band(yuan(1000), true, yuan(2000), true);
    assert_eq!(
        [999, 1000, 1001, 1999, 2000, 2001].map(|fen| inside(open, fen)),
        [false, false, true, true, false, false]
    );
    assert!(inside(band(None, false, None, false), 0));
}

#[test]
fn a_limit_that_says_nothing_is_none() {
    assert!(Limit::default().is_none());
    assert!(!Limit { per_day: Some(1), ..Limit::default() }.is_none());
    assert!(!Limit { per_month_amount: Some(Fen::new(1)), ..Limit::default() }.is_none());
}

#[test]
fn conditions_on_a_standing_are_each_asked() {
    assert!(Standings::default().is_empty());
    let stars = Standings { star_below: Some(3), ..Standings::default() };
    assert!(!stars.is_empty());
    let rated = |stars| Standing { stars, ..Standing::default() };
    assert_eq!([Some(2), Some(3), Some(4), None].map(|n| stars.matches(&rated(n))), [true, false, false, false]);
    let kitchen = Standings { sunshine_kitchen: Some(true), ..Standings::default() };
    let open = |sunshine_kitchen| Standing { sunshine_kitchen, ..Standing::default() };
    assert_eq!([Some(true), Some(false), None].map(|k| kitchen.matches(&open(k))), [true, false, false]);
    let closed = Standings { sunshine_kitchen: Some(false), ..Standings::default() };
    assert_eq!([Some(true), Some(false), None].map(|k| closed.matches(&open(k))), [false, true, false]);
    let licence = Standings { licence: vec![Licence::Expired], ..Standings::default() };
    let with = |licence| Standing { licence, ..Standing::default() };
    assert!(licence.matches(&with(Licence::Expired)) && !licence.matches(&with(Licence::Valid)));
    let filing = Standings { filing: vec![Filing::default()], ..Standings::default() };
    assert!(filing.matches(&Standing::default()));
    // An empty grade is read as none at all.
    let unrated = Standings { quality_grade: vec!["unrated".into()], ..Standings::default() };
    assert!(unrated.matches(&Standing { quality_grade: String::new(), ..Standing::default() }));
    assert!(!unrated.matches(&Standing { quality_grade: "A".into(), ..Standing::default() }));
    assert!(Standings::default().matches(&Standing::default()));
}

#[test]
fn windows_that_overlap_are_found_wherever_they_stand() {
    let refusals = |meals: &str| {
        let text =
            format!("{}{}", HEAD.split("[meals]").next().unwrap(), format_args!("[meals]\n{meals}\n{}", benefit("")));
        Policy::parse("t", &text)
            .map(|_| ())
            .map_err(|errors| errors.0.iter().map(|e| e.code.as_str()).collect::<Vec<_>>())
    };
    let apart = "breakfast = [\"06:00\", \"08:00\"]\nlunch = [\"10:00\", \"12:00\"]\n";
    assert_eq!(refusals(&format!("{apart}dinner = [\"12:00\", \"13:00\"]")), Ok(()));
    assert_eq!(refusals(&format!("{apart}dinner = [\"11:59\", \"13:00\"]")), Err(vec!["windows_overlap"]));
    // A short window inside a long one does not hide what the long one overlaps.
    let inside = "breakfast = [\"06:00\", \"12:00\"]\nlunch = [\"07:00\", \"08:00\"]\ndinner = [\"09:00\", \"10:00\"]";
    assert_eq!(refusals(inside), Err(vec!["windows_overlap", "windows_overlap"]));
}

#[test]
fn a_category_without_levels_says_that_it_has_none() {
    let text = format!("{HEAD}{}", benefit("[benefit.elder]\nany_of = [{ name = \"特困\", levels = [1] }]\n"));
    let errors = Policy::parse("t", &text).unwrap_err();
    assert_eq!((errors.0[0].code.as_str(), errors.0[0].expected.as_str()), ("level_unknown", "∅"));
}
