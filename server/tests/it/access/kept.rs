//! A session that ends in mid-form: every form of the console, read from the list of routes, stands there again with all
//! that was typed, and nothing that is secret.

use axum::body::Body;
use axum::http::{Request, header};
use server::http::table;
use server::people::Role;
use support::Backend;
use tower::ServiceExt as _;

use super::bodies::fields_of;
use super::{Ground, PASSPHRASE};
use crate::browser::unescaped;
use crate::client::read;
use crate::desk::{escaped, multipart};

/// What a person types at length: of more lines than one, with everything that a page has to write otherwise.
const LONG: &str = "第一行：<已核对>，“当日名单”在附件 & 另附\r\n第二行：name=\"x\" 'y' 100%\r\n";
/// Entering and leaving, whose forms hold a name and secrets.
const DOORS: [&str; 4] = ["/console/sign-in", "/console/sign-out", "/console/step-up", "/console/language"];
/// Fields that never stand on a page again.
const SECRET: [&str; 8] = ["passphrase", "code", "old", "new", "again", "pin", "secret", "url"];

/// Names and values of the form that leads to `action`, but for its token.
fn fields_on(page: &str, action: &str) -> Vec<(String, String)> {
    let form = format!("action=\"{}\"", action.replace('&', "&#38;"));
    let (_, rest) = page.split_once(&form).unwrap_or_else(|| panic!("no form to {action} in:\n{page}"));
    let (form, _) = rest.split_once("</form>").unwrap();
    let mut found = Vec::new();
    for part in form.split('<') {
        let Some((_, name)) = part.split_once(" name=\"") else { continue };
        let (name, rest) = name.split_once('"').unwrap();
        let value = if part.starts_with("textarea") {
            // A browser takes a text's first line break for the tag's own.
            let text = rest.split_once('>').unwrap().1;
            text.strip_prefix('\n').unwrap_or(text)
        } else if let Some((_, value)) = rest.split_once("value=\"") {
            value.split_once('"').unwrap().0
        } else {
            continue;
        };
        if name != "csrf" {
            found.push((name.to_owned(), unescaped(value)));
        }
    }
    found
}

async fn send(ground: &Ground, path: &str, kind: &str, body: Body) -> (u16, String) {
    let request = Request::post(path).header(header::CONTENT_TYPE, kind).header("host", "office.test");
    let request = request.header("origin", "http://office.test").header("sec-fetch-site", "same-origin");
    let answered = read(ground.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()).await;
    (answered.status.as_u16(), String::from_utf8_lossy(&answered.body).into_owned())
}

async fn nothing_typed_into_any_form_is_lost(backend: Backend) {
    let ground = Ground::new(backend).await;
    ground.person(Role::Auditor, true, 1).await;
    let mut tried = 0;
    for route in table() {
        let is_form = route.method == "POST" && route.path.starts_with("/console/");
        if !is_form || DOORS.contains(&route.path) || route.path.starts_with("/console/me/") {
            continue;
        }
        let (mut fields, has_file) = ground.form(route.path);
        if fields.is_empty() {
            fields = fields_of(&ground.body(route.method, route.path));
        }
        fields.push(("at_length".to_owned(), LONG.repeat(40)));
        fields.push(("begins".to_owned(), "\n\n先空两行再写".to_owned()));
        let secret = |name: &str| SECRET.contains(&name);
        let mut sent: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        sent.push(("passphrase", "不该再出现的口令"));
        let (kind, body) = if has_file {
            ("multipart/form-data; boundary=zhucan", multipart(&sent, "x.csv", b"x"))
        } else {
            ("application/x-www-form-urlencoded", escaped(&sent))
        };
        let address = ground.address(route.path);
        let (status, page) = send(&ground, &address, kind, body).await;
        assert_eq!(status, 401, "{address}: {page}");
        assert!(!page.contains("不该再出现的口令"), "{address}");
        let asked = fields_on(&page, "/console/sign-in");
        let kept = asked.iter().find(|(name, _)| name == "kept").unwrap_or_else(|| panic!("{address} keeps nothing"));
        let name = "试权限的人1";
        let entered = [("name", name), ("passphrase", PASSPHRASE), ("kept", kept.1.as_str())];
        let (status, page) =
            send(&ground, "/console/sign-in", "application/x-www-form-urlencoded", escaped(&entered)).await;
        assert_eq!(status, 200, "{address}: {page}");
        let expected: Vec<_> = fields.iter().filter(|(name, _)| !secret(name)).cloned().collect();
        assert_eq!(fields_on(&page, &address), expected, "{address}");
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
}

crate::on_both! {
    nothing_typed_into_any_form_is_lost
}
