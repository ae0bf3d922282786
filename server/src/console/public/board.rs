//! What the public page is drawn from.

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::canteen::{Canteen, CanteenFactKind, CanteenFacts, Licence, UNRATED};
use domain::decision::{MealFacts, Mode, Usage};
use domain::elder::ElderFacts;
use domain::id::{CanteenId, StatementId};
use domain::money::Fen;
use domain::policy::{MealWindow, Policy};
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::subsidy::decide;
use domain::sync::ListPrice;

use crate::Error;
use crate::store::{Tx, canteens, months, overview};

/// The ages that prices are told for.
const AGES: [u8; 4] = [60, 70, 80, 90];

/// Everything that is shown.
pub(super) struct Board {
    /// When it was made, unix ms.
    pub(super) at: UnixMs,
    /// The month that meals are told of: the last one that is over.
    pub(super) month: Month,
    /// The region's name, where the office has one at the top.
    pub(super) region: Option<String>,
    /// The canteens, by name.
    pub(super) places: Vec<Place>,
    /// The months whose days of disclosure are not over, latest first.
    pub(super) disclosed: Vec<Disclosed>,
}

/// A canteen.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) phone: String,
    /// When it serves.
    pub(super) windows: Vec<MealWindow>,
    /// Whether something was served today.
    pub(super) open_today: bool,
    /// The list price of the day's first priced meal.
    pub(super) price: Option<Fen>,
    /// The day that the prices are told for: today, or the next one on which there is a subsidy.
    pub(super) priced_on: BusinessDate,
    /// What an elder of that age pays of it.
    pub(super) samples: Vec<Sample>,
    /// The quantified grade and since when, if there is one.
    pub(super) grade: Option<(String, BusinessDate)>,
    pub(super) licence_gone: bool,
    /// Meals of the month, and how many were delivered.
    pub(super) meals: u32,
    pub(super) delivered: u32,
}

/// What an elder of an age pays: of the canteen's own place, without any category, at the first meal of the day.
pub(super) struct Sample {
    pub(super) age: u8,
    pub(super) own: Fen,
}

/// A disclosed month.
pub(super) struct Disclosed {
    pub(super) region: RegionCode,
    pub(super) region_name: String,
    pub(super) month: Month,
    /// The last day on which objections are taken.
    pub(super) until: BusinessDate,
    pub(super) statements: Vec<Paid>,
}

/// A statement of a disclosed month.
pub(super) struct Paid {
    pub(super) id: StatementId,
    pub(super) canteen: String,
    pub(super) approved: Fen,
}

impl Disclosed {
    /// What was approved for all canteens.
    pub(super) fn amount(&self) -> Fen {
        self.statements.iter().map(|statement| statement.approved).sum()
    }
}

impl Place {
    /// Whether its name or address has the words that are looked for.
    pub(super) fn answers(&self, q: &str) -> bool {
        let all = format!("{} {}", self.name, self.address).to_lowercase();
        q.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }
}

impl Board {
    /// Reads it all in one snapshot.
    pub(super) async fn load(tx: &mut Tx, book: &Rulebook, now: UnixMs) -> Result<Self, Error> {
        let today = now.business_date();
        let month = today.month().previous();
        let regions = canteens::regions(tx).await?;
        let tops: Vec<_> = regions
            .iter()
            .filter(|region| {
                !regions.iter().any(|other| other.code != region.code && other.code.contains(&region.code))
            })
            .collect();
        let mut places = Vec::new();
        for top in &tops {
            let closes = overview::closes(tx, &top.code, month).await?;
            let open = overview::days(tx, &top.code, today.month()).await?;
            for row in canteens::inside(tx, &top.code).await? {
                let days = closes.range((row.id, month.first())..=(row.id, month.last()));
                let (mut meals, mut delivered) = (0, 0);
                for close in days.filter_map(|(_, (_, close))| close.as_ref()) {
                    meals += close.meals.count;
                    let modes = close.by_mode.iter().filter(|(_, mode, _)| *mode == Mode::Delivery);
                    delivered += modes.map(|(_, _, sum)| sum.count).sum::<u32>();
                }
                let open_today = open.contains_key(&(row.id, today));
                let place = Place { open_today, meals, delivered, ..place(tx, book, row.id, now).await? };
                places.push(Place { name: row.name, address: row.address, phone: row.phone, ..place });
            }
        }
        places.sort_by(|a, b| a.name.cmp(&b.name));
        let region = (tops.len() == 1).then(|| tops[0].name.clone());
        Ok(Self { at: now, month, region, places, disclosed: disclosed(tx, &regions, now.local_date()).await? })
    }
}

