//! Two people at one month at the same time: one wins, the other is told, and no day is settled twice.

use std::sync::Arc;

use domain::elder::ElderFactKind;
use domain::money::Fen;
use domain::reconciliation::Code as Found;
use domain::settlement::MonthState;
use server::admin::NewElderFact;
use server::close::close_days;
use server::month::{self, MonthView, Obstacle};
use server::store::{closes, months};
use server::words::Code;
use server::{Error, sql};
use support::Backend;

use crate::common::{date, region};
use crate::month::{MARCH, Scene};
use crate::unit;

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().and_then(|error| error.code())
}

fn payable(view: &MonthView) -> Vec<i64> {
    view.statements.iter().map(|s| s.payable.get()).collect()
}

impl Scene {
    /// What settles days without being of the month's current draft.
    async fn left_behind(&self) -> i64 {
        let text = "SELECT COUNT(*) FROM settled_days d JOIN statements s ON s.id = d.statement JOIN settlements m \
                    ON m.region = s.region AND m.month = s.month WHERE s.version <> m.version";
        let store = &self.world.office().store;
        store.read(move |tx| Box::pin(async move { sql!(tx, text).value().await })).await.unwrap()
    }

    /// Takes the month's draft back, as its next draft begins with, and goes no further.
    async fn taken_back(&self) {
        let (place, of, now) = (region("440304"), MARCH.parse().unwrap(), self.world.office().now());
        let store = &self.world.office().store;
        store
            .write_serializable(move |tx| {
                let place = place.clone();
                Box::pin(async move {
                    let settlement = months::settlement(tx, &place, of).await?.unwrap();
                    months::release(tx, &settlement, now).await
                })
            })
            .await
            .unwrap();
    }
}

async fn of_two_draft_runs_one_wins(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    for round in 1..=4 {
        let both = tokio::join!(scene.draft(MARCH), scene.draft(MARCH));
        let won: Vec<MonthView> = [both.0, both.1]
            .into_iter()
            .filter_map(|result| match result {
                Ok((view, _)) => Some(view),
                Err(error) => {
                    assert_eq!(error.code(), Some(Code::Conflict), "{error}");
                    None
                }
            })
            .collect();
        assert!(!won.is_empty(), "one wins in round {round}");
        let (place, of) = (region("440304"), MARCH.parse().unwrap());
        let store = &scene.world.office().store;
        let view = store.read(move |tx| Box::pin(async move { month::view(tx, &place, of).await }));
        let view = view.await.unwrap().unwrap();
        assert_eq!(Some(view.settlement.version), won.iter().map(|v| v.settlement.version).max());
        assert_eq!((payable(&view), view.in_the_way.as_slice()), (vec![300, 900], &[][..]));
        assert_eq!(scene.left_behind().await, 0, "round {round}");
        assert_eq!(scene.verify().await.breaks, []);
    }
    let approved = scene.approved(MARCH).await;
    assert_eq!(payable(&approved), [300, 900]);
    scene.all_over_through("2026-04-30").await;
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(payable(&april), [0, 0], "nothing of March is left to pay");
}

/// A draft that was taken back to be made again and never was (the program ended there) settles nothing: approved, its
/// days would be paid again with the next month.
async fn a_draft_that_was_taken_back_is_not_submitted(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.taken_back().await;
    let refused = scene.submit(MARCH, scene.maker).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Conflict));
    assert!(refused.to_string().contains("请重新起草"), "{refused}");
    let (again, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!((payable(&again), again.settlement.version), (payable(&view), 2));
    scene.submit(MARCH, scene.maker).await.unwrap();
    // As nothing but a hand in the database could: the checker is not shown it as whole, and cannot approve it.
    scene.taken_back().await;
    let seen = again.settlement.digest;
    assert_eq!(code(scene.approve(MARCH, scene.checker, seen).await), Some(Code::Conflict));
    let (place, of) = (region("440304"), MARCH.parse().unwrap());
    let store = &scene.world.office().store;
    let shown =
        store.read(move |tx| Box::pin(async move { month::view(tx, &place, of).await })).await.unwrap().unwrap();
    assert_eq!(shown.settlement.state.0, MonthState::Submitted);
    let taken_back = shown.obstacles.iter().filter(|(_, o)| *o == Obstacle::TakenBack).count();
    assert_eq!(taken_back, 2, "{:?}", shown.obstacles);
}

