//! The register's and the auditor's pages, through the router, as a browser uses them.

use domain::id::{CanteenId, Digest};
use server::people::Role;
use server::sql;
use server::store::{audit, canteens};
use server::words::Code;
use support::Backend;

use crate::cards::picture;
use crate::client::{code_of, world as with_till};
use crate::common::resident_id;
use crate::desk::{Desk, Got, PASSPHRASE};
use crate::month::disarm;
use crate::unit;

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

/// Locked and opened by one, moved by two, each with a reason that stands on the page.
async fn accounts_are_locked_opened_and_moved_on_the_page(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let admin = Desk::of(&world, "管理甲", Role::Administrator, "4403").await;
    let second = Desk::of(&world, "管理乙", Role::Administrator, "4403").await;
    let auditor = Desk::of(&world, "测试审计", Role::Auditor, "440304").await;
    let office = world.office();
    let id = office.account("测试审计").await.unwrap().id;
    let own = office.account("管理甲").await.unwrap().id;
    let at = |what: &str| format!("/console/people/{id}/{what}");
    admin.get("/console/people").await.has(&[&at("lock"), &at("move")]).lacks(&[&at("unlock")]);
    auditor.post(&at("lock"), &[("reason", "离岗")]).await.refused(Code::Forbidden);
    for bare in ["", " "] {
        admin.post(&at("lock"), &[("reason", bare)]).await.refused(Code::Invalid);
    }
    let oneself = format!("/console/people/{own}/lock");
    admin.post(&oneself, &[("reason", "离岗")]).await.refused(Code::SecondPerson);

    admin.post(&at("lock"), &[("reason", "离岗三个月")]).await.went("done=saved");
    auditor.get("/console/today").await.refused(Code::SignInNeeded);
    let locked = admin.get("/console/people").await;
    locked.has(&["已锁定", "理由：离岗三个月（管理甲", &at("unlock")]).lacks(&[&at("lock")]);
    admin.post(&at("unlock"), &[("reason", "回岗")]).await.went("done=saved");
    admin.get("/console/people").await.has(&[&at("lock")]).lacks(&["离岗三个月", &at("unlock")]);

    let to = |role: &'static str, place: &'static str, canteen: &'static str| {
        [("role", role), ("place", place), ("canteen", canteen), ("reason", "街道轮岗")]
    };
    admin.post(&at("move"), &to("emperor", "440304", "")).await.refused(Code::Invalid);
    admin.post(&at("move"), &to("canteen_manager", "440304", "")).await.refused(Code::Invalid);
    admin.post(&at("move"), &to("auditor", "4401", "")).await.refused(Code::OutOfScope);
    admin.post(&at("move"), &to("auditor", "440304", "")[..3]).await.refused(Code::Invalid);
    let canteen = till.row.canteen.to_string();
    let manager = [("role", "canteen_manager"), ("place", "440304"), ("canteen", &canteen), ("reason", "街道轮岗")];
    let gone = admin.post(&at("move"), &manager).await;
    gone.went("done=proposed");
    let one = gone.at.split('?').next().unwrap().to_owned();
    let waiting = second.get(&one).await;
    waiting.has(&["测试审计 由审计调为", "440304（街道轮岗）"]);
    let digest = waiting.field("digest");
    admin.post(&format!("{one}/approve"), &[("digest", &digest)]).await.refused(Code::SecondPerson);
    second.post(&format!("{one}/approve"), &[("digest", &digest)]).await.went("done=agreed");
    let moved = office.account("测试审计").await.unwrap();
    assert_eq!((moved.role, moved.canteen), (Role::CanteenManager, Some(till.row.canteen)));

    office.lock_account(id).await.unwrap();
    admin.get("/console/people").await.has(&["zhucan user unlock"]).lacks(&[&at("unlock"), &at("move")]);
    admin.post(&at("unlock"), &[("reason", "回岗")]).await.refused(Code::Conflict);
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
    let kept = format!("{page}/quarantine");
    first.get(&kept).await.has(&["没有隔离记录"]);
    // Another record than the one that holds the place.
    let guest = till.meal(world.office(), None);
    till.next = 1;
    let copied = till.meal(world.office(), None);
    world.ingest(&till, 1, &[guest, copied]).await;
    first.get(&page).await.has(&["隔离记录 <span class=\"chip chip-warn\">1</span>"]);
    first.get(&kept).await.has(&["位置已被另一条占用", "用餐", "18.00", "补录纸质名单"]);
    first.get(&format!("{kept}?after=x")).await.refused(Code::Invalid);
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
    let store = &world.office().store;
    let before = unit!(store, |tx| audit::head(tx).await).unwrap().sequence;
    issuer.get("/console/elders?name=%E6%AC%A7%E9%98%B3").await.has(&["欧**试"]).lacks(&["测**者"]);
    let after = unit!(store, |tx| audit::head(tx).await).unwrap().sequence;
    assert_eq!(after - before, 1, "who looks for a name is entered");
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

crate::on_both! {
    the_log_is_read_filtered_taken_away_and_checked
    a_canteen_is_registered_and_kept_by_its_page
    a_payee_needs_fresh_proof_and_another_person
    people_come_and_go_and_passphrases_are_shown_once
    accounts_are_locked_opened_and_moved_on_the_page
    a_terminal_is_let_in_by_another_person_and_taken_out
    elders_are_masked_and_every_look_at_a_photo_is_entered
    a_list_is_checked_looked_at_and_taken_over
}
