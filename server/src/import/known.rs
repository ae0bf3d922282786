//! What the office knows of places when a list is read: regions by name, canteens by name, categories that mean
//! something. Loaded once; the lists themselves are long.

use std::collections::HashMap;
use std::sync::Arc;

use domain::calendar::BusinessDate;
use domain::id::CanteenId;
use domain::policy::Registry;
use domain::record::check::Rulebook;
use domain::region::RegionCode;

use super::cell::{Cell, plain};
use super::values::{Read, text};
use crate::Error;
use crate::store::{Tx, canteens};
use crate::words::import::{self as words, Why};

/// Provinces with the beginning of their codes (GB/T 2260): addresses begin with one that no office registers.
const PROVINCES: [(&str, &str); 34] = [
    ("北京市", "11"),
    ("天津市", "12"),
    ("河北省", "13"),
    ("山西省", "14"),
    ("内蒙古自治区", "15"),
    ("辽宁省", "21"),
    ("吉林省", "22"),
    ("黑龙江省", "23"),
    ("上海市", "31"),
    ("江苏省", "32"),
    ("浙江省", "33"),
    ("安徽省", "34"),
    ("福建省", "35"),
    ("江西省", "36"),
    ("山东省", "37"),
    ("河南省", "41"),
    ("湖北省", "42"),
    ("湖南省", "43"),
    ("广东省", "44"),
    ("广西壮族自治区", "45"),
    ("海南省", "46"),
    ("重庆市", "50"),
    ("四川省", "51"),
    ("贵州省", "52"),
    ("云南省", "53"),
    ("西藏自治区", "54"),
    ("陕西省", "61"),
    ("甘肃省", "62"),
    ("青海省", "63"),
    ("宁夏回族自治区", "64"),
    ("新疆维吾尔自治区", "65"),
    ("台湾省", "71"),
    ("香港特别行政区", "81"),
    ("澳门特别行政区", "82"),
];

/// A province's name, by its two digits; nothing for what is no province.
pub(crate) fn province(code: &str) -> Option<&'static str> {
    PROVINCES.iter().find(|(_, digits)| *digits == code).map(|(name, _)| *name)
}

/// What is known.
pub struct Known {
    /// The business date.
    pub today: BusinessDate,
    /// Where whoever imports may write; nothing for everywhere.
    pub scope: Option<RegionCode>,
    /// The region of elders whose row names none.
    pub region: Option<RegionCode>,
    regions: Vec<(String, RegionCode)>,
    canteens: HashMap<String, Vec<(CanteenId, RegionCode)>>,
    book: Arc<Rulebook>,
    standard: Registry,
}

impl Known {
    /// Reads it from the store.
    pub(super) async fn load(
        tx: &mut Tx,
        book: Arc<Rulebook>,
        today: BusinessDate,
        scope: Option<RegionCode>,
        region: Option<RegionCode>,
    ) -> Result<Self, Error> {
        let regions = canteens::regions(tx).await?.into_iter().map(|r| (plain(&r.name), r.code)).collect();
        let mut named: HashMap<String, Vec<(CanteenId, RegionCode)>> = HashMap::new();
        for row in canteens::all(tx).await? {
            named.entry(plain(&row.name)).or_default().push((row.id, row.region));
        }
        Ok(Self { today, scope, region, regions, canteens: named, book, standard: Registry::standard() })
    }

