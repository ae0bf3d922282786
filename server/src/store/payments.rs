//! What follows a month's approval: disclosure, objections, payments, archive.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{ObjectionId, StatementId, UserId};
use domain::region::RegionCode;
use domain::settlement::payment::PaymentState;

use super::{At, Column, Row, Tx, Value};
use crate::error::Error;
use crate::{row, sql};

impl Column for PaymentState {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        Self::from_str(&String::read(row, at)?).map_err(Error::Corrupt)
    }
}

row! {
    /// A month's list, disclosed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Disclosure {
        /// The last day on which objections are taken.
        pub until: BusinessDate,
        /// By whom.
        pub disclosed_by: UserId,
        /// When, unix ms.
        pub disclosed_at: UnixMs,
    }
}

row! {
    /// An objection to a statement.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Objection {
        /// Its id.
        pub id: ObjectionId,
        /// The statement.
        pub statement: StatementId,
        /// What is objected, in words.
        pub content: String,
        /// Who noted it at the office.
        pub noted_by: UserId,
        /// When, unix ms.
        pub noted_at: UnixMs,
        /// 1 upheld, 0 dismissed; nothing while it is open.
        pub upheld: Option<i64>,
        /// Why.
        pub reason: Option<String>,
        /// Who decided.
        pub decided_by: Option<UserId>,
        /// When, unix ms.
        pub decided_at: Option<UnixMs>,
        /// How an upheld one was seen to, so that it holds no payment any more.
        pub lifted_because: Option<String>,
        /// Who said so.
        pub lifted_by: Option<UserId>,
        /// When, unix ms.
        pub lifted_at: Option<UnixMs>,
    }
}

impl Objection {
    /// Whether it was upheld and nobody has lifted it since: it holds the statement's payment.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.upheld == Some(1) && self.lifted_by.is_none()
    }
}

row! {
    /// What became of a statement's payment, one row for each word of the bank.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Payment {
        /// Counts from 1 in the statement.
        pub number: i64,
        /// What happened.
        pub state: PaymentState,
        /// The bank's reference, or why it came back.
        pub reference: String,
        /// Who noted it.
        pub noted_by: UserId,
        /// When, unix ms.
        pub noted_at: UnixMs,
    }
}

/// The month's disclosure, if it was disclosed.
pub async fn disclosure(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Option<Disclosure>, Error> {
    sql!(
        tx,
        "SELECT until, disclosed_by, disclosed_at FROM disclosures WHERE region = $1 AND month = $2",
        region,
        month
    )
    .optional()
    .await
}

/// Discloses a month. A second disclosure violates the primary key.
pub async fn disclose(tx: &mut Tx, region: &RegionCode, month: Month, new: &Disclosure) -> Result<(), Error> {
    let Disclosure { until, disclosed_by, disclosed_at } = *new;
    sql!(
        tx,
        "INSERT INTO disclosures (region, month, until, disclosed_by, disclosed_at) VALUES ($1, $2, $3, $4, $5)",
        region,
        month,
        until,
        disclosed_by,
        disclosed_at
    )
    .execute()
    .await
    .map(drop)
}

/// Whether the month was archived.
pub async fn is_archived(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<bool, Error> {
    let by: Option<(UserId,)> =
        sql!(tx, "SELECT archived_by FROM archives WHERE region = $1 AND month = $2", region, month).optional().await?;
    Ok(by.is_some())
}

/// Archives a month.
pub async fn archive(tx: &mut Tx, region: &RegionCode, month: Month, by: UserId, now: UnixMs) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO archives (region, month, archived_by, archived_at) VALUES ($1, $2, $3, $4)",
        region,
        month,
        by,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// A statement's objections in the order in which they were noted.
pub async fn objections(tx: &mut Tx, statement: StatementId) -> Result<Vec<Objection>, Error> {
    sql!(
        tx,
        "SELECT o.id, o.statement, o.content, o.noted_by, o.noted_at, o.upheld, o.reason, o.decided_by, o.decided_at, \
         l.reason AS lifted_because, l.lifted_by, l.lifted_at FROM objections o \
         LEFT JOIN objection_lifts l ON l.objection = o.id WHERE o.statement = $1 ORDER BY o.noted_at, o.id",
        statement
    )
    .all()
    .await
}

/// The objections to these statements, by statement, in the order in which they were noted.
pub async fn objections_among(
    tx: &mut Tx,
    statements: &[StatementId],
) -> Result<BTreeMap<StatementId, Vec<Objection>>, Error> {
    let text = format!(
        "SELECT o.id, o.statement, o.content, o.noted_by, o.noted_at, o.upheld, o.reason, o.decided_by, o.decided_at, \
         l.reason AS lifted_because, l.lifted_by, l.lifted_at FROM objections o \
         LEFT JOIN objection_lifts l ON l.objection = o.id WHERE o.statement {} ORDER BY o.noted_at, o.id",
        tx.among(1)
    );
    let mut all: BTreeMap<StatementId, Vec<Objection>> = BTreeMap::new();
    for row in super::Statement::built(tx, text, vec![Value::list(statements)]).all::<Objection>().await? {
        all.entry(row.statement).or_default().push(row);
    }
    Ok(all)
}

/// One objection.
pub async fn objection(tx: &mut Tx, id: ObjectionId) -> Result<Option<Objection>, Error> {
    sql!(
        tx,
        "SELECT o.id, o.statement, o.content, o.noted_by, o.noted_at, o.upheld, o.reason, o.decided_by, o.decided_at, \
         l.reason AS lifted_because, l.lifted_by, l.lifted_at FROM objections o \
         LEFT JOIN objection_lifts l ON l.objection = o.id WHERE o.id = $1",
        id
    )
    .optional()
    .await
}

/// Notes an objection.
pub async fn object(tx: &mut Tx, new: &Objection) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO objections (id, statement, content, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5)",
        new.id,
        new.statement,
        &new.content,
        new.noted_by,
        new.noted_at
    )
    .execute()
    .await
    .map(drop)
}

