//! Days closed, a month from its draft to its approval, late records, and what `verify` finds after tampering.

use std::sync::Arc;

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::credential::{ChipNumber, Scan};
use domain::id::{CanteenId, Digest, ElderId, UserId};
use domain::ledger::{Account, Turnover, of_statement};
use domain::money::Fen;
use domain::reconciliation::{Bearer, Code as FindingCode};
use domain::record::Body;
use domain::settlement::{MonthState, Reason, Role as MonthRole, Ruling};
use server::admin::{NewCanteen, NewUser};
use server::close::{CloseReport, close_days};
use server::month::{self, Actor, MonthView};
use server::people::Role;
use server::rulings::{self, Said};
use server::store::canteens::Region;
use server::store::{closes, findings, ledger, months};
use server::verify::{Break, VerifyReport, verify};
use server::words::Code;
use server::{Error, sql};
use support::Backend;

use crate::common::{Sent, Till, World, date, new_canteen, region};

pub(crate) const MARCH: &str = "2026-03";

/// Two canteens with a till each, two elders, a maker and a checker; the clock stands in April.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) tills: [Till; 2],
    pub(crate) elders: [ElderId; 2],
    pub(crate) maker: Actor,
    pub(crate) checker: Actor,
}

impl Scene {
    pub(crate) async fn new(backend: Backend) -> Self {
        let world = World::new(backend).await;
        world.rules().await;
        let canteens = [world.canteen("甲食堂").await, world.canteen("乙食堂").await];
        let elders = [world.elder(1, Some(canteens[0])).await, world.elder(2, Some(canteens[0])).await];
        let tills = [world.terminal(canteens[0]).await, world.terminal(canteens[1]).await];
        let person = async |name: &str, role: Role| {
            let passphrase = format!("{name}的口令足够长").into();
            let user = NewUser { name: name.into(), passphrase, role, region: region("440304"), canteen: None };
            world.office().add_user(user, None).await.unwrap()
        };
        let maker = Actor { user: person("测试经办", Role::FinanceMaker).await, role: MonthRole::FinanceMaker };
        let checker =
            Actor { user: person("测试复核", Role::FinanceChecker).await, role: MonthRole::FinanceChecker };
        Self { world, tills, elders, maker, checker }
    }

    pub(crate) fn canteen(&self, which: usize) -> CanteenId {
        self.tills[which].row.canteen
    }

    /// One day at one till: these elders eat one after the other, from a minute after local midnight on.
    pub(crate) fn day(&mut self, till: usize, on: &str, minute: u16, elders: &[usize]) -> Vec<Sent> {
        let (office, who) = (Arc::clone(self.world.office()), self.elders);
        let till = &mut self.tills[till];
        till.at = date(on).at_minute(minute);
        let mut sent = if till.next == 0 { vec![till.start(None)] } else { Vec::new() };
        sent.push(till.open());
        sent.extend(elders.iter().map(|elder| till.meal(&office, Some(who[*elder]))));
        sent.push(till.close());
        sent
    }

    /// The till says that the whole month is over.
    pub(crate) fn over(&mut self, till: usize) -> Sent {
        let till = &mut self.tills[till];
        till.at = date("2026-04-01").at_minute(300);
        till.push(Body::Day { through: date("2026-03-31") })
    }

    /// The till says that all days up to this one are over.
    pub(crate) fn over_through(&mut self, till: usize, through: &str) -> Sent {
        let till = &mut self.tills[till];
        till.at = date(through).plus_days(1).at_minute(300);
        till.push(Body::Day { through: date(through) })
    }

    /// Both tills say that all days up to this one are over.
    pub(crate) async fn all_over_through(&mut self, through: &str) {
        for till in 0..self.tills.len() {
            let over = self.over_through(till, through);
            self.ingest(till, &[over]).await;
        }
    }

    pub(crate) async fn ingest(&self, till: usize, records: &[Sent]) {
        let answer = self.world.ingest(&self.tills[till], 1, records).await;
        assert_eq!(answer.outcomes.len(), records.len(), "every record has an outcome");
    }

