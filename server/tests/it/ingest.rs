//! Ingest over both databases: the same records give the same outcomes, cursor and meals, however they arrive.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Sent, Till, World, date, noon};
use crate::month::MARCH;
use domain::decision::Kind;
use domain::id::{CanteenId, ElderId, RecordId};
use domain::money::Fen;
use domain::record::check::Dispute;
use domain::record::encoding::{MAX_BYTES, SignedRecord};
use domain::record::{Body, Head, Meal};
use domain::sync::{Cursor, Outcome, Rejection};
use proptest::prelude::*;
use server::store::{Tx, days, records, terminals, usage};
use server::{Error, sql};
use support::Backend;

/// Everything that ingest leaves behind for one terminal, in words that can be compared.
#[derive(Clone, Debug, PartialEq)]
struct Left {
    records: Vec<(u64, RecordId, String, Option<String>)>,
    quarantine: BTreeSet<(u64, Vec<u8>, String)>,
    waiting: i64,
    meals: Vec<(RecordId, ElderId, String, Option<RecordId>, String)>,
    cursors: Vec<(u32, u64, String)>,
    days: BTreeSet<(CanteenId, String)>,
}

async fn left(world: &World, till: &Till) -> Left {
    let (canteen, id) = (till.row.canteen, till.id());
    world.office().store.read(move |tx| Box::pin(async move { read_left(tx, canteen, id).await })).await.unwrap()
}

async fn read_left(tx: &mut Tx, canteen: CanteenId, id: domain::id::TerminalId) -> Result<Left, Error> {
    let records =
        sql!(tx, "SELECT sequence, id, outcome, dispute FROM records WHERE terminal = $1 ORDER BY epoch, sequence", id)
            .all()
            .await?;
    let quarantine =
        sql!(tx, "SELECT sequence, bytes, rejection FROM quarantine WHERE terminal = $1", id).all().await?;
    let waiting = sql!(tx, "SELECT COUNT(*) FROM waiting_records WHERE terminal = $1", id).value().await?;
    let meals = sql!(
        tx,
        "SELECT record, elder, date, voided_by, lines FROM elder_meals WHERE terminal = $1 ORDER BY record",
        id
    );
    let meals = meals.all().await?;
    let cursors = terminals::cursors(tx, canteen, id).await?;
    let days = days::of_canteen(tx, canteen, date("2000-01-01")).await?;
    Ok(Left {
        records,
        quarantine: quarantine.into_iter().collect(),
        waiting,
        meals,
        cursors: cursors.into_iter().map(|c| (c.epoch, c.next, c.head.to_string())).collect(),
        days: days.into_iter().map(|d| (d.canteen, d.date.to_string())).collect(),
    })
}

/// A day at the till with everything that can be in it, some of it spoilt on the way or by a wrong program.
fn a_day(world: &World, till: &mut Till, elders: &[ElderId]) -> Vec<Sent> {
    let office = world.office().clone();
    let mut sent = vec![till.start(None), till.open()];
    for (n, elder) in elders.iter().enumerate() {
        let meal = till.meal(&office, Some(*elder));
        sent.push(meal.clone());
        if n == 1 {
            sent.push(till.void(meal.id));
        }
    }
    sent.push(till.meal(&office, None));
    // Genuine, but its lines are not those of its inputs.
    let mut greedy = till.meal_body(&office, Some(elders[0]));
    greedy.decision.lines[0].amount = Fen::new(400);
    greedy.decision.own_payment = Fen::new(1400);
    sent.push(till.push(Body::Meal(Box::new(greedy))));
    // Genuine, but it does not follow the one before it.
    let mut astray = till.draft(Body::Cash { amount: Fen::new(-500), note: "换零钱".into() });
    astray.previous = domain::id::Digest([7; 32]);
    sent.push(till.append(astray));
    sent.push(till.close());
    // Bytes that were spoilt before they were sent: the cursor passes them.
    let mut torn = till.push(Body::Cash { amount: Fen::new(1), note: "坏块".into() });
    torn.signed.record.truncate(60);
    sent.push(torn);
    let mut forged = till.push(Body::Cash { amount: Fen::new(2), note: "伪造".into() });
    forged.signed.signature.0[5] ^= 1;
    sent.push(forged);
    till.at = date("2026-03-03").start().plus(1);
    sent.push(till.push(Body::Day { through: date("2026-03-02") }));
    sent
}

