//! A month's claims against those entitled: counted with the draft, kept, ruled, counted again, and what stops.

use std::io::Cursor;

use axum::http::Method;
use domain::calendar::{Month, UnixMs};
use domain::elder::ElderFactKind;
use domain::id::{CanteenId, Digest, ElderId};
use domain::reconciliation::{Code as FindingCode, Settings, Severity};
use domain::settlement::claims::{Claim, Claims};
use serde_json::{Value, json};
use server::admin::NewElderFact;
use server::month::{self, MonthView, Obstacle};
use server::people::Role;
use server::sql;
use server::store::claims::{self, Among, Whom};
use server::store::findings::StepRow;
use server::words::Code;
use support::Backend;

use crate::browser::Browser;
use crate::client::{request, send};
use crate::common::{date, new_elder, region};
use crate::month::{MARCH, Scene, disarm};
use crate::office::person;
use crate::unit;

fn counted(view: &MonthView) -> (i64, i64, i64, usize) {
    let claims = view.claims.as_ref().unwrap();
    let [claim] = claims.claims.claims.as_slice() else { panic!("{:?}", claims.claims) };
    assert_eq!((claim.policy.as_str(), claim.benefit.as_str(), claim.label.as_str()), ("test", "age-60", "60岁以上"));
    (claim.served, claim.elder_days(), claims.claims.limit(claim), claims.over.len())
}

impl Scene {
    async fn dies(&self, which: usize, day: &str) {
        let death = NewElderFact { valid_from: date(day), kind: ElderFactKind::Death { dead: true } };
        self.world.office().add_elder_fact(self.elders[which], death, None).await.unwrap();
    }

    async fn stopping_at(&self, permille: i64) {
        let blocks = [(FindingCode::OverCapacity, Severity::Block)];
        let change = |s: &mut Settings| {
            s.thresholds.attendance_permille = permille;
            s.severities.extend(blocks);
        };
        self.thresholds("2026-03-01", change).await;
    }

    async fn seen(&self) -> MonthView {
        let (place, of) = (region("440304"), MARCH.parse().unwrap());
        let store = &self.world.office().store;
        store.read(move |tx| Box::pin(async move { month::view(tx, &place, of).await })).await.unwrap().unwrap()
    }
}

/// 甲 and 乙 serve four meals on Monday and Tuesday; two elders of the district could have had one a day.
async fn a_draft_holds_its_claims_against_those_entitled(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    // Neither of these two is entitled here: one lives elsewhere and does not eat here, one is not registered yet.
    let mut stranger = new_elder(7, None);
    stranger.region = region("4403");
    let stranger = scene.world.office().register_elder(stranger, None).await.unwrap();
    scene.world.clock.pass(60_000);
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.world.clock.pass(60_000);
    scene.world.elder(8, None).await;
    assert_eq!(counted(&view), (4, 4, 4, 0), "four of four");
    let claims = &view.claims.as_ref().unwrap().claims;
    assert_eq!((claims.permille, claims.severity), (1000, Severity::Warn));
    let days: Vec<_> = claims.claims[0].days.iter().map(|d| (d.date.to_string(), d.meals, d.eligible)).collect();
    assert_eq!(days, [("2026-03-02".to_owned(), 1, 2), ("2026-03-03".to_owned(), 1, 2)], "a meal a day by the limit");
    assert_eq!(scene.verify().await.breaks, [], "who is registered later is not counted again");

    // The second elder died on Monday, as is learned now; the new one could have eaten on both days.
    scene.dies(1, "2026-03-02").await;
    scene.world.clock.pass(60_000);
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&view), (4, 5, 5, 0));
    assert_eq!(scene.verify().await.breaks, []);

    // Who is registered elsewhere and eats here could have eaten on every day.
    scene.elders[0] = stranger;
    let mut late = scene.day(1, "2026-03-02", 800, &[0]);
    late.push(scene.over(1));
    scene.ingest(1, &late).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&view), (5, 7, 7, 0));
    assert_eq!(scene.verify().await.breaks, []);
    scene.thresholds("2026-03-01", |s| s.thresholds.attendance_permille = 600).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&view), (5, 7, 4, 1), "rounded down, and a warning stops nothing");
    let claimed = |(_, obstacle): &(_, Obstacle)| matches!(obstacle, Obstacle::OverClaimed(_));
    assert!(!view.obstacles.iter().any(claimed), "what the dead ate stands in the way, not this: {:?}", view.obstacles);
    scene.world.clock.pass(60_000);
    scene.thresholds("2026-03-01", |s| s.thresholds.attendance_permille = 0).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert!(view.claims.as_ref().unwrap().claims.claims.is_empty(), "the region does not look");
    assert_eq!(scene.verify().await.breaks, []);
}

