//! Cards by the sheet: `POST /api/v1/cards/sheets` issues cards and answers their PDF, the only time that it is made. One
//! person issues a page; more are proposed as a batch.
//! Photos: `POST`, `GET` and `DELETE /api/v1/elders/{id}/photo`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::calendar::BusinessDate;
use domain::id::ElderId;
use serde::Deserialize;

use super::body::{Json, Path, unread};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn, elders};
use crate::admin::{CardsOf, IssuedSheet};
use crate::audit::Action;
use crate::people::Right;
use crate::words::{Code, register};
use crate::{Error, Office};

/// A photo is no larger, bytes; what is a little larger is told why.
pub(crate) const PHOTO: usize = 512 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// Whose: `{"elders": [...]}`, `{"canteen": ...}` or `{"region": ...}`.
    pub(super) of: CardsOf,
    /// The last day; nothing for cards without end.
    #[serde(default)]
    pub(super) until: Option<BusinessDate>,
}

pub(super) fn routes() -> Routes {
    let path = "/api/v1/elders/{id}/photo";
    let photos = Routes::new().post(path, Action::PhotoPut, put).reveal(path, Action::PhotoShow, show);
    let photos = photos.delete(path, Some(Action::PhotoRemove), remove).limit(PHOTO);
    Routes::new().post("/api/v1/cards/sheets", Action::CardSheet, issue).merge(photos)
}

/// The headers tell how many cards there are, how many older ones were revoked and whether more elders wait.
async fn issue(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(New { of, until }): Json<New>,
) -> Answer<impl IntoResponse> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    Ok(drawn(office.issue_sheet(of, until, Some(user.region), Some(user.id)).await?))
}

/// A sheet as it is answered.
pub(super) fn drawn(sheet: IssuedSheet) -> impl IntoResponse + use<> {
    let headers = [
        ("content-type", "application/pdf".to_owned()),
        ("content-disposition", "attachment; filename=\"cards.pdf\"".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("zhucan-cards", sheet.cards.to_string()),
        ("zhucan-revoked", sheet.revoked.to_string()),
        ("zhucan-more", sheet.more.to_string()),
    ];
    (StatusCode::CREATED, headers, sheet.pdf)
}

async fn put(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    request: Request,
) -> Answer<StatusCode> {
    elders::permitted(&office, &user, Right::ManageElders, id).await?;
    let bytes = Bytes::from_request(request, &()).await.map_err(|e| unread(&e))?;
    office.put_photo(id, &bytes, Some(user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<impl IntoResponse> {
    elders::permitted(&office, &user, Right::ReadElders, id).await?;
    let photo = office.reveal_photo(id, user.id).await?;
    let (kind, bytes) = photo.ok_or_else(|| Error::refused(Code::NotFound, register::NO_PHOTO))?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes))
}

async fn remove(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<StatusCode> {
    elders::permitted(&office, &user, Right::ManageElders, id).await?;
    if office.remove_photo(id, Some(user.id)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound, register::NO_PHOTO))
    }
}
