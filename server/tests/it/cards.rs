//! Cards by the sheet, their last days, and photos.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::calendar::UnixMs;
use domain::credential::Scan;
use domain::elder::ElderFactKind;
use domain::id::{ElderId, UserId};
use serde_json::{Value, json};
use server::admin::{CHIPS_ALONE, CardsOf, NewElderFact, SINGLY};
use server::people::Role;
use server::seal::Place;
use server::store::batches::{self, BatchRow, LeftOutReason};
use server::store::decisions::{self, Decision, Subject};
use server::store::elders::{self, CardRow};
use server::store::{Json, Statement, feeds};
use support::Backend;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::client::{Answered, open, request, send, world as with_till};
use crate::common::{World, date, region};
use crate::office::person;
use crate::proposals::id_of;
use crate::rows::n;
use crate::unit;

async fn cards(world: &World, elder: ElderId) -> Vec<CardRow> {
    unit!(world.office().store, |tx| elders::cards(tx, &[elder]).await)
}

/// The number of a card as the office keeps it.
fn number(world: &World, card: &CardRow) -> String {
    let place = Place { table: "cards", column: "number", row: card.id };
    world.office().keys.open(place, &card.number).unwrap().to_string()
}

async fn a_sheet_is_issued_once_and_what_is_on_it_is_good(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let office = world.office();
    let canteen = till.row.canteen;
    let (one, two, far) =
        (world.elder(1, Some(canteen)).await, world.elder(2, Some(canteen)).await, world.elder(3, None).await);
    let until = Some(date("2028-12-31"));
    let sheet = office.issue_sheet(CardsOf::Canteen(canteen), until, None, None).await.unwrap();
    assert_eq!((sheet.cards, sheet.revoked, sheet.more), (2, 0, false));
    assert!(sheet.pdf.starts_with(b"%PDF") && cards(&world, far).await.is_empty());
    let card = cards(&world, one).await.remove(0);
    assert_eq!((card.expires_on, card.revoked_at), (until, None));
    let scan = Scan::read(&number(&world, &card)).unwrap();
    assert!(matches!(scan, Scan::Card(_)) && scan.digest(office.keys.digest_key()) == card.digest);
    let nobody = office.issue_sheet(CardsOf::Canteen(canteen), until, None, None).await;
    assert_eq!(nobody.err().unwrap().code().unwrap().name(), "elder_unknown", "all have one that is good");

    world.clock.pass(1_000);
    let again = office.issue_sheet(CardsOf::Elders(vec![one]), None, None, None).await.unwrap();
    assert_eq!((again.cards, again.revoked), (1, 1));
    let both = cards(&world, one).await;
    assert_eq!((both[0].revoked_at, both[1].revoked_at), (Some(office.now()), None), "the old one, in the same unit");
    let roster = office.roster(&till.row, UnixMs::new(0), 0, None).await.unwrap();
    let told = roster.entries.iter().find(|entry| entry.elder.id == two).unwrap();
    assert_eq!((told.cards[0].expires, told.cards[0].revoked), (until, None), "tills know the last day");

    world.clock.set(date("2029-01-01").at_minute(660));
    let late = office.issue_sheet(CardsOf::Canteen(canteen), None, None, None).await.unwrap();
    assert_eq!((late.cards, late.revoked), (1, 1), "the one whose card has ended");
}

async fn what_cannot_be_issued_issues_nothing(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let office = world.office();
    let one = world.elder(1, None).await;
    let name = |of: Result<server::admin::IssuedSheet, server::Error>| of.err().unwrap().code().unwrap().name();
    let nobody = ElderId::from_uuid(uuid::Uuid::from_u128(7));
    assert_eq!(name(office.issue_sheet(CardsOf::Elders(vec![one, nobody]), None, None, None).await), "elder_unknown");
    assert_eq!(name(office.issue_sheet(CardsOf::Elders(vec![one, one]), None, None, None).await), "invalid");
    let outside = Some(region("440305"));
    assert_eq!(name(office.issue_sheet(CardsOf::Elders(vec![one]), None, outside, None).await), "out_of_scope");
    let past = Some(date("2026-03-01"));
    assert_eq!(name(office.issue_sheet(CardsOf::Elders(vec![one]), past, None, None).await), "invalid");
    unit!(office.store, |tx| server::sql!(tx, "UPDATE elders SET name = '张𡋾' WHERE id = $1", one).execute().await);
    assert_eq!(name(office.issue_sheet(CardsOf::Elders(vec![one]), None, None, None).await), "invalid", "no glyph");
    assert!(cards(&world, one).await.is_empty());
}

