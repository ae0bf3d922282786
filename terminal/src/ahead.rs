//! Records that the office holds and has not judged, because something before them is missing there. They go on waiting
//! here; but sending all of them in every round and after every sale would cost more with each meal.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::sync::Cursor;

/// After so long they are sent once more: the office may have lost them without going back itself, ms.
const AGAIN_MS: i64 = 60_000;

/// By epoch: what was sent and has no outcome.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<BTreeMap<u32, Sent>>);

#[derive(Clone, Copy, Debug)]
struct Sent {
    /// Where the office stood.
    cursor: u64,
    /// The last of them.
    through: u64,
    /// When the first of them was sent, ms of this boot.
    since: i64,
}

impl Ahead {
    fn sent(&self) -> MutexGuard<'_, BTreeMap<u32, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first sequence of an epoch that is worth sending now.
    pub(crate) fn first(&self, epoch: u32, now: i64) -> u64 {
        let mut sent = self.sent();
        match sent.get(&epoch) {
            Some(known) if (0..AGAIN_MS).contains(&(now - known.since)) => known.through + 1,
            _ => {
                sent.remove(&epoch);
                0
            }
        }
    }

    /// What was sent up to `through` has no outcome while the office stands at `cursor`.
    pub(crate) fn keep(&self, cursor: &Cursor, through: u64, now: i64) {
        let mut sent = self.sent();
        let known = sent.get(&cursor.epoch).filter(|known| known.cursor == cursor.next);
        let since = known.map_or(now, |known| known.since);
        sent.insert(cursor.epoch, Sent { cursor: cursor.next, through, since });
    }

    /// Where the office stands: of an epoch that stands elsewhere than it did, everything is sent that waits.
    pub(crate) fn stands(&self, cursors: &[Cursor]) {
        let next = |epoch: u32| cursors.iter().find(|cursor| cursor.epoch == epoch).map_or(0, |cursor| cursor.next);
        self.sent().retain(|epoch, known| known.cursor == next(*epoch));
    }

    /// The office is another one: everything is sent that waits.
    pub(crate) fn forget(&self) {
        self.sent().clear();
    }
}

#[cfg(test)]
mod tests {
    use domain::id::Digest;

    use super::*;

    fn at(next: u64) -> Cursor {
        Cursor { epoch: 1, next, head: Digest::ZERO }
    }

    #[test]
    fn what_waits_behind_a_gap_is_sent_again_when_the_office_moves_or_a_minute_has_passed() {
        let ahead = Ahead::default();
        assert_eq!(ahead.first(1, 0), 0);
        ahead.keep(&at(3), 9, 0);
        assert_eq!((ahead.first(1, 1), ahead.first(2, 1)), (10, 0), "each epoch for itself");
        ahead.stands(&[at(3)]);
        ahead.keep(&at(3), 12, 59_000);
        assert_eq!(ahead.first(1, 59_999), 13);
        assert_eq!(ahead.first(1, 60_000), 0, "a minute after the first");
        ahead.keep(&at(3), 12, 60_000);
        ahead.stands(&[at(4)]);
        assert_eq!(ahead.first(1, 60_001), 0);
        ahead.keep(&at(3), 12, 60_002);
        ahead.stands(&[]);
        assert_eq!(ahead.first(1, 60_003), 0, "the office knows nothing of the epoch any more");
        ahead.keep(&at(3), 12, 60_004);
        ahead.forget();
        assert_eq!(ahead.first(1, 60_005), 0);
    }
}
