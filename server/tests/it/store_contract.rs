//! Every store function, on both databases. [`nothing_is_left_out`] holds the list to the code.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{UnixMs, WorkCalendar};
use domain::canteen::{CanteenFact, CanteenFactKind, Standing};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{CanteenId, CashierId, Digest, ElderId, RecordId, TerminalId, UserId};
use domain::money::Fen;
use domain::policy::Policy;
use domain::record::check::Dispute;
use domain::record::encoding::SignedRecord;
use domain::record::{Body, Record};
use domain::sync::{Cashier, ListPrice, Outcome, Rejection};
use server::people::Role;
use server::sql;
use server::store::canteens::{self, CanteenRow, Region};
use server::store::days::{self, DayState};
use server::store::elders::{self, CardRow, ElderRow};
use server::store::people::{self, UserRow};
use server::store::policies;
use server::store::records::{self, Journal, NewRecord, NewReject};
use server::store::terminals::{self, CodeRow, EpochRow, TerminalRow};
use server::store::usage::{self, MealRow};
use server::store::{Json, Store, feeds, meta};
use support::Backend;
use uuid::Uuid;

use crate::common::{POLICY, Till, World, date, noon, region};

/// Runs statements in one write unit.
macro_rules! unit {
    ($store:expr, |$tx:ident| $work:expr) => {
        $store.write(move |$tx| Box::pin(async move { $work })).await.unwrap()
    };
}

