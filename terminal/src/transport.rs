//! How requests reach the office: HTTP, or whatever a simulation puts in its place.

use domain::calendar::{BusinessDate, UnixMs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// No answer of the office is read beyond this many bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A request, signed already.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query: `/api/v1/terminal/hello`.
    pub path_and_query: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct WireResponse {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
}

/// The request or its answer was lost; whether the office has seen it is not known.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the office was not reached: {0}")]
pub struct TransportError(pub String);

/// What [`Transport::send`] gives.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<WireResponse, TransportError>> + Send + 'a>>;

/// Carries requests to the office.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for its answer, not without end.
    fn send(&self, request: WireRequest) -> Sending<'_>;
}

/// Why the office's address is not used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Not a URL of the form `https://office.example[:port]`.
    #[error("not an address of an office: {0}")]
    Malformed(String),
    /// Names and birth dates would cross the network in the clear.
    #[error("{0}: plain http is only for this computer itself")]
    PlainHttp(String),
    /// TLS cannot be set up on this computer.
    #[error("TLS: {0}")]
    Tls(String),
}

/// HTTP with TLS by rustls and ring, and the trust roots of the system.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
    base: String,
}

impl HttpTransport {
    /// A client for the office at `server_url`.
    pub(crate) fn new(server_url: &str, timeout: Duration, allow_plain_http: bool) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(server_url.to_owned());
        let url = reqwest::Url::parse(server_url).map_err(|_| malformed())?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
        let host = url.host_str().ok_or_else(malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if allow_plain_http || is_this_computer(host) => {}
            "http" => return Err(AddressError::PlainHttp(server_url.to_owned())),
            _ => return Err(malformed()),
        }
        if !bare {
            return Err(malformed());
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls().map_err(|error| AddressError::Tls(error.to_string()))?)
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| AddressError::Tls(error.to_string()))?;
        Ok(Self { client, base: server_url.trim_end_matches('/').to_owned() })
    }

    /// Whether the office is there, and the time that it says it has.
    pub(crate) async fn reach(&self) -> Result<(u16, Option<UnixMs>), TransportError> {
        let sent = self.client.get(format!("{}/healthz/live", self.base)).send().await;
        let answer = sent.map_err(|error| TransportError(error.without_url().to_string()))?;
        let date = answer.headers().get("date").and_then(|date| date.to_str().ok()).and_then(http_date);
        Ok((answer.status().as_u16(), date))
    }

    async fn exchange(&self, request: WireRequest) -> Result<WireResponse, reqwest::Error> {
        let url = format!("{}{}", self.base, request.path_and_query);
        let mut builder = if request.method == "GET" { self.client.get(url) } else { self.client.post(url) };
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if !request.body.is_empty() {
            builder = builder.header("content-type", "application/json").body(request.body);
        }
        let mut response = builder.send().await?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Ok(WireResponse { status: 502, body: Vec::new() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(WireResponse { status, body })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: WireRequest) -> Sending<'_> {
        Box::pin(async move {
            // An address with a query names elders' versions only, but errors are shown and logged: leave it out.
            self.exchange(request).await.map_err(|error| TransportError(error.without_url().to_string()))
        })
    }
}

/// The provider is given by hand, so that nothing is installed for the whole process.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// `Sun, 22 Nov 2026 07:12:32 GMT`, the form that every server writes.
fn http_date(text: &str) -> Option<UnixMs> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [_, day, month, year, clock, "GMT"] = text.split_ascii_whitespace().collect::<Vec<_>>()[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let date: BusinessDate = format!("{year}-{month:02}-{day:0>2}").parse().ok()?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    // `at_minute` counts in the country's time, which is eight hours ahead.
    Some(date.at_minute(0).plus(((hour * 60 + minute) * 60 + second) * 1000 + 8 * 60 * 60 * 1000))
}

fn is_this_computer(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, plain: bool) -> Result<HttpTransport, AddressError> {
        HttpTransport::new(url, Duration::from_secs(1), plain)
    }

    #[test]
    fn plain_http_does_not_leave_the_computer() {
        for local in ["http://127.0.0.1:8080", "http://localhost:80/", "http://[::1]:8080", "https://office.example"] {
            address(local, false).unwrap();
        }
        assert!(matches!(address("http://office.example", false), Err(AddressError::PlainHttp(_))));
        address("http://office.example", true).unwrap();
    }

    #[test]
    fn a_servers_date_is_an_instant() {
        assert_eq!(http_date("Tue, 31 Mar 2026 03:32:00 GMT"), Some(UnixMs::new(1_774_927_920_000)));
        for bad in ["", "Tue, 31 Mar 2026", "Tue, 31 Foo 2026 03:32:00 GMT", "Tue, 31 Mar 2026 03:32:00 CET"] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        for bad in ["", "office", "ftp://office.example", "https://office.example/prefix", "https://a@office.example"] {
            assert!(matches!(address(bad, true), Err(AddressError::Malformed(_))), "{bad}");
        }
    }
}
