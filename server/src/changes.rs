//! What was learned of elders in a time, and what it bears on: the meals after the date, the findings about them, and what
//! would be deducted. For the page and for its twin of the API.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{CanteenId, ElderId};
use domain::reconciliation::{DayClose, Finding};
use domain::region::RegionCode;

use crate::Error;
use crate::store::register::{LearnedRow, MealOf, Place};
use crate::store::{Tx, closes, register};

/// What kind of change, as the filter names it.
pub(crate) const fn kind_of(kind: &ElderFactKind) -> &'static str {
    match kind {
        ElderFactKind::Death { .. } => "death",
        ElderFactKind::Hukou { .. } | ElderFactKind::Residence { .. } => "move",
        ElderFactKind::Category { .. } => "category",
    }
}

/// Whether a meal of that date is one that the fact bears on. Meals of the day of death were eaten by a living person;
/// what is learned in time touches nothing but what tills served on an older roster.
pub(crate) fn bears_on(fact: &ElderFact, date: BusinessDate) -> bool {
    match fact.kind {
        ElderFactKind::Death { .. } => date > fact.valid_from,
        _ => date >= fact.valid_from && date <= fact.known_from.business_date(),
    }
}

/// How many days after it began to hold it was learned.
pub(crate) fn late(fact: &ElderFact) -> i64 {
    let known = fact.known_from.business_date();
    (known.start().get() - fact.valid_from.start().get()).max(0) / (24 * 60 * 60 * 1000)
}

/// The findings about these meals, in the last closes of their days.
pub(crate) fn findings_about<'c>(
    meals: &[&MealOf],
    closes: &'c BTreeMap<(CanteenId, BusinessDate), DayClose>,
) -> Vec<(CanteenId, &'c Finding)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for meal in meals {
        let Some(close) = closes.get(&(meal.canteen, meal.date)) else { continue };
        for finding in close.findings.iter().filter(|finding| finding.evidence.contains(&meal.record)) {
            if seen.insert((meal.canteen, finding.number.as_str())) {
                found.push((meal.canteen, finding));
            }
        }
    }
    found
}

/// What was learned, with the meals of those elders and the last closes of the days that it bears on.
pub(crate) struct Read {
    pub(crate) rows: Vec<LearnedRow>,
    pub(crate) meals: BTreeMap<ElderId, Vec<MealOf>>,
    pub(crate) closes: BTreeMap<(CanteenId, BusinessDate), DayClose>,
}

/// What was learned of a region's elders from one instant until before another, the last first, behind a row; at most so
/// many, with what they bear on.
pub(crate) async fn load(
    tx: &mut Tx,
    region: &RegionCode,
    (since, until): (UnixMs, UnixMs),
    behind: Option<Place>,
    most: i64,
) -> Result<Read, Error> {
    let rows = register::learned(tx, region, (since, until), behind, most).await?;
    let elders: BTreeSet<ElderId> = rows.iter().map(|row| row.elder).collect();
    let elders: Vec<ElderId> = elders.into_iter().collect();
    let first = rows.iter().map(|row| row.fact.0.valid_from).min();
    let found = match first {
        Some(first) => register::meals_of(tx, &elders, first).await?,
        None => Vec::new(),
    };
    let mut meals: BTreeMap<ElderId, Vec<MealOf>> = BTreeMap::new();
    for meal in found {
        meals.entry(meal.elder).or_default().push(meal);
    }
    let of = |row: &LearnedRow| meals.get(&row.elder).map(Vec::as_slice).unwrap_or_default();
    let touched = rows.iter().flat_map(|row| of(row).iter().filter(|meal| bears_on(&row.fact.0, meal.date)));
    let days: BTreeSet<(CanteenId, BusinessDate)> = touched.map(|meal| (meal.canteen, meal.date)).collect();
    let mut last = BTreeMap::new();
    for (canteen, date) in days {
        if let Some(close) = closes::last(tx, canteen, date).await? {
            last.insert((canteen, date), close.content.0);
        }
    }
    Ok(Read { rows, meals, closes: last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_death_bears_on_the_days_after_it_and_a_late_end_on_those_until_it_was_known() {
        let day = |n| BusinessDate::new(2026, 3, n).unwrap();
        let fact = |kind| ElderFact { valid_from: day(10), known_from: day(20).at_minute(600), kind };
        let death = fact(ElderFactKind::Death { dead: true });
        assert_eq!([9, 10, 11, 25].map(|n| bears_on(&death, day(n))), [false, false, true, true]);
        let end = fact(ElderFactKind::Category { name: "低保".into(), level: None, held: false });
        assert_eq!([9, 10, 20, 21].map(|n| bears_on(&end, day(n))), [false, true, true, false]);
        assert_eq!(late(&death), 10);
    }
}
