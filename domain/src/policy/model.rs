//! The policy as the rules read it: valid, with every name resolved.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::gate::Gate;
use super::registry::Registry;
use crate::calendar::{BusinessDate, MealPeriod};
use crate::decision::{Kind, Mode, Payer, PolicyRef};
use crate::elder::Category;
use crate::money::{Fen, Rate, Rounding};
use crate::region::{Level, RegionCode};

/// One version of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) reference: PolicyRef,
    pub(super) name: String,
    pub(super) semantics: u32,
    pub(super) regions: Vec<RegionCode>,
    pub(super) effective_from: BusinessDate,
    pub(super) effective_until: Option<BusinessDate>,
    pub(super) corrects: Option<u32>,
    pub(super) rounding: Rounding,
    pub(super) min_own_payment: Fen,
    pub(super) published: String,
    pub(super) meals: Vec<MealWindow>,
    pub(super) delivery_fee: Fen,
    pub(super) bearers: Bearers,
    pub(super) benefits: Vec<Benefit>,
    pub(super) slots: Vec<Range<usize>>,
    pub(super) gates: Vec<Gate>,
    pub(super) registry: Registry,
    pub(super) source: Arc<str>,
}

impl Policy {
    /// Id, version and content hash.
    #[must_use]
    pub const fn reference(&self) -> &PolicyRef {
        &self.reference
    }

    /// The id that is stable across versions.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.reference.id
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.reference.version
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which reading of the file decides; 1 is the only one so far.
    #[must_use]
    pub const fn semantics(&self) -> u32 {
        self.semantics
    }

    /// The regions it covers, at least one, in file order; funds belong to the first.
    #[must_use]
    pub fn regions(&self) -> &[RegionCode] {
        &self.regions
    }

    /// How closely it matches a canteen's region: the digits of its longest region that contains it, if one does.
    #[must_use]
    pub fn closeness(&self, region: &RegionCode) -> Option<usize> {
        self.regions.iter().filter(|r| r.contains(region)).map(|r| r.as_str().len()).max()
    }

    /// First business date.
    #[must_use]
    pub const fn effective_from(&self) -> BusinessDate {
        self.effective_from
    }

    /// Last business date, inclusive; nothing for an open end. The next version may end it earlier.
    #[must_use]
    pub const fn effective_until(&self) -> Option<BusinessDate> {
        self.effective_until
    }

    /// The version it corrects, for a version that starts in the past.
    #[must_use]
    pub const fn corrects(&self) -> Option<u32> {
        self.corrects
    }

    /// How percentages are brought to a fen.
    #[must_use]
    pub const fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// What the elder pays at least, fen.
    #[must_use]
    pub const fn min_own_payment(&self) -> Fen {
        self.min_own_payment
    }

    /// Where the rule was published; empty when the file does not say.
    #[must_use]
    pub fn published(&self) -> &str {
        &self.published
    }

    /// Meal windows, earliest first; they do not overlap.
    #[must_use]
    pub fn meals(&self) -> &[MealWindow] {
        &self.meals
    }

    /// The meal window that a minute after local midnight (0..1440) lies in.
    #[must_use]
    pub fn meal_at(&self, minute: u16) -> Option<&MealWindow> {
        self.meals.iter().find(|m| (m.start..m.end).contains(&minute))
    }

    /// What the elder pays for a delivered meal, apart from the price, fen.
    #[must_use]
    pub const fn delivery_fee(&self) -> Fen {
        self.delivery_fee
    }

    /// Who carries a subsidy that turns out not to be due.
    #[must_use]
    pub const fn bearers(&self) -> Bearers {
        self.bearers
    }

    /// Benefits in file order.
    #[must_use]
    pub fn benefits(&self) -> &[Benefit] {
        &self.benefits
    }

    /// The benefit of that id.
    #[must_use]
    pub fn benefit(&self, id: &str) -> Option<&Benefit> {
        self.benefits.iter().find(|b| b.id == id)
    }

