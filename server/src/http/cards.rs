//! Cards by the sheet: `POST /api/v1/cards/sheets` issues cards and answers their PDF, the only time that it is made. One
//! person issues a page; more are proposed as a batch.
//! Photos: `POST`, `GET` and `DELETE /api/v1/elders/{id}/photo`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::calendar::BusinessDate;
use domain::id::ElderId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, Gives, Image, Media as _, NoContent, Pdf, Sketch, Upload};
use super::body::{Json, Path};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn, elders};
use crate::admin::{CardsOf, IssuedSheet};
use crate::audit::Action;
use crate::people::Right;
use crate::words::{Code, register};
use crate::{Error, Office};

/// A photo is no larger, bytes; what is a little larger is told why.
pub(crate) const PHOTO: usize = 512 * 1024;

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewCardSheet)]
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
    let photos = Api::of("Elders")
        .post(path, Action::PhotoPut, put, "Put an elder's photo in place")
        .notes("JPEG or PNG, as the body.")
        .reveal(path, Action::PhotoShow, show, "Get an elder's photo")
        .delete(path, Some(Action::PhotoRemove), remove, "Remove an elder's photo")
        .limit(PHOTO);
    Api::of("Cards")
        .post("/api/v1/cards/sheets", Action::CardSheet, issue, "Issue cards and get their sheet for printing")
        .notes("The numbers are on the sheet and nowhere else; a sheet that is lost is issued again.")
        .merge(photos)
        .routes()
}

/// The headers tell how many cards there are, how many older ones were revoked and whether more elders wait.
async fn issue(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(New { of, until }): Json<New>,
) -> Answer<Issued> {
    user.require(Right::ManageElders)?;
    user.require_inside(&user.region)?;
    let sheet = office.issue_sheet(of, until, Some(user.region), Some(user.id)).await?;
    Ok(Issued(sheet))
}

/// A sheet that was issued.
pub(super) struct Issued(pub(super) IssuedSheet);

impl IntoResponse for Issued {
    fn into_response(self) -> Response {
        let sheet = self.0;
        let headers = [
            ("content-type", "application/pdf".to_owned()),
            ("content-disposition", "attachment; filename=\"cards.pdf\"".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("zhucan-cards", sheet.cards.to_string()),
            ("zhucan-revoked", sheet.revoked.to_string()),
            ("zhucan-more", sheet.more.to_string()),
            ("zhucan-left-out", sheet.left_out.to_string()),
        ];
        (StatusCode::CREATED, headers, sheet.pdf).into_response()
    }
}

impl Gives for Issued {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(201, "The sheet, A4.", Some((Pdf::TYPE, Value::Null)));
        let (number, truth) = (json!({ "type": "integer" }), json!({ "type": "boolean" }));
        sketch.header(201, "zhucan-cards", "How many cards are on it.", &number);
        sketch.header(201, "zhucan-revoked", "How many older cards were revoked.", &number);
        sketch.header(201, "zhucan-more", "Whether more elders wait for a card.", &truth);
        let left =
            "How many on a batch's agreed list got none, for they have died or got a card since it was proposed.";
        sketch.header(201, "zhucan-left-out", left, &number);
    }
}

async fn put(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    photo: Upload<Image>,
) -> Answer<NoContent> {
    elders::permitted(&office, &user, Right::ManageElders, id).await?;
    let bytes = photo.bytes().await?;
    office.put_photo(id, &bytes, Some(user.id)).await?;
    Ok(NoContent)
}

async fn show(State(office): State<Arc<Office>>, SignedIn(user): SignedIn, Path(id): Path<ElderId>) -> Answer<Photo> {
    elders::permitted(&office, &user, Right::ReadElders, id).await?;
    let photo = office.reveal_photo(id, user.id).await?;
    let (kind, bytes) = photo.ok_or_else(|| Error::refused(Code::NotFound, register::NO_PHOTO))?;
    Ok(Photo { kind, bytes })
}

/// A photo with its media type.
struct Photo {
    kind: String,
    bytes: Vec<u8>,
}

impl IntoResponse for Photo {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        (headers, self.bytes).into_response()
    }
}

impl Gives for Photo {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(200, "The photo, JPEG or PNG.", Some((Image::TYPE, Value::Null)));
    }
}

async fn remove(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<NoContent> {
    elders::permitted(&office, &user, Right::ManageElders, id).await?;
    if office.remove_photo(id, Some(user.id)).await? {
        Ok(NoContent)
    } else {
        Err(Problem::new(Code::NotFound, register::NO_PHOTO))
    }
}
