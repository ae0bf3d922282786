//! Names of things: 16-byte identifiers that say what they name, and the digest type that names content.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::calendar::UnixMs;

/// Where random bytes come from. Made once, where the program is put together; tests bring a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier with these 16 bytes.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// A new identifier (UUIDv7): sorts by the time it was made, to the millisecond.
            #[must_use]
            pub fn generate(now: UnixMs, entropy: &dyn Entropy) -> Self {
                let mut random = [0_u8; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(now.get()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::schema::id(concat!($($doc),*))
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// An elder, by a pseudonym: it stands on records in place of any number the state gave.
    ElderId;
    /// A canteen.
    CanteenId;
    /// A terminal's enrolment: one key, one canteen.
    TerminalId;
    /// A record; made by the terminal, it is the idempotency key from then on.
    RecordId;
    /// A member of staff who serves at a till.
    CashierId;
    /// Meals that one person took along in one go.
    CollectionId;
    /// A paper list of meals that were served while a till was out of order.
    PaperListId;
    /// Money due back to an elder, in the office's list.
    RefundId;
    /// A member of staff at the office.
    UserId;
    /// One span of a computer's running; monotonic times compare only inside one.
    BootId;
    /// A cashier's turn at the till, from float to Z report.
    ShiftId;
    /// A finding of the reconciliation.
    FindingId;
    /// An objection to a statement.
    ObjectionId;
    /// A canteen's statement for a month.
    StatementId;
}

/// SHA-256 of something, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest before the first one of a chain.
    pub const ZERO: Self = Self([0; 32]);

    /// Hashes `parts` behind a tag that names what is hashed, so that a digest of one kind is never one of another.
    /// Each part is preceded by its length, so that moving a byte between parts changes the digest.
    #[must_use]
    pub fn of(tag: &str, parts: &[&[u8]]) -> Self {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        for part in std::iter::once(tag.as_bytes()).chain(parts.iter().copied()) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The first twelve hex digits in groups of four, for people.
    #[must_use]
    pub fn short(&self) -> String {
        let hex = hex::encode(&self.0[..6]);
        format!("{} {} {}", &hex[..4], &hex[4..8], &hex[8..])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
