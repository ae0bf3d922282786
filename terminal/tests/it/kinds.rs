//! Every kind of record that is made at the till besides an ordinary meal, through the API.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use domain::credential::{ChipNumber, ReaderDigits, ReaderFormat, Scan};
use domain::money::Fen;
use domain::record::{Body, Collector, Credential};
use domain::sync::RosterCard;
use serde_json::{Value, json};
use support::till::{Till, by};
use support::{NOON, Office, cashier_id, elder_id};

const MINUTE: i64 = 60_000;
const RESIDENT_ID: &str = "11010519491231002X";

fn crowd(office: &Office, people: usize) -> Vec<String> {
    (0..people).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect()
}

/// The last body that the office holds, after a round.
async fn last(till: &Till) -> Body {
    till.terminal.sync_once().await.unwrap();
    till.office.bodies(1).pop().unwrap()
}

/// What the printer put out, once so many slips are there.
async fn slips(till: &Till, count: usize) -> Vec<String> {
    let spool = till.dir.path().join("slips");
    for _ in 0..200 {
        let files = std::fs::read_dir(&spool).into_iter().flatten().map(|file| file.unwrap().path());
        let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "bin")).collect();
        if files.len() >= count {
            let paper = receipts::slip::Paper::Mm58;
            let text = |path| receipts::preview::interpret(&std::fs::read(path).unwrap(), paper).text();
            return files.into_iter().map(text).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{count} slips")
}

#[tokio::test]
async fn cash_moves_with_a_word_and_a_supervisor_and_the_z_adds_up() {
    let till = Till::serving(|_| {}).await;
    let cash = |amount: i64, note: &str, who: Value| json!({ "amount": amount, "note": note, "supervisor": who });
    assert_eq!(till.refused("/api/cash", cash(0, "零钱", by(2))).await, "bad_amount");
    assert_eq!(till.refused("/api/cash", cash(10_000_001, "零钱", by(2))).await, "bad_amount");
    assert_eq!(till.refused("/api/cash", cash(5_000, " ", by(2))).await, "reason_missing");
    assert_eq!(till.refused("/api/cash", cash(5_000, "零钱", json!(null))).await, "supervisor_needed");
    assert_eq!(till.refused("/api/cash", cash(5_000, "零钱", by(1))).await, "not_supervisor");
    assert_eq!(till.refused("/api/cash", cash(-20_001, "送银行", by(2))).await, "drawer_short");
    till.ok("/api/cash", cash(5_000, "零钱", by(2))).await;
    till.ok("/api/cash", cash(-10_000, "送银行", by(2))).await;
    let Body::Cash { amount, note } = last(&till).await else { panic!("cash") };
    assert_eq!((amount.get(), note.as_str()), (-10_000, "送银行（主管 赵春梅 授权）"));
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 1, "5000": 1 } })).await;
    let sums = &state["close"]["sums"];
    assert_eq!((&sums["expected"], &sums["difference"]), (&json!(15_000), &json!(0)));
    till.ok("/api/shift/close", json!({})).await;
    let Body::ShiftClose(close) = last(&till).await else { panic!("a shift close") };
    assert_eq!((close.moved.get(), close.difference().get()), (-5_000, 0));
}