async fn place(tx: &mut Tx, book: &Rulebook, id: CanteenId, now: UnixMs) -> Result<Place, Error> {
    let today = now.business_date();
    let canteen = canteens::for_rules(tx, id).await?;
    let canteen = canteen.ok_or_else(|| Error::Corrupt("a canteen is gone".to_owned()))?;
    let facts = canteen.on(today, now);
    let prices = canteens::prices(tx, id).await?;
    let policy = book.policies.covering(&facts.region, today);
    let windows = policy.map(|policy| policy.meals().to_vec()).unwrap_or_default();
    let first = windows.iter().find_map(|w| Some((w.period.clone(), price_on(&prices, &w.period, today)?)));
    let mut samples = Vec::new();
    let mut priced_on = today;
    if let (Some(policy), Some((period, price))) = (policy, &first) {
        let of = |date| {
            paid(policy, book, &facts, &MealFacts { date, period: period.clone(), mode: Mode::DineIn, price: *price })
        };
        let coming = (0..7).map(|days| today.plus_days(days)).map(|date| (date, of(date)));
        let helped = |(_, samples): &(BusinessDate, Vec<Sample>)| samples.iter().any(|sample| sample.own < *price);
        (priced_on, samples) = coming.into_iter().find(helped).unwrap_or_else(|| (today, of(today)));
    }
    let grade = facts.standing.quality_grade.clone();
    let grade = (grade != UNRATED).then(|| (grade.clone(), since(&canteen, &grade, today).unwrap_or(today)));
    Ok(Place {
        name: String::new(),
        address: String::new(),
        phone: String::new(),
        windows,
        open_today: false,
        price: first.map(|(_, price)| price),
        priced_on,
        samples,
        grade,
        licence_gone: facts.standing.licence != Licence::Valid,
        meals: 0,
        delivered: 0,
    })
}

/// What elders of the told ages pay of a meal.
fn paid(policy: &Policy, book: &Rulebook, canteen: &CanteenFacts, meal: &MealFacts) -> Vec<Sample> {
    let sample = |age| {
        let at = Some(canteen.region.clone());
        let elder = ElderFacts { age, hukou: at.clone(), residence: at, categories: Vec::new() };
        let outcome = decide(policy, book.calendar(), &elder, canteen, meal, &Usage::default());
        Sample { age, own: outcome.decision.own_payment }
    };
    AGES.into_iter().map(sample).collect()
}

/// The list price in force.
fn price_on(prices: &[ListPrice], period: &domain::calendar::MealPeriod, date: BusinessDate) -> Option<Fen> {
    let of = prices.iter().filter(|price| price.period == *period && price.valid_from <= date);
    of.max_by_key(|price| price.valid_from).map(|price| price.price)
}

/// Since when a canteen has had the grade that it has, without a break.
fn since(canteen: &Canteen, grade: &str, today: BusinessDate) -> Option<BusinessDate> {
    let mut standings: Vec<_> = canteen
        .facts
        .iter()
        .filter(|fact| fact.valid_from <= today)
        .filter_map(|fact| match &fact.kind {
            CanteenFactKind::Standing { standing } => Some((fact.valid_from, fact.known_from, standing)),
            CanteenFactKind::Tags { .. } => None,
        })
        .collect();
    standings.sort_by_key(|(from, known, _)| (*from, *known));
    let run = standings.iter().rev().take_while(|(_, _, standing)| standing.quality_grade == grade);
    run.last().map(|(from, _, _)| *from)
}

async fn disclosed(tx: &mut Tx, regions: &[canteens::Region], today: BusinessDate) -> Result<Vec<Disclosed>, Error> {
    let mut found = Vec::new();
    for (region, month, until) in overview::disclosed(tx, today).await? {
        let Some(settlement) = months::settlement(tx, &region, month).await? else { continue };
        let names = months::canteens(tx, &region, None).await?;
        let name = |id: CanteenId| names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone());
        let statements = months::statements(tx, &settlement).await?;
        let paid = statements.iter().map(|statement| Paid {
            id: statement.id,
            canteen: name(statement.canteen).unwrap_or_default(),
            approved: statement.content.0.approved(),
        });
        let region_name =
            regions.iter().find(|r| r.code == region).map_or_else(|| region.to_string(), |r| r.name.clone());
        found.push(Disclosed { region, region_name, month, until, statements: paid.collect() });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> BusinessDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_price_in_force_is_the_last_one_that_has_begun() {
        let lunch: domain::calendar::MealPeriod = "lunch".parse().unwrap();
        let price = |from: &str, fen| ListPrice { valid_from: date(from), period: lunch.clone(), price: Fen::new(fen) };
        let prices = [price("2026-01-01", 1500), price("2026-06-01", 1600), price("2026-12-01", 1700)];
        assert_eq!(price_on(&prices, &lunch, date("2026-11-22")), Some(Fen::new(1600)));
        assert_eq!(price_on(&prices, &lunch, date("2025-12-31")), None);
    }
}
