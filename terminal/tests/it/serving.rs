//! Serving, through the API that the page uses: who pays what, and that nobody pays twice.

use crate::support;

use domain::credential::Scan;
use domain::elder::{ElderFact, ElderFactKind};
use domain::money::Fen;
use serde_json::{Value, json};
use support::fixture::TestClock;
use support::till::{Till, by};
use support::{NOON, elder_id};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const RESIDENT_ID: &str = "11010519491231002X";

#[tokio::test]
async fn scan_enter_done() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let offer = till.scan(&card).await;
    assert_eq!(offer["kind"], "serving");
    assert_eq!(
        (&offer["price"], &offer["subsidy"], &offer["concession"], &offer["to_pay"]),
        (&json!(1500), &json!(500), &json!(100), &json!(900))
    );
    assert_eq!(offer["person"]["age"], 82);
    assert_eq!(offer["person"]["tail"], card[20..]);
    assert_eq!(till.meals().await.len(), 0, "nothing is recorded before Enter");
    let state = till.ok("/api/confirm", json!({ "sale": offer["sale"] })).await;
    assert_eq!(
        (&state["stage"]["kind"], &state["last"]["to_pay"], &state["last"]["number"]),
        (&json!("idle"), &json!(900), &json!(1))
    );
    assert_eq!(state["last"]["record"], offer["sale"]);
    assert_eq!(state["today"]["count"], 1);
}

#[tokio::test]
async fn no_tier_is_named_anywhere() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("孙*兰", "1948-12-24", true, &["低保"]).card).await;
    assert_eq!(till.scan(&card).await["subsidy"], 800);
    let (_, page) = till.get("/view").await;
    let (_, state) = till.get("/api/state").await;
    for text in [page, state] {
        assert!(!String::from_utf8(text).unwrap().contains("低保"));
    }
}

#[tokio::test]
async fn a_retried_enter_charges_once_even_after_a_restart() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    let sale = till.scan(&cards[0]).await["sale"].clone();
    let first = till.ok("/api/confirm", json!({ "sale": sale })).await;
    let again = till.ok("/api/confirm", json!({ "sale": sale })).await;
    // Whether the slip has come out by now is the printer's own time.
    let said = |mut answer: Value| {
        answer["last"]["printed"] = Value::Null;
        answer["last"].take()
    };
    assert_eq!(said(first), said(again));
    // The answer was lost and the next sale waits already: the old one is found, the new one stays as it is.
    let next = till.scan(&cards[1]).await["sale"].clone();
    let late = till.ok("/api/confirm", json!({ "sale": sale, "tender": "qr_payment" })).await;
    assert_eq!(late["stage"]["sale"], next);
    let till = till.restart(11).await;
    till.ok("/api/confirm", json!({ "sale": sale })).await;
    assert_eq!(till.meals().await.len(), 1);
    assert_eq!(till.refused("/api/confirm", json!({ "sale": next })).await, "nothing_waits");
}

#[tokio::test]
async fn keys_pressed_at_once_charge_once() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let till = std::sync::Arc::new(till);
    let sale = till.scan(&card).await["sale"].clone();
    let presses: Vec<_> = (0..12)
        .map(|_| {
            let (till, sale) = (till.clone(), sale.clone());
            tokio::spawn(async move { till.ok("/api/confirm", json!({ "sale": sale })).await })
        })
        .collect();
    for press in presses {
        press.await.unwrap();
    }
    assert_eq!(till.meals().await.len(), 1);
}

#[tokio::test]
async fn the_same_elder_and_period_is_never_charged_silently_again() {
    let mut card = String::new();
    let till = Till::serving(|office| {
        let holder = office.add_elder("张*国", "1943-11-22", false, &[]);
        let digest = Scan::read(RESIDENT_ID).unwrap().digest(&office.books().digest_key);
        office.change(holder.entry.elder.id, |entry| entry.resident_id = Some(digest));
        card = holder.card;
    })
    .await;
    let record = till.sell(&card).await;
    till.clock.pass(15 * MINUTE);
    for code in [card.as_str(), RESIDENT_ID] {
        let stage = till.scan(code).await;
        assert_eq!(stage["kind"], "duplicate");
        assert_eq!((&stage["first"]["at"], &stage["first"]["meal"]["record"]), (&json!(NOON), &record));
        assert_eq!(stage["first"]["cashier"], "李桂芳");
    }
    // One more meal is a guest's, at full price and without a name.
    let state = till.ok("/api/guest", json!({})).await;
    assert_eq!((&state["stage"]["to_pay"], &state["stage"]["person"]), (&json!(1500), &json!(null)));
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    // After a reversal the elder may eat.
    let older = |supervisor: serde_json::Value| json!({ "meal": record, "reason": "按错", "supervisor": supervisor });
    till.ok("/api/void", older(by(2))).await;
    till.clock.pass(MINUTE);
    till.sell(&card).await;
    // And in the evening again.
    till.clock.pass(5 * HOUR);
    assert_eq!(till.scan(&card).await["kind"], "serving");
}

