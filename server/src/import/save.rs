//! Chunks of rows beside what the store knows of them; and, where the list is applied, what is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::calendar::{BusinessDate, DayKind, MealPeriod, UnixMs, WorkCalendar};
use domain::canteen::{CanteenFact, CanteenFactKind};
use domain::credential::Scan;
use domain::elder::ElderFact;
use domain::id::{CanteenId, Digest, ElderId, UserId};
use domain::money::Fen;
use domain::sync::ListPrice;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::columns::Field;
use super::known::Known;
use super::people::{Person, Registered, judge};
use super::run::{Change, Parsed, Run, Says, unreadable};
use super::source::Unreadable;
use super::table::Line;
use super::venues::{Part, Venue, calendar_file};
use super::{Counts, Kind, Level};
use crate::admin::{NewCanteen, NewElder, Proposed, calendars, canteens as forms, proposals};
use crate::seal::Place;
use crate::store::canteens::CanteenRow;
use crate::store::elders::{self, ElderRow};
use crate::store::imports::{self, FactRow, Origin};
use crate::store::proposals::ProposalRow;
use crate::store::proposals::of_kind as open_proposals;
use crate::store::{Tx, audit, canteens, days, policies, usage};
use crate::words::import as words;
use crate::{Error, Office};

/// The calendar of some years is no longer, days.
const MOST_DAYS: usize = 5_000;

/// What is kept from chunk to chunk.
pub(super) struct Chunks<'r> {
    run: &'r Run,
    known: Arc<Known>,
    touched: BTreeSet<(CanteenId, BusinessDate)>,
    days: Vec<(BusinessDate, DayKind, String)>,
    /// Whom the list changes.
    changed: Vec<ElderId>,
    /// List prices that wait for a second person; nothing before they were looked for.
    waiting: Option<BTreeSet<Waits>>,
    /// What is proposed to a second person, with its place in the list; written at the end.
    proposed: Vec<(ProposalRow, String)>,
}

/// A list price of a canteen.
type Waits = (CanteenId, BusinessDate, MealPeriod, Fen);

/// What a chunk of persons writes.
#[derive(Default)]
struct Writes {
    elders: Vec<(ElderRow, Origin)>,
    facts: Vec<FactRow>,
    changed: BTreeSet<ElderId>,
    phones: Vec<(ElderId, Vec<u8>, Digest)>,
    canteens: Vec<(ElderId, CanteenId)>,
}

fn origin(import: Uuid, line: &Line) -> Origin {
    let place = if line.sheet.is_empty() { line.row.to_string() } else { format!("{}!{}", line.sheet, line.row) };
    Origin { import, place }
}

/// Whether nothing stands in the row's way.
fn good(parsed: &Parsed) -> bool {
    parsed.problems.iter().all(|problem| problem.level == Level::Notice)
}

impl<'r> Chunks<'r> {
    pub(super) fn new(run: &'r Run, known: Arc<Known>) -> Self {
        Self {
            run,
            known,
            touched: BTreeSet::new(),
            days: Vec::new(),
            changed: Vec::new(),
            waiting: None,
            proposed: Vec::new(),
        }
    }

    fn office(&self) -> &Office {
        &self.run.office
    }

    /// Judges a chunk and saves it.
    pub(super) async fn chunk(&mut self, tx: &mut Tx, chunk: Vec<Parsed>) -> Result<Vec<(Parsed, Change)>, Error> {
        if self.run.kind.is_of_people() {
            return self.people(tx, chunk).await;
        }
        let mut done = Vec::with_capacity(chunk.len());
        for mut parsed in chunk {
            let change = self.venue(tx, &mut parsed).await?;
            done.push((parsed, change));
        }
        Ok(done)
    }

