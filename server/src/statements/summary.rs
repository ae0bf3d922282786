//! A region's month as one paper: a line a canteen, totals, payers.

use std::collections::BTreeMap;

use domain::calendar::{Month, UnixMs};
use domain::decision::Payer;
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::{MonthState, PayerLine, Statement};
use receipts::statement::summary::{SummaryLine, SummaryPayer, SummarySheet, SummarySums};

use super::name;
use super::sheet::{names_of, signatures_of};
use crate::error::Error;
use crate::month;
use crate::store::months::{self, Settlement};
use crate::store::{Tx, canteens};
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
    let regions = canteens::regions(tx).await?;
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
        let canteen = canteens::get(tx, statement.canteen).await?;
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
    let mut changes = Vec::new();
    for changed in month::changes(tx, &settlement, &statements).await? {
        let canteen = canteens::get(tx, changed.canteen).await?.map_or_else(String::new, |canteen| canteen.name);
        let why = changed.explanation.map_or_else(|| words::NOT_EXPLAINED.to_owned(), |said| said.words);
        changes.push((canteen, words::changed(changed.change), why));
    }
    let maker = name(tx, settlement.submitted_by.unwrap_or(settlement.drafted_by)).await?;
    let checker = match settlement.approved_by {
        Some(checker) => Some(name(tx, checker).await?),
        None => None,
    };
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
        changes,
        signatures: signatures_of(&settlement, &maker, checker.as_deref()),
        verify_url: Some(verify_url(public_url, &settlement)),
        digest: settlement.digest.to_string(),
        printed_at: words::instant(now),
        made_at: now,
    })
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