fn n(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn canteen_row(number: u128, place: &str) -> CanteenRow {
    CanteenRow {
        id: CanteenId::from_uuid(n(number)),
        region: region(place),
        name: format!("食堂{number}"),
        operator: "测试餐饮有限公司".into(),
        credit_code: "91350100M000100Y43".into(),
        address: String::new(),
        phone: "82000000".into(),
        bank: "测试银行".into(),
        account_name: "测试餐饮有限公司".into(),
        account: vec![1, 2, 3],
        capacity: None,
        created_at: UnixMs::new(5),
    }
}

fn elder_row(number: u128, canteen: Option<CanteenId>) -> ElderRow {
    ElderRow {
        id: ElderId::from_uuid(n(number)),
        region: region("440304"),
        name: "测试长者".into(),
        sort_key: format!("z {number}"),
        female: number % 2 == 0,
        birth: date("1946-01-01"),
        resident_id: vec![9],
        resident_id_digest: Digest([u8::try_from(number % 251).unwrap(); 32]),
        phone: None,
        phone_digest: None,
        registered_canteen: canteen,
        registered_at: UnixMs::new(5),
        changed_at: UnixMs::new(5),
    }
}

async fn canteens_and_their_facts(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let place = |name: &str| Region { code: region("440304"), name: name.into(), office: "福田区民政局".into() };
    let (old, new) = (place("福田"), place("福田区"));
    let city = Region { code: region("4403"), name: "深圳市".into(), office: "深圳市民政局".into() };
    let expected = vec![city.clone(), new.clone()];
    unit!(store, |tx| {
        canteens::put_region(tx, &old).await?;
        canteens::put_region(tx, &new).await?;
        canteens::put_region(tx, &city).await
    });
    assert_eq!(unit!(store, |tx| canteens::regions(tx).await), expected);

    let (near, far) = (canteen_row(1, "440304001"), canteen_row(2, "440305001"));
    let id = near.id;
    let rows = (near.clone(), CanteenRow { capacity: Some(7), ..far });
    let kept = rows.clone();
    unit!(store, |tx| {
        canteens::add(tx, &rows.0).await?;
        canteens::add(tx, &rows.1).await
    });
    assert_eq!(unit!(store, |tx| canteens::get(tx, id).await), Some(kept.0.clone()));
    assert_eq!(unit!(store, |tx| canteens::inside(tx, &region("440305")).await), [kept.1.clone()]);
    assert_eq!(unit!(store, |tx| canteens::inside(tx, &region("44")).await), [kept.0, kept.1]);
    assert!(unit!(store, |tx| canteens::hold(tx, id).await));
    assert!(!unit!(store, |tx| canteens::hold(tx, CanteenId::from_uuid(n(77))).await));

    let fact = |grade: &str, known| CanteenFact {
        valid_from: date("2026-01-01"),
        known_from: UnixMs::new(known),
        kind: CanteenFactKind::Standing { standing: Standing { quality_grade: grade.into(), ..Standing::default() } },
    };
    let facts = vec![fact("A", 1), fact("B", 1), fact("C", 1)];
    let (first, later) = (facts[..2].to_vec(), facts[2..].to_vec());
    unit!(store, |tx| {
        canteens::add_facts(tx, id, &first, None).await?;
        canteens::add_facts(tx, id, &later, Some(UserId::from_uuid(n(3)))).await
    });
    assert_eq!(unit!(store, |tx| canteens::facts(tx, id).await), facts, "in the order of learning");
    let seen = unit!(store, |tx| canteens::for_rules(tx, id).await).unwrap();
    assert_eq!((seen.region.as_str(), seen.facts), ("440304001", facts));
    assert_eq!(unit!(store, |tx| canteens::for_rules(tx, CanteenId::from_uuid(n(77))).await), None);

    let price =
        |fen| ListPrice { valid_from: date("2026-01-01"), period: "lunch".parse().unwrap(), price: Fen::new(fen) };
    unit!(store, |tx| {
        canteens::add_price(tx, id, &price(1500), noon(), None).await?;
        canteens::add_price(tx, id, &price(1800), noon(), None).await
    });
    assert_eq!(unit!(store, |tx| canteens::prices(tx, id).await), [price(1500), price(1800)]);

    let cashier = |number, name: &str| Cashier {
        id: CashierId::from_uuid(n(number)),
        name: name.into(),
        pin_hash: "$argon2id$".into(),
        supervisor: number == 1,
    };
    unit!(store, |tx| {
        canteens::add_cashier(tx, id, &cashier(1, "甲"), noon()).await?;
        canteens::add_cashier(tx, id, &cashier(2, "乙"), noon().plus(1)).await
    });
    assert_eq!(unit!(store, |tx| canteens::cashiers(tx, id).await), [cashier(1, "甲"), cashier(2, "乙")]);
    let twice =
        store.write(move |tx| Box::pin(async move { canteens::add_cashier(tx, id, &cashier(3, "甲"), noon()).await }));
    assert!(twice.await.unwrap_err().is_unique_violation());
    append_only(store, "canteen_facts").await;
    append_only(store, "prices").await;
}

/// Neither changed nor removed, whatever the program tries.
async fn append_only(store: &Store, table: &'static str) {
    let column = match table {
        "records" | "quarantine" => "received_at",
        "policies" => "announced_at",
        _ => "known_from",
    };
    for text in [format!("UPDATE {table} SET {column} = 0"), format!("DELETE FROM {table}")] {
        let tried = store
            .write(move |tx| Box::pin(async move { server::store::Statement::built(tx, text, vec![]).execute().await }))
            .await;
        let words = tried.unwrap_err().to_string();
        assert!(words.contains("append-only"), "{table}: {words}");
    }
}

async fn elders_and_their_cards(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (one, two) = (elder_row(1, None), elder_row(2, None));
    let (id, other) = (one.id, two.id);
    let two = ElderRow { phone: Some(vec![4]), phone_digest: Some(Digest([4; 32])), ..two };
    let rows = (one.clone(), two.clone());
    unit!(store, |tx| {
        elders::add(tx, &rows.0).await?;
        elders::add(tx, &rows.1).await
    });
    assert_eq!(unit!(store, |tx| elders::get(tx, id).await), Some(one.clone()));
    assert_eq!(unit!(store, |tx| elders::get(tx, ElderId::from_uuid(n(9))).await), None);
    assert_eq!(unit!(store, |tx| elders::by_resident_id(tx, Digest([2; 32])).await), Some(two.clone()));
    let again = ElderRow { id: ElderId::from_uuid(n(8)), ..one.clone() };
    let again = store.write(move |tx| Box::pin(async move { elders::add(tx, &again).await })).await;
    assert!(again.unwrap_err().is_unique_violation(), "one registration a resident ID");
    assert_eq!(unit!(store, |tx| elders::inside(tx, &region("4403"), 0, 10).await), [one, two.clone()]);
    assert_eq!(unit!(store, |tx| elders::inside(tx, &region("4403"), 1, 10).await), [two]);
    assert_eq!(unit!(store, |tx| elders::inside(tx, &region("4404"), 0, 10).await), []);
    assert!(unit!(store, |tx| elders::touch(tx, id, UnixMs::new(9)).await));
    assert!(!unit!(store, |tx| elders::touch(tx, ElderId::from_uuid(n(9)), UnixMs::new(9)).await));
    assert_eq!(unit!(store, |tx| elders::get(tx, id).await).unwrap().changed_at, UnixMs::new(9));

    let fact = |known, dead| ElderFact {
        valid_from: date("2026-03-01"),
        known_from: UnixMs::new(known),
        kind: ElderFactKind::Death { dead },
    };
    unit!(store, |tx| {
        elders::add_facts(tx, id, &[fact(7, true)], None).await?;
        elders::add_facts(tx, id, &[fact(7, false)], None).await
    });
    let seen = unit!(store, |tx| elders::for_rules(tx, &[other, id, ElderId::from_uuid(n(9))]).await);
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [id, other]);
    assert_eq!(seen[&id].facts, [fact(7, true), fact(7, false)]);
    assert_eq!(seen[&id].died(UnixMs::new(7)), None, "the last word stands");
    append_only(store, "elder_facts").await;

    let card = |number: u8, elder| CardRow {
        id: n(number.into()),
        elder,
        digest: Digest([number; 32]),
        number: vec![number],
        tail: "1234".into(),
        issued_at: UnixMs::new(number.into()),
        revoked_at: None,
    };
    unit!(store, |tx| {
        elders::add_card(tx, &card(1, id)).await?;
        elders::add_card(tx, &card(2, id)).await?;
        elders::add_card(tx, &card(3, other)).await
    });
    assert_eq!(unit!(store, |tx| elders::card(tx, Digest([3; 32])).await), Some(card(3, other)));
    assert_eq!(unit!(store, |tx| elders::revoke_cards(tx, id, UnixMs::new(50)).await), 2);
    assert_eq!(unit!(store, |tx| elders::revoke_cards(tx, id, UnixMs::new(60)).await), 0, "the first time stands");
    let all = unit!(store, |tx| elders::cards(tx, &[id, other]).await);
    let all: Vec<_> = all.into_iter().map(|c| (c.id, c.revoked_at)).collect();
    assert_eq!(all, [(n(1), Some(UnixMs::new(50))), (n(2), Some(UnixMs::new(50))), (n(3), None)]);
}

