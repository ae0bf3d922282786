//! Every store function of refunds, unknown credentials and the ends of journals, on both databases; see
//! [`super::store_contract`].

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::UnixMs;
use domain::id::{Digest, ElderId, RecordId, RefundId, UserId};
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::record::{Body, Head, Refund};
use domain::region::RegionCode;
use server::admin::NewUser;
use server::people::Role;
use server::sql;
use server::store::epochs::{self, ForkKind};
use server::store::identities::{self, How};
use server::store::records::{self, Journal, NewRecord};
use server::store::refund_payments::{self, Conflict, Owed, refund_id};
use server::store::terminals::{self, EpochRow};
use server::store::{days, usage};
use support::Backend;

use crate::common::{Till, World, date, noon, region};
use crate::rows::{append_only, n};
use crate::unit;

async fn people(world: &World) -> [UserId; 2] {
    let add = async |name: &str| {
        let user = NewUser {
            name: name.into(),
            passphrase: "足够长的口令，测试用".to_owned().into(),
            role: Role::Administrator,
            region: region("4403"),
            canteen: None,
        };
        world.office().add_user(user, None).await.unwrap()
    };
    [add("甲管理员").await, add("乙管理员").await]
}

fn new_record(till: &mut Till, body: Body) -> NewRecord {
    let record = till.draft(body);
    let sent = till.append(record.clone());
    NewRecord { record, hash: sent.signed.hash(), signed: sent.signed, dispute: None, received_at: noon() }
}

async fn world(backend: Backend) -> (World, Till) {
    crate::client::world(backend).await
}

