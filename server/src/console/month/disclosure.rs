//! What everybody may see of a month, for how long, and what was objected.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect};
use domain::id::{ObjectionId, StatementId, UserId};
use domain::settlement::payment::Stage;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::say;
use super::words::Words;
use crate::admin::About;
use crate::audit::Action;
use crate::console::days::Around;
use crate::console::files::{self, Kind};
use crate::console::findings::enclosed::{Files, keep};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::layer::UPLOAD;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::body::{Form, Path};
use crate::http::months::actor;
use crate::http::payments::{decide_objection, lift_objection, note_objection};
use crate::http::routes::Routes;
use crate::payment::{self, Afterwards};
use crate::people::Right;
use crate::store::attachments::{self, AttachmentRow};
use crate::store::payments::{Objection, Payment};
use crate::store::people;
use crate::store::{Tx, months};
use crate::{Error, Office};
use domain::settlement::MonthState;
use std::collections::BTreeMap;

const PATH: &str = "/console/disclosure";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/disclosure.csv", csv)
        .get("/console/disclosure.xlsx", xlsx)
        .post("/console/disclosure/start", Action::MonthDisclose, start)
        .post("/console/disclosure/statements/{id}/objection", Action::ObjectionNote, object)
        .post("/console/disclosure/objections/{id}/decision", Action::ObjectionDecide, decide)
        .post("/console/disclosure/objections/{id}/lift", Action::ObjectionLift, lift)
        .merge(
            Routes::new()
                .post("/console/disclosure/objections/{id}/attachments", Action::AttachmentAdd, enclose)
                .limit(UPLOAD),
        )
}

struct Found {
    around: Around,
    state: Option<MonthState>,
    after: Option<Afterwards>,
    names: BTreeMap<UserId, String>,
    files: BTreeMap<ObjectionId, Vec<AttachmentRow>>,
}

async fn load(tx: &mut Tx, view: &View) -> Result<Found, Error> {
    let (region, month) = (&view.region.code, view.month);
    let state = months::settlement(tx, region, month).await?.map(|s| s.state.0);
    let after = match state {
        Some(MonthState::Approved) => Some(payment::afterwards(tx, region, month).await?),
        _ => None,
    };
    let everybody = people::inside(tx, &view.user.region).await?;
    let mut files = BTreeMap::new();
    for (_, _, objections) in after.iter().flat_map(|after| &after.statements) {
        for of in objections {
            files.insert(of.id, attachments::of_objection(tx, of.id).await?);
        }
    }
    Ok(Found {
        around: Around::load(tx, region, month, None).await?,
        state,
        after,
        names: everybody.into_iter().map(|row| (row.id, row.name)).collect(),
        files,
    })
}

struct ObjectionRow {
    content: String,
    noted: String,
    state: &'static str,
    look: &'static str,
    decided: Option<String>,
    /// Where it is decided, if this person may.
    action: Option<String>,
    /// How it was seen to.
    lifted: Option<String>,
    /// Where its hold is lifted, if this person may.
    lift: Option<String>,
    /// Why this person may not.
    waits: Option<&'static str>,
    files: Files,
}

struct Row {
    id: StatementId,
    canteen: String,
    href: String,
    payable: String,
    objections: Vec<ObjectionRow>,
    action: Option<String>,
}

#[derive(Template)]
#[template(path = "console/month/disclosure.html")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    state: &'static str,
    look: &'static str,
    sentence: String,
    may_start: bool,
    /// The whole month's masked list, as a workbook.
    list: Option<String>,
    total: String,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    rows: Vec<Row>,
}

async fn read(office: &Office, view: &View) -> Answer<Found> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let of = view.clone();
    let read = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { load(tx, &of).await })
    });
    Ok(read.await?)
}

async fn page(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    Page::of(&drawn(&view, &read(&office, &view).await?))
}

/// What is listed, as a table: a line for each objection, and one for each canteen without any.
fn table(view: &View, found: &Found) -> Table {
    let (w, drawn) = (Words::of(view.lang), drawn(view, found));
    let amounts = found.after.iter().flat_map(|after| &after.statements).map(|(stored, ..)| stored.payable);
    let mut rows = Vec::new();
    for (row, payable) in drawn.rows.into_iter().zip(amounts) {
        let line = |objection: Option<ObjectionRow>| {
            let mut line = vec![Cell::from(row.canteen.as_str()), Cell::Money(payable)];
            let said = objection.map(|o| [o.content, o.noted, o.state.to_owned(), o.decided.unwrap_or_default()]);
            line.extend(said.map_or([Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty], |said| said.map(Cell::Text)));
            line
        };
        if row.objections.is_empty() {
            rows.push(line(None));
        }
        rows.extend(row.objections.into_iter().map(|objection| line(Some(objection))));
    }
    let heads = [w.canteen, w.payable, w.objections, w.noted_by, w.decision, w.why];
    let mut table = files::listed(&drawn.title, &heads, rows, view);
    table.notes.push(format!("{}　{}", drawn.state, drawn.sentence));
    table
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found), &view, "objections", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found), &view, "objections", Kind::Xlsx)?)
}

