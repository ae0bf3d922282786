//! "Where is my money": a canteen's manager sees the own days, what has to be answered, and what became of each month.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use domain::id::{CanteenId, StatementId};
use domain::settlement::MonthState;
use domain::settlement::payment::PaymentState;

use super::say;
use super::words::Words;
use crate::console::days::{Item, MonthDays};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::months::{self, Settlement, StoredStatement};
use crate::store::payments::{self, Disclosure, Objection, Payment};
use crate::store::{Tx, canteens, overview};
use crate::words::Code;
use crate::{Error, Office};

const PATH: &str = "/console/own";
/// So many months are shown.
const MONTHS: i64 = 6;

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, page)
}

/// A month of the canteen with what became of it.
struct Of {
    stored: StoredStatement,
    settlement: Option<Settlement>,
    disclosure: Option<Disclosure>,
    paid: Vec<Payment>,
    objections: Vec<Objection>,
}

struct Found {
    name: String,
    days: MonthDays,
    sums: Vec<overview::DaySums>,
    months: Vec<Of>,
}

async fn load(tx: &mut Tx, view: &View, own: CanteenId) -> Result<Found, Error> {
    let days = MonthDays::load(tx, &view.user.region, view.month, Some(own)).await?;
    let sums = overview::sums(tx, &view.user.region, view.month, Some(own)).await?;
    let mut of_months = Vec::new();
    for stored in overview::statements_of_canteen(tx, own, MONTHS).await? {
        of_months.push(Of {
            settlement: months::settlement(tx, &stored.region, stored.month).await?,
            disclosure: payments::disclosure(tx, &stored.region, stored.month).await?,
            paid: payments::of_statement(tx, stored.id).await?,
            objections: payments::objections(tx, stored.id).await?,
            stored,
        });
    }
    let name = canteens::get(tx, own).await?.map(|row| row.name).unwrap_or_default();
    Ok(Found { name, days, sums, months: of_months })
}

/// Where a month's money is, told plainly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Working,
    Checking,
    Approved,
    Disclosed,
    Due,
    Objected,
    Nothing,
    Sent,
    Arrived,
    Returned,
}

impl Where {
    fn of(of: &Of, today: domain::calendar::BusinessDate) -> Self {
        let state = of.settlement.as_ref().map_or(MonthState::Open, |s| s.state.0);
        match (state, of.paid.last().map(|paid| paid.state)) {
            (MonthState::Open | MonthState::Drafted, _) => Self::Working,
            (MonthState::Submitted | MonthState::Checked, _) => Self::Checking,
            (MonthState::Approved, Some(PaymentState::Sent)) => Self::Sent,
            (MonthState::Approved, Some(PaymentState::Confirmed)) => Self::Arrived,
            (MonthState::Approved, Some(PaymentState::Returned)) => Self::Returned,
            (MonthState::Approved, None) if of.stored.payable.is_zero() => Self::Nothing,
            (MonthState::Approved, None) if of.objections.iter().any(|o| o.upheld.is_none() || o.holds()) => {
                Self::Objected
            }
            (MonthState::Approved, None) => match &of.disclosure {
                None => Self::Approved,
                Some(disclosure) if today <= disclosure.until => Self::Disclosed,
                Some(_) => Self::Due,
            },
        }
    }

    const fn look(self) -> &'static str {
        match self {
            Self::Arrived => "chip-ok",
            Self::Returned | Self::Objected => "chip-bad",
            Self::Working | Self::Nothing => "chip-off",
            Self::Checking | Self::Approved | Self::Disclosed | Self::Due | Self::Sent => "",
        }
    }
}

struct MonthRow {
    id: StatementId,
    href: String,
    month: String,
    payable: String,
    held: Option<String>,
    state: &'static str,
    look: &'static str,
    sentence: String,
}

struct FindingRow {
    what: String,
    stake: String,
    href: String,
    answered: bool,
}

#[derive(Template)]
#[template(path = "console/month/own.html")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    canteen: String,
    title: String,
    days: Vec<(&'static str, String)>,
    unclosed: Option<String>,
    findings: Vec<FindingRow>,
    months: Vec<MonthRow>,
}