async fn call(world: &World, method: Method, path: &str, token: &str, body: Vec<u8>) -> Answered {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    send(world, request.body(Body::from(body)).unwrap()).await
}

/// The head of a JPEG of 480 by 640, and its end.
pub fn picture() -> Vec<u8> {
    let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08\x02\x80\x01\xe0";
    [&head[..], b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01 and so on \xff\xd9"].concat()
}

async fn batches_are_decided_once_printed_once_and_never_edited(backend: Backend) {
    let (world, _) = with_till(backend).await;
    for name in ["甲", "乙"] {
        person(&world, name, Role::CardIssuer, "4403").await;
    }
    let (maker, checker) = (id_of(&world, "甲").await, id_of(&world, "乙").await);
    let store = &world.office().store;
    let row = |number: u128, place: &str| BatchRow {
        id: n(number),
        region: region(place),
        title: "莲花".into(),
        elders: Json(vec![ElderId::from_uuid(n(40)), ElderId::from_uuid(n(41))]),
        until: Some(date("2028-12-31")),
        maker,
        made_at: UnixMs::new(4),
        decided: Decision::default(),
        issued_at: None,
    };
    let all = [row(1, "440304"), row(2, "440304"), row(3, "440305")];
    let rows = all.clone();
    unit!(store, |tx| {
        for row in &rows {
            batches::add(tx, row).await?;
        }
        Ok(())
    });
    assert_eq!(unit!(store, |tx| batches::get(tx, n(1)).await), Some(all[0].clone()));
    assert_eq!(unit!(store, |tx| batches::get(tx, n(9)).await), None);
    let here = unit!(store, |tx| batches::list(tx, &region("440304"), 9).await);
    assert_eq!(here, all[..2].to_vec());
    let decided = |id: Uuid, decision: &'static str, by: UserId| {
        store.write(move |tx| {
            Box::pin(async move {
                decisions::decide(tx, Subject::CardBatch, id, decision, by, Some("因为"), UnixMs::new(9)).await
            })
        })
    };
    let printed =
        |id: Uuid| store.write(move |tx| Box::pin(async move { batches::issued(tx, id, UnixMs::new(10)).await }));
    assert!(!printed(n(1)).await.unwrap(), "nobody has agreed");
    assert!(decided(n(1), "approved", maker).await.is_err(), "the database refuses the maker too");
    assert!(decided(n(1), "approved", checker).await.unwrap() && !decided(n(1), "rejected", checker).await.unwrap());
    assert!(printed(n(1)).await.unwrap() && !printed(n(1)).await.unwrap(), "once");
    assert!(decided(n(2), "withdrawn", maker).await.unwrap() && !printed(n(2)).await.unwrap());
    let (dead, own) = (world.elder(1, None).await, world.elder(2, None).await);
    unit!(store, |tx| {
        batches::leave_out(tx, n(1), &[(dead, LeftOutReason::Dead), (own, LeftOutReason::HasCard)]).await
    });
    let left = unit!(store, |tx| batches::left_out(tx, &region("440304"), 9).await);
    let known: Vec<_> = left.iter().map(|row| (row.batch, row.elder, row.reason)).collect();
    assert_eq!(known.len(), 2);
    assert!(known.contains(&(n(1), dead, LeftOutReason::Dead)), "{known:?}");
    assert!(known.contains(&(n(1), own, LeftOutReason::HasCard)), "{known:?}");
    assert!(left.iter().all(|row| !row.name.is_empty()));
    assert!(unit!(store, |tx| batches::left_out(tx, &region("440305"), 9).await).is_empty());
    for edit in [
        "UPDATE card_batches SET elders = '[]'",
        "UPDATE cards_left_out SET reason = 'dead'",
        "DELETE FROM cards_left_out",
        "UPDATE card_batches SET issued_at = NULL",
        "UPDATE card_batches SET decision = 'rejected', reason = NULL WHERE decision = 'approved'",
        "DELETE FROM card_batches",
    ] {
        let tried =
            store.write(move |tx| Box::pin(async move { Statement::built(tx, edit.into(), vec![]).execute().await }));
        assert!(tried.await.is_err(), "{edit}");
    }
}