/// What is put right later of where elders are registered, and regions that are set up later, change no count of before.
async fn a_month_stays_as_it_was_counted(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let office = std::sync::Arc::clone(scene.world.office());
    let mut inside = new_elder(7, None);
    inside.region = region("440304001");
    office.register_elder(inside, None).await.unwrap();
    let leaves = office.register_elder(new_elder(8, None), None).await.unwrap();
    let mut stranger = new_elder(9, None);
    stranger.region = region("4403");
    let comes = office.register_elder(stranger, None).await.unwrap();
    scene.world.clock.pass(60_000);
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&view), (4, 8, 8, 0), "four elders on two days");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    scene.world.clock.pass(60_000);
    for (elder, place) in [(leaves, "4403"), (comes, "440304"), (comes, "4403")] {
        let correction = server::admin::ElderCorrection {
            region: Some(region(place)),
            reason: "归属登记错误".into(),
            ..server::admin::ElderCorrection::default()
        };
        office.correct_elder(elder, correction, None).await.unwrap();
        scene.world.clock.pass(1000);
        assert_eq!(scene.verify().await.breaks, [], "{elder} to {place}");
    }
    let street =
        server::store::canteens::Region {
            code: region("440304001"), name: "园岭".into(), office: "街道办".into()
        };
    let now = office.now();
    unit!(office.store, |tx| server::store::canteens::put_region(tx, &street, now).await);
    assert_eq!(scene.verify().await.breaks, [], "the street settled nothing for itself then");
    let kept = scene.seen().await.claims.unwrap().claims;
    assert_eq!(kept.without.as_deref(), Some(&[][..]));
}

/// What counting those entitled adds to a draft: `ELDERS=60000 … --test it claims::a_large -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
async fn a_large_region_is_counted() {
    use domain::elder::ElderFact;
    use server::store::elders;
    let wanted: u128 = std::env::var("ELDERS").ok().and_then(|n| n.parse().ok()).unwrap_or(60_000);
    let mut scene = Scene::new(Backend::Sqlite).await;
    let store = scene.world.office().store.clone();
    let hukou = ElderFactKind::Hukou { region: region("440304001002") };
    let fact = ElderFact { valid_from: date("2006-01-01"), known_from: UnixMs::new(5), kind: hukou };
    for first in (0..wanted).step_by(1_000) {
        let fact = fact.clone();
        let added = store.write(move |tx| {
            Box::pin(async move {
                for number in first..(first + 1_000).min(wanted) {
                    let mut row = crate::rows::elder_row(1_000_000 + number, None);
                    row.resident_id_digest = Digest::of("measured", &[&number.to_be_bytes()]);
                    elders::add(tx, &row).await?;
                    elders::add_facts(tx, row.id, std::slice::from_ref(&fact), None).await?;
                }
                Ok(())
            })
        });
        added.await.unwrap();
    }
    scene.march().await;
    // Days are closed with the first draft, so it is not timed.
    scene.draft(MARCH).await.unwrap();
    let mut took = Vec::new();
    for permille in [0, 1000] {
        scene.thresholds("2026-03-01", |s| s.thresholds.attendance_permille = permille).await;
        let begun = std::time::Instant::now();
        let (view, _) = scene.draft(MARCH).await.unwrap();
        took.push(begun.elapsed());
        let elders = view.claims.unwrap().claims.claims.first().map_or(0, |claim| claim.days[0].eligible);
        println!("{permille}‰: {:?}, {elders} entitled", took[took.len() - 1]);
    }
    println!("{wanted} elders: {:?} more", took[1].saturating_sub(took[0]));
}

