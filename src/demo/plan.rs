//! What happens in the demo, from the set-up in February to the first days of April 2026, decided before anything
//! runs: who comes to which till when, what goes wrong, and what the office learns on which day.
//!
//! Pure and seeded: no clock and no server has a part in it, so that a test can compute what ought to be paid from
//! the plan's own list of sales.

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::{Credential, Tender};

use super::chance::Chance;
use super::elders::{DEAD, ELDERS, SECOND, TWICE};
use super::world::{CANTEENS, LIANHUA, NANSHAN, ZHENGGUO, date, yuan};

/// The month that is settled.
pub const MONTH: &str = "2026-03";
/// The day on which the office drafts it.
pub const DRAFT_DAY: &str = "2026-04-02";
/// The last day that is played; the month after is drafted in May.
pub const LAST_DAY: &str = "2026-04-03";
/// Nanshan's line to the office is cut from this morning until the next one.
pub const CUT_OFF_DAY: &str = "2026-03-12";
/// Zhengguo's line is cut from this morning until the month is drafted.
pub const LATE_DAY: &str = "2026-03-31";
/// On this day an elder comes back for a second lunch.
pub const SECOND_DAY: &str = "2026-03-25";

const SEED: u64 = 0x0020_2603;
/// Till hours of lunch and dinner, minutes after midnight; serving keeps clear of both ends.
const LUNCH: (u16, u16) = (10 * 60 + 20, 13 * 60 + 40);
const DINNER: (u16, u16) = (16 * 60 + 40, 18 * 60 + 40);

