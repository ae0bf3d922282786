//! What was registered wrongly and is put right: the old is kept, tills learn of it, and approved papers stay as they are.

use axum::http::Method;
use domain::calendar::UnixMs;
use domain::id::{Digest, ElderId};
use serde_json::{Value, json};
use server::admin::CanteenCorrection;
use server::people::Role;
use server::statements::{Dossier, disclosure, summary};
use server::store::audit::{self, Filter};
use server::store::corrections::{self, Change, CorrectionRow, Field};
use server::store::{Json, canteens, elders};
use support::Backend;

use crate::client::{Answered, request, second, send, world};
use crate::common::{World, region, resident_id};
use crate::desk::Desk;
use crate::month::{MARCH, Scene};
use crate::office::person;
use crate::rows::{append_only, canteen_row, elder_row, n};
use crate::unit;

async fn call(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Answered {
    send(world, request(method, path, Some(token), body)).await
}

fn correction(number: u128) -> CorrectionRow {
    CorrectionRow {
        id: n(number),
        elder: None,
        canteen: None,
        changes: None,
        sealed: None,
        reason: "证件核对".into(),
        left_region: None,
        at: UnixMs::new(i64::try_from(number).unwrap() * 10),
        made_by: None,
        approved_by: None,
    }
}

async fn rows_are_kept_and_undone(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (place, elder) = (canteen_row(1, "440304001"), elder_row(2, None));
    let (canteen, one) = (place.id, elder.id);
    let change = |field, old: &str, new: &str| Json(vec![Change { field, old: old.into(), new: new.into() }]);
    let of_canteen =
        |number, changes| CorrectionRow { canteen: Some(canteen), changes: Some(changes), ..correction(number) };
    let first = of_canteen(1, change(Field::Name, "食堂0", "食堂甲"));
    let later = of_canteen(3, change(Field::Name, "食堂甲", "食堂1"));
    let moved = CorrectionRow {
        elder: Some(one),
        sealed: Some(vec![7]),
        left_region: Some(region("440304001")),
        ..correction(2)
    };
    let rows = [first.clone(), later.clone(), moved.clone()];
    let old = elder.clone();
    unit!(store, |tx| {
        canteens::add(tx, &place).await?;
        elders::add(tx, &elder).await?;
        for row in &rows {
            corrections::add(tx, row).await?;
        }
        Ok(())
    });
    assert_eq!(unit!(store, |tx| corrections::of_canteen(tx, canteen).await), [later, first]);
    assert_eq!(unit!(store, |tx| corrections::of_elder(tx, one).await), [moved]);
    let named = async |at: Option<i64>| {
        let at = at.map(UnixMs::new);
        unit!(store, |tx| corrections::canteen_at(tx, canteen, at).await).unwrap().name
    };
    assert_eq!([named(None).await, named(Some(30)).await], ["食堂1", "食堂1"]);
    assert_eq!([named(Some(29)).await, named(Some(9)).await], ["食堂甲", "食堂0"]);
    let left = async |place: &'static str| unit!(store, |tx| corrections::last_left(tx, &[region(place)]).await);
    assert_eq!(left("440304").await, None, "of the district as before");
    let (was, away) = (elder_row(2, None), elders::ElderRow { region: region("440103"), ..elder_row(2, None) });
    assert!(unit!(store, |tx| corrections::set_elder(tx, &was, &away, UnixMs::new(97)).await));
    assert_eq!([left("440304").await, left("440305").await], [Some(UnixMs::new(20)), None]);
    let (was, back) = (elders::ElderRow { region: region("440103"), ..elder_row(2, None) }, elder_row(2, None));
    assert!(unit!(store, |tx| corrections::set_elder(tx, &was, &back, UnixMs::new(98)).await));
    assert_eq!(unit!(store, |tx| corrections::last_left(tx, &[]).await), None);

    let new =
        elders::ElderRow { name: "更正".into(), phone: Some(vec![1]), phone_digest: Some(Digest([4; 32])), ..old };
    let (was, is) = (elder_row(2, None), new.clone());
    assert!(unit!(store, |tx| corrections::set_elder(tx, &was, &is, UnixMs::new(99)).await));
    let (was, is) = (elder_row(2, None), new.clone());
    assert!(!unit!(store, |tx| corrections::set_elder(tx, &was, &is, UnixMs::new(99)).await), "it is another by now");
    let kept = unit!(store, |tx| elders::get(tx, one).await).unwrap();
    assert_eq!(kept, elders::ElderRow { changed_at: UnixMs::new(99), ..new.clone() });
    let none = elders::ElderRow { phone: None, phone_digest: None, ..new.clone() };
    assert!(unit!(store, |tx| corrections::set_elder(tx, &new, &none, UnixMs::new(99)).await));
    let is = canteens::CanteenRow { operator: "另一单位".into(), capacity: Some(5), ..canteen_row(1, "440304001") };
    let wanted = is.clone();
    unit!(store, |tx| corrections::set_canteen(tx, &is).await);
    assert_eq!(unit!(store, |tx| canteens::get(tx, canteen).await), Some(wanted));
    append_only(store, "corrections").await;
}

/// An elder who is put into a region comes to its tills with what was used before, elsewhere too: no second meal at the
/// price of the first.
async fn who_comes_by_a_correction_comes_with_what_was_used(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office();
    let elder = world.elder(1, None).await;
    let province = person(&world, "省发卡员", Role::CardIssuer, "44").await;
    let path = format!("/api/v1/elders/{elder}/corrections");
    let say = async |place: &str| {
        let body = json!({"region": place, "reason": "登记错了区"});
        assert_eq!(call(&world, Method::POST, &path, &province, &body).await.status, 201);
    };
    let told = async |since: UnixMs| {
        let page = office.usage(&till.row, since, Some(None)).await.unwrap();
        page.entries.iter().filter(|entry| entry.elder == elder).map(|entry| entry.uses.len()).sum::<usize>()
    };
    say("440103").await;
    world.clock.pass(60_000);
    let mut other = world.terminal(world.canteen("另一食堂").await).await;
    let start = other.start(None);
    let opened = other.open();
    let meal = other.meal(office, Some(elder));
    world.ingest(&other, 1, &[start, opened, meal]).await;
    world.clock.pass(10 * 60_000);
    let asked = office.now();
    assert_eq!(told(UnixMs::new(0)).await, 0, "the elder is nobody here");
    world.clock.pass(60_000);
    say("440304").await;
    assert_eq!(told(asked).await, 1, "the meal of before comes with the elder");
}

/// Two in the same millisecond, and one of a clock that was set back, are undone in the order in which they were made,
/// whatever their ids say.
async fn those_of_one_instant_keep_their_order(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (place, elder) = (canteen_row(1, "440304001"), elder_row(2, None));
    let (canteen, one, at) = (place.id, elder.id, UnixMs::new(1_000));
    let names = ["食堂0", "食堂甲", "食堂乙", "食堂丙"];
    unit!(store, |tx| {
        canteens::add(tx, &place).await?;
        elders::add(tx, &elder).await
    });
    for (step, (id, at)) in [(9, at), (5, at), (1, at.plus(-500))].into_iter().enumerate() {
        let changes = vec![Change { field: Field::Name, old: names[step].into(), new: names[step + 1].into() }];
        let of_canteen = CorrectionRow { canteen: Some(canteen), changes: Some(Json(changes)), at, ..correction(id) };
        let of_elder = CorrectionRow { elder: Some(one), sealed: Some(vec![1]), at, ..correction(20 + id) };
        unit!(store, |tx| {
            corrections::add(tx, &of_canteen).await?;
            corrections::add(tx, &of_elder).await
        });
    }
    let ids = |rows: Vec<CorrectionRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(
        ids(unit!(store, |tx| corrections::of_canteen(tx, canteen).await)),
        [n(1), n(5), n(9)],
        "the last first"
    );
    assert_eq!(ids(unit!(store, |tx| corrections::of_elder(tx, one).await)), [n(21), n(25), n(29)]);
    let before = unit!(store, |tx| corrections::canteen_at(tx, canteen, Some(at.plus(-1))).await).unwrap();
    assert_eq!(before.name, names[0], "undone to the very first");
}

/// What a till of the canteen is told of an elder now, and the scope of its roster.
async fn told(world: &World, till: &crate::common::Till, elder: ElderId) -> (Option<String>, Option<Digest>) {
    let office = world.office();
    let setup = office.setup(till.row.canteen).await.unwrap();
    let scope = office.versions(&setup).await.unwrap().scope;
    let page = office.roster(&till.row, UnixMs::new(0), 0, None).await.unwrap();
    let entry = page.entries.into_iter().find(|entry| entry.elder.id == elder);
    (entry.map(|entry| entry.masked_name), scope)
}

async fn an_elder_is_put_right_and_tills_learn_of_it(backend: Backend) {
    let (world, till) = world(backend).await;
    let (elder, office) = (world.elder(1, None).await, world.office());
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let near = person(&world, "区发卡员", Role::CardIssuer, "440304").await;
    let auditor = person(&world, "审计", Role::Auditor, "4403").await;
    let path = format!("/api/v1/elders/{elder}/corrections");
    let say = async |token: &str, body: Value| call(&world, Method::POST, &path, token, &body).await;
    assert_eq!(told(&world, &till, elder).await.0.as_deref(), Some("测**者"));
    let scope = told(&world, &till, elder).await.1;

    say(&issuer, json!({"name": "章晓明"})).await.is_problem(422, "invalid");
    say(&issuer, json!({"name": "章晓明", "reason": " "})).await.is_problem(422, "invalid");
    say(&issuer, json!({"reason": "证件核对"})).await.is_problem(422, "invalid");
    say(&issuer, json!({"name": "测试长者", "reason": "证件核对"})).await.is_problem(422, "invalid");
    say(&near, json!({"region": "440305", "reason": "迁出"})).await.is_problem(403, "out_of_scope");
    world.clock.pass(2 * 60_000);
    let before = world.office().now();
    let both = json!({"name": "章晓明", "phone": "", "reason": "证件核对"});
    assert_eq!(say(&issuer, both).await.status, 201);
    let row = unit!(office.store, |tx| elders::get(tx, elder).await).unwrap();
    assert_eq!((row.name.as_str(), row.phone, row.phone_digest), ("章晓明", None, None));
    assert!(row.sort_key.starts_with("zhang"), "{}", row.sort_key);
    assert_eq!(told(&world, &till, elder).await, (Some("章*明".into()), scope), "the same till, another name");
    let delta = office.roster(&till.row, before, 0, None).await.unwrap();
    assert_eq!(delta.entries.len(), 1, "a delta brings it");

    // Who leaves the regions of a canteen leaves its tills: their roster's scope is another one.
    assert_eq!(say(&issuer, json!({"region": "440103", "reason": "登记错了区"})).await.status, 403, "not one's own");
    let province = person(&world, "省发卡员", Role::CardIssuer, "44").await;
    world.clock.pass(1000);
    assert_eq!(say(&province, json!({"region": "440103", "reason": "登记错了区"})).await.status, 201);
    let (name, after) = told(&world, &till, elder).await;
    assert_eq!(name, None);
    assert_ne!(after, scope);
    say(&issuer, json!({"name": "章小明", "reason": "证件核对"})).await.is_problem(403, "out_of_scope");

    // What was before is shown in full, and it is entered who saw it.
    let reader = person(&world, "省审计", Role::Auditor, "44").await;
    call(&world, Method::GET, &path, &auditor, &Value::Null).await.is_problem(403, "out_of_scope");
    let listed = call(&world, Method::GET, &path, &reader, &Value::Null).await.json();
    assert_eq!(listed[0]["changes"], json!([{"field": "region", "old": "440304", "new": "440103"}]));
    let first = json!([{"field": "name", "old": "测试长者", "new": "章晓明"},
                       {"field": "phone", "old": "13800000000", "new": ""}]);
    assert_eq!((&listed[1]["changes"], &listed[1]["reason"]), (&first, &json!("证件核对")));
    let entered = async |action: &'static str| {
        let filter = Filter { action: Some(action.into()), outcome: Some("granted".into()), ..Filter::default() };
        unit!(office.store, |tx| audit::find(tx, &filter, 9).await)
    };
    assert_eq!(entered("elder.corrections_show").await.len(), 1);
    let done = entered("elder.correct").await;
    assert_eq!(done.len(), 2);
    assert!(done.iter().all(|entry| !entry.detail.contains("章") && !entry.detail.contains("138")), "{done:?}");
    assert!(done[1].detail.contains("name,phone"), "{}", done[1].detail);
    let sealed = unit!(office.store, |tx| corrections::of_elder(tx, elder).await);
    assert!(sealed.iter().all(|row| !String::from_utf8_lossy(row.sealed.as_ref().unwrap()).contains("测试")));
    assert!(sealed.iter().all(|row| row.reason.is_empty()), "what people write there is sealed, too");
}

