//! What is known of an elder: dated, append-only facts, each with the instant it became known, and the picture they
//! give of one day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, UnixMs};
use crate::id::ElderId;
use crate::region::RegionCode;

/// A registered class of elders with its level where it has levels (失能 1-3, 3 worst; 重残 1-4, 1 worst).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The name as registered, such as `低保`.
    pub name: String,
    /// The level, for categories that have levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
}

/// What a fact says, from its first day on until a later fact of the same subject says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
pub enum ElderFactKind {
    /// Household registration (户籍).
    Hukou {
        /// Where.
        region: RegionCode,
    },
    /// Usual residence.
    Residence {
        /// Where.
        region: RegionCode,
    },
    /// A category begins, changes level, or ends.
    Category {
        /// The name as registered.
        name: String,
        /// The level, for categories that have levels.
        level: Option<u8>,
        /// Whether it is held from that day on.
        held: bool,
    },
    /// The elder died on the fact's first day. Of several words on it the last one learned holds, whatever its day:
    /// it moves the day of death either way, or withdraws the report (`dead: false`).
    Death {
        /// Whether the report stands.
        dead: bool,
    },
}

/// One dated fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ElderFact {
    /// First business date on which it holds.
    pub valid_from: BusinessDate,
    /// When the office learned it.
    pub known_from: UnixMs,
    /// What it says.
    #[serde(flatten)]
    pub kind: ElderFactKind,
}

/// An elder as the rules see one: no name, no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RosterElder))]
pub struct Elder {
    /// The pseudonym.
    pub id: ElderId,
    /// Date of birth.
    pub birth: BusinessDate,
    /// All that was ever learned, in the order of learning.
    pub facts: Vec<ElderFact>,
}

/// The elder's facts in force on one business date: what `decide` is given and a record keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElderFacts {
    /// Completed years (周岁).
    pub age: u8,
    /// Household registration, if known.
    pub hukou: Option<RegionCode>,
    /// Usual residence, if known.
    pub residence: Option<RegionCode>,
    /// Categories held, sorted.
    pub categories: Vec<Category>,
}

impl ElderFacts {
    /// Whether a category of this name is held, at whatever level.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.categories.iter().any(|c| c.name == name)
    }
}

/// How the facts that hold from a day on are told apart: one hukou, one residence, one of each category.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject<'a> {
    Hukou,
    Residence,
    Category(&'a str),
}

