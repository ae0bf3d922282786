use std::sync::Arc;

use domain::decision::{Counts, Decision, Kind, PolicyRef, Used as UsedCounts};
use domain::id::Digest;
use domain::money::Fen;
use domain::sync::Use;
use proptest::prelude::*;

use super::*;
use crate::fixture::TestClock;
use crate::journal::tests::{NOON, entry, meal, rig};

const POLICY: &str = "yc-2026";

fn line(benefit: &str, amount: i64) -> Line {
    Line { benefit: benefit.into(), group: None, kind: Kind::Diner, amount: Fen::new(amount), shares: Vec::new() }
}

/// One thing that happens at the till or at the office.
#[derive(Clone, Debug)]
enum Step {
    /// A meal here, so many days after the first.
    Meal { day: i64, dinner: bool },
    /// The meal of that number is reversed.
    Void(usize),
    /// The office sends what it has: so many of the records made so far.
    Feed { held: usize },
    /// A meal elsewhere, that the office knows from the next feed on.
    Elsewhere { day: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_i64..35, any::<bool>()).prop_map(|(day, dinner)| Step::Meal { day, dinner }),
        2 => (0_usize..8).prop_map(Step::Void),
        2 => (0_usize..30).prop_map(|held| Step::Feed { held }),
        1 => (0_i64..35).prop_map(|day| Step::Elsewhere { day }),
    ];
    proptest::collection::vec(step, 1..24)
}

/// The till and the office, counted by hand.
#[derive(Default)]
struct World {
    own: Vec<Stored>,
    records: u64,
    elsewhere: Vec<Use>,
    feed: KnownUsage,
    known_elsewhere: usize,
}

impl World {
    fn use_of(stored: &Stored) -> Option<Use> {
        let Body::Meal(meal) = &stored.record.body else { return None };
        let line = meal.decision.lines.first()?.clone();
        let (date, period) = (meal.meal.date, meal.meal.period.clone());
        Some(Use { date, policy: POLICY.into(), line, at: stored.record.at, period, here: true })
    }

    fn step(&mut self, template: &Stored, step: &Step) {
        match step {
            Step::Meal { day, dinner } => {
                let at = NOON.plus(day * 86_400_000 + i64::from(*dinner) * 18_000_000);
                let mut stored = template.clone();
                stored.record.sequence = self.records;
                stored.record.at = at.plus(i64::try_from(self.records).unwrap());
                if let Body::Meal(meal) = &mut stored.record.body {
                    meal.meal.date = at.business_date();
                    meal.meal.period = if *dinner { "dinner" } else { "lunch" }.parse().unwrap();
                }
                self.own.push(stored);
                self.records += 1;
            }
            Step::Void(number) => {
                let place = (1, self.records);
                if let Some(stored) = self.own.get_mut(*number).filter(|stored| stored.voided.is_none()) {
                    stored.voided = Some(place);
                    self.records += 1;
                }
            }
            Step::Feed { held } => self.send_feed(*held as u64),
            Step::Elsewhere { day } => {
                let at = NOON.plus(day * 86_400_000 + 60_000);
                let (date, period) = (at.business_date(), "lunch".parse().unwrap());
                let line = line("age-80", 500);
                self.elsewhere.push(Use { date, policy: POLICY.into(), line, at, period, here: false });
            }
        }
    }

    /// The office holds a prefix of the till's records and all meals elsewhere.
    fn send_feed(&mut self, held: u64) {
        let held = held.min(self.records).max(self.feed.included.get(&1).copied().unwrap_or(0));
        let counted = |stored: &&Stored| {
            stored.record.sequence < held && stored.voided.is_none_or(|(_, reversed)| reversed >= held)
        };
        let own = self.own.iter().filter(counted).filter_map(Self::use_of);
        self.feed.uses = own.chain(self.elsewhere.iter().cloned()).collect();
        self.feed.included = BTreeMap::from([(1, held)]);
        self.known_elsewhere = self.elsewhere.len();
    }

    /// Counted one by one: all own meals not reversed, and the meals elsewhere that the till was told of.
    fn naive(&self, date: BusinessDate) -> Usage {
        let mut counts = Counts::default();
        let own = self.own.iter().filter(|stored| stored.voided.is_none()).filter_map(Self::use_of);
        for used in own.chain(self.elsewhere[..self.known_elsewhere].iter().cloned()) {
            counts.day += u32::from(used.date == date);
            counts.week += u32::from(used.date.monday() == date.monday());
            if used.date.month() == date.month() {
                counts.month += 1;
                counts.month_amount += used.line.amount;
            }
        }
        let used = UsedCounts { policy: POLICY.into(), benefit: "age-80".into(), group: None, counts };
        Usage(if counts == Counts::default() { Vec::new() } else { vec![used] })
    }
}

async fn template() -> Stored {
    let dir = tempfile::tempdir().unwrap();
    let rig = rig(dir.path(), &Arc::new(TestClock::at(NOON)), 1).await;
    let id = rig.journal.append(entry(meal(Some(5), "lunch", NOON))).await.unwrap().record.id;
    let mut stored = rig.journal.by_id(id).await.unwrap().unwrap();
    if let Body::Meal(meal) = &mut stored.record.body {
        let policy = PolicyRef { id: POLICY.into(), version: 1, hash: Digest::ZERO };
        meal.decision = Decision { policy: Some(policy), lines: vec![line("age-80", 500)], ..meal.decision.clone() };
    }
    stored
}

#[test]
fn used_before_is_what_one_counts_by_hand() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let template = runtime.block_on(template());
    let mut runner = proptest::test_runner::TestRunner::default();
    let case = (steps(), 0_i64..36);
    runner
        .run(&case, |(steps, day)| {
            let mut world = World::default();
            for step in &steps {
                world.step(&template, step);
            }
            let date = NOON.plus(day * 86_400_000).business_date();
            let uses = uses(&world.feed, &world.own);
            prop_assert_eq!(before(date, &uses), world.naive(date));
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_earliest_meal_of_the_period_is_named() {
    let date = NOON.business_date();
    let at = |minutes: i64| NOON.plus(minutes * 60_000);
    let meal_at = |at: UnixMs, period: &str, here| Use {
        date: at.business_date(),
        policy: POLICY.into(),
        line: line("age-80", 500),
        at,
        period: period.parse().unwrap(),
        here,
    };
    let feed = KnownUsage {
        uses: vec![
            meal_at(at(9), "lunch", true),
            meal_at(at(3), "lunch", false),
            meal_at(at(-1440), "lunch", true),
            meal_at(at(1), "dinner", true),
        ],
        ..KnownUsage::default()
    };
    let uses = uses(&feed, &[]);
    assert_eq!(earlier(date, &"lunch".parse().unwrap(), &uses), Some(Elsewhere { at: at(3), here: false }));
    assert_eq!(earlier(date, &"breakfast".parse().unwrap(), &uses), None);
}
