//! Named instants at which a program is killed: between a commit and its answer, in the middle of a draft.
//!
//! A kill from outside comes at some instant; these come at the instant that a commit is about. `server` and `terminal`
//! call [`reached`] only when they are built with their feature `kill-points`, which nothing but the tests asks for;
//! otherwise the call is not there at all. `ZHUCAN_KILL_AT=server.ingest.committed:3` kills the program with SIGKILL
//! when it comes to that instant for the third time. Nothing is written, closed or dropped on the way out.

use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable.
pub const KILL_AT: &str = "ZHUCAN_KILL_AT";

/// Reads `name:times`.
fn wanted(text: &str) -> Option<(&str, u64)> {
    let (name, times) = text.split_once(':')?;
    Some((name, times.parse().ok()?))
}

/// The program has come to an instant with a name. Does not return if it is the one at which it is to be killed.
///
/// # Panics
/// When the system does not kill.
pub fn reached(name: &str) {
    // One point is asked for in a process, so one counter is enough.
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let Ok(text) = std::env::var(KILL_AT) else { return };
    let Some((_, times)) = wanted(&text).filter(|(point, _)| *point == name) else { return };
    if TIMES.fetch_add(1, Ordering::SeqCst) + 1 == times {
        let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        panic!("not killed at {name}: {killed:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_name_and_a_number() {
        assert_eq!(wanted("server.ingest.committed:3"), Some(("server.ingest.committed", 3)));
        assert_eq!([wanted("server.ingest.committed"), wanted("a:b")], [None, None]);
        reached("a point that nobody asks for");
    }
}
