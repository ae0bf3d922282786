//! How people sign in: one-time passphrases, second factors, ends of sessions, the way back, cookies, step-up.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use domain::calendar::UnixMs;
use domain::id::Digest;
use serde_json::{Value, json};
use server::admin::{NewPerson, NewUser};
use server::people::Role;
use server::store::audit::{self, Filter};
use server::store::{people, sign_in};
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{Answered, code_of, open, post, read, request, second, send, take_up_totp, world};
use crate::common::{World, region};
use crate::office::person;
use crate::rows::append_only;
use crate::unit;

const MINUTE: i64 = 60_000;
const PASSPHRASE: &str = "correct horse 电池";

async fn call(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Answered {
    send(world, request(method, path, Some(token), body)).await
}

async fn ask(world: &World, body: &Value) -> Answered {
    send(world, post("/api/v1/session", body)).await
}

async fn who(world: &World, token: &str) -> Answered {
    call(world, Method::GET, "/api/v1/session", token, &Value::Null).await
}

async fn a_one_time_passphrase_lets_in_once_and_only_to_change_it(backend: Backend) {
    let (world, _) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let new = NewPerson { name: "新经办".into(), role: Role::FinanceMaker, region: region("440304"), canteen: None };
    let (_, once) = world.office().invite(new, None).await.unwrap();
    let once = once.as_str().to_owned();
    let opened = ask(&world, &json!({"name": "新经办", "passphrase": once})).await.read::<Value>();
    let token = opened["token"].as_str().unwrap();
    assert_eq!(opened["must"], json!(["passphrase", "totp"]));
    // Nothing else is possible before that.
    call(&world, Method::GET, "/api/v1/canteens", token, &Value::Null).await.is_problem(403, "setup_needed");
    call(&world, Method::POST, "/api/v1/session/totp", token, &Value::Null).await.is_problem(403, "setup_needed");
    let proof = json!({"passphrase": once});
    call(&world, Method::POST, "/api/v1/session/step-up", token, &proof).await.is_problem(403, "setup_needed");
    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    let path = "/api/v1/session/passphrase";
    call(&world, Method::POST, path, token, &change("wrong", PASSPHRASE)).await.is_problem(401, "sign_in_failed");
    call(&world, Method::POST, path, token, &change(&once, "short")).await.is_problem(422, "invalid");
    call(&world, Method::POST, path, token, &change(&once, &once)).await.is_problem(422, "invalid");
    assert_eq!(call(&world, Method::POST, path, token, &change(&once, PASSPHRASE)).await.status, 204);
    call(&world, Method::GET, "/api/v1/canteens", token, &Value::Null).await.is_problem(403, "setup_needed");
    take_up_totp(&world, token).await;
    assert_eq!(call(&world, Method::GET, "/api/v1/canteens", token, &Value::Null).await.status, 200);
    ask(&world, &json!({"name": "新经办", "passphrase": once})).await.is_problem(401, "sign_in_failed");
    // The list names whoever is inside the administrator's region, without secrets.
    let listed = call(&world, Method::GET, "/api/v1/people", &admin, &Value::Null).await;
    let text = String::from_utf8(listed.body.clone()).unwrap();
    assert_eq!(listed.json().as_array().unwrap().len(), 2);
    assert!(!text.contains("argon2") && !text.contains("totp\""), "{text}");
}

async fn the_second_factor_is_asked_for_and_each_code_is_good_once(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "经办", Role::FinanceMaker, "4403").await;
    let right = |code: &str| json!({"name": "经办", "passphrase": PASSPHRASE, "code": code});
    let bare = json!({"name": "经办", "passphrase": PASSPHRASE});
    ask(&world, &bare).await.is_problem(401, "code_needed");
    let wrong = json!({"name": "经办", "passphrase": "wrong"});
    ask(&world, &wrong).await.is_problem(401, "sign_in_failed");
    let code = code_of(&world, "经办").await.unwrap();
    assert_eq!(ask(&world, &right(&code)).await.status, 201);
    ask(&world, &right(&code)).await.is_problem(401, "sign_in_failed");
    ask(&world, &right("000000")).await.is_problem(401, "sign_in_failed");
    world.clock.pass(MINUTE);
    // Two who show the same code at the same time: one is let in.
    let code = right(&code_of(&world, "经办").await.unwrap());
    let both = tokio::join!(ask(&world, &code), ask(&world, &code));
    let mut status = [both.0.status.as_u16(), both.1.status.as_u16()];
    status.sort_unstable();
    assert_eq!(status, [201, 401]);
    // Wrong codes lock like wrong passphrases.
    world.clock.pass(MINUTE);
    assert_eq!(ask(&world, &right(&code_of(&world, "经办").await.unwrap())).await.status, 201);
    world.clock.pass(MINUTE);
    for _ in 0..4 {
        ask(&world, &right("999999")).await.is_problem(401, "sign_in_failed");
    }
    ask(&world, &right("999999")).await.is_problem(429, "sign_in_locked");
    let good = code_of(&world, "经办").await.unwrap();
    ask(&world, &right(&good)).await.is_problem(429, "sign_in_locked");
}

