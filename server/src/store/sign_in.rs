//! Failed sign-ins by where they come from, and from where people have signed in before.

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};

use super::Tx;
use crate::error::Error;
use crate::sql;

/// Until when a bucket is locked, unix ms; nothing for one in which nothing failed.
pub async fn locked_until(tx: &mut Tx, bucket: Digest) -> Result<Option<UnixMs>, Error> {
    let row = sql!(tx, "SELECT locked_until FROM sign_in_tries WHERE bucket = $1", bucket);
    Ok(row.optional::<(UnixMs,)>().await?.map(|(until,)| until))
}

/// Counts a failure, by name of whom if that is anybody; says how many there are since `since`.
pub async fn count(
    tx: &mut Tx,
    bucket: Digest,
    person: Option<UserId>,
    since: UnixMs,
    now: UnixMs,
) -> Result<u32, Error> {
    sql!(
        tx,
        "INSERT INTO sign_in_tries (bucket, person, failures, locked_until, changed_at) VALUES ($1, $2, 1, 0, $4)
         ON CONFLICT (bucket) DO UPDATE SET changed_at = excluded.changed_at, person = excluded.person,
            failures = CASE WHEN sign_in_tries.changed_at < $3 THEN 1 ELSE sign_in_tries.failures + 1 END
         RETURNING failures",
        bucket,
        person,
        since,
        now
    )
    .value()
    .await
}

/// Nothing is tried in the bucket before `until`.
pub async fn lock(tx: &mut Tx, bucket: Digest, until: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE sign_in_tries SET locked_until = $2 WHERE bucket = $1", bucket, until).execute().await.map(drop)
}

/// Forgets what failed in a bucket.
pub async fn forget(tx: &mut Tx, bucket: Digest) -> Result<(), Error> {
    sql!(tx, "DELETE FROM sign_in_tries WHERE bucket = $1", bucket).execute().await.map(drop)
}

/// Forgets what failed under a person's name, wherever it came from.
pub async fn forget_person(tx: &mut Tx, person: UserId) -> Result<(), Error> {
    sql!(tx, "DELETE FROM sign_in_tries WHERE person = $1", person).execute().await.map(drop)
}

/// Forgets failures before an instant, where nothing is locked any more; says in how many buckets.
pub async fn sweep(tx: &mut Tx, before: UnixMs) -> Result<u64, Error> {
    let text = "DELETE FROM sign_in_tries WHERE changed_at < $1 AND locked_until < $1";
    sql!(tx, text, before).execute().await
}

/// Notes that a person signed in from there.
pub async fn know(tx: &mut Tx, from: Digest, person: UserId, now: UnixMs) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO known_devices (hash, person, used_at) VALUES ($1, $2, $3)
         ON CONFLICT (hash, person) DO UPDATE SET used_at = excluded.used_at",
        from,
        person,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// Who has signed in from there since an instant.
pub async fn known(tx: &mut Tx, from: Digest, since: UnixMs) -> Result<Vec<UserId>, Error> {
    sql!(tx, "SELECT person FROM known_devices WHERE hash = $1 AND used_at >= $2", from, since).values().await
}

/// Forgets from where a person has signed in.
pub async fn forget_devices(tx: &mut Tx, person: UserId) -> Result<(), Error> {
    sql!(tx, "DELETE FROM known_devices WHERE person = $1", person).execute().await.map(drop)
}

/// Forgets from where a person has not signed in since an instant.
pub async fn sweep_devices(tx: &mut Tx, person: UserId, before: UnixMs) -> Result<(), Error> {
    sql!(tx, "DELETE FROM known_devices WHERE person = $1 AND used_at < $2", person, before).execute().await.map(drop)
}
