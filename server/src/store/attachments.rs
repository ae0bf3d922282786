//! Files that come with what is said about findings and objections. Their bytes are sealed before they come here.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, ObjectionId, UserId};
use uuid::Uuid;

use super::Tx;
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A file, without its bytes.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AttachmentRow {
        /// Its id.
        pub id: Uuid,
        /// Whose matter it is.
        pub canteen: CanteenId,
        /// The number of the finding that it is about, unless it is about an objection.
        pub finding: Option<String>,
        /// The objection that it is about, unless it is about a finding.
        pub objection: Option<ObjectionId>,
        /// What it is called.
        pub name: String,
        /// `image/jpeg`, `image/png` or `application/pdf`.
        pub media_type: String,
        /// Bytes.
        pub size: i64,
        /// SHA-256 of the file as it came.
        pub hash: Digest,
        /// Who brought it.
        pub by_user: UserId,
        /// When, unix ms.
        pub at: UnixMs,
    }
}

/// Keeps a file with its sealed bytes.
pub async fn add(tx: &mut Tx, row: &AttachmentRow, sealed: &[u8]) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO attachments (id, canteen, finding, objection, name, media_type, size, hash, sealed, by_user, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.id,
        row.canteen,
        row.finding.as_deref(),
        row.objection,
        &row.name,
        &row.media_type,
        row.size,
        row.hash,
        sealed,
        row.by_user,
        row.at
    )
    .execute()
    .await
    .map(drop)
}

/// The files about a canteen's finding, in the order in which they came.
pub async fn of_finding(tx: &mut Tx, canteen: CanteenId, number: &str) -> Result<Vec<AttachmentRow>, Error> {
    sql!(
        tx,
        "SELECT id, canteen, finding, objection, name, media_type, size, hash, by_user, at FROM attachments \
         WHERE canteen = $1 AND finding = $2 ORDER BY at, id",
        canteen,
        number
    )
    .all()
    .await
}

/// The files about an objection, in the order in which they came.
pub async fn of_objection(tx: &mut Tx, id: ObjectionId) -> Result<Vec<AttachmentRow>, Error> {
    sql!(
        tx,
        "SELECT id, canteen, finding, objection, name, media_type, size, hash, by_user, at FROM attachments \
         WHERE objection = $1 ORDER BY at, id",
        id
    )
    .all()
    .await
}

/// One file, without its bytes.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<AttachmentRow>, Error> {
    sql!(
        tx,
        "SELECT id, canteen, finding, objection, name, media_type, size, hash, by_user, at FROM attachments \
         WHERE id = $1",
        id
    )
    .optional()
    .await
}

/// A file's sealed bytes.
pub async fn sealed(tx: &mut Tx, id: Uuid) -> Result<Option<Vec<u8>>, Error> {
    Ok(sql!(tx, "SELECT sealed FROM attachments WHERE id = $1", id).optional::<(Vec<u8>,)>().await?.map(|(b,)| b))
}