struct Scene {
    world: World,
    till: Till,
    sent: Vec<Sent>,
}

async fn scene(backend: Backend) -> Scene {
    let world = World::new(backend).await;
    world.rules().await;
    let canteen = world.canteen("测试食堂").await;
    let mut elders = Vec::new();
    for n in 0..3 {
        elders.push(world.elder(n, None).await);
    }
    let mut till = world.terminal(canteen).await;
    let sent = a_day(&world, &mut till, &elders);
    Scene { world, till, sent }
}

/// Delivers by a recipe: for each step the indices of the records in one batch.
async fn deliver(scene: &Scene, steps: &[Vec<usize>]) {
    for step in steps {
        let records: Vec<Sent> = step.iter().map(|i| scene.sent[*i].clone()).collect();
        scene.world.ingest(&scene.till, 1, &records).await;
    }
}

async fn in_order_gives_what_each_record_deserves(backend: Backend) {
    let scene = scene(backend).await;
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent).await;
    let outcomes: Vec<&Outcome> = answer.outcomes.iter().map(|o| &o.outcome).collect();
    let disputed = |dispute| Outcome::Disputed { dispute };
    let rejected = |rejection| Outcome::Rejected { rejection };
    let accepted = Outcome::Accepted;
    let expected = [
        &accepted, // start
        &accepted, // open
        &accepted, // meal 0
        &accepted, // meal 1
        &accepted, // void of meal 1
        &accepted, // meal 2
        &accepted, // guest
        &disputed(Dispute::OtherDecision),
        &disputed(Dispute::BrokenChain),
        &accepted, // Z
        &rejected(Rejection::Malformed),
        &rejected(Rejection::Signature),
        &accepted, // day: its neighbour is not there to compare with
    ];
    assert_eq!(outcomes, expected);
    assert_eq!((answer.cursor.epoch, answer.cursor.next), (1, 13));
    let ids: Vec<_> = scene.sent.iter().map(|s| Some(s.id)).collect();
    let answered: Vec<_> = answer.outcomes.iter().map(|o| o.id).collect();
    assert_eq!(answered[..10], ids[..10]);
    assert_eq!(answered[10], None, "what cannot be read has no id");

    let left = left(&scene.world, &scene.till).await;
    assert_eq!(left.records.len(), 11);
    assert_eq!(left.quarantine.len(), 2);
    assert_eq!(left.meals.len(), 4, "all meals of elders, disputed ones too, and no guest");
    let voided: Vec<_> = left.meals.iter().filter_map(|m| m.3.map(|void| (m.0, void))).collect();
    assert_eq!(voided, [(scene.sent[3].id, scene.sent[4].id)]);
    assert_eq!(left.days.len(), 2);

    let held = scene
        .world
        .office()
        .store
        .read({
            let canteen = scene.till.row.canteen;
            move |tx| Box::pin(async move { records::held(tx, canteen, date("2026-03-02")).await })
        })
        .await
        .unwrap();
    assert_eq!(held.len(), 10);
    assert_eq!(held.iter().filter(|h| h.disputed).count(), 2);
    assert_eq!(held.iter().filter(|h| h.voided).map(|h| h.record.id).collect::<Vec<_>>(), [scene.sent[3].id]);
}

async fn twice_is_once(backend: Backend) {
    let scene = scene(backend).await;
    let first = scene.world.ingest(&scene.till, 1, &scene.sent).await;
    let once = left(&scene.world, &scene.till).await;
    scene.world.clock.pass(60_000);
    let second = scene.world.ingest(&scene.till, 1, &scene.sent).await;
    assert_eq!(first.outcomes, second.outcomes);
    assert_eq!(first.cursor, second.cursor);
    let twice: Vec<Sent> = scene.sent.iter().chain(&scene.sent).cloned().collect();
    let third = scene.world.ingest(&scene.till, 1, &twice).await;
    assert_eq!(third.outcomes[..13], first.outcomes[..]);
    assert_eq!(third.outcomes[13..], first.outcomes[..]);
    assert_eq!(left(&scene.world, &scene.till).await, once);
}

