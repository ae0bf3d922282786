//! The register's and the auditor's pages, through the router, as a browser uses them.

use axum::body::Body;
use axum::http::{Method, Request, header};
use domain::calendar::UnixMs;
use domain::canteen::{CanteenFact, CanteenFactKind, Standing};
use domain::draw::DrawList;
use domain::elder::ElderFactKind;
use domain::id::{CanteenId, Digest, ElderId, RecordId, UserId};
use domain::reconciliation::Code as FindingCode;
use server::admin::{NewElderFact, csrf_of};
use server::close::close_days;
use server::people::Role;
use server::sql;
use server::store::backups::{self, BackupNote};
use server::store::draws::{self, DrawRow, OutcomeRow, ResultRow};
use server::store::{Json, audit, board, canteens, register};
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;

use crate::cards::picture;
use crate::client::{code_of, open, read, world as with_till};
use crate::common::{World, date, region, resident_id};
use crate::month::{MARCH, Scene, disarm};
use crate::office::person;
use crate::rows::{append_only, canteen_row, elder_row, meal_row, n};
use crate::unit;

/// What a browser gets.
struct Got {
    status: u16,
    code: Option<Code>,
    at: String,
    kind: String,
    body: Vec<u8>,
}

impl Got {
    fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    fn has(&self, texts: &[&str]) -> &Self {
        let html = self.html();
        for text in texts {
            assert!(html.contains(text), "{} lacks {text}: {html}", self.status);
        }
        self
    }

    #[track_caller]
    fn lacks(&self, texts: &[&str]) -> &Self {
        let html = self.html();
        for text in texts {
            assert!(!html.contains(text), "there is {text}: {html}");
        }
        self
    }

    #[track_caller]
    fn refused(&self, code: Code) -> &Self {
        assert_eq!(self.code, Some(code), "{} {}", self.status, self.html());
        self
    }

    #[track_caller]
    fn went(&self, to: &str) -> &Self {
        assert_eq!(self.status, 303, "{}", self.html());
        assert!(self.at.contains(to), "{} is not {to}", self.at);
        self
    }

    /// What stands in a hidden field.
    #[track_caller]
    fn field(&self, name: &str) -> String {
        let (html, mark) = (self.html(), format!("name=\"{name}\" value=\""));
        let (_, rest) = html.split_once(&mark).unwrap_or_else(|| panic!("no {name}: {html}"));
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// A browser with somebody's session.
struct Desk<'w> {
    world: &'w World,
    token: String,
    english: bool,
}

const PASSPHRASE: &str = "correct horse 电池";

impl<'w> Desk<'w> {
    async fn of(world: &'w World, name: &str, role: Role, place: &str) -> Self {
        Self { world, token: person(world, name, role, place).await, english: false }
    }

    /// The same person on another day.
    async fn again(world: &'w World, name: &str) -> Self {
        Self { world, token: open(world, name, PASSPHRASE).await, english: false }
    }

    async fn ask(&self, request: Request<Body>) -> Got {
        let response = self.world.server.router().oneshot(request).await.unwrap();
        let code = response.extensions().get::<Code>().copied();
        let at = response.headers().get(header::LOCATION).map(|at| at.to_str().unwrap().to_owned());
        let answered = read(response).await;
        let (status, at) = (answered.status.as_u16(), at.unwrap_or_default());
        Got { status, code, at, kind: answered.kind, body: answered.body }
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let lang = if self.english { "; zhucan_lang=en" } else { "" };
        let cookie = format!("zhucan_session={}{lang}", self.token);
        Request::builder().method(method).uri(path).header(header::COOKIE, cookie)
    }

    async fn get(&self, path: &str) -> Got {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        let csrf = csrf_of(&self.token);
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.ask(self.request(Method::POST, path).header(header::CONTENT_TYPE, FORM).body(escaped(&fields)).unwrap())
            .await
    }

