//! Maker and checker: nothing proposed is in force before another person approves what was shown.

use axum::http::Method;
use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use domain::money::Fen;
use serde_json::{Value, json};
use server::admin::Proposed;
use server::people::Role;
use server::seal::Place;
use server::store::audit::{self, Filter};
use server::store::decisions::{self, Decision, Subject};
use server::store::proposals::{self, ProposalRow};
use server::store::{Statement, canteens};
use support::Backend;
use uuid::Uuid;

use crate::client::{Answered, code_of, request, second, send, world};
use crate::common::{POLICY, World, new_canteen, region};
use crate::office::person;
use crate::rows::n;
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";

async fn call(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Answered {
    send(world, request(method, path, Some(token), body)).await
}

pub async fn id_of(world: &World, name: &'static str) -> UserId {
    unit!(world.office().store, |tx| server::store::people::by_name(tx, name).await).unwrap().id
}

/// Proves once more to be the person.
async fn prove(world: &World, name: &str, token: &str) {
    let proof = json!({"passphrase": PASSPHRASE, "code": code_of(world, name).await});
    assert_eq!(call(world, Method::POST, "/api/v1/session/step-up", token, &proof).await.status, 200);
}

async fn rows_are_decided_once_and_never_edited(backend: Backend) {
    let (world, till) = world(backend).await;
    person(&world, "甲", Role::Auditor, "4403").await;
    person(&world, "乙", Role::Auditor, "4403").await;
    let (maker, checker) = (id_of(&world, "甲").await, id_of(&world, "乙").await);
    let store = &world.office().store;
    let row = |number: u128, place: &str| ProposalRow {
        id: n(number),
        kind: "price".into(),
        region: region(place),
        canteen: Some(till.row.canteen),
        payload: vec![1, 2],
        digest: Digest([3; 32]),
        maker,
        made_at: UnixMs::new(4),
        decided: Decision::default(),
    };
    let (one, other, far) = (row(1, "440304"), row(2, "440304"), row(3, "440305"));
    let all = [one.clone(), other.clone(), far];
    unit!(store, |tx| {
        for row in &all {
            proposals::add(tx, row).await?;
        }
        Ok(())
    });
    assert_eq!(unit!(store, |tx| proposals::get(tx, n(1)).await), Some(one));
    assert_eq!(unit!(store, |tx| proposals::get(tx, n(9)).await), None);
    assert_eq!(unit!(store, |tx| proposals::open(tx, &region("440304")).await).len(), 2);
    assert_eq!(unit!(store, |tx| proposals::of_kind(tx, "price").await).len(), 3);
    assert_eq!(unit!(store, |tx| proposals::of_kind(tx, "payee").await), []);
    let tried = |id: Uuid, decision: &'static str, by: UserId| {
        store.write(move |tx| {
            Box::pin(async move {
                decisions::decide(tx, Subject::Proposal, id, decision, by, Some("因为"), UnixMs::new(9)).await
            })
        })
    };
    assert!(tried(n(1), "approved", maker).await.is_err(), "the database refuses the maker too");
    assert!(tried(n(1), "rejected", maker).await.is_err());
    assert!(tried(n(2), "withdrawn", checker).await.is_err(), "only the maker takes it back");
    assert!(tried(n(1), "approved", checker).await.unwrap());
    assert!(!tried(n(1), "rejected", checker).await.unwrap(), "decided");
    assert!(tried(n(2), "withdrawn", maker).await.unwrap());
    assert_eq!(unit!(store, |tx| proposals::open(tx, &region("440304")).await), []);
    let decided = unit!(store, |tx| proposals::decided(tx, &region("4403"), None, 9).await);
    assert_eq!(decided.iter().map(|row| row.id).collect::<Vec<_>>(), [n(1), n(2)]);
    assert_eq!(unit!(store, |tx| proposals::decided(tx, &region("4403"), None, 1).await).len(), 1);
    let behind = unit!(store, |tx| proposals::decided(tx, &region("4403"), Some(n(1)), 9).await);
    assert_eq!(behind.iter().map(|row| row.id).collect::<Vec<_>>(), [n(2)]);
    for text in [
        "UPDATE proposals SET reason = 'x' WHERE decision = 'approved'",
        "UPDATE proposals SET made_at = 5 WHERE decision IS NULL",
        "UPDATE proposals SET kind = 'payee' WHERE decision IS NULL",
        "DELETE FROM proposals",
    ] {
        let tried = store
            .write(move |tx| Box::pin(async move { Statement::built(tx, text.into(), vec![]).execute().await }))
            .await;
        assert!(tried.unwrap_err().to_string().contains("never edited"), "{text}");
    }
    let id = till.row.canteen;
    unit!(store, |tx| canteens::set_payee(tx, id, "另一银行", "另一户名", &[7]).await);
    let row = unit!(store, |tx| canteens::get(tx, id).await).unwrap();
    assert_eq!((row.bank.as_str(), row.account_name.as_str(), row.account), ("另一银行", "另一户名", vec![7]));
}

