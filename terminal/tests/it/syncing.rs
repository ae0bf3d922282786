//! The conversation with the office: lost, repeated and late answers, restored servers, restored terminals.

use crate::support;

use std::collections::BTreeSet;

use domain::calendar::UnixMs;
use domain::id::Digest;
use domain::record::Body;
use domain::record::encoding::decode;
use domain::sync::AuditHead;
use proptest::prelude::*;
use serde_json::json;
use support::NOON;
use support::till::{Till, config};
use support::{Fault, Office};
use terminal::journal::Entry;
use terminal::{OfficeError, RetireError, SyncError, Terminal};

fn crowd(office: &Office, people: usize) -> Vec<String> {
    (0..people).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect()
}

/// Every record that the terminal has is at the office once, in one chain.
#[expect(clippy::unwrap_used, reason = "a failure here is a failed test")]
fn assert_whole(till: &Till, meals: usize) {
    let books = till.office.books();
    let mut ids = BTreeSet::new();
    for (epoch, records) in &books.records {
        assert_eq!(books.cursor(*epoch).next, records.len() as u64, "no gap in epoch {epoch}");
        let mut previous = domain::id::Digest::ZERO;
        for signed in records.values() {
            let record = decode(&signed.record).unwrap();
            assert_eq!(record.previous, previous);
            previous = signed.hash();
            assert!(ids.insert(record.id), "nothing twice");
        }
    }
    let all = books.records.values().flat_map(|records| records.values());
    let served = all.filter(|r| matches!(decode(&r.record).unwrap().body, Body::Meal(_))).count();
    assert_eq!(served, meals);
}

#[test]
fn whatever_is_lost_or_repeated_nothing_is_lost_or_doubled() {
    let fault = prop_oneof![
        3 => Just(Fault::None),
        1 => Just(Fault::LoseRequest),
        1 => Just(Fault::LoseAnswer),
        1 => Just(Fault::Twice),
    ];
    let script = (proptest::collection::vec(fault, 0..40), proptest::collection::vec(0_usize..3, 6));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runner
        .run(&script, |(faults, rounds)| {
            runtime.block_on(async {
                let mut cards = Vec::new();
                let till = Till::serving(|office| cards = crowd(office, 6)).await;
                till.office.books().faults = faults.into();
                for (card, rounds) in cards.iter().zip(rounds) {
                    till.sell(card).await;
                    till.clock.pass(10_000);
                    for _ in 0..rounds {
                        let _ = till.terminal.sync_once().await;
                    }
                }
                // When faults stop, queues drain.
                till.office.books().faults.clear();
                let report = till.terminal.sync_once().await.unwrap();
                assert_eq!((report.unsent, till.terminal.unsent().await.unwrap()), (0, 0));
                assert_whole(&till, 6);
            });
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_long_time_offline_goes_up_in_batches_in_order() {
    let mut card = String::new();
    let till = Till::serving(|office| card = crowd(office, 1).remove(0)).await;
    till.office.books().offline = true;
    assert!(matches!(till.terminal.sync_once().await, Err(SyncError::Office(_))));
    for _ in 0..230 {
        let state = till.ok("/api/guest", json!({})).await;
        till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    }
    let state = till.state().await;
    assert_eq!((&state["sync"]["online"], &state["sync"]["unsent"]), (&json!(false), &json!(231)));
    assert_eq!(state["sync"]["oldest"], json!(NOON));
    till.office.books().offline = false;
    till.office.books().requests.clear();
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.sent, report.accepted, report.unsent), (231, 231, 0));
    let batches = till.office.books().requests.iter().filter(|r| r.ends_with("/records")).count();
    assert!(batches >= 2, "{batches} batches");
    assert_whole(&till, 230);
    assert_eq!(till.state().await["sync"]["online"], true);
}

#[tokio::test]
async fn a_server_that_was_restored_gets_again_what_it_lost() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    for card in &cards {
        till.sell(card).await;
        till.terminal.sync_once().await.unwrap();
    }
    till.office.books().records.get_mut(&1).unwrap().retain(|sequence, _| *sequence < 3);
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.sent, report.new_epoch), (2, None));
    assert_whole(&till, 3);
    till.office.books().records.clear();
    assert_eq!(till.terminal.sync_once().await.unwrap().sent, 5);
    assert_whole(&till, 3);
}

