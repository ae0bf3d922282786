//! The third signature (审批): where the region asks for it, a month is approved only when somebody who neither made nor
//! checked it has signed; nothing of it is posted, disclosed or paid before. Where not, it is given on paper.

use axum::http::Method;
use domain::calendar::UnixMs;
use domain::id::Digest;
use domain::reconciliation::Settings;
use domain::settlement::{MonthState, Role as MonthRole};
use serde_json::{Value, json};
use server::admin::NewUser;
use server::close::close_days;
use server::month::{self, Actor, MonthView};
use server::people::Role;
use server::store::{days, ledger, months, settings};
use server::words::Code;
use server::{Error, payment, sql};
use support::Backend;

use crate::client::{Answered, code_of, request, send};
use crate::common::{date, region};
use crate::month::{MARCH, Scene, disarm};
use crate::office::person;
use crate::taken_away::text;
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().and_then(|error| error.code())
}

impl Scene {
    /// The region asks for a third signature from a day on, or no more.
    async fn ask(&self, from: &'static str, third_signature: bool) {
        let (by, now) = (self.checker.user, self.world.office().now());
        unit!(self.world.office().store, |tx| {
            let asked = Settings { third_signature, ..Settings::default() };
            settings::put(tx, &region("440304"), date(from), &asked, by, now).await
        });
    }

    async fn another_checker(&self, name: &str) -> Actor {
        let passphrase = format!("{name}的口令足够长").into();
        let (role, region) = (Role::FinanceChecker, region("440304"));
        let user = NewUser { name: name.into(), passphrase, role, region, canteen: None };
        let user = self.world.office().add_user(user, None).await.unwrap();
        Actor { user, role: MonthRole::FinanceChecker }
    }

    async fn sign(&self, by: Actor, seen: Digest) -> Result<MonthView, Error> {
        let office = self.world.office();
        month::sign(&office.store, &region("440304"), MARCH.parse().unwrap(), by, seen, office.now()).await
    }

    async fn back(&self, by: Actor) -> Result<MonthView, Error> {
        let (office, reason) = (self.world.office(), "请核对".to_owned());
        month::send_back(&office.store, &region("440304"), MARCH.parse().unwrap(), by, reason, office.now()).await
    }

    async fn disclose(&self) -> Result<(), Error> {
        let office = self.world.office();
        let (of, by) = (MARCH.parse().unwrap(), self.maker.user);
        payment::disclose(&office.store, &region("440304"), of, 3, by, office.now()).await.map(drop)
    }

    /// How many days wait to be closed again.
    async fn touched(&self) -> usize {
        unit!(self.world.office().store, |tx| days::dirty(tx, 1000).await).len()
    }

    async fn posted(&self) -> usize {
        unit!(self.world.office().store, |tx| ledger::trial_balance(tx, &region("440304")).await).len()
    }

    /// March, approved by its checker where a third person is asked for.
    async fn checked(backend: Backend) -> (Self, MonthView) {
        let mut scene = Self::new(backend).await;
        scene.march().await;
        scene.ask("2026-03-01", true).await;
        let (view, _) = scene.draft(MARCH).await.unwrap();
        scene.submit(MARCH, scene.maker).await.unwrap();
        let view = scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
        assert_eq!((view.settlement.state.0, view.third), (MonthState::Checked, true));
        (scene, view)
    }
}

async fn nothing_happens_before_a_third_person_has_signed(backend: Backend) {
    let (scene, view) = Scene::checked(backend).await;
    let digest = view.settlement.digest;
    assert_eq!(scene.posted().await, 0, "nothing is posted");
    assert_eq!(code(scene.disclose().await), Some(Code::Conflict));
    assert_eq!(code(scene.draft(MARCH).await), Some(Code::Conflict), "not drafted again unless it is sent back");
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    assert_eq!(code(scene.draft("2026-04").await), Some(Code::Conflict), "April waits for March");
    let id = view.statements[0].id;
    let stored = unit!(scene.world.office().store, |tx| months::statement(tx, id).await).unwrap();
    assert_eq!(stored.approved, 0);
    assert_eq!(scene.verify().await.breaks, []);

    let as_checker = |user| Actor { user, role: MonthRole::FinanceChecker };
    for one_of_them in [scene.maker.user, scene.checker.user] {
        assert_eq!(code(scene.sign(as_checker(one_of_them), digest).await), Some(Code::Forbidden));
    }
    let third = scene.another_checker("测试审批").await;
    let maker = Actor { role: MonthRole::FinanceMaker, ..third };
    assert_eq!(code(scene.sign(maker, digest).await), Some(Code::Forbidden), "of a maker's role");
    assert_eq!(code(scene.sign(third, Digest([7; 32])).await), Some(Code::Conflict), "not what was shown");
    assert_eq!(code(scene.approve(MARCH, third, digest).await), Some(Code::Conflict), "it is checked already");
    let signed = scene.sign(third, digest).await.unwrap().settlement;
    assert_eq!(
        (signed.state.0, signed.approved_by, signed.signed_by),
        (MonthState::Approved, Some(scene.checker.user), Some(third.user))
    );
    assert_eq!(signed.signed_at, Some(scene.world.office().now()));
    assert!(scene.posted().await > 0);
    assert_eq!(code(scene.sign(third, digest).await), Some(Code::Conflict), "signed once");
    assert_eq!(code(scene.back(third).await), Some(Code::Conflict), "what is signed stays");
    scene.disclose().await.unwrap();
    assert_eq!(scene.verify().await.breaks, []);

    disarm(&scene.world, "settlements").await;
    let store = &scene.world.office().store;
    let same = "UPDATE settlements SET signed_by = approved_by";
    store.write(move |tx| Box::pin(async move { sql!(tx, same).execute().await })).await.unwrap();
    let breaks = scene.verify().await.breaks;
    assert!(breaks.iter().any(|b| b.what.contains("第三人")), "{breaks:?}");
}

