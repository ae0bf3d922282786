//! A region's month: `GET /api/v1/months/{region}/{month}`, and `POST .../draft`, `.../submit`, `.../send-back`,
//! `.../approve`, `.../sign`; findings decided, days left out and closed under `/api/v1/findings` and `/api/v1/days`.

mod claims;

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, Digest, StatementId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::{MonthState, NotAllowed, Ruling};
use serde::{Deserialize, Serialize};

use super::api::{Api, Csv, File};
use super::body::{Json, Path};
use super::canteens::permitted;
use super::findings::NewStep;
use super::routes::Routes;
use super::{Answer, Problem, Proven, SignedIn};
use crate::audit::{Act, Action};
use crate::close::{CloseReport, close_days};
use crate::month::{self, Changed, MonthView};
use crate::people::Right;
use crate::rulings::{self, Said};
pub(crate) use crate::settle::actor;
use crate::settle::{self, Step};
use crate::statements::bank_batch;
use crate::store::months;
use crate::store::people::UserRow;
use crate::words::{Code, settlement as words};
use crate::{Error, Office};
use claims::ClaimsBody;
pub(crate) use claims::put_claim_step;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthView)]
struct MonthBody {
    region: RegionCode,
    month: Month,
    version: i64,
    state: &'static str,
    digest: Digest,
    drafted_at: UnixMs,
    submitted_at: Option<UnixMs>,
    /// When the checker approved it.
    approved_at: Option<UnixMs>,
    /// When a third person signed it.
    signed_at: Option<UnixMs>,
    /// Whether the region asked for a third signature when it was submitted.
    third_signature: bool,
    returned_reason: Option<String>,
    in_the_way: Vec<InTheWay>,
    changes: Vec<ChangeBody>,
    /// What its claims were held against; nothing of a draft that was made before any were.
    claims: Option<ClaimsBody>,
    statements: Vec<StatementHead>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthInTheWay)]
struct InTheWay {
    /// Which canteen's; nothing where it is the region's own.
    canteen: Option<CanteenId>,
    reason: String,
}

/// A canteen's month that differs by more than 15 % a day from the month before.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MonthChange)]
struct ChangeBody {
    canteen: CanteenId,
    /// Subsidies a day, thousandths.
    change: i64,
    /// Why, in the maker's words; nothing while nobody has explained this change.
    explanation: Option<String>,
    explained_by: Option<UserId>,
    explained_at: Option<UnixMs>,
}

impl From<Changed> for ChangeBody {
    fn from(Changed { canteen, change, explanation }: Changed) -> Self {
        let (explained_by, explained_at) =
            explanation.as_ref().map(|said| (said.explained_by, said.explained_at)).unzip();
        Self { canteen, change, explanation: explanation.map(|said| said.words), explained_by, explained_at }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = MonthExplanation)]
#[serde(deny_unknown_fields)]
struct Explain {
    canteen: CanteenId,
    words: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct StatementHead {
    id: StatementId,
    number: String,
    canteen: CanteenId,
    approved: Fen,
    held: Fen,
    payable: Fen,
    digest: Digest,
}

impl From<MonthView> for MonthBody {
    fn from(view: MonthView) -> Self {
        let MonthView { settlement, statements, in_the_way, changes, claims, third, .. } = view;
        let head = |s: months::StoredStatement| StatementHead {
            id: s.id,
            number: s.number,
            canteen: s.canteen,
            approved: s.content.0.approved(),
            held: s.content.0.held(),
            payable: s.payable,
            digest: s.digest,
        };
        Self {
            region: settlement.region,
            month: settlement.month,
            version: settlement.version,
            state: settlement.state.0.name(),
            digest: settlement.digest,
            drafted_at: settlement.drafted_at,
            submitted_at: settlement.submitted_at,
            approved_at: settlement.approved_at,
            signed_at: settlement.signed_at,
            third_signature: third,
            returned_reason: settlement.returned_reason,
            in_the_way: in_the_way.into_iter().map(|(canteen, reason)| InTheWay { canteen, reason }).collect(),
            changes: changes.into_iter().map(ChangeBody::from).collect(),
            claims: claims.map(ClaimsBody::from),
            statements: statements.into_iter().map(head).collect(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DaysClosed)]
struct CloseBody {
    added: usize,
    unchanged: usize,
    incomplete: Vec<DayKey>,
    /// Days that cannot be closed for what is stored of them: `zhucan verify` says what is wrong.
    failed: Vec<DayKey>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CanteenDay)]
struct DayKey {
    date: BusinessDate,
    canteen: CanteenId,
}

impl From<CloseReport> for CloseBody {
    fn from(report: CloseReport) -> Self {
        let key = |(date, canteen)| DayKey { date, canteen };
        let incomplete = report.incomplete.into_keys().map(key).collect();
        let failed = report.failed.into_keys().map(key).collect();
        Self { added: report.added, unchanged: report.unchanged, incomplete, failed }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = MonthSendBack)]
#[serde(deny_unknown_fields)]
struct SendBack {
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = MonthApproval)]
#[serde(deny_unknown_fields)]
struct Approve {
    /// The month's digest as it was shown.
    digest: Digest,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = DayLeftOut)]
