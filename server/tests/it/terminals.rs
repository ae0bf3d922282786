//! Terminals over HTTP: how they come and go, what the feeds stand at, what they ask for, with every refusal's code.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::ConnectInfo;
use axum::http::Method;
use domain::calendar::{UnixMs, WorkCalendar};
use domain::canteen::CanteenFactKind;
use domain::credential::{ChipNumber, ReaderDigits, ReaderFormat, Scan};
use domain::id::{CanteenId, Digest, ElderId, TerminalId};
use domain::money::Fen;
use domain::record::encoding::SignatureHex;
use domain::sync::{
    BatchAnswer, Enrol, Enrolled, Found, Hello, HelloAnswer, KnownTerminal, ListPrice, OfflineLimits, Outcome,
    PROTOCOL, RefundsDue, RosterPage, Setup, enrolment_digest,
};
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use server::admin::NewCashier;
use server::people::Role;
use server::store::elders::{self, ElderRow};
use server::store::terminals;
use support::Backend;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use crate::client::{Answered, request, send, world};
use crate::common::{Till, World, batch, config, date, noon, region, resident_id};
use crate::http::signed;
use crate::office::person;
use crate::rows::n;
use crate::unit;

const HELLO: &str = "/api/v1/terminal/hello";
const RECORDS: &str = "/api/v1/terminal/records";
const LOOKUP: &str = "/api/v1/terminal/lookup";

/// A terminal's hand on the server: each request with the time of the clock and a nonce of its own.
struct Line<'w> {
    world: &'w World,
    nonce: u32,
}

impl Line<'_> {
    async fn call(&mut self, till: &Till, method: Method, path: &str, body: Vec<u8>) -> Answered {
        self.nonce += 1;
        let call = signed(&till.key, till.id(), self.world.office().now(), self.nonce, (method, path, body));
        send(self.world, call.request()).await
    }

    async fn get<T: serde::de::DeserializeOwned>(&mut self, till: &Till, path: &str) -> T {
        self.call(till, Method::GET, path, Vec::new()).await.read()
    }

    async fn hello(&mut self, till: &Till, unsent: u64) -> Answered {
        let hello = Hello { protocol: PROTOCOL, software: "0.1.0".into(), head: None, unsent, witnesses: Vec::new() };
        self.call(till, Method::POST, HELLO, serde_json::to_vec(&hello).unwrap()).await
    }

    async fn stands(&mut self, till: &Till) -> HelloAnswer {
        self.hello(till, 0).await.read()
    }
}

fn line(world: &World) -> Line<'_> {
    Line { world, nonce: 1000 }
}

async fn an_administrator_compares_the_fingerprint(backend: Backend) {
    let (world, till) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let key = ed25519_dalek::SigningKey::from_bytes(&[6; 32]);
    let public_key = Digest(key.verifying_key().to_bytes());
    let code = world.office().issue_enrolment_code(till.row.canteen, None).await.unwrap().code;
    let row = world.office().enrol(&code, public_key, None).await.unwrap();
    let path = format!("/api/v1/terminals/{}/confirmation", row.id);
    let call = async |token: &str, path: &str, body: &Value| {
        send(&world, request(Method::POST, path, Some(token), body)).await
    };
    let right = json!({"fingerprint": domain::sync::fingerprint(&public_key).to_uppercase()});
    let wrong = json!({"fingerprint": Digest([1; 32]).short()});
    call(&auditor, &path, &right).await.is_problem(403, "forbidden");
    call(&admin, &path, &wrong).await.is_problem(409, "fingerprint_differs");
    call(&admin, &path, &Value::Null).await.is_problem(400, "malformed");
    let nobody = format!("/api/v1/terminals/{}/confirmation", uuid::Uuid::from_u128(4));
    call(&admin, &nobody, &right).await.is_problem(404, "not_found");
    let hello = Hello { protocol: PROTOCOL, software: String::new(), head: None, unsent: 0, witnesses: Vec::new() };
    let hello = || (Method::POST, HELLO, serde_json::to_vec(&hello).unwrap());
    send(&world, signed(&key, row.id, noon(), 1, hello()).request()).await.is_problem(403, "enrolment_pending");
    assert_eq!(call(&admin, &path, &right).await.json(), json!({"confirmed": true}));
    assert_eq!(call(&admin, &path, &right).await.json(), json!({"confirmed": false}));
    // The refusal used the request up as little as the refused confirmation did the terminal.
    assert_eq!(send(&world, signed(&key, row.id, noon(), 1, hello()).request()).await.status, 200);
    let listed = send(
        &world,
        request(Method::GET, &format!("/api/v1/canteens/{}/terminals", row.canteen), Some(&auditor), &Value::Null),
    );
    assert!(listed.await.json().as_array().unwrap().iter().all(|t| t["confirmed"].is_i64()));
}

