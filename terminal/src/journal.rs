//! The journal: one record for each thing that happened at this till, appended and never edited.
//!
//! [`Journal::append`] gives a record its epoch, sequence and predecessor inside the transaction that stores it, so a
//! record exists exactly when its place in the chain does. It returns after the commit has reached the disk.

mod find;
mod notes;
mod query;

use std::sync::Arc;

use domain::id::{CanteenId, CashierId, Digest, Entropy, RecordId, ShiftId, TerminalId};
use domain::record::encoding::{MAX_BYTES, RecordError, SignedRecord, decode};
use domain::record::{Algorithm, Body, FORMAT, Record};
use ed25519_dalek::SigningKey;

use crate::clock::TillClock;
use crate::storage::{Storage, StorageError, Unit};
use crate::trusted_time::Reading;
pub(crate) use find::insert as insert_saved;
pub(crate) use find::stands_by;
pub(crate) use notes::Interrupted;
pub(crate) use query::{PeriodCount, Stored};

/// The program's version, as `start` records and the server are told.
pub const SOFTWARE: &str = concat!("zhucan ", env!("CARGO_PKG_VERSION"));

/// Why nothing was appended. The journal is as it was.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The database did not serve.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The business day ended since the meal was decided.
    #[error("the business day of the meal is over")]
    DayChanged,
    /// The elder has been served in this period already.
    #[error("the elder was served in this period already")]
    AlreadyServed,
    /// The meal was reversed before.
    #[error("the meal was reversed before")]
    AlreadyVoided,
    /// The refund was paid before.
    #[error("the refund was paid before")]
    AlreadyRefunded,
    /// The id belongs to another kind of record.
    #[error("the id belongs to another record")]
    IdTaken,
    /// The record would be larger than a record may be.
    #[error("a record of {0} bytes is too large")]
    TooLarge(usize),
    /// The computer's clock shows a time that no record may have.
    #[error(
        "本机时钟不对（早于 2000 年或晚于 2200 年），没有记账：请先校准系统时间，再启动 / the computer's clock is wrong (before 2000 or after 2200) and nothing was recorded: set it right, then start again"
    )]
    Clock,
    /// Neither this terminal nor the office could read the record again.
    #[error("the record could not be read again: {0}")]
    Unreadable(RecordError),
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Something that happened, before it has a place in the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The record's id; a new one when none is given. Appending the same id again gives the record that is there.
    pub id: Option<RecordId>,
    /// Who serves.
    pub cashier: Option<CashierId>,
    /// The shift it belongs to.
    pub shift: Option<ShiftId>,
    /// What happened.
    pub body: Body,
}

/// A record in the journal.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The record.
    pub record: Record,
    /// Its bytes and signature.
    pub signed: SignedRecord,
    /// Whether this call appended it; otherwise it was there.
    pub fresh: bool,
}

/// Whose journal it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) terminal: TerminalId,
    pub(crate) canteen: CanteenId,
}

/// The journal of one terminal. Clones share it.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    key: SigningKey,
    owner: Owner,
    time: Arc<TillClock>,
    entropy: Arc<dyn Entropy>,
}

impl Journal {
    /// Takes over the journal in this database and begins an epoch above `known` if it is new.
    pub(crate) async fn open(
        storage: Storage,
        key: SigningKey,
        owner: Owner,
        time: Arc<TillClock>,
        entropy: Arc<dyn Entropy>,
        known: u32,
    ) -> Result<Self, JournalError> {
        let journal = Self { inner: Arc::new(Inner { storage, key, owner, time, entropy }) };
        if journal.head().await?.is_none() {
            journal.begin_epoch(known).await?;
        }
        Ok(journal)
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    /// Appends a record. When this returns it is on the disk, or nothing happened.
    ///
    /// Runs to its end even when the caller stops waiting.
    pub async fn append(&self, entry: Entry) -> Result<Appended, JournalError> {
        let appended = self.append_all(vec![entry]).await?;
        appended.into_iter().next().ok_or_else(|| StorageError::damaged("record", &"nothing appended").into())
    }

    /// Appends records in their order, all of them or none.
    ///
    /// Runs to its end even when the caller stops waiting.
    pub async fn append_all(&self, entries: Vec<Entry>) -> Result<Vec<Appended>, JournalError> {
        self.append_noted(entries, None).await
    }

    /// Appends the portions of one sale, all of them or none: the sale's id is that of its first portion.
    pub(crate) async fn append_sale(
        &self,
        sale: RecordId,
        portions: Vec<Entry>,
    ) -> Result<Vec<Appended>, JournalError> {
        self.append_noted(portions, Some(sale)).await
    }

    async fn append_noted(&self, entries: Vec<Entry>, sale: Option<RecordId>) -> Result<Vec<Appended>, JournalError> {
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.append_all(entries, sale).await });
        task.await.unwrap_or_else(|stopped| Err(StorageError::damaged("record", &stopped).into()))
    }

    /// Begins a new epoch above `known`, the highest that the server has seen: the journal was restored or copied.
    pub(crate) async fn begin_epoch(&self, known: u32) -> Result<Record, JournalError> {
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move { inner.begin_epoch(known).await });
        task.await.unwrap_or_else(|stopped| Err(StorageError::damaged("record", &stopped).into()))
    }
}

