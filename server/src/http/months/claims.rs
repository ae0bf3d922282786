//! A month's claims against those entitled, as answers; and what is said about one beyond.

use domain::calendar::Month;
use domain::reconciliation::{Code as FindingCode, Severity};
use domain::region::RegionCode;
use domain::settlement::claims::{Claim, Claims};
use serde::Serialize;

use crate::Office;
use crate::claims::{self, ClaimsView};
use crate::http::findings::{NewStep, StepBody, read};
use crate::http::months::printable;
use crate::http::{Answer, Problem};
use crate::month::{self, MonthView};
use crate::rulings::Said;
use crate::store::people::UserRow;
use crate::words::{Code, settlement as words};

/// What a month's claims were held against when it was drafted.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthClaims)]
pub(super) struct ClaimsBody {
    /// Thousandths of what those entitled could have eaten that are tolerated.
    permille: i64,
    severity: Severity,
    claims: Vec<ClaimBody>,
    /// The claims beyond that.
    findings: Vec<OverBody>,
}

/// A benefit's meals of the region's month, and those who could have had them.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthClaim)]
struct ClaimBody {
    #[serde(flatten)]
    claim: Claim,
    /// Elders entitled, summed over the days.
    elder_days: i64,
    /// What they could have eaten.
    could: i64,
    /// The most meals that are tolerated.
    limit: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthFinding)]
struct OverBody {
    number: String,
    code: FindingCode,
    /// `open`, `explained`, `confirmed` or `closed`.
    state: String,
    policy: String,
    benefit: String,
    /// Meals.
    found: i64,
    /// The most that is tolerated.
    limit: i64,
    /// What it is, in words, with what was measured against which threshold.
    words: String,
    steps: Vec<StepBody>,
}

impl From<ClaimsView> for ClaimsBody {
    fn from(ClaimsView { claims, over }: ClaimsView) -> Self {
        let finding = |over: claims::Over| OverBody {
            state: over.state().to_owned(),
            policy: claims.claims[over.at].policy.clone(),
            benefit: claims.claims[over.at].benefit.clone(),
            words: crate::words::claims::measured(&over, &claims),
            code: Claims::CODE,
            number: over.number,
            found: over.found,
            limit: over.limit,
            steps: over.steps.into_iter().map(StepBody::from).collect(),
        };
        let findings = over.into_iter().map(finding).collect();
        let claim = |claim: &Claim| ClaimBody {
            claim: claim.clone(),
            elder_days: claim.elder_days(),
            could: claim.could(),
            limit: claims.limit(claim),
        };
        let bodies = claims.claims.iter().map(claim).collect();
        Self { permille: claims.permille, severity: claims.severity, claims: bodies, findings }
    }
}

/// Writes down what a person says about a month's claim, as far as the person may.
pub(crate) async fn put_claim_step(
    office: &Office,
    user: &UserRow,
    region: &RegionCode,
    of: Month,
    number: &str,
    new: NewStep,
) -> Answer<MonthView> {
    let (said, right) = read(&new)?;
    // No canteen answers for a region.
    if said == Said::Answered {
        return Err(Problem::new(Code::Invalid, words::no_such_step()));
    }
    user.require(right)?;
    user.require_inside(region)?;
    let (explanation, by, now) = (printable(office, &new.words)?, user.id, office.now());
    let (region, number) = (region.clone(), number.to_owned());
    let view = office.store.write_serializable_audited(move |tx| {
        let (region, number, said, explanation) = (region.clone(), number.clone(), said.clone(), explanation.clone());
        Box::pin(async move {
            let view = month::current(tx, &region, of).await?;
            claims::say(tx, &view, &number, &said, explanation, by, now).await?;
            month::current(tx, &region, of).await
        })
    });
    Ok(view.await?)
}
