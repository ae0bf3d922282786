//! Who may ask: the till's own page in this computer's browser.
//!
//! The listener is on loopback, but a page of any site can send requests there. A name that resolves to 127.0.0.1
//! (DNS rebinding) is refused by its Host, another site's page by its Origin.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::lang;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn host_of(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(authority, |(h, _)| h)
}

fn is_here(authority: &str) -> bool {
    matches!(host_of(authority), "127.0.0.1" | "localhost" | "[::1]")
}

/// Whether the request comes from the till's own page, or from a program on this computer.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let Some(host) = text(header::HOST).filter(|host| is_here(host)) else { return false };
    let same_origin = text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
    same_origin && site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

pub(super) async fn guard(request: Request, next: Next) -> Response {
    if !is_own(request.headers()) {
        return ApiError::foreign_origin(lang(request.headers())).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs =
            pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(&pairs.collect())
    }

    #[test]
    fn only_this_computers_own_page_may_ask() {
        assert!(own(&[("host", "127.0.0.1:8788")]));
        assert!(own(&[("host", "localhost")]));
        assert!(own(&[("host", "[::1]:8788"), ("origin", "http://[::1]:8788")]));
        assert!(own(&[
            ("host", "127.0.0.1:8788"),
            ("origin", "http://127.0.0.1:8788"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!own(&[]));
        assert!(!own(&[("host", "till.example:8788")]), "a name rebound to loopback");
        assert!(!own(&[("host", "127.0.0.1.example")]));
        assert!(!own(&[("host", "127.0.0.1:8788"), ("origin", "https://evil.example")]));
        assert!(!own(&[("host", "127.0.0.1:8788"), ("origin", "http://127.0.0.1:9999")]), "another program's page");
        assert!(!own(&[("host", "127.0.0.1:8788"), ("origin", "null")]));
        assert!(!own(&[("host", "127.0.0.1:8788"), ("sec-fetch-site", "cross-site")]));
    }
}
