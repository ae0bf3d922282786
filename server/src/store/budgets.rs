//! What payers have set aside for a year. Nothing of it is ever changed: the last approved amount holds.

use domain::calendar::UnixMs;
use domain::decision::Payer;
use domain::id::UserId;
use domain::money::Fen;
use domain::region::RegionCode;
use uuid::Uuid;

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// An approved budget of a payer and year.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BudgetRow {
        /// Its id: that of the proposal which was approved.
        pub id: Uuid,
        /// The region that settles.
        pub region: RegionCode,
        /// The year of the meals.
        pub year: i64,
        /// Who pays.
        pub payer: Json<Payer>,
        /// Fen, not negative.
        pub amount: Fen,
        /// Why, or which document.
        pub reason: String,
        /// Who proposed it.
        pub proposed_by: UserId,
        /// Who approved it.
        pub approved_by: UserId,
        /// When, unix ms.
        pub approved_at: UnixMs,
    }
}

/// Adds an approved budget.
pub async fn add(tx: &mut Tx, row: &BudgetRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO budgets (id, region, year, payer, amount, reason, proposed_by, approved_by, approved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.id,
        &row.region,
        row.year,
        Json(&row.payer.0),
        row.amount,
        &row.reason,
        row.proposed_by,
        row.approved_by,
        row.approved_at
    )
    .execute()
    .await
    .map(drop)
}

/// Every budget that was approved for a region's year, in order: of a payer's the last one holds.
pub async fn of_year(tx: &mut Tx, region: &RegionCode, year: i64) -> Result<Vec<BudgetRow>, Error> {
    sql!(
        tx,
        "SELECT id, region, year, payer, amount, reason, proposed_by, approved_by, approved_at FROM budgets \
         WHERE region = $1 AND year = $2 ORDER BY approved_at, id",
        region,
        year
    )
    .all()
    .await
}
