//! What is told of requests: one line of the log each, with an id that the answer carries too, and numbers for whoever
//! watches the office. The address is named by its pattern, never as it came: numbers of people stand in addresses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::id::Entropy;
use tracing::Instrument as _;
use uuid::Uuid;

use super::routes::Route;
use crate::Office;

/// The header that carries a request's id in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The log's target for one line a request.
const TARGET: &str = "zhucan::request";
/// Upper bounds of how long requests take, ms.
const BOUNDS: [u64; 9] = [5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];

/// Numbers of one route.
#[derive(Debug, Default)]
struct Counted {
    /// By the first digit of the status: 1xx to 5xx.
    answers: [AtomicU64; 5],
    /// By duration, the last one beyond all bounds.
    durations: [AtomicU64; BOUNDS.len() + 1],
    /// All of them together, ms.
    took: AtomicU64,
}

/// What the process has counted since it started.
#[derive(Debug, Default)]
pub struct Metrics {
    routes: BTreeMap<(&'static str, &'static str), Counted>,
    /// Addresses and methods that are no route.
    others: Counted,
    under_way: AtomicU64,
}

impl Metrics {
    /// For these routes.
    #[must_use]
    pub fn of(table: &[Route]) -> Self {
        let routes = table.iter().map(|route| ((route.method, route.path), Counted::default())).collect();
        Self { routes, ..Self::default() }
    }

    fn counted(&self, method: &str, route: &str) -> &Counted {
        let found = self.routes.iter().find(|((known, path), _)| *known == method && *path == route);
        found.map_or(&self.others, |(_, counted)| counted)
    }

    fn answered(&self, method: &str, route: &str, status: u16, took_ms: u64) {
        let counted = self.counted(method, route);
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        counted.answers[class].fetch_add(1, Ordering::Relaxed);
        let bound = BOUNDS.iter().position(|bound| took_ms <= *bound).unwrap_or(BOUNDS.len());
        counted.durations[bound].fetch_add(1, Ordering::Relaxed);
        counted.took.fetch_add(took_ms, Ordering::Relaxed);
    }

    /// In the text format of Prometheus; routes that nobody asked for are left out.
    fn write(&self, out: &mut String) {
        let others = (("other", "other"), &self.others);
        let all: Vec<_> = self.routes.iter().map(|(name, counted)| (*name, counted)).chain([others]).collect();
        let asked: Vec<_> =
            all.into_iter().filter(|(_, c)| c.answers.iter().any(|n| n.load(Ordering::Relaxed) > 0)).collect();
        head(out, "zhucan_http_requests_total", "counter", "Requests answered, by route and class of status.");
        for ((method, route), counted) in &asked {
            for (class, count) in counted.answers.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let class = class + 1;
                    let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{class}xx\"");
                    line(out, "zhucan_http_requests_total", &labels, count);
                }
            }
        }
        let name = "zhucan_http_request_duration_milliseconds";
        head(out, name, "histogram", "How long requests took.");
        for ((method, route), counted) in &asked {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            let mut sum = 0;
            for (place, count) in counted.durations.iter().enumerate() {
                sum += count.load(Ordering::Relaxed);
                let bound = BOUNDS.get(place).map_or_else(|| "+Inf".to_owned(), u64::to_string);
                line(out, &format!("{name}_bucket"), &format!("{labels},le=\"{bound}\""), sum);
            }
            line(out, &format!("{name}_sum"), &labels, counted.took.load(Ordering::Relaxed));
            line(out, &format!("{name}_count"), &labels, sum);
        }
        head(out, "zhucan_http_requests_under_way", "gauge", "Requests being worked on.");
        line(out, "zhucan_http_requests_under_way", "", self.under_way.load(Ordering::Relaxed));
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = match labels {
        "" => writeln!(out, "{name} {value}"),
        _ => writeln!(out, "{name}{{{labels}}} {value}"),
    };
}

