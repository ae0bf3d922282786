//! Canteens by days: where tills, server and Z reports agree, and the chosen day beside it.

pub(super) mod heat;
mod panel;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::{BusinessDate, DayKind};
use domain::id::CanteenId;
use receipts::table::{Cell as Field, Table};
use serde::Deserialize;

use super::days::MonthDays;
use super::files::{self, Kind};
use super::lang::fill;
use super::view::{Shell, View};
use super::{Page, fmt};
use crate::close::close_days;
use crate::http::Answer;
use crate::http::body::{Form, Query};
use crate::http::months::put_left_out;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::{Tx, board, overview};
use crate::{Error, Office};
use heat::{Ground, Heat, Mark};
use panel::Panel;
use words::Words;

const PATH: &str = "/console/reconciliation";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, show)
        .get("/console/reconciliation.csv", csv)
        .get("/console/reconciliation.xlsx", xlsx)
        .send("/console/reconciliation/close", close)
        .post("/console/reconciliation/left-out", crate::audit::Action::DayLeaveOut, leave_out)
}

/// What the page's address says beside region and month.
#[derive(Clone, Default, Deserialize)]
struct Asked {
    /// `1`: only what does not agree.
    only: Option<String>,
    canteen: Option<CanteenId>,
    date: Option<BusinessDate>,
}

impl Asked {
    fn only(&self) -> bool {
        self.only.as_deref() == Some("1")
    }

    fn chosen(&self) -> Option<(CanteenId, BusinessDate)> {
        self.canteen.zip(self.date)
    }
}

/// A day's head.
struct DayHead {
    number: String,
    weekday: &'static str,
    rest: bool,
    full: String,
}

/// A cell as it is drawn.
struct Square {
    class: &'static str,
    text: String,
    href: Option<String>,
    label: String,
    chosen: bool,
    differs: bool,
}

struct Line {
    name: String,
    squares: Vec<Square>,
    total: String,
}

/// An entry of the legend.
struct Known {
    class: &'static str,
    word: &'static str,
    count: usize,
}

/// A bar of the day bars, in the units of their picture.
struct Bar {
    x: usize,
    y: i64,
    height: i64,
    /// How high last month's same weekdays were.
    before: Option<i64>,
    title: String,
}

/// A day beside last month, for the table of the bars.
struct DayRow {
    day: String,
    meals: String,
    before: String,
    change: String,
}

/// A day to be looked at first.
struct Look {
    class: &'static str,
    word: &'static str,
    text: String,
    day: String,
    href: String,
}

#[derive(Template)]
#[template(path = "console/reconciliation.html")]
struct ReconciliationPage {
    shell: Shell,
    w: &'static Words,
    sub: String,
    only: bool,
    toggle: String,
    differing: usize,
    csv: String,
    xlsx: String,
    legend: Vec<Known>,
    heads: Vec<DayHead>,
    lines: Vec<Line>,
    bars: Vec<Bar>,
    /// The bars in figures.
    daily: Vec<DayRow>,
    bars_width: usize,
    total: String,
    panel: Option<Panel>,
    close_href: String,
    look: Vec<Look>,
}

impl ReconciliationPage {
    /// Whether last month had anything to stand beside.
    fn has_before(&self) -> bool {
        self.bars.iter().any(|bar| bar.before.is_some())
    }
}

/// A region's month for a person who sees regions.
struct Loaded {
    days: MonthDays,
    heat: Heat,
    left_out: BTreeMap<(CanteenId, BusinessDate), String>,
}