async fn a_policy_is_in_force_when_another_person_approves_it(backend: Backend) {
    let (world, _) = world(backend).await;
    let editor = person(&world, "政策员", Role::PolicyEditor, "4403").await;
    let other = person(&world, "另一政策员", Role::PolicyEditor, "4403").await;
    let near = person(&world, "区政策员", Role::PolicyEditor, "440304").await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let source = POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let body = json!({"file_name": "new.toml", "source": source});
    let made = call(&world, Method::POST, "/api/v1/policies", &editor, &body).await.read::<Value>();
    assert_eq!((&made["id"], &made["version"]), (&json!("test"), &json!(2)));
    assert_eq!(world.office().book().policies.policies().count(), 1, "not in force");
    let path = format!("/api/v1/proposals/{}", made["proposal"].as_str().unwrap());
    let shown = call(&world, Method::GET, &path, &other, &Value::Null).await.read::<Value>();
    assert_eq!((&shown["proposed"]["source"], &shown["digest"]), (&json!(source), &made["digest"]));
    second(&world, &editor, &made).await.is_problem(403, "second_person");
    second(&world, &maker, &made).await.is_problem(403, "forbidden");
    second(&world, &near, &made).await.is_problem(403, "out_of_scope");
    let mut wrong = made.clone();
    wrong["digest"] = json!("0".repeat(64));
    second(&world, &other, &wrong).await.is_problem(409, "conflict");
    // The same twice: whichever comes second does not fit any more.
    let again = call(&world, Method::POST, "/api/v1/policies", &editor, &body).await.read::<Value>();
    let both = tokio::join!(second(&world, &other, &made), second(&world, &other, &made));
    let mut status = [both.0.status.as_u16(), both.1.status.as_u16()];
    status.sort_unstable();
    assert_eq!(status, [204, 409], "approved once");
    assert_eq!(world.office().book().policies.policies().count(), 2);
    second(&world, &other, &again).await.is_problem(422, "policy_refused");
    let listed = call(&world, Method::GET, "/api/v1/proposals", &editor, &Value::Null).await.read::<Value>();
    assert_eq!(listed.as_array().unwrap().len(), 1, "what failed is open still: {listed}");
    let reject = format!("/api/v1/proposals/{}/reject", again["proposal"].as_str().unwrap());
    let why = json!({"reason": "重复"});
    assert_eq!(call(&world, Method::POST, &reject, &editor, &why).await.status, 204, "the maker takes it back");
    let decided = call(&world, Method::GET, "/api/v1/proposals?state=decided", &other, &Value::Null).await.json();
    let decisions: Vec<&str> = decided.as_array().unwrap().iter().map(|p| p["decision"].as_str().unwrap()).collect();
    assert!(decisions.contains(&"withdrawn") && decisions.contains(&"approved"), "{decisions:?}");
    // Who proposed stands with the policy; who let it be in force stands in the audit log.
    let rows = unit!(world.office().store, |tx| server::store::policies::all(tx).await);
    assert_eq!(rows.last().unwrap().announced_by, Some(id_of(&world, "政策员").await));
    let entry = Filter { action: Some("policy.announce".into()), ..Filter::default() };
    let entries = unit!(world.office().store, |tx| audit::find(tx, &entry, 1).await);
    assert_eq!(entries[0].actor, format!("user:{}", id_of(&world, "另一政策员").await));
}