    /// 甲 serves both elders on Monday and the second on Tuesday; 乙 serves the first on Monday, an hour later.
    pub(crate) async fn march(&mut self) {
        let mut first = self.day(0, "2026-03-02", 660, &[0, 1]);
        first.extend(self.day(0, "2026-03-03", 660, &[1]));
        first.push(self.over(0));
        self.ingest(0, &first).await;
        let mut second = self.day(1, "2026-03-02", 720, &[0]);
        second.push(self.over(1));
        self.ingest(1, &second).await;
        self.world.clock.set(date("2026-04-01").at_minute(540));
    }

    pub(crate) async fn draft(&self, of: &str) -> Result<(MonthView, CloseReport), Error> {
        let office = self.world.office();
        let (place, of) = (region("440304"), of.parse().unwrap());
        month::draft(&office.store, &office.book(), &office.entropy, &place, of, self.maker, office.now()).await
    }

    pub(crate) async fn leave_out(&self, which: usize, day: &'static str) {
        let (canteen, by, now) = (self.canteen(which), self.maker.user, self.world.office().now());
        let store = &self.world.office().store;
        store
            .write(move |tx| {
                Box::pin(async move { months::leave_out(tx, canteen, date(day), "终端送修", by, now).await })
            })
            .await
            .unwrap();
    }

    pub(crate) async fn submit(&self, of: &str, by: Actor) -> Result<MonthView, Error> {
        let office = self.world.office();
        month::submit(&office.store, &region("440304"), of.parse().unwrap(), by, office.now()).await
    }

    pub(crate) async fn approve(&self, of: &str, by: Actor, seen: Digest) -> Result<MonthView, Error> {
        let office = self.world.office();
        month::approve(&office.store, &region("440304"), of.parse().unwrap(), by, seen, office.now()).await
    }

    /// Drafts, submits and approves a month.
    pub(crate) async fn approved(&self, of: &str) -> MonthView {
        let (view, _) = self.draft(of).await.unwrap();
        self.submit(of, self.maker).await.unwrap();
        self.approve(of, self.checker, view.settlement.digest).await.unwrap()
    }

    pub(crate) async fn verify(&self) -> VerifyReport {
        let office = self.world.office();
        verify(&office.store, &office.book(), &|_| {}).await.unwrap()
    }

    fn payable(&self, view: &MonthView) -> [Fen; 2] {
        [0, 1].map(|n| view.statements.iter().find(|s| s.canteen == self.canteen(n)).unwrap().payable)
    }
}

fn yuan(text: &str) -> Fen {
    text.parse().unwrap()
}

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().and_then(|error| error.code())
}

async fn a_month_goes_from_draft_to_approval_by_two_people(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, report) = scene.draft(MARCH).await.unwrap();
    assert!(report.incomplete.is_empty() && view.in_the_way.is_empty(), "{:?}", view.in_the_way);
    assert_eq!(scene.payable(&view), [yuan("9.00"), yuan("3.00")], "the programme bears the double use");
    assert_eq!((view.settlement.version, view.settlement.state.0), (1, MonthState::Drafted));
    let digest = view.settlement.digest;

    assert_eq!(code(scene.submit(MARCH, scene.checker).await), Some(Code::Forbidden), "the checker does not submit");
    assert_eq!(code(scene.approve(MARCH, scene.checker, digest).await), Some(Code::Conflict), "not submitted yet");
    scene.submit(MARCH, scene.maker).await.unwrap();
    assert_eq!(code(scene.draft(MARCH).await), Some(Code::Conflict), "a submitted month is not drafted again");
    let same_person = Actor { user: scene.maker.user, role: MonthRole::FinanceChecker };
    assert_eq!(code(scene.approve(MARCH, same_person, digest).await), Some(Code::Forbidden));
    let other = Digest([7; 32]);
    assert_eq!(code(scene.approve(MARCH, scene.checker, other).await), Some(Code::Conflict), "not what was shown");

    let both = tokio::join!(scene.approve(MARCH, scene.checker, digest), scene.approve(MARCH, scene.checker, digest));
    let won = [&both.0, &both.1].into_iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "one approval wins, the other is told");
    let loser = if both.0.is_ok() { both.1 } else { both.0 };
    assert_eq!(code(loser), Some(Code::Conflict));
    assert_eq!(code(scene.draft(MARCH).await), Some(Code::Conflict), "an approved month never changes");
    let report = scene.verify().await;
    assert_eq!((report.breaks.as_slice(), report.statements), ([].as_slice(), 2));
}

