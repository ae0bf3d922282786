//! Every store function of terminals, records, meals and days, on both databases; see [`super::store_contract`].

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use domain::money::Fen;
use domain::reconciliation::Frozen;
use domain::record::check::Dispute;
use domain::record::encoding::SignedRecord;
use domain::record::{Body, Record};
use domain::sync::{Outcome, Rejection};
use server::sql;
use server::store::canteens::{self};
use server::store::days::{self, DayState};
use server::store::records::{self, Journal, NewRecord, NewReject};
use server::store::terminals::{self, CodeRow, EpochRow, Standing, TerminalRow};
use server::store::usage::{self};
use server::store::{Store, epochs, feeds};
use support::{Backend, TestDb};

use crate::common::{Till, World, date, noon, region};
use crate::rows::{append_only, canteen_row, meal_row, n};
use crate::unit;

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
        confirmed_at: None,
        retired_at: None,
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
    assert_eq!(unit!(store, |tx| terminals::issuer(tx, id).await), None, "the program gave it out");
    assert!(!unit!(store, |tx| terminals::use_code(tx, hash, id).await));
    assert_eq!(unit!(store, |tx| terminals::good_code(tx, hash, noon()).await), None);
    assert_eq!(unit!(store, |tx| terminals::get(tx, id).await), Some(row.clone()));
    assert_eq!(unit!(store, |tx| terminals::by_key(tx, Digest([5; 32])).await), Some(row.clone()));
    assert_eq!(unit!(store, |tx| terminals::of_canteen(tx, home).await), std::slice::from_ref(&row));
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
    let bare = |e: EpochRow| Standing {
        epoch: e.epoch,
        next: e.next,
        last_at: e.last_at,
        ended: false,
        waits: false,
        quarantined: false,
    };
    assert_eq!(unit!(store, |tx| terminals::standing(tx, home, id).await), [bare(empty), bare(stands)]);
    let cursor = unit!(store, |tx| terminals::cursor(tx, home, id, empty).await);
    assert_eq!((cursor.next, cursor.head), (0, Digest::ZERO));
    assert_eq!(unit!(store, |tx| terminals::progress(tx, home).await), [], "nobody has let it in");
    assert!(unit!(store, |tx| terminals::confirm(tx, id, None, noon().plus(1)).await));
    assert!(!unit!(store, |tx| terminals::confirm(tx, id, None, noon().plus(2)).await), "the first time stands");
    assert_eq!(unit!(store, |tx| terminals::last_heard(tx).await), Some(noon().plus(3)));
    assert_eq!(unit!(store, |tx| terminals::silent(tx, noon().plus(3)).await), (1, 0));
    assert_eq!(unit!(store, |tx| terminals::silent(tx, noon().plus(4)).await), (1, 1));
    let fresh = TerminalRow { id: TerminalId::from_uuid(n(6)), public_key: Digest([7; 32]), ..row.clone() };
    unit!(store, |tx| terminals::add(tx, &fresh).await);
    assert!(unit!(store, |tx| terminals::confirm(tx, TerminalId::from_uuid(n(6)), None, noon().plus(5)).await));
    let late = "one that has not called yet is silent since it was let in";
    assert_eq!(unit!(store, |tx| terminals::silent(tx, noon().plus(5)).await), (2, 1), "{late}");
    assert_eq!(unit!(store, |tx| terminals::silent(tx, noon().plus(6)).await), (2, 2), "{late}");
    assert!(unit!(store, |tx| terminals::revoke(tx, TerminalId::from_uuid(n(6)), noon().plus(6)).await));
    let held = unit!(store, |tx| terminals::hold(tx, id).await).unwrap();
    assert_eq!((held.confirmed_at, held.seen_at), (Some(noon().plus(1)), Some(noon().plus(3))));
    assert_eq!(unit!(store, |tx| terminals::incomplete(tx, home, id).await), Vec::<u32>::new());
    let day = date("2026-03-02");
    for (asked, found) in [(1, 1), (2, 1)] {
        unit!(store, |tx| terminals::count_lookups(tx, id, day, asked, found).await);
    }
    assert_eq!(unit!(store, |tx| terminals::lookups(tx, id).await), [(day, 3, 2)]);
    assert!(unit!(store, |tx| terminals::revoke(tx, id, noon()).await));
    assert!(!unit!(store, |tx| terminals::revoke(tx, id, noon().plus(1)).await));
    assert_eq!(unit!(store, |tx| terminals::silent(tx, noon().plus(4)).await), (0, 0), "it is out of use");
    let progress = unit!(store, |tx| terminals::progress(tx, home).await);
    assert_eq!((progress[0].terminal, progress[0].ended, progress[0].passed), (id, Some(noon()), Some(noon())));
    assert_eq!(progress[0].enrolled, noon().plus(1));
    unit!(store, |tx| terminals::retired(tx, id, noon().plus(5)).await);
    assert_eq!(unit!(store, |tx| terminals::get(tx, id).await).unwrap().retired_at, Some(noon().plus(5)));
}

fn journal(till: &Till) -> Journal {
    Journal { canteen: till.row.canteen, terminal: till.id(), epoch: 1 }
}

