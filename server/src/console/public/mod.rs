//! What everybody may read: which canteens there are, what a meal costs an elder of which age, how safe the kitchen is,
//! how many meals it served, and the masked lists of months that are disclosed.
//!
//! Nobody signs in here, so nothing is worked out anew for every visitor: what is shown is made at most once a minute,
//! and a disclosed list once.

mod board;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::StatementId;
use domain::region::RegionCode;
use receipts::table::{Cell, Table};
use serde::Deserialize;
use tokio::sync::Mutex;

use self::board::{Board, Disclosed, Place, Sample};
use self::words::Words;
use super::lang::{Lang, fill};
use super::{Page, assets, fmt};
use crate::http::body::{Path, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, App, Problem};
use crate::statements::disclosure;
use crate::words::Code;
use crate::{Error, Office};

/// What is shown is no older than this, ms.
const FRESH_MS: i64 = 60 * 1000;
/// So many canteens on a page.
const MOST: usize = 40;
/// So many lists are kept.
const LISTS: usize = 64;

/// What was made for the last visitor.
#[derive(Default)]
pub(crate) struct Shown {
    board: Mutex<Option<Arc<Board>>>,
    lists: Mutex<HashMap<StatementId, Arc<Listed>>>,
}

/// A canteen's masked list.
struct Listed {
    canteen: String,
    region: RegionCode,
    month: Month,
    rows: Vec<(String, u64, domain::money::Fen)>,
}

impl FromRef<App> for Arc<Shown> {
    fn from_ref(app: &App) -> Self {
        app.public()
    }
}

impl Shown {
    /// The board of the last minute. Visitors who come while it is made wait for the one that is being made.
    async fn board(&self, office: &Office) -> Result<Arc<Board>, Error> {
        let mut kept = self.board.lock().await;
        let now = office.now();
        let fresh = |board: &&Arc<Board>| (0..FRESH_MS).contains(&(now.get() - board.at.get()));
        if let Some(board) = kept.as_ref().filter(fresh) {
            return Ok(Arc::clone(board));
        }
        let book = office.book();
        let board = office
            .store
            .read(move |tx| {
                let book = Arc::clone(&book);
                Box::pin(async move { Board::load(tx, &book, now).await })
            })
            .await?;
        Ok(Arc::clone(kept.insert(Arc::new(board))))
    }

    /// A disclosed list. An approved statement never changes, so it is made once.
    async fn list(&self, office: &Arc<Office>, month: &Disclosed, id: StatementId) -> Result<Arc<Listed>, Error> {
        let mut kept = self.lists.lock().await;
        if let Some(list) = kept.get(&id) {
            return Ok(Arc::clone(list));
        }
        let (inner, now) = (Arc::clone(office), office.now());
        let sheet = office.store.read(move |tx| {
            let office = Arc::clone(&inner);
            Box::pin(async move { disclosure(tx, id, &office.public_url, now).await })
        });
        let sheet = sheet.await?;
        let rows = sheet.rows.into_iter().map(|row| (row.name, row.meals, row.amount)).collect();
        let list = Listed { canteen: sheet.canteen, region: month.region.clone(), month: month.month, rows };
        if kept.len() >= LISTS {
            kept.clear();
        }
        Ok(Arc::clone(kept.entry(id).or_insert(Arc::new(list))))
    }
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    size: String,
    #[serde(default)]
    from: usize,
}

impl Asked {
    fn is_large(&self) -> bool {
        self.size == "large"
    }
}

#[derive(Template)]
#[template(path = "public/board.html")]
struct BoardPage {
    lang: Lang,
    w: &'static Words,
    sprite: &'static str,
    title: String,
    as_of: String,
    large: bool,
    size_href: String,
    served: String,
    q: String,
    places: Vec<Card>,
    more: Option<String>,
    disclosed: Vec<Published>,
}

/// A canteen as it is shown.
struct Card {
    name: String,
    /// `open`, `today` or nothing.
    state: &'static str,
    hours: String,
    short_grade: Option<String>,
    ages: Vec<(String, String)>,
    price: Option<String>,
    address: String,
    phone: String,
    grade: String,
    licence_gone: bool,
    count: String,
}

struct Published {
    title: String,
    note: String,
    href: String,
}

#[derive(Template)]
#[template(path = "public/list.html")]
struct ListPage {
    lang: Lang,
    w: &'static Words,
    sprite: &'static str,
    title: String,
    as_of: String,
    large: bool,
    hint: String,
    back: String,
    heads: Vec<&'static str>,
    rows: Vec<Line>,
    total: Line,
}

struct Line {
    name: String,
    href: Option<String>,
    meals: Option<String>,
    amount: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/", board)
        .get("/disclosures/{region}/{month}", disclosed)
        .get("/disclosures/{region}/{month}/{statement}", listed)
        .get("/open-data/canteens.csv", open_data)
}

/// A query's text as it stands in an address.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

