//! Terminals as the office sees them: `POST /api/v1/canteens/{id}/enrolment-codes`, `GET .../terminals`;
//! `POST /api/v1/terminals/{id}/confirmation`, `.../revocation`, `.../retirement`; `GET .../lookups`.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, TerminalId};
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, List};
use super::body::{Json, Path};
use super::canteens::permitted;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::audit::Action;
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::terminals::{self, TerminalRow};
use crate::words::{Code, register};
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EnrolmentCode)]
struct CodeIssued {
    code: String,
    expires: UnixMs,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Terminal)]
struct Listed {
    id: TerminalId,
    /// The key in short, to be compared with what the terminal shows.
    fingerprint: String,
    enrolled: UnixMs,
    /// When its fingerprint was compared; nothing while it waits for that.
    confirmed: Option<UnixMs>,
    revoked: Option<UnixMs>,
    /// When it went in good order.
    retired: Option<UnixMs>,
    seen: Option<UnixMs>,
    software: Option<String>,
    unsent: Option<i64>,
}

impl From<TerminalRow> for Listed {
    fn from(row: TerminalRow) -> Self {
        Self {
            id: row.id,
            fingerprint: row.fingerprint(),
            enrolled: row.enrolled_at,
            confirmed: row.confirmed_at,
            revoked: row.revoked_at,
            retired: row.retired_at,
            seen: row.seen_at,
            software: row.software,
            unsent: row.unsent,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TerminalRevoked)]
struct Revoked {
    /// Whether it was in service until now.
    revoked: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = Fingerprint)]
#[serde(deny_unknown_fields)]
struct Compared {
    /// The fingerprint as the terminal shows it.
    fingerprint: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TerminalConfirmed)]
struct Confirmed {
    /// Whether it was not let in until now.
    confirmed: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TerminalRetired)]
struct Retired {
    /// Whether it was in service until now.
    retired: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct LookupsOfDay {
    date: BusinessDate,
    asked: i64,
    found: i64,
}

pub(super) fn routes() -> Routes {
    let lookups_path = "/api/v1/terminals/{id}/lookups";
    Api::of("Terminals")
        .post("/api/v1/canteens/{id}/enrolment-codes", Action::TerminalCode, issue, "Issue a one-time enrolment code")
        .get("/api/v1/canteens/{id}/terminals", list, "List a canteen's terminals")
        .post("/api/v1/terminals/{id}/confirmation", Action::TerminalConfirm, confirm, "Let a terminal in")
        .post("/api/v1/terminals/{id}/revocation", Action::TerminalRevoke, revoke, "Revoke a stolen terminal")
        .post("/api/v1/terminals/{id}/retirement", Action::TerminalRetire, retire, "Retire a terminal that sent all")
        .get(lookups_path, lookups, "List how often a terminal asked for resident IDs, by day")
        .routes()
}

async fn issue(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<Created<CodeIssued>> {
    permitted(&office, &user, Right::ManageTerminals, id).await?;
    let code = office.issue_enrolment_code(id, Some(user.id)).await?;
    Ok(Created(CodeIssued { code: code.code, expires: code.expires }))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<List<Listed>> {
    permitted(&office, &user, Right::Read, id).await?;
    let rows = office.store.read(move |tx| Box::pin(async move { terminals::of_canteen(tx, id).await })).await?;
    Ok(List::whole(rows.into_iter().map(Listed::from).collect()))
}

async fn revoke(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
) -> Answer<Json<Revoked>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    Ok(Json(Revoked { revoked: office.revoke_terminal(id, Some(user.id)).await? }))
}

/// The terminal, if the person may do that in its canteen.
pub(crate) async fn of_terminal(
    office: &Office,
    user: &UserRow,
    right: Right,
    id: TerminalId,
) -> Result<TerminalRow, Error> {
    user.require(right)?;
    let row = office.store.read(move |tx| Box::pin(async move { terminals::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::NotFound, register::NO_TERMINAL))?;
    permitted(office, user, right, row.canteen).await?;
    Ok(row)
}

async fn confirm(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
    Json(compared): Json<Compared>,
) -> Answer<Json<Confirmed>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    Ok(Json(Confirmed { confirmed: office.confirm_terminal(id, &compared.fingerprint, Some(user.id)).await? }))
}

async fn retire(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
) -> Answer<Json<Retired>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    Ok(Json(Retired { retired: office.retire_terminal(id, Some(user.id)).await? }))
}

async fn lookups(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
) -> Answer<List<LookupsOfDay>> {
    of_terminal(&office, &user, Right::Read, id).await?;
    let rows = office.store.read(move |tx| Box::pin(async move { terminals::lookups(tx, id).await })).await?;
    Ok(List::whole(rows.into_iter().map(|(date, asked, found)| LookupsOfDay { date, asked, found }).collect()))
}