async fn refunds_are_listed_and_settled(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let store = &world.office().store;
    let (home, day) = (till.row.canteen, date("2026-03-02"));
    let (meal, elder) = (RecordId::from_uuid(n(1)), ElderId::from_uuid(n(2)));
    let dues = move |fen: i64| {
        let (amount, shares, reason) = (Fen::new(fen), PayerSums::default(), "stale_decision".to_owned());
        BTreeMap::from([(meal, Owed { elder, amount, shares, reason })])
    };
    let set = |fen: i64| async move {
        let dues = dues(fen);
        unit!(store, |tx| refund_payments::set_dues(tx, home, day, &dues, noon()).await);
    };
    set(300).await;
    assert_eq!(unit!(store, |tx| refund_payments::due_refunds(tx, home).await), [], "the day was never closed");
    let closed = async || {
        unit!(store, |tx| {
            days::touch(tx, &BTreeSet::from([(home, day)]), noon()).await?;
            let state = days::get(tx, home, day).await?.unwrap();
            days::closed(tx, &state).await
        });
    };
    assert!(unit!(store, |tx| refund_payments::owing(tx, &region("44")).await).is_empty(), "nor asked for");
    closed().await;
    assert_eq!(unit!(store, |tx| refund_payments::owing(tx, &region("44")).await), BTreeSet::from([home]));
    assert!(unit!(store, |tx| refund_payments::owing(tx, &region("11")).await).is_empty());
    let due = unit!(store, |tx| refund_payments::due_refunds(tx, home).await);
    assert_eq!((due.len(), due[0].id, due[0].amount), (1, refund_id(meal, Fen::ZERO, Fen::new(300)), Fen::new(300)));
    assert_eq!((due[0].elder, due[0].meal, due[0].date), (elder, meal, day));
    unit!(store, |tx| days::touch(tx, &BTreeSet::from([(home, day)]), noon()).await);
    assert_eq!(unit!(store, |tx| refund_payments::due_refunds(tx, home).await), [], "its close does not stand");
    closed().await;

    let refund = |due: RefundId, fen: i64| Body::Refund(Refund { due, meal, elder, amount: Fen::new(fen) });
    let paid = vec![new_record(&mut till, refund(due[0].id, 300)), new_record(&mut till, refund(due[0].id, 300))];
    let again = paid[1].record.id;
    unit!(store, |tx| refund_payments::add(tx, home, &paid, noon()).await);
    assert_eq!(unit!(store, |tx| refund_payments::due_refunds(tx, home).await), []);
    assert_eq!(unit!(store, |tx| refund_payments::paid(tx, home).await), BTreeMap::from([(meal, Fen::new(300))]));
    let conflicts = unit!(store, |tx| refund_payments::conflicts(tx, home).await);
    assert_eq!(conflicts.iter().map(|c| (c.record, c.conflict)).collect::<Vec<_>>(), [(again, Conflict::Again)]);

    // The day is closed again and more is due: the rest is an entry of its own. A refund of it that came while the
    // office had forgotten the entry counts as soon as it is listed.
    let rest = refund_id(meal, Fen::new(300), Fen::new(200));
    let early = vec![new_record(&mut till, refund(rest, 200))];
    unit!(store, |tx| refund_payments::add(tx, home, &early, noon()).await);
    let conflicts = unit!(store, |tx| refund_payments::conflicts(tx, home).await);
    assert_eq!(conflicts.iter().map(|c| c.conflict).collect::<Vec<_>>(), [Conflict::Again, Conflict::Unknown]);
    set(500).await;
    assert_eq!(unit!(store, |tx| refund_payments::paid(tx, home).await), BTreeMap::from([(meal, Fen::new(500))]));
    assert_eq!(unit!(store, |tx| refund_payments::conflicts(tx, home).await).len(), 1);
    assert_eq!(unit!(store, |tx| refund_payments::due_refunds(tx, home).await), []);
    let state = unit!(store, |tx| days::get(tx, home, day).await).unwrap();
    assert!(state.version > state.closed_version, "the day of a payment that counts now is closed again");
    closed().await;
    set(600).await;
    let due = unit!(store, |tx| refund_payments::due_refunds(tx, home).await);
    assert_eq!((due[0].id, due[0].amount), (refund_id(meal, Fen::new(500), Fen::new(100)), Fen::new(100)));
    unit!(store, |tx| refund_payments::relist(tx, home, &BTreeSet::from([meal]), noon()).await);
    let entries = unit!(store, |tx| sql!(tx, "SELECT COUNT(*) FROM refund_entries").value::<i64>().await);
    assert_eq!(entries, 3, "300, then 200, then 100");
    unit!(store, |tx| refund_payments::set_dues(tx, home, day, &BTreeMap::new(), noon()).await);
    assert_eq!(unit!(store, |tx| refund_payments::due_refunds(tx, home).await), [], "nothing is due any more");
    append_only(store, "refund_entries").await;
    append_only(store, "refund_payments").await;
}

