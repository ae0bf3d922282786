//! Who looks at a page, where, and at which month; and what stands around every page.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::Uri;
use axum::http::request::Parts;
use domain::calendar::{Month, UnixMs};
use domain::region::RegionCode;
use serde::Deserialize;

use super::lang::Lang;
use super::nav::{Entry, entries};
use super::words::Words;
use super::{assets, fmt};
use crate::admin::{Present, csrf_of};
use crate::http::body::Query;
use crate::http::{Problem, Proven, shown};
use crate::import::known::province;
use crate::people::Role;
use crate::store::canteens::{self, CanteenRow, Region};
use crate::store::people::UserRow;
use crate::store::{Tx, months};
use crate::{Error, Office, sql};
use domain::settlement::MonthState;

/// Who looks, in which language, at which region and month.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The session; for what asks whether the person has just proved to be the person.
    pub(crate) present: Present,
    /// The person.
    pub(crate) user: UserRow,
    /// The page's language.
    pub(crate) lang: Lang,
    /// The office's time, unix ms: every page carries it.
    pub(crate) now: UnixMs,
    /// The region looked at; inside the person's own.
    pub(crate) region: Region,
    /// The regions that the person may look at, by code.
    pub(crate) regions: Vec<Region>,
    /// The month looked at.
    pub(crate) month: Month,
    /// What every form has to bring.
    csrf: String,
    uri: Uri,
    done: Option<String>,
    demo: bool,
}

/// What every page's address may say.
#[derive(Default, Deserialize)]
struct Asked {
    region: Option<RegionCode>,
    month: Option<Month>,
    done: Option<String>,
}

impl<S> FromRequestParts<S> for View
where
    S: Send + Sync,
    Arc<Office>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let office = Arc::<Office>::from_ref(state);
        let Proven(present) = Proven::from_request_parts(parts, state).await?;
        let Query(asked) = Query::<Asked>::from_request_parts(parts, state).await?;
        let csrf = shown(parts).map(|shown| csrf_of(&shown.token)).unwrap_or_default();
        let (now, user) = (office.now(), present.user.clone());
        if let Some(region) = asked.region.as_ref().filter(|_| user.canteen.is_none()) {
            user.require_inside(region)?;
        }
        let (own, wanted, month) = (user.region.clone(), asked.region, asked.month);
        let (region, regions, month) = office
            .store
            .read(move |tx| {
                let (own, wanted) = (own.clone(), wanted.clone());
                Box::pin(async move { place(tx, &own, wanted, month, now).await })
            })
            .await?;
        Ok(Self {
            present,
            user,
            lang: Lang::kept(&parts.headers),
            now,
            region,
            regions,
            month,
            csrf,
            uri: parts.uri.clone(),
            done: asked.done,
            demo: office.is_demo(),
        })
    }
}

/// The region asked for or the person's own, those that the person may look at, and the month asked for or to be worked
/// on.
async fn place(
    tx: &mut Tx,
    own: &RegionCode,
    wanted: Option<RegionCode>,
    month: Option<Month>,
    now: UnixMs,
) -> Result<(Region, Vec<Region>, Month), Error> {
    let mut regions = canteens::regions(tx).await?;
    regions.retain(|region| own.contains(&region.code));
    regions.sort_by(|a, b| a.code.cmp(&b.code));
    let code = wanted.unwrap_or_else(|| own.clone());
    let known = regions.iter().find(|region| region.code == code).cloned();
    let name = province(code.as_str()).map_or_else(|| code.to_string(), ToOwned::to_owned);
    let unnamed = || Region { code: code.clone(), name: name.clone(), office: String::new() };
    let region = known.unwrap_or_else(unnamed);
    let month = match month {
        Some(month) => month,
        None => working_month(tx, &region.code, now).await?,
    };
    Ok((region, regions, month))
}

/// The month to be worked on: the last one until it is approved, if there were meals in it.
async fn working_month(tx: &mut Tx, region: &RegionCode, now: UnixMs) -> Result<Month, Error> {
    let current = now.business_date().month();
    let last = current.previous();
    let approved = |settlement: &months::Settlement| settlement.state.0 == MonthState::Approved;
    if months::settlement(tx, region, last).await?.as_ref().is_some_and(approved) {
        return Ok(current);
    }
    let served: Vec<i64> = sql!(
        tx,
        "SELECT CAST(1 AS BIGINT) FROM day_states s JOIN canteens c ON c.id = s.canteen \
         WHERE s.date >= $1 AND s.date <= $2 AND c.region LIKE $3 || '%' LIMIT 1",
        last.first(),
        last.last(),
        region
    )
    .values()
    .await?;
    Ok(if served.is_empty() { current } else { last })
}

