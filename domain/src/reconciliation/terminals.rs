//! Does each terminal's own story hold: no sequence missing, Z reports that count their shift, and is the day over?

use std::collections::BTreeMap;

use super::findings::{Code, Finding};
use super::{DayInput, Held};
use crate::calendar::{BusinessDate, UnixMs};
use crate::id::{ShiftId, TerminalId};
use crate::money::Fen;
use crate::record::{Body, Record, ZTotals};

/// How far a terminal's records have arrived without gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The terminal.
    pub terminal: TerminalId,
    /// When it was enrolled, unix ms.
    pub enrolled: UnixMs,
    /// When it was taken out of service, if it was, unix ms.
    pub ended: Option<UnixMs>,
    /// Latest trusted time among the records of its contiguous prefix, unix ms.
    pub passed: Option<UnixMs>,
}

/// The terminals whose day is not over: none of their records without gap is from after the day's cutoff. A day with
/// such a terminal is incomplete and is not closed.
#[must_use]
pub fn unfinished(terminals: &[Progress], date: BusinessDate) -> Vec<TerminalId> {
    let (start, end) = (date.start(), date.plus_days(1).start());
    let expected = |t: &&Progress| t.enrolled < end && t.ended.is_none_or(|ended| ended >= start);
    let over = |t: &Progress| t.passed.is_some_and(|at| at >= end) || t.ended.is_some_and(|ended| ended < end);
    terminals.iter().filter(expected).filter(|t| !over(t)).map(|t| t.terminal).collect()
}

/// Sequences that are missing before or between the records made on the day, per terminal and epoch.
pub(super) fn gaps(input: &DayInput<'_>) -> Vec<Finding> {
    let made = |h: &&Held| h.record.at.business_date() == input.date;
    let mut day: Vec<&Held> = input.records.iter().filter(made).collect();
    day.sort_by_key(|h| (h.record.terminal, h.record.epoch, h.record.sequence));
    let mut findings = Vec::new();
    for own in day.chunk_by(|a, b| (a.record.terminal, a.record.epoch) == (b.record.terminal, b.record.epoch)) {
        let first = &own[0].record;
        let mut expected = input.before.get(&(first.terminal, first.epoch)).map_or(0, |sequence| sequence + 1);
        for held in own {
            let record = &held.record;
            if record.sequence > expected {
                let subject = format!("{}:{}:{expected}-{}", record.terminal, record.epoch, record.sequence - 1);
                findings.push(Finding::new(input, Code::SequenceGap, &subject, vec![record.id], Fen::ZERO, None));
            }
            expected = record.sequence + 1;
        }
    }
    findings
}

/// The shifts opened on the day, how many of them have a Z report that counts its own records, and a finding for each
/// of the others.
pub(super) fn z_reports(input: &DayInput<'_>) -> ((u32, u32), Vec<Finding>) {
    let mut shifts: BTreeMap<ShiftId, Vec<&Record>> = BTreeMap::new();
    for held in input.records {
        if let Some(shift) = held.record.shift {
            shifts.entry(shift).or_default().push(&held.record);
        }
    }
    let (mut opened, mut agree, mut findings) = (0, 0, Vec::new());
    for (shift, mut records) in shifts {
        records.sort_by_key(|r| (r.epoch, r.sequence));
        let open = records.iter().find(|r| matches!(r.body, Body::ShiftOpen { .. }));
        if open.is_none_or(|r| r.at.business_date() != input.date) {
            continue;
        }
        opened += 1;
        let counted = ZTotals::of(records.iter().copied());
        let close = records.iter().find_map(|r| match &r.body {
            Body::ShiftClose(close) => Some((r.id, close)),
            _ => None,
        });
        match close {
            Some((_, close)) if close.totals == counted => agree += 1,
            Some((id, close)) => {
                let stake = (close.totals.meals.amount - counted.meals.amount).abs();
                findings.push(Finding::new(input, Code::ZMismatch, &shift.to_string(), vec![id], stake, None));
            }
            None => {
                let last = records.last().map(|r| r.id).into_iter().collect();
                let stake = counted.meals.amount;
                findings.push(Finding::new(input, Code::ZMismatch, &shift.to_string(), last, stake, None));
            }
        }
    }
    ((opened, agree), findings)
}
