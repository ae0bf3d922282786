//! What the terminal holds of the office: setup, elders with their cards, and what elders have used elsewhere.
//!
//! Feeds are deltas; each page replaces whole rows in one transaction, and a feed's version moves only when its last
//! page is in, so an interrupted or repeated page does no harm. Everything about a person is sealed.

mod held;
mod photos;

pub(crate) use photos::Picture;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::UnixMs;
use domain::id::{Digest, ElderId};
use domain::sync::{Cursor, RosterEntry, RosterPage, Setup, UsagePage, Use};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::seal::Sealer;
use crate::storage::{Storage, StorageError, Unit};

/// A feed of the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feed {
    /// Elders and cards.
    Roster,
    /// What elders have used.
    Usage,
}

impl Feed {
    const fn name(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::Usage => "usage",
        }
    }
}

/// One elder's uses as the office knows them, and which of the terminal's own meals are among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownUsage {
    /// Uses, in every canteen.
    pub(crate) uses: Vec<Use>,
    /// For each epoch of this terminal: own records below this sequence are counted.
    pub(crate) included: BTreeMap<u32, u64>,
    /// The instant it is from.
    pub(crate) version: UnixMs,
}

/// The local copy of the feeds.
#[derive(Clone)]
pub(crate) struct Roster {
    storage: Storage,
    sealer: Sealer,
}

const SETUP_ROW: &[u8] = b"1";
/// So long after it was last fetched as a whole the roster is fetched as a whole again: two weeks, ms.
const RENEWED_MS: i64 = 14 * 24 * 60 * 60 * 1000;

impl Roster {
    pub(crate) const fn new(storage: Storage, sealer: Sealer) -> Self {
        Self { storage, sealer }
    }

    fn seal<T: Serialize>(&self, table: &'static str, row: &[u8], value: &T) -> Result<Vec<u8>, StorageError> {
        let json = serde_json::to_vec(value).map_err(|error| StorageError::damaged(table, &error))?;
        Ok(self.sealer.seal(table, row, &json))
    }

    fn unseal<T: DeserializeOwned>(&self, table: &'static str, row: &[u8], sealed: &[u8]) -> Result<T, StorageError> {
        let json = self.sealer.open(table, row, sealed).map_err(|error| StorageError::damaged(table, &error))?;
        serde_json::from_slice(&json).map_err(|error| StorageError::damaged(table, &error))
    }

