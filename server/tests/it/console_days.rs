//! The console's pages of today, of days and of findings: what they say, what they let do, and to whom.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::calendar::{Month, UnixMs};
use domain::id::CanteenId;
use domain::money::Fen;
use domain::reconciliation::{Finding, Severity};
use server::admin::NewUser;
use server::close::close_days;
use server::people::Role;
use server::sql;
use server::store::findings::{self, StepRow};
use server::store::records::{self as stored, Journal, NewReject};
use server::store::{Bind as _, Statement, board};
use support::Backend;
use tower::ServiceExt as _;

use crate::client::open;
use crate::common::{World, date, region};
use crate::month::{MARCH, Scene, disarm};
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";
/// What is data of the scene, not of any catalogue.
const DATA: &[&str] = &["甲食堂", "乙食堂", "福田区", "深圳市", "助", "测", "者"];

/// A browser of somebody who is signed in.
struct Visitor<'a> {
    world: &'a World,
    token: String,
    english: bool,
}

struct Seen {
    status: StatusCode,
    location: String,
    kind: String,
    bytes: Vec<u8>,
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// The page has all of this.
    #[track_caller]
    fn has(&self, parts: &[&str]) -> &Self {
        let text = self.text();
        assert!(self.status.is_success(), "{} {text}", self.status);
        for part in parts {
            assert!(text.contains(part), "{part} is not on the page:\n{text}");
        }
        self
    }

    #[track_caller]
    fn lacks(&self, parts: &[&str]) -> &Self {
        let text = self.text();
        for part in parts {
            assert!(!text.contains(part), "{part} is on the page:\n{text}");
        }
        self
    }
}

impl<'a> Visitor<'a> {
    async fn of(world: &'a World, name: &str, passphrase: &str) -> Self {
        Self { world, token: open(world, name, passphrase).await, english: false }
    }

    async fn new(world: &'a World, name: &str, role: Role, canteen: Option<CanteenId>) -> Self {
        let passphrase = PASSPHRASE.to_owned().into();
        let new = NewUser { name: name.into(), passphrase, role, region: region("440304"), canteen };
        world.office().add_user(new, None).await.unwrap();
        Self::of(world, name, PASSPHRASE).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Seen {
        let language = if self.english { "; zhucan_lang=en" } else { "" };
        let cookie = format!("zhucan_session={}{language}", self.token);
        let request = request.header(header::COOKIE, cookie).body(body).unwrap();
        let response = self.world.server.router().oneshot(request).await.unwrap();
        let head = |name| {
            let value: Option<&header::HeaderValue> = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, location, kind) = (response.status(), head(header::LOCATION), head(header::CONTENT_TYPE));
        let bytes = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes().to_vec();
        Seen { status, location, kind, bytes }
    }

    async fn get(&self, path: &str) -> Seen {
        self.send(Request::builder().method(Method::GET).uri(path), Body::empty()).await
    }

    /// Sends the fields with the token that stands on a page; without it when there is no such page.
    async fn post(&self, page: Option<&str>, path: &str, fields: &[(&str, &str)]) -> Seen {
        let mut fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(page) = page {
            let text = self.get(page).await.text();
            let token = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            fields.push(("csrf".to_owned(), token));
        }
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form(&fields))).await
    }
}

/// As a browser encodes a form.
fn form(fields: &[(String, String)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b"-_.".contains(&b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// Chinese that no data of the scene explains.
fn untranslated(page: &str) -> Vec<String> {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let runs = page.split(|c| !is_chinese(c)).filter(|run| !run.is_empty());
    runs.filter(|run| !DATA.contains(run) && !run.starts_with("测试")).map(str::to_owned).collect()
}

async fn close(scene: &Scene) {
    let office = scene.world.office();
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
}

/// March is served and closed; 乙's Monday has a double use.
async fn closed(backend: Backend) -> Scene {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    close(&scene).await;
    scene
}

async fn maker(scene: &Scene) -> Visitor<'_> {
    Visitor::of(&scene.world, "测试经办", "测试经办的口令足够长").await
}

async fn checker(scene: &Scene) -> Visitor<'_> {
    Visitor::of(&scene.world, "测试复核", "测试复核的口令足够长").await
}

/// The number of the finding about 乙's Monday.
async fn number(scene: &Scene) -> String {
    let (office, canteen) = (scene.world.office(), scene.canteen(1));
    let close = office
        .store
        .read(move |tx| Box::pin(async move { server::store::closes::last(tx, canteen, date("2026-03-02")).await }));
    close.await.unwrap().unwrap().content.0.findings[0].number.clone()
}

async fn today_says_what_is_next_and_to_whom(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let path = "/console/today?month=2026-03";
    let maker = maker(&scene).await;
    let page = maker.get(path).await;
    page.has(&[
        "3月结算",
        "处理 62 个未日清",
        "/console/reconciliation?only=1&#38;",
        "0 / 62",
        "今日食堂",
        "断网 29 天",
    ]);
    close(&scene).await;
    let page = maker.get(path).await;
    page.has(&["起草结算", "/console/settlement?", "62 / 62", "暂估核定金额", "¥12.00", "核减 1　提醒 0"]);
    page.has(&["超过 7 天", "乙食堂　超出补贴次数或限额", "市财政", "没有录入预算", "badge\">1<"]);
    assert_eq!(page.text().matches("button primary").count(), 1, "one thing to do");
    let checker = checker(&scene).await;
    checker.get(path).await.has(&["等经办：起草结算"]).lacks(&["button primary"]);
    let (view, _) = scene.draft(MARCH).await.unwrap();
    maker.get(path).await.has(&["提交审批", "起草核定金额", "¥12.00"]);
    scene.submit(MARCH, scene.maker).await.unwrap();
    checker.get(path).await.has(&["复核并审批", "button primary"]);
    maker.get(path).await.has(&["等复核：复核并审批"]);
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    maker.get(path).await.has(&["发布公示", "/console/disclosure?", "核定金额"]);
}

async fn today_counts_meals_beside_last_weeks(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let records = scene.day(0, "2026-03-02", 660, &[0, 1]);
    scene.ingest(0, &records).await;
    let records = scene.day(0, "2026-03-09", 660, &[1]);
    scene.ingest(0, &records).await;
    scene.world.clock.set(date("2026-03-09").at_minute(720));
    let auditor = Visitor::new(&scene.world, "测试审计", Role::Auditor, None).await;
    let page = auditor.get("/console/today?month=2026-03").await;
    let text = page.text();
    let row = text.split("<th scope=\"row\">甲食堂</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains("<b>1</b>") && row.contains("quiet-ink\">2<"), "{row}");
    page.has(&["上周一", "0 家在线，2 家断网", ">A<"]);
}

