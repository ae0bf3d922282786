//! The statutory calendar: years put in force, and the warning when the next one is missing.

use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{UnixMs, WorkCalendar};
use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use serde::Serialize;

use super::proposals::Proposed;
use crate::audit::{Act, Action, Actor};
use crate::store::proposals::ProposalRow;
use crate::store::{Tx, canteens, days, policies, records};
use crate::words::{Code, register};
use crate::{Error, Office};

/// What an import did.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CalendarImport {
    /// Counts what was put in force, from 1.
    pub number: i64,
    /// The digest of the whole calendar in force from now on.
    pub digest: Digest,
    /// The years that the file holds.
    pub years: Vec<CalendarYear>,
}

/// One year of a calendar.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CalendarYear {
    /// The year.
    pub year: i16,
    /// Days made holidays, weekends among them as far as the file names them.
    pub holidays: usize,
    /// Weekend days made working days.
    pub workdays: usize,
}

/// Something that the office should see to, though all runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OfficeWarning)]
pub struct Warning {
    /// The stable code.
    pub code: &'static str,
    /// In Chinese.
    pub message: String,
    /// What to do, in Chinese.
    pub next_step: &'static str,
}

/// How often the server's log repeats its warnings.
const REPEAT: Duration = Duration::from_hours(24);

impl Office {
    /// Puts the years of a calendar file (CSV `date,kind,occasion`) in force; other years stay. Refused at the line
    /// that cannot be read. Days that are something else now are closed again. At the office's own computer; a person
    /// proposes it ([`Office::propose_calendar_file`]).
    pub async fn import_calendar(&self, file_name: &str, source: &str) -> Result<CalendarImport, Error> {
        let read = read(file_name, source)?;
        let years = read.years().into_iter().map(|year| {
            let (holidays, workdays) = read.counts(year);
            CalendarYear { year, holidays, workdays }
        });
        let years: Vec<CalendarYear> = years.collect();
        let (number, digest) = self.put_in_force(Change::Years(read), file_name.to_owned(), source.to_owned()).await?;
        Ok(CalendarImport { number, digest, years })
    }

    /// Puts a whole calendar in force, at the office's own computer. Days that it calls something else are closed again.
    pub async fn publish_calendar(&self, calendar: WorkCalendar) -> Result<(), Error> {
        self.put_in_force(Change::Whole(calendar), String::new(), String::new()).await.map(drop)
    }

    /// Proposes the years of a calendar file; other years stay. `region` is where the person works.
    ///
    /// # Errors
    /// When the file cannot be read, and when a registered region lies outside: the calendar is one for all.
    pub async fn propose_calendar_file(
        &self,
        file_name: String,
        source: String,
        region: RegionCode,
        by: UserId,
    ) -> Result<ProposalRow, Error> {
        let calendar = read(&file_name, &source)?;
        self.propose(Proposed::Calendar { file_name, source, calendar, whole: false }, region, by).await
    }

    /// As [`Office::propose_calendar_file`], for a calendar that replaces all that is in force.
    pub async fn propose_calendar(
        &self,
        calendar: WorkCalendar,
        region: RegionCode,
        by: UserId,
    ) -> Result<ProposalRow, Error> {
        let (file_name, source) = (String::new(), String::new());
        self.propose(Proposed::Calendar { file_name, source, calendar, whole: true }, region, by).await
    }

    async fn put_in_force(&self, change: Change, file_name: String, source: String) -> Result<(i64, Digest), Error> {
        not_empty(change.calendar())?;
        let (now, change, file) = (self.now(), Arc::new(change), Arc::new((file_name, source)));
        let done = self
            .store
            .write_serializable_audited(move |tx| {
                let (change, file) = (Arc::clone(&change), Arc::clone(&file));
                Box::pin(async move {
                    put(tx, &change, (file.0.as_str(), file.1.as_str()), now, (None, Actor::System)).await
                })
            })
            .await?;
        self.refresh_rules().await?;
        self.changed.notify_one();
        Ok(done)
    }

