//! What a terminal fetches: its setup, the roster, what elders have used, refunds due; and what all of it stands at.
//!
//! Deltas are by instant, and an instant is taken before its unit commits. So a delta repeats a minute before the
//! instant that is asked for, and the version that hello names lies as much behind the last change: a terminal that asks
//! until its own version has reached it has seen everything.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use domain::calendar::{BusinessDate, UnixMs};
use domain::credential::{CardNumber, ChipNumber, Scan};
use domain::id::{CanteenId, Digest, ElderId, TerminalId};
use domain::policy::Policy;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::resident_id::ResidentId;
use domain::sync::{
    Found, Photo, RefundsDue, RosterCard, RosterEntry, RosterPage, Setup, UsageEntry, UsagePage, Use, Versions,
};

use crate::notes::Batch;
use crate::seal::{Keys, Place};
use crate::store::elders::{self, CardKind, CardRow, ElderRow};
use crate::store::feeds::Page;
use crate::store::terminals::TerminalRow;
use crate::store::{Tx, canteens, corrections, feeds, policies, refund_payments, terminals, usage};
use crate::words::{Code, register};
use crate::{Error, Office, names};

/// Deltas repeat so much, because a unit that began earlier may commit later, ms.
const OVERLAP_MS: i64 = 60 * 1000;
/// So many elders on a page of the roster.
const PAGE: i64 = 500;
/// So many elders' uses on a page.
const USES_PAGE: usize = 500;
/// Who was served so many days ago is a regular still.
const REGULAR_DAYS: i64 = 60;

