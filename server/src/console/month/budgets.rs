//! `/console/budgets`: a year's money by payer against what is set aside, and the year's report by canteen and payer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::budget::{CanteenYear, PayerYear};
use domain::decision::Payer;
use domain::id::CanteenId;
use domain::money::Fen;
use domain::region::RegionCode;
use domain::words::{payer_name, usual_payers};
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::words::Words;
use super::{pages, say};
use crate::audit::Action;
use crate::budget::{self, Budget};
use crate::console::files::{self, Kind};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::body::Form;
use crate::http::budgets::propose_budget;
use crate::http::routes::Routes;
use crate::http::{Answer, Problem};
use crate::people::Right;
use crate::store::canteens::{self, Region};
use crate::words::{Code, office as said};
use crate::{Error, Office};

const PATH: &str = "/console/budgets";
/// Between a fund's name and its place in the form's list; in no name.
const AT: char = '@';

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/budgets.csv", csv)
        .get("/console/budgets.xlsx", xlsx)
        .get("/console/year.csv", year_csv)
        .get("/console/year.xlsx", year_xlsx)
        .post(PATH, Action::ProposalMake, propose)
}

struct Found {
    payers: Vec<PayerYear>,
    regions: Vec<Region>,
}

/// The year by canteen and payer, with the canteens' names.
struct Reported {
    report: BTreeMap<(CanteenId, Payer), CanteenYear>,
    names: BTreeMap<CanteenId, String>,
    regions: Vec<Region>,
}

impl Found {
    /// The payers of the page in words, in its order.
    fn payers_named(&self, view: &View) -> Vec<(String, &PayerYear)> {
        let mut payers: Vec<&PayerYear> = self.payers.iter().collect();
        payers.sort_by_key(|of| (pages::order(&of.payer), of.payer.clone()));
        let known: Vec<&Payer> = payers.iter().map(|of| &of.payer).collect();
        say::payers(view.lang, &known, &self.regions).into_iter().zip(payers).collect()
    }
}

async fn read(office: &Arc<Office>, view: &View) -> Answer<Found> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (region, year) = (view.region.code.clone(), view.month.ym().0);
    let kept = Arc::clone(office);
    let read = office.store.read(move |tx| {
        let (kept, region) = (Arc::clone(&kept), region.clone());
        Box::pin(async move {
            let (payers, _) = budget::year_kept(tx, &kept.costs, &region, year).await?;
            Ok::<_, Error>(Found { payers, regions: canteens::regions(tx).await? })
        })
    });
    Ok(read.await?)
}

async fn read_year(office: &Arc<Office>, view: &View) -> Answer<Reported> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (region, year) = (view.region.code.clone(), view.month.ym().0);
    let read = office.store.read(move |tx| {
        let region = region.clone();
        Box::pin(async move {
            let report = budget::report(tx, &region, year).await?;
            let names = canteens::inside(tx, &region).await?.into_iter().map(|row| (row.id, row.name)).collect();
            Ok::<_, Error>(Reported { report, names, regions: canteens::regions(tx).await? })
        })
    });
    Ok(read.await?)
}

/// A payer's row.
struct Row {
    name: String,
    class: &'static str,
    budget: String,
    approved: String,
    drafted: String,
    left: String,
    passed: bool,
    forecast: String,
    /// Whether the forecast passes the budget.
    leads_beyond: bool,
}

#[derive(Template)]
#[template(path = "console/month/budgets.html")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    rows: Vec<Row>,
    total: Row,
    /// Which budgets drafts pass.
    warnings: Vec<String>,
    may_propose: bool,
    payers: Vec<(String, String)>,
    region: RegionCode,
}

/// Whoever may be given a budget, with its name: levels and usual funds, whose place is asked for, then the funds that
/// policies name, each with its place.
fn offered(view: &View, funds: &BTreeSet<Payer>, regions: &[Region]) -> Vec<(String, String)> {
    let (w, lang) = (Words::of(view.lang), view.lang.domain());
    let by_policy = |name: &&str| funds.iter().all(|fund| fund.name != *name);
    let usual = usual_payers().filter(by_policy).map(|name| (name.to_owned(), payer_name(name, lang).to_owned()));
    let fund = |fund: &Payer| {
        let unit = fund.unit.as_ref()?;
        let place = say::unit_name(regions, unit).unwrap_or(unit.as_str());
        let name = fill(w.fund_at, &[("fund", &payer_name(&fund.name, lang)), ("place", &place)]);
        Some((format!("{}{AT}{unit}", fund.name), name))
    };
    usual.chain(funds.iter().filter_map(fund)).collect()
}

fn row(name: String, class: &'static str, of: &PayerYear) -> Row {
    let dash = |amount: Option<Fen>| amount.map_or_else(|| "—".to_owned(), |amount| fmt::yuan(&amount));
    Row {
        name,
        class,
        budget: dash(of.budget),
        approved: fmt::dash(&of.approved),
        drafted: fmt::dash(&of.drafted),
        left: dash(of.left()),
        passed: of.passed_by().is_some(),
        forecast: fmt::dash(&of.forecast),
        leads_beyond: of.budget.is_some_and(|budget| of.forecast > budget),
    }
}

/// All payers together; a budget only where each has one.
fn together(payers: &[PayerYear]) -> PayerYear {
    let sum = |amount: fn(&PayerYear) -> Fen| payers.iter().map(amount).sum();
    let budget = payers.iter().map(|of| of.budget).collect::<Option<Vec<Fen>>>().filter(|all| !all.is_empty());
    PayerYear {
        payer: Payer { name: String::new(), unit: None },
        budget: budget.map(|all| all.into_iter().sum()),
        approved: sum(|of| of.approved),
        drafted: sum(|of| of.drafted),
        forecast: sum(|of| of.forecast),
    }
}