    async fn people(&mut self, tx: &mut Tx, chunk: Vec<Parsed>) -> Result<Vec<(Parsed, Change)>, Error> {
        let digest = |person: &Person| Scan::ResidentId(person.number.clone()).digest(self.office().keys.digest_key());
        let digests: Vec<Option<Digest>> = chunk
            .iter()
            .map(|parsed| match &parsed.says {
                Says::Person(person) => Some(digest(person)),
                _ => None,
            })
            .collect();
        let mut registered = self.registered(tx, &chunk, &digests).await?;
        let ids: Vec<ElderId> = registered.values().map(|of| of.row.id).collect();
        let mut numbers = if self.run.saves().is_some() {
            // Whoever adds facts of the same elders waits from here on.
            imports::touch(tx, &ids, self.run.now).await?;
            self.changed.extend(&ids);
            imports::last_facts(tx, &ids).await?
        } else {
            BTreeMap::new()
        };
        let mut writes = Writes::default();
        let mut done = Vec::with_capacity(chunk.len());
        for (mut parsed, digest) in chunk.into_iter().zip(digests) {
            let change = match (&parsed.says, digest) {
                (Says::Person(person), Some(digest)) => {
                    let (change, problems) = match registered.get_mut(&digest) {
                        Some(of) => self.known_person(&parsed, person, of, &mut writes, &mut numbers),
                        None => self.new_person(&parsed, person, &mut writes)?,
                    };
                    parsed.problems.extend(problems);
                    change
                }
                _ => Change::Same,
            };
            done.push((parsed, change));
        }
        if self.run.saves().is_some() && done.iter().all(|(parsed, _)| good(parsed)) {
            self.write(tx, writes, &registered).await?;
        }
        Ok(done)
    }

    /// What the office knows of the persons of a chunk, by the digests of their resident IDs.
    async fn registered(
        &self,
        tx: &mut Tx,
        chunk: &[Parsed],
        digests: &[Option<Digest>],
    ) -> Result<HashMap<Digest, Registered>, Error> {
        let asked: BTreeSet<Digest> = digests.iter().flatten().copied().collect();
        let rows = imports::elders(tx, &asked.into_iter().collect::<Vec<_>>()).await?;
        let ids: Vec<ElderId> = rows.iter().map(|row| row.id).collect();
        let mut facts = elders::for_rules(tx, &ids).await?;
        let firsts = chunk.iter().filter_map(|parsed| match &parsed.says {
            Says::Person(person) => person.facts.iter().map(|fact| fact.valid_from).min(),
            _ => None,
        });
        let mut meals: HashMap<ElderId, Vec<(CanteenId, BusinessDate)>> = HashMap::new();
        if let Some(first) = firsts.min() {
            for (elder, canteen, date) in imports::meal_days(tx, &ids, first).await? {
                meals.entry(elder).or_default().push((canteen, date));
            }
        }
        let mut registered = HashMap::new();
        for row in rows {
            let elder = facts.remove(&row.id);
            let elder = elder.ok_or_else(|| Error::Corrupt(format!("elder {} vanished", row.id)))?;
            let meals = meals.remove(&row.id).unwrap_or_default();
            let phone = self.phone_of(&row)?;
            registered.insert(row.resident_id_digest, Registered { row, elder, phone, meals });
        }
        Ok(registered)
    }

    fn phone_of(&self, row: &ElderRow) -> Result<Option<String>, Error> {
        let place = Place { table: "elders", column: "phone", row: row.id.uuid() };
        let open = |sealed: &Vec<u8>| self.office().keys.open(place, sealed).map(|phone| phone.as_str().to_owned());
        row.phone.as_ref().map(open).transpose()
    }

    fn known_person(
        &self,
        parsed: &Parsed,
        person: &Person,
        of: &mut Registered,
        writes: &mut Writes,
        numbers: &mut BTreeMap<ElderId, i64>,
    ) -> (Change, Vec<super::Problem>) {
        let phone_digest = person.phone.as_ref().map(|phone| self.office().keys.digest("phone", phone));
        let (verdict, problems) = judge(&parsed.line, person, of, phone_digest, (&self.known, self.run.now));
        if !verdict.changes() {
            return (Change::Same, problems);
        }
        let id = of.row.id;
        if let Some(import) = self.run.saves() {
            let last = numbers.entry(id).or_insert(0);
            for fact in &verdict.facts {
                *last += 1;
                let origin = origin(import, &parsed.line);
                writes.facts.push(FactRow { elder: id, number: *last, fact: fact.clone(), origin });
            }
            if let (true, Some(phone), Some(digest)) = (verdict.phone, &person.phone, phone_digest) {
                let place = Place { table: "elders", column: "phone", row: id.uuid() };
                let sealed = self.office().keys.seal(place, phone, &*self.office().entropy);
                writes.phones.push((id, sealed, digest));
            }
            if let (true, Some(canteen)) = (verdict.canteen, person.canteen) {
                writes.canteens.push((id, canteen));
            }
            writes.changed.insert(id);
        }
        of.elder.facts.extend(verdict.facts);
        if verdict.canteen {
            of.row.registered_canteen = person.canteen;
        }
        (Change::Changed, problems)
    }

