//! What is done about a person's account, most of it at the office's own computer, when nobody can sign in to do it: it is
//! locked and unlocked, gets a new passphrase or loses its second factor, and the person gets other work. Each ends the
//! person's sessions and is entered in the audit log as the act of whoever sat at the computer.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, RecordId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::people::{ONE_TIME, could_reset, require_own, required};
use crate::audit::{Act, Action};
use crate::people::Role;
use crate::store::Tx;
use crate::store::people::{self, ReasonRow, UserRow};
use crate::words::{Code, register, sign_in};
use crate::{Error, Office};

/// A lock that only [`Office::unlock_account`] takes away ends here: 9999-12-31, unix ms.
const LOCKED: UnixMs = UnixMs::new(253_402_214_400_000);
/// One that an administrator put on, and any administrator takes away, a day before: 9999-12-30, unix ms.
const LOCKED_OVER: UnixMs = UnixMs::new(253_402_128_000_000);

impl UserRow {
    /// Whether somebody at the office's own computer locked the account: nothing over the network opens it.
    #[must_use]
    pub fn is_locked_here(&self) -> bool {
        self.locked_until >= LOCKED
    }
}

/// What a person may do, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// What the person may do.
    pub role: Role,
    /// Where.
    pub region: RegionCode,
    /// In which one canteen, for its manager.
    #[serde(default)]
    pub canteen: Option<CanteenId>,
}

/// What is done about an account.
enum Change {
    /// Until somebody takes it away: see [`LOCKED`].
    Lock(UnixMs),
    Unlock,
    /// Another passphrase's hash, good for one sign-in.
    Passphrase(String),
    SecondFactor,
    Post(Post),
}

impl Change {
    /// Makes the change; answers its entry with what is to be told of it.
    async fn make(self, tx: &mut Tx, id: UserId, act: Act) -> Result<Act, Error> {
        match self {
            Self::Lock(until) => people::lock(tx, id, until).await?,
            Self::Unlock => people::forget_failures(tx, id).await?,
            Self::Passphrase(hash) => people::set_passphrase(tx, id, &hash, true).await?,
            Self::SecondFactor => {
                people::drop_totp(tx, id).await?;
                people::put_recovery(tx, id, &[]).await?;
            }
            Self::Post(Post { role, region, canteen }) => {
                if let Some(canteen) = canteen {
                    require_own(tx, canteen, &region).await?;
                }
                people::set_post(tx, id, role, &region, canteen).await?;
                let act = act.with("role", role.name()).with("region", region.as_str());
                return Ok(match canteen {
                    Some(canteen) => act.with("canteen", canteen.to_string()),
                    None => act,
                });
            }
        }
        Ok(act)
    }
}

impl Office {
    /// Everybody, by name; those who left too.
    pub async fn accounts(&self) -> Result<Vec<UserRow>, Error> {
        self.store.read(|tx| Box::pin(async move { people::everybody(tx).await })).await
    }

    /// The person who signs in with that name.
    ///
    /// # Errors
    /// When nobody does, or the person left.
    pub async fn account(&self, name: &str) -> Result<UserRow, Error> {
        let name = name.trim().to_owned();
        let row = self.store.read(move |tx| Box::pin(async move { people::by_name(tx, &name).await })).await?;
        let row = row.ok_or_else(|| Error::refused(Code::NotFound, sign_in::NO_PERSON))?;
        if row.left_at.is_some() {
            return Err(Error::refused(Code::Conflict, sign_in::LEFT));
        }
        Ok(row)
    }

    /// Does something about an account: ends its sessions and enters the act, in one unit.
    async fn about(&self, id: UserId, action: Action, what: &'static str, change: Change) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let act = Act::new(None, action, format!("user:{id}"));
                    let act = if what.is_empty() { act } else { act.with("what", what) };
                    let act = change.make(tx, id, act).await?;
                    people::close_sessions(tx, id, None).await?;
                    act.done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Nobody signs in with this name before it is unlocked.
    pub async fn lock_account(&self, id: UserId) -> Result<(), Error> {
        self.about(id, Action::PersonLock, "", Change::Lock(LOCKED)).await
    }

    /// An administrator locks another person's account: its sessions end, and nobody signs in before an administrator
    /// unlocks it. One that was locked at the office's own computer stays locked as it is.
    pub async fn lock_by(&self, id: UserId, reason: String, by: UserId) -> Result<(), Error> {
        let now = self.now();
        let note = self.account_reason(id, "lock", reason, by, now);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    if by == id {
                        could_reset(tx, id, by).await?;
                    }
                    let until = if required(tx, id).await?.is_locked_here() { LOCKED } else { LOCKED_OVER };
                    let act = Act::new(by, Action::PersonLock, format!("user:{id}"));
                    let act = Change::Lock(until).make(tx, id, act).await?;
                    people::close_sessions(tx, id, None).await?;
                    people::note_reason(tx, &note).await?;
                    act.done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// An administrator takes away what keeps another person from signing in: a lock, and what failed before.
    ///
    /// # Errors
    /// When the account was locked at the office's own computer.
    pub async fn unlock_by(&self, id: UserId, reason: String, by: UserId) -> Result<(), Error> {
        let now = self.now();
        let note = self.account_reason(id, "unlock", reason, by, now);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    could_reset(tx, id, by).await?;
                    let act = Act::new(by, Action::PersonUnlock, format!("user:{id}"));
                    let act = Change::Unlock.make(tx, id, act).await?;
                    people::note_reason(tx, &note).await?;
                    act.done(tx, now).await.map(drop)
                })
            })
            .await
    }

    fn account_reason(&self, person: UserId, act: &str, reason: String, by: UserId, at: UnixMs) -> ReasonRow {
        let id = RecordId::generate(at, &*self.entropy).uuid();
        ReasonRow { id, person, act: act.to_owned(), reason, at, made_by: by }
    }

    /// Takes a lock away, also one that failed sign-ins made.
    pub async fn unlock_account(&self, id: UserId) -> Result<(), Error> {
        self.about(id, Action::PersonUnlock, "", Change::Unlock).await
    }

    /// A one-time passphrase, answered and not shown again. The second factor stays, and so does a lock.
    pub async fn renew_passphrase(&self, id: UserId) -> Result<Zeroizing<String>, Error> {
        let passphrase = Zeroizing::new(self.readable(ONE_TIME));
        let hash = self.hasher.hash(&passphrase).await?;
        self.about(id, Action::PersonReset, "passphrase", Change::Passphrase(hash)).await?;
        Ok(passphrase)
    }

    /// Takes the second factor and its recovery codes away: whoever needs one takes up another at the next sign-in.
    pub async fn drop_second_factor(&self, id: UserId) -> Result<(), Error> {
        self.about(id, Action::PersonReset, "second_factor", Change::SecondFactor).await
    }

    /// Gives a person other work, or another place.
    ///
    /// # Errors
    /// When a manager has no canteen, somebody else has one, or there is no such canteen.
    pub async fn move_person(&self, id: UserId, to: Post) -> Result<(), Error> {
        if (to.role == Role::CanteenManager) != to.canteen.is_some() {
            return Err(Error::refused(Code::Invalid, register::MANAGER));
        }
        self.about(id, Action::PersonMove, "", Change::Post(to)).await
    }
}
