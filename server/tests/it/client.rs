//! Requests to the API over the router, and what is answered.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use server::seal::Place;
use server::store::people;
use server::totp::{Secret, step_at};
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

/// Sends a request and reads what is answered: it is what the API's document says.
pub async fn send(world: &World, request: Request<Body>) -> Answered {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = world.server.router().oneshot(request).await.unwrap();
    let answered = read(response).await;
    crate::openapi::assert_told(&method, &path, &answered);
    answered
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

/// Signs in, and does first what has to be done first: a second factor is taken up. Answers the token.
pub async fn open(world: &World, name: &str, passphrase: &str) -> String {
    let body = json!({"name": name, "passphrase": passphrase, "code": code_of(world, name).await});
    let opened = send(world, post("/api/v1/session", &body)).await.read::<Value>();
    let token = opened["token"].as_str().unwrap().to_owned();
    if opened["must"] == json!(["totp"]) {
        take_up_totp(world, &token).await;
    }
    token
}

/// Takes up a second factor; answers the recovery codes.
pub async fn take_up_totp(world: &World, token: &str) -> Vec<String> {
    let call = async |path: &str, body: &Value| send(world, request(Method::POST, path, Some(token), body)).await;
    let new = call("/api/v1/session/totp", &Value::Null).await.read::<Value>();
    let secret = Secret::from_base32(new["secret"].as_str().unwrap()).unwrap();
    let code = secret.code(step_at(world.office().now()) - 1);
    let done = call("/api/v1/session/totp/confirmation", &json!({"code": code})).await.read::<Value>();
    serde_json::from_value(done["recovery_codes"].clone()).unwrap()
}

/// Approves what was just proposed, for a person who may.
pub async fn second(world: &World, token: &str, made: &Value) -> Answered {
    let path = format!("/api/v1/proposals/{}/approve", made["proposal"].as_str().unwrap());
    let body = json!({"digest": made["digest"]});
    send(world, request(Method::POST, &path, Some(token), &body)).await
}

/// A code of the person's second factor that was not used yet; nothing for who has none.
pub async fn code_of(world: &World, name: &str) -> Option<String> {
    let (office, name) = (world.office(), name.to_owned());
    let row = office.store.read(move |tx| Box::pin(async move { people::by_name(tx, &name).await })).await.unwrap()?;
    row.totp_at?;
    let place = Place { table: "users", column: "totp", row: row.id.uuid() };
    let secret = Secret::from_base32(&office.keys.open(place, &row.totp.unwrap()).unwrap()).unwrap();
    let now = step_at(office.now());
    let step = (row.totp_step + 1).max(now - 1);
    assert!(step <= now + 1, "more than three codes in half a minute");
    Some(secret.code(step))
}

/// An office with one canteen and one terminal.
pub async fn world(backend: Backend) -> (World, Till) {
    let world = World::new(backend).await;
    world.rules().await;
    let canteen = world.canteen("测试食堂").await;
    let till = world.terminal(canteen).await;
    (world, till)
}
