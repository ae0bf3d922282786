//! The signed records behind a finding, read and held against each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::{Kind, Line};
use domain::id::{CanteenId, CashierId, Digest, RecordId, TerminalId};
use domain::money::Fen;
use domain::reconciliation::{Code, Finding, Verdict};
use domain::record::{Body, Meal, Record, encoding};
use ed25519_dalek::VerifyingKey;

use super::shift::{self, Shift};
use crate::Error;
use crate::names::mask;
use crate::store::records::Journal;
use crate::store::{Tx, board, canteens, closes, records, terminals};

/// No more records of a finding are shown than this.
pub(super) const MOST: usize = 40;

/// Whether a record is its terminal's and goes on from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Both.
    Sound,
    /// Signed; what comes before is not held.
    Alone,
    /// The signature does not fit.
    Unsigned,
    /// It names another record before it.
    Broken,
}

/// A record with what the office knows around it.
pub(super) struct Shown {
    pub(super) record: Record,
    pub(super) canteen: String,
    /// Masked.
    pub(super) elder: Option<String>,
    pub(super) cashier: String,
    /// The till's number in its canteen.
    pub(super) till: usize,
    pub(super) proof: Proof,
}

impl Shown {
    pub(super) fn meal(&self) -> Option<&Meal> {
        match &self.record.body {
            Body::Meal(meal) => Some(meal),
            _ => None,
        }
    }
}

/// What there is to see of a finding.
pub(super) struct Evidence {
    /// In the order of trusted time.
    pub(super) records: Vec<Shown>,
    /// How many the finding names.
    pub(super) named: usize,
    /// The meal that a meal beyond the limits competes with.
    pub(super) competes: bool,
    /// The judgement on the one meal that the finding is about.
    pub(super) verdict: Option<Verdict>,
    /// The shift whose Z report differs.
    pub(super) shift: Option<Shift>,
}

/// A canteen's tills and cashiers.
struct Place {
    name: String,
    tills: BTreeMap<TerminalId, (usize, Digest)>,
    cashiers: BTreeMap<CashierId, String>,
}

async fn place(tx: &mut Tx, canteen: CanteenId) -> Result<Place, Error> {
    let name = canteens::get(tx, canteen).await?.map(|row| row.name).unwrap_or_default();
    let rows = terminals::of_canteen(tx, canteen).await?;
    let tills = rows.into_iter().zip(1..).map(|(row, n)| (row.id, (n, row.public_key))).collect();
    let cashiers = canteens::cashiers(tx, canteen).await?.into_iter().map(|c| (c.id, c.name)).collect();
    Ok(Place { name, tills, cashiers })
}

/// Reads a finding's records, and the meal that it competes with: of another canteen only for who may see all.
pub(super) async fn load(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    revision: i64,
    finding: &Finding,
    own: Option<CanteenId>,
) -> Result<Evidence, Error> {
    let mut ids: Vec<(CanteenId, RecordId)> = finding.evidence.iter().take(MOST).map(|id| (canteen, *id)).collect();
    let mut competes = false;
    if let ([only], Code::OverLimit) = (finding.evidence.as_slice(), finding.code) {
        let mut others = board::same_elder(tx, canteen, *only).await?;
        others.retain(|(other, _)| own.is_none_or(|own| own == *other));
        competes = !others.is_empty();
        ids.extend(others.into_iter().take(1));
    }
    let shift = match finding.code {
        Code::ZMismatch => shift::load(tx, canteen, date, &finding.subject).await?,
        _ => None,
    };
    let beside = shift.iter().flat_map(|shift| shift.after.iter().chain(&shift.alike));
    for id in beside.map(|id| (canteen, *id)) {
        if ids.len() < MOST && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut places: BTreeMap<CanteenId, Place> = BTreeMap::new();
    let mut shown = Vec::new();
    for (canteen, id) in ids {
        let place = match places.entry(canteen) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(place(tx, canteen).await?),
        };
        shown.extend(read(tx, canteen, id, place).await?);
    }
    shown.sort_by_key(|shown| (shown.record.at, shown.record.id));
    let verdict = match finding.evidence.as_slice() {
        [only] => closes::verdicts(tx, canteen, date, revision).await?.into_iter().find(|v| v.record == *only),
        _ => None,
    };
    Ok(Evidence { records: shown, named: finding.evidence.len(), competes, verdict, shift })
}

