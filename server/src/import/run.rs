//! A list from its first byte to the commit.
//!
//! One thread reads the file and makes values of it, some hundreds of rows at a time; a unit of work beside it asks the
//! store about them, judges and, where the list is applied, saves. Neither holds more than a few chunks, so memory does
//! not grow with the list but for what tells double rows, sixteen bytes each, and for the texts that a workbook's cells
//! share (`docs/benchmarks.md` says how to measure both).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use domain::region::RegionCode;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::cell::Cell;
use super::known::Known;
use super::people::{self, Person};
use super::save::Chunks;
use super::source::{self, Format, Input, Probe, Unreadable};
use super::table::{Line, SheetFound, Table, Taken};
use super::venues::{self, Venue};
use super::{Counts, Finding, Kind, Level, Outcome, Problem};
use crate::audit::{Act, Action};
use crate::store::imports::{self, ImportRow};
use crate::store::{Tx, audit};
use crate::words::{Code, import as words};
use crate::{Error, Office};

/// Rows in a chunk.
const CHUNK: usize = 500;
/// Chunks that wait between reading and judging.
const WAITING: usize = 3;

/// A list to be read.
pub struct Job {
    /// The kind.
    pub kind: Kind,
    /// The file's name, for messages and as the source of what is taken.
    pub file_name: String,
    /// Who brings it; nothing on the command line.
    pub by: Option<UserId>,
    /// Where that person may write; nothing for everywhere.
    pub scope: Option<RegionCode>,
    /// The region of elders whose row names none.
    pub region: Option<RegionCode>,
    /// The file.
    pub input: Box<dyn Input>,
}

/// What is seen of a run from outside.
#[derive(Clone, Default)]
pub struct Watch {
    /// Rows so far.
    pub rows: Arc<AtomicU64>,
    /// Takes the rows with problems, in the order of the file. Somebody must take them out: a full one holds the run up.
    pub findings: Option<mpsc::Sender<Finding>>,
    /// A check that takes longer is given up.
    pub longest: Option<Duration>,
}

/// How a list is run.
#[derive(Clone)]
enum Mode {
    Check,
    /// With the import's id, and whether it is in the table of imports already.
    Apply(Uuid, bool),
}

/// A row that was read.
pub(super) struct Parsed {
    pub(super) line: Line,
    pub(super) says: Says,
    pub(super) problems: Vec<Problem>,
}

/// What a row says; nothing where it cannot be told.
pub(super) enum Says {
    Person(Box<Person>),
    Venue(Venue),
    Nothing,
}

/// What the reading thread knows at its end.
struct End {
    sheets: Vec<SheetFound>,
    skipped: Vec<String>,
    digest: Digest,
}

impl Office {
    /// Reads a list and says what would come of it. Nothing is saved.
    ///
    /// # Errors
    /// `import_unreadable` when the file is no such list; bad rows are no error here.
    pub async fn check_import(self: &Arc<Self>, job: Job, watch: Watch) -> Result<Outcome, Error> {
        let (job, probe) = probed(job).await?;
        let longest = watch.longest.unwrap_or(Duration::MAX);
        let run = Run::new(self, &job, probe, watch, Mode::Check);
        let check = self.store.read(move |tx| {
            Box::pin(async move {
                // The thread that reads finds nobody who takes the next rows.
                let done = tokio::time::timeout(longest, run.go(tx, job.input)).await;
                done.unwrap_or_else(|_| Err(Error::refused(Code::ImportUnreadable, words::SLOW)))
            })
        });
        check.await
    }

    /// Reads a list and saves what it says, as a whole or not at all; only if its digest is the one that was checked.
    ///
    /// # Errors
    /// `import_refused` when a row cannot be taken or the digest is another one; `import_unreadable` as for a check.
    pub async fn apply_import(
        self: &Arc<Self>,
        job: Job,
        checked: Digest,
        stored: Option<Uuid>,
        watch: Watch,
    ) -> Result<Outcome, Error> {
        let (job, probe) = probed(job).await?;
        if probe.digest != checked {
            let digest = probe.digest.to_string();
            return Err(Error::refused(Code::ImportRefused, words::other_digest(&digest)));
        }
        let id = stored.unwrap_or_else(|| domain::id::RecordId::generate(self.now(), &*self.entropy).uuid());
        let run = Run::new(self, &job, probe, watch, Mode::Apply(id, stored.is_some()));
        let applied = self
            .store
            .write_long_audited(move |tx| {
                Box::pin(async move {
                    let (by, now) = (run.by, run.now);
                    let outcome = run.go(tx, job.input).await?;
                    let act = Act::new(by, Action::ImportApply, format!("import:{id}"));
                    let act = act.with("kind", outcome.kind.name()).with("digest", checked.to_string());
                    audit::hold(tx).await?;
                    act.done(tx, now).await?;
                    Ok(outcome)
                })
            })
            .await;
        let outcome = match applied {
            Err(error) if error.is_unique_violation() => return Err(Error::refused(Code::Conflict, words::MEANWHILE)),
            other => other?,
        };
        if outcome.kind == Kind::Calendars {
            self.refresh_rules().await?;
        }
        self.changed.notify_one();
        Ok(outcome)
    }
}

