//! Policies over the API: announced, refused, corrected after months were settled, tried on a stored month; refunds;
//! and the statutory calendar.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use domain::calendar::{Month, WorkCalendar};
use domain::decision::Line;
use domain::id::{CanteenId, ElderId};
use domain::money::Fen;
use domain::reconciliation::Code as FindingCode;
use domain::record::{Body, Refund};
use domain::settlement::{Reason, Role as MonthRole};
use serde_json::{Value, json};
use server::admin::NewUser;
use server::close::close_days;
use server::month::{self, Actor, MonthView};
use server::people::Role;
use server::statements::Dossier;
use server::store::canteens::Region;
use server::store::refund_payments::{self, Conflict, EntryState, Filter};
use server::store::{Json, closes, months, simulation};
use server::verify::verify;
use server::{Error, sql};
use support::Backend;
use uuid::Uuid;

use crate::client::{Answered, request, send};
use crate::common::{Sent, Till, World, date, region};
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";

/// A version of the policy: what the diner is given and by whom, what the canteen is given, and its first lines.
fn policy(head: &str, diner: &str, payers: &str, operator: &str) -> String {
    format!(
        r#"[policy]
id = "test"
name = "测试政策"
semantics = 1
region = "440304"
{head}

[meals]
lunch = ["10:30", "13:30"]

[[benefit]]
id = "age-60"
label = "60岁以上"
kind = "diner"
amount = {{ fixed = "{diner}" }}
payers = {{ {payers} }}
[benefit.elder]
age = {{ min = 60 }}
[benefit.limit]
per_day = 1

[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = {{ fixed = "{operator}" }}
payers = {{ district = 1 }}
requires = ["age-60"]
"#
    )
}

fn first() -> String {
    policy("version = 1\neffective_from = 2026-03-02", "3.00", "city = 1, district = 1", "2.00")
}

/// Two canteens with a till each, two elders and people at the office; the clock stands at noon of 2 March.
struct Scene {
    world: World,
    tills: [Till; 2],
    elders: [ElderId; 2],
    maker: Actor,
    checker: Actor,
}

const EDITOR: &str = "测试政策员";

/// Adds a person and signs in.
async fn token(world: &World, name: &str, role: Role, place: &str) -> String {
    let passphrase = PASSPHRASE.to_owned().into();
    let user = NewUser { name: name.into(), passphrase, role, region: region(place), canteen: None };
    world.office().add_user(user, None).await.unwrap();
    sign_in(world, name).await
}

/// Weeks pass in these tests; nobody stays signed in so long.
async fn sign_in(world: &World, name: &str) -> String {
    crate::client::open(world, name, PASSPHRASE).await
}

impl Scene {
    async fn new(backend: Backend) -> Self {
        let world = World::new(backend).await;
        let office = world.office();
        for (code, name) in [("4403", "深圳市"), ("440304", "福田区")] {
            let (code, name, office_name) = (region(code), name.to_owned(), format!("{name}民政局"));
            office.create_region(Region { code, name, office: office_name }, None).await.unwrap();
        }
        office.publish_calendar(WorkCalendar::published()).await.unwrap();
        token(&world, EDITOR, Role::PolicyEditor, "440304").await;
        let canteens = [world.canteen("甲食堂").await, world.canteen("乙食堂").await];
        let elders = [world.elder(1, Some(canteens[0])).await, world.elder(2, Some(canteens[0])).await];
        let tills = [world.terminal(canteens[0]).await, world.terminal(canteens[1]).await];
        let person = async |name: &str, role: Role| {
            let passphrase = PASSPHRASE.to_owned().into();
            let user = NewUser { name: name.into(), passphrase, role, region: region("440304"), canteen: None };
            office.add_user(user, None).await.unwrap()
        };
        let maker = Actor { user: person("测试经办", Role::FinanceMaker).await, role: MonthRole::FinanceMaker };
        let checker =
            Actor { user: person("测试复核", Role::FinanceChecker).await, role: MonthRole::FinanceChecker };
        Self { world, tills, elders, maker, checker }
    }

    fn canteen(&self, which: usize) -> CanteenId {
        self.tills[which].row.canteen
    }

    async fn get(&self, path: &str) -> Answered {
        let editor = sign_in(&self.world, EDITOR).await;
        send(&self.world, request(Method::GET, path, Some(&editor), &Value::Null)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answered {
        let editor = sign_in(&self.world, EDITOR).await;
        send(&self.world, request(Method::POST, path, Some(&editor), body)).await
    }

    /// Proposes a policy and has it approved. Answers to the proposal, or what was refused.
    async fn announce(&self, source: &str) -> Answered {
        let made = self.post("/api/v1/policies", &json!({"file_name": "试行.toml", "source": source})).await;
        if made.status == 201 {
            let checker = sign_in(&self.world, "测试复核").await;
            let approved = crate::client::second(&self.world, &checker, &made.json()).await;
            if approved.status != 204 {
                return approved;
            }
        }
        made
    }

    /// One day at one till: these elders eat one after the other.
    fn day(&mut self, till: usize, on: &str, elders: &[usize]) -> Vec<Sent> {
        let (office, who) = (Arc::clone(self.world.office()), self.elders);
        let till = &mut self.tills[till];
        till.at = date(on).at_minute(660);
        let mut sent = if till.next == 0 { vec![till.start(None)] } else { Vec::new() };
        sent.push(till.open());
        sent.extend(elders.iter().map(|elder| till.meal(&office, Some(who[*elder]))));
        sent.push(till.close());
        sent
    }

    fn over(&mut self, till: usize, through: &str) -> Sent {
        let till = &mut self.tills[till];
        till.at = date(through).plus_days(1).at_minute(300);
        till.push(Body::Day { through: date(through) })
    }

    async fn ingest(&self, till: usize, records: &[Sent]) {
        let answer = self.world.ingest(&self.tills[till], 1, records).await;
        let accepted = |outcome: &Value| outcome.to_string().contains("accepted");
        let outcomes = serde_json::to_value(&answer.outcomes).unwrap();
        assert!(outcomes.as_array().unwrap().iter().all(accepted), "{outcomes}");
    }

    /// 甲 serves the first elder on the 2nd and both on the 3rd; 乙 serves the second on the 4th.
    async fn march(&mut self) {
        let mut at_first = self.day(0, "2026-03-02", &[0]);
        at_first.extend(self.day(0, "2026-03-03", &[0, 1]));
        at_first.push(self.over(0, "2026-03-31"));
        self.ingest(0, &at_first).await;
        let mut at_second = self.day(1, "2026-03-04", &[1]);
        at_second.push(self.over(1, "2026-03-31"));
        self.ingest(1, &at_second).await;
        self.world.clock.set(date("2026-04-01").at_minute(540));
    }

    async fn draft(&self, of: &str) -> Result<MonthView, Error> {
        let office = self.world.office();
        let (place, of) = (region("440304"), of.parse().unwrap());
        let drafted =
            month::draft(&office.store, &office.book(), &office.entropy, &place, of, self.maker, office.now()).await;
        drafted.map(|(view, _)| view)
    }

    async fn settle(&self, of: &str) -> MonthView {
        let view = self.draft(of).await.unwrap();
        let (office, place, of) = (self.world.office(), region("440304"), of.parse().unwrap());
        month::submit(&office.store, &place, of, self.maker, office.now()).await.unwrap();
        let seen = view.settlement.digest;
        month::approve(&office.store, &place, of, self.checker, seen, office.now()).await.unwrap()
    }

    async fn close(&self) {
        let office = self.world.office();
        close_days(&office.store, &office.book(), office.now()).await.unwrap();
    }

    async fn holds(&self) {
        let office = self.world.office();
        let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
        assert_eq!(report.breaks, []);
    }

    async fn refunds(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/api/v1/refunds{query}")).await.read::<Vec<Value>>()
    }
}

fn yuan(text: &str) -> Fen {
    text.parse().unwrap()
}

fn detail(answered: &Answered) -> String {
    answered.is_problem(422, "policy_refused")["detail"].as_str().unwrap().to_owned()
}

async fn what_is_announced_is_checked_over_the_api(backend: Backend) {
    let scene = Scene::new(backend).await;
    let version = |head: &str| policy(head, "3.00", "city = 1", "2.00");
    let one = scene.announce(&version("version = 1\neffective_from = 2026-03-10")).await;
    assert_eq!((one.status.as_u16(), one.json()["version"].as_u64()), (201, Some(1)));
    let listed = scene.get("/api/v1/policies").await.json();
    assert_eq!((&listed[0]["effective_from"], &listed[0]["semantics"]), (&json!("2026-03-10"), &json!(1)));
    let none = scene.world.office().book().policies.covering(&region("440304001"), date("2026-03-09")).is_none();
    assert!(none, "announced for a date to come, it is not in force before");

    for (head, word) in [
        ("version = 1\neffective_from = 2026-04-01", "已公布"),
        ("version = 2\neffective_from = 2026-03-10", "同日"),
        ("version = 2\neffective_from = 2026-03-01", "corrects"),
        ("version = 2\neffective_from = 2026-03-01\ncorrects = 7", "未曾公布"),
        ("version = 2\neffective_from = 2026-04-01\ncorrects = 1", "尚未到来"),
    ] {
        let refused = detail(&scene.announce(&version(head)).await);
        assert!(refused.contains(word), "{head}: {refused}");
    }
    let tie = version("version = 1\neffective_from = 2026-05-01").replace("id = \"test\"", "id = \"other\"");
    let refused = detail(&scene.announce(&tie).await);
    assert!(refused.contains("同时适用") && refused.contains("440304"), "{refused}");
    let later = tie.replace("semantics = 1", "semantics = 2");
    let refused = detail(&scene.announce(&later).await);
    assert!(refused.contains("试行.toml:4:13") && refused.contains("semantics_unknown"), "{refused}");
    let large = version("version = 2\neffective_from = 2026-04-01") + &"# 注\n".repeat(20_000);
    assert_eq!(scene.announce(&large).await.status.as_u16(), 201, "a long file with its comments is taken");
    assert_eq!(scene.get("/api/v1/policies").await.json().as_array().unwrap().len(), 2, "what is refused is not kept");

    let elsewhere = version("version = 1\neffective_from = 2026-05-01").replace("\"440304\"", "\"440305\"");
    scene.announce(&elsewhere.replace("\"test\"", "\"far\"")).await.is_problem(403, "out_of_scope");
    let maker = token(&scene.world, "另一经办", Role::FinanceMaker, "440304").await;
    let file = json!({"file_name": "x", "source": first()});
    let attempt = json!({"file_name": "x", "source": first(), "month": "2026-03"});
    for (path, body) in
        [("/api/v1/policies", &file), ("/api/v1/policies/simulate", &attempt), ("/api/v1/calendars", &file)]
    {
        let refused = send(&scene.world, request(Method::POST, path, Some(&maker), body)).await;
        refused.is_problem(403, "forbidden");
    }
}

/// A version that begins in the past: settled days are closed again under it, what diners were charged stays.
async fn a_correction_adjusts_what_was_settled_and_refunds_elders(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    assert_eq!(scene.announce(&first()).await.status.as_u16(), 201);
    // Charged by the first version, and on its way for weeks.
    scene.march().await;
    let march = scene.settle("2026-03").await;
    let paid: Vec<Fen> = march.statements.iter().map(|s| s.payable).collect();
    assert_eq!(paid.iter().sum::<Fen>(), yuan("20.00"), "four meals of 3.00 and 2.00");

    scene.world.clock.pass(60_000);
    let second = policy("version = 2\neffective_from = 2026-03-03\ncorrects = 1", "5.00", "city = 1", "1.50");
    assert_eq!(scene.announce(&second).await.status.as_u16(), 201);
    scene.close().await;
    let office = scene.world.office();
    let (canteen, store) = (scene.canteen(0), &office.store);
    let close = unit!(store, |tx| closes::last(tx, canteen, date("2026-03-03")).await).unwrap();
    assert_eq!(close.revision, 2, "the settled day was closed again");
    let codes: Vec<_> = close.content.0.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [FindingCode::PolicyCorrected; 2]);
    assert_eq!(close.content.0.tiers[0].standard, yuan("3.00"), "what diners were charged stays");
    let untouched = unit!(store, |tx| closes::last(tx, canteen, date("2026-03-02")).await).unwrap();
    assert_eq!(untouched.revision, 1);

    let due = scene.refunds("?state=due").await;
    let amounts: Vec<_> = due.iter().map(|r| (r["date"].as_str().unwrap(), r["amount"].as_i64().unwrap())).collect();
    assert_eq!(amounts, [("2026-03-03", 200), ("2026-03-03", 200), ("2026-03-04", 200)]);
    assert!(due.iter().all(|r| r["reason"] == "policy_corrected" && r["state"] == "due" && r["paid_before"] == 0));

    scene.world.clock.set(date("2026-05-02").at_minute(540));
    let april = scene.draft("2026-04").await.unwrap();
    let statement = april.statements.iter().find(|s| s.canteen == canteen).unwrap();
    let [line] = statement.content.0.changes.as_slice() else { panic!("{:?}", statement.content.0.changes) };
    let Reason::PolicyCorrected { month, policy: Some(by) } = &line.reason else { panic!("{:?}", line.reason) };
    assert_eq!((month.to_string().as_str(), by.version), ("2026-03", 2), "the original month and the version");
    assert_eq!(
        (line.dates.as_slice(), line.count, line.amount),
        ([date("2026-03-03")].as_slice(), Some(2), yuan("-1.00"))
    );
    let shares: Vec<_> = line.shares.iter().map(|(payer, amount)| (payer.name.as_str(), *amount)).collect();
    assert_eq!(shares, [("district", yuan("-1.00"))], "the operator's part, from its payer");
    assert_eq!(statement.content.0.carried().total(), yuan("-1.00"));
    let (number, version) = (march.statements[0].number.clone(), march.statements[0].version);
    let stored = unit!(store, |tx| months::by_number(tx, &number, version).await);
    assert_eq!(stored.unwrap().digest, march.statements[0].digest, "the approved statement is as it was");
    scene.holds().await;
    let (of, id) = (Arc::clone(office), march.statements[0].id);
    let dossier = unit!(store, |tx| Dossier::load(tx, id, of.book(), &of.keys).await);
    let sheet = dossier.sheet("http://127.0.0.1", office.now());
    assert!(
        sheet.policy.contains("第 1 版") && !sheet.policy.contains('2'),
        "an old paper says the old rule: {}",
        sheet.policy
    );

    a_refund_is_paid_once(&mut scene, &due).await;
    a_correction_of_the_correction(&scene, &due).await;
}

/// The second of two refunds of one entry settles nothing, whoever handed the cash out.
async fn a_refund_is_paid_once(scene: &mut Scene, due: &[Value]) {
    let refund: Refund = serde_json::from_value(json!({
        "due": due[0]["id"], "meal": due[0]["meal"], "elder": due[0]["elder"], "amount": due[0]["amount"]
    }))
    .unwrap();
    scene.tills[0].at = date("2026-04-10").at_minute(660);
    let mut sent: Vec<Sent> = (0..2).map(|_| scene.tills[0].push(Body::Refund(refund.clone()))).collect();
    let [first, second] = [sent[0].id, sent[1].id];
    sent.push(scene.over(0, "2026-04-30"));
    scene.ingest(0, &sent).await;
    scene.ingest(0, &sent).await;
    let over = scene.over(1, "2026-04-30");
    scene.ingest(1, &[over]).await;
    scene.close().await;
    let paid = scene.refunds("?state=paid").await;
    assert_eq!((paid.len(), &paid[0]["state"]), (1, &json!("paid")));
    assert_eq!(paid[0]["paid_by"], serde_json::to_value(first).unwrap());
    let (canteen, store, elder) = (scene.canteen(0), &scene.world.office().store, refund.elder);
    let conflicts = unit!(store, |tx| refund_payments::conflicts(tx, canteen).await);
    assert_eq!(conflicts.iter().map(|c| (c.record, c.conflict)).collect::<Vec<_>>(), [(second, Conflict::Again)]);
    let left = unit!(store, |tx| refund_payments::due_refunds(tx, canteen).await);
    assert!(left.iter().all(|row| row.meal != refund.meal), "what was paid is not offered again");
    let meal = refund.meal;
    let days = unit!(store, |tx| refund_payments::days_of(tx, canteen, meal).await);
    assert_eq!(days, [date("2026-04-10")].into());
    let given = unit!(store, |tx| refund_payments::paid_on(tx, canteen, date("2026-04-10")).await);
    assert_eq!(given.iter().map(|r| (r.record, r.amount)).collect::<Vec<_>>(), [(first, yuan("2.00"))]);
    let of_elder = Filter { canteen: Some(canteen), elder: Some(elder), ..Filter::default() };
    let listed = unit!(store, |tx| refund_payments::entries(tx, &of_elder, None, 9).await);
    assert!(listed.iter().any(|(row, state)| row.meal == meal && matches!(state, EntryState::Paid { .. })));
    let all = unit!(store, |tx| refund_payments::entries(tx, &Filter::default(), None, 99).await);
    for (place, (row, _)) in all.iter().enumerate() {
        let cursor = Some((row.canteen, row.id));
        let behind = unit!(store, |tx| refund_payments::entries(tx, &Filter::default(), cursor, 99).await);
        assert_eq!(behind[..], all[place + 1..], "each row once, in the same order");
    }
}

/// The third version replaces the second from its first day on: who was refunded too much keeps it, who was not yet is
/// refunded what is due now, and the day counts from the first version's charge again.
async fn a_correction_of_the_correction(scene: &Scene, due: &[Value]) {
    let third = policy("version = 3\neffective_from = 2026-03-03\ncorrects = 2", "3.50", "city = 1", "2.00");
    assert_eq!(scene.announce(&third).await.status.as_u16(), 201, "a correction may replace a version as a whole");
    scene.close().await;
    let left = scene.refunds("?state=due").await;
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|row| row["amount"] == 50 && row["meal"] != due[0]["meal"]), "{left:?}");
    let fourth = policy("version = 4\neffective_from = 2026-03-03\ncorrects = 3", "6.00", "city = 1", "2.00");
    assert_eq!(scene.announce(&fourth).await.status.as_u16(), 201);
    scene.close().await;
    let mut left: Vec<_> = scene
        .refunds("?state=due")
        .await
        .into_iter()
        .map(|r| (r["amount"].as_i64(), r["paid_before"].as_i64()))
        .collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [(Some(100), Some(200)), (Some(300), Some(0)), (Some(300), Some(0))],
        "the rest of the paid one too"
    );
    let april = scene.draft("2026-04").await.unwrap();
    let statement = april.statements.iter().find(|s| s.canteen == scene.canteen(0)).unwrap();
    let refunded: Vec<_> =
        statement.content.0.changes.iter().filter(|l| matches!(l.reason, Reason::Refunded { .. })).collect();
    let [line] = refunded.as_slice() else { panic!("{:?}", statement.content.0.changes) };
    assert_eq!((line.count, line.amount), (Some(1), yuan("2.00")), "the canteen gets back what its till paid");
    let shares: Vec<_> = line.shares.iter().map(|(payer, amount)| (payer.name.as_str(), *amount)).collect();
    assert_eq!(shares.iter().map(|(_, amount)| *amount).sum::<Fen>(), yuan("2.00"));
    scene.holds().await;
}

