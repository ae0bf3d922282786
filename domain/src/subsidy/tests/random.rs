//! Random policies, elders and meals, made of a tape of bytes: a shorter tape, or one with smaller bytes, makes a
//! simpler thing, so that a failing example shrinks.

use std::fmt::Write as _;

use crate::calendar::BusinessDate;
use crate::canteen::{CanteenFacts, Filing, Standing};
use crate::decision::{Counts, MealFacts, Mode, Usage, Used};
use crate::elder::{Category, ElderFacts};
use crate::money::Fen;

/// The bytes and how far they are read; behind the end all bytes are zero.
pub(super) struct Tape<'a>(pub(super) &'a [u8]);

impl Tape<'_> {
    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    /// 0.00 to 20.99 yuan.
    fn yuan(&mut self) -> String {
        format!("\"{}.{:02}\"", self.below(21), self.below(100))
    }
}

const REGIONS: [&str; 8] =
    ["440304001003", "440304001", "440304", "4403", "44", "440305002001", "441900003", "310115001001"];
const CATEGORIES: [&str; 5] = ["特困", "低保", "失能", "重残", "入住养老机构"];

/// A valid policy file.
pub(super) fn policy(t: &mut Tape<'_>) -> String {
    let mut out = format!(
        "[policy]\nid = \"p\"\nname = \"p\"\nversion = 1\nsemantics = 1\nregion = \"440300\"\neffective_from = 2025-01-01\n\
         rounding = \"{}\"\n",
        t.pick(&["half_up", "half_even", "floor", "ceil"])
    );
    if t.one_in(3) {
        let _ = writeln!(out, "min_own_payment = {}", t.yuan());
    }
    out.push_str("[meals]\nlunch = [\"10:30\", \"13:30\"]\ndinner = [\"16:30\", \"18:30\"]\n");
    if t.one_in(3) {
        let _ = writeln!(out, "[delivery]\nfee = {}", t.yuan());
    }
    for _ in 0..t.below(3) {
        gate(t, &mut out);
    }
    let mut above: Vec<String> = Vec::new();
    for slot in 0..t.below(6) {
        let kind = t.pick(&["diner", "diner", "concession", "operator", "delivery"]);
        let group = t.one_in(2).then(|| format!("g{slot}"));
        let members = if group.is_some() { 1 + t.below(3) } else { 1 };
        let mut names: Vec<String> = group.iter().cloned().collect();
        for member in 0..members {
            let id = format!("b{slot}{member}");
            benefit(t, &mut out, &id, kind, group.as_deref(), &above);
            names.push(id);
        }
        above.extend(names);
    }
    out
}

fn gate(t: &mut Tape<'_>, out: &mut String) {
    let when = t.pick(&[
        "quality_grade = [\"C\", \"unrated\"]",
        "filing = \"inactive\"",
        "star_below = 3",
        "sunshine_kitchen = false",
    ]);
    let effect = t.pick(&["effect = \"no_subsidy\"", "effect = \"hold\"", "reduce_percent = \"20\""]);
    let kinds = t.pick(&["\"diner\"", "\"operator\", \"delivery\"", "\"diner\", \"concession\""]);
    let from = if t.one_in(3) { "from = 2026-03-02\n" } else { "" };
    let _ = writeln!(out, "[[gate]]\nwhen = {{ {when} }}\n{effect}\nkinds = [{kinds}]\n{from}");
}

fn benefit(t: &mut Tape<'_>, out: &mut String, id: &str, kind: &str, group: Option<&str>, above: &[String]) {
    let _ = writeln!(out, "[[benefit]]\nid = \"{id}\"\nkind = \"{kind}\"");
    let amount = match t.below(5) {
        0 => format!("fixed = {}", t.yuan()),
        1 => format!("up_to = {}", t.yuan()),
        2 => format!("percent = \"{}.{:02}\"", t.below(100), t.below(100)),
        3 => format!("percent = \"{}\", cap = {}", t.below(101), t.yuan()),
        _ => format!("own_payment = {}", t.yuan()),
    };
    let _ = writeln!(out, "amount = {{ {amount} }}");
    if t.one_in(3) {
        out.push_str("base = \"remaining\"\n");
    }
    if kind != "concession" {
        let _ = writeln!(out, "payers = {{ city = {}, lottery = {}, town = 1 }}", t.below(10), t.below(10));
    }
    if t.one_in(3) {
        out.push_str("payer_of = \"hukou\"\n");
    }
    if let Some(group) = group {
        let _ = writeln!(out, "group = \"{group}\"");
    }
    if t.one_in(6) {
        out.push_str("per = \"person_day\"\n");
    }
    if !above.is_empty() && t.one_in(3) {
        let _ = writeln!(out, "requires = [\"{}\"]", above[t.below(above.len())]);
    }
    elder_condition(t, out);
    if t.one_in(8) {
        out.push_str("[benefit.canteen]\ntags = [\"discount-10\"]\n");
    }
    meal_condition(t, out);
    limit(t, out, group.is_some());
}

