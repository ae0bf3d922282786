//! What a canteen's food-safety standing does to its money.

use serde::{Deserialize, Serialize};

use crate::calendar::BusinessDate;
use crate::canteen::{Filing, Licence, Standing, UNRATED};
use crate::decision::Kind;
use crate::money::Rate;

/// A gate: while the standing meets every condition, the effect acts on the named kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// When it acts.
    pub when: Standings,
    /// What it does.
    pub effect: Effect,
    /// To which kinds, in the order of [`Kind`].
    pub kinds: Vec<Kind>,
    /// First business date, if it has its own.
    pub from: Option<BusinessDate>,
    /// Last business date, inclusive, if it has its own.
    pub until: Option<BusinessDate>,
}

impl Gate {
    /// Whether the gate acts on a meal of that date in a canteen of that standing.
    #[must_use]
    pub fn acts(&self, standing: &Standing, date: BusinessDate) -> bool {
        let begun = self.from.is_none_or(|from| from <= date);
        let over = self.until.is_some_and(|until| until < date);
        begun && !over && self.when.matches(standing)
    }
}

/// What a gate does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The named kinds are not given at the till.
    NoSubsidy,
    /// The elder gets the subsidy; the canteen's money waits until it is released (暂缓拨付).
    Hold,
    /// The canteen is paid that much less of the named kinds.
    Reduce(Rate),
}

/// Conditions on a standing, all of which must hold; a list that is empty asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    /// Quantified grades: `A`, `B`, `C`, `unrated`.
    pub quality_grade: Vec<String>,
    /// Risk levels: `A` to `D`, `unrated`.
    pub risk_level: Vec<String>,
    /// States of the licence.
    pub licence: Vec<Licence>,
    /// States of the filing.
    pub filing: Vec<Filing>,
    /// Whether there is an open kitchen; a canteen of which nothing is known meets neither.
    pub sunshine_kitchen: Option<bool>,
    /// Fewer stars than this; a canteen without stars is not below any.
    pub star_below: Option<u8>,
}

/// The quantified grades, best first.
pub const QUALITY_GRADES: [&str; 4] = ["A", "B", "C", UNRATED];
/// The risk levels, best first.
pub const RISK_LEVELS: [&str; 5] = ["A", "B", "C", "D", UNRATED];

impl Standings {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the standing meets every condition.
    #[must_use]
    pub fn matches(&self, standing: &Standing) -> bool {
        let one_of = |wanted: &[String], grade: &str| {
            let grade = if grade.is_empty() { UNRATED } else { grade };
            wanted.is_empty() || wanted.iter().any(|w| w == grade)
        };
        one_of(&self.quality_grade, &standing.quality_grade)
            && one_of(&self.risk_level, &standing.risk_level)
            && (self.licence.is_empty() || self.licence.contains(&standing.licence))
            && (self.filing.is_empty() || self.filing.contains(&standing.filing))
            && self.sunshine_kitchen.is_none_or(|wanted| standing.sunshine_kitchen == Some(wanted))
            && self.star_below.is_none_or(|bound| standing.stars.is_some_and(|stars| stars < bound))
    }
}
