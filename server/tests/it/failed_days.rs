//! One thing that cannot be read holds up nobody else: a canteen-day whose close fails, an elder whose sealed number does
//! not open.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::calendar::UnixMs;
use domain::credential::Scan;
use domain::record;
use domain::resident_id::ResidentId;
use serde_json::json;
use server::close::close_days;
use server::doctor;
use server::month::Obstacle;
use server::people::Role;
use server::sql;
use server::store::{days, register};
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;

use crate::client::{open, read, request, world};
use crate::common::{World, config, date, region, resident_id};
use crate::desk::Desk;
use crate::month::{MARCH, Scene, disarm};
use crate::unit;

/// What the office's own computer is told.
async fn metrics(world: &World) -> String {
    let asked = Request::get("/metrics").body(Body::empty()).unwrap();
    let answered = read(world.server.metrics_router().oneshot(asked).await.unwrap()).await;
    String::from_utf8(answered.body).unwrap()
}

async fn doctors_words(world: &World) -> String {
    let checks = doctor::examine(&config(&world.db, false).database, world.office().now()).await;
    checks.into_iter().find(|check| check.name == "days").unwrap().text
}

async fn a_day_that_cannot_be_read_stops_no_other(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (office, canteen) = (scene.world.office().clone(), scene.canteen(0));
    // Nobody who ate on that day ate elsewhere too: of whom it could be said what is due there?
    let day = date("2026-03-03");
    disarm(&scene.world, "records").await;
    let kept: Vec<u8> = unit!(office.store, |tx| {
        let text = "SELECT bytes FROM records WHERE canteen = $1 AND business_date = '2026-03-03' AND kind = 'meal' \
                    ORDER BY sequence LIMIT 1";
        sql!(tx, text, canteen).value().await
    });
    let bytes = kept.clone();
    let changed = unit!(office.store, |tx| {
        let text = "UPDATE records SET bytes = $2 WHERE canteen = $1 AND bytes = $3";
        sql!(tx, text, canteen, b"{".to_vec(), bytes).execute().await
    });
    assert_eq!(changed, 1);

    let report = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!(report.failed.keys().collect::<Vec<_>>(), [&(day, canteen)], "{:?}", report.failed);
    assert_eq!((report.added, report.incomplete.len()), (61, 0), "31 days of two canteens, but for one");
    let again = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!((again.added, again.failed.len()), (0, 1), "it is tried again, alone");

    // Everybody who could do something about it is told.
    assert!(doctors_words(&scene.world).await.contains("1 个食堂日日清出错：2026-03-03 甲食堂（"));
    assert!(metrics(&scene.world).await.contains("zhucan_days_failed 1"));
    let maker = Desk::of(&scene.world, "看的人", Role::FinanceMaker, "440304").await;
    let today = maker.get(&format!("/console/today?region=440304&month={MARCH}")).await;
    today.has(&["1 个食堂日日清出错：甲食堂 2026年3月3日", "zhucan verify"]);
    let there = format!("/console/reconciliation?region=440304&month={MARCH}&canteen={canteen}&date={day}");
    today.has(&[&there.replace('&', "&#38;")]);
    let panel = maker.get(&there).await;
    assert_eq!(panel.status, 200, "{}", panel.html());
    panel.has(&["这一天的数据读不出", "zhucan verify"]);
    let answered = scene.world.server.router();
    let asked = request(Method::POST, "/api/v1/days/close", Some(&maker.token), &json!({}));
    let answered = read(answered.oneshot(asked).await.unwrap()).await;
    let said = answered.json();
    assert_eq!(said["failed"], json!([{ "date": day, "canteen": canteen }]));

    // Its month waits as for any day that is not closed; no other canteen's statement suffers.
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(view.in_the_way.len(), 1, "{:?}", view.in_the_way);
    assert_eq!(scene.submit(MARCH, scene.maker).await.err().and_then(|e| e.code()), Some(Code::Conflict));

    // The bytes are found again: it closes by itself, and nothing is told any longer.
    unit!(office.store, |tx| {
        sql!(tx, "UPDATE records SET bytes = $2 WHERE canteen = $1 AND bytes = $3", canteen, kept, b"{".to_vec())
            .execute()
            .await
    });
    let (view, report) = scene.draft(MARCH).await.unwrap();
    assert!(report.failed.is_empty() && view.in_the_way.is_empty(), "{:?}", report.failed);
    assert_eq!(unit!(office.store, |tx| days::failed(tx).await), []);
    assert!(metrics(&scene.world).await.contains("zhucan_days_failed 0"));
    let token = open(&scene.world, "看的人", crate::desk::PASSPHRASE).await;
    let maker = Desk { world: &scene.world, token, english: false };
    maker.get(&format!("/console/today?region=440304&month={MARCH}")).await.lacks(&["日清出错"]);
    assert_eq!(scene.verify().await.breaks, []);
}

