//! What journals bring beyond meals, and how they end: paper lists, training, refunds, unknown credentials, terminals out
//! of service, epochs that were ended, forks, a server from an older backup.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::credential::{ChipNumber, Scan};
use domain::id::{CanteenId, CashierId, Digest, ElderId, PaperListId, RecordId, RefundId, UserId};
use domain::money::Fen;
use domain::reconciliation::{Bearer, Code as FindingCode, DayClose};
use domain::record::check::Dispute;
use domain::record::{Body, Head, Meal, Paper, Refund};
use domain::resident_id::ResidentId;
use domain::sync::{Outcome, RecordAnswer, RefundDue};
use server::admin::NewUser;
use server::close::{CloseReport, close_days};
use server::people::Role;
use server::store::epochs::ForkKind;
use server::store::refund_payments::{self, Conflict, RefundConflict, refund_id};
use server::store::{closes, epochs, identities, terminals};
use server::verify::verify;
use server::words::Code;
use server::{Server, sql};
use support::Backend;

use crate::client::world;
use crate::common::{Sent, TestClock, Till, World, config, date, noon, region, resident_id};
use crate::month::disarm;

const DAY: &str = "2026-03-02";

async fn close(world: &World) -> CloseReport {
    let office = world.office();
    close_days(&office.store, &office.book(), office.now()).await.unwrap()
}

async fn last_close(world: &World, canteen: CanteenId, day: &str) -> DayClose {
    let day = date(day);
    let read = world.office().store.read(move |tx| Box::pin(async move { closes::last(tx, canteen, day).await }));
    read.await.unwrap().unwrap().content.0
}

async fn nothing_is_broken(world: &World) {
    let office = world.office();
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert_eq!(report.breaks, []);
}

async fn due(world: &World, canteen: CanteenId) -> Vec<RefundDue> {
    world.office().refunds(canteen).await.unwrap().refunds
}

async fn conflicts(world: &World, canteen: CanteenId) -> Vec<RefundConflict> {
    let store = &world.office().store;
    store.read(move |tx| Box::pin(async move { refund_payments::conflicts(tx, canteen).await })).await.unwrap()
}

async fn paid(world: &World, canteen: CanteenId) -> BTreeMap<RecordId, Fen> {
    let store = &world.office().store;
    store.read(move |tx| Box::pin(async move { refund_payments::paid(tx, canteen).await })).await.unwrap()
}

/// The till says that its day is over.
fn over(till: &mut Till, through: &str) -> Sent {
    till.at = date(through).plus_days(1).start().plus(60_000);
    till.push(Body::Day { through: date(through) })
}

async fn accepted(world: &World, till: &Till, records: &[Sent]) {
    let answer = world.ingest(till, till.epoch, records).await;
    let others: Vec<&RecordAnswer> = answer.outcomes.iter().filter(|o| o.outcome != Outcome::Accepted).collect();
    assert_eq!((others, answer.outcomes.len()), (Vec::new(), records.len()));
}

async fn person(world: &World, name: &str) -> UserId {
    let user = NewUser {
        name: name.into(),
        passphrase: "足够长的口令，测试用".to_owned().into(),
        role: Role::Administrator,
        region: region("4403"),
        canteen: None,
    };
    world.office().add_user(user, None).await.unwrap()
}

