//! `/console/search`: what the bar's field looks for: canteens by name, elders by number, records, statements and
//! findings. Only what the person may see, and elders masked. Numbers of documents and cards are not looked for here:
//! they do not belong in an address.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::calendar::BusinessDate;
use domain::id::{ElderId, RecordId};
use domain::region::RegionCode;
use serde::Deserialize;
use uuid::Uuid;

use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::Query;
use crate::http::routes::Routes;
use crate::names;
use crate::people::Right;
use crate::store::{Tx, canteens, elders, register};
use crate::{Error, Office};

catalogue! {
    title: "搜索", "Search";
    for_q: "“{q}”", "“{q}”";
    nothing: "没有找到。可以搜食堂名称、老人编号、记录号、账单编号或差异编号。", "Nothing found. Look for a canteen's name, an elder number, a record, statement or finding number.";
    personal: "身份证号和卡号请在“老人”页按号码查找，不要填在这里。", "Look up resident IDs and card numbers on the elders' page, not here.";
    empty: "请在上方填写要找的内容。", "Type above what to look for.";
    canteen: "食堂", "Canteen";
    elder: "老人", "Elder";
    record: "记录", "Record";
    statement: "账单", "Statement";
    finding: "差异", "Finding";
    version: "第 {n} 版", "version {n}";
    kind: "种类", "Kind";
    found: "找到", "Found";
    more: "说明", "More";
}

const HOME: &str = "/console/search";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// A number of a person was typed before.
    personal: String,
}

/// Something that was found.
struct Hit {
    kind: &'static str,
    name: String,
    more: String,
    link: String,
}

#[derive(Template)]
#[template(path = "console/office/search.html")]
struct SearchPage {
    shell: Shell,
    w: &'static Words,
    said: String,
    hits: Vec<Hit>,
    is_empty: bool,
    is_personal: bool,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, search)
}

/// Whether it looks like a resident ID or a card's number.
fn is_personal(q: &str) -> bool {
    let digits = q.chars().filter(char::is_ascii_digit).count();
    digits >= 15 && q.chars().all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | ' ' | '-'))
}

/// The month and day that a finding's number says.
fn day_of(number: &str) -> Option<(i8, i8)> {
    let digits = number.strip_prefix("F-")?.get(..4)?;
    Some((digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?))
}

async fn search(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Response> {
    let w = Words::of(view.lang);
    let q = asked.q.trim().to_owned();
    if is_personal(&q) {
        // It is not to stay in the address.
        return Ok(Redirect::to(&view.link(&format!("{HOME}?personal=1"))).into_response());
    }
    let looks = !q.is_empty() && q.chars().count() <= 60;
    let hits = if looks {
        let (view, q) = (view.clone(), q.clone());
        office.store.read(move |tx| Box::pin(async move { found(tx, &view, &q).await })).await?
    } else {
        Vec::new()
    };
    let page = Page::of(&SearchPage {
        w,
        said: if looks { fill(w.for_q, &[("q", &q)]) } else { String::new() },
        hits,
        is_empty: q.is_empty(),
        is_personal: !asked.personal.is_empty(),
        shell: view.shell(HOME, w.title),
    })?;
    Ok(page.into_response())
}

async fn found(tx: &mut Tx, view: &View, q: &str) -> Result<Vec<Hit>, Error> {
    let (w, region, rights) = (Words::of(view.lang), view.user.region.clone(), view.user.role.rights());
    let mut hits = Vec::new();
    let mut own = canteens::inside(tx, &region).await?;
    own.retain(|row| view.user.require_canteen(row.id, &row.region).is_ok());
    let name = |id| own.iter().find(|row| row.id == id).map(|row| row.name.clone());
    if rights.contains(&Right::Read) {
        for row in own.iter().filter(|row| row.name.contains(q)).take(20) {
            let link = view.link(&format!("{}/{}", super::canteens::HOME, row.id));
            hits.push(Hit { kind: w.canteen, name: row.name.clone(), more: row.operator.clone(), link });
        }
        for row in register::numbered(tx, &region, q).await? {
            let Some(canteen) = name(row.canteen) else { continue };
            let version = fill(w.version, &[("n", &row.version)]);
            let more = format!("{canteen} · {} · {version}", fmt::month(row.month, view.lang));
            let link = format!("/console/statements/{}?region={}&month={}", row.id, view.region.code, row.month);
            hits.push(Hit { kind: w.statement, name: row.number, more, link });
        }
        for (date, canteen, number) in findings(tx, view, &region, q).await? {
            let Some(more) = name(canteen) else { continue };
            let path = format!("/console/findings/{canteen}/{number}");
            let link = format!("{path}?region={}&month={}", view.region.code, date.month());
            hits.push(Hit { kind: w.finding, name: number, more, link });
        }
    }
    if let Ok(id) = q.parse::<Uuid>() {
        hits.extend(by_id(tx, view, id, &name).await?);
    }
    Ok(hits)
}

/// The findings of that number: its year is this one or the one before.
async fn findings(
    tx: &mut Tx,
    view: &View,
    region: &RegionCode,
    q: &str,
) -> Result<Vec<(BusinessDate, domain::id::CanteenId, String)>, Error> {
    let number = q.to_ascii_uppercase();
    let number = number.strip_prefix("F-").map_or_else(String::new, |rest| format!("F-{}", rest.to_ascii_lowercase()));
    let Some((month, day)) = day_of(&number) else { return Ok(Vec::new()) };
    let (year, _) = view.now.business_date().month().ym();
    let mut found = Vec::new();
    for date in [year, year - 1].into_iter().filter_map(|year| BusinessDate::new(year, month, day)) {
        for close in register::closes_on(tx, region, date).await? {
            let fits = close.findings.iter().filter(|finding| finding.number.eq_ignore_ascii_case(&number));
            found.extend(fits.map(|finding| (date, close.canteen, finding.number.clone())));
        }
    }
    Ok(found)
}

async fn by_id(
    tx: &mut Tx,
    view: &View,
    id: Uuid,
    name: &(dyn Fn(domain::id::CanteenId) -> Option<String> + Sync),
) -> Result<Vec<Hit>, Error> {
    let (w, rights) = (Words::of(view.lang), view.user.role.rights());
    let mut hits = Vec::new();
    if rights.contains(&Right::ReadElders)
        && let Some(row) = elders::get(tx, ElderId::from_uuid(id)).await?
        && view.user.require_inside(&row.region).is_ok()
    {
        let link = view.link(&format!("{}/{id}", super::elders::HOME));
        hits.push(Hit { kind: w.elder, name: names::mask(&row.name), more: row.region.to_string(), link });
    }
    if rights.contains(&Right::Read)
        && let Some((canteen, date, kind)) = register::record(tx, &view.user.region, RecordId::from_uuid(id)).await?
        && let Some(place) = name(canteen)
    {
        let path = format!("/console/reconciliation?canteen={canteen}&date={date}");
        let link = format!("{path}&region={}&month={}", view.region.code, date.month());
        let more = format!("{place} · {} · {kind}", fmt::full_day(date, view.lang));
        hits.push(Hit { kind: w.record, name: id.to_string(), more, link });
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_known_by_their_look() {
        assert!(is_personal("44030419460101001X") && is_personal("4403 0419 4601 0100 12"));
        assert!(!is_personal("JS-440304-202603-001") && !is_personal("第001食堂") && !is_personal("F-0311-9c41d2"));
        assert_eq!((day_of("F-0311-9c41d2"), day_of("F-03")), (Some((3, 11)), None));
    }
}
