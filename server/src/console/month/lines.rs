//! The lines of a statement and the meals behind each.

use std::collections::BTreeMap;

use domain::calendar::BusinessDate;
use domain::decision::{Kind, Line};
use domain::id::RecordId;
use domain::money::Fen;
use domain::policy::Effect;
use domain::reconciliation::{Code, Correction, DayClose, Verdict};
use domain::settlement::Reason;

use crate::Error;
use crate::names::mask;
use crate::statements::{Dossier, served_lines, verdicts};
use crate::store::{Tx, months, overview};

/// So many meals are on a page of the drawer.
const PAGE: usize = 25;

/// Which line of a statement: `s0`, `c2`, `h1` in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Of part one as readers know it, from 0.
    Served(usize),
    /// Of part two, from 0.
    Change(usize),
    /// Of the holds, from 0.
    Hold(usize),
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Served(n) => write!(f, "s{n}"),
            Self::Change(n) => write!(f, "c{n}"),
            Self::Hold(n) => write!(f, "h{n}"),
        }
    }
}

impl Which {
    /// Reads an address. Nothing for what is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let n = || text.get(1..)?.parse().ok();
        match text.get(..1)? {
            "s" => n().map(Self::Served),
            "c" => n().map(Self::Change),
            "h" => n().map(Self::Hold),
            _ => None,
        }
    }
}

/// Behind which meal a page of them begins: `2026-03-18.0190…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) date: BusinessDate,
    pub(super) record: RecordId,
}

impl Place {
    /// Reads an address. Nothing for what is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (date, record) = text.split_once('.')?;
        let record = RecordId::from_uuid(uuid::Uuid::parse_str(record).ok()?);
        Some(Self { date: date.parse().ok()?, record })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.date, self.record)
    }
}

/// A meal behind a line.
pub(super) struct MealOf {
    pub(super) place: Place,
    /// Masked.
    pub(super) elder: String,
    /// When and what, if the record is there.
    pub(super) eaten: Option<overview::Eaten>,
    /// What the line has of it, fen.
    pub(super) amount: Fen,
}

/// A page of meals behind a line.
pub(super) struct Meals {
    pub(super) meals: Vec<MealOf>,
    /// The place behind which the next page begins.
    pub(super) next: Option<Place>,
}

fn sum<'l>(lines: impl Iterator<Item = &'l Line>) -> Fen {
    lines.filter(|line| line.kind != Kind::Concession).map(|line| line.amount).sum()
}

/// What a line has of a meal, if it is about it: the one rule of which meals stand behind which line.
fn share(
    dossier: &Dossier,
    which: Which,
    day: &DayClose,
    taken: &[Correction],
    verdict: &Verdict,
    new: bool,
) -> Option<Fen> {
    let content = &dossier.stored.content.0;
    match which {
        Which::Served(n) => {
            let lines = served_lines(content, &dossier.rules);
            let line = lines.get(n)?;
            let charged = verdict.charged_under.as_ref()?;
            let of = |l: &&Line| {
                l.kind == line.kind
                    && l.amount == line.standard
                    && line.of.iter().any(|(policy, benefit)| policy == charged && *benefit == l.benefit)
            };
            verdict.charged.iter().find(of).map(|l| l.amount)
        }
        Which::Change(n) => match &content.changes.get(n)?.reason {
            Reason::Late { policy, .. } | Reason::Corrected { policy, .. } => {
                (new && verdict.charged_under.as_ref() == Some(policy)).then(|| sum(verdict.charged.iter()))
            }
            Reason::Finding { code, .. } => corrected(*code, taken, verdict),
            Reason::PolicyCorrected { .. } => corrected(Code::PolicyCorrected, taken, verdict),
            Reason::Reduction { gate, .. } => caught(day, *gate, verdict),
            _ => None,
        },
        Which::Hold(n) => match &content.holds.get(n)?.reason {
            Reason::Hold { gate, .. } => caught(day, *gate, verdict).map(|amount| -amount),
            _ => None,
        },
    }
}

