//! Damaged, lost, torn and restored databases, and a disk that is full.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use std::path::Path;
use std::sync::atomic::Ordering;

use domain::record::Body;
use domain::record::encoding::decode;
use serde_json::json;
use support::Office;
use support::till::Till;

fn crowd(office: &Office, people: usize) -> Vec<String> {
    (0..people).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect()
}

/// How many meals the office holds, in all epochs; every epoch is checked for order.
fn meals_at(office: &Office) -> usize {
    let books = office.books();
    let all = books.records.values().flat_map(|records| records.values());
    all.filter(|signed| matches!(decode(&signed.record).unwrap().body, Body::Meal(_))).count()
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Two meals that the office holds, four that it does not; the database is damaged before the next start.
async fn after(damage: impl FnOnce(&mut Vec<u8>)) -> (Till, Vec<String>) {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 8)).await;
    for card in &cards[..2] {
        till.sell(card).await;
    }
    till.terminal.sync_once().await.unwrap();
    till.office.books().offline = true;
    for card in &cards[2..6] {
        till.sell(card).await;
    }
    let till = till.restart_after(30, |dir| overwrite(&dir.join("terminal.db"), damage)).await;
    (till, cards)
}

/// The page tells, the old file is kept, and work goes on in a new epoch that names the last head.
async fn assert_goes_on(till: &Till, cards: &[String], saved: u64, epoch: u32) {
    let state = till.state().await;
    assert_eq!(state["damage"]["saved"], json!(saved), "{}", state["damage"]);
    assert!(till.page().await.contains("本机数据库损坏过，已自动修复"));
    let aside = state["damage"]["aside"].as_str().unwrap();
    assert!(aside.starts_with("terminal.db.damaged-") && till.dir.path().join("till").join(aside).exists());
    till.office.books().offline = false;
    till.terminal.sync_once().await.unwrap();
    till.sign_in(1).await;
    let state = till.ok("/api/damage/seen", json!({})).await;
    assert_eq!((&state["damage"], &state["stage"]["kind"]), (&json!(null), &json!("idle")), "the shift is still open");
    till.clock.pass(10_000);
    assert_eq!(till.scan(&cards[2]).await["kind"], "duplicate", "what was saved counts");
    till.ok("/api/cancel", json!({})).await;
    till.sell(&cards[6]).await;
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.rejected, report.unsent), (0, 0));
    let bodies = till.office.bodies(epoch);
    let Body::Start { previous: Some(previous), .. } = &bodies[0] else { panic!("a start that names its past") };
    assert_eq!(previous.epoch, epoch - 1);
}

#[tokio::test]
async fn a_database_whose_head_is_gone_is_saved_whole() {
    let (till, cards) = after(|bytes| bytes[..4096].fill(0)).await;
    assert_goes_on(&till, &cards, 8, 2).await;
    assert_eq!(meals_at(&till.office), 7);
    assert!(till.office.books().quarantine.is_empty());
}

#[tokio::test]
async fn a_flipped_bit_costs_one_record_and_what_the_office_had_sent_is_kept() {
    let (till, cards) = after(|bytes| {
        // In the text of the last meal but one: every meal has one price.
        let needle = b"\"own_payment\":900";
        let hits: Vec<_> = (0..bytes.len() - needle.len()).filter(|at| bytes[*at..].starts_with(needle)).collect();
        assert!(hits.len() >= 6, "{}", hits.len());
        let text = |at: usize| String::from_utf8_lossy(&bytes[at.saturating_sub(1_500)..at]).into_owned();
        let at = hits.into_iter().find(|at| text(*at).contains("\"sequence\":6,")).unwrap();
        bytes[at + needle.len() - 1] ^= 1;
    })
    .await;
    // Without the office: setup, roster and usage are there.
    assert_eq!(till.sign_in(1).await["stage"]["kind"], "idle");
    assert_eq!(till.scan(&cards[7]).await["subsidy"], 500);
    till.ok("/api/cancel", json!({})).await;
    assert_goes_on(&till, &cards, 7, 2).await;
    assert_eq!(meals_at(&till.office), 6, "five of six, and the one after");
    let books = till.office.books();
    assert_eq!(books.records[&1].keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 7], "past the gap too");
}