impl Office {
    /// Everything of a canteen that is not about elders.
    pub async fn setup(&self, canteen: CanteenId) -> Result<Setup, Error> {
        let book = self.book();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let row = canteens::get(tx, canteen).await?;
                    let row = row.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
                    let inside = |regions: &[RegionCode]| regions.iter().any(|r| r.contains(&row.region));
                    let policies = book.policies.policies().filter(|p| inside(p.regions()));
                    let settings = canteens::settings(tx, canteen).await?;
                    Ok(Setup {
                        canteen,
                        policies: policies.map(|p| p.source().to_owned()).collect(),
                        facts: canteens::facts(tx, canteen).await?,
                        prices: canteens::prices(tx, canteen).await?,
                        calendar: book.calendar().clone(),
                        cashiers: canteens::cashiers(tx, canteen).await?,
                        name: row.name,
                        region: row.region,
                        phone: row.phone,
                        offline: settings.offline,
                        reader: settings.reader,
                    })
                })
            })
            .await
    }

    /// What this canteen's tills may pay back.
    pub async fn refunds(&self, canteen: CanteenId) -> Result<RefundsDue, Error> {
        let read = self.store.read(move |tx| Box::pin(async move { refund_payments::due_refunds(tx, canteen).await }));
        Ok(RefundsDue { refunds: read.await? })
    }

    /// What every feed of a canteen stands at, for a setup that was just read.
    pub async fn versions(&self, setup: &Setup) -> Result<Versions, Error> {
        let (canteen, region, book, today) =
            (setup.canteen, setup.region.clone(), self.book(), self.now().business_date());
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let scope = scope(&book, &region, today);
                let changed = feeds::roster_changed(tx, canteen, &scope).await?;
                let announced = policies::last_announced(tx).await?;
                let usage = feeds::usage_changed(tx).await?.max(announced);
                let left = corrections::last_left(tx, &scope).await?;
                let scope = scope_digest(&scope, &feeds::from_elsewhere(tx, canteen, &scope).await?, left);
                Ok((changed.max(announced), usage, refund_payments::due_refunds(tx, canteen).await?, scope))
            })
        });
        let (roster, usage, refunds, scope) = read.await?;
        let behind = |at: Option<UnixMs>| at.map_or(UnixMs::new(0), |at| at.plus(OVERLAP_MS));
        Ok(Versions { scope: Some(scope), ..setup.versions(behind(roster), behind(usage), &RefundsDue { refunds }) })
    }

    /// Whom a resident ID names, for a terminal that holds no digest of it; nobody when the elder is not of the
    /// canteen's roster. The number itself is neither answered nor written down.
    pub async fn lookup(&self, terminal: &TerminalRow, number: &ResidentId) -> Result<Found, Error> {
        let now = self.now();
        let digest = Scan::ResidentId(number.clone()).digest(self.keys.digest_key());
        let (canteen, id, book) = (terminal.canteen, terminal.id, self.book());
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let region = canteens::get(tx, canteen).await?.map(|c| c.region);
                let region = region.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
                let Some(row) = elders::by_resident_id(tx, digest).await? else { return Ok(None) };
                let inside = scope(&book, &region, now.business_date()).iter().any(|r| r.contains(&row.region));
                if !inside && row.registered_canteen != Some(canteen) {
                    return Ok(None);
                }
                let elder = elders::for_rules(tx, &[row.id]).await?.remove(&row.id);
                let elder = elder.ok_or_else(|| Error::Corrupt(format!("elder {} vanished", row.id)))?;
                let cards = elders::cards(tx, &[row.id]).await?;
                let first = now.business_date().month().previous().first();
                let uses = entries(tx, canteen, &[row.id], first).await?;
                Ok(Some((row, elder, cards, uses)))
            })
        });
        let found = read.await?;
        self.note(Batch::asked(id, now.business_date(), found.is_some())).await;
        let Some((row, elder, cards, uses)) = found else {
            return Ok(Found { entry: None, uses: Vec::new(), version: now });
        };
        let entry = self.roster_entry(id, &row, elder, &cards, false, None);
        Ok(Found { entry: Some(entry), uses: uses.into_iter().flat_map(|entry| entry.uses).collect(), version: now })
    }

    /// A page of the roster: elders of the policy's region, and the canteen's own, that changed at or after `after`.
    ///
    /// A policy announced since `after` may have brought regions that the terminal was never told of: all of their
    /// elders are given. Pages are in the order of ids, each `behind` the last elder of the one before: rows that change,
    /// come or leave while a terminal turns the pages move none past it. A terminal of an older program counts pages
    /// instead. The version of the **first** page is the one to ask after next.
    pub async fn roster(
        &self,
        terminal: &TerminalRow,
        after: UnixMs,
        page: u32,
        behind: Option<ElderId>,
    ) -> Result<RosterPage, Error> {
        let now = self.now();
        let (canteen, book) = (terminal.canteen, self.book());
        let since = after.plus(-OVERLAP_MS);
        let (mut rows, facts, cards, regulars, photos) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let (scope, new) = told_regions(tx, canteen, &book, now.business_date(), since).await?;
                    let skip = if behind.is_some() { 0 } else { i64::from(page) * PAGE };
                    let of = Page { behind, skip, most: PAGE + 1 };
                    let rows = feeds::roster(tx, canteen, &scope, &new, since, of).await?;
                    let ids: Vec<ElderId> = rows.iter().map(|row| row.id).collect();
                    let facts = elders::for_rules(tx, &ids).await?;
                    let cards = elders::cards(tx, &ids).await?;
                    let recent = now.business_date().plus_days(-REGULAR_DAYS);
                    let regulars = feeds::served(tx, canteen, &ids, recent).await?;
                    let photos = feeds::photos(tx, &ids).await?;
                    Ok((rows, facts, cards, regulars, photos))
                })
            })
            .await?;
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > PAGE;
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let cards = by_elder(cards);
        let entry = |row: &ElderRow| {
            let regular = row.registered_canteen == Some(canteen) || regulars.contains(&row.id);
            let of_elder = cards.get(&row.id).map_or(&[][..], Vec::as_slice);
            let elder = facts.get(&row.id).cloned();
            let elder = elder.ok_or_else(|| Error::Corrupt(format!("elder {} vanished", row.id)))?;
            Ok(self.roster_entry(terminal.id, row, elder, of_elder, regular, photos.get(&row.id).copied()))
        };
        let entries = rows.iter().map(entry).collect::<Result<_, Error>>()?;
        Ok(RosterPage { entries, more, version: now })
    }

    fn roster_entry(
        &self,
        terminal: TerminalId,
        row: &ElderRow,
        elder: domain::elder::Elder,
        cards: &[CardRow],
        regular: bool,
        photo: Option<UnixMs>,
    ) -> RosterEntry {
        let key = self.keys.terminal_digest_key(terminal);
        let card = |card: &CardRow| {
            let digest = self.opened(number_of(&self.keys, card), row.id)?.digest(&key);
            Some(RosterCard { digest, tail: card.tail.clone(), revoked: card.revoked_at, expires: card.expires_on })
        };
        let id = |row| self.opened(resident_id_of(&self.keys, row), row.id);
        let resident_id = Some(row).filter(|_| regular).and_then(id).map(|id| Scan::ResidentId(id).digest(&key));
        RosterEntry {
            elder,
            masked_name: names::mask(&row.name),
            female: row.female,
            cards: cards.iter().filter_map(card).collect(),
            resident_id,
            photo: photo.filter(|_| regular),
        }
    }

    /// What was sealed of an elder; nothing where it does not open. That is logged and counted, and holds up nobody
    /// else: whoever has to do with many elders goes on with the others.
    pub(crate) fn opened<T>(&self, opened: Result<T, Error>, elder: ElderId) -> Option<T> {
        opened
            .inspect_err(|error| {
                self.unopened.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%elder, %error, "a sealed number does not open; it is left out");
            })
            .ok()
    }

    /// The photo of one of the canteen's regulars.
    ///
    /// # Errors
    /// When there is none, or the elder is nobody that this canteen's terminals are shown.
    pub async fn photo_for(&self, terminal: &TerminalRow, elder: ElderId) -> Result<Photo, Error> {
        let (canteen, recent) = (terminal.canteen, self.now().business_date().plus_days(-REGULAR_DAYS));
        let held = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let here = elders::get(tx, elder).await?.is_some_and(|row| row.registered_canteen == Some(canteen))
                        || !feeds::served(tx, canteen, &[elder], recent).await?.is_empty();
                    let changed = feeds::photos(tx, &[elder]).await?.remove(&elder);
                    Ok(changed.filter(|_| here))
                })
            })
            .await?;
        let none = || Error::refused(Code::NotFound, register::NO_PHOTO);
        let changed = held.ok_or_else(none)?;
        let (media_type, bytes) = self.photo(elder).await?.ok_or_else(none)?;
        Ok(Photo { elder, changed, media_type, hex: hex::encode(bytes) })
    }

    /// What elders of the canteen's roster, and whoever ate here, have used this month and the last, for those whose meals
    /// changed at or after `after`; together with how far this terminal's own records are among them, in the same
    /// snapshot. `behind` is the last elder of the page before, or nobody; a terminal that asks for no page is given all.
    ///
    /// Pages are in the order of ids, and the first one's version is the one to ask after next: what changes while a
    /// terminal turns the pages is in the answer to that.
    pub async fn usage(
        &self,
        terminal: &TerminalRow,
        after: UnixMs,
        behind: Option<Option<ElderId>>,
    ) -> Result<UsagePage, Error> {
        let now = self.now();
        let (canteen, id, book) = (terminal.canteen, terminal.id, self.book());
        let since = after.plus(-OVERLAP_MS);
        let most = if behind.is_some() { USES_PAGE } else { usize::MAX - 1 };
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let (scope, new) = told_regions(tx, canteen, &book, now.business_date(), since).await?;
                    let first = now.business_date().month().previous().first();
                    let behind = behind.flatten().unwrap_or(ElderId::from_uuid(uuid::Uuid::nil()));
                    let of = feeds::UsesOf { scope: &scope, new: &new, since, first, behind };
                    let wanted = i64::try_from(most + 1).unwrap_or(i64::MAX);
                    let mut elders = feeds::eaters(tx, canteen, of, wanted).await?;
                    let more = elders.len() > most;
                    elders.truncate(most);
                    let entries = entries(tx, canteen, &elders, first).await?;
                    let included = terminals::cursors(tx, canteen, id).await?;
                    let next = elders.last().copied().filter(|_| more);
                    Ok(UsagePage { entries, included, version: now, next })
                })
            })
            .await
    }
}