#[tokio::test]
async fn a_refund_is_paid_once_and_leaves_the_list_at_once() {
    let mut cards = Vec::new();
    let mut due = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 2);
        due =
            vec![office.owe(1, elder_id(1), 500), office.owe(2, elder_id(2), 300), office.owe(3, elder_id(1), 99_999)];
    })
    .await;
    let list = async |body: Value| till.post("/api/refunds", body).await.1["refunds"].as_array().unwrap().clone();
    assert_eq!(list(json!({})).await.len(), 3);
    let own = list(json!({ "code": cards[0] })).await;
    assert_eq!(own.len(), 2);
    assert_eq!(
        (&own[0]["name"], &own[0]["amount"], &own[0]["date"]),
        (&json!("张*国"), &json!(500), &json!("2026-03-28"))
    );
    assert_eq!(till.refused("/api/refund", json!({ "due": due[2] })).await, "drawer_short");
    assert_eq!(till.refused("/api/refund", json!({ "due": elder_id(9) })).await, "refund_not_due");
    till.office.books().offline = true;
    let _ = till.terminal.sync_once().await;
    till.ok("/api/refund", json!({ "due": due[0] })).await;
    assert_eq!(till.refused("/api/refund", json!({ "due": due[0] })).await, "already_refunded");
    assert_eq!(list(json!({})).await.len(), 2, "off the list, though the office does not know yet");
    assert_eq!(till.state().await["sync"]["refunds"], 2);
    let till = till.restart(7).await;
    till.sign_in(1).await;
    assert_eq!(till.refused("/api/refund", json!({ "due": due[0] })).await, "already_refunded");
    till.office.books().offline = false;
    // Paid at another till of the canteen meanwhile: while the office is reached, its list decides.
    till.terminal.sync_once().await.unwrap();
    till.office.books().refunds.refunds.retain(|refund| refund.id != due[1]);
    assert_eq!(till.refused("/api/refund", json!({ "due": due[1] })).await, "refund_not_due");
    let Body::Refund(refund) = last(&till).await else { panic!("a refund") };
    assert_eq!((refund.due, refund.elder, refund.amount.get()), (due[0], elder_id(1), 500));
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 1, "5000": 1, "2000": 2, "500": 1 } })).await;
    assert_eq!(state["close"]["sums"]["difference"], 0, "200.00 less 5.00");
    till.ok("/api/shift/close", json!({})).await;
    let slips = slips(&till, 2).await;
    let has = |parts: &[&str]| slips.iter().any(|slip| parts.iter().all(|part| slip.contains(part)));
    assert!(has(&["退补单", "张*国", "5.00", "2026-03-28", "领款人签字"]), "{slips:?}");
    assert!(has(&["交班单", "退补 1", "-5.00", "195.00"]), "{slips:?}");
    let Body::ShiftClose(close) = last(&till).await else { panic!("a shift close") };
    assert_eq!((close.totals.refunds.count, close.totals.refunds.amount.get()), (1, 500));
}

#[tokio::test]
async fn an_elder_who_is_paid_back_does_not_wait_for_a_slow_office() {
    let mut due = Vec::new();
    let till = Till::serving(|office| {
        crowd(office, 1);
        due = vec![office.owe(1, elder_id(1), 500)];
    })
    .await;
    // It is online by the last round, and says nothing now.
    let never = std::sync::Arc::new(tokio::sync::Notify::new());
    {
        let mut books = till.office.books();
        (books.thinks, books.thinks_of) = (Some(never), "/api/v1/terminal/refunds");
    }
    till.ok("/api/refund", json!({ "due": due[0] })).await;
    assert_eq!(till.refused("/api/refund", json!({ "due": due[0] })).await, "already_refunded", "once");
    till.office.books().thinks = None;
    let Body::Refund(refund) = last(&till).await else { panic!("a refund") };
    assert_eq!((refund.due, refund.amount.get()), (due[0], 500));
}

/// The number on a practice card, counted from one.
fn practice_card(person: u8) -> String {
    format!("90{person:022}")
}

