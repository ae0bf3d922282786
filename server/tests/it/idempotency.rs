//! Writes with an `Idempotency-Key`: done once, answered alike, and never twice whatever becomes of the answer.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::id::{Digest, UserId};
use serde_json::{Value, json};
use server::Office;
use server::admin::{NewPerson, NewUser};
use server::idempotency::{KEPT_MS, Request as Keyed, Shown};
use server::people::Role;
use server::store::idempotency::{self, Key};
use server::store::people;
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{Answered, open, read, request};
use crate::common::{World, noon, region};
use crate::rows::n;
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";
const PEOPLE: &str = "/api/v1/people";

/// Two administrators of one region.
async fn ground(backend: Backend) -> (World, Vec<String>, UserId) {
    let world = World::new(backend).await;
    world.rules().await;
    let mut tokens = Vec::new();
    let mut first = None;
    for name in ["管理员甲", "管理员乙"] {
        let new = NewUser {
            name: name.into(),
            passphrase: PASSPHRASE.to_owned().into(),
            role: Role::Administrator,
            region: region("4403"),
            canteen: None,
        };
        let id = world.office().add_user(new, None).await.unwrap();
        first = first.or(Some(id));
        tokens.push(open(&world, name, PASSPHRASE).await);
    }
    (world, tokens, first.unwrap())
}

fn person(name: &str) -> Value {
    json!({"name": name, "role": "auditor", "region": "440304"})
}

