//! Pages, events and slips.

use std::convert::Infallible;

use axum::Json;
use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::id::{ElderId, RecordId};
use serde::{Deserialize, Serialize};
use tokio_stream::{Stream, StreamExt as _};

use super::error::{ApiError, Failure};
use super::view::{self, Asked, Cx, Lists, Page, Plain, Regions, VoidFor};
use super::{Shared, lang};
use crate::state::{MealView, Snapshot, StageView};
use crate::words::Lang;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(shell))
        .route("/doctor", get(doctor))
        .route("/practice", get(practice))
        .route("/view", get(regions))
        .route("/events", get(events))
        .route("/slips/{file}", get(slip))
        .route("/photos/{elder}", get(photo))
}

#[derive(Deserialize)]
struct ShellQuery {
    lang: Option<String>,
}

async fn shell(
    State(shared): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<ShellQuery>, QueryRejection>,
) -> Response {
    let asked = query.ok().and_then(|Query(query)| query.lang);
    let lang = match asked.as_deref() {
        Some("en") => Lang::En,
        Some(_) => Lang::Zh,
        None => lang(&headers),
    };
    let cookie = match lang {
        Lang::En => "lang=en; Path=/; SameSite=Strict; Max-Age=31536000",
        Lang::Zh => "lang=zh; Path=/; SameSite=Strict; Max-Age=31536000",
    };
    match shell_text(&shared, lang).await {
        Ok(html) => ([(header::SET_COOKIE, cookie)], Html(html)).into_response(),
        Err(failure) => failure.answer(lang).into_response(),
    }
}

async fn shell_text(shared: &Shared, lang: Lang) -> Result<String, Failure> {
    let snapshot = shared.core.snapshot().await?;
    let cx = Cx { w: lang.words(), s: &snapshot };
    let regions = view::regions(cx, Page::Till, &Lists::default(), None)?;
    Ok(view::shell(cx, &regions)?)
}

/// Raw keys: which scanner types what, and how fast.
async fn doctor(headers: HeaderMap) -> Response {
    let lang = lang(&headers);
    page(view::doctor(lang.words()), lang)
}

/// The cards of the people who exist in training only.
async fn practice(headers: HeaderMap) -> Response {
    let lang = lang(&headers);
    page(view::practice(lang.words()), lang)
}

fn page(html: Result<String, askama::Error>, lang: Lang) -> Response {
    match html {
        Ok(html) => Html(html).into_response(),
        Err(error) => Failure::from(error).answer(lang).into_response(),
    }
}

#[derive(Deserialize)]
struct ViewQuery {
    #[serde(default)]
    page: Page,
    /// What a dialog asks: see [`asked`].
    dialog: Option<String>,
}

/// The regions of a page with what the scripts have to know.
#[derive(Serialize)]
struct View {
    page: Page,
    /// Changes whenever the left card shows something else.
    token: String,
    stage: &'static str,
    /// Nothing here is a sale.
    training: bool,
    at: i64,
    regions: Regions,
}

async fn regions(
    State(shared): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<ViewQuery>, QueryRejection>,
) -> Response {
    let lang = lang(&headers);
    let Ok(Query(query)) = query else { return ApiError::bad_request(lang).into_response() };
    match view_of(&shared, query, lang).await {
        Ok(view) => Json(view).into_response(),
        Err(failure) => failure.answer(lang).into_response(),
    }
}

async fn view_of(shared: &Shared, query: ViewQuery, lang: Lang) -> Result<View, Failure> {
    let snapshot = shared.core.snapshot().await?;
    let page = if snapshot.signed_in { query.page } else { Page::Till };
    let wanted = query.dialog.as_deref().filter(|_| snapshot.signed_in);
    let lists = lists(shared, &snapshot, page, wanted).await?;
    let asked = wanted.and_then(|wanted| asked(wanted, &lists));
    let cx = Cx { w: lang.words(), s: &snapshot };
    let regions = view::regions(cx, page, &lists, asked.as_ref())?;
    let (stage, token) = token(&snapshot);
    let training = snapshot.training;
    Ok(View { page, token, stage, training, at: snapshot.clock.at.get(), regions })
}

/// What the page or the dialog lists.
async fn lists(shared: &Shared, snapshot: &Snapshot, page: Page, wanted: Option<&str>) -> Result<Lists, Failure> {
    let core = &shared.core;
    let mut lists = Lists::default();
    let by_id = wanted.is_some_and(|wanted| wanted == "last" || wanted.contains('-'));
    if page == Page::Meals || by_id {
        lists.meals = core.day_list(snapshot.clock.date).await?;
    }
    if let Some(meal) = wanted.and_then(|wanted| to_reverse(wanted, &lists.meals)) {
        lists.by_one = core.reversed_by_one(meal.record).await?;
    }
    if page == Page::Delivery {
        lists.deliveries = core.delivery_list(snapshot.clock.date).await?;
    }
    if page == Page::Refunds {
        lists.refunds = core.refund_views(core.refunds_due(None).await?).await?;
    }
    Ok(lists)
}

/// Meals that can still be reversed here, the last first.
fn reversible(meals: &[MealView]) -> impl Iterator<Item = &MealView> {
    meals.iter().filter(|meal| meal.here_shift && !meal.voided)
}