async fn tills_are_told_of_the_photos_of_their_regulars(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let office = world.office();
    let (regular, far) = (world.elder(1, Some(till.row.canteen)).await, world.elder(2, None).await);
    let told = async |elder: ElderId| {
        let roster = office.roster(&till.row, UnixMs::new(0), 0, None).await.unwrap();
        roster.entries.into_iter().find(|entry| entry.elder.id == elder).unwrap().photo
    };
    assert_eq!(told(regular).await, None);
    for elder in [regular, far] {
        office.put_photo(elder, &picture(), None).await.unwrap();
    }
    assert_eq!((told(regular).await, told(far).await), (Some(office.now()), None), "only a regular's");
    let both = unit!(office.store, |tx| feeds::photos(tx, &[regular, far]).await);
    assert_eq!(both.into_values().collect::<Vec<_>>(), [office.now(); 2]);
    let photo = office.photo_for(&till.row, regular).await.unwrap();
    assert_eq!((photo.changed, photo.media_type.as_str()), (office.now(), "image/jpeg"));
    assert_eq!(hex::decode(&photo.hex).unwrap(), picture());
    let refused = office.photo_for(&till.row, far).await.err().unwrap();
    assert_eq!(refused.code().unwrap().name(), "not_found");

    // Another photo, and its end, are news of the roster.
    world.clock.pass(600_000);
    let since = office.now();
    let news = async || office.roster(&till.row, since, 0, None).await.unwrap().entries.len();
    assert_eq!(news().await, 0);
    world.clock.pass(600_000);
    office.put_photo(regular, &picture(), None).await.unwrap();
    assert_eq!((news().await, told(regular).await), (1, Some(office.now())));
    assert!(office.remove_photo(regular, None).await.unwrap());
    assert_eq!(told(regular).await, None);
    assert!(office.photo_for(&till.row, regular).await.is_err());
}