async fn a_double_use_is_a_finding_with_its_evidence(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let office = scene.world.office();
    let report = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!(report.added, 62, "31 days of two canteens");
    let again = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!((again.added, again.unchanged), (0, 0), "nothing waits any more");
    let (canteen, day) = (scene.canteen(1), date("2026-03-02"));
    let stored = office.store.read(move |tx| Box::pin(async move { closes::last(tx, canteen, day).await }));
    let close = stored.await.unwrap().unwrap().content.0;
    let [finding] = close.findings.as_slice() else { panic!("{:?}", close.findings) };
    assert_eq!((finding.code, finding.bearer), (FindingCode::OverLimit, Some(Bearer::Programme)));
    assert_eq!((finding.stake, finding.evidence.len()), (yuan("3.00"), 1));
    assert_eq!(close.z_reports, (1, 1));
}

/// Two jobs close days while both tills send what competes for the same limits: whatever was read before a record came
/// or another day was saved, in the end every close is what the records give.
async fn closes_that_were_overtaken_are_made_again(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let mut batches = Vec::new();
    for day in 2..=13 {
        let on = format!("2026-03-{day:02}");
        let mut of_day = [scene.day(0, &on, 660, &[0, 1]), scene.day(1, &on, 720, &[1, 0])];
        for (till, records) in of_day.iter_mut().enumerate() {
            records.push(scene.over_through(till, &on));
        }
        batches.push(of_day);
    }
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    let office = Arc::clone(scene.world.office());
    let close = |times: usize| {
        let office = Arc::clone(&office);
        tokio::spawn(async move {
            for _ in 0..times {
                close_days(&office.store, &office.book(), office.now()).await.unwrap();
            }
        })
    };
    let jobs = [close(15), close(15)];
    for [first, second] in &batches {
        scene.ingest(0, first).await;
        scene.ingest(1, second).await;
    }
    for job in jobs {
        job.await.unwrap();
    }
    let last = [scene.over(0), scene.over(1)];
    scene.ingest(0, &last[..1]).await;
    scene.ingest(1, &last[1..]).await;
    close(1).await.unwrap();
    let report = scene.verify().await;
    assert_eq!((report.breaks.as_slice(), report.waiting), ([].as_slice(), 0));
    assert!(report.closes >= 62, "31 days of two canteens: {}", report.closes);
}

async fn an_incomplete_day_waits_on_behind_later_days_that_are_closed(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let canteen = scene.canteen(0);
    let silent = scene.world.terminal(canteen).await;
    scene.world.clock.set(date("2026-03-10").at_minute(720));
    assert!(scene.world.office().revoke_terminal(silent.row.id, None).await.unwrap());
    scene.march().await;
    let office = scene.world.office();
    let first = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    let days: Vec<_> = first.incomplete.keys().map(|(day, _)| *day).collect();
    assert!(days.contains(&date("2026-03-05")), "the silent till was there until the 10th: {days:?}");
    let later =
        office.store.read(move |tx| Box::pin(async move { closes::last(tx, canteen, date("2026-03-20")).await }));
    assert!(later.await.unwrap().is_some(), "it was gone by the 20th");
    let again = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!(again.incomplete, first.incomplete, "a day that is not closed goes on waiting");
}

