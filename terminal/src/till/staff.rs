//! Staff: signing in, opening and closing a shift.

use domain::calendar::BusinessDate;
use domain::id::{CashierId, RecordId, ShiftId};
use domain::money::Fen;
use domain::record::{Body, TimeSource};
use domain::sync::Cashier;

use super::{Counted, MAX_FLOAT, Stage, TillError, TillState, text};
use crate::core::Core;
use crate::journal::Entry;
use crate::pin::{self, PinCheck};
use crate::shift::{Count, DIFFERENCE_LIMIT, OpenShift, ShiftSums};

/// A supervisor's word on the spot.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    pub(crate) cashier: CashierId,
    pub(crate) pin: String,
}

impl Core {
    pub(super) async fn check_pin(&self, id: CashierId, pin: String) -> Result<Cashier, TillError> {
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        let cashier = rules.cashier(id).ok_or(TillError::UnknownCashier)?.clone();
        let _turn = self.till.pins.lock().await;
        match pin::check(self.journal.storage(), &cashier, pin, self.time.reading()).await? {
            PinCheck::Right => Ok(cashier),
            PinCheck::Wrong { left } => Err(TillError::WrongPin { left }),
            PinCheck::Wait { seconds } => Err(TillError::PinWait { seconds }),
            PinCheck::Locked => Err(TillError::PinLocked),
        }
    }

    pub(super) async fn approve(&self, approval: Option<Approval>) -> Result<Cashier, TillError> {
        let approval = approval.ok_or(TillError::SupervisorNeeded)?;
        let cashier = self.check_pin(approval.cashier, approval.pin).await?;
        if cashier.supervisor { Ok(cashier) } else { Err(TillError::NotSupervisor) }
    }

