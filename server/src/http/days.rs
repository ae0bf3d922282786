//! `GET /api/v1/days`: the last closes of canteen-days, by date and canteen: what stands on them, without their findings'
//! words, which are under `/api/v1/findings`.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest};
use domain::money::Fen;
use domain::record::totals::CountSum;
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};

use super::api::{Api, List, page_size};
use super::body::Query;
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::Json as Stored;
use crate::store::closes::{self, Of, StoredClose};
use crate::words::{Code, office as said};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = DayQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Inside one's own; all of it unless it is said.
    region: Option<RegionCode>,
    canteen: Option<CanteenId>,
    /// From this date; the first of this month unless it is said.
    from: Option<BusinessDate>,
    /// To this date; today unless it is said.
    until: Option<BusinessDate>,
    /// Only days on which something does not agree.
    #[serde(default)]
    findings: bool,
    /// The cursor, as the page before names it.
    after: Option<String>,
    /// So many are looked at for a page, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DayClosed)]
struct Day {
    canteen: CanteenId,
    date: BusinessDate,
    /// Counts from 1: a day is closed again when something about it is learned.
    revision: i64,
    digest: Digest,
    closed_at: UnixMs,
    /// How many records it covers.
    records: u32,
    /// Meals that were not voided, at list price.
    meals: CountSum,
    /// Of these: guests at full price.
    guests: CountSum,
    /// Meals with at least one benefit, at list price.
    subsidised: CountSum,
    /// Meals reversed, at list price.
    voids: CountSum,
    /// What elders and guests paid for food, fen.
    own_payment: Fen,
    /// Shifts opened on the day.
    shifts: u32,
    /// How many of their Z reports agree with the records.
    z_reports: u32,
    /// The numbers of what does not agree.
    findings: Vec<String>,
}

impl From<StoredClose> for Day {
    fn from(row: StoredClose) -> Self {
        let StoredClose { canteen, date, revision, digest, content: Stored(close), closed_at } = row;
        Self {
            canteen,
            date,
            revision,
            digest,
            closed_at,
            records: close.records,
            meals: close.meals,
            guests: close.guests,
            subsidised: close.subsidised,
            voids: close.voids,
            own_payment: close.own_payment,
            shifts: close.z_reports.0,
            z_reports: close.z_reports.1,
            findings: close.findings.into_iter().map(|finding| finding.number).collect(),
        }
    }
}

pub(super) fn routes() -> Routes {
    Api::of("Days").get("/api/v1/days", list, "List the last closes of canteen-days, by date and canteen").routes()
}

/// `{date}.{canteen}`.
fn place(cursor: &str) -> Option<(BusinessDate, CanteenId)> {
    let (date, canteen) = cursor.split_once('.')?;
    Some((date.parse().ok()?, canteen.parse().ok()?))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<List<Day>> {
    user.require(Right::Read)?;
    let region = asked.region.unwrap_or_else(|| user.region.clone());
    // Whoever runs one canteen sees that one, whatever is asked for.
    if user.canteen.is_none() {
        user.require_inside(&region)?;
    }
    let today = office.now().business_date();
    let after = asked.after.as_deref().map(|after| place(after).ok_or(())).transpose();
    let of = Of {
        region,
        canteen: user.canteen.or(asked.canteen),
        from: asked.from.unwrap_or_else(|| today.month().first()),
        until: asked.until.unwrap_or(today),
        after: after.map_err(|()| Problem::new(Code::Invalid, said::CURSOR))?,
    };
    let most = page_size(asked.limit);
    let rows = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { closes::listed(tx, &of, most + 1).await })
    });
    let cursor = |row: &StoredClose| format!("{}.{}", row.date, row.canteen);
    let page = List::page(rows.await?, most, cursor, Day::from);
    Ok(page.only(|day| !asked.findings || !day.findings.is_empty()))
}