async fn cards_for_many_take_two_people(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let canteen = till.row.canteen;
    let mut elders = Vec::new();
    for number in 1..=11 {
        elders.push(world.elder(number, Some(canteen)).await);
    }
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let other = person(&world, "另一发卡员", Role::CardIssuer, "4403").await;
    let far = person(&world, "外区发卡员", Role::CardIssuer, "440305").await;
    let post = |path: &str, token: &str, body: Value| request(Method::POST, path, Some(token), &body);
    let of = json!({"of": {"canteen": canteen}, "until": "2027-12-31"});
    send(&world, post("/api/v1/cards/sheets", &issuer, of.clone())).await.is_problem(403, "second_person");
    assert!(cards(&world, elders[0]).await.is_empty(), "nothing was issued");
    // Not in smaller pieces either: the day's cards count together.
    let piece = |of: &[ElderId]| json!({"of": {"elders": of}});
    let third = person(&world, "第三发卡员", Role::CardIssuer, "4403").await;
    let fresh = world.elder(20, None).await;
    assert_eq!(send(&world, post("/api/v1/cards/sheets", &third, piece(&[fresh]))).await.status, 201);
    let ten = send(&world, post("/api/v1/cards/sheets", &third, piece(&elders[..10]))).await;
    ten.is_problem(403, "second_person");
    assert!(cards(&world, elders[0]).await.is_empty(), "nothing was issued");

    let made = send(&world, post("/api/v1/cards/batches", &issuer, of)).await;
    assert_eq!((made.status.as_u16(), made.json()["cards"].as_u64()), (201, Some(11)));
    let at = |what: &str| format!("/api/v1/cards/batches/{}/{what}", made.json()["batch"].as_str().unwrap());
    // Who joins later is not on the list.
    let late = world.elder(12, Some(canteen)).await;
    send(&world, post(&at("sheet"), &issuer, Value::Null)).await.is_problem(409, "conflict");
    send(&world, post(&at("approve"), &issuer, Value::Null)).await.is_problem(403, "second_person");
    send(&world, post(&at("approve"), &far, Value::Null)).await.is_problem(403, "out_of_scope");
    assert_eq!(send(&world, post(&at("approve"), &other, Value::Null)).await.status, 204);
    send(&world, post(&at("reject"), &other, json!({"reason": "不对"}))).await.is_problem(409, "conflict");
    let sheet = send(&world, post(&at("sheet"), &issuer, Value::Null)).await;
    assert_eq!((sheet.status.as_u16(), sheet.kind.as_str()), (201, "application/pdf"));
    send(&world, post(&at("sheet"), &issuer, Value::Null)).await.is_problem(409, "conflict");
    for elder in &elders {
        assert_eq!(cards(&world, *elder).await.len(), 1);
    }
    assert!(cards(&world, late).await.is_empty());
    let listed = send(&world, request(Method::GET, "/api/v1/cards/batches", Some(&other), &Value::Null)).await.json();
    assert_eq!((&listed[0]["decision"], &listed[0]["cards"]), (&json!("approved"), &json!(11)));
    assert!(listed[0]["issued_at"].is_number());
    // The one who is left is one person's work.
    let of = json!({"of": {"canteen": canteen}});
    assert_eq!(send(&world, post("/api/v1/cards/sheets", &issuer, of)).await.status, 201);
}

async fn cards_one_by_one_count_with_those_of_the_sheet(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let mut elders = Vec::new();
    for number in 1..=11 {
        elders.push(world.elder(number, None).await);
    }
    let post = |path: &str, token: &str, body: Value| request(Method::POST, path, Some(token), &body);
    let single = async |token: &str, elder: ElderId| {
        send(&world, post(&format!("/api/v1/elders/{elder}/cards"), token, Value::Null)).await
    };
    let one = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    for time in 0..SINGLY {
        assert_eq!(single(&one, elders[time % 10]).await.status, 201);
    }
    single(&one, elders[10]).await.is_problem(403, "second_person");
    single(&one, elders[0]).await.is_problem(403, "second_person");
    assert!(cards(&world, elders[10]).await.is_empty(), "nothing was issued");
    let good = cards(&world, elders[0]).await.into_iter().filter(|card| card.revoked_at.is_none()).count();
    assert_eq!(good, 1, "nor revoked");
    let sheet = json!({"of": {"elders": [elders[10]]}});
    send(&world, post("/api/v1/cards/sheets", &one, sheet)).await.is_problem(403, "second_person");

    let other = person(&world, "另一发卡员", Role::CardIssuer, "4403").await;
    let sheet = json!({"of": {"elders": elders[..10]}});
    assert_eq!(send(&world, post("/api/v1/cards/sheets", &other, sheet)).await.status, 201);
    assert_eq!(single(&other, elders[10]).await.status, 201, "a counter goes on one by one");
    let sheet = json!({"of": {"elders": [elders[9]]}});
    send(&world, post("/api/v1/cards/sheets", &other, sheet)).await.is_problem(403, "second_person");
    world.clock.pass(24 * 60 * 60 * 1000);
    let other = open(&world, "另一发卡员", "correct horse 电池").await;
    assert_eq!(single(&other, elders[10]).await.status, 201, "a new day");
    assert!(world.office().issue_card(elders[0], None).await.is_ok(), "nobody is counted at the office's own computer");
}

