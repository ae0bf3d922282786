//! The end of a budget year: what January's statements settle about November and December counts for the old year, by
//! the version and the payers that December's meals were charged under; the new year has other payers.

use axum::http::Method;
use domain::budget::CanteenYear;
use domain::decision::Payer;
use domain::elder::ElderFactKind;
use domain::id::StatementId;
use domain::ledger::Account;
use domain::money::Fen;
use domain::reconciliation::{Code as FindingCode, PayerSums};
use domain::settlement::{ChangeLine, Reason, Statement};
use serde_json::Value;
use server::admin::{NewElderFact, Proposed};
use server::budget::{self, Budget};
use server::close::close_days;
use server::month::{self, MonthView};
use server::people::Role;
use server::rulings::Said;
use server::store::{closes, ledger};
use support::Backend;

use crate::client::{request, send};
use crate::common::{POLICY, date, region};
use crate::month::Scene;
use crate::office::person;
use crate::taken_away::text;
use crate::unit;

const NOVEMBER: &str = "2026-11";
const DECEMBER: &str = "2026-12";
const JANUARY: &str = "2027-01";

/// Until December city and district pay half each, and the canteen carries what it could not know; from January on the
/// city pays a third and a fund of the policy's own the rest.
fn versions() -> [String; 2] {
    let bearer = "[bearer]\nstale_facts = \"canteen\"\n\n[[benefit]]";
    let old = POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-11-01");
    let new = POLICY.replace("version = 1", "version = 3").replace("2026-03-02", "2027-01-01");
    [old.replacen("[[benefit]]", bearer, 1), new.replace("{ city = 1, district = 1 }", "{ city = 1, zone = 2 }")]
}

fn payer(name: &str) -> Payer {
    let unit = if name == "district" { "440304" } else { "4403" };
    Payer { name: name.into(), unit: Some(region(unit)) }
}

fn shares(of: &[(&str, i64)]) -> PayerSums {
    let mut sums = PayerSums::default();
    for (name, fen) in of {
        sums.add(&payer(name), Fen::new(*fen));
    }
    sums
}

/// 甲 serves two elders in December and one on its last two days, whose records come in January; one of the two had died.
/// 乙 served two late lunches in November, which December takes back. Both serve one elder in January.
struct YearEnd {
    scene: Scene,
}

impl YearEnd {
    async fn new(backend: Backend) -> Self {
        let mut scene = Scene::new(backend).await;
        for version in versions() {
            scene.world.office().announce_policy("test.toml", &version, None).await.unwrap();
        }
        let mut quiet = scene.day(0, "2026-11-09", 700, &[]);
        quiet.push(scene.over_through(0, "2026-11-30"));
        scene.ingest(0, &quiet).await;
        let mut late_lunch = scene.day(1, "2026-11-09", 840, &[0, 1]);
        late_lunch.push(scene.over_through(1, "2026-11-30"));
        scene.ingest(1, &late_lunch).await;
        let year = Self { scene };
        year.today("2026-12-02");
        year.scene.approved(NOVEMBER).await;
        year
    }

    fn today(&self, day: &str) {
        self.scene.world.clock.set(date(day).at_minute(540));
    }

    async fn december(&mut self) {
        let mut meals = self.scene.day(0, "2026-12-07", 660, &[0, 1]);
        meals.push(self.scene.over_through(0, "2026-12-29"));
        self.scene.ingest(0, &meals).await;
        let over = self.scene.over_through(1, "2026-12-31");
        self.scene.ingest(1, &[over]).await;
        self.today("2027-01-02");
        let (store, book) = (&self.scene.world.office().store, self.scene.world.office().book());
        close_days(store, &book, self.scene.world.office().now()).await.unwrap();
        let canteen = self.scene.canteen(1);
        let close = unit!(store, |tx| closes::last(tx, canteen, date("2026-11-09")).await).unwrap().content.0;
        let number = &close.findings.iter().find(|f| f.code == FindingCode::OffWindow).unwrap().number;
        self.scene.say(1, number, Said::Confirmed, self.scene.maker.user).await.unwrap();
        for day in ["2026-12-30", "2026-12-31"] {
            self.scene.leave_out(0, day).await;
        }
        self.scene.approved(DECEMBER).await;
    }

    /// Drafts January, with what was learned since.
    async fn january(&mut self) -> MonthView {
        self.today("2027-01-05");
        let mut late = self.scene.day(0, "2026-12-30", 660, &[0]);
        late.extend(self.scene.day(0, "2026-12-31", 660, &[0]));
        late.extend(self.scene.day(0, "2027-01-11", 660, &[0]));
        late.push(self.scene.over_through(0, "2027-01-31"));
        let mut other = self.scene.day(1, "2027-01-12", 660, &[0]);
        other.push(self.scene.over_through(1, "2027-01-31"));
        let death = NewElderFact { valid_from: date("2026-12-05"), kind: ElderFactKind::Death { dead: true } };
        self.scene.world.office().add_elder_fact(self.scene.elders[1], death, None).await.unwrap();
        self.today("2027-02-02");
        self.scene.ingest(0, &late).await;
        self.scene.ingest(1, &other).await;
        self.scene.draft(JANUARY).await.unwrap().0
    }

