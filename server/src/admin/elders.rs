//! Elders, what is learned of them, and their cards.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::calendar::{BusinessDate, UnixMs};
use domain::credential::{CardNumber, ChipNumber, Scan};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{CanteenId, ElderId, UserId};
use domain::region::RegionCode;
use domain::resident_id::ResidentId;
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{cards, valid};
use crate::audit::{Act, Action};
use crate::names;
use crate::seal::Place;
use crate::store::elders::{self, CardKind, CardRow, ElderRow};
use crate::store::{Tx, days, records, register as register_rows, usage};
use crate::words::{Code, register};
use crate::{Error, Office};

/// What is learned of an elder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
pub struct NewElderFact {
    /// First business date on which it holds.
    pub valid_from: BusinessDate,
    /// What it says.
    #[serde(flatten)]
    pub kind: ElderFactKind,
}

/// An elder to be registered. Birth date and sex are those of the resident ID.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElder {
    /// Resident ID, as typed.
    #[schema(value_type = String)]
    pub resident_id: Zeroizing<String>,
    /// Name in full.
    pub name: String,
    /// Telephone; nothing if there is none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Zeroizing<String>>,
    /// The office that looks after the elder.
    pub region: RegionCode,
    /// The canteen where the elder is a regular.
    #[serde(default)]
    pub canteen: Option<CanteenId>,
    /// Hukou, residence, categories ...
    #[serde(default)]
    pub facts: Vec<NewElderFact>,
    /// The id under which tills served the elder before, as a finding about an unknown elder names it: the office was
    /// restored to before the registration. A new one where nothing is said.
    #[serde(default)]
    pub id: Option<ElderId>,
}

/// A card that was just issued: the only moment at which its number is in the open.
#[derive(Clone, Debug)]
pub struct IssuedCard {
    /// The card's id.
    pub id: Uuid,
    /// Its number, for the printer.
    pub number: CardNumber,
    /// How many older cards of the elder were revoked.
    pub revoked: u64,
}

/// A physical card that was just registered.
#[derive(Clone, Debug)]
pub struct RegisteredChip {
    /// The card's id.
    pub id: Uuid,
    /// The last four hex digits of its number.
    pub tail: String,
}

