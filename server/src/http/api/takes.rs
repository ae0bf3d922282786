//! What each extractor takes out of a request, and with what it refuses.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use domain::sync::{Batch, Hello, Lookup};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answers::Media;
use super::sketch::{Asker, Place, Sketch, Takes};
use crate::http::body::{self, Json, Path, Query, unread};
use crate::http::{Caller, Delivery, Entering, Problem, Proven, Signed, SignedIn};
use crate::words::{self, Code};

impl<S> Takes for State<S> {
    fn takes(_: &mut Sketch) {}
}

impl Takes for Caller {
    fn takes(_: &mut Sketch) {}
}

fn person(sketch: &mut Sketch) {
    sketch.asker = Asker::Person;
    sketch.refuses([401, 403]);
}

impl Takes for SignedIn {
    fn takes(sketch: &mut Sketch) {
        person(sketch);
    }
}

impl Takes for Proven {
    fn takes(sketch: &mut Sketch) {
        person(sketch);
    }
}

impl Takes for Entering {
    fn takes(sketch: &mut Sketch) {
        person(sketch);
    }
}

/// Whoever asks: a session that is shown is looked at by the handler.
pub(crate) struct Whoever(pub(crate) Parts);

impl<S: Send + Sync> FromRequestParts<S> for Whoever {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.clone()))
    }
}

impl Takes for Whoever {
    fn takes(sketch: &mut Sketch) {
        sketch.asker = Asker::Whoever;
        sketch.refuses([403]);
    }
}

impl<T: Place> Takes for Path<T> {
    fn takes(sketch: &mut Sketch) {
        let schemas = T::schemas(sketch);
        sketch.places(schemas);
        sketch.refuses([400, 404]);
    }
}

impl<T: ToSchema> Takes for Query<T> {
    fn takes(sketch: &mut Sketch) {
        sketch.query::<T>();
        // A value may be readable and still fit nothing: a region that is not there, a state that is none.
        sketch.refuses([400, 404, 422]);
    }
}

fn json_body<T: ToSchema + DeserializeOwned>(sketch: &mut Sketch) {
    let schema = sketch.shape::<T>();
    sketch.reads = Some(|bytes| serde_json::from_slice::<T>(bytes).map(drop).map_err(|e| e.to_string()));
    sketch.body = Some(json!({ "application/json": { "schema": schema } }));
    sketch.refuses([400, 413, 415, 422]);
}

impl<T: ToSchema + DeserializeOwned> Takes for Json<T> {
    fn takes(sketch: &mut Sketch) {
        json_body::<T>(sketch);
    }
}

/// A file that is the body, read only when the handler wants it: whoever may not bring it sends nothing.
pub(crate) struct Upload<M> {
    request: Request,
    media: std::marker::PhantomData<M>,
}

impl<M> Upload<M> {
    /// Its bytes, as far as the route's bound allows.
    pub(crate) async fn bytes(self) -> Result<Bytes, Problem> {
        Bytes::from_request(self.request, &()).await.map_err(|e| unread(&e))
    }
}

impl<M, S: Send + Sync> FromRequest<S> for Upload<M> {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { request, media: std::marker::PhantomData })
    }
}

impl<M: Media> Takes for Upload<M> {
    fn takes(sketch: &mut Sketch) {
        sketch.is_upload = true;
        sketch.body = Some(json!({ M::TYPE: {} }));
        sketch.refuses([400, 413, 422]);
    }
}

/// A body that a terminal signed.
pub(crate) trait SignedBody: Sized + Send {
    /// Reads it, when its signature has been found to fit.
    fn read(bytes: &[u8]) -> Result<Self, Problem>;
    /// Its JSON form in the document, if there is one.
    fn body(sketch: &mut Sketch);
}

/// No body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing;

impl SignedBody for Nothing {
    fn read(_: &[u8]) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn body(_: &mut Sketch) {}
}

macro_rules! signed_json {
    ($($name:ty)*) => {$(
        impl SignedBody for $name {
            fn read(bytes: &[u8]) -> Result<Self, Problem> {
                body::parse(bytes)
            }

            fn body(sketch: &mut Sketch) {
                json_body::<Self>(sketch);
            }
        }
    )*};
}
signed_json! { Hello Batch }

/// The number is in no log and in no answer: what cannot be read is not repeated either.
impl SignedBody for Lookup {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(bytes).map_err(|_| Problem::new(Code::Malformed, words::LOOKUP_BODY))
    }

    fn body(sketch: &mut Sketch) {
        json_body::<Self>(sketch);
        sketch.refuses([429]);
    }
}

fn terminal<T: SignedBody>(sketch: &mut Sketch) {
    sketch.asker = Asker::Terminal;
    sketch.refuses([400, 401, 403, 413]);
    T::body(sketch);
    // What it signed is read whatever its type is said to be.
    if sketch.refusals.remove(&415) {
        sketch.refuses([422]);
    }
}

impl<T: SignedBody> Takes for Signed<T> {
    fn takes(sketch: &mut Sketch) {
        terminal::<T>(sketch);
    }
}

impl<T: SignedBody> Takes for Delivery<T> {
    fn takes(sketch: &mut Sketch) {
        terminal::<T>(sketch);
    }
}

/// A photo: JPEG or PNG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image;

impl Media for Image {
    const TYPE: &'static str = "image/*";
    const WORDS: &'static str = "A photo (JPEG or PNG).";
}

/// A file that comes with what is said: JPEG, PNG or PDF.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enclosure;

impl Media for Enclosure {
    const TYPE: &'static str = "application/octet-stream";
    const WORDS: &'static str = "A picture (JPEG or PNG) or a PDF.";
}

/// A list: a workbook or a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sheet;

impl Media for Sheet {
    const TYPE: &'static str = "application/octet-stream";
    const WORDS: &'static str = "A workbook (XLSX) or a table (CSV).";
}

/// A header of a request, for the document.
pub(super) fn header(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}
