//! What an office does not know any more after it was restored from a backup comes up again: elders and rules that tills
//! have charged by.

use domain::id::{CanteenId, ElderId};
use domain::money::Fen;
use domain::reconciliation::{Code as Found, DayClose, Severity, Verdict};
use domain::record::Body;
use domain::record::check::Dispute;
use domain::sync::Outcome;
use server::admin::NewElder;
use server::close::close_days;
use server::store::{closes, records, terminals, usage};
use server::verify::verify;
use server::words::Code;
use support::Backend;

use crate::client::world;
use crate::common::{POLICY, Till, World, date, new_elder, resident_id};
use crate::unit;

const DAY: &str = "2026-03-02";

/// Closes what waits; the last close of the day with its verdicts. What is stored can be made again.
async fn closed(world: &World, canteen: CanteenId) -> (DayClose, Vec<Verdict>) {
    let office = world.office();
    assert!(close_days(&office.store, &office.book(), office.now()).await.unwrap().incomplete.is_empty());
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert!(report.breaks.is_empty(), "{:?}", report.breaks);
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let last = closes::last(tx, canteen, date(DAY)).await?.unwrap();
            let verdicts = closes::verdicts(tx, canteen, date(DAY), last.revision).await?;
            Ok((last.content.0, verdicts))
        })
    });
    read.await.unwrap()
}

fn paid(verdicts: &[Verdict]) -> Fen {
    verdicts.iter().flat_map(|v| &v.paid).map(|line| line.amount).sum()
}

/// A till that served an elder under an id that nobody has: the day is over.
async fn served(world: &World, till: &mut Till, elder: ElderId) {
    let office = world.office().clone();
    let mut sent = vec![till.start(None), till.open(), till.meal(&office, Some(elder)), till.close()];
    till.at = date(DAY).plus_days(1).start().plus(60_000);
    sent.push(till.push(Body::Day { through: date(DAY) }));
    let answer = world.ingest(till, 1, &sent).await;
    assert!(answer.outcomes.iter().all(|of| of.outcome == Outcome::Accepted), "{:?}", answer.outcomes);
    world.clock.set(date(DAY).plus_days(1).at_minute(600));
}

async fn meals_of_nobody_block_the_month_and_are_paid_to_whom_registers_under_their_id(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let elder = ElderId::generate(office.now(), &*world.entropy);
    served(&world, &mut till, elder).await;

    let (close, verdicts) = closed(&world, canteen).await;
    let [finding] = &close.findings[..] else { panic!("{:?}", close.findings) };
    assert_eq!((finding.code, finding.severity), (Found::UnknownElder, Severity::Block));
    assert_eq!((finding.subject.as_str(), finding.stake), (elder.to_string().as_str(), Fen::new(300)));
    let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!((finding.evidence.as_slice(), verdict.elder), ([verdict.record].as_slice(), elder));
    assert_eq!((paid(&verdicts), verdict.due.len(), verdict.charged.len()), (Fen::ZERO, 0, 1));

    // Not under an id that is somebody's or that no meal names, nor for somebody of another age.
    let somebody = world.elder(1, None).await;
    let nobody = ElderId::generate(office.now(), &*world.entropy);
    let young = resident_id(2).replace("19460101", "19860101");
    let young = with_check_digit(&young[..17]);
    let as_one = |n, id| NewElder { id: Some(id), ..new_elder(n, Some(canteen)) };
    for new in [as_one(2, somebody), as_one(2, nobody), NewElder { resident_id: young.into(), ..as_one(2, elder) }] {
        let refused = office.register_elder(new, None).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::Invalid));
    }
    assert_eq!(closed(&world, canteen).await.0.findings.len(), 1, "nothing has changed");

    assert_eq!(office.register_elder(as_one(2, elder), None).await.unwrap(), elder);
    let (close, verdicts) = closed(&world, canteen).await;
    assert_eq!((close.findings, paid(&verdicts)), (Vec::new(), Fen::new(300)));
    let again = office.register_elder(as_one(3, elder), None).await.unwrap_err();
    assert_eq!(again.code(), Some(Code::Invalid), "the id is somebody's now");
}

