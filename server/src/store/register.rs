//! What the pages of the register read over a whole region: in one statement each, however many canteens there are.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, MealPeriod, Month, UnixMs};
use domain::canteen::CanteenFact;
use domain::elder::ElderFact;
use domain::id::{CanteenId, ElderId, RecordId, StatementId, UserId};
use domain::reconciliation::DayClose;
use domain::region::RegionCode;

use super::elders::ElderRow;
use super::terminals::TerminalRow;
use super::{Json, Readable, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A fact of a canteen with who recorded it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FactRow {
        /// Counts the canteen's facts, from 1.
        pub number: i64,
        /// The fact.
        pub fact: Json<CanteenFact>,
        /// By whom; nobody for an import at the command line.
        pub recorded_by: Option<UserId>,
    }
}

row! {
    /// Something that was learned of an elder.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LearnedRow {
        /// Of whom.
        pub elder: ElderId,
        /// The elder's name in full: to be masked.
        pub name: String,
        /// Counts the elder's facts, from 1.
        pub number: i64,
        /// The fact.
        pub fact: Json<ElderFact>,
        /// By whom.
        pub recorded_by: Option<UserId>,
    }
}

row! {
    /// A meal of an elder, as far as it can be touched by what is learned later.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MealOf {
        /// Whose.
        pub elder: ElderId,
        /// Its record.
        pub record: RecordId,
        /// Where.
        pub canteen: CanteenId,
        /// Business date.
        pub date: BusinessDate,
        /// Which meal.
        pub period: MealPeriod,
    }
}

row! {
    /// A statement, as somebody who looks for its number finds it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct NumberedRow {
        /// Which one.
        pub id: StatementId,
        /// Its number.
        pub number: String,
        /// Its version.
        pub version: i64,
        /// Its month.
        pub month: Month,
        /// Its canteen.
        pub canteen: CanteenId,
    }
}

