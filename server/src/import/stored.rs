//! Imports over the API: the file is kept sealed until it is applied, and checked and applied by tasks of their own,
//! because a large one takes longer than a request may.
//!
//! What is under way is in memory only. A server that was stopped finds imports that still wait for their check and
//! checks them when somebody asks; one that was stopped while applying has applied nothing.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use sha2::Digest as _;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use super::report::ReportFile;
use super::run::{Job, Watch};
use super::{Finding, Kind};
use crate::audit::{Act, Action};
use crate::error::Refusal;
use crate::seal::Place;
use crate::store::audit;
use crate::store::imports::{self, ImportRow, Pieces};
use crate::words::{Code, import as words};
use crate::{Error, Office};

/// A file is kept in pieces of so many bytes.
const PIECE: usize = 1024 * 1024;
/// Rows with problems on a page.
const PAGE: usize = 200;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A request waits so long for the work that it began.
const PATIENCE: Duration = Duration::from_secs(20);
/// A check that has taken so long is given up: it holds a snapshot of the database, and the next list.
const LONGEST: Duration = Duration::from_mins(30);
/// So many checks of a list are begun. When the server stopped during each, the list may be what stopped it.
const CHECKS: i64 = 2;

/// What is under way.
pub struct Running {
    /// Lists are checked and applied one after another.
    turn: Semaphore,
    works: Mutex<HashMap<Uuid, Arc<Work>>>,
}

impl Default for Running {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), works: Mutex::default() }
    }
}

/// One import under way, or how the last try ended.
#[derive(Default)]
struct Work {
    rows: Arc<AtomicU64>,
    failed: Mutex<Option<Refusal>>,
}

impl Running {
    /// Begins; nothing if the same is under way already.
    fn begin(&self, id: Uuid) -> Option<Arc<Work>> {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if works.get(&id).is_some_and(|work| work.failed().is_none()) {
            return None;
        }
        let work = Arc::<Work>::default();
        works.insert(id, Arc::clone(&work));
        Some(work)
    }

    fn end(&self, id: Uuid) {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Rows so far of what is under way, and why the last try failed.
    #[must_use]
    pub fn of(&self, id: Uuid) -> (Option<u64>, Option<Refusal>) {
        let works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(work) = works.get(&id) else { return (None, None) };
        match work.failed() {
            Some(refusal) => (None, Some(refusal)),
            None => (Some(work.rows.load(Ordering::Relaxed)), None),
        }
    }
}

impl Work {
    fn failed(&self) -> Option<Refusal> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, error: &Error) {
        let refusal = match error {
            Error::Refused(refusal) => refusal.clone(),
            other => {
                tracing::error!(error = %other, "an import failed");
                Refusal::new(Code::Internal, crate::words::INTERNAL)
            }
        };
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }
}

/// A list as it is brought.
pub struct NewImport {
    /// The kind.
    pub kind: Kind,
    /// The file's name.
    pub file_name: String,
    /// The region of elders whose row names none.
    pub elder_region: Option<RegionCode>,
    /// Who brings it.
    pub by: UserId,
    /// Where that person may write.
    pub scope: RegionCode,
    /// The file.
    pub bytes: Vec<u8>,
}

fn place(column: &str, row: Uuid) -> Place<'_> {
    Place { table: "imports", column, row }
}