    /// The same without what only our own page knows.
    async fn forge(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.ask(self.request(Method::POST, path).header(header::CONTENT_TYPE, FORM).body(escaped(fields)).unwrap())
            .await
    }

    async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Got {
        let csrf = csrf_of(&self.token);
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let kind = "multipart/form-data; boundary=zhucan";
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
        self.ask(request.body(multipart(&fields, name, bytes)).unwrap()).await
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form as a browser sends them.
pub fn escaped(fields: &[(&str, &str)]) -> Body {
    let escape = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    Body::from(pairs.join("&"))
}

/// The fields of a form with a file as a browser sends them.
pub fn multipart(fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Body {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part = format!("--zhucan\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!("--zhucan\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--zhucan--\r\n");
    Body::from(body)
}

async fn the_log_is_read_filtered_taken_away_and_checked(backend: Backend) {
    let (world, till) = with_till(backend).await;
    world.clock.pass(24 * 60 * 60 * 1000);
    let mut auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    let admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let maker = Desk::of(&world, "测试经办", Role::FinanceMaker, "4403").await;
    let office = world.office();
    let id = unit!(office.store, |tx| server::store::people::by_name(tx, "测试管理").await).unwrap().id;
    for _ in 0..105 {
        office.issue_enrolment_code(till.row.canteen, Some(id)).await.unwrap();
    }
    maker
        .post("/console/people", &[("name", "x"), ("role", "auditor"), ("place", "4403")])
        .await
        .refused(Code::Forbidden);
    maker.get("/console/audit").await.refused(Code::Forbidden);

    let first = auditor.get("/console/audit").await;
    first.has(&[
        "审计日志",
        "测试管理（管理员）",
        "发放登记码",
        "terminal.code",
        "测试食堂",
        "更早",
        "拒绝",
        "rel=\"next\"",
    ]);
    assert_eq!(first.html().matches("<tr").count(), 101, "a head and a hundred");
    let html = first.html();
    let older = html.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    assert!(older.contains("below="), "{older}");
    auditor.get(&older).await.has(&["登记食堂</b>", "回到最新"]).lacks(&["rel=\"next\""]);

    let denied = auditor.get("/console/audit?denied=1").await;
    denied.has(&["登记人员</b>", "测试经办（经办）"]).lacks(&["发放登记码</b>"]);
    let by_admin = auditor.get(&format!("/console/audit?person={id}&action=session.open")).await;
    assert_eq!(by_admin.html().matches("<tr").count(), 2, "{}", by_admin.html());
    auditor.get("/console/audit?from=2026-03-03&until=2026-03-03").await.has(&["发放登记码</b>"]);
    auditor.get("/console/audit?until=2026-03-02").await.has(&["登记食堂</b>"]).lacks(&["2026年3月3日"]);
    auditor.get("/console/audit?from=2026-03-04").await.has(&["没有符合条件的记录"]);
    auditor.get("/console/audit?from=yesterday").await.refused(Code::Invalid).has(&["2026-03-01"]);

    let file = auditor.get("/console/audit.csv?action=terminal.code").await;
    assert_eq!((file.status, file.kind.as_str()), (200, "text/csv; charset=utf-8"));
    file.has(&["\u{feff}截至 2026年3月3日", "terminal.code；", "条\r\n", "测试管理（管理员）"]);
    assert_eq!(file.html().lines().count(), 2 + 106, "as-of, heads, and every entry beyond the page too");

    auditor.forge("/console/audit/verification", &[]).await.refused(Code::ForeignForm);
    auditor.get("/console/audit/verification").await.has(&["还没有校验过"]);
    auditor.post("/console/audit/verification", &[]).await.went("/console/audit/verification");
    let head = unit!(office.store, |tx| audit::head(tx).await).unwrap();
    let good = auditor.get("/console/audit/verification").await;
    good.has(&["链完整", &head.sequence.to_string(), &head.hash.to_string()]);
    auditor.english = true;
    let english = auditor.get("/console/audit").await;
    english.has(&["lang=\"en\"", "Audit log", "Gave out an enrolment code", "测试管理 (Administrator)"]);
    english.lacks(&["审计日志", "发放", "筛选", "系统", "更早"]);
    auditor.get("/console/audit/verification").await.has(&["The chain holds"]).lacks(&["校验", "核对"]);
    auditor.english = false;

    disarm(&world, "audit").await;
    unit!(office.store, |tx| sql!(tx, "UPDATE audit SET object = 'canteen:x' WHERE sequence = 3").execute().await);
    auditor.post("/console/audit/verification", &[]).await.went("/console/audit/verification");
    auditor.get("/console/audit/verification").await.has(&["处不符", "审计日志第 3 条"]);
    drop(admin);
}

async fn a_canteen_is_registered_and_kept_by_its_page(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let mut auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    let maker = Desk::of(&world, "测试经办", Role::FinanceMaker, "4403").await;
    let checker = Desk::of(&world, "测试复核", Role::FinanceChecker, "4403").await;
    let new = [
        ("place", "440304001003"),
        ("name", "新食堂"),
        ("operator", "测试餐饮有限公司"),
        ("credit_code", "91350100M000100Y43"),
        ("address", ""),
        ("phone", "0755-82000001"),
        ("bank", "测试银行"),
        ("account_name", "测试餐饮有限公司"),
        ("account", "622202100112399"),
        ("capacity", "150"),
    ];
    auditor.post("/console/canteens", &new).await.refused(Code::Forbidden);
    admin.forge("/console/canteens", &new).await.refused(Code::ForeignForm);
    let bad: Vec<_> =
        new.iter().map(|(k, v)| if *k == "credit_code" { (*k, "91350100M000100Y44") } else { (*k, *v) }).collect();
    admin.post("/console/canteens", &bad).await.refused(Code::Invalid).has(&["信用代码", "新食堂"]);
    let made = admin.post("/console/canteens", &new).await;
    made.went("done=saved");
    let page = made.at.split('?').next().unwrap().to_owned();
    admin.get(&made.at).await.has(&["新食堂", "已保存", "还没有登记资质", "150"]).lacks(&["622202100112399"]);

    let standing = [
        ("valid_from", "2026-02-01"),
        ("grade", "C"),
        ("risk", "D"),
        ("licence", "expired"),
        ("filing", "inactive"),
        ("kitchen", "yes"),
        ("stars", "3"),
    ];
    auditor.post(&format!("{page}/standing"), &standing).await.refused(Code::Forbidden);
    admin.post(&format!("{page}/standing"), &standing).await.went("done=saved");
    admin
        .post(&format!("{page}/tags"), &[("valid_from", "2026-02-01"), ("tags", "老年食堂、送餐 示范")])
        .await
        .went("done=saved");
    admin.post(&format!("{page}/tags"), &[("valid_from", "1.2.2026"), ("tags", "")]).await.refused(Code::Invalid);
    let cashier = [("name", "新收银员"), ("pin", "1357"), ("supervisor", "1")];
    admin.post(&format!("{page}/cashiers"), &cashier).await.went("done=saved");
    admin.post(&format!("{page}/cashiers"), &cashier).await.refused(Code::NameTaken);
    let settings = [("soft", "12"), ("hard", "72"), ("reader", "decimal_reversed")];
    admin.post(&format!("{page}/settings"), &settings).await.went("done=saved");
    admin
        .post(&format!("{page}/settings"), &[("soft", "99999"), ("hard", ""), ("reader", "")])
        .await
        .refused(Code::Invalid);
    let id: CanteenId = page.rsplit('/').next().unwrap().parse().unwrap();
    let set = unit!(world.office().store, |tx| canteens::settings(tx, id).await);
    assert_eq!((set.offline.soft_ms, set.offline.hard_ms), (12 * 3_600_000, Some(72 * 3_600_000)));
    let shown = auditor.get(&page).await;
    shown.has(&[
        "等级 C",
        "风险 D",
        "许可过期",
        "未备案",
        "3 星",
        "老年食堂、",
        "补登",
        "测试管理（管理员）",
        "新收银员",
    ]);
    shown.lacks(&["name=\"grade\"", "name=\"pin\""]);
    auditor.get("/console/canteens?attention=1").await.has(&["新食堂", "1 家"]).lacks(&["测试食堂"]);
    auditor.get("/console/canteens?name=%E6%B5%8B%E8%AF%95").await.has(&["测试食堂", "新食堂"]);
    auditor.english = true;
    auditor.get(&page).await.has(&["Grade C", "learned later"]).lacks(&["等级", "餐价", "收银员</h2>"]);
    auditor.get("/console/canteens").await.has(&["Canteens", "2 canteens"]).lacks(&["资质", "日均"]);

    let price = [("valid_from", "2026-05-01"), ("period", "lunch"), ("price", "19.50")];
    checker.post(&format!("{page}/prices"), &price).await.refused(Code::Forbidden);
    maker.post(&format!("{page}/prices"), &[price[0], price[1], ("price", "19.555")]).await.refused(Code::Invalid);
    maker.post(&format!("{page}/prices"), &price).await.went("done=proposed");
    maker.get(&page).await.has(&["午餐 ¥19.50", "待审事项", "还没有核定餐价"]);
    let waiting = checker.get("/console/proposals").await;
    waiting.has(&["午餐 ¥19.50", "2026年5月1日", "测试经办（经办）", "新食堂", "收款账户", "****2399"]);
    let html = waiting.html();
    let before = html.split("午餐 ¥19.50").next().unwrap();
    let one = before.rsplit("href=\"/console/proposals/").next().unwrap().split('?').next().unwrap();
    let one = format!("/console/proposals/{one}");
    maker.get(&one).await.has(&["这是您提出的事项", "撤回"]).lacks(&["/approve"]);
    let digest = checker.get(&one).await.field("digest");
    maker.post(&format!("{one}/approve"), &[("digest", &digest)]).await.refused(Code::Forbidden);
    checker.post(&format!("{one}/approve"), &[("digest", &"0".repeat(64))]).await.refused(Code::Conflict);
    checker.post(&format!("{one}/approve"), &[("digest", &digest)]).await.went("done=agreed");
    checker.post(&format!("{one}/approve"), &[("digest", &digest)]).await.refused(Code::Conflict);
    checker.get("/console/proposals?state=decided").await.has(&["已批准", "测试复核（复核）"]);
    auditor.english = false;
    auditor.get(&page).await.has(&["¥19.50", "未到期"]);
}

async fn a_payee_needs_fresh_proof_and_another_person(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let maker = Desk::of(&world, "测试经办", Role::FinanceMaker, "4403").await;
    let checker = Desk::of(&world, "测试复核", Role::FinanceChecker, "4403").await;
    world.clock.pass(10 * 60 * 1000);
    let page = format!("/console/canteens/{}", till.row.canteen);
    let payee = [("bank", "另一银行"), ("account_name", "另一户名"), ("account", "6222021001199999")];
    let asked = maker.post(&format!("{page}/payee"), &payee).await;
    asked.refused(Code::StepUpNeeded).has(&["再次验证身份", "另一银行"]);
    let prove = async |desk: &Desk<'_>, name: &str| {
        let code = code_of(&world, name).await.unwrap_or_default();
        desk.post("/console/step-up", &[("passphrase", PASSPHRASE), ("code", &code)]).await.went("/console");
    };
    prove(&maker, "测试经办").await;
    maker.post(&format!("{page}/payee"), &payee).await.went("done=proposed");
    let html = checker.get("/console/proposals").await.html();
    let one = html.split("href=\"/console/proposals/").nth(1).unwrap().split('?').next().unwrap();
    let one = format!("/console/proposals/{one}");
    let shown = checker.get(&one).await;
    shown.has(&["****9999", "显示完整账号"]).lacks(&["6222021001199999"]);
    let digest = shown.field("digest");
    checker.post(&format!("{one}/approve"), &[("digest", &digest)]).await.refused(Code::StepUpNeeded);
    maker.post(&format!("{one}/reveal"), &[]).await.refused(Code::Forbidden);
    checker.post(&format!("{one}/reveal"), &[]).await.has(&["6222021001199999"]);
    checker.post(&format!("{one}/reject"), &[("reason", " ")]).await.refused(Code::Invalid);
    checker.post(&format!("{one}/reject"), &[("reason", "户名不符")]).await.went("done=said");
    maker.get("/console/proposals?state=decided").await.has(&["已驳回", "户名不符"]);
}

async fn people_come_and_go_and_passphrases_are_shown_once(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let admin = Desk::of(&world, "测试管理", Role::Administrator, "4403").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    auditor.get("/console/people").await.refused(Code::Forbidden);
    let new = [("name", "新同事"), ("role", "card_issuer"), ("place", "440304"), ("canteen", "")];
    admin.post("/console/people", &[new[0], ("role", "emperor"), new[2], new[3]]).await.refused(Code::Invalid);
    let once = admin.post("/console/people", &new).await;
    once.has(&["一次性口令", "给 新同事", "只显示这一次"]);
    let secret =
        |got: &Got| got.html().split("translate=\"no\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let passphrase = secret(&once);
    assert!(passphrase.len() >= 10, "{passphrase}");
    let listed = admin.get("/console/people").await;
    listed.has(&["新同事", "发卡员", "待改口令", "测试管理"]).lacks(&[&passphrase]);
    let opened = admin.post("/console/sign-in", &[("name", "新同事"), ("passphrase", &passphrase)]).await;
    assert_eq!(opened.status, 303, "{}", opened.html());
    let html = listed.html();
    let row = html.split("新同事</b>").nth(1).unwrap();
    let id = row.split("/console/people/").nth(1).unwrap().split('/').next().unwrap();
    auditor.post(&format!("/console/people/{id}/reset"), &[]).await.refused(Code::Forbidden);
    let again = admin.post(&format!("/console/people/{id}/reset"), &[]).await;
    assert_ne!(secret(&again), passphrase);
    admin.post(&format!("/console/people/{id}/departure"), &[]).await.went("done=removed");
    admin.post(&format!("/console/people/{id}/departure"), &[]).await.went("done=already");
    admin.get("/console/people").await.lacks(&["新同事"]);
    admin.get("/console/people?left=1").await.has(&["新同事", "已停用"]);
}

async fn a_terminal_is_let_in_by_another_person_and_taken_out(backend: Backend) {
    let (world, mut till) = with_till(backend).await;
    let first = Desk::of(&world, "管理甲", Role::Administrator, "4403").await;
    let second = Desk::of(&world, "管理乙", Role::Administrator, "4403").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    let canteen = till.row.canteen.to_string();
    auditor.post("/console/terminals/codes", &[("canteen", &canteen)]).await.refused(Code::Forbidden);
    let code = first.post("/console/terminals/codes", &[("canteen", &canteen)]).await;
    code.has(&["登记码", "前有效", "测试食堂"]);
    let html = code.html();
    let code = html.split("translate=\"no\">").nth(1).unwrap().split('<').next().unwrap();
    let new = world.office().enrol(code, Digest([9; 32]), None).await.unwrap();
    let page = format!("/console/terminals/{}", new.id);
    first.get(&page).await.has(&["待核对指纹", "核对前不在此处显示"]).lacks(&[&new.fingerprint()]);
    let confirm = format!("{page}/confirmation");
    second.post(&confirm, &[("fingerprint", "0000 0000 0000")]).await.refused(Code::FingerprintDiffers);
    first.post(&confirm, &[("fingerprint", &new.fingerprint())]).await.refused(Code::SecondPerson);
    second.post(&confirm, &[("fingerprint", &new.fingerprint())]).await.went("done=confirmed");
    second.post(&confirm, &[("fingerprint", &new.fingerprint())]).await.went("done=already");
    auditor
        .get("/console/terminals")
        .await
        .has(&["2 台", &new.fingerprint(), "在用", "从未"])
        .lacks(&["给出登记码</button>"]);
    auditor.post(&format!("{page}/revocation"), &[]).await.refused(Code::Forbidden);
    first.post(&format!("{page}/retirement"), &[]).await.went("done=removed");
    first.get("/console/terminals").await.lacks(&[&new.fingerprint()]);
    first.get("/console/terminals?gone=1").await.has(&[&new.fingerprint(), "已退役"]);

    let start = till.start(None);
    world.ingest(&till, 1, &[start]).await;
    let page = format!("/console/terminals/{}", till.id());
    let end = format!("{page}/epochs/1/end");
    first.post(&end, &[("reason", "")]).await.refused(Code::Invalid);
    first.post(&end, &[("reason", "终端进水")]).await.went("done=proposed");
    first.get(&page).await.has(&["等待第二人确认", "终端进水"]).lacks(&["确认了结</button>"]);
    first.post(&format!("{end}-confirmation"), &[]).await.refused(Code::SecondPerson);
    second.post(&format!("{end}-confirmation"), &[]).await.went("done=agreed");
    second.get(&page).await.has(&["已了结", "管理乙（管理员）"]);
    second.post(&format!("{page}/revocation"), &[]).await.went("done=removed");
}

async fn elders_are_masked_and_every_look_at_a_photo_is_entered(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let issuer = Desk::of(&world, "发卡员", Role::CardIssuer, "440304").await;
    let far = Desk::of(&world, "外区发卡员", Role::CardIssuer, "440305").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    let editor = Desk::of(&world, "政策员", Role::PolicyEditor, "4403").await;
    editor.get("/console/elders").await.refused(Code::Forbidden);
    let new = [
        ("resident_id", resident_id(5)),
        ("name", "欧阳测试".to_owned()),
        ("phone", "13800000001".to_owned()),
        ("place", "440304".to_owned()),
        ("canteen", till.row.canteen.to_string()),
        ("hukou", "440304001002".to_owned()),
    ];
    let new: Vec<(&str, &str)> = new.iter().map(|(k, v)| (*k, v.as_str())).collect();
    auditor.post("/console/elders", &new).await.refused(Code::Forbidden);
    let made = issuer.post("/console/elders", &new).await;
    made.went("done=saved");
    issuer.post("/console/elders", &new).await.refused(Code::ElderExists);
    let page = made.at.split('?').next().unwrap().to_owned();
    let secret = [resident_id(5), "13800000001".to_owned(), "欧阳测试".to_owned()];
    let secrets: Vec<&str> = secret.iter().map(String::as_str).collect();
    issuer.get(&page).await.has(&["欧**试", "户籍：440304001002", "没有卡", "没有照片"]).lacks(&secrets);
    world.elder(6, None).await;
    issuer.get("/console/elders").await.has(&["欧**试", "测**者"]).lacks(&secrets);
    issuer.get("/console/elders?name=%E6%AC%A7%E9%98%B3").await.has(&["欧**试"]).lacks(&["测**者"]);
    issuer.get("/console/elders?name=ouyang").await.has(&["没有符合条件的老人"]);
    issuer.get("/console/elders?name=ou%20yang").await.has(&["欧**试"]);
    far.get("/console/elders").await.lacks(&["欧**试"]);
    far.get(&page).await.refused(Code::OutOfScope);

    let number = resident_id(5);
    auditor.post("/console/elders/find", &[("number", &number)]).await.went(&page);
    far.post("/console/elders/find", &[("number", &number)]).await.refused(Code::NotFound);
    issuer.post("/console/elders/find", &[("number", "12")]).await.refused(Code::Invalid);

    let fact = |kind: &'static str, what: &'static str| {
        [("valid_from", "2026-03-01"), ("kind", kind), ("what", what), ("level", "")]
    };
    auditor.post(&format!("{page}/facts"), &fact("category", "低保")).await.refused(Code::Forbidden);
    issuer.post(&format!("{page}/facts"), &fact("category", "低保")).await.went("done=saved");
    issuer.post(&format!("{page}/facts"), &fact("residence", "x")).await.refused(Code::Invalid);
    issuer.get(&page).await.has(&["类别：低保", "补登"]);
    let sheet = issuer.post(&format!("{page}/sheet"), &[("until", "2027-12-31")]).await;
    assert_eq!((sheet.status, sheet.kind.as_str()), (200, "application/pdf"));
    assert!(sheet.body.starts_with(b"%PDF"));
    let all = issuer.post("/console/elders/sheets", &[("canteen", ""), ("until", "")]).await;
    assert!(all.body.starts_with(b"%PDF"), "for the other one: {}", all.html());
    issuer.get(&page).await.has(&["有效</span>"]);
    issuer.post(&format!("{page}/revocation"), &[]).await.went("done=saved");
    issuer.get(&page).await.has(&["已挂失"]);
    issuer.post(&format!("{page}/chips"), &[("number", "0a1b2c3d")]).await.went("done=saved");
    auditor.post("/console/elders/find", &[("number", "0a1b2c3d")]).await.refused(Code::Invalid);

    let photo = format!("{page}/photo");
    auditor.upload(&photo, &[], "a.jpg", &picture()).await.refused(Code::Forbidden);
    issuer.upload(&photo, &[], "a.gif", b"GIF89a").await.refused(Code::Invalid);
    issuer.upload(&photo, &[], "a.jpg", &picture()).await.went("done=saved");
    auditor.get(&page).await.has(&["显示照片（记入审计日志）"]).lacks(&["<img"]);
    auditor.get(&format!("{page}?photo=1")).await.has(&["<img class=\"photo\""]);
    let before = unit!(world.office().store, |tx| audit::head(tx).await).unwrap();
    let shown = auditor.get(&photo).await;
    assert_eq!((shown.kind.as_str(), &shown.body), ("image/jpeg", &picture()));
    let after = unit!(world.office().store, |tx| audit::head(tx).await).unwrap();
    assert_eq!(after.sequence, before.sequence + 1, "who looked is entered");
    far.get(&photo).await.refused(Code::OutOfScope);
    issuer.post(&format!("{page}/photo-removal"), &[]).await.went("done=removed");
    issuer.get(&photo).await.refused(Code::NotFound);
}

async fn a_list_is_checked_looked_at_and_taken_over(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let issuer = Desk::of(&world, "发卡员", Role::CardIssuer, "440304").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "4403").await;
    world.elder(1, None).await;
    auditor.get("/console/imports").await.refused(Code::Forbidden);
    issuer
        .get("/console/imports")
        .await
        .has(&["上传名单", "老人名单", "死亡名单", "还没有上传过名单"])
        .lacks(&["餐价表"]);
    let template = issuer.get("/console/imports/templates/elders").await;
    assert!(template.body.starts_with(b"PK"), "{}", template.html());
    let bad = format!("身份证号,死亡日期\n{},2026-02-30\n", resident_id(1));
    auditor.upload("/console/imports", &[("kind", "deaths")], "x.csv", bad.as_bytes()).await.refused(Code::Forbidden);
    issuer.upload("/console/imports", &[("kind", "deaths")], "", b"").await.refused(Code::Invalid);
    let brought = issuer.upload("/console/imports", &[("kind", "deaths")], "二月.csv", bad.as_bytes()).await;
    brought.went("/console/imports/");
    let page = issuer.get(&brought.at).await;
    page.has(&["二月.csv", "检查完毕", "不能接收", "死亡日期", "请先改好"]).lacks(&["导入这份名单"]);
    let report = issuer.get(&format!("{}/report", brought.at.split('?').next().unwrap())).await;
    assert!(report.body.starts_with(b"PK"));
    let good = format!("身份证号,死亡日期\n{},2026-02-20\n", resident_id(1));
    let brought = issuer.upload("/console/imports", &[("kind", "deaths")], "改好.csv", good.as_bytes()).await;
    let page = issuer.get(&brought.at).await;
    page.has(&["导入这份名单"]);
    let (digest, path) = (page.field("digest"), brought.at.split('?').next().unwrap().to_owned());
    issuer.forge(&format!("{path}/apply"), &[("digest", &digest)]).await.refused(Code::ForeignForm);
    issuer.post(&format!("{path}/apply"), &[("digest", &"0".repeat(64))]).await;
    issuer.get(&path).await.has(&["检查完毕"]);
    issuer.post(&format!("{path}/apply"), &[("digest", &digest)]).await.went("done=applied");
    issuer.get(&path).await.has(&["已导入", "发卡员"]);
    issuer.get("/console/imports").await.has(&["改好.csv", "二月.csv", "已导入"]);
}

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
        unit!(store, |tx| register::learned(tx, &region("4403"), from, to, 9).await)
    };
    let found = between(0, 1).await;
    assert_eq!((found.len(), found[0].elder, &found[0].fact.0), (1, id, &learned));
    assert!(between(1, 9).await.is_empty() && between(-9, 0).await.is_empty());
    let meals = [meal_row(1, here, "2026-03-02", 1), meal_row(2, here, "2026-03-05", 2)];
    let stored = meals.clone();
    unit!(store, |tx| server::store::usage::add(tx, &stored).await);
    let whose = meals[0].elder;
    let after = unit!(store, |tx| register::meals_of(tx, &[whose], date("2026-03-03")).await);
    assert_eq!(after.iter().map(|meal| meal.date).collect::<Vec<_>>(), [date("2026-03-05")]);
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
    assert_eq!(unit!(store, |tx| draws::list(tx, &region("4403"), 9).await), [(row.clone(), false, 0)]);
    assert_eq!(unit!(store, |tx| draws::outcome(tx, n(1)).await), None);
    let (one, two) = (outcome.clone(), OutcomeRow { seed: "8".into(), ..outcome.clone() });
    assert!(unit!(store, |tx| draws::draw(tx, &one).await));
    assert!(!unit!(store, |tx| draws::draw(tx, &two).await), "once");
    assert_eq!(unit!(store, |tx| draws::outcome(tx, n(1)).await), Some(outcome));
    let (one, two) = (result.clone(), ResultRow { grade: "poor".into(), ..result.clone() });
    assert!(unit!(store, |tx| draws::note(tx, &one).await));
    assert!(!unit!(store, |tx| draws::note(tx, &two).await), "once");
    assert_eq!(unit!(store, |tx| draws::results(tx, n(1)).await), [result]);
    assert_eq!(unit!(store, |tx| draws::list(tx, &region("440304"), 9).await), [(row, true, 1)]);
    assert!(unit!(store, |tx| draws::list(tx, &region("440305"), 9).await).is_empty());
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
    the_log_is_read_filtered_taken_away_and_checked
    a_canteen_is_registered_and_kept_by_its_page
    a_payee_needs_fresh_proof_and_another_person
    people_come_and_go_and_passphrases_are_shown_once
    a_terminal_is_let_in_by_another_person_and_taken_out
    elders_are_masked_and_every_look_at_a_photo_is_entered
    a_list_is_checked_looked_at_and_taken_over
    a_late_death_shows_the_meals_after_it_and_what_is_to_be_deducted
    a_draw_is_announced_drawn_once_and_can_be_drawn_again_by_anybody
    what_the_pages_read_of_the_register
    draws_are_kept_for_ever
}
