//! The audit log: a chain that never forks, an entry for every act and denial, witnesses, and planted breaks.

use std::collections::BTreeSet;

use axum::http::Method;
use domain::calendar::UnixMs;
use domain::id::Digest;
use domain::sync::{AuditHead, HelloAnswer};
use serde_json::{Value, json};
use server::audit::{Act, Action, Actor, Outcome};
use server::people::Role;
use server::store::audit::{self, Filter};
use server::store::{Statement, Store};
use server::verify::verify_audit;
use server::{Error, sql};
use support::Backend;

use crate::client::{request, send, world};
use crate::common::{Till, World, region};
use crate::http::signed;
use crate::month::{MARCH, Scene};
use crate::office::person;
use crate::rows::append_only;
use crate::unit;

fn act(object: &str) -> Act {
    Act::new(None, Action::MonthDraft, object).with("n", 1)
}

async fn entries(store: &Store) -> Vec<audit::Entry> {
    unit!(store, |tx| audit::from(tx, 0, 100_000).await)
}

async fn breaks(store: &Store) -> Vec<String> {
    let report = verify_audit(store, &|_| {}).await.unwrap();
    report.breaks.iter().map(ToString::to_string).collect()
}

async fn entries_are_appended_and_found(backend: Backend) {
    let (world, till) = world(backend).await;
    let store = &world.office().store;
    let before = unit!(store, |tx| audit::head(tx).await).unwrap();
    let (now, id) = (world.office().now(), till.id());
    let head = store
        .write_audited(move |tx| {
            Box::pin(async move {
                audit::hold(tx).await?;
                audit::append(tx, &act("month:4403/2026-03"), Outcome::Granted, now).await?;
                let of_terminal = Act::new(id, Action::TerminalEnrol, "x".repeat(300));
                audit::append(tx, &of_terminal, Outcome::Denied, now).await
            })
        })
        .await
        .unwrap();
    assert_eq!(head.sequence, before.sequence + 2);
    assert_eq!(unit!(store, |tx| audit::head(tx).await), Some(head));
    let all = entries(store).await;
    assert_eq!(all.len() as u64, head.sequence, "from 1, without gap");
    let last = all.last().unwrap();
    assert_eq!((last.region.as_deref(), last.object.len()), (Some("440304001003"), 200));
    assert_eq!((last.actor.clone(), last.outcome.as_str()), (Actor::Terminal(id).to_string(), "denied"));

    let found = async |filter: Filter, limit: i64| {
        let rows = unit!(store, |tx| audit::find(tx, &filter, limit).await);
        rows.into_iter().map(|entry| entry.sequence).collect::<Vec<_>>()
    };
    let every = Filter::default();
    assert_eq!(found(every.clone(), 2).await, [head.sequence, head.sequence - 1]);
    assert_eq!(found(Filter { below: Some(2), ..every.clone() }, 9).await, [1]);
    assert_eq!(found(Filter { outcome: Some("denied".into()), ..every.clone() }, 9).await, [head.sequence]);
    let month = Filter { object: Some("month:4403/2026-03".into()), ..every.clone() };
    assert_eq!(found(month, 9).await, [head.sequence - 1]);
    assert_eq!(found(Filter { action: Some("month.draft".into()), ..every.clone() }, 9).await, [head.sequence - 1]);
    assert_eq!(found(Filter { action: Some("month".into()), ..every.clone() }, 9).await, [head.sequence - 1]);
    assert_eq!(found(Filter { action: Some("mont".into()), ..every.clone() }, 9).await, [0_u64; 0]);
    assert_eq!(found(Filter { actor: Some(last.actor.clone()), ..every.clone() }, 1).await, [head.sequence]);
    assert_eq!(found(Filter { since: Some(now.plus(1)), ..every.clone() }, 9).await, [0_u64; 0]);
    assert_eq!(found(Filter { until: Some(now), ..every.clone() }, 9).await, [0_u64; 0]);
    let elsewhere = Filter { region: Some(region("440305")), ..every.clone() };
    assert!(!found(elsewhere, 999).await.contains(&head.sequence), "another region's terminal");
    assert!(found(Filter { region: Some(region("4403")), ..every }, 999).await.contains(&head.sequence));
    append_only(store, "audit").await;
}

