//! Signing in and out, one's own passphrase and second factor, and what is shown instead of a page that was refused.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use receipts::qr::Qr;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::lang::Lang;
use super::layer::{Kept, status_of};
use super::nav::entries;
use super::words::Words;
use super::{Page, ROOT, assets, lang, refusals};
use crate::admin::{Claim, Present, csrf_of};
use crate::http::body::{Form, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, Caller, Entering, Problem, comes_from_here, device, keep_device, set_cookie, shown};
use crate::words::{Code, sign_in as said};
use crate::{Office, Refusal};

/// Where one's own passphrase and second factor are seen to.
pub(super) const SETUP: &str = "/console/me";
const SIGN_IN: &str = "/console/sign-in";
const STEP_UP: &str = "/console/step-up";

/// What stands around a page without a rail.
struct Bare {
    lang: Lang,
    w: &'static Words,
    title: &'static str,
}

impl Bare {
    fn of(lang: Lang, title: fn(&'static Words) -> &'static str) -> Self {
        let w = Words::of(lang);
        Self { lang, w, title: title(w) }
    }

    #[expect(clippy::unused_self, reason = "templates ask it of what they are given")]
    const fn sprite(&self) -> &'static str {
        assets::SPRITE
    }
}

/// For what somebody signs in or proves to be the person.
#[derive(Default)]
pub(super) struct Ask {
    /// The page that was asked for.
    next: String,
    /// What was typed, if it was a form.
    kept: String,
    /// What the page's form has to bring.
    csrf: String,
}

impl Ask {
    pub(super) fn new(here: &str, kept: Option<Kept>, csrf: String) -> Self {
        let next = if kept.is_some() || !leads_inside(here) { String::new() } else { here.to_owned() };
        Self { next, kept: kept.map(|kept| kept.text()).unwrap_or_default(), csrf }
    }
}

/// Whether an address is a page of the console, and not one for entering it.
fn leads_inside(address: &str) -> bool {
    address.starts_with("/console/")
        && !address.contains(['\\', '\r', '\n'])
        && ![SIGN_IN, STEP_UP, "/console/sign-out"].iter().any(|own| address.starts_with(own))
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    bare: Bare,
    ask: Ask,
    name: String,
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "console/step_up.html")]
struct StepUpPage {
    bare: Bare,
    ask: Ask,
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "console/resume.html")]
struct ResumePage {
    bare: Bare,
    kept: Kept,
    csrf: String,
}

#[derive(Template)]
#[template(path = "console/problem.html")]
struct ProblemPage {
    bare: Bare,
    title: &'static str,
    next: &'static str,
    detail: String,
    kept: Option<Kept>,
    csrf: String,
}

#[derive(Template)]
#[template(path = "console/me.html")]
struct MePage {
    bare: Bare,
    present: Present,
    csrf: String,
    done: Option<&'static str>,
    refusal: Option<String>,
    home: &'static str,
}