    /// What the office should see to.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let missing = self.book().calendar().missing(self.now().local_date());
        let warning = |year| Warning {
            code: "calendar_missing",
            message: register::calendar_missing(year),
            next_step: register::CALENDAR_NEXT_STEP,
        };
        missing.into_iter().map(warning).collect()
    }

    /// Writes the warnings to the log, now and once a day, for as long as the server runs.
    pub(crate) async fn keep_warning(&self) {
        loop {
            for Warning { code, message, next_step } in self.warnings() {
                tracing::warn!(code, "{message}；{next_step}");
            }
            tokio::time::sleep(REPEAT).await;
        }
    }
}

/// Puts years of a file in force beside the others, inside somebody else's unit, which holds the audit log's chain.
pub(crate) async fn put_years(tx: &mut Tx, years: WorkCalendar, file: (&str, &str), now: UnixMs) -> Result<(), Error> {
    put(tx, &Change::Years(years), file, now, (None, Actor::System)).await.map(drop)
}

/// What was proposed and approved is put in force, in a unit that holds the audit log's chain: (maker, checker).
pub(super) async fn approved(
    tx: &mut Tx,
    (calendar, whole): (WorkCalendar, bool),
    file: (&str, &str),
    now: UnixMs,
    (maker, checker): (UserId, UserId),
) -> Result<(), Error> {
    let change = if whole { Change::Whole(calendar) } else { Change::Years(calendar) };
    put(tx, &change, file, now, (Some(maker), Actor::User(checker))).await.map(drop)
}

fn read(file_name: &str, source: &str) -> Result<WorkCalendar, Error> {
    WorkCalendar::from_csv(source)
        .map_err(|e| Error::refused(Code::CalendarRefused, register::calendar(file_name, &e.in_chinese())))
}

/// Refuses a calendar that names no day.
pub(super) fn not_empty(calendar: &WorkCalendar) -> Result<(), Error> {
    if calendar.years().is_empty() {
        return Err(Error::refused(Code::CalendarRefused, register::CALENDAR_EMPTY));
    }
    Ok(())
}

/// Refuses who does not work for all registered regions: the calendar is one for all of them.
pub(crate) async fn require_all(tx: &mut Tx, region: &RegionCode) -> Result<(), Error> {
    let regions = canteens::regions(tx).await?;
    if regions.iter().all(|one| region.contains(&one.code)) {
        return Ok(());
    }
    Err(Error::refused(Code::OutOfScope, register::CALENDAR_FOR_ALL))
}

async fn put(
    tx: &mut Tx,
    change: &Change,
    file: (&str, &str),
    now: UnixMs,
    (by, actor): (Option<UserId>, Actor),
) -> Result<(i64, Digest), Error> {
    let before = policies::calendars(tx).await?.pop().unwrap_or_default();
    let calendar = change.after(&before);
    policies::publish_calendar(tx, &calendar, now).await?;
    let digest = calendar.digest();
    let number = policies::add_calendar_version(tx, digest, file, now, by).await?;
    touch(tx, &before, &calendar, now).await?;
    let act = Act::new(actor, Action::CalendarPublish, format!("calendar:{number}"));
    act.with("digest", digest.to_string()).done(tx, now).await?;
    Ok((number, digest))
}

/// What is put in force.
enum Change {
    /// These years; others stay.
    Years(WorkCalendar),
    /// All of it.
    Whole(WorkCalendar),
}

impl Change {
    fn calendar(&self) -> &WorkCalendar {
        let (Self::Years(calendar) | Self::Whole(calendar)) = self;
        calendar
    }

    fn after(&self, before: &WorkCalendar) -> WorkCalendar {
        match self {
            Self::Years(years) => before.with_years_of(years),
            Self::Whole(calendar) => calendar.clone(),
        }
    }
}

/// Touches the days that are something else now, and those with meals that name a calendar nobody knew.
async fn touch(tx: &mut Tx, before: &WorkCalendar, after: &WorkCalendar, now: UnixMs) -> Result<(), Error> {
    let mut touched = records::days_without_rules(tx).await?;
    for date in days::dates(tx).await? {
        if before.kind(date) != after.kind(date) {
            touched.extend(days::canteens_on(tx, date).await?.into_iter().map(|c| (c, date)));
        }
    }
    days::touch(tx, &touched, now).await
}