#[tokio::test]
async fn training_is_unmistakable_and_nothing_in_it_is_a_meal() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 1);
        office.owe(1, elder_id(1), 500);
    })
    .await;
    assert_eq!(till.refused("/api/training", json!({})).await, "supervisor_needed");
    let state = till.ok("/api/training", json!({ "supervisor": by(2) })).await;
    assert_eq!(state["training"], true);
    assert_eq!(till.scan(&cards[0]).await["code"], "only_practice", "no real elder's card is practised with");
    assert_eq!(
        till.refused("/api/manual", json!({ "elder": elder_id(1), "supervisor": by(2) })).await,
        "only_practice"
    );
    let record = till.sell(&practice_card(1)).await;
    let state = till.state().await;
    assert_eq!((&state["last"]["training"], &state["today"]["count"]), (&json!(true), &json!(0)));
    assert_eq!((&state["last"]["name"], &state["last"]["subsidy"]), (&json!("练习老人甲"), &json!(500)));
    till.clock.pass(MINUTE);
    assert_eq!(till.scan(&practice_card(4)).await["kind"], "duplicate", "the amber screen can be practised");
    till.ok("/api/cancel", json!({})).await;
    assert!(till.page().await.contains("训练模式：不是真的收款"));
    let (_, slip) = till.get(&format!("/slips/{}.svg", record.as_str().unwrap())).await;
    assert!(String::from_utf8(slip).unwrap().contains('训'));
    for (path, body) in [
        ("/api/void", json!({ "reason": "按错" })),
        ("/api/cash", json!({ "amount": 1, "note": "零钱", "supervisor": by(2) })),
        ("/api/collection", json!({ "by": "spouse" })),
        ("/api/refund", json!({ "due": elder_id(1) })),
        ("/api/reprint", json!({})),
    ] {
        assert_eq!(till.refused(path, body).await, "in_training", "{path}");
    }
    // The answer to Enter was lost: the same exercise, not another one.
    till.ok("/api/confirm", json!({ "sale": record })).await;
    till.clock.pass(MINUTE);
    till.sell(&practice_card(1)).await;
    let state = till.ok("/api/training/end", json!({})).await;
    assert_eq!((&state["training"], &state["stage"]["kind"]), (&json!(false), &json!("idle")));
    assert_eq!(till.meals().await.len(), 0);
    till.clock.pass(MINUTE);
    assert_eq!(till.scan(&practice_card(1)).await["code"], "practice_card", "nobody eats by a practice card");
    assert_eq!(till.scan(&cards[0]).await["subsidy"], 500, "nothing was used up");
    till.ok("/api/cancel", json!({})).await;
    till.ok("/api/training", json!({ "supervisor": by(2) })).await;
    let till = till.restart(7).await;
    assert_eq!(till.state().await["training"], false, "a restart ends it");
    till.terminal.sync_once().await.unwrap();
    let bodies = till.office.bodies(1);
    assert_eq!(bodies.iter().map(Body::kind).collect::<Vec<_>>(), ["start", "shift_open", "training", "training"]);
    till.sign_in(1).await;
    till.ok("/api/shift/close", json!({ "count": { "10000": 2 } })).await;
    let Body::ShiftClose(close) = last(&till).await else { panic!("a shift close") };
    assert_eq!(close.totals, domain::record::ZTotals::default());
}

#[tokio::test]
async fn training_is_for_the_quiet_hours_too() {
    let till = Till::serving(|office| drop(crowd(office, 1))).await;
    till.clock.pass(3 * 60 * MINUTE);
    assert!(till.page().await.contains("现在不在用餐时段"), "{}", till.page().await);
    till.ok("/api/training", json!({ "supervisor": by(2) })).await;
    assert!(!till.page().await.contains("现在不在用餐时段"), "who practises is told what to practise");
    till.sell(&practice_card(1)).await;
    till.clock.pass(MINUTE);
    assert_eq!(till.scan(&practice_card(4)).await["kind"], "duplicate");
    till.ok("/api/training/end", json!({})).await;
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.meals().await.len(), 0);
}

#[tokio::test]
async fn one_person_takes_meals_along_for_several_on_one_slip() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        for name in ["张*国", "李*珍", "王*山"] {
            cards.push(office.add_elder(name, "1943-11-22", false, &[]).card);
        }
    })
    .await;
    assert_eq!(till.refused("/api/collection/end", json!({})).await, "no_collection");
    let state = till.ok("/api/collection", json!({ "by": "caregiver" })).await;
    assert_eq!((&state["collection"]["by"], &state["next"]["mode"]), (&json!("caregiver"), &json!("pickup")));
    assert_eq!(till.refused("/api/collection", json!({ "by": "spouse" })).await, "collection_open");
    let first = till.sell(&cards[0]).await;
    let offer = till.scan(&cards[1]).await;
    assert_eq!(offer["mode"], "pickup");
    assert_eq!(till.refused("/api/collection/end", json!({})).await, "sale_waits");
    till.ok("/api/confirm", json!({ "sale": offer["sale"], "tender": "qr_payment", "reference": "4200 0022/97-x" }))
        .await;
    till.sell_guest().await;
    till.sell(&cards[2]).await;
    till.ok("/api/void", json!({ "reason": "老人不要了" })).await;
    let state = till.state().await;
    assert_eq!(state["collection"]["to_pay"], 1_800);
    assert_eq!(state["collection"]["meals"].as_array().unwrap().len(), 2);
    for (path, body) in [("/api/sign-out", json!({})), ("/api/shift/close", json!({ "count": {} }))] {
        assert_eq!(till.refused(path, body).await, "collection_open", "{path}");
    }
    assert!(till.page().await.contains("照护人代取 2 份"));
    assert_eq!(till.ok("/api/collection/end", json!({})).await["collection"], json!(null));
    assert_eq!(till.get(&format!("/slips/{}.svg", first.as_str().unwrap())).await.0, 200);
    let slips = slips(&till, 3).await;
    let slip = slips.iter().find(|slip| slip.contains("照护人代取 共 2 份")).unwrap();
    for part in ["张*国", "李*珍", "18.00", "现金、扫码"] {
        assert!(slip.contains(part), "{part}: {slip}");
    }
    assert!(!slip.contains("王*山"), "one slip for what is left");
    assert_eq!(slips.iter().filter(|slip| slip.contains("张*国")).count(), 1);
    till.terminal.sync_once().await.unwrap();
    let meals: Vec<_> = till
        .office
        .bodies(1)
        .into_iter()
        .filter_map(|body| match body {
            Body::Meal(meal) => Some(*meal),
            _ => None,
        })
        .collect();
    let ids: Vec<_> = meals.iter().map(|meal| meal.collection.map(|c| (c.by, c.id))).collect();
    assert!(ids[0].is_some_and(|(who, _)| who == Collector::Caregiver));
    assert_eq!((ids[0], ids[2]), (ids[1], None), "one id; a guest's meal is not taken along for an elder");
    assert_eq!(ids[3], ids[0]);
    assert_eq!(meals[1].reference.as_deref(), Some("42000022/97-x"));
}

