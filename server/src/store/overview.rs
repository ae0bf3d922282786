//! What pages over a whole region's month read: in one statement each, however many canteens there are.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, MealPeriod, Month, UnixMs};
use domain::id::{CanteenId, RecordId, StatementId, UserId};
use domain::reconciliation::{Correction, DayClose, Finding, Tier, Verdict};
use domain::record::totals::CountSum;
use domain::region::RegionCode;
use uuid::Uuid;

use super::days::DayState;
use super::findings::StepRow;
use super::months::StoredStatement;
use super::{Json, Readable, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// Something that was said about a finding, and about which.
    struct SaidRow {
        canteen: CanteenId,
        date: BusinessDate,
        number: String,
        step: i64,
        what: String,
        words: String,
        owner: Option<UserId>,
        due: Option<BusinessDate>,
        by_user: UserId,
        at: UnixMs,
    }
}

row! {
    /// A meal of a known elder, for lists of meals.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Eaten {
        /// The record.
        pub record: RecordId,
        /// Trusted time, unix ms.
        pub at: UnixMs,
        /// Meal period.
        pub period: MealPeriod,
        /// The elder's name in full: masked before it is shown.
        pub name: String,
        /// The statement that froze it.
        pub frozen_by: Option<Uuid>,
    }
}

/// The meals of known elders in a canteen on a date, by record.
pub async fn eaten(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<BTreeMap<RecordId, Eaten>, Error> {
    let rows: Vec<Eaten> = sql!(
        tx,
        "SELECT m.record, m.at, m.period, e.name, m.frozen_by FROM elder_meals m JOIN elders e ON e.id = m.elder \
         WHERE m.canteen = $1 AND m.date = $2",
        canteen,
        date
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|meal| (meal.record, meal)).collect())
}

/// The current statements of a region's months `from..=to`, by month and number.
pub async fn statements(
    tx: &mut Tx,
    region: &RegionCode,
    from: Month,
    to: Month,
) -> Result<Vec<StoredStatement>, Error> {
    sql!(
        tx,
        "SELECT s.id, s.region, s.month, s.version, s.canteen, s.number, s.digest, s.payable, s.content, s.approved \
         FROM statements s JOIN settlements m ON m.region = s.region AND m.month = s.month AND m.version = s.version \
         WHERE s.region = $1 AND s.month >= $2 AND s.month <= $3 ORDER BY s.month, s.number",
        region,
        from,
        to
    )
    .all()
    .await
}

/// Which statements a region's month has now, by number: id, number and canteen, without what they say.
pub async fn numbers(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
) -> Result<Vec<(StatementId, String, CanteenId)>, Error> {
    sql!(
        tx,
        "SELECT s.id, s.number, s.canteen FROM settlements m JOIN statements s ON s.region = m.region \
         AND s.month = m.month AND s.version = m.version WHERE m.region = $1 AND m.month = $2 ORDER BY s.number",
        region,
        month
    )
    .all()
    .await
}

/// A canteen's current statements, the last month first, `most` of them.
pub async fn statements_of_canteen(tx: &mut Tx, canteen: CanteenId, most: i64) -> Result<Vec<StoredStatement>, Error> {
    sql!(
        tx,
        "SELECT s.id, s.region, s.month, s.version, s.canteen, s.number, s.digest, s.payable, s.content, s.approved \
         FROM statements s JOIN settlements m ON m.region = s.region AND m.month = s.month AND m.version = s.version \
         WHERE s.canteen = $1 ORDER BY s.month DESC, s.number LIMIT $2",
        canteen,
        most
    )
    .all()
    .await
}

row! {
    struct SettledVerdicts {
        statement: StatementId,
        number: String,
        month: Month,
        verdicts: Json<Vec<Verdict>>,
    }
}

