//! `decide` written a second time, straight from the normative text and with nothing prepared: what the fast one is
//! held against.

use std::collections::BTreeSet;

use crate::calendar::{DayKind, WorkCalendar};
use crate::canteen::CanteenFacts;
use crate::decision::{Kind, MealFacts, Mode, Usage};
use crate::elder::ElderFacts;
use crate::money::Rounding;
use crate::policy::{Amount, Base, Benefit, CategoryTest, Days, Effect, Levels, Policy, Scope};
use crate::region::RegionCode;

/// What was applied: id, fen, and each payer's fen, zero ones too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) shares: Vec<i64>,
}

/// Applied benefits, own payment, delivery fee, and the code of every other benefit's reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Result {
    pub(super) applied: Vec<Applied>,
    pub(super) own_payment: i64,
    pub(super) delivery_fee: i64,
    pub(super) why: Vec<(String, String)>,
}

struct Given<'a>(&'a Policy, &'a WorkCalendar, &'a ElderFacts, &'a CanteenFacts, &'a MealFacts, &'a Usage);

pub(super) fn decide(
    policy: &Policy,
    calendar: &WorkCalendar,
    elder: &ElderFacts,
    canteen: &CanteenFacts,
    meal: &MealFacts,
    used: &Usage,
) -> Result {
    let given = Given(policy, calendar, elder, canteen, meal, used);
    // 1
    let price = meal.price.get();
    let mut left = price;
    let keep = policy.min_own_payment().get().min(price);
    // 2
    let mut slots: Vec<Vec<&Benefit>> = Vec::new();
    for benefit in policy.benefits() {
        match slots.last_mut() {
            Some(slot) if benefit.group.is_some() && slot[0].group == benefit.group => slot.push(benefit),
            _ => slots.push(vec![benefit]),
        }
    }
    let mut above: BTreeSet<String> = BTreeSet::new();
    let (mut applied, mut why) = (Vec::new(), Vec::new());
    for slot in slots {
        let mut amounts: Vec<(String, Option<i64>, &str)> = Vec::new();
        for b in &slot {
            // 3, 4
            let first = conditions(&given, b, &above).into_iter().find(|(fails, _)| *fails);
            if let Some((_, reason)) = first {
                amounts.push((b.id.clone(), None, reason));
                continue;
            }
            let lowers = b.kind == Kind::Diner || b.kind == Kind::Concession;
            // 5
            let base = if b.base == Base::Price { price } else { left };
            // 6
            let mut a = match b.amount {
                Amount::Fixed(fixed) => fixed.get(),
                Amount::UpTo(up_to) => base.min(up_to.get()),
                Amount::Percent { rate, cap } => {
                    let rounded = round(base, rate.basis_points(), policy.rounding());
                    cap.map_or(rounded, |cap| rounded.min(cap.get()))
                }
                Amount::OwnPayment(own) => (left - own.get()).max(0),
            };
            // 7
            if let Some(most) = b.limit.per_month_amount {
                a = a.min(most.get() - n(&given, b).3);
            }
            if lowers {
                a = a.min(left - keep);
            }
            amounts.push(if a <= 0 { (b.id.clone(), None, "nothing_left") } else { (b.id.clone(), Some(a), "") });
        }
        // 8
        let most = amounts.iter().filter_map(|(_, a, _)| *a).max();
        let mut won = false;
        for (b, (id, amount, reason)) in slot.iter().zip(amounts) {
            let Some(a) = amount else {
                why.push((id, reason.to_owned()));
                continue;
            };
            if won || amount != most {
                why.push((id, "lower_than".to_owned()));
                continue;
            }
            // 9
            won = true;
            let shares = if b.kind == Kind::Concession { Vec::new() } else { split(a, &b.weights) };
            if b.kind == Kind::Diner || b.kind == Kind::Concession {
                left -= a;
            }
            above.insert(id.clone());
            above.extend(b.group.clone());
            applied.push(Applied { id, amount: a, shares });
        }
    }
    let delivery_fee = if meal.mode == Mode::Delivery { policy.delivery_fee().get() } else { 0 };
    Result { applied, own_payment: left, delivery_fee, why }
}

