//! A small world of canteens and elders for tests of the day close and the month: tills that know only their own
//! canteen, and a close that is given what the server's store would give it.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs, WorkCalendar};
use domain::canteen::{Canteen, CanteenFact, CanteenFactKind, Standing};
use domain::decision::{Decision, MealFacts, Mode, Usage};
use domain::elder::{Elder, ElderFact, ElderFactKind};
use domain::id::{BootId, CanteenId, Digest, ElderId, RecordId, ShiftId, TerminalId};
use domain::money::Fen;
use domain::policy::{Policy, PolicySet};
use domain::reconciliation::{Context, DayInput, Elsewhere, Frozen, Held, Prior, Reconciled, Settings, reconcile_day};
use domain::record::check::Rulebook;
use domain::record::{Algorithm, Body, Credential, Diner, FORMAT, Meal, Record, Tender, TimeSource};
use domain::subsidy::decide;
use uuid::Uuid;

pub(crate) fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

pub(crate) fn yuan(text: &str) -> Fen {
    text.parse().unwrap()
}

pub(crate) fn canteen_id(n: u128) -> CanteenId {
    CanteenId::from_uuid(Uuid::from_u128(0xCA00 + n))
}

pub(crate) fn elder_id(n: u128) -> ElderId {
    ElderId::from_uuid(Uuid::from_u128(0x00E1_DE00 + n))
}

pub(crate) struct World {
    pub(crate) rules: Rulebook,
    pub(crate) settings: Settings,
    pub(crate) canteens: BTreeMap<CanteenId, Canteen>,
    pub(crate) elders: BTreeMap<ElderId, Elder>,
    pub(crate) records: Vec<Record>,
    pub(crate) voided: BTreeSet<RecordId>,
    /// The place of the draft that froze a meal.
    pub(crate) frozen: BTreeMap<RecordId, i64>,
    pub(crate) closes: BTreeMap<(BusinessDate, CanteenId), Reconciled>,
    /// What a day is held against; nothing where nothing is said.
    pub(crate) contexts: BTreeMap<(BusinessDate, CanteenId), Context>,
}

impl World {
    /// Two canteens in one town under these policy versions, and three elders of 80 from that town.
    pub(crate) fn new(policies: &[&str]) -> Self {
        let mut set = PolicySet::default();
        for text in policies {
            let policy = Policy::parse("test.toml", text).unwrap_or_else(|e| panic!("{e}"));
            set.announce(policy, date("2020-01-01")).unwrap();
        }
        let region = || "440304001".parse().unwrap();
        let canteen = |n| (canteen_id(n), Canteen { id: canteen_id(n), region: region(), facts: Vec::new() });
        let elder = |n| {
            let hukou = ElderFactKind::Hukou { region: region() };
            let fact = ElderFact { valid_from: date("1990-01-01"), known_from: UnixMs::new(0), kind: hukou };
            (elder_id(n), Elder { id: elder_id(n), birth: date("1945-06-01"), facts: vec![fact] })
        };
        Self {
            rules: Rulebook::new(set, WorkCalendar::published()),
            settings: Settings::default(),
            canteens: (1..=2).map(canteen).collect(),
            elders: (1..=3).map(elder).collect(),
            records: Vec::new(),
            voided: BTreeSet::new(),
            frozen: BTreeMap::new(),
            closes: BTreeMap::new(),
            contexts: BTreeMap::new(),
        }
    }

    /// The office learns of a death at `known`.
    pub(crate) fn dies(&mut self, elder: u128, on: &str, known: UnixMs) {
        let fact = ElderFact { valid_from: date(on), known_from: known, kind: ElderFactKind::Death { dead: true } };
        self.elders.get_mut(&elder_id(elder)).unwrap().facts.push(fact);
    }