async fn nothing_signed_before_the_start_is_answered(backend: Backend) {
    let (world, till) = world(backend).await;
    let config = config(&world.db, false);
    world.clock.pass(60_000);
    let again = server::Server::open(&config, world.clock.clone(), world.entropy.clone()).await.unwrap();
    let hello = Hello { protocol: PROTOCOL, software: String::new(), head: None, unsent: 0, witnesses: Vec::new() };
    let body = serde_json::to_vec(&hello).unwrap();
    let at = |time: UnixMs| signed(&till.key, till.id(), time, 7, (Method::POST, HELLO, body.clone())).request();
    let ask = async |request| crate::client::read(again.router().oneshot(request).await.unwrap()).await;
    // In time, but perhaps answered before by the process that is gone.
    let problem = ask(at(noon().plus(59_999))).await.is_problem(401, "clock_off");
    assert_eq!(problem["server_time"], noon().plus(60_000).get(), "so the terminal signs anew");
    assert_eq!(ask(at(noon().plus(60_000))).await.status, 200);
}

async fn a_terminal_goes_when_all_it_had_is_here(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let path = format!("/api/v1/terminals/{}/retirement", till.id());
    let retire = async |token: &str| send(&world, request(Method::POST, &path, Some(token), &Value::Null)).await;
    let mut line = line(&world);
    retire(&maker).await.is_problem(403, "forbidden");
    assert_eq!(line.hello(&till, 3).await.status, 200);
    retire(&admin).await.is_problem(409, "records_unsent");
    assert_eq!(line.hello(&till, 0).await.status, 200);
    let sent = [till.start(None), till.open(), till.meal(&office, None)];
    world.ingest(&till, 1, &sent[2..]).await;
    retire(&admin).await.is_problem(409, "records_unsent");
    world.ingest(&till, 1, &sent).await;
    // It may have sold since it was heard.
    world.clock.pass(5 * 60_000 + 1);
    retire(&admin).await.is_problem(409, "terminal_silent");
    assert_eq!(line.hello(&till, 0).await.status, 200);
    world.clock.pass(5 * 60_000);
    assert_eq!(retire(&admin).await.json(), json!({"retired": true}));
    assert_eq!(retire(&admin).await.json(), json!({"retired": false}));
    line.hello(&till, 0).await.is_problem(403, "terminal_revoked");
    line.call(&till, Method::GET, "/api/v1/terminal/roster?after=0", Vec::new())
        .await
        .is_problem(403, "terminal_revoked");
    // What it sold all the same is not lost.
    let late = [till.meal(&office, None)];
    let body = serde_json::to_vec(&batch(1, &late)).unwrap();
    let answer: BatchAnswer = line.call(&till, Method::POST, RECORDS, body).await.read();
    assert!(matches!(answer.outcomes[0].outcome, Outcome::Disputed { .. }), "{answer:?}");
    assert_eq!(answer.cursor.next, 4);
}

