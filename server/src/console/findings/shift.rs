//! A shift whose Z report does not count its own records: the two counts, and which records may explain the difference.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, MealPeriod};
use domain::id::{CanteenId, RecordId, ShiftId};
use domain::reconciliation::Held;
use domain::record::totals::CountSum;
use domain::record::{Body, Record, ZTotals};

use crate::Error;
use crate::store::Tx;
use crate::store::records::{self, Journal};

/// What a shift's Z report says and what its records come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    /// As the till counted; nothing where there is no Z report.
    pub(super) z: Option<ZTotals>,
    /// By the records that the office holds.
    pub(super) held: ZTotals,
    /// Meals that were not voided, by period, in order.
    pub(super) periods: Vec<(MealPeriod, CountSum)>,
    /// Sequences between the shift's start and its Z report that never arrived, from and to.
    pub(super) missing: Vec<(u64, u64)>,
    /// Sequences among them that arrived and were rejected: quarantine keeps what was sent.
    pub(super) rejected: Vec<u64>,
    /// Records of the shift that came after its Z report.
    pub(super) after: Vec<RecordId>,
    /// Meals each of which alone makes the whole difference.
    pub(super) alike: Vec<RecordId>,
}

/// Reads the shift that a finding of a day names. Nothing where it names none.
pub(super) async fn load(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    subject: &str,
) -> Result<Option<Shift>, Error> {
    let Ok(shift) = subject.parse::<ShiftId>() else { return Ok(None) };
    let held = records::held(tx, canteen, date).await?;
    let mut read = Shift::of(&held, shift);
    let close = held.iter().map(|held| &held.record).find_map(|record| match &record.body {
        Body::ShiftClose(close) if record.shift == Some(shift) => Some((record, close.first_sequence)),
        _ => None,
    });
    if let Some((record, first)) = close {
        let journal = Journal { canteen, terminal: record.terminal, epoch: record.epoch };
        let came = Came::read(tx, journal, first, record.sequence).await?;
        read.missing = came.missing(first, record.sequence);
        read.rejected = came.rejected.difference(&came.stored).copied().collect();
    }
    Ok(Some(read))
}

/// What came of a part of a journal, whatever day and shift it is of, and whatever became of it.
struct Came {
    /// Stored, or waiting behind a gap.
    stored: BTreeSet<u64>,
    rejected: BTreeSet<u64>,
}

impl Came {
    async fn read(tx: &mut Tx, journal: Journal, from: u64, to: u64) -> Result<Self, Error> {
        let mut stored: BTreeSet<u64> =
            records::between(tx, journal, from, to).await?.into_iter().map(|row| row.sequence).collect();
        let most = i64::try_from(to.saturating_sub(from)).unwrap_or(i64::MAX).saturating_add(1);
        let waiting = records::waiting(tx, journal, from, most).await?;
        stored.extend(waiting.into_iter().map(|row| row.sequence).filter(|sequence| *sequence <= to));
        let rejected = records::rejects_between(tx, journal, from, to).await?;
        Ok(Self { stored, rejected: rejected.into_iter().map(|row| row.sequence).collect() })
    }

    /// A till's journal goes through without a gap: what never came between the shift's two ends is missing.
    fn missing(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let mut next = from;
        let mut gaps = Vec::new();
        for sequence in self.stored.union(&self.rejected).copied().filter(|n| (from..=to).contains(n)) {
            if sequence > next {
                gaps.push((next, sequence - 1));
            }
            next = sequence + 1;
        }
        gaps
    }
}

impl Shift {
    /// The shift of a day's records, counted as the day close counts it.
    fn of(day: &[Held], shift: ShiftId) -> Self {
        let mut own: Vec<&Record> = day.iter().map(|held| &held.record).filter(|r| r.shift == Some(shift)).collect();
        own.sort_by_key(|r| (r.epoch, r.sequence));
        let close = own.iter().find_map(|r| match &r.body {
            Body::ShiftClose(close) => Some((*r, &close.totals)),
            _ => None,
        });
        let held = ZTotals::of(own.iter().copied());
        let z = close.map(|(_, totals)| totals.clone());
        Self {
            periods: periods(day, shift),
            missing: Vec::new(),
            rejected: Vec::new(),
            after: close.map(|(at, _)| after(&own, at)).unwrap_or_default(),
            alike: z.as_ref().map(|z| alike(&own, z, &held)).unwrap_or_default(),
            z,
            held,
        }
    }
}

fn periods(day: &[Held], shift: ShiftId) -> Vec<(MealPeriod, CountSum)> {
    let mut sums: BTreeMap<MealPeriod, CountSum> = BTreeMap::new();
    for held in day.iter().filter(|held| !held.voided && held.record.shift == Some(shift)) {
        if let Body::Meal(meal) = &held.record.body {
            sums.entry(meal.meal.period.clone()).or_default().add(meal.decision.price);
        }
    }
    sums.into_iter().collect()
}

fn after(own: &[&Record], z: &Record) -> Vec<RecordId> {
    let behind = own.iter().filter(|r| (r.epoch, r.sequence) > (z.epoch, z.sequence));
    behind.filter(|r| matches!(r.body, Body::Meal(_) | Body::Void { .. } | Body::Refund(_))).map(|r| r.id).collect()
}

/// The sums of a count that any meal moves: how many, at list price, and what was paid by each tender.
const fn moved(totals: &ZTotals) -> [CountSum; 4] {
    [totals.meals, totals.cash, totals.qr_payment, totals.free]
}

/// The meals that make the difference alone, counted once too often or not at all by one of the two.
fn alike(own: &[&Record], z: &ZTotals, held: &ZTotals) -> Vec<RecordId> {
    let differs =
        |of: &ZTotals, with: &ZTotals, one: &ZTotals| {
            moved(of).into_iter().zip(moved(with)).zip(moved(one)).all(|((more, less), one)| {
                more.count == less.count + one.count && more.amount == less.amount + one.amount
            })
        };
    let meals = own.iter().filter(|r| matches!(r.body, Body::Meal(_)));
    let explains = |r: &&&Record| {
        let one = ZTotals::of([**r]);
        differs(z, held, &one) || differs(held, z, &one)
    };
    meals.filter(explains).map(|r| r.id).collect()
}
