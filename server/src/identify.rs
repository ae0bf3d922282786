//! Whose was the credential that a till could not place? Looked for when a credential is registered, and by a job.
//!
//! A till keeps no number, only a digest under its own key, so the office makes the same digest of what it knows. A
//! registered credential is one digest a till; the job goes through everybody in the canteen's scope, once when a meal
//! has come and once a day after that, for what fell between the two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::credential::Scan;
use domain::id::{CanteenId, Digest, ElderId, TerminalId};
use domain::region::RegionCode;

use crate::feeds::{number_of, resident_id_of, scope};
use crate::store::elders::{self, CardRow, ElderRow};
use crate::store::identities::{self, How, UnidentifiedRow};
use crate::store::{Tx, canteens, feeds};
use crate::{Error, Office};

/// What was looked for is looked for again after so long, ms.
const AGAIN_MS: i64 = 24 * 60 * 60 * 1000;
/// So many elders are gone through at a time.
const PAGE: i64 = 1_000;

/// A credential that names an elder.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whose.
    pub elder: ElderId,
    /// By what.
    pub how: How,
    /// When it was revoked, if it was: meals after that are not the elder's.
    pub revoked: Option<UnixMs>,
}

impl Known {
    /// Whether it could be used for a meal.
    fn fits(&self, meal: &UnidentifiedRow) -> bool {
        self.revoked.is_none_or(|revoked| revoked > meal.at)
    }
}

impl Office {
    /// Looks for meals that were served on a credential before it was registered. Answers how many there were.
    pub async fn identify_registered(&self, scan: Scan, elder: ElderId) -> Result<usize, Error> {
        let how = match scan {
            Scan::Card(_) => How::Card,
            Scan::Chip(_) => How::Chip,
            Scan::ResidentId(_) => How::ResidentId,
        };
        let book = self.book();
        let waiting = self.store.read(|tx| Box::pin(async move { identities::terminals(tx).await })).await?;
        let clock = Arc::clone(&self.clock);
        let digests: Vec<(TerminalId, CanteenId, Digest)> = waiting
            .into_iter()
            .map(|(terminal, canteen)| (terminal, canteen, scan.digest(&self.keys.terminal_digest_key(terminal))))
            .collect();
        if digests.is_empty() {
            return Ok(0);
        }
        let work = self.store.write(move |tx| {
            Box::pin(async move {
                let Some(row) = elders::get(tx, elder).await? else { return Ok(0) };
                let (mut found, now) = (0, clock.wall());
                for (terminal, canteen, digest) in digests {
                    let Some(place) = canteens::get(tx, canteen).await? else { continue };
                    let inside =
                        scope(&book, &place.region, now.business_date()).iter().any(|r| r.contains(&row.region));
                    if !inside && row.registered_canteen != Some(canteen) {
                        continue;
                    }
                    for meal in identities::of_digest(tx, terminal, digest).await? {
                        found += usize::from(identities::identify(tx, &meal, elder, how, now).await?);
                    }
                }
                Ok(found)
            })
        });
        let found = work.await?;
        if found > 0 {
            self.changed.notify_one();
        }
        Ok(found)
    }

    /// The job: goes through everybody in scope for the meals that have not been looked for. Answers how many were
    /// identified.
    pub async fn identify_waiting(self: &Arc<Self>) -> Result<usize, Error> {
        let now = self.now();
        let before = now.plus(-AGAIN_MS);
        let rows = self.store.read(move |tx| Box::pin(async move { identities::waiting(tx, before).await })).await?;
        let mut found = 0;
        for meals in rows.chunk_by(|a, b| a.terminal == b.terminal) {
            match self.identify_of_terminal(meals, now).await {
                Ok(of_terminal) => found += of_terminal,
                Err(error) if error.is_of_data() => {
                    let terminal = meals.first().map(|meal| meal.terminal);
                    tracing::error!(?terminal, %error, "unknown credentials of a terminal could not be looked for");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Looks for the meals of one terminal.
    async fn identify_of_terminal(self: &Arc<Self>, meals: &[UnidentifiedRow], now: UnixMs) -> Result<usize, Error> {
        let known = self.look_for(meals, now).await?;
        let (meals, clock) = (meals.to_vec(), Arc::clone(&self.clock));
        let work = self.store.write_long(move |tx| {
            Box::pin(async move {
                let (mut found, now) = (0, clock.wall());
                for meal in &meals {
                    let Some(known) = known.get(&meal.digest).filter(|known| known.fits(meal)) else { continue };
                    found += usize::from(identities::identify(tx, meal, known.elder, known.how, now).await?);
                }
                identities::looked(tx, &meals, now).await?;
                Ok(found)
            })
        });
        work.await
    }

    /// Goes through the elders of a terminal's scope until all digests have an owner.
    async fn look_for(
        self: &Arc<Self>,
        meals: &[UnidentifiedRow],
        now: UnixMs,
    ) -> Result<BTreeMap<Digest, Known>, Error> {
        let Some(UnidentifiedRow { terminal, canteen, .. }) = meals.first().copied() else {
            return Ok(BTreeMap::new());
        };
        let wanted: Arc<BTreeSet<Digest>> = Arc::new(meals.iter().map(|meal| meal.digest).collect());
        let book = self.book();
        let place = self.store.read(move |tx| Box::pin(async move { canteens::get(tx, canteen).await })).await?;
        let Some(place) = place else { return Ok(BTreeMap::new()) };
        let regions = Arc::new(scope(&book, &place.region, now.business_date()));
        let (mut known, mut skip) = (BTreeMap::new(), 0);
        while known.len() < wanted.len() {
            let regions = Arc::clone(&regions);
            let (rows, cards) =
                self.store.read(move |tx| Box::pin(async move { page(tx, canteen, &regions, skip).await })).await?;
            let last = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
            let (office, wanted) = (Arc::clone(self), Arc::clone(&wanted));
            let work = move || office.digests(terminal, &rows, &cards, &wanted);
            known.extend(tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?);
            if last {
                break;
            }
            skip += PAGE;
        }
        Ok(known)
    }

    /// The wanted digests among those of these elders under a terminal's key.
    fn digests(
        &self,
        terminal: TerminalId,
        rows: &[ElderRow],
        cards: &[CardRow],
        wanted: &BTreeSet<Digest>,
    ) -> BTreeMap<Digest, Known> {
        let key = self.keys.terminal_digest_key(terminal);
        let mut known = BTreeMap::new();
        for row in rows {
            let Some(id) = self.opened(resident_id_of(&self.keys, row), row.id) else { continue };
            let digest = Scan::ResidentId(id).digest(&key);
            if wanted.contains(&digest) {
                known.insert(digest, Known { elder: row.id, how: How::ResidentId, revoked: None });
            }
        }
        for card in cards {
            let Some(scan) = self.opened(number_of(&self.keys, card), card.elder) else { continue };
            let how = if matches!(scan, Scan::Chip(_)) { How::Chip } else { How::Card };
            let digest = scan.digest(&key);
            if wanted.contains(&digest) {
                known.insert(digest, Known { elder: card.elder, how, revoked: card.revoked_at });
            }
        }
        known
    }
}

async fn page(
    tx: &mut Tx,
    canteen: CanteenId,
    regions: &[RegionCode],
    skip: i64,
) -> Result<(Vec<ElderRow>, Vec<CardRow>), Error> {
    let rows = feeds::everybody(tx, canteen, regions, skip, PAGE).await?;
    let ids: Vec<ElderId> = rows.iter().map(|row| row.id).collect();
    let cards = elders::cards(tx, &ids).await?;
    Ok((rows, cards))
}
