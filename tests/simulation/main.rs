//! The simulator: an office and its terminals, as the programs are, on a virtual clock and a virtual network, driven by
//! a seed through every fault that can be thought of; what must hold is looked at behind every step, and at the end
//! everything is mended, drained, closed and counted again.
//!
//! `SEEDS=5000 cargo test --test simulation -- --nocapture seeds` runs more; `FIRST=1000000` begins elsewhere;
//! `SEED=4711 cargo test --test simulation -- --nocapture replay` shows one seed step by step.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod call;
mod clock;
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

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::calendar::Clock as _;
use faults::Count;
use run::{Failed, play};
use zhucan::machine::{SystemClock, SystemEntropy};

/// Seeds of an ordinary run: some twelve minutes of two free cores in a development build.
const SEEDS: u64 = 600;

fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
        Err(_) => otherwise,
    }
}

/// Plays seeds on a few threads until one fails.
fn play_all(first: u64, many: u64, threads: u64) -> (Count, Option<Failed>) {
    let next = Arc::new(AtomicU64::new(first));
    let found: Arc<Mutex<(Count, Option<Failed>)>> = Arc::default();
    let worker = |_| {
        let (next, found) = (Arc::clone(&next), Arc::clone(&found));
        std::thread::spawn(move || {
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                if seed >= first + many || found.lock().unwrap().1.is_some() {
                    return;
                }
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
    (found.0, found.1.take())
}

#[test]
fn seeds() {
    let (first, many) = (number("FIRST", 1), number("SEEDS", SEEDS));
    template::template();
    let clock = SystemClock::new(&SystemEntropy);
    let started = clock.monotonic_ms();
    let (count, failed) = play_all(first, many, number("WORKERS", 2));
    let seconds = f64::from(u32::try_from(clock.monotonic_ms() - started).unwrap()) / 1000.0;
    if let Some(failed) = failed {
        panic!("{failed}");
    }
    println!("{many} seeds from {first} on in {seconds:.0} s");
    for (what, many) in count.rows() {
        println!("{many:>9} {what}");
    }
    let days = f64::from(u32::try_from(count.canteen_days).unwrap());
    println!("{:>9.1} simulated canteen-days a second", days / seconds);
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
