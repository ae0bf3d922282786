//! People of the office: added, given a way back, leaving. How they sign in: `sign_in.rs`.

use std::sync::atomic::Ordering;

use domain::calendar::UnixMs;
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::proposals::Proposed;
use super::{Post, valid};
use crate::audit::{Act, Action};
use crate::people::Role;
use crate::store::people::{self, UserRow};
use crate::store::proposals::ProposalRow;
use crate::store::{Tx, canteens, meta};
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
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
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

    /// Lets a person in for an administrator, or proposes it to another one where that takes two
    /// ([`Role::takes_two`]). The office's second administrator is let in by the first alone: there is nobody else yet.
    pub async fn let_in(&self, new: NewPerson, by: UserId) -> Result<Given, Error> {
        let is_admin = new.role == Role::Administrator;
        let first =
            is_admin && self.store.read(|tx| Box::pin(async move { people::administrators(tx).await })).await? < 2;
        if new.role.takes_two() && !first {
            let region = new.region.clone();
            let row = self.propose(Proposed::Invitation { person: new }, region, by).await?;
            return Ok(Given::Waits(Box::new(row)));
        }
        let (id, passphrase) = self.invite(new, Some(by)).await?;
        Ok(Given::Passphrase(id, passphrase))
    }

    /// Gives a person the way back for an administrator, or proposes it to another one where that takes two.
    pub async fn let_back(&self, id: UserId, by: UserId) -> Result<Given, Error> {
        let row = self.store.read(move |tx| Box::pin(async move { could_reset(tx, id, by).await })).await?;
        if row.role.takes_two() {
            let what = Proposed::Reset { person: id, name: row.name, role: row.role };
            return Ok(Given::Waits(Box::new(self.propose(what, row.region, by).await?)));
        }
        Ok(Given::Passphrase(id, self.reset_person(id, Some(by)).await?))
    }

    /// Proposes other work, or another place, for a person. `inside` is where whoever proposes it works.
    pub async fn propose_move(
        &self,
        id: UserId,
        to: Post,
        reason: String,
        inside: RegionCode,
        by: UserId,
    ) -> Result<ProposalRow, Error> {
        let goal = to.clone();
        let row = self.store.read(move |tx| Box::pin(async move { could_move(tx, id, &goal, by).await })).await?;
        self.propose(Proposed::Move { person: id, name: row.name, role: row.role, to, reason }, inside, by).await
    }

    /// Who is let in by a proposal, or gets a way back: all that is made before the unit of work, and the passphrase.
    pub(super) async fn entry(&self, new: Option<&NewPerson>) -> Result<(Entry, Zeroizing<String>), Error> {
        let passphrase = Zeroizing::new(self.readable(ONE_TIME));
        let hash = self.hasher.hash(&passphrase).await?;
        let row = new.map(|new| self.user_row(new, hash.clone(), true)).transpose()?;
        Ok((Entry { row, hash }, passphrase))
    }

    fn user_row(&self, new: &NewPerson, passphrase_hash: String, must_change: bool) -> Result<UserRow, Error> {
        let NewPerson { name, role, region, canteen } = checked(new.clone())?;
        let now = self.now();
        Ok(UserRow {
            id: UserId::generate(now, &*self.entropy),
            name,
            passphrase_hash,
            role,
            region,
            canteen,
            failures: 0,
            locked_until: UnixMs::new(0),
            created_at: now,
            left_at: None,
            must_change,
            totp: None,
            totp_step: 0,
            totp_at: None,
            totp_new: None,
        })
    }

    /// Adds a person. Answers the one-time passphrase, which is not shown again. Refused to a person alone where that
    /// takes two.
    pub async fn invite(&self, new: NewPerson, by: Option<UserId>) -> Result<(UserId, Zeroizing<String>), Error> {
        let passphrase = Zeroizing::new(self.readable(ONE_TIME));
        let NewPerson { name, role, region, canteen } = new;
        let new = NewUser { name, passphrase: passphrase.clone(), role, region, canteen };
        Ok((self.put_user(new, true, by).await?, passphrase))
    }

    async fn put_user(&self, new: NewUser, must_change: bool, by: Option<UserId>) -> Result<UserId, Error> {
        let NewUser { name, passphrase, role, region, canteen } = new;
        valid::passphrase(&passphrase)?;
        let new = NewPerson { name, role, region, canteen };
        let row = self.user_row(&new, self.hasher.hash(&passphrase).await?, must_change)?;
        let (id, now) = (row.id, self.now());
        let added = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let alone = by.is_some() && row.role.takes_two();
                    if alone && !(row.role == Role::Administrator && people::administrators(tx).await? < 2) {
                        return Err(Error::refused(Code::SecondPerson, sign_in::TAKES_TWO));
                    }
                    add(tx, &row, Act::new(by, Action::PersonAdd, format!("user:{id}")), now).await
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
                    if by.is_some() && row.role.takes_two() {
                        return Err(Error::refused(Code::SecondPerson, sign_in::TAKES_TWO));
                    }
                    if row.is_locked_here() {
                        return Err(Error::refused(Code::Conflict, sign_in::LOCKED_HERE));
                    }
                    let act = Act::new(by, Action::PersonReset, format!("user:{id}"));
                    renew(tx, &row, &hash, act, now).await
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
                    crate::store::sign_in::forget_devices(tx, id).await?;
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

/// What came of asking for a one-time passphrase.
pub enum Given {
    /// Here it is, for whom.
    Passphrase(UserId, Zeroizing<String>),
    /// It waits for another administrator, who gets it.
    Waits(Box<ProposalRow>),
}

/// What approving a proposal about a person needs.
#[derive(Clone)]
pub(super) struct Entry {
    /// Who is let in.
    row: Option<UserRow>,
    /// The hash of the one-time passphrase.
    hash: String,
}

fn missing() -> Error {
    Error::Internal("a person who was not made ready".to_owned())
}

/// The same, trimmed; refused where it cannot be.
pub(super) fn checked(new: NewPerson) -> Result<NewPerson, Error> {
    if (new.role == Role::CanteenManager) != new.canteen.is_some() {
        return Err(Error::refused(Code::Invalid, register::MANAGER));
    }
    Ok(NewPerson { name: valid::name(&new.name)?, ..new })
}

/// Refuses whom nobody could let in now.
pub(super) async fn could_enter(tx: &mut Tx, new: &NewPerson) -> Result<(), Error> {
    if people::by_name(tx, &new.name).await?.is_some() {
        return Err(Error::refused(Code::NameTaken, register::NAME_TAKEN));
    }
    match new.canteen {
        Some(canteen) => require_own(tx, canteen, &new.region).await,
        None => Ok(()),
    }
}

/// The person, who could be given the way back by that one.
pub(super) async fn could_reset(tx: &mut Tx, id: UserId, by: UserId) -> Result<UserRow, Error> {
    if by == id {
        return Err(Error::refused(Code::SecondPerson, sign_in::NOT_ONESELF));
    }
    let row = required(tx, id).await?;
    if row.left_at.is_some() {
        return Err(Error::refused(Code::Conflict, sign_in::LEFT));
    }
    if row.is_locked_here() {
        return Err(Error::refused(Code::Conflict, sign_in::LOCKED_HERE));
    }
    Ok(row)
}

/// The person, who could be given that work by that one.
pub(super) async fn could_move(tx: &mut Tx, id: UserId, to: &Post, by: UserId) -> Result<UserRow, Error> {
    if (to.role == Role::CanteenManager) != to.canteen.is_some() {
        return Err(Error::refused(Code::Invalid, register::MANAGER));
    }
    if let Some(canteen) = to.canteen {
        require_own(tx, canteen, &to.region).await?;
    }
    could_reset(tx, id, by).await
}

/// Lets in whom one administrator proposed and another approved.
pub(super) async fn enter(
    tx: &mut Tx,
    entry: Option<Entry>,
    (maker, checker): (UserId, UserId),
    now: UnixMs,
) -> Result<(), Error> {
    let row = entry.and_then(|entry| entry.row).ok_or_else(missing)?;
    let new = NewPerson { name: row.name.clone(), role: row.role, region: row.region.clone(), canteen: row.canteen };
    could_enter(tx, &new).await?;
    let act = Act::new(checker, Action::PersonAdd, format!("user:{}", row.id)).with("maker", maker.to_string());
    add(tx, &row, act, now).await
}

/// Gives the way back that one administrator proposed and another approved.
pub(super) async fn reset(
    tx: &mut Tx,
    id: UserId,
    entry: Option<Entry>,
    (maker, checker): (UserId, UserId),
    now: UnixMs,
) -> Result<(), Error> {
    let hash = entry.ok_or_else(missing)?.hash;
    could_reset(tx, id, maker).await?;
    let row = could_reset(tx, id, checker).await?;
    let act = Act::new(checker, Action::PersonReset, format!("user:{id}")).with("maker", maker.to_string());
    renew(tx, &row, &hash, act, now).await
}

/// Gives the other work that one administrator proposed and another approved.
pub(super) async fn change_post(
    tx: &mut Tx,
    id: UserId,
    to: Post,
    (maker, checker): (UserId, UserId),
    now: UnixMs,
) -> Result<(), Error> {
    could_move(tx, id, &to, maker).await?;
    could_move(tx, id, &to, checker).await?;
    people::set_post(tx, id, to.role, &to.region, to.canteen).await?;
    people::close_sessions(tx, id, None).await?;
    let act = Act::new(checker, Action::PersonMove, format!("user:{id}")).with("maker", maker.to_string());
    act.with("role", to.role.name()).with("region", to.region.as_str()).done(tx, now).await.map(drop)
}

async fn add(tx: &mut Tx, row: &UserRow, act: Act, now: UnixMs) -> Result<(), Error> {
    if let Some(canteen) = row.canteen {
        require_own(tx, canteen, &row.region).await?;
    }
    people::add(tx, row).await?;
    act.with("role", row.role.name()).with("region", row.region.as_str()).done(tx, now).await.map(drop)
}

/// A one-time passphrase takes the place of all that let the person in.
async fn renew(tx: &mut Tx, row: &UserRow, hash: &str, act: Act, now: UnixMs) -> Result<(), Error> {
    let id = row.id;
    people::set_passphrase(tx, id, hash, true).await?;
    people::drop_totp(tx, id).await?;
    people::put_recovery(tx, id, &[]).await?;
    people::forget_failures(tx, id).await?;
    crate::store::sign_in::forget_devices(tx, id).await?;
    people::close_sessions(tx, id, None).await?;
    act.with("role", row.role.name()).done(tx, now).await.map(drop)
}

/// Refuses a canteen that is not there, and one outside the region in which its manager is to be.
pub(super) async fn require_own(tx: &mut Tx, canteen: CanteenId, region: &RegionCode) -> Result<(), Error> {
    let row = canteens::get(tx, canteen).await?;
    let row = row.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
    if region.contains(&row.region) {
        return Ok(());
    }
    Err(Error::refused(Code::OutOfScope, register::MANAGER_OUTSIDE))
}

pub(super) async fn required(tx: &mut Tx, id: UserId) -> Result<UserRow, Error> {
    people::get(tx, id).await?.ok_or_else(|| Error::refused(Code::NotFound, sign_in::NO_PERSON))
}
