//! Canteens that are closed for good, what is demanded of them, and what they paid on it. Nothing of it is ever changed.

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Payer;
use domain::id::{CanteenId, Digest, StatementId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::demand::Demand;
use uuid::Uuid;

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A canteen's end.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Closure {
        /// The last day on which it could serve.
        pub last_day: BusinessDate,
        /// Why.
        pub reason: String,
        /// Who closed it.
        pub closed_by: UserId,
        /// When, unix ms.
        pub closed_at: UnixMs,
    }
}

row! {
    /// An approved demand.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DemandRow {
        /// Its id: that of the proposal which was approved.
        pub id: Uuid,
        /// The demand.
        pub content: Json<Demand>,
        /// The content's digest.
        pub digest: Digest,
        /// Who proposed it.
        pub demanded_by: UserId,
        /// Who approved it.
        pub approved_by: UserId,
        /// When, unix ms.
        pub approved_at: UnixMs,
    }
}

row! {
    /// What came in on a demand.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Receipt {
        /// Counts from 1 in the demand.
        pub number: i64,
        /// Whose bank it came to.
        pub payer: Json<Payer>,
        /// Fen, positive.
        pub amount: Fen,
        /// The bank's day.
        pub received_on: BusinessDate,
        /// The bank's reference.
        pub reference: String,
        /// Who noted it.
        pub noted_by: UserId,
        /// When, unix ms.
        pub noted_at: UnixMs,
    }
}

/// Closes a canteen for good. Says whether it was open until now.
pub async fn close_canteen(tx: &mut Tx, canteen: CanteenId, new: &Closure) -> Result<bool, Error> {
    let added = sql!(
        tx,
        "INSERT INTO canteen_closures (canteen, last_day, reason, closed_by, closed_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (canteen) DO NOTHING",
        canteen,
        new.last_day,
        &new.reason,
        new.closed_by,
        new.closed_at
    );
    Ok(added.execute().await? == 1)
}

/// How the canteen was closed, if it was.
pub async fn closure(tx: &mut Tx, canteen: CanteenId) -> Result<Option<Closure>, Error> {
    sql!(tx, "SELECT last_day, reason, closed_by, closed_at FROM canteen_closures WHERE canteen = $1", canteen)
        .optional()
        .await
}

/// The region's closed canteens.
pub async fn closed(tx: &mut Tx, region: &RegionCode) -> Result<Vec<CanteenId>, Error> {
    sql!(
        tx,
        "SELECT e.canteen FROM canteen_closures e JOIN canteens c ON c.id = e.canteen \
         WHERE c.region LIKE $1 || '%' ORDER BY e.canteen",
        region
    )
    .values()
    .await
}

/// Adds an approved demand. A second one for a statement violates the unique key.
pub async fn add(tx: &mut Tx, row: &DemandRow) -> Result<(), Error> {
    let Json(demand) = &row.content;
    sql!(
        tx,
        "INSERT INTO demands (id, statement, canteen, number, digest, content, demanded_by, approved_by, approved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.id,
        demand.statement,
        demand.canteen,
        &demand.number,
        row.digest,
        Json(demand),
        row.demanded_by,
        row.approved_by,
        row.approved_at
    )
    .execute()
    .await
    .map(drop)
}

/// The demand for the balance that a statement left, if there is one.
pub async fn of_statement(tx: &mut Tx, statement: StatementId) -> Result<Option<DemandRow>, Error> {
    sql!(
        tx,
        "SELECT id, content, digest, demanded_by, approved_by, approved_at FROM demands WHERE statement = $1",
        statement
    )
    .optional()
    .await
}

/// One demand.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<DemandRow>, Error> {
    sql!(tx, "SELECT id, content, digest, demanded_by, approved_by, approved_at FROM demands WHERE id = $1", id)
        .optional()
        .await
}

/// The demand with that printed number.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<DemandRow>, Error> {
    sql!(tx, "SELECT id, content, digest, demanded_by, approved_by, approved_at FROM demands WHERE number = $1", number)
        .optional()
        .await
}

/// The demands to a region's canteens, by number.
pub async fn inside(tx: &mut Tx, region: &RegionCode) -> Result<Vec<DemandRow>, Error> {
    sql!(
        tx,
        "SELECT d.id, d.content, d.digest, d.demanded_by, d.approved_by, d.approved_at FROM demands d \
         JOIN canteens c ON c.id = d.canteen WHERE c.region LIKE $1 || '%' ORDER BY d.number",
        region
    )
    .all()
    .await
}

/// What was paid on a demand, in order.
pub async fn receipts(tx: &mut Tx, demand: Uuid) -> Result<Vec<Receipt>, Error> {
    sql!(
        tx,
        "SELECT number, payer, amount, received_on, reference, noted_by, noted_at FROM demand_receipts \
         WHERE demand = $1 ORDER BY number",
        demand
    )
    .all()
    .await
}

/// Notes what was paid on a demand. A number that is taken violates the primary key.
pub async fn receive(tx: &mut Tx, demand: Uuid, new: &Receipt) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO demand_receipts (demand, number, payer, amount, received_on, reference, noted_by, noted_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        demand,
        new.number,
        Json(&new.payer.0),
        new.amount,
        new.received_on,
        &new.reference,
        new.noted_by,
        new.noted_at
    )
    .execute()
    .await
    .map(drop)
}