/// Papers of an approved month say what had been said until then, whatever is said afterwards.
async fn what_is_said_after_the_approval_changes_no_paper(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.thresholds("2026-03-01", |s| s.thresholds.attendance_permille = 600).await;
    let view = scene.approved(MARCH).await;
    let number = view.claims.as_ref().unwrap().over[0].number.clone();
    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let path = format!("/api/v1/months/440304/{MARCH}");
    let paper = async || {
        let asked = request(Method::GET, &format!("{path}/summary.pdf"), Some(&maker), &Value::Null);
        let text = crate::taken_away::text("application/pdf", &send(&scene.world, asked).await.body);
        text.chars().filter(|c| !c.is_whitespace()).collect::<String>()
    };
    // The cell is printed in two lines.
    assert!(paper().await.contains("%），尚未"), "nobody has ruled");
    scene.world.clock.pass(60_000);
    let say = async |body: Value| {
        let asked = request(Method::POST, &format!("{path}/findings/{number}/steps"), Some(&maker), &body);
        send(&scene.world, asked).await
    };
    assert_eq!(say(json!({"what": "explained", "words": "后来补的说明"})).await.status, 200);
    let after = paper().await;
    assert!(after.contains("%），尚未") && !after.contains("已说"), "a paper that was approved");
    // Whoever is to see to it is somebody who can.
    let give = async |owner: String| {
        say(json!({"what": "assigned", "words": "请核实", "owner": owner, "due": "2026-04-20"})).await
    };
    give(uuid::Uuid::from_u128(99).to_string()).await.is_problem(422, "invalid");
    person(&scene.world, "外区经办", Role::FinanceMaker, "440305").await;
    let store = &scene.world.office().store;
    let other = unit!(store, |tx| server::store::people::by_name(tx, "外区经办").await).unwrap().id;
    give(other.to_string()).await.is_problem(422, "invalid");
    assert_eq!(give(scene.maker.user.to_string()).await.status, 200);
}