impl Office {
    /// Registers an elder. One who is registered under the id of meals that name nobody gets those meals: their days are
    /// closed again.
    pub async fn register_elder(&self, new: NewElder, by: Option<UserId>) -> Result<ElderId, Error> {
        let resident_id = ResidentId::parse(&new.resident_id);
        let resident_id = resident_id.map_err(|_| Error::refused(Code::Invalid, register::RESIDENT_ID))?;
        let now = self.now();
        let id = new.id.unwrap_or_else(|| ElderId::generate(now, &*self.entropy));
        let known_before = new.id.is_some();
        let (row, clock) = (self.elder_row(id, &new, &resident_id, now)?, Arc::clone(&self.clock));
        let facts = facts(&new.facts, now)?;
        let added = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    let row = ElderRow { changed_at: now, ..row };
                    let facts = learned(facts, now);
                    if let Some(canteen) = row.registered_canteen {
                        require_canteen(tx, canteen).await?;
                    }
                    let mut act = Act::new(by, Action::ElderRegister, format!("elder:{id}"));
                    if known_before {
                        let meals = take_meals(tx, &row, now).await?;
                        act = act.with("meals", u64::try_from(meals).unwrap_or(u64::MAX));
                    }
                    elders::add(tx, &row).await?;
                    elders::add_facts(tx, id, &facts, by).await?;
                    act.done(tx, now).await.map(drop)
                })
            })
            .await;
        match added {
            Err(error) if error.is_unique_violation() => {
                return Err(Error::refused(Code::ElderExists, register::ELDER_EXISTS));
            }
            other => other?,
        }
        if known_before {
            self.changed.notify_one();
        }
        self.look_back(Scan::ResidentId(resident_id), id).await;
        Ok(id)
    }

    /// The elder inside a region who has that number: a resident ID's, a card's or a chip's. Nothing when nobody has, and
    /// for who is elsewhere. It is entered that somebody asked, and who was found.
    pub async fn find_elder(&self, number: &str, inside: RegionCode, by: UserId) -> Result<Option<ElderRow>, Error> {
        let number = Zeroizing::new(number.trim().to_owned());
        let scan = Scan::read(&number).map_err(|_| Error::refused(Code::Invalid, crate::words::office::NUMBER))?;
        let (digest, is_person) = (scan.digest(self.keys.digest_key()), matches!(scan, Scan::ResidentId(_)));
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let found = if is_person {
                        elders::by_resident_id(tx, digest).await?
                    } else {
                        match elders::card(tx, digest).await? {
                            Some(card) => elders::get(tx, card.elder).await?,
                            None => None,
                        }
                    };
                    let found = found.filter(|row| inside.contains(&row.region));
                    let whom = found.as_ref().map_or_else(|| "none".to_owned(), |row| row.id.to_string());
                    let act = Act::new(by, Action::ElderFind, format!("elder:{whom}"));
                    act.done(tx, now).await.map(|_| found)
                })
            })
            .await
    }

    /// The elders inside a region whose name begins so, in characters or in pinyin, by name behind `after`; at most so
    /// many. Names in characters are looked for among those that read alike, of which many may be written otherwise. It is
    /// entered that somebody asked, but not for what.
    pub async fn elders_named(
        &self,
        name: &str,
        after: Option<ElderId>,
        most: i64,
        inside: RegionCode,
        by: UserId,
    ) -> Result<Named, Error> {
        let name = valid::name(name)?;
        let (now, object) = (self.now(), format!("region:{inside}"));
        let entered = self.store.write_audited(move |tx| {
            Box::pin(async move { Act::new(by, Action::ElderFind, object).done(tx, now).await.map(drop) })
        });
        entered.await?;
        self.store.read(move |tx| Box::pin(async move { named(tx, &inside, &name, after, most).await })).await
    }

    /// Enters that somebody looked for elders by name in a region, but not for what.
    pub(crate) async fn enter_search(&self, inside: RegionCode, by: UserId) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                let act = Act::new(by, Action::ElderFind, format!("region:{inside}"));
                Box::pin(async move { act.done(tx, now).await.map(drop) })
            })
            .await
    }

    /// Looks for meals on a credential that was just registered. What fails here is found by the job.
    async fn look_back(&self, scan: Scan, elder: ElderId) {
        if let Err(error) = self.identify_registered(scan, elder).await {
            tracing::warn!(%error, "meals before a registration were not looked for; the job will");
        }
    }

    /// The row of a new elder, with numbers sealed.
    pub(crate) fn elder_row(
        &self,
        id: ElderId,
        new: &NewElder,
        number: &ResidentId,
        now: UnixMs,
    ) -> Result<ElderRow, Error> {
        let place = |column| Place { table: "elders", column, row: id.uuid() };
        let name = valid::name(&new.name)?;
        let phone = new.phone.as_deref().map(|p| valid::phone(p)).transpose()?.map(Zeroizing::new);
        Ok(ElderRow {
            id,
            region: new.region.clone(),
            sort_key: names::sort_key(&name),
            name,
            female: number.is_female(),
            birth: number.birth(),
            resident_id: self.keys.seal(place("resident_id"), number.expose(), &*self.entropy),
            resident_id_digest: Scan::ResidentId(number.clone()).digest(self.keys.digest_key()),
            phone: phone.as_deref().map(|p| self.keys.seal(place("phone"), p, &*self.entropy)),
            phone_digest: phone.as_deref().map(|p| self.keys.digest("phone", p)),
            registered_canteen: new.canteen,
            registered_at: now,
            changed_at: now,
        })
    }

    /// Adds what was learned of an elder; the days it bears on are closed again.
    pub async fn add_elder_fact(
        &self,
        elder: ElderId,
        fact: NewElderFact,
        by: Option<UserId>,
    ) -> Result<ElderFact, Error> {
        let fact = facts(std::slice::from_ref(&fact), self.now())?;
        let clock = Arc::clone(&self.clock);
        let fact = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    let stored = learned(fact, now).remove(0);
                    require_elder(tx, elder, now).await?;
                    elders::add_facts(tx, elder, std::slice::from_ref(&stored), by).await?;
                    let touched: BTreeSet<_> =
                        days::of_elder(tx, elder, bears_from(&stored)?).await?.into_iter().collect();
                    days::touch(tx, &touched, now).await?;
                    let act = Act::new(by, Action::ElderFact, format!("elder:{elder}"));
                    let act = act.with("what", kind_name(&stored.kind));
                    act.with("valid_from", stored.valid_from.to_string()).done(tx, now).await?;
                    Ok(stored)
                })
            })
            .await?;
        self.changed.notify_one();
        Ok(fact)
    }

    /// Issues a card; older ones of the elder are revoked. A person issues [`super::SINGLY`] on a day.
    pub async fn issue_card(&self, elder: ElderId, by: Option<UserId>) -> Result<IssuedCard, Error> {
        self.issue_card_until(elder, None, by).await
    }

    /// As [`Office::issue_card`], for a card whose last day is known.
    pub async fn issue_card_until(
        &self,
        elder: ElderId,
        until: Option<BusinessDate>,
        by: Option<UserId>,
    ) -> Result<IssuedCard, Error> {
        if until.is_some_and(|until| until < self.now().business_date()) {
            return Err(Error::refused(Code::Invalid, register::CARD_UNTIL));
        }
        let now = self.now();
        let number = CardNumber::generate(&*self.entropy);
        let id = domain::id::RecordId::generate(now, &*self.entropy).uuid();
        let place = Place { table: "cards", column: "number", row: id };
        let row = CardRow {
            id,
            elder,
            digest: Scan::Card(number.clone()).digest(self.keys.digest_key()),
            number: self.keys.seal(place, number.expose(), &*self.entropy),
            tail: number.tail().to_owned(),
            issued_at: now,
            revoked_at: None,
            kind: CardKind::Card,
            expires_on: until,
        };
        let clock = Arc::clone(&self.clock);
        let revoked = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    require_elder(tx, elder, now).await?;
                    if let Some(by) = by {
                        cards::single_alone(tx, by, now.business_date()).await?;
                    }
                    let revoked = elders::revoke_cards(tx, elder, CardKind::Card, now).await?;
                    elders::add_card(tx, &row).await?;
                    let act = Act::new(by, Action::CardIssue, format!("elder:{elder}")).with("card", id.to_string());
                    act.with("revoked", revoked).done(tx, now).await.map(|_| revoked)
                })
            })
            .await?;
        Ok(IssuedCard { id, number, revoked })
    }

    /// Registers a physical card by the number in its chip (hex, the chip's first byte first). Meals that were served on
    /// it before become the elder's. A person registers [`super::CHIPS_ALONE`] on a day.
    pub async fn register_chip(
        &self,
        elder: ElderId,
        number: &str,
        by: Option<UserId>,
    ) -> Result<RegisteredChip, Error> {
        let number = Zeroizing::new(number.trim().to_ascii_lowercase());
        let number = ChipNumber::parse(&number).map_err(|_| Error::refused(Code::Invalid, register::CHIP))?;
        let now = self.now();
        let id = domain::id::RecordId::generate(now, &*self.entropy).uuid();
        let place = Place { table: "cards", column: "number", row: id };
        let scan = Scan::Chip(number.clone());
        let row = CardRow {
            id,
            elder,
            digest: scan.digest(self.keys.digest_key()),
            number: self.keys.seal(place, number.expose(), &*self.entropy),
            tail: number.tail().to_owned(),
            issued_at: now,
            revoked_at: None,
            kind: CardKind::Chip,
            expires_on: None,
        };
        let (tail, clock) = (row.tail.clone(), Arc::clone(&self.clock));
        let added = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    require_elder(tx, elder, now).await?;
                    if let Some(by) = by {
                        cards::chip_alone(tx, by, now.business_date()).await?;
                    }
                    elders::add_card(tx, &row).await?;
                    let act = Act::new(by, Action::ChipRegister, format!("elder:{elder}"));
                    act.with("card", id.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await;
        match added {
            Err(error) if error.is_unique_violation() => {
                return Err(Error::refused(Code::CardTaken, register::CHIP_TAKEN));
            }
            other => other?,
        }
        self.look_back(scan, elder).await;
        Ok(RegisteredChip { id, tail })
    }

    /// Revokes one card of an elder; says whether it was good until now.
    pub async fn revoke_card(&self, elder: ElderId, card: Uuid, by: Option<UserId>) -> Result<bool, Error> {
        let clock = Arc::clone(&self.clock);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    require_elder(tx, elder, now).await?;
                    let unknown = || Error::refused(Code::CardUnknown, register::NO_CARD);
                    let cards = elders::cards(tx, &[elder]).await?;
                    cards.iter().find(|c| c.id == card).ok_or_else(unknown)?;
                    let revoked = elders::revoke_card(tx, elder, card, now).await?;
                    let act = Act::new(by, Action::CardRevoke, format!("elder:{elder}")).with("card", card.to_string());
                    act.with("revoked", u64::from(revoked)).done(tx, now).await.map(|_| revoked)
                })
            })
            .await
    }

    /// Revokes all printed cards of an elder; says how many there were.
    pub async fn revoke_cards(&self, elder: ElderId, by: Option<UserId>) -> Result<u64, Error> {
        let clock = Arc::clone(&self.clock);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    require_elder(tx, elder, now).await?;
                    let revoked = elders::revoke_cards(tx, elder, CardKind::Card, now).await?;
                    let act = Act::new(by, Action::CardRevoke, format!("elder:{elder}"));
                    act.with("revoked", revoked).done(tx, now).await.map(|_| revoked)
                })
            })
            .await
    }
}