async fn the_heat_table_counts_filters_and_is_kept_as_a_file(backend: Backend) {
    let scene = closed(backend).await;
    let maker = maker(&scene).await;
    let path = "/console/reconciliation?month=2026-03";
    let page = maker.get(path).await;
    page.has(&["甲食堂 3月2日 一致 2", "乙食堂 3月2日 待裁定 1", "待裁定 <b>1</b>", "一致 <b>2</b>", "只看未一致 1"]);
    page.has(&["未日清 <b>0</b>", "class=\"h-open\"", "先看这几天"]);
    let only = maker.get("/console/reconciliation?month=2026-03&only=1").await;
    only.has(&["乙食堂 3月2日", "看全部"]).lacks(&["甲食堂 3月2日"]);
    let csv = maker.get("/console/reconciliation.csv?month=2026-03").await;
    csv.has(&["截至 2026-04-01 09:00", "食堂,2026-03-01,2026-03-02", "甲食堂,休,2,1,停"]);
    assert!(csv.kind.starts_with("text/csv"));
    maker.get("/console/reconciliation.csv?month=2026-03&only=1").await.has(&["乙食堂"]).lacks(&["甲食堂"]);
    let xlsx = maker.get("/console/reconciliation.xlsx?month=2026-03").await;
    assert!(xlsx.status.is_success() && xlsx.bytes.starts_with(b"PK"), "{}", xlsx.status);
    // The chosen day.
    let day = |which: usize| format!("{path}&canteen={}&date=2026-03-02", scene.canteen(which));
    maker.get(&day(0)).await.has(&["三方一致", "1 号机 份数", "3月2日 星期一"]);
    let number = number(&scene).await;
    maker.get(&day(1)).await.has(&["有 1 条差异待裁定", "超出补贴次数或限额", &number]);
    let other = maker.get(&format!("{path}&canteen={}&date=2026-03-02", uuid::Uuid::from_u128(9))).await;
    assert_eq!(other.status, 404);
}

async fn what_is_missing_behind_a_gap_is_named(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let records = scene.day(0, "2026-03-02", 660, &[0, 1]);
    // Start, open, the first meal; the second meal does not arrive, the shift's end does.
    scene.ingest(0, &records[..3]).await;
    let (office, till) = (scene.world.office().clone(), &scene.tills[0]);
    let batch = crate::common::batch(1, &records[4..]);
    server::ingest::ingest(&office, &till.row, batch).await.unwrap();
    scene.world.clock.set(date("2026-03-04").at_minute(600));
    close(&scene).await;
    let maker = maker(&scene).await;
    let path = format!("/console/reconciliation?month=2026-03&canteen={}&date=2026-03-02", scene.canteen(0));
    let page = maker.get(&path).await;
    page.has(&["服务端少 1 条", "1 号机 序号 3 还没有收到", "未日清", "h-incomplete", "缺的记录"]);
    let text = page.text();
    let row = text.split("1 号机 记录</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">5<") && row.contains("differs\">4<"), "five by its sequences, four held: {row}");
    // Once it is there the day agrees.
    scene.ingest(0, &records[3..4]).await;
    let over = scene.over_through(0, "2026-03-03");
    scene.ingest(0, &[over]).await;
    close(&scene).await;
    maker_page(&scene, &path).await.has(&["三方一致"]).lacks(&["服务端少"]);
}

async fn maker_page(scene: &Scene, path: &str) -> Seen {
    maker(scene).await.get(path).await
}

