//! What the published policies do not reach: each construct by a meal whose outcome is worked out by hand.

use super::super::*;
use crate::cases::{Case, parse_cases};
use crate::region::RegionCode;

const HEAD: &str = r#"
[policy]
id = "t"
name = "试"
version = 1
semantics = 1
region = ["440300", "440400"]
effective_from = 2026-01-01
"#;

const REST: &str = r#"
[meals]
lunch = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]
"#;

fn policy(head: &str, rest: &str) -> Policy {
    let text = format!("{HEAD}{head}\n{REST}{rest}");
    Policy::parse("t", &text).unwrap_or_else(|errors| panic!("{errors}\nin:\n{text}"))
}

/// A meal of an elder of 80 at lunch on Wednesday, 2026-03-18, at that price, with these uses.
fn case(policy: &Policy, price: &str, used: &str) -> Case {
    let text = format!(
        "[[case]]\nname = \"x\"\nelder = {{ birth = 1946-01-01, hukou = \"440304001002\", residence = \"440305002\" }}\n\
         canteen = {{ region = \"440304001003\" }}\n\
         meal = {{ date = 2026-03-18, period = \"lunch\", mode = \"dine_in\", price = \"{price}\" }}\n\
         used = [{used}]\nexpect = {{}}\n"
    );
    parse_cases(policy, "cases", &text).unwrap_or_else(|errors| panic!("{errors}")).remove(0)
}

fn run(policy: &Policy, case: &Case) -> Outcome {
    case.decide(policy, &WorkCalendar::published())
}

/// What the elder pays, in yuan.
fn own(policy: &Policy, price: &str) -> String {
    run(policy, &case(policy, price, "")).decision.own_payment.to_string()
}

fn benefit(id: &str, lines: &str) -> String {
    format!("[[benefit]]\nid = \"{id}\"\nkind = \"diner\"\npayers = {{ city = 1 }}\n{lines}\n")
}

#[test]
fn each_form_of_an_amount() {
    let amount = |form: &str| policy("", &benefit("a", &format!("amount = {{ {form} }}")));
    assert_eq!(own(&amount("fixed = \"3.00\""), "18.00"), "15.00");
    assert_eq!(own(&amount("fixed = \"3.00\""), "2.00"), "0.00", "never more than is left");
    assert_eq!(own(&amount("up_to = \"15.00\""), "18.00"), "3.00");
    assert_eq!(own(&amount("percent = \"25\", cap = \"3.00\""), "12.04"), "9.04");
    assert_eq!(own(&amount("percent = \"25\", cap = \"3.00\""), "11.99"), "8.99");
    assert_eq!(own(&amount("own_payment = \"1.00\""), "12.00"), "1.00");
    assert_eq!(own(&amount("own_payment = \"1.00\""), "0.80"), "0.80", "nothing is added to a cheap meal");
}

#[test]
fn each_rounding() {
    let rounded = |how: &str, price: &str| {
        own(&policy(&format!("rounding = \"{how}\""), &benefit("a", "amount = { percent = \"50\" }")), price)
    };
    let all = |price: &str| ["half_up", "half_even", "floor", "ceil"].map(|how| rounded(how, price));
    assert_eq!(all("0.01"), ["0.00", "0.01", "0.01", "0.00"]);
    assert_eq!(all("0.03"), ["0.01", "0.01", "0.02", "0.01"]);
    assert_eq!(all("0.02"), ["0.01", "0.01", "0.01", "0.01"]);
}

#[test]
fn the_base_is_the_price_or_what_remains() {
    let two = |base: &str| {
        let second = format!("amount = {{ percent = \"10\" }}\nbase = \"{base}\"");
        policy("", &(benefit("a", "amount = { fixed = \"6.00\" }") + &benefit("b", &second)))
    };
    assert_eq!(own(&two("price"), "20.00"), "12.00");
    assert_eq!(own(&two("remaining"), "20.00"), "12.60");
}