async fn board(
    State(office): State<Arc<Office>>,
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Answer<impl IntoResponse> {
    let board = shown.board(&office).await?;
    let lang = Lang::kept(&headers);
    let w = Words::of(lang);
    let q = asked.q.trim().to_owned();
    let found: Vec<&Place> = board.places.iter().filter(|place| place.answers(&q)).collect();
    let minute = office.now().local_minute();
    let cards = found.iter().skip(asked.from).take(MOST).map(|place| card(place, &board, minute, lang)).collect();
    let size = |large: bool| if large { "&size=large" } else { "" };
    let next = asked.from.saturating_add(MOST);
    let more = (found.len() > next).then(|| format!("/?q={}&from={next}{}", encoded(&q), size(asked.is_large())));
    let month = fmt::short_month(board.month, lang);
    let meals = fmt::count(found.iter().map(|place| i64::from(place.meals)).sum::<i64>());
    let title = match board.region.as_deref() {
        Some(region) => fill(w.title, &[("region", &region)]),
        None => w.title_all.to_owned(),
    };
    let page = Page::of(&BoardPage {
        lang,
        w,
        sprite: assets::SPRITE,
        title,
        as_of: fill(w.as_of, &[("at", &fmt::at(board.at, lang))]),
        large: asked.is_large(),
        size_href: format!("/?q={}{}", encoded(&q), size(!asked.is_large())),
        served: fill(w.served, &[("n", &found.len()), ("month", &month), ("meals", &meals)]),
        q,
        places: cards,
        more,
        disclosed: board.disclosed.iter().map(|of| published(of, lang)).collect(),
    })?;
    Ok(([(header::VARY, "cookie")], page))
}

fn published(of: &Disclosed, lang: Lang) -> Published {
    let w = Words::of(lang);
    let (n, amount, until) = (of.statements.len(), fmt::yuan(&of.amount()), fmt::day(of.until, lang));
    Published {
        title: format!("{} {}", of.region_name, fill(w.disclosed, &[("month", &fmt::month(of.month, lang))])),
        note: fill(w.disclosed_note, &[("n", &n), ("amount", &amount), ("until", &until)]),
        href: format!("/disclosures/{}/{}", of.region, of.month),
    }
}

fn card(place: &Place, board: &Board, minute: u16, lang: Lang) -> Card {
    let w = Words::of(lang);
    let l = lang.domain();
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let window = |m: &domain::policy::MealWindow| {
        format!("{} {}–{}", domain::words::period_name(&m.period, l), clock(m.start), clock(m.end))
    };
    let serving = place.open_today && place.windows.iter().any(|m| (m.start..m.end).contains(&minute));
    let grade = |(grade, from): &(String, BusinessDate)| {
        fill(w.grade, &[("grade", grade), ("date", &fmt::full_day(*from, lang))])
    };
    let age = |Sample { age, own }: &Sample| (fill(w.from_age, &[("age", age)]), short_yuan(*own));
    let price = |amount: domain::money::Fen| {
        let text = if place.samples.is_empty() { w.price_only } else { w.price_note };
        let mut note = fill(text, &[("price", &short_yuan(amount))]);
        if place.priced_on != board.at.business_date() {
            note.push_str(&fill(w.priced_on, &[("date", &fmt::day(place.priced_on, lang))]));
        }
        note
    };
    let (meals, delivered) = (fmt::count(place.meals), fmt::count(place.delivered));
    Card {
        name: place.name.clone(),
        state: if serving {
            "open"
        } else if place.open_today {
            "today"
        } else {
            ""
        },
        hours: place.windows.iter().map(window).collect::<Vec<_>>().join(lang.of("　", ", ")),
        short_grade: place.grade.as_ref().map(|(grade, _)| fill(w.short_grade, &[("grade", grade)])),
        ages: place.samples.iter().map(age).collect(),
        price: place.price.map(price),
        address: place.address.clone(),
        phone: place.phone.clone(),
        grade: place.grade.as_ref().map_or_else(|| w.ungraded.to_owned(), grade),
        licence_gone: place.licence_gone,
        count: fill(
            w.count,
            &[("month", &fmt::short_month(board.month, lang)), ("meals", &meals), ("delivered", &delivered)],
        ),
    }
}

/// `¥9`, `¥9.50`: as a price is said.
fn short_yuan(amount: domain::money::Fen) -> String {
    let text = fmt::yuan(&amount);
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

/// The month, if it is disclosed today: the board may be of the minute before midnight.
fn of_month<'b>(
    board: &'b Board,
    region: &RegionCode,
    month: Month,
    today: BusinessDate,
    w: &Words,
) -> Answer<&'b Disclosed> {
    let mut shown = board.disclosed.iter().filter(|of| of.until >= today);
    let found = shown.find(|of| of.region == *region && of.month == month);
    found.ok_or_else(|| Problem::new(Code::NotFound, w.not_disclosed))
}