#[tokio::test]
async fn a_terminal_restored_from_an_old_backup_begins_a_new_epoch() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    till.sell(&cards[0]).await;
    till.terminal.sync_once().await.unwrap();
    till.terminal.close().await;
    let backup = tempfile::tempdir().unwrap();
    for file in ["terminal.db", "terminal.key"] {
        std::fs::copy(config(&till.dir).data_dir.join(file), backup.path().join(file)).unwrap();
    }
    let till = till.restart(20).await;
    till.ok("/api/sign-in", json!({ "cashier": support::cashier_id(1), "pin": support::PIN })).await;
    till.sell(&cards[1]).await;
    till.terminal.sync_once().await.unwrap();
    // The disk died; the backup is put in its place, and serves before the network is there.
    let Till { dir, clock, office, terminal, free } = till;
    terminal.close().await;
    drop(terminal);
    for file in ["terminal.db-wal", "terminal.db-shm"] {
        let _ = std::fs::remove_file(config(&dir).data_dir.join(file));
    }
    for file in ["terminal.db", "terminal.key"] {
        std::fs::copy(backup.path().join(file), config(&dir).data_dir.join(file)).unwrap();
    }
    let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(21));
    let transport = std::sync::Arc::new(office.clone());
    let terminal = Terminal::open_with(config(&dir), clock.clone(), entropy, transport).await.unwrap();
    let till = Till { dir, clock, office, terminal, free };
    till.ok("/api/sign-in", json!({ "cashier": support::cashier_id(1), "pin": support::PIN })).await;
    till.sell(&cards[2]).await;
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.new_epoch, report.rejected, report.unsent), (Some(2), 1, 0));
    till.clock.pass(4_000);
    till.sell_guest().await;
    let again = till.terminal.sync_once().await.unwrap();
    assert_eq!((again.new_epoch, again.rejected, again.sent), (None, 0, 1), "the fork is not made twice");
    let books = till.office.books();
    assert_eq!(books.quarantine.len(), 1, "what was sold in between is kept for a person to judge");
    let start = decode(&books.records[&2][&0].record).unwrap();
    let Body::Start { previous: Some(previous), .. } = start.body else { panic!("a start that names its past") };
    assert_eq!((previous.epoch, previous.sequence), (1, 3));
}

#[tokio::test]
async fn an_interrupted_roster_is_fetched_again_and_does_no_harm() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 7);
        office.books().page_size = 2;
    })
    .await;
    let lost = domain::credential::Scan::read(&cards[6]).unwrap();
    let digest = lost.digest(&till.office.books().digest_key);
    let elder = support::elder_id(7);
    till.office.change(elder, |entry| entry.cards[0].revoked = Some(UnixMs::new(5)));
    till.clock.pass(60_000);
    // hello, three pages, and then the line is cut
    till.office.books().faults = [Fault::None, Fault::None, Fault::None, Fault::LoseAnswer].into();
    till.terminal.sync_once().await.unwrap_err();
    assert_eq!(till.state().await["sync"]["roster"], json!(NOON), "the version moves with the last page only");
    assert_eq!(till.scan(&cards[6]).await["kind"], "serving", "not known yet");
    till.ok("/api/cancel", json!({})).await;
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.scan(&cards[6]).await["code"], "card_revoked");
    assert_eq!(till.state().await["sync"]["roster"], json!(NOON.plus(60_000)));
    // A new card takes the old one's place.
    till.office.change(elder, |entry| entry.cards.retain(|card| card.digest != digest));
    till.terminal.sync_once().await.unwrap();
    till.clock.pass(4_000);
    assert_eq!(till.scan(&cards[6]).await["code"], "unknown_card");
}

#[tokio::test]
async fn a_setup_that_cannot_be_read_leaves_the_old_one_in_force() {
    let mut card = String::new();
    let till = Till::serving(|office| card = crowd(office, 1).remove(0)).await;
    till.office.books().setup.policies.push("[policy]\nid = 7".into());
    till.sell(&card).await;
    assert!(matches!(till.terminal.sync_once().await, Err(SyncError::Setup(_))));
    assert_eq!(till.terminal.unsent().await.unwrap(), 0, "records go up all the same");
    let state = till.state().await;
    assert_eq!((&state["sync"]["online"], &state["next"]["price"]), (&json!(true), &json!(1500)));
    let till = till.restart(9).await;
    assert_eq!(till.state().await["next"]["price"], 1500);
}

