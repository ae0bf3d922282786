//! What is no operation of the API: unknown addresses and methods. And what no person sends: every operation of the
//! document with odd values in its path, its query and its body. None is an error of the server, none takes long, and
//! each is answered as the document says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use server::people::Role;
use support::Backend;
use tower::ServiceExt as _;

use crate::access::{Ground, asker};
use crate::client::{code_of, read, request};
use crate::common::Till;
use crate::http::signed;
use crate::openapi::{DOCUMENT, assert_told, operations};

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

/// No answer takes longer, on a computer that is busy with other things too.
const BOUND: Duration = Duration::from_secs(20);
const PASSPHRASE: &str = "correct horse 电池";

/// What stands in the place of a value in an address.
fn words() -> Vec<String> {
    let mut words: Vec<String> = [
        "",
        " ",
        "-1",
        "0",
        "00",
        "1.5",
        "100000000000000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "NaN",
        "null",
        "9999-12",
        "0000-01",
        "2026-13",
        "9999-12-31",
        "0000-00-00",
        "\0",
        "\u{202e}甲\u{2066}",
        "\u{feff}",
        "٣",
        "'; --",
        "%",
        "../../x",
        "00000000-0000-0000-0000-000000000000",
    ]
    .map(str::to_owned)
    .to_vec();
    words.push("长".repeat(1_000));
    words
}

/// What stands in the place of a value in a body, as JSON is written.
fn values() -> Vec<String> {
    let mut values: Vec<String> = words().iter().map(|word| Value::String(word.clone()).to_string()).collect();
    let plain = [
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e400",
        "100000000000000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "[]",
        "{}",
        "[null]",
        r#""\ud800""#,
    ];
    values.extend(plain.map(str::to_owned));
    values.push(format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)));
    values.push(format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200)));
    values.push(Value::String("长".repeat(15_000)).to_string());
    values
}

/// As it stands in an address: whatever is not plain is coded.
fn coded(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    word.bytes().map(one).collect()
}

/// A request, not yet signed or carrying a token.
#[derive(Clone)]
struct Odd {
    method: Method,
    address: String,
    body: Vec<u8>,
    /// What the body is said to be.
    kind: String,
}

/// The fields of an operation's body with those of the document that the known body leaves out.
fn fields(known: &Value, of: &'static Value) -> BTreeSet<String> {
    let told = &of["requestBody"]["content"]["application/json"]["schema"];
    let told = told["$ref"].as_str().map_or(told, |place| DOCUMENT.pointer(&place[1..]).unwrap());
    let known = known.as_object().into_iter().flatten().map(|(name, _)| name.clone());
    known.chain(told["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone())).collect()
}

/// An object as it is written, with something else in the place of one field, here or one level deeper.
fn with_field(known: &Value, name: &str, value: &str) -> String {
    let mut parts: BTreeMap<String, String> =
        known.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.to_string())).collect();
    parts.insert(name.to_owned(), value.to_owned());
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", parts.join(","))
}

