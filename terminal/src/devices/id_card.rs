//! ID-card readers with a SAM module, by the framing that their makers publish.
//!
//! Request: `AA AA AA 96 69`, length (two bytes, from the command to the check), command, parameter, check. Answer: the
//! same preamble, length, three bytes of status, data, check. The check is the XOR of everything from the length on.
//! Reading takes three requests: find a card, select it, read it. A card's text is UTF-16LE in fixed fields; of its
//! reply of 1295 bytes only the number goes on, and nothing is kept.

use std::fs::File;
use std::io::{Error, ErrorKind, Result, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::serial::{Line, read_some};
use super::{DeviceState, wait};

const PREAMBLE: [u8; 5] = [0xaa, 0xaa, 0xaa, 0x96, 0x69];
/// A reader that stays silent through so many waits does not answer.
const SILENCES: u32 = 8;
/// Between two questions whether a card lies there.
const ASK: Duration = Duration::from_millis(300);
/// The longest answer: text, photograph and fingerprints.
const LONGEST: usize = 4 * 1024;

/// What a reader is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Whether a card lies on it.
    Find,
    /// To take that card.
    Select,
    /// Its text and photograph.
    Read,
}

impl Request {
    /// The request's bytes.
    #[must_use]
    pub fn frame(self) -> Vec<u8> {
        let (command, parameter) = match self {
            Self::Find => (0x20, 0x01),
            Self::Select => (0x20, 0x02),
            Self::Read => (0x30, 0x01),
        };
        frame(&[command, parameter])
    }
}

/// A frame around a command or a status with its data.
#[must_use]
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = PREAMBLE.to_vec();
    out.extend(length);
    out.extend(body);
    out.push(check(&out[PREAMBLE.len()..]));
    out
}

fn check(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// A reader's answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The last byte of the status: `9f` found, `90` done, anything else is a refusal.
    pub status: u8,
    /// What comes with it.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({:02x}, {} bytes)", self.status, self.data.len())
    }
}

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Not all of a frame yet.
    More,
    /// A frame, and how many bytes it took with the noise before it.
    Whole(Reply, usize),
    /// Noise, or a frame whose check does not fit: so many bytes to drop.
    Noise(usize),
}

/// Looks for an answer at the beginning of the bytes.
#[must_use]
pub fn parse(bytes: &[u8]) -> Parsed {
    let start = bytes.windows(PREAMBLE.len()).position(|window| window == PREAMBLE);
    let Some(start) = start else {
        // The beginning of a preamble may stand at the end.
        let keep = bytes.len().min(PREAMBLE.len() - 1);
        return if bytes.len() > keep { Parsed::Noise(bytes.len() - keep) } else { Parsed::More };
    };
    let rest = &bytes[start + PREAMBLE.len()..];
    let [high, low, ..] = *rest else { return Parsed::More };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(4..=LONGEST).contains(&length) {
        return Parsed::Noise(start + PREAMBLE.len());
    }
    let Some(framed) = rest.get(..2 + length) else { return Parsed::More };
    let (content, sum) = framed.split_at(framed.len() - 1);
    if check(content) != sum[0] {
        return Parsed::Noise(start + PREAMBLE.len());
    }
    let reply = Reply { status: content[4], data: content[5..].to_vec() };
    Parsed::Whole(reply, start + PREAMBLE.len() + framed.len())
}

/// What stands on a card. Neither name nor birth date is kept anywhere; the number is, as a digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// Name.
    pub name: String,
    /// Whether the holder is a woman.
    pub female: bool,
    /// Date of birth, `19491231`.
    pub birth: String,
    /// The number: 18 characters.
    pub number: String,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(…)")
    }
}

/// Where a field stands in the text: first byte and how many.
const NAME: (usize, usize) = (0, 30);
const SEX: (usize, usize) = (30, 2);
const BIRTH: (usize, usize) = (36, 16);
const NUMBER: (usize, usize) = (122, 36);

