//! Why canteens' months differ from the month before, in words. Nothing of it is ever changed; the last word holds.

use domain::calendar::{Month, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::region::RegionCode;

use super::Tx;
use crate::error::Error;
use crate::{row, sql};

row! {
    /// One explanation.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Explanation {
        /// The canteen.
        pub canteen: CanteenId,
        /// Counts from 1 for the canteen and month.
        pub number: i64,
        /// The change that is explained, thousandths a day against the month before.
        pub change: i64,
        /// Why.
        pub words: String,
        /// By whom.
        pub explained_by: UserId,
        /// When, unix ms.
        pub explained_at: UnixMs,
    }
}

/// Adds an explanation. A number that is taken violates the primary key.
pub async fn add(tx: &mut Tx, region: &RegionCode, month: Month, new: &Explanation) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO month_explanations (region, month, canteen, number, change, words, explained_by, explained_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        region,
        month,
        new.canteen,
        new.number,
        new.change,
        &new.words,
        new.explained_by,
        new.explained_at
    )
    .execute()
    .await
    .map(drop)
}

/// Each canteen's last explanation of a month.
pub async fn last(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Vec<Explanation>, Error> {
    sql!(
        tx,
        "SELECT e.canteen, e.number, e.change, e.words, e.explained_by, e.explained_at FROM month_explanations e \
         WHERE e.region = $1 AND e.month = $2 AND e.number = (SELECT MAX(l.number) FROM month_explanations l \
         WHERE l.region = e.region AND l.month = e.month AND l.canteen = e.canteen) ORDER BY e.canteen",
        region,
        month
    )
    .all()
    .await
}
