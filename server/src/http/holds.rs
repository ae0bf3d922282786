//! Money that waits for a canteen's standing: `GET /api/v1/holds?region=`, `POST /api/v1/holds/release`.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::Month;
use domain::decision::PolicyRef;
use domain::id::CanteenId;
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, List};
use super::body::{Json, Query};
use super::canteens::permitted;
use super::months::explained;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::audit::Action;
use crate::people::Right;
use crate::rulings::release_hold;
use crate::store::people::UserRow;
use crate::store::{Tx, canteens, holds};
use crate::{Error, Office};

/// What approved statements hold and nobody has released.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldBody {
    pub(crate) canteen: CanteenId,
    /// The month of the meals.
    pub(crate) month: Month,
    pub(crate) policy: PolicyRef,
    /// The gate's place in the policy file, from 1.
    pub(crate) gate: usize,
    pub(crate) words: String,
    /// Fen, positive.
    pub(crate) amount: Fen,
    pub(crate) shares: PayerSums,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = HoldQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    region: RegionCode,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = HoldRelease)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    pub(crate) canteen: CanteenId,
    pub(crate) month: Month,
    pub(crate) policy: PolicyRef,
    pub(crate) gate: usize,
    pub(crate) reason: String,
}

pub(super) fn routes() -> Routes {
    Api::of("Months")
        .get("/api/v1/holds", list, "List money that waits for a canteen's standing")
        .post("/api/v1/holds/release", Action::HoldRelease, release, "Release a hold: the next draft pays it")
        .routes()
}

async fn of_canteen(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<HoldBody>, Error> {
    let held = holds::outstanding(tx, canteen, None).await?.into_iter();
    let body = |((month, policy, gate), (words, sums)): (holds::Key, (String, PayerSums))| {
        let shares = sums.negated().without_zeros();
        HoldBody { canteen, month, policy, gate, words, amount: shares.total(), shares }
    };
    Ok(held.map(body).filter(|hold| !hold.amount.is_zero()).collect())
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Asked { region }): Query<Asked>,
) -> Answer<List<HoldBody>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    Ok(List::whole(office.store.read(move |tx| Box::pin(async move { of_region(tx, &region).await })).await?))
}

/// What approved statements of a region's canteens hold and nobody has released.
pub(crate) async fn of_region(tx: &mut Tx, region: &RegionCode) -> Result<Vec<HoldBody>, Error> {
    let mut all = Vec::new();
    for row in canteens::inside(tx, region).await? {
        all.extend(of_canteen(tx, row.id).await?);
    }
    Ok(all)
}

/// Releases a hold: the next draft pays it, and a second person approves that draft.
async fn release(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(body): Json<Release>,
) -> Answer<List<HoldBody>> {
    Ok(List::whole(release_hold_of(&office, &user, body).await?))
}

/// Releases a hold for a person who makes months; answers what is still held of the canteen.
pub(crate) async fn release_hold_of(office: &Arc<Office>, user: &UserRow, body: Release) -> Answer<Vec<HoldBody>> {
    permitted(office, user, Right::MakeMonth, body.canteen).await?;
    let reason = explained(&body.reason)?;
    let (canteen, key) = (body.canteen, (body.month, body.policy, body.gate));
    let (by, now) = (user.id, office.now());
    let left = office.store.write_audited(move |tx| {
        let (key, reason) = (key.clone(), reason.clone());
        Box::pin(async move {
            release_hold(tx, canteen, &key, &reason, by, now).await?;
            of_canteen(tx, canteen).await
        })
    });
    Ok(left.await?)
}
