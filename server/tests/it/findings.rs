//! A finding from the day close to the money: found by the region's thresholds, answered, ruled, closed, deducted once.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::UserId;
use domain::money::Fen;
use domain::reconciliation::{Code as FindingCode, DayClose, Finding, Settings, Severity};
use domain::settlement::{Reason, Ruling};
use server::close::close_days;
use server::month::{MonthView, Obstacle};
use server::people;
use server::rulings::{Said, release_hold, say};
use server::store::findings::StepRow;
use server::store::{closes, context, days, epochs, findings, holds, months, settings, usage};
use server::words::Code;
use server::{Error, sql};
use support::Backend;

use crate::common::{date, region};
use crate::desk::Desk;
use crate::month::{MARCH, Scene, disarm};
use crate::unit;

const MONDAY: &str = "2026-03-02";

impl Scene {
    async fn closed(&self, which: usize, day: &str) -> DayClose {
        let office = self.world.office();
        close_days(&office.store, &office.book(), office.now()).await.unwrap();
        let (canteen, day) = (self.canteen(which), date(day));
        let last = office.store.read(move |tx| Box::pin(async move { closes::last(tx, canteen, day).await }));
        last.await.unwrap().unwrap().content.0
    }

    pub(crate) async fn thresholds(&self, from: &'static str, change: impl FnOnce(&mut Settings)) {
        let office = self.world.office();
        let mut new = Settings::default();
        change(&mut new);
        let (by, now) = (self.checker.user, office.now());
        let put = office.store.write(move |tx| {
            let new = new.clone();
            Box::pin(async move { settings::put(tx, &region("440304"), date(from), &new, by, now).await })
        });
        put.await.unwrap();
    }

    pub(crate) async fn say(&self, which: usize, number: &str, said: Said, by: UserId) -> Result<BusinessDate, Error> {
        let office = self.world.office();
        let (canteen, number, now) = (self.canteen(which), number.to_owned(), office.now());
        let said = office.store.write(move |tx| {
            let (number, said) = (number.clone(), said.clone());
            Box::pin(async move { say(tx, canteen, &number, &said, "已核对".to_owned(), by, now).await })
        });
        said.await
    }

    fn of(&self, view: &MonthView, which: usize) -> (Fen, Fen) {
        let statement = view.statements.iter().find(|s| s.canteen == self.canteen(which)).unwrap();
        let lines = statement.content.0.changes.iter();
        let deducted = lines.filter(|l| matches!(l.reason, Reason::Finding { code: FindingCode::OffWindow, .. }));
        (statement.payable, deducted.map(|line| line.amount).sum())
    }
}

fn of_code(close: &DayClose, code: FindingCode) -> Option<&Finding> {
    close.findings.iter().find(|finding| finding.code == code)
}

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().and_then(|error| error.code())
}

/// Lunch ends at half past one: two elders are served at two.
pub(crate) async fn late_lunch(backend: Backend) -> (Scene, String) {
    let mut scene = Scene::new(backend).await;
    let mut records = scene.day(0, MONDAY, 840, &[0, 1]);
    records.push(scene.over(0));
    scene.ingest(0, &records).await;
    let silent = scene.day(1, MONDAY, 700, &[]);
    scene.ingest(1, &silent).await;
    let over = scene.over(1);
    scene.ingest(1, &[over]).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    let close = scene.closed(0, MONDAY).await;
    let finding = of_code(&close, FindingCode::OffWindow).unwrap_or_else(|| panic!("{:?}", close.findings));
    assert_eq!((finding.severity, finding.evidence.len(), finding.stake), (Severity::Warn, 2, Fen::new(600)));
    let number = finding.number.clone();
    (scene, number)
}