async fn a_day_is_left_out_with_a_reason_by_the_maker(backend: Backend) {
    let scene = closed(backend).await;
    let (canteen, maker) = (scene.canteen(0).to_string(), maker(&scene).await);
    let page = format!("/console/reconciliation?month=2026-03&canteen={canteen}&date=2026-03-02");
    let path = "/console/reconciliation/left-out?region=440304&month=2026-03";
    let fields = |reason| [("canteen", canteen.as_str()), ("date", "2026-03-02"), ("reason", reason)];
    let without = maker.post(None, path, &fields("终端送修")).await;
    assert_eq!(without.status, 403, "without the page's token");
    let empty = maker.post(Some(&page), path, &fields(" ")).await;
    assert_eq!(empty.status, 422, "{}", empty.text());
    maker.get(&page).await.lacks(&["不计入本月结算"]);
    let checker = checker(&scene).await;
    let other = checker.post(Some(&page), path, &fields("终端送修")).await;
    assert_eq!(other.status, 403, "the checker does not make the month");
    checker.get(&page).await.lacks(&["/console/reconciliation/left-out"]);
    let done = maker.post(Some(&page), path, &fields("终端送修")).await;
    assert_eq!(done.status, 303, "{}", done.text());
    maker.get(&done.location).await.has(&["已记下。", "不计入本月结算", "终端送修", "h-out"]);
    let again = maker.post(Some(&page), "/console/reconciliation/close?month=2026-03", &fields("")[..2]).await;
    assert_eq!(again.status, 303, "{}", again.text());
}

async fn a_finding_shows_both_records_and_is_ruled_and_closed(backend: Backend) {
    let scene = closed(backend).await;
    let (maker, checker) = (maker(&scene).await, checker(&scene).await);
    let number = number(&scene).await;
    let list = maker.get("/console/findings?month=2026-03").await;
    list.has(&["待裁定 1", "可能核减", "超出补贴次数或限额", "¥3.00", &number]);
    let path = format!("/console/findings/{}/{number}?month=2026-03", scene.canteen(1));
    let page = maker.get(&path).await;
    page.has(&["同一位老人 3月2日", "甲食堂", "乙食堂", "≠", "有效，连续", "time-line", "先记的一条", "¥18.00"]);
    page.has(&["成立，由项目承担", "不成立", "费用由项目承担，不向老人追收。", "食堂还没有说明。"]);
    page.lacks(&["测试长者"]).has(&["测**者"]);
    // By the maker, with the page's token and a reason.
    let steps = format!("/console/findings/{}/{number}/steps?region=440304&month=2026-03", scene.canteen(1));
    let confirm = [("what", "confirmed"), ("words", "已核对，两餐都属实")];
    assert_eq!(maker.post(None, &steps, &confirm).await.status, 403);
    assert_eq!(maker.post(Some(&path), &steps, &[("what", "confirmed"), ("words", "")]).await.status, 422);
    assert_eq!(checker.post(Some(&path), &steps, &confirm).await.status, 403, "the checker does not rule");
    let done = maker.post(Some(&path), &steps, &confirm).await;
    assert_eq!(done.status, 303, "{}", done.text());
    maker.get(&done.location).await.has(&["已记下。", "已核对，两餐都属实", "测试经办", "裁定：成立"]);
    maker.get("/console/findings?month=2026-03&tab=decided").await.has(&["3月已裁定 1", "待裁定 0", &number]);
    maker.get("/console/reconciliation?month=2026-03").await.has(&["乙食堂 3月2日 已裁定 1"]);
    // Closed by another person; then nothing is said any more.
    let close = [("what", "closed"), ("words", "复核无误")];
    assert_eq!(maker.post(Some(&path), &steps, &close).await.status, 403);
    assert_eq!(checker.post(Some(&path), &steps, &close).await.status, 303);
    checker.get(&path).await.has(&["本条已结案，不再改动。"]).lacks(&["value=\"closed\""]);
    assert_eq!(maker.post(Some(&path), &steps, &confirm).await.status, 409);
}

async fn a_canteen_sees_and_answers_its_own(backend: Backend) {
    let scene = closed(backend).await;
    let number = number(&scene).await;
    let own = Visitor::new(&scene.world, "乙负责人", Role::CanteenManager, Some(scene.canteen(1))).await;
    let other = Visitor::new(&scene.world, "甲负责人", Role::CanteenManager, Some(scene.canteen(0))).await;
    let path = format!("/console/findings/{}/{number}?month=2026-03", scene.canteen(1));
    let steps = format!("/console/findings/{}/{number}/steps?month=2026-03", scene.canteen(1));
    own.get("/console/findings?month=2026-03").await.has(&["待裁定 1", &number]).lacks(&["value=\"confirmed\""]);
    other.get("/console/findings?month=2026-03").await.has(&["待裁定 0", "这里没有差异。"]).lacks(&[&number]);
    assert_eq!(other.get(&path).await.status, 403);
    let answer = [("what", "answered"), ("words", "=1+1 当天断网")];
    assert_eq!(other.post(Some("/console/me"), &steps, &answer).await.status, 403);
    assert_eq!(own.post(Some(&path), &steps, &[("what", "confirmed"), ("words", "自己裁定")]).await.status, 403);
    assert_eq!(own.post(Some(&path), &steps, &answer).await.status, 303);
    own.get(&path).await.has(&["=1+1 当天断网", "乙负责人", "当时收取"]).lacks(&["甲食堂"]);
    let maker = maker(&scene).await;
    maker.get("/console/findings?month=2026-03&tab=answered").await.has(&["食堂已答复 1", &number]);
    // Words of others are no formulas in a spreadsheet.
    let csv = maker.get("/console/findings.csv?month=2026-03&tab=answered").await;
    csv.has(&[",'=1+1 当天断网", &number, "3.00", "截至 2026-04-01 09:00"]);
    maker.get(&format!("/console/findings?month=2026-03&only={}", scene.canteen(0))).await.has(&["这里没有差异。"]);
    for page in ["/console/today?month=2026-03", "/console/reconciliation?month=2026-03"] {
        assert_eq!(own.get(page).await.status, 403, "{page} is of regions");
    }
}

