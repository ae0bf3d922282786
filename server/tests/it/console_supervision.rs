//! What supervisors and auditors see: changes of eligibility, draws, regions, backups; and what these pages read.

use domain::calendar::UnixMs;
use domain::canteen::{CanteenFact, CanteenFactKind, Standing};
use domain::draw::DrawList;
use domain::elder::ElderFactKind;
use domain::id::{CanteenId, Digest, ElderId, RecordId, UserId};
use domain::reconciliation::Code as FindingCode;
use server::admin::NewElderFact;
use server::close::close_days;
use server::people::Role;
use server::sql;
use server::store::backups::{self, BackupNote};
use server::store::draws::{self, DrawRow, OutcomeRow, ResultRow};
use server::store::{Json, board, canteens, closes, register};
use server::words::Code;
use support::Backend;

use crate::client::world as with_till;
use crate::common::{World, date, region};
use crate::desk::Desk;
use crate::month::{MARCH, Scene};
use crate::office::person;
use crate::rows::{append_only, canteen_row, elder_row, meal_row, n};
use crate::unit;

async fn a_late_death_shows_the_meals_after_it_and_what_is_to_be_deducted(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let office = scene.world.office().clone();
    let auditor = Desk::of(&scene.world, "测试审计", Role::Auditor, "440304").await;
    let far = Desk::of(&scene.world, "外区审计", Role::Auditor, "440305").await;
    auditor.get("/console/changes?month=2026-04").await.has(&["这段时间没有知悉变动"]);
    let death = NewElderFact { valid_from: date("2026-03-02"), kind: ElderFactKind::Death { dead: true } };
    office.add_elder_fact(scene.elders[1], death, None).await.unwrap();
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    let page = auditor.get("/console/changes?month=2026-04").await;
    page.has(&["2026年3月2日 去世", "晚 30 天", "1 餐", "3月3日 午餐 甲食堂", "/console/findings/", "测**者"]);
    page.lacks(&["测试长者", "3月2日 午餐"]);
    let close = unit!(office.store, |tx| register::closes_on(tx, &region("440304"), date("2026-03-03")).await);
    let finding = close.iter().flat_map(|c| &c.findings).find(|f| f.code == FindingCode::NotEligible).unwrap();
    page.has(&[&finding.number, "¥3.00"]);
    assert_eq!(finding.stake.get(), 300);
    auditor.get("/console/changes?month=2026-04&kind=move").await.has(&["这段时间没有知悉变动"]);
    auditor.get("/console/changes?from=2026-03-01&until=2026-03-31").await.has(&["这段时间没有知悉变动"]);
    far.get("/console/changes?month=2026-04").await.lacks(&["测**者"]);
    // What was found is found again by the bar's field.
    auditor.get(&format!("/console/search?q={}", finding.number)).await.has(&["/console/findings/", "甲食堂"]);
    auditor.get(&format!("/console/search?q={}", scene.elders[1])).await.has(&["测**者"]).lacks(&["测试长者"]);
    far.get(&format!("/console/search?q={}", scene.elders[1])).await.lacks(&["测**者"]).has(&["没有找到"]);
    auditor.get("/console/search?q=%E7%94%B2%E9%A3%9F%E5%A0%82").await.has(&["甲食堂", "/console/canteens/"]);
    let personal = auditor.get("/console/search?q=44030419460101001X").await;
    assert!(personal.at.contains("personal=1") && !personal.at.contains("4403041946"), "{}", personal.at);
    auditor.get(&personal.at).await.has(&["请在“老人”页按号码查找"]);
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let number = view.statements[0].number.clone();
    auditor.get(&format!("/console/search?q={number}")).await.has(&[&number, "/console/statements/"]);
    let record =
        unit!(office.store, |tx| sql!(tx, "SELECT id FROM records WHERE kind = 'meal'").values::<RecordId>().await);
    auditor.get(&format!("/console/search?q={}", record[0])).await.has(&["记录", "/console/reconciliation?"]);
    far.get(&format!("/console/search?q={}", record[0])).await.has(&["没有找到"]);
}

