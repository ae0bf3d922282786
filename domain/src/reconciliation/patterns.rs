//! What the day's meals look like together, and beside the days before: times, counts, prices and cards that do not
//! look like lunch. None of it changes what a meal is paid by itself; a finding says what the meals behind it come to.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Code, Finding, Measure};
use super::judge::{Bearer, Verdict};
use super::{CardLife, DayInput, Held};
use crate::calendar::{BusinessDate, UnixMs};
use crate::decision::Kind;
use crate::id::{ElderId, RecordId, TerminalId};
use crate::money::Fen;
use crate::record::{Body, Credential, Meal, Record, TimeSource};

/// A served meal of the day, not voided.
#[derive(Clone, Copy)]
struct Served<'a> {
    record: &'a Record,
    meal: &'a Meal,
}

impl Served<'_> {
    /// Handed over the counter to the one who eats: neither collected by somebody nor entered from paper.
    fn in_person(&self) -> Option<ElderId> {
        let diner = self.meal.diner.as_ref()?;
        (self.meal.collection.is_none() && self.meal.paper.is_none()).then_some(diner.elder)
    }
}

/// The day's meals that were not voided, in the order of trusted time.
fn served<'a>(day: &[&'a Held]) -> Vec<Served<'a>> {
    let meals = day.iter().filter(|held| !held.voided).filter_map(|held| match &held.record.body {
        Body::Meal(meal) => Some(Served { record: &held.record, meal }),
        _ => None,
    });
    let mut served: Vec<Served<'_>> = meals.collect();
    served.sort_by_key(|s| (s.record.at, s.record.id));
    served
}

/// Who ate in person, in the order of trusted time.
pub(super) fn in_person(day: &[&Held]) -> Vec<ElderId> {
    served(day).iter().filter_map(Served::in_person).collect()
}

/// All findings about the day's meals together.
pub(super) fn of_patterns(input: &DayInput<'_>, day: &[&Held], verdicts: &[Verdict]) -> Vec<Finding> {
    let served = served(day);
    let found = Found { input, verdicts };
    let mut findings = Vec::new();
    findings.extend(found.forked(day));
    findings.extend(found.clock_skew(day));
    findings.extend(found.revoked_cards(&served));
    findings.extend(found.off_window(&served));
    findings.extend(found.bursts(&served));
    findings.extend(found.same_order(&served));
    findings.extend(found.over_capacity(&served));
    findings.extend(found.flat_counts(&served));
    findings.extend(found.manual_share(&served));
    findings.extend(found.off_list(&served));
    findings
}

struct Found<'a> {
    input: &'a DayInput<'a>,
    verdicts: &'a [Verdict],
}