#[derive(Template)]
#[template(path = "console/totp.html")]
struct TotpPage {
    bare: Bare,
    csrf: String,
    secret: String,
    url: String,
    qr: String,
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "console/recovery.html")]
struct RecoveryPage {
    bare: Bare,
    codes: Vec<String>,
    home: &'static str,
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    passphrase: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

#[derive(Deserialize)]
struct StepUp {
    passphrase: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

#[derive(Deserialize)]
struct Change {
    old: Zeroizing<String>,
    new: Zeroizing<String>,
    again: Zeroizing<String>,
}

#[derive(Deserialize)]
struct FirstCode {
    code: Zeroizing<String>,
    #[serde(default)]
    secret: Zeroizing<String>,
    #[serde(default)]
    url: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Chosen {
    to: String,
    #[serde(default)]
    back: String,
}

#[derive(Default, Deserialize)]
struct Told {
    done: Option<String>,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(ROOT, home)
        .get(SIGN_IN, sign_in_form)
        .send(SIGN_IN, sign_in)
        .send("/console/sign-out", sign_out)
        .send(STEP_UP, step_up)
        .get(SETUP, me)
        .send("/console/me/passphrase", change)
        .send("/console/me/totp", begin)
        .send("/console/me/totp/confirmation", confirm)
        .send("/console/language", language)
}

/// A page, or trouble of our own in place of it.
fn drawn(template: &impl Template, status: StatusCode) -> Response {
    match Page::of(template) {
        Ok(page) => page.with_status(status).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Asks to sign in, over whatever was asked for.
pub(super) fn sign_in_page(lang: Lang, ask: Ask, refusal: Option<(String, String)>) -> Response {
    let (name, refusal) = refusal.map_or((String::new(), None), |(name, said)| (name, Some(said)));
    drawn(&SignInPage { bare: Bare::of(lang, |w| w.sign_in), ask, name, refusal }, StatusCode::UNAUTHORIZED)
}

/// Asks for fresh proof, over whatever was asked for.
pub(super) fn step_up_page(lang: Lang, ask: Ask, refusal: Option<String>) -> Response {
    drawn(&StepUpPage { bare: Bare::of(lang, |w| w.step_up), ask, refusal }, StatusCode::FORBIDDEN)
}

/// Says why something was not done, with what was typed.
pub(super) fn problem(lang: Lang, refusal: &Refusal, ask: Ask) -> Response {
    let (bare, kept) = (Bare::of(lang, |w| w.not_done), Kept::read(&ask.kept));
    let (title, next) = (refusals::title(refusal.code, lang), refusals::next_step(refusal.code, lang));
    let detail = refusals::detail(&refusal.detail, lang);
    let page = ProblemPage { bare, title, next, detail, kept, csrf: ask.csrf };
    let mut answer = drawn(&page, status_of(refusal.code));
    if let Some(seconds) = refusal.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// Says to a person that there is no such address.
pub(super) fn missing(headers: &axum::http::HeaderMap) -> Response {
    let lang = Lang::kept(headers);
    let refusal = Refusal::new(Code::NotFound, refusals::title(Code::NotFound, lang));
    problem(lang, &refusal, Ask::default())
}

/// Where signing in leads.
const fn home_of(role: crate::people::Role) -> &'static str {
    match entries(role).first() {
        Some(entry) => entry.path,
        None => SETUP,
    }
}

async fn home(Entering(present): Entering) -> Redirect {
    Redirect::to(if present.must.is_empty() { home_of(present.user.role) } else { SETUP })
}

async fn sign_in_form(headers: axum::http::HeaderMap) -> Response {
    drawn(
        &SignInPage {
            bare: Bare::of(Lang::kept(&headers), |w| w.sign_in),
            ask: Ask::default(),
            name: String::new(),
            refusal: None,
        },
        StatusCode::OK,
    )
}

async fn sign_in(
    State(office): State<Arc<Office>>,
    Caller(address): Caller,
    parts: Parts,
    Form(body): Form<SignIn>,
) -> Answer<Response> {
    if !comes_from_here(&parts) {
        return Err(Problem::new(Code::ForeignForm, said::CSRF));
    }
    let lang = Lang::kept(&parts.headers);
    let code = Some(body.code.trim()).filter(|code| !code.is_empty());
    let (device, browser) = (device(&parts), true);
    let claim = Claim { name: &body.name, passphrase: &body.passphrase, code, address, device, browser };
    let session = match office.sign_in(claim).await {
        Ok(session) => session,
        Err(crate::Error::Refused(refusal)) => {
            let ask = Ask { next: body.next, kept: body.kept, csrf: String::new() };
            let mut page = sign_in_page(lang, ask, Some((body.name, refusals::detail(&refusal.detail, lang))));
            *page.status_mut() = status_of(refusal.code);
            return Ok(page);
        }
        Err(trouble) => return Err(trouble.into()),
    };
    let known = session.device.iter().map(|device| keep_device(&office, device));
    let cookies = [set_cookie(&office, Some(&session.token))].into_iter().chain(known);
    let cookies: Vec<_> = cookies.map(|line| (header::SET_COOKIE, line)).collect();
    let csrf = csrf_of(&session.token);
    let onward = match Kept::read(&body.kept) {
        Some(kept) => drawn(&ResumePage { bare: Bare::of(lang, |w| w.resume), kept, csrf }, StatusCode::OK),
        None if leads_inside(&body.next) => Redirect::to(&body.next).into_response(),
        None => Redirect::to(ROOT).into_response(),
    };
    Ok((AppendHeaders(cookies), onward).into_response())
}

async fn sign_out(State(office): State<Arc<Office>>, parts: Parts, _: Entering) -> Answer<impl IntoResponse> {
    if let Some(shown) = shown(&parts) {
        office.sign_out(&shown.token).await?;
    }
    Ok((AppendHeaders([(header::SET_COOKIE, set_cookie(&office, None))]), Redirect::to(SIGN_IN)))
}

async fn step_up(
    State(office): State<Arc<Office>>,
    Entering(present): Entering,
    parts: Parts,
    Form(body): Form<StepUp>,
) -> Answer<Response> {
    let lang = Lang::kept(&parts.headers);
    let csrf = token_of(&parts);
    let code = Some(body.code.trim()).filter(|code| !code.is_empty());
    match office.step_up(&present, &body.passphrase, code).await {
        Ok(_) => {}
        Err(crate::Error::Refused(refusal)) => {
            let ask = Ask { next: body.next, kept: body.kept, csrf };
            return Ok(step_up_page(lang, ask, Some(refusals::detail(&refusal.detail, lang))));
        }
        Err(trouble) => return Err(trouble.into()),
    }
    Ok(match Kept::read(&body.kept) {
        Some(kept) => drawn(&ResumePage { bare: Bare::of(lang, |w| w.resume), kept, csrf }, StatusCode::OK),
        None if leads_inside(&body.next) => Redirect::to(&body.next).into_response(),
        None => Redirect::to(ROOT).into_response(),
    })
}

fn token_of(parts: &Parts) -> String {
    shown(parts).map(|shown| csrf_of(&shown.token)).unwrap_or_default()
}

async fn me(Entering(present): Entering, parts: Parts, Query(told): Query<Told>) -> Answer<Page> {
    let lang = Lang::kept(&parts.headers);
    let done = told.done.as_deref().and_then(|done| Words::of(lang).done(done));
    Page::of(&me_page(lang, present, token_of(&parts), done, None))
}

fn me_page(lang: Lang, present: Present, csrf: String, done: Option<&'static str>, refusal: Option<String>) -> MePage {
    let home = home_of(present.user.role);
    MePage { bare: Bare::of(lang, |w| w.me), present, csrf, done, refusal, home }
}

async fn change(
    State(office): State<Arc<Office>>,
    Entering(present): Entering,
    parts: Parts,
    Form(body): Form<Change>,
) -> Answer<Response> {
    let lang = Lang::kept(&parts.headers);
    let refused = if body.new == body.again {
        office.change_passphrase(&present, &body.old, &body.new).await
    } else {
        Err(crate::Error::refused(Code::Invalid, Words::of(lang).passphrases_differ))
    };
    match refused {
        Ok(()) => Ok(Redirect::to("/console/me?done=passphrase").into_response()),
        Err(crate::Error::Refused(refusal)) => {
            let page = me_page(lang, present, token_of(&parts), None, Some(refusals::detail(&refusal.detail, lang)));
            Ok(drawn(&page, status_of(refusal.code)))
        }
        Err(trouble) => Err(trouble.into()),
    }
}

async fn begin(State(office): State<Arc<Office>>, Entering(present): Entering, parts: Parts) -> Answer<Response> {
    let new = office.begin_totp(&present).await?;
    Ok(totp_page(Lang::kept(&parts.headers), token_of(&parts), &new.secret, &new.url, None))
}

fn totp_page(lang: Lang, csrf: String, secret: &str, url: &str, refusal: Option<String>) -> Response {
    let qr = Qr::new(url).map(|qr| qr.svg()).unwrap_or_default();
    let groups: Vec<String> = secret.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into_owned()).collect();
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (bare, secret, url) = (Bare::of(lang, |w| w.totp), groups.join(" "), url.to_owned());
    drawn(&TotpPage { bare, csrf, secret, url, qr, refusal }, status)
}

async fn confirm(
    State(office): State<Arc<Office>>,
    Entering(present): Entering,
    parts: Parts,
    Form(body): Form<FirstCode>,
) -> Answer<Response> {
    let lang = Lang::kept(&parts.headers);
    match office.confirm_totp(&present, &body.code).await {
        Ok(codes) => {
            let home = home_of(present.user.role);
            Ok(drawn(&RecoveryPage { bare: Bare::of(lang, |w| w.recovery), codes, home }, StatusCode::OK))
        }
        Err(crate::Error::Refused(refusal)) if !body.secret.is_empty() => {
            let said = refusals::detail(&refusal.detail, lang);
            Ok(totp_page(lang, token_of(&parts), &body.secret.replace(' ', ""), &body.url, Some(said)))
        }
        Err(trouble) => Err(trouble.into()),
    }
}

async fn language(parts: Parts, Form(chosen): Form<Chosen>) -> Answer<impl IntoResponse> {
    if !comes_from_here(&parts) {
        return Err(Problem::new(Code::ForeignForm, said::CSRF));
    }
    let tag = if chosen.to == "en" { "en" } else { "zh" };
    let cookie = format!("{}={tag}; SameSite=Lax; Path=/; Max-Age=31536000", lang::COOKIE);
    let back = if leads_inside(&chosen.back) { chosen.back } else { ROOT.to_owned() };
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&back)))
}
