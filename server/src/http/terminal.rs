//! What terminals ask: hello, records, setup, roster, photos, usage, refunds, a resident ID. Every request is signed
//! ([`domain::sync`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use domain::calendar::UnixMs;
use domain::id::{ElderId, TerminalId};
use domain::resident_id::ResidentId;
use domain::sync::{
    Batch, BatchAnswer, Found, Hello, HelloAnswer, Lookup, PROTOCOL, Photo, RefundsDue, RosterPage, Setup, UsagePage,
    WITNESSES,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::api::{Api, Nothing};
use super::body::{Json, Query};
use super::routes::Routes;
use super::{Answer, App, BATCH, Delivery, Problem, Signed};
use crate::error::Refusal;
use crate::notes::{Batch as Notes, Heard};
use crate::store::{audit, terminals};
use crate::words::{self, Code, register};
use crate::{Office, ingest};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = RosterQuery)]
struct Roster {
    after: UnixMs,
    /// Counted from 0, of terminals that do not say `behind` whom yet.
    #[serde(default)]
    page: u32,
    /// The last elder of the page before.
    behind: Option<ElderId>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PhotoQuery)]
struct OfElder {
    elder: ElderId,
}

/// Older terminals ask for no pages and are given everything at once.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = UsageQuery)]
struct Usage {
    after: UnixMs,
    /// Whether to answer in pages.
    #[serde(default)]
    paged: bool,
    /// The `next` of the page before; nothing for the first one.
    from: Option<ElderId>,
}

pub(super) fn routes() -> Routes {
    Api::of("Terminals: what they ask")
        .send("/api/v1/terminal/records", records, "Deliver records")
        .notes(
            "Also by a terminal out of service: nothing that was sold is lost. The same record gets the same outcome.",
        )
        .limit(BATCH)
        .send("/api/v1/terminal/hello", hello, "First words: versions, cursors, the server's time")
        .get("/api/v1/terminal/setup", setup, "Get everything about the canteen that is not about elders")
        .get("/api/v1/terminal/roster", roster, "Get what changed in the roster after an instant")
        .get("/api/v1/terminal/photo", photo, "Get the photo of one of the canteen's regulars")
        .get("/api/v1/terminal/usage", usage, "Get what elders have used, as far as it changed after an instant")
        .get("/api/v1/terminal/refunds", refunds, "Get what may be paid back to elders")
        .send("/api/v1/terminal/lookup", lookup, "Ask whom a resident ID names")
        .routes()
}

async fn hello(
    State(office): State<Arc<Office>>,
    Signed { terminal, body: said }: Signed<Hello>,
) -> Answer<Json<HelloAnswer>> {
    if said.protocol != PROTOCOL {
        return Err(Problem::new(Code::ProtocolUnknown, words::protocol(said.protocol)));
    }
    if said.witnesses.len() > MOST_WITNESSES {
        return Err(Problem::new(Code::Invalid, words::TOO_MANY_WITNESSES));
    }
    let witness = office.witnessed(terminal.id, said.witnesses).await?;
    let setup = office.setup(terminal.canteen).await?;
    let versions = office.versions(&setup).await?;
    let server_time = office.now();
    let (canteen, id) = (terminal.canteen, terminal.id);
    let read = office.store.read(move |tx| {
        Box::pin(async move { Ok((terminals::cursors(tx, canteen, id).await?, audit::head(tx).await?)) })
    });
    let (cursors, audit) = read.await?;
    let software = said.software.chars().take(60).collect();
    let heard = Heard { at: server_time, software, unsent: i64::try_from(said.unsent).unwrap_or(i64::MAX) };
    office.note(Notes::heard(id, heard, witness)).await;
    Ok(Json(HelloAnswer {
        server_epoch: office.server_epoch.clone(),
        server_time,
        cursors,
        setup: setup.digest(),
        versions,
        audit,
    }))
}

/// Taken from a terminal out of service, too: nothing that was sold is lost.
async fn records(
    State(office): State<Arc<Office>>,
    Delivery { terminal, body: batch }: Delivery<Batch>,
) -> Answer<Json<BatchAnswer>> {
    Ok(Json(ingest::ingest(&office, &terminal, batch).await?))
}

async fn setup(State(office): State<Arc<Office>>, Signed { terminal, .. }: Signed<Nothing>) -> Answer<Json<Setup>> {
    Ok(Json(office.setup(terminal.canteen).await?))
}

async fn roster(
    State(office): State<Arc<Office>>,
    Query(asked): Query<Roster>,
    Signed { terminal, .. }: Signed<Nothing>,
) -> Answer<Json<RosterPage>> {
    Ok(Json(office.roster(&terminal, asked.after, asked.page, asked.behind).await?))
}

async fn photo(
    State(office): State<Arc<Office>>,
    Query(asked): Query<OfElder>,
    Signed { terminal, .. }: Signed<Nothing>,
) -> Answer<Json<Photo>> {
    Ok(Json(office.photo_for(&terminal, asked.elder).await?))
}

async fn usage(
    State(office): State<Arc<Office>>,
    Query(asked): Query<Usage>,
    Signed { terminal, .. }: Signed<Nothing>,
) -> Answer<Json<UsagePage>> {
    Ok(Json(office.usage(&terminal, asked.after, asked.paged.then_some(asked.from)).await?))
}

async fn refunds(
    State(office): State<Arc<Office>>,
    Signed { terminal, .. }: Signed<Nothing>,
) -> Answer<Json<RefundsDue>> {
    Ok(Json(office.refunds(terminal.canteen).await?))
}

async fn lookup(State(app): State<App>, Signed { terminal, body: asked }: Signed<Lookup>) -> Answer<Json<Found>> {
    let number = Zeroizing::new(asked.resident_id);
    let number = ResidentId::parse(&number).map_err(|_| Problem::new(Code::Invalid, register::RESIDENT_ID))?;
    app.lookups.take(terminal.id, app.office.now())?;
    Ok(Json(app.office.lookup(&terminal, &number).await?))
}

/// No terminal keeps more heads.
const MOST_WITNESSES: usize = 4 * WITNESSES;

/// How often each terminal asked for a resident ID in the current minute: whoever has a terminal's key must not be able
/// to go through numbers.
#[derive(Default)]
pub(super) struct Lookups {
    asked: Mutex<(i64, HashMap<TerminalId, u32>)>,
}

/// So often in a minute.
const MOST: u32 = 60;
const MINUTE_MS: i64 = 60_000;

impl Lookups {
    fn take(&self, terminal: TerminalId, now: UnixMs) -> Result<(), Problem> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.get().div_euclid(MINUTE_MS);
        if asked.0 != minute {
            *asked = (minute, HashMap::new());
        }
        let count = asked.1.entry(terminal).or_default();
        if *count >= MOST {
            let mut refusal = Refusal::new(Code::LookupLimit, words::LOOKUP_LIMIT);
            refusal.retry_after = Some((MINUTE_MS - now.get().rem_euclid(MINUTE_MS)) / 1000 + 1);
            return Err(refusal.into());
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_asks_so_often_in_a_minute_and_no_other_is_held_up() {
        let lookups = Lookups::default();
        let terminal = |n| TerminalId::from_uuid(uuid::Uuid::from_u128(n));
        let take = |n, ms| lookups.take(terminal(n), UnixMs::new(ms)).is_ok();
        let start = 1_000 * MINUTE_MS;
        assert!((0..MOST).all(|n| take(1, start + i64::from(n))));
        assert!(!take(1, start + MINUTE_MS - 1));
        assert!(take(2, start + MINUTE_MS - 1));
        assert!(take(1, start + MINUTE_MS));
    }
}
