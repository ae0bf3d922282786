//! Serving: guests, the way a meal is handed over and paid, and Enter.

use domain::decision::Mode;
use domain::id::RecordId;
use domain::record::{Body, Collection, Meal, Tender};

use super::scan::stage;
use super::{NextSale, OnDuty, Stage, TillError, TillState};
use crate::checkout::{self, Offer};
use crate::core::Core;
use crate::journal::Entry;

/// A payment's reference is at most so many characters.
const MAX_REFERENCE: usize = 64;

impl Core {
    /// A guest at full price waits.
    pub(crate) async fn guest(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        self.room()?;
        if let Stage::Serving { .. } = &state.stage {
            return Err(TillError::SaleWaits);
        }
        state.done = None;
        state.stage = stage(checkout::offer_guest(&self.moment(&state, &duty), None));
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
        state.next.mode = Some(mode);
        self.offer_again(&mut state, &duty).await?;
        self.changed();
        Ok(())
    }

    /// The sale that waits, if any, as it is with what was keyed since.
    pub(super) async fn offer_again(&self, state: &mut TillState, duty: &OnDuty) -> Result<(), TillError> {
        let Stage::Serving { offer, asks, tender } = &state.stage else { return Ok(()) };
        let (person, asked, chosen, kept) = (offer.person.clone(), *asks, *tender, offer.meal.unidentified);
        let mut next = match person {
            Some(person) => self.offer(state, duty, person).await?,
            None => stage(checkout::offer_guest(&self.moment(state, duty), kept)),
        };
        if let Stage::Serving { offer, asks, tender } = &mut next {
            *asks = asked;
            if offer.may_tender(chosen) {
                *tender = chosen;
            }
        }
        state.stage = next;
        Ok(())
    }

    /// The tender on the screen.
    pub(crate) async fn set_tender(&self, wanted: Tender) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let Stage::Serving { offer, tender, .. } = &mut state.stage else { return Err(TillError::NothingWaits) };
        if !offer.may_tender(wanted) {
            return Err(TillError::BadTender);
        }
        *tender = wanted;
        self.changed();
        Ok(())
    }

    /// The sale that waits is made. The same sale again gives the same record and charges nothing. `reference` is what
    /// the payment app calls the payment.
    pub(crate) async fn confirm(
        &self,
        sale: RecordId,
        tender: Option<Tender>,
        reference: Option<&str>,
    ) -> Result<RecordId, TillError> {
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
        if !offer.may_tender(tender) {
            return Err(TillError::BadTender);
        }
        let reference = payment_reference(reference, tender)?;
        let duty = self.on_duty(&state).await?;
        self.room()?;
        let extras = offer.extras();
        let Offer { mut meal, .. } = *offer;
        meal.tender = if meal.decision.to_pay().is_zero() { Tender::Free } else { tender };
        meal.online = self.link().online;
        meal.reference = reference;
        let training = state.training;
        if let (Some(collecting), Some(_), false) = (&state.collecting, &meal.diner, training) {
            meal.collection = Some(Collection { by: collecting.by, id: collecting.id });
        }
        let collected = meal.collection.is_some();
        // An exercise belongs to no shift, so that nothing of it can enter a count.
        let shift = (!training).then_some(duty.shift.id);
        let entry = |(id, meal): (RecordId, Meal)| {
            let meal = Box::new(meal);
            let body = if training { Body::Training(meal) } else { Body::Meal(meal) };
            Entry { id: Some(id), cashier: Some(duty.cashier), shift, body }
        };
        let online = meal.online;
        let extras = extras.into_iter().map(|(id, extra)| (id, Meal { tender, online, ..extra }));
        let meals: Vec<Entry> = std::iter::once((sale, meal)).chain(extras).map(entry).collect();
        // All portions of a sale are recorded together, or none is.
        let appended = self.append_sale(sale, meals).await?;
        state.stage = Stage::Idle;
        state.next = NextSale::default();
        state.last = Some(sale);
        state.done = Some(sale);
        if let Some(collecting) = state.collecting.as_mut().filter(|_| collected) {
            collecting.meals.push(sale);
        }
        drop(state);
        // Meals that are taken along together have one slip, at the end.
        for portion in appended.iter().filter(|portion| portion.fresh) {
            if portion.record.id != sale || !collected {
                self.printer.print(portion.record.id, false);
            }
        }
        self.changed();
        Ok(sale)
    }

    /// Whether that sale is recorded: for a page that did not hear what became of its Enter. Whatever is under way then
    /// is waited for.
    pub(crate) async fn is_charged(&self, sale: RecordId) -> Result<bool, TillError> {
        let _under_way = self.till.state.lock().await;
        let stored = self.journal.by_id(sale).await?;
        Ok(stored.is_some_and(|stored| matches!(stored.record.body, Body::Meal(_) | Body::Training(_))))
    }

    async fn committed(&self, sale: RecordId, waits: bool) -> Result<RecordId, TillError> {
        match self.journal.by_id(sale).await? {
            Some(stored) if matches!(stored.record.body, Body::Meal(_) | Body::Training(_)) => Ok(sale),
            _ if waits => Err(TillError::OtherSale),
            _ => Err(TillError::NothingWaits),
        }
    }

    /// Back to scanning; nothing is charged.
    pub(crate) async fn cancel(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.stage = Stage::Idle;
        state.next = NextSale::default();
        state.done = None;
        state.reading = false;
        state.cancels += 1;
        // Scanning the same card again after F2 is meant.
        state.last_scan = None;
        self.changed();
        Ok(())
    }
}

/// What the payment app calls the payment: letters, digits and a few signs.
fn payment_reference(typed: Option<&str>, tender: Tender) -> Result<Option<String>, TillError> {
    let typed: String = typed.unwrap_or_default().split_whitespace().collect();
    if typed.is_empty() {
        return Ok(None);
    }
    let readable = typed.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    if tender == Tender::QrPayment && readable && typed.len() <= MAX_REFERENCE {
        Ok(Some(typed))
    } else {
        Err(TillError::BadReference)
    }
}
