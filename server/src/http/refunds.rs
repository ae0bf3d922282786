//! Money due back to elders, for people: `GET /api/v1/canteens/{id}/refunds` lists what is due, what was paid and the
//! refunds that settle nothing; `GET .../unidentified` the meals whose elder is not known yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::id::{CanteenId, RecordId};
use domain::money::Fen;
use domain::sync::RefundDue;
use serde::Serialize;

use super::body::{Json, Path};
use super::canteens::permitted;
use super::{Answer, App, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::identities::{self, UnidentifiedRow};
use crate::store::refund_payments::{self, RefundConflict};

#[derive(Serialize)]
struct Refunds {
    due: Vec<RefundDue>,
    /// By meal, fen.
    paid: BTreeMap<RecordId, Fen>,
    conflicts: Vec<RefundConflict>,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/canteens/{id}/refunds", get(refunds))
        .route("/api/v1/canteens/{id}/unidentified", get(unidentified))
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