async fn of_two_third_signatures_one_wins(backend: Backend) {
    let (scene, view) = Scene::checked(backend).await;
    let digest = view.settlement.digest;
    let (one, other) = (scene.another_checker("测试审批一").await, scene.another_checker("测试审批二").await);
    let both = tokio::join!(scene.sign(one, digest), scene.sign(other, digest));
    let won = [&both.0, &both.1].into_iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "one signs, the other is told");
    let (winner, loser) = if both.0.is_ok() { (one, both.1) } else { (other, both.0) };
    assert_eq!(code(loser), Some(Code::Conflict));
    let kept = unit!(scene.world.office().store, |tx| {
        months::settlement(tx, &region("440304"), MARCH.parse().unwrap()).await
    });
    assert_eq!(kept.unwrap().signed_by, Some(winner.user));
    assert_eq!(scene.verify().await.breaks, [], "the books hold it once");
}

async fn a_signature_and_a_month_sent_back_do_not_both_hold(backend: Backend) {
    let (scene, view) = Scene::checked(backend).await;
    let digest = view.settlement.digest;
    let third = scene.another_checker("测试审批").await;
    let both = tokio::join!(scene.sign(third, digest), scene.back(scene.checker));
    assert!(both.0.is_ok() != both.1.is_ok(), "{:?} {:?}", both.0.is_ok(), both.1.is_ok());
    if both.0.is_ok() {
        assert_eq!(code(both.1), Some(Code::Conflict));
        assert_eq!(scene.verify().await.breaks, []);
        return;
    }
    assert_eq!(code(both.0), Some(Code::Conflict));
    let back = both.1.unwrap().settlement;
    assert_eq!((back.state.0, back.approved_by, back.approved_at), (MonthState::Drafted, None, None));
    assert_eq!(code(scene.sign(third, digest).await), Some(Code::Conflict), "what was sent back is not signed");
}

async fn what_was_sent_back_is_checked_and_signed_anew(backend: Backend) {
    let (scene, view) = Scene::checked(backend).await;
    let third = scene.another_checker("测试审批").await;
    let back = scene.back(third).await.unwrap().settlement;
    assert_eq!((back.state.0, back.approved_by, back.signed_by), (MonthState::Drafted, None, None));
    assert_eq!(code(scene.sign(third, view.settlement.digest).await), Some(Code::Conflict));
    let (again, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    // The first checker and the third person may change places.
    scene.approve(MARCH, third, again.settlement.digest).await.unwrap();
    assert_eq!(code(scene.sign(third, again.settlement.digest).await), Some(Code::Forbidden));
    scene.sign(scene.checker, again.settlement.digest).await.unwrap();
    assert_eq!(scene.verify().await.breaks, []);
}

async fn the_setting_of_the_submission_holds(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.ask("2026-04-02", true).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.world.clock.set(date("2026-04-02").at_minute(540));
    assert!(scene.submit(MARCH, scene.maker).await.unwrap().third, "the setting is in force");
    scene.world.clock.pass(1000);
    let before = scene.touched().await;
    scene.ask("2026-03-01", false).await;
    assert!(scene.touched().await > before, "a region's first settings touch days, as any");
    let checked = scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    assert_eq!(checked.settlement.state.0, MonthState::Checked, "who approves cannot do without the third any more");

    let office = scene.world.office();
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    let before = scene.touched().await;
    scene.ask("2026-03-01", true).await;
    assert_eq!(scene.touched().await, before, "a signature closes no day again");
    let asks = async |day: &'static str, known: i64| {
        unit!(office.store, |tx| settings::of_place(tx, &region("440304001"), date(day), UnixMs::new(known)).await)
            .third_signature
    };
    assert!(asks("2026-03-15", i64::MAX).await, "of what is set for one day the last holds, in all of the region");
    assert!(asks("2026-04-02", i64::MAX).await);
    assert!(
        !asks("2026-02-28", i64::MAX).await && !asks("2026-04-02", 0).await,
        "not before, and not before it was said"
    );
}

