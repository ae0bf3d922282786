//! What is keyed before the scan: the amount of another dish, more portions, the way the meal is handed over.

use domain::decision::Mode;
use domain::money::Fen;

use super::{Stage, TillError, TillState};
use crate::checkout::{Person, Refusal};
use crate::core::Core;

/// So many portions at most are sold in one go.
const MOST_PORTIONS: u8 = 9;

/// What was keyed for the next sale; the usual meal unless a key says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NextSale {
    /// The way it is handed over.
    pub(crate) mode: Option<Mode>,
    /// In place of the list price.
    pub(crate) price: Option<Fen>,
    /// Portions beyond the first.
    pub(crate) more: u8,
}

impl NextSale {
    /// Portions of the sale: the first is the scanned elder's, the others are guests'.
    pub(crate) const fn portions(&self) -> u8 {
        self.more + 1
    }
}

impl TillState {
    /// What was keyed was for one person: whoever comes behind a refusal or a second meal gets the usual one. A card that
    /// could not be read may be the same one's.
    pub(super) fn next_is_for(&mut self, found: &Result<Person, Refusal>) {
        let another = match (&self.stage, found) {
            (Stage::Duplicate { person, .. }, Ok(next)) => person.entry.elder.id != next.entry.elder.id,
            (Stage::Refused(Refusal::Unreadable(_)) | Stage::Idle | Stage::Serving { .. }, _) => false,
            (Stage::Duplicate { .. } | Stage::Refused(_), _) => true,
        };
        if another {
            self.next = NextSale::default();
        }
    }
}

impl Core {
    /// How many portions the sale that waits has, or else the next one.
    pub(crate) async fn set_portions(&self, portions: u8) -> Result<(), TillError> {
        if !(1..=MOST_PORTIONS).contains(&portions) {
            return Err(TillError::BadPortions);
        }
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        state.next.more = portions - 1;
        self.offer_again(&mut state, &duty).await?;
        self.changed();
        Ok(())
    }

    /// The price of the sale that waits, or else of the next one; the list price again without an amount. The office
    /// approves what a meal costs, so nothing above the list price is taken here.
    pub(crate) async fn set_price(&self, amount: Option<Fen>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        if let Some(amount) = amount {
            let now = self.time.now().at;
            let list = duty.rules.price(now.business_date(), &duty.rules.serving(now).window().period);
            let list = list.unwrap_or(Fen::ZERO);
            if amount <= Fen::ZERO || amount > list {
                return Err(TillError::AboveList { list });
            }
        }
        state.next.price = amount;
        self.offer_again(&mut state, &duty).await?;
        self.changed();
        Ok(())
    }

    /// The elder's display says the amount again.
    pub(crate) async fn repeat(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.repeats = state.repeats.wrapping_add(1);
        self.changed();
        Ok(())
    }
}