fn keyed(token: &str, key: &str, path: &str, body: &Value) -> Request<Body> {
    let mut request = request(Method::POST, path, Some(token), body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

/// The answer, and whether it is said to be one that was given before.
async fn ask(world: &World, request: Request<Body>) -> (Answered, bool) {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = world.server.router().oneshot(request).await.unwrap();
    let again = response.headers().contains_key("idempotency-replayed");
    let answered = read(response).await;
    crate::openapi::assert_told(&method, &path, &answered);
    (answered, again)
}

async fn named(office: &Office, name: &str) -> bool {
    let name = name.to_owned();
    office.store.read(move |tx| Box::pin(async move { people::by_name(tx, &name).await })).await.unwrap().is_some()
}

async fn a_write_is_done_once_and_answered_alike(backend: Backend) {
    let (world, tokens, _) = ground(backend).await;
    let (first, again) = ask(&world, keyed(&tokens[0], "k-1", PEOPLE, &person("新人一"))).await;
    assert_eq!((first.status.as_u16(), again), (201, false));
    let passphrase = first.json()["one_time_passphrase"].as_str().unwrap().to_owned();
    world.clock.pass(1000);
    let (second, again) = ask(&world, keyed(&tokens[0], "k-1", PEOPLE, &person("新人一"))).await;
    assert_eq!((second.status, &second.kind, second.json(), again), (first.status, &first.kind, first.json(), true));
    let _ = open(&world, "新人一", &passphrase).await;

    // Another request with the key, by body or by address, is refused and does nothing.
    let (other, _) = ask(&world, keyed(&tokens[0], "k-1", PEOPLE, &person("新人二"))).await;
    other.is_problem(422, "key_reused");
    assert!(!named(world.office(), "新人二").await);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let (other, _) = ask(&world, keyed(&tokens[0], "k-1", &format!("{PEOPLE}/{id}/reset"), &person("新人一"))).await;
    other.is_problem(422, "key_reused");
    // Keys are each person's own.
    let (own, again) = ask(&world, keyed(&tokens[1], "k-1", PEOPLE, &person("新人二"))).await;
    assert_eq!((own.status.as_u16(), again), (201, false));

    // What was refused was not done: the corrected request may come with the same key.
    let (refused, _) = ask(&world, keyed(&tokens[0], "k-2", PEOPLE, &person("新人一"))).await;
    refused.is_problem(409, "name_taken");
    let (corrected, again) = ask(&world, keyed(&tokens[0], "k-2", PEOPLE, &person("新人三"))).await;
    assert_eq!((corrected.status.as_u16(), again), (201, false));

    // Without a session it is refused as without a key, and the answer stays with the person.
    let (nobody, _) = ask(&world, keyed("x", "k-1", PEOPLE, &person("新人一"))).await;
    nobody.is_problem(401, "sign_in_needed");
    for bad in ["", "a b", &"x".repeat(201)] {
        let (answered, _) = ask(&world, keyed(&tokens[0], bad, PEOPLE, &person("新人四"))).await;
        answered.is_problem(400, "malformed");
    }
    // What is only read takes no key.
    let mut list = request(Method::GET, PEOPLE, Some(&tokens[0]), &Value::Null);
    list.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
    assert_eq!(ask(&world, list).await.0.status.as_u16(), 200);

    // After a day the key is forgotten.
    world.clock.pass(KEPT_MS + 1);
    let token = open(&world, "管理员甲", PASSPHRASE).await;
    let (later, _) = ask(&world, keyed(&token, "k-1", PEOPLE, &person("新人一"))).await;
    later.is_problem(409, "name_taken");
}

async fn what_is_kept_is_sealed(backend: Backend) {
    let (world, tokens, _) = ground(backend).await;
    let (first, _) = ask(&world, keyed(&tokens[0], "k-secret", PEOPLE, &person("新人一"))).await;
    let secret = first.json()["one_time_passphrase"].as_str().unwrap().to_owned();
    let rows = unit!(world.office().store, |tx| {
        server::store::Statement::built(tx, "SELECT answer, key, request FROM idempotency_keys".into(), vec![])
            .all::<(Vec<u8>, Vec<u8>, Vec<u8>)>()
            .await
    });
    assert_eq!(rows.len(), 1);
    let (answer, key, asked) = &rows[0];
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(answer.len() > secret.len() && !holds(answer, &secret) && !holds(answer, "one_time"));
    assert!(!holds(key, "k-secret") && !holds(asked, "k-secret"));
}

async fn many_at_once_are_one(backend: Backend) {
    let (world, tokens, _) = ground(backend).await;
    let body = json!({ "name": "新人一", "role": "auditor", "region": "440304" });
    let asked = (0..8).map(|_| ask(&world, keyed(&tokens[0], "k-1", PEOPLE, &body)));
    let mut done = 0;
    for (answered, again) in futures_all(asked).await {
        match answered.status.as_u16() {
            201 => done += u32::from(!again),
            _ => drop(answered.is_problem(409, "key_under_way")),
        }
    }
    assert_eq!(done, 1);
    let (last, again) = ask(&world, keyed(&tokens[0], "k-1", PEOPLE, &body)).await;
    assert_eq!((last.status.as_u16(), again), (201, true));
}

/// Runs them side by side in this task.
async fn futures_all<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|cx| {
        for (one, done) in &mut waiting {
            if done.is_none()
                && let std::task::Poll::Ready(value) = one.as_mut().poll(cx)
            {
                *done = Some(value);
            }
        }
        let all = waiting.iter().all(|(_, done)| done.is_some());
        if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().map(|(_, done)| done.unwrap()).collect()
}

/// The process dies, or the database goes away, between the work and its answer: never done twice.
async fn what_was_done_without_an_answer_is_not_done_again(backend: Backend) {
    let (world, tokens, by) = ground(backend).await;
    let office = world.office().clone();
    let body = person("新人一");
    let text = body.to_string();
    let asked = || Keyed { key: "k-1", address: "POST /api/v1/people", body: text.as_bytes() };
    let new = || NewPerson { name: "新人一".into(), role: Role::Auditor, region: region("440304"), canteen: None };
    let token = tokens[0].clone();
    let send = async || ask(&world, keyed(&token, "k-1", PEOPLE, &body)).await.0;

    // An attempt that did nothing yet: wait, and after two minutes it is taken for dead.
    let Shown::New(dead) = office.show_key(by, asked()).await.unwrap() else { panic!() };
    send().await.is_problem(409, "key_under_way");
    world.clock.pass(2 * 60 * 1000);
    let Shown::New(alive) = office.show_key(by, asked()).await.unwrap() else { panic!() };
    // It was not dead after all: what it does now is undone.
    let late = Box::pin(dead.run(office.invite(new(), Some(by)))).await;
    assert_eq!(late.unwrap_err().code(), Some(Code::KeyUnderWay));
    assert!(!named(&office, "新人一").await);
    // The other one does it, and dies before the answer is kept.
    Box::pin(alive.run(office.invite(new(), Some(by)))).await.unwrap();
    send().await.is_problem(409, "key_under_way");
    world.clock.pass(2 * 60 * 1000);
    send().await.is_problem(409, "answer_lost");
    assert!(named(&office, "新人一").await);
}

async fn keys_as_they_are_kept(backend: Backend) {
    let (world, _, by) = ground(backend).await;
    let store = &world.office().store;
    let of = |number: u8| Key { person: by, key: Digest([number; 32]), request: Digest([9; 32]) };
    let (one, two) = (of(1), of(2));
    let at = noon();
    assert!(unit!(store, |tx| idempotency::begin(tx, &one, n(1), at).await));
    assert!(!unit!(store, |tx| idempotency::begin(tx, &one, n(2), at).await), "noted");
    assert!(unit!(store, |tx| idempotency::begin(tx, &two, n(3), at.plus(5)).await));
    assert_eq!(unit!(store, |tx| idempotency::find(tx, &of_absent(by)).await), None);
    let kept = unit!(store, |tx| idempotency::find(tx, &one).await).unwrap();
    assert_eq!((kept.id, kept.request, kept.begun_at, kept.done, kept.answer), (n(1), one.request, at, false, None));
    assert!(unit!(store, |tx| idempotency::replace(tx, n(1), n(4), at.plus(9)).await));
    assert!(!unit!(store, |tx| idempotency::mark(tx, n(1)).await), "another has its place");
    assert!(unit!(store, |tx| idempotency::mark(tx, n(4)).await));
    assert!(!unit!(store, |tx| idempotency::replace(tx, n(4), n(5), at).await), "it did something");
    unit!(store, |tx| idempotency::forget(tx, n(4)).await);
    assert!(unit!(store, |tx| idempotency::find(tx, &one).await).unwrap().done, "what was done is not forgotten");
    unit!(store, |tx| idempotency::keep(tx, n(4), Some(&[7])).await);
    assert_eq!(unit!(store, |tx| idempotency::find(tx, &one).await).unwrap().answer, Some(vec![7]));
    unit!(store, |tx| idempotency::forget(tx, n(3)).await);
    assert_eq!(unit!(store, |tx| idempotency::find(tx, &two).await), None);
    assert_eq!(unit!(store, |tx| idempotency::expire(tx, at.plus(9)).await), 0);
    assert_eq!(unit!(store, |tx| idempotency::expire(tx, at.plus(10)).await), 1);
}

fn of_absent(person: UserId) -> Key {
    Key { person, key: Digest([3; 32]), request: Digest([9; 32]) }
}

crate::on_both! {
    a_write_is_done_once_and_answered_alike
    what_is_kept_is_sealed
    many_at_once_are_one
    what_was_done_without_an_answer_is_not_done_again
    keys_as_they_are_kept
}
