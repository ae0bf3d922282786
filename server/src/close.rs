//! The day close as a job: every day that waits and is complete is closed, oldest first, until none is left.
//!
//! It runs by itself and before every draft. Closing a day again is harmless: the same result adds nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, TerminalId};
use domain::reconciliation::{DayInput, Reconciled, reconcile_day, unfinished};
use domain::record::check::Rulebook;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::Office;
use crate::error::Error;
use crate::rules;
use crate::store::closes::{self, Around, DayData};
use crate::store::{Store, Tx, days, policies, terminals};

/// A close may touch days that it limits; after so many rounds without an end something is wrong.
const ROUNDS: usize = 50;

/// So many canteens' days are under way at a time.
const AT_ONCE: usize = 3;

/// How often the clock is asked whether a day has ended.
const LOOK: Duration = Duration::from_mins(1);
/// Uploads come in bursts: what touches the same days meanwhile is closed once.
const SETTLE: Duration = Duration::from_secs(2);

/// What a run of the job did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseReport {
    /// Closes that were added, first ones and new revisions.
    pub added: usize,
    /// Days looked at again with the same result.
    pub unchanged: usize,
    /// Days that wait for records of these terminals.
    pub incomplete: BTreeMap<(BusinessDate, CanteenId), Vec<TerminalId>>,
    /// Days whose close fails by what is stored of them, and how. They wait as incomplete ones do.
    pub failed: BTreeMap<(BusinessDate, CanteenId), String>,
}

impl CloseReport {
    fn waits(&self, day: &(BusinessDate, CanteenId)) -> bool {
        self.incomplete.contains_key(day) || self.failed.contains_key(day)
    }
}

/// Closes days for as long as the server runs: when something touched one, and when a day has ended.
pub async fn watch(office: Arc<Office>) {
    loop {
        if let Err(error) = office.identify_waiting().await {
            tracing::error!(%error, "unknown credentials could not be looked for; it is tried again");
        }
        if let Err(error) = close_days(&office.store, &office.book(), office.now()).await {
            tracing::error!(%error, "the day close failed; it is tried again");
        }
        // Whoever touches a day says so; the cutoff says nothing, so the clock is asked now and then.
        let touched = office.changed.notified();
        let _ = tokio::time::timeout(LOOK, touched).await;
        tokio::time::sleep(SETTLE).await;
    }
}

enum DayResult {
    Added,
    Unchanged,
    Incomplete(Vec<TerminalId>),
}

/// Closes all business days that ended before `now`. A day that cannot be closed for what is stored of it stands in the
/// report, and in the database while it cannot; the others are closed.
pub async fn close_days(store: &Store, rules: &Arc<Rulebook>, now: UnixMs) -> Result<CloseReport, Error> {
    let until = now.business_date().plus_days(-1);
    let mut report = CloseReport::default();
    for _ in 0..ROUNDS {
        let waiting = store.read(move |tx| Box::pin(async move { closes::waiting(tx, until).await })).await?;
        let mut dates: BTreeMap<BusinessDate, Vec<CanteenId>> = BTreeMap::new();
        for (date, canteen) in waiting.into_iter().filter(|day| !report.waits(day)) {
            dates.entry(date).or_default().push(canteen);
        }
        let mut progressed = false;
        for (date, canteens) in dates {
            progressed |= close_date(store, rules, date, canteens, now, &mut report).await?;
        }
        if !progressed {
            note_failed(store, &report.failed, now).await?;
            return Ok(report);
        }
    }
    Err(Error::Internal("closing days again never settles".to_owned()))
}

/// Keeps which days fail, so that pages and the doctor tell of them; logs those that did not before.
async fn note_failed(
    store: &Store,
    failed: &BTreeMap<(BusinessDate, CanteenId), String>,
    now: UnixMs,
) -> Result<(), Error> {
    let noted = store.read(|tx| Box::pin(async move { days::failed(tx).await })).await?;
    let noted: BTreeMap<_, _> = noted.into_iter().map(|day| ((day.date, day.canteen), day.error)).collect();
    if noted == *failed {
        return Ok(());
    }
    for ((date, canteen), error) in failed.iter().filter(|(day, error)| noted.get(*day) != Some(*error)) {
        tracing::error!(%canteen, %date, %error, "a day cannot be closed; the others are. `zhucan verify` says what is wrong");
    }
    let failed = failed.clone();
    store.write(move |tx| Box::pin(async move { days::set_failed(tx, &failed, now).await })).await
}