async fn what_is_told_outside_is_kept(backend: Backend) {
    let (world, till) = world(backend).await;
    let store = &world.office().store;
    let (id, now) = (till.id(), world.office().now());
    let first = entries(store).await[0].clone();
    let good = AuditHead { sequence: 1, hash: first.hash };
    let bad = AuditHead { sequence: 1, hash: Digest([9; 32]) };
    let far = AuditHead { sequence: 9_999, hash: Digest([8; 32]) };
    let told = unit!(store, |tx| audit::not_in_chain(tx, id, &[good, bad, far]).await);
    assert_eq!(told, [(bad, Some(first.hash)), (far, None)]);
    assert_eq!(unit!(store, |tx| audit::witness(tx, id).await), None);
    unit!(store, |tx| audit::keep_witness(tx, id, good, now).await);
    let second = AuditHead { sequence: 2, hash: entries(store).await[1].hash };
    unit!(store, |tx| audit::keep_witness(tx, id, second, now).await);
    unit!(store, |tx| audit::keep_witness(tx, id, good, now).await);
    assert_eq!(unit!(store, |tx| audit::witness(tx, id).await), Some(second), "the later one stands");
    assert!(unit!(store, |tx| audit::keep_break(tx, id, bad, Some(first.hash), now).await));
    assert!(!unit!(store, |tx| audit::keep_break(tx, id, bad, Some(first.hash), now).await), "known");
    assert_eq!(unit!(store, |tx| audit::not_in_chain(tx, id, &[bad]).await), []);
    let march = || MARCH.parse().unwrap();
    assert_eq!(unit!(store, |tx| audit::of_month(tx, &region("440304"), march()).await), None);
    unit!(store, |tx| audit::keep_month(tx, &region("440304"), march(), second).await);
    assert_eq!(unit!(store, |tx| audit::of_month(tx, &region("440304"), march()).await), Some(second));
    let outside = unit!(store, |tx| audit::outside(tx).await);
    assert_eq!(outside.witnesses, [(id, 2, second.hash)]);
    assert_eq!(outside.breaks, [(id, 1, bad.hash)]);
    assert_eq!(outside.months, [("440304".to_owned(), march(), 2, second.hash)]);
}

async fn many_writers_make_one_chain(backend: Backend) {
    let world = World::new(backend).await;
    let store = world.office().store.clone();
    let writers = (0..16_u32).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut kept = 0;
            for round in 0..20_u32 {
                let fails = (writer + round) % 5 == 0;
                let object = format!("test:{writer}/{round}");
                let done = if writer % 2 == 0 {
                    store
                        .write_audited(move |tx| {
                            Box::pin(async move {
                                audit::append(tx, &act(&object), Outcome::Granted, UnixMs::new(1)).await?;
                                if fails { Err(Error::Corrupt("told to".into())) } else { Ok(()) }
                            })
                        })
                        .await
                } else {
                    store
                        .write_serializable_audited(move |tx| {
                            let object = object.clone();
                            Box::pin(async move {
                                // A read before, so that a snapshot taken too early would show.
                                sql!(tx, "SELECT COUNT(*) FROM audit").value::<i64>().await?;
                                audit::append(tx, &act(&object), Outcome::Granted, UnixMs::new(1)).await?;
                                if fails { Err(Error::Corrupt("told to".into())) } else { Ok(()) }
                            })
                        })
                        .await
                };
                match done {
                    Ok(()) => kept += 1,
                    Err(Error::Corrupt(words)) if words == "told to" => {}
                    Err(other) => panic!("writer {writer}: {other}"),
                }
            }
            kept
        })
    });
    let mut kept = 0_u64;
    for writer in writers.collect::<Vec<_>>() {
        kept += writer.await.unwrap();
    }
    let report = verify_audit(&store, &|_| {}).await.unwrap();
    assert_eq!((report.breaks.as_slice(), report.audit as u64), ([].as_slice(), kept));
    assert_eq!(kept, 16 * 20 * 4 / 5);
    let objects: BTreeSet<String> = entries(&store).await.into_iter().map(|entry| entry.object).collect();
    assert_eq!(objects.len() as u64, kept, "each once");
}

