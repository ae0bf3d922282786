//! Findings: `GET /api/v1/findings?region=&month=`, `GET .../{canteen}/{number}`, `POST .../{canteen}/{number}/steps`;
//! what a region makes of them: `GET` and `PUT /api/v1/regions/{region}/settings`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::reconciliation::{Finding, Settings, Thresholds};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, List};
use super::body::{Json, Path, Query};
use super::canteens::permitted;
use super::months::explained;
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::audit::{Act, Action};
use crate::people::{Right, Role};
use crate::rulings::{self, Said};
use crate::store::findings::{self, StepRow};
use crate::store::people::UserRow;
use crate::store::{Tx, canteens, months, settings};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

/// A finding of a day's last close with what became of it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FindingOfDay)]
struct FindingBody {
    canteen: CanteenId,
    date: BusinessDate,
    /// `open`, `explained`, `confirmed` or `closed`.
    state: String,
    /// What it is, in words, with what was measured against which threshold.
    words: String,
    owner: Option<UserId>,
    due: Option<BusinessDate>,
    #[serde(flatten)]
    finding: Finding,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FindingStep)]
pub(super) struct StepBody {
    step: i64,
    what: String,
    words: String,
    owner: Option<UserId>,
    due: Option<BusinessDate>,
    by: UserId,
    at: UnixMs,
}

impl From<StepRow> for StepBody {
    fn from(row: StepRow) -> Self {
        let StepRow { step, what, words, owner, due, by_user: by, at } = row;
        Self { step, what, words, owner, due, by, at }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FindingWhole)]
struct Whole {
    #[serde(flatten)]
    finding: FindingBody,
    steps: Vec<StepBody>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = FindingQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    region: RegionCode,
    month: Month,
    canteen: Option<CanteenId>,
    state: Option<String>,
}

/// Something to be said about a finding. `owner` and `due` only when it is `assigned`.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewFindingStep)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStep {
    pub(crate) what: String,
    pub(crate) words: String,
    pub(crate) owner: Option<UserId>,
    pub(crate) due: Option<BusinessDate>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RegionSettingsVersion)]
struct SettingsBody {
    valid_from: BusinessDate,
    settings: Settings,
    set_by: Option<UserId>,
    set_at: UnixMs,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRegionSettings)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSettings {
    pub(crate) valid_from: BusinessDate,
    pub(crate) settings: Settings,
}

pub(super) fn routes() -> Routes {
    let settings = "/api/v1/regions/{region}/settings";
    Api::of("Findings")
        .get("/api/v1/findings", list, "List the findings of a region's month")
        .get("/api/v1/findings/{canteen}/{number}", show, "Get a finding with its steps")
        .post("/api/v1/findings/{canteen}/{number}/steps", Action::FindingStep, say, "Say something about a finding")
        .get(settings, region_settings, "Get what a region makes of findings, all versions")
        .put(settings, Action::RegionSettings, put_settings, "Set what a region makes of findings")
        .routes()
}

/// Where a finding stands after these steps.
fn body(canteen: CanteenId, date: BusinessDate, finding: Finding, steps: &[StepRow]) -> FindingBody {
    let ruled = |step: &&StepRow| matches!(step.what.as_str(), "explained" | "confirmed" | "closed");
    let state = steps.iter().rev().find(ruled).map_or_else(|| "open".to_owned(), |step| step.what.clone());
    let assigned = steps.iter().rev().find(|step| step.what == "assigned");
    let words = words::finding_measured(&finding);
    FindingBody {
        canteen,
        date,
        state,
        words,
        owner: assigned.and_then(|step| step.owner),
        due: assigned.and_then(|step| step.due),
        finding,
    }
}

