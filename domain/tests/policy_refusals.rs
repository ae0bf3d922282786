//! Each refusal of the policy format, at its line: every text marks the lines it is refused for with `#! code`.

use domain::policy::{Code, Policy};

const HEAD: &str = r#"[policy]
id = "t"
name = "试"
version = 1
semantics = 1
region = "440300"
effective_from = 2025-01-01
[meals]
lunch = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]
"#;

/// A benefit with nothing wrong, to stand before and between others.
const GOOD: &str =
    "[[benefit]]\nid = \"good\"\nkind = \"diner\"\namount = { fixed = \"1.00\" }\npayers = { city = 1 }\n";

/// Line and code of each mark in the text.
fn marks(text: &str) -> Vec<(usize, String)> {
    let mark = |(index, line): (usize, &str)| {
        let codes = line.split_once("#! ")?.1;
        Some(codes.split_whitespace().map(move |code| (index + 1, code.to_owned())).collect::<Vec<_>>())
    };
    text.lines().enumerate().filter_map(mark).flatten().collect()
}

/// Refused for exactly what it marks.
fn refused(text: &str) {
    let mut expected = marks(text);
    assert!(!expected.is_empty(), "no mark in:\n{text}");
    let Err(errors) = Policy::parse("t.toml", text) else { panic!("not refused:\n{text}") };
    let mut found: Vec<(usize, String)> = errors.0.iter().map(|e| (e.line, e.code.to_string())).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{errors}\nin:\n{text}");
    for error in &errors.0 {
        assert_eq!(error.file, "t.toml");
        assert!(error.column >= 1 && !error.chinese().is_empty() && !error.english().is_empty());
    }
}

/// The good head with this behind it is refused for exactly what it marks.
fn refused_behind_head(rest: &str) {
    refused(&format!("{HEAD}{rest}"));
}

/// A benefit with these lines in place of the good ones of the same key is refused for exactly what it marks.
fn refused_benefit(lines: &str) {
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let given: Vec<String> = lines.lines().take_while(|l| !l.starts_with('[')).map(key).collect();
    let kept = GOOD.lines().filter(|l| l.starts_with('[') || !given.contains(&key(l)));
    let text: Vec<&str> = kept.chain(lines.lines()).collect();
    refused_behind_head(&(text.join("\n") + "\n"));
}

fn accepted(text: &str) -> Policy {
    Policy::parse("t.toml", text).unwrap_or_else(|errors| panic!("{errors}\nin:\n{text}"))
}

fn accepted_benefit(lines: &str) -> Policy {
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let given: Vec<String> = lines.lines().take_while(|l| !l.starts_with('[')).map(key).collect();
    let kept = GOOD.lines().filter(|l| l.starts_with('[') || !given.contains(&key(l)));
    let text: Vec<&str> = kept.chain(lines.lines()).collect();
    accepted(&format!("{HEAD}{}\n", text.join("\n")))
}

#[test]
fn the_head_alone_is_a_policy_that_gives_nothing() {
    assert_eq!(accepted(HEAD).benefits().len(), 0);
    accepted(&format!("{HEAD}{GOOD}"));
    accepted(&format!("\u{feff}{}", HEAD.replace('\n', "\r\n")));
}

#[test]
fn unknown_keys_are_refused_at_every_level() {
    refused_behind_head("[colour] #! unknown_key\nred = 1\n");
    refused(&HEAD.replace("version = 1", "version = 1\nauthor = \"x\" #! unknown_key"));
    refused_behind_head("[delivery]\nfees = \"2.00\" #! unknown_key\n");
    refused_behind_head("[bearer]\nelder = \"canteen\" #! unknown_key\n");
    refused_benefit("colour = 1 #! unknown_key");
    refused_benefit("amount = { fixed = \"1.00\", floor = \"0.00\" } #! unknown_key");
    refused_benefit("[benefit.elder]\nages = { min = 1 } #! unknown_key\nage = { min = 1, most = 2 } #! unknown_key");
    refused_benefit("[benefit.elder]\nany_of = [{ name = \"失能\", level = 2 }] #! unknown_key");
    refused_benefit("[benefit.canteen]\nregion = \"440300\" #! unknown_key");
    refused_benefit(
        "[benefit.meal]\nperiod = \"lunch\" #! unknown_key\nprice = { least = \"1\", max = \"2\" } #! unknown_key",
    );
    refused_benefit("[benefit.limit]\nper_year = 1 #! unknown_key");
    refused_behind_head(
        "[[gate]]\nwhen = { grade = \"C\", filing = \"inactive\" } #! unknown_key\neffect = \"hold\"\nkinds = [\"diner\"]\nlabel = \"x\" #! unknown_key\n",
    );
}