async fn policies_and_calendars(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    assert_eq!(unit!(store, |tx| policies::edition(tx).await), (0, 0));
    let second = POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let sources = [POLICY.to_owned(), second];
    for source in sources.clone() {
        let policy = Policy::parse("test.toml", &source).unwrap();
        unit!(store, |tx| policies::add(tx, &policy, noon(), None).await);
    }
    let all = unit!(store, |tx| policies::all(tx).await);
    assert_eq!(all.iter().map(|p| p.source.clone()).collect::<Vec<_>>(), sources);
    assert_eq!((all[1].version, all[1].announced_at), (2, noon()));
    append_only(store, "policies").await;

    let published = WorkCalendar::published();
    let short = WorkCalendar::from_csv("date,kind,occasion\n2027-01-01,holiday,元旦").unwrap();
    let calendars = (published.clone(), short.clone());
    unit!(store, |tx| {
        policies::publish_calendar(tx, &calendars.0, noon()).await?;
        policies::publish_calendar(tx, &calendars.1, noon()).await?;
        policies::publish_calendar(tx, &calendars.0, noon()).await
    });
    assert_eq!(unit!(store, |tx| policies::calendars(tx).await), [short, published], "the last published is in force");
    assert_eq!(unit!(store, |tx| policies::edition(tx).await), (2, noon().get() + 2));
}

