//! What comes with a request, read into types; whatever cannot be read is a problem document.

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::words::{self, Code};

/// A JSON body in and out.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// The query of the address.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// Parts of the path.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = without_nul(request, state, holds_nul).await?;
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Code::UnsupportedMediaType.into()),
            Err(JsonRejection::JsonDataError(e)) => Err(Problem::new(Code::Invalid, words::json(&e.body_text()))),
            Err(JsonRejection::JsonSyntaxError(e)) => Err(Problem::new(Code::Malformed, words::json(&e.body_text()))),
            Err(JsonRejection::BytesRejection(rejection)) => Err(unread(&rejection)),
            Err(other) => Err(Problem::new(Code::Malformed, words::json(&other.body_text()))),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The fields of a page's form.
#[derive(Clone, Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = without_nul(request, state, has_coded_nul).await?;
        match axum::extract::Form::<T>::from_request(request, state).await {
            Ok(axum::extract::Form(value)) => Ok(Self(value)),
            Err(FormRejection::BytesRejection(rejection)) => Err(unread(&rejection)),
            Err(FormRejection::InvalidFormContentType(_)) => Err(Code::UnsupportedMediaType.into()),
            Err(other) => Err(Problem::new(Code::Invalid, words::form(&other.body_text()))),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        refuse_nul(parts.uri.query().unwrap_or_default())?;
        let query: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|q| Self(q.0)).map_err(|e| Problem::new(Code::Malformed, words::address(&e.body_text())))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        refuse_nul(parts.uri.path())?;
        let path: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|p| Self(p.0)).map_err(|e| Problem::new(Code::Malformed, words::address(&e.body_text())))
    }
}

/// A body that could not be read to its end.
pub(super) fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status().as_u16() == Code::TooLarge.status() {
        return Code::TooLarge.into();
    }
    Problem::new(Code::Malformed, words::TRUNCATED)
}

/// A request whose body has been looked at. No text with a NUL can be kept (PostgreSQL has no such text) or printed.
async fn without_nul<S: Send + Sync>(
    request: Request,
    state: &S,
    holds_nul: impl Fn(&[u8]) -> bool,
) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let mut copy = Request::new(body);
    // The route's bound on bodies travels with the request.
    *copy.extensions_mut() = parts.extensions.clone();
    let bytes = Bytes::from_request(copy, state).await.map_err(|e| unread(&e))?;
    if holds_nul(&bytes) {
        return Err(Problem::new(Code::Invalid, words::NUL));
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Whether a JSON text says NUL somewhere: `\\u0000` whose back-slash is not itself behind one.
fn holds_nul(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        let rest = &bytes[at + found + 1..];
        if rest.starts_with(b"u0000") {
            return true;
        }
        // Whatever stands behind a back-slash is no beginning of another one.
        at += (found + 2).min(bytes.len() - at);
    }
    false
}

fn has_coded_nul(text: &[u8]) -> bool {
    text.windows(3).any(|part| part == b"%00")
}

fn refuse_nul(text: &str) -> Result<(), Problem> {
    if has_coded_nul(text.as_bytes()) { Err(Problem::new(Code::Malformed, words::NUL)) } else { Ok(()) }
}

/// Reads a JSON body that came with a signature over its bytes.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if holds_nul(bytes) {
        return Err(Problem::new(Code::Invalid, words::NUL));
    }
    serde_json::from_slice(bytes).map_err(|e| {
        let code = if e.is_data() { Code::Invalid } else { Code::Malformed };
        Problem::new(code, words::json(&e.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_and_what_only_looks_like_one_is_not() {
        for text in [r#""\u0000""#, r#"{"a":"b\u0000c"}"#, r#""\\\u0000""#, r#""\n\u0000""#] {
            assert!(holds_nul(text.as_bytes()), "{text}");
        }
        for text in ["", "\\", r#""\\u0000""#, r#""\u0001""#, "u0000"] {
            assert!(!holds_nul(text.as_bytes()), "{text}");
        }
        assert!(has_coded_nul(b"/a/%00b") && !has_coded_nul(b"/a/%20b"));
    }
}
