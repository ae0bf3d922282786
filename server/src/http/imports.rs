//! Lists: `POST /api/v1/imports?kind=...&file_name=...` with the file as the body checks it and changes nothing;
//! `GET` lists imports and shows one, `GET .../problems?page=` and `.../report` what is wrong with it,
//! `POST .../apply` takes it over, if its digest is the one that was shown. `GET /api/v1/imports/templates/{kind}` is an
//! empty list.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::{Api, File, Later, List, Sheet, Upload, Xlsx, page_size};
use super::body::{Json, Path, Query};
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

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewImportQuery)]
#[serde(deny_unknown_fields)]
struct New {
    kind: Kind,
    file_name: String,
    /// The region of elders whose row names none.
    #[serde(default)]
    region: Option<RegionCode>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ImportPageQuery)]
struct Page {
    #[serde(default)]
    page: u32,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportQuery)]
struct Behind {
    /// The cursor: the last import of the page before.
    after: Option<Uuid>,
    /// So many are looked at for a page, 1 to 500; 100 unless it is said. Those of other regions are left out.
    limit: Option<i64>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ImportApply)]
#[serde(deny_unknown_fields)]
struct Apply {
    /// Of the file, as the check showed it.
    digest: Digest,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Import)]
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
    let brought = Api::of("Imports")
        .post("/api/v1/imports", Action::ImportBring, create, "Bring a list; it is checked and nothing is changed")
        .notes("The file is the body: XLSX or CSV. A long list is checked after the answer.")
        .limit(FILE);
    let problems = "/api/v1/imports/{id}/problems";
    let rest = Api::of("Imports")
        .get("/api/v1/imports", list, "List imports, the latest first")
        .get("/api/v1/imports/{id}", show, "Get an import")
        .reveal(problems, Action::ImportShow, problems_of, "List the rows that cannot be taken or are worth a look")
        .refuses([409])
        .reveal("/api/v1/imports/{id}/report", Action::ImportShow, report, "Get the same as a workbook")
        .post("/api/v1/imports/{id}/apply", Action::ImportApply, apply, "Take a checked list over, as a whole")
        .get("/api/v1/imports/templates/{kind}", template, "Get an empty list of a kind");
    brought.merge(rest).routes()
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
    file: Upload<Sheet>,
) -> Answer<Later<201, Shown>> {
    user.require(new.kind.right())?;
    user.require_inside(new.region.as_ref().unwrap_or(&user.region))?;
    let named = (1..=200).contains(&new.file_name.chars().count()) && !new.file_name.chars().any(char::is_control);
    if !named {
        return Err(Problem::new(Code::Invalid, register::TEXT));
    }
    // Read only now: whoever may not import sends nothing.
    let bytes = file.bytes().await?;
    let New { kind, file_name, region: elder_region } = new;
    let (by, scope, bytes) = (user.id, user.region, bytes.to_vec());
    let row = office.receive_import(NewImport { kind, file_name, elder_region, by, scope, bytes }).await?;
    Ok(Later { is_done: row.state != "checking", body: shown(&office, row) })
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Behind { after, limit }): Query<Behind>,
) -> Answer<List<Shown>> {
    let most = page_size(limit);
    let rows = office.store.read(move |tx| Box::pin(async move { imports::list(tx, after, most + 1).await })).await?;
    let page = List::page(rows, most, |row| row.id.to_string(), |row| row);
    Ok(page.only(|row| may(&user, row).is_ok()).map(|row| shown(&office, row)))
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

async fn problems_of(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Query(Page { page }): Query<Page>,
) -> Answer<List<Finding>> {
    permitted(&office, &user, id).await?;
    office.require_kept(id).await?;
    Ok(List::whole(office.reveal_findings(id, i64::from(page), user.id).await?.unwrap_or_default()))
}

async fn report(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
) -> Answer<File<Xlsx>> {
    permitted(&office, &user, id).await?;
    let bytes = office.reveal_report(id, user.id).await?;
    Ok(File::kept(&format!("import-{id}.xlsx"), bytes))
}

async fn apply(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(Apply { digest }): Json<Apply>,
) -> Answer<Later<200, Shown>> {
    permitted(&office, &user, id).await?;
    let row = office.apply_stored(id, digest, user.id).await?;
    Ok(Later { is_done: row.state == "applied", body: shown(&office, row) })
}

async fn template(SignedIn(user): SignedIn, Path(kind): Path<Kind>) -> Answer<File<Xlsx>> {
    user.require(kind.right())?;
    let bytes = empty_list(kind).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(File::kept(&format!("{}.xlsx", kind.name()), bytes))
}
