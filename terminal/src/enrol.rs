//! Enrolment: the terminal makes its own key and shows the office that it has it, with a one-time code.

use std::sync::Arc;

use domain::calendar::{Clock, UnixMs};
use domain::id::{CanteenId, Entropy, TerminalId};
use domain::record::encoding::SignatureHex;
use domain::sync::{Enrol, Enrolled, KnownTerminal, enrolment_digest};
use ed25519_dalek::Signer as _;

use crate::clock::TillClock;
use crate::keys::{Identity, KeyFileError, Keys, Secret};
use crate::office::{OfficeError, read};
use crate::storage::StorageError;
use crate::transport::{AddressError, HttpTransport, Transport, WireRequest};
use crate::{Config, DirLock, LockError, salvage};

const PATH: &str = "/api/v1/enrolments";

/// Why the terminal was not enrolled. The key stays; the same code may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The data directory is in use or cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The key file cannot be read or written.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The office's address is not used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The office did not answer or refused.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The office enrolled the key as another terminal than before.
    #[error(
        "本数据目录是终端 {0} 的，办公室却把它登记成了另一台：记录会对不上，没有改动。请升级办公室的程序后再登记 / this data directory belongs to terminal {0}, and the office took it for another one: bring the office up to date, then enrol again"
    )]
    OtherTerminal(TerminalId),
    /// The office's digest key is not 64 hex digits.
    #[error("the office's digest key is not 64 hex digits")]
    DigestKey,
}

/// A terminal that has been let in.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// Its name.
    pub terminal: TerminalId,
    /// Its canteen.
    pub canteen: CanteenId,
    /// What the administrator compares: the public key's digest in groups of four.
    pub fingerprint: String,
    /// The server's time.
    pub server_time: UnixMs,
    /// Whether an administrator has compared the fingerprint and let the terminal in.
    pub confirmed: bool,
}

/// Enrols the terminal of a data directory over HTTP. Doing so again with the same code is harmless.
pub async fn enrol(
    config: &Config,
    code: &str,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Enrolment, EnrolError> {
    let transport = HttpTransport::new(&config.server_url, config.request_timeout, config.allow_plain_http)?;
    enrol_with(config, code, clock, entropy, Arc::new(transport)).await
}

/// As [`enrol`], over another transport.
pub async fn enrol_with(
    config: &Config,
    code: &str,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    transport: Arc<dyn Transport>,
) -> Result<Enrolment, EnrolError> {
    let _lock = DirLock::take(&config.data_dir)?;
    let mut keys = if let Some(keys) = Keys::load(&config.data_dir)? {
        keys
    } else {
        // Saved before the office hears of it: an answer that is lost is fetched with the same key.
        let keys = Keys::generate(&*entropy);
        keys.save(&config.data_dir)?;
        keys
    };
    let code = code.trim();
    let public_key = keys.public();
    // Whoever was let in before says so: its records stand under that name.
    let known = keys.identity.as_ref().map(|id| KnownTerminal { terminal: id.terminal, canteen: id.canteen });
    let signature = SignatureHex(keys.signing().sign(&enrolment_digest(code, &public_key, known).0).to_bytes());
    let body = Enrol { code: code.to_owned(), public_key, known, signature };
    let body = serde_json::to_vec(&body)
        .map_err(|error| OfficeError::Malformed { path: PATH.to_owned(), reason: error.to_string() })?;
    let headers = vec![("zhucan-time", clock.wall().get().to_string())];
    let request = WireRequest { method: "POST", path_and_query: PATH.to_owned(), headers, body };
    let response = transport.send(request).await.map_err(OfficeError::from)?;
    let enrolled: Enrolled = read(PATH, &response)?;
    if let Some(known) = &keys.identity
        && known.terminal != enrolled.terminal
    {
        return Err(EnrolError::OtherTerminal(known.terminal));
    }
    let digest_key = Secret::from_hex(&enrolled.digest_key).ok_or(EnrolError::DigestKey)?;
    keys.identity = Some(Identity { terminal: enrolled.terminal, canteen: enrolled.canteen, digest_key });
    keys.save(&config.data_dir)?;
    if let Err(error) = learn(config, &keys, clock, enrolled.server_time).await {
        tracing::warn!(%error, "the office's time is learned in the first round");
    }
    Ok(Enrolment {
        terminal: enrolled.terminal,
        canteen: enrolled.canteen,
        fingerprint: keys.fingerprint(),
        server_time: enrolled.server_time,
        confirmed: enrolled.confirmed,
    })
}

/// The office's time, so that the first record has it too, whatever this computer's clock shows.
async fn learn(config: &Config, keys: &Keys, clock: Arc<dyn Clock>, server: UnixMs) -> Result<(), StorageError> {
    let storage = salvage::open(&config.data_dir, &keys.signing(), clock.wall()).await?;
    let learned = async { TillClock::load(clock, &storage).await?.learn(&storage, server).await };
    let learned = learned.await;
    storage.close().await;
    learned
}