/// Everything there is to watch, in the text format of Prometheus.
pub(super) async fn metrics(State(office): State<Arc<Office>>) -> ([(HeaderName, &'static str); 1], String) {
    let mut out = String::new();
    head(&mut out, "zhucan_build_info", "gauge", "The program's version.");
    line(&mut out, "zhucan_build_info", &format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1);
    head(&mut out, "zhucan_started_milliseconds", "gauge", "When the program opened the office, unix ms.");
    line(&mut out, "zhucan_started_milliseconds", "", office.started.get());
    let state = crate::doctor::figures(&office.store, office.now()).await;
    head(&mut out, "zhucan_database_up", "gauge", "Whether the database answers.");
    line(&mut out, "zhucan_database_up", "", u8::from(state.is_ok()));
    if let Ok(state) = state {
        for (name, help, value) in [
            ("zhucan_terminals", "Terminals in use.", state.terminals),
            ("zhucan_terminals_silent", "Of these, not heard for 24 hours.", state.silent),
            ("zhucan_days_overdue", "Canteen-days that should have been closed.", state.overdue),
            ("zhucan_days_failed", "Canteen-days whose close fails by what is stored of them.", state.failed),
        ] {
            head(&mut out, name, "gauge", help);
            line(&mut out, name, "", value);
        }
    }
    head(&mut out, "zhucan_unopened_total", "counter", "Sealed numbers of elders that did not open.");
    line(&mut out, "zhucan_unopened_total", "", office.unopened.load(Ordering::Relaxed));
    office.metrics.write(&mut out);
    ([(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out)
}

/// A request's id: the sender's, when it is a UUID and so tells nothing about anybody, or a new one.
fn id_of(request: &Request, entropy: &dyn Entropy) -> Uuid {
    let brought = request.headers().get(REQUEST_ID).and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok());
    brought.unwrap_or_else(|| {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        uuid::Builder::from_random_bytes(random).into_uuid()
    })
}

/// Counted down however a request ends, also when its sender goes away.
struct UnderWay<'m>(&'m Metrics);

impl<'m> UnderWay<'m> {
    fn one(metrics: &'m Metrics) -> Self {
        metrics.under_way.fetch_add(1, Ordering::Relaxed);
        Self(metrics)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Names, counts and logs a request. What is logged while it is worked on carries its id too.
pub(super) async fn watch(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let id = id_of(&request, &*office.entropy);
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    let span = tracing::info_span!(target: TARGET, "request", id = %id, method, route = %route);
    let _one = UnderWay::one(&office.metrics);
    let began = office.clock.monotonic_ms();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = u64::try_from(office.clock.monotonic_ms() - began).unwrap_or(0);
    let status = response.status().as_u16();
    office.metrics.answered(method, &route, status, took);
    span.in_scope(|| tracing::info!(target: TARGET, status, took_ms = took, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A method by its name; what somebody made up is not repeated.
fn known(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_by_route_and_never_by_address() {
        let metrics = Metrics::of(&[Route { method: "GET", path: "/api/v1/elders/{id}", action: None }]);
        metrics.answered("GET", "/api/v1/elders/{id}", 200, 7);
        metrics.answered("GET", "/api/v1/elders/{id}", 404, 60_000);
        metrics.answered("GET", "/made/up", 404, 1);
        let mut text = String::new();
        metrics.write(&mut text);
        for line in [
            "zhucan_http_requests_total{method=\"GET\",route=\"/api/v1/elders/{id}\",status=\"2xx\"} 1",
            "zhucan_http_requests_total{method=\"GET\",route=\"/api/v1/elders/{id}\",status=\"4xx\"} 1",
            "zhucan_http_requests_total{method=\"other\",route=\"other\",status=\"4xx\"} 1",
            "zhucan_http_request_duration_milliseconds_bucket{method=\"GET\",route=\"/api/v1/elders/{id}\",le=\"5\"} 0",
            "zhucan_http_request_duration_milliseconds_bucket{method=\"GET\",route=\"/api/v1/elders/{id}\",le=\"10\"} 1",
            "zhucan_http_request_duration_milliseconds_bucket{method=\"GET\",route=\"/api/v1/elders/{id}\",le=\"+Inf\"} 2",
            "zhucan_http_request_duration_milliseconds_sum{method=\"GET\",route=\"/api/v1/elders/{id}\"} 60007",
            "zhucan_http_requests_under_way 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
        assert!(!text.contains("made"), "{text}");
    }
}
