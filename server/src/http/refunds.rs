//! Money due back to elders, for people. `GET /api/v1/refunds` lists every entry, due, paid or replaced;
//! `GET /api/v1/canteens/{id}/refunds` what a canteen's tills may pay, what they paid, and the refunds that settle
//! nothing; `GET .../unidentified` the meals whose elder is not known yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use domain::id::{CanteenId, ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::sync::RefundDue;
use serde::{Deserialize, Serialize};

use super::api::{Api, List, page_size};
use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::identities::{self, UnidentifiedRow};
use crate::store::refund_payments::{self, EntryRow, EntryState, Filter, RefundConflict};
use crate::words::{self, Code};

#[derive(Clone, Copy, PartialEq, Deserialize, utoipa::ToSchema)]
#[schema(as = RefundState)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Due,
    Paid,
    Replaced,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = RefundQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    state: Option<Wanted>,
    elder: Option<ElderId>,
    canteen: Option<CanteenId>,
    region: Option<RegionCode>,
    /// The cursor of the next page, as `Link` names it.
    after: Option<String>,
    /// So many entries are looked at for a page, before the state is asked for, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RefundEntry)]
struct Entry {
    #[serde(flatten)]
    row: EntryRow,
    #[serde(flatten)]
    state: EntryState,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CanteenRefunds)]
struct Refunds {
    due: Vec<RefundDue>,
    /// By meal, fen.
    paid: BTreeMap<RecordId, Fen>,
    conflicts: Vec<RefundConflict>,
}

pub(super) fn routes() -> Routes {
    Api::of("Refunds")
        .get("/api/v1/refunds", entries, "List money due back to elders, paid or replaced")
        .get("/api/v1/canteens/{id}/refunds", refunds, "Get what a canteen's tills may pay back, and what they paid")
        .get("/api/v1/canteens/{id}/unidentified", unidentified, "List meals whose elder is not known yet")
        .routes()
}

async fn entries(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<List<Entry>> {
    user.require(Right::Read)?;
    if let Some(region) = &asked.region {
        user.require_inside(region)?;
    }
    if let (Some(own), Some(canteen)) = (user.canteen, asked.canteen)
        && own != canteen
    {
        return Err(Code::OutOfScope.into());
    }
    let region = asked.region.or_else(|| user.canteen.is_none().then(|| user.region.clone()));
    let filter = Filter { region, canteen: user.canteen.or(asked.canteen), elder: asked.elder };
    let (after, most) = (asked.after.as_deref().map(cursor).transpose()?, page_size(asked.limit));
    let rows = office
        .store
        .read(move |tx| Box::pin(async move { refund_payments::entries(tx, &filter, after, most + 1).await }))
        .await?;
    let wanted = |state: &EntryState| match asked.state {
        None => true,
        Some(Wanted::Due) => *state == EntryState::Due,
        Some(Wanted::Paid) => matches!(state, EntryState::Paid { .. }),
        Some(Wanted::Replaced) => *state == EntryState::Replaced,
    };
    let page = List::page(rows, most, |(row, _)| format!("{}.{}", row.canteen, row.id), |entry| entry);
    Ok(page.only(|(_, state)| wanted(state)).map(|(row, state)| Entry { row, state }))
}

/// A canteen and its entry, with a dot between.
fn cursor(text: &str) -> Result<(CanteenId, RefundId), Problem> {
    let parts = text.split_once('.').and_then(|(canteen, id)| Some((canteen.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Problem::new(Code::Malformed, words::CURSOR))
}

async fn refunds(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<Json<Refunds>> {
    permitted(&office, &user, Right::Read, id).await?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok(Refunds {
                due: refund_payments::due_refunds(tx, id).await?,
                paid: refund_payments::paid(tx, id).await?,
                conflicts: refund_payments::conflicts(tx, id).await?,
            })
        })
    });
    Ok(Json(read.await?))
}

async fn unidentified(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<List<UnidentifiedRow>> {
    permitted(&office, &user, Right::Read, id).await?;
    Ok(List::whole(office.store.read(move |tx| Box::pin(async move { identities::open(tx, id).await })).await?))
}
