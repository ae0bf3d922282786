//! What the browser loads: part of the program, nothing from elsewhere.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::body::Path;
use crate::http::routes::Routes;

/// Lucide icons (ISC; `assets/LICENSE-lucide.txt`), inlined into every page.
pub(super) const SPRITE: &str = include_str!("../../assets/icons.svg");

/// A file of `assets/` with its name and kind.
macro_rules! file {
    ($name:literal, $kind:literal) => {
        ($name, $kind, include_str!(concat!("../../assets/", $name)))
    };
}

const FILES: &[(&str, &str, &str)] = &[
    file!("console.css", "text/css; charset=utf-8"),
    file!("days.css", "text/css; charset=utf-8"),
    file!("docs.css", "text/css; charset=utf-8"),
    file!("month.css", "text/css; charset=utf-8"),
    file!("office.css", "text/css; charset=utf-8"),
    file!("policies.css", "text/css; charset=utf-8"),
    file!("public.css", "text/css; charset=utf-8"),
    file!("console.js", "text/javascript; charset=utf-8"),
    file!("reconciliation.js", "text/javascript; charset=utf-8"),
    file!("findings.js", "text/javascript; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("LICENSE-lucide.txt", "text/plain; charset=utf-8"),
];

/// Loaded once for each release of the program.
const KEEP: &str = "public, max-age=3600";

pub(super) fn routes() -> Routes {
    Routes::new().get("/assets/{name}", file)
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, KEEP)], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
