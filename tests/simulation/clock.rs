//! Time that only the simulation moves: one true time, and for each computer a wall clock that may be wrong about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::calendar::{Clock, UnixMs};
use domain::id::BootId;

/// The true time, unix ms.
#[derive(Debug)]
pub(crate) struct TrueTime(AtomicI64);

impl TrueTime {
    pub(crate) fn new(at: UnixMs) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at.get())))
    }

    pub(crate) fn now(&self) -> UnixMs {
        UnixMs::new(self.0.load(Ordering::SeqCst))
    }

    /// Moves on to an instant; one that has passed changes nothing.
    pub(crate) fn set(&self, to: UnixMs) {
        self.0.fetch_max(to.get(), Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), Ordering::SeqCst);
    }
}

/// A computer's clocks.
#[derive(Debug)]
pub(crate) struct NodeClock {
    truth: Arc<TrueTime>,
    /// Wall clock less the true time, ms.
    wrong_by: AtomicI64,
    booted_at: AtomicI64,
    boots: AtomicU64,
    /// Tells the boots of different computers apart.
    node: u64,
}

impl NodeClock {
    pub(crate) fn new(truth: &Arc<TrueTime>, node: u64) -> Arc<Self> {
        let booted_at = AtomicI64::new(truth.now().get() - 60_000);
        Arc::new(Self {
            truth: Arc::clone(truth),
            wrong_by: AtomicI64::new(0),
            booted_at,
            boots: AtomicU64::new(1),
            node,
        })
    }

    /// The computer is switched off and on; its wall clock then shows `wall`, or runs on as it was.
    pub(crate) fn reboot(&self, wall: Option<UnixMs>) {
        self.boots.fetch_add(1, Ordering::SeqCst);
        self.booted_at.store(self.truth.now().get() - 20_000, Ordering::SeqCst);
        if let Some(wall) = wall {
            self.wrong_by.store(wall.get() - self.truth.now().get(), Ordering::SeqCst);
        }
    }

    /// Somebody, or a time server, sets the wall clock; 0 is right.
    pub(crate) fn set_wrong_by(&self, ms: i64) {
        self.wrong_by.store(ms, Ordering::SeqCst);
    }
}

impl Clock for NodeClock {
    fn wall(&self) -> UnixMs {
        self.truth.now().plus(self.wrong_by.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.truth.now().get() - self.booted_at.load(Ordering::SeqCst)
    }

    fn boot(&self) -> BootId {
        let (node, boot) = (u128::from(self.node), u128::from(self.boots.load(Ordering::SeqCst)));
        BootId::from_uuid(uuid::Uuid::from_u128((node << 64) | boot))
    }
}
