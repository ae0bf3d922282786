//! One-time codes by time (RFC 6238): six digits, every 30 s, HMAC-SHA-1, as every authenticator app has them.
//!
//! Pure: what step was used last, and where the secret is kept, is the store's business.

use domain::calendar::UnixMs;
use domain::id::Entropy;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use zeroize::Zeroizing;

/// A code is good for so long, s.
const STEP_S: i64 = 30;
/// A clock may be so many steps off, either way.
const DRIFT: i64 = 1;
/// Bytes of a secret.
const SECRET: usize = 20;
/// RFC 4648.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What app and office share.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; SECRET]>);

impl Secret {
    /// A new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; SECRET]);
        entropy.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// As it is typed into an app: 32 letters and digits.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SECRET * 8 / 5));
        for chunk in self.0.chunks(5) {
            let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                text.push(char::from(ALPHABET[(bits >> (place * 5) & 31) as usize]));
            }
        }
        text
    }

    /// Reads what [`Self::base32`] wrote.
    #[must_use]
    pub fn from_base32(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; SECRET]);
        let digits: Option<Vec<u64>> = text
            .bytes()
            .map(|c| ALPHABET.iter().position(|known| *known == c).and_then(|place| u64::try_from(place).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == SECRET * 8 / 5)?;
        for (chunk, eight) in bytes.chunks_mut(5).zip(digits.chunks(8)) {
            let bits = eight.iter().fold(0_u64, |bits, digit| bits << 5 | digit);
            chunk.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        Some(Self(bytes))
    }

    /// What an app reads from a QR code.
    #[must_use]
    pub fn url(&self, issuer: &str, name: &str) -> Zeroizing<String> {
        let (issuer, name) = (encoded(issuer), encoded(name));
        Zeroizing::new(format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", self.base32().as_str()))
    }

    /// The code of a step: six digits.
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.0.as_slice()) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let start = usize::from(hash[19] & 15);
        let four = [hash[start] & 0x7f, hash[start + 1], hash[start + 2], hash[start + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }

    /// The step whose code this is: now or one beside, and after the one that was used last.
    #[must_use]
    pub fn step_of(&self, code: &str, now: UnixMs, used: i64) -> Option<i64> {
        let now = step_at(now);
        (now - DRIFT..=now + DRIFT).filter(|step| *step > used).find(|step| same(&self.code(*step), code))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The step of an instant.
#[must_use]
pub const fn step_at(now: UnixMs) -> i64 {
    now.get().div_euclid(STEP_S * 1000)
}

/// Compares without telling by its time where they differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// Percent-encoded but for what never needs it.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, its SHA-1 rows, the last six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = Secret(Zeroizing::new(*b"12345678901234567890"));
        let rows = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in rows {
            assert_eq!(secret.code(step_at(UnixMs::new(seconds * 1000))), code, "{seconds}");
        }
        assert_eq!(secret.base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let again = Secret::from_base32(&secret.base32()).unwrap();
        assert_eq!(again.0.as_slice(), secret.0.as_slice());
        for bad in [
            "",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ",
            "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
            "1EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        ] {
            assert!(Secret::from_base32(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_good_beside_its_step_and_once() {
        let secret = Secret(Zeroizing::new([7; 20]));
        let now = UnixMs::new(1_000_000_000);
        let step = step_at(now);
        for near in step - 1..=step + 1 {
            assert_eq!(secret.step_of(&secret.code(near), now, 0), Some(near));
            assert_eq!(secret.step_of(&secret.code(near), now, near), None, "used");
        }
        assert_eq!(secret.step_of(&secret.code(step - 2), now, 0), None);
        assert_eq!(secret.step_of(&secret.code(step + 2), now, 0), None);
        assert_eq!(secret.step_of("", now, 0), None);
        assert!(secret.url("助餐", "a b").starts_with("otpauth://totp/%E5%8A%A9%E9%A4%90:a%20b?secret="));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
