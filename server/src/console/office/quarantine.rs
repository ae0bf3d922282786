//! `/console/terminals/{id}/quarantine`: what a terminal sent that could not take its place, and what becomes of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use domain::id::TerminalId;
use domain::money::Fen;
use domain::sync::Rejection;
use serde::Deserialize;

use super::terminal_words::Words;
use super::terminals::HOME;
use crate::Office;
use crate::console::findings::kind_of_record;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Path, Query};
use crate::http::quarantine::{Said, cursor, place};
use crate::http::routes::Routes;
use crate::http::{Answer, of_terminal};
use crate::people::Right;
use crate::store::canteens;
use crate::store::quarantine::{self, KeptRow};

/// So many on a page.
const PAGE: i64 = 100;

struct Row {
    epoch: u32,
    sequence: u64,
    why: &'static str,
    received: String,
    record: Option<Shown>,
}

/// A genuine record.
struct Shown {
    kind: &'static str,
    at: String,
    /// The elder's page, for who may open it.
    elder: Option<String>,
    price: Option<Fen>,
    own_payment: Option<Fen>,
    subsidy: Option<Fen>,
}

#[derive(Template)]
#[template(path = "console/office/quarantine.html")]
struct QuarantinePage {
    shell: Shell,
    w: &'static Words,
    home: String,
    terminal: String,
    canteen: String,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    after: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get("/console/terminals/{id}/quarantine", show)
}

async fn show(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<TerminalId>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    let row = of_terminal(&office, &view.user, Right::Read, id).await?;
    let after = (!asked.after.is_empty()).then(|| place(&asked.after)).transpose()?;
    let canteen = row.canteen;
    let read = office.store.read(move |tx| {
        Box::pin(
            async move { Ok((canteens::get(tx, canteen).await?, quarantine::listed(tx, id, after, PAGE + 1).await?)) },
        )
    });
    let (canteen, mut rows) = read.await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let base = format!("{HOME}/{id}");
    let here = format!("{base}/quarantine");
    let next = rows.last().filter(|_| more).map(|last| format!("{}&after={}", view.link(&here), cursor(last)));
    let w = Words::of(view.lang);
    Page::of(&QuarantinePage {
        w,
        home: view.link(HOME),
        terminal: view.link(&base),
        canteen: canteen.map(|canteen| canteen.name).unwrap_or_default(),
        first: after.map(|_| view.link(&here)),
        next,
        rows: rows.iter().map(|row| shown(row, w, &view)).collect(),
        shell: view.shell(HOME, w.quarantine),
    })
}

fn shown(row: &KeptRow, w: &Words, view: &View) -> Row {
    let sees_elders = view.user.role.rights().contains(&Right::ReadElders);
    let record = row.genuine().map(Said::from).map(|said| Shown {
        kind: kind_of_record(said.kind, view.lang),
        at: fmt::at(said.at, view.lang),
        elder: said.elder.filter(|_| sees_elders).map(|elder| view.link(&format!("{}/{elder}", super::elders::HOME))),
        price: said.price,
        own_payment: said.own_payment,
        subsidy: said.subsidy,
    });
    Row {
        epoch: row.epoch,
        sequence: row.sequence,
        why: match row.rejection.0 {
            Rejection::Malformed => w.malformed,
            Rejection::Signature => w.signature,
            Rejection::OtherOrigin => w.other_origin,
            Rejection::Conflict => w.conflict,
        },
        received: fmt::at(row.received_at, view.lang),
        record,
    }
}