async fn a_draft_and_a_submission_do_not_both_hold(backend: Backend) {
    for _ in 0..3 {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        scene.draft(MARCH).await.unwrap();
        let (drafted, submitted) = tokio::join!(scene.draft(MARCH), scene.submit(MARCH, scene.maker));
        assert!(drafted.is_ok() || submitted.is_ok(), "one of them wins");
        for lost in [drafted.err(), submitted.err()].into_iter().flatten() {
            assert_eq!(lost.code(), Some(Code::Conflict), "{lost}");
        }
        let (place, of) = (region("440304"), MARCH.parse().unwrap());
        let store = &scene.world.office().store;
        let view = store.read(move |tx| Box::pin(async move { month::view(tx, &place, of).await }));
        let view = view.await.unwrap().unwrap();
        assert_eq!((payable(&view), scene.left_behind().await), (vec![300, 900], 0));
        assert_eq!(view.in_the_way, [], "whoever won, the draft is whole");
        assert_eq!(scene.verify().await.breaks, []);
    }
}

/// What the checker saw is what is approved: after a redraft that says something else the old digest is refused.
async fn an_approval_of_what_was_drafted_anew_is_told(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (first, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    let office = Arc::clone(scene.world.office());
    let (place, of) = (region("440304"), MARCH.parse().unwrap());
    let back = month::send_back(&office.store, &place, of, scene.checker, "请留出3月3日".to_owned(), office.now());
    let (back, approved) = tokio::join!(back, scene.approve(MARCH, scene.checker, first.settlement.digest));
    if approved.is_ok() {
        assert_eq!(code(back), Some(Code::Conflict), "approved first");
        assert_eq!(scene.verify().await.breaks, []);
        return;
    }
    assert_eq!((back.is_ok(), code(approved)), (true, Some(Code::Conflict)), "sent back first");
    scene.leave_out(0, "2026-03-03").await;
    let (second, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    assert_ne!(second.settlement.digest, first.settlement.digest);
    assert_eq!(code(scene.approve(MARCH, scene.checker, first.settlement.digest).await), Some(Code::Conflict));
    let done = scene.approve(MARCH, scene.checker, second.settlement.digest).await.unwrap();
    assert_eq!(done.statements.iter().map(|s| s.payable).sum::<Fen>(), Fen::new(900));
    assert_eq!(scene.verify().await.breaks, []);
}

/// What is learned while a run of the job is under way touches its days before they are read: it is in their closes,
/// though the run began before it was known.
async fn what_is_learned_during_a_run_is_in_its_closes(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let office = Arc::clone(scene.world.office());
    let began = office.now();
    scene.world.clock.set(began.plus(40_000));
    let death = NewElderFact { valid_from: date("2026-03-02"), kind: ElderFactKind::Death { dead: true } };
    office.add_elder_fact(scene.elders[1], death, None).await.unwrap();
    close_days(&office.store, &office.book(), began).await.unwrap();
    let (canteen, day) = (scene.canteen(0), date("2026-03-03"));
    let close = unit!(office.store, |tx| closes::last(tx, canteen, day).await).unwrap();
    let found: Vec<_> = close.content.0.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [Found::NotEligible], "the meal of the day after the death");
    assert_eq!(scene.verify().await.breaks, []);
}

crate::on_both! {
    what_is_learned_during_a_run_is_in_its_closes
    of_two_draft_runs_one_wins
    a_draft_that_was_taken_back_is_not_submitted
    a_draft_and_a_submission_do_not_both_hold
    an_approval_of_what_was_drafted_anew_is_told
}