async fn an_incomplete_day_stops_submission_until_it_is_left_out_and_follows_late(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let mut first = scene.day(0, "2026-03-02", 660, &[1]);
    first.push(scene.over(0));
    scene.ingest(0, &first).await;
    let mut held_back = scene.day(1, "2026-03-31", 660, &[0]);
    let before: Vec<Sent> = held_back.drain(..1).collect();
    held_back.push(scene.over(1));
    scene.ingest(1, &before).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));

    let (view, report) = scene.draft(MARCH).await.unwrap();
    assert_eq!(report.incomplete.len(), 1, "{:?}", report.incomplete.keys().collect::<Vec<_>>());
    assert_eq!(view.in_the_way.len(), 1);
    assert_eq!(code(scene.submit(MARCH, scene.maker).await), Some(Code::Conflict));
    let canteen = scene.canteen(1);
    scene.leave_out(1, "2026-03-31").await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(view.settlement.version, 2);
    assert_eq!(scene.payable(&view), [yuan("3.00"), Fen::ZERO], "a canteen without meals has a statement too");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();

    scene.ingest(1, &held_back).await;
    assert_eq!(code(scene.draft(MARCH).await), Some(Code::Conflict));
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    let late = april.statements.iter().find(|s| s.canteen == canteen).unwrap();
    assert_eq!(late.payable, yuan("3.00"));
    let line = &late.content.0.changes[0];
    assert!(matches!(&line.reason, Reason::Late { month, .. } if *month == MARCH.parse::<Month>().unwrap()));
    assert_eq!((line.dates.as_slice(), line.count), ([date("2026-03-31")].as_slice(), Some(1)));
    assert_eq!(scene.verify().await.breaks, []);
}

/// The first elder eats at 乙 and an hour later at 甲; 乙's records come when March is approved. What March froze stays
/// first, also when April's draft freezes the late meal: of drafts the earlier comes first, not of meals.
async fn what_an_earlier_draft_froze_stays_first(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let mut late = scene.day(1, "2026-03-31", 660, &[0]);
    let begun: Vec<Sent> = late.drain(..1).collect();
    late.push(scene.over(1));
    scene.ingest(1, &begun).await;
    let mut first = scene.day(0, "2026-03-31", 720, &[0]);
    first.push(scene.over(0));
    scene.ingest(0, &first).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.leave_out(1, "2026-03-31").await;
    let (march, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(scene.payable(&march), [yuan("3.00"), Fen::ZERO]);
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, march.settlement.digest).await.unwrap();

    scene.ingest(1, &late).await;
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    let office = Arc::clone(scene.world.office());
    let again = close_days(&office.store, &office.book(), office.now()).await.unwrap();
    assert_eq!(again.added, 0, "no day is closed otherwise because the late meal is frozen now");
    assert_eq!(scene.payable(&april), [Fen::ZERO, yuan("3.00")], "the programme bears the second use");
    assert_eq!(scene.verify().await.breaks, []);

    // Taken back and drafted again, April says the same.
    let (again, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.payable(&again), scene.payable(&april));
    assert_eq!(scene.verify().await.breaks, []);
}