#[tokio::test]
async fn a_meal_elsewhere_counts_as_the_first() {
    let mut card = String::new();
    let till = Till::serving(|office| {
        let holder = office.add_elder("张*国", "1943-11-22", false, &[]);
        card = holder.card;
        let line = serde_json::from_value(
            json!({ "benefit": "age-80", "group": "standard", "kind": "diner", "amount": 500, "shares": [] }),
        );
        let used = domain::sync::Use {
            date: NOON.business_date(),
            policy: "yc-2026".into(),
            line: line.unwrap(),
            at: NOON.plus(-20 * MINUTE),
            period: "lunch".parse().unwrap(),
            here: false,
        };
        office.books().other_uses.insert(holder.entry.elder.id, vec![used]);
    })
    .await;
    let stage = till.scan(&card).await;
    assert_eq!(
        (&stage["kind"], &stage["first"]["here"], &stage["first"]["meal"]),
        (&json!("duplicate"), &json!(false), &json!(null))
    );
}

#[tokio::test]
async fn a_scan_while_a_sale_waits_keeps_the_sale_and_asks() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    let sale = till.scan(&cards[0]).await["sale"].clone();
    till.clock.pass(4_000);
    assert_eq!(till.scan(&cards[0]).await["other"], json!(null), "the same card is no question");
    let asked = till.scan(&cards[1]).await;
    assert_eq!((&asked["sale"], &asked["other"]["name"]), (&sale, &json!("李*珍")));
    let kept = till.ok("/api/answer", json!({ "keep": true })).await;
    assert_eq!((&kept["stage"]["sale"], &kept["stage"]["other"]), (&sale, &json!(null)));
    till.clock.pass(4_000);
    till.scan(&cards[1]).await;
    let switched = till.ok("/api/answer", json!({ "keep": false })).await;
    assert_eq!(switched["stage"]["person"]["name"], "李*珍");
    assert_eq!(till.meals().await.len(), 0);
    assert_eq!(till.refused("/api/answer", json!({ "keep": false })).await, "nothing_waits");
}

/// Whose turn it is in the line, as the page sends it.
fn turn(state: &Value) -> Value {
    json!({ "turn": state["line"][0]["turn"] })
}

fn in_line(state: &Value) -> Vec<&str> {
    state["line"].as_array().into_iter().flatten().map(|waits| waits["name"].as_str().unwrap_or("?")).collect()
}

