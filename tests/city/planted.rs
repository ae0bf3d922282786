//! Breaks that are planted in an approved month, one class each: `verify` finds every one and names its place.

use std::sync::Arc;

use server::store::Statement;
use server::verify::verify;
use support::{Backend, TestDb};

use crate::settled::{open, settled};

/// Triggers that stand in the way of whoever tampers; who can write to the file can drop them.
const TRIGGERS: [&str; 12] = [
    "records_keep",
    "records_stay",
    "quarantine_keep",
    "day_closes_stay",
    "approved_statements_stay",
    "approved_months_stay",
    "settled_by_approved_remain",
    "settled_by_approved_stay",
    "postings_keep",
    "postings_stay",
    "policies_keep",
    "elder_facts_keep",
];

/// What is done to the database, and words of the break that has to be named.
const PLANTED: [(&str, &str); 30] = [
    (
        "UPDATE records SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"lunch\"', '\"supper\"') AS BLOB) WHERE kind = 'meal' AND sequence = 20",
        "内容与摘要不符",
    ),
    ("UPDATE records SET signature = zeroblob(64) WHERE sequence = 7", "签名不符"),
    ("UPDATE records SET hash = zeroblob(32) WHERE sequence = 9", "内容与摘要不符"),
    (
        "UPDATE records SET business_date = '2026-01-30' WHERE kind = 'meal' AND sequence = 11",
        "与所存的编号、序号或日期不符",
    ),
    (
        "UPDATE records SET outcome = 'accepted', dispute = NULL WHERE outcome = 'disputed' AND kind = 'meal'",
        "按记录自带的资料重算，结果不同",
    ),
    (
        "DELETE FROM records WHERE kind = 'void' AND sequence = (SELECT MIN(sequence) FROM records WHERE kind = 'void')",
        "已确认",
    ),
    ("UPDATE terminal_epochs SET next = next + 1", "已确认"),
    (
        "UPDATE elder_meals SET lines = '[]' WHERE lines <> '[]' AND sequence = (SELECT MIN(sequence) FROM elder_meals WHERE lines <> '[]')",
        "用餐表与记录不符",
    ),
    ("DELETE FROM elder_meals WHERE sequence = 12", "用餐表与记录不符"),
    (
        "UPDATE elder_meals SET record = zeroblob(16) WHERE sequence = 14 AND canteen = (SELECT canteen FROM elder_meals ORDER BY canteen LIMIT 1)",
        "用餐表中有，记录中没有",
    ),
    ("UPDATE elder_meals SET voided_by = NULL", "已有撤销记录，用餐表没有标明"),
    ("UPDATE elder_meals SET voided_by = record WHERE sequence = 15", "用餐表中的撤销与记录不符"),
    ("UPDATE elder_meals SET frozen_by = zeroblob(16) WHERE sequence = 16", "所属结算单没有结算这一天"),
    ("UPDATE due_meals SET lines = '[]' WHERE lines <> '[]'", "应享表或应退表与逐份结果不符"),
    ("DELETE FROM due_meals WHERE date = '2026-01-05'", "应享表或应退表与逐份结果不符"),
    ("DELETE FROM refund_dues", "应享表或应退表与逐份结果不符"),
    ("UPDATE quarantine SET bytes = zeroblob(10)", "隔离记录"),
    (
        "UPDATE day_closes SET content = replace(content, '\"records\":', '\"records\":1') WHERE date = '2026-01-06'",
        "内容与摘要不符",
    ),
    ("UPDATE day_closes SET verdicts = '[]' WHERE date = '2026-01-06'", "逐份结果不同"),
    ("UPDATE day_closes SET digest = zeroblob(32) WHERE date = '2026-01-07'", "内容与摘要不符"),
    (
        "UPDATE elder_facts SET fact = replace(fact, '2026-01-', '2025-11-'), valid_from = replace(valid_from, '2026-01-', '2025-11-')",
        "从记录重算",
    ),
    ("UPDATE policies SET source = source || ' '", "内容与摘要不符"),
    ("UPDATE calendars SET calendar = replace(calendar, 'holiday', 'workday')", "工作日历"),
    ("UPDATE statements SET content = replace(content, '\"held\":0', '\"held\":-100')", "内容与摘要不符"),
    ("UPDATE statements SET payable = payable + 1 WHERE number LIKE '%-002'", "应付"),
    ("UPDATE statements SET approved = 0 WHERE number LIKE '%-001'", "审批状态与月结不符"),
    ("UPDATE settlements SET digest = zeroblob(32)", "与各结算单的摘要不符"),
    ("UPDATE settlements SET approved_by = drafted_by", "经办与复核是同一人"),
    ("UPDATE postings SET amount = amount + 1 WHERE number = (SELECT MIN(number) FROM postings)", "账簿分录与内容不符"),
    ("DELETE FROM postings WHERE number = (SELECT MAX(number) FROM postings)", "账簿分录与内容不符"),
];

async fn breaks(db: &TestDb) -> Vec<String> {
    let store = open(db.url()).await;
    let rules = store.read(|tx| Box::pin(async move { server::rules::load(tx).await })).await;
    // A rulebook that cannot be read is its own finding; the check goes on with what can be.
    let rules = Arc::new(rules.unwrap_or_default());
    let report = verify(&store, &rules, &|_| {}).await.unwrap();
    store.close().await;
    report.breaks.iter().map(ToString::to_string).collect()
}

/// The statement as PostgreSQL wants it.
fn in_postgres(sql: &str) -> String {
    let nothing = |bytes: usize| format!("decode(repeat('00', {bytes}), 'hex')");
    sql.replace("zeroblob(16)", "'00000000-0000-0000-0000-000000000000'::uuid")
        .replace("zeroblob(32)", &nothing(32))
        .replace("zeroblob(64)", &nothing(64))
        .replace("zeroblob(10)", &nothing(10))
        .replace("CAST(replace(CAST(bytes AS TEXT), ", "convert_to(replace(convert_from(bytes, 'UTF8'), ")
        .replace("'\"supper\"') AS BLOB)", "'\"supper\"'), 'UTF8')")
}

async fn plant(db: &TestDb, sql: &'static str) -> u64 {
    let store = open(db.url()).await;
    let changed = store
        .write(move |tx| {
            Box::pin(async move {
                if tx.is_postgres() {
                    Statement::new(tx, "SET LOCAL session_replication_role = replica", Vec::new()).execute().await?;
                    return Statement::built(tx, in_postgres(sql), Vec::new()).execute().await;
                }
                for trigger in TRIGGERS {
                    Statement::built(tx, format!("DROP TRIGGER IF EXISTS {trigger}"), Vec::new()).execute().await?;
                }
                Statement::new(tx, sql, Vec::new()).execute().await
            })
        })
        .await
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
    store.close().await;
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_break_is_found_and_named_in_sqlite() {
    every_class_is_found(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_break_is_found_and_named_in_postgresql() {
    every_class_is_found(Backend::Postgres).await;
}

async fn every_class_is_found(backend: Backend) {
    let whole = settled(backend, 40).await;
    assert_eq!(breaks(&whole).await, Vec::<String>::new());
    for (sql, expected) in PLANTED {
        let copy = whole.copy();
        assert!(plant(&copy, sql).await > 0, "nothing was changed: {sql}");
        let found = breaks(&copy).await;
        assert!(found.iter().any(|b| b.contains(expected)), "{sql}\nexpected {expected:?}, found {found:#?}");
    }
}