#[tokio::test]
async fn a_wrong_clock_is_set_by_the_office() {
    let till = Till::new(|_| {}).await;
    till.clock.reboot();
    let till = till.restart(9).await;
    // The office's clock is the test's; the till's own says a year ago and is held where it was.
    till.clock.pass(365 * 24 * 3_600_000);
    let state = till.state().await;
    assert_eq!(state["clock"]["source"], "wall");
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.state().await["clock"]["source"], "server");
}

#[tokio::test]
async fn enrolling_again_is_harmless_and_another_terminals_directory_is_refused() {
    let till = Till::new(|_| {}).await;
    let (config, clock) = (config(&till.dir), till.clock.clone());
    let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(8));
    let enrol = async |office: &Office| {
        let transport = std::sync::Arc::new(office.clone());
        terminal::enrol_with(&config, support::CODE, clock.clone(), entropy.clone(), transport).await
    };
    assert!(matches!(enrol(&till.office).await, Err(terminal::EnrolError::Lock(_))), "while it runs");
    let Till { office, terminal, dir: _dir, clock: _clock, .. } = till;
    let id = terminal.id();
    terminal.close().await;
    drop(terminal);
    assert_eq!(enrol(&office).await.unwrap().terminal, id);
    let other = Office::new(clock.clone());
    other.books().terminal = domain::id::TerminalId::from_uuid(uuid::Uuid::from_u128(1));
    assert!(matches!(enrol(&other).await, Err(terminal::EnrolError::OtherTerminal(_))));
}

#[tokio::test]
async fn without_enrolment_nothing_opens() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(support::fixture::TestClock::at(NOON));
    let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(8));
    let office = std::sync::Arc::new(Office::new(clock.clone()));
    let opened = Terminal::open_with(config(&dir), clock, entropy, office).await;
    assert!(matches!(opened.err(), Some(terminal::Error::NotEnrolled)));
}

#[tokio::test]
async fn only_what_changed_is_fetched_and_everything_held_is_as_new_as_the_last_round() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    let round = async || {
        till.clock.pass(61_000);
        till.office.books().requests.clear();
        till.terminal.sync_once().await.unwrap();
        let requests = till.office.books().requests.clone();
        let name = |request: String| request.split(['/', '?']).nth(4).unwrap().to_owned();
        requests.into_iter().map(name).collect::<Vec<_>>()
    };
    round().await;
    assert_eq!(round().await, ["hello"]);
    let state = till.state().await;
    assert_eq!((&state["sync"]["roster_age_ms"], &state["sync"]["usage_age_ms"]), (&json!(0), &json!(0)));
    let versions = state["sync"]["versions"].clone();
    assert_eq!(versions["roster"], json!(NOON), "{versions}");
    till.office.change(support::elder_id(1), |entry| entry.masked_name = "王*国".into());
    assert_eq!(round().await, ["hello", "roster"]);
    round().await;
    till.office.owe(1, support::elder_id(1), 500);
    assert_eq!(round().await, ["hello", "refunds"]);
    till.office.books().setup.phone = "555 0199".into();
    assert_eq!(round().await, ["hello", "setup"]);
    assert_ne!(till.state().await["sync"]["versions"], versions);
    till.sell(&cards[0]).await;
    assert_eq!(round().await, ["hello", "records", "usage"]);
    round().await;
    assert_eq!(round().await, ["hello"]);
    assert_eq!(till.scan(&cards[0]).await["person"]["name"], "王*国");
}

/// What the terminal makes of every card, and of the feeds behind it.
async fn picture(till: &Till, cards: &[String]) -> Vec<serde_json::Value> {
    let mut stages = Vec::new();
    for card in cards {
        till.clock.pass(1);
        let mut stage = till.scan(card).await;
        stage["sale"] = json!(null);
        // The printer works in its own time.
        if let Some(meal) = stage.pointer_mut("/first/meal/printed") {
            *meal = json!(null);
        }
        stages.push(stage);
        till.ok("/api/cancel", json!({})).await;
    }
    stages.push(till.post("/api/refunds", json!({})).await.1);
    stages.push(till.state().await["next"]["price"].clone());
    stages
}

