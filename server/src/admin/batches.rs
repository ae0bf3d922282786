//! Cards for many elders at once: one person proposes whom, another agrees, then the sheet is printed, once.
//!
//! Whom is written down when it is proposed: the agreement is to these elders and to nobody who joins them later. Who has
//! died since, or got a card that the sheet would revoke, is left out, and that is written down too.

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ElderId, RecordId, UserId};
use domain::region::RegionCode;
use serde::Serialize;
use uuid::Uuid;

use super::cards::{CardsOf, IssuedSheet, not_over};
use crate::audit::{Act, Action};
use crate::store::batches::{self, BatchRow, LeftOutReason};
use crate::store::decisions::{self, Decision, Subject};
use crate::store::elders::{self, CardKind};
use crate::store::{Json, Tx, canteens};
use crate::words::{Code, register};
use crate::{Error, Office};

/// A batch that was just proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CardBatch)]
pub struct Batch {
    /// Its id.
    pub batch: Uuid,
    /// For how many elders.
    pub cards: usize,
    /// Whether more elders wait for cards than fit into one batch.
    pub more: bool,
}

impl Office {
    /// Proposes cards for everybody who waits for one. `region` is where whoever asks may do that.
    ///
    /// # Errors
    /// When nobody waits for a card, an elder is unknown or outside, or the last day is over.
    pub async fn propose_cards(
        &self,
        of: CardsOf,
        until: Option<BusinessDate>,
        region: RegionCode,
        by: UserId,
    ) -> Result<Batch, Error> {
        let now = self.now();
        not_over(until, now)?;
        let (canteen, place) = match &of {
            CardsOf::Canteen(id) => (Some(*id), region.clone()),
            CardsOf::Region(code) if region.contains(code) => (None, code.clone()),
            CardsOf::Region(_) | CardsOf::Elders(_) => (None, region.clone()),
        };
        let waiting = self.waiting(of, Some(region)).await?;
        let elders: Vec<ElderId> = waiting.rows.iter().map(|row| row.id).collect();
        let id = RecordId::generate(now, &*self.entropy).uuid();
        let made = Batch { batch: id, cards: elders.len(), more: waiting.more };
        self.store
            .write_audited(move |tx| {
                let (elders, place) = (elders.clone(), place.clone());
                Box::pin(async move {
                    let title = title(tx, canteen, &place).await?;
                    let row = BatchRow {
                        id,
                        region: place,
                        title,
                        elders: Json(elders),
                        until,
                        maker: by,
                        made_at: now,
                        decided: Decision::default(),
                        issued_at: None,
                    };
                    batches::add(tx, &row).await?;
                    act(Action::CardsPropose, &row, by).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(made)
    }

    /// The batch, or a refusal.
    pub async fn batch(&self, id: Uuid) -> Result<BatchRow, Error> {
        let row = self.store.read(move |tx| Box::pin(async move { batches::get(tx, id).await })).await?;
        row.ok_or_else(|| Error::refused(Code::NotFound, register::NO_BATCH))
    }

    /// Another person agrees to a batch.
    pub async fn approve_batch(&self, id: Uuid, by: UserId) -> Result<(), Error> {
        let row = self.batch(id).await?;
        if row.maker == by {
            return Err(Error::refused(Code::SecondPerson, register::BATCH_SECOND));
        }
        self.decide_batch(row, "approved", None, by).await
    }

    /// Turns a batch down; its maker takes it back by this.
    pub async fn reject_batch(&self, id: Uuid, reason: String, by: UserId) -> Result<(), Error> {
        let row = self.batch(id).await?;
        let decision = if row.maker == by { "withdrawn" } else { "rejected" };
        self.decide_batch(row, decision, Some(reason), by).await
    }

    async fn decide_batch(
        &self,
        row: BatchRow,
        decision: &'static str,
        reason: Option<String>,
        by: UserId,
    ) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                let (row, reason) = (row.clone(), reason.clone());
                Box::pin(async move {
                    if !decisions::decide(tx, Subject::CardBatch, row.id, decision, by, reason.as_deref(), now).await? {
                        return Err(Error::refused(Code::Conflict, register::BATCH_DECIDED));
                    }
                    act(Action::CardsDecide, &row, by).with("decision", decision).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Issues the cards of an approved batch and draws them, once: to everybody on its list but who is left out
    /// (`store::batches`).
    ///
    /// # Errors
    /// When it is not approved, has been printed, or nobody on its list is to get a card any more.
    pub async fn issue_batch(&self, id: Uuid, by: UserId) -> Result<IssuedSheet, Error> {
        let row = self.batch(id).await?;
        if row.decided.decision.as_deref() != Some("approved") || row.issued_at.is_some() {
            return Err(Error::refused(Code::Conflict, register::BATCH_PRINTED));
        }
        let (now, agreed) = (self.now(), row.clone());
        let left = self.store.read(move |tx| Box::pin(async move { left_out(tx, &agreed, now).await })).await?;
        let get_one = |id: &ElderId| !left.iter().any(|(elder, _)| elder == id);
        let elders: Vec<ElderId> = row.elders.0.iter().copied().filter(get_one).collect();
        if elders.is_empty() {
            return Err(Error::refused(Code::Conflict, register::BATCH_NOBODY));
        }
        let waiting = self.waiting(CardsOf::Elders(elders), None).await?;
        self.issue(waiting, row.until, Some(by), Some(Agreed { row, left_out: left })).await
    }
}

/// A batch that is being printed, and whom its sheet leaves out.
pub(super) struct Agreed {
    pub(super) row: BatchRow,
    pub(super) left_out: Vec<(ElderId, LeftOutReason)>,
}

impl Agreed {
    /// Notes that the batch is being printed, and who is left out.
    ///
    /// # Errors
    /// When it was printed meanwhile, or when others would be left out now than the sheet was drawn for.
    pub(super) async fn issued(&self, tx: &mut Tx, now: UnixMs) -> Result<(), Error> {
        if !batches::issued(tx, self.row.id, now).await? {
            return Err(Error::refused(Code::Conflict, register::BATCH_PRINTED));
        }
        if left_out(tx, &self.row, now).await? != self.left_out {
            return Err(Error::refused(Code::Conflict, register::BATCH_CHANGED));
        }
        batches::leave_out(tx, self.row.id, &self.left_out).await
    }
}

/// Who of a batch is to get no card any more, in the order of its list: the dead, and who has a good printed card that
/// was issued since the batch was proposed. An older card is what the batch replaces.
async fn left_out(tx: &mut Tx, row: &BatchRow, now: UnixMs) -> Result<Vec<(ElderId, LeftOutReason)>, Error> {
    let (elders, today) = (&row.elders.0, now.business_date());
    let known = elders::for_rules(tx, elders).await?;
    let mut newer = BTreeSet::new();
    for card in elders::cards(tx, elders).await? {
        let is_good = card.revoked_at.is_none() && card.expires_on.is_none_or(|until| until >= today);
        if card.kind == CardKind::Card && is_good && card.issued_at >= row.made_at {
            newer.insert(card.elder);
        }
    }
    let why = |id: &ElderId| {
        let is_dead = known.get(id).is_some_and(|elder| elder.died(now).is_some());
        is_dead.then_some(LeftOutReason::Dead).or_else(|| newer.contains(id).then_some(LeftOutReason::HasCard))
    };
    Ok(elders.iter().filter_map(|id| Some((*id, why(id)?))).collect())
}

async fn title(tx: &mut Tx, canteen: Option<CanteenId>, place: &RegionCode) -> Result<String, Error> {
    if let Some(id) = canteen {
        return Ok(canteens::get(tx, id).await?.map(|canteen| canteen.name).unwrap_or_default());
    }
    let regions = canteens::regions(tx).await?;
    let named = regions.into_iter().find(|region| region.code == *place);
    Ok(named.map_or_else(|| place.to_string(), |region| region.name))
}

fn act(action: Action, row: &BatchRow, by: UserId) -> Act {
    let act = Act::new(by, action, format!("batch:{}", row.id)).with("cards", row.elders.0.len());
    act.with("maker", row.maker.to_string())
}
