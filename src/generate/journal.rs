//! A terminal that writes what happened into its journal: encoded, chained and signed as the real one does, and handed
//! out in batches as the protocol has them.

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{BootId, CashierId, Digest, RecordId, ShiftId};
use domain::money::Fen;
use domain::record::encoding::{SignatureHex, SignedRecord};
use domain::record::{Algorithm, Body, FORMAT, Meal, Record, ShiftClose, TimeSource, ZTotals};
use domain::sync::{Batch, BatchRecord, MAX_BATCH_BYTES, MAX_BATCH_RECORDS};
use ed25519_dalek::SigningKey;
use server::store::terminals::TerminalRow;

use super::day::{CanteenDay, Visit};
use super::words;
use crate::bench::upload::Outbox;
use crate::demo::chance::SeededEntropy;

/// The terminal's one epoch.
const EPOCH: u32 = 1;
/// Cash in the drawer at the start, fen.
const FLOAT: Fen = Fen::new(20_000);
/// Between a wrong sale and its reversal, ms.
pub(super) const SECOND_THOUGHT_MS: i64 = 8_000;

/// A terminal with its journal, as far as it is not sent yet.
pub struct Journal {
    /// The terminal at the office.
    pub terminal: TerminalRow,
    key: SigningKey,
    cashier: CashierId,
    boot: BootId,
    booted: UnixMs,
    next: u64,
    previous: Digest,
    synced: UnixMs,
    entropy: SeededEntropy,
    pending: Vec<BatchRecord>,
}

enum Event<'d> {
    Sale(usize, &'d Visit),
    Void(usize),
}

impl Journal {
    /// A new journal of an enrolled terminal; its first record starts the epoch.
    #[must_use]
    pub fn start(
        terminal: TerminalRow,
        key: SigningKey,
        cashier: CashierId,
        entropy: SeededEntropy,
        now: UnixMs,
    ) -> Self {
        let mut journal = Self {
            boot: BootId::generate(now, &entropy),
            terminal,
            key,
            cashier,
            booted: now,
            next: 0,
            previous: Digest::ZERO,
            synced: now,
            entropy,
            pending: Vec::new(),
        };
        let software = concat!("zhucan generate ", env!("CARGO_PKG_VERSION")).to_owned();
        journal.write(now, None, Body::Start { previous: None, software });
        journal
    }

    /// All days up to and including `through` are over.
    pub fn days_over(&mut self, at: UnixMs, through: BusinessDate) {
        self.write(at, None, Body::Day { through });
    }

    /// Writes a day: what was sold and taken back, and the shift around it.
    pub fn day(&mut self, day: &CanteenDay) {
        if day.online {
            self.synced = day.date.at_minute(10 * 60);
        }
        self.days_over(day.date.at_minute(10 * 60), day.date.plus_days(-1));
        let shift = ShiftId::generate(day.date.at_minute(10 * 60 + 15), &self.entropy);
        let first_sequence = self.next;
        let open = self.write(day.date.at_minute(10 * 60 + 15), Some(shift), Body::ShiftOpen { float: FLOAT });
        let mut records = vec![open];
        let mut sold: Vec<RecordId> = vec![RecordId::from_uuid(uuid::Uuid::nil()); day.visits.len()];
        for event in events(day) {
            let record = match event {
                Event::Sale(place, visit) => {
                    let record = self.write(visit.at, Some(shift), Body::Meal(Box::new(meal(visit))));
                    sold[place] = record.id;
                    record
                }
                Event::Void(place) => {
                    let at = day.visits[place].at.plus(SECOND_THOUGHT_MS);
                    let reason = words::VOID_REASON.to_owned();
                    self.write(at, Some(shift), Body::Void { meal: sold[place], reason, approved_by: None })
                }
            };
            records.push(record);
        }
        let mut totals = ZTotals::of(&records);
        if day.wrong_z {
            totals.meals.count += 1;
        }
        let mut close = ShiftClose {
            date: day.date,
            first_sequence,
            totals,
            float: FLOAT,
            moved: Fen::ZERO,
            counted: Fen::ZERO,
            reason: String::new(),
            late: false,
        };
        close.counted = close.expected();
        self.write(day.date.at_minute(13 * 60 + 45), Some(shift), Body::ShiftClose(Box::new(close)));
    }

    fn write(&mut self, at: UnixMs, shift: Option<ShiftId>, body: Body) -> Record {
        let record = Record {
            format: FORMAT,
            algorithm: Algorithm::Sha256Ed25519,
            id: RecordId::generate(at, &self.entropy),
            canteen: self.terminal.canteen,
            terminal: self.terminal.id,
            epoch: EPOCH,
            sequence: self.next,
            previous: self.previous,
            at,
            time_source: TimeSource::Server,
            wall: at,
            monotonic: at.get() - self.booted.get(),
            boot: self.boot,
            server_time: Some(self.synced),
            cashier: shift.map(|_| self.cashier),
            shift,
            body,
        };
        let signed = SignedRecord::seal(&record, &self.key);
        self.previous = signed.hash();
        self.pending.push(BatchRecord { sequence: self.next, signed });
        self.next += 1;
        record
    }

    /// Writes a day and hands out what is to be sent, with the key that requests are signed with.
    pub fn outbox(&mut self, day: &CanteenDay) -> Outbox {
        self.day(day);
        Outbox { terminal: self.terminal.clone(), key: self.key.clone(), batches: self.batches() }
    }

    /// The next unsent record as a bad line would bring it: one bit of the signature is another one.
    #[must_use]
    pub fn damaged(&self) -> Option<Batch> {
        let first = self.pending.first()?;
        let SignatureHex(mut signature) = first.signed.signature;
        signature[7] ^= 1;
        let signed = SignedRecord { record: first.signed.record.clone(), signature: SignatureHex(signature) };
        Some(Batch { epoch: EPOCH, records: vec![BatchRecord { sequence: first.sequence, signed }] })
    }

    /// Everything that is not sent yet, in batches of the size that the office takes.
    pub fn batches(&mut self) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        let mut bytes = 0;
        for record in std::mem::take(&mut self.pending) {
            let size = record.signed.record.len();
            let full = |batch: &Batch| batch.records.len() == MAX_BATCH_RECORDS || bytes + size > MAX_BATCH_BYTES;
            if batches.last().is_none_or(full) {
                batches.push(Batch { epoch: EPOCH, records: Vec::with_capacity(MAX_BATCH_RECORDS) });
                bytes = 0;
            }
            bytes += size;
            if let Some(batch) = batches.last_mut() {
                batch.records.push(record);
            }
        }
        batches
    }

    /// The batches that are full; what is left waits for more.
    pub fn full_batches(&mut self) -> Vec<Batch> {
        let mut batches = self.batches();
        if let Some(last) = batches.pop_if(|last| last.records.len() < MAX_BATCH_RECORDS) {
            self.pending = last.records;
        }
        batches
    }
}

fn events(day: &CanteenDay) -> Vec<Event<'_>> {
    let mut events: Vec<(UnixMs, Event<'_>)> = Vec::with_capacity(day.visits.len());
    for (place, visit) in day.visits.iter().enumerate() {
        events.push((visit.at, Event::Sale(place, visit)));
        if visit.voided {
            events.push((visit.at.plus(SECOND_THOUGHT_MS), Event::Void(place)));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events.into_iter().map(|(_, event)| event).collect()
}

fn meal(visit: &Visit) -> Meal {
    Meal::new(visit.meal.clone(), visit.diner.clone(), visit.tender, visit.online, visit.decision.clone())
}