async fn a_paper_list_counts_for_its_own_day(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let (one, two) = (world.elder(1, None).await, world.elder(2, None).await);
    let mut sent =
        vec![till.start(None), till.open(), till.meal(&office, Some(one)), till.close(), over(&mut till, DAY)];
    // The power is out on the 3rd; on the 4th the list is entered between other things.
    till.at = date("2026-03-03").at_minute(690);
    let mut listed = till.meal_body(&office, Some(two));
    till.at = date("2026-03-04").at_minute(600);
    listed.paper = Some(Paper {
        list: PaperListId::from_uuid(uuid::Uuid::from_u128(1)),
        line: 1,
        approved_by: CashierId::from_uuid(uuid::Uuid::from_u128(8)),
    });
    let mut own_word = listed.clone();
    own_word.paper.as_mut().unwrap().approved_by = CashierId::from_uuid(uuid::Uuid::from_u128(9));
    sent.push(till.push(Body::Day { through: date("2026-03-03") }));
    sent.push(till.push(Body::Meal(Box::new(listed))));
    let entered = sent.last().unwrap().id;
    till.at = date("2026-03-04").at_minute(690);
    sent.extend([till.open(), till.meal(&office, Some(one)), till.close(), over(&mut till, "2026-03-04")]);
    accepted(&world, &till, &sent).await;
    world.clock.set(date("2026-03-05").at_minute(600));
    assert!(close(&world).await.incomplete.is_empty());
    for (day, meals) in [(DAY, 1), ("2026-03-03", 1), ("2026-03-04", 1)] {
        let closed = last_close(&world, canteen, day).await;
        assert_eq!((closed.meals.count, closed.subsidised.count), (meals, meals), "{day}");
        assert_eq!(closed.findings, [], "{day}: no sequence is missing, and all is due as charged");
    }
    let row =
        office.store.read(move |tx| Box::pin(async move { server::store::usage::get(tx, canteen, entered).await }));
    assert_eq!(row.await.unwrap().unwrap().date, date("2026-03-03"));
    // One person alone enters no list.
    let alone = till.push(Body::Meal(Box::new(own_word)));
    let answer = world.ingest(&till, 1, &[alone]).await;
    assert_eq!(answer.outcomes[0].outcome, Outcome::Disputed { dispute: Dispute::PaperList });
    assert!(close(&world).await.incomplete.is_empty());
    nothing_is_broken(&world).await;
}

async fn training_is_kept_and_counts_nowhere(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let elder = world.elder(1, None).await;
    let mut sent = vec![till.start(None), till.open()];
    let body = till.meal_body(&office, Some(elder));
    sent.push(till.push(Body::Training(Box::new(body))));
    sent.extend([till.close(), over(&mut till, DAY)]);
    accepted(&world, &till, &sent).await;
    world.clock.set(date("2026-03-03").at_minute(600));
    close(&world).await;
    let closed = last_close(&world, canteen, DAY).await;
    assert_eq!((closed.meals.count, closed.tiers.len(), closed.z_reports), (0, 0, (1, 1)));
    assert_eq!(closed.findings, []);
    let usage = office.usage(&till.row, UnixMs::new(0), None).await.unwrap();
    assert_eq!(usage.entries, []);
    nothing_is_broken(&world).await;
}

/// A meal of an elder whom the till believed to be too young: 3.00 are due back.
async fn overcharged(backend: Backend) -> (World, Till, RecordId, ElderId) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let elder = world.elder(1, None).await;
    let facts = till.meal_body(&office, None).meal;
    let mut sent = vec![till.start(None), till.open()];
    let young = till.meal_told(&office, facts, elder, 50);
    assert!(young.decision.lines.is_empty());
    sent.push(till.push(Body::Meal(Box::new(young))));
    let meal = sent[2].id;
    sent.extend([till.close(), over(&mut till, DAY)]);
    accepted(&world, &till, &sent).await;
    world.clock.set(date("2026-03-03").at_minute(600));
    till.at = date("2026-03-03").at_minute(600);
    close(&world).await;
    (world, till, meal, elder)
}