async fn a_terminal_of_before_a_restore_keeps_its_name(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office().clone();
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let public_key = Digest(key.verifying_key().to_bytes());
    let other = world.canteen("第二食堂").await;
    let code = office.issue_enrolment_code(till.row.canteen, None).await.unwrap().code;
    let lost = TerminalId::from_uuid(n(77));
    let ask = |known: Option<KnownTerminal>, signed: Option<KnownTerminal>| {
        let signature = SignatureHex(key.sign(&enrolment_digest(&code, &public_key, signed).0).to_bytes());
        let asked = serde_json::to_value(Enrol { code: code.clone(), public_key, known, signature }).unwrap();
        request(Method::POST, "/api/v1/enrolments", None, &asked)
    };
    let known = |terminal, canteen| Some(KnownTerminal { terminal, canteen });
    let mine = known(lost, till.row.canteen);
    send(&world, ask(mine, None)).await.is_problem(401, "signature_invalid");
    let elsewhere = known(lost, other);
    send(&world, ask(elsewhere, elsewhere)).await.is_problem(409, "conflict");
    let taken = known(till.id(), till.row.canteen);
    send(&world, ask(taken, taken)).await.is_problem(409, "conflict");
    let enrolled: Enrolled = send(&world, ask(mine, mine)).await.read();
    assert_eq!((enrolled.terminal, enrolled.canteen, enrolled.confirmed), (lost, till.row.canteen, false));
    assert_eq!(enrolled.digest_key, hex::encode(office.keys.terminal_digest_key(lost).as_slice()));
    let again: Enrolled = send(&world, ask(mine, mine)).await.read();
    assert_eq!(again.terminal, lost, "an answer that was lost is fetched again");
    let hello = Hello { protocol: PROTOCOL, software: String::new(), head: None, unsent: 4, witnesses: Vec::new() };
    let call = (Method::POST, HELLO, serde_json::to_vec(&hello).unwrap());
    send(&world, signed(&key, lost, noon(), 1, call).request()).await.is_problem(403, "enrolment_pending");
}

/// A unit of work that holds the writer and the audit log until it is told to go on: a list that is taken over.
async fn hold_the_writer(world: &World) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Result<(), server::Error>>) {
    let (go_on, told) = oneshot::channel();
    let (begun, is_on) = oneshot::channel();
    let store = world.office().store.clone();
    let unit = tokio::spawn(async move {
        store
            .write_audited(move |_| {
                Box::pin(async move {
                    begun.send(()).unwrap();
                    told.await.unwrap();
                    Ok(())
                })
            })
            .await
    });
    is_on.await.unwrap();
    (go_on, unit)
}

/// What answers while a unit is under way does not wait for it.
async fn soon<T>(answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(20), answer).await.unwrap()
}

async fn who_only_reads_does_not_wait_for_a_long_unit(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office().clone();
    world.elder(1, None).await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let mut line = line(&world);
    let show = async || send(&world, request(Method::GET, "/api/v1/session", Some(&auditor), &Value::Null)).await;
    let (go_on, unit) = hold_the_writer(&world).await;
    world.clock.pass(61_000);
    assert_eq!(soon(show()).await.status, 200);
    assert_eq!(soon(line.hello(&till, 3)).await.status, 200);
    let number = serde_json::to_vec(&json!({"resident_id": resident_id(1)})).unwrap();
    let found: Found = soon(line.call(&till, Method::POST, LOOKUP, number)).await.read();
    assert!(found.entry.is_some());
    // Nor does a session end because nobody could write down that it is used.
    for _ in 0..3 {
        world.clock.pass(29 * 60_000);
        assert_eq!(soon(show()).await.status, 200);
    }
    go_on.send(()).unwrap();
    unit.await.unwrap().unwrap();
    office.noted().await;
    let id = till.id();
    let row = unit!(office.store, |tx| terminals::get(tx, id).await).unwrap();
    assert_eq!((row.seen_at, row.unsent), (Some(noon().plus(61_000)), Some(3)));
    assert_eq!(unit!(office.store, |tx| terminals::lookups(tx, id).await), [(noon().business_date(), 1, 1)]);
    let used = unit!(office.store, |tx| server::sql!(tx, "SELECT MAX(used_at) FROM sessions").value::<i64>().await);
    assert_eq!(used, office.now().get());
    world.clock.pass(30 * 60_000 + 1);
    show().await.is_problem(401, "sign_in_needed");
}