#[serde(deny_unknown_fields)]
struct LeaveOut {
    canteen: CanteenId,
    date: BusinessDate,
    reason: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = FindingDecision)]
#[serde(deny_unknown_fields)]
struct Decide {
    canteen: CanteenId,
    number: String,
    explanation: String,
    /// A good reason, if nothing else is said.
    #[serde(default = "explained_away")]
    ruling: Ruling,
}

const fn explained_away() -> Ruling {
    Ruling::Explained
}

pub(super) fn routes() -> Routes {
    let month = "/api/v1/months/{region}/{month}";
    let bank_batch = "/api/v1/months/{region}/{month}/bank.csv";
    Api::of("Months")
        .get(month, show, "Get a region's month")
        .post("/api/v1/months/{region}/{month}/draft", Action::MonthDraft, draft, "Draft the month's statements")
        .post("/api/v1/months/{region}/{month}/explanations", Action::MonthExplain, explain, "Explain a month's change")
        .notes("A canteen's month that differs by more than 15 % a day is explained before it is submitted.")
        .post(
            "/api/v1/months/{region}/{month}/findings/{number}/steps",
            Action::FindingStep,
            say,
            "Say something about a claim of the month beyond those entitled",
        )
        .notes("A claim that blocks is explained or confirmed before the month is submitted. It takes no money.")
        .post("/api/v1/months/{region}/{month}/submit", Action::MonthSubmit, submit, "Submit the month to the checker")
        .post("/api/v1/months/{region}/{month}/send-back", Action::MonthSendBack, send_back, "Send the month back")
        .post("/api/v1/months/{region}/{month}/approve", Action::MonthApprove, approve, "Approve the month")
        .notes("By its digest, and after `POST /api/v1/session/step-up`.")
        .post(
            "/api/v1/months/{region}/{month}/sign",
            Action::MonthSign,
            sign,
            "Sign an approved month as a third person",
        )
        .notes("Where the region asks for a third signature. By its digest, and after `POST /api/v1/session/step-up`.")
        .reveal(bank_batch, Action::BankBatch, bank, "Get the payments of an approved month for the bank")
        .send("/api/v1/days/close", close, "Close all days that can be closed")
        .post("/api/v1/days/left-out", Action::DayLeaveOut, leave_out, "Leave a day of a canteen out of its month")
        .post("/api/v1/findings/decision", Action::FindingStep, decide, "Decide a finding")
        .routes()
}

/// What a person writes down: not empty, not a novel.
pub(crate) fn explained(text: &str) -> Result<String, Problem> {
    Ok(settle::explained(text)?)
}

/// The same where it is printed later: on one line, of characters that the papers' font has.
pub(crate) fn printable(office: &Office, text: &str) -> Result<String, Problem> {
    let text = explained(&text.split_whitespace().collect::<Vec<_>>().join(" "))?;
    if office.fonts.missing(&text).is_some() {
        return Err(Problem::new(Code::Invalid, words::NOT_PRINTABLE));
    }
    Ok(text)
}

async fn explain(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
    Json(body): Json<Explain>,
) -> Answer<Json<MonthBody>> {
    let actor = actor(&user, &region, Right::MakeMonth)?;
    let words = printable(&office, &body.words)?;
    Ok(Json(month::explain(&office.store, &region, of, body.canteen, words, actor, office.now()).await?.into()))
}

async fn say(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of, number)): Path<(RegionCode, Month, String)>,
    Json(new): Json<NewStep>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(put_claim_step(&office, &user, &region, of, &number, new).await?.into()))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<Json<MonthBody>> {
    user.require(Right::Read)?;
    user.require_inside(&region)?;
    let view = office.store.read(move |tx| Box::pin(async move { month::view(tx, &region, of).await })).await?;
    let missing = || Problem::new(Code::NotFound, words::month_not_drafted(of));
    Ok(Json(view.ok_or_else(missing)?.into()))
}

