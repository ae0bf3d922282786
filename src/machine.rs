//! The clock and the randomness of this computer: made once, here, and handed down.

use domain::calendar::{Clock, UnixMs};
use domain::id::{BootId, Entropy};

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot: BootId,
}

impl SystemClock {
    /// The clocks of this boot. Where the system does not name its boots, each start of the program counts as one.
    #[must_use]
    pub fn new(entropy: &dyn Entropy) -> Self {
        let named = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let named = named.and_then(|text| text.trim().parse().ok());
        Self { boot: named.unwrap_or_else(|| BootId::generate(UnixMs::new(0), entropy)) }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is made")]
    fn wall(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UnixMs::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Time since the system was started, sleep included.
    fn monotonic_ms(&self) -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    fn boot(&self) -> BootId {
        self.boot
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the system has no randomness to give: going on would make keys that can be guessed.
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "this is where randomness is made")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// Microseconds since some point in this boot, for measuring what takes less than a clock's millisecond.
#[must_use]
pub fn microseconds() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000).unwrap_or(0)
}