/// Reads the month as it stands.
pub(super) async fn load(
    tx: &mut Tx,
    office: &Office,
    view: &View,
) -> Result<(MonthDays, Heat, BTreeMap<(CanteenId, BusinessDate), String>), Error> {
    let (region, month, now) = (&view.region.code, view.month, view.now);
    let days = MonthDays::load(tx, region, month, view.user.canteen).await?;
    let left_out = board::left_out(tx, region, month).await?;
    let until = now.business_date().plus_days(-1).min(month.last());
    let is_unclosed = |date: &BusinessDate| days.canteens.iter().any(|row| days.is_unclosed(row.id, *date));
    let unclosed: Vec<BusinessDate> = month.days().filter(|date| *date <= until).filter(is_unclosed).collect();
    let held = match (unclosed.first(), unclosed.last()) {
        (Some(first), Some(last)) => board::meals(tx, region, *first, *last).await?,
        _ => BTreeMap::new(),
    };
    let book = office.book();
    let ground = Ground { month, now, calendar: book.calendar(), left_out: &left_out, held: &held };
    let heat = Heat::of(&days, &ground);
    Ok((days, heat, left_out))
}

async fn loaded(office: &Arc<Office>, view: &View) -> Answer<Loaded> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (kept, seen) = (Arc::clone(office), view.clone());
    let read = office.store.read(move |tx| {
        let (office, view) = (Arc::clone(&kept), seen.clone());
        Box::pin(async move { load(tx, &office, &view).await })
    });
    let (days, heat, left_out) = read.await?;
    Ok(Loaded { days, heat, left_out })
}

async fn show(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let Loaded { days, heat, left_out } = loaded(&office, &view).await?;
    let w = Words::of(view.lang);
    let panel = match asked.chosen() {
        Some((canteen, date)) => Some(panel::load(&office, &view, &days, &heat, &left_out, canteen, date).await?),
        None => None,
    };
    let look = if panel.is_some() { Vec::new() } else { to_look_at(&view, w, &heat, asked.only()) };
    let differing = heat.differing();
    let legend = legend(w, &heat);
    let heads = heads(&view, &office);
    let heat = if asked.only() { heat.only_differing() } else { heat };
    // What is left of a month is held against no other.
    let before = if asked.only() { [None; 7] } else { last_month(&office, &view).await? };
    let query = if asked.only() { "?only=1" } else { "" };
    let canteens = days.canteens.len();
    Page::of(&ReconciliationPage {
        sub: fill(w.sub, &[("month", &fmt::short_month(view.month, view.lang)), ("n", &canteens)]),
        toggle: view.link(if asked.only() { PATH } else { "/console/reconciliation?only=1" }),
        csv: view.link(&format!("/console/reconciliation.csv{query}")),
        xlsx: view.link(&format!("/console/reconciliation.xlsx{query}")),
        lines: lines(&view, w, &heat, &asked),
        bars: bars(&view, w, &heat.daily(), &before),
        daily: daily(&view, &heat.daily(), &before),
        bars_width: heads.len() * 24,
        total: fmt::count(heat.rows.iter().map(heat::Row::total).sum::<i64>()),
        close_href: view.link(&format!("{PATH}{query}")),
        shell: view.shell(PATH, w.title).with_badge(days.waiting().count()),
        only: asked.only(),
        w,
        differing,
        legend,
        heads,
        panel,
        look,
    })
}

fn heads(view: &View, office: &Office) -> Vec<DayHead> {
    let book = office.book();
    let head = |date: BusinessDate| DayHead {
        number: date.ymd().2.to_string(),
        weekday: fmt::short_weekday(date, view.lang),
        rest: book.calendar().kind(date).is_some_and(|kind| kind != DayKind::Workday),
        full: format!("{} {}", fmt::day(date, view.lang), fmt::long_weekday(date, view.lang)),
    };
    view.month.days().map(head).collect()
}

fn legend(w: &'static Words, heat: &Heat) -> Vec<Known> {
    let known =
        |mark: Mark, count: &[Mark]| Known { class: mark.class(), word: w.mark(mark), count: heat.count(count) };
    let mut legend: Vec<Known> = [Mark::Same, Mark::Decided, Mark::Open, Mark::Block, Mark::Incomplete, Mark::LeftOut]
        .into_iter()
        .map(|mark| known(mark, &[mark]))
        .collect();
    let closed = heat.count(&[Mark::Rest, Mark::Stopped]);
    legend.push(Known { class: "h-closed", word: w.not_open, count: closed });
    legend
}

