//! What the browser loads: part of the program, nothing from elsewhere.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Lucide icons (ISC; `assets/LICENSE-lucide.txt`), inlined into the page.
pub(super) const SPRITE: &str = include_str!("../../assets/icons.svg");

/// A file of `assets/` with its path and kind.
macro_rules! file {
    ($name:literal, $kind:literal) => {
        (concat!("/assets/", $name), $kind, include_str!(concat!("../../assets/", $name)))
    };
}

const FILES: [(&str, &str, &str); 21] = [
    file!("till.css", "text/css; charset=utf-8"),
    file!("desk.css", "text/css; charset=utf-8"),
    file!("narrow.css", "text/css; charset=utf-8"),
    file!("elder.css", "text/css; charset=utf-8"),
    file!("till.js", "text/javascript; charset=utf-8"),
    file!("page.js", "text/javascript; charset=utf-8"),
    file!("api.js", "text/javascript; charset=utf-8"),
    file!("codes.js", "text/javascript; charset=utf-8"),
    file!("forms.js", "text/javascript; charset=utf-8"),
    file!("input.js", "text/javascript; charset=utf-8"),
    file!("keys.js", "text/javascript; charset=utf-8"),
    file!("lists.js", "text/javascript; charset=utf-8"),
    file!("pad.js", "text/javascript; charset=utf-8"),
    file!("settings.js", "text/javascript; charset=utf-8"),
    file!("sound.js", "text/javascript; charset=utf-8"),
    file!("turns.js", "text/javascript; charset=utf-8"),
    file!("doctor.js", "text/javascript; charset=utf-8"),
    file!("wizard.js", "text/javascript; charset=utf-8"),
    file!("elder.js", "text/javascript; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("LICENSE-lucide.txt", "text/plain; charset=utf-8"),
];

/// A clip of `assets/sound/`.
macro_rules! clip {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../assets/sound/", $name, ".opus")).as_slice())
    };
}

/// What the elder's display says, word by word (`assets/sound/LICENSE.txt`).
pub(crate) const CLIPS: [(&str, &[u8]); 24] = [
    clip!("0"),
    clip!("1"),
    clip!("2"),
    clip!("2l"),
    clip!("3"),
    clip!("4"),
    clip!("5"),
    clip!("6"),
    clip!("7"),
    clip!("8"),
    clip!("9"),
    clip!("dot"),
    clip!("enjoy"),
    clip!("fen"),
    clip!("free"),
    clip!("hundred"),
    clip!("jiao"),
    clip!("paid"),
    clip!("ten"),
    clip!("thousand"),
    clip!("wait"),
    clip!("wan"),
    clip!("you-pay"),
    clip!("yuan"),
];

async fn clip(Path(file): Path<String>) -> Response {
    let found = CLIPS.iter().find(|(name, _)| file.strip_suffix(".opus") == Some(name));
    match found {
        Some((_, bytes)) => {
            ([(header::CONTENT_TYPE, "audio/ogg"), (header::CACHE_CONTROL, "max-age=86400")], *bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let clips = Router::new().route("/assets/sound/{file}", get(clip));
    FILES.into_iter().fold(clips, |router, (path, kind, content)| {
        let answer = move || async move {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
        };
        router.route(path, get(answer))
    })
}
