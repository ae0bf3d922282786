//! The cashier's page and its API, for this computer's browser only.

mod api;
mod assets;
mod banner;
mod closing;
mod desk;
mod desk_phrases;
mod elder;
mod error;
mod guard;
mod pages;
mod phrases;
mod view;
mod wizard;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn;
use axum::routing::get;
use tokio::sync::watch;

#[cfg(test)]
pub(crate) use assets::CLIPS;
pub use wizard::enrol_in_browser;

use crate::core::Core;
use crate::words::Lang;

/// No request is larger than this many bytes.
const MAX_BODY: usize = 64 * 1024;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    core: Arc<Core>,
    /// Turns true when the program ends, so that event streams end too.
    stopped: watch::Receiver<bool>,
}

/// The whole router.
pub(crate) fn router(core: Arc<Core>, stopped: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .merge(pages::routes())
        .merge(api::routes())
        .merge(desk::routes())
        .merge(elder::routes())
        .merge(assets::routes())
        .fallback(pages::missing)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(guard::guard))
        .with_state(Shared { core, stopped })
}

/// The language that the page was asked for, by its cookie; Chinese unless it says English.
fn lang(headers: &HeaderMap) -> Lang {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cookies.split(';').any(|cookie| cookie.trim() == "lang=en") { Lang::En } else { Lang::Zh }
}