async fn ahead_of_a_gap_waits_without_an_outcome(backend: Backend) {
    let scene = scene(backend).await;
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent[4..8]).await;
    assert_eq!(answer.outcomes, []);
    assert_eq!(answer.cursor, Cursor { epoch: 1, next: 0, head: domain::id::Digest::ZERO });
    let waiting = left(&scene.world, &scene.till).await;
    assert_eq!((waiting.records.len(), waiting.meals.len(), waiting.waiting), (0, 0, 4));
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent[..4]).await;
    assert_eq!(answer.outcomes.len(), 4);
    assert_eq!(answer.cursor.next, 8);
    assert_eq!(answer.cursor.head, scene.sent[7].signed.hash());
    let settled = left(&scene.world, &scene.till).await;
    assert_eq!((settled.records.len(), settled.waiting), (8, 0));
    let again = scene.world.ingest(&scene.till, 1, &scene.sent[4..8]).await;
    assert_eq!(again.outcomes.len(), 4);
}

async fn whatever_the_order_the_result_is_one(backend: Backend) {
    let straight = scene(backend).await;
    deliver(&straight, &[(0..13).collect()]).await;
    let expected = left(&straight.world, &straight.till).await;
    let cases = [
        (0..13).rev().map(|i| vec![i]).collect::<Vec<_>>(),
        (0..13).map(|i| vec![i]).collect(),
        vec![vec![12, 3, 3, 7], vec![10, 11], vec![5, 4, 6], vec![9, 8], vec![2, 1], vec![0], vec![0, 12]],
        vec![vec![12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], vec![1, 0]],
    ];
    for steps in cases {
        // The same seed makes the same world.
        let scene = scene(backend).await;
        deliver(&scene, &steps).await;
        assert_eq!(left(&scene.world, &scene.till).await, expected, "{steps:?}");
    }
}

async fn other_bytes_for_an_id_or_place_are_a_conflict_and_both_are_kept(backend: Backend) {
    let mut scene = scene(backend).await;
    scene.world.ingest(&scene.till, 1, &scene.sent[..3]).await;
    // The same place again: a journal that was copied and went on by itself.
    let mut copy = scene.till.draft(Body::Cash { amount: Fen::new(5), note: "副本".into() });
    (copy.sequence, copy.previous) = (2, scene.sent[1].signed.hash());
    let signed = SignedRecord::seal(&copy, &scene.till.key);
    let place = Sent { sequence: 2, id: copy.id, signed };
    // The same id at another place.
    let mut twin = copy.clone();
    (twin.sequence, twin.id, twin.previous) = (3, scene.sent[2].id, scene.sent[2].signed.hash());
    let twin = Sent { sequence: 3, id: twin.id, signed: SignedRecord::seal(&twin, &scene.till.key) };
    for _ in 0..2 {
        let answer = scene.world.ingest(&scene.till, 1, &[place.clone(), twin.clone()]).await;
        let conflict = Outcome::Rejected { rejection: Rejection::Conflict };
        assert!(answer.outcomes.iter().all(|o| o.outcome == conflict), "{answer:?}");
        assert_eq!(answer.cursor.next, 4, "the twin's place has an outcome");
    }
    let after = left(&scene.world, &scene.till).await;
    assert_eq!((after.records.len(), after.quarantine.len()), (3, 2));
    // The genuine record of the place that only the twin holds is stored all the same.
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent[3..5]).await;
    assert!(answer.outcomes.iter().all(|o| o.outcome == Outcome::Accepted), "{answer:?}");
    assert_eq!(answer.cursor.head, scene.sent[4].signed.hash());
    scene.till.epoch = 1;
    let after = left(&scene.world, &scene.till).await;
    assert_eq!((after.records.len(), after.quarantine.len()), (5, 2));
    let voided = after.meals.iter().find(|m| m.0 == scene.sent[3].id).unwrap();
    assert_eq!(voided.3, Some(scene.sent[4].id));
}