#[tokio::test]
async fn five_cards_at_once_are_each_served_or_passed_over_and_none_is_forgotten() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍", "王*山", "赵*", "孙*华"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    for card in &cards {
        till.scan(card).await;
    }
    let state = till.state().await;
    let sale = state["stage"]["sale"].clone();
    assert_eq!(in_line(&state), ["李*珍", "王*山", "赵*", "孙*华"], "in the order of their scans");
    till.clock.pass(4_000);
    till.scan(&cards[2]).await;
    assert_eq!(till.state().await["line"].as_array().unwrap().len(), 4, "who waits already waits once");
    assert!(till.page().await.contains("李*珍、王*山、赵*、孙*华"));

    // The sale on the screen goes on; the others wait.
    till.ok("/api/answer", json!({ "keep": true })).await;
    let state = till.ok("/api/confirm", json!({ "sale": sale })).await;
    assert_eq!((&state["stage"]["kind"], in_line(&state).len()), (&json!("idle"), 4), "nothing is offered unasked");
    assert!(till.page().await.contains("李*珍 刷过卡，还没收款"));
    for path in ["/api/sign-out", "/api/training"] {
        let body = if path == "/api/training" { json!({ "supervisor": by(2) }) } else { json!({}) };
        assert_eq!(till.refused(path, body).await, "line_waits", "{path}");
    }
    till.ok("/api/shift/count", json!({ "count": { "10000": 2 } })).await;
    assert_eq!(till.refused("/api/shift/close", json!({ "reason": "少了" })).await, "line_waits");

    // Each has its turn, and is charged by an Enter of its own.
    let first = turn(&state);
    let state = till.ok("/api/line/next", first.clone()).await;
    assert_eq!((&state["stage"]["person"]["name"], till.meals().await.len()), (&json!("李*珍"), 1));
    assert_eq!(till.refused("/api/line/next", turn(&state)).await, "sale_waits");
    let state = till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    assert_eq!(till.refused("/api/line/next", first.clone()).await, "other_turn", "that key meant another one");
    assert_eq!(till.refused("/api/line/pass", first).await, "other_turn");

    // One is passed over, one comes to the scanner again by itself, and one has had its meal meanwhile elsewhere here.
    let state = till.ok("/api/line/pass", turn(&state)).await;
    assert_eq!(in_line(&state), ["赵*", "孙*华"]);
    till.clock.pass(4_000);
    till.sell(&cards[4]).await;
    let state = till.state().await;
    assert_eq!(in_line(&state), ["赵*"], "who was served waits no longer");
    let state = till.ok("/api/line/next", turn(&state)).await;
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    assert_eq!(till.refused("/api/line/next", json!({ "turn": 9 })).await, "nothing_waits");
    let sold: Vec<String> = till.meals().await.iter().map(|meal| meal["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sold, ["赵*", "孙*华", "李*珍", "张*国"], "each once, and nobody else");
    till.ok("/api/sign-out", json!({})).await;
}

#[tokio::test]
async fn a_scan_that_failed_is_taken_when_it_is_scanned_again_at_once() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let database = till.dir.path().join("till/terminal.db");
    let database = sqlx::SqlitePool::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let rename = async |sql: &'static str| sqlx::query(sql).execute(&database).await.unwrap();
    rename("ALTER TABLE credential RENAME TO credential_away").await;
    let (status, answer) = till.post("/api/scan", json!({ "code": card })).await;
    assert_eq!((status.as_u16(), &answer["code"]), (500, &json!("storage")), "{answer}");
    rename("ALTER TABLE credential_away RENAME TO credential").await;
    assert_eq!(till.scan(&card).await["kind"], "serving", "the same card, at the same instant");
    // One that went well and is repeated is a trigger that was held too long.
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(till.scan(&card).await["kind"], "serving", "F2 is an end to it");
}

#[tokio::test]
async fn a_turn_is_worked_out_when_it_comes_and_a_long_line_says_that_it_is_full() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for _ in 0..12 {
            cards.push(office.add_elder("张*国", "1943-11-22", false, &[]).card);
        }
    })
    .await;
    for card in &cards[..10] {
        till.scan(card).await;
    }
    for _ in 0..2 {
        let code = till.refused("/api/scan", json!({ "code": cards[10] })).await;
        assert_eq!(code, "line_full", "said, not swallowed, as often as it is tried");
    }
    let state = till.state().await;
    assert_eq!(state["line"].as_array().unwrap().len(), 9);
    assert!(till.page().await.contains("等 9 位"));

    // A card that names nobody has its turn too; F2 leaves the sale, not the line.
    till.ok("/api/line/pass", turn(&state)).await;
    till.clock.pass(4_000);
    till.scan("912345678901234567890123").await;
    let state = till.ok("/api/answer", json!({ "keep": false })).await;
    assert_eq!(state["line"].as_array().unwrap().len(), 8, "the sale was dropped for the first of the line");
    let mut state = till.ok("/api/cancel", json!({})).await;
    assert_eq!((&state["stage"]["kind"], state["line"].as_array().unwrap().len()), (&json!("idle"), 8));
    for _ in 0..7 {
        state = till.ok("/api/line/pass", turn(&state)).await;
    }
    state = till.ok("/api/line/next", turn(&state)).await;
    assert_eq!(state["stage"]["kind"], "refused");
    till.ok("/api/cancel", json!({})).await;

    // Sold through another way while waiting: a second meal is not offered.
    till.scan(&cards[0]).await;
    till.scan(&cards[1]).await;
    till.ok("/api/answer", json!({ "keep": false })).await;
    till.scan(&cards[0]).await;
    let state = till.ok("/api/answer", json!({ "keep": true })).await;
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    assert_eq!(till.meals().await.len(), 1);
    // The day ends: nobody waits for yesterday's lunch, and the shift can be closed.
    till.clock.pass(24 * 60 * 60 * 1000);
    till.ok("/api/shift/count", json!({ "count": {} })).await;
    till.ok("/api/shift/close", json!({ "reason": "隔天", "supervisor": by(2) })).await;
    assert_eq!(till.state().await["line"], json!([]));
}

