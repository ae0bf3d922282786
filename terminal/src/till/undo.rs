//! Reversing a meal, and printing a slip again.

use domain::id::RecordId;
use domain::record::Body;

use super::{Approval, TillError, TillState, text};
use crate::core::Core;
use crate::journal::Entry;
use crate::shift::OpenShift;

impl Core {
    /// Reverses a meal of the open shift, or its last one. What lies further back than the last sale needs a supervisor.
    pub(crate) async fn void(
        &self,
        meal: Option<RecordId>,
        reason: &str,
        approval: Option<Approval>,
    ) -> Result<RecordId, TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty_for_real(&state).await?;
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
        let approved_by = match approval {
            Some(approval) => Some(self.approve(Some(approval)).await?.id),
            None if self.journal.reversed_by_one(&stored).await? => None,
            None => return Err(TillError::SupervisorNeeded),
        };
        let body = Body::Void { meal: stored.record.id, reason, approved_by };
        let entry = Entry { id: None, cashier: Some(duty.cashier), shift: Some(duty.shift.id), body };
        let appended = self.append(entry).await?;
        state.done = None;
        self.printer.print(appended.record.id, false);
        self.changed();
        Ok(appended.record.id)
    }

    /// Prints a slip again, marked; without a record what the last sale came to on paper.
    pub(crate) async fn reprint(&self, record: Option<RecordId>) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        if state.training {
            return Err(TillError::InTraining);
        }
        let shift = self.journal.open_shift().await?;
        let slips = match record {
            Some(id) => vec![id],
            None => self.last_slips(&state, shift.as_ref()).await?,
        };
        for id in &slips {
            let stored = self.journal.by_id(*id).await?.ok_or(TillError::MealNotFound)?;
            if !matches!(stored.record.body, Body::Meal(_) | Body::Void { .. } | Body::Refund(_) | Body::ShiftClose(_))
            {
                return Err(TillError::NoSlip);
            }
        }
        if self.printer.state().state == "none" {
            return Err(TillError::NoPrinter);
        }
        for id in slips {
            self.journal.note_reprint(id, shift.as_ref().map(|shift| shift.id), self.time.now().at).await?;
            self.printer.print(id, true);
        }
        self.changed();
        Ok(())
    }

    /// The slips of the last sale: one for each portion that stands, those of its reversal once none does.
    async fn last_slips(&self, state: &TillState, shift: Option<&OpenShift>) -> Result<Vec<RecordId>, TillError> {
        let Some(sale) = state.last else {
            let shift = shift.ok_or(TillError::MealNotFound)?;
            let last = self.journal.last_meal(shift.id).await?.ok_or(TillError::MealNotFound)?;
            return Ok(vec![last.record.id]);
        };
        let portions = self.journal.of_sale(sale).await?;
        let standing: Vec<RecordId> =
            portions.iter().filter(|portion| portion.voided.is_none()).map(|portion| portion.record.id).collect();
        if !standing.is_empty() {
            return Ok(standing);
        }
        let mut reversals = Vec::new();
        for portion in &portions {
            reversals.extend(self.journal.reversal_of(portion.record.id).await?);
        }
        if reversals.is_empty() { Err(TillError::MealNotFound) } else { Ok(reversals) }
    }
}
