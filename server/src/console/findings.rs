//! What does not agree: an inbox by consequence, one finding with its evidence, and what is said and ruled about it.

mod detail;
pub(super) mod enclosed;
mod evidence;
mod shift;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::BusinessDate;
use domain::id::{CanteenId, UserId};
use domain::reconciliation::Severity;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::days::{Item, Life, MonthDays};
use super::files::{self, Kind};
use super::lang::Lang;
use super::lang::fill;
use super::view::{Shell, View};
use super::{Page, codes, fmt};
use crate::audit::Action;
use crate::http::Answer;
use crate::http::body::{Form, Path, Query};
use crate::http::canteens::permitted;
use crate::http::findings::{NewStep, put_step};
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::attachments::{self, AttachmentRow};
use crate::store::{board, closes, findings as store, people};
use crate::words::{Code, settlement as said};
use crate::{Error, Office};
use detail::{Detail, Told};
use evidence::Evidence;
use words::Words;

const PATH: &str = "/console/findings";

/// What a record is, by the name of its kind.
pub(super) fn kind_of_record(kind: &str, lang: Lang) -> &'static str {
    Words::of(lang).kind(kind)
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, list)
        .get("/console/findings.csv", csv)
        .get("/console/findings.xlsx", xlsx)
        .get("/console/findings/{canteen}/{number}", show)
        .post("/console/findings/{canteen}/{number}/steps", Action::FindingStep, say)
        .merge(enclosed::routes())
}

/// Which findings are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tab {
    #[default]
    Waiting,
    Answered,
    Decided,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Waiting, Self::Answered, Self::Decided];

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Decided => "decided",
        }
    }

    fn holds(self, item: &Item) -> bool {
        match self {
            Self::Waiting => item.waits(),
            Self::Answered => item.waits() && item.is_answered(),
            Self::Decided => item.life() != Life::Open,
        }
    }
}

/// A finding by its canteen and number: `{canteen}.{number}` in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark(CanteenId, String);

impl Mark {
    fn of(item: &Item) -> Self {
        Self(item.canteen, item.finding.number.clone())
    }

    fn is(&self, item: &Item) -> bool {
        let (number, date) = store::name_of(&self.1);
        let on = item.date.to_string().ends_with(date.trim_start_matches('%'));
        self.0 == item.canteen && number == item.finding.number && on
    }
}

#[derive(Clone, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    tab: Tab,
    #[serde(default, deserialize_with = "or_nothing")]
    only: Option<CanteenId>,
    /// The last finding of the page before.
    #[serde(default, deserialize_with = "mark")]
    after: Option<Mark>,
}

/// The finding behind which a page begins; nothing for the first page.
fn mark<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Mark>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let Some((canteen, number)) = text.split_once('.') else { return Ok(None) };
    let plain = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let canteen = canteen.parse().map_err(serde::de::Error::custom)?;
    Ok(plain.then(|| Mark(canteen, number.to_owned())))
}

/// A choice of a form that may be left empty.
fn or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<CanteenId>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

impl Asked {
    fn holds(&self, item: &Item) -> bool {
        self.tab.holds(item) && self.only.is_none_or(|only| only == item.canteen)
    }

    /// An address with these choices.
    fn link(&self, view: &View, path: &str) -> String {
        let only = self.only.map(|only| format!("&only={only}")).unwrap_or_default();
        let after = self.after.as_ref().map(|Mark(canteen, number)| format!("&after={canteen}.{number}"));
        view.link(&format!("{path}?tab={}{only}{}", self.tab.name(), after.unwrap_or_default()))
    }

    /// The same choices at another page.
    fn behind(&self, item: Option<&&Item>) -> Self {
        Self { after: item.map(|item| Mark::of(item)), ..self.clone() }
    }
}

/// So many findings on a page.
const PAGE: usize = 50;

/// A page of what is asked for.
struct Window<'a> {
    /// All that is asked for, in order.
    all: Vec<&'a Item>,
    from: usize,
    to: usize,
}

