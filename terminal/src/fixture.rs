//! A clock and randomness that tests set. The demonstration page uses them too.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::calendar::{Clock, UnixMs};
use domain::id::{BootId, Entropy};

/// Equal seeds give equal bytes; not unpredictable.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// A sequence of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Scattered, so that one seed's sequence never runs into another's.
        let scattered = (seed ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0xd134_2543_de82_ef95);
        Self(AtomicU64::new(scattered ^ (scattered >> 29)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct TestClock {
    wall: AtomicI64,
    monotonic: AtomicI64,
    boot: AtomicI64,
}

impl TestClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(wall: UnixMs) -> Self {
        Self { wall: AtomicI64::new(wall.get()), monotonic: AtomicI64::new(1_000), boot: AtomicI64::new(1) }
    }

    /// Time passes, ms.
    pub fn pass(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::Relaxed);
        self.monotonic.fetch_add(ms, Ordering::Relaxed);
    }

    /// Somebody sets the wall clock.
    pub fn set_wall(&self, wall: UnixMs) {
        self.wall.store(wall.get(), Ordering::Relaxed);
    }

    /// The computer starts again.
    pub fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::Relaxed);
        self.monotonic.store(0, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> UnixMs {
        UnixMs::new(self.wall.load(Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> i64 {
        self.monotonic.load(Ordering::Relaxed)
    }

    fn boot(&self) -> BootId {
        BootId::from_uuid(uuid::Uuid::from_u128(self.boot.load(Ordering::Relaxed).unsigned_abs().into()))
    }
}
