//! Budgets of a year by payer, what is left of them, and the year's report.

use std::collections::{BTreeMap, BTreeSet};

use domain::budget::{self, CanteenYear, PayerYear, Settled};
use domain::calendar::{Month, UnixMs};
use domain::decision::Payer;
use domain::id::{CanteenId, UserId};
use domain::money::Fen;
use domain::policy::{Policy, PolicySet};
use domain::region::{Level, RegionCode};
use domain::settlement::payment::PaymentState;
use domain::words::usual_payers;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{Act, Action};
use crate::costs::Costs;
use crate::error::Error;
use crate::rules;
use crate::store::budgets::{self, BudgetRow};
use crate::store::months::StoredStatement;
use crate::store::{Json, Tx, canteens, demands, overview, payments};
use crate::words::{Code, budgets as words};

/// A budget as one person proposes it and another approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The region that settles.
    pub region: RegionCode,
    /// The year of the meals.
    pub year: i16,
    /// Who pays.
    pub payer: Payer,
    /// Fen, not negative.
    pub amount: Fen,
    /// Why, or which document.
    pub reason: String,
}

/// Refuses what cannot be a budget: of no region that settles, of a year without a month, below nothing.
pub(crate) async fn fits(tx: &mut Tx, budget: &Budget) -> Result<(), Error> {
    if budget.amount.is_negative() {
        return Err(Error::refused(Code::Invalid, words::NEGATIVE));
    }
    if !(2000..=2999).contains(&budget.year) {
        return Err(Error::refused(Code::Invalid, words::YEAR));
    }
    may_pay(tx, budget).await?;
    if canteens::regions(tx).await?.iter().any(|region| region.code == budget.region) {
        return Ok(());
    }
    Err(Error::refused(Code::NotFound, words::NO_REGION))
}

/// Refuses a payer that no statement would ever name: statements name a level by its own code, and a fund as a policy
/// calls it, at the policy's first region. A usual fund may have a budget before a policy names it.
async fn may_pay(tx: &mut Tx, budget: &Budget) -> Result<(), Error> {
    let payer = &budget.payer;
    let Some(unit) = &payer.unit else { return Err(Error::refused(Code::Invalid, words::UNIT)) };
    if let Some(level) = Level::ALL.into_iter().find(|level| level.name() == payer.name) {
        let fits = unit.unit(level).as_ref() == Some(unit);
        return if fits { Ok(()) } else { Err(Error::refused(Code::Invalid, words::UNIT)) };
    }
    let funds = funds(&rules::announced(tx).await?, &budget.region);
    if funds.contains(payer) {
        return Ok(());
    }
    if funds.iter().any(|fund| fund.name == payer.name) {
        return Err(Error::refused(Code::Invalid, words::UNIT));
    }
    if usual_payers().any(|usual| usual == payer.name) {
        return Ok(());
    }
    Err(Error::refused(Code::Invalid, words::PAYER))
}

/// The funds that policies name for places in the region or around it.
pub(crate) fn funds(policies: &PolicySet, region: &RegionCode) -> BTreeSet<Payer> {
    let meets = |policy: &&Policy| policy.regions().iter().any(|of| of.contains(region) || region.contains(of));
    policies.policies().filter(meets).flat_map(Policy::funds).collect()
}

/// Puts an approved budget in force: of its payer and year it is the last word.
pub(crate) async fn set(
    tx: &mut Tx,
    id: Uuid,
    new: Budget,
    (maker, checker): (UserId, UserId),
    now: UnixMs,
) -> Result<(), Error> {
    fits(tx, &new).await?;
    let Budget { region, year, payer, amount, reason } = new;
    let act = Act::new(checker, Action::BudgetSet, format!("budget:{region}/{year}"));
    let act = act.with("payer", payer.name.as_str()).with("amount", amount.get());
    let year = i64::from(year);
    let payer = Json(payer);
    let row = BudgetRow {
        id,
        region,
        year,
        payer,
        amount,
        reason,
        proposed_by: maker,
        approved_by: checker,
        approved_at: now,
    };
    budgets::add(tx, &row).await?;
    act.done(tx, now).await.map(drop)
}

/// The months whose statements may cost a year something: its own, and those of the next year, which may still change it.
fn bounds(year: i16) -> Option<(Month, Month)> {
    Month::new(year, 1).zip(Month::new(year.saturating_add(1), 12))
}

/// The current statements that may cost a year something.
async fn statements(tx: &mut Tx, region: &RegionCode, year: i16) -> Result<Vec<StoredStatement>, Error> {
    let Some((january, december)) = bounds(year) else { return Ok(Vec::new()) };
    overview::statements(tx, region, january, december).await
}

/// A region's year by payer, with every budget that was approved for it.
pub async fn year(tx: &mut Tx, region: &RegionCode, year: i16) -> Result<(Vec<PayerYear>, Vec<BudgetRow>), Error> {
    year_kept(tx, &Costs::default(), region, year).await
}

/// The same; months that were read before and have not changed since are not read again.
pub async fn year_kept(
    tx: &mut Tx,
    costs: &Costs,
    region: &RegionCode,
    year: i16,
) -> Result<(Vec<PayerYear>, Vec<BudgetRow>), Error> {
    let rows = budgets::of_year(tx, region, i64::from(year)).await?;
    let set: Vec<(Payer, Fen)> = rows.iter().map(|row| (row.payer.0.clone(), row.amount)).collect();
    let months = match bounds(year) {
        Some((january, december)) => costs.of_region(tx, region, january, december).await?,
        None => Vec::new(),
    };
    let costs = months.iter().map(|month| (&month.of.cost, month.is_approved));
    Ok((budget::year_of_costs(year, costs, &set), rows))
}

/// The year's report by canteen and payer, from approved statements.
pub async fn report(
    tx: &mut Tx,
    region: &RegionCode,
    year: i16,
) -> Result<BTreeMap<(CanteenId, Payer), CanteenYear>, Error> {
    let mut stored = statements(tx, region, year).await?;
    stored.retain(|s| s.approved == 1);
    let mut marks = Vec::with_capacity(stored.len());
    for s in &stored {
        let last = payments::of_statement(tx, s.id).await?.last().map(|payment| payment.state);
        marks.push((last == Some(PaymentState::Confirmed), demands::of_statement(tx, s.id).await?.is_some()));
    }
    let settled: Vec<Settled<'_>> = stored
        .iter()
        .zip(marks)
        .map(|(s, (arrived, demanded))| Settled { statement: &s.content.0, arrived, demanded })
        .collect();
    Ok(budget::report(year, &settled))
}
