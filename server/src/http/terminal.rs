//! What terminals ask: hello, records, setup, roster, usage. Every request is signed ([`domain::sync`]).

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use domain::calendar::UnixMs;
use domain::sync::{Batch, BatchAnswer, Hello, HelloAnswer, PROTOCOL, RefundsDue, RosterPage, Setup, UsagePage};
use serde::Deserialize;

use super::body::{self, Json, Query};
use super::{Answer, App, BATCH, Problem, Signed};
use crate::store::terminals;
use crate::words::{self, Code};
use crate::{Office, ingest};

#[derive(Deserialize)]
struct Roster {
    after: UnixMs,
    #[serde(default)]
    page: u32,
}

/// `epoch` names the terminal's current epoch; cursors of all its epochs are answered.
#[derive(Deserialize)]
struct Usage {
    after: UnixMs,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/terminal/hello", post(hello))
        .route("/api/v1/terminal/records", post(records).layer(DefaultBodyLimit::max(BATCH)))
        .route("/api/v1/terminal/setup", get(setup))
        .route("/api/v1/terminal/roster", get(roster))
        .route("/api/v1/terminal/usage", get(usage))
}

async fn hello(State(office): State<Arc<Office>>, Signed { terminal, body }: Signed) -> Answer<Json<HelloAnswer>> {
    let said: Hello = body::parse(&body)?;
    if said.protocol != PROTOCOL {
        return Err(Problem::new(Code::ProtocolUnknown, words::protocol(said.protocol)));
    }
    let setup = office.setup(terminal.canteen).await?;
    let server_time = office.now();
    let versions = setup.versions(server_time, server_time, &RefundsDue::default());
    let cursors = office
        .store
        .write(move |tx| {
            Box::pin(async move {
                terminals::heard(tx, terminal.id, server_time).await?;
                let software: String = said.software.chars().take(60).collect();
                let unsent = i64::try_from(said.unsent).unwrap_or(i64::MAX);
                terminals::said(tx, terminal.id, &software, unsent).await?;
                terminals::cursors(tx, terminal.canteen, terminal.id).await
            })
        })
        .await?;
    Ok(Json(HelloAnswer {
        server_epoch: office.server_epoch.clone(),
        server_time,
        cursors,
        setup: setup.digest(),
        versions,
    }))
}

async fn records(State(office): State<Arc<Office>>, Signed { terminal, body }: Signed) -> Answer<Json<BatchAnswer>> {
    let batch: Batch = body::parse(&body)?;
    Ok(Json(ingest::ingest(&office, &terminal, batch).await?))
}

async fn setup(State(office): State<Arc<Office>>, Signed { terminal, .. }: Signed) -> Answer<Json<Setup>> {
    Ok(Json(office.setup(terminal.canteen).await?))
}

async fn roster(
    State(office): State<Arc<Office>>,
    Query(asked): Query<Roster>,
    Signed { terminal, .. }: Signed,
) -> Answer<Json<RosterPage>> {
    Ok(Json(office.roster(&terminal, asked.after, asked.page).await?))
}

async fn usage(
    State(office): State<Arc<Office>>,
    Query(asked): Query<Usage>,
    Signed { terminal, .. }: Signed,
) -> Answer<Json<UsagePage>> {
    Ok(Json(office.usage(&terminal, asked.after).await?))
}