async fn recovery_codes_are_good_once(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let begin = "/api/v1/session/totp";
    call(&world, Method::POST, begin, &token, &Value::Null).await.is_problem(403, "step_up_needed");
    world.clock.pass(MINUTE);
    let proof = json!({"passphrase": PASSPHRASE, "code": code_of(&world, "复核").await});
    assert_eq!(call(&world, Method::POST, "/api/v1/session/step-up", &token, &proof).await.status, 200);
    let elsewhere = open(&world, "复核", PASSPHRASE).await;
    // Beginning changes nothing: the old one is good until a code of the new one was shown.
    world.clock.pass(MINUTE);
    assert_eq!(call(&world, Method::POST, begin, &token, &Value::Null).await.status, 200);
    open(&world, "复核", PASSPHRASE).await;
    world.clock.pass(MINUTE);
    let codes = take_up_totp(&world, &token).await;
    assert_eq!(codes.len(), 8);
    who(&world, &elsewhere).await.is_problem(401, "sign_in_needed");
    let with = |code: &str| json!({"name": "复核", "passphrase": PASSPHRASE, "code": code});
    assert_eq!(ask(&world, &with(&codes[0].to_lowercase())).await.status, 201);
    ask(&world, &with(&codes[0])).await.is_problem(401, "sign_in_failed");
    assert_eq!(ask(&world, &with(&codes[1].replace('-', " "))).await.status, 201);
    let confirmation = "/api/v1/session/totp/confirmation";
    let again = json!({"code": "123456"});
    call(&world, Method::POST, confirmation, &token, &again).await.is_problem(409, "conflict");
}

async fn sessions_end_by_lying_still_and_after_half_a_day(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "审计", Role::Auditor, "4403").await;
    world.clock.pass(29 * MINUTE);
    assert_eq!(who(&world, &token).await.status, 200, "used: counted anew");
    world.clock.pass(29 * MINUTE);
    assert_eq!(who(&world, &token).await.status, 200);
    world.clock.pass(31 * MINUTE);
    who(&world, &token).await.is_problem(401, "sign_in_needed");
    let token = open(&world, "审计", PASSPHRASE).await;
    for _ in 0..25 {
        world.clock.pass(28 * MINUTE);
        assert_eq!(who(&world, &token).await.status, 200);
    }
    world.clock.pass(20 * MINUTE);
    who(&world, &token).await.is_problem(401, "sign_in_needed");
}

async fn another_passphrase_ends_other_sessions(backend: Backend) {
    let (world, _) = world(backend).await;
    let (here, there) = (person(&world, "审计", Role::Auditor, "4403").await, open(&world, "审计", PASSPHRASE).await);
    let change = json!({"old": PASSPHRASE, "new": "another 口令 entirely"});
    assert_eq!(call(&world, Method::POST, "/api/v1/session/passphrase", &here, &change).await.status, 204);
    assert_eq!(who(&world, &here).await.status, 200);
    who(&world, &there).await.is_problem(401, "sign_in_needed");
    ask(&world, &json!({"name": "审计", "passphrase": PASSPHRASE})).await.is_problem(401, "sign_in_failed");
    open(&world, "审计", "another 口令 entirely").await;
}

