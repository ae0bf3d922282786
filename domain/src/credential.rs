//! What a scanner, a reader or a hand typed at the till, and its keyed digest.

use hmac::{KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};

use crate::id::{Digest, Entropy};
use crate::resident_id::{ResidentId, ResidentIdError};

/// A printed card's number: 24 digits, `9` (elder's card), `1` (version), 20 random, 2 check. It means nothing by
/// itself. Digits only, so that no input method or caps lock can break it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CardNumber(String);

const CARD_PREFIX: &str = "91";
const CARD_DIGITS: usize = 24;
/// A chip's number has at most so many decimal digits: what begins as a card and is longer is a card that was cut.
const CHIP_DIGITS: usize = 10;
/// Ends what a scanner gave of a code of which the rest never came. It names nobody, whatever it looks like.
pub const CUT_OFF: char = '…';

impl CardNumber {
    /// A new number.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut number = CARD_PREFIX.to_owned();
        while number.len() < CARD_DIGITS - 2 {
            let mut byte = [0];
            entropy.fill(&mut byte);
            // 250 is the largest multiple of ten in a byte: every digit stays equally likely.
            if byte[0] < 250 {
                number.push(char::from(b'0' + byte[0] % 10));
            }
        }
        let check = 98 - mod97(&format!("{number}00"));
        Self(format!("{number}{check:02}"))
    }

    /// Reads 24 digits with a fitting check.
    pub fn parse(text: &str) -> Result<Self, ScanError> {
        let shape = text.len() == CARD_DIGITS && text.starts_with(CARD_PREFIX) && all_digits(text);
        if !shape {
            return Err(ScanError::Unknown);
        }
        if mod97(text) == 1 { Ok(Self(text.to_owned())) } else { Err(ScanError::CardCheck) }
    }

    /// The 24 digits; only for printing the card, sealing and digests.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four digits, for people.
    #[must_use]
    pub fn tail(&self) -> &str {
        &self.0[CARD_DIGITS - 4..]
    }
}

impl std::fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardNumber(…{})", self.tail())
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn mod97(digits: &str) -> u32 {
    digits.bytes().fold(0, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97)
}

/// The number in a physical card's chip: a love card, a social security card, an IC card. Four to ten bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChipNumber(String);

impl ChipNumber {
    /// Reads the number as it is stored: 8 to 20 lower-case hex digits, two a byte, the chip's first byte first.
    pub fn parse(text: &str) -> Result<Self, ScanError> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let whole = text.len().is_multiple_of(2) && (8..=20).contains(&text.len());
        // A reader that failed sends nothing but zeros, or nothing but ones.
        let blank = text.bytes().all(|b| b == b'0') || text.bytes().all(|b| b == b'f');
        if hex && whole && !blank { Ok(Self(text.to_owned())) } else { Err(ScanError::Unknown) }
    }

    /// The number; only for sealing and digests.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four hex digits, for people.
    #[must_use]
    pub fn tail(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

impl std::fmt::Debug for ChipNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChipNumber(…{})", self.tail())
    }
}

/// How a card reader that types like a keyboard writes a chip's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReaderFormat {
    /// In which digits.
    pub digits: ReaderDigits,
    /// Whether the chip's last byte is written first.
    #[serde(default)]
    pub reversed: bool,
}

/// The digits of [`ReaderFormat`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReaderDigits {
    /// Two hex digits a byte, upper or lower case.
    Hex,
    /// One decimal number of four bytes, with or without zeros before it, at most 10 digits.
    Decimal,
}

impl ReaderFormat {
    /// The chip's number in what the reader wrote.
    pub fn read(self, text: &str) -> Result<ChipNumber, ScanError> {
        let text = text.trim();
        let mut bytes = match self.digits {
            ReaderDigits::Hex => hex::decode(text).map_err(|_| ScanError::Unknown)?,
            ReaderDigits::Decimal if text.len() <= 10 && all_digits(text) => {
                text.parse::<u32>().map_err(|_| ScanError::Unknown)?.to_be_bytes().to_vec()
            }
            ReaderDigits::Decimal => return Err(ScanError::Unknown),
        };
        if self.reversed {
            bytes.reverse();
        }
        ChipNumber::parse(&hex::encode(bytes))
    }
}

/// Something that can name an elder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A printed card.
    Card(CardNumber),
    /// A physical card.
    Chip(ChipNumber),
    /// A resident identity number.
    ResidentId(ResidentId),
}