async fn a_claim_beyond_stops_the_month_until_somebody_rules(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.stopping_at(999).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&view), (4, 4, 3, 1));
    let payable: Vec<_> = view.statements.iter().map(|s| s.payable).collect();
    let number = view.claims.as_ref().unwrap().over[0].number.clone();
    assert_eq!(view.obstacles, [(None, Obstacle::OverClaimed(vec![number.clone()]))]);
    let refused = scene.submit(MARCH, scene.maker).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Conflict));
    assert!(refused.to_string().contains(&number), "{refused}");

    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let checker = person(&scene.world, "复核员", Role::FinanceChecker, "440304").await;
    let today =
        Browser::new(&scene.world, Some(&maker)).get(&format!("/console/today?region=440304&month={MARCH}")).await;
    today.has(&["裁定 1 项"]).lacks(&["重新起草"]);
    let path = format!("/api/v1/months/440304/{MARCH}");
    let steps = |number: &str| format!("{path}/findings/{number}/steps");
    let call = async |who: &str, number: &str, what: &str, words: &str| {
        let body = json!({"what": what, "words": words});
        send(&scene.world, request(Method::POST, &steps(number), Some(who), &body)).await
    };
    call(&maker, "F-202603-000000", "explained", "无此差异").await.is_problem(404, "not_found");
    call(&maker, &number, "answered", "食堂说明").await.is_problem(422, "invalid");
    call(&maker, &number, "explained", "  ").await.is_problem(422, "invalid");
    call(&maker, &number, "explained", "😀").await.is_problem(422, "invalid");
    call(&checker, &number, "explained", "由复核裁定").await.is_problem(403, "forbidden");
    call(&checker, &number, "closed", "尚未裁定").await.is_problem(409, "conflict");
    let owner = json!({"what": "assigned", "words": "请核实", "owner": scene.maker.user, "due": "2026-04-10"});
    let assigned = send(&scene.world, request(Method::POST, &steps(&number), Some(&maker), &owner)).await;
    assert_eq!(assigned.read::<Value>()["claims"]["findings"][0]["state"], "open");
    let shown = call(&maker, &number, "confirmed", "三月补登记").await.read::<Value>();
    let finding = &shown["claims"]["findings"][0];
    assert_eq!((&finding["state"], &finding["code"]), (&json!("confirmed"), &json!("over_capacity")));
    assert_eq!(
        (&finding["found"], &finding["limit"], &finding["steps"][0]["due"]),
        (&json!(4), &json!(3), &json!("2026-04-10"))
    );
    assert_eq!(
        finding["words"],
        "60岁以上：申报 4 份，超过可申报的 3 份（有资格的老人 4 人次日，最多可用 4 份，出勤系数 99.9%）"
    );
    assert_eq!((&shown["in_the_way"], &shown["claims"]["claims"][0]["could"]), (&json!([]), &json!(4)));

    // Of the same counts a new draft asks nothing anew, and a ruling takes no money.
    let (again, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!((again.in_the_way.as_slice(), again.settlement.version), (&[][..], 2));
    assert_eq!(again.statements.iter().map(|s| s.payable).collect::<Vec<_>>(), payable);
    scene.dies(1, "2026-03-02").await;
    scene.world.clock.pass(60_000);
    let (other, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(counted(&other), (4, 3, 2, 1), "a death known when it was drafted");
    let anew = other.claims.as_ref().unwrap().over[0].number.clone();
    assert_eq!(
        other.obstacles,
        [(None, Obstacle::OverClaimed(vec![anew.clone()]))],
        "other counts are to be ruled on anew"
    );
    call(&maker, &number, "explained", "旧的差异").await.is_problem(404, "not_found");
    call(&maker, &anew, "explained", "三月补登记").await;
    call(&checker, &anew, "closed", "已核实").await;
    call(&maker, &anew, "confirmed", "结案以后").await.is_problem(409, "conflict");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, other.settlement.digest).await.unwrap();
    assert_eq!(scene.verify().await.breaks, []);
    let pdf =
        send(&scene.world, request(Method::GET, &format!("{path}/summary.pdf"), Some(&maker), &Value::Null)).await;
    let text = crate::taken_away::text("application/pdf", &pdf.body);
    for said in ["申报份数核对", "60岁以上432", "超过（出勤系数 99.9%），已说", "明：三月补登记"]
    {
        let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert!(squeezed(&text).contains(&squeezed(said)), "{said}: {text}");
    }
    a_pack_takes_the_claims_with_it(&scene).await;
}

/// The pack of a whole month shows what was served; of the claims nothing can be changed unnoticed.
async fn a_pack_takes_the_claims_with_it(scene: &Scene) {
    let (office, mut bytes) = (scene.world.office(), Vec::new());
    let month = (&region("440304"), MARCH.parse().unwrap(), None);
    server::pack::write(&office.store, month, office.now(), &mut bytes, &|_, _| {}).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let checked = async |text: String| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let checked = server::pack::check(Cursor::new(text.into_bytes()), folder.path(), None, &|_| {}).await.unwrap();
        checked.report.breaks.iter().map(ToString::to_string).collect()
    };
    assert_eq!(checked(text.clone()).await, [""; 0]);
    assert!(text.contains("month_finding_steps") && text.contains("三月补登记"));
    let line = text.lines().find(|line| line.contains("\\\"served\\\":4") && line.contains("permille")).unwrap();
    let (mut content, cells) = {
        let cells: Vec<Value> = serde_json::from_str(line).unwrap();
        (serde_json::from_str::<Claims>(cells[4].as_str().unwrap()).unwrap(), cells)
    };
    content.claims[0].served = 2;
    let mut changed = cells.clone();
    changed[4] = serde_json::to_string(&content).unwrap().into();
    let with = |cells: &[Value]| sealed_again(&text.replace(line, &serde_json::to_string(cells).unwrap()));
    let found = checked(with(&changed)).await;
    assert!(found.iter().any(|b| b.contains("申报份数") && b.contains("内容与摘要不符")), "{found:?}");
    changed[3] = content.digest().to_string().into();
    // Of three versions the line is the first: only the current one is the month's.
    let current = text.lines().rfind(|line| line.contains("permille") && line.starts_with("[\"440304\"")).unwrap();
    changed[2] = serde_json::from_str::<Vec<Value>>(current).unwrap()[2].clone();
    let found = checked(sealed_again(&text.replace(current, &serde_json::to_string(&changed).unwrap()))).await;
    assert!(found.iter().any(|b| b.contains("申报份数与各结算单不符")), "{found:?}");
}