/// Step 3: whether each fails, in the order in which they are told.
fn conditions(given: &Given<'_>, b: &Benefit, above: &BTreeSet<String>) -> Vec<(bool, &'static str)> {
    let Given(policy, calendar, elder, canteen, meal, _) = given;
    let within = |place: &Option<RegionCode>, regions: &[RegionCode]| match place {
        Some(place) => regions.iter().any(|r| place.as_str().starts_with(r.as_str())),
        None => false,
    };
    let day = calendar.kind(meal.date);
    let asks = b.meal.days == Some(Days::Workday)
        || (b.meal.except_holidays
            && !matches!(&b.meal.days, Some(Days::Weekdays(d)) if !d.contains(&meal.date.weekday())));
    let gate = policy.gates().iter().any(|g| {
        g.effect == Effect::NoSubsidy
            && g.kinds.contains(&b.kind)
            && g.from.is_none_or(|from| meal.date >= from)
            && g.until.is_none_or(|until| meal.date <= until)
            && g.when.matches(&canteen.standing)
    });
    let (e, m) = (&b.elder, &b.meal);
    let count = n(given, b);
    let reached = |n: u32, most: Option<u32>| most.is_some_and(|most| n >= most);
    vec![
        (gate, "no_subsidy"),
        (
            e.age.is_some_and(|a| a.min.is_some_and(|min| elder.age < min) || a.max.is_some_and(|max| elder.age > max)),
            "age",
        ),
        (!e.any_of.is_empty() && !e.any_of.iter().any(|t| holds(elder, t)), "any_of"),
        (!e.all_of.iter().all(|t| holds(elder, t)), "all_of"),
        (e.none_of.iter().any(|t| holds(elder, t)), "none_of"),
        (!e.hukou.is_empty() && !within(&elder.hukou, &e.hukou), "hukou"),
        (!e.hukou_not.is_empty() && (elder.hukou.is_none() || within(&elder.hukou, &e.hukou_not)), "hukou_not"),
        (!e.residence.is_empty() && !within(&elder.residence, &e.residence), "residence"),
        (
            !e.residence_not.is_empty() && (elder.residence.is_none() || within(&elder.residence, &e.residence_not)),
            "residence_not",
        ),
        (e.hukou_same.is_some_and(|l| !elder.hukou.as_ref().is_some_and(|h| h.same(&canteen.region, l))), "hukou_same"),
        (
            e.residence_same.is_some_and(|l| !elder.residence.as_ref().is_some_and(|r| r.same(&canteen.region, l))),
            "residence_same",
        ),
        (!b.tags.iter().all(|t| canteen.tags.contains(t)), "tags"),
        (!m.periods.is_empty() && !m.periods.contains(&meal.period), "period"),
        (
            (!m.modes.is_empty() && !m.modes.contains(&meal.mode))
                || (b.kind == Kind::Delivery && meal.mode != Mode::Delivery),
            "mode",
        ),
        (asks && day.is_none(), "calendar_missing"),
        (m.days == Some(Days::Workday) && day != Some(DayKind::Workday), "days"),
        (matches!(&m.days, Some(Days::Weekdays(d)) if !d.contains(&meal.date.weekday())), "days"),
        (m.except_holidays && day == Some(DayKind::Holiday), "holiday"),
        (m.price.is_some_and(|p| !p.contains(meal.price)), "price"),
        (!b.requires.is_empty() && !b.requires.iter().any(|r| above.contains(r)), "requires"),
        (
            reached(count.0, b.limit.per_day)
                || reached(count.1, b.limit.per_week)
                || reached(count.2, b.limit.per_month),
            "limit",
        ),
        (b.limit.per_month_amount.is_some_and(|most| most.get() - count.3 <= 0), "limit_amount"),
    ]
}

fn holds(elder: &ElderFacts, test: &CategoryTest) -> bool {
    elder.categories.iter().filter(|c| c.name == test.name).any(|c| match (&test.levels, c.level) {
        (Levels::Any, _) => true,
        (_, None) => false,
        (Levels::AtLeast(least), Some(level)) => level >= *least,
        (Levels::OneOf(levels), Some(level)) => levels.contains(&level),
    })
}

/// Step 4: day, week, month and month's amount over the benefit, or over its group.
fn n(given: &Given<'_>, b: &Benefit) -> (u32, u32, u32, i64) {
    let Given(policy, _, _, _, _, used) = given;
    let mut sum = (0, 0, 0, 0);
    for u in used.0.iter().filter(|u| u.policy == policy.id()) {
        let counts = if b.limit.scope == Scope::Benefit || b.group.is_none() {
            u.benefit == b.id
        } else if u.group.is_some() {
            u.group == b.group
        } else {
            policy.benefits().iter().any(|x| x.id == u.benefit && x.group == b.group)
        };
        if counts {
            let c = u.counts;
            sum = (sum.0 + c.day, sum.1 + c.week, sum.2 + c.month, sum.3 + c.month_amount.get());
        }
    }
    sum
}

fn round(base: i64, points: u32, rounding: Rounding) -> i64 {
    let hundredths = i128::from(base) * i128::from(points);
    let (whole, rest) = (hundredths.div_euclid(10_000), hundredths.rem_euclid(10_000));
    let up = match rounding {
        Rounding::Floor => 0,
        Rounding::Ceil => i128::from(rest != 0),
        Rounding::HalfUp => i128::from(rest >= 5_000),
        Rounding::HalfEven => i128::from(rest > 5_000 || (rest == 5_000 && whole % 2 != 0)),
    };
    i64::try_from(whole + up).unwrap()
}

/// Gives the fen one by one to whoever is furthest behind the exact share, the first of equals.
fn split(amount: i64, weights: &[u32]) -> Vec<i64> {
    let total: i64 = weights.iter().map(|w| i64::from(*w)).sum();
    let mut parts: Vec<i64> = weights.iter().map(|w| amount * i64::from(*w) / total).collect();
    let rest = |parts: &[i64], i: usize| amount * i64::from(weights[i]) - parts[i] * total;
    while parts.iter().sum::<i64>() < amount {
        let furthest = (0..parts.len()).max_by_key(|i| (rest(&parts, *i), std::cmp::Reverse(*i))).unwrap();
        parts[furthest] += 1;
    }
    parts
}