async fn wrong_enrolment_codes_hold_nobody_up_but_who_tries(backend: Backend) {
    let (world, till) = world(backend).await;
    let key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let public_key = Digest(key.verifying_key().to_bytes());
    let ask = async |host: u8, code: &str| {
        let signature = SignatureHex(key.sign(&enrolment_digest(code, &public_key, None).0).to_bytes());
        let asked = serde_json::to_value(Enrol { code: code.to_owned(), public_key, known: None, signature }).unwrap();
        let mut asked = request(Method::POST, "/api/v1/enrolments", None, &asked);
        asked.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([10, 0, 0, host], 5000))));
        send(&world, asked).await
    };
    let code = world.office().issue_enrolment_code(till.row.canteen, None).await.unwrap().code;
    let (go_on, unit) = hold_the_writer(&world).await;
    for guess in 0..30 {
        soon(ask(1, &format!("AAAAA-000{guess:02}"))).await.is_problem(403, "code_invalid");
    }
    soon(ask(1, &code)).await.is_problem(429, "lookup_limit");
    soon(ask(2, "AAAAA-00000")).await.is_problem(403, "code_invalid");
    go_on.send(()).unwrap();
    unit.await.unwrap().unwrap();
    assert_eq!(ask(2, &code).await.status, 200, "others are not held up");
    world.clock.pass(10 * 60_000);
    assert_eq!(ask(1, "AAAAA-00000").await.status, 200, "the key is known by now, whatever the code");
}

async fn epochs_and_forks_over_http(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let one = person(&world, "甲管理员", Role::Administrator, "4403").await;
    let two = person(&world, "乙管理员", Role::Administrator, "4403").await;
    let far = person(&world, "外区管理员", Role::Administrator, "440305").await;
    let first = [till.start(None)];
    world.ingest(&till, 1, &first).await;
    let end = format!("/api/v1/terminals/{}/epochs/1/end", till.id());
    let call = async |token: &str, path: &str, body: &Value| {
        send(&world, request(Method::POST, path, Some(token), body)).await
    };
    let why = json!({"reason": "收银机进水"});
    let confirmation = format!("{end}/confirmation");
    call(&far, &end, &why).await.is_problem(403, "out_of_scope");
    call(&one, &end, &json!({"reason": "  "})).await.is_problem(422, "invalid");
    call(&one, &format!("/api/v1/terminals/{}/epochs/9/end", till.id()), &why).await.is_problem(404, "not_found");
    call(&two, &confirmation, &Value::Null).await.is_problem(409, "conflict");
    assert_eq!(call(&one, &end, &why).await.status, 201);
    call(&one, &confirmation, &Value::Null).await.is_problem(403, "second_person");
    let ended = call(&two, &confirmation, &Value::Null).await.json();
    assert_eq!((&ended["next"], &ended["missing"], &ended["reason"]), (&json!(1), &json!(0), &json!("收银机进水")));
    call(&one, &end, &why).await.is_problem(409, "conflict");

    (till.epoch, till.next, till.head) = (2, 0, Digest::ZERO);
    let start = [till.start(None)];
    world.ingest(&till, 2, &start).await;
    let forks =
        async |token: &str| send(&world, request(Method::GET, "/api/v1/forks", Some(token), &Value::Null)).await;
    let listed = forks(&one).await.json();
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["epoch"], &listed[0]["held"]),
        (&json!("no_head"), &json!(2), &json!(1))
    );
    assert_eq!(forks(&far).await.json(), json!([]));
    let resolution = format!("/api/v1/terminals/{}/forks/2/0/resolution", till.id());
    call(&far, &resolution, &why).await.is_problem(403, "out_of_scope");
    call(&one, &resolution, &json!({"reason": ""})).await.is_problem(422, "invalid");
    assert_eq!(call(&one, &resolution, &why).await.json(), json!({"resolved": true}));
    assert_eq!(call(&two, &resolution, &why).await.json(), json!({"resolved": false}));
    let nothing = format!("/api/v1/terminals/{}/forks/1/0/resolution", till.id());
    call(&one, &nothing, &why).await.is_problem(404, "not_found");
    assert_eq!(forks(&one).await.json()[0]["resolution"]["reason"], "收银机进水");
}

