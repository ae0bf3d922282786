//! Random inspection draws: `GET` and `POST /api/v1/draws`, `GET .../{id}`, `POST .../{id}/drawing` with the public number
//! that came out, `POST .../{id}/results`.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::{Api, Created, List, NoContent, page_size};
use super::body::{Json, Path, Query};
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Error;
use crate::Office;
use crate::admin::{NewDraw, NewResult};
use crate::audit::Action;
use crate::people::Right;
use crate::store::draws::{self, DrawRow, OutcomeRow, ResultRow};
use crate::store::people::UserRow;
use crate::store::{Tx, canteens};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Draw)]
struct Listed {
    id: Uuid,
    region: RegionCode,
    title: String,
    /// Of the list: it stands before the seed can be known.
    list: Digest,
    /// The canteens that can be drawn, sorted.
    canteens: Vec<CanteenId>,
    /// How many of them are.
    count: usize,
    inspectors: Vec<String>,
    /// How many inspectors go to each canteen.
    each: usize,
    seed_name: String,
    seed_on: BusinessDate,
    announced_by: UserId,
    announced_at: UnixMs,
    drawn: bool,
    /// How many inspections were written down.
    results: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DrawnCanteen)]
struct Place {
    canteen: CanteenId,
    ticket: Digest,
    inspectors: Vec<String>,
    /// What the inspection found; nothing before it was written down.
    result: Option<Found>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = InspectionResult)]
struct Found {
    inspected_on: BusinessDate,
    /// `good`, `fair` or `poor`.
    grade: String,
    words: String,
    noted_by: UserId,
    noted_at: UnixMs,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DrawWhole)]
struct Whole {
    #[serde(flatten)]
    draw: Listed,
    /// The public number; nothing before the draw.
    seed: Option<String>,
    drawn_by: Option<UserId>,
    drawn_at: Option<UnixMs>,
    places: Vec<Place>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewDraw)]
#[serde(deny_unknown_fields)]
struct New {
    /// Its canteens can be drawn.
    region: RegionCode,
    title: String,
    /// How many canteens are drawn.
    count: usize,
    #[serde(default)]
    inspectors: Vec<String>,
    /// How many inspectors go to each canteen.
    #[serde(default)]
    each: usize,
    /// Which public number will be the seed.
    seed_name: String,
    /// The day on which it comes out: after today.
    seed_on: BusinessDate,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = DrawSeed)]
#[serde(deny_unknown_fields)]
struct Seed {
    /// The public number as it came out.
    seed: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewInspectionResult)]
#[serde(deny_unknown_fields)]
struct Noted {
    canteen: CanteenId,
    inspected_on: BusinessDate,
    /// `good`, `fair` or `poor`.
    grade: String,
    #[serde(default)]
    words: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = DrawQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The cursor: the last draw of the page before.
    after: Option<Uuid>,
    /// So many on a page, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

pub(super) fn routes() -> Routes {
    Api::of("Inspections")
        .get("/api/v1/draws", list, "List the inspection draws of one's own region, the latest first")
        .post("/api/v1/draws", Action::DrawAnnounce, announce, "Announce a draw: its list stands from now on")
        .get("/api/v1/draws/{id}", show, "Get a draw with what was drawn and found")
        .post("/api/v1/draws/{id}/drawing", Action::DrawMake, make, "Draw with the public number that came out")
        .post("/api/v1/draws/{id}/results", Action::DrawResult, note, "Write down what an inspection found")
        .routes()
}

fn listed(row: DrawRow, drawn: bool, results: i64) -> Listed {
    let DrawRow { id, region, title, list, list_digest, seed_name, seed_on, announced_by, announced_at } = row;
    let list = list.0;
    Listed {
        id,
        region,
        title,
        list: list_digest,
        canteens: list.canteens,
        count: list.count,
        inspectors: list.inspectors,
        each: list.each,
        seed_name,
        seed_on,
        announced_by,
        announced_at,
        drawn,
        results,
    }
}

async fn whole(tx: &mut Tx, row: DrawRow) -> Result<Whole, Error> {
    let (outcome, results) = (draws::outcome(tx, row.id).await?, draws::results(tx, row.id).await?);
    let count = i64::try_from(results.len()).unwrap_or(i64::MAX);
    let draw = listed(row, outcome.is_some(), count);
    let Some(OutcomeRow { seed, outcome, drawn_by, drawn_at, .. }) = outcome else {
        return Ok(Whole { draw, seed: None, drawn_by: None, drawn_at: None, places: Vec::new() });
    };
    let found = |canteen| results.iter().find(|row| row.canteen == canteen).cloned().map(found);
    let places = outcome.0.into_iter().map(|one| Place {
        result: found(one.canteen),
        canteen: one.canteen,
        ticket: one.ticket,
        inspectors: one.inspectors,
    });
    let places = places.collect();
    Ok(Whole { draw, seed: Some(seed), drawn_by: Some(drawn_by), drawn_at: Some(drawn_at), places })
}

fn found(row: ResultRow) -> Found {
    let ResultRow { inspected_on, grade, words, noted_by, noted_at, .. } = row;
    Found { inspected_on, grade, words, noted_by, noted_at }
}

async fn permitted(office: &Office, user: &UserRow, right: Right, id: Uuid) -> Result<DrawRow, Error> {
    user.require(right)?;
    let row = office.draw(id).await?;
    user.require_inside(&row.region)?;
    Ok(row)
}

async fn read(office: &Office, row: DrawRow) -> Answer<Whole> {
    Ok(office.store.read(move |tx| Box::pin(async move { whole(tx, row).await })).await?)
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Asked { after, limit }): Query<Asked>,
) -> Answer<List<Listed>> {
    user.require(Right::Read)?;
    user.require_inside(&user.region)?;
    let (region, most) = (user.region.clone(), page_size(limit));
    let rows = office.store.read(move |tx| Box::pin(async move { draws::list(tx, &region, after, most + 1).await }));
    let listed = |(row, drawn, results)| listed(row, drawn, results);
    Ok(List::page(rows.await?, most, |(row, ..)| row.id.to_string(), listed))
}

async fn announce(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<New>,
) -> Answer<Created<Whole>> {
    user.require(Right::Inspect)?;
    user.require_inside(&new.region)?;
    let place = new.region.clone();
    let places = office.store.read(move |tx| Box::pin(async move { canteens::inside(tx, &place).await })).await?;
    let New { region, title, count, inspectors, each, seed_name, seed_on } = new;
    let canteens = places.into_iter().map(|row| row.id).collect();
    let draw = NewDraw { title, canteens, count, inspectors, each, seed_name, seed_on };
    let row = office.announce_draw(draw, region, user.id).await?;
    Ok(Created(read(&office, row).await?))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<Json<Whole>> {
    let row = permitted(&office, &user, Right::Read, id).await?;
    Ok(Json(read(&office, row).await?))
}

async fn make(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(Seed { seed }): Json<Seed>,
) -> Answer<Created<Whole>> {
    let row = permitted(&office, &user, Right::Inspect, id).await?;
    office.make_draw(id, &seed, user.id).await?;
    Ok(Created(read(&office, row).await?))
}

async fn note(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<Noted>,
) -> Answer<NoContent> {
    permitted(&office, &user, Right::Inspect, id).await?;
    let Noted { canteen, inspected_on, grade, words } = new;
    office.note_inspection(id, NewResult { canteen, inspected_on, grade, words }, user.id).await?;
    Ok(NoContent)
}
