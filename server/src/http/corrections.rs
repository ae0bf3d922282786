//! What was registered wrongly: `POST /api/v1/elders/{id}/corrections`, `POST /api/v1/canteens/{id}/corrections`; `GET`
//! says what was put right before. An elder's are shown in full, and it is entered that somebody saw them.

use std::sync::Arc;

use axum::extract::State;
use domain::id::{CanteenId, ElderId};
use serde::Serialize;
use uuid::Uuid;

use super::api::{Api, Created, List, Second};
use super::body::{Json, Path};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, SignedIn, of_canteen, of_elder};
use crate::admin::{CanteenCorrection, Corrected, Correction, ElderCorrection};
use crate::audit::Action;
use crate::people::Right;
use crate::store::people::UserRow;
use crate::{Error, Office};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CorrectionMade)]
struct Done {
    id: Uuid,
}

pub(super) fn routes() -> Routes {
    let (elders, canteens) = ("/api/v1/elders/{id}/corrections", "/api/v1/canteens/{id}/corrections");
    Api::of("Corrections")
        .post(elders, Action::ElderCorrect, of_an_elder, "Put right what was registered of an elder")
        .notes("Birth date and sex are those of the resident ID. A region takes the right in both.")
        .reveal(elders, Action::CorrectionShow, elders_before, "Get what was put right of an elder, in full")
        .notes("It is entered in the audit log that somebody saw it.")
        .post(canteens, Action::CanteenCorrect, of_a_canteen, "Put right what was registered of a canteen")
        .notes("Name, operator, credit code and capacity wait for another person. The payee has its own way.")
        .get(canteens, canteens_before, "List what was put right of a canteen, the latest first")
        .routes()
}

/// Puts an elder's registration right for whoever may, in the region where the elder is and in that of the correction.
pub(crate) async fn correct_elder(
    office: &Office,
    user: &UserRow,
    id: ElderId,
    new: ElderCorrection,
) -> Result<Uuid, Error> {
    of_elder(office, user, Right::ManageElders, id).await?;
    if let Some(region) = &new.region {
        user.require_inside(region)?;
    }
    office.correct_elder(id, new, Some(user.id)).await
}

async fn of_an_elder(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    Json(new): Json<ElderCorrection>,
) -> Answer<Created<Done>> {
    Ok(Created(Done { id: correct_elder(&office, &user, id, new).await? }))
}

async fn elders_before(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<List<Correction>> {
    of_elder(&office, &user, Right::ReadElders, id).await?;
    Ok(List::whole(office.reveal_elder_corrections(id, user.id).await?))
}

async fn of_a_canteen(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
    Json(new): Json<CanteenCorrection>,
) -> Answer<Second<201, Done, Made>> {
    of_canteen(&office, &user, Right::ManageCanteens, id).await?;
    Ok(match office.correct_canteen(id, new, Some(user.id)).await? {
        Corrected::Done(id) => Second::Done(Done { id }),
        Corrected::Waits(row) => Second::Waits((*row).into()),
    })
}

async fn canteens_before(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<CanteenId>,
) -> Answer<List<Correction>> {
    of_canteen(&office, &user, Right::Read, id).await?;
    Ok(List::whole(office.canteen_corrections(id).await?))
}
