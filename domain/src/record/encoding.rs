//! Bytes, hash, signature and chain.
//!
//! The encoding is JSON with the fields in the order of the types, no white space and integers only. It is strict:
//! a text is a record only if encoding what was read gives the same bytes again, so one record has one byte string.

use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::{FORMAT, Record};
use crate::id::Digest;

/// Names what is hashed.
const TAG: &str = "zhucan.record.1";
/// A record is never larger than this many bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A record's bytes with the terminal's signature over their hash. This is what is stored and sent; the text of the
/// record travels as a JSON string, so that nobody re-serialises it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedRecord {
    /// The encoded record.
    pub record: String,
    /// 128 hex digits.
    pub signature: SignatureHex,
}

/// An Ed25519 signature, as 128 lower-case hex digits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureHex(pub [u8; 64]);

impl FromStr for SignatureHex {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Display for SignatureHex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
crate::calendar::serde_as_text!(SignatureHex);

/// Why bytes are not a record, or not one of this terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too many bytes.
    #[error("a record of {0} bytes; at most {MAX_BYTES}")]
    TooLarge(usize),
    /// Not JSON of a known shape.
    #[error("not a record: {0}")]
    Malformed(String),
    /// Reads as a record, but its one encoding is another.
    #[error("not in the one encoding of its content")]
    NotCanonical,
    /// An amount, a count or an instant that no canteen can have: sums with it would not be safe.
    #[error("out of range: {0}")]
    OutOfRange(String),
    /// A format of a later program.
    #[error("format {0} is not known to this program")]
    UnknownFormat(u16),
    /// The signature does not fit hash and key.
    #[error("the signature does not fit")]
    Signature,
}

impl SignatureHex {
    /// Whether the key made the signature over a record with this hash.
    pub fn verify(&self, hash: &Digest, key: &VerifyingKey) -> Result<(), RecordError> {
        key.verify_strict(&hash.0, &Signature::from_bytes(&self.0)).map_err(|_| RecordError::Signature)
    }
}

/// The hash of a record's bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> Digest {
    Digest::of(TAG, &[bytes])
}

/// The record's one encoding.
///
/// # Panics
/// Never: every field has a JSON form.
#[must_use]
pub fn encode(record: &Record) -> String {
    serde_json::to_string(record).unwrap_or_else(|e| unreachable!("a record has a JSON form: {e}"))
}

/// Reads a record, strictly.
pub fn decode(text: &str) -> Result<Record, RecordError> {
    if text.len() > MAX_BYTES {
        return Err(RecordError::TooLarge(text.len()));
    }
    let record: Record = serde_json::from_str(text).map_err(|e| RecordError::Malformed(e.to_string()))?;
    if record.format != FORMAT {
        return Err(RecordError::UnknownFormat(record.format));
    }
    if encode(&record) != text {
        return Err(RecordError::NotCanonical);
    }
    super::bounds::check(&record).map_err(|field| RecordError::OutOfRange(field.to_owned()))?;
    Ok(record)
}

/// Reads a record that was read strictly before it was stored: without asking again whether this is its one encoding.
/// Whoever verifies what is stored asks ([`decode`]).
pub fn read_stored(text: &str) -> Result<Record, RecordError> {
    let record: Record = serde_json::from_str(text).map_err(|e| RecordError::Malformed(e.to_string()))?;
    if record.format != FORMAT {
        return Err(RecordError::UnknownFormat(record.format));
    }
    super::bounds::check(&record).map_err(|field| RecordError::OutOfRange(field.to_owned()))?;
    Ok(record)
}

impl SignedRecord {
    /// Encodes and signs.
    #[must_use]
    pub fn seal(record: &Record, key: &SigningKey) -> Self {
        let record = encode(record);
        let signature = SignatureHex(key.sign(&hash(record.as_bytes()).0).to_bytes());
        Self { record, signature }
    }

    /// The hash that the next record of the chain names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        hash(self.record.as_bytes())
    }

    /// Whether the key made the signature over these bytes.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), RecordError> {
        self.signature.verify(&self.hash(), key)
    }
}
