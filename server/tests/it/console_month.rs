//! The console's pages of the month in a browser's way: cookies, forms with their token, redirects. From the draft to
//! the archive by two people, down to one record and what is proved of it, in both languages, and what is refused.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use domain::calendar::Month;
use domain::id::{CanteenId, RecordId, StatementId};
use domain::money::Fen;
use server::admin::NewUser;
use server::people::Role;
use server::sql;
use server::store::findings::{self, StepRow};
use server::store::{months, overview, payments};
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{self, code_of, read};
use crate::common::{World, date, region};
use crate::month::{MARCH, Scene, disarm};
use crate::unit;

const AT: &str = "region=440304&month=2026-03";

/// A person's browser.
struct Browser<'w> {
    world: &'w World,
    name: String,
    token: String,
    english: bool,
}

/// What a browser got.
struct Got {
    status: u16,
    html: String,
    to: String,
}

impl<'w> Browser<'w> {
    async fn of(world: &'w World, name: &str) -> Self {
        let token = client::open(world, name, &passphrase(name)).await;
        Self { world, name: name.to_owned(), token, english: false }
    }

    async fn send(&self, request: axum::http::request::Builder, body: String) -> Got {
        let lang = if self.english { "; zhucan_lang=en" } else { "" };
        let cookie = format!("zhucan_session={}{lang}", self.token);
        let request: Request<Body> = request.header(header::COOKIE, cookie).body(Body::from(body)).unwrap();
        let response = self.world.server.router().oneshot(request).await.unwrap();
        let to = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        let answered = read(response).await;
        let html = String::from_utf8_lossy(&answered.body).into_owned();
        Got { status: answered.status.as_u16(), html, to: to.unwrap_or_default() }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Request::get(path), String::new()).await
    }

    /// A page of the month, which has to be there.
    async fn page(&self, path: &str) -> String {
        let join = if path.contains('?') { '&' } else { '?' };
        let got = self.get(&format!("{path}{join}{AT}")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.html);
        got.html
    }

    /// Sends a form as the page that was asked for shows it, with its token.
    async fn form(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Got {
        let html = self.page(page).await;
        let csrf = between(&html, "name=\"csrf\" value=\"", "\"").unwrap();
        let mut all = vec![("csrf", csrf)];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    /// Proves to be the person, as acts with money ask.
    async fn prove(&self) {
        let code = code_of(self.world, &self.name).await.unwrap();
        let fields = [("passphrase", passphrase(&self.name)), ("code", code)];
        let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
        let done = self.form("/console/statements", "/console/step-up", &fields).await;
        assert_eq!(done.status, 303, "{}", done.html);
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        let body = fields.iter().map(|(name, text)| format!("{name}={}", escaped(text))).collect::<Vec<_>>().join("&");
        let request =
            Request::post(format!("{path}?{AT}")).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }
}

fn passphrase(name: &str) -> String {
    format!("{name}的口令足够长")
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The text of a page without its tags.
fn text_of(html: &str) -> String {
    let body = html.split_once("<main").map_or(html, |(_, main)| main);
    body.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

async fn person(scene: &Scene, name: &str, role: Role, canteen: Option<CanteenId>) {
    let new =
        NewUser { name: name.into(), passphrase: passphrase(name).into(), role, region: region("440304"), canteen };
    scene.world.office().add_user(new, None).await.unwrap();
}

async fn statement_of(scene: &Scene, which: usize) -> StatementId {
    let (store, canteen) = (&scene.world.office().store, scene.canteen(which));
    let all = unit!(store, |tx| overview::statements_of_canteen(tx, canteen, 9).await);
    all.first().unwrap().id
}

async fn approved(backend: Backend) -> Scene {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.approved(MARCH).await;
    scene
}

async fn a_month_is_made_and_approved_in_the_browser(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let maker = Browser::of(&scene.world, "测试经办").await;
    let before = maker.page("/console/settlement").await;
    assert!(before.contains("起草结算") && before.contains("甲食堂"), "{before}");
    assert!(before.contains("62 个食堂日未日清"), "nothing is closed yet: {}", text_of(&before));
    assert!(!before.contains("通过</button>"), "the maker does not approve");

    let foreign = maker.post("/console/settlement/draft", &[]).await;
    assert_eq!(foreign.status, 403, "a form without the page's token: {}", foreign.html);
    let drafted = maker.form("/console/settlement", "/console/settlement/draft", &[]).await;
    assert_eq!((drafted.status, drafted.to.contains("done=drafted")), (303, true), "{}", drafted.html);
    let page = maker.page("/console/settlement").await;
    let text = text_of(&page);
    for part in
        ["已起草", "第 1 版", "¥9.00", "¥3.00", "¥12.00", "62 个食堂日全部日清", "出资方合计 = 核定金额", "2 家合计"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let again = text_of(&maker.page("/console/settlement?again=1").await);
    assert!(again.contains("重算一致"), "{again}");
    let csv = maker.get(&format!("/console/settlement.csv?{AT}")).await;
    assert!(csv.html.contains("甲食堂,2,3,9.00,0.00,0.00,0.00,0.00,9.00"), "{}", csv.html);

    let submitted = maker.form("/console/settlement", "/console/settlement/submit", &[]).await;
    assert_eq!(submitted.status, 303, "{}", submitted.html);
    let own = maker.form("/console/settlement", "/console/settlement/approve", &[("digest", &"0".repeat(64))]).await;
    assert_eq!(own.status, 403, "a maker approves nothing");

    let checker = Browser::of(&scene.world, "测试复核").await;
    let back = checker.form("/console/settlement", "/console/settlement/send-back", &[("reason", " ")]).await;
    assert_eq!(back.status, 422, "a reason is needed");
    let back = [("reason", "3月2日请说明")];
    let back = checker.form("/console/settlement", "/console/settlement/send-back", &back).await;
    assert_eq!(back.status, 303, "{}", back.html);
    assert!(maker.page("/console/settlement").await.contains("复核退回：3月2日请说明"));
    maker.form("/console/settlement", "/console/settlement/draft", &[]).await;
    let submitted = maker.form("/console/settlement", "/console/settlement/submit", &[]).await;
    assert_eq!(submitted.status, 303, "{}", submitted.html);

    let page = checker.page("/console/settlement").await;
    let digest = between(&page, "name=\"digest\" value=\"", "\"").unwrap().to_owned();
    assert!(text_of(&page).contains(&digest), "the digest to be confirmed is shown");
    assert!(text_of(&page).contains("重算一致"), "what is to be approved was computed again");
    checker.prove().await;
    let other = [("digest", &*"1".repeat(64))];
    let other = checker.form("/console/settlement", "/console/settlement/approve", &other).await;
    assert_eq!(other.status, 409, "not what was shown");

    // Six minutes later the proof is not fresh any more.
    scene.world.clock.pass(6 * 60_000);
    let page = checker.page("/console/settlement").await;
    assert!(page.contains("name=\"passphrase\""), "the form asks for it");
    let stale = checker.form("/console/settlement", "/console/settlement/approve", &[("digest", &digest)]).await;
    assert_eq!(stale.status, 403, "{}", stale.html);
    assert!(stale.html.contains(&digest), "what was confirmed is kept");
    let wrong = [("digest", &*digest), ("passphrase", "不是这个口令"), ("code", "000000")];
    let wrong = checker.form("/console/settlement", "/console/settlement/approve", &wrong).await;
    assert!(!wrong.to.contains("done") && !wrong.html.contains("不是这个口令"), "{} {}", wrong.status, wrong.html);
    let code = code_of(&scene.world, &checker.name).await.unwrap();
    let right = passphrase(&checker.name);
    let right = [("digest", &*digest), ("passphrase", &*right), ("code", &*code)];
    let done = checker.form("/console/settlement", "/console/settlement/approve", &right).await;
    assert!(done.to.contains("done=approved"), "{} {}", done.status, done.html);
    let page = text_of(&checker.page("/console/settlement").await);
    assert!(page.contains("已审批") && page.contains("测试复核"), "{page}");
    assert_eq!(scene.verify().await.breaks, []);
}

async fn a_month_is_paid_and_archived_in_the_browser(backend: Backend) {
    let scene = approved(backend).await;
    let statements = [statement_of(&scene, 0).await, statement_of(&scene, 1).await];
    let maker = Browser::of(&scene.world, "测试经办").await;
    let checker = Browser::of(&scene.world, "测试复核").await;
    let pay = |n: usize| format!("/console/funds/statements/{}/payment", statements[n]);
    let sent = [("state", "sent"), ("reference", "批次 0001")];
    let unproven = maker.form("/console/funds", &pay(0), &sent).await;
    assert_eq!(
        (unproven.status, unproven.html.contains("批次 0001")),
        (403, true),
        "asks for proof and keeps the rest"
    );
    maker.prove().await;
    let early = maker.form("/console/funds", &pay(0), &sent).await;
    assert_eq!(early.status, 409, "not disclosed yet");
    let denied = checker.form("/console/funds", "/console/disclosure/start", &[("days", "1")]).await;
    assert_eq!(denied.status, 403, "the maker publishes");
    let long = maker.form("/console/disclosure", "/console/disclosure/start", &[("days", "99")]).await;
    assert_eq!(long.status, 422, "{}", long.html);
    let begun = maker.form("/console/disclosure", "/console/disclosure/start", &[("days", "1")]).await;
    assert!(begun.to.contains("done=disclosed"), "{} {}", begun.status, begun.html);
    let page = text_of(&maker.page("/console/disclosure").await);
    assert!(page.contains("公示中") && page.contains("还有 1 天"), "{page}");

    let object = format!("/console/disclosure/statements/{}/objection", statements[1]);
    let noted = maker.form("/console/disclosure", &object, &[("content", "少计两餐")]).await;
    assert!(noted.to.contains("done=said"), "{} {}", noted.status, noted.html);
    let mine = maker.page("/console/disclosure").await;
    assert!(mine.contains("少计两餐") && mine.contains("由另一位人员处理"), "{mine}");
    let page = checker.page("/console/disclosure").await;
    let decision = between(&page, "/console/disclosure/objections/", "/").unwrap().to_owned();
    let decision = format!("/console/disclosure/objections/{decision}/decision");
    let same = maker.form("/console/disclosure", &decision, &[("upheld", "false"), ("reason", "无误")]).await;
    assert_eq!(same.status, 403, "who noted it does not decide it");
    let waits = text_of(&maker.page("/console/funds").await);
    assert!(waits.contains("公示到4月1日为止"), "{waits}");
    let decided = checker.form("/console/disclosure", &decision, &[("upheld", "false"), ("reason", "无误")]).await;
    assert!(decided.to.contains("done=said"), "{} {}", decided.status, decided.html);

    scene.world.clock.set(date("2026-04-02").at_minute(540));
    let maker = Browser::of(&scene.world, "测试经办").await;
    let checker = Browser::of(&scene.world, "测试复核").await;
    maker.prove().await;
    checker.prove().await;
    let by_checker = checker.form("/console/funds", &pay(0), &sent).await;
    assert_eq!(by_checker.status, 403, "only who makes months sends money");
    for n in [0, 1] {
        let done = maker.form("/console/funds", &pay(n), &sent).await;
        assert!(done.to.contains("done=paid"), "{} {}", done.status, done.html);
        let arrived = [("state", "confirmed"), ("reference", "回单 7")];
        let same = maker.form("/console/funds", &pay(n), &arrived).await;
        assert_eq!(same.status, 403, "who sent it does not note its arrival");
        let done = checker.form("/console/funds", &pay(n), &arrived).await;
        assert!(done.to.contains("done=paid"), "{} {}", done.status, done.html);
    }
    let funds = text_of(&checker.page("/console/funds").await);
    for part in ["已到账", "回单 7", "借贷相等", "¥12.00", "2026年应付"] {
        assert!(funds.contains(part), "{part}: {funds}");
    }
    let early = maker.form("/console/settlement", "/console/settlement/archive", &[]).await;
    assert_eq!(early.status, 403, "the checker archives");
    let done = checker.form("/console/settlement", "/console/settlement/archive", &[]).await;
    assert!(done.to.contains("done=archived"), "{} {}", done.status, done.html);
    assert!(text_of(&checker.page("/console/settlement").await).contains("已归档"));
    let list = text_of(&checker.page("/console/statements?has=confirmed").await);
    assert!(list.contains("2 / 2 家"), "{list}");
    let list = text_of(&checker.page("/console/statements?has=unpaid").await);
    assert!(list.contains("0 / 2 家") && list.contains("没有符合条件的账单"), "{list}");
    assert_eq!(scene.verify().await.breaks, []);
}

/// The first link of a page that begins so.
fn link(html: &str, begins: &str) -> String {
    let (_, rest) = html.split_once(&format!("href=\"{begins}")).unwrap_or_else(|| panic!("{begins}: {html}"));
    format!("{begins}{}", rest.split('"').next().unwrap()).replace("&#38;", "&").replace("&amp;", "&")
}

async fn an_auditor_gets_from_the_month_to_one_record(backend: Backend) {
    let scene = approved(backend).await;
    person(&scene, "测试审计", Role::Auditor, None).await;
    let auditor = Browser::of(&scene.world, "测试审计").await;
    let month = auditor.page("/console/settlement").await;
    assert!(!month.contains("<button class=\"primary"), "an auditor changes nothing");
    let id = statement_of(&scene, 0).await;
    let statement = link(&month, &format!("/console/statements/{id}"));
    let page = auditor.get(&statement).await.html;
    let text = text_of(&page);
    for part in ["60岁以上", "¥9.00", "31 / 31 天", "2 份，全部相等", "本月应付", "A 级", "JS-440304-202603"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let line = link(&page, &format!("/console/statements/{id}?line=s0"));
    let meals = auditor.get(&line).await.html;
    assert_eq!(meals.matches("测**者").count(), 3, "three meals, masked: {meals}");
    assert!(!meals.contains("测试长者"), "nobody in full");
    let meal = link(&meals, &format!("/console/statements/{id}?line=s0&#38;meal="));
    let shown = auditor.get(&meal).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let text = text_of(&shown.html);
    let parts = [
        "签名有效",
        "前后链相接",
        "服务端重算一致",
        "只在本账单中出现",
        "60岁以上",
        "−¥3.00",
        "¥15.00",
        "已认可",
        "第 1 版",
    ];
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!shown.html.contains("测试长者"), "nobody in full");

    // What somebody with the database in hand changes shows at once.
    let record = between(&meal, "meal=", "&").unwrap().to_owned();
    let record = RecordId::from_uuid(record.parse().unwrap());
    disarm(&scene.world, "records").await;
    let store = &scene.world.office().store;
    let changed = unit!(store, |tx| {
        sql!(tx, "UPDATE records SET signature = $1 WHERE id = $2", vec![7_u8; 64], record).execute().await
    });
    assert_eq!(changed, 1);
    let text = text_of(&auditor.get(&meal).await.html);
    assert!(text.contains("签名无效") && text.contains("前后链相接"), "{text}");
    unit!(store, |tx| {
        sql!(tx, "UPDATE records SET hash = $1 WHERE id = $2", domain::id::Digest([9; 32]), record).execute().await
    });
    let text = text_of(&auditor.get(&meal).await.html);
    assert!(text.contains("前后链不相接"), "{text}");
    for wrong in ["line=s9", "line=c9", "line=h0&after=x", "meal=00000000-0000-0000-0000-000000000000"] {
        let answer = auditor.get(&format!("/console/statements/{id}?{wrong}&{AT}")).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
}

async fn a_long_line_is_read_a_page_at_a_time(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let mut first = Vec::new();
    for day in 2..=31 {
        first.extend(scene.day(0, &format!("2026-03-{day:02}"), 660, &[0]));
    }
    first.push(scene.over(0));
    scene.ingest(0, &first).await;
    let mut other = scene.day(1, "2026-03-02", 720, &[]);
    other.push(scene.over(1));
    scene.ingest(1, &other).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.draft(MARCH).await.unwrap();
    let checker = Browser::of(&scene.world, "测试复核").await;
    let id = statement_of(&scene, 0).await;
    let page = checker.page(&format!("/console/statements/{id}?line=s0")).await;
    assert_eq!(page.matches("测**者").count(), 25, "{page}");
    let next = link(&page, &format!("/console/statements/{id}?line=s0&#38;after="));
    let rest = checker.get(&next).await.html;
    assert_eq!(rest.matches("测**者").count(), 5);
    assert!(rest.contains("第一页") && !rest.contains("下一页"));
    assert!(rest.contains(">3月31日</a>") && !rest.contains(">3月2日</a>"));
}

async fn everybody_sees_what_is_theirs(backend: Backend) {
    let scene = approved(backend).await;
    person(&scene, "测试店长", Role::CanteenManager, Some(scene.canteen(0))).await;
    let (own, other) = (statement_of(&scene, 0).await, statement_of(&scene, 1).await);
    let manager = Browser::of(&scene.world, "测试店长").await;
    let page = manager.get(&format!("/console/own?{AT}")).await;
    let text = text_of(&page.html);
    for part in ["甲食堂", "2026年3月", "¥9.00", "金额已定，接下来公示"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let list = text_of(&manager.page("/console/statements").await);
    assert!(list.contains("甲食堂") && !list.contains("乙食堂"), "{list}");
    assert_eq!(manager.get(&format!("/console/statements/{own}?{AT}")).await.status, 200);
    assert_eq!(manager.get(&format!("/console/statements/{other}?{AT}")).await.status, 403);
    for path in ["settlement", "funds", "disclosure", "exports", "settlement.csv", "exports/days.csv"] {
        let answer = manager.get(&format!("/console/{path}?{AT}")).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let maker = Browser::of(&scene.world, "测试经办").await;
    assert_eq!(maker.get("/console/own").await.status, 403);
    assert_eq!(maker.get("/console/settlement?region=440305&month=2026-03").await.status, 403);
    let exports = maker.page("/console/exports").await;
    for part in ["summary.pdf", "disclosure.csv", "days.csv", "audit-pack --region 440304 --month 2026-03"] {
        assert!(exports.contains(part), "{part}");
    }
    for page in [&exports, &maker.page("/console/funds").await] {
        assert!(!page.contains("bank.csv"), "nothing goes to the bank before the list was disclosed");
    }
    person(&scene, "测试审计", Role::Auditor, None).await;
    let auditor = Browser::of(&scene.world, "测试审计").await;
    let exports = auditor.page("/console/exports").await;
    assert!(!exports.contains("bank.csv"), "the bank's file is for who moves money");
    let days = auditor.get(&format!("/console/exports/days.csv?{AT}")).await.html;
    assert_eq!(days.lines().filter(|line| line.contains("2026-03-")).count(), 62, "{days}");
    assert!(days.contains("甲食堂,2026-03-02,2,0,2,0,6.00,"), "{days}");
    let office = scene.world.office();
    let (by, now) = (scene.maker.user, office.now());
    let place = crate::common::region("440304");
    server::payment::disclose(&office.store, &place, MARCH.parse().unwrap(), 1, by, now).await.unwrap();
    scene.world.clock.set(now.local_date().plus_days(1).at_minute(600));
    let maker = Browser::of(&scene.world, "测试经办").await;
    for page in ["/console/exports", "/console/funds"] {
        assert!(maker.page(page).await.contains("bank.csv"), "{page}");
    }
}

async fn a_hold_is_released_in_the_browser(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = Arc::clone(scene.world.office());
    let gate = "[[gate]]\nwhen = { quality_grade = [\"C\"] }\neffect = \"hold\"\nkinds = [\"diner\"]\n";
    let second = crate::common::POLICY.replace("version = 1", "version = 2").replace("03-02", "03-05") + gate;
    office.announce_policy("second.toml", &second, None).await.unwrap();
    let standing = domain::canteen::Standing { quality_grade: "C".into(), ..Default::default() };
    let fact = domain::canteen::CanteenFactKind::Standing { standing };
    office.add_canteen_fact(scene.canteen(0), date("2026-03-04"), fact, None).await.unwrap();
    let mut first = scene.day(0, "2026-03-06", 700, &[0]);
    first.push(scene.over(0));
    scene.ingest(0, &first).await;
    let mut other = scene.day(1, "2026-03-02", 700, &[]);
    other.push(scene.over(1));
    scene.ingest(1, &other).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.approved(MARCH).await;
    let maker = Browser::of(&scene.world, "测试经办").await;
    let id = statement_of(&scene, 0).await;
    let page = maker.page(&format!("/console/statements/{id}?line=h0")).await;
    let text = text_of(&page);
    assert!(text.contains("暂缓拨付") && text.contains("−¥3.00") && page.contains("测**者"), "{text}");
    assert!(page.contains("class=\"held\""), "the held days are marked");
    assert!(text_of(&maker.page("/console/settlement").await).contains("暂缓 1 家"));
    let funds = maker.page("/console/funds").await;
    let names = ["canteen", "of", "policy", "version", "hash", "gate"];
    let field = |name: &str| between(&funds, &format!("type=\"hidden\" name=\"{name}\" value=\""), "\"").unwrap();
    let mut fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, field(name))).collect();
    fields.push(("reason", "已整改，复查合格"));
    let checker = Browser::of(&scene.world, "测试复核").await;
    let denied = checker.form("/console/funds", "/console/funds/release", &fields).await;
    assert_eq!(denied.status, 403, "the maker releases");
    let done = maker.form("/console/funds", "/console/funds/release", &fields).await;
    assert!(done.to.contains("done=saved"), "{} {}", done.status, done.html);
    let twice = maker.form("/console/funds", "/console/funds/release", &fields).await;
    assert_eq!(twice.status, 409, "once");
}

async fn pages_are_read_in_english(backend: Backend) {
    let scene = approved(backend).await;
    let mut maker = Browser::of(&scene.world, "测试经办").await;
    maker.english = true;
    let id = statement_of(&scene, 0).await;
    let paths = [
        "/console/settlement".to_owned(),
        "/console/statements".to_owned(),
        format!("/console/statements/{id}?line=s0"),
        "/console/funds".to_owned(),
        "/console/disclosure".to_owned(),
        "/console/exports".to_owned(),
    ];
    // Names of people, places and benefits are data.
    let data = ["甲食堂", "乙食堂", "测试经办", "测试复核", "福田区", "60岁以上", "测**者"];
    for path in paths {
        let mut text = text_of(&maker.page(&path).await);
        for name in data {
            text = text.replace(name, "");
        }
        let chinese: String = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        assert_eq!(chinese, "", "{path}: {text}");
    }
    person(&scene, "测试店长", Role::CanteenManager, Some(scene.canteen(0))).await;
    let mut manager = Browser::of(&scene.world, "测试店长").await;
    manager.english = true;
    let text = text_of(&manager.page("/console/own").await).replace("甲食堂", "");
    assert!(!text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{text}");
}

/// What the pages read, in one statement each.
async fn overviews_of_a_month(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let store = &scene.world.office().store;
    let of: Month = MARCH.parse().unwrap();
    let (place, canteen, day) = (region("440304"), scene.canteen(0), date("2026-03-02"));
    let inside = place.clone();
    let found = unit!(store, |tx| overview::statements(tx, &inside, of, of).await);
    let ids = |rows: &[months::StoredStatement]| rows.iter().map(|s| s.id).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&view.statements), "of the last draft only, by number");
    let inside = place.clone();
    assert!(unit!(store, |tx| overview::statements(tx, &inside, of.next(), of.next()).await).is_empty());
    let named = unit!(store, |tx| overview::numbers(tx, &region("440304"), of).await);
    let whole = found.iter().map(|s| (s.id, s.number.clone(), s.canteen)).collect::<Vec<_>>();
    assert_eq!(named, whole);
    assert!(unit!(store, |tx| overview::numbers(tx, &region("4403"), of).await).is_empty(), "who settles it");
    let own = unit!(store, |tx| overview::statements_of_canteen(tx, canteen, 9).await);
    assert_eq!(own.iter().map(|s| (s.canteen, s.version)).collect::<Vec<_>>(), [(canteen, 2)]);
    assert!(unit!(store, |tx| overview::statements_of_canteen(tx, canteen, 0).await).is_empty());
    let content = |which: usize| {
        let stored = view.statements.iter().find(|s| s.canteen == scene.canteen(which));
        stored.map(|stored| stored.content.0.clone())
    };
    let both = unit!(store, |tx| months::by_canteen(tx, &region("440304"), of, None).await);
    assert_eq!([0, 1].map(|which| both.get(&scene.canteen(which)).cloned()), [0, 1].map(content));
    let one = unit!(store, |tx| months::by_canteen(tx, &region("440304"), of, Some(canteen)).await);
    assert_eq!(one.into_iter().collect::<Vec<_>>(), [(canteen, content(0).unwrap())]);
    assert!(unit!(store, |tx| months::by_canteen(tx, &region("4403"), of, None).await).is_empty(), "who settles it");
    assert!(unit!(store, |tx| months::by_canteen(tx, &region("440304"), of.previous(), None).await).is_empty());
    // The double use of the first elder at 乙 is all that was found: days that found nothing are not read.
    let other = scene.canteen(1);
    let found = unit!(store, |tx| overview::findings(tx, &region("4403"), of, None).await);
    let [(at, on, findings)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*at, *on, findings[0].code), (other, day, domain::reconciliation::Code::OverLimit));
    assert_eq!(unit!(store, |tx| overview::findings(tx, &region("4403"), of, Some(other)).await), found);
    assert_eq!(unit!(store, |tx| overview::findings(tx, &region("4403"), of, Some(canteen)).await), []);
    assert_eq!(unit!(store, |tx| overview::findings(tx, &region("440305"), of, None).await), []);
    assert_eq!(unit!(store, |tx| overview::findings(tx, &region("4403"), of.next(), None).await), []);
    let eaten = unit!(store, |tx| overview::eaten(tx, canteen, day).await);
    let statement = own[0].id;
    assert_eq!(eaten.len(), 2);
    assert!(eaten.values().all(|meal| meal.name == "测试长者" && meal.frozen_by == Some(statement.uuid())));
    assert_eq!(eaten.values().map(|meal| meal.period.as_str()).collect::<Vec<_>>(), ["lunch", "lunch"]);
    let settled = unit!(store, |tx| overview::settlements_of_day(tx, canteen, day).await);
    let [(id, number, month, verdicts)] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!((*id, number, *month, verdicts.len()), (statement, &own[0].number, of, 2));
    let paid: Fen = verdicts.iter().flat_map(|v| &v.paid).map(|line| line.amount).sum();
    assert_eq!(paid, Fen::new(600));
}

/// When the page says that the statements were made again; nothing where they were not the same.
fn made_again(html: &str) -> Option<String> {
    let text = text_of(html);
    let (before, _) = text.split_once(" 从日清重新计算，内容与摘要相同")?;
    before.rsplit("  ").next().map(|at| at.trim().to_owned())
}

/// A submitted month's statements are made again once for each step, and once more when anything came that they depend on
/// or somebody asks for it.
async fn a_submitted_month_is_made_again_once(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    let store = &scene.world.office().store;
    let checker = Browser::of(&scene.world, "测试复核").await;
    let first = made_again(&checker.page("/console/settlement").await).unwrap();
    scene.world.clock.pass(5 * 60_000);
    assert_eq!(made_again(&checker.page("/console/settlement").await).unwrap(), first, "kept");
    let asked = made_again(&checker.page("/console/settlement?again=1").await).unwrap();
    assert_ne!(asked, first, "made when somebody asks");
    scene.world.clock.pass(5 * 60_000);
    assert_eq!(made_again(&checker.page("/console/settlement").await).unwrap(), asked, "and kept from then on");
    let before = unit!(store, |tx| months::marks(tx).await);
    let (canteen, words) = (scene.canteen(1), "食堂已说明".to_owned());
    let step = |what: &str| StepRow {
        step: 0,
        what: what.to_owned(),
        words: words.clone(),
        owner: None,
        due: None,
        by_user: scene.maker.user,
        at: scene.world.office().now(),
    };
    let said = step("answered");
    let number = unit!(store, |tx| overview::findings(tx, &region("440304"), MARCH.parse().unwrap(), None).await);
    let (number, on) = (number[0].2[0].number.clone(), number[0].1);
    unit!(store, |tx| findings::add(tx, canteen, &number, on, &said).await);
    let after = unit!(store, |tx| months::marks(tx).await);
    assert_eq!([after[0] - before[0], after[1] - before[1], after[2] - before[2]], [0, 1, 0]);
    assert_ne!(made_again(&checker.page("/console/settlement").await).unwrap(), asked, "something was said since");
}

/// A close that somebody changed in the database is named on the month's page, with what to do; the page stays.
async fn a_close_that_was_changed_by_hand_is_named(backend: Backend) {
    let changes = [
        "UPDATE day_closes SET content = REPLACE(content, '300', '301') WHERE date = '2026-03-03'",
        "UPDATE day_closes SET content = '{' WHERE date = '2026-03-03'",
    ];
    for change in changes {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        scene.draft(MARCH).await.unwrap();
        scene.submit(MARCH, scene.maker).await.unwrap();
        let checker = Browser::of(&scene.world, "测试复核").await;
        assert!(made_again(&checker.page("/console/settlement?again=1").await).is_some());
        crate::month::disarm(&scene.world, "day_closes").await;
        let store = &scene.world.office().store;
        assert!(unit!(store, |tx| server::sql!(tx, change).execute().await) > 0, "{change}");
        let page = checker.page("/console/settlement?again=1").await;
        let text = text_of(&page);
        for part in ["重算不一致", "日清被改动", "甲食堂 3月3日", "zhucan verify", "¥12.00"] {
            assert!(text.contains(part), "{change}: {part}: {text}");
        }
        // The way to the day, and the month's other pages.
        let there = "/console/reconciliation?region=440304&#38;month=2026-03&#38;canteen=";
        assert!(page.contains(there), "{page}");
        for path in ["/console/reconciliation", "/console/today", "/console/findings", "/console/statements"] {
            let answered = checker.get(&format!("{path}?{AT}")).await;
            assert_eq!(answered.status, 200, "{change}: {path}: {}", text_of(&answered.html));
        }
        let breaks = scene.verify().await.breaks;
        assert!(breaks.iter().any(|b| b.place.starts_with("日清")), "{breaks:?}");
        assert!(breaks.iter().any(|b| b.place.starts_with("结算单")), "{breaks:?}");
    }
}

/// An upheld objection holds a payment on every page until somebody lifts it, and on none from then on.
async fn what_was_objected_and_seen_to_is_paid_in_the_browser(backend: Backend) {
    let scene = approved(backend).await;
    let (statement, other) = (statement_of(&scene, 0).await, statement_of(&scene, 1).await);
    let maker = Browser::of(&scene.world, "测试经办").await;
    let checker = Browser::of(&scene.world, "测试复核").await;
    person(&scene, "测试店长", Role::CanteenManager, Some(scene.canteen(0))).await;
    maker.form("/console/disclosure", "/console/disclosure/start", &[("days", "1")]).await;
    let object = format!("/console/disclosure/statements/{statement}/objection");
    maker.form("/console/disclosure", &object, &[("content", "少计两餐")]).await;
    let page = checker.page("/console/disclosure").await;
    assert_eq!(page.matches(">XLSX<").count(), 1, "what is listed is offered once");
    let of = between(&page, "/console/disclosure/objections/", "/").unwrap().to_owned();
    let of = |what: &str| format!("/console/disclosure/objections/{of}/{what}");
    checker.form("/console/disclosure", &of("decision"), &[("upheld", "true"), ("reason", "属实")]).await;

    scene.world.clock.set(date("2026-04-02").at_minute(540));
    let maker = Browser::of(&scene.world, "测试经办").await;
    let manager = Browser::of(&scene.world, "测试店长").await;
    let pay = format!("/console/funds/statements/{statement}/payment");
    let page = maker.page("/console/funds").await;
    assert!(!page.contains(&pay) && page.contains(&other.to_string()), "{}", text_of(&page));
    assert!(text_of(&manager.page("/console/own").await).contains("异议"));
    let lifted = maker.form("/console/disclosure", &of("lift"), &[("reason", "已补记")]).await;
    assert!(lifted.to.contains("done=said"), "{} {}", lifted.status, lifted.html);
    let page = maker.page("/console/funds").await;
    assert!(page.contains(&pay), "the payment is offered again: {}", text_of(&page));
    let own = text_of(&manager.page("/console/own").await);
    assert!(!own.contains("异议"), "{own}");
    maker.prove().await;
    let sent = maker.form("/console/funds", &pay, &[("state", "sent"), ("reference", "批次 0002")]).await;
    assert!(sent.to.contains("done=paid"), "{} {}", sent.status, sent.html);

    // The same read for many at once as for one.
    let store = &scene.world.office().store;
    let all = unit!(store, |tx| payments::among(tx, &[statement, other]).await);
    let one = unit!(store, |tx| payments::of_statement(tx, statement).await);
    assert_eq!((all.len(), all.get(&statement), one.len()), (1, Some(&one), 1));
    let all = unit!(store, |tx| payments::objections_among(tx, &[statement, other]).await);
    let one = unit!(store, |tx| payments::objections(tx, statement).await);
    assert_eq!((all.len(), all.get(&statement), one.len()), (1, Some(&one), 1));
    assert!(!one[0].holds() && one[0].upheld == Some(1));
    assert!(unit!(store, |tx| payments::among(tx, &[]).await).is_empty());
}

/// The page of funds says what it said when it read the year's statements.
async fn funds_are_summed_by_month(backend: Backend) {
    let mut scene = approved(backend).await;
    scene.all_over_through("2026-05-01").await;
    let (store, kept) = (&scene.world.office().store, Arc::clone(scene.world.office()));
    let (march, april): (Month, Month) = (MARCH.parse().unwrap(), "2026-04".parse().unwrap());
    scene.draft("2026-04").await.unwrap();
    let months = unit!(store, |tx| kept.costs.between(tx, &region("440304"), march, april).await);
    let [first, second] = months.as_slice() else { panic!("{months:?}") };
    assert!(first.is_approved && !second.is_approved);
    let stored = unit!(store, |tx| overview::statements(tx, &region("440304"), march, march).await);
    let payable: Fen = stored.iter().map(|s| s.payable).sum();
    assert_eq!(first.of.payers.iter().map(|line| line.payable).sum::<Fen>(), payable);
    let approved: Fen = stored.iter().map(|s| s.content.0.approved()).sum();
    assert_eq!(first.of.payers.iter().map(|line| line.approved).sum::<Fen>(), approved);
    let maker = Browser::of(&scene.world, "测试经办").await;
    let april = text_of(&maker.get("/console/funds?region=440304&month=2026-04").await.html);
    assert!(april.contains("2026年应付") && april.contains(&format!("¥{payable}")), "{april}");
}

crate::on_both! {
    a_month_is_made_and_approved_in_the_browser
    a_month_is_paid_and_archived_in_the_browser
    an_auditor_gets_from_the_month_to_one_record
    a_long_line_is_read_a_page_at_a_time
    everybody_sees_what_is_theirs
    a_hold_is_released_in_the_browser
    pages_are_read_in_english
    overviews_of_a_month
    a_submitted_month_is_made_again_once
    a_close_that_was_changed_by_hand_is_named
    what_was_objected_and_seen_to_is_paid_in_the_browser
    funds_are_summed_by_month
}
