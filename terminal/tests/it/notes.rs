//! What is keyed before the scan, what a canteen notes beside its records, and what a start says of the run before.

use crate::support;

use domain::record::Body;
use serde_json::{Value, json};
use support::till::{Till, by};
use support::{Office, elder_id};

fn crowd(office: &Office, people: usize) -> Vec<String> {
    (0..people).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect()
}

#[tokio::test]
async fn portions_are_guests_and_are_recorded_together() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    for bad in [0, 10] {
        assert_eq!(till.refused("/api/portions", json!({ "portions": bad })).await, "bad_portions");
    }
    till.ok("/api/portions", json!({ "portions": 3 })).await;
    let shown = till.scan(&cards[0]).await;
    assert_eq!(
        (&shown["to_pay"], &shown["portions"], &shown["extra_price"]),
        (&json!(3_900), &json!(3), &json!(3_000))
    );
    assert_eq!(till.refused("/api/tender", json!({ "tender": "free" })).await, "bad_tender");
    // Two fewer, while the sale waits.
    let state = till.ok("/api/portions", json!({ "portions": 2 })).await;
    assert_eq!(state["stage"]["to_pay"], 2_400);
    let sale = json!({ "sale": state["stage"]["sale"], "tender": "qr_payment" });
    let state = till.ok("/api/confirm", sale.clone()).await;
    assert_eq!((&state["elder"]["done"]["to_pay"], &state["next"]["portions"]), (&json!(2_400), &json!(1)));
    till.ok("/api/confirm", sale).await;
    let meals = till.meals().await;
    assert_eq!(meals.len(), 2, "the same confirmation again charges nothing");
    assert_eq!(
        (&meals[0]["guest"], &meals[0]["to_pay"], &meals[0]["tender"]),
        (&json!(true), &json!(1_500), &json!("qr_payment"))
    );
    assert_eq!((&meals[1]["to_pay"], &meals[1]["subsidy"]), (&json!(900), &json!(500)));
    till.terminal.sync_once().await.unwrap();
    let bodies = till.office.bodies(1);
    assert_eq!(bodies.iter().filter(|body| matches!(body, Body::Meal(_))).count(), 2);
}

#[tokio::test]
async fn an_amount_is_never_more_than_the_list_price_and_for_one_sale_only() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    for bad in [0, -1, 1_501] {
        assert_eq!(till.refused("/api/price", json!({ "amount": bad })).await, "above_list");
    }
    till.ok("/api/price", json!({ "amount": 800 })).await;
    let shown = till.scan(&cards[0]).await;
    // 8.00 less 5.00 less 1.00.
    assert_eq!((&shown["price"], &shown["to_pay"]), (&json!(800), &json!(200)));
    till.ok("/api/confirm", json!({ "sale": shown["sale"] })).await;
    assert_eq!(till.scan(&cards[1]).await["price"], 1_500);
    let state = till.ok("/api/price", json!({ "amount": 1_000 })).await;
    assert_eq!(state["stage"]["price"], 1_000, "while the sale waits");
    let state = till.ok("/api/price", json!({})).await;
    assert_eq!(state["stage"]["price"], 1_500);
}

#[tokio::test]
async fn a_round_is_ticked_and_what_came_back_is_reversed() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    let eaten_here = till.sell(&cards[0]).await;
    till.ok("/api/collection", json!({ "by": "delivery_round" })).await;
    let (first, second) = (till.sell(&cards[1]).await, till.sell(&cards[2]).await);
    let state = till.ok("/api/collection/end", json!({})).await;
    assert_eq!(state["deliveries"], 2);
    let tick = |meal: &Value| json!({ "meal": meal, "delivered": true });
    assert_eq!(till.refused("/api/delivered", tick(&eaten_here)).await, "not_delivery");
    assert_eq!(till.refused("/api/delivered", tick(&json!(elder_id(9)))).await, "meal_not_found");
    assert_eq!(till.ok("/api/delivered", tick(&first)).await["deliveries"], 1);
    assert_eq!(till.ok("/api/delivered", tick(&first)).await["deliveries"], 1, "ticked twice is ticked");
    till.ok("/api/void", json!({ "meal": second, "reason": "家里没人" })).await;
    assert_eq!(till.state().await["deliveries"], 0);
    assert_eq!(till.refused("/api/delivered", tick(&second)).await, "not_delivery");
    let till = till.restart(7).await;
    till.sign_in(1).await;
    let (_, page) = till.get("/view?page=delivery").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("已送到") && page.contains("没送到，已撤销"), "{page}");
}

