//! Requests to the API over the router, and what is answered.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use support::Backend;
use tower::ServiceExt as _;

use crate::common::{Till, World};

pub struct Answered {
    pub status: StatusCode,
    pub kind: String,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A problem document, whole and in Chinese, with this status and code.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> Value {
        let document = self.json();
        assert_eq!((self.status.as_u16(), document["code"].as_str()), (status, Some(code)), "{document}");
        assert_eq!(self.kind, "application/problem+json");
        assert_eq!(document["status"], status);
        assert_eq!(document["type"], format!("urn:zhucan:problem:{code}"));
        for part in ["title", "detail", "next_step"] {
            let text = document[part].as_str().unwrap();
            assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{part}: {text}");
        }
        document
    }
}

pub async fn send(world: &World, request: Request<Body>) -> Answered {
    let response = world.server.router().oneshot(request).await.unwrap();
    read(response).await
}

pub async fn read(response: axum::response::Response) -> Answered {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    Answered { status, kind: kind.unwrap_or_default(), body }
}

pub fn request(method: Method, path: &str, token: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
}

pub fn post(path: &str, body: &Value) -> Request<Body> {
    request(Method::POST, path, None, body)
}

/// An office with one canteen and one terminal.
pub async fn world(backend: Backend) -> (World, Till) {
    let world = World::new(backend).await;
    world.rules().await;
    let canteen = world.canteen("测试食堂").await;
    let till = world.terminal(canteen).await;
    (world, till)
}