async fn one_person_registers_so_many_physical_cards_a_day(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let elder = world.elder(1, None).await;
    let register = async |token: &str, number: i64| {
        let chip = json!({"number": format!("{:016x}", number + 0x0a1b_2c3d_0000)});
        send(&world, request(Method::POST, &format!("/api/v1/elders/{elder}/chips"), Some(token), &chip)).await
    };
    let one = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    for number in 0..CHIPS_ALONE {
        assert_eq!(register(&one, number).await.status, 201);
    }
    register(&one, CHIPS_ALONE).await.is_problem(403, "second_person");
    assert_eq!(cards(&world, elder).await.len(), usize::try_from(CHIPS_ALONE).unwrap());
    let sheet = json!({"of": {"elders": [elder]}});
    let sheet = request(Method::POST, "/api/v1/cards/sheets", Some(&one), &sheet);
    assert_eq!(send(&world, sheet).await.status, 201, "printed cards count for themselves");
    let other = person(&world, "另一发卡员", Role::CardIssuer, "4403").await;
    assert_eq!(register(&other, CHIPS_ALONE).await.status, 201);
}

async fn whoever_got_a_card_or_died_since_is_left_out_of_a_batch(backend: Backend) {
    let (world, till) = with_till(backend).await;
    let (office, canteen) = (world.office(), till.row.canteen);
    let mut elders = Vec::new();
    for number in 1..=12 {
        elders.push(world.elder(number, Some(canteen)).await);
    }
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let other = person(&world, "另一发卡员", Role::CardIssuer, "4403").await;
    let post = |path: &str, token: &str, body: Value| request(Method::POST, path, Some(token), &body);
    // Somebody who is named has a card already, which the batch is to replace: that is not left out.
    office.issue_sheet(CardsOf::Elders(vec![elders[11]]), None, None, None).await.unwrap();
    world.clock.pass(1_000);
    let made = send(&world, post("/api/v1/cards/batches", &issuer, json!({"of": {"elders": elders}}))).await.json();
    let at = |what: &str| format!("/api/v1/cards/batches/{}/{what}", made["batch"].as_str().unwrap());
    assert_eq!(send(&world, post(&at("approve"), &other, Value::Null)).await.status, 204);
    world.clock.pass(1_000);
    let (own, dead, back, gone) = (elders[0], elders[1], elders[2], elders[3]);
    office.issue_sheet(CardsOf::Elders(vec![own, dead, gone]), None, None, None).await.unwrap();
    let told = async |elder: ElderId, dead: bool| {
        let kind = ElderFactKind::Death { dead };
        let fact = NewElderFact { valid_from: date("2026-03-01"), kind };
        office.add_elder_fact(elder, fact, None).await.unwrap();
        world.clock.pass(1_000);
    };
    told(dead, true).await;
    told(back, true).await;
    told(back, false).await;
    let lost = cards(&world, gone).await.remove(0);
    let now = office.now();
    assert!(unit!(office.store, |tx| elders::revoke_card(tx, gone, lost.id, now).await));

    let printed = world.server.router().oneshot(post(&at("sheet"), &issuer, Value::Null)).await.unwrap();
    assert_eq!(printed.status(), 201);
    let said = |name: &str| printed.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let good = async |elder: ElderId| {
        let all = cards(&world, elder).await;
        (all.len(), all.iter().filter(|card| card.revoked_at.is_none()).count())
    };
    assert_eq!(good(own).await, (1, 1), "the newer card stays good");
    assert_eq!(good(dead).await, (1, 1), "the dead get none");
    assert_eq!(good(back).await, (1, 1), "who was reported dead wrongly gets one");
    assert_eq!(good(gone).await, (2, 1), "whose newer card is revoked gets one");
    assert_eq!(good(elders[11]).await, (2, 1), "the older card is replaced");
    assert_eq!((said("zhucan-cards").as_deref(), said("zhucan-left-out").as_deref()), (Some("10"), Some("2")));
    let listed = send(&world, request(Method::GET, "/api/v1/cards/batches", Some(&other), &Value::Null)).await.json();
    let mut left: Vec<Value> = listed[0]["left_out"].as_array().unwrap().clone();
    left.sort_by_key(|one| one["reason"].to_string());
    assert_eq!(left, [json!({"elder": dead, "reason": "dead"}), json!({"elder": own, "reason": "has_card"})]);
}

