//! The API as programs see it: enrolment and the feeds, and every refusal with its code.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::calendar::UnixMs;
use domain::credential::Scan;
use domain::id::{Digest, TerminalId};
use domain::record::encoding::SignatureHex;
use domain::resident_id::ResidentId;
use domain::sync::{
    BatchAnswer, Enrol, Enrolled, Hello, HelloAnswer, NONCE_WINDOW_MS, Outcome, PROTOCOL, RosterPage, Setup, UsagePage,
    enrolment_digest, request_digest,
};
use ed25519_dalek::{Signer as _, SigningKey};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use server::admin::NewUser;
use server::people::Role;
use support::Backend;
use tower::ServiceExt as _;

use crate::common::{Till, World, batch, date, new_canteen, noon, region, resident_id};

struct Answered {
    status: StatusCode,
    kind: String,
    body: Vec<u8>,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A problem document, whole and in Chinese, with this status and code.
    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) -> Value {
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

async fn send(world: &World, request: Request<Body>) -> Answered {
    let response = world.server.router().oneshot(request).await.unwrap();
    read(response).await
}

async fn read(response: axum::response::Response) -> Answered {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    Answered { status, kind: kind.unwrap_or_default(), body }
}

/// What a terminal signs and sends; tests spoil parts of it.
#[derive(Clone)]
struct Signed {
    method: Method,
    path: String,
    body: Vec<u8>,
    terminal: TerminalId,
    time: UnixMs,
    nonce: String,
    signature: SignatureHex,
}

fn signed(key: &SigningKey, terminal: TerminalId, time: UnixMs, nonce: u32, call: (Method, &str, Vec<u8>)) -> Signed {
    let (method, path, body) = call;
    let nonce = format!("{nonce:032x}");
    let digest = request_digest(method.as_str(), path, &body, time, &nonce);
    let signature = SignatureHex(key.sign(&digest.0).to_bytes());
    Signed { method, path: path.to_owned(), body, terminal, time, nonce, signature }
}

impl Signed {
    fn request(&self) -> Request<Body> {
        Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("content-type", "application/json")
            .header("zhucan-terminal", self.terminal.to_string())
            .header("zhucan-time", self.time.get().to_string())
            .header("zhucan-nonce", &self.nonce)
            .header("zhucan-signature", self.signature.to_string())
            .body(Body::from(self.body.clone()))
            .unwrap()
    }
}

fn of(till: &Till, nonce: u32, call: (Method, &str, Vec<u8>)) -> Signed {
    signed(&till.key, till.id(), noon(), nonce, call)
}

fn hello() -> Vec<u8> {
    let hello = Hello { protocol: PROTOCOL, software: "0.1.0".into(), head: None, unsent: 3 };
    serde_json::to_vec(&hello).unwrap()
}

const HELLO: &str = "/api/v1/terminal/hello";
const RECORDS: &str = "/api/v1/terminal/records";

async fn world(backend: Backend) -> (World, Till) {
    let world = World::new(backend).await;
    world.rules().await;
    let canteen = world.canteen("测试食堂").await;
    let till = world.terminal(canteen).await;
    (world, till)
}

async fn a_terminal_is_let_in_and_fetches_what_it_needs(backend: Backend) {
    let (world, _) = world(backend).await;
    let canteen = world.canteen("第二食堂").await;
    let regular = world.elder(1, Some(canteen)).await;
    let other = world.elder(2, None).await;
    let card = world.office().issue_card(regular).await.unwrap();
    world.clock.pass(1000);
    let newer = world.office().issue_card(regular).await.unwrap();
    assert_eq!(newer.revoked, 1);

    // Enrolment, with the code as somebody types it.
    let key = SigningKey::from_bytes(&[9; 32]);
    let public_key = Digest(key.verifying_key().to_bytes());
    let code = world.office().issue_enrolment_code(canteen, None).await.unwrap().code;
    let typed = code.to_lowercase().replace('-', " ");
    let signature = SignatureHex(key.sign(&enrolment_digest(&typed, &public_key).0).to_bytes());
    let enrol = serde_json::to_value(Enrol { code: typed, public_key, signature }).unwrap();
    let enrolled: Enrolled = send(&world, post("/api/v1/enrolments", &enrol)).await.read();
    let again: Enrolled = send(&world, post("/api/v1/enrolments", &enrol)).await.read();
    assert_eq!((enrolled.terminal, &enrolled.digest_key), (again.terminal, &again.digest_key));
    assert_eq!(enrolled.canteen, canteen);

    let call = |nonce, method: Method, path: &str, body| {
        signed(&key, enrolled.terminal, noon(), nonce, (method, path, body)).request()
    };
    let said: HelloAnswer = send(&world, call(1, Method::POST, HELLO, hello())).await.read();
    assert_eq!((said.cursors.len(), said.server_time), (0, noon().plus(1000)));
    let setup: Setup = send(&world, call(2, Method::GET, "/api/v1/terminal/setup", vec![])).await.read();
    assert_eq!(said.setup, setup.digest());
    assert_eq!((setup.policies.len(), setup.cashiers.len(), setup.prices.len()), (1, 1, 1));
    assert!(setup.calendar.covers(2026));

    let mut key_bytes = [0; 32];
    hex::decode_to_slice(&enrolled.digest_key, &mut key_bytes).unwrap();
    let path = "/api/v1/terminal/roster?after=0&page=0";
    let roster: RosterPage = send(&world, call(3, Method::GET, path, vec![])).await.read();
    assert_eq!((roster.entries.len(), roster.more, roster.version), (2, false, noon().plus(1000)));
    let entry = |id| roster.entries.iter().find(|e| e.elder.id == id).unwrap();
    assert_eq!(entry(regular).masked_name, "测**者");
    let number = ResidentId::parse(&resident_id(1)).unwrap();
    assert_eq!(entry(regular).resident_id, Some(Scan::ResidentId(number).digest(&key_bytes)));
    assert_eq!(entry(other).resident_id, None, "not a regular here");
    let cards: Vec<_> = entry(regular).cards.iter().map(|c| (c.digest, c.revoked.is_some())).collect();
    let digest = |number| Scan::Card(number).digest(&key_bytes);
    assert_eq!(cards, [(digest(card.number), true), (digest(newer.number), false)]);
    let path = "/api/v1/terminal/roster?after=9000000000000&page=0";
    let roster: RosterPage = send(&world, call(4, Method::GET, path, vec![])).await.read();
    assert_eq!(roster.entries, []);
}

async fn meals_come_back_as_usage_and_make_regulars(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let far = world.canteen("远处食堂").await;
    let there = world.terminal(far).await;
    let elder = world.elder(1, None).await;
    let office = world.office().clone();
    let sent = vec![till.start(None), till.open(), till.meal(&office, Some(elder)), till.meal(&office, Some(elder))];
    let body = serde_json::to_vec(&batch(1, &sent)).unwrap();
    let answer: BatchAnswer = send(&world, of(&till, 1, (Method::POST, RECORDS, body)).request()).await.read();
    assert!(answer.outcomes.iter().all(|o| o.outcome == Outcome::Accepted), "{answer:?}");
    assert_eq!(answer.cursor.next, 4);

    let path = "/api/v1/terminal/usage?after=0&epoch=1";
    let usage = async |till: &Till, nonce| -> UsagePage {
        send(&world, of(till, nonce, (Method::GET, path, vec![])).request()).await.read()
    };
    let mine = usage(&till, 2).await;
    assert_eq!(mine.included, [answer.cursor]);
    assert_eq!(mine.entries.len(), 1);
    assert_eq!((mine.entries[0].elder, mine.entries[0].uses.len()), (elder, 2));
    assert!(mine.entries[0].uses.iter().all(|u| u.here && u.line.amount.get() == 300));
    let theirs = usage(&there, 3).await;
    assert_eq!(theirs.included, []);
    assert!(theirs.entries[0].uses.iter().all(|u| !u.here && u.date == date("2026-03-02")));

    let void = till.void(sent[3].id);
    world.ingest(&till, 1, &[void]).await;
    assert_eq!(usage(&there, 4).await.entries[0].uses.len(), 1, "a voided meal is not used");

    world.clock.pass(1000);
    let path = format!("/api/v1/terminal/roster?after={}", noon().get() - 1000);
    let call = signed(&till.key, till.id(), noon(), 5, (Method::GET, &path, vec![]));
    let roster: RosterPage = send(&world, call.request()).await.read();
    assert_eq!(roster.entries.iter().map(|e| e.resident_id.is_some()).collect::<Vec<_>>(), [true]);
}

async fn a_signed_request_is_refused_for_a_reason(backend: Backend) {
    let (world, till) = world(backend).await;
    let good = of(&till, 1, (Method::POST, HELLO, hello()));

    for name in ["zhucan-terminal", "zhucan-time", "zhucan-nonce", "zhucan-signature"] {
        for spoilt in [None, Some("x")] {
            let mut request = good.request();
            request.headers_mut().remove(name);
            if let Some(value) = spoilt {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            send(&world, request).await.is_problem(401, "signature_missing");
        }
    }
    let mut other_path = good.clone();
    other_path.path = format!("{HELLO}?x=1");
    let mut other_body = good.clone();
    other_body.body.push(b' ');
    let mut other_time = good.clone();
    other_time.time = noon().plus(1);
    let mut other_nonce = good.clone();
    other_nonce.nonce = "f".repeat(32);
    let mut other_key = signed(&SigningKey::from_bytes(&[3; 32]), till.id(), noon(), 1, (Method::POST, HELLO, hello()));
    for spoilt in [&other_path, &other_body, &other_time, &other_nonce, &other_key] {
        send(&world, spoilt.request()).await.is_problem(401, "signature_invalid");
    }
    other_key.terminal = TerminalId::from_uuid(uuid::Uuid::from_u128(5));
    send(&world, other_key.request()).await.is_problem(401, "terminal_unknown");

    for off in [-NONCE_WINDOW_MS - 1, NONCE_WINDOW_MS + 1] {
        let early = signed(&till.key, till.id(), noon().plus(off), 2, (Method::POST, HELLO, hello()));
        send(&world, early.request()).await.is_problem(401, "clock_off");
    }
    let edge = signed(&till.key, till.id(), noon().plus(NONCE_WINDOW_MS), 3, (Method::POST, HELLO, hello()));
    let router = world.server.router();
    assert_eq!(router.clone().oneshot(edge.request()).await.unwrap().status(), 200);
    read(router.clone().oneshot(edge.request()).await.unwrap()).await.is_problem(401, "replayed");

    world.office().revoke_terminal(till.id()).await.unwrap();
    send(&world, of(&till, 4, (Method::POST, HELLO, hello())).request()).await.is_problem(403, "terminal_revoked");
}

async fn what_a_terminal_sends_is_refused_for_a_reason(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let newer = Hello { protocol: PROTOCOL + 1, software: String::new(), head: None, unsent: 0 };
    let newer = serde_json::to_vec(&newer).unwrap();
    send(&world, of(&till, 1, (Method::POST, HELLO, newer)).request()).await.is_problem(400, "protocol_unknown");

    let sent = till.start(None);
    let whole = serde_json::to_vec(&batch(1, std::slice::from_ref(&sent))).unwrap();
    let torn = whole[..whole.len() / 2].to_vec();
    send(&world, of(&till, 2, (Method::POST, RECORDS, torn)).request()).await.is_problem(400, "malformed");
    let other = br#"{"epoch":"one","records":[]}"#.to_vec();
    send(&world, of(&till, 3, (Method::POST, RECORDS, other)).request()).await.is_problem(422, "invalid");
    let many: Vec<_> = std::iter::repeat_n(sent.clone(), 201).collect();
    let many = serde_json::to_vec(&batch(1, &many)).unwrap();
    send(&world, of(&till, 4, (Method::POST, RECORDS, many)).request()).await.is_problem(422, "batch_size");
    let huge = vec![b' '; 2 * 1024 * 1024 + 1];
    send(&world, of(&till, 5, (Method::POST, RECORDS, huge)).request()).await.is_problem(413, "too_large");
    let large = vec![b' '; 64 * 1024 + 1];
    send(&world, of(&till, 6, (Method::POST, HELLO, large)).request()).await.is_problem(413, "too_large");
    let path = "/api/v1/terminal/roster?after=yesterday";
    send(&world, of(&till, 7, (Method::GET, path, vec![])).request()).await.is_problem(400, "malformed");

    // Nothing of this hurt: the record is taken.
    let answer: BatchAnswer = send(&world, of(&till, 8, (Method::POST, RECORDS, whole)).request()).await.read();
    assert_eq!(answer.outcomes[0].outcome, Outcome::Accepted);
}

fn request(method: Method, path: &str, token: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
}

fn post(path: &str, body: &Value) -> Request<Body> {
    request(Method::POST, path, None, body)
}

async fn enrolment_is_refused_for_a_reason(backend: Backend) {
    let (world, till) = world(backend).await;
    let enrol = |seed: u8, code: &str, spoil: u8| {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public_key = Digest(key.verifying_key().to_bytes());
        let mut signature = SignatureHex(key.sign(&enrolment_digest(code, &public_key).0).to_bytes());
        signature.0[0] ^= spoil;
        post("/api/v1/enrolments", &serde_json::to_value(Enrol { code: code.into(), public_key, signature }).unwrap())
    };
    let code = async || world.office().issue_enrolment_code(till.row.canteen, None).await.unwrap().code;
    send(&world, enrol(1, "00000-00000", 0)).await.is_problem(403, "code_invalid");
    let first = code().await;
    send(&world, enrol(1, &first, 1)).await.is_problem(401, "signature_invalid");
    let enrolled: Enrolled = send(&world, enrol(1, &first, 0)).await.read();
    send(&world, enrol(2, &first, 0)).await.is_problem(403, "code_invalid");
    let second = code().await;
    world.clock.pass(10 * 60 * 1000);
    send(&world, enrol(2, &second, 0)).await.is_problem(403, "code_invalid");
    world.office().revoke_terminal(enrolled.terminal).await.unwrap();
    send(&world, enrol(1, &first, 0)).await.is_problem(403, "terminal_revoked");
}

/// Adds a person and signs in.
async fn person(world: &World, name: &str, role: Role, place: &str) -> String {
    let passphrase = "correct horse 电池".to_owned();
    let canteen = None;
    let new =
        NewUser { name: name.into(), passphrase: passphrase.clone().into(), role, region: region(place), canteen };
    world.office().add_user(new).await.unwrap();
    let body = json!({"name": name, "passphrase": passphrase});
    let opened = send(world, post("/api/v1/session", &body)).await.read::<Value>();
    opened["token"].as_str().unwrap().to_owned()
}

async fn people_sign_in_and_failures_lock(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "测试管理员", Role::Administrator, "4403").await;
    let who =
        async |token: Option<&str>| send(&world, request(Method::GET, "/api/v1/session", token, &Value::Null)).await;
    assert_eq!(who(Some(&token)).await.json()["role"], "administrator");
    who(None).await.is_problem(401, "sign_in_needed");
    who(Some("0")).await.is_problem(401, "sign_in_needed");

    let wrong = json!({"name": "测试管理员", "passphrase": "wrong"});
    let nobody = json!({"name": "无此人", "passphrase": "wrong"});
    let right = json!({"name": "测试管理员", "passphrase": "correct horse 电池"});
    let one = send(&world, post("/api/v1/session", &nobody)).await.is_problem(401, "sign_in_failed");
    let other = send(&world, post("/api/v1/session", &wrong)).await.is_problem(401, "sign_in_failed");
    assert_eq!(one, other, "whether a name exists is not told");
    for _ in 0..3 {
        send(&world, post("/api/v1/session", &wrong)).await.is_problem(401, "sign_in_failed");
    }
    send(&world, post("/api/v1/session", &wrong)).await.is_problem(429, "sign_in_locked");
    send(&world, post("/api/v1/session", &right)).await.is_problem(429, "sign_in_locked");
    world.clock.pass(30_001);
    assert_eq!(send(&world, post("/api/v1/session", &right)).await.status, 201);

    let gone = send(&world, request(Method::DELETE, "/api/v1/session", Some(&token), &Value::Null)).await;
    assert_eq!(gone.status, 204);
    who(Some(&token)).await.is_problem(401, "sign_in_needed");
    let token = send(&world, post("/api/v1/session", &right)).await.json()["token"].as_str().unwrap().to_owned();
    world.clock.pass(12 * 60 * 60 * 1000);
    who(Some(&token)).await.is_problem(401, "sign_in_needed");
}

async fn rights_and_places_are_kept(backend: Backend) {
    let (world, till) = world(backend).await;
    let elder = world.elder(1, None).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let far = person(&world, "外区管理员", Role::Administrator, "440305").await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let editor = person(&world, "政策员", Role::PolicyEditor, "4403").await;
    let canteen = format!("/api/v1/canteens/{}", till.row.canteen);
    let facts = json!({"valid_from": "2026-03-10", "fact": "tags", "tags": ["discount-10"]});
    let death = json!({"valid_from": "2026-03-10", "fact": "death", "dead": true});
    let price = json!({"valid_from": "2026-04-01", "period": "lunch", "price": 1900});
    let cards = format!("/api/v1/elders/{elder}/cards");
    let elder_facts = format!("/api/v1/elders/{elder}/facts");
    let codes = format!("{canteen}/enrolment-codes");
    let revocation = format!("/api/v1/terminals/{}/revocation", till.id());
    let call = async |method: Method, path: &str, token: &str, body: &Value| {
        send(&world, request(method, path, Some(token), body)).await
    };
    let (nothing, post, get) = (Value::Null, Method::POST, Method::GET);

    call(post.clone(), &format!("{canteen}/facts"), &auditor, &facts).await.is_problem(403, "forbidden");
    call(post.clone(), &format!("{canteen}/facts"), &far, &facts).await.is_problem(403, "out_of_scope");
    assert_eq!(call(post.clone(), &format!("{canteen}/facts"), &admin, &facts).await.status, 201);
    call(post.clone(), &format!("{canteen}/prices"), &admin, &price).await.is_problem(403, "forbidden");
    assert_eq!(call(post.clone(), &format!("{canteen}/prices"), &maker, &price).await.status, 201);
    call(post.clone(), &codes, &maker, &nothing).await.is_problem(403, "forbidden");
    assert_eq!(call(post.clone(), &codes, &admin, &nothing).await.status, 201);
    call(post.clone(), &cards, &auditor, &nothing).await.is_problem(403, "forbidden");
    call(post.clone(), &cards, &far, &nothing).await.is_problem(403, "out_of_scope");
    let card = call(post.clone(), &cards, &admin, &nothing).await.json();
    assert_eq!(card["number"].as_str().map(str::len), Some(24));
    assert_eq!(call(Method::DELETE, &cards, &admin, &nothing).await.json(), json!({"revoked": 1}));
    assert_eq!(call(post.clone(), &elder_facts, &admin, &death).await.status, 201);
    let shown = call(get.clone(), &format!("/api/v1/elders/{elder}"), &auditor, &nothing).await.json();
    assert_eq!((&shown["masked_name"], shown["facts"].as_array().map(Vec::len)), (&json!("测**者"), Some(2)));
    assert!(!shown.to_string().contains(&resident_id(1)) && !shown.to_string().contains("13800000000"), "{shown}");
    call(get.clone(), "/api/v1/elders", &editor, &nothing).await.is_problem(403, "forbidden");
    assert_eq!(call(get.clone(), "/api/v1/elders", &far, &nothing).await.json(), json!([]));
    assert_eq!(
        call(get.clone(), "/api/v1/elders?page=0", &auditor, &nothing).await.json().as_array().unwrap().len(),
        1
    );
    assert_eq!(call(get.clone(), "/api/v1/canteens", &far, &nothing).await.json(), json!([]));
    let shown = call(get.clone(), &canteen, &auditor, &nothing).await.json();
    assert_eq!((shown["facts"].as_array().unwrap().len(), shown["prices"].as_array().unwrap().len()), (2, 2));
    let terminals = call(get.clone(), &format!("{canteen}/terminals"), &auditor, &nothing).await.json();
    assert_eq!(terminals[0]["fingerprint"], till.row.public_key.short());
    call(post.clone(), &revocation, &far, &nothing).await.is_problem(403, "out_of_scope");
    assert_eq!(call(post.clone(), &revocation, &admin, &nothing).await.json(), json!({"revoked": true}));

    let policy = |source: &str| json!({"file_name": "new.toml", "source": source});
    let second = crate::common::POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let elsewhere = second.replace("\"4403\"", "\"4401\"").replace("\"test\"", "\"else\"");
    call(post.clone(), "/api/v1/policies", &admin, &policy(&second)).await.is_problem(403, "forbidden");
    call(post.clone(), "/api/v1/policies", &editor, &policy("[policy]")).await.is_problem(422, "policy_refused");
    call(post.clone(), "/api/v1/policies", &editor, &policy(&elsewhere)).await.is_problem(403, "out_of_scope");
    assert_eq!(call(post.clone(), "/api/v1/policies", &editor, &policy(&second)).await.status, 201);
    call(post.clone(), "/api/v1/policies", &editor, &policy(&second)).await.is_problem(422, "policy_refused");
    let past = second.replace("version = 2", "version = 3").replace("2026-05-01", "2026-01-01");
    call(post.clone(), "/api/v1/policies", &editor, &policy(&past)).await.is_problem(422, "policy_refused");
    let listed = call(get.clone(), "/api/v1/policies", &auditor, &nothing).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["last_day"], "2026-04-30", "the next version ends it");
    let source = call(get.clone(), "/api/v1/policies/test/2", &auditor, &nothing).await;
    assert_eq!(source.body, second.as_bytes());
    call(get.clone(), "/api/v1/policies/test/9", &auditor, &nothing).await.is_problem(404, "policy_unknown");
    let calendar = call(get.clone(), "/api/v1/calendar", &auditor, &nothing).await.json();
    call(Method::PUT, "/api/v1/calendar", &admin, &calendar).await.is_problem(403, "forbidden");
    assert_eq!(call(Method::PUT, "/api/v1/calendar", &editor, &calendar).await.status, 204);
}