async fn an_administrator_gives_the_way_back(backend: Backend) {
    let (world, _) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let far = person(&world, "外区管理员", Role::Administrator, "4401").await;
    let token = person(&world, "经办", Role::FinanceMaker, "440304").await;
    let find = |name: &'static str| {
        unit_of(&world, move |tx| Box::pin(async move { server::store::people::by_name(tx, name).await }))
    };
    let id = find("经办").await.unwrap().id;
    for _ in 0..5 {
        ask(&world, &json!({"name": "经办", "passphrase": "wrong"})).await;
    }
    let right = json!({"name": "经办", "passphrase": PASSPHRASE});
    ask(&world, &right).await.is_problem(429, "sign_in_locked");
    let reset = format!("/api/v1/people/{id}/reset");
    call(&world, Method::POST, &reset, &far, &Value::Null).await.is_problem(403, "out_of_scope");
    call(&world, Method::POST, &reset, &token, &Value::Null).await.is_problem(403, "forbidden");
    let other = person(&world, "另一管理员", Role::Administrator, "4403").await;
    let made = call(&world, Method::POST, &reset, &admin, &Value::Null).await;
    assert_eq!(made.status, 202);
    assert_eq!(who(&world, &token).await.status, 200, "not yet");
    let given = second(&world, &other, &made.json()).await.read::<Value>();
    let once = given["one_time_passphrase"].as_str().unwrap();
    who(&world, &token).await.is_problem(401, "sign_in_needed");
    ask(&world, &right).await.is_problem(401, "sign_in_failed");
    let opened = ask(&world, &json!({"name": "经办", "passphrase": once})).await.read::<Value>();
    assert_eq!(opened["must"], json!(["passphrase", "totp"]), "the second factor is taken up anew");
    // Not for oneself, and not for who has left.
    let own = find("管理员").await.unwrap().id;
    let own = format!("/api/v1/people/{own}/reset");
    call(&world, Method::POST, &own, &admin, &Value::Null).await.is_problem(403, "second_person");
    let departure = format!("/api/v1/people/{id}/departure");
    assert_eq!(call(&world, Method::POST, &departure, &admin, &Value::Null).await.json(), json!({"left": true}));
    call(&world, Method::POST, &reset, &admin, &Value::Null).await.is_problem(409, "conflict");
    ask(&world, &json!({"name": "经办", "passphrase": once})).await.is_problem(401, "sign_in_failed");
    let filter = Filter { object: Some(format!("user:{id}")), ..Filter::default() };
    let store = &world.office().store;
    let done: Vec<String> =
        unit!(store, |tx| audit::find(tx, &filter, 20).await).into_iter().map(|e| e.action).collect();
    for action in [
        "person.add",
        "session.open",
        "session.lock",
        "session.totp",
        "session.totp_begin",
        "person.reset",
        "person.leave",
    ] {
        assert!(done.iter().any(|known| known == action), "{action} is not entered: {done:?}");
    }
}

async fn unit_of<T, F>(world: &World, work: F) -> T
where
    F: for<'t> FnOnce(&'t mut server::store::Tx) -> server::store::BoxFuture<'t, Result<T, server::Error>>
        + Send
        + 'static,
    T: Send + 'static,
{
    world.office().store.read(work).await.unwrap()
}

async fn what_was_locked_at_the_computer_is_opened_there_alone(backend: Backend) {
    let (world, _) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let token = person(&world, "审计", Role::Auditor, "4403").await;
    let office = world.office();
    let id = office.account("审计").await.unwrap().id;
    office.lock_account(id).await.unwrap();
    who(&world, &token).await.is_problem(401, "sign_in_needed");

    let reset = format!("/api/v1/people/{id}/reset");
    let refused = call(&world, Method::POST, &reset, &admin, &Value::Null).await;
    assert!(refused.is_problem(409, "conflict")["detail"].as_str().unwrap().contains("zhucan user unlock"));
    let right = json!({"name": "审计", "passphrase": PASSPHRASE});
    ask(&world, &right).await.is_problem(429, "sign_in_locked");

    office.unlock_account(id).await.unwrap();
    assert_eq!(ask(&world, &right).await.status, 201, "the passphrase is still the person's own");
    assert_eq!(call(&world, Method::POST, &reset, &admin, &Value::Null).await.status, 200);
}

