//! What stands between the console's addresses and their handlers.
//!
//! A form brings its page's token in a field; it is passed on as the header that programs use, so that handlers and the
//! test of rights know only one way. A problem becomes a page; and whatever was typed into a form that was refused, for
//! want of a session, of fresh proof or of anything else, stands on that page again.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::enter::{self, Ask};
use super::lang::Lang;
use super::{ROOT, enter::SETUP};
use crate::admin::csrf_of;
use crate::http::{CSRF, shown};
use crate::words::Code;
use crate::{Office, Refusal};

/// The field of every form that brings the page's token.
pub(crate) const TOKEN: &str = "csrf";
/// A form's fields are no larger than this, bytes.
const FORM: usize = 256 * 1024;
/// A form with a file is no larger than this, bytes.
pub(crate) const UPLOAD: usize = 48 * 1024 * 1024;
/// Fields that are never shown again.
const SECRET: [&str; 9] = [TOKEN, "passphrase", "code", "old", "new", "again", "pin", "secret", "url"];

/// What was typed into a form, to be sent again.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Kept {
    /// The form's address with its query.
    pub(crate) path: String,
    /// Names and what was typed, without secrets.
    pub(crate) fields: Vec<(String, String)>,
}

impl Kept {
    /// Reads what a page of ours kept. Nothing for what leads out of the console.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(text).ok()?;
        (kept.path.starts_with("/console/") && !kept.path.contains(['\\', '\r', '\n'])).then_some(kept)
    }

    /// As a page of ours keeps it.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Whether what was typed is words that a person wants to see again; ids, digests and numbers are sent again unseen.
pub(super) fn is_words(text: &str) -> bool {
    let is_id = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    !is_id && (text.chars().count() > 12 || text.contains([' ', '\n']))
}

/// Runs a request of a page; anything else is passed on untouched.
pub(crate) async fn frame(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !["/", ROOT].contains(&path) && !["/console/", "/disclosures/"].iter().any(|pages| path.starts_with(pages)) {
        return next.run(request).await;
    }
    let lang = Lang::kept(request.headers());
    let here = request.uri().path_and_query().map_or_else(String::new, |p| p.as_str().to_owned());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (parts, body) = request.into_parts();
    let shown = shown(&parts);
    let csrf = shown.as_ref().map(|shown| csrf_of(&shown.token)).unwrap_or_default();
    let request = Request::from_parts(parts, body);
    let found = if is_upload(&request) {
        let is_known = match &shown {
            Some(shown) => office.present(&shown.token).await.is_ok(),
            None => false,
        };
        with_file(request, &here, is_known).await
    } else {
        with_token(request, &here).await
    };
    let (request, kept) = match found {
        Ok(found) => found,
        Err(code) => return enter::problem(lang, &Refusal::new(code, code.title()), Ask::default()),
    };
    let mut response = next.run(request).await;
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let kept = kept.filter(|_| !is_read);
    let ask = Ask::new(&here, kept, csrf);
    let mut page = match refusal.code {
        Code::SignInNeeded => enter::sign_in_page(lang, ask, None),
        Code::SetupNeeded => Redirect::to(SETUP).into_response(),
        Code::StepUpNeeded => enter::step_up_page(lang, ask, None),
        _ => enter::problem(lang, &refusal, ask),
    };
    // The log of denials reads the code from the answer.
    page.extensions_mut().insert(refusal.code);
    page
}

/// The request with its form's token as a header, and what was typed.
async fn with_token(request: Request, here: &str) -> Result<(Request, Option<Kept>), Code> {
    if request.method() != Method::POST || !kind(&request).starts_with("application/x-www-form-urlencoded") {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, FORM).await.map_err(|_| Code::TooLarge)?;
    let fields = typed(copy_of(&parts, Body::from(bytes.clone()))).await.ok_or(Code::Malformed)?;
    Ok(marked(parts, bytes, fields, here))
}

/// The same of a form with a file. A file of somebody who is not signed in is not kept while it comes: the form is
/// refused, and only what was typed stands there again.
async fn with_file(request: Request, here: &str, is_known: bool) -> Result<(Request, Option<Kept>), Code> {
    let (parts, body) = request.into_parts();
    let (bytes, copy) = if is_known {
        let bytes = to_bytes(body, UPLOAD).await.map_err(|_| Code::TooLarge)?;
        (bytes.clone(), Body::from(bytes))
    } else {
        (Bytes::new(), body)
    };
    let fields = uploaded(copy_of(&parts, copy)).await?;
    Ok(marked(parts, bytes, fields, here))
}