impl<'a> Window<'a> {
    /// The page behind the finding that is named; the one that holds the open finding when none is; the first else.
    fn of(days: &'a MonthDays, asked: &Asked, open: Option<&Mark>) -> Self {
        let all = chosen(days, asked);
        // What the page begins behind may have been decided since, and be none of these any more.
        let last = asked.after.as_ref().and_then(|after| days.findings.iter().find(|item| after.is(item)));
        let from = match (last, open) {
            (Some(last), _) => all.partition_point(|item| key(item) <= key(last)),
            (None, Some(open)) => all.iter().position(|item| open.is(item)).map_or(0, |at| at / PAGE * PAGE),
            (None, None) => 0,
        };
        // All that stood behind it may have been decided since: then the last page.
        let from = if from < all.len() { from } else { all.len().saturating_sub(1) / PAGE * PAGE };
        let to = all.len().min(from + PAGE);
        Self { all, from, to }
    }

    fn items(&self) -> &[&'a Item] {
        &self.all[self.from..self.to]
    }

    /// The choices with which this very page is shown again.
    fn here(&self, asked: &Asked) -> Asked {
        asked.behind(self.from.checked_sub(1).and_then(|at| self.all.get(at)))
    }

    fn next(&self, asked: &Asked) -> Option<Asked> {
        (self.to < self.all.len()).then(|| asked.behind(self.items().last()))
    }
}

struct TabLink {
    word: String,
    count: usize,
    href: String,
    is_chosen: bool,
}

struct Entry {
    name: &'static str,
    place: String,
    stake: String,
    age: String,
    href: String,
    is_chosen: bool,
}

struct Group {
    word: &'static str,
    shape: &'static str,
    /// On all pages.
    count: usize,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "console/findings.html")]
struct FindingsPage {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<TabLink>,
    tab: &'static str,
    only: String,
    canteens: Vec<(CanteenId, String)>,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    groups: Vec<Group>,
    /// Which of how many are shown, where not all are.
    range: Option<String>,
    first: Option<String>,
    next: Option<String>,
    detail: Option<Detail>,
    due: BusinessDate,
}

impl FindingsPage {
    fn is_only(&self, id: &CanteenId) -> bool {
        self.only == id.to_string()
    }
}

/// The month's days of the person's canteens.
async fn days(office: &Arc<Office>, view: &View) -> Answer<MonthDays> {
    view.user.require(Right::Read)?;
    if view.user.canteen.is_none() {
        view.user.require_inside(&view.region.code)?;
    }
    let (region, month, own) = (view.region.code.clone(), view.month, view.user.canteen);
    let read = office.store.read(move |tx| {
        let region = region.clone();
        Box::pin(async move { MonthDays::load(tx, &region, month, own).await })
    });
    Ok(read.await?)
}

/// The order of the inbox: the worst first, then the oldest.
fn key(item: &Item) -> (Severity, BusinessDate, &str, CanteenId) {
    (item.finding.severity, item.date, &item.finding.number, item.canteen)
}

/// What is asked for, on all pages.
fn chosen<'a>(days: &'a MonthDays, asked: &Asked) -> Vec<&'a Item> {
    let mut items: Vec<&Item> = days.findings.iter().filter(|item| asked.holds(item)).collect();
    items.sort_by(|a, b| key(a).cmp(&key(b)));
    items
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let days = days(&office, &view).await?;
    let window = Window::of(&days, &asked, None);
    let first = window.items().first().map(|item| Mark::of(item));
    let detail = match window.items().first() {
        // Another year may have a finding of this number, which is none of the inbox's business.
        Some(item) => {
            let name = format!("{}-{}", item.date.month().ym().0, item.finding.number);
            Some(load(&office, &view, item.canteen, &name).await?)
        }
        None => None,
    };
    page(&view, &days, &asked, &window, detail, first.as_ref())
}

async fn show(
    State(office): State<Arc<Office>>,
    view: View,
    Path((canteen, number)): Path<(CanteenId, String)>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    permitted(&office, &view.user, Right::Read, canteen).await?;
    let detail = load(&office, &view, canteen, &number).await?;
    let days = days(&office, &view).await?;
    let open = Mark(canteen, number);
    let window = Window::of(&days, &asked, Some(&open));
    page(&view, &days, &asked, &window, Some(detail), Some(&open))
}