#[tokio::test]
async fn dishes_stand_on_the_elders_display_and_why_needs_a_supervisor() {
    let mut cards = Vec::new();
    let till =
        Till::serving(|office| cards = vec![office.add_elder("孙*兰", "1948-12-24", true, &["低保"]).card]).await;
    let menu = |dishes: &[&str]| json!({ "period": "lunch", "dishes": dishes });
    assert_eq!(till.refused("/api/menu", menu(&["长"; 7])).await, "text_too_long");
    till.ok("/api/menu", menu(&["土豆炖牛肉", " ", "<b>米饭</b>"])).await;
    let (_, page) = till.get("/elder").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("土豆炖牛肉") && !page.contains("<b>米饭"), "{page}");
    assert_eq!(till.refused("/api/why", json!({ "supervisor": by(2) })).await, "nothing_waits");
    till.scan(&cards[0]).await;
    assert_eq!(till.refused("/api/why", json!({})).await, "supervisor_needed");
    assert_eq!(till.refused("/api/why", json!({ "supervisor": by(1) })).await, "not_supervisor");
    let (_, why) = till.post("/api/why", json!({ "supervisor": by(2) })).await;
    assert_eq!(why["given"][0]["amount"], 800, "{why}");
    for path in ["/view", "/elder", "/elder/view"] {
        let (_, shown) = till.get(path).await;
        assert!(!String::from_utf8(shown).unwrap().contains("低保"), "{path} names no tier");
    }
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_told_at_the_next_start_and_the_z_adds_up() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    assert_eq!(till.state().await["interrupted"], Value::Null);
    till.sell(&cards[0]).await;
    let shown = till.scan(&cards[1]).await;
    // Killed while a sale waited: nothing of it was charged.
    let till = till.cut_off(7).await;
    till.sign_in(1).await;
    let state = till.state().await;
    assert!(state["interrupted"].is_object(), "{}", state["interrupted"]);
    let page = till.page().await;
    assert!(page.contains("上次没有正常关机") && page.contains("张*国 ¥9.00"), "{page}");
    assert_eq!(till.refused("/api/confirm", json!({ "sale": shown["sale"] })).await, "nothing_waits");
    till.ok("/api/damage/seen", json!({})).await;
    assert_eq!(till.state().await["interrupted"], Value::Null);
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
    assert_eq!(state["close"]["sums"]["difference"], 0, "one meal, ¥9.00");
    till.ok("/api/shift/close", json!({})).await;
    let till = till.restart(8).await;
    assert_eq!(till.state().await["interrupted"], Value::Null, "this one ended in order");
}

#[tokio::test]
async fn a_meal_that_was_had_elsewhere_too_is_told_in_words() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 1)).await;
    till.office.books().offline = true;
    let _ = till.terminal.sync_once().await;
    till.sell(&cards[0]).await;
    let sold = till.meals().await;
    assert_eq!((&sold[0]["elsewhere"], &sold[0]["doubt"]), (&Value::Null, &Value::Null));
    till.office.had_elsewhere(elder_id(1), "lunch");
    till.office.books().offline = false;
    till.terminal.sync_once().await.unwrap();
    let (_, page) = till.get("/view?page=meals").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("在别的食堂也用过同一餐") && page.contains("不向老人追收"), "{page}");
}

#[tokio::test]
async fn the_doctor_looks_at_everything_and_prints_a_test_slip() {
    use terminal::doctor::{Asked, State, examine};
    let till = Till::serving(|_| {}).await;
    let mut config = support::till::config(&till.dir);
    config.server_url = "http://127.0.0.1:9".to_owned();
    let checks = examine(&config, Asked { print: true }, till.clock.clone()).await;
    let state = |name: &str| checks.iter().find(|check| check.name == name).map(|check| check.state);
    for (name, wanted) in [
        ("data", State::Ok),
        ("running", State::Warn),
        ("printer", State::Ok),
        ("scanner", State::Skipped),
        ("reader", State::Skipped),
        ("clock", State::Warn),
        ("disk", State::Ok),
        ("font", State::Ok),
        ("unsent", State::Warn),
        ("server", State::Warn),
    ] {
        assert_eq!(state(name), Some(wanted), "{name}: {checks:#?}");
    }
    let slip = std::fs::read(till.dir.path().join("slips").join("test.bin")).unwrap();
    let slip = receipts::preview::interpret(&slip, receipts::slip::Paper::Mm58).text();
    assert!(slip.contains("打印测试") && slip.contains("[图]") && slip.contains(terminal::doctor::TEST_CODE), "{slip}");
    config.printer = "device:/nowhere/lp0".parse().unwrap();
    config.readers = vec!["scanner:/nowhere/tty".parse().unwrap()];
    let checks = examine(&config, Asked::default(), till.clock.clone()).await;
    let failing: Vec<_> = checks.iter().filter(|c| c.state == State::Fail).map(|c| c.name).collect();
    assert_eq!(failing, ["printer", "scanner"]);
    assert!(checks.iter().all(|check| !check.text.is_empty()));
}