/// In which current statements a day was settled, the first month first, each with the verdicts that it settled.
pub async fn settlements_of_day(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
) -> Result<Vec<(StatementId, String, Month, Vec<Verdict>)>, Error> {
    let rows: Vec<SettledVerdicts> = sql!(
        tx,
        "SELECT s.statement, t.number, t.month, d.verdicts FROM settled_days s \
         JOIN statements t ON t.id = s.statement \
         JOIN day_closes d ON d.canteen = s.canteen AND d.date = s.date AND d.revision = s.revision \
         WHERE s.canteen = $1 AND s.date = $2 ORDER BY t.month",
        canteen,
        date
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|row| (row.statement, row.number, row.month, row.verdicts.0)).collect())
}

/// The days of a region's month that found anything: of the region so much and from day to day. SQLite goes through their
/// own index by it, which a test asks it to explain.
pub const FINDINGS_OF_REGION: &str = "SELECT d.canteen, d.date, d.content FROM canteens c CROSS JOIN day_closes d \
    WHERE d.canteen = c.id AND c.region LIKE $1 || '%' AND d.date >= $2 AND d.date <= $3 \
    AND d.content NOT LIKE '%\"findings\":[]%' AND d.revision = \
    (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
    ORDER BY d.canteen, d.date";

/// What days of a region's month found, by canteen and date: only days that found anything are read, and of one
/// canteen only those, where only that one is asked for. A close that somebody damaged is passed over: its own page and
/// `verify` name it.
pub async fn findings(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    only: Option<CanteenId>,
) -> Result<Vec<(CanteenId, BusinessDate, Vec<Finding>)>, Error> {
    /// The part of a close that is wanted.
    #[derive(serde::Deserialize)]
    struct Found {
        findings: Vec<Finding>,
    }
    // A close is written without spaces: days that found nothing say so in so many characters. The condition is that of
    // the index `day_closes_with_findings`, character by character.
    let rows: Vec<(CanteenId, BusinessDate, Readable<Found>)> = match only {
        None => sql!(tx, FINDINGS_OF_REGION, region, month.first(), month.last()).all().await?,
        Some(canteen) => {
            let text = "SELECT d.canteen, d.date, d.content FROM day_closes d WHERE d.canteen = $1 \
                AND d.date >= $2 AND d.date <= $3 AND d.content NOT LIKE '%\"findings\":[]%' AND d.revision = \
                (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
                ORDER BY d.date";
            sql!(tx, text, canteen, month.first(), month.last()).all().await?
        }
    };
    let readable = |(canteen, date, Readable(found)): (_, _, Readable<Found>)| Some((canteen, date, found?.findings));
    Ok(rows.into_iter().filter_map(readable).collect())
}

/// The closed canteen-days of a region's month, with how many meals the last close of each counted, guests included. No
/// close is read: what each counted stands beside it for the days after it.
///
/// Canteen by canteen, which `CROSS JOIN` tells SQLite: left alone it may go through the days of all months.
pub async fn counts(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
) -> Result<BTreeMap<(CanteenId, BusinessDate), i64>, Error> {
    let rows: Vec<(CanteenId, BusinessDate, i64)> = sql!(
        tx,
        "SELECT d.canteen, d.date, CAST(COALESCE(o.meals, 0) AS BIGINT) FROM canteens c CROSS JOIN day_closes d \
         LEFT JOIN open_days o ON o.canteen = d.canteen AND o.date = d.date \
         WHERE c.region LIKE $1 || '%' AND d.canteen = c.id AND d.date >= $2 AND d.date <= $3 AND d.revision = 1",
        region,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(canteen, date, meals)| ((canteen, date), meals)).collect())
}

/// What a close counted and what its payers owe by it: the part of it that pages add up.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct DaySums {
    /// The canteen.
    pub canteen: CanteenId,
    /// The business date.
    pub date: BusinessDate,
    /// Meals that were not voided, at list price.
    pub meals: CountSum,
    /// Of these: with at least one benefit.
    pub subsidised: CountSum,
    /// What was charged, by benefit and amount.
    pub tiers: Vec<Tier>,
    /// Where what is paid differs from what was charged.
    pub corrections: Vec<Correction>,
}

