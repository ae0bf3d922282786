//! Which canteen-days have changed since they were last closed.
//!
//! Whatever may change what a day's close says touches the day in the same unit of work. A close reads the version
//! first and notes it when it is done; a day touched in between is dirty again.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ElderId};
use domain::region::RegionCode;

use super::{Bind as _, Statement, Tx, Value, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A canteen's day.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DayState {
        /// The canteen.
        pub canteen: CanteenId,
        /// The business date.
        pub date: BusinessDate,
        /// Counts what touched the day.
        pub version: i64,
        /// The version that the last close saw; 0 before the first.
        pub closed_version: i64,
        /// When it was touched last, unix ms.
        pub touched_at: UnixMs,
    }
}

impl DayState {
    /// Whether it has changed since it was last closed.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.version > self.closed_version
    }
}

row! {
    /// A canteen's day whose close fails.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FailedDay {
        /// The canteen.
        pub canteen: CanteenId,
        /// Its name.
        pub name: String,
        /// The business date.
        pub date: BusinessDate,
        /// What went wrong the last time; of the program, not in anybody's words.
        pub error: String,
        /// When it failed first, unix ms.
        pub failed_at: UnixMs,
    }
}

/// The days whose close fails, by date.
pub async fn failed(tx: &mut Tx) -> Result<Vec<FailedDay>, Error> {
    sql!(
        tx,
        "SELECT f.canteen, c.name, f.date, f.error, f.failed_at FROM close_failures f \
         JOIN canteens c ON c.id = f.canteen ORDER BY f.date, f.canteen"
    )
    .all()
    .await
}

/// Notes that the closes of these days fail, and of no others.
pub async fn set_failed(
    tx: &mut Tx,
    failed: &BTreeMap<(BusinessDate, CanteenId), String>,
    now: UnixMs,
) -> Result<(), Error> {
    for day in self::failed(tx).await?.into_iter().filter(|day| !failed.contains_key(&(day.date, day.canteen))) {
        sql!(tx, "DELETE FROM close_failures WHERE canteen = $1 AND date = $2", day.canteen, day.date)
            .execute()
            .await?;
    }
    let row = |((date, canteen), error): (&(BusinessDate, CanteenId), &String)| {
        [canteen.bind(), date.bind(), error.clone().bind(), now.bind()]
    };
    let rows: Vec<Value<'_>> = failed.iter().flat_map(row).collect();
    let tail = "ON CONFLICT (canteen, date) DO UPDATE SET error = excluded.error";
    insert(tx, "INSERT INTO close_failures (canteen, date, error, failed_at)", 4, rows, tail).await.map(drop)
}

/// Touches days, always in the same order, so that two units never wait for each other.
pub async fn touch(tx: &mut Tx, days: &BTreeSet<(CanteenId, BusinessDate)>, now: UnixMs) -> Result<(), Error> {
    let row = |(canteen, date): &(CanteenId, BusinessDate)| [canteen.bind(), date.bind(), 1_i64.bind(), now.bind()];
    let rows: Vec<Value<'_>> = days.iter().flat_map(row).collect();
    let tail = "ON CONFLICT (canteen, date) DO UPDATE
                SET version = day_states.version + 1, touched_at = excluded.touched_at";
    insert(tx, "INSERT INTO day_states (canteen, date, version, touched_at)", 4, rows, tail).await.map(drop)
}

/// The canteen-days with meals of an elder from a date on.
pub async fn of_elder(
    tx: &mut Tx,
    elder: ElderId,
    from: BusinessDate,
) -> Result<Vec<(CanteenId, BusinessDate)>, Error> {
    sql!(tx, "SELECT DISTINCT canteen, date FROM elder_meals WHERE elder = $1 AND date >= $2", elder, from).all().await
}

