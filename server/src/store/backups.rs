//! What became of backups: noted by the commands that make and try them, for the page that shows their age.

use domain::calendar::UnixMs;
use domain::id::Digest;

use super::Tx;
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A backup that was written and read back, or a drill that restored one elsewhere.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BackupNote {
        /// `backup` or `drill`.
        pub what: String,
        /// The state of the office that the backup holds, unix ms.
        pub made_at: UnixMs,
        /// Of every row.
        pub digest: Digest,
        /// Rows.
        pub of_rows: i64,
        /// The file's size, bytes; nothing for a drill.
        pub bytes: Option<i64>,
        /// How long it took, milliseconds.
        pub took_ms: i64,
        /// How many places did not hold when everything was verified; nothing for a backup.
        pub breaks: i64,
        /// The file's name.
        pub file: String,
        /// When it was noted, unix ms.
        pub noted_at: UnixMs,
    }
}

/// Notes what became of a backup.
pub async fn note(tx: &mut Tx, note: &BackupNote) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO backup_notes (number, what, made_at, digest, of_rows, bytes, took_ms, breaks, file, noted_at) \
         VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM backup_notes), $1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &note.what,
        note.made_at,
        note.digest,
        note.of_rows,
        note.bytes,
        note.took_ms,
        note.breaks,
        &note.file,
        note.noted_at
    )
    .execute()
    .await
    .map(drop)
}

/// What was noted last, the last first.
pub async fn notes(tx: &mut Tx, most: i64) -> Result<Vec<BackupNote>, Error> {
    sql!(
        tx,
        "SELECT what, made_at, digest, of_rows, bytes, took_ms, breaks, file, noted_at FROM backup_notes \
         ORDER BY number DESC LIMIT $1",
        most
    )
    .all()
    .await
}

/// The last one of a kind, if there is one: of drills only one that found nothing wrong.
pub async fn last_good(tx: &mut Tx, what: &str) -> Result<Option<BackupNote>, Error> {
    sql!(
        tx,
        "SELECT what, made_at, digest, of_rows, bytes, took_ms, breaks, file, noted_at FROM backup_notes \
         WHERE what = $1 AND breaks = 0 ORDER BY number DESC LIMIT 1",
        what
    )
    .optional()
    .await
}
