//! What a region's month was held against with each draft, those who could have claimed, and what was said about claims
//! beyond that.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month};
use domain::id::{CanteenId, Digest, ElderId};
use domain::record::totals::CountSum;
use domain::region::RegionCode;
use domain::settlement::claims::Claims;

use super::findings::StepRow;
use super::{Bind as _, Json, Readable, Statement, Tx, Value};
use crate::error::Error;
use crate::{row, sql};

/// Keeps what a version of a month's draft was held against. A version that has some violates the primary key.
pub async fn keep(tx: &mut Tx, region: &RegionCode, month: Month, version: i64, claims: &Claims) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO month_claims (region, month, version, digest, content) VALUES ($1, $2, $3, $4, $5)",
        region,
        month,
        version,
        claims.digest(),
        Json(claims)
    )
    .execute()
    .await
    .map(drop)
}

/// What a version of a month's draft was held against, with the digest that was stored beside it; nothing of a draft
/// that was made before any were.
pub async fn of_version(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    version: i64,
) -> Result<Option<(Claims, Digest)>, Error> {
    let found: Option<(Json<Claims>, Digest)> = sql!(
        tx,
        "SELECT content, digest FROM month_claims WHERE region = $1 AND month = $2 AND version = $3",
        region,
        month,
        version
    )
    .optional()
    .await?;
    Ok(found.map(|(Json(claims), digest)| (claims, digest)))
}

row! {
    struct NumberedStep {
        number: String,
        step: i64,
        what: String,
        words: String,
        owner: Option<domain::id::UserId>,
        due: Option<BusinessDate>,
        by_user: domain::id::UserId,
        at: domain::calendar::UnixMs,
    }
}

/// Everything that was said about a month's claims, by the number of the finding, in order.
pub async fn steps(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<BTreeMap<String, Vec<StepRow>>, Error> {
    let rows: Vec<NumberedStep> = sql!(
        tx,
        "SELECT number, step, what, words, owner, due, by_user, at FROM month_finding_steps \
         WHERE region = $1 AND month = $2 ORDER BY number, step",
        region,
        month
    )
    .all()
    .await?;
    let mut said: BTreeMap<String, Vec<StepRow>> = BTreeMap::new();
    for NumberedStep { number, step, what, words, owner, due, by_user, at } in rows {
        said.entry(number).or_default().push(StepRow { step, what, words, owner, due, by_user, at });
    }
    Ok(said)
}

/// Writes down what was said about a month's claim; its `step` is the next one.
pub async fn add_step(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    number: &str,
    said: &StepRow,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO month_finding_steps (region, month, number, step, what, words, owner, due, by_user, at) \
         VALUES ($1, $2, $3, (SELECT COALESCE(MAX(step), 0) + 1 FROM month_finding_steps WHERE region = $1 \
         AND month = $2 AND number = $3), $4, $5, $6, $7, $8, $9)",
        region,
        month,
        number,
        &said.what,
        &said.words,
        said.owner,
        said.due,
        said.by_user,
        said.at
    )
    .execute()
    .await
    .map(drop)
}

/// Who could claim in a region's month: a version of its draft.
#[derive(Clone, Debug)]
pub struct Among {
    /// The region that settles.
    pub region: RegionCode,
    /// Regions inside it that settle for themselves.
    pub without: Vec<RegionCode>,
    /// The month.
    pub month: Month,
    /// The draft's version.
    pub version: i64,
    /// Registered before this instant.
    pub known: domain::calendar::UnixMs,
}

/// Regions that are set up inside a region.
pub async fn regions_inside(tx: &mut Tx, region: &RegionCode) -> Result<Vec<RegionCode>, Error> {
    sql!(tx, "SELECT code FROM regions WHERE code LIKE $1 || '_%' ORDER BY code", region).values().await
}

/// Whom a list of those who could claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Elders who were registered where the region settles when its month was drafted.
    Own,
    /// Those from elsewhere of whom its draft froze a meal of the month.
    FromElsewhere,
}

/// Those who could claim in a region's month, at most so many behind `after`, by id.
pub async fn elders(
    tx: &mut Tx,
    of: &Among,
    whom: Whom,
    after: Option<ElderId>,
    most: i64,
) -> Result<Vec<ElderId>, Error> {
    let Among { region, without, month, version, known } = of;
    let after = after.unwrap_or(ElderId::from_uuid(uuid::Uuid::nil()));
    let mut values: Vec<Value<'_>> = vec![region.bind(), known.bind(), after.bind(), most.bind()];
    let frozen = match whom {
        Whom::Own => "",
        Whom::FromElsewhere => {
            values.extend([month.bind(), version.bind(), month.first().bind(), month.last().bind()]);
            " AND id IN (SELECT m.elder FROM statements s JOIN elder_meals m ON m.canteen = s.canteen AND \
             m.frozen_by = s.id WHERE s.region = $1 AND s.month = $5 AND s.version = $6 AND m.date >= $7 AND m.date <= $8)"
        }
    };
    let mut own = "e.place LIKE $1 || '%'".to_owned();
    for inside in without {
        values.push(inside.bind());
        own = format!("{own} AND NOT e.place LIKE ${} || '%'", values.len());
    }
    let which = if whom == Whom::Own { own } else { format!("NOT ({own})") };
    // Where the elder was registered then: what the first correction behind it says was left.
    let text = format!(
        "SELECT e.id FROM (SELECT id, COALESCE((SELECT c.left_region FROM corrections c WHERE c.elder = elders.id \
         AND c.left_region IS NOT NULL AND c.at >= $2 ORDER BY c.at LIMIT 1), region) AS place FROM elders \
         WHERE id > $3 AND registered_at < $2{frozen}) e WHERE {which} ORDER BY e.id LIMIT $4"
    );
    Statement::built(tx, text, values).values().await
}

/// The days of the month on which a version's canteens served, as their settled closes have them: canteen, its place and
/// the date. Corrupt where one of these closes cannot be read.
pub async fn open_days(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    version: i64,
) -> Result<Vec<(CanteenId, RegionCode, BusinessDate)>, Error> {
    /// The part of a close that is wanted.
    #[derive(serde::Deserialize)]
    struct Served {
        meals: CountSum,
    }
    let rows: Vec<(CanteenId, RegionCode, BusinessDate, Readable<Served>)> = sql!(
        tx,
        "SELECT d.canteen, c.region, d.date, o.content FROM statements s JOIN settled_days d ON d.statement = s.id \
         JOIN canteens c ON c.id = d.canteen JOIN day_closes o ON o.canteen = d.canteen AND o.date = d.date \
         AND o.revision = d.revision WHERE s.region = $1 AND s.month = $2 AND s.version = $3 AND d.date >= $4 \
         AND d.date <= $5 ORDER BY d.date, d.canteen",
        region,
        month,
        version,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    let mut open = Vec::new();
    for (canteen, place, date, Readable(served)) in rows {
        let unreadable = || Error::Corrupt(format!("the close of {date} of {canteen} cannot be read"));
        if served.ok_or_else(unreadable)?.meals.count > 0 {
            open.push((canteen, place, date));
        }
    }
    Ok(open)
}
