//! The elder's display: a second window of the same till, with five states and nothing to operate but one key.
//!
//! It never names a tier, and shows every refusal and every duplicate as the same few words.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::error::Failure;
use super::view::Cx;
use super::{Shared, lang};
use crate::reading;
use crate::state::{Snapshot, StageView};
use crate::words::Lang;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/elder", get(page)).route("/elder/view", get(view))
}

/// What the display shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Face {
    Idle,
    Reading,
    Amount,
    Done,
    Held,
}

fn face(snapshot: &Snapshot) -> Face {
    match &snapshot.stage {
        StageView::Serving(_) => Face::Amount,
        StageView::Duplicate { .. } | StageView::Refused { .. } | StageView::Idle if snapshot.elder.reading => {
            Face::Reading
        }
        StageView::Duplicate { .. } | StageView::Refused { .. } => Face::Held,
        StageView::Idle if snapshot.elder.done.is_some() => Face::Done,
        _ => Face::Idle,
    }
}

/// What is said, clip by clip.
fn said(face: Face, snapshot: &Snapshot) -> Vec<&'static str> {
    match (face, &snapshot.stage, &snapshot.elder.done) {
        (Face::Amount, StageView::Serving(offer), _) => reading::to_pay(offer.to_pay),
        (Face::Done, _, Some(done)) => reading::paid(done.sale.to_pay),
        (Face::Held, ..) => vec!["wait"],
        _ => Vec::new(),
    }
}

/// Tells one showing from the next: the same words are not said twice by themselves.
fn showing(face: Face, snapshot: &Snapshot) -> String {
    match (face, &snapshot.stage, &snapshot.elder.done) {
        (Face::Amount, StageView::Serving(offer), _) => format!("amount {} {}", offer.sale, offer.to_pay.get()),
        (Face::Done, _, Some(done)) => format!("done {}", done.record),
        (Face::Held, StageView::Duplicate { first, person, .. }, _) => {
            format!("held {} {} {}", first.at.get(), person.name, snapshot.showing)
        }
        (Face::Held, StageView::Refused { code, tail, .. }, _) => {
            format!("held {code} {} {}", tail.as_deref().unwrap_or_default(), snapshot.showing)
        }
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "elder.html")]
struct Shell<'a> {
    cx: Cx<'a>,
    sprite: &'static str,
    main: &'a str,
}

#[derive(Template)]
#[template(path = "elder_main.html")]
struct Main<'a> {
    cx: Cx<'a>,
    face: Face,
}

#[derive(Serialize)]
struct View {
    face: Face,
    /// Changes with each showing; empty where nothing is said.
    showing: String,
    say: Vec<&'static str>,
    repeats: u32,
    training: bool,
    html: String,
}

async fn made(shared: &Shared, lang: Lang) -> Result<(Snapshot, View), Failure> {
    let snapshot = shared.core.snapshot().await?;
    let face = face(&snapshot);
    let view = View {
        face,
        showing: showing(face, &snapshot),
        say: said(face, &snapshot),
        repeats: snapshot.elder.repeats,
        training: snapshot.training,
        html: Main { cx: Cx { w: lang.words(), s: &snapshot }, face }.render()?,
    };
    Ok((snapshot, view))
}

async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let lang = lang(&headers);
    let html = async {
        let (snapshot, view) = made(&shared, lang).await?;
        let cx = Cx { w: lang.words(), s: &snapshot };
        Ok::<_, Failure>(Shell { cx, sprite: super::assets::SPRITE, main: &view.html }.render()?)
    };
    match html.await {
        Ok(html) => Html(html).into_response(),
        Err(failure) => failure.answer(lang).into_response(),
    }
}

async fn view(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let lang = lang(&headers);
    match made(&shared, lang).await {
        Ok((_, view)) => Json(view).into_response(),
        Err(failure) => failure.answer(lang).into_response(),
    }
}
