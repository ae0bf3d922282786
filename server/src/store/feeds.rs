//! The statements behind the feeds: the roster, what it stands at, and who is a regular.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ElderId};
use domain::region::RegionCode;

use super::elders::ElderRow;
use super::{Bind as _, Statement, Tx, Value};
use crate::error::Error;
use crate::sql;

/// `registered here or inside one of the regions`, with the regions bound from `$first` on.
fn inside(canteen: &str, regions: usize, first: usize) -> String {
    let places = (first..first + regions).map(|n| format!(" OR e.region LIKE ${n} || '%'"));
    format!("(e.registered_canteen = {canteen}{})", places.collect::<String>())
}

/// A part of a list that is in the order of ids.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Those with greater ids than this one's; all of them if none is given.
    pub behind: Option<ElderId>,
    /// So many of them are passed over.
    pub skip: i64,
    /// So many of the rest.
    pub most: i64,
}

/// Who is registered at a canteen and lives in none of these regions, by id.
pub async fn from_elsewhere(tx: &mut Tx, canteen: CanteenId, scope: &[RegionCode]) -> Result<Vec<ElderId>, Error> {
    let others: Vec<String> = (2..2 + scope.len()).map(|n| format!(" AND e.region NOT LIKE ${n} || '%'")).collect();
    let text = format!("SELECT e.id FROM elders e WHERE e.registered_canteen = $1{} ORDER BY e.id", others.concat());
    let values = std::iter::once(canteen.bind()).chain(scope.iter().map(super::Bind::bind)).collect();
    Statement::built(tx, text, values).values().await
}

/// Elders of these regions or registered at this canteen who changed at or after an instant, or whose meals here did
/// (who is served here becomes a regular), by id. Of the regions in `new`, which the
/// canteen's terminals have not been told of yet, everybody.
pub async fn roster(
    tx: &mut Tx,
    canteen: CanteenId,
    scope: &[RegionCode],
    new: &[RegionCode],
    since: UnixMs,
    page: Page,
) -> Result<Vec<ElderRow>, Error> {
    let everybody = (6 + scope.len()..6 + scope.len() + new.len()).map(|n| format!(" OR e.region LIKE ${n} || '%'"));
    let text = format!(
        "SELECT e.* FROM elders e
         WHERE {}
           AND (e.changed_at >= $2
                OR e.id IN (SELECT m.elder FROM elder_meals m WHERE m.canteen = $1 AND m.changed_at >= $2){})
           AND e.id > $5
         ORDER BY e.id LIMIT $3 OFFSET $4",
        inside("$1", scope.len(), 6),
        everybody.collect::<String>()
    );
    let behind = page.behind.unwrap_or_else(|| ElderId::from_uuid(uuid::Uuid::nil()));
    let fixed = [canteen.bind(), since.bind(), page.most.bind(), page.skip.bind(), behind.bind()];
    let regions = scope.iter().chain(new).map(super::Bind::bind);
    let values: Vec<Value<'_>> = fixed.into_iter().chain(regions).collect();
    Statement::built(tx, text, values).all().await
}

/// Which uses are asked for.
#[derive(Clone, Copy, Debug)]
pub struct UsesOf<'a> {
    /// Elders of these regions, those registered in the canteen, and whoever ate there.
    pub scope: &'a [RegionCode],
    /// Of these regions, which the canteen's terminals have not been told of yet, everybody with a meal.
    pub new: &'a [RegionCode],
    /// Those whose meals changed at or after this instant, unix ms; everybody's at 0 or before.
    pub since: UnixMs,
    /// Meals on this date and later.
    pub first: BusinessDate,
    /// Elders behind this one.
    pub behind: ElderId,
}

