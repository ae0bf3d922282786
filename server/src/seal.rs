//! Numbers that the state or a bank gave are sealed: the database alone does not show them.
//!
//! A sealed value is a key version, a nonce and XChaCha20-Poly1305 over the text, bound to its table, column and row,
//! so that nobody can move one to another person's row. Equal numbers are found by a keyed digest. The keys are in a
//! file outside the database; the database keeps a check value, so that a wrong file is found at the start.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use domain::credential::keyed_digest;
use domain::id::{Digest, Entropy, TerminalId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;

type Key = Zeroizing<[u8; 32]>;
const NONCE: usize = 24;

/// Where a sealed value belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table.
    pub table: &'a str,
    /// Column.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}/{}/{}", self.table, self.column, self.row).into_bytes()
    }
}

/// The server's keys.
pub struct Keys {
    current: u8,
    sealing: BTreeMap<u8, Key>,
    digest: Key,
    terminals: Key,
}

/// The file: keys as 64 hex digits. Sealing keys carry a version; new values are sealed with `current`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u16,
    current: u8,
    sealing: BTreeMap<u8, Zeroizing<String>>,
    digest: Zeroizing<String>,
    terminals: Zeroizing<String>,
}

impl Keys {
    /// New keys.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let key = || {
            let mut key = Key::default();
            entropy.fill(key.as_mut_slice());
            key
        };
        Self { current: 1, sealing: BTreeMap::from([(1, key())]), digest: key(), terminals: key() }
    }

    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let fail = |reason: String| Error::Startup(format!("key file {}: {reason}", path.display()));
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| fail(e.to_string()))?);
        Self::from_text(&text).map_err(fail)
    }

    /// Reads what stands in the file; says what is wrong with it.
    pub(crate) fn from_text(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|e| format!("line {}: not readable", e.line()))?;
        if file.format != 1 || !file.sealing.contains_key(&file.current) {
            return Err("unknown format, or no current key".to_owned());
        }
        let key = |hex: &str| -> Result<Key, String> {
            let mut key = Key::default();
            hex::decode_to_slice(hex, key.as_mut_slice()).map_err(|_| "a key has 64 hex digits".to_owned())?;
            Ok(key)
        };
        let sealing = file.sealing.iter().map(|(version, hex)| Ok((*version, key(hex)?)));
        Ok(Self {
            current: file.current,
            sealing: sealing.collect::<Result<_, String>>()?,
            digest: key(&file.digest)?,
            terminals: key(&file.terminals)?,
        })
    }

    /// What stands in the file.
    pub(crate) fn to_text(&self) -> Result<Zeroizing<String>, Error> {
        let hex = |key: &Key| Zeroizing::new(hex::encode(key.as_slice()));
        let file = File {
            format: 1,
            current: self.current,
            sealing: self.sealing.iter().map(|(version, key)| (*version, hex(key))).collect(),
            digest: hex(&self.digest),
            terminals: hex(&self.terminals),
        };
        serde_json::to_string_pretty(&file).map(Zeroizing::new).map_err(|e| Error::Startup(e.to_string()))
    }

    /// Writes a new file, readable by its owner only. An existing file is never overwritten.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let fail = |e: std::io::Error| Error::Startup(format!("key file {}: {e}", path.display()));
        let text = self.to_text()?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(fail)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
    }

    /// A value by which these keys are known again; it tells nothing about them. `server_epoch` names the database.
    #[must_use]
    pub fn check_value(&self, server_epoch: &str) -> String {
        let parts: Vec<&[u8]> = [self.digest.as_slice(), self.terminals.as_slice(), server_epoch.as_bytes()]
            .into_iter()
            .chain(self.sealing.get(&1).map(|key| key.as_slice()))
            .collect();
        Digest::of("zhucan.keys.1", &parts).to_string()
    }

    /// Seals a text for one place.
    #[must_use]
    pub fn seal(&self, place: Place<'_>, text: &str, entropy: &dyn Entropy) -> Vec<u8> {
        self.seal_bytes(place, text.as_bytes(), entropy)
    }

    /// Seals bytes for one place.
    #[must_use]
    pub fn seal_bytes(&self, place: Place<'_>, bytes: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let key = &self.sealing[&self.current];
        let payload = Payload { msg: bytes, aad: &place.bytes() };
        let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.unwrap_or_else(|_| unreachable!("what fits into memory can be sealed"));
        [&[self.current][..], &nonce, &sealed].concat()
    }

    /// Opens what was sealed for that place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<String>, Error> {
        let text = self.open_bytes(place, sealed)?;
        let text = std::str::from_utf8(&text).map_err(|_| unsealable(place))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Opens bytes that were sealed for that place.
    pub fn open_bytes(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fail = || unsealable(place);
        let (version, rest) = sealed.split_first().ok_or_else(fail)?;
        let key = self.sealing.get(version).ok_or_else(fail)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(fail)?;
        let payload = Payload { msg: text, aad: &place.bytes() };
        cipher(key).decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| fail())
    }

    /// The key of the server's own digests, for [`domain::credential::Scan::digest`].
    #[must_use]
    pub fn digest_key(&self) -> &[u8; 32] {
        &self.digest
    }

    /// A digest under the server's key: equal values of one tag have equal digests.
    #[must_use]
    pub fn digest(&self, tag: &str, value: &str) -> Digest {
        keyed_digest(&self.digest, tag, value)
    }

    /// The key of one terminal's digests: a stolen terminal's key tells nothing about another's.
    #[must_use]
    pub fn terminal_digest_key(&self, terminal: TerminalId) -> Key {
        let mut key = Key::default();
        let hkdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(b"zhucan.terminal-digest.1"), self.terminals.as_slice());
        hkdf.expand(terminal.uuid().as_bytes(), key.as_mut_slice())
            .unwrap_or_else(|_| unreachable!("HKDF-SHA256 gives 32 bytes"));
        key
    }
}