/// Everything changes at the office.
#[expect(clippy::unwrap_used, reason = "a failure here is a failed test")]
fn change_everything(office: &Office) {
    office.change(support::elder_id(1), |entry| entry.cards[0].revoked = Some(UnixMs::new(5)));
    office.change(support::elder_id(5), |entry| entry.masked_name = "李*珍".into());
    office.owe(1, support::elder_id(3), 500);
    let mut books = office.books();
    let line = json!({ "benefit": "age-80", "group": "standard", "kind": "diner", "amount": 500, "shares": [] });
    let used = domain::sync::Use {
        date: NOON.business_date(),
        policy: "yc-2026".into(),
        line: serde_json::from_value(line).unwrap(),
        at: NOON.plus(-60_000),
        period: "lunch".parse().unwrap(),
        here: false,
    };
    books.other_uses.insert(support::elder_id(2), vec![used]);
    books.usage_changed = NOON.plus(60_000);
    books.setup.prices[0].price = domain::money::Fen::new(1_600);
}

#[tokio::test]
async fn a_round_that_is_cut_after_any_request_is_made_good_by_the_next() {
    let world = async || {
        let mut cards = Vec::new();
        let till = Till::serving(|office| {
            cards = crowd(office, 7);
            office.books().page_size = 2;
        })
        .await;
        till.clock.pass(60_000);
        till.sell(&cards[6]).await;
        change_everything(&till.office);
        (till, cards)
    };
    let (till, cards) = world().await;
    till.office.books().requests.clear();
    till.terminal.sync_once().await.unwrap();
    let requests = till.office.books().requests.len();
    assert!(requests >= 6, "{requests}");
    let whole = picture(&till, &cards).await;
    for cut in 0..requests {
        for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
            let (till, cards) = world().await;
            till.office.books().faults = std::iter::repeat_n(Fault::None, cut).chain([fault]).collect();
            till.terminal.sync_once().await.unwrap_err();
            till.terminal.sync_once().await.unwrap();
            assert_eq!(picture(&till, &cards).await, whole, "cut at {cut}: {fault:?}");
            assert_whole(&till, 1);
        }
    }
}

#[tokio::test]
async fn an_office_that_answers_from_another_database_is_asked_for_everything() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    till.sell(&cards[0]).await;
    till.terminal.sync_once().await.unwrap();
    till.clock.pass(120_000);
    {
        // Restored from a backup: it does not know the last elder, and holds no record.
        let mut books = till.office.books();
        books.server_epoch = "books-2".into();
        books.records.clear();
        books.roster.pop();
    }
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.sent, report.unsent, report.roster_entries), (3, 0, 2));
    assert_whole(&till, 1);
    assert_eq!(till.scan(&cards[2]).await["code"], "unknown_card", "who is not on the list is not known");
    assert_eq!(till.scan(&cards[0]).await["kind"], "duplicate");
}

#[tokio::test]
async fn until_the_office_lets_it_in_the_till_says_so_and_keeps_asking() {
    let till = Till::enrolled(|office| office.books().turned_away = Some("enrolment_pending")).await;
    assert!(matches!(till.terminal.sync_once().await, Err(SyncError::Office(_))));
    let state = till.state().await;
    assert_eq!((&state["sync"]["turned_away"], &state["ready"]), (&json!("enrolment_pending"), &json!(false)));
    let page = till.page().await;
    assert!(page.contains("等办公室确认本机") && page.contains(state["fingerprint"].as_str().unwrap()));
    till.office.books().turned_away = None;
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.state().await["sync"]["turned_away"], json!(null));
    till.office.books().turned_away = Some("terminal_revoked");
    till.terminal.sync_once().await.unwrap_err();
    assert!(till.page().await.contains("本机已被办公室停用"));
}

#[tokio::test]
async fn a_till_out_of_service_still_brings_what_it_holds() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    till.terminal.sync_once().await.unwrap();
    till.sell(&cards[0]).await;
    till.office.books().turned_away = Some("terminal_revoked");
    till.office.books().faults = [Fault::None, Fault::LoseRequest].into();
    let turned_away = |result: Result<_, SyncError>| matches!(result, Err(SyncError::Office(OfficeError::Refused { code, .. })) if code == "terminal_revoked");
    assert!(turned_away(till.terminal.sync_once().await));
    assert_eq!(till.terminal.unsent().await.unwrap(), 1, "it did not arrive");
    assert!(turned_away(till.terminal.sync_once().await), "and says so all the same");
    let state = till.state().await;
    assert_eq!((&state["sync"]["unsent"], &state["sync"]["turned_away"]), (&json!(0), &json!("terminal_revoked")));
    assert_whole(&till, 1);
}