/// One sale at a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// When the card is scanned.
    pub at: UnixMs,
    /// Business date.
    pub day: BusinessDate,
    /// Place of the canteen.
    pub canteen: usize,
    /// Place of the elder; nobody for a guest at full price.
    pub elder: Option<usize>,
    /// How the elder is recognised.
    pub credential: Credential,
    /// `lunch` or `dinner`.
    pub period: &'static str,
    /// How the meal reaches the elder.
    pub mode: Mode,
    /// How it is paid, where something is to pay.
    pub tender: Tender,
    /// Why it is reversed a minute later, if it is.
    pub voided: Option<&'static str>,
    /// The till knows that the elder has eaten: it asks, and nothing is sold.
    pub turned_away: bool,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The office announces the demo's second version of the Shenzhen policy.
    AnnounceVersion,
    /// The office learns a fact: places of the elder and of the fact.
    ElderFact {
        /// Place of the elder.
        elder: usize,
        /// Place of the fact among the elder's.
        fact: usize,
    },
    /// The office learns a canteen's grade: places of the canteen and of the grade.
    Grade {
        /// Place of the canteen.
        canteen: usize,
        /// Place of the grade among the canteen's.
        grade: usize,
    },
    /// A cashier signs in and opens a shift.
    Open {
        /// Place of the canteen.
        canteen: usize,
        /// Place of the cashier among the canteen's.
        cashier: usize,
        /// Cash in the drawer.
        float: Fen,
    },
    /// A sale, by its place in [`Plan::sales`].
    Sell(usize),
    /// The cashier counts the drawer, closes the shift and signs out.
    Close {
        /// Place of the canteen.
        canteen: usize,
    },
    /// The terminal sends what it has and fetches what is new.
    Sync {
        /// Place of the canteen.
        canteen: usize,
    },
    /// The line between a terminal and the office goes down or comes back.
    Line {
        /// Place of the canteen.
        canteen: usize,
        /// Whether it is up from now on.
        up: bool,
    },
    /// Four in the morning has passed: terminals end their day, the office closes days.
    Night,
    /// The office drafts a month of both regions.
    Draft(&'static str),
    /// The office leaves a canteen's day out of the month, since its records have not come; they follow later.
    LeaveOut {
        /// Place of the canteen.
        canteen: usize,
        /// The day.
        day: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The maker submits it.
    Submit(&'static str),
    /// The checker approves it.
    Approve(&'static str),
    /// The maker puts its lists up for a week.
    Disclose(&'static str),
}

/// Everything that happens, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Steps with their instants, none before the one in front of it.
    pub steps: Vec<(UnixMs, Step)>,
    /// The sales that steps name.
    pub sales: Vec<Sale>,
}

impl Plan {
    /// The demo's plan; the same every time.
    #[must_use]
    pub fn new() -> Self {
        let mut maker = Maker { chance: Chance::new(SEED), steps: Vec::new(), sales: Vec::new() };
        maker.office();
        let (first, last) = (date("2026-03-01"), date(LAST_DAY));
        for day in first.through(last) {
            for canteen in 0..CANTEENS.len() {
                maker.day(canteen, day);
            }
            maker.step(day.plus_days(1).at_minute(4 * 60 + 5), Step::Night);
        }
        // Stable: what is entered first comes first at the same instant.
        maker.steps.sort_by_key(|(at, _)| *at);
        Self { steps: maker.steps, sales: maker.sales }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

struct Maker {
    chance: Chance,
    steps: Vec<(UnixMs, Step)>,
    sales: Vec<Sale>,
}

impl Maker {
    fn step(&mut self, at: UnixMs, step: Step) {
        self.steps.push((at, step));
    }

    /// What the office does and learns, and the lines that fail.
    fn office(&mut self) {
        let at = |day: &str, hour: u16| date(day).at_minute(hour * 60);
        self.step(at("2026-03-05", 10), Step::AnnounceVersion);
        for (elder, person) in ELDERS.iter().enumerate() {
            for (fact, known) in person.facts.iter().enumerate().filter(|(_, f)| f.known != super::world::SET_UP) {
                self.step(known.known_at(), Step::ElderFact { elder, fact });
            }
        }
        for (canteen, place) in CANTEENS.iter().enumerate() {
            for (grade, (_, known, _)) in place.grades.iter().enumerate().filter(|(_, g)| g.1 != super::world::SET_UP) {
                self.step(known.at(), Step::Grade { canteen, grade });
            }
        }
        for (canteen, from, until) in
            [(NANSHAN, at(CUT_OFF_DAY, 8), at("2026-03-13", 9)), (ZHENGGUO, at(LATE_DAY, 8), at(DRAFT_DAY, 11))]
        {
            self.step(from, Step::Line { canteen, up: false });
            self.step(until, Step::Line { canteen, up: true });
            self.step(until, Step::Sync { canteen });
        }
        self.step(at(DRAFT_DAY, 9), Step::Draft(MONTH));
        let reason = "线路中断，31日记录未到，随下月补结";
        self.step(at(DRAFT_DAY, 10), Step::LeaveOut { canteen: ZHENGGUO, day: LATE_DAY, reason });
        self.step(at(DRAFT_DAY, 10), Step::Draft(MONTH));
        self.step(at(DRAFT_DAY, 15), Step::Submit(MONTH));
        self.step(at(LAST_DAY, 9), Step::Approve(MONTH));
        self.step(at(LAST_DAY, 10), Step::Disclose(MONTH));
        // Nobody eats in the rest of April: one night at its end ends all its days.
        self.step(date("2026-05-01").at_minute(4 * 60 + 5), Step::Night);
        for canteen in 0..CANTEENS.len() {
            self.step(date("2026-05-01").at_minute(4 * 60 + 10), Step::Sync { canteen });
        }
        self.step(at("2026-05-06", 10), Step::Draft("2026-04"));
    }

    /// One canteen's day.
    fn day(&mut self, canteen: usize, day: BusinessDate) {
        if !CANTEENS[canteen].opens(day) {
            return;
        }
        let lunch = self.lunch(canteen, day);
        self.shift(canteen, day, LUNCH, lunch);
        if canteen == ZHENGGUO && day.weekday() < 5 {
            let dinner = self.dinner(day);
            self.shift(canteen, day, DINNER, dinner);
        }
    }

    fn shift(&mut self, canteen: usize, day: BusinessDate, (opens, closes): (u16, u16), sales: Vec<Sale>) {
        let cashier = usize::from(self.chance.percent(40));
        self.step(day.at_minute(opens - 5), Step::Sync { canteen });
        self.step(day.at_minute(opens), Step::Open { canteen, cashier, float: yuan("200.00") });
        for sale in sales {
            self.steps.push((sale.at, Step::Sell(self.sales.len())));
            self.sales.push(sale);
        }
        self.step(day.at_minute(closes), Step::Close { canteen });
        self.step(day.at_minute(closes + 2), Step::Sync { canteen });
    }

    /// Who comes to lunch, in the order of coming.
    fn lunch(&mut self, canteen: usize, day: BusinessDate) -> Vec<Sale> {
        let mut comers: Vec<Option<usize>> = Vec::new();
        for (place, elder) in ELDERS.iter().enumerate() {
            let coming = self.chance.percent(elder.comes);
            if coming && where_to(place, day) == Some(canteen) {
                comers.push(Some(place));
            }
        }
        comers.extend((0..self.chance.below(3)).map(|_| None));
        let hours = if canteen == ZHENGGUO { (11 * 60 + 2, 12 * 60 + 40) } else { (10 * 60 + 40, 13 * 60 + 5) };
        let mut times = self.times(comers.len(), hours);
        // The order of the table is not the order of the queue.
        for index in (1..comers.len()).rev() {
            let other = self.chance.below(u16::try_from(index + 1).unwrap_or(u16::MAX));
            comers.swap(index, usize::from(other));
        }
        let mut sales = Vec::new();
        for (elder, second) in comers.into_iter().zip(times.drain(..)) {
            let sale = self.sale(canteen, day, elder, second);
            self.with_mishap(&mut sales, sale);
        }
        self.scripted(canteen, day, &mut sales);
        sales.sort_by_key(|s| s.at);
        sales
    }

    /// Different seconds of the day in order, at least forty apart.
    fn times(&mut self, count: usize, (from, until): (u16, u16)) -> Vec<i64> {
        let mut minutes: Vec<u16> = (0..count).map(|_| from + self.chance.below(until - from)).collect();
        minutes.sort_unstable();
        let mut last = 0;
        let mut seconds = Vec::new();
        for minute in minutes {
            last = (i64::from(minute) * 60 + i64::from(self.chance.below(60))).max(last + 40);
            seconds.push(last);
        }
        seconds
    }

    fn sale(&mut self, canteen: usize, day: BusinessDate, elder: Option<usize>, second: i64) -> Sale {
        let delivered = elder.is_some_and(|place| ELDERS[place].delivered);
        let mode = match self.chance.below(100) {
            _ if delivered => Mode::Delivery,
            0..15 => Mode::Pickup,
            _ => Mode::DineIn,
        };
        // A typed number is known in the elder's own canteen, once the elder has been there a week.
        let own = elder.is_some_and(|place| ELDERS[place].canteen == canteen) && day >= date("2026-03-09");
        let typed = self.chance.percent(6) && own;
        let tender = if self.chance.percent(35) { Tender::QrPayment } else { Tender::Cash };
        Sale {
            at: day.at_minute(0).plus(second * 1000),
            day,
            canteen,
            elder,
            credential: if typed { Credential::ResidentId } else { Credential::Card },
            period: "lunch",
            mode,
            tender,
            voided: None,
            turned_away: false,
        }
    }

    /// One sale in a hundred is rung up wrongly, reversed and rung up again.
    fn with_mishap(&mut self, sales: &mut Vec<Sale>, sale: Sale) {
        if self.chance.percent(1) {
            let mut again = sale.clone();
            again.at = sale.at.plus(20_000);
            let (wrong, reason) = match sale.mode {
                Mode::DineIn => (Mode::Pickup, "取餐方式选错"),
                Mode::Pickup | Mode::Delivery => (Mode::DineIn, "取餐方式选错"),
            };
            sales.push(Sale { mode: wrong, voided: Some(reason), ..sale });
            sales.push(again);
        } else {
            sales.push(sale);
        }
    }

    /// What is told in the demo's report.
    fn scripted(&mut self, canteen: usize, day: BusinessDate, sales: &mut Vec<Sale>) {
        let mut add = |maker: &mut Self, elder, minute: i64, second: i64, turned_away| {
            let mut sale = maker.sale(canteen, day, Some(elder), minute * 60 + second);
            (sale.credential, sale.mode, sale.turned_away) = (Credential::Card, Mode::DineIn, turned_away);
            sales.push(sale);
        };
        // Somebody goes on using a dead elder's card.
        let died = date("2026-03-10");
        if canteen == LIANHUA && (day == died.plus_days(1) || day == died.plus_days(2)) {
            add(self, DEAD, 11 * 60 + 9, 33, false);
        }
        // Lunch at Lianhua, and again at Nanshan, whose till cannot know.
        if day == date(CUT_OFF_DAY) {
            match canteen {
                LIANHUA => add(self, TWICE, 10 * 60 + 44, 11, false),
                NANSHAN => add(self, TWICE, 12 * 60 + 51, 5, false),
                _ => {}
            }
        }
        if canteen == LIANHUA && day == date(SECOND_DAY) {
            add(self, SECOND, 10 * 60 + 47, 20, false);
            add(self, SECOND, 13 * 60 + 12, 48, true);
        }
    }

    /// A few come again for dinner, which Zhengguo subsidises too.
    fn dinner(&mut self, day: BusinessDate) -> Vec<Sale> {
        let mut comers: Vec<Option<usize>> = Vec::new();
        for (place, elder) in ELDERS.iter().enumerate().filter(|(_, e)| e.canteen == ZHENGGUO && !e.delivered) {
            if self.chance.percent(elder.comes / 3) {
                comers.push(Some(place));
            }
        }
        comers.extend((0..self.chance.below(2)).map(|_| None));
        let times = self.times(comers.len(), (17 * 60 + 2, 18 * 60 + 10));
        let sales = comers.into_iter().zip(times).map(|(elder, second)| self.sale(ZHENGGUO, day, elder, second));
        sales.map(|sale| Sale { period: "dinner", ..sale }).collect()
    }
}

/// The canteen an elder goes to that day. Most go to their own; the two of Shenzhen are a train ride apart.
fn where_to(place: usize, day: BusinessDate) -> Option<usize> {
    let elder = &ELDERS[place];
    let elsewhere = Chance::new(SEED ^ (place as u64) << 32 ^ day.start().get().unsigned_abs()).percent(5);
    let scripted = place == DEAD && day >= date("2026-03-10")
        || place == TWICE && day == date(CUT_OFF_DAY)
        || place == SECOND && day == date(SECOND_DAY);
    match elder.canteen {
        _ if scripted => None,
        LIANHUA if elsewhere && !elder.delivered => Some(NANSHAN),
        NANSHAN if elsewhere && !elder.delivered => Some(LIANHUA),
        own => Some(own),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_the_same_every_time_and_in_order() {
        let plan = Plan::new();
        assert_eq!(plan, Plan::new());
        assert!(plan.steps.is_sorted_by_key(|(at, _)| *at));
        let sold: Vec<usize> =
            plan.steps.iter().filter_map(|(_, s)| if let Step::Sell(n) = s { Some(*n) } else { None }).collect();
        assert_eq!(sold.iter().collect::<BTreeSet<_>>().len(), plan.sales.len(), "each sale once");
        assert!((800..1_200).contains(&plan.sales.len()), "{}", plan.sales.len());
    }

    #[test]
    fn sales_lie_inside_their_shift_and_apart_from_each_other() {
        let plan = Plan::new();
        for canteen in 0..CANTEENS.len() {
            let (mut open, mut last) = (false, UnixMs::new(0));
            for (at, step) in &plan.steps {
                match step {
                    Step::Open { canteen: c, .. } if *c == canteen => open = true,
                    Step::Close { canteen: c } if *c == canteen => open = false,
                    Step::Sell(n) if plan.sales[*n].canteen == canteen => {
                        assert!(open, "{:?}", plan.sales[*n]);
                        assert!(at.get() - last.get() >= 15_000, "{:?}", plan.sales[*n]);
                        last = *at;
                    }
                    _ => {}
                }
            }
            assert!(!open);
        }
    }

    #[test]
    fn the_story_is_in_it() {
        let sales = Plan::new().sales;
        let of = |elder: usize, day: &str| {
            let day = date(day);
            sales.iter().filter(|s| s.elder == Some(elder) && s.day == day && s.period == "lunch").collect::<Vec<_>>()
        };
        assert_eq!(of(DEAD, "2026-03-11").len() + of(DEAD, "2026-03-12").len(), 2);
        assert!(sales.iter().all(|s| s.elder != Some(DEAD) || s.day <= date("2026-03-12")));
        let twice: Vec<usize> = of(TWICE, CUT_OFF_DAY).iter().map(|s| s.canteen).collect();
        assert_eq!(twice, [LIANHUA, NANSHAN]);
        assert_eq!(of(SECOND, SECOND_DAY).iter().filter(|s| s.turned_away).count(), 1);
        assert!(sales.iter().filter(|s| s.voided.is_some()).count() >= 5);
        assert!(sales.iter().any(|s| s.elder.is_none()) && sales.iter().any(|s| s.period == "dinner"));
        assert!(sales.iter().any(|s| s.credential == Credential::ResidentId));
        assert!(sales.iter().any(|s| s.mode == Mode::Delivery));
    }

    #[test]
    fn nobody_else_has_two_lunches() {
        let sales = Plan::new().sales;
        let mut seen = BTreeSet::new();
        let standing = sales.iter().filter(|s| s.voided.is_none() && !s.turned_away && s.period == "lunch");
        let twice: Vec<usize> = standing.filter_map(|s| s.elder.filter(|e| !seen.insert((*e, s.day)))).collect();
        assert_eq!(twice, [TWICE]);
    }
}