#[tokio::test]
async fn half_a_database_gives_what_is_left_of_it() {
    let (till, _) = after(|bytes| bytes.truncate(bytes.len() / 2)).await;
    till.office.books().offline = false;
    let saved = till.state().await["damage"]["saved"].as_u64().unwrap();
    till.terminal.sync_once().await.unwrap();
    assert_eq!(till.terminal.unsent().await.unwrap(), 0);
    assert!(till.office.books().quarantine.is_empty());
    assert!(saved <= 8 && meals_at(&till.office) >= 2);
    assert!(till.terminal.journal().head().await.unwrap().is_some_and(|head| head.epoch == 2));
}

#[tokio::test]
async fn a_database_that_was_lost_begins_an_epoch_that_the_office_has_not_seen() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    till.sell(&cards[0]).await;
    till.terminal.sync_once().await.unwrap();
    let till = till
        .restart_after(30, |dir| {
            for file in ["terminal.db", "terminal.db-wal", "terminal.db-shm"] {
                let _ = std::fs::remove_file(dir.join(file));
            }
        })
        .await;
    assert_eq!(till.state().await["damage"]["saved"], 0);
    till.terminal.sync_once().await.unwrap();
    till.open_shift(1).await;
    assert_eq!(till.scan(&cards[0]).await["kind"], "duplicate", "the office's feed tells of the first meal");
    till.ok("/api/cancel", json!({})).await;
    till.sell(&cards[1]).await;
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.rejected, report.new_epoch), (0, None));
    assert_eq!(till.office.bodies(2).iter().map(Body::kind).collect::<Vec<_>>(), ["start", "shift_open", "meal"]);
    assert!(till.office.books().quarantine.is_empty());
}

#[tokio::test]
async fn a_log_torn_anywhere_loses_at_most_what_the_disk_never_had() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 12)).await;
    for card in &cards[..3] {
        till.sell(card).await;
        till.terminal.sync_once().await.unwrap();
    }
    let from = till.dir.path().join("till");
    let wal = std::fs::read(from.join("terminal.db-wal")).unwrap();
    let mut meals = 3;
    for (number, parts) in [0, 3, 5, 6, 7, 8].into_iter().enumerate() {
        let copy = tempfile::tempdir().unwrap();
        let to = copy.path().join("till");
        std::fs::create_dir_all(&to).unwrap();
        for file in ["terminal.db", "terminal.key", "terminal.epoch"] {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
        std::fs::write(to.join("terminal.db-wal"), &wal[..wal.len() * parts / 8]).unwrap();
        let config = support::till::config_in(copy.path());
        let entropy = std::sync::Arc::new(support::fixture::SeededEntropy::new(40 + number as u64));
        let office = std::sync::Arc::new(till.office.clone());
        let torn = terminal::Terminal::open_with(config, till.clock.clone(), entropy, office).await.unwrap();
        torn.sync_once().await.unwrap();
        till.clock.pass(5_000);
        let torn = till.beside(torn, copy);
        torn.sign_in(1).await;
        if torn.state().await["stage"]["kind"] == "open_shift" {
            torn.open_shift(1).await;
        }
        torn.sell(&cards[4 + number]).await;
        meals += 1;
        let report = torn.terminal.sync_once().await.unwrap();
        assert_eq!((report.rejected, report.unsent), (0, 0), "cut at {parts}/8");
        assert_eq!(meals_at(&till.office), meals, "cut at {parts}/8");
    }
}