#[tokio::test]
async fn the_way_to_pay_outlasts_other_keys_and_what_was_keyed_is_for_one_person() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    till.scan(&cards[0]).await;
    till.ok("/api/tender", json!({ "tender": "qr_payment" })).await;
    till.ok("/api/portions", json!({ "portions": 2 })).await;
    let state = till.ok("/api/mode", json!({ "mode": "pickup" })).await;
    assert_eq!(state["stage"]["tender"], "qr_payment", "F3 and F4 are no answer to how it is paid");
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    assert!(till.meals().await.iter().all(|meal| meal["tender"] == "qr_payment"), "{:?}", till.meals().await);

    // Keyed for whoever comes next; that is a second meal, so the one behind gets the usual one.
    till.clock.pass(4_000);
    till.ok("/api/portions", json!({ "portions": 3 })).await;
    assert_eq!(till.scan(&cards[0]).await["kind"], "duplicate");
    let usual = till.scan(&cards[1]).await;
    assert_eq!((&usual["kind"], &usual["portions"]), (&json!("serving"), &json!(1)), "{usual}");
    till.ok("/api/cancel", json!({})).await;
    // A card that could not be read may be the same one's.
    till.ok("/api/portions", json!({ "portions": 3 })).await;
    assert_eq!(till.scan("6901234567892").await["kind"], "refused");
    assert_eq!(till.scan(&cards[1]).await["portions"], 3);
}

#[tokio::test]
async fn each_refusal_is_another_one_for_eyes_and_ears_and_a_lost_answer_can_be_asked_for() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let seen = async |path: &str, key: &str| -> Value {
        let view: Value = serde_json::from_slice(&till.get(path).await.1).unwrap();
        view[key].clone()
    };
    till.scan("130123456789012345").await;
    let (first, heard) = (seen("/view", "token").await, seen("/elder/view", "showing").await);
    till.scan("130123456789012346").await;
    assert_ne!(seen("/view", "token").await, first, "the same words about another code");
    assert_ne!(seen("/elder/view", "showing").await, heard);

    let sale = json!({ "sale": till.scan(&card).await["sale"] });
    let charged = async |sale: &Value| till.ok("/api/charged", sale.clone()).await["charged"].clone();
    assert_eq!(charged(&sale).await, false);
    till.ok("/api/confirm", sale.clone()).await;
    assert_eq!(charged(&sale).await, true);
    let till = till.restart(7).await;
    assert_eq!(till.ok("/api/charged", sale).await["charged"], true, "whatever became of the program");
}

#[tokio::test]
async fn the_same_scan_within_three_seconds_is_the_trigger_held_too_long() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    till.sell(&card).await;
    assert_eq!(till.scan(&card).await["kind"], "idle");
    till.clock.pass(3_000);
    assert_eq!(till.scan(&card).await["kind"], "duplicate");
}

