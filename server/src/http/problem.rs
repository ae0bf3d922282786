//! Refusals on the wire: RFC 9457 problem documents with a stable code, in Chinese, with the next step.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::calendar::UnixMs;
use serde::Serialize;

use crate::error::{Error, Refusal};
use crate::words::{self, Code};

/// A problem as it is answered.
#[derive(Clone, Debug)]
pub struct Problem(Refusal);

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    next_step: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<UnixMs>,
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
