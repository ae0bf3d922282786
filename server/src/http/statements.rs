//! Statements: `GET /api/v1/statements/{id}` with `/pdf`, `/xlsx` and `/disclosure.pdf`; of a region's month
//! `/api/v1/months/{region}/{month}/summary.pdf`, `/disclosure.xlsx` and `/disclosure.csv`; and the pages that QR codes
//! on papers open.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use domain::calendar::Month;
use domain::id::{CanteenId, StatementId};
use domain::region::RegionCode;
use domain::settlement::{MonthState, Statement};
use receipts::statement::StatementSheet;
use receipts::statement::disclosure::DisclosureSheet;
use receipts::workbook::MealSheet;

use super::api::{Api, Csv, File, Pdf, Xlsx};
use super::body::{Json, Path};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::people::Right;
use crate::statements::{DEMAND_VERSION, Dossier, disclosure, disclosures, summary};
use crate::store::people::UserRow;
use crate::store::{Tx, canteens, demands, months};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

pub(super) fn routes() -> Routes {
    let summary = "/api/v1/months/{region}/{month}/summary.pdf";
    let workbook = "/api/v1/months/{region}/{month}/disclosure.xlsx";
    let table = "/api/v1/months/{region}/{month}/disclosure.csv";
    Api::of("Statements")
        .get("/api/v1/statements/{id}", show, "Get a statement")
        .get("/api/v1/statements/{id}/pdf", pdf, "Get a statement as a paper")
        .get("/api/v1/statements/{id}/xlsx", xlsx, "Get a statement with its meals as a workbook")
        .get("/api/v1/statements/{id}/disclosure.pdf", disclosed, "Get a statement's masked list as a paper")
        .get(summary, summary_pdf, "Get a region's month as a paper")
        .get(workbook, disclosure_xlsx, "Get a region's masked lists as a workbook")
        .get(table, disclosure_csv, "Get a region's masked lists as a table")
        .routes()
        .get("/verify/month/{region}/{month}/{version}/{digest}", verify_month)
        .get("/verify/{number}/{version}/{digest}", verify)
}