async fn money_wants_proof_of_the_last_minutes(backend: Backend) {
    let (world, _) = world(backend).await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let approve = "/api/v1/months/440304/2026-03/approve";
    let body = json!({"digest": "0".repeat(64)});
    // The right is asked for first, then the proof, then the state of things.
    call(&world, Method::POST, approve, &maker, &body).await.is_problem(403, "forbidden");
    call(&world, Method::POST, approve, &checker, &body).await.is_problem(403, "step_up_needed");
    world.clock.pass(MINUTE);
    let step_up = "/api/v1/session/step-up";
    let wrong = json!({"passphrase": "wrong", "code": code_of(&world, "复核").await});
    call(&world, Method::POST, step_up, &checker, &wrong).await.is_problem(401, "sign_in_failed");
    let bare = json!({"passphrase": PASSPHRASE});
    call(&world, Method::POST, step_up, &checker, &bare).await.is_problem(401, "code_needed");
    let proof = json!({"passphrase": PASSPHRASE, "code": code_of(&world, "复核").await});
    let until = call(&world, Method::POST, step_up, &checker, &proof).await.read::<Value>()["until"].as_i64().unwrap();
    assert_eq!(until, world.office().now().get() + 5 * MINUTE);
    call(&world, Method::POST, approve, &checker, &body).await.is_problem(409, "conflict");
    let elsewhere = open(&world, "复核", PASSPHRASE).await;
    call(&world, Method::POST, approve, &elsewhere, &body).await.is_problem(403, "step_up_needed");
    world.clock.pass(5 * MINUTE);
    call(&world, Method::POST, approve, &checker, &body).await.is_problem(403, "step_up_needed");
}

fn with_cookie(method: Method, path: &str, cookie: &str, more: &[(&str, &str)], body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "office.example");
    request = request.header("content-type", "application/json").header("cookie", cookie);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
}

async fn cookies_change_nothing_for_other_pages(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let body = json!({"name": "审计", "passphrase": PASSPHRASE, "cookie": true});
    let response = world.server.router().oneshot(post("/api/v1/session", &body)).await.unwrap();
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let opened = read(response).await.read::<Value>();
    assert_eq!(opened["token"], Value::Null, "a page has no use for the token");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "this office is reached by http: {set}");
    let cookie = format!("other=1; {}", set.split(';').next().unwrap());
    let csrf = opened["csrf"].as_str().unwrap();
    let path = "/api/v1/session/passphrase";
    let change = json!({"old": "wrong", "new": "another 口令 entirely"});
    let say = async |more: &[(&str, &str)]| send(&world, with_cookie(Method::POST, path, &cookie, more, &change)).await;
    assert_eq!(send(&world, with_cookie(Method::GET, "/api/v1/session", &cookie, &[], &Value::Null)).await.status, 200);
    say(&[]).await.is_problem(403, "foreign_form");
    say(&[("zhucan-csrf", "0")]).await.is_problem(403, "foreign_form");
    let (own, from) = (("zhucan-csrf", csrf), |origin| ("origin", origin));
    say(&[own, from("https://evil.example")]).await.is_problem(403, "foreign_form");
    say(&[own, from("null")]).await.is_problem(403, "foreign_form");
    say(&[own, ("sec-fetch-site", "cross-site")]).await.is_problem(403, "foreign_form");
    say(&[own, from("http://office.example"), ("sec-fetch-site", "same-origin")])
        .await
        .is_problem(401, "sign_in_failed");
    say(&[own]).await.is_problem(401, "sign_in_failed");
    // A token says more than a cookie: programs are not asked.
    let token = open(&world, "审计", PASSPHRASE).await;
    call(&world, Method::POST, path, &token, &change).await.is_problem(401, "sign_in_failed");
    let out = with_cookie(Method::DELETE, "/api/v1/session", &cookie, &[own], &Value::Null);
    let response = world.server.router().oneshot(out).await.unwrap();
    assert!(response.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let after = with_cookie(Method::GET, "/api/v1/session", &cookie, &[], &Value::Null);
    send(&world, after).await.is_problem(401, "sign_in_needed");
}

async fn an_address_that_guesses_is_held_up(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let from = async |host: u8, name: &str, passphrase: &str| {
        let mut request = post("/api/v1/session", &json!({"name": name, "passphrase": passphrase}));
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([10, 0, 0, host], 5000))));
        send(&world, request).await
    };
    for guess in 0..30 {
        from(1, &format!("猜测{guess}"), "wrong").await.is_problem(401, "sign_in_failed");
    }
    from(1, "审计", PASSPHRASE).await.is_problem(429, "sign_in_locked");
    assert_eq!(from(2, "审计", PASSPHRASE).await.status, 201, "others are not");
    world.clock.pass(10 * MINUTE);
    assert_eq!(from(1, "审计", PASSPHRASE).await.status, 201);
}