fn page(
    view: &View,
    days: &MonthDays,
    asked: &Asked,
    window: &Window<'_>,
    detail: Option<Detail>,
    open: Option<&Mark>,
) -> Answer<Page> {
    let w = Words::of(view.lang);
    let here = window.here(asked);
    let detail = detail.map(|mut detail| {
        if let Some(Mark(canteen, number)) = open {
            detail.files.action =
                detail.files.may_add.then(|| here.link(view, &format!("{PATH}/{canteen}/{number}/attachments")));
            detail.acts.action = here.link(view, &format!("{PATH}/{canteen}/{number}/steps"));
        }
        detail
    });
    Page::of(&FindingsPage {
        shell: view.shell(PATH, w.title).with_badge(days.waiting().count()),
        tabs: tabs(view, w, days, asked),
        tab: asked.tab.name(),
        only: asked.only.map(|only| only.to_string()).unwrap_or_default(),
        canteens: days.canteens.iter().map(|row| (row.id, row.name.clone())).collect(),
        files: ["csv", "xlsx"].map(|ending| asked.behind(None).link(view, &format!("{PATH}.{ending}"))),
        groups: groups(view, w, days, window, &here, open),
        range: (window.items().len() < window.all.len()).then(|| {
            let (from, to, n) = (window.all.len().min(window.from + 1), window.to, window.all.len());
            fill(w.range, &[("from", &from), ("to", &to), ("n", &n)])
        }),
        first: (window.from > 0).then(|| asked.behind(None).link(view, PATH)),
        next: window.next(asked).map(|next| next.link(view, PATH)),
        due: detail::in_a_week(view.now.business_date()),
        detail,
        w,
    })
}

fn tabs(view: &View, w: &'static Words, days: &MonthDays, asked: &Asked) -> Vec<TabLink> {
    let month = fmt::short_month(view.month, view.lang);
    let tab = |tab: Tab| {
        let other = Asked { tab, ..asked.behind(None) };
        let word = match tab {
            Tab::Waiting => w.tab_waiting.to_owned(),
            Tab::Answered => w.tab_answered.to_owned(),
            Tab::Decided => fill(w.tab_decided, &[("month", &month)]),
        };
        let count = days.findings.iter().filter(|item| other.holds(item)).count();
        TabLink { word, count, href: other.link(view, PATH), is_chosen: tab == asked.tab }
    };
    Tab::ALL.map(tab).into()
}

fn groups(
    view: &View,
    w: &'static Words,
    days: &MonthDays,
    window: &Window<'_>,
    here: &Asked,
    open: Option<&Mark>,
) -> Vec<Group> {
    let c = codes::Words::of(view.lang);
    let today = view.now.business_date();
    let entry = |item: &&&Item| {
        let age = match item.age(today) {
            _ if item.life() != Life::Open => c.life(item.life()).to_owned(),
            0 => w.today.to_owned(),
            days => fill(w.days_old, &[("n", &days)]),
        };
        Entry {
            name: c.finding(item.finding.code),
            place: format!("{}　{}", days.name(item.canteen), fmt::day(item.date, view.lang)),
            stake: fmt::dash(&item.finding.stake),
            age,
            href: here.link(view, &format!("{PATH}/{}/{}", item.canteen, item.finding.number)),
            is_chosen: open.is_some_and(|open| open.is(item)),
        }
    };
    let of = |severity: Severity| move |item: &&&Item| item.finding.severity == severity;
    let group = |severity: Severity| Group {
        word: c.group(severity),
        shape: codes::shape(severity),
        count: window.all.iter().filter(of(severity)).count(),
        entries: window.items().iter().filter(of(severity)).map(|item| entry(&item)).collect(),
    };
    let groups = [Severity::Block, Severity::Deduct, Severity::Warn].map(group);
    groups.into_iter().filter(|group| !group.entries.is_empty()).collect()
}

/// Everything about a finding of a canteen that the person may see.
struct Read {
    item: Item,
    canteen: String,
    evidence: Evidence,
    names: BTreeMap<UserId, String>,
    makers: Vec<(UserId, String)>,
    files: Vec<AttachmentRow>,
    found: String,
}

