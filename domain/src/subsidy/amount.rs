//! Steps 5 to 7 of the normative text: how much a benefit whose conditions hold gives.

use super::{Sale, State, Why};
use crate::decision::Kind;
use crate::money::Fen;
use crate::policy::{Amount, Base, Benefit};

impl Sale<'_> {
    /// The amount after cutting, more than zero, or why there is none.
    pub(super) fn amount(&self, state: &State, benefit: &Benefit) -> Result<Fen, Why> {
        let room = self.check(state, benefit)?;
        let base = match benefit.base {
            Base::Price => self.meal.price,
            Base::Remaining => state.left,
        };
        let full = match benefit.amount {
            Amount::Fixed(amount) => amount,
            Amount::UpTo(most) => base.min(most),
            Amount::Percent { rate, cap } => {
                let share = rate.of(base, self.policy.rounding());
                cap.map_or(share, |cap| share.min(cap))
            }
            Amount::OwnPayment(target) => (state.left - target).or_zero(),
        };
        let mut amount = room.map_or(full, |room| full.min(room));
        if matches!(benefit.kind, Kind::Diner | Kind::Concession) {
            amount = amount.min(state.left - state.keep);
        }
        if amount > Fen::ZERO { Ok(amount) } else { Err(Why::NothingLeft) }
    }
}