async fn a_street_put_right_leaves_every_list_as_it_was(backend: Backend) {
    let (world, till) = world(backend).await;
    let elder = world.elder(1, None).await;
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let path = format!("/api/v1/elders/{elder}/corrections");
    let (name, scope) = told(&world, &till, elder).await;
    for street in ["440304001", "440304002"] {
        world.clock.pass(1000);
        let body = json!({"region": street, "reason": "登记错了街道"});
        assert_eq!(call(&world, Method::POST, &path, &issuer, &body).await.status, 201);
        assert_eq!(told(&world, &till, elder).await, (name.clone(), scope), "no till fetches the whole list again");
    }
}

async fn a_canteens_phone_takes_one_and_its_operator_two(backend: Backend) {
    let (world, till) = world(backend).await;
    let office = world.office();
    let admin = person(&world, "管理员", Role::Administrator, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let id = till.row.canteen;
    let path = format!("/api/v1/canteens/{id}/corrections");
    let say = async |body: Value| call(&world, Method::POST, &path, &admin, &body).await;
    let setup = async || office.setup(id).await.unwrap();
    let before = setup().await.digest();
    let one = json!({"phone": "0755-83000000", "address": "福田街道 1 号", "reason": "换了电话"});
    assert_eq!(say(one).await.status, 201);
    let row = async || unit!(office.store, |tx| canteens::get(tx, id).await).unwrap();
    assert_eq!((row().await.phone.as_str(), row().await.capacity), ("0755-83000000", Some(200)));
    // Findings that stop a month are measured by the capacity: nobody takes them away alone.
    let more = say(json!({"capacity": 0, "reason": "未核定"})).await;
    assert_eq!((more.status.as_u16(), row().await.capacity), (202, Some(200)));
    assert_eq!(second(&world, &checker, &more.json()).await.status, 204);
    assert_eq!(row().await.capacity, None);
    assert_eq!(setup().await.phone, "0755-83000000");
    assert_ne!(setup().await.digest(), before, "tills fetch the head of their slips anew");

    say(json!({"credit_code": "91350100M000100Y44", "reason": "笔误"})).await.is_problem(422, "invalid");
    let two = json!({"operator": "测试餐饮服务有限公司", "reason": "执照更名"});
    let made = say(two.clone()).await;
    assert_eq!(made.status, 202);
    assert_eq!(row().await.operator, "测试餐饮有限公司", "not yet");
    second(&world, &admin, &made.json()).await.is_problem(403, "forbidden");
    // What was proposed of a registration that was changed since is not carried out.
    let other = say(json!({"operator": "另一餐饮有限公司", "reason": "执照更名"})).await.json();
    world.clock.pass(1000);
    assert_eq!(second(&world, &checker, &made.json()).await.status, 204);
    assert_eq!(row().await.operator, "测试餐饮服务有限公司");
    second(&world, &checker, &other).await.is_problem(409, "conflict");
    let listed = call(&world, Method::GET, &path, &checker, &Value::Null).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(listed[0]["changes"][0]["old"], "测试餐饮有限公司");
    assert!(listed[0]["approved_by"].is_string() && listed[2]["approved_by"].is_null(), "{listed}");

    // At the office's own computer one is enough.
    let new =
        CanteenCorrection {
            name: Some("改名食堂".into()), reason: "更名".into(), ..CanteenCorrection::default()
        };
    office.correct_canteen(id, new, None).await.unwrap();
    assert_eq!(setup().await.name, "改名食堂");
}

async fn approved_papers_say_what_they_said(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let (world, id) = (&scene.world, scene.canteen(0));
    let office = world.office();
    let rename = async |name: &str| {
        let new =
            CanteenCorrection { name: Some(name.into()), reason: "更名".into(), ..CanteenCorrection::default() };
        world.clock.pass(1000);
        office.correct_canteen(id, new, None).await.unwrap();
        world.clock.pass(1000);
    };
    let statement = view.statements.iter().find(|statement| statement.canteen == id).unwrap().id;
    let printed = async || {
        let of = office.clone();
        let dossier = unit!(office.store, |tx| Dossier::load(tx, statement, of.book(), &of.keys).await);
        dossier.sheet("http://127.0.0.1", office.now()).canteen
    };
    rename("起草后更名").await;
    assert_eq!(printed().await, "起草后更名", "a draft says what is registered");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    rename("批准后更名").await;
    assert_eq!(printed().await, "起草后更名");
}

/// The office's name is the payer's: whoever renames it does not rewrite what was approved.
async fn approved_papers_name_the_office_of_then(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let (world, statement) = (&scene.world, view.statements[0].id);
    let office = world.office();
    let rename = async |name: &str| {
        let new =
            canteens::Region { code: region("440304"), name: format!("{name}区"), office: format!("{name}民政局") };
        world.clock.pass(1000);
        office.create_region(new, None).await.unwrap();
        world.clock.pass(1000);
    };
    let heads = async || {
        let (of, now) = (office.clone(), office.now());
        let dossier = unit!(office.store, |tx| Dossier::load(tx, statement, of.book(), &of.keys).await);
        let place = region("440304");
        let sheet = unit!(office.store, |tx| summary(tx, &place, MARCH.parse().unwrap(), "", now).await);
        let list = unit!(office.store, |tx| disclosure(tx, statement, "", now).await);
        [dossier.sheet("", now).office, sheet.region, sheet.office, list.office]
    };
    let of = |name: &str| ["民政局", "区", "民政局", "民政局"].map(|what| format!("{name}{what}"));
    rename("起草后").await;
    assert_eq!(heads().await, of("起草后"), "a draft says what is registered");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    for later in ["批准后", "再次"] {
        rename(later).await;
        assert_eq!(heads().await, of("起草后"), "{later}");
    }
}

/// A close is made again with the capacity that was stated when it was made: of a settled month, in its pack too. A month
/// that nobody has approved is held against the right one.
async fn a_capacity_put_right_leaves_settled_months_as_they_are(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (office, id) = (std::sync::Arc::clone(scene.world.office()), scene.canteen(0));
    let states = async |capacity: u32| {
        let reason = "少写一个零".to_owned();
        let new = CanteenCorrection { capacity: Some(capacity), reason, ..CanteenCorrection::default() };
        scene.world.clock.pass(1000);
        office.correct_canteen(id, new, None).await.unwrap();
        scene.world.clock.pass(1000);
    };
    let over = |view: &server::month::MonthView| {
        let of = |s: &&server::store::months::StoredStatement| s.canteen == id;
        let statement = view.statements.iter().find(of).unwrap();
        let found = &statement.content.0.reconciliation.findings;
        found.iter().any(|(code, _)| *code == domain::reconciliation::Code::OverCapacity)
    };
    states(1).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert!(over(&view), "days of a month that is drafted or open are closed again");
    states(300).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert!(!over(&view));
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let approved = office.now();
    states(1).await;
    assert_eq!(scene.verify().await.breaks, [], "closed with 300 a day, and so again");
    let known = unit!(office.store, |tx| corrections::capacity_at(tx, id, approved).await);
    let now = unit!(office.store, |tx| corrections::capacity_at(tx, id, UnixMs::MAX).await);
    assert_eq!((known, now), (Some(300), Some(1)));
    let mut bytes = Vec::new();
    let month = (&region("440304"), MARCH.parse().unwrap(), None);
    server::pack::write(&office.store, month, office.now(), &mut bytes, &|_, _| {}).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let checked = server::pack::check(std::io::Cursor::new(bytes), folder.path(), None, &|_| {}).await.unwrap();
    assert_eq!(checked.report.breaks, [], "elsewhere too");
    append_only(&office.store, "former_capacities").await;
    let at = UnixMs::new(5);
    unit!(office.store, |tx| corrections::former_capacity(tx, id, None, at).await);
    let first = unit!(office.store, |tx| corrections::capacity_at(tx, id, UnixMs::new(4)).await);
    assert_eq!(first, None, "nothing was stated at first");
}

async fn pages_put_right_too(backend: Backend) {
    let (world, till) = world(backend).await;
    let elder = world.elder(1, None).await;
    let admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let checker = Desk::of(&world, "测试复核", Role::FinanceChecker, "4403").await;
    let page = format!("/console/elders/{elder}");
    admin.get(&page).await.has(&["更正登记", "更正理由"]);
    checker.get(&page).await.lacks(&["更正理由"]);
    let put = format!("{page}/corrections");
    let fields = [("name", "章晓明"), ("phone", ""), ("no_phone", "1"), ("place", ""), ("reason", "证件核对")];
    admin.post(&put, &fields).await.went("done=saved");
    admin.get(&page).await.has(&["章*明"]).lacks(&["章晓明", "测试长者"]);
    admin.get(&put).await.has(&["测试长者 → 章晓明", "13800000000 → （空）", "证件核对", "测试管理（管理员）"]);
    // By the number too.
    admin.post("/console/elders/find", &[("number", &resident_id(1))]).await.went(&page);

    let page = format!("/console/canteens/{}", till.row.canteen);
    let fields = [("operator", "另一餐饮有限公司"), ("reason", "执照更名")];
    admin.post(&format!("{page}/corrections"), &fields).await.went("done=proposed");
    let waiting = checker.get("/console/proposals").await;
    waiting.has(&["更正登记", "测试餐饮有限公司 → 另一餐饮有限公司", "执照更名"]);
    let html = waiting.html();
    let one = html.split("href=\"/console/proposals/").nth(1).unwrap().split('?').next().unwrap();
    let one = format!("/console/proposals/{one}");
    let digest = checker.get(&one).await.field("digest");
    checker.post(&format!("{one}/approve"), &[("digest", &digest)]).await.went("done=agreed");
    admin.get(&page).await.has(&["另一餐饮有限公司", "登记更正", "测试管理（管理员） / 测试复核（复核）"]);
}

crate::on_both! {
    a_street_put_right_leaves_every_list_as_it_was
    rows_are_kept_and_undone
    who_comes_by_a_correction_comes_with_what_was_used
    those_of_one_instant_keep_their_order
    an_elder_is_put_right_and_tills_learn_of_it
    a_canteens_phone_takes_one_and_its_operator_two
    approved_papers_say_what_they_said
    approved_papers_name_the_office_of_then
    a_capacity_put_right_leaves_settled_months_as_they_are
    pages_put_right_too
}
