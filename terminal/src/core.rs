//! Everything a terminal shares between its screen, its printer and its conversation with the office.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{BootId, Entropy, RecordId};
use domain::record::{Body, TimeSource};
use tokio::sync::{Notify, OnceCell, watch};

use crate::Config;
use crate::ahead::Ahead;
use crate::clock::TillClock;
use crate::disk::Disk;
use crate::journal::{Entry, Journal, JournalError, Stored};
use crate::keys::Identity;
use crate::office::{Office, OfficeError};
use crate::printer::PrintQueue;
use crate::roster::Roster;
use crate::rules::Rules;
use crate::slip::{self, Around};
use crate::storage::StorageError;
use crate::sync::{SyncError, SyncReport};
use crate::till::{Codes, Till};

/// How the conversation with the office stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// Whether the last round reached the office.
    pub(crate) online: bool,
    /// Whether a round has ended since the program started.
    pub(crate) tried: bool,
    /// When a round last came to its end.
    pub(crate) last: Option<UnixMs>,
    /// Rounds that failed in a row.
    pub(crate) failures: u32,
    /// What was wrong with the last one.
    pub(crate) trouble: Option<String>,
    /// The code with which the office turned the terminal away, if it did.
    pub(crate) turned_away: Option<String>,
}

impl Link {
    /// Whether an administrator has yet to let the terminal in.
    pub(crate) fn is_pending(&self) -> bool {
        self.turned_away.as_deref() == Some(ENROLMENT_PENDING)
    }
}

/// The office's code for a key whose fingerprint nobody has compared yet.
pub(crate) const ENROLMENT_PENDING: &str = "enrolment_pending";
/// The office's code for a terminal whose key was revoked.
pub(crate) const TERMINAL_REVOKED: &str = "terminal_revoked";

/// The parts of a terminal.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) identity: Identity,
    pub(crate) fingerprint: String,
    pub(crate) disk: Disk,
    pub(crate) journal: Journal,
    pub(crate) roster: Roster,
    pub(crate) time: Arc<TillClock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) office: Office,
    pub(crate) printer: PrintQueue,
    pub(crate) till: Till,
    /// What readers with a line of their own have read, for the page.
    pub(crate) codes: Codes,
    /// The date that a cashier confirmed in this boot, where the office has not told the time.
    confirmed: Mutex<Option<(BootId, BusinessDate)>>,
    pub(crate) sync_turn: tokio::sync::Mutex<()>,
    /// Whoever ends a day looks first whether it has ended: one at a time.
    days_turn: tokio::sync::Mutex<()>,
    /// What the office has and cannot judge yet.
    pub(crate) ahead: Ahead,
    /// Something waits to be sent: wakes the background round while the office is reached.
    pub(crate) wake_sync: Notify,
    /// Somebody asks for a round, whatever the last one brought.
    pub(crate) ask_sync: Notify,
    rules: RwLock<Option<Arc<Rules>>>,
    link: Mutex<Link>,
    version: watch::Sender<u64>,
    fonts: OnceCell<Arc<receipts::Fonts>>,
}

