//! Staff of the office and their sessions.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;
use uuid::Uuid;

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
        /// Counted by older programs; failures are counted by where they come from now.
        pub failures: u32,
        /// No sign-in before this instant, unix ms.
        pub locked_until: UnixMs,
        /// When added, unix ms.
        pub created_at: UnixMs,
        /// When the person left, unix ms.
        pub left_at: Option<UnixMs>,
        /// Whether the passphrase was given by somebody else and is good for one sign-in.
        pub must_change: bool,
        /// The sealed secret of the second factor.
        pub totp: Option<Vec<u8>>,
        /// The step whose code was used last.
        pub totp_step: i64,
        /// When the second factor was confirmed, unix ms.
        pub totp_at: Option<UnixMs>,
        /// The sealed secret of a second factor that is being taken up; nothing is let in by it.
        pub totp_new: Option<Vec<u8>>,
    }
}

row! {
    /// A session.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SessionRow {
        /// The digest of its token.
        pub hash: Digest,
        /// Whose.
        pub person: UserId,
        /// Unix ms.
        pub created_at: UnixMs,
        /// The end, used or not, unix ms.
        pub expires_at: UnixMs,
        /// When it was used last, unix ms; written down at most once a minute.
        pub used_at: UnixMs,
        /// When the person last proved to be the person, beyond signing in, unix ms.
        pub proven_at: Option<UnixMs>,
    }
}

row! {
    /// Why an administrator locked an account or opened it again; append-only.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ReasonRow {
        /// Which one.
        pub id: Uuid,
        /// Whose account.
        pub person: UserId,
        /// `lock` or `unlock`.
        pub act: String,
        /// Why.
        pub reason: String,
        /// Unix ms.
        pub at: UnixMs,
        /// By whom.
        pub made_by: UserId,
    }
}

/// Adds a person. A name that is taken violates a UNIQUE constraint.
pub async fn add(tx: &mut Tx, user: &UserRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO users (id, name, passphrase_hash, role, region, canteen, created_at, must_change)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        user.id,
        &user.name,
        &user.passphrase_hash,
        user.role.name(),
        &user.region,
        user.canteen,
        user.created_at,
        user.must_change
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

/// No sign-in before `until`.
pub async fn lock(tx: &mut Tx, id: UserId, until: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET locked_until = $2 WHERE id = $1", id, until).execute().await.map(drop)
}

/// Forgets failed sign-ins, wherever they came from, and a lock.
pub async fn forget_failures(tx: &mut Tx, id: UserId) -> Result<(), Error> {
    super::sign_in::forget_person(tx, id).await?;
    sql!(tx, "UPDATE users SET failures = 0, locked_until = 0 WHERE id = $1", id).execute().await.map(drop)
}

/// Opens a session under the digest of its token.
pub async fn open_session(tx: &mut Tx, session: &SessionRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO sessions (hash, person, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5)",
        session.hash,
        session.person,
        session.created_at,
        session.expires_at,
        session.used_at
    )
    .execute()
    .await
    .map(drop)
}

/// A session that has not run out and was used since `idle`, with its person.
pub async fn by_session(
    tx: &mut Tx,
    hash: Digest,
    now: UnixMs,
    idle: UnixMs,
) -> Result<Option<(SessionRow, UserRow)>, Error> {
    let found: Option<SessionRow> =
        sql!(tx, "SELECT * FROM sessions WHERE hash = $1 AND expires_at > $2 AND used_at >= $3", hash, now, idle)
            .optional()
            .await?;
    let Some(session) = found else { return Ok(None) };
    let user = get(tx, session.person).await?.filter(|user| user.left_at.is_none());
    Ok(user.map(|user| (session, user)))
}

/// Notes that a session was used.
pub async fn use_session(tx: &mut Tx, hash: Digest, now: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE sessions SET used_at = $2 WHERE hash = $1 AND used_at < $2", hash, now).execute().await.map(drop)
}

/// Notes that the session's person has just proved to be the person.
pub async fn prove_session(tx: &mut Tx, hash: Digest, now: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE sessions SET proven_at = $2 WHERE hash = $1", hash, now).execute().await.map(drop)
}

/// Ends a person's sessions, but for one; says how many there were.
pub async fn close_sessions(tx: &mut Tx, person: UserId, but: Option<Digest>) -> Result<u64, Error> {
    let but = but.unwrap_or(Digest::ZERO);
    sql!(tx, "DELETE FROM sessions WHERE person = $1 AND hash <> $2", person, but).execute().await
}

/// Ends a session.
pub async fn close_session(tx: &mut Tx, hash: Digest) -> Result<(), Error> {
    sql!(tx, "DELETE FROM sessions WHERE hash = $1", hash).execute().await.map(drop)
}

/// Signs everybody out.
pub async fn end_all_sessions(tx: &mut Tx) -> Result<u64, Error> {
    sql!(tx, "DELETE FROM sessions").execute().await
}

/// Removes sessions that have run out or were not used since `idle`; says how many there were.
pub async fn sweep_sessions(tx: &mut Tx, now: UnixMs, idle: UnixMs) -> Result<u64, Error> {
    sql!(tx, "DELETE FROM sessions WHERE expires_at <= $1 OR used_at < $2", now, idle).execute().await
}

/// Puts another passphrase in the place of the old one.
pub async fn set_passphrase(tx: &mut Tx, id: UserId, hash: &str, must_change: bool) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET passphrase_hash = $2, must_change = $3 WHERE id = $1", id, hash, must_change)
        .execute()
        .await
        .map(drop)
}