#[tokio::test]
async fn after_a_restore_usage_shift_and_sales_are_right() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| {
        cards = crowd(office, 3);
        office.books().setup.policies = vec![support::POLICY.replace("per_day = 2", "per_day = 1")];
    })
    .await;
    let first = till.sell(&cards[0]).await;
    till.terminal.sync_once().await.unwrap();
    let backup = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = std::sync::Arc::clone(&backup);
    let till = till
        .restart_after(20, move |dir| *kept.lock().unwrap() = std::fs::read(dir.join("terminal.db")).unwrap())
        .await;
    till.sign_in(1).await;
    till.sell(&cards[1]).await;
    till.terminal.sync_once().await.unwrap();
    // The old copy takes its place, and sells before it hears of the office.
    let till =
        till.restart_after(21, |dir| std::fs::write(dir.join("terminal.db"), &*backup.lock().unwrap()).unwrap()).await;
    till.sign_in(1).await;
    let forked = till.sell(&cards[2]).await;
    assert_ne!(first, forked);
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.rejected, report.new_epoch), (1, Some(2)));
    till.clock.pass(5 * 3_600_000 + 30 * 60_000);
    let subsidy = async |card: &String| {
        let subsidy = till.scan(card).await["subsidy"].clone();
        till.ok("/api/cancel", json!({})).await;
        subsidy
    };
    till.terminal.sync_once().await.unwrap();
    assert_eq!(subsidy(&cards[0]).await, 0, "held by both");
    assert_eq!(subsidy(&cards[1]).await, 0, "known by the feed alone");
    assert_eq!(subsidy(&cards[2]).await, 0, "in quarantine there, eaten here: the office's mark does not hide it");
    let sold = till.sell_guest().await;
    assert!(![&first, &forked].contains(&&sold));
    // 200.00 + 9.00 + 9.00 + 12.00 by this journal's own records of the shift, over both epochs.
    let state = till.ok("/api/shift/count", json!({ "count": { "10000": 2, "1000": 3 } })).await;
    assert_eq!(state["close"]["sums"]["difference"], 0, "{}", state["close"]);
    till.ok("/api/shift/close", json!({})).await;
    assert_eq!(till.terminal.sync_once().await.unwrap().rejected, 0);
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_sold_and_what_waits_is_still_sent() {
    let mut cards = Vec::new();
    let till = Till::serving(|office| cards = crowd(office, 3)).await;
    till.sell(&cards[0]).await;
    let sale = till.scan(&cards[1]).await["sale"].clone();
    let reserve = till.dir.path().join("till/terminal.reserve");
    assert!(reserve.exists());
    till.free.store(1_000_000, Ordering::Relaxed);
    assert_eq!(till.refused("/api/confirm", json!({ "sale": sale })).await, "disk_full");
    assert_eq!(till.state().await["stage"]["sale"], sale, "the sale waits, nothing is shown as done");
    till.ok("/api/cancel", json!({})).await;
    for (path, body) in [
        ("/api/scan", json!({ "code": cards[1] })),
        ("/api/guest", json!({})),
        ("/api/cash", json!({ "amount": 100, "note": "零钱", "supervisor": support::till::by(2) })),
    ] {
        assert_eq!(till.refused(path, body).await, "disk_full", "{path}");
    }
    assert!(till.page().await.contains("先记在纸质名单上"));
    let report = till.terminal.sync_once().await.unwrap();
    assert_eq!((report.unsent, reserve.exists()), (0, false), "the reserve is given up for it");
    till.free.store(u64::MAX, Ordering::Relaxed);
    till.clock.pass(5_000);
    till.sell(&cards[1]).await;
    assert_eq!(till.meals().await.len(), 2);
    till.terminal.sync_once().await.unwrap();
    assert!(reserve.exists());
}

#[tokio::test]
async fn a_disk_that_is_full_in_the_morning_keeps_no_till_from_opening() {
    let till = Till::serving(|_| {}).await;
    till.clock.pass(24 * 60 * 60 * 1000);
    till.free.store(1_000_000, Ordering::Relaxed);
    let database = till.dir.path().join("till/terminal.db");
    let sql = async |text: &'static str| {
        let database = sqlx::SqlitePool::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        sqlx::query(text).execute(&database).await.unwrap();
        database.close().await;
    };
    sql("CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END").await;
    let till = till.restart(7).await;
    assert!(till.page().await.contains("本机存储已满"), "the page says so: {}", till.page().await);
    assert!(till.terminal.tick().await.is_err(), "the day is not over yet");
    sql("DROP TRIGGER full").await;
    till.free.store(u64::MAX, Ordering::Relaxed);
    assert!(till.terminal.tick().await.unwrap(), "it ends once there is room");
    till.terminal.sync_once().await.unwrap();
    assert!(till.office.bodies(1).iter().any(|body| matches!(body, Body::Day { .. })));
}
