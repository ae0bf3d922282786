//! What the API answers beside JSON with 200: each a type that says its status and media type once, to the client and to
//! the document.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::sketch::{Gives, Sketch};
use crate::http::body::Json;
use crate::http::{Answer, Problem};

/// Something was made: 201.
#[derive(Clone, Debug)]
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: ToSchema> Gives for Created<T> {
    fn gives(sketch: &mut Sketch) {
        let schema = sketch.shape::<T>();
        sketch.answers(201, "Done.", Some(("application/json", schema)));
    }
}

impl<T: ToSchema> Gives for Json<T> {
    fn gives(sketch: &mut Sketch) {
        let schema = sketch.shape::<T>();
        sketch.answers(200, "Done.", Some(("application/json", schema)));
    }
}

/// Done, and nothing is to be said: 204.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Gives for NoContent {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(204, "Done; nothing is answered.", None);
    }
}

/// What is under way goes on after the answer: 202, or the given status when it is done already.
#[derive(Clone, Debug)]
pub(crate) struct Later<const DONE: u16, T> {
    pub(crate) is_done: bool,
    pub(crate) body: T,
}

impl<const DONE: u16, T: Serialize> IntoResponse for Later<DONE, T> {
    fn into_response(self) -> Response {
        let done = StatusCode::from_u16(DONE).unwrap_or(StatusCode::OK);
        (if self.is_done { done } else { StatusCode::ACCEPTED }, Json(self.body)).into_response()
    }
}

impl<const DONE: u16, T: ToSchema> Gives for Later<DONE, T> {
    fn gives(sketch: &mut Sketch) {
        let schema = sketch.shape::<T>();
        sketch.answers(DONE, "Done.", Some(("application/json", schema.clone())));
        sketch.answers(202, "Under way; ask again.", Some(("application/json", schema)));
    }
}

/// Done, with what is to be said of it: 200; or with nothing to be said: 204.
#[derive(Clone, Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T: Serialize> IntoResponse for Maybe<T> {
    fn into_response(self) -> Response {
        match self.0 {
            Some(body) => Json(body).into_response(),
            None => NoContent.into_response(),
        }
    }
}

impl<T: ToSchema> Gives for Maybe<T> {
    fn gives(sketch: &mut Sketch) {
        Json::<T>::gives(sketch);
        NoContent::gives(sketch);
    }
}

/// Done, with the given status; or it waits for a second person: 202 with what was proposed.
#[derive(Clone, Debug)]
pub(crate) enum Second<const DONE: u16, T, W> {
    Done(T),
    Waits(W),
}

impl<const DONE: u16, T: Serialize, W: Serialize> IntoResponse for Second<DONE, T, W> {
    fn into_response(self) -> Response {
        match self {
            Self::Done(body) => (StatusCode::from_u16(DONE).unwrap_or(StatusCode::OK), Json(body)).into_response(),
            Self::Waits(body) => (StatusCode::ACCEPTED, Json(body)).into_response(),
        }
    }
}

impl<const DONE: u16, T: ToSchema, W: ToSchema> Gives for Second<DONE, T, W> {
    fn gives(sketch: &mut Sketch) {
        let (done, waits) = (sketch.shape::<T>(), sketch.shape::<W>());
        sketch.answers(DONE, "Done.", Some(("application/json", done)));
        sketch.answers(202, "It waits for a second person.", Some(("application/json", waits)));
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    rows: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    /// The whole list, or its last page.
    pub(crate) fn whole(rows: Vec<T>) -> Self {
        Self { rows, next: None }
    }

    /// A page, and behind which row to go on, if there may be more.
    pub(crate) fn until(rows: Vec<T>, next: Option<String>) -> Self {
        Self { rows, next }
    }

    /// A page, and the cursor behind its last row, if there are more. `rows` holds one more than `most` then.
    pub(crate) fn page<R>(mut found: Vec<R>, most: i64, cursor: impl Fn(&R) -> String, row: impl Fn(R) -> T) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| more).map(cursor);
        Self { rows: found.into_iter().map(row).collect(), next }
    }
}