async fn a_draw_is_announced_drawn_once_and_can_be_drawn_again_by_anybody(backend: Backend) {
    let scene = Scene::new(backend).await;
    let world = &scene.world;
    let auditor = Desk::of(world, "测试审计", Role::Auditor, "440304").await;
    let admin = Desk::of(world, "测试管理", Role::Administrator, "440304").await;
    let far = Desk::of(world, "外区审计", Role::Auditor, "440305").await;
    let new = [
        ("title", "三月抽查"),
        ("count", "1"),
        ("inspectors", "张甲\r\n李乙\r\n王丙"),
        ("each", "2"),
        ("seed_name", "福彩 3D 第 2026062 期"),
        ("seed_on", "2026-03-03"),
    ];
    let with = |name: &'static str, value: &'static str| new.map(|(k, v)| if k == name { (k, value) } else { (k, v) });
    admin.post("/console/draws", &new).await.refused(Code::Forbidden);
    auditor.post("/console/draws", &with("seed_on", "2026-03-02")).await.refused(Code::Invalid).has(&["晚于今天"]);
    auditor.post("/console/draws", &with("count", "3")).await.refused(Code::Invalid);
    auditor.post("/console/draws", &with("each", "4")).await.refused(Code::Invalid);
    let made = auditor.post("/console/draws", &new).await;
    made.went("done=announced");
    let page = made.at.split('?').next().unwrap().to_owned();
    let inspectors = ["张甲", "李乙", "王丙"].map(str::to_owned).to_vec();
    let list = DrawList::new(vec![scene.canteen(0), scene.canteen(1)], 1, inspectors, 2);
    admin.get(&page).await.has(&["待抽取", &list.digest().to_string(), "甲食堂", "乙食堂", "zhucan-draw-1"]);
    far.get(&page).await.refused(Code::OutOfScope);
    let drawing = format!("{page}/drawing");
    auditor.post(&drawing, &[("seed", "1 2 3")]).await.refused(Code::Conflict);
    world.clock.pass(24 * 60 * 60 * 1000);
    let (auditor, admin) = (Desk::again(world, "测试审计").await, Desk::again(world, "测试管理").await);
    admin.post(&drawing, &[("seed", "1 2 3")]).await.refused(Code::Forbidden);
    auditor.post(&drawing, &[("seed", "1|2")]).await.refused(Code::Invalid);
    auditor.post(&drawing, &[("seed", " 1 2 3 ")]).await.went("done=drawn");
    auditor.post(&drawing, &[("seed", "9 9 9")]).await.refused(Code::Conflict).has(&["已经抽取"]);
    let drawn = list.draw("1 2 3");
    let shown = admin.get(&page).await;
    shown.has(&["1 2 3", &drawn[0].ticket.to_string(), &drawn[0].inspectors.join("、")]);
    let (chosen, other) =
        (drawn[0].canteen, if drawn[0].canteen == scene.canteen(0) { scene.canteen(1) } else { scene.canteen(0) });
    let results = format!("{page}/results");
    let result = |canteen: &CanteenId, grade: &str| {
        [
            ("canteen", canteen.to_string()),
            ("inspected_on", "2026-03-03".into()),
            ("grade", grade.into()),
            ("words", "后厨整洁".into()),
        ]
    };
    let note = async |desk: &Desk<'_>, fields: [(&str, String); 4]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        desk.post(&results, &fields).await
    };
    note(&admin, result(&chosen, "good")).await.refused(Code::Forbidden);
    note(&auditor, result(&other, "good")).await.refused(Code::Conflict);
    note(&auditor, result(&chosen, "perfect")).await.refused(Code::Invalid);
    note(&auditor, result(&chosen, "fair")).await.went("done=said");
    note(&auditor, result(&chosen, "good")).await.refused(Code::Conflict);
    admin.get(&page).await.has(&["一般", "后厨整洁", "测试审计（审计）"]);
    auditor.get("/console/draws").await.has(&["三月抽查", "已抽取", "已登记 1 家结果"]);
    auditor.get("/console/audit?action=draw.make").await.has(&["抽取检查对象", "1 2 3"]);
}