async fn people_and_sessions(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let user = UserRow {
        id: UserId::from_uuid(n(1)),
        name: "测试经办".into(),
        passphrase_hash: "$argon2id$".into(),
        role: Role::FinanceMaker,
        region: region("4403"),
        canteen: None,
        failures: 0,
        locked_until: UnixMs::new(0),
        created_at: noon(),
        left_at: None,
    };
    let (id, row) = (user.id, user.clone());
    unit!(store, |tx| people::add(tx, &row).await);
    assert_eq!(unit!(store, |tx| people::get(tx, id).await), Some(user.clone()));
    assert_eq!(unit!(store, |tx| people::by_name(tx, "测试经办").await), Some(user.clone()));
    assert_eq!(unit!(store, |tx| people::by_name(tx, "测试").await), None);
    assert_eq!(unit!(store, |tx| people::count_failure(tx, id).await), 1);
    assert_eq!(unit!(store, |tx| people::count_failure(tx, id).await), 2);
    unit!(store, |tx| people::lock(tx, id, UnixMs::new(99)).await);
    let locked = unit!(store, |tx| people::get(tx, id).await).unwrap();
    assert_eq!((locked.failures, locked.locked_until), (2, UnixMs::new(99)));
    unit!(store, |tx| people::forget_failures(tx, id).await);
    assert_eq!(unit!(store, |tx| people::get(tx, id).await), Some(user.clone()));

    let (good, old) = (Digest([1; 32]), Digest([2; 32]));
    unit!(store, |tx| {
        people::open_session(tx, good, id, noon(), noon().plus(100)).await?;
        people::open_session(tx, old, id, noon(), noon().plus(1)).await
    });
    assert_eq!(unit!(store, |tx| people::by_session(tx, good, noon().plus(99)).await), Some(user));
    assert_eq!(unit!(store, |tx| people::by_session(tx, good, noon().plus(100)).await), None);
    assert_eq!(unit!(store, |tx| people::sweep_sessions(tx, noon().plus(1)).await), 1);
    unit!(store, |tx| people::close_session(tx, good).await);
    assert_eq!(unit!(store, |tx| people::by_session(tx, good, noon()).await), None);
}

async fn terminals_and_their_codes(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let canteen = canteen_row(1, "440304001");
    let home = canteen.id;
    unit!(store, |tx| canteens::add(tx, &canteen).await);
    let row = TerminalRow {
        id: TerminalId::from_uuid(n(5)),
        canteen: home,
        public_key: Digest([5; 32]),
        enrolled_at: noon(),
        revoked_at: None,
        seen_at: None,
        software: None,
        unsent: None,
    };
    let (id, hash) = (row.id, Digest([6; 32]));
    let code =
        CodeRow { hash, canteen: home, issued_at: noon(), expires_at: noon().plus(9), issued_by: None, used_by: None };
    unit!(store, |tx| terminals::add_code(tx, &code).await);
    assert_eq!(unit!(store, |tx| terminals::good_code(tx, hash, noon().plus(8)).await), Some(home));
    assert_eq!(unit!(store, |tx| terminals::good_code(tx, hash, noon().plus(9)).await), None);
    let added = row.clone();
    unit!(store, |tx| terminals::add(tx, &added).await);
    assert!(unit!(store, |tx| terminals::use_code(tx, hash, id).await));
    assert!(!unit!(store, |tx| terminals::use_code(tx, hash, id).await));
    assert_eq!(unit!(store, |tx| terminals::good_code(tx, hash, noon()).await), None);
    assert_eq!(unit!(store, |tx| terminals::get(tx, id).await), Some(row.clone()));
    assert_eq!(unit!(store, |tx| terminals::by_key(tx, Digest([5; 32])).await), Some(row.clone()));
    assert_eq!(unit!(store, |tx| terminals::of_canteen(tx, home).await), [row]);
    let heard = unit!(store, |tx| terminals::heard(tx, id, noon().plus(3)).await).unwrap();
    assert_eq!(heard.seen_at, Some(noon().plus(3)));
    assert_eq!(unit!(store, |tx| terminals::heard(tx, TerminalId::from_uuid(n(9)), noon()).await), None);
    unit!(store, |tx| terminals::said(tx, id, "0.1.0", 4).await);
    let said = unit!(store, |tx| terminals::get(tx, id).await).unwrap();
    assert_eq!((said.software.as_deref(), said.unsent), (Some("0.1.0"), Some(4)));

    let empty = EpochRow { epoch: 1, next: 0, last_at: None };
    assert_eq!(unit!(store, |tx| terminals::epoch(tx, home, id, 1).await), empty);
    for next in [3, 7] {
        unit!(store, |tx| terminals::advance(tx, home, id, EpochRow { epoch: 2, next, last_at: Some(noon()) }).await);
    }
    let stands = EpochRow { epoch: 2, next: 7, last_at: Some(noon()) };
    assert_eq!(unit!(store, |tx| terminals::epoch(tx, home, id, 2).await), stands);
    unit!(store, |tx| terminals::advance(tx, home, id, empty).await);
    assert_eq!(unit!(store, |tx| terminals::epochs(tx, home, id).await), [empty, stands]);
    let cursor = unit!(store, |tx| terminals::cursor(tx, home, id, empty).await);
    assert_eq!((cursor.next, cursor.head), (0, Digest::ZERO));
    assert!(unit!(store, |tx| terminals::revoke(tx, id, noon()).await));
    assert!(!unit!(store, |tx| terminals::revoke(tx, id, noon().plus(1)).await));
    let progress = unit!(store, |tx| terminals::progress(tx, home).await);
    assert_eq!((progress[0].terminal, progress[0].ended, progress[0].passed), (id, Some(noon()), Some(noon())));
}

