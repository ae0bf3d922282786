//! Refusals on the wire: RFC 9457 problem documents with a stable code, in Chinese, with the next step.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::calendar::UnixMs;
use serde::Serialize;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::api::sketch::Shapes;
use crate::error::{Error, Refusal};
use crate::words::{self, Code};

/// A problem as it is answered.
#[derive(Clone, Debug)]
pub struct Problem(Refusal);

/// The document.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
struct Document<'a> {
    /// `urn:zhucan:problem:` and the code.
    r#type: String,
    /// In Chinese; the same for every refusal of the code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is special about this case, in Chinese. No personal data.
    detail: &'a str,
    #[schema(schema_with = codes)]
    code: &'a str,
    /// What to do, in Chinese.
    next_step: &'a str,
    /// The office's time, for a terminal whose clock is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<UnixMs>,
}

/// The document's shape.
pub(super) fn shapes() -> Shapes {
    let mut shapes = vec![(Document::name().into_owned(), Document::schema())];
    Document::schemas(&mut shapes);
    shapes
}

/// Every code, by name.
fn codes() -> Object {
    let names = Code::ALL.iter().map(|code| code.name());
    let codes = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    codes.description(Some("What kind of refusal; never changes.")).build()
}

impl Problem {
    /// A problem with the words for this case, in Chinese.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Refusal::new(code, detail))
    }

    /// The same, telling the server's time to a sender whose clock is wrong.
    #[must_use]
    pub fn at(mut self, now: UnixMs) -> Self {
        self.0.server_time = Some(now);
        self
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.0.code
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code, code.title())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

/// Our own trouble is logged in full and answered without detail.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self(refusal),
            error if error.is_database_away() => {
                tracing::warn!(%error, "the database does not answer");
                Self::new(Code::DatabaseAway, words::DATABASE_AWAY)
            }
            error if error.is_locked() => {
                tracing::warn!(%error, "another unit holds what was asked for");
                Self::new(Code::Busy, words::HELD)
            }
            error => {
                tracing::error!(%error, "a request failed");
                Self::new(Code::Internal, words::INTERNAL)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Refusal { code, detail, retry_after, server_time } = self.0.clone();
        let document = Document {
            r#type: format!("urn:zhucan:problem:{code}"),
            title: code.title(),
            status: code.status(),
            detail: &detail,
            code: code.name(),
            next_step: code.next_step(),
            server_time,
        };
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(document)).into_response();
        response.extensions_mut().insert(code);
        // The console draws a page of it.
        response.extensions_mut().insert(self.0);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("zh-CN"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
