//! Cards by the sheet, and photos.
//!
//! A card's number is in the open once: while it is issued. So a sheet is drawn first, from numbers that nobody has yet,
//! then the cards are issued in one unit that also revokes the elders' older ones, and only then the sheet is handed
//! over. What cannot be drawn is not issued; a sheet that is lost is issued anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::calendar::{BusinessDate, UnixMs};
use domain::credential::{CardNumber, Scan};
use domain::id::{CanteenId, ElderId, RecordId, UserId};
use domain::region::RegionCode;
use receipts::PrintError;
use receipts::card::{Card, CardSheet, render};
use serde::Deserialize;

use super::batches::Agreed;
use super::photo;
use crate::audit::{Act, Action};
use crate::seal::Place;
use crate::store::elders::{self, CardKind, CardRow, ElderRow};
use crate::store::{Tx, audit, canteens, imports};
use crate::words::{Code, register};
use crate::{Error, Office};

/// A sheet has at most so many cards: sixty pages.
pub const SHEET: usize = 600;

/// One person prints so many cards on a day, a page; more need another person's word. Cards one by one count with them.
pub const ALONE: usize = 10;

/// One person issues so many cards on a day one by one, as a counter does that registers people and replaces what is lost.
pub const SINGLY: usize = 50;

/// One person registers so many physical cards on a day, as they lie on the table; the rest is another person's.
pub const CHIPS_ALONE: i64 = 50;

/// Whose cards.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CardsOf {
    /// These, whether they have cards or not: older ones are revoked.
    Elders(Vec<ElderId>),
    /// Regulars of a canteen who have no card that is good.
    Canteen(CanteenId),
    /// Elders of a region who have no card that is good.
    Region(RegionCode),
}

/// Cards that were just issued, ready for the printer.
pub struct IssuedSheet {
    /// The sheets as PDF.
    pub pdf: Vec<u8>,
    /// How many cards there are.
    pub cards: usize,
    /// How many older ones were revoked.
    pub revoked: u64,
    /// Whether more elders wait for cards than fit on one sheet.
    pub more: bool,
    /// How many on the agreed list of a batch got none: they have died or got a card since.
    pub left_out: usize,
}

/// Names and telephones of canteens, and of the office under nothing.
type Places = BTreeMap<Option<CanteenId>, (String, String)>;

/// Elders who are to get cards.
pub(super) struct Waiting {
    pub(super) rows: Vec<ElderRow>,
    /// Whether more elders wait for cards than fit on one sheet.
    pub(super) more: bool,
    places: Places,
}

/// An elder on the way to a card.
struct Wanted {
    row: ElderRow,
    number: CardNumber,
}

impl Office {
    /// Issues printed cards and draws them. `inside` is where whoever asks may do that; nothing for everywhere. A person
    /// issues [`ALONE`] cards at most; more are proposed, and printed when another person has agreed. `by` is nothing at
    /// the office's own computer.
    ///
    /// # Errors
    /// When nobody waits for a card, an elder is unknown or outside, there are too many for one person, or a name cannot
    /// be printed: nothing is issued.
    pub async fn issue_sheet(
        &self,
        of: CardsOf,
        until: Option<BusinessDate>,
        inside: Option<RegionCode>,
        by: Option<UserId>,
    ) -> Result<IssuedSheet, Error> {
        let waiting = self.waiting(of, inside).await?;
        self.issue(waiting, until, by, None).await
    }