    /// The setup, if one has arrived.
    pub(crate) async fn setup(&self) -> Result<Option<Setup>, StorageError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM setup WHERE only_row = 1")
            .fetch_optional(self.storage.reader())
            .await?;
        sealed.map(|sealed| self.unseal("setup", SETUP_ROW, &sealed)).transpose()
    }

    /// Replaces the setup.
    pub(crate) async fn store_setup(&self, setup: &Setup) -> Result<(), StorageError> {
        let sealed = self.seal("setup", SETUP_ROW, setup)?;
        let mut unit = self.storage.begin().await?;
        sqlx::query(
            "INSERT INTO setup (only_row, digest, sealed) VALUES (1, $1, $2) \
             ON CONFLICT (only_row) DO UPDATE SET digest = $1, sealed = $2",
        )
        .bind(setup.digest().0.to_vec())
        .bind(sealed)
        .execute(&mut *unit)
        .await?;
        Ok(unit.commit().await?)
    }

    /// The instant up to which a feed was fetched, and after which it is asked for; zero where it is asked for from its
    /// beginning. Meanwhile what is held is as old as [`Roster::version`] says.
    pub(crate) async fn fetched(&self, feed: Feed) -> Result<UnixMs, StorageError> {
        let fetched: Option<i64> = sqlx::query_scalar("SELECT fetched FROM feed WHERE name = $1")
            .bind(feed.name())
            .fetch_optional(self.storage.reader())
            .await?;
        Ok(UnixMs::new(fetched.unwrap_or(0)))
    }

    /// The instant a feed is from; zero before its first page.
    pub(crate) async fn version(&self, feed: Feed) -> Result<UnixMs, StorageError> {
        let version: Option<i64> = sqlx::query_scalar("SELECT version FROM feed WHERE name = $1")
            .bind(feed.name())
            .fetch_optional(self.storage.reader())
            .await?;
        Ok(UnixMs::new(version.unwrap_or(0)))
    }

    /// Takes over the elders of one page. The feed's version moves with `complete`, on its last page.
    pub(crate) async fn apply_roster(&self, page: &RosterPage, complete: Option<UnixMs>) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        for entry in &page.entries {
            let elder = entry.elder.id.uuid();
            let sealed = self.seal("roster", elder.as_bytes(), entry)?;
            sqlx::query(
                "INSERT INTO roster (elder, sealed, photo) VALUES ($1, $2, $3) \
                 ON CONFLICT (elder) DO UPDATE SET sealed = $2, photo = $3",
            )
            .bind(elder)
            .bind(sealed)
            .bind(entry.photo.map(UnixMs::get))
            .execute(&mut *unit)
            .await?;
            photos::drop_other(&mut unit, elder, entry.photo).await?;
            sqlx::query("DELETE FROM credential WHERE elder = $1").bind(elder).execute(&mut *unit).await?;
            for digest in entry.cards.iter().map(|card| card.digest).chain(entry.resident_id) {
                sqlx::query(
                    "INSERT INTO credential (digest, elder) VALUES ($1, $2) \
                     ON CONFLICT (digest) DO UPDATE SET elder = $2",
                )
                .bind(digest.0.to_vec())
                .bind(elder)
                .execute(&mut *unit)
                .await?;
            }
        }
        if let Some(version) = complete {
            set_version(&mut unit, Feed::Roster, version).await?;
        }
        Ok(unit.commit().await?)
    }

    /// Whether the roster has to be fetched from its beginning: deltas tell of nobody who left it, so all of it is
    /// fetched when it is of other elders than before, and now and then.
    pub(crate) async fn is_to_be_renewed(&self, scope: Option<Digest>, now: UnixMs) -> Result<bool, StorageError> {
        let row: Option<(i64, Option<Vec<u8>>)> = sqlx::query_as("SELECT whole_at, scope FROM feed WHERE name = $1")
            .bind(Feed::Roster.name())
            .fetch_optional(self.storage.reader())
            .await?;
        let Some((whole_at, held)) = row else { return Ok(true) };
        let other = scope.is_some_and(|scope| held.as_deref() != Some(scope.0.as_slice()));
        Ok(other || now.get().saturating_sub(whole_at) >= RENEWED_MS)
    }

    /// After a roster was fetched from its beginning: whoever is not on it is no longer known.
    pub(crate) async fn forget_others(
        &self,
        listed: &BTreeSet<ElderId>,
        scope: Option<Digest>,
        now: UnixMs,
    ) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        sqlx::query("UPDATE feed SET whole_at = $2, scope = $3 WHERE name = $1")
            .bind(Feed::Roster.name())
            .bind(now.get())
            .bind(scope.map(|scope| scope.0.to_vec()))
            .execute(&mut *unit)
            .await?;
        let known: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT elder FROM roster").fetch_all(&mut *unit).await?;
        for elder in known.into_iter().filter(|elder| !listed.contains(&ElderId::from_uuid(*elder))) {
            sqlx::query("DELETE FROM roster WHERE elder = $1").bind(elder).execute(&mut *unit).await?;
        }
        Ok(unit.commit().await?)
    }

    /// Takes over what the elders of one page have used. The marks never rise here: own meals above them are counted once
    /// though the page may hold them already, while one below them would be lost where the other pages are to come.
    pub(crate) async fn apply_usage(&self, page: &UsagePage) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        for entry in &page.entries {
            let elder = entry.elder.uuid();
            if entry.uses.is_empty() {
                sqlx::query("DELETE FROM elder_usage WHERE elder = $1").bind(elder).execute(&mut *unit).await?;
                continue;
            }
            let sealed = self.seal("elder_usage", elder.as_bytes(), &entry.uses)?;
            sqlx::query(
                "INSERT INTO elder_usage (elder, sealed) VALUES ($1, $2) \
                 ON CONFLICT (elder) DO UPDATE SET sealed = $2",
            )
            .bind(elder)
            .bind(sealed)
            .execute(&mut *unit)
            .await?;
        }
        let marks: Vec<(u32, i64)> =
            sqlx::query_as("SELECT epoch, next_sequence FROM usage_included").fetch_all(&mut *unit).await?;
        let lower = marks.into_iter().filter_map(|(epoch, next)| {
            let held = page.included.iter().find(|cursor| cursor.epoch == epoch).map_or(0, |cursor| cursor.next);
            let held = i64::try_from(held).unwrap_or(i64::MAX);
            (held < next).then_some((epoch, held))
        });
        for (epoch, held) in lower {
            sqlx::query("UPDATE usage_included SET next_sequence = $2 WHERE epoch = $1")
                .bind(epoch)
                .bind(held)
                .execute(&mut *unit)
                .await?;
        }
        Ok(unit.commit().await?)
    }

    /// All pages are in: the feed is from that instant and holds own meals below these marks. With `all` there are no
    /// uses of anybody else.
    pub(crate) async fn complete_usage(
        &self,
        version: UnixMs,
        included: &[Cursor],
        all: Option<&BTreeSet<ElderId>>,
    ) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        if let Some(listed) = all {
            let known: Vec<uuid::Uuid> =
                sqlx::query_scalar("SELECT elder FROM elder_usage").fetch_all(&mut *unit).await?;
            for elder in known.into_iter().filter(|elder| !listed.contains(&ElderId::from_uuid(*elder))) {
                sqlx::query("DELETE FROM elder_usage WHERE elder = $1").bind(elder).execute(&mut *unit).await?;
            }
        }
        sqlx::query("DELETE FROM usage_included").execute(&mut *unit).await?;
        for cursor in included {
            sqlx::query("INSERT INTO usage_included (epoch, next_sequence) VALUES ($1, $2)")
                .bind(cursor.epoch)
                .bind(i64::try_from(cursor.next).unwrap_or(i64::MAX))
                .execute(&mut *unit)
                .await?;
        }
        set_version(&mut unit, Feed::Usage, version).await?;
        Ok(unit.commit().await?)
    }

    /// The elder that a credential's digest names.
    pub(crate) async fn find(&self, digest: &Digest) -> Result<Option<RosterEntry>, StorageError> {
        let row: Option<(uuid::Uuid, Vec<u8>)> = sqlx::query_as(
            "SELECT r.elder, r.sealed FROM credential c JOIN roster r ON r.elder = c.elder WHERE c.digest = $1",
        )
        .bind(digest.0.to_vec())
        .fetch_optional(self.storage.reader())
        .await?;
        let Some((elder, sealed)) = row else { return Ok(None) };
        self.or_fetch_again(self.unseal("roster", elder.as_bytes(), &sealed)).await
    }

    /// The elder of that pseudonym.
    pub(crate) async fn by_elder(&self, elder: ElderId) -> Result<Option<RosterEntry>, StorageError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM roster WHERE elder = $1")
            .bind(elder.uuid())
            .fetch_optional(self.storage.reader())
            .await?;
        let Some(sealed) = sealed else { return Ok(None) };
        self.or_fetch_again(self.unseal("roster", elder.uuid().as_bytes(), &sealed)).await
    }

    /// A row that does not open is as good as none, and is not worth a till that stands still: the office sends the
    /// whole roster again in the next round.
    async fn or_fetch_again<T>(&self, opened: Result<T, StorageError>) -> Result<Option<T>, StorageError> {
        match opened {
            Err(StorageError::Damaged { table, reason }) => {
                tracing::error!(table, reason, "a row of the roster does not open: the roster is fetched again");
                let mut unit = self.storage.begin().await?;
                from_the_beginning(&mut unit, Feed::Roster).await?;
                unit.commit().await?;
                Ok(None)
            }
            opened => opened.map(Some),
        }
    }

    /// What the office knows that an elder has used: one consistent picture.
    pub(crate) async fn usage(&self, elder: ElderId) -> Result<KnownUsage, StorageError> {
        let mut snapshot = self.storage.reader().begin().await?;
        let version: Option<i64> =
            sqlx::query_scalar("SELECT version FROM feed WHERE name = 'usage'").fetch_optional(&mut *snapshot).await?;
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM elder_usage WHERE elder = $1")
            .bind(elder.uuid())
            .fetch_optional(&mut *snapshot)
            .await?;
        let included: Vec<(u32, i64)> =
            sqlx::query_as("SELECT epoch, next_sequence FROM usage_included").fetch_all(&mut *snapshot).await?;
        snapshot.rollback().await?;
        let uses = sealed.map(|sealed| self.unseal("elder_usage", elder.uuid().as_bytes(), &sealed)).transpose();
        let uses = match uses {
            // Nothing is sold on uses that cannot be read; the office sends all of them again in the next round.
            Err(error) => {
                let mut unit = self.storage.begin().await?;
                from_the_beginning(&mut unit, Feed::Usage).await?;
                unit.commit().await?;
                return Err(error);
            }
            Ok(uses) => uses,
        };
        let included = included.into_iter().map(|(epoch, next)| (epoch, u64::try_from(next).unwrap_or(0))).collect();
        Ok(KnownUsage { uses: uses.unwrap_or_default(), included, version: UnixMs::new(version.unwrap_or(0)) })
    }
}

/// A feed is held as it was at an instant, and was fetched up to there.
async fn set_version(unit: &mut Unit, feed: Feed, version: UnixMs) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO feed (name, version, fetched) VALUES ($1, $2, $2) \
         ON CONFLICT (name) DO UPDATE SET version = $2, fetched = $2",
    )
    .bind(feed.name())
    .bind(version.get())
    .execute(&mut **unit)
    .await?;
    Ok(())
}

/// A feed is asked for from its beginning in the next round; until then what is held is as old as it is.
async fn from_the_beginning(unit: &mut Unit, feed: Feed) -> Result<(), StorageError> {
    sqlx::query("UPDATE feed SET fetched = 0 WHERE name = $1").bind(feed.name()).execute(&mut **unit).await?;
    Ok(())
}
