//! Cards for many elders at once: proposed by one person, agreed to by another, printed once.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{ElderId, UserId};
use domain::region::RegionCode;
use serde::Serialize;
use uuid::Uuid;

use super::decisions::Decision;
use super::{At, Bind as _, Column, Json, Row, Tx, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// Who is to get a card.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BatchRow {
        /// Which one.
        pub id: Uuid,
        /// Where its elders are registered.
        pub region: RegionCode,
        /// What it is called: a canteen's or a region's name.
        pub title: String,
        /// Exactly these.
        pub elders: Json<Vec<ElderId>>,
        /// The cards' last day; nothing for cards without end.
        pub until: Option<BusinessDate>,
        /// Who proposes.
        pub maker: UserId,
        /// Unix ms.
        pub made_at: UnixMs,
        /// What another person decided.
        pub decided: Decision,
        /// When the cards were issued, unix ms.
        pub issued_at: Option<UnixMs>,
    }
}

/// Why somebody on the agreed list got no card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CardLeftOutReason)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Known to be dead when the sheet was printed.
    Dead,
    /// Had got a card since the batch was proposed, and keeps it.
    HasCard,
}

impl LeftOutReason {
    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::HasCard => "has_card",
        }
    }
}

impl Column for LeftOutReason {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        match String::read(row, at)?.as_str() {
            "dead" => Ok(Self::Dead),
            "has_card" => Ok(Self::HasCard),
            other => Err(Error::Corrupt(format!("no reason to be left out: {other:?}"))),
        }
    }
}

row! {
    /// An elder on the agreed list who got no card.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LeftOutRow {
        /// Of which batch.
        pub batch: Uuid,
        /// Who.
        pub elder: ElderId,
        /// The elder's name.
        pub name: String,
        /// Why.
        pub reason: LeftOutReason,
    }
}

/// Adds an open batch.
pub async fn add(tx: &mut Tx, row: &BatchRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO card_batches (id, region, title, elders, until, maker, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.id,
        &row.region,
        &row.title,
        row.elders.clone(),
        row.until,
        row.maker,
        row.made_at
    )
    .execute()
    .await
    .map(drop)
}

/// The batch with that id.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<BatchRow>, Error> {
    sql!(tx, "SELECT * FROM card_batches WHERE id = $1", id).optional().await
}

/// The batches of a region, the last proposed first, at most `most`.
pub async fn list(tx: &mut Tx, region: &RegionCode, most: i64) -> Result<Vec<BatchRow>, Error> {
    sql!(tx, "SELECT * FROM card_batches WHERE region LIKE $1 || '%' ORDER BY made_at DESC, id LIMIT $2", region, most)
        .all()
        .await
}

/// Notes that an approved batch is being printed; says whether it was approved and had not been.
pub async fn issued(tx: &mut Tx, id: Uuid, now: UnixMs) -> Result<bool, Error> {
    let noted = sql!(
        tx,
        "UPDATE card_batches SET issued_at = $2 WHERE id = $1 AND decision = 'approved' AND issued_at IS NULL",
        id,
        now
    );
    Ok(noted.execute().await? == 1)
}

/// Notes who of a batch that is being printed gets no card.
pub async fn leave_out(tx: &mut Tx, id: Uuid, left_out: &[(ElderId, LeftOutReason)]) -> Result<(), Error> {
    let rows = left_out.iter().flat_map(|(elder, reason)| [id.bind(), elder.bind(), reason.name().bind()]).collect();
    insert(tx, "INSERT INTO cards_left_out (batch, elder, reason)", 3, rows, "").await.map(drop)
}

/// Who was left out of the batches that [`list`] gives, by batch and name.
pub async fn left_out(tx: &mut Tx, region: &RegionCode, most: i64) -> Result<Vec<LeftOutRow>, Error> {
    let text = "SELECT l.batch, l.elder, e.name, l.reason FROM cards_left_out l JOIN elders e ON e.id = l.elder
                WHERE l.batch IN (SELECT id FROM card_batches WHERE region LIKE $1 || '%'
                                  ORDER BY made_at DESC, id LIMIT $2)
                ORDER BY l.batch, e.sort_key, l.elder";
    sql!(tx, text, region, most).all().await
}
