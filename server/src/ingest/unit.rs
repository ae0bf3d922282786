//! The write unit of a batch: load what is held, settle place by place, store.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest, ElderId, RecordId, ShiftId};
use domain::record::encoding::SignedRecord;
use domain::record::{Body, Record};
use domain::sync::{BatchAnswer, Cursor, Outcome, RecordAnswer, Rejection};

use super::judge::{self, Alone, Before, Origin};
use crate::Error;
use crate::rules::Rules;
use crate::store::records::{self, Journal, NewRecord, NewReject, RejectRow, StoredRow};
use crate::store::terminals::{self, EpochRow};
use crate::store::usage::{self, MealRow};
use crate::store::{Json, Tx, days, epochs, identities, refund_payments};
use crate::words::{self, Code};

/// What was sent for one place.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) sequence: u64,
    /// Bytes and signature.
    pub(super) digest: Digest,
    /// Of the bytes alone.
    pub(super) hash: Digest,
    pub(super) signed: SignedRecord,
    pub(super) alone: Alone,
}

/// A genuine record that waits for its turn.
struct Candidate {
    digest: Digest,
    hash: Digest,
    signed: SignedRecord,
    record: Box<Record>,
    own: Option<domain::record::check::Dispute>,
    received_at: UnixMs,
}

/// So many waiting blobs are looked at in one go.
const WAITING: i64 = 400;
/// A Z report's shift is counted again at ingest up to so many records; of longer ones the day close speaks alone.
const LONGEST_SHIFT: u64 = 20_000;

/// Settles a batch.
pub(super) async fn store(
    tx: &mut Tx,
    origin: Origin,
    blobs: Vec<Blob>,
    rules: &Rules,
    now: UnixMs,
) -> Result<BatchAnswer, Error> {
    let journal = origin.journal;
    let terminal = terminals::heard(tx, journal.terminal, now).await?;
    let terminal = terminal.ok_or_else(|| Error::refused(Code::TerminalUnknown, words::TERMINAL_UNKNOWN))?;
    let mut run = Run::load(tx, terminal.revoked_at.is_some(), journal, &blobs, now).await?;
    let order: Vec<(u64, Digest, Option<RecordId>)> =
        blobs.iter().map(|b| (b.sequence, b.digest, id_of(&b.alone))).collect();
    for blob in blobs {
        run.sort(blob);
    }
    run.take_waiting(tx, origin, rules).await?;
    run.settle_all(tx).await?;
    let stored = run.save(tx).await?;
    touch(tx, run.moved(), &stored, now).await?;
    let epoch = run.epoch;
    let outcomes = order.into_iter().filter_map(|(sequence, digest, id)| {
        let outcome = run.outcomes.get(&(sequence, digest))?.clone();
        Some(RecordAnswer { sequence, id, outcome })
    });
    let outcomes = outcomes.collect();
    let head = epoch.next.checked_sub(1).and_then(|last| run.held.get(&last)).map(|row| row.hash);
    let cursor = match head {
        Some(head) => Cursor { epoch: epoch.epoch, next: epoch.next, head },
        None => terminals::cursor(tx, journal.canteen, journal.terminal, epoch).await?,
    };
    Ok(BatchAnswer { outcomes, cursor, server_time: now })
}

fn id_of(alone: &Alone) -> Option<RecordId> {
    match alone {
        Alone::Genuine { record, .. } => Some(record.id),
        Alone::Rejected { id, .. } => *id,
    }
}

/// Settles whatever waits behind gaps of an epoch, as if the gaps did not matter: they will never be filled. Answers
/// where the epoch ends now.
pub(super) async fn settle_rest(tx: &mut Tx, origin: Origin, rules: &Rules, now: UnixMs) -> Result<u64, Error> {
    let journal = origin.journal;
    let terminal = terminals::hold(tx, journal.terminal).await?;
    let terminal = terminal.ok_or_else(|| Error::refused(Code::TerminalUnknown, words::TERMINAL_UNKNOWN))?;
    let mut run = Run::load(tx, terminal.revoked_at.is_some(), journal, &[], now).await?;
    loop {
        let from = run.epoch.next;
        let Some(last) = run.take_page(tx, origin, rules, from).await? else { break };
        for (sequence, queue) in std::mem::take(&mut run.candidates) {
            run.settle(tx, sequence, queue).await?;
        }
        run.epoch.next = last + 1;
    }
    // What only quarantine holds behind the last of them is passed as ever.
    run.settle_all(tx).await?;
    let stored = run.save(tx).await?;
    touch(tx, run.moved(), &stored, now).await?;
    Ok(run.epoch.next)
}

