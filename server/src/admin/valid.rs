//! What may be written on forms.

use std::collections::BTreeSet;

use domain::canteen::Standing;
use domain::elder::ElderFactKind;
use domain::money::Fen;
use domain::sync::OfflineLimits;

use crate::Error;
use crate::words::{Code, register};

fn require(holds: bool, words: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::refused(Code::Invalid, words)) }
}

/// Characters that are seen where they stand: no controls, nothing that turns the direction of writing.
fn printable(text: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !text.chars().any(hidden)
}

/// A name without the spaces around it.
pub(crate) fn name(text: &str) -> Result<String, Error> {
    let text = text.trim();
    require((1..=60).contains(&text.chars().count()) && printable(text), register::NAME)?;
    Ok(text.to_owned())
}

/// A text that may be empty.
pub(crate) fn text(text: &str) -> Result<String, Error> {
    let text = text.trim();
    require(text.chars().count() <= 200 && printable(text), register::TEXT)?;
    Ok(text.to_owned())
}

/// A telephone number.
pub(super) fn phone(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let known = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    require(known && (5..=20).contains(&digits), register::PHONE)?;
    Ok(text.to_owned())
}

/// A bank account, without the spaces people write into it.
pub(crate) fn account(text: &str) -> Result<String, Error> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
    require(all_digits && (8..=30).contains(&digits.len()), register::ACCOUNT)?;
    Ok(digits)
}

/// A unified social credit code (GB 32100): 17 characters and a check character, modulo 31 with weights of 3^i.
pub(crate) fn credit_code(text: &str) -> Result<String, Error> {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let code = text.trim().to_ascii_uppercase();
    let values: Option<Vec<usize>> = code.bytes().map(|b| ALPHABET.iter().position(|a| *a == b)).collect();
    let holds = values.filter(|values| values.len() == 18).is_some_and(|values| {
        let (sum, _) = values[..17].iter().fold((0, 1), |(sum, weight), v| (sum + v * weight, weight * 3 % 31));
        (31 - sum % 31) % 31 == values[17]
    });
    require(holds, register::CREDIT_CODE)?;
    Ok(code)
}

/// A list price, fen.
pub(crate) fn price(price: Fen) -> Result<(), Error> {
    require(price > Fen::ZERO && price <= Fen::new(100_000), register::PRICE)
}

/// A cashier's PIN.
pub(super) fn pin(pin: &str) -> Result<(), Error> {
    require((4..=12).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit()), register::PIN)
}

/// A passphrase.
pub(super) fn passphrase(text: &str) -> Result<(), Error> {
    require((10..=200).contains(&text.chars().count()), register::PASSPHRASE)
}

/// A fact of an elder.
pub(super) fn elder_fact(fact: &ElderFactKind) -> Result<(), Error> {
    let ElderFactKind::Category { name, level, .. } = fact else { return Ok(()) };
    let named = (1..=20).contains(&name.chars().count()) && printable(name) && name.trim() == name;
    require(named && level.is_none_or(|level| (1..=9).contains(&level)), register::CATEGORY)
}

/// A canteen's standing.
pub(super) fn standing(standing: &Standing) -> Result<(), Error> {
    let grade = ["A", "B", "C", domain::canteen::UNRATED].contains(&standing.quality_grade.as_str());
    let risk = ["A", "B", "C", "D", domain::canteen::UNRATED].contains(&standing.risk_level.as_str());
    require(grade && risk && standing.stars.is_none_or(|stars| (1..=5).contains(&stars)), register::STANDING)
}

/// How long terminals serve on an old roster: hours to a year, and the hard limit not before the soft one.
pub(super) fn offline(limits: OfflineLimits) -> Result<(), Error> {
    const HOUR: i64 = 60 * 60 * 1000;
    let range = HOUR..=366 * 24 * HOUR;
    let hard = limits.hard_ms.is_none_or(|hard| range.contains(&hard) && hard >= limits.soft_ms);
    require(range.contains(&limits.soft_ms) && hard, register::OFFLINE)
}

/// A canteen's tags.
pub(super) fn tags(tags: &BTreeSet<String>) -> Result<(), Error> {
    let good = |tag: &String| (1..=40).contains(&tag.chars().count()) && printable(tag) && tag.trim() == tag;
    require(tags.iter().all(good), register::TAGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_code_is_checked_by_its_last_character() {
        // The example that GB 32100 prints.
        assert_eq!(credit_code(" 91350100m000100y43 ").unwrap(), "91350100M000100Y43");
        for bad in ["91350100M000100Y44", "91350100M000100Y4", "91350100M0001O0Y43", "", "９１３５０１００M000100Y43"]
        {
            assert!(credit_code(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn forms_take_what_people_write_and_nothing_hidden() {
        assert_eq!(name(" 福田街道长者食堂 ").unwrap(), "福田街道长者食堂");
        assert!(name(" ").is_err() && name("a\u{202e}b").is_err() && name("a\nb").is_err());
        assert_eq!(account("6222 0210-0111 2345").unwrap(), "6222021001112345");
        assert!(account("6222x").is_err());
        assert_eq!(phone("0755-82000000").unwrap(), "0755-82000000");
        assert!(phone("82-0").is_err() && phone("8200000a").is_err());
        assert!(pin("2468").is_ok() && pin("123").is_err() && pin("12a4").is_err());
        assert!(price(Fen::ZERO).is_err() && price(Fen::new(1800)).is_ok());
    }
}
