//! A decision told line by line: what was applied, what was not, and why.

use serde_json::{Value, json};

use crate::calendar::{DayKind, WorkCalendar};
use crate::cases::Case;
use crate::decision::{Kind, Line};
use crate::money::Fen;
use crate::policy::Policy;
use crate::subsidy::{Outcome, Why, gates_in_force};
use crate::words::{Language, gate_sentence, kind_name, mode_name, payer_name, period_name};

/// The case's decision in Chinese or English, a line a benefit in file order.
#[must_use]
pub fn explain(policy: &Policy, case: &Case, calendar: &WorkCalendar, language: Language) -> String {
    let l = language;
    let outcome = case.decide(policy, calendar);
    let mut lines = vec![
        case.name.clone(),
        format!("{} {} v{} {}", policy.name(), policy.id(), policy.version(), policy.reference().hash.short()),
        meal_line(case, calendar, l),
    ];
    for gate in gates_in_force(policy, &case.canteen, case.meal.date) {
        if let Some(gate) = policy.gates().get(gate.index) {
            lines.push(format!("  ! {}", gate_sentence(gate, l)));
        }
    }
    for benefit in policy.benefits() {
        let label = &benefit.label;
        if let Some(line) = outcome.decision.lines.iter().find(|line| line.benefit == benefit.id) {
            lines.push(format!("  + {label} [{}] {}", benefit.id, line_words(line, l)));
        } else if let Some(why) = reason(&outcome, &benefit.id) {
            lines.push(format!("  - {label} [{}] {}", benefit.id, why.sentence(l, policy)));
        }
    }
    lines.extend(totals(&outcome, l));
    lines.join("\n")
}

/// The same as a JSON value: the decision, every reason with its data and its sentences, and the gates that act.
#[must_use]
pub fn explain_json(policy: &Policy, case: &Case, calendar: &WorkCalendar) -> Value {
    let outcome = case.decide(policy, calendar);
    let why: Vec<Value> = outcome
        .why
        .iter()
        .map(|(benefit, why)| {
            let (chinese, english) = (why.chinese(policy), why.english(policy));
            json!({ "benefit": benefit, "reason": why, "chinese": chinese, "english": english })
        })
        .collect();
    json!({
        "case": case.name,
        "age": case.elder.age,
        "meal": case.meal,
        "decision": outcome.decision,
        "why": why,
        "gates": gates_in_force(policy, &case.canteen, case.meal.date),
    })
}

fn reason<'o>(outcome: &'o Outcome, benefit: &str) -> Option<&'o Why> {
    outcome.why.iter().find(|(id, _)| id == benefit).map(|(_, why)| why)
}

fn meal_line(case: &Case, calendar: &WorkCalendar, l: Language) -> String {
    let (age, meal) = (case.elder.age, &case.meal);
    let day = match calendar.kind(meal.date) {
        Some(DayKind::Workday) => l.of("工作日", "workday"),
        Some(DayKind::Weekend) => l.of("周末", "weekend"),
        Some(DayKind::Holiday) => l.of("法定节假日", "statutory holiday"),
        None => l.of("节假日安排未知", "calendar unknown"),
    };
    let (period, mode) = (period_name(&meal.period, l), mode_name(meal.mode, l));
    let (date, price) = (meal.date, meal.price);
    l.of(
        format!("  {age} 周岁 · {date} {day} · {period} · {mode} · 标价 {price} 元"),
        format!("  age {age} · {date} {day} · {period} · {mode} · price {price}"),
    )
}

fn line_words(line: &Line, l: Language) -> String {
    let share = |s: &crate::decision::Share| {
        let unit = s.payer.unit.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
        l.of(
            format!("{}{unit} {} 元", payer_name(&s.payer.name, l), s.amount),
            format!("{}{unit} {}", payer_name(&s.payer.name, l), s.amount),
        )
    };
    let shares: Vec<String> = line.shares.iter().map(share).collect();
    let (kind, amount) = (kind_name(line.kind, l), line.amount);
    let shares = match shares.as_slice() {
        [] => String::new(),
        some => l.of(format!("（{}）", some.join("、")), format!(" ({})", some.join(", "))),
    };
    l.of(format!("{kind} {amount} 元{shares}"), format!("{kind} {amount}{shares}"))
}

fn totals(outcome: &Outcome, l: Language) -> Vec<String> {
    let decision = &outcome.decision;
    let own = decision.own_payment;
    let mut lines = vec![l.of(format!("  = 自付 {own} 元"), format!("  = own payment {own}"))];
    let fee = decision.delivery_fee;
    if fee > Fen::ZERO {
        lines.push(l.of(format!("  = 送餐费 {fee} 元"), format!("  = delivery fee {fee}")));
    }
    for kind in [Kind::Operator, Kind::Delivery] {
        let sum = decision.total(kind);
        if sum > Fen::ZERO {
            lines.push(format!("  = {} {sum}{}", kind_name(kind, l), l.of(" 元（付食堂）", " (to the canteen)")));
        }
    }
    lines
}