/// The state of one batch on its way.
#[expect(clippy::struct_excessive_bools, reason = "what is known of an epoch beforehand, each for itself")]
struct Run {
    /// For a terminal out of service: how far the epoch stood then.
    witnessed: Option<u64>,
    /// Whether two people have ended the epoch.
    ended: bool,
    /// Whether anything may wait behind a gap of the epoch.
    may_wait: bool,
    /// Whether quarantine may hold anything of the epoch.
    may_be_rejected: bool,
    journal: Journal,
    now: UnixMs,
    epoch: EpochRow,
    /// The epoch as it stood before.
    stood: EpochRow,
    /// Whether the terminal has a later epoch.
    superseded: bool,
    /// Held records, by place; new ones are added as they are settled.
    held: BTreeMap<u64, StoredRow>,
    /// Places that something in quarantine holds.
    rejected: BTreeMap<u64, Vec<RejectRow>>,
    /// Spans of places for which quarantine was asked.
    asked: Vec<(u64, u64)>,
    candidates: BTreeMap<u64, Vec<Candidate>>,
    taken: HashSet<RecordId>,
    outcomes: HashMap<(u64, Digest), Outcome>,
    new_records: Vec<NewRecord>,
    new_rejects: Vec<NewReject>,
    had_waiting: bool,
}

impl Run {
    async fn load(tx: &mut Tx, revoked: bool, journal: Journal, blobs: &[Blob], now: UnixMs) -> Result<Self, Error> {
        let epochs = terminals::standing(tx, journal.canteen, journal.terminal).await?;
        let known = epochs.iter().find(|e| e.epoch == journal.epoch);
        let epoch = known.map_or(EpochRow { epoch: journal.epoch, next: 0, last_at: None }, |e| EpochRow {
            epoch: e.epoch,
            next: e.next,
            last_at: e.last_at,
        });
        let witnessed = if revoked { Some(epochs::witnessed(tx, journal).await?) } else { None };
        let ended = match known {
            Some(known) => known.ended,
            None => epochs::end(tx, journal).await?.is_some_and(|end| end.confirmed_at.is_some()),
        };
        let mut run = Self {
            witnessed,
            ended,
            may_wait: known.is_none_or(|e| e.waits),
            may_be_rejected: known.is_none_or(|e| e.quarantined),
            journal,
            now,
            epoch,
            stood: epoch,
            superseded: epochs.iter().any(|e| e.epoch > journal.epoch),
            held: BTreeMap::new(),
            rejected: BTreeMap::new(),
            asked: Vec::new(),
            candidates: BTreeMap::new(),
            taken: HashSet::new(),
            outcomes: HashMap::new(),
            new_records: Vec::new(),
            new_rejects: Vec::new(),
            had_waiting: false,
        };
        let places: BTreeSet<u64> = blobs.iter().map(|b| b.sequence).collect();
        for (from, to) in runs(&places) {
            run.load_places(tx, from.saturating_sub(1), to).await?;
        }
        let ids: Vec<RecordId> = blobs.iter().filter_map(|b| id_of(&b.alone)).collect();
        run.taken.extend(records::taken(tx, journal.canteen, &ids).await?);
        Ok(run)
    }

    async fn load_places(&mut self, tx: &mut Tx, from: u64, to: u64) -> Result<(), Error> {
        for row in records::between(tx, self.journal, from, to).await? {
            self.held.insert(row.sequence, row);
        }
        // The cursor will ask what lies behind them.
        self.load_rejects(tx, from, to.saturating_add(1)).await
    }