impl<T> List<T> {
    /// Without the rows that are not to be shown; the cursor stays.
    pub(crate) fn only(mut self, keep: impl FnMut(&T) -> bool) -> Self {
        self.rows.retain(keep);
        self
    }

    /// With other rows.
    pub(crate) fn map<U>(self, row: impl FnMut(T) -> U) -> List<U> {
        List { rows: self.rows.into_iter().map(row).collect(), next: self.next }
    }

    /// With other rows, unless one cannot be made.
    pub(crate) fn try_map<U>(self, row: impl FnMut(T) -> Answer<U>) -> Answer<List<U>> {
        Ok(List { rows: self.rows.into_iter().map(row).collect::<Answer<_>>()?, next: self.next })
    }
}

/// So many rows on a page as were asked for, within reason.
pub(crate) fn page_size(asked: Option<i64>) -> i64 {
    asked.unwrap_or(100).clamp(1, 500)
}

/// Names the next page of a list by its whole address: the one that was asked for, behind another row.
pub(crate) async fn link(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let mut response = next.run(request).await;
    let Some(NextPage(after)) = response.extensions_mut().remove() else { return response };
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("after={after}")]).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}

/// The cursor of the next page; the answer gets the whole address in its header `Link`.
#[derive(Clone, Debug)]
struct NextPage(String);

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.rows).into_response();
        if let Some(next) = self.next {
            response.extensions_mut().insert(NextPage(next));
        }
        response
    }
}

impl<T: ToSchema> Gives for List<T> {
    fn gives(sketch: &mut Sketch) {
        let item = sketch.shape::<T>();
        let list = json!({ "type": "array", "items": item });
        sketch.answers(200, "Done.", Some(("application/json", list)));
        if sketch.parameters.iter().any(|parameter| parameter["name"] == "after") {
            let what = "`<…>; rel=\"next\"`: the address of the next page; absent on the last one.";
            sketch.header(200, "link", what, &json!({ "type": "string" }));
        }
    }
}

impl<T: Gives> Gives for Answer<T> {
    fn gives(sketch: &mut Sketch) {
        T::gives(sketch);
    }
}

/// What kind of file.
pub(crate) trait Media {
    /// As `content-type` says it.
    const TYPE: &'static str;
    /// In words.
    const WORDS: &'static str;
}

macro_rules! media {
    ($($(#[$doc:meta])* $name:ident $media:literal $words:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;

        impl Media for $name {
            const TYPE: &'static str = $media;
            const WORDS: &'static str = $words;
        }
    )*};
}
media! {
    /// A paper.
    Pdf "application/pdf" "A PDF.";
    /// A workbook.
    Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" "A workbook (XLSX).";
    /// A table.
    Csv "text/csv; charset=utf-8" "A table (CSV, UTF-8).";
    /// A policy.
    Toml "application/toml; charset=utf-8" "A policy file (TOML, UTF-8).";
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File<M> {
    bytes: Vec<u8>,
    disposition: Option<String>,
    media: std::marker::PhantomData<M>,
}

impl<M> File<M> {
    /// To be shown.
    pub(crate) fn shown(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), disposition: None, media: std::marker::PhantomData }
    }

    /// To be shown, and kept under this name.
    pub(crate) fn inline(name: &str, bytes: Vec<u8>) -> Self {
        Self { disposition: Some(format!("inline; filename=\"{name}\"")), ..Self::shown(bytes) }
    }

    /// To be kept under this name.
    pub(crate) fn kept(name: &str, bytes: Vec<u8>) -> Self {
        Self { disposition: Some(format!("attachment; filename=\"{name}\"")), ..Self::shown(bytes) }
    }
}

impl<M: Media> IntoResponse for File<M> {
    fn into_response(self) -> Response {
        let mut response = ([(header::CONTENT_TYPE, M::TYPE)], self.bytes).into_response();
        if let Some(value) = self.disposition.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

impl<M: Media> Gives for File<M> {
    fn gives(sketch: &mut Sketch) {
        sketch.answers(200, M::WORDS, Some((M::TYPE, Value::Null)));
        // What cannot be made of the state things are in.
        sketch.refuses([409]);
    }
}

impl Gives for Problem {
    fn gives(_: &mut Sketch) {}
}