/// The same lines under a seal that fits them.
fn sealed_again(text: &str) -> String {
    use sha2::Digest as _;
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    let mut hash = sha2::Sha256::new_with_prefix(b"zhucan.audit-pack.1");
    hash.update(&text.as_bytes()[..last]);
    let (lines, digest) = (text[..last].lines().count(), hex::encode(hash.finalize()));
    format!("{}{{\"lines\":{lines},\"digest\":\"{digest}\"}}\n", &text[..last])
}

/// Packs of the first shape: without what later ones have, as programs of before the third signature wrote them.
async fn a_pack_of_the_first_shape_is_read_and_a_later_one_refused_by_its_version(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.approved(MARCH).await;
    let (office, mut bytes) = (scene.world.office(), Vec::new());
    let month = (&region("440304"), MARCH.parse().unwrap(), None);
    server::pack::write(&office.store, month, office.now(), &mut bytes, &|_, _| {}).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let checked = async |text: String| -> (Vec<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let checked = server::pack::check(Cursor::new(text.into_bytes()), folder.path(), None, &|_| {}).await.unwrap();
        (checked.report.breaks.iter().map(ToString::to_string).collect(), checked.report.statements)
    };
    let mut table = String::new();
    let mut old = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut json: Value = serde_json::from_str(line).unwrap();
        if at == 0 {
            assert_eq!(json["version"], 2);
            json["version"] = json!(1);
        } else if let Some(name) = json["table"].as_str() {
            name.clone_into(&mut table);
            if table == "settlements" {
                let columns = json["columns"].as_array_mut().unwrap();
                assert_eq!(columns.split_off(columns.len() - 2), ["signed_by", "signed_at"]);
            }
        } else if let (Some(cells), "settlements") = (json.as_array_mut(), table.as_str()) {
            cells.truncate(cells.len() - 2);
        }
        if !table.starts_with("month_claims") && !table.starts_with("month_finding") || json["lines"].is_u64() {
            old.push(if at == 0 { line.replacen("\"version\":2", "\"version\":1", 1) } else { json.to_string() });
        }
    }
    let first = sealed_again(&(old.join("\n") + "\n"));
    assert!(!first.contains("signed_by") && !first.contains("month_claims"));
    assert_eq!(checked(first.clone()).await, (Vec::new(), 2), "all of it is made again");
    // A pack of today that lacks a column is none, nor is one of the first shape that lacks another.
    let today = sealed_again(&first.replacen("\"version\":1", "\"version\":2", 1));
    assert!(checked(today).await.0.iter().any(|b| b.contains("不认识的表或列：settlements")));
    let (found, _) = checked(text.replacen("\"version\":2", "\"version\":3", 1)).await;
    assert_eq!(found, ["第 1 行：审计包格式第 3 版，本程序只能核对第 1 至 2 版，请用写出它的那一版程序核对"]);
    let later = format!("{}\n", json!({"format": "zhucan-audit-pack", "version": 9, "else": true}));
    assert!(checked(later).await.0[0].contains("第 9 版"), "a later head may have other fields");
}