/// The address of a day's panel.
fn day_link(view: &View, only: bool, canteen: CanteenId, date: BusinessDate) -> String {
    let only = if only { "&only=1" } else { "" };
    view.link(&format!("{PATH}?canteen={canteen}&date={date}{only}"))
}

fn lines(view: &View, w: &'static Words, heat: &Heat, asked: &Asked) -> Vec<Line> {
    let square = |row: &heat::Row, cell: &heat::Cell| {
        let count = fmt::count(cell.count);
        let text = match cell.mark {
            Mark::Ahead => String::new(),
            Mark::Rest => w.rest.to_owned(),
            Mark::Stopped => w.stopped.to_owned(),
            _ => count.clone(),
        };
        let day = fmt::day(cell.date, view.lang);
        let label = format!("{} {day} {} {count}", row.name, w.mark(cell.mark));
        let is_there = cell.mark != Mark::Ahead;
        Square {
            class: cell.mark.class(),
            text,
            href: is_there.then(|| day_link(view, asked.only(), row.canteen, cell.date)),
            label,
            chosen: asked.chosen() == Some((row.canteen, cell.date)),
            differs: cell.mark.differs(),
        }
    };
    let line = |row: &heat::Row| Line {
        name: row.name.clone(),
        squares: row.cells.iter().map(|cell| square(row, cell)).collect(),
        total: fmt::count(row.total()),
    };
    heat.rows.iter().map(line).collect()
}

/// What last month had on an open day, by weekday.
async fn last_month(office: &Arc<Office>, view: &View) -> Answer<[Option<i64>; 7]> {
    let (region, month, own) = (view.region.code.clone(), view.month.previous(), view.user.canteen);
    let read = office.store.read(move |tx| {
        let region = region.clone();
        Box::pin(async move { overview::counts(tx, &region, month).await })
    });
    let mut counts = read.await?;
    counts.retain(|(canteen, _), _| own.is_none_or(|own| own == *canteen));
    Ok(heat::by_weekday(&counts))
}

fn of_weekday(before: &[Option<i64>; 7], date: BusinessDate) -> Option<i64> {
    before[usize::from(date.weekday() % 7)]
}

/// Bars under the days, 40 units high at most, with last month's same weekdays.
fn bars(view: &View, w: &'static Words, daily: &[i64], before: &[Option<i64>; 7]) -> Vec<Bar> {
    let most = daily.iter().chain(before.iter().flatten()).copied().max().unwrap_or(0).max(1);
    let bar = |(at, (count, date)): (usize, (&i64, BusinessDate))| {
        let height = if *count == 0 { 0 } else { (count * 40 / most).max(1) };
        let mut title = format!("{} {}", fmt::day(date, view.lang), fmt::count(*count));
        let before = of_weekday(before, date);
        if let Some(before) = before {
            title = format!("{title}, {} {}", w.last_month, fmt::count(before));
        }
        Bar { x: at * 24 + 4, y: 42 - height, height, before: before.map(|before| 42 - before * 40 / most), title }
    };
    daily.iter().zip(view.month.days()).enumerate().map(bar).collect()
}

/// The bars in figures: days on which something was served, or last month's same weekdays had something.
fn daily(view: &View, daily: &[i64], before: &[Option<i64>; 7]) -> Vec<DayRow> {
    let yesterday = view.now.business_date().plus_days(-1);
    let row = |(count, date): (&i64, BusinessDate)| {
        let before = of_weekday(before, date);
        if date > yesterday || (*count == 0 && before.is_none()) {
            return None;
        }
        let change = before.filter(|before| *before > 0).map(|before| (count - before) * 1000 / before);
        let dash = || "—".to_owned();
        Some(DayRow {
            day: format!("{} {}", fmt::day(date, view.lang), fmt::long_weekday(date, view.lang)),
            meals: fmt::count(*count),
            before: before.map_or_else(dash, fmt::count),
            change: change.map_or_else(dash, fmt::change_permille),
        })
    };
    daily.iter().zip(view.month.days()).filter_map(row).collect()
}