#[tokio::test]
async fn every_refusal_says_what_it_is_and_charges_nothing() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        let lost = office.add_elder("郑*华", "1944-04-04", false, &[]);
        office.change(lost.entry.elder.id, |entry| entry.cards[0].revoked = Some(NOON.plus(-HOUR)));
        let gone = office.add_elder("许*贵", "1940-01-01", false, &[]);
        let death = ElderFact {
            valid_from: NOON.business_date().plus_days(-1),
            known_from: NOON.plus(-HOUR),
            kind: ElderFactKind::Death { dead: true },
        };
        office.change(gone.entry.elder.id, |entry| entry.elder.facts.push(death));
        let ended = office.add_elder("钱*英", "1945-05-05", true, &[]);
        office.change(ended.entry.elder.id, |entry| {
            entry.cards[0].expires = Some(NOON.business_date().plus_days(-1));
        });
        let today = office.add_elder("孙*兰", "1946-06-06", true, &[]);
        office.change(today.entry.elder.id, |entry| entry.cards[0].expires = Some(NOON.business_date()));
        cards = vec![lost.card, gone.card, ended.card, today.card];
    })
    .await;
    let stranger = support::Office::new(std::sync::Arc::new(TestClock::at(NOON)));
    for _ in 0..4 {
        stranger.add_elder("外*人", "1950-01-01", false, &[]);
    }
    let unknown = stranger.add_elder("外*人", "1950-01-01", false, &[]).card;
    let mut misread = cards[0].clone();
    misread.replace_range(10..11, if &misread[10..11] == "0" { "1" } else { "0" });
    for (code, expected) in [
        (cards[0].as_str(), "card_revoked"),
        (cards[1].as_str(), "not_active"),
        (cards[2].as_str(), "card_expired"),
        (unknown.as_str(), "unknown_card"),
        (misread.as_str(), "card_misread"),
        (&cards[0][..17], "card_misread"),
        // The head of an ID that was cut off: an old number of another person, if it were taken for whole.
        ("110105190503120…", "card_misread"),
        (RESIDENT_ID, "unknown_id"),
        ("440301194912310022", "bad_id_number"),
        ("134567890123456789", "payment_code"),
        ("6901234567892", "not_a_card"),
        ("https://example.com/x", "not_a_card"),
        ("", "not_a_card"),
    ] {
        let stage = till.scan(code).await;
        assert_eq!((&stage["kind"], &stage["code"]), (&json!("refused"), &json!(expected)), "{code}");
        assert_eq!(stage["price"], 1500, "the way to a guest's meal stays open");
        let (_, page) = till.get("/view").await;
        assert!(String::from_utf8(page).unwrap().contains("本次没有收费"));
    }
    let stage = till.scan(&cards[0]).await;
    assert_eq!((&stage["since"], &stage["list_at"]), (&json!(NOON.plus(-HOUR)), &json!(NOON)));
    assert_eq!(till.meals().await.len(), 0);
    assert_ne!(till.scan(&cards[3]).await["kind"], "refused", "a card is good on its last day");
}

#[tokio::test]
async fn outside_the_windows_only_guests_are_served() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    till.clock.pass(2 * HOUR + 20 * MINUTE);
    let refusal = till.scan(&card).await;
    assert_eq!(
        (&refusal["code"], &refusal["next"]["from"], &refusal["tomorrow"]),
        (&json!("outside_window"), &json!("16:30"), &json!(false))
    );
    let state = till.ok("/api/guest", json!({})).await;
    assert_eq!((&state["stage"]["period"], &state["stage"]["to_pay"]), (&json!("lunch"), &json!(1500)));
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
}

#[tokio::test]
async fn without_a_policy_the_price_is_full_and_without_a_price_nothing_is_sold() {
    let mut card = String::new();
    let till = Till::serving(|office| {
        card = office.add_elder("张*国", "1943-11-22", false, &[]).card;
        office.books().setup.policies.clear();
    })
    .await;
    let stage = till.scan(&card).await;
    assert_eq!((&stage["subsidy"], &stage["to_pay"]), (&json!(0), &json!(1500)));
    till.ok("/api/cancel", json!({})).await;
    till.office.books().setup.prices.clear();
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.scan(&card).await["code"], "no_price");
    assert_eq!(till.ok("/api/guest", json!({})).await["stage"]["code"], "no_price");
}

#[tokio::test]
async fn a_delivered_meal_costs_its_fee_and_the_next_one_is_eaten_here_again() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    till.scan(&cards[0]).await;
    assert_eq!(till.ok("/api/mode", json!({})).await["stage"]["mode"], "pickup");
    let stage = till.ok("/api/mode", json!({})).await["stage"].clone();
    assert_eq!(
        (&stage["mode"], &stage["delivery_fee"], &stage["own_payment"], &stage["to_pay"]),
        (&json!("delivery"), &json!(200), &json!(900), &json!(1100))
    );
    till.ok("/api/confirm", json!({ "sale": stage["sale"], "tender": "qr_payment" })).await;
    assert_eq!(till.scan(&cards[1]).await["mode"], "dine_in");
}

