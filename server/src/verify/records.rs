//! Records: bytes, hash, signature, chain, sequence, and the decision by their own inputs.

use std::sync::Arc;

use domain::calendar::BusinessDate;
use domain::decision::Line;
use domain::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use domain::record::check::{Rulebook, check};
use domain::record::encoding::{SignatureHex, SignedRecord, decode, hash};
use domain::record::{Body, Record};
use ed25519_dalek::VerifyingKey;

use super::VerifyReport;
use crate::error::Error;
use crate::sql;
use crate::store::identities::unidentified;
use crate::store::{Json, Store, Tx};

/// So many records are in memory at a time.
const CHUNK: i64 = 2_000;

crate::row! {
    /// A journal as the server holds it.
    #[derive(Clone)]
    struct Journal {
        canteen: CanteenId,
        terminal: TerminalId,
        epoch: i64,
        next: i64,
        public_key: Vec<u8>,
    }
}

crate::row! {
    struct Stored {
        id: RecordId,
        sequence: i64,
        business_date: BusinessDate,
        bytes: Vec<u8>,
        hash: Digest,
        signature: Vec<u8>,
        outcome: String,
        lines: Option<Json<Vec<Line>>>,
        elder: Option<ElderId>,
        identified: Option<ElderId>,
        unknown: Option<Digest>,
        entered_on: Option<BusinessDate>,
    }
}

impl Journal {
    fn place(&self, sequence: i64, id: RecordId) -> String {
        format!("记录 {id}（食堂 {} 终端 {} 第 {} 代 序号 {sequence}）", self.canteen, self.terminal, self.epoch)
    }
}

/// `part`: journals begin and end in the middle, so nothing is said about how many records there are.
pub(super) async fn verify(
    store: &Store,
    rules: &Arc<Rulebook>,
    part: bool,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let journals: Vec<Journal> = store
        .read(|tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT e.canteen, e.terminal, e.epoch, e.next, t.public_key FROM terminal_epochs e \
                     JOIN terminals t ON t.id = e.terminal ORDER BY e.canteen, e.terminal, e.epoch"
                )
                .all()
                .await
            })
        })
        .await?;
    let count = journals.len();
    let journals = journals.into_iter().enumerate().map(|(done, journal)| {
        progress(&format!("记录：终端 {}（{}/{count}）", journal.terminal, done + 1));
        let (store, rules) = (store.clone(), Arc::clone(rules));
        async move {
            let mut report = VerifyReport::default();
            let mut read = verify_journal(&store, &rules, &journal, &mut report).await;
            if read.is_ok() && !part {
                read = missing(&store, &journal, &mut report).await;
            }
            (report, read)
        }
    });
    super::side_by_side(journals, report).await
}

async fn verify_journal(
    store: &Store,
    rules: &Rulebook,
    journal: &Journal,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let key = <[u8; 32]>::try_from(journal.public_key.as_slice()).ok();
    let key = key.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let Some(key) = key else {
        report.broken(format!("终端 {}", journal.terminal), "公钥无法读取");
        return Ok(());
    };
    let mut last: Option<(i64, Digest)> = None;
    loop {
        let (of, after) = (journal.clone(), last.map_or(-1, |(sequence, _)| sequence));
        let rows = store.read(move |tx| Box::pin(async move { chunk(tx, &of, after).await })).await?;
        let full = rows.len() >= usize::try_from(CHUNK).unwrap_or(usize::MAX);
        for row in rows {
            report.records += 1;
            let place = journal.place(row.sequence, row.id);
            for what in faults(&row, journal, rules, &key, last) {
                report.broken(&place, what);
            }
            last = Some((row.sequence, row.hash));
        }
        if !full {
            break;
        }
    }
    Ok(())
}

