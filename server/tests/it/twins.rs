//! The API's twins of console pages: regions, draws, changes, backups, the chain's check, days, finding elders, accounts.

use axum::http::Method;
use domain::elder::ElderFactKind;
use domain::id::{CanteenId, Digest};
use serde_json::{Value, json};
use server::admin::NewElderFact;
use server::people::Role;
use server::store::audit::{self, Filter};
use server::store::usage::MealRow;
use server::store::{Bind as _, Statement, closes, elders, usage};
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{Answered, open, post, request, second, send, world};
use crate::common::{World, date, region, resident_id};
use crate::month::{MARCH, Scene};
use crate::office::person;
use crate::rows::{elder_row, n};
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";

async fn call(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Answered {
    send(world, request(method, path, Some(token), body)).await
}

async fn get(world: &World, path: &str, token: &str) -> Value {
    let answer = call(world, Method::GET, path, token, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

async fn regions_are_listed_and_added(backend: Backend) {
    let (world, _) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "440304").await;
    let new = json!({"code": "440304001", "name": "园岭街道", "office": "园岭街道办事处"});
    assert_eq!(call(&world, Method::POST, "/api/v1/regions", &admin, &new).await.status, 201);
    let far = json!({"code": "440305", "name": "南山区", "office": "南山区民政局"});
    call(&world, Method::POST, "/api/v1/regions", &admin, &far).await.is_problem(403, "out_of_scope");
    let listed = get(&world, "/api/v1/regions", &admin).await;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[1], new);
}

async fn an_inspection_is_drawn_by_programs(backend: Backend) {
    let (world, till) = world(backend).await;
    let auditor = person(&world, "审计", Role::Auditor, "4403").await;
    let new = json!({"region": "440304", "title": "三月抽查", "count": 1, "inspectors": ["甲", "乙"], "each": 1,
        "seed_name": "公开号码", "seed_on": "2026-03-03"});
    let made = call(&world, Method::POST, "/api/v1/draws", &auditor, &new).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(
        (made["drawn"].as_bool(), made["canteens"][0].as_str()),
        (Some(false), Some(&*till.row.canteen.to_string()))
    );
    let path = format!("/api/v1/draws/{}", made["id"].as_str().unwrap());
    let seed = json!({"seed": "03 17 22"});
    call(&world, Method::POST, &format!("{path}/drawing"), &auditor, &seed).await.is_problem(409, "conflict");
    world.clock.pass(24 * 60 * 60 * 1000);
    let auditor = open(&world, "审计", PASSPHRASE).await;
    assert_eq!(call(&world, Method::POST, &format!("{path}/drawing"), &auditor, &seed).await.status, 201);
    let result = json!({"canteen": till.row.canteen, "inspected_on": "2026-03-03", "grade": "good", "words": "合格"});
    assert_eq!(call(&world, Method::POST, &format!("{path}/results"), &auditor, &result).await.status, 204);
    call(&world, Method::POST, &format!("{path}/results"), &auditor, &result).await.is_problem(409, "conflict");
    let whole = get(&world, &path, &auditor).await;
    assert_eq!((whole["seed"].as_str(), whole["results"].as_i64()), (Some("03 17 22"), Some(1)));
    assert_eq!(whole["places"][0]["result"]["grade"], "good");
    // Page by page.
    assert_eq!(
        call(
            &world,
            Method::POST,
            "/api/v1/draws",
            &auditor,
            &json!({"region": "440304", "title": "又一次",
        "count": 1, "seed_name": "公开号码", "seed_on": "2026-03-09"})
        )
        .await
        .status,
        201
    );
    let first = get(&world, "/api/v1/draws?limit=1", &auditor).await;
    let second =
        get(&world, &format!("/api/v1/draws?limit=1&after={}", first[0]["id"].as_str().unwrap()), &auditor).await;
    assert_eq!((first[0]["title"].as_str(), second[0]["title"].as_str()), (Some("又一次"), Some("三月抽查")));
}

async fn days_and_changes_are_read_page_by_page(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let (world, office) = (&scene.world, scene.world.office());
    let auditor = person(world, "审计", Role::Auditor, "4403").await;
    let all = get(world, "/api/v1/days?from=2026-03-01&until=2026-03-31", &auditor).await;
    let all = all.as_array().unwrap();
    let (of_first, whole) = (scene.canteen(0), all.len());
    let served: u64 = all.iter().map(|day| day["meals"]["count"].as_u64().unwrap()).sum();
    assert_eq!(served, 4);
    let (mut seen, mut next) = (Vec::new(), Some("/api/v1/days?from=2026-03-01&until=2026-03-31&limit=7".to_owned()));
    while let Some(path) = next {
        let asked = request(Method::GET, &path, Some(&auditor), &Value::Null);
        let response = tower::ServiceExt::oneshot(world.server.router(), asked).await.unwrap();
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        seen.extend(crate::client::read(response).await.json().as_array().unwrap().clone());
    }
    assert_eq!((seen.len(), &seen), (whole, all));
    let one = get(world, &format!("/api/v1/days?from=2026-03-02&until=2026-03-02&canteen={of_first}"), &auditor).await;
    assert_eq!((one.as_array().unwrap().len(), one[0]["canteen"].as_str()), (1, Some(&*of_first.to_string())));
    let of = closes::Of {
        region: region("440304"),
        canteen: Some(of_first),
        from: date("2026-03-02"),
        until: date("2026-03-02"),
        after: None,
    };
    let stored = unit!(office.store, |tx| closes::listed(tx, &of, 9).await);
    let found = unit!(office.store, |tx| closes::found_on(tx, of_first, date("2026-03-02")).await);
    assert_eq!(found, Some(stored[0].content.0.findings.clone()));
    assert_eq!(one[0]["digest"], stored[0].digest.to_string());
    let bad = call(world, Method::GET, "/api/v1/days?after=x", &auditor, &Value::Null).await;
    bad.is_problem(422, "invalid");

    for (elder, from) in [(0, "2026-03-02"), (1, "2026-03-01")] {
        world.clock.pass(1000);
        let fact = NewElderFact { valid_from: date(from), kind: ElderFactKind::Death { dead: true } };
        office.add_elder_fact(scene.elders[elder], fact, None).await.unwrap();
    }
    let changes = get(world, "/api/v1/changes?from=2026-04-01&until=2026-04-30&kind=death", &auditor).await;
    assert_eq!(changes.as_array().unwrap().len(), 2, "{changes}");
    assert_eq!(changes[0]["elder"], scene.elders[1].to_string(), "the latest first");
    assert_eq!(
        (changes[0]["meals"].as_array().unwrap().len(), changes[0]["masked_name"].as_str()),
        (2, Some("测**者"))
    );
    assert_eq!(changes[1]["meals"], json!([]), "meals of the day of death were eaten by a living person");
    let path = "/api/v1/changes?from=2026-04-01&until=2026-04-30&limit=1";
    let asked = request(Method::GET, path, Some(&auditor), &Value::Null);
    let response = tower::ServiceExt::oneshot(world.server.router(), asked).await.unwrap();
    let link = response.headers()["link"].to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(get(world, &link, &auditor).await[0]["elder"], scene.elders[0].to_string());
}

/// What was learned late bears on the meals of years: a page ends where it bears on enough of them.
async fn a_page_of_changes_bears_on_so_many_meals(backend: Backend) {
    let (world, till) = world(backend).await;
    let (office, canteen) = (world.office(), till.row.canteen);
    let auditor = person(&world, "审计", Role::Auditor, "4403").await;
    let (often, seldom) = (world.elder(1, None).await, world.elder(2, None).await);
    let mut meals = Vec::new();
    for number in 0_u32..2_000 {
        let day = date("2026-02-01").plus_days(i64::from(number % 28));
        let record = crate::rows::meal_row(u128::from(number) + 1, canteen, &day.to_string(), 1);
        meals.push(MealRow { elder: often, ..record });
    }
    meals.push(MealRow { elder: seldom, ..crate::rows::meal_row(9_999, canteen, "2026-02-01", 1) });
    // Before and behind what the facts bear on.
    for (number, day) in [(10_001, "2026-01-31"), (10_002, "2026-03-09")] {
        meals.push(MealRow { elder: seldom, ..crate::rows::meal_row(number, canteen, day, 1) });
    }
    for some in meals.chunks(500) {
        let some = some.to_vec();
        unit!(office.store, |tx| usage::add(tx, &some).await);
    }
    for elder in [seldom, often] {
        world.clock.pass(1000);
        let kind = ElderFactKind::Category { name: "低保".into(), level: None, held: true };
        office.add_elder_fact(elder, NewElderFact { valid_from: date("2026-02-01"), kind }, None).await.unwrap();
    }
    let asked = request(Method::GET, "/api/v1/changes", Some(&auditor), &Value::Null);
    let response = tower::ServiceExt::oneshot(world.server.router(), asked).await.unwrap();
    let link = response.headers()["link"].to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    let first = crate::client::read(response).await.json();
    let seen = |page: &Value| {
        let rows = page.as_array().unwrap().iter();
        rows.map(|row| (row["elder"].as_str().unwrap().to_owned(), row["meals"].as_array().unwrap().len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&first), [(often.to_string(), 2_000)]);
    assert_eq!(seen(&get(&world, &link, &auditor).await), [(seldom.to_string(), 1)]);
}

/// Each page of days is walked to from its cursor, in the order of an index.
async fn a_page_of_days_is_read_from_its_place_on(backend: Backend) {
    let (world, _) = world(backend).await;
    if backend != Backend::Sqlite {
        return;
    }
    let store = &world.office().store;
    let plan: Vec<(i64, i64, i64, String)> = unit!(store, |tx| {
        let (place, behind) = (region("4403"), CanteenId::from_uuid(n(1)));
        let (from, until) = (date("2026-03-01"), date("2026-03-31"));
        let values = vec![(&place).bind(), from.bind(), until.bind(), from.bind(), behind.bind(), 100_i64.bind()];
        Statement::built(tx, format!("EXPLAIN QUERY PLAN {}", closes::LISTED), values).all().await
    });
    let steps: Vec<&str> = plan.iter().map(|row| row.3.as_str()).collect();
    assert!(steps[0].starts_with("SEARCH d USING INDEX day_closes_by_date (date>? AND date<?)"), "{steps:?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
}

async fn the_chain_is_checked_and_backups_are_told(backend: Backend) {
    let (world, _) = world(backend).await;
    let auditor = person(&world, "审计", Role::Auditor, "4403").await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let path = "/api/v1/audit/verification";
    assert_eq!(get(&world, path, &auditor).await["last"], Value::Null);
    assert_eq!(call(&world, Method::POST, path, &auditor, &Value::Null).await.status, 200);
    let told = get(&world, path, &auditor).await;
    assert_eq!((told["last"]["holds"].as_bool(), &told["last"]["breaks"]), (Some(true), &json!([])));
    assert!(told["last"]["entries"].as_u64().unwrap() > 5, "{told}");
    let backups = get(&world, "/api/v1/backups", &admin).await;
    assert_eq!(backups, json!({"last": null, "last_drill": null, "notes": []}));
}

async fn elders_are_found_and_it_is_entered_who_asked(backend: Backend) {
    let (world, _) = world(backend).await;
    let (office, elder) = (world.office(), world.elder(1, None).await);
    let card = office.issue_card(elder, None).await.unwrap();
    let reader = person(&world, "审计", Role::Auditor, "440304").await;
    let far = person(&world, "外区审计", Role::Auditor, "440305").await;
    let find = async |token: &str, body: Value| call(&world, Method::POST, "/api/v1/elders/search", token, &body).await;
    for number in [resident_id(1), card.number.expose().to_owned()] {
        let found = find(&reader, json!({"number": number})).await.json();
        assert_eq!(
            (found[0]["id"].as_str(), found[0]["masked_name"].as_str()),
            (Some(&*elder.to_string()), Some("测**者"))
        );
        assert_eq!(find(&far, json!({"number": number})).await.json(), json!([]), "elsewhere is nobody here");
    }
    assert_eq!(find(&reader, json!({"number": resident_id(2)})).await.json(), json!([]));
    for name in ["测试", "ce shi"] {
        assert_eq!(find(&reader, json!({"name": name})).await.json()[0]["id"], elder.to_string(), "{name}");
        assert_eq!(find(&far, json!({"name": name})).await.json(), json!([]));
    }
    assert_eq!(find(&reader, json!({"name": "测事"})).await.json(), json!([]), "read alike, written otherwise");
    for bad in [json!({}), json!({"number": resident_id(1), "name": "测"}), json!({"number": "12"})] {
        find(&reader, bad).await.is_problem(422, "invalid");
    }
    let filter = Filter { action: Some("elder.find".into()), ..Filter::default() };
    let entries = unit!(office.store, |tx| audit::find(tx, &filter, 99).await);
    assert_eq!(entries.len(), 10);
    assert!(entries.iter().any(|entry| entry.object == format!("elder:{elder}")));
    assert!(entries.iter().all(|entry| !format!("{entry:?}").contains(&resident_id(1))), "{entries:?}");
}

/// Six hundred people whose name reads alike stand before the one who is meant: the one is found, and who reads on by the
/// sound sees every one of them once.
async fn a_name_behind_many_that_read_alike_is_found(backend: Backend) {
    const ALIKE: u128 = 600;
    let (world, _) = world(backend).await;
    let reader = person(&world, "审计", Role::Auditor, "4403").await;
    let row = |number: u128, name: &str| elders::ElderRow {
        name: name.into(),
        sort_key: server::names::sort_key("李明"),
        resident_id_digest: Digest::of("test.elder", &[&number.to_be_bytes()]),
        ..elder_row(number, None)
    };
    let rows: Vec<_> = (1..=ALIKE).map(|number| row(number, "李明")).chain([row(9_999, "黎明")]).collect();
    assert_eq!(server::names::sort_key("黎明"), rows[0].sort_key);
    unit!(world.office().store, |tx| {
        for row in &rows {
            elders::add(tx, row).await?;
        }
        Ok(())
    });
    let find = async |body: Value| call(&world, Method::POST, "/api/v1/elders/search", &reader, &body).await;
    let found = find(json!({"name": "黎明"})).await.json();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &json!(n(9_999))));

    let (mut seen, mut after) = (std::collections::BTreeSet::new(), Value::Null);
    loop {
        let request = request(
            Method::POST,
            "/api/v1/elders/search",
            Some(&reader),
            &json!({"name": "li ming", "limit": 250, "after": after}),
        );
        let response = world.server.router().oneshot(request).await.unwrap();
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page = crate::client::read(response).await.json();
        seen.extend(page.as_array().unwrap().iter().map(|one| one["id"].to_string()));
        let Some(link) = link else { break };
        after = json!(link.split("after=").nth(1).unwrap().split('>').next().unwrap());
    }
    assert_eq!(seen.len() as u128, ALIKE + 1);
}

async fn accounts_are_locked_opened_and_moved(backend: Backend) {
    let (world, _) = world(backend).await;
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let other = person(&world, "另一管理员", Role::Administrator, "4403").await;
    let token = person(&world, "审计", Role::Auditor, "440304").await;
    let office = world.office();
    let id = office.account("审计").await.unwrap().id;
    let own = office.account("管理员").await.unwrap().id;
    let act = async |of: &domain::id::UserId, what: &str| {
        let why = json!({"reason": "离岗三个月"});
        call(&world, Method::POST, &format!("/api/v1/people/{of}/{what}"), &admin, &why).await
    };
    for bare in [json!({}), json!({"reason": " "})] {
        call(&world, Method::POST, &format!("/api/v1/people/{id}/lock"), &admin, &bare)
            .await
            .is_problem(422, "invalid");
    }
    let right = json!({"name": "审计", "passphrase": PASSPHRASE});
    act(&own, "unlock").await.is_problem(403, "second_person");
    assert_eq!(act(&id, "lock").await.status, 204);
    call(&world, Method::GET, "/api/v1/session", &token, &Value::Null).await.is_problem(401, "sign_in_needed");
    send(&world, post("/api/v1/session", &right)).await.is_problem(429, "sign_in_locked");
    let listed = get(&world, "/api/v1/people", &admin).await;
    let row = listed.as_array().unwrap().iter().find(|row| row["id"] == id.to_string()).unwrap();
    assert!(row["locked_until"].is_i64(), "{row}");
    assert_eq!(act(&id, "unlock").await.status, 204);
    assert_eq!(send(&world, post("/api/v1/session", &right)).await.status, 201);
    // What was locked at the office's own computer is opened there.
    office.lock_account(id).await.unwrap();
    act(&id, "unlock").await.is_problem(409, "conflict");
    assert_eq!(act(&id, "lock").await.status, 204);
    act(&id, "unlock").await.is_problem(409, "conflict");
    office.unlock_account(id).await.unwrap();

    let path = format!("/api/v1/people/{id}/move");
    let to = json!({"role": "card_issuer", "region": "440304", "reason": "轮岗"});
    let made = call(&world, Method::POST, &path, &admin, &to).await;
    assert_eq!(made.status, 201);
    second(&world, &admin, &made.json()).await.is_problem(403, "second_person");
    assert_eq!(second(&world, &other, &made.json()).await.status, 204);
    assert_eq!(office.account("审计").await.unwrap().role, Role::CardIssuer);
    let district = person(&world, "区管理员", Role::Administrator, "440304").await;
    let up = json!({"role": "card_issuer", "region": "4403", "reason": "轮岗"});
    call(&world, Method::POST, &path, &district, &up).await.is_problem(403, "out_of_scope");
}

crate::on_both! {
    regions_are_listed_and_added
    an_inspection_is_drawn_by_programs
    days_and_changes_are_read_page_by_page
    a_page_of_changes_bears_on_so_many_meals
    a_page_of_days_is_read_from_its_place_on
    the_chain_is_checked_and_backups_are_told
    elders_are_found_and_it_is_entered_who_asked
    a_name_behind_many_that_read_alike_is_found
    accounts_are_locked_opened_and_moved
}