/// Why a scan can name nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Nothing was scanned.
    #[error("nothing was scanned")]
    Empty,
    /// A card's number with a digit wrong.
    #[error("the card was read badly: scan it again")]
    CardCheck,
    /// Looks like a resident ID, but is none.
    #[error(transparent)]
    ResidentId(ResidentIdError),
    /// A payment app's code, held under the wrong scanner.
    #[error("this is a payment code, not an elder's card")]
    PaymentCode,
    /// None of what is known here.
    #[error("not a card of this programme")]
    Unknown,
}

impl Scan {
    /// As [`Scan::read`]; what is nothing else may be a chip's number as this terminal's reader writes it.
    pub fn read_with(text: &str, reader: Option<ReaderFormat>) -> Result<Self, ScanError> {
        match (Self::read(text), reader) {
            (Err(ScanError::Unknown), Some(reader)) => reader.read(text).map(Self::Chip),
            (read, _) => read,
        }
    }

    /// Whether a scanner that stopped here may still have a rest to give: digits that begin a card's number or a resident
    /// ID, and are fewer. Fifteen too: an old ID has so many, but no scanner gives one.
    #[must_use]
    pub fn is_part(text: &str) -> bool {
        let card = text.starts_with(CARD_PREFIX) && text.len() < CARD_DIGITS;
        all_digits(text) && !is_payment_code(text) && (card || (15..18).contains(&text.len()))
    }

    /// Tells what was scanned. Resident IDs come first, since valid ones begin with 11 to 15 as payment codes do.
    pub fn read(text: &str) -> Result<Self, ScanError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ScanError::Empty);
        }
        if text.ends_with(CUT_OFF) {
            return Err(ScanError::CardCheck);
        }
        if text.starts_with(CARD_PREFIX) && text.len() == CARD_DIGITS {
            return CardNumber::parse(text).map(Self::Card);
        }
        if text.starts_with(CARD_PREFIX) && text.len() > CHIP_DIGITS && all_digits(text) {
            return Err(ScanError::CardCheck);
        }
        match ResidentId::parse(text) {
            Ok(id) => Ok(Self::ResidentId(id)),
            Err(_) if is_payment_code(text) => Err(ScanError::PaymentCode),
            Err(ResidentIdError::Malformed) => Err(ScanError::Unknown),
            Err(error) => Err(ScanError::ResidentId(error)),
        }
    }

    /// The digest under a key. Cards, chips and resident IDs never share one.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn digest(&self, key: &[u8; 32]) -> Digest {
        let (tag, number) = match self {
            Self::Card(card) => ("card", card.expose()),
            Self::Chip(chip) => ("chip", chip.expose()),
            Self::ResidentId(id) => ("resident-id", id.expose()),
        };
        keyed_digest(key, tag, number)
    }
}

/// HMAC-SHA256 of `tag`, a zero byte and `value`: equal values under one key and tag have equal digests, and nobody
/// without the key can try values out.
///
/// # Panics
/// Never: HMAC takes keys of any length.
#[must_use]
pub fn keyed_digest(key: &[u8; 32], tag: &str, value: &str) -> Digest {
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key);
    let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(tag.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    Digest(mac.finalize().into_bytes().into())
}

