//! One day of the city: who comes, when, to which canteen, and what each till charges by what it knows.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs, WorkCalendar};
use domain::canteen::Canteen;
use domain::decision::{Decision, Kind, Line, MealFacts, Mode, Usage};
use domain::elder::Elder;
use domain::money::Fen;
use domain::policy::Policy;
use domain::record::{Credential, Diner, Tender};
use domain::subsidy::decide;

use super::rates::{Rates, happens};
use crate::demo::chance::Chance;

/// Lunch is served from here on, minutes after midnight.
const FIRST_MINUTE: u16 = 10 * 60 + 31;
/// Nobody comes later than so many minutes after it.
const SPAN_MINUTES: u16 = 170;
/// A second lunch follows the first after so long, ms.
const SECOND_LUNCH_MS: i64 = 6 * 60 * 1000;
/// Rung up again after a wrong sale, ms.
const AGAIN_MS: i64 = 20_000;
/// A till that does not follow the rules gives so much too much, fen.
const FORGED: Fen = Fen::new(300);

/// What an elder has used so far, rolled on from day to day.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    date: Option<BusinessDate>,
    usage: Usage,
    /// As the day began.
    before: Usage,
}

impl Tally {
    fn roll(&mut self, date: BusinessDate) {
        let Some(last) = self.date.replace(date).filter(|last| *last != date) else { return };
        let (same_week, same_month) = (last.monday() == date.monday(), last.month() == date.month());
        for used in &mut self.usage.0 {
            used.counts.day = 0;
            if !same_week {
                used.counts.week = 0;
            }
            if !same_month {
                used.counts.month = 0;
                used.counts.month_amount = Fen::ZERO;
            }
        }
        self.usage.0.retain(|used| used.counts.week > 0 || used.counts.month > 0);
        self.before = self.usage.clone();
    }

    fn count(&mut self, decision: &Decision, date: BusinessDate) {
        let Some(policy) = &decision.policy else { return };
        for line in &decision.lines {
            self.usage.add(&policy.id, line, date, date);
        }
    }
}

/// An elder in the city's life.
#[derive(Clone, Debug)]
pub struct Citizen {
    /// As the office knows the elder.
    pub elder: Elder,
    /// Place of the usual canteen.
    pub home: usize,
    /// Comes on so many of a thousand workdays.
    pub attendance: u16,
    /// Whether the meal is brought to the door.
    pub delivered: bool,
    /// The day of death, whether or not the office has learned it.
    pub died: Option<BusinessDate>,
    /// Whether the office has learned it.
    pub known_dead: bool,
    /// What was used.
    pub tally: Tally,
}

/// A canteen in the city's life.
#[derive(Clone, Debug)]
pub struct Place {
    /// As the office knows the canteen.
    pub canteen: Canteen,
    /// What lunch costs.
    pub price: Fen,
    /// The line is broken up to and including this day.
    pub offline_until: Option<BusinessDate>,
    /// When the terminal last had an answer from the office.
    pub synced: UnixMs,
}

/// One sale.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that may happen to a sale, apart from the others")]
pub struct Visit {
    /// When.
    pub at: UnixMs,
    /// Place of the elder; nobody for a guest.
    pub elder: Option<usize>,
    /// Date, period, mode and price.
    pub meal: MealFacts,
    /// What the till was told of the elder.
    pub diner: Option<Diner>,
    /// How it was paid.
    pub tender: Tender,
    /// Whether the office was reached.
    pub online: bool,
    /// Whether the till knew of an earlier lunch that day.
    pub knew: bool,
    /// What was charged.
    pub decision: Decision,
    /// Taken back.
    pub voided: bool,
    /// Charged against the rules.
    pub forged: bool,
}

/// A canteen's day.
#[derive(Clone, Debug)]
pub struct CanteenDay {
    /// The date.
    pub date: BusinessDate,
    /// Whether the line held.
    pub online: bool,
    /// Whether the Z report counts wrongly.
    pub wrong_z: bool,
    /// Sales by time.
    pub visits: Vec<Visit>,
}