/// Refuses a statement of a canteen that the person may not see.
pub(crate) async fn permit(tx: &mut Tx, user: &UserRow, canteen: CanteenId) -> Result<(), Error> {
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

/// The sheet, the meals where they are asked for, and a file name, as far as the person may see them.
async fn papers(
    office: &Arc<Office>,
    user: UserRow,
    id: StatementId,
    itemised: bool,
) -> Result<(StatementSheet, MealSheet, String), Error> {
    let (kept, rules, now) = (Arc::clone(office), office.book(), office.now());
    office
        .store
        .read(move |tx| {
            Box::pin(async move {
                // Before anything is said of it, also that it was replaced.
                let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
                let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
                permit(tx, &user, stored.canteen).await?;
                let dossier = Dossier::load(tx, id, rules, &kept.keys).await?;
                let meals = if itemised { dossier.meals(tx).await? } else { MealSheet::default() };
                Ok((dossier.sheet(&kept.public_url, now), meals, dossier.file_name()))
            })
        })
        .await
}

/// Makes bytes off the paths of requests: a long statement takes a moment.
pub(super) async fn printed(
    work: impl FnOnce() -> Result<Vec<u8>, receipts::PrintError> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
    let bytes = tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?;
    bytes.map_err(|e| Problem::new(Code::Conflict, words::cannot_be_printed(&e.to_string())))
}

async fn pdf(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<File<Pdf>> {
    let (sheet, _, name) = papers(&office, user, id, false).await?;
    let bytes = printed(move || receipts::statement::render(&sheet, &office.fonts)).await?;
    Ok(File::inline(&format!("{name}.pdf"), bytes))
}

async fn xlsx(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<File<Xlsx>> {
    let (sheet, meals, name) = papers(&office, user, id, true).await?;
    let bytes = printed(move || receipts::workbook::xlsx(&sheet, &meals)).await?;
    Ok(File::inline(&format!("{name}.xlsx"), bytes))
}

async fn disclosed(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<File<Pdf>> {
    let (kept, now) = (Arc::clone(&office), office.now());
    let work = office.store.read(move |tx| {
        Box::pin(async move {
            let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
            let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
            permit(tx, &user, stored.canteen).await?;
            disclosure(tx, id, &kept.public_url, now).await
        })
    });
    let sheet = work.await?;
    let name = format!("{}-v{}-disclosure.pdf", sheet.number, sheet.version);
    let bytes = printed(move || receipts::statement::disclosure::render(&sheet, &office.fonts)).await?;
    Ok(File::inline(&name, bytes))
}

/// The region's month is for those who may see all of the region.
fn permit_region(user: &UserRow, region: &RegionCode) -> Result<(), Error> {
    user.require(Right::Read)?;
    user.require_inside(region)
}

async fn summary_pdf(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, month)): Path<(RegionCode, Month)>,
) -> Answer<File<Pdf>> {
    permit_region(&user, &region)?;
    let (kept, now) = (Arc::clone(&office), office.now());
    let work =
        office.store.read(move |tx| Box::pin(async move { summary(tx, &region, month, &kept.public_url, now).await }));
    let sheet = work.await?;
    let name = format!("{}-v{}.pdf", sheet.number, sheet.version);
    let bytes = printed(move || receipts::statement::summary::render(&sheet, &office.fonts)).await?;
    Ok(File::inline(&name, bytes))
}

async fn lists(
    office: &Arc<Office>,
    user: &UserRow,
    region: RegionCode,
    month: Month,
) -> Result<Vec<DisclosureSheet>, Error> {
    permit_region(user, &region)?;
    let (kept, now) = (Arc::clone(office), office.now());
    let work = office
        .store
        .read(move |tx| Box::pin(async move { disclosures(tx, &region, month, &kept.public_url, now).await }));
    work.await
}

async fn disclosure_xlsx(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, month)): Path<(RegionCode, Month)>,
) -> Answer<File<Xlsx>> {
    let name = format!("disclosure-{region}-{month}.xlsx");
    let sheets = lists(&office, &user, region, month).await?;
    let bytes = printed(move || receipts::workbook::disclosure(&sheets)).await?;
    Ok(File::inline(&name, bytes))
}

async fn disclosure_csv(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, month)): Path<(RegionCode, Month)>,
) -> Answer<File<Csv>> {
    let name = format!("disclosure-{region}-{month}.csv");
    let sheets = lists(&office, &user, region, month).await?;
    let bytes = printed(move || receipts::statement::disclosure::csv(&sheets)).await?;
    Ok(File::inline(&name, bytes))
}

/// The same for a region's summary.
async fn verify_month(
    State(office): State<Arc<Office>>,
    Path((region, month, version, digest)): Path<(RegionCode, Month, i64, String)>,
) -> Answer<Html<String>> {
    let number = words::summary_number(&region, month);
    let found =
        office.store.read(move |tx| Box::pin(async move { months::settlement(tx, &region, month).await })).await?;
    let holds = |s: &months::Settlement| {
        digest.len() >= 16 && digest.is_ascii() && s.version == version && s.digest.to_string().starts_with(&digest)
    };
    let page = match found.filter(holds) {
        Some(settlement) if settlement.state.0 == MonthState::Approved => words::paper_agrees(&number, version),
        Some(_) => words::paper_is_draft(&number, version),
        None => words::paper_disagrees(),
    };
    Ok(Html(page))
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
        None if version == DEMAND_VERSION && is_demand(&office, number.clone(), &digest).await? => {
            words::paper_agrees(&number, version)
        }
        None => words::paper_disagrees(),
    };
    Ok(Html(page))
}

/// Whether a demand of that number has a digest that begins so.
async fn is_demand(office: &Office, number: String, digest: &str) -> Result<bool, Error> {
    let found = office.store.read(move |tx| Box::pin(async move { demands::by_number(tx, &number).await })).await?;
    let holds =
        |row: demands::DemandRow| digest.len() >= 16 && digest.is_ascii() && row.digest.to_string().starts_with(digest);
    Ok(found.is_some_and(holds))
}
