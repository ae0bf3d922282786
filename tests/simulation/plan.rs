//! What happens in a seed: a few days around the end of a month, each with a morning, a lunch, a dinner and a night.

use std::sync::{Arc, Mutex, PoisonError};

use domain::calendar::BusinessDate;
use zhucan::demo::world::date;

use crate::template::CANTEENS;
use crate::world::World;

/// Something that is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// An elder comes to a till.
    Sell,
    Guest,
    /// Money that is due back is paid at a till.
    Refund,
    /// A paper list is entered and confirmed.
    Paper,
    /// A meal of the shift is reversed.
    Void,
    /// A terminal talks with the office.
    Round,
    /// A request that was given up arrives.
    Late,
    /// A slow answer arrives.
    GoOn,
    /// A line is cut or mended.
    Line,
    /// A terminal's program is ended and started.
    Restart,
    /// A terminal is switched off and on; its battery may be dead.
    Reboot,
    /// Somebody sets a wall clock.
    SetClock,
    /// A terminal comes up days ahead, sells, hears the right time, and its line is cut.
    RunAhead,
    OfficeRestart,
    OfficeBackup,
    OfficeRestore,
    TillBackup,
    TillRestore,
    Copy,
    /// The head of a terminal's database is gone.
    Damage,
    /// A terminal's disk fills up, or has room again.
    Disk,
    /// A death is reported, days late.
    Death,
    Category,
    Grade,
    Card,
    /// Somebody whom the office does not know is registered.
    Register,
    /// An elder's chip card is registered.
    Chip,
    /// A terminal asks to be let in: a new one, one that was forgotten, or one that is in.
    Enrol,
    /// A terminal is taken out of service.
    Revoke,
    Announce,
    Close,
    Draft,
    /// The shift is closed.
    CloseShift,
}

/// Plays the seed's days.
pub(crate) async fn days(world: &mut World, kept: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    let first = date("2026-02-24").plus_days(i64::from(world.chance.below(6)));
    world.truth.set(first.at_minute(8 * 60));
    for day in 0..world.mixture.days {
        let date = first.plus_days(i64::from(day));
        one_day(world, date, kept).await?;
        world.count.canteen_days += CANTEENS as u64;
    }
    Ok(())
}

async fn one_day(world: &mut World, date: BusinessDate, kept: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    let (busy, dinner) = (world.mixture.busy, 1 + world.mixture.busy / 4);
    let phases =
        [(8 * 60 + 30, 2, false), (10 * 60 + 35, busy, true), (16 * 60 + 35, dinner, true), (20 * 60, 4, false)];
    for (minute, steps, open) in phases {
        world.truth.set(date.at_minute(minute));
        for _ in 0..steps {
            // While an answer is slow things happen in quick succession, so that it may still come in time.
            let waits = world.tills.iter().any(crate::till::Till::waits) && world.chance.percent(80);
            let seconds =
                if waits { i64::from(world.chance.below(6)) } else { 20 + i64::from(world.chance.below(600)) };
            world.truth.advance(seconds * 1000);
            let step = choose(world, open);
            let done = world.step(step).await;
            kept.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&world.trace);
            done?;
            world.look().await?;
        }
    }
    night(world, date, kept).await
}

/// The cutoff has passed: most terminals and the office go on by themselves.
async fn night(world: &mut World, date: BusinessDate, kept: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    world.truth.set(date.plus_days(1).at_minute(4 * 60 + 5));
    for till in 0..world.tills.len() {
        if world.chance.percent(70) {
            let done = world.talk(till).await;
            kept.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&world.trace);
            done?;
            world.look().await?;
        }
    }
    if world.chance.percent(40) {
        world.step(Step::Close).await?;
        world.look().await?;
    }
    Ok(())
}

fn choose(world: &mut World, open: bool) -> Step {
    let mixture = world.mixture;
    let if_open = |weight: u16| if open { weight } else { 0 };
    let waits = world.tills.iter().any(crate::till::Till::waits);
    let weights = [
        (Step::Sell, if_open(60)),
        (Step::Guest, if_open(4)),
        (Step::Void, if_open(10)),
        (Step::Refund, if_open(mixture.refund)),
        (Step::Paper, mixture.paper),
        (Step::Round, 20),
        (Step::Late, if mixture.odds.late > 0 { 6 } else { 0 }),
        (Step::GoOn, if waits { 60 } else { 0 }),
        (Step::Line, mixture.line),
        (Step::Restart, mixture.restart),
        (Step::Reboot, mixture.clock),
        (Step::SetClock, mixture.clock),
        (Step::RunAhead, if_open(mixture.clock / 2)),
        (Step::OfficeRestart, mixture.office_restart),
        (Step::OfficeBackup, mixture.office_restore * 2),
        (Step::OfficeRestore, mixture.office_restore),
        (Step::TillBackup, mixture.till_restore * 2),
        (Step::TillRestore, mixture.till_restore),
        (Step::Copy, mixture.copy),
        (Step::Damage, mixture.damage),
        (Step::Disk, mixture.full),
        (Step::Death, mixture.facts / 4),
        (Step::Category, mixture.facts / 2),
        (Step::Grade, mixture.facts / 3),
        (Step::Card, mixture.facts / 2),
        (Step::Register, mixture.facts / 4),
        (Step::Chip, mixture.facts / 3),
        (Step::Enrol, mixture.enrol),
        (Step::Revoke, mixture.revoke),
        (Step::Announce, if mixture.facts > 0 { 2 } else { 0 }),
        (Step::Close, mixture.month),
        (Step::Draft, mixture.month),
        (Step::CloseShift, if open { 1 } else { 30 }),
    ];
    let all: u16 = weights.iter().map(|(_, weight)| weight).sum();
    let mut at = world.chance.below(all);
    for (step, weight) in weights {
        if at < weight {
            return step;
        }
        at -= weight;
    }
    Step::Round
}