async fn a_confirmed_finding_is_deducted_and_an_explained_one_is_not(backend: Backend) {
    let (scene, number) = late_lunch(backend).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.of(&view, 0), (Fen::new(600), Fen::ZERO), "nobody has ruled");
    scene.say(0, &number, Said::Confirmed, scene.maker.user).await.unwrap();
    assert_eq!(code(scene.submit(MARCH, scene.maker).await), Some(Code::Conflict), "ruled after the draft");
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.of(&view, 0), (Fen::ZERO, Fen::new(-600)));
    assert_eq!(scene.verify().await.breaks, []);
    let statement = view.statements.iter().find(|s| s.canteen == scene.canteen(0)).unwrap().id;
    let (office, kept) = (scene.world.office(), std::sync::Arc::clone(scene.world.office()));
    let (sheet, meals) = crate::unit!(office.store, |tx| {
        let dossier = server::statements::Dossier::load(tx, statement, kept.book(), &kept.keys).await?;
        dossier.meals(tx).await.map(|meals| (dossier.sheet("http://127.0.0.1", kept.now()), meals))
    });
    let annex: Fen = sheet.days.iter().map(|day| day.deducted).sum();
    let of_finding: Fen = sheet.findings.iter().filter(|row| row.number == number).map(|row| row.amount).sum();
    assert_eq!((annex, of_finding), (Fen::new(-600), Fen::new(-600)), "the details say what the statement says");
    assert!(meals.meals.iter().all(|meal| meal.amount.is_zero()), "{:?}", meals.meals);
    scene.say(0, &number, Said::Explained, scene.maker.user).await.unwrap();
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.of(&view, 0), (Fen::new(600), Fen::ZERO), "the last ruling holds");
    scene.submit(MARCH, scene.maker).await.unwrap();
    assert_eq!(scene.verify().await.breaks, []);
}

async fn a_ruling_after_approval_is_a_line_of_the_next_month(backend: Backend) {
    let (scene, number) = late_lunch(backend).await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    scene.say(0, &number, Said::Confirmed, scene.maker.user).await.unwrap();
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.of(&april, 0), (Fen::ZERO, Fen::new(-600)));
    let statement = april.statements.iter().find(|s| s.canteen == scene.canteen(0)).unwrap();
    assert_eq!(statement.content.0.carried().total(), Fen::new(-600), "nothing to take it from yet");
    assert_eq!(scene.verify().await.breaks, []);
    // Said again, April stays as it is; withdrawn, it is gone from a new draft.
    scene.say(0, &number, Said::Explained, scene.maker.user).await.unwrap();
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.of(&april, 0), (Fen::ZERO, Fen::ZERO));
    assert_eq!(scene.verify().await.breaks, []);
}

/// March settles the day, April takes its two meals away, May gives them back: three approved statements settle the same
/// close, each something else of it. One that settles nothing else of it is named.
async fn a_close_that_is_settled_again_by_a_ruling_is_not_settled_twice(backend: Backend) {
    async fn approved(scene: &Scene, of: &str) -> (Fen, Fen) {
        let (view, _) = scene.draft(of).await.unwrap();
        scene.submit(of, scene.maker).await.unwrap();
        scene.approve(of, scene.checker, view.settlement.digest).await.unwrap();
        assert_eq!(scene.verify().await.breaks, [], "{of}");
        scene.of(&view, 0)
    }
    let (mut scene, number) = late_lunch(backend).await;
    assert_eq!(approved(&scene, MARCH).await, (Fen::new(600), Fen::ZERO));
    for (said, month, last, today, due) in [
        (Said::Confirmed, "2026-04", "2026-04-30", "2026-05-02", (Fen::ZERO, Fen::new(-600))),
        (Said::Explained, "2026-05", "2026-05-31", "2026-06-02", (Fen::ZERO, Fen::new(600))),
    ] {
        scene.all_over_through(last).await;
        scene.say(0, &number, said, scene.maker.user).await.unwrap();
        scene.world.clock.set(date(today).at_minute(540));
        assert_eq!(approved(&scene, month).await, due);
    }
    disarm(&scene.world, "settled_days").await;
    let store = &scene.world.office().store;
    let same = "UPDATE settled_days SET taken = '[]' WHERE date = '2026-03-02'";
    store.write(move |tx| Box::pin(async move { server::sql!(tx, same).execute().await })).await.unwrap();
    let breaks = scene.verify().await.breaks;
    let named = breaks.iter().filter(|b| b.what.contains("两张") && b.place.contains(MONDAY)).count();
    assert_eq!(named, 2, "April's and May's: {breaks:?}");
}

