//! What elders have eaten over all canteens: the table that limits need, led by elder.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Line;
use domain::id::{CanteenId, ElderId, RecordId, TerminalId};
use uuid::Uuid;

use super::{Bind as _, Json, Statement, Tx, Value, insert, records};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A stored meal of a known elder, as charged.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MealRow {
        /// Who ate.
        pub elder: ElderId,
        /// The record's id.
        pub record: RecordId,
        /// Where.
        pub canteen: CanteenId,
        /// At which terminal.
        pub terminal: TerminalId,
        /// Its epoch.
        pub epoch: u32,
        /// Its sequence.
        pub sequence: u64,
        /// Business date.
        pub date: BusinessDate,
        /// Meal period.
        pub period: MealPeriod,
        /// Trusted time, unix ms.
        pub at: UnixMs,
        /// The policy it was charged under.
        pub policy: Option<String>,
        /// The lines as charged.
        pub lines: Json<Vec<Line>>,
        /// `accepted` or `disputed`.
        pub outcome: String,
        /// The void that reverses it.
        pub voided_by: Option<RecordId>,
        /// The draft or statement that froze it.
        pub frozen_by: Option<Uuid>,
        /// When this row changed last, unix ms.
        pub changed_at: UnixMs,
    }
}

/// Adds meals.
pub async fn add(tx: &mut Tx, meals: &[MealRow]) -> Result<(), Error> {
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(meals.len() * 14);
    for meal in meals {
        rows.extend([
            meal.elder.bind(),
            meal.record.bind(),
            meal.canteen.bind(),
            meal.terminal.bind(),
            meal.epoch.bind(),
            records::place(meal.sequence).bind(),
            meal.date.bind(),
            (&meal.period).bind(),
            meal.at.bind(),
            meal.policy.as_deref().bind(),
            Json(&meal.lines.0).bind(),
            meal.outcome.as_str().bind(),
            meal.voided_by.bind(),
            meal.changed_at.bind(),
        ]);
    }
    let head = "INSERT INTO elder_meals (elder, record, canteen, terminal, epoch, sequence, date, period, at, policy, \
                lines, outcome, voided_by, changed_at)";
    insert(tx, head, 14, rows, "").await.map(drop)
}

/// Notes which void reverses a meal.
pub async fn set_void(
    tx: &mut Tx,
    canteen: CanteenId,
    meal: RecordId,
    void: RecordId,
    now: UnixMs,
) -> Result<(), Error> {
    sql!(
        tx,
        "UPDATE elder_meals SET voided_by = $3, changed_at = $4 WHERE canteen = $1 AND record = $2",
        canteen,
        meal,
        void,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// The meal of that record.
pub async fn get(tx: &mut Tx, canteen: CanteenId, record: RecordId) -> Result<Option<MealRow>, Error> {
    sql!(tx, "SELECT * FROM elder_meals WHERE canteen = $1 AND record = $2", canteen, record).optional().await
}

/// The meals of one elder on the dates `from..=to`, by date, time and id.
pub async fn of_elder(
    tx: &mut Tx,
    elder: ElderId,
    from: BusinessDate,
    to: BusinessDate,
) -> Result<Vec<MealRow>, Error> {
    sql!(
        tx,
        "SELECT * FROM elder_meals WHERE elder = $1 AND date BETWEEN $2 AND $3 ORDER BY date, at, record",
        elder,
        from,
        to
    )
    .all()
    .await
}

/// The meals of these elders on the dates `from..=to` that were not voided, by elder, date, time and id.
pub async fn of_elders(
    tx: &mut Tx,
    elders: &[ElderId],
    from: BusinessDate,
    to: BusinessDate,
) -> Result<Vec<MealRow>, Error> {
    let text = format!(
        "SELECT * FROM elder_meals WHERE elder {} AND date BETWEEN $1 AND $2 AND voided_by IS NULL
         ORDER BY elder, date, at, record",
        tx.among(3)
    );
    Statement::built(tx, text, vec![from.bind(), to.bind(), Value::list(elders)]).all().await
}

/// Who ate in a canteen on a date, voided meals included, by id.
pub async fn eaters(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<ElderId>, Error> {
    let mut eaters: Vec<ElderId> =
        sql!(tx, "SELECT elder FROM elder_meals WHERE canteen = $1 AND date = $2", canteen, date).values().await?;
    eaters.sort_unstable();
    eaters.dedup();
    Ok(eaters)
}

/// Marks all meals of an elder as changed, for those who did not count them before.
pub async fn stamp(tx: &mut Tx, elder: ElderId, now: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE elder_meals SET changed_at = $2 WHERE elder = $1", elder, now).execute().await.map(drop)
}
