//! Cards for many: `POST /api/v1/cards/batches` proposes them, `POST .../{id}/approve` is another person's word,
//! `POST .../{id}/reject` turns them down, `POST .../{id}/sheet` issues them and answers their PDF, once;
//! `GET /api/v1/cards/batches` lists them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::UserId;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::{Json, Path};
use super::cards::{New, drawn};
use super::months::explained;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::admin::Batch;
use crate::audit::Action;
use crate::people::Right;
use crate::store::batches::{self, BatchRow};
use crate::store::people::UserRow;
use crate::{Error, Office};

/// So many batches are listed.
pub(crate) const MOST: i64 = 200;

#[derive(Serialize)]
struct Listed {
    id: Uuid,
    region: RegionCode,
    title: String,
    /// For how many elders.
    cards: usize,
    until: Option<BusinessDate>,
    maker: UserId,
    made_at: UnixMs,
    /// `approved`, `rejected` or `withdrawn`; nothing while it is open.
    decision: Option<String>,
    checker: Option<UserId>,
    decided_at: Option<UnixMs>,
    reason: Option<String>,
    issued_at: Option<UnixMs>,
}

impl From<BatchRow> for Listed {
    fn from(row: BatchRow) -> Self {
        Self {
            id: row.id,
            region: row.region,
            title: row.title,
            cards: row.elders.0.len(),
            until: row.until,
            maker: row.maker,
            made_at: row.made_at,
            decision: row.decision,
            checker: row.checker,
            decided_at: row.decided_at,
            reason: row.reason,
            issued_at: row.issued_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reject {
    reason: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/cards/batches", list)
        .post("/api/v1/cards/batches", Action::CardsPropose, propose)
        .post("/api/v1/cards/batches/{id}/approve", Action::CardsDecide, approve)
        .post("/api/v1/cards/batches/{id}/reject", Action::CardsDecide, reject)
        .post("/api/v1/cards/batches/{id}/sheet", Action::CardSheet, sheet)
}

/// The batch, if the person may do something about it.
pub(crate) async fn permitted(office: &Office, user: &UserRow, id: Uuid) -> Result<BatchRow, Error> {
    user.require(Right::ManageElders)?;
    let row = office.batch(id).await?;
    user.require_inside(&row.region)?;
    Ok(row)
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Vec<Listed>>> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    let region = user.region;
    let rows = office.store.read(move |tx| Box::pin(async move { batches::list(tx, &region, MOST).await }));
    Ok(Json(rows.await?.into_iter().map(Listed::from).collect()))
}

async fn propose(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(New { of, until }): Json<New>,
) -> Answer<(StatusCode, Json<Batch>)> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    Ok((StatusCode::CREATED, Json(office.propose_cards(of, until, user.region, user.id).await?)))
}

async fn approve(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    permitted(&office, &user, id).await?;
    office.approve_batch(id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reject(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<Reject>,
) -> Answer<StatusCode> {
    permitted(&office, &user, id).await?;
    office.reject_batch(id, explained(&body.reason)?, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The headers are those of `POST /api/v1/cards/sheets`.
async fn sheet(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<impl IntoResponse> {
    permitted(&office, &user, id).await?;
    Ok(drawn(office.issue_batch(id, user.id).await?))
}