#[test]
fn the_least_own_payment_is_kept_and_never_above_the_price() {
    let kept = policy("min_own_payment = \"2.00\"", &benefit("a", "amount = { fixed = \"15.00\" }"));
    assert_eq!(own(&kept, "18.00"), "3.00");
    assert_eq!(own(&kept, "16.00"), "2.00");
    assert_eq!(own(&kept, "1.50"), "1.50");
    assert_eq!(run(&kept, &case(&kept, "1.50", "")).why, [("a".to_owned(), Why::NothingLeft)]);
}

#[test]
fn the_greatest_of_a_group_after_cutting_wins_and_ties_go_to_the_first() {
    let group = |amounts: [&str; 3]| {
        let one = |(index, amount): (usize, &&str)| {
            benefit(&format!("b{index}"), &format!("amount = {{ fixed = \"{amount}\" }}\ngroup = \"g\""))
        };
        policy("", &amounts.iter().enumerate().map(one).collect::<String>())
    };
    let applied = |policy: &Policy, price| run(policy, &case(policy, price, "")).decision.lines[0].benefit.clone();
    assert_eq!(applied(&group(["1.00", "3.00", "2.00"]), "18.00"), "b1");
    assert_eq!(applied(&group(["3.00", "3.00", "3.00"]), "18.00"), "b0");
    assert_eq!(applied(&group(["5.00", "9.00", "2.00"]), "4.00"), "b0", "both are cut to what is left");
    let three = group(["1.00", "3.00", "2.00"]);
    let why = run(&three, &case(&three, "18.00", "")).why;
    assert_eq!(why[0].1, Why::LowerThan { winner: "b1".to_owned() });
    assert_eq!(why[1].1.chinese(&three), "就高不就低，已按“b1”");
}

#[test]
fn limits_count_the_benefit_or_its_group() {
    let limited = |limit: &str| {
        let lines =
            |amount: &str| format!("amount = {{ fixed = \"{amount}\" }}\ngroup = \"g\"\n[benefit.limit]\n{limit}");
        policy("", &(benefit("a", &lines("2.00")) + &benefit("b", &lines("1.00"))))
    };
    let lines = |policy: &Policy, used: &str| {
        let applied = run(policy, &case(policy, "18.00", used)).decision.lines;
        applied.iter().map(|l| format!("{} {}", l.benefit, l.amount)).collect::<Vec<_>>().join(", ")
    };
    let used_a = "{ benefit = \"a\", day = 1, week = 1, month = 1, month_amount = \"2.00\" }";
    assert_eq!(lines(&limited("per_day = 1"), used_a), "b 1.00");
    assert_eq!(lines(&limited("per_day = 1\nscope = \"group\""), used_a), "");
    assert_eq!(lines(&limited("per_day = 2\nscope = \"group\""), used_a), "a 2.00");
    assert_eq!(lines(&limited("per_week = 1\nscope = \"group\""), used_a), "");
    assert_eq!(lines(&limited("per_month = 1\nscope = \"group\""), used_a), "");
    assert_eq!(
        lines(&limited("per_month_amount = \"3.50\""), used_a),
        "a 1.50",
        "cut to the room, and still the greatest"
    );
    assert_eq!(lines(&limited("per_month_amount = \"2.50\""), used_a), "b 1.00", "after cutting the other is greater");
    assert_eq!(lines(&limited("per_month_amount = \"2.00\"\nscope = \"group\""), used_a), "");
    let gone = "{ benefit = \"of-an-older-version\", group = \"g\", day = 1 }, { benefit = \"unknown\", day = 5 }";
    assert_eq!(lines(&limited("per_day = 1\nscope = \"group\""), gone), "", "a group's use outlives its members");
    assert_eq!(lines(&limited("per_day = 2\nscope = \"group\""), gone), "a 2.00");
}

#[test]
fn person_day_is_once_a_day() {
    let once = policy(
        "",
        &benefit("a", "amount = { fixed = \"3.00\" }\nper = \"person_day\"\n[benefit.meal]\nperiods = [\"lunch\"]"),
    );
    assert_eq!(own(&once, "18.00"), "15.00");
    let why = run(&once, &case(&once, "18.00", "{ benefit = \"a\", day = 1 }")).why;
    assert_eq!(why[0].1.chinese(&once), "今日午餐已享受 1 次，限 1 次");
    assert_eq!(why[0].1.english(&once), "applied 1× today at lunch, at most 1×");
}