async fn what_cannot_be_a_record_of_this_terminal_is_kept_in_quarantine(backend: Backend) {
    let scene = scene(backend).await;
    let canteen = scene.till.row.canteen;
    let mut other = scene.world.terminal(canteen).await;
    let foreign = other.start(None);
    let huge = {
        let mut record = scene.till.draft(Body::Cash { amount: Fen::new(1), note: "长".repeat(MAX_BYTES) });
        record.sequence = 0;
        Sent { sequence: 0, id: record.id, signed: SignedRecord::seal(&record, &scene.till.key) }
    };
    let spaced = {
        let mut sent = scene.sent[0].clone();
        sent.signed.record.insert(1, ' ');
        sent
    };
    let changed = {
        let mut sent = scene.sent[0].clone();
        sent.signed.record = sent.signed.record.replace("\"software\":\"test\"", "\"software\":\"best\"");
        sent
    };
    let misplaced = Sent { sequence: 1, ..scene.sent[0].clone() };
    let before_time = {
        let mut record = scene.till.draft(Body::Start { previous: None, software: "test".into() });
        (record.sequence, record.at) = (0, domain::calendar::UnixMs::new(i64::MIN));
        Sent { sequence: 0, id: record.id, signed: SignedRecord::seal(&record, &scene.till.key) }
    };
    let far = Sent { sequence: u64::MAX, ..scene.sent[0].clone() };
    let cases = [
        (foreign, Rejection::OtherOrigin),
        (huge, Rejection::Malformed),
        (spaced, Rejection::Malformed),
        (changed, Rejection::Signature),
        (misplaced, Rejection::OtherOrigin),
        (before_time, Rejection::Malformed),
        (far, Rejection::OtherOrigin),
    ];
    for (n, (sent, rejection)) in cases.iter().enumerate() {
        for _ in 0..2 {
            let answer = scene.world.ingest(&scene.till, 1, std::slice::from_ref(sent)).await;
            assert_eq!(answer.outcomes[0].outcome, Outcome::Rejected { rejection: *rejection }, "case {n}");
            assert_eq!(answer.outcomes[0].sequence, sent.sequence);
        }
        let after = left(&scene.world, &scene.till).await;
        assert_eq!((after.records.len(), after.quarantine.len()), (0, n + 1), "case {n}");
        assert!(after.quarantine.iter().any(|(_, bytes, _)| *bytes == sent.signed.record.as_bytes()), "case {n}");
    }
    // One bad record never blocks the others.
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent).await;
    assert_eq!(answer.cursor.next, 13);
    assert_eq!(left(&scene.world, &scene.till).await.records.len(), 11);
}

async fn hostile_amounts_are_not_taken_and_stop_nobody(backend: Backend) {
    let scene = scene(backend).await;
    let mut till = scene.till;
    (till.next, till.head, till.at) = (0, domain::id::Digest::ZERO, noon());
    let office = scene.world.office().clone();
    let elder = scene.world.elder(7, None).await;
    let mut sent = vec![till.start(None), till.open()];
    for amount in [i64::MAX, i64::MIN, 100_000, -1] {
        let mut meal = till.meal_body(&office, Some(elder));
        meal.decision.lines.push(meal.decision.lines[0].clone());
        for line in &mut meal.decision.lines {
            line.amount = Fen::new(amount);
        }
        sent.push(till.push(Body::Meal(Box::new(meal))));
        let mut meal = till.meal_body(&office, None);
        meal.decision.price = Fen::new(amount);
        meal.meal.price = Fen::new(amount);
        meal.decision.own_payment = Fen::new(amount);
        sent.push(till.push(Body::Meal(Box::new(meal))));
    }
    sent.push(till.push(Body::Day { through: date("2026-03-01") }));
    let answer = scene.world.ingest(&till, 1, &sent).await;
    let malformed = Outcome::Rejected { rejection: Rejection::Malformed };
    let impossible = Outcome::Disputed { dispute: Dispute::ImpossibleAmount };
    let outcomes: Vec<Outcome> = answer.outcomes.into_iter().map(|o| o.outcome).collect();
    assert_eq!(outcomes[2..6], [malformed.clone(), malformed.clone(), malformed.clone(), malformed]);
    assert_eq!(outcomes[6], impossible);
    assert!(outcomes[8..10].iter().all(|o| *o != Outcome::Accepted), "{outcomes:?}");
    assert_eq!(answer.cursor.next, 11, "nobody is stopped");
    let after = left(&scene.world, &till).await;
    assert_eq!(after.records.len() + after.quarantine.len(), 11, "and everything is kept");
}