async fn forms_are_refused_for_a_reason(backend: Backend) {
    let (world, till) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let call = async |path: &str, body: &Value| send(&world, request(Method::POST, path, Some(&admin), body)).await;
    let elder = |n: u32| json!({"resident_id": resident_id(n), "name": "测试长者", "region": "440304"});
    let added = call("/api/v1/elders", &elder(1)).await;
    assert_eq!(added.status, 201);
    call("/api/v1/elders", &elder(1)).await.is_problem(409, "elder_exists");
    let mut wrong = elder(2);
    wrong["resident_id"] = json!("440301194601010020");
    let problem = call("/api/v1/elders", &wrong).await.is_problem(422, "invalid");
    assert!(!problem.to_string().contains("440301194601010020"), "no personal data in answers: {problem}");
    let mut unknown = elder(2);
    unknown["canteen"] = json!(uuid::Uuid::from_u128(1));
    call("/api/v1/elders", &unknown).await.is_problem(404, "canteen_unknown");
    let mut odd = elder(2);
    odd["nickname"] = json!("x");
    call("/api/v1/elders", &odd).await.is_problem(422, "invalid");
    let nobody = format!("/api/v1/elders/{}/cards", uuid::Uuid::from_u128(2));
    call(&nobody, &Value::Null).await.is_problem(404, "elder_unknown");
    call("/api/v1/elders/x/cards", &Value::Null).await.is_problem(400, "malformed");
    let nowhere = format!("/api/v1/canteens/{}/cashiers", uuid::Uuid::from_u128(3));
    let cashier = json!({"name": "甲", "pin": "1357"});
    call(&nowhere, &cashier).await.is_problem(404, "canteen_unknown");
    let here = format!("/api/v1/canteens/{}/cashiers", till.row.canteen);
    assert_eq!(call(&here, &cashier).await.status, 201);
    call(&here, &cashier).await.is_problem(409, "name_taken");
    call(&here, &json!({"name": "乙", "pin": "12"})).await.is_problem(422, "invalid");
    let canteen = |code: &str| {
        let new = new_canteen("第三食堂");
        json!({"region": new.region, "name": new.name, "operator": new.operator, "credit_code": code, "phone": new.phone,
               "bank": new.bank, "account_name": new.account_name, "account": new.account})
    };
    call("/api/v1/canteens", &canteen("91350100M000100Y44")).await.is_problem(422, "invalid");
    assert_eq!(call("/api/v1/canteens", &canteen("91350100M000100Y43")).await.status, 201);
}

