//! What is to be done today: the month's next step, findings by age, the year's subsidy, and every canteen.

mod board;
mod funds;
mod next;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use domain::calendar::BusinessDate;
use domain::canteen::CanteenFact;
use domain::id::CanteenId;
use domain::region::RegionCode;
use domain::settlement::MonthState;

use super::days::MonthDays;
use super::reconciliation::heat::Heat;
use super::view::{Shell, View};
use super::{Page, reconciliation};
use crate::costs::Costed;
use crate::http::Answer;
use crate::http::routes::Routes;
use crate::month::{self, MonthView};
use crate::payment::{self, Afterwards};
use crate::people::Right;
use crate::store::Tx;
use crate::store::board::{self as store, Contact};
use crate::store::days::{self, FailedDay};
use crate::store::overview::{self, DaySums};
use crate::{Error, Office};
use board::Board;
use domain::calendar::Month;
use words::Words;

const PATH: &str = "/console/today";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, show)
}

/// What the page is drawn from.
struct Loaded {
    days: MonthDays,
    heat: Heat,
    facts: BTreeMap<CanteenId, Vec<CanteenFact>>,
    contacts: Vec<Contact>,
    /// Days of any month whose close fails.
    failed: Vec<FailedDay>,
    /// Meals of today and of the same weekday a week ago.
    meals: BTreeMap<(CanteenId, BusinessDate), i64>,
    /// The drafted months of the year so far and the month before.
    months: Vec<Costed>,
    /// What the closes of a month without a draft come to.
    sums: Vec<DaySums>,
    month: Option<MonthView>,
    after: Option<Afterwards>,
    /// The year by region and payer, with its budgets, of every region inside that settles.
    year: Vec<domain::budget::PayerYear>,
}

#[derive(Template)]
#[template(path = "console/today.html")]
struct TodayPage {
    shell: Shell,
    w: &'static Words,
    board: Board,
}

async fn load(tx: &mut Tx, office: &Office, view: &View) -> Result<Loaded, Error> {
    let (region, shown) = (&view.region.code, view.month);
    let (month_days, heat, _) = reconciliation::load(tx, office, view).await?;
    let today = view.now.business_date();
    let week_ago = today.plus_days(-7);
    let mut meals = store::meals(tx, region, today, today).await?;
    meals.extend(store::meals(tx, region, week_ago, week_ago).await?);
    let january = Month::new(shown.ym().0, 1).unwrap_or(shown);
    let months = office.costs.between(tx, region, january.min(shown.previous()), shown).await?;
    let month = month::view(tx, region, shown).await?;
    let is_open = month.as_ref().is_none_or(|view| view.settlement.state.0 == MonthState::Open);
    let sums = if is_open { overview::sums(tx, region, shown, None).await? } else { Vec::new() };
    let is_approved = month.as_ref().is_some_and(|view| view.settlement.state.0 == MonthState::Approved);
    let after = if is_approved { Some(payment::afterwards(tx, region, shown).await?) } else { None };
    let (facts, contacts) = (store::facts(tx, region).await?, store::contacts(tx, region).await?);
    let mut failed = days::failed(tx).await?;
    failed.retain(|day| month_days.canteens.iter().any(|row| row.id == day.canteen));
    // The line is of all regions inside; so are the budgets beside it.
    let mut spending: BTreeSet<RegionCode> = months.iter().map(|costed| costed.region.clone()).collect();
    spending.insert(region.clone());
    let mut year = Vec::new();
    for of in &spending {
        year.extend(crate::budget::year_kept(tx, &office.costs, of, shown.ym().0).await?.0);
    }
    Ok(Loaded { days: month_days, heat, facts, contacts, failed, meals, months, sums, month, after, year })
}

async fn show(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (kept, seen) = (Arc::clone(&office), view.clone());
    let read = office.store.read(move |tx| {
        let (office, view) = (Arc::clone(&kept), seen.clone());
        Box::pin(async move { load(tx, &office, &view).await })
    });
    let loaded = read.await?;
    let w = Words::of(view.lang);
    let shell = view.shell(PATH, w.title).with_badge(loaded.days.waiting().count());
    Page::of(&TodayPage { shell, w, board: Board::of(&view, w, &loaded) })
}