fn journal(till: &Till) -> Journal {
    Journal { canteen: till.row.canteen, terminal: till.id(), epoch: 1 }
}

fn new_record(till: &mut Till, body: Body, dispute: Option<Dispute>) -> NewRecord {
    let record = till.draft(body);
    let sent = till.append(record.clone());
    NewRecord { record, signed: sent.signed, dispute, received_at: noon() }
}

fn cash(amount: i64) -> Body {
    Body::Cash { amount: Fen::new(amount), note: String::new() }
}

async fn records_and_what_is_not_one(backend: Backend) {
    let world = World::new(backend).await;
    world.rules().await;
    let home = world.canteen("测试食堂").await;
    let mut till = world.terminal(home).await;
    let (store, office) = (&world.office().store, world.office().clone());
    let j = journal(&till);

    let mut new = vec![new_record(&mut till, Body::Start { previous: None, software: String::new() }, None)];
    till.shift = Some(domain::id::ShiftId::from_uuid(n(4)));
    new.push(new_record(&mut till, Body::ShiftOpen { float: Fen::ZERO }, None));
    let meal = till.meal_body(&office, None);
    new.push(new_record(&mut till, Body::Meal(Box::new(meal)), Some(Dispute::OtherDecision)));
    let meal_id = new[2].record.id;
    let shift = till.shift.unwrap();
    till.at = date("2026-03-03").at_minute(600);
    new.push(new_record(&mut till, Body::Void { meal: meal_id, reason: String::new() }, None));
    let decoded: Vec<Record> = new.iter().map(|r| r.record.clone()).collect();
    let signed: Vec<SignedRecord> = new.iter().map(|r| r.signed.clone()).collect();
    unit!(store, |tx| records::add(tx, &new).await);

    let rows = unit!(store, |tx| records::between(tx, j, 1, 2).await);
    assert_eq!(rows.iter().map(|r| (r.sequence, r.id)).collect::<Vec<_>>(), [(1, decoded[1].id), (2, meal_id)]);
    assert_eq!(rows[1].outcome(), Outcome::Disputed { dispute: Dispute::OtherDecision });
    assert!(rows[1].is(&signed[2]) && !rows[1].is(&signed[1]));
    assert_eq!(unit!(store, |tx| records::decoded(tx, j, 0, 9).await), decoded);
    let ids = [meal_id, RecordId::from_uuid(n(1))];
    assert_eq!(unit!(store, |tx| records::taken(tx, home, &ids).await), BTreeSet::from([meal_id]));
    let kept = unit!(store, |tx| records::get(tx, home, meal_id).await).unwrap();
    assert_eq!(kept, (signed[2].clone(), Outcome::Disputed { dispute: Dispute::OtherDecision }));
    assert_eq!(unit!(store, |tx| records::meal_date(tx, home, meal_id).await), Some(date("2026-03-02")));
    assert_eq!(unit!(store, |tx| records::opened_on(tx, home, shift).await), [date("2026-03-02")]);
    assert_eq!(unit!(store, |tx| records::void_of(tx, home, meal_id).await), Some(decoded[3].id));
    let held = unit!(store, |tx| records::held(tx, home, date("2026-03-02")).await);
    let held: Vec<_> = held.into_iter().map(|h| (h.record.sequence, h.disputed, h.voided, h.frozen)).collect();
    let (plain, spoilt) = ((false, false, false), (true, true, false));
    let expected = [(0, plain), (1, plain), (2, spoilt), (3, plain)].map(|(s, (a, b, c))| (s, a, b, c));
    assert_eq!(held, expected, "the shift's records of the next day too");
    let before = unit!(store, |tx| records::before(tx, home, date("2026-03-03")).await);
    assert_eq!(before, BTreeMap::from([((till.id(), 1), 2)]));
    assert_eq!(unit!(store, |tx| records::before(tx, home, date("2026-03-02")).await), BTreeMap::new());

    let reject = |sequence, signed: &SignedRecord, rejection| NewReject {
        sequence,
        record: None,
        signed: signed.clone(),
        rejection,
        received_at: noon(),
    };
    let bad = [reject(4, &signed[0], Rejection::OtherOrigin), reject(5, &signed[0], Rejection::Malformed)];
    for _ in 0..2 {
        let bad = bad.clone();
        unit!(store, |tx| records::quarantine(tx, j, &bad).await);
    }
    let rejects = unit!(store, |tx| records::rejects_between(tx, j, 0, 5).await);
    let seen: Vec<_> = rejects.iter().map(|r| (r.sequence, r.rejection.0, r.digest)).collect();
    let digest = records::blob_digest(&signed[0]);
    assert_eq!(seen, [(4, Rejection::OtherOrigin, digest), (5, Rejection::Malformed, digest)]);

    let later: Vec<(u64, SignedRecord)> = vec![(8, signed[1].clone()), (9, signed[2].clone())];
    for now in [noon(), noon().plus(1)] {
        let later = later.clone();
        unit!(store, |tx| {
            let blobs: Vec<_> = later.iter().map(|(place, signed)| (*place, signed)).collect();
            records::wait(tx, j, &blobs, now).await
        });
    }
    let waiting = unit!(store, |tx| records::waiting(tx, j, 8, 10).await);
    assert_eq!(waiting.iter().map(|w| (w.sequence, w.received_at)).collect::<Vec<_>>(), [(8, noon()), (9, noon())]);
    assert_eq!(waiting[0].clone().signed().unwrap(), signed[1]);
    assert_eq!(unit!(store, |tx| records::waiting(tx, j, 8, 1).await).len(), 1);
    assert_eq!(unit!(store, |tx| records::waiting_epochs(tx, home, j.terminal).await), BTreeSet::from([1]));
    unit!(store, |tx| records::stop_waiting(tx, j, 9).await);
    assert_eq!(unit!(store, |tx| records::waiting(tx, j, 0, 10).await).len(), 1);

    let epoch = |next| EpochRow { epoch: 1, next, last_at: None };
    let head = |next| async move { unit!(store, |tx| terminals::cursor(tx, home, j.terminal, epoch(next)).await).head };
    assert_eq!((head(4).await, head(5).await), (signed[3].hash(), signed[0].hash()), "of a record, or of quarantine");
    unit!(store, |tx| terminals::advance(tx, home, j.terminal, epoch(4)).await);
    let cursors = unit!(store, |tx| terminals::cursors(tx, home, j.terminal).await);
    assert_eq!(cursors.iter().map(|c| (c.next, c.head)).collect::<Vec<_>>(), [(4, signed[3].hash())]);
    append_only(store, "records").await;
    append_only(store, "quarantine").await;
}