async fn a_resident_id_is_looked_up_and_never_repeated(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let elder = world.elder(1, None).await;
    let mut away = crate::common::new_elder(2, None);
    away.region = region("4401");
    office.register_elder(away, None).await.unwrap();
    let sent = [till.start(None), till.open(), till.meal(&office, Some(elder))];
    world.ingest(&till, 1, &sent).await;
    let mut line = line(&world);
    let ask = |number: &str| json!({"resident_id": number}).to_string().into_bytes();
    let found: Found = line.call(&till, Method::POST, LOOKUP, ask(&resident_id(1))).await.read();
    let entry = found.entry.unwrap();
    assert_eq!((entry.elder.id, entry.masked_name.as_str(), entry.resident_id), (elder, "测**者", None));
    assert_eq!((found.uses.len(), found.uses[0].line.amount), (1, Fen::new(300)));
    for n in [2, 3] {
        let found: Found = line.call(&till, Method::POST, LOOKUP, ask(&resident_id(n))).await.read();
        assert!(found.entry.is_none() && found.uses.is_empty(), "another city's elder, and nobody");
    }
    let bad = "440304194601010019";
    let problem = line.call(&till, Method::POST, LOOKUP, ask(bad)).await.is_problem(422, "invalid");
    assert!(!problem.to_string().contains(bad));
    let number = format!("{{\"resident_id\": {bad}}}").into_bytes();
    let problem = line.call(&till, Method::POST, LOOKUP, number).await.is_problem(400, "malformed");
    assert!(!problem.to_string().contains(bad), "{problem}");
    let path = format!("/api/v1/terminals/{}/lookups", till.id());
    let counted = send(&world, request(Method::GET, &path, Some(&auditor), &Value::Null)).await.json();
    assert_eq!(counted, json!([{"date": "2026-03-02", "asked": 3, "found": 1}]));

    // One router, as in a running server: its count goes on from request to request.
    let router = world.server.router();
    let mut last = Vec::new();
    for nonce in 0..61 {
        let call = signed(&till.key, till.id(), noon(), nonce, (Method::POST, LOOKUP, ask(&resident_id(3))));
        last.push(router.clone().oneshot(call.request()).await.unwrap());
    }
    let refused = last.pop().unwrap();
    assert!(last.iter().all(|answer| answer.status() == 200));
    assert_eq!(refused.headers()["retry-after"], "61");
    crate::client::read(refused).await.is_problem(429, "lookup_limit");
}

async fn a_physical_card_is_registered_and_revoked(backend: Backend) {
    let (world, till) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let (elder, other) = (world.elder(1, None).await, world.elder(2, None).await);
    let printed = world.office().issue_card(elder, None).await.unwrap();
    let call =
        async |method: Method, path: &str, body: &Value| send(&world, request(method, path, Some(&admin), body)).await;
    let (chips, others) = (format!("/api/v1/elders/{elder}/chips"), format!("/api/v1/elders/{other}/chips"));
    for bad in ["", "0A1B2C", "00000000", "0a1b2c3g", "0a1b2c3d4e5f60718293a4"] {
        call(Method::POST, &chips, &json!({"number": bad})).await.is_problem(422, "invalid");
    }
    let chip = call(Method::POST, &chips, &json!({"number": "0A1B2C3D"})).await;
    assert_eq!((chip.status.as_u16(), &chip.json()["tail"]), (201, &json!("2c3d")));
    call(Method::POST, &others, &json!({"number": "0a1b2c3d"})).await.is_problem(409, "card_taken");
    let nobody = format!("/api/v1/elders/{}/chips", uuid::Uuid::from_u128(3));
    call(Method::POST, &nobody, &json!({"number": "0a1b2c3e"})).await.is_problem(404, "elder_unknown");

    let key = world.office().keys.terminal_digest_key(till.id());
    let digest = Scan::Chip(ChipNumber::parse("0a1b2c3d").unwrap()).digest(&key);
    let mut line = line(&world);
    let card = async |line: &mut Line<'_>| {
        let roster: RosterPage = line.get(&till, "/api/v1/terminal/roster?after=0").await;
        let entry = roster.entries.into_iter().find(|e| e.elder.id == elder).unwrap();
        assert_eq!(entry.cards.len(), 2);
        let old = entry.cards.iter().find(|c| c.digest == Scan::Card(printed.number.clone()).digest(&key)).unwrap();
        assert!(old.revoked.is_none(), "a chip does not replace the printed card");
        entry.cards.into_iter().find(|c| c.digest == digest).unwrap()
    };
    assert_eq!(card(&mut line).await.revoked, None);
    let id = chip.json()["id"].as_str().unwrap().to_owned();
    call(Method::DELETE, &format!("{others}/{id}"), &Value::Null).await.is_problem(404, "card_unknown");
    assert_eq!(call(Method::DELETE, &format!("{chips}/{id}"), &Value::Null).await.json(), json!({"revoked": 1}));
    assert_eq!(call(Method::DELETE, &format!("{chips}/{id}"), &Value::Null).await.json(), json!({"revoked": 0}));
    assert_eq!(card(&mut line).await.revoked, Some(noon()));
}