#[tokio::test]
async fn free_is_for_nothing_to_pay() {
    let mut card = String::new();
    let till = Till::serving(|office| {
        card = office.add_elder("张*国", "1943-11-22", false, &[]).card;
        let free = support::POLICY.replace(r#"amount = { fixed = "5.00" }"#, r#"amount = { up_to = "15.00" }"#);
        office.books().setup.policies = vec![free];
    })
    .await;
    let stage = till.scan(&card).await;
    assert_eq!((&stage["to_pay"], &stage["tender"]), (&json!(0), &json!("free")));
    assert_eq!(till.refused("/api/confirm", json!({ "sale": stage["sale"], "tender": "cash" })).await, "bad_tender");
    till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    let guest = till.ok("/api/guest", json!({})).await["stage"].clone();
    assert_eq!(till.refused("/api/tender", json!({ "tender": "free" })).await, "bad_tender");
    assert_eq!(till.refused("/api/confirm", json!({ "sale": guest["sale"], "tender": "free" })).await, "bad_tender");
}

#[tokio::test]
async fn a_meal_is_reversed_once_and_only_in_its_own_shift() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    assert_eq!(till.refused("/api/void", json!({ "reason": "按错" })).await, "meal_not_found");
    let record = till.sell(&card).await;
    assert_eq!(till.refused("/api/void", json!({ "reason": "  " })).await, "reason_missing");
    assert_eq!(till.refused("/api/void", json!({ "reason": "长".repeat(101) })).await, "text_too_long");
    let state = till.ok("/api/void", json!({ "reason": "按错" })).await;
    assert_eq!((&state["last"]["voided"], &state["today"]["count"]), (&json!(true), &json!(0)));
    assert_eq!(till.refused("/api/void", json!({ "meal": record, "reason": "按错" })).await, "already_voided");
    let other = till.sell_guest().await;
    till.ok("/api/shift/close", json!({ "count": { "10000": 2, "1000": 1, "500": 1 } })).await;
    till.open_shift(1).await;
    assert_eq!(till.refused("/api/void", json!({ "meal": other, "reason": "按错" })).await, "other_shift");
}

#[tokio::test]
async fn what_is_used_up_is_not_given_again() {
    let mut card = String::new();
    let till = Till::serving(|office| {
        card = office.add_elder("张*国", "1943-11-22", false, &[]).card;
        office.books().setup.policies = vec![support::POLICY.replace("per_day = 2", "per_day = 1")];
    })
    .await;
    till.sell(&card).await;
    till.clock.pass(5 * HOUR + 30 * MINUTE);
    let offline = till.scan(&card).await;
    assert_eq!(
        (&offline["period"], &offline["subsidy"], &offline["to_pay"]),
        (&json!("dinner"), &json!(0), &json!(1200))
    );
    till.ok("/api/cancel", json!({})).await;
    // The office's feed holds the lunch now: it is counted once, not twice.
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.scan(&card).await["subsidy"], 0);
    till.ok("/api/void", json!({ "reason": "按错" })).await;
    till.clock.pass(4_000);
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(till.scan(&card).await["subsidy"], 500, "reversed here, though the feed still holds it");
}

#[tokio::test]
async fn a_sale_that_waited_over_the_end_of_the_day_is_not_charged() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let sale = till.scan(&card).await["sale"].clone();
    till.clock.pass(17 * HOUR);
    assert_eq!(till.refused("/api/confirm", json!({ "sale": sale })).await, "shift_forgotten");
    assert_eq!(till.meals().await.len(), 0);
}

#[tokio::test]
async fn the_record_explains_itself() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("孙*兰", "1948-12-24", true, &["低保"]).card).await;
    till.sell(&card).await;
    till.terminal.sync_once().await.unwrap();
    let books = till.office.books();
    let policies = {
        let mut set = domain::policy::PolicySet::new();
        set.restore(domain::policy::Policy::parse("p", support::POLICY).unwrap()).unwrap();
        set
    };
    let rules = domain::record::check::Rulebook::new(policies, books.setup.calendar.clone());
    let records: Vec<_> =
        books.records[&1].values().map(|r| domain::record::encoding::decode(&r.record).unwrap()).collect();
    for record in &records {
        domain::record::check::check(record, &rules).unwrap();
    }
    let domain::record::Body::Meal(meal) = &records.last().unwrap().body else { panic!("a meal") };
    assert_eq!(meal.diner.as_ref().unwrap().elder, elder_id(1));
    assert_eq!((meal.decision.own_payment, meal.online), (Fen::new(600), true));
}
