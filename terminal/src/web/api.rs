//! The JSON API: one request a key, answered with the new state.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::calendar::BusinessDate;
use domain::decision::Mode;
use domain::id::{CashierId, RecordId};
use domain::money::Fen;
use domain::record::Tender;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{ApiError, Failure};
use super::{Shared, lang};
use crate::shift::Count;
use crate::state::MealView;
use crate::till::{Approval, TillError};
use crate::words::Lang;

/// A scanner or reader sends at most so many characters; more is noise.
pub(super) const MAX_CODE: usize = 200;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/state", get(state))
        .route("/api/meals", get(meals))
        .route("/api/sign-in", post(sign_in))
        .route("/api/sign-out", post(sign_out))
        .route("/api/shift/open", post(open))
        .route("/api/shift/count", post(count))
        .route("/api/shift/recount", post(recount))
        .route("/api/shift/close", post(close))
        .route("/api/scan", post(scan))
        .route("/api/answer", post(answer))
        .route("/api/charged", post(charged))
        .route("/api/code", post(code))
        .route("/api/line/next", post(line_next))
        .route("/api/line/pass", post(line_pass))
        .route("/api/guest", post(guest))
        .route("/api/mode", post(mode))
        .route("/api/tender", post(tender))
        .route("/api/confirm", post(confirm))
        .route("/api/cancel", post(cancel))
        .route("/api/void", post(void))
        .route("/api/reprint", post(reprint))
        .route("/api/sync", post(sync))
}

/// A JSON body with the language to answer in. Other content types are refused: a form of another site cannot send
/// JSON without asking first.
pub(super) struct Input<T> {
    pub(super) body: T,
    pub(super) lang: Lang,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Input<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, ApiError> {
        let lang = lang(request.headers());
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, shared).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(error) if error.status() == 413 => ApiError::too_large(lang),
            _ => ApiError::bad_request(lang),
        })?;
        Ok(Self { body: take(&headers, &bytes, lang)?, lang })
    }
}

/// A JSON body.
pub(super) fn take<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8], lang: Lang) -> Result<T, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ApiError::bad_request(lang));
    }
    serde_json::from_slice(bytes).map_err(|_| ApiError::bad_request(lang))
}

/// Runs to its end even when the browser goes away, then answers with the state.
pub(super) async fn act<T: Send + 'static>(
    shared: Shared,
    lang: Lang,
    action: impl Future<Output = Result<T, TillError>> + Send + 'static,
) -> Response {
    match tokio::spawn(action).await {
        Ok(Ok(_)) => done(&shared, lang).await,
        Ok(Err(error)) => Failure::from(error).answer(lang).into_response(),
        Err(stopped) => ApiError::storage(&stopped, lang).into_response(),
    }
}

/// The state behind something that was done: done it stays, whether it can be shown or not.
async fn done(shared: &Shared, lang: Lang) -> Response {
    match shared.core.snapshot().await {
        Ok(snapshot) => Json(snapshot).into_response(),
        Err(error) => (StatusCode::OK, Json(ApiError::unread(&error, lang))).into_response(),
    }
}

async fn show(shared: &Shared, lang: Lang) -> Response {
    match shared.core.snapshot().await {
        Ok(snapshot) => Json(snapshot).into_response(),
        Err(error) => ApiError::unread(&error, lang).into_response(),
    }
}

async fn state(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    show(&shared, lang(&headers)).await
}

#[derive(Deserialize)]
struct MealsQuery {
    date: Option<BusinessDate>,
}

#[derive(serde::Serialize)]
struct MealsAnswer {
    date: BusinessDate,
    meals: Vec<MealView>,
}

async fn meals(
    State(shared): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<MealsQuery>, QueryRejection>,
) -> Response {
    let lang = lang(&headers);
    let Ok(Query(MealsQuery { date })) = query else { return ApiError::bad_request(lang).into_response() };
    let date = date.unwrap_or_else(|| shared.core.time.today());
    match shared.core.day_list(date).await {
        Ok(meals) => Json(MealsAnswer { date, meals }).into_response(),
        Err(error) => ApiError::storage(&error, lang).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    cashier: CashierId,
    pin: String,
}

async fn sign_in(State(shared): State<Shared>, Input { body, lang }: Input<SignIn>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.sign_in(body.cashier, body.pin).await }).await
}

