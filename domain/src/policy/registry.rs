//! Which categories of elders and which tags of canteens a policy may name.
//!
//! A word that is not registered is refused, because a misspelt category would silently subsidise nobody. A region's
//! own words are registered in the policy file itself (`[register]`), so that the file alone decides whether it is
//! valid and what it means, on every terminal and in thirty years.

use std::collections::{BTreeMap, BTreeSet};

/// A category's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelScale {
    /// Levels are 1 to this; 0 for a category without levels.
    pub most: u8,
    /// Whether a higher level is a worse one.
    pub upward: bool,
}

impl LevelScale {
    const NONE: Self = Self { most: 0, upward: false };
}

/// The categories registered from the start. 失能: 1 轻度, 2 中度, 3 重度. 重残: 1 worst, 4 least.
const CATEGORIES: [(&str, LevelScale); 15] = [
    ("特困", LevelScale::NONE),
    ("分散特困", LevelScale::NONE),
    ("低保", LevelScale::NONE),
    ("低保边缘", LevelScale::NONE),
    ("低收入", LevelScale::NONE),
    ("失能", LevelScale { most: 3, upward: true }),
    ("失智", LevelScale::NONE),
    ("重残", LevelScale { most: 4, upward: false }),
    ("独居", LevelScale::NONE),
    ("空巢", LevelScale::NONE),
    ("计生特殊家庭", LevelScale::NONE),
    ("优抚", LevelScale::NONE),
    ("劳模", LevelScale::NONE),
    ("留守", LevelScale::NONE),
    ("入住养老机构", LevelScale::NONE),
];

/// The tags registered from the start: the canteen's own discounts of so many per cent.
const TAGS: [&str; 4] = ["discount-5", "discount-10", "discount-15", "discount-20"];

/// The registered words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    categories: BTreeMap<String, LevelScale>,
    tags: BTreeSet<String>,
}

impl Registry {
    /// What is registered from the start.
    #[must_use]
    pub fn standard() -> Self {
        let categories = CATEGORIES.iter().map(|(name, scale)| ((*name).to_owned(), *scale)).collect();
        Self { categories, tags: TAGS.iter().map(|t| (*t).to_owned()).collect() }
    }

    /// Registers a category; says whether it is new.
    pub(crate) fn add_category(&mut self, name: &str, scale: LevelScale) -> bool {
        self.categories.insert(name.to_owned(), scale).is_none()
    }

    /// Registers a tag; says whether it is new.
    pub(crate) fn add_tag(&mut self, tag: &str) -> bool {
        self.tags.insert(tag.to_owned())
    }

    /// The category's levels, if the category is registered.
    #[must_use]
    pub fn category(&self, name: &str) -> Option<LevelScale> {
        self.categories.get(name).copied()
    }

    /// Whether the tag is registered.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains(tag)
    }

    /// The categories' names.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        self.categories.keys().map(String::as_str)
    }

    /// The tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str)
    }
}