/// A disputed record is stored with the lines that it claims, whatever they are: the day and the month go on.
async fn lines_that_do_not_add_up_stop_no_close_and_no_month(backend: Backend) {
    let mut scene = crate::month::Scene::new(backend).await;
    let office = scene.world.office().clone();
    let honest = scene.day(0, "2026-03-02", 660, &[0]);
    scene.ingest(0, &honest).await;
    let (who, till) = (scene.elders[1], &mut scene.tills[0]);
    till.at = date("2026-03-03").at_minute(660);
    let mut sent = vec![till.open()];
    let lies: [fn(&mut Meal); 4] = [
        |meal| meal.decision.policy = None,
        |meal| meal.decision.lines[0].shares[0].amount = Fen::new(7),
        |meal| meal.decision.lines[0].kind = Kind::Concession,
        |meal| meal.decision.lines[0].amount = Fen::ZERO,
    ];
    for lie in lies {
        let mut meal = till.meal_body(&office, Some(who));
        lie(&mut meal);
        sent.push(till.push(Body::Meal(Box::new(meal))));
    }
    sent.push(till.close());
    let answer = scene.world.ingest(&scene.tills[0], 1, &sent).await;
    let disputed = answer.outcomes.iter().filter(|o| matches!(o.outcome, Outcome::Disputed { .. })).count();
    assert_eq!(disputed, 4, "{answer:?}");
    for till in 0..2 {
        let over = scene.over(till);
        scene.ingest(till, &[over]).await;
    }
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    let (view, closed) = scene.draft(MARCH).await.unwrap();
    assert_eq!(closed.incomplete.len(), 0);
    let payable: Vec<Fen> = view.statements.iter().map(|s| s.payable).collect();
    assert_eq!(payable, [Fen::ZERO, Fen::new(300)], "the honest meal; nothing for what was never soundly charged");
    assert!(!view.obstacles.is_empty(), "somebody has to rule about it");
    assert_eq!(scene.verify().await.breaks, []);
}

async fn a_void_counts_only_for_its_own_shift(backend: Backend) {
    let scene = scene(backend).await;
    let office = scene.world.office().clone();
    let canteen = scene.till.row.canteen;
    let elder = scene.world.elder(8, None).await;
    let mut till = scene.world.terminal(canteen).await;
    let mut other = scene.world.terminal(canteen).await;
    let mut sent = vec![till.start(None), till.open()];
    let (kept, voided) = (till.meal(&office, Some(elder)), till.meal(&office, Some(elder)));
    let voids = [till.void(voided.id), till.void(voided.id)];
    sent.extend([kept.clone(), voided.clone()].into_iter().chain(voids.clone()));
    sent.extend([till.close(), till.open(), till.void(kept.id)]);
    let theirs = vec![other.start(None), other.open(), other.void(kept.id)];
    scene.world.ingest(&other, 1, &theirs).await;
    let answer = scene.world.ingest(&till, 1, &sent).await;
    assert!(answer.outcomes.iter().all(|o| o.outcome == Outcome::Accepted), "{answer:?}");
    let row = |id| {
        let store = office.store.clone();
        async move { store.read(move |tx| Box::pin(async move { usage::get(tx, canteen, id).await })).await.unwrap() }
    };
    assert_eq!(row(kept.id).await.unwrap().voided_by, None);
    assert_eq!(row(voided.id).await.unwrap().voided_by, Some(voids[0].id), "the first of two");
}

