//! The first run: a page on loopback that enrols this computer and then makes room for the till's own.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::calendar::Clock;
use domain::id::Entropy;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};

use super::api::take;
use super::error::{ApiError, Failure};
use super::{assets, guard, lang, view};
use crate::enrol::{EnrolError, enrol};
use crate::office::OfficeError;
use crate::{Config, Error, place};

/// So long the last answer may take to go out.
const GRACE: std::time::Duration = std::time::Duration::from_millis(500);

struct Wizard {
    config: Mutex<Config>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    done: watch::Sender<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    server: String,
    code: String,
}

#[derive(Serialize)]
struct Answer {
    fingerprint: String,
    confirmed: bool,
}

async fn page(State(wizard): State<Arc<Wizard>>, headers: HeaderMap) -> Response {
    let lang = lang(&headers);
    let server = wizard.config.lock().await.server_url.clone();
    match view::wizard(lang.words(), &server) {
        Ok(html) => Html(html).into_response(),
        Err(error) => Failure::from(error).answer(lang).into_response(),
    }
}

async fn ask(State(wizard): State<Arc<Wizard>>, headers: HeaderMap, body: axum::body::Bytes) -> Response {
    let lang = lang(&headers);
    let asked: Asked = match take(&headers, &body, lang) {
        Ok(asked) => asked,
        Err(error) => return error.into_response(),
    };
    // One at a time: the code is good once.
    let mut config = wizard.config.lock().await;
    asked.server.trim().trim_end_matches('/').clone_into(&mut config.server_url);
    match enrol(&config, &asked.code, Arc::clone(&wizard.clock), Arc::clone(&wizard.entropy)).await {
        Ok(enrolment) => {
            if let Err(error) = place::keep_office(&config.data_dir, &config.server_url) {
                tracing::warn!(%error, "the office's address was not kept");
            }
            wizard.done.send_replace(true);
            Json(Answer { fingerprint: enrolment.fingerprint, confirmed: enrolment.confirmed }).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "not enrolled");
            refused(&error, lang).into_response()
        }
    }
}

fn refused(error: &EnrolError, lang: crate::words::Lang) -> ApiError {
    match error {
        EnrolError::Address(_) => ApiError::enrol_address(lang),
        EnrolError::Office(OfficeError::Unreachable(_)) => ApiError::enrol_offline(lang),
        EnrolError::Office(_) | EnrolError::DigestKey => ApiError::enrol_refused(lang),
        EnrolError::Lock(_) | EnrolError::KeyFile(_) | EnrolError::OtherTerminal(_) => ApiError::enrol_failed(lang),
    }
}

/// Serves the wizard until this computer is enrolled or `shutdown`; tells the set-up with the office's address, or
/// nothing when it was stopped before.
pub async fn enrol_in_browser(
    config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Option<Config>, Error> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let (done, mut enrolled) = watch::channel(false);
    let wizard = Arc::new(Wizard { config: Mutex::new(config), clock, entropy, done });
    let router = Router::new()
        .route("/", get(page))
        .route("/api/enrol", post(ask))
        .merge(assets::routes())
        .layer(axum::extract::DefaultBodyLimit::max(super::MAX_BODY))
        .layer(from_fn(guard::guard))
        .with_state(Arc::clone(&wizard));
    let (ending, mut ended) = watch::channel(false);
    let stop = async move {
        tokio::select! {
            _ = enrolled.wait_for(|done| *done) => {}
            () = shutdown => {}
        }
        ending.send_replace(true);
    };
    // A browser opens connections ahead and says nothing on them: they are not waited for.
    let late = async move {
        let _ = ended.wait_for(|ended| *ended).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(stop).into_future() => served?,
        () = late => {}
    }
    let config = wizard.config.lock().await.clone();
    Ok(wizard.done.borrow().then_some(config))
}