async fn page(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    view.user.require(Right::Read)?;
    let own = view.user.canteen.ok_or_else(|| Error::refused(Code::OutOfScope, crate::words::OUT_OF_SCOPE))?;
    let of = view.clone();
    let read = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { load(tx, &of, own).await })
    });
    Page::of(&drawn(&view, own, &read.await?))
}

fn sentence(view: &View, of: &Of, at: Where) -> (&'static str, String) {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let paid = of.paid.last();
    let day = paid.map(|p| fmt::day(p.noted_at.local_date(), lang)).unwrap_or_default();
    let words = paid.map(|p| p.reference.as_str()).unwrap_or_default();
    let until = of.disclosure.as_ref().map(|d| fmt::day(d.until, lang)).unwrap_or_default();
    match at {
        Where::Working => (w.own_working, w.own_working_is.to_owned()),
        Where::Checking => (w.own_checking, w.own_checking_is.to_owned()),
        Where::Approved => (w.state_approved, w.own_approved_is.to_owned()),
        Where::Disclosed => (w.disclosing, fill(w.own_disclosed_is, &[("day", &until)])),
        Where::Due => (w.unpaid, w.own_due_is.to_owned()),
        Where::Objected => (w.objections, w.own_objected_is.to_owned()),
        Where::Nothing => (w.unpaid, w.nothing_to_pay.to_owned()),
        Where::Sent => (w.sent, fill(w.own_sent_is, &[("day", &day)])),
        Where::Arrived => (w.confirmed, fill(w.own_arrived_is, &[("day", &day), ("reference", &words)])),
        Where::Returned => (w.returned, fill(w.own_returned_is, &[("day", &day), ("reference", &words)])),
    }
}

fn drawn(view: &View, own: CanteenId, found: &Found) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let today = view.now.local_date();
    let open = found.sums.iter().filter(|day| day.meals.count > 0).count();
    let meals: u32 = found.sums.iter().map(|day| day.meals.count).sum();
    let subsidy: domain::money::Fen = found.sums.iter().map(|day| super::board::charged(&day.tiers)).sum();
    let unclosed: Vec<_> = view.month.days().filter(|day| *day < today && found.days.is_unclosed(own, *day)).collect();
    let finding = |item: &Item| FindingRow {
        what: format!("{} {}", fmt::day(item.date, lang), say::finding(lang, item.finding.code)),
        stake: fmt::yuan(&item.finding.stake),
        href: view.link(&format!("/console/findings/{}/{}", item.canteen, item.finding.number)),
        answered: item.is_answered(),
    };
    let row = |of: &Of| {
        let at = Where::of(of, today);
        let (state, sentence) = sentence(view, of, at);
        let held = of.stored.content.0.held();
        MonthRow {
            id: of.stored.id,
            href: format!("/console/statements/{}?region={}&month={}", of.stored.id, view.region.code, of.stored.month),
            month: fmt::month(of.stored.month, lang),
            payable: fmt::yuan(&of.stored.payable),
            held: (!held.is_zero()).then(|| fill(w.own_held, &[("amount", &fmt::yuan(&held.abs()))])),
            state,
            look: at.look(),
            sentence,
        }
    };
    let waiting: Vec<FindingRow> = found.days.waiting().map(finding).collect();
    let title = found.name.clone();
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(waiting.iter().filter(|f| !f.answered).count()),
        w,
        title: fill(w.own_month, &[("month", &fmt::month(view.month, lang))]),
        canteen: title,
        days: vec![
            (w.open_days, fmt::count(open)),
            (w.meals_all, fmt::count(meals)),
            (w.subsidy, fmt::yuan(&subsidy)),
            (w.closed_days, fmt::count(view.month.days().filter(|day| !found.days.is_unclosed(own, *day)).count())),
        ],
        unclosed: (!unclosed.is_empty()).then(|| fill(w.own_unclosed, &[("days", &say::days(lang, &unclosed))])),
        findings: waiting,
        months: found.months.iter().map(row).collect(),
    }
}
