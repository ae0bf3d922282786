//! `/console/changes`: what was learned of elders in a period (deaths, moves, categories), and what it touched: the
//! meals after the date, the findings about them, and what would be deducted.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::calendar::BusinessDate;
use domain::id::CanteenId;
use domain::money::Fen;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::elder_words::fact as fact_words;
use super::words::Words as Common;
use super::{person, read, typed};
use crate::Office;
use crate::changes::{Bounds, Read, findings_about, kind_of, late, load};
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::Query;
use crate::http::routes::Routes;
use crate::names;
use crate::people::Right;
use crate::store::register::{LearnedRow, MealOf};
use crate::store::{canteens, people};
use crate::words::office as said;

catalogue! {
    title: "资格变动", "Changes of eligibility";
    hint: "按知悉时间列出；去世、迁移、类别终止之后的用餐由系统重新判断，要核减的列在差异里，由经办裁定。老人不会被追收。", "By when they were learned. Meals after a death, a move or the end of a category are decided again; what is to be deducted is a finding for the maker. Elders are never charged.";
    from: "知悉自", "Learned from";
    until: "至", "Until";
    kind: "种类", "Kind";
    deaths: "去世", "Deaths";
    moves: "迁移", "Moves";
    categories: "类别", "Categories";
    late_only: "只看补登的", "Learned late only";
    who: "老人", "Elder";
    change: "变动", "Change";
    holds_from: "自", "From";
    learned: "知悉", "Learned";
    late_n: "晚 {n} 天", "{n} days late";
    touched: "涉及用餐", "Meals touched";
    touched_n: "{n} 餐", "{n} meals";
    findings: "差异", "Findings";
    deduction: "拟核减", "To be deducted";
    nothing: "这段时间没有知悉变动。", "Nothing was learned in this time.";
    more: "只列出最近的 {n} 条，请缩小时间范围。", "Only the last {n} are listed: narrow the time.";
    total: "合计", "Total";
    none_touched: "没有涉及", "none";
    open_days: "{n} 餐所在的日子还没有日清", "{n} of them on days not closed yet";
}

const HOME: &str = "/console/changes";
/// So many changes are listed, and as many as bear on so many meals.
const MOST: Bounds = Bounds { rows: 200, meals: 20_000 };

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    until: String,
    kind: String,
    late: String,
}

/// A change with what it touched.
struct Row {
    elder: String,
    link: String,
    change: String,
    from: String,
    learned: String,
    late: String,
    by: String,
    meals: Vec<(String, String)>,
    more_meals: String,
    unclosed: String,
    findings: Vec<(String, String)>,
    stake: Fen,
}

#[derive(Template)]
#[template(path = "console/office/changes.html")]
struct ChangesPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    asked: Asked,
    from: BusinessDate,
    until: BusinessDate,
    rows: Vec<Row>,
    stake: Fen,
    more: Option<String>,
    files: [String; 2],
    here: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, list).get("/console/changes.csv", csv).get("/console/changes.xlsx", xlsx)
}

/// What was learned in the time that was asked for.
struct Learned {
    from: BusinessDate,
    until: BusinessDate,
    rows: Vec<Row>,
    /// There is more than these so many that were looked at.
    more: Option<usize>,
}

