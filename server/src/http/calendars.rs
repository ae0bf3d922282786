//! The statutory calendar: `GET /api/v1/calendar` for all that is in force, `PUT` proposes another; `POST
//! /api/v1/calendars` proposes the years of a file, `GET` lists what was put in force, `GET .../{number}` shows a file.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{UnixMs, WorkCalendar};
use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, Created, Csv, File};
use super::body::{Json, Path};
use super::proposals::Made;
use super::routes::Routes;
use super::{Answer, Problem, RULES, SignedIn};
use crate::admin::Warning;
use crate::admin::calendars::require_all;
use crate::audit::Action;
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::policies::{self, CalendarVersion};
use crate::words::{Code, register};
use crate::{Error, Office};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewCalendarFile)]
#[serde(deny_unknown_fields)]
struct Import {
    /// Stands in messages.
    file_name: String,
    /// The whole file: CSV with the head `date,kind,occasion`.
    source: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Calendars {
    /// The digest of what is in force.
    in_force: Digest,
    years: Vec<i16>,
    warnings: Vec<Warning>,
    /// What was put in force, the last one first.
    versions: Vec<Listed>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CalendarVersion)]
struct Listed {
    number: i64,
    digest: Digest,
    file_name: String,
    published_at: UnixMs,
    published_by: Option<UserId>,
}

impl From<CalendarVersion> for Listed {
    fn from(row: CalendarVersion) -> Self {
        let CalendarVersion { number, digest, file_name, published_at, published_by, .. } = row;
        Self { number, digest, file_name, published_at, published_by }
    }
}

pub(super) fn routes() -> Routes {
    Api::of("Calendar")
        .post("/api/v1/calendars", Action::ProposalMake, import, "Propose the years of a calendar file")
        .notes("They hold when another person has approved the proposal. Both work for all registered regions.")
        .get("/api/v1/calendars", list, "List what was put in force, the latest first")
        .limit(RULES)
        .get("/api/v1/calendars/{number}", source, "Get a calendar file as it was put in force")
        .get("/api/v1/calendar", calendar, "Get the whole statutory calendar in force")
        .put("/api/v1/calendar", Action::ProposalMake, publish, "Propose to replace the whole statutory calendar")
        .routes()
}

async fn import(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<Import>,
) -> Answer<Created<Made>> {
    user.require(Right::AnnouncePolicies)?;
    if new.file_name.chars().count() > 200 || new.file_name.chars().any(char::is_control) {
        return Err(Problem::new(Code::Invalid, register::TEXT));
    }
    let region = for_all(&office, &user).await?;
    let made = office.propose_calendar_file(new.file_name, new.source, region, user.id).await?;
    Ok(Created(made.into()))
}

async fn list(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Calendars>> {
    user.require(Right::Read)?;
    let versions = office.store.read(|tx| Box::pin(async move { policies::calendar_versions(tx).await })).await?;
    let book = office.book();
    Ok(Json(Calendars {
        in_force: book.calendar().digest(),
        years: book.calendar().years().into_iter().collect(),
        warnings: office.warnings(),
        versions: versions.into_iter().map(Listed::from).collect(),
    }))
}

async fn source(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(number): Path<i64>,
) -> Answer<File<Csv>> {
    user.require(Right::Read)?;
    let versions = office.store.read(|tx| Box::pin(async move { policies::calendar_versions(tx).await })).await?;
    let version = versions.into_iter().find(|version| version.number == number);
    let version = version.ok_or_else(|| Error::refused(Code::NotFound, register::NO_CALENDAR))?;
    Ok(File::shown(version.source))
}

async fn calendar(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<WorkCalendar>> {
    user.require(Right::Read)?;
    Ok(Json(office.book().calendar().clone()))
}

async fn publish(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(calendar): Json<WorkCalendar>,
) -> Answer<Created<Made>> {
    user.require(Right::AnnouncePolicies)?;
    let region = for_all(&office, &user).await?;
    Ok(Created(office.propose_calendar(calendar, region, user.id).await?.into()))
}

/// Where the person works; refused to who does not work for all registered regions.
async fn for_all(office: &Office, user: &UserRow) -> Result<RegionCode, Error> {
    user.require_inside(&user.region)?;
    let region = user.region.clone();
    office.store.read(move |tx| Box::pin(async move { require_all(tx, &region).await })).await?;
    Ok(user.region.clone())
}