async fn meals_of_unknown_credentials(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (store, office) = (&world.office().store, world.office().clone());
    let (home, id, day) = (till.row.canteen, till.id(), date("2026-03-02"));
    let elder = world.elder(1, None).await;
    let mut body = till.meal_body(&office, None);
    body.unidentified = Some(Digest([4; 32]));
    let new = vec![new_record(&mut till, Body::Meal(Box::new(body))), {
        let guest = till.meal_body(&office, None);
        new_record(&mut till, Body::Meal(Box::new(guest)))
    }];
    let meal = new[0].record.id;
    unit!(store, |tx| {
        records::add(tx, &new).await?;
        identities::add(tx, &new).await
    });
    let waiting = unit!(store, |tx| identities::waiting(tx, noon()).await);
    assert_eq!(
        waiting.iter().map(|w| (w.record, w.digest, w.date)).collect::<Vec<_>>(),
        [(meal, Digest([4; 32]), day)]
    );
    assert_eq!(unit!(store, |tx| identities::open(tx, home).await), waiting);
    assert_eq!(unit!(store, |tx| identities::terminals(tx).await), [(id, home)]);
    assert_eq!(unit!(store, |tx| identities::of_digest(tx, id, Digest([4; 32])).await), waiting);
    assert_eq!(unit!(store, |tx| identities::of_digest(tx, id, Digest([5; 32])).await), []);
    let looked = waiting.clone();
    unit!(store, |tx| identities::looked(tx, &looked, noon()).await);
    assert_eq!(unit!(store, |tx| identities::waiting(tx, noon()).await), [], "looked for a moment ago");
    assert_eq!(unit!(store, |tx| identities::waiting(tx, noon().plus(1)).await), waiting);
    let of = waiting[0];
    assert!(unit!(store, |tx| identities::identify(tx, &of, elder, How::Chip, noon().plus(9)).await));
    assert!(!unit!(store, |tx| identities::identify(tx, &of, elder, How::Card, noon().plus(10)).await), "once");
    assert_eq!(unit!(store, |tx| identities::open(tx, home).await), []);
    assert_eq!(unit!(store, |tx| identities::terminals(tx).await), []);
    assert_eq!(unit!(store, |tx| identities::of_day(tx, home, day).await), BTreeMap::from([(meal, elder)]));
    let row = unit!(store, |tx| usage::get(tx, home, meal).await).unwrap();
    assert_eq!((row.elder, row.policy, row.lines.0, row.changed_at), (elder, None, vec![], noon().plus(9)));
    assert!(unit!(store, |tx| days::get(tx, home, day).await).unwrap().is_dirty());
    append_only(store, "identifications").await;
}

async fn ends_and_witnesses(backend: Backend) {
    let (world, till) = world(backend).await;
    let store = &world.office().store;
    let [one, two] = people(&world).await;
    let journal = Journal { canteen: till.row.canteen, terminal: till.id(), epoch: 1 };
    let id = journal.terminal;
    assert_eq!(unit!(store, |tx| epochs::end(tx, journal).await), None);
    assert!(!unit!(store, |tx| epochs::confirm_end(tx, journal, 7, 1, two, noon()).await), "nobody asked");
    assert!(unit!(store, |tx| epochs::ask_end(tx, journal, "摔坏", two, noon()).await));
    assert!(unit!(store, |tx| epochs::ask_end(tx, journal, "硬盘损坏", one, noon().plus(1)).await));
    assert!(!unit!(store, |tx| epochs::confirm_end(tx, journal, 7, 1, one, noon()).await), "not by the same person");
    assert!(unit!(store, |tx| epochs::ended(tx, journal.canteen, id).await).is_empty());
    assert!(unit!(store, |tx| epochs::confirm_end(tx, journal, 7, 1, two, noon().plus(2)).await));
    assert!(!unit!(store, |tx| epochs::confirm_end(tx, journal, 9, 0, two, noon().plus(3)).await), "once");
    assert!(!unit!(store, |tx| epochs::ask_end(tx, journal, "再来", one, noon().plus(3)).await), "it is ended");
    let end = unit!(store, |tx| epochs::end(tx, journal).await).unwrap();
    assert_eq!((end.reason.as_str(), end.asked_by, end.next, end.missing), ("硬盘损坏", one, Some(7), Some(1)));
    assert_eq!((end.confirmed_by, end.confirmed_at), (Some(two), Some(noon().plus(2))));
    assert_eq!(unit!(store, |tx| epochs::ended(tx, journal.canteen, id).await), BTreeSet::from([1]));
    for change in ["UPDATE epoch_ends SET next = 9", "DELETE FROM epoch_ends"] {
        let tried = store.write(move |tx| Box::pin(async move { sql!(tx, change).execute().await })).await;
        assert!(tried.unwrap_err().to_string().contains("ended"), "{change}");
    }

    let stands = EpochRow { epoch: 1, next: 5, last_at: Some(noon()) };
    unit!(store, |tx| terminals::advance(tx, journal.canteen, id, stands).await);
    assert_eq!(unit!(store, |tx| epochs::missing(tx, journal, 5).await), 5);
    unit!(store, |tx| epochs::witness(tx, id).await);
    assert_eq!(unit!(store, |tx| epochs::witnessed(tx, journal).await), 5);
    assert_eq!(unit!(store, |tx| epochs::witnessed(tx, Journal { epoch: 2, ..journal }).await), 0);
    append_only(store, "witnessed_heads").await;
}

