//! Every store function, on both databases. [`nothing_is_left_out`] holds the list to the code.

use domain::calendar::{UnixMs, WorkCalendar};
use domain::canteen::{CanteenFact, CanteenFactKind, Standing};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{CanteenId, CashierId, Digest, ElderId, UserId};
use domain::money::Fen;
use domain::policy::Policy;
use domain::sync::{Cashier, ListPrice};
use server::people::Role;
use server::store::canteens::{self, CanteenRow, Region, Settings};
use server::store::elders::{self, CardKind, CardRow, ElderRow};
use server::store::feeds::Page;
use server::store::people::{self, SessionRow, UserRow};
use server::store::policies;
use server::store::usage::{self};
use server::store::{Schema, Store, feeds, meta};
use support::{Backend, TestDb};

use crate::common::{POLICY, World, date, noon, region};
use crate::rows::{append_only, canteen_row, elder_row, meal_row, n};
use crate::unit;

async fn canteens_and_their_facts(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let place = |name: &str| Region { code: region("440304"), name: name.into(), office: "福田区民政局".into() };
    let (old, new) = (place("福田"), place("福田区"));
    let city = Region { code: region("4403"), name: "深圳市".into(), office: "深圳市民政局".into() };
    let expected = [city.clone(), new.clone()];
    unit!(store, |tx| {
        canteens::put_region(tx, &old, UnixMs::new(10)).await?;
        canteens::put_region(tx, &new, UnixMs::new(20)).await?;
        canteens::put_region(tx, &new, UnixMs::new(30)).await?;
        canteens::put_region(tx, &city, UnixMs::new(40)).await
    });
    assert_eq!(unit!(store, |tx| canteens::regions(tx).await), expected);
    for (at, name) in [(Some(19), "福田"), (Some(20), "福田区"), (None, "福田区")] {
        let then = unit!(store, |tx| canteens::regions_at(tx, at.map(UnixMs::new)).await);
        assert_eq!(then, [expected[0].clone(), place(name)], "{at:?}");
    }
    append_only(store, "former_names").await;

    let (near, far) = (canteen_row(1, "440304001"), canteen_row(2, "440305001"));
    let id = near.id;
    let rows = (near.clone(), CanteenRow { capacity: Some(7), ..far });
    let kept = rows.clone();
    unit!(store, |tx| {
        canteens::add(tx, &rows.0).await?;
        canteens::add(tx, &rows.1).await
    });
    assert_eq!(unit!(store, |tx| canteens::get(tx, id).await), Some(kept.0.clone()));
    assert_eq!(unit!(store, |tx| canteens::inside(tx, &region("440305")).await), std::slice::from_ref(&kept.1));
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
    let plain = Settings::default();
    assert_eq!(unit!(store, |tx| canteens::settings(tx, id).await), plain);
    let reader = domain::credential::ReaderFormat { digits: domain::credential::ReaderDigits::Hex, reversed: true };
    let limits = domain::sync::OfflineLimits { soft_ms: 3_600_000, hard_ms: Some(7_200_000) };
    for set in [Settings { offline: limits, reader: Some(reader) }, Settings { offline: limits, reader: None }] {
        unit!(store, |tx| canteens::put_settings(tx, id, &set, None, noon()).await);
        assert_eq!(unit!(store, |tx| canteens::settings(tx, id).await), set);
    }
    append_only(store, "canteen_facts").await;
    append_only(store, "prices").await;
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
    let of = |code: &str, canteen| elders::Of { region: region(code), canteen };
    let (here, there, regulars) = (of("4403", None), of("4404", None), of("4403", one.registered_canteen));
    let (first, second) = (one.id, two.id);
    let of_canteen: Vec<_> =
        [&one, &two].into_iter().filter(|row| row.registered_canteen == one.registered_canteen).cloned().collect();
    assert_eq!(unit!(store, |tx| elders::inside(tx, &regulars, None, 10).await), of_canteen);
    let everybody = here.clone();
    assert_eq!(unit!(store, |tx| elders::inside(tx, &everybody, None, 10).await), [one.clone(), two.clone()]);
    let everybody = here.clone();
    assert_eq!(unit!(store, |tx| elders::inside(tx, &everybody, None, 1).await), [one]);
    let everybody = here.clone();
    assert_eq!(unit!(store, |tx| elders::inside(tx, &everybody, Some(first), 10).await), [two]);
    assert_eq!(unit!(store, |tx| elders::inside(tx, &here, Some(second), 10).await), []);
    assert_eq!(unit!(store, |tx| elders::inside(tx, &there, None, 10).await), []);
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
        kind: if number == 4 { CardKind::Chip } else { CardKind::Card },
        expires_on: (number == 3).then(|| date("2026-03-10")),
    };
    unit!(store, |tx| {
        elders::add_card(tx, &card(1, id)).await?;
        elders::add_card(tx, &card(2, id)).await?;
        elders::add_card(tx, &card(3, other)).await
    });
    assert_eq!(unit!(store, |tx| elders::card(tx, Digest([3; 32])).await), Some(card(3, other)));
    assert_eq!(unit!(store, |tx| elders::revoke_cards(tx, id, CardKind::Card, UnixMs::new(50)).await), 2);
    assert_eq!(
        unit!(store, |tx| elders::revoke_cards(tx, id, CardKind::Card, UnixMs::new(60)).await),
        0,
        "the first time stands"
    );
    let all = unit!(store, |tx| elders::cards(tx, &[id, other]).await);
    let all: Vec<_> = all.into_iter().map(|c| (c.id, c.revoked_at)).collect();
    assert_eq!(all, [(n(1), Some(UnixMs::new(50))), (n(2), Some(UnixMs::new(50))), (n(3), None)]);
    unit!(store, |tx| elders::add_card(tx, &card(4, id)).await);
    assert_eq!(unit!(store, |tx| elders::card(tx, Digest([4; 32])).await), Some(card(4, id)));
    assert_eq!(unit!(store, |tx| elders::revoke_cards(tx, id, CardKind::Card, UnixMs::new(70)).await), 0);
    assert!(!unit!(store, |tx| elders::revoke_card(tx, other, n(4), UnixMs::new(70)).await), "another's card");
    assert!(unit!(store, |tx| elders::revoke_card(tx, id, n(4), UnixMs::new(70)).await));
    assert!(!unit!(store, |tx| elders::revoke_card(tx, id, n(4), UnixMs::new(80)).await), "the first time stands");

    let waiting = |day: &'static str| async move {
        let of = region("4403");
        let rows = unit!(store, |tx| elders::without_card(tx, None, Some(&of), date(day), 10).await);
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting("2026-03-10").await, [], "one died, the other's card is good to its last day");
    assert_eq!(waiting("2026-03-11").await, [other]);
    let at = CanteenId::from_uuid(n(77));
    assert_eq!(unit!(store, |tx| elders::without_card(tx, Some(at), None, date("2026-03-11"), 10).await), []);

    unit!(store, |tx| {
        elders::put_photo(tx, id, "image/png", &[1], UnixMs::new(5), None).await?;
        elders::put_photo(tx, id, "image/jpeg", &[2], UnixMs::new(6), None).await
    });
    let photo = Some(("image/jpeg".to_owned(), vec![2]));
    assert_eq!(unit!(store, |tx| elders::photo(tx, id).await), photo, "the later one");
    assert!(unit!(store, |tx| elders::remove_photo(tx, id).await));
    assert!(!unit!(store, |tx| elders::remove_photo(tx, id).await));
    assert_eq!(unit!(store, |tx| elders::photo(tx, id).await), None);
}