async fn a_place_and_an_id_are_held_once(backend: Backend) {
    let world = World::new(backend).await;
    let home = world.canteen("测试食堂").await;
    let mut till = world.terminal(home).await;
    let store = &world.office().store;
    let first = new_record(&mut till, cash(1), None);
    let mut same_place = new_record(&mut till, cash(2), None);
    same_place.record.sequence = 0;
    let mut same_id = new_record(&mut till, cash(3), None);
    same_id.record.id = first.record.id;
    unit!(store, |tx| records::add(tx, &[first]).await);
    for twin in [same_place, same_id] {
        let stored = store.write(move |tx| Box::pin(async move { records::add(tx, &[twin]).await })).await;
        assert!(stored.unwrap_err().is_unique_violation());
    }
    // Neighbours that do not fit are seen in a view, whatever was thought of each when it came.
    till.head = Digest([1; 32]);
    (till.next, till.of_shift) = (1, Vec::new());
    let astray = new_record(&mut till, cash(4), None);
    unit!(store, |tx| records::add(tx, &[astray]).await);
    let breaks = unit!(store, |tx| sql!(tx, "SELECT sequence FROM chain_breaks").values::<u64>().await);
    assert_eq!(breaks, [1]);
}

fn meal_row(number: u128, canteen: CanteenId, day: &str, changed: i64) -> MealRow {
    MealRow {
        elder: ElderId::from_uuid(n(1)),
        record: RecordId::from_uuid(n(number)),
        canteen,
        terminal: TerminalId::from_uuid(n(5)),
        epoch: 1,
        sequence: 3,
        date: date(day),
        period: "lunch".parse().unwrap(),
        at: date(day).at_minute(700),
        policy: Some("test".into()),
        lines: Json(Vec::new()),
        outcome: "accepted".into(),
        voided_by: None,
        frozen_by: None,
        changed_at: UnixMs::new(changed),
    }
}

