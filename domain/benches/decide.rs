//! How long one decision takes, for each published policy over the cases beside it.
//!
//! `cargo bench -p domain --bench decide` prints a line a policy and fails when one takes five microseconds or more on
//! the average, which would be felt nowhere at a till but in a month closed again: a million meals in five seconds.
//! No framework: what is measured is one pure function, and a loop with a clock says it.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot read its own data has failed")]

use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use domain::calendar::WorkCalendar;
use domain::cases::parse_cases;
use domain::policy::Policy;

/// The most that a decision may take on the average, ns.
const BOUND_NS: u128 = 5_000;
/// How long each policy is measured; a debug build only shows that it runs.
const MEASURED: Duration = Duration::from_millis(if cfg!(debug_assertions) { 20 } else { 500 });
/// Rounds; the fastest one counts, as anything else on the machine only adds to it.
const ROUNDS: u32 = 5;

#[expect(clippy::disallowed_methods, reason = "the clock is what a benchmark reads")]
fn now() -> Instant {
    Instant::now()
}

fn main() -> ExitCode {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".cases.toml"));
    files.sort();
    let calendar = WorkCalendar::published();
    println!("{:<20} {:>6} {:>10}", "policy", "cases", "ns/decide");
    let mut slow = false;
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let policy = Policy::parse(&name, &std::fs::read_to_string(&file).unwrap()).unwrap();
        let text = std::fs::read_to_string(file.with_extension("cases.toml")).unwrap();
        let cases = parse_cases(&policy, &name, &text).unwrap();
        let decide_all = || {
            for case in &cases {
                black_box(black_box(case).decide(&policy, &calendar));
            }
        };
        decide_all();
        let per_decision = (0..ROUNDS).map(|_| average(&decide_all, cases.len())).min().unwrap_or_default();
        slow |= per_decision >= BOUND_NS;
        println!("{name:<20} {:>6} {per_decision:>10}", cases.len());
    }
    let bound = !cfg!(debug_assertions);
    if slow && bound {
        println!("a decision takes {BOUND_NS} ns or more");
    }
    ExitCode::from(u8::from(slow && bound))
}

/// The average of one decision over a part of the time to be measured, ns.
fn average(decide_all: &impl Fn(), cases: usize) -> u128 {
    let begun = now();
    let mut times = 0;
    while begun.elapsed() < MEASURED / ROUNDS {
        decide_all();
        times += cases as u128;
    }
    begun.elapsed().as_nanos() / times.max(1)
}
