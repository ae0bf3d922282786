//! Statements: `GET /api/v1/statements/{id}` with `/pdf` and `/xlsx`, and the page that a statement's QR code opens.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use domain::id::{CanteenId, StatementId};
use domain::settlement::Statement;
use receipts::statement::StatementSheet;
use receipts::workbook::MealSheet;

use super::body::{Json, Path};
use super::{Answer, App, Problem, SignedIn};
use crate::people::Right;
use crate::statements::Dossier;
use crate::store::people::UserRow;
use crate::store::{Tx, canteens, months};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

const PDF: &str = "application/pdf";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/statements/{id}", get(show))
        .route("/api/v1/statements/{id}/pdf", get(pdf))
        .route("/api/v1/statements/{id}/xlsx", get(xlsx))
        .route("/verify/{number}/{version}/{digest}", get(verify))
}

/// Refuses a statement of a canteen that the person may not see.
pub(super) async fn permit(tx: &mut Tx, user: &UserRow, canteen: CanteenId) -> Result<(), Error> {
    user.require(Right::Read)?;
    let row = canteens::get(tx, canteen).await?;
    let row = row.ok_or_else(|| Error::Corrupt("a statement of no canteen".to_owned()))?;
    user.require_canteen(row.id, &row.region)
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<Json<Statement>> {
    let stored = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
                let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
                permit(tx, &user, stored.canteen).await?;
                Ok(stored)
            })
        })
        .await?;
    Ok(Json(stored.content.0))
}

/// The sheet, the meals and a file name, as far as the person may see them.
async fn papers(
    office: &Arc<Office>,
    user: UserRow,
    id: StatementId,
) -> Result<(StatementSheet, MealSheet, String), Error> {
    let (kept, rules, now) = (Arc::clone(office), office.book(), office.now());
    office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let dossier = Dossier::load(tx, id, rules, &kept.keys).await?;
                permit(tx, &user, dossier.canteen()).await?;
                let meals = dossier.meals(tx).await?;
                Ok((dossier.sheet(&kept.public_url, now), meals, dossier.file_name()))
            })
        })
        .await
}

/// Makes bytes off the paths of requests: a long statement takes a moment.
async fn printed(
    work: impl FnOnce() -> Result<Vec<u8>, receipts::PrintError> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
    let bytes = tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?;
    bytes.map_err(|e| Problem::new(Code::Conflict, words::cannot_be_printed(&e.to_string())))
}

fn download(media: &'static str, name: &str, bytes: Vec<u8>) -> impl IntoResponse + use<> {
    let disposition = format!("inline; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
}

async fn pdf(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<impl IntoResponse> {
    let (sheet, _, name) = papers(&office, user, id).await?;
    let bytes = printed(move || receipts::statement::render(&sheet, &office.fonts)).await?;
    Ok(download(PDF, &format!("{name}.pdf"), bytes))
}

async fn xlsx(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<impl IntoResponse> {
    let (sheet, meals, name) = papers(&office, user, id).await?;
    let bytes = printed(move || receipts::workbook::xlsx(&sheet, &meals)).await?;
    Ok(download(XLSX, &format!("{name}.xlsx"), bytes))
}

/// Says to anybody who holds a paper whether it is the one that was approved: no figure is told that is not on it.
async fn verify(
    State(office): State<Arc<Office>>,
    Path((number, version, digest)): Path<(String, i64, String)>,
) -> Answer<Html<String>> {
    let asked = number.clone();
    let found =
        office.store.read(move |tx| Box::pin(async move { months::by_number(tx, &asked, version).await })).await?;
    let holds = |stored: &months::StoredStatement| {
        digest.len() >= 16 && digest.is_ascii() && stored.digest.to_string().starts_with(&digest)
    };
    let page = match found.filter(holds) {
        Some(stored) if stored.approved == 1 => words::paper_agrees(&stored.number, version),
        Some(stored) => words::paper_is_draft(&stored.number, version),
        None => words::paper_disagrees(),
    };
    Ok(Html(page))
}