/// A meal on a chip that nobody had registered is taken back and its month approved; then the chip is registered. The
/// day says the same as before, so no later draft freezes that meal, and it competes with none.
async fn a_meal_taken_back_and_identified_late_opens_no_day_again(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = Arc::clone(scene.world.office());
    let chip = Scan::Chip(ChipNumber::parse("0a1b2c3d").unwrap());
    let till = &mut scene.tills[0];
    till.at = date("2026-03-31").at_minute(660);
    let mut meal = till.meal_body(&office, None);
    meal.unidentified = Some(chip.digest(&office.keys.terminal_digest_key(till.id())));
    let mut sent = vec![till.start(None), till.open(), till.push(Body::Meal(Box::new(meal)))];
    sent.push(till.void(sent[2].id));
    sent.push(till.close());
    sent.push(scene.over(0));
    scene.ingest(0, &sent).await;
    let idle = [scene.tills[1].start(None), scene.over(1)];
    scene.ingest(1, &idle).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.approved(MARCH).await;

    office.register_chip(scene.elders[0], "0a1b2c3d", None).await.unwrap();
    let april = scene.day(1, "2026-04-01", 660, &[0]);
    scene.ingest(1, &april).await;
    scene.all_over_through("2026-04-30").await;
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let (april, _) = scene.draft("2026-04").await.unwrap();
    assert_eq!(scene.payable(&april), [Fen::ZERO, yuan("3.00")]);
    let meals = office.store.read(|tx| {
        Box::pin(async move {
            let text = "SELECT COUNT(*) FROM elder_meals WHERE voided_by IS NOT NULL AND frozen_by IS NULL";
            sql!(tx, text).value::<i64>().await
        })
    });
    assert_eq!(meals.await.unwrap(), 1, "the meal that was taken back is identified, and nothing froze it");
    let open = office.store.read(|tx| {
        Box::pin(async move {
            sql!(tx, "SELECT date FROM day_states WHERE version <> closed_version AND date < '2026-05-01'")
                .values::<BusinessDate>()
                .await
        })
    });
    assert_eq!(open.await.unwrap(), []);
    assert_eq!(scene.verify().await.breaks, []);
}

/// A region that is set up between two months' settlement takes over the canteens, and nothing is settled twice.
async fn a_region_that_is_set_up_meanwhile_settles_nothing_again(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let office = Arc::clone(scene.world.office());
    let narrow = region("440304001");
    let place = Region { code: narrow.clone(), name: "园岭街道".to_owned(), office: "园岭街道办".to_owned() };
    office.create_region(place, None).await.unwrap();
    let maker = scene.maker;
    let draft = async |of: &str| {
        let of = of.parse().unwrap();
        month::draft(&office.store, &office.book(), &office.entropy, &narrow, of, maker, office.now()).await
    };
    let refused = |result: Result<(MonthView, CloseReport), Error>| result.unwrap_err().to_string();
    for of in [MARCH, "2026-04"] {
        assert!(refused(draft(of).await).contains("440304 的2026年3月还没有审批"), "{of}");
    }
    let digest = scene.submit(MARCH, scene.maker).await.unwrap().settlement.digest;
    scene.approve(MARCH, scene.checker, digest).await.unwrap();
    assert!(refused(draft(MARCH).await).contains("2026年3月已由 440304 结算"));
    scene.all_over_through("2026-04-30").await;
    scene.world.clock.set(date("2026-05-01").at_minute(540));
    let (april, _) = draft("2026-04").await.unwrap();
    assert_eq!((april.statements.len(), april.settlement.version), (2, 1));
    assert_eq!(scene.verify().await.breaks, []);
}

/// A draft that is taken back holds nothing, and its statements' versions are not given again. One whose canteens are all
/// settled elsewhere now is not taken back: it stays as it is, and can be approved.
async fn a_region_that_is_set_up_takes_over_a_draft_that_was_taken_back(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    let office = Arc::clone(scene.world.office());
    let third = NewCanteen { region: region("440304002001"), ..new_canteen("丙食堂") };
    office.create_canteen(third, None).await.unwrap();
    scene.march().await;
    assert_eq!(scene.draft(MARCH).await.unwrap().0.statements.len(), 3);
    let narrow = region("440304001");
    let place = |code: &str| Region { code: region(code), name: code.to_owned(), office: "街道办".to_owned() };
    office.create_region(place("440304001"), None).await.unwrap();
    let (rest, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!((rest.statements.len(), rest.settlement.version), (1, 2));
    let of = MARCH.parse().unwrap();
    let (march, _) =
        month::draft(&office.store, &office.book(), &office.entropy, &narrow, of, scene.maker, office.now())
            .await
            .unwrap();
    assert_eq!((march.statements.len(), march.settlement.version), (2, 2));
    assert_eq!(scene.verify().await.breaks, []);
    office.create_region(place("440304002"), None).await.unwrap();
    let refused = scene.draft(MARCH).await.unwrap_err().to_string();
    assert!(refused.contains("440304"), "{refused}");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, rest.settlement.digest).await.unwrap();
}

