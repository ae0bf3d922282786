//! The API: one file a resource. A handler authenticates, parses into domain types, submits one unit of work and
//! answers; every refusal is a problem document.

pub mod body;
mod calendars;
mod canteens;
mod cards;
mod elders;
mod enrolments;
mod epochs;
mod findings;
mod health;
mod holds;
mod imports;
mod ledger;
mod months;
mod office;
mod payments;
mod policies;
pub mod problem;
mod refunds;
mod session;
mod signed;
mod statements;
mod status;
mod terminal;
mod terminals;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::trace::TraceLayer;

pub use office::SignedIn;
pub use problem::Problem;
pub use signed::{Delivery, Signed};

use crate::Office;
use crate::words::{self, Code};
use signed::Nonces;
use terminal::Lookups;

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;

/// Bodies are no larger than this, bytes.
const BODY: usize = 64 * 1024;
/// A policy or calendar file may be larger, bytes: the file's own bound is asked when it is read.
const RULES: usize = 1024 * 1024;
/// A batch of records may be larger, bytes.
const BATCH: usize = 2 * 1024 * 1024;
/// No request takes longer.
const TIME: Duration = Duration::from_secs(30);

/// What handlers share. Take `State<Arc<Office>>` out of it.
#[derive(Clone)]
pub struct App {
    office: Arc<Office>,
    nonces: Arc<Nonces>,
    lookups: Arc<Lookups>,
}

impl FromRef<App> for Arc<Office> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.office)
    }
}

/// The whole API over one office.
pub fn router(office: Arc<Office>) -> Router {
    let app = App { office, nonces: Arc::default(), lookups: Arc::default() };
    let api = Router::new()
        .merge(calendars::routes())
        .merge(canteens::routes())
        .merge(cards::routes())
        .merge(elders::routes())
        .merge(enrolments::routes())
        .merge(epochs::routes())
        .merge(findings::routes())
        .merge(holds::routes())
        .merge(imports::routes())
        .merge(health::routes())
        .merge(ledger::routes())
        .merge(months::routes())
        .merge(payments::routes())
        .merge(policies::routes())
        .merge(refunds::routes())
        .merge(session::routes())
        .merge(statements::routes())
        .merge(status::routes())
        .merge(terminal::routes())
        .merge(terminals::routes());
    api.fallback(async || Problem::from(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(axum::middleware::from_fn(limit_time))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

/// Answers in time, whatever happens behind. A unit of work under way is not cut short by it.
async fn limit_time(request: Request, next: Next) -> Result<Response, Problem> {
    let answer = tokio::time::timeout(TIME, next.run(request)).await;
    answer.map_err(|_| Problem::new(Code::Timeout, words::TIMEOUT))
}
