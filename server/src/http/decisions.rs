//! What one person proposes and another decides, whatever it is: how it is turned down, or taken back by its maker.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use super::api::NoContent;
use super::body::{Json, Path};
use super::months::explained;
use super::{Answer, SignedIn};
use crate::store::people::UserRow;
use crate::{Error, Office};

/// Something that waits for another person's decision.
pub(crate) trait Decided: 'static {
    /// Where the console lists it.
    const HOME: &'static str;

    /// Refuses who may neither turn it down nor take it back.
    fn may_reject(office: &Office, user: &UserRow, id: Uuid) -> impl Future<Output = Result<(), Error>> + Send;

    /// Turns it down; its maker takes it back by this.
    fn reject(
        office: &Office,
        user: &UserRow,
        id: Uuid,
        reason: String,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Why something is not approved.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rejection {
    /// 1 to 500 characters; its maker reads them.
    reason: String,
}

/// Turns something down, or takes it back, for whoever may.
pub(crate) async fn turn_down<D: Decided>(office: &Office, user: &UserRow, id: Uuid, reason: &str) -> Answer<()> {
    D::may_reject(office, user, id).await?;
    D::reject(office, user, id, explained(reason)?).await?;
    Ok(())
}

pub(super) async fn reject<D: Decided>(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<Rejection>,
) -> Answer<NoContent> {
    turn_down::<D>(&office, &user, id, &body.reason).await?;
    Ok(NoContent)
}