/// A canteen's facts with who recorded them, the last learned first.
pub async fn facts_of(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<FactRow>, Error> {
    sql!(tx, "SELECT number, fact, recorded_by FROM canteen_facts WHERE canteen = $1 ORDER BY number DESC", canteen)
        .all()
        .await
}

/// The terminals of a region's canteens, by canteen and enrolment.
pub async fn terminals(tx: &mut Tx, region: &RegionCode) -> Result<Vec<TerminalRow>, Error> {
    sql!(
        tx,
        "SELECT t.* FROM terminals t JOIN canteens c ON c.id = t.canteen WHERE c.region LIKE $1 || '%' \
         ORDER BY c.region, c.name, c.id, t.enrolled_at, t.id",
        region
    )
    .all()
    .await
}

/// Of each canteen of a region: the days of a month on which it served, and the meals on them, as far as they are closed.
pub async fn meals(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<BTreeMap<CanteenId, (i64, i64)>, Error> {
    let rows: Vec<(CanteenId, i64, i64)> = sql!(
        tx,
        "SELECT o.canteen, COUNT(*), CAST(COALESCE(SUM(o.meals), 0) AS BIGINT) FROM open_days o \
         JOIN canteens c ON c.id = o.canteen WHERE c.region LIKE $1 || '%' AND o.date >= $2 AND o.date <= $3 \
         AND o.meals > 0 GROUP BY o.canteen",
        region,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(canteen, days, meals)| (canteen, (days, meals))).collect())
}

/// How many elders are registered at each code inside a region.
pub async fn elders_by_region(tx: &mut Tx, region: &RegionCode) -> Result<BTreeMap<RegionCode, i64>, Error> {
    let rows: Vec<(RegionCode, i64)> =
        sql!(tx, "SELECT region, COUNT(*) FROM elders WHERE region LIKE $1 || '%' GROUP BY region", region)
            .all()
            .await?;
    Ok(rows.into_iter().collect())
}

/// Elders of a region whose name is read so, by name: from `after` on, which is a sort key and an id.
pub async fn elders_named(
    tx: &mut Tx,
    region: &RegionCode,
    key: &str,
    after: Option<(&str, ElderId)>,
    most: i64,
) -> Result<Vec<ElderRow>, Error> {
    // What begins with the key lies between it and the key before the highest character.
    let end = format!("{key}\u{10ffff}");
    let (last, id) = after.map_or(("", ElderId::from_uuid(uuid::Uuid::nil())), |(last, id)| (last, id));
    sql!(
        tx,
        "SELECT * FROM elders WHERE sort_key >= $1 AND sort_key < $2 AND (sort_key, id) > ($3, $4) \
         AND region LIKE $5 || '%' ORDER BY sort_key, id LIMIT $6",
        key,
        &end,
        last,
        id,
        region,
        most
    )
    .all()
    .await
}

/// A row among what was learned: when, of whom, and its number.
pub type Place = (UnixMs, ElderId, i64);

/// What was learned of a region's elders from one instant until before another, the last first, behind a row.
pub async fn learned(
    tx: &mut Tx,
    region: &RegionCode,
    (since, until): (UnixMs, UnixMs),
    behind: Option<Place>,
    most: i64,
) -> Result<Vec<LearnedRow>, Error> {
    let (at, elder, number) = behind.unwrap_or((until, ElderId::from_uuid(uuid::Uuid::nil()), i64::MAX));
    sql!(
        tx,
        "SELECT f.elder, e.name, f.number, f.fact, f.recorded_by FROM elder_facts f JOIN elders e ON e.id = f.elder \
         WHERE f.known_from >= $1 AND f.known_from < $2 AND e.region LIKE $3 || '%' AND f.known_from > e.registered_at \
         AND (f.known_from < $5 OR (f.known_from = $5 AND (f.elder > $6 OR (f.elder = $6 AND f.number < $7)))) \
         ORDER BY f.known_from DESC, f.elder, f.number DESC LIMIT $4",
        since,
        until,
        region,
        most,
        at,
        elder,
        number
    )
    .all()
    .await
}

/// Meals of an elder that were not voided, from a date to another one or without end, by date.
pub async fn meals_of(
    tx: &mut Tx,
    elder: ElderId,
    from: BusinessDate,
    until: Option<BusinessDate>,
) -> Result<Vec<MealOf>, Error> {
    sql!(
        tx,
        "SELECT elder, record, canteen, date, period FROM elder_meals WHERE elder = $1 AND date >= $2 \
         AND ($4 OR date <= $3) AND voided_by IS NULL ORDER BY date, at, record",
        elder,
        from,
        until.unwrap_or(from),
        until.is_none()
    )
    .all()
    .await
}

/// The last closes of a region's canteens for one date; one that cannot be read is passed over.
pub async fn closes_on(tx: &mut Tx, region: &RegionCode, date: BusinessDate) -> Result<Vec<DayClose>, Error> {
    let rows: Vec<Readable<DayClose>> = sql!(
        tx,
        "SELECT d.content FROM day_closes d JOIN canteens c ON c.id = d.canteen WHERE c.region LIKE $1 || '%' \
         AND d.date = $2 AND d.revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date)",
        region,
        date
    )
    .values()
    .await?;
    Ok(rows.into_iter().filter_map(|Readable(close)| close).collect())
}

/// The last closes of a canteen's month, by date; one that cannot be read is passed over.
pub async fn closes_of(tx: &mut Tx, canteen: CanteenId, month: Month) -> Result<Vec<DayClose>, Error> {
    let rows: Vec<Readable<DayClose>> = sql!(
        tx,
        "SELECT d.content FROM day_closes d WHERE d.canteen = $1 AND d.date >= $2 AND d.date <= $3 AND d.revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) ORDER BY d.date",
        canteen,
        month.first(),
        month.last()
    )
    .values()
    .await?;
    Ok(rows.into_iter().filter_map(|Readable(close)| close).collect())
}

/// Where a record of a region's canteens is: canteen, business date, kind.
pub async fn record(
    tx: &mut Tx,
    region: &RegionCode,
    id: RecordId,
) -> Result<Option<(CanteenId, BusinessDate, String)>, Error> {
    sql!(
        tx,
        "SELECT r.canteen, r.business_date, r.kind FROM canteens c JOIN records r ON r.canteen = c.id AND r.id = $1 \
         WHERE c.region LIKE $2 || '%'",
        id,
        region
    )
    .optional()
    .await
}

/// The versions of a statement with that number in a region, the last first.
pub async fn numbered(tx: &mut Tx, region: &RegionCode, number: &str) -> Result<Vec<NumberedRow>, Error> {
    sql!(
        tx,
        "SELECT id, number, version, month, canteen FROM statements WHERE number = $1 AND region LIKE $2 || '%' \
         ORDER BY version DESC",
        number,
        region
    )
    .all()
    .await
}

/// Whether there is a photo of an elder.
pub async fn has_photo(tx: &mut Tx, elder: ElderId) -> Result<bool, Error> {
    let found: i64 = sql!(tx, "SELECT COUNT(*) FROM elder_photos WHERE elder = $1", elder).value().await?;
    Ok(found > 0)
}
