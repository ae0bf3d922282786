//! Single records over HTTP, as the benchmark sends them: every one is taken, and what is not is counted by its reason.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month, WorkCalendar};
use server::Database;
use support::{Backend, TestDb};
use zhucan::bench::bare::Bare;
use zhucan::bench::upload::{Failure, Uploads};
use zhucan::bench::words;
use zhucan::generate::places::is_open;
use zhucan::generate::play::{City, Wanted};
use zhucan::generate::rates::Rates;

use crate::settled::watch;
use crate::wanted;

const TERMINALS: usize = 4;

struct Bench {
    db: TestDb,
    bare: Bare,
    days: Vec<BusinessDate>,
}

impl Bench {
    async fn new(backend: Backend) -> (Self, City) {
        let db = TestDb::new(backend);
        let database: Database = db.url().parse().unwrap();
        let wanted = Wanted { rates: Rates::USUAL.at_percent(0), ..wanted(40, 7) };
        let city = City::found(wanted, database, db.path("office.key"), "http://office", watch()).await.unwrap();
        let bare = Bare::sqlite(&db.path("bare.db")).await.unwrap();
        let calendar = WorkCalendar::published();
        let days = city.months().into_iter().flat_map(Month::days).filter(|day| is_open(&calendar, *day)).collect();
        (Self { db, bare, days }, city)
    }
}

async fn nothing_fails_whoever_was_measured_before(backend: Backend) {
    let (bench, city) = Bench::new(backend).await;
    let mut uploads = Uploads::begin(city, &bench.bare, "test").await.unwrap();
    uploads.batches(bench.days[0]).await.unwrap();
    for (day, sides) in (1..).zip([1, 2, TERMINALS]) {
        let (row, taken) = uploads.singles(bench.days[day], sides).await.unwrap();
        assert_eq!(taken.failed, BTreeMap::new(), "{sides} terminals");
        assert!(row.size > 0 && row.size == taken.took.len() as u64, "each record is a request: {row:?}");
        assert!(row.note.ends_with("失败 0"), "{}", row.note);
    }
    let office = uploads.city().server.office();
    let report = server::verify::verify(&office.store, &office.book(), &|_| ()).await;
    assert_eq!(report.unwrap().breaks, []);
    uploads.end().await.unwrap();
    drop(bench.db);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_on_sqlite() {
    nothing_fails_whoever_was_measured_before(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_on_postgres() {
    nothing_fails_whoever_was_measured_before(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_behind_a_gap_fail_for_that_reason() {
    let (bench, mut city) = Bench::new(Backend::Sqlite).await;
    drop(city.unsent(bench.days[0]).unwrap());
    let mut uploads = Uploads::begin(city, &bench.bare, "test").await.unwrap();
    let (row, taken) = uploads.singles(bench.days[1], TERMINALS).await.unwrap();
    assert_eq!(taken.failed, BTreeMap::from([(Failure::NoOutcome, row.size)]));
    assert!(row.note.ends_with(&words::failures(&taken.failed)) && row.note.contains("缺号"), "{}", row.note);
    uploads.end().await.unwrap();
}
