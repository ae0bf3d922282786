//! The demo's clock: server and terminals share it, and it stands still until somebody moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::calendar::{Clock, UnixMs};
use domain::id::BootId;

/// A clock that is set by hand and never goes back; wall and monotonic time move together.
#[derive(Debug)]
pub struct DemoClock {
    start: UnixMs,
    now: AtomicI64,
    boot: BootId,
}

impl DemoClock {
    /// A clock that stands at `start`, in one boot named by `boot`.
    #[must_use]
    pub fn new(start: UnixMs, boot: BootId) -> Arc<Self> {
        Arc::new(Self { start, now: AtomicI64::new(start.get()), boot })
    }

    /// Moves the clock to `to`; an instant that has passed already changes nothing.
    pub fn set(&self, to: UnixMs) {
        self.now.fetch_max(to.get(), Ordering::SeqCst);
    }

    /// Moves the clock on by so many milliseconds.
    pub fn advance(&self, ms: i64) {
        self.now.fetch_add(ms.max(0), Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn wall(&self) -> UnixMs {
        UnixMs::new(self.now.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.wall().get() - self.start.get()
    }

    fn boot(&self) -> BootId {
        self.boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_forward_only() {
        let clock = DemoClock::new(UnixMs::new(1_000), BootId::from_uuid(uuid::Uuid::nil()));
        clock.set(UnixMs::new(5_000));
        clock.set(UnixMs::new(2_000));
        clock.advance(10);
        assert_eq!((clock.wall().get(), clock.monotonic_ms()), (5_010, 4_010));
    }
}