/// What a day is decided by.
pub struct Rules<'r> {
    /// The policy in force.
    pub policy: &'r Policy,
    /// The calendar in force.
    pub calendar: &'r WorkCalendar,
    /// How often things go wrong.
    pub rates: &'r Rates,
}

struct Planner<'a, 'r> {
    date: BusinessDate,
    lunch: MealPeriod,
    calendar_digest: domain::id::Digest,
    rules: &'a Rules<'r>,
    chance: Chance,
    places: &'a [Place],
    offline: Vec<usize>,
    days: Vec<CanteenDay>,
}

/// Plans a day on which canteens are open, and counts what it uses.
#[must_use]
pub fn plan(
    seed: u64,
    date: BusinessDate,
    rules: &Rules<'_>,
    citizens: &mut [Citizen],
    places: &mut [Place],
) -> Vec<CanteenDay> {
    let (year, month, day) = date.ymd();
    let of_day = (i64::from(year) * 16 + i64::from(month)) * 32 + i64::from(day);
    let mut chance = Chance::new(seed ^ of_day.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
    lines(&mut chance, date, places, rules.rates);
    let online = |place: &Place| place.offline_until.is_none();
    let offline = (0..places.len()).filter(|place| !online(&places[*place])).collect();
    let of_canteen = |place: &Place| CanteenDay {
        date,
        online: online(place),
        wrong_z: happens(&mut chance, rules.rates.wrong_z),
        visits: Vec::new(),
    };
    let days = places.iter().map(of_canteen).collect();
    let lunch = "lunch".parse().unwrap_or_else(|e| unreachable!("a period: {e}"));
    let calendar_digest = rules.calendar.digest();
    let mut planner = Planner { date, lunch, calendar_digest, rules, chance, places, offline, days };
    for (number, citizen) in citizens.iter_mut().enumerate() {
        planner.citizen(number, citizen);
    }
    planner.guests();
    let mut days = planner.days;
    for day in &mut days {
        day.visits.sort_by_key(|visit| (visit.at, visit.elder));
    }
    days
}

/// Lines break and mend; tills that are online ask the office in the morning.
fn lines(chance: &mut Chance, date: BusinessDate, places: &mut [Place], rates: &Rates) {
    for place in places {
        place.offline_until = place.offline_until.filter(|until| *until >= date);
        if place.offline_until.is_none() && happens(chance, rates.offline) {
            place.offline_until = Some(date.plus_days(i64::from(chance.below(4))));
        }
        if place.offline_until.is_none() {
            place.synced = date.at_minute(10 * 60);
        }
    }
}

impl Planner<'_, '_> {
    fn citizen(&mut self, number: usize, citizen: &mut Citizen) {
        let weekday: u32 = if self.date.weekday() == 5 { 60 } else { 100 };
        let comes = u32::from(self.chance.below(1_000)) < u32::from(citizen.attendance) * weekday / 100;
        let dead = citizen.died.is_some_and(|day| day < self.date);
        if !comes || citizen.known_dead || (dead && !self.chance.percent(40)) {
            return;
        }
        citizen.tally.roll(self.date);
        let away = self.chance.below(100) < 2 && self.places.len() > 1;
        let canteen = if away { self.elsewhere(citizen.home) } else { citizen.home };
        let at = self.time();
        let wrong = happens(&mut self.chance, self.rules.rates.void);
        let visit = self.visit(number, citizen, canteen, at, true);
        if wrong {
            let again = self.chance.percent(50);
            self.days[canteen].visits.push(Visit { voided: true, ..visit });
            if again {
                let visit = self.visit(number, citizen, canteen, at.plus(AGAIN_MS), true);
                citizen.tally.count(&visit.decision, self.date);
                self.days[canteen].visits.push(visit);
            }
            return;
        }
        let visit = self.perhaps_forged(visit);
        citizen.tally.count(&visit.decision, self.date);
        self.days[canteen].visits.push(visit);
        if happens(&mut self.chance, self.rules.rates.second_lunch) && self.places.len() > 1 {
            self.second_lunch(number, citizen, canteen, at.plus(SECOND_LUNCH_MS));
        }
    }

    /// A second lunch in another canteen: where one of the two lines is broken, the second till does not know.
    fn second_lunch(&mut self, number: usize, citizen: &mut Citizen, first: usize, at: UnixMs) {
        let broken: Vec<usize> = self.offline.iter().copied().filter(|place| *place != first).collect();
        let other = self.chance.pick(&broken).copied().unwrap_or_else(|| self.elsewhere(first));
        let knows = self.days[first].online && self.days[other].online;
        let visit = self.visit(number, citizen, other, at, knows);
        citizen.tally.count(&visit.decision, self.date);
        self.days[other].visits.push(Visit { knew: knows, ..visit });
    }

    fn elsewhere(&mut self, home: usize) -> usize {
        let others = u16::try_from(self.places.len() - 1).unwrap_or(u16::MAX);
        let other = usize::from(self.chance.below(others));
        if other >= home { other + 1 } else { other }
    }

    /// More come at noon than at the edges.
    fn time(&mut self) -> UnixMs {
        let half = SPAN_MINUTES / 2;
        let minute = FIRST_MINUTE + self.chance.below(half) + self.chance.below(half);
        self.date.at_minute(minute).plus(i64::from(self.chance.below(60_000)))
    }

    fn visit(&mut self, number: usize, citizen: &Citizen, canteen: usize, at: UnixMs, knows: bool) -> Visit {
        let place = &self.places[canteen];
        let online = place.offline_until.is_none();
        let mode = match citizen.delivered && canteen == citizen.home {
            true => Mode::Delivery,
            false if self.chance.percent(12) => Mode::Pickup,
            false => Mode::DineIn,
        };
        let meal = MealFacts { date: self.date, period: self.lunch.clone(), mode, price: place.price };
        let diner = Diner {
            elder: citizen.elder.id,
            credential: if self.chance.percent(93) { Credential::Card } else { Credential::ResidentId },
            facts: citizen.elder.on(self.date, place.synced),
            canteen: place.canteen.on(self.date, place.synced),
            used: if knows { citizen.tally.usage.clone() } else { citizen.tally.before.clone() },
            roster: place.synced,
            usage: if online { at } else { place.synced },
            calendar: self.calendar_digest,
            approved_by: None,
        };
        let outcome = decide(self.rules.policy, self.rules.calendar, &diner.facts, &diner.canteen, &meal, &diner.used);
        let decision = outcome.decision;
        let tender = self.tender(&decision);
        let (elder, diner) = (Some(number), Some(diner));
        Visit { at, elder, meal, diner, tender, online, knew: false, decision, voided: false, forged: false }
    }

    fn tender(&mut self, decision: &Decision) -> Tender {
        if decision.to_pay().is_zero() {
            Tender::Free
        } else if self.chance.percent(62) {
            Tender::Cash
        } else {
            Tender::QrPayment
        }
    }

    fn perhaps_forged(&mut self, mut visit: Visit) -> Visit {
        if !happens(&mut self.chance, self.rules.rates.forged) || visit.decision.own_payment <= FORGED {
            return visit;
        }
        let lowers = |line: &&mut Line| line.kind == Kind::Diner;
        if let Some(line) = visit.decision.lines.iter_mut().find(lowers)
            && let Some(share) = line.shares.first_mut()
        {
            line.amount += FORGED;
            share.amount += FORGED;
            visit.decision.own_payment -= FORGED;
            visit.forged = true;
        }
        visit
    }

    /// Two of a hundred sales are guests at full price.
    fn guests(&mut self) {
        for canteen in 0..self.days.len() {
            let regulars = self.days[canteen].visits.len();
            for _ in 0..regulars / 50 {
                let (at, place) = (self.time(), &self.places[canteen]);
                let decision = Decision::full_price(place.price);
                let meal =
                    MealFacts { date: self.date, period: self.lunch.clone(), mode: Mode::DineIn, price: place.price };
                let online = place.offline_until.is_none();
                let tender = self.tender(&decision);
                let visit = Visit {
                    at,
                    elder: None,
                    meal,
                    diner: None,
                    tender,
                    online,
                    knew: false,
                    decision,
                    voided: false,
                    forged: false,
                };
                self.days[canteen].visits.push(visit);
            }
        }
    }
}