    /// Index ranges into [`Policy::benefits`], in order: a group, or one benefit that stacks.
    #[must_use]
    pub fn slots(&self) -> &[Range<usize>] {
        &self.slots
    }

    /// The funds that pay something, as statements name them: by the file's name, at the policy's first region.
    pub fn funds(&self) -> impl Iterator<Item = Payer> {
        let funds = self.benefits.iter().flat_map(|b| &b.payers).filter(|p| p.level.is_none() && p.weight > 0);
        funds.map(|fund| Payer { name: fund.name.clone(), unit: self.regions.first().cloned() })
    }

    /// Gates in file order.
    #[must_use]
    pub fn gates(&self) -> &[Gate] {
        &self.gates
    }

    /// The words it may name.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The file's text, byte for byte: what the content hash is of.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether any benefit asks the statutory calendar.
    #[must_use]
    pub fn uses_calendar(&self) -> bool {
        self.benefits.iter().any(|b| b.meal.except_holidays || b.meal.days == Some(Days::Workday))
    }
}

/// A meal period and its window in local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MealWindow {
    /// The period.
    pub period: MealPeriod,
    /// First minute after local midnight.
    pub start: u16,
    /// The minute after the last one, at most 1440.
    pub end: u16,
}

/// Who carries money that should not have been given; never the elder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The programme pays the canteen all the same.
    #[default]
    Programme,
    /// The canteen is not paid.
    Canteen,
}

/// The bearers by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearers {
    /// The same elder beyond the limits in several canteens.
    pub double: Bearer,
    /// Facts or standings the terminal could not know yet.
    pub stale_facts: Bearer,
}

/// One benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benefit {
    /// The id, unique in the file and stable across versions.
    pub id: String,
    /// The label for people; the id when the file gives none.
    pub label: String,
    /// Whom it pays and how.
    pub kind: Kind,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub base: Base,
    /// The group it competes in.
    pub group: Option<String>,
    /// Who pays, in file order; empty for a concession.
    pub payers: Vec<PayerWeight>,
    /// The payers' weights alone, as [`crate::money::largest_remainder`] takes them.
    pub weights: Vec<u32>,
    /// Whose unit a level names.
    pub payer_of: PayerOf,
    /// The names as written; empty when nothing is required.
    pub requires: Vec<String>,
    /// Indexes of the benefits above of which one must have been applied; empty when nothing is required.
    pub required: Vec<usize>,
    /// Conditions on the elder.
    pub elder: ElderCondition,
    /// Tags the canteen must carry.
    pub tags: Vec<String>,
    /// Conditions on the meal.
    pub meal: MealCondition,
    /// How often and how much.
    pub limit: Limit,
}

/// How much a benefit gives, before it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So much, fen.
    Fixed(Fen),
    /// The base, at most so much, fen.
    UpTo(Fen),
    /// A share of the base, rounded as the policy says, at most `cap`.
    Percent {
        /// The share.
        rate: Rate,
        /// The most, fen.
        cap: Option<Fen>,
    },
    /// Whatever brings the elder's payment down to so much, fen.
    OwnPayment(Fen),
}

/// What `up_to` and `percent` are taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The list price.
    #[default]
    Price,
    /// What is left after the benefits before it.
    Remaining,
}

/// Whose unit a payer's level names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayerOf {
    /// The canteen's.
    #[default]
    Canteen,
    /// The elder's household registration's.
    Hukou,
}

/// A payer and its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerWeight {
    /// The name as written.
    pub name: String,
    /// The level it names; nothing for a fund.
    pub level: Option<Level>,
    /// Its weight; 0 pays nothing.
    pub weight: u32,
}