async fn call(scene: &Scene, method: Method, path: &str, token: &str, body: &Value) -> Answered {
    send(&scene.world, request(method, path, Some(token), body)).await
}

async fn prove(scene: &Scene, name: &str, token: &str) {
    let proof = json!({"passphrase": PASSPHRASE, "code": code_of(&scene.world, name).await});
    assert_eq!(call(scene, Method::POST, "/api/v1/session/step-up", token, &proof).await.status, 200);
}

async fn it_is_asked_for_signed_and_printed_by_page_and_api(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let checker = person(&scene.world, "复核员", Role::FinanceChecker, "440304").await;
    let signer = person(&scene.world, "审批员", Role::FinanceChecker, "440304").await;
    let set = json!({"valid_from": "2026-03-01", "settings": {"third_signature": true}});
    let put = call(&scene, Method::PUT, "/api/v1/regions/440304/settings", &checker, &set).await;
    assert_eq!(put.status, 200);
    let path = "/api/v1/regions/440304/settings";
    let shown = call(&scene, Method::GET, path, &maker, &Value::Null).await.read::<Value>();
    assert_eq!(shown[0]["settings"]["third_signature"], json!(true));
    let at = "region=440304&month=2026-03";
    let pages = crate::browser::Browser::new(&scene.world, Some(&signer));
    let region_page = pages.get(&format!("/console/regions/440304?{at}")).await;
    region_page.has(&["name=\"third_signature\" value=\"1\" checked", "复核之后须第三人签批：纸面签 → 须签批"]);

    let (view, _) = scene.draft(MARCH).await.unwrap();
    let body = json!({"digest": view.settlement.digest});
    let month = |act: &str| format!("/api/v1/months/440304/2026-03/{act}");
    call(&scene, Method::POST, &month("submit"), &maker, &Value::Null).await;
    pages.get(&format!("/console/settlement?{at}")).await.has(&["再由第三人签批"]).lacks(&["/console/settlement/sign"]);
    prove(&scene, "复核员", &checker).await;
    let waits = call(&scene, Method::POST, &month("approve"), &checker, &body).await.read::<Value>();
    assert_eq!((&waits["state"], &waits["third_signature"]), (&json!("checked"), &json!(true)));
    call(&scene, Method::POST, &month("sign"), &signer, &body).await.is_problem(403, "step_up_needed");
    call(&scene, Method::POST, &month("sign"), &checker, &body).await.is_problem(403, "forbidden");

    let of_checker = crate::browser::Browser::new(&scene.world, Some(&checker));
    let page = of_checker.get(&format!("/console/settlement?{at}")).await;
    page.has(&["待第三人签批", "复核员已复核"]).lacks(&["/console/settlement/sign"]);
    of_checker.get(&format!("/console/today?{at}")).await.has(&["第三人签批"]);
    let paper = format!("/api/v1/statements/{}/pdf", view.statements[0].id);
    let draft = call(&scene, Method::GET, &paper, &maker, &Value::Null).await;
    assert!(!text("application/pdf", &draft.body).contains("复核员"), "a draft carries nobody's name");

    prove(&scene, "审批员", &signer).await;
    let form = pages.get(&format!("/console/settlement?{at}")).await;
    form.has(&["/console/settlement/sign", "签批即确认"]);
    let digest = form.hidden("digest");
    let done = pages.post(&format!("/console/settlement/sign?{at}"), &[("digest", &digest)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let shown = call(&scene, Method::GET, "/api/v1/months/440304/2026-03", &maker, &Value::Null).await.read::<Value>();
    assert_eq!((&shown["state"], &shown["signed_at"]), (&json!("approved"), &json!(scene.world.office().now())));
    pages.get(&format!("/console/statements/{}?{at}", view.statements[0].id)).await.has(&["审批员 4月1日"]);
    for path in [paper.as_str(), "/api/v1/months/440304/2026-03/summary.pdf"] {
        let printed = call(&scene, Method::GET, path, &maker, &Value::Null).await;
        let words = text("application/pdf", &printed.body);
        for name in ["经办员", "复核员", "审批员"] {
            assert!(words.contains(name), "{path}: {name} in {words}");
        }
    }
    let auditor = person(&scene.world, "审计员", Role::Auditor, "440304").await;
    let log = crate::browser::Browser::new(&scene.world, Some(&auditor));
    log.get(&format!("/console/audit?{at}")).await.has(&["第三人签批结算"]);
}

crate::on_both! {
    nothing_happens_before_a_third_person_has_signed
    of_two_third_signatures_one_wins
    a_signature_and_a_month_sent_back_do_not_both_hold
    what_was_sent_back_is_checked_and_signed_anew
    the_setting_of_the_submission_holds
    it_is_asked_for_signed_and_printed_by_page_and_api
}
