//! One canteen's statement, from its lines to the meals behind them and to the record of one meal.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::{RecordId, StatementId};
use domain::money::Fen;
use domain::policy::Effect;
use domain::reconciliation::Code as FindingCode;
use domain::settlement::{ChangeLine, MonthState, Reason, Statement};
use serde::Deserialize;

use super::board::{Amounts, change_a_day};
use super::chart::Part;
use super::lines::{self, Meals, Place, Which};
use super::meal::{self, Shown};
use super::words::Words;
use super::{pages, say};
use crate::console::days::Around;
use crate::console::fmt;
use crate::console::lang::{Lang, fill};
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::body::{Path, Query};
use crate::http::statements::permit;
use crate::month;
use crate::statements::{Dossier, served_lines};
use crate::store::payments::{self, Payment};
use crate::store::{Tx, months};
use crate::words::{Code, settlement as paper};
use crate::{Error, Office};

#[derive(Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// Which line's meals.
    line: Option<String>,
    /// Behind which meal the page of them begins.
    after: Option<String>,
    /// Which meal.
    meal: Option<RecordId>,
}

struct Found {
    dossier: Dossier,
    before: Option<Amounts>,
    /// Why it changed so much against last month, in the maker's words.
    explained: Option<String>,
    paid: Vec<Payment>,
    badge: usize,
    meals: Option<Meals>,
    meal: Option<Shown>,
}

async fn load(tx: &mut Tx, office: &Office, view: &View, id: StatementId, asked: &Asked) -> Result<Found, Error> {
    let unknown = || Error::refused(Code::NotFound, paper::no_such_statement());
    let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
    permit(tx, &view.user, stored.canteen).await?;
    let dossier = Dossier::load(tx, id, office.book(), &office.keys).await?;
    let which = asked.line.as_deref().and_then(Which::read);
    let meals = match (which, asked.meal) {
        (Some(which), None) => {
            let after = asked.after.as_deref().and_then(Place::read);
            Some(lines::meals(tx, &dossier, which, after).await?.ok_or_else(unknown)?)
        }
        _ => None,
    };
    let meal = match asked.meal {
        Some(meal) => Some(meal::show(tx, &dossier, meal, view.lang).await?),
        None => None,
    };
    let around = Around::load(tx, &view.region.code, view.month, view.user.canteen).await?;
    let only = std::slice::from_ref(&stored);
    let before = month::before(tx, &dossier.settlement, only).await?;
    let changes = month::changes(tx, &dossier.settlement, only, &before).await?;
    Ok(Found {
        before: before.get(&stored.canteen).map(Amounts::of),
        explained: changes.into_iter().find_map(|changed| changed.explanation).map(|said| said.words),
        paid: payments::of_statement(tx, id).await?,
        badge: around.waiting,
        meals,
        meal,
        dossier,
    })
}

/// A day of the strip of grades.
struct Cell {
    day: i8,
    letter: String,
    /// `held`, `shut`, `none` or nothing.
    class: &'static str,
    title: String,
    /// Whether its number stands beneath.
    named: bool,
}

/// A row of the table.
struct Row {
    label: String,
    basis: String,
    standard: String,
    count: String,
    amount: String,
    /// `sub-total`, `held-line` or nothing.
    class: &'static str,
    href: Option<String>,
    chosen: bool,
}

/// A row of the box of checks.
struct Checked {
    label: &'static str,
    text: String,
    good: bool,
}

/// A meal of the drawer's list.
struct MealRow {
    day: String,
    time: String,
    elder: String,
    amount: String,
    href: String,
}

struct List {
    title: String,
    meals: Vec<MealRow>,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Template)]
#[template(path = "console/month/statement.html")]
struct Drawn<'a> {
    shell: Shell,
    w: &'static Words,
    canteen: String,
    state: String,
    look: &'static str,
    number: String,
    id: StatementId,
    month: String,
    settlement: Option<String>,
    list: String,
    grades: String,
    strip: Vec<Cell>,
    rows: Vec<Row>,
    payable: String,
    payers: Vec<Part>,
    payers_total: String,
    checked: Vec<Checked>,
    compared: Vec<(&'static str, String)>,
    paid: Vec<(String, String)>,
    digest: String,
    maker: String,
    checker: String,
    /// The third signature; nothing where it is given on paper.
    signer: Option<String>,
    meals: Option<List>,
    meal: Option<&'a Shown>,
    close: String,
    back: Option<(String, String)>,
}

pub(super) async fn page(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<StatementId>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    view.user.require(crate::people::Right::Read)?;
    let (kept, of, wanted) = (Arc::clone(&office), view.clone(), asked.clone());
    let read = office.store.read(move |tx| {
        let (kept, of, wanted) = (Arc::clone(&kept), of.clone(), wanted.clone());
        Box::pin(async move { load(tx, &kept, &of, id, &wanted).await })
    });
    let found = read.await?;
    // What stands around the page is the statement's own month.
    let mut view = view;
    view.month = found.dossier.stored.month;
    Page::of(&drawn(&view, &found, &asked))
}