async fn settings_reach_the_terminal(backend: Backend) {
    let (world, till) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let path = format!("/api/v1/canteens/{}/settings", till.row.canteen);
    let put = async |token: &str, body: &Value| send(&world, request(Method::PUT, &path, Some(token), body)).await;
    let mut line = line(&world);
    let before = line.stands(&till).await.setup;
    let hours = |n: i64| n * 3_600_000;
    let good = json!({"offline": {"soft_ms": hours(12), "hard_ms": hours(72)},
                      "reader": {"digits": "decimal", "reversed": true}});
    put(&auditor, &good).await.is_problem(403, "forbidden");
    for (soft, hard) in [(0, None), (hours(24), Some(hours(23))), (hours(24), Some(i64::MAX)), (-1, None)] {
        put(&admin, &json!({"offline": {"soft_ms": soft, "hard_ms": hard}})).await.is_problem(422, "invalid");
    }
    put(&admin, &json!({"reader": {"digits": "octal"}})).await.is_problem(422, "invalid");
    assert_eq!(put(&admin, &good).await.status, 200);
    let setup: Setup = line.get(&till, "/api/v1/terminal/setup").await;
    assert_eq!(setup.offline, OfflineLimits { soft_ms: hours(12), hard_ms: Some(hours(72)) });
    assert_eq!(setup.reader, Some(ReaderFormat { digits: ReaderDigits::Decimal, reversed: true }));
    assert_ne!(line.stands(&till).await.setup, before);
    let shown = send(&world, request(Method::GET, &path, Some(&auditor), &Value::Null)).await.json();
    assert_eq!(shown, good);
}

