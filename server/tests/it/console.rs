//! Entering the console, and that nothing typed is lost; pages of policies; what everybody may read.

use axum::body::Body;
use axum::http::Request;
use domain::calendar::Month;
use domain::id::Digest;
use domain::region::RegionCode;
use server::people::Role;
use server::store::{overview, payments};
use server::{payment, sql};
use support::Backend;
use tower::ServiceExt as _;

use crate::browser::Browser;
use crate::client::{read, world};
use crate::common::{POLICY, date, region};
use crate::month::{MARCH, Scene};
use crate::office::person;

const PASSPHRASE: &str = "correct horse 电池";
const POLICIES: &str = "/console/policies";

async fn a_page_asks_to_sign_in_and_leads_back_to_itself(backend: Backend) {
    let (world, _) = world(backend).await;
    person(&world, "审计员", Role::Auditor, "4403").await;
    let mut browser = Browser::new(&world, None);
    let asked = browser.get("/console/policies?month=2026-03").await;
    assert_eq!(asked.status, 401);
    assert!(asked.kind.starts_with("text/html"), "{}", asked.kind);
    asked.has(&["登录", "autocomplete=\"current-password\""]);
    let next = asked.hidden("next");
    assert_eq!(next, "/console/policies?month=2026-03");
    let wrong = [("name", "审计员"), ("passphrase", "no such one"), ("next", next.as_str())];
    let refused = browser.post("/console/sign-in", &wrong).await;
    assert_eq!(refused.status, 401);
    refused.has(&["用户名或口令不正确", "value=\"审计员\""]);
    assert_eq!(refused.hidden("next"), next);
    let right = [("name", "审计员"), ("passphrase", PASSPHRASE), ("next", next.as_str())];
    let entered = browser.post("/console/sign-in", &right).await;
    assert_eq!((entered.status, entered.location.as_deref()), (303, Some(next.as_str())));
    browser.take(&entered);
    let page = browser.get(&next).await;
    assert_eq!(page.status, 200);
    page.has(&["审计员", "测试政策", "第 1 版"]);
    let out = browser.post("/console/sign-out", &[]).await;
    assert_eq!(out.status, 303);
    assert_eq!(browser.get(&next).await.status, 401, "the session is over, not only the cookie");
    // An address elsewhere is not led to.
    for elsewhere in ["https://elsewhere.example/", "//elsewhere.example", "/console/sign-out"] {
        let fields = [("name", "审计员"), ("passphrase", PASSPHRASE), ("next", elsewhere)];
        let entered = Browser::new(&world, None).post("/console/sign-in", &fields).await;
        assert_eq!(entered.location.as_deref(), Some("/console"), "{elsewhere}");
    }
}

async fn what_was_typed_outlives_the_session(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "编辑", Role::PolicyEditor, "4403").await;
    let typed = [("file_name", "new.toml"), ("source", "[policy]\nname = \"<写了一半>\"\n"), ("cases", "")];
    world.clock.pass(31 * 60 * 1000);
    let mut browser = Browser::new(&world, Some(&token));
    let over = browser.post("/console/policies/new?month=2026-03", &typed).await;
    assert_eq!(over.status, 401);
    over.has(&["登录已过期"]).lacks(&["<写了一半>"]);
    let kept = over.hidden("kept");
    let fields = [("name", "编辑"), ("passphrase", PASSPHRASE), ("kept", kept.as_str())];
    let back = browser.post("/console/sign-in", &fields).await;
    assert_eq!(back.status, 200);
    back.has(&["内容还在", "写了一半", "action=\"/console/policies/new?month=2026-03\""]);
    browser.take(&back);
    let sent = browser.post("/console/policies/new?month=2026-03", &typed).await;
    assert_eq!(sent.status, 200);
    sent.has(&["写了一半", "处不能接受"]);
}

async fn a_form_without_its_token_does_nothing_and_loses_nothing(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "编辑", Role::PolicyEditor, "4403").await;
    let browser = Browser::new(&world, Some(&token));
    let source = POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let typed = [("file_name", "v2.toml"), ("source", source.as_str())];
    let refused = browser.post_without_token("/console/policies/proposals", &typed).await;
    assert_eq!(refused.status, 403);
    refused.has(&["没有办成", "请从本系统的页面重新操作", "测试政策"]);
    browser.get(POLICIES).await.lacks(&["送审 "]);
    let proposed = browser.post("/console/policies/proposals", &typed).await;
    assert_eq!(proposed.status, 303, "{}", proposed.text);
    browser.get(POLICIES).await.has(&["编辑 送审"]);
    // A language is no act, but it is asked for by our own pages only.
    assert_eq!(
        browser.post("/console/language", &[("to", "en")]).await.cookie.unwrap().split(';').next(),
        Some("zhucan_lang=en")
    );
}