/// Takes the meals that were served under the id of an elder whom nobody knew; says how many there are. Refuses an id
/// that is somebody's, one without meals, and a person who was not as old as the tills said.
async fn take_meals(tx: &mut Tx, row: &ElderRow, now: UnixMs) -> Result<usize, Error> {
    let refused = || Error::refused(Code::Invalid, register::NO_SUCH_MEALS);
    if elders::get(tx, row.id).await?.is_some() {
        return Err(refused());
    }
    let (first, last) = (first_date()?, now.business_date().plus_days(1));
    let meals = usage::of_elder(tx, row.id, first, last).await?;
    if meals.is_empty() {
        return Err(refused());
    }
    for meal in &meals {
        let Some(age) = records::age_said(tx, meal.canteen, meal.record).await? else { continue };
        if age != meal.date.age(row.birth) {
            return Err(Error::refused(Code::Invalid, register::OTHER_AGE));
        }
    }
    // Tills are told of these uses once they know the elder.
    usage::stamp(tx, row.id, now).await?;
    let eaten: BTreeSet<_> = meals.iter().map(|meal| (row.id, meal.date)).collect();
    let mut touched = meals.iter().map(|meal| (meal.canteen, meal.date)).collect();
    days::add_behind(tx, &eaten, &mut touched).await?;
    days::touch(tx, &touched, now).await?;
    Ok(meals.len())
}

