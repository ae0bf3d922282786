//! The canteen's setup as the till reads it: policies parsed, facts at hand, meal windows looked up.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs, WorkCalendar};
use domain::canteen::{Canteen, CanteenFacts};
use domain::id::{CashierId, Digest};
use domain::money::Fen;
use domain::policy::model::MealWindow;
use domain::policy::{AnnounceError, Policy, PolicyErrors, PolicySet};
use domain::sync::{Cashier, Setup};

/// A meal is sold this many minutes before and after its window too, so that the last in the queue are served. Later
/// than that the office's reconciliation would ask.
pub const WINDOW_TOLERANCE_MINUTES: u16 = 15;
const DAY_MINUTES: u16 = 1440;
const CUTOFF_MINUTE: u16 = 240;

/// Why a setup is not taken over; the one before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not a setup.
    #[error("not a setup: {0}")]
    Malformed(String),
    /// A policy cannot be read.
    #[error("a policy cannot be read: {0}")]
    Policy(#[from] PolicyErrors),
    /// The policies do not go together.
    #[error("the policies do not go together: {0}")]
    Announce(#[from] AnnounceError),
}

/// A setup in force.
#[derive(Clone, Debug)]
pub struct Rules {
    /// As the office sent it.
    pub setup: Setup,
    /// Its version.
    pub digest: Digest,
    policies: PolicySet,
    canteen: Canteen,
}

/// Which meal is served at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serving {
    /// This one.
    Open(MealWindow),
    /// None: its window is closed.
    Closed {
        /// The one whose window is nearest; guests may have it.
        nearest: MealWindow,
        /// The next one of the day, or else the first of the next day.
        next: MealWindow,
        /// Whether `next` is the next day's.
        tomorrow: bool,
    },
}

impl Serving {
    /// The meal that is sold now, if only to guests.
    #[must_use]
    pub const fn window(&self) -> &MealWindow {
        match self {
            Self::Open(window) => window,
            Self::Closed { nearest, .. } => nearest,
        }
    }
}

impl Rules {
    /// Takes a setup over, if all its policies can be read.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let mut policies = PolicySet::new();
        for (index, source) in setup.policies.iter().enumerate() {
            policies.restore(Policy::parse(&format!("policy {}", index + 1), source)?)?;
        }
        let canteen = Canteen { id: setup.canteen, region: setup.region.clone(), facts: setup.facts.clone() };
        let digest = setup.digest();
        Ok(Self { setup, digest, policies, canteen })
    }

    /// Reads a setup's JSON.
    pub fn parse(json: &[u8]) -> Result<Self, SetupError> {
        Self::new(serde_json::from_slice(json).map_err(|error| SetupError::Malformed(error.to_string()))?)
    }

    /// The policy that covers the canteen on a date.
    #[must_use]
    pub fn policy(&self, date: BusinessDate) -> Option<&Policy> {
        self.policies.covering(&self.setup.region, date)
    }

    /// The canteen's facts in force on a date. All that the terminal holds is known to it.
    #[must_use]
    pub fn canteen_on(&self, date: BusinessDate) -> CanteenFacts {
        self.canteen.on(date, UnixMs::new(i64::MAX))
    }

    /// The statutory calendar.
    #[must_use]
    pub const fn calendar(&self) -> &WorkCalendar {
        &self.setup.calendar
    }

    /// The price on the list. A price of nothing is none.
    #[must_use]
    pub fn price(&self, date: BusinessDate, period: &MealPeriod) -> Option<Fen> {
        self.setup.price(date, period).filter(|price| *price > Fen::ZERO)
    }

    /// The cashier of that id.
    #[must_use]
    pub fn cashier(&self, id: CashierId) -> Option<&Cashier> {
        self.setup.cashiers.iter().find(|cashier| cashier.id == id)
    }

    /// Whether a meal's window has begun at an instant of its business date.
    #[must_use]
    pub fn has_begun(&self, period: &MealPeriod, at: UnixMs) -> bool {
        let policy = self.policy(at.business_date());
        let windows = policy.map(Policy::meals).filter(|windows| !windows.is_empty());
        let windows = windows.map_or_else(by_custom, <[MealWindow]>::to_vec);
        let minute = business_minute(at.local_minute());
        windows.iter().any(|window| window.period == *period && business_minute(window.start) <= minute)
    }

    /// Which meal is served at an instant.
    #[must_use]
    pub fn serving(&self, at: UnixMs) -> Serving {
        let policy = self.policy(at.business_date());
        let windows = policy.map(Policy::meals).filter(|windows| !windows.is_empty());
        windows.map_or_else(|| serving(&by_custom(), at), |windows| serving(windows, at))
    }
}

