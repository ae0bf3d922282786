//! The cash drawer that hangs on the printer: it opens at the instant at which cash moves, whatever becomes of the slip.

use domain::record::{Body, Meal, Tender};

use crate::core::Core;
use crate::journal::Appended;
use crate::storage::StorageError;

impl Core {
    /// Opens the drawer where cash moves with one of the records that were just made.
    pub(crate) async fn open_drawer_for(&self, appended: &[Appended]) {
        if !self.config.drawer {
            return;
        }
        for made in appended.iter().filter(|made| made.fresh) {
            match self.moves_cash(&made.record.body).await {
                Ok(true) => return self.printer.open_drawer(),
                Ok(false) => {}
                // The record stands: a drawer that stays closed is opened with its key.
                Err(error) => tracing::warn!(%error, "the drawer stays closed"),
            }
        }
    }

    async fn moves_cash(&self, body: &Body) -> Result<bool, StorageError> {
        Ok(match body {
            Body::Meal(meal) => is_paid_in_cash(meal),
            Body::Void { meal, .. } => {
                let voided = self.journal.by_id(*meal).await?;
                voided.is_some_and(|voided| matches!(&voided.record.body, Body::Meal(meal) if is_paid_in_cash(meal)))
            }
            Body::Cash { .. } | Body::Refund(_) | Body::ShiftClose(_) => true,
            _ => false,
        })
    }
}

/// What was entered from a paper list was paid on another day.
fn is_paid_in_cash(meal: &Meal) -> bool {
    meal.tender == Tender::Cash && meal.paper.is_none()
}
