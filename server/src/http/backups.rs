//! `GET /api/v1/backups`: what the commands noted of backups and of drills that restored one.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::Digest;
use serde::Serialize;

use super::api::Api;
use super::body::Json;
use super::routes::Routes;
use super::{Answer, SignedIn};
use crate::Office;
use crate::people::Right;
use crate::store::backups::{self, BackupNote};

/// So many notes are listed.
const MOST: i64 = 60;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BackupNote)]
struct Note {
    /// `backup` or `drill`.
    what: String,
    /// The state of the office that the backup holds.
    made_at: UnixMs,
    /// Of every row.
    digest: Digest,
    rows: i64,
    /// The file's size; nothing for a drill.
    bytes: Option<i64>,
    took_ms: i64,
    /// How many places did not hold when everything was verified; 0 for a backup.
    breaks: i64,
    file: String,
    noted_at: UnixMs,
}

impl From<BackupNote> for Note {
    fn from(note: BackupNote) -> Self {
        let BackupNote { what, made_at, digest, of_rows, bytes, took_ms, breaks, file, noted_at } = note;
        Self { what, made_at, digest, rows: of_rows, bytes, took_ms, breaks, file, noted_at }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Backups)]
struct Body {
    /// The last backup; nothing if there never was one.
    last: Option<Note>,
    /// The last drill that found nothing wrong.
    last_drill: Option<Note>,
    /// The last notes, the latest first.
    notes: Vec<Note>,
}

pub(super) fn routes() -> Routes {
    Api::of("Office").get("/api/v1/backups", show, "Get what became of backups").routes()
}

async fn show(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Body>> {
    user.require(Right::ManageTerminals)?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let (last, drill) = (backups::last_good(tx, "backup").await?, backups::last_good(tx, "drill").await?);
            Ok((last, drill, backups::notes(tx, MOST).await?))
        })
    });
    let (last, drill, notes) = read.await?;
    let notes = notes.into_iter().map(Note::from).collect();
    Ok(Json(Body { last: last.map(Note::from), last_drill: drill.map(Note::from), notes }))
}