    fn new_person(
        &self,
        parsed: &Parsed,
        person: &Person,
        writes: &mut Writes,
    ) -> Result<(Change, Vec<super::Problem>), Error> {
        let line = &parsed.line;
        if self.run.kind != Kind::Elders {
            return Ok((Change::Same, vec![line.problem(Field::ResidentId, Level::Error, words::NOT_REGISTERED)]));
        }
        let Some(name) = &person.name else { return Ok((Change::Same, Vec::new())) };
        let Some(region) = person.region.clone().or_else(|| self.known.region.clone()) else {
            return Ok((Change::Same, vec![line.problem(Field::Region, Level::Error, words::no_region())]));
        };
        let mut problems = Vec::new();
        if let Some(c) = self.office().fonts.missing(name) {
            problems.push(line.problem(Field::Name, Level::Notice, words::no_glyph(c)));
        }
        if let Some(import) = self.run.saves() {
            let new = NewElder {
                resident_id: Zeroizing::new(person.number.expose().to_owned()),
                name: name.clone(),
                phone: person.phone.clone().map(Zeroizing::new),
                region,
                canteen: person.canteen,
                facts: Vec::new(),
                id: None,
            };
            let id = ElderId::generate(self.run.now, &*self.office().entropy);
            let row = self.office().elder_row(id, &new, &person.number, self.run.now)?;
            writes.elders.push((row, origin(import, line)));
            let known_from = self.run.now;
            for (number, fact) in (1..).zip(&person.facts) {
                let fact = ElderFact { valid_from: fact.valid_from, known_from, kind: fact.kind.clone() };
                writes.facts.push(FactRow { elder: id, number, fact, origin: origin(import, line) });
            }
        }
        Ok((Change::New, problems))
    }

    async fn write(&mut self, tx: &mut Tx, writes: Writes, of: &HashMap<Digest, Registered>) -> Result<(), Error> {
        imports::add_elders(tx, &writes.elders).await?;
        self.changed.extend(writes.elders.iter().map(|(row, _)| row.id));
        imports::add_elder_facts(tx, &writes.facts, self.run.by).await?;
        for (elder, sealed, digest) in &writes.phones {
            imports::set_phone(tx, *elder, sealed, *digest).await?;
        }
        for (elder, canteen) in &writes.canteens {
            imports::set_canteen(tx, *elder, *canteen).await?;
            // That canteen's tills may not know what the elder has used.
            usage::stamp(tx, *elder, self.run.now).await?;
        }
        // A fact bears on the meals from its first day on; of a death, which is the first word on it, on those after.
        let mut firsts: HashMap<ElderId, BusinessDate> = HashMap::new();
        for row in &writes.facts {
            let first = firsts.entry(row.elder).or_insert(row.fact.valid_from);
            *first = (*first).min(row.fact.valid_from);
        }
        for registered in of.values() {
            let Some(first) = firsts.get(&registered.row.id) else { continue };
            self.touched.extend(registered.meals.iter().filter(|(_, date)| date >= first));
        }
        Ok(())
    }

    async fn venue(&mut self, tx: &mut Tx, parsed: &mut Parsed) -> Result<Change, Error> {
        let ready = good(parsed);
        let saves = self.run.saves().filter(|_| ready);
        let origin = saves.map(|import| origin(import, &parsed.line));
        match &parsed.says {
            Says::Venue(Venue::Canteen(new)) => {
                let (change, problem) = self.canteen(tx, new, &parsed.line, origin).await?;
                parsed.problems.extend(problem);
                Ok(change)
            }
            Says::Venue(Venue::Standing(canteen, from, parts)) => {
                self.standing(tx, (*canteen, *from), parts, origin).await
            }
            Says::Venue(Venue::Price(canteen, from, period, price)) => {
                let price = ListPrice { valid_from: *from, period: period.clone(), price: *price };
                self.price(tx, *canteen, price, origin).await
            }
            Says::Venue(Venue::Day(date, kind, occasion)) => {
                if self.days.len() >= MOST_DAYS {
                    return Err(unreadable(&Unreadable(words::TALL.to_owned())));
                }
                if ready {
                    self.days.push((*date, *kind, occasion.clone()));
                }
                Ok(Change::Same)
            }
            _ => Ok(Change::Same),
        }
    }

