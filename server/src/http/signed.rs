//! Requests that a terminal signed with its key.
//!
//! A request is answered once: its nonce is remembered for as long as its time is near enough to the server's. Nonces
//! are in memory; a process that was started again remembers none, so it answers nothing that was signed before its
//! start. The terminal is told the server's time and signs anew.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::HeaderMap;
use domain::calendar::UnixMs;
use domain::id::{Digest, TerminalId};
use domain::record::encoding::SignatureHex;
use domain::sync::{NONCE_WINDOW_MS, request_digest};
use ed25519_dalek::{Signature, VerifyingKey};

use super::api::SignedBody;
use super::body::unread;
use super::{App, Problem};
use crate::store::terminals::{self, TerminalRow};
use crate::words::{self, Code};
use crate::{Error, Office};

/// A request that is proven to come from a terminal in service.
#[derive(Clone, Debug)]
pub(crate) struct Signed<T> {
    /// The terminal.
    pub(crate) terminal: TerminalRow,
    /// The body that was signed.
    pub(crate) body: T,
}

/// A request that is proven to come from a terminal that was let in, in service or not any more: what it still holds is
/// taken.
#[derive(Clone, Debug)]
pub(crate) struct Delivery<T> {
    /// The terminal.
    pub(crate) terminal: TerminalRow,
    /// The body that was signed.
    pub(crate) body: T,
}

impl<T: SignedBody> FromRequest<App> for Signed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let proven = Proven::read(request, app, Whose::InService).await?;
        if proven.terminal.revoked_at.is_some() {
            return Err(Problem::new(Code::TerminalRevoked, words::TERMINAL_REVOKED));
        }
        let (terminal, body) = proven.once(app)?;
        Ok(Self { terminal, body: T::read(&body)? })
    }
}

impl<T: SignedBody> FromRequest<App> for Delivery<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (terminal, body) = Proven::read(request, app, Whose::LetIn).await?.once(app)?;
        Ok(Self { terminal, body: T::read(&body)? })
    }
}

/// A request whose signature fits, of a terminal that was let in.
struct Proven {
    terminal: TerminalRow,
    body: Bytes,
    nonce: String,
    now: UnixMs,
}

/// Which terminals may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those in service: asked of the database every time.
    InService,
    /// Those that were ever let in. That is never taken back, and neither key nor canteen of a terminal changes, so what
    /// was read once is enough. Whether it is in service is the business of the unit of work that stores what it brings.
    LetIn,
}

impl Proven {
    async fn read(request: Request, app: &App, whose: Whose) -> Result<Self, Problem> {
        let claim = Claim::read(request.headers())?;
        let method = request.method().clone();
        let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().clone(), |u| u.0.clone());
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let body = Bytes::from_request(request, app).await.map_err(|e| unread(&e))?;

        let now = app.office.now();
        if (now.get() - claim.time.get()).abs() > NONCE_WINDOW_MS {
            return Err(Problem::new(Code::ClockOff, words::clock_off(claim.time, now)).at(now));
        }
        if claim.time < app.office.started {
            return Err(Problem::new(Code::ClockOff, words::BEFORE_START).at(now));
        }
        let kept = if whose == Whose::LetIn { app.let_in.get(claim.terminal) } else { None };
        let terminal = match kept {
            Some(terminal) => terminal,
            None => known(&app.office, claim.terminal).await?,
        };
        let digest = request_digest(method.as_str(), &path, &body, claim.time, &claim.nonce);
        check_signature(terminal.public_key, digest, claim.signature)?;
        match (terminal.confirmed_at, terminal.revoked_at) {
            (None, None) => return Err(Problem::new(Code::EnrolmentPending, words::ENROLMENT_PENDING)),
            (None, Some(_)) => return Err(Problem::new(Code::TerminalRevoked, words::TERMINAL_REVOKED)),
            (Some(_), _) => app.let_in.keep(&terminal),
        }
        Ok(Self { terminal, body, nonce: claim.nonce, now })
    }

    /// Uses the request up.
    fn once(self, app: &App) -> Result<(TerminalRow, Bytes), Problem> {
        app.nonces.take(self.terminal.id, &self.nonce, self.now)?;
        Ok((self.terminal, self.body))
    }
}

