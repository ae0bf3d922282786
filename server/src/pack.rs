//! The audit pack: a month's statements with everything they are made of, in one file that is checked on another
//! machine without this office's database.
//!
//! One JSON value a line, so that a pack of any size is written and read a line at a time: a head, rows of tables under
//! a line that names them, and a seal, which is the digest of every byte before it. Checking puts the rows into an empty
//! database and recomputes everything as `verify` does: records from their bytes and the terminals' keys, closes from
//! the records and the facts as known, statements from the closes, the ledger from the statements.
//!
//! A pack holds no name, number, telephone or account of an elder and no account of a canteen: elders are pseudonyms
//! with their birth date, regions and categories, because the decisions are made of these. People of the office are named
//! where they did something that the pack holds, and nobody else is. Files that came with answers and objections leave
//! beside the pack, in the open and named by their digests ([`files`]); the pack itself holds the digests. Uses of elders in canteens
//! and months outside the pack are taken as the office has them; nothing in the pack proves them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use domain::calendar::{Month, UnixMs};
use domain::id::{CanteenId, Digest, Entropy, RecordId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use serde_json::Value as Cell;

use crate::Office;
use crate::error::Error;
use crate::rules;
use crate::store::pack::{self, Lines, MANY, Scope, Table};
use crate::store::{Database, Store, months};
use crate::verify::{Break, Part, VerifyReport, verify_part};
use crate::words::{Code, pack as words, settlement};

/// Names the file's shape.
const FORMAT: &str = "zhucan-audit-pack";
/// The shape that this program writes. 2 added what a month's claims were held against; of 1 the third signature's columns
/// may be missing.
const VERSION: u32 = 2;
/// The oldest shape that it reads.
const OLDEST: u32 = 1;
/// Names what the seal is made of.
const TAG: &str = "zhucan.audit-pack.1";
/// So many rows are put into the empty database at a time.
const TOGETHER: usize = 200;
/// A longer line is none of a pack: a day's verdicts of a large canteen have a few megabytes.
const LONGEST: u64 = 256 * 1024 * 1024;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// `zhucan-audit-pack`.
    pub format: String,
    /// Of the shape.
    pub version: u32,
    /// The region.
    pub region: RegionCode,
    /// The month.
    pub month: Month,
    /// When it was made, unix ms.
    pub made_at: UnixMs,
    /// The month's digest, which a checker approved.
    pub settlement: Digest,
    /// Number and digest of every statement of the month: the digests are on the papers.
    pub statements: Vec<(String, Digest)>,
    /// Numbers of the statements that are packed.
    pub packed: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    lines: u64,
    digest: Digest,
}

/// What was packed.
#[derive(Clone, Debug, Serialize)]
pub struct Packed {
    /// Statements.
    pub statements: usize,
    /// Rows of records.
    pub records: usize,
    /// Lines.
    pub lines: u64,
    /// The seal.
    pub digest: Digest,
}

/// A file on its way, with what its seal will be.
struct Writer<W> {
    out: W,
    hash: Sealing,
    lines: u64,
    table: &'static str,
    records: usize,
}

/// SHA-256 over the tag and everything that was written.
struct Sealing(sha2::Sha256);

impl Sealing {
    fn new() -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::new_with_prefix(TAG.as_bytes()))
    }

    fn add(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        self.0.update(bytes);
    }

    fn digest(&self) -> Digest {
        use sha2::Digest as _;
        Digest(self.0.clone().finalize().into())
    }
}

fn io(error: &std::io::Error) -> Error {
    Error::Startup(words::file(&error.to_string()))
}

impl<W: Write> Writer<W> {
    fn line(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let mut text = serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))?;
        text.push(b'\n');
        self.hash.add(&text);
        self.lines += 1;
        self.out.write_all(&text).map_err(|e| io(&e))
    }

    fn rows(&mut self, (table, rows): &Lines) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.table != table.name {
            self.table = table.name;
            let columns = table.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            self.line(&Section { table: table.name.to_owned(), columns })?;
        }
        if table.name == "records" {
            self.records += rows.len();
        }
        rows.iter().try_for_each(|row| self.line(row))
    }
}

