//! Cards for many: `POST /api/v1/cards/batches` proposes them, `POST .../{id}/approve` is another person's word,
//! `POST .../{id}/reject` turns them down, `POST .../{id}/sheet` issues them and answers their PDF, once;
//! `GET /api/v1/cards/batches` lists them, with whom the sheet left out.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{ElderId, UserId};
use domain::region::RegionCode;
use serde::Serialize;
use uuid::Uuid;

use super::api::{Api, Created, List, NoContent};
use super::body::{Json, Path};
use super::cards::{Issued, New};
use super::decisions::{Decided, reject};
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::admin::Batch;
use crate::audit::Action;
use crate::people::Right;
use crate::store::batches::{self, BatchRow, LeftOutReason, LeftOutRow};
use crate::store::people::UserRow;
use crate::{Error, Office};

/// So many batches are listed.
pub(crate) const MOST: i64 = 200;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CardBatchListed)]
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
    /// Who was on the list and got no card when it was printed.
    left_out: Vec<LeftOut>,
}

/// An elder on the agreed list who got no card.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CardLeftOut)]
struct LeftOut {
    elder: ElderId,
    reason: LeftOutReason,
}

impl Listed {
    fn of(row: BatchRow, left_out: &[LeftOutRow]) -> Self {
        let left_out = left_out.iter().filter(|left| left.batch == row.id);
        Self {
            id: row.id,
            region: row.region,
            title: row.title,
            cards: row.elders.0.len(),
            until: row.until,
            maker: row.maker,
            made_at: row.made_at,
            decision: row.decided.decision,
            checker: row.decided.checker,
            decided_at: row.decided.decided_at,
            reason: row.decided.reason,
            issued_at: row.issued_at,
            left_out: left_out.map(|left| LeftOut { elder: left.elder, reason: left.reason }).collect(),
        }
    }
}

pub(super) fn routes() -> Routes {
    let sheets = "/api/v1/cards/batches/{id}/sheet";
    Api::of("Cards")
        .get("/api/v1/cards/batches", list, "List cards for many, the latest first")
        .post("/api/v1/cards/batches", Action::CardsPropose, propose, "Propose cards for many")
        .post("/api/v1/cards/batches/{id}/approve", Action::CardsDecide, approve, "Approve cards for many")
        .post(
            "/api/v1/cards/batches/{id}/reject",
            Action::CardsDecide,
            reject::<Batches>,
            "Reject or withdraw cards for many",
        )
        .post(sheets, Action::CardSheet, sheet, "Issue approved cards and get their sheet, once")
        .routes()
}

/// Cards for many, as something that is decided.
pub(crate) struct Batches;

impl Decided for Batches {
    const HOME: &'static str = "/console/cards";

    async fn may_reject(office: &Office, user: &UserRow, id: Uuid) -> Result<(), Error> {
        permitted(office, user, id).await.map(drop)
    }

    async fn reject(office: &Office, user: &UserRow, id: Uuid, reason: String) -> Result<(), Error> {
        office.reject_batch(id, reason, user.id).await
    }
}

/// The batch, if the person may do something about it.
pub(crate) async fn permitted(office: &Office, user: &UserRow, id: Uuid) -> Result<BatchRow, Error> {
    user.require(Right::ManageElders)?;
    let row = office.batch(id).await?;
    user.require_inside(&row.region)?;
    Ok(row)
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Listed>> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    let region = user.region;
    let (rows, left_out) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok((batches::list(tx, &region, MOST).await?, batches::left_out(tx, &region, MOST).await?))
            })
        })
        .await?;
    Ok(List::whole(rows.into_iter().map(|row| Listed::of(row, &left_out)).collect()))
}

async fn propose(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(New { of, until }): Json<New>,
) -> Answer<Created<Batch>> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    Ok(Created(office.propose_cards(of, until, user.region, user.id).await?))
}

async fn approve(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<NoContent> {
    permitted(&office, &user, id).await?;
    office.approve_batch(id, user.id).await?;
    Ok(NoContent)
}

/// The headers are those of `POST /api/v1/cards/sheets`.
async fn sheet(State(office): State<Arc<Office>>, SignedIn(user): SignedIn, Path(id): Path<Uuid>) -> Answer<Issued> {
    permitted(&office, &user, id).await?;
    Ok(Issued(office.issue_batch(id, user.id).await?))
}