async fn the_months_page_shows_claims_and_rules_on_them(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let checker = person(&scene.world, "复核员", Role::FinanceChecker, "440304").await;
    let browser = crate::browser::Browser::new(&scene.world, Some(&maker));
    let other = crate::browser::Browser::new(&scene.world, Some(&checker));
    let (at, page) = ("region=440304&month=2026-03", "/console/settlement?region=440304&month=2026-03");
    browser.get(page).await.has(&["均未超过有资格的老人可用份数", "出勤系数 100.0%"]);
    scene.world.clock.pass(60_000);
    scene.stopping_at(500).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let number = view.claims.as_ref().unwrap().over[0].number.clone();
    let measured = format!("{number}：申报 4 份，上限 2 份（有资格的老人 4 人次日，最多可用 4 份，出勤系数 50.0%）");
    browser.get(page).await.has(&[
        "“60岁以上”申报份数超过有资格的老人可用份数",
        &measured,
        "属实",
        "tall wide\" disabled",
    ]);
    let english = crate::browser::Browser::new(&scene.world, Some(&maker)).in_english();
    english.get(page).await.has(&["more meals than those entitled could have had", "attendance 50.0%"]);
    other.get(page).await.has(&[&measured]).lacks(&["有正当理由"]);
    let fields = [("number", number.as_str()), ("what", "explained"), ("words", "三月补登记")];
    assert_eq!(browser.post(&format!("/console/settlement/claims?{at}"), &fields).await.status, 303);
    browser.get(page).await.has(&["已说明：三月补登记", "提交审批"]).lacks(&["tall wide\" disabled"]);
    let fields = [("number", number.as_str()), ("what", "closed"), ("words", "已核实")];
    assert_eq!(other.post(&format!("/console/settlement/claims?{at}"), &fields).await.status, 303);
    browser.get(page).await.lacks(&["有正当理由"]);
    let setting = browser.get("/console/regions/440304").await;
    setting.has(&["出勤系数"]);
}

