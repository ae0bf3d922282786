//! Is the database such that an office can work on it? Looks, and changes nothing.

use domain::calendar::UnixMs;
use domain::health::{Check, State};

use crate::copy;
use crate::error::Error;
use crate::store::{Database, Schema, Store, days, policies, terminals};
use crate::words::doctor as words;

/// A terminal that said nothing for so long is asked about.
const SILENT_MS: i64 = 24 * 60 * 60 * 1000;
/// Days are given so many days before they are called overdue: terminals may be away.
const OVERDUE_DAYS: i64 = 3;
/// The clock may stand so far behind what was heard.
const CLOCK_MS: i64 = 60 * 1000;

/// Looks at the database and at what stands in it.
pub async fn examine(database: &Database, now: UnixMs) -> Vec<Check> {
    let (store, check) = match open(database).await {
        Ok(opened) => opened,
        Err(error) => {
            let text = words::unreachable(&error.to_string());
            let mut checks = vec![Check::new("database", words::DATABASE, State::Fail, text)];
            checks.extend(LATER.map(|(name, title)| Check::new(name, title, State::Skipped, words::SKIPPED)));
            return checks;
        }
    };
    let readable = check.state != State::Fail;
    let mut checks = vec![check];
    if readable {
        match contents(&store, now).await {
            Ok(found) => checks.extend(found),
            Err(error) => {
                let text = words::unreachable(&error.to_string());
                checks.push(Check::new("contents", words::DATABASE, State::Fail, text));
            }
        }
    } else {
        checks.extend(LATER.map(|(name, title)| Check::new(name, title, State::Skipped, words::SKIPPED)));
    }
    store.close().await;
    checks
}

/// What cannot be looked at without a database.
const LATER: [(&str, &str); 4] =
    [("clock", words::CLOCK), ("calendar", words::CALENDAR), ("days", words::DAYS), ("terminals", words::TERMINALS)];

async fn open(database: &Database) -> Result<(Store, Check), Error> {
    let store = Store::connect(database, false).await?;
    let of = |state, text: String| Check::new("database", words::DATABASE, state, text);
    let check = match store.schema().await? {
        Schema::Empty => of(State::Fail, words::EMPTY.to_owned()),
        Schema::Newer => of(State::Fail, words::NEWER.to_owned()),
        // Its tables may lack what the other checks ask for.
        Schema::Older => of(State::Fail, words::OLDER.to_owned()),
        Schema::Current => match copy::moved(&store).await? {
            Some(told) => of(State::Fail, words::moved(&told)),
            None => of(State::Ok, words::CURRENT.to_owned()),
        },
    };
    Ok((store, check))
}

/// Numbers of an office at work.
pub(crate) struct Figures {
    /// Terminals in use.
    pub(crate) terminals: i64,
    /// Of these, not heard for 24 hours.
    pub(crate) silent: i64,
    /// Canteen-days that should have been closed.
    pub(crate) overdue: i64,
    /// Canteen-days whose close fails.
    pub(crate) failed: i64,
}

/// Asks the database for the numbers that are watched.
pub(crate) async fn figures(store: &Store, now: UnixMs) -> Result<Figures, Error> {
    let today = now.business_date();
    let asked = store.read(move |tx| {
        Box::pin(async move {
            let (terminals, silent) = terminals::silent(tx, now.plus(-SILENT_MS)).await?;
            let (overdue, _) = days::overdue(tx, today.plus_days(-OVERDUE_DAYS)).await?;
            let failed = i64::try_from(days::failed(tx).await?.len()).unwrap_or(i64::MAX);
            Ok(Figures { terminals, silent, overdue, failed })
        })
    });
    asked.await
}

async fn contents(store: &Store, now: UnixMs) -> Result<Vec<Check>, Error> {
    let today = now.business_date();
    let (heard, calendar, overdue, failed, silent) = store
        .read(move |tx| {
            Box::pin(async move {
                Ok((
                    terminals::last_heard(tx).await?,
                    policies::calendars(tx).await?,
                    days::overdue(tx, today.plus_days(-OVERDUE_DAYS)).await?,
                    days::failed(tx).await?,
                    terminals::silent(tx, now.plus(-SILENT_MS)).await?,
                ))
            })
        })
        .await?;
    let behind = heard.map(|heard| heard.get() - now.get());
    let clock = match behind {
        None => (State::Ok, words::CLOCK_UNKNOWN.to_owned()),
        Some(ms) if ms > CLOCK_MS => (State::Fail, words::clock_behind(ms / 60_000)),
        Some(_) => (State::Ok, words::CLOCK_OK.to_owned()),
    };
    let missing = calendar.last().map_or_else(|| vec![now.local_date().ymd().0], |c| c.missing(now.local_date()));
    let calendar = match missing.as_slice() {
        [] => (State::Ok, words::CALENDAR_OK.to_owned()),
        years => (State::Warn, words::calendar_missing(years)),
    };
    let days = match overdue {
        _ if !failed.is_empty() => (State::Fail, words::failed_days(&failed)),
        (count, Some(earliest)) if count > 0 => (State::Warn, words::overdue(count, earliest)),
        _ => (State::Ok, words::DAYS_OK.to_owned()),
    };
    let terminals = match silent {
        (0, _) => (State::Ok, words::NO_TERMINALS.to_owned()),
        (all, silent) => (if silent == 0 { State::Ok } else { State::Warn }, words::terminals(all, silent)),
    };
    let found = [clock, calendar, days, terminals];
    Ok(LATER
        .into_iter()
        .zip(found)
        .map(|((name, title), (state, text))| Check::new(name, title, state, text))
        .collect())
}
