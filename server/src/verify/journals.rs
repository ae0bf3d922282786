//! What is kept beside the records and read from them: refunds, meals of unknown credentials and whose they were,
//! epochs that two people ended.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{Digest, ElderId, RecordId, RefundId, TerminalId, UserId};
use domain::money::Fen;
use domain::record::Body;

use super::VerifyReport;
use crate::error::Error;
use crate::sql;
use crate::store::identities::unidentified;
use crate::store::refund_payments::refund_id;
use crate::store::{Store, Tx};

pub(super) async fn verify(store: &Store, report: &mut VerifyReport) -> Result<(), Error> {
    let found = store.read(|tx| Box::pin(async move { all(tx).await })).await?;
    for (place, what) in found {
        report.broken(place, what);
    }
    Ok(())
}

type Broken = Vec<(String, &'static str)>;

async fn all(tx: &mut Tx) -> Result<Broken, Error> {
    let mut broken = refunds(tx).await?;
    broken.extend(entries(tx).await?);
    broken.extend(meals(tx).await?);
    broken.extend(ends(tx).await?);
    Ok(broken)
}

crate::row! {
    struct RefundRow {
        id: RecordId,
        bytes: Vec<u8>,
        outcome: String,
        due: Option<RefundId>,
        meal: Option<RecordId>,
        elder: Option<ElderId>,
        amount: Option<Fen>,
        paid_at: Option<UnixMs>,
        accepted: Option<bool>,
    }
}

/// Every refund record has its row, and says the same.
async fn refunds(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<RefundRow> = sql!(
        tx,
        "SELECT r.id, r.bytes, r.outcome, p.due, p.meal, p.elder, p.amount, p.at AS paid_at, p.accepted \
         FROM records r LEFT JOIN refund_payments p ON p.canteen = r.canteen AND p.record = r.id \
         WHERE r.kind = 'refund'"
    )
    .all()
    .await?;
    let mut broken = Vec::new();
    for row in rows {
        let record = String::from_utf8(row.bytes).ok().and_then(|text| domain::record::encoding::decode(&text).ok());
        // What cannot be read is named by the check of records.
        let Some(record) = record else { continue };
        let Body::Refund(refund) = record.body else { continue };
        let held = (row.due, row.meal, row.elder, row.amount, row.paid_at, row.accepted);
        let (due, meal, elder, amount) = (Some(refund.due), Some(refund.meal), Some(refund.elder), Some(refund.amount));
        if held != (due, meal, elder, amount, Some(record.at), Some(row.outcome == "accepted")) {
            broken.push((format!("退款记录 {}", row.id), "退款表与记录不符"));
        }
    }
    let strangers: Vec<RecordId> = sql!(
        tx,
        "SELECT p.record FROM refund_payments p WHERE NOT EXISTS (SELECT 1 FROM records r \
         WHERE r.canteen = p.canteen AND r.id = p.record AND r.kind = 'refund')"
    )
    .values()
    .await?;
    broken.extend(strangers.into_iter().map(|id| (format!("退款记录 {id}"), "退款表中有，记录中没有")));
    Ok(broken)
}

/// Entries are named by what they say.
async fn entries(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<(RefundId, RecordId, Fen, Fen)> =
        sql!(tx, "SELECT id, meal, paid_before, amount FROM refund_entries").all().await?;
    let wrong = rows.into_iter().filter(|(id, meal, before, amount)| refund_id(*meal, *before, *amount) != *id);
    Ok(wrong.map(|(id, ..)| (format!("应退款项 {id}"), "编号与内容不符")).collect())
}

crate::row! {
    struct Unknown {
        record: RecordId,
        terminal: TerminalId,
        digest: Digest,
        date: BusinessDate,
        at: UnixMs,
        bytes: Option<Vec<u8>>,
        identified: Option<ElderId>,
        elder: Option<ElderId>,
    }
}

/// Meals of unknown credentials are what their records say, and those that were identified are that elder's.
async fn meals(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<Unknown> = sql!(
        tx,
        "SELECT u.record, u.terminal, u.digest, u.date, u.at, r.bytes, i.elder AS identified, m.elder \
         FROM unidentified_meals u \
         LEFT JOIN records r ON r.canteen = u.canteen AND r.id = u.record \
         LEFT JOIN identifications i ON i.canteen = u.canteen AND i.record = u.record \
         LEFT JOIN elder_meals m ON m.canteen = u.canteen AND m.record = u.record"
    )
    .all()
    .await?;
    let mut broken = Vec::new();
    for row in rows {
        let place = format!("未识别用餐 {}", row.record);
        let text = row.bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let same = text.and_then(|text| domain::record::encoding::decode(&text).ok()).is_some_and(|record| {
            unidentified(&record.body) == Some(row.digest)
                && (record.terminal, record.business_date(), record.at) == (row.terminal, row.date, row.at)
        });
        if !same {
            broken.push((place.clone(), "与记录不符"));
        }
        if row.identified != row.elder {
            broken.push((place, "识别结果与用餐表不符"));
        }
    }
    Ok(broken)
}

/// Terminal, epoch, who asked, who confirmed, and how many records beyond the end were accepted.
type End = (TerminalId, i64, UserId, Option<UserId>, Option<i64>);

/// Epochs are ended by two people, and nothing that came later was accepted.
async fn ends(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<End> = sql!(
        tx,
        "SELECT e.terminal, e.epoch, e.asked_by, e.confirmed_by, (SELECT COUNT(*) FROM records r \
         WHERE r.canteen = e.canteen AND r.terminal = e.terminal AND r.epoch = e.epoch AND r.sequence >= e.next \
         AND r.outcome = 'accepted') FROM epoch_ends e WHERE e.confirmed_at IS NOT NULL"
    )
    .all()
    .await?;
    let mut broken = Vec::new();
    for (terminal, epoch, asked, confirmed, later) in rows {
        let place = format!("终端 {terminal} 第 {epoch} 代");
        if confirmed.is_none_or(|by| by == asked) {
            broken.push((place.clone(), "不是由两人结束"));
        }
        if later.is_some_and(|count| count > 0) {
            broken.push((place, "结束之后仍有记录被接受"));
        }
    }
    Ok(broken)
}