async fn page(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let found = read(&office, &view).await?;
    let w = Words::of(view.lang);
    let title = fill(w.budgets_of, &[("year", &view.month.ym().0)]);
    let named = found.payers_named(&view);
    let warning = |(name, of): &(String, &PayerYear)| {
        let by = of.passed_by()?;
        Some(fill(w.budget_passed, &[("payer", name), ("amount", &fmt::yuan(&by))]))
    };
    let funds = budget::funds(&office.book().policies, &view.region.code);
    Page::of(&Drawn {
        warnings: named.iter().filter_map(warning).collect(),
        total: row(w.total.to_owned(), "", &together(&found.payers)),
        rows: named.into_iter().map(|(name, of)| row(name, say::payer_class(&of.payer), of)).collect(),
        may_propose: view.user.role.rights().contains(&Right::MakeMonth),
        payers: offered(&view, &funds, &found.regions),
        region: view.region.code.clone(),
        shell: view.shell(PATH, title.clone()),
        w,
        title,
    })
}

fn notes(view: &View, title: &str) -> Vec<String> {
    let w = Words::of(view.lang);
    vec![format!("{title}　{}", view.region.name), fill(w.as_of_now, &[("at", &fmt::at(view.now, view.lang))])]
}

fn table(view: &View, found: &Found) -> Table {
    let w = Words::of(view.lang);
    let title = fill(w.budgets_of, &[("year", &view.month.ym().0)]);
    let money = |amount: Option<Fen>| amount.map_or(Cell::Empty, Cell::Money);
    let row = |(name, of): (String, &PayerYear)| {
        vec![
            Cell::Text(name),
            money(of.budget),
            Cell::Money(of.approved),
            Cell::Money(of.drafted),
            money(of.left()),
            Cell::Money(of.forecast),
        ]
    };
    let heads = [w.payer, w.budget, w.year_cost, w.year_drafted, w.budget_left, w.year_forecast];
    Table {
        name: title.clone(),
        notes: notes(view, &title),
        heads: heads.map(str::to_owned).to_vec(),
        rows: found.payers_named(view).into_iter().map(row).collect(),
    }
}

/// The year by canteen and payer, with what is open at its end.
fn year_table(view: &View, found: &Reported) -> Table {
    let w = Words::of(view.lang);
    let title = fill(w.year_report_of, &[("year", &view.month.ym().0)]);
    let payers: Vec<&Payer> = found.report.keys().map(|(_, payer)| payer).collect();
    let names = say::payers(view.lang, &unique(&payers), &found.regions);
    let in_words: BTreeMap<&Payer, String> = unique(&payers).into_iter().zip(names).collect();
    let row = |((canteen, payer), of): (&(CanteenId, Payer), &CanteenYear)| {
        let mut cells = vec![
            Cell::Text(found.names.get(canteen).cloned().unwrap_or_default()),
            Cell::Text(in_words.get(payer).cloned().unwrap_or_default()),
        ];
        cells.extend([of.cost, of.payable, of.arrived, of.open(), of.held, of.carried, of.demanded].map(Cell::Money));
        cells
    };
    let heads = [
        w.canteen,
        w.payer,
        w.year_cost,
        w.year_payable,
        w.year_arrived,
        w.year_open,
        w.year_held,
        w.year_carried,
        w.year_demanded,
    ];
    Table {
        name: title.clone(),
        notes: notes(view, &title),
        heads: heads.map(str::to_owned).to_vec(),
        rows: found.report.iter().map(row).collect(),
    }
}

fn unique<'a>(payers: &[&'a Payer]) -> Vec<&'a Payer> {
    let all: std::collections::BTreeSet<&Payer> = payers.iter().copied().collect();
    all.into_iter().collect()
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::file(&table(&view, &found), &name("budgets", &view), Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::file(&table(&view, &found), &name("budgets", &view), Kind::Xlsx)?)
}

async fn year_csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read_year(&office, &view).await?;
    Ok(files::file(&year_table(&view, &found), &name("year", &view), Kind::Csv)?)
}

async fn year_xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read_year(&office, &view).await?;
    Ok(files::file(&year_table(&view, &found), &name("year", &view), Kind::Xlsx)?)
}

fn name(what: &str, view: &View) -> String {
    format!("{what}-{}-{}", view.region.code, view.month.ym().0)
}

#[derive(Deserialize)]
struct Proposes {
    payer: String,
    #[serde(default)]
    unit: String,
    amount: String,
    reason: String,
}

async fn propose(State(office): State<Arc<Office>>, view: View, Form(body): Form<Proposes>) -> Answer<Redirect> {
    let amount = Fen::from_yuan(body.amount.trim()).map_err(|_| Problem::new(Code::Invalid, said::AMOUNT))?;
    let (name, unit) = body.payer.split_once(AT).unwrap_or((body.payer.as_str(), body.unit.trim()));
    let unit = match unit {
        "" => None,
        code => Some(code.parse().map_err(|_| Problem::new(Code::Invalid, said::REGION))?),
    };
    let payer = Payer { name: name.to_owned(), unit };
    let (region, year) = (view.region.code.clone(), view.month.ym().0);
    propose_budget(&office, &view.user, Budget { region, year, payer, amount, reason: body.reason }).await?;
    Ok(Redirect::to(&view.link("/console/budgets?done=proposed")))
}