/// Which statements are to be packed: those of the month's current version, of one canteen or of all.
async fn scope(
    store: &Store,
    region: &RegionCode,
    month: Month,
    canteen: Option<CanteenId>,
) -> Result<(Scope, Digest, Vec<String>), Error> {
    let of = region.clone();
    let found = store.read(move |tx| {
        Box::pin(async move {
            let Some(settlement) = months::settlement(tx, &of, month).await? else { return Ok(None) };
            Ok(Some((months::statements(tx, &settlement).await?, settlement.digest)))
        })
    });
    let missing = || Error::refused(Code::Conflict, settlement::month_not_drafted(month));
    let (statements, digest) = found.await?.ok_or_else(missing)?;
    let wanted: Vec<_> = statements.into_iter().filter(|s| canteen.is_none_or(|id| id == s.canteen)).collect();
    if wanted.is_empty() {
        return Err(Error::refused(Code::NotFound, settlement::no_such_statement()));
    }
    let numbers = wanted.iter().map(|s| s.number.clone()).collect();
    let statements = wanted.iter().map(|s| (s.id, s.canteen)).collect();
    Ok((Scope { region: region.clone(), month, statements }, digest, numbers))
}

/// Writes a month's pack. `progress` is told which statement is packed, and how many of how many are done.
///
/// Refused when the month was never drafted, or when the canteen has no statement in it. What is in memory at a time
/// is one canteen's month.
pub async fn write(
    store: &Store,
    (region, month, canteen): (&RegionCode, Month, Option<CanteenId>),
    now: UnixMs,
    out: impl Write,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Packed, Error> {
    let (scope, settlement, packed) = scope(store, region, month, canteen).await?;
    let mut writer = Writer { out, hash: Sealing::new(), lines: 0, table: "", records: 0 };
    let of = region.clone();
    let statements = store.read(move |tx| Box::pin(async move { pack::siblings(tx, &of, month).await })).await?;
    let (format, region, count) = (FORMAT.to_owned(), region.clone(), packed.len());
    writer.line(&Head { format, version: VERSION, region, month, made_at: now, settlement, statements, packed })?;
    let asked = scope.clone();
    for lines in store.read(move |tx| Box::pin(async move { pack::common(tx, &asked).await })).await? {
        writer.rows(&lines)?;
    }
    let mut eaters = BTreeSet::new();
    for (statement, _) in scope.statements.clone() {
        eaters.append(&mut store.read(move |tx| Box::pin(async move { pack::eaters(tx, statement).await })).await?);
    }
    let asked = scope.clone();
    let span = store.read(move |tx| Box::pin(async move { pack::span(tx, &asked).await })).await?;
    let eaters: Vec<_> = eaters.into_iter().collect();
    for group in eaters.chunks(MANY) {
        let group = group.to_vec();
        for lines in store.read(move |tx| Box::pin(async move { pack::elders(tx, &group, span).await })).await? {
            writer.rows(&lines)?;
        }
    }
    canteens(store, &scope, &mut writer, progress).await?;
    for lines in store.read(move |tx| Box::pin(async move { pack::papers(tx, &scope).await })).await? {
        writer.rows(&lines)?;
    }
    let (lines, digest) = (writer.lines, writer.hash.digest());
    writer.line(&Seal { lines, digest })?;
    writer.out.flush().map_err(|e| io(&e))?;
    Ok(Packed { statements: count, records: writer.records, lines, digest })
}

/// What a file of that digest and kind is called.
fn file_name(hash: &Digest, media_type: &str) -> String {
    let ending = match media_type {
        "application/pdf" => "pdf",
        "image/png" => "png",
        _ => "jpg",
    };
    format!("{hash}.{ending}")
}

/// Writes the files that came with the answers and objections of a pack into a folder, each named by its digest, and
/// enters that they were taken. Says how many there are.
///
/// # Errors
/// When the month was never drafted, when a stored file is not what came, or when the folder cannot be written.
pub async fn files(
    office: &Office,
    (region, month, canteen): (&RegionCode, Month, Option<CanteenId>),
    folder: &Path,
) -> Result<usize, Error> {
    let (scope, ..) = scope(&office.store, region, month, canteen).await?;
    let listed = office.store.read(move |tx| Box::pin(async move { pack::files(tx, &scope).await })).await?;
    for (id, hash, media_type) in &listed {
        let row = office.attachment(*id).await?;
        let bytes = office.reveal_attachment(&row, None).await?;
        std::fs::write(folder.join(file_name(hash, media_type)), bytes).map_err(|e| io(&e))?;
    }
    Ok(listed.len())
}

/// Compares the files in a folder with those that a pack lists.
fn check_files(listed: &[(Digest, String)], folder: &Path) -> Vec<Break> {
    use sha2::Digest as _;
    let look = |(hash, media_type): &(Digest, String)| {
        let what = match std::fs::read(folder.join(file_name(hash, media_type))) {
            Ok(bytes) if Digest(sha2::Sha256::digest(&bytes).into()) == *hash => return None,
            Ok(_) => words::OTHER_FILE.to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => words::NO_FILE.to_owned(),
            Err(error) => words::file(&error.to_string()),
        };
        Some(Break { place: words::attachment(&file_name(hash, media_type)), what })
    };
    listed.iter().filter_map(look).collect()
}

async fn canteens<W: Write>(
    store: &Store,
    scope: &Scope,
    writer: &mut Writer<W>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), Error> {
    // A meal in a canteen outside the pack may stand behind several statements; it is packed once.
    let mut foreign: BTreeSet<RecordId> = BTreeSet::new();
    let (count, whole) = (scope.statements.len(), scope.statements.len() > 1);
    for (done, (statement, canteen)) in scope.statements.iter().copied().enumerate() {
        let known = std::mem::take(&mut foreign);
        let work = store.read(move |tx| {
            Box::pin(async move {
                let mut known = known;
                let mut all = vec![pack::records(tx, statement, canteen).await?];
                all.push(pack::elsewhere(tx, statement, canteen, whole, &mut known).await?);
                all.extend(pack::behind(tx, statement, canteen).await?);
                Ok((all, known))
            })
        });
        let (all, known) = work.await?;
        for lines in &all {
            writer.rows(lines)?;
        }
        foreign = known;
        progress(done + 1, count);
    }
    Ok(())
}

/// What a pack was found to be.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The head; nothing where the first line is none.
    pub head: Option<Head>,
    /// The seal that the bytes give.
    pub digest: Digest,
    /// What was recomputed, and what does not hold.
    pub report: VerifyReport,
    /// Files that the pack lists by their digests.
    pub files: usize,
}