/// The worst days first, then the oldest.
fn to_look_at(view: &View, w: &'static Words, heat: &Heat, only: bool) -> Vec<Look> {
    let cells = heat.rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
    let mut cells: Vec<_> = cells.filter(|(_, cell)| cell.mark.differs()).collect();
    cells.sort_by_key(|(_, cell)| (std::cmp::Reverse(cell.mark), cell.date));
    let look = |(row, cell): (&heat::Row, &heat::Cell)| Look {
        class: cell.mark.class(),
        word: w.mark(cell.mark),
        text: row.name.clone(),
        day: fmt::day(cell.date, view.lang),
        href: day_link(view, only, row.canteen, cell.date),
    };
    cells.into_iter().take(8).map(look).collect()
}

/// What is shown, as a table.
fn table(view: &View, heat: &Heat) -> Table {
    let w = Words::of(view.lang);
    let as_of = fill(w.as_of, &[("at", &format!("{} {}", view.now.local_date(), fmt::hm(view.now)))]);
    let mut heads = vec![w.canteen.to_owned()];
    heads.extend(view.month.days().map(|date| date.to_string()));
    heads.extend([w.total.to_owned(), w.to_see.to_owned()]);
    let row = |row: &heat::Row| {
        let field = |cell: &heat::Cell| match cell.mark {
            Mark::Ahead => Field::Empty,
            Mark::Rest => Field::from(w.rest),
            Mark::Stopped => Field::from(w.stopped),
            _ => Field::Count(cell.count),
        };
        let differing = row.cells.iter().filter(|cell| cell.mark.differs());
        let differing: Vec<String> =
            differing.map(|cell| format!("{} {}", fmt::day(cell.date, view.lang), w.mark(cell.mark))).collect();
        let mut fields = vec![Field::from(row.name.as_str())];
        fields.extend(row.cells.iter().map(field));
        fields.extend([Field::Count(row.total()), Field::from(differing.join(w.and))]);
        fields
    };
    let name = fill(w.file, &[("region", &view.region.name), ("month", &fmt::month(view.month, view.lang))]);
    Table { name: w.title.to_owned(), notes: vec![name, as_of], heads, rows: heat.rows.iter().map(row).collect() }
}

async fn shown(office: &Arc<Office>, view: &View, asked: &Asked) -> Answer<Table> {
    let heat = loaded(office, view).await?.heat;
    Ok(table(view, &if asked.only() { heat.only_differing() } else { heat }))
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    Ok(files::of_month(&shown(&office, &view, &asked).await?, &view, "days", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    Ok(files::of_month(&shown(&office, &view, &asked).await?, &view, "days", Kind::Xlsx)?)
}

/// Which day the form was sent from.
#[derive(Deserialize)]
struct OfDay {
    canteen: CanteenId,
    date: BusinessDate,
}

async fn close(State(office): State<Arc<Office>>, view: View, Form(of): Form<OfDay>) -> Answer<Redirect> {
    view.user.require(Right::MakeMonth)?;
    close_days(&office.store, &office.book(), office.now()).await?;
    Ok(back(&view, &of))
}

/// Back to the day, telling that it was done.
fn back(view: &View, of: &OfDay) -> Redirect {
    Redirect::to(&view.link(&format!("{PATH}?canteen={}&date={}&done=said", of.canteen, of.date)))
}

#[derive(Deserialize)]
struct LeaveOut {
    canteen: CanteenId,
    date: BusinessDate,
    reason: String,
}

async fn leave_out(State(office): State<Arc<Office>>, view: View, Form(form): Form<LeaveOut>) -> Answer<Redirect> {
    put_left_out(&office, &view.user, form.canteen, form.date, &form.reason).await?;
    Ok(back(&view, &OfDay { canteen: form.canteen, date: form.date }))
}