/// The slip that is printed behind so many others, in the order of the printer.
async fn slip_after(till: &Till, before: usize) -> String {
    let spool = till.dir.path().join("slips");
    for _ in 0..200 {
        let files = std::fs::read_dir(&spool).into_iter().flatten().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "bin")).collect();
        // The printer's own count ends the name.
        let number = |path: &std::path::Path| path.file_stem()?.to_str()?.rsplit('-').next()?.parse::<u64>().ok();
        files.sort_by_key(|path| number(path));
        if let Some(path) = files.get(before) {
            let paper = receipts::slip::Paper::Mm58;
            return receipts::preview::interpret(&std::fs::read(path).unwrap(), paper).text();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no slip behind {before}")
}

#[tokio::test]
async fn what_is_printed_again_says_what_became_of_the_meal_and_who_took_it() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 4)).await;
    let undone = till.sell(&cards[0]).await;
    slip_after(&till, 0).await;
    till.ok("/api/void", json!({ "reason": "按错" })).await;
    assert!(slip_after(&till, 1).await.contains("撤销单"));

    // P: what happened last is that the money went back.
    till.ok("/api/reprint", json!({})).await;
    let again = slip_after(&till, 2).await;
    assert!(again.contains("撤销单") && again.contains("＊＊补打＊＊") && again.contains("按错"), "{again}");
    // Its own slip is no proof of a meal any more.
    till.ok("/api/reprint", json!({ "record": undone })).await;
    let meal = slip_after(&till, 3).await;
    assert_eq!(meal.matches("＊＊已撤销 补打＊＊").count(), 2, "first and last line: {meal}");
    let (_, preview) = till.get(&format!("/slips/{}.svg", undone.as_str().unwrap())).await;
    assert!(String::from_utf8(preview).unwrap().contains('撤'), "nor on the screen");

    // Taken along for two: each of them names who took it, before the end, behind it, and reversed.
    till.ok("/api/collection", json!({ "by": "spouse" })).await;
    let first = till.sell(&cards[1]).await;
    let second = till.sell(&cards[2]).await;
    till.ok("/api/reprint", json!({})).await;
    assert!(slip_after(&till, 4).await.contains("配偶代取 共 2 份"));
    till.ok("/api/collection/end", json!({})).await;
    slip_after(&till, 5).await;
    till.ok("/api/reprint", json!({ "record": first })).await;
    assert!(slip_after(&till, 6).await.contains("配偶代取 共 2 份"));
    till.ok("/api/void", json!({ "reason": "老人不要了" })).await;
    slip_after(&till, 7).await;
    till.ok("/api/reprint", json!({ "record": second })).await;
    let reversed = slip_after(&till, 8).await;
    assert!(reversed.contains("配偶代取") && reversed.contains("已撤销"), "{reversed}");
    till.ok("/api/reprint", json!({ "record": first })).await;
    let left = slip_after(&till, 9).await;
    assert!(left.contains("配偶代取 共 1 份") && !left.contains("已撤销"), "{left}");

    // A sale of three portions is three slips again.
    till.ok("/api/portions", json!({ "portions": 3 })).await;
    till.clock.pass(MINUTE);
    till.sell(&cards[3]).await;
    slip_after(&till, 12).await;
    till.ok("/api/reprint", json!({})).await;
    for slip in [13, 14, 15] {
        assert!(slip_after(&till, slip).await.contains("＊＊补打＊＊"));
    }
    let state = till.ok("/api/shift/count", json!({ "count": {} })).await;
    assert!(state["close"]["sums"].is_object());
}

