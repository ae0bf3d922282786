//! `GET /api/v1/refunds`: what elders paid more than was due, per meal: due or paid. They are paid at a till.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ElderId, RecordId};
use domain::money::Fen;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::body::{Json, Query};
use super::{Answer, App, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::refunds::{self, Filter, RefundRow};

/// So many on a page.
const PAGE: i64 = 200;

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum RefundState {
    Due,
    Paid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    state: Option<RefundState>,
    elder: Option<ElderId>,
    canteen: Option<CanteenId>,
    region: Option<RegionCode>,
    #[serde(default)]
    page: u32,
}

#[derive(Serialize)]
struct Refund {
    elder: ElderId,
    /// The record of the meal.
    meal: RecordId,
    /// Where it was eaten.
    canteen: CanteenId,
    date: BusinessDate,
    /// Counts the refunds of one meal, from 1.
    number: i64,
    /// Fen.
    amount: Fen,
    /// The code of the finding behind it.
    reason: String,
    state: RefundState,
    listed_at: UnixMs,
    /// The record of the payment.
    paid_by: Option<RecordId>,
    paid_canteen: Option<CanteenId>,
    paid_at: Option<UnixMs>,
}

impl From<RefundRow> for Refund {
    fn from(row: RefundRow) -> Self {
        let state = if row.is_paid() { RefundState::Paid } else { RefundState::Due };
        let RefundRow { canteen, record, number, elder, date, amount, reason, listed_at, paid_by, .. } = row;
        let (paid_canteen, paid_at) = (row.paid_canteen, row.paid_at);
        Self {
            elder,
            meal: record,
            canteen,
            date,
            number,
            amount,
            reason,
            state,
            listed_at,
            paid_by,
            paid_canteen,
            paid_at,
        }
    }
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/refunds", get(list))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<Json<Vec<Refund>>> {
    user.require(Right::Read)?;
    if let Some(region) = &asked.region {
        user.require_inside(region)?;
    }
    if let (Some(own), Some(canteen)) = (user.canteen, asked.canteen)
        && own != canteen
    {
        return Err(crate::words::Code::OutOfScope.into());
    }
    let region = asked.region.or_else(|| user.canteen.is_none().then(|| user.region.clone()));
    let paid = asked.state.map(|state| matches!(state, RefundState::Paid));
    let filter = Filter { region, canteen: user.canteen.or(asked.canteen), elder: asked.elder, paid };
    let skip = i64::from(asked.page) * PAGE;
    let rows =
        office.store.read(move |tx| Box::pin(async move { refunds::list(tx, &filter, skip, PAGE).await })).await?;
    Ok(Json(rows.into_iter().map(Refund::from).collect()))
}
