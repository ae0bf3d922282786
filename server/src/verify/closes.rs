//! Day closes: every revision is what its digest says, and the last one is what the records give.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Line;
use domain::id::{CanteenId, Digest, ElderId, RecordId};
use domain::money::Fen;
use domain::reconciliation::{DayClose, Verdict};
use domain::record::check::Rulebook;

use super::VerifyReport;
use crate::close::reconcile;
use crate::error::Error;
use crate::sql;
use crate::store::{Json, Store, Tx, refund_payments};

crate::row! {
    struct Stored {
        canteen: CanteenId,
        date: BusinessDate,
        revision: i64,
        digest: Digest,
        content: String,
        verdicts: String,
        closed_at: UnixMs,
        last: bool,
        waiting: bool,
    }
}

impl Stored {
    fn place(&self) -> String {
        format!("日清 {} 食堂 {} 第 {} 次", self.date, self.canteen, self.revision)
    }
}

pub(super) async fn verify(
    store: &Store,
    rules: &Arc<Rulebook>,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let canteens: Vec<CanteenId> = store
        .read(|tx| Box::pin(async move { sql!(tx, "SELECT id FROM canteens ORDER BY id").values().await }))
        .await?;
    let count = canteens.len();
    let canteens = canteens.into_iter().enumerate().map(|(done, canteen)| {
        progress(&format!("日清：食堂 {canteen}（{}/{count}）", done + 1));
        let (store, rules) = (store.clone(), Arc::clone(rules));
        async move {
            let mut report = VerifyReport::default();
            let read = verify_canteen(&store, &rules, canteen, &mut report).await;
            (report, read)
        }
    });
    super::side_by_side(canteens, report).await
}

async fn verify_canteen(
    store: &Store,
    rules: &Arc<Rulebook>,
    canteen: CanteenId,
    report: &mut VerifyReport,
) -> Result<(), Error> {
    let dates: Vec<BusinessDate> = store
        .read(move |tx| {
            Box::pin(async move {
                sql!(tx, "SELECT DISTINCT date FROM day_closes WHERE canteen = $1 ORDER BY date", canteen)
                    .values()
                    .await
            })
        })
        .await?;
    for date in dates {
        let rules = Arc::clone(rules);
        let (stored, again, held) =
            store.read(move |tx| Box::pin(async move { load(tx, &rules, canteen, date).await })).await?;
        for close in &stored {
            compare(close, &again, report);
        }
        if let (Some(last), Some((_, verdicts))) = (stored.last(), &again)
            && held != Held::of(verdicts)
        {
            report.broken(last.place(), "应享表或应退表与逐份结果不符");
        }
    }
    Ok(())
}

/// Record, elder, policy, lines.
type DueRow = (RecordId, ElderId, Option<String>, Json<Vec<Line>>);

type Again = Option<(DayClose, Vec<Verdict>)>;

/// What is kept beside a day's last close and read from its verdicts: uses and refunds due.
#[derive(PartialEq, Eq)]
struct Held {
    due: BTreeMap<RecordId, (ElderId, Option<String>, Vec<Line>)>,
    owed: BTreeMap<RecordId, Fen>,
}

impl Held {
    fn of(verdicts: &[Verdict]) -> Self {
        let due = |v: &Verdict| (v.record, (v.elder, v.policy.as_ref().map(|p| p.id.clone()), v.due.clone()));
        let owed = refund_payments::owed(verdicts).into_iter().map(|(meal, owed)| (meal, owed.amount));
        Self { due: verdicts.iter().map(due).collect(), owed: owed.collect() }
    }

    async fn load(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Self, Error> {
        let due: Vec<DueRow> = sql!(
            tx,
            "SELECT record, elder, policy, lines FROM due_meals WHERE canteen = $1 AND date = $2",
            canteen,
            date
        )
        .all()
        .await?;
        let owed: Vec<(RecordId, Fen)> =
            sql!(tx, "SELECT meal, amount FROM refund_dues WHERE canteen = $1 AND date = $2", canteen, date)
                .all()
                .await?;
        let due = due.into_iter().map(|(record, elder, policy, Json(lines))| (record, (elder, policy, lines)));
        Ok(Self { due: due.collect(), owed: owed.into_iter().collect() })
    }
}

async fn load(
    tx: &mut Tx,
    rules: &Rulebook,
    canteen: CanteenId,
    date: BusinessDate,
) -> Result<(Vec<Stored>, Again, Held), Error> {
    let stored: Vec<Stored> = sql!(
        tx,
        "SELECT d.canteen, d.date, d.revision, d.digest, d.content, d.verdicts, d.closed_at, \
         d.revision = (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
         AS last, COALESCE(s.version, 0) > COALESCE(s.closed_version, 0) AS waiting FROM day_closes d \
         LEFT JOIN day_states s ON s.canteen = d.canteen AND s.date = d.date \
         WHERE d.canteen = $1 AND d.date = $2 ORDER BY d.revision",
        canteen,
        date
    )
    .all()
    .await?;
    let again = match stored.last() {
        // A record that cannot be read is named by the check of records; its day cannot be made again.
        Some(close) if !close.waiting => match reconcile(tx, rules, canteen, date, close.closed_at).await {
            Ok(reconciled) => Some((reconciled.close, reconciled.verdicts)),
            Err(Error::Corrupt(_)) => None,
            Err(error) => return Err(error),
        },
        _ => None,
    };
    Ok((stored, again, Held::load(tx, canteen, date).await?))
}

fn compare(stored: &Stored, again: &Again, report: &mut VerifyReport) {
    report.closes += 1;
    let content = serde_json::from_str::<DayClose>(&stored.content);
    let verdicts = serde_json::from_str::<Vec<Verdict>>(&stored.verdicts);
    let (Ok(content), Ok(verdicts)) = (content, verdicts) else {
        report.broken(stored.place(), "无法读取");
        return;
    };
    if content.digest() != stored.digest {
        report.broken(stored.place(), "内容与摘要不符");
    }
    if !stored.last {
        return;
    }
    match again {
        _ if stored.waiting => report.waiting += 1,
        None => report.broken(stored.place(), "当天有记录无法读取，不能重算"),
        Some((close, _)) if *close != content => report.broken(stored.place(), "从记录重算，结果不同"),
        Some((_, made)) if *made != verdicts => report.broken(stored.place(), "从记录重算，逐份结果不同"),
        Some(_) => {}
    }
}
