//! The demo's own hands on the programs: JSON over HTTP on loopback, as a browser at the till or the office has it.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Calls one program's API.
#[derive(Clone, Debug)]
pub struct Caller {
    client: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Caller {
    /// A caller of `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        Ok(Self { client: client()?, base: base.to_owned(), token: None })
    }

    /// The same caller with a session's token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Where it calls.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let bytes = self.bytes(path).await?;
        serde_json::from_slice(&bytes).with_context(|| format!("GET {path}: not JSON"))
    }

    /// Reads a document.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.send(self.client.get(format!("{}{path}", self.base)), "GET", path).await
    }

    /// Sends JSON and reads JSON; nothing where nothing is answered.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).json(body);
        let bytes = self.send(request, "POST", path).await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).with_context(|| format!("POST {path}: not JSON"))
    }

    /// Puts JSON in the place of what is there.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let request = self.client.put(format!("{}{path}", self.base)).json(body);
        self.send(request, "PUT", path).await.map(drop)
    }

    async fn send(&self, mut request: reqwest::RequestBuilder, method: &str, path: &str) -> anyhow::Result<Vec<u8>> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = answer.status();
        let bytes = answer.bytes().await.with_context(|| format!("{method} {path}"))?;
        if !status.is_success() {
            bail!("{method} {path}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes.to_vec())
    }
}

/// A client that trusts nobody by TLS: it only ever speaks plain HTTP on loopback.
pub fn client() -> anyhow::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?)
}

/// A text at a JSON pointer.
pub fn text<'v>(value: &'v Value, pointer: &str) -> anyhow::Result<&'v str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("no text at {pointer} of {value}"))
}

/// A whole number at a JSON pointer.
pub fn number(value: &Value, pointer: &str) -> anyhow::Result<i64> {
    let found = value.pointer(pointer).and_then(Value::as_i64);
    found.with_context(|| format!("no number at {pointer} of {value}"))
}
