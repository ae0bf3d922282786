//! `/console/audit`: who did what, granted or denied, the last entry first; the same as CSV; and the check of the chain.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, TerminalId, UserId};
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::audit_words::{Words, action};
use super::chain::Checked;
use super::entry_words;
use super::words::Words as Common;
use super::{escaped, person, read, short, typed};
use crate::audit::{Action, Outcome};
use crate::console::files::{self, Kind};
use crate::console::lang::{Lang, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::body::Query;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::audit::{self, Entry, Filter, Outside};
use crate::store::canteens::CanteenRow;
use crate::store::people::UserRow;
use crate::store::terminals::TerminalRow;
use crate::store::{canteens, people, register};
use crate::verify::Break;
use crate::words::office as said;
use crate::{Error, Office};

const HOME: &str = "/console/audit";
const CHECK: &str = "/console/audit/verification";
/// So many entries on a page.
const PAGE: i64 = 100;
/// A file holds no more entries.
const FILE: usize = 20_000;
/// Read in pieces of so many for a file.
const PIECE: i64 = 2_000;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    person: String,
    action: String,
    object: String,
    denied: String,
    from: String,
    until: String,
    below: String,
}

impl Asked {
    fn filter(&self, view: &View) -> Answer<Filter> {
        let from: Option<BusinessDate> = read(&self.from, said::DATE)?;
        let until: Option<BusinessDate> = read(&self.until, said::DATE)?;
        let actor = match typed(&self.person) {
            Some("system") => Some("system".to_owned()),
            Some(_) => read::<UserId>(&self.person, said::CHOOSE)?.map(|id| format!("user:{id}")),
            None => None,
        };
        Ok(Filter {
            region: Some(view.region.code.clone()),
            actor,
            action: typed(&self.action).map(str::to_owned),
            object: typed(&self.object).map(str::to_owned),
            outcome: typed(&self.denied).map(|_| Outcome::Denied.name().to_owned()),
            since: from.map(|day| day.at_minute(0)),
            until: until.map(|day| day.plus_days(1).at_minute(0)),
            below: read(&self.below, said::COUNT)?,
        })
    }

    /// The address of the same question, from another place on.
    fn address(&self, view: &View, path: &str, below: Option<u64>) -> String {
        let mut address = view.link(path);
        let below = below.map(|n| n.to_string()).unwrap_or_default();
        let parts = [
            ("person", &self.person),
            ("action", &self.action),
            ("object", &self.object),
            ("denied", &self.denied),
            ("from", &self.from),
            ("until", &self.until),
            ("below", &below),
        ];
        for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, typed(value)?))) {
            address = format!("{address}&{name}={}", escaped(value));
        }
        address
    }

    fn is_filtered(&self) -> bool {
        [&self.person, &self.action, &self.object, &self.denied, &self.from, &self.until]
            .iter()
            .any(|text| typed(text).is_some())
    }

    /// What was asked for, for the head of a file.
    fn said(&self) -> String {
        let all = [&self.person, &self.action, &self.object, &self.denied, &self.from, &self.until];
        all.iter().filter_map(|text| typed(text)).collect::<Vec<_>>().join(" ")
    }
}

/// Whose names stand in the entries.
pub(super) struct Names {
    pub(super) people: Vec<UserRow>,
    pub(super) canteens: Vec<CanteenRow>,
    pub(super) terminals: Vec<TerminalRow>,
}

impl Names {
    pub(super) fn canteen(&self, id: CanteenId) -> Option<&str> {
        self.canteens.iter().find(|row| row.id == id).map(|row| row.name.as_str())
    }

    fn terminal(&self, id: TerminalId) -> Option<String> {
        let row = self.terminals.iter().find(|row| row.id == id)?;
        Some(format!("{} {}", self.canteen(row.canteen).unwrap_or_default(), short(&id)))
    }

    fn actor(&self, actor: &str, lang: Lang) -> String {
        let w = Common::of(lang);
        match actor.split_once(':') {
            Some(("user", id)) => id.parse().map_or_else(|_| id.to_owned(), |id| person(&self.people, id, lang)),
            Some(("terminal", id)) => {
                let name = id.parse().ok().and_then(|id| self.terminal(id)).unwrap_or_else(|| short(&id));
                format!("{} {name}", w.terminal)
            }
            _ => w.system.to_owned(),
        }
    }

    /// What an object is called; its id's end where it has no name that may stand here. The address of what was denied
    /// stays as it is.
    fn object(&self, object: &str, lang: Lang) -> String {
        let Some((kind, id)) = object.split_once(':') else { return entry_words::kind(object, lang).to_owned() };
        let (first, rest) = id.split_once('/').map_or((id, ""), |(first, rest)| (first, rest));
        let canteen = || first.parse().ok().and_then(|id| self.canteen(id)).map(str::to_owned);
        let name = match kind {
            "canteen" => canteen(),
            "finding" => canteen().map(|name| format!("{name} {rest}")),
            "terminal" => id.parse().ok().and_then(|id| self.terminal(id)),
            "user" => id.parse().ok().map(|id| person(&self.people, id, lang)),
            "month" => rest.parse().ok().map(|month| format!("{first} {}", fmt::month(month, lang))),
            "policy" | "budget" => Some(id.to_owned()),
            _ => None,
        };
        let shown = name.unwrap_or_else(|| if id.len() > 20 { short(&id) } else { id.to_owned() });
        format!("{} {shown}", entry_words::kind(kind, lang))
    }
}