/// 乙's Monday has this many findings in all.
async fn with_findings(scene: &Scene, many: usize) {
    let canteen = scene.canteen(1);
    let store = &scene.world.office().store;
    unit!(store, |tx| {
        let close = server::store::closes::last(tx, canteen, date("2026-03-02")).await?.unwrap();
        let mut content = close.content.0;
        let first = content.findings[0].clone();
        content.findings.extend((1..many).map(|n| {
            let severity = if n % 4 == 0 { Severity::Block } else { Severity::Warn };
            Finding { number: format!("F-0302-{n:06x}"), severity, ..first.clone() }
        }));
        sql!(
            tx,
            "INSERT INTO day_closes (canteen, date, revision, digest, content, verdicts, closed_at) \
             SELECT canteen, date, revision + 1, digest, $3, verdicts, closed_at FROM day_closes \
             WHERE canteen = $1 AND date = $2 AND revision = $4",
            canteen,
            date("2026-03-02"),
            server::store::Json(content),
            close.revision
        )
        .execute()
        .await
    });
}

/// The addresses of the findings that a page lists, in order; and that of the page behind it.
fn listed(page: &Seen) -> (Vec<String>, Option<String>) {
    let text = page.text().replace("&#38;", "&");
    let href = |part: &str| part.split('"').next().unwrap().to_owned();
    let entries = text.split("class=\"inbox-entry\" href=\"").skip(1).map(href).collect();
    let next = text.split("<a href=\"").skip(1).find(|part| part.split('>').next().unwrap().ends_with("rel=\"next\""));
    (entries, next.map(href))
}

async fn the_inbox_goes_page_by_page_and_keeps_its_filters(backend: Backend) {
    let scene = closed(backend).await;
    with_findings(&scene, 120).await;
    let maker = maker(&scene).await;
    let mut path = format!("/console/findings?month=2026-03&only={}", scene.canteen(1));
    let mut numbers = Vec::new();
    for expected in ["第 1–50 条，共 120 条", "第 51–100 条，共 120 条", "第 101–120 条，共 120 条"]
    {
        let page = maker.get(&path).await;
        // Counts are of all pages, and a page is small.
        page.has(&[expected, "待裁定 120"]);
        assert!(page.bytes.len() < 100_000, "{} bytes", page.bytes.len());
        let (entries, next) = listed(&page);
        assert!(entries.iter().chain(&next).all(|href| href.contains(&format!("only={}", scene.canteen(1)))));
        // One of the page's findings stands on the same page, whether it is asked for with its page or alone.
        let last = entries.last().unwrap();
        maker.get(last).await.has(&[expected]);
        let alone = format!("{}?month=2026-03", last.split('?').next().unwrap());
        maker.get(&alone).await.has(&[expected, "aria-current=\"true\""]);
        numbers.extend(entries.iter().map(|href| href.split(['/', '?']).nth(4).unwrap().to_owned()));
        match next {
            Some(next) => path = next,
            None => break,
        }
    }
    let each: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), each.len()), (120, 120), "none twice, none left out");
    // Nothing stands behind the last one any more, when all that stood there was decided: then the last page.
    assert!(path.contains(&numbers[99]), "{path}");
    let behind = maker.get(&path.replace(&numbers[99], &numbers[119])).await;
    behind.has(&["第 101–120 条，共 120 条"]);
    assert_eq!(listed(&behind).0.len(), 20);
    maker.get("/console/findings?month=2026-03").await.has(&["阻断月结 <span>29</span>"]);
    // Behind a ruling the page stays, though what was ruled is not on it any more.
    let second = listed(&maker.get("/console/findings?month=2026-03").await).1.unwrap();
    let page = maker.get(&second).await;
    let action = page.text().replace("&#38;", "&");
    let mut actions = action.split("action=\"/console/findings/").skip(1).map(|part| part.split('"').next().unwrap());
    let action = actions.find(|action| action.contains("/steps?")).unwrap().to_owned();
    let done = maker
        .post(Some(&second), &format!("/console/findings/{action}"), &[("what", "explained"), ("words", "已核对")])
        .await;
    assert_eq!(done.status, 303, "{}", done.text());
    maker.get(&done.location).await.has(&["第 51–100 条，共 119 条", "已核对"]);
    maker.get("/console/findings.csv?month=2026-03").await.has(&["F-0302-000001", "F-0302-000077"]);
    for odd in ["x", "x.y", "00000000-0000-0000-0000-000000000001.F-0302-ffffff"] {
        let seen = maker.get(&format!("/console/findings?month=2026-03&after={odd}")).await;
        assert!([200, 400, 422].contains(&seen.status.as_u16()), "{odd}: {}", seen.status);
    }
}