/// What it brings was acknowledged once; the office that is set back has forgotten that, and says so of each epoch.
#[tokio::test]
async fn a_till_out_of_service_brings_again_what_an_office_that_was_set_back_lacks() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    till.terminal.sync_once().await.unwrap();
    let before = till.office.books().records.clone();
    till.sell(&cards[0]).await;
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.terminal.unsent().await.unwrap(), 0, "acknowledged");
    till.office.books().turned_away = Some("terminal_revoked");
    till.office.books().records = before;
    till.terminal.sync_once().await.unwrap_err();
    assert_eq!(till.terminal.unsent().await.unwrap(), 0);
    assert_whole(&till, 1);
}

#[tokio::test]
async fn what_waits_behind_a_gap_is_not_sent_in_every_round() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    till.terminal.sync_once().await.unwrap();
    let next = till.office.books().cursor(1).next;
    till.office.books().withheld = Some(next);
    for card in &cards[..2] {
        till.sell(card).await;
    }
    let round = async || {
        let report = till.terminal.sync_once().await.unwrap();
        (report.sent, report.unsent)
    };
    assert_eq!(round().await, (2, 2));
    assert_eq!(round().await, (0, 2), "the office has them");
    till.sell(&cards[2]).await;
    assert_eq!(round().await, (1, 3));
    till.clock.pass(60_001);
    assert_eq!(round().await, (3, 3), "after a while once more: the office may have lost them");
    assert_eq!(round().await, (0, 3));
    till.office.books().withheld = Some(next + 1);
    assert_eq!(round().await.0, 2, "it moved");
    till.office.books().withheld = None;
    assert_eq!(round().await.1, 0);
    assert_whole(&till, 3);
}

#[tokio::test]
async fn a_list_that_is_fetched_anew_is_meanwhile_as_old_as_it_was() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 5);
        let mut books = office.books();
        books.setup.offline.hard_ms = Some(72 * 3_600_000);
        books.page_size = 2;
    })
    .await;
    till.clock.pass(60_000);
    till.office.books().server_epoch = "books-2".into();
    // Greeting, what waits, and the first page of the list; then the line is gone.
    till.office.books().faults = [Fault::None, Fault::None, Fault::None, Fault::LoseRequest].into();
    till.terminal.sync_once().await.unwrap_err();
    let requests = till.office.books().requests.join(" ");
    assert!(requests.contains("roster?after=0&page=1&behind="), "{requests}");
    let state = till.state().await;
    assert_eq!((&state["sync"]["too_old"], &state["sync"]["stale"]), (&json!(false), &json!(false)));
    assert_eq!(state["sync"]["roster_age_ms"], 60_000);
    assert_eq!(till.scan(&cards[4]).await["subsidy"], 500);
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(till.terminal.sync_once().await.unwrap().roster_entries, 5, "from the beginning again");
    assert_eq!(till.state().await["sync"]["roster_age_ms"], 0);
}

#[tokio::test]
async fn whoever_left_the_list_is_forgotten_when_it_is_of_others_and_now_and_then() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 7);
        office.books().page_size = 2;
    })
    .await;
    let leave = |n: u128| till.office.books().roster.retain(|entry| entry.elder.id != support::elder_id(n));
    let known = async |n: usize| {
        till.clock.pass(4_000);
        let found = till.scan(&cards[n - 1]).await["kind"] == "serving";
        till.ok("/api/cancel", json!({})).await;
        found
    };
    leave(1);
    till.terminal.sync_once().await.unwrap();
    assert!(known(1).await, "a delta tells nothing of it");
    till.clock.pass(61_000);
    till.office.books().scope = Some(Digest([1; 32]));
    // Another one goes between two pages, before those that are still to come.
    till.office.books().goes = Some(support::elder_id(2));
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!(report.roster_entries, 6, "nobody who stayed is passed over");
    assert!(!known(1).await);
    for n in 3..=7 {
        assert!(known(n).await, "{n}");
    }
    assert_eq!(till.terminal.sync_once().await.unwrap().roster_entries, 0);
    leave(2);
    till.clock.pass(14 * 24 * 3_600_000);
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.terminal.sync_once().await.unwrap().roster_entries, 0);
    till.ok("/api/shift/close", json!({ "count": { "10000": 2 } })).await;
    till.open_shift(1).await;
    assert!(!known(2).await && known(3).await);
}