/// What the headers say.
struct Claim {
    terminal: TerminalId,
    time: UnixMs,
    nonce: String,
    signature: SignatureHex,
}

impl Claim {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let claim = || {
            let nonce = header("zhucan-nonce")?;
            let hex = nonce.len() == 32 && nonce.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            Some(Self {
                terminal: header("zhucan-terminal")?.parse().ok()?,
                time: UnixMs::new(header("zhucan-time")?.parse::<i64>().ok().filter(|ms| *ms >= 0)?),
                nonce: hex.then(|| nonce.to_owned())?,
                signature: header("zhucan-signature")?.parse().ok()?,
            })
        };
        claim().ok_or_else(|| Problem::new(Code::SignatureMissing, words::SIGNATURE_HEADERS))
    }
}

async fn known(office: &Office, id: TerminalId) -> Result<TerminalRow, Problem> {
    let row = office.store.read(move |tx| Box::pin(async move { terminals::get(tx, id).await })).await?;
    row.ok_or_else(|| Problem::new(Code::TerminalUnknown, words::TERMINAL_UNKNOWN))
}

/// Whether the key made the signature over the digest.
pub(super) fn check_signature(public_key: Digest, digest: Digest, signature: SignatureHex) -> Result<(), Error> {
    let fits = VerifyingKey::from_bytes(&public_key.0)
        .is_ok_and(|key| key.verify_strict(&digest.0, &Signature::from_bytes(&signature.0)).is_ok());
    if fits { Ok(()) } else { Err(Error::refused(Code::SignatureInvalid, words::SIGNATURE_INVALID)) }
}

/// Terminals that were let in and have shown their key, as they were read first.
#[derive(Default)]
pub(super) struct LetIn(Mutex<HashMap<TerminalId, TerminalRow>>);

/// So many are kept; beyond that they are read again.
const MOST_KEPT: usize = 100_000;

impl LetIn {
    fn get(&self, id: TerminalId) -> Option<TerminalRow> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn keep(&self, terminal: &TerminalRow) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.entry(terminal.id).or_insert_with(|| terminal.clone());
        }
    }
}

/// Nonces seen lately, by a short digest. Two sets take turns, so that each nonce is kept for as long as its request
/// could be sent again.
#[derive(Default)]
pub(super) struct Nonces {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    since: i64,
    now: HashSet<u64>,
    before: HashSet<u64>,
}

/// So many nonces are kept in one set; beyond that requests wait for the next.
const MOST: usize = 4_000_000;

impl Nonces {
    fn take(&self, terminal: TerminalId, nonce: &str, now: UnixMs) -> Result<(), Problem> {
        let digest = Digest::of("zhucan.nonce.1", &[terminal.uuid().as_bytes(), nonce.as_bytes()]);
        let key = u64::from_be_bytes(*digest.0.first_chunk().unwrap_or(&[0; 8]));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.get() - seen.since >= 2 * NONCE_WINDOW_MS {
            let recent = now.get() - seen.since < 4 * NONCE_WINDOW_MS;
            let last = std::mem::take(&mut seen.now);
            seen.before = if recent { last } else { HashSet::new() };
            seen.since = now.get();
        }
        if seen.now.len() >= MOST {
            return Err(Problem::new(Code::Busy, words::BUSY));
        }
        if seen.before.contains(&key) || !seen.now.insert(key) {
            return Err(Problem::new(Code::Replayed, words::REPLAYED));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_for_as_long_as_it_could_be_sent_again() {
        let nonces = Nonces::default();
        let terminal = TerminalId::from_uuid(uuid::Uuid::from_u128(1));
        let other = TerminalId::from_uuid(uuid::Uuid::from_u128(2));
        let take = |terminal, ms| nonces.take(terminal, "00", UnixMs::new(ms)).is_ok();
        let start = 1_000_000_000;
        assert!(take(terminal, start));
        assert!(take(other, start), "another terminal's nonce is another nonce");
        for later in [0, 1, NONCE_WINDOW_MS, 2 * NONCE_WINDOW_MS] {
            assert!(!take(terminal, start + later), "{later}");
        }
        assert!(take(terminal, start + 9 * NONCE_WINDOW_MS), "its time has gone");
        assert_eq!(nonces.seen.lock().unwrap().now.len(), 1);
    }
}