async fn read(tx: &mut Tx, canteen: CanteenId, id: RecordId, place: &Place) -> Result<Option<Shown>, Error> {
    let Some((signed, _)) = records::get(tx, canteen, id).await? else { return Ok(None) };
    let record = encoding::decode(&signed.record).map_err(|e| Error::Corrupt(format!("a stored record: {e}")))?;
    let (till, key) = place.tills.get(&record.terminal).copied().unwrap_or((0, Digest::ZERO));
    let is_signed = VerifyingKey::from_bytes(&key.0).is_ok_and(|key| signed.verify(&key).is_ok());
    let journal = Journal { canteen, terminal: record.terminal, epoch: record.epoch };
    let before = match record.sequence.checked_sub(1) {
        None => Some(Digest::ZERO),
        Some(sequence) => records::between(tx, journal, sequence, sequence).await?.first().map(|row| row.hash),
    };
    let proof = match before {
        _ if !is_signed => Proof::Unsigned,
        None => Proof::Alone,
        Some(hash) if hash == record.previous => Proof::Sound,
        Some(_) => Proof::Broken,
    };
    let elder = match &record.body {
        Body::Meal(meal) => meal.diner.as_ref().map(|diner| diner.elder),
        _ => None,
    };
    let elder = match elder {
        Some(elder) => board::elder_name(tx, elder).await?.map(|name| mask(&name)),
        None => None,
    };
    let cashier = record.cashier.and_then(|id| place.cashiers.get(&id).cloned()).unwrap_or_else(|| "—".to_owned());
    Ok(Some(Shown { record, canteen: place.name.clone(), elder, cashier, till, proof }))
}

/// What lines come to, by whom they pay.
pub(super) fn total(lines: &[Line], kinds: &[Kind]) -> Fen {
    lines.iter().filter(|line| kinds.contains(&line.kind)).map(|line| line.amount).sum()
}

/// A point of the time line, in the units of its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i64,
    pub(super) label: String,
    pub(super) anchor: &'static str,
    pub(super) is_last: bool,
}

/// A time line 816 units wide with its points and five marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeLine {
    pub(super) points: Vec<Point>,
    pub(super) ticks: Vec<(i64, String)>,
}

const WIDTH: i64 = 816;

impl TimeLine {
    /// Of instants with names, in order. Nothing for fewer than two, or for more than a day.
    pub(super) fn of(times: &[(UnixMs, String)]) -> Option<Self> {
        let (first, last) = (times.first()?.0.get(), times.last()?.0.get());
        if times.len() < 2 || last - first > 24 * 60 * 60 * 1000 {
            return None;
        }
        let close = last - first < 10 * 60_000;
        let (unit, pad) = if close { (10_000, 10_000) } else { (30 * 60_000, 15 * 60_000) };
        let from = (first - pad).div_euclid(unit) * unit;
        let mut span = last + pad - from;
        span += (4 * unit - span.rem_euclid(4 * unit)).rem_euclid(4 * unit);
        let x = |at: i64| (at - from) * WIDTH / span;
        let clock = |at: i64| {
            let text = UnixMs::new(at).local_clock();
            text.chars().take(if close { 8 } else { 5 }).collect::<String>()
        };
        let point = |(n, (at, name)): (usize, &(UnixMs, String))| {
            let is_last = n + 1 == times.len();
            let named = n == 0 || is_last;
            let label = if named { format!("{} {name}", clock(at.get())) } else { String::new() };
            Point { x: x(at.get()), label, anchor: if is_last { "start" } else { "end" }, is_last }
        };
        let points = times.iter().enumerate().map(point).collect();
        let ticks = (0..=4).map(|n| (n * WIDTH / 4, clock(from + span / 4 * n))).collect();
        Some(Self { points, ticks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u16, seconds: i64) -> UnixMs {
        BusinessDate::new(2026, 3, 27).unwrap().at_minute(minute).plus(seconds * 1000)
    }

    #[test]
    fn a_time_line_begins_and_ends_at_whole_marks() {
        let line = TimeLine::of(&[(at(692, 8), "甲".into()), (at(718, 41), "乙".into())]).unwrap();
        let ticks: Vec<&str> = line.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(ticks, ["11:00", "11:30", "12:00", "12:30", "13:00"]);
        assert_eq!((line.points[0].label.as_str(), line.points[1].label.as_str()), ("11:32 甲", "11:58 乙"));
        assert!(line.points[0].x < line.points[1].x && line.points[1].x < WIDTH);
        assert!(line.points[1].is_last && !line.points[0].is_last);
    }

    #[test]
    fn a_burst_is_drawn_in_seconds() {
        let times: Vec<_> = (0..5).map(|n| (at(662, n * 7), format!("{n}"))).collect();
        let line = TimeLine::of(&times).unwrap();
        assert_eq!(line.points.len(), 5);
        assert_eq!(line.ticks[0].1.len(), 8, "with seconds");
        assert!(line.points.iter().all(|point| (0..=WIDTH).contains(&point.x)), "{line:?}");
        assert!(line.points[2].label.is_empty(), "only the ends are named");
        assert_eq!(TimeLine::of(&times[..1]), None);
    }
}