    async fn load_rejects(&mut self, tx: &mut Tx, from: u64, to: u64) -> Result<(), Error> {
        self.asked.push((from, to));
        if !self.may_be_rejected {
            return Ok(());
        }
        for row in records::rejects_between(tx, self.journal, from, to).await? {
            let rows = self.rejected.entry(row.sequence).or_default();
            if !rows.iter().any(|r| r.digest == row.digest) {
                rows.push(row);
            }
        }
        Ok(())
    }

    /// Answers what was answered before, rejects what cannot be a record, and queues the rest.
    fn sort(&mut self, blob: Blob) {
        let Blob { sequence, digest, hash, signed, alone } = blob;
        let key = (sequence, digest);
        if let Some(held) = self.held.get(&sequence).filter(|held| held.is(&signed)) {
            self.outcomes.insert(key, held.outcome());
            return;
        }
        // Places past what a journal can have share one in quarantine.
        let place = u64::try_from(records::place(sequence)).unwrap_or(sequence);
        let known = self.rejected.get(&place).and_then(|rows| rows.iter().find(|r| r.digest == digest));
        if let Some(known) = known {
            self.outcomes.insert(key, Outcome::Rejected { rejection: known.rejection.0 });
            return;
        }
        match alone {
            Alone::Rejected { rejection, id } => self.reject(sequence, digest, id, signed, rejection, self.now),
            Alone::Genuine { record, dispute } => {
                let received_at = self.now;
                self.queue(Candidate { digest, hash, signed, record, own: dispute, received_at });
            }
        }
    }

    fn queue(&mut self, candidate: Candidate) {
        let queue = self.candidates.entry(candidate.record.sequence).or_default();
        if !queue.iter().any(|c| c.digest == candidate.digest) {
            queue.push(candidate);
        }
    }

    fn reject(
        &mut self,
        sequence: u64,
        digest: Digest,
        record: Option<RecordId>,
        signed: SignedRecord,
        rejection: Rejection,
        received_at: UnixMs,
    ) {
        self.outcomes.insert((sequence, digest), Outcome::Rejected { rejection });
        let rows = self.rejected.entry(sequence).or_default();
        if rows.iter().any(|r| r.digest == digest) {
            return;
        }
        rows.push(RejectRow { sequence, digest, record, rejection: Json(rejection) });
        self.new_rejects.push(NewReject { sequence, record, signed, rejection, received_at });
    }

    /// Queues what came earlier and waits behind a gap, as far as this batch may have filled it. What came first comes
    /// first in its place.
    async fn take_waiting(&mut self, tx: &mut Tx, origin: Origin, rules: &Rules) -> Result<(), Error> {
        if !self.may_wait {
            return Ok(());
        }
        let mut from = self.epoch.next;
        while let Some(last) = self.take_page(tx, origin, rules, from).await? {
            if !self.reaches(last) {
                return Ok(());
            }
            from = last + 1;
        }
        Ok(())
    }

