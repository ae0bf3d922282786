//! The policy file: one version of one region's subsidy rules, as data that a finance officer can read.
//!
//! The format is the normative document of the policy file; what it leaves open is decided in the dated notes under
//! `docs/decisions`. A [`Policy`] that exists is a valid one: [`Policy::parse`] is the only way to make one.

pub mod gate;
pub mod model;
pub(crate) mod names;
mod parse;
mod parse_benefit;
pub mod refusal;
pub mod registry;
pub mod set;
mod validate;

pub use gate::{Effect, Gate, Standings};
pub use model::{
    AgeBand, Amount, Base, Bearer, Bearers, Benefit, CategoryTest, Days, ElderCondition, Levels, Limit, MealCondition,
    MealWindow, PayerOf, PayerWeight, Policy, PriceBand, Scope,
};
pub use refusal::{Code, PolicyError, PolicyErrors};
pub use registry::Registry;
pub use set::{AnnounceError, PolicySet};