fn strip(dossier: &Dossier, lang: Lang) -> Vec<Cell> {
    let w = Words::of(lang);
    let content = &dossier.stored.content.0;
    let last = content.month.last();
    let mut before: Option<(String, &'static str)> = None;
    let cell = |date: domain::calendar::BusinessDate| {
        let (_, _, day) = date.ymd();
        let close = dossier.month_days().map(|day| &day.close).find(|close| close.date == date);
        let grade = close.map(|close| say::letter(lang, &close.grade)).unwrap_or_default();
        let held = close.is_some_and(|close| close.standing.iter().any(|hit| hit.effect == Effect::Hold));
        let (class, word) = match close {
            None => ("none", w.day_unclosed),
            Some(_) if held => ("held", w.day_held),
            Some(close) if close.meals.count == 0 => ("shut", w.day_shut),
            Some(_) => ("", w.day_open),
        };
        let now = Some((grade.clone(), if class == "held" { class } else { "" }));
        let named =
            day == 1 || date == last || (class != "shut" && class != "none" && now != before && before.is_some());
        if class != "none" {
            before = now;
        }
        let title = format!("{} {grade} {word}", fmt::day(date, lang));
        Cell { day, letter: if grade.is_empty() { "–".to_owned() } else { grade }, class, title, named }
    };
    content.month.days().map(cell).collect()
}

fn rows(view: &View, dossier: &Dossier, chosen: Option<Which>, at: &str) -> Vec<Row> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let content = &dossier.stored.content.0;
    let href = |which: Which| Some(view.link(&format!("{at}?line={which}")));
    let mut rows = Vec::new();
    for (n, line) in served_lines(content, &dossier.rules).into_iter().enumerate() {
        let which = Which::Served(n);
        rows.push(Row {
            label: format!("{}{}", line.label, say::paid_to(w, line.kind)),
            basis: String::new(),
            standard: line.standard.to_string(),
            count: fmt::count(line.count),
            amount: fmt::yuan(&line.amount),
            class: "",
            href: href(which),
            chosen: chosen == Some(which),
        });
    }
    let sum = |label: &str, count: String, amount: Fen| Row {
        label: label.to_owned(),
        basis: String::new(),
        standard: String::new(),
        count,
        amount: fmt::yuan(&amount),
        class: "sub-total",
        href: None,
        chosen: false,
    };
    let change = |which: Which, line: &ChangeLine, class: &'static str| {
        let about_meals = !matches!(line.reason, Reason::Carried | Reason::Refunded { .. } | Reason::Release { .. });
        Row {
            label: say::reason(lang, &line.reason, line.amount, content.month),
            basis: say::basis(lang, &line.dates, &line.findings),
            standard: String::new(),
            count: line.count.filter(|n| *n != 0).map(|n| fmt::count(n.abs())).unwrap_or_default(),
            amount: fmt::change(&line.amount),
            class,
            href: href(which).filter(|_| about_meals),
            chosen: chosen == Some(which),
        }
    };
    let meals = fmt::count(content.reconciliation.subsidised.count);
    rows.push(sum(w.served_total, meals, content.served_total()));
    rows.extend(content.changes.iter().enumerate().map(|(n, line)| change(Which::Change(n), line, "")));
    rows.push(sum(w.approved_amount, String::new(), content.approved()));
    rows.extend(content.holds.iter().enumerate().map(|(n, line)| change(Which::Hold(n), line, "held-line")));
    let carried = content.carried().total();
    if !carried.is_zero() {
        rows.push(Row { class: "", amount: fmt::change(&-carried), ..sum(w.carried_on, String::new(), -carried) });
    }
    rows
}

fn checked(dossier: &Dossier, w: &'static Words) -> Vec<Checked> {
    let of = &dossier.stored.content.0.reconciliation;
    let decided = dossier.decided_numbers();
    let open = of.blocking.iter().filter(|number| !decided.contains(number)).count();
    let found: u32 = of.findings.iter().map(|(_, n)| n).sum();
    let gaps = of.findings.iter().find(|(code, _)| *code == FindingCode::SequenceGap).map_or(0, |(_, n)| *n);
    let (reports, agree) = of.z_reports;
    let row = |label, good, text: String| Checked { label, text, good };
    vec![
        row(w.step_closed, of.closed == of.days, fill(w.closed_of_days, &[("n", &of.closed), ("all", &of.days)])),
        row(
            w.z_label,
            reports == agree,
            if reports == agree {
                fill(w.z_all, &[("n", &reports)])
            } else {
                fill(w.z_some, &[("n", &(reports - agree)), ("all", &reports)])
            },
        ),
        row(
            w.findings,
            open == 0,
            match (found, open) {
                (0, _) => w.none.to_owned(),
                (n, 0) => fill(w.found_n, &[("n", &n)]),
                (n, open) => fill(w.found_open, &[("n", &n), ("open", &open)]),
            },
        ),
        row(w.sequence, gaps == 0, if gaps == 0 { w.no_gap.to_owned() } else { fill(w.gaps_n, &[("n", &gaps)]) }),
    ]
}

