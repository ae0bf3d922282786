//! Terminals as the office sees them: `POST /api/v1/canteens/{id}/enrolment-codes`, `GET .../terminals`,
//! `POST /api/v1/terminals/{id}/revocation`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use domain::calendar::UnixMs;
use domain::id::{CanteenId, TerminalId};
use serde::Serialize;

use super::body::{Json, Path};
use super::canteens::permitted;
use super::{Answer, App, SignedIn};
use crate::people::Right;
use crate::store::terminals::{self, TerminalRow};
use crate::words::{Code, register};
use crate::{Error, Office};

#[derive(Serialize)]
struct CodeIssued {
    code: String,
    expires: UnixMs,
}

#[derive(Serialize)]
struct Listed {
    id: TerminalId,
    /// The key in short, to be compared with what the terminal shows.
    fingerprint: String,
    enrolled: UnixMs,
    revoked: Option<UnixMs>,
    seen: Option<UnixMs>,
    software: Option<String>,
    unsent: Option<i64>,
}

impl From<TerminalRow> for Listed {
    fn from(row: TerminalRow) -> Self {
        Self {
            id: row.id,
            fingerprint: row.public_key.short(),
            enrolled: row.enrolled_at,
            revoked: row.revoked_at,
            seen: row.seen_at,
            software: row.software,
            unsent: row.unsent,
        }
    }
}

#[derive(Serialize)]
struct Revoked {
    /// Whether it was in service until now.
    revoked: bool,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/canteens/{id}/enrolment-codes", post(issue))
        .route("/api/v1/canteens/{id}/terminals", get(list))
        .route("/api/v1/terminals/{id}/revocation", post(revoke))
}

async fn issue(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<(StatusCode, Json<CodeIssued>)> {
    permitted(&office, &user, Right::ManageTerminals, id).await?;
    let code = office.issue_enrolment_code(id, Some(user.id)).await?;
    Ok((StatusCode::CREATED, Json(CodeIssued { code: code.code, expires: code.expires })))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<Json<Vec<Listed>>> {
    permitted(&office, &user, Right::Read, id).await?;
    let rows = office.store.read(move |tx| Box::pin(async move { terminals::of_canteen(tx, id).await })).await?;
    Ok(Json(rows.into_iter().map(Listed::from).collect()))
}

async fn revoke(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
) -> Answer<Json<Revoked>> {
    user.require(Right::ManageTerminals)?;
    let row = office.store.read(move |tx| Box::pin(async move { terminals::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::NotFound, register::NO_TERMINAL))?;
    permitted(&office, &user, Right::ManageTerminals, row.canteen).await?;
    Ok(Json(Revoked { revoked: office.revoke_terminal(id).await? }))
}
