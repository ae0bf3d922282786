//! What a browser does: it keeps a cookie, sends forms with the page's token, and reads pages.

use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use server::admin::csrf_of;
use tower::ServiceExt as _;

use crate::common::World;

/// Somebody's browser.
pub struct Browser<'w> {
    world: &'w World,
    token: Option<String>,
    english: bool,
}

/// A page as it came.
pub struct Seen {
    pub status: u16,
    pub location: Option<String>,
    pub cookie: Option<String>,
    pub kind: String,
    pub text: String,
}

impl Seen {
    /// The page has each of these.
    #[track_caller]
    pub fn has(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(self.text.contains(part), "{part:?} is missing ({}) in:\n{}", self.status, self.text);
        }
        self
    }

    /// The page has none of these.
    #[track_caller]
    pub fn lacks(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(!self.text.contains(part), "{part:?} is in:\n{}", self.text);
        }
        self
    }

    /// What stands in a hidden field, as a browser reads it.
    pub fn hidden(&self, name: &str) -> String {
        let field = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&field).unwrap_or_else(|| panic!("no field {name} in:\n{}", self.text));
        let value = rest.split('"').next().unwrap();
        unescaped(value)
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
    fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect::<Vec<_>>().join("&")
}

impl<'w> Browser<'w> {
    /// With the cookie of a session; with none for a visitor.
    pub fn new(world: &'w World, token: Option<&str>) -> Self {
        Self { world, token: token.map(str::to_owned), english: false }
    }

    /// Reads English from now on.
    pub fn in_english(mut self) -> Self {
        self.english = true;
        self
    }

    /// Takes over the cookie that a page gave.
    pub fn take(&mut self, seen: &Seen) {
        let cookie = seen.cookie.as_deref().unwrap();
        let token = cookie.strip_prefix("zhucan_session=").unwrap().split(';').next().unwrap();
        self.token = Some(token.to_owned()).filter(|token| !token.is_empty());
    }

    pub async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, path, None).await
    }

    /// Sends a page's form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let csrf = self.token.as_deref().map(csrf_of).unwrap_or_default();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(Method::POST, path, Some(form(&all))).await
    }

    /// Sends a form that is not one of our pages'.
    pub async fn post_without_token(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.send(Method::POST, path, Some(form(fields))).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Seen {
        let mut request = Request::builder().method(method).uri(path).header("host", "office.test");
        request = request.header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        let mut cookies = Vec::new();
        cookies.extend(self.token.as_ref().map(|token| format!("zhucan_session={token}")));
        cookies.extend(self.english.then(|| "zhucan_lang=en".to_owned()));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if body.is_some() {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", "http://office.test")
                .header("sec-fetch-site", "same-origin");
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.world.server.router().oneshot(request).await.unwrap();
        let of = |name| response.headers().get(name).map(|v: &axum::http::HeaderValue| v.to_str().unwrap().to_owned());
        let (status, location) = (response.status().as_u16(), of(header::LOCATION));
        let (cookie, kind) = (of(header::SET_COOKIE), of(header::CONTENT_TYPE).unwrap_or_default());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Seen { status, location, cookie, kind, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

/// A text as a browser reads it off a page.
pub fn unescaped(text: &str) -> String {
    let entities = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, is)| text.replace(entity, is))
}