    /// A canteen's grade from a date on, known at once.
    pub(crate) fn grade(&mut self, canteen: u128, from: &str, grade: &str) {
        let standing = Standing { quality_grade: grade.to_owned(), ..Standing::default() };
        let kind = CanteenFactKind::Standing { standing };
        let fact = CanteenFact { valid_from: date(from), known_from: UnixMs::new(0), kind };
        self.canteens.get_mut(&canteen_id(canteen)).unwrap().facts.push(fact);
    }

    /// A meal at a till that knows what was used in its own canteen and what the office knew when the day began.
    pub(crate) fn serve(&mut self, canteen: u128, elder: u128, on: &str, minute: u16, price: &str) -> RecordId {
        let used = self.known(canteen_id(canteen), elder_id(elder), date(on));
        self.serve_knowing(&used, (canteen, elder), on, minute, price)
    }

    /// What the canteen's own meals have used, as its tills know.
    fn known(&self, place: CanteenId, who: ElderId, on: BusinessDate) -> Usage {
        let mut used = Usage::default();
        for record in self.records.iter().filter(|r| r.canteen == place && !self.voided.contains(&r.id)) {
            let Body::Meal(meal) = &record.body else { continue };
            if let (Some(diner), Some(policy)) = (&meal.diner, &meal.decision.policy)
                && diner.elder == who
                && meal.meal.date <= on
            {
                for line in &meal.decision.lines {
                    used.add(&policy.id, line, meal.meal.date, on);
                }
            }
        }
        used
    }

    /// As [`World::serve`], by a till that knows of these uses alone.
    pub(crate) fn serve_knowing(
        &mut self,
        used: &Usage,
        (canteen, elder): (u128, u128),
        on: &str,
        minute: u16,
        price: &str,
    ) -> RecordId {
        let (place, who, on) = (canteen_id(canteen), elder_id(elder), date(on));
        let facts = MealFacts { date: on, period: "lunch".parse().unwrap(), mode: Mode::DineIn, price: yuan(price) };
        let roster = on.start();
        let canteen_facts = self.canteens[&place].on(on, roster);
        let elder_facts = self.elders[&who].on(on, roster);
        let decision = match self.rules.policies.covering(&canteen_facts.region, on) {
            Some(policy) => decide(policy, self.rules.calendar(), &elder_facts, &canteen_facts, &facts, used).decision,
            None => Decision::full_price(facts.price),
        };
        let diner = Diner {
            elder: who,
            credential: Credential::Card,
            facts: elder_facts,
            canteen: canteen_facts,
            used: used.clone(),
            roster,
            usage: roster,
            calendar: self.rules.calendar().digest(),
            approved_by: None,
        };
        let meal = Meal::new(facts, Some(diner), Tender::Cash, true, decision);
        let id = self.push(place, on.at_minute(minute), Body::Meal(Box::new(meal)));
        domain::record::check::check(self.records.last().unwrap(), &self.rules).unwrap();
        id
    }

    fn push(&mut self, canteen: CanteenId, at: UnixMs, body: Body) -> RecordId {
        let sequence = self.records.iter().filter(|r| r.canteen == canteen).count() as u64;
        let id = RecordId::from_uuid(Uuid::from_u128(0x0DEC_0000 + self.records.len() as u128));
        self.records.push(Record {
            format: FORMAT,
            algorithm: Algorithm::Sha256Ed25519,
            id,
            canteen,
            terminal: TerminalId::from_uuid(canteen.uuid()),
            epoch: 1,
            sequence,
            previous: Digest::ZERO,
            at,
            time_source: TimeSource::Server,
            wall: at,
            monotonic: at.get(),
            boot: BootId::from_uuid(Uuid::nil()),
            server_time: Some(at),
            cashier: None,
            shift: Some(ShiftId::from_uuid(canteen.uuid())),
            body,
        });
        id
    }

    fn meal(record: &Record) -> Option<(&Meal, &Diner)> {
        let Body::Meal(meal) = &record.body else { return None };
        meal.diner.as_ref().map(|diner| (&**meal, diner))
    }

