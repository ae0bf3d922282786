//! A bar on a terminal for work that takes long: what is done, how fast, how long it will take. Silent where nobody
//! looks.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use domain::calendar::Clock;

/// Columns of the bar.
const WIDTH: u64 = 24;
/// It is drawn at most so often, ms.
const EVERY_MS: i64 = 200;

/// One piece of work that is watched. Drawn on standard error, so that output can be piped.
pub struct Bar {
    clock: Arc<dyn Clock>,
    label: String,
    total: u64,
    watched: bool,
    started: i64,
    drawn: AtomicI64,
    done: AtomicU64,
}

impl Bar {
    /// A bar over `total` pieces; a total of 0 is one that nobody knows.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, label: &str, total: u64) -> Self {
        let started = clock.monotonic_ms();
        let watched = std::io::stderr().is_terminal();
        let (drawn, done) = (AtomicI64::new(0), AtomicU64::new(0));
        Self { clock, label: label.to_owned(), total, watched, started, drawn, done }
    }

    /// So many more are done.
    pub fn add(&self, more: u64) {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        if !self.watched {
            return;
        }
        let now = self.clock.monotonic_ms();
        if now - self.drawn.swap(now, Ordering::Relaxed) >= EVERY_MS {
            draw(&line(&self.label, done, self.total, now - self.started));
        }
    }

    /// How many are done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

/// Bars for work in steps: one at a time, each with its label.
pub struct Bars {
    clock: Arc<dyn Clock>,
    shown: Mutex<Option<(String, Bar)>>,
}

impl Bars {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, shown: Mutex::new(None) }
    }

    /// Of `label`, so many of so many are done.
    pub fn show(&self, label: &str, done: u64, of: u64) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if shown.as_ref().is_none_or(|(known, _)| known != label) {
            *shown = Some((label.to_owned(), Bar::new(Arc::clone(&self.clock), label, of)));
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.add(done.saturating_sub(bar.done()));
        }
    }
}

fn draw(text: &str) {
    let mut screen = std::io::stderr();
    // A screen that cannot be written to is no reason to stop.
    let _ = write!(screen, "\r\x1b[K{text}");
    let _ = screen.flush();
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.watched {
            draw("");
        }
    }
}

/// The line as it is drawn.
fn line(label: &str, done: u64, total: u64, elapsed_ms: i64) -> String {
    let ms = u64::try_from(elapsed_ms).unwrap_or(0).max(1);
    let speed = done * 1000 / ms;
    if total == 0 {
        return format!("{label} {done}  {speed}/s");
    }
    let filled = (done.min(total) * WIDTH / total).min(WIDTH);
    let bar: String = (0..WIDTH).map(|at| if at < filled { '█' } else { '·' }).collect();
    let left = (total.saturating_sub(done)) / speed.max(1);
    format!("{label} {bar} {:3}%  {done}/{total}  {speed}/s  {left}s", done.min(total) * 100 / total)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_far_and_how_long() {
        let half = line("记录", 500, 1_000, 1_000);
        assert!(half.contains(" 50%") && half.ends_with("500/1000  500/s  1s"), "{half}");
        assert_eq!(half.matches('█').count(), 12);
        assert!(line("记录", 2_000, 1_000, 0).contains("100%"), "more than was expected is all of it");
        assert_eq!(line("记录", 5, 0, 1_000), "记录 5  5/s");
    }
}