/// The regions whose elders a canteen's terminals are told of, and those among them that come from policies announced at
/// or after an instant.
async fn told_regions(
    tx: &mut Tx,
    canteen: CanteenId,
    book: &Rulebook,
    today: BusinessDate,
    since: UnixMs,
) -> Result<(Vec<RegionCode>, Vec<RegionCode>), Error> {
    let region = canteens::get(tx, canteen).await?.map(|c| c.region);
    let region = region.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
    let announced = policies::announced_since(tx, since).await?;
    let told = |p: &Policy| !announced.contains(&(p.id().to_owned(), p.version()));
    let before = scope_of(book, &region, today, told);
    let scope = scope(book, &region, today);
    let is_new = |r: &&RegionCode| !before.iter().any(|old| old.contains(r));
    let new = scope.iter().filter(is_new).cloned().collect();
    Ok((scope, new))
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt(format!("a sealed {what} is none"))
}

/// What a card is read as.
pub(crate) fn number_of(keys: &Keys, card: &CardRow) -> Result<Scan, Error> {
    let number = keys.open(Place { table: "cards", column: "number", row: card.id }, &card.number)?;
    match card.kind {
        CardKind::Card => CardNumber::parse(&number).map(Scan::Card).map_err(|_| corrupt("card number")),
        CardKind::Chip => ChipNumber::parse(&number).map(Scan::Chip).map_err(|_| corrupt("chip number")),
    }
}

