//! A printer on the network, port 9100. It is asked how it is before each slip, by the real-time status of ESC/POS
//! (`DLE EOT n`, answered by one byte even while it cannot print). One that does not answer gets its slips all the same,
//! and after three silences in a row it is asked between slips only.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use receipts::slip::{drawer_pulse, drawer_pulse_now};
use tokio::time::Instant;

use super::{Condition, Halt, Printer};

/// A printer that lets itself be waited for longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);
/// A printer that answers at all has answered by then.
const ANSWER: Duration = Duration::from_millis(500);
/// It serves one connection at a time: while another till's slip is on it, it is tried again after this.
const BUSY: Duration = Duration::from_millis(300);
/// One that was silent so often in a row, and has never answered, keeps no slip waiting for an answer.
const SILENCES: u8 = 3;
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
    /// Questions in a row that brought nothing.
    silences: u8,
    /// It has answered once: silence is somebody else's slip, not its nature.
    answers: bool,
    /// How long a question is waited for, and how long bytes that come behind a slip.
    patience: (Duration, Duration),
}

impl Network {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), silences: 0, answers: false, patience: (ANSWER, ANSWER) }
    }

    fn is_mute(&self) -> bool {
        !self.answers && self.silences >= SILENCES
    }

    /// Tries until that instant. Nothing was sent yet, so that trying again prints nothing twice.
    fn connect(&self, until: Instant) -> Result<TcpStream> {
        loop {
            match self.reach(until.saturating_duration_since(Instant::now())) {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && Instant::now() + BUSY < until => {
                    std::thread::sleep(BUSY);
                }
                reached => return reached,
            }
        }
    }

    fn reach(&self, patience: Duration) -> Result<TcpStream> {
        let mut last = Error::new(ErrorKind::NotFound, "no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, patience.max(Duration::from_millis(1))) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(PATIENCE))?;
                    stream.set_read_timeout(Some(self.patience.0))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A connection, and how the printer is if it says so.
    fn open(&mut self, until: Instant) -> Result<(TcpStream, Option<Condition>)> {
        let mut stream = self.connect(until)?;
        let asked = condition(&mut stream);
        if matches!(asked, Ok(Some(_))) {
            (self.answers, self.silences) = (true, 0);
        } else {
            self.silences = self.silences.saturating_add(1);
        }
        match asked {
            Ok(condition) => Ok((stream, condition)),
            // Something that breaks off at a question may still print.
            Err(_) => Ok((self.connect(until)?, None)),
        }
    }

    /// The same, without a question to one that does not answer.
    fn open_to_print(&mut self, until: Instant) -> Result<(TcpStream, Option<Condition>)> {
        if self.is_mute() { Ok((self.connect(until)?, None)) } else { self.open(until) }
    }

    fn send(&mut self, bytes: &[u8]) -> std::result::Result<Option<Condition>, Halt> {
        let (mut stream, condition) = self.open_to_print(Instant::now() + PATIENCE)?;
        if let Some(condition) = condition.filter(|condition| !condition.prints()) {
            return Err(Halt::Said(condition));
        }
        stream.write_all(bytes)?;
        stream.flush()?;
        self.end(stream);
        Ok(condition)
    }

    fn pulse(&mut self, until: Instant) -> Result<Option<Condition>> {
        let (mut stream, condition) = self.open_to_print(until)?;
        if Instant::now() > until {
            return Err(Error::new(ErrorKind::TimedOut, "the drawer was not opened in time"));
        }
        // One that answers in real time obeys in real time, without paper too; what others hold back for paper would
        // open the drawer when nobody pays.
        let cannot_print = condition.is_some_and(|condition| !condition.prints());
        stream.write_all(if cannot_print { drawer_pulse_now() } else { drawer_pulse() }.as_slice())?;
        stream.flush()?;
        self.end(stream);
        Ok(condition)
    }

    /// Ends a connection in order. What the printer says meanwhile (a late answer, a state that nobody asked for, an answer
    /// to a picture whose dots look like a question) would break off a connection that is gone, and the slip's last bytes
    /// with it.
    fn end(&self, mut stream: TcpStream) {
        if stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let until = Instant::now() + self.patience.1;
        let mut bytes = [0; NOISE];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let waits = !left.is_zero() && stream.set_read_timeout(Some(left)).is_ok();
            if !waits || !matches!(stream.read(&mut bytes), Ok(1..)) {
                return;
            }
        }
    }

    /// After a failure another one may stand there once it is back.
    fn forget(&mut self) {
        (self.silences, self.answers) = (0, false);
    }
}

impl Printer for Network {
    fn print(&mut self, _: &str, bytes: &[u8]) -> std::result::Result<Option<Condition>, Halt> {
        let sent = self.send(bytes);
        if matches!(sent, Err(Halt::Failed(_))) {
            self.forget();
        }
        sent
    }

    fn open_drawer(&mut self, _: &str, until: Instant) -> Result<Option<Condition>> {
        self.pulse(until).inspect_err(|_| self.forget())
    }

    fn ask(&mut self) -> Result<Option<Condition>> {
        let (stream, condition) = self.open(Instant::now() + PATIENCE)?;
        self.end(stream);
        Ok(condition)
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
    use std::net::TcpListener;

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

    #[test]
    fn an_answer_that_comes_behind_the_slip_does_not_break_it_off() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let printer = std::thread::spawn(move || {
            let (mut line, _) = listener.accept().unwrap();
            let mut question = [0; 3];
            line.read_exact(&mut question).unwrap();
            line.write_all(&[0x12]).unwrap();
            // The second question is answered behind the slip, and a state is told that nobody asked for.
            let mut text = String::new();
            line.read_to_string(&mut text).unwrap();
            line.write_all(&[0x12, 0x14, 0, 0]).unwrap();
            (text, line.take_error().unwrap().map(|error| error.kind()))
        });
        let mut network = Network::new(&address);
        network.patience = (ANSWER, Duration::from_secs(30));
        assert!(matches!(network.print("1", b"slip"), Ok(Some(Condition::Ready))));
        assert_eq!(printer.join().unwrap(), ("\u{10}\u{4}\u{2}slip".to_owned(), None));
    }

    #[tokio::test]
    async fn another_tills_slip_on_the_printer_is_waited_for() {
        let busy = tokio::net::TcpSocket::new_v4().unwrap();
        busy.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut network = Network::new(&busy.local_addr().unwrap().to_string());
        network.silences = SILENCES;
        let printed = tokio::task::spawn_blocking(move || network.print("1", b"slip"));
        // It turns connections away for a while.
        tokio::time::sleep(BUSY * 2).await;
        let (mut line, _) = busy.listen(1).unwrap().accept().await.unwrap();
        let mut text = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut line, &mut text).await.unwrap();
        drop(line);
        assert!(matches!(printed.await.unwrap(), Ok(None)));
        assert_eq!(text, b"slip");
    }
}
