//! The double-entry ledger: what every line of a statement moves between payers and canteens.
//!
//! Postings are a function of statements and payments and of nothing else, so the stored ledger can be rebuilt from
//! zero and has to be equal. An entry has one debit, one credit and one positive amount: the sum of debits is the sum of
//! credits by construction, at every moment.
//!
//! | what | debit | credit |
//! |---|---|---|
//! | a line gives the canteen money | the payer's grant | payable to the canteen |
//! | a line takes money away | payable to the canteen | the payer's grant |
//! | money is held back | payable to the canteen | held for the canteen |
//! | a hold is released or shrinks | held for the canteen | payable to the canteen |
//! | a payment is confirmed | payable to the canteen | the payer's bank |
//! | a payment comes back | the payer's bank | payable to the canteen |
//! | a closed canteen's balance is demanded | demanded from the canteen | payable to the canteen |
//! | the canteen pays it | the payer's bank | demanded from the canteen |
//!
//! A balance carried from last month is the balance of `Payable` and moves nothing: its line has no posting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::Payer;
use crate::id::CanteenId;
use crate::money::Fen;
use crate::reconciliation::PayerSums;
use crate::settlement::demand::Demand;
use crate::settlement::{Reason, Statement};

/// An account. Every account is kept apart by payer, so that no unit ever pays another one's share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "account", rename_all = "snake_case", deny_unknown_fields)]
pub enum Account {
    /// What the programme has cost a payer: debit balance.
    Grant {
        /// The payer.
        payer: Payer,
    },
    /// What a payer owes a canteen: credit balance; debit where the canteen owes.
    Payable {
        /// The canteen.
        canteen: CanteenId,
        /// The payer.
        payer: Payer,
    },
    /// What a payer holds back for a canteen's standing: credit balance.
    Held {
        /// The canteen.
        canteen: CanteenId,
        /// The payer.
        payer: Payer,
    },
    /// What a closed canteen has to pay back and has not paid: debit balance.
    Demanded {
        /// The canteen.
        canteen: CanteenId,
        /// The payer.
        payer: Payer,
    },
    /// What has left a payer's bank account: credit balance.
    Bank {
        /// The payer.
        payer: Payer,
    },
}

/// Which line of a statement an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = LedgerLine))]
#[serde(tag = "part", content = "line", rename_all = "snake_case")]
pub enum Line {
    /// Part one, from 0.
    Served(u32),
    /// Part two, from 0.
    Change(u32),
    /// Part two, holds, from 0.
    Hold(u32),
    /// The statement's payment.
    Payment,
    /// The demand for the balance that the statement left.
    Demand,
    /// What was paid on that demand.
    Receipt,
}

impl Line {
    /// Whether it follows from a demand, and not from the statement or its payment.
    #[must_use]
    pub const fn is_of_demand(self) -> bool {
        matches!(self, Self::Demand | Self::Receipt)
    }
}

/// One entry: an amount moves from one account to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// For which line.
    pub line: Line,
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited.
    pub credit: Account,
    /// Fen, positive.
    pub amount: Fen,
}

/// `amount` from `debit` to `credit`; a negative amount goes the other way, nothing is no entry.
fn entry(line: Line, debit: Account, credit: Account, amount: Fen) -> Option<Posting> {
    if amount.is_zero() {
        return None;
    }
    let (debit, credit) = if amount.is_negative() { (credit, debit) } else { (debit, credit) };
    Some(Posting { line, debit, credit, amount: amount.abs() })
}

/// The entries of an approved statement, in the order of its lines and, inside a line, of its payers.
#[must_use]
pub fn of_statement(statement: &Statement) -> Vec<Posting> {
    let canteen = statement.canteen;
    let numbered = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let grants = |line: Line, shares: &PayerSums| -> Vec<Posting> {
        let one = |(payer, amount): &(Payer, Fen)| {
            let payable = Account::Payable { canteen, payer: payer.clone() };
            entry(line, Account::Grant { payer: payer.clone() }, payable, *amount)
        };
        shares.iter().filter_map(one).collect()
    };
    let mut postings = Vec::new();
    for (at, line) in statement.served.iter().enumerate() {
        postings.extend(grants(Line::Served(numbered(at)), &line.shares));
    }
    for (at, line) in statement.changes.iter().enumerate() {
        if line.reason != Reason::Carried {
            postings.extend(grants(Line::Change(numbered(at)), &line.shares));
        }
    }
    for (at, line) in statement.holds.iter().enumerate() {
        let one = |(payer, amount): &(Payer, Fen)| {
            let held = Account::Held { canteen, payer: payer.clone() };
            let payable = Account::Payable { canteen, payer: payer.clone() };
            entry(Line::Hold(numbered(at)), held, payable, *amount)
        };
        postings.extend(line.shares.iter().filter_map(one));
    }
    postings
}

/// The entries of a statement's confirmed payment; of one that came back when `returned`.
#[must_use]
pub fn of_payment(statement: &Statement, returned: bool) -> Vec<Posting> {
    let one = |line: &crate::settlement::PayerLine| {
        let payable = Account::Payable { canteen: statement.canteen, payer: line.payer.clone() };
        let bank = Account::Bank { payer: line.payer.clone() };
        let amount = if returned { -line.payable } else { line.payable };
        entry(Line::Payment, payable, bank, amount)
    };
    statement.payers.iter().filter_map(one).collect()
}

/// The entries of a demand: the balance leaves what the canteen's next statement would begin with.
#[must_use]
pub fn of_demand(demand: &Demand) -> Vec<Posting> {
    let one = |(payer, amount): &(Payer, Fen)| {
        let demanded = Account::Demanded { canteen: demand.canteen, payer: payer.clone() };
        let payable = Account::Payable { canteen: demand.canteen, payer: payer.clone() };
        entry(Line::Demand, demanded, payable, *amount)
    };
    demand.shares.iter().filter_map(one).collect()
}

/// The entry of an amount that a canteen paid to a payer on a demand.
#[must_use]
pub fn of_receipt(canteen: CanteenId, payer: &Payer, amount: Fen) -> Option<Posting> {
    let demanded = Account::Demanded { canteen, payer: payer.clone() };
    entry(Line::Receipt, Account::Bank { payer: payer.clone() }, demanded, amount)
}

/// What an account was debited and credited in all, fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Turnover {
    /// Fen.
    pub debit: Fen,
    /// Fen.
    pub credit: Fen,
}

impl Turnover {
    /// Credit less debit, fen.
    #[must_use]
    pub fn balance(&self) -> Fen {
        self.credit - self.debit
    }
}

/// The trial balance: every account's turnover. Debits and credits have the same sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance(BTreeMap<Account, Turnover>);

impl TrialBalance {
    /// Adds entries.
    pub fn add<'a>(&mut self, postings: impl IntoIterator<Item = &'a Posting>) {
        for posting in postings {
            self.0.entry(posting.debit.clone()).or_default().debit += posting.amount;
            self.0.entry(posting.credit.clone()).or_default().credit += posting.amount;
        }
    }

    /// An account's turnover.
    #[must_use]
    pub fn of(&self, account: &Account) -> Turnover {
        self.0.get(account).copied().unwrap_or_default()
    }

    /// All accounts in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Account, &Turnover)> {
        self.0.iter()
    }

    /// All debits and all credits: the two are equal, always.
    #[must_use]
    pub fn total(&self) -> Turnover {
        let mut total = Turnover::default();
        for turnover in self.0.values() {
            total.debit += turnover.debit;
            total.credit += turnover.credit;
        }
        total
    }
}