/// Tries that came from an address, with or without a browser's cookies.
async fn try_from(world: &World, host: [u8; 4], body: &Value, cookie: Option<&str>) -> (Answered, Vec<String>) {
    let mut request = post("/api/v1/session", body);
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from((host, 5000))));
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    let response = world.server.router().oneshot(request).await.unwrap();
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let set = set.map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    (read(response).await, set)
}

fn device_of(set: &[String]) -> String {
    set.iter().find(|line| line.starts_with("zhucan_device=")).unwrap_or_else(|| panic!("{set:?}")).clone()
}

/// Whoever guesses is slowed; the person in whose name it is guessed signs in, in a browser of old and from an address of
/// old.
async fn guesses_from_elsewhere_hold_up_nobody_who_has_signed_in_before(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let right = json!({"name": "审计", "passphrase": PASSPHRASE});
    let browser = json!({"name": "审计", "passphrase": PASSPHRASE, "cookie": true});
    let wrong = json!({"name": "审计", "passphrase": "wrong"});
    let (desk, program, attacker) = ([10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 0, 9]);
    let (opened, set) = try_from(&world, desk, &browser, None).await;
    assert_eq!(opened.status, 201);
    let device = device_of(&set);
    assert_eq!(try_from(&world, program, &right, None).await.0.status, 201);
    let kept = unit!(world.office().store, |tx| {
        server::sql!(tx, "SELECT hash FROM known_devices").values::<Vec<u8>>().await
    });
    assert!(kept.iter().all(|hash| hex::encode(hash) != device.split_once('=').unwrap().1), "kept as digests");

    for _ in 0..4 {
        try_from(&world, attacker, &wrong, None).await.0.is_problem(401, "sign_in_failed");
    }
    for _ in 0..3 {
        let refused = try_from(&world, attacker, &wrong, None).await.0;
        refused.is_problem(429, "sign_in_locked");
        world.clock.pass(60_000);
    }
    // The person is not asked to wait: neither in the own browser, wherever it is, nor where a program signs in.
    assert_eq!(try_from(&world, attacker, &browser, Some(&device)).await.0.status, 201, "next to who guesses");
    assert_eq!(try_from(&world, program, &right, None).await.0.status, 201);
    // A made-up cookie, and another person's, say nothing.
    let made_up = format!("zhucan_device={}", "ab".repeat(32));
    person(&world, "另一审计", Role::Auditor, "4403").await;
    let other = json!({"name": "另一审计", "passphrase": PASSPHRASE, "cookie": true});
    let others = device_of(&try_from(&world, [10, 0, 0, 7], &other, None).await.1);
    for cookie in [&made_up, &others] {
        for _ in 0..2 {
            try_from(&world, attacker, &wrong, Some(cookie)).await;
        }
        try_from(&world, attacker, &right, Some(cookie)).await.0.is_problem(429, "sign_in_locked");
    }
    // Two at one desk keep one cookie.
    let shared = device_of(&try_from(&world, desk, &other, Some(&device)).await.1);
    assert_eq!(shared, device);
    // Guessing in the person's own browser is counted there, and elsewhere nobody waits for it.
    for _ in 0..5 {
        try_from(&world, desk, &wrong, Some(&device)).await;
    }
    try_from(&world, desk, &right, Some(&device)).await.0.is_problem(429, "sign_in_locked");
    assert_eq!(try_from(&world, program, &right, None).await.0.status, 201);
    assert_eq!(try_from(&world, desk, &other, Some(&device)).await.0.status, 201);
}

/// The clerks of an office stand behind one address.
const CLERKS: usize = 40;
const OFFICE: [u8; 4] = [10, 9, 0, 1];

fn clerk(number: usize) -> String {
    format!("经办{number:02}")
}

async fn clerks(world: &World) {
    for number in 0..CLERKS {
        let (name, passphrase) = (clerk(number), PASSPHRASE.to_owned().into());
        let new = NewUser { name, passphrase, role: Role::Auditor, region: region("4403"), canteen: None };
        world.office().add_user(new, None).await.unwrap();
    }
}

