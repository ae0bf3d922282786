//! One round with the office: say hello, send what waits, fetch what changed.
//!
//! Every step leaves the journal and the feeds whole, so a round may break off anywhere and be begun again.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::id::ElderId;
use domain::sync::{
    Batch, BatchAnswer, BatchRecord, Cursor, Hello, HelloAnswer, Outcome, PROTOCOL, Photo, RefundsDue, RosterPage,
    Setup, UsagePage,
};

use crate::core::{Core, TERMINAL_REVOKED};
use crate::journal::{JournalError, SOFTWARE};
use crate::office::OfficeError;
use crate::roster::{Feed, Picture};
use crate::rules::{Rules, SetupError};
use crate::storage::StorageError;

/// A feed never has more pages than this.
const MAX_PAGES: u32 = 10_000;
/// So many photos are fetched behind one round.
const PHOTOS_A_ROUND: u32 = 20;
/// A photo that takes longer holds up no round that somebody waits for.
const PHOTO: Duration = Duration::from_secs(3);
/// Between rounds when all is well.
pub(crate) const CALM: Duration = Duration::from_secs(20);
/// Between rounds while an administrator has yet to let the terminal in: somebody stands before it and waits.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A change that was made before the server answered may be seen a little later: so long a feed is asked for again.
const OVERLAP_MS: i64 = 60_000;
const FIRST_RETRY_MS: u64 = 1_000;
const LONGEST_RETRY_MS: u64 = 60_000;