async fn a_draft_is_checked_at_its_lines_compared_and_proposed(backend: Backend) {
    let (world, _) = world(backend).await;
    let token = person(&world, "编辑", Role::PolicyEditor, "4403").await;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let browser = Browser::new(&world, Some(&token));
    browser.get("/console/policies/test/1").await.has(&[
        "就高不就低",
        "60岁以上",
        "¥3.00",
        "市财政 1 : 区财政 1",
        "执行中",
    ]);
    let broken = POLICY.replace("fixed = \"3.00\"", "fixed = \"3.005\"");
    let line = broken.lines().position(|line| line.contains("3.005")).unwrap() + 1;
    let refused = browser.post("/console/policies/new", &[("file_name", "b.toml"), ("source", &broken)]).await;
    refused.has(&[&format!("b.toml 第 {line} 行"), "3.005"]).lacks(&["formaction"]);
    let second =
        POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01").replace("3.00", "3.50");
    let cases = "[[case]]\nname = \"八十岁\"\nelder = { birth = 1940-01-01 }\ncanteen = { region = \"440304\" }\n\
                 meal = { date = 2026-05-06, period = \"lunch\", mode = \"dine_in\", price = \"15.00\" }\n\
                 expect = { own_payment = \"11.50\" }\n";
    let typed = [("file_name", "v2.toml"), ("source", second.as_str()), ("cases", cases)];
    browser.post("/console/policies/new", &typed).await.has(&["检查通过", "1 个全部通过", "自付 ¥11.50", "formaction"]);
    let wrong = cases.replace("11.50", "11.00");
    let typed_wrong = [("file_name", "v2.toml"), ("source", second.as_str()), ("cases", wrong.as_str())];
    browser.post("/console/policies/new", &typed_wrong).await.has(&["1 个没通过", "应为 11.00，实得 11.50"]);
    let proposed = browser.post("/console/policies/proposals", &typed).await;
    let there = proposed.location.unwrap();
    let shown = browser.get(&there).await;
    shown.has(&["草案", "<s class=\"quiet-ink\">¥3.00</s>", "¥3.50", "改 1 处", "已送审"]);
    // The checker sees it too and may try it on a stored month; an auditor may not.
    let trial = there.replace("done=proposed", "try=2026-03");
    Browser::new(&world, Some(&checker)).get(&trial).await.has(&["用 2026年3月的 0 份试算", "老人付的不变"]);
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    Browser::new(&world, Some(&auditor)).get(&trial).await.has(&["试算由政策编辑或复核办理"]).lacks(&["份试算"]);
    let issuer = person(&world, "发卡", Role::CardIssuer, "4403").await;
    assert_eq!(Browser::new(&world, Some(&issuer)).get(POLICIES).await.status, 403);
    assert_eq!(Browser::new(&world, Some(&auditor)).post("/console/policies/proposals", &typed).await.status, 403);
}

