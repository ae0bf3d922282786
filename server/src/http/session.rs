//! `POST /api/v1/session` signs in, `GET` says who is signed in, `DELETE` signs out; `POST .../step-up` proves once more
//! who it is, `.../passphrase` changes one's own, `.../totp` and `.../totp/confirmation` take up a second factor.
//!
//! Programs get a token; a browser's page asks for a cookie (`"cookie": true`) and gets what its forms have to bring.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use domain::calendar::UnixMs;
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::api::{Api, Created, Gives, NoContent, Sketch, Whoever};
use super::body::Json;
use super::office::{Entering, Proven, device, is_own_form, keep_device, set_cookie, shown};
use super::routes::Routes;
use super::{Answer, App, Caller, Problem};
use crate::Office;
use crate::admin::{Claim, Must, Present, csrf_of};
use crate::people::Role;
use crate::store::people::UserRow;
use crate::words::{Code, sign_in as sign_in_words};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    #[schema(value_type = String)]
    passphrase: Zeroizing<String>,
    /// The second factor's code, or a recovery code.
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
    /// A cookie in place of a token.
    #[serde(default)]
    cookie: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionOpened)]
struct Opened {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    token: Option<Zeroizing<String>>,
    /// What a page's forms have to bring, in the header `zhucan-csrf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
    expires: UnixMs,
    user: Person,
    /// What has to be done before anything else.
    must: Vec<Must>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionPerson)]
struct Person {
    id: UserId,
    name: String,
    role: Role,
    region: RegionCode,
    canteen: Option<CanteenId>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
struct Who {
    #[serde(flatten)]
    person: Person,
    must: Vec<Must>,
    /// The session's end, used or not.
    expires: UnixMs,
}

impl From<UserRow> for Person {
    fn from(user: UserRow) -> Self {
        Self { id: user.id, name: user.name, role: user.role, region: user.region, canteen: user.canteen }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StepUp {
    #[schema(value_type = String)]
    passphrase: Zeroizing<String>,
    #[schema(value_type = Option<String>)]
    code: Option<Zeroizing<String>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StepUpDone)]
struct Fresh {
    /// Until when money may be moved.
    until: UnixMs,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PassphraseChange)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schema(value_type = String)]
    old: Zeroizing<String>,
    #[schema(value_type = String)]
    new: Zeroizing<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
struct NewFactor {
    /// For typing into the app.
    #[schema(value_type = String)]
    secret: Zeroizing<String>,
    /// For a QR code.
    #[schema(value_type = String)]
    url: Zeroizing<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = SecondFactorCode)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RecoveryCodes)]
struct Recovery {
    /// Each is good once; they are not shown again.
    recovery_codes: Vec<String>,
}

pub(super) fn routes() -> Routes {
    let confirmation = "/api/v1/session/totp/confirmation";
    Api::of("Session")
        .send("/api/v1/session", sign_in, "Sign in")
        .refuses([401, 403, 429])
        .get("/api/v1/session", who, "Get who is signed in")
        .delete("/api/v1/session", None, sign_out, "Sign out")
        .send("/api/v1/session/step-up", step_up, "Prove once more who it is, before money is moved")
        .refuses([429])
        .send("/api/v1/session/passphrase", change, "Change one's own passphrase")
        .refuses([429])
        .send("/api/v1/session/totp", begin, "Begin to take up a second factor")
        .send(confirmation, confirm, "Take up the second factor; answers recovery codes")
        .refuses([429])
        .routes()
}

async fn sign_in(
    State(app): State<App>,
    Caller(address): Caller,
    Whoever(parts): Whoever,
    Json(body): Json<SignIn>,
) -> Answer<Begun> {
    let office = &app.office;
    let code = body.code.as_deref().map(String::as_str);
    let (device, browser) = (device(&parts), body.cookie);
    let claim = Claim { name: &body.name, passphrase: &body.passphrase, code, address, device, browser };
    let session = office.sign_in(claim).await?;
    let Present { must, .. } = office.present(&session.token).await?;
    let kept = session.device.iter().map(|device| keep_device(office, device));
    let cookies = body.cookie.then(|| set_cookie(office, Some(&session.token))).into_iter().chain(kept).collect();
    let opened = Opened {
        csrf: body.cookie.then(|| csrf_of(&session.token)),
        token: (!body.cookie).then_some(session.token),
        expires: session.expires,
        user: session.user.into(),
        must,
    };
    Ok(Begun { cookies, opened })
}

/// A session that was begun, with its cookies for a browser.
struct Begun {
    cookies: Vec<String>,
    opened: Opened,
}

impl IntoResponse for Begun {
    fn into_response(self) -> Response {
        let cookies = self.cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
        (AppendHeaders(cookies), Created(self.opened)).into_response()
    }
}

impl Gives for Begun {
    fn gives(sketch: &mut Sketch) {
        Created::<Opened>::gives(sketch);
        sketch.header(
            201,
            "set-cookie",
            "The session's cookie, and one by which the browser is known for a year, if a cookie was asked for.",
            &json!({ "type": "string" }),
        );
    }
}

/// The session is over; a browser forgets its cookie.
struct Ended(String);

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        (StatusCode::NO_CONTENT, [(header::SET_COOKIE, self.0)]).into_response()
    }
}

impl Gives for Ended {
    fn gives(sketch: &mut Sketch) {
        NoContent::gives(sketch);
        sketch.header(204, "set-cookie", "An empty cookie.", &json!({ "type": "string" }));
    }
}

async fn who(Entering(present): Entering) -> Json<Who> {
    let Present { session, user, must } = present;
    Json(Who { person: user.into(), must, expires: session.expires_at })
}

async fn sign_out(State(office): State<Arc<Office>>, Whoever(parts): Whoever) -> Answer<Ended> {
    if let Some(shown) = shown(&parts) {
        if shown.by_cookie && !is_own_form(&parts, &shown.token) {
            return Err(Problem::new(Code::ForeignForm, sign_in_words::CSRF));
        }
        office.sign_out(&shown.token).await?;
    }
    Ok(Ended(set_cookie(&office, None)))
}

async fn step_up(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Json(body): Json<StepUp>,
) -> Answer<Json<Fresh>> {
    let code = body.code.as_deref().map(String::as_str);
    Ok(Json(Fresh { until: office.step_up(&present, &body.passphrase, code).await? }))
}

async fn change(
    State(office): State<Arc<Office>>,
    Entering(present): Entering,
    Json(body): Json<Change>,
) -> Answer<NoContent> {
    office.change_passphrase(&present, &body.old, &body.new).await?;
    Ok(NoContent)
}

async fn begin(State(office): State<Arc<Office>>, Entering(present): Entering) -> Answer<Json<NewFactor>> {
    let new = office.begin_totp(&present).await?;
    Ok(Json(NewFactor { secret: new.secret, url: new.url }))
}

async fn confirm(
    State(office): State<Arc<Office>>,
    Entering(present): Entering,
    Json(body): Json<FirstCode>,
) -> Answer<Json<Recovery>> {
    Ok(Json(Recovery { recovery_codes: office.confirm_totp(&present, &body.code).await? }))
}