async fn every_page_is_whole_in_english(backend: Backend) {
    let scene = closed(backend).await;
    let number = number(&scene).await;
    let mut visitor = maker(&scene).await;
    visitor.english = true;
    let day = format!("/console/reconciliation?month=2026-03&canteen={}&date=2026-03-02", scene.canteen(0));
    let finding = format!("/console/findings/{}/{number}?month=2026-03", scene.canteen(1));
    for path in ["/console/today?month=2026-03", "/console/reconciliation?month=2026-03", &day, &finding] {
        let page = visitor.get(path).await;
        page.has(&["lang=\"en\""]);
        assert_eq!(untranslated(&page.text()), Vec::<String>::new(), "{path}");
    }
    let csv = visitor.get("/console/findings.csv?month=2026-03").await;
    csv.has(&["Over the limit"]);
    assert_eq!(untranslated(&csv.text()), Vec::<String>::new());
}

/// As the table of rights has it, for pages and forms alike.
async fn each_role_sees_and_does_what_it_may(backend: Backend) {
    let scene = closed(backend).await;
    let (canteen, number) = (scene.canteen(1), number(&scene).await);
    let finding = format!("/console/findings/{canteen}/{number}");
    let steps = format!("{finding}/steps");
    let place = "region=440304&month=2026-03";
    for (n, role) in Role::ALL.iter().enumerate() {
        let own = (*role == Role::CanteenManager).then_some(canteen);
        let visitor = Visitor::new(&scene.world, &format!("来访{n}"), *role, own).await;
        let reads = *role != Role::CardIssuer;
        let regions = reads && own.is_none();
        let made = *role == Role::FinanceMaker;
        let status = |may: bool, done: u16| if may { done } else { 403 };
        for (path, may) in [
            ("/console/today", regions),
            ("/console/reconciliation", regions),
            ("/console/reconciliation.csv", regions),
            ("/console/reconciliation.xlsx", regions),
            ("/console/findings", reads),
            ("/console/findings.csv", reads),
            (finding.as_str(), reads),
        ] {
            let seen = visitor.get(&format!("{path}?{place}")).await;
            assert_eq!(seen.status, status(may, 200), "{} {path}", role.name());
        }
        let (id, day) = (canteen.to_string(), ("date", "2026-03-03"));
        let of_day = [("canteen", id.as_str()), day, ("reason", "停电")];
        for (path, fields, may) in [
            ("/console/reconciliation/close", &of_day[..2], made),
            ("/console/reconciliation/left-out", &of_day[..], made),
            (steps.as_str(), &[("what", "answered"), ("words", "已核实")][..], made || own.is_some()),
        ] {
            let sent = visitor.post(Some("/console/me"), &format!("{path}?{place}"), fields).await;
            assert_eq!(sent.status, status(may, 303), "{} {path}: {}", role.name(), sent.text());
        }
    }
    // Nobody in particular, and somebody of another place.
    let nobody = Visitor { world: &scene.world, token: "0".repeat(64), english: false };
    assert_eq!(nobody.get("/console/today").await.status, 401);
    let office = scene.world.office();
    let passphrase = PASSPHRASE.to_owned().into();
    let (name, role) = ("外区经办".to_owned(), Role::FinanceMaker);
    let new = NewUser { name, passphrase, role, region: region("440305"), canteen: None };
    office.add_user(new, None).await.unwrap();
    let away = Visitor::of(&scene.world, "外区经办", PASSPHRASE).await;
    for path in ["/console/today", "/console/reconciliation", "/console/findings", finding.as_str()] {
        assert_eq!(away.get(&format!("{path}?{place}")).await.status, 403, "{path}");
    }
    assert_eq!(away.get(&finding).await.status, 403);
}

/// What the pages read of a whole region, on both databases.
async fn boards_read_a_region_at_once(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = scene.world.office().clone();
    let (one, two) = (scene.elders[0], scene.elders[1]);
    let till = &mut scene.tills[0];
    till.at = date("2026-03-02").at_minute(660);
    let mut records = vec![till.start(None), till.open()];
    records.push(till.meal(&office, Some(one)));
    records.push(till.meal(&office, Some(two)));
    records.push(till.void(records[2].id));
    records.push(till.close());
    scene.ingest(0, &records).await;
    let records = scene.day(1, "2026-03-02", 720, &[1]);
    scene.ingest(1, &records).await;
    let (first, second) = (scene.canteen(0), scene.canteen(1));
    let store = &scene.world.office().store;
    let (place, away) = (region("440304"), region("440305"));
    let monday = date("2026-03-02");
    let (here, there) = (place.clone(), away.clone());
    let meals = unit!(store, |tx| board::meals(tx, &here, monday, monday).await);
    assert_eq!(meals.len(), 2, "{meals:?}");
    assert_eq!((meals[&(first, monday)], meals[&(second, monday)]), (1, 1), "a voided meal is none");
    assert!(unit!(store, |tx| board::meals(tx, &there, monday, monday).await).is_empty());

    let here = place.clone();
    let contacts = unit!(store, |tx| board::contacts(tx, &here).await);
    assert_eq!(contacts.iter().filter(|contact| contact.canteen == first).count(), 1);
    let here = place.clone();
    let facts = unit!(store, |tx| board::facts(tx, &here).await);
    assert_eq!(facts[&first].len(), 1);

    let (by, now) = (scene.maker.user, UnixMs::new(5));
    let march: Month = MARCH.parse().unwrap();
    let here = place.clone();
    let left = unit!(store, |tx| {
        server::store::months::leave_out(tx, first, monday, "停电", by, now).await?;
        board::left_out(tx, &here, march).await
    });
    assert_eq!(left[&(first, monday)], "停电");

    let record = records[records.len() - 2].id;
    let others = unit!(store, |tx| board::same_elder(tx, second, record).await);
    assert_eq!(others.len(), 1, "the elder's other meal of the day");
    assert_eq!(others[0].0, first);
    let elder = scene.elders[0];
    assert_eq!(unit!(store, |tx| board::elder_name(tx, elder).await).as_deref(), Some("测试长者"));

    let (inside, outside) = (place.clone(), away);
    let people = unit!(store, |tx| board::people_over(tx, &inside).await);
    assert_eq!(people.len(), 2, "maker and checker");
    assert!(unit!(store, |tx| board::people_over(tx, &outside).await).is_empty());
}

