//! Scans that come while a sale waits stand in a line, in their order, until each has had its turn or was passed over.
//!
//! The sale on the screen stays, and the cashier is asked. A turn only puts a sale on the screen: what it comes to is
//! worked out then, and charged by an Enter of its own.

use super::{NextSale, Stage, TillError, TillState};
use crate::checkout::{Person, Refusal};
use crate::core::Core;

/// So many scans may wait; one more is refused, aloud.
const LONGEST_LINE: usize = 9;

/// A scan that waits for its turn.
#[derive(Clone, Debug)]
pub(crate) struct InLine {
    /// Its number, which no other scan since the cashier signed in has.
    pub(crate) turn: u32,
    /// Whom it names, or why it names nobody.
    pub(crate) found: Result<Person, Refusal>,
}

impl InLine {
    /// The elder's masked name; nothing for a scan that names nobody.
    pub(crate) fn name(&self) -> Option<String> {
        self.found.as_ref().ok().map(|person| person.entry.masked_name.clone())
    }
}

fn is_same(one: &Result<Person, Refusal>, other: &Result<Person, Refusal>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one.entry.elder.id == other.entry.elder.id,
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

impl TillState {
    /// A scan while a sale waits keeps that sale, stands in line and asks. The elder's who is served is no question.
    pub(super) fn stand_in_line(&mut self, found: Result<Person, Refusal>) -> Result<(), TillError> {
        let Stage::Serving { offer, asks, .. } = &mut self.stage else { return Err(TillError::NothingWaits) };
        let served = offer.person.as_ref().map(|person| person.entry.elder.id);
        if found.as_ref().is_ok_and(|person| served == Some(person.entry.elder.id)) {
            return Ok(());
        }
        if !self.line.iter().any(|waits| is_same(&waits.found, &found)) {
            if self.line.len() >= LONGEST_LINE {
                return Err(TillError::LineFull);
            }
            self.turns += 1;
            self.line.push(InLine { turn: self.turns, found });
        }
        *asks = true;
        Ok(())
    }

    /// Whoever is served waits no longer.
    pub(super) fn leaves_line(&mut self, found: &Result<Person, Refusal>) {
        self.line.retain(|waits| !is_same(&waits.found, found));
    }

    /// The first scan of the line, if it is that one.
    fn first_in_line(&self, turn: u32) -> Result<&InLine, TillError> {
        match self.line.first() {
            None => Err(TillError::NothingWaits),
            Some(first) if first.turn != turn => Err(TillError::OtherTurn),
            Some(first) => Ok(first),
        }
    }
}

impl Core {
    /// The answer to a scan that came while a sale waited: the sale goes on and the scan stays in line, or the sale is
    /// dropped and the first of the line has its turn.
    pub(crate) async fn answer(&self, keep: bool) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let Stage::Serving { asks, .. } = &mut state.stage else { return Err(TillError::NothingWaits) };
        if !std::mem::take(asks) {
            return Err(TillError::NothingWaits);
        }
        if !keep {
            let turn = state.line.first().ok_or(TillError::NothingWaits)?.turn;
            self.serve_turn(&mut state, turn).await?;
        }
        self.changed();
        Ok(())
    }

    /// The first of the line has its turn: its sale, or why there is none, comes to the screen. `turn` is whom the
    /// cashier saw there.
    pub(crate) async fn take_turn(&self, turn: u32) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        if let Stage::Serving { .. } = &state.stage {
            return Err(TillError::SaleWaits);
        }
        self.serve_turn(&mut state, turn).await?;
        self.changed();
        Ok(())
    }

    async fn serve_turn(&self, state: &mut TillState, turn: u32) -> Result<(), TillError> {
        let duty = self.on_duty(state).await?;
        self.room()?;
        let found = state.first_in_line(turn)?.found.clone();
        state.next = NextSale::default();
        state.stage = self.offer_or_refuse(state, &duty, found).await?;
        state.done = None;
        state.showing += 1;
        state.line.remove(0);
        Ok(())
    }

    /// The first of the line is passed over; nothing is charged.
    pub(crate) async fn pass_over(&self, turn: u32) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        state.first_in_line(turn)?;
        state.line.remove(0);
        if state.line.is_empty()
            && let Stage::Serving { asks, .. } = &mut state.stage
        {
            *asks = false;
        }
        self.changed();
        Ok(())
    }

    /// Nobody who waits is forgotten when the cashier leaves. Where nobody could be served, nobody waits.
    pub(super) async fn nobody_waits(&self, state: &TillState) -> Result<(), TillError> {
        if state.line.is_empty() || self.on_duty(state).await.is_err() { Ok(()) } else { Err(TillError::LineWaits) }
    }
}
