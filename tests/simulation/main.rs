//! The simulator: an office and its terminals, as the programs are, on a virtual clock and a virtual network, driven by
//! a seed through every fault that can be thought of; what must hold is looked at behind every step, and at the end
//! everything is mended, drained, closed and counted again.
//!
//! `SEEDS=5000 cargo test --test simulation -- --nocapture seeds` runs more; `FIRST=1000000` begins elsewhere;
//! `UNTIL=1800000000` (unix seconds) begins none after that but for the first 300;
//! `SEED=4711 cargo test --test simulation -- --nocapture replay` shows one seed step by step.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod call;
mod clock;
mod coming;
mod desk;
mod disk;
mod faults;
mod heal;
mod model;
mod network;
mod office;
mod oracle;
mod plan;
mod run;
mod steps;
mod template;
mod till;
mod world;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::calendar::Clock as _;
use faults::Count;
use run::{Failed, play};
use zhucan::machine::{SystemClock, SystemEntropy};

/// Seeds of an ordinary run: some thirteen minutes of two free cores in a development build.
const SEEDS: u64 = 1000;
/// So many are played however late it is.
const LEAST: u64 = 300;

fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
        Err(_) => otherwise,
    }
}

/// Which seeds are played.
#[derive(Clone, Copy)]
struct Wanted {
    first: u64,
    many: u64,
    /// Unix seconds: from then on none is begun but for the least; 0 for never.
    until: u64,
}

impl Wanted {
    const fn begins(self, seed: u64, now: u64) -> bool {
        let before = seed - self.first;
        before < self.many && (before < LEAST || self.until == 0 || now < self.until)
    }
}

/// Plays seeds on a few threads until one fails or there is no more time. Says how many were played.
fn play_all(wanted: Wanted, threads: u64) -> (Count, u64, Option<Failed>) {
    let next = Arc::new(AtomicU64::new(wanted.first));
    let played: Arc<AtomicU64> = Arc::default();
    let found: Arc<Mutex<(Count, Option<Failed>)>> = Arc::default();
    let worker = |_| {
        let (next, done, found) = (Arc::clone(&next), Arc::clone(&played), Arc::clone(&found));
        std::thread::spawn(move || {
            let clock = SystemClock::new(&SystemEntropy);
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                let now = u64::try_from(clock.wall().get() / 1000).unwrap();
                if !wanted.begins(seed, now) || found.lock().unwrap().1.is_some() {
                    return;
                }
                done.fetch_add(1, Ordering::SeqCst);
                let played = play(seed, false);
                let mut found = found.lock().unwrap();
                match played {
                    Ok((count, _)) => found.0.add(&count),
                    Err(failed) if found.1.as_ref().is_none_or(|other| failed.seed < other.seed) => {
                        found.1 = Some(failed);
                    }
                    Err(_) => {}
                }
            }
        })
    };
    let workers: Vec<_> = (0..threads).map(worker).collect();
    for worker in workers {
        worker.join().unwrap();
    }
    let mut found = found.lock().unwrap();
    (found.0, played.load(Ordering::SeqCst), found.1.take())
}

#[test]
fn as_many_seeds_are_played_as_are_asked_for_or_as_there_is_time_for() {
    let many = |wanted: Wanted, now: u64| (7..9_999).filter(|seed| wanted.begins(*seed, now)).count();
    let wanted = Wanted { first: 7, many: 1000, until: 50 };
    assert_eq!((many(wanted, 49), many(wanted, 50)), (1000, 300));
    assert_eq!(many(Wanted { until: 0, ..wanted }, 50), 1000);
    assert_eq!(many(Wanted { many: 20, ..wanted }, 51), 20);
}

#[test]
fn seeds() {
    let wanted = Wanted { first: number("FIRST", 1), many: number("SEEDS", SEEDS), until: number("UNTIL", 0) };
    template::template();
    let clock = SystemClock::new(&SystemEntropy);
    let started = clock.monotonic_ms();
    let (count, played, failed) = play_all(wanted, number("WORKERS", 2));
    let seconds = f64::from(u32::try_from(clock.monotonic_ms() - started).unwrap()) / 1000.0;
    if let Some(failed) = failed {
        panic!("{failed}");
    }
    let days = f64::from(u32::try_from(count.canteen_days).unwrap());
    // Written, not printed: the test runner keeps what a test that passes prints.
    let mut out = std::io::stdout();
    writeln!(out, "{played} of {} seeds from {} on in {seconds:.0} s", wanted.many, wanted.first).unwrap();
    for (what, many) in count.rows() {
        writeln!(out, "{many:>9} {what}").unwrap();
    }
    writeln!(out, "{:>9.1} simulated canteen-days a second", days / seconds).unwrap();
}

/// One seed with every step it takes.
#[test]
fn replay() {
    let Ok(seed) = std::env::var("SEED") else { return };
    let seed = seed.trim().parse().unwrap_or_else(|_| panic!("SEED is a number, not {seed:?}"));
    match play(seed, true) {
        Ok((count, played)) => {
            println!("{}", played.trace.join("\n"));
            println!(
                "seed {seed} holds: {count:?}\ndigest {}",
                played.digest.map(|d| d.to_string()).unwrap_or_default()
            );
        }
        Err(failed) => {
            println!("{}", failed.trace.join("\n"));
            panic!("{failed}");
        }
    }
}

/// The same seed takes the same steps and comes to the same bytes: what failed once can be looked at again.
#[test]
fn a_seed_is_the_same_every_time() {
    for seed in [3, 14, 15] {
        let once = play(seed, true).unwrap_or_else(|failed| panic!("{failed}")).1;
        let again = play(seed, true).unwrap_or_else(|failed| panic!("{failed}")).1;
        let differs = once.trace.iter().zip(&again.trace).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(once.digest, again.digest, "seed {seed}");
    }
}
