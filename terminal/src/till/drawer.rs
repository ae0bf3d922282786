//! Money that moves through the drawer without a meal: cash in and out, and refunds that the office lists.

use domain::id::{ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::record::{Body, Refund};
use domain::sync::RefundDue;

use super::scan::plain;
use super::{Approval, MAX_FLOAT, OnDuty, Stage, TillError, text};
use crate::core::Core;
use crate::journal::{Entry, JournalError};
use crate::shift::ShiftSums;
use crate::words::ZH;

/// An elder stands at the counter: the office is not waited for longer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

impl Core {
    /// Cash is put into the drawer (positive) or taken out (negative), with a word on it and a supervisor's PIN.
    pub(crate) async fn move_cash(
        &self,
        amount: Fen,
        note: &str,
        approval: Option<Approval>,
    ) -> Result<RecordId, TillError> {
        let state = self.till.state.lock().await;
        let duty = self.on_duty_for_real(&state).await?;
        if matches!(state.stage, Stage::Serving { .. }) {
            return Err(TillError::SaleWaits);
        }
        if amount.is_zero() || amount.abs() > MAX_FLOAT {
            return Err(TillError::BadAmount);
        }
        let note = text(note)?;
        if note.is_empty() {
            return Err(TillError::ReasonMissing);
        }
        self.room()?;
        let supervisor = self.approve(approval).await?;
        if amount.is_negative() {
            self.drawer_holds(&duty, amount.abs()).await?;
        }
        let note = ZH.fill(ZH.z_approved, &[("reason", &note), ("name", &supervisor.name)]);
        let body = Body::Cash { amount, note };
        let entry = Entry { id: None, cashier: Some(duty.cashier), shift: Some(duty.shift.id), body };
        let appended = self.append(entry).await?;
        self.changed();
        Ok(appended.record.id)
    }

    /// The refunds that may be paid: all of them, or those of the elder whom a code names. What was paid here is not
    /// among them, whatever the office has heard yet.
    pub(crate) async fn refunds_due(&self, code: Option<&str>) -> Result<Vec<RefundDue>, TillError> {
        self.till.state.lock().await.cashier.ok_or(TillError::SignInFirst)?;
        let elder = match code {
            None => None,
            Some(code) => Some(self.elder_of(code).await?),
        };
        let paid = self.journal.paid_refunds().await?;
        let mut due = self.roster.refunds(elder).await?;
        due.retain(|refund| !paid.contains(&refund.id));
        due.sort_by_key(|refund| (refund.date, refund.id));
        Ok(due)
    }

    /// The elder whom a code names. Money that is owed is owed by a card that was reported lost too, but not to
    /// whoever holds it.
    async fn elder_of(&self, code: &str) -> Result<ElderId, TillError> {
        let found = self.recognise(&plain(code), self.time.today()).await?;
        found.map(|person| person.entry.elder.id).map_err(TillError::Refused)
    }

    /// Pays a refund in cash, once.
    pub(crate) async fn pay_refund(&self, due: RefundId) -> Result<RecordId, TillError> {
        // Another till of the canteen may have paid it: while the office is reached its list decides.
        if self.link().online {
            match tokio::time::timeout(PATIENCE, self.refresh_refunds()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::info!(%error, "refunds are paid from the list as it was"),
                Err(_) => tracing::info!("the office is slow: refunds are paid from the list as it was"),
            }
        }
        let state = self.till.state.lock().await;
        let duty = self.on_duty_for_real(&state).await?;
        if matches!(state.stage, Stage::Serving { .. }) {
            return Err(TillError::SaleWaits);
        }
        if self.journal.is_refunded(due).await? {
            return Err(JournalError::AlreadyRefunded.into());
        }
        let listed = self.roster.refund(due).await?.ok_or(TillError::RefundNotDue)?;
        if listed.amount <= Fen::ZERO {
            return Err(TillError::RefundNotDue);
        }
        self.room()?;
        self.drawer_holds(&duty, listed.amount).await?;
        let refund = Refund { due, meal: listed.meal, elder: listed.elder, amount: listed.amount };
        let body = Body::Refund(refund);
        let entry = Entry { id: None, cashier: Some(duty.cashier), shift: Some(duty.shift.id), body };
        let appended = self.append(entry).await?;
        self.printer.print(appended.record.id, false);
        self.changed();
        Ok(appended.record.id)
    }

    /// Whether so much lies in the drawer, by the records of the shift.
    async fn drawer_holds(&self, duty: &OnDuty, amount: Fen) -> Result<(), TillError> {
        let sums = ShiftSums::of(&self.journal.of_shift(duty.shift.id).await?);
        let holds = sums.expected(duty.shift.float);
        if amount > holds { Err(TillError::DrawerShort { holds }) } else { Ok(()) }
    }
}