impl View {
    /// What stands around a page of that entry of the rail.
    pub(crate) fn shell(&self, active: &'static str, title: impl Into<String>) -> Shell {
        Shell { view: self.clone(), w: Words::of(self.lang), active, title: title.into(), badge: 0 }
    }

    /// The regions that settle these canteens, each the narrowest one around its canteens, as far as the person may look.
    pub(crate) fn settling(&self, places: &[CanteenRow]) -> Vec<&Region> {
        let around = |place: &CanteenRow| {
            let of = self.regions.iter().filter(|region| region.code.contains(&place.region));
            of.max_by_key(|region| region.code.as_str().len())
        };
        let codes: BTreeSet<&str> = places.iter().filter_map(around).map(|region| region.code.as_str()).collect();
        self.regions.iter().filter(|region| codes.contains(region.code.as_str())).collect()
    }

    /// An address of the console at another region and the month looked at.
    pub(crate) fn link_at(&self, region: &Region, path: &str) -> String {
        format!("{path}?region={}&month={}", region.code, self.month)
    }

    /// An address of the console at the region and month looked at.
    pub(crate) fn link(&self, path: &str) -> String {
        let join = if path.contains('?') { '&' } else { '?' };
        format!("{path}{join}region={}&month={}", self.region.code, self.month)
    }
}

/// What stands around every page: rail, bar, and what was just done.
pub(crate) struct Shell {
    pub(crate) view: View,
    pub(crate) w: &'static Words,
    pub(crate) active: &'static str,
    pub(crate) title: String,
    /// How many findings wait.
    pub(crate) badge: usize,
}

impl Shell {
    /// With so many findings that wait.
    pub(crate) const fn with_badge(mut self, badge: usize) -> Self {
        self.badge = badge;
        self
    }

    #[expect(clippy::unused_self, reason = "templates ask it of what they are given")]
    pub(crate) const fn sprite(&self) -> &'static str {
        assets::SPRITE
    }

    pub(crate) const fn lang(&self) -> &'static str {
        self.view.lang.tag()
    }

    pub(crate) fn csrf(&self) -> &str {
        &self.view.csrf
    }

    pub(crate) const fn demo(&self) -> bool {
        self.view.demo
    }

    pub(crate) const fn entries(&self) -> &'static [Entry] {
        entries(self.view.user.role)
    }

    pub(crate) fn word(&self, entry: &Entry) -> &'static str {
        (entry.word)(self.w)
    }

    /// An entry's address at the region and month looked at.
    pub(crate) fn href(&self, entry: &Entry) -> String {
        self.view.link(entry.path)
    }

    pub(crate) fn is_active(&self, entry: &Entry) -> bool {
        self.active == entry.path
    }

    /// The badge of an entry; nothing when nothing waits.
    pub(crate) fn waits(&self, entry: &Entry) -> Option<usize> {
        (self.badge > 0 && entry.path == "/console/findings").then_some(self.badge)
    }

    pub(crate) fn as_of(&self) -> String {
        fmt::at(self.view.now, self.view.lang)
    }

    pub(crate) fn month(&self) -> String {
        fmt::month(self.view.month, self.view.lang)
    }

    /// This page at the month before.
    pub(crate) fn month_before(&self) -> String {
        self.at(&self.view.region.code, self.view.month.previous())
    }

    /// This page at the next month.
    pub(crate) fn month_after(&self) -> String {
        self.at(&self.view.region.code, self.view.month.next())
    }

    /// This page at another region.
    pub(crate) fn at_region(&self, region: &RegionCode) -> String {
        self.at(region, self.view.month)
    }

    fn at(&self, region: &RegionCode, month: Month) -> String {
        format!("{}?region={region}&month={month}", self.active)
    }

    pub(crate) const fn role(&self) -> &'static str {
        self.w.role(self.view.user.role)
    }

    /// Whether the person looks at one canteen only, and has no regions to choose from.
    pub(crate) fn is_operator(&self) -> bool {
        self.view.user.role == Role::CanteenManager
    }

    /// This very address, for coming back to.
    pub(crate) fn here(&self) -> String {
        self.view.uri.path_and_query().map_or_else(String::new, |p| p.as_str().to_owned())
    }

    /// What was just done, in words.
    pub(crate) fn done(&self) -> Option<&'static str> {
        self.w.done(self.view.done.as_deref()?)
    }
}
