//! `POST /api/v1/session` signs in, `GET` says who is signed in, `DELETE` signs out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::calendar::UnixMs;
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::routes::Routes;
use super::body::Json;
use super::office::bearer;
use super::{Answer, SignedIn};
use crate::Office;
use crate::people::Role;
use crate::store::people::UserRow;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    passphrase: Zeroizing<String>,
}

#[derive(Serialize)]
struct Opened {
    token: Zeroizing<String>,
    expires: UnixMs,
    user: Person,
}

#[derive(Serialize)]
struct Person {
    id: UserId,
    name: String,
    role: Role,
    region: RegionCode,
    canteen: Option<CanteenId>,
}

impl From<UserRow> for Person {
    fn from(user: UserRow) -> Self {
        Self { id: user.id, name: user.name, role: user.role, region: user.region, canteen: user.canteen }
    }
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .send("/api/v1/session", sign_in)
        .get("/api/v1/session", who)
        .delete("/api/v1/session", None, sign_out)
}

async fn sign_in(State(office): State<Arc<Office>>, Json(body): Json<SignIn>) -> Answer<(StatusCode, Json<Opened>)> {
    let session = office.sign_in(&body.name, &body.passphrase).await?;
    let opened = Opened { token: session.token, expires: session.expires, user: session.user.into() };
    Ok((StatusCode::CREATED, Json(opened)))
}

async fn who(SignedIn(user): SignedIn) -> Json<Person> {
    Json(user.into())
}

async fn sign_out(State(office): State<Arc<Office>>, parts: Parts) -> Answer<StatusCode> {
    if let Some(token) = bearer(&parts) {
        office.sign_out(token).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