    /// Queues a page of what waits at `from` or above; answers its last place, nothing when nothing waits there.
    async fn take_page(&mut self, tx: &mut Tx, origin: Origin, rules: &Rules, from: u64) -> Result<Option<u64>, Error> {
        let rows = records::waiting(tx, self.journal, from, WAITING).await?;
        let Some(mut last) = rows.last().map(|row| row.sequence) else { return Ok(None) };
        if !self.had_waiting {
            self.had_waiting = true;
            rules.refresh(tx).await?;
        }
        let (book, key) = (rules.book(), origin.verifying_key());
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == WAITING);
        let first = rows.first().map_or(last, |row| row.sequence);
        // What waits for one place must not be torn apart: the last place of a full page comes with the next one.
        let torn = full && first < last;
        let whole = |row: &records::WaitingRow| !torn || row.sequence < last;
        let rows: Vec<_> = rows.into_iter().filter(whole).collect();
        last = rows.last().map_or(last, |row| row.sequence);
        self.load_places(tx, from.saturating_sub(1), last).await?;
        let mut ids = Vec::new();
        let mut earlier: BTreeMap<u64, Vec<Candidate>> = BTreeMap::new();
        for row in rows {
            let (sequence, digest, received_at) = (row.sequence, row.digest, row.received_at);
            let signed = row.signed()?;
            let hash = signed.hash();
            match judge::alone(&signed, &hash, sequence, (origin, key.as_ref()), &book) {
                Alone::Genuine { record, dispute } => {
                    ids.push(record.id);
                    let candidate = Candidate { digest, hash, signed, record, own: dispute, received_at };
                    earlier.entry(sequence).or_default().push(candidate);
                }
                Alone::Rejected { rejection, id } => {
                    self.reject(sequence, digest, id, signed, rejection, received_at);
                }
            }
        }
        for (sequence, queue) in earlier {
            let later = self.candidates.insert(sequence, queue).unwrap_or_default();
            for candidate in later {
                self.queue(candidate);
            }
        }
        self.taken.extend(records::taken(tx, self.journal.canteen, &ids).await?);
        Ok(Some(last))
    }

    /// Whether every place from the cursor up to and including this one holds something.
    fn reaches(&self, to: u64) -> bool {
        (self.epoch.next..=to).all(|place| self.candidates.contains_key(&place) || self.rejected.contains_key(&place))
    }

    /// Settles places in order: those below the cursor that only quarantine holds, then from the cursor on as far as
    /// no place is empty.
    async fn settle_all(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let ahead = self.candidates.split_off(&self.epoch.next);
        for (sequence, queue) in std::mem::replace(&mut self.candidates, ahead) {
            self.settle(tx, sequence, queue).await?;
        }
        loop {
            let next = self.epoch.next;
            let queue = self.candidates.remove(&next);
            if queue.is_none() && !self.holds_reject(tx, next).await? {
                return Ok(());
            }
            self.settle(tx, next, queue.unwrap_or_default()).await?;
            self.epoch.next = next + 1;
        }
    }

    /// Whether quarantine holds the place. Beyond the batch this asks the database, once a batch in the ordinary run.
    async fn holds_reject(&mut self, tx: &mut Tx, place: u64) -> Result<bool, Error> {
        if !self.asked.iter().any(|(from, to)| (*from..=*to).contains(&place)) {
            self.load_rejects(tx, place, place + 100).await?;
        }
        Ok(self.rejected.contains_key(&place))
    }

    /// The first genuine record takes the place, unless it or its id is taken; all others are conflicts.
    async fn settle(&mut self, tx: &mut Tx, sequence: u64, queue: Vec<Candidate>) -> Result<(), Error> {
        for candidate in queue {
            let Candidate { digest, hash, signed, record, own, received_at } = candidate;
            if self.held.contains_key(&sequence) || !self.taken.insert(record.id) {
                self.reject(sequence, digest, Some(record.id), signed, Rejection::Conflict, received_at);
                continue;
            }
            let dispute = self.judge(tx, &record, own).await?;
            let row = StoredRow {
                id: record.id,
                sequence,
                hash,
                signature: signed.signature.0.to_vec(),
                dispute: dispute.clone().map(Json),
            };
            self.outcomes.insert((sequence, digest), row.outcome());
            self.held.insert(sequence, row);
            if sequence >= self.epoch.next {
                self.epoch.last_at = Some(record.at);
            }
            self.new_records.push(NewRecord { record: *record, hash, signed, dispute, received_at });
        }
        Ok(())
    }

    async fn judge(
        &mut self,
        tx: &mut Tx,
        record: &Record,
        own: Option<domain::record::check::Dispute>,
    ) -> Result<Option<domain::record::check::Dispute>, Error> {
        let shift = self.shift_before(tx, record).await?;
        let before = Before {
            previous: record.sequence.checked_sub(1).and_then(|place| self.held.get(&place)).map(|row| row.hash),
            shift: shift.as_deref(),
            witnessed: self.witnessed,
            ended: self.ended,
        };
        Ok(judge::dispute(record, own, &before))
    }

    /// For a Z report: the records of its shift up to it, unless some are missing or the shift was opened in an earlier
    /// epoch, whose places say nothing here; of such a shift the day close speaks alone.
    async fn shift_before(&self, tx: &mut Tx, record: &Record) -> Result<Option<Vec<Record>>, Error> {
        let Body::ShiftClose(close) = &record.body else { return Ok(None) };
        let count = record.sequence.saturating_sub(close.first_sequence);
        let Some(last) = record.sequence.checked_sub(1).filter(|_| (1..=LONGEST_SHIFT).contains(&count)) else {
            return Ok(None);
        };
        let mut all = records::decoded(tx, self.journal, close.first_sequence, last).await?;
        let range = close.first_sequence..=last;
        all.extend(self.new_records.iter().map(|new| &new.record).filter(|r| range.contains(&r.sequence)).cloned());
        all.sort_by_key(|r| r.sequence);
        let whole = u64::try_from(all.len()).is_ok_and(|held| held == count);
        let opens = |r: &Record| r.shift == record.shift && matches!(r.body, Body::ShiftOpen { .. });
        Ok(Some(all).filter(|all| whole && all.first().is_some_and(opens)))
    }

    /// Stores everything and hands the new records back.
    async fn save(&mut self, tx: &mut Tx) -> Result<Vec<Record>, Error> {
        let ahead: Vec<(u64, &SignedRecord)> =
            self.candidates.iter().flat_map(|(sequence, queue)| queue.iter().map(|c| (*sequence, &c.signed))).collect();
        records::wait(tx, self.journal, &ahead, self.now).await?;
        records::add(tx, &self.new_records).await?;
        epochs::note_breaks(tx, self.journal, &self.suspects()).await?;
        records::quarantine(tx, self.journal, &self.new_rejects).await?;
        let meals: Vec<MealRow> = self.new_records.iter().filter_map(|new| meal_row(new, self.now)).collect();
        usage::add(tx, &meals).await?;
        identities::add(tx, &self.new_records).await?;
        refund_payments::add(tx, self.journal.canteen, &self.new_records, self.now).await?;
        if self.had_waiting {
            records::stop_waiting(tx, self.journal, self.epoch.next).await?;
        }
        if self.epoch != self.stood {
            terminals::advance(tx, self.journal.canteen, self.journal.terminal, self.epoch).await?;
        }
        let late = self.late_meals();
        let voids = self.new_records.iter().filter_map(|new| match &new.record.body {
            Body::Void { meal, .. } => Some(*meal),
            _ => None,
        });
        for meal in voids.chain(late).collect::<BTreeSet<_>>() {
            if let Some(void) = records::void_of(tx, self.journal.canteen, meal).await? {
                usage::set_void(tx, self.journal.canteen, meal, void, self.now).await?;
            }
        }
        Ok(std::mem::take(&mut self.new_records).into_iter().map(|new| new.record).collect())
    }

    /// Places at which a journal may be broken by the new records: those that do not name what lies before them, and
    /// those behind a place that was empty.
    fn suspects(&self) -> BTreeSet<u64> {
        let mut places = BTreeSet::new();
        for new in &self.new_records {
            let (sequence, previous) = (new.record.sequence, new.record.previous);
            let before = sequence.checked_sub(1).and_then(|place| self.held.get(&place));
            places.extend(before.filter(|row| row.hash != previous).map(|_| sequence));
            places.extend((sequence < self.stood.next).then_some(sequence + 1));
        }
        places
    }

    const fn moved(&self) -> Moved {
        Moved { journal: self.journal, from: self.stood.next, to: self.epoch.next, superseded: self.superseded }
    }

    /// New meals whose void may be in store already: those put below the cursor, and all of an epoch that is not the
    /// terminal's last.
    fn late_meals(&self) -> Vec<RecordId> {
        let late = |m: &&NewRecord| self.superseded || m.record.sequence < self.stood.next;
        let meals = self.new_records.iter().filter(|new| matches!(new.record.body, Body::Meal(_)));
        meals.filter(late).map(|m| m.record.id).collect()
    }
}