async fn chunk(tx: &mut Tx, journal: &Journal, after: i64) -> Result<Vec<Stored>, Error> {
    sql!(
        tx,
        "SELECT r.id, r.sequence, r.business_date, r.entered_on, r.bytes, r.hash, r.signature, r.outcome, m.lines, \
         m.elder, i.elder AS identified, u.digest AS unknown \
         FROM records r LEFT JOIN elder_meals m ON m.canteen = r.canteen AND m.record = r.id \
         LEFT JOIN identifications i ON i.canteen = r.canteen AND i.record = r.id \
         LEFT JOIN unidentified_meals u ON u.canteen = r.canteen AND u.record = r.id \
         WHERE r.canteen = $1 AND r.terminal = $2 AND r.epoch = $3 AND r.sequence > $4 ORDER BY r.sequence LIMIT $5",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        after,
        CHUNK
    )
    .all()
    .await
}

fn faults(
    row: &Stored,
    journal: &Journal,
    rules: &Rulebook,
    key: &VerifyingKey,
    last: Option<(i64, Digest)>,
) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if hash(&row.bytes) != row.hash {
        faults.push("内容与摘要不符");
    }
    let text = String::from_utf8(row.bytes.clone()).unwrap_or_default();
    let signature = <[u8; 64]>::try_from(row.signature.as_slice()).unwrap_or([0; 64]);
    let signed = SignedRecord { record: text, signature: SignatureHex(signature) };
    if signed.verify(key).is_err() {
        faults.push("签名不符");
    }
    let Ok(record) = decode(&signed.record) else {
        faults.push("无法读取");
        return faults;
    };
    if !same_place(&record, row, journal) {
        faults.push("与所存的编号、序号或日期不符");
    }
    let follows = |(sequence, hash): (i64, Digest)| row.sequence != sequence + 1 || record.previous == hash;
    if row.outcome == "accepted" && !last.is_none_or(follows) {
        faults.push("与前一条记录不相接");
    }
    if row.outcome == "accepted" && check(&record, rules).is_err() {
        faults.push("按记录自带的资料重算，结果不同");
    }
    if unidentified(&record.body) != row.unknown {
        faults.push("未识别用餐表与记录不符");
    }
    if let Body::Meal(meal) = &record.body {
        // A meal that was identified later was charged without benefits.
        let named = meal.diner.as_ref().map(|d| d.elder).or(row.identified);
        let lines = named.map(|_| meal.decision.lines.as_slice());
        if named != row.elder || lines != row.lines.as_ref().map(|Json(lines)| lines.as_slice()) {
            faults.push("用餐表与记录不符");
        }
    } else if row.elder.is_some() {
        faults.push("不是用餐记录，却在用餐表中");
    }
    faults
}

fn same_place(record: &Record, row: &Stored, journal: &Journal) -> bool {
    record.id == row.id
        && record.canteen == journal.canteen
        && record.terminal == journal.terminal
        && i64::from(record.epoch) == journal.epoch
        && i64::try_from(record.sequence) == Ok(row.sequence)
        && record.business_date() == row.business_date
        && row.entered_on == Some(record.at.business_date()).filter(|made| *made != row.business_date)
}

/// Every sequence that was acknowledged is there, as a record or in quarantine; in an epoch that two people ended, all
/// but those that were missing then.
async fn missing(store: &Store, journal: &Journal, report: &mut VerifyReport) -> Result<(), Error> {
    let of = journal.clone();
    let held: i64 = store
        .read(move |tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT COUNT(*) FROM (SELECT sequence FROM records \
                     WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence < $4 \
                     UNION SELECT sequence FROM quarantine \
                     WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence < $4) held",
                    of.canteen,
                    of.terminal,
                    of.epoch,
                    of.next
                )
                .value()
                .await
            })
        })
        .await?;
    let of = journal.clone();
    let given_up: Option<i64> = store
        .read(move |tx| {
            Box::pin(async move {
                let row = sql!(
                    tx,
                    "SELECT missing FROM epoch_ends WHERE canteen = $1 AND terminal = $2 AND epoch = $3 \
                     AND confirmed_at IS NOT NULL",
                    of.canteen,
                    of.terminal,
                    of.epoch
                );
                Ok(row.optional::<(i64,)>().await?.map(|(missing,)| missing))
            })
        })
        .await?;
    if held > journal.next || held < journal.next - given_up.unwrap_or(0) {
        let place = format!("终端 {} 第 {} 代", journal.terminal, journal.epoch);
        report.broken(place, format!("已确认 {} 条，实有 {held} 条", journal.next));
    }
    Ok(())
}
