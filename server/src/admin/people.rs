//! People of the office: added, given a way back, leaving. How they sign in: `sign_in.rs`.

use std::sync::atomic::Ordering;

use domain::calendar::UnixMs;
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{elders, valid};
use crate::audit::{Act, Action};
use crate::people::Role;
use crate::store::people::{self, UserRow};
use crate::store::{Tx, meta};
use crate::words::{Code, register, sign_in};
use crate::{Error, Office};

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

/// A person to be added who gets a one-time passphrase.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name to sign in with: the full name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Where.
    pub region: RegionCode,
    /// In which one canteen, for its manager.
    #[serde(default)]
    pub canteen: Option<CanteenId>,
}

impl Office {
    /// Adds a person with a passphrase that the person has chosen.
    pub async fn add_user(&self, new: NewUser, by: Option<UserId>) -> Result<UserId, Error> {
        self.put_user(new, false, by).await
    }

    /// Adds a person. Answers the one-time passphrase, which is not shown again.
    pub async fn invite(&self, new: NewPerson, by: Option<UserId>) -> Result<(UserId, Zeroizing<String>), Error> {
        let passphrase = Zeroizing::new(self.readable(ONE_TIME));
        let NewPerson { name, role, region, canteen } = new;
        let new = NewUser { name, passphrase: passphrase.clone(), role, region, canteen };
        Ok((self.put_user(new, true, by).await?, passphrase))
    }

    async fn put_user(&self, new: NewUser, must_change: bool, by: Option<UserId>) -> Result<UserId, Error> {
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
            must_change,
            totp: None,
            totp_step: 0,
            totp_at: None,
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

    /// The way back for who is locked out: a one-time passphrase, answered and not shown again. The second factor is taken
    /// away, failures are forgotten, sessions end. Refused for an account that was locked at the office's own computer.
    pub async fn reset_person(&self, id: UserId, by: Option<UserId>) -> Result<Zeroizing<String>, Error> {
        if by == Some(id) {
            return Err(Error::refused(Code::SecondPerson, sign_in::NOT_ONESELF));
        }
        let passphrase = Zeroizing::new(self.readable(ONE_TIME));
        let (hash, now) = (self.hasher.hash(&passphrase).await?, self.now());
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let row = required(tx, id).await?;
                    if row.left_at.is_some() {
                        return Err(Error::refused(Code::Conflict, sign_in::LEFT));
                    }
                    if row.is_locked_here() {
                        return Err(Error::refused(Code::Conflict, sign_in::LOCKED_HERE));
                    }
                    people::set_passphrase(tx, id, &hash, true).await?;
                    people::set_totp(tx, id, None).await?;
                    people::put_recovery(tx, id, &[]).await?;
                    people::forget_failures(tx, id).await?;
                    people::close_sessions(tx, id, None).await?;
                    let act = Act::new(by, Action::PersonReset, format!("user:{id}"));
                    act.with("role", row.role.name()).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(passphrase)
    }

    /// A person leaves: sessions end, nothing can be signed any more; what the person did stays. Says whether that is new.
    pub async fn leave(&self, id: UserId, by: Option<UserId>) -> Result<bool, Error> {
        if by == Some(id) {
            return Err(Error::refused(Code::SecondPerson, sign_in::NOT_ONESELF));
        }
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    required(tx, id).await?;
                    let left = people::leave(tx, id, now).await?;
                    people::close_sessions(tx, id, None).await?;
                    let act = Act::new(by, Action::PersonLeave, format!("user:{id}")).with("new", left);
                    act.done(tx, now).await.map(|_| left)
                })
            })
            .await
    }

    /// Says that everybody and everything here is made up: no second factor is asked for, and sessions do not end by lying
    /// still. It stays so for the life of the database.
    ///
    /// Refused once there is anybody in it.
    pub async fn mark_demo(&self) -> Result<(), Error> {
        self.store
            .write(|tx| {
                Box::pin(async move {
                    if people::anybody(tx).await? {
                        return Err(Error::refused(Code::Conflict, sign_in::NOT_EMPTY));
                    }
                    meta::keep(tx, DEMO, "yes").await.map(drop)
                })
            })
            .await?;
        self.demo.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether everybody and everything here is made up; see [`Self::mark_demo`].
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.demo.load(Ordering::Relaxed)
    }
}

/// The database's own word for it.
pub(crate) const DEMO: &str = "demo";
/// Letters and digits of a one-time passphrase.
pub(super) const ONE_TIME: usize = 16;

async fn required(tx: &mut Tx, id: UserId) -> Result<UserRow, Error> {
    people::get(tx, id).await?.ok_or_else(|| Error::refused(Code::NotFound, sign_in::NO_PERSON))
}