/// Whoever comes to a restored office before the till has sent is registered under another id. The meal under the old one
/// is nobody's then: it blocks, pays nothing, and uses none of the person's limits up; and the person is not there twice.
async fn a_meal_under_an_id_that_was_lost_is_nobodys_once_the_person_has_another(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let (lost, again) = (ElderId::generate(office.now(), &*world.entropy), world.elder(1, Some(canteen)).await);
    served(&world, &mut till, lost).await;
    let as_lost = NewElder { id: Some(lost), ..new_elder(1, Some(canteen)) };
    for _ in 0..2 {
        let (close, verdicts) = closed(&world, canteen).await;
        let [finding] = &close.findings[..] else { panic!("{:?}", close.findings) };
        assert_eq!((finding.code, finding.severity), (Found::UnknownElder, Severity::Block));
        assert_eq!((finding.subject.as_str(), finding.stake), (lost.to_string().as_str(), Fen::new(300)));
        assert_eq!((paid(&verdicts), verdicts[0].due.len(), verdicts[0].overpaid), (Fen::ZERO, 0, Fen::ZERO));
        let used = unit!(&office.store, |tx| usage::of_elder(tx, again, date(DAY), date(DAY)).await);
        assert_eq!(used, [], "not the person's use, as long as nobody has said whose it is");
        let twice = office.register_elder(as_lost.clone(), None).await.unwrap_err();
        assert_eq!(twice.code(), Some(Code::ElderExists), "one ID number is one person");
    }
}