#[tokio::test]
async fn a_delivery_round_pays_the_fee_unless_a_key_says_otherwise() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    till.ok("/api/collection", json!({ "by": "delivery_round" })).await;
    let stage = till.scan(&cards[0]).await;
    assert_eq!((&stage["mode"], &stage["delivery_fee"]), (&json!("delivery"), &json!(200)));
    let stage = till.ok("/api/mode", json!({ "mode": "pickup" })).await["stage"].clone();
    assert_eq!(stage["delivery_fee"], 0);
    till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    assert_eq!(till.scan(&cards[1]).await["mode"], "delivery");
}

#[tokio::test]
async fn a_payment_reference_is_for_qr_payments_and_readable() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 1)).await;
    let sale = till.scan(&cards[0]).await["sale"].clone();
    let pay = |tender: &str, reference: &str| json!({ "sale": sale, "tender": tender, "reference": reference });
    for (tender, reference) in [("cash", "42"), ("qr_payment", "订单"), ("qr_payment", &"1".repeat(65))] {
        assert_eq!(till.refused("/api/confirm", pay(tender, reference)).await, "bad_reference", "{reference}");
    }
    till.ok("/api/confirm", pay("cash", " ")).await;
    assert_eq!(till.meals().await[0]["reference"], json!(null));
}

#[tokio::test]
async fn a_reversal_keeps_who_allowed_it() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    let first = till.sell(&cards[0]).await;
    till.clock.pass(MINUTE);
    till.sell(&cards[1]).await;
    let void = |who: Value| json!({ "meal": first, "reason": "按错", "supervisor": who });
    assert_eq!(till.refused("/api/void", void(json!(null))).await, "supervisor_needed");
    assert_eq!(till.refused("/api/void", void(by(1))).await, "not_supervisor");
    till.ok("/api/void", void(by(2))).await;
    let Body::Void { approved_by, .. } = last(&till).await else { panic!("a reversal") };
    assert_eq!(approved_by, Some(cashier_id(2)));
}

#[tokio::test]
async fn a_cashier_reverses_the_last_sale_alone_and_nothing_behind_it() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 4)).await;
    let alone = |meal: &Value| json!({ "meal": meal, "reason": "按错" });
    let oldest = till.sell(&cards[0]).await;
    till.clock.pass(MINUTE);
    till.scan(&cards[1]).await;
    let state = till.ok("/api/portions", json!({ "portions": 3 })).await;
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    // All three portions are the last sale, in any order.
    let portions: Vec<Value> = till.meals().await[..3].iter().map(|meal| meal["record"].clone()).collect();
    for portion in [&portions[1], &portions[2], &portions[0]] {
        till.ok("/api/void", alone(portion)).await;
    }
    // Going back one by one does not bring the older ones within reach.
    assert_eq!(till.refused("/api/void", alone(&oldest)).await, "supervisor_needed");
    assert_eq!(
        till.refused("/api/void", json!({ "reason": "按错" })).await,
        "supervisor_needed",
        "the last that stands"
    );
    let (_, page) = till.get("/view?dialog=last").await;
    assert!(String::from_utf8(page).unwrap().contains("不是上一笔，请主管输入 PIN"), "the page asks for the same");

    // What comes back from a round is the cashier's to reverse, until it is ticked.
    till.ok("/api/collection", json!({ "by": "delivery_round" })).await;
    till.clock.pass(MINUTE);
    let brought = till.sell(&cards[2]).await;
    till.clock.pass(MINUTE);
    let returned = till.sell(&cards[3]).await;
    till.ok("/api/collection/end", json!({})).await;
    till.clock.pass(MINUTE);
    till.sell_guest().await;
    till.ok("/api/delivered", json!({ "meal": brought, "delivered": true })).await;
    assert_eq!(till.refused("/api/void", alone(&brought)).await, "supervisor_needed");
    till.ok("/api/void", alone(&returned)).await;
}

