//! Odd requests: every operation of the API is asked for things that cannot be, by a person who may much, and none
//! answers with an error of the office's own. Whatever is answered is what the document says.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use server::people::Role;
use support::Backend;
use tower::ServiceExt as _;

use crate::access::Ground;
use crate::client::read;
use crate::openapi::{assert_told, operations};

/// Texts that stand where an id, a date, a number or a name is asked for: for an address, written as addresses are.
const PLACES: &[&str] = &[
    "x",
    "%00",
    "%F0%9F%8D%9A",
    "%FF%FE",
    "-1",
    "9223372036854775807",
    "18446744073709551615",
    "9999999999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "9999-12",
    "0000-00",
    "%25%27%22--",
    "..%2F..",
];

/// What stands in the place of a value of a body.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5e300),
        json!(""),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{202e}\u{feff}\u{1f35a}\u{301}"),
        json!("x".repeat(10_000)),
        json!("9999-12-31"),
        json!("0000-01-01"),
        json!("9999-12"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!([]),
        json!([[[]]]),
        json!({}),
    ]
}

/// Bodies that are not what is asked for at all.
const BODIES: &[&str] = &["", "{", "null", "[]", "\"x\"", "{\"a\":1e999}", "{}", "\u{feff}{}", "[[[[[[[["];

/// Bodies with one value after the other put out of order, or left out.
fn spoilt(good: &Value) -> Vec<Value> {
    let Some(fields) = good.as_object() else { return Vec::new() };
    let mut out = Vec::new();
    for name in fields.keys() {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        out.push(without);
        for odd in odd_values() {
            let mut with = good.clone();
            with[name] = odd;
            out.push(with);
        }
    }
    out
}

struct Asker<'g> {
    ground: &'g Ground,
    token: String,
    asked: usize,
}

impl Asker<'_> {
    async fn ask(&mut self, method: &Method, address: &str, kind: &str, body: Vec<u8>) {
        let Ok(request) = Request::builder()
            .method(method)
            .uri(address)
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(body))
        else {
            return;
        };
        let answered = read(self.ground.router.clone().oneshot(request).await.unwrap()).await;
        self.asked += 1;
        let text = String::from_utf8_lossy(&answered.body);
        assert!(answered.status.as_u16() < 500, "{method} {address}: {} {text}", answered.status);
        if answered.status.is_client_error() {
            assert_eq!(answered.kind, "application/problem+json", "{method} {address}: {} {text}", answered.status);
        }
        let path = address.split('?').next().unwrap();
        assert_told(method, path, &answered);
    }

    /// Odd things in the path, one place after the other.
    async fn odd_paths(&mut self, method: &Method, path: &str) {
        let good = self.ground.address(path);
        let (good, query) = good.split_once('?').map_or((good.as_str(), ""), |(path, query)| (path, query));
        let filled: Vec<&str> = good.split('/').collect();
        for (place, _) in path.split('/').enumerate().filter(|(_, part)| part.starts_with('{')) {
            for odd in PLACES {
                let mut parts = filled.clone();
                parts[place] = odd;
                self.ask(method, &format!("{}?{query}", parts.join("/")), "application/json", b"{}".to_vec()).await;
            }
        }
    }

    /// Odd things in the query, one parameter after the other.
    async fn odd_queries(&mut self, method: &Method, path: &str, of: &Value) {
        let good = self.ground.address(path);
        let (good, query) = good.split_once('?').map_or((good.as_str(), ""), |(path, query)| (path, query));
        for parameter in of["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
            for odd in PLACES.iter().chain(&[""]) {
                let address = format!("{good}?{}&{name}={odd}", rest.join("&"));
                self.ask(method, &address, "application/json", Vec::new()).await;
            }
        }
        self.ask(method, &format!("{good}?&&=&%00=%00&x"), "application/json", Vec::new()).await;
    }
}

async fn no_odd_request_is_an_error_of_our_own(backend: Backend) {
    let ground = Ground::new(backend).await;
    let began = Instant::now();
    for (n, role) in [Role::Administrator, Role::FinanceMaker, Role::FinanceChecker, Role::PolicyEditor, Role::Auditor]
        .into_iter()
        .enumerate()
    {
        let token = ground.person(role, true, n).await.token;
        let mut asker = Asker { ground: &ground, token, asked: 0 };
        for (method, path, of) in operations() {
            // Whoever is signed out asks nothing more.
            if path.starts_with("/api/v1/session") && method != Method::GET {
                continue;
            }
            asker.odd_paths(&method, &path).await;
            asker.odd_queries(&method, &path, of).await;
            if method == Method::GET {
                continue;
            }
            let (good, address) = (ground.body(method.as_str(), &path), ground.address(&path));
            for body in BODIES {
                asker.ask(&method, &address, "application/json", body.as_bytes().to_vec()).await;
            }
            for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x"] {
                asker.ask(&method, &address, kind, good.to_string().into_bytes()).await;
            }
            for body in spoilt(&good) {
                asker.ask(&method, &address, "application/json", body.to_string().into_bytes()).await;
            }
        }
        assert!(asker.asked > 1000, "{}", asker.asked);
    }
    eprintln!("odd requests: {:?} on {backend:?}", began.elapsed());
}

/// What no operation is asked for: unknown addresses and methods are refused as everything is.
async fn whatever_is_no_operation_is_a_problem_too(backend: Backend) {
    let ground = Ground::new(backend).await;
    let ask = async |method: Method, address: &str| {
        let request = Request::builder().method(method).uri(address).body(Body::empty()).unwrap();
        ground.router.clone().oneshot(request).await.unwrap()
    };
    for address in ["/api", "/api/v1", "/api/v1/", "/api/v2/audit", "/api/v1/audit/", "/api/v1//audit", "/api/v1/x"] {
        read(ask(Method::GET, address).await).await.is_problem(404, "not_found");
    }
    for method in [Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let response = ask(method, "/api/v1/canteens").await;
        let mut allow: Vec<&str> = response.headers()["allow"].to_str().unwrap().split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow, ["GET", "HEAD", "POST"], "what the address is for");
        read(response).await.is_problem(405, "method_not_allowed");
    }
}

crate::on_both! {
    no_odd_request_is_an_error_of_our_own
    whatever_is_no_operation_is_a_problem_too
}
