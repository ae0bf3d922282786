//! What waits for a second person: `GET /api/v1/proposals` (open ones, `?state=decided` the others), `GET .../{id}`,
//! `POST .../{id}/approve` with the digest that was shown, `POST .../{id}/reject`, `POST .../{id}/reveal`.
//!
//! Proposals are made where what they propose belongs: under policies, and under a canteen's prices and payee.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::api::{Api, Created, List, Maybe, page_size};
use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::decisions::{Decided, reject};
use super::routes::Routes;
use super::{Answer, Proven, SignedIn};
use crate::admin::Proposed;
use crate::audit::Action;
use crate::people::Right;
use crate::store::decisions::Decision;
use crate::store::people::UserRow;
use crate::store::proposals::{self, ProposalRow};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Proposal)]
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

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ProposalQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The open ones unless it is said.
    state: Option<Wanted>,
    /// The cursor among the decided ones: the last proposal of the page before.
    after: Option<Uuid>,
    /// So many decided ones are looked at for a page, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Deserialize, utoipa::ToSchema)]
#[schema(as = ProposalState)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Open,
    Decided,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ProposalApproval)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// As it was shown.
    digest: Digest,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayee {
    bank: String,
    account_name: String,
    #[schema(value_type = String)]
    account: Zeroizing<String>,
}

/// What an approval gives out.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ProposalApproved)]
struct Approved {
    /// For the person, once; it is not shown again.
    #[schema(value_type = String)]
    one_time_passphrase: Zeroizing<String>,
}

/// A proposal that was just made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ProposalMade)]
pub(crate) struct Made {
    /// Its id.
    pub(crate) proposal: Uuid,
    /// Names what is proposed.
    pub(crate) digest: Digest,
}

impl From<ProposalRow> for Made {
    fn from(row: ProposalRow) -> Self {
        Self { proposal: row.id, digest: row.digest }
    }
}

pub(super) fn routes() -> Routes {
    Api::of("Proposals")
        .get("/api/v1/proposals", list, "List what waits for a second person, or what was decided")
        .get("/api/v1/proposals/{id}", show, "Get a proposal")
        .post("/api/v1/proposals/{id}/approve", Action::ProposalApprove, approve, "Approve, by the digest shown")
        .notes(
            "Of a person who is let in or back, the one-time passphrase is answered. A payee's asks for `POST \
             /api/v1/session/step-up` first.",
        )
        .post("/api/v1/proposals/{id}/reject", Action::ProposalReject, reject::<Proposals>, "Reject or withdraw")
        .post("/api/v1/proposals/{id}/reveal", Action::ProposalReveal, reveal, "Get a proposal with the whole account")
        .post("/api/v1/canteens/{id}/payee", Action::ProposalMake, payee, "Propose another payee account")
        .notes("Paid to when another person has approved the proposal.")
        .routes()
}

/// Proposals, as something that is decided.
pub(crate) struct Proposals;

impl Decided for Proposals {
    const HOME: &'static str = "/console/proposals";

    async fn may_reject(office: &Office, user: &UserRow, id: Uuid) -> Result<(), Error> {
        let row = office.proposal(id).await?;
        if row.maker == user.id {
            return Ok(());
        }
        office.may_decide(user, &row, &office.proposed(&row)?)
    }

    async fn reject(office: &Office, user: &UserRow, id: Uuid, reason: String) -> Result<(), Error> {
        office.reject_proposal(id, reason, user.id).await
    }
}

fn listed(office: &Office, row: ProposalRow) -> Result<Listed, Error> {
    let proposed = office.proposed(&row)?.masked();
    let ProposalRow { id, canteen, digest, maker, made_at, decided, .. } = row;
    let Decision { decision, checker, decided_at, reason } = decided;
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
) -> Answer<List<Listed>> {
    user.require(Right::Read)?;
    let region = user.region.clone();
    let (decided, after, most) = (asked.state == Some(Wanted::Decided), asked.after, page_size(asked.limit));
    let rows = office.store.read(move |tx| {
        Box::pin(async move {
            if decided {
                proposals::decided(tx, &region, after, most + 1).await
            } else {
                proposals::open(tx, &region).await
            }
        })
    });
    let rows = rows.await?;
    let page = if decided { List::page(rows, most, |row| row.id.to_string(), |row| row) } else { List::whole(rows) };
    page.only(|row| may_see(&user, row).is_ok()).try_map(|row| Ok(listed(&office, row)?))
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
) -> Answer<Maybe<Approved>> {
    let row = office.proposal(id).await?;
    let what = office.proposed(&row)?;
    office.may_decide(&present.user, &row, &what)?;
    if what.needs_proof() {
        present.require_fresh(office.now())?;
    }
    let given = office.approve_proposal(id, body.digest, present.user.id).await?;
    Ok(Maybe(given.map(|one_time_passphrase| Approved { one_time_passphrase })))
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
) -> Answer<Created<Made>> {
    let row = permitted(&office, &present.user, Right::MakeMonth, id).await?;
    present.require_fresh(office.now())?;
    let NewPayee { bank, account_name, account } = new;
    let what = Proposed::Payee { canteen: id, bank, account_name, account };
    Ok(Created(office.propose(what, row.region, present.user.id).await?.into()))
}
