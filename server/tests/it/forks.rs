//! A journal that does not go on from what the office holds is a finding that blocks the month, in whatever order the
//! records arrive that show it.

use domain::id::{CanteenId, CashierId, Digest, PaperListId, RecordId, TerminalId, UserId};
use domain::reconciliation::{Code, Finding, Severity};
use domain::record::{Body, Head, Paper, encoding};
use domain::sync::{Outcome, Rejection};
use server::admin::NewUser;
use server::close::close_days;
use server::people::Role;
use server::sql;
use server::store::epochs::ForkKind;
use server::store::quarantine::KeptRow;
use server::store::records::Journal;
use server::store::{closes, epochs, quarantine};
use server::verify::verify;
use support::Backend;

use crate::client::world;
use crate::common::{Sent, Till, World, date, region};
use crate::rows::n;
use crate::unit;

const DAY: &str = "2026-03-02";
const NEXT: &str = "2026-03-03";

/// Closes what waits; what the last closes of both days say of forks. What is stored can be made again.
async fn forks(world: &World, canteen: CanteenId) -> Vec<Finding> {
    let office = world.office();
    world.clock.set(date("2026-03-05").at_minute(600));
    assert!(close_days(&office.store, &office.book(), office.now()).await.unwrap().incomplete.is_empty());
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    // Of a broken chain `verify` speaks itself.
    let closes: Vec<_> = report.breaks.iter().filter(|broken| broken.place.starts_with("日清")).collect();
    assert!(closes.is_empty(), "{closes:?}");
    let mut findings = Vec::new();
    for day in [DAY, NEXT].map(date) {
        let read = office.store.read(move |tx| Box::pin(async move { closes::last(tx, canteen, day).await }));
        findings.extend(read.await.unwrap().unwrap().content.0.findings);
    }
    findings.retain(|finding| finding.code == Code::ForkedTerminal);
    findings
}

