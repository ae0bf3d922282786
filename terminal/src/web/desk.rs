//! The API of everything at the till that is not a sale: the drawer, refunds, training, collections, paper lists, the
//! search by name, and what a cashier has to confirm.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::calendar::{BusinessDate, MealPeriod};
use domain::id::{ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::record::Collector;
use serde::{Deserialize, Serialize};

use super::Shared;
use super::api::{Input, MAX_CODE, Nothing, act};
use super::error::{ApiError, Failure};
use crate::core::Core;
use crate::state::{FoundView, RefundView};
use crate::till::{Approval, Menu, PaperLine, TillError, Why};

/// A name is at most so many characters.
const MAX_NAME: usize = 40;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/cash", post(cash))
        .route("/api/price", post(price))
        .route("/api/portions", post(portions))
        .route("/api/repeat", post(repeat))
        .route("/api/delivered", post(delivered))
        .route("/api/menu", post(menu))
        .route("/api/why", post(why))
        .route("/api/refunds", post(refunds))
        .route("/api/refund", post(refund))
        .route("/api/training", post(training))
        .route("/api/training/end", post(training_end))
        .route("/api/collection", post(collection))
        .route("/api/collection/end", post(collection_end))
        .route("/api/search", post(search))
        .route("/api/manual", post(manual))
        .route("/api/unidentified", post(unidentified))
        .route("/api/confirm-date", post(confirm_date))
        .route("/api/damage/seen", post(damage_seen))
        .route("/api/paper/open", post(paper_open))
        .route("/api/paper/add", post(paper_add))
        .route("/api/paper/remove", post(paper_remove))
        .route("/api/paper/drop", post(paper_drop))
        .route("/api/paper/commit", post(paper_commit))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cash {
    amount: Fen,
    #[serde(default)]
    note: String,
    supervisor: Option<Approval>,
}

async fn cash(State(shared): State<Shared>, Input { body, lang }: Input<Cash>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.move_cash(body.amount, &body.note, body.supervisor).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    amount: Option<Fen>,
}

async fn price(State(shared): State<Shared>, Input { body, lang }: Input<Price>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.set_price(body.amount).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Portions {
    portions: u8,
}

async fn portions(State(shared): State<Shared>, Input { body, lang }: Input<Portions>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.set_portions(body.portions).await }).await
}

async fn repeat(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.repeat().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivered {
    meal: RecordId,
    delivered: bool,
}

async fn delivered(State(shared): State<Shared>, Input { body, lang }: Input<Delivered>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.tick_delivery(body.meal, body.delivered).await }).await
}

async fn menu(State(shared): State<Shared>, Input { body, lang }: Input<Menu>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.set_menu(body).await }).await
}

/// Why this price: with a supervisor's PIN only, for it may name a category.
async fn why(State(shared): State<Shared>, Input { body, lang }: Input<Approved>) -> Response {
    match shared.core.why(body.supervisor, lang.domain()).await {
        Ok(why) => Json::<Why>(why).into_response(),
        Err(error) => Failure::from(error).answer(lang).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    code: Option<String>,
}

#[derive(Serialize)]
struct RefundsAnswer {
    refunds: Vec<RefundView>,
}

async fn refunds(State(shared): State<Shared>, Input { body, lang }: Input<Whose>) -> Response {
    if body.code.as_ref().is_some_and(|code| code.len() > MAX_CODE) {
        return ApiError::too_large(lang).into_response();
    }
    let list = async |core: &Core| -> Result<RefundsAnswer, TillError> {
        let due = core.refunds_due(body.code.as_deref()).await?;
        Ok(RefundsAnswer { refunds: core.refund_views(due).await? })
    };
    match list(&shared.core).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => Failure::from(error).answer(lang).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    due: RefundId,
}

async fn refund(State(shared): State<Shared>, Input { body, lang }: Input<Pay>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.pay_refund(body.due).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    supervisor: Option<Approval>,
}

async fn training(State(shared): State<Shared>, Input { body, lang }: Input<Approved>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.begin_training(body.supervisor).await }).await
}

async fn training_end(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.end_training().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collect {
    by: Collector,
}

async fn collection(State(shared): State<Shared>, Input { body, lang }: Input<Collect>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.begin_collection(body.by).await }).await
}

async fn collection_end(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.end_collection().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    name: String,
    birth: BusinessDate,
}

#[derive(Serialize)]
struct SearchAnswer {
    found: Vec<FoundView>,
}

/// Masked names only, and only of one birth date: nobody reads the roster through it.
async fn search(State(shared): State<Shared>, Input { body, lang }: Input<Search>) -> Response {
    let name: String = body.name.split_whitespace().collect();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Failure::from(TillError::SearchMore).answer(lang).into_response();
    }
    if shared.core.till.state.lock().await.cashier.is_none() {
        return Failure::from(TillError::SignInFirst).answer(lang).into_response();
    }
    match shared.core.search(&name, body.birth).await {
        Ok(found) => Json(SearchAnswer { found }).into_response(),
        Err(error) => ApiError::storage(&error, lang).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manual {
    elder: ElderId,
    supervisor: Option<Approval>,
}

async fn manual(State(shared): State<Shared>, Input { body, lang }: Input<Manual>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.recognise_by_hand(body.elder, body.supervisor).await }).await
}

async fn unidentified(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.keep_unidentified().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Date {
    date: BusinessDate,
}

async fn confirm_date(State(shared): State<Shared>, Input { body, lang }: Input<Date>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.say_date(body.date).await }).await
}

async fn damage_seen(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.damage_seen().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenPaper {
    date: BusinessDate,
    period: MealPeriod,
    supervisor: Option<Approval>,
}

async fn paper_open(State(shared): State<Shared>, Input { body, lang }: Input<OpenPaper>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.open_paper(body.date, body.period, body.supervisor).await }).await
}

async fn paper_add(State(shared): State<Shared>, Input { body, lang }: Input<PaperLine>) -> Response {
    if body.code.as_ref().is_some_and(|code| code.len() > MAX_CODE) {
        return ApiError::too_large(lang).into_response();
    }
    let core = shared.core.clone();
    act(shared, lang, async move { core.add_paper_line(body).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveLine {
    line: usize,
}

async fn paper_remove(State(shared): State<Shared>, Input { body, lang }: Input<RemoveLine>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.remove_paper_line(body.line).await }).await
}

async fn paper_drop(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.drop_paper().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    second: Option<Approval>,
}

async fn paper_commit(State(shared): State<Shared>, Input { body, lang }: Input<Commit>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.commit_paper(body.second).await }).await
}