/// Where no policy says when meals are, every hour belongs to one: nobody is refused for the time of day.
fn by_custom() -> Vec<MealWindow> {
    let named =
        |name: &str, start, end| name.parse::<MealPeriod>().ok().map(|period| MealWindow { period, start, end });
    [
        named("breakfast", CUTOFF_MINUTE, 600),
        named("lunch", 600, 900),
        named("dinner", 900, DAY_MINUTES + CUTOFF_MINUTE),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Minutes of the business day: the hours after midnight follow those before.
const fn business_minute(minute: u16) -> u16 {
    if minute < CUTOFF_MINUTE { minute + DAY_MINUTES } else { minute }
}

fn serving(windows: &[MealWindow], at: UnixMs) -> Serving {
    let minute = business_minute(at.local_minute());
    let span = |window: &MealWindow| {
        let start = business_minute(window.start);
        (start, start + (window.end.saturating_sub(window.start)))
    };
    let distance = |window: &MealWindow| {
        let (start, end) = span(window);
        start.saturating_sub(minute).max((minute + 1).saturating_sub(end))
    };
    let mut sorted: Vec<&MealWindow> = windows.iter().collect();
    sorted.sort_by_key(|window| span(window));
    let Some(nearest) = sorted.iter().copied().min_by_key(|window| distance(window)) else {
        return serving(&by_custom(), at);
    };
    if distance(nearest) <= WINDOW_TOLERANCE_MINUTES {
        return Serving::Open(nearest.clone());
    }
    let later = sorted.iter().copied().find(|window| span(window).0 > minute);
    let next = later.or_else(|| sorted.first().copied()).unwrap_or(nearest);
    Serving::Closed { nearest: nearest.clone(), next: next.clone(), tomorrow: later.is_none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(time: &str) -> UnixMs {
        let (hour, minute) = time.split_once(':').unwrap();
        let minute: u16 = hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap();
        "2026-03-18".parse::<BusinessDate>().unwrap().at_minute(minute)
    }

    fn windows() -> Vec<MealWindow> {
        let window = |name: &str, start, end| MealWindow { period: name.parse().unwrap(), start, end };
        vec![window("lunch", 630, 780), window("dinner", 990, 1110)]
    }

    fn words(time: &str) -> String {
        match serving(&windows(), at(time)) {
            Serving::Open(window) => format!("{} open", window.period),
            Serving::Closed { nearest, next, tomorrow } => {
                format!("near {}, next {}{}", nearest.period, next.period, if tomorrow { " tomorrow" } else { "" })
            }
        }
    }

    #[test]
    fn a_window_is_open_a_quarter_of_an_hour_longer_on_both_sides() {
        assert_eq!(words("10:14"), "near lunch, next lunch");
        assert_eq!(words("10:15"), "lunch open");
        assert_eq!(words("12:59"), "lunch open");
        assert_eq!(words("13:14"), "lunch open");
        assert_eq!(words("13:15"), "near lunch, next dinner");
        assert_eq!(words("16:00"), "near dinner, next dinner");
        assert_eq!(words("17:00"), "dinner open");
        assert_eq!(words("21:00"), "near dinner, next lunch tomorrow");
        assert_eq!(words("02:00"), "near dinner, next lunch tomorrow");
    }

    #[test]
    fn without_a_policy_every_minute_belongs_to_a_meal() {
        for minute in 0..1440 {
            let at = "2026-03-18".parse::<BusinessDate>().unwrap().at_minute(minute);
            assert!(matches!(serving(&by_custom(), at), Serving::Open(_)), "{minute}");
        }
        let period = |time| serving(&by_custom(), at(time)).window().period.to_string();
        assert_eq!(
            [period("07:00"), period("11:30"), period("17:30"), period("01:00")],
            ["breakfast", "lunch", "dinner", "dinner"]
        );
    }

    proptest! {
        #[test]
        fn reading_a_setup_never_panics(json in "\\PC*|\\{\"canteen\":\"[0-9a-f-]{36}\",\"name\":\"\",\"region\":\"[0-9]{0,12}\"\\}") {
            prop_assert!(Rules::parse(json.as_bytes()).is_err());
        }
    }
}
