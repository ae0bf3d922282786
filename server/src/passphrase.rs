//! Passphrases and PINs: argon2id, one at a time and on threads of its own, so that a flood of sign-ins neither takes
//! the memory nor stops the tills.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use domain::id::Entropy;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::words::{self, Code};

/// So many may wait; who comes later is told to try again.
const WAITING: usize = 64;

/// Hashes and checks secrets of people.
#[derive(Clone)]
pub struct Hasher {
    turn: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    entropy: Arc<dyn Entropy>,
}

impl Hasher {
    /// One that takes its salts from there.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), waiting: Arc::default(), entropy }
    }

    /// The secret's argon2id hash (PHC string).
    pub async fn hash(&self, secret: &str) -> Result<String, Error> {
        let secret = Zeroizing::new(secret.as_bytes().to_vec());
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let hash = self.run(move || Argon2::default().hash_password_with_salt(&secret, &salt).map(|h| h.to_string()));
        hash.await?.map_err(|e| Error::Internal(format!("argon2: {e}")))
    }

    /// Whether the secret is the one that was hashed. A missing hash costs the same time and is never right.
    pub async fn verify(&self, secret: &str, hash: Option<String>) -> Result<bool, Error> {
        let secret = Zeroizing::new(secret.as_bytes().to_vec());
        self.run(move || {
            let Some(hash) = hash else {
                let _ = Argon2::default().hash_password_with_salt(&secret, b"nobody's salt...");
                return false;
            };
            PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(&secret, &hash).is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Place::take(&self.waiting).ok_or_else(|| Error::refused(Code::Busy, words::BUSY))?;
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let work = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        let result = work.await.map_err(|e| Error::Internal(e.to_string()));
        drop(place);
        result
    }
}

/// A place in the queue, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(waiting));
        (waiting.fetch_add(1, Ordering::Relaxed) < WAITING).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same;
    impl Entropy for Same {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    #[tokio::test]
    async fn only_the_right_secret_fits() {
        let hasher = Hasher::new(Arc::new(Same));
        let hash = hasher.hash("长者食堂 2026").await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(hasher.verify("长者食堂 2026", Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("长者食堂 2027", Some(hash)).await.unwrap());
        assert!(!hasher.verify("长者食堂 2026", None).await.unwrap());
        assert!(!hasher.verify("x", Some("not a hash".into())).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_told_to_wait_and_the_queue_empties() {
        let hasher = Hasher::new(Arc::new(Same));
        let many = (0..WAITING + 5).map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.run(|| std::thread::sleep(std::time::Duration::from_millis(1))).await })
        });
        let mut refused = 0;
        for one in many.collect::<Vec<_>>() {
            refused += usize::from(one.await.unwrap().is_err());
        }
        assert!(refused <= 5, "{refused}");
        assert_eq!(hasher.waiting.load(Ordering::Relaxed), 0);
        assert!(hasher.run(|| 1).await.is_ok());
    }
}
