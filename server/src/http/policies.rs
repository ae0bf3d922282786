//! Policies: `POST /api/v1/policies` proposes a file, which another person's approval announces (see `proposals`), `GET` lists them, `GET .../{id}/{version}` shows the source,
//! `POST .../simulate` tries a file on a stored month.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::calendar::{BusinessDate, Month};
use domain::decision::PolicyRef;
use domain::policy::Policy;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::body::{Json, Path};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, Problem, RULES, SignedIn};
use crate::admin::Proposed;
use crate::audit::Action;
use crate::people::Right;
use crate::simulate::Simulated;
use crate::words::{self, Code};
use crate::{Error, Office};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announce {
    /// Stands in messages.
    file_name: String,
    /// The whole file.
    source: String,
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    reference: &'a PolicyRef,
    name: &'a str,
    regions: &'a [RegionCode],
    effective_from: BusinessDate,
    last_day: Option<BusinessDate>,
    corrects: Option<u32>,
    semantics: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    /// Stands in messages.
    file_name: String,
    /// The whole file.
    source: String,
    /// The month whose meals are decided again.
    month: Month,
    /// Only canteens inside this region.
    region: Option<RegionCode>,
}

/// What was proposed, by what it will be called.
#[derive(Serialize)]
struct Announced {
    #[serde(flatten)]
    made: Made,
    #[serde(flatten)]
    reference: PolicyRef,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/api/v1/policies", Action::ProposalMake, announce)
        .get("/api/v1/policies", list)
        .send("/api/v1/policies/simulate", simulate)
        .limit(RULES)
        .get("/api/v1/policies/{id}/{version}", source)
}

async fn announce(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Announce>,
) -> Answer<(StatusCode, Json<Announced>)> {
    user.require(Right::AnnouncePolicies)?;
    let policy = Policy::parse(&new.file_name, &new.source);
    let policy = policy.map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))?;
    for region in policy.regions() {
        user.require_inside(region)?;
    }
    let region = policy.regions().first().cloned().unwrap_or_else(|| user.region.clone());
    let what = Proposed::Policy { file_name: new.file_name, source: new.source };
    let made = office.propose(what, region, user.id).await?.into();
    Ok((StatusCode::CREATED, Json(Announced { made, reference: policy.reference().clone() })))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<impl IntoResponse> {
    user.require(Right::Read)?;
    let book = office.book();
    let listed = |policy| {
        let policy: &Policy = policy;
        Listed {
            reference: policy.reference(),
            name: policy.name(),
            regions: policy.regions(),
            effective_from: policy.effective_from(),
            last_day: book.policies.last_day(policy.reference()),
            corrects: policy.corrects(),
            semantics: policy.semantics(),
        }
    };
    Ok(Json(book.policies.policies().map(listed).collect::<Vec<_>>()).into_response())
}

async fn source(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, version)): Path<(String, u32)>,
) -> Answer<impl IntoResponse> {
    user.require(Right::Read)?;
    let book = office.book();
    let policy = book.policies.policies().find(|p| p.id() == id && p.version() == version);
    let policy = policy.ok_or_else(|| Problem::new(Code::PolicyUnknown, words::NO_POLICY))?;
    Ok(([(header::CONTENT_TYPE, "application/toml; charset=utf-8")], policy.source().to_owned()))
}

/// Whoever may announce a policy may try one, on canteens of the own region.
async fn simulate(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Try>,
) -> Answer<Json<Simulated>> {
    user.require(Right::AnnouncePolicies)?;
    let policy = Policy::parse(&new.file_name, &new.source);
    let policy = policy.map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))?;
    let asked = new.region.as_ref().map_or(policy.regions(), std::slice::from_ref);
    for region in asked {
        user.require_inside(region)?;
    }
    Ok(Json(office.simulate(policy, new.month, new.region).await?))
}