async fn each_version_moves_when_its_part_does(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let canteen = till.row.canteen;
    let mut line = line(&world);
    let mut last = line.stands(&till).await.versions;
    let mut moved = async |line: &mut Line<'_>, till: &Till| {
        let now = line.stands(till).await;
        let (a, b) = (serde_json::to_value(&last).unwrap(), serde_json::to_value(&now.versions).unwrap());
        last = now.versions;
        let changed = a.as_object().unwrap().iter().filter(|(name, value)| b[*name] != **value);
        changed.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(moved(&mut line, &till).await, Vec::<String>::new());
    world.clock.pass(1000);
    let elder = world.elder(1, None).await;
    assert_eq!(moved(&mut line, &till).await, ["roster"]);
    world.clock.pass(1000);
    office.issue_card(elder, None).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["roster"]);
    world.clock.pass(1000);
    office.revoke_cards(elder, None).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["roster"], "a revoked card is news");
    let price = ListPrice { valid_from: date("2026-04-01"), period: "lunch".parse().unwrap(), price: Fen::new(1900) };
    office.add_price(canteen, price, None).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["prices"]);
    let tags = CanteenFactKind::Tags { tags: ["x".to_owned()].into() };
    office.add_canteen_fact(canteen, date("2026-03-01"), tags, None).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["standing"]);
    let cashier = NewCashier { name: "新收银员".into(), pin: "1357".into(), supervisor: false };
    office.add_cashier(canteen, cashier, None).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["cashiers"]);
    let calendar = WorkCalendar::from_csv("date,kind,occasion\n2027-01-01,holiday,元旦").unwrap();
    office.publish_calendar(calendar).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["calendar"]);
    world.clock.pass(1000);
    let second = crate::common::POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    office.announce_policy("test.toml", &second, None).await.unwrap();
    let setup: Setup = line.get(&till, "/api/v1/terminal/setup").await;
    assert_eq!(setup.policies.len(), 2, "announced before it is in force");
    assert_eq!(moved(&mut line, &till).await, ["policies", "roster", "usage"], "it may bring elders");
    world.clock.pass(1000);
    till.at = office.now();
    let facts = till.meal_body(&office, None).meal;
    let mut sent = vec![till.start(None)];
    let young = till.meal_told(&office, facts, elder, 50);
    sent.push(till.push(domain::record::Body::Meal(Box::new(young))));
    till.at = date("2026-03-03").start().plus(1);
    sent.push(till.push(domain::record::Body::Day { through: date("2026-03-02") }));
    world.ingest(&till, 1, &sent).await;
    assert_eq!(moved(&mut line, &till).await, ["roster", "usage"], "who is served here becomes a regular");
    world.clock.set(date("2026-03-03").at_minute(600));
    server::close::close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!(moved(&mut line, &till).await, ["refunds"]);
    let refunds: RefundsDue = line.get(&till, "/api/v1/terminal/refunds").await;
    assert_eq!((refunds.refunds.len(), refunds.digest()), (1, line.stands(&till).await.versions.refunds));
}

/// A terminal's copy of the roster: each row replaces the one before.
#[derive(Default)]
struct Copy {
    rows: BTreeMap<ElderId, usize>,
    version: UnixMs,
}

impl Copy {
    /// Fetches page by page; `between` may change things after each page.
    async fn fetch(&mut self, line: &mut Line<'_>, till: &Till, mut between: impl AsyncFnMut(u32)) -> usize {
        let (mut page, mut version, mut count, mut behind) = (0, None, 0, String::new());
        loop {
            let path = format!("/api/v1/terminal/roster?after={}&page={page}{behind}", self.version.get());
            let got: RosterPage = line.get(till, &path).await;
            behind = got.entries.last().map(|last| format!("&behind={}", last.elder.id)).unwrap_or_default();
            version = version.or(Some(got.version));
            count += got.entries.len();
            self.rows.extend(got.entries.into_iter().map(|e| (e.elder.id, e.cards.len())));
            between(page).await;
            if !got.more {
                break;
            }
            page += 1;
        }
        self.version = version.unwrap();
        count
    }
}

