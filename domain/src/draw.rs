//! Random inspection draws (双随机、一公开): which canteens are inspected and by whom, from a seed that nobody could
//! choose, so that everybody can draw the same again.
//!
//! **Method `zhucan-draw-1`.** The ticket of a canteen is the SHA-256 of the UTF-8 text `zhucan-draw-1|SEED|CANTEEN`,
//! with the canteen's id in small letters with dashes. The canteens with the smallest tickets are drawn. For each of
//! them the ticket of an inspector is the SHA-256 of `zhucan-draw-1|SEED|CANTEEN|NAME`, and those with the smallest
//! tickets go there. So `printf %s 'zhucan-draw-1|…' | sha256sum` is all that it takes to check a draw.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::id::{CanteenId, Digest};

/// The method's name: it stands in every ticket.
pub const METHOD: &str = "zhucan-draw-1";

/// From which list a draw is made, fixed before its seed can be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawList {
    /// The canteens, sorted, each once.
    pub canteens: Vec<CanteenId>,
    /// How many of them are drawn.
    pub count: usize,
    /// The inspectors' names, sorted, each once; may be empty.
    pub inspectors: Vec<String>,
    /// How many inspectors go to each canteen.
    pub each: usize,
}

/// A canteen that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Which one.
    pub canteen: CanteenId,
    /// Its ticket.
    pub ticket: Digest,
    /// Who inspects it.
    pub inspectors: Vec<String>,
}

impl DrawList {
    /// The list with its parts in order and each once, and no more drawn than there are.
    #[must_use]
    pub fn new(mut canteens: Vec<CanteenId>, count: usize, mut inspectors: Vec<String>, each: usize) -> Self {
        canteens.sort_unstable();
        canteens.dedup();
        inspectors.sort_unstable();
        inspectors.dedup();
        let (count, each) = (count.min(canteens.len()), each.min(inspectors.len()));
        Self { canteens, count, inspectors, each }
    }

    /// What is published of the list: the SHA-256 of its text, a line each: count, canteens, inspectors a canteen, names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut lines = vec![METHOD.to_owned(), self.count.to_string()];
        lines.extend(self.canteens.iter().map(ToString::to_string));
        lines.push(self.each.to_string());
        lines.extend(self.inspectors.iter().cloned());
        hashed(&format!("{}\n", lines.join("\n")))
    }

    /// What the seed makes of the list, in the order of tickets.
    #[must_use]
    pub fn draw(&self, seed: &str) -> Vec<Drawn> {
        let ticket = |id: &CanteenId| hashed(&format!("{METHOD}|{seed}|{id}"));
        let mut tickets: Vec<(Digest, CanteenId)> = self.canteens.iter().map(|id| (ticket(id), *id)).collect();
        tickets.sort_unstable_by_key(|(ticket, id)| (ticket.0, *id));
        let drawn = tickets.into_iter().take(self.count);
        drawn.map(|(ticket, canteen)| Drawn { canteen, ticket, inspectors: self.sent(seed, canteen) }).collect()
    }

    fn sent(&self, seed: &str, canteen: CanteenId) -> Vec<String> {
        let ticket = |name: &String| hashed(&format!("{METHOD}|{seed}|{canteen}|{name}")).0;
        let mut names: Vec<&String> = self.inspectors.iter().collect();
        names.sort_by_cached_key(|name| (ticket(name), (*name).clone()));
        names.into_iter().take(self.each).cloned().collect()
    }
}

fn hashed(text: &str) -> Digest {
    Digest(sha2::Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canteen(n: u128) -> CanteenId {
        CanteenId::from_uuid(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_ticket_is_what_sha256sum_says() {
        let list = DrawList::new(vec![canteen(1)], 1, vec!["张三".into()], 2);
        let drawn = list.draw("12 34 56");
        // printf %s 'zhucan-draw-1|12 34 56|00000000-0000-0000-0000-000000000001' | sha256sum
        assert_eq!(drawn[0].ticket.to_string(), TICKET);
        assert_eq!(drawn[0].inspectors, ["张三"], "no more than there are");
    }

    const TICKET: &str = "662f60dc3b98edaf81f62d07ea6836a4a233be182ce82a07abad5febb253a1fa";

    #[test]
    fn every_canteen_and_every_inspector_is_equally_likely() {
        let inspectors = ["甲", "乙", "丙", "丁"].map(str::to_owned).to_vec();
        let list = DrawList::new((1..=10).map(canteen).collect(), 3, inspectors, 2);
        let (mut canteens, mut inspectors) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
        for seed in 0..4_000 {
            for drawn in list.draw(&seed.to_string()) {
                *canteens.entry(drawn.canteen).or_insert(0_i64) += 1;
                drawn.inspectors.iter().for_each(|name| *inspectors.entry(name.clone()).or_insert(0_i64) += 1);
            }
        }
        // 4,000 draws of 3 out of 10: 1,200 each, and five standard deviations are 145; of 12,000 visits of 2 out of 4
        // inspectors 6,000 each, and five standard deviations are 274.
        assert!(canteens.len() == 10 && canteens.values().all(|n| (n - 1_200).abs() < 145), "{canteens:?}");
        assert!(inspectors.len() == 4 && inspectors.values().all(|n| (n - 6_000).abs() < 274), "{inspectors:?}");
    }

    proptest! {
        #[test]
        fn the_same_seed_and_list_give_the_same_draw(
            ids in prop::collection::btree_set(any::<u128>(), 1..30),
            names in prop::collection::btree_set("[a-z]{1,5}", 0..6),
            seed in "[0-9 ]{1,20}",
            (count, each) in (0..40_usize, 0..4_usize),
        ) {
            let ids: Vec<CanteenId> = ids.into_iter().map(canteen).collect();
            let names: Vec<String> = names.into_iter().collect();
            let list = DrawList::new(ids.clone(), count, names.clone(), each);
            let mut twice: Vec<CanteenId> = ids.iter().rev().copied().collect();
            twice.extend(&ids);
            let other = DrawList::new(twice, count, names.into_iter().rev().collect(), each);
            prop_assert_eq!(&list, &other);
            prop_assert_eq!(list.digest(), other.digest());
            let drawn = list.draw(&seed);
            prop_assert_eq!(&drawn, &other.draw(&seed));
            prop_assert_eq!(drawn.len(), count.min(ids.len()));
            let places: std::collections::BTreeSet<CanteenId> = drawn.iter().map(|one| one.canteen).collect();
            prop_assert_eq!(places.len(), drawn.len(), "nobody is drawn twice");
            for one in &drawn {
                prop_assert_eq!(one.inspectors.len(), list.each);
            }
        }

        #[test]
        fn whoever_is_not_on_the_list_changes_nothing_for_the_others(
            ids in prop::collection::btree_set(any::<u128>(), 2..20), seed in "[0-9]{1,9}",
        ) {
            let ids: Vec<CanteenId> = ids.into_iter().map(canteen).collect();
            let all = DrawList::new(ids.clone(), ids.len(), vec![], 0).draw(&seed);
            let fewer = DrawList::new(ids[1..].to_vec(), ids.len(), vec![], 0).draw(&seed);
            let rest: Vec<Drawn> = all.into_iter().filter(|one| one.canteen != ids[0]).collect();
            prop_assert_eq!(rest, fewer);
        }
    }
}