#[test]
fn what_must_be_given_is_missed() {
    for key in ["id", "name", "version", "semantics", "region", "effective_from"] {
        let kept: Vec<&str> = HEAD.lines().filter(|l| !l.starts_with(&format!("{key} ="))).collect();
        let text = kept.join("\n").replace("[policy]", "[policy] #! missing_key");
        refused(&text);
    }
    refused(&format!("#! missing_key\n{}", &HEAD[HEAD.find("[meals]").unwrap()..]));
    refused(&format!("#! missing_key\n{}", &HEAD[..HEAD.find("[meals]").unwrap()]));
    refused("#! missing_key missing_key");
    for key in ["id", "kind", "amount"] {
        let kept: Vec<&str> = GOOD.lines().filter(|l| !l.starts_with(&format!("{key} ="))).collect();
        refused_behind_head(&kept.join("\n").replace("[[benefit]]", "[[benefit]] #! missing_key"));
    }
    refused_behind_head("[[gate]] #! missing_key missing_key gate_effect_form\n");
    refused_benefit("[benefit.elder]\nany_of = [{ min_level = 2 }] #! missing_key");
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    for (good, bad) in [
        ("id = \"t\"", "id = 1"),
        ("version = 1", "version = \"1\""),
        ("version = 1", "version = 1.0"),
        ("semantics = 1", "semantics = \"1\""),
        ("region = \"440300\"", "region = 440300"),
        ("effective_from = 2025-01-01", "effective_from = \"2025-01-01\""),
        ("effective_from = 2025-01-01", "effective_from = 2025-01-01T00:00:00"),
        ("effective_from = 2025-01-01", "effective_from = 10:30:00"),
        ("lunch = [\"10:30\", \"13:30\"]", "lunch = \"10:30-13:30\""),
        ("lunch = [\"10:30\", \"13:30\"]", "lunch = [\"10:30\"]"),
    ] {
        refused(&HEAD.replace(good, &format!("{bad} #! wrong_type")));
    }
    for bad in [
        "amount = \"1.00\" #! wrong_type",
        "amount = { fixed = 3 } #! wrong_type",
        "amount = { fixed = 3.00 } #! wrong_type",
        "amount = { percent = 25 } #! wrong_type",
        "payers = \"city\" #! wrong_type",
        "payers = [\"city\"] #! wrong_type",
        "payers = { city = \"1\" } #! wrong_type",
        "payers = { city = 0.5 } #! wrong_type",
        "requires = \"x\" #! wrong_type",
        "kind = [\"diner\"] #! wrong_type",
        "elder = [] #! wrong_type",
        "[benefit.elder]\nage = 60 #! wrong_type",
        "[benefit.elder]\nage = { min = \"60\" } #! wrong_type",
        "[benefit.elder]\nany_of = \"特困\" #! wrong_type",
        "[benefit.elder]\nany_of = [1] #! wrong_type",
        "[benefit.elder]\nany_of = [{ name = \"失能\", min_level = 2, levels = [2] }] #! wrong_type",
        "[benefit.meal]\nperiods = \"lunch\" #! wrong_type",
        "[benefit.meal]\nexcept_holidays = \"true\" #! wrong_type",
        "[benefit.meal]\nprice = \"5.00\" #! wrong_type",
        "[benefit.limit]\nper_day = \"1\" #! wrong_type",
        "[benefit.limit]\nper_month_amount = 210 #! wrong_type",
        "[benefit.canteen]\ntags = \"discount-10\" #! wrong_type",
    ] {
        refused_benefit(bad);
    }
    refused("policy = 1 #! wrong_type missing_key\n");
    refused("gate = [1] #! wrong_type missing_key missing_key\n");
    refused("benefit = { } #! wrong_type missing_key missing_key\n");
}

