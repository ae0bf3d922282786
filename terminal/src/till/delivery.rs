//! The delivery list: the day's meals that leave the house, and which of them have come back as delivered.
//!
//! A meal that was not delivered is reversed with its reason, so that nothing is settled that nobody ate; a tick is
//! only a note of this till.

use domain::decision::Mode;
use domain::id::RecordId;
use domain::record::Body;

use super::TillError;
use crate::core::Core;

impl Core {
    /// The round is back: this meal was handed over, or (`delivered` false) the tick was a mistake.
    pub(crate) async fn tick_delivery(&self, meal: RecordId, delivered: bool) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        let cashier = state.cashier.ok_or(TillError::SignInFirst)?;
        let stored = self.journal.by_id(meal).await?.ok_or(TillError::MealNotFound)?;
        match &stored.record.body {
            Body::Meal(body) if body.meal.mode == Mode::Delivery && stored.voided.is_none() => {}
            Body::Meal(_) => return Err(TillError::NotDelivery),
            _ => return Err(TillError::MealNotFound),
        }
        self.journal.note_delivery(meal, cashier, self.time.now().at, delivered).await?;
        self.changed();
        Ok(())
    }
}
