//! `GET /api/v1/changes`: what was learned of elders in a time (deaths, moves, categories), the last first, and what it
//! bears on. Names are masked.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::ElderFact;
use domain::id::{CanteenId, ElderId, RecordId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, List, page_size};
use super::body::Query;
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::changes::{Bounds, Read, findings_about, kind_of, late, load};
use crate::people::Right;
use crate::store::register::{LearnedRow, Place};
use crate::words::{Code, office as said};
use crate::{Office, names};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ChangeQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Inside one's own; all of it unless it is said.
    region: Option<RegionCode>,
    /// Learned on this date or later; the first of this month unless it is said.
    from: Option<BusinessDate>,
    /// Learned on this date or earlier; today unless it is said.
    until: Option<BusinessDate>,
    kind: Option<ChangeKind>,
    /// Only what was learned after the day from which it holds.
    #[serde(default)]
    late: bool,
    /// The cursor, as the page before names it.
    after: Option<String>,
    /// So many are looked at for a page, 1 to 500; 100 unless it is said. Fewer where they bear on many meals.
    limit: Option<i64>,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChangeKind {
    Death,
    Move,
    Category,
}

impl ChangeKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Move => "move",
            Self::Category => "category",
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ElderChange)]
struct Change {
    elder: ElderId,
    masked_name: String,
    /// Counts the elder's facts, from 1.
    number: i64,
    fact: ElderFact,
    /// How many days after it began to hold it was learned.
    late_days: i64,
    recorded_by: Option<UserId>,
    /// The meals that it bears on.
    meals: Vec<Meal>,
    /// How many of them are on days that are not closed yet.
    unclosed: usize,
    /// The findings about them.
    findings: Vec<Found>,
    /// What would be deducted, fen.
    stake: Fen,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChangedMeal)]
struct Meal {
    record: RecordId,
    canteen: CanteenId,
    date: BusinessDate,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ChangeFinding)]
struct Found {
    canteen: CanteenId,
    number: String,
    /// Fen.
    stake: Fen,
}

pub(super) fn routes() -> Routes {
    Api::of("Elders")
        .get("/api/v1/changes", list, "List what was learned of elders, and what it bears on")
        .notes("The latest first. Names are masked.")
        .routes()
}

/// A page ends where its changes bear on so many meals.
const MEALS: usize = 2_000;

/// `{instant}.{elder}.{number}`.
fn cursor(row: &LearnedRow) -> String {
    format!("{}.{}.{}", row.fact.0.known_from.get(), row.elder, row.number)
}

fn place(cursor: &str) -> Option<Place> {
    let mut parts = cursor.split('.');
    let place = (UnixMs::new(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(place)
}

fn change(row: LearnedRow, read: &Read) -> Change {
    let meals = read.meals_of(&row);
    let fact = row.fact.0;
    let findings = findings_about(meals, &read.closes);
    let unclosed = meals.iter().filter(|meal| !read.closes.contains_key(&(meal.canteen, meal.date))).count();
    let stake = findings.iter().map(|(_, finding)| finding.stake).sum();
    let found = findings.into_iter().map(|(canteen, finding)| Found {
        canteen,
        number: finding.number.clone(),
        stake: finding.stake,
    });
    Change {
        elder: row.elder,
        masked_name: names::mask(&row.name),
        number: row.number,
        late_days: late(&fact),
        recorded_by: row.recorded_by,
        meals: meals.iter().map(|meal| Meal { record: meal.record, canteen: meal.canteen, date: meal.date }).collect(),
        unclosed,
        findings: found.collect(),
        stake,
        fact,
    }
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<List<Change>> {
    user.require(Right::Read)?;
    user.require(Right::ReadElders)?;
    let region = asked.region.unwrap_or_else(|| user.region.clone());
    user.require_inside(&region)?;
    let today = office.now().business_date();
    let from = asked.from.unwrap_or_else(|| today.month().first());
    let time = (from.at_minute(0), asked.until.unwrap_or(today).plus_days(1).at_minute(0));
    let behind = asked.after.as_deref().map(|after| place(after).ok_or(())).transpose();
    let behind = behind.map_err(|()| Problem::new(Code::Invalid, said::CURSOR))?;
    let most = Bounds { rows: page_size(asked.limit), meals: MEALS };
    let read = office.store.read(move |tx| {
        let region = region.clone();
        Box::pin(async move { load(tx, &region, time, behind, most).await })
    });
    let mut read = read.await?;
    let rows = std::mem::take(&mut read.rows);
    let next = rows.last().filter(|_| read.more).map(cursor);
    let page = List::until(rows, next);
    let fits = |row: &LearnedRow| {
        let fact = &row.fact.0;
        asked.kind.is_none_or(|kind| kind.name() == kind_of(&fact.kind)) && (!asked.late || late(fact) > 0)
    };
    Ok(page.only(fits).map(|row| change(row, &read)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else() {
        let elder = "00000000-0000-0000-0000-000000000007";
        let (at, id, number) = place(&format!("1772420400000.{elder}.3")).unwrap();
        assert_eq!((at.get(), id.to_string().as_str(), number), (1_772_420_400_000, elder, 3));
        for bad in ["", "1", "1.x.3", &format!("1.{elder}"), &format!("1.{elder}.3.4")] {
            assert!(place(bad).is_none(), "{bad}");
        }
    }
}
