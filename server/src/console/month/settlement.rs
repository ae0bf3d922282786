//! A region's month: where it stands, what stands in its way, and the acts of maker, checker and third person.

mod checks;
mod drawing;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::id::{CanteenId, Digest, UserId};
use domain::settlement::MonthState;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::acts::freshly;
use super::board::Amounts;
use crate::Office;
use crate::audit::Action;
use crate::budget;
use crate::console::days::MonthDays;
use crate::console::files::{self, Kind};
use crate::console::page::Page;
use crate::console::view::View;
use crate::http::Answer;
use crate::http::body::{Form, Query};
use crate::http::findings::NewStep;
use crate::http::months::{actor, explained, printable, put_claim_step};
use crate::http::routes::Routes;
use crate::month::{self, MonthView};
use crate::payment::{self, Afterwards};
use crate::people::{Right, Role};
use crate::remade::Again;
use crate::store::people::{self, UserRow};
use crate::store::{Tx, months, overview};
use drawing::drawn;
use table::table;

/// The page's address.
const PATH: &str = "/console/settlement";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/settlement.csv", csv)
        .get("/console/settlement.xlsx", xlsx)
        .post("/console/settlement/draft", Action::MonthDraft, draft)
        .post("/console/settlement/explain", Action::MonthExplain, explain)
        .post("/console/settlement/claims", Action::FindingStep, rule)
        .post("/console/settlement/submit", Action::MonthSubmit, submit)
        .post("/console/settlement/send-back", Action::MonthSendBack, send_back)
        .post("/console/settlement/approve", Action::MonthApprove, approve)
        .post("/console/settlement/sign", Action::MonthSign, sign)
        .post("/console/settlement/archive", Action::MonthArchive, archive)
}

/// What the page is drawn from.
struct Found {
    days: MonthDays,
    /// The canteens that this very region settles.
    settles: Vec<(CanteenId, String)>,
    /// By canteen, before there is a draft: days with meals, and subsidised meals of all days.
    served: BTreeMap<CanteenId, (usize, u32)>,
    month: Option<MonthView>,
    after: Option<Afterwards>,
    /// Last month's statements.
    before: BTreeMap<CanteenId, Amounts>,
    /// Whoever acted, by id.
    names: BTreeMap<UserId, String>,
    checkers: Vec<String>,
    makers: Vec<String>,
    /// Whether the statements made again from the day closes are those that are stored, and when they were.
    again: Option<Again>,
    /// By how much payers' budgets of the year are passed, drafts counted; nothing where no budget is set.
    budgets: Option<Vec<(domain::decision::Payer, domain::money::Fen)>>,
    /// An earlier month that has to be approved first, or a later one that was drafted.
    earlier: Option<domain::calendar::Month>,
    later: Option<domain::calendar::Month>,
}

impl Found {
    /// Why a canteen's month changed so much, in its maker's words.
    fn explanation(&self, canteen: CanteenId) -> Option<String> {
        let changed = self.month.as_ref()?.changes.iter().find(|changed| changed.canteen == canteen)?;
        changed.explanation.as_ref().map(|said| said.words.clone())
    }
}

