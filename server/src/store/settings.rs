//! What a region makes of findings, and whether a third person signs its months: dated.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::reconciliation::Settings;
use domain::region::RegionCode;

use super::{Json, Tx};
use crate::error::Error;
use crate::sql;

/// The settings in force for a canteen's date, as known at `known`: of the closest region that has any, those with the
/// latest first day, and of those the ones set last. The defaults where nobody has said.
pub async fn of_day(tx: &mut Tx, canteen: CanteenId, date: BusinessDate, known: UnixMs) -> Result<Settings, Error> {
    let found: Option<(Json<Settings>,)> = sql!(
        tx,
        "SELECT s.settings FROM region_settings s JOIN canteens c ON c.region LIKE s.region || '%' \
         WHERE c.id = $1 AND s.valid_from <= $2 AND s.set_at <= $3 \
         ORDER BY LENGTH(s.region) DESC, s.valid_from DESC, s.number DESC LIMIT 1",
        canteen,
        date,
        known
    )
    .optional()
    .await?;
    Ok(found.map(|(Json(settings),)| settings).unwrap_or_default())
}

/// The settings in force for a region itself on a date, as known at `known`, by the same rule.
pub async fn of_place(tx: &mut Tx, region: &RegionCode, date: BusinessDate, known: UnixMs) -> Result<Settings, Error> {
    let found: Option<(Json<Settings>,)> = sql!(
        tx,
        "SELECT settings FROM region_settings WHERE CAST($1 AS TEXT) LIKE region || '%' AND valid_from <= $2 \
         AND set_at <= $3 ORDER BY LENGTH(region) DESC, valid_from DESC, number DESC LIMIT 1",
        region,
        date,
        known
    )
    .optional()
    .await?;
    Ok(found.map(|(Json(settings),)| settings).unwrap_or_default())
}

/// All settings that a region was ever given: first day, settings, by whom and when.
pub async fn of_region(
    tx: &mut Tx,
    region: &RegionCode,
) -> Result<Vec<(BusinessDate, Json<Settings>, Option<UserId>, UnixMs)>, Error> {
    sql!(
        tx,
        "SELECT valid_from, settings, set_by, set_at FROM region_settings WHERE region = $1 ORDER BY number",
        region
    )
    .all()
    .await
}

/// Gives a region settings from a day on and touches the days that no approved statement has settled, unless they are
/// closed by the new ones as by the region's own before.
pub async fn put(
    tx: &mut Tx,
    region: &RegionCode,
    valid_from: BusinessDate,
    settings: &Settings,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    let own = of_region(tx, region).await?;
    let before = own.iter().filter(|(from, ..)| *from <= valid_from).max_by_key(|(from, ..)| *from);
    let finds_alike = before.is_some_and(|(_, Json(before), ..)| before.finds_as(settings));
    sql!(
        tx,
        "INSERT INTO region_settings (region, number, valid_from, settings, set_by, set_at) VALUES ($1, \
         (SELECT COALESCE(MAX(number), 0) + 1 FROM region_settings WHERE region = $1), $2, $3, $4, $5)",
        region,
        valid_from,
        Json(settings),
        by,
        now
    )
    .execute()
    .await?;
    if finds_alike {
        return Ok(());
    }
    sql!(
        tx,
        "UPDATE day_states SET version = version + 1, touched_at = $3 WHERE closed_version > 0 AND date >= $2 \
         AND canteen IN (SELECT id FROM canteens WHERE region LIKE $1 || '%') AND NOT EXISTS \
         (SELECT 1 FROM settled_days d JOIN statements s ON s.id = d.statement WHERE d.canteen = day_states.canteen \
          AND d.date = day_states.date AND s.approved = 1)",
        region,
        valid_from,
        now
    )
    .execute()
    .await
    .map(drop)
}
