//! `/console/draws`: random inspection draws. A draw is announced with its list before its seed, a public number of a
//! later day, can be known; then anybody can draw the same again by the method that the page states.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::BusinessDate;
use domain::draw::{Drawn, METHOD};
use domain::id::CanteenId;
use receipts::table::{Cell, Table};
use serde::Deserialize;
use uuid::Uuid;

use super::{date, person, read, typed, wanted};
use crate::Office;
use crate::admin::{NewDraw, NewResult};
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::{Form, Path};
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::draws::{self, DrawRow, OutcomeRow, ResultRow};
use crate::store::people::UserRow;
use crate::store::{canteens, people};
use crate::words::office as said;

catalogue! {
    title: "抽查", "Inspection draws";
    hint: "双随机：先公布名单、家数和用哪个公开号码作种子，号码开出后再抽。任何人用同一名单和种子都能复算出同样的结果。", "Announced first with its list and the public number that will be the seed, drawn when the number is out. Anybody gets the same draw from the same list and seed.";
    announce: "公布抽查方案", "Announce a draw";
    name: "名称", "Title";
    count: "抽取家数", "How many canteens";
    inspectors: "检查人员（每行一人，可不填）", "Inspectors (a name a line; may be empty)";
    each: "每家几人", "Inspectors a canteen";
    seed_name: "用什么公开号码作种子", "Which public number is the seed";
    seed_name_hint: "如：次日福彩 3D 开奖号码", "Such as: tomorrow's public lottery numbers";
    seed_on: "号码公布日（晚于今天）", "Day on which it comes out (after today)";
    list_hint: "名单为本区域现有的全部 {n} 家食堂。", "The list holds all {n} canteens of the region.";
    nothing: "还没有抽查。", "No draw yet.";
    announced: "公布", "Announced";
    of: "{n} / {all} 家", "{n} of {all}";
    state: "进展", "State";
    waits: "待抽取", "to be drawn";
    drawn: "已抽取", "drawn";
    results_n: "已登记 {n} 家结果", "{n} results";
    seed: "种子（开出的号码）", "Seed (the number that came out)";
    draw: "抽取", "Draw";
    draw_hint: "照公布的原样填写，空格也算。抽取后不能更改。", "Exactly as published, spaces too. It cannot be changed afterwards.";
    seed_is: "种子", "Seed";
    list_digest: "名单摘要", "Digest of the list";
    method: "方法", "Method";
    method_is: "每家食堂的签号是文本“{method}|种子|食堂编号”的 SHA-256；签号最小的 {n} 家抽中。检查人员的签号再加“|姓名”，每家取最小的 {each} 人。", "A canteen's ticket is the SHA-256 of the text “{method}|SEED|CANTEEN ID”; the {n} smallest are drawn. An inspector's ticket has “|NAME” added; the {each} smallest go there.";
    ticket: "签号", "Ticket";
    canteen: "食堂", "Canteen";
    who: "检查人员", "Inspectors";
    result: "检查结果", "Result";
    good: "良好", "good";
    fair: "一般", "fair";
    poor: "较差", "poor";
    inspected_on: "检查日期", "Inspected on";
    grade: "结果", "Result";
    words: "情况说明", "What was found";
    note: "登记结果", "Write down";
    note_hint: "登记后不能更改。", "It cannot be changed afterwards.";
    list: "名单（{n} 家）", "The list ({n} canteens)";
    drawn_by: "抽取人", "Drawn by";
}

impl Words {
    fn grade(&self, grade: &str) -> (&'static str, &'static str) {
        match grade {
            "good" => (self.good, "chip-ok"),
            "fair" => (self.fair, "chip-warn"),
            _ => (self.poor, "chip-bad"),
        }
    }
}

const HOME: &str = "/console/draws";
/// So many draws are listed.
const MOST: i64 = 100;

struct Row {
    link: String,
    title: String,
    announced: String,
    /// When it was announced, unix ms: what its column is sorted by.
    at: i64,
    of: String,
    seed: String,
    is_drawn: bool,
    results: String,
}

/// A drawn canteen with what its inspection found.
struct Place {
    id: CanteenId,
    link: String,
    name: String,
    ticket: String,
    inspectors: String,
    result: Option<Found>,
}

