//! `/console/elders`: elders by name, masked, in pages that stay fast; one by the number on a document or card; and
//! registering one or issuing cards by the sheet for those who may.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::calendar::BusinessDate;
use domain::elder::ElderFactKind;
use domain::id::{CanteenId, ElderId};
use receipts::table::{Cell, Table};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::elder_words::Words;
use super::words::Words as Common;
use super::{batches, escaped, read, typed, wanted};
use crate::admin::{IssuedSheet, NewElder, NewElderFact};
use crate::audit::Action;
use crate::console::Page;
use crate::console::files::{self, Kind};
use crate::console::lang::fill;
use crate::console::view::{Shell, View};
use crate::http::body::{Form, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, Problem, of_elder};
use crate::names;
use crate::people::Right;
use crate::store::elders::ElderRow;
use crate::store::{canteens, register};
use crate::words::{Code, office as said};
use crate::{Error, Office};

pub(super) const HOME: &str = "/console/elders";
/// So many elders on a page.
const PAGE: i64 = 50;

/// An elder's line: nothing of it names the person in full.
pub(super) struct Row {
    pub(super) link: String,
    pub(super) name: String,
    pub(super) sex: &'static str,
    pub(super) age: String,
    pub(super) region: String,
    pub(super) canteen: String,
}

/// An elder, masked.
pub(super) fn line(row: &ElderRow, canteens: &BTreeMap<CanteenId, String>, view: &View) -> Row {
    let w = Words::of(view.lang);
    Row {
        link: view.link(&format!("{HOME}/{}", row.id)),
        name: names::mask(&row.name),
        sex: if row.female { w.female } else { w.male },
        age: fill(w.age_is, &[("n", &view.now.business_date().age(row.birth))]),
        region: row.region.to_string(),
        canteen: row.registered_canteen.and_then(|id| canteens.get(&id)).cloned().unwrap_or_else(|| "—".to_owned()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    name: String,
    /// The last elder of the page before.
    after: String,
}

#[derive(Template)]
#[template(path = "console/office/elders.html")]
struct EldersPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    asked: Asked,
    rows: Vec<Row>,
    /// Addresses of this page as a file: CSV, XLSX.
    files: [String; 2],
    next: Option<String>,
    first: Option<String>,
    canteens: Vec<(String, String)>,
    manages: bool,
    today: BusinessDate,
}

impl EldersPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(what)
    }
}

#[derive(Deserialize)]
struct Number {
    number: Zeroizing<String>,
}

#[derive(Deserialize)]
struct New {
    resident_id: Zeroizing<String>,
    name: String,
    phone: Zeroizing<String>,
    place: String,
    canteen: String,
    hukou: String,
    /// The id that a finding about an unknown elder names.
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct SheetOf {
    canteen: String,
    until: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/elders.csv", csv)
        .get("/console/elders.xlsx", xlsx)
        .post(HOME, Action::ElderRegister, create)
        .post("/console/elders/find", Action::ElderFind, find)
        .post("/console/elders/sheets", Action::CardSheet, issue)
}

/// A page of elders.
struct Listed {
    rows: Vec<Row>,
    /// The last one, where more come behind.
    last: Option<ElderId>,
    canteens: Vec<(String, String)>,
}

async fn listed(office: &Office, view: &View, asked: &Asked) -> Answer<Listed> {
    view.user.require(Right::ReadElders)?;
    view.user.require_inside(&view.region.code)?;
    let region = view.region.code.clone();
    let name = typed(&asked.name).map(str::to_owned);
    let after: Option<ElderId> = read(&asked.after, said::CHOOSE)?;
    // What is typed in Chinese is looked for as it is read, and then by its characters.
    let key = name.as_deref().map(names::search_key).unwrap_or_default();
    let place = region.clone();
    if name.is_some() {
        office.enter_search(region.clone(), view.user.id).await?;
    }
    let (found, places) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let last = match after {
                    Some(id) => crate::store::elders::get(tx, id).await?,
                    None => None,
                };
                let after = last.as_ref().map(|row| (row.sort_key.as_str(), row.id));
                let found = register::elders_named(tx, &region, &key, after, PAGE + 1).await?;
                Ok((found, canteens::inside(tx, &place).await?))
            })
        })
        .await?;
    let more = i64::try_from(found.len()).is_ok_and(|count| count > PAGE);
    let shown = &found[..found.len().min(50)];
    let names: BTreeMap<CanteenId, String> = places.iter().map(|row| (row.id, row.name.clone())).collect();
    let last = shown.last().filter(|_| more).map(|last| last.id);
    let fits = |row: &&ElderRow| name.as_deref().is_none_or(|name| name.is_ascii() || row.name.starts_with(name));
    let rows = shown.iter().filter(fits).map(|row| line(row, &names, view)).collect();
    Ok(Listed { rows, last, canteens: places.iter().map(|row| (row.id.to_string(), row.name.clone())).collect() })
}

