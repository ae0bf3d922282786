//! `POST /api/v1/enrolments`: a terminal asks to be let in.

use std::sync::Arc;

use axum::extract::State;
use domain::sync::{Enrol, Enrolled, enrolment_digest};

use super::api::Api;
use super::body::Json;
use super::routes::Routes;
use super::signed::check_signature;
use super::{Answer, Caller};
use crate::Office;

pub(super) fn routes() -> Routes {
    Api::of("Terminals: what they ask")
        .send("/api/v1/enrolments", enrol, "Ask to be let in with a one-time code")
        .notes("Signed in the body by the key that is enrolled. The same key again gets the same answer. A terminal that was let in \
             before an older backup was restored names itself and keeps its name.")
        .refuses([401, 403, 409, 429])
        .routes()
}

async fn enrol(
    State(office): State<Arc<Office>>,
    Caller(address): Caller,
    Json(asked): Json<Enrol>,
) -> Answer<Json<Enrolled>> {
    let digest = enrolment_digest(&asked.code, &asked.public_key, asked.known);
    check_signature(asked.public_key, digest, asked.signature)?;
    let terminal = office.enrol_from(address, &asked.code, asked.public_key, asked.known).await?;
    Ok(Json(Enrolled {
        terminal: terminal.id,
        canteen: terminal.canteen,
        digest_key: hex::encode(office.keys.terminal_digest_key(terminal.id).as_slice()),
        server_time: office.now(),
        confirmed: terminal.confirmed_at.is_some(),
    }))
}
