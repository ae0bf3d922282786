//! Money due back to elders, for people. `GET /api/v1/refunds` lists every entry, due, paid or replaced;
//! `GET /api/v1/canteens/{id}/refunds` what a canteen's tills may pay, what they paid, and the refunds that settle
//! nothing; `GET .../unidentified` the meals whose elder is not known yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use domain::id::{CanteenId, ElderId, RecordId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::sync::RefundDue;
use serde::{Deserialize, Serialize};

use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::identities::{self, UnidentifiedRow};
use crate::store::refund_payments::{self, EntryRow, EntryState, Filter, RefundConflict};
use crate::words::Code;

/// So many entries on a page, before the state is asked for.
const PAGE: i64 = 200;

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Due,
    Paid,
    Replaced,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    state: Option<Wanted>,
    elder: Option<ElderId>,
    canteen: Option<CanteenId>,
    region: Option<RegionCode>,
    #[serde(default)]
    page: u32,
}

#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    row: EntryRow,
    #[serde(flatten)]
    state: EntryState,
}

#[derive(Serialize)]
struct Refunds {
    due: Vec<RefundDue>,
    /// By meal, fen.
    paid: BTreeMap<RecordId, Fen>,
    conflicts: Vec<RefundConflict>,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/refunds", entries)
        .get("/api/v1/canteens/{id}/refunds", refunds)
        .get("/api/v1/canteens/{id}/unidentified", unidentified)
}

async fn entries(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<Json<Vec<Entry>>> {
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
    let skip = i64::from(asked.page) * PAGE;
    let rows = office
        .store
        .read(move |tx| Box::pin(async move { refund_payments::entries(tx, &filter, skip, PAGE).await }))
        .await?;
    let wanted = |state: &EntryState| match asked.state {
        None => true,
        Some(Wanted::Due) => *state == EntryState::Due,
        Some(Wanted::Paid) => matches!(state, EntryState::Paid { .. }),
        Some(Wanted::Replaced) => *state == EntryState::Replaced,
    };
    let entries = rows.into_iter().filter(|(_, state)| wanted(state)).map(|(row, state)| Entry { row, state });
    Ok(Json(entries.collect()))
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
) -> Answer<Json<Vec<UnidentifiedRow>>> {
    permitted(&office, &user, Right::Read, id).await?;
    Ok(Json(office.store.read(move |tx| Box::pin(async move { identities::open(tx, id).await })).await?))
}