/// What a till charged before it could know of a correction is right by its own inputs.
async fn a_record_charged_before_the_correction_is_accepted_after_it(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    assert_eq!(scene.announce(&first()).await.status.as_u16(), 201);
    let mut sent = scene.day(0, "2026-03-04", &[0]);
    sent.push(scene.over(0, "2026-03-31"));
    scene.world.clock.set(date("2026-03-20").at_minute(540));
    let second = policy("version = 2\neffective_from = 2026-03-03\ncorrects = 1", "2.00", "city = 1", "2.00");
    assert_eq!(scene.announce(&second).await.status.as_u16(), 201);
    scene.ingest(0, &sent).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.close().await;
    let (canteen, store) = (scene.canteen(0), &scene.world.office().store);
    let close = unit!(store, |tx| closes::last(tx, canteen, date("2026-03-04")).await).unwrap().content.0;
    assert_eq!(close.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [FindingCode::PolicyCorrected]);
    assert_eq!(close.corrections, [], "the programme bears what the diner was given");
    assert_eq!(scene.refunds("").await, Vec::<Value>::new(), "nobody overpaid");
    scene.holds().await;
}

/// A till was out of reach from before the second version was announced until after it had begun: what it charged is right
/// by its own inputs, what is due is by the second version, and the elder gets the difference back.
async fn a_till_that_had_not_heard_of_a_version_is_believed(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    assert_eq!(scene.announce(&first()).await.status.as_u16(), 201);
    let mut sent = scene.day(0, "2026-03-03", &[0]);
    sent.extend(scene.day(0, "2026-03-04", &[0]));
    sent.push(scene.over(0, "2026-03-31"));
    scene.world.clock.set(date("2026-03-03").at_minute(540));
    let second = policy("version = 2\neffective_from = 2026-03-04", "5.00", "city = 1", "2.00");
    assert_eq!(scene.announce(&second).await.status.as_u16(), 201);
    scene.world.clock.set(date("2026-03-20").at_minute(540));
    scene.ingest(0, &sent).await;
    scene.world.clock.set(date("2026-04-01").at_minute(540));
    scene.close().await;
    let (canteen, store) = (scene.canteen(0), &scene.world.office().store);
    for (day, codes) in [("2026-03-03", vec![]), ("2026-03-04", vec![FindingCode::StaleDecision])] {
        let close = unit!(store, |tx| closes::last(tx, canteen, date(day)).await).unwrap().content.0;
        assert_eq!(close.findings.iter().map(|f| f.code).collect::<Vec<_>>(), codes, "{day}");
    }
    let due = scene.refunds("?state=due").await;
    let amounts: Vec<_> = due.iter().map(|r| (r["date"].as_str().unwrap(), r["amount"].as_i64().unwrap())).collect();
    assert_eq!(amounts, [("2026-03-04", 200)]);
    scene.holds().await;
}

