//! Somebody at a desk: a person's browser, as the console's tests use it.

use axum::body::Body;
use axum::http::{Method, Request, header};
use server::admin::csrf_of;
use server::people::Role;
use server::words::Code;
use tower::ServiceExt as _;

use crate::client::{open, read};
use crate::common::World;
use crate::office::person;

/// What a browser gets.
pub struct Got {
    pub status: u16,
    pub code: Option<Code>,
    pub at: String,
    pub kind: String,
    pub body: Vec<u8>,
}

impl Got {
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn has(&self, texts: &[&str]) -> &Self {
        let html = self.html();
        for text in texts {
            assert!(html.contains(text), "{} lacks {text}: {html}", self.status);
        }
        self
    }

    #[track_caller]
    pub fn lacks(&self, texts: &[&str]) -> &Self {
        let html = self.html();
        for text in texts {
            assert!(!html.contains(text), "there is {text}: {html}");
        }
        self
    }

    #[track_caller]
    pub fn refused(&self, code: Code) -> &Self {
        assert_eq!(self.code, Some(code), "{} {}", self.status, self.html());
        self
    }

    #[track_caller]
    pub fn went(&self, to: &str) -> &Self {
        assert_eq!(self.status, 303, "{}", self.html());
        assert!(self.at.contains(to), "{} is not {to}", self.at);
        self
    }

    /// What stands in a hidden field.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let (html, mark) = (self.html(), format!("name=\"{name}\" value=\""));
        let (_, rest) = html.split_once(&mark).unwrap_or_else(|| panic!("no {name}: {html}"));
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// A browser with somebody's session.
pub struct Desk<'w> {
    pub world: &'w World,
    pub token: String,
    pub english: bool,
}

pub const PASSPHRASE: &str = "correct horse 电池";

impl<'w> Desk<'w> {
    pub async fn of(world: &'w World, name: &str, role: Role, place: &str) -> Self {
        Self { world, token: person(world, name, role, place).await, english: false }
    }

    /// The same person on another day.
    pub async fn again(world: &'w World, name: &str) -> Self {
        Self { world, token: open(world, name, PASSPHRASE).await, english: false }
    }

    pub async fn ask(&self, request: Request<Body>) -> Got {
        let response = self.world.server.router().oneshot(request).await.unwrap();
        let code = response.extensions().get::<Code>().copied();
        let at = response.headers().get(header::LOCATION).map(|at| at.to_str().unwrap().to_owned());
        let answered = read(response).await;
        let (status, at) = (answered.status.as_u16(), at.unwrap_or_default());
        Got { status, code, at, kind: answered.kind, body: answered.body }
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let lang = if self.english { "; zhucan_lang=en" } else { "" };
        let cookie = format!("zhucan_session={}{lang}", self.token);
        Request::builder().method(method).uri(path).header(header::COOKIE, cookie)
    }

    pub async fn get(&self, path: &str) -> Got {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        let csrf = csrf_of(&self.token);
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.ask(self.request(Method::POST, path).header(header::CONTENT_TYPE, FORM).body(escaped(&fields)).unwrap())
            .await
    }

    /// The same without what only our own page knows.
    pub async fn forge(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.ask(self.request(Method::POST, path).header(header::CONTENT_TYPE, FORM).body(escaped(fields)).unwrap())
            .await
    }

    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Got {
        let csrf = csrf_of(&self.token);
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let kind = "multipart/form-data; boundary=zhucan";
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
        self.ask(request.body(multipart(&fields, name, bytes)).unwrap()).await
    }
}

pub const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form as a browser sends them.
pub fn escaped(fields: &[(&str, &str)]) -> Body {
    let escape = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    Body::from(pairs.join("&"))
}

/// The fields of a form with a file as a browser sends them.
pub fn multipart(fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Body {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part = format!("--zhucan\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!("--zhucan\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--zhucan--\r\n");
    Body::from(body)
}