/// Decides an open objection; says whether it was open until now.
pub async fn decide_objection(
    tx: &mut Tx,
    id: ObjectionId,
    upheld: bool,
    reason: &str,
    by: UserId,
    now: UnixMs,
) -> Result<bool, Error> {
    let decided = sql!(
        tx,
        "UPDATE objections SET upheld = $2, reason = $3, decided_by = $4, decided_at = $5 \
         WHERE id = $1 AND upheld IS NULL",
        id,
        i64::from(upheld),
        reason,
        by,
        now
    );
    Ok(decided.execute().await? == 1)
}

/// Lifts what an upheld objection holds; says whether it was held until now.
pub async fn lift_objection(
    tx: &mut Tx,
    id: ObjectionId,
    reason: &str,
    by: UserId,
    now: UnixMs,
) -> Result<bool, Error> {
    let lifted = sql!(
        tx,
        "INSERT INTO objection_lifts (objection, reason, lifted_by, lifted_at) \
         SELECT id, $2, $3, $4 FROM objections WHERE id = $1 AND upheld = 1 ON CONFLICT (objection) DO NOTHING",
        id,
        reason,
        by,
        now
    );
    Ok(lifted.execute().await? == 1)
}

/// What became of a statement's payment, in order.
pub async fn of_statement(tx: &mut Tx, statement: StatementId) -> Result<Vec<Payment>, Error> {
    sql!(
        tx,
        "SELECT number, state, reference, noted_by, noted_at FROM payments WHERE statement = $1 ORDER BY number",
        statement
    )
    .all()
    .await
}

/// What became of the payments of these statements, by statement, in order.
pub async fn among(tx: &mut Tx, statements: &[StatementId]) -> Result<BTreeMap<StatementId, Vec<Payment>>, Error> {
    let text = format!(
        "SELECT statement, number, state, reference, noted_by, noted_at FROM payments WHERE statement {} \
         ORDER BY statement, number",
        tx.among(1)
    );
    let rows: Vec<(StatementId, i64, PaymentState, String, UserId, UnixMs)> =
        super::Statement::built(tx, text, vec![Value::list(statements)]).all().await?;
    let mut all: BTreeMap<StatementId, Vec<Payment>> = BTreeMap::new();
    for (statement, number, state, reference, noted_by, noted_at) in rows {
        all.entry(statement).or_default().push(Payment { number, state, reference, noted_by, noted_at });
    }
    Ok(all)
}

/// Appends to what became of a statement's payment. A number that is taken violates the primary key: of two people who
/// note at the same moment one is told.
pub async fn note(tx: &mut Tx, statement: StatementId, new: &Payment) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO payments (statement, number, state, reference, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6)",
        statement,
        new.number,
        new.state.name(),
        &new.reference,
        new.noted_by,
        new.noted_at
    )
    .execute()
    .await
    .map(drop)
}