/// Somebody ruled two years ago about a finding of the same day of the year that has the same number.
async fn a_number_of_another_year_says_nothing_about_this_one(backend: Backend) {
    const BEFORE: &str = "2024-03-02";
    let (scene, number) = late_lunch(backend).await;
    scene.thresholds(MONDAY, |s| s.severities.extend([(FindingCode::OffWindow, Severity::Block)])).await;
    scene.closed(0, MONDAY).await;
    let (canteen, by, now) = (scene.canteen(0), scene.maker.user, scene.world.office().now());
    let store = &scene.world.office().store;
    let said = number.clone();
    unit!(store, |tx| {
        let (owner, due) = (None, None);
        let row =
            StepRow { step: 0, what: "confirmed".into(), words: "往年".into(), owner, due, by_user: by, at: now };
        findings::add(tx, canteen, &said, date(BEFORE), &row).await
    });
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.of(&view, 0), (Fen::new(600), Fen::ZERO), "nobody has ruled about this year's");
    let blocks = [(Some(canteen), Obstacle::Blocking(vec![number.clone()]))];
    assert_eq!(view.obstacles, blocks);
    assert_eq!(scene.verify().await.breaks, []);

    // Both stand in a close: whoever means one of them says which.
    let kept = number.clone();
    unit!(store, |tx| {
        let text = "INSERT INTO day_closes (canteen, date, revision, digest, content, verdicts, closed_at) \
            SELECT canteen, $3, revision, digest, REPLACE(content, $2, $3), verdicts, closed_at FROM day_closes \
            WHERE canteen = $1 AND date = $2 AND revision = (SELECT MAX(l.revision) FROM day_closes l \
            WHERE l.canteen = $1 AND l.date = $2)";
        sql!(tx, text, canteen, MONDAY, BEFORE).execute().await?;
        assert_eq!(findings::named(tx, canteen, &kept).await.unwrap_err().code(), Some(Code::Conflict));
        for day in [BEFORE, MONDAY] {
            let name = format!("{}-{kept}", &day[..4]);
            assert_eq!(findings::named(tx, canteen, &name).await?, Some((date(day), kept.clone())));
        }
        assert_eq!(findings::named(tx, canteen, &format!("2025-{kept}")).await?, None);
        Ok(())
    });
    let maker = Desk::of(&scene.world, "看的人", people::Role::FinanceMaker, "440304").await;
    let (asked, one) = (format!("?region=440304&month={MARCH}"), format!("/console/findings/{canteen}"));
    maker.get(&format!("/console/findings{asked}")).await.has(&[&number]);
    maker.get(&format!("{one}/{number}{asked}")).await.refused(Code::Conflict).has(&[&format!("2026-{number}")]);
    maker.get(&format!("{one}/2026-{number}{asked}")).await.has(&[&number]);
    assert_eq!(code(scene.say(0, &number, Said::Explained, by).await), Some(Code::Conflict));
    let day = scene.say(0, &format!("2026-{number}"), Said::Explained, by).await.unwrap();
    assert_eq!(day, date(MONDAY));
    let of = (date(MONDAY), number.clone());
    let ruled = unit!(store, |tx| findings::rulings(tx, canteen, UnixMs::MAX).await);
    assert_eq!((ruled.len(), ruled.get(&of)), (2, Some(&Ruling::Explained)));
}

/// A day about which somebody ruled is looked at again by the drafts that do not know the ruling, and by no later one.
async fn a_ruled_day_is_read_again_until_a_draft_knows_the_ruling(backend: Backend) {
    async fn again(scene: &Scene, of: &'static str) -> usize {
        let canteen = scene.canteen(0);
        unit!(scene.world.office().store, |tx| months::reopened(tx, canteen, of.parse().unwrap()).await).len()
    }
    let (mut scene, number) = late_lunch(backend).await;
    scene.say(0, &number, Said::Confirmed, scene.maker.user).await.unwrap();
    scene.approved(MARCH).await;
    assert_eq!(again(&scene, "2026-04").await, 0, "March knew it");
    scene.say(0, &number, Said::Answered, scene.maker.user).await.unwrap();
    assert_eq!(again(&scene, "2026-04").await, 0, "an answer rules nothing");
    scene.say(0, &number, Said::Explained, scene.maker.user).await.unwrap();
    assert_eq!(again(&scene, "2026-04").await, 1);
    scene.all_over_through("2026-04-30").await;
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.of(&april, 0), (Fen::new(600), Fen::new(600)));
    // Drafted again, it is taken back first and known by none.
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.of(&april, 0), (Fen::new(600), Fen::new(600)));
    scene.approved("2026-04").await;
    assert_eq!(again(&scene, "2026-05").await, 0, "April gave it back");
    assert_eq!(scene.verify().await.breaks, []);
}

