use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::decision::{Decision, MealFacts, Mode};
use domain::id::ElderId;
use domain::money::Fen;
use domain::record::encoding::{decode, hash};
use domain::record::{Credential, Diner, Meal, Tender};

use super::*;
use crate::fixture::{SeededEntropy, TestClock};

/// 2026-03-31 11:32:00 +08:00.
pub(crate) const NOON: UnixMs = UnixMs::new(1_774_927_920_000);

pub(crate) struct Rig {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<TestClock>,
}

/// A journal in a directory; opening the same directory again is a restart.
pub(crate) async fn rig(dir: &std::path::Path, clock: &Arc<TestClock>, seed: u64) -> Rig {
    let storage = Storage::open(dir).await.unwrap();
    let owner = Owner {
        terminal: TerminalId::from_uuid(uuid::Uuid::from_u128(1)),
        canteen: CanteenId::from_uuid(uuid::Uuid::from_u128(2)),
    };
    let time = Arc::new(TillClock::load(clock.clone(), &storage).await.unwrap());
    let key = SigningKey::from_bytes(&[7; 32]);
    let journal = Journal::open(storage, key, owner, time, Arc::new(SeededEntropy::new(seed)), 0).await.unwrap();
    Rig { journal, clock: Arc::clone(clock) }
}

pub(crate) fn meal(elder: Option<u128>, period: &str, at: UnixMs) -> Body {
    let date = at.business_date();
    let price = Fen::new(1_500);
    let diner = elder.map(|n| Diner {
        elder: ElderId::from_uuid(uuid::Uuid::from_u128(n)),
        credential: Credential::Card,
        facts: domain::elder::ElderFacts { age: 82, hukou: None, residence: None, categories: Vec::new() },
        canteen: domain::canteen::CanteenFacts {
            region: "440399".parse().unwrap(),
            tags: std::collections::BTreeSet::new(),
            standing: domain::canteen::Standing::default(),
        },
        used: domain::decision::Usage::default(),
        roster: UnixMs::new(0),
        usage: UnixMs::new(0),
        calendar: Digest::ZERO,
        approved_by: None,
    });
    let facts = MealFacts { date, period: period.parse().unwrap(), mode: Mode::DineIn, price };
    let decision = Decision::full_price(price);
    Body::Meal(Box::new(Meal::new(facts, diner, Tender::Cash, false, decision)))
}

pub(crate) fn entry(body: Body) -> Entry {
    Entry { id: None, cashier: None, shift: None, body }
}

fn cash(amount: i64) -> Entry {
    entry(Body::Cash { amount: Fen::new(amount), note: "测试".into() })
}

/// Every record in order: bytes, hash, place and predecessor all fit, without a gap.
async fn verify(journal: &Journal) -> Vec<Record> {
    let rows: Vec<(u32, i64, Vec<u8>, String)> =
        sqlx::query_as("SELECT epoch, sequence, hash, bytes FROM record ORDER BY epoch, sequence")
            .fetch_all(journal.storage().reader())
            .await
            .unwrap();
    let (mut epoch, mut next, mut previous) = (0, 0, Digest::ZERO);
    let mut records = Vec::new();
    for (row_epoch, sequence, stored_hash, bytes) in rows {
        if row_epoch != epoch {
            (epoch, next, previous) = (row_epoch, 0, Digest::ZERO);
        }
        let record = decode(&bytes).unwrap();
        assert_eq!((record.epoch, record.sequence), (epoch, next));
        assert_eq!((record.epoch, record.sequence), (row_epoch, u64::try_from(sequence).unwrap()));
        assert_eq!(record.previous, previous);
        previous = hash(bytes.as_bytes());
        assert_eq!(previous.0.to_vec(), stored_hash);
        next += 1;
        records.push(record);
    }
    records
}

#[tokio::test]
async fn a_new_journal_begins_with_its_start_and_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let rig1 = rig(dir.path(), &clock, 1).await;
    rig1.journal.append(cash(100)).await.unwrap();
    rig1.journal.storage().close().await;
    let rig2 = rig(dir.path(), &clock, 2).await;
    rig2.journal.append(cash(-100)).await.unwrap();
    let records = verify(&rig2.journal).await;
    let kinds: Vec<_> = records.iter().map(|record| record.body.kind()).collect();
    assert_eq!(kinds, ["start", "cash", "cash"]);
    assert_eq!(records[0].body, Body::Start { previous: None, software: SOFTWARE.to_owned() });
}

