//! The audit log: `GET /api/v1/audit` with filters, the last entry first; `next` is the cursor of the page after.
//!
//! `POST /api/v1/audit/verification` checks the chain, `GET` says what the last check found.
//!
//! An auditor of a region reads what people of that region did, and what the program did itself.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::sync::AuditHead;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{Api, Later};
use super::body::{Json, Query};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::audit::Action;
use crate::people::Right;
use crate::store::audit::{self, Entry, Filter};
use crate::words::{self, Code};
use crate::{Error, Office};

/// So many entries on a page, unless fewer are asked for.
const PAGE: i64 = 100;

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AuditQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    actor: Option<String>,
    /// An action's name, or what stands before its dot.
    action: Option<String>,
    object: Option<String>,
    outcome: Option<String>,
    since: Option<UnixMs>,
    until: Option<UnixMs>,
    /// The cursor.
    below: Option<u64>,
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditPage)]
struct Body {
    /// The whole chain's head now; nothing while it is empty.
    head: Option<AuditHead>,
    entries: Vec<EntryBody>,
    /// The cursor of the next page; nothing on the last.
    next: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
struct EntryBody {
    sequence: u64,
    at: UnixMs,
    actor: String,
    region: Option<String>,
    action: String,
    /// The action in words.
    words: &'static str,
    object: String,
    outcome: String,
    /// What is hashed is this without spaces, keys in order.
    detail: Value,
    previous: domain::id::Digest,
    hash: domain::id::Digest,
}

impl TryFrom<Entry> for EntryBody {
    type Error = Error;

    fn try_from(row: Entry) -> Result<Self, Error> {
        let Entry { sequence, at, actor, region, action, object, outcome, detail, previous, hash } = row;
        let known = Action::ALL.iter().find(|known| known.name() == action);
        let words = known.map_or("", |known| words::audit::action(*known));
        let detail = serde_json::from_str(&detail).map_err(|e| Error::Corrupt(format!("audit {sequence}: {e}")))?;
        Ok(Self { sequence, at, actor, region, action, words, object, outcome, detail, previous, hash })
    }
}

pub(super) fn routes() -> Routes {
    let verification = "/api/v1/audit/verification";
    Api::of("Audit log")
        .get("/api/v1/audit", list, "List entries of the audit log, the latest first")
        .get(verification, verified, "Get what the last check of the chain found")
        .send(verification, verify, "Check the chain of the whole log")
        .notes("Answers when it is done, or after a while with a check that goes on.")
        .routes()
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditVerification)]
struct Verification {
    /// Entries walked so far by a check that is under way.
    walked: Option<u64>,
    /// The last check that ended since the program began; nothing when there was none.
    last: Option<Verified>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditVerified)]
struct Verified {
    began: UnixMs,
    ended: UnixMs,
    entries: u64,
    /// The chain's head when it began.
    head: Option<AuditHead>,
    /// Whether the chain holds; nothing when the check itself failed.
    holds: Option<bool>,
    /// Where it does not, in words.
    breaks: Vec<String>,
}

fn verification(office: &Office) -> Verification {
    let last = office.chain.last().map(|checked| Verified {
        began: checked.began,
        ended: checked.ended,
        entries: checked.entries,
        head: checked.head,
        holds: checked.breaks.as_ref().map(Vec::is_empty),
        breaks: checked.breaks.unwrap_or_default().iter().map(ToString::to_string).collect(),
    });
    Verification { walked: office.chain.walked(), last }
}

async fn verified(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Json<Verification>> {
    user.require(Right::ReadAudit)?;
    Ok(Json(verification(&office)))
}

async fn verify(State(office): State<Arc<Office>>, SignedIn(user): SignedIn) -> Answer<Later<200, Verification>> {
    user.require(Right::ReadAudit)?;
    office.check_chain().await;
    let body = verification(&office);
    Ok(Later { is_done: body.walked.is_none(), body })
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(asked): Query<Asked>,
) -> Answer<Json<Body>> {
    user.require(Right::ReadAudit)?;
    if asked.outcome.as_deref().is_some_and(|outcome| !matches!(outcome, "granted" | "denied")) {
        return Err(Problem::new(Code::Invalid, words::audit::OUTCOME));
    }
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let Asked { actor, action, object, outcome, since, until, below, .. } = asked;
    let filter = Filter { region: Some(user.region.clone()), actor, action, object, outcome, since, until, below };
    let (head, rows) = office
        .store
        .read(move |tx| {
            Box::pin(async move { Ok((audit::head(tx).await?, audit::find(tx, &filter, limit + 1).await?)) })
        })
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
    let kept = rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
    let entries: Vec<EntryBody> = kept.map(EntryBody::try_from).collect::<Result<_, _>>()?;
    let next = entries.last().filter(|_| more).map(|entry| entry.sequence);
    Ok(Json(Body { head, entries, next }))
}
