//! The resident identity number of GB 11643: six digits of region, eight of birth date, three of sequence, one check.

use std::fmt;

use crate::calendar::BusinessDate;

/// A valid 18-digit number. It is never on a record, in a log or in a QR; its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId(String);

/// Why a text is not a resident identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Not 17 digits and a digit or X, nor 15 digits.
    #[error("a resident ID has 18 characters: 17 digits and a digit or X")]
    Malformed,
    /// The first two digits name no province.
    #[error("the first two digits name no province")]
    Province,
    /// Digits 7 to 14 are no date.
    #[error("digits 7 to 14 are not a birth date")]
    BirthDate,
    /// The last character does not fit the others: a digit was mistyped.
    #[error("the check digit does not fit: please read the number again")]
    CheckDigit,
}

/// Province codes of GB/T 2260, with 71, 81, 82, and 83 used on residence permits.
const PROVINCES: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
];

impl ResidentId {
    /// Reads a number as people type it: spaces around it and a lower-case x are accepted, full-width digits too; a
    /// 15-digit number (issued until 1999, births 19xx) is brought to 18.
    pub fn parse(text: &str) -> Result<Self, ResidentIdError> {
        let mut number: String = text.trim().chars().map(narrow).collect();
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if number.len() == 15 && digits(&number) {
            number.insert_str(6, "19");
            number.push(check_digit(&number));
        }
        if number.len() != 18 || !number.is_ascii() || !digits(&number[..17]) {
            return Err(ResidentIdError::Malformed);
        }
        if !PROVINCES.contains(&&number[..2]) {
            return Err(ResidentIdError::Province);
        }
        if birth_of(&number).is_none_or(|date| date.ymd().0 < 1800) {
            return Err(ResidentIdError::BirthDate);
        }
        if !number.ends_with(check_digit(&number[..17])) {
            return Err(ResidentIdError::CheckDigit);
        }
        Ok(Self(number))
    }

    /// The 18 characters; only for sealing and digests.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The birth date in it.
    #[must_use]
    pub fn birth(&self) -> BusinessDate {
        birth_of(&self.0).unwrap_or_else(|| unreachable!("checked when it was read"))
    }

    /// Whether the holder is a woman (even sequence number).
    #[must_use]
    pub fn is_female(&self) -> bool {
        self.0.as_bytes()[16].is_multiple_of(2)
    }
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        'x' | 'ｘ' | 'Ｘ' => 'X',
        other => other,
    }
}

fn birth_of(number: &str) -> Option<BusinessDate> {
    format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]).parse().ok()
}

/// ISO 7064 MOD 11-2 over the first 17 digits.
fn check_digit(digits: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example printed in GB 11643-1999.
    const PRINTED: &str = "11010519491231002X";

    #[test]
    fn the_standards_own_example_is_valid() {
        let id = ResidentId::parse(PRINTED).unwrap();
        assert_eq!(id.birth().to_string(), "1949-12-31");
        assert!(id.is_female());
        assert_eq!(format!("{id:?}"), "ResidentId(…)");
    }

    #[test]
    fn it_is_read_as_people_type_it() {
        for typed in [" 11010519491231002x ", "１１０１０５１９４９１２３１００２Ｘ", "110105491231002"]
        {
            assert_eq!(ResidentId::parse(typed).unwrap().expose(), PRINTED, "{typed}");
        }
    }

    #[test]
    fn every_part_is_checked() {
        assert_eq!(ResidentId::parse("11010519491231002"), Err(ResidentIdError::Malformed));
        assert_eq!(ResidentId::parse("99010519491231002X"), Err(ResidentIdError::Province));
        assert_eq!(ResidentId::parse("11010519490229002X"), Err(ResidentIdError::BirthDate));
        assert_eq!(ResidentId::parse("110105194912310021"), Err(ResidentIdError::CheckDigit));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC*") {
            let _ = ResidentId::parse(&text);
        }

        #[test]
        fn one_wrong_digit_is_always_found(at in 0_usize..17, by in 1_u8..10) {
            let mut typed = PRINTED.as_bytes().to_vec();
            typed[at] = (typed[at] - b'0' + by) % 10 + b'0';
            prop_assert!(ResidentId::parse(std::str::from_utf8(&typed).unwrap()).is_err());
        }
    }
}