#[test]
fn uses_of_another_policy_and_hostile_counts_do_no_harm() {
    let once = policy(
        "",
        &benefit("a", "amount = { fixed = \"3.00\" }\n[benefit.limit]\nper_day = 1\nper_month_amount = \"9.00\""),
    );
    let mut case = case(&once, "18.00", "{ benefit = \"a\", day = 1 }");
    case.used.0[0].policy = "other".to_owned();
    assert_eq!(run(&once, &case).decision.own_payment, Fen::new(1500));
    case.used.0[0].policy = "t".to_owned();
    case.used.0[0].counts.day = 0;
    case.used.0[0].counts.month_amount = Fen::new(i64::MIN);
    case.used.0.push(case.used.0[0].clone());
    assert_eq!(run(&once, &case).decision.own_payment, Fen::new(1500));
    case.used.0[0].counts.month_amount = Fen::new(i64::MAX);
    case.used.0[1].counts.month_amount = Fen::new(i64::MAX);
    case.used.0[0].counts.day = u32::MAX;
    case.used.0[1].counts.day = u32::MAX;
    assert_eq!(run(&once, &case).decision.own_payment, Fen::new(1800));
}

#[test]
fn payers_are_units_of_the_canteen_or_the_hukou_and_funds_are_the_regions() {
    let payers = |of: &str| {
        let payers = "payers = { province = 1, city = 1, town = 1, lottery = 1 }";
        let lines = format!("kind = \"diner\"\namount = {{ fixed = \"4.02\" }}\n{payers}\npayer_of = \"{of}\"");
        policy("", &format!("[[benefit]]\nid = \"a\"\n{lines}\n"))
    };
    let shares = |policy: &Policy, case: &Case| {
        let share = |s: &Share| {
            let unit = s.payer.unit.as_ref().map_or("?", RegionCode::as_str).to_owned();
            format!("{} {unit} {}", s.payer.name, s.amount)
        };
        run(policy, case).decision.lines[0].shares.iter().map(share).collect::<Vec<_>>()
    };
    let canteen = payers("canteen");
    let mut meal = case(&canteen, "18.00", "");
    let expected = ["province 44 1.01", "city 4403 1.01", "town 440304001 1.00", "lottery 4403 1.00"];
    assert_eq!(shares(&canteen, &meal), expected);
    meal.elder.hukou = Some("430100".parse().unwrap());
    let expected = ["province 43 1.01", "city 4301 1.01", "town ? 1.00", "lottery 4403 1.00"];
    assert_eq!(shares(&payers("hukou"), &meal), expected, "a hukou known to the city only has no town");
}

#[test]
fn a_gate_withholds_its_kinds_from_its_first_day() {
    let gated = policy(
        "",
        &format!(
            "{}[[gate]]\nwhen = {{ quality_grade = [\"C\", \"unrated\"], filing = \"inactive\" }}\neffect = \"no_subsidy\"\n\
             kinds = [\"diner\"]\nfrom = 2026-03-18\nuntil = 2026-03-18\n\
             [[gate]]\nwhen = {{ quality_grade = \"unrated\" }}\nreduce_percent = \"12.5\"\nkinds = [\"operator\"]\n",
            benefit("a", "amount = { fixed = \"3.00\" }")
        ),
    );
    let mut meal = case(&gated, "18.00", "");
    assert_eq!(run(&gated, &meal).decision.own_payment, Fen::new(1500), "both conditions must hold");
    meal.canteen.standing.filing = crate::canteen::Filing::Inactive;
    let outcome = run(&gated, &meal);
    assert_eq!(outcome.decision.own_payment, Fen::new(1800));
    assert_eq!(outcome.why[0].1, Why::NoSubsidy { gate: 0 });
    let hits = gates_in_force(&gated, &meal.canteen, meal.meal.date);
    let labels: Vec<&str> = hits.iter().map(|hit| hit.label.as_str()).collect();
    assert_eq!(labels, ["量化等级 C、未评级且备案失效", "量化等级 未评级"]);
    for day in ["2026-03-17", "2026-03-19"] {
        meal.meal.date = day.parse().unwrap();
        assert_eq!(run(&gated, &meal).decision.own_payment, Fen::new(1500));
    }
    meal.canteen.standing.quality_grade = "C".to_owned();
    assert!(gates_in_force(&gated, &meal.canteen, meal.meal.date).is_empty());
}

