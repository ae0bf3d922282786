//! The ledger: `GET /api/v1/ledger/trial-balance` for the person's region, `GET /api/v1/statements/{id}/postings`.

use std::sync::Arc;

use axum::extract::State;
use domain::id::StatementId;
use domain::ledger::{Account, Posting, Turnover};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, List};
use super::body::{Json, Path, Query};
use super::routes::Routes;
use super::statements::permit;
use super::{Answer, SignedIn};
use crate::people::Right;
use crate::store::{ledger, months};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = LedgerQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The person's own region unless another one inside it is named.
    region: Option<RegionCode>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TrialBalanceRow)]
struct Row {
    #[serde(flatten)]
    account: Account,
    #[serde(flatten)]
    turnover: Turnover,
}

/// All amounts in fen.
#[derive(Serialize, utoipa::ToSchema)]
struct TrialBalance {
    accounts: Vec<Row>,
    /// All debits and all credits: equal, or the database was tampered with.
    total: Turnover,
}

pub(super) fn routes() -> Routes {
    Api::of("Ledger")
        .get("/api/v1/ledger/trial-balance", trial_balance, "Get the trial balance of a region")
        .get("/api/v1/statements/{id}/postings", postings, "List the postings of a statement")
        .routes()
}

async fn trial_balance(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<Json<TrialBalance>> {
    user.require(Right::Read)?;
    // The books of a region are not one canteen's to read.
    if user.canteen.is_some() {
        return Err(Code::OutOfScope.into());
    }
    let region = asked.region.unwrap_or_else(|| user.region.clone());
    user.require_inside(&region)?;
    let accounts =
        office.store.read(move |tx| Box::pin(async move { ledger::trial_balance(tx, &region).await })).await?;
    let mut total = Turnover::default();
    for (_, turnover) in &accounts {
        total.debit += turnover.debit;
        total.credit += turnover.credit;
    }
    let accounts = accounts.into_iter().map(|(account, turnover)| Row { account, turnover }).collect();
    Ok(Json(TrialBalance { accounts, total }))
}

async fn postings(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<StatementId>,
) -> Answer<List<Posting>> {
    let postings = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
                let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
                permit(tx, &user, stored.canteen).await?;
                ledger::of_statement(tx, id).await
            })
        })
        .await?;
    Ok(List::whole(postings))
}
