//! `/console/canteens`: every canteen of the region with its standing, last sync and meals of the month.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::UnixMs;
use domain::canteen::{Canteen, Filing, Licence, Standing};
use domain::id::CanteenId;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::canteen_words::Words;
use super::words::Words as Common;
use super::{ago, read, typed, wanted};
use crate::Office;
use crate::admin::NewCanteen;
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::fill;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::{Form, Query};
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::canteens::CanteenRow;
use crate::store::terminals::TerminalRow;
use crate::store::{board, canteens, register};
use crate::words::office as said;

pub(super) const HOME: &str = "/console/canteens";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    name: String,
    attention: String,
    sort: String,
}

/// A canteen's line.
struct Row {
    link: String,
    name: String,
    operator: String,
    place: String,
    chips: Vec<Chip>,
    attention: bool,
    heard: Option<UnixMs>,
    sync: String,
    terminals: String,
    unsent: i64,
    unsent_words: String,
    days: i64,
    meals: i64,
    /// Days, meals, and meals an open day, as they are shown.
    counts: [String; 3],
}

/// A count in a wide table: a dash for nothing.
fn counted(n: i64) -> String {
    if n == 0 { "—".to_owned() } else { fmt::count(n) }
}

/// Something about a standing, as a word with a colour.
pub(super) struct Chip {
    pub(super) class: &'static str,
    pub(super) words: String,
}

/// A standing in short. Whether it holds money is for the policy to say; here it only catches the eye.
pub(super) fn chips(standing: &Standing, w: &Words) -> (Vec<Chip>, bool) {
    let letter = |letter: &str, worst: &[&str]| match letter {
        "A" => "chip-ok",
        bad if worst.contains(&bad) => "chip-bad",
        domain::canteen::UNRATED => "chip-off",
        _ => "chip-warn",
    };
    let grade = fill(w.grade_is, &[("grade", &w.letter(&standing.quality_grade))]);
    let mut chips = vec![Chip { class: letter(&standing.quality_grade, &["C"]), words: grade }];
    if standing.risk_level != domain::canteen::UNRATED {
        let risk = fill(w.risk_is, &[("risk", &w.letter(&standing.risk_level))]);
        chips.push(Chip { class: letter(&standing.risk_level, &["D"]), words: risk });
    }
    if standing.licence != Licence::Valid {
        chips.push(Chip { class: "chip-bad", words: w.licence(standing.licence).to_owned() });
    }
    if standing.filing != Filing::Active {
        chips.push(Chip { class: "chip-bad", words: w.filing(standing.filing).to_owned() });
    }
    if let Some(stars) = standing.stars {
        chips.push(Chip { class: "", words: fill(w.stars_is, &[("n", &stars)]) });
    }
    let attention = chips.iter().any(|chip| chip.class == "chip-bad");
    (chips, attention)
}

#[derive(Template)]
#[template(path = "console/office/canteens.html")]
struct CanteensPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    asked: Asked,
    rows: Vec<Row>,
    count: String,
    meals: String,
    days: String,
    may_add: bool,
    here: String,
    sorts: [(&'static str, String); 3],
    files: [String; 2],
}

#[derive(Deserialize)]
struct New {
    place: String,
    name: String,
    operator: String,
    credit_code: String,
    address: String,
    phone: String,
    bank: String,
    account_name: String,
    account: zeroize::Zeroizing<String>,
    capacity: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, list).get("/console/canteens.csv", csv).get("/console/canteens.xlsx", xlsx).post(
        HOME,
        Action::CanteenCreate,
        create,
    )
}