impl Office {
    /// Keeps a list and checks it. Answers when the check is done, or after a while with one that goes on.
    pub async fn receive_import(self: &Arc<Self>, new: NewImport) -> Result<ImportRow, Error> {
        let id = domain::id::RecordId::generate(self.now(), &*self.entropy).uuid();
        let row = ImportRow {
            id,
            kind: new.kind.name().to_owned(),
            file_name: new.file_name,
            digest: Digest(sha2::Sha256::digest(&new.bytes).into()),
            size: i64::try_from(new.bytes.len()).unwrap_or(i64::MAX),
            region: Some(new.scope),
            elder_region: new.elder_region,
            state: "checking".to_owned(),
            result: None,
            made_by: Some(new.by),
            made_at: self.now(),
            applied_by: None,
            applied_at: None,
        };
        let seal = |(number, piece): (usize, &[u8])| {
            self.keys.seal_bytes(place(&format!("file/{number}"), id), piece, &*self.entropy)
        };
        let pieces: Vec<Vec<u8>> = new.bytes.chunks(PIECE).enumerate().map(seal).collect();
        drop(new.bytes);
        let (by, now) = (new.by, self.now());
        self.store
            .write_long_audited(move |tx| {
                Box::pin(async move {
                    let act = Act::new(by, Action::ImportBring, format!("import:{id}"));
                    let act = act.with("kind", row.kind.as_str()).with("digest", row.digest.to_string());
                    imports::add(tx, &row).await?;
                    for (number, sealed) in (0_i64..).zip(&pieces) {
                        imports::add_piece(tx, Pieces::File, id, number, sealed).await?;
                    }
                    audit::hold(tx).await?;
                    act.done(tx, now).await.map(drop)
                })
            })
            .await?;
        self.check_stored(id).await;
        self.import(id).await
    }

    /// An import as it stands.
    pub async fn import(&self, id: Uuid) -> Result<ImportRow, Error> {
        let row = self.store.read(move |tx| Box::pin(async move { imports::get(tx, id).await })).await?;
        row.ok_or_else(|| Error::refused(Code::NotFound, words::NO_IMPORT))
    }

    /// Checks a kept list unless that is under way, and waits a while for it. What goes wrong stands in
    /// [`Running::of`].
    pub async fn check_stored(self: &Arc<Self>, id: Uuid) {
        let Some(work) = self.imports.begin(id) else { return };
        let office = Arc::clone(self);
        let task = tokio::spawn(async move {
            match Box::pin(office.check_now(id, &work)).await {
                Ok(()) => office.imports.end(id),
                Err(error) => work.fail(&error),
            }
        });
        let _ = tokio::time::timeout(PATIENCE, task).await;
    }

    async fn check_now(self: &Arc<Self>, id: Uuid, work: &Work) -> Result<(), Error> {
        let _turn = self.imports.turn.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        let row = self.import(id).await?;
        let begun = self.store.write(move |tx| Box::pin(async move { imports::check_begun(tx, id).await })).await?;
        let Some(begun) = begun else { return Ok(()) };
        if begun > CHECKS {
            let stopped = self
                .store
                .write(move |tx| Box::pin(async move { imports::checked(tx, id, "unreadable", words::STOPPED).await }));
            return stopped.await.map(drop);
        }
        let done = Box::pin(self.check_row(&row, work)).await;
        if done.is_err() {
            self.store.write(move |tx| Box::pin(async move { imports::check_failed(tx, id).await })).await?;
        }
        done
    }

    async fn check_row(self: &Arc<Self>, row: &ImportRow, work: &Work) -> Result<(), Error> {
        let id = row.id;
        let job = self.job(row, row.made_by).await?;
        self.store.write(move |tx| Box::pin(async move { imports::forget_problems(tx, id).await })).await?;
        let (sender, findings) = mpsc::channel(PAGE);
        let watch = Watch { rows: Arc::clone(&work.rows), findings: Some(sender), longest: Some(LONGEST) };
        let (checked, kept) = tokio::join!(self.check_import(job, watch), self.keep_findings(id, findings));
        kept?;
        let (state, result) = match checked {
            Ok(outcome) => ("checked", serde_json::to_string(&outcome).map_err(|e| Error::Internal(e.to_string()))?),
            // A calendar is for who works in all regions.
            Err(Error::Refused(refusal)) if matches!(refusal.code, Code::ImportUnreadable | Code::OutOfScope) => {
                ("unreadable", refusal.detail)
            }
            Err(other) => return Err(other),
        };
        self.store
            .write(move |tx| Box::pin(async move { imports::checked(tx, id, state, &result).await }))
            .await
            .map(drop)
    }