async fn forks_and_what_was_decided(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let store = &world.office().store;
    let [one, two] = people(&world).await;
    let (home, id) = (till.row.canteen, till.id());
    let cash = || Body::Cash { amount: Fen::new(1), note: String::new() };
    let start = |previous| Body::Start { previous, software: String::new() };
    let mut new =
        vec![new_record(&mut till, start(None)), new_record(&mut till, cash()), new_record(&mut till, cash())];
    let hash = new[1].signed.hash();
    let head = |sequence, hash| Some(Head { epoch: 1, sequence, hash });
    // Restored from a backup; a wrong record at that place; nothing known of the past; all as it should be.
    let last = new[2].signed.hash();
    let named = [head(1, hash), head(2, hash), None, head(2, last)];
    for (epoch, previous) in (2..).zip(named) {
        (till.epoch, till.next, till.head) = (epoch, 0, Digest::ZERO);
        new.push(new_record(&mut till, start(previous)));
    }
    till.head = Digest([1; 32]);
    new.push(new_record(&mut till, cash()));
    let rows = new.clone();
    unit!(store, |tx| {
        records::add(tx, &rows).await?;
        for (epoch, next) in [(1, 3), (2, 1), (3, 1), (4, 1), (5, 2)] {
            terminals::advance(tx, home, id, EpochRow { epoch, next, last_at: Some(noon()) }).await?;
        }
        Ok(())
    });
    let of = |place: RegionCode| async move { unit!(store, |tx| epochs::forks(tx, &place).await) };
    let fifth = Journal { canteen: home, terminal: id, epoch: 5 };
    assert_eq!(unit!(store, |tx| epochs::all_breaks(tx, false).await), BTreeSet::new());
    for _ in 0..2 {
        // What fits is not noted, and nothing is noted twice.
        let places = BTreeSet::from([0, 1, 2]);
        unit!(store, |tx| epochs::note_breaks(tx, fifth, &places).await);
    }
    let broken = BTreeSet::from([(home, id, 5, 1, Digest([1; 32]))]);
    for again in [false, true] {
        assert_eq!(unit!(store, |tx| epochs::all_breaks(tx, again).await), broken);
    }
    append_only(store, "journal_breaks").await;
    let forks = of(region("4403")).await;
    let seen: Vec<_> = forks.iter().map(|f| (f.epoch, f.sequence, f.kind, f.resolution.is_some())).collect();
    let lower = ForkKind::LowerHead;
    // Epochs 3 to 5 name a head of epoch 1, though there were others since.
    let expected = [
        (2, 0, lower, false),
        (3, 0, lower, false),
        (4, 0, ForkKind::NoHead, false),
        (5, 0, lower, false),
        (5, 1, ForkKind::BrokenChain, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(of(region("4401")).await, []);
    let fork = forks[0].clone();
    for first in [true, false] {
        let (fork, by) = (fork.clone(), if first { one } else { two });
        assert_eq!(unit!(store, |tx| epochs::resolve(tx, &fork, "从备份恢复", by, UnixMs::new(5)).await), first);
    }
    let resolution = unit!(store, |tx| epochs::resolution(tx, home, id, 2, 0).await).unwrap();
    assert_eq!((resolution.reason.as_str(), resolution.decided_by), ("从备份恢复", one));
    let last = of(region("4403")).await.pop().unwrap();
    assert_eq!((last.epoch, last.resolution), (2, Some(resolution)), "what is decided stands last");
    append_only(store, "fork_resolutions").await;
}

crate::on_both! {
    refunds_are_listed_and_settled
    meals_of_unknown_credentials
    ends_and_witnesses
    forks_and_what_was_decided
}