async fn draft(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(settle::take(&office, &present, &region, of, Step::Draft).await?.into()))
}

async fn submit(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(settle::take(&office, &present, &region, of, Step::Submit).await?.into()))
}

async fn send_back(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path((region, of)): Path<(RegionCode, Month)>,
    Json(body): Json<SendBack>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(settle::take(&office, &present, &region, of, Step::SendBack(body.reason)).await?.into()))
}

async fn approve(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path((region, of)): Path<(RegionCode, Month)>,
    Json(body): Json<Approve>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(settle::take(&office, &present, &region, of, Step::Approve(body.digest)).await?.into()))
}

async fn sign(
    State(office): State<Arc<Office>>,
    Proven(present): Proven,
    Path((region, of)): Path<(RegionCode, Month)>,
    Json(body): Json<Approve>,
) -> Answer<Json<MonthBody>> {
    Ok(Json(settle::take(&office, &present, &region, of, Step::Sign(body.digest)).await?.into()))
}

async fn bank(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((region, of)): Path<(RegionCode, Month)>,
) -> Answer<File<Csv>> {
    let right = if user.role.rights().contains(&Right::CheckMonth) { Right::CheckMonth } else { Right::MakeMonth };
    actor(&user, &region, right)?;
    let (kept, now) = (Arc::clone(&office), office.now());
    let payments = office
        .store
        .write_audited(move |tx| {
            Box::pin(async move {
                let payments = bank_batch(tx, &region, of, &kept.keys, now.local_date()).await?;
                let act = Act::new(user.id, Action::BankBatch, format!("month:{region}/{of}"));
                act.with("payments", payments.len()).done(tx, now).await.map(|_| payments)
            })
        })
        .await?;
    let csv = receipts::bank::csv(&payments).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(File::shown(csv))
}

async fn close(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<CloseBody>> {
    user.require(Right::MakeMonth)?;
    Ok(Json(close_days(&office.store, &office.book(), office.now()).await?.into()))
}

async fn leave_out(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(body): Json<LeaveOut>,
) -> Answer<Json<DayKey>> {
    let (canteen, date) = (body.canteen, body.date);
    put_left_out(&office, &user, canteen, date, &body.reason).await?;
    Ok(Json(DayKey { date, canteen }))
}

/// Leaves a day of a canteen out of its month, for a person who may.
pub(crate) async fn put_left_out(
    office: &Office,
    user: &UserRow,
    canteen: CanteenId,
    date: BusinessDate,
    reason: &str,
) -> Answer<()> {
    permitted(office, user, Right::MakeMonth, canteen).await?;
    let (reason, by, now) = (printable(office, reason)?, user.id, office.now());
    office
        .store
        .write_audited(move |tx| {
            let reason = reason.clone();
            Box::pin(async move {
                // Of a month that is handed on it would say what is not so: its meals stay in it.
                let state = months::state_of(tx, canteen, date.month()).await?;
                if let Some(state) = state.filter(|state| !matches!(state, MonthState::Open | MonthState::Drafted)) {
                    let reason = NotAllowed::State(state);
                    return Err(Error::refused(words::month_code(reason), words::month_refusal(reason)));
                }
                months::leave_out(tx, canteen, date, &reason, by, now).await?;
                let act = Act::new(by, Action::DayLeaveOut, format!("canteen:{canteen}"));
                act.with("date", date.to_string()).done(tx, now).await.map(drop)
            })
        })
        .await?;
    Ok(())
}

async fn decide(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(body): Json<Decide>,
) -> Answer<Json<DayKey>> {
    permitted(&office, &user, Right::MakeMonth, body.canteen).await?;
    let explanation = explained(&body.explanation)?;
    let (canteen, number, ruling) = (body.canteen, body.number, body.ruling);
    let (by, now) = (user.id, office.now());
    let date = office
        .store
        .write_audited(move |tx| {
            Box::pin(async move {
                let said = if ruling == Ruling::Confirmed { Said::Confirmed } else { Said::Explained };
                rulings::say(tx, canteen, &number, &said, explanation, by, now).await
            })
        })
        .await?;
    Ok(Json(DayKey { date, canteen }))
}