impl Inner {
    async fn append_all(&self, entries: Vec<Entry>, sale: Option<RecordId>) -> Result<Vec<Appended>, JournalError> {
        let mut unit = self.storage.begin().await?;
        let mut appended = Vec::with_capacity(entries.len());
        for entry in entries {
            let one = self.append(&mut unit, entry).await?;
            if let Some(sale) = sale.filter(|sale| *sale != one.record.id) {
                notes::note_portion(&mut unit, one.record.id, sale).await?;
            }
            appended.push(one);
        }
        kill_point!("terminal.journal.before-commit");
        unit.commit().await?;
        kill_point!("terminal.journal.committed");
        Ok(appended)
    }

    async fn append(&self, unit: &mut Unit, entry: Entry) -> Result<Appended, JournalError> {
        if let Some(id) = entry.id
            && let Some(stored) = query::by_id(&mut **unit, id).await?
        {
            let same = stored.record.body.kind() == entry.body.kind();
            let found = Appended { record: stored.record, signed: stored.signed, fresh: false };
            return if same { Ok(found) } else { Err(JournalError::IdTaken) };
        }
        let head = query::head(&mut **unit).await?;
        let (epoch, sequence, previous) =
            head.map_or((1, 0, Digest::ZERO), |head| (head.epoch, head.sequence + 1, head.hash));
        let record = self.record(entry, (epoch, sequence, previous));
        check(unit, &record).await?;
        let signed = self.insert(unit, &record).await?;
        Ok(Appended { record, signed, fresh: true })
    }

    async fn begin_epoch(&self, known: u32) -> Result<Record, JournalError> {
        let mut unit = self.storage.begin().await?;
        let previous = query::head(&mut *unit).await?;
        let epoch = previous.map_or(0, |head| head.epoch).max(known) + 1;
        let body = Body::Start { previous, software: SOFTWARE.to_owned() };
        let entry = Entry { id: None, cashier: None, shift: None, body };
        let record = self.record(entry, (epoch, 0, Digest::ZERO));
        self.insert(&mut unit, &record).await?;
        unit.commit().await?;
        Ok(record)
    }

    fn record(&self, entry: Entry, (epoch, sequence, previous): (u32, u64, Digest)) -> Record {
        let now = self.time.now();
        let Reading { wall, monotonic, boot } = self.time.reading();
        Record {
            format: FORMAT,
            algorithm: Algorithm::Sha256Ed25519,
            id: entry.id.unwrap_or_else(|| RecordId::generate(now.at, &*self.entropy)),
            canteen: self.owner.canteen,
            terminal: self.owner.terminal,
            epoch,
            sequence,
            previous,
            at: now.at,
            time_source: now.source,
            wall,
            monotonic,
            boot,
            server_time: self.time.server_time(),
            cashier: entry.cashier,
            shift: entry.shift,
            body: entry.body,
        }
    }

    async fn insert(&self, unit: &mut Unit, record: &Record) -> Result<SignedRecord, JournalError> {
        let signed = SignedRecord::seal(record, &self.key);
        if signed.record.len() > MAX_BYTES {
            return Err(JournalError::TooLarge(signed.record.len()));
        }
        // What cannot be read again would be put aside as damage at the next start, and be no record at the office.
        match decode(&signed.record) {
            Ok(_) => {}
            Err(RecordError::OutOfRange(field)) if field == "at" => return Err(JournalError::Clock),
            Err(error) => return Err(JournalError::Unreadable(error)),
        }
        find::insert(unit, record, &signed).await?;
        self.time.keep(unit, record.at).await?;
        Ok(signed)
    }
}

/// What must hold when a record is stored, whatever was checked before.
async fn check(unit: &mut Unit, record: &Record) -> Result<(), JournalError> {
    match &record.body {
        Body::Meal(meal) => {
            let today = record.at.business_date();
            let dated = if meal.paper.is_some() { meal.meal.date <= today } else { meal.meal.date == today };
            if !dated {
                return Err(JournalError::DayChanged);
            }
            if let Some(diner) = &meal.diner
                && query::served(&mut **unit, diner.elder, meal.meal.date, &meal.meal.period).await?.is_some()
            {
                return Err(JournalError::AlreadyServed);
            }
            Ok(())
        }
        Body::Training(meal) if meal.meal.date != record.at.business_date() => Err(JournalError::DayChanged),
        Body::Refund(refund) if find::is_paid(&mut **unit, refund.due).await? => Err(JournalError::AlreadyRefunded),
        Body::Void { meal, .. } if query::is_voided(&mut **unit, *meal).await? => Err(JournalError::AlreadyVoided),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests;
