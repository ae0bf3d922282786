//! Sealed columns: whoever copies the database without the key file learns nothing from them, and a row moved to
//! another place no longer opens.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::id::Entropy;

use crate::keys::Secret;

const NONCE: usize = 24;

/// Seals and opens column values.
#[derive(Clone)]
pub(crate) struct Sealer {
    cipher: Arc<XChaCha20Poly1305>,
    entropy: Arc<dyn Entropy>,
}

/// A sealed value that does not open: another key, another place, or damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: the key file belongs to another database, or the database is damaged")]
pub struct SealError;

impl Sealer {
    pub(crate) fn new(key: &Secret, entropy: Arc<dyn Entropy>) -> Self {
        Self { cipher: Arc::new(XChaCha20Poly1305::new(key.expose().into())), entropy }
    }

    /// Seals `value` for one place: a table's name and the row's key.
    ///
    /// # Panics
    /// Never: the values are far smaller than the cipher's limit.
    pub(crate) fn seal(&self, table: &str, row: &[u8], value: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let place = place(table, row);
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), Payload { msg: value, aad: &place });
        let sealed = sealed.unwrap_or_else(|_| unreachable!("a column is smaller than 256 GiB"));
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for that place.
    pub(crate) fn open(&self, table: &str, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(SealError)?;
        let place = place(table, row);
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &place }).map_err(|_| SealError)
    }
}

fn place(table: &str, row: &[u8]) -> Vec<u8> {
    [table.as_bytes(), b"\0", row].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::SeededEntropy;

    #[test]
    fn a_value_opens_only_in_its_place_and_whole() {
        let entropy = Arc::new(SeededEntropy::new(1));
        let sealer = Sealer::new(&Secret::generate(&*entropy), entropy.clone());
        let other = Sealer::new(&Secret::generate(&*entropy), entropy);
        let name = sealer.seal("roster", &[1; 16], "张*国".as_bytes());
        assert_eq!(sealer.open("roster", &[1; 16], &name).unwrap(), "张*国".as_bytes());
        assert_eq!(sealer.open("roster", &[2; 16], &name), Err(SealError));
        assert_eq!(sealer.open("usage", &[1; 16], &name), Err(SealError));
        assert_eq!(other.open("roster", &[1; 16], &name), Err(SealError));
        for cut in 0..name.len() {
            assert_eq!(sealer.open("roster", &[1; 16], &name[..cut]), Err(SealError));
        }
        assert_ne!(name, sealer.seal("roster", &[1; 16], "张*国".as_bytes()), "never twice the same nonce");
    }
}