/// What the last closes say is due in the month, summed by hand.
async fn due_by_hand(scene: &Scene) -> (Fen, BTreeMap<String, Fen>) {
    let rows: Vec<(Json<Vec<Line>>,)> = unit!(scene.world.office().store, |tx| {
        sql!(tx, "SELECT lines FROM due_meals WHERE date LIKE '2026-03-%'").all().await
    });
    let mut payers: BTreeMap<String, Fen> = BTreeMap::new();
    for share in rows.iter().flat_map(|(Json(lines),)| lines).flat_map(|line| &line.shares) {
        *payers.entry(share.payer.name.clone()).or_default() += share.amount;
    }
    (payers.values().copied().sum(), payers)
}

async fn a_policy_is_tried_on_a_stored_month(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    assert_eq!(scene.announce(&first()).await.status.as_u16(), 201);
    scene.march().await;
    // The second elder eats at 乙 on the 3rd too: over the limit of one a day, due nothing.
    let mut double = scene.day(1, "2026-03-03", &[1]);
    double.push(scene.over(1, "2026-03-31"));
    scene.ingest(1, &double).await;
    scene.close().await;
    let (total, payers) = due_by_hand(&scene).await;
    assert_eq!(total, yuan("20.00"));
    let attempt = async |source: &str, region: Value| {
        let body = json!({"file_name": "x.toml", "source": source, "month": "2026-03", "region": region});
        scene.post("/api/v1/policies/simulate", &body).await
    };
    let same = attempt(&first(), Value::Null).await.read::<Value>();
    assert_eq!((&same["meals"], &same["not_closed"]), (&json!(5), &json!(0)));
    assert_eq!(same["cost"], json!({"now": total, "then": total}), "the policy in force gives exactly what is due");
    for payer in same["payers"].as_array().unwrap() {
        let due = payers[payer["name"].as_str().unwrap()];
        assert_eq!((&payer["now"], &payer["then"]), (&json!(due), &json!(due)), "{payer}");
    }
    assert_eq!(
        same["elders"],
        json!({"gain": {"elders": 0, "amount": 0}, "lose": {"elders": 0, "amount": 0}, "same": 2})
    );

    // Twice a day, 4.00, all by the city; a lower operator benefit. The first elder gains 2 × 1.00, the second 2 × 1.00
    // and 4.00 for the meal that was over the limit.
    let other = policy("version = 9\neffective_from = 2030-01-01", "4.00", "city = 1", "1.00")
        .replace("per_day = 1", "per_day = 2");
    let tried = attempt(&other, Value::Null).await.read::<Value>();
    assert_eq!(tried["cost"], json!({"now": 2000, "then": 2500}));
    assert_eq!(tried["own_payment"], json!({"now": 5 * 1800 - 1200, "then": 5 * 1800 - 2000}));
    assert_eq!(tried["elders"]["gain"], json!({"elders": 2, "amount": 800}));
    let by_payer: BTreeMap<&str, (i64, i64)> = tried["payers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["label"].as_str().unwrap(), (p["now"].as_i64().unwrap(), p["then"].as_i64().unwrap())))
        .collect();
    assert_eq!(by_payer, BTreeMap::from([("市财政", (600, 2000)), ("区财政", (1400, 500))]));
    let benefits: Vec<Value> = tried["benefits"].as_array().unwrap().clone();
    assert_eq!(benefits[0]["label"], "60岁以上");
    assert_eq!((&benefits[0]["count_now"], &benefits[0]["count_then"]), (&json!(4), &json!(5)));
    let canteens: Vec<_> =
        tried["canteens"].as_array().unwrap().iter().map(|c| (c["name"].clone(), c["meals"].clone())).collect();
    assert_eq!(canteens, [(json!("乙食堂"), json!(2)), (json!("甲食堂"), json!(3))]);

    let elsewhere = first().replace("region = \"440304\"", "region = \"440304002\"");
    assert_eq!(attempt(&elsewhere, Value::Null).await.read::<Value>()["meals"], 0, "no canteen there");
    assert_eq!(attempt(&first(), json!("440304009")).await.read::<Value>()["meals"], 0);
    attempt(&first().replace("\"440304\"", "\"4403\""), Value::Null).await.is_problem(403, "out_of_scope");
    let city = attempt(&first().replace("\"440304\"", "\"4403\""), json!("440304")).await.read::<Value>();
    assert_eq!(city["meals"], 5, "another region of the same id would be in its place");
    detail(&attempt("x", Value::Null).await);
    assert_eq!(scene.get("/api/v1/policies").await.json().as_array().unwrap().len(), 1, "nothing was announced");
    let store = &scene.world.office().store;
    let of: Month = "2026-03".parse().unwrap();
    let nobody = ElderId::from_uuid(Uuid::nil());
    let diners = unit!(store, |tx| simulation::diners(tx, of, nobody, 9).await);
    assert_eq!(diners.len(), 2);
    let last = diners[1];
    assert_eq!(unit!(store, |tx| simulation::diners(tx, of, last, 9).await), []);
    let of_last = unit!(store, |tx| simulation::meals(tx, &[last], of.first(), of.last()).await);
    assert!(of_last.values().flatten().all(|meal| meal.closed && meal.meal.price == yuan("18.00")));
    assert_eq!(unit!(store, |tx| simulation::all_canteens(tx).await).len(), 2);
}

const NEXT_YEAR: &str =
    "date,kind,occasion\n2027-01-01,holiday,元旦\n2027-01-02,holiday,元旦\n2027-01-09,workday,元旦\n";

async fn a_year_of_the_calendar_is_uploaded(backend: Backend) {
    let scene = Scene::new(backend).await;
    let own = scene.post("/api/v1/calendars", &json!({"file_name": "2027.csv", "source": NEXT_YEAR})).await;
    own.is_problem(403, "out_of_scope");
    token(&scene.world, "市政策员", Role::PolicyEditor, "4403").await;
    let upload = async |source: &str| {
        let editor = sign_in(&scene.world, "市政策员").await;
        let body = json!({"file_name": "2027.csv", "source": source});
        send(&scene.world, request(Method::POST, "/api/v1/calendars", Some(&editor), &body)).await
    };
    for (source, line) in [
        (NEXT_YEAR.replace("holiday,元旦\n2027-01-02", "feast,元旦\n2027-01-02"), "2027.csv 第 2 行"),
        (NEXT_YEAR.replace("2027-01-09", "2027-01-08"), "2027.csv 第 4 行"),
        (String::new(), "2027.csv 第 1 行"),
        ("date,kind,occasion\n".to_owned(), "日历没有任何节假日安排"),
    ] {
        let refused = upload(&source).await.is_problem(422, "calendar_refused");
        assert!(refused["detail"].as_str().unwrap().contains(line), "{refused}");
    }
    scene.world.clock.set(date("2026-10-31").at_minute(600));
    token(&scene.world, "测试审计", Role::Auditor, "440304").await;
    let get = async |path: &str| {
        let auditor = sign_in(&scene.world, "测试审计").await;
        send(&scene.world, request(Method::GET, path, Some(&auditor), &Value::Null)).await
    };
    let status = async || get("/api/v1/office").await.read::<Value>()["warnings"].clone();
    assert_eq!(status().await, json!([]));
    scene.world.clock.pass(24 * 3600 * 1000);
    let warned = status().await;
    assert_eq!(warned[0]["code"], "calendar_missing");
    assert!(warned[0]["message"].as_str().unwrap().contains("2027"), "{warned}");

    let setup_before = scene.world.office().setup(scene.canteen(0)).await.unwrap().digest();
    let body = json!({"file_name": "2027.csv", "source": NEXT_YEAR});
    let done = upload(NEXT_YEAR).await;
    assert_eq!(done.status.as_u16(), 201);
    assert_eq!(status().await, warned, "not yet");
    let near = sign_in(&scene.world, "测试复核").await;
    crate::client::second(&scene.world, &near, &done.json()).await.is_problem(403, "out_of_scope");
    let checker = token(&scene.world, "市复核", Role::FinanceChecker, "4403").await;
    assert_eq!(crate::client::second(&scene.world, &checker, &done.json()).await.status, 204);
    assert_eq!(status().await, json!([]));
    let setup = scene.world.office().setup(scene.canteen(0)).await.unwrap();
    assert_ne!(setup.digest(), setup_before, "terminals are told by the setup's digest");
    assert_eq!(setup.calendar.counts(2027), (2, 1));
    assert_eq!(setup.calendar.counts(2026), WorkCalendar::published().counts(2026), "the other years stay");

    let listed = get("/api/v1/calendars").await.json();
    let numbers: Vec<_> =
        listed["versions"].as_array().unwrap().iter().map(|v| v["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [2, 1], "every version is kept");
    assert_eq!(
        (&listed["in_force"], &listed["years"]),
        (&listed["versions"][0]["digest"], &json!([2024, 2025, 2026, 2027]))
    );
    assert_eq!(get("/api/v1/calendars/2").await.body, NEXT_YEAR.as_bytes());
    get("/api/v1/calendars/3").await.is_problem(404, "not_found");
    let auditor = sign_in(&scene.world, "测试审计").await;
    let refused = send(&scene.world, request(Method::POST, "/api/v1/calendars", Some(&auditor), &body)).await;
    refused.is_problem(403, "forbidden");
}

crate::on_both! {
    what_is_announced_is_checked_over_the_api
    a_correction_adjusts_what_was_settled_and_refunds_elders
    a_record_charged_before_the_correction_is_accepted_after_it
    a_till_that_had_not_heard_of_a_version_is_believed
    a_policy_is_tried_on_a_stored_month
    a_year_of_the_calendar_is_uploaded
}
