//! The demand (追缴通知): what a canteen that is closed for good still owes when no later payment can take it.
//!
//! A negative balance is carried from statement to statement for as long as the canteen serves. When it is closed, the
//! balance that its last approved statement left is demanded, whole, from every payer's side; the next statement begins
//! without it, and what is paid on it goes to the payers' banks.

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, Month};
use crate::decision::Payer;
use crate::id::{CanteenId, Digest, StatementId};
use crate::money::Fen;
use crate::reconciliation::PayerSums;
use crate::settlement::Statement;

/// A demand, as one person proposes it and another approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// From whom.
    pub canteen: CanteenId,
    /// The last approved statement, which left the balance.
    pub statement: StatementId,
    /// Its month.
    pub month: Month,
    /// The demand's number, as printed: `ZJ-440304-202603-001`.
    pub number: String,
    /// What each payer is owed, fen, positive.
    pub shares: PayerSums,
    /// Until when it is to be paid.
    pub due: BusinessDate,
    /// Why, in words.
    pub reason: String,
}

/// Why an amount is not taken on a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nothing, or less.
    #[error("an amount is positive")]
    NotPositive,
    /// More than the payer is still owed.
    #[error("only {0} is still owed to this payer")]
    TooMuch(Fen),
}

impl Demand {
    /// Everything that the statement carried, which has to be something: what a demand of it asks for.
    #[must_use]
    pub fn shares_of(statement: &Statement) -> Option<PayerSums> {
        let shares = statement.carried().negated().without_zeros();
        (!shares.total().is_zero()).then_some(shares)
    }

    /// The number of the demand for the balance of a statement of that number.
    #[must_use]
    pub fn number_of(statement: &str) -> String {
        format!("ZJ-{}", statement.strip_prefix("JS-").unwrap_or(statement))
    }

    /// All of it, fen.
    #[must_use]
    pub fn total(&self) -> Fen {
        self.shares.total()
    }

    /// The content's digest: what is printed, and what `verify` compares.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("a demand has a JSON form: {e}"));
        Digest::of("zhucan.demand.1", &[&json])
    }

    /// What is still owed after what was paid, by payer.
    #[must_use]
    pub fn left<'a>(&self, paid: impl IntoIterator<Item = (&'a Payer, Fen)>) -> PayerSums {
        let mut left = self.shares.clone();
        for (payer, amount) in paid {
            left.add(payer, -amount);
        }
        left.without_zeros()
    }

    /// Whether an amount may be noted as paid to a payer who is still owed `left`.
    pub fn may_take(left: &PayerSums, payer: &Payer, amount: Fen) -> Result<(), NotTaken> {
        let owed = left.of(payer);
        if amount <= Fen::ZERO {
            return Err(NotTaken::NotPositive);
        }
        if amount > owed { Err(NotTaken::TooMuch(owed)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{TrialBalance, of_demand, of_receipt};

    fn payer(name: &str) -> Payer {
        Payer { name: name.into(), unit: None }
    }

    fn demand() -> Demand {
        let mut shares = PayerSums::default();
        shares.add(&payer("city"), Fen::new(400));
        shares.add(&payer("district"), Fen::new(201));
        Demand {
            canteen: CanteenId::from_uuid(uuid::Uuid::from_u128(1)),
            statement: StatementId::from_uuid(uuid::Uuid::from_u128(2)),
            month: Month::new(2026, 4).unwrap(),
            number: Demand::number_of("JS-440304-202604-001"),
            shares,
            due: BusinessDate::new(2026, 6, 30).unwrap(),
            reason: "停业清算".into(),
        }
    }

    #[test]
    fn what_is_paid_is_never_more_than_what_is_owed() {
        let demand = demand();
        assert_eq!((demand.number.as_str(), demand.total()), ("ZJ-440304-202604-001", Fen::new(601)));
        let city = payer("city");
        let left = demand.left([(&city, Fen::new(150))]);
        assert_eq!((left.of(&city), left.total()), (Fen::new(250), Fen::new(451)));
        assert_eq!(Demand::may_take(&left, &city, Fen::new(250)), Ok(()));
        assert_eq!(Demand::may_take(&left, &city, Fen::new(251)), Err(NotTaken::TooMuch(Fen::new(250))));
        assert_eq!(Demand::may_take(&left, &city, Fen::ZERO), Err(NotTaken::NotPositive));
        assert_eq!(Demand::may_take(&left, &payer("lottery"), Fen::new(1)), Err(NotTaken::TooMuch(Fen::ZERO)));
        assert_ne!(demand.digest(), Demand { due: demand.due.plus_days(1), ..demand.clone() }.digest());
    }

    #[test]
    fn a_demand_empties_the_balance_and_its_receipts_empty_the_demand() {
        let demand = demand();
        let mut books = TrialBalance::default();
        books.add(&of_demand(&demand));
        for (payer, amount) in demand.shares.iter() {
            books.add(of_receipt(demand.canteen, payer, *amount).as_ref());
        }
        let total = books.total();
        assert_eq!((total.debit, total.credit), (Fen::new(1202), Fen::new(1202)));
        for (account, turnover) in books.iter() {
            let wanted = match account {
                crate::ledger::Account::Demanded { .. } => Fen::ZERO,
                crate::ledger::Account::Payable { payer, .. } => demand.shares.of(payer),
                crate::ledger::Account::Bank { payer } => -demand.shares.of(payer),
                other => panic!("{other:?}"),
            };
            assert_eq!(turnover.balance(), wanted, "{account:?}");
        }
    }
}
