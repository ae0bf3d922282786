//! What day it is: clocks that were set, batteries that died, days that end; through the API.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::record::encoding::decode;
use domain::record::{Body, Record, TimeSource};
use serde_json::json;
use support::fixture::{SeededEntropy, TestClock};
use support::till::{Till, config};
use support::{CODE, NOON, Office};
use terminal::Terminal;

const HOUR: i64 = 3_600_000;
/// 2000-01-01 08:00 +08:00, as a computer shows whose battery died.
const BATTERY_DIED: UnixMs = UnixMs::new(946_684_800_000);

/// All records that the office holds, after a round.
async fn records(till: &Till) -> Vec<Record> {
    till.terminal.sync_once().await.unwrap();
    let books = till.office.books();
    books.records[&1].values().map(|signed| decode(&signed.record).unwrap()).collect()
}

/// The computer is switched off and on without the office; its clock shows `wall`.
async fn switched_on(till: Till, wall: UnixMs) -> Till {
    till.office.books().offline = true;
    till.clock.reboot();
    till.clock.set_wall(wall);
    till.restart(5).await
}

#[tokio::test]
async fn while_it_runs_nobody_can_set_the_time() {
    let till = Till::serving(|_| {}).await;
    for wall in [BATTERY_DIED, NOON.plus(-24 * HOUR), NOON.plus(400 * 24 * HOUR)] {
        till.clock.set_wall(wall);
        let state = till.state().await;
        assert_eq!((&state["clock"]["date"], &state["clock"]["source"]), (&json!("2026-03-31"), &json!("server")));
        till.sell_guest().await;
    }
    till.clock.set_wall(NOON);
    let records = records(&till).await;
    let since = &records[1..];
    assert!(since.iter().all(|record| record.at == NOON && record.time_source == TimeSource::Server));
    assert_eq!(records.last().unwrap().wall, NOON.plus(400 * 24 * HOUR), "what the clock showed is on the record");
}

#[tokio::test]
async fn after_a_dead_battery_time_is_held_runs_on_and_the_cashier_confirms_the_date() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let till = switched_on(till, BATTERY_DIED).await;
    let state = till.sign_in(1).await;
    assert_eq!((&state["stage"]["kind"], &state["clock"]["source"]), (&json!("confirm_date"), &json!("held")));
    assert!(till.page().await.contains("今天是 2026年3月31日 星期二，对吗？"));
    assert_eq!(till.refused("/api/scan", json!({ "code": card })).await, "confirm_date");
    assert_eq!(till.refused("/api/guest", json!({})).await, "confirm_date");
    assert_eq!(till.refused("/api/confirm-date", json!({ "date": "2026-04-01" })).await, "confirm_date");
    let state = till.ok("/api/confirm-date", json!({ "date": "2026-03-31" })).await;
    assert_eq!(state["stage"]["kind"], "idle");
    // The boot's own time runs on from there.
    till.clock.pass(20 * 60_000);
    assert_eq!(till.state().await["clock"]["at"], json!(NOON.plus(20 * 60_000)));
    till.sell(&card).await;
    till.clock.set_wall(NOON.plus(HOUR));
    till.office.books().offline = false;
    let records = records(&till).await;
    let sold = records.last().unwrap();
    assert_eq!((sold.time_source, sold.at, sold.server_time), (TimeSource::Held, NOON.plus(20 * 60_000), Some(NOON)));
    assert_eq!(till.state().await["clock"]["source"], "server");
}