async fn a_finding_has_a_life_and_is_closed_by_another_person(backend: Backend) {
    let (scene, number) = late_lunch(backend).await;
    let (maker, checker) = (scene.maker.user, scene.checker.user);
    assert_eq!(code(scene.say(0, "F-0000-000000", Said::Answered, maker).await), Some(Code::NotFound));
    scene.say(0, &number, Said::Assigned { owner: maker, due: date("2026-04-05") }, maker).await.unwrap();
    scene.say(0, &number, Said::Answered, maker).await.unwrap();
    assert_eq!(code(scene.say(0, &number, Said::Closed, checker).await), Some(Code::Conflict), "nobody has ruled");
    scene.say(0, &number, Said::Explained, maker).await.unwrap();
    assert_eq!(code(scene.say(0, &number, Said::Closed, maker).await), Some(Code::Forbidden), "the same person");
    assert_eq!(scene.say(0, &number, Said::Closed, checker).await.unwrap(), date(MONDAY));
    assert_eq!(code(scene.say(0, &number, Said::Confirmed, maker).await), Some(Code::Conflict), "closed");
    let (canteen, of) = (scene.canteen(0), number.clone());
    let steps = scene.world.office().store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { findings::steps(tx, canteen, date(MONDAY), &of).await })
    });
    let steps: Vec<(i64, String)> = steps.await.unwrap().into_iter().map(|s| (s.step, s.what)).collect();
    let what = ["assigned", "answered", "explained", "closed"];
    assert_eq!(steps, (1..).zip(what.map(str::to_owned)).collect::<Vec<_>>());
    crate::rows::append_only(&scene.world.office().store, "finding_steps").await;
}

async fn a_regions_settings_hold_from_their_day_on_and_close_days_again(backend: Backend) {
    let (scene, _) = late_lunch(backend).await;
    scene.thresholds("2026-03-03", |s| s.thresholds.window_minutes = 60).await;
    assert!(of_code(&scene.closed(0, MONDAY).await, FindingCode::OffWindow).is_some(), "from Tuesday on");
    scene.world.clock.pass(60_000);
    scene.thresholds(MONDAY, |s| s.thresholds.window_minutes = 60).await;
    assert!(of_code(&scene.closed(0, MONDAY).await, FindingCode::OffWindow).is_none());
    scene.world.clock.pass(60_000);
    let deducted = [(FindingCode::OffWindow, Severity::Deduct)];
    scene.thresholds(MONDAY, |s| s.severities.extend(deducted)).await;
    let close = scene.closed(0, MONDAY).await;
    assert_eq!(of_code(&close, FindingCode::OffWindow).map(|f| f.severity), Some(Severity::Deduct));
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.of(&view, 0), (Fen::ZERO, Fen::new(-600)), "the region deducts unless somebody explains");
    assert_eq!(scene.verify().await.breaks, []);
}

/// Ten days with one meal each, and a second one of the fifth that arrives late.
async fn days_that_look_at_earlier_days_are_closed_again_when_those_change(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let mut batches = Vec::new();
    for day in 3..=12 {
        batches.push(scene.day(0, &format!("2026-03-{day:02}"), 700, &[0]));
    }
    batches.push(vec![scene.over(0)]);
    for batch in &batches {
        scene.ingest(0, batch).await;
    }
    // A second till that was taken out of service with a meal of the fifth in it.
    let mut lost = scene.world.terminal(scene.canteen(0)).await;
    assert!(scene.world.office().revoke_terminal(lost.row.id, None).await.unwrap());
    lost.at = date("2026-03-05").at_minute(700);
    let office = std::sync::Arc::clone(scene.world.office());
    let found = vec![lost.start(None), lost.open(), lost.meal(&office, None), lost.close()];
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    let close = scene.closed(0, "2026-03-12").await;
    let flat = of_code(&close, FindingCode::FlatCounts).unwrap_or_else(|| panic!("{:?}", close.findings));
    assert_eq!(flat.measure.map(|m| (m.found, m.limit)), Some((1, 10)));
    scene.world.ingest(&lost, 1, &found).await;
    let close = scene.closed(0, "2026-03-12").await;
    assert!(of_code(&close, FindingCode::FlatCounts).is_none(), "the fifth had two meals");
    assert_eq!(scene.verify().await.breaks, []);
}

