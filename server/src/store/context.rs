//! What a day close is held against beside its own records: list prices, capacity, earlier days, cards and forks.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::id::{CanteenId, ElderId};
use domain::money::Fen;
use domain::reconciliation::{CardLife, Context, EarlierDay, Thresholds};
use domain::sync::ListPrice;

use super::{Bind as _, Statement, Tx, Value, corrections, epochs};
use crate::error::Error;
use crate::sql;

/// Loads it as known at `known`, for a day on which these elders ate.
pub async fn load(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    eaters: &[ElderId],
    known: UnixMs,
) -> Result<Context, Error> {
    let prices: Vec<(BusinessDate, MealPeriod, Fen)> = sql!(
        tx,
        "SELECT valid_from, period, price FROM prices WHERE canteen = $1 AND known_from <= $2 ORDER BY number",
        canteen,
        known
    )
    .all()
    .await?;
    let price = |(valid_from, period, price)| ListPrice { valid_from, period, price };
    Ok(Context {
        prices: prices.into_iter().map(price).collect(),
        capacity: corrections::capacity_at(tx, canteen, known).await?,
        earlier: earlier(tx, canteen, date).await?,
        cards: cards(tx, eaters, date, known).await?,
        // What makes an epoch's start a fork may arrive days after its day was closed: ingest touches that day then.
        forks: epochs::undecided(tx, canteen, date, known).await?,
    })
}

/// The open days before, the last first.
async fn earlier(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<EarlierDay>, Error> {
    let counts: Vec<(BusinessDate, u32)> = sql!(
        tx,
        "SELECT date, meals FROM open_days WHERE canteen = $1 AND date < $2 AND meals > 0 ORDER BY date DESC LIMIT $3",
        canteen,
        date,
        Thresholds::MOST_FLAT_DAYS - 1
    )
    .all()
    .await?;
    let mut days: Vec<EarlierDay> =
        counts.into_iter().map(|(date, meals)| EarlierDay { date, meals, elders: Vec::new() }).collect();
    for day in days.iter_mut().take(2) {
        day.elders = elders(tx, canteen, day.date).await?.unwrap_or_default();
    }
    Ok(days)
}

async fn elders(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Option<Vec<ElderId>>, Error> {
    let row: Option<(Vec<u8>,)> =
        sql!(tx, "SELECT elders FROM open_days WHERE canteen = $1 AND date = $2", canteen, date).optional().await?;
    let Some((bytes,)) = row else { return Ok(None) };
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(Error::Corrupt(format!("the order of elders of {canteen} on {date} is cut")));
    }
    Ok(Some(ids.iter().map(|id| ElderId::from_uuid(uuid::Uuid::from_bytes(*id))).collect()))
}

/// Cards that were revoked in time to matter: of those who ate here and had one revoked before the date was over.
async fn cards(
    tx: &mut Tx,
    eaters: &[ElderId],
    date: BusinessDate,
    known: UnixMs,
) -> Result<BTreeMap<ElderId, Vec<CardLife>>, Error> {
    let text = format!(
        "SELECT c.elder, c.issued_at, c.revoked_at FROM cards c WHERE c.elder {} AND c.issued_at <= $2 \
         AND EXISTS (SELECT 1 FROM cards r WHERE r.elder = c.elder AND r.revoked_at < $1) \
         ORDER BY c.elder, c.issued_at",
        tx.among(3)
    );
    let values = vec![date.plus_days(1).start().bind(), known.bind(), Value::list(eaters)];
    let rows: Vec<(ElderId, UnixMs, Option<UnixMs>)> = Statement::built(tx, text, values).all().await?;
    let mut cards: BTreeMap<ElderId, Vec<CardLife>> = BTreeMap::new();
    for (elder, issued, revoked) in rows {
        let revoked = revoked.filter(|at| *at <= known);
        cards.entry(elder).or_default().push(CardLife { issued, revoked });
    }
    Ok(cards)
}

/// Notes what a closed day looks like to the days after it, and touches those of them that look at it where that changed.
pub async fn save(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    meals: u32,
    served: &[ElderId],
    now: UnixMs,
) -> Result<(), Error> {
    let before: Option<(u32, Vec<u8>)> =
        sql!(tx, "SELECT meals, elders FROM open_days WHERE canteen = $1 AND date = $2", canteen, date)
            .optional()
            .await?;
    let elders: Vec<u8> = served.iter().flat_map(|elder| elder.uuid().into_bytes()).collect();
    let same_count = before.as_ref().map_or(0, |(meals, _)| *meals) == meals;
    if same_count && before.as_ref().map_or(&[][..], |(_, elders)| elders) == elders {
        return Ok(());
    }
    sql!(
        tx,
        "INSERT INTO open_days (canteen, date, meals, elders) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (canteen, date) DO UPDATE SET meals = excluded.meals, elders = excluded.elders",
        canteen,
        date,
        meals,
        &elders
    )
    .execute()
    .await?;
    let reach = if same_count { 2 } else { Thresholds::MOST_FLAT_DAYS - 1 };
    sql!(
        tx,
        "UPDATE day_states SET version = version + 1, touched_at = $4 WHERE canteen = $1 AND closed_version > 0 \
         AND date IN (SELECT o.date FROM open_days o WHERE o.canteen = $1 AND o.date > $2 AND o.meals > 0 \
         ORDER BY o.date LIMIT $3)",
        canteen,
        date,
        reach,
        now
    )
    .execute()
    .await
    .map(drop)
}
