//! What an elder has used before a meal: the office's feed, and the till's own meals that the feed does not hold yet.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::{Line, Usage};
use domain::record::Body;

use crate::journal::Stored;
use crate::roster::KnownUsage;

/// One meal that counts.
#[derive(Clone, Debug)]
pub(crate) struct Used<'a> {
    date: BusinessDate,
    period: &'a MealPeriod,
    policy: &'a str,
    line: &'a Line,
    at: UnixMs,
    here: bool,
}

/// A meal of that day and period in another canteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// When.
    pub(crate) at: UnixMs,
    /// Whether it was at another till of this canteen.
    pub(crate) here: bool,
}

fn counted(included: &BTreeMap<u32, u64>, (epoch, sequence): (u32, u64)) -> bool {
    included.get(&epoch).is_some_and(|next| sequence < *next)
}

/// Every use that counts: the feed without own meals that were reversed since, and own meals above its mark.
pub(crate) fn uses<'a>(feed: &'a KnownUsage, own: &'a [Stored]) -> Vec<Used<'a>> {
    let mut uses: Vec<Used<'a>> = feed
        .uses
        .iter()
        .map(|u| Used { date: u.date, period: &u.period, policy: &u.policy, line: &u.line, at: u.at, here: u.here })
        .collect();
    for stored in own {
        let Body::Meal(meal) = &stored.record.body else { continue };
        let Some(policy) = meal.decision.policy.as_ref().map(|policy| policy.id.as_str()) else { continue };
        // What the server put into quarantine is in none of its counts, whatever it holds in that place.
        let in_feed = !stored.rejected && counted(&feed.included, (stored.record.epoch, stored.record.sequence));
        let reversal_in_feed = stored.voided.is_some_and(|place| counted(&feed.included, place));
        for line in &meal.decision.lines {
            let (date, period, at) = (meal.meal.date, &meal.meal.period, stored.record.at);
            // An answer about one elder may be newer than the feed's mark: the very same use is never counted twice.
            let same = |u: &Used<'_>| {
                u.here && u.at == at && u.date == date && u.policy == policy && u.line.benefit == line.benefit
            };
            let known = uses.iter().position(same);
            match (stored.voided, known) {
                (None, None) if !in_feed => uses.push(Used { date, period, policy, line, at, here: true }),
                (Some(_), Some(index)) if !reversal_in_feed => {
                    uses.remove(index);
                }
                _ => {}
            }
        }
    }
    uses
}

/// The uses as [`domain::subsidy::decide`] wants them for a meal on `date`.
pub(crate) fn before(date: BusinessDate, uses: &[Used<'_>]) -> Usage {
    let mut usage = Usage::default();
    for used in uses {
        usage.add(used.policy, used.line, used.date, date);
    }
    usage
}

/// The first use of that day and period.
pub(crate) fn earlier(date: BusinessDate, period: &MealPeriod, uses: &[Used<'_>]) -> Option<Elsewhere> {
    let same = uses.iter().filter(|used| used.date == date && used.period == period);
    same.min_by_key(|used| used.at).map(|used| Elsewhere { at: used.at, here: used.here })
}

#[cfg(test)]
mod tests;
