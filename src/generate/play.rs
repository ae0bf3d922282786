//! Lets the months pass: what is learned, what is sold, and what the terminals send in the evening.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{BusinessDate, Clock, Month};
use domain::elder::ElderFactKind;
use domain::id::{BootId, CanteenId, ElderId};
use domain::sync::{Batch, Outcome};
use serde::Serialize;
use server::{Config, Database, Office, Server};
use tokio::task::JoinSet;

use super::day::{CanteenDay, Citizen, Place, Rules, plan};
use super::journal::Journal;
use super::people::{LateFact, late_facts};
use super::rates::{Rates, happens};
use super::truth::Lists;
use super::{office, people, places, words};
use crate::bench::upload::Outbox;
use crate::demo::chance::{Chance, SeededEntropy};
use crate::demo::clock::DemoClock;
use crate::progress::Bar;

/// So many terminals write and send at a time: one signs while another one's batch is judged and a third's is stored.
const AT_ONCE: usize = 4;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How many elders.
    pub elders: usize,
    /// How many canteens.
    pub canteens: usize,
    /// How many months.
    pub months: usize,
    /// The first month.
    pub from: Month,
    /// The same seed gives the same data.
    pub seed: u64,
    /// How often things go wrong.
    pub rates: Rates,
    /// Where the plain lists go, if anywhere.
    pub truth: Option<PathBuf>,
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// Elders registered.
    pub elders: u64,
    /// Canteens with a terminal each.
    pub canteens: u64,
    /// Meals rung up, those taken back included.
    pub meals: u64,
    /// Signed records that were sent, damaged copies left out.
    pub records: u64,
    /// Accepted by the office.
    pub accepted: u64,
    /// Disputed by the office.
    pub disputed: u64,
    /// Kept in quarantine by the office.
    pub quarantined: u64,
    /// Writing, signing, sending and storing, set-up left out, ms.
    pub milliseconds: u64,
}

/// A city whose months can pass. The clock is its own.
pub struct City {
    /// The office.
    pub server: Server,
    /// The clock of the office.
    pub clock: Arc<DemoClock>,
    wanted: Wanted,
    citizens: Vec<Citizen>,
    places: Vec<Place>,
    journals: Vec<Option<Journal>>,
    /// The computer's own clock, for speed and bars.
    watch: Arc<dyn Clock>,
}

impl City {
    /// Sets everything up on an empty database, whose keys are made beside it.
    pub async fn found(
        wanted: Wanted,
        database: Database,
        keys: PathBuf,
        public_url: &str,
        watch: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let announced = BusinessDate::new(2024, 12, 20).context("a date")?.at_minute(9 * 60);
        let boot = BootId::from_uuid(uuid::Uuid::from_u128(u128::from(wanted.seed)));
        let clock = DemoClock::new(announced, boot);
        let entropy = Arc::new(SeededEntropy::new(wanted.seed));
        let config = Config { database, keys, create: true, public_url: public_url.to_owned() };
        let server = Server::open(&config, Arc::<DemoClock>::clone(&clock), entropy).await?;
        let office = server.office();
        office::rules(office).await?;
        let first = wanted.from.first();
        clock.set(first.at_minute(5 * 60));
        office::people(office).await?;
        let (places, enrolled) = office::canteens(office, wanted.seed, wanted.canteens, first).await?;
        let persons = people::people(wanted.seed, wanted.elders, wanted.canteens, first);
        let bar = Bar::new(Arc::clone(&watch), words::ELDERS, u64::try_from(wanted.elders)?);
        let citizens = office::elders(office, &persons, &places, &bar).await?;
        let now = clock.wall();
        let journals = enrolled.into_iter().enumerate().map(|(place, one)| {
            let entropy = SeededEntropy::new(wanted.seed.wrapping_add(0x006a_6f75_726e_616c) ^ (place as u64) << 32);
            Some(Journal::start(one.terminal, one.key, one.cashier, entropy, now))
        });
        let journals = journals.collect();
        Ok(Self { server, clock, wanted, citizens, places, journals, watch })
    }

    /// The computer's own clock.
    #[must_use]
    pub fn watch(&self) -> &Arc<dyn Clock> {
        &self.watch
    }

    /// A canteen's number in the lists, from 1.
    #[must_use]
    pub fn number_of(&self, canteen: CanteenId) -> Option<usize> {
        self.places.iter().position(|place| place.canteen.id == canteen).map(|place| place + 1)
    }

    /// An elder, by place in the lists from 0.
    #[must_use]
    pub fn elder(&self, place: usize) -> Option<ElderId> {
        self.citizens.get(place).map(|citizen| citizen.elder.id)
    }

    /// The months that pass.
    #[must_use]
    pub fn months(&self) -> Vec<Month> {
        std::iter::successors(Some(self.wanted.from), |month| Some(month.next())).take(self.wanted.months).collect()
    }