    async fn canteen(
        &mut self,
        tx: &mut Tx,
        new: &NewCanteen,
        line: &Line,
        origin: Option<Origin>,
    ) -> Result<(Change, Option<super::Problem>), Error> {
        let named = self.known.named(&new.name).iter().find(|(_, region)| *region == new.region).map(|(id, _)| *id);
        if let Some(id) = named {
            let row = canteens::get(tx, id).await?.ok_or_else(|| Error::Corrupt(format!("canteen {id} vanished")))?;
            let problem = self.differs(&row, new)?.map(|(field, old, new)| {
                let mut problem = line.problem(field, Level::Conflict, words::CANTEEN_DIFFERS);
                (problem.old, problem.new) = (Some(old), Some(new));
                problem
            });
            return Ok((Change::Same, problem));
        }
        if let Some(origin) = origin {
            let registration = self.office().registration(new.clone(), self.run.by)?;
            canteens::add(tx, &registration.row).await?;
            self.proposed.extend(registration.payee.map(|payee| (payee, origin.place.clone())));
            imports::mark_canteen(tx, registration.row.id, &origin).await?;
        }
        Ok((Change::New, None))
    }

    /// The first thing in which a registration differs. Accounts are shown by their last digits.
    fn differs(&self, row: &CanteenRow, new: &NewCanteen) -> Result<Option<(Field, String, String)>, Error> {
        let place = Place { table: "canteens", column: "account", row: row.id.uuid() };
        let account = self.office().keys.open(place, &row.account)?;
        let tail = |account: &str| format!("…{}", account.get(account.len().saturating_sub(4)..).unwrap_or_default());
        let capacity = |capacity: Option<u32>| capacity.map_or_else(String::new, |n| n.to_string());
        let pairs = [
            (Field::Operator, row.operator.clone(), new.operator.clone()),
            (Field::CreditCode, row.credit_code.clone(), new.credit_code.clone()),
            (Field::Address, row.address.clone(), new.address.clone()),
            (Field::Phone, row.phone.clone(), new.phone.clone()),
            (Field::Bank, row.bank.clone(), new.bank.clone()),
            (Field::Holder, row.account_name.clone(), new.account_name.clone()),
            (Field::Capacity, capacity(row.capacity), capacity(new.capacity)),
        ];
        let differs = pairs.into_iter().find(|(_, old, new)| old != new);
        let other = account.as_str() != new.account;
        Ok(differs.or_else(|| other.then(|| (Field::Account, tail(&account), tail(&new.account)))))
    }

    async fn standing(
        &mut self,
        tx: &mut Tx,
        (canteen, valid_from): (CanteenId, BusinessDate),
        parts: &[Part],
        origin: Option<Origin>,
    ) -> Result<Change, Error> {
        let known_from = self.run.now;
        let row = canteens::for_rules(tx, canteen).await?;
        let row = row.ok_or_else(|| Error::Corrupt(format!("canteen {canteen} vanished")))?;
        let before = row.on(valid_from, known_from).standing;
        let mut standing = before.clone();
        for part in parts {
            part.put(&mut standing);
        }
        let stated =
            row.facts.iter().any(|f| f.valid_from <= valid_from && matches!(f.kind, CanteenFactKind::Standing { .. }));
        if standing == before && stated {
            return Ok(Change::Same);
        }
        if let Some(origin) = origin {
            let fact = CanteenFact { valid_from, known_from, kind: CanteenFactKind::Standing { standing } };
            forms::hold(tx, canteen).await?;
            imports::add_canteen_fact(tx, canteen, &fact, self.run.by, &origin).await?;
            self.touch_from(tx, canteen, valid_from).await?;
        }
        Ok(Change::Changed)
    }

    async fn price(
        &mut self,
        tx: &mut Tx,
        canteen: CanteenId,
        price: ListPrice,
        origin: Option<Origin>,
    ) -> Result<Change, Error> {
        let mut stands: Option<ListPrice> = None;
        for old in canteens::prices(tx, canteen).await? {
            let of_day = old.period == price.period && old.valid_from <= price.valid_from;
            if of_day && stands.as_ref().is_none_or(|last| old.valid_from >= last.valid_from) {
                stands = Some(old);
            }
        }
        if stands.is_some_and(|old| old.price == price.price) {
            return Ok(Change::Same);
        }
        if let Some(by) = self.run.by {
            return self.price_proposed(tx, canteen, price, origin, by).await;
        }
        if let Some(origin) = origin {
            forms::hold(tx, canteen).await?;
            imports::add_price(tx, canteen, &price, (self.run.now, self.run.by), &origin).await?;
            self.touch_from(tx, canteen, price.valid_from).await?;
        }
        Ok(Change::Changed)
    }

