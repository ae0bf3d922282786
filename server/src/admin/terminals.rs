//! Enrolment of terminals and its end.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, TerminalId, UserId};

use super::elders::require_canteen;
use crate::store::terminals::{self, CodeRow, TerminalRow};
use crate::words::{self, Code, register};
use crate::{Error, Office};

/// An enrolment code is good for so long, ms.
const CODE_MS: i64 = 10 * 60 * 1000;
/// Digits and letters that are not taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 10;

/// A one-time code that lets one terminal in.
#[derive(Clone, Debug)]
pub struct EnrolmentCode {
    /// As it is read out: two groups of five.
    pub code: String,
    /// Until when it is good, unix ms.
    pub expires: UnixMs,
}

impl Office {
    /// Gives out a one-time code for a canteen.
    pub async fn issue_enrolment_code(&self, canteen: CanteenId, by: Option<UserId>) -> Result<EnrolmentCode, Error> {
        let now = self.now();
        let mut random = [0_u8; CODE_LENGTH];
        self.entropy.fill(&mut random);
        let digits: String = random.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
        let expires = now.plus(CODE_MS);
        let hash = self.code_hash(&digits);
        let row = CodeRow { hash, canteen, issued_at: now, expires_at: expires, issued_by: by, used_by: None };
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    require_canteen(tx, canteen).await?;
                    terminals::add_code(tx, &row).await
                })
            })
            .await?;
        Ok(EnrolmentCode { code: format!("{}-{}", &digits[..5], &digits[5..]), expires })
    }

    /// Lets a terminal in with a code, or knows it again by its key, whatever the code.
    pub async fn enrol(&self, code: &str, public_key: Digest) -> Result<TerminalRow, Error> {
        let now = self.now();
        let hash = self.code_hash(code);
        let id = TerminalId::generate(now, &*self.entropy);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(known) = terminals::by_key(tx, public_key).await? {
                        return match known.revoked_at {
                            None => Ok(known),
                            Some(_) => Err(Error::refused(Code::TerminalRevoked, words::TERMINAL_REVOKED)),
                        };
                    }
                    let wrong = || Error::refused(Code::CodeInvalid, words::CODE_INVALID);
                    let canteen = terminals::good_code(tx, hash, now).await?.ok_or_else(wrong)?;
                    let row = TerminalRow {
                        id,
                        canteen,
                        public_key,
                        enrolled_at: now,
                        revoked_at: None,
                        seen_at: None,
                        software: None,
                        unsent: None,
                    };
                    terminals::add(tx, &row).await?;
                    // Two terminals with one code at the same time: the second finds it used, and nothing is kept.
                    if terminals::use_code(tx, hash, id).await? { Ok(row) } else { Err(wrong()) }
                })
            })
            .await
    }

    /// Takes a terminal out of service; says whether it was in service until now.
    pub async fn revoke_terminal(&self, id: TerminalId) -> Result<bool, Error> {
        let now = self.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if terminals::get(tx, id).await?.is_none() {
                        return Err(Error::refused(Code::TerminalUnknown, register::NO_TERMINAL));
                    }
                    terminals::revoke(tx, id, now).await
                })
            })
            .await
    }

    /// The digest of a code as people type it: in any case, with or without the dash, O for 0 and I or L for 1.
    fn code_hash(&self, code: &str) -> Digest {
        let plain = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let digits: String = code.chars().filter(char::is_ascii_alphanumeric).map(plain).collect();
        self.keys.digest("enrolment-code", &digits)
    }
}
