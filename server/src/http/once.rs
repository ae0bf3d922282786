//! Requests that are done once: what the header `Idempotency-Key` does at the API.
//!
//! Such a request is worked on to its end whether its sender waits or not: what the sender did not hear is answered when
//! the request comes again.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

use super::api::Sketch;
use super::{Answer, App, Entering, Problem, RULES};
use crate::idempotency::{self, Attempt, LONGEST, Shown};
use crate::words::{self, Code};
use crate::{Error, Office};

/// The header that brings the key.
const KEY: &str = "idempotency-key";
/// Says that an answer is one that was given before.
const AGAIN: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The operations that take a key, by method and path.
#[derive(Clone, Default)]
pub(super) struct Keyed(Arc<HashSet<(&'static str, &'static str)>>);

impl Keyed {
    pub(super) fn of(operations: &[Sketch]) -> Self {
        let keyed = operations.iter().filter(|of| of.keyed).map(|of| (of.method, of.path));
        Self(Arc::new(keyed.collect()))
    }
}

/// An answer as it is kept, before its body.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

/// Answers a request with a key: once by its handler, and from then on with the same answer.
pub(super) async fn once(State(app): State<App>, request: Request, next: Next) -> Answer<Response> {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let takes = app.keyed.0.contains(&(request.method().as_str(), path.as_str()));
    let Some(key) = request.headers().get(KEY).filter(|_| takes).cloned() else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    let Ok(Entering(present)) = Entering::from_request_parts(&mut parts, &app).await else {
        // Refused by its handler, in the words for it.
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let key =
        key.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    let key = key.ok_or_else(|| Problem::new(Code::Malformed, words::KEY))?.to_owned();
    let bytes = to_bytes(body, RULES).await.map_err(|_| Problem::from(Code::TooLarge))?;
    let address = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let address = format!("{} {address}", parts.method);
    let asked = idempotency::Request { key: &key, address: &address, body: &bytes };
    let attempt = match app.office.show_key(present.user.id, asked).await? {
        Shown::Answered(kept) => return Ok(again(&kept)?),
        Shown::New(attempt) => attempt,
    };
    let office = Arc::clone(&app.office);
    let request = Request::from_parts(parts, Body::from(bytes));
    let work = async move { worked(&office, attempt, request, next).await };
    let work = tokio::spawn(work.in_current_span()).await;
    Ok(work.map_err(|e| Error::Internal(e.to_string()))??)
}

/// Works on a request, and keeps what is answered.
async fn worked(office: &Office, attempt: Attempt, request: Request, next: Next) -> Result<Response, Error> {
    let response = attempt.run(next.run(request)).await;
    if !response.status().is_success() {
        office.keep_answer(attempt, None).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|e| Error::Internal(e.to_string()))?;
    let head = Head { status: parts.status.as_u16(), headers: kept_headers(&parts.headers) };
    let mut kept = serde_json::to_vec(&head).map_err(|e| Error::Internal(e.to_string()))?;
    kept.push(b'\n');
    kept.extend_from_slice(&bytes);
    office.keep_answer(attempt, Some(&kept)).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let own = headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH && **name != header::SET_COOKIE);
    own.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}

/// The answer that was given before.
fn again(kept: &[u8]) -> Result<Response, Error> {
    let corrupt = || Error::Corrupt("a kept answer".to_owned());
    let end = kept.iter().position(|byte| *byte == b'\n').ok_or_else(corrupt)?;
    let (head, body) = kept.split_at(end);
    let head: Head = serde_json::from_slice(head).map_err(|_| corrupt())?;
    let status = StatusCode::from_u16(head.status).map_err(|_| corrupt())?;
    let mut response = (status, Body::from(body[1..].to_vec())).into_response();
    response.headers_mut().clear();
    for (name, value) in head.headers {
        let name: HeaderName = name.parse().map_err(|_| corrupt())?;
        response.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(|_| corrupt())?);
    }
    response.headers_mut().insert(AGAIN, HeaderValue::from_static("true"));
    Ok(response)
}
