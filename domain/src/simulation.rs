//! A stored month decided again under another policy, and what would be different.
//!
//! The question is: what if this policy had been in force from the first to the last day of the month? Every meal that
//! it would have covered is decided again with the facts known now, each elder's meals in the order of the settlement
//! ([`crate::reconciliation`]), so that limits count as they would have counted. It is held against what is due by the
//! last closes. Use follows policy id and benefit as always: what was used before the month, or under the same id in
//! canteens outside the question, counts as it stands.
//!
//! Pure, an elder at a time: whoever reads the store needs no more than one elder's month in memory.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calendar::{BusinessDate, Month, UnixMs};
use crate::canteen::Canteen;
use crate::decision::{Decision, Kind, Line, MealFacts, Mode, Payer, Usage};
use crate::elder::Elder;
use crate::id::{CanteenId, RecordId};
use crate::money::Fen;
use crate::policy::Policy;
use crate::reconciliation::Frozen;
use crate::record::check::Rulebook;
use crate::region::RegionCode;
use crate::subsidy::decide;

/// A meal as the store has it, not voided.
#[derive(Clone, Debug)]
pub struct StoredMeal {
    /// Its record.
    pub record: RecordId,
    /// Where.
    pub canteen: CanteenId,
    /// Trusted time, unix ms.
    pub at: UnixMs,
    /// Whether a draft has frozen it.
    pub frozen: Frozen,
    /// The meal.
    pub meal: MealFacts,
    /// The id of the policy that `lines` are of.
    pub policy: Option<String>,
    /// What is due by the last close of its day; as charged where the day is not closed.
    pub lines: Vec<Line>,
    /// Whether its day is closed.
    pub closed: bool,
}

/// The question.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'a> {
    /// The policy to try. Its own first and last day are not asked for.
    pub policy: &'a Policy,
    /// The rules in force.
    pub rules: &'a Rulebook,
    /// Which month.
    pub month: Month,
    /// Only canteens inside this region, if one is given.
    pub region: Option<&'a RegionCode>,
    /// Facts learned after this instant are left out, unix ms.
    pub known: UnixMs,
}

impl Scenario<'_> {
    /// Whether the policy would cover a canteen there on some day of the month: no policy of another id is closer.
    #[must_use]
    pub fn could_cover(&self, region: &RegionCode) -> bool {
        self.month.days().any(|day| self.covers(region, day))
    }

    fn covers(&self, region: &RegionCode, date: BusinessDate) -> bool {
        let Some(own) = self.policy.closeness(region) else { return false };
        let other = self.rules.policies.covering(region, date).filter(|other| other.id() != self.policy.id());
        self.region.is_none_or(|asked| asked.contains(region))
            && other.and_then(|other| other.closeness(region)).is_none_or(|other| own >= other)
    }

    /// One elder's month. `meals` are all the elder's meals of the month and of the weeks that it begins and ends in, in
    /// every canteen; `canteens` knows all of those.
    #[must_use]
    pub fn elder(&self, elder: &Elder, canteens: &BTreeMap<CanteenId, Canteen>, meals: &[StoredMeal]) -> Comparison {
        let mut order: Vec<&StoredMeal> = meals.iter().collect();
        order.sort_by_key(|m| place(m));
        let mut decided: BTreeMap<RecordId, (&StoredMeal, String, Vec<Line>)> = BTreeMap::new();
        let asked = |meal: &StoredMeal| {
            let canteen = canteens.get(&meal.canteen)?;
            let inside = meal.meal.date.month() == self.month && self.covers(&canteen.region, meal.meal.date);
            inside.then_some(canteen)
        };
        for meal in order.iter().filter(|meal| asked(meal).is_none()) {
            if let Some(policy) = &meal.policy {
                decided.insert(meal.record, (*meal, policy.clone(), meal.lines.clone()));
            }
        }
        let mut comparison = Comparison::default();
        let (mut now, mut then) = (Fen::ZERO, Fen::ZERO);
        for meal in order {
            let Some(canteen) = asked(meal) else { continue };
            let used = used_before(meal, decided.values());
            let decision = self.decide(elder, canteen, meal, &used);
            let before = self.owed_now(elder, canteen, meal);
            (now, then) = (now + before, then + decision.to_pay());
            comparison.count(meal, before, &decision);
            decided.insert(meal.record, (meal, self.policy.id().to_owned(), decision.lines));
        }
        if comparison.meals > 0 {
            comparison.elders.count(now - then);
        }
        comparison
    }

    fn died_before(&self, elder: &Elder, meal: &StoredMeal) -> bool {
        elder.died(self.known).is_some_and(|day| day < meal.meal.date)
    }

    fn decide(&self, elder: &Elder, canteen: &Canteen, meal: &StoredMeal, used: &Usage) -> Decision {
        if self.died_before(elder, meal) {
            return Decision::full_price(meal.meal.price);
        }
        let (facts, place) = (elder.on(meal.meal.date, self.known), canteen.on(meal.meal.date, self.known));
        decide(self.policy, self.rules.calendar(), &facts, &place, &meal.meal, used).decision
    }

    /// What the elder has to pay as things stand: the price less what is due, and the fee of the policy in force.
    fn owed_now(&self, elder: &Elder, canteen: &Canteen, meal: &StoredMeal) -> Fen {
        let lowered: Fen = meal.lines.iter().filter(|l| lowers(l.kind)).map(|l| l.amount).sum();
        let fee = match self.rules.policies.covering(&canteen.region, meal.meal.date) {
            Some(policy) if meal.meal.mode == Mode::Delivery && !self.died_before(elder, meal) => policy.delivery_fee(),
            _ => Fen::ZERO,
        };
        meal.meal.price - lowered + fee
    }
}

