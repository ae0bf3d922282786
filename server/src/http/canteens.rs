//! Canteens: `POST /api/v1/canteens`, `GET` lists and shows, `POST .../facts`, `.../prices`, `.../cashiers`;
//! `GET` and `PUT .../settings` for how its terminals are set.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::BusinessDate;
use domain::canteen::{CanteenFact, CanteenFactKind};
use domain::id::{CanteenId, CashierId};
use domain::region::RegionCode;
use domain::sync::ListPrice;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, List};
use super::body::{Json, Path};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::admin::{NewCanteen, NewCashier, Proposed, Registered};
use crate::audit::Action;
use crate::people::Right;
use crate::store::canteens::{self, CanteenRow, Settings};
use crate::store::people::UserRow;
use crate::words::{Code, register};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
struct Canteen {
    id: CanteenId,
    region: RegionCode,
    name: String,
    operator: String,
    credit_code: String,
    address: String,
    phone: String,
    capacity: Option<u32>,
}

impl From<CanteenRow> for Canteen {
    fn from(row: CanteenRow) -> Self {
        let CanteenRow { id, region, name, operator, credit_code, address, phone, capacity, .. } = row;
        Self { id, region, name, operator, credit_code, address, phone, capacity }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CanteenWhole)]
struct Whole {
    #[serde(flatten)]
    canteen: Canteen,
    facts: Vec<CanteenFact>,
    prices: Vec<ListPrice>,
}

/// A canteen that was just registered.
#[derive(Serialize, utoipa::ToSchema)]
struct CanteenAdded {
    id: CanteenId,
    /// Its account waits for a second person.
    payee: Option<Made>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct CashierAdded {
    id: CashierId,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewCanteenFact)]
struct NewFact {
    valid_from: BusinessDate,
    #[serde(flatten)]
    kind: CanteenFactKind,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPrice {
    valid_from: BusinessDate,
    period: domain::calendar::MealPeriod,
    /// Fen.
    price: domain::money::Fen,
}

pub(super) fn routes() -> Routes {
    Api::of("Canteens")
        .post("/api/v1/canteens", Action::CanteenCreate, create, "Register a canteen")
        .get("/api/v1/canteens", list, "List the canteens of one's own region or canteen")
        .get("/api/v1/canteens/{id}", show, "Get a canteen with its facts and prices")
        .post("/api/v1/canteens/{id}/facts", Action::CanteenFact, add_fact, "Add a dated fact: standing or tags")
        .post("/api/v1/canteens/{id}/prices", Action::ProposalMake, add_price, "Propose a list price")
        .notes("Holds from its day on when another person has approved the proposal.")
        .post("/api/v1/canteens/{id}/cashiers", Action::CashierAdd, add_cashier, "Add a cashier")
        .get("/api/v1/canteens/{id}/settings", settings, "Get how a canteen's terminals are set")
        .put("/api/v1/canteens/{id}/settings", Action::CanteenSettings, put_settings, "Set a canteen's terminals")
        .routes()
}

/// The canteen, if the person may do that there.
pub(crate) async fn permitted(
    office: &Office,
    user: &UserRow,
    right: Right,
    id: CanteenId,
) -> Result<CanteenRow, Error> {
    user.require(right)?;
    let row = office.store.read(move |tx| Box::pin(async move { canteens::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
    user.require_canteen(row.id, &row.region)?;
    Ok(row)
}

async fn create(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<NewCanteen>,
) -> Answer<Created<CanteenAdded>> {
    user.require(Right::ManageCanteens)?;
    user.require_inside(&new.region)?;
    let Registered { id, payee } = office.create_canteen(new, Some(user.id)).await?;
    Ok(Created(CanteenAdded { id, payee: payee.map(Made::from) }))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Canteen>> {
    user.require(Right::Read)?;
    let region = user.region.clone();
    let rows = office.store.read(move |tx| Box::pin(async move { canteens::inside(tx, &region).await })).await?;
    let own = rows.into_iter().filter(|row| user.require_canteen(row.id, &row.region).is_ok());
    Ok(List::whole(own.map(Canteen::from).collect()))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<Json<Whole>> {
    let row = permitted(&office, &user, Right::Read, id).await?;
    let (facts, prices) = office
        .store
        .read(move |tx| Box::pin(async move { Ok((canteens::facts(tx, id).await?, canteens::prices(tx, id).await?)) }))
        .await?;
    Ok(Json(Whole { canteen: row.into(), facts, prices }))
}

async fn add_fact(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(new): Json<NewFact>,
) -> Answer<Created<CanteenFact>> {
    permitted(&office, &user, Right::ManageCanteens, id).await?;
    let fact = office.add_canteen_fact(id, new.valid_from, new.kind, Some(user.id)).await?;
    Ok(Created(fact))
}

async fn add_price(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(new): Json<NewPrice>,
) -> Answer<Created<Made>> {
    let row = permitted(&office, &user, Right::ApprovePrices, id).await?;
    let price = ListPrice { valid_from: new.valid_from, period: new.period, price: new.price };
    let made = office.propose(Proposed::Price { canteen: id, price }, row.region, user.id).await?;
    Ok(Created(made.into()))
}

async fn add_cashier(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(new): Json<NewCashier>,
) -> Answer<Created<CashierAdded>> {
    permitted(&office, &user, Right::ManageCanteens, id).await?;
    let id = office.add_cashier(id, new, Some(user.id)).await?;
    Ok(Created(CashierAdded { id }))
}

async fn settings(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<Json<Settings>> {
    permitted(&office, &user, Right::Read, id).await?;
    Ok(Json(office.store.read(move |tx| Box::pin(async move { canteens::settings(tx, id).await })).await?))
}

async fn put_settings(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(settings): Json<Settings>,
) -> Answer<Json<Settings>> {
    permitted(&office, &user, Right::ManageCanteens, id).await?;
    office.set_canteen(id, settings, Some(user.id)).await?;
    Ok(Json(settings))
}