async fn meals_of_elders(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (near, far) = (CanteenId::from_uuid(n(1)), CanteenId::from_uuid(n(2)));
    let mut guest = meal_row(13, far, "2026-03-05", 30);
    (guest.elder, guest.policy) = (ElderId::from_uuid(n(2)), None);
    let meals = vec![
        meal_row(11, near, "2026-03-02", 10),
        meal_row(12, far, "2026-03-05", 20),
        guest,
        meal_row(14, near, "2026-02-01", 90),
    ];
    let (rows, all) = (meals.clone(), meals.clone());
    unit!(store, |tx| usage::add(tx, &rows).await);
    let (elder, other) = (ElderId::from_uuid(n(1)), ElderId::from_uuid(n(2)));
    assert_eq!(unit!(store, |tx| usage::get(tx, far, RecordId::from_uuid(n(12))).await), Some(all[1].clone()));
    assert_eq!(unit!(store, |tx| usage::get(tx, near, RecordId::from_uuid(n(12))).await), None);
    let span = (date("2026-03-01"), date("2026-03-31"));
    let found = unit!(store, |tx| usage::of_elder(tx, elder, span.0, span.1).await);
    assert_eq!(found, [all[0].clone(), all[1].clone()]);
    unit!(store, |tx| usage::set_void(
        tx,
        near,
        RecordId::from_uuid(n(11)),
        RecordId::from_uuid(n(99)),
        UnixMs::new(40)
    )
    .await);
    let voided = unit!(store, |tx| usage::get(tx, near, RecordId::from_uuid(n(11))).await).unwrap();
    assert_eq!((voided.voided_by, voided.changed_at), (Some(RecordId::from_uuid(n(99))), UnixMs::new(40)));
    let found = unit!(store, |tx| usage::of_elders(tx, &[elder, other], span.0, span.1).await);
    assert_eq!(found, [all[1].clone(), all[2].clone()], "voided meals are left out");
    assert_eq!(unit!(store, |tx| usage::changed(tx, UnixMs::new(30), span.0).await), [elder, other]);
    assert_eq!(unit!(store, |tx| usage::changed(tx, UnixMs::new(41), span.0).await), [], "older dates do not count");

    let served = unit!(store, |tx| feeds::served(tx, far, &[elder, other], date("2026-03-05")).await);
    assert_eq!(served, BTreeSet::from([elder, other]));
    assert_eq!(unit!(store, |tx| feeds::served(tx, near, &[other], date("2026-03-01")).await), BTreeSet::new());
    let eaten = BTreeSet::from([(elder, date("2026-03-02"))]);
    let behind = unit!(store, |tx| days::behind(tx, &eaten).await);
    assert_eq!(behind, BTreeSet::from([(near, date("2026-03-02")), (far, date("2026-03-05"))]));
    assert_eq!(unit!(store, |tx| days::behind(tx, &BTreeSet::new()).await), BTreeSet::new());
    let of_elder = unit!(store, |tx| days::of_elder(tx, elder, date("2026-03-01")).await);
    assert_eq!(BTreeSet::from_iter(of_elder), behind);
}

