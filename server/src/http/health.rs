//! Whether the program runs, and whether it can work.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;

use super::body::Json;
use super::{Answer, App};
use crate::Office;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

const GOOD: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz/live", get(async || Json(GOOD))).route("/healthz/ready", get(ready))
}

async fn ready(State(office): State<Arc<Office>>) -> Answer<Json<Health>> {
    office.store.ping().await?;
    Ok(Json(GOOD))
}
