//! Twice, backwards, one by one, mixed: the order in which records arrive moves no money.

use std::sync::Arc;

use domain::calendar::{BusinessDate, Clock as _};
use domain::decision::Mode;
use domain::id::{CanteenId, TerminalId};
use domain::record::{Credential, Tender};
use serde_json::Value;
use support::{Backend, TestDb};
use zhucan::demo::chance::{Chance, SeededEntropy};
use zhucan::demo::clock::DemoClock;
use zhucan::demo::host::{OfficeHost, TillHost};
use zhucan::demo::people::Desk;
use zhucan::demo::plan::{Plan, Sale, Step};
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::world::{MAKER, NANSHAN, date};

use crate::forge::{Sender, Voice, statements};

/// Three working days of the demo's plan, and an elder of Lianhua who goes to Nanshan for a second lunch each day.
fn few_days() -> Plan {
    let (first, last) = (date("2026-03-02"), date("2026-03-04"));
    let within = |day: BusinessDate| (first..=last).contains(&day);
    let mut plan = Plan::new();
    plan.steps.retain(|(at, step)| {
        within(at.business_date()) && matches!(step, Step::Open { .. } | Step::Close { .. } | Step::Sell(_))
    });
    for day in (0..3).map(|n| first.plus_days(n)) {
        let at = day.at_minute(13 * 60 + 14);
        plan.steps.push((at, Step::Sell(plan.sales.len())));
        plan.sales.push(Sale {
            at,
            day,
            canteen: NANSHAN,
            elder: Some(0),
            credential: Credential::Card,
            period: "lunch",
            mode: Mode::DineIn,
            tender: Tender::Cash,
            voided: None,
            turned_away: false,
        });
    }
    plan.steps.sort_by_key(|(at, _)| *at);
    plan
}

/// An office that is set up and holds no record yet, and terminals that hold three days of them. All of it is closed.
struct Prepared {
    db: TestDb,
    clock: Arc<DemoClock>,
    terminals: Vec<(TerminalId, CanteenId)>,
}

impl Prepared {
    /// Plays the days with every line cut.
    async fn new(backend: Backend) -> Self {
        let db = TestDb::new(backend);
        let mut stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
        for till in &stage.tills {
            till.line.set(false);
        }
        stage.play(&few_days(), |_, _| {}).await.unwrap();
        stage.clock.set(date("2026-04-01").at_minute(4 * 60 + 5));
        for till in &stage.tills {
            assert!(till.terminal.tick().await.unwrap());
            assert!(till.terminal.unsent().await.unwrap() > 10);
        }
        let terminals = stage.tills.iter().map(|t| (t.terminal.id(), t.terminal.canteen())).collect();
        let clock = Arc::clone(&stage.clock);
        stage.close().await;
        Self { db, clock, terminals }
    }

    /// The office over a database of its own, as it was before any record came.
    async fn office(&self) -> (OfficeHost, TestDb) {
        let copy = self.db.copy();
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::new(SeededEntropy::new(99)));
        (OfficeHost::open(self.db.folder(), copy.url().parse().unwrap(), clock, entropy).await.unwrap(), copy)
    }

    /// As it is meant: each terminal sends its own records in order, the first one twice over.
    async fn as_meant(&self) -> (Vec<Voice>, Vec<Value>) {
        let (office, _db) = self.office().await;
        let mut voices = Vec::new();
        for (canteen, (terminal, id)) in self.terminals.iter().enumerate() {
            let folder = till_folder(self.db.folder(), canteen);
            let entropy = Arc::new(SeededEntropy::new(7 + canteen as u64));
            let till = TillHost::open(&folder, office.address, Arc::<DemoClock>::clone(&self.clock), entropy);
            let till = till.await.unwrap();
            till.sync().await.unwrap();
            assert_eq!(till.terminal.unsent().await.unwrap(), 0);
            till.close().await;
            voices.push(Voice::of(&office, &folder, *terminal, *id).await);
        }
        let statements = statements(&office).await;
        office.close().await;
        (voices, statements)
    }

    /// In another order, with days closed in between whenever they seem complete.
    async fn in_order(&self, voices: &[Voice], order: &[(usize, usize)]) -> Vec<Value> {
        let (office, _db) = self.office().await;
        let (sender, now) = (Sender::new(&office), self.clock.wall());
        let maker = Desk::sign_in(&office.url(), MAKER).await.unwrap();
        for (done, (voice, record)) in order.iter().enumerate() {
            let voice = &voices[*voice];
            voice.send(&sender, std::slice::from_ref(&voice.records[*record]), now).await;
            if done % 40 == 20 {
                maker.close_days().await.unwrap();
            }
        }
        let statements = statements(&office).await;
        office.close().await;
        statements
    }
}

/// Every record once, by voice and place.
fn every(voices: &[Voice]) -> Vec<(usize, usize)> {
    let of = |(voice, records): (usize, &Voice)| (0..records.records.len()).map(move |n| (voice, n));
    voices.iter().enumerate().flat_map(of).collect()
}

async fn any_order(backend: Backend) -> Vec<Value> {
    let prepared = Prepared::new(backend).await;
    let (voices, meant) = prepared.as_meant().await;
    let findings: String = meant.iter().map(|s| s["reconciliation"]["findings"].to_string()).collect();
    assert!(findings.contains("over_limit"), "somebody had two lunches: {findings}");

    let mut backwards = every(&voices);
    backwards.reverse();
    assert_eq!(prepared.in_order(&voices, &backwards).await, meant, "backwards");

    for seed in [1, 2] {
        let mut twice = [every(&voices), every(&voices)].concat();
        let mut chance = Chance::new(seed);
        for index in (1..twice.len()).rev() {
            twice.swap(index, usize::from(chance.below(u16::try_from(index + 1).unwrap())));
        }
        assert_eq!(prepared.in_order(&voices, &twice).await, meant, "twice and shuffled with seed {seed}");
    }
    meant
}

#[tokio::test(flavor = "multi_thread")]
async fn records_in_any_order_and_twice_give_one_statement_on_both_databases() {
    let sqlite = any_order(Backend::Sqlite).await;
    let postgres = any_order(Backend::Postgres).await;
    assert_eq!(sqlite, postgres);
}