    /// The kept file as a list to be read.
    async fn job(&self, row: &ImportRow, by: Option<UserId>) -> Result<Job, Error> {
        let (id, size) = (row.id, usize::try_from(row.size).unwrap_or(0));
        let mut bytes = Vec::with_capacity(size);
        for number in 0..i64::try_from(size.div_ceil(PIECE)).unwrap_or(0) {
            let read =
                self.store.read(move |tx| Box::pin(async move { imports::piece(tx, Pieces::File, id, number).await }));
            let sealed = read.await?.ok_or_else(|| match number {
                0 => Error::refused(Code::Conflict, words::FORGOTTEN),
                _ => Error::Corrupt(format!("import {id} lacks piece {number}")),
            })?;
            bytes.extend_from_slice(&self.keys.open_bytes(place(&format!("file/{number}"), id), &sealed)?);
        }
        let kind = row.kind.parse().map_err(Error::Corrupt)?;
        let (file_name, scope, region) = (row.file_name.clone(), row.region.clone(), row.elder_region.clone());
        Ok(Job { kind, file_name, by, scope, region, input: Box::new(Cursor::new(bytes)) })
    }

    async fn keep_findings(&self, id: Uuid, mut findings: mpsc::Receiver<Finding>) -> Result<(), Error> {
        let (mut page, mut number) = (Vec::with_capacity(PAGE), 0_i64);
        loop {
            let finding = findings.recv().await;
            let last = finding.is_none();
            page.extend(finding);
            if page.len() == PAGE || (last && !page.is_empty()) {
                let json = serde_json::to_vec(&page).map_err(|e| Error::Internal(e.to_string()))?;
                let sealed = self.keys.seal_bytes(place(&format!("problems/{number}"), id), &json, &*self.entropy);
                page.clear();
                let keep = self.store.write(move |tx| {
                    Box::pin(async move { imports::add_piece(tx, Pieces::Problems, id, number, &sealed).await })
                });
                keep.await?;
                number += 1;
            }
            if last {
                return Ok(());
            }
        }
    }

    /// A page of what is wrong with a list, from 0; nothing behind the last one.
    pub async fn import_findings(&self, id: Uuid, page: i64) -> Result<Option<Vec<Finding>>, Error> {
        let read =
            self.store.read(move |tx| Box::pin(async move { imports::piece(tx, Pieces::Problems, id, page).await }));
        let Some(sealed) = read.await? else { return Ok(None) };
        let json = self.keys.open_bytes(place(&format!("problems/{page}"), id), &sealed)?;
        serde_json::from_slice(&json).map(Some).map_err(|e| Error::Corrupt(e.to_string()))
    }

    /// As [`Self::import_findings`], for a person: it is entered that somebody saw rows with numbers in the open.
    pub async fn reveal_findings(&self, id: Uuid, page: i64, by: UserId) -> Result<Option<Vec<Finding>>, Error> {
        let found = self.import_findings(id, page).await?;
        self.enter_reveal(id, by).await.map(|()| found)
    }

    /// Refuses a list whose file was deleted when its time was over: that nothing is said against it any more does not
    /// mean that nothing was.
    pub async fn require_kept(&self, id: Uuid) -> Result<(), Error> {
        let first = self.store.read(move |tx| Box::pin(async move { imports::piece(tx, Pieces::File, id, 0).await }));
        if first.await?.is_none() && self.import(id).await?.size > 0 {
            return Err(Error::refused(Code::Conflict, words::FORGOTTEN));
        }
        Ok(())
    }

    /// As [`Self::import_report`], for a person: it is entered that somebody took it.
    pub async fn reveal_report(&self, id: Uuid, by: UserId) -> Result<Vec<u8>, Error> {
        self.require_kept(id).await?;
        let report = self.import_report(id).await?;
        self.enter_reveal(id, by).await.map(|()| report)
    }