/// A try of a clerk, who keeps no cookie; or of somebody who says to be one.
async fn try_as(world: &World, name: &str, passphrase: &str) -> Answered {
    try_from(world, OFFICE, &json!({"name": name, "passphrase": passphrase}), None).await.0
}

/// Eight o'clock at an office of forty with one address: everybody mistypes twice, nobody is held up. Not on the first
/// day, when nobody has signed in before and they come one after another; and not later, when all mistype before
/// anybody is in.
async fn an_office_behind_one_address_mistypes_and_signs_in(backend: Backend) {
    let (world, _) = world(backend).await;
    clerks(&world).await;
    let mistype = async |number: usize| {
        for wrong in ["wrong", "wrong again"] {
            try_as(&world, &clerk(number), wrong).await.is_problem(401, "sign_in_failed");
        }
    };
    for number in 0..CLERKS {
        mistype(number).await;
        assert_eq!(try_as(&world, &clerk(number), PASSPHRASE).await.status, 201, "clerk {number}");
    }
    world.clock.pass(24 * 60 * MINUTE);
    for number in 0..CLERKS {
        mistype(number).await;
    }
    for number in 0..CLERKS {
        assert_eq!(try_as(&world, &clerk(number), PASSPHRASE).await.status, 201, "clerk {number}");
    }
}

/// Somebody at that very address with a list of passphrases is slowed: by name, whoever is tried, and over all names by a
/// bound that is no other for names that nobody has. An account of one's own gives no new start, and a clerk in a browser
/// of old signs in all the while.
async fn a_list_of_passphrases_behind_an_offices_address_is_slowed(backend: Backend) {
    let (world, _) = world(backend).await;
    clerks(&world).await;
    for number in 1..CLERKS {
        assert_eq!(try_as(&world, &clerk(number), PASSPHRASE).await.status, 201);
    }
    let at_work = json!({"name": clerk(0), "passphrase": PASSPHRASE, "cookie": true});
    let (opened, set) = try_from(&world, OFFICE, &at_work, None).await;
    assert_eq!(opened.status, 201);
    let device = device_of(&set);
    let mut tried = 0;
    for guess in 0..5 {
        for number in 0..30 {
            let answer = try_as(&world, &clerk(number), &format!("guess {guess}")).await;
            if answer.status == 401 {
                tried += 1;
            } else {
                answer.is_problem(429, "sign_in_locked");
            }
        }
        // The one who guesses has an account too.
        assert_eq!(try_as(&world, &clerk(39), PASSPHRASE).await.status, 201);
    }
    assert_eq!(tried, 30 * 4, "four a name, and then half a minute");
    for unknown in 0..100 {
        let answer = try_as(&world, &format!("没有这个人{unknown}"), "guess").await;
        if answer.status == 401 {
            tried += 1;
        }
    }
    assert_eq!(tried, 30 + 4 * CLERKS, "over all names, in ten minutes");
    for name in [clerk(38), "没有这个人".to_owned()] {
        try_as(&world, &name, PASSPHRASE).await.is_problem(429, "sign_in_locked");
    }
    assert_eq!(try_from(&world, OFFICE, &at_work, Some(&device)).await.0.status, 201, "in the own browser");
    world.clock.pass(10 * MINUTE);
    assert_eq!(try_as(&world, &clerk(38), PASSPHRASE).await.status, 201);
}

async fn many_addresses_make_no_guess_cheaper(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let right = json!({"name": "审计", "passphrase": PASSPHRASE});
    let wrong = json!({"name": "审计", "passphrase": "wrong"});
    assert_eq!(try_from(&world, [10, 0, 0, 1], &right, None).await.0.status, 201);
    for guess in 0..=100_u8 {
        let refused = try_from(&world, [10, 1, guess, 1], &wrong, None).await.0;
        assert_eq!(refused.status, if guess < 100 { 401 } else { 429 }, "{guess}");
    }
    try_from(&world, [10, 2, 0, 1], &wrong, None).await.0.is_problem(429, "sign_in_locked");
    assert_eq!(try_from(&world, [10, 0, 0, 1], &right, None).await.0.status, 201, "an address of old");
    world.clock.pass(30_001);
    assert_eq!(try_from(&world, [10, 2, 0, 1], &right, None).await.0.status, 201, "a new one, after a while");
    // The way back opens all of it at once.
    let id = world.office().account("审计").await.unwrap().id;
    for guess in 0..10_u8 {
        try_from(&world, [10, 3, 0, guess], &wrong, None).await;
    }
    try_from(&world, [10, 4, 0, 1], &right, None).await.0.is_problem(429, "sign_in_locked");
    world.office().unlock_account(id).await.unwrap();
    assert_eq!(try_from(&world, [10, 4, 0, 1], &right, None).await.0.status, 201);
}