fn shows_at(findings: &[Finding], record: RecordId) {
    let seen: Vec<_> = findings.iter().map(|f| (f.severity, f.evidence.as_slice())).collect();
    assert_eq!(seen, [(Severity::Block, [record].as_slice())]);
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

fn over(till: &mut Till, through: &str) -> Sent {
    till.at = date(through).plus_days(1).start().plus(60_000);
    till.push(Body::Day { through: date(through) })
}

/// A first epoch that went on after its backup was taken, and a second one that was begun from that backup.
fn restored(world: &World, till: &mut Till) -> (Vec<Sent>, Vec<Sent>) {
    let office = world.office().clone();
    let first = vec![till.start(None), till.open(), till.meal(&office, None), till.close(), over(till, DAY)];
    let head = Head { epoch: 1, sequence: 1, hash: first[1].signed.hash() };
    (till.epoch, till.next, till.head, till.shift) = (2, 0, Digest::ZERO, None);
    till.at = date(NEXT).at_minute(600);
    let second = vec![till.start(Some(head)), over(till, NEXT), over(till, "2026-03-04")];
    (first, second)
}

async fn a_fork_is_a_finding_whichever_epoch_arrives_first(backend: Backend) {
    for order in 0..3 {
        let (world, mut till) = world(backend).await;
        let canteen = till.row.canteen;
        let (first, second) = restored(&world, &mut till);
        let shown = second[0].id;
        let (early, late) = match order {
            // All as it was made; the new epoch before what the old one had after its backup; the old epoch last.
            0 => (vec![(1, &first[..]), (2, &second[..])], &[][..]),
            1 => (vec![(1, &first[..2]), (2, &second[..])], &first[2..]),
            _ => (vec![(2, &second[..])], &first[..]),
        };
        for (epoch, records) in early {
            world.ingest(&till, epoch, records).await;
        }
        if !late.is_empty() {
            assert_eq!(forks(&world, canteen).await, [], "order {order}: nothing says so yet");
            world.ingest(&till, 1, late).await;
        }
        shows_at(&forks(&world, canteen).await, shown);
        let by = person(&world, "甲管理员").await;
        let reason = "从备份恢复，已核对".to_owned();
        assert!(world.office().resolve_fork(till.id(), (2, 0), reason, by).await.unwrap());
        assert_eq!(forks(&world, canteen).await, [], "order {order}: somebody has decided");
    }
}

async fn a_broken_chain_is_a_finding_when_its_gap_is_filled_late(backend: Backend) {
    for late in [false, true] {
        let (world, mut till) = world(backend).await;
        let (office, canteen) = (world.office().clone(), till.row.canteen);
        let mut sent = vec![till.start(None), till.open(), till.meal(&office, None)];
        // The next day's records go on from another third record.
        (till.head, till.at) = (Digest([7; 32]), date(NEXT).at_minute(660));
        sent.extend([till.meal(&office, None), till.close(), over(&mut till, NEXT), over(&mut till, "2026-03-04")]);
        if late {
            world.ingest(&till, 1, &sent[..2]).await;
            world.ingest(&till, 1, &sent[3..]).await;
            let (one, two) = (person(&world, "甲管理员").await, person(&world, "乙管理员").await);
            office.ask_epoch_end(till.id(), 1, "收银机摔坏".into(), one).await.unwrap();
            office.confirm_epoch_end(till.id(), 1, two).await.unwrap();
            assert_eq!(forks(&world, canteen).await, [], "the gap hides it");
            world.ingest(&till, 1, &sent[2..3]).await;
        } else {
            world.ingest(&till, 1, &sent).await;
        }
        shows_at(&forks(&world, canteen).await, sent[3].id);
        let (store, terminal) = (office.store.clone(), till.id());
        // The page of terminals reads what was kept; `verify` finds it again.
        let listed = unit!(store, |tx| epochs::forks(tx, &region("44")).await);
        let seen: Vec<_> = listed.iter().map(|f| (f.terminal, f.epoch, f.sequence, f.kind)).collect();
        assert_eq!(seen, [(terminal, 1, 3, ForkKind::BrokenChain)], "late: {late}");
        assert_eq!(
            unit!(store, |tx| epochs::all_breaks(tx, false).await),
            unit!(store, |tx| epochs::all_breaks(tx, true).await)
        );
    }
}

/// `verify` names a break that is not kept, and one that is kept and is none.
async fn kept_breaks_are_compared_with_the_records(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen, terminal) = (world.office().clone(), till.row.canteen, till.id());
    let mut sent = vec![till.start(None), till.open()];
    till.head = Digest([7; 32]);
    sent.push(till.meal(&office, None));
    world.ingest(&till, 1, &sent).await;
    let told = || async {
        let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
        report.breaks.into_iter().filter(|b| b.what.contains("断链表")).map(|b| b.what).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [""; 0]);
    let store = &office.store;
    unit!(store, |tx| sql!(
        tx,
        "INSERT INTO journal_breaks (canteen, terminal, epoch, sequence, stored, named) \
         VALUES ($1, $2, 1, 1, $3, $3)",
        canteen,
        terminal,
        Digest([1; 32])
    )
    .execute()
    .await);
    assert_eq!(told().await, ["断链表中有，记录中没有"]);
    let guard = if backend == Backend::Sqlite {
        "DROP TRIGGER journal_breaks_stay"
    } else {
        "ALTER TABLE journal_breaks DISABLE TRIGGER USER"
    };
    unit!(store, |tx| {
        sql!(tx, guard).execute().await?;
        sql!(tx, "DELETE FROM journal_breaks").execute().await
    });
    assert_eq!(told().await, ["与前一条记录不相接，断链表中没有"]);
}