/// What a finding takes of a meal or gives for it.
fn corrected(code: Code, taken: &[Correction], verdict: &Verdict) -> Option<Fen> {
    let by_hand: Vec<&Correction> = taken.iter().filter(|c| c.record == verdict.record && c.code == code).collect();
    if !by_hand.is_empty() {
        return Some(by_hand.iter().map(|c| c.shares.total()).sum());
    }
    let (found, _) = verdict.difference?;
    let amount = sum(verdict.paid.iter()) - sum(verdict.charged.iter());
    (found == code && !amount.is_zero()).then_some(amount)
}

/// What of a meal a gate acts on.
fn caught(day: &DayClose, gate: usize, verdict: &Verdict) -> Option<Fen> {
    let acts = |h: &&domain::reconciliation::StandingHit| h.gate == gate && h.effect != Effect::NoSubsidy;
    let hit = day.standing.iter().find(acts)?;
    let amount = sum(verdict.paid.iter().filter(|line| hit.kinds.contains(&line.kind)));
    (!amount.is_zero()).then_some(amount)
}

/// The days of a line.
fn days_of(dossier: &Dossier, which: Which) -> Option<Vec<BusinessDate>> {
    let content = &dossier.stored.content.0;
    match which {
        Which::Served(n) => (n < content.served.len()).then(|| content.month.days().collect()),
        Which::Change(n) => content.changes.get(n).map(|line| line.dates.clone()),
        Which::Hold(n) => content.holds.get(n).map(|line| line.dates.clone()),
    }
}

/// A page of the meals behind a line, in the order of days and records. Only as many days are read as the page needs.
///
/// Nothing where the statement has no such line.
pub(super) async fn meals(
    tx: &mut Tx,
    dossier: &Dossier,
    which: Which,
    after: Option<Place>,
) -> Result<Option<Meals>, Error> {
    let Some(days) = days_of(dossier, which) else { return Ok(None) };
    let settled = months::settled_by(tx, dossier.stored.id).await?;
    let taken: BTreeMap<BusinessDate, Vec<Correction>> = settled.into_iter().map(|s| (s.date, s.taken)).collect();
    let mut found = Meals { meals: Vec::new(), next: None };
    for day in dossier.days.iter().map(|day| &day.close) {
        if !days.contains(&day.date) || after.is_some_and(|after| day.date < after.date) {
            continue;
        }
        let of_day = verdicts(tx, dossier.stored.id, day.date).await?;
        let new: Vec<RecordId> = of_day.changed().map(|v| v.record).collect();
        let nothing = Vec::new();
        let taken = taken.get(&day.date).unwrap_or(&nothing);
        let mut behind: Vec<(Place, Fen)> = of_day
            .now
            .iter()
            .map(|v| (Place { date: day.date, record: v.record }, v))
            .filter(|(place, _)| after.is_none_or(|after| *place > after))
            .filter_map(|(place, v)| Some((place, share(dossier, which, day, taken, v, new.contains(&v.record))?)))
            .collect();
        behind.sort_by_key(|(place, _)| *place);
        if behind.is_empty() {
            continue;
        }
        let mut eaten = overview::eaten(tx, dossier.stored.canteen, day.date).await?;
        for (place, amount) in behind {
            if found.meals.len() == PAGE {
                found.next = found.meals.last().map(|meal| meal.place);
                return Ok(Some(found));
            }
            let eaten = eaten.remove(&place.record);
            let elder = eaten.as_ref().map_or_else(|| "*".to_owned(), |eaten| mask(&eaten.name));
            found.meals.push(MealOf { place, elder, eaten, amount });
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_places_are_read_as_they_are_written() {
        for which in [Which::Served(0), Which::Change(12), Which::Hold(3)] {
            assert_eq!(Which::read(&which.to_string()), Some(which));
        }
        for wrong in ["", "s", "x1", "s-1", "七1", "s99999999999999999999"] {
            assert_eq!(Which::read(wrong), None, "{wrong}");
        }
        let record = RecordId::from_uuid(uuid::Uuid::from_u128(7));
        let place = Place { date: "2026-03-18".parse().unwrap(), record };
        assert_eq!(Place::read(&place.to_string()), Some(place));
        assert_eq!((Place::read("2026-03-18"), Place::read("2026-13-18.x")), (None, None));
    }
}