/// Looks at the file first: digest and what it is.
async fn probed(mut job: Job) -> Result<(Job, Probe), Error> {
    let looked = tokio::task::spawn_blocking(move || {
        let probe = source::probe(&mut *job.input);
        (job, probe)
    });
    let (job, probe) = looked.await.map_err(|e| Error::Internal(e.to_string()))?;
    Ok((job, probe.map_err(|e| unreadable(&e))?))
}

pub(super) fn unreadable(why: &Unreadable) -> Error {
    Error::refused(Code::ImportUnreadable, why.0.clone())
}

/// One run over a list.
pub(super) struct Run {
    pub(super) office: Arc<Office>,
    pub(super) kind: Kind,
    pub(super) by: Option<UserId>,
    pub(super) now: UnixMs,
    file_name: String,
    pub(super) scope: Option<RegionCode>,
    region: Option<RegionCode>,
    probe: Probe,
    watch: Watch,
    mode: Mode,
}

impl Run {
    fn new(office: &Arc<Office>, job: &Job, probe: Probe, watch: Watch, mode: Mode) -> Self {
        let Job { kind, file_name, by, scope, region, .. } = job;
        Self {
            now: office.now(),
            office: Arc::clone(office),
            kind: *kind,
            by: *by,
            file_name: file_name.clone(),
            scope: scope.clone(),
            region: region.clone().or_else(|| scope.clone()),
            probe,
            watch,
            mode,
        }
    }

    /// The import's id, if this run saves.
    pub(super) const fn saves(&self) -> Option<Uuid> {
        match self.mode {
            Mode::Check => None,
            Mode::Apply(id, _) => Some(id),
        }
    }

    async fn go(mut self, tx: &mut Tx, input: Box<dyn Input>) -> Result<Outcome, Error> {
        // The unit may have waited for long: what it says is learned now.
        self.now = self.office.now();
        if self.saves().is_some() {
            imports::alone(tx).await?;
        }
        let today = self.now.business_date();
        let known = Known::load(tx, self.office.book(), today, self.scope.clone(), self.region.clone()).await?;
        let known = Arc::new(known);
        let (sender, mut chunks) = mpsc::channel(WAITING);
        let reading = {
            let (known, kind, format) = (Arc::clone(&known), self.kind, self.probe.format);
            tokio::task::spawn_blocking(move || read(input, format, kind, &known, &sender))
        };
        let mut save = Chunks::new(&self, Arc::clone(&known));
        let mut counts = Counts::default();
        while let Some(chunk) = chunks.recv().await {
            for (kept, change) in save.chunk(tx, chunk).await? {
                self.count(&mut counts, kept, change).await;
            }
            if counts.bad > 0 && self.saves().is_some() {
                return Err(Error::refused(Code::ImportRefused, words::refused(counts.bad)));
            }
        }
        let end = reading.await.map_err(|e| Error::Internal(e.to_string()))?.map_err(|e| unreadable(&e))?;
        if end.digest != self.probe.digest {
            return Err(Error::refused(Code::ImportUnreadable, words::CHANGED));
        }
        save.finish(tx, &self.file_name, &mut counts).await?;
        let applied_before = imports::applied(tx, self.kind.name(), self.probe.digest).await?;
        let outcome = Outcome {
            kind: self.kind,
            file_name: self.file_name.clone(),
            digest: self.probe.digest,
            size: self.probe.size,
            counts,
            sheets: end.sheets,
            skipped_sheets: end.skipped,
            applied_before,
            applied: self.saves().is_some(),
        };
        self.note(tx, &outcome).await?;
        if self.saves().is_some() {
            save.stamp(tx).await?;
        }
        Ok(outcome)
    }

    /// Counts a row and tells of what is wrong with it.
    async fn count(&self, counts: &mut Counts, parsed: Parsed, change: Change) {
        counts.rows += 1;
        self.watch.rows.fetch_add(1, Ordering::Relaxed);
        let bad = parsed.problems.iter().any(|problem| problem.level != Level::Notice);
        match change {
            _ if bad => counts.bad += 1,
            Change::New => counts.added += 1,
            Change::Changed => counts.changed += 1,
            Change::Same => counts.unchanged += 1,
        }
        if parsed.problems.is_empty() {
            return;
        }
        counts.notices += u64::from(!bad);
        if let Some(findings) = &self.watch.findings {
            let Parsed { line, problems, .. } = parsed;
            let cells = line.cells.iter().map(Cell::shown).collect();
            // Nobody listens any more: the counts are what is left.
            let _ = findings.send(Finding { titles: Arc::clone(&line.heads.titles), cells, problems }).await;
        }
    }