/// Reads a pack into an empty database in `folder` and recomputes everything. Whatever is wrong with the file is a
/// break with its line; only trouble of this computer is an error. The folder's database is left to be removed. `files`
/// is where the files lie that left with the pack; without it they are counted only.
pub async fn check(
    input: impl BufRead + Send,
    folder: &Path,
    files: Option<&Path>,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Checked, Error> {
    let store = Store::open(&Database::Sqlite(folder.join("pack.db"))).await?;
    let mut reader = Reader {
        input,
        sealing: Sealing::new(),
        number: 0,
        breaks: Vec::new(),
        head: None,
        foreign: false,
        sealed: None,
    };
    reader.run(&store, progress).await?;
    let Reader { head, mut breaks, sealing, sealed, foreign, .. } = reader;
    let digest = sealed.as_ref().map_or_else(|| sealing.digest(), |(digest, _)| *digest);
    if foreign {
        store.close().await;
        return Ok(Checked { head, digest, report: VerifyReport { breaks, ..VerifyReport::default() }, files: 0 });
    }
    match sealed {
        None => breaks.push(Break { place: words::SEAL.to_owned(), what: words::NO_SEAL.to_owned() }),
        Some((found, named)) if found != named => {
            breaks.push(Break { place: words::SEAL.to_owned(), what: words::OTHER_SEAL.to_owned() });
        }
        Some(_) => {}
    }
    let mut report = match &head {
        Some(head) => {
            let part = Part {
                settlement: (head.region.clone(), head.month, head.settlement),
                statements: head.statements.iter().cloned().collect::<BTreeMap<_, _>>(),
                packed: head.packed.clone(),
            };
            let rules = store.read(|tx| Box::pin(async move { rules::load(tx).await })).await;
            match rules {
                Ok(rules) => verify_part(&store, &Arc::new(rules), &part, progress).await?,
                Err(Error::Corrupt(what)) => {
                    breaks.push(Break { place: words::RULES.to_owned(), what });
                    VerifyReport::default()
                }
                Err(error) => return Err(error),
            }
        }
        None => VerifyReport::default(),
    };
    let listed = store.read(|tx| Box::pin(async move { pack::listed_files(tx).await })).await?;
    store.close().await;
    breaks.extend(files.map(|files| check_files(&listed, files)).unwrap_or_default());
    report.breaks.extend(breaks);
    report.breaks.sort();
    report.breaks.dedup();
    Ok(Checked { head, digest, report, files: listed.len() })
}

/// A pack being read.
struct Reader<R> {
    input: R,
    sealing: Sealing,
    number: u64,
    breaks: Vec<Break>,
    head: Option<Head>,
    /// Whether it is of a shape that this program does not read: nothing behind the head is looked at.
    foreign: bool,
    /// What the bytes give, and what the seal says.
    sealed: Option<(Digest, Digest)>,
}

/// Rows of one table that wait to be put in, each with its line.
struct Waiting {
    /// The table, and how many columns at the end of its rows are missing.
    table: Option<(&'static Table, usize)>,
    rows: Vec<(u64, Vec<Cell>)>,
}

impl<R: BufRead + Send> Reader<R> {
    async fn run(&mut self, store: &Store, progress: &(dyn Fn(&str) + Sync)) -> Result<(), Error> {
        let mut waiting = Waiting { table: None, rows: Vec::new() };
        while let Some(line) = self.line()? {
            if self.number.is_multiple_of(5_000) {
                progress(&words::reading(self.number));
            }
            if self.sealed.is_some() {
                self.broken(words::BEHIND_SEAL);
                continue;
            }
            if self.number == 1 {
                self.head(&line);
                if self.foreign {
                    return Ok(());
                }
            } else if line.starts_with(b"[") {
                self.row(store, &mut waiting, &line).await?;
            } else if let Ok(section) = serde_json::from_slice::<Section>(&line) {
                self.put(store, &mut waiting).await?;
                waiting.table = self.section(&section);
            } else if let Ok(seal) = serde_json::from_slice::<Seal>(&line) {
                if seal.lines + 1 != self.number {
                    self.broken(words::OTHER_COUNT);
                }
                self.sealed = Some((self.sealing.digest(), seal.digest));
                continue;
            } else {
                self.broken(words::UNREADABLE);
            }
            self.sealing.add(&line);
        }
        self.put(store, &mut waiting).await
    }

    /// The next line with its end; nothing behind the last one.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        use std::io::Read as _;
        let mut line = Vec::new();
        let read = (&mut self.input).take(LONGEST).read_until(b'\n', &mut line).map_err(|e| io(&e))?;
        self.number += u64::from(read > 0);
        Ok((read > 0).then_some(line))
    }

    fn broken(&mut self, what: impl Into<String>) {
        self.breaks.push(Break { place: words::line(self.number), what: what.into() });
    }

    fn head(&mut self, line: &[u8]) {
        match serde_json::from_slice::<Head>(line) {
            Ok(head) if head.format == FORMAT && (OLDEST..=VERSION).contains(&head.version) => self.head = Some(head),
            _ => self.foreign(line),
        }
    }

    /// A first line that is none, or of another shape: a later one may have other fields.
    fn foreign(&mut self, line: &[u8]) {
        #[derive(Deserialize)]
        struct Named {
            format: String,
            version: u32,
        }
        match serde_json::from_slice::<Named>(line) {
            Ok(Named { format, version }) if format == FORMAT && !(OLDEST..=VERSION).contains(&version) => {
                self.foreign = true;
                self.broken(words::other_version(version, OLDEST, VERSION));
            }
            Ok(Named { format, version }) => self.broken(words::other_format(&format, version)),
            Err(_) => self.broken(words::NO_HEAD),
        }
    }

    fn section(&mut self, section: &Section) -> Option<(&'static Table, usize)> {
        let first = self.head.as_ref().is_some_and(|head| head.version == 1);
        let of = |table: &'static Table| Some((table, table.missing(&section.columns, first)?));
        let found = pack::named(&section.table).and_then(of);
        if found.is_none() {
            self.broken(words::unknown_table(&section.table));
        }
        found
    }

    async fn row(&mut self, store: &Store, waiting: &mut Waiting, line: &[u8]) -> Result<(), Error> {
        let Ok(mut row) = serde_json::from_slice::<Vec<Cell>>(line) else {
            self.broken(words::UNREADABLE);
            return Ok(());
        };
        let Some((_, missing)) = waiting.table else {
            self.broken(words::NO_TABLE);
            return Ok(());
        };
        row.extend(std::iter::repeat_n(Cell::Null, missing));
        waiting.rows.push((self.number, row));
        if waiting.rows.len() >= TOGETHER {
            self.put(store, waiting).await?;
        }
        Ok(())
    }

    /// Puts the rows in together; where that fails, one by one, so that the line is named.
    async fn put(&mut self, store: &Store, waiting: &mut Waiting) -> Result<(), Error> {
        let rows = std::mem::take(&mut waiting.rows);
        let (Some((table, _)), false) = (waiting.table, rows.is_empty()) else { return Ok(()) };
        let rows = Arc::new(rows);
        let all = Arc::clone(&rows);
        let together = store.write(move |tx| {
            Box::pin(async move {
                let cells: Vec<Vec<Cell>> = all.iter().map(|(_, cells)| cells.clone()).collect();
                table.put(tx, &cells).await
            })
        });
        if together.await.is_ok() {
            return Ok(());
        }
        for (number, cells) in rows.iter().cloned() {
            let alone = store.write(move |tx| Box::pin(async move { table.put(tx, &[cells]).await }));
            if let Err(error) = alone.await {
                let place = words::line(number);
                self.breaks.push(Break { place, what: words::does_not_fit(table.name, &error.to_string()) });
            }
        }
        Ok(())
    }
}

/// A folder's name for a check, unlike any other.
#[must_use]
pub fn folder_name(entropy: &dyn Entropy) -> String {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    format!("zhucan-pack-{}", hex::encode(random))
}
