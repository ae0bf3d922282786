//! What is kept apart from records, closes and statements and has to agree with them: quarantine and what waits, voids
//! and frozen meals, who settled a day, who approved a month, and that nothing is posted that nobody approved.

use domain::calendar::{BusinessDate, Month};
use domain::id::{CanteenId, Digest, RecordId, StatementId, TerminalId};
use domain::record::encoding::hash;
use domain::region::RegionCode;

use super::VerifyReport;
use crate::error::Error;
use crate::sql;
use crate::store::records::{blob_digest, signed};
use crate::store::{Store, Tx, epochs};

/// So many blobs are in memory at a time.
const CHUNK: i64 = 1_000;

pub(super) async fn verify(
    store: &Store,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    progress("隔离区与待收记录");
    blobs(store, report, true).await?;
    blobs(store, report, false).await?;
    progress("用餐表、账簿与审批");
    let found = store.read(|tx| Box::pin(async move { all(tx).await })).await?;
    for (place, what) in found {
        report.broken(place, what);
    }
    Ok(())
}

type Broken = Vec<(String, &'static str)>;

async fn all(tx: &mut Tx) -> Result<Broken, Error> {
    let mut broken = meals(tx).await?;
    broken.extend(frozen(tx).await?);
    broken.extend(settled(tx).await?);
    broken.extend(months(tx).await?);
    broken.extend(ledger(tx).await?);
    broken.extend(chains(tx).await?);
    Ok(broken)
}

/// The broken places that were kept are those that the records show.
async fn chains(tx: &mut Tx) -> Result<Broken, Error> {
    let (kept, found) = (epochs::all_breaks(tx, false).await?, epochs::all_breaks(tx, true).await?);
    let named = |(_, terminal, epoch, sequence, _): &epochs::Broken, what| {
        (format!("终端 {terminal} 第 {epoch} 代 序号 {sequence}"), what)
    };
    let unseen = found.difference(&kept).map(|place| named(place, "与前一条记录不相接，断链表中没有"));
    let mut broken: Broken = unseen.collect();
    broken.extend(kept.difference(&found).map(|place| named(place, "断链表中有，记录中没有")));
    Ok(broken)
}

crate::row! {
    struct Blob {
        canteen: CanteenId,
        terminal: TerminalId,
        epoch: i64,
        sequence: i64,
        digest: Digest,
        bytes: Vec<u8>,
        signature: Vec<u8>,
        hash: Option<Digest>,
    }
}

/// Every blob in quarantine, and every one that waits, is named by what it is.
async fn blobs(store: &Store, report: &mut VerifyReport, quarantined: bool) -> Result<(), Error> {
    let mut skip = 0_i64;
    loop {
        let rows: Vec<Blob> = store
            .read(move |tx| {
                Box::pin(async move {
                    let statement = if quarantined {
                        sql!(
                            tx,
                            "SELECT canteen, terminal, epoch, sequence, digest, bytes, signature, hash FROM quarantine \
                             ORDER BY canteen, terminal, epoch, sequence, digest LIMIT $1 OFFSET $2",
                            CHUNK,
                            skip
                        )
                    } else {
                        sql!(
                            tx,
                            "SELECT canteen, terminal, epoch, sequence, digest, bytes, signature, NULL AS hash \
                             FROM waiting_records ORDER BY canteen, terminal, epoch, sequence, digest \
                             LIMIT $1 OFFSET $2",
                            CHUNK,
                            skip
                        )
                    };
                    statement.all().await
                })
            })
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        skip += i64::try_from(rows.len()).unwrap_or(CHUNK);
        for row in rows {
            let Blob { canteen, terminal, epoch, sequence, digest, bytes, signature, hash: held } = row;
            let kind = if quarantined { "隔离记录" } else { "待收记录" };
            let place = format!("{kind}（食堂 {canteen} 终端 {terminal} 第 {epoch} 代 序号 {sequence}）");
            let same_hash = held.is_none_or(|held| held == hash(&bytes));
            let same = signed(bytes, signature).is_ok_and(|signed| blob_digest(&signed) == digest);
            if !same || !same_hash {
                report.broken(place, "内容与摘要不符");
            }
        }
    }
}

/// Every row of the table of meals has its record, and is voided by that record's void or by none.
async fn meals(tx: &mut Tx) -> Result<Broken, Error> {
    let strangers: Vec<RecordId> = sql!(
        tx,
        "SELECT m.record FROM elder_meals m WHERE NOT EXISTS (SELECT 1 FROM records r \
         WHERE r.canteen = m.canteen AND r.id = m.record AND r.kind = 'meal')"
    )
    .values()
    .await?;
    let voided: Vec<RecordId> = sql!(
        tx,
        "SELECT m.record FROM elder_meals m WHERE m.voided_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM records v \
         JOIN records r ON r.canteen = v.canteen AND r.id = v.voids WHERE v.canteen = m.canteen \
         AND v.id = m.voided_by AND v.voids = m.record AND v.terminal = r.terminal AND v.shift = r.shift)"
    )
    .values()
    .await?;
    let unvoided: Vec<RecordId> = sql!(
        tx,
        "SELECT m.record FROM records v CROSS JOIN records r CROSS JOIN elder_meals m \
         WHERE v.voids IS NOT NULL AND r.canteen = v.canteen AND r.id = v.voids \
         AND r.terminal = v.terminal AND r.shift = v.shift \
         AND (v.epoch > r.epoch OR (v.epoch = r.epoch AND v.sequence > r.sequence)) \
         AND m.canteen = r.canteen AND m.record = r.id AND m.voided_by IS NULL"
    )
    .values()
    .await?;
    let named = |rows: Vec<RecordId>, what: &'static str| {
        rows.into_iter().map(move |id| (format!("用餐 {id}"), what)).collect::<Vec<_>>()
    };
    let mut broken = named(strangers, "用餐表中有，记录中没有");
    broken.extend(named(voided, "用餐表中的撤销与记录不符"));
    broken.extend(named(unvoided, "已有撤销记录，用餐表没有标明"));
    Ok(broken)
}

