//! Serving: scan, confirm, guests, reversal, printing again.

use domain::credential::Scan;
use domain::decision::Mode;
use domain::id::{Digest, RecordId};
use domain::record::{Body, Tender};

use super::{OnDuty, Other, SAME_SCAN_MS, Stage, TillError, TillState, text};
use crate::checkout::{self, History, Moment, Offer, Person, Refusal, Verdict};
use crate::core::Core;
use crate::journal::Entry;
use crate::roster::Feed;
use crate::storage::StorageError;

impl Core {
    /// Something was scanned or typed.
    pub(crate) async fn scan(&self, code: &str) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        let now = self.time.monotonic_ms();
        let seen = Digest::of("zhucan.scan.1", &[code.trim().as_bytes()]);
        let again = state.last_scan.is_some_and(|(last, at)| last == seen && (0..SAME_SCAN_MS).contains(&(now - at)));
        state.last_scan = Some((seen, now));
        if again {
            return Ok(());
        }
        if let Stage::Serving { .. } = &state.stage {
            self.ask(&mut state, code).await?;
        } else {
            state.stage = self.look_up(&state, &duty, code).await?;
        }
        self.changed();
        Ok(())
    }

    /// A scan while a sale waits keeps that sale and asks; the same elder's is no question.
    async fn ask(&self, state: &mut TillState, code: &str) -> Result<(), TillError> {
        let found = self.recognise(code).await?;
        let Stage::Serving { offer, other, .. } = &mut state.stage else { return Ok(()) };
        let waiting = offer.person.as_ref().map(|person| person.entry.elder.id);
        if let Ok(person) = &found
            && waiting == Some(person.entry.elder.id)
        {
            return Ok(());
        }
        let name = found.ok().map(|person| person.entry.masked_name);
        *other = Some(Box::new(Other { code: code.to_owned(), name }));
        Ok(())
    }

    /// The answer to a scan that came while a sale waited.
    pub(crate) async fn answer(&self, keep: bool) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let Stage::Serving { other, .. } = &mut state.stage else { return Err(TillError::NothingWaits) };
        let Some(other) = other.take() else { return Err(TillError::NothingWaits) };
        if !keep {
            let duty = self.on_duty(&state).await?;
            state.mode = None;
            state.stage = self.look_up(&state, &duty, &other.code).await?;
        }
        self.changed();
        Ok(())
    }

    async fn recognise(&self, code: &str) -> Result<Result<Person, Refusal>, StorageError> {
        let scan = match Scan::read(code) {
            Ok(scan) => scan,
            Err(error) => return Ok(Err(Refusal::Unreadable(error))),
        };
        let digest = scan.digest(self.identity.digest_key.expose());
        let found = self.roster.find(&digest).await?;
        let list_at = self.roster.version(Feed::Roster).await?;
        Ok(checkout::recognise(&scan, &digest, found, self.time.now().at, list_at))
    }

    async fn look_up(&self, state: &TillState, duty: &OnDuty, code: &str) -> Result<Stage, TillError> {
        match self.recognise(code).await? {
            Err(refusal) => Ok(Stage::Refused(refusal)),
            Ok(person) => self.offer(state.mode(), duty, person).await,
        }
    }

    async fn offer(&self, mode: Mode, duty: &OnDuty, person: Person) -> Result<Stage, TillError> {
        let moment = self.moment(mode, duty);
        let (date, elder) = (moment.at.business_date(), person.entry.elder.id);
        let known = self.roster.usage(elder).await?;
        // Weeks reach back into the month before by at most six days.
        let own = self.journal.meals_of(elder, date.month().first().plus_days(-7)).await?;
        let period = duty.rules.serving(moment.at).window().period.clone();
        let served = self.journal.served(elder, date, &period).await?;
        let roster = self.roster.version(Feed::Roster).await?;
        let history = History { known: &known, own: &own, served, roster };
        Ok(stage(checkout::offer_elder(&moment, person, history)))
    }

    fn moment<'a>(&self, mode: Mode, duty: &'a OnDuty) -> Moment<'a> {
        let at = self.time.now().at;
        let sale = RecordId::generate(at, &*self.entropy);
        Moment { rules: &duty.rules, at, mode, online: self.link().online, sale }
    }

    /// A guest at full price waits.
    pub(crate) async fn guest(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        if let Stage::Serving { .. } = &state.stage {
            return Err(TillError::SaleWaits);
        }
        match checkout::offer_guest(&self.moment(state.mode(), &duty)) {
            Verdict::Refused(refusal) => state.stage = Stage::Refused(refusal),
            verdict => state.stage = stage(verdict),
        }
        self.changed();
        Ok(())
    }

    /// The way the meal is handed over, for the sale that waits or else for the next one.
    pub(crate) async fn set_mode(&self, mode: Option<Mode>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        let mode = mode.unwrap_or(match state.mode() {
            Mode::DineIn => Mode::Pickup,
            Mode::Pickup => Mode::Delivery,
            Mode::Delivery => Mode::DineIn,
        });
        state.mode = Some(mode);
        if let Stage::Serving { offer, other, .. } = &state.stage {
            let (person, other) = (offer.person.clone(), other.clone());
            let mut next = match person {
                Some(person) => self.offer(mode, &duty, person).await?,
                None => stage(checkout::offer_guest(&self.moment(mode, &duty))),
            };
            if let Stage::Serving { other: asked, .. } = &mut next {
                *asked = other;
            }
            state.stage = next;
        }
        self.changed();
        Ok(())
    }

    /// The tender on the screen.
    pub(crate) async fn set_tender(&self, wanted: Tender) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let Stage::Serving { offer, tender, .. } = &mut state.stage else { return Err(TillError::NothingWaits) };
        if !checkout::may_tender(&offer.meal.decision, wanted) {
            return Err(TillError::BadTender);
        }
        *tender = wanted;
        self.changed();
        Ok(())
    }

    /// The sale that waits is made. The same sale again gives the same record and charges nothing.
    pub(crate) async fn confirm(&self, sale: RecordId, tender: Option<Tender>) -> Result<RecordId, TillError> {
        let mut state = self.till.state.lock().await;
        let (offer, tender) = match &state.stage {
            Stage::Serving { offer, tender: chosen, .. } if offer.sale == sale => {
                (offer.clone(), tender.unwrap_or(*chosen))
            }
            other => {
                let waits = matches!(other, Stage::Serving { .. });
                return self.committed(sale, waits).await;
            }
        };
        if !checkout::may_tender(&offer.meal.decision, tender) {
            return Err(TillError::BadTender);
        }
        let duty = self.on_duty(&state).await?;
        let Offer { mut meal, .. } = *offer;
        meal.tender = tender;
        meal.online = self.link().online;
        let entry = Entry {
            id: Some(sale),
            cashier: Some(duty.cashier),
            shift: Some(duty.shift.id),
            body: Body::Meal(Box::new(meal)),
        };
        let appended = self.append(entry).await?;
        state.stage = Stage::Idle;
        state.mode = None;
        state.last = Some(sale);
        drop(state);
        if appended.fresh {
            self.printer.print(sale, false);
        }
        self.changed();
        Ok(sale)
    }

    async fn committed(&self, sale: RecordId, waits: bool) -> Result<RecordId, TillError> {
        match self.journal.by_id(sale).await? {
            Some(stored) if matches!(stored.record.body, Body::Meal(_)) => Ok(sale),
            _ if waits => Err(TillError::OtherSale),
            _ => Err(TillError::NothingWaits),
        }
    }

    /// Back to scanning; nothing is charged.
    pub(crate) async fn cancel(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.stage = Stage::Idle;
        state.mode = None;
        // Scanning the same card again after F2 is meant.
        state.last_scan = None;
        self.changed();
        Ok(())
    }

    /// Reverses a meal of the open shift, or its last one.
    pub(crate) async fn void(&self, meal: Option<RecordId>, reason: &str) -> Result<RecordId, TillError> {
        let state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        let reason = text(reason)?;
        if reason.is_empty() {
            return Err(TillError::ReasonMissing);
        }
        let stored = match meal {
            Some(id) => self.journal.by_id(id).await?,
            None => self.journal.last_meal(duty.shift.id).await?,
        };
        let stored = stored.filter(|stored| matches!(stored.record.body, Body::Meal(_)));
        let stored = stored.ok_or(TillError::MealNotFound)?;
        if stored.record.shift != Some(duty.shift.id) {
            return Err(TillError::OtherShift);
        }
        let body = Body::Void { meal: stored.record.id, reason, approved_by: None };
        let entry = Entry { id: None, cashier: Some(duty.cashier), shift: Some(duty.shift.id), body };
        let appended = self.append(entry).await?;
        self.printer.print(appended.record.id, false);
        self.changed();
        Ok(appended.record.id)
    }

    /// Prints a slip again, marked, or that of the last meal.
    pub(crate) async fn reprint(&self, record: Option<RecordId>) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        let shift = self.journal.open_shift().await?;
        let id = match (record.or(state.last), &shift) {
            (Some(id), _) => id,
            (None, Some(shift)) => self.journal.last_meal(shift.id).await?.ok_or(TillError::MealNotFound)?.record.id,
            (None, None) => return Err(TillError::MealNotFound),
        };
        let stored = self.journal.by_id(id).await?.ok_or(TillError::MealNotFound)?;
        if !matches!(stored.record.body, Body::Meal(_) | Body::Void { .. } | Body::ShiftClose(_)) {
            return Err(TillError::NoSlip);
        }
        if self.printer.state().state == "none" {
            return Err(TillError::NoPrinter);
        }
        self.journal.note_reprint(id, shift.map(|shift| shift.id), self.time.now().at).await?;
        self.printer.print(id, true);
        self.changed();
        Ok(())
    }
}

fn stage(verdict: Verdict) -> Stage {
    match verdict {
        Verdict::Offer(offer) => {
            let tender = offer.meal.tender;
            Stage::Serving { offer, tender, other: None }
        }
        Verdict::Duplicate { person, period, first } => Stage::Duplicate { person, period, first },
        Verdict::Refused(refusal) => Stage::Refused(refusal),
    }
}