/// Why a round broke off. Nothing is lost; the next round goes on.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The office was not reached, refused, or answered unreadably.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The terminal's database did not serve.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A new epoch could not be begun.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The office's setup cannot be used; the one before stays in force.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The office does not keep to the protocol.
    #[error("the office broke the protocol: {0}")]
    Protocol(&'static str),
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncReport {
    /// Records sent.
    pub sent: u64,
    /// Of these: genuine and right.
    pub accepted: u64,
    /// Of these: genuine; the day close judges them.
    pub disputed: u64,
    /// Of these: in quarantine.
    pub rejected: u64,
    /// Records that still wait.
    pub unsent: u64,
    /// The epoch that was begun because the server holds records that this journal does not.
    pub new_epoch: Option<u32>,
    /// Whether the setup was replaced.
    pub setup_changed: bool,
    /// Elders replaced.
    pub roster_entries: u64,
    /// Elders whose usage was replaced.
    pub usage_entries: u64,
}

/// How long to wait after so many failed rounds in a row: longer each time, up to a minute, and never in step with
/// other terminals. `random` is any number.
#[must_use]
pub fn retry_after(failures: u32, random: u64) -> Duration {
    let full = FIRST_RETRY_MS.saturating_mul(1 << failures.min(20)).min(LONGEST_RETRY_MS);
    Duration::from_millis(full / 2 + random % (full / 2 + 1))
}

impl Core {
    /// One round with the office. Rounds never overlap.
    pub(crate) async fn sync_once(&self) -> Result<SyncReport, SyncError> {
        let turn = self.sync_turn.lock().await;
        let result = self.round().await;
        self.note_sync(&result);
        drop(turn);
        // Behind the round, which has ended whatever becomes of a photo.
        if result.is_ok()
            && let Err(error) = self.refresh_photos().await
        {
            tracing::info!(%error, "photos are fetched behind a later round");
        }
        result
    }

    async fn round(&self) -> Result<SyncReport, SyncError> {
        self.disk.keep_reserve();
        let mut report = SyncReport::default();
        let hello = match self.hello(&mut report).await {
            Err(error) if is_out_of_service(&error) => return Err(self.bring_the_rest(&mut report, error).await),
            said => said?,
        };
        if self.roster.answered_by(&hello.server_epoch).await? {
            tracing::warn!("the office answers from another database: everything is fetched again");
            self.ahead.forget();
        }
        self.send_pending(&mut report).await?;
        let setup = self.refresh_setup(&hello, &mut report).await;
        self.refresh_roster(&hello, &mut report).await?;
        self.refresh_usage(&hello, &mut report).await?;
        let held = self.roster.versions().await?;
        if held.as_ref().is_none_or(|held| held.refunds != hello.versions.refunds) {
            self.refresh_refunds().await?;
        }
        // A setup that cannot be used holds up neither records nor revocations.
        setup?;
        if held.as_ref() != Some(&hello.versions) {
            self.roster.keep_versions(&hello.versions).await?;
        }
        report.unsent = self.journal.unsent().await?.count;
        Ok(report)
    }

    /// The office answers nothing any more to a till out of service, but takes what it still holds. Whatever becomes of
    /// that, the till says that it is out of service.
    async fn bring_the_rest(&self, report: &mut SyncReport, turned_away: SyncError) -> SyncError {
        if let Err(error) = self.bring_all(report).await {
            tracing::warn!(%error, "a till out of service could not bring what it holds; it tries again");
        }
        turned_away
    }

    /// An office that was set back lacks what it had acknowledged. A hello would say so and is refused, so the till sends
    /// no records of each epoch, and the answer says where the office stands.
    async fn bring_all(&self, report: &mut SyncReport) -> Result<(), SyncError> {
        let mut cursors = Vec::new();
        for epoch in self.journal.epochs().await? {
            let nothing = Batch { epoch, records: Vec::new() };
            let answer: BatchAnswer = self.office.post("/api/v1/terminal/records", &nothing).await?;
            if answer.cursor.epoch != epoch {
                return Err(SyncError::Protocol("the cursor is of another epoch"));
            }
            cursors.push(answer.cursor);
        }
        self.ahead.stands(&cursors);
        self.journal.resend_beyond(&cursors).await?;
        self.send_pending(report).await
    }

    async fn hello(&self, report: &mut SyncReport) -> Result<HelloAnswer, SyncError> {
        let unsent = self.journal.unsent().await?.count;
        let head = self.journal.head().await?;
        let witnesses = self.roster.witnesses().await?;
        let hello =
            Hello { protocol: PROTOCOL, software: SOFTWARE.to_owned(), head, unsent, witnesses: witnesses.clone() };
        let answer: HelloAnswer = self.office.post("/api/v1/terminal/hello", &hello).await?;
        self.time.learn(self.journal.storage(), answer.server_time).await?;
        if let Some(head) = answer.audit.filter(|head| !witnesses.contains(head)) {
            self.roster.keep_witness(head).await?;
        }
        self.ahead.stands(&answer.cursors);
        self.journal.resend_beyond(&answer.cursors).await?;
        self.journal.settle(&answer.cursors).await?;
        kill_point!("terminal.outbox.resent");
        if let Some(known) = self.forked(&answer.cursors).await? {
            let start = self.journal.begin_epoch(known).await?;
            crate::salvage::keep_epoch(&self.config.data_dir, start.epoch)?;
            tracing::warn!(epoch = start.epoch, "the server holds records that this journal does not: a new epoch");
            report.new_epoch = Some(start.epoch);
        }
        Ok(answer)
    }

    /// The highest epoch the server knows, if it holds something that this journal should hold and does not: the
    /// journal was restored from a backup, or copied.
    async fn forked(&self, cursors: &[Cursor]) -> Result<Option<u32>, SyncError> {
        let current = self.journal.head().await?.map_or(0, |head| head.epoch);
        let known = cursors.iter().filter(|cursor| cursor.next > 0).map(|cursor| cursor.epoch).max().unwrap_or(0);
        if known > current {
            return Ok(Some(known));
        }
        let here = cursors.iter().find(|cursor| cursor.epoch == current && cursor.next > 0);
        let Some(cursor) = here else { return Ok(None) };
        let held = self.journal.hash_at(current, cursor.next - 1).await?;
        Ok((held != Some(cursor.head)).then_some(current))
    }

    async fn send_pending(&self, report: &mut SyncReport) -> Result<(), SyncError> {
        for epoch in self.journal.pending_epochs().await? {
            let mut from = self.ahead.first(epoch, self.time.monotonic_ms());
            loop {
                let records = self.journal.pending(epoch, from).await?;
                let Some(last) = records.last().map(|record| record.sequence) else { break };
                self.send_batch(Batch { epoch, records }, report).await?;
                from = last + 1;
            }
        }
        Ok(())
    }

    async fn send_batch(&self, batch: Batch, report: &mut SyncReport) -> Result<(), SyncError> {
        let answer: BatchAnswer = self.office.post("/api/v1/terminal/records", &batch).await?;
        // A record ahead of a gap has no outcome yet and goes on waiting here.
        let mut sent = batch.records.iter().map(|record| record.sequence);
        if !answer.outcomes.iter().all(|outcome| sent.any(|sequence| sequence == outcome.sequence)) {
            return Err(SyncError::Protocol("the outcomes are not those of the batch"));
        }
        if answer.cursor.epoch != batch.epoch {
            return Err(SyncError::Protocol("the cursor is of another epoch"));
        }
        kill_point!("terminal.outbox.answered");
        self.journal.acknowledge(batch.epoch, &answer.outcomes, answer.server_time).await?;
        kill_point!("terminal.outbox.acknowledged");
        let judged = |record: &&BatchRecord| answer.outcomes.iter().any(|outcome| outcome.sequence == record.sequence);
        if let Some(last) = batch.records.iter().rev().find(|record| !judged(record)) {
            self.ahead.keep(&answer.cursor, last.sequence, self.time.monotonic_ms());
        }
        report.sent += batch.records.len() as u64;
        for outcome in &answer.outcomes {
            match outcome.outcome {
                Outcome::Accepted => report.accepted += 1,
                Outcome::Disputed { .. } => report.disputed += 1,
                Outcome::Rejected { .. } => report.rejected += 1,
            }
        }
        self.changed();
        Ok(())
    }

    async fn refresh_setup(&self, hello: &HelloAnswer, report: &mut SyncReport) -> Result<(), SyncError> {
        if self.rules().is_some_and(|rules| rules.digest == hello.setup) {
            return Ok(());
        }
        let setup: Setup = self.office.get("/api/v1/terminal/setup".to_owned()).await?;
        if setup.canteen != self.identity.canteen {
            return Err(SyncError::Protocol("the setup is of another canteen"));
        }
        let rules = Rules::new(setup)?;
        self.roster.store_setup(&rules.setup).await?;
        kill_point!("terminal.setup.stored");
        report.setup_changed = true;
        self.set_rules(rules);
        Ok(())
    }

    async fn refresh_roster(&self, hello: &HelloAnswer, report: &mut SyncReport) -> Result<(), SyncError> {
        let (scope, now) = (hello.versions.scope, hello.server_time);
        let renew = self.roster.is_to_be_renewed(scope, now).await?;
        let after = if renew { UnixMs::new(0) } else { self.roster.fetched(Feed::Roster).await? };
        if is_current(hello.versions.roster, after) {
            return Ok(self.roster.unchanged_until(Feed::Roster, hello.server_time.max(after)).await?);
        }
        let (mut oldest, mut listed, mut behind) = (None::<UnixMs>, BTreeSet::new(), None::<ElderId>);
        for number in 0..MAX_PAGES {
            // By the last id, so that somebody who leaves meanwhile moves nobody else; the number is for older offices.
            let last = behind.map(|last| format!("&behind={last}")).unwrap_or_default();
            let path = format!("/api/v1/terminal/roster?after={}&page={number}{last}", after.get());
            let page: RosterPage = self.office.get(path).await?;
            behind = behind.max(page.entries.iter().map(|entry| entry.elder.id).max());
            // What changed while the pages were fetched is asked for again.
            let version = oldest.map_or(page.version, |oldest| oldest.min(page.version));
            oldest = Some(version);
            report.roster_entries += page.entries.len() as u64;
            listed.extend(page.entries.iter().map(|entry| entry.elder.id));
            self.roster.apply_roster(&page, (!page.more).then_some(version)).await?;
            kill_point!("terminal.roster.page-stored");
            if !page.more {
                if after.get() == 0 {
                    self.roster.forget_others(&listed, scope, now).await?;
                }
                return Ok(());
            }
        }
        Err(SyncError::Protocol("the roster has no last page"))
    }

    async fn refresh_usage(&self, hello: &HelloAnswer, report: &mut SyncReport) -> Result<(), SyncError> {
        let after = self.roster.fetched(Feed::Usage).await?;
        if report.sent == 0 && is_current(hello.versions.usage, after) {
            return Ok(self.roster.unchanged_until(Feed::Usage, hello.server_time.max(after)).await?);
        }
        let (mut first, mut listed, mut from) = (None, BTreeSet::new(), String::new());
        for _ in 0..MAX_PAGES {
            let path = format!("/api/v1/terminal/usage?after={}&paged=true{from}", after.get());
            let page: UsagePage = self.office.get(path).await?;
            report.usage_entries += page.entries.len() as u64;
            listed.extend(page.entries.iter().map(|entry| entry.elder));
            self.roster.apply_usage(&page).await?;
            let next = page.next;
            let (version, included) = first.get_or_insert((page.version, page.included));
            let Some(next) = next else {
                let all = (after.get() == 0).then_some(&listed);
                return Ok(self.roster.complete_usage(*version, included, all).await?);
            };
            from = format!("&from={next}");
        }
        Err(SyncError::Protocol("the uses have no last page"))
    }

    /// Fetches a few of the photos that are missing; one at most while something waits to be sent. What the office does not
    /// answer is asked for again behind the next round.
    async fn refresh_photos(&self) -> Result<(), SyncError> {
        if !self.disk.has_room() {
            return Ok(());
        }
        for elder in self.roster.photos_wanted(PHOTOS_A_ROUND).await? {
            let Some(answer) = self.photo(elder).await else { return Ok(()) };
            match answer {
                Ok(photo) if photo.elder == elder && is_picture(&photo.media_type) => {
                    let Ok(bytes) = hex::decode(&photo.hex) else {
                        return Err(SyncError::Protocol("a photo is not in hexadecimal digits"));
                    };
                    let picture = Picture { media_type: photo.media_type, bytes };
                    self.roster.keep_photo(elder, photo.changed, &picture).await?;
                }
                Ok(_) => return Err(SyncError::Protocol("the photo is of somebody else, or no picture")),
                Err(OfficeError::Refused { status: 404, .. }) => self.roster.no_photo(elder).await?,
                Err(error) => return Err(error.into()),
            }
            self.changed();
            if self.journal.unsent().await?.count > 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// A photo; nothing when it was long in coming and something is to be sent.
    async fn photo(&self, elder: ElderId) -> Option<Result<Photo, OfficeError>> {
        let something_waits = async {
            tokio::time::sleep(PHOTO).await;
            self.wake_sync.notified().await;
            // Whoever begins the rounds is to hear it too.
            self.wake_sync.notify_one();
        };
        tokio::select! {
            photo = self.office.get::<Photo>(format!("/api/v1/terminal/photo?elder={elder}")) => Some(photo),
            () = something_waits => None,
        }
    }

    /// Fetches what may be paid back. A till that sees nothing new in a greeting asks for nothing.
    pub(crate) async fn refresh_refunds(&self) -> Result<(), SyncError> {
        let due: RefundsDue = self.office.get("/api/v1/terminal/refunds".to_owned()).await?;
        Ok(self.roster.store_refunds(&due).await?)
    }
}

/// Whether the office has taken this till out of service.
fn is_out_of_service(error: &SyncError) -> bool {
    matches!(error, SyncError::Office(OfficeError::Refused { status: 403, code, .. }) if code == TERMINAL_REVOKED)
}

fn is_picture(media_type: &str) -> bool {
    matches!(media_type, "image/jpeg" | "image/png")
}

/// Whether a feed that is held up to an instant has everything that changed until `changed`.
fn is_current(changed: UnixMs, held: UnixMs) -> bool {
    held.get() > 0 && changed.plus(OVERLAP_MS) <= held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_grow_to_a_minute_and_spread() {
        assert!(retry_after(0, 0) >= Duration::from_millis(500));
        for failures in 0..100 {
            let (soonest, latest) = (retry_after(failures, 0), retry_after(failures, 30_000));
            assert!(soonest <= latest && latest <= Duration::from_mins(1), "{failures}");
        }
        assert_eq!(retry_after(40, 0), Duration::from_secs(30));
    }
}
