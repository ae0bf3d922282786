//! What comes with a request, read into types; whatever cannot be read is a problem document.

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
        let query: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|q| Self(q.0)).map_err(|e| Problem::new(Code::Malformed, words::address(&e.body_text())))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
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

/// Reads a JSON body that came with a signature over its bytes.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|e| {
        let code = if e.is_data() { Code::Invalid } else { Code::Malformed };
        Problem::new(code, words::json(&e.to_string()))
    })
}