fn unsealable(place: Place<'_>) -> Error {
    Error::Corrupt(format!("{}.{} cannot be unsealed", place.table, place.column))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&chacha20poly1305::Key::from(**key))
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::calendar::UnixMs;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill_with(|| self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn entropy() -> Counting {
        Counting(3.into())
    }

    fn place(table: &str, row: u128) -> Place<'_> {
        Place { table, column: "number", row: Uuid::from_u128(row) }
    }

    #[test]
    fn a_sealed_value_opens_only_where_it_belongs() {
        let entropy = entropy();
        let keys = Keys::generate(&entropy);
        let sealed = keys.seal(place("cards", 1), "910123", &entropy);
        assert!(!sealed.windows(6).any(|w| w == b"910123"));
        assert_eq!(keys.open(place("cards", 1), &sealed).unwrap().as_str(), "910123");
        assert_ne!(sealed, keys.seal(place("cards", 1), "910123", &entropy), "a new nonce each time");
        assert!(keys.open(place("cards", 2), &sealed).is_err());
        assert!(keys.open(place("elders", 1), &sealed).is_err());
        for at in 0..sealed.len() {
            let mut torn = sealed.clone();
            torn[at] ^= 1;
            assert!(keys.open(place("cards", 1), &torn).is_err(), "byte {at}");
            assert!(keys.open(place("cards", 1), &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_file_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let keys = Keys::generate(&entropy());
        keys.save(&path).unwrap();
        assert!(keys.save(&path).is_err());
        let again = Keys::load(&path).unwrap();
        assert_eq!(again.check_value("e"), keys.check_value("e"));
        assert_ne!(again.check_value("e"), keys.check_value("f"));
        let sealed = keys.seal(place("cards", 1), "文字", &entropy());
        assert_eq!(again.open(place("cards", 1), &sealed).unwrap().as_str(), "文字");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "{}").unwrap();
        assert!(matches!(Keys::load(&path), Err(Error::Startup(_))));
    }

    #[test]
    fn each_terminal_has_its_own_digest_key() {
        let keys = Keys::generate(&entropy());
        let id = |ms| TerminalId::generate(UnixMs::new(ms), &entropy());
        assert_eq!(keys.terminal_digest_key(id(1)), keys.terminal_digest_key(id(1)));
        assert_ne!(keys.terminal_digest_key(id(1)), keys.terminal_digest_key(id(2)));
    }
}