async fn the_roster_of_a_canteen(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let canteen = canteen_row(1, "440304001");
    let home = canteen.id;
    let outside = ElderRow { region: region("4101"), ..elder_row(3, Some(home)) };
    let stranger = ElderRow { region: region("4101"), ..elder_row(4, None) };
    let rows = [elder_row(1, None), ElderRow { changed_at: UnixMs::new(50), ..elder_row(2, None) }, outside, stranger];
    unit!(store, |tx| {
        canteens::add(tx, &canteen).await?;
        for row in &rows {
            elders::add(tx, row).await?;
        }
        Ok(())
    });
    let roster = |since: i64, skip, most| async move {
        let scope = [region("4403")];
        let rows = unit!(store, |tx| feeds::roster(tx, home, &scope, UnixMs::new(since), skip, most).await);
        rows.into_iter().map(|row| row.id.uuid().as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(roster(0, 0, 10).await, [1, 2, 3], "of the region, and the canteen's own");
    assert_eq!(roster(0, 1, 1).await, [2]);
    assert_eq!(roster(6, 0, 10).await, [2]);
    unit!(store, |tx| usage::add(tx, &[meal_row(11, home, "2026-03-02", 60)]).await);
    assert_eq!(roster(51, 0, 10).await, [1], "who is served here is sent again");
    let none: Vec<ElderRow> =
        unit!(store, |tx| feeds::roster(tx, CanteenId::from_uuid(n(9)), &[], UnixMs::new(0), 0, 9).await);
    assert_eq!(none, []);
}

async fn days_and_what_touched_them(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (near, far) = (canteen_row(1, "440304001"), canteen_row(2, "440305001"));
    let (one, two) = (near.id, far.id);
    let state = |canteen, day, version, closed_version| DayState {
        canteen,
        date: date(day),
        version,
        closed_version,
        touched_at: noon(),
    };
    let both = BTreeSet::from([(one, date("2026-03-02")), (two, date("2026-03-03"))]);
    unit!(store, |tx| {
        canteens::add(tx, &near).await?;
        canteens::add(tx, &far).await?;
        days::touch(tx, &BTreeSet::new(), noon()).await?;
        days::touch(tx, &both, noon()).await?;
        days::touch(tx, &BTreeSet::from([(one, date("2026-03-02"))]), noon()).await
    });
    let (first, second) = (state(one, "2026-03-02", 2, 0), state(two, "2026-03-03", 1, 0));
    assert_eq!(unit!(store, |tx| days::get(tx, one, date("2026-03-02")).await), Some(first));
    assert_eq!(unit!(store, |tx| days::get(tx, one, date("2026-03-03")).await), None);
    assert_eq!(unit!(store, |tx| days::of_canteen(tx, one, date("2026-03-01")).await), [first]);
    assert_eq!(unit!(store, |tx| days::of_canteen(tx, one, date("2026-03-03")).await), []);
    assert_eq!(unit!(store, |tx| days::of_region(tx, &region("4403"), date("2026-03-01")).await), [first, second]);
    assert_eq!(unit!(store, |tx| days::of_region(tx, &region("440305"), date("2026-03-01")).await), [second]);
    assert_eq!(unit!(store, |tx| days::dirty(tx, 9).await), [first, second]);
    assert_eq!(unit!(store, |tx| days::dirty(tx, 1).await), [first]);
    assert!(first.is_dirty());
    assert!(!unit!(store, |tx| days::closed(tx, &DayState { version: 1, ..first }).await), "touched since");
    assert!(unit!(store, |tx| days::closed(tx, &first).await));
    assert_eq!(unit!(store, |tx| days::dirty(tx, 9).await), [second]);
    assert_eq!(unit!(store, |tx| days::dates(tx).await), [date("2026-03-02"), date("2026-03-03")]);
    assert_eq!(unit!(store, |tx| days::canteens_on(tx, date("2026-03-03")).await), [two]);
}

async fn the_databases_own_facts(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    assert_eq!(unit!(store, |tx| meta::get(tx, "x").await), None);
    assert_eq!(unit!(store, |tx| meta::keep(tx, "x", "1").await), "1");
    assert_eq!(unit!(store, |tx| meta::keep(tx, "x", "2").await), "1", "the first stands");
    assert_eq!(unit!(store, |tx| meta::get(tx, "x").await), Some("1".to_owned()));
}

crate::on_both! {
    canteens_and_their_facts
    elders_and_their_cards
    policies_and_calendars
    people_and_sessions
    terminals_and_their_codes
    records_and_what_is_not_one
    a_place_and_an_id_are_held_once
    meals_of_elders
    the_roster_of_a_canteen
    days_and_what_touched_them
    the_databases_own_facts
}

/// The store's modules whose functions stand here, by name and source.
const MODULES: [(&str, &str); 10] = [
    ("canteens", include_str!("../../src/store/canteens.rs")),
    ("days", include_str!("../../src/store/days.rs")),
    ("elders", include_str!("../../src/store/elders.rs")),
    ("feeds", include_str!("../../src/store/feeds.rs")),
    ("meta", include_str!("../../src/store/meta.rs")),
    ("people", include_str!("../../src/store/people.rs")),
    ("policies", include_str!("../../src/store/policies.rs")),
    ("records", include_str!("../../src/store/records.rs")),
    ("terminals", include_str!("../../src/store/terminals.rs")),
    ("usage", include_str!("../../src/store/usage.rs")),
];

#[test]
fn nothing_is_left_out() {
    let here: String = include_str!("store_contract.rs").split_whitespace().collect();
    let mut functions = 0;
    for (module, source) in MODULES {
        for line in source.lines() {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            assert!(here.contains(&format!("{module}::{name}(tx")), "{module}::{name} is not tried");
            functions += 1;
        }
    }
    assert!(functions > 70, "{functions}");
}