/// Takes the second factor away, and one that is being taken up.
pub async fn drop_totp(tx: &mut Tx, id: UserId) -> Result<(), Error> {
    let text = "UPDATE users SET totp = NULL, totp_step = 0, totp_at = NULL, totp_new = NULL WHERE id = $1";
    sql!(tx, text, id).execute().await.map(drop)
}

/// Keeps the sealed secret of a second factor that is being taken up; the old one stays good.
pub async fn begin_totp(tx: &mut Tx, id: UserId, sealed: &[u8]) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET totp_new = $2 WHERE id = $1", id, sealed).execute().await.map(drop)
}

/// The second factor with this sealed secret, whose code of this step was shown, takes the place of the old one. Says
/// whether it is still the one that is being taken up.
pub async fn confirm_totp(tx: &mut Tx, id: UserId, sealed: &[u8], step: i64, now: UnixMs) -> Result<bool, Error> {
    let text = "UPDATE users SET totp = totp_new, totp_new = NULL, totp_step = $3, totp_at = $4 \
                WHERE id = $1 AND totp_new = $2";
    Ok(sql!(tx, text, id, sealed, step, now).execute().await? == 1)
}

/// How many administrators there are and ever were.
pub async fn administrators(tx: &mut Tx) -> Result<i64, Error> {
    sql!(tx, "SELECT COUNT(*) FROM users WHERE role = 'administrator'").value().await
}

/// Uses the code of a step; says whether no code of it or of a later one was used before.
pub async fn use_totp(tx: &mut Tx, id: UserId, step: i64) -> Result<bool, Error> {
    let used = sql!(tx, "UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2", id, step);
    Ok(used.execute().await? == 1)
}

/// Puts recovery codes, as digests, in the place of those there were.
pub async fn put_recovery(tx: &mut Tx, id: UserId, hashes: &[Digest]) -> Result<(), Error> {
    sql!(tx, "DELETE FROM recovery_codes WHERE person = $1", id).execute().await?;
    for hash in hashes {
        sql!(tx, "INSERT INTO recovery_codes (person, hash) VALUES ($1, $2)", id, hash).execute().await?;
    }
    Ok(())
}

/// Uses a recovery code; says whether it was good.
pub async fn use_recovery(tx: &mut Tx, id: UserId, hash: Digest, now: UnixMs) -> Result<bool, Error> {
    let used = sql!(
        tx,
        "UPDATE recovery_codes SET used_at = $3 WHERE person = $1 AND hash = $2 AND used_at IS NULL",
        id,
        hash,
        now
    );
    Ok(used.execute().await? == 1)
}

/// Gives a person another role and place.
pub async fn set_post(
    tx: &mut Tx,
    id: UserId,
    role: Role,
    region: &RegionCode,
    canteen: Option<CanteenId>,
) -> Result<(), Error> {
    sql!(tx, "UPDATE users SET role = $2, region = $3, canteen = $4 WHERE id = $1", id, role.name(), region, canteen)
        .execute()
        .await
        .map(drop)
}

/// Everybody, by name; those who left too.
pub async fn everybody(tx: &mut Tx) -> Result<Vec<UserRow>, Error> {
    sql!(tx, "SELECT * FROM users ORDER BY name, id").all().await
}

/// People whose place lies inside a region, by name; those who left too.
pub async fn inside(tx: &mut Tx, region: &RegionCode) -> Result<Vec<UserRow>, Error> {
    sql!(tx, "SELECT * FROM users WHERE region LIKE $1 || '%' ORDER BY name, id", region).all().await
}

/// Notes why an account was locked or opened. It is of after what was noted of it before; whoever calls holds the audit
/// log's chain.
pub async fn note_reason(tx: &mut Tx, row: &ReasonRow) -> Result<(), Error> {
    let last: Option<UnixMs> =
        sql!(tx, "SELECT MAX(at) FROM account_reasons WHERE person = $1", row.person).value().await?;
    let at = last.map_or(row.at, |last| row.at.max(last.plus(1)));
    sql!(
        tx,
        "INSERT INTO account_reasons (id, person, act, reason, at, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
        row.id,
        row.person,
        &row.act,
        &row.reason,
        at,
        row.made_by
    )
    .execute()
    .await
    .map(drop)
}

/// What was noted last of each account inside a region.
pub async fn last_reasons(tx: &mut Tx, region: &RegionCode) -> Result<Vec<ReasonRow>, Error> {
    sql!(
        tx,
        "SELECT r.* FROM account_reasons r JOIN users u ON u.id = r.person WHERE u.region LIKE $1 || '%'
         AND r.at = (SELECT MAX(l.at) FROM account_reasons l WHERE l.person = r.person)",
        region
    )
    .all()
    .await
}

/// The person left. Says whether that is new.
pub async fn leave(tx: &mut Tx, id: UserId, now: UnixMs) -> Result<bool, Error> {
    let left = sql!(tx, "UPDATE users SET left_at = $2 WHERE id = $1 AND left_at IS NULL", id, now);
    Ok(left.execute().await? == 1)
}

/// Whether there is anybody.
pub async fn anybody(tx: &mut Tx) -> Result<bool, Error> {
    sql!(tx, "SELECT COUNT(*) FROM users").value::<i64>().await.map(|count| count > 0)
}
