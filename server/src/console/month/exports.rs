//! Everything of a region's month that can be taken away, in one place.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::calendar::BusinessDate;
use domain::id::{CanteenId, StatementId};
use domain::reconciliation::DayClose;
use domain::settlement::MonthState;
use receipts::table::{Cell, Table};

use super::board;
use super::say;
use super::words::Words;
use crate::console::days::{Around, MonthDays};
use crate::console::files::{self, Kind};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::routes::Routes;
use crate::payment;
use crate::people::Right;
use crate::store::{Tx, months, overview};
use crate::{Error, Office};

const PATH: &str = "/console/exports";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/exports/days.csv", days_csv)
        .get("/console/exports/days.xlsx", days_xlsx)
}

struct Found {
    around: Around,
    state: Option<MonthState>,
    /// Whether money may leave: the list was disclosed to its last day.
    may_leave: bool,
    statements: Vec<(StatementId, String, CanteenId)>,
}

async fn load(tx: &mut Tx, view: &View) -> Result<Found, Error> {
    let (region, month) = (&view.region.code, view.month);
    let state = months::settlement(tx, region, month).await?.map(|s| s.state.0);
    let may_leave = match state {
        Some(MonthState::Approved) => {
            payment::afterwards(tx, region, month).await?.may_leave(view.now.local_date()).is_ok()
        }
        _ => false,
    };
    Ok(Found {
        state,
        may_leave,
        statements: overview::numbers(tx, region, month).await?,
        around: Around::load(tx, region, month, None).await?,
    })
}

/// Something that can be taken away.
struct Item {
    name: &'static str,
    what: &'static str,
    /// Its address and kind.
    files: Vec<(String, &'static str)>,
}

struct Row {
    id: StatementId,
    number: String,
    canteen: String,
    href: String,
}

#[derive(Template)]
#[template(path = "console/month/exports.html")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    as_of: String,
    state: &'static str,
    items: Vec<Item>,
    rows: Vec<Row>,
    command: String,
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
    let found = read(&office, &view).await?;
    Page::of(&drawn(&view, &found))
}

fn items(view: &View, found: &Found) -> Vec<Item> {
    let w = Words::of(view.lang);
    let (region, month) = (&view.region.code, view.month);
    let api = |name: &str| format!("/api/v1/months/{region}/{month}/{name}");
    let has = |right: Right| view.user.role.rights().contains(&right);
    let mut items = vec![Item {
        name: w.export_days,
        what: w.export_days_what,
        files: vec![(view.link("/console/exports/days.xlsx"), "XLSX"), (view.link("/console/exports/days.csv"), "CSV")],
    }];
    if found.state.is_some() {
        items.push(Item { name: w.summary, what: w.export_summary_what, files: vec![(api("summary.pdf"), "PDF")] });
        let files =
            vec![(view.link("/console/settlement.xlsx"), "XLSX"), (view.link("/console/settlement.csv"), "CSV")];
        items.push(Item { name: w.export_table, what: w.export_table_what, files });
        let files = vec![(api("disclosure.xlsx"), "XLSX"), (api("disclosure.csv"), "CSV")];
        items.push(Item { name: w.export_disclosure, what: w.export_disclosure_what, files });
    }
    if found.may_leave && (has(Right::MakeMonth) || has(Right::CheckMonth)) {
        items.push(Item { name: w.bank_csv, what: w.export_bank_what, files: vec![(api("bank.csv"), "CSV")] });
    }
    items
}

fn drawn(view: &View, found: &Found) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let row = |(id, number, canteen): &(StatementId, String, CanteenId)| Row {
        id: *id,
        number: number.clone(),
        canteen: found.around.name(*canteen).to_owned(),
        href: view.link(&format!("/console/statements/{id}")),
    };
    let title = fill(w.exports_of, &[("month", &fmt::short_month(view.month, lang))]);
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(found.around.waiting),
        w,
        title,
        as_of: fill(w.as_of_now, &[("at", &fmt::at(view.now, lang))]),
        state: say::state(w, found.state.unwrap_or(MonthState::Open)),
        items: items(view, found),
        rows: found.statements.iter().map(row).collect(),
        command: format!(
            "zhucan audit-pack --region {} --month {} --out {}-{}.pack",
            view.region.code, view.month, view.region.code, view.month
        ),
    }
}

/// The month's days and their closes, whole; nothing in the place of one that cannot be read.
struct Days {
    days: MonthDays,
    closes: Vec<(CanteenId, BusinessDate, Option<DayClose>)>,
}

async fn read_days(office: &Office, view: &View) -> Answer<Days> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (region, month) = (view.region.code.clone(), view.month);
    let read = office.store.read(move |tx| {
        let region = region.clone();
        Box::pin(async move {
            let closes = overview::closes(tx, &region, month).await?.into_iter();
            let closes = closes.map(|((canteen, date), (_, close))| (canteen, date, close)).collect();
            Ok(Days { days: MonthDays::load(tx, &region, month, None).await?, closes })
        })
    });
    Ok(read.await?)
}

/// The month's days as a table: one line for each canteen and day that is closed.
async fn days_csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read_days(&office, &view).await?;
    Ok(files::of_month(&days(&view, &found), &view, "days", Kind::Csv)?)
}

async fn days_xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read_days(&office, &view).await?;
    Ok(files::of_month(&days(&view, &found), &view, "days", Kind::Xlsx)?)
}

fn days(view: &View, Days { days: found, closes }: &Days) -> Table {
    let w = Words::of(view.lang);
    let head = [
        w.canteen,
        w.day,
        w.meals_all,
        w.guests,
        w.meals,
        w.voids,
        w.subsidy,
        w.deducted,
        w.own_payment,
        w.z_reports,
        w.z_equal,
        w.grade,
        w.findings,
        w.changed_since,
    ];
    let mut closes: Vec<_> =
        closes.iter().map(|(canteen, date, close)| (found.name(*canteen), canteen, date, close)).collect();
    closes.sort_by_key(|(name, canteen, date, _)| (*name, *canteen, *date));
    let row = |(name, _, date, close): (&str, _, &BusinessDate, &Option<DayClose>)| {
        let mut row = vec![Cell::from(name), Cell::Text(date.to_string())];
        let Some(close) = close else {
            row.push(Cell::from(w.export_unreadable));
            row.resize_with(head.len(), || Cell::from(""));
            return row;
        };
        row.extend([close.meals, close.guests, close.subsidised, close.voids].map(|sum| files::count(sum.count)));
        let (charged, corrected) = (board::charged(&close.tiers), board::corrected(&close.corrections));
        row.extend([charged, corrected, close.own_payment].map(Cell::Money));
        row.extend([close.z_reports.0, close.z_reports.1].map(files::count));
        row.push(Cell::Text(say::letter(view.lang, &close.grade)));
        row.push(files::count(close.findings.len()));
        let dirty = found.is_unclosed(close.canteen, close.date);
        row.push(Cell::from(if dirty { w.yes } else { w.no }));
        row
    };
    let title = fill(w.exports_of, &[("month", &fmt::short_month(view.month, view.lang))]);
    Table {
        name: w.export_days.to_owned(),
        notes: vec![
            format!("{title}　{}", view.region.name),
            fill(w.as_of_now, &[("at", &fmt::at(view.now, view.lang))]),
        ],
        heads: head.map(str::to_owned).to_vec(),
        rows: closes.into_iter().map(row).collect(),
    }
}