#[tokio::test]
async fn a_cashier_whom_the_office_took_off_the_list_serves_no_more_and_may_close() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 2)).await;
    let stage = till.scan(&cards[0]).await;
    till.office.books().setup.cashiers.retain(|cashier| cashier.id != support::cashier_id(1));
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.refused("/api/confirm", json!({ "sale": stage["sale"] })).await, "unknown_cashier");
    // Nor does the sale that can never be made hold anybody up.
    till.ok("/api/shift/count", json!({ "count": { "10000": 1 } })).await;
    till.ok("/api/shift/recount", json!({ "supervisor": support::till::by(2) })).await;
    assert_eq!(till.refused("/api/scan", json!({ "code": cards[1] })).await, "unknown_cashier");
    // The page says so, and leads to the close.
    let page = till.page().await;
    assert!(page.contains("收银名单里已没有您：请先交班") && page.contains("F10"), "{page}");
    let close: serde_json::Value = serde_json::from_slice(&till.get("/view?page=close").await.1).unwrap();
    assert_eq!(close["page"], "close");
    assert!(close["regions"]["main"].as_str().unwrap().contains("清点现金"), "{close}");
    till.ok("/api/shift/close", json!({ "count": { "10000": 2 } })).await;
    till.open_shift(2).await;
    till.sell(&cards[1]).await;
}

#[tokio::test]
async fn an_enrolment_says_whether_somebody_has_to_confirm_it_and_may_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(support::fixture::TestClock::at(NOON));
    let office = Office::new(clock.clone());
    let enrol = async |seed| {
        let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(seed));
        let transport = std::sync::Arc::new(office.clone());
        terminal::enrol_with(&config(&dir), support::CODE, clock.clone(), entropy, transport).await
    };
    office.books().turned_away = Some("enrolment_pending");
    office.books().faults = [Fault::LoseAnswer].into();
    enrol(1).await.unwrap_err();
    let pending = enrol(2).await.unwrap();
    assert!(!pending.confirmed, "an answer that was lost is fetched with the same key");
    office.books().turned_away = None;
    let confirmed = enrol(3).await.unwrap();
    assert!(confirmed.confirmed);
    assert_eq!((pending.terminal, &pending.fingerprint), (confirmed.terminal, &confirmed.fingerprint));
}

#[tokio::test]
async fn a_terminal_leaves_only_with_everything_sent_and_its_journal_stays() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 1)).await;
    till.sell(&cards[0]).await;
    let (config, clock) = (config(&till.dir), till.clock.clone());
    let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(8));
    let retire = async || terminal::retire(&config, clock.clone(), entropy.clone()).await;
    assert!(matches!(retire().await, Err(RetireError::Lock(_))), "while it runs");
    till.terminal.close().await;
    let Till { dir, clock: _clock, office, terminal, free } = till;
    drop(terminal);
    assert!(matches!(retire().await, Err(RetireError::ShiftOpen)));
    let reopen = async |seed: u64| {
        let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(seed));
        let office_line = std::sync::Arc::new(office.clone());
        Terminal::open_with(config.clone(), clock.clone(), entropy, office_line).await.unwrap()
    };
    let till = Till { dir, clock: clock.clone(), office: office.clone(), terminal: reopen(9).await, free };
    till.sign_in(1).await;
    till.ok("/api/shift/close", json!({ "count": { "10000": 2, "500": 1, "100": 4 } })).await;
    till.terminal.close().await;
    let Till { dir, free, terminal, .. } = till;
    drop(terminal);
    // A journal that was saved, and was to take the damaged one's place when the power went, is the journal too.
    let place = |name: &str| dir.path().join("till").join(name);
    std::fs::rename(place("terminal.db"), place("terminal.db.saved")).unwrap();
    let error = retire().await.unwrap_err();
    assert!(place("terminal.key").exists());
    assert!(matches!(error, RetireError::Unsent { count: 3, .. }), "{error}");
    assert!(error.to_string().contains("还有 3 条记录没有上传"));
    let till = Till { dir, clock: clock.clone(), office: office.clone(), terminal: reopen(10).await, free };
    till.terminal.sync_once().await.unwrap();
    till.terminal.close().await;
    let Till { dir, terminal, .. } = till;
    drop(terminal);
    let retired = retire().await.unwrap();
    assert!(retired.journal.exists());
    assert!(!dir.path().join("till/terminal.key").exists() && !dir.path().join("till/terminal.db").exists());
    assert!(matches!(retire().await, Err(RetireError::NotEnrolled)));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "measures how long it really takes")]
