//! Counts and sums of a shift: made once at the till for the Z report and once more at the office to compare.

use serde::{Deserialize, Serialize};

use super::{Body, Record, Tender};
use crate::decision::Kind;
use crate::money::Fen;

/// A number of meals and an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CountSum {
    /// Meals.
    pub count: u32,
    /// Fen.
    pub amount: Fen,
}

impl CountSum {
    /// Whether nothing was counted.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.count == 0 && self.amount.is_zero()
    }

    /// Counts one meal with this amount.
    pub fn add(&mut self, amount: Fen) {
        self.count += 1;
        self.amount += amount;
    }

    fn take(&mut self, amount: Fen) {
        self.count -= 1;
        self.amount -= amount;
    }
}

/// A shift's counts and sums; voided meals are taken out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZTotals {
    /// Meals at list price.
    pub meals: CountSum,
    /// Of these: guests at full price.
    pub guests: CountSum,
    /// Meals reversed, at list price.
    pub voids: CountSum,
    /// Paid in cash: own payments and delivery fees.
    pub cash: CountSum,
    /// Paid by QR code.
    pub qr_payment: CountSum,
    /// Nothing was paid.
    pub free: CountSum,
    /// Subsidies that lowered the price.
    pub diner: CountSum,
    /// The canteen's own discounts.
    pub concession: CountSum,
    /// Due to the canteen on top.
    pub operator: CountSum,
    /// Due to the canteen for delivery.
    pub delivery: CountSum,
    /// Delivery fees, paid by elders.
    pub fees: CountSum,
    /// Paid back to elders, in cash.
    #[serde(default, skip_serializing_if = "CountSum::is_nothing")]
    pub refunds: CountSum,
}

impl ZTotals {
    /// Counts the meals and refunds of a shift's records, given in order. A void takes its meal out again if the meal
    /// is among them; other kinds count nothing.
    #[must_use]
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut totals = Self::default();
        let mut meals: Vec<&Record> = Vec::new();
        for record in records {
            match &record.body {
                Body::Meal(_) => {
                    totals.apply(record, CountSum::add);
                    meals.push(record);
                }
                Body::Void { meal, .. } => {
                    if let Some(at) = meals.iter().position(|m| m.id == *meal) {
                        let voided = meals.swap_remove(at);
                        totals.apply(voided, CountSum::take);
                        if let Body::Meal(meal) = &voided.body {
                            totals.voids.add(meal.decision.price);
                        }
                    }
                }
                Body::Refund(refund) => totals.refunds.add(refund.amount),
                _ => {}
            }
        }
        totals
    }

    fn apply(&mut self, record: &Record, change: fn(&mut CountSum, Fen)) {
        let Body::Meal(meal) = &record.body else { return };
        change(&mut self.meals, meal.decision.price);
        if meal.diner.is_none() {
            change(&mut self.guests, meal.decision.price);
        }
        change(self.tender_mut(meal.tender), meal.decision.to_pay());
        for (kind, sum) in [
            (Kind::Diner, &mut self.diner),
            (Kind::Concession, &mut self.concession),
            (Kind::Operator, &mut self.operator),
            (Kind::Delivery, &mut self.delivery),
        ] {
            let amount = meal.decision.total(kind);
            if !amount.is_zero() {
                change(sum, amount);
            }
        }
        if !meal.decision.delivery_fee.is_zero() {
            change(&mut self.fees, meal.decision.delivery_fee);
        }
    }

    fn tender_mut(&mut self, tender: Tender) -> &mut CountSum {
        match tender {
            Tender::Cash => &mut self.cash,
            Tender::QrPayment => &mut self.qr_payment,
            Tender::Free => &mut self.free,
        }
    }

    /// All sums.
    pub(super) const fn sums(&self) -> [CountSum; 12] {
        [
            self.meals,
            self.guests,
            self.voids,
            self.cash,
            self.qr_payment,
            self.free,
            self.diner,
            self.concession,
            self.operator,
            self.delivery,
            self.fees,
            self.refunds,
        ]
    }

    /// What was paid by that tender.
    #[must_use]
    pub const fn tender(&self, tender: Tender) -> CountSum {
        match tender {
            Tender::Cash => self.cash,
            Tender::QrPayment => self.qr_payment,
            Tender::Free => self.free,
        }
    }
}