/// What must hold of the elder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElderCondition {
    /// Completed years.
    pub age: Option<AgeBand>,
    /// One of these, if any is given.
    pub any_of: Vec<CategoryTest>,
    /// All of these.
    pub all_of: Vec<CategoryTest>,
    /// None of these.
    pub none_of: Vec<CategoryTest>,
    /// Household registration inside one of these, if any is given.
    pub hukou: Vec<RegionCode>,
    /// Household registration known and outside all of these.
    pub hukou_not: Vec<RegionCode>,
    /// Usual residence inside one of these, if any is given.
    pub residence: Vec<RegionCode>,
    /// Usual residence known and outside all of these.
    pub residence_not: Vec<RegionCode>,
    /// Household registration in the canteen's unit of that level.
    pub hukou_same: Option<Level>,
    /// Usual residence in the canteen's unit of that level.
    pub residence_same: Option<Level>,
}

/// Ages in completed years, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBand {
    /// The youngest.
    pub min: Option<u8>,
    /// The oldest.
    pub max: Option<u8>,
}

impl AgeBand {
    /// Whether the age lies in the band.
    #[must_use]
    pub fn contains(self, age: u8) -> bool {
        self.min.is_none_or(|min| age >= min) && self.max.is_none_or(|max| age <= max)
    }
}

/// A category an elder may hold, and at which levels it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryTest {
    /// The name as registered.
    pub name: String,
    /// The levels that count.
    pub levels: Levels,
}

/// The levels that count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Levels {
    /// Any, and none.
    Any,
    /// This one and worse ones.
    AtLeast(u8),
    /// These.
    OneOf(Vec<u8>),
}

impl CategoryTest {
    /// Whether one of the held categories passes. A held category of unknown level passes no test of levels.
    #[must_use]
    pub fn passes(&self, held: &[Category]) -> bool {
        held.iter().any(|c| self.matches(c))
    }

    /// Whether that category passes.
    #[must_use]
    pub fn matches(&self, held: &Category) -> bool {
        held.name == self.name
            && match &self.levels {
                Levels::Any => true,
                Levels::AtLeast(least) => held.level.is_some_and(|level| level >= *least),
                Levels::OneOf(levels) => held.level.is_some_and(|level| levels.contains(&level)),
            }
    }
}

/// What must hold of the meal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MealCondition {
    /// One of these periods, if any is given.
    pub periods: Vec<MealPeriod>,
    /// One of these modes, if any is given.
    pub modes: Vec<Mode>,
    /// These days only.
    pub days: Option<Days>,
    /// Not on statutory holidays.
    pub except_holidays: bool,
    /// Bounds of the list price.
    pub price: Option<PriceBand>,
}

/// Days of the week, or the state's working days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// Working days by the statutory calendar, make-up days included.
    Workday,
    /// Days of the week, 0 for Monday to 6 for Sunday, sorted.
    Weekdays(Vec<u8>),
}

/// Bounds of the list price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBand {
    /// The least, fen.
    pub min: Option<Fen>,
    /// Whether the least itself is outside.
    pub min_exclusive: bool,
    /// The most, fen.
    pub max: Option<Fen>,
    /// Whether the most itself is outside.
    pub max_exclusive: bool,
}

impl PriceBand {
    /// Whether the price lies in the band.
    #[must_use]
    pub fn contains(&self, price: Fen) -> bool {
        self.min.is_none_or(|min| price > min || (price == min && !self.min_exclusive))
            && self.max.is_none_or(|max| price < max || (price == max && !self.max_exclusive))
    }
}

/// How often and how much, over all canteens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Times on a business date.
    pub per_day: Option<u32>,
    /// Times in a week, Monday to Sunday.
    pub per_week: Option<u32>,
    /// Times in a calendar month.
    pub per_month: Option<u32>,
    /// Fen in a calendar month.
    pub per_month_amount: Option<Fen>,
    /// Whose applications count.
    pub scope: Scope,
}

impl Limit {
    /// Whether there is no limit at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.per_day.is_none() && self.per_week.is_none() && self.per_month.is_none() && self.per_month_amount.is_none()
    }
}

/// Whose applications a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The benefit's own.
    #[default]
    Benefit,
    /// The whole group's.
    Group,
}