async fn policies_and_calendars(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    assert_eq!(unit!(store, |tx| policies::edition(tx).await), (0, 0));
    assert_eq!(unit!(store, |tx| policies::last_announced(tx).await), None);
    let second = POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01");
    let sources = [POLICY.to_owned(), second];
    for source in sources.clone() {
        let policy = Policy::parse("test.toml", &source).unwrap();
        unit!(store, |tx| policies::add(tx, &policy, noon(), None).await);
    }
    let all = unit!(store, |tx| policies::all(tx).await);
    assert_eq!(all.iter().map(|p| p.source.clone()).collect::<Vec<_>>(), sources);
    assert_eq!((all[1].version, all[1].announced_at), (2, noon()));
    assert_eq!(unit!(store, |tx| policies::last_announced(tx).await), Some(noon()));
    let since = unit!(store, |tx| policies::announced_since(tx, noon()).await);
    assert_eq!(since.into_iter().collect::<Vec<_>>(), [("test".to_owned(), 1), ("test".to_owned(), 2)]);
    assert!(unit!(store, |tx| policies::announced_since(tx, noon().plus(1)).await).is_empty());
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
    let digest = WorkCalendar::published().digest();
    assert_eq!(unit!(store, |tx| policies::newest(tx).await), (2, Some(digest)));
    assert_eq!(unit!(store, |tx| policies::announced_until(tx, noon()).await), 2);
    assert_eq!(unit!(store, |tx| policies::announced_until(tx, noon().plus(-1)).await), 0);
    for number in 1..=2 {
        let file = ("2027.csv", "date");
        assert_eq!(unit!(store, |tx| policies::add_calendar_version(tx, digest, file, noon(), None).await), number);
    }
    let versions = unit!(store, |tx| policies::calendar_versions(tx).await);
    assert_eq!(versions.iter().map(|v| (v.number, v.source.as_str())).collect::<Vec<_>>(), [(2, "date"), (1, "date")]);
    append_only(store, "calendar_versions").await;
}

