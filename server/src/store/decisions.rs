//! What another person decided about a proposal or a batch of cards: the same four columns, and one statement.

use domain::calendar::UnixMs;
use domain::id::UserId;
use uuid::Uuid;

use super::{At, Bind as _, Column, FromRow, Row, Statement, Tx};
use crate::error::Error;
use crate::row;

row! {
    /// A decision; nothing in any part while it is open.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Decision {
        /// `approved`, `rejected` or `withdrawn`.
        pub decision: Option<String>,
        /// Who decided.
        pub checker: Option<UserId>,
        /// Unix ms.
        pub decided_at: Option<UnixMs>,
        /// Why it was not approved.
        pub reason: Option<String>,
    }
}

impl Column for Decision {
    /// A part of a row: its columns have names of their own, whatever the field is called.
    fn read(row: &Row<'_>, _: At<'_>) -> Result<Self, Error> {
        Self::from_row(row)
    }
}

/// What is decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A proposal.
    Proposal,
    /// A batch of cards.
    CardBatch,
}

impl Subject {
    const fn table(self) -> &'static str {
        match self {
            Self::Proposal => "proposals",
            Self::CardBatch => "card_batches",
        }
    }
}

/// Decides what is open; says whether it was.
pub async fn decide(
    tx: &mut Tx,
    of: Subject,
    id: Uuid,
    decision: &str,
    by: UserId,
    reason: Option<&str>,
    now: UnixMs,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE {} SET decision = $2, checker = $3, decided_at = $4, reason = $5 WHERE id = $1 AND decision IS NULL",
        of.table()
    );
    let values = vec![id.bind(), decision.bind(), by.bind(), now.bind(), reason.bind()];
    Ok(Statement::built(tx, text, values).execute().await? == 1)
}