/// A meal is frozen only by a statement that settles its day.
async fn frozen(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<RecordId> = sql!(
        tx,
        "SELECT m.record FROM elder_meals m WHERE m.frozen_by IS NOT NULL AND NOT EXISTS (SELECT 1 \
         FROM settled_days s WHERE s.statement = m.frozen_by AND s.canteen = m.canteen AND s.date = m.date)"
    )
    .values()
    .await?;
    Ok(rows.into_iter().map(|id| (format!("用餐 {id}"), "所属结算单没有结算这一天")).collect())
}

/// A day that approved statements settle twice was closed otherwise in between, or was ruled about: what it settled
/// before is taken back then, and something else settled. The same close with the same deductions settles once, and no
/// earlier close follows a later one.
async fn settled(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<(CanteenId, BusinessDate, i64, Month)> = sql!(
        tx,
        "SELECT canteen, date, revision, month FROM (SELECT s.canteen, s.date, s.revision, s.taken, n.month, \
         LAG(s.revision) OVER w AS revision_before, LAG(s.taken) OVER w AS taken_before, \
         LAG(n.month) OVER w AS month_before FROM settled_days s JOIN statements n ON n.id = s.statement \
         WHERE n.approved = 1 WINDOW w AS (PARTITION BY s.canteen, s.date ORDER BY n.month, n.version)) again \
         WHERE month = month_before OR revision < revision_before \
         OR (revision = revision_before AND taken = taken_before)"
    )
    .all()
    .await?;
    let twice = |(canteen, date, revision, month): (CanteenId, BusinessDate, i64, Month)| {
        (format!("日清 {date} 食堂 {canteen} 第 {revision} 次（{month} 月结）"), "被两张已审批的结算单结算")
    };
    Ok(rows.into_iter().map(twice).collect())
}

/// Who made a month did not approve it, and its statements are approved with it.
async fn months(tx: &mut Tx) -> Result<Broken, Error> {
    let alone: Vec<(RegionCode, Month)> = sql!(
        tx,
        "SELECT region, month FROM settlements WHERE approved_by IS NOT NULL \
         AND (approved_by = drafted_by OR approved_by = submitted_by)"
    )
    .all()
    .await?;
    let no_third: Vec<(RegionCode, Month)> = sql!(
        tx,
        "SELECT region, month FROM settlements WHERE signed_by IS NOT NULL \
         AND (signed_by = drafted_by OR signed_by = submitted_by OR signed_by = approved_by OR approved_by IS NULL)"
    )
    .all()
    .await?;
    let undone: Vec<(RegionCode, Month)> = sql!(
        tx,
        "SELECT region, month FROM settlements WHERE state = 'approved' \
         AND (approved_by IS NULL OR submitted_by IS NULL)"
    )
    .all()
    .await?;
    let apart: Vec<(String, i64)> = sql!(
        tx,
        "SELECT s.number, s.version FROM statements s JOIN settlements m ON m.region = s.region \
         AND m.month = s.month WHERE (s.approved = 1) <> (m.state = 'approved' AND m.version = s.version)"
    )
    .all()
    .await?;
    let month =
        |what: &'static str| move |(region, month): (RegionCode, Month)| (format!("月结 {region} {month}"), what);
    let mut broken: Broken = alone.into_iter().map(month("经办与复核是同一人")).collect();
    broken.extend(no_third.into_iter().map(month("第三人签批的不是第三人")));
    broken.extend(undone.into_iter().map(month("已审批，却没有提交人或审批人")));
    let place = |(number, version)| (format!("结算单 {number} 第 {version} 版"), "审批状态与月结不符");
    broken.extend(apart.into_iter().map(place));
    Ok(broken)
}

/// Only approved statements have entries and payments.
async fn ledger(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<StatementId> = sql!(
        tx,
        "SELECT id FROM statements n WHERE n.approved = 0 AND (EXISTS (SELECT 1 FROM postings p \
         WHERE p.statement = n.id) OR EXISTS (SELECT 1 FROM payments y WHERE y.statement = n.id))"
    )
    .values()
    .await?;
    Ok(rows.into_iter().map(|id| (format!("结算单 {id}"), "未经审批，账簿或付款中却有它")).collect())
}
