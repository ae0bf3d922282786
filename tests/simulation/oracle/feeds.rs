//! What terminals are told of elders: whatever has changed since the instant that a terminal asks after is in the
//! answer, and whatever changed before it was told before. So no cursor passes a gap, whoever moved it.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::id::ElderId;
use domain::record::{Body, Record};
use domain::sync::{RosterPage, UsageEntry, UsagePage};

use super::{Broken, hold};
use crate::model::Known;
use crate::network::Sent;

/// The records that the office took, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken(BTreeMap<Sent, (UnixMs, Record)>);

/// When, and what for.
type Eaten = (BusinessDate, MealPeriod, UnixMs, String);

/// An elder's meals at the office.
#[derive(Clone, Debug, Default)]
struct Usage {
    /// The last change, unix ms.
    changed: i64,
    /// One for each benefit of each meal that was not reversed, sorted.
    uses: Vec<Eaten>,
}

impl Taken {
    /// The office has a record now.
    pub(crate) fn add(&mut self, sent: Sent, record: Record, now: UnixMs) {
        self.0.entry(sent).or_insert((now, record));
    }

    /// The office was set back: what it does not hold any more it has to be told again.
    pub(crate) fn keep(&mut self, held: &BTreeSet<Sent>) {
        self.0.retain(|sent, _| held.contains(sent));
    }

    fn reversal(&self, meal: &Record) -> Option<UnixMs> {
        let reverses = |(at, void): &(UnixMs, Record)| {
            let of_it = matches!(void.body, Body::Void { meal: of, .. } if of == meal.id);
            let same = (void.terminal, void.shift) == (meal.terminal, meal.shift);
            let behind = (void.epoch, void.sequence) > (meal.epoch, meal.sequence);
            (of_it && same && behind).then_some(*at)
        };
        self.0.values().filter_map(reverses).min()
    }

    fn usage(&self) -> BTreeMap<ElderId, Usage> {
        let mut all: BTreeMap<ElderId, Usage> = BTreeMap::new();
        for (taken, record) in self.0.values() {
            let Body::Meal(meal) = &record.body else { continue };
            let Some(diner) = &meal.diner else { continue };
            let usage = all.entry(diner.elder).or_default();
            let reversed = self.reversal(record);
            usage.changed = usage.changed.max(taken.get()).max(reversed.map_or(0, UnixMs::get));
            if reversed.is_none() {
                let use_of = |benefit: &str| (meal.meal.date, meal.meal.period.clone(), record.at, benefit.to_owned());
                usage.uses.extend(meal.decision.lines.iter().map(|line| use_of(&line.benefit)));
            }
        }
        for usage in all.values_mut() {
            usage.uses.sort();
        }
        all
    }
}

/// What a terminal was told, and when the office said it last, by elder, unix ms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    usage: BTreeMap<ElderId, i64>,
    roster: BTreeMap<ElderId, i64>,
}

/// The instant that a request for a feed asks after, if it is one.
fn after(path: &str, feed: &str) -> Option<i64> {
    let query = path.strip_prefix("/api/v1/terminal/")?.strip_prefix(feed)?.strip_prefix("?after=")?;
    query.split('&').next()?.parse().ok()
}

/// Looks at an answer of the office on its way.
pub(crate) fn look(
    path: &str,
    body: &[u8],
    (taken, known, lost): (&Taken, &BTreeMap<ElderId, Known>, &BTreeSet<ElderId>),
    heard: &Heard,
) -> Result<(), Broken> {
    if let Some(after) = after(path, "usage") {
        let page: UsagePage =
            serde_json::from_slice(body).map_err(|e| Broken::new("a feed is readable", e.to_string()))?;
        return usage(&page, after, (&taken.usage(), lost), heard);
    }
    if let Some(after) = after(path, "roster") {
        let page: RosterPage =
            serde_json::from_slice(body).map_err(|e| Broken::new("a feed is readable", e.to_string()))?;
        return roster(&page, after, known, heard);
    }
    Ok(())
}

/// An answer has arrived whole.
pub(crate) fn arrived(path: &str, body: &[u8], now: UnixMs, heard: &mut Heard) {
    let now = now.get();
    if let Some((after, page)) = after(path, "usage").zip(serde_json::from_slice::<UsagePage>(body).ok()) {
        if after == 0 {
            heard.usage.clear();
        }
        heard.usage.extend(page.entries.iter().map(|entry| (entry.elder, now)));
    }
    if let Some((after, page)) = after(path, "roster").zip(serde_json::from_slice::<RosterPage>(body).ok()) {
        if after == 0 {
            heard.roster.clear();
        }
        heard.roster.extend(page.entries.iter().map(|entry| (entry.elder.id, now)));
    }
}

fn usage(
    page: &UsagePage,
    after: i64,
    (all, lost): (&BTreeMap<ElderId, Usage>, &BTreeSet<ElderId>),
    heard: &Heard,
) -> Result<(), Broken> {
    for (elder, usage) in all.iter().filter(|(elder, _)| !lost.contains(elder)) {
        let told = page.entries.iter().any(|entry| entry.elder == *elder);
        hold!(
            told || usage.changed < after,
            "4 what changed since is told",
            "usage after {after}: {elder} changed at {} and is not in the answer",
            usage.changed
        );
        let before = heard.usage.get(elder).is_some_and(|at| *at >= usage.changed);
        hold!(
            told || before,
            "4 a feed's cursor passes nothing that was not told",
            "usage after {after}: {elder} changed at {}, told last at {:?}",
            usage.changed,
            heard.usage.get(elder)
        );
    }
    for UsageEntry { elder, uses } in &page.entries {
        let mut says: Vec<Eaten> =
            uses.iter().map(|u| (u.date, u.period.clone(), u.at, u.line.benefit.clone())).collect();
        says.sort();
        let is = all.get(elder).map(|usage| usage.uses.clone()).unwrap_or_default();
        hold!(says == is, "4 the feed counts every use once", "{elder}: told {says:?}, there are {is:?}");
    }
    Ok(())
}

fn roster(page: &RosterPage, after: i64, known: &BTreeMap<ElderId, Known>, heard: &Heard) -> Result<(), Broken> {
    for (elder, known) in known {
        let entry = page.entries.iter().find(|entry| entry.elder.id == *elder);
        hold!(
            entry.is_some() || known.at < after,
            "18 what changed since is told",
            "roster after {after}: {elder} changed at {} and is not in the answer",
            known.at
        );
        let before = heard.roster.get(elder).is_some_and(|at| *at >= known.at);
        hold!(
            entry.is_some() || before,
            "18 a feed's cursor passes nothing that was not told",
            "roster after {after}: {elder} changed at {}, told last at {:?}",
            known.at,
            heard.roster.get(elder)
        );
        let Some(entry) = entry else { continue };
        let revoked = entry.cards.iter().filter(|card| card.revoked.is_some()).count();
        let says = (entry.cards.len() - revoked, revoked, entry.elder.died(UnixMs::new(i64::MAX)).is_some());
        let is = (known.good, known.revoked, known.dead);
        hold!(
            says == is,
            "18 the roster tells of cards and deaths",
            "{elder}: cards, revoked, dead: {says:?} not {is:?}"
        );
    }
    Ok(())
}
