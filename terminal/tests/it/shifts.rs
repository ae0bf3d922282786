//! Signing in, the drawer, and the end of the day.

use crate::support;

use axum::http::StatusCode;
use domain::record::Body;
use domain::record::encoding::decode;
use serde_json::json;
use support::till::Till;
use support::{NOON, PIN, cashier_id};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn nothing_is_sold_before_a_shift_is_open() {
    let mut card = String::new();
    let till = Till::new(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    assert_eq!(till.state().await["stage"]["kind"], "sign_in");
    assert_eq!(till.refused("/api/scan", json!({ "code": card })).await, "sign_in_first");
    assert_eq!(till.refused("/api/shift/open", json!({ "float": 0 })).await, "sign_in_first");
    assert_eq!(till.refused("/api/sign-in", json!({ "cashier": cashier_id(1), "pin": "1111" })).await, "wrong_pin");
    assert_eq!(till.refused("/api/sign-in", json!({ "cashier": cashier_id(9), "pin": PIN })).await, "unknown_cashier");
    let state = till.ok("/api/sign-in", json!({ "cashier": cashier_id(1), "pin": PIN })).await;
    assert_eq!(state["stage"]["kind"], "open_shift");
    assert_eq!(till.refused("/api/scan", json!({ "code": card })).await, "shift_not_open");
    assert_eq!(till.refused("/api/shift/open", json!({ "float": -1 })).await, "bad_amount");
    assert_eq!(till.ok("/api/shift/open", json!({ "float": 20_000 })).await["stage"]["kind"], "idle");
    assert_eq!(till.refused("/api/shift/open", json!({ "float": 0 })).await, "shift_open");
}

#[tokio::test]
async fn wrong_pins_wait_and_lock() {
    let till = Till::new(|_| {}).await;
    let wrong = || json!({ "cashier": cashier_id(1), "pin": "0000" });
    for _ in 0..3 {
        assert_eq!(till.refused("/api/sign-in", wrong()).await, "wrong_pin");
    }
    let right = json!({ "cashier": cashier_id(1), "pin": PIN });
    let (status, _) = till.post("/api/sign-in", right.clone()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 3..10 {
        till.clock.pass(10 * 60_000);
        till.refused("/api/sign-in", wrong()).await;
    }
    till.clock.pass(24 * HOUR);
    assert_eq!(till.refused("/api/sign-in", right.clone()).await, "pin_locked");
    till.ok("/api/sign-in", json!({ "cashier": cashier_id(2), "pin": PIN })).await;
    let till = till.restart(5).await;
    assert_eq!(till.refused("/api/sign-in", right.clone()).await, "pin_locked", "a restart opens nothing");
    till.office.books().setup.cashiers[0] = support::cashier_with(1, "李桂芳", false, "1357");
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.refused("/api/sign-in", right).await, "wrong_pin", "the office set another PIN");
    till.ok("/api/sign-in", json!({ "cashier": cashier_id(1), "pin": "1357" })).await;
}

#[tokio::test]
async fn the_wait_after_wrong_pins_doubles_and_outlasts_a_restart() {
    let till = Till::new(|_| {}).await;
    let sign_in = |pin: &str| json!({ "cashier": cashier_id(1), "pin": pin });
    for _ in 0..3 {
        assert_eq!(till.refused("/api/sign-in", sign_in("0000")).await, "wrong_pin");
    }
    for wait in [2_000, 4_000, 8_000] {
        till.clock.pass(wait - 1);
        assert_eq!(till.refused("/api/sign-in", sign_in(PIN)).await, "pin_wait", "{wait}");
        till.clock.pass(1);
        assert_eq!(till.refused("/api/sign-in", sign_in("0000")).await, "wrong_pin", "{wait}");
    }
    let till = till.restart(5).await;
    assert_eq!(till.refused("/api/sign-in", sign_in(PIN)).await, "pin_wait");
    till.clock.pass(16_000);
    till.ok("/api/sign-in", sign_in(PIN)).await;
    assert_eq!(till.refused("/api/sign-in", sign_in("0000")).await, "wrong_pin", "a right one begins anew");
}

#[tokio::test]
async fn the_drawer_is_counted_blind_and_the_z_adds_up() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for (name, birth) in [("张*国", "1943-11-22"), ("李*珍", "1950-05-01"), ("王*山", "1942-02-11")] {
            cards.push(office.add_elder(name, birth, false, &[]).card);
        }
    })
    .await;
    till.sell(&cards[0]).await; // 9.00 cash
    let offer = till.scan(&cards[1]).await;
    till.ok("/api/confirm", json!({ "sale": offer["sale"], "tender": "qr_payment" })).await; // 11.00
    till.sell(&cards[2]).await; // 9.00 cash, reversed
    till.ok("/api/void", json!({ "reason": "按错" })).await;
    let state = till.state().await;
    assert_eq!(state["close"]["sums"], json!(null), "what is expected is not told before the count");
    assert!(!state.to_string().contains("20900"));
    assert_eq!(till.refused("/api/shift/close", json!({})).await, "count_first");
    assert_eq!(till.refused("/api/shift/count", json!({ "count": { "300": 1 } })).await, "bad_count");
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 2, "500": 1 } })).await;
    let sums = &state["close"]["sums"];
    assert_eq!(
        (&sums["expected"], &sums["difference"], &sums["needs_supervisor"]),
        (&json!(20_900), &json!(-400), &json!(false))
    );
    assert_eq!(
        till.refused("/api/shift/count", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await,
        "counted"
    );
    assert_eq!(till.refused("/api/shift/close", json!({})).await, "reason_missing");
    let state = till.ok("/api/shift/close", json!({ "reason": "疑多找 4 元" })).await;
    assert_eq!(state["stage"]["kind"], "sign_in");
    till.terminal.sync_once().await.unwrap();
    let books = till.office.books();
    let last = books.records[&1].values().last().unwrap();
    let Body::ShiftClose(close) = decode(&last.record).unwrap().body else { panic!("a shift close") };
    assert_eq!((close.counted.get(), close.expected().get(), close.late), (20_500, 20_900, false));
    assert_eq!((close.totals.meals.count, close.totals.voids.count, close.totals.cash.amount.get()), (2, 1, 900));
    let records = books.records[&1].values().map(|r| decode(&r.record).unwrap()).collect::<Vec<_>>();
    assert_eq!(close.totals, domain::record::ZTotals::of(&records));
    assert_eq!(records[usize::try_from(close.first_sequence).unwrap()].body.kind(), "shift_open");
}