/// An entry as it stands on the page.
struct Row {
    sequence: u64,
    at: String,
    who: String,
    what: &'static str,
    name: String,
    object: String,
    object_link: String,
    denied: bool,
    details: Vec<(String, String)>,
    hash: String,
}

/// The action's words; its name for one that an older program entered.
fn words_of(name: &str, lang: Lang) -> &'static str {
    Action::ALL.iter().find(|known| known.name() == name).map_or("", |known| action(*known, lang))
}

/// To the second, as evidence.
fn instant(at: UnixMs, lang: Lang) -> String {
    format!("{} {}", fmt::full_day(at.local_date(), lang), at.local_clock())
}

fn details(detail: &str, names: &Names, lang: Lang) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(map)) = serde_json::from_str(detail) else { return Vec::new() };
    let said = |(name, value): (&String, &serde_json::Value)| {
        (entry_words::detail(name, lang).to_owned(), entry_words::value(name, value, names, lang))
    };
    map.iter().map(said).collect()
}

impl Row {
    fn of(entry: &Entry, names: &Names, view: &View) -> Self {
        let only = Asked { object: entry.object.clone(), ..Asked::default() };
        Self {
            sequence: entry.sequence,
            at: instant(entry.at, view.lang),
            who: names.actor(&entry.actor, view.lang),
            what: words_of(&entry.action, view.lang),
            name: entry.action.clone(),
            object: names.object(&entry.object, view.lang),
            object_link: only.address(view, HOME, None),
            denied: entry.outcome == Outcome::Denied.name(),
            details: details(&entry.detail, names, view.lang),
            hash: entry.hash.short(),
        }
    }

    fn cells(&self, entry: &Entry) -> Vec<String> {
        vec![
            self.sequence.to_string(),
            self.at.clone(),
            self.who.clone(),
            entry.actor.clone(),
            self.what.to_owned(),
            self.name.clone(),
            self.object.clone(),
            entry.object.clone(),
            entry.outcome.clone(),
            self.details.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("; "),
            entry.detail.clone(),
            entry.hash.to_string(),
        ]
    }
}

#[derive(Template)]
#[template(path = "console/office/audit.html")]
struct AuditPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    asked: Asked,
    people: Vec<(String, String)>,
    actions: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    head: Option<u64>,
    older: Option<String>,
    latest: Option<String>,
    files: [String; 2],
    clear: String,
    check: String,
}

#[derive(Template)]
#[template(path = "console/office/chain.html")]
struct ChainPage {
    shell: Shell,
    w: &'static Words,
    walked: Option<String>,
    last: Option<Last>,
    months: Vec<(String, u64, String)>,
    witnesses: usize,
    home: String,
    here: String,
}

/// The last check as it stands on the page.
struct Last {
    began: String,
    ended: String,
    entries: String,
    head: String,
    breaks: Option<Vec<Break>>,
}

impl Last {
    fn of(checked: Checked, lang: Lang) -> Self {
        let Checked { began, ended, entries, head, breaks } = checked;
        Self {
            began: instant(began, lang),
            ended: instant(ended, lang),
            entries: fmt::count(i64::try_from(entries).unwrap_or(i64::MAX)),
            head: head.map(|head| format!("{} · {}", head.sequence, head.hash)).unwrap_or_default(),
            breaks,
        }
    }
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/audit.csv", csv)
        .get("/console/audit.xlsx", xlsx)
        .get(CHECK, check)
        .send(CHECK, begin)
}