/// The codes that WeChat Pay (18 digits from 10-15), Alipay (16-24 digits from 25-30) and UnionPay (19 digits from 62)
/// show for paying.
fn is_payment_code(text: &str) -> bool {
    let starts = |low: &str, high: &str| text.get(..2).is_some_and(|two| (low..=high).contains(&two));
    all_digits(text)
        && match text.len() {
            18 if starts("10", "15") => true,
            19 if starts("62", "62") => true,
            16..=24 => starts("25", "30"),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill_with(|| self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn card() -> CardNumber {
        CardNumber::generate(&Counting(5.into()))
    }

    #[test]
    fn a_new_card_reads_back_and_shows_only_its_tail() {
        let card = card();
        assert_eq!(card.expose().len(), 24);
        assert_eq!(Scan::read(&format!(" {}\n", card.expose())), Ok(Scan::Card(card.clone())));
        assert_eq!(format!("{card:?}"), format!("CardNumber(…{})", card.tail()));
    }

    #[test]
    fn what_is_not_ours_is_told_apart() {
        assert_eq!(Scan::read(""), Err(ScanError::Empty));
        assert_eq!(Scan::read("134567890123456789"), Err(ScanError::PaymentCode));
        assert_eq!(Scan::read("2812345678901234567"), Err(ScanError::PaymentCode));
        assert_eq!(Scan::read("6212345678901234567"), Err(ScanError::PaymentCode));
        assert!(matches!(Scan::read("11010519491231002X"), Ok(Scan::ResidentId(_))));
        assert_eq!(Scan::read("440301194912310022"), Err(ScanError::ResidentId(ResidentIdError::CheckDigit)));
        assert_eq!(Scan::read("http://example.com"), Err(ScanError::Unknown));
    }

    #[test]
    fn a_chip_has_one_number_whatever_the_reader_makes_of_it() {
        let chip = ChipNumber::parse("0a1b2c3d").unwrap();
        let read = |digits, reversed, text| ReaderFormat { digits, reversed }.read(text);
        assert_eq!(read(ReaderDigits::Hex, false, "0A1B2C3D"), Ok(chip.clone()));
        assert_eq!(read(ReaderDigits::Hex, true, "3D2C1B0A\n"), Ok(chip.clone()));
        assert_eq!(read(ReaderDigits::Decimal, false, "0169552957"), Ok(chip.clone()));
        assert_eq!(read(ReaderDigits::Decimal, true, "1026300682"), Ok(chip.clone()));
        for bad in ["", "0", "00000000", "FFFFFFFF", "0A1B2C3", "0a1b 2c3d", "零一二三", "12345678901"] {
            for digits in [ReaderDigits::Hex, ReaderDigits::Decimal] {
                assert_eq!(read(digits, false, bad), Err(ScanError::Unknown), "{digits:?} {bad}");
            }
        }
        assert_eq!(read(ReaderDigits::Decimal, false, "4294967296"), Err(ScanError::Unknown), "more than four bytes");
        assert_eq!(format!("{chip:?}"), "ChipNumber(…2c3d)");
    }

    #[test]
    fn only_what_is_nothing_else_is_a_chip() {
        let hex = Some(ReaderFormat { digits: ReaderDigits::Hex, reversed: false });
        assert!(matches!(Scan::read_with("0A1B2C3D", hex), Ok(Scan::Chip(_))));
        assert_eq!(Scan::read_with("0A1B2C3D", None), Err(ScanError::Unknown));
        assert!(matches!(Scan::read_with("11010519491231002X", hex), Ok(Scan::ResidentId(_))));
        assert_eq!(Scan::read_with("2812345678901234567", hex), Err(ScanError::PaymentCode));
        assert_eq!(Scan::read_with("134567890123456789", hex), Err(ScanError::PaymentCode));
    }

    #[test]
    fn what_was_cut_off_is_nobodys() {
        let card = card();
        let hex = Some(ReaderFormat { digits: ReaderDigits::Hex, reversed: false });
        for length in 2..24 {
            let head = &card.expose()[..length];
            assert!(Scan::is_part(head), "{head}");
            let cut = format!("{head}{CUT_OFF}");
            assert_eq!(Scan::read_with(&cut, hex), Err(ScanError::CardCheck), "{cut}");
            if length > 10 {
                assert_eq!(Scan::read_with(head, hex), Err(ScanError::CardCheck), "{head}");
            }
        }
        // The head of a whole ID reads as an old one of another person.
        assert!(Scan::is_part("110105190503120"));
        assert!(Scan::read("110105190503120").is_ok());
        assert_eq!(Scan::read("110105190503120…"), Err(ScanError::CardCheck));
        for whole in
            [card.expose(), "11010519491231002X", "134567890123456789", "2812345678901234", "0169552957", "911A"]
        {
            assert!(!Scan::is_part(whole), "{whole}");
        }
    }

    #[test]
    fn digests_depend_on_the_key() {
        let scan = Scan::Card(card());
        assert_eq!(scan.digest(&[1; 32]), scan.digest(&[1; 32]));
        assert_ne!(scan.digest(&[1; 32]), scan.digest(&[2; 32]));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC*|[0-9]{15,24}") {
            for digits in [ReaderDigits::Hex, ReaderDigits::Decimal] {
                let _ = Scan::read_with(&text, Some(ReaderFormat { digits, reversed: true }));
            }
            let _ = Scan::read_with(&text, None);
        }

        #[test]
        fn a_digit_read_wrong_is_found(at in 2_usize..24, by in 1_u8..10) {
            let mut digits = card().expose().as_bytes().to_vec();
            digits[at] = (digits[at] - b'0' + by) % 10 + b'0';
            prop_assert_eq!(Scan::read(std::str::from_utf8(&digits).unwrap()), Err(ScanError::CardCheck));
        }
    }
}