async fn load(tx: &mut Tx, office: &Office, view: &View, remake: bool) -> Result<Found, crate::Error> {
    let (region, of) = (&view.region.code, view.month);
    let days = MonthDays::load(tx, region, of, None).await?;
    let settles = months::canteens(tx, region, Some(of)).await?;
    let month = month::view(tx, region, of).await?;
    let mut served: BTreeMap<CanteenId, (usize, u32)> = BTreeMap::new();
    if month.is_none() && !settles.is_empty() {
        for day in overview::sums(tx, region, of, None).await? {
            let sum = served.entry(day.canteen).or_default();
            *sum = (sum.0 + usize::from(day.meals.count > 0), sum.1 + day.subsidised.count);
        }
    }
    let approved = month.as_ref().is_some_and(|m| m.settlement.state.0 == MonthState::Approved);
    let after = match &month {
        Some(m) if approved => Some(payment::following(tx, &m.settlement, m.statements.clone()).await?),
        _ => None,
    };
    let before = if let Some(month) = &month {
        month.before.iter().map(|(canteen, last)| (*canteen, Amounts::of(last))).collect()
    } else {
        let last = months::by_canteen(tx, region, of.previous(), None).await?;
        last.iter().map(|(canteen, last)| (*canteen, Amounts::of(last))).collect()
    };
    let everybody = people::inside(tx, &view.user.region).await?;
    let works = |row: &&UserRow| row.left_at.is_none() && row.region.contains(region);
    let with = |role: Role| -> Vec<String> {
        everybody.iter().filter(works).filter(|row| row.role == role).map(|row| row.name.clone()).collect()
    };
    let shown = |m: &MonthView| matches!(m.settlement.state.0, MonthState::Submitted | MonthState::Checked);
    let again = match &month {
        Some(month) if remake || shown(month) => {
            Some(office.remade.of(tx, &office.book(), month, remake, view.now).await?)
        }
        _ => None,
    };
    let (year, set) = budget::year_kept(tx, &office.costs, region, of.ym().0).await?;
    let passed = year.into_iter().filter_map(|of| of.passed_by().map(|by| (of.payer, by))).collect();
    Ok(Found {
        budgets: (!set.is_empty()).then_some(passed),
        settles,
        served,
        after,
        before,
        names: everybody.iter().map(|row| (row.id, row.name.clone())).collect(),
        checkers: with(Role::FinanceChecker),
        makers: with(Role::FinanceMaker),
        again,
        earlier: months::unapproved_before(tx, region, of).await?.first().copied(),
        later: months::drafted_after(tx, region, of).await?,
        days,
        month,
    })
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    again: Option<u8>,
}

async fn read(office: &Arc<Office>, view: &View, remake: bool) -> Answer<Found> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (kept, of) = (Arc::clone(office), view.clone());
    let read = office.store.read(move |tx| {
        let (kept, of) = (Arc::clone(&kept), of.clone());
        Box::pin(async move { load(tx, &kept, &of, remake).await })
    });
    Ok(read.await?)
}

async fn page(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let found = read(&office, &view, asked.again.is_some()).await?;
    Page::of(&drawn(&view, &found, office.now()))
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view, false).await?;
    Ok(files::of_month(&table(&view, &found), &view, "settlement", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view, false).await?;
    Ok(files::of_month(&table(&view, &found), &view, "settlement", Kind::Xlsx)?)
}

async fn draft(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let (region, of) = (&view.region.code, view.month);
    let actor = actor(&view.user, region, Right::MakeMonth)?;
    month::draft(&office.store, &office.book(), &office.entropy, region, of, actor, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=drafted")))
}

#[derive(Deserialize)]
struct Explain {
    canteen: CanteenId,
    words: String,
}

async fn explain(State(office): State<Arc<Office>>, view: View, Form(body): Form<Explain>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::MakeMonth)?;
    let (words, now) = (printable(&office, &body.words)?, office.now());
    month::explain(&office.store, &view.region.code, view.month, body.canteen, words, actor, now).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=saved")))
}

#[derive(Deserialize)]
struct Rule {
    number: String,
    what: String,
    words: String,
}

async fn rule(State(office): State<Arc<Office>>, view: View, Form(body): Form<Rule>) -> Answer<Redirect> {
    let Rule { number, what, words } = body;
    let new = NewStep { what, words, owner: None, due: None };
    put_claim_step(&office, &view.user, &view.region.code, view.month, &number, new).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=saved")))
}

async fn submit(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::MakeMonth)?;
    month::submit(&office.store, &view.region.code, view.month, actor, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=submitted")))
}

#[derive(Deserialize)]
struct SendBack {
    reason: String,
}

async fn send_back(State(office): State<Arc<Office>>, view: View, Form(body): Form<SendBack>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    let reason = explained(&body.reason)?;
    month::send_back(&office.store, &view.region.code, view.month, actor, reason, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=sent_back")))
}

#[derive(Deserialize)]
struct Approve {
    /// The month's digest as it was shown.
    digest: Digest,
    #[serde(default)]
    passphrase: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
}

async fn approve(State(office): State<Arc<Office>>, view: View, Form(body): Form<Approve>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    freshly(&office, &view.present, &body.passphrase, &body.code).await?;
    month::approve(&office.store, &view.region.code, view.month, actor, body.digest, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=approved")))
}

async fn sign(State(office): State<Arc<Office>>, view: View, Form(body): Form<Approve>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    freshly(&office, &view.present, &body.passphrase, &body.code).await?;
    month::sign(&office.store, &view.region.code, view.month, actor, body.digest, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=approved")))
}

async fn archive(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    payment::archive(&office.store, &view.region.code, view.month, actor.user, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=archived")))
}
