//! Paper lists: meals written down while the till was out of order, entered by one person and confirmed by another.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use domain::record::check::{Rulebook, check};
use domain::record::encoding::decode;
use domain::record::{Body, Credential};
use serde_json::{Value, json};
use support::till::{Till, by};
use support::{NOON, Office, cashier_id, elder_id};

const DAY: i64 = 24 * 3_600_000;

fn crowd(office: &Office, people: usize) -> Vec<String> {
    (0..people).map(|_| office.add_elder("张*国", "1943-11-22", false, &["低保"]).card).collect()
}

fn open(date: &str, period: &str, who: &Value) -> Value {
    json!({ "date": date, "period": period, "supervisor": who })
}

#[tokio::test]
async fn a_list_is_entered_by_one_and_confirmed_by_another() {
    let mut cards = Vec::new();
    let till = Till::new(|office| {
        cards = crowd(office, 4);
        // Hardship ended yesterday: on the day of the list it still held.
        let ended = domain::elder::ElderFact {
            valid_from: NOON.business_date(),
            known_from: NOON.plus(-1),
            kind: domain::elder::ElderFactKind::Category { name: "低保".into(), level: None, held: false },
        };
        office.change(elder_id(1), |entry| entry.elder.facts.push(ended));
    })
    .await;
    assert_eq!(till.refused("/api/paper/open", open("2026-03-30", "lunch", &by(2))).await, "sign_in_first");
    till.sign_in(1).await;
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[0] })).await, "no_paper");
    assert_eq!(till.refused("/api/paper/open", open("2026-03-30", "lunch", &by(1))).await, "not_supervisor");
    for (date, period) in [("2026-04-01", "lunch"), ("2026-01-31", "lunch"), ("2026-03-31", "dinner")] {
        assert_eq!(till.refused("/api/paper/open", open(date, period, &by(2))).await, "paper_date", "{date} {period}");
    }
    assert_eq!(till.refused("/api/paper/open", open("2026-03-30", "breakfast", &by(2))).await, "no_price");
    till.ok("/api/paper/open", open("2026-03-30", "lunch", &by(2))).await;
    assert_eq!(till.refused("/api/paper/open", open("2026-03-30", "lunch", &by(2))).await, "paper_open");
    assert_eq!(till.refused("/api/paper/commit", json!({ "second": by(2) })).await, "paper_empty");
    let state = till.ok("/api/paper/add", json!({ "code": cards[0] })).await;
    assert_eq!(state["paper"]["lines"][0]["subsidy"], 800, "the facts of that day");
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[0] })).await, "already_served");
    assert_eq!(till.refused("/api/paper/add", json!({ "code": "134567890123456789" })).await, "payment_code");
    assert_eq!(till.refused("/api/paper/add", json!({})).await, "elder_not_found");
    till.ok("/api/paper/add", json!({ "code": cards[1], "mode": "delivery", "tender": "qr_payment" })).await;
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[2], "tender": "free" })).await, "bad_tender");
    till.ok("/api/paper/add", json!({ "code": cards[2] })).await;
    till.ok("/api/paper/add", json!({ "elder": elder_id(4), "supervisor": by(2) })).await;
    assert_eq!(till.refused("/api/paper/remove", json!({ "line": 5 })).await, "meal_not_found");
    till.ok("/api/paper/remove", json!({ "line": 3 })).await;
    assert_eq!(till.refused("/api/sign-out", json!({})).await, "paper_open");
    assert_eq!(till.refused("/api/paper/commit", json!({ "second": by(1) })).await, "second_person");
    assert_eq!(till.refused("/api/paper/commit", json!({})).await, "second_person");
    let wrong = json!({ "second": { "cashier": cashier_id(2), "pin": "1111" } });
    assert_eq!(till.refused("/api/paper/commit", wrong).await, "wrong_pin");
    let state = till.ok("/api/paper/commit", json!({ "second": by(2) })).await;
    assert_eq!((&state["paper"], &state["today"]["count"]), (&json!(null), &json!(0)));
    let (_, day) = till.get("/api/meals?date=2026-03-30").await;
    let day: Value = serde_json::from_slice(&day).unwrap();
    assert_eq!(day["meals"].as_array().unwrap().len(), 3);
    assert_eq!(day["meals"][0]["paper"], true);
    // Twice the same paper: nobody is entered twice.
    till.ok("/api/paper/open", open("2026-03-30", "lunch", &by(2))).await;
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[0] })).await, "already_served");
    till.ok("/api/paper/drop", json!({})).await;
    assert_records(&till).await;
    // The day after is untouched by it, and today's lunch is served as usual.
    till.open_shift(1).await;
    assert_eq!(till.scan(&cards[1]).await["subsidy"], 800);
}

