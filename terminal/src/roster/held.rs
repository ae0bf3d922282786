//! What the terminal holds of the office's versions, of refunds, and of elders whom the office named one by one.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{Digest, ElderId, RefundId};
use domain::sync::{AuditHead, RefundDue, RefundsDue, RosterEntry, Versions, WITNESSES};
use tokio_stream::StreamExt as _;

use super::{Feed, Roster, set_version};
use crate::storage::StorageError;

/// At most so many people are shown for one search.
const MOST_FOUND: usize = 20;

impl Roster {
    /// The versions of everything that was taken over in the last full round.
    pub(crate) async fn versions(&self) -> Result<Option<Versions>, StorageError> {
        let json: Option<Option<String>> = sqlx::query_scalar("SELECT versions FROM office WHERE only_row = 1")
            .fetch_optional(self.storage.reader())
            .await?;
        // One of another program version is as good as none: everything is fetched again.
        Ok(json.flatten().and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// The office answers from a database. One that was restored or made anew may hold less than this terminal was
    /// told: then everything is fetched from its beginning.
    pub(crate) async fn answered_by(&self, server_epoch: &str) -> Result<bool, StorageError> {
        let known: Option<String> = sqlx::query_scalar("SELECT server_epoch FROM office WHERE only_row = 1")
            .fetch_optional(self.storage.reader())
            .await?;
        if known.as_deref() == Some(server_epoch) {
            return Ok(false);
        }
        let mut unit = self.storage.begin().await?;
        sqlx::query("UPDATE feed SET fetched = 0").execute(&mut *unit).await?;
        sqlx::query(
            "INSERT INTO office (only_row, server_epoch) VALUES (1, $1) \
             ON CONFLICT (only_row) DO UPDATE SET server_epoch = $1, versions = NULL",
        )
        .bind(server_epoch)
        .execute(&mut *unit)
        .await?;
        unit.commit().await?;
        Ok(known.is_some())
    }

    /// The latest heads of the office's audit chain that it told this terminal, oldest first.
    pub(crate) async fn witnesses(&self) -> Result<Vec<AuditHead>, StorageError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT sequence, hash FROM audit_witness ORDER BY sequence")
            .fetch_all(self.storage.reader())
            .await?;
        let head = |(sequence, hash): (i64, Vec<u8>)| {
            let hash = hash.try_into().map_err(|_| StorageError::damaged("audit_witness", &"a hash has 32 bytes"))?;
            Ok(AuditHead { sequence: sequence.cast_unsigned(), hash: Digest(hash) })
        };
        rows.into_iter().map(head).collect()
    }

    /// Keeps a head. One that is kept is never replaced: when the office tells another one for the same place, that is
    /// what the witness is for. An office that goes back behind what is kept is told so by what is kept.
    pub(crate) async fn keep_witness(&self, head: AuditHead) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        let kept = sqlx::query("INSERT INTO audit_witness (sequence, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(i64::try_from(head.sequence).unwrap_or(i64::MAX))
            .bind(head.hash.0.as_slice())
            .execute(&mut *unit)
            .await?;
        if kept.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query(
            "DELETE FROM audit_witness WHERE sequence NOT IN \
             (SELECT sequence FROM audit_witness ORDER BY sequence DESC LIMIT $1)",
        )
        .bind(i64::try_from(WITNESSES).unwrap_or(i64::MAX))
        .execute(&mut *unit)
        .await?;
        Ok(unit.commit().await?)
    }

    /// A full round is over: this is what is held.
    pub(crate) async fn keep_versions(&self, versions: &Versions) -> Result<(), StorageError> {
        let json = serde_json::to_string(versions).map_err(|error| StorageError::damaged("office", &error))?;
        let mut unit = self.storage.begin().await?;
        sqlx::query("UPDATE office SET versions = $1 WHERE only_row = 1").bind(json).execute(&mut *unit).await?;
        Ok(unit.commit().await?)
    }

    /// Nothing of a feed has changed up to an instant: what is held is as new as that.
    pub(crate) async fn unchanged_until(&self, feed: Feed, at: UnixMs) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        set_version(&mut unit, feed, at).await?;
        Ok(unit.commit().await?)
    }

    /// Replaces the list of refunds.
    pub(crate) async fn store_refunds(&self, due: &RefundsDue) -> Result<(), StorageError> {
        let mut unit = self.storage.begin().await?;
        sqlx::query("DELETE FROM refund_due").execute(&mut *unit).await?;
        for refund in &due.refunds {
            let id = refund.id.uuid();
            sqlx::query("INSERT INTO refund_due (id, elder, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(id)
                .bind(refund.elder.uuid())
                .bind(self.seal("refund_due", id.as_bytes(), refund)?)
                .execute(&mut *unit)
                .await?;
        }
        Ok(unit.commit().await?)
    }

    /// The refunds that the office lists: all of them, or one elder's.
    pub(crate) async fn refunds(&self, elder: Option<ElderId>) -> Result<Vec<RefundDue>, StorageError> {
        let rows: Vec<(uuid::Uuid, Vec<u8>)> =
            sqlx::query_as("SELECT id, sealed FROM refund_due WHERE $1 IS NULL OR elder = $1 ORDER BY id")
                .bind(elder.map(ElderId::uuid))
                .fetch_all(self.storage.reader())
                .await?;
        rows.into_iter().map(|(id, sealed)| self.unseal("refund_due", id.as_bytes(), &sealed)).collect()
    }

    /// The ids of all refunds that the office lists.
    pub(crate) async fn refund_ids(&self) -> Result<Vec<RefundId>, StorageError> {
        let ids: Vec<uuid::Uuid> =
            sqlx::query_scalar("SELECT id FROM refund_due").fetch_all(self.storage.reader()).await?;
        Ok(ids.into_iter().map(RefundId::from_uuid).collect())
    }

    /// The refund of that id.
    pub(crate) async fn refund(&self, id: RefundId) -> Result<Option<RefundDue>, StorageError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM refund_due WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(self.storage.reader())
            .await?;
        sealed.map(|sealed| self.unseal("refund_due", id.uuid().as_bytes(), &sealed)).transpose()
    }

