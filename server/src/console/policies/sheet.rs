//! A policy as a sheet that people read: its benefits by how they add up, what is new since the version before, and what
//! else it says.

use domain::decision::Kind;
use domain::money::{Fen, Rounding};
use domain::policy::{Amount, Bearer, Benefit, Policy};
use domain::region::RegionCode;
use domain::words::{gate_sentence, how_much, payer_name, period_name, when, whom};

use super::words::Words;
use crate::console::fmt;
use crate::console::lang::{Lang, fill};

/// How a regions's code is said.
pub(super) type Place<'p> = &'p dyn Fn(&RegionCode) -> String;

/// A policy's sheet.
pub(super) struct Sheet {
    pub(super) groups: Vec<Group>,
    /// What else it says, with its name.
    pub(super) facts: Vec<(&'static str, String)>,
    /// How many benefits differ from the version before.
    pub(super) changes: usize,
}

/// Benefits that add up in one way.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
}

/// A benefit.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) whom: String,
    pub(super) when: String,
    pub(super) amount: String,
    /// The amount in the version before, where it differs.
    pub(super) was: Option<String>,
    /// A word for what is new or dropped.
    pub(super) mark: Option<&'static str>,
    pub(super) payers: String,
}

/// How a benefit's amount is said.
fn amount(benefit: &Benefit, lang: Lang) -> String {
    match benefit.amount {
        Amount::Fixed(amount) => fmt::yuan(&amount),
        _ => how_much(benefit, lang.domain()).unwrap_or_default(),
    }
}

/// A payer as statements name it.
fn payer(name: &str, lang: Lang) -> String {
    payer_name(name, lang.domain()).to_owned()
}

fn payers(benefit: &Benefit, w: &Words, lang: Lang) -> String {
    if benefit.kind == Kind::Concession {
        return w.canteen_pays.to_owned();
    }
    let paying: Vec<_> = benefit.payers.iter().filter(|p| p.weight > 0).collect();
    match paying.as_slice() {
        [only] => payer(&only.name, lang),
        several => {
            several.iter().map(|p| format!("{} {}", payer(&p.name, lang), p.weight)).collect::<Vec<_>>().join(" : ")
        }
    }
}

/// In which way a benefit adds up: its place among the groups.
const fn way(benefit: &Benefit) -> usize {
    match (benefit.kind, benefit.group.is_some()) {
        (Kind::Operator | Kind::Delivery, _) => 2,
        (Kind::Diner | Kind::Concession, true) => 0,
        (Kind::Diner | Kind::Concession, false) => 1,
    }
}

struct Reader<'r> {
    w: &'static Words,
    lang: Lang,
    place: Place<'r>,
}

impl Reader<'_> {
    fn row(&self, policy: &Policy, benefit: &Benefit, before: Option<&Policy>) -> Row {
        let amount = amount(benefit, self.lang);
        let earlier = before.map(|before| before.benefit(&benefit.id).map(|b| self::amount(b, self.lang)));
        let (was, mark) = match earlier {
            None => (None, None),
            Some(None) => (None, Some(self.w.added)),
            Some(Some(was)) => (Some(was).filter(|was| *was != amount), None),
        };
        let l = self.lang.domain();
        Row {
            label: benefit.label.clone(),
            whom: whom(policy, benefit, l, self.place),
            when: when(benefit, l),
            amount,
            was,
            mark,
            payers: payers(benefit, self.w, self.lang),
        }
    }

    fn dropped(&self, before: &Policy, benefit: &Benefit) -> Row {
        let mut row = self.row(before, benefit, None);
        row.was = Some(std::mem::take(&mut row.amount));
        row.mark = Some(self.w.dropped);
        row
    }

    fn facts(&self, policy: &Policy) -> Vec<(&'static str, String)> {
        let (w, l) = (self.w, self.lang.domain());
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let comma = self.lang.of("，", ", ");
        let meals = policy.meals().iter();
        let meals = meals.map(|m| format!("{} {}–{}", period_name(&m.period, l), clock(m.start), clock(m.end)));
        let rounding = match policy.rounding() {
            Rounding::HalfUp => w.half_up,
            Rounding::HalfEven => w.half_even,
            Rounding::Floor => w.floor,
            Rounding::Ceil => w.ceil,
        };
        let bearer = |bearer| match bearer {
            Bearer::Programme => w.programme,
            Bearer::Canteen => w.canteen,
        };
        let gates: Vec<String> = policy.gates().iter().map(|gate| gate_sentence(gate, l)).collect();
        let bearers = policy.bearers();
        let (double, stale) = (bearer(bearers.double), bearer(bearers.stale_facts));
        let mut facts = vec![
            (w.meals, meals.collect::<Vec<_>>().join(comma)),
            (w.least, fill(w.least_text, &[("least", &fmt::yuan(&policy.min_own_payment())), ("rounding", &rounding)])),
            (w.gates, if gates.is_empty() { w.no_gates.to_owned() } else { gates.join(self.lang.of("；", "; ")) }),
            (w.bearers, format!("{} {double}{comma}{} {stale}{comma}{}", w.double, w.stale, w.never_elder)),
        ];
        if policy.delivery_fee() != Fen::ZERO {
            facts.push((w.delivery_fee, fmt::yuan(&policy.delivery_fee())));
        }
        if let Some(version) = policy.corrects() {
            facts.push((w.corrects, fill(w.corrects_text, &[("n", &version)])));
        }
        facts.push((w.published, policy.published().to_owned()));
        facts
    }
}