#[tokio::test]
async fn two_sales_in_one_millisecond_are_two() {
    let till = Till::serving(|_| {}).await;
    let alone = |meal: &Value| json!({ "meal": meal, "reason": "按错" });
    let (first, second) = (till.sell_guest().await, till.sell_guest().await);
    let meals = till.meals().await;
    assert_eq!(meals[0]["at"], meals[1]["at"], "the clock stood still");
    assert_eq!(till.refused("/api/void", alone(&first)).await, "supervisor_needed", "it is not the last sale");
    till.ok("/api/void", alone(&second)).await;
}

#[tokio::test]
async fn portions_belong_together_over_a_restart_and_stand_or_fall_one_by_one() {
    let till = Till::serving(|_| {}).await;
    let alone = |meal: &Value| json!({ "meal": meal, "reason": "按错" });
    till.ok("/api/guest", json!({})).await;
    let state = till.ok("/api/portions", json!({ "portions": 3 })).await;
    let state = till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    let price = state["last"]["price"].as_i64().unwrap();
    assert_eq!(state["last_sale"], json!({ "portions": 3, "to_pay": 3 * price }));
    let state = till.ok("/api/void", alone(&till.meals().await[0]["record"])).await;
    assert_eq!(state["last_sale"], json!({ "portions": 2, "to_pay": 2 * price }));
    let till = till.restart(5).await;
    till.sign_in(1).await;
    let portions: Vec<Value> = till.meals().await.iter().map(|meal| meal["record"].clone()).collect();
    for portion in [&portions[2], &portions[1]] {
        till.ok("/api/void", alone(portion)).await;
    }
}

#[tokio::test]
async fn a_chip_is_read_as_the_canteens_reader_writes_it() {
    let till = Till::serving(|office| {
        let holder = office.add_elder("张*国", "1943-11-22", false, &[]);
        let chip = Scan::Chip(ChipNumber::parse("0a1b2c3d").unwrap());
        let digest = chip.digest(&office.books().digest_key);
        office.change(holder.entry.elder.id, |entry| {
            entry.cards.push(RosterCard { digest, tail: "2c3d".into(), revoked: None, expires: None });
        });
        office.books().setup.reader = Some(ReaderFormat { digits: ReaderDigits::Decimal, reversed: false });
    })
    .await;
    let stage = till.scan("0169552957").await;
    assert_eq!((&stage["kind"], &stage["person"]["credential"]), (&json!("serving"), &json!("chip")));
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(till.scan("0169552958").await["code"], "unknown_card");
    till.office.books().setup.reader = None;
    till.terminal.sync_once().await.unwrap();
    till.clock.pass(4_000);
    assert_eq!(till.scan("0169552957").await["code"], "not_a_card", "without a reader there are no chips");
}

#[tokio::test]
async fn id_numbers_are_read_as_people_type_them() {
    let till = Till::serving(|office| {
        let holder = office.add_elder("张*国", "1943-11-22", false, &[]);
        let digest = Scan::read(RESIDENT_ID).unwrap().digest(&office.books().digest_key);
        office.change(holder.entry.elder.id, |entry| entry.resident_id = Some(digest));
    })
    .await;
    for typed in
        ["11010519491231002x", "110105 19491231 002x", "１１０１０５１９４９１２３１００２ｘ", "110105491231002"]
    {
        let stage = till.scan(typed).await;
        assert_eq!(
            (&stage["kind"], &stage["person"]["credential"]),
            (&json!("serving"), &json!("resident_id")),
            "{typed}"
        );
        till.ok("/api/cancel", json!({})).await;
    }
    assert_eq!(till.scan("１３４５６７８９０１２３４５６７８９").await["code"], "payment_code");
}