fn compared(
    content: &Statement,
    before: Option<&Amounts>,
    explained: Option<&String>,
    w: &'static Words,
) -> Vec<(&'static str, String)> {
    let now = Amounts::of(content);
    let a_day = |of: &Amounts| match i64::from(of.open_days) {
        0 => "—".to_owned(),
        days => fmt::yuan(&Fen::new((of.served.get() + days / 2) / days)),
    };
    let last = before.map_or_else(|| "—".to_owned(), |before| before.open_days.to_string());
    let mut rows = vec![
        (w.open_days, fill(w.against_last, &[("n", &now.open_days), ("last", &last)])),
        (w.served_a_day, a_day(&now)),
        (w.last_a_day, before.map_or_else(|| "—".to_owned(), a_day)),
        (
            w.change_a_day,
            before.and_then(|before| change_a_day(&now, before)).map_or_else(|| "—".to_owned(), fmt::change_permille),
        ),
    ];
    rows.extend(explained.map(|words| (w.explanation, words.clone())));
    rows
}

fn list(view: &View, found: &Found, asked: &Asked, rows: &[Row], at: &str) -> Option<List> {
    let lang = view.lang;
    let meals = found.meals.as_ref()?;
    let line = asked.line.clone()?;
    let row = |meal: &lines::MealOf| MealRow {
        day: fmt::day(meal.place.date, lang),
        time: meal.eaten.as_ref().map(|eaten| fmt::hm(eaten.at)).unwrap_or_default(),
        elder: meal.elder.clone(),
        amount: fmt::yuan(&meal.amount),
        href: view.link(&format!("{at}?line={line}&meal={}", meal.place.record)),
    };
    Some(List {
        title: rows.iter().find(|row| row.chosen).map(|row| row.label.clone()).unwrap_or_default(),
        meals: meals.meals.iter().map(row).collect(),
        next: meals.next.map(|next| view.link(&format!("{at}?line={line}&after={next}"))),
        first: asked.after.as_ref().map(|_| view.link(&format!("{at}?line={line}"))),
    })
}

fn state_of(w: &'static Words, found: &Found) -> (String, &'static str) {
    let settlement = &found.dossier.settlement;
    let version = fill(w.version_n, &[("n", &settlement.version)]);
    if settlement.state.0 == MonthState::Approved {
        let last = found.paid.last().map(|paid| paid.state);
        return (format!("{} · {}", w.state_approved, say::payment(w, last)), say::payment_look(last));
    }
    (format!("{} {version}", say::state(w, settlement.state.0)), "")
}

fn signed(name: Option<&str>, at: Option<UnixMs>, lang: Lang) -> String {
    match (name, at) {
        (Some(name), Some(at)) => format!("{name} {}", fmt::day(at.local_date(), lang)),
        _ => "—".to_owned(),
    }
}

fn drawn<'a>(view: &View, found: &'a Found, asked: &Asked) -> Drawn<'a> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let dossier = &found.dossier;
    let content = &dossier.stored.content.0;
    let at = format!("/console/statements/{}", dossier.stored.id);
    let chosen = asked.line.as_deref().and_then(Which::read);
    let rows = rows(view, dossier, chosen, &at);
    let payers = pages::payer_sums(std::iter::once(content));
    let (state, look) = state_of(w, found);
    let settlement = &dossier.settlement;
    let title = dossier.canteen.name.clone();
    let back = asked.line.as_ref().zip(rows.iter().find(|row| row.chosen));
    let paid = |p: &Payment| (say::payment(w, Some(p.state)).to_owned(), fmt::at(p.noted_at, lang));
    Drawn {
        shell: view.shell("/console/statements", title.clone()).with_badge(found.badge),
        w,
        canteen: title,
        state,
        look,
        number: dossier.stored.number.clone(),
        id: dossier.stored.id,
        month: fill(w.settlement_of, &[("month", &fmt::short_month(content.month, lang))]),
        settlement: view.user.canteen.is_none().then(|| view.link("/console/settlement")),
        list: view.link("/console/statements"),
        grades: say::grades(w, lang, &content.reconciliation.grades),
        strip: strip(dossier, lang),
        payable: fmt::yuan(&content.payable()),
        payers: pages::payer_bar(lang, &payers, &dossier.regions, |line| line.payable),
        payers_total: fmt::yuan(&content.payable()),
        checked: checked(dossier, w),
        compared: compared(content, found.before.as_ref(), found.explained.as_ref(), w),
        paid: found.paid.iter().map(paid).collect(),
        digest: fmt::digest(&dossier.stored.digest.to_string()),
        maker: signed(Some(&dossier.maker), settlement.submitted_at.or(Some(settlement.drafted_at)), lang),
        checker: signed(dossier.checker.as_deref(), settlement.approved_at, lang),
        signer: settlement.signed_at.map(|at| signed(dossier.signer.as_deref(), Some(at), lang)),
        meals: list(view, found, asked, &rows, &at),
        meal: found.meal.as_ref(),
        close: view.link(&at),
        back: back.map(|(line, row)| (view.link(&format!("{at}?line={line}")), row.label.clone())),
        rows,
    }
}
