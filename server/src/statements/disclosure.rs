//! What is put up for everybody to see: a canteen's elders by masked name, with their subsidised meals of the month.

use std::collections::BTreeMap;

use domain::calendar::{Month, UnixMs};
use domain::decision::Kind;
use domain::id::{ElderId, StatementId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::MonthState;
use receipts::statement::disclosure::{DisclosureRow, DisclosureSheet};

use crate::error::Error;
use crate::names::mask;
use crate::sql;
use crate::store::months::{self, Settlement, StoredStatement};
use crate::store::{Tx, canteens, corrections, payments};
use crate::words::{Code, settlement as words};

/// The list of one statement.
///
/// Refused when there is no such statement, or when it belongs to a draft that was replaced.
pub async fn disclosure(
    tx: &mut Tx,
    statement: StatementId,
    public_url: &str,
    now: UnixMs,
) -> Result<DisclosureSheet, Error> {
    let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
    let stored = months::statement(tx, statement).await?.ok_or_else(unknown)?;
    let settlement = months::settlement(tx, &stored.region, stored.month).await?.ok_or_else(unknown)?;
    if settlement.version != stored.version {
        return Err(Error::refused(Code::Conflict, words::statement_replaced(settlement.version)));
    }
    list(tx, &stored, &settlement, public_url, now).await
}

/// The lists of a region's month, by the statements' numbers.
///
/// Refused when the month was never drafted.
pub async fn disclosures(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    public_url: &str,
    now: UnixMs,
) -> Result<Vec<DisclosureSheet>, Error> {
    let missing = || Error::refused(Code::Conflict, words::month_not_drafted(month));
    let settlement = months::settlement(tx, region, month).await?.ok_or_else(missing)?;
    let mut sheets = Vec::new();
    for stored in months::statements(tx, &settlement).await? {
        sheets.push(list(tx, &stored, &settlement, public_url, now).await?);
    }
    Ok(sheets)
}

async fn list(
    tx: &mut Tx,
    stored: &StoredStatement,
    settlement: &Settlement,
    public_url: &str,
    now: UnixMs,
) -> Result<DisclosureSheet, Error> {
    let corrupt = || Error::Corrupt("a statement of no canteen".to_owned());
    let canteen = corrections::canteen_at(tx, stored.canteen, settlement.approved_at).await?.ok_or_else(corrupt)?;
    let regions = canteens::regions_at(tx, settlement.approved_at).await?;
    let office = regions.into_iter().find(|r| r.code == stored.region).ok_or_else(corrupt)?.office;
    let disclosed = payments::disclosure(tx, &stored.region, stored.month).await?;
    let given = given(tx, stored).await?;
    let rows: Vec<DisclosureRow> = rows(tx, stored, &given).await?;
    let digest = stored.digest.to_string();
    Ok(DisclosureSheet {
        office,
        number: stored.number.clone(),
        version: u32::try_from(stored.version).unwrap_or(u32::MAX),
        draft: settlement.state.0 != MonthState::Approved,
        month: words::month(stored.month),
        disclosed: disclosed.map(|d| words::span(d.disclosed_at.local_date(), d.until)),
        contact: words::objections_to(&canteen.phone),
        canteen: canteen.name,
        meals: rows.iter().map(|row| row.meals).sum(),
        amount: rows.iter().map(|row| row.amount).sum(),
        rows,
        verify_url: Some(format!("{public_url}/verify/{}/{}/{}", stored.number, stored.version, &digest[..16])),
        digest,
        printed_at: words::instant(now),
        made_at: now,
    })
}

/// What each elder was given in the month: meals with a subsidy that is paid for, and its amount.
async fn given(tx: &mut Tx, stored: &StoredStatement) -> Result<BTreeMap<ElderId, (u64, Fen)>, Error> {
    let mut given: BTreeMap<ElderId, (u64, Fen)> = BTreeMap::new();
    for months::Settles { date, .. } in months::settled_by(tx, stored.id).await? {
        if date.month() != stored.month {
            continue;
        }
        for verdict in super::verdicts(tx, stored.id, date).await?.now {
            let amount: Fen = verdict.paid.iter().filter(|l| l.kind == Kind::Diner).map(|l| l.amount).sum();
            if !amount.is_zero() {
                let sum = given.entry(verdict.elder).or_default();
                sum.0 += 1;
                sum.1 += amount;
            }
        }
    }
    Ok(given)
}

/// In the order of names; the names themselves stay here.
async fn rows(
    tx: &mut Tx,
    stored: &StoredStatement,
    given: &BTreeMap<ElderId, (u64, Fen)>,
) -> Result<Vec<DisclosureRow>, Error> {
    let named: Vec<(ElderId, String)> = sql!(
        tx,
        "SELECT e.id, e.name FROM elders e WHERE e.id IN (SELECT m.elder FROM elder_meals m \
         JOIN settled_days s ON s.canteen = m.canteen AND s.date = m.date WHERE s.statement = $1) \
         ORDER BY e.sort_key, e.id",
        stored.id
    )
    .all()
    .await?;
    let row = |(elder, name): (ElderId, String)| {
        let (meals, amount) = given.get(&elder).copied()?;
        Some(DisclosureRow { name: mask(&name), meals, amount })
    };
    Ok(named.into_iter().filter_map(row).collect())
}