/// Spans of neighbouring places.
fn runs(places: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for place in places {
        match runs.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(*place) => *to = *place,
            _ => runs.push((*place, *place)),
        }
    }
    runs
}

/// The elder's meal, for a meal of a known elder.
fn meal_row(new: &NewRecord, now: UnixMs) -> Option<MealRow> {
    let record = &new.record;
    let Body::Meal(meal) = &record.body else { return None };
    let diner = meal.diner.as_ref()?;
    let outcome = if new.dispute.is_none() { "accepted" } else { "disputed" };
    Some(MealRow {
        elder: diner.elder,
        record: record.id,
        canteen: record.canteen,
        terminal: record.terminal,
        epoch: record.epoch,
        sequence: record.sequence,
        date: record.business_date(),
        period: meal.meal.period.clone(),
        at: record.at,
        policy: meal.decision.policy.as_ref().map(|p| p.id.clone()),
        lines: Json(meal.decision.lines.clone()),
        outcome: outcome.to_owned(),
        voided_by: None,
        frozen_by: None,
        changed_at: now,
    })
}

/// How a batch has moved its journal.
#[derive(Clone, Copy)]
struct Moved {
    journal: Journal,
    /// Where the cursor stood before.
    from: u64,
    to: u64,
    /// Whether the terminal has a later epoch.
    superseded: bool,
}

