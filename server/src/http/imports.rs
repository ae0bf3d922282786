//! Lists: `POST /api/v1/imports?kind=...&file_name=...` with the file as the body checks it and changes nothing;
//! `GET` lists imports and shows one, `GET .../problems?page=` and `.../report` what is wrong with it,
//! `POST .../apply` takes it over, if its digest is the one that was shown. `GET /api/v1/imports/templates/{kind}` is an
//! empty list.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::{Json, Path, Query, unread};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::audit::Action;
use crate::import::report::empty_list;
use crate::import::stored::NewImport;
use crate::import::{Finding, Kind, Outcome};
use crate::store::imports::{self, ImportRow};
use crate::store::people::UserRow;
use crate::words::{Code, register};
use crate::{Error, Office};

/// A file is no larger, bytes.
pub(crate) const FILE: usize = 64 * 1024 * 1024;
/// So many imports are listed.
pub(crate) const LISTED: i64 = 100;
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    kind: Kind,
    file_name: String,
    /// The region of elders whose row names none.
    #[serde(default)]
    region: Option<RegionCode>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    page: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apply {
    /// Of the file, as the check showed it.
    digest: Digest,
}

#[derive(Serialize)]
struct Shown {
    id: Uuid,
    kind: String,
    file_name: String,
    digest: Digest,
    size: i64,
    /// `checking`, `checked`, `unreadable` or `applied`.
    state: String,
    made_by: Option<UserId>,
    made_at: UnixMs,
    applied_by: Option<UserId>,
    applied_at: Option<UnixMs>,
    /// What the check found.
    outcome: Option<Outcome>,
    /// Why the file cannot be read, or why the last try failed.
    reason: Option<String>,
    /// Rows so far, while it is being checked or applied.
    rows_so_far: Option<u64>,
}

fn shown(office: &Office, row: ImportRow) -> Shown {
    let (rows_so_far, failed) = office.imports.of(row.id);
    let outcome = row.result.as_deref().and_then(|result| serde_json::from_str(result).ok());
    let unreadable = row.result.filter(|_| row.state == "unreadable");
    let ImportRow { id, kind, file_name, digest, size, state, made_by, made_at, applied_by, applied_at, .. } = row;
    let reason = unreadable.or_else(|| failed.map(|refusal| refusal.detail));
    Shown {
        id,
        kind,
        file_name,
        digest,
        size,
        state,
        made_by,
        made_at,
        applied_by,
        applied_at,
        outcome,
        reason,
        rows_so_far,
    }
}

pub(super) fn routes() -> Routes {
    let brought = Routes::new().post("/api/v1/imports", Action::ImportBring, create).limit(FILE);
    brought.merge(
        Routes::new()
            .get("/api/v1/imports", list)
            .get("/api/v1/imports/{id}", show)
            .get("/api/v1/imports/{id}/problems", problems)
            .get("/api/v1/imports/{id}/report", report)
            .post("/api/v1/imports/{id}/apply", Action::ImportApply, apply)
            .get("/api/v1/imports/templates/{kind}", template),
    )
}

/// Whether the person may see and apply that import.
pub(crate) fn may(user: &UserRow, row: &ImportRow) -> Result<(), Error> {
    let kind: Kind = row.kind.parse().map_err(Error::Corrupt)?;
    user.require(kind.right())?;
    row.region.as_ref().map_or(Ok(()), |region| user.require_inside(region))
}

pub(crate) async fn permitted(office: &Office, user: &UserRow, id: Uuid) -> Result<ImportRow, Error> {
    let row = office.import(id).await?;
    may(user, &row)?;
    Ok(row)
}

async fn create(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(new): Query<New>,
    request: Request,
) -> Answer<(StatusCode, Json<Shown>)> {
    user.require(new.kind.right())?;
    user.require_inside(new.region.as_ref().unwrap_or(&user.region))?;
    let named = (1..=200).contains(&new.file_name.chars().count()) && !new.file_name.chars().any(char::is_control);
    if !named {
        return Err(Problem::new(Code::Invalid, register::TEXT));
    }
    // Read only now: whoever may not import sends nothing.
    let bytes = Bytes::from_request(request, &()).await.map_err(|e| unread(&e))?;
    let New { kind, file_name, region: elder_region } = new;
    let (by, scope, bytes) = (user.id, user.region, bytes.to_vec());
    let row = office.receive_import(NewImport { kind, file_name, elder_region, by, scope, bytes }).await?;
    let status = if row.state == "checking" { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok((status, Json(shown(&office, row))))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Vec<Shown>>> {
    let rows = office.store.read(|tx| Box::pin(async move { imports::list(tx, LISTED).await })).await?;
    let own = rows.into_iter().filter(|row| may(&user, row).is_ok());
    Ok(Json(own.map(|row| shown(&office, row)).collect()))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<Json<Shown>> {
    let row = permitted(&office, &user, id).await?;
    // The server was stopped before the check was done.
    if row.state == "checking" && office.imports.of(id) == (None, None) {
        office.check_stored(id).await;
    }
    let row = office.import(id).await?;
    Ok(Json(shown(&office, row)))
}

async fn problems(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Query(Page { page }): Query<Page>,
) -> Answer<Json<Vec<Finding>>> {
    permitted(&office, &user, id).await?;
    Ok(Json(office.import_findings(id, i64::from(page)).await?.unwrap_or_default()))
}

async fn report(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<impl IntoResponse> {
    permitted(&office, &user, id).await?;
    let bytes = office.import_report(id).await?;
    let name = format!("attachment; filename=\"import-{id}.xlsx\"");
    Ok(([(header::CONTENT_TYPE, XLSX.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes))
}

async fn apply(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(Apply { digest }): Json<Apply>,
) -> Answer<(StatusCode, Json<Shown>)> {
    permitted(&office, &user, id).await?;
    let row = office.apply_stored(id, digest, user.id).await?;
    let status = if row.state == "applied" { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(shown(&office, row))))
}

async fn template(SignedIn(user): SignedIn, Path(kind): Path<Kind>) -> Answer<impl IntoResponse> {
    user.require(kind.right())?;
    let bytes = empty_list(kind).map_err(|e| Error::Internal(e.to_string()))?;
    let name = format!("attachment; filename=\"{}.xlsx\"", kind.name());
    Ok(([(header::CONTENT_TYPE, XLSX.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes))
}
