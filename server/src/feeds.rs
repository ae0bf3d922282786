//! What a terminal fetches: its setup, the roster, and what elders have used.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::credential::{CardNumber, Scan};
use domain::id::{CanteenId, ElderId, TerminalId};
use domain::region::RegionCode;
use domain::resident_id::ResidentId;
use domain::sync::{OfflineLimits, RosterCard, RosterEntry, RosterPage, Setup, UsageEntry, UsagePage, Use};

use crate::seal::Place;
use crate::store::elders::{self, CardRow, ElderRow};
use crate::store::terminals::TerminalRow;
use crate::store::{Tx, canteens, feeds, terminals, usage};
use crate::words::{Code, register};
use crate::{Error, Office, names};

/// Deltas repeat so much, because a unit that began earlier may commit later, ms.
const OVERLAP_MS: i64 = 60 * 1000;
/// So many elders on a page of the roster.
const PAGE: i64 = 500;
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
                        offline: OfflineLimits::default(),
                        reader: None,
                    })
                })
            })
            .await
    }

    /// A page of the roster: elders of the policy's region, and the canteen's own, that changed at or after `after`.
    ///
    /// Pages are in the order of ids: rows that change while a terminal turns the pages move none past it. The version
    /// of the **first** page is the one to ask after next.
    pub async fn roster(&self, terminal: &TerminalRow, after: UnixMs, page: u32) -> Result<RosterPage, Error> {
        let now = self.now();
        let (canteen, book) = (terminal.canteen, self.book());
        let since = after.plus(-OVERLAP_MS);
        let (mut rows, facts, cards, regulars) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let region = canteens::get(tx, canteen).await?.map(|c| c.region);
                    let region = region.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
                    let scope = scope(&book, &region, now.business_date());
                    let rows = feeds::roster(tx, canteen, &scope, since, i64::from(page) * PAGE, PAGE + 1).await?;
                    let ids: Vec<ElderId> = rows.iter().map(|row| row.id).collect();
                    let facts = elders::for_rules(tx, &ids).await?;
                    let cards = elders::cards(tx, &ids).await?;
                    let recent = now.business_date().plus_days(-REGULAR_DAYS);
                    let regulars = feeds::served(tx, canteen, &ids, recent).await?;
                    Ok((rows, facts, cards, regulars))
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
            self.roster_entry(terminal.id, row, elder, of_elder, regular)
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
    ) -> Result<RosterEntry, Error> {
        let key = self.keys.terminal_digest_key(terminal);
        let corrupt = |what: &str| Error::Corrupt(format!("a sealed {what} is none"));
        let card = |card: &CardRow| {
            let number = self.keys.open(Place { table: "cards", column: "number", row: card.id }, &card.number)?;
            let number = CardNumber::parse(&number).map_err(|_| corrupt("card number"))?;
            let digest = Scan::Card(number).digest(&key);
            Ok(RosterCard { digest, tail: card.tail.clone(), revoked: card.revoked_at })
        };
        let resident_id = if regular {
            let place = Place { table: "elders", column: "resident_id", row: row.id.uuid() };
            let number = self.keys.open(place, &row.resident_id)?;
            let number = ResidentId::parse(&number).map_err(|_| corrupt("resident ID"))?;
            Some(Scan::ResidentId(number).digest(&key))
        } else {
            None
        };
        Ok(RosterEntry {
            elder,
            masked_name: names::mask(&row.name),
            female: row.female,
            cards: cards.iter().map(card).collect::<Result<_, Error>>()?,
            resident_id,
        })
    }

    /// What elders have used this month and the last, for those whose meals changed at or after `after`; together with
    /// how far this terminal's own records are among them, in the same snapshot.
    pub async fn usage(&self, terminal: &TerminalRow, after: UnixMs) -> Result<UsagePage, Error> {
        let now = self.now();
        let (canteen, id) = (terminal.canteen, terminal.id);
        let since = after.plus(-OVERLAP_MS);
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let first = now.business_date().month().previous().first();
                    let changed = usage::changed(tx, since, first).await?;
                    let entries = entries(tx, canteen, &changed, first).await?;
                    let included = terminals::cursors(tx, canteen, id).await?;
                    Ok(UsagePage { entries, included, version: now })
                })
            })
            .await
    }
}

/// The regions whose elders a canteen must know: those of the policies that cover it today or are announced for it,
/// or its own district where there is none.
fn scope(book: &domain::record::check::Rulebook, canteen: &RegionCode, today: BusinessDate) -> Vec<RegionCode> {
    let live = book.policies.policies().filter(|p| book.policies.last_day(p.reference()).is_none_or(|d| d >= today));
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