fn elder_condition(t: &mut Tape<'_>, out: &mut String) {
    out.push_str("[benefit.elder]\n");
    if t.one_in(3) {
        let min = 60 + t.below(30);
        let _ = writeln!(out, "age = {{ min = {min}, max = {} }}", min + t.below(30));
    }
    for key in ["any_of", "all_of", "none_of"] {
        if t.one_in(6) {
            let test = t.pick(&[
                "\"特困\"",
                "\"特困\", \"低保\"",
                "{ name = \"失能\", min_level = 2 }",
                "{ name = \"重残\", levels = [1, 2] }",
            ]);
            let _ = writeln!(out, "{key} = [{test}]");
        }
    }
    for key in ["hukou", "hukou_not", "residence", "residence_not"] {
        if t.one_in(8) {
            let _ = writeln!(out, "{key} = \"{}\"", t.pick(&REGIONS));
        }
    }
    for key in ["hukou_same", "residence_same"] {
        if t.one_in(8) {
            let _ = writeln!(out, "{key} = \"{}\"", t.pick(&["city", "district", "town", "village", "province"]));
        }
    }
}

fn meal_condition(t: &mut Tape<'_>, out: &mut String) {
    out.push_str("[benefit.meal]\n");
    if t.one_in(5) {
        out.push_str("periods = [\"lunch\"]\n");
    }
    if t.one_in(5) {
        out.push_str("modes = [\"dine_in\", \"delivery\"]\n");
    }
    if t.one_in(4) {
        let _ = writeln!(out, "days = {}", t.pick(&["\"workday\"", "[\"mon\", \"tue\", \"fri\"]", "[\"sun\"]"]));
    }
    if t.one_in(4) {
        out.push_str("except_holidays = true\n");
    }
    if t.one_in(5) {
        out.push_str("price = { min = \"5.00\", min_exclusive = true, max = \"15.00\" }\n");
    }
}

fn limit(t: &mut Tape<'_>, out: &mut String, grouped: bool) {
    out.push_str("[benefit.limit]\n");
    for key in ["per_day", "per_week", "per_month"] {
        if t.one_in(4) {
            let _ = writeln!(out, "{key} = {}", 1 + t.below(3));
        }
    }
    if t.one_in(4) {
        let _ = writeln!(out, "per_month_amount = {}", t.yuan());
    }
    if grouped && t.one_in(2) {
        out.push_str("scope = \"group\"\n");
    }
}

pub(super) fn elder(t: &mut Tape<'_>) -> ElderFacts {
    let place = |t: &mut Tape<'_>| {
        let region = t.pick(&REGIONS).parse().unwrap();
        (!t.one_in(6)).then_some(region)
    };
    let mut categories: Vec<Category> = (0..t.below(3))
        .map(|_| {
            let level = t.below(4);
            Category { name: t.pick(&CATEGORIES).to_owned(), level: (level > 0).then(|| u8::try_from(level).unwrap()) }
        })
        .collect();
    categories.sort();
    let age = u8::try_from(60 + t.below(50)).unwrap();
    ElderFacts { age, hukou: place(t), residence: place(t), categories }
}

pub(super) fn canteen(t: &mut Tape<'_>) -> CanteenFacts {
    let grade = t.pick(&["A", "C", "unrated", ""]).to_owned();
    let stars = t.below(6);
    let standing = Standing {
        quality_grade: grade,
        filing: if t.one_in(3) { Filing::Inactive } else { Filing::Active },
        sunshine_kitchen: [None, Some(true), Some(false)][t.below(3)],
        stars: (stars > 0).then(|| u8::try_from(stars).unwrap()),
        ..Standing::default()
    };
    let tags = if t.one_in(2) { ["discount-10".to_owned()].into() } else { [].into() };
    CanteenFacts { region: REGIONS[t.below(2)].parse().unwrap(), tags, standing }
}

pub(super) fn meal(t: &mut Tape<'_>) -> MealFacts {
    // Around the spring festival of 2026, and a year the calendar does not know.
    let start = BusinessDate::new(if t.one_in(8) { 2031 } else { 2026 }, 2, 10).unwrap();
    MealFacts {
        date: start.plus_days(i64::try_from(t.below(25)).unwrap()),
        period: t.pick(&["lunch", "dinner"]).parse().unwrap(),
        mode: [Mode::DineIn, Mode::Pickup, Mode::Delivery][t.below(3)],
        price: Fen::new(i64::try_from(t.below(25) * 100 + t.below(100)).unwrap()),
    }
}

pub(super) fn usage(t: &mut Tape<'_>) -> Usage {
    let used = (0..t.below(5)).map(|_| {
        let benefit = format!("b{}{}", t.below(5), t.below(3));
        let group = t.one_in(2).then(|| format!("g{}", t.below(5)));
        let number = |t: &mut Tape<'_>| u32::try_from(t.below(4)).unwrap();
        let counts = Counts {
            day: number(t),
            week: number(t),
            month: number(t),
            month_amount: Fen::new(i64::try_from(t.below(256) * 10).unwrap()),
        };
        Used { policy: t.pick(&["p", "p", "q"]).to_owned(), benefit, group, counts }
    });
    Usage(used.collect())
}