/// The page as a table: masked as it is shown, and no more of it than is shown.
fn table(rows: Vec<Row>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let row = |row: Row| [row.name, row.sex.to_owned(), row.age, row.region, row.canteen].map(Cell::Text).into();
    let heads = [w.name, w.sex, w.age, c.region, w.regular];
    files::listed(w.title, &heads, rows.into_iter().map(row).collect(), view)
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = listed(&office, &view, &asked).await?.rows;
    Ok(files::of_month(&table(rows, &view), &view, "elders", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = listed(&office, &view, &asked).await?.rows;
    Ok(files::of_month(&table(rows, &view), &view, "elders", Kind::Xlsx)?)
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let Listed { rows, last, canteens } = listed(&office, &view, &asked).await?;
    let (w, asked_name) = (Words::of(view.lang), escaped(&asked.name));
    let behind = typed(&asked.after).map(|after| format!("&after={}", escaped(after))).unwrap_or_default();
    Page::of(&EldersPage {
        w,
        c: Common::of(view.lang),
        rows,
        files: files::links(&view, HOME, &format!("?name={asked_name}{behind}")),
        next: last.map(|id| format!("{}&name={asked_name}&after={id}", view.link(HOME))),
        first: typed(&asked.after).map(|_| format!("{}&name={asked_name}", view.link(HOME))),
        canteens,
        manages: view.user.role.rights().contains(&Right::ManageElders),
        today: view.now.business_date(),
        asked,
        shell: view.shell(HOME, w.title),
    })
}

/// By a number, which never stands in an address. Somebody elsewhere is nobody here.
async fn find(State(office): State<Arc<Office>>, view: View, Form(asked): Form<Number>) -> Answer<Redirect> {
    view.user.require(Right::ReadElders)?;
    view.user.require_inside(&view.user.region)?;
    let found = office.find_elder(&asked.number, view.user.region.clone(), view.user.id).await?;
    let row = found.ok_or_else(|| Problem::new(Code::NotFound, said::NOBODY))?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{}", row.id))))
}

async fn create(State(office): State<Arc<Office>>, view: View, Form(new): Form<New>) -> Answer<Redirect> {
    view.user.require(Right::ManageElders)?;
    let region = wanted(&new.place, said::REGION)?;
    view.user.require_inside(&region)?;
    let hukou: Option<domain::region::RegionCode> = read(&new.hukou, said::REGION)?;
    let valid_from = view.now.business_date();
    let facts = hukou.map(|region| NewElderFact { valid_from, kind: ElderFactKind::Hukou { region } });
    let phone = typed(&new.phone).map(|phone| Zeroizing::new(phone.to_owned()));
    let canteen = read(&new.canteen, said::CHOOSE)?;
    let id = read(&new.id, said::CHOOSE)?;
    let New { resident_id, name, .. } = new;
    let new = NewElder { resident_id, name, phone, region, canteen, facts: facts.into_iter().collect(), id };
    let id = office.register_elder(new, Some(view.user.id)).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{id}?done=saved"))))
}

/// A sheet as it is downloaded, once.
pub(super) fn download(sheet: IssuedSheet) -> impl IntoResponse + use<> {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"cards.pdf\""),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::OK, headers, sheet.pdf)
}

/// A page of cards at once; more wait for another person.
async fn issue(State(office): State<Arc<Office>>, view: View, Form(asked): Form<SheetOf>) -> Answer<Response> {
    view.user.require(Right::ManageElders)?;
    view.user.require_inside(&view.region.code)?;
    let of = batches::whose(read(&asked.canteen, said::CHOOSE)?, &view.region.code);
    let until = read(&asked.until, said::DATE)?;
    let region = view.user.region.clone();
    match office.issue_sheet(of.clone(), until, Some(region.clone()), Some(view.user.id)).await {
        Err(error) if error.code() == Some(Code::SecondPerson) => {
            office.propose_cards(of, until, region, view.user.id).await?;
            Ok(Redirect::to(&view.link(&format!("{}?done=proposed", batches::HOME))).into_response())
        }
        sheet => Ok(download(sheet?).into_response()),
    }
}

/// The elder, if the person may do that for them.
pub(super) async fn permitted(office: &Office, view: &View, right: Right, id: ElderId) -> Result<ElderRow, Error> {
    of_elder(office, &view.user, right, id).await
}
