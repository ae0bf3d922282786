//! Trusted time: what business dates, meal windows and records are made of.
//!
//! The server's time carried on by the monotonic clock of the same boot; without it the wall clock, which people and
//! batteries may set, but never going back.

use domain::calendar::{Clock, UnixMs};
use domain::id::BootId;
use domain::record::TimeSource;

/// What the clocks of this computer show at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Wall clock.
    pub wall: UnixMs,
    /// Monotonic clock of the boot, ms.
    pub monotonic: i64,
    /// The boot.
    pub boot: BootId,
}

impl Reading {
    /// Reads the clocks.
    #[must_use]
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.wall(), monotonic: clock.monotonic_ms(), boot: clock.boot() }
    }
}

/// A server time with the moment it was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What the server said.
    pub server: UnixMs,
    /// Monotonic clock when it was said, ms.
    pub monotonic: i64,
    /// The boot it was said in.
    pub boot: BootId,
}

/// Trusted time and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The time.
    pub at: UnixMs,
    /// What it rests on.
    pub source: TimeSource,
}

/// What time it is, given the last server time known and the latest time ever given out. The server's word may set
/// time back (the wall clock had run ahead of it); the wall clock may not.
#[must_use]
pub fn trusted(anchor: Option<Anchor>, floor: UnixMs, now: Reading) -> Trusted {
    if let Some(anchor) = anchor.filter(|anchor| anchor.boot == now.boot && anchor.monotonic <= now.monotonic) {
        return Trusted { at: anchor.server.plus(now.monotonic - anchor.monotonic), source: TimeSource::Server };
    }
    if now.wall < floor {
        Trusted { at: floor, source: TimeSource::Held }
    } else {
        Trusted { at: now.wall, source: TimeSource::Wall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boot(n: u8) -> BootId {
        BootId::from_uuid(uuid::Uuid::from_bytes([n; 16]))
    }

    fn reading(wall: i64, monotonic: i64, boot_number: u8) -> Reading {
        Reading { wall: UnixMs::new(wall), monotonic, boot: boot(boot_number) }
    }

    const ANCHOR: fn() -> Option<Anchor> =
        || Some(Anchor { server: UnixMs::new(1_000_000), monotonic: 500, boot: boot(1) });

    #[test]
    fn the_servers_time_runs_on_in_its_boot_whatever_the_wall_clock_shows() {
        for wall in [0, 1_000_000, 9_999_999] {
            let time = trusted(ANCHOR(), UnixMs::new(5_000_000), reading(wall, 800, 1));
            assert_eq!(time, Trusted { at: UnixMs::new(1_000_300), source: TimeSource::Server });
        }
    }

    #[test]
    fn after_a_boot_only_the_wall_clock_is_left_and_it_never_goes_back() {
        let floor = UnixMs::new(1_000_300);
        let ahead = trusted(ANCHOR(), floor, reading(1_000_400, 3, 2));
        assert_eq!(ahead, Trusted { at: UnixMs::new(1_000_400), source: TimeSource::Wall });
        let behind = trusted(ANCHOR(), floor, reading(1_000_299, 3, 2));
        assert_eq!(behind, Trusted { at: floor, source: TimeSource::Held });
        assert_eq!(trusted(None, floor, reading(0, 3, 2)).source, TimeSource::Held);
    }

    #[test]
    fn a_monotonic_clock_that_ran_back_is_another_boot() {
        assert_eq!(trusted(ANCHOR(), UnixMs::new(0), reading(7, 499, 1)).source, TimeSource::Wall);
    }

    proptest! {
        #[test]
        fn without_a_server_time_never_goes_back(walls in proptest::collection::vec(any::<i32>(), 1..50)) {
            let mut floor = UnixMs::new(0);
            for wall in walls {
                let time = trusted(None, floor, reading(i64::from(wall), 0, 1));
                prop_assert!(time.at >= floor);
                floor = time.at;
            }
        }
    }
}