#[test]
fn words_outside_the_allowed_are_refused() {
    refused(&HEAD.replace("version = 1", "version = 1\nrounding = \"nearest\" #! unknown_choice"));
    refused_behind_head("[bearer]\ndouble = \"elder\" #! unknown_choice\nstale_facts = \"nobody\" #! unknown_choice\n");
    for bad in [
        "kind = \"guest\" #! unknown_choice",
        "base = \"left\" #! unknown_choice",
        "per = \"day\" #! unknown_choice",
        "payer_of = \"residence\" #! unknown_choice",
        "[benefit.elder]\nhukou_same = \"county\" #! unknown_choice\nresidence_same = \"street\" #! unknown_choice",
        "[benefit.meal]\nmodes = [\"dine_in\", \"takeaway\"] #! unknown_choice",
        "[benefit.meal]\ndays = \"weekday\" #! unknown_choice",
        "[benefit.meal]\ndays = [\"mon\", \"Tuesday\"] #! unknown_choice",
        "[benefit.limit]\nscope = \"city\" #! unknown_choice",
    ] {
        refused_benefit(bad);
    }
    let gate = |when: &str, rest: &str| refused_behind_head(&format!("[[gate]]\nwhen = {when}\n{rest}\n"));
    let rest = "effect = \"hold\"\nkinds = [\"diner\"]";
    gate("{ quality_grade = [\"D\"] } #! unknown_choice", rest);
    gate("{ risk_level = [\"E\"] } #! unknown_choice", rest);
    gate("{ licence = \"lost\" } #! unknown_choice", rest);
    gate("{ filing = \"expired\" } #! unknown_choice", rest);
    gate("{ filing = \"inactive\" }", "effect = \"stop\" #! unknown_choice\nkinds = [\"diner\"]");
    gate("{ filing = \"inactive\" }", "effect = \"hold\"\nkinds = [\"elder\"] #! unknown_choice");
}

#[test]
fn money_is_not_negative_and_has_at_most_two_decimals() {
    for (value, code) in [
        ("1.005", "money_too_precise"),
        ("1.000", "money_too_precise"),
        ("-1.00", "money_negative"),
        ("-0.005", "money_negative"),
        ("1,00", "money_malformed"),
        ("￥1", "money_malformed"),
        ("１.00", "money_malformed"),
        ("", "money_malformed"),
        (".5", "money_malformed"),
        ("1e2", "money_malformed"),
        ("--1", "money_malformed"),
        ("1000000.01", "money_too_large"),
        ("99999999999999999999", "money_too_large"),
    ] {
        for form in ["fixed", "up_to", "own_payment"] {
            refused_benefit(&format!("amount = {{ {form} = \"{value}\" }} #! {code}"));
        }
        refused_benefit(&format!("amount = {{ percent = \"25\", cap = \"{value}\" }} #! {code}"));
        refused_benefit(&format!("[benefit.limit]\nper_month_amount = \"{value}\" #! {code}"));
        refused_benefit(&format!("[benefit.meal]\nprice = {{ min = \"{value}\" }} #! {code}"));
        refused_behind_head(&format!("[delivery]\nfee = \"{value}\" #! {code}\n"));
        refused(&HEAD.replace("version = 1", &format!("version = 1\nmin_own_payment = \"{value}\" #! {code}")));
    }
    accepted_benefit("amount = { fixed = \"3\" }");
    accepted_benefit("amount = { fixed = \"3.5\" }");
    accepted_benefit("amount = { fixed = \"0.00\" }");
}

#[test]
fn an_amount_has_exactly_one_form() {
    for amount in [
        "{}",
        "{ cap = \"3.00\" }",
        "{ fixed = \"1.00\", up_to = \"2.00\" }",
        "{ fixed = \"1.00\", percent = \"25\" }",
        "{ up_to = \"1.00\", own_payment = \"25\" }",
        "{ fixed = \"1.00\", cap = \"3.00\" }",
        "{ up_to = \"1.00\", cap = \"3.00\" }",
    ] {
        refused_benefit(&format!("amount = {amount} #! amount_form"));
    }
}

#[test]
fn a_percentage_is_at_most_a_hundred() {
    for (value, code) in [
        ("100.01", "percent_over_100"),
        ("101", "percent_over_100"),
        ("99999999999999999999", "percent_over_100"),
        ("12.345", "percent_malformed"),
        ("25%", "percent_malformed"),
        ("-5", "percent_malformed"),
    ] {
        refused_benefit(&format!("amount = {{ percent = \"{value}\" }} #! {code}"));
        refused_behind_head(&format!(
            "[[gate]]\nwhen = {{ filing = \"inactive\" }}\nreduce_percent = \"{value}\" #! {code}\nkinds = [\"diner\"]\n"
        ));
    }
    accepted_benefit("amount = { percent = \"100\" }");
    accepted_benefit("amount = { percent = \"12.5\", cap = \"3.00\" }");
}

