//! The demo month through the real server and tills, held against a second computation and a stored report.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod naive;
mod paper;

use std::path::PathBuf;
use std::sync::OnceLock;

use domain::settlement::{Reason, Statement};
use server::Database;
use support::{Backend, TestDb};
use zhucan::demo::outcome::Settled;
use zhucan::demo::report;
use zhucan::demo::run::{MONTHS, Outcome, play};
use zhucan::demo::world::CANTEENS;

/// A played month with its folder.
struct Played {
    db: TestDb,
    outcome: Outcome,
}

/// Each database is played once for all tests of this file.
fn played(backend: Backend) -> &'static Played {
    static SQLITE: OnceLock<Played> = OnceLock::new();
    static POSTGRES: OnceLock<Played> = OnceLock::new();
    let cell = if backend == Backend::Sqlite { &SQLITE } else { &POSTGRES };
    cell.get_or_init(|| {
        // What the programs log stands beside a failure.
        let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init();
        let db = TestDb::new(backend);
        let database: Database = db.url().parse().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let outcome = runtime.block_on(play(db.folder(), database, |_, _| {})).unwrap();
        Played { db, outcome }
    })
}

fn sum(amounts: impl Iterator<Item = domain::money::Fen>) -> i64 {
    amounts.sum::<domain::money::Fen>().get()
}

/// The changes of a statement whose reason is one of these.
fn changed(statement: &Statement, of: impl Fn(&Reason) -> bool) -> i64 {
    sum(statement.changes.iter().filter(|line| of(&line.reason)).map(|line| line.amount))
}

#[test]
fn each_statement_is_what_the_published_rules_give_for_the_scans() {
    let outcome = &played(Backend::Sqlite).outcome;
    let scans = naive::read(&outcome.scans);
    for month in MONTHS {
        let bills = naive::bills(&scans, month);
        for settled in outcome.settled.iter().filter(|s| s.month == month) {
            let (key, statement) = (CANTEENS[settled.canteen].key, &settled.statement);
            let mut payers = std::collections::BTreeMap::new();
            for line in statement.payers.iter().filter(|line| !line.payable.is_zero()) {
                *payers.entry(line.payer.name.clone()).or_default() += line.payable.get();
            }
            let stated = naive::Bill {
                meals: i64::from(statement.reconciliation.meals.count),
                claimed: statement.served_total().get(),
                deducted: -changed(statement, |r| matches!(r, Reason::Finding { .. })),
                held: -statement.held().get(),
                late: changed(statement, |r| matches!(r, Reason::Late { .. })),
                payable: statement.payable().get(),
                payers,
            };
            assert_eq!(stated, bills[key], "{month} {key}");
        }
    }
}

#[test]
fn each_till_asked_for_what_the_published_rules_say() {
    let scans = naive::read(&played(Backend::Sqlite).outcome.scans);
    assert!(scans.iter().filter(|s| s.sold).count() > 1_000);
    let wrong: Vec<_> = scans.iter().filter(|s| s.sold && s.charged != naive::own_payment(s)).collect();
    assert!(wrong.is_empty(), "{} scans, the first: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    assert!(scans.iter().any(|s| !s.sold), "somebody had eaten already");
}

#[test]
fn the_story_leaves_its_traces_and_nothing_else() {
    let outcome = &played(Backend::Sqlite).outcome;
    let found = |month: &str, key: &str| {
        let settled = outcome.settled.iter().find(|s| s.month == month && CANTEENS[s.canteen].key == key).unwrap();
        let codes = settled.statement.reconciliation.findings.iter().map(|(code, n)| (code.name(), *n));
        codes.collect::<Vec<_>>()
    };
    assert_eq!(found("2026-03", "lianhua"), [("not_eligible", 2)]);
    assert_eq!(found("2026-03", "nanshan"), [("over_limit", 1), ("standing", 5)]);
    assert_eq!(found("2026-03", "zhengguo"), []);
    for canteen in CANTEENS {
        assert_eq!(found("2026-04", canteen.key), [], "{}", canteen.key);
    }
    assert!(outcome.settled.iter().filter(|s| s.month == "2026-03").all(|s| s.state == "approved"));
}

#[test]
fn both_databases_come_to_the_same_statements() {
    let digests = |backend| -> Vec<_> {
        let settled = &played(backend).outcome.settled;
        settled.iter().map(|s| (s.month, s.number.clone(), s.statement.digest())).collect()
    };
    let sqlite = digests(Backend::Sqlite);
    assert_eq!(sqlite.len(), 6);
    assert_eq!(sqlite, digests(Backend::Postgres));
    assert_eq!(played(Backend::Sqlite).outcome.scans, played(Backend::Postgres).outcome.scans);
}

/// The report in yuan, as it is printed, against the one that was reviewed. After a change that is meant, run with
/// `UPDATE_GOLDEN=1` and review the difference.
#[test]
fn the_report_is_the_one_that_was_reviewed() {
    let outcome = &played(Backend::Sqlite).outcome;
    let report = report::report("demo".as_ref(), outcome.sales, 0, &outcome.settled, &MONTHS);
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/demo.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &report).unwrap();
    }
    let reviewed = std::fs::read_to_string(&golden).unwrap();
    let differs = report.lines().zip(reviewed.lines()).find(|(now, then)| now != then);
    assert!(report == reviewed, "first difference (now, reviewed): {differs:#?}");
}

#[test]
fn the_papers_say_what_the_statements_say() {
    let Played { db, outcome } = played(Backend::Sqlite);
    for settled in &outcome.settled {
        let stem = zhucan::demo::outcome::paper(db.folder(), settled);
        paper::check_pdf(&stem.with_extension("pdf"), settled);
        paper::check_workbook(&stem.with_extension("xlsx"), settled);
    }
    let approved: Vec<&Settled> = outcome.settled.iter().filter(|s| s.state == "approved").collect();
    paper::check_bank(&db.folder().join("statements/2026-03"), &approved);
    let names: Vec<&str> = zhucan::demo::elders::ELDERS.iter().map(|elder| elder.name).collect();
    paper::check_summary(&db.folder().join("statements/2026-03"), &approved, &names);
    assert!(db.path("scans.csv").is_file() && db.path("cards.csv").is_file());
}