#[tokio::test]
async fn appends_at_once_never_tear_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    let tasks: Vec<_> = (1..=60)
        .map(|n| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(cash(n)).await.unwrap().record.sequence })
        })
        .collect();
    let mut sequences = Vec::new();
    for task in tasks {
        sequences.push(task.await.unwrap());
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=60).collect::<Vec<_>>());
    assert_eq!(verify(&journal).await.len(), 61);
}

#[tokio::test]
async fn whoever_stops_waiting_for_an_append_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    for n in 1..=30 {
        let append = journal.append(cash(n));
        // The caller goes away after a while that is different each time.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(40 * u64::try_from(n).unwrap()), append).await;
    }
    let last = journal.append(cash(999)).await.unwrap();
    let records = verify(&journal).await;
    assert_eq!(records.last().unwrap().id, last.record.id);
    let mut amounts: Vec<i64> = records
        .iter()
        .filter_map(|record| match record.body {
            Body::Cash { amount, .. } => Some(amount.get()),
            _ => None,
        })
        .collect();
    let count = amounts.len();
    amounts.dedup();
    assert_eq!(amounts.len(), count, "nothing twice");
}

#[tokio::test]
async fn a_copy_taken_at_any_moment_opens_with_a_whole_chain() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    for n in 1..=12_u64 {
        let acknowledged = journal.append(cash(i64::try_from(n).unwrap())).await.unwrap().record.sequence;
        // As after a kill: database and write-ahead log as they lie there, nothing closed.
        let copy = tempfile::tempdir().unwrap();
        for file in ["terminal.db", "terminal.db-wal"] {
            std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
        }
        let reopened = rig(copy.path(), &clock, 100 + n).await;
        let records = verify(&reopened.journal).await;
        assert_eq!(records.last().unwrap().sequence, acknowledged, "what was answered survives");
        reopened.journal.append(cash(5)).await.unwrap();
        verify(&reopened.journal).await;
    }
}

#[tokio::test]
async fn a_write_ahead_log_torn_at_its_end_costs_only_what_was_never_answered() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    for n in 1..=5 {
        journal.append(cash(n)).await.unwrap();
    }
    let wal = std::fs::read(dir.path().join("terminal.db-wal")).unwrap();
    let mut longest = 0;
    for cut in (0..wal.len()).step_by(wal.len() / 24).chain([wal.len()]) {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join("terminal.db"), copy.path().join("terminal.db")).unwrap();
        std::fs::write(copy.path().join("terminal.db-wal"), &wal[..cut]).unwrap();
        let reopened = rig(copy.path(), &clock, 7).await;
        longest = longest.max(verify(&reopened.journal).await.len());
    }
    assert_eq!(longest, 6);
}

#[tokio::test]
async fn records_are_never_edited_removed_or_put_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    journal.append(cash(1)).await.unwrap();
    for sql in [
        "UPDATE record SET bytes = '{}'",
        "DELETE FROM record",
        "INSERT INTO record (epoch, sequence, id, previous, hash, bytes, signature, kind, at, business_date, shift, \
         elder, period, mode, voids) SELECT epoch, sequence + 2, zeroblob(16), previous, hash, bytes, signature, kind, at, \
         business_date, shift, elder, period, mode, voids FROM record WHERE sequence = 1",
        "INSERT INTO record (epoch, sequence, id, previous, hash, bytes, signature, kind, at, business_date, shift, \
         elder, period, mode, voids) SELECT epoch, sequence + 1, zeroblob(16), previous, hash, bytes, signature, kind, at, \
         business_date, shift, elder, period, mode, voids FROM record WHERE sequence = 1",
    ] {
        let mut unit = journal.storage().begin().await.unwrap();
        assert!(sqlx::query(sql).execute(&mut *unit).await.is_err(), "{sql}");
        unit.rollback().await.unwrap();
    }
    verify(&journal).await;
}

#[tokio::test]
async fn the_same_id_is_the_same_record() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    let id = RecordId::from_uuid(uuid::Uuid::from_u128(77));
    let sale = || Entry { id: Some(id), ..entry(meal(None, "lunch", NOON)) };
    let first = journal.append(sale()).await.unwrap();
    let again = journal.append(sale()).await.unwrap();
    assert!(first.fresh && !again.fresh);
    assert_eq!(first.signed, again.signed);
    let other = Entry { id: Some(id), ..cash(1) };
    assert!(matches!(journal.append(other).await, Err(JournalError::IdTaken)));
    assert_eq!(verify(&journal).await.len(), 2);
}