#[test]
fn somebody_pays_all_but_a_concession() {
    refused_benefit("payers = { city = 0, district = 0 } #! weights_zero");
    refused_benefit("payers = { city = -1 } #! number_out_of_range");
    refused_benefit("payers = { city = 1_000_001 } #! number_out_of_range");
    refused_benefit("payers = {} #! payers_missing");
    refused_benefit("kind = \"concession\"\npayers = { city = 1 } #! concession_payers");
    for kind in ["diner", "operator", "delivery"] {
        refused_behind_head(&format!(
            "[[benefit]] #! payers_missing\nid = \"x\"\nkind = \"{kind}\"\namount = {{ fixed = \"1.00\" }}\n"
        ));
    }
    accepted(&format!(
        "{HEAD}[[benefit]]\nid = \"x\"\nkind = \"concession\"\namount = {{ percent = \"10\" }}\nbase = \"remaining\"\n"
    ));
    accepted_benefit("payers = { city = 0, district = 1, league = 2, \"福彩\" = 1 }");
}

#[test]
fn an_id_stands_once() {
    refused_behind_head(&format!("{GOOD}{}", GOOD.replace("id = \"good\"", "id = \"good\" #! id_twice")));
    refused_behind_head("[register]\ncategories = [\"特困\"] #! id_twice\ntags = [\"discount-10\"] #! id_twice\n");
    for bad in ["", "a b", "a/b", "../x", "a.b", "\\u0000", &"x".repeat(65)] {
        refused_benefit(&format!("id = \"{bad}\" #! bad_name"));
        refused(&HEAD.replace("id = \"t\"", &format!("id = \"{bad}\" #! bad_name")));
    }
    refused_benefit("label = \" \" #! bad_name");
    refused_benefit("label = \"a\\nb\" #! bad_name");
    refused_benefit("payers = { \"a b\" = 1 } #! bad_name");
}

#[test]
fn an_age_band_holds_an_age() {
    refused_benefit("[benefit.elder]\nage = { min = 70, max = 69 } #! age_band_empty");
    refused_benefit("[benefit.elder]\nage = {} #! age_band_empty");
    refused_benefit("[benefit.elder]\nage = { min = -1 } #! number_out_of_range");
    refused_benefit("[benefit.elder]\nage = { max = 151 } #! number_out_of_range");
    accepted_benefit("[benefit.elder]\nage = { min = 70, max = 70 }");
    accepted_benefit("[benefit.elder]\nage = { max = 70 }");
}

#[test]
fn a_price_band_holds_a_price() {
    for price in [
        "{}",
        "{ min = \"10.00\", max = \"9.99\" }",
        "{ min = \"10.00\", max = \"10.00\", min_exclusive = true }",
        "{ min = \"10.00\", max = \"10.00\", max_exclusive = true }",
        "{ max = \"10.00\", min_exclusive = true }",
        "{ min = \"10.00\", max_exclusive = true }",
    ] {
        refused_benefit(&format!("[benefit.meal]\nprice = {price} #! price_band_empty"));
    }
    accepted_benefit("[benefit.meal]\nprice = { min = \"5.00\", min_exclusive = true, max = \"10.00\" }");
    accepted_benefit("[benefit.meal]\nprice = { min = \"10.00\", max = \"10.00\" }");
}

fn grouped(id: &str, group: &str, kind: &str) -> String {
    let payers = if kind == "concession" { "" } else { "payers = { city = 1 }\n" };
    format!("[[benefit]]\nid = \"{id}\"\nkind = \"{kind}\"\namount = {{ fixed = \"1.00\" }}\n{payers}{group}\n")
}

#[test]
fn a_group_is_adjacent_and_of_one_kind() {
    let g = "group = \"g\"";
    let split = |between: &str| {
        format!("{}{between}{}", grouped("a", g, "diner"), grouped("b", "group = \"g\" #! group_split", "diner"))
    };
    refused_behind_head(&split(GOOD));
    refused_behind_head(&split(&grouped("h", "group = \"h\"", "diner")));
    let operator = grouped("b", g, "operator").replace("kind = \"operator\"", "kind = \"operator\" #! group_kinds");
    refused_behind_head(&format!("{}{operator}", grouped("a", g, "diner")));
    let policy = accepted(&format!("{HEAD}{}{}{GOOD}", grouped("a", g, "diner"), grouped("b", g, "diner")));
    assert_eq!(policy.slots(), [0..2, 2..3]);
    refused_benefit("[benefit.limit]\nper_day = 1\nscope = \"group\" #! scope_without_group");
    accepted_benefit("group = \"g\"\n[benefit.limit]\nper_day = 1\nscope = \"group\"");
}

