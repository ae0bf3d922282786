//! What follows a month's approval: `GET /api/v1/months/{region}/{month}/afterwards`, `POST .../disclosure`,
//! `POST .../archive`; `POST /api/v1/statements/{id}/objections`, `POST /api/v1/objections/{id}/decision`,
//! `POST /api/v1/statements/{id}/payments`.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, ObjectionId, StatementId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::payment::{PaymentState, Stage};
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, NoContent};
use super::body::{Json, Path};
use super::months::{actor, explained};
use super::routes::Routes;
use super::{Answer, Proven, SignedIn};
use crate::audit::Action;
use crate::payment::{self, Afterwards};
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::{months, payments};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthAfterwards)]
struct Body {
    stage: Stage,
    /// The last day on which objections are taken.
    disclosed_until: Option<BusinessDate>,
    statements: Vec<StatementBody>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StatementAfterwards)]
struct StatementBody {
    id: StatementId,
    number: String,
    canteen: CanteenId,
    /// Fen.
    payable: Fen,
    payments: Vec<PaymentBody>,
    objections: Vec<ObjectionBody>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PaymentNote)]
struct PaymentBody {
    state: PaymentState,
    reference: String,
    noted_by: UserId,
    noted_at: UnixMs,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Objection)]
struct ObjectionBody {
    id: ObjectionId,
    content: String,
    noted_by: UserId,
    noted_at: UnixMs,
    upheld: Option<bool>,
    reason: Option<String>,
    decided_by: Option<UserId>,
    decided_at: Option<UnixMs>,
    /// How an upheld one was seen to, so that it holds no payment any more.
    lifted_because: Option<String>,
    lifted_by: Option<UserId>,
    lifted_at: Option<UnixMs>,
}

impl From<payments::Objection> for ObjectionBody {
    fn from(row: payments::Objection) -> Self {
        Self {
            id: row.id,
            content: row.content,
            noted_by: row.noted_by,
            noted_at: row.noted_at,
            upheld: row.upheld.map(|u| u == 1),
            reason: row.reason,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            lifted_because: row.lifted_because,
            lifted_by: row.lifted_by,
            lifted_at: row.lifted_at,
        }
    }
}

impl From<payments::Payment> for PaymentBody {
    fn from(row: payments::Payment) -> Self {
        let payments::Payment { state, reference, noted_by, noted_at, .. } = row;
        Self { state, reference, noted_by, noted_at }
    }
}

impl From<Afterwards> for Body {
    fn from(view: Afterwards) -> Self {
        let statement = |(stored, paid, objections): (months::StoredStatement, Vec<_>, Vec<_>)| StatementBody {
            id: stored.id,
            number: stored.number,
            canteen: stored.canteen,
            payable: stored.payable,
            payments: paid.into_iter().map(PaymentBody::from).collect(),
            objections: objections.into_iter().map(ObjectionBody::from).collect(),
        };
        Self {
            stage: view.stage,
            disclosed_until: view.disclosure.map(|d| d.until),
            statements: view.statements.into_iter().map(statement).collect(),
        }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewDisclosure)]
#[serde(deny_unknown_fields)]
struct Disclose {
    /// For so many days, today included.
    days: i64,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewObjection)]
#[serde(deny_unknown_fields)]
struct Object {
    content: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ObjectionNoted)]
struct Noted {
    id: ObjectionId,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ObjectionDecision)]
#[serde(deny_unknown_fields)]
struct Decide {
    upheld: bool,
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ObjectionLift)]
#[serde(deny_unknown_fields)]
struct Lift {
    /// How it was seen to.
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewPaymentNote)]
#[serde(deny_unknown_fields)]
struct Note {
    state: PaymentState,
    /// The bank's reference, or why it came back.
    reference: String,
}

pub(super) fn routes() -> Routes {
    let disclosure = "/api/v1/months/{region}/{month}/disclosure";
    Api::of("After approval")
        .get("/api/v1/months/{region}/{month}/afterwards", show, "Get what followed a month's approval")
        .refuses([409])
        .post(disclosure, Action::MonthDisclose, disclose, "Disclose an approved month")
        .post("/api/v1/months/{region}/{month}/archive", Action::MonthArchive, archive, "Archive a paid month")
        .post("/api/v1/statements/{id}/objections", Action::ObjectionNote, object, "Note an objection")
        .post("/api/v1/statements/{id}/payments", Action::PaymentNote, note, "Note what became of a payment")
        .notes("What moves money asks for `POST /api/v1/session/step-up` first.")
        .post("/api/v1/objections/{id}/decision", Action::ObjectionDecide, decide, "Decide an objection")
        .post("/api/v1/objections/{id}/lift", Action::ObjectionLift, lift, "Lift what an upheld objection holds")
        .notes("When it is seen to, by another person than who upheld it: the payment may be sent.")
        .routes()
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<Json<Body>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let view = office.store.read(move |tx| Box::pin(async move { payment::afterwards(tx, &region, of).await })).await?;
    Ok(Json(view.into()))
}

