//! Policies: `POST /api/v1/policies` proposes a file, which another person's approval announces (see `proposals`), `GET` lists them, `GET .../{id}/{version}` shows the source,
//! `POST .../simulate` tries a file on a stored month.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, Month};
use domain::decision::PolicyRef;
use domain::policy::Policy;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, File, List, Toml};
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

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewPolicy)]
#[serde(deny_unknown_fields)]
struct Announce {
    /// Stands in messages.
    file_name: String,
    /// The whole file.
    source: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PolicyListed)]
struct Listed {
    #[serde(flatten)]
    reference: PolicyRef,
    name: String,
    regions: Vec<RegionCode>,
    effective_from: BusinessDate,
    last_day: Option<BusinessDate>,
    corrects: Option<u32>,
    semantics: u32,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PolicyTrial)]
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
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PolicyProposed)]
struct Announced {
    #[serde(flatten)]
    made: Made,
    #[serde(flatten)]
    reference: PolicyRef,
}

pub(super) fn routes() -> Routes {
    Api::of("Policies")
        .post("/api/v1/policies", Action::ProposalMake, announce, "Propose a policy")
        .notes("It is announced when another person has approved the proposal.")
        .get("/api/v1/policies", list, "List the policies that were announced")
        .send("/api/v1/policies/simulate", simulate, "Decide a stored month again under a policy")
        .limit(RULES)
        .get("/api/v1/policies/{id}/{version}", source, "Get a policy's source")
        .routes()
}

async fn announce(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Announce>,
) -> Answer<Created<Announced>> {
    user.require(Right::AnnouncePolicies)?;
    let policy = Policy::parse(&new.file_name, &new.source);
    let policy = policy.map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))?;
    for region in policy.regions() {
        user.require_inside(region)?;
    }
    let region = policy.regions().first().cloned().unwrap_or_else(|| user.region.clone());
    let what = Proposed::Policy { file_name: new.file_name, source: new.source };
    let made = office.propose(what, region, user.id).await?.into();
    Ok(Created(Announced { made, reference: policy.reference().clone() }))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<List<Listed>> {
    user.require(Right::Read)?;
    let book = office.book();
    let listed = |policy| {
        let policy: &Policy = policy;
        Listed {
            reference: policy.reference().clone(),
            name: policy.name().to_owned(),
            regions: policy.regions().to_vec(),
            effective_from: policy.effective_from(),
            last_day: book.policies.last_day(policy.reference()),
            corrects: policy.corrects(),
            semantics: policy.semantics(),
        }
    };
    Ok(List::whole(book.policies.policies().map(listed).collect()))
}

async fn source(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, version)): Path<(String, u32)>,
) -> Answer<File<Toml>> {
    user.require(Right::Read)?;
    let book = office.book();
    let policy = book.policies.policies().find(|p| p.id() == id && p.version() == version);
    let policy = policy.ok_or_else(|| Problem::new(Code::PolicyUnknown, words::NO_POLICY))?;
    Ok(File::shown(policy.source()))
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