async fn a_second_factor_is_confirmed_once(store: &Store, id: UserId) {
    unit!(store, |tx| people::begin_totp(tx, id, &[5, 6]).await);
    let begun = unit!(store, |tx| people::get(tx, id).await).unwrap();
    assert_eq!((begun.totp, begun.totp_new), (None, Some(vec![5, 6])));
    let confirm =
        async |sealed: &'static [u8], at| unit!(store, |tx| people::confirm_totp(tx, id, sealed, 6, at).await);
    assert!(!confirm(&[5], UnixMs::new(8)).await, "another secret");
    assert!(confirm(&[5, 6], UnixMs::new(8)).await);
    assert!(!confirm(&[5, 6], UnixMs::new(9)).await, "once");
    assert!(unit!(store, |tx| people::use_totp(tx, id, 7).await));
    assert!(!unit!(store, |tx| people::use_totp(tx, id, 7).await), "once");
    assert!(!unit!(store, |tx| people::use_totp(tx, id, 6).await), "nor an earlier one");
}

async fn cards_are_counted_by_day(store: &Store, id: UserId) {
    let day = date("2026-03-02");
    assert_eq!(unit!(store, |tx| elders::count_cards(tx, id, day, 3).await), 3);
    assert_eq!(unit!(store, |tx| elders::count_chips(tx, id, day, 2).await), 2);
    assert_eq!(unit!(store, |tx| elders::count_cards(tx, id, day, 4).await), 7);
    assert_eq!(unit!(store, |tx| elders::count_chips(tx, id, day, 1).await), 3);
    assert_eq!(unit!(store, |tx| elders::count_cards(tx, id, day.plus_days(1), 1).await), 1);
    assert_eq!(unit!(store, |tx| elders::count_chips(tx, id, day.plus_days(1), 1).await), 1);
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
        must_change: true,
        totp: None,
        totp_step: 0,
        totp_at: None,
        totp_new: None,
    };
    let (id, row) = (user.id, user.clone());
    unit!(store, |tx| people::add(tx, &row).await);
    assert_eq!(unit!(store, |tx| people::get(tx, id).await), Some(user.clone()));
    assert_eq!(unit!(store, |tx| people::by_name(tx, "测试经办").await), Some(user.clone()));
    assert_eq!(unit!(store, |tx| people::by_name(tx, "测试").await), None);
    unit!(store, |tx| people::lock(tx, id, UnixMs::new(99)).await);
    let locked = unit!(store, |tx| people::get(tx, id).await).unwrap();
    assert_eq!((locked.failures, locked.locked_until), (0, UnixMs::new(99)));
    unit!(store, |tx| people::forget_failures(tx, id).await);
    assert_eq!(unit!(store, |tx| people::get(tx, id).await), Some(user.clone()));

    unit!(store, |tx| people::set_post(tx, id, Role::Auditor, &region("440304"), None).await);
    let moved = unit!(store, |tx| people::everybody(tx).await);
    assert_eq!(moved, [UserRow { role: Role::Auditor, region: region("440304"), ..user.clone() }]);
    unit!(store, |tx| people::set_post(tx, id, Role::FinanceMaker, &region("4403"), None).await);
    assert_eq!(unit!(store, |tx| people::get(tx, id).await), Some(user.clone()));
    unit!(store, |tx| people::set_passphrase(tx, id, "$other$", false).await);
    a_second_factor_is_confirmed_once(store, id).await;
    let changed = unit!(store, |tx| people::get(tx, id).await).unwrap();
    assert_eq!((changed.passphrase_hash.as_str(), changed.must_change), ("$other$", false));
    assert_eq!((changed.totp, changed.totp_step, changed.totp_at), (Some(vec![5, 6]), 7, Some(UnixMs::new(8))));
    let (first, second) = (Digest([3; 32]), Digest([4; 32]));
    unit!(store, |tx| people::put_recovery(tx, id, &[first, second]).await);
    assert!(unit!(store, |tx| people::use_recovery(tx, id, first, noon()).await));
    assert!(!unit!(store, |tx| people::use_recovery(tx, id, first, noon()).await), "once");
    unit!(store, |tx| people::put_recovery(tx, id, &[first]).await);
    assert!(!unit!(store, |tx| people::use_recovery(tx, id, second, noon()).await), "replaced");
    unit!(store, |tx| people::begin_totp(tx, id, &[7]).await);
    unit!(store, |tx| people::drop_totp(tx, id).await);
    let user = unit!(store, |tx| people::get(tx, id).await).unwrap();
    assert_eq!((&user.totp, user.totp_step, user.totp_at, &user.totp_new), (&None, 0, None, &None));
    assert_eq!(unit!(store, |tx| people::administrators(tx).await), 0);
    cards_are_counted_by_day(store, id).await;

    let (good, old) = (Digest([1; 32]), Digest([2; 32]));
    let session = |hash, ms| SessionRow {
        hash,
        person: id,
        created_at: noon(),
        expires_at: noon().plus(ms),
        used_at: noon(),
        proven_at: None,
    };
    let (one, other) = (session(good, 100), session(old, 1));
    unit!(store, |tx| {
        people::open_session(tx, &one).await?;
        people::open_session(tx, &other).await
    });
    let by = async |hash, now, idle| unit!(store, |tx| people::by_session(tx, hash, now, idle).await);
    assert_eq!(by(good, noon().plus(99), noon()).await, Some((one, user)));
    assert_eq!(by(good, noon().plus(100), noon()).await, None, "over");
    assert_eq!(by(good, noon().plus(99), noon().plus(1)).await, None, "not used for long");
    unit!(store, |tx| people::use_session(tx, good, noon().plus(1)).await);
    unit!(store, |tx| people::prove_session(tx, good, noon().plus(2)).await);
    let (seen, _) = by(good, noon().plus(99), noon().plus(1)).await.unwrap();
    assert_eq!((seen.used_at, seen.proven_at), (noon().plus(1), Some(noon().plus(2))));
    assert_eq!(unit!(store, |tx| people::sweep_sessions(tx, noon().plus(1), noon()).await), 1, "the old one");
    assert_eq!(unit!(store, |tx| people::sweep_sessions(tx, noon(), noon().plus(2)).await), 1, "the idle one");
    let both = async || {
        unit!(store, |tx| {
            people::open_session(tx, &one).await?;
            people::open_session(tx, &other).await
        });
    };
    both().await;
    assert_eq!(unit!(store, |tx| people::end_all_sessions(tx).await), 2);
    both().await;
    assert_eq!(unit!(store, |tx| people::close_sessions(tx, id, Some(good)).await), 1);
    unit!(store, |tx| people::close_session(tx, good).await);
    assert_eq!(by(good, noon(), noon()).await, None);

    assert!(unit!(store, |tx| people::anybody(tx).await));
    let names = unit!(store, |tx| people::inside(tx, &region("44")).await);
    assert_eq!(names.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["测试经办"]);
    assert_eq!(unit!(store, |tx| people::inside(tx, &region("45")).await), []);
    assert!(unit!(store, |tx| people::leave(tx, id, noon()).await));
    assert!(!unit!(store, |tx| people::leave(tx, id, noon()).await), "the first time stands");
    unit!(store, |tx| people::open_session(tx, &one).await);
    assert_eq!(by(good, noon(), noon()).await, None, "who left is not signed in");
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
    let page = |behind, skip, most| Page { behind, skip, most };
    let roster = |since: i64, skip, most| async move {
        let scope = [region("4403")];
        let rows =
            unit!(store, |tx| feeds::roster(tx, home, &scope, &[], UnixMs::new(since), page(None, skip, most)).await);
        rows.into_iter().map(|row| row.id.uuid().as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(roster(0, 0, 10).await, [1, 2, 3], "of the region, and the canteen's own");
    assert_eq!(roster(0, 1, 1).await, [2]);
    assert_eq!(roster(6, 0, 10).await, [2]);
    unit!(store, |tx| usage::add(tx, &[meal_row(11, home, "2026-03-02", 60)]).await);
    assert_eq!(roster(51, 0, 10).await, [1], "who is served here is sent again");
    let none: Vec<ElderRow> =
        unit!(store, |tx| feeds::roster(tx, CanteenId::from_uuid(n(9)), &[], &[], UnixMs::new(0), page(None, 0, 9))
            .await);
    assert_eq!(none, []);
    let (scope, new) = ([region("4403"), region("4101")], [region("4101")]);
    let told = unit!(store, |tx| feeds::roster(tx, home, &scope, &new, UnixMs::new(99), page(None, 0, 9)).await);
    let ids = |rows: Vec<ElderRow>| rows.into_iter().map(|row| row.id.uuid().as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(told), [3, 4], "of a region that is new to the canteen everybody");
    for (behind, rest) in [(0, vec![1, 2, 3]), (1, vec![2, 3]), (3, vec![])] {
        let (scope, behind) = ([region("4403")], Some(ElderId::from_uuid(n(behind))));
        let rows = unit!(store, |tx| feeds::roster(tx, home, &scope, &[], UnixMs::new(0), page(behind, 0, 9)).await);
        assert_eq!(ids(rows), rest, "behind an id, whoever comes before it");
    }
    let scope = [region("4403")];
    let from_elsewhere: Vec<ElderId> = unit!(store, |tx| feeds::from_elsewhere(tx, home, &scope).await);
    assert_eq!(from_elsewhere, [ElderId::from_uuid(n(3))]);
    let scope = [region("4101")];
    let from_elsewhere: Vec<ElderId> = unit!(store, |tx| feeds::from_elsewhere(tx, home, &scope).await);
    assert_eq!(from_elsewhere, []);
    let scope = [region("4403")];
    assert_eq!(ids(unit!(store, |tx| feeds::everybody(tx, home, &scope, 0, 9).await)), [1, 2, 3]);
    let scope = [region("4403")];
    assert_eq!(ids(unit!(store, |tx| feeds::everybody(tx, home, &scope, 2, 9).await)), [3]);
    let scope = [region("4403")];
    assert_eq!(unit!(store, |tx| feeds::roster_changed(tx, home, &scope).await), Some(UnixMs::new(60)));
    let nowhere = CanteenId::from_uuid(n(9));
    assert_eq!(unit!(store, |tx| feeds::roster_changed(tx, nowhere, &[]).await), None);
    assert_eq!(unit!(store, |tx| feeds::usage_changed(tx).await), Some(UnixMs::new(60)));
}

async fn the_databases_own_facts(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    assert_eq!(unit!(store, |tx| meta::get(tx, "x").await), None);
    assert_eq!(unit!(store, |tx| meta::keep(tx, "x", "1").await), "1");
    assert_eq!(unit!(store, |tx| meta::keep(tx, "x", "2").await), "1", "the first stands");
    assert_eq!(unit!(store, |tx| meta::get(tx, "x").await), Some("1".to_owned()));
    unit!(store, |tx| meta::put(tx, "x", "3").await);
    assert_eq!(unit!(store, |tx| meta::get(tx, "x").await), Some("3".to_owned()));
    let versions = unit!(store, |tx| meta::migrations(tx).await);
    assert!(versions.is_sorted() && versions.first() == Some(&1), "{versions:?}");
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    let other = TestDb::new(backend);
    let empty = Store::connect(&other.url().parse().unwrap(), true).await.unwrap();
    assert_eq!(empty.schema().await.unwrap(), Schema::Empty);
    assert_eq!(unit!(empty, |tx| meta::migrations(tx).await), Vec::<i64>::new());
}

crate::on_both! {
    canteens_and_their_facts
    elders_and_their_cards
    policies_and_calendars
    people_and_sessions
    the_roster_of_a_canteen
    the_databases_own_facts
}

/// The store's modules whose functions stand here, by name and source.
const MODULES: [(&str, &str); 37] = [
    ("claims", include_str!("../../src/store/claims.rs")),
    ("attachments", include_str!("../../src/store/attachments.rs")),
    ("backups", include_str!("../../src/store/backups.rs")),
    ("batches", include_str!("../../src/store/batches.rs")),
    ("corrections", include_str!("../../src/store/corrections.rs")),
    ("decisions", include_str!("../../src/store/decisions.rs")),
    ("idempotency", include_str!("../../src/store/idempotency.rs")),
    ("draws", include_str!("../../src/store/draws.rs")),
    ("register", include_str!("../../src/store/register.rs")),
    ("audit", include_str!("../../src/store/audit.rs")),
    ("board", include_str!("../../src/store/board.rs")),
    ("overview", include_str!("../../src/store/overview.rs")),
    ("canteens", include_str!("../../src/store/canteens.rs")),
    ("budgets", include_str!("../../src/store/budgets.rs")),
    ("explanations", include_str!("../../src/store/explanations.rs")),
    ("demands", include_str!("../../src/store/demands.rs")),
    ("days", include_str!("../../src/store/days.rs")),
    ("elders", include_str!("../../src/store/elders.rs")),
    ("epochs", include_str!("../../src/store/epochs.rs")),
    ("feeds", include_str!("../../src/store/feeds.rs")),
    ("identities", include_str!("../../src/store/identities.rs")),
    ("imports", include_str!("../../src/store/imports.rs")),
    ("meta", include_str!("../../src/store/meta.rs")),
    ("people", include_str!("../../src/store/people.rs")),
    ("policies", include_str!("../../src/store/policies.rs")),
    ("proposals", include_str!("../../src/store/proposals.rs")),
    ("quarantine", include_str!("../../src/store/quarantine.rs")),
    ("records", include_str!("../../src/store/records.rs")),
    ("refund_payments", include_str!("../../src/store/refund_payments.rs")),
    ("context", include_str!("../../src/store/context.rs")),
    ("findings", include_str!("../../src/store/findings.rs")),
    ("holds", include_str!("../../src/store/holds.rs")),
    ("settings", include_str!("../../src/store/settings.rs")),
    ("sign_in", include_str!("../../src/store/sign_in.rs")),
    ("simulation", include_str!("../../src/store/simulation.rs")),
    ("terminals", include_str!("../../src/store/terminals.rs")),
    ("usage", include_str!("../../src/store/usage.rs")),
];

#[test]
fn nothing_is_left_out() {
    let here = concat!(
        include_str!("store_contract.rs"),
        include_str!("store_imports.rs"),
        include_str!("store_journals.rs"),
        include_str!("store_sync.rs"),
        include_str!("rules.rs"),
        include_str!("findings.rs"),
        include_str!("demands.rs"),
        include_str!("budgets.rs"),
        include_str!("claims.rs"),
        include_str!("third_signature.rs"),
        include_str!("console.rs"),
        include_str!("console_days.rs"),
        include_str!("console_month.rs"),
        include_str!("forks.rs"),
        include_str!("audit.rs"),
        include_str!("attachments.rs"),
        include_str!("cards.rs"),
        include_str!("corrections.rs"),
        include_str!("proposals.rs"),
        include_str!("console_office.rs"),
        include_str!("console_supervision.rs"),
        include_str!("idempotency.rs"),
        include_str!("sign_in.rs"),
        include_str!("twins.rs"),
        include_str!("after_restore.rs")
    );
    let here: String = here.split_whitespace().collect();
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
