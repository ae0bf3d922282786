//! Staff of the office and their sessions.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;

use super::Tx;
use crate::error::Error;
use crate::people::Role;
use crate::{row, sql};

row! {
    /// A person who may sign in.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserRow {
        /// Who.
        pub id: UserId,
        /// The name to sign in with.
        pub name: String,
        /// Argon2id hash of the passphrase (PHC string).
        pub passphrase_hash: String,
        /// What the person may do.
        pub role: Role,
        /// Where.
        pub region: RegionCode,
        /// In which one canteen, for its manager.
        pub canteen: Option<CanteenId>,
        /// Failed sign-ins since the last good one.
        pub failures: u32,
        /// No sign-in before this instant, unix ms.
        pub locked_until: UnixMs,
        /// When added, unix ms.
        pub created_at: UnixMs,
        /// When the person left, unix ms.
        pub left_at: Option<UnixMs>,
    }
}

/// Adds a person. A name that is taken violates a UNIQUE constraint.
pub async fn add(tx: &mut Tx, user: &UserRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO users (id, name, passphrase_hash, role, region, canteen, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        user.id,
        &user.name,
        &user.passphrase_hash,
        user.role.name(),
        &user.region,
        user.canteen,
        user.created_at
    )
    .execute()
    .await
    .map(drop)
}

/// The person with that id.
pub async fn get(tx: &mut Tx, id: UserId) -> Result<Option<UserRow>, Error> {
    sql!(tx, "SELECT * FROM users WHERE id = $1", id).optional().await
}

/// The person with that name.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<UserRow>, Error> {
    sql!(tx, "SELECT * FROM users WHERE name = $1", name).optional().await
}

/// Counts a failed sign-in; says how many there are now.
pub async fn count_failure(tx: &mut Tx, id: UserId) -> Result<u32, Error> {
    sql!(tx, "UPDATE users SET failures = failures + 1 WHERE id = $1 RETURNING failures", id).value().await
}

/// No sign-in before `until`.
pub async fn lock(tx: &mut Tx, id: UserId, until: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET locked_until = $2 WHERE id = $1", id, until).execute().await.map(drop)
}

/// Forgets failed sign-ins.
pub async fn forget_failures(tx: &mut Tx, id: UserId) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET failures = 0, locked_until = 0 WHERE id = $1", id).execute().await.map(drop)
}

/// Opens a session under the digest of its token.
pub async fn open_session(tx: &mut Tx, hash: Digest, user: UserId, now: UnixMs, expires: UnixMs) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO sessions (hash, person, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        hash,
        user,
        now,
        expires
    )
    .execute()
    .await
    .map(drop)
}

/// The person of a session that is still good.
pub async fn by_session(tx: &mut Tx, hash: Digest, now: UnixMs) -> Result<Option<UserRow>, Error> {
    sql!(
        tx,
        "SELECT users.* FROM sessions JOIN users ON users.id = sessions.person
         WHERE sessions.hash = $1 AND sessions.expires_at > $2 AND users.left_at IS NULL",
        hash,
        now
    )
    .optional()
    .await
}

/// Ends a session.
pub async fn close_session(tx: &mut Tx, hash: Digest) -> Result<(), Error> {
    sql!(tx, "DELETE FROM sessions WHERE hash = $1", hash).execute().await.map(drop)
}

/// Removes sessions that have run out; says how many there were.
pub async fn sweep_sessions(tx: &mut Tx, now: UnixMs) -> Result<u64, Error> {
    sql!(tx, "DELETE FROM sessions WHERE expires_at <= $1", now).execute().await
}