    async fn enter_reveal(&self, id: Uuid, by: UserId) -> Result<(), Error> {
        let now = self.now();
        let act = Act::new(by, Action::ImportShow, format!("import:{id}"));
        self.store.write_audited(move |tx| Box::pin(async move { act.done(tx, now).await.map(drop) })).await
    }

    /// Deletes the files of lists that were brought so many days ago, with their problems; each is entered. Says how many
    /// there were.
    pub async fn forget_lists(&self, days: u32) -> Result<usize, Error> {
        /// So many are deleted at a time.
        const MOST: i64 = 100;
        let now = self.now();
        let before = now.plus(-i64::from(days) * DAY_MS);
        let mut forgotten = 0;
        loop {
            let old = self.store.read(move |tx| Box::pin(async move { imports::kept_before(tx, before, MOST).await }));
            let old = old.await?;
            for id in &old {
                let id = *id;
                let forget = self.store.write_audited(move |tx| {
                    Box::pin(async move {
                        imports::forget_file(tx, id).await?;
                        Act::new(None, Action::ImportForget, format!("import:{id}")).done(tx, now).await.map(drop)
                    })
                });
                forget.await?;
                forgotten += 1;
            }
            if old.is_empty() {
                return Ok(forgotten);
            }
        }
    }

    /// Deletes lists in time, once a day, for as long as the program runs.
    pub(crate) async fn keep_forgetting(&self, days: u32) {
        loop {
            match self.forget_lists(days).await {
                Ok(0) => {}
                Ok(lists) => tracing::info!(lists, "the files of old lists were deleted"),
                Err(error) => tracing::warn!(%error, "old lists could not be deleted; tried again tomorrow"),
            }
            tokio::time::sleep(Duration::from_hours(24)).await;
        }
    }

    /// What is wrong with a list, as a workbook.
    pub async fn import_report(&self, id: Uuid) -> Result<Vec<u8>, Error> {
        let failed = |e: receipts::PrintError| Error::Internal(e.to_string());
        let mut report = ReportFile::new().map_err(failed)?;
        let mut page = 0;
        while let Some(findings) = self.import_findings(id, page).await? {
            findings.iter().try_for_each(|finding| report.add(finding)).map_err(failed)?;
            page += 1;
        }
        let packed = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            report.finish(&mut bytes).map(|()| bytes)
        });
        packed.await.map_err(|e| Error::Internal(e.to_string()))?.map_err(failed)
    }

    /// Applies a kept list, if its digest is the one that was shown, and waits a while for it.
    ///
    /// # Errors
    /// When it is not checked, or rows cannot be taken.
    pub async fn apply_stored(self: &Arc<Self>, id: Uuid, digest: Digest, by: UserId) -> Result<ImportRow, Error> {
        let row = self.import(id).await?;
        if row.state != "checked" {
            return Err(Error::refused(Code::Conflict, words::NOT_CHECKED));
        }
        let Some(work) = self.imports.begin(id) else { return Ok(row) };
        let office = Arc::clone(self);
        let task = tokio::spawn(async move {
            match office.apply_now(&row, digest, by, &work).await {
                Ok(()) => office.imports.end(id),
                Err(error) => work.fail(&error),
            }
        });
        let _ = tokio::time::timeout(PATIENCE, task).await;
        match self.imports.of(id) {
            (_, Some(refusal)) => Err(refusal.into()),
            _ => self.import(id).await,
        }
    }

    async fn apply_now(
        self: &Arc<Self>,
        row: &ImportRow,
        digest: Digest,
        by: UserId,
        work: &Work,
    ) -> Result<(), Error> {
        let _turn = self.imports.turn.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        let job = self.job(row, Some(by)).await?;
        let watch = Watch { rows: Arc::clone(&work.rows), findings: None, longest: None };
        self.apply_import(job, digest, Some(row.id), watch).await.map(drop)
    }
}
