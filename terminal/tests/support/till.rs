//! A terminal at that office, driven through its HTTP API as the page would.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use terminal::{Config, PrinterConfig, Terminal};
use tower::ServiceExt as _;

use super::fixture::{SeededEntropy, TestClock};
use super::{CODE, NOON, Office, PIN, cashier_id};

/// A terminal with its directory, clock and office.
pub struct Till {
    pub dir: Arc<tempfile::TempDir>,
    pub clock: Arc<TestClock>,
    pub office: Office,
    pub terminal: Terminal,
}

impl Till {
    /// Enrolled and synced once, at noon, nobody signed in.
    pub async fn new(prepare: impl FnOnce(&Office)) -> Self {
        let clock = Arc::new(TestClock::at(NOON));
        let office = Office::new(Arc::clone(&clock));
        prepare(&office);
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let transport = Arc::new(office.clone());
        terminal::enrol_with(&config(&dir), CODE, clock.clone(), Arc::new(SeededEntropy::new(3)), transport)
            .await
            .unwrap();
        let terminal = open(&dir, &clock, &office, 4).await;
        terminal.sync_once().await.unwrap();
        Self { dir, clock, office, terminal }
    }

    /// With a shift open, float ¥200.00.
    pub async fn serving(prepare: impl FnOnce(&Office)) -> Self {
        let till = Self::new(prepare).await;
        till.open_shift(1).await;
        till
    }

    pub async fn open_shift(&self, cashier: u128) {
        self.ok("/api/sign-in", json!({ "cashier": cashier_id(cashier), "pin": PIN })).await;
        let date = self.state().await["clock"]["date"].clone();
        self.ok("/api/shift/open", json!({ "float": 20_000, "confirmed_date": date })).await;
    }

    /// The program ends without a word and starts again.
    pub async fn restart(self, seed: u64) -> Self {
        let Self { dir, clock, office, terminal } = self;
        terminal.close().await;
        drop(terminal);
        let terminal = open(&dir, &clock, &office, seed).await;
        Self { dir, clock, office, terminal }
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = self.terminal.router().oneshot(request).await.unwrap();
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).header(header::HOST, "127.0.0.1:8788").body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8788")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let (status, body) = self.send(request).await;
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// A request that must succeed; the new state.
    pub async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// A request that must be refused; its code.
    pub async fn refused(&self, path: &str, body: Value) -> String {
        let (status, answer) = self.post(path, body).await;
        assert!(status.is_client_error(), "{path}: {status} {answer}");
        assert!(!answer["message"].as_str().unwrap().is_empty() && !answer["next"].as_str().unwrap().is_empty());
        answer["code"].as_str().unwrap().to_owned()
    }

    pub async fn state(&self) -> Value {
        serde_json::from_slice(&self.get("/api/state").await.1).unwrap()
    }

    pub async fn scan(&self, code: &str) -> Value {
        self.ok("/api/scan", json!({ "code": code })).await["stage"].clone()
    }

    /// Scan and Enter; the record's id.
    pub async fn sell(&self, code: &str) -> Value {
        let stage = self.scan(code).await;
        assert_eq!(stage["kind"], "serving", "{stage}");
        self.ok("/api/confirm", json!({ "sale": stage["sale"] })).await["last"]["record"].clone()
    }

    pub async fn meals(&self) -> Vec<Value> {
        let answer: Value = serde_json::from_slice(&self.get("/api/meals").await.1).unwrap();
        answer["meals"].as_array().unwrap().clone()
    }
}

pub fn config(dir: &tempfile::TempDir) -> Config {
    let mut config = Config::new(dir.path().join("till"), "http://127.0.0.1:9");
    config.printer = PrinterConfig::Spool(dir.path().join("slips"));
    config
}

async fn open(dir: &tempfile::TempDir, clock: &Arc<TestClock>, office: &Office, seed: u64) -> Terminal {
    let (entropy, transport) = (Arc::new(SeededEntropy::new(seed)), Arc::new(office.clone()));
    Terminal::open_with(config(dir), clock.clone(), entropy, transport).await.unwrap()
}
