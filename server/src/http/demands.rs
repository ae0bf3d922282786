//! Canteens closed for good, and what they still owe: `POST /api/v1/canteens/{id}/closure`,
//! `POST /api/v1/statements/{id}/demand`, `GET /api/v1/demands?region=`, `GET /api/v1/demands/{id}/pdf`,
//! `POST /api/v1/demands/{id}/receipts`.
//!
//! A demand is proposed here and stands when another person approves the proposal.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Payer;
use domain::id::{CanteenId, Digest, StatementId, UserId};
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::region::RegionCode;
use domain::settlement::demand::Demand;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::{Api, Created, File, List, NoContent, Pdf};
use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::months::{actor, explained, printable};
use super::proposals::Made;
use super::routes::Routes;
use super::statements::{permit, printed};
use super::{Answer, SignedIn};
use crate::audit::Action;
use crate::demand::{NewDemand, NewReceipt, left};
use crate::people::Right;
use crate::statements::demand_sheet;
use crate::store::people::UserRow;
use crate::store::{demands, months};
use crate::words::{Code, demands as words, settlement};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DemandView)]
struct Body {
    id: Uuid,
    digest: Digest,
    demand: Demand,
    demanded_by: UserId,
    approved_by: UserId,
    approved_at: UnixMs,
    receipts: Vec<ReceiptBody>,
    /// What is still owed, fen.
    left: PayerSums,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DemandReceipt)]
struct ReceiptBody {
    payer: Payer,
    /// Fen.
    amount: Fen,
    received_on: BusinessDate,
    reference: String,
    noted_by: UserId,
    noted_at: UnixMs,
}

impl From<demands::Receipt> for ReceiptBody {
    fn from(row: demands::Receipt) -> Self {
        let demands::Receipt { payer, amount, received_on, reference, noted_by, noted_at, .. } = row;
        Self { payer: payer.0, amount, received_on, reference, noted_by, noted_at }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = DemandQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    region: RegionCode,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CanteenClosure)]
#[serde(deny_unknown_fields)]
struct Close {
    /// The last day on which it could serve.
    last_day: BusinessDate,
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewDemand)]
#[serde(deny_unknown_fields)]
struct Propose {
    /// Until when it is to be paid.
    due: BusinessDate,
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewDemandReceipt)]
#[serde(deny_unknown_fields)]
struct Receive {
    /// Whose bank it came to.
    payer: Payer,
    /// Fen.
    amount: Fen,
    received_on: BusinessDate,
    /// The bank's reference.
    reference: String,
}

pub(super) fn routes() -> Routes {
    let receipts = "/api/v1/demands/{id}/receipts";
    Api::of("Demands")
        .post("/api/v1/canteens/{id}/closure", Action::CanteenClose, close, "Close a canteen for good")
        .notes("Its terminals have to be retired or revoked before.")
        .post("/api/v1/statements/{id}/demand", Action::ProposalMake, propose, "Propose to demand what a canteen owes")
        .notes("The whole balance that the last statement of a closed canteen left; another person approves it.")
        .get("/api/v1/demands", list, "List demands with what was paid on them")
        .get("/api/v1/demands/{id}/pdf", pdf, "Get a demand as a paper")
        .post(receipts, Action::DemandReceive, receive, "Note what a canteen paid on a demand")
        .routes()
}

async fn close(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(body): Json<Close>,
) -> Answer<NoContent> {
    close_canteen(&office, &user, id, body.last_day, &body.reason).await?;
    Ok(NoContent)
}

/// Closes a canteen for a person who keeps canteens.
pub(crate) async fn close_canteen(
    office: &Office,
    user: &UserRow,
    id: CanteenId,
    last_day: BusinessDate,
    reason: &str,
) -> Answer<()> {
    permitted(office, user, Right::ManageCanteens, id).await?;
    Ok(office.close_canteen(id, last_day, printable(office, reason)?, user.id).await?)
}

async fn propose(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
    Json(body): Json<Propose>,
) -> Answer<Created<Made>> {
    Ok(Created(propose_demand(&office, &user, id, body.due, &body.reason).await?))
}

/// Proposes a demand for a person who makes months.
pub(crate) async fn propose_demand(
    office: &Office,
    user: &UserRow,
    statement: StatementId,
    due: BusinessDate,
    reason: &str,
) -> Answer<Made> {
    user.require(Right::MakeMonth)?;
    let stored = office.store.read(move |tx| Box::pin(async move { months::statement(tx, statement).await })).await?;
    let stored = stored.ok_or_else(|| Error::refused(Code::NotFound, settlement::no_such_statement()))?;
    actor(user, &stored.region, Right::MakeMonth)?;
    let new = NewDemand { statement, due, reason: printable(office, reason)? };
    Ok(office.propose_demand(new, user.id).await?.into())
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Asked { region }): Query<Asked>,
) -> Answer<List<Body>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for row in demands::inside(tx, &region).await? {
                let receipts = demands::receipts(tx, row.id).await?;
                all.push((row, receipts));
            }
            Ok(all)
        })
    });
    let body = |(row, receipts): (demands::DemandRow, Vec<demands::Receipt>)| {
        let demands::DemandRow { id, content, digest, demanded_by, approved_by, approved_at } = row;
        let left = left(&content.0, &receipts);
        let receipts = receipts.into_iter().map(ReceiptBody::from).collect();
        Body { id, digest, demand: content.0, demanded_by, approved_by, approved_at, receipts, left }
    };
    Ok(List::whole(read.await?.into_iter().map(body).collect()))
}

async fn pdf(State(office): State<Arc<Office>>, SignedIn(user): SignedIn, Path(id): Path<Uuid>) -> Answer<File<Pdf>> {
    let (kept, now) = (Arc::clone(&office), office.now());
    let work = office.store.read(move |tx| {
        Box::pin(async move {
            let row = demands::get(tx, id).await?.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))?;
            permit(tx, &user, row.content.0.canteen).await?;
            demand_sheet(tx, row, &kept.public_url, now).await
        })
    });
    let sheet = work.await?;
    let name = format!("{}.pdf", sheet.number);
    let bytes = printed(move || receipts::statement::demand::render(&sheet, &office.fonts)).await?;
    Ok(File::inline(&name, bytes))
}

async fn receive(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<Receive>,
) -> Answer<NoContent> {
    let Receive { payer, amount, received_on, reference } = body;
    receive_on_demand(&office, &user, id, NewReceipt { payer, amount, received_on, reference }).await?;
    Ok(NoContent)
}

/// Notes a receipt for a person who makes or checks the months of the demand's region.
pub(crate) async fn receive_on_demand(office: &Office, user: &UserRow, id: Uuid, new: NewReceipt) -> Answer<()> {
    let right = if user.role.rights().contains(&Right::CheckMonth) { Right::CheckMonth } else { Right::MakeMonth };
    user.require(right)?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let row = demands::get(tx, id).await?.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))?;
            let stored = months::statement(tx, row.content.0.statement).await?;
            stored.ok_or_else(|| Error::Corrupt("a demand of no statement".to_owned()))
        })
    });
    actor(user, &read.await?.region, right)?;
    let reference = explained(&new.reference)?;
    Ok(office.receive_on_demand(id, NewReceipt { reference, ..new }, user.id).await?)
}
