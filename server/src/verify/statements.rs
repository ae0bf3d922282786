//! Statements: each is what its digest says and what its closes give; each month is what its statements give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, Digest, StatementId};
use domain::ledger::Posting;
use domain::money::Fen;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::settlement::claims::served;
use domain::settlement::demand::Demand;
use domain::settlement::{MonthInput, Reopened, Statement, settle_month};

use super::{Part, VerifyReport};
use crate::error::Error;
use crate::month::digest_of;
use crate::payment::postings;
use crate::rulings;
use crate::sql;
use crate::store::claims as store_claims;
use crate::store::closes::revision as close;
use crate::store::demands::{self, Receipt};
use crate::store::months::Settles;
use crate::store::payments::{self, Payment};
use crate::store::{Store, Tx, findings, holds, ledger, months};
use crate::words::pack as words;

crate::row! {
    #[derive(Clone)]
    struct Stored {
        id: domain::id::StatementId,
        number: String,
        version: i64,
        month: Month,
        canteen: CanteenId,
        digest: Digest,
        payable: Fen,
        content: String,
        current: bool,
        approved: bool,
        drafted_at: UnixMs,
    }
}

pub(super) async fn verify(
    store: &Store,
    rules: &Arc<Rulebook>,
    part: Option<&Part>,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let rows: Vec<Stored> = store
        .read(|tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT s.id, s.number, s.version, s.month, s.canteen, s.digest, s.payable, s.content, \
                     s.version = m.version AS current, s.approved = 1 AS approved, m.drafted_at FROM statements s \
                     JOIN settlements m ON m.region = s.region AND m.month = s.month ORDER BY s.number, s.version"
                )
                .all()
                .await
            })
        })
        .await?;
    for row in rows {
        report.statements += 1;
        progress(&format!("结算单：{}", row.number));
        let place = format!("结算单 {} 第 {} 版", row.number, row.version);
        let Ok(content) = serde_json::from_str::<Statement>(&row.content) else {
            report.broken(place, "无法读取");
            continue;
        };
        if content.digest() != row.digest {
            report.broken(&place, "内容与摘要不符");
        }
        if content.payable() != row.payable {
            report.broken(&place, format!("应付 {} 与内容 {} 不符", row.payable, content.payable()));
        }
        if row.approved {
            let id = row.id;
            let (posted, paid, claim) = store
                .read(move |tx| {
                    Box::pin(async move {
                        let posted = ledger::of_statement(tx, id).await?;
                        Ok((posted, payments::of_statement(tx, id).await?, claim(tx, id).await?))
                    })
                })
                .await?;
            let (demanded, posted): (Vec<_>, Vec<_>) = posted.into_iter().partition(|p| p.line.is_of_demand());
            if posted != all_postings(&content, &paid) || demanded != of_demand(claim.as_ref()) {
                report.broken(&place, "账簿分录与内容不符");
            }
        }
        if row.current {
            let (rules, asked) = (Arc::clone(rules), content.clone());
            let of = Made { id: row.id, canteen: row.canteen, month: row.month, drafted_at: row.drafted_at };
            let again = store.read(move |tx| Box::pin(async move { again(tx, &rules, of, &asked).await })).await?;
            match again {
                None => report.broken(&place, "所依据的日清或裁定不存在，或已被改动，无法重算"),
                Some(made) if made != content => report.broken(&place, "从日清重算，结果不同"),
                Some(_) => {}
            }
        }
    }
    claims(store, rules, part, report).await?;
    match part {
        None => settlements(store, report).await,
        Some(part) => packed(store, part, report).await,
    }
}