#[test]
fn periods_and_windows() {
    refused_benefit("[benefit.meal]\nperiods = [\"lunch\", \"breakfast\"] #! period_unknown");
    refused_benefit("[benefit.meal]\nperiods = [\"午餐\"] #! period_unknown");
    refused_benefit("[benefit.meal]\nperiods = [] #! empty_list");
    refused_benefit("[benefit.meal]\nmodes = [] #! empty_list");
    refused_benefit("[benefit.meal]\ndays = [] #! empty_list");
    let dinner = |window: &str| refused(&HEAD.replace("dinner = [\"16:30\", \"18:30\"]", window));
    dinner("dinner = [\"13:29\", \"18:30\"] #! windows_overlap");
    dinner("dinner = [\"10:30\", \"13:30\"] #! windows_overlap");
    dinner("dinner = [\"18:30\", \"16:30\"] #! window_reversed");
    dinner("dinner = [\"18:30\", \"18:30\"] #! window_reversed");
    for time in ["24:01", "9:00", "16:60", "16：30", "1630", ""] {
        dinner(&format!("dinner = [\"{time}\", \"23:00\"] #! time_malformed"));
    }
    dinner("Dinner = [\"16:30\", \"18:30\"] #! bad_name");
    refused(&format!("{}[meals] #! empty_list\n", &HEAD[..HEAD.find("[meals]").unwrap()]));
    accepted(&HEAD.replace("dinner = [\"16:30\", \"18:30\"]", "dinner = [\"13:30\", \"24:00\"]"));
}

#[test]
fn a_long_window_overlaps_more_than_its_neighbour() {
    refused(
        &HEAD
            .replace(
                "lunch = [\"10:30\", \"13:30\"]",
                "lunch = [\"06:00\", \"20:00\"]\ntea = [\"10:00\", \"10:30\"] #! windows_overlap",
            )
            .replace("dinner = [\"16:30\", \"18:30\"]", "dinner = [\"16:30\", \"18:30\"] #! windows_overlap"),
    );
}

#[test]
fn dates_run_forward() {
    let until = |date: &str| HEAD.replace("[meals]", &format!("effective_until = {date}\n[meals]"));
    refused(&until("2024-12-31 #! dates_reversed"));
    accepted(&until("2025-01-01"));
    let gate = |dates: &str| {
        format!("[[gate]]\nwhen = {{ star_below = 3 }}\neffect = \"hold\"\nkinds = [\"diner\"]\n{dates}\n")
    };
    refused_behind_head(&gate("from = 2026-01-02\nuntil = 2026-01-01 #! dates_reversed"));
    accepted(&format!("{HEAD}{}", gate("from = 2026-01-01\nuntil = 2026-01-01")));
}

#[test]
fn categories_tags_and_levels_are_registered() {
    for bad in [
        "any_of = [\"富豪\"] #! category_unknown",
        "all_of = [\"特困 \"] #! category_unknown",
        "none_of = [{ name = \"失\", min_level = 1 }] #! category_unknown",
        "any_of = [{ name = \"失能\", min_level = 4 }] #! level_unknown",
        "any_of = [{ name = \"失能\", min_level = 0 }] #! level_unknown",
        "any_of = [{ name = \"失能\", levels = [1, 4] }] #! level_unknown",
        "any_of = [{ name = \"重残\", levels = [5] }] #! level_unknown",
        "any_of = [{ name = \"低保\", levels = [1] }] #! level_unknown",
        "any_of = [{ name = \"低保\", min_level = 1 }] #! level_unknown",
        "any_of = [{ name = \"重残\", min_level = 2 }] #! level_unordered",
        "any_of = [{ name = \"失能\", levels = [] }] #! empty_list",
    ] {
        refused_benefit(&format!("[benefit.elder]\n{bad}"));
    }
    refused_benefit("[benefit.canteen]\ntags = [\"discount-10\", \"vip\"] #! tag_unknown");
    let unknown = format!("{HEAD}[register]\ntags = [\"near\"]\n{GOOD}[benefit.canteen]\ntags = [\"vip\"]\n");
    let refusal = Policy::parse("t", &unknown).unwrap_err().to_string();
    assert!(refusal.contains("vip") && refusal.contains("discount-5 | near"), "it says which there are: {refusal}");
    accepted_benefit("[benefit.canteen]\ntags = [\"discount-10\"]");
    accepted(&format!(
        "{HEAD}[register]\ncategories = [\"失独\", {{ name = \"护理\", levels = 5, worst = \"high\" }}]\ntags = [\"vip\"]\n{GOOD}\
         [benefit.elder]\nany_of = [\"失独\", {{ name = \"护理\", min_level = 5 }}]\n[benefit.canteen]\ntags = [\"vip\"]\n"
    ));
}