async fn load(office: &Arc<Office>, view: &View, canteen: CanteenId, name: &str) -> Answer<Detail> {
    let (name, lang, own) = (name.to_owned(), view.lang, view.user.canteen);
    let read = office.store.read(move |tx| {
        let name = name.clone();
        Box::pin(async move {
            let unknown = || Error::refused(Code::NotFound, said::no_such_finding());
            let (date, number) = store::named(tx, canteen, &name).await?.ok_or_else(unknown)?;
            let close = closes::last(tx, canteen, date).await?.ok_or_else(unknown)?;
            let (revision, found) = (close.revision, fmt::at(close.closed_at, lang));
            let mut findings = close.content.0.findings.into_iter();
            let finding = findings.find(|finding| finding.number == number).ok_or_else(unknown)?;
            let steps = store::steps(tx, canteen, date, &number).await?;
            let evidence = evidence::load(tx, canteen, date, revision, &finding, own).await?;
            let row = crate::store::canteens::get(tx, canteen).await?;
            let files = attachments::of_finding(tx, canteen, &number).await?;
            let mut names = BTreeMap::new();
            let mut acting: Vec<UserId> = files.iter().map(|file| file.by_user).collect();
            for step in &steps {
                acting.extend([Some(step.by_user), step.owner].into_iter().flatten());
            }
            for id in acting {
                names.extend(people::get(tx, id).await?.map(|user| (id, user.name)));
            }
            let mut makers = Vec::new();
            let over = match &row {
                Some(row) => board::people_over(tx, &row.region).await?,
                None => Vec::new(),
            };
            for user in over {
                if user.left_at.is_none() && user.role.rights().contains(&Right::MakeMonth) {
                    makers.push((user.id, user.name));
                }
            }
            let item = Item { canteen, date, finding, steps };
            let canteen = row.map(|row| row.name).unwrap_or_default();
            Ok(Read { item, canteen, evidence, names, makers, files, found })
        })
    });
    let Read { item, canteen, evidence, names, makers, files, found } = read.await?;
    let names = |id: UserId| names.get(&id).cloned().unwrap_or_else(|| "—".to_owned());
    let book = office.book();
    let told = Told {
        item: &item,
        canteen,
        evidence: &evidence,
        names: &names,
        makers,
        files,
        book: &book,
        found: Some(found),
    };
    Ok(Detail::of(view, &told))
}

/// What the form says.
#[derive(Deserialize)]
struct Spoken {
    what: String,
    words: String,
    owner: Option<UserId>,
    due: Option<BusinessDate>,
}

async fn say(
    State(office): State<Arc<Office>>,
    view: View,
    Path((canteen, number)): Path<(CanteenId, String)>,
    Query(asked): Query<Asked>,
    Form(Spoken { what, words, owner, due }): Form<Spoken>,
) -> Answer<Redirect> {
    put_step(&office, &view.user, canteen, &number, NewStep { what, words, owner, due }).await?;
    Ok(Redirect::to(&format!("{}&done=said", asked.link(&view, &format!("{PATH}/{canteen}/{number}")))))
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let days = days(&office, &view).await?;
    Ok(files::of_month(&table(&view, &days, &asked), &view, "findings", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let days = days(&office, &view).await?;
    Ok(files::of_month(&table(&view, &days, &asked), &view, "findings", Kind::Xlsx)?)
}

/// What is listed, as a table.
fn table(view: &View, days: &MonthDays, asked: &Asked) -> Table {
    let (w, c) = (Words::of(view.lang), codes::Words::of(view.lang));
    let month = fmt::month(view.month, view.lang);
    let tab = match asked.tab {
        Tab::Waiting => w.tab_waiting.to_owned(),
        Tab::Answered => w.tab_answered.to_owned(),
        Tab::Decided => fill(w.tab_decided, &[("month", &month)]),
    };
    let name = fill(w.file, &[("region", &view.region.name), ("month", &month), ("tab", &tab)]);
    let as_of = fill(w.as_of, &[("at", &format!("{} {}", view.now.local_date(), fmt::hm(view.now)))]);
    let heads =
        [w.c_number, w.canteen, w.c_date, w.c_what, w.c_severity, w.c_stake, w.c_state, w.c_measured, w.c_words];
    let row = |item: &&Item| {
        let last = item.steps.last().map(|step| step.words.clone()).unwrap_or_default();
        vec![
            Cell::from(item.finding.number.as_str()),
            Cell::from(days.name(item.canteen)),
            Cell::from(item.date.to_string()),
            Cell::from(c.finding(item.finding.code)),
            Cell::from(c.severity(item.finding.severity)),
            Cell::Money(item.finding.stake),
            Cell::from(c.life(item.life())),
            Cell::from(c.measured(&item.finding).unwrap_or_default()),
            Cell::from(last),
        ]
    };
    let rows = chosen(days, asked).iter().map(row).collect();
    Table { name: w.title.to_owned(), notes: vec![name, as_of], heads: heads.map(str::to_owned).into(), rows }
}