async fn a_payee_changes_by_two_people_who_prove_who_they_are(backend: Backend) {
    let (world, till) = world(backend).await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let auditor = person(&world, "审计", Role::Auditor, "4403").await;
    let (office, id) = (world.office(), till.row.canteen);
    let account = async || {
        let row = unit!(office.store, |tx| canteens::get(tx, id).await).unwrap();
        let place = Place { table: "canteens", column: "account", row: id.uuid() };
        office.keys.open(place, &row.account).unwrap().to_string()
    };
    let before = account().await;
    let payee = format!("/api/v1/canteens/{id}/payee");
    let body = json!({"bank": "新开户行", "account_name": "新户名", "account": "6217 0000 1234 5678"});
    call(&world, Method::POST, &payee, &maker, &body).await.is_problem(403, "step_up_needed");
    world.clock.pass(60_000);
    prove(&world, "经办", &maker).await;
    let mut wrong = body.clone();
    wrong["account"] = json!("12");
    call(&world, Method::POST, &payee, &maker, &wrong).await.is_problem(422, "invalid");
    let made = call(&world, Method::POST, &payee, &maker, &body).await.read::<Value>();
    let path = format!("/api/v1/proposals/{}", made["proposal"].as_str().unwrap());
    let shown = call(&world, Method::GET, &path, &auditor, &Value::Null).await.read::<Value>();
    assert_eq!((&shown["proposed"]["account"], &shown["proposed"]["bank"]), (&json!("****5678"), &json!("新开户行")));
    let reveal = format!("{path}/reveal");
    call(&world, Method::POST, &reveal, &auditor, &Value::Null).await.is_problem(403, "forbidden");
    let whole = call(&world, Method::POST, &reveal, &checker, &Value::Null).await.read::<Value>();
    assert_eq!(whole["account"], "6217000012345678");
    second(&world, &maker, &made).await.is_problem(403, "forbidden");
    second(&world, &checker, &made).await.is_problem(403, "step_up_needed");
    assert_eq!(account().await, before, "not yet");
    prove(&world, "复核", &checker).await;
    assert_eq!(second(&world, &checker, &made).await.status, 204);
    assert_eq!(account().await, "6217000012345678");
    // The number stands nowhere in the open: not in the proposal's row, not in the log.
    let rows = unit!(office.store, |tx| proposals::decided(tx, &region("44"), None, 9).await);
    assert!(!rows[0].payload.windows(8).any(|bytes| bytes == b"12345678"));
    let log = unit!(office.store, |tx| audit::from(tx, 0, 999).await);
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains("6217000012345678") && !text.contains("新户名"), "{text}");
    for action in ["proposal.make", "proposal.reveal", "proposal.approve", "payee.change"] {
        assert!(log.iter().any(|e| e.action == action && e.outcome == "granted"), "{action}");
    }
}