struct Found {
    grade: (&'static str, &'static str),
    words: String,
    signed: String,
}

#[derive(Template)]
#[template(path = "console/office/draws.html")]
struct DrawsPage {
    shell: Shell,
    w: &'static Words,
    rows: Vec<Row>,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    may: bool,
    list_hint: String,
    tomorrow: BusinessDate,
    here: String,
}

#[derive(Template)]
#[template(path = "console/office/draw.html")]
struct DrawPage {
    shell: Shell,
    w: &'static Words,
    row: DrawRow,
    announced: String,
    outcome: Option<(String, String)>,
    places: Vec<Place>,
    method: String,
    list_head: String,
    list: Vec<(String, String)>,
    inspectors: String,
    may: bool,
    is_due: bool,
    today: BusinessDate,
    home: String,
}

impl DrawPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(&format!("{HOME}/{}/{what}", self.row.id))
    }

    fn seed_on(&self) -> String {
        fmt::full_day(self.row.seed_on, self.shell.view.lang)
    }
}

#[derive(Deserialize)]
struct New {
    title: String,
    count: String,
    inspectors: String,
    each: String,
    seed_name: String,
    seed_on: String,
}

#[derive(Deserialize)]
struct Seed {
    seed: String,
}

#[derive(Deserialize)]
struct Noted {
    canteen: String,
    inspected_on: String,
    grade: String,
    words: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/draws.csv", csv)
        .get("/console/draws.xlsx", xlsx)
        .post(HOME, Action::DrawAnnounce, announce)
        .get("/console/draws/{id}", show)
        .post("/console/draws/{id}/drawing", Action::DrawMake, make)
        .post("/console/draws/{id}/results", Action::DrawResult, note)
}

/// What is listed, and how many canteens the region has.
async fn rows(office: &Office, view: &View) -> Answer<(Vec<Row>, usize)> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let region = view.region.code.clone();
    let read = office.store.read(move |tx| {
        Box::pin(async move { Ok((draws::list(tx, &region, None, MOST).await?, canteens::inside(tx, &region).await?)) })
    });
    let (rows, places) = read.await?;
    let w = Words::of(view.lang);
    let row = |(row, is_drawn, results): (DrawRow, bool, i64)| Row {
        link: view.link(&format!("{HOME}/{}", row.id)),
        announced: fmt::at(row.announced_at, view.lang),
        at: row.announced_at.get(),
        of: fill(w.of, &[("n", &row.list.0.count), ("all", &row.list.0.canteens.len())]),
        seed: format!("{} · {}", row.seed_name, fmt::day(row.seed_on, view.lang)),
        title: row.title,
        is_drawn,
        results: fill(w.results_n, &[("n", &results)]),
    };
    Ok((rows.into_iter().map(row).collect(), places.len()))
}

/// What is listed, as a table.
fn table(rows: Vec<Row>, view: &View) -> Table {
    let w = Words::of(view.lang);
    let row = |row: Row| {
        let state = if row.is_drawn { w.drawn } else { w.waits };
        let results = if row.is_drawn { row.results } else { String::new() };
        let texts = [row.title, row.announced, row.seed, row.of, state.to_owned(), results];
        texts.map(Cell::Text).into()
    };
    let heads = [w.name, w.announced, w.seed_is, w.count, w.state, w.result];
    files::listed(w.title, &heads, rows.into_iter().map(row).collect(), view)
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (rows, _) = rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "draws", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (rows, _) = rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "draws", Kind::Xlsx)?)
}

async fn list(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let (rows, places) = rows(&office, &view).await?;
    let w = Words::of(view.lang);
    Page::of(&DrawsPage {
        w,
        rows,
        files: files::links(&view, HOME, ""),
        may: view.user.role.rights().contains(&Right::Inspect),
        list_hint: fill(w.list_hint, &[("n", &places)]),
        tomorrow: view.now.business_date().plus_days(1),
        here: view.link(HOME),
        shell: view.shell(HOME, w.title),
    })
}