    /// Keeps an elder whom the office named for an ID number, without the number's digest: for the name on slips and
    /// lists. One whom the roster knows is left as the roster has it.
    pub(crate) async fn keep_named(&self, entry: &RosterEntry) -> Result<(), StorageError> {
        let elder = entry.elder.id.uuid();
        let mut unit = self.storage.begin().await?;
        sqlx::query("INSERT INTO roster (elder, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(elder)
            .bind(self.seal("roster", elder.as_bytes(), entry)?)
            .execute(&mut *unit)
            .await?;
        Ok(unit.commit().await?)
    }

    /// Elders of that birth date whose name has the part, as far as masked names tell; at most twenty.
    pub(crate) async fn search(&self, part: &str, birth: BusinessDate) -> Result<Vec<RosterEntry>, StorageError> {
        let mut rows = sqlx::query_as::<_, (uuid::Uuid, Vec<u8>)>("SELECT elder, sealed FROM roster ORDER BY elder")
            .fetch(self.storage.reader());
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            let (elder, sealed) = row?;
            let Ok(entry) = self.unseal::<RosterEntry>("roster", elder.as_bytes(), &sealed) else { continue };
            if entry.elder.birth == birth && fits(part, &entry.masked_name) {
                found.push(entry);
            }
            if found.len() == MOST_FOUND {
                break;
            }
        }
        Ok(found)
    }
}

/// Whether a name that was typed, or a part of it, may be the masked one. A hidden character fits any, but not alone.
fn fits(part: &str, masked: &str) -> bool {
    let hidden = |c: char| matches!(c, '*' | '＊' | '×');
    let (part, masked): (Vec<char>, Vec<char>) = (part.chars().collect(), masked.chars().collect());
    !part.is_empty()
        && masked.windows(part.len()).any(|window| {
            let pairs = || window.iter().zip(&part);
            pairs().all(|(m, p)| m == p || hidden(*m)) && pairs().any(|(m, p)| m == p)
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::calendar::UnixMs;
    use domain::elder::Elder;
    use domain::id::{Digest, ElderId};
    use domain::sync::{RosterCard, RosterEntry, RosterPage};

    use super::{Feed, Roster, fits};
    use crate::fixture::SeededEntropy;
    use crate::keys::Secret;
    use crate::seal::Sealer;
    use crate::storage::Storage;

    #[tokio::test]
    async fn a_row_that_does_not_open_is_fetched_again_and_stops_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).await.unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let roster = Roster::new(storage.clone(), Sealer::new(&Secret::generate(&*entropy), entropy));
        let (elder, digest, version) =
            (ElderId::from_uuid(uuid::Uuid::from_u128(5)), Digest([7; 32]), UnixMs::new(1_000));
        let entry = RosterEntry {
            elder: Elder { id: elder, birth: "1943-11-22".parse().unwrap(), facts: Vec::new() },
            masked_name: "张*国".into(),
            female: false,
            cards: vec![RosterCard { digest, tail: "1234".into(), revoked: None, expires: None }],
            resident_id: None,
            photo: None,
        };
        let page = RosterPage { entries: vec![entry], more: false, version };
        roster.apply_roster(&page, Some(version)).await.unwrap();
        assert!(roster.find(&digest).await.unwrap().is_some());
        let mut unit = storage.begin().await.unwrap();
        sqlx::query("UPDATE roster SET sealed = zeroblob(60)").execute(&mut *unit).await.unwrap();
        unit.commit().await.unwrap();
        assert!(roster.find(&digest).await.unwrap().is_none());
        assert_eq!(roster.fetched(Feed::Roster).await.unwrap(), UnixMs::new(0), "all of it is asked for again");
        assert_eq!(roster.version(Feed::Roster).await.unwrap(), version, "and the rest is no older than before");
        assert!(roster.search("张", "1943-11-22".parse().unwrap()).await.unwrap().is_empty());
        roster.apply_roster(&page, Some(version)).await.unwrap();
        assert!(roster.by_elder(elder).await.unwrap().is_some());
    }

    #[test]
    fn a_typed_name_fits_what_the_mask_leaves_open() {
        for part in ["张", "国", "张卫国", "卫国", "张卫"] {
            assert!(fits(part, "张*国"), "{part}");
        }
        for part in ["", "卫", "李", "张卫民", "李卫国", "张大卫国"] {
            assert!(!fits(part, "张*国"), "{part}");
        }
    }
}
