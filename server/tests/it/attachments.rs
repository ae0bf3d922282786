//! Files that come with what is said about findings and objections: who brings and takes them, what is kept of them.

use axum::body::Body;
use axum::http::{Method, Request, header};
use domain::id::{CanteenId, Digest, ObjectionId};
use serde_json::Value;
use server::admin::NewUser;
use server::close::close_days;
use server::people::Role;
use server::sql;
use server::store::attachments::{self, AttachmentRow};
use server::store::audit;
use support::Backend;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::client::{Answered, open, read, request, send};
use crate::common::{World, date, noon, region};
use crate::desk::multipart;
use crate::month::{MARCH, Scene};
use crate::rows::{append_only, n};
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";

fn pdf(words: &str) -> Vec<u8> {
    format!("%PDF-1.7\n{words}\n%%EOF\n").into_bytes()
}

async fn person(world: &World, name: &str, role: Role, canteen: Option<CanteenId>) -> String {
    let passphrase = PASSPHRASE.to_owned().into();
    let new = NewUser { name: name.into(), passphrase, role, region: region("440304"), canteen };
    world.office().add_user(new, None).await.unwrap();
    open(world, name, PASSPHRASE).await
}

async fn bring(world: &World, path: &str, token: &str, name: &str, bytes: Vec<u8>) -> Answered {
    let builder = Request::builder().method(Method::POST).uri(format!("{path}?file_name={name}"));
    let builder = builder.header("authorization", format!("Bearer {token}"));
    send(world, builder.header("content-type", "application/octet-stream").body(Body::from(bytes)).unwrap()).await
}

async fn get(world: &World, path: &str, token: &str) -> Answered {
    send(world, request(Method::GET, path, Some(token), &Value::Null)).await
}

/// March, closed; the address of the finding about 乙's Monday.
async fn found(backend: Backend) -> (Scene, String) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let office = scene.world.office().clone();
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    let canteen = scene.canteen(1);
    let close = unit!(office.store, |tx| server::store::closes::last(tx, canteen, date("2026-03-02")).await).unwrap();
    let number = close.content.0.findings[0].number.clone();
    (scene, format!("/api/v1/findings/{canteen}/{number}"))
}

