//! Budgets of a year by payer: `GET /api/v1/budgets?region=&year=`, `POST /api/v1/budgets` proposes one;
//! `GET /api/v1/years?region=&year=` for the year's report by canteen and payer.

use std::sync::Arc;

use axum::extract::State;
use domain::budget::{CanteenYear, PayerYear};
use domain::calendar::UnixMs;
use domain::decision::Payer;
use domain::id::{CanteenId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, List};
use super::body::{Json, Query};
use super::months::{actor, explained};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Office;
use crate::admin::Proposed;
use crate::audit::Action;
use crate::budget::{self, Budget};
use crate::people::Right;
use crate::store::budgets::BudgetRow;
use crate::store::people::UserRow;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BudgetYear)]
struct Body {
    payer: Payer,
    /// Fen; nothing where none was approved.
    budget: Option<Fen>,
    /// What approved statements cost, fen, by the year of the meals.
    approved: Fen,
    /// What drafts would add, fen.
    drafted: Fen,
    /// Where the year leads at the rate of its months, fen.
    forecast: Fen,
    /// By how much approved and drafted pass the budget, fen.
    passed_by: Option<Fen>,
    /// Every budget that was approved, the last one holds.
    history: Vec<Set>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BudgetSet)]
struct Set {
    /// Fen.
    amount: Fen,
    reason: String,
    proposed_by: UserId,
    approved_by: UserId,
    approved_at: UnixMs,
}

impl From<&BudgetRow> for Set {
    fn from(row: &BudgetRow) -> Self {
        let BudgetRow { amount, proposed_by, approved_by, approved_at, .. } = *row;
        Self { amount, reason: row.reason.clone(), proposed_by, approved_by, approved_at }
    }
}

/// A canteen's year with one payer. All amounts in fen.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = YearReportRow)]
struct YearRow {
    canteen: CanteenId,
    payer: Payer,
    /// What the year's meals cost, later adjustments counted.
    cost: Fen,
    payable: Fen,
    arrived: Fen,
    /// Still to be paid.
    open: Fen,
    held: Fen,
    /// Carried into the next year, not positive.
    carried: Fen,
    demanded: Fen,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BudgetQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    region: RegionCode,
    year: i16,
}

pub(super) fn routes() -> Routes {
    Api::of("Budgets")
        .get("/api/v1/budgets", list, "List a year's budgets by payer, with what is used of them")
        .post("/api/v1/budgets", Action::ProposalMake, propose, "Propose a payer's budget of a year")
        .notes("Holds when another person has approved the proposal; of several the last one holds.")
        .get("/api/v1/years", report, "Get a year's report by canteen and payer")
        .routes()
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Asked { region, year }): Query<Asked>,
) -> Answer<List<Body>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let kept = Arc::clone(&office);
    let read = office.store.read(move |tx| {
        let (kept, region) = (Arc::clone(&kept), region.clone());
        Box::pin(async move { budget::year_kept(tx, &kept.costs, &region, year).await })
    });
    let (payers, rows) = read.await?;
    let body = |of: PayerYear| {
        let history = rows.iter().filter(|row| row.payer.0 == of.payer).map(Set::from).collect();
        let passed_by = of.passed_by();
        let PayerYear { payer, budget, approved, drafted, forecast } = of;
        Body { payer, budget, approved, drafted, forecast, passed_by, history }
    };
    Ok(List::whole(payers.into_iter().map(body).collect()))
}

async fn propose(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Budget>,
) -> Answer<Created<Made>> {
    Ok(Created(propose_budget(&office, &user, new).await?))
}

/// Proposes a budget for a person who makes months.
pub(crate) async fn propose_budget(office: &Office, user: &UserRow, new: Budget) -> Answer<Made> {
    let region = new.region.clone();
    actor(user, &region, Right::MakeMonth)?;
    let reason = explained(&new.reason)?;
    Ok(office.propose(Proposed::Budget { budget: Budget { reason, ..new } }, region, user.id).await?.into())
}

async fn report(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Asked { region, year }): Query<Asked>,
) -> Answer<List<YearRow>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let rows = office.store.read(move |tx| Box::pin(async move { budget::report(tx, &region, year).await }));
    let row = |((canteen, payer), of): ((CanteenId, Payer), CanteenYear)| {
        let open = of.open();
        let CanteenYear { cost, payable, arrived, held, carried, demanded } = of;
        YearRow { canteen, payer, cost, payable, arrived, open, held, carried, demanded }
    };
    Ok(List::whole(rows.await?.into_iter().map(row).collect()))
}