/// A policy's sheet, held against the version before it.
pub(super) fn sheet(policy: &Policy, before: Option<&Policy>, lang: Lang, place: Place<'_>) -> Sheet {
    let reader = Reader { w: Words::of(lang), lang, place };
    let w = reader.w;
    let mut groups: Vec<Group> =
        [w.highest, w.stacks, w.to_canteen].map(|name| Group { name, rows: Vec::new() }).into_iter().collect();
    for benefit in policy.benefits() {
        groups[way(benefit)].rows.push(reader.row(policy, benefit, before));
    }
    if let Some(before) = before {
        for benefit in before.benefits().iter().filter(|b| policy.benefit(&b.id).is_none()) {
            groups[way(benefit)].rows.push(reader.dropped(before, benefit));
        }
    }
    groups.retain(|group| !group.rows.is_empty());
    let rows = groups.iter().flat_map(|group| &group.rows);
    let changes = rows.filter(|row| row.was.is_some() || row.mark.is_some()).count();
    Sheet { groups, facts: reader.facts(policy), changes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"
[policy]
id = "t"
name = "试"
version = VERSION
semantics = 1
region = "440300"
effective_from = 2026-01-01
source = "试〔2026〕1 号"

[meals]
lunch = ["10:30", "13:00"]
"#;

    fn policy(version: u32, benefits: &str) -> Policy {
        Policy::parse("t", &format!("{}{benefits}", HEAD.replace("VERSION", &version.to_string()))).unwrap()
    }

    fn benefit(id: &str, amount: &str, kind: &str, more: &str) -> String {
        format!(
            "[[benefit]]\nid = \"{id}\"\nlabel = \"{id}\"\nkind = \"{kind}\"\namount = {{ fixed = \"{amount}\" }}\n{more}\n"
        )
    }

    #[test]
    fn what_is_new_dropped_or_otherwise_is_marked_and_the_rest_is_not() {
        let group = "group = \"age\"\npayers = { city = 5, district = 3 }\n[benefit.elder]\nage = { min = 80 }";
        let first = [
            benefit("old", "5.00", "diner", group),
            benefit("same", "1.00", "concession", ""),
            benefit("gone", "1.00", "operator", "payers = { district = 1 }"),
        ];
        let second = [
            benefit("old", "5.50", "diner", group),
            benefit("same", "1.00", "concession", ""),
            benefit("new", "2.00", "delivery", "payers = { charity = 1 }"),
        ];
        let (before, now) = (policy(1, &first.concat()), policy(2, &second.concat()));
        let sheet = sheet(&now, Some(&before), Lang::Zh, &|region| region.to_string());
        let row = |row: &Row| {
            let (label, amount, was, mark) = (&row.label, &row.amount, row.was.clone(), row.mark);
            format!("{label} {amount} {} {}", was.unwrap_or_default(), mark.unwrap_or_default())
        };
        let drawn = |group: &Group| (group.name, group.rows.iter().map(row).collect::<Vec<_>>());
        let groups: Vec<_> = sheet.groups.iter().map(drawn).collect();
        let text = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        assert_eq!(groups[0], ("就高不就低", text(&["old ¥5.50 ¥5.00 "])));
        assert_eq!(groups[1], ("叠加", text(&["same ¥1.00  "])));
        assert_eq!(groups[2], ("付给食堂", text(&["new ¥2.00  新增", "gone  ¥1.00 取消"])));
        assert_eq!(sheet.changes, 3);
        assert_eq!(sheet.groups[0].rows[0].payers, "市财政 5 : 区财政 3");
    }
}