#[tokio::test]
async fn an_elder_is_served_once_a_period_and_again_after_a_reversal() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    let first = journal.append(entry(meal(Some(5), "lunch", NOON))).await.unwrap().record.id;
    assert!(matches!(journal.append(entry(meal(Some(5), "lunch", NOON))).await, Err(JournalError::AlreadyServed)));
    journal.append(entry(meal(Some(5), "dinner", NOON))).await.unwrap();
    journal.append(entry(meal(Some(6), "lunch", NOON))).await.unwrap();
    let void = || entry(Body::Void { meal: first, reason: "按错".into(), approved_by: None });
    journal.append(void()).await.unwrap();
    assert!(matches!(journal.append(void()).await, Err(JournalError::AlreadyVoided)));
    journal.append(entry(meal(Some(5), "lunch", NOON))).await.unwrap();
}

#[tokio::test]
async fn a_meal_of_a_day_that_is_over_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, clock } = rig(dir.path(), &clock, 1).await;
    clock.pass(24 * 60 * 60 * 1000);
    assert!(matches!(journal.append(entry(meal(None, "lunch", NOON))).await, Err(JournalError::DayChanged)));
}

#[tokio::test]
async fn time_never_goes_back_over_a_restart_without_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let rig1 = rig(dir.path(), &clock, 1).await;
    let before = rig1.journal.append(cash(1)).await.unwrap().record.at;
    rig1.journal.storage().close().await;
    clock.reboot();
    clock.set_wall(NOON.plus(-3_600_000));
    let rig2 = rig(dir.path(), &clock, 2).await;
    let record = rig2.journal.append(cash(2)).await.unwrap().record;
    assert_eq!((record.at, record.time_source), (before, domain::record::TimeSource::Held));
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_commit_records_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    journal.append(cash(1)).await.unwrap();
    let limit = async |pages: i64| {
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(sql).execute(journal.storage().writer()).await.unwrap();
    };
    limit(1).await;
    let mut failed = None;
    for n in 0..200 {
        if let Err(error) = journal.append(cash(n)).await {
            failed = Some(error);
            break;
        }
    }
    assert!(matches!(failed, Some(JournalError::Storage(error)) if error.is_full()));
    let before = verify(&journal).await.len();
    limit(1_000_000).await;
    journal.append(cash(7)).await.unwrap();
    assert_eq!(verify(&journal).await.len(), before + 1, "nothing of the failed one is there");
}

#[tokio::test]
async fn a_list_is_appended_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let Rig { journal, .. } = rig(dir.path(), &clock, 1).await;
    journal.append(entry(meal(Some(5), "lunch", NOON))).await.unwrap();
    let list = vec![entry(meal(Some(6), "lunch", NOON)), entry(meal(Some(5), "lunch", NOON))];
    assert!(matches!(journal.append_all(list).await, Err(JournalError::AlreadyServed)));
    assert_eq!(verify(&journal).await.len(), 2);
    let list = vec![entry(meal(Some(6), "lunch", NOON)), entry(meal(Some(7), "lunch", NOON))];
    journal.append_all(list).await.unwrap();
    assert_eq!(verify(&journal).await.len(), 4);
}

#[tokio::test]
async fn nothing_is_recorded_that_could_not_be_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(UnixMs::new(0)));
    let open = async |seed: u64| {
        let storage = Storage::open(dir.path()).await.unwrap();
        let owner = Owner {
            terminal: TerminalId::from_uuid(uuid::Uuid::nil()),
            canteen: CanteenId::from_uuid(uuid::Uuid::nil()),
        };
        let time = Arc::new(TillClock::load(clock.clone(), &storage).await.unwrap());
        let key = SigningKey::from_bytes(&[7; 32]);
        Journal::open(storage, key, owner, time, Arc::new(SeededEntropy::new(seed)), 0).await
    };
    // 1970, and 2200.
    for wall in [0, 7_258_118_400_000] {
        clock.set_wall(UnixMs::new(wall));
        assert!(matches!(open(1).await.err(), Some(JournalError::Clock)), "{wall}");
    }
    clock.set_wall(NOON);
    let journal = open(2).await.unwrap();
    assert_eq!(verify(&journal).await.len(), 1, "it goes on as soon as the clock is right");
    let too_much = journal.append(cash(100_000_001)).await;
    assert!(matches!(too_much, Err(JournalError::Unreadable(RecordError::OutOfRange(field))) if field == "amount"));
    clock.set_wall(UnixMs::new(7_258_118_400_000));
    assert!(matches!(journal.append(cash(1)).await, Err(JournalError::Clock)));
    assert_eq!(verify(&journal).await.len(), 1);
}