async fn sent_back_and_drafted_again_freezes_anew(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let view = scene.submit(MARCH, scene.maker).await.unwrap();
    let office = Arc::clone(scene.world.office());
    let (place, of) = (region("440304"), MARCH.parse().unwrap());
    let reason = "3月2日请说明".to_owned();
    let back = month::send_back(&office.store, &place, of, scene.checker, reason.clone(), office.now()).await.unwrap();
    assert_eq!(back.settlement.returned_reason, Some(reason));
    let (again, _) = scene.draft(MARCH).await.unwrap();
    assert_eq!(again.settlement.version, 2);
    assert_eq!(scene.payable(&again), scene.payable(&view), "the same records give the same amounts");
    let digests = |view: &MonthView| view.statements.iter().map(|s| s.digest).collect::<Vec<_>>();
    assert_eq!(digests(&again), digests(&view), "and the same digests");
    let ids: Vec<_> = again.statements.iter().map(|s| s.id.uuid()).collect();
    let frozen = office.store.read(|tx| {
        Box::pin(async move { sql!(tx, "SELECT DISTINCT frozen_by FROM elder_meals").values::<uuid::Uuid>().await })
    });
    let mut frozen = frozen.await.unwrap();
    frozen.sort();
    assert_eq!(frozen, ids.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    assert_eq!(scene.verify().await.breaks, []);
}

async fn an_earlier_month_comes_first(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    scene.world.clock.set(date("2026-05-02").at_minute(540));
    assert_eq!(code(scene.draft("2026-04").await), Some(Code::Conflict));
}

/// What somebody with the database in hand changes, and whose place `verify` must name.
const TAMPERED: [(&str, &str, &str); 4] = [
    ("records", "UPDATE records SET signature = hash WHERE kind = 'void' OR kind = 'meal' AND sequence = 2", "记录"),
    ("statements", "UPDATE statements SET payable = payable + 1 WHERE payable = 300", "结算单"),
    (
        "statements",
        "UPDATE statements SET content = REPLACE(content, '\"standard\":300', '\"standard\":301') WHERE payable = 900",
        "结算单",
    ),
    (
        "day_closes",
        "UPDATE day_closes SET content = REPLACE(content, '1800', '1801') WHERE date = '2026-03-03'",
        "日清",
    ),
];

async fn whatever_is_changed_by_hand_is_named(backend: Backend) {
    for (table, change, place) in TAMPERED {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        let (view, _) = scene.draft(MARCH).await.unwrap();
        scene.submit(MARCH, scene.maker).await.unwrap();
        scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
        assert_eq!(scene.verify().await.breaks, []);
        let store = &scene.world.office().store;
        let refused = store.write(move |tx| Box::pin(async move { sql!(tx, change).execute().await })).await;
        assert!(refused.is_err(), "the triggers of {table} refuse it");
        disarm(&scene.world, table).await;
        let changed = store.write(move |tx| Box::pin(async move { sql!(tx, change).execute().await })).await.unwrap();
        assert!(changed > 0, "{change}");
        let breaks = scene.verify().await.breaks;
        assert!(breaks.iter().any(|b| b.place.starts_with(place)), "{change}: {breaks:?}");
    }
}

/// Takes the table's triggers away, as somebody who owns the database can.
pub async fn disarm(world: &World, table: &'static str) {
    world
        .office()
        .store
        .write(move |tx| {
            Box::pin(async move {
                if tx.is_postgres() {
                    let text = format!("ALTER TABLE {table} DISABLE TRIGGER USER");
                    server::store::Statement::built(tx, text, Vec::new()).execute().await?;
                    return Ok(());
                }
                let names = sql!(tx, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1", table);
                for name in names.values::<String>().await? {
                    server::store::Statement::built(tx, format!("DROP TRIGGER {name}"), Vec::new()).execute().await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn one_byte_of_a_record_is_named_with_its_place(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    disarm(&scene.world, "records").await;
    let store = &scene.world.office().store;
    let (id, bytes): (domain::id::RecordId, Vec<u8>) = store
        .read(|tx| {
            Box::pin(async move {
                sql!(tx, "SELECT id, bytes FROM records WHERE kind = 'meal' ORDER BY canteen, sequence LIMIT 1")
                    .one()
                    .await
            })
        })
        .await
        .unwrap();
    let text = String::from_utf8(bytes).unwrap().replacen("\"own_payment\":1500", "\"own_payment\":1501", 1);
    store
        .write(move |tx| {
            Box::pin(async move {
                sql!(tx, "UPDATE records SET bytes = $1 WHERE id = $2", text.into_bytes(), id).execute().await
            })
        })
        .await
        .unwrap();
    let breaks = scene.verify().await.breaks;
    let named = breaks.iter().filter(|b| b.place.contains(&id.to_string())).count();
    assert!(named >= 2, "hash and signature do not fit: {breaks:?}");
}

async fn an_approved_statement_is_posted_once_and_every_entry_is_checked(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let store = &scene.world.office().store;
    let books = || store.read(|tx| Box::pin(async move { ledger::trial_balance(tx, &region("440304")).await }));
    assert_eq!(books().await.unwrap(), [], "a draft is not posted");
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    let (mut total, mut payable) = (Turnover::default(), Fen::ZERO);
    for (account, turnover) in books().await.unwrap() {
        total.debit += turnover.debit;
        total.credit += turnover.credit;
        if matches!(account, Account::Payable { .. }) {
            payable += turnover.balance();
        }
    }
    assert_eq!(total.debit, total.credit);
    assert_eq!(payable, scene.payable(&view).iter().sum(), "what is payable is what the statements say");
    for statement in view.statements.clone() {
        let posted = store.read(move |tx| Box::pin(async move { ledger::of_statement(tx, statement.id).await }));
        assert_eq!(posted.await.unwrap(), of_statement(&statement.content.0));
    }
    assert!(scene.verify().await.breaks.is_empty());
    let cannot = store.write(|tx| Box::pin(async move { sql!(tx, "DELETE FROM postings").execute().await })).await;
    assert!(cannot.is_err(), "the ledger is append-only");

    disarm(&scene.world, "postings").await;
    let changed = "UPDATE postings SET amount = amount + 1 WHERE number = 1";
    store.write(move |tx| Box::pin(async move { sql!(tx, changed).execute().await })).await.unwrap();
    let breaks = scene.verify().await.breaks;
    let whose = |b: &Break| view.statements.iter().any(|s| b.place.contains(&s.number)) && b.what.contains("分录");
    assert_eq!(breaks.iter().filter(|b| whose(b)).count(), 2, "{breaks:?}");
}

async fn findings_are_decided_and_statements_found(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    let statement = view.statements.iter().find(|s| s.canteen == scene.canteen(1)).unwrap().clone();
    let (canteen, by): (CanteenId, UserId) = (scene.canteen(1), scene.maker.user);
    let store = &scene.world.office().store;
    let now = scene.world.office().now();
    store
        .write(move |tx| {
            Box::pin(async move {
                let last = closes::last(tx, canteen, date("2026-03-02")).await?.unwrap();
                let number = last.content.0.findings[0].number.clone();
                let named = Some((date("2026-03-02"), number.clone()));
                assert_eq!(findings::named(tx, canteen, &number).await?, named);
                assert_eq!(findings::named(tx, canteen, "F-0000-000000").await?, None);
                rulings::say(tx, canteen, &number, &Said::Explained, "已核实".to_owned(), by, now).await?;
                let rulings = findings::rulings(tx, canteen, UnixMs::MAX).await?;
                assert_eq!(
                    rulings.into_iter().collect::<Vec<_>>(),
                    [((date("2026-03-02"), number), Ruling::Explained)]
                );
                let found = months::by_number(tx, &statement.number, 1).await?.unwrap();
                assert_eq!((found.id, found.digest), (statement.id, statement.digest));
                assert!(months::by_number(tx, &statement.number, 2).await?.is_none());
                assert_eq!(months::settled_by(tx, statement.id).await?.len(), 31);
                assert!(closes::revision(tx, canteen, date("2026-03-02"), 1).await?.is_some());
                assert!(closes::revision(tx, canteen, date("2026-03-02"), 2).await?.is_none());
                assert!(closes::is_whole(tx, canteen, date("2026-03-02"), 1).await?);
                assert!(!closes::is_whole(tx, canteen, date("2026-03-02"), 2).await?, "it is not there");
                assert_eq!(months::carried(tx, canteen, "2026-04".parse().unwrap()).await?.total(), Fen::ZERO);
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// A canteen that is registered in April has nothing of March to settle, and nobody waits for it.
async fn a_canteen_registered_later_is_not_of_the_month(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let late = scene.world.canteen("丙食堂").await;
    let view = scene.approved(MARCH).await;
    assert!(view.statements.iter().all(|statement| statement.canteen != late), "{:?}", view.statements);
    let store = &scene.world.office().store;
    let (march, april) = (MARCH.parse::<Month>().unwrap(), "2026-04".parse::<Month>().unwrap());
    for (month, there) in [(Some(march), false), (Some(april), true), (None, true)] {
        let settled = crate::unit!(store, |tx| months::canteens(tx, &region("440304"), month).await);
        assert_eq!(settled.iter().any(|(canteen, _)| *canteen == late), there, "{month:?}");
    }
    assert_eq!(scene.verify().await.breaks, []);
}

/// A paper list brought a close of a day before the month of registration. One day of the month is missing, and every
/// later one is closed.
async fn a_missing_day_is_asked_for_behind_an_early_close(backend: Backend) {
    let world = World::new(backend).await;
    world.rules().await;
    world.clock.set(date("2026-03-01").at_minute(600));
    let canteen = world.canteen("甲食堂").await;
    let store = &world.office().store;
    let (first, last, missing) = (date("2026-02-28"), date("2026-03-31"), date("2026-03-10"));
    let now = world.office().now();
    let waiting = crate::unit!(store, |tx| {
        for day in first.through(last).filter(|day| *day != missing) {
            let text = "INSERT INTO day_closes (canteen, date, revision, digest, content, verdicts, closed_at) \
                VALUES ($1, $2, 1, $3, '{}', '[]', $4)";
            sql!(tx, text, canteen, day, Digest([1; 32]), now).execute().await?;
        }
        closes::waiting(tx, date("2026-04-02")).await
    });
    let days: Vec<BusinessDate> =
        waiting.into_iter().map(|(day, of)| (of == canteen).then_some(day).unwrap()).collect();
    assert_eq!(days, [missing, date("2026-04-01"), date("2026-04-02")]);
}

crate::on_both! {
    a_missing_day_is_asked_for_behind_an_early_close
    a_canteen_registered_later_is_not_of_the_month
    a_month_goes_from_draft_to_approval_by_two_people
    a_double_use_is_a_finding_with_its_evidence
    closes_that_were_overtaken_are_made_again
    an_incomplete_day_waits_on_behind_later_days_that_are_closed
    an_incomplete_day_stops_submission_until_it_is_left_out_and_follows_late
    what_an_earlier_draft_froze_stays_first
    a_meal_taken_back_and_identified_late_opens_no_day_again
    a_region_that_is_set_up_meanwhile_settles_nothing_again
    a_region_that_is_set_up_takes_over_a_draft_that_was_taken_back
    sent_back_and_drafted_again_freezes_anew
    an_earlier_month_comes_first
    whatever_is_changed_by_hand_is_named
    one_byte_of_a_record_is_named_with_its_place
    findings_are_decided_and_statements_found
    an_approved_statement_is_posted_once_and_every_entry_is_checked
}