async fn announce(State(office): State<Arc<Office>>, view: View, Form(new): Form<New>) -> Answer<Redirect> {
    view.user.require(Right::Inspect)?;
    let region = view.region.code.clone();
    view.user.require_inside(&region)?;
    let place = region.clone();
    let places = office.store.read(move |tx| Box::pin(async move { canteens::inside(tx, &place).await })).await?;
    let draw = NewDraw {
        title: new.title,
        canteens: places.into_iter().map(|row| row.id).collect(),
        count: wanted(&new.count, said::COUNT)?,
        inspectors: new.inspectors.lines().filter_map(typed).map(str::to_owned).collect(),
        each: read(&new.each, said::COUNT)?.unwrap_or(0),
        seed_name: new.seed_name,
        seed_on: date(&new.seed_on)?,
    };
    let row = office.announce_draw(draw, region, view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{}?done=announced", row.id))))
}

async fn permitted(office: &Office, view: &View, right: Right, id: Uuid) -> Answer<DrawRow> {
    view.user.require(right)?;
    let row = office.draw(id).await?;
    view.user.require_inside(&row.region)?;
    Ok(row)
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Page> {
    let row = permitted(&office, &view, Right::Read, id).await?;
    let (region, staff) = (row.region.clone(), view.user.region.clone());
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok((
                draws::outcome(tx, id).await?,
                draws::results(tx, id).await?,
                canteens::inside(tx, &region).await?,
                people::inside(tx, &staff).await?,
            ))
        })
    });
    let (outcome, results, places, staff) = read.await?;
    let names: BTreeMap<CanteenId, String> = places.into_iter().map(|row| (row.id, row.name)).collect();
    let (w, list) = (Words::of(view.lang), &row.list.0);
    let name = |id: &CanteenId| names.get(id).cloned().unwrap_or_default();
    let signed = |row: &OutcomeRow| {
        (row.seed.clone(), format!("{} {}", person(&staff, row.drawn_by, view.lang), fmt::at(row.drawn_at, view.lang)))
    };
    let drawn = outcome.as_ref().map(|row| row.outcome.0.as_slice()).unwrap_or_default();
    Page::of(&DrawPage {
        w,
        announced: format!("{} {}", person(&staff, row.announced_by, view.lang), fmt::at(row.announced_at, view.lang)),
        places: drawn.iter().map(|one| place(one, name(&one.canteen), &results, &staff, &view)).collect(),
        outcome: outcome.as_ref().map(signed),
        method: fill(w.method_is, &[("method", &METHOD), ("n", &list.count), ("each", &list.each)]),
        list_head: fill(w.list, &[("n", &list.canteens.len())]),
        list: list.canteens.iter().map(|id| (id.to_string(), name(id))).collect(),
        inspectors: list.inspectors.join(view.lang.of("、", ", ")),
        may: view.user.role.rights().contains(&Right::Inspect),
        is_due: view.now.business_date() >= row.seed_on,
        today: view.now.business_date(),
        home: view.link(HOME),
        shell: view.shell(HOME, row.title.clone()),
        row,
    })
}

fn place(one: &Drawn, name: String, results: &[ResultRow], staff: &[UserRow], view: &View) -> Place {
    let found = results.iter().find(|row| row.canteen == one.canteen).map(|row| Found {
        grade: Words::of(view.lang).grade(&row.grade),
        words: row.words.clone(),
        signed: format!("{} · {}", fmt::day(row.inspected_on, view.lang), person(staff, row.noted_by, view.lang)),
    });
    Place {
        id: one.canteen,
        link: view.link(&format!("{}/{}", super::canteens::HOME, one.canteen)),
        name,
        ticket: one.ticket.to_string(),
        inspectors: one.inspectors.join(view.lang.of("、", ", ")),
        result: found,
    }
}

async fn make(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<Seed>,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::Inspect, id).await?;
    office.make_draw(id, &body.seed, view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{id}?done=drawn"))))
}

async fn note(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<Noted>,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::Inspect, id).await?;
    let canteen = wanted(&body.canteen, said::CHOOSE)?;
    let inspected_on = date(&body.inspected_on)?;
    let result = NewResult { canteen, inspected_on, grade: body.grade, words: body.words };
    office.note_inspection(id, result, view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{id}?done=said"))))
}