/// Closes canteens' days of one date; says whether any was closed. None of them rests on another one's close, so one is
/// saved while others are read and decided. The next date begins when all of this one are saved.
///
/// One is saved at a time, on PostgreSQL too: units that read and write the same pages of the same tables at once look to
/// it as if they did not go after one another, and most of them were run again and again.
async fn close_date(
    store: &Store,
    rules: &Arc<Rulebook>,
    date: BusinessDate,
    canteens: Vec<CanteenId>,
    now: UnixMs,
    report: &mut CloseReport,
) -> Result<bool, Error> {
    let (mut canteens, mut running) = (canteens.into_iter(), JoinSet::new());
    let saving = Arc::new(Mutex::new(()));
    let mut progressed = false;
    loop {
        while running.len() < AT_ONCE
            && let Some(canteen) = canteens.next()
        {
            kill_point!("server.close.between-days");
            let (store, rules, saving) = (store.clone(), Arc::clone(rules), Arc::clone(&saving));
            running.spawn(async move { (canteen, close_day(&store, &rules, &saving, canteen, date, now).await) });
        }
        let Some(done) = running.join_next().await else { return Ok(progressed) };
        let (canteen, result) = done.map_err(|e| Error::Internal(e.to_string()))?;
        match result {
            Ok(DayResult::Added) => report.added += 1,
            Ok(DayResult::Unchanged) => report.unchanged += 1,
            Ok(DayResult::Incomplete(terminals)) => {
                report.incomplete.insert((date, canteen), terminals);
                continue;
            }
            Err(error) if error.is_of_data() => {
                report.failed.insert((date, canteen), error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        }
        progressed = true;
    }
}

/// A close on its way from the unit that read to the unit that saves.
struct Made {
    /// The day's version that it has seen.
    seen: i64,
    /// All that had been learned when it was read, and so nothing that the day's version stands for is passed over.
    known: UnixMs,
    rules: Arc<Rulebook>,
    around: Around,
    reconciled: Reconciled,
}

/// One day: made from a snapshot beside the writer, saved in one unit of work if it still holds there, else made again
/// in that unit. What arrives later touches the day and it is closed again.
async fn close_day(
    store: &Store,
    rules: &Arc<Rulebook>,
    saving: &Mutex<()>,
    canteen: CanteenId,
    date: BusinessDate,
    now: UnixMs,
) -> Result<DayResult, Error> {
    let asked = Arc::clone(rules);
    let made = match store.read(move |tx| Box::pin(async move { make(tx, asked, canteen, date, now).await })).await? {
        Ok(made) => Arc::new(made),
        Err(missing) => return Ok(DayResult::Incomplete(missing)),
    };
    let _turn = saving.lock().await;
    store
        .write_serializable(move |tx| {
            let made = Arc::clone(&made);
            Box::pin(async move {
                let added = if holds(tx, &made, canteen, date).await? {
                    closes::save(tx, &made.reconciled, made.seen, made.known).await?
                } else {
                    match make(tx, Arc::clone(&made.rules), canteen, date, now).await? {
                        Ok(again) => closes::save(tx, &again.reconciled, again.seen, again.known).await?,
                        Err(missing) => return Ok(DayResult::Incomplete(missing)),
                    }
                };
                kill_point!("server.close.saved");
                Ok(if added { DayResult::Added } else { DayResult::Unchanged })
            })
        })
        .await
}

/// Makes a day's close; answers with the terminals that it waits for where it is not complete.
///
/// A run takes minutes, and what is learned meanwhile touches the day before it is read: it is closed with all that the
/// unit can see, not with what was known when the run began.
async fn make(
    tx: &mut Tx,
    rules: Arc<Rulebook>,
    canteen: CanteenId,
    date: BusinessDate,
    now: UnixMs,
) -> Result<Result<Made, Vec<TerminalId>>, Error> {
    let missing = unfinished(&terminals::progress(tx, canteen).await?, date);
    if !missing.is_empty() {
        return Ok(Err(missing));
    }
    let rules = current(tx, rules).await?;
    let seen = days::get(tx, canteen, date).await?.map_or(0, |day| day.version);
    let known = closes::learned(tx, canteen, date).await?.map_or(now, |learned| learned.max(now));
    let day = closes::load(tx, &rules, canteen, date, known).await?;
    let reconciled = reconciled(&day, &rules, canteen, date, known);
    Ok(Ok(Made { seen, known, rules, around: day.around, reconciled }))
}

/// Whether making the close again would give the same: the day was not touched since, nor is anything else different
/// that it rests on.
async fn holds(tx: &mut Tx, made: &Made, canteen: CanteenId, date: BusinessDate) -> Result<bool, Error> {
    let seen = days::get(tx, canteen, date).await?.map_or(0, |day| day.version);
    Ok(seen == made.seen
        && unfinished(&terminals::progress(tx, canteen).await?, date).is_empty()
        && is_current(tx, &made.rules).await?
        && closes::around(tx, &made.rules, canteen, date, made.known).await? == made.around)
}

/// The rules as the unit of work sees them: what was announced since they were read has touched days before, and would
/// be missed by a close that does not know it.
async fn current(tx: &mut Tx, rules: Arc<Rulebook>) -> Result<Arc<Rulebook>, Error> {
    Ok(if is_current(tx, &rules).await? { rules } else { Arc::new(rules::load(tx).await?) })
}

async fn is_current(tx: &mut Tx, rules: &Rulebook) -> Result<bool, Error> {
    let (policies, calendar) = policies::newest(tx).await?;
    let known = i64::try_from(rules.policies.policies().count()).unwrap_or(i64::MAX);
    Ok(known == policies && calendar.is_none_or(|digest| digest == rules.calendar().digest()))
}

/// Makes the close of a day from what the database holds, with the facts known at `known`.
pub async fn reconcile(
    tx: &mut Tx,
    rules: &Rulebook,
    canteen: CanteenId,
    date: BusinessDate,
    known: UnixMs,
) -> Result<Reconciled, Error> {
    let day = closes::load(tx, rules, canteen, date, known).await?;
    Ok(reconciled(&day, rules, canteen, date, known))
}

fn reconciled(day: &DayData, rules: &Rulebook, canteen: CanteenId, date: BusinessDate, known: UnixMs) -> Reconciled {
    let DayData { records, before, elders, refunds, identified, around } = day;
    let Around { canteens, elsewhere, prior, settings, context } = around;
    reconcile_day(&DayInput {
        canteen,
        date,
        known,
        rules,
        settings,
        records,
        before,
        canteens,
        elders,
        elsewhere,
        prior,
        refunds,
        identified,
        context,
    })
}
