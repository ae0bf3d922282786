//! What was learned of elders in a time, and what it bears on: the meals after the date, the findings about them, and what
//! would be deducted. For the page and for its twin of the API.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{CanteenId, ElderId};
use domain::reconciliation::Finding;
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

/// How many days after it began to hold it was learned.
pub(crate) fn late(fact: &ElderFact) -> i64 {
    let known = fact.known_from.business_date();
    (known.start().get() - fact.valid_from.start().get()).max(0) / (24 * 60 * 60 * 1000)
}

/// From when to when meals are such that the fact bears on. Meals of the day of death were eaten by a living person; what
/// is learned in time touches nothing but what tills served on an older roster.
fn window(fact: &ElderFact) -> (BusinessDate, Option<BusinessDate>) {
    match fact.kind {
        ElderFactKind::Death { .. } => (fact.valid_from.plus_days(1), None),
        _ => (fact.valid_from, Some(fact.known_from.business_date())),
    }
}

/// What days found in their last closes; days that are not closed are missing.
pub(crate) type Found = BTreeMap<(CanteenId, BusinessDate), Vec<Finding>>;

/// The findings about these meals.
pub(crate) fn findings_about<'c>(meals: &[MealOf], closes: &'c Found) -> Vec<(CanteenId, &'c Finding)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for meal in meals {
        let Some(found_there) = closes.get(&(meal.canteen, meal.date)) else { continue };
        for finding in found_there.iter().filter(|finding| finding.evidence.contains(&meal.record)) {
            if seen.insert((meal.canteen, finding.number.as_str())) {
                found.push((meal.canteen, finding));
            }
        }
    }
    found
}

/// What was learned, with the meals that it bears on and what was found on their days.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) rows: Vec<LearnedRow>,
    /// By elder and number of the fact.
    pub(crate) meals: BTreeMap<(ElderId, i64), Vec<MealOf>>,
    pub(crate) closes: Found,
    /// There is more behind the last row.
    pub(crate) more: bool,
}

impl Read {
    /// The meals that a row bears on.
    pub(crate) fn meals_of(&self, row: &LearnedRow) -> &[MealOf] {
        self.meals.get(&(row.elder, row.number)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// How much is read for a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Rows at most.
    pub(crate) rows: i64,
    /// Rows behind which they bear on so many meals are left for the next page: each may bear on those of years.
    pub(crate) meals: usize,
}

/// What was learned of a region's elders from one instant until before another, the last first, behind a row; at most so
/// many as the bounds allow and one at least, with what they bear on.
pub(crate) async fn load(
    tx: &mut Tx,
    region: &RegionCode,
    (since, until): (UnixMs, UnixMs),
    behind: Option<Place>,
    most: Bounds,
) -> Result<Read, Error> {
    let mut read =
        Read { rows: register::learned(tx, region, (since, until), behind, most.rows + 1).await?, ..Read::default() };
    let asked = usize::try_from(most.rows).unwrap_or(usize::MAX);
    read.more = read.rows.len() > asked;
    read.rows.truncate(asked);
    let (mut days, mut count) = (BTreeSet::new(), 0);
    for at in 0..read.rows.len() {
        let Some(row) = read.rows.get(at) else { break };
        if count >= most.meals {
            read.rows.truncate(at);
            read.more = true;
            break;
        }
        let (first, last) = window(&row.fact.0);
        let meals = register::meals_of(tx, row.elder, first, last).await?;
        count += meals.len();
        days.extend(meals.iter().map(|meal| (meal.canteen, meal.date)));
        read.meals.insert((row.elder, row.number), meals);
    }
    for (canteen, date) in days {
        if let Some(found) = closes::found_on(tx, canteen, date).await? {
            read.closes.insert((canteen, date), found);
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_death_bears_on_the_days_after_it_and_a_late_end_on_those_until_it_was_known() {
        let day = |n| BusinessDate::new(2026, 3, n).unwrap();
        let fact = |kind| ElderFact { valid_from: day(10), known_from: day(20).at_minute(600), kind };
        let bears_on = |fact: &ElderFact, n: i8| {
            let (first, last) = window(fact);
            day(n) >= first && last.is_none_or(|last| day(n) <= last)
        };
        let death = fact(ElderFactKind::Death { dead: true });
        assert_eq!([9, 10, 11, 25].map(|n| bears_on(&death, n)), [false, false, true, true]);
        let end = fact(ElderFactKind::Category { name: "低保".into(), level: None, held: false });
        assert_eq!([9, 10, 20, 21].map(|n| bears_on(&end, n)), [false, true, true, false]);
        assert_eq!(late(&death), 10);
    }
}