async fn what_the_pages_read_of_the_register(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (near, far) = (canteen_row(1, "440304001"), canteen_row(2, "440305001"));
    let (here, there) = (near.id, far.id);
    let elder = elder_row(1, Some(here));
    let other = server::store::elders::ElderRow { sort_key: "zhang san".into(), ..elder_row(2, None) };
    let (id, second) = (elder.id, other.id);
    let fact = CanteenFact {
        valid_from: date("2026-01-01"),
        known_from: UnixMs::new(5),
        kind: CanteenFactKind::Standing { standing: Standing::default() },
    };
    let (kept, later) = (fact.clone(), UnixMs::new(elder.registered_at.get() + 1_000));
    let learned = domain::elder::ElderFact {
        valid_from: date("2026-03-01"),
        known_from: later,
        kind: ElderFactKind::Death { dead: true },
    };
    let told = learned.clone();
    let rows = (near, far, elder.clone(), other.clone());
    unit!(store, |tx| {
        canteens::add(tx, &rows.0).await?;
        canteens::add(tx, &rows.1).await?;
        server::store::elders::add(tx, &rows.2).await?;
        server::store::elders::add(tx, &rows.3).await?;
        canteens::add_facts(tx, here, std::slice::from_ref(&kept), Some(UserId::from_uuid(n(3)))).await?;
        server::store::elders::add_facts(tx, id, std::slice::from_ref(&told), None).await?;
        server::store::elders::put_photo(tx, id, "image/png", &[1], later, None).await
    });
    let facts = unit!(store, |tx| board::facts(tx, &region("440304")).await);
    assert_eq!(facts.into_iter().collect::<Vec<_>>(), [(here, vec![fact.clone()])]);
    assert!(unit!(store, |tx| board::facts(tx, &region("440305")).await).is_empty());
    let of = unit!(store, |tx| register::facts_of(tx, here).await);
    assert_eq!(
        (of.len(), of[0].number, &of[0].fact.0, of[0].recorded_by),
        (1, 1, &fact, Some(UserId::from_uuid(n(3))))
    );
    assert_eq!(unit!(store, |tx| register::terminals(tx, &region("4403")).await), []);
    let month = || MARCH.parse().unwrap();
    assert!(unit!(store, |tx| register::meals(tx, &region("4403"), month()).await).is_empty());
    let named = async |key: &'static str, after: Option<(&'static str, ElderId)>| {
        let rows = unit!(store, |tx| register::elders_named(tx, &region("4403"), key, after, 9).await);
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(named("zhang", None).await, [second]);
    assert_eq!(named("", None).await.len(), 2);
    assert_eq!(named("zhang", Some(("zhang san", second))).await, []);
    assert!(
        unit!(store, |tx| register::has_photo(tx, id).await)
            && !unit!(store, |tx| register::has_photo(tx, second).await)
    );
    let between = async |from: i64, to: i64| {
        let (from, to) = (later.plus(from), later.plus(to));
        unit!(store, |tx| register::learned(tx, &region("4403"), (from, to), None, 9).await)
    };
    let found = between(0, 1).await;
    assert_eq!((found.len(), found[0].elder, &found[0].fact.0), (1, id, &learned));
    assert!(between(1, 9).await.is_empty() && between(-9, 0).await.is_empty());
    let meals = [meal_row(1, here, "2026-03-02", 1), meal_row(2, here, "2026-03-05", 2)];
    let stored = meals.clone();
    unit!(store, |tx| server::store::usage::add(tx, &stored).await);
    let whose = meals[0].elder;
    let of = async |from: &str, until: Option<&str>| {
        let (from, until) = (date(from), until.map(date));
        let meals = unit!(store, |tx| register::meals_of(tx, whose, from, until).await);
        meals.iter().map(|meal| meal.date).collect::<Vec<_>>()
    };
    assert_eq!(of("2026-03-03", None).await, [date("2026-03-05")]);
    assert_eq!(of("2026-03-02", Some("2026-03-04")).await, [date("2026-03-02")]);
    assert_eq!(of("2026-03-02", Some("2026-03-05")).await.len(), 2);
    assert_eq!(of("2026-03-06", None).await, []);
    assert_eq!(unit!(store, |tx| closes::found_on(tx, here, date("2026-03-02")).await), None, "not closed");
    assert!(unit!(store, |tx| register::closes_on(tx, &region("4403"), date("2026-03-02")).await).is_empty());
    assert!(unit!(store, |tx| register::closes_of(tx, there, month()).await).is_empty());
    assert_eq!(unit!(store, |tx| register::record(tx, &region("4403"), RecordId::from_uuid(n(9))).await), None);
    assert!(unit!(store, |tx| register::numbered(tx, &region("4403"), "JS-1").await).is_empty());
}