/// What [`Core::new`] is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) identity: Identity,
    pub(crate) fingerprint: String,
    pub(crate) disk: Disk,
    pub(crate) journal: Journal,
    pub(crate) roster: Roster,
    pub(crate) time: Arc<TillClock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) office: Office,
    pub(crate) printer: PrintQueue,
    pub(crate) rules: Option<Rules>,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { config, identity, fingerprint, disk, journal, roster, time, entropy, office, printer, rules } =
            parts;
        Self {
            config,
            identity,
            fingerprint,
            disk,
            journal,
            roster,
            time,
            entropy,
            office,
            printer,
            till: Till::default(),
            codes: Codes::default(),
            confirmed: Mutex::default(),
            sync_turn: tokio::sync::Mutex::default(),
            days_turn: tokio::sync::Mutex::default(),
            ahead: Ahead::default(),
            wake_sync: Notify::new(),
            ask_sync: Notify::new(),
            rules: RwLock::new(rules.map(Arc::new)),
            link: Mutex::default(),
            version: watch::Sender::new(1),
            fonts: OnceCell::new(),
        }
    }

    /// The setup in force; nothing before the first one has arrived.
    pub(crate) fn rules(&self) -> Option<Arc<Rules>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a setup in force.
    pub(crate) fn set_rules(&self, rules: Rules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(rules));
        self.changed();
    }

    /// How the conversation with the office stands.
    pub(crate) fn link(&self) -> Link {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what became of a round.
    pub(crate) fn note_sync(&self, result: &Result<SyncReport, SyncError>) {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        link.tried = true;
        link.turned_away = match result {
            Err(SyncError::Office(OfficeError::Refused { status: 403, code, .. })) => Some(code.clone()),
            _ => None,
        };
        link.online = matches!(result, Ok(_) | Err(SyncError::Setup(_)));
        match result {
            Ok(_) => {
                link.last = Some(self.time.now().at);
                link.failures = 0;
                link.trouble = None;
            }
            Err(error) => {
                link.failures = link.failures.saturating_add(1);
                link.trouble = Some(error.to_string());
                tracing::warn!(%error, failures = link.failures, "no full round with the office");
            }
        }
        drop(link);
        self.changed();
    }

    /// A cashier says which day it is.
    pub(crate) fn confirm_date(&self, date: BusinessDate) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) = Some((self.time.reading().boot, date));
        self.changed();
    }

    /// The date that a cashier has to confirm: nobody has told this computer the time since it was switched on.
    pub(crate) fn unconfirmed_date(&self) -> Option<BusinessDate> {
        let now = self.time.now();
        let today = now.at.business_date();
        let confirmed = *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = now.source == TimeSource::Server || confirmed == Some((self.time.reading().boot, today));
        (!known).then_some(today)
    }

    /// The state that screens show has changed.
    pub(crate) fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Tells of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Appends a record; the background round will send it.
    pub(crate) async fn append(&self, entry: Entry) -> Result<crate::journal::Appended, JournalError> {
        let appended = self.journal.append(entry).await?;
        self.wake_sync.notify_one();
        self.open_drawer_for(std::slice::from_ref(&appended)).await;
        Ok(appended)
    }

    /// Appends the portions of a sale together, all of them or none.
    pub(crate) async fn append_sale(
        &self,
        sale: RecordId,
        portions: Vec<Entry>,
    ) -> Result<Vec<crate::journal::Appended>, JournalError> {
        let appended = self.journal.append_sale(sale, portions).await?;
        self.wake_sync.notify_one();
        self.open_drawer_for(&appended).await;
        Ok(appended)
    }

    /// Writes the `day` record when business days have ended since the last one. Without the server's time a wall
    /// clock that jumped by more than a day is not believed, unless the cashier has confirmed the date.
    pub(crate) async fn end_days(&self, confirmed: bool) -> Result<bool, JournalError> {
        let _turn = self.days_turn.lock().await;
        let now = self.time.now();
        let yesterday = now.at.business_date().plus_days(-1);
        let Some(done) = self.last_day_over().await? else { return Ok(false) };
        if done >= yesterday {
            return Ok(false);
        }
        let latest = self.journal.latest_date().await?.unwrap_or(yesterday);
        if now.source != TimeSource::Server && !confirmed && latest.plus_days(1) < now.at.business_date() {
            return Ok(false);
        }
        let body = Body::Day { through: yesterday };
        self.append(Entry { id: None, cashier: None, shift: None, body }).await?;
        kill_point!("terminal.day.recorded");
        self.changed();
        Ok(true)
    }

    /// The last day that was declared over; the day before the journal began if none was.
    async fn last_day_over(&self) -> Result<Option<BusinessDate>, StorageError> {
        if let Some(day) = self.journal.last_of("day").await?
            && let Body::Day { through } = day.record.body
        {
            return Ok(Some(through));
        }
        Ok(self.journal.first().await?.map(|first| first.record.at.business_date().plus_days(-1)))
    }

    /// The fonts, parsed once.
    async fn fonts(&self) -> Result<Arc<receipts::Fonts>, String> {
        let load = || async {
            let fonts = tokio::task::spawn_blocking(receipts::Fonts::embedded).await;
            fonts.map_err(|e| e.to_string())?.map(Arc::new).map_err(|e| e.to_string())
        };
        self.fonts.get_or_try_init(load).await.cloned()
    }

    /// What stands on a record's slip besides the record.
    async fn around(&self, stored: &Stored, reprint: bool) -> Result<Around, StorageError> {
        let rules = self.rules();
        let setup = rules.as_ref().map(|rules| &rules.setup);
        let cashier = stored.record.cashier.and_then(|id| rules.as_ref()?.cashier(id));
        let mut around = Around {
            canteen: setup.map(|setup| setup.name.clone()).unwrap_or_default(),
            phone: setup.map(|setup| setup.phone.clone()).unwrap_or_default(),
            cashier: cashier.map(|cashier| cashier.name.clone()).unwrap_or_default(),
            reprint,
            voided: stored.voided.is_some(),
            ..Around::default()
        };
        let name = |id: domain::id::CashierId| rules.as_ref()?.cashier(id).map(|cashier| cashier.name.clone());
        let meal = match &stored.record.body {
            Body::Void { meal, approved_by, .. } => {
                around.approver = approved_by.and_then(name);
                self.journal.by_id(*meal).await?
            }
            Body::Refund(refund) => {
                around.name = Some(self.name_of(refund.elder).await?);
                let listed = self.roster.refund(refund.due).await?.map(|due| due.date);
                let meal = self.journal.by_id(refund.meal).await?;
                let date = listed.or_else(|| meal.as_ref().map(|meal| meal.record.business_date()));
                around.meal_date = date.map_or_else(|| "—".to_owned(), |date| date.to_string());
                return Ok(around);
            }
            Body::ShiftClose(_) => {
                self.around_shift(stored, &mut around).await?;
                None
            }
            _ => None,
        };
        let eaten = meal.as_ref().unwrap_or(stored);
        if let Body::Meal(body) | Body::Training(body) = &eaten.record.body {
            if let Some(diner) = &body.diner {
                around.name = Some(self.name_of(diner.elder).await?);
            }
            if let (Some(collection), None) = (&body.collection, &meal) {
                around.together = self.together(collection.id, stored).await?;
            }
        }
        around.meal = meal.map(Box::new);
        Ok(around)
    }

    /// The meals of a collection with the elders' names, if this one is still among them.
    async fn together(
        &self,
        collection: domain::id::CollectionId,
        stored: &Stored,
    ) -> Result<Vec<(Stored, String)>, StorageError> {
        let mut together = Vec::new();
        for meal in self.journal.of_collection(collection).await? {
            let name = match &meal.record.body {
                Body::Meal(body) => match &body.diner {
                    Some(diner) => self.name_of(diner.elder).await?,
                    None => String::new(),
                },
                _ => continue,
            };
            together.push((meal, name));
        }
        let listed = together.iter().any(|(meal, _)| meal.record.id == stored.record.id);
        Ok(if listed { together } else { Vec::new() })
    }

    async fn around_shift(&self, stored: &Stored, around: &mut Around) -> Result<(), StorageError> {
        let Some(shift) = stored.record.shift else { return Ok(()) };
        let records = self.journal.of_shift(shift).await?;
        if let (Some(first), Some(last)) = (records.first(), records.last()) {
            around.shift = Some((first.record.at, (first.record.sequence, last.record.sequence)));
        }
        around.number = self.journal.shift_number(stored.record.epoch, stored.record.sequence).await?;
        let moves = records.iter().filter(|stored| matches!(stored.record.body, Body::Cash { .. })).count();
        around.moves = moves as u64;
        around.reprints = self.journal.reprints(shift).await?;
        around.unsent = self.journal.unsent().await?.count;
        Ok(())
    }

    /// The masked name of an elder; a dash for one that the roster no longer holds.
    pub(crate) async fn name_of(&self, elder: domain::id::ElderId) -> Result<String, StorageError> {
        if let Some(name) = crate::till::practice::name_of(elder) {
            return Ok(name.to_owned());
        }
        Ok(self.roster.by_elder(elder).await?.map_or_else(|| "—".to_owned(), |entry| entry.masked_name))
    }

    /// The bytes of a record's slip.
    pub(crate) async fn slip(&self, record: domain::id::RecordId, reprint: bool) -> Result<Vec<u8>, String> {
        let stored = self.journal.by_id(record).await.map_err(|e| e.to_string())?;
        let stored = stored.ok_or_else(|| "no such record".to_owned())?;
        let around = self.around(&stored, reprint).await.map_err(|e| e.to_string())?;
        let fonts = self.fonts().await?;
        let bytes = slip::compose(&stored, &around, self.config.paper, &fonts).map_err(|e| e.to_string())?;
        bytes.ok_or_else(|| "this record has no slip".to_owned())
    }
}
