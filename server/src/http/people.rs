//! People of the office: `POST /api/v1/people` adds one with a one-time passphrase, `GET` lists them,
//! `POST .../{id}/reset` gives the way back to who is locked out, `.../lock` and `.../unlock` close and open an account,
//! `.../move` proposes another role or place, `.../departure` ends it.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::api::{Api, Created, List, NoContent, Second};
use super::body::{Json, Path};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, SignedIn, explained};
use crate::admin::{Given, NewPerson, Post};
use crate::audit::Action;
use crate::people::{Right, Role};
use crate::store::people::{self, UserRow};
use crate::words::{Code, sign_in};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Person)]
struct Listed {
    id: UserId,
    name: String,
    role: Role,
    region: RegionCode,
    canteen: Option<CanteenId>,
    created_at: UnixMs,
    left_at: Option<UnixMs>,
    /// No sign-in before this instant; nothing when there is no lock.
    locked_until: Option<UnixMs>,
    /// Whether there is a second factor.
    second_factor: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PersonInvited)]
struct Invited {
    id: UserId,
    /// For the person, once; it is not shown again.
    #[schema(value_type = String)]
    one_time_passphrase: Zeroizing<String>,
}

/// Why an account is locked or opened.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AccountReason)]
#[serde(deny_unknown_fields)]
struct Why {
    /// 1 to 500 characters.
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PersonMove)]
#[serde(deny_unknown_fields)]
struct Transfer {
    /// What the person may do from then on.
    role: Role,
    /// Where.
    region: RegionCode,
    /// In which one canteen, for its manager.
    #[serde(default)]
    canteen: Option<CanteenId>,
    /// Why: 1 to 500 characters.
    reason: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PersonLeft)]
struct Left {
    left: bool,
}

pub(super) fn routes() -> Routes {
    Api::of("People")
        .post("/api/v1/people", Action::PersonAdd, add, "Add a person, who gets a one-time passphrase")
        .notes("Who decides money, its rules or its people is proposed, and let in when another administrator has approved.")
        .get("/api/v1/people", list, "List the people of one's own region")
        .post("/api/v1/people/{id}/reset", Action::PersonReset, reset, "Give a new one-time passphrase")
        .notes("Who decides money, its rules or its people waits for another administrator.")
        .post("/api/v1/people/{id}/lock", Action::PersonLock, lock, "Lock a person's account; its sessions end")
        .notes("Until any administrator but the person unlocks it. One reads the reason on the page of people.")
        .post("/api/v1/people/{id}/unlock", Action::PersonUnlock, unlock, "Unlock a person's account")
        .notes("What failed sign-ins hold up is forgiven too. A lock made at the office's own computer is opened there.")
        .post("/api/v1/people/{id}/move", Action::ProposalMake, transfer, "Propose another role or place for a person")
        .notes("Waits for another administrator.")
        .post("/api/v1/people/{id}/departure", Action::PersonLeave, depart, "End a person's access")
        .routes()
}

async fn add(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<NewPerson>,
) -> Answer<Second<201, Invited, Made>> {
    user.require(Right::ManagePeople)?;
    user.require_inside(&new.region)?;
    Ok(answered(office.let_in(new, user.id).await?))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Listed>> {
    user.require(Right::ManagePeople)?;
    let (region, now) = (user.region, office.now());
    let rows = office.store.read(move |tx| Box::pin(async move { people::inside(tx, &region).await })).await?;
    let listed = |row: UserRow| Listed {
        id: row.id,
        name: row.name,
        role: row.role,
        region: row.region,
        canteen: row.canteen,
        created_at: row.created_at,
        left_at: row.left_at,
        locked_until: Some(row.locked_until).filter(|until| *until > now),
        second_factor: row.totp_at.is_some(),
    };
    Ok(List::whole(rows.into_iter().map(listed).collect()))
}

/// Refuses a person outside the administrator's region.
pub(crate) async fn permitted(office: &Office, user: &UserRow, id: UserId) -> Result<(), Error> {
    user.require(Right::ManagePeople)?;
    let row = office.store.read(move |tx| Box::pin(async move { people::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::NotFound, sign_in::NO_PERSON))?;
    user.require_inside(&row.region)
}

async fn reset(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<UserId>,
) -> Answer<Second<200, Invited, Made>> {
    permitted(&office, &user, id).await?;
    Ok(answered(office.let_back(id, user.id).await?))
}

fn answered<const DONE: u16>(given: Given) -> Second<DONE, Invited, Made> {
    match given {
        Given::Passphrase(id, one_time_passphrase) => Second::Done(Invited { id, one_time_passphrase }),
        Given::Waits(row) => Second::Waits((*row).into()),
    }
}

async fn lock(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<UserId>,
    Json(why): Json<Why>,
) -> Answer<NoContent> {
    permitted(&office, &user, id).await?;
    office.lock_by(id, explained(&why.reason)?, user.id).await?;
    Ok(NoContent)
}

async fn unlock(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<UserId>,
    Json(why): Json<Why>,
) -> Answer<NoContent> {
    permitted(&office, &user, id).await?;
    office.unlock_by(id, explained(&why.reason)?, user.id).await?;
    Ok(NoContent)
}

async fn transfer(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<UserId>,
    Json(new): Json<Transfer>,
) -> Answer<Created<Made>> {
    permitted(&office, &user, id).await?;
    user.require_inside(&new.region)?;
    let reason = explained(&new.reason)?;
    let to = Post { role: new.role, region: new.region, canteen: new.canteen };
    Ok(Created(office.propose_move(id, to, reason, user.region, user.id).await?.into()))
}

async fn depart(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<UserId>,
) -> Answer<Json<Left>> {
    permitted(&office, &user, id).await?;
    Ok(Json(Left { left: office.leave(id, Some(user.id)).await? }))
}
