//! The statements behind the roster.

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ElderId};
use domain::region::RegionCode;

use super::elders::ElderRow;
use super::{Bind as _, Statement, Tx, Value};
use crate::error::Error;

/// Elders of these regions or registered at this canteen who changed at or after an instant, or whose meals here did
/// (who is served here becomes a regular), by id, so many behind the first `skip`.
pub async fn roster(
    tx: &mut Tx,
    canteen: CanteenId,
    scope: &[RegionCode],
    since: UnixMs,
    skip: i64,
    most: i64,
) -> Result<Vec<ElderRow>, Error> {
    let inside: Vec<String> = (5..scope.len() + 5).map(|n| format!("e.region LIKE ${n} || '%'")).collect();
    let inside = if inside.is_empty() { String::new() } else { format!(" OR {}", inside.join(" OR ")) };
    let text = format!(
        "SELECT e.* FROM elders e
         WHERE (e.registered_canteen = $1{inside})
           AND (e.changed_at >= $2
                OR e.id IN (SELECT m.elder FROM elder_meals m WHERE m.canteen = $1 AND m.changed_at >= $2))
         ORDER BY e.id LIMIT $3 OFFSET $4"
    );
    let fixed = [canteen.bind(), since.bind(), most.bind(), skip.bind()];
    let values: Vec<Value<'_>> = fixed.into_iter().chain(scope.iter().map(super::Bind::bind)).collect();
    Statement::built(tx, text, values).all().await
}

/// Which of these elders were served in a canteen on or after a date.
pub async fn served(
    tx: &mut Tx,
    canteen: CanteenId,
    elders: &[ElderId],
    from: BusinessDate,
) -> Result<BTreeSet<ElderId>, Error> {
    let mut served = BTreeSet::new();
    for elders in elders.chunks(500) {
        let places: Vec<String> = (3..elders.len() + 3).map(|n| format!("${n}")).collect();
        let text = format!(
            "SELECT DISTINCT elder FROM elder_meals WHERE canteen = $1 AND date >= $2 AND elder IN ({})",
            places.join(", ")
        );
        let values = [canteen.bind(), from.bind()].into_iter().chain(elders.iter().map(|id| id.bind())).collect();
        served.extend(Statement::built(tx, text, values).values::<ElderId>().await?);
    }
    Ok(served)
}