async fn a_canteen_brings_a_file_with_its_answer(backend: Backend) {
    let (scene, finding) = found(backend).await;
    let world = &scene.world;
    let own = person(world, "乙负责人", Role::CanteenManager, Some(scene.canteen(1))).await;
    let other = person(world, "甲负责人", Role::CanteenManager, Some(scene.canteen(0))).await;
    let auditor = person(world, "测试审计", Role::Auditor, None).await;
    let path = format!("{finding}/attachments");
    bring(world, &path, &other, "x.pdf", pdf("1")).await.is_problem(403, "out_of_scope");
    bring(world, &path, &auditor, "x.pdf", pdf("1")).await.is_problem(403, "forbidden");
    bring(world, &path, &own, "x.html", b"<html>".to_vec()).await.is_problem(422, "invalid");
    bring(world, &path, &own, "x.pdf", vec![b'x'; 5 * 1024 * 1024 + 1]).await.is_problem(422, "invalid");
    bring(world, &path, &own, "x.pdf", vec![b'x'; 7 * 1024 * 1024]).await.is_problem(413, "too_large");
    bring(world, &path, &own, "%0A", pdf("1")).await.is_problem(422, "invalid");
    let made = bring(world, &path, &own, "..%2F%E5%90%8D%E5%8D%95.pdf", pdf("1")).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let made = made.json();
    assert_eq!((made["name"].as_str(), made["size"].as_i64()), (Some("名单.pdf"), Some(17)));
    bring(world, &path, &own, "again.pdf", pdf("1")).await.is_problem(409, "conflict");
    for more in 2..=6 {
        assert_eq!(bring(world, &path, &own, "x.pdf", pdf(&more.to_string())).await.status, 201);
    }
    bring(world, &path, &own, "x.pdf", pdf("7")).await.is_problem(409, "conflict");
    assert_eq!(get(world, &path, &auditor).await.json().as_array().unwrap().len(), 6);
    get(world, &path, &other).await.is_problem(403, "out_of_scope");

    // Taken by whoever may see the finding: to be saved, and entered.
    let id = made["id"].as_str().unwrap();
    let one = format!("/api/v1/attachments/{id}");
    get(world, &one, &other).await.is_problem(403, "out_of_scope");
    get(world, &format!("/api/v1/attachments/{}", n(7)), &own).await.is_problem(404, "not_found");
    let response =
        world.server.router().oneshot(request(Method::GET, &one, Some(&auditor), &Value::Null)).await.unwrap();
    let head = |name| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(head(header::CONTENT_DISPOSITION), "attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95.pdf");
    assert_eq!(head(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(head(header::CONTENT_TYPE), "application/octet-stream");
    assert_eq!(head(header::CACHE_CONTROL), "no-store");
    assert_eq!(read(response).await.body, pdf("1"));
    let store = &world.office().store;
    let entries: Vec<(String, String)> =
        unit!(store, |tx| sql!(tx, "SELECT action, detail FROM audit ORDER BY sequence DESC LIMIT 1").all().await);
    let number = finding.rsplit('/').next().unwrap();
    assert_eq!(entries[0].0, "attachment.show");
    assert!(entries[0].1.contains(number) && entries[0].1.contains(made["sha256"].as_str().unwrap()), "{entries:?}");
    assert!(unit!(store, |tx| audit::head(tx).await).is_some());
}

async fn what_is_stored_is_sealed_and_bound_to_its_row(backend: Backend) {
    let (scene, finding) = found(backend).await;
    let world = &scene.world;
    let own = person(world, "乙负责人", Role::CanteenManager, Some(scene.canteen(1))).await;
    let path = format!("{finding}/attachments");
    let id = |made: &Answered| made.json()["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    let one = id(&bring(world, &path, &own, "1.pdf", pdf("words that nobody should find")).await);
    let two = id(&bring(world, &path, &own, "2.pdf", pdf("2")).await);
    let store = &world.office().store;
    let sealed = unit!(store, |tx| attachments::sealed(tx, one).await).unwrap();
    assert!(!sealed.windows(6).any(|part| part == b"nobody"));
    // The bytes of one do not open as another's.
    let mut row = world.office().attachment(two).await.unwrap();
    row.id = Uuid::from_u128(9);
    row.hash = Digest([9; 32]);
    let moved = row.clone();
    unit!(store, |tx| attachments::add(tx, &moved, &sealed).await);
    assert!(world.office().reveal_attachment(&row, scene.maker.user).await.is_err());
}

async fn every_store_function(backend: Backend) {
    let (scene, finding) = found(backend).await;
    let store = &scene.world.office().store;
    let canteen = scene.canteen(1);
    let number = finding.rsplit('/').next().unwrap().to_owned();
    let row = |id: u128| AttachmentRow {
        id: n(id),
        canteen,
        finding: Some(number.clone()),
        objection: None,
        name: "名单.pdf".into(),
        media_type: "application/pdf".into(),
        size: 3,
        hash: Digest([1; 32]),
        by_user: scene.maker.user,
        at: noon(),
    };
    let rows = [row(2), row(1)];
    let kept = rows.clone();
    unit!(store, |tx| {
        attachments::add(tx, &kept[0], b"abc").await?;
        attachments::add(tx, &kept[1], b"def").await
    });
    let key = number.clone();
    let [two, one] = rows;
    assert_eq!(unit!(store, |tx| attachments::of_finding(tx, canteen, &key).await), [one.clone(), two]);
    let (id, other) = (one.id, ObjectionId::from_uuid(n(5)));
    assert_eq!(unit!(store, |tx| attachments::of_objection(tx, other).await), []);
    assert_eq!(unit!(store, |tx| attachments::get(tx, id).await), Some(one.clone()));
    assert_eq!(unit!(store, |tx| attachments::sealed(tx, id).await), Some(b"def".to_vec()));
    assert_eq!(unit!(store, |tx| attachments::get(tx, n(77)).await), None);
    let nothing = AttachmentRow { id: n(3), finding: None, ..one };
    let refused = store.write(move |tx| Box::pin(async move { attachments::add(tx, &nothing, b"x").await })).await;
    assert!(refused.is_err(), "it is about something");
    append_only(store, "attachments").await;
}

async fn the_pages_bring_list_and_hand_out_files(backend: Backend) {
    let (scene, finding) = found(backend).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let office = scene.world.office().clone();
    let month = MARCH.parse().unwrap();
    server::payment::disclose(&office.store, &region("440304"), month, 7, scene.maker.user, office.now())
        .await
        .unwrap();
    let objection = ObjectionId::from_uuid(n(77));
    let statement = view.statements[0].id;
    let by = scene.checker.user;
    server::payment::object(&office.store, objection, statement, "数目不对".into(), by, office.now()).await.unwrap();
    let world = &scene.world;
    let maker = open(world, "测试经办", "测试经办的口令足够长").await;
    let page = finding.replace("/api/v1/", "/console/") + "?region=440304&month=2026-03";
    let list = "/console/disclosure?region=440304&month=2026-03".to_owned();
    let objected = format!("/console/disclosure/objections/{objection}/attachments?region=440304&month=2026-03");
    for (page, action) in [(&page, page.replace('?', "/attachments?tab=waiting&")), (&list, objected)] {
        let shown = visit(world, &maker, page, None).await.1;
        assert!(shown.contains("enctype=\"multipart/form-data\""), "{shown}");
        let csrf = shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = multipart(&[("csrf", &csrf)], "当天名单.pdf", &pdf("list"));
        let (status, said) = visit(world, &maker, &action, Some(form)).await;
        assert_eq!(status, 303, "{said}");
        let bare = multipart(&[], "当天名单.pdf", &pdf("other"));
        assert_eq!(visit(world, &maker, &action, Some(bare)).await.0, 403, "without the page's token");
        let bad = multipart(&[("csrf", &csrf)], "x.exe", b"MZ");
        let (status, said) = visit(world, &maker, &action, Some(bad)).await;
        assert_eq!(status, 422);
        assert!(said.contains("附件应为完整的 JPEG、PNG 图片或 PDF"), "{said}");
        let shown = visit(world, &maker, page, None).await.1.replace("&#38;", "&");
        assert!(shown.contains("当天名单.pdf") && shown.contains("SHA-256 "), "{shown}");
        let href = shown.split("href=\"/console/attachments/").nth(1).unwrap().split('"').next().unwrap();
        let (status, taken) = visit(world, &maker, &format!("/console/attachments/{href}"), None).await;
        assert_eq!((status, taken.into_bytes()), (200, pdf("list")));
    }
}

/// Writes a pack, and reads it back on what might be another machine: a folder of its own and no database.
async fn checked(pack: &[u8], files: Option<&std::path::Path>) -> server::pack::Checked {
    let elsewhere = tempfile::tempdir().unwrap();
    server::pack::check(std::io::Cursor::new(pack), elsewhere.path(), files, &|_| {}).await.unwrap()
}

async fn what_was_enclosed_leaves_with_the_audit_pack(backend: Backend) {
    let (scene, finding) = found(backend).await;
    let world = &scene.world;
    let own = person(world, "乙负责人", Role::CanteenManager, Some(scene.canteen(1))).await;
    person(world, "局外人员", Role::CardIssuer, None).await;
    // Another district's settings are not this one's, and neither is who made them.
    let far = NewUser {
        name: "外区复核".into(),
        passphrase: PASSPHRASE.to_owned().into(),
        role: Role::FinanceChecker,
        region: region("4401"),
        canteen: None,
    };
    let office = world.office().clone();
    let place =
        server::store::canteens::Region { code: region("4401"), name: "广州市".into(), office: "民政局".into() };
    office.create_region(place, None).await.unwrap();
    let far = office.add_user(far, None).await.unwrap();
    let (settings, now) = (domain::reconciliation::Settings::default(), office.now());
    unit!(office.store, |tx| server::store::settings::put(
        tx,
        &region("4401"),
        date("2026-03-01"),
        &settings,
        far,
        now
    )
    .await);
    let answer = serde_json::json!({"what": "answered", "words": "当天断网"});
    let answered = send(world, request(Method::POST, &format!("{finding}/steps"), Some(&own), &answer)).await;
    assert!(answered.status.is_success(), "{}", String::from_utf8_lossy(&answered.body));
    let path = format!("{finding}/attachments");
    for (name, words) in [("1.pdf", "a list of names"), ("2.pdf", "another list")] {
        assert_eq!(bring(world, &path, &own, name, pdf(words)).await.status, 201);
    }
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let (place, month) = (region("440304"), MARCH.parse().unwrap());
    server::payment::disclose(&office.store, &place, month, 7, scene.maker.user, office.now()).await.unwrap();
    let (objection, statement) = (ObjectionId::from_uuid(n(77)), view.statements[0].id);
    let by = scene.checker.user;
    server::payment::object(&office.store, objection, statement, "数目不对".into(), by, office.now()).await.unwrap();
    let maker = open(world, "测试经办", "测试经办的口令足够长").await;
    let objected = format!("/api/v1/objections/{objection}/attachments");
    assert_eq!(bring(world, &objected, &maker, "3.pdf", pdf("a receipt")).await.status, 201);

    let (mut pack, folder) = (Vec::new(), tempfile::tempdir().unwrap());
    let of = (&place, month, None);
    server::pack::write(&office.store, of, office.now(), &mut pack, &|_, _| {}).await.unwrap();
    assert_eq!(server::pack::files(&office, of, folder.path()).await.unwrap(), 3);
    let text = String::from_utf8(pack.clone()).unwrap();
    for there in ["测试经办", "测试复核", "乙负责人", "当天断网", "数目不对"] {
        assert!(text.contains(there), "{there} did something in the pack");
    }
    for foreign in ["局外人员", "外区复核", "1.pdf", "a list of names"] {
        assert!(!text.contains(foreign), "{foreign} has nothing to do with it");
    }
    let store = &office.store;
    let taken = "SELECT COUNT(*) FROM audit WHERE action = 'attachment.show' AND actor = 'system'";
    assert_eq!(unit!(store, |tx| sql!(tx, taken).value::<i64>().await), 3, "what was taken is entered");

    let good = checked(&pack, Some(folder.path())).await;
    assert_eq!((good.report.breaks, good.files), (vec![], 3));
    assert_eq!(checked(&pack, None).await.report.breaks, vec![], "without the files the rest is checked");
    // A changed file, and one that is not there.
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    std::fs::write(&names[0], pdf("other words")).unwrap();
    std::fs::remove_file(&names[1]).unwrap();
    let broken = checked(&pack, Some(folder.path())).await.report.breaks;
    let called = |at: usize| names[at].file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(broken.iter().any(|b| b.place.contains(&called(0)) && b.what.contains("摘要不符")), "{broken:?}");
    assert!(broken.iter().any(|b| b.place.contains(&called(1)) && b.what.contains("没有这个文件")), "{broken:?}");
}

/// A page, or a form that is sent, as a browser does it.
async fn visit(world: &World, token: &str, path: &str, form: Option<Body>) -> (u16, String) {
    let builder = Request::builder().uri(path).header(header::COOKIE, format!("zhucan_session={token}"));
    let request = match form {
        Some(form) => {
            let builder = builder.method(Method::POST);
            builder.header(header::CONTENT_TYPE, "multipart/form-data; boundary=zhucan").body(form).unwrap()
        }
        None => builder.body(Body::empty()).unwrap(),
    };
    let answer = read(world.server.router().oneshot(request).await.unwrap()).await;
    (answer.status.as_u16(), String::from_utf8(answer.body).unwrap())
}

crate::on_both! {
    a_canteen_brings_a_file_with_its_answer
    what_is_stored_is_sealed_and_bound_to_its_row
    every_store_function
    the_pages_bring_list_and_hand_out_files
    what_was_enclosed_leaves_with_the_audit_pack
}
