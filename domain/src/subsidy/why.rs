//! Why a benefit was not applied: the first condition that failed, with what it was held against.

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, MealPeriod};
use crate::decision::Mode;
use crate::elder::Category;
use crate::money::Fen;
use crate::policy::{AgeBand, CategoryTest, Days, PriceBand, Scope};
use crate::region::{Level, RegionCode};

/// The first reason, in the order of the policy file's normative text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case", deny_unknown_fields)]
pub enum Why {
    /// A gate of the canteen's standing withholds the kind.
    NoSubsidy {
        /// The gate's place in the file, from 0.
        gate: usize,
    },
    /// The age lies outside the band.
    Age {
        /// Completed years.
        age: u8,
        /// The band.
        band: AgeBand,
    },
    /// None of these categories is held.
    AnyOf {
        /// What would do.
        wanted: Vec<CategoryTest>,
    },
    /// One of the categories that must all be held is not.
    AllOf {
        /// The first one missing.
        missing: CategoryTest,
    },
    /// A category is held that excludes.
    NoneOf {
        /// The first one.
        held: Category,
    },
    /// Household registration is not inside these, or not known.
    Hukou {
        /// Where it is.
        hukou: Option<RegionCode>,
        /// Where it should be.
        inside: Vec<RegionCode>,
    },
    /// Household registration is inside one of these, or not known.
    HukouNot {
        /// Where it is.
        hukou: Option<RegionCode>,
        /// Where it should not be.
        outside: Vec<RegionCode>,
    },
    /// Usual residence is not inside these, or not known.
    Residence {
        /// Where it is.
        residence: Option<RegionCode>,
        /// Where it should be.
        inside: Vec<RegionCode>,
    },
    /// Usual residence is inside one of these, or not known.
    ResidenceNot {
        /// Where it is.
        residence: Option<RegionCode>,
        /// Where it should not be.
        outside: Vec<RegionCode>,
    },
    /// Household registration is not known to lie in the canteen's unit of that level.
    HukouSame {
        /// The level.
        level: Level,
    },
    /// Usual residence is not known to lie in the canteen's unit of that level.
    ResidenceSame {
        /// The level.
        level: Level,
    },
    /// The canteen lacks a tag.
    Tags {
        /// The first one missing.
        missing: String,
    },
    /// Not at this meal of the day.
    Period {
        /// The meal's.
        period: MealPeriod,
        /// The allowed.
        allowed: Vec<MealPeriod>,
    },
    /// Not in this way of eating.
    Mode {
        /// The meal's.
        mode: Mode,
        /// The allowed.
        allowed: Vec<Mode>,
    },
    /// Not on this day.
    Days {
        /// The meal's date.
        date: BusinessDate,
        /// The allowed days.
        allowed: Days,
    },
    /// A statutory holiday.
    Holiday {
        /// The meal's date.
        date: BusinessDate,
    },
    /// The statutory calendar says nothing of the year.
    CalendarMissing {
        /// The year.
        year: i16,
    },
    /// The list price lies outside the bounds.
    Price {
        /// The list price, fen.
        price: Fen,
        /// The bounds.
        band: PriceBand,
    },
    /// None of these benefits or groups was applied above.
    Requires {
        /// Their names.
        names: Vec<String>,
    },
    /// Applied often enough.
    Limit {
        /// In which span.
        span: Span,
        /// How often already.
        used: u32,
        /// How often at most.
        limit: u32,
        /// Whose applications were counted.
        scope: Scope,
        /// The benefit's only period, if it has one: the cashier then says which meal it was.
        period: Option<MealPeriod>,
    },
    /// Enough was given this month.
    LimitAmount {
        /// Already given this month, fen.
        used: Fen,
        /// At most, fen.
        limit: Fen,
        /// Whose applications were counted.
        scope: Scope,
    },
    /// Nothing was left to give.
    NothingLeft,
    /// Another benefit of the group gives at least as much.
    LowerThan {
        /// The benefit that applies.
        winner: String,
    },
}

impl Why {
    /// Whether a limit was reached.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        matches!(self, Self::Limit { .. } | Self::LimitAmount { .. })
    }

    /// Whether the canteen's standing withheld it.
    #[must_use]
    pub const fn is_gate(&self) -> bool {
        matches!(self, Self::NoSubsidy { .. })
    }

    /// Whether it is about who the elder is and where the elder lives.
    #[must_use]
    pub const fn is_about_elder(&self) -> bool {
        matches!(
            self,
            Self::Age { .. }
                | Self::AnyOf { .. }
                | Self::AllOf { .. }
                | Self::NoneOf { .. }
                | Self::Hukou { .. }
                | Self::HukouNot { .. }
                | Self::Residence { .. }
                | Self::ResidenceNot { .. }
                | Self::HukouSame { .. }
                | Self::ResidenceSame { .. }
        )
    }
}

/// The span a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// The business date.
    Day,
    /// Monday to Sunday.
    Week,
    /// The calendar month.
    Month,
}