async fn names(tx: &mut crate::store::Tx, region: &domain::region::RegionCode) -> Result<Names, Error> {
    Ok(Names {
        people: people::inside(tx, region).await?,
        canteens: canteens::inside(tx, region).await?,
        terminals: register::terminals(tx, region).await?,
    })
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    view.user.require(Right::ReadAudit)?;
    let (filter, region) = (asked.filter(&view)?, view.region.code.clone());
    let (head, entries, names) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let entries = audit::find(tx, &filter, PAGE + 1).await?;
                Ok((audit::head(tx).await?, entries, names(tx, &region).await?))
            })
        })
        .await?;
    let shown = &entries[..entries.len().min(100)];
    let older = shown.last().filter(|_| entries.len() > shown.len()).map(|last| last.sequence);
    let lang = view.lang;
    Page::of(&AuditPage {
        w: Words::of(lang),
        c: Common::of(lang),
        people: names.people.iter().map(|row| (row.id.to_string(), person(&names.people, row.id, lang))).collect(),
        actions: Action::ALL.iter().map(|one| (one.name(), action(*one, lang))).collect(),
        rows: shown.iter().map(|entry| Row::of(entry, &names, &view)).collect(),
        head: head.map(|head| head.sequence),
        older: older.map(|below| asked.address(&view, HOME, Some(below))),
        latest: typed(&asked.below).map(|_| asked.address(&view, HOME, None)),
        files: ["csv", "xlsx"].map(|ending| asked.address(&view, &format!("{HOME}.{ending}"), None)),
        clear: view.link(HOME),
        check: view.link(CHECK),
        asked,
        shell: view.shell(HOME, Words::of(lang).title),
    })
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    Ok(files::file(&table(&office, &view, &asked).await?, "audit", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    Ok(files::file(&table(&office, &view, &asked).await?, "audit", Kind::Xlsx)?)
}

/// Every entry that fits, beyond the page too, as a table.
async fn table(office: &Office, view: &View, asked: &Asked) -> Answer<Table> {
    view.user.require(Right::ReadAudit)?;
    let (mut filter, region) = (asked.filter(view)?, view.region.code.clone());
    let (entries, names, more) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut entries: Vec<Entry> = Vec::new();
                let more = loop {
                    let piece = audit::find(tx, &filter, PIECE).await?;
                    let Some(last) = piece.last() else { break false };
                    filter.below = Some(last.sequence);
                    entries.extend(piece);
                    if entries.len() >= FILE {
                        break true;
                    }
                };
                entries.truncate(FILE);
                Ok((entries, names(tx, &region).await?, more))
            })
        })
        .await?;
    let w = Words::of(view.lang);
    let said = Some(asked.said()).filter(|said| !said.is_empty()).unwrap_or_else(|| w.no_filter.to_owned());
    let count = fmt::count(i64::try_from(entries.len()).unwrap_or(i64::MAX));
    let mut as_of = fill(w.csv_as_of, &[("at", &instant(view.now, view.lang)), ("filter", &said), ("n", &count)]);
    if more {
        as_of.push_str(w.csv_more);
    }
    let heads =
        [w.number, w.at, w.who, "actor", w.what, "action", w.object, "object", w.outcome, w.details, "detail", w.hash];
    let cells = |entry| Row::of(entry, &names, view).cells(entry).into_iter().map(Cell::Text).collect();
    Ok(Table {
        name: w.title.to_owned(),
        notes: vec![as_of],
        heads: heads.map(str::to_owned).to_vec(),
        rows: entries.iter().map(cells).collect(),
    })
}

async fn check(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    view.user.require(Right::ReadAudit)?;
    let outside: Outside = office.store.read(|tx| Box::pin(async move { audit::outside(tx).await })).await?;
    let w = Words::of(view.lang);
    let own = |region: &str| region.starts_with(view.region.code.as_str());
    let months = outside.months.iter().filter(|(region, ..)| own(region));
    Page::of(&ChainPage {
        w,
        walked: office
            .chain
            .walked()
            .map(|walked| fill(w.check_running, &[("n", &fmt::count(i64::try_from(walked).unwrap_or(i64::MAX)))])),
        last: office.chain.last().map(|checked| Last::of(checked, view.lang)),
        months: months.map(|(region, month, n, hash)| (format!("{region} {month}"), *n, hash.to_string())).collect(),
        witnesses: outside.witnesses.len(),
        home: view.link(HOME),
        here: view.link(CHECK),
        shell: view.shell(HOME, w.check_title),
    })
}

async fn begin(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    view.user.require(Right::ReadAudit)?;
    office.check_chain().await;
    Ok(Redirect::to(&view.link(CHECK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { people: Vec::new(), canteens: Vec::new(), terminals: Vec::new() }
    }

    #[test]
    fn details_are_read_in_order_and_digests_cut() {
        let digest = "ab".repeat(32);
        let read = details(&format!("{{\"digest\":\"{digest}\",\"epoch\":1,\"x\":\"y\"}}"), &names(), Lang::Zh);
        assert_eq!(read[0], ("摘要".into(), "abab abab abab…".into()));
        assert_eq!(read[1], ("流水代次".into(), "1".into()));
        assert_eq!(read[2], ("x".into(), "y".into()));
        assert!(details("not json", &names(), Lang::Zh).is_empty());
    }

    #[test]
    fn objects_are_named_in_the_language_of_the_page() {
        let object = |of: &str, lang| names().object(of, lang);
        assert_eq!(object("month:4403/2026-03", Lang::Zh), "结算 4403 2026年3月");
        assert_eq!(object("month:4403/2026-03", Lang::En), "Month 4403 Mar 2026");
        assert_eq!(object("elder:0199d6f2-0000-7000-8000-0123456789ab", Lang::En), "Elder 456789ab");
        assert_eq!(object("cards", Lang::Zh), "卡片");
        assert_eq!(object("/api/v1/people", Lang::Zh), "/api/v1/people");
    }
}