#[tokio::test]
async fn a_clock_that_was_corrected_is_confirmed_again() {
    let till = Till::serving(|_| {}).await;
    let till = switched_on(till, BATTERY_DIED).await;
    till.sign_in(1).await;
    // It is the next morning, and the cashier says no: the clock is set, and the page asks again.
    till.clock.set_wall(NOON.plus(21 * HOUR));
    let state = till.state().await;
    assert_eq!((&state["stage"]["kind"], &state["clock"]["source"]), (&json!("forgotten_shift"), &json!("wall")));
    till.ok("/api/shift/close", json!({ "count": { "10000": 2 } })).await;
    till.sign_in(1).await;
    assert_eq!(till.refused("/api/shift/open", json!({ "float": 0 })).await, "confirm_date");
    till.ok("/api/shift/open", json!({ "float": 0, "confirmed_date": "2026-04-01" })).await;
    till.sell_guest().await;
    till.office.books().offline = false;
    let bodies: Vec<_> = records(&till).await.into_iter().map(|record| record.body).collect();
    assert!(bodies.contains(&Body::Day { through: NOON.business_date() }), "the day before is over");
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_held_and_business_dates_never_go_back() {
    let till = Till::serving(|_| {}).await;
    till.sell_guest().await;
    let till = switched_on(till, NOON.plus(-26 * HOUR)).await;
    till.sign_in(1).await;
    till.ok("/api/confirm-date", json!({ "date": "2026-03-31" })).await;
    till.sell_guest().await;
    till.clock.set_wall(NOON.plus(1_000));
    till.office.books().offline = false;
    let records = records(&till).await;
    assert!(records.windows(2).all(|two| two[0].at <= two[1].at));
    assert_eq!(records.last().unwrap().business_date().to_string(), "2026-03-31");
}

#[tokio::test]
async fn a_clock_that_ran_ahead_is_put_right_by_the_office_and_no_day_is_ended_by_it() {
    let till = Till::serving(|_| {}).await;
    let till = switched_on(till, NOON.plus(40 * 24 * HOUR)).await;
    assert!(!till.terminal.tick().await.unwrap(), "a clock that jumped by weeks ends no days by itself");
    assert_eq!(till.sign_in(1).await["stage"]["kind"], "forgotten_shift");
    // The office is reached before anybody believes it.
    till.clock.set_wall(NOON.plus(HOUR));
    till.office.books().offline = false;
    till.terminal.sync_once().await.unwrap();
    let state = till.state().await;
    assert_eq!((&state["stage"]["kind"], &state["clock"]["date"]), (&json!("idle"), &json!("2026-03-31")));
    assert!(!till.office.bodies(1).iter().any(|body| matches!(body, Body::Day { .. })));
}

#[tokio::test]
async fn supper_after_midnight_belongs_to_the_evening_before() {
    let till = Till::serving(|_| {}).await;
    till.clock.pass(15 * HOUR);
    till.sell_guest().await;
    assert!(!till.terminal.tick().await.unwrap());
    till.clock.pass(2 * HOUR);
    assert!(till.terminal.tick().await.unwrap(), "04:32: the day is over");
    assert_eq!(till.refused("/api/guest", json!({})).await, "shift_forgotten");
    let records = records(&till).await;
    let meal = records.iter().find(|record| matches!(record.body, Body::Meal(_))).unwrap();
    assert_eq!(
        (meal.at.local_date().to_string(), meal.business_date().to_string()),
        ("2026-04-01".into(), "2026-03-31".into())
    );
}

#[tokio::test]
async fn a_new_till_at_1970_begins_with_the_offices_time_or_says_that_its_clock_is_wrong() {
    let office = Office::new(Arc::new(TestClock::at(NOON)));
    let clock = Arc::new(TestClock::at(UnixMs::new(0)));
    let dir = tempfile::tempdir().unwrap();
    let (transport, entropy) = (Arc::new(office.clone()), Arc::new(SeededEntropy::new(3)));
    terminal::enrol_with(&config(&dir), CODE, clock.clone(), entropy.clone(), transport.clone()).await.unwrap();
    let open = || Terminal::open_with(config(&dir), clock.clone(), entropy.clone(), transport.clone());
    // The line went down behind the enrolment.
    office.books().offline = true;
    clock.pass(60_000);
    let till = open().await.unwrap();
    office.books().offline = false;
    till.sync_once().await.unwrap();
    let begun = decode(&office.books().records[&1][&0].record).unwrap();
    assert_eq!((begun.at, begun.time_source), (NOON.plus(60_000), TimeSource::Server));
    assert_eq!(begun.wall, UnixMs::new(60_000), "what the clock showed is on the record");
    till.close().await;
    drop(till);

    // Its database is lost, and with it what time it is.
    for file in std::fs::read_dir(dir.path().join("till")).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("terminal.db") {
            std::fs::remove_file(path).unwrap();
        }
    }
    clock.reboot();
    clock.set_wall(UnixMs::new(0));
    let refused = open().await.err().unwrap().to_string();
    assert!(refused.contains("请先校准系统时间"), "{refused}");
    clock.set_wall(NOON);
    open().await.unwrap();
}
