//! Meals at full price whose credential the till could not place, and whose it was, once that is known.
//!
//! An identified meal is a meal of that elder like any other: it stands in `elder_meals`, competes for limits, and the
//! day close decides what was due. What was charged too much is then listed as a refund.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use domain::record::Body;
use serde::Serialize;

use super::records::{self, Decoded, NewRecord};
use super::usage::{self, MealRow};
use super::{Bind as _, Json, Statement, Tx, Value, days, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A meal whose credential nobody knew when it was served.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    #[schema(as = UnidentifiedMeal)]
    pub struct UnidentifiedRow {
        /// Its canteen.
        pub canteen: CanteenId,
        /// Its record.
        pub record: RecordId,
        /// The till, whose key the digest is under.
        pub terminal: TerminalId,
        /// Digest of the credential.
        #[serde(skip)]
        pub digest: Digest,
        /// Business date.
        pub date: BusinessDate,
        /// When, unix ms.
        pub at: UnixMs,
    }
}

/// By which credential a meal was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A printed card.
    Card,
    /// A physical card.
    Chip,
    /// A resident ID.
    ResidentId,
}

impl How {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Chip => "chip",
            Self::ResidentId => "resident_id",
        }
    }
}

/// The digest of a meal whose elder the till did not know, if it is one.
#[must_use]
pub fn unidentified(body: &Body) -> Option<Digest> {
    match body {
        Body::Meal(meal) if meal.diner.is_none() => meal.unidentified,
        _ => None,
    }
}

/// Keeps the meals of unknown credentials among new records.
pub async fn add(tx: &mut Tx, records: &[NewRecord]) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::new();
    for new in records {
        let record = &new.record;
        let Some(digest) = unidentified(&record.body) else { continue };
        rows.extend([
            record.canteen.bind(),
            record.id.bind(),
            record.terminal.bind(),
            digest.bind(),
            record.business_date().bind(),
            record.at.bind(),
        ]);
    }
    insert(tx, "INSERT INTO unidentified_meals (canteen, record, terminal, digest, date, at)", 6, rows, "")
        .await
        .map(drop)
}

/// What is not identified yet, as SQL.
const OPEN: &str = "SELECT u.canteen, u.record, u.terminal, u.digest, u.date, u.at FROM unidentified_meals u
    WHERE NOT EXISTS (SELECT 1 FROM identifications i WHERE i.canteen = u.canteen AND i.record = u.record)";

/// The meals that are not identified and were not looked for since an instant, by terminal and time.
pub async fn waiting(tx: &mut Tx, looked_before: UnixMs) -> Result<Vec<UnidentifiedRow>, Error> {
    let text = format!("{OPEN} AND (u.looked_at IS NULL OR u.looked_at < $1) ORDER BY u.terminal, u.at, u.record");
    Statement::built(tx, text, vec![looked_before.bind()]).all().await
}

/// A canteen's meals that are not identified, by time.
pub async fn open(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<UnidentifiedRow>, Error> {
    let text = format!("{OPEN} AND u.canteen = $1 ORDER BY u.at, u.record");
    Statement::built(tx, text, vec![canteen.bind()]).all().await
}

/// The terminals with meals that are not identified.
pub async fn terminals(tx: &mut Tx) -> Result<Vec<(TerminalId, CanteenId)>, Error> {
    sql!(
        tx,
        "SELECT DISTINCT u.terminal, u.canteen FROM unidentified_meals u WHERE NOT EXISTS
            (SELECT 1 FROM identifications i WHERE i.canteen = u.canteen AND i.record = u.record)
         ORDER BY u.terminal"
    )
    .all()
    .await
}

/// A terminal's meals with that digest that are not identified.
pub async fn of_digest(tx: &mut Tx, terminal: TerminalId, digest: Digest) -> Result<Vec<UnidentifiedRow>, Error> {
    let text = format!("{OPEN} AND u.terminal = $1 AND u.digest = $2 ORDER BY u.at, u.record");
    Statement::built(tx, text, vec![terminal.bind(), digest.bind()]).all().await
}

/// Notes that all credentials were gone through for these meals.
pub async fn looked(tx: &mut Tx, meals: &[UnidentifiedRow], now: UnixMs) -> Result<(), Error> {
    for meal in meals {
        sql!(
            tx,
            "UPDATE unidentified_meals SET looked_at = $3 WHERE canteen = $1 AND record = $2",
            meal.canteen,
            meal.record,
            now
        )
        .execute()
        .await?;
    }
    Ok(())
}

/// Writes down whose meal it was: from now on it is that elder's, and the days that it bears on are closed again. Says
/// whether it was not known until now.
pub async fn identify(
    tx: &mut Tx,
    meal: &UnidentifiedRow,
    elder: ElderId,
    how: How,
    now: UnixMs,
) -> Result<bool, Error> {
    // A void of the same till must not slip in between.
    super::terminals::hold(tx, meal.terminal).await?;
    let added = sql!(
        tx,
        "INSERT INTO identifications (canteen, record, elder, how, identified_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (canteen, record) DO NOTHING",
        meal.canteen,
        meal.record,
        elder,
        how.name(),
        now
    );
    if added.execute().await? == 0 {
        return Ok(false);
    }
    let row: (Decoded, String) =
        sql!(tx, "SELECT bytes, outcome FROM records WHERE canteen = $1 AND id = $2", meal.canteen, meal.record)
            .one()
            .await?;
    let (Decoded(record), outcome) = row;
    let Body::Meal(served) = &record.body else {
        return Err(Error::Corrupt(format!("record {}: not a meal", meal.record)));
    };
    let row = MealRow {
        elder,
        record: record.id,
        canteen: record.canteen,
        terminal: record.terminal,
        epoch: record.epoch,
        sequence: record.sequence,
        date: record.business_date(),
        period: served.meal.period.clone(),
        at: record.at,
        policy: None,
        lines: Json(Vec::new()),
        outcome,
        voided_by: records::void_of(tx, meal.canteen, meal.record).await?,
        frozen_by: None,
        changed_at: now,
    };
    usage::add(tx, std::slice::from_ref(&row)).await?;
    let mut touched = BTreeSet::from([(row.canteen, row.date)]);
    days::add_behind(tx, &BTreeSet::from([(elder, row.date)]), &mut touched).await?;
    days::touch(tx, &touched, now).await?;
    Ok(true)
}

/// Whose the meals of a canteen-day's elders on that date were, here and elsewhere, that were identified later.
pub async fn of_day(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<BTreeMap<RecordId, ElderId>, Error> {
    let rows: Vec<(RecordId, ElderId)> = sql!(
        tx,
        "SELECT i.record, i.elder FROM elder_meals m
         JOIN identifications i ON i.canteen = m.canteen AND i.record = m.record
         WHERE m.date = $2 AND m.elder IN
            (SELECT o.elder FROM elder_meals o WHERE o.canteen = $1 AND o.date = $2)",
        canteen,
        date
    )
    .all()
    .await?;
    Ok(rows.into_iter().collect())
}