async fn what_later_epochs_name_is_found(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (store, canteen, terminal) = (world.office().store.clone(), till.row.canteen, till.id());
    let (first, second) = restored(&world, &mut till);
    world.ingest(&till, 1, &first).await;
    world.ingest(&till, 2, &second).await;
    let journal = |epoch| Journal { canteen, terminal, epoch };
    let (one, two) = (journal(1), journal(2));
    assert_eq!(unit!(store, |tx| epochs::later_starts(tx, one).await), [date(NEXT)]);
    assert_eq!(unit!(store, |tx| epochs::later_starts(tx, two).await), []);
    assert_eq!(unit!(store, |tx| epochs::named_heads(tx, canteen, date(NEXT)).await), [(terminal, 1, 1)]);
    assert_eq!(unit!(store, |tx| epochs::named_heads(tx, canteen, date(DAY)).await), []);
}

/// A terminal that was copied sells under places that are taken: what happened is kept, listed, and can be entered again.
async fn what_has_no_place_is_listed_and_entered_as_a_paper_list(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen, terminal) = (world.office().clone(), till.row.canteen, till.id());
    let (store, elder) = (&office.store, world.elder(1, None).await);
    let first = vec![till.start(None), till.open(), till.meal(&office, None)];
    let eaten = till.at;
    (till.next, till.head) = (2, first[1].signed.hash());
    let copied = till.meal(&office, Some(elder));
    let meal = encoding::decode(&copied.signed.record).unwrap();
    let mut nobodys = copied.clone();
    nobodys.signed.signature.0[0] ^= 1;
    world.ingest(&till, 1, &first).await;
    world.ingest(&till, 1, &[copied.clone(), nobodys]).await;

    assert_eq!(unit!(store, |tx| quarantine::count(tx, terminal).await), 2);
    let all = unit!(store, |tx| quarantine::listed(tx, terminal, None, 9).await);
    let after = |row: &KeptRow| Some((row.epoch, row.sequence, row.digest));
    let (one, two) = (after(&all[0]), after(&all[1]));
    assert_eq!(unit!(store, |tx| quarantine::listed(tx, terminal, None, 1).await), all[..1]);
    assert_eq!(unit!(store, |tx| quarantine::listed(tx, terminal, one, 9).await), all[1..]);
    assert_eq!(unit!(store, |tx| quarantine::listed(tx, terminal, two, 9).await), []);
    assert_eq!(unit!(store, |tx| quarantine::listed(tx, TerminalId::from_uuid(n(7)), None, 9).await), []);
    let vouched: Vec<_> = all.iter().map(|row| (row.sequence, row.rejection.0, row.genuine())).collect();
    assert!(vouched.contains(&(2, Rejection::Conflict, Some(meal))), "{vouched:?}");
    assert!(vouched.contains(&(2, Rejection::Signature, None)), "nobody vouches for what no key has signed");

    till.at = eaten;
    let mut listed = till.meal_body(&office, Some(elder));
    (till.next, till.head, till.shift) = (3, first[2].signed.hash(), None);
    till.at = date(DAY).at_minute(1200);
    listed.paper = Some(Paper { list: PaperListId::from_uuid(n(1)), line: 1, approved_by: CashierId::from_uuid(n(8)) });
    let entered = vec![till.push(Body::Meal(Box::new(listed))), over(&mut till, NEXT)];
    let answer = world.ingest(&till, 1, &entered).await;
    assert_eq!(answer.outcomes[0].outcome, Outcome::Accepted);
    world.clock.set(date("2026-03-05").at_minute(600));
    close_days(store, &office.book(), office.now()).await.unwrap();
    let close = unit!(store, |tx| closes::last(tx, canteen, date(DAY)).await).unwrap().content.0;
    assert_eq!((close.meals.count, close.subsidised.count), (2, 1), "the guest's, and the elder's from the list");
}

crate::on_both! {
    what_has_no_place_is_listed_and_entered_as_a_paper_list
    what_later_epochs_name_is_found
    a_fork_is_a_finding_whichever_epoch_arrives_first
    a_broken_chain_is_a_finding_when_its_gap_is_filled_late
    kept_breaks_are_compared_with_the_records
}