async fn draws_are_kept_for_ever(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let store = &world.office().store;
    person(&world, "测试审计", Role::Auditor, "4403").await;
    let by = unit!(store, |tx| server::store::people::by_name(tx, "测试审计").await).unwrap().id;
    let canteen = till.row.canteen;
    let list = DrawList::new(vec![canteen], 1, vec!["甲".into()], 1);
    let drawn = list.draw("7");
    let row = DrawRow {
        id: n(1),
        region: region("440304"),
        title: "抽查".into(),
        list_digest: list.digest(),
        list: Json(list),
        seed_name: "号码".into(),
        seed_on: date("2026-03-03"),
        announced_by: by,
        announced_at: UnixMs::new(4),
    };
    let outcome =
        OutcomeRow { draw: n(1), seed: "7".into(), outcome: Json(drawn), drawn_by: by, drawn_at: UnixMs::new(5) };
    let result = ResultRow {
        draw: n(1),
        canteen,
        inspected_on: date("2026-03-04"),
        grade: "good".into(),
        words: String::new(),
        noted_by: by,
        noted_at: UnixMs::new(6),
    };
    let kept = row.clone();
    unit!(store, |tx| draws::announce(tx, &kept).await);
    assert_eq!(unit!(store, |tx| draws::get(tx, n(1)).await), Some(row.clone()));
    assert_eq!(unit!(store, |tx| draws::get(tx, n(2)).await), None);
    assert_eq!(unit!(store, |tx| draws::list(tx, &region("4403"), None, 9).await), [(row.clone(), false, 0)]);
    assert_eq!(unit!(store, |tx| draws::outcome(tx, n(1)).await), None);
    let (one, two) = (outcome.clone(), OutcomeRow { seed: "8".into(), ..outcome.clone() });
    assert!(unit!(store, |tx| draws::draw(tx, &one).await));
    assert!(!unit!(store, |tx| draws::draw(tx, &two).await), "once");
    assert_eq!(unit!(store, |tx| draws::outcome(tx, n(1)).await), Some(outcome));
    let (one, two) = (result.clone(), ResultRow { grade: "poor".into(), ..result.clone() });
    assert!(unit!(store, |tx| draws::note(tx, &one).await));
    assert!(!unit!(store, |tx| draws::note(tx, &two).await), "once");
    assert_eq!(unit!(store, |tx| draws::results(tx, n(1)).await), [result]);
    assert_eq!(unit!(store, |tx| draws::list(tx, &region("440304"), None, 9).await), [(row, true, 1)]);
    assert!(unit!(store, |tx| draws::list(tx, &region("440305"), None, 9).await).is_empty());
    for table in ["draws", "draw_outcomes", "draw_results"] {
        append_only(store, table).await;
    }
}

async fn regions_stand_as_a_tree_and_their_settings_say_who_changed_what(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let mut auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    let checker = Desk::of(&world, "测试复核", Role::FinanceChecker, "4403").await;
    let editor = Desk::of(&world, "外区复核", Role::FinanceChecker, "440305").await;
    world.elder(1, Some(till.row.canteen)).await;
    let elders = unit!(world.office().store, |tx| register::elders_by_region(tx, &region("4403")).await);
    assert_eq!(elders.values().sum::<i64>(), 1, "{elders:?}");
    let new = |code: &'static str| [("place", code), ("name", "新区"), ("office", "新区民政局")];
    auditor.post("/console/regions", &new("440306")).await.refused(Code::Forbidden);
    admin.forge("/console/regions", &new("440306")).await.refused(Code::ForeignForm);
    admin.post("/console/regions", &new("4404")).await.refused(Code::OutOfScope);
    admin.post("/console/regions", &new("x")).await.refused(Code::Invalid);
    admin.post("/console/regions", &new("440306")).await.went("done=saved");
    admin.get("/console/regions?region=4403").await.has(&["新区", "新区民政局", "没有食堂", "depth-"]);

    let page = "/console/regions/440306";
    auditor.get(page).await.has(&["未设置，按默认值", "没有改过", "设置由复核人员修改"]).lacks(&["name=\"burst\""]);
    auditor.get("/console/regions/440399").await.refused(Code::NotFound);
    editor.get(page).await.refused(Code::OutOfScope);
    let form = |severity: &'static str, minutes: &'static str| {
        let mut fields = vec![("valid_from", "2026-03-01")];
        fields.extend(
            FindingCode::ALL.map(|code| (code.name(), if code == FindingCode::Burst { severity } else { "warn" })),
        );
        fields.extend([
            ("window_minutes", "15"),
            ("burst_elders", "5"),
            ("burst_seconds", "30"),
            ("order_elders", "8"),
            ("flat_days", "10"),
            ("manual_permille", "100"),
            ("manual_least", "3"),
            ("clock_minutes", minutes),
            ("attendance_permille", "900"),
        ]);
        fields
    };
    let path = format!("{page}/settings");
    auditor.post(&path, &form("block", "20")).await.refused(Code::Forbidden);
    editor.post(&path, &form("block", "20")).await.refused(Code::OutOfScope);
    checker.post(&path, &form("worst", "20")).await.refused(Code::Invalid);
    checker.post(&path, &form("block", "-1")).await.refused(Code::Invalid);
    checker.post(&path, &form("block", "many")).await.refused(Code::Invalid);
    checker.post(&path, &form("block", "20")).await.went("done=saved");
    checker.post(&path, &form("block", "25")).await.went("done=saved");
    let shown = auditor.get(page).await;
    shown.has(&["自 2026-03-01 执行", "疑似代刷：提醒 → 阻断", "10 → 20", "20 → 25", "测试复核（复核）"]);
    // What lies inside goes by it, and says so.
    admin
        .post("/console/regions", &[("place", "440306001"), ("name", "新街道"), ("office", "街道办")])
        .await
        .went("done");
    auditor.get("/console/regions/440306001").await.has(&["沿用 新区 的设置", "没有改过"]);
    auditor.english = true;
    let english = ["settings", "设置", "阻断", "执行", "修改"];
    auditor.get(page).await.has(&["in force from 2026-03-01", "10 → 20"]).lacks(&english[1..]);
    auditor.get("/console/regions").await.has(&["Regions", "no canteen"]).lacks(&["登记老人", "没有食堂"]);
}