async fn assert_records(till: &Till) {
    till.terminal.sync_once().await.unwrap();
    let books = till.office.books();
    let mut set = domain::policy::PolicySet::new();
    set.restore(domain::policy::Policy::parse("p", support::POLICY).unwrap()).unwrap();
    let rules = Rulebook::new(set, books.setup.calendar.clone());
    let records: Vec<_> = books.records[&1].values().map(|r| decode(&r.record).unwrap()).collect();
    let meals: Vec<_> = records.iter().filter(|record| matches!(record.body, Body::Meal(_))).collect();
    assert_eq!(meals.len(), 3);
    let mut lines = Vec::new();
    for record in meals {
        check(record, &rules).unwrap();
        let Body::Meal(meal) = &record.body else { unreachable!() };
        let paper = meal.paper.as_ref().unwrap();
        assert_eq!((record.cashier, record.shift, paper.approved_by), (Some(cashier_id(1)), None, cashier_id(2)));
        assert_eq!(meal.meal.date, NOON.business_date().plus_days(-1));
        lines.push((paper.list, paper.line, meal.diner.as_ref().unwrap().credential));
    }
    let list = lines[0].0;
    assert_eq!(lines, [(list, 1, Credential::Card), (list, 2, Credential::Card), (list, 3, Credential::Manual)]);
}

#[tokio::test]
async fn a_meal_that_stands_in_the_journal_is_not_entered_from_paper() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    till.sell(&cards[0]).await;
    till.clock.pass(DAY);
    till.ok("/api/shift/close", json!({ "count": { "10000": 2, "500": 1, "100": 1 } })).await;
    till.sign_in(2).await;
    till.ok("/api/paper/open", open("2026-03-31", "lunch", &by(2))).await;
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[0] })).await, "already_served");
    till.ok("/api/paper/add", json!({ "code": cards[1] })).await;
    // The till was out of order this morning as well: a window that has begun today may be entered.
    assert_eq!(till.refused("/api/paper/commit", json!({ "second": by(2) })).await, "second_person");
    till.ok("/api/paper/commit", json!({ "second": by(1) })).await;
    till.ok("/api/paper/open", open("2026-04-01", "lunch", &by(3))).await;
    till.ok("/api/paper/add", json!({ "code": cards[1] })).await;
    till.ok("/api/paper/commit", json!({ "second": by(1) })).await;
    till.open_shift(1).await;
    assert_eq!(till.scan(&cards[1]).await["kind"], "duplicate", "what was entered counts at once");
}

#[tokio::test]
async fn the_dead_ate_while_they_lived() {
    let mut cards = Vec::new();
    let till = Till::new(|office| {
        cards = crowd(office, 1);
        let death = domain::elder::ElderFact {
            valid_from: NOON.business_date().plus_days(-2),
            known_from: NOON.plus(-1),
            kind: domain::elder::ElderFactKind::Death { dead: true },
        };
        office.change(elder_id(1), |entry| entry.elder.facts.push(death));
    })
    .await;
    till.sign_in(1).await;
    till.ok("/api/paper/open", open("2026-03-30", "lunch", &by(2))).await;
    assert_eq!(till.refused("/api/paper/add", json!({ "code": cards[0] })).await, "not_active");
    till.ok("/api/paper/drop", json!({})).await;
    till.ok("/api/paper/open", open("2026-03-29", "lunch", &by(2))).await;
    till.ok("/api/paper/add", json!({ "code": cards[0] })).await;
}