/// From the fifth on the policy holds what a C earns; 甲 is a C and serves one meal on the sixth.
async fn a_released_hold_is_paid_with_the_next_month(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = std::sync::Arc::clone(scene.world.office());
    let gate = "[[gate]]\nwhen = { quality_grade = [\"C\"] }\neffect = \"hold\"\nkinds = [\"diner\"]\n";
    let second = crate::common::POLICY.replace("version = 1", "version = 2").replace("03-02", "03-05") + gate;
    office.announce_policy("second.toml", &second, None).await.unwrap();
    let standing = domain::canteen::Standing { quality_grade: "C".into(), ..Default::default() };
    let fact = domain::canteen::CanteenFactKind::Standing { standing };
    office.add_canteen_fact(scene.canteen(0), date("2026-03-04"), fact, None).await.unwrap();
    let mut first = scene.day(0, "2026-03-06", 700, &[0]);
    first.push(scene.over(0));
    scene.ingest(0, &first).await;
    let mut other = scene.day(1, MONDAY, 700, &[]);
    other.push(scene.over(1));
    scene.ingest(1, &other).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    let (march, _) = scene.draft(MARCH).await.unwrap();
    let canteen = scene.canteen(0);
    let of = |view: &MonthView| {
        let statement = view.statements.iter().find(|s| s.canteen == canteen).unwrap();
        (statement.content.0.approved(), statement.content.0.held(), statement.payable)
    };
    assert_eq!(of(&march), (Fen::new(300), Fen::new(-300), Fen::ZERO));
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, march.settlement.digest).await.unwrap();

    let (by, now) = (scene.maker.user, office.now());
    let released = office.store.write(move |tx| {
        Box::pin(async move {
            let held = holds::outstanding(tx, canteen, None).await?;
            let (key, (_, sums)) = held.first_key_value().unwrap();
            assert_eq!((held.len(), sums.total()), (1, Fen::new(-300)));
            assert!(holds::released(tx, canteen, "2026-04".parse().unwrap(), UnixMs::MAX).await?.is_empty());
            release_hold(tx, canteen, key, "整改合格", by, now).await?;
            assert_eq!(code(release_hold(tx, canteen, key, "再来一次", by, now).await), Some(Code::Conflict), "once");
            assert!(!holds::release(tx, canteen, key, "再来一次", by, now).await?);
            assert_eq!(holds::last_released(tx, canteen).await?, Some(now.plus(1)), "after March was drafted");
            Ok(())
        })
    });
    released.await.unwrap();
    for (month, last) in [("2026-04", "2026-04-30"), ("2026-05", "2026-05-31")] {
        for till in [0, 1] {
            let over = scene.over_through(till, last);
            scene.ingest(till, &[over]).await;
        }
        scene.world.clock.set(date(last).plus_days(1).at_minute(540));
        let (view, _) = scene.draft(month).await.unwrap();
        let paid = if month == "2026-04" { Fen::new(300) } else { Fen::ZERO };
        assert_eq!(of(&view), (Fen::ZERO, paid, paid), "{month}");
        assert_eq!(scene.verify().await.breaks, []);
        scene.submit(month, scene.maker).await.unwrap();
        scene.approve(month, scene.checker, view.settlement.digest).await.unwrap();
    }
    assert_eq!(scene.verify().await.breaks, [], "the books balance with a release in them");
    crate::rows::append_only(&office.store, "hold_releases").await;
}