    async fn approve_january(&self, drafted: &MonthView) {
        let (office, canteen) = (self.scene.world.office(), self.scene.canteen(0));
        let (of, maker, now) = (JANUARY.parse().unwrap(), self.scene.maker, office.now());
        let words = "十二月供两名老人".to_owned();
        month::explain(&office.store, &region("440304"), of, canteen, words, maker, now).await.unwrap();
        self.scene.submit(JANUARY, maker).await.unwrap();
        self.scene.approve(JANUARY, self.scene.checker, drafted.settlement.digest).await.unwrap();
    }

    async fn set(&self, year: i16, name: &str, fen: i64) {
        let office = self.scene.world.office();
        let amount = Fen::new(fen);
        let budget = Budget { region: region("440304"), year, payer: payer(name), amount, reason: "批复".into() };
        let row = office.propose(Proposed::Budget { budget }, region("440304"), self.scene.maker.user).await.unwrap();
        office.approve_proposal(row.id, row.digest, self.scene.checker.user).await.unwrap();
    }

    /// Name, approved, drafted and left, fen; by the payers' order.
    async fn year(&self, year: i16) -> Vec<(String, i64, i64, Option<i64>)> {
        let (rows, _) = unit!(self.scene.world.office().store, |tx| budget::year(tx, &region("440304"), year).await);
        let row = |of: domain::budget::PayerYear| {
            let left = of.left().map(Fen::get);
            (of.payer.name, of.approved.get(), of.drafted.get(), left)
        };
        rows.into_iter().map(row).collect()
    }

    /// Cost, payable, carried, fen.
    async fn report(&self, year: i16, which: usize, name: &str) -> [i64; 3] {
        let rows = unit!(self.scene.world.office().store, |tx| budget::report(tx, &region("440304"), year).await);
        let of = rows.get(&(self.scene.canteen(which), payer(name))).cloned().unwrap_or_default();
        assert_eq!((of.arrived, of.held, of.demanded), (Fen::ZERO, Fen::ZERO, Fen::ZERO));
        let CanteenYear { cost, payable, carried, .. } = of;
        [cost, payable, carried].map(Fen::get)
    }

    fn of<'v>(&self, view: &'v MonthView, which: usize) -> (StatementId, &'v Statement) {
        let stored = view.statements.iter().find(|s| s.canteen == self.scene.canteen(which)).unwrap();
        (stored.id, &stored.content.0)
    }
}

fn line(lines: &[ChangeLine], is: impl Fn(&Reason) -> bool) -> &ChangeLine {
    lines.iter().find(|line| is(&line.reason)).unwrap_or_else(|| panic!("{lines:?}"))
}

async fn january_settles_the_old_year_by_its_own_version_and_payers(backend: Backend) {
    let mut end = YearEnd::new(backend).await;
    end.december().await;
    let drafted = end.january().await;
    let (december, book) = (DECEMBER.parse().unwrap(), end.scene.world.office().book());
    let (_, statement) = end.of(&drafted, 0);
    let late = line(&statement.changes, |reason| matches!(reason, Reason::Late { .. }));
    let Reason::Late { month, policy } = &late.reason else { panic!("{late:?}") };
    assert_eq!((*month, policy.version, late.count), (december, 2, Some(2)));
    assert_eq!(late.dates, [date("2026-12-30"), date("2026-12-31")]);
    assert_eq!(late.shares, shares(&[("city", 300), ("district", 300)]), "who paid in December pays");
    let dead = line(&statement.changes, |reason| matches!(reason, Reason::Finding { .. }));
    assert_eq!(dead.reason, Reason::Finding { month: december, code: FindingCode::NotEligible });
    assert_eq!(
        (dead.dates.as_slice(), &dead.shares),
        ([date("2026-12-07")].as_slice(), &shares(&[("city", -150), ("district", -150)]))
    );
    assert_eq!(statement.served[0].policy.version, 3);
    assert_eq!(statement.served[0].shares, shares(&[("city", 100), ("zone", 200)]));
    assert_eq!(statement.payable(), Fen::new(600));
    let (_, other) = end.of(&drafted, 1);
    let carried = line(&other.changes, |reason| *reason == Reason::Carried);
    assert_eq!(carried.shares, shares(&[("city", -300), ("district", -300)]), "December's balance, by its payers");
    assert_eq!(other.payable(), Fen::new(200), "what the new fund owes is not set off against the old payers' money");
    assert_eq!(other.carried(), shares(&[("city", -200), ("district", -300)]));
    assert!(book.policies.policies().count() == 3);
    end.approve_january(&drafted).await;
    assert_eq!(end.scene.verify().await.breaks, []);
}

