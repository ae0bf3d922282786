//! `GET /api/v1/office`: what day it is at the office, and what somebody should see to.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use serde::Serialize;

use super::api::Api;
use super::body::Json;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Office;
use crate::admin::Warning;
use crate::people::Right;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OfficeStatus)]
struct Status {
    now: UnixMs,
    business_date: BusinessDate,
    /// Stable codes with Chinese sentences; empty when there is nothing.
    warnings: Vec<Warning>,
}

pub(super) fn routes() -> Routes {
    Api::of("Office").get("/api/v1/office", status, "Get the day at the office and what to see to").routes()
}

async fn status(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Status>> {
    user.require(Right::Read)?;
    let now = office.now();
    Ok(Json(Status { now, business_date: now.business_date(), warnings: office.warnings() }))
}
