//! A scanner on a serial line.

use std::io::Result;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::credential::{CUT_OFF, Scan};

use super::DeviceState;
use super::serial::{Line, read_some};

/// More is noise.
const LONGEST: usize = 200;
/// Of part of a code the rest is waited for so many times, three seconds by [`super::serial::PATIENCE`].
const PAUSES: u32 = 15;

/// Puts codes together of whatever pieces the line brings.
#[derive(Debug, Default)]
pub struct Codes {
    held: Vec<u8>,
    overrun: bool,
    pauses: u32,
}

impl Codes {
    /// Takes bytes; `code` gets each code that they end.
    pub fn push(&mut self, bytes: &[u8], mut code: impl FnMut(String)) {
        self.pauses = 0;
        for byte in bytes {
            match byte {
                // Some scanners send marks before and behind the code; the one behind it ends it.
                b'\r' | b'\n' | 0x03 => self.end(&mut code),
                0x02 | 0x00 => {}
                _ if self.held.len() >= LONGEST => self.overrun = true,
                other => self.held.push(*other),
            }
        }
    }

    /// The line was quiet: a scanner that sends no end has ended, unless what it gave is part of a code. Where the rest
    /// never comes the part is marked as one.
    pub fn pause(&mut self, mut code: impl FnMut(String)) {
        if Scan::is_part(&String::from_utf8_lossy(&self.held)) {
            self.pauses += 1;
            if self.pauses < PAUSES {
                return;
            }
            self.held.extend_from_slice(CUT_OFF.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.end(&mut code);
    }

    fn end(&mut self, code: &mut impl FnMut(String)) {
        let bytes = std::mem::take(&mut self.held);
        let overrun = std::mem::take(&mut self.overrun);
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        if !overrun && !text.is_empty() {
            code(text);
        }
    }
}

/// Reads the line until it breaks or is told to stop.
pub(crate) fn read(
    line: &Line,
    stopped: &AtomicBool,
    code: &mut impl FnMut(String),
    state: &mut impl FnMut(DeviceState),
) -> Result<()> {
    let mut file = line.open()?;
    state(DeviceState::Ready);
    let (mut codes, mut buffer) = (Codes::default(), [0; 256]);
    while !stopped.load(Ordering::Relaxed) {
        match read_some(&mut file, &mut buffer)? {
            0 => codes.pause(&mut *code),
            count => codes.push(&buffer[..count], &mut *code),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut codes, mut found) = (Codes::default(), Vec::new());
        for piece in pieces {
            codes.push(piece, |code| found.push(code));
        }
        codes.pause(|code| found.push(code));
        found
    }

    #[test]
    fn codes_are_whole_however_they_arrive() {
        assert_eq!(read(&[b"911", b"234\r\n55", b"6\n"]), ["911234", "556"]);
        assert_eq!(read(&[b"\x02911234\x03"]), ["911234"]);
        assert_eq!(read(&[b"\r\n \r"]), [""; 0]);
        assert_eq!(read(&[&[b'1'; 300], b"\r911\r"]), ["911"], "noise is dropped whole");
    }

    #[test]
    fn a_pause_inside_a_code_makes_no_two_codes_of_it() {
        for (code, cuts) in [("912345678901234567890123", 2..24), ("110105190503120015", 15..18)] {
            for cut in cuts {
                let (mut codes, mut found) = (Codes::default(), Vec::new());
                codes.push(&code.as_bytes()[..cut], |code| found.push(code));
                (1..PAUSES).for_each(|_| codes.pause(|code| found.push(code)));
                codes.push(&code.as_bytes()[cut..], |code| found.push(code));
                codes.pause(|code| found.push(code));
                assert_eq!(found, [code], "cut at {cut}");

                let mut found = Vec::new();
                codes.push(&code.as_bytes()[..cut], |code| found.push(code));
                (0..PAUSES).for_each(|_| codes.pause(|code| found.push(code)));
                assert_eq!(found, [format!("{}…", &code[..cut])], "the rest never came");
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_codes_come_out_of_any_pieces(codes in prop::collection::vec("[0-9X]{1,30}", 1..5), cut in 1_usize..9) {
            let stream = codes.join("\r\n") + "\r\n";
            let pieces: Vec<&[u8]> = stream.as_bytes().chunks(cut).collect();
            prop_assert_eq!(read(&pieces), codes);
        }
    }
}