    /// Issues cards to exactly these elders; of a batch, only if it has not been printed.
    pub(super) async fn issue(
        &self,
        Waiting { rows, more, places }: Waiting,
        until: Option<BusinessDate>,
        by: Option<UserId>,
        batch: Option<Agreed>,
    ) -> Result<IssuedSheet, Error> {
        let now = self.now();
        not_over(until, now)?;
        let wanted: Vec<Wanted> =
            rows.into_iter().map(|row| Wanted { row, number: CardNumber::generate(&*self.entropy) }).collect();
        let sheet = self.sheet(&wanted, until, &places);
        let pdf = render(&sheet, &self.fonts).map_err(|error| unprintable(&error))?;
        let cards: Vec<CardRow> = wanted.iter().map(|wanted| self.card_row(wanted, until)).collect();
        let clock = Arc::clone(&self.clock);
        let (count, left_out) = (cards.len(), batch.as_ref().map_or(0, |batch| batch.left_out.len()));
        let revoked = self
            .store
            .write_long_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    match (&batch, by) {
                        (Some(batch), _) => batch.issued(tx, now).await?,
                        (None, Some(by)) => alone(tx, by, now.business_date(), cards.len()).await?,
                        (None, None) => {}
                    }
                    let ids: Vec<ElderId> = cards.iter().map(|card| card.elder).collect();
                    imports::touch(tx, &ids, now).await?;
                    let mut revoked = 0;
                    for card in &cards {
                        revoked += elders::revoke_cards(tx, card.elder, CardKind::Card, now).await?;
                        elders::add_card(tx, card).await?;
                    }
                    let act = Act::new(by, Action::CardSheet, "cards").with("cards", cards.len());
                    let act = act.with("revoked", revoked);
                    let act = match batch {
                        Some(batch) => act.with("batch", batch.row.id.to_string()).with("left_out", left_out),
                        None => act,
                    };
                    audit::hold(tx).await?;
                    act.done(tx, now).await?;
                    Ok(revoked)
                })
            })
            .await?;
        Ok(IssuedSheet { pdf, cards: count, revoked, more, left_out })
    }

    /// Who is to get a card.
    ///
    /// # Errors
    /// When nobody is, or an elder is unknown or outside.
    pub(super) async fn waiting(&self, of: CardsOf, inside: Option<RegionCode>) -> Result<Waiting, Error> {
        let today = self.now().business_date();
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let (mut rows, named) = match of {
                    CardsOf::Elders(ids) => (named(tx, ids).await?, true),
                    CardsOf::Canteen(id) => (elders::without_card(tx, Some(id), None, today, limit()).await?, false),
                    CardsOf::Region(code) => {
                        (elders::without_card(tx, None, Some(&code), today, limit()).await?, false)
                    }
                };
                if let Some(inside) = &inside {
                    let outside = rows.iter().any(|row| !inside.contains(&row.region));
                    if named && outside {
                        return Err(Error::refused(Code::OutOfScope, crate::words::OUT_OF_SCOPE));
                    }
                    rows.retain(|row| inside.contains(&row.region));
                }
                let more = rows.len() > SHEET;
                rows.truncate(SHEET);
                let places = places(tx, &rows).await?;
                Ok(Waiting { rows, more, places })
            })
        });
        let waiting = read.await?;
        if waiting.rows.is_empty() {
            return Err(Error::refused(Code::ElderUnknown, register::NOBODY_WAITS));
        }
        Ok(waiting)
    }

    fn sheet(&self, wanted: &[Wanted], until: Option<BusinessDate>, places: &Places) -> CardSheet {
        let nowhere = (String::new(), String::new());
        let office = places.get(&None).unwrap_or(&nowhere);
        let card = |wanted: &Wanted| {
            let (place, phone) = places.get(&wanted.row.registered_canteen).unwrap_or(office).clone();
            let number = wanted.number.expose().to_owned();
            Card { name: wanted.row.name.clone(), number, place, phone, until: until.map(|until| until.to_string()) }
        };
        CardSheet {
            title: register::CARD_TITLE.to_owned(),
            office: office.0.clone(),
            cards: wanted.iter().map(card).collect(),
            made_at: self.now(),
        }
    }

    fn card_row(&self, wanted: &Wanted, until: Option<BusinessDate>) -> CardRow {
        let now = self.now();
        let id = RecordId::generate(now, &*self.entropy).uuid();
        let place = Place { table: "cards", column: "number", row: id };
        CardRow {
            id,
            elder: wanted.row.id,
            digest: Scan::Card(wanted.number.clone()).digest(self.keys.digest_key()),
            number: self.keys.seal(place, wanted.number.expose(), &*self.entropy),
            tail: wanted.number.tail().to_owned(),
            issued_at: now,
            revoked_at: None,
            kind: CardKind::Card,
            expires_on: until,
        }
    }

    /// Keeps an elder's photo, in place of an older one.
    ///
    /// # Errors
    /// When it is no JPEG or PNG of at most 200 KB and sensible sides.
    pub async fn put_photo(&self, elder: ElderId, bytes: &[u8], by: Option<UserId>) -> Result<(), Error> {
        let kind = photo::media_type(bytes)?;
        let place = Place { table: "elder_photos", column: "sealed", row: elder.uuid() };
        let sealed = self.keys.seal_bytes(place, bytes, &*self.entropy);
        let clock = Arc::clone(&self.clock);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    elders::put_photo(tx, elder, kind, &sealed, now, by).await?;
                    imports::touch(tx, &[elder], now).await?;
                    Act::new(by, Action::PhotoPut, format!("elder:{elder}")).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// An elder's photo with its media type, if there is one.
    pub async fn photo(&self, elder: ElderId) -> Result<Option<(String, Vec<u8>)>, Error> {
        let read = self.store.read(move |tx| Box::pin(async move { elders::photo(tx, elder).await }));
        let Some((kind, sealed)) = read.await? else { return Ok(None) };
        let place = Place { table: "elder_photos", column: "sealed", row: elder.uuid() };
        Ok(Some((kind, self.keys.open_bytes(place, &sealed)?.to_vec())))
    }

    /// An elder's photo for somebody at the office, who is entered as having seen it.
    pub async fn reveal_photo(&self, elder: ElderId, by: UserId) -> Result<Option<(String, Vec<u8>)>, Error> {
        let Some(photo) = self.photo(elder).await? else { return Ok(None) };
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move { Act::new(by, Action::PhotoShow, format!("elder:{elder}")).done(tx, now).await })
            })
            .await?;
        Ok(Some(photo))
    }

    /// Forgets an elder's photo; says whether there was one.
    pub async fn remove_photo(&self, elder: ElderId, by: Option<UserId>) -> Result<bool, Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let there = elders::remove_photo(tx, elder).await?;
                    if there {
                        imports::touch(tx, &[elder], now).await?;
                        Act::new(by, Action::PhotoRemove, format!("elder:{elder}")).done(tx, now).await?;
                    }
                    Ok(there)
                })
            })
            .await
    }
}