async fn a_week_of_twenty_thousand_records_drains_in_batches() {
    const RECORDS: usize = 20_000;
    let till = Till::serving(|_| {}).await;
    till.office.books().offline = true;
    till.terminal.sync_once().await.unwrap_err();
    let facts = domain::decision::MealFacts {
        date: NOON.business_date(),
        period: "lunch".parse().unwrap(),
        mode: domain::decision::Mode::DineIn,
        price: domain::money::Fen::new(1_500),
    };
    let decision = domain::decision::Decision::full_price(facts.price);
    let meal = domain::record::Meal::new(facts, None, domain::record::Tender::Cash, false, decision);
    let entry = Entry { id: None, cashier: None, shift: None, body: Body::Meal(Box::new(meal)) };
    for _ in 0..RECORDS / 500 {
        till.terminal.journal().append_all(vec![entry.clone(); 500]).await.unwrap();
    }
    assert_eq!(till.terminal.unsent().await.unwrap(), RECORDS as u64 + 1);
    {
        let mut books = till.office.books();
        (books.offline, books.bulk) = (false, true);
        books.requests.clear();
        books.spent = std::time::Duration::ZERO;
        // The line is bad: an answer is lost in the middle.
        books.faults = std::iter::repeat_n(Fault::None, 50).chain([Fault::LoseAnswer]).collect();
    }
    let begun = std::time::Instant::now();
    till.terminal.sync_once().await.unwrap_err();
    let report = till.terminal.sync_once().await.unwrap();
    let took = begun.elapsed();
    let office = till.office.books().spent;
    println!("{RECORDS} records drained in {took:?}, of which the office took {office:?}");
    assert_eq!((report.rejected, report.unsent), (0, 0));
    let batches = till.office.books().requests.iter().filter(|request| request.ends_with("/records")).count();
    assert!((100..=230).contains(&batches), "{batches} batches");
    assert!(took < std::time::Duration::from_mins(1), "{took:?}");
    assert_whole(&till, RECORDS);
}

#[tokio::test]
async fn the_latest_heads_of_the_audit_chain_are_kept_and_told_back() {
    let till = Till::serving(|_| {}).await;
    let head = |sequence: u64, byte: u8| AuditHead { sequence, hash: Digest([byte; 32]) };
    let told = async |audit: Option<AuditHead>| {
        till.office.books().audit = audit;
        till.terminal.sync_once().await.unwrap();
        // What is told now is told back with the next greeting.
        till.terminal.sync_once().await.unwrap();
        till.office.books().witnesses.clone()
    };
    assert_eq!(told(None).await, []);
    assert_eq!(told(Some(head(3, 1))).await, [head(3, 1)]);
    for (sequence, byte) in [(4, 2), (6, 3), (9, 4)] {
        told(Some(head(sequence, byte))).await;
    }
    assert_eq!(told(Some(head(12, 5))).await, [head(4, 2), head(6, 3), head(9, 4), head(12, 5)], "the latest four");
    // An office that was set back, or whose chain was made anew, does not get its witness away.
    assert_eq!(told(Some(head(9, 8))).await, [head(4, 2), head(6, 3), head(9, 4), head(12, 5)]);
    assert_eq!(told(Some(head(2, 7))).await, [head(4, 2), head(6, 3), head(9, 4), head(12, 5)]);
    let till = till.restart(5).await;
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.office.books().witnesses.len(), 4, "kept over a restart");
}

/// What the page shows of the elder at the till: the picture's address, and what is there.
async fn shown(till: &Till, elder: domain::id::ElderId) -> (bool, Option<Vec<u8>>) {
    let state = till.state().await;
    let (status, bytes) = till.get(&format!("/photos/{elder}")).await;
    (state["stage"]["person"]["photo"] == json!(elder), status.is_success().then_some(bytes))
}

