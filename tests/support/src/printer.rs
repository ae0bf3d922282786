//! A slip printer on the network: takes slips on a port of its own, and answers in real time how it is.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What there is to see on the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a lamp or a flap of its own")]
pub struct Front {
    /// The roll is not at its end.
    pub paper: bool,
    /// The roll comes to its end.
    pub low: bool,
    /// The lid is open.
    pub open: bool,
    /// The cutter is jammed.
    pub jammed: bool,
    /// It answers what it is asked.
    pub answers: bool,
}

impl Default for Front {
    fn default() -> Self {
        Self { paper: true, low: false, open: false, jammed: false, answers: true }
    }
}

impl Front {
    fn prints(self) -> bool {
        self.paper && !self.open && !self.jammed
    }

    /// The byte that answers `DLE EOT n`, by the maker's tables.
    fn status(self, question: u8) -> u8 {
        let bit = |set: bool, bits: u8| if set { bits } else { 0 };
        0b0001_0010
            | match question {
                1 => bit(!self.prints(), 0b0000_1000),
                2 => bit(self.open, 0b0000_0100) | bit(!self.paper, 0b0010_0000) | bit(self.jammed, 0b0100_0000),
                3 => bit(self.jammed, 0b0000_1000),
                _ => bit(!self.paper, 0b0110_0000) | bit(self.low || !self.paper, 0b0000_1100),
            }
    }
}

#[derive(Debug, Default)]
struct Inside {
    front: Front,
    /// Taken and not printed yet.
    held: Vec<u8>,
    printed: Vec<u8>,
    asked: usize,
    opened: usize,
    broken_off: usize,
}

/// The printer; it is there as long as this lives.
#[derive(Debug)]
pub struct NetworkPrinter {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

impl NetworkPrinter {
    /// A printer with paper, on a free port.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap_or_else(|e| panic!("no port for a printer: {e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("no address: {e}"));
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            while let Ok((line, _)) = listener.accept() {
                if Arc::strong_count(&shared) == 1 {
                    return;
                }
                if take(line, &shared).is_err() {
                    lock(&shared).broken_off += 1;
                }
            }
        });
        Self { address, inside }
    }

    /// `HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Changes what there is to see; what was held is printed as soon as it can be.
    pub fn set(&self, change: impl FnOnce(&mut Front)) {
        let mut inside = lock(&self.inside);
        change(&mut inside.front);
        settle(&mut inside);
    }

    /// What stands on its paper.
    #[must_use]
    pub fn printed(&self) -> Vec<u8> {
        lock(&self.inside).printed.clone()
    }

    /// What it has taken and not printed.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.inside).held.len()
    }

    /// So often the drawer was opened in real time.
    #[must_use]
    pub fn opened(&self) -> usize {
        lock(&self.inside).opened
    }

    /// So many connections were broken off, and may have lost their last bytes.
    #[must_use]
    pub fn broken_off(&self) -> usize {
        lock(&self.inside).broken_off
    }

    /// So many questions were asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        lock(&self.inside).asked
    }
}

impl Default for NetworkPrinter {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for NetworkPrinter {
    fn drop(&mut self) {
        self.inside = Arc::default();
        // Whoever waits for the next connection is woken by one.
        if let Ok(line) = TcpStream::connect(self.address) {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

fn settle(inside: &mut Inside) {
    if inside.front.prints() {
        let held = std::mem::take(&mut inside.held);
        inside.printed.extend(held);
    }
}

/// One connection: questions are answered at once, everything else is paper.
fn take(mut line: TcpStream, inside: &Mutex<Inside>) -> std::io::Result<()> {
    line.set_read_timeout(Some(Duration::from_secs(20)))?;
    let (mut buffer, mut question) = ([0; 4096], Vec::new());
    loop {
        let count = line.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        for byte in &buffer[..count] {
            question.push(*byte);
            let asked = match question[..] {
                [0x10] | [0x10, 0x04 | 0x14] | [0x10, 0x14, 1] | [0x10, 0x14, 1, 0 | 1] => continue,
                [0x10, 0x14, 1, 0 | 1, 1..=8] => {
                    lock(inside).opened += 1;
                    question.clear();
                    continue;
                }
                [0x10, 0x04, number @ 1..=4] => Some(number),
                _ => None,
            };
            let mut inside = lock(inside);
            if let Some(number) = asked {
                inside.asked += 1;
                let front = inside.front;
                drop(inside);
                if front.answers {
                    line.write_all(&[front.status(number)])?;
                }
                question.clear();
            } else {
                inside.held.append(&mut question);
                settle(&mut inside);
            }
        }
    }
}