/// What is listed: filtered, in the order that was asked for.
async fn read_rows(office: &Office, view: &View, asked: &Asked) -> Answer<Vec<Row>> {
    view.user.require(Right::Read)?;
    let (region, month) = (view.region.code.clone(), view.month);
    let (found, facts, terminals, meals) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok((
                    canteens::inside(tx, &region).await?,
                    board::facts(tx, &region).await?,
                    register::terminals(tx, &region).await?,
                    register::meals(tx, &region, month).await?,
                ))
            })
        })
        .await?;
    let mut of: BTreeMap<CanteenId, Vec<TerminalRow>> = BTreeMap::new();
    for row in terminals.into_iter().filter(|row| row.revoked_at.is_none() && row.confirmed_at.is_some()) {
        of.entry(row.canteen).or_default().push(row);
    }
    let own = found.into_iter().filter(|row| view.user.require_canteen(row.id, &row.region).is_ok());
    let mut rows: Vec<Row> = own
        .map(|row| {
            let canteen = Canteen {
                id: row.id,
                region: row.region.clone(),
                facts: facts.get(&row.id).cloned().unwrap_or_default(),
            };
            let terminals = of.remove(&row.id).unwrap_or_default();
            let meals = meals.get(&row.id).copied().unwrap_or_default();
            line(row, &canteen, &terminals, meals, view)
        })
        .collect();
    if let Some(name) = typed(&asked.name) {
        rows.retain(|row| row.name.contains(name) || row.operator.contains(name));
    }
    if typed(&asked.attention).is_some() {
        rows.retain(|row| row.attention);
    }
    match asked.sort.as_str() {
        "sync" => rows.sort_by_key(|row| row.heard),
        "meals" => rows.sort_by_key(|row| -row.meals),
        _ => rows.sort_by(|a, b| a.name.cmp(&b.name)),
    }
    Ok(rows)
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = read_rows(&office, &view, &asked).await?;
    Ok(files::of_month(&table(&rows, &view), &view, "canteens", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = read_rows(&office, &view, &asked).await?;
    Ok(files::of_month(&table(&rows, &view), &view, "canteens", Kind::Xlsx)?)
}

/// What is listed, as a table.
fn table(rows: &[Row], view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let heads = [c.canteen, w.operator, c.region, w.standing, w.sync, w.terminals, w.days, w.meals];
    let row = |row: &Row| {
        let chips: Vec<&str> = row.chips.iter().map(|chip| chip.words.as_str()).collect();
        let texts = [&row.name, &row.operator, &row.place, &chips.join(", "), &row.sync, &row.terminals];
        let counts = [row.days, row.meals].map(files::count);
        texts.map(|text| Cell::from(text.as_str())).into_iter().chain(counts).collect()
    };
    Table {
        name: w.title.to_owned(),
        notes: files::notes(w.title, view),
        heads: heads.map(str::to_owned).to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let rows = read_rows(&office, &view, &asked).await?;
    let w = Words::of(view.lang);
    let sort = |path: &str, by: &str| {
        let (name, attention) = (super::escaped(&asked.name), super::escaped(&asked.attention));
        format!("{}&sort={by}&name={name}&attention={attention}", view.link(path))
    };
    let file = |ending: &str| sort(&format!("{HOME}.{ending}"), &super::escaped(&asked.sort));
    Page::of(&CanteensPage {
        w,
        c: Common::of(view.lang),
        count: fill(w.count, &[("n", &rows.len())]),
        meals: fmt::count(rows.iter().map(|row| row.meals).sum::<i64>()),
        days: fmt::count(rows.iter().map(|row| row.days).sum::<i64>()),
        may_add: view.user.role.rights().contains(&Right::ManageCanteens),
        here: view.link(HOME),
        sorts: ["name", "sync", "meals"].map(|by| (by, sort(HOME, by))),
        files: ["csv", "xlsx"].map(file),
        rows,
        asked,
        shell: view.shell(HOME, w.title),
    })
}

fn line(row: CanteenRow, canteen: &Canteen, terminals: &[TerminalRow], (days, meals): (i64, i64), view: &View) -> Row {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let standing = canteen.on(view.now.business_date(), view.now).standing;
    let (chips, attention) = chips(&standing, w);
    // A canteen is as late as the till that was silent longest.
    let heard = terminals.iter().map(|row| row.seen_at).min().flatten();
    let unsent = terminals.iter().filter_map(|row| row.unsent).sum();
    Row {
        link: view.link(&format!("{HOME}/{}", row.id)),
        name: row.name,
        operator: row.operator,
        place: row.region.to_string(),
        chips,
        attention,
        heard,
        sync: heard.map_or_else(|| c.never.to_owned(), |at| ago(at, view.now, c)),
        terminals: fill(w.terminals_n, &[("n", &terminals.len())]),
        unsent,
        unsent_words: fill(w.unsent_n, &[("n", &unsent)]),
        days,
        meals,
        counts: [counted(days), counted(meals), counted((meals + days / 2).checked_div(days).unwrap_or(0))],
    }
}

async fn create(State(office): State<Arc<Office>>, view: View, Form(new): Form<New>) -> Answer<Redirect> {
    view.user.require(Right::ManageCanteens)?;
    let region = wanted(&new.place, said::REGION)?;
    view.user.require_inside(&region)?;
    let capacity = read(&new.capacity, said::COUNT)?;
    let New { name, operator, credit_code, address, phone, bank, account_name, account, .. } = new;
    let account = account.as_str().to_owned();
    let new = NewCanteen { region, name, operator, credit_code, address, phone, bank, account_name, account, capacity };
    let id = office.create_canteen(new, Some(view.user.id)).await?.id;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{id}?done=saved"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::lang::Lang;

    #[test]
    fn a_standing_says_what_is_wrong_with_it_in_words() {
        let w = Words::of(Lang::En);
        let good = Standing { quality_grade: "A".into(), ..Standing::default() };
        let (shown, attention) = chips(&good, w);
        assert_eq!((shown.len(), shown[0].words.as_str(), attention), (1, "Grade A", false));
        let bad = Standing { quality_grade: "C".into(), licence: Licence::Expired, filing: Filing::Inactive, ..good };
        let (shown, attention) = chips(&bad, w);
        let words: Vec<&str> = shown.iter().map(|chip| chip.words.as_str()).collect();
        assert_eq!(words, ["Grade C", "licence expired", "not filed"]);
        assert!(attention);
    }
}