async fn a_refund_is_due_once_and_paid_once(backend: Backend) {
    let (world, mut till, meal, elder) = overcharged(backend).await;
    let canteen = till.row.canteen;
    let listed = due(&world, canteen).await;
    let entry = RefundDue {
        id: refund_id(meal, Fen::ZERO, Fen::new(300)),
        elder,
        meal,
        date: date(DAY),
        amount: Fen::new(300),
    };
    assert_eq!(listed, std::slice::from_ref(&entry));
    // Closed again with another result of another kind: the same entry.
    let office = world.office();
    let tags = domain::canteen::CanteenFactKind::Tags { tags: ["x".to_owned()].into() };
    office.add_canteen_fact(canteen, date(DAY), tags, None).await.unwrap();
    assert_eq!(due(&world, canteen).await, [], "its close does not stand");
    close(&world).await;
    assert_eq!(due(&world, canteen).await, listed);

    let refund = |due: RefundId, fen: i64| Body::Refund(Refund { due, meal, elder, amount: Fen::new(fen) });
    let open = till.open();
    let other = till.push(refund(entry.id, 200));
    let paying = till.push(refund(entry.id, 300));
    let again = till.push(refund(entry.id, 300));
    let unknown = till.push(refund(RefundId::from_uuid(uuid::Uuid::from_u128(3)), 300));
    let z = till.close();
    let sent = [open, other.clone(), paying, again.clone(), unknown.clone(), z];
    accepted(&world, &till, &sent).await;
    assert_eq!(due(&world, canteen).await, []);
    assert_eq!(paid(&world, canteen).await, BTreeMap::from([(meal, Fen::new(300))]));
    let seen: Vec<_> = conflicts(&world, canteen).await.iter().map(|c| (c.record, c.conflict)).collect();
    let expected = [(other.id, Conflict::Other), (again.id, Conflict::Again), (unknown.id, Conflict::Unknown)];
    assert_eq!(seen, expected);
    accepted(&world, &till, &sent).await;
    assert_eq!(conflicts(&world, canteen).await.len(), 3, "what comes twice counts once");
    let late = till.meal(office, None);
    accepted(&world, &till, &[late]).await;
    close(&world).await;
    assert_eq!(due(&world, canteen).await, [], "paid stays paid when days are closed again");
    nothing_is_broken(&world).await;
}

async fn two_tills_that_pay_one_entry_end_the_same_in_any_order(backend: Backend) {
    let run = async |turned: bool| {
        let (world, till, meal, elder) = overcharged(backend).await;
        let canteen = till.row.canteen;
        let entry = due(&world, canteen).await.remove(0);
        let mut tills = [world.terminal(canteen).await, world.terminal(canteen).await];
        let mut batches = Vec::new();
        for (n, till) in (0_i64..).zip(&mut tills) {
            till.at = date("2026-03-03").at_minute(600).plus(n * 60_000);
            let refund = Refund { due: entry.id, meal, elder, amount: entry.amount };
            batches.push(vec![till.start(None), till.open(), till.push(Body::Refund(refund))]);
        }
        let order = if turned { [1, 0] } else { [0, 1] };
        for which in order {
            accepted(&world, &tills[which], &batches[which]).await;
        }
        assert_eq!(due(&world, canteen).await, []);
        let later = batches[1][2].id;
        let conflicts = conflicts(&world, canteen).await;
        assert_eq!(conflicts.iter().map(|c| (c.record, c.conflict)).collect::<Vec<_>>(), [(later, Conflict::Again)]);
        (paid(&world, canteen).await, conflicts)
    };
    assert_eq!(run(false).await, run(true).await);
}

/// A meal at full price whose credential the till could not place.
fn unknown(till: &mut Till, world: &World, scan: &Scan) -> Sent {
    let key = world.office().keys.terminal_digest_key(till.id());
    let mut meal: Meal = till.meal_body(world.office(), None);
    meal.unidentified = Some(scan.digest(&key));
    till.push(Body::Meal(Box::new(meal)))
}