/// The packed statements are those of the head, whose digests give the month's.
async fn packed(store: &Store, part: &Part, report: &mut VerifyReport) -> Result<(), Error> {
    let rows: Vec<(String, Digest, RegionCode, Month)> = store
        .read(|tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT s.number, s.digest, s.region, s.month FROM statements s JOIN settlements m \
                     ON m.region = s.region AND m.month = s.month AND m.version = s.version"
                )
                .all()
                .await
            })
        })
        .await?;
    let (region, month, digest) = &part.settlement;
    for number in &part.packed {
        let place = format!("结算单 {number}");
        match rows.iter().find(|(n, ..)| n == number) {
            None => report.broken(place, words::NOT_PACKED),
            Some((_, held, of, at)) => {
                if part.statements.get(number) != Some(held) || (of, at) != (region, month) {
                    report.broken(place, words::OTHER_STATEMENT);
                }
            }
        }
    }
    let approved: Vec<Digest> =
        store.read(|tx| Box::pin(async move { sql!(tx, "SELECT digest FROM settlements").values().await })).await?;
    if digest_of(part.statements.values().copied()) != *digest || approved != [*digest] {
        report.broken(format!("月结 {region} {month}"), words::OTHER_MONTH);
    }
    Ok(())
}

/// Everything that the ledger has to hold of a statement: its lines, and what its payment did.
fn all_postings(content: &Statement, paid: &[Payment]) -> Vec<Posting> {
    let mut all = domain::ledger::of_statement(content);
    let mut arrived = false;
    for payment in paid {
        all.extend(postings(content, payment.state, arrived));
        arrived = payment.state == domain::settlement::payment::PaymentState::Confirmed;
    }
    all
}

/// The demand for what a statement left, with what was paid on it.
type Claim = (Demand, Vec<Receipt>);

async fn claim(tx: &mut Tx, statement: StatementId) -> Result<Option<Claim>, Error> {
    let Some(row) = demands::of_statement(tx, statement).await? else { return Ok(None) };
    Ok(Some((row.content.0, demands::receipts(tx, row.id).await?)))
}

/// Everything that the ledger has to hold of a demand.
fn of_demand(claim: Option<&Claim>) -> Vec<Posting> {
    let Some((demand, receipts)) = claim else { return Vec::new() };
    let mut all = domain::ledger::of_demand(demand);
    let posting = |receipt: &Receipt| domain::ledger::of_receipt(demand.canteen, &receipt.payer.0, receipt.amount);
    all.extend(receipts.iter().filter_map(posting));
    all
}

/// Which statement is to be made again, and when it was drafted.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    pub(crate) id: StatementId,
    pub(crate) canteen: CanteenId,
    pub(crate) month: Month,
    pub(crate) drafted_at: UnixMs,
}

/// The statement made again from the closes that it settled; nothing where one of them, or a ruling, is not there, cannot
/// be read, or is such that no statement can be made of it.
pub(crate) async fn again(
    tx: &mut Tx,
    rules: &Rulebook,
    of: Made,
    content: &Statement,
) -> Result<Option<Statement>, Error> {
    match made(tx, rules, of, content).await {
        Err(Error::Corrupt(_)) => Ok(None),
        made => made,
    }
}

async fn made(tx: &mut Tx, rules: &Rulebook, of: Made, content: &Statement) -> Result<Option<Statement>, Error> {
    let Made { id, canteen, month, drafted_at } = of;
    let (mut days, mut reopened) = (Vec::new(), Vec::new());
    let rulings = findings::rulings(tx, canteen, drafted_at).await?;
    let mut deducted = BTreeMap::new();
    for Settles { date, revision, taken } in months::settled_by(tx, id).await? {
        let Some(now) = close(tx, canteen, date, revision).await? else { return Ok(None) };
        let again = rulings::deducted(tx, std::iter::once((revision, &now)), &rulings).await?;
        if again.get(&date).map_or(&[][..], Vec::as_slice) != taken {
            return Ok(None);
        }
        deducted.extend(again);
        if date.month() == month {
            days.push(now);
        } else {
            let (settled, taken) = match months::settled_before(tx, canteen, date, month).await? {
                Some(before) => (close(tx, canteen, date, before.revision).await?, before.taken),
                None => (None, Vec::new()),
            };
            reopened.push(Reopened { settled, taken, now });
        }
    }
    let of_days = days.iter().chain(reopened.iter().map(|r| &r.now));
    let findings = of_days.flat_map(|day| day.findings.iter().map(|f| (day.date, f.number.clone())));
    let blocking = &content.reconciliation.blocking;
    let decided: BTreeSet<(BusinessDate, String)> =
        findings.filter(|of| !blocking.contains(&of.1) || rulings.contains_key(of)).collect();
    let input = MonthInput {
        canteen,
        month,
        days: &days,
        incomplete: &content.reconciliation.incomplete,
        left_out: &content.reconciliation.left_out,
        reopened: &reopened,
        carried: &months::carried(tx, canteen, month).await?,
        decided: &decided,
        deducted: &deducted,
        released: &holds::released(tx, canteen, month, drafted_at).await?,
        rules,
    };
    // Sums that somebody changed by hand do not add up any more, which `settle_month` takes for a defect of its own.
    Ok(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| settle_month(&input))).ok())
}

