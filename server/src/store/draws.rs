//! Random inspection draws, their outcomes and what inspections found. Nothing of it is ever changed.

use domain::calendar::{BusinessDate, UnixMs};
use domain::draw::{DrawList, Drawn};
use domain::id::{CanteenId, Digest, UserId};
use domain::region::RegionCode;
use uuid::Uuid;

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A draw as it was announced.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DrawRow {
        /// Which one.
        pub id: Uuid,
        /// Where.
        pub region: RegionCode,
        /// What it is called.
        pub title: String,
        /// From which list.
        pub list: Json<DrawList>,
        /// The list's digest, as published.
        pub list_digest: Digest,
        /// Which public number will be the seed.
        pub seed_name: String,
        /// The day on which that number comes out.
        pub seed_on: BusinessDate,
        /// Who announced it.
        pub announced_by: UserId,
        /// When, unix ms.
        pub announced_at: UnixMs,
    }
}

row! {
    /// What the seed made of the list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OutcomeRow {
        /// The draw.
        pub draw: Uuid,
        /// The seed as typed.
        pub seed: String,
        /// In the order of tickets.
        pub outcome: Json<Vec<Drawn>>,
        /// Who typed the seed.
        pub drawn_by: UserId,
        /// When, unix ms.
        pub drawn_at: UnixMs,
    }
}

row! {
    /// What an inspection found.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ResultRow {
        /// The draw.
        pub draw: Uuid,
        /// The canteen.
        pub canteen: CanteenId,
        /// When it was inspected.
        pub inspected_on: BusinessDate,
        /// `good`, `fair` or `poor`.
        pub grade: String,
        /// What was found, in words.
        pub words: String,
        /// Who wrote it down.
        pub noted_by: UserId,
        /// When, unix ms.
        pub noted_at: UnixMs,
    }
}

/// Adds a draw.
pub async fn announce(tx: &mut Tx, draw: &DrawRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO draws (id, region, title, list, list_digest, seed_name, seed_on, announced_by, announced_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        draw.id,
        &draw.region,
        &draw.title,
        draw.list.clone(),
        draw.list_digest,
        &draw.seed_name,
        draw.seed_on,
        draw.announced_by,
        draw.announced_at
    )
    .execute()
    .await
    .map(drop)
}

/// One draw.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<DrawRow>, Error> {
    sql!(tx, "SELECT * FROM draws WHERE id = $1", id).optional().await
}

/// The draws of a region, the last announced first, behind the draw `after`, with whether they were drawn and how many
/// results there are.
pub async fn list(
    tx: &mut Tx,
    region: &RegionCode,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<(DrawRow, bool, i64)>, Error> {
    let rows: Vec<DrawRow> = match after {
        None => {
            let text = "SELECT * FROM draws WHERE region LIKE $1 || '%' ORDER BY announced_at DESC, id LIMIT $2";
            sql!(tx, text, region, most).all().await?
        }
        Some(after) => {
            let text = "SELECT d.* FROM draws d JOIN draws a ON a.id = $3 WHERE d.region LIKE $1 || '%' \
                        AND (d.announced_at < a.announced_at OR (d.announced_at = a.announced_at AND d.id > a.id)) \
                        ORDER BY d.announced_at DESC, d.id LIMIT $2";
            sql!(tx, text, region, most, after).all().await?
        }
    };
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let (drawn, results): (i64, i64) = sql!(
            tx,
            "SELECT (SELECT COUNT(*) FROM draw_outcomes o WHERE o.draw = $1), \
             (SELECT COUNT(*) FROM draw_results r WHERE r.draw = $1)",
            row.id
        )
        .one()
        .await?;
        listed.push((row, drawn > 0, results));
    }
    Ok(listed)
}

/// Keeps what the seed made of the list; says whether it was not drawn until now.
pub async fn draw(tx: &mut Tx, outcome: &OutcomeRow) -> Result<bool, Error> {
    let kept = sql!(
        tx,
        "INSERT INTO draw_outcomes (draw, seed, outcome, drawn_by, drawn_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        outcome.draw,
        &outcome.seed,
        outcome.outcome.clone(),
        outcome.drawn_by,
        outcome.drawn_at
    );
    Ok(kept.execute().await? == 1)
}

/// What the seed made of a draw's list; nothing before it was drawn.
pub async fn outcome(tx: &mut Tx, draw: Uuid) -> Result<Option<OutcomeRow>, Error> {
    sql!(tx, "SELECT * FROM draw_outcomes WHERE draw = $1", draw).optional().await
}

/// Writes down what an inspection found; says whether nothing was written down until now.
pub async fn note(tx: &mut Tx, result: &ResultRow) -> Result<bool, Error> {
    let kept = sql!(
        tx,
        "INSERT INTO draw_results (draw, canteen, inspected_on, grade, words, noted_by, noted_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        result.draw,
        result.canteen,
        result.inspected_on,
        &result.grade,
        &result.words,
        result.noted_by,
        result.noted_at
    );
    Ok(kept.execute().await? == 1)
}

/// What the inspections of a draw found.
pub async fn results(tx: &mut Tx, draw: Uuid) -> Result<Vec<ResultRow>, Error> {
    sql!(tx, "SELECT * FROM draw_results WHERE draw = $1 ORDER BY noted_at, canteen", draw).all().await
}