/// The canteen-days that a meal may bear on through the limits of its week and month, those with a meal of the same elder
/// on that date or later in the week or month, are added to `touched`, which holds the meals own days already.
pub async fn add_behind(
    tx: &mut Tx,
    meals: &BTreeSet<(ElderId, BusinessDate)>,
    touched: &mut BTreeSet<(CanteenId, BusinessDate)>,
) -> Result<(), Error> {
    let Some(first) = meals.iter().map(|(_, date)| *date).min() else { return Ok(()) };
    let elders: BTreeSet<ElderId> = meals.iter().map(|(elder, _)| *elder).collect();
    let mut text =
        format!("SELECT DISTINCT elder, canteen, date FROM elder_meals WHERE elder {} AND date >= $1", tx.among(2));
    let mut values = vec![first.bind(), Value::list(&elders)];
    // Of a batch that has just been stored nearly all rows would be of its own meals.
    if let Some((canteen, _)) = touched.iter().find(|(_, date)| *date == first).copied() {
        let known = std::iter::successors(Some(first), |date| Some(date.plus_days(1)));
        let known = known.take_while(|date| touched.contains(&(canteen, *date))).last().unwrap_or(first);
        text.push_str(" AND (canteen <> $3 OR date > $4)");
        values.extend([canteen.bind(), known.bind()]);
    }
    let rows = Statement::built(tx, text, values);
    for (elder, canteen, date) in rows.all::<(ElderId, CanteenId, BusinessDate)>().await? {
        let of_elder = meals.range((elder, first)..).take_while(|(other, _)| *other == elder);
        let mut dates = of_elder.map(|(_, meal)| *meal);
        if dates.any(|meal| meal <= date && (meal.month() == date.month() || meal.monday() == date.monday())) {
            touched.insert((canteen, date));
        }
    }
    Ok(())
}

/// The days of a canteen from a date on.
pub async fn of_canteen(tx: &mut Tx, canteen: CanteenId, from: BusinessDate) -> Result<Vec<DayState>, Error> {
    sql!(
        tx,
        "SELECT canteen, date, version, closed_version, touched_at FROM day_states
         WHERE canteen = $1 AND date >= $2 ORDER BY date",
        canteen,
        from
    )
    .all()
    .await
}

/// The days of all canteens of a region from a date on.
pub async fn of_region(tx: &mut Tx, region: &RegionCode, from: BusinessDate) -> Result<Vec<DayState>, Error> {
    sql!(
        tx,
        "SELECT s.canteen, s.date, s.version, s.closed_version, s.touched_at FROM day_states s
         JOIN canteens c ON c.id = s.canteen
         WHERE c.region LIKE $1 || '%' AND s.date >= $2 ORDER BY s.date, s.canteen",
        region,
        from
    )
    .all()
    .await
}

/// One day, if anything ever touched it.
pub async fn get(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Option<DayState>, Error> {
    sql!(
        tx,
        "SELECT canteen, date, version, closed_version, touched_at FROM day_states WHERE canteen = $1 AND date = $2",
        canteen,
        date
    )
    .optional()
    .await
}

/// So many days that have changed since they were last closed, earliest first.
pub async fn dirty(tx: &mut Tx, most: i64) -> Result<Vec<DayState>, Error> {
    sql!(
        tx,
        "SELECT canteen, date, version, closed_version, touched_at FROM day_states
         WHERE version > closed_version ORDER BY date, canteen LIMIT $1",
        most
    )
    .all()
    .await
}

/// Notes that a close saw that version. Under SERIALIZABLE it fails, and runs again, when the day was touched since.
pub async fn closed(tx: &mut Tx, day: &DayState) -> Result<bool, Error> {
    let changed = sql!(
        tx,
        "UPDATE day_states SET closed_version = $3 WHERE canteen = $1 AND date = $2 AND version = $3",
        day.canteen,
        day.date,
        day.version
    );
    Ok(changed.execute().await? == 1)
}

/// All dates of canteen-days, for changes of the calendar.
pub async fn dates(tx: &mut Tx) -> Result<Vec<BusinessDate>, Error> {
    sql!(tx, "SELECT DISTINCT date FROM day_states ORDER BY date").values().await
}

/// The canteens with a day on that date.
pub async fn canteens_on(tx: &mut Tx, date: BusinessDate) -> Result<Vec<CanteenId>, Error> {
    sql!(tx, "SELECT canteen FROM day_states WHERE date = $1 ORDER BY canteen", date).values().await
}

/// The earliest day before a date that has changed since it was last closed, and how many there are.
pub async fn overdue(tx: &mut Tx, before: BusinessDate) -> Result<(i64, Option<BusinessDate>), Error> {
    sql!(tx, "SELECT COUNT(*), MIN(date) FROM day_states WHERE version > closed_version AND date < $1", before)
        .one()
        .await
}
