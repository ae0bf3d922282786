//! A small city's month on both databases: generated, closed, drafted, approved, printed and verified, and every
//! canteen's money the same, to the fen, as a second computation from the cashiers' lists has it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pack;
mod planted;
mod settled;
mod uploads;

use server::Database;
use settled::watch;
use support::{Backend, TestDb};
use zhucan::bench::city::{CityReport, run};
use zhucan::generate::play::{City, Generated, Wanted};
use zhucan::generate::rates::Rates;

/// Things go wrong far more often than usual, so that a small city sees all of them.
pub(crate) fn wanted(elders: usize, seed: u64) -> Wanted {
    let from = "2026-01".parse().unwrap();
    let often = Rates { forged: 1_000, wrong_z: 5_000, damaged: 5_000, ..Rates::USUAL.at_percent(2_000) };
    Wanted { elders, canteens: 4, months: 1, from, seed, rates: often, truth: None }
}

async fn played(backend: Backend, seed: u64) -> CityReport {
    let db = TestDb::new(backend);
    let database: Database = db.url().parse().unwrap();
    let report = run(wanted(130, seed), db.folder(), database, watch()).await.unwrap();
    let papers = std::fs::read_dir(db.folder().join("papers/2026-01")).unwrap().count();
    assert_eq!(papers, 4);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_citys_month_agrees_with_the_second_computation_on_both_databases() {
    let (sqlite, postgres) = (played(Backend::Sqlite, 1).await, played(Backend::Postgres, 1).await);
    for report in [&sqlite, &postgres] {
        assert_eq!(report.differences, Vec::<String>::new());
        assert_eq!(report.breaks, Vec::<String>::new());
        assert_eq!((report.wrongly_charged, report.compared), (0, 4));
        assert!(report.generated.meals > 2_000, "{:?}", report.generated);
        assert!(report.generated.disputed > 0 && report.generated.quarantined > 0, "{:?}", report.generated);
    }
    let same = |report: &CityReport| (Generated { milliseconds: 0, ..report.generated.clone() }, report.payable);
    assert_eq!(same(&sqlite), same(&postgres));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_cities_agree() {
    for seed in 2..6 {
        let report = played(Backend::Sqlite, seed).await;
        assert!(report.holds(), "seed {seed}: {:?} {:?}", report.differences, report.breaks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_database() {
    let dump = |seed: u64| async move {
        let db = TestDb::new(Backend::Sqlite);
        let database: Database = db.url().parse().unwrap();
        let keys = db.path("office.key");
        let mut city = City::found(wanted(30, seed), database, keys, "http://office", watch()).await.unwrap();
        city.pass().await.unwrap();
        let store = city.server.office().store.clone();
        let records = store.read(|tx| {
            Box::pin(async move {
                server::sql!(tx, "SELECT hash FROM records ORDER BY canteen, terminal, epoch, sequence")
                    .values::<domain::id::Digest>()
                    .await
            })
        });
        let records = records.await.unwrap();
        assert!(records.len() > 300, "{}", records.len());
        records
    };
    assert_eq!(dump(9).await, dump(9).await);
    assert_ne!(dump(9).await, dump(10).await);
}