async fn everybody_reads_prices_by_age_and_disclosed_lists_only(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let one = view.statements.first().unwrap();
    let there = format!("/disclosures/440304/{MARCH}");
    let list = format!("{there}/{}", one.id);
    scene.world.clock.set(date("2026-04-07").at_minute(600));
    let visitor = Browser::new(&scene.world, None);
    for path in [&there, &list] {
        assert_eq!(visitor.get(path).await.status, 404, "a draft is nobody's to read");
    }
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let office = scene.world.office();
    let (by, month) = (scene.maker.user, MARCH.parse().unwrap());
    payment::disclose(&office.store, &region("440304"), month, 7, by, office.now()).await.unwrap();
    let until = date("2026-04-07").plus_days(6);
    for (today, there) in [(until, vec![(region("440304"), month, until)]), (until.plus_days(1), vec![])] {
        assert_eq!(crate::unit!(office.store, |tx| overview::disclosed(tx, today).await), there, "{today}");
    }
    scene.world.clock.pass(61_000);
    let board = visitor.get("/").await;
    assert_eq!(board.status, 200);
    board.has(&["长者食堂", "60 岁起", "3月供餐", "补贴公示", "打电话"]).lacks(&["没有找到"]);
    let table = visitor.get("/open-data/canteens.csv").await;
    table.has(&["食堂,地址,电话,餐价,60 岁起", "2026年3月份数"]);
    visitor.get("/?q=%E4%B8%8D%E5%9C%A8").await.has(&["没有找到这样的食堂"]);
    let approved = visitor.get(&there).await;
    approved.has(&[&list, "核定金额"]);
    let listed = visitor.get(&list).await;
    assert_eq!(listed.status, 200);
    listed.has(&["姓名已遮盖", "*"]);
    Browser::new(&scene.world, None).in_english().get("/").await.has(&["lang=\"en\"", "Elder canteens", "60+"]);

    // The last day ends at midnight, also for a board that was made a moment before.
    scene.world.clock.set(until.at_minute(1439));
    visitor.get("/").await.has(&["补贴公示"]);
    assert_eq!(visitor.get(&list).await.status, 200);
    scene.world.clock.set(until.plus_days(1).at_minute(0));
    for path in [&there, &list] {
        visitor.get(path).await.has(&["公示期已满"]).lacks(&["*", "核定金额"]);
        assert_eq!(visitor.get(path).await.status, 404, "names stay up no longer than was said");
    }
    scene.world.clock.pass(61_000);
    visitor.get("/").await.has(&["长者食堂"]).lacks(&["补贴公示"]);
}

/// Every region that settles for itself discloses its own months: none is left out because others disclose too.
async fn every_disclosed_month_is_listed_and_can_be_read(backend: Backend) {
    let scene = Scene::new(backend).await;
    let (store, by) = (scene.world.office().store.clone(), scene.maker.user);
    scene.world.clock.set(date("2026-04-07").at_minute(600));
    let (month, now): (Month, _) = (MARCH.parse().unwrap(), scene.world.office().now());
    let places: Vec<RegionCode> = (10..25).map(|n| region(&format!("4403{n}"))).collect();
    let until = date("2026-04-13");
    for place in places.clone() {
        crate::unit!(store, |tx| {
            let digest = Digest([7; 32]);
            sql!(
                tx,
                "INSERT INTO settlements (region, month, version, state, digest, drafted_by, drafted_at, draft, \
                 submitted_by, submitted_at, approved_by, approved_at) \
                 VALUES ($1, $2, 1, 'approved', $3, $4, $5, 1, $4, $5, $4, $5)",
                &place,
                month,
                digest,
                by,
                now
            )
            .execute()
            .await?;
            let disclosure = payments::Disclosure { until, disclosed_by: by, disclosed_at: now };
            payments::disclose(tx, &place, month, &disclosure).await
        });
    }
    let visitor = Browser::new(&scene.world, None);
    let board = visitor.get("/").await;
    for place in &places {
        let there = format!("/disclosures/{place}/{MARCH}");
        board.has(&[&there]);
        assert_eq!(visitor.get(&there).await.status, 200, "{there}");
    }
}

async fn an_address_that_there_is_not_is_a_page_for_people_and_a_problem_for_programs(backend: Backend) {
    let (world, _) = world(backend).await;
    let seen = Browser::new(&world, None).get("/no-such-page").await;
    assert_eq!(seen.status, 404);
    assert!(seen.kind.starts_with("text/html"), "{}", seen.kind);
    seen.has(&["没有办成", "回到首页"]);
    let request = Request::builder().uri("/no-such-page").body(Body::empty()).unwrap();
    let answered = read(world.server.router().oneshot(request).await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.kind.as_str()), (404, "application/problem+json"));
}

crate::on_both! {
    an_address_that_there_is_not_is_a_page_for_people_and_a_problem_for_programs
    a_page_asks_to_sign_in_and_leads_back_to_itself
    what_was_typed_outlives_the_session
    a_form_without_its_token_does_nothing_and_loses_nothing
    a_draft_is_checked_at_its_lines_compared_and_proposed
    everybody_reads_prices_by_age_and_disclosed_lists_only
    every_disclosed_month_is_listed_and_can_be_read
}
