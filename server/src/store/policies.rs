//! Announced policies and published calendars.

use std::collections::BTreeSet;

use domain::calendar::{UnixMs, WorkCalendar};
use domain::id::{Digest, UserId};
use domain::policy::Policy;

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// One version of one policy.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PolicyRow {
        /// Stable id.
        pub id: String,
        /// Version.
        pub version: u32,
        /// Digest of the source.
        pub hash: Digest,
        /// The whole file.
        pub source: String,
        /// When announced, unix ms.
        pub announced_at: UnixMs,
        /// Who announced it.
        pub announced_by: Option<UserId>,
    }
}

/// Something that is another value whenever anything was announced or published.
pub async fn edition(tx: &mut Tx) -> Result<(i64, i64), Error> {
    sql!(
        tx,
        "SELECT (SELECT COALESCE(MAX(number), 0) FROM policies), (SELECT COALESCE(MAX(published_at), 0) FROM calendars)"
    )
    .one()
    .await
}

/// Every version, in the order of announcing.
pub async fn all(tx: &mut Tx) -> Result<Vec<PolicyRow>, Error> {
    sql!(tx, "SELECT id, version, hash, source, announced_at, announced_by FROM policies ORDER BY number").all().await
}

/// The versions announced at or after an instant: id and version.
pub async fn announced_since(tx: &mut Tx, since: UnixMs) -> Result<BTreeSet<(String, u32)>, Error> {
    let rows = sql!(tx, "SELECT id, version FROM policies WHERE announced_at >= $1", since);
    Ok(rows.all::<(String, u32)>().await?.into_iter().collect())
}

/// When a version was announced last, unix ms.
pub async fn last_announced(tx: &mut Tx) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(announced_at) FROM policies").value().await
}

/// Adds a version behind all others.
pub async fn add(tx: &mut Tx, policy: &Policy, now: UnixMs, by: Option<UserId>) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO policies (id, version, number, hash, source, announced_at, announced_by)
         VALUES ($1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM policies), $3, $4, $5, $6)",
        policy.id(),
        policy.version(),
        policy.reference().hash,
        policy.source(),
        now,
        by
    )
    .execute()
    .await
    .map(drop)
}

/// Every calendar, the one in force last.
pub async fn calendars(tx: &mut Tx) -> Result<Vec<WorkCalendar>, Error> {
    let rows = sql!(tx, "SELECT calendar FROM calendars ORDER BY published_at, digest").values::<Json<WorkCalendar>>();
    Ok(rows.await?.into_iter().map(|Json(calendar)| calendar).collect())
}

/// Puts a calendar in force. `now` is moved on if need be, so that the last one published is the one in force.
pub async fn publish_calendar(tx: &mut Tx, calendar: &WorkCalendar, now: UnixMs) -> Result<(), Error> {
    let last: i64 = sql!(tx, "SELECT COALESCE(MAX(published_at), 0) FROM calendars").value().await?;
    sql!(
        tx,
        "INSERT INTO calendars (digest, calendar, published_at) VALUES ($1, $2, $3)
         ON CONFLICT (digest) DO UPDATE SET published_at = excluded.published_at",
        calendar.digest(),
        Json(calendar),
        now.get().max(last + 1)
    )
    .execute()
    .await
    .map(drop)
}

/// How many policies had been announced at an instant.
pub async fn announced_until(tx: &mut Tx, at: UnixMs) -> Result<i64, Error> {
    sql!(tx, "SELECT COUNT(*) FROM policies WHERE announced_at <= $1", at).value().await
}

/// How many policies have been announced, and the digest of the calendar in force.
pub async fn newest(tx: &mut Tx) -> Result<(i64, Option<Digest>), Error> {
    sql!(
        tx,
        "SELECT (SELECT COUNT(*) FROM policies), \
         (SELECT digest FROM calendars ORDER BY published_at DESC, digest DESC LIMIT 1)"
    )
    .one()
    .await
}

row! {
    /// A calendar as it was put in force.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CalendarVersion {
        /// Counts from 1.
        pub number: i64,
        /// The digest of the whole calendar that was in force from then on.
        pub digest: Digest,
        /// The file's name; empty when it was no file.
        pub file_name: String,
        /// The file; empty when it was no file.
        pub source: String,
        /// When, unix ms.
        pub published_at: UnixMs,
        /// By whom.
        pub published_by: Option<UserId>,
    }
}

/// Notes that a calendar was put in force.
pub async fn add_calendar_version(
    tx: &mut Tx,
    digest: Digest,
    (file_name, source): (&str, &str),
    now: UnixMs,
    by: Option<UserId>,
) -> Result<i64, Error> {
    sql!(
        tx,
        "INSERT INTO calendar_versions (number, digest, file_name, source, published_at, published_by)
         VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM calendar_versions), $1, $2, $3, $4, $5) RETURNING number",
        digest,
        file_name,
        source,
        now,
        by
    )
    .value()
    .await
}

/// Every calendar that was put in force, the last one first.
pub async fn calendar_versions(tx: &mut Tx) -> Result<Vec<CalendarVersion>, Error> {
    sql!(tx, "SELECT * FROM calendar_versions ORDER BY number DESC").all().await
}
