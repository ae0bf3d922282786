//! A seeded source of numbers, so that the demo month is the same on every machine and in every run.

use std::sync::{Mutex, PoisonError};

use domain::id::Entropy;

/// SplitMix64: small, well spread, and the same for ever. Not for secrets: the demo has none.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit` (0 for a limit of 0).
    pub fn below(&mut self, limit: u16) -> u16 {
        // The slight preference of a remainder is of no matter for choosing lunches.
        u16::try_from(self.bits() % u64::from(limit.max(1))).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: u16) -> bool {
        self.below(100) < of_hundred
    }

    /// One of the items, or nothing when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let limit = u16::try_from(items.len()).unwrap_or(u16::MAX);
        items.get(usize::from(self.below(limit)))
    }
}

/// Entropy from a seed: the same ids, keys and card numbers in every run of the demo and its tests.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<Chance>);

impl SeededEntropy {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(Chance::new(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut chance = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            let bytes = chance.bits().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_sequence() {
        // The reference outputs of SplitMix64 for seed 1234567.
        let mut chance = Chance::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| chance.bits()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn shares_are_about_right() {
        let mut chance = Chance::new(1);
        let hits = (0..10_000).filter(|_| chance.percent(30)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.pick::<u8>(&[]), None);
    }

    #[test]
    fn entropy_does_not_repeat() {
        let entropy = SeededEntropy::new(7);
        let (mut one, mut other) = ([0; 20], [0; 20]);
        entropy.fill(&mut one);
        entropy.fill(&mut other);
        assert_ne!(one, other);
    }
}