    /// Closes every day with records, in the order of dates and again until nothing changes, from the records that
    /// `arrived` says the server has.
    pub(crate) fn close_all(&mut self, known: UnixMs, arrived: impl Fn(&Record) -> bool) {
        let mut days: BTreeSet<(BusinessDate, CanteenId)> = self.closes.keys().copied().collect();
        days.extend(self.records.iter().filter(|r| arrived(r)).map(|r| (r.at.business_date(), r.canteen)));
        let have: Vec<Record> = self.records.iter().filter(|r| arrived(r)).cloned().collect();
        for _ in 0..10 {
            let before = self.closes.clone();
            for (day, canteen) in &days {
                let reconciled = self.close(&have, *canteen, *day, known);
                self.closes.insert((*day, *canteen), reconciled);
            }
            if before == self.closes {
                return;
            }
        }
        panic!("closing days again never settles");
    }

    pub(crate) fn frozen(&self, record: RecordId) -> Frozen {
        self.frozen.get(&record).map_or(Frozen::Not, |draft| Frozen::By(*draft))
    }

    fn close(&self, have: &[Record], canteen: CanteenId, day: BusinessDate, known: UnixMs) -> Reconciled {
        let held = |r: &Record| Held {
            record: r.clone(),
            disputed: false,
            voided: self.voided.contains(&r.id),
            frozen: self.frozen(r.id),
        };
        let here = |r: &&Record| r.canteen == canteen && r.at.business_date() == day;
        let records: Vec<Held> = have.iter().filter(here).map(held).collect();
        let elsewhere = have
            .iter()
            .filter(|r| r.canteen != canteen && r.at.business_date() == day && !self.voided.contains(&r.id))
            .filter_map(|r| Self::meal(r).map(|(meal, _)| (r, meal.clone())))
            .map(|(r, meal)| Elsewhere { record: r.id, canteen: r.canteen, at: r.at, frozen: self.frozen(r.id), meal })
            .collect::<Vec<_>>();
        let prior: Vec<Prior> = have
            .iter()
            .filter(|r| {
                let other = r.at.business_date();
                !self.voided.contains(&r.id) && (other < day || (other > day && self.frozen.contains_key(&r.id)))
            })
            .flat_map(|r| self.prior(r))
            .collect();
        let first = records.iter().map(|h| h.record.sequence).min();
        let before = first.and_then(|f| f.checked_sub(1)).map(|s| ((TerminalId::from_uuid(canteen.uuid()), 1), s));
        reconcile_day(&DayInput {
            canteen,
            date: day,
            known,
            rules: &self.rules,
            settings: &self.settings,
            records: &records,
            before: &before.into_iter().collect(),
            canteens: &self.canteens,
            elders: &self.elders,
            elsewhere: &elsewhere,
            prior: &prior,
            refunds: &[],
            identified: &BTreeMap::new(),
            context: self.contexts.get(&(day, canteen)).unwrap_or(&Context::default()),
        })
    }

    /// What a meal of another date used: by its close, or as charged while there is none.
    fn prior(&self, record: &Record) -> Vec<Prior> {
        let Some((meal, diner)) = Self::meal(record) else { return Vec::new() };
        let key = (record.at.business_date(), record.canteen);
        let verdict = self.closes.get(&key).and_then(|c| c.verdicts.iter().find(|v| v.record == record.id));
        let (policy, lines) = match verdict {
            Some(verdict) => (verdict.policy.clone(), verdict.due.clone()),
            None => (meal.decision.policy.clone(), meal.decision.lines.clone()),
        };
        let Some(policy) = policy else { return Vec::new() };
        let prior = |line| Prior {
            elder: diner.elder,
            canteen: record.canteen,
            date: record.at.business_date(),
            frozen: self.frozen(record.id),
            policy: policy.id.clone(),
            line,
        };
        lines.into_iter().map(prior).collect()
    }
}