/// A close that was made and is no JSON any more.
async fn a_close_that_cannot_be_read_hides_no_other_day(backend: Backend) {
    async fn put(scene: &Scene, content: String) {
        let canteen = scene.canteen(0);
        let changed = unit!(scene.world.office().store, |tx| {
            let text = "UPDATE day_closes SET content = $2 WHERE canteen = $1 AND date = '2026-03-03'";
            sql!(tx, text, canteen, content).execute().await
        });
        assert_eq!(changed, 1);
    }
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (office, canteen) = (scene.world.office().clone(), scene.canteen(0));
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    disarm(&scene.world, "day_closes").await;
    let kept: String = unit!(office.store, |tx| {
        sql!(tx, "SELECT content FROM day_closes WHERE canteen = $1 AND date = '2026-03-03'", canteen).value().await
    });
    put(&scene, "{".into()).await;

    // Everybody reads of the other days; staff reads which one is missing.
    let maker = Desk::of(&scene.world, "看的人", Role::FinanceMaker, "440304").await;
    let open = maker.get("/").await;
    assert_eq!(open.status, 200, "{}", open.html());
    open.has(&["甲食堂", "乙食堂"]);
    assert_eq!(maker.get("/open-data/canteens.csv").await.status, 200);
    let days = maker.get(&format!("/console/exports/days.csv?region=440304&month={MARCH}")).await.html();
    let line = |name: &str, day: &str| days.lines().find(|l| l.contains(name) && l.contains(day)).unwrap().to_owned();
    assert!(line("甲食堂", "2026-03-03").contains("读不出"), "{days}");
    assert!(line("甲食堂", "2026-03-02").contains(",2,") && line("乙食堂", "2026-03-02").contains(",1,"), "{days}");

    let march = MARCH.parse().unwrap();
    assert_eq!(unit!(office.store, |tx| register::closes_of(tx, canteen, march).await).len(), 30);
    assert_eq!(unit!(office.store, |tx| register::closes_on(tx, &region("440304"), date("2026-03-03")).await).len(), 1);

    // No money is settled from it: who drafts is told whose it is.
    let refused = scene.draft(MARCH).await.err().unwrap();
    assert_eq!(refused.code(), Some(Code::Conflict), "{refused}");
    assert!(refused.to_string().contains("甲食堂"), "{refused}");
    assert!(!refused.to_string().contains("乙食堂"), "{refused}");
    put(&scene, kept.clone()).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(view.in_the_way, []);

    // Damaged behind a draft it is looked at again with the next one: it waits as a day that is not closed.
    put(&scene, "{".into()).await;
    assert!(!scene.verify().await.breaks.is_empty());
    let (view, report) = scene.draft(MARCH).await.unwrap();
    assert_eq!(report.failed.keys().collect::<Vec<_>>(), [&(date("2026-03-03"), canteen)]);
    let day = Obstacle::Incomplete(vec![date("2026-03-03")]);
    assert_eq!(view.obstacles, [(Some(canteen), day)]);
    put(&scene, kept).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(view.in_the_way, []);
    assert_eq!(scene.verify().await.breaks, []);
}

async fn a_number_that_does_not_open_hides_no_other_elder(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let (broken, whole) = (world.elder(1, Some(till.row.canteen)).await, world.elder(2, Some(till.row.canteen)).await);
    let lost = office.issue_card(broken, None).await.unwrap().number;
    let card = office.issue_card(whole, None).await.unwrap().number;
    unit!(office.store, |tx| {
        sql!(tx, "UPDATE elders SET resident_id = $2 WHERE id = $1", broken, vec![1_u8; 60]).execute().await?;
        sql!(tx, "UPDATE cards SET number = $2 WHERE elder = $1", broken, vec![1_u8; 60]).execute().await
    });
    let page = office.roster(&till.row, UnixMs::new(0), 0, None).await.unwrap();
    let entry = |elder| page.entries.iter().find(|entry| entry.elder.id == elder).unwrap();
    assert_eq!((entry(broken).cards.len(), entry(broken).resident_id), (0, None), "who it is is known all the same");
    assert_eq!((entry(whole).cards.len(), entry(whole).resident_id.is_some()), (1, true));

    // A till that knew neither: the meal of the one is found whatever becomes of the other's.
    let key = office.keys.terminal_digest_key(till.id());
    let id = |n| Scan::ResidentId(ResidentId::parse(&resident_id(n)).unwrap());
    let mut sent = vec![till.start(None), till.open()];
    for scan in [Scan::Card(lost), id(1), Scan::Card(card), id(2)] {
        let mut meal = till.meal_body(&office, None);
        meal.unidentified = Some(scan.digest(&key));
        sent.push(till.push(record::Body::Meal(Box::new(meal))));
    }
    world.ingest(&till, till.epoch, &sent).await;
    assert_eq!(office.identify_waiting().await.unwrap(), 2, "both meals of the elder whose numbers open");
    assert!(metrics(&world).await.contains("zhucan_unopened_total 4"), "{}", metrics(&world).await);
}

crate::on_both! {
    a_close_that_cannot_be_read_hides_no_other_day
    a_day_that_cannot_be_read_stops_no_other
    a_number_that_does_not_open_hides_no_other_elder
}
