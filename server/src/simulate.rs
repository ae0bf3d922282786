//! A policy tried on a stored month: what it would have cost, and whom it would have helped.
//!
//! One snapshot of the store, some elders at a time: memory does not grow with the month.

use std::sync::Arc;

use domain::calendar::Month;
use domain::decision::{Kind, Payer, PolicyRef};
use domain::id::{CanteenId, ElderId};
use domain::policy::Policy;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::simulation::{Comparison, Elders, Pair, Scenario, Tally};
use serde::Serialize;
use uuid::Uuid;

use crate::Office;
use crate::error::Error;
use crate::store::{Tx, elders, simulation};
use crate::words::settlement as words;

/// So many elders are in memory at a time.
const CHUNK: i64 = 200;

/// What a policy would have changed about a month. All amounts in fen.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Simulated {
    /// The policy that was tried.
    pub policy: PolicyRef,
    /// Its name.
    pub name: String,
    /// The month.
    pub month: Month,
    /// The region that was asked for, if not all of the policy's.
    pub region: Option<RegionCode>,
    /// Meals decided again.
    pub meals: u64,
    /// Of these: meals of days that are not closed yet, held against what was charged.
    pub not_closed: u64,
    /// What payers owe canteens.
    pub cost: Pair,
    /// What elders pay.
    pub own_payment: Pair,
    /// Who gains, who loses, and how much in all.
    pub elders: Elders,
    /// By payer, in the order of statements.
    pub payers: Vec<OfPayer>,
    /// By kind and benefit.
    pub benefits: Vec<OfBenefit>,
    /// By canteen, in the order of names.
    pub canteens: Vec<OfCanteen>,
}

/// A payer's part.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedPayer)]
pub struct OfPayer {
    /// Who.
    #[serde(flatten)]
    pub payer: Payer,
    /// The payer as statements name it.
    pub label: String,
    /// What it owes.
    #[serde(flatten)]
    pub amount: Pair,
}

/// A benefit's part.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedBenefit)]
pub struct OfBenefit {
    /// Its id.
    pub benefit: String,
    /// Its label.
    pub label: String,
    /// Its kind.
    pub kind: Kind,
    /// How often and how much.
    #[serde(flatten)]
    pub tally: Tally,
}

/// A canteen's part.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SimulatedCanteen)]
pub struct OfCanteen {
    /// Which one.
    pub canteen: CanteenId,
    /// Its name.
    pub name: String,
    /// Meals decided again.
    pub meals: u64,
    /// What payers owe it.
    #[serde(flatten)]
    pub amount: Pair,
}

impl Office {
    /// Decides a stored month again under another policy and compares. Changes nothing.
    pub async fn simulate(&self, policy: Policy, month: Month, region: Option<RegionCode>) -> Result<Simulated, Error> {
        let (rules, known) = (self.book(), self.now());
        let asked = Arc::new((policy, region));
        let (about, of_rules) = (Arc::clone(&asked), Arc::clone(&rules));
        let (comparison, names) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let (policy, region) = &*about;
                    let scenario = Scenario { policy, rules: &of_rules, month, region: region.as_ref(), known };
                    compare(tx, &scenario).await
                })
            })
            .await?;
        let (policy, region) = &*asked;
        Ok(answer(policy, month, region.clone(), &rules, &comparison, &names))
    }
}

type Names = Vec<(CanteenId, String)>;

async fn compare(tx: &mut Tx, scenario: &Scenario<'_>) -> Result<(Comparison, Names), Error> {
    let month = scenario.month;
    let (from, to) = (month.first().monday(), month.last().monday().plus_days(6));
    let (mut names, mut canteens) = (Names::new(), std::collections::BTreeMap::new());
    for (id, (name, canteen)) in simulation::all_canteens(tx).await? {
        if scenario.could_cover(&canteen.region) {
            names.push((id, name));
        }
        canteens.insert(id, canteen);
    }
    names.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    let mut comparison = Comparison::default();
    let mut after = ElderId::from_uuid(Uuid::nil());
    loop {
        let ids = simulation::diners(tx, month, after, CHUNK).await?;
        let Some(last) = ids.last() else { return Ok((comparison, names)) };
        after = *last;
        let known = elders::for_rules(tx, &ids).await?;
        for (id, meals) in simulation::meals(tx, &ids, from, to).await? {
            if let Some(elder) = known.get(&id) {
                comparison.add(scenario.elder(elder, &canteens, &meals));
            }
        }
    }
}

fn answer(
    policy: &Policy,
    month: Month,
    region: Option<RegionCode>,
    rules: &Rulebook,
    comparison: &Comparison,
    names: &Names,
) -> Simulated {
    let label = |benefit: &str| {
        let other = || rules.policies.policies().filter_map(|p| p.benefit(benefit)).last();
        policy.benefit(benefit).or_else(other).map_or_else(|| benefit.to_owned(), |b| b.label.clone())
    };
    let of_canteen = |(canteen, name): &(CanteenId, String)| {
        let (meals, amount) = comparison.canteens.get(canteen)?;
        Some(OfCanteen { canteen: *canteen, name: name.clone(), meals: *meals, amount: *amount })
    };
    let mut payers: Vec<OfPayer> = Vec::new();
    let mut sums = domain::reconciliation::PayerSums::default();
    for payer in comparison.payers.keys() {
        sums.add(payer, domain::money::Fen::ZERO);
    }
    for (payer, _) in sums.iter() {
        let amount = comparison.payers.get(payer).copied().unwrap_or_default();
        payers.push(OfPayer { label: words::payer(payer), payer: payer.clone(), amount });
    }
    let place = |id: &str| policy.benefits().iter().position(|b| b.id == id).unwrap_or(usize::MAX);
    let mut benefits: Vec<OfBenefit> = comparison
        .benefits
        .iter()
        .map(|((kind, benefit), tally)| OfBenefit {
            label: label(benefit),
            benefit: benefit.clone(),
            kind: *kind,
            tally: *tally,
        })
        .collect();
    benefits.sort_by_key(|b| (b.kind, place(&b.benefit)));
    Simulated {
        policy: policy.reference().clone(),
        name: policy.name().to_owned(),
        month,
        region,
        meals: comparison.meals,
        not_closed: comparison.not_closed,
        cost: comparison.cost,
        own_payment: comparison.own_payment,
        elders: comparison.elders,
        payers,
        benefits,
        canteens: names.iter().filter_map(of_canteen).collect(),
    }
}