fn copy_of(parts: &Parts, body: Body) -> Request {
    let mut copy = Request::new(body);
    DefaultBodyLimit::max(UPLOAD).apply(&mut copy);
    *copy.headers_mut() = parts.headers.clone();
    *copy.method_mut() = Method::POST;
    copy
}

/// The request with its token where programs show it, and what is kept of its fields.
fn marked(mut parts: Parts, bytes: Bytes, fields: Vec<(String, String)>, here: &str) -> (Request, Option<Kept>) {
    let token = fields.iter().find(|(name, _)| name == TOKEN).and_then(|(_, token)| HeaderValue::from_str(token).ok());
    if let Some(token) = token {
        parts.headers.insert(CSRF, token);
    }
    let shown = fields.into_iter().filter(|(name, _)| !SECRET.contains(&name.as_str())).collect();
    let kept = Kept { path: here.to_owned(), fields: shown };
    (Request::from_parts(parts, Body::from(bytes)), Some(kept))
}

fn is_upload(request: &Request) -> bool {
    request.method() == Method::POST && kind(request).starts_with("multipart/form-data")
}

fn kind(request: &Request) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn typed(request: Request) -> Option<Vec<(String, String)>> {
    axum::Form::<Vec<(String, String)>>::from_request(request, &()).await.ok().map(|form| form.0)
}

/// The fields of a form with a file, without the file, which is read past as it comes.
async fn uploaded(request: Request) -> Result<Vec<(String, String)>, Code> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Code::Malformed)?;
    let (mut fields, mut room) = (Vec::new(), FORM);
    while let Some(mut field) = form.next_field().await.map_err(|_| Code::Malformed)? {
        if let (Some(name), None) = (field.name().map(str::to_owned), field.file_name()) {
            let text = text_of(&mut field, room).await?;
            room -= text.len();
            fields.push((name, text));
        } else {
            while field.chunk().await.map_err(|_| Code::Malformed)?.is_some() {}
        }
    }
    Ok(fields)
}

/// A field's text, of so many bytes at most.
async fn text_of(field: &mut Field<'_>, room: usize) -> Result<String, Code> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| Code::Malformed)? {
        if bytes.len() + chunk.len() > room {
            return Err(Code::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Code::Malformed)
}

/// One file of a form, with its other fields.
pub(crate) struct Upload {
    /// What the file is called on the person's machine.
    pub(crate) name: String,
    /// Its bytes; empty when none was chosen.
    pub(crate) bytes: Bytes,
    /// Every file of the form: its field, its name, its bytes.
    pub(crate) files: Vec<(String, String, Bytes)>,
    /// The other fields.
    pub(crate) fields: Vec<(String, String)>,
}

impl Upload {
    /// What was typed into a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = crate::http::Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let unreadable = || crate::http::Problem::from(Code::Malformed);
        let mut upload = Self { name: String::new(), bytes: Bytes::new(), files: Vec::new(), fields: Vec::new() };
        if kind(&request).starts_with("application/x-www-form-urlencoded") {
            // What was kept of an upload comes back without its file.
            upload.fields = typed(request).await.ok_or_else(unreadable)?;
            return Ok(upload);
        }
        let mut form = Multipart::from_request(request, state).await.map_err(|_| unreadable())?;
        while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(file) = field.file_name().map(str::to_owned) {
                let bytes = field.bytes().await.map_err(|_| unreadable())?;
                if upload.bytes.is_empty() {
                    (upload.name, upload.bytes) = (file.clone(), bytes.clone());
                }
                upload.files.push((name, file, bytes));
            } else {
                upload.fields.push((name, field.text().await.map_err(|_| unreadable())?));
            }
        }
        Ok(upload)
    }
}

/// Says that a page was refused with this status.
pub(crate) fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_and_leads_nowhere_else() {
        let kept =
            Kept { path: "/console/findings/1".into(), fields: vec![("words".into(), "说明“一”".into())] };
        let back = Kept::read(&kept.text()).unwrap();
        assert_eq!((back.path, back.fields), (kept.path, kept.fields));
        for path in ["https://elsewhere.example/", "//elsewhere.example/", "/api/v1/people", "/console\\x"] {
            assert!(Kept::read(&Kept { path: path.into(), fields: vec![] }.text()).is_none(), "{path}");
        }
        assert!(Kept::read("not what we kept").is_none());
    }
}