#[test]
fn days_of_the_week_and_holidays() {
    let on = |days: &str, date: &str| {
        let policy = policy("", &benefit("a", &format!("amount = {{ fixed = \"3.00\" }}\n[benefit.meal]\n{days}")));
        let mut meal = case(&policy, "18.00", "");
        meal.meal.date = date.parse().unwrap();
        run(&policy, &meal).why.first().map(|(_, why)| why.english(&policy))
    };
    assert_eq!(on("days = [\"wed\", \"fri\"]", "2026-03-18"), None);
    assert_eq!(on("days = [\"wed\", \"fri\"]", "2026-03-19"), Some("not on 2026-03-19, only Wednesday, Friday".into()));
    assert_eq!(
        on("days = [\"fri\"]\nexcept_holidays = true", "2026-05-01"),
        Some("2026-05-01 is a statutory holiday".into())
    );
    assert_eq!(on("days = [\"fri\"]", "2026-05-01"), None, "a list does not ask the calendar");
    assert_eq!(on("days = [\"fri\"]", "2031-03-07"), None);
    let missing = Some("the statutory calendar of 2031 is missing".into());
    assert_eq!(on("days = [\"fri\"]\nexcept_holidays = true", "2031-03-07"), missing);
    assert_eq!(on("days = \"workday\"", "2031-03-07"), missing);
    assert_eq!(on("except_holidays = true", "2026-05-01"), Some("2026-05-01 is a statutory holiday".into()));
}

#[test]
fn the_first_failure_is_told_in_the_order_of_the_text() {
    let lines = "amount = { fixed = \"3.00\" }\n[benefit.elder]\nage = { min = 90 }\nhukou = \"310000\"\n\
                 [benefit.meal]\nperiods = [\"dinner\"]\n[benefit.limit]\nper_day = 1";
    let policy = policy("", &benefit("a", lines));
    let mut meal = case(&policy, "18.00", "{ benefit = \"a\", day = 1 }");
    let mut first = |change: &dyn Fn(&mut Case)| {
        change(&mut meal);
        run(&policy, &meal).why.first().map(|(_, why)| why.chinese(&policy)).unwrap_or_default()
    };
    assert_eq!(first(&|_| ()), "年龄 80 周岁，要求 满 90 周岁");
    assert_eq!(first(&|case| case.elder.age = 90), "户籍 440304001002，要求在 31");
    assert_eq!(first(&|case| case.elder.hukou = Some("310115".parse().unwrap())), "午餐不补，限晚餐");
    assert_eq!(first(&|case| case.meal.period = "dinner".parse().unwrap()), "今日晚餐已享受 1 次，限 1 次");
    assert_eq!(first(&|case| case.used = Usage::default()), "");
}

#[test]
fn a_delivery_benefit_is_for_delivered_meals_without_saying_so() {
    let lines = "[[benefit]]\nid = \"d\"\nkind = \"delivery\"\namount = { fixed = \"2.00\" }\npayers = { city = 1 }\n";
    let policy = policy("", &format!("[delivery]\nfee = \"1.50\"\n{lines}"));
    let mut meal = case(&policy, "18.00", "");
    let eaten_in = run(&policy, &meal).decision;
    assert_eq!((eaten_in.total(Kind::Delivery), eaten_in.delivery_fee), (Fen::ZERO, Fen::ZERO));
    meal.meal.mode = Mode::Delivery;
    let delivered = run(&policy, &meal).decision;
    assert_eq!((delivered.total(Kind::Delivery), delivered.to_pay()), (Fen::new(200), Fen::new(1950)));
}

#[test]
#[should_panic(expected = "negative price")]
fn a_negative_price_is_a_defect() {
    let policy = policy("", "");
    let mut meal = case(&policy, "18.00", "");
    meal.meal.price = Fen::new(-1);
    let _ = run(&policy, &meal);
}
