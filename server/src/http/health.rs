//! Whether the program runs, and whether it can work.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::Answer;
use super::body::Json;
use super::routes::Routes;
use crate::Office;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

const GOOD: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

pub(super) fn routes() -> Routes {
    Routes::new().get("/healthz/live", async || Json(GOOD)).get("/healthz/ready", ready)
}

async fn ready(State(office): State<Arc<Office>>) -> Answer<Json<Health>> {
    office.store.ping().await?;
    Ok(Json(GOOD))
}