async fn a_name_that_nobody_has_is_answered_as_one_that_somebody_has(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let gone = person(&world, "离开的人", Role::Auditor, "4403").await;
    drop(gone);
    let left = world.office().account("离开的人").await.unwrap().id;
    world.office().leave(left, None).await.unwrap();
    let locked = world.office().add_user(
        server::admin::NewUser {
            name: "锁住的人".into(),
            passphrase: PASSPHRASE.to_owned().into(),
            role: Role::Auditor,
            region: region("4403"),
            canteen: None,
        },
        None,
    );
    world.office().lock_account(locked.await.unwrap()).await.unwrap();
    let store = &world.office().store;
    let mut told = Vec::new();
    for (host, name) in [(1, "审计"), (2, "无此人"), (3, "离开的人"), (4, "锁住的人")] {
        let wrong = json!({"name": name, "passphrase": "wrong"});
        let before = unit!(store, |tx| audit::head(tx).await).unwrap().sequence;
        let mut answers = Vec::new();
        for _ in 0..9 {
            let answer = try_from(&world, [10, 0, 0, host], &wrong, None).await.0;
            answers.push((answer.status.as_u16(), String::from_utf8(answer.body).unwrap()));
            world.clock.pass(10_000);
        }
        let entered = unit!(store, |tx| audit::head(tx).await).unwrap().sequence - before;
        told.push((answers, entered));
    }
    assert!(told[0].0.iter().any(|(status, _)| *status == 429) && told[0].1 > 1, "{:?}", told[0]);
    for other in &told[1..] {
        assert_eq!(*other, told[0]);
    }
    // What somebody typed as a name may be a passphrase: it is kept nowhere.
    let filter = Filter { action: Some("session.lock".into()), ..Filter::default() };
    let entries = unit!(store, |tx| audit::find(tx, &filter, 99).await);
    assert!(entries.iter().any(|entry| entry.object == "user:unknown"), "{entries:?}");
    let rows = unit!(store, |tx| {
        server::sql!(tx, "SELECT bucket FROM sign_in_tries WHERE person IS NULL").values::<Vec<u8>>().await
    });
    assert!(!rows.is_empty() && rows.iter().all(|bucket| bucket.len() == 32));
}

async fn tries_and_devices_are_kept(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计", Role::Auditor, "4403").await;
    let id = world.office().account("审计").await.unwrap().id;
    let store = &world.office().store;
    unit!(store, |tx| sign_in::forget_devices(tx, id).await);
    let (one, other) = (Digest([1; 32]), Digest([2; 32]));
    let ms = UnixMs::new;
    assert_eq!(unit!(store, |tx| sign_in::locked_until(tx, one).await), None);
    assert_eq!(unit!(store, |tx| sign_in::count(tx, one, Some(id), ms(0), ms(10)).await), 1);
    assert_eq!(unit!(store, |tx| sign_in::count(tx, one, Some(id), ms(10), ms(20)).await), 2);
    assert_eq!(unit!(store, |tx| sign_in::count(tx, one, Some(id), ms(21), ms(30)).await), 1, "what is old is over");
    assert_eq!(unit!(store, |tx| sign_in::count(tx, other, None, ms(0), ms(40)).await), 1);
    unit!(store, |tx| sign_in::lock(tx, one, ms(99)).await);
    assert_eq!(unit!(store, |tx| sign_in::locked_until(tx, one).await), Some(ms(99)));
    assert_eq!(unit!(store, |tx| sign_in::sweep(tx, ms(50)).await), 1, "not what is locked");
    unit!(store, |tx| sign_in::forget(tx, one).await);
    assert_eq!(unit!(store, |tx| sign_in::locked_until(tx, one).await), None);
    unit!(store, |tx| sign_in::count(tx, one, Some(id), ms(0), ms(10)).await);
    unit!(store, |tx| sign_in::forget_person(tx, id).await);
    assert_eq!(unit!(store, |tx| sign_in::locked_until(tx, one).await), None);
    unit!(store, |tx| sign_in::know(tx, one, id, ms(10)).await);
    unit!(store, |tx| sign_in::know(tx, one, id, ms(20)).await);
    assert_eq!(unit!(store, |tx| sign_in::known(tx, one, ms(20)).await), [id]);
    assert_eq!(unit!(store, |tx| sign_in::known(tx, one, ms(21)).await), []);
    unit!(store, |tx| sign_in::know(tx, other, id, ms(30)).await);
    unit!(store, |tx| sign_in::sweep_devices(tx, id, ms(25)).await);
    assert_eq!(unit!(store, |tx| sign_in::known(tx, one, ms(0)).await), []);
    unit!(store, |tx| sign_in::forget_devices(tx, id).await);
    assert_eq!(unit!(store, |tx| sign_in::known(tx, other, ms(0)).await), []);
}

