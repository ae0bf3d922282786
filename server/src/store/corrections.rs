//! What was written down wrongly of an elder or a canteen, and what stands in its place.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, ElderId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::canteens::{self, CanteenRow};
use super::elders::ElderRow;
use super::{Json, Statement, Tx};
use crate::error::Error;
use crate::{row, sql};

/// Something that is written down when somebody or a canteen is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CorrectedField)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// A name.
    Name,
    /// A telephone.
    Phone,
    /// The office that looks after an elder.
    Region,
    /// Who runs a canteen.
    Operator,
    /// Its unified social credit code.
    CreditCode,
    /// Where it is.
    Address,
    /// Meals a day that it can serve.
    Capacity,
}

impl Field {
    /// The name on the wire and in the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Region => "region",
            Self::Operator => "operator",
            Self::CreditCode => "credit_code",
            Self::Address => "address",
            Self::Capacity => "capacity",
        }
    }

    /// Whether a canteen's takes a second person: what says on statements who is paid, and the capacity, by which findings
    /// that may stop a month or deduct come and go.
    #[must_use]
    pub const fn takes_two(self) -> bool {
        matches!(self, Self::Name | Self::Operator | Self::CreditCode | Self::Capacity)
    }

    /// Where it stands in a canteen's registration, if it is a text there.
    pub(crate) fn of(self, row: &mut CanteenRow) -> Option<&mut String> {
        match self {
            Self::Name => Some(&mut row.name),
            Self::Operator => Some(&mut row.operator),
            Self::CreditCode => Some(&mut row.credit_code),
            Self::Address => Some(&mut row.address),
            Self::Phone => Some(&mut row.phone),
            Self::Region | Self::Capacity => None,
        }
    }
}

/// What was written down, and what stands in its place; empty for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CorrectedValue)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Of what.
    pub field: Field,
    /// As it was.
    pub old: String,
    /// As it is.
    pub new: String,
}

row! {
    /// A correction of an elder's registration or a canteen's; append-only.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CorrectionRow {
        /// Which one.
        pub id: Uuid,
        /// Whose registration, if it is an elder's.
        pub elder: Option<ElderId>,
        /// Whose registration, if it is a canteen's.
        pub canteen: Option<CanteenId>,
        /// Old and new, field by field: a canteen's.
        pub changes: Option<Json<Vec<Change>>>,
        /// An elder's, sealed at (`corrections`, `sealed`, id).
        pub sealed: Option<Vec<u8>>,
        /// Why: a canteen's. An elder's is sealed with the changes.
        pub reason: String,
        /// The region that an elder left by it.
        pub left_region: Option<RegionCode>,
        /// Unix ms.
        pub at: UnixMs,
        /// By whom; nobody at the office's own computer.
        pub made_by: Option<UserId>,
        /// The second person, where it takes two.
        pub approved_by: Option<UserId>,
    }
}

/// Notes a correction. It is of after the one before, also where the clock says the same or was set back: what was
/// written down before is found by undoing corrections in their order, and ids of one instant have none. Whoever calls
/// holds the registration or the audit log's chain, so that nobody else notes one of it meanwhile.
pub async fn add(tx: &mut Tx, row: &CorrectionRow) -> Result<(), Error> {
    let last: Option<UnixMs> = match (row.elder, row.canteen) {
        (Some(elder), _) => sql!(tx, "SELECT MAX(at) FROM corrections WHERE elder = $1", elder).value().await?,
        (None, canteen) => sql!(tx, "SELECT MAX(at) FROM corrections WHERE canteen = $1", canteen).value().await?,
    };
    let at = last.map_or(row.at, |last| row.at.max(last.plus(1)));
    sql!(
        tx,
        "INSERT INTO corrections (id, elder, canteen, changes, sealed, reason, left_region, at, made_by, approved_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        row.id,
        row.elder,
        row.canteen,
        row.changes.clone(),
        row.sealed.as_ref(),
        &row.reason,
        row.left_region.as_ref(),
        at,
        row.made_by,
        row.approved_by
    )
    .execute()
    .await
    .map(drop)
}

/// The corrections of an elder's registration, the last first.
pub async fn of_elder(tx: &mut Tx, elder: ElderId) -> Result<Vec<CorrectionRow>, Error> {
    sql!(tx, "SELECT * FROM corrections WHERE elder = $1 ORDER BY at DESC, id DESC", elder).all().await
}