async fn disclose(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
    Json(body): Json<Disclose>,
) -> Answer<Json<Body>> {
    let actor = actor(&user, &region, Right::MakeMonth)?;
    Ok(Json(payment::disclose(&office.store, &region, of, body.days, actor.user, office.now()).await?.into()))
}

async fn archive(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<Json<Body>> {
    let actor = actor(&user, &region, Right::CheckMonth)?;
    Ok(Json(payment::archive(&office.store, &region, of, actor.user, office.now()).await?.into()))
}

/// Refuses a person who neither makes nor checks the month of the statement's region.
async fn permit(office: &Office, user: &UserRow, id: StatementId) -> Result<(), Error> {
    let stored = office.store.read(move |tx| Box::pin(async move { months::statement(tx, id).await })).await?;
    let stored = stored.ok_or_else(|| Error::refused(Code::NotFound, words::no_such_statement()))?;
    let right = if user.role.rights().contains(&Right::CheckMonth) { Right::CheckMonth } else { Right::MakeMonth };
    actor(user, &stored.region, right).map(drop)
}

async fn object(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(statement): Path<StatementId>,
    Json(body): Json<Object>,
) -> Answer<Created<Noted>> {
    let id = note_objection(&office, &user, statement, &body.content).await?;
    Ok(Created(Noted { id }))
}

/// Refuses a person who neither makes nor checks the month of the objection's statement.
pub(crate) async fn may_object(office: &Office, user: &UserRow, id: ObjectionId) -> Answer<()> {
    let objection = office.store.read(move |tx| Box::pin(async move { payments::objection(tx, id).await })).await?;
    let objection = objection.ok_or_else(|| Error::refused(Code::NotFound, words::no_such_objection()))?;
    Ok(permit(office, user, objection.statement).await?)
}

/// Notes an objection for a person who makes or checks the statement's month.
pub(crate) async fn note_objection(
    office: &Office,
    user: &UserRow,
    statement: StatementId,
    content: &str,
) -> Answer<ObjectionId> {
    permit(office, user, statement).await?;
    let content = explained(content)?;
    let (now, id) = (office.now(), ObjectionId::generate(office.now(), &*office.entropy));
    payment::object(&office.store, id, statement, content, user.id, now).await?;
    Ok(id)
}

async fn decide(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ObjectionId>,
    Json(body): Json<Decide>,
) -> Answer<NoContent> {
    decide_objection(&office, &user, id, body.upheld, &body.reason).await?;
    Ok(NoContent)
}

/// Decides an objection for a person who makes or checks the statement's month.
pub(crate) async fn decide_objection(
    office: &Office,
    user: &UserRow,
    id: ObjectionId,
    upheld: bool,
    reason: &str,
) -> Answer<()> {
    let objection = office.store.read(move |tx| Box::pin(async move { payments::objection(tx, id).await })).await?;
    let objection = objection.ok_or_else(|| Error::refused(Code::NotFound, words::no_such_objection()))?;
    permit(office, user, objection.statement).await?;
    let reason = explained(reason)?;
    Ok(payment::decide_objection(&office.store, id, upheld, reason, user.id, office.now()).await?)
}

async fn lift(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ObjectionId>,
    Json(body): Json<Lift>,
) -> Answer<NoContent> {
    lift_objection(&office, &user, id, &body.reason).await?;
    Ok(NoContent)
}

/// Lifts what an objection holds, for a person who makes or checks the statement's month.
pub(crate) async fn lift_objection(office: &Office, user: &UserRow, id: ObjectionId, reason: &str) -> Answer<()> {
    may_object(office, user, id).await?;
    let reason = explained(reason)?;
    Ok(payment::lift_objection(&office.store, id, reason, user.id, office.now()).await?)
}

async fn note(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path(statement): Path<StatementId>,
    Json(body): Json<Note>,
) -> Answer<NoContent> {
    let fresh = async || Ok(present.require_fresh(office.now())?);
    note_payment(&office, &present.user, statement, body.state, &body.reference, fresh).await?;
    Ok(NoContent)
}

/// Notes what became of a statement's payment; `fresh` is asked where money moves.
pub(crate) async fn note_payment(
    office: &Office,
    user: &UserRow,
    statement: StatementId,
    state: PaymentState,
    reference: &str,
    fresh: impl AsyncFnOnce() -> Answer<()>,
) -> Answer<()> {
    permit(office, user, statement).await?;
    // Only who makes months sends money.
    if state == PaymentState::Sent {
        user.require(Right::MakeMonth)?;
    }
    if state != PaymentState::Returned {
        fresh().await?;
    }
    let reference = explained(reference)?;
    Ok(payment::note(&office.store, statement, state, reference, user.id, office.now()).await?)
}
