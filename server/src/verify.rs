//! Recomputes everything that is stored from what it was made from, and names the place of whatever does not hold:
//! records from their bytes, day closes from the records, statements from the closes, months from the statements.

mod audit;
mod closes;
mod demands;
mod derived;
mod journals;
mod records;
pub(crate) mod statements;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::calendar::Month;
use domain::id::Digest;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::sql;
use crate::store::Store;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Break {
    /// Which row, in words that find it again.
    pub place: String,
    /// What does not hold, in Chinese.
    pub what: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.place, self.what)
    }
}

/// What was looked at and what does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Records whose bytes, hash, signature, chain and decision were checked.
    pub records: usize,
    /// Closes that were made again.
    pub closes: usize,
    /// Days that wait to be closed again and were left out.
    pub waiting: usize,
    /// Statements that were made again.
    pub statements: usize,
    /// Entries of the audit log that were walked.
    pub audit: usize,
    /// What does not hold, by place.
    pub breaks: Vec<Break>,
}

impl VerifyReport {
    fn broken(&mut self, place: impl fmt::Display, what: impl fmt::Display) {
        self.breaks.push(Break { place: place.to_string(), what: what.to_string() });
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.closes += other.closes;
        self.waiting += other.waiting;
        self.statements += other.statements;
        self.audit += other.audit;
        self.breaks.extend(other.breaks);
    }

    /// A value that cannot even be read is a break like any other, and the other parts are looked at all the same.
    fn unreadable(&mut self, part: &str, read: Result<(), Error>) -> Result<(), Error> {
        match read {
            Err(Error::Corrupt(what)) => self.broken(part, format!("所存内容无法读取：{what}")),
            other => other?,
        }
        Ok(())
    }
}

/// So many journals or canteens are looked at side by side.
const SIDE_BY_SIDE: usize = 3;

/// Runs pieces of a check that do not need each other and adds up what they find. The first one that cannot go on ends
/// the others that wait; what was found until then is kept.
async fn side_by_side<F>(pieces: impl Iterator<Item = F>, report: &mut VerifyReport) -> Result<(), Error>
where
    F: Future<Output = (VerifyReport, Result<(), Error>)> + Send + 'static,
{
    let (mut pieces, mut running, mut ended) = (pieces, JoinSet::new(), Ok(()));
    loop {
        while ended.is_ok()
            && running.len() < SIDE_BY_SIDE
            && let Some(piece) = pieces.next()
        {
            running.spawn(piece);
        }
        let Some(done) = running.join_next().await else { return ended };
        let (found, read) = done.map_err(|e| Error::Internal(e.to_string()))?;
        report.add(found);
        ended = ended.and(read);
    }
}

/// What is checked where only a part of an office is at hand, as in an audit pack. Journals begin and end in the middle,
/// and a month's other statements are known by number and digest alone.
#[derive(Clone, Debug)]
pub struct Part {
    /// Region, month, and the digest that was approved.
    pub settlement: (RegionCode, Month, Digest),
    /// The digests of all statements of the month, by number.
    pub statements: BTreeMap<String, Digest>,
    /// Numbers of the statements that are at hand.
    pub packed: Vec<String>,
}

/// Checks a part of an office; see [`verify`].
pub async fn verify_part(
    store: &Store,
    rules: &Arc<Rulebook>,
    part: &Part,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let read = policies(store, &mut report).await;
    report.unreadable("政策与日历", read)?;
    let read = records::verify(store, rules, true, &mut report, progress).await;
    report.unreadable("记录", read)?;
    let read = journals::verify(store, &mut report).await;
    report.unreadable("退款与识别", read)?;
    let read = closes::verify(store, rules, &mut report, progress).await;
    report.unreadable("日清", read)?;
    let read = statements::verify(store, rules, Some(part), &mut report, progress).await;
    report.unreadable("结算单", read)?;
    report.breaks.sort();
    report.breaks.dedup();
    Ok(report)
}

/// Checks the whole database. `progress` is told what is being looked at, now and then.
pub async fn verify(
    store: &Store,
    rules: &Arc<Rulebook>,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let read = policies(store, &mut report).await;
    report.unreadable("政策与日历", read)?;
    let read = records::verify(store, rules, false, &mut report, progress).await;
    report.unreadable("记录", read)?;
    let read = journals::verify(store, &mut report).await;
    report.unreadable("退款与识别", read)?;
    let read = closes::verify(store, rules, &mut report, progress).await;
    report.unreadable("日清", read)?;
    let read = statements::verify(store, rules, None, &mut report, progress).await;
    report.unreadable("结算单", read)?;
    let read = demands::verify(store, &mut report, progress).await;
    report.unreadable("追缴与余额", read)?;
    let read = derived::verify(store, &mut report, progress).await;
    report.unreadable("隔离区、用餐表与审批", read)?;
    let read = audit::verify(store, &mut report, progress).await;
    report.unreadable("审计日志", read)?;
    report.breaks.sort();
    report.breaks.dedup();
    Ok(report)
}

/// Checks the audit log alone: its chain, and what was told of it to terminals and on papers. The first break is first.
pub async fn verify_audit(store: &Store, progress: &(dyn Fn(&str) + Sync)) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let read = audit::verify(store, &mut report, progress).await;
    report.unreadable("审计日志", read)?;
    Ok(report)
}

/// A policy's name is the digest of its text.
async fn policies(store: &Store, report: &mut VerifyReport) -> Result<(), Error> {
    let rows: Vec<(String, i64, Digest, String)> = store
        .read(|tx| Box::pin(async move { sql!(tx, "SELECT id, version, hash, source FROM policies").all().await }))
        .await?;
    for (id, version, hash, source) in rows {
        let place = format!("政策 {id} 第 {version} 版");
        match domain::policy::Policy::parse(&id, &source) {
            Ok(policy) if policy.reference().hash == hash => {}
            Ok(_) => report.broken(place, "内容与摘要不符"),
            Err(_) => report.broken(place, "无法读取"),
        }
    }
    let calendars: Vec<(Digest, String)> = store
        .read(|tx| Box::pin(async move { sql!(tx, "SELECT digest, calendar FROM calendars").all().await }))
        .await?;
    for (digest, text) in calendars {
        let calendar = serde_json::from_str::<domain::calendar::WorkCalendar>(&text);
        if calendar.is_ok_and(|calendar| calendar.digest() == digest) {
            continue;
        }
        report.broken(format!("工作日历 {}", digest.short()), "内容与摘要不符");
    }
    Ok(())
}