async fn the_age_of_the_backup_and_of_the_drill_is_shown(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let mut admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    auditor.get("/console/backups").await.refused(Code::Forbidden);
    admin.get("/console/backups").await.has(&["从未", "超过 26 小时没有备份", "超过 92 天没有演练", "还没有记录"]);
    let now = world.office().now();
    let backup = BackupNote {
        what: "backup".into(),
        made_at: now,
        digest: Digest([7; 32]),
        of_rows: 12_345,
        bytes: Some(4096),
        took_ms: 3_000,
        breaks: 0,
        file: "zhucan-20260302-120000.zhucan-backup".into(),
        noted_at: now,
    };
    let drill = BackupNote { what: "drill".into(), bytes: None, breaks: 2, ..backup.clone() };
    let good = BackupNote { breaks: 0, noted_at: now.plus(1), ..drill.clone() };
    let store = &world.office().store;
    let rows = [backup.clone(), drill.clone()];
    unit!(store, |tx| {
        backups::note(tx, &rows[0]).await?;
        backups::note(tx, &rows[1]).await
    });
    assert_eq!(unit!(store, |tx| backups::notes(tx, 9).await), [drill.clone(), backup.clone()]);
    assert_eq!(unit!(store, |tx| backups::notes(tx, 1).await), [drill]);
    assert_eq!(unit!(store, |tx| backups::last_good(tx, "backup").await), Some(backup));
    assert_eq!(unit!(store, |tx| backups::last_good(tx, "drill").await), None, "it found something");
    admin.get("/console/backups").await.has(&["不符 2 处", "12,345", "已读回核对", "超过 92 天没有演练"]);
    let row = good.clone();
    unit!(store, |tx| backups::note(tx, &row).await);
    assert_eq!(unit!(store, |tx| backups::last_good(tx, "drill").await), Some(good));
    admin.get("/console/backups").await.has(&["通过"]).lacks(&["超过"]);
    world.clock.pass(27 * 60 * 60 * 1000);
    let admin_again = Desk::of(&world, "另一管理", Role::Administrator, "4403").await;
    admin_again.get("/console/backups").await.has(&["超过 26 小时没有备份"]).lacks(&["超过 92 天"]);
    admin = admin_again;
    admin.english = true;
    admin
        .get("/console/backups")
        .await
        .has(&["no backup for more than 26 hours", "zhucan restore --drill"])
        .lacks(&["备份", "演练"]);
    append_only(store, "backup_notes").await;
}

crate::on_both! {
    regions_stand_as_a_tree_and_their_settings_say_who_changed_what
    the_age_of_the_backup_and_of_the_drill_is_shown
    a_late_death_shows_the_meals_after_it_and_what_is_to_be_deducted
    a_draw_is_announced_drawn_once_and_can_be_drawn_again_by_anybody
    what_the_pages_read_of_the_register
    draws_are_kept_for_ever
}