    /// Lets all months pass; afterwards the clock stands at five in the morning of the day behind them and every
    /// terminal has sent everything. Only then it is on the disk: what is cut short is made again from its seed.
    pub async fn pass(&mut self) -> anyhow::Result<Generated> {
        let store = self.server.office().store.clone();
        store.leave_unsynced().await?;
        let passed = self.months_pass().await;
        store.sync().await?;
        passed
    }

    async fn months_pass(&mut self) -> anyhow::Result<Generated> {
        let mut lists = self.wanted.truth.as_deref().map(Lists::begin).transpose()?;
        let started = self.watch.monotonic_ms();
        let mut report = Generated {
            elders: u64::try_from(self.citizens.len())?,
            canteens: u64::try_from(self.places.len())?,
            ..Generated::default()
        };
        let expected = self.wanted.elders * self.wanted.months * 17;
        let bar = Arc::new(Bar::new(Arc::clone(&self.watch), words::RECORDS, u64::try_from(expected)?));
        for month in self.months() {
            let late = self.late(month);
            for date in month.days() {
                self.learn(&late, date).await?;
                self.day(date, &mut lists, &mut report, &bar).await?;
            }
        }
        let after = self.months().last().map_or(self.wanted.from, |last| last.next()).first();
        self.clock.set(after.at_minute(5 * 60));
        self.send_all(after, &mut report, &bar).await?;
        report.milliseconds = u64::try_from(self.watch.monotonic_ms() - started)?;
        if let Some(mut lists) = lists {
            for (number, citizen) in self.citizens.iter().enumerate() {
                lists.elder(number, &citizen.elder)?;
            }
            lists.finish()?;
        }
        Ok(report)
    }

    /// Lets a day pass on which everybody writes and nobody sends: what each terminal has to send.
    pub fn unsent(&mut self, date: BusinessDate) -> anyhow::Result<Vec<Outbox>> {
        let book = self.server.office().book();
        let policy = book.policies.covering(&places::region(places::REGION), date).context("a policy")?;
        let rules = Rules { policy, calendar: book.calendar(), rates: &self.wanted.rates };
        let days = plan(self.wanted.seed, date, &rules, &mut self.citizens, &mut self.places);
        self.clock.set(date.at_minute(18 * 60));
        let journals = self.journals.iter_mut().flatten();
        Ok(journals.zip(days).map(|(journal, day)| journal.outbox(&day)).collect())
    }

    /// What will be learned late in a month. Who dies is dead from that day on, whatever the office knows.
    fn late(&mut self, month: Month) -> Vec<LateFact> {
        let persons =
            people::people(self.wanted.seed, self.wanted.elders, self.wanted.canteens, self.wanted.from.first());
        let mut late = late_facts(self.wanted.seed, &persons, month, &self.wanted.rates);
        late.retain(|late| self.citizens[late.elder].died.is_none());
        for late in &late {
            if matches!(late.fact.kind, ElderFactKind::Death { .. }) {
                self.citizens[late.elder].died = Some(late.fact.valid_from);
            }
        }
        late
    }

    async fn learn(&mut self, late: &[LateFact], date: BusinessDate) -> anyhow::Result<()> {
        self.clock.set(date.at_minute(9 * 60));
        for late in late.iter().filter(|late| late.learned == date) {
            let citizen = &mut self.citizens[late.elder];
            let fact = self.server.office().add_elder_fact(citizen.elder.id, late.fact.clone(), None).await?;
            citizen.known_dead |= matches!(fact.kind, ElderFactKind::Death { dead: true });
            citizen.elder.facts.push(fact);
        }
        Ok(())
    }

    async fn day(
        &mut self,
        date: BusinessDate,
        lists: &mut Option<Lists>,
        report: &mut Generated,
        bar: &Arc<Bar>,
    ) -> anyhow::Result<()> {
        let book = self.server.office().book();
        if !places::is_open(book.calendar(), date) {
            return Ok(());
        }
        let region = places::region(places::REGION);
        let policy = book.policies.covering(&region, date).context("no policy covers the city")?;
        let rules = Rules { policy, calendar: book.calendar(), rates: &self.wanted.rates };
        let days = plan(self.wanted.seed, date, &rules, &mut self.citizens, &mut self.places);
        self.clock.set(date.at_minute(18 * 60));
        if let Some(lists) = lists {
            for (canteen, day) in days.iter().enumerate() {
                lists.day(canteen, day)?;
            }
        }
        report.meals += u64::try_from(days.iter().map(|day| day.visits.len()).sum::<usize>())?;
        self.send(days, report, bar).await
    }