async fn every_refusal_of_the_framework_is_a_problem_too(backend: Backend) {
    let (world, _) = world(backend).await;
    let plain = |method: Method, path: &str| Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    send(&world, plain(Method::GET, "/nowhere")).await.is_problem(404, "not_found");
    send(&world, plain(Method::PUT, "/api/v1/session")).await.is_problem(405, "method_not_allowed");
    send(&world, plain(Method::POST, "/api/v1/session")).await.is_problem(415, "unsupported_media_type");
    let body = |text: String| {
        let request = Request::builder().method(Method::POST).uri("/api/v1/session");
        request.header("content-type", "application/json").body(Body::from(text)).unwrap()
    };
    send(&world, body("{".into())).await.is_problem(400, "malformed");
    send(&world, body("{}".into())).await.is_problem(422, "invalid");
    send(&world, body(format!("\"{}\"", "x".repeat(64 * 1024)))).await.is_problem(413, "too_large");
    for path in ["/healthz/live", "/healthz/ready"] {
        assert_eq!(send(&world, plain(Method::GET, path)).await.json()["status"], "ok");
    }
    world.office().store.close().await;
    assert_eq!(send(&world, plain(Method::GET, "/healthz/live")).await.status, 200);
    send(&world, plain(Method::GET, "/healthz/ready")).await.is_problem(500, "internal");
}