async fn a_month_is_entered_step_by_step_and_its_head_is_printed(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let store = &scene.world.office().store;
    let of_month = Filter { object: Some("month:440304/2026-03".into()), ..Filter::default() };
    let rows = unit!(store, |tx| audit::find(tx, &of_month, 99).await);
    let steps: Vec<_> = rows.iter().rev().map(|e| (e.action.as_str(), e.actor.clone())).collect();
    let (maker, checker) = (Actor::User(scene.maker.user).to_string(), Actor::User(scene.checker.user).to_string());
    let expected = [("month.draft", maker.clone()), ("month.submit", maker), ("month.approve", checker)];
    assert_eq!(steps, expected);
    assert!(rows.iter().all(|e| e.detail.contains(&view.settlement.digest.to_string())), "what was seen is named");
    let kept = unit!(store, |tx| audit::of_month(tx, &region("440304"), MARCH.parse().unwrap()).await).unwrap();
    assert_eq!((kept.sequence, kept.hash), (rows[0].sequence, rows[0].hash), "the approval's own entry");
    let (office, id) = (scene.world.office().clone(), view.statements[0].id);
    let rules = office.book();
    let sheet = store
        .read(move |tx| {
            Box::pin(async move {
                let dossier = server::statements::Dossier::load(tx, id, rules, &office.keys).await?;
                Ok(dossier.sheet("http://127.0.0.1", office.now()))
            })
        })
        .await
        .unwrap();
    assert_eq!(sheet.audit_head, Some(kept.hash.to_string()[..24].to_owned()));
    assert_eq!(breaks(store).await, [] as [&str; 0]);
    assert_eq!(scene.verify().await.breaks, []);
}

