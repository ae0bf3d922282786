//! One person takes meals along for several elders: one scan each, one slip for all.

use domain::id::CollectionId;
use domain::record::Collector;

use super::{Collecting, NextSale, Stage, TillError};
use crate::core::Core;

impl Core {
    /// A collection begins.
    pub(crate) async fn begin_collection(&self, by: Collector) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        self.on_duty_for_real(&state).await?;
        state.unfinished()?;
        let id = CollectionId::generate(self.time.now().at, &*self.entropy);
        state.collecting = Some(Collecting { by, id, meals: Vec::new() });
        state.next = NextSale::default();
        state.stage = Stage::Idle;
        state.done = None;
        self.changed();
        Ok(())
    }

    /// It ends, and its slip is printed.
    pub(crate) async fn end_collection(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        if matches!(state.stage, Stage::Serving { .. }) {
            return Err(TillError::SaleWaits);
        }
        let collecting = state.collecting.take().ok_or(TillError::NoCollection)?;
        state.next = NextSale::default();
        drop(state);
        // A meal that was reversed meanwhile stands on its own slip.
        let left = self.journal.of_collection(collecting.id).await?;
        if let Some(first) = left.first() {
            self.printer.print(first.record.id, false);
        }
        self.changed();
        Ok(())
    }
}
