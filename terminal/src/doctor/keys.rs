//! Raw keys of a scanner that types like a keyboard, read from the command's own terminal.

use std::io::Read as _;
use std::sync::Arc;

use domain::calendar::Clock;

/// Nobody scans for longer than this.
const PATIENCE_MS: i64 = 15_000;
/// A code is over when nothing came for so long.
const OVER_MS: i64 = 400;

/// What was typed in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The characters.
    pub text: String,
    /// The longest time between two of them, ms.
    pub widest_ms: i64,
    /// Whether Enter came behind them.
    pub enter: bool,
}

/// Keys with the instants they came at, put together.
#[derive(Debug, Default)]
pub struct Keys {
    text: String,
    last: Option<i64>,
    widest: i64,
}

impl Keys {
    /// Takes a byte that came at `at` (monotonic ms); what was heard once it is over.
    pub fn push(&mut self, byte: u8, at: i64) -> Option<Heard> {
        if matches!(byte, b'\r' | b'\n') {
            return self.end(true);
        }
        if let Some(last) = self.last {
            self.widest = self.widest.max(at - last);
        }
        self.last = Some(at);
        self.text.push(char::from(byte));
        None
    }

    /// Nothing came for a while.
    pub fn pause(&mut self, now: i64) -> Option<Heard> {
        let over = self.last.is_some_and(|last| now - last > OVER_MS);
        if over { self.end(false) } else { None }
    }

    fn end(&mut self, enter: bool) -> Option<Heard> {
        let Self { text, widest, .. } = std::mem::take(self);
        (!text.is_empty()).then_some(Heard { text, widest_ms: widest, enter })
    }

    /// Listens on standard input, raw, until one code is over; nothing when none came, or when it is no terminal.
    #[cfg(unix)]
    pub fn listen(clock: &Arc<dyn Clock>) -> std::io::Result<Option<Heard>> {
        use rustix::termios::{OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr};
        let mut stdin = std::io::stdin();
        if !isatty(&stdin) {
            return Ok(None);
        }
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        raw.make_raw();
        raw.special_codes[SpecialCodeIndex::VMIN] = 0;
        raw.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(&stdin, OptionalActions::Now, &raw)?;
        let (began, mut keys, mut byte) = (clock.monotonic_ms(), Self::default(), [0]);
        let heard = loop {
            if clock.monotonic_ms() - began > PATIENCE_MS {
                break Ok(None);
            }
            let found = match stdin.read(&mut byte) {
                Ok(0) => keys.pause(clock.monotonic_ms()),
                // Ctrl-C has no other meaning in raw mode.
                Ok(_) if byte[0] == 3 => break Ok(None),
                Ok(_) => keys.push(byte[0], clock.monotonic_ms()),
                Err(error) => break Err(error),
            };
            if found.is_some() {
                break Ok(found);
            }
        };
        tcsetattr(&stdin, OptionalActions::Now, &before)?;
        heard
    }

    /// Listens on standard input: on Unix only.
    #[cfg(not(unix))]
    pub fn listen(_: &Arc<dyn Clock>) -> std::io::Result<Option<Heard>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_told_from_a_hand() {
        let mut keys = Keys::default();
        for (byte, at) in b"9112".iter().zip([0, 5, 10, 15]) {
            assert_eq!(keys.push(*byte, at), None);
        }
        let heard = keys.push(b'\r', 20).unwrap();
        assert_eq!(heard, Heard { text: "9112".into(), widest_ms: 5, enter: true });
        keys.push(b'7', 0);
        assert_eq!(keys.pause(100), None);
        assert!(!keys.pause(1_000).unwrap().enter);
        assert_eq!(keys.push(b'\n', 0), None, "Enter alone is nothing");
    }
}
