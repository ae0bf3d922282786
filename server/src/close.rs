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

use crate::Office;
use crate::error::Error;
use crate::rules;
use crate::store::closes::{self, DayData};
use crate::store::{Store, Tx, days, policies, settings, terminals};

/// A close may touch days that it limits; after so many rounds without an end something is wrong.
const ROUNDS: usize = 50;

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

/// Closes all business days that ended before `now`.
pub async fn close_days(store: &Store, rules: &Arc<Rulebook>, now: UnixMs) -> Result<CloseReport, Error> {
    let until = now.business_date().plus_days(-1);
    let mut report = CloseReport::default();
    for _ in 0..ROUNDS {
        let waiting = store.read(move |tx| Box::pin(async move { closes::waiting(tx, until).await })).await?;
        let mut progressed = false;
        for (date, canteen) in waiting {
            if report.incomplete.contains_key(&(date, canteen)) {
                continue;
            }
            kill_point!("server.close.between-days");
            match close_day(store, rules, canteen, date, now).await? {
                DayResult::Added => report.added += 1,
                DayResult::Unchanged => report.unchanged += 1,
                DayResult::Incomplete(terminals) => {
                    report.incomplete.insert((date, canteen), terminals);
                    continue;
                }
            }
            progressed = true;
        }
        if !progressed {
            return Ok(report);
        }
    }
    Err(Error::Internal("closing days again never settles".to_owned()))
}

/// One day in one unit of work: what arrives meanwhile touches the day and it is closed again.
async fn close_day(
    store: &Store,
    rules: &Arc<Rulebook>,
    canteen: CanteenId,
    date: BusinessDate,
    now: UnixMs,
) -> Result<DayResult, Error> {
    let rules = Arc::clone(rules);
    store
        .write_serializable(move |tx| {
            let rules = Arc::clone(&rules);
            Box::pin(async move {
                let missing = unfinished(&terminals::progress(tx, canteen).await?, date);
                if !missing.is_empty() {
                    return Ok(DayResult::Incomplete(missing));
                }
                let rules = current(tx, rules).await?;
                let seen = days::get(tx, canteen, date).await?.map_or(0, |day| day.version);
                let reconciled = reconcile(tx, &rules, canteen, date, now).await?;
                let added = closes::save(tx, &reconciled, seen, now).await?;
                kill_point!("server.close.saved");
                Ok(if added { DayResult::Added } else { DayResult::Unchanged })
            })
        })
        .await
}

/// The rules as the unit of work sees them: what was announced since they were read has touched days before, and would
/// be missed by a close that does not know it.
async fn current(tx: &mut Tx, rules: Arc<Rulebook>) -> Result<Arc<Rulebook>, Error> {
    let (policies, calendar) = policies::newest(tx).await?;
    let known = i64::try_from(rules.policies.policies().count()).unwrap_or(i64::MAX);
    let is_current = known == policies && calendar.is_none_or(|digest| digest == rules.calendar().digest());
    Ok(if is_current { rules } else { Arc::new(rules::load(tx).await?) })
}

/// Makes the close of a day from what the database holds, with the facts known at `known`.
pub async fn reconcile(
    tx: &mut Tx,
    rules: &Rulebook,
    canteen: CanteenId,
    date: BusinessDate,
    known: UnixMs,
) -> Result<Reconciled, Error> {
    let DayData { records, before, canteens, elders, elsewhere, prior, refunds, identified, context } =
        closes::load(tx, rules, canteen, date, known).await?;
    let settings = settings::of_day(tx, canteen, date, known).await?;
    Ok(reconcile_day(&DayInput {
        canteen,
        date,
        known,
        rules,
        settings: &settings,
        records: &records,
        before: &before,
        canteens: &canteens,
        elders: &elders,
        elsewhere: &elsewhere,
        prior: &prior,
        refunds: &refunds,
        identified: &identified,
        context: &context,
    }))
}