#[tokio::test]
async fn an_unknown_id_is_looked_up_while_the_office_is_reached() {
    let mut held = None;
    let till = Till::serving(|office| {
        // On the roster of another region: the office knows, this terminal does not.
        let holder = office.add_elder("外*人", "1943-11-22", false, &[]);
        let entry = office.books().roster.pop().unwrap();
        office.books().ids.insert(RESIDENT_ID.into(), entry);
        held = Some(holder.card);
    })
    .await;
    let stage = till.scan(RESIDENT_ID).await;
    assert_eq!(
        (&stage["kind"], &stage["person"]["name"], &stage["subsidy"]),
        (&json!("serving"), &json!("外*人"), &json!(500))
    );
    till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    assert_eq!(till.meals().await[0]["name"], "外*人", "the name stays for slips and lists");
    till.clock.pass(MINUTE);
    assert_eq!(
        till.scan(RESIDENT_ID).await["kind"],
        "duplicate",
        "the office does not know of it yet, the journal does"
    );
    till.terminal.sync_once().await.unwrap();
    till.clock.pass(5 * 60 * MINUTE);
    assert_eq!(till.scan(RESIDENT_ID).await["subsidy"], 500, "lunch is counted once: two a day are allowed");
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(till.scan("440301194912310022").await["code"], "bad_id_number");
    till.office.books().ids.clear();
    assert_eq!(till.scan(RESIDENT_ID).await["code"], "unknown_id", "asked, and nobody's");
    assert_eq!(till.refused("/api/unidentified", json!({})).await, "nothing_to_keep");
    till.office.books().offline = true;
    till.clock.pass(4_000);
    let stage = till.scan(RESIDENT_ID).await;
    assert_eq!((&stage["code"], &stage["may_keep"]), (&json!("unknown_id_offline"), &json!(true)));
    assert!(till.page().await.contains("查明后退差价"));
    // The number is written nowhere.
    let mut read = 0;
    for file in std::fs::read_dir(till.dir.path().join("till")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        read += bytes.len();
        assert!(!bytes.windows(17).any(|window| window == &RESIDENT_ID.as_bytes()[..17]));
    }
    assert!(read > 10_000);
}

#[tokio::test]
async fn while_the_office_is_asked_the_elder_is_asked_to_wait() {
    let thinks = std::sync::Arc::new(tokio::sync::Notify::new());
    let till = Till::serving(|office| office.books().thinks = Some(std::sync::Arc::clone(&thinks))).await;
    let display = async || -> Value { serde_json::from_slice(&till.get("/elder/view").await.1).unwrap() };
    let seen = async {
        let mut view = display().await;
        for _ in 0..200 {
            if view["face"] == "reading" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            view = display().await;
        }
        thinks.notify_one();
        view
    };
    let (scanned, seen) = tokio::join!(till.scan(RESIDENT_ID), seen);
    assert_eq!((&seen["face"], &seen["say"]), (&json!("reading"), &json!([])), "{seen}");
    assert!(seen["html"].as_str().is_some_and(|html| html.contains("请稍等")), "{seen}");
    assert_eq!(scanned["code"], "unknown_id");
    let held = display().await;
    assert_eq!((&held["face"], &held["say"]), (&json!("held"), &json!(["wait"])), "no reason is shown: {held}");
}

