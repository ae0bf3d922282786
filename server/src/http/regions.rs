//! Regions: `GET /api/v1/regions` lists those inside one's own, `POST` adds one or renames it.

use std::sync::Arc;

use axum::extract::State;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, List};
use super::body::Json;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Office;
use crate::audit::Action;
use crate::people::Right;
use crate::store::canteens::{self, Region};

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Region)]
#[serde(deny_unknown_fields)]
struct Place {
    /// 2 to 12 digits.
    code: RegionCode,
    /// As on statements.
    name: String,
    /// The office that pays.
    office: String,
}

pub(super) fn routes() -> Routes {
    Api::of("Regions")
        .get("/api/v1/regions", list, "List the regions inside one's own, by code")
        .post("/api/v1/regions", Action::RegionPut, create, "Add a region, or rename the one of that code")
        .routes()
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Place>> {
    user.require(Right::Read)?;
    let rows = office.store.read(|tx| Box::pin(async move { canteens::regions(tx).await })).await?;
    let inside = rows.into_iter().filter(|row| user.region.contains(&row.code));
    let place = |Region { code, name, office }: Region| Place { code, name, office };
    Ok(List::whole(inside.map(place).collect()))
}

async fn create(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Place>,
) -> Answer<Created<Place>> {
    user.require(Right::ManageCanteens)?;
    user.require_inside(&new.code)?;
    let Place { code, name, office: payer } = &new;
    let region = Region { code: code.clone(), name: name.clone(), office: payer.clone() };
    office.create_region(region, Some(user.id)).await?;
    Ok(Created(new))
}
