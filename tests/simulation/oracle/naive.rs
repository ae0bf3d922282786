//! What is due and paid, once more and in the simplest way: from the list of meals and from what the simulation told
//! the office, with plain ifs, sharing nothing with the program's own decision and reconciliation.
//!
//! The rules: from 60 years on 5 yuan, with hardship 8, once a day and three times a week over all canteens; the second
//! version gives 6 and 9. The operator gets 2 for each such meal. Of meals that compete those of an earlier draft come
//! first and those of no draft last, then trusted time decides, then the id. What was charged beyond is borne by the
//! programme where only uses in other canteens stood in the way, by the canteen otherwise; nobody who was given too
//! little is given more here.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::RecordId;

use crate::model::Model;

/// A meal as it lies at the office, not voided.
#[derive(Clone, Debug)]
pub(crate) struct Meal {
    pub(crate) id: RecordId,
    pub(crate) canteen: usize,
    pub(crate) elder: Option<usize>,
    pub(crate) at: UnixMs,
    pub(crate) date: BusinessDate,
    pub(crate) price: i64,
    /// The benefit that the till gave, and how much, fen.
    pub(crate) given: Option<(String, i64)>,
    pub(crate) operator: i64,
    pub(crate) disputed: bool,
    /// The place of the draft that froze it.
    pub(crate) frozen: Option<i64>,
}

/// What is to be paid for a meal, fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paid {
    pub(crate) diner: i64,
    pub(crate) operator: i64,
    /// What the elder paid too much and gets back at a till.
    pub(crate) back: i64,
    /// Whether the office has to have a finding about it.
    pub(crate) differs: bool,
    /// Whether it uses the elder's limit up.
    pub(crate) uses: bool,
}

/// Completed years.
fn age(birth: BusinessDate, date: BusinessDate) -> i16 {
    let ((born, month, day), (year, m, d)) = (birth.ymd(), date.ymd());
    if (m, d) < (month, day) { year - born - 1 } else { year - born }
}

/// A use or a meal that came before: where and when.
#[derive(Clone, Copy)]
struct Earlier {
    canteen: usize,
    date: BusinessDate,
    uses: bool,
    /// Whether its till gave a benefit.
    given: bool,
}

fn in_reach(date: BusinessDate, other: BusinessDate) -> bool {
    let first = date.monday().min(date.month().first());
    let last = date.monday().plus_days(6).max(date.month().last());
    (first..=last).contains(&other)
}

fn judge(meal: &Meal, elder: usize, before: &[Earlier], model: &Model) -> Paid {
    let second = model.told.second_rules.is_some_and(|from| meal.date >= from);
    let (high, low) = if second { (900, 600) } else { (800, 500) };
    let (alive, old) = (!model.dead(elder, meal.date), age(model.elders[elder].birth, meal.date) >= 60);
    let hardship = model.hardship(elder, meal.date);
    let day = before.iter().filter(|e| e.uses && e.date == meal.date).count();
    let week = before.iter().filter(|e| e.uses && e.date.monday() == meal.date.monday()).count();
    let room = day < 1 && week < 3;
    let due: Option<(&str, i64)> = match (alive && old && room, hardship) {
        (false, _) => None,
        (true, true) => Some(("hardship", high.min(meal.price))),
        (true, false) => Some(("age", low.min(meal.price))),
    };
    let operator = if due.is_some() { 200 } else { 0 };
    let given = meal.given.as_ref().map(|(benefit, amount)| (benefit.as_str(), *amount));
    let uses = due.is_some();
    if given == due && operator == meal.operator && !meal.disputed {
        return Paid { diner: due.map_or(0, |(_, amount)| amount), operator, back: 0, differs: false, uses };
    }
    // The till could not know of another canteen's meal: then the programme bears what was given beyond the limit.
    let fits = given.is_some_and(|(benefit, _)| old && (benefit == "age" || hardship));
    let beyond = alive && fits && !room && !meal.disputed;
    // Its own till knew what it had charged that day, and what was due there before.
    let own = |e: &&Earlier| e.canteen == meal.canteen && if e.date == meal.date { e.given } else { e.uses };
    let own: Vec<&Earlier> = before.iter().filter(own).collect();
    let own_room = !own.iter().any(|e| e.date == meal.date)
        && own.iter().filter(|e| e.date.monday() == meal.date.monday()).count() < 3;
    let programme = beyond && own_room;
    let (was, is) = (given.map_or(0, |(_, amount)| amount), due.map_or(0, |(_, amount)| amount));
    let diner = if programme { was } else { was.min(is) };
    let operator = if programme && meal.operator > operator { meal.operator } else { operator };
    let back = if meal.disputed { 0 } else { (is - was).max(0) };
    Paid { diner, operator, back, differs: true, uses }
}

/// Money that a till handed out for an entry of the office's list.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) record: RecordId,
    pub(crate) canteen: usize,
    pub(crate) meal: RecordId,
    pub(crate) at: UnixMs,
    pub(crate) amount: i64,
    /// What had been paid back for the meal before the entry that it names, if the office listed such an entry.
    pub(crate) behind: Option<i64>,
    pub(crate) disputed: bool,
}

/// Which of them count: an entry begins where those before it ended, and the earliest that pays it is the one.
pub(crate) fn settled(handed: &[Handed]) -> Vec<&Handed> {
    let mut order: Vec<&Handed> = handed.iter().filter(|handed| !handed.disputed).collect();
    order.sort_by_key(|handed| (handed.at, handed.record));
    let mut paid: BTreeMap<(usize, RecordId), i64> = BTreeMap::new();
    let mut counts = Vec::new();
    for handed in order {
        let so_far = paid.entry((handed.canteen, handed.meal)).or_default();
        if handed.behind == Some(*so_far) {
            *so_far += handed.amount;
            counts.push(handed);
        }
    }
    counts
}

/// What is to be paid for each meal of an elder.
pub(crate) fn paid(meals: &[Meal], model: &Model) -> BTreeMap<RecordId, Paid> {
    let mut all = BTreeMap::new();
    let elders: BTreeSet<usize> = meals.iter().filter_map(|meal| meal.elder).collect();
    for elder in elders {
        let mut own: Vec<&Meal> = meals.iter().filter(|meal| meal.elder == Some(elder)).collect();
        own.sort_by_key(|meal| (meal.frozen.is_none(), meal.frozen, meal.date, meal.at, meal.id));
        let mut done: Vec<(&Meal, Paid)> = Vec::new();
        for meal in own {
            let came = |(other, paid): &(&Meal, Paid)| {
                let same_day = other.date == meal.date;
                let reaches = in_reach(meal.date, other.date) && (paid.uses || same_day);
                let given = other.given.is_some();
                reaches.then_some(Earlier { canteen: other.canteen, date: other.date, uses: paid.uses, given })
            };
            let before: Vec<Earlier> = done.iter().filter_map(came).collect();
            let paid = judge(meal, elder, &before, model);
            done.push((meal, paid));
            all.insert(meal.id, paid);
        }
    }
    all
}
