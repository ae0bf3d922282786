//! A scanner on a serial line.

use std::io::Result;
use std::sync::atomic::{AtomicBool, Ordering};

use super::DeviceState;
use super::serial::{Line, read_some};

/// More is noise.
const LONGEST: usize = 200;

/// Puts codes together of whatever pieces the line brings.
#[derive(Debug, Default)]
pub struct Codes {
    held: Vec<u8>,
    overrun: bool,
}

impl Codes {
    /// Takes bytes; `code` gets each code that they end.
    pub fn push(&mut self, bytes: &[u8], mut code: impl FnMut(String)) {
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => self.end(&mut code),
                // Marks before and after the code that some scanners send.
                0x02 | 0x03 | 0x00 => {}
                _ if self.held.len() >= LONGEST => self.overrun = true,
                other => self.held.push(*other),
            }
        }
    }

    /// The line was quiet: a scanner that sends no end has ended.
    pub fn pause(&mut self, mut code: impl FnMut(String)) {
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

    proptest! {
        #[test]
        fn the_same_codes_come_out_of_any_pieces(codes in prop::collection::vec("[0-9X]{1,30}", 1..5), cut in 1_usize..9) {
            let stream = codes.join("\r\n") + "\r\n";
            let pieces: Vec<&[u8]> = stream.as_bytes().chunks(cut).collect();
            prop_assert_eq!(read(&pieces), codes);
        }
    }
}