async fn nothing_is_missed_while_pages_are_turned(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office().clone();
    // Far more than a page; what changes is registered properly, the others are rows.
    let row = |number: u128| ElderRow {
        region: region("440304"),
        changed_at: noon(),
        resident_id_digest: Digest::of("test", &[&number.to_be_bytes()]),
        ..crate::rows::elder_row(number, None)
    };
    let ids: Vec<ElderId> = (1..=1_200).map(|number| ElderId::from_uuid(n(number * 1000))).collect();
    let rows: Vec<ElderRow> = ids.iter().map(|id| row(id.uuid().as_u128())).collect();
    let (first, last, leaves) = (ids[3], ids[1_190], ids[7]);
    // Registered at the canteen from elsewhere, and soon not at all.
    let regular = world.elder(7, Some(till.row.canteen)).await;
    let lives = async |id: ElderId, region: &'static str, canteen: Option<CanteenId>| {
        let write = office.store.write(move |tx| {
            Box::pin(async move {
                let text = "UPDATE elders SET region = $2, registered_canteen = $3 WHERE id = $1";
                server::sql!(tx, text, id, region, canteen).execute().await
            })
        });
        write.await.unwrap();
    };
    lives(regular, "4401", Some(till.row.canteen)).await;
    let write = office.store.write(move |tx| {
        Box::pin(async move {
            for row in &rows {
                elders::add(tx, row).await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
    let mut line = line(&world);
    let mut copy = Copy::default();
    let scope = line.stands(&till).await.versions.scope;
    assert!(scope.is_some());
    let (clock, changing) = (world.clock.clone(), office.clone());
    let count = copy.fetch(&mut line, &till, async |page| {
        clock.pass(1000);
        if page == 0 {
            // One that was told already, one that was not, and one before all others.
            changing.issue_card(first, None).await.unwrap();
            changing.issue_card(last, None).await.unwrap();
            let early = row(5);
            let write = changing.store.write(move |tx| Box::pin(async move { elders::add(tx, &early).await }));
            write.await.unwrap();
            lives(leaves, "4401", None).await;
            lives(regular, "4401", None).await;
        }
    });
    assert!(count.await >= 1_200);
    assert_eq!(copy.rows.len(), 1_200, "all but the one that came before the page");
    assert_eq!((copy.rows[&first], copy.rows[&last]), (0, 1));
    // Interrupted: the next delta starts from where the whole one began, and repeats harmlessly.
    let mut torn = Copy { rows: BTreeMap::new(), version: copy.version };
    let told = torn.fetch(&mut line, &till, async |_| {}).await;
    for _ in 0..2 {
        copy.version = torn.version.min(copy.version);
        copy.fetch(&mut line, &till, async |_| {}).await;
        assert_eq!(copy.rows.len(), 1_201);
        assert_eq!((copy.rows[&first], copy.rows[&last]), (1, 1));
    }
    assert!(told >= 3, "{told}");
    assert_ne!(line.stands(&till).await.versions.scope, scope, "somebody left: all of it is to be fetched");
    let stands = line.stands(&till).await.versions.roster;
    world.clock.pass(2 * 60_000);
    assert_eq!(copy.fetch(&mut line, &till, async |_| {}).await, 1_200, "within the overlap it is told again");
    assert!(copy.version >= stands, "then the terminal has all there is");
    assert_eq!(copy.fetch(&mut line, &till, async |_| {}).await, 0);
}

async fn a_policy_brings_the_elders_of_its_regions(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office().clone();
    let mut away = crate::common::new_elder(2, None);
    away.region = region("4401");
    let away = office.register_elder(away, None).await.unwrap();
    let mut line = line(&world);
    let mut copy = Copy::default();
    world.clock.pass(10 * 60_000);
    copy.fetch(&mut line, &till, async |_| {}).await;
    assert_eq!(copy.rows.keys().collect::<BTreeSet<_>>(), BTreeSet::new());
    world.clock.pass(10 * 60_000);
    let before = line.stands(&till).await.versions.scope;
    let wider = crate::common::POLICY
        .replace("version = 1", "version = 2")
        .replace("2026-03-02", "2026-05-01")
        .replace("region = \"4403\"", "region = [\"4403\", \"4401\"]");
    office.announce_policy("test.toml", &wider, None).await.unwrap();
    let stands = line.stands(&till).await.versions;
    assert!(stands.roster > copy.version && stands.scope != before, "it is of other regions");
    world.clock.pass(1000);
    copy.fetch(&mut line, &till, async |_| {}).await;
    assert_eq!(copy.rows.keys().collect::<Vec<_>>(), [&away]);
}

crate::on_both! {
    an_administrator_compares_the_fingerprint
    nothing_signed_before_the_start_is_answered
    a_terminal_goes_when_all_it_had_is_here
    a_terminal_of_before_a_restore_keeps_its_name
    who_only_reads_does_not_wait_for_a_long_unit
    wrong_enrolment_codes_hold_nobody_up_but_who_tries
    epochs_and_forks_over_http
    a_resident_id_is_looked_up_and_never_repeated
    a_physical_card_is_registered_and_revoked
    settings_reach_the_terminal
    each_version_moves_when_its_part_does
    nothing_is_missed_while_pages_are_turned
    a_policy_brings_the_elders_of_its_regions
}
