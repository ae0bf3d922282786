//! What waits for a second person: `GET /api/v1/proposals` (open ones, `?state=decided` the others), `GET .../{id}`,
//! `POST .../{id}/approve` with the digest that was shown, `POST .../{id}/reject`, `POST .../{id}/reveal`.
//!
//! Proposals are made where what they propose belongs: under policies, and under a canteen's prices and payee.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::months::explained;
use super::routes::Routes;
use super::{Answer, Proven, SignedIn};
use crate::admin::Proposed;
use crate::audit::Action;
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::proposals::{self, ProposalRow};
use crate::{Error, Office};

/// So many decided ones are listed.
const MOST: i64 = 200;

#[derive(Serialize)]
struct Listed {
    id: Uuid,
    /// Names what is proposed; whoever approves says it back.
    digest: Digest,
    canteen: Option<CanteenId>,
    maker: UserId,
    made_at: UnixMs,
    decision: Option<String>,
    checker: Option<UserId>,
    decided_at: Option<UnixMs>,
    reason: Option<String>,
    /// With accounts hidden.
    proposed: Proposed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    state: Option<Wanted>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Open,
    Decided,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// As it was shown.
    digest: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reject {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPayee {
    bank: String,
    account_name: String,
    account: Zeroizing<String>,
}

/// A proposal that was just made.
#[derive(Serialize)]
pub(super) struct Made {
    /// Its id.
    pub(super) proposal: Uuid,
    /// Names what is proposed.
    pub(super) digest: Digest,
}

impl From<ProposalRow> for Made {
    fn from(row: ProposalRow) -> Self {
        Self { proposal: row.id, digest: row.digest }
    }
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/proposals", list)
        .get("/api/v1/proposals/{id}", show)
        .post("/api/v1/proposals/{id}/approve", Action::ProposalApprove, approve)
        .post("/api/v1/proposals/{id}/reject", Action::ProposalReject, reject)
        .post("/api/v1/proposals/{id}/reveal", Action::ProposalReveal, reveal)
        .post("/api/v1/canteens/{id}/payee", Action::ProposalMake, payee)
}

fn listed(office: &Office, row: ProposalRow) -> Result<Listed, Error> {
    let proposed = office.proposed(&row)?.masked();
    let ProposalRow { id, canteen, digest, maker, made_at, decision, checker, decided_at, reason, .. } = row;
    Ok(Listed { id, digest, canteen, maker, made_at, decision, checker, decided_at, reason, proposed })
}

/// Refuses a proposal about another place.
pub(crate) fn may_see(user: &UserRow, row: &ProposalRow) -> Result<(), Error> {
    match row.canteen {
        Some(canteen) => user.require_canteen(canteen, &row.region),
        None => user.require_inside(&row.region),
    }
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<Json<Vec<Listed>>> {
    user.require(Right::Read)?;
    let region = user.region.clone();
    let decided = asked.state == Some(Wanted::Decided);
    let rows = office.store.read(move |tx| {
        Box::pin(async move {
            if decided { proposals::decided(tx, &region, MOST).await } else { proposals::open(tx, &region).await }
        })
    });
    let own = rows.await?.into_iter().filter(|row| may_see(&user, row).is_ok());
    Ok(Json(own.map(|row| listed(&office, row)).collect::<Result<_, _>>()?))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<Json<Listed>> {
    user.require(Right::Read)?;
    let row = office.proposal(id).await?;
    may_see(&user, &row)?;
    Ok(Json(listed(&office, row)?))
}

async fn approve(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path(id): Path<Uuid>,
    Json(body): Json<Approve>,
) -> Answer<StatusCode> {
    let row = office.proposal(id).await?;
    let what = office.proposed(&row)?;
    office.may_decide(&present.user, &row, &what)?;
    if what.needs_proof() {
        present.require_fresh(office.now())?;
    }
    office.approve_proposal(id, body.digest, present.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reject(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<Reject>,
) -> Answer<StatusCode> {
    let row = office.proposal(id).await?;
    if row.maker != user.id {
        office.may_decide(&user, &row, &office.proposed(&row)?)?;
    }
    office.reject_proposal(id, explained(&body.reason)?, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reveal(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<Json<Proposed>> {
    let row = office.proposal(id).await?;
    office.may_decide(&user, &row, &office.proposed(&row)?)?;
    Ok(Json(office.reveal_proposal(id, user.id).await?))
}

async fn payee(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path(id): Path<CanteenId>,
    Json(new): Json<NewPayee>,
) -> Answer<(StatusCode, Json<Made>)> {
    let row = permitted(&office, &present.user, Right::MakeMonth, id).await?;
    present.require_fresh(office.now())?;
    let NewPayee { bank, account_name, account } = new;
    let what = Proposed::Payee { canteen: id, bank, account_name, account };
    Ok((StatusCode::CREATED, Json(office.propose(what, row.region, present.user.id).await?.into())))
}