async fn a_canteens_first_account_waits_for_a_second_person(backend: Backend) {
    let (world, _) = world(backend).await;
    let administrator = person(&world, "管理员", Role::Administrator, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let office = world.office();
    let new = new_canteen("新食堂");
    let body = json!({"region": new.region, "name": new.name, "operator": new.operator, "phone": new.phone,
        "credit_code": new.credit_code, "bank": new.bank, "account_name": new.account_name, "account": new.account});
    let made = call(&world, Method::POST, "/api/v1/canteens", &administrator, &body).await.read::<Value>();
    let id: domain::id::CanteenId = made["id"].as_str().unwrap().parse().unwrap();
    let is_checked = async || unit!(office.store, |tx| canteens::get(tx, id).await).unwrap().payee_checked;
    assert!(!is_checked().await, "whoever typed it is one person");
    second(&world, &administrator, &made["payee"]).await.is_problem(403, "forbidden");
    second(&world, &checker, &made["payee"]).await.is_problem(403, "step_up_needed");
    prove(&world, "复核", &checker).await;
    assert_eq!(second(&world, &checker, &made["payee"]).await.status, 204);
    assert!(is_checked().await);
}

async fn a_price_holds_when_it_is_approved(backend: Backend) {
    let (world, till) = world(backend).await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let id = till.row.canteen;
    let prices = async || unit!(world.office().store, |tx| canteens::prices(tx, id).await);
    assert_eq!(prices().await.len(), 1);
    let body = json!({"valid_from": "2026-04-01", "period": "lunch", "price": 1900});
    let path = format!("/api/v1/canteens/{id}/prices");
    let made = call(&world, Method::POST, &path, &maker, &body).await.read::<Value>();
    let other = call(&world, Method::POST, &path, &maker, &body).await.read::<Value>();
    assert_eq!(prices().await.len(), 1, "not yet");
    second(&world, &maker, &made).await.is_problem(403, "forbidden");
    let reject = format!("/api/v1/proposals/{}/reject", other["proposal"].as_str().unwrap());
    call(&world, Method::POST, &reject, &checker, &json!({"reason": " "})).await.is_problem(422, "invalid");
    assert_eq!(call(&world, Method::POST, &reject, &checker, &json!({"reason": "重复"})).await.status, 204);
    second(&world, &checker, &other).await.is_problem(409, "conflict");
    assert_eq!(second(&world, &checker, &made).await.status, 204);
    let now = prices().await;
    assert_eq!((now.len(), now[1].price), (2, Fen::new(1900)));
    // What is stored was changed behind the program's back: nobody approves it.
    let price = now[1].clone();
    let row =
        world.office().propose(Proposed::Price { canteen: id, price }, region("440304"), id_of(&world, "经办").await);
    let row = row.await.unwrap();
    let (drop, change) = match backend {
        Backend::Sqlite => ("DROP TRIGGER proposals_keep", "UPDATE proposals SET payload = x'00' WHERE id = $1"),
        Backend::Postgres => {
            ("DROP TRIGGER proposals_keep ON proposals", "UPDATE proposals SET payload = '\\x00' WHERE id = $1")
        }
    };
    unit!(world.office().store, |tx| {
        Statement::built(tx, drop.into(), vec![]).execute().await?;
        server::sql!(tx, change, row.id).execute().await
    });
    let made = json!({"proposal": row.id, "digest": row.digest});
    second(&world, &checker, &made).await.is_problem(500, "internal");
    assert_eq!(prices().await.len(), 2);
}

async fn a_terminal_is_let_in_by_another_person_than_gave_out_its_code(backend: Backend) {
    let (world, till) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let other = person(&world, "另一管理员", Role::Administrator, "4403").await;
    let codes = format!("/api/v1/canteens/{}/enrolment-codes", till.row.canteen);
    let code = call(&world, Method::POST, &codes, &admin, &Value::Null).await.read::<Value>();
    let key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let key = Digest(key.verifying_key().to_bytes());
    let row = world.office().enrol(code["code"].as_str().unwrap(), key, None).await.unwrap();
    let id = row.id;
    let issuer = unit!(world.office().store, |tx| server::store::terminals::issuer(tx, id).await);
    assert_eq!(issuer, Some(id_of(&world, "管理员").await));
    let confirmation = format!("/api/v1/terminals/{id}/confirmation");
    let compared = json!({"fingerprint": row.fingerprint()});
    call(&world, Method::POST, &confirmation, &admin, &compared).await.is_problem(403, "second_person");
    let done = call(&world, Method::POST, &confirmation, &other, &compared).await.json();
    assert_eq!(done, json!({"confirmed": true}));
}

/// One administrator alone lets nobody into a seat of the money, nor back into one.
async fn people_of_the_money_take_two_administrators(backend: Backend) {
    let (world, _) = world(backend).await;
    let first = person(&world, "甲管理员", Role::Administrator, "4403").await;
    let new = |name: &str, role: &str| json!({"name": name, "role": role, "region": "4403"});
    let add = async |token: &str, body: Value| call(&world, Method::POST, "/api/v1/people", token, &body).await;
    // There is nobody else yet: the second administrator is let in by the first, the third by two.
    let second_one = add(&first, new("乙管理员", "administrator")).await;
    assert_eq!(second_one.status, 201);
    assert_eq!(add(&first, new("丙管理员", "administrator")).await.status, 202);
    for (name, role) in [("经办", "finance_maker"), ("复核", "finance_checker"), ("政策", "policy_editor")] {
        assert_eq!(add(&first, new(name, role)).await.status, 202, "{role}");
    }
    assert_eq!(add(&first, new("审计", "auditor")).await.status, 201);
    let known =
        async |name: &'static str| unit!(world.office().store, |tx| server::store::people::by_name(tx, name).await);
    assert!(known("经办").await.is_none(), "not let in yet");

    let other = person(&world, "丁管理员", Role::Administrator, "4403").await;
    let near = person(&world, "区管理员", Role::Administrator, "440304").await;
    let made = add(&first, new("新复核", "finance_checker")).await.json();
    second(&world, &first, &made).await.is_problem(403, "second_person");
    second(&world, &near, &made).await.is_problem(403, "out_of_scope");
    let approved = second(&world, &other, &made).await;
    assert_eq!(approved.status, 200);
    let once = approved.json()["one_time_passphrase"].as_str().unwrap().to_owned();
    crate::client::open(&world, "新复核", &once).await;
    second(&world, &other, &made).await.is_problem(409, "conflict");
    add(&first, new("新复核", "finance_maker")).await.is_problem(409, "name_taken");

    // The way back is as narrow.
    let reset = format!("/api/v1/people/{}/reset", id_of(&world, "新复核").await);
    let asked = call(&world, Method::POST, &reset, &first, &Value::Null).await;
    assert_eq!(asked.status, 202);
    crate::client::open(&world, "新复核", &once).await;
    let given = second(&world, &other, &asked.json()).await.json();
    let again = given["one_time_passphrase"].as_str().unwrap();
    assert_ne!(again, once);
    crate::client::open(&world, "新复核", again).await;
    // Not for oneself, whoever proposes it.
    let own = format!("/api/v1/people/{}/reset", id_of(&world, "丁管理员").await);
    let asked = call(&world, Method::POST, &own, &first, &Value::Null).await.json();
    second(&world, &other, &asked).await.is_problem(403, "second_person");
    let entries = unit!(world.office().store, |tx| audit::find(tx, &Filter::default(), 1000).await);
    let by_two = |action: &str| entries.iter().any(|e| e.action == action && e.detail.contains("maker"));
    assert!(by_two("person.add") && by_two("person.reset"));
}

crate::on_both! {
    people_of_the_money_take_two_administrators
    a_terminal_is_let_in_by_another_person_than_gave_out_its_code
    rows_are_decided_once_and_never_edited
    a_policy_is_in_force_when_another_person_approves_it
    a_payee_changes_by_two_people_who_prove_who_they_are
    a_canteens_first_account_waits_for_a_second_person
    a_price_holds_when_it_is_approved
}