#[test]
fn requires_names_something_above() {
    refused_benefit("requires = [\"nobody\"] #! requires_unknown");
    refused_benefit("requires = [\"good\"] #! requires_unknown");
    let below = GOOD.replace("good", "below");
    refused_behind_head(&format!("{GOOD}requires = [\"below\"] #! requires_unknown\n{below}"));
    let (a, b) = (grouped("a", "group = \"g\"", "diner"), grouped("b", "group = \"g\"", "diner"));
    refused_behind_head(&format!("{a}{b}requires = [\"a\", \"g\"] #! requires_unknown requires_unknown\n"));
    let policy = accepted(&format!("{HEAD}{a}{b}{GOOD}requires = [\"g\"]\n"));
    assert_eq!(policy.benefits()[2].required, [0, 1]);
}

#[test]
fn a_benefit_refused_for_its_amount_refuses_no_other() {
    let bad = GOOD.replace("amount = { fixed = \"1.00\" }", "amount = {} #! amount_form");
    refused_behind_head(&format!("{bad}{}requires = [\"good\"]\n", GOOD.replace("good", "next")));
}

#[test]
fn a_gate_has_a_condition_and_one_effect() {
    let gate = |lines: &str| refused_behind_head(&format!("[[gate]]\n{lines}\n"));
    gate("when = {} #! gate_without_condition\neffect = \"hold\"\nkinds = [\"diner\"]");
    gate(
        "when = { filing = \"inactive\" }\neffect = \"hold\"\nreduce_percent = \"5\" #! gate_effect_form\nkinds = [\"diner\"]",
    );
    gate("when = { filing = \"inactive\" }\neffect = \"hold\"\nkinds = [] #! empty_list");
    gate("when = { quality_grade = [] } #! empty_list\neffect = \"hold\"\nkinds = [\"diner\"]");
    gate("when = { star_below = 6 } #! number_out_of_range\neffect = \"hold\"\nkinds = [\"diner\"]");
    gate("when = { sunshine_kitchen = \"no\" } #! wrong_type\neffect = \"hold\"\nkinds = [\"diner\"]");
}

#[test]
fn reductions_that_act_together_leave_something() {
    let gate = |when: &str, percent: &str, rest: &str| {
        format!(
            "[[gate]]{rest}\nwhen = {{ {when} }}\nreduce_percent = \"{percent}\"\nkinds = [\"diner\", \"operator\"]\n"
        )
    };
    let over = " #! gates_over_100";
    let c = "quality_grade = [\"C\"]";
    refused_behind_head(&(gate(c, "60", "") + &gate(c, "41", over)));
    refused_behind_head(&(gate(c, "60", "") + &gate("licence = \"expired\"", "41", over)));
    refused_behind_head(&(gate(c, "60", "") + &gate("star_below = 3", "41", &format!("{over}\nfrom = 2026-01-01"))));
    let hold = format!("[[gate]]\nwhen = {{ {c} }}\neffect = \"hold\"\nkinds = [\"diner\"]\n");
    refused_behind_head(&(gate(c, "60", "") + &gate(c, "41", over) + &hold));
    let fine = |a: &str, b: &str| accepted(&format!("{HEAD}{a}{b}"));
    fine(&gate(c, "60", ""), &gate(c, "40", ""));
    fine(&gate(c, "60", ""), &gate("quality_grade = [\"B\"]", "60", ""));
    fine(&gate(c, "60", "\nuntil = 2025-12-31"), &gate(c, "60", "\nfrom = 2026-01-01"));
    let whole = gate(c, "40", "") + &gate(c, "60", "\nuntil = 2025-12-31");
    fine(&whole, &gate(c, "60", "\nfrom = 2026-01-01"));
    fine(&gate(c, "60", ""), &gate(c, "60", "").replace("[\"diner\", \"operator\"]", "[\"delivery\"]"));
}

#[test]
fn numbers_and_regions_have_a_range() {
    refused(&HEAD.replace("version = 1", "version = 0 #! number_out_of_range"));
    refused(&HEAD.replace("semantics = 1", "semantics = 2 #! semantics_unknown"));
    refused(&HEAD.replace("semantics = 1", "semantics = -1 #! semantics_unknown"));
    refused(&HEAD.replace("[meals]", "corrects = 0 #! number_out_of_range\n[meals]"));
    for limit in ["per_day = 0", "per_week = -1", "per_month = 99999999999999999999"] {
        refused_benefit(&format!("[benefit.limit]\n{limit} #! number_out_of_range"));
    }
    for region in ["\"4403001\"", "\"深圳\"", "\"000000\"", "[\"440300\", \"x\"]"] {
        refused(&HEAD.replace("region = \"440300\"", &format!("region = {region} #! region_malformed")));
        refused_benefit(&format!("[benefit.elder]\nhukou = {region} #! region_malformed"));
    }
    refused(&HEAD.replace("region = \"440300\"", "region = [] #! empty_list"));
    refused_benefit("[benefit.elder]\nresidence_not = [] #! empty_list");
}