async fn an_identified_meal_competes_like_any_other(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let far = world.canteen("另一食堂").await;
    let mut there = world.terminal(far).await;
    let elder = world.elder(1, None).await;
    let chip = Scan::Chip(ChipNumber::parse("0a1b2c3d").unwrap());
    let mut sent = vec![till.start(None), till.open(), unknown(&mut till, &world, &chip)];
    let meal = sent[2].id;
    let taken_back = unknown(&mut till, &world, &chip);
    let void = till.void(taken_back.id);
    sent.extend([taken_back.clone(), void, till.close(), over(&mut till, DAY)]);
    there.at = noon().plus(60 * 60_000);
    let mut other = vec![there.start(None), there.open(), there.meal(&office, Some(elder))];
    let charged = other[2].id;
    other.extend([there.close(), over(&mut there, DAY)]);
    accepted(&world, &till, &sent).await;
    accepted(&world, &there, &other).await;
    world.clock.set(date("2026-03-03").at_minute(600));
    close(&world).await;
    assert_eq!((last_close(&world, canteen, DAY).await.guests.count, due(&world, canteen).await), (1, vec![]));
    assert_eq!(last_close(&world, far, DAY).await.findings, []);
    assert_eq!(office.identify_waiting().await.unwrap(), 0, "nobody has that card");

    office.register_chip(elder, " 0A1B2C3D ", None).await.unwrap();
    close(&world).await;
    let listed = due(&world, canteen).await;
    assert_eq!(listed.iter().map(|d| (d.meal, d.elder, d.amount.get())).collect::<Vec<_>>(), [(meal, elder, 300)]);
    let here = last_close(&world, canteen, DAY).await;
    let [finding] = here.findings.as_slice() else { panic!("{:?}", here.findings) };
    assert_eq!((finding.code, finding.evidence.as_slice()), (FindingCode::StaleDecision, [meal].as_slice()));
    // The benefit was used up an hour earlier: what the other canteen gave is beyond the limit now.
    let [finding] = &last_close(&world, far, DAY).await.findings[..] else { panic!("one finding") };
    assert_eq!((finding.code, finding.evidence[0], finding.stake.get()), (FindingCode::OverLimit, charged, 300));
    assert_eq!(finding.bearer, Some(Bearer::Programme));
    let row = office
        .store
        .read(move |tx| Box::pin(async move { server::store::usage::get(tx, canteen, taken_back.id).await }));
    assert!(row.await.unwrap().unwrap().voided_by.is_some(), "a meal that was taken back is due to nobody");
    nothing_is_broken(&world).await;
}

async fn the_job_finds_whom_the_till_did_not_know(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let (known, lost) = (world.elder(1, None).await, world.elder(2, None).await);
    let card = office.issue_card(lost, None).await.unwrap().number;
    office.revoke_cards(lost, None).await.unwrap();
    world.clock.pass(60_000);
    till.at = noon().plus(60_000);
    let id = Scan::ResidentId(ResidentId::parse(&resident_id(1)).unwrap());
    let stranger = Scan::ResidentId(ResidentId::parse(&resident_id(3)).unwrap());
    let sent = vec![
        till.start(None),
        till.open(),
        unknown(&mut till, &world, &id),
        unknown(&mut till, &world, &Scan::Card(card)),
        unknown(&mut till, &world, &stranger),
    ];
    accepted(&world, &till, &sent).await;
    assert_eq!(office.identify_waiting().await.unwrap(), 1, "a revoked card names nobody any more");
    let open = async || {
        let read = office.store.read(move |tx| Box::pin(async move { identities::open(tx, canteen).await }));
        read.await.unwrap().into_iter().map(|m| m.record).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [sent[3].id, sent[4].id]);
    let uses = office.usage(&till.row, UnixMs::new(0), None).await.unwrap();
    assert!(uses.entries.iter().any(|e| e.elder == known), "the meal is that elder's now");
    // Somebody registers with the number that a meal was served on.
    world.elder(3, None).await;
    assert_eq!(open().await, [sent[3].id]);
    nothing_is_broken(&world).await;
}

