//! Plays one seed from its beginning to its end.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::Digest;

use crate::faults::Count;
use crate::world::World;
use crate::{heal, plan};

/// A seed that came to its end.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) trace: Vec<String>,
    /// Of everything that lies on the disks, where it was asked for.
    pub(crate) digest: Option<Digest>,
}

/// A seed that did not.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) seed: u64,
    pub(crate) why: String,
    pub(crate) trace: Vec<String>,
}

/// So many of the last steps are shown.
const SHOWN: usize = 40;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, why, trace } = self;
        let last = trace.len().saturating_sub(SHOWN);
        writeln!(f, "seed {seed} failed at step {}:\n{why}\nthe last steps:", trace.len())?;
        for (number, step) in trace.iter().enumerate().skip(last) {
            writeln!(f, "{:>5} {step}", number + 1)?;
        }
        write!(f, "play it again: SEED={seed} cargo test --test simulation -- --nocapture replay")
    }
}

/// Plays a seed on a runtime of its own, with nothing else going on in it. `digest`: whether one is made at its end.
pub(crate) fn play(seed: u64, digest: bool) -> Result<(Count, Played), Failed> {
    let trace: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&trace);
    crate::template::template();
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(whole((seed, digest), &kept))
    }));
    let why = match played {
        Ok(Ok(played)) => return Ok(played),
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("panic: {}", text.unwrap_or_default())
        }
    };
    let trace = trace.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Err(Failed { seed, why, trace })
}

async fn whole((seed, digest): (u64, bool), kept: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<(Count, Played)> {
    let mut world = World::new(seed).await?;
    let result = steps(&mut world, kept).await;
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&world.trace);
    result?;
    let mut count = world.count;
    count.add(&world.net.state().counts);
    count.steps = world.trace.len() as u64;
    let digest = if digest { Some(world.digest().await?) } else { None };
    let played = Played { trace: world.trace.clone(), digest };
    for till in &mut world.tills {
        till.stop().await;
    }
    world.office.stop().await;
    Ok((count, played))
}

async fn steps(world: &mut World, kept: &Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    plan::days(world, kept).await?;
    heal::heal(world).await
}
