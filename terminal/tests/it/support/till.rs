//! A terminal at that office, driven through its HTTP API as the page would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use terminal::{Config, DiskProbe, PrinterConfig, Terminal};
use tower::ServiceExt as _;

use super::fixture::{SeededEntropy, TestClock};
use super::{CODE, NOON, Office, PIN, cashier_id};

/// A terminal with its directory, clock and office.
pub struct Till {
    pub dir: Arc<tempfile::TempDir>,
    pub clock: Arc<TestClock>,
    pub office: Office,
    pub terminal: Terminal,
    /// How many bytes the disk has left.
    pub free: Arc<AtomicU64>,
}

impl Till {
    /// Enrolled and synced once, at noon, nobody signed in.
    pub async fn new(prepare: impl FnOnce(&Office)) -> Self {
        let till = Self::enrolled(prepare).await;
        till.terminal.sync_once().await.unwrap();
        till
    }

    /// Enrolled and synced once, with devices of its own; nobody signed in.
    pub async fn with(prepare: impl FnOnce(&Office), devices: impl FnOnce(&mut Config)) -> Self {
        let till = Self::enrolled_with(prepare, devices).await;
        till.terminal.sync_once().await.unwrap();
        till
    }

    /// Enrolled at noon, and nothing heard of the office since.
    pub async fn enrolled(prepare: impl FnOnce(&Office)) -> Self {
        Self::enrolled_with(prepare, |_| {}).await
    }

    async fn enrolled_with(prepare: impl FnOnce(&Office), devices: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(TestClock::at(NOON));
        let office = Office::new(Arc::clone(&clock));
        prepare(&office);
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let transport = Arc::new(office.clone());
        terminal::enrol_with(&config(&dir), CODE, clock.clone(), Arc::new(SeededEntropy::new(3)), transport)
            .await
            .unwrap();
        let free = Arc::new(AtomicU64::new(u64::MAX));
        let terminal = open_with(&dir, &clock, &office, &free, 4, devices).await;
        Self { dir, clock, office, terminal, free }
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

    /// The program is killed and starts again: nothing of it runs to an end.
    pub async fn cut_off(self, seed: u64) -> Self {
        let Self { dir, clock, office, terminal, free } = self;
        // Its files as they lie on the disk at this moment, as a power cut leaves them.
        let left = Arc::new(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(left.path().join("till")).unwrap();
        for file in std::fs::read_dir(dir.path().join("till")).unwrap() {
            let path = file.unwrap().path();
            std::fs::copy(&path, left.path().join("till").join(path.file_name().unwrap())).unwrap();
        }
        let again = open(&left, &clock, &office, &free, seed).await;
        terminal.close().await;
        Self { dir: left, clock, office, terminal: again, free }
    }

    /// The program ends in order and starts again.
    pub async fn restart(self, seed: u64) -> Self {
        self.restart_after(seed, |_| {}).await
    }

    /// As [`Till::restart`]; something happens to its directory meanwhile.
    pub async fn restart_after(self, seed: u64, happens: impl FnOnce(&std::path::Path)) -> Self {
        let Self { dir, clock, office, terminal, free } = self;
        terminal.close().await;
        drop(terminal);
        happens(&dir.path().join("till"));
        let terminal = open(&dir, &clock, &office, &free, seed).await;
        Self { dir, clock, office, terminal, free }
    }

    /// Another terminal at the same office and under the same clock.
    pub fn beside(&self, terminal: Terminal, dir: tempfile::TempDir) -> Self {
        let (clock, office, free) = (self.clock.clone(), self.office.clone(), self.free.clone());
        Self { dir: Arc::new(dir), clock, office, terminal, free }
    }

    pub async fn sign_in(&self, cashier: u128) -> Value {
        self.ok("/api/sign-in", json!({ "cashier": cashier_id(cashier), "pin": PIN })).await
    }

    pub async fn sell_guest(&self) -> Value {
        let state = self.ok("/api/guest", json!({})).await;
        self.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await["last"]["record"].clone()
    }

    /// What the page shows, as text.
    pub async fn page(&self) -> String {
        String::from_utf8(self.get("/view").await.1).unwrap()
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
    config_in(dir.path())
}

pub fn config_in(dir: &std::path::Path) -> Config {
    let mut config = Config::new(dir.join("till"), "http://127.0.0.1:9");
    config.printer = PrinterConfig::Spool(dir.join("slips"));
    config
}

/// Somebody's PIN.
pub fn by(n: u128) -> Value {
    json!({ "cashier": cashier_id(n), "pin": PIN })
}

async fn open(
    dir: &tempfile::TempDir,
    clock: &Arc<TestClock>,
    office: &Office,
    free: &Arc<AtomicU64>,
    seed: u64,
) -> Terminal {
    open_with(dir, clock, office, free, seed, |_| {}).await
}

async fn open_with(
    dir: &tempfile::TempDir,
    clock: &Arc<TestClock>,
    office: &Office,
    free: &Arc<AtomicU64>,
    seed: u64,
    devices: impl FnOnce(&mut Config),
) -> Terminal {
    let (entropy, transport) = (Arc::new(SeededEntropy::new(seed)), Arc::new(office.clone()));
    let mut config = config(dir);
    let free = Arc::clone(free);
    config.disk = DiskProbe::new(move |_| Ok(free.load(Ordering::Relaxed)));
    devices(&mut config);
    Terminal::open_with(config, clock.clone(), entropy, transport).await.unwrap()
}