async fn what_is_kept_of_claims_is_checked(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    disarm(&scene.world, "month_claims").await;
    let store = &scene.world.office().store;
    let change = async |mut change: Box<dyn FnMut(&mut Claims) + Send>, digest: bool| {
        let mut of = scene.seen().await.claims.unwrap().claims;
        let held = of.digest();
        change(&mut of);
        let digest = if digest { of.digest() } else { held };
        let text = serde_json::to_string(&of).unwrap();
        store
            .write(move |tx| {
                let text = text.clone();
                Box::pin(async move {
                    sql!(tx, "UPDATE month_claims SET content = $1, digest = $2", text, digest).execute().await
                })
            })
            .await
            .unwrap();
        scene.verify().await.breaks.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let place = format!("月结 440304 {MARCH} 申报份数");
    assert_eq!(
        change(Box::new(|c| c.claims[0].days[1].eligible = 9), false).await,
        [format!("{place}：内容与摘要不符"),]
    );
    assert_eq!(
        change(Box::new(|_| ()), true).await,
        [format!("{place}：重新计数，结果不同")],
        "as somebody who knows it"
    );
    assert_eq!(change(Box::new(|c| c.claims[0].days[1].eligible = 2), true).await, [""; 0]);
    for wrong in [
        Box::new(|c: &mut Claims| c.claims[0].served = 3) as Box<dyn FnMut(&mut Claims) + Send>,
        Box::new(|c: &mut Claims| (c.claims[0].served, c.permille) = (4, 2000)),
        Box::new(|c: &mut Claims| (c.permille, c.severity) = (1000, Severity::Off)),
        Box::new(|c: &mut Claims| (c.severity, c.calendar) = (Severity::Warn, Digest([1; 32]))),
    ] {
        assert_eq!(change(wrong, true).await.len(), 1);
    }
}

async fn what_the_store_keeps_of_claims(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let mut stranger = new_elder(7, None);
    stranger.region = region("4403");
    let stranger = scene.world.office().register_elder(stranger, None).await.unwrap();
    scene.elders[0] = stranger;
    let mut late = scene.day(1, "2026-03-05", 700, &[0]);
    late.push(scene.over(1));
    scene.ingest(1, &late).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let store = &scene.world.office().store;
    let (place, march): (_, Month) = (region("440304"), MARCH.parse().unwrap());
    let kept = view.claims.as_ref().unwrap().claims.clone();
    let found = unit!(store, |tx| claims::of_version(tx, &region("440304"), march, 1).await);
    assert_eq!(found, Some((kept.clone(), kept.digest())));
    assert_eq!(unit!(store, |tx| claims::of_version(tx, &region("440304"), march, 2).await), None);
    let claim = Claim { policy: "甲".into(), benefit: "乙".into(), label: "丙".into(), served: 1, days: Vec::new() };
    let other = Claims { claims: vec![claim], ..kept };
    let (new, again) = (other.clone(), other.clone());
    unit!(store, |tx| claims::keep(tx, &region("440304"), march, 2, &new).await);
    let twice = store.write(move |tx| {
        let again = again.clone();
        Box::pin(async move { claims::keep(tx, &region("440304"), march, 2, &again).await })
    });
    assert!(twice.await.is_err(), "a version has one");
    let found = unit!(store, |tx| claims::of_version(tx, &region("440304"), march, 2).await);
    assert_eq!(found.map(|(claims, _)| claims), Some(other));

    let step = |what: &str, step: i64| StepRow {
        step,
        what: what.into(),
        words: "说明".into(),
        owner: None,
        due: (what == "assigned").then(|| date("2026-04-10")),
        by_user: scene.maker.user,
        at: UnixMs::new(step),
    };
    let said = [("F-1", step("assigned", 1)), ("F-2", step("explained", 1)), ("F-1", step("explained", 2))];
    let new = said.clone();
    unit!(store, |tx| {
        for (number, step) in &new {
            claims::add_step(tx, &region("440304"), march, number, step).await?;
        }
        Ok(())
    });
    let steps = unit!(store, |tx| claims::steps(tx, &region("440304"), march).await);
    assert_eq!(steps["F-1"], [said[0].1.clone(), said[2].1.clone()]);
    assert_eq!((steps.len(), &steps["F-2"][0]), (2, &said[1].1));
    assert!(unit!(store, |tx| claims::steps(tx, &region("440304"), march.next()).await).is_empty());

    assert_eq!(unit!(store, |tx| claims::regions_inside(tx, &region("4403")).await), [region("440304")]);
    assert_eq!(unit!(store, |tx| claims::regions_inside(tx, &region("440304")).await), []);
    let open = unit!(store, |tx| claims::open_days(tx, &region("440304"), march, 1).await);
    let at = |which: usize, day: &str| (scene.canteen(which), region("440304001003"), date(day));
    let mut days = [at(0, "2026-03-02"), at(1, "2026-03-02"), at(0, "2026-03-03"), at(1, "2026-03-05")];
    days.sort_by_key(|(canteen, _, day): &(CanteenId, _, _)| (*day, *canteen));
    assert_eq!(open, days);

    let of = Among { region: place, without: Vec::new(), month: march, version: 1, known: UnixMs::MAX };
    let listed = async |of: Among, whom: Whom, after: Option<ElderId>, most: i64| {
        store.read(move |tx| Box::pin(async move { claims::elders(tx, &of, whom, after, most).await })).await.unwrap()
    };
    let (own, elsewhere) = (Whom::Own, Whom::FromElsewhere);
    let all = listed(of.clone(), own, None, 10).await;
    assert!(all.len() == 2 && all.is_sorted() && !all.contains(&stranger), "{all:?}");
    assert_eq!(listed(of.clone(), own, Some(all[0]), 1).await, [all[1]]);
    assert_eq!(listed(of.clone(), elsewhere, None, 10).await, [stranger]);
    let other = Among { version: 2, ..of.clone() };
    assert_eq!(listed(other, elsewhere, None, 10).await, [], "no draft froze the stranger's meal");
    assert_eq!(listed(Among { month: march.next(), ..of.clone() }, elsewhere, None, 10).await, []);
    assert_eq!(listed(Among { known: UnixMs::new(0), ..of.clone() }, own, None, 10).await, []);
    assert_eq!(listed(Among { known: UnixMs::new(0), ..of.clone() }, elsewhere, None, 10).await, []);
    let city = Among { region: region("4403"), without: vec![region("440304")], ..of };
    assert_eq!(listed(city, own, None, 10).await, [stranger], "the district settles for itself");
    for table in ["month_claims", "month_finding_steps"] {
        crate::rows::append_only(store, table).await;
    }
}

crate::on_both! {
    a_draft_holds_its_claims_against_those_entitled
    a_month_stays_as_it_was_counted
    what_is_said_after_the_approval_changes_no_paper
    a_claim_beyond_stops_the_month_until_somebody_rules
    a_pack_of_the_first_shape_is_read_and_a_later_one_refused_by_its_version
    the_months_page_shows_claims_and_rules_on_them
    what_is_kept_of_claims_is_checked
    what_the_store_keeps_of_claims
}
