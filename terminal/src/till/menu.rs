//! Today's dishes, as the elder's display shows them. The office does not know them: the canteen writes them down.

use domain::calendar::MealPeriod;

use super::{TillError, text};
use crate::core::Core;

/// So many dishes fit on the display.
const MOST_DISHES: usize = 6;

/// The dishes of a meal, one a line.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Menu {
    /// Which meal of today.
    pub(crate) period: MealPeriod,
    /// One dish each; empty ones do not count.
    pub(crate) dishes: Vec<String>,
}

impl Core {
    /// Writes down what is served today.
    pub(crate) async fn set_menu(&self, menu: Menu) -> Result<(), TillError> {
        let state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        let dishes: Result<Vec<String>, TillError> = menu.dishes.iter().map(|dish| text(dish)).collect();
        let dishes: Vec<String> = dishes?.into_iter().filter(|dish| !dish.is_empty()).collect();
        if dishes.len() > MOST_DISHES || dishes.iter().any(|dish| dish.chars().count() > 12) {
            return Err(TillError::TextTooLong);
        }
        self.journal.keep_menu(self.time.today(), &menu.period, &dishes).await?;
        self.changed();
        Ok(())
    }
}
