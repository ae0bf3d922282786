//! Training: everything looks and works as in a sale, and is none.

use super::{Approval, NextSale, Stage, TillError};
use crate::core::Core;

impl Core {
    /// Training begins, if a supervisor says so: a cashier alone could take money and record none.
    pub(crate) async fn begin_training(&self, approval: Option<Approval>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        self.on_duty(&state).await?;
        state.unfinished()?;
        self.nobody_waits(&state).await?;
        self.approve(approval).await?;
        state.training = true;
        state.stage = Stage::Idle;
        state.line.clear();
        state.last = None;
        state.done = None;
        state.last_scan = None;
        self.changed();
        Ok(())
    }

    /// Training ends; anybody may end it.
    pub(crate) async fn end_training(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.training = false;
        state.stage = Stage::Idle;
        state.line.clear();
        state.next = NextSale::default();
        state.last = None;
        state.done = None;
        state.last_scan = None;
        self.changed();
        Ok(())
    }
}