#[test]
fn all_refusals_come_at_once() {
    refused(
        r#"[policy]
id = "t"
name = "试"
version = 1
semantics = 9 #! semantics_unknown
region = "4403001" #! region_malformed
effective_from = 2025-01-01
effective_until = 2024-01-01 #! dates_reversed
colour = "red" #! unknown_key
[meals]
lunch = ["10:30", "13:30"]
[[benefit]] #! payers_missing
id = "a"
kind = "diner"
amount = { up_to = "1.005" } #! money_too_precise
[benefit.elder]
age = { min = 70, max = 60 } #! age_band_empty
any_of = ["富豪"] #! category_unknown
[benefit.meal]
periods = ["dinner"] #! period_unknown
[[benefit]]
id = "a" #! id_twice
kind = "operator"
amount = { percent = "120" } #! percent_over_100
payers = { city = 0 } #! weights_zero
requires = ["z"] #! requires_unknown
"#,
    );
}

#[test]
fn a_refusal_says_where_what_and_why() {
    let text = format!("{HEAD}{}", GOOD.replace("fixed = \"1.00\"", "fixed = \"1.005\""));
    let errors = Policy::parse("政策.toml", &text).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "政策.toml:14:20: [money_too_precise] 金额多于两位小数：benefit[0].amount.fixed；读到 \"1.005\"；应为 \"12.50\" / \
         money with more than two decimals: benefit[0].amount.fixed; read \"1.005\"; expected \"12.50\""
    );
    let codes: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "a code stands twice");
}

#[test]
fn what_is_not_toml_is_refused_at_its_line() {
    refused("[policy]\nid = #! syntax\n");
    refused("[policy]\nid = \"a\"\nid = \"b\" #! syntax\n");
    refused("[policy #! syntax\n");
    let errors = Policy::parse("t", "a = \"\u{0}\"").unwrap_err();
    assert_eq!(errors.0[0].code, Code::Syntax);
    let errors = Policy::parse("t", &format!("{HEAD}# \u{202e}\n")).unwrap_err();
    assert_eq!((errors.0[0].code, errors.0[0].line), (Code::HiddenCharacter, 11));
}

#[test]
fn characters_that_nobody_sees_are_refused_wherever_they_stand() {
    for hidden in ["\u{200b}", "\u{feff}", "\u{00ad}", "\u{2060}", "\u{3164}", "\u{e0041}", "\u{2066}", "\u{200f}"] {
        refused(&HEAD.replace("name = \"试\"", &format!("name = \"试{hidden}\" #! hidden_character")));
        refused_behind_head(&format!("# 注{hidden} #! hidden_character\n"));
    }
    accepted(&format!("\u{feff}{HEAD}"));
    refused(&HEAD.replace("id = \"t\"", "id = \"t\u{1f35a}\" #! bad_name"));
    refused(&HEAD.replace("name = \"试\"", "name = \"试\\u001b[31m\" #! bad_name"));
    refused_benefit("[benefit.elder]\nany_of = [\"特\u{2f00}\"] #! category_unknown");
    accepted(&HEAD.replace("name = \"试\"", "name = \"𡋾 𫖯 ё ﾊ 🍚\""));
    for control in ["\u{1}", "\u{7f}", "\u{8}", "\u{1b}"] {
        let errors = Policy::parse("t", &format!("{HEAD}# {control}\n")).unwrap_err();
        assert_eq!((errors.0[0].code, errors.0[0].line), (Code::Syntax, 11), "{control:?}");
    }
}

#[test]
fn what_is_not_utf8_is_refused_at_its_byte() {
    let read = |bytes: &[u8]| domain::check::read_utf8("政策.toml", bytes.to_vec());
    let gbk = b"[policy]\nname = \"\xc9\xee\xdb\xda\"\n";
    let error = read(gbk).unwrap_err();
    assert_eq!((error.code, error.line, error.column, error.read.as_str()), (Code::NotUtf8, 2, 9, "0xC9 0xEE"));
    assert!(error.to_string().starts_with("政策.toml:2:9: [not_utf8] "), "{error}");
    let utf16 = read(b"\xff\xfe[\0p\0").unwrap_err();
    assert_eq!((utf16.code, utf16.line, utf16.column), (Code::NotUtf8, 1, 1));
    assert_eq!(read("试\n\u{feff}".as_bytes()).unwrap(), "试\n\u{feff}");
    assert_eq!(read(&"试".as_bytes()[..2]).unwrap_err().read, "0xE8 0xAF", "cut inside a character");
}