impl Card {
    /// Reads the data of an answer to [`Request::Read`]: two lengths, the text, the photograph.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        let [high, low, _, _, rest @ ..] = data else { return None };
        let text = rest.get(..usize::from(u16::from_be_bytes([*high, *low])))?;
        let field = |(at, length): (usize, usize)| -> Option<String> {
            let units = text.get(at..at + length)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            let text = String::from_utf16(&units.collect::<Vec<_>>()).ok()?;
            Some(text.trim_matches(['\0', ' ']).to_owned())
        };
        let number = field(NUMBER)?;
        let fits = number.len() == 18 && number.bytes().all(|b| b.is_ascii_digit() || b == b'X');
        fits.then_some(Self { name: field(NAME)?, female: field(SEX)? == "2", birth: field(BIRTH)?, number })
    }
}

/// A reader on an open line.
struct Reader {
    file: File,
    held: Vec<u8>,
}

impl Reader {
    fn ask(&mut self, request: Request) -> Result<Reply> {
        self.held.clear();
        self.file.write_all(&request.frame())?;
        self.file.flush()?;
        let (mut silences, mut buffer) = (0, [0; 2_048]);
        loop {
            match parse(&self.held) {
                Parsed::Whole(reply, _) => return Ok(reply),
                Parsed::Noise(count) => {
                    self.held.drain(..count);
                    continue;
                }
                Parsed::More => {}
            }
            if silences > SILENCES || self.held.len() > 2 * LONGEST {
                return Err(Error::new(ErrorKind::TimedOut, "the ID-card reader does not answer"));
            }
            let count = read_some(&mut self.file, &mut buffer)?;
            silences += u32::from(count == 0);
            self.held.extend_from_slice(&buffer[..count]);
        }
    }

    /// The card that lies there; nothing if there is none or it cannot be read.
    fn card(&mut self) -> Result<Option<Card>> {
        if self.ask(Request::Find)?.status != 0x9f || self.ask(Request::Select)?.status != 0x90 {
            return Ok(None);
        }
        let reply = self.ask(Request::Read)?;
        Ok((reply.status == 0x90).then(|| Card::decode(&reply.data)).flatten())
    }
}

/// Whether a reader answers on that line.
pub fn probe(line: &Line) -> Result<()> {
    Reader { file: line.open()?, held: Vec::new() }.ask(Request::Find).map(drop)
}

/// Asks for cards until the line breaks or is told to stop. A card that stays where it is counts once.
pub(crate) fn read(
    line: &Line,
    stopped: &AtomicBool,
    code: &mut impl FnMut(String),
    state: &mut impl FnMut(DeviceState),
) -> Result<()> {
    let mut reader = Reader { file: line.open()?, held: Vec::new() };
    let (mut lies, mut ready) = (None, false);
    while !stopped.load(Ordering::Relaxed) {
        let card = reader.card()?;
        if !ready {
            state(DeviceState::Ready);
            ready = true;
        }
        let number = card.map(|card| card.number);
        if let Some(number) = number.clone().filter(|_| number != lies) {
            code(number);
        }
        lies = number;
        wait(stopped, ASK);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_are_those_of_the_published_protocol() {
        let hex = |request: Request| hex::encode(request.frame());
        assert_eq!(hex(Request::Find), "aaaaaa96690003200122");
        assert_eq!(hex(Request::Select), "aaaaaa96690003200221");
        assert_eq!(hex(Request::Read), "aaaaaa96690003300132");
    }

    #[test]
    fn answers_are_found_in_noise_and_a_wrong_check_is_none() {
        let found = frame(&[0x00, 0x00, 0x9f, 0, 0, 0, 0]);
        assert_eq!(hex::encode(&found), "aaaaaa9669000800009f0000000097");
        let reply = Reply { status: 0x9f, data: vec![0; 4] };
        assert_eq!(parse(&found), Parsed::Whole(reply.clone(), found.len()));
        let noisy = [&[0x00, 0xaa, 0xaa][..], &found].concat();
        assert_eq!(parse(&noisy), Parsed::Whole(reply, noisy.len()));
        for end in 0..found.len() {
            assert_eq!(parse(&found[..end]), Parsed::More, "{end}");
        }
        let mut broken = found.clone();
        broken[9] ^= 1;
        assert_eq!(parse(&broken), Parsed::Noise(5));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut rest = bytes.as_slice();
            while let Parsed::Noise(count) | Parsed::Whole(_, count) = parse(rest) {
                prop_assert!(count > 0 && count <= rest.len());
                rest = &rest[count..];
            }
            let _ = Card::decode(&bytes);
        }
    }
}
