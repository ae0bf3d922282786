//! SIGKILL of the real programs, at named instants and at any: after each the program is started again, and nothing is
//! lost and nothing is there twice.
//!
//! Built with the feature `kill-points` only, which `tests/run` asks for: `zhucan` itself is then built with it too, so
//! that `ZHUCAN_KILL_AT` can name an instant. `KILLS=5000` kills more often than an ordinary run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lunch;
mod month;
mod programs;

use std::collections::BTreeMap;

use programs::Programs;
use support::Backend;
use zhucan::demo::chance::Chance;

/// Kills of an ordinary run.
const KILLS: u64 = 100;
/// Kills of an ordinary run on PostgreSQL, where all but the office's writer is the same.
const ON_POSTGRES: u64 = 20;
/// Of these at the end of the month, in percent.
const MONTH: u64 = 16;

/// How often each point was asked for, and how often the program was killed there.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<&'static str, (u64, u64)>);

impl Tally {
    pub(crate) fn add(&mut self, point: &'static str, killed_there: bool) {
        let slot = self.0.entry(point).or_default();
        slot.0 += 1;
        slot.1 += u64::from(killed_there);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_killed_anywhere_loses_and_doubles_nothing() {
    killed(Backend::Sqlite, number("KILLS").unwrap_or(KILLS)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_killed_anywhere_on_postgresql_loses_and_doubles_nothing() {
    killed(Backend::Postgres, number("KILLS").unwrap_or(ON_POSTGRES)).await;
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.trim().parse().unwrap())
}

async fn killed(backend: Backend, kills: u64) {
    let mut chance = Chance::new(number("SEED").unwrap_or(1));
    let mut tally = Tally::default();
    let mut programs = Programs::new(backend).await;
    let at_month = (kills * MONTH / 100).max(4);
    lunch::kill_at_lunch(&mut programs, &mut chance, &mut tally, kills - at_month).await;
    month::kill_at_the_end_of_the_month(&mut programs, &mut chance, &mut tally, at_month).await;
    for (point, (asked, there)) in &tally.0 {
        println!("{backend:?} {point:<40} asked for {asked:>5}, killed there {there:>5}");
    }
    if kills >= KILLS {
        let never: Vec<_> = tally.0.iter().filter(|(_, (_, there))| *there == 0).map(|(point, _)| point).collect();
        assert!(never.is_empty(), "never killed at {never:?}");
    }
}