/// An elder's resident ID.
pub(crate) fn resident_id_of(keys: &Keys, row: &ElderRow) -> Result<ResidentId, Error> {
    let place = Place { table: "elders", column: "resident_id", row: row.id.uuid() };
    ResidentId::parse(&keys.open(place, &row.resident_id)?).map_err(|_| corrupt("resident ID"))
}

/// The regions whose elders a canteen must know: those of the policies that cover it today or are announced for it,
/// or its own district where there is none.
pub(crate) fn scope(book: &Rulebook, canteen: &RegionCode, today: BusinessDate) -> Vec<RegionCode> {
    scope_of(book, canteen, today, |_| true)
}

/// Of whom a roster is: these regions, and those registered at the canteen from elsewhere; and when somebody was last said
/// to belong to another region than one of these. Somebody who leaves the roster does so by one of the three.
fn scope_digest(regions: &[RegionCode], from_elsewhere: &[ElderId], left: Option<UnixMs>) -> Digest {
    let regions: Vec<&str> = regions.iter().map(RegionCode::as_str).collect();
    let regions = regions.join(",");
    let elders: Vec<u8> = from_elsewhere.iter().flat_map(|id| *id.uuid().as_bytes()).collect();
    let left = left.map(|at| at.get().to_be_bytes());
    let parts: Vec<&[u8]> =
        [regions.as_bytes(), elders.as_slice()].into_iter().chain(left.as_ref().map(|at| &at[..])).collect();
    Digest::of("zhucan.roster-scope.1", &parts)
}

/// As [`scope`], as if there were only these policies.
fn scope_of(
    book: &Rulebook,
    canteen: &RegionCode,
    today: BusinessDate,
    known: impl Fn(&Policy) -> bool,
) -> Vec<RegionCode> {
    let live = book.policies.policies().filter(|p| book.policies.last_day(p.reference()).is_none_or(|d| d >= today));
    let live = live.filter(|p| known(p));
    let regions = live.filter(|p| p.regions().iter().any(|r| r.contains(canteen)));
    let mut scope: Vec<RegionCode> = regions.flat_map(|p| p.regions().iter().cloned()).collect();
    if scope.is_empty() {
        scope.extend(canteen.unit(domain::region::Level::District).or_else(|| Some(canteen.clone())));
    }
    scope.sort();
    scope.dedup();
    scope
}

fn by_elder(cards: Vec<CardRow>) -> BTreeMap<ElderId, Vec<CardRow>> {
    let mut sorted: BTreeMap<ElderId, Vec<CardRow>> = BTreeMap::new();
    for card in cards {
        sorted.entry(card.elder).or_default().push(card);
    }
    sorted
}

/// One entry for each elder, also for those with no uses left: every row replaces the terminal's.
async fn entries(
    tx: &mut Tx,
    canteen: CanteenId,
    elders: &[ElderId],
    first: BusinessDate,
) -> Result<Vec<UsageEntry>, Error> {
    let last = BusinessDate::new(9999, 12, 31).unwrap_or(first);
    let mut uses: BTreeMap<ElderId, Vec<Use>> = elders.iter().map(|id| (*id, Vec::new())).collect();
    for meal in usage::of_elders(tx, elders, first, last).await? {
        let Some(policy) = meal.policy else { continue };
        let of_meal = meal.lines.0.into_iter().map(|line| Use {
            date: meal.date,
            policy: policy.clone(),
            line,
            at: meal.at,
            period: meal.period.clone(),
            here: meal.canteen == canteen,
        });
        uses.entry(meal.elder).or_default().extend(of_meal);
    }
    Ok(uses.into_iter().map(|(elder, uses)| UsageEntry { elder, uses }).collect())
}
