//! The words of the file and what they stand for.

use super::model::Bearer;
use crate::canteen::{Filing, Licence};
use crate::decision::{Kind, Mode};
use crate::money::Rounding;
use crate::region::Level;

pub(crate) const KINDS: [(&str, Kind); 4] = [
    ("diner", Kind::Diner),
    ("concession", Kind::Concession),
    ("operator", Kind::Operator),
    ("delivery", Kind::Delivery),
];

pub(crate) const MODES: [(&str, Mode); 3] =
    [("dine_in", Mode::DineIn), ("pickup", Mode::Pickup), ("delivery", Mode::Delivery)];

/// 0 for Monday, as [`crate::calendar::BusinessDate::weekday`] counts.
pub(crate) const WEEKDAYS: [(&str, u8); 7] =
    [("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)];

pub(crate) const LEVELS: [(&str, Level); 5] = [
    ("province", Level::Province),
    ("city", Level::City),
    ("district", Level::District),
    ("town", Level::Town),
    ("village", Level::Village),
];

pub(crate) const LICENCES: [(&str, Licence); 3] =
    [("valid", Licence::Valid), ("expired", Licence::Expired), ("revoked", Licence::Revoked)];

pub(crate) const FILINGS: [(&str, Filing); 2] = [("active", Filing::Active), ("inactive", Filing::Inactive)];

pub(crate) const BEARERS: [(&str, Bearer); 2] = [("programme", Bearer::Programme), ("canteen", Bearer::Canteen)];

pub(crate) const ROUNDINGS: [(&str, Rounding); 4] = [
    ("half_up", Rounding::HalfUp),
    ("half_even", Rounding::HalfEven),
    ("floor", Rounding::Floor),
    ("ceil", Rounding::Ceil),
];