async fn sign_out(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.sign_out().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    float: Fen,
    confirmed_date: Option<BusinessDate>,
}

async fn open(State(shared): State<Shared>, Input { body, lang }: Input<Open>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.open_till(body.float, body.confirmed_date).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counting {
    count: BTreeMap<i64, u32>,
}

async fn count(State(shared): State<Shared>, Input { body, lang }: Input<Counting>) -> Response {
    let Some(count) = Count::new(body.count) else { return ApiError::bad_count(lang).into_response() };
    let core = shared.core.clone();
    act(shared, lang, async move { core.count(count).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recount {
    supervisor: Option<Approval>,
}

async fn recount(State(shared): State<Shared>, Input { body, lang }: Input<Recount>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.recount(body.supervisor).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Close {
    count: Option<BTreeMap<i64, u32>>,
    #[serde(default)]
    reason: String,
    supervisor: Option<Approval>,
}

async fn close(State(shared): State<Shared>, Input { body, lang }: Input<Close>) -> Response {
    let count = match body.count.map(Count::new) {
        Some(None) => return ApiError::bad_count(lang).into_response(),
        Some(count) => count,
        None => None,
    };
    let core = shared.core.clone();
    let action = async move {
        if let Some(count) = count {
            core.count(count).await?;
        }
        core.close_till(&body.reason, body.supervisor).await
    };
    act(shared, lang, action).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scanned {
    code: String,
}

async fn scan(State(shared): State<Shared>, Input { body, lang }: Input<Scanned>) -> Response {
    if body.code.len() > MAX_CODE {
        return ApiError::too_large(lang).into_response();
    }
    let core = shared.core.clone();
    act(shared, lang, async move { core.scan(&body.code).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    keep: bool,
}

async fn answer(State(shared): State<Shared>, Input { body, lang }: Input<Answer>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.answer(body.keep).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sale {
    sale: RecordId,
}

#[derive(serde::Serialize)]
struct Charged {
    charged: bool,
}

/// Whether that sale is recorded: the page asks when it did not hear what became of its Enter.
async fn charged(State(shared): State<Shared>, Input { body, lang }: Input<Sale>) -> Response {
    match shared.core.is_charged(body.sale).await {
        Ok(charged) => Json(Charged { charged }).into_response(),
        Err(error) => Failure::from(error).answer(lang).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announced {
    number: u64,
}

#[derive(serde::Serialize)]
struct Code {
    code: Option<String>,
}

/// What a reader with a line of its own has read, for the first page that asks for it.
async fn code(State(shared): State<Shared>, Input { body, .. }: Input<Announced>) -> Response {
    Json(Code { code: shared.core.codes.claim(body.number) }).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    turn: u32,
}

async fn line_next(State(shared): State<Shared>, Input { body, lang }: Input<Turn>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.take_turn(body.turn).await }).await
}

async fn line_pass(State(shared): State<Shared>, Input { body, lang }: Input<Turn>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.pass_over(body.turn).await }).await
}

async fn guest(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.guest().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetMode {
    mode: Option<Mode>,
}

async fn mode(State(shared): State<Shared>, Input { body, lang }: Input<SetMode>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.set_mode(body.mode).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetTender {
    tender: Tender,
}

async fn tender(State(shared): State<Shared>, Input { body, lang }: Input<SetTender>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.set_tender(body.tender).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    sale: RecordId,
    tender: Option<Tender>,
    reference: Option<String>,
}

async fn confirm(State(shared): State<Shared>, Input { body, lang }: Input<Confirm>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.confirm(body.sale, body.tender, body.reference.as_deref()).await }).await
}

async fn cancel(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.cancel().await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Void {
    meal: Option<RecordId>,
    #[serde(default)]
    reason: String,
    supervisor: Option<Approval>,
}

async fn void(State(shared): State<Shared>, Input { body, lang }: Input<Void>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.void(body.meal, &body.reason, body.supervisor).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reprint {
    record: Option<RecordId>,
}

async fn reprint(State(shared): State<Shared>, Input { body, lang }: Input<Reprint>) -> Response {
    let core = shared.core.clone();
    act(shared, lang, async move { core.reprint(body.record).await }).await
}

/// Asks the background round to begin at once; does not wait for it.
async fn sync(State(shared): State<Shared>, Input { lang, .. }: Input<Nothing>) -> Response {
    shared.core.ask_sync.notify_one();
    show(&shared, lang).await
}
