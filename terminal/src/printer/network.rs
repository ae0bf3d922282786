//! A printer on the network, port 9100. It is asked how it is before each slip, by the real-time status of ESC/POS
//! (`DLE EOT n`, answered by one byte even while it cannot print). One that does not answer gets its slips all the same
//! and is not asked again before it fails.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::{Condition, Halt, Printer};

/// A printer that lets itself be waited for longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);
/// A printer that answers at all has answered by then.
const ANSWER: Duration = Duration::from_millis(500);
/// So many bytes that are no answer are read over: states that are told without a question.
const NOISE: usize = 64;

/// Of `DLE EOT n`: why it is offline.
const OFFLINE: u8 = 2;
/// Of `DLE EOT n`: the paper.
const PAPER: u8 = 4;

/// Bits that are the same in every answer, and what they are.
const FIXED: (u8, u8) = (0b1001_0011, 0b0001_0010);
const COVER_OPEN: u8 = 0b0000_0100;
const PAPER_STOP: u8 = 0b0010_0000;
const ERROR: u8 = 0b0100_0000;
const PAPER_END: u8 = 0b0110_0000;
const PAPER_NEAR_END: u8 = 0b0000_1100;

pub(super) struct Network {
    address: String,
    /// It was asked, and has never answered.
    mute: bool,
    /// It has answered once: silence is somebody else's slip, not its nature.
    answers: bool,
}

impl Network {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), mute: false, answers: false }
    }

    fn connect(&self) -> Result<TcpStream> {
        let mut last = Error::new(ErrorKind::NotFound, "no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(PATIENCE))?;
                    stream.set_read_timeout(Some(ANSWER))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A connection, how the printer is if it says so, and whether an answer may still come over it.
    fn open(&mut self) -> Result<(TcpStream, Option<Condition>, bool)> {
        let mut stream = self.connect()?;
        if self.mute {
            return Ok((stream, None, false));
        }
        let asked = condition(&mut stream);
        self.answers |= matches!(asked, Ok(Some(_)));
        self.mute = !self.answers;
        match asked {
            Ok(condition) => Ok((stream, condition, condition.is_none())),
            // Something that breaks off at a question may still print.
            Err(_) => Ok((self.connect()?, None, false)),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> std::result::Result<Option<Condition>, Halt> {
        let (mut stream, condition, late) = self.open()?;
        if let Some(condition) = condition.filter(|condition| !condition.prints()) {
            return Err(Halt::Said(condition));
        }
        stream.write_all(bytes)?;
        stream.flush()?;
        if late {
            await_late_answers(stream);
        }
        Ok(condition)
    }
}

impl Printer for Network {
    fn print(&mut self, _: &str, bytes: &[u8]) -> std::result::Result<Option<Condition>, Halt> {
        let sent = self.send(bytes);
        if matches!(sent, Err(Halt::Failed(_))) {
            // Another one may stand there once it is back.
            (self.mute, self.answers) = (false, false);
        }
        sent
    }

    fn ask(&mut self) -> Result<Option<Condition>> {
        if self.mute {
            return Ok(None);
        }
        let (stream, condition, late) = self.open()?;
        if late {
            await_late_answers(stream);
        }
        Ok(condition)
    }
}

/// An answer to a connection that is gone would break it off, and the slip's last bytes with it.
fn await_late_answers(mut stream: TcpStream) {
    if stream.shutdown(Shutdown::Write).is_ok() {
        let mut byte = [0];
        for _ in 0..NOISE {
            if !matches!(stream.read(&mut byte), Ok(1)) {
                return;
            }
        }
    }
}

/// Asks for paper, then for the reasons to be offline; some printers know the first question only.
fn condition(stream: &mut TcpStream) -> Result<Option<Condition>> {
    let Some(paper) = status(stream, PAPER)? else { return Ok(None) };
    let offline = status(stream, OFFLINE)?.unwrap_or_default();
    Ok(Some(read(paper, offline)))
}

fn read(paper: u8, offline: u8) -> Condition {
    if offline & COVER_OPEN != 0 {
        Condition::CoverOpen
    } else if paper & PAPER_END != 0 || offline & PAPER_STOP != 0 {
        Condition::PaperOut
    } else if offline & ERROR != 0 {
        Condition::Failing
    } else if paper & PAPER_NEAR_END != 0 {
        Condition::PaperLow
    } else {
        Condition::Ready
    }
}

/// One question and its byte; nothing when none came in time.
fn status(stream: &mut TcpStream, question: u8) -> Result<Option<u8>> {
    stream.write_all(&[0x10, 0x04, question])?;
    let mut byte = [0];
    for _ in 0..NOISE {
        match stream.read(&mut byte) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) if byte[0] & FIXED.0 == FIXED.1 => return Ok(Some(byte[0])),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_the_bits_that_are_published() {
        for (paper, offline, wanted) in [
            (0x12, 0x12, Condition::Ready),
            (0x1e, 0x12, Condition::PaperLow),
            (0x72, 0x32, Condition::PaperOut),
            (0x7e, 0x12, Condition::PaperOut),
            // Changing the roll: the lid comes first.
            (0x7e, 0x36, Condition::CoverOpen),
            (0x12, 0x52, Condition::Failing),
            // A printer that knows the first question only.
            (0x12, 0, Condition::Ready),
        ] {
            assert_eq!(read(paper, offline), wanted, "{paper:02x} {offline:02x}");
        }
        assert!(!Condition::PaperOut.prints() && Condition::PaperLow.prints());
    }
}
