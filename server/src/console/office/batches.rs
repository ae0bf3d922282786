//! `/console/cards`: cards for many elders. One person proposes, another agrees, then the sheet is printed, once.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::calendar::BusinessDate;
use domain::id::CanteenId;
use domain::region::RegionCode;
use receipts::table::{Cell, Table};
use serde::Deserialize;
use uuid::Uuid;

use super::decided::{self, RejectForm, Said, back};
use super::elders::download;
use super::words::Words as Common;
use super::{person, read};
use crate::Office;
use crate::admin::CardsOf;
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path};
use crate::http::routes::Routes;
use crate::http::{Answer, Batches, Decided as _, MOST_BATCHES, of_batch};
use crate::people::Right;
use crate::store::batches::{self, BatchRow, LeftOutReason, LeftOutRow};
use crate::store::people::UserRow;
use crate::store::{canteens, people};
use crate::words::office as said;

catalogue! {
    title: "批量发卡", "Cards for many";
    hint: "一次发卡超过 {alone} 张要两个人：一人提出，另一人同意，然后打印一次。同意的是提出时名单上的这些老人。", "More than {alone} cards at once take two people: one proposes, another agrees, then they are printed, once. What is agreed to are the elders on the list when it was proposed.";
    nothing: "还没有批量发卡。", "No cards for many yet.";
    whose: "给谁", "For whom";
    cards: "张数", "Cards";
    until: "有效期至", "Last day";
    endless: "长期", "no end";
    maker: "提出人", "Proposed by";
    checker: "决定人", "Decided by";
    open: "待同意", "waits";
    approved: "待打印", "to be printed";
    printed: "已打印", "printed";
    left_out: "未发卡 {count} 人：", "{count} got none: ";
    dead: "{name}（已去世）", "{name} (died)";
    has_card: "{name}（已另发新卡）", "{name} (has got a newer card)";
    between: "、", ", ";
    agree: "同意", "Agree";
    print: "打印（卡号只出现这一次）", "Print (numbers appear this once)";
    acts: "操作", "Acts";
    reason: "理由", "Reason";
    got_none: "未发卡", "Got none";
    propose: "提出一批", "Propose a batch";
    of: "给哪家食堂的老人", "For regulars of";
    whole: "本区域全部老人", "All elders of the region";
    propose_hint: "名单是此刻还没有有效卡的老人，每批最多 600 位。", "Elders without a good card right now, 600 at most.";
}

pub(super) const HOME: &str = Batches::HOME;

/// A batch as it stands on the page.
struct Line {
    id: Uuid,
    title: String,
    cards: usize,
    until: String,
    maker: String,
    state: (&'static str, &'static str),
    decided: Said,
    left_out: String,
    /// While it is open: another person agrees.
    to_agree: bool,
    reject: Option<RejectForm>,
    to_print: bool,
}

#[derive(Template)]
#[template(path = "console/office/batches.html")]
struct BatchesPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    hint: String,
    lines: Vec<Line>,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    canteens: Vec<(String, String)>,
    today: BusinessDate,
}

impl BatchesPage {
    fn post(&self, one: &Line, what: &str) -> String {
        self.shell.view.link(&format!("{HOME}/{}/{what}", one.id))
    }

    fn home(&self) -> String {
        self.shell.view.link(HOME)
    }
}

#[derive(Deserialize)]
struct Asked {
    canteen: String,
    until: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/cards.csv", csv)
        .get("/console/cards.xlsx", xlsx)
        .post(HOME, Action::CardsPropose, propose)
        .post("/console/cards/{id}/approve", Action::CardsDecide, approve)
        .post("/console/cards/{id}/reject", Action::CardsDecide, decided::reject::<Batches>)
        .post("/console/cards/{id}/sheet", Action::CardSheet, sheet)
}

/// Who was left out of a batch, in a sentence; nothing when nobody was.
fn left_out(batch: Uuid, rows: &[LeftOutRow], w: &Words) -> String {
    let told = |row: &LeftOutRow| match row.reason {
        LeftOutReason::Dead => fill(w.dead, &[("name", &row.name)]),
        LeftOutReason::HasCard => fill(w.has_card, &[("name", &row.name)]),
    };
    let names: Vec<String> = rows.iter().filter(|row| row.batch == batch).map(told).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("{}{}", fill(w.left_out, &[("count", &names.len())]), names.join(w.between))
}

