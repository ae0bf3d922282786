use std::sync::Arc;

use domain::money::Fen;
use domain::record::Body;
use ed25519_dalek::SigningKey;

use super::carve::{Found, carve, committed};
use super::*;
use crate::fixture::TestClock;
use crate::journal::Entry;
use crate::journal::tests::{NOON, rig};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn cash(amount: i64) -> Entry {
    Entry { id: None, cashier: None, shift: None, body: Body::Cash { amount: Fen::new(amount), note: "测试".into() } }
}

fn found(bytes: &[u8]) -> usize {
    let mut found = Found::new();
    carve(bytes, &key().verifying_key(), &mut found);
    found.len()
}

#[tokio::test]
async fn records_are_found_in_the_bytes_of_a_log_and_only_committed_ones_count() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(dir.path(), &Arc::new(TestClock::at(NOON)), 1).await;
    for n in 1..=5 {
        rig.journal.append(cash(n)).await.unwrap();
    }
    let wal = std::fs::read(dir.path().join("terminal.db-wal")).unwrap();
    assert_eq!(committed(&wal).len(), wal.len(), "every frame of an idle log is committed");
    assert_eq!(found(&wal), 6);
    // A frame that was cut, or of which a bit is wrong, ends what was committed.
    let frame = 24 + 4096;
    for cut in 1..8 {
        let part = committed(&wal[..wal.len() - cut * frame / 2]);
        assert!(part.len() < wal.len() && (part.is_empty() || (part.len() - 32).is_multiple_of(frame)));
        assert!(found(part) <= 6);
    }
    let mut torn = wal.clone();
    let last = torn.len() - 100;
    torn[last] ^= 1;
    assert!(committed(&torn).len() < wal.len());
    let mut headless = wal.clone();
    headless[0] ^= 1;
    assert!(committed(&headless).is_empty(), "as SQLite sees it");
    assert!(committed(&wal[..20]).is_empty());
}

#[tokio::test]
async fn nothing_is_taken_for_a_record_that_the_key_did_not_sign() {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(dir.path(), &Arc::new(TestClock::at(NOON)), 1).await;
    rig.journal.append(cash(1)).await.unwrap();
    rig.journal.storage().close().await;
    let bytes = std::fs::read(dir.path().join(DATABASE_FILE)).unwrap();
    assert_eq!(found(&bytes), 2);
    let mut other = Found::new();
    carve(&bytes, &SigningKey::from_bytes(&[8; 32]).verifying_key(), &mut other);
    assert!(other.is_empty());
    let mut noise = br#"{"format":1,{"format":{"format":1}"#.to_vec();
    noise.extend_from_slice(&[0xff; 10]);
    assert_eq!(found(&noise), 0);
}

#[tokio::test]
async fn a_start_that_broke_off_while_saving_is_made_good_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    let first = rig(dir.path(), &clock, 1).await;
    first.journal.append(cash(1)).await.unwrap();
    first.journal.storage().close().await;
    let database = dir.path().join(DATABASE_FILE);
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..200].fill(0xaa);
    std::fs::write(&database, &bytes).unwrap();
    // As if the power went after the new database was made: once before the damaged one was moved, once after.
    rescue::build(dir.path(), &key(), NOON, "x").await.unwrap();
    let storage = open(dir.path(), &key(), NOON).await.unwrap();
    assert_eq!(storage.damage().await.unwrap().unwrap().saved, 2);
    storage.close().await;
    std::fs::write(&database, &bytes).unwrap();
    rescue::build(dir.path(), &key(), NOON, "x").await.unwrap();
    std::fs::remove_file(&database).unwrap();
    let storage = open(dir.path(), &key(), NOON).await.unwrap();
    assert_eq!(storage.damage().await.unwrap().unwrap().saved, 2);
    assert!(storage.damage_without_start().await.unwrap());
}

/// Damages columns of the last record behind SQLite's back: the file is in order, and what stands in it is wrong.
async fn spoilt(column: &'static str, value: &'static str) -> (tempfile::TempDir, u64) {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(dir.path(), &Arc::new(TestClock::at(NOON)), 1).await;
    for n in 1..=3 {
        rig.journal.append(cash(n)).await.unwrap();
    }
    let storage = rig.journal.storage();
    sqlx::query("DROP TRIGGER record_is_never_edited").execute(storage.writer()).await.unwrap();
    let text = format!("UPDATE record SET {column} = {value} WHERE sequence = 2");
    sqlx::query(sqlx::AssertSqlSafe(text)).execute(storage.writer()).await.unwrap();
    storage.close().await;
    (dir, 4)
}

#[tokio::test]
async fn a_record_whose_signature_or_columns_are_wrong_is_saved_and_sent_as_it_was() {
    let spoils = [
        ("signature", "zeroblob(64)"),
        ("kind", "'meal'"),
        ("business_date", "'2020-01-01'"),
        ("at", "at + 1"),
        ("elder", "zeroblob(16)"),
        ("id", "zeroblob(16)"),
    ];
    for (column, value) in spoils {
        let (dir, written) = spoilt(column, value).await;
        let storage = open(dir.path(), &key(), NOON).await.unwrap();
        let damage = storage.damage().await.unwrap().unwrap();
        assert_eq!((damage.saved, damage.gaps), (written, 0), "{column}");
        storage.close().await;
        let again = open(dir.path(), &key(), NOON).await.unwrap();
        assert!(examine(&again, &key().verifying_key()).await.is_ok(), "{column}: whole again");
        let signed: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT bytes, signature FROM record").fetch_all(again.reader()).await.unwrap();
        for (record, bytes) in signed {
            let signed = SignedRecord { record, signature: SignatureHex(bytes.try_into().unwrap()) };
            assert!(signed.verify(&key().verifying_key()).is_ok(), "{column}");
        }
    }
}

#[test]
fn the_epoch_that_is_kept_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(known_epoch(dir.path()), 0);
    keep_epoch(dir.path(), 3).unwrap();
    keep_epoch(dir.path(), 2).unwrap();
    assert_eq!(known_epoch(dir.path()), 3);
    std::fs::write(dir.path().join(EPOCH_FILE), "不是数").unwrap();
    assert_eq!(known_epoch(dir.path()), 0);
}
