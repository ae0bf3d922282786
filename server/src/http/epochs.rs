//! Journals that do not end by themselves: `POST /api/v1/terminals/{id}/epochs/{epoch}/end` asks for an epoch's end,
//! `POST .../end/confirmation` by another person ends it; `GET /api/v1/forks` lists journals that forked,
//! `POST /api/v1/terminals/{id}/forks/{epoch}/{sequence}/resolution` writes down what was decided.

use std::sync::Arc;

use axum::extract::State;
use domain::id::TerminalId;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, List};
use super::body::{Json, Path};
use super::routes::Routes;
use super::terminals::of_terminal;
use super::{Answer, Problem, SignedIn};
use crate::Office;
use crate::audit::Action;
use crate::people::Right;
use crate::store::epochs::{self, EndRow, Fork};
use crate::words::{Code, terminals as words};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = EpochReason)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

impl Why {
    /// Not empty, not a novel.
    fn checked(self) -> Result<String, Problem> {
        let reason = self.reason.trim();
        if (1..=500).contains(&reason.chars().count()) {
            return Ok(reason.to_owned());
        }
        Err(Problem::new(Code::Invalid, words::REASON))
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ForkResolved)]
struct Resolved {
    /// Whether it was undecided until now.
    resolved: bool,
}

pub(super) fn routes() -> Routes {
    let end = "/api/v1/terminals/{id}/epochs/{epoch}/end";
    let confirmation = "/api/v1/terminals/{id}/epochs/{epoch}/end/confirmation";
    let resolution = "/api/v1/terminals/{id}/forks/{epoch}/{sequence}/resolution";
    Api::of("Terminals")
        .post(end, Action::EpochEndAsk, ask, "Ask for the end of a destroyed terminal's journal")
        .post(confirmation, Action::EpochEnd, confirm, "End the journal, as the second person")
        .get("/api/v1/forks", forks, "List journals that forked")
        .post(resolution, Action::ForkResolve, resolve, "Write down what was decided about a fork")
        .routes()
}

async fn ask(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, epoch)): Path<(TerminalId, u32)>,
    Json(why): Json<Why>,
) -> Answer<Created<EndRow>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    let end = office.ask_epoch_end(id, epoch, why.checked()?, user.id).await?;
    Ok(Created(end))
}

async fn confirm(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, epoch)): Path<(TerminalId, u32)>,
) -> Answer<Json<EndRow>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    Ok(Json(office.confirm_epoch_end(id, epoch, user.id).await?))
}

async fn forks(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Fork>> {
    user.require(Right::Read)?;
    let region = user.region.clone();
    let mut forks = office.store.read(move |tx| Box::pin(async move { epochs::forks(tx, &region).await })).await?;
    forks.retain(|fork| user.canteen.is_none_or(|own| own == fork.canteen));
    Ok(List::whole(forks))
}

async fn resolve(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, epoch, sequence)): Path<(TerminalId, u32, u64)>,
    Json(why): Json<Why>,
) -> Answer<Json<Resolved>> {
    of_terminal(&office, &user, Right::ManageTerminals, id).await?;
    Ok(Json(Resolved { resolved: office.resolve_fork(id, (epoch, sequence), why.checked()?, user.id).await? }))
}