async fn the_years_have_their_own_costs_budgets_and_reports(backend: Backend) {
    let mut end = YearEnd::new(backend).await;
    for (year, name, fen) in [(2026, "city", 400), (2026, "district", 450), (2027, "city", 400), (2027, "zone", 300)] {
        end.set(year, name, fen).await;
    }
    let row = |name: &str, approved, drafted, left| (name.to_owned(), approved, drafted, Some(left));
    end.december().await;
    let before = [row("city", 300, 0, 100), row("district", 300, 0, 150)];
    assert_eq!(end.year(2026).await, before, "November's six yuan are taken back");
    let drafted = end.january().await;
    let with_draft = [row("city", 300, 150, -50), row("district", 300, 150, 0)];
    assert_eq!(end.year(2026).await, with_draft, "January's draft would pass December's budget");
    end.approve_january(&drafted).await;
    assert_eq!(end.year(2026).await, [row("city", 450, 0, -50), row("district", 450, 0, 0)]);
    assert_eq!(end.year(2027).await, [row("city", 200, 0, 200), row("zone", 400, 0, -100)]);

    let old = [(0, "city"), (0, "district"), (1, "city"), (1, "district"), (1, "zone")];
    let expected = [[450, 300, 0], [450, 300, 0], [0, 300, -300], [0, 300, -300], [0, 0, 0]];
    for ((which, name), expected) in old.into_iter().zip(expected) {
        assert_eq!(end.report(2026, which, name).await, expected, "{which} {name}");
    }
    let new = [(0, "city"), (0, "district"), (0, "zone"), (1, "city"), (1, "district"), (1, "zone")];
    let expected = [[100, 250, 0], [0, 150, 0], [200, 200, 0], [100, 0, -200], [0, 0, -300], [200, 200, 0]];
    for ((which, name), expected) in new.into_iter().zip(expected) {
        assert_eq!(end.report(2027, which, name).await, expected, "{which} {name}");
    }
    end.books().await;
    end.pages(&drafted).await;
}

impl YearEnd {
    /// The books balance, grant what the two years cost, and owe what is payable less what is carried.
    async fn books(&self) {
        let rows = unit!(self.scene.world.office().store, |tx| ledger::trial_balance(tx, &region("440304")).await);
        let (mut granted, mut payable, mut sum) = (PayerSums::default(), Fen::ZERO, Fen::ZERO);
        for (account, turnover) in rows {
            sum += turnover.balance();
            match account {
                Account::Grant { payer } => granted.add(&payer, -turnover.balance()),
                Account::Payable { .. } => payable += turnover.balance(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sum, Fen::ZERO, "debits and credits");
        assert_eq!(granted.without_zeros(), shares(&[("city", 650), ("district", 450), ("zone", 400)]));
        assert_eq!(payable, Fen::new(600 + 600 + 600 + 200 - 500), "three months' payables less what is carried");
        assert_eq!(self.scene.verify().await.breaks, []);
    }

    /// Every page and paper says the month of the meals and calls the fund as the policy does.
    async fn pages(&self, drafted: &MonthView) {
        let maker = person(&self.scene.world, "经办员", Role::FinanceMaker, "440304").await;
        let browser = crate::browser::Browser::new(&self.scene.world, Some(&maker));
        let (old, new) = ("region=440304&month=2026-12", "region=440304&month=2027-01");
        browser.get(&format!("/console/budgets?{old}")).await.has(&["超出预算 ¥0.50", "市财政", "区财政"]);
        browser.get(&format!("/console/budgets?{new}")).await.has(&["zone超出预算 ¥1.00", ">zone</th>"]);
        browser.get(&format!("/console/budgets.csv?{new}")).await.has(&["zone,3.00,4.00,0.00,-1.00"]);
        browser
            .get(&format!("/console/year.csv?{old}"))
            .await
            .has(&["甲食堂,市财政,4.50,3.00", "乙食堂,区财政,0.00,3.00"]);
        browser
            .get(&format!("/console/year.csv?{new}"))
            .await
            .has(&["甲食堂,zone,2.00,2.00", "甲食堂,区财政,0.00,1.50"]);
        // The year's table holds January's meals alone: the district pays for none of them.
        let today = browser.get(&format!("/console/today?{new}")).await;
        today.has(&["</i>zone</th><td class=\"n\">¥4.00</td><td class=\"n quiet-ink\">¥3.00</td>"]);
        today.has(&["</i>市财政</th><td class=\"n\">¥2.00</td><td class=\"n quiet-ink\">¥4.00</td>"]);
        today.lacks(&["</i>区财政"]);
        browser.get(&format!("/console/funds?{new}")).await.has(&["zone"]);
        browser.get(&format!("/console/settlement?{new}")).await.has(&["zone超出预算 ¥1.00"]);
        let (id, _) = self.of(drafted, 0);
        browser.get(&format!("/console/statements/{id}?{new}")).await.has(&["2026年12月", "zone"]);
        for path in [format!("/api/v1/statements/{id}/pdf"), "/api/v1/months/440304/2027-01/summary.pdf".to_owned()] {
            let call = request(Method::GET, &path, Some(&maker), &Value::Null);
            let paper = send(&self.scene.world, call).await;
            assert_eq!(paper.status, 200, "{path}");
            assert!(text("application/pdf", &paper.body).contains("zone"), "{path}");
        }
    }
}

crate::on_both! {
    january_settles_the_old_year_by_its_own_version_and_payers
    the_years_have_their_own_costs_budgets_and_reports
}