async fn learned(office: &Office, view: &View, asked: &Asked) -> Answer<Learned> {
    view.user.require(Right::Read)?;
    view.user.require(Right::ReadElders)?;
    view.user.require_inside(&view.region.code)?;
    let from: BusinessDate = read(&asked.from, said::DATE)?.unwrap_or_else(|| view.month.first());
    let until: BusinessDate = read(&asked.until, said::DATE)?.unwrap_or_else(|| view.month.last());
    let (since, before) = (from.at_minute(0), until.plus_days(1).at_minute(0));
    let (region, staff) = (view.region.code.clone(), view.user.region.clone());
    let (found, names, staff) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let found = load(tx, &region, (since, before), None, MOST).await?;
                Ok((found, canteens::all(tx).await?, people::inside(tx, &staff).await?))
            })
        })
        .await?;
    let names: BTreeMap<CanteenId, String> = names.into_iter().map(|row| (row.id, row.name)).collect();
    let mut rows = Vec::new();
    for learned in &found.rows {
        let fact = &learned.fact.0;
        let fits = typed(&asked.kind).is_none_or(|kind| kind == kind_of(&fact.kind))
            && (typed(&asked.late).is_none() || late(fact) > 0);
        if fits {
            let by = learned.recorded_by;
            let by = by.map_or_else(|| Common::of(view.lang).system.to_owned(), |by| person(&staff, by, view.lang));
            rows.push(Row { by, ..line(learned, &found, &names, view) });
        }
    }
    Ok(Learned { from, until, rows, more: found.more.then_some(found.rows.len()) })
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = learned(&office, &view, &asked).await?;
    Ok(files::of_month(&table(&found, &view), &view, "changes", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = learned(&office, &view, &asked).await?;
    Ok(files::of_month(&table(&found, &view), &view, "changes", Kind::Xlsx)?)
}

/// What is listed, as a table; elders masked as on the page.
fn table(found: &Learned, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let heads = [w.who, w.change, w.holds_from, w.learned, w.late_only, c.by, w.touched, w.findings, w.deduction];
    let row = |row: &Row| {
        let findings: Vec<&str> = row.findings.iter().map(|(_, number)| number.as_str()).collect();
        let texts = [
            &row.elder,
            &row.change,
            &row.from,
            &row.learned,
            &row.late,
            &row.by,
            &row.more_meals,
            &findings.join(" "),
        ];
        texts.map(|text| Cell::from(text.as_str())).into_iter().chain([Cell::Money(row.stake)]).collect()
    };
    let mut notes = files::notes(w.title, view);
    let day = |date| fmt::full_day(date, view.lang);
    notes.push(format!("{} {} {} {}", w.from, day(found.from), w.until, day(found.until)));
    notes.extend(found.more.map(|n| fill(w.more, &[("n", &n)])));
    let heads = heads.map(str::to_owned).to_vec();
    Table { name: w.title.to_owned(), notes, heads, rows: found.rows.iter().map(row).collect() }
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let Learned { from, until, rows, more } = learned(&office, &view, &asked).await?;
    let w = Words::of(view.lang);
    let file = |ending: &str| {
        let (kind, late) = (super::escaped(&asked.kind), super::escaped(&asked.late));
        format!("{}&from={from}&until={until}&kind={kind}&late={late}", view.link(&format!("{HOME}.{ending}")))
    };
    Page::of(&ChangesPage {
        w,
        c: Common::of(view.lang),
        stake: rows.iter().map(|row| row.stake).sum(),
        more: more.map(|n| fill(w.more, &[("n", &n)])),
        rows,
        from,
        until,
        files: ["csv", "xlsx"].map(file),
        asked,
        here: view.link(HOME),
        shell: view.shell(HOME, w.title),
    })
}

fn line(learned: &LearnedRow, found: &Read, names: &BTreeMap<CanteenId, String>, view: &View) -> Row {
    /// So many meals are named one by one.
    const NAMED: usize = 5;
    let (w, fact, lang) = (Words::of(view.lang), &learned.fact.0, view.lang);
    let meals = found.meals_of(learned);
    let findings = findings_about(meals, &found.closes);
    let unclosed = meals.iter().filter(|meal| !found.closes.contains_key(&(meal.canteen, meal.date))).count();
    let days = late(fact);
    let valid_from = fmt::full_day(fact.valid_from, lang);
    let told = |meal: &MealOf| {
        let period = domain::words::period_name(&meal.period, lang.domain());
        let name = names.get(&meal.canteen).map(String::as_str).unwrap_or_default();
        let path = format!("/console/reconciliation?canteen={}&date={}", meal.canteen, meal.date);
        let at = format!("{path}&region={}&month={}", view.region.code, meal.date.month());
        (at, format!("{} {period} {name}", fmt::day(meal.date, lang)))
    };
    Row {
        elder: names::mask(&learned.name),
        link: view.link(&format!("{}/{}", super::elders::HOME, learned.elder)),
        change: fact_words(&fact.kind, &valid_from, lang),
        from: valid_from,
        learned: fmt::at(fact.known_from, lang),
        late: if days > 0 { fill(w.late_n, &[("n", &days)]) } else { String::new() },
        by: String::new(),
        more_meals: if meals.is_empty() { String::new() } else { fill(w.touched_n, &[("n", &meals.len())]) },
        unclosed: if unclosed > 0 { fill(w.open_days, &[("n", &unclosed)]) } else { String::new() },
        meals: meals.iter().take(NAMED).map(told).collect(),
        stake: findings.iter().map(|(_, finding)| finding.stake).sum(),
        findings: findings
            .iter()
            .map(|(canteen, finding)| {
                (view.link(&format!("/console/findings/{canteen}/{}", finding.number)), finding.number.clone())
            })
            .collect(),
    }
}
