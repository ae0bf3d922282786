//! Who is signed in.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use super::Problem;
use super::routes::Asking;
use crate::Office;
use crate::store::people::UserRow;
use crate::words::{self, Code};

/// The person whose session's token stands in `Authorization: Bearer`.
#[derive(Clone, Debug)]
pub struct SignedIn(pub UserRow);

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Arc<Office>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let office = Arc::<Office>::from_ref(state);
        let token = bearer(parts).ok_or_else(|| Problem::new(Code::SignInNeeded, words::SIGN_IN_NEEDED))?;
        let user = office.signed_in(token).await?;
        if let Some(asking) = parts.extensions.get::<Asking>() {
            asking.is(&user);
        }
        Ok(Self(user))
    }
}

/// The token, if there is one.
pub(super) fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}
