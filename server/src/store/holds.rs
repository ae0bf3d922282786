//! Money that waits for a canteen's standing, and what was released of it.

use std::collections::BTreeMap;

use domain::calendar::{Month, UnixMs};
use domain::decision::PolicyRef;
use domain::id::{CanteenId, UserId};
use domain::reconciliation::PayerSums;
use domain::settlement::{Reason, Released, Statement};

use super::{Json, Tx};
use crate::error::Error;
use crate::sql;

/// What a hold is told apart by: month of the meals, policy version, and the gate's place in the file from 1.
pub type Key = (Month, PolicyRef, usize);

/// What approved statements of months before `until` hold of a canteen's money, with the gate in words; of what was
/// released nothing is left.
pub async fn outstanding(
    tx: &mut Tx,
    canteen: CanteenId,
    until: Option<Month>,
) -> Result<BTreeMap<Key, (String, PayerSums)>, Error> {
    let statements: Vec<(Month, Json<Statement>)> = sql!(
        tx,
        "SELECT month, content FROM statements WHERE canteen = $1 AND approved = 1 \
         AND (content LIKE $2 OR content LIKE $3) ORDER BY month",
        canteen,
        "%\"reason\":\"hold\"%",
        "%\"reason\":\"release\"%"
    )
    .all()
    .await?;
    let mut held: BTreeMap<Key, (String, PayerSums)> = BTreeMap::new();
    let before = |(month, _): &(Month, _)| until.is_none_or(|until| *month < until);
    for (_, Json(statement)) in statements.into_iter().filter(before) {
        for line in statement.holds {
            let (Reason::Hold { month, policy, gate, words } | Reason::Release { month, policy, gate, words }) =
                line.reason
            else {
                continue;
            };
            let (known, sums) = held.entry((month, policy, gate)).or_default();
            *known = words;
            sums.add_all(&line.shares);
        }
    }
    Ok(held)
}

/// The canteen's holds that were released up to `decided`, as the statement of a month needs them.
pub async fn released(tx: &mut Tx, canteen: CanteenId, month: Month, decided: UnixMs) -> Result<Vec<Released>, Error> {
    let mut rows: Vec<(Month, String, i64)> = sql!(
        tx,
        "SELECT month, policy, gate FROM hold_releases WHERE canteen = $1 AND decided_at <= $2",
        canteen,
        decided
    )
    .all()
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // In the order of bytes: databases have each their own order of texts, and the statement's lines are in this one.
    rows.sort();
    let mut held = outstanding(tx, canteen, Some(month)).await?;
    let mut released = Vec::new();
    for (of, policy, gate) in rows {
        let policy: PolicyRef = serde_json::from_str(&policy).map_err(|e| Error::Corrupt(e.to_string()))?;
        let gate = usize::try_from(gate).unwrap_or_default();
        let (words, held) = held.remove(&(of, policy.clone(), gate)).unwrap_or_default();
        released.push(Released { month: of, policy, gate, words, held: held.without_zeros() });
    }
    Ok(released)
}

/// When a hold of the canteen was last released.
pub async fn last_released(tx: &mut Tx, canteen: CanteenId) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(decided_at) FROM hold_releases WHERE canteen = $1", canteen).value().await
}

/// Releases a hold. Says whether it was not released before.
pub async fn release(
    tx: &mut Tx,
    canteen: CanteenId,
    (month, policy, gate): &Key,
    reason: &str,
    by: UserId,
    now: UnixMs,
) -> Result<bool, Error> {
    let added = sql!(
        tx,
        "INSERT INTO hold_releases (canteen, month, policy, gate, reason, decided_by, decided_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (canteen, month, policy, gate) DO NOTHING",
        canteen,
        *month,
        Json(policy),
        i64::try_from(*gate).unwrap_or(i64::MAX),
        reason,
        by,
        now
    );
    Ok(added.execute().await? == 1)
}