/// Whose uses a canteen's terminals are to be told, by id, at most so many.
pub async fn eaters(tx: &mut Tx, canteen: CanteenId, of: UsesOf<'_>, most: i64) -> Result<Vec<ElderId>, Error> {
    let mut values: Vec<Value<'_>> = vec![canteen.bind(), of.first.bind(), of.behind.bind(), most.bind()];
    let inside = inside("$1", of.scope.len(), values.len() + 1);
    values.extend(of.scope.iter().map(super::Bind::bind));
    let mut changed = String::new();
    if of.since > UnixMs::new(0) {
        values.push(of.since.bind());
        changed = format!("m.changed_at >= ${}", values.len());
        for region in of.new {
            values.push(region.bind());
            let place = values.len();
            let _ = write!(changed, " OR m.elder IN (SELECT n.id FROM elders n WHERE n.region LIKE ${place} || '%')");
        }
        changed = format!(" AND ({changed})");
    }
    let text = format!(
        "SELECT h.elder FROM (SELECT DISTINCT m.elder FROM elder_meals m WHERE m.date >= $2 AND m.elder > $3{changed}) h
         LEFT JOIN elders e ON e.id = h.elder
         WHERE {inside} OR EXISTS (SELECT 1 FROM elder_meals o
            WHERE o.elder = h.elder AND o.canteen = $1 AND o.date >= $2)
         ORDER BY h.elder LIMIT $4"
    );
    Statement::built(tx, text, values).values().await
}

/// Everybody of these regions or registered at this canteen, by id, so many behind the first `skip`.
pub async fn everybody(
    tx: &mut Tx,
    canteen: CanteenId,
    scope: &[RegionCode],
    skip: i64,
    most: i64,
) -> Result<Vec<ElderRow>, Error> {
    let text =
        format!("SELECT e.* FROM elders e WHERE {} ORDER BY e.id LIMIT $2 OFFSET $3", inside("$1", scope.len(), 4));
    let fixed = [canteen.bind(), most.bind(), skip.bind()];
    let values: Vec<Value<'_>> = fixed.into_iter().chain(scope.iter().map(super::Bind::bind)).collect();
    Statement::built(tx, text, values).all().await
}

/// The latest instant at which anything of a canteen's roster changed: an elder of these regions or registered here, or
/// a meal here.
pub async fn roster_changed(tx: &mut Tx, canteen: CanteenId, scope: &[RegionCode]) -> Result<Option<UnixMs>, Error> {
    // By the index on instants, from the latest one: as a rule the first row is inside.
    let text = format!(
        "SELECT e.changed_at FROM elders e WHERE {} ORDER BY e.changed_at DESC LIMIT 1",
        inside("$1", scope.len(), 2)
    );
    let values = std::iter::once(canteen.bind()).chain(scope.iter().map(super::Bind::bind)).collect();
    let elder = Statement::built(tx, text, values).optional::<(UnixMs,)>().await?.map(|(at,)| at);
    let meal: Option<UnixMs> =
        sql!(tx, "SELECT MAX(changed_at) FROM elder_meals WHERE canteen = $1", canteen).value().await?;
    Ok(elder.max(meal))
}

/// The latest instant at which any meal of an elder changed.
pub async fn usage_changed(tx: &mut Tx) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(changed_at) FROM elder_meals").value().await
}

/// Which of these elders were served in a canteen on or after a date.
pub async fn served(
    tx: &mut Tx,
    canteen: CanteenId,
    elders: &[ElderId],
    from: BusinessDate,
) -> Result<BTreeSet<ElderId>, Error> {
    let text =
        format!("SELECT DISTINCT elder FROM elder_meals WHERE canteen = $1 AND date >= $2 AND elder {}", tx.among(3));
    let values = vec![canteen.bind(), from.bind(), Value::list(elders)];
    Ok(Statement::built(tx, text, values).values::<ElderId>().await?.into_iter().collect())
}

/// When the photos of these elders were put there, for those who have one, unix ms.
pub async fn photos(tx: &mut Tx, elders: &[ElderId]) -> Result<BTreeMap<ElderId, UnixMs>, Error> {
    let text = format!("SELECT elder, changed_at FROM elder_photos WHERE elder {}", tx.among(1));
    let found: Vec<(ElderId, UnixMs)> = Statement::built(tx, text, vec![Value::list(elders)]).all().await?;
    Ok(found.into_iter().collect())
}