impl Found<'_> {
    fn finding(&self, code: Code, subject: &str, evidence: Vec<RecordId>, measure: Measure) -> Finding {
        let stake = if code.is_pattern() { self.paid(&evidence) } else { Fen::ZERO };
        let bearer = (!stake.is_zero()).then_some(Bearer::Canteen);
        let finding = Finding::new(self.input, code, subject, evidence, stake, bearer);
        Finding { measure: Some(measure), ..finding }
    }

    /// What the canteen is paid for these meals.
    fn paid(&self, meals: &[RecordId]) -> Fen {
        let meals: BTreeSet<&RecordId> = meals.iter().collect();
        let paid = self.verdicts.iter().filter(|v| meals.contains(&v.record)).flat_map(|v| &v.paid);
        paid.filter(|line| line.kind != Kind::Concession).map(|line| line.amount).sum()
    }

    fn forked(&self, day: &[&Held]) -> Vec<Finding> {
        let forks = &self.input.context.forks;
        let of_day = day.iter().map(|held| &held.record);
        let forked = of_day.filter(|r| forks.contains(&(r.terminal, r.epoch, r.sequence)));
        let finding = |r: &Record| {
            let subject = format!("{}:{}:{}", r.terminal, r.epoch, r.sequence);
            self.finding(Code::ForkedTerminal, &subject, vec![r.id], Measure::default())
        };
        forked.map(finding).collect()
    }

    /// A device whose own clock is far from trusted time: one finding a terminal.
    fn clock_skew(&self, day: &[&Held]) -> Vec<Finding> {
        let limit = self.input.settings.thresholds.clock_minutes;
        let mut skewed: BTreeMap<TerminalId, (i64, Vec<RecordId>)> = BTreeMap::new();
        for record in day.iter().map(|held| &held.record) {
            let paper = matches!(&record.body, Body::Meal(meal) if meal.paper.is_some());
            let minutes = (record.wall.get() - record.at.get()).abs() / UnixMs::MINUTE;
            if record.time_source == TimeSource::Server && !paper && minutes > limit {
                let (most, evidence) = skewed.entry(record.terminal).or_default();
                *most = minutes.max(*most);
                evidence.push(record.id);
            }
        }
        let finding = |(terminal, (found, evidence)): (TerminalId, (i64, Vec<RecordId>))| {
            self.finding(Code::ClockSkew, &terminal.to_string(), evidence, Measure { found, limit, within: None })
        };
        skewed.into_iter().map(finding).collect()
    }

    /// Cards used when none of the elder's was valid any more. The canteen carries it where its list knew.
    fn revoked_cards(&self, served: &[Served<'_>]) -> Vec<Finding> {
        let finding = |s: &Served<'_>| {
            let diner = s.meal.diner.as_ref()?;
            if !matches!(diner.credential, Credential::Card | Credential::Chip) {
                return None;
            }
            let cards = self.input.context.cards.get(&diner.elder)?;
            let valid = |card: &CardLife| card.revoked.is_none_or(|at| at > s.record.at);
            let revoked = cards.iter().filter_map(|card| card.revoked).max()?;
            if cards.iter().any(valid) {
                return None;
            }
            let age = (s.record.at.get() - diner.roster.get()).max(0) / UnixMs::MINUTE;
            let measure = Measure { found: age, limit: 0, within: None };
            let mut finding = self.finding(Code::RevokedCard, &s.record.id.to_string(), vec![s.record.id], measure);
            if diner.roster < revoked {
                finding.bearer = finding.bearer.map(|_| Bearer::Programme);
            }
            Some(finding)
        };
        served.iter().filter_map(finding).collect()
    }

    fn off_window(&self, served: &[Served<'_>]) -> Option<Finding> {
        let limit = self.input.settings.thresholds.window_minutes;
        let canteen = self.input.canteens.get(&self.input.canteen)?;
        let policy = self.input.rules.policies.covering(&canteen.region, self.input.date)?;
        let outside = |s: &Served<'_>| {
            let window = policy.meals().iter().find(|window| window.period == s.meal.meal.period)?;
            let minute = i64::from(s.record.at.local_minute());
            let (start, end) = (i64::from(window.start), i64::from(window.end));
            Some((start - minute).max(minute + 1 - end)).filter(|minutes| *minutes > limit && s.meal.paper.is_none())
        };
        let off: Vec<(RecordId, i64)> = served.iter().filter_map(|s| Some((s.record.id, outside(s)?))).collect();
        let found = off.iter().map(|(_, minutes)| *minutes).max()?;
        let evidence = off.into_iter().map(|(record, _)| record).collect();
        Some(self.finding(Code::OffWindow, "", evidence, Measure { found, limit, within: None }))
    }

    /// Too many elders in too short a time: one finding for each stretch.
    fn bursts(&self, served: &[Served<'_>]) -> Vec<Finding> {
        let thresholds = &self.input.settings.thresholds;
        let (limit, within) = (thresholds.burst_elders, thresholds.burst_seconds);
        let scans: Vec<(UnixMs, ElderId, RecordId)> =
            served.iter().filter_map(|s| Some((s.record.at, s.in_person()?, s.record.id))).collect();
        let mut stretches: Vec<(usize, usize, i64)> = Vec::new();
        for first in 0..scans.len() {
            let span = &scans[first..];
            let fast = span.iter().take_while(|(at, ..)| at.get() - scans[first].0.get() <= within * 1000).count();
            let elders = span[..fast].iter().map(|(_, elder, _)| elder).collect::<BTreeSet<_>>().len();
            let elders = i64::try_from(elders).unwrap_or(i64::MAX);
            if elders < limit {
                continue;
            }
            match stretches.last_mut() {
                Some((_, end, most)) if *end > first => (*end, *most) = (first + fast, elders.max(*most)),
                _ => stretches.push((first, first + fast, elders)),
            }
        }
        let finding = |(start, end, found): (usize, usize, i64)| {
            let evidence: Vec<RecordId> = scans[start..end].iter().map(|(.., record)| *record).collect();
            let subject = format!("fast {}", evidence[0]);
            self.finding(Code::Burst, &subject, evidence, Measure { found, limit, within: Some(within) })
        };
        stretches.into_iter().map(finding).collect()
    }

    /// A run of elders in the same order as on both open days before: cards swiped from a pile.
    fn same_order(&self, served: &[Served<'_>]) -> Option<Finding> {
        let limit = self.input.settings.thresholds.order_elders;
        let run = usize::try_from(limit).ok().filter(|run| *run > 1)?;
        let [before, earlier, ..] = self.input.context.earlier.as_slice() else { return None };
        let runs = |elders: &[ElderId]| -> BTreeSet<Vec<ElderId>> { elders.windows(run).map(<[_]>::to_vec).collect() };
        let (before_runs, earlier_runs) = (runs(&before.elders), runs(&earlier.elders));
        let today: Vec<(ElderId, RecordId)> =
            served.iter().filter_map(|s| Some((s.in_person()?, s.record.id))).collect();
        let mut evidence = BTreeSet::new();
        for stretch in today.windows(run) {
            let elders: Vec<ElderId> = stretch.iter().map(|(elder, _)| *elder).collect();
            if before_runs.contains(&elders) && earlier_runs.contains(&elders) {
                evidence.extend(stretch.iter().map(|(_, record)| *record));
            }
        }
        if evidence.is_empty() {
            return None;
        }
        let found = i64::try_from(evidence.len()).unwrap_or(i64::MAX);
        let subject = format!("order {} {}", earlier.date, before.date);
        let evidence = evidence.into_iter().collect();
        Some(self.finding(Code::Burst, &subject, evidence, Measure { found, limit, within: None }))
    }

    fn over_capacity(&self, served: &[Served<'_>]) -> Option<Finding> {
        let limit = i64::from(self.input.context.capacity?);
        let found = i64::try_from(served.len()).unwrap_or(i64::MAX);
        let over = || self.finding(Code::OverCapacity, "", Vec::new(), Measure { found, limit, within: None });
        (found > limit).then(over)
    }

    fn flat_counts(&self, served: &[Served<'_>]) -> Option<Finding> {
        let days = self.input.settings.thresholds.flat_days;
        let before = usize::try_from(days).ok()?.checked_sub(1).filter(|before| *before > 0)?;
        let earlier = self.input.context.earlier.get(..before)?;
        let flat = !served.is_empty() && earlier.iter().all(|day| day.meals as usize == served.len());
        let found = i64::try_from(served.len()).unwrap_or(i64::MAX);
        let measure = Measure { found, limit: days, within: None };
        flat.then(|| self.finding(Code::FlatCounts, "", Vec::new(), measure))
    }

    fn manual_share(&self, served: &[Served<'_>]) -> Option<Finding> {
        let thresholds = &self.input.settings.thresholds;
        let diners = served.iter().filter(|s| s.meal.diner.is_some()).count();
        let by_hand = |s: &&Served<'_>| {
            let manual = s.meal.diner.as_ref().is_some_and(|diner| diner.credential == Credential::Manual);
            manual || (s.meal.paper.is_some() && s.meal.diner.is_some())
        };
        let evidence: Vec<RecordId> = served.iter().filter(by_hand).map(|s| s.record.id).collect();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        if count(evidence.len()) < thresholds.manual_least.max(1) {
            return None;
        }
        let (found, limit) = (count(evidence.len()) * 1000 / count(diners).max(1), thresholds.manual_permille);
        let over = || self.finding(Code::ManualShare, "", evidence, Measure { found, limit, within: None });
        (found > limit).then(over)
    }

    /// Meals at a price that the canteen's list does not have on the date. A canteen without any list has none.
    fn off_list(&self, served: &[Served<'_>]) -> Option<Finding> {
        let prices = &self.input.context.prices;
        if prices.is_empty() {
            return None;
        }
        let in_force = |s: &Served<'_>| {
            let of = prices.iter().filter(|p| p.period == s.meal.meal.period && p.valid_from <= self.input.date);
            // Of two for the same day and period the later one holds.
            of.max_by_key(|p| p.valid_from).map(|p| p.price)
        };
        let off: Vec<&Served<'_>> = served.iter().filter(|s| in_force(s) != Some(s.meal.meal.price)).collect();
        let first = off.first()?;
        let limit = in_force(first).map_or(0, Fen::get);
        let measure = Measure { found: first.meal.meal.price.get(), limit, within: None };
        Some(self.finding(Code::PriceOffList, "", off.iter().map(|s| s.record.id).collect(), measure))
    }
}

/// An open day of the canteen before the one that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierDay {
    /// The business date.
    pub date: BusinessDate,
    /// Meals that were not voided.
    pub meals: u32,
    /// Who ate, in the order of trusted time; only of the two days before.
    pub elders: Vec<ElderId>,
}