/// The sums of the last closes of a region's month, by canteen and date; of one canteen where only that one is asked
/// for. For months that no statement sums yet.
pub async fn sums(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    only: Option<CanteenId>,
) -> Result<Vec<DaySums>, Error> {
    let rows: Vec<Readable<DaySums>> = match only {
        None => {
            let text = "SELECT d.content FROM canteens c CROSS JOIN day_closes d WHERE d.canteen = c.id AND c.region LIKE $1 || '%' AND d.date >= $2 AND d.date <= $3 AND d.revision = \
                (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
                ORDER BY d.canteen, d.date";
            sql!(tx, text, region, month.first(), month.last()).values().await?
        }
        Some(canteen) => {
            let text = "SELECT d.content FROM day_closes d WHERE d.canteen = $1 AND d.date >= $2 AND d.date <= $3 \
                AND d.revision = \
                (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
                ORDER BY d.date";
            sql!(tx, text, canteen, month.first(), month.last()).values().await?
        }
    };
    Ok(rows.into_iter().filter_map(|Readable(sums)| sums).collect())
}

/// The last close of every canteen-day of a region's month that has one, by canteen and date, with its revision; nothing
/// in the place of one that somebody damaged: the other days are told of all the same.
pub async fn closes(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
) -> Result<BTreeMap<(CanteenId, BusinessDate), (i64, Option<DayClose>)>, Error> {
    let rows: Vec<(CanteenId, BusinessDate, i64, Readable<DayClose>)> = sql!(
        tx,
        "SELECT d.canteen, d.date, d.revision, d.content FROM day_closes d JOIN canteens c ON c.id = d.canteen \
         WHERE c.region LIKE $1 || '%' AND d.date >= $2 AND d.date <= $3 AND d.revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date)",
        region,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(canteen, date, n, Readable(close))| ((canteen, date), (n, close))).collect())
}

/// The state of every canteen-day of a region's month that anything touched.
pub async fn days(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
) -> Result<BTreeMap<(CanteenId, BusinessDate), DayState>, Error> {
    let rows: Vec<DayState> = sql!(
        tx,
        "SELECT s.canteen, s.date, s.version, s.closed_version, s.touched_at FROM day_states s \
         JOIN canteens c ON c.id = s.canteen WHERE c.region LIKE $1 || '%' AND s.date >= $2 AND s.date <= $3",
        region,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|day| ((day.canteen, day.date), day)).collect())
}

/// Which finding: its canteen, day and number.
pub type Of = (CanteenId, BusinessDate, String);

/// Everything that was said about findings of a region's month, by canteen, day and number, in order.
pub async fn steps(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<BTreeMap<Of, Vec<StepRow>>, Error> {
    let rows: Vec<SaidRow> = sql!(
        tx,
        "SELECT f.canteen, f.date, f.number, f.step, f.what, f.words, f.owner, f.due, f.by_user, f.at FROM canteens c \
         CROSS JOIN finding_steps f WHERE f.canteen = c.id AND c.region LIKE $1 || '%' AND f.date >= $2 AND f.date <= $3 \
         ORDER BY f.canteen, f.number, f.step",
        region,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    let mut said: BTreeMap<Of, Vec<StepRow>> = BTreeMap::new();
    for row in rows {
        let SaidRow { canteen, date, number, step, what, words, owner, due, by_user, at } = row;
        said.entry((canteen, date, number)).or_default().push(StepRow { step, what, words, owner, due, by_user, at });
    }
    Ok(said)
}

/// The months that are disclosed on a day, with the last day on which objections are taken; latest first. What was
/// disclosed before is not everybody's to read any longer.
pub async fn disclosed(tx: &mut Tx, today: BusinessDate) -> Result<Vec<(RegionCode, Month, BusinessDate)>, Error> {
    sql!(tx, "SELECT region, month, until FROM disclosures WHERE until >= $1 ORDER BY month DESC, region", today)
        .all()
        .await
}
