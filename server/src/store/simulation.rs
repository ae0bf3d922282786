//! A month's meals for [`domain::simulation`], some elders at a time.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month};
use domain::canteen::Canteen;
use domain::decision::Line;
use domain::id::{CanteenId, ElderId};
use domain::reconciliation::Frozen;
use domain::record::{Body, Record};
use domain::simulation::StoredMeal;

use super::records::Decoded;
use super::{Bind as _, Json, Statement, Tx, Value, canteens};
use crate::error::Error;
use crate::{row, sql};

/// Every canteen as the rules see it, with its name.
pub async fn all_canteens(tx: &mut Tx) -> Result<BTreeMap<CanteenId, (String, Canteen)>, Error> {
    let ids: Vec<(CanteenId, String)> = sql!(tx, "SELECT id, name FROM canteens ORDER BY id").all().await?;
    let mut all = BTreeMap::new();
    for (id, name) in ids {
        all.extend(canteens::for_rules(tx, id).await?.map(|canteen| (id, (name, canteen))));
    }
    Ok(all)
}

/// So many elders behind `after`, by id, who ate in the month: not voided, and in whatever canteen.
pub async fn diners(tx: &mut Tx, month: Month, after: ElderId, most: i64) -> Result<Vec<ElderId>, Error> {
    sql!(
        tx,
        "SELECT DISTINCT elder FROM elder_meals WHERE elder > $1 AND date BETWEEN $2 AND $3 AND voided_by IS NULL \
         ORDER BY elder LIMIT $4",
        after,
        month.first(),
        month.last(),
        most
    )
    .values()
    .await
}

row! {
    struct MealOf {
        elder: ElderId,
        bytes: Decoded,
        frozen_in: Frozen,
        policy: Option<String>,
        lines: Json<Vec<Line>>,
        closed: bool,
        due_policy: Option<String>,
        due_lines: Option<Json<Vec<Line>>>,
    }
}

/// The meals of these elders on the dates `from..=to` that were not voided: what is due of them by the last close of
/// their day, or what was charged where there is none.
pub async fn meals(
    tx: &mut Tx,
    elders: &[ElderId],
    from: BusinessDate,
    to: BusinessDate,
) -> Result<BTreeMap<ElderId, Vec<StoredMeal>>, Error> {
    let mut meals: BTreeMap<ElderId, Vec<StoredMeal>> = BTreeMap::new();
    let text = format!(
        "SELECT m.elder, r.bytes, m.frozen_in, m.policy, m.lines, \
         d.record IS NOT NULL AS closed, d.policy AS due_policy, d.lines AS due_lines FROM elder_meals m \
         JOIN records r ON r.canteen = m.canteen AND r.id = m.record \
         LEFT JOIN due_meals d ON d.elder = m.elder AND d.date = m.date AND d.canteen = m.canteen \
         AND d.record = m.record \
         WHERE m.elder {} AND m.date BETWEEN $1 AND $2 AND m.voided_by IS NULL",
        tx.among(3)
    );
    let values = vec![from.bind(), to.bind(), Value::list(elders)];
    for row in Statement::built(tx, text, values).all::<MealOf>().await? {
        let MealOf { elder, bytes, frozen_in: frozen, policy, lines, closed, due_policy, due_lines } = row;
        let Decoded(Record { id, canteen, at, body: Body::Meal(meal), .. }) = bytes else { continue };
        let (policy, lines) =
            if closed { (due_policy, due_lines.map_or_else(Vec::new, |Json(lines)| lines)) } else { (policy, lines.0) };
        let meal = StoredMeal { record: id, canteen, at, frozen, meal: meal.meal, policy, lines, closed };
        meals.entry(elder).or_default().push(meal);
    }
    Ok(meals)
}