fn objection(view: &View, found: &Found, of: &Objection, money: bool) -> ObjectionRow {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let name = |id: UserId| found.names.get(&id).map_or("", String::as_str);
    let (state, look) = match of.upheld {
        None => (w.objection_waits, "chip-warn"),
        Some(1) if of.lifted_by.is_some() => (w.objection_lifted, "chip-ok"),
        Some(1) => (w.objection_stands, "chip-bad"),
        Some(_) => (w.objection_falls, "chip-ok"),
    };
    let decided = of.decided_at.map(|at| {
        let (who, reason) = (of.decided_by.map_or("", name), of.reason.as_deref().unwrap_or_default());
        format!("{} {who} {reason}", fmt::at(at, lang))
    });
    let lifted = of.lifted_at.map(|at| {
        let (who, reason) = (of.lifted_by.map_or("", name), of.lifted_because.as_deref().unwrap_or_default());
        format!("{} {who} {reason}", fmt::at(at, lang))
    });
    let holds = of.holds() && of.decided_by != Some(view.user.id);
    let rows = found.files.get(&of.id).map_or(&[][..], Vec::as_slice);
    let mut files = Files::of(view, rows, &|id| name(id).to_owned(), of.upheld.is_none() && money);
    files.action = files.may_add.then(|| view.link(&format!("/console/disclosure/objections/{}/attachments", of.id)));
    let own = of.noted_by == view.user.id;
    let open = of.upheld.is_none() && money;
    ObjectionRow {
        content: of.content.clone(),
        noted: format!("{} {}", fmt::at(of.noted_at, lang), name(of.noted_by)),
        state,
        look,
        decided,
        action: (open && !own).then(|| view.link(&format!("/console/disclosure/objections/{}/decision", of.id))),
        lifted,
        lift: (holds && money).then(|| view.link(&format!("/console/disclosure/objections/{}/lift", of.id))),
        waits: (open && own).then_some(w.another_decides),
        files,
    }
}

/// The state, its look and a sentence about it.
fn told(view: &View, found: &Found) -> (&'static str, &'static str, String) {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let Some(after) = &found.after else {
        let state = say::state(w, found.state.unwrap_or(MonthState::Open));
        return (state, "chip-off", w.not_yet_disclosed.to_owned());
    };
    let Some(disclosure) = &after.disclosure else {
        return (w.state_approved, "", w.to_disclose.to_owned());
    };
    let until = fmt::day(disclosure.until, lang);
    let (today, from) = (view.now.local_date(), fmt::day(disclosure.disclosed_at.local_date(), lang));
    let left = (disclosure.until.start().get() - today.start().get()) / (24 * 60 * 60 * 1000) + 1;
    if left > 0 && after.stage == Stage::Disclosed {
        let said = fill(w.disclosed_from, &[("from", &from), ("until", &until), ("n", &left)]);
        return (w.disclosing, "", said);
    }
    (w.disclosed, "chip-ok", fill(w.disclosed_over, &[("from", &from), ("until", &until)]))
}

fn drawn(view: &View, found: &Found) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let has = |right: Right| view.user.role.rights().contains(&right);
    let money = has(Right::MakeMonth) || has(Right::CheckMonth);
    let (state, look, sentence) = told(view, found);
    let disclosure = found.after.as_ref().and_then(|after| after.disclosure.as_ref());
    let taken = disclosure.is_some_and(|d| view.now.local_date() <= d.until);
    let open = found.after.as_ref().is_some_and(|after| after.stage == Stage::Disclosed);
    let row = |(stored, _, objections): &(months::StoredStatement, Vec<Payment>, Vec<Objection>)| Row {
        id: stored.id,
        canteen: found.around.name(stored.canteen).to_owned(),
        href: view.link(&format!("/console/statements/{}", stored.id)),
        payable: fmt::yuan(&stored.payable),
        objections: objections.iter().map(|of| objection(view, found, of, money)).collect(),
        action: (money && taken && open)
            .then(|| view.link(&format!("/console/disclosure/statements/{}/objection", stored.id))),
    };
    let title = fill(w.disclosure_of, &[("month", &fmt::short_month(view.month, lang))]);
    let approved = found.after.as_ref().map(|after| after.stage);
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(found.around.waiting),
        w,
        title,
        state,
        look,
        sentence,
        may_start: has(Right::MakeMonth) && approved == Some(Stage::Approved),
        list: found
            .state
            .is_some()
            .then(|| format!("/api/v1/months/{}/{}/disclosure.xlsx", view.region.code, view.month)),
        total: fmt::yuan(&found.after.iter().flat_map(|after| &after.statements).map(|(s, ..)| s.payable).sum()),
        files: files::links(view, PATH, ""),
        rows: found.after.iter().flat_map(|after| &after.statements).map(row).collect(),
    }
}

#[derive(Deserialize)]
struct Start {
    /// For so many days, today included.
    days: i64,
}

async fn start(State(office): State<Arc<Office>>, view: View, Form(body): Form<Start>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::MakeMonth)?;
    payment::disclose(&office.store, &view.region.code, view.month, body.days, actor.user, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/disclosure?done=disclosed")))
}

#[derive(Deserialize)]
struct Objected {
    content: String,
}

async fn object(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<StatementId>,
    Form(body): Form<Objected>,
) -> Answer<Redirect> {
    note_objection(&office, &view.user, id, &body.content).await?;
    Ok(Redirect::to(&view.link("/console/disclosure?done=said")))
}

async fn enclose(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ObjectionId>,
    request: Request,
) -> Answer<Redirect> {
    keep(&office, &view, About::Objection(id), request).await?;
    Ok(Redirect::to(&view.link("/console/disclosure?done=said")))
}

#[derive(Deserialize)]
struct Decided {
    upheld: bool,
    reason: String,
}

async fn decide(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ObjectionId>,
    Form(body): Form<Decided>,
) -> Answer<Redirect> {
    decide_objection(&office, &view.user, id, body.upheld, &body.reason).await?;
    Ok(Redirect::to(&view.link("/console/disclosure?done=said")))
}

#[derive(Deserialize)]
struct Lifted {
    reason: String,
}

async fn lift(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ObjectionId>,
    Form(body): Form<Lifted>,
) -> Answer<Redirect> {
    lift_objection(&office, &view.user, id, &body.reason).await?;
    Ok(Redirect::to(&view.link("/console/disclosure?done=said")))
}
