//! The API as people at the office see it: signing in, rights, forms, and every refusal with its code.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use server::admin::NewUser;
use server::people::Role;
use support::Backend;

use crate::client::{open, post, request, second, send, world};
use crate::common::{World, new_canteen, region, resident_id};

/// Adds a person and signs in.
pub async fn person(world: &World, name: &str, role: Role, place: &str) -> String {
    let passphrase = "correct horse 电池".to_owned();
    let canteen = None;
    let new =
        NewUser { name: name.into(), passphrase: passphrase.clone().into(), role, region: region(place), canteen };
    world.office().add_user(new, None).await.unwrap();
    open(world, name, &passphrase).await
}

async fn people_sign_in_and_failures_lock(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "测试审计", Role::Auditor, "4403").await;
    let who =
        async |token: Option<&str>| send(&world, request(Method::GET, "/api/v1/session", token, &Value::Null)).await;
    assert_eq!(who(Some(&token)).await.json()["role"], "auditor");
    who(None).await.is_problem(401, "sign_in_needed");
    who(Some("0")).await.is_problem(401, "sign_in_needed");

    let wrong = json!({"name": "测试审计", "passphrase": "wrong"});
    let nobody = json!({"name": "无此人", "passphrase": "wrong"});
    let right = json!({"name": "测试审计", "passphrase": "correct horse 电池"});
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
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
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
    let made = call(post.clone(), &format!("{canteen}/prices"), &maker, &price).await.read::<Value>();
    assert_eq!(second(&world, &checker, &made).await.status, 204);
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
    assert_eq!(call(get.clone(), "/api/v1/elders", &auditor, &nothing).await.json().as_array().unwrap().len(), 1);
    assert_eq!(call(get.clone(), "/api/v1/canteens", &far, &nothing).await.json(), json!([]));
    let shown = call(get.clone(), &canteen, &auditor, &nothing).await.json();
    assert_eq!((shown["facts"].as_array().unwrap().len(), shown["prices"].as_array().unwrap().len()), (2, 2));
    let terminals = call(get.clone(), &format!("{canteen}/terminals"), &auditor, &nothing).await.json();
    assert_eq!(terminals[0]["fingerprint"], till.row.fingerprint());
    call(post.clone(), &revocation, &far, &nothing).await.is_problem(403, "out_of_scope");
    assert_eq!(call(post.clone(), &revocation, &admin, &nothing).await.json(), json!({"revoked": true}));

    let policy = |source: &str| json!({"file_name": "new.toml", "source": source});
    let next = crate::common::POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let elsewhere = next.replace("\"4403\"", "\"4401\"").replace("\"test\"", "\"else\"");
    call(post.clone(), "/api/v1/policies", &admin, &policy(&next)).await.is_problem(403, "forbidden");
    call(post.clone(), "/api/v1/policies", &editor, &policy("[policy]")).await.is_problem(422, "policy_refused");
    call(post.clone(), "/api/v1/policies", &editor, &policy(&elsewhere)).await.is_problem(403, "out_of_scope");
    let made = call(post.clone(), "/api/v1/policies", &editor, &policy(&next)).await.read::<Value>();
    assert_eq!(second(&world, &checker, &made).await.status, 204);
    call(post.clone(), "/api/v1/policies", &editor, &policy(&next)).await.is_problem(422, "policy_refused");
    let earlier = next.replace("version = 2", "version = 3").replace("2026-05-01", "2026-01-01");
    call(post.clone(), "/api/v1/policies", &editor, &policy(&earlier)).await.is_problem(422, "policy_refused");
    let listed = call(get.clone(), "/api/v1/policies", &auditor, &nothing).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["last_day"], "2026-04-30", "the next version ends it");
    let source = call(get.clone(), "/api/v1/policies/test/2", &auditor, &nothing).await;
    assert_eq!(source.body, next.as_bytes());
    call(get.clone(), "/api/v1/policies/test/9", &auditor, &nothing).await.is_problem(404, "policy_unknown");
    let calendar = call(get.clone(), "/api/v1/calendar", &auditor, &nothing).await.json();
    call(Method::PUT, "/api/v1/calendar", &admin, &calendar).await.is_problem(403, "forbidden");
    let made = call(Method::PUT, "/api/v1/calendar", &editor, &calendar).await.read::<Value>();
    second(&world, &editor, &made).await.is_problem(403, "second_person");
    assert_eq!(second(&world, &checker, &made).await.status, 204);
    let near = person(&world, "区政策员", Role::PolicyEditor, "440304").await;
    call(Method::PUT, "/api/v1/calendar", &near, &calendar).await.is_problem(403, "out_of_scope");
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
    send(&world, plain(Method::GET, "/healthz/ready")).await.is_problem(503, "database_away");
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
    assert!(world.office().revoke_terminal(till.id(), None).await.is_err(), "the database is closed");
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
    people_sign_in_and_failures_lock
    rights_and_places_are_kept
    forms_are_refused_for_a_reason
    every_refusal_of_the_framework_is_a_problem_too
    a_server_answers_over_a_socket_and_stops_when_told
}
