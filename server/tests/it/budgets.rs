//! Explanations of months that differ, budgets of a year by two people, and what is open when a year ends.

use axum::http::Method;
use domain::budget::PayerYear;
use domain::calendar::UnixMs;
use domain::decision::Payer;
use domain::id::Digest;
use domain::money::Fen;
use domain::settlement::{Role as MonthRole, compare::MARKED};
use serde_json::{Value, json};
use server::admin::Proposed;
use server::budget::{self, Budget};
use server::month::{self, Actor, MonthView, Obstacle};
use server::people::Role;
use server::store::Json;
use server::store::budgets::{self, BudgetRow};
use server::store::explanations::{self, Explanation};
use server::words::Code;
use server::{Error, sql};
use support::Backend;

use crate::client::{request, second, send};
use crate::common::{POLICY, date, region};
use crate::month::{MARCH, Scene};
use crate::office::person;
use crate::rows::n;
use crate::unit;

const APRIL: &str = "2026-04";

fn payer(name: &str, unit: &str) -> Payer {
    Payer { name: name.into(), unit: Some(region(unit)) }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// March with one elder a day, April with two: a day of April costs twice as much.
struct Doubled {
    scene: Scene,
}

impl Doubled {
    async fn new(backend: Backend) -> Self {
        let mut scene = Scene::new(backend).await;
        let mut first = scene.day(0, "2026-03-02", 660, &[0]);
        first.push(scene.over(0));
        scene.ingest(0, &first).await;
        let mut other = scene.day(1, "2026-03-02", 700, &[]);
        other.push(scene.over(1));
        scene.ingest(1, &other).await;
        scene.world.clock.set(date("2026-04-01").at_minute(540));
        assert_eq!(scene.approved(MARCH).await.changes, [], "there is no month before");
        let mut april = scene.day(0, "2026-04-07", 660, &[0, 1]);
        april.push(scene.over_through(0, "2026-04-30"));
        scene.ingest(0, &april).await;
        let over = scene.over_through(1, "2026-04-30");
        scene.ingest(1, &[over]).await;
        scene.world.clock.set(date("2026-05-02").at_minute(540));
        Self { scene }
    }

    async fn explain(&self, which: usize, by: Actor) -> Result<MonthView, Error> {
        let office = self.scene.world.office();
        let (canteen, of, now) = (self.scene.canteen(which), APRIL.parse().unwrap(), office.now());
        month::explain(&office.store, &region("440304"), of, canteen, "新增一名老人".into(), by, now).await
    }

    async fn set(&self, payer: Payer, fen: i64) {
        let office = self.scene.world.office();
        let amount = Fen::new(fen);
        let budget = Budget { region: region("440304"), year: 2026, payer, amount, reason: "预算批复".into() };
        let row = office.propose(Proposed::Budget { budget }, region("440304"), self.scene.maker.user).await.unwrap();
        assert_eq!(code(office.approve_proposal(row.id, row.digest, self.scene.maker.user).await), Code::SecondPerson);
        assert_eq!(
            code(office.approve_proposal(row.id, Digest([1; 32]), self.scene.checker.user).await),
            Code::Conflict
        );
        office.approve_proposal(row.id, row.digest, self.scene.checker.user).await.unwrap();
    }

    async fn year(&self) -> Vec<PayerYear> {
        unit!(self.scene.world.office().store, |tx| budget::year(tx, &region("440304"), 2026).await).0
    }
}

async fn a_month_that_differs_is_explained_before_it_is_submitted(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let scene = &doubled.scene;
    assert_eq!(code(doubled.explain(0, scene.maker).await), Code::Conflict, "not drafted");
    let (april, _) = scene.draft(APRIL).await.unwrap();
    let [changed] = april.changes.as_slice() else { panic!("{:?}", april.changes) };
    assert_eq!((changed.canteen, changed.change, &changed.explanation), (scene.canteen(0), 1000, &None));
    assert!(changed.change > MARKED);
    assert_eq!(april.obstacles, [(Some(scene.canteen(0)), Obstacle::Unexplained(1000))]);
    assert_eq!(code(scene.submit(APRIL, scene.maker).await), Code::Conflict);
    let checker = Actor { role: MonthRole::FinanceChecker, ..scene.checker };
    assert_eq!(code(doubled.explain(0, checker).await), Code::Forbidden, "the maker explains");
    assert_eq!(code(doubled.explain(1, scene.maker).await), Code::Conflict, "nothing to explain there");
    doubled.explain(0, scene.maker).await.unwrap();
    let view = doubled.explain(0, scene.maker).await.unwrap();
    let said = view.changes[0].explanation.as_ref().unwrap();
    assert_eq!((said.number, said.words.as_str(), said.explained_by), (2, "新增一名老人", scene.maker.user));
    assert_eq!(view.in_the_way, []);
    let (again, _) = scene.draft(APRIL).await.unwrap();
    assert_eq!(again.in_the_way, [], "the same change is explained in a new draft too");
    scene.submit(APRIL, scene.maker).await.unwrap();
    assert_eq!(code(doubled.explain(0, scene.maker).await), Code::Conflict, "it is submitted");
    scene.approve(APRIL, scene.checker, again.settlement.digest).await.unwrap();
    assert_eq!(scene.verify().await.breaks, []);
}

async fn what_was_explained_stands_on_the_pages(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let scene = &doubled.scene;
    let (april, _) = scene.draft(APRIL).await.unwrap();
    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let browser = crate::browser::Browser::new(&scene.world, Some(&maker));
    let at = "region=440304&month=2026-04";
    let page = format!("/console/settlement?{at}");
    browser.get(&page).await.has(&["未说明", "写明原因"]);
    let canteen = scene.canteen(0).to_string();
    let fields = [("canteen", canteen.as_str()), ("words", "新增一名老人")];
    assert_eq!(browser.post(&format!("/console/settlement/explain?{at}"), &fields).await.status, 303);
    browser.get(&page).await.has(&["新增一名老人"]).lacks(&["未说明"]);
    browser.get(&format!("/console/settlement.csv?{at}")).await.has(&["变动说明", "新增一名老人"]);
    let statement = april.statements.iter().find(|s| s.canteen == scene.canteen(0)).unwrap().id;
    browser.get(&format!("/console/statements/{statement}")).await.has(&["新增一名老人"]);
    let pdf = browser.get("/api/v1/months/440304/2026-04/summary.pdf").await;
    assert_eq!((pdf.status, pdf.kind.as_str()), (200, "application/pdf"));
    let call = |method: Method, path: &str, body: Value| request(method, path, Some(&maker), &body);
    let path = "/api/v1/months/440304/2026-04";
    let shown = send(&scene.world, call(Method::GET, path, Value::Null)).await.read::<Value>();
    assert_eq!((&shown["changes"][0]["change"], &shown["in_the_way"]), (&json!(1000), &json!([])));
    let body = json!({"canteen": canteen, "words": "  "});
    send(&scene.world, call(Method::POST, &format!("{path}/explanations"), body)).await.is_problem(422, "invalid");
    // It is printed: on one line, and in characters that can be.
    let body = json!({"canteen": canteen, "words": "两名老人😀"});
    send(&scene.world, call(Method::POST, &format!("{path}/explanations"), body)).await.is_problem(422, "invalid");
    let body = json!({"canteen": canteen, "words": "学校放假，\r\n两名老人"});
    let said = send(&scene.world, call(Method::POST, &format!("{path}/explanations"), body)).await.read::<Value>();
    assert_eq!(said["changes"][0]["explanation"], json!("学校放假， 两名老人"));
    assert_eq!(browser.get("/api/v1/months/440304/2026-04/summary.pdf").await.status, 200);
}

async fn a_year_is_held_against_what_two_people_set_aside(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let (city, district) = (payer("city", "4403"), payer("district", "440304"));
    assert!(doubled.year().await.iter().all(|of| of.budget.is_none() && of.left().is_none()), "none is set");
    doubled.set(city.clone(), 100_000).await;
    doubled.set(city.clone(), 400).await;
    doubled.set(district.clone(), 100_000).await;
    doubled.scene.draft(APRIL).await.unwrap();
    let year = doubled.year().await;
    let of = |payer: &Payer| year.iter().find(|of| of.payer == *payer).unwrap();
    // March: one meal, April's draft: two; each payer has half of three yuan.
    let (one, other) = (of(&city), of(&district));
    assert_eq!((one.budget, one.approved, one.drafted), (Some(Fen::new(400)), Fen::new(150), Fen::new(300)));
    assert_eq!((one.passed_by(), other.passed_by()), (Some(Fen::new(50)), None), "the last word holds");
    assert_eq!(one.forecast, Fen::new(450 + 450 * 8 / 2), "two months of four so far");
    let maker = person(&doubled.scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let browser = crate::browser::Browser::new(&doubled.scene.world, Some(&maker));
    let at = "region=440304&month=2026-04";
    browser.get(&format!("/console/budgets?{at}")).await.has(&["超出预算 ¥0.50", "¥4.00", "提出预算"]);
    browser.get(&format!("/console/settlement?{at}")).await.has(&["超出预算 ¥0.50"]);
    browser.get(&format!("/console/today?{at}")).await.has(&["全年预算"]).lacks(&["没有录入预算"]);
    browser.get(&format!("/console/budgets.csv?{at}")).await.has(&["4.00,1.50,3.00,-0.50"]);
    let book = browser.get(&format!("/console/budgets.xlsx?{at}")).await;
    assert!(book.status == 200 && book.kind.contains("spreadsheetml"), "{} {}", book.status, book.kind);
}

/// What a city's page of today draws is what its districts spend: beside it stand their budgets, not the city's own alone.
async fn a_parents_line_stands_beside_all_budgets(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let world = &doubled.scene.world;
    let city = Budget {
        region: region("4403"),
        year: 2026,
        payer: payer("city", "4403"),
        amount: Fen::new(100_000),
        reason: "预算批复".into(),
    };
    let row = world.office().propose(Proposed::Budget { budget: city }, region("4403"), doubled.scene.maker.user);
    let row = row.await.unwrap();
    world.office().approve_proposal(row.id, row.digest, doubled.scene.checker.user).await.unwrap();
    let auditor = person(world, "全市审计", Role::Auditor, "4403").await;
    let page = async || {
        let browser = crate::browser::Browser::new(world, Some(&auditor));
        browser.get("/console/today?region=4403&month=2026-03").await
    };
    // The district spent and has no budget: no line can stand for both.
    page().await.lacks(&["class=\"budget\""]).has(&["¥1,000.00"]);
    doubled.set(payer("city", "4403"), 40_000).await;
    doubled.set(payer("district", "440304"), 60_000).await;
    page().await.has(&["¥2,000.00", "class=\"budget\""]);
}

async fn the_year_ends_with_what_is_open(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let scene = &doubled.scene;
    let (april, _) = scene.draft(APRIL).await.unwrap();
    doubled.explain(0, scene.maker).await.unwrap();
    scene.submit(APRIL, scene.maker).await.unwrap();
    scene.approve(APRIL, scene.checker, april.settlement.digest).await.unwrap();
    let rows = unit!(scene.world.office().store, |tx| budget::report(tx, &region("440304"), 2026).await);
    let row = &rows[&(scene.canteen(0), payer("city", "4403"))];
    assert_eq!(
        (row.cost, row.payable, row.arrived, row.open()),
        (Fen::new(450), Fen::new(450), Fen::ZERO, Fen::new(450))
    );
    assert_eq!((row.held, row.carried, row.demanded), (Fen::ZERO, Fen::ZERO, Fen::ZERO));
    let next = unit!(scene.world.office().store, |tx| budget::report(tx, &region("440304"), 2027).await);
    assert!(next.is_empty(), "{next:?}");
    let maker = person(&scene.world, "经办员", Role::FinanceMaker, "440304").await;
    let call = |path: &str| request(Method::GET, path, Some(&maker), &Value::Null);
    let report = send(&scene.world, call("/api/v1/years?region=440304&year=2026")).await.read::<Value>();
    assert_eq!((report.as_array().unwrap().len(), &report[0]["open"]), (2, &json!(450)));
    let browser = crate::browser::Browser::new(&scene.world, Some(&maker));
    browser.get("/console/year.csv?region=440304&month=2026-12").await.has(&["甲食堂", "4.50"]);
    assert_eq!(browser.get("/console/year.xlsx?region=440304&month=2026-12").await.status, 200);
}

async fn the_api_proposes_budgets(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let world = &doubled.scene.world;
    let maker = person(world, "经办员", Role::FinanceMaker, "440304").await;
    let checker = person(world, "复核员", Role::FinanceChecker, "440304").await;
    let new = |name: &str, amount: i64| {
        json!({"region": "440304", "year": 2026, "payer": {"name": name, "unit": "4403"}, "amount": amount,
            "reason": "预算批复"})
    };
    let post = async |token: &str, body: Value| {
        send(world, request(Method::POST, "/api/v1/budgets", Some(token), &body)).await
    };
    post(&checker, new("city", 1)).await.is_problem(403, "forbidden");
    post(&maker, new("city", -1)).await.is_problem(422, "invalid");
    post(&maker, new("nobody", 1)).await.is_problem(422, "invalid");
    // Statements name the district 440304 and a fund with a region: a budget under another code would never count.
    post(&maker, new("district", 1)).await.is_problem(422, "invalid");
    let nowhere = json!({"region": "440304", "year": 2026, "payer": {"name": "lottery", "unit": null}, "amount": 1,
        "reason": "预算批复"});
    post(&maker, nowhere).await.is_problem(422, "invalid");
    let made = post(&maker, new("city", 88_800)).await.read::<Value>();
    assert_eq!(second(world, &checker, &made).await.status, 204);
    let path = "/api/v1/budgets?region=440304&year=2026";
    let listed = send(world, request(Method::GET, path, Some(&maker), &Value::Null)).await.read::<Value>();
    let city = listed.as_array().unwrap().iter().find(|of| of["payer"]["name"] == "city").unwrap();
    assert_eq!((&city["budget"], &city["history"][0]["reason"]), (&json!(88_800), &json!("预算批复")));
    let checker = crate::browser::Browser::new(world, Some(&checker));
    let maker = crate::browser::Browser::new(world, Some(&maker));
    let at = "region=440304&month=2026-04";
    let fields = [("payer", "district"), ("unit", "440304"), ("amount", "99.50"), ("reason", "区里批复")];
    assert_eq!(maker.post(&format!("/console/budgets?{at}"), &fields).await.status, 303);
    checker.get(&format!("/console/proposals?{at}")).await.has(&["区里批复", "¥99.50"]);
}

async fn a_fund_that_a_policy_calls_by_its_own_name_has_a_budget(backend: Backend) {
    let scene = Scene::new(backend).await;
    let world = &scene.world;
    let maker = person(world, "经办员", Role::FinanceMaker, "440304").await;
    let new = |name: &str, unit: &str| {
        json!({"region": "440304", "year": 2026, "payer": {"name": name, "unit": unit}, "amount": 100,
            "reason": "预算批复"})
    };
    let post = async |name: &str, unit: &str| {
        send(world, request(Method::POST, "/api/v1/budgets", Some(&maker), &new(name, unit))).await
    };
    let announce = async |id: &str, place: &str, payers: &str| {
        let text = POLICY.replace("id = \"test\"", &format!("id = \"{id}\"")).replace("2026-03-02", "2026-04-01");
        let text = text.replace("region = \"4403\"", &format!("region = \"{place}\""));
        let text = text.replace("{ city = 1, district = 1 }", payers);
        world.office().announce_policy("own.toml", &text, None).await.unwrap();
    };
    post("zone", "440304").await.is_problem(422, "invalid");
    assert_eq!(post("lottery", "4403").await.status, 201, "a usual fund may come before its policy");
    announce("own", "440304", "{ zone = 1, \"高新区财政\" = 1, lottery = 1, idle = 0 }").await;
    announce("far", "440305", "{ elsewhere = 1 }").await;
    for name in ["zone", "高新区财政", "lottery"] {
        assert_eq!(post(name, "440304").await.status, 201, "{name}");
        post(name, "4403").await.is_problem(422, "invalid");
    }
    for name in ["idle", "elsewhere", "nobody"] {
        post(name, "440304").await.is_problem(422, "invalid");
    }
    let checker = person(world, "复核员", Role::FinanceChecker, "440304").await;
    let browser = crate::browser::Browser::new(world, Some(&maker));
    let at = "region=440304&month=2026-04";
    let page = browser.get(&format!("/console/budgets?{at}")).await;
    page.has(&[
        "<option value=\"zone@440304\">zone（福田区，政策写明）</option>",
        "高新区财政@440304",
        "value=\"city\"",
    ]);
    page.lacks(&["elsewhere", "idle", "value=\"lottery\""]);
    let fields = [("payer", "高新区财政@440304"), ("unit", ""), ("amount", "12.00"), ("reason", "管委会批复")];
    assert_eq!(browser.post(&format!("/console/budgets?{at}"), &fields).await.status, 303);
    let second_one = crate::browser::Browser::new(world, Some(&checker));
    second_one.get(&format!("/console/proposals?{at}")).await.has(&["高新区财政 440304", "¥12.00"]);
    let made = post("zone", "440304").await.read::<Value>();
    assert_eq!(second(world, &checker, &made).await.status, 204);
    browser.get(&format!("/console/budgets.csv?{at}")).await.has(&["zone,1.00,0.00,0.00,1.00"]);
}

async fn what_the_store_keeps_of_budgets_and_explanations(backend: Backend) {
    let doubled = Doubled::new(backend).await;
    let store = &doubled.scene.world.office().store;
    let (canteen, maker, checker) = (doubled.scene.canteen(0), doubled.scene.maker.user, doubled.scene.checker.user);
    let row = |number: u128, amount: i64, at: i64| BudgetRow {
        id: n(number),
        region: region("440304"),
        year: 2026,
        payer: Json(payer("city", "4403")),
        amount: Fen::new(amount),
        reason: "批复".into(),
        proposed_by: maker,
        approved_by: checker,
        approved_at: UnixMs::new(at),
    };
    let rows = [row(2, 5, 1), row(1, 7, 2)];
    let kept = rows.clone();
    unit!(store, |tx| {
        for row in &rows {
            budgets::add(tx, row).await?;
        }
        Ok(())
    });
    assert_eq!(unit!(store, |tx| budgets::of_year(tx, &region("440304"), 2026).await), kept);
    assert_eq!(unit!(store, |tx| budgets::of_year(tx, &region("440304"), 2027).await), []);
    assert_eq!(unit!(store, |tx| budgets::of_year(tx, &region("4403"), 2026).await), []);
    let alone = BudgetRow { approved_by: maker, ..row(3, 1, 3) };
    let alone = store.write(move |tx| {
        let alone = alone.clone();
        Box::pin(async move { budgets::add(tx, &alone).await })
    });
    assert!(alone.await.is_err(), "the database refuses one person too");

    let said = |number: i64, change: i64, words: &str| Explanation {
        canteen,
        number,
        change,
        words: words.into(),
        explained_by: maker,
        explained_at: UnixMs::new(number),
    };
    let (first, last) = (said(1, 200, "甲"), said(2, 300, "乙"));
    let new = [first, last.clone()];
    let march = MARCH.parse().unwrap();
    unit!(store, |tx| {
        for said in &new {
            explanations::add(tx, &region("440304"), march, said).await?;
        }
        Ok(())
    });
    assert_eq!(unit!(store, |tx| explanations::last(tx, &region("440304"), march).await), [last]);
    assert_eq!(unit!(store, |tx| explanations::last(tx, &region("440304"), march.next()).await), []);
    for table in ["budgets", "month_explanations"] {
        crate::rows::append_only(store, table).await;
    }
}

/// A city's year is what its own canteens cost: the statements of the districts inside it are not read for it.
async fn a_regions_year_reads_no_other_regions_statements(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    crate::month::disarm(&scene.world, "statements").await;
    let store = &scene.world.office().store;
    let spoilt = unit!(store, |tx| sql!(tx, "UPDATE statements SET content = '{'").execute().await);
    assert_eq!(spoilt, 2);
    assert_eq!(unit!(store, |tx| budget::year(tx, &region("4403"), 2026).await), (vec![], vec![]));
}

crate::on_both! {
    a_regions_year_reads_no_other_regions_statements
    a_month_that_differs_is_explained_before_it_is_submitted
    what_was_explained_stands_on_the_pages
    a_year_is_held_against_what_two_people_set_aside
    a_parents_line_stands_beside_all_budgets
    the_year_ends_with_what_is_open
    the_api_proposes_budgets
    a_fund_that_a_policy_calls_by_its_own_name_has_a_budget
    what_the_store_keeps_of_budgets_and_explanations
}