const fn lowers(kind: Kind) -> bool {
    matches!(kind, Kind::Diner | Kind::Concession)
}

/// Where a meal stands among those that compete for a limit.
fn place(meal: &StoredMeal) -> (Frozen, BusinessDate, UnixMs, RecordId) {
    (meal.frozen, meal.meal.date, meal.at, meal.record)
}

/// What the meals before this one used of what limits it.
fn used_before<'a>(meal: &StoredMeal, others: impl Iterator<Item = &'a (&'a StoredMeal, String, Vec<Line>)>) -> Usage {
    let mut used = Usage::default();
    for (other, policy, lines) in others.filter(|(other, ..)| place(other) < place(meal)) {
        for line in lines {
            used.add(policy, line, other.meal.date, meal.meal.date);
        }
    }
    used
}

/// An amount as it stands and as it would be, fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NowAndThen))]
pub struct Pair {
    /// As it stands.
    pub now: Fen,
    /// Under the policy tried.
    pub then: Fen,
}

impl Pair {
    /// What more it would be, fen; negative for less.
    #[must_use]
    pub fn difference(self) -> Fen {
        self.then - self.now
    }

    fn add(&mut self, other: Self) {
        self.now += other.now;
        self.then += other.then;
    }
}

/// How often a benefit is given and what it comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NowAndThenTally))]
pub struct Tally {
    /// Times, as it stands.
    pub count_now: u64,
    /// Times under the policy tried.
    pub count_then: u64,
    /// Fen.
    #[serde(flatten)]
    pub amount: Pair,
}

/// Some elders, and an amount over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ElderSide))]
pub struct Side {
    /// How many.
    pub elders: u64,
    /// Fen, not negative.
    pub amount: Fen,
}

/// Who pays less and who pays more over the month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = GainAndLoss))]
pub struct Elders {
    /// Who would pay less.
    pub gain: Side,
    /// Who would pay more.
    pub lose: Side,
    /// Who would pay the same.
    pub same: u64,
}

impl Elders {
    fn count(&mut self, gained: Fen) {
        let side = match gained.cmp(&Fen::ZERO) {
            std::cmp::Ordering::Equal => {
                self.same += 1;
                return;
            }
            std::cmp::Ordering::Greater => &mut self.gain,
            std::cmp::Ordering::Less => &mut self.lose,
        };
        side.elders += 1;
        side.amount += gained.abs();
    }
}

/// The answer, so far. Grows with payers, benefits and canteens, not with meals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Meals decided again.
    pub meals: u64,
    /// Of these: meals of days that are not closed, held against what was charged.
    pub not_closed: u64,
    /// What payers owe canteens, fen.
    pub cost: Pair,
    /// What elders pay, delivery fees included, fen.
    pub own_payment: Pair,
    /// By payer: what it owes. Shares of a benefit; nothing of a concession.
    pub payers: BTreeMap<Payer, Pair>,
    /// By kind and benefit id.
    pub benefits: BTreeMap<(Kind, String), Tally>,
    /// By canteen: how many meals, and what payers owe it.
    pub canteens: BTreeMap<CanteenId, (u64, Pair)>,
    /// Who gains and who loses.
    pub elders: Elders,
}

impl Comparison {
    fn count(&mut self, meal: &StoredMeal, owed_now: Fen, then: &Decision) {
        self.meals += 1;
        self.not_closed += u64::from(!meal.closed);
        self.own_payment.add(Pair { now: owed_now, then: then.to_pay() });
        let mut cost = Pair::default();
        for (lines, is_now) in [(&meal.lines, true), (&then.lines, false)] {
            let pair = |amount| {
                if is_now { Pair { now: amount, then: Fen::ZERO } } else { Pair { now: Fen::ZERO, then: amount } }
            };
            for line in lines {
                let tally = self.benefits.entry((line.kind, line.benefit.clone())).or_default();
                tally.amount.add(pair(line.amount));
                tally.count_now += u64::from(is_now);
                tally.count_then += u64::from(!is_now);
                for share in &line.shares {
                    self.payers.entry(share.payer.clone()).or_default().add(pair(share.amount));
                    cost.add(pair(share.amount));
                }
            }
        }
        self.cost.add(cost);
        let (meals, of_canteen) = self.canteens.entry(meal.canteen).or_default();
        *meals += 1;
        of_canteen.add(cost);
    }

    /// Takes another elder's answer in.
    pub fn add(&mut self, other: Self) {
        self.meals += other.meals;
        self.not_closed += other.not_closed;
        self.cost.add(other.cost);
        self.own_payment.add(other.own_payment);
        for (payer, pair) in other.payers {
            self.payers.entry(payer).or_default().add(pair);
        }
        for (benefit, of) in other.benefits {
            let tally = self.benefits.entry(benefit).or_default();
            tally.count_now += of.count_now;
            tally.count_then += of.count_then;
            tally.amount.add(of.amount);
        }
        for (canteen, (meals, pair)) in other.canteens {
            let sum = self.canteens.entry(canteen).or_default();
            sum.0 += meals;
            sum.1.add(pair);
        }
        for (mine, more) in [(&mut self.elders.gain, other.elders.gain), (&mut self.elders.lose, other.elders.lose)] {
            mine.elders += more.elders;
            mine.amount += more.amount;
        }
        self.elders.same += other.elders.same;
    }
}
