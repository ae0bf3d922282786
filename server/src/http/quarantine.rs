//! `GET /api/v1/terminals/{id}/quarantine`: what a terminal sent that could not take its place among the records.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Kind;
use domain::id::{Digest, ElderId, RecordId, TerminalId};
use domain::money::Fen;
use domain::record::{Body, Record};
use domain::sync::Rejection;
use serde::{Deserialize, Serialize};

use super::api::{Api, List, page_size};
use super::body::{Path, Query};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn, of_terminal};
use crate::Office;
use crate::people::Right;
use crate::store::quarantine::{self, After, KeptRow};
use crate::words::{Code, office as said};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = QuarantineQuery)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The cursor, as the page before names it.
    after: Option<String>,
    /// So many on a page, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

/// A blob in quarantine.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = KeptInQuarantine)]
struct Kept {
    /// The epoch that it was sent for.
    epoch: u32,
    /// The place that it was sent for.
    sequence: u64,
    /// Of its bytes and signature.
    digest: Digest,
    rejection: Rejection,
    received_at: UnixMs,
    /// What it says, where the terminal's own key has signed it.
    record: Option<Said>,
}

/// A genuine record for which another one holds the place.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RecordInQuarantine)]
pub(crate) struct Said {
    pub(crate) id: RecordId,
    /// `meal`, `void`, `shift_open` and so on.
    pub(crate) kind: &'static str,
    pub(crate) at: UnixMs,
    pub(crate) date: BusinessDate,
    /// Who ate.
    pub(crate) elder: Option<ElderId>,
    /// The list price of a meal, fen.
    pub(crate) price: Option<Fen>,
    /// What was paid for it, fen.
    pub(crate) own_payment: Option<Fen>,
    /// What the programme was charged for the elder, fen.
    pub(crate) subsidy: Option<Fen>,
}

impl From<Record> for Said {
    fn from(record: Record) -> Self {
        let meal = match &record.body {
            Body::Meal(meal) => Some(meal),
            _ => None,
        };
        Self {
            id: record.id,
            kind: record.body.kind(),
            at: record.at,
            date: record.business_date(),
            elder: meal.and_then(|meal| meal.diner.as_ref()).map(|diner| diner.elder),
            price: meal.map(|meal| meal.decision.price),
            own_payment: meal.map(|meal| meal.decision.own_payment),
            subsidy: meal.map(|meal| meal.decision.total(Kind::Diner)),
        }
    }
}

impl From<KeptRow> for Kept {
    fn from(row: KeptRow) -> Self {
        let record = row.genuine().map(Said::from);
        let KeptRow { epoch, sequence, digest, rejection, received_at, .. } = row;
        Self { epoch, sequence, digest, rejection: rejection.0, received_at, record }
    }
}

pub(super) fn routes() -> Routes {
    let path = "/api/v1/terminals/{id}/quarantine";
    Api::of("Terminals").get(path, list, "List what a terminal sent that could not take its place").routes()
}

/// `{epoch}.{sequence}.{digest}`.
pub(crate) fn cursor(row: &KeptRow) -> String {
    format!("{}.{}.{}", row.epoch, row.sequence, row.digest)
}

/// Where a list goes on behind a cursor.
pub(crate) fn place(cursor: &str) -> Answer<After> {
    let read = || {
        let mut parts = cursor.splitn(3, '.');
        let after = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(after)
    };
    read().ok_or_else(|| Problem::new(Code::Invalid, said::CURSOR))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<TerminalId>,
    Query(asked): Query<Asked>,
) -> Answer<List<Kept>> {
    of_terminal(&office, &user, Right::Read, id).await?;
    let after = asked.after.as_deref().map(place).transpose()?;
    let most = page_size(asked.limit);
    let read = office.store.read(move |tx| Box::pin(async move { quarantine::listed(tx, id, after, most + 1).await }));
    Ok(List::page(read.await?, most, cursor, Kept::from))
}
