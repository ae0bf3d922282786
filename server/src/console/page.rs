//! An answer that is a page.

use askama::Template;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Error;
use crate::http::Problem;

/// A drawn page.
#[derive(Debug)]
pub(crate) struct Page {
    html: String,
    status: StatusCode,
}

/// Nothing from elsewhere, nothing inside elsewhere, no program in the page's own text.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

impl Page {
    /// Draws a template.
    pub(crate) fn of(template: &impl Template) -> Result<Self, Problem> {
        let html = template.render().map_err(|e| Error::Internal(format!("a page cannot be drawn: {e}")))?;
        Ok(Self { html, status: StatusCode::OK })
    }

    /// The same page with another status.
    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ];
        (self.status, headers, self.html).into_response()
    }
}