async fn a_batch_of_which_everybody_is_left_out_prints_nothing(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let elder = world.elder(1, None).await;
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let other = person(&world, "另一发卡员", Role::CardIssuer, "4403").await;
    let post = |path: &str, token: &str, body: Value| request(Method::POST, path, Some(token), &body);
    let made = send(&world, post("/api/v1/cards/batches", &issuer, json!({"of": {"elders": [elder]}}))).await.json();
    let at = |what: &str| format!("/api/v1/cards/batches/{}/{what}", made["batch"].as_str().unwrap());
    assert_eq!(send(&world, post(&at("approve"), &other, Value::Null)).await.status, 204);
    world.clock.pass(1_000);
    world.office().issue_sheet(CardsOf::Elders(vec![elder]), None, None, None).await.unwrap();
    send(&world, post(&at("sheet"), &issuer, Value::Null)).await.is_problem(409, "conflict");
    assert_eq!(cards(&world, elder).await.len(), 1);
}

async fn sheets_and_photos_over_the_api(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let elder = world.elder(1, None).await;
    let issuer = person(&world, "发卡员", Role::CardIssuer, "4403").await;
    let far = person(&world, "外区发卡员", Role::CardIssuer, "440305").await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let new = json!({"of": {"elders": [elder]}, "until": "2027-12-31"});
    let issue = |token: &str| request(Method::POST, "/api/v1/cards/sheets", Some(token), &new);
    send(&world, issue(&auditor)).await.is_problem(403, "forbidden");
    send(&world, issue(&far)).await.is_problem(403, "out_of_scope");
    let sheet = send(&world, issue(&issuer)).await;
    assert_eq!((sheet.status.as_u16(), sheet.kind.as_str()), (201, "application/pdf"));
    assert!(sheet.body.starts_with(b"%PDF"));
    let shown =
        send(&world, request(Method::GET, &format!("/api/v1/elders/{elder}"), Some(&issuer), &Value::Null)).await;
    assert_eq!(shown.json()["cards"][0]["expires"], "2027-12-31");
    let single = send(
        &world,
        request(Method::POST, &format!("/api/v1/elders/{elder}/cards?until=2028-01-31"), Some(&issuer), &Value::Null),
    )
    .await;
    assert_eq!((single.status.as_u16(), single.json()["revoked"].as_u64()), (201, Some(1)));

    let path = format!("/api/v1/elders/{elder}/photo");
    call(&world, Method::GET, &path, &issuer, Vec::new()).await.is_problem(404, "not_found");
    call(&world, Method::POST, &path, &auditor, picture()).await.is_problem(403, "forbidden");
    call(&world, Method::POST, &path, &issuer, b"GIF89a".to_vec()).await.is_problem(422, "invalid");
    assert_eq!(call(&world, Method::POST, &path, &issuer, picture()).await.status, 204);
    let shown = call(&world, Method::GET, &path, &auditor, Vec::new()).await;
    assert_eq!((shown.kind.as_str(), shown.body), ("image/jpeg", picture()));
    let sealed =
        unit!(world.office().store, |tx| server::sql!(tx, "SELECT sealed FROM elder_photos").value::<Vec<u8>>().await);
    assert!(!sealed.windows(4).any(|bytes| bytes == b"JFIF"), "sealed in the database");
    call(&world, Method::DELETE, &path, &far, Vec::new()).await.is_problem(403, "out_of_scope");
    assert_eq!(call(&world, Method::DELETE, &path, &issuer, Vec::new()).await.status, 204);
    call(&world, Method::DELETE, &path, &issuer, Vec::new()).await.is_problem(404, "not_found");
}

crate::on_both! {
    a_sheet_is_issued_once_and_what_is_on_it_is_good
    what_cannot_be_issued_issues_nothing
    batches_are_decided_once_printed_once_and_never_edited
    tills_are_told_of_the_photos_of_their_regulars
    cards_for_many_take_two_people
    cards_one_by_one_count_with_those_of_the_sheet
    one_person_registers_so_many_physical_cards_a_day
    whoever_got_a_card_or_died_since_is_left_out_of_a_batch
    a_batch_of_which_everybody_is_left_out_prints_nothing
    sheets_and_photos_over_the_api
}