async fn an_epoch_is_ended_by_two_people_at_its_last_record(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen, id) = (world.office().clone(), till.row.canteen, till.id());
    let elders = [world.elder(1, None).await, world.elder(2, None).await];
    let (one, two) = (person(&world, "甲管理员").await, person(&world, "乙管理员").await);
    let mut sent = vec![till.start(None), till.open()];
    sent.extend(elders.map(|elder| till.meal(&office, Some(elder))));
    sent.extend([till.meal(&office, None), till.close(), till.meal(&office, None)]);
    // The meal at place 3 is lost with the till; what came after it waits.
    accepted(&world, &till, &sent[..3]).await;
    assert_eq!(world.ingest(&till, 1, &sent[4..6]).await.outcomes, []);
    world.clock.set(date("2026-03-03").at_minute(600));
    assert!(!close(&world).await.incomplete.is_empty(), "nobody knows what is still to come");
    let code = |result: Result<_, server::Error>| result.map(|_| ()).unwrap_err().code();
    assert_eq!(code(office.confirm_epoch_end(id, 1, two).await), Some(Code::Conflict), "nobody asked");
    assert_eq!(code(office.ask_epoch_end(id, 2, "x".into(), one).await), Some(Code::NotFound));
    office.ask_epoch_end(id, 1, "收银机摔坏，硬盘无法读取".into(), one).await.unwrap();
    assert_eq!(code(office.confirm_epoch_end(id, 1, one).await), Some(Code::SecondPerson));
    assert!(!close(&world).await.incomplete.is_empty(), "one person alone ends nothing");
    let end = office.confirm_epoch_end(id, 1, two).await.unwrap();
    assert_eq!((end.next, end.missing, end.confirmed_by), (Some(6), Some(1), Some(two)));
    assert_eq!(code(office.confirm_epoch_end(id, 1, two).await), Some(Code::Conflict));
    assert!(close(&world).await.incomplete.is_empty());
    let closed = last_close(&world, canteen, DAY).await;
    assert_eq!((closed.meals.count, closed.records), (2, 5), "what waited counts");
    let codes: Vec<_> = closed.findings.iter().map(|f| f.code).collect();
    assert!(codes.contains(&FindingCode::SequenceGap), "the gap stays a finding: {codes:?}");

    // The disk is read after all: everything is kept, and people have to look at it.
    let answer = world.ingest(&till, 1, &sent).await;
    let ended = Outcome::Disputed { dispute: Dispute::EndedEpoch };
    let outcomes: Vec<_> = answer.outcomes.into_iter().map(|o| o.outcome).collect();
    assert_eq!((&outcomes[3], &outcomes[6]), (&ended, &ended));
    assert!([0, 1, 2, 4, 5].iter().all(|n| outcomes[*n] == Outcome::Accepted), "outcomes never flip: {outcomes:?}");
    close(&world).await;
    assert_eq!(last_close(&world, canteen, DAY).await.meals.count, 4);
    nothing_is_broken(&world).await;
}

async fn a_fork_waits_for_a_person(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, id) = (world.office().clone(), till.id());
    let by = person(&world, "甲管理员").await;
    let first = vec![till.start(None), till.open(), till.meal(&office, None)];
    accepted(&world, &till, &first).await;
    let read = async || {
        let read = office.store.read(|tx| Box::pin(async move { epochs::forks(tx, &region("4403")).await }));
        read.await.unwrap()
    };
    assert_eq!(read().await, []);
    // A terminal that went on knowing everything.
    let end = Head { epoch: 1, sequence: 2, hash: first[2].signed.hash() };
    (till.epoch, till.next, till.head) = (2, 0, Digest::ZERO);
    let good = till.start(Some(end));
    accepted(&world, &till, &[good]).await;
    assert_eq!(read().await, []);
    // One that names a record of its own making.
    (till.epoch, till.next, till.head) = (3, 0, Digest::ZERO);
    let other = till.start(Some(Head { epoch: 2, sequence: 0, hash: Digest([9; 32]) }));
    accepted(&world, &till, &[other]).await;
    // One that knows more than the office: nothing is wrong, the records are on their way.
    (till.epoch, till.next, till.head) = (4, 0, Digest::ZERO);
    let ahead = till.start(Some(Head { epoch: 3, sequence: 7, hash: Digest([9; 32]) }));
    accepted(&world, &till, &[ahead]).await;
    let forks = read().await;
    assert_eq!(forks.iter().map(|f| (f.epoch, f.kind)).collect::<Vec<_>>(), [(3, ForkKind::OtherHead)]);
    let reason = || "从备份恢复，已核对".to_owned();
    assert!(office.resolve_fork(id, (3, 0), reason(), by).await.unwrap());
    assert!(!office.resolve_fork(id, (3, 0), "再说".into(), by).await.unwrap(), "the first decision stands");
    let none = office.resolve_fork(id, (2, 0), reason(), by).await;
    assert_eq!(none.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(read().await[0].resolution.as_ref().map(|r| r.reason.clone()), Some(reason()));
}

