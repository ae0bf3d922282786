//! How many denials of one person are entered in the audit log. Nobody may shorten the log, and every entry holds
//! everybody else's up for a moment: whoever is denied again and again fills one line a minute, not one each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::id::UserId;

/// So many are entered one by one,
const ONE_BY_ONE: u32 = 100;
/// in so long, ms.
const WHILE_MS: i64 = 10 * 60 * 1000;
/// What was held back is entered as one after so long.
pub(super) const TOGETHER: Duration = Duration::from_mins(1);

#[derive(Debug)]
struct Denied {
    since: UnixMs,
    count: u32,
    held_back: u64,
}

/// What is to be done about a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is entered.
    Now,
    /// It is held back, the first of those that are entered together.
    Begins,
    /// It is held back with the others.
    Joins,
}

/// Denials by person, in memory.
#[derive(Debug, Default)]
pub(crate) struct Denials(Mutex<HashMap<UserId, Denied>>);

impl Denials {
    /// Counts one.
    pub(super) fn count(&self, person: UserId, now: UnixMs) -> Entry {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let denied = all.entry(person).or_insert(Denied { since: now, count: 0, held_back: 0 });
        if now.get() - denied.since.get() >= WHILE_MS {
            (denied.since, denied.count) = (now, 0);
        }
        denied.count = denied.count.saturating_add(1);
        if denied.count <= ONE_BY_ONE {
            return Entry::Now;
        }
        denied.held_back += 1;
        if denied.held_back == 1 { Entry::Begins } else { Entry::Joins }
    }

    /// Takes how many were held back.
    pub(super) fn held_back(&self, person: UserId) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(&person).map_or(0, |denied| std::mem::take(&mut denied.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_are_entered_one_by_one_and_the_rest_together() {
        let (denials, start) = (Denials::default(), UnixMs::new(1_000_000));
        let (one, other) = (UserId::from_uuid(uuid::Uuid::from_u128(1)), UserId::from_uuid(uuid::Uuid::from_u128(2)));
        for _ in 0..ONE_BY_ONE {
            assert_eq!(denials.count(one, start), Entry::Now);
        }
        assert_eq!([(); 3].map(|()| denials.count(one, start)), [Entry::Begins, Entry::Joins, Entry::Joins]);
        assert_eq!(denials.count(other, start), Entry::Now, "others are not held back");
        assert_eq!((denials.held_back(one), denials.held_back(one), denials.held_back(other)), (3, 0, 0));
        assert_eq!(denials.count(one, start.plus(60_000)), Entry::Begins);
        assert_eq!(denials.count(one, start.plus(WHILE_MS)), Entry::Now, "a new start");
        assert_eq!(denials.held_back(one), 1, "what was held back before it is entered all the same");
    }
}