fn line(row: BatchRow, left: &[LeftOutRow], staff: &[UserRow], view: &View) -> Line {
    let (w, me) = (Words::of(view.lang), view.user.id);
    let state = match (row.decided.decision.as_deref(), row.issued_at) {
        (None, _) => (w.open, "chip-warn"),
        (Some("approved"), None) => (w.approved, "chip-warn"),
        (Some("approved"), Some(_)) => (w.printed, "chip-ok"),
        (Some(other), _) => decided::not_approved(other, view),
    };
    let (is_open, is_own) = (row.decided.decision.is_none(), row.maker == me);
    Line {
        id: row.id,
        title: row.title,
        cards: row.elders.0.len(),
        until: row.until.map_or_else(|| w.endless.to_owned(), |day| fmt::full_day(day, view.lang)),
        maker: format!("{} · {}", person(staff, row.maker, view.lang), fmt::at(row.made_at, view.lang)),
        state,
        to_print: row.decided.decision.as_deref() == Some("approved") && row.issued_at.is_none(),
        decided: decided::said(row.decided, staff, view),
        left_out: left_out(row.id, left, w),
        to_agree: is_open && !is_own,
        reject: is_open.then(|| RejectForm::of(&format!("{HOME}/{}", row.id), is_own, view)),
    }
}

/// What is listed, and the canteens that a batch may be for.
async fn lines(office: &Office, view: &View) -> Answer<(Vec<Line>, Vec<(String, String)>)> {
    view.user.require(Right::ManageElders)?;
    view.user.require_inside(&view.region.code)?;
    let (region, staff) = (view.region.code.clone(), view.user.region.clone());
    let (rows, left, staff, places) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let rows = batches::list(tx, &region, MOST_BATCHES).await?;
                let left = batches::left_out(tx, &region, MOST_BATCHES).await?;
                Ok((rows, left, people::inside(tx, &staff).await?, canteens::inside(tx, &region).await?))
            })
        })
        .await?;
    let lines = rows.into_iter().map(|row| line(row, &left, &staff, view)).collect();
    Ok((lines, places.iter().map(|row| (row.id.to_string(), row.name.clone())).collect()))
}

/// What is listed, as a table.
fn table(lines: Vec<Line>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let row = |one: Line| {
        let text = Cell::Text;
        let state = Cell::from(one.state.0);
        let (who, why) = (text(one.decided.by), text(one.decided.reason));
        vec![
            text(one.title),
            files::count(one.cards),
            text(one.until),
            text(one.maker),
            state,
            who,
            why,
            text(one.left_out),
        ]
    };
    let heads = [w.whose, w.cards, w.until, w.maker, c.state, w.checker, w.reason, w.got_none];
    files::listed(w.title, &heads, lines.into_iter().map(row).collect(), view)
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (lines, _) = lines(&office, &view).await?;
    Ok(files::of_month(&table(lines, &view), &view, "cards", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (lines, _) = lines(&office, &view).await?;
    Ok(files::of_month(&table(lines, &view), &view, "cards", Kind::Xlsx)?)
}

async fn list(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let (lines, canteens) = lines(&office, &view).await?;
    let w = Words::of(view.lang);
    Page::of(&BatchesPage {
        w,
        c: Common::of(view.lang),
        hint: fill(w.hint, &[("alone", &crate::admin::ALONE)]),
        lines,
        files: files::links(&view, HOME, ""),
        canteens,
        today: view.now.business_date(),
        shell: view.shell(HOME, w.title),
    })
}

/// Whose cards a form of this page or of the elders' asks for.
pub(super) fn whose(canteen: Option<CanteenId>, region: &RegionCode) -> CardsOf {
    canteen.map_or_else(|| CardsOf::Region(region.clone()), CardsOf::Canteen)
}

async fn propose(State(office): State<Arc<Office>>, view: View, Form(asked): Form<Asked>) -> Answer<Redirect> {
    view.user.require(Right::ManageElders)?;
    view.user.require_inside(&view.region.code)?;
    let of = whose(read(&asked.canteen, said::CHOOSE)?, &view.region.code);
    let until = read(&asked.until, said::DATE)?;
    office.propose_cards(of, until, view.region.code.clone(), view.user.id).await?;
    Ok(back(HOME, &view, "proposed"))
}

async fn approve(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Redirect> {
    of_batch(&office, &view.user, id).await?;
    office.approve_batch(id, view.user.id).await?;
    Ok(back(HOME, &view, "agreed"))
}

async fn sheet(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Response> {
    of_batch(&office, &view.user, id).await?;
    Ok(download(office.issue_batch(id, view.user.id).await?).into_response())
}