/// Everything that a journal has led to.
async fn outcomes(world: &World, till: &Till, sent: &[Sent]) -> (Vec<RecordAnswer>, u64) {
    let answer = world.ingest(till, 1, sent).await;
    (answer.outcomes, answer.cursor.next)
}

async fn a_server_from_an_older_backup_ends_the_same(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let elder = world.elder(1, None).await;
    let mut sent = vec![till.start(None), till.open(), till.meal(&office, Some(elder))];
    let meal = sent[2].id;
    sent.extend([till.void(meal), till.meal(&office, Some(elder))]);
    let mut greedy = till.meal_body(&office, Some(elder));
    greedy.decision.lines[0].amount = Fen::new(400);
    greedy.decision.own_payment = Fen::new(1400);
    sent.push(till.push(Body::Meal(Box::new(greedy))));
    let mut torn = till.push(Body::Cash { amount: Fen::new(1), note: "坏块".into() });
    torn.signed.record.truncate(60);
    sent.push(torn);
    sent.extend([till.close(), over(&mut till, DAY)]);
    outcomes(&world, &till, &sent[..4]).await;
    office.store.close().await;
    let backup = world.db.copy();
    std::fs::copy(world.db.path("keys.json"), backup.path("keys.json")).unwrap();
    let epoch = office.server_epoch.clone();
    drop((world.server, office));

    let mut ends = Vec::new();
    for (db, resend_from) in [(world.db, 4), (backup, 0)] {
        let at = date("2026-03-03").at_minute(600);
        let clock = Arc::new(TestClock::at(at));
        let server = Server::open(&config(&db, false), clock.clone(), world.entropy.clone()).await.unwrap();
        assert_eq!(server.office().server_epoch, epoch, "the same database by name");
        let world = World { db, server, clock, entropy: world.entropy.clone() };
        let (canteen, id) = (till.row.canteen, till.id());
        let read =
            world.office().store.read(move |tx| Box::pin(async move { terminals::cursors(tx, canteen, id).await }));
        assert_eq!(read.await.unwrap()[0].next, 4, "it stands where the backup was taken");
        outcomes(&world, &till, &sent[resend_from..]).await;
        let all = outcomes(&world, &till, &sent).await;
        close(&world).await;
        let closed = last_close(&world, canteen, DAY).await;
        nothing_is_broken(&world).await;
        ends.push((all, closed));
    }
    assert_eq!(ends[0], ends[1]);
}

async fn a_client_that_goes_away_leaves_a_batch_whole(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let elder = world.elder(1, None).await;
    let mut sent = vec![till.start(None), till.open()];
    sent.extend((0..90).map(|_| till.meal(&office, Some(elder))));
    let id = till.id();
    let held = async || {
        let read = office.store.read(move |tx| {
            Box::pin(async move {
                let records: i64 = sql!(tx, "SELECT COUNT(*) FROM records WHERE terminal = $1", id).value().await?;
                let meals: i64 = sql!(tx, "SELECT COUNT(*) FROM elder_meals WHERE terminal = $1", id).value().await?;
                Ok((records, meals))
            })
        });
        read.await.unwrap()
    };
    let half = |n: usize| crate::common::batch(1, &sent[n..n + 46]);
    for (n, before, expected) in [(0, (0, 0), (46, 44)), (46, (46, 44), (92, 90))] {
        for wait in [0, 1, 3, 9, 27, 81] {
            let (office, row, batch) = (office.clone(), till.row.clone(), half(n));
            let asked = tokio::spawn(async move { server::ingest::ingest(&office, &row, batch).await });
            tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
            asked.abort();
            drop(asked.await);
            let now = held().await;
            assert!(now == expected || now == before, "{now:?}");
        }
        server::ingest::ingest(&office, &till.row, half(n)).await.unwrap();
        assert_eq!(held().await, expected);
    }
    nothing_is_broken(&world).await;
}