async fn a_server_answers_over_a_socket_and_stops_when_told(backend: Backend) {
    let (world, till) = world(backend).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = world.server.clone();
    let serving = tokio::spawn(async move { server.serve(listener, async { drop(stopped.await) }).await });
    let text = tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    assert!(text.await.unwrap().starts_with("HTTP/1.1 200"));
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(world.office().revoke_terminal(till.id()).await.is_err(), "the database is closed");
    // Another process opens it again, with the same name and keys.
    let config = crate::common::config(&world.db, false);
    let again = server::Server::open(&config, world.clock.clone(), world.entropy.clone()).await.unwrap();
    assert_eq!(again.office().server_epoch, world.office().server_epoch);
    assert_eq!(again.office().book().policies.policies().count(), 1);
    // With other keys it does not.
    std::fs::remove_file(&config.keys).unwrap();
    let refused = server::Server::open(&config, world.clock.clone(), world.entropy.clone()).await;
    assert!(matches!(refused.err(), Some(server::Error::Startup(_))), "no key file");
    server::seal::Keys::generate(&*world.entropy).save(&config.keys).unwrap();
    let refused = server::Server::open(&config, world.clock.clone(), world.entropy.clone()).await;
    assert!(matches!(refused.err(), Some(server::Error::Startup(_))), "another database's key file");
}

crate::on_both! {
    a_terminal_is_let_in_and_fetches_what_it_needs
    meals_come_back_as_usage_and_make_regulars
    a_signed_request_is_refused_for_a_reason
    what_a_terminal_sends_is_refused_for_a_reason
    enrolment_is_refused_for_a_reason
    people_sign_in_and_failures_lock
    rights_and_places_are_kept
    forms_are_refused_for_a_reason
    every_refusal_of_the_framework_is_a_problem_too
    a_server_answers_over_a_socket_and_stops_when_told
}