async fn what_is_denied_is_entered_too(backend: Backend) {
    let (world, till) = world(backend).await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let far = person(&world, "外区审计员", Role::Auditor, "4401").await;
    let maker = person(&world, "经办", Role::FinanceMaker, "4403").await;
    let call = async |method: Method, path: &str, token: &str, body: &Value| {
        send(&world, request(method, path, Some(token), body)).await
    };
    let revocation = format!("/api/v1/terminals/{}/revocation", till.id());
    call(Method::POST, &revocation, &maker, &Value::Null).await.is_problem(403, "forbidden");
    let draft = "/api/v1/months/440304/2026-03/submit";
    call(Method::POST, draft, &maker, &json!({})).await.is_problem(409, "conflict");
    // Not denials: nobody is signed in, or the form is wrong.
    send(&world, request(Method::POST, &revocation, None, &Value::Null)).await.is_problem(401, "sign_in_needed");
    let price = json!({"valid_from": "2026-04-01", "period": "lunch", "price": -1});
    let prices = format!("/api/v1/canteens/{}/prices", till.row.canteen);
    call(Method::POST, &prices, &maker, &price).await.is_problem(422, "invalid");
    call(Method::GET, "/api/v1/audit", &maker, &Value::Null).await.is_problem(403, "forbidden");

    let page = call(Method::GET, "/api/v1/audit?outcome=denied", &auditor, &Value::Null).await.read::<Value>();
    let of = |n: usize, what: &str| page["entries"][n][what].clone();
    assert_eq!(page["entries"].as_array().unwrap().len(), 2, "{page}");
    assert_eq!((of(0, "action"), of(0, "object")), (json!("month.submit"), json!(draft)));
    assert_eq!(of(0, "detail"), json!({"code": "conflict", "role": "finance_maker"}));
    assert_eq!(
        (of(1, "action"), of(1, "object"), of(1, "words")),
        (json!("terminal.revoke"), json!(revocation), json!("停用终端"))
    );
    assert_eq!(of(1, "detail"), json!({"code": "forbidden", "role": "finance_maker"}));
    let theirs = call(Method::GET, "/api/v1/audit?outcome=denied", &far, &Value::Null).await.read::<Value>();
    assert_eq!(theirs["entries"], json!([]), "another region's people");

    // The cursor goes through everything once, the last one first.
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit?limit=3{next}");
        let page = call(Method::GET, &path, &auditor, &Value::Null).await.read::<Value>();
        seen.extend(page["entries"].as_array().unwrap().iter().map(|e| e["sequence"].as_u64().unwrap()));
        let Some(cursor) = page["next"].as_u64() else { break };
        next = format!("&below={cursor}");
    }
    let whole: Vec<u64> = entries(&world.office().store).await.iter().rev().map(|e| e.sequence).collect();
    // The auditor of 4403 does not see what the auditor of 4401 did: one sign-in.
    assert_eq!(seen.len() + 1, whole.len());
    assert!(seen.iter().all(|sequence| whole.contains(sequence)) && seen.is_sorted_by(|a, b| a > b));
    call(Method::GET, "/api/v1/audit?outcome=maybe", &auditor, &Value::Null).await.is_problem(422, "invalid");
    let text = serde_json::to_string(&entries(&world.office().store).await).unwrap();
    for personal in ["测试长者", "审计员", "6222", "13800000000"] {
        assert!(!text.contains(personal), "{personal} stands in the audit log");
    }
}

struct Witness<'w> {
    world: &'w World,
    nonce: u32,
}

impl Witness<'_> {
    async fn hello(&mut self, till: &Till, witnesses: &[AuditHead]) -> HelloAnswer {
        self.nonce += 1;
        let body = json!({"protocol": 1, "software": "0.1.0", "head": null, "unsent": 0, "witnesses": witnesses});
        let body = serde_json::to_vec(&body).unwrap();
        let now = self.world.office().now();
        let path = "/api/v1/terminal/hello";
        let call = signed(&till.key, till.id(), now, self.nonce, (Method::POST, path, body));
        send(self.world, call.request()).await.read()
    }
}

async fn terminals_bear_witness(backend: Backend) {
    let (world, till) = world(backend).await;
    let mut line = Witness { world: &world, nonce: 1 };
    let store = &world.office().store;
    let told = line.hello(&till, &[]).await.audit.unwrap();
    world.canteen("第二食堂").await;
    let later = line.hello(&till, &[told]).await.audit.unwrap();
    assert!(later.sequence > told.sequence);
    line.hello(&till, &[told, later]).await;
    world.office().noted().await;
    let id = till.id();
    assert_eq!(unit!(store, |tx| audit::witness(tx, id).await), Some(later));
    assert_eq!(breaks(store).await, [] as [&str; 0]);

    // The office lost the last entries: a restored backup, or somebody with the database in their hands.
    tamper(&world, &[format!("DELETE FROM audit WHERE sequence > {}", told.sequence)]).await;
    let kept = AuditHead { sequence: later.sequence, hash: later.hash };
    for _ in 0..2 {
        let now = line.hello(&till, &[told, kept]).await.audit.unwrap();
        assert_eq!(now.sequence, told.sequence + 1, "the break is entered, once");
    }
    let rows = unit!(store, |tx| audit::from(tx, told.sequence + 1, 9).await);
    assert_eq!(
        (rows[0].action.as_str(), rows[0].object.clone()),
        ("audit.witness_broken", format!("audit:{}", later.sequence))
    );
    let found = breaks(store).await;
    assert!(found.iter().all(|b| b.contains("见证")) && !found.is_empty(), "{found:?}");
    assert!(found[0].starts_with(&format!("审计日志第 {} 条", later.sequence)), "{found:?}");
}