/// The meal that is meant by `last` or by its id, which may stand behind `undelivered:`.
fn to_reverse<'a>(wanted: &str, meals: &'a [MealView]) -> Option<&'a MealView> {
    if wanted == "last" {
        return reversible(meals).next();
    }
    let id = wanted.strip_prefix("undelivered:").unwrap_or(wanted).parse::<RecordId>().ok()?;
    reversible(meals).find(|meal| meal.record == id)
}

/// `last`, a record's id, `undelivered:`, `refund:` or `slip:` with an id, or the name of a dialog.
fn asked<'a>(wanted: &str, lists: &'a Lists) -> Option<Asked<'a>> {
    if wanted == "recount" {
        return Some(Asked::Recount);
    }
    if let Some(id) = wanted.strip_prefix("slip:") {
        return id.parse().ok().map(Asked::Slip);
    }
    if let Some(id) = wanted.strip_prefix("refund:") {
        return lists.refunds.iter().find(|refund| refund.id.to_string() == id).map(Asked::Refund);
    }
    let plain = serde_json::from_value::<Plain>(serde_json::Value::String(wanted.to_owned()));
    if let Ok(plain) = plain {
        return Some(Asked::Plain(plain));
    }
    let meal = to_reverse(wanted, &lists.meals);
    let last = reversible(&lists.meals).next().map(|meal| meal.record);
    let why = match meal {
        _ if wanted.starts_with("undelivered:") => VoidFor::Undelivered,
        Some(meal) if Some(meal.record) != last => VoidFor::Chosen,
        _ => VoidFor::Last,
    };
    Some(Asked::Void { meal, why, by_one: lists.by_one })
}

fn token(snapshot: &Snapshot) -> (&'static str, String) {
    match &snapshot.stage {
        StageView::SignIn => ("sign_in", String::new()),
        StageView::OpenShift => ("open_shift", String::new()),
        StageView::ForgottenShift => ("forgotten_shift", String::new()),
        StageView::ConfirmDate => ("confirm_date", String::new()),
        StageView::Idle => ("idle", snapshot.last.as_ref().map(|last| last.record.to_string()).unwrap_or_default()),
        StageView::Serving(offer) if offer.other.is_some() => ("asked", format!("{}?{}", offer.sale, snapshot.showing)),
        StageView::Serving(offer) => ("serving", offer.sale.to_string()),
        StageView::Duplicate { first, person, .. } => {
            ("duplicate", format!("{}{}{}", first.at.get(), person.name, snapshot.showing))
        }
        StageView::Refused { code, tail, .. } => {
            ("refused", format!("{code}{}{}", tail.as_deref().unwrap_or_default(), snapshot.showing))
        }
    }
}

/// The photo of the elder who is being served.
async fn photo(State(shared): State<Shared>, elder: Result<Path<ElderId>, PathRejection>) -> Response {
    let picture = match elder {
        Ok(Path(elder)) => shared.core.photo_at_till(elder).await,
        Err(_) => Ok(None),
    };
    match picture {
        Ok(Some(picture)) => {
            let headers = [(header::CONTENT_TYPE, picture.media_type), (header::CACHE_CONTROL, "no-store".to_owned())];
            (headers, picture.bytes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Failure::from(error).answer(Lang::Zh).into_response(),
    }
}

/// Tells the page that there is something new, or that a reader has read a code; the page then asks what.
async fn events(State(shared): State<Shared>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let event = |name: &str, number: u64| Some(Event::default().event(name).data(number.to_string()));
    let changes = tokio_stream::wrappers::WatchStream::new(shared.core.watch());
    let changes = changes.map(move |version| event("state", version));
    let codes = tokio_stream::wrappers::BroadcastStream::new(shared.core.codes.listen());
    let codes = codes.filter_map(Result::ok).map(move |number| event("code", number));
    let mut stopped = shared.stopped.clone();
    let end = async move {
        // Without a sender the program never stops by itself.
        if stopped.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let end = tokio_stream::StreamExt::map(OnceAfter(Box::pin(end), false), |()| None::<Event>);
    let stream = changes.merge(codes).merge(end).map_while(|event| event).map(Ok);
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// A stream of one item, once the future is done.
struct OnceAfter(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>, bool);

impl Stream for OnceAfter {
    type Item = ();
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<()>> {
        if self.1 {
            return std::task::Poll::Ready(None);
        }
        let done = self.0.as_mut().poll(context);
        self.1 = done.is_ready();
        done.map(Some)
    }
}

async fn slip(State(shared): State<Shared>, headers: HeaderMap, path: Result<Path<String>, PathRejection>) -> Response {
    let lang = lang(&headers);
    let id = path.ok().and_then(|Path(file)| file.strip_suffix(".svg")?.parse::<RecordId>().ok());
    match slip_svg(&shared, id).await {
        Ok(svg) => ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
        Err(failure) => failure.answer(lang).into_response(),
    }
}

async fn slip_svg(shared: &Shared, id: Option<RecordId>) -> Result<String, Failure> {
    let id = id.ok_or(Failure::NoSlip)?;
    let bytes = shared.core.slip(id, false).await.map_err(|error| {
        tracing::info!(%error, "no slip to show");
        Failure::NoSlip
    })?;
    Ok(receipts::preview::interpret(&bytes, shared.core.config.paper).svg())
}

/// Everything else.
pub(super) async fn missing(headers: HeaderMap) -> Response {
    let mut response = ApiError::not_found(lang(&headers)).into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