/// Touches every canteen-day that the new records may bear on: their own, the day their shift was opened on, a voided
/// meal's, for an elder's meal those that compete with it for a limit later in the week or month, and those on which a
/// fork shows because of them.
async fn touch(tx: &mut Tx, moved: Moved, stored: &[Record], now: UnixMs) -> Result<(), Error> {
    let canteen = moved.journal.canteen;
    let mut touched: BTreeSet<(CanteenId, BusinessDate)> = BTreeSet::new();
    let mut eaten: BTreeSet<(ElderId, BusinessDate)> = BTreeSet::new();
    let mut shifts: BTreeSet<ShiftId> = BTreeSet::new();
    for record in stored {
        touched.insert((canteen, record.at.business_date()));
        touched.insert((canteen, record.business_date()));
        shifts.extend(record.shift);
        match &record.body {
            Body::Meal(meal) => {
                eaten.extend(meal.diner.as_ref().map(|diner| (diner.elder, record.business_date())));
            }
            Body::Void { meal, .. } => {
                touched.extend(records::meal_date(tx, canteen, *meal).await?.map(|date| (canteen, date)));
                eaten.extend(usage::get(tx, canteen, *meal).await?.map(|row| (row.elder, row.date)));
            }
            // Of several refunds of one meal the earliest settles it: the days of the others change with it.
            Body::Refund(refund) => {
                let days = refund_payments::days_of(tx, canteen, refund.meal).await?;
                touched.extend(days.into_iter().map(|date| (canteen, date)));
            }
            _ => {}
        }
    }
    for shift in shifts {
        touched.extend(records::opened_on(tx, canteen, shift).await?.into_iter().map(|date| (canteen, date)));
    }
    days::add_behind(tx, &eaten, &mut touched).await?;
    let forked = forked(tx, moved, stored).await?;
    touched.extend(forked.into_iter().map(|date| (canteen, date)));
    days::touch(tx, &touched, now).await
}

/// The days on which it may show now that the journal does not go on from these records: those of the first records of
/// later epochs, and of what lies behind a place that was empty.
async fn forked(tx: &mut Tx, moved: Moved, stored: &[Record]) -> Result<Vec<BusinessDate>, Error> {
    let mut dates = Vec::new();
    if moved.superseded && (!stored.is_empty() || moved.to != moved.from) {
        dates.extend(epochs::later_starts(tx, moved.journal).await?);
    }
    for record in stored.iter().filter(|record| record.sequence < moved.from) {
        dates.extend(records::dates_at(tx, moved.journal, record.sequence + 1).await?);
    }
    Ok(dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_places_are_one_span() {
        let of = |places: &[u64]| runs(&places.iter().copied().collect());
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[4, 5, 6, 9]), [(4, 6), (9, 9)]);
        assert_eq!(of(&[u64::MAX, 0]), [(0, 0), (u64::MAX, u64::MAX)]);
    }
}
