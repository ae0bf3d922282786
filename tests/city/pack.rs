//! Audit packs: whole ones verify without the database, on files from both engines; nothing in one can be changed
//! unnoticed, and nothing personal is in one.

use std::io::Cursor;

use domain::calendar::{Month, UnixMs};
use domain::id::CanteenId;
use server::Store;
use server::pack::{Checked, check, write};
use server::sql;
use support::{Backend, TestDb};
use zhucan::demo::chance::Chance;
use zhucan::generate::{people, places};

use crate::settled::{open, settled};

const ELDERS: usize = 40;

fn month() -> Month {
    "2026-01".parse().unwrap()
}

async fn packed(store: &Store, canteen: Option<CanteenId>) -> Vec<u8> {
    let (mut bytes, region) = (Vec::new(), places::region(places::REGION));
    let wrote = write(store, (&region, month(), canteen), UnixMs::new(1), &mut bytes, &|_, _| {}).await.unwrap();
    assert!(wrote.records > 0 && wrote.statements == if canteen.is_some() { 1 } else { 4 });
    bytes
}

async fn checked(bytes: &[u8]) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    check(Cursor::new(bytes.to_vec()), folder.path(), None, &|_| {}).await.unwrap()
}

fn found(checked: &Checked) -> Vec<String> {
    checked.report.breaks.iter().map(ToString::to_string).collect()
}

/// The same bytes under a seal that fits them, as somebody who knows the format would make it.
fn sealed_again(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    let text = &bytes[..bytes.len() - 1];
    let last = text.iter().rposition(|b| *b == b'\n').unwrap() + 1;
    let mut hash = sha2::Sha256::new_with_prefix(b"zhucan.audit-pack.1");
    hash.update(&bytes[..last]);
    let lines = bytes[..last].split_inclusive(|b| *b == b'\n').count();
    let digest = hex::encode(hash.finalize());
    let mut again = bytes[..last].to_vec();
    again.extend_from_slice(format!("{{\"lines\":{lines},\"digest\":\"{digest}\"}}\n").as_bytes());
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_verifies_without_the_database() {
    for backend in Backend::ALL {
        let db = settled(backend, ELDERS).await;
        let store = open(db.url()).await;
        let canteens = store
            .read(|tx| Box::pin(async move { sql!(tx, "SELECT id FROM canteens ORDER BY name").values().await }))
            .await
            .unwrap();
        let bytes = packed(&store, None).await;
        let one = packed(&store, canteens.first().copied()).await;
        store.close().await;
        assert!(one.len() < bytes.len() / 2, "{} {}", one.len(), bytes.len());
        for (bytes, statements) in [(&bytes, 4), (&one, 1)] {
            let checked = checked(bytes).await;
            assert_eq!(found(&checked), Vec::<String>::new());
            assert_eq!(checked.report.statements, statements);
            assert_eq!(checked.report.closes, statements * 31);
            assert!(checked.report.records > 100);
        }
        assert_eq!(found(&checked(&sealed_again(&bytes)).await), Vec::<String>::new(), "the test seals as we do");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_can_be_changed_unnoticed() {
    let db = settled(Backend::Sqlite, 12).await;
    let store = open(db.url()).await;
    let bytes = packed(&store, None).await;
    store.close().await;
    let mut chance = Chance::new(1);
    let mut at = |bytes: &[u8]| usize::try_from(chance.bits() % bytes.len() as u64).unwrap();
    for _ in 0..25 {
        let (place, mut changed) = (at(&bytes), bytes.clone());
        changed[place] ^= 1;
        let checked = checked(&changed).await;
        assert!(!checked.report.breaks.is_empty(), "byte {place} was changed");
    }
    for cut in [at(&bytes), bytes.len() - 1, 0] {
        let checked = checked(&bytes[..cut]).await;
        assert!(cut == bytes.len() - 1 || !checked.report.breaks.is_empty(), "cut at {cut}");
    }
}

/// Even under a new seal: each change is found by recomputing, and named.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_seal_does_not_help() {
    let db = settled(Backend::Sqlite, 12).await;
    let store = open(db.url()).await;
    let bytes = packed(&store, None).await;
    store.close().await;
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let section = |name: &str| {
        let head = format!("{{\"table\":\"{name}\"");
        lines.iter().position(|line| line.starts_with(&head)).unwrap_or_else(|| panic!("no {name}"))
    };
    let with = |at: usize, from: &str, to: &str| -> Vec<u8> {
        assert!(lines[at].contains(from), "{from} is not in {}", lines[at]);
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        changed[at] = changed[at].replacen(from, to, 1);
        sealed_again((changed.join("\n") + "\n").as_bytes())
    };
    let without = |at: usize| -> Vec<u8> {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, text)| *text);
        sealed_again((kept.collect::<Vec<_>>().join("\n") + "\n").as_bytes())
    };
    let meal = section("records") + lines[section("records")..].iter().position(|l| l.contains("\"meal\"")).unwrap();
    let paid = section("due_meals") + lines[section("due_meals")..].iter().position(|l| l.contains("age-70")).unwrap();
    let terminal: Vec<&str> = lines[section("terminals") + 1].split('"').collect();
    let (key, other) = (terminal[5].to_owned(), "07".repeat(32));
    let planted: [(&str, Vec<u8>, &str); 9] = [
        ("a record's price", with(meal, "\\\"price\\\":1", "\\\"price\\\":2"), "内容与摘要不符"),
        ("a record less", without(meal), "重算"),
        ("a terminal's key", with(section("terminals") + 1, &key, &other), "终端"),
        ("a policy", with(section("policies") + 1, "15.00", "16.00"), "不符"),
        ("what was due", with(paid, "500", "600"), "不符"),
        ("a close", with(section("day_closes") + 8, "\\\"records\\\":", "\\\"records\\\":1"), "内容与摘要不符"),
        ("a statement", with(section("statements") + 1, "\\\"held\\\":0", "\\\"held\\\":-1"), "内容与摘要不符"),
        ("the ledger", without(section("postings") + 1), "账簿分录与内容不符"),
        ("the month's digest", with(section("settlements") + 1, "\"approved\",\"", "\"approved\",\"00"), "无法读取"),
    ];
    for (what, bytes, expected) in planted {
        let found = found(&checked(&bytes).await);
        assert!(found.iter().any(|b| b.contains(expected)), "{what}: expected {expected:?}, found {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_a_pack() {
    let db: TestDb = settled(Backend::Sqlite, ELDERS).await;
    let store = open(db.url()).await;
    let bytes = packed(&store, None).await;
    store.close().await;
    let text = String::from_utf8(bytes).unwrap();
    let first = month().first();
    for person in people::people(3, ELDERS, 4, first) {
        assert!(!text.contains(&person.resident_id) && !text.contains(&person.name), "{}", person.name);
        assert!(person.phone.is_none_or(|phone| !text.contains(&phone)));
    }
    for place in 0..4 {
        let canteen = places::canteen(place);
        assert!(text.contains(&canteen.name), "what is looked for would be found");
        assert!(!text.contains(&canteen.account) && !text.contains(&canteen.phone));
    }
}
