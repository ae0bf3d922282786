//! Keys of requests that are done once, and what was answered.

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use uuid::Uuid;

use super::Tx;
use crate::error::Error;
use crate::{row, sql};

/// A person's key and the request that it came with, both as keyed digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub person: UserId,
    /// The key.
    pub key: Digest,
    /// Method, address and body.
    pub request: Digest,
}

row! {
    /// A key that was noted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Kept {
        /// The attempt.
        pub id: Uuid,
        /// The request that it came with.
        pub request: Digest,
        /// When the attempt began, unix ms.
        pub begun_at: UnixMs,
        /// Whether something was done.
        pub done: bool,
        /// The answer, sealed.
        pub answer: Option<Vec<u8>>,
    }
}

/// Forgets keys of attempts that began before an instant.
pub async fn expire(tx: &mut Tx, before: UnixMs) -> Result<u64, Error> {
    sql!(tx, "DELETE FROM idempotency_keys WHERE begun_at < $1", before).execute().await
}

/// Notes a key; says whether it was new.
pub async fn begin(tx: &mut Tx, of: &Key, id: Uuid, now: UnixMs) -> Result<bool, Error> {
    let text = "INSERT INTO idempotency_keys (person, key, request, id, begun_at, done) \
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, key) DO NOTHING";
    Ok(sql!(tx, text, of.person, of.key, of.request, id, now, false).execute().await? == 1)
}

/// What was noted of a key.
pub async fn find(tx: &mut Tx, of: &Key) -> Result<Option<Kept>, Error> {
    let text = "SELECT id, request, begun_at, done, answer FROM idempotency_keys WHERE person = $1 AND key = $2";
    sql!(tx, text, of.person, of.key).optional().await
}

/// Puts another attempt in the place of one that did nothing; says whether it was still there.
pub async fn replace(tx: &mut Tx, before: Uuid, id: Uuid, now: UnixMs) -> Result<bool, Error> {
    let text = "UPDATE idempotency_keys SET id = $2, begun_at = $3 WHERE id = $1 AND NOT done";
    Ok(sql!(tx, text, before, id, now).execute().await? == 1)
}

/// Marks an attempt as having done something; says whether it is still the key's.
pub async fn mark(tx: &mut Tx, id: Uuid) -> Result<bool, Error> {
    Ok(sql!(tx, "UPDATE idempotency_keys SET done = $2 WHERE id = $1", id, true).execute().await? == 1)
}

/// Keeps an attempt's answer; nothing of one that is not kept but that it was done.
pub async fn keep(tx: &mut Tx, id: Uuid, answer: Option<&[u8]>) -> Result<(), Error> {
    let text = "UPDATE idempotency_keys SET done = $2, answer = $3 WHERE id = $1";
    sql!(tx, text, id, true, answer.map(<[u8]>::to_vec)).execute().await.map(drop)
}

/// Forgets an attempt that did nothing.
pub async fn forget(tx: &mut Tx, id: Uuid) -> Result<(), Error> {
    sql!(tx, "DELETE FROM idempotency_keys WHERE id = $1 AND NOT done", id).execute().await.map(drop)
}
