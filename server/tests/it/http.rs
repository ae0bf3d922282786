//! The API as terminals see it: enrolment, records and the feeds, and every refusal with its code.

use axum::body::Body;
use axum::http::{Method, Request};
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
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{post, read, send, world};
use crate::common::{Till, batch, date, noon, resident_id};

/// What a terminal signs and sends; tests spoil parts of it.
#[derive(Clone)]
pub struct Signed {
    method: Method,
    path: String,
    body: Vec<u8>,
    terminal: TerminalId,
    time: UnixMs,
    nonce: String,
    signature: SignatureHex,
}

pub fn signed(
    key: &SigningKey,
    terminal: TerminalId,
    time: UnixMs,
    nonce: u32,
    call: (Method, &str, Vec<u8>),
) -> Signed {
    let (method, path, body) = call;
    let nonce = format!("{nonce:032x}");
    let digest = request_digest(method.as_str(), path, &body, time, &nonce);
    let signature = SignatureHex(key.sign(&digest.0).to_bytes());
    Signed { method, path: path.to_owned(), body, terminal, time, nonce, signature }
}

impl Signed {
    pub fn request(&self) -> Request<Body> {
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
    let hello = Hello { protocol: PROTOCOL, software: "0.1.0".into(), head: None, unsent: 3, witnesses: Vec::new() };
    serde_json::to_vec(&hello).unwrap()
}

const HELLO: &str = "/api/v1/terminal/hello";
const RECORDS: &str = "/api/v1/terminal/records";

async fn a_terminal_is_let_in_and_fetches_what_it_needs(backend: Backend) {
    let (world, _) = world(backend).await;
    let canteen = world.canteen("第二食堂").await;
    let regular = world.elder(1, Some(canteen)).await;
    let other = world.elder(2, None).await;
    let card = world.office().issue_card(regular, None).await.unwrap();
    world.clock.pass(1000);
    let newer = world.office().issue_card(regular, None).await.unwrap();
    assert_eq!(newer.revoked, 1);

    // Enrolment, with the code as somebody types it.
    let key = SigningKey::from_bytes(&[9; 32]);
    let public_key = Digest(key.verifying_key().to_bytes());
    let code = world.office().issue_enrolment_code(canteen, None).await.unwrap().code;
    let typed = code.to_lowercase().replace('-', " ");
    let signature = SignatureHex(key.sign(&enrolment_digest(&typed, &public_key, None).0).to_bytes());
    let enrol = serde_json::to_value(Enrol { code: typed, public_key, known: None, signature }).unwrap();
    let enrolled: Enrolled = send(&world, post("/api/v1/enrolments", &enrol)).await.read();
    let again: Enrolled = send(&world, post("/api/v1/enrolments", &enrol)).await.read();
    assert_eq!((enrolled.terminal, &enrolled.digest_key), (again.terminal, &again.digest_key));
    assert_eq!((enrolled.canteen, enrolled.confirmed, again.confirmed), (canteen, false, false));
    let waits = signed(&key, enrolled.terminal, noon(), 99, (Method::POST, HELLO, hello()));
    send(&world, waits.request()).await.is_problem(403, "enrolment_pending");
    assert!(
        world
            .office()
            .confirm_terminal(enrolled.terminal, &domain::sync::fingerprint(&public_key), None)
            .await
            .unwrap()
    );
    let again: Enrolled = send(&world, post("/api/v1/enrolments", &enrol)).await.read();
    assert!(again.confirmed);

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
        let problem = send(&world, early.request()).await.is_problem(401, "clock_off");
        assert_eq!(problem["server_time"], noon().get(), "a till with a dead battery learns the time from it");
    }
    let edge = signed(&till.key, till.id(), noon().plus(NONCE_WINDOW_MS), 3, (Method::POST, HELLO, hello()));
    let router = world.server.router();
    assert_eq!(router.clone().oneshot(edge.request()).await.unwrap().status(), 200);
    read(router.clone().oneshot(edge.request()).await.unwrap()).await.is_problem(401, "replayed");

    world.office().revoke_terminal(till.id(), None).await.unwrap();
    send(&world, of(&till, 4, (Method::POST, HELLO, hello())).request()).await.is_problem(403, "terminal_revoked");
}

async fn what_a_terminal_sends_is_refused_for_a_reason(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let newer = Hello { protocol: PROTOCOL + 1, software: String::new(), head: None, unsent: 0, witnesses: Vec::new() };
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

async fn enrolment_is_refused_for_a_reason(backend: Backend) {
    let (world, till) = world(backend).await;
    let enrol = |seed: u8, code: &str, spoil: u8| {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public_key = Digest(key.verifying_key().to_bytes());
        let mut signature = SignatureHex(key.sign(&enrolment_digest(code, &public_key, None).0).to_bytes());
        signature.0[0] ^= spoil;
        post(
            "/api/v1/enrolments",
            &serde_json::to_value(Enrol { code: code.into(), public_key, known: None, signature }).unwrap(),
        )
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
    world.office().revoke_terminal(enrolled.terminal, None).await.unwrap();
    send(&world, enrol(1, &first, 0)).await.is_problem(403, "terminal_revoked");
}

crate::on_both! {
    a_terminal_is_let_in_and_fetches_what_it_needs
    meals_come_back_as_usage_and_make_regulars
    a_signed_request_is_refused_for_a_reason
    what_a_terminal_sends_is_refused_for_a_reason
    enrolment_is_refused_for_a_reason
}
