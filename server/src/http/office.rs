//! Who is signed in: by a bearer token (programs) or a cookie (browsers).
//!
//! A browser sends its cookie along with whatever any page makes it send. So with a cookie, whatever changes something
//! has to bring what only our own page knows, and must not come from elsewhere.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, header};
use zeroize::Zeroizing;

use super::Problem;
use super::routes::Asking;
use crate::Office;
use crate::admin::{Present, csrf_of};
use crate::store::people::UserRow;
use crate::totp::same;
use crate::words::{self, Code, sign_in};

/// The cookie's name.
pub(crate) const COOKIE: &str = "zhucan_session";
/// The cookie that a browser keeps when nobody is signed in: see [`crate::admin::Session::device`].
const DEVICE: &str = "zhucan_device";
/// The header that brings what only our own page knows.
pub(crate) const CSRF: &str = "zhucan-csrf";

/// A person who is signed in and has nothing to do before anything else.
#[derive(Clone, Debug)]
pub struct SignedIn(pub UserRow);

/// The same, for what asks whether the person has just proved to be the person.
#[derive(Clone, Debug)]
pub struct Proven(pub Present);

/// A person who is signed in, whatever there is to do before anything else.
#[derive(Clone, Debug)]
pub struct Entering(pub Present);

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Arc<Office>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Proven(present) = Proven::from_request_parts(parts, state).await?;
        Ok(Self(present.user))
    }
}

impl<S> FromRequestParts<S> for Proven
where
    S: Send + Sync,
    Arc<Office>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Entering(present) = Entering::from_request_parts(parts, state).await?;
        present.require_ready()?;
        Ok(Self(present))
    }
}

impl<S> FromRequestParts<S> for Entering
where
    S: Send + Sync,
    Arc<Office>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let office = Arc::<Office>::from_ref(state);
        let shown = shown(parts).ok_or_else(|| Problem::new(Code::SignInNeeded, words::SIGN_IN_NEEDED))?;
        if shown.by_cookie && !is_own_form(parts, &shown.token) {
            return Err(Problem::new(Code::ForeignForm, sign_in::CSRF));
        }
        let present = office.present(&shown.token).await?;
        if let Some(asking) = parts.extensions.get::<Asking>() {
            asking.is(&present.user);
        }
        Ok(Self(present))
    }
}

/// A token and how it came.
pub(crate) struct Shown {
    pub(crate) token: Zeroizing<String>,
    pub(crate) by_cookie: bool,
}

/// The token, if there is one. A program's own word goes before a browser's cookie.
pub(crate) fn shown(parts: &Parts) -> Option<Shown> {
    let text = |name| parts.headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    if let Some(said) = text(header::AUTHORIZATION) {
        let token = said.strip_prefix("Bearer ")?.trim();
        return Some(Shown { token: Zeroizing::new(token.to_owned()), by_cookie: false });
    }
    let token = cookie(parts, COOKIE)?;
    Some(Shown { token: Zeroizing::new(token.to_owned()), by_cookie: true })
}

fn cookie<'p>(parts: &'p Parts, wanted: &str) -> Option<&'p str> {
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// What this browser was given at an earlier sign-in.
pub(crate) fn device(parts: &Parts) -> Option<&str> {
    cookie(parts, DEVICE).filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The line that has a browser keep what it is known by, for a year.
pub(crate) fn keep_device(office: &Office, device: &str) -> String {
    format!("{DEVICE}={device}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000{}", secure(office))
}

fn secure(office: &Office) -> &'static str {
    if office.public_url.starts_with("https://") { "; Secure" } else { "" }
}

/// Whether a request with a cookie may change something, or changes nothing.
pub(crate) fn is_own_form(parts: &Parts, token: &str) -> bool {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return true;
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    comes_from_here(parts) && text(CSRF).is_some_and(|brought| same(brought, &csrf_of(token)))
}

/// Whether the browser says that the request comes from a page of this very address, or says nothing.
pub(crate) fn comes_from_here(parts: &Parts) -> bool {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
    let origin = text("origin").map(|origin| origin.split_once("://").map_or("", |(_, rest)| rest));
    let same_origin = origin.is_none_or(|origin| host.is_some_and(|host| origin.eq_ignore_ascii_case(host)));
    same_origin && text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"))
}

/// The line that gives a browser its cookie, or takes it away.
pub(crate) fn set_cookie(office: &Office, token: Option<&str>) -> String {
    let secure = secure(office);
    let (token, age) = token.map_or(("", 0), |token| (token, 12 * 60 * 60));
    format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age}{secure}")
}
