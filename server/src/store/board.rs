//! What the console's pages of today, of days and of findings read beside [`super::overview`]: of a whole region in one
//! statement each.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::canteen::CanteenFact;
use domain::id::{CanteenId, ElderId, RecordId, TerminalId};
use domain::region::RegionCode;

use super::people::UserRow;
use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A terminal in use, and when it was heard.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Contact {
        /// Its canteen.
        pub canteen: CanteenId,
        /// Which one.
        pub terminal: TerminalId,
        /// When last heard, unix ms.
        pub seen_at: Option<UnixMs>,
        /// Records it still had to send, as it said last.
        pub unsent: Option<i64>,
    }
}

/// The terminals in use in a region, by canteen and enrolment.
pub async fn contacts(tx: &mut Tx, region: &RegionCode) -> Result<Vec<Contact>, Error> {
    sql!(
        tx,
        "SELECT t.canteen, t.id AS terminal, t.seen_at, t.unsent FROM terminals t JOIN canteens c ON c.id = t.canteen \
         WHERE c.region LIKE $1 || '%' AND t.confirmed_at IS NOT NULL AND t.revoked_at IS NULL \
         ORDER BY t.canteen, t.enrolled_at, t.id",
        region
    )
    .all()
    .await
}

/// How many meals of these dates are held and not voided, guests included, by canteen and date. Days without meals are
/// left out.
pub async fn meals(
    tx: &mut Tx,
    region: &RegionCode,
    from: BusinessDate,
    to: BusinessDate,
) -> Result<BTreeMap<(CanteenId, BusinessDate), i64>, Error> {
    let rows: Vec<(CanteenId, BusinessDate, i64)> = sql!(
        tx,
        "SELECT m.canteen, m.business_date, COUNT(*) FROM records m \
         WHERE m.canteen IN (SELECT id FROM canteens WHERE region LIKE $1 || '%') \
         AND m.business_date >= $2 AND m.business_date <= $3 AND m.kind = 'meal' AND NOT EXISTS \
         (SELECT 1 FROM records v WHERE v.canteen = m.canteen AND v.voids = m.id AND v.terminal = m.terminal \
          AND v.shift = m.shift AND (v.epoch > m.epoch OR (v.epoch = m.epoch AND v.sequence > m.sequence))) \
         GROUP BY m.canteen, m.business_date",
        region,
        from,
        to
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(canteen, date, count)| ((canteen, date), count)).collect())
}

/// The days of a region's month that were left out, with the reasons.
pub async fn left_out(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
) -> Result<BTreeMap<(CanteenId, BusinessDate), String>, Error> {
    let rows: Vec<(CanteenId, BusinessDate, String)> = sql!(
        tx,
        "SELECT l.canteen, l.date, l.reason FROM left_out l JOIN canteens c ON c.id = l.canteen \
         WHERE c.region LIKE $1 || '%' AND l.month = $2",
        region,
        month
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(canteen, date, reason)| ((canteen, date), reason)).collect())
}

/// The facts of a region's canteens, each in the order of learning.
pub async fn facts(tx: &mut Tx, region: &RegionCode) -> Result<BTreeMap<CanteenId, Vec<CanteenFact>>, Error> {
    let rows: Vec<(CanteenId, Json<CanteenFact>)> = sql!(
        tx,
        "SELECT f.canteen, f.fact FROM canteen_facts f JOIN canteens c ON c.id = f.canteen \
         WHERE c.region LIKE $1 || '%' ORDER BY f.canteen, f.number",
        region
    )
    .all()
    .await?;
    let mut facts: BTreeMap<CanteenId, Vec<CanteenFact>> = BTreeMap::new();
    for (canteen, Json(fact)) in rows {
        facts.entry(canteen).or_default().push(fact);
    }
    Ok(facts)
}

/// The other meals that the elder of a meal had on its date, in any canteen, not voided, in the order of time.
pub async fn same_elder(tx: &mut Tx, canteen: CanteenId, meal: RecordId) -> Result<Vec<(CanteenId, RecordId)>, Error> {
    sql!(
        tx,
        "SELECT o.canteen, o.record FROM elder_meals m JOIN elder_meals o ON o.elder = m.elder AND o.date = m.date \
         WHERE m.canteen = $1 AND m.record = $2 AND o.record <> m.record AND o.voided_by IS NULL \
         ORDER BY o.at, o.record",
        canteen,
        meal
    )
    .all()
    .await
}

/// An elder's name, as registered.
pub async fn elder_name(tx: &mut Tx, elder: ElderId) -> Result<Option<String>, Error> {
    Ok(sql!(tx, "SELECT name FROM elders WHERE id = $1", elder).optional::<(String,)>().await?.map(|(name,)| name))
}

/// The people whose place holds a region, by name; those who left too.
pub async fn people_over(tx: &mut Tx, region: &RegionCode) -> Result<Vec<UserRow>, Error> {
    sql!(tx, "SELECT * FROM users WHERE $1 LIKE region || '%' AND canteen IS NULL ORDER BY name", region.as_str())
        .all()
        .await
}
