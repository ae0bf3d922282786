//! What is known of a canteen: its place, its tags and its food-safety standing, dated and with the instant each
//! became known.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, UnixMs};
use crate::id::CanteenId;
use crate::region::RegionCode;

/// Whether a licence holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Licence {
    /// In force.
    #[default]
    Valid,
    /// Run out.
    Expired,
    /// Withdrawn.
    Revoked,
}

/// Whether the canteen's filing (备案) with the civil affairs office is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Filing {
    /// In force.
    #[default]
    Active,
    /// Suspended or never made.
    Inactive,
}

/// Food-safety standing in force on a date. Two scales whose letters collide are kept apart by their names:
/// the quantified grade (A best, C worst, or `unrated`) and the risk level (A best, D worst).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Standing {
    /// Quantified grade 量化等级: `A`, `B`, `C` or `unrated`. A missing grade is unrated.
    pub quality_grade: String,
    /// Risk level 风险等级: `A` to `D`, or `unrated`.
    pub risk_level: String,
    /// Food licence.
    pub licence: Licence,
    /// Filing with the office.
    pub filing: Filing,
    /// Open kitchen (明厨亮灶), if known.
    pub sunshine_kitchen: Option<bool>,
    /// Stars 1 to 5, if rated.
    pub stars: Option<u8>,
}

/// The word for a canteen that has no grade.
pub const UNRATED: &str = "unrated";

impl Default for Standing {
    fn default() -> Self {
        Self {
            quality_grade: UNRATED.to_owned(),
            risk_level: UNRATED.to_owned(),
            licence: Licence::default(),
            filing: Filing::default(),
            sunshine_kitchen: None,
            stars: None,
        }
    }
}

/// What a fact says of a canteen, from its first day on until a later fact of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
pub enum CanteenFactKind {
    /// The whole standing.
    Standing {
        /// As of that day.
        standing: Standing,
    },
    /// The tags that policies may ask for.
    Tags {
        /// All of them.
        tags: BTreeSet<String>,
    },
}

/// One dated fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CanteenFact {
    /// First business date on which it holds.
    pub valid_from: BusinessDate,
    /// When the office learned it.
    pub known_from: UnixMs,
    /// What it says.
    #[serde(flatten)]
    pub kind: CanteenFactKind,
}

/// A canteen as the rules see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canteen {
    /// Which one.
    pub id: CanteenId,
    /// Where it stands.
    pub region: RegionCode,
    /// All that was ever learned, in the order of learning.
    pub facts: Vec<CanteenFact>,
}

/// The canteen's facts in force on one business date: what `decide` is given and a record keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanteenFacts {
    /// Where it stands.
    pub region: RegionCode,
    /// Tags, sorted.
    pub tags: BTreeSet<String>,
    /// Food-safety standing.
    pub standing: Standing,
}

impl Canteen {
    /// The facts in force on `date`, as far as they were known at `known`: of each kind the one with the latest first
    /// day, and of those the one learned last.
    #[must_use]
    pub fn on(&self, date: BusinessDate, known: UnixMs) -> CanteenFacts {
        let mut facts =
            CanteenFacts { region: self.region.clone(), tags: BTreeSet::new(), standing: Standing::default() };
        let mut relevant: Vec<&CanteenFact> =
            self.facts.iter().filter(|f| f.valid_from <= date && f.known_from <= known).collect();
        relevant.sort_by_key(|f| (f.valid_from, f.known_from));
        for fact in relevant {
            match &fact.kind {
                CanteenFactKind::Standing { standing } => facts.standing = standing.clone(),
                CanteenFactKind::Tags { tags } => facts.tags.clone_from(tags),
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_holds_from_its_day_and_only_once_known() {
        let grade = |from: &str, known, grade: &str| CanteenFact {
            valid_from: from.parse().unwrap(),
            known_from: UnixMs::new(known),
            kind: CanteenFactKind::Standing {
                standing: Standing { quality_grade: grade.to_owned(), ..Standing::default() },
            },
        };
        let canteen = Canteen {
            id: CanteenId::from_uuid(uuid::Uuid::nil()),
            region: "440304001003".parse().unwrap(),
            facts: vec![grade("2026-03-11", 7, "C"), grade("2026-01-01", 1, "B"), grade("2026-03-18", 9, "B")],
        };
        let on = |day: &str, known| canteen.on(day.parse().unwrap(), UnixMs::new(known)).standing.quality_grade;
        assert_eq!(on("2025-12-31", 99), UNRATED);
        assert_eq!(on("2026-03-12", 6), "B", "not known yet");
        assert_eq!(on("2026-03-12", 7), "C");
        assert_eq!(on("2026-03-18", 99), "B");
    }
}