async fn reasons_of_locks_are_kept(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "管理员", Role::Administrator, "4403").await;
    person(&world, "审计", Role::Auditor, "440304").await;
    let (office, store) = (world.office(), &world.office().store);
    let (by, id) = (office.account("管理员").await.unwrap().id, office.account("审计").await.unwrap().id);
    let note = |number: u128, act: &str, at: i64| people::ReasonRow {
        id: uuid::Uuid::from_u128(number),
        person: id,
        act: act.into(),
        reason: format!("理由{number}"),
        at: UnixMs::new(at),
        made_by: by,
    };
    // In one instant, and by a clock that was set back: the last that was noted is the last.
    for (number, act, at) in [(9, "lock", 50), (5, "unlock", 50), (1, "lock", 20)] {
        let row = note(number, act, at);
        unit!(store, |tx| people::note_reason(tx, &row).await);
    }
    let last = unit!(store, |tx| people::last_reasons(tx, &region("4403")).await);
    assert_eq!(last, [note(1, "lock", 52)]);
    assert_eq!(unit!(store, |tx| people::last_reasons(tx, &region("4401")).await), []);
    append_only(store, "account_reasons").await;
}

async fn a_demonstration_is_marked_and_only_ever_made_of_nothing(backend: Backend) {
    let made_up = World::new(backend).await;
    assert!(!made_up.office().is_demo());
    made_up.office().mark_demo().await.unwrap();
    let token = person(&made_up, "经办", Role::FinanceMaker, "4403").await;
    assert_eq!(who(&made_up, &token).await.json()["must"], json!([]), "no second factor");
    made_up.clock.pass(6 * 60 * MINUTE);
    assert_eq!(who(&made_up, &token).await.status, 200);
    // It is the database that is marked.
    let config = crate::common::config(&made_up.db, false);
    let again = server::Server::open(&config, made_up.clock.clone(), made_up.entropy.clone()).await.unwrap();
    assert!(again.office().is_demo());
    let real = World::new(backend).await;
    let first =
        NewPerson { name: "管理员".into(), role: Role::Administrator, region: region("4403"), canteen: None };
    real.office().invite(first, None).await.unwrap();
    assert!(real.office().mark_demo().await.is_err(), "a real office never becomes one");
    assert!(!real.office().is_demo());
}

crate::on_both! {
    a_one_time_passphrase_lets_in_once_and_only_to_change_it
    the_second_factor_is_asked_for_and_each_code_is_good_once
    recovery_codes_are_good_once
    sessions_end_by_lying_still_and_after_half_a_day
    another_passphrase_ends_other_sessions
    an_administrator_gives_the_way_back
    what_was_locked_at_the_computer_is_opened_there_alone
    money_wants_proof_of_the_last_minutes
    cookies_change_nothing_for_other_pages
    an_address_that_guesses_is_held_up
    guesses_from_elsewhere_hold_up_nobody_who_has_signed_in_before
    an_office_behind_one_address_mistypes_and_signs_in
    a_list_of_passphrases_behind_an_offices_address_is_slowed
    many_addresses_make_no_guess_cheaper
    a_name_that_nobody_has_is_answered_as_one_that_somebody_has
    tries_and_devices_are_kept
    reasons_of_locks_are_kept
    a_demonstration_is_marked_and_only_ever_made_of_nothing
}
