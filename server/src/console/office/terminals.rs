//! `/console/terminals`: every terminal of the region, and codes that let new ones in.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::CanteenId;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::terminal_words::Words;
use super::words::Words as Common;
use super::{ago, typed, wanted};
use crate::Office;
use crate::admin::EnrolmentCode;
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::fill;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, of_canteen};
use crate::people::Right;
use crate::store::canteens::CanteenRow;
use crate::store::epochs::{self, Fork};
use crate::store::terminals::TerminalRow;
use crate::store::{canteens, register};
use crate::words::office as said;

pub(super) const HOME: &str = "/console/terminals";
/// Silent for longer than this: worth a call, ms.
const SILENT: i64 = 24 * 60 * 60 * 1000;

/// How a terminal stands: words and colour.
pub(super) fn state(row: &TerminalRow, w: &Words) -> (&'static str, &'static str) {
    match (row.confirmed_at, row.revoked_at, row.retired_at) {
        (_, _, Some(_)) => (w.retired, "chip-off"),
        (_, Some(_), None) => (w.revoked, "chip-bad"),
        (None, None, None) => (w.pending, "chip-warn"),
        (Some(_), None, None) => (w.in_use, "chip-ok"),
    }
}

struct Row {
    link: String,
    fingerprint: String,
    canteen: String,
    state: &'static str,
    class: &'static str,
    seen: String,
    is_silent: bool,
    unsent: String,
    waits: bool,
    software: String,
}

#[derive(Template)]
#[template(path = "console/office/terminals.html")]
struct TerminalsPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    rows: Vec<Row>,
    count: String,
    with_gone: bool,
    files: [String; 2],
    forks: Vec<(String, String)>,
    canteens: Vec<(String, String)>,
    manages: bool,
    codes: String,
}

#[derive(Template)]
#[template(path = "console/office/code.html")]
struct CodePage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    canteen: String,
    code: String,
    expires: String,
    back: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    gone: String,
}

#[derive(Deserialize)]
struct NewCode {
    canteen: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, list).get("/console/terminals.csv", csv).get("/console/terminals.xlsx", xlsx).post(
        "/console/terminals/codes",
        Action::TerminalCode,
        issue,
    )
}

/// The terminals of the canteens that the person sees, those canteens, and forks.
type Found = (Vec<TerminalRow>, Vec<CanteenRow>, Vec<Fork>);

async fn found(office: &Office, view: &View) -> Answer<Found> {
    view.user.require(Right::Read)?;
    let region = view.region.code.clone();
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok((
                register::terminals(tx, &region).await?,
                canteens::inside(tx, &region).await?,
                epochs::forks(tx, &region).await?,
            ))
        })
    });
    let (rows, mut places, forks) = read.await?;
    places.retain(|row| view.user.require_canteen(row.id, &row.region).is_ok());
    Ok((rows, places, forks))
}

fn names(places: &[CanteenRow]) -> BTreeMap<CanteenId, &str> {
    places.iter().map(|row| (row.id, row.name.as_str())).collect()
}

fn lines(rows: &[TerminalRow], names: &BTreeMap<CanteenId, &str>, asked: &Asked, view: &View) -> Vec<Row> {
    let with_gone = typed(&asked.gone).is_some();
    let own = rows.iter().filter(|row| names.contains_key(&row.canteen));
    own.filter(|row| with_gone || row.revoked_at.is_none()).map(|row| line(row, names, view)).collect()
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = found(&office, &view).await?;
    Ok(files::of_month(&table(&found, &asked, &view), &view, "terminals", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = found(&office, &view).await?;
    Ok(files::of_month(&table(&found, &asked, &view), &view, "terminals", Kind::Xlsx)?)
}

/// What is listed, as a table.
fn table((rows, places, _): &Found, asked: &Asked, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let heads = [c.canteen, w.fingerprint, c.state, w.seen, w.unsent, w.software];
    let row = |row: Row| {
        [row.canteen, row.fingerprint, row.state.to_owned(), row.seen, row.unsent, row.software]
            .map(Cell::Text)
            .to_vec()
    };
    Table {
        name: w.title.to_owned(),
        notes: files::notes(w.title, view),
        heads: heads.map(str::to_owned).to_vec(),
        rows: lines(rows, &names(places), asked, view).into_iter().map(row).collect(),
    }
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let (rows, places, forks) = found(&office, &view).await?;
    let names = names(&places);
    let rows = lines(&rows, &names, &asked, &view);
    let w = Words::of(view.lang);
    let gone = super::escaped(&asked.gone);
    let file = |ending: &str| format!("{}&gone={gone}", view.link(&format!("{HOME}.{ending}")));
    let waits = forks.iter().filter(|fork| fork.resolution.is_none() && names.contains_key(&fork.canteen));
    Page::of(&TerminalsPage {
        w,
        c: Common::of(view.lang),
        count: fill(w.count, &[("n", &rows.len())]),
        rows,
        with_gone: typed(&asked.gone).is_some(),
        files: ["csv", "xlsx"].map(file),
        forks: waits.map(|fork| fork_link(fork, &names, &view)).collect(),
        canteens: places.iter().map(|row| (row.id.to_string(), row.name.clone())).collect(),
        manages: view.user.role.rights().contains(&Right::ManageTerminals),
        codes: view.link("/console/terminals/codes"),
        shell: view.shell(HOME, w.title),
    })
}

fn fork_link(fork: &Fork, names: &BTreeMap<CanteenId, &str>, view: &View) -> (String, String) {
    let w = Words::of(view.lang);
    let canteen = names.get(&fork.canteen).copied().unwrap_or_default();
    let words = fill(w.fork_at, &[("epoch", &fork.epoch), ("n", &fork.sequence)]);
    (view.link(&format!("{HOME}/{}", fork.terminal)), format!("{canteen} · {words} · {}", w.fork(fork.kind)))
}

fn line(row: &TerminalRow, names: &BTreeMap<CanteenId, &str>, view: &View) -> Row {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let (state, class) = state(row, w);
    let in_use = row.confirmed_at.is_some() && row.revoked_at.is_none();
    Row {
        link: view.link(&format!("{HOME}/{}", row.id)),
        fingerprint: row.fingerprint(),
        canteen: names.get(&row.canteen).copied().unwrap_or_default().to_owned(),
        state,
        class,
        seen: row.seen_at.map_or_else(|| c.never.to_owned(), |at| ago(at, view.now, c)),
        is_silent: in_use && row.seen_at.or(row.confirmed_at).is_none_or(|at| view.now.get() - at.get() > SILENT),
        unsent: row.unsent.map_or_else(|| "—".to_owned(), fmt::count),
        waits: row.unsent.is_some_and(|unsent| unsent > 0),
        software: row.software.clone().unwrap_or_default(),
    }
}

async fn issue(State(office): State<Arc<Office>>, view: View, Form(new): Form<NewCode>) -> Answer<Page> {
    let row = of_canteen(&office, &view.user, Right::ManageTerminals, wanted(&new.canteen, said::CHOOSE)?).await?;
    let EnrolmentCode { code, expires } = office.issue_enrolment_code(row.id, Some(view.user.id)).await?;
    let w = Words::of(view.lang);
    Page::of(&CodePage {
        w,
        c: Common::of(view.lang),
        canteen: row.name,
        code,
        expires: fill(w.code_until, &[("at", &fmt::at(expires, view.lang))]),
        back: view.link(HOME),
        shell: view.shell(HOME, w.code),
    })
}
