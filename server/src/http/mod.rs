//! The API: one file a resource. A handler authenticates, parses into domain types, submits one unit of work and
//! answers; every refusal is a problem document.

mod api;
pub(crate) mod attachments;
mod audit;
mod backups;
mod batches;
pub mod body;
pub(crate) mod budgets;
mod calendars;
mod caller;
pub(crate) mod canteens;
pub(crate) mod cards;
mod changes;
pub(crate) mod corrections;
mod days;
mod decisions;
pub(crate) mod demands;
mod docs;
mod draws;
mod elders;
mod enrolments;
mod epochs;
pub(crate) mod findings;
mod health;
pub(crate) mod holds;
pub(crate) mod imports;
mod ledger;
pub(crate) mod months;
mod office;
mod once;
pub(crate) mod payments;
mod people;
mod policies;
pub mod problem;
mod proposals;
pub(crate) mod quarantine;
mod refunds;
mod regions;
pub mod routes;
mod session;
mod signed;
pub(crate) mod statements;
mod status;
mod terminal;
mod terminals;
pub mod watch;

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

pub use api::{Document, document};
pub(crate) use batches::{Batches, MOST as MOST_BATCHES, permitted as of_batch};
pub(crate) use caller::Caller;
pub use caller::{Network, Proxies};
pub(crate) use canteens::permitted as of_canteen;
pub(crate) use decisions::{Decided, turn_down};
pub(crate) use elders::permitted as of_elder;
pub(crate) use imports::{may as may_import, permitted as of_import};
pub(crate) use months::explained;
pub(crate) use office::{CSRF, comes_from_here, device, keep_device, set_cookie, shown};
pub use office::{Entering, Proven, SignedIn};
pub(crate) use people::permitted as of_person;
pub use problem::Problem;
pub(crate) use proposals::{Proposals, may_see as may_see_proposal};
pub(crate) use signed::{Delivery, Signed};
pub(crate) use terminals::of_terminal;

use crate::Office;
use crate::console::public::Shown;
use crate::words::{self, Code};
use once::Keyed;
use routes::{Audited, Route, Routes};
use signed::{LetIn, Nonces};
use terminal::Lookups;

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;

/// Bodies are no larger than this, bytes.
const BODY: usize = 64 * 1024;
/// A policy or calendar file may be larger, bytes: the file's own bound is asked when it is read.
const RULES: usize = 1024 * 1024;
/// A batch of records may be larger, bytes.
const BATCH: usize = 2 * 1024 * 1024;
/// No request takes longer, once what it brings is here.
const TIME: Duration = Duration::from_secs(30);
/// No route takes a larger body, bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// A large list may come over a slow line, bytes a second.
const LINE: u64 = 256 * 1024;

/// What handlers share. Take `State<Arc<Office>>` out of it.
#[derive(Clone)]
pub struct App {
    office: Arc<Office>,
    nonces: Arc<Nonces>,
    let_in: Arc<LetIn>,
    lookups: Arc<Lookups>,
    audited: Audited,
    keyed: Keyed,
    document: Arc<OnceLock<String>>,
    public: Arc<Shown>,
}

impl App {
    /// What the public pages showed last.
    pub(crate) fn public(&self) -> Arc<Shown> {
        Arc::clone(&self.public)
    }
}

impl FromRef<App> for Arc<Office> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.office)
    }
}

/// Every route of the API with its handler.
fn all() -> Routes {
    let each = [
        attachments::routes(),
        audit::routes(),
        backups::routes(),
        batches::routes(),
        budgets::routes(),
        calendars::routes(),
        canteens::routes(),
        crate::console::routes(),
        cards::routes(),
        changes::routes(),
        corrections::routes(),
        days::routes(),
        demands::routes(),
        draws::routes(),
        elders::routes(),
        docs::routes(),
        enrolments::routes(),
        epochs::routes(),
        quarantine::routes(),
        findings::routes(),
        holds::routes(),
        imports::routes(),
        health::routes(),
        ledger::routes(),
        months::routes(),
        payments::routes(),
        people::routes(),
        policies::routes(),
        proposals::routes(),
        refunds::routes(),
        regions::routes(),
        session::routes(),
        statements::routes(),
        status::routes(),
        terminal::routes(),
        terminals::routes(),
    ];
    each.into_iter().fold(Routes::new(), Routes::merge)
}

/// What the program serves: a constant, made once, for it is the same for every office and is read from the types of some
/// hundred handlers.
struct Served {
    router: Router<App>,
    table: Vec<Route>,
    operations: Vec<api::Sketch>,
    audited: Audited,
    keyed: Keyed,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let (router, table, operations) = all().into_parts();
    let (audited, keyed) = (Audited::of(&table), Keyed::of(&operations));
    Served { router, table, operations, audited, keyed }
});

/// What the API's document tells of.
fn operations() -> &'static [api::Sketch] {
    &SERVED.operations
}

/// Every route that is served.
#[must_use]
pub fn table() -> Vec<Route> {
    SERVED.table.clone()
}

/// The whole API over one office.
pub fn router(office: Arc<Office>) -> Router {
    let watched = Arc::clone(&office);
    let (audited, keyed) = (SERVED.audited.clone(), SERVED.keyed.clone());
    let (nonces, let_in, lookups, public) = (Arc::default(), Arc::default(), Arc::default(), Arc::default());
    let app = App { office, nonces, let_in, lookups, audited, keyed, document: Arc::default(), public };
    let api = SERVED.router.clone();
    api.fallback(async || Problem::from(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(axum::middleware::from_fn(api::link))
        .layer(axum::middleware::from_fn_with_state(app.clone(), once::once))
        .layer(axum::middleware::from_fn_with_state(app.clone(), routes::enter_denials))
        .layer(axum::middleware::from_fn_with_state(app.clone(), crate::console::layer::frame))
        .layer(axum::middleware::from_fn(limit_time))
        .layer(axum::middleware::from_fn(keep_nowhere))
        .layer(axum::middleware::from_fn_with_state(watched, watch::watch))
        .with_state(app)
}

/// What is watched of an office, for a listener of its own that nobody outside reaches.
pub fn metrics_router(office: Arc<Office>) -> Router {
    Router::new().route("/metrics", axum::routing::get(watch::metrics)).with_state(office)
}

/// How long a request may take: longer for the body that it says it brings, as far as any route takes one.
fn time_for(headers: &axum::http::HeaderMap) -> Duration {
    let said = headers.get(axum::http::header::CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse::<u64>().ok());
    TIME + Duration::from_secs(said.unwrap_or(0).min(LARGEST) / LINE)
}

/// Answers are kept by nobody on the way, and are what they say they are: whole numbers, names and sessions stand in
/// them. What is the same for everybody says so itself.
async fn keep_nowhere(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    answer
}

/// Answers in time, whatever happens behind. A unit of work under way is not cut short by it.
async fn limit_time(request: Request, next: Next) -> Result<Response, Problem> {
    let answer = tokio::time::timeout(time_for(request.headers()), next.run(request)).await;
    answer.map_err(|_| Problem::new(Code::Timeout, words::TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_gets_the_time_that_a_slow_line_takes() {
        let said = |bytes: &str| {
            let mut headers = axum::http::HeaderMap::new();
            headers.insert(axum::http::header::CONTENT_LENGTH, bytes.parse().unwrap());
            time_for(&headers).as_secs()
        };
        assert_eq!([said("0"), said("65536"), said("33554432")], [30, 30, 158]);
        assert_eq!(
            [said("67108864"), said("99999999999999"), said("x")],
            [286, 286, 30],
            "no longer than any route takes"
        );
    }
}