async fn disclosed(
    State(office): State<Arc<Office>>,
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
    Path((region, month)): Path<(RegionCode, Month)>,
) -> Answer<Page> {
    let lang = Lang::kept(&headers);
    let w = Words::of(lang);
    let board = shown.board(&office).await?;
    let of = of_month(&board, &region, month, office.now().local_date(), w)?;
    let row = |s: &board::Paid| Line {
        name: s.canteen.clone(),
        href: Some(format!("/disclosures/{region}/{month}/{}", s.id)),
        meals: None,
        amount: fmt::yuan(&s.approved),
    };
    let total = Line { name: String::new(), href: None, meals: None, amount: fmt::yuan(&of.amount()) };
    let title = format!("{} {}", of.region_name, fill(w.list_title, &[("month", &fmt::month(month, lang))]));
    let (heads, rows) = (vec![w.canteen, w.approved], of.statements.iter().map(row).collect());
    Page::of(&list_page(lang, board.at, title, of.until, "/".to_owned(), (heads, rows, total)))
}

fn list_page(
    lang: Lang,
    at: UnixMs,
    title: String,
    until: BusinessDate,
    back: String,
    (heads, rows, total): (Vec<&'static str>, Vec<Line>, Line),
) -> ListPage {
    let w = Words::of(lang);
    ListPage {
        lang,
        w,
        sprite: assets::SPRITE,
        title,
        as_of: fill(w.as_of, &[("at", &fmt::at(at, lang))]),
        large: false,
        hint: fill(w.list_hint, &[("until", &fmt::full_day(until, lang))]),
        back,
        heads,
        rows,
        total,
    }
}

async fn listed(
    State(office): State<Arc<Office>>,
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
    Path((region, month, id)): Path<(RegionCode, Month, StatementId)>,
) -> Answer<Page> {
    let lang = Lang::kept(&headers);
    let w = Words::of(lang);
    let board = shown.board(&office).await?;
    let of = of_month(&board, &region, month, office.now().local_date(), w)?;
    if !of.statements.iter().any(|statement| statement.id == id) {
        return Err(Problem::new(Code::NotFound, w.not_disclosed));
    }
    let list = shown.list(&office, of, id).await?;
    let line = |name: String, meals: u64, amount: domain::money::Fen| Line {
        name,
        href: None,
        meals: Some(fmt::count(i64::try_from(meals).unwrap_or(i64::MAX))),
        amount: fmt::yuan(&amount),
    };
    let rows = list.rows.iter().map(|(name, meals, amount)| line(name.clone(), *meals, *amount)).collect();
    let (meals, amount) = (list.rows.iter().map(|row| row.1).sum(), list.rows.iter().map(|row| row.2).sum());
    let title = format!("{} {}", list.canteen, fill(w.list_title, &[("month", &fmt::month(list.month, lang))]));
    let back = format!("/disclosures/{}/{month}", list.region);
    let table = (vec![w.elder, w.meals, w.amount], rows, line(String::new(), meals, amount));
    Page::of(&list_page(lang, board.at, title, of.until, back, table))
}

/// The canteens as a table for everybody's own use.
async fn open_data(
    State(office): State<Arc<Office>>,
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let lang = Lang::kept(&headers);
    let w = Words::of(lang);
    let board = shown.board(&office).await?;
    let table = table(&board, lang);
    let csv = table.csv().map_err(|e| Error::Internal(format!("{}: {e}", w.data)))?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv))
}

fn table(board: &Board, lang: Lang) -> Table {
    let w = Words::of(lang);
    let ages = board.places.iter().find(|place| !place.samples.is_empty());
    let ages = ages.map(|place| place.samples.iter().map(|sample| fill(w.from_age, &[("age", &sample.age)])).collect());
    let ages: Vec<String> = ages.unwrap_or_default();
    let mut heads: Vec<String> = [w.canteen, w.address, w.phone, w.list_price].map(str::to_owned).to_vec();
    heads.extend(ages.iter().cloned());
    heads.extend(
        [w.grade_head, w.meals_head, w.delivered_head]
            .map(|head| fill(head, &[("month", &fmt::month(board.month, lang))])),
    );
    let money = |amount: Option<domain::money::Fen>| amount.map_or(Cell::Empty, Cell::Money);
    let row = |place: &Place| {
        let mut row: Vec<Cell> = vec![
            place.name.clone().into(),
            place.address.clone().into(),
            place.phone.clone().into(),
            money(place.price),
        ];
        row.extend((0..ages.len()).map(|n| money(place.samples.get(n).map(|sample| sample.own))));
        row.push(place.grade.as_ref().map_or(Cell::Empty, |(grade, _)| Cell::from(grade.clone())));
        row.extend([Cell::Count(place.meals.into()), Cell::Count(place.delivered.into())]);
        row
    };
    Table {
        name: w.title_all.to_owned(),
        notes: vec![fill(w.as_of, &[("at", &fmt::at(board.at, lang))])],
        rows: board.places.iter().map(row).collect(),
        heads,
    }
}
