//! Calls a router as its HTTP listener would.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// An answer: the status, and the JSON in it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The value at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Sends any request and waits for the whole answer.
pub(crate) async fn raw(router: &Router, request: Request<Body>) -> (u16, Vec<u8>) {
    let response = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap_or_else(|e| panic!("an answer cut short: {e}"));
    (status, body.to_bytes().to_vec())
}

/// Sends JSON, or nothing, and reads JSON.
pub(crate) async fn json(
    router: &Router,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8788");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match body {
        None => Body::empty(),
        Some(value) => {
            request = request.header("content-type", "application/json");
            Body::from(value.to_string())
        }
    };
    let request = request.body(body).unwrap_or_else(|e| panic!("{path}: {e}"));
    let (status, bytes) = raw(router, request).await;
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
    Answer { status, body }
}
