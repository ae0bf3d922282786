//! People who sign in, and their sessions.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{elders, valid};
use crate::audit::{Act, Action};
use crate::people::Role;
use crate::store::people::{self, UserRow};
use crate::words::{self, Code, register};
use crate::{Error, Office, Refusal};

/// A session is good for so long, ms.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// So many failures are forgiven before each one locks for a while.
const FREE_FAILURES: u32 = 4;
/// The longest lock, seconds.
const LONGEST_LOCK_S: i64 = 60 * 60;

/// A person to be added.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to sign in with: the full name.
    pub name: String,
    /// The first passphrase.
    pub passphrase: Zeroizing<String>,
    /// What the person may do.
    pub role: Role,
    /// Where.
    pub region: RegionCode,
    /// In which one canteen, for its manager.
    #[serde(default)]
    pub canteen: Option<CanteenId>,
}

/// A session that was just opened.
#[derive(Clone)]
pub struct Session {
    /// The secret that the browser or program shows from now on: 64 hex digits.
    pub token: Zeroizing<String>,
    /// Until when it is good, unix ms.
    pub expires: UnixMs,
    /// Whose.
    pub user: UserRow,
}

/// The digest under which a session is kept.
fn session_hash(token: &str) -> Digest {
    Digest::of("zhucan.session.1", &[token.as_bytes()])
}

/// For how long a sign-in is locked after so many failures, seconds.
fn lock_seconds(failures: u32) -> i64 {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => 0,
        Some(more) => (30_i64 << more.min(10)).min(LONGEST_LOCK_S),
    }
}

impl Office {
    /// Adds a person.
    pub async fn add_user(&self, new: NewUser, by: Option<UserId>) -> Result<UserId, Error> {
        valid::passphrase(&new.passphrase)?;
        if (new.role == Role::CanteenManager) != new.canteen.is_some() {
            return Err(Error::refused(Code::Invalid, register::MANAGER));
        }
        let now = self.now();
        let id = UserId::generate(now, &*self.entropy);
        let row = UserRow {
            id,
            name: valid::name(&new.name)?,
            passphrase_hash: self.hasher.hash(&new.passphrase).await?,
            role: new.role,
            region: new.region,
            canteen: new.canteen,
            failures: 0,
            locked_until: UnixMs::new(0),
            created_at: now,
            left_at: None,
        };
        let added = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    if let Some(canteen) = row.canteen {
                        elders::require_canteen(tx, canteen).await?;
                    }
                    people::add(tx, &row).await?;
                    let act = Act::new(by, Action::PersonAdd, format!("user:{id}")).with("role", row.role.name());
                    act.with("region", row.region.as_str()).done(tx, now).await.map(drop)
                })
            })
            .await;
        match added {
            Err(error) if error.is_unique_violation() => Err(Error::refused(Code::NameTaken, register::NAME_TAKEN)),
            other => other.map(|()| id),
        }
    }

    /// Signs a person in. Failures lock the name for growing spans.
    pub async fn sign_in(&self, name: &str, passphrase: &str) -> Result<Session, Error> {
        let user = self.check_passphrase(name, passphrase).await?;
        let mut secret = Zeroizing::new([0_u8; 32]);
        self.entropy.fill(secret.as_mut_slice());
        let token = Zeroizing::new(hex::encode(secret.as_slice()));
        let now = self.now();
        let (hash, expires, id) = (session_hash(&token), now.plus(SESSION_MS), user.id);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    people::sweep_sessions(tx, now).await?;
                    people::open_session(tx, hash, id, now, expires).await?;
                    Act::new(id, Action::SessionOpen, format!("user:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(Session { token, expires, user })
    }

    /// The person behind name and passphrase; also asked again before an approval. A name that nobody has costs the
    /// same time and gets the same answer as a wrong passphrase.
    pub async fn check_passphrase(&self, name: &str, passphrase: &str) -> Result<UserRow, Error> {
        let wanted = name.trim().to_owned();
        let user = self.store.read(move |tx| Box::pin(async move { people::by_name(tx, &wanted).await })).await?;
        let user = user.filter(|u| u.left_at.is_none());
        if let Some(seconds) = user.as_ref().and_then(|u| u.locked_for(self.now())) {
            return Err(locked(seconds));
        }
        let fits = self.hasher.verify(passphrase, user.as_ref().map(|u| u.passphrase_hash.clone())).await?;
        let Some(user) = user else { return Err(Error::refused(Code::SignInFailed, words::SIGN_IN_FAILED)) };
        self.count_try(user.id, fits).await?;
        Ok(user)
    }

    /// Counts a try. Tries that came together with those that locked the name fail too, right or wrong.
    async fn count_try(&self, user: UserId, fits: bool) -> Result<(), Error> {
        let now = self.now();
        let lock = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let row = people::get(tx, user).await?;
                    if let Some(seconds) = row.and_then(|row| row.locked_for(now)) {
                        return Ok(Some(seconds));
                    }
                    if fits {
                        return people::forget_failures(tx, user).await.map(|()| None);
                    }
                    let failures = people::count_failure(tx, user).await?;
                    let seconds = lock_seconds(failures);
                    people::lock(tx, user, now.plus(seconds * 1000)).await?;
                    if seconds > 0 {
                        let act = Act::new(None, Action::SessionLock, format!("user:{user}"));
                        act.with("failures", failures).with("seconds", seconds).done(tx, now).await?;
                    }
                    Ok(Some(seconds).filter(|seconds| *seconds > 0))
                })
            })
            .await?;
        match lock {
            Some(seconds) => Err(locked(seconds)),
            None if fits => Ok(()),
            None => Err(Error::refused(Code::SignInFailed, words::SIGN_IN_FAILED)),
        }
    }

    /// The person of a session's token.
    pub async fn signed_in(&self, token: &str) -> Result<UserRow, Error> {
        let (hash, now) = (session_hash(token), self.now());
        let user = self.store.read(move |tx| Box::pin(async move { people::by_session(tx, hash, now).await })).await?;
        user.ok_or_else(|| Error::refused(Code::SignInNeeded, words::SIGN_IN_NEEDED))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let hash = session_hash(token);
        self.store.write(move |tx| Box::pin(async move { people::close_session(tx, hash).await })).await
    }
}

impl UserRow {
    /// For how many seconds no sign-in is possible.
    fn locked_for(&self, now: UnixMs) -> Option<i64> {
        (self.locked_until > now).then(|| (self.locked_until.get() - now.get() + 999) / 1000)
    }
}

fn locked(seconds: i64) -> Error {
    let mut refusal = Refusal::new(Code::SignInLocked, words::locked(seconds));
    refusal.retry_after = Some(seconds);
    refusal.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_to_an_hour() {
        let locks: Vec<i64> = [0, 4, 5, 6, 7, 11, 12, 99, u32::MAX].map(lock_seconds).to_vec();
        assert_eq!(locks, [0, 0, 30, 60, 120, 1920, 3600, 3600, 3600]);
    }
}