    /// Notes an applied import in the table of imports; one that changed nothing leaves no trace on the command line.
    async fn note(&self, tx: &mut Tx, outcome: &Outcome) -> Result<(), Error> {
        let Mode::Apply(id, stored) = self.mode else { return Ok(()) };
        let result = serde_json::to_string(outcome).map_err(|e| Error::Internal(e.to_string()))?;
        if stored {
            if imports::set_applied(tx, id, &result, self.by, self.now).await? {
                return Ok(());
            }
            return Err(Error::refused(Code::Conflict, words::NOT_CHECKED));
        }
        if outcome.counts.added + outcome.counts.changed == 0 {
            return Ok(());
        }
        imports::add(tx, &self.row(id, result)).await
    }

    fn row(&self, id: Uuid, result: String) -> ImportRow {
        ImportRow {
            id,
            kind: self.kind.name().to_owned(),
            file_name: self.file_name.clone(),
            digest: self.probe.digest,
            size: i64::try_from(self.probe.size).unwrap_or(i64::MAX),
            region: self.scope.clone(),
            elder_region: self.region.clone(),
            state: "applied".to_owned(),
            result: Some(result),
            made_by: self.by,
            made_at: self.now,
            applied_by: self.by,
            applied_at: Some(self.now),
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    New,
    Changed,
    Same,
}

/// The reading thread: rows become values, chunk by chunk.
fn read(
    mut input: Box<dyn Input>,
    format: Format,
    kind: Kind,
    known: &Known,
    to: &mpsc::Sender<Vec<Parsed>>,
) -> Result<End, Unreadable> {
    let mut reader = Reader { kind, known, to, chunk: Vec::new(), sheets: Vec::new(), seen: HashMap::new() };
    let mut take = |taken: Taken| reader.take(taken);
    let mut table = Table::new(kind, &mut take);
    source::read(&mut *input, format, &mut table)?;
    table.finish()?;
    let (sheets, skipped) = (std::mem::take(&mut table.found), std::mem::take(&mut table.skipped));
    reader.flush();
    input.seek(SeekFrom::Start(0)).map_err(|_| Unreadable::new(words::DISK))?;
    Ok(End { sheets, skipped, digest: source::probe(&mut *input)?.digest })
}

struct Reader<'r> {
    kind: Kind,
    known: &'r Known,
    to: &'r mpsc::Sender<Vec<Parsed>>,
    chunk: Vec<Parsed>,
    /// The sheets so far.
    sheets: Vec<Arc<str>>,
    /// What stood in which row of which sheet, by the first eight bytes of a digest.
    seen: HashMap<u64, (u32, u32)>,
}

impl Reader<'_> {
    fn take(&mut self, taken: Taken) -> bool {
        let parsed = match taken {
            Taken::Line(line) => self.parsed(line),
            Taken::Headless(line, problem) => Parsed { line, says: Says::Nothing, problems: vec![*problem] },
        };
        self.chunk.push(parsed);
        self.chunk.len() < CHUNK || self.flush()
    }

    /// Hands the chunk over; says whether anybody takes it.
    fn flush(&mut self) -> bool {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        chunk.is_empty() || self.to.blocking_send(chunk).is_ok()
    }

    fn parsed(&mut self, line: Line) -> Parsed {
        let (says, mut problems) = if self.kind.is_of_people() {
            let (person, problems) = people::read(self.kind, &line, self.known);
            (person.map_or(Says::Nothing, |person| Says::Person(Box::new(person))), problems)
        } else {
            let (venue, problems) = match self.kind {
                Kind::Canteens => venues::canteen(&line, self.known),
                Kind::Standings => venues::standing(&line, self.known),
                Kind::Prices => venues::price(&line, self.known),
                _ => venues::day(&line),
            };
            (venue.map_or(Says::Nothing, Says::Venue), problems)
        };
        let key = match &says {
            Says::Person(person) => Some(person.key(self.kind)),
            Says::Venue(venue) => Some(venue.key()),
            Says::Nothing => None,
        };
        if let Some(before) = key.and_then(|key| self.before(&key, &line)) {
            problems.push(line.wrong(words::duplicate(&before)));
        }
        Parsed { line, says, problems }
    }

    /// Where the same stood before.
    fn before(&mut self, key: &str, line: &Line) -> Option<String> {
        let digest = Digest::of("zhucan.import-row.1", &[key.as_bytes()]);
        let short = u64::from_be_bytes(*digest.0.first_chunk().unwrap_or(&[0; 8]));
        if self.sheets.last().is_none_or(|last| *last != line.sheet) {
            self.sheets.push(Arc::clone(&line.sheet));
        }
        let here = u32::try_from(self.sheets.len() - 1).unwrap_or(u32::MAX);
        match self.seen.entry(short) {
            Entry::Occupied(entry) => {
                let (row, sheet) = *entry.get();
                let sheet = usize::try_from(sheet).ok().and_then(|sheet| self.sheets.get(sheet));
                Some(words::place(sheet.map_or("", |sheet| sheet), row))
            }
            Entry::Vacant(entry) => {
                entry.insert((line.row, here));
                None
            }
        }
    }
}