#[tokio::test]
async fn a_large_difference_needs_a_supervisor() {
    let till = Till::serving(|_| {}).await;
    till.ok("/api/shift/count", json!({ "count": { "10000": 1 } })).await;
    let close = |supervisor| json!({ "reason": "钱箱被借走", "supervisor": supervisor });
    assert_eq!(till.refused("/api/shift/close", close(json!(null))).await, "supervisor_needed");
    let person = |n: u128, pin: &str| json!({ "cashier": cashier_id(n), "pin": pin });
    assert_eq!(till.refused("/api/shift/close", close(person(1, PIN))).await, "not_supervisor");
    assert_eq!(till.refused("/api/shift/close", close(person(2, "1111"))).await, "wrong_pin");
    assert_eq!(till.refused("/api/shift/recount", json!({ "supervisor": person(1, PIN) })).await, "not_supervisor");
    till.ok("/api/shift/recount", json!({ "supervisor": person(2, PIN) })).await;
    till.ok("/api/shift/count", json!({ "count": { "10000": 1, "5000": 1 } })).await;
    till.ok("/api/shift/close", close(person(2, PIN))).await;
    till.terminal.sync_once().await.unwrap();
    let last = till.office.books().records[&1].values().last().unwrap().clone();
    let Body::ShiftClose(close) = decode(&last.record).unwrap().body else { panic!("a shift close") };
    assert_eq!((close.reason.as_str(), close.difference().get()), ("钱箱被借走（主管 赵春梅 授权）", -5_000));
}