/// What drafted months cost is read once a draft, and is that of the current one.
async fn months_cost_what_their_current_drafts_say(backend: Backend) {
    let mut scene = closed(backend).await;
    scene.draft(MARCH).await.unwrap();
    let (office, march): (_, Month) = (scene.world.office().clone(), MARCH.parse().unwrap());
    let costs = &office.costs;
    let read = async |of: &'static str, from: Month, to: Month| {
        let kept = office.clone();
        let read = office.store.read(move |tx| {
            let kept = kept.clone();
            Box::pin(async move { kept.costs.between(tx, &region(of), from, to).await })
        });
        read.await.unwrap()
    };
    let first = read("4403", march, march).await;
    let [month] = first.as_slice() else { panic!("{first:?}") };
    assert_eq!((month.region.as_str(), month.month, month.is_approved), ("440304", march, false));
    assert_eq!((month.of.stated, month.of.open_days), (Fen::new(1200), 3));
    assert_eq!(month.of.cost[&march].total(), Fen::new(1200), "{costs:?}");
    // The same draft is not read again; nor is one that says the same.
    scene.draft(MARCH).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&read("440304", march, march).await[0].of, &month.of));
    // Another day makes another month.
    let mut more = scene.day(1, "2026-03-05", 660, &[1]);
    more.push(scene.over(1));
    scene.ingest(1, &more).await;
    scene.draft(MARCH).await.unwrap();
    let again = read("440304", march, march).await;
    assert_eq!((again[0].of.stated, again[0].of.open_days), (Fen::new(1500), 4));
    assert!(read("440305", march, march).await.is_empty() && read("4403", march.next(), march.next()).await.is_empty());
    let store = &office.store;
    let (here, away) = (region("44"), region("440305"));
    let months = unit!(store, |tx| server::store::months::settled(tx, &here, march, march).await);
    assert_eq!(months.iter().map(|month| month.version).collect::<Vec<_>>(), [3]);
    assert!(unit!(store, |tx| server::store::months::settled(tx, &away, march, march).await).is_empty());
    // Of the region alone: what lies inside it is not asked for.
    let (whole, own) = (region("4403"), region("440304"));
    let alone = unit!(store, |tx| server::store::months::settled_of(tx, &own, march, march).await);
    assert_eq!(alone.iter().map(|month| month.version).collect::<Vec<_>>(), [3]);
    assert!(unit!(store, |tx| server::store::months::settled_of(tx, &whole, march, march).await).is_empty());
    let canteen = scene.canteen(0);
    let states = unit!(store, |tx| {
        let of = [march, march.next()];
        Ok([
            server::store::months::state_of(tx, canteen, of[0]).await?,
            server::store::months::state_of(tx, canteen, of[1]).await?,
        ])
    });
    assert_eq!(states, [Some(domain::settlement::MonthState::Drafted), None]);
}

/// A day is left out of a month that is being made, and of none that is handed on.
async fn a_day_of_a_submitted_month_is_not_left_out(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let token = crate::office::person(&scene.world, "另一经办", Role::FinanceMaker, "440304").await;
    let leave_out = async || {
        let body = serde_json::json!({"canteen": scene.canteen(0), "date": "2026-03-03", "reason": "终端送修"});
        let asked = crate::client::request(Method::POST, "/api/v1/days/left-out", Some(&token), &body);
        crate::client::send(&scene.world, asked).await
    };
    let view = scene.draft(MARCH).await.unwrap().0;
    scene.submit(MARCH, scene.maker).await.unwrap();
    leave_out().await.is_problem(409, "conflict");
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    leave_out().await.is_problem(409, "conflict");
    let (canteen, march) = (scene.canteen(0), MARCH.parse().unwrap());
    let store = &scene.world.office().store;
    let left = unit!(store, |tx| server::store::months::left_out(tx, canteen, march).await);
    assert!(left.is_empty(), "{left:?}");
}

