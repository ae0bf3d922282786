//! Places, by the state's codes: province 2, city 2, district 2, town 3, village 3 digits (GB/T 2260 and the
//! statistical extension). A prefix contains what it begins.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A level of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 省 and 直辖市.
    Province,
    /// 市.
    City,
    /// 区, 县.
    District,
    /// 镇, 乡, 街道.
    Town,
    /// 村, 社区.
    Village,
}

impl Level {
    /// All levels, widest first.
    pub const ALL: [Self; 5] = [Self::Province, Self::City, Self::District, Self::Town, Self::Village];

    const fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::District => 6,
            Self::Town => 9,
            Self::Village => 12,
        }
    }

    /// The level's name in policies: `province`, `city`, `district`, `town` or `village`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::District => "district",
            Self::Town => "town",
            Self::Village => "village",
        }
    }
}

/// A place: 2, 4, 6, 9 or 12 digits without whole all-zero levels at the end. `440300` is kept as `4403`, the city;
/// `440304100` stays, a town. In the four municipalities (11, 12, 31, 50) the city is the province, so `310100` is `31`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(String);

/// A text that is not a region code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region code: {0:?}; expected 2, 4, 6, 9 or 12 digits that begin with a province (11 to 82)")]
pub struct RegionError(String);

const MUNICIPALITIES: [&str; 4] = ["11", "12", "31", "50"];

impl RegionCode {
    /// The digits kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` lies in this place (a place contains itself).
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The unit of that level this place lies in; nothing when the code is too short to tell. A city without districts
    /// (东莞 4419, whose towns are 441900003 and so on) is its own district: a code is only ever the one that it reads as.
    #[must_use]
    pub fn unit(&self, level: Level) -> Option<Self> {
        let municipality = MUNICIPALITIES.iter().any(|m| self.0.starts_with(m));
        let digits = if municipality && level == Level::City { 2 } else { level.digits() };
        self.0.get(..digits)?.parse().ok()
    }

    /// Whether both places are known to lie in the same unit of that level.
    #[must_use]
    pub fn same(&self, other: &Self, level: Level) -> bool {
        self.unit(level).is_some_and(|unit| other.unit(level) == Some(unit))
    }
}

impl FromStr for RegionCode {
    type Err = RegionError;
    fn from_str(text: &str) -> Result<Self, RegionError> {
        let known_length = Level::ALL.iter().any(|l| l.digits() == text.len());
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if !known_length || !digits || !("11".."83").contains(&&text[..2]) {
            return Err(RegionError(text.chars().take(40).collect()));
        }
        let mut kept = text;
        for pair in Level::ALL.windows(2).rev() {
            let (upper, lower) = (pair[0].digits(), pair[1].digits());
            if kept.len() == lower && kept[upper..].bytes().all(|b| b == b'0') {
                kept = &kept[..upper];
            }
        }
        if kept.len() == 4 && MUNICIPALITIES.contains(&&kept[..2]) {
            kept = &kept[..2];
        }
        Ok(Self(kept.to_owned()))
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
crate::calendar::serde_as_text!(RegionCode);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn region(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn only_whole_zero_levels_at_the_end_are_dropped() {
        assert_eq!(region("440300").as_str(), "4403");
        assert_eq!(region("440300000000").as_str(), "4403");
        assert_eq!(region("440304100").as_str(), "440304100");
        assert_eq!(region("440304100000").as_str(), "440304100");
        assert_eq!(region("441900003").as_str(), "441900003");
        assert_eq!(region("440000").as_str(), "44");
        assert_eq!(region("310100").as_str(), "31");
        for bad in ["", "4", "440", "44030400", "４４", "00", "10", "83", "44o3"] {
            assert!(bad.parse::<RegionCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_municipality_is_its_own_city() {
        let pudong = region("310115");
        assert_eq!(pudong.unit(Level::City), Some(region("31")));
        assert!(pudong.same(&region("310230"), Level::City));
        assert!(!pudong.same(&region("310230"), Level::District));
    }

    #[test]
    fn a_city_without_districts_is_its_own_district() {
        let town = region("441900003");
        assert_eq!(town.unit(Level::District), Some(region("4419")));
        assert!(town.same(&region("441900101"), Level::District));
        assert!(!town.same(&region("442000101"), Level::District));
    }

    #[test]
    fn an_unknown_unit_is_the_same_as_none() {
        assert!(!region("4403").same(&region("4403"), Level::Town));
        assert!(region("4403").same(&region("440304001"), Level::City));
        assert!(region("4403").contains(&region("440304001")));
        assert!(!region("440304").contains(&region("4403")));
    }

    proptest! {
        #[test]
        fn reading_is_total_and_settled(text in "\\PC{0,14}|[0-9]{0,13}") {
            if let Ok(code) = text.parse::<RegionCode>() {
                prop_assert_eq!(code.as_str().parse(), Ok(code.clone()));
            }
        }

        #[test]
        fn a_unit_is_a_place_that_reads_back_as_itself(text in "(1[1-5]|31|44|50|8[12])(0|[0-9]){2}(00|[0-9]{2})([0-9]{3}){0,2}") {
            let code: RegionCode = text.parse().unwrap();
            for unit in Level::ALL.into_iter().filter_map(|level| code.unit(level)) {
                prop_assert_eq!(unit.as_str().parse(), Ok(unit.clone()));
                prop_assert!(unit.contains(&code), "{} in {}", code, unit);
            }
        }
    }
}