/// Every body that is odd: as a whole, in one field, in one field of a field; and what is no JSON.
fn bodies(known: &Value, of: &'static Value) -> Vec<String> {
    let mut all = values();
    all.extend(["", "{", "\0", "[1,", "\u{feff}{}", r#"{"a":1,"a":2}"#].map(str::to_owned));
    for name in fields(known, of) {
        all.extend(values().iter().map(|value| with_field(known, &name, value)));
        for inner in known[&name].as_object().into_iter().flatten().map(|(inner, _)| inner) {
            let spoilt = values().into_iter().map(|value| with_field(&known[&name], inner, &value));
            all.extend(spoilt.map(|value| with_field(known, &name, &value)));
        }
    }
    all.push(with_field(known, "\u{202e}unknown", "1"));
    all
}

/// Every odd request of an operation.
fn odd_requests(ground: &Ground, method: &Method, path: &str, of: &'static Value) -> Vec<Odd> {
    let (address, known) = (ground.address(path), ground.body(method.as_str(), path));
    let (place, query) = address.split_once('?').unwrap_or((&address, ""));
    let content = of["requestBody"]["content"].as_object();
    let kind = content.and_then(|of| of.keys().next()).cloned().unwrap_or_default();
    let body = if known.is_null() { Vec::new() } else { known.to_string().into_bytes() };
    let one = |address: String, body: Vec<u8>| Odd { method: method.clone(), address, body, kind: kind.clone() };
    let mut all = Vec::new();
    for (at, _) in path.split('/').enumerate().filter(|(_, part)| part.starts_with('{')) {
        for word in words() {
            let mut parts: Vec<String> = place.split('/').map(str::to_owned).collect();
            parts[at] = coded(&word);
            all.push(one(format!("{}?{query}", parts.join("/")), body.clone()));
        }
    }
    for told in of["parameters"].as_array().into_iter().flatten().filter(|told| told["in"] == "query") {
        let name = told["name"].as_str().unwrap();
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name)).collect();
        for word in words() {
            let query: Vec<String> =
                kept.iter().map(|pair| (*pair).to_owned()).chain([format!("{name}={}", coded(&word))]).collect();
            all.push(one(format!("{place}?{}", query.join("&")), body.clone()));
        }
        all.push(one(format!("{address}{}{name}=1&{name}=2", if query.is_empty() { "?" } else { "&" }), body.clone()));
    }
    if kind == "application/json" {
        all.extend(bodies(&known, of).into_iter().map(|body| one(address.clone(), body.into_bytes())));
    } else if !kind.is_empty() {
        let files: [&[u8]; 6] =
            [b"", b"\0", b"PK\x03\x04", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n", b"\xff\xfe,,\n"];
        all.extend(files.map(|file| one(address.clone(), file.to_vec())));
    }
    all
}

/// Those who ask: everybody has just proved to be the person.
struct Askers {
    router: Router,
    tokens: BTreeMap<&'static str, String>,
    till: Till,
    now: domain::calendar::UnixMs,
}

impl Askers {
    async fn of(ground: &Ground) -> Self {
        let world = &ground.scene.world;
        let mut tokens = BTreeMap::new();
        for (n, role) in Role::ALL.iter().enumerate() {
            tokens.insert(role.name(), ground.person(*role, true, n).await.token);
        }
        world.clock.pass(60_000);
        for (n, role) in Role::ALL.iter().enumerate() {
            let body = json!({"passphrase": PASSPHRASE, "code": code_of(world, &format!("试权限的人{n}")).await});
            let proof = request(Method::POST, "/api/v1/session/step-up", Some(&tokens[role.name()]), &body);
            assert_eq!(ground.router.clone().oneshot(proof).await.unwrap().status(), 200, "{}", role.name());
        }
        let till = world.terminal(ground.scene.canteen(1)).await;
        Self { router: ground.router.clone(), tokens, till, now: world.office().now() }
    }

    /// The request as who may sends it.
    fn request(&self, odd: &Odd, path: &str, nonce: u32) -> Request<Body> {
        if path.starts_with("/api/v1/terminal/") {
            let call = (odd.method.clone(), odd.address.as_str(), odd.body.clone());
            return signed(&self.till.key, self.till.id(), self.now, nonce, call).request();
        }
        let mut request = Request::builder().method(odd.method.clone()).uri(&odd.address);
        if let Some(role) = asker(odd.method.as_str(), path) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.tokens[role.name()]));
        }
        if !odd.kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, &odd.kind);
        }
        request.body(Body::from(odd.body.clone())).unwrap()
    }

    /// What is wrong with the answer.
    #[expect(clippy::disallowed_methods, reason = "how long a customer waits is the machine's time")]
    async fn trouble(&self, odd: &Odd, path: &str, nonce: u32) -> Option<String> {
        let (request, router, began) = (self.request(odd, path, nonce), self.router.clone(), Instant::now());
        // What spins would take this task along.
        let asked = tokio::spawn(async move { read(router.oneshot(request).await.unwrap()).await });
        let shown = || {
            let body: String = String::from_utf8_lossy(&odd.body).chars().take(300).collect();
            format!("{} {} {body}", odd.method, odd.address.chars().take(300).collect::<String>())
        };
        let Ok(answered) = tokio::time::timeout(BOUND, asked).await else {
            return Some(format!("{}: no answer within {BOUND:?}", shown()));
        };
        let answered = answered.unwrap();
        if answered.status.is_server_error() {
            return Some(format!("{}: {} {}", shown(), answered.status, String::from_utf8_lossy(&answered.body)));
        }
        if began.elapsed() > BOUND {
            return Some(format!("{}: {:?}", shown(), began.elapsed()));
        }
        let place = odd.address.split('?').next().unwrap_or_default();
        let told = std::panic::catch_unwind(|| assert_told(&odd.method, place, &answered));
        told.err().map(|_| format!("{}: {} is not what the document tells", shown(), answered.status))
    }
}

/// Asks everything of every operation; says how much, and what was wrong.
async fn ask_all() -> (usize, Vec<String>) {
    let ground = Ground::new(Backend::Sqlite).await;
    let askers = Askers::of(&ground).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (method, path, of) in operations() {
        for odd in odd_requests(&ground, &method, &path, of) {
            asked += 1;
            wrong.extend(askers.trouble(&odd, &path, u32::try_from(asked).unwrap()).await);
            if wrong.len() > 20 {
                return (asked, wrong);
            }
        }
    }
    (asked, wrong)
}

#[test]
fn no_odd_value_is_an_error_of_the_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let (asked, wrong) = runtime.block_on(ask_all());
    // What still spins is not waited for.
    runtime.shutdown_background();
    assert!(wrong.is_empty(), "of {asked}:\n{}", wrong.join("\n"));
    assert!(asked > 5_000, "{asked}");
}

crate::on_both! {
    whatever_is_no_operation_is_a_problem_too
}