#[tokio::test]
async fn cashiers_change_freely_while_nothing_can_be_sent() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = (0..2).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect();
    })
    .await;
    till.office.books().offline = true;
    till.sell(&cards[0]).await;
    till.ok("/api/shift/count", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
    till.ok("/api/shift/close", json!({})).await;
    assert!(till.terminal.unsent().await.unwrap() > 0);
    till.open_shift(2).await;
    till.sell(&cards[1]).await;
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
    assert_eq!(state["close"]["sums"]["difference"], 0, "{}", state["close"]);
    till.ok("/api/shift/close", json!({})).await;
    till.office.books().offline = false;
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.rejected, report.unsent), (0, 0));
    let closes = till.office.bodies(1).iter().filter(|body| matches!(body, Body::ShiftClose(_))).count();
    assert_eq!(closes, 2);
}

#[tokio::test]
async fn a_sale_after_the_count_makes_it_void() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    till.ok("/api/shift/count", json!({ "count": { "10000": 2 } })).await;
    let stage = till.scan(&card).await;
    assert_eq!(till.refused("/api/shift/close", json!({})).await, "sale_waits");
    till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    assert_eq!(till.state().await["close"]["sums"], json!(null));
    assert_eq!(till.refused("/api/shift/close", json!({})).await, "count_first");
    till.ok("/api/shift/close", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
}

/// At the cutoff the round with the office, the watch over the days and a cashier who opens a shift come at once.
#[tokio::test]
async fn a_day_is_ended_once_whoever_ends_it() {
    let till = Till::serving(|_| {}).await;
    till.sell_guest().await;
    till.clock.pass(24 * HOUR);
    let end = || till.terminal.tick();
    let ended = tokio::join!(end(), end(), end(), end());
    let ended = [ended.0, ended.1, ended.2, ended.3].into_iter().filter(|ended| *ended.as_ref().unwrap()).count();
    till.terminal.sync_once().await.unwrap();
    let days = till.office.bodies(1).into_iter().filter(|body| matches!(body, Body::Day { .. })).count();
    assert_eq!((ended, days), (1, 1));
}

#[tokio::test]
async fn a_forgotten_shift_is_closed_late_and_then_work_goes_on() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    till.sell(&card).await;
    till.clock.pass(24 * HOUR);
    assert!(till.terminal.tick().await.unwrap(), "the day is over");
    assert!(!till.terminal.tick().await.unwrap(), "once");
    let till = till.restart(5).await;
    let state = till.ok("/api/sign-in", json!({ "cashier": cashier_id(2), "pin": PIN })).await;
    assert_eq!((&state["stage"]["kind"], &state["shift"]["forgotten"]), (&json!("forgotten_shift"), &json!(true)));
    assert_eq!(till.refused("/api/scan", json!({ "code": card })).await, "shift_forgotten");
    assert_eq!(till.refused("/api/shift/open", json!({ "float": 0 })).await, "shift_forgotten");
    till.ok("/api/shift/close", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
    till.open_shift(2).await;
    assert_eq!(till.scan(&card).await["kind"], "serving");
    till.terminal.sync_once().await.unwrap();
    let books = till.office.books();
    let bodies: Vec<_> = books.records[&1].values().map(|r| decode(&r.record).unwrap().body).collect();
    let kinds: Vec<_> = bodies.iter().map(Body::kind).collect();
    assert_eq!(kinds, ["start", "shift_open", "meal", "day", "shift_close", "shift_open"]);
    assert_eq!(bodies[3], Body::Day { through: NOON.business_date() });
    let Body::ShiftClose(close) = &bodies[4] else { panic!("a shift close") };
    assert!(close.late);
    assert_eq!(close.date, NOON.business_date());
}

#[tokio::test]
async fn without_the_servers_time_the_cashier_confirms_the_date() {
    let till = Till::new(|_| {}).await;
    till.office.books().offline = true;
    till.clock.reboot();
    till.clock.set_wall(NOON.plus(40 * 24 * HOUR));
    let till = till.restart(5).await;
    assert!(!till.terminal.tick().await.unwrap(), "a clock that jumped by weeks ends no days by itself");
    till.ok("/api/sign-in", json!({ "cashier": cashier_id(1), "pin": PIN })).await;
    assert_eq!(till.refused("/api/shift/open", json!({ "float": 0 })).await, "confirm_date");
    let other = json!({ "float": 0, "confirmed_date": "2026-03-31" });
    assert_eq!(till.refused("/api/shift/open", other).await, "confirm_date");
    till.ok("/api/shift/open", json!({ "float": 0, "confirmed_date": "2026-05-10" })).await;
}