    /// Whether whoever imports may write there.
    #[must_use]
    pub fn inside(&self, region: &RegionCode) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.contains(region))
    }

    /// A place, by its code or by names of registered regions one after another: `深圳市福田区`.
    pub fn region(&self, cell: &Cell) -> Read<RegionCode> {
        let typed: String = text(cell)?.chars().filter(|c| !c.is_whitespace()).collect();
        if typed.bytes().all(|b| b.is_ascii_digit()) {
            return typed.parse().map_err(|_| words::REGION);
        }
        match self.path(&typed)? {
            (region, "") => Ok(region),
            _ => Err(words::REGION),
        }
    }

    /// A place at the beginning of an address; what follows the last name that is known says nothing to the rules.
    pub fn address(&self, cell: &Cell) -> Read<RegionCode> {
        let typed: String = text(cell)?.chars().filter(|c| !c.is_whitespace()).collect();
        if typed.bytes().all(|b| b.is_ascii_digit()) {
            return self.region(cell);
        }
        self.path(&typed).map(|(region, _)| region)
    }

    /// The deepest place named, and what stands behind it. A province that is not registered may stand in front of a place
    /// that lies in it.
    fn path<'t>(&self, typed: &'t str) -> Result<(RegionCode, &'t str), Why> {
        if self.regions.iter().any(|(name, _)| !name.is_empty() && typed.starts_with(name.as_str())) {
            return self.registered(typed);
        }
        let named = PROVINCES.iter().find_map(|(name, code)| Some((typed.strip_prefix(name)?, *code)));
        let Some((rest, province)) = named else { return self.registered(typed) };
        let (region, rest) = self.registered(rest)?;
        if region.as_str().starts_with(province) { Ok((region, rest)) } else { Err(words::REGION) }
    }

    fn registered<'t>(&self, typed: &'t str) -> Result<(RegionCode, &'t str), Why> {
        let (mut found, mut rest): (Option<RegionCode>, &str) = (None, typed);
        loop {
            let below = |code: &RegionCode| found.as_ref().is_none_or(|up| up.contains(code) && up != code);
            let named = self
                .regions
                .iter()
                .filter(|(name, code)| !name.is_empty() && rest.starts_with(name.as_str()) && below(code));
            let named: Vec<&(String, RegionCode)> = named.collect();
            let Some(longest) = named.iter().map(|(name, _)| name.len()).max() else { break };
            let mut longest_named = named.into_iter().filter(|(name, _)| name.len() == longest);
            let (Some((name, code)), None) = (longest_named.next(), longest_named.next()) else {
                return Err(words::REGION_TWICE);
            };
            rest = rest.get(name.len()..).unwrap_or_default();
            found = Some(code.clone());
        }
        found.map(|region| (region, rest)).ok_or(words::REGION)
    }

    /// A canteen inside the scope, by name or id.
    pub fn canteen(&self, cell: &Cell) -> Read<(CanteenId, RegionCode)> {
        let typed = text(cell)?;
        let found = match typed.parse::<CanteenId>() {
            Ok(id) => self.canteens.values().flatten().find(|(known, _)| *known == id).cloned(),
            Err(_) => match self.named(&typed) {
                [] => None,
                [one] => Some(one.clone()),
                several => {
                    let mut inside = several.iter().filter(|(_, region)| self.inside(region));
                    match (inside.next(), inside.next()) {
                        (Some(one), None) => Some(one.clone()),
                        _ => return Err(words::CANTEEN_TWICE),
                    }
                }
            },
        };
        let found = found.ok_or(words::NO_CANTEEN)?;
        if self.inside(&found.1) { Ok(found) } else { Err(words::OUTSIDE) }
    }

    /// Canteens of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> &[(CanteenId, RegionCode)] {
        self.canteens.get(&plain(name)).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with a category, and whether that stands in the way.
    #[must_use]
    pub fn category(&self, name: &str, level: Option<u8>) -> Option<(bool, Why)> {
        let of_policies = self.book.policies.policies().map(|policy| policy.registry().category(name));
        let scale = std::iter::once(self.standard.category(name)).chain(of_policies).flatten().max_by_key(|s| s.most);
        match scale {
            None => Some((false, words::unknown_category(name))),
            Some(scale) if level.is_some_and(|level| level > scale.most) => {
                Some((true, words::level_too_high(name, scale.most)))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let region = |name: &str, code: &str| (name.to_owned(), code.parse().unwrap());
        let canteen = |n: u128, code: &str| (CanteenId::from_uuid(uuid::Uuid::from_u128(n)), code.parse().unwrap());
        Known {
            today: "2026-03-02".parse().unwrap(),
            scope: Some("440304".parse().unwrap()),
            region: None,
            regions: vec![
                region("深圳市", "4403"),
                region("福田区", "440304"),
                region("福田街道", "440304003"),
                region("新区", "440305"),
                region("新区", "440306"),
            ],
            canteens: HashMap::from([
                ("一食堂".to_owned(), vec![canteen(1, "440304003")]),
                ("二食堂".to_owned(), vec![canteen(2, "440304003"), canteen(3, "440305")]),
                ("远食堂".to_owned(), vec![canteen(4, "440305")]),
            ]),
            book: Arc::default(),
            standard: Registry::standard(),
        }
    }

    fn typed(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    #[test]
    fn places_are_known_by_code_and_by_name() {
        let known = known();
        let region = |text: &str| known.region(&typed(text)).map(|r| r.to_string());
        assert_eq!(region("440304003000"), Ok("440304003".into()));
        assert_eq!(region("深圳市福田区"), Ok("440304".into()));
        assert_eq!(region("福田区 福田街道"), Ok("440304003".into()));
        assert_eq!(region("福田街道福安社区"), Err(words::REGION));
        assert_eq!(region("新区"), Err(words::REGION_TWICE));
        assert_eq!(region("4403O4"), Err(words::REGION));
        assert_eq!(known.address(&typed("深圳市福田区福田街道某路1号")).unwrap().to_string(), "440304003");
        assert_eq!(known.address(&typed("某路1号")), Err(words::REGION));
        // Addresses begin with a province, which no office registers.
        assert_eq!(known.address(&typed("广东省深圳市福田区某路1号")).unwrap().to_string(), "440304");
        assert_eq!(region("广东省福田区"), Ok("440304".into()));
        assert_eq!(region("湖南省福田区"), Err(words::REGION), "a place of that name in another province");
        assert_eq!(known.address(&typed("广东省某路1号")), Err(words::REGION));
        assert_eq!(known.address(&typed("广东省")), Err(words::REGION));
    }

    #[test]
    fn canteens_are_those_of_the_scope() {
        let known = known();
        let canteen = |text: &str| known.canteen(&typed(text)).map(|(id, _)| id.uuid().as_u128());
        assert_eq!(canteen(" 一食堂"), Ok(1));
        assert_eq!(canteen("二食堂"), Ok(2));
        assert_eq!(canteen("远食堂"), Err(words::OUTSIDE));
        assert_eq!(canteen("三食堂"), Err(words::NO_CANTEEN));
    }

    #[test]
    fn a_category_that_nobody_knows_is_noted_and_a_level_too_high_is_refused() {
        let known = known();
        assert_eq!(known.category("失能", Some(3)), None);
        assert_eq!(known.category("失能", Some(4)), Some((true, words::level_too_high("失能", 3))));
        assert_eq!(known.category("低 保", None), Some((false, words::unknown_category("低 保"))));
    }
}
