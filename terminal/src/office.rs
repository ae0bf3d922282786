//! The terminal's side of the conversation with the office: every request signed, every answer read strictly.

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{Entropy, TerminalId};
use domain::record::encoding::SignatureHex;
use domain::sync::request_digest;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::clock::TillClock;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// Why a request brought no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Not reached.
    #[error(transparent)]
    Unreachable(#[from] TransportError),
    /// The office says no.
    #[error("the office refused ({status} {code}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The office's code.
        code: String,
        /// The office's words.
        detail: String,
    },
    /// An answer that cannot be read.
    #[error("an answer to {path} cannot be read: {reason}")]
    Malformed {
        /// Path of the request.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// What the office says with a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
    server_time: Option<UnixMs>,
}

/// Sends signed requests.
pub(crate) struct Office {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) key: SigningKey,
    pub(crate) terminal: TerminalId,
    pub(crate) time: Arc<TillClock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Office {
    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path_and_query: String) -> Result<T, OfficeError> {
        self.call("GET", path_and_query, Vec::new()).await
    }

    /// Says something.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, OfficeError> {
        let path = path.to_owned();
        let body = serde_json::to_vec(body)
            .map_err(|error| OfficeError::Malformed { path: path.clone(), reason: error.to_string() })?;
        self.call("POST", path, body).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path_and_query: String,
        body: Vec<u8>,
    ) -> Result<T, OfficeError> {
        let request = |time| self.signed(method, path_and_query.clone(), body.clone(), time);
        let mut response = self.transport.send(request(self.time.now().at)).await?;
        // A terminal whose clock is wrong could never learn the right time: the office tells it with the refusal, for
        // this one signature. Only a signed hello sets the clock.
        if response.status == 401
            && let Some(time) = problem(&response).server_time
        {
            response = self.transport.send(request(time)).await?;
        }
        read(&path_and_query, &response)
    }

    fn signed(&self, method: &'static str, path_and_query: String, body: Vec<u8>, time: UnixMs) -> WireRequest {
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce);
        let nonce = hex::encode(nonce);
        let digest = request_digest(method, &path_and_query, &body, time, &nonce);
        let signature = SignatureHex(self.key.sign(&digest.0).to_bytes());
        let headers = vec![
            ("zhucan-terminal", self.terminal.to_string()),
            ("zhucan-time", time.get().to_string()),
            ("zhucan-nonce", nonce),
            ("zhucan-signature", signature.to_string()),
        ];
        WireRequest { method, path_and_query, headers, body }
    }
}

fn problem(response: &WireResponse) -> Problem {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// Reads an answer, or the refusal in its place.
pub(crate) fn read<T: DeserializeOwned>(path: &str, response: &WireResponse) -> Result<T, OfficeError> {
    if !(200..300).contains(&response.status) {
        let Problem { code, title, detail, .. } = problem(response);
        let detail: String = if detail.is_empty() { title } else { detail }.chars().take(300).collect();
        let code = code.chars().take(60).collect();
        return Err(OfficeError::Refused { status: response.status, code, detail });
    }
    serde_json::from_slice(&response.body)
        .map_err(|error| OfficeError::Malformed { path: path.to_owned(), reason: error.to_string() })
}