const OTHER_SERVED: &str = "申报份数与各结算单不符";

/// What each month's claims were held against is what its digest says and, where the whole office is at hand, what the
/// facts known before its draft give. A pack of all statements shows what was served; who was entitled is not in it.
async fn claims(
    store: &Store,
    rules: &Arc<Rulebook>,
    part: Option<&Part>,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let alone = part.is_some_and(|part| part.packed.len() < part.statements.len());
    let kept: Vec<(RegionCode, Month, i64)> = store
        .read(|tx| Box::pin(async move { sql!(tx, "SELECT region, month, version FROM month_claims").all().await }))
        .await?;
    for (region, month, version) in kept {
        let place = format!("月结 {region} {month} 申报份数");
        let (rules, whole) = (Arc::clone(rules), part.is_none());
        let wrong = store.read(move |tx| {
            Box::pin(async move {
                let stored = store_claims::of_version(tx, &region, month, version).await?;
                let Some((stored, digest)) = stored else { return Ok(None) };
                if stored.digest() != digest {
                    return Ok(Some("内容与摘要不符"));
                }
                // What was drafted before is kept to be compared; its meals are free again.
                let settlement = months::settlement(tx, &region, month).await?;
                let Some(settlement) = settlement.filter(|now| now.version == version) else { return Ok(None) };
                if alone || !(whole || stored.is_asked_for()) {
                    return Ok(None);
                }
                let statements = months::statements(tx, &settlement).await?;
                let statements: Vec<Statement> = statements.into_iter().map(|s| s.content.0).collect();
                if !whole {
                    let told = stored.claims.iter().map(|c| ((c.policy.clone(), c.benefit.clone()), c.served));
                    return Ok((told.collect::<BTreeMap<_, _>>() != served(statements.iter())).then_some(OTHER_SERVED));
                }
                let again = crate::claims::again(tx, &settlement, &statements, &rules, &stored).await?;
                Ok((again.as_ref() != Some(&stored)).then_some("重新计数，结果不同"))
            })
        });
        let wrong = match wrong.await {
            // The close that it is about is named by the check of closes.
            Err(error) if error.is_of_data() => Some("所依据的日清无法读取，不能重新计数"),
            wrong => wrong?,
        };
        if let Some(what) = wrong {
            report.broken(place, what);
        }
    }
    Ok(())
}

async fn settlements(store: &Store, report: &mut VerifyReport) -> Result<(), Error> {
    let rows: Vec<(RegionCode, Month, i64, Digest)> = store
        .read(|tx| {
            Box::pin(async move { sql!(tx, "SELECT region, month, version, digest FROM settlements").all().await })
        })
        .await?;
    for (region, month, version, digest) in rows {
        let place = format!("月结 {region} {month} 第 {version} 版");
        let digests: Vec<Digest> = store
            .read(move |tx| {
                Box::pin(async move {
                    sql!(
                        tx,
                        "SELECT digest FROM statements WHERE region = $1 AND month = $2 AND version = $3 \
                         ORDER BY number",
                        &region,
                        month,
                        version
                    )
                    .values()
                    .await
                })
            })
            .await?;
        if digest_of(digests.into_iter()) != digest {
            report.broken(place, "与各结算单的摘要不符");
        }
    }
    Ok(())
}