/// The findings asked for; of one canteen only for somebody who has to do with no other.
async fn of_month(tx: &mut Tx, asked: &Asked, own: Option<CanteenId>) -> Result<Vec<FindingBody>, Error> {
    let mut found = Vec::new();
    for row in canteens::inside(tx, &asked.region).await? {
        if [asked.canteen, own].into_iter().flatten().any(|only| only != row.id) {
            continue;
        }
        let mut said: BTreeMap<(BusinessDate, String), Vec<StepRow>> =
            findings::of_canteen(tx, row.id, asked.month).await?;
        let (closes, _) = months::month_closes(tx, row.id, asked.month).await?;
        for (_, close) in closes {
            for finding in close.findings {
                let steps = said.remove(&(close.date, finding.number.clone())).unwrap_or_default();
                found.push(body(row.id, close.date, finding, &steps));
            }
        }
    }
    found.retain(|finding| asked.state.as_ref().is_none_or(|state| *state == finding.state));
    Ok(found)
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<List<FindingBody>> {
    user.require(Right::Read)?;
    if user.canteen.is_none() {
        user.require_inside(&asked.region)?;
    }
    let own = user.canteen;
    Ok(List::whole(office.store.read(move |tx| Box::pin(async move { of_month(tx, &asked, own).await })).await?))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((canteen, number)): Path<(CanteenId, String)>,
) -> Answer<Json<Whole>> {
    permitted(&office, &user, Right::Read, canteen).await?;
    Ok(Json(office.store.read(move |tx| Box::pin(async move { whole(tx, canteen, &number).await })).await?))
}

async fn whole(tx: &mut Tx, canteen: CanteenId, name: &str) -> Result<Whole, Error> {
    let unknown = || Error::refused(Code::NotFound, words::no_such_finding());
    let (date, number) = findings::named(tx, canteen, name).await?.ok_or_else(unknown)?;
    let close = crate::store::closes::last(tx, canteen, date).await?.ok_or_else(unknown)?.content.0;
    let finding = close.findings.into_iter().find(|finding| finding.number == number).ok_or_else(unknown)?;
    let steps = findings::steps(tx, canteen, date, &number).await?;
    Ok(Whole { finding: body(canteen, date, finding, &steps), steps: steps.into_iter().map(StepBody::from).collect() })
}

/// What a step says, and the right that it needs.
pub(crate) fn read(new: &NewStep) -> Result<(Said, Right), Problem> {
    let said = match (new.what.as_str(), new.owner, new.due) {
        ("assigned", Some(owner), Some(due)) => (Said::Assigned { owner, due }, Right::MakeMonth),
        ("answered", None, None) => (Said::Answered, Right::Read),
        ("explained", None, None) => (Said::Explained, Right::MakeMonth),
        ("confirmed", None, None) => (Said::Confirmed, Right::MakeMonth),
        ("closed", None, None) => (Said::Closed, Right::CheckMonth),
        _ => return Err(Problem::new(Code::Invalid, words::no_such_step())),
    };
    Ok(said)
}

async fn say(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((canteen, number)): Path<(CanteenId, String)>,
    Json(new): Json<NewStep>,
) -> Answer<Json<Whole>> {
    put_step(&office, &user, canteen, &number, new).await?;
    Ok(Json(office.store.read(move |tx| Box::pin(async move { whole(tx, canteen, &number).await })).await?))
}

/// Writes down what a person says about a finding, as far as the person may.
pub(crate) async fn put_step(
    office: &Office,
    user: &UserRow,
    canteen: CanteenId,
    number: &str,
    new: NewStep,
) -> Answer<()> {
    let (said, right) = read(&new)?;
    permitted(office, user, right, canteen).await?;
    if said == Said::Answered && !may_answer(user) {
        return Err(Problem::new(Code::Forbidden, words::not_yours_to_answer()));
    }
    let (explanation, by, now) = (explained(&new.words)?, user.id, office.now());
    let number = number.to_owned();
    office
        .store
        .write_audited(move |tx| {
            let (number, said, explanation) = (number.clone(), said.clone(), explanation.clone());
            Box::pin(async move { rulings::say(tx, canteen, &number, &said, explanation, by, now).await.map(drop) })
        })
        .await?;
    Ok(())
}

/// Whether a person may answer for a canteen: its manager, or the maker in its place.
pub(crate) fn may_answer(user: &UserRow) -> bool {
    user.role == Role::CanteenManager || user.role.rights().contains(&Right::MakeMonth)
}

async fn region_settings(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(region): Path<RegionCode>,
) -> Answer<List<SettingsBody>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let rows = office.store.read(move |tx| Box::pin(async move { settings::of_region(tx, &region).await })).await?;
    let body = |(valid_from, settings, set_by, set_at): (_, crate::store::Json<Settings>, _, _)| SettingsBody {
        valid_from,
        settings: settings.0,
        set_by,
        set_at,
    };
    Ok(List::whole(rows.into_iter().map(body).collect()))
}

/// What a threshold may be: nothing negative, and no more days than are looked at.
fn sensible(of: &Thresholds) -> bool {
    let Thresholds { window_minutes, burst_elders, burst_seconds, order_elders, flat_days, .. } = *of;
    let rest = [of.manual_permille, of.manual_least, of.clock_minutes, of.attendance_permille];
    (0..=720).contains(&window_minutes)
        && (2..=1000).contains(&burst_elders)
        && (1..=3600).contains(&burst_seconds)
        && (0..=1000).contains(&order_elders)
        && (0..=Thresholds::MOST_FLAT_DAYS).contains(&flat_days)
        && rest.iter().all(|n| (0..=100_000).contains(n))
}

async fn put_settings(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(region): Path<RegionCode>,
    Json(new): Json<NewSettings>,
) -> Answer<Json<NewSettingsDone>> {
    let valid_from = new.valid_from;
    set_region(&office, &user, region, new).await?;
    Ok(Json(NewSettingsDone { valid_from }))
}

/// Sets what a region makes of findings from a day on, as far as the person may.
pub(crate) async fn set_region(office: &Office, user: &UserRow, region: RegionCode, new: NewSettings) -> Answer<()> {
    user.require(Right::CheckMonth)?;
    user.require_inside(&region)?;
    if !sensible(&new.settings.thresholds) {
        return Err(Problem::new(Code::Invalid, words::threshold_out_of_range()));
    }
    let (by, now, valid_from) = (user.id, office.now(), new.valid_from);
    office
        .store
        .write_audited(move |tx| {
            let (region, settings) = (region.clone(), new.settings.clone());
            Box::pin(async move {
                let known = canteens::regions(tx).await?.iter().any(|known| known.code == region);
                if !known {
                    return Err(Error::refused(Code::NotFound, words::no_such_region(&region)));
                }
                settings::put(tx, &region, valid_from, &settings, by, now).await?;
                let act = Act::new(by, Action::RegionSettings, format!("region:{region}"));
                act.with("valid_from", valid_from.to_string()).done(tx, now).await.map(drop)
            })
        })
        .await?;
    office.changed.notify_one();
    Ok(())
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RegionSettingsDone)]
struct NewSettingsDone {
    valid_from: BusinessDate,
}
