//! Photos of the canteen's regulars: held sealed, fetched a few a round, shown to the cashier and to nobody else.

use domain::calendar::UnixMs;
use domain::id::ElderId;
use uuid::Uuid;

use super::Roster;
use crate::storage::{StorageError, Unit};

/// A picture as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// `image/jpeg` or `image/png`.
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Forgets a photo that the office has no more, or has another one of.
pub(super) async fn drop_other(unit: &mut Unit, elder: Uuid, changed: Option<UnixMs>) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM photo WHERE elder = $1 AND changed IS NOT $2")
        .bind(elder)
        .bind(changed.map(UnixMs::get))
        .execute(&mut **unit)
        .await?;
    Ok(())
}

impl Roster {
    /// Elders whose photo the office has and this terminal has not: at most `most`.
    pub(crate) async fn photos_wanted(&self, most: u32) -> Result<Vec<ElderId>, StorageError> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT r.elder FROM roster r WHERE r.photo IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM photo p WHERE p.elder = r.elder AND p.changed = r.photo) \
             ORDER BY r.elder LIMIT $1",
        )
        .bind(most)
        .fetch_all(self.storage.reader())
        .await?;
        Ok(ids.into_iter().map(ElderId::from_uuid).collect())
    }

    /// Keeps a photo. One of another time than the roster tells is asked for again with the roster's next page.
    pub(crate) async fn keep_photo(
        &self,
        elder: ElderId,
        changed: UnixMs,
        picture: &Picture,
    ) -> Result<(), StorageError> {
        let id = elder.uuid();
        let sealed = self.sealer.seal("photo", id.as_bytes(), &picture.bytes);
        let mut unit = self.storage.begin().await?;
        sqlx::query("UPDATE roster SET photo = $2 WHERE elder = $1")
            .bind(id)
            .bind(changed.get())
            .execute(&mut *unit)
            .await?;
        sqlx::query(
            "INSERT INTO photo (elder, changed, media_type, sealed) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (elder) DO UPDATE SET changed = $2, media_type = $3, sealed = $4",
        )
        .bind(id)
        .bind(changed.get())
        .bind(&picture.media_type)
        .bind(sealed)
        .execute(&mut *unit)
        .await?;
        Ok(unit.commit().await?)
    }

    /// The office has no such photo any more: it is not asked for again before the roster tells of one.
    pub(crate) async fn no_photo(&self, elder: ElderId) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        sqlx::query("UPDATE roster SET photo = NULL WHERE elder = $1").bind(elder.uuid()).execute(&mut *unit).await?;
        drop_other(&mut unit, elder.uuid(), None).await?;
        Ok(unit.commit().await?)
    }

    /// The photo that is held of an elder, with when it was put there. One that does not open is as good as none, and is
    /// fetched again.
    pub(crate) async fn photo(&self, elder: ElderId) -> Result<Option<Picture>, StorageError> {
        let id = elder.uuid();
        let row: Option<(String, Vec<u8>)> = sqlx::query_as("SELECT media_type, sealed FROM photo WHERE elder = $1")
            .bind(id)
            .fetch_optional(self.storage.reader())
            .await?;
        let Some((media_type, sealed)) = row else { return Ok(None) };
        match self.sealer.open("photo", id.as_bytes(), &sealed) {
            Ok(bytes) => Ok(Some(Picture { media_type, bytes })),
            Err(error) => {
                tracing::error!(%error, "a photo does not open: it is fetched again");
                let mut unit = self.storage.begin().await?;
                sqlx::query("DELETE FROM photo WHERE elder = $1").bind(id).execute(&mut *unit).await?;
                unit.commit().await?;
                Ok(None)
            }
        }
    }

    /// Whether a photo of the elder is held.
    pub(crate) async fn has_photo(&self, elder: ElderId) -> Result<bool, StorageError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM photo WHERE elder = $1)")
            .bind(elder.uuid())
            .fetch_one(self.storage.reader())
            .await?)
    }
}
