//! A demand as a paper.

use domain::calendar::UnixMs;
use receipts::statement::demand::{DemandLine, DemandSheet};
use receipts::statement::{Signature, Signed};

use super::name;
use super::sheet::names_of;
use crate::error::Error;
use crate::store::demands::{self, DemandRow};
use crate::store::{Json, Tx, canteens, corrections, months, proposals};
use crate::words::settlement as words;

/// A demand is made once; its number has one version.
pub const DEMAND_VERSION: i64 = 1;

/// The paper of an approved demand.
pub async fn demand_sheet(tx: &mut Tx, row: DemandRow, public_url: &str, now: UnixMs) -> Result<DemandSheet, Error> {
    let lost = |what: &str| Error::Corrupt(format!("a demand without its {what}"));
    let Json(demand) = &row.content;
    let canteen = corrections::canteen_at(tx, demand.canteen, Some(row.approved_at)).await?;
    let canteen = canteen.ok_or_else(|| lost("canteen"))?;
    let stored = months::statement(tx, demand.statement).await?.ok_or_else(|| lost("statement"))?;
    let closure = demands::closure(tx, demand.canteen).await?.ok_or_else(|| lost("closure"))?;
    let regions = canteens::regions_at(tx, Some(row.approved_at)).await?;
    let office = regions.iter().find(|region| region.code == stored.region).map(|region| region.office.clone());
    let payers: Vec<_> = demand.shares.iter().map(|(payer, _)| payer).collect();
    let names = names_of(&payers, &regions);
    let lines =
        names.into_iter().zip(demand.shares.iter()).map(|(payer, (_, amount))| DemandLine { payer, amount: *amount });
    let lines = lines.collect();
    let signed = |name: String, at: UnixMs| Some(Signed { name, date: words::day(at.local_date()) });
    let proposed = proposals::get(tx, row.id).await?.ok_or_else(|| lost("proposal"))?;
    let maker = name(tx, row.demanded_by).await?;
    let checker = name(tx, row.approved_by).await?;
    let digest = row.digest.to_string();
    Ok(DemandSheet {
        office: office.ok_or_else(|| lost("region"))?,
        number: demand.number.clone(),
        canteen: canteen.name,
        operator: canteen.operator,
        credit_code: canteen.credit_code,
        closed: words::full_day(closure.last_day),
        closed_because: closure.reason,
        statement: stored.number,
        month: words::month(demand.month),
        due: words::full_day(demand.due),
        reason: demand.reason.clone(),
        lines,
        total: demand.total(),
        signatures: vec![
            Signature { role: words::MAKER.to_owned(), signed: signed(maker, proposed.made_at) },
            Signature { role: words::CHECKER.to_owned(), signed: signed(checker, row.approved_at) },
            Signature { role: words::APPROVER.to_owned(), signed: None },
        ],
        verify_url: Some(format!("{public_url}/verify/{}/{DEMAND_VERSION}/{}", demand.number, &digest[..16])),
        digest,
        printed_at: words::instant(now),
        made_at: now,
    })
}