    /// What a person brings holds when another one approves it. The same that waits already is not proposed again.
    async fn price_proposed(
        &mut self,
        tx: &mut Tx,
        canteen: CanteenId,
        price: ListPrice,
        origin: Option<Origin>,
        by: UserId,
    ) -> Result<Change, Error> {
        let key = (canteen, price.valid_from, price.period.clone(), price.price);
        if self.waiting(tx).await?.contains(&key) {
            return Ok(Change::Same);
        }
        if let Some(Origin { place, .. }) = origin {
            forms::hold(tx, canteen).await?;
            let row = canteens::get(tx, canteen).await?;
            let region = row.ok_or_else(|| Error::Corrupt(format!("canteen {canteen} vanished")))?.region;
            let what = Proposed::Price { canteen, price };
            self.proposed.push((self.office().proposal_row(what, region, by)?, place));
        }
        Ok(Change::Changed)
    }

    /// The list prices that wait for a second person.
    async fn waiting(&mut self, tx: &mut Tx) -> Result<&BTreeSet<Waits>, Error> {
        if self.waiting.is_none() {
            let mut found = BTreeSet::new();
            for row in open_proposals(tx, "price").await? {
                if let Proposed::Price { canteen, price } = self.office().proposed(&row)? {
                    found.insert((canteen, price.valid_from, price.period, price.price));
                }
            }
            self.waiting = Some(found);
        }
        Ok(self.waiting.get_or_insert_default())
    }

    async fn touch_from(&mut self, tx: &mut Tx, canteen: CanteenId, from: BusinessDate) -> Result<(), Error> {
        let days = days::of_canteen(tx, canteen, from).await?;
        self.touched.extend(days.iter().map(|day| (day.canteen, day.date)));
        Ok(())
    }

    /// After the last chunk: the days that change are closed again, and a calendar is put in force.
    pub(super) async fn finish(&mut self, tx: &mut Tx, file: &str, counts: &mut Counts) -> Result<(), Error> {
        if self.run.kind == Kind::Calendars && !self.days.is_empty() {
            self.calendar(tx, file, counts).await?;
        }
        if let Some(import) = self.run.saves() {
            let now: UnixMs = self.run.now;
            days::touch(tx, &self.touched, now).await?;
            for (row, place) in std::mem::take(&mut self.proposed) {
                audit::hold(tx).await?;
                proposals::proposed_by_list(tx, &row, (import, &place), now).await?;
            }
        }
        Ok(())
    }

    /// The last statements of an import: whoever it changed changed now. The list may have run for longer than a till's
    /// delta repeats.
    pub(super) async fn stamp(&self, tx: &mut Tx) -> Result<(), Error> {
        let now = self.office().now();
        for elders in self.changed.chunks(500) {
            imports::touch(tx, elders, now).await?;
        }
        Ok(())
    }

    async fn calendar(&mut self, tx: &mut Tx, file: &str, counts: &mut Counts) -> Result<(), Error> {
        let source = calendar_file(&self.days);
        let years = WorkCalendar::from_csv(&source).map_err(|e| unreadable(&Unreadable(e.in_chinese())))?;
        let before = policies::calendars(tx).await?.pop().unwrap_or_default();
        if before.with_years_of(&years) == before {
            return Ok(());
        }
        // A year is replaced as a whole: all of its rows are what changes it.
        (counts.changed, counts.unchanged) = (counts.unchanged, 0);
        let Some(by) = self.run.by else {
            if self.run.saves().is_some() {
                audit::hold(tx).await?;
                calendars::put_years(tx, years, (file, &source), self.run.now).await?;
            }
            return Ok(());
        };
        let region = self.run.scope.clone().ok_or_else(|| Error::Internal("a person without a place".to_owned()))?;
        calendars::require_all(tx, &region).await?;
        if self.run.saves().is_some() {
            let what = Proposed::Calendar { file_name: file.to_owned(), source, calendar: years, whole: false };
            self.proposed.push((self.office().proposal_row(what, region, by)?, String::new()));
        }
        Ok(())
    }
}
