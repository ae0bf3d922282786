//! A shift whose Z report does not count its own records: the two counts, and which records may explain the difference.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, MealPeriod};
use domain::id::{CanteenId, RecordId, ShiftId};
use domain::reconciliation::Held;
use domain::record::totals::CountSum;
use domain::record::{Body, Record, ShiftClose, ZTotals};

use crate::Error;
use crate::store::{Tx, records};

/// What a shift's Z report says and what its records come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    /// As the till counted; nothing where there is no Z report.
    pub(super) z: Option<ZTotals>,
    /// By the records that the office holds.
    pub(super) held: ZTotals,
    /// Meals that were not voided, by period, in order.
    pub(super) periods: Vec<(MealPeriod, CountSum)>,
    /// Sequences between the shift's start and its Z report that the office does not hold.
    pub(super) missing: Vec<(u64, u64)>,
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
    Ok(Some(Shift::of(&held, shift)))
}

impl Shift {
    /// The shift of a day's records, counted as the day close counts it.
    fn of(day: &[Held], shift: ShiftId) -> Self {
        let mut own: Vec<&Record> = day.iter().map(|held| &held.record).filter(|r| r.shift == Some(shift)).collect();
        own.sort_by_key(|r| (r.epoch, r.sequence));
        let close = own.iter().find_map(|r| match &r.body {
            Body::ShiftClose(close) => Some((*r, close.as_ref())),
            _ => None,
        });
        let held = ZTotals::of(own.iter().copied());
        let z = close.map(|(_, close)| close.totals.clone());
        Self {
            periods: periods(day, shift),
            missing: close.map(|(at, close)| missing(day, at, close)).unwrap_or_default(),
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

/// A till's journal goes through without a gap: what is not held between the shift's two ends never arrived.
fn missing(day: &[Held], at: &Record, close: &ShiftClose) -> Vec<(u64, u64)> {
    let journal = (at.terminal, at.epoch);
    let own = day.iter().map(|held| &held.record).filter(|r| (r.terminal, r.epoch) == journal);
    let mut held: Vec<u64> =
        own.map(|r| r.sequence).filter(|n| (close.first_sequence..=at.sequence).contains(n)).collect();
    held.sort_unstable();
    let mut next = close.first_sequence;
    let mut gaps = Vec::new();
    for sequence in held {
        if sequence > next {
            gaps.push((next, sequence - 1));
        }
        next = sequence + 1;
    }
    gaps
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