/// The condition of the index of days that found something is the statement's own, so that SQLite takes it.
async fn pages_read_days_through_their_indexes(backend: Backend) {
    let scene = closed(backend).await;
    if backend != Backend::Sqlite {
        return;
    }
    let store = &scene.world.office().store;
    let plan: Vec<(i64, i64, i64, String)> = unit!(store, |tx| {
        let text = format!("EXPLAIN QUERY PLAN {}", server::store::overview::FINDINGS_OF_REGION);
        let march: Month = MARCH.parse().unwrap();
        let place = region("4403");
        let values = vec![(&place).bind(), march.first().bind(), march.last().bind()];
        Statement::built(tx, text, values).all().await
    });
    let steps: Vec<&str> = plan.iter().map(|row| row.3.as_str()).collect();
    assert!(steps.iter().any(|step| step.starts_with("SEARCH d USING INDEX day_closes_with_findings")), "{steps:?}");
}

/// The month as the pages load it, in one statement each.
async fn a_regions_month_is_read_at_once(backend: Backend) {
    use server::store::overview;
    let scene = closed(backend).await;
    let store = &scene.world.office().store;
    let (march, canteen, by) = (MARCH.parse().unwrap(), scene.canteen(1), scene.maker.user);
    let (here, away) = (region("440304"), region("440305"));
    let closes = unit!(store, |tx| overview::closes(tx, &here, march).await);
    assert_eq!(closes.len(), 62);
    assert_eq!(closes[&(canteen, date("2026-03-02"))].1.as_ref().unwrap().findings.len(), 1);
    // What is read without the closes is what the closes say.
    let here = region("440304");
    let counts = unit!(store, |tx| overview::counts(tx, &here, march).await);
    let closes: std::collections::BTreeMap<_, _> =
        closes.into_iter().map(|(day, (n, close))| (day, (n, close.unwrap()))).collect();
    let counted = closes.iter().map(|(day, (_, close))| (*day, i64::from(close.meals.count))).collect();
    assert_eq!(counts, counted);
    assert_eq!(counts.values().sum::<i64>(), 4);
    let here = region("440304");
    let sums = unit!(store, |tx| overview::sums(tx, &here, march, None).await);
    let of_close = |close: &domain::reconciliation::DayClose| overview::DaySums {
        canteen: close.canteen,
        date: close.date,
        meals: close.meals,
        subsidised: close.subsidised,
        tiers: close.tiers.clone(),
        corrections: close.corrections.clone(),
    };
    assert_eq!(sums, closes.values().map(|(_, close)| of_close(close)).collect::<Vec<_>>());
    let here = region("440304");
    let own = unit!(store, |tx| overview::sums(tx, &here, march, Some(canteen)).await);
    assert_eq!(own, sums.iter().filter(|day| day.canteen == canteen).cloned().collect::<Vec<_>>());
    assert_eq!(own.len(), 31);
    let here = region("440304");
    let days = unit!(store, |tx| overview::days(tx, &here, march).await);
    assert!(days.values().all(|day| !day.is_dirty()) && !days.is_empty());
    let number = number(&scene).await;
    let step = StepRow {
        step: 0,
        what: "answered".into(),
        words: "当天断网".into(),
        owner: None,
        due: None,
        by_user: by,
        at: UnixMs::new(9),
    };
    let (key, here) = (number.clone(), region("440304"));
    let said = unit!(store, |tx| {
        findings::add(tx, canteen, &key, date("2026-03-02"), &step).await?;
        overview::steps(tx, &here, march).await
    });
    assert_eq!(said[&(canteen, date("2026-03-02"), number)][0].words, "当天断网");
    let outside = away.clone();
    assert!(unit!(store, |tx| overview::counts(tx, &outside, march).await).is_empty());
    let outside = away.clone();
    assert!(unit!(store, |tx| overview::sums(tx, &outside, march, None).await).is_empty());
    let outside = away.clone();
    assert!(unit!(store, |tx| overview::closes(tx, &outside, march).await).is_empty());
    let outside = away.clone();
    assert!(unit!(store, |tx| overview::days(tx, &outside, march).await).is_empty());
    assert!(unit!(store, |tx| overview::steps(tx, &away, march).await).is_empty());
}