/// So many rows that read alike are looked at in one go,
const LOOKED_AT: i64 = 500;
/// and so often: whoever asks goes on behind the last of them.
const LOOKS: usize = 20;

/// Elders found by name.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// By name.
    pub rows: Vec<ElderRow>,
    /// Behind whom to go on, if there may be more.
    pub next: Option<ElderId>,
}

async fn named(
    tx: &mut Tx,
    inside: &RegionCode,
    name: &str,
    after: Option<ElderId>,
    most: i64,
) -> Result<Named, Error> {
    let (key, most) = (names::search_key(name), usize::try_from(most).unwrap_or(usize::MAX));
    let mut last = match after {
        Some(id) => elders::get(tx, id).await?.filter(|row| inside.contains(&row.region)),
        None => None,
    };
    let mut found = Named::default();
    for _ in 0..LOOKS {
        let behind = last.as_ref().map(|row| (row.sort_key.as_str(), row.id));
        let page = register_rows::elders_named(tx, inside, &key, behind, LOOKED_AT).await?;
        let ended = i64::try_from(page.len()).unwrap_or(LOOKED_AT) < LOOKED_AT;
        for row in page {
            if name.is_ascii() || row.name.starts_with(name) {
                if found.rows.len() == most {
                    found.next = found.rows.last().map(|row| row.id);
                    return Ok(found);
                }
                found.rows.push(row.clone());
            }
            last = Some(row);
        }
        if ended {
            return Ok(found);
        }
    }
    found.next = last.map(|row| row.id);
    Ok(found)
}

fn facts(new: &[NewElderFact], now: UnixMs) -> Result<Vec<ElderFact>, Error> {
    let fact = |new: &NewElderFact| {
        valid::elder_fact(&new.kind)?;
        Ok(ElderFact { valid_from: new.valid_from, known_from: now, kind: new.kind.clone() })
    };
    new.iter().map(fact).collect()
}

/// The facts as learned at the instant of the unit that adds them: a roster from before does not hold them.
fn learned(facts: Vec<ElderFact>, now: UnixMs) -> Vec<ElderFact> {
    facts.into_iter().map(|fact| ElderFact { known_from: now, ..fact }).collect()
}

/// What kind of fact: no categories or places, which are nobody's business in a log.
const fn kind_name(kind: &ElderFactKind) -> &'static str {
    match kind {
        ElderFactKind::Death { dead: true } => "death",
        ElderFactKind::Death { dead: false } => "death_withdrawn",
        ElderFactKind::Hukou { .. } => "hukou",
        ElderFactKind::Residence { .. } => "residence",
        _ => "category",
    }
}

/// The first date whose meals a fact can bear on. A death, or its withdrawal, bears on every date: the last word on
/// it may move the day of death either way.
fn bears_from(fact: &ElderFact) -> Result<BusinessDate, Error> {
    if matches!(fact.kind, ElderFactKind::Death { .. }) { first_date() } else { Ok(fact.valid_from) }
}

fn first_date() -> Result<BusinessDate, Error> {
    BusinessDate::new(1, 1, 1).ok_or_else(|| Error::Internal("the first date".to_owned()))
}

/// Touches the elder, or refuses an id that names nobody.
async fn require_elder(tx: &mut Tx, elder: ElderId, now: UnixMs) -> Result<(), Error> {
    if elders::touch(tx, elder, now).await? {
        return Ok(());
    }
    Err(Error::refused(Code::ElderUnknown, register::NO_ELDER))
}

pub(super) async fn require_canteen(tx: &mut Tx, canteen: CanteenId) -> Result<(), Error> {
    if crate::store::canteens::get(tx, canteen).await?.is_some() {
        return Ok(());
    }
    Err(Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))
}