fn with_check_digit(first: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    format!("{first}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

async fn what_was_charged_by_rules_not_announced_yet_is_paid_once_they_are(backend: Backend) {
    let before = world(backend).await.0;
    let world = World::new(backend).await;
    let office = world.office().clone();
    world.places().await;
    let canteen = world.canteen("测试食堂").await;
    let mut till = world.terminal(canteen).await;
    let elder = world.elder(1, Some(canteen)).await;
    // The till decides by rules that the office had before it was restored.
    let mut sent = vec![till.start(None), till.open(), till.meal(before.office(), Some(elder)), till.close()];
    till.at = date(DAY).plus_days(1).start().plus(60_000);
    sent.push(till.push(Body::Day { through: date(DAY) }));
    let answer = world.ingest(&till, 1, &sent).await;
    let outcome = &answer.outcomes[2].outcome;
    assert_eq!(*outcome, Outcome::Disputed { dispute: Dispute::UnknownPolicy });

    office.announce_policy("test.toml", POLICY, None).await.unwrap();
    world.clock.set(date(DAY).plus_days(1).at_minute(600));
    let (close, _) = closed(&world, canteen).await;
    let disputed: Vec<_> = close.findings.iter().map(|f| f.code).collect();
    assert_eq!(disputed, [Found::Disputed], "the calendar is not there yet");
    let store = &office.store;
    let day = date(DAY);
    assert_eq!(unit!(store, |tx| records::without_rules(tx, canteen, day).await).len(), 1);
    assert_eq!(unit!(store, |tx| records::days_without_rules(tx).await).len(), 1);

    let calendar = before.office().book().calendar().clone();
    office.publish_calendar(calendar).await.unwrap();
    let (close, verdicts) = closed(&world, canteen).await;
    assert_eq!((close.findings, paid(&verdicts)), (Vec::new(), Fen::new(300)));
    // What was answered stays answered.
    let again = world.ingest(&till, 1, &sent).await;
    assert_eq!(again.outcomes[2].outcome, Outcome::Disputed { dispute: Dispute::UnknownPolicy });
}

async fn a_policy_whose_first_day_is_past_is_announced_again_by_the_bytes_that_tills_have_charged_by(backend: Backend) {
    let before = world(backend).await.0;
    let world = World::new(backend).await;
    let office = world.office().clone();
    world.places().await;
    let canteen = world.canteen("测试食堂").await;
    let mut till = world.terminal(canteen).await;
    let elder = world.elder(1, Some(canteen)).await;
    office.publish_calendar(before.office().book().calendar().clone()).await.unwrap();
    // A month after it began the office is set back to before it was announced: it cannot begin in the past.
    world.clock.set(date("2026-04-01").at_minute(600));
    let past = |result: Result<_, server::Error>| {
        let refused = result.unwrap_err();
        assert_eq!(refused.code(), Some(Code::PolicyRefused), "{refused}");
        assert!(refused.to_string().contains(DAY), "{refused}");
    };
    past(office.announce_policy("test.toml", POLICY, None).await);

    // The till brings what it charged by it.
    let mut sent = vec![till.start(None), till.open(), till.meal(before.office(), Some(elder)), till.close()];
    till.at = date("2026-04-01").start().plus(60_000);
    sent.push(till.push(Body::Day { through: date("2026-03-31") }));
    let answer = world.ingest(&till, 1, &sent).await;
    assert_eq!(answer.outcomes[2].outcome, Outcome::Disputed { dispute: Dispute::UnknownPolicy });
    let named = before.office().book().policies.policies().next().unwrap().reference().clone();
    let store = &office.store;
    let known = async |from: &'static str| {
        let named = named.clone();
        unit!(store, |tx| records::charged_by(tx, &named, date(from)).await)
    };
    assert!(known(DAY).await && !known("2026-03-03").await, "what was charged before its first day says nothing");

    // Other bytes under its name were charged by nowhere, be it one comment more.
    past(office.announce_policy("test.toml", &format!("{POLICY}# \n"), None).await);
    let again = office.announce_policy("test.toml", POLICY, None).await.unwrap();
    assert_eq!(again, named);
    let twice = office.announce_policy("test.toml", POLICY, None).await.unwrap_err();
    assert_eq!(twice.code(), Some(Code::PolicyRefused));
    let (close, verdicts) = closed(&world, canteen).await;
    assert_eq!((close.findings, paid(&verdicts)), (Vec::new(), Fen::new(300)));
}

async fn what_a_till_taken_out_of_service_charged_by_announces_nothing(backend: Backend) {
    let before = world(backend).await.0;
    let world = World::new(backend).await;
    let office = world.office().clone();
    world.places().await;
    let canteen = world.canteen("测试食堂").await;
    let mut till = world.terminal(canteen).await;
    let elder = world.elder(1, Some(canteen)).await;
    office.revoke_terminal(till.row.id, None).await.unwrap();
    world.clock.set(date("2026-04-01").at_minute(600));
    let sent = vec![till.start(None), till.open(), till.meal(before.office(), Some(elder))];
    world.ingest(&till, 1, &sent).await;
    let refused = office.announce_policy("test.toml", POLICY, None).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::PolicyRefused), "{refused}");
}

/// A till out of service is told nothing but this: a hello is refused it.
async fn a_batch_of_nothing_says_where_an_epoch_stands_and_changes_nothing(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen, terminal) = (world.office().clone(), till.row.canteen, till.row.id);
    let sent = vec![till.start(None), till.open()];
    let stands = world.ingest(&till, 1, &sent).await.cursor;
    office.revoke_terminal(terminal, None).await.unwrap();
    let nothing = world.ingest(&till, 1, &[]).await;
    assert_eq!((nothing.cursor, nothing.outcomes.len()), (stands, 0));
    assert_eq!(world.ingest(&till, 7, &[]).await.cursor.next, 0);
    let epochs = unit!(&office.store, |tx| terminals::epochs(tx, canteen, terminal).await);
    assert_eq!(epochs.iter().map(|e| (e.epoch, e.next)).collect::<Vec<_>>(), [(1, 2)]);
}

crate::on_both! {
    a_meal_under_an_id_that_was_lost_is_nobodys_once_the_person_has_another
    a_batch_of_nothing_says_where_an_epoch_stands_and_changes_nothing
    a_policy_whose_first_day_is_past_is_announced_again_by_the_bytes_that_tills_have_charged_by
    what_a_till_taken_out_of_service_charged_by_announces_nothing
    meals_of_nobody_block_the_month_and_are_paid_to_whom_registers_under_their_id
    what_was_charged_by_rules_not_announced_yet_is_paid_once_they_are
}