/// A till's Z report that lost a meal stands beside the records, with the meal that makes the difference.
async fn a_z_report_stands_beside_what_is_held(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = scene.world.office().clone();
    let (one, two) = (scene.elders[0], scene.elders[1]);
    let till = &mut scene.tills[0];
    till.at = date("2026-03-02").at_minute(660);
    let mut records = vec![till.start(None), till.open()];
    records.push(till.meal(&office, Some(one)));
    records.push(till.meal(&office, Some(two)));
    records.push(till.meal(&office, None));
    let lost = records[4].id;
    till.of_shift.retain(|record| record.id != lost);
    records.push(till.close());
    // The next shift is closed rightly and is no finding; the last one never is.
    records.extend([till.open(), till.meal(&office, None), till.close(), till.open(), till.meal(&office, None)]);
    records.push(scene.over(0));
    scene.ingest(0, &records).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    close(&scene).await;
    let (store, canteen) = (&scene.world.office().store, scene.canteen(0));
    let day = unit!(store, |tx| server::store::closes::last(tx, canteen, date("2026-03-02")).await).unwrap();
    let findings: Vec<Finding> = day.content.0.findings;
    let z: Vec<&Finding> = findings.iter().filter(|f| f.code == domain::reconciliation::Code::ZMismatch).collect();
    assert_eq!(z.len(), 2, "{findings:?}");
    let maker = maker(&scene).await;
    let pages = [maker.get(&at(&scene, z[0])).await, maker.get(&at(&scene, z[1])).await];
    let (differs, none) =
        if pages[0].text().contains("没有交班单") { (&pages[1], &pages[0]) } else { (&pages[0], &pages[1]) };
    differs.has(&["交班单（终端）", "服务端记录", "2 笔　¥36.00", "3 笔　¥54.00", "其中访客", "1 笔　¥18.00"]);
    differs
        .has(&["服务端按餐次：午餐 3 笔　¥54.00", "下面这一餐正好等于差额", "class=\"unequal\""])
        .lacks(&["没有收到"]);
    none.has(&["没有交班单", "1 笔　¥18.00"]).lacks(&["正好等于差额"]);
    let mut maker = maker;
    maker.english = true;
    let english = maker.get(&at(&scene, z[0])).await.text();
    assert_eq!(untranslated(english.split("<main").nth(1).unwrap()), Vec::<String>::new());
}

/// A shift that was left open over the night is closed late with a wrong count: the entry of the day between, which is of
/// no shift and of the next day, arrived and is not called missing; one that never came is.
async fn what_arrived_is_not_called_missing(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = scene.world.office().clone();
    let (one, two) = (scene.elders[0], scene.elders[1]);
    let till = &mut scene.tills[0];
    till.at = date("2026-03-02").at_minute(660);
    let mut records = vec![till.start(None), till.open()];
    for elder in [Some(one), Some(two), None] {
        records.push(till.meal(&office, elder));
    }
    let lost = [records[2].id, records[4].id];
    till.of_shift.retain(|record| !lost.contains(&record.id));
    // A till's entry of a day that is over is of no shift.
    let shift = scene.tills[0].shift.take();
    records.push(scene.over_through(0, "2026-03-02"));
    let till = &mut scene.tills[0];
    till.shift = shift;
    till.at = date("2026-03-03").at_minute(490);
    records.push(till.close());
    records.extend([till.open(), till.meal(&office, None), till.close(), till.open(), till.meal(&office, None)]);
    records.push(scene.over(0));
    scene.ingest(0, &records).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    close(&scene).await;
    let (store, canteen) = (&scene.world.office().store, scene.canteen(0));
    let day = unit!(store, |tx| server::store::closes::last(tx, canteen, date("2026-03-02")).await).unwrap();
    let findings: Vec<Finding> = day.content.0.findings;
    let z = findings.iter().find(|f| f.code == domain::reconciliation::Code::ZMismatch);
    let page = maker(&scene).await.get(&at(&scene, z.unwrap_or_else(|| panic!("{findings:?}")))).await;
    page.has(&["交班单（终端）", "1 笔　¥18.00", "本班记录没有缺号"]).lacks(&["没有收到", "没有通过校验"]);
    // A record of the shift that was rejected arrived too, and is told apart.
    let (gone, terminal) = (records[3].clone(), scene.tills[0].id());
    disarm(&scene.world, "records").await;
    unit!(store, |tx| sql!(tx, "DELETE FROM records WHERE canteen = $1 AND id = $2", canteen, gone.id).execute().await);
    let page = maker(&scene).await.get(&at(&scene, z.unwrap())).await;
    page.has(&[&format!("本班序号 {} 没有收到", gone.sequence)]).lacks(&["没有通过校验"]);
    let journal = Journal { canteen, terminal, epoch: 1 };
    let reject = vec![NewReject {
        signed: gone.signed.clone(),
        sequence: gone.sequence,
        record: None,
        rejection: domain::sync::Rejection::Malformed,
        received_at: scene.world.office().now(),
    }];
    unit!(store, |tx| stored::quarantine(tx, journal, &reject).await);
    let page = maker(&scene).await.get(&at(&scene, z.unwrap())).await;
    page.has(&[&format!("本班序号 {} 收到了，但没有通过校验", gone.sequence)]).lacks(&["没有收到", "没有缺号"]);
}

/// The address of a finding of the first canteen.
fn at(scene: &Scene, finding: &Finding) -> String {
    format!("/console/findings/{}/{}?region=440304&month=2026-03", scene.canteen(0), finding.number)
}

crate::on_both! {
    a_day_of_a_submitted_month_is_not_left_out
    a_z_report_stands_beside_what_is_held
    what_arrived_is_not_called_missing
    the_inbox_goes_page_by_page_and_keeps_its_filters
    today_says_what_is_next_and_to_whom
    today_counts_meals_beside_last_weeks
    the_heat_table_counts_filters_and_is_kept_as_a_file
    what_is_missing_behind_a_gap_is_named
    a_day_is_left_out_with_a_reason_by_the_maker
    a_finding_shows_both_records_and_is_ruled_and_closed
    a_canteen_sees_and_answers_its_own
    every_page_is_whole_in_english
    each_role_sees_and_does_what_it_may
    boards_read_a_region_at_once
    months_cost_what_their_current_drafts_say
    pages_read_days_through_their_indexes
    a_regions_month_is_read_at_once
}