#[tokio::test]
async fn who_goes_back_to_scanning_does_not_wait_for_the_office_and_sees_no_late_answer() {
    let thinks = std::sync::Arc::new(tokio::sync::Notify::new());
    let till = Till::serving(|office| office.books().thinks = Some(std::sync::Arc::clone(&thinks))).await;
    let given_up = async {
        for _ in 0..200 {
            if till.state().await["elder"]["reading"] == true {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let state = till.ok("/api/cancel", json!({})).await;
        assert_eq!(state["elder"]["reading"], false, "{state}");
        thinks.notify_one();
    };
    let (stage, ()) = tokio::join!(till.scan(RESIDENT_ID), given_up);
    assert_eq!(stage["kind"], "idle", "the answer came too late to be meant: {stage}");
}

#[tokio::test]
async fn a_card_that_the_list_does_not_hold_is_kept_with_a_meal_at_full_price() {
    let till = Till::serving(|_| {}).await;
    let stranger = Office::new(std::sync::Arc::clone(&till.clock));
    stranger.add_elder("外*人", "1950-01-01", false, &[]);
    let card = stranger.add_elder("外*人", "1950-01-01", false, &[]).card;
    let stage = till.scan(&card).await;
    assert_eq!(
        (&stage["code"], &stage["may_keep"]),
        (&json!("unknown_card"), &json!(true)),
        "the line is up, and still the card may be newer than the list"
    );
    till.office.books().offline = true;
    till.terminal.sync_once().await.unwrap_err();
    till.clock.pass(4_000);
    assert_eq!(till.scan(&card).await["may_keep"], true);
    let stage = till.ok("/api/unidentified", json!({})).await["stage"].clone();
    assert_eq!(
        (&stage["to_pay"], &stage["unidentified"], &stage["person"]),
        (&json!(1_500), &json!(true), &json!(null))
    );
    let stage = till.ok("/api/mode", json!({ "mode": "pickup" })).await["stage"].clone();
    assert_eq!(stage["unidentified"], true);
    till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    till.office.books().offline = false;
    let Body::Meal(meal) = last(&till).await else { panic!("a meal") };
    let digest = Scan::read(&card).unwrap().digest(&till.office.books().digest_key);
    assert_eq!((meal.unidentified, meal.diner, meal.decision.own_payment), (Some(digest), None, Fen::new(1_500)));
}

#[tokio::test]
async fn an_elder_without_any_card_is_recognised_by_name_birth_date_and_a_supervisor() {
    let till = Till::serving(|office| {
        office.add_elder("张*国", "1943-11-22", false, &[]);
        office.add_elder("张*英", "1943-11-22", true, &[]);
        office.add_elder("张*国", "1950-05-01", false, &[]);
    })
    .await;
    let search = |name: &str, birth: &str| json!({ "name": name, "birth": birth });
    let names = async |body: Value| {
        let (_, answer) = till.post("/api/search", body).await;
        answer["found"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(search("张", "1943-11-22")).await.len(), 2);
    assert_eq!(names(search("张卫国", "1943-11-22")).await, ["张*国"]);
    assert_eq!(names(search("李", "1943-11-22")).await.len(), 0);
    assert_eq!(till.refused("/api/search", search(" ", "1943-11-22")).await, "search_more");
    let manual = |elder, who: Value| json!({ "elder": elder, "supervisor": who });
    assert_eq!(till.refused("/api/manual", manual(elder_id(1), json!(null))).await, "supervisor_needed");
    assert_eq!(till.refused("/api/manual", manual(elder_id(77), by(2))).await, "elder_not_found");
    let stage = till.ok("/api/manual", manual(elder_id(1), by(2))).await["stage"].clone();
    assert_eq!((&stage["kind"], &stage["person"]["credential"]), (&json!("serving"), &json!("manual")));
    let sold = till.ok("/api/confirm", json!({ "sale": stage["sale"] })).await;
    assert_eq!((&sold["today"]["manual"], &sold["last"]["credential"]), (&json!(1), &json!("manual")));
    let Body::Meal(meal) = last(&till).await else { panic!("a meal") };
    let diner = meal.diner.unwrap();
    assert_eq!((diner.credential, diner.approved_by), (Credential::Manual, Some(cashier_id(2))));
    till.ok("/api/sign-out", json!({})).await;
    assert_eq!(till.refused("/api/search", search("张", "1943-11-22")).await, "sign_in_first");
}

#[tokio::test]
async fn a_list_beyond_the_hard_limit_costs_full_price_and_keeps_the_diner() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 2);
        office.books().setup.offline.hard_ms = Some(72 * 60 * MINUTE);
        office.books().setup.offline.soft_ms = 60 * MINUTE;
    })
    .await;
    till.office.books().offline = true;
    till.terminal.sync_once().await.unwrap_err();
    till.clock.pass(30 * MINUTE);
    assert_eq!(till.state().await["sync"]["stale"], false);
    till.clock.pass(31 * MINUTE);
    let state = till.state().await;
    assert_eq!((&state["sync"]["stale"], &state["sync"]["roster_age_ms"]), (&json!(true), &json!(61 * MINUTE)));
    assert_eq!(till.scan(&cards[0]).await["subsidy"], 500, "a banner is all");
    till.ok("/api/cancel", json!({})).await;
    till.clock.pass(72 * 60 * MINUTE - 61 * MINUTE + 1);
    till.ok("/api/shift/close", json!({ "count": { "10000": 2 } })).await;
    till.open_shift(1).await;
    let full = till.scan(&cards[0]).await;
    assert_eq!(
        (&full["to_pay"], &full["list_too_old"], &full["person"]["name"]),
        (&json!(1_500), &json!(true), &json!("张*国"))
    );
    assert!(till.page().await.contains("名单太旧，先收全价"));
    till.ok("/api/confirm", json!({ "sale": full["sale"] })).await;
    till.office.books().offline = false;
    let Body::Meal(meal) = last(&till).await else { panic!("a meal") };
    assert_eq!((meal.decision.policy, meal.diner.map(|d| (d.elder, d.roster))), (None, Some((elder_id(1), NOON))));
    assert_eq!(till.scan(&cards[1]).await["subsidy"], 500, "a fresh list subsidises again");
}