#[test]
fn a_file_has_bounds() {
    let errors = Policy::parse("t", &format!("{HEAD}#{}", "x".repeat(256 * 1024))).unwrap_err();
    assert_eq!((errors.0.len(), errors.0[0].code, errors.0[0].line), (1, Code::FileTooLarge, 1));
    assert!(errors.0[0].read.ends_with(" B") && errors.0[0].expected.contains("262144"), "{errors}");
    let many =
        |piece: &str, count: usize| (0..count).map(|i| piece.replace("NAME", &format!("n{i}"))).collect::<String>();
    let benefit = "[[benefit]]\nid = \"NAME\"\nkind = \"concession\"\namount = { fixed = \"0.01\" }\n";
    let gate = "[[gate]]\nwhen = { filing = \"inactive\" }\neffect = \"hold\"\nkinds = [\"diner\"]\n";
    for (piece, most) in [(benefit, 300), (gate, 32)] {
        accepted(&format!("{HEAD}{}", many(piece, most)));
        let errors = Policy::parse("t", &format!("{HEAD}{}", many(piece, most + 1))).unwrap_err();
        assert_eq!((errors.0.len(), errors.0[0].code), (1, Code::TooMany), "{errors}");
    }
    let tags = vec!["\"discount-10\""; 201].join(", ");
    refused_benefit(&format!("[benefit.canteen]\ntags = [{tags}] #! too_many"));
}

/// Each code of the catalogue is a mark in this file, or asked for by name here or where case files are tried.
#[test]
fn no_code_goes_untried() {
    let tried = concat!(include_str!("policy_refusals.rs"), include_str!("policy_check.rs"));
    for code in Code::ALL {
        let variant = format!("Code::{code:?}");
        let marked = tried.lines().any(|line| {
            line.split_once("#! ").is_some_and(|(_, marks)| marks.contains(code.as_str()))
                || line.contains(&format!("\"{code}\""))
                || line.contains(&variant)
        });
        // A file that cannot be opened is the command's own: the root package's tests/policy.
        assert!(marked || *code == Code::Unreadable, "{code}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn hostile_texts_are_refused_at_once() {
    let many = |piece: &str| piece.repeat(256 * 1024 / piece.len() - 10);
    let begun = std::time::Instant::now();
    for piece in ["[", "{a=", "a.", "[[benefit]]\n", "\u{202e}", "a = [[[[", "\"\"\"", "\"\\u0000\"=1\n", "# 注\n"] {
        let text = many(piece);
        let _ = Policy::parse("t", &text);
        let _ = Policy::parse("t", &format!("{HEAD}{text}"));
        let _ = domain::cases::parse_cases(&accepted(HEAD), "t", &text);
    }
    let _ = Policy::parse("t", &"x".repeat(64 * 1024 * 1024));
    let took = begun.elapsed();
    assert!(took.as_secs() < 30, "27 texts of 256 KiB took {took:?} in a debug build");
}

#[test]
fn hostile_texts_are_refused_and_nothing_overflows() {
    let many = |piece: &str| piece.repeat(256 * 1024 / piece.len());
    let deep = |open: &str| format!("x = {}", many(open));
    for text in [
        many("["),
        many("[["),
        many("]"),
        deep("["),
        deep("{a="),
        deep("[{a="),
        format!("{} = 1", many("a.")),
        format!("[{}a]", many("a.")),
        many("[a]\n"),
        many("[[benefit]]\n"),
        many("[[gate]]\n"),
        many("\"\"\""),
        many("a\n"),
        many("\u{0}"),
        many("\u{202e}"),
        many("=\r"),
        many("1979-05-27T"),
        "x".repeat(256 * 1024 + 1),
        format!(
            "{HEAD}{}",
            (0..290)
                .map(|i| GOOD.replace("good", &format!("g{i}")))
                .collect::<String>()
                .replace("city = 1", "city = -1")
        ),
    ] {
        let errors = Policy::parse("t", &text).unwrap_err();
        assert!((1..=100).contains(&errors.0.len()));
        assert!(errors.0.iter().all(|e| e.read.chars().count() < 700 && e.key.chars().count() < 700));
    }
}