#[tokio::test]
async fn photos_follow_the_roster_and_are_shown_of_who_stands_there() {
    let mut holders = Vec::new();
    let till = Till::serving(|office| {
        holders = (0..25).map(|_| office.add_elder("张*国", "1943-11-22", false, &[])).collect();
        for holder in &holders {
            office.photograph(holder.entry.elder.id, b"first");
        }
    })
    .await;
    let id = |n: usize| holders[n].entry.elder.id;
    let asked = || till.office.books().requests.iter().filter(|path| path.contains("/photo?")).count();
    for _ in 0..3 {
        till.terminal.sync_once().await.unwrap();
    }
    assert_eq!(asked(), 25, "each once, a few a round");

    till.scan(&holders[0].card).await;
    assert_eq!(shown(&till, id(0)).await, (true, Some(b"first".to_vec())));
    assert_eq!(shown(&till, id(1)).await.1, None, "nobody else's");
    till.ok("/api/cancel", json!({})).await;
    assert_eq!(shown(&till, id(0)).await.1, None, "nobody stands there");

    // Another one takes the place of the first; one that is gone at the office is gone here.
    till.clock.pass(120_000);
    till.office.photograph(id(0), b"second");
    till.office.change(id(1), |entry| entry.photo = None);
    till.office.books().photos.remove(&id(2));
    till.office.change(id(2), |entry| entry.photo = Some(UnixMs::new(7)));
    till.terminal.sync_once().await.unwrap();
    assert_eq!(asked(), 27, "another one, and one that was taken away behind the roster");
    till.office.change(id(2), |entry| entry.photo = None);
    for _ in 0..2 {
        till.terminal.sync_once().await.unwrap();
    }
    assert_eq!(asked(), 27, "what is held, or told to be gone, is not asked for again");
    for (n, wanted) in [(0, Some(b"second".to_vec())), (1, None), (2, None), (3, Some(b"first".to_vec()))] {
        till.scan(&holders[n].card).await;
        assert_eq!(shown(&till, id(n)).await, (wanted.is_some(), wanted), "{n}");
        till.ok("/api/cancel", json!({})).await;
        till.clock.pass(4_000);
    }

    // Offline, and after a restart, they are there; a broken one is fetched again.
    till.office.books().offline = true;
    let till = till.restart(7).await;
    till.sign_in(1).await;
    till.scan(&holders[3].card).await;
    assert_eq!(shown(&till, id(3)).await.1, Some(b"first".to_vec()));
    // Nothing of a picture lies on the disk in the open.
    for file in std::fs::read_dir(till.dir.path()).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        assert!(!bytes.windows(6).any(|part| part == b"second"), "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_photo_that_is_long_in_coming_holds_up_no_round() {
    let mut holders = Vec::new();
    let till = Till::serving(|office| {
        holders = (0..2).map(|_| office.add_elder("张*国", "1943-11-22", false, &[])).collect();
    })
    .await;
    let never = std::sync::Arc::new(tokio::sync::Notify::new());
    {
        let mut books = till.office.books();
        (books.thinks, books.thinks_of) = (Some(never), "/api/v1/terminal/photo");
    }
    till.office.photograph(holders[0].entry.elder.id, b"picture");
    till.clock.pass(120_000);
    let round = {
        let terminal = till.terminal.clone();
        tokio::spawn(async move { terminal.sync_once().await })
    };
    let now = json!(NOON.plus(120_000));
    let mut over = false;
    for _ in 0..200 {
        over = till.state().await["sync"]["last"] == now;
        if over {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(over, "the round is over while the photo is waited for: {}", till.state().await["sync"]);
    // A sale wants to be sent: nobody waits for the photo any longer, nor in the round that sends it.
    till.sell(&holders[1].card).await;
    round.await.unwrap().unwrap();
    assert_eq!(till.terminal.sync_once().await.unwrap().accepted, 1);
    till.office.books().thinks = None;
    till.terminal.sync_once().await.unwrap();
    till.scan(&holders[0].card).await;
    assert_eq!(shown(&till, holders[0].entry.elder.id).await, (true, Some(b"picture".to_vec())));
}