async fn a_late_record_touches_what_it_competes_with(backend: Backend) {
    let scene = scene(backend).await;
    let office = scene.world.office().clone();
    let near = scene.till.row.canteen;
    let far = scene.world.canteen("另一食堂").await;
    let elder = scene.world.elder(9, None).await;
    let mut there = scene.world.terminal(far).await;
    there.at = date("2026-03-04").at_minute(700);
    let mut later = vec![there.start(None), there.open(), there.meal(&office, Some(elder))];
    there.at = date("2026-03-30").at_minute(700);
    later.push(there.meal(&office, Some(elder)));
    there.at = date("2026-04-08").at_minute(700);
    later.push(there.meal(&office, Some(elder)));
    scene.world.ingest(&there, 1, &later).await;
    let versions = async || {
        let days = office
            .store
            .read(move |tx| Box::pin(async move { days::of_canteen(tx, far, date("2026-03-01")).await }))
            .await
            .unwrap();
        days.into_iter().map(|d| (d.date.to_string(), d.version)).collect::<BTreeMap<_, _>>()
    };
    let before = versions().await;
    let mut here = scene.world.terminal(near).await;
    let now = vec![here.start(None), here.open(), here.meal(&office, Some(elder))];
    scene.world.ingest(&here, 1, &now).await;
    let after = versions().await;
    let moved: Vec<&String> = after.iter().filter(|(day, version)| before[*day] != **version).map(|(d, _)| d).collect();
    assert_eq!(moved, ["2026-03-04", "2026-03-30"], "of the week and month, and no later");

    // What is learned of an elder touches the days from then on; a death touches all.
    let learn = |kind, from: &str| {
        let fact = server::admin::NewElderFact { valid_from: date(from), kind };
        let office = office.clone();
        async move { office.add_elder_fact(elder, fact, None).await.unwrap() }
    };
    let held = domain::elder::ElderFactKind::Category { name: "低保".into(), level: None, held: true };
    learn(held, "2026-03-30").await;
    let third = versions().await;
    let moved: Vec<&String> = third.iter().filter(|(day, version)| after[*day] != **version).map(|(d, _)| d).collect();
    assert_eq!(moved, ["2026-03-30", "2026-04-08"]);
    learn(domain::elder::ElderFactKind::Death { dead: true }, "2026-04-01").await;
    assert!(versions().await.iter().all(|(day, version)| third[day] < *version));
}

