//! `/console/regions`: the regions as a tree, with what each has of canteens and elders; adding one for who may.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::region::RegionCode;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::wanted;
use super::words::Words as Common;
use crate::Office;
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::catalogue;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::Form;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::canteens::{CanteenRow, Region};
use crate::store::{canteens, register};
use crate::words::office as said;

catalogue! {
    title: "区域", "Regions";
    hint: "每级合计含下级。份数为本月已日清的份数。", "Every level counts what lies inside it. Meals are those of days closed this month.";
    office: "主管单位", "Office";
    code: "区划代码", "Code";
    canteens: "食堂", "Canteens";
    serving: "本月开餐", "Serving this month";
    elders: "登记老人", "Elders";
    meals: "份数", "Meals";
    per_canteen: "每家对应老人", "Elders a canteen";
    uncovered: "没有食堂", "no canteen";
    settings: "差异设置", "Settings";
    add: "登记区域", "Add a region";
    add_hint: "代码已有的，改名称和主管单位。", "A code that is there already gets the new name and office.";
    name: "名称", "Name";
    nothing: "还没有登记区域。", "No region is registered yet.";
}

pub(super) const HOME: &str = "/console/regions";

/// What lies inside a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Inside {
    canteens: i64,
    serving: i64,
    elders: i64,
    meals: i64,
}

struct Row {
    /// How many listed regions it lies in.
    depth: usize,
    code: RegionCode,
    name: String,
    office: String,
    counts: [String; 5],
    is_uncovered: bool,
    settings: String,
}

#[derive(Template)]
#[template(path = "console/office/regions.html")]
struct RegionsPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    rows: Vec<Row>,
    files: [String; 2],
    may_add: bool,
    here: String,
}

#[derive(Deserialize)]
struct New {
    place: String,
    name: String,
    office: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, list).get("/console/regions.csv", csv).get("/console/regions.xlsx", xlsx).post(
        HOME,
        Action::RegionPut,
        create,
    )
}

/// What lies inside a region, by what is known of each place.
fn inside(
    code: &RegionCode,
    places: &[CanteenRow],
    meals: &BTreeMap<domain::id::CanteenId, (i64, i64)>,
    elders: &BTreeMap<RegionCode, i64>,
) -> Inside {
    let mut sum = Inside::default();
    for row in places.iter().filter(|row| code.contains(&row.region)) {
        let (days, served) = meals.get(&row.id).copied().unwrap_or_default();
        sum.canteens += 1;
        sum.serving += i64::from(days > 0);
        sum.meals += served;
    }
    sum.elders = elders.iter().filter(|(place, _)| code.contains(place)).map(|(_, n)| n).sum();
    sum
}

async fn read_rows(office: &Office, view: &View) -> Answer<Vec<Row>> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (region, month) = (view.region.code.clone(), view.month);
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok((
                canteens::inside(tx, &region).await?,
                register::meals(tx, &region, month).await?,
                register::elders_by_region(tx, &region).await?,
            ))
        })
    });
    let (places, meals, elders) = read.await?;
    let listed: Vec<&Region> = view.regions.iter().filter(|region| view.region.code.contains(&region.code)).collect();
    let row = |region: &&Region| {
        let sum = inside(&region.code, &places, &meals, &elders);
        let each = sum.elders.checked_div(sum.canteens).map_or_else(|| "—".to_owned(), fmt::count);
        Row {
            depth: listed.iter().filter(|other| other.code != region.code && other.code.contains(&region.code)).count(),
            code: region.code.clone(),
            name: region.name.clone(),
            office: region.office.clone(),
            is_uncovered: sum.canteens == 0,
            counts: [
                fmt::count(sum.canteens),
                fmt::count(sum.serving),
                fmt::count(sum.elders),
                each,
                fmt::count(sum.meals),
            ],
            settings: view.link(&format!("{HOME}/{}", region.code)),
        }
    };
    Ok(listed.iter().map(row).collect())
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let rows = read_rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "regions", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let rows = read_rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "regions", Kind::Xlsx)?)
}

/// What is listed, as a table.
fn table(rows: Vec<Row>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let heads = [w.code, c.region, w.office, w.canteens, w.serving, w.elders, w.per_canteen, w.meals];
    let row = |row: Row| {
        let texts = [row.code.to_string(), row.name, row.office];
        texts.into_iter().chain(row.counts).map(Cell::Text).collect()
    };
    Table {
        name: w.title.to_owned(),
        notes: files::notes(w.title, view),
        heads: heads.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(row).collect(),
    }
}

async fn list(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let rows = read_rows(&office, &view).await?;
    let w = Words::of(view.lang);
    Page::of(&RegionsPage {
        w,
        c: Common::of(view.lang),
        rows,
        files: ["csv", "xlsx"].map(|ending| view.link(&format!("{HOME}.{ending}"))),
        may_add: view.user.role.rights().contains(&Right::ManageCanteens),
        here: view.link(HOME),
        shell: view.shell(HOME, w.title),
    })
}

async fn create(State(office): State<Arc<Office>>, view: View, Form(new): Form<New>) -> Answer<Redirect> {
    view.user.require(Right::ManageCanteens)?;
    let code: RegionCode = wanted(&new.place, said::REGION)?;
    view.user.require_inside(&code)?;
    office.create_region(Region { code, name: new.name, office: new.office }, Some(view.user.id)).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}?done=saved"))))
}
