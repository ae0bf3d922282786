//! What one person proposes and another decides.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;
use uuid::Uuid;

use super::Tx;
use super::decisions::Decision;
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A proposal.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ProposalRow {
        /// Its id.
        pub id: Uuid,
        /// `policy`, `price`, `payee`, `demand`, `budget`, `person`, `calendar` or `correction`.
        pub kind: String,
        /// The region it is about.
        pub region: RegionCode,
        /// The canteen it is about, if it is one's.
        pub canteen: Option<CanteenId>,
        /// What is proposed, sealed.
        pub payload: Vec<u8>,
        /// The keyed digest of what is proposed: whoever approves names it.
        pub digest: Digest,
        /// Who proposes.
        pub maker: UserId,
        /// Unix ms.
        pub made_at: UnixMs,
        /// What another person decided.
        pub decided: Decision,
    }
}

/// Adds an open proposal.
pub async fn add(tx: &mut Tx, row: &ProposalRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO proposals (id, kind, region, canteen, payload, digest, maker, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        &row.kind,
        &row.region,
        row.canteen,
        &row.payload,
        row.digest,
        row.maker,
        row.made_at
    )
    .execute()
    .await
    .map(drop)
}

/// The proposal with that id.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<ProposalRow>, Error> {
    sql!(tx, "SELECT * FROM proposals WHERE id = $1", id).optional().await
}

/// The open proposals of a region, the oldest first.
pub async fn open(tx: &mut Tx, region: &RegionCode) -> Result<Vec<ProposalRow>, Error> {
    sql!(tx, "SELECT * FROM proposals WHERE decision IS NULL AND region LIKE $1 || '%' ORDER BY made_at, id", region)
        .all()
        .await
}

/// The open proposals of a kind, wherever they are about; the oldest first.
pub async fn of_kind(tx: &mut Tx, kind: &str) -> Result<Vec<ProposalRow>, Error> {
    sql!(tx, "SELECT * FROM proposals WHERE decision IS NULL AND kind = $1 ORDER BY made_at, id", kind).all().await
}

/// The decided proposals of a region, the last decided first, at most `limit`, behind the proposal `after`.
pub async fn decided(
    tx: &mut Tx,
    region: &RegionCode,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ProposalRow>, Error> {
    let Some(after) = after else {
        let text = "SELECT * FROM proposals WHERE decision IS NOT NULL AND region LIKE $1 || '%'
                    ORDER BY decided_at DESC, id LIMIT $2";
        return sql!(tx, text, region, limit).all().await;
    };
    let text = "SELECT p.* FROM proposals p JOIN proposals a ON a.id = $3
                WHERE p.decision IS NOT NULL AND p.region LIKE $1 || '%'
                AND (p.decided_at < a.decided_at OR (p.decided_at = a.decided_at AND p.id > a.id))
                ORDER BY p.decided_at DESC, p.id LIMIT $2";
    sql!(tx, text, region, limit, after).all().await
}