impl Elder {
    /// The last word on each subject about `date`, as known at `known`: the fact with the latest first day, and of
    /// those the one learned last.
    fn in_force(&self, date: BusinessDate, known: UnixMs) -> BTreeMap<Subject<'_>, &ElderFact> {
        let mut last: BTreeMap<Subject<'_>, &ElderFact> = BTreeMap::new();
        for fact in self.facts.iter().filter(|f| f.valid_from <= date && f.known_from <= known) {
            let subject = match &fact.kind {
                ElderFactKind::Hukou { .. } => Subject::Hukou,
                ElderFactKind::Residence { .. } => Subject::Residence,
                ElderFactKind::Category { name, .. } => Subject::Category(name),
                ElderFactKind::Death { .. } => continue,
            };
            let rank = |f: &ElderFact| (f.valid_from, f.known_from);
            let slot = last.entry(subject).or_insert(fact);
            if rank(fact) >= rank(slot) {
                *slot = fact;
            }
        }
        last
    }

    /// The facts in force on `date`, as far as they were known at `known`.
    #[must_use]
    pub fn on(&self, date: BusinessDate, known: UnixMs) -> ElderFacts {
        let mut facts = ElderFacts { age: date.age(self.birth), hukou: None, residence: None, categories: Vec::new() };
        for fact in self.in_force(date, known).into_values() {
            match &fact.kind {
                ElderFactKind::Hukou { region } => facts.hukou = Some(region.clone()),
                ElderFactKind::Residence { region } => facts.residence = Some(region.clone()),
                ElderFactKind::Category { name, level, held: true } => {
                    facts.categories.push(Category { name: name.clone(), level: *level });
                }
                ElderFactKind::Category { held: false, .. } | ElderFactKind::Death { .. } => {}
            }
        }
        facts.categories.sort();
        facts
    }

    /// The date of death as known at `known`, by the last word on it. Meals of that very day were eaten by a living person.
    #[must_use]
    pub fn died(&self, known: UnixMs) -> Option<BusinessDate> {
        let is_word = |fact: &&ElderFact| fact.known_from <= known && matches!(fact.kind, ElderFactKind::Death { .. });
        let fact = self.facts.iter().filter(is_word).max_by_key(|fact| fact.known_from)?;
        matches!(fact.kind, ElderFactKind::Death { dead: true }).then_some(fact.valid_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> BusinessDate {
        text.parse().unwrap()
    }

    fn category(from: &str, known: i64, level: Option<u8>, held: bool) -> ElderFact {
        let kind = ElderFactKind::Category { name: "失能".into(), level, held };
        ElderFact { valid_from: date(from), known_from: UnixMs::new(known), kind }
    }

    fn elder(facts: Vec<ElderFact>) -> Elder {
        Elder { id: ElderId::from_uuid(uuid::Uuid::nil()), birth: date("1943-11-22"), facts }
    }

    #[test]
    fn the_latest_day_wins_then_the_latest_word() {
        let elder = elder(vec![
            category("2026-01-01", 1, Some(1), true),
            category("2026-03-10", 2, Some(2), true),
            category("2026-03-10", 9, Some(3), true),
            category("2026-02-01", 10, None, false),
        ]);
        let level = |on: &str, known| elder.on(date(on), UnixMs::new(known)).categories.first().map(|c| c.level);
        assert_eq!(level("2025-12-31", 99), None);
        assert_eq!(level("2026-01-15", 99), Some(Some(1)));
        assert_eq!(level("2026-02-15", 9), Some(Some(1)), "the end was not known yet");
        assert_eq!(level("2026-02-15", 10), None);
        assert_eq!(level("2026-03-10", 5), Some(Some(2)));
        assert_eq!(level("2026-03-10", 9), Some(Some(3)));
    }

    #[test]
    fn a_death_is_known_only_once_reported_and_can_be_withdrawn() {
        let death = |known, dead| ElderFact {
            valid_from: date("2026-03-10"),
            known_from: UnixMs::new(known),
            kind: ElderFactKind::Death { dead },
        };
        let elder = elder(vec![death(5, true), death(8, false)]);
        assert_eq!(elder.died(UnixMs::new(4)), None);
        assert_eq!(elder.died(UnixMs::new(5)), Some(date("2026-03-10")));
        assert_eq!(elder.died(UnixMs::new(8)), None);
    }

    #[test]
    fn the_last_word_on_a_death_moves_its_day_either_way() {
        let death = |day, known, dead| ElderFact {
            valid_from: date(day),
            known_from: UnixMs::new(known),
            kind: ElderFactKind::Death { dead },
        };
        let mut words = vec![death("2026-05-20", 5, true), death("2026-05-03", 8, true)];
        assert_eq!(elder(words.clone()).died(UnixMs::new(7)), Some(date("2026-05-20")));
        assert_eq!(elder(words.clone()).died(UnixMs::new(8)), Some(date("2026-05-03")));
        words.push(death("2026-05-20", 9, false));
        assert_eq!(elder(words.clone()).died(UnixMs::new(9)), None, "withdrawn, whatever day it names");
        words.push(death("2026-05-03", 10, true));
        assert_eq!(elder(words.clone()).died(UnixMs::new(10)), Some(date("2026-05-03")));
        // Of the same instant, the one written down last.
        words.push(death("2026-05-04", 10, true));
        assert_eq!(elder(words).died(UnixMs::new(10)), Some(date("2026-05-04")));
    }

    #[test]
    fn every_kind_of_fact_reads_back_from_json() {
        let kinds = [
            ElderFactKind::Hukou { region: "440304001002".parse().unwrap() },
            ElderFactKind::Residence { region: "4403".parse().unwrap() },
            ElderFactKind::Category { name: "失能".into(), level: Some(2), held: true },
            ElderFactKind::Death { dead: true },
        ];
        for kind in kinds {
            let fact = ElderFact { valid_from: date("2026-03-10"), known_from: UnixMs::new(5), kind };
            let json = serde_json::to_string(&fact).unwrap();
            assert_eq!(serde_json::from_str::<ElderFact>(&json).unwrap(), fact, "{json}");
            let unknown = json.replacen('{', "{\"extra\":1,", 1);
            assert!(serde_json::from_str::<ElderFact>(&unknown).is_err(), "{unknown}");
        }
    }
}
