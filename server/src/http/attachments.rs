//! Files that come with what is said: `GET` and `POST /api/v1/findings/{canteen}/{number}/attachments` and
//! `.../objections/{id}/attachments`; the bytes: `GET /api/v1/attachments/{id}`, to be saved and never shown in place.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, ObjectionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::{Api, Created, Enclosure, Gives, List, Media as _, Sketch, Upload};
use super::body::{Path, Query};
use super::canteens::permitted;
use super::findings::may_answer;
use super::payments::may_object;
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::admin::{About, NewAttachment};
use crate::audit::Action;
use crate::people::Right;
use crate::store::attachments::{self, AttachmentRow};
use crate::store::people::UserRow;
use crate::store::{months, payments};
use crate::words::{Code, settlement as words};
use crate::{Error, Office};

/// A body is no larger, bytes; a file that is a little too large is told why.
pub(crate) const LIMIT: usize = 6 * 1024 * 1024;

/// A file that came with what is said about a finding or an objection.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Attachment)]
struct Body {
    id: Uuid,
    name: String,
    /// `image/jpeg`, `image/png` or `application/pdf`.
    media_type: String,
    /// Bytes.
    size: i64,
    /// SHA-256 of the file as it came.
    sha256: Digest,
    by: UserId,
    at: UnixMs,
}

impl From<AttachmentRow> for Body {
    fn from(row: AttachmentRow) -> Self {
        let AttachmentRow { id, name, media_type, size, hash: sha256, by_user: by, at, .. } = row;
        Self { id, name, media_type, size, sha256, by, at }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewAttachmentQuery)]
#[serde(deny_unknown_fields)]
struct Named {
    /// What the file is called.
    file_name: String,
}

pub(super) fn routes() -> Routes {
    let (finding, objection) =
        ("/api/v1/findings/{canteen}/{number}/attachments", "/api/v1/objections/{id}/attachments");
    let notes = "JPEG, PNG or PDF of at most 5 MB, as the body; six at most.";
    Api::of("Findings")
        .get(finding, of_finding, "List the files about a finding")
        .post(finding, Action::AttachmentAdd, add_to_finding, "Bring a file about a finding")
        .notes(notes)
        .get(objection, of_objection, "List the files about an objection")
        .post(objection, Action::AttachmentAdd, add_to_objection, "Bring a file about an objection")
        .notes(notes)
        .reveal("/api/v1/attachments/{id}", Action::AttachmentShow, show, "Get a file")
        .limit(LIMIT)
        .routes()
}

async fn of_finding(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((canteen, number)): Path<(CanteenId, String)>,
) -> Answer<List<Body>> {
    permitted(&office, &user, Right::Read, canteen).await?;
    let read =
        office.store.read(move |tx| Box::pin(async move { attachments::of_finding(tx, canteen, &number).await }));
    Ok(List::whole(read.await?.into_iter().map(Body::from).collect()))
}

async fn of_objection(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ObjectionId>,
) -> Answer<List<Body>> {
    user.require(Right::Read)?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let Some(objection) = payments::objection(tx, id).await? else { return Ok(None) };
            let statement = months::statement(tx, objection.statement).await?;
            Ok(statement.map(|statement| statement.canteen).zip(Some(attachments::of_objection(tx, id).await?)))
        })
    });
    let found = read.await?;
    let (canteen, rows) = found.ok_or_else(|| Error::refused(Code::NotFound, words::no_such_objection()))?;
    permitted(&office, &user, Right::Read, canteen).await?;
    Ok(List::whole(rows.into_iter().map(Body::from).collect()))
}

/// Refuses a person who may not bring a file about that: who may answer a finding, who may note an objection.
pub(crate) async fn may_attach(office: &Office, user: &UserRow, about: &About) -> Answer<()> {
    match about {
        About::Finding(canteen, _) => {
            permitted(office, user, Right::Read, *canteen).await?;
            if may_answer(user) { Ok(()) } else { Err(Problem::new(Code::Forbidden, words::not_yours_to_answer())) }
        }
        About::Objection(id) => may_object(office, user, *id).await,
    }
}

async fn add(
    office: &Office,
    user: &UserRow,
    about: About,
    named: Named,
    file: Upload<Enclosure>,
) -> Answer<Created<Body>> {
    may_attach(office, user, &about).await?;
    // Read only now: whoever may not bring one sends nothing.
    let bytes = file.bytes().await?.to_vec();
    let row = office.attach(about, NewAttachment { name: named.file_name, bytes }, user.id).await?;
    Ok(Created(row.into()))
}

async fn add_to_finding(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((canteen, number)): Path<(CanteenId, String)>,
    Query(named): Query<Named>,
    file: Upload<Enclosure>,
) -> Answer<Created<Body>> {
    add(&office, &user, About::Finding(canteen, number), named, file).await
}

async fn add_to_objection(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ObjectionId>,
    Query(named): Query<Named>,
    file: Upload<Enclosure>,
) -> Answer<Created<Body>> {
    add(&office, &user, About::Objection(id), named, file).await
}

async fn show(State(office): State<Arc<Office>>, SignedIn(user): SignedIn, Path(id): Path<Uuid>) -> Answer<Taken> {
    take(&office, &user, id).await
}

/// A file for a person who may see what it is about.
pub(crate) async fn take(office: &Office, user: &UserRow, id: Uuid) -> Answer<Taken> {
    user.require(Right::Read)?;
    let row = office.attachment(id).await?;
    permitted(office, user, Right::Read, row.canteen).await?;
    let bytes = office.reveal_attachment(&row, user.id).await?;
    Ok(Taken { row, bytes })
}

/// A file that was taken: a browser saves it and opens nothing of it.
pub(crate) struct Taken {
    row: AttachmentRow,
    bytes: Vec<u8>,
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        let name: String = self
            .row
            .name
            .bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b"-._".contains(&b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect();
        let headers = [
            (header::CONTENT_TYPE, Enclosure::TYPE.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        ];
        (headers, self.bytes).into_response()
    }
}

impl Gives for Taken {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(200, "The file, to be saved.", Some((Enclosure::TYPE, Value::Null)));
        sketch.header(200, "content-disposition", "What it is called.", &json!({ "type": "string" }));
    }
}