fn new_record(till: &mut Till, body: Body, dispute: Option<Dispute>) -> NewRecord {
    let record = till.draft(body);
    let sent = till.append(record.clone());
    NewRecord { record, hash: sent.signed.hash(), signed: sent.signed, dispute, received_at: noon() }
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
    new.push(new_record(&mut till, Body::Void { meal: meal_id, reason: String::new(), approved_by: None }, None));
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
    assert_eq!(unit!(store, |tx| records::age_said(tx, home, meal_id).await), None, "a guest");
    let lacking = unit!(store, |tx| records::without_rules(tx, home, date("2026-03-02")).await);
    assert_eq!(lacking, BTreeSet::new(), "disputed for another reason");
    assert_eq!(unit!(store, |tx| records::days_without_rules(tx).await), BTreeSet::new());
    assert_eq!(unit!(store, |tx| records::dates_at(tx, j, 3).await), [date("2026-03-03")]);
    assert_eq!(unit!(store, |tx| records::dates_at(tx, j, 4).await), []);
    assert_eq!(unit!(store, |tx| records::void_of(tx, home, meal_id).await), Some(decoded[3].id));
    let held = unit!(store, |tx| records::held(tx, home, date("2026-03-02")).await);
    let held = held
        .into_iter()
        .map(|h| (h.record.sequence, h.disputed, h.voided, h.frozen != Frozen::Not))
        .collect::<Vec<_>>();
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
    let hash_at =
        |next| async move { unit!(store, |tx| terminals::cursor(tx, home, j.terminal, epoch(next)).await).head };
    assert_eq!(
        (hash_at(4).await, hash_at(5).await),
        (signed[3].hash(), signed[0].hash()),
        "of a record, or of quarantine"
    );
    unit!(store, |tx| terminals::advance(tx, home, j.terminal, epoch(4)).await);
    let cursors = unit!(store, |tx| terminals::cursors(tx, home, j.terminal).await);
    assert_eq!(cursors.iter().map(|c| (c.next, c.head)).collect::<Vec<_>>(), [(4, signed[3].hash())]);
    let beside = async || {
        let all = unit!(store, |tx| terminals::standing(tx, home, j.terminal).await);
        all.iter().map(|e| (e.epoch, e.next, e.ended, e.waits, e.quarantined)).collect::<Vec<_>>()
    };
    assert_eq!(beside().await, [(1, 4, false, true, true)]);
    unit!(store, |tx| records::stop_waiting(tx, j, 10).await);
    assert_eq!(beside().await, [(1, 4, false, false, true)]);
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
    let eaters = async |canteen, scope: &'static str, since, behind: u128, most| {
        let (scope, behind) = (scope.parse::<domain::region::RegionCode>().ok(), ElderId::from_uuid(n(behind)));
        unit!(store, |tx| {
            let (scope, since) = (scope.as_slice(), UnixMs::new(since));
            let of = feeds::UsesOf { scope, new: &[], since, first: date("2026-03-01"), behind };
            feeds::eaters(tx, canteen, of, most).await
        })
    };
    assert_eq!(eaters(far, "", 0, 0, 9).await, [elder, other], "whoever ate here");
    assert_eq!(eaters(far, "", 0, 0, 1).await, [elder]);
    assert_eq!(eaters(far, "", 0, 1, 9).await, [other], "behind the page before");
    assert_eq!(eaters(far, "", 41, 0, 9).await, [], "older dates do not count");
    assert_eq!(eaters(CanteenId::from_uuid(n(77)), "44", 0, 0, 9).await, [], "nobody of another place");
    unit!(store, |tx| usage::stamp(tx, other, UnixMs::new(50)).await);
    assert_eq!(eaters(far, "", 50, 0, 9).await, [other]);

    assert_eq!(unit!(store, |tx| usage::eaters(tx, far, date("2026-03-05")).await), [elder, other]);
    assert_eq!(unit!(store, |tx| usage::eaters(tx, near, date("2026-03-02")).await), [elder], "a voided meal counts");
    assert_eq!(unit!(store, |tx| usage::eaters(tx, near, date("2026-03-05")).await), []);
    let served = unit!(store, |tx| feeds::served(tx, far, &[elder, other], date("2026-03-05")).await);
    assert_eq!(served, BTreeSet::from([elder, other]));
    assert_eq!(unit!(store, |tx| feeds::served(tx, near, &[other], date("2026-03-01")).await), BTreeSet::new());
    let eaten = BTreeSet::from([(elder, date("2026-03-02"))]);
    let behind = async |known: &[(CanteenId, &str)]| {
        let mut touched = known.iter().map(|(canteen, day)| (*canteen, date(day))).collect();
        let eaten = eaten.clone();
        unit!(store, |tx| {
            days::add_behind(tx, &eaten, &mut touched).await?;
            Ok::<_, server::Error>(touched)
        })
    };
    let both = BTreeSet::from([(near, date("2026-03-02")), (far, date("2026-03-05"))]);
    assert_eq!(behind(&[]).await, both);
    assert_eq!(behind(&[(near, "2026-03-02")]).await, both, "what is known is not lost");
    assert_eq!(behind(&[(far, "2026-03-02")]).await, {
        let mut all = both.clone();
        all.insert((far, date("2026-03-02")));
        all
    });
    let later = [(far, "2026-03-02"), (far, "2026-03-06")];
    assert!(behind(&later).await.is_superset(&both), "a day between two known ones is asked for");
    let of_elder = unit!(store, |tx| days::of_elder(tx, elder, date("2026-03-01")).await);
    assert_eq!(BTreeSet::from_iter(of_elder), both);
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
    let overdue = async |day: &'static str| unit!(store, |tx| days::overdue(tx, date(day)).await);
    assert_eq!(overdue("2026-03-04").await, (2, Some(date("2026-03-02"))));
    assert_eq!(overdue("2026-03-03").await, (1, Some(date("2026-03-02"))));
    assert_eq!(overdue("2026-03-02").await, (0, None));
    assert_eq!(unit!(store, |tx| days::dirty(tx, 1).await), [first]);
    assert!(first.is_dirty());
    assert!(!unit!(store, |tx| days::closed(tx, &DayState { version: 1, ..first }).await), "touched since");
    assert!(unit!(store, |tx| days::closed(tx, &first).await));
    assert_eq!(unit!(store, |tx| days::dirty(tx, 9).await), [second]);
    assert_eq!(unit!(store, |tx| days::dates(tx).await), [date("2026-03-02"), date("2026-03-03")]);
    let failing = |days: &[(&str, CanteenId, &str)]| -> BTreeMap<_, _> {
        days.iter().map(|(day, canteen, error)| ((date(day), *canteen), (*error).to_owned())).collect()
    };
    let failed = async |days: BTreeMap<_, _>, at: UnixMs| {
        unit!(store, |tx| days::set_failed(tx, &days, at).await);
        let rows = unit!(store, |tx| days::failed(tx).await);
        rows.into_iter().map(|day| (day.date, day.canteen, day.error, day.failed_at)).collect::<Vec<_>>()
    };
    let (monday, tuesday) = (date("2026-03-02"), date("2026-03-03"));
    let later = noon().plus(9);
    assert_eq!(
        failed(failing(&[("2026-03-03", one, "a"), ("2026-03-02", two, "b")]), noon()).await,
        [(monday, two, "b".to_owned(), noon()), (tuesday, one, "a".to_owned(), noon())]
    );
    let other = failing(&[("2026-03-02", two, "c"), ("2026-03-02", one, "d")]);
    let mut listed = failed(other, later).await;
    listed.sort_by(|a, b| a.2.cmp(&b.2));
    assert_eq!(listed, [(monday, two, "c".to_owned(), noon()), (monday, one, "d".to_owned(), later)]);
    assert_eq!(failed(failing(&[]), later).await, []);
    assert_eq!(unit!(store, |tx| days::canteens_on(tx, date("2026-03-03")).await), [two]);
}