/// The corrections of a canteen's registration, the last first.
pub async fn of_canteen(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<CorrectionRow>, Error> {
    sql!(tx, "SELECT * FROM corrections WHERE canteen = $1 ORDER BY at DESC, id DESC", canteen).all().await
}

/// A canteen as it was registered at an instant: what was put right after it is as it was before. As it is now where no
/// instant is given.
pub async fn canteen_at(tx: &mut Tx, canteen: CanteenId, at: Option<UnixMs>) -> Result<Option<CanteenRow>, Error> {
    let Some(mut row) = canteens::get(tx, canteen).await? else { return Ok(None) };
    let Some(at) = at else { return Ok(Some(row)) };
    let later = of_canteen(tx, canteen).await?.into_iter().take_while(|correction| correction.at > at);
    for change in later.filter_map(|correction| correction.changes).flat_map(|Json(changes)| changes) {
        if let Some(place) = change.field.of(&mut row) {
            *place = change.old;
        }
    }
    Ok(Some(row))
}

/// Meals a day that a canteen stated, as was known at an instant: what was put right after it is as it was before.
pub async fn capacity_at(tx: &mut Tx, canteen: CanteenId, known: UnixMs) -> Result<Option<u32>, Error> {
    let former: Option<(Option<u32>,)> = sql!(
        tx,
        "SELECT capacity FROM former_capacities WHERE canteen = $1 AND at > $2 ORDER BY at LIMIT 1",
        canteen,
        known
    )
    .optional()
    .await?;
    if let Some((capacity,)) = former {
        return Ok(capacity);
    }
    let stated: Option<(Option<u32>,)> =
        sql!(tx, "SELECT capacity FROM canteens WHERE id = $1", canteen).optional().await?;
    Ok(stated.and_then(|(capacity,)| capacity))
}

/// Keeps what a canteen stated until now, and touches its days that no approved statement has settled.
pub async fn former_capacity(tx: &mut Tx, canteen: CanteenId, capacity: Option<u32>, now: UnixMs) -> Result<(), Error> {
    // Of two within a millisecond the first one's old value is what was known before it.
    sql!(
        tx,
        "INSERT INTO former_capacities (canteen, at, capacity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        canteen,
        now,
        capacity
    )
    .execute()
    .await?;
    sql!(
        tx,
        "UPDATE day_states SET version = version + 1, touched_at = $2 WHERE closed_version > 0 AND canteen = $1 \
         AND NOT EXISTS (SELECT 1 FROM settled_days d JOIN statements s ON s.id = d.statement \
         WHERE d.canteen = day_states.canteen AND d.date = day_states.date AND s.approved = 1)",
        canteen,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// When an elder who is in none of these regions now last left one of them by a correction. Whoever moved from street to
/// street inside of them is on the same lists, and who came back comes as any change does.
pub async fn last_left(tx: &mut Tx, regions: &[RegionCode]) -> Result<Option<UnixMs>, Error> {
    if regions.is_empty() {
        return Ok(None);
    }
    let inside = |column: &str| {
        let places: Vec<String> = (1..=regions.len()).map(|n| format!("{column} LIKE ${n} || '%'")).collect();
        places.join(" OR ")
    };
    let text = format!(
        "SELECT MAX(c.at) FROM corrections c JOIN elders e ON e.id = c.elder
         WHERE c.left_region IS NOT NULL AND ({}) AND NOT ({})",
        inside("c.left_region"),
        inside("e.region")
    );
    Statement::built(tx, text, regions.iter().map(super::Bind::bind).collect()).value().await
}

/// Puts name, telephone and region of an elder in the place of those before, if the registration still says what `old`
/// says; says whether it did.
pub async fn set_elder(tx: &mut Tx, old: &ElderRow, new: &ElderRow, now: UnixMs) -> Result<bool, Error> {
    let phone = |row: &ElderRow| row.phone_digest.unwrap_or(Digest::ZERO);
    let changed = sql!(
        tx,
        "UPDATE elders SET name = $2, sort_key = $3, region = $4, phone = $5, phone_digest = $6, changed_at = $7
         WHERE id = $1 AND name = $8 AND region = $9 AND ((phone_digest IS NULL AND $11) OR phone_digest = $10)",
        old.id,
        &new.name,
        &new.sort_key,
        &new.region,
        new.phone.as_ref(),
        new.phone_digest,
        now,
        &old.name,
        &old.region,
        phone(old),
        old.phone_digest.is_none()
    );
    Ok(changed.execute().await? == 1)
}

/// Puts a canteen's registration, but for place and payee, in the place of the one before.
pub async fn set_canteen(tx: &mut Tx, new: &CanteenRow) -> Result<(), Error> {
    sql!(
        tx,
        "UPDATE canteens SET name = $2, operator = $3, credit_code = $4, address = $5, phone = $6, capacity = $7
         WHERE id = $1",
        new.id,
        &new.name,
        &new.operator,
        &new.credit_code,
        &new.address,
        &new.phone,
        new.capacity
    )
    .execute()
    .await
    .map(drop)
}