async fn two_batches_of_one_terminal_at_once_are_as_one(backend: Backend) {
    let scene = scene(backend).await;
    let office = scene.world.office();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (office, row) = (office.clone(), scene.till.row.clone());
            let from = n % 4;
            let batch = crate::common::batch(1, &scene.sent[from..13 - n / 4]);
            tokio::spawn(async move { server::ingest::ingest(&office, &row, batch).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let straight = super::ingest::scene(backend).await;
    deliver(&straight, &[(0..13).collect()]).await;
    assert_eq!(left(&scene.world, &scene.till).await, left(&straight.world, &straight.till).await);
}

async fn a_new_epoch_names_what_is_missing_in_the_old_one(backend: Backend) {
    let scene = scene(backend).await;
    let (canteen, mut till) = (scene.till.row.canteen, scene.till);
    scene.world.ingest(&till, 1, &scene.sent[..3]).await;
    let progress = async || {
        let store = scene.world.office().store.clone();
        let all = store.read(move |tx| Box::pin(async move { terminals::progress(tx, canteen).await })).await.unwrap();
        all[0].passed
    };
    let third = noon().plus(2000);
    assert_eq!(progress().await, Some(third));
    let last = Head { epoch: 1, sequence: 12, hash: scene.sent[12].signed.hash() };
    (till.epoch, till.next, till.head) = (2, 0, domain::id::Digest::ZERO);
    let start = till.start(Some(last));
    scene.world.ingest(&till, 2, &[start]).await;
    assert_eq!(progress().await, Some(third), "records up to 12 are known to be missing");
    scene.world.ingest(&till, 1, &scene.sent).await;
    assert_eq!(progress().await, Some(till.at.plus(-1000)), "now they are there");
}

async fn a_revoked_terminals_later_records_are_disputed(backend: Backend) {
    let scene = scene(backend).await;
    // Some had come, one waits behind a gap; the till's own clock says what it likes.
    scene.world.ingest(&scene.till, 1, &scene.sent[..2]).await;
    scene.world.ingest(&scene.till, 1, &scene.sent[4..5]).await;
    assert!(scene.world.office().revoke_terminal(scene.till.id(), None).await.unwrap());
    assert!(!scene.world.office().revoke_terminal(scene.till.id(), None).await.unwrap(), "the first time stands");
    let answer = scene.world.ingest(&scene.till, 1, &scene.sent[..5]).await;
    let revoked = Outcome::Disputed { dispute: Dispute::Revoked };
    let outcomes: Vec<_> = answer.outcomes.into_iter().map(|o| o.outcome).collect();
    let accepted = Outcome::Accepted;
    assert_eq!(outcomes, [&accepted, &accepted, &revoked, &revoked, &revoked].map(Clone::clone));
    assert_eq!(answer.cursor.next, 5, "whatever was sold is kept");
    // A life of the journal that nobody knew of then.
    let mut till = scene.till;
    (till.epoch, till.next, till.head) = (2, 0, domain::id::Digest::ZERO);
    let start = till.start(None);
    let answer = scene.world.ingest(&till, 2, &[start]).await;
    assert_eq!(answer.outcomes[0].outcome, revoked);
}

async fn a_batch_too_large_is_refused_whole(backend: Backend) {
    let scene = scene(backend).await;
    let many: Vec<Sent> = scene.sent.iter().cycle().take(201).cloned().collect();
    let refused = server::ingest::ingest(scene.world.office(), &scene.till.row, crate::common::batch(1, &many)).await;
    assert_eq!(refused.unwrap_err().code(), Some(server::words::Code::BatchSize));
    let mut long = scene.sent[0].clone();
    long.signed.record = "x".repeat(200_000);
    let refused = server::ingest::ingest(
        scene.world.office(),
        &scene.till.row,
        crate::common::batch(1, &[long.clone(), long.clone()]),
    )
    .await;
    assert_eq!(refused.unwrap_err().code(), Some(server::words::Code::BatchSize));
    let alone = scene.world.ingest(&scene.till, 1, &[long]).await;
    assert_eq!(alone.outcomes[0].outcome, Outcome::Rejected { rejection: Rejection::Malformed });
    assert_eq!(scene.world.ingest(&scene.till, 1, &[]).await.cursor.next, 1, "the torn one has its outcome");
}

crate::on_both! {
    in_order_gives_what_each_record_deserves
    twice_is_once
    ahead_of_a_gap_waits_without_an_outcome
    whatever_the_order_the_result_is_one
    other_bytes_for_an_id_or_place_are_a_conflict_and_both_are_kept
    what_cannot_be_a_record_of_this_terminal_is_kept_in_quarantine
    hostile_amounts_are_not_taken_and_stop_nobody
    lines_that_do_not_add_up_stop_no_close_and_no_month
    a_void_counts_only_for_its_own_shift
    a_late_record_touches_what_it_competes_with
    two_batches_of_one_terminal_at_once_are_as_one
    a_new_epoch_names_what_is_missing_in_the_old_one
    a_revoked_terminals_later_records_are_disputed
    a_batch_too_large_is_refused_whole
}

/// How a journal of 13 records reaches the office: batches of any of them, in any order, then all of them once.
fn deliveries() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0_usize..13, 1..8), 0..12)
}

/// One run is a world of its own, so there are few of them; a failing delivery is shrunk and shown.
#[test]
fn any_delivery_ends_in_the_same_state() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let after = |steps: &[Vec<usize>]| {
        runtime.block_on(async {
            // The same seed makes the same world.
            let scene = scene(Backend::Sqlite).await;
            deliver(&scene, steps).await;
            left(&scene.world, &scene.till).await
        })
    };
    let expected = after(&[(0..13).collect()]);
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    let tried = proptest::test_runner::TestRunner::new(config).run(&deliveries(), |mut steps| {
        steps.push((0..13).collect());
        prop_assert_eq!(after(&steps), expected.clone());
        Ok(())
    });
    tried.unwrap();
}
