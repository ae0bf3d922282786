//! The key file: the terminal's private key, the key that seals columns, and what enrolment gave it.
//!
//! It lies beside the database and not in it, readable by its owner alone, so that a copied database tells nothing
//! about elders. It is written whole, to a new file that then takes the old one's place.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::id::{CanteenId, Digest, Entropy, TerminalId};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The file's name inside the data directory.
pub const KEY_FILE: &str = "terminal.key";
/// No key file is larger than this many bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not a key file of this program.
    #[error("{path}: not a key file: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the file's content.
        reason: &'static str,
    },
    /// Others than its owner may read it.
    #[error("{path}: others may read it (mode {mode:o})")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// 32 secret bytes that are wiped when dropped and never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// New unpredictable bytes.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads 64 hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What enrolment gave the terminal.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// Its canteen.
    pub canteen: CanteenId,
    /// The key of its card digests.
    pub digest_key: Secret,
}

/// All keys of a terminal.
#[derive(Clone, Debug)]
pub struct Keys {
    signing: Secret,
    sealing: Secret,
    /// What enrolment gave it; nothing before.
    pub identity: Option<Identity>,
}

/// The file's content; hex text throughout.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u16,
    signing_key: String,
    sealing_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<WrittenIdentity>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct WrittenIdentity {
    terminal: String,
    canteen: String,
    digest_key: String,
}

impl Keys {
    /// New keys, not yet enrolled.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self { signing: Secret::generate(entropy), sealing: Secret::generate(entropy), identity: None }
    }

    /// The key that signs records and requests.
    #[must_use]
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(self.signing.expose())
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> Digest {
        Digest(self.signing().verifying_key().to_bytes())
    }

    /// The key that seals columns.
    #[must_use]
    pub const fn sealing(&self) -> &Secret {
        &self.sealing
    }

    /// What people compare when a terminal is enrolled: the public key's digest in groups of four.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        domain::sync::fingerprint(&self.public())
    }

    /// Reads a key file's text. Hostile text is refused without repeating any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let written: Written = serde_json::from_str(text).map_err(|_| "not JSON of the known shape")?;
        if written.format != 1 {
            return Err("a format of another program version");
        }
        let secret = |hex: &str| Secret::from_hex(hex).ok_or("a key is not 64 hex digits");
        let identity = written.identity.as_ref().map(|identity| -> Result<Identity, &'static str> {
            Ok(Identity {
                terminal: identity.terminal.parse().map_err(|_| "the terminal's id is none")?,
                canteen: identity.canteen.parse().map_err(|_| "the canteen's id is none")?,
                digest_key: secret(&identity.digest_key)?,
            })
        });
        Ok(Self {
            signing: secret(&written.signing_key)?,
            sealing: secret(&written.sealing_key)?,
            identity: identity.transpose()?,
        })
    }

    /// The text of the key file.
    ///
    /// # Panics
    /// Never: text has a JSON form.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let hex = |secret: &Secret| hex::encode(secret.expose());
        let written = Written {
            format: 1,
            signing_key: hex(&self.signing),
            sealing_key: hex(&self.sealing),
            identity: self.identity.as_ref().map(|identity| WrittenIdentity {
                terminal: identity.terminal.to_string(),
                canteen: identity.canteen.to_string(),
                digest_key: hex(&identity.digest_key),
            }),
        };
        let text = serde_json::to_string_pretty(&written);
        Zeroizing::new(text.unwrap_or_else(|e| unreachable!("text has a JSON form: {e}")))
    }

    /// Reads the key file of a data directory; nothing when there is none.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, KeyFileError> {
        let path = data_dir.join(KEY_FILE);
        let fail = |source| KeyFileError::Io { path: path.clone(), source };
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        check_mode(&path, &metadata)?;
        if metadata.len() > MAX_BYTES {
            return Err(KeyFileError::Malformed { path, reason: "too large" });
        }
        let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(fail)?);
        Self::parse(&text).map(Some).map_err(|reason| KeyFileError::Malformed { path, reason })
    }

    /// Writes the key file: durable when this returns.
    pub fn save(&self, data_dir: &Path) -> Result<(), KeyFileError> {
        let path = data_dir.join(KEY_FILE);
        let fresh = data_dir.join(format!("{KEY_FILE}.new"));
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyFileError::Io { path, source }
        };
        std::fs::create_dir_all(data_dir).map_err(fail(data_dir))?;
        let mut file = private_file(&fresh).map_err(fail(&fresh))?;
        file.write_all(self.to_text().as_bytes()).map_err(fail(&fresh))?;
        file.sync_all().map_err(fail(&fresh))?;
        std::fs::rename(&fresh, &path).map_err(fail(&path))?;
        sync_dir(data_dir).map_err(fail(data_dir))
    }
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 { Ok(()) } else { Err(KeyFileError::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &std::fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(unix)]
fn sync_dir(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::SeededEntropy;
    use proptest::prelude::*;

    fn enrolled() -> Keys {
        let entropy = SeededEntropy::new(7);
        let now = domain::calendar::UnixMs::new(1_774_000_000_000);
        let identity = Identity {
            terminal: TerminalId::generate(now, &entropy),
            canteen: CanteenId::generate(now, &entropy),
            digest_key: Secret::generate(&entropy),
        };
        Keys { identity: Some(identity), ..Keys::generate(&entropy) }
    }

    #[test]
    fn keys_are_read_back_as_written_and_only_by_their_owner() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Keys::load(dir.path()).unwrap().is_none());
        let keys = enrolled();
        keys.save(dir.path()).unwrap();
        keys.save(dir.path()).unwrap();
        let read = Keys::load(dir.path()).unwrap().unwrap();
        assert_eq!(read.public(), keys.public());
        assert_eq!(*read.to_text(), *keys.to_text());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = dir.path().join(KEY_FILE);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Keys::load(dir.path()), Err(KeyFileError::Open { mode: 0o644, .. })));
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let keys = enrolled();
        let shown = format!("{keys:?}");
        assert!(!shown.contains(&hex::encode(keys.sealing.expose())), "{shown}");
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let text = enrolled().to_text();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert!(Keys::parse(&text[..end]).is_err(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC*|\\{\"format\":1,\"signing_key\":\"[0-9a-g]{60,66}\",\"sealing_key\":\"\"\\}") {
            let _ = Keys::parse(&text);
        }
    }
}