/// Counts what a person prints alone on a day, and refuses more than [`ALONE`].
async fn alone(tx: &mut Tx, by: UserId, date: BusinessDate, cards: usize) -> Result<(), Error> {
    counted(tx, by, date, cards, (ALONE, register::CARDS_NEED_TWO)).await
}

/// Counts a card that a person issues alone, and refuses more than [`SINGLY`] on a day.
pub(super) async fn single_alone(tx: &mut Tx, by: UserId, date: BusinessDate) -> Result<(), Error> {
    counted(tx, by, date, 1, (SINGLY, register::SINGLE_CARDS_NEED_TWO)).await
}

async fn counted(
    tx: &mut Tx,
    by: UserId,
    date: BusinessDate,
    cards: usize,
    (most, words): (usize, &'static str),
) -> Result<(), Error> {
    let cards = i64::try_from(cards).unwrap_or(i64::MAX);
    let all = elders::count_cards(tx, by, date, cards).await?;
    if usize::try_from(all).map_or(true, |all| all > most) {
        return Err(Error::refused(Code::SecondPerson, words));
    }
    Ok(())
}

/// Counts a physical card that a person registers on a day, and refuses more than [`CHIPS_ALONE`].
pub(super) async fn chip_alone(tx: &mut Tx, by: UserId, date: BusinessDate) -> Result<(), Error> {
    if elders::count_chips(tx, by, date, 1).await? > CHIPS_ALONE {
        return Err(Error::refused(Code::SecondPerson, register::CHIPS_ALONE));
    }
    Ok(())
}

/// Refuses a last day that is over.
pub(super) fn not_over(until: Option<BusinessDate>, now: UnixMs) -> Result<(), Error> {
    if until.is_some_and(|until| until < now.business_date()) {
        return Err(Error::refused(Code::Invalid, register::CARD_UNTIL));
    }
    Ok(())
}

/// One more than fit on a sheet, to see whether there are more.
fn limit() -> i64 {
    i64::try_from(SHEET + 1).unwrap_or(i64::MAX)
}

async fn named(tx: &mut Tx, ids: Vec<ElderId>) -> Result<Vec<ElderRow>, Error> {
    let asked: BTreeSet<ElderId> = ids.iter().copied().collect();
    if asked.len() != ids.len() || ids.len() > SHEET {
        return Err(Error::refused(Code::Invalid, register::CARDS_COUNT));
    }
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = elders::get(tx, id).await?;
        rows.push(row.ok_or_else(|| Error::refused(Code::ElderUnknown, register::NO_ELDER))?);
    }
    Ok(rows)
}

/// Names and telephones of the rows' canteens, and of the office for those without one.
async fn places(tx: &mut Tx, rows: &[ElderRow]) -> Result<Places, Error> {
    let mut places = BTreeMap::new();
    let ids: BTreeSet<CanteenId> = rows.iter().filter_map(|row| row.registered_canteen).collect();
    for id in ids {
        if let Some(canteen) = canteens::get(tx, id).await? {
            places.insert(Some(id), (canteen.name, canteen.phone));
        }
    }
    let regions = canteens::regions(tx).await?;
    let of_rows = |code: &RegionCode| rows.first().is_some_and(|row| code.contains(&row.region));
    let office = regions.into_iter().filter(|region| of_rows(&region.code)).max_by_key(|r| r.code.as_str().len());
    if let Some(office) = office {
        places.insert(None, (office.office, register::NO_PHONE.to_owned()));
    }
    Ok(places)
}

fn unprintable(error: &PrintError) -> Error {
    Error::refused(Code::Invalid, register::unprintable(&error.to_string()))
}
