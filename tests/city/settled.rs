//! A small city whose month is approved, as a file to be copied.

use std::sync::Arc;

use domain::calendar::Clock;
use server::{Database, Store};
use support::{Backend, TestDb};
use zhucan::bench::city::{Stopwatch, settle};
use zhucan::generate::places;
use zhucan::generate::play::City;
use zhucan::machine::{SystemClock, SystemEntropy};

use crate::wanted;

pub(crate) fn watch() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(&SystemEntropy))
}

/// An approved month; its database is closed.
pub(crate) async fn settled(backend: Backend, elders: usize) -> TestDb {
    let db = TestDb::new(backend);
    let database: Database = db.url().parse().unwrap();
    let mut city = City::found(wanted(elders, 3), database, db.path("office.key"), "http://o", watch()).await.unwrap();
    city.pass().await.unwrap();
    let office = Arc::clone(city.server.office());
    let region = places::region(places::REGION);
    settle(&office, &region, city.months()[0], &mut Stopwatch::begun(watch())).await.unwrap();
    office.store.close().await;
    db
}

/// The store of a database.
pub(crate) async fn open(url: &str) -> Store {
    Store::open(&url.parse().unwrap()).await.unwrap()
}
