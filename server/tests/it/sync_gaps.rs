//! What falls between two looks: units that waited, shifts over two epochs, and clocks far ahead.

use std::future::Future as _;
use std::pin::pin;
use std::task::Poll;

use domain::record::{Body, Head};
use domain::sync::Outcome;
use server::close::close_days;
use support::Backend;
use tokio::sync::oneshot;

use crate::client::world;
use crate::common::{date, noon};

const MINUTE_MS: i64 = 60_000;

async fn a_delta_holds_what_waited_for_longer_than_it_repeats(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let elder = world.elder(1, Some(till.row.canteen)).await;
    let card = office.issue_card(elder, None).await.unwrap();
    let sent = [till.start(None), till.open(), till.meal(&office, Some(elder))];

    // Somebody's long unit is under way.
    let (begun, is_begun) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    let store = office.store.clone();
    let long = tokio::spawn(async move {
        let work = store.write_audited(move |_| {
            Box::pin(async move {
                begun.send(()).unwrap();
                ended.await.unwrap();
                Ok(())
            })
        });
        work.await
    });
    is_begun.await.unwrap();
    let mut revoked = pin!(office.revoke_card(elder, card.id, None));
    let waits = std::future::poll_fn(|cx| Poll::Ready(revoked.as_mut().poll(cx).is_pending())).await;
    assert!(waits, "the card's unit waits");
    world.clock.set(noon().plus(5 * MINUTE_MS));
    let asked = office.now();
    end.send(()).unwrap();
    long.await.unwrap().unwrap();
    assert!(revoked.await.unwrap());

    // The till's last page was from just before the card was revoked at last.
    let page = office.roster(&till.row, asked, 0, None).await.unwrap();
    let [entry] = &page.entries[..] else { panic!("{:?}", page.entries) };
    assert_eq!((entry.elder.id, entry.cards[0].revoked), (elder, Some(asked)));
    world.ingest(&till, 1, &sent).await;
    assert_eq!(office.usage(&till.row, asked, None).await.unwrap().entries.len(), 1);
}

async fn a_z_report_of_a_shift_over_two_epochs_is_not_disputed(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let office = world.office().clone();
    let first = vec![till.start(None), till.open(), till.meal(&office, None), till.meal(&office, None)];
    let head = Head { epoch: 1, sequence: 3, hash: till.head };
    (till.epoch, till.next, till.head) = (2, 0, domain::id::Digest::ZERO);
    let second = vec![till.start(Some(head)), till.meal(&office, None), till.meal(&office, None), till.close()];
    world.ingest(&till, 1, &first).await;
    let answer = world.ingest(&till, 2, &second).await;
    let last = answer.outcomes.last().unwrap();
    assert_eq!((last.sequence, &last.outcome), (3, &Outcome::Accepted));

    // Within its epoch it is counted as ever.
    let mut third = vec![till.open(), till.meal(&office, None)];
    till.of_shift.pop();
    third.push(till.close());
    let answer = world.ingest(&till, 2, &third).await;
    assert!(matches!(answer.outcomes[2].outcome, Outcome::Disputed { .. }), "{:?}", answer.outcomes[2]);
}

async fn a_record_from_far_ahead_does_not_say_that_days_are_over(backend: Backend) {
    let (world, mut till) = world(backend).await;
    let (office, canteen) = (world.office().clone(), till.row.canteen);
    let mut sent = vec![till.start(None), till.open()];
    till.at = date("2027-03-02").at_minute(660);
    sent.push(till.push(Body::Cash { amount: domain::money::Fen::new(100), note: String::new() }));
    // Its clock is right again.
    till.at = date("2026-03-02").at_minute(700);
    sent.push(till.push(Body::Cash { amount: domain::money::Fen::new(200), note: String::new() }));
    world.ingest(&till, 1, &sent).await;
    world.clock.set(date("2026-03-04").at_minute(600));
    let waiting = async || {
        let report = close_days(&office.store, &office.book(), office.now()).await.unwrap();
        report.incomplete.into_keys().map(|(date, of)| (date.to_string(), of == canteen)).collect::<Vec<_>>()
    };
    let days = |days: &[&str]| days.iter().map(|day| ((*day).to_owned(), true)).collect::<Vec<_>>();
    assert_eq!(waiting().await, days(&["2026-03-02", "2026-03-03"]));

    till.at = date("2026-03-03").at_minute(600);
    let over = [till.push(Body::Day { through: date("2026-03-02") })];
    world.ingest(&till, 1, &over).await;
    assert_eq!(waiting().await, days(&["2026-03-03"]));
    till.at = date("2026-03-04").start().plus(MINUTE_MS);
    let over = [till.push(Body::Day { through: date("2026-03-03") })];
    world.ingest(&till, 1, &over).await;
    assert_eq!(waiting().await, days(&[]));
}

crate::on_both! {
    a_delta_holds_what_waited_for_longer_than_it_repeats
    a_z_report_of_a_shift_over_two_epochs_is_not_disputed
    a_record_from_far_ahead_does_not_say_that_days_are_over
}
