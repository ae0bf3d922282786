//! The API's document as the office serves it: `GET /api/v1/openapi.json`, and for people the page `/api/docs`.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use super::api::{Api, Gives, Sketch, document};
use super::routes::Routes;
use crate::console::docs;

/// The document, as JSON.
struct Text(String);

impl IntoResponse for Text {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

impl Gives for Text {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(200, "OpenAPI 3.1.", Some(("application/json", json!({ "type": "object" }))));
    }
}

pub(super) fn routes() -> Routes {
    let text = Api::of("Office").get("/api/v1/openapi.json", text, "Get this document").routes();
    text.get("/api/docs", docs::page)
}

async fn text(State(app): State<App>) -> Text {
    Text(app.document.get_or_init(|| document().value.to_string()).clone())
}