/// What somebody does who has the database in their hands.
async fn tamper(world: &World, texts: &[String]) {
    let texts = texts.to_vec();
    world
        .office()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let on = if tx.is_postgres() { " ON audit" } else { "" };
                for trigger in ["audit_keep", "audit_stay"] {
                    let text = format!("DROP TRIGGER IF EXISTS {trigger}{on}");
                    Statement::built(tx, text, Vec::new()).execute().await?;
                }
                for text in texts {
                    Statement::built(tx, text, Vec::new()).execute().await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// Makes the chain whole again from an entry on, as a forger would.
async fn forge(world: &World, from: u64) {
    let store = &world.office().store;
    let rows = entries(store).await;
    let mut previous = rows.iter().rfind(|e| e.sequence < from).map_or(Digest::ZERO, |e| e.hash);
    for mut row in rows.into_iter().filter(|e| e.sequence >= from) {
        row.previous = previous;
        row.hash = server::audit::entry_hash(&row);
        previous = row.hash;
        let sequence = i64::try_from(row.sequence).unwrap();
        unit!(store, |tx| {
            let text = "UPDATE audit SET previous = $2, hash = $3 WHERE sequence = $1";
            sql!(tx, text, sequence, row.previous, row.hash).execute().await
        });
    }
}

async fn planted_breaks_are_named(backend: Backend) {
    let cases: [(&str, &str); 6] = [
        ("UPDATE audit SET detail = '{}' WHERE sequence = 3", "审计日志第 3 条：内容与摘要不符"),
        ("UPDATE audit SET outcome = 'denied' WHERE sequence = 4", "审计日志第 4 条：内容与摘要不符"),
        ("UPDATE audit SET at = at + 1 WHERE sequence = 1", "审计日志第 1 条：内容与摘要不符"),
        ("DELETE FROM audit WHERE sequence = 5", "审计日志第 6 条：序号不连续"),
        ("DELETE FROM audit WHERE sequence < 3", "审计日志第 3 条：序号不连续"),
        ("UPDATE audit SET previous = hash WHERE sequence = 6", "审计日志第 6 条：与前一条的摘要不相接"),
    ];
    for (text, expected) in cases {
        let (world, _) = world(backend).await;
        tamper(&world, &[text.to_owned()]).await;
        let found = breaks(&world.office().store).await;
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(expected), "{text}: {found:?}");
    }
}

async fn a_forged_chain_is_known_by_its_witnesses(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let store = &scene.world.office().store;
    assert_eq!(breaks(store).await, [] as [&str; 0]);
    let head = unit!(store, |tx| audit::head(tx).await).unwrap();
    tamper(&scene.world, &["UPDATE audit SET actor = 'system' WHERE action = 'month.draft'".to_owned()]).await;
    forge(&scene.world, 1).await;
    let found = breaks(store).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(&format!("第 {} 条：与已批月份", head.sequence)), "{found:?}");
    // Nor does it help to take the head away.
    let on = match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " ON month_heads",
    };
    let texts = [
        format!("DROP TRIGGER month_heads_keep{on}"),
        format!("DROP TRIGGER IF EXISTS month_heads_stay{on}"),
        "DELETE FROM month_heads".to_owned(),
    ];
    tamper(&scene.world, &texts).await;
    let found = breaks(store).await;
    assert!(found.len() == 1 && found[0].contains("没有记下审计链首"), "{found:?}");
    assert_eq!(scene.verify().await.breaks.len(), 1, "part of the plain check too");
}

crate::on_both! {
    entries_are_appended_and_found
    what_is_told_outside_is_kept
    many_writers_make_one_chain
    a_month_is_entered_step_by_step_and_its_head_is_printed
    what_is_denied_is_entered_too
    terminals_bear_witness
    planted_breaks_are_named
    a_forged_chain_is_known_by_its_witnesses
}
