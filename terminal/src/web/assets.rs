//! What the browser loads: part of the program, nothing from elsewhere.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Lucide icons (ISC; `assets/LICENSE-lucide.txt`), inlined into the page.
pub(super) const SPRITE: &str = include_str!("../../assets/icons.svg");

const FILES: [(&str, &str, &str); 7] = [
    ("/assets/till.css", "text/css; charset=utf-8", include_str!("../../assets/till.css")),
    ("/assets/narrow.css", "text/css; charset=utf-8", include_str!("../../assets/narrow.css")),
    ("/assets/till.js", "text/javascript; charset=utf-8", include_str!("../../assets/till.js")),
    ("/assets/keys.js", "text/javascript; charset=utf-8", include_str!("../../assets/keys.js")),
    ("/assets/sound.js", "text/javascript; charset=utf-8", include_str!("../../assets/sound.js")),
    ("/assets/icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    ("/assets/LICENSE-lucide.txt", "text/plain; charset=utf-8", include_str!("../../assets/LICENSE-lucide.txt")),
];

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        let answer = move || async move {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
        };
        router.route(path, get(answer))
    })
}
