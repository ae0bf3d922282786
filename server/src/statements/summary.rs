//! A region's month as one paper: a line a canteen, totals, payers.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{Month, UnixMs};
use domain::decision::Payer;
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::region::RegionCode;
use domain::settlement::claims::Claim;
use domain::settlement::{MonthState, PayerLine, Statement};
use receipts::statement::summary::{SummaryBudget, SummaryClaim, SummaryLine, SummaryPayer, SummarySheet, SummarySums};

use super::sheet::{names_of, signatures_of};
use super::{name, name_of};
use crate::budget;
use crate::error::Error;
use crate::month;
use crate::store::canteens::Region;
use crate::store::months::{self, Settlement, StoredStatement};
use crate::store::{Tx, canteens, corrections};
use crate::words::{Code, settlement as words};

/// The paper of a region's month as it stands.
///
/// Refused when the month was never drafted.
pub async fn summary(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    public_url: &str,
    now: UnixMs,
) -> Result<SummarySheet, Error> {
    let missing = || Error::refused(Code::Conflict, words::month_not_drafted(month));
    let settlement = months::settlement(tx, region, month).await?.ok_or_else(missing)?;
    let regions = canteens::regions_at(tx, settlement.approved_at).await?;
    let place = regions.iter().find(|r| r.code == *region).cloned().ok_or_else(missing)?;
    let statements = months::statements(tx, &settlement).await?;
    let mut payers: BTreeMap<&Payer, PayerLine> = BTreeMap::new();
    for line in statements.iter().flat_map(|s| &s.content.0.payers) {
        let sum = payers.entry(&line.payer).or_insert_with(|| PayerLine {
            payer: line.payer.clone(),
            approved: Fen::ZERO,
            held: Fen::ZERO,
            payable: Fen::ZERO,
            carried: Fen::ZERO,
        });
        sum.approved += line.approved;
        sum.held += line.held;
        sum.payable += line.payable;
        sum.carried += line.carried;
    }
    let known: Vec<&Payer> = payers.keys().copied().collect();
    let names: BTreeMap<&Payer, String> = known.iter().copied().zip(names_of(&known, &regions)).collect();
    let mut lines = Vec::with_capacity(statements.len());
    let mut total = SummarySums::default();
    for statement in &statements {
        let content = &statement.content.0;
        let sums = sums(content);
        add(&mut total, sums);
        let canteen = corrections::canteen_at(tx, statement.canteen, settlement.approved_at).await?;
        let paying = content.payers.iter().filter(|line| !line.payable.is_zero());
        lines.push(SummaryLine {
            number: statement.number.clone(),
            canteen: canteen.map_or_else(String::new, |canteen| canteen.name),
            sums,
            payers: paying.map(|line| (names.get(&line.payer).cloned().unwrap_or_default(), line.payable)).collect(),
        });
    }
    let payers = payers.iter().map(|(payer, line)| SummaryPayer {
        payer: names.get(payer).cloned().unwrap_or_default(),
        approved: line.approved,
        held: line.held,
        carried: -line.carried,
        payable: line.payable,
    });
    let payers = payers.collect();
    let budgets = budgets(tx, region, month, &statements, &regions).await?;
    let mut changes = Vec::new();
    let before = month::before(tx, &settlement, &statements).await?;
    for changed in month::changes(tx, &settlement, &statements, &before).await? {
        let canteen = corrections::canteen_at(tx, changed.canteen, settlement.approved_at).await?;
        let canteen = canteen.map_or_else(String::new, |canteen| canteen.name);
        let why = changed.explanation.map_or_else(|| words::NOT_EXPLAINED.to_owned(), |said| said.words);
        changes.push((canteen, words::changed(changed.change), why));
    }
    let maker = name(tx, settlement.submitted_by.unwrap_or(settlement.drafted_by)).await?;
    let checker = name_of(tx, settlement.approved_by).await?;
    let signer = name_of(tx, settlement.signed_by).await?;
    Ok(SummarySheet {
        office: place.office,
        number: words::summary_number(region, month),
        version: u32::try_from(settlement.version).unwrap_or(u32::MAX),
        draft: settlement.state.0 != MonthState::Approved,
        region: place.name,
        month: words::month(month),
        period: words::span(month.first(), month.last()),
        lines,
        total,
        payers,
        budgets,
        changes,
        claims: claims(tx, &settlement).await?,
        signatures: signatures_of(&settlement, &maker, checker.as_deref(), signer.as_deref()),
        verify_url: Some(verify_url(public_url, &settlement)),
        digest: settlement.digest.to_string(),
        printed_at: words::instant(now),
        made_at: now,
    })
}

/// The budgets of the month's year and of every year that its statements cost, each payer that has one or used
/// something; nothing where nobody has one.
async fn budgets(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    statements: &[StoredStatement],
    regions: &[Region],
) -> Result<Vec<SummaryBudget>, Error> {
    let costs = statements.iter().flat_map(|s| domain::budget::cost(&s.content.0));
    let settled = costs.filter(|(_, shares)| shares.without_zeros() != PayerSums::default());
    let years: BTreeSet<i16> = settled.map(|(of, _)| of.ym().0).chain([month.ym().0]).collect();
    let mut rows = Vec::new();
    for year in years {
        let (payers, _) = budget::year(tx, region, year).await?;
        let known: Vec<&Payer> = payers.iter().map(|of| &of.payer).collect();
        for (payer, of) in names_of(&known, regions).into_iter().zip(&payers) {
            let (budget, used, drafted, left) = (of.budget, of.approved, of.drafted, of.left());
            rows.push(SummaryBudget { year, payer, budget, used, drafted, left });
        }
    }
    if rows.iter().all(|row| row.budget.is_none()) {
        rows.clear();
    }
    Ok(rows)
}

/// What each benefit's meals were held against when the month was drafted, and what was said about those beyond: of an
/// approved month until it was.
async fn claims(tx: &mut Tx, settlement: &Settlement) -> Result<Vec<SummaryClaim>, Error> {
    let Some(mut view) = crate::claims::view(tx, settlement).await? else { return Ok(Vec::new()) };
    for over in &mut view.over {
        over.steps.retain(|step| step.at <= settlement.said_until());
    }
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let line = |(at, claim): (usize, &Claim)| SummaryClaim {
        benefit: claim.label.clone(),
        served: number(claim.served),
        elder_days: number(claim.elder_days()),
        limit: number(view.claims.limit(claim)),
        result: crate::words::claims::result(view.over.iter().find(|over| over.at == at), view.claims.permille),
    };
    Ok(view.claims.claims.iter().enumerate().map(line).collect())
}

/// Where the paper is compared with the database.
fn verify_url(public_url: &str, settlement: &Settlement) -> String {
    let Settlement { region, month, version, digest, .. } = settlement;
    format!("{public_url}/verify/month/{region}/{month}/{version}/{}", &digest.to_string()[..16])
}

fn sums(statement: &Statement) -> SummarySums {
    SummarySums {
        meals: u64::from(statement.reconciliation.subsidised.count),
        served: statement.served_total(),
        changes: statement.approved() - statement.served_total(),
        approved: statement.approved(),
        held: statement.held(),
        carried: -statement.carried().total(),
        payable: statement.payable(),
    }
}

fn add(total: &mut SummarySums, sums: SummarySums) {
    total.meals += sums.meals;
    total.served += sums.served;
    total.changes += sums.changes;
    total.approved += sums.approved;
    total.held += sums.held;
    total.carried += sums.carried;
    total.payable += sums.payable;
}
