//! Many meals in one shift, as fast as a scanner can: nothing lost, nothing doubled, and the Z report adds up.
//!
//! Three hundred in an ordinary run; `SOAK=2000 cargo test -p terminal --test it soak` is the whole of it.

use crate::support;

use std::collections::BTreeSet;

use domain::record::Body;
use serde_json::json;
use support::till::Till;

/// Meals of an ordinary run.
const USUAL: usize = 300;

#[tokio::test]
async fn as_many_meals_in_one_shift_as_there_were_sales() {
    let meals_wanted = std::env::var("SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL);
    let mut cards = Vec::with_capacity(meals_wanted);
    let till = Till::serving(|office| {
        office.books().bulk = true;
        cards.extend((0..meals_wanted).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card));
    })
    .await;
    for (number, card) in cards.iter().enumerate() {
        till.clock.pass(1_500);
        // The trigger is held too long, now and then.
        if number % 7 == 0 {
            till.scan(card).await;
        }
        let stage = till.scan(card).await;
        assert_eq!(stage["kind"], "serving", "{number}: {stage}");
        let sale = json!({ "sale": stage["sale"], "tender": if number % 3 == 0 { "qr_payment" } else { "cash" } });
        till.ok("/api/confirm", sale.clone()).await;
        // Every fifth answer is lost: the page confirms once more.
        if number % 5 == 0 {
            till.ok("/api/confirm", sale).await;
        }
        if number % 11 == 0 {
            till.clock.pass(4_000);
            assert_eq!(till.scan(card).await["kind"], "duplicate");
        }
    }
    let state = till.state().await;
    assert_eq!(state["today"]["count"], meals_wanted);
    let meals = till.meals().await;
    let records: BTreeSet<&str> = meals.iter().map(|meal| meal["record"].as_str().unwrap()).collect();
    assert_eq!((meals.len(), records.len()), (meals_wanted, meals_wanted));

    // ¥9.00 each; every third by QR.
    let by_qr = meals_wanted.div_ceil(3);
    let cash = i64::try_from(meals_wanted - by_qr).unwrap() * 900;
    let in_drawer = 20_000 + cash;
    let count =
        json!({ "10000": in_drawer / 10_000, "1000": in_drawer % 10_000 / 1_000, "100": in_drawer % 1_000 / 100 });
    let state = till.ok("/api/shift/count", json!({ "count": count })).await;
    assert_eq!(state["close"]["sums"]["difference"], 0, "{}", state["close"]["sums"]);
    till.ok("/api/shift/close", json!({})).await;

    for _ in 0..20 {
        if till.terminal.sync_once().await.unwrap().unsent == 0 {
            break;
        }
    }
    let bodies = till.office.bodies(1);
    let eaten: BTreeSet<_> = bodies
        .iter()
        .filter_map(|body| match body {
            Body::Meal(meal) => meal.diner.as_ref().map(|diner| diner.elder),
            _ => None,
        })
        .collect();
    assert_eq!(bodies.iter().filter(|body| matches!(body, Body::Meal(_))).count(), meals_wanted);
    assert_eq!(eaten.len(), meals_wanted, "every elder once");
    let Some(Body::ShiftClose(close)) = bodies.last() else { panic!("a shift close") };
    assert_eq!((usize::try_from(close.totals.meals.count).unwrap(), close.difference().get()), (meals_wanted, 0));
}