/// A database of before the table is brought up to date with the breaks that its records show.
async fn breaks_of_before_are_kept_once_it_is_brought_up_to_date(backend: Backend) {
    let db = TestDb::new(backend);
    let store = Store::open_at(&db.url().parse().unwrap(), 25).await.unwrap();
    let canteen = canteen_row(1, "440304001");
    let (home, id) = (canteen.id, TerminalId::from_uuid(n(5)));
    let row = TerminalRow {
        id,
        canteen: home,
        public_key: Digest([5; 32]),
        enrolled_at: noon(),
        revoked_at: None,
        seen_at: None,
        software: None,
        unsent: None,
        confirmed_at: None,
        retired_at: None,
    };
    unit!(store, |tx| {
        canteens::add(tx, &canteen).await?;
        terminals::add(tx, &row).await?;
        // The second names the first, the third names another record.
        for (sequence, hash, previous) in [(0_i64, 1_u8, 0), (1, 2, 1), (2, 3, 9)] {
            sql!(
                tx,
                "INSERT INTO records (canteen, id, terminal, epoch, sequence, business_date, kind, at, bytes, hash, \
                 previous, signature, outcome, received_at) \
                 VALUES ($1, $2, $3, 1, $4, '2026-03-02', 'cash', 0, $5, $5, $6, $5, 'accepted', 0)",
                home,
                RecordId::from_uuid(n(u128::from(hash))),
                id,
                sequence,
                Digest([hash; 32]),
                Digest([previous; 32])
            )
            .execute()
            .await?;
        }
        Ok(())
    });
    store.migrate().await.unwrap();
    let broken = BTreeSet::from([(home, id, 1, 2, Digest([9; 32]))]);
    for again in [false, true] {
        assert_eq!(unit!(store, |tx| epochs::all_breaks(tx, again).await), broken);
    }
    store.close().await;
}

crate::on_both! {
    breaks_of_before_are_kept_once_it_is_brought_up_to_date
    terminals_and_their_codes
    records_and_what_is_not_one
    a_place_and_an_id_are_held_once
    meals_of_elders
    days_and_what_touched_them
}