    /// A cashier signs in. The state stays locked, so that PINs are tried one after another.
    pub(crate) async fn sign_in(&self, id: CashierId, pin: String) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let cashier = self.check_pin(id, pin).await?;
        if state.cashier != Some(cashier.id) {
            if state.cashier.is_some() && !matches!(state.stage, Stage::Serving { .. }) {
                state.unfinished()?;
            }
            *state = TillState { cashier: Some(cashier.id), ..TillState::default() };
        }
        self.changed();
        Ok(())
    }

    /// A sale that waits and can never be made holds nobody up: its shift is of another day, or its cashier is off the list.
    async fn drop_unsellable(&self, state: &mut TillState) {
        let never = matches!(
            self.on_duty(state).await,
            Err(TillError::UnknownCashier | TillError::ShiftForgotten | TillError::ShiftNotOpen)
        );
        if never && matches!(state.stage, Stage::Serving { .. }) {
            state.stage = Stage::Idle;
        }
    }

    /// The cashier leaves the screen; an open shift stays open.
    pub(crate) async fn sign_out(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        self.drop_unsellable(&mut state).await;
        state.unfinished()?;
        self.nobody_waits(&state).await?;
        *state = TillState::default();
        self.changed();
        Ok(())
    }

    /// Opens the till. Without the server's time in this boot the cashier says which day it is.
    pub(crate) async fn open_till(&self, float: Fen, confirmed: Option<BusinessDate>) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        let cashier = state.cashier.ok_or(TillError::SignInFirst)?;
        rules.cashier(cashier).ok_or(TillError::UnknownCashier)?;
        if let Some(shift) = self.journal.open_shift().await? {
            let forgotten = self.is_forgotten(&shift, Some(cashier));
            return Err(if forgotten { TillError::ShiftForgotten } else { TillError::ShiftOpen });
        }
        if float.is_negative() || float > MAX_FLOAT {
            return Err(TillError::BadAmount);
        }
        let now = self.time.now();
        let date = now.at.business_date();
        if now.source != TimeSource::Server && confirmed != Some(date) {
            return Err(TillError::ConfirmDate { date });
        }
        self.room()?;
        self.confirm_date(date);
        self.end_days(true).await?;
        let shift = ShiftId::generate(now.at, &*self.entropy);
        let entry = Entry { id: None, cashier: Some(cashier), shift: Some(shift), body: Body::ShiftOpen { float } };
        self.append(entry).await?;
        self.changed();
        Ok(())
    }

    /// The cashier says which day it is, where nobody else has told this computer since it was switched on.
    pub(crate) async fn say_date(&self, date: BusinessDate) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        if let Some(expected) = self.unconfirmed_date()
            && expected != date
        {
            return Err(TillError::ConfirmDate { date: expected });
        }
        self.confirm_date(date);
        Ok(())
    }

    /// A cashier has read that the database was damaged.
    pub(crate) async fn damage_seen(&self) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        self.journal.storage().damage_seen(self.time.now().at).await?;
        self.journal.interrupted_seen(self.time.now().at).await?;
        self.changed();
        Ok(())
    }

    /// The open shift with what it comes to; forgotten ones too.
    pub(crate) async fn shift_to_close(&self, state: &TillState) -> Result<(OpenShift, ShiftSums), TillError> {
        state.cashier.ok_or(TillError::SignInFirst)?;
        let shift = self.journal.open_shift().await?.ok_or(TillError::ShiftNotOpen)?;
        let sums = ShiftSums::of(&self.journal.of_shift(shift.id).await?);
        Ok((shift, sums))
    }

    /// The confirmed count, if nothing was sold since.
    pub(crate) fn valid_count<'a>(state: &'a TillState, shift: &OpenShift, sums: &ShiftSums) -> Option<&'a Counted> {
        state.counted.as_ref().filter(|counted| counted.shift == shift.id && counted.records == sums.records)
    }

    /// Takes the blind count. Once it is confirmed, what was expected is shown, so it can no longer be changed.
    pub(crate) async fn count(&self, count: Count) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        self.drop_unsellable(&mut state).await;
        if matches!(state.stage, Stage::Serving { .. }) {
            return Err(TillError::SaleWaits);
        }
        let (shift, sums) = self.shift_to_close(&state).await?;
        if Self::valid_count(&state, &shift, &sums).is_some() {
            return Err(TillError::Counted);
        }
        state.counted = Some(Counted { shift: shift.id, count, records: sums.records });
        self.changed();
        Ok(())
    }

    /// A supervisor lets the drawer be counted again.
    pub(crate) async fn recount(&self, approval: Option<Approval>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        self.approve(approval).await?;
        state.counted = None;
        self.changed();
        Ok(())
    }

    /// Closes the shift with the count that was confirmed, and signs the cashier out.
    pub(crate) async fn close_till(&self, reason: &str, approval: Option<Approval>) -> Result<RecordId, TillError> {
        let mut state = self.till.state.lock().await;
        self.drop_unsellable(&mut state).await;
        state.unfinished()?;
        self.nobody_waits(&state).await?;
        let (shift, sums) = self.shift_to_close(&state).await?;
        let counted = Self::valid_count(&state, &shift, &sums).ok_or(TillError::CountFirst)?.count.total();
        let mut reason = text(reason)?;
        let difference = counted - sums.expected(shift.float);
        if !difference.is_zero() && reason.is_empty() {
            return Err(TillError::ReasonMissing);
        }
        if difference.abs() > DIFFERENCE_LIMIT {
            let supervisor = self.approve(approval).await?;
            reason =
                crate::words::ZH.fill(crate::words::ZH.z_approved, &[("reason", &reason), ("name", &supervisor.name)]);
        }
        let close = sums.close(&shift, counted, reason, self.time.today());
        let entry =
            Entry { id: None, cashier: state.cashier, shift: Some(shift.id), body: Body::ShiftClose(Box::new(close)) };
        let appended = self.append(entry).await?;
        *state = TillState::default();
        drop(state);
        self.printer.print(appended.record.id, false);
        self.changed();
        Ok(appended.record.id)
    }
}