async fn what_the_store_keeps_of_findings(backend: Backend) {
    let (scene, number) = late_lunch(backend).await;
    let (canteen, by, now) = (scene.canteen(0), scene.maker.user, scene.world.office().now());
    let later = now.plus(5);
    let said = |what: &str, at| StepRow {
        step: 0,
        what: what.to_owned(),
        words: "已核对".to_owned(),
        owner: None,
        due: None,
        by_user: by,
        at,
    };
    let steps = [said("answered", now), said("confirmed", now), said("explained", later)];
    let store = &scene.world.office().store;
    let done = store.write(move |tx| {
        let (number, steps) = (number.clone(), steps.clone());
        Box::pin(async move {
            assert_eq!(findings::named(tx, canteen, &number).await?, Some((date(MONDAY), number.clone())));
            for step in &steps {
                findings::add(tx, canteen, &number, date(MONDAY), step).await?;
            }
            let ruled = findings::rulings(tx, canteen, now).await?;
            let of = (date(MONDAY), number.clone());
            assert_eq!(ruled.get(&of), Some(&Ruling::Confirmed));
            assert_eq!(findings::rulings(tx, canteen, later).await?.get(&of), Some(&Ruling::Explained));
            assert_eq!(findings::ruled_since(tx, canteen, now).await?, [date(MONDAY)].into());
            assert!(findings::ruled_since(tx, canteen, later).await?.is_empty());
            assert_eq!(findings::ruled_inside(tx, &region("4403"), now).await?, [canteen].into());
            assert!(findings::ruled_inside(tx, &region("4403"), later).await?.is_empty());
            assert!(findings::ruled_inside(tx, &region("4404"), now).await?.is_empty());
            assert_eq!(findings::last_ruled(tx, canteen).await?, Some(later));
            assert_eq!(findings::last_drafted(tx, canteen).await?, None);
            let of_march = findings::of_canteen(tx, canteen, MARCH.parse().unwrap()).await?;
            assert_eq!(of_march[&of].iter().map(|s| s.step).collect::<Vec<_>>(), [1, 2, 3]);
            assert!(findings::of_canteen(tx, canteen, "2026-04".parse().unwrap()).await?.is_empty());

            let mut other = Settings::default();
            other.thresholds.flat_days = 3;
            settings::put(tx, &region("440304"), date(MONDAY), &other, by, now).await?;
            assert_eq!(settings::of_region(tx, &region("440304")).await?.len(), 1);
            assert_eq!(settings::of_day(tx, canteen, date(MONDAY), now).await?, other);
            let before = settings::of_day(tx, canteen, date("2026-03-01"), now).await?;
            assert_eq!((before, settings::of_day(tx, canteen, date(MONDAY), now.plus(-1)).await?), Default::default());
            assert!(epochs::undecided(tx, canteen, date(MONDAY), now).await?.is_empty());
            Ok(())
        })
    });
    done.await.unwrap();
}

async fn what_a_day_is_held_against(backend: Backend) {
    let (scene, _) = late_lunch(backend).await;
    let (canteen, now) = (scene.canteen(0), scene.world.office().now());
    let elders: Vec<_> = (1..=3_u128).map(|n| domain::id::ElderId::from_uuid(uuid::Uuid::from_u128(n))).collect();
    let store = &scene.world.office().store;
    let done = store.write(move |tx| {
        let elders = elders.clone();
        Box::pin(async move {
            let eaters = usage::eaters(tx, canteen, date(MONDAY)).await?;
            let monday = context::load(tx, canteen, date(MONDAY), &eaters, now).await?;
            assert!(monday.earlier.is_empty() && monday.cards.is_empty() && monday.forks.is_empty());
            context::save(tx, canteen, date("2026-03-03"), 3, &elders, now).await?;
            context::save(tx, canteen, date("2026-03-04"), 0, &[], now).await?;
            let thursday = context::load(tx, canteen, date("2026-03-05"), &[], now).await?;
            let earlier: Vec<_> = thursday.earlier.iter().map(|day| (day.date, day.meals, day.elders.len())).collect();
            assert_eq!(earlier, [(date("2026-03-03"), 3, 3), (date(MONDAY), 2, 2)], "a day without meals is not open");
            assert_eq!(thursday.earlier[0].elders, elders);
            assert!(!days::get(tx, canteen, date(MONDAY)).await?.unwrap().is_dirty());
            context::save(tx, canteen, date("2026-03-01"), 1, &elders[..1], now).await?;
            assert!(days::get(tx, canteen, date(MONDAY)).await?.unwrap().is_dirty(), "Monday looks at Sunday");
            Ok(())
        })
    });
    done.await.unwrap();
}

crate::on_both! {
    a_number_of_another_year_says_nothing_about_this_one
    a_ruled_day_is_read_again_until_a_draft_knows_the_ruling
    a_released_hold_is_paid_with_the_next_month
    what_the_store_keeps_of_findings
    what_a_day_is_held_against
    a_confirmed_finding_is_deducted_and_an_explained_one_is_not
    a_ruling_after_approval_is_a_line_of_the_next_month
    a_close_that_is_settled_again_by_a_ruling_is_not_settled_twice
    a_finding_has_a_life_and_is_closed_by_another_person
    a_regions_settings_hold_from_their_day_on_and_close_days_again
    days_that_look_at_earlier_days_are_closed_again_when_those_change
}