async fn a_till_that_nobody_let_in_holds_no_day_open(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let code = office.issue_enrolment_code(canteen, None).await.unwrap().code;
    let waits =
        office.enrol(&code, Digest(ed25519_dalek::SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes()), None);
    let waits = waits.await.unwrap();
    let sent = [till.start(None), over(&mut till, DAY)];
    accepted(&world, &till, &sent).await;
    world.clock.set(date("2026-03-03").at_minute(600));
    assert!(close(&world).await.incomplete.is_empty(), "nobody waits for a till that serves nobody");
    office.confirm_terminal(waits.id, &waits.fingerprint(), None).await.unwrap();
    world.clock.set(date("2026-03-04").at_minute(600));
    let end = [over(&mut till, "2026-03-03")];
    accepted(&world, &till, &end).await;
    let incomplete = close(&world).await.incomplete;
    assert_eq!(incomplete.into_values().collect::<Vec<_>>(), [vec![waits.id]], "from the day it was let in");
}

async fn what_is_kept_beside_the_records_is_checked(backend: Backend) {
    let (world, mut till, meal, elder) = overcharged(backend).await;
    let (office, canteen, id) = (world.office().clone(), till.row.canteen, till.id());
    let (one, two) = (person(&world, "甲管理员").await, person(&world, "乙管理员").await);
    let entry = due(&world, canteen).await.remove(0);
    let chip = Scan::Chip(ChipNumber::parse("0a1b2c3d").unwrap());
    let refund = Refund { due: entry.id, meal, elder, amount: entry.amount };
    let sent = [till.open(), till.push(Body::Refund(refund)), unknown(&mut till, &world, &chip)];
    accepted(&world, &till, &sent).await;
    office.register_chip(elder, "0a1b2c3d", None).await.unwrap();
    office.ask_epoch_end(id, 1, "摔坏".into(), one).await.unwrap();
    office.confirm_epoch_end(id, 1, two).await.unwrap();
    nothing_is_broken(&world).await;
    for table in ["refund_payments", "refund_entries", "epoch_ends"] {
        disarm(&world, table).await;
    }
    let change = async |text: &'static str| {
        let changed = office.store.write(move |tx| Box::pin(async move { sql!(tx, text).execute().await }));
        assert_eq!(changed.await.unwrap(), 1, "{text}");
    };
    let cases = [
        (
            "退款记录",
            "UPDATE refund_payments SET amount = amount + 1",
            "UPDATE refund_payments SET amount = amount - 1",
        ),
        ("应退款项", "UPDATE refund_entries SET amount = amount + 1", "UPDATE refund_entries SET amount = amount - 1"),
        (
            "未识别用餐",
            "UPDATE unidentified_meals SET date = '2026-03-05'",
            "UPDATE unidentified_meals SET date = '2026-03-03'",
        ),
        ("终端", "UPDATE epoch_ends SET next = 1", "UPDATE epoch_ends SET next = 8"),
    ];
    for (place, there, back) in cases {
        change(there).await;
        let breaks = verify(&office.store, &office.book(), &|_| {}).await.unwrap().breaks;
        assert!(breaks.iter().any(|b| b.place.starts_with(place)), "{there}: {breaks:?}");
        change(back).await;
    }
    nothing_is_broken(&world).await;
}

crate::on_both! {
    what_is_kept_beside_the_records_is_checked
    a_paper_list_counts_for_its_own_day
    training_is_kept_and_counts_nowhere
    a_refund_is_due_once_and_paid_once
    two_tills_that_pay_one_entry_end_the_same_in_any_order
    an_identified_meal_competes_like_any_other
    the_job_finds_whom_the_till_did_not_know
    an_epoch_is_ended_by_two_people_at_its_last_record
    a_fork_waits_for_a_person
    a_server_from_an_older_backup_ends_the_same
    a_client_that_goes_away_leaves_a_batch_whole
    a_till_that_nobody_let_in_holds_no_day_open
}