    /// Each terminal writes its day. It sends where the line holds, once what it has fills a batch, and all of it at the
    /// end of the month: the office stores few large batches in a fraction of the time of many small ones, and whatever
    /// comes from the records is the same.
    async fn send(&mut self, days: Vec<CanteenDay>, report: &mut Generated, bar: &Arc<Bar>) -> anyhow::Result<()> {
        let mut chance =
            Chance::new(self.wanted.seed ^ days.first().map_or(0, |day| day.date.start().get().unsigned_abs()));
        let mut running = JoinSet::new();
        for (place, day) in days.into_iter().enumerate() {
            if running.len() >= AT_ONCE {
                self.take_back(running.join_next().await, report)?;
            }
            let damaged = happens(&mut chance, self.wanted.rates.damaged) && day.online;
            let journal = self.journals[place].take().context("a journal is where it was put")?;
            running.spawn(terminal(
                Turn { place, journal, office: Arc::clone(self.server.office()), bar: Arc::clone(bar) },
                Work::Day { day, damaged },
            ));
        }
        self.wait(running, report).await
    }

    /// The last day is over, and every terminal sends what it has.
    async fn send_all(&mut self, after: BusinessDate, report: &mut Generated, bar: &Arc<Bar>) -> anyhow::Result<()> {
        let mut running = JoinSet::new();
        for place in 0..self.journals.len() {
            if running.len() >= AT_ONCE {
                self.take_back(running.join_next().await, report)?;
            }
            let journal = self.journals[place].take().context("a journal is where it was put")?;
            let turn = Turn { place, journal, office: Arc::clone(self.server.office()), bar: Arc::clone(bar) };
            running.spawn(terminal(turn, Work::Over(after)));
        }
        self.wait(running, report).await
    }

    async fn wait(&mut self, mut running: JoinSet<anyhow::Result<Done>>, report: &mut Generated) -> anyhow::Result<()> {
        while let Some(done) = running.join_next().await {
            self.take_back(Some(done), report)?;
        }
        Ok(())
    }

    fn take_back(
        &mut self,
        done: Option<Result<anyhow::Result<Done>, tokio::task::JoinError>>,
        report: &mut Generated,
    ) -> anyhow::Result<()> {
        let Done { place, journal, sent } = done.context("a terminal was under way")???;
        self.journals[place] = Some(journal);
        report.records += sent.accepted + sent.disputed;
        report.accepted += sent.accepted;
        report.disputed += sent.disputed;
        report.quarantined += sent.quarantined;
        Ok(())
    }
}

/// A terminal whose turn it is.
struct Turn {
    place: usize,
    journal: Journal,
    office: Arc<Office>,
    bar: Arc<Bar>,
}

/// What it has to do.
enum Work {
    /// Write a day, and send where the line holds; once with damage on the way.
    Day { day: CanteenDay, damaged: bool },
    /// Note that all days are over, and send.
    Over(BusinessDate),
}

/// What the office said to what was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    accepted: u64,
    disputed: u64,
    quarantined: u64,
}

struct Done {
    place: usize,
    journal: Journal,
    sent: Sent,
}

async fn terminal(turn: Turn, work: Work) -> anyhow::Result<Done> {
    let Turn { place, mut journal, office, bar } = turn;
    let write = move || {
        let (batches, sends, damaged): (fn(&mut Journal) -> Vec<Batch>, _, _) = match work {
            Work::Day { day, damaged } => {
                journal.day(&day);
                let all = damaged || day.date == day.date.month().last();
                (if all { Journal::batches } else { Journal::full_batches }, day.online, damaged)
            }
            Work::Over(after) => {
                journal.days_over(after.at_minute(4 * 60 + 30), after.plus_days(-1));
                (Journal::batches, true, false)
            }
        };
        let damaged = if damaged { journal.damaged() } else { None };
        let batches = if sends { batches(&mut journal) } else { Vec::new() };
        (journal, damaged, batches)
    };
    let (journal, damaged, batches) = tokio::task::spawn_blocking(write).await?;
    let mut sent = Sent::default();
    for batch in damaged.into_iter().chain(batches) {
        send(&office, &journal, batch, &mut sent, &bar).await?;
    }
    Ok(Done { place, journal, sent })
}

/// Sends one batch as the protocol's handler does. Everything has to have an outcome: there is no gap.
async fn send(office: &Arc<Office>, journal: &Journal, batch: Batch, sent: &mut Sent, bar: &Bar) -> anyhow::Result<()> {
    let count = batch.records.len();
    let answer = server::ingest::ingest(office, &journal.terminal, batch).await?;
    ensure!(
        answer.outcomes.len() == count,
        "the office left {} records without an outcome",
        count - answer.outcomes.len()
    );
    for outcome in &answer.outcomes {
        match outcome.outcome {
            Outcome::Accepted => sent.accepted += 1,
            Outcome::Disputed { .. } => sent.disputed += 1,
            Outcome::Rejected { .. } => sent.quarantined += 1,
        }
    }
    bar.add(u64::try_from(count)?);
    Ok(())
}
