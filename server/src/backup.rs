//! A backup is the whole office in one sealed file: every row of every table from one snapshot, and the office's keys
//! under an escrow passphrase. The file and the passphrase are enough to stand up the office again on another machine,
//! on SQLite or on PostgreSQL, whichever it came from.
//!
//! Tables, columns and keys are asked of the database, so that none can be forgotten; the schema's version stands at the
//! head, and a later program restores into that version first and brings it up to date afterwards. Writing ends with
//! reading the file back, restoring with reading every row back: both compare the digest of all rows.

mod file;
mod keep;
mod restore;
mod rows;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{Digest, Entropy};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

pub use file::Head;
pub use keep::{ENDING, Keep, file_name, kept, sweep};
pub use restore::{Restored, restore};

use crate::copy;
use crate::error::Error;
use crate::seal::Keys;
use crate::store::copy::{self as tables, Table};
use crate::store::{Schema, Store, Tx, meta};
use crate::words::{Code, backup as words};
use file::{Escrow, Kdf, Opener, Sealer};
use rows::{Decoder, Encoder, End, Piece, Section};

/// A passphrase has at least so many characters: whoever has the file may try as often as they like.
pub const PASSPHRASE: usize = 12;
/// So many rows are asked for at a time, at most.
const TOGETHER: usize = 1_000;
/// So many pieces wait between the database and the file.
const WAITING: usize = 4;

/// Which step, which table, how many of its rows are done, and of how many (0: not known).
pub type Progress = Arc<dyn Fn(Step, &str, u64, u64) + Send + Sync>;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows are written to the file.
    Write,
    /// The file is read back.
    Check,
    /// Rows are put into the database.
    Restore,
    /// The database's rows are read back and compared.
    Compare,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("not a backup")]
    NotOurs,
    #[error("version {0} of the format")]
    Version(u16),
    #[error("the head cannot be read")]
    Head,
    #[error("the passphrase does not open it")]
    Passphrase,
    #[error("chunk {0} is damaged")]
    Damaged(u64),
    #[error("the file ends in the middle")]
    Cut,
    #[error("the end is damaged or missing")]
    Tail,
    #[error("the rows cannot be read")]
    Rows,
    #[error("the rows are not those of the digest")]
    Digest,
    #[error("{0}")]
    Io(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()).cloned();
        // The compression inside says so when its bytes are none; nothing else here does.
        known.unwrap_or_else(|| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Rows,
            _ => Self::Io(error.to_string()),
        })
    }
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        Self::other(broken)
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Self::refused(Code::Invalid, words::broken(&broken))
    }
}

/// A backup that was written and read back.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// Where.
    pub file: PathBuf,
    /// When it was made, unix ms.
    pub made_at: UnixMs,
    /// The server epoch of the office.
    pub office: String,
    /// Rows of each table.
    pub tables: Vec<(String, u64)>,
    /// Of every row, as it is compared when it is restored.
    pub digest: Digest,
    /// The file's size, bytes.
    pub bytes: u64,
}

impl Written {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// The database as a whole, and whether these keys are its own.
struct Identity {
    office: String,
    schema: i64,
}

async fn identify(store: &Store, keys: &Keys) -> Result<Identity, Error> {
    match store.schema().await? {
        Schema::Empty => return Err(Error::refused(Code::Conflict, words::NO_OFFICE)),
        Schema::Newer => return Err(Error::refused(Code::Conflict, words::NEWER_SCHEMA)),
        Schema::Older | Schema::Current => {}
    }
    if let Some(moved) = copy::moved(store).await? {
        return Err(Error::refused(Code::Conflict, words::moved(&moved)));
    }
    let (office, check, schema) = store
        .read(|tx| {
            Box::pin(async move {
                let (office, check) = (meta::get(tx, "server_epoch").await?, meta::get(tx, "key_check").await?);
                Ok((office, check, meta::migrations(tx).await?.into_iter().max().unwrap_or_default()))
            })
        })
        .await?;
    let office = office.ok_or_else(|| Error::refused(Code::Conflict, words::NO_OFFICE))?;
    if check != Some(keys.check_value(&office)) {
        return Err(Error::refused(Code::Conflict, words::OTHER_KEYS));
    }
    Ok(Identity { office, schema })
}

/// Writes everything that `store` holds into a new file `path`, and reads it back. `store` may be in use: all rows are
/// of one snapshot, and nobody waits for it.
///
/// Refused when the database holds no office, when it was moved elsewhere, when the keys are not its own, and when the
/// passphrase is short. A file that was not read back whole is not left behind.
pub async fn write(
    store: &Store,
    keys: &Keys,
    passphrase: Zeroizing<String>,
    path: &Path,
    at: UnixMs,
    entropy: Arc<dyn Entropy>,
    progress: Progress,
) -> Result<Written, Error> {
    if passphrase.chars().count() < PASSPHRASE {
        return Err(Error::refused(Code::Invalid, words::short_passphrase(PASSPHRASE)));
    }
    let Identity { office, schema } = identify(store, keys).await?;
    if path.exists() {
        return Err(Error::refused(Code::Conflict, words::exists(&path.display().to_string())));
    }
    let part = PathBuf::from(format!("{}.part", path.display()));
    let head = Head::new(office.clone(), at, schema, Kdf::strong(&*entropy));
    let content = Content { head, keys: keys.to_text()?, passphrase: passphrase.clone() };
    let written = match fill(store, content, &part, entropy, &progress).await {
        Ok(end) => check(&part, passphrase, end, progress).await,
        Err(error) => Err(error),
    };
    let finished = written.and_then(|(end, bytes)| {
        std::fs::rename(&part, path).and_then(|()| sync_folder(path)).map_err(Broken::from)?;
        Ok(Written { file: path.to_owned(), made_at: at, office, tables: end.tables, digest: end.digest, bytes })
    });
    if finished.is_err() {
        // What is not whole must not be taken for a backup; that it cannot be removed is no reason to hide why.
        let _ = std::fs::remove_file(&part);
    }
    finished
}

/// What is put under the passphrase.
struct Content {
    head: Head,
    keys: Zeroizing<String>,
    passphrase: Zeroizing<String>,
}

/// Reads all rows of one snapshot and writes them into `part`.
async fn fill(
    store: &Store,
    content: Content,
    part: &Path,
    entropy: Arc<dyn Entropy>,
    progress: &Progress,
) -> Result<End, Error> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (part, progress) = (part.to_owned(), Arc::clone(progress));
    let writing = tokio::task::spawn_blocking(move || write_pieces(&part, content, receiver, &*entropy));
    let read = store.read(move |tx| Box::pin(async move { export(tx, &sender, &progress).await })).await;
    let written = writing.await.map_err(|error| Error::Internal(error.to_string()))?;
    match (read, written) {
        // The reader stops because the writer did: why is what the writer says.
        (_, Err(broken)) => Err(broken.into()),
        (Err(error), _) => Err(error),
        (Ok(()), Ok(end)) => end.ok_or_else(|| Error::Internal("the rows had no end".to_owned())),
    }
}

/// Sends every row of every table. Ends early, and well, when nobody listens any more.
async fn export(tx: &mut Tx, sender: &mpsc::Sender<Option<Piece>>, progress: &Progress) -> Result<(), Error> {
    for table in tables::tables(tx).await? {
        let rows = table.count(tx).await?;
        let section = Section { table: table.name.clone(), columns: table.columns(), key: table.key() };
        if sender.send(Some(Piece::Table(section))).await.is_err() {
            return Ok(());
        }
        let (mut after, mut done, mut limit) = (None, 0, 16);
        loop {
            progress(Step::Write, &table.name, done, rows);
            let (chunk, next) = some(tx, &table, after.as_ref(), limit).await?;
            let Some(last) = chunk.last() else { break };
            (after, limit) = (Some(table.key_of(last)), next);
            done += chunk.len() as u64;
            let chunk = chunk.into_iter().map(tables::neutral).collect();
            if sender.send(Some(Piece::Rows(chunk))).await.is_err() {
                return Ok(());
            }
        }
    }
    // Without this word the file is not finished: a failure on the way must not look like an end.
    let _ = sender.send(None).await;
    Ok(())
}

/// Rows behind a key, and how many to ask for next: rows have bytes or megabytes, and memory is not theirs to take.
pub(crate) async fn some(
    tx: &mut Tx,
    table: &Table,
    after: Option<&tables::Cells>,
    limit: usize,
) -> Result<(Vec<tables::Cells>, usize), Error> {
    let rows = table.rows(tx, after, None, limit).await?;
    let bytes: usize = rows.iter().flatten().map(tables::size).sum();
    let next = if bytes > rows::AT_ONCE { limit / 2 } else { limit * 2 };
    Ok((rows, next.clamp(1, TOGETHER)))
}

type Packed = DeflateEncoder<Sealer<BufWriter<File>>>;

/// Writes pieces until the end was told; nothing when it never was.
fn write_pieces(
    part: &Path,
    content: Content,
    mut pieces: mpsc::Receiver<Option<Piece>>,
    entropy: &dyn Entropy,
) -> Result<Option<End>, Broken> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = BufWriter::with_capacity(1 << 20, options.open(part)?);
    let Content { head, keys, passphrase } = content;
    let sealer = Sealer::start(out, head, &passphrase, &keys, entropy)?;
    let mut encoder: Encoder<Packed> = Encoder::new(DeflateEncoder::new(sealer, Compression::fast()));
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Some(Piece::Table(section)) => encoder.table(&section)?,
            Some(Piece::Rows(rows)) => encoder.rows(&rows)?,
            Some(Piece::End(_)) => return Err(Broken::Rows),
            None => {
                let (packed, end) = encoder.end()?;
                let out = packed.finish()?.finish()?;
                out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
                return Ok(Some(end));
            }
        }
    }
    Ok(None)
}

/// Reads the file back as a stranger would, by the passphrase alone. Answers its end and its size.
async fn check(
    part: &Path,
    passphrase: Zeroizing<String>,
    wanted: End,
    progress: Progress,
) -> Result<(End, u64), Error> {
    let part = part.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let (mut content, mut table, mut done) = (open(&part, &passphrase)?.content, String::new(), 0);
        loop {
            match content.next()? {
                Piece::Table(section) => (table, done) = (section.table, 0),
                Piece::Rows(rows) => done += rows.len() as u64,
                Piece::End(end) => {
                    content.finish()?;
                    let whole = if end == wanted { Ok(end) } else { Err(Broken::Digest) };
                    return Ok((whole?, std::fs::metadata(&part)?.len()));
                }
            }
            let of = wanted.tables.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows);
            progress(Step::Check, &table, done, of);
        }
    });
    let read: Result<_, Broken> = reading.await.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(read?)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// An opened file.
struct Opened {
    head: Head,
    escrow: Escrow,
    content: Contained,
}

/// The pieces of an opened file.
struct Contained(Decoder<DeflateDecoder<BufReader<Opener<BufReader<File>>>>>);

fn open(path: &Path, passphrase: &str) -> Result<Opened, Broken> {
    let input = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (head, escrow, opener) = Opener::start(input, passphrase)?;
    let content = Contained(Decoder::new(DeflateDecoder::new(BufReader::with_capacity(file::CHUNK, opener))));
    Ok(Opened { head, escrow, content })
}

impl Contained {
    fn next(&mut self) -> Result<Piece, Broken> {
        self.0.next()
    }

    /// Nothing may follow the end, and the file is authenticated to its last byte only when that was read too.
    fn finish(self) -> Result<(), Broken> {
        let mut packed = self.0.into_inner();
        let behind = packed.read(&mut [0])? + packed.into_inner().read(&mut [0])?;
        if behind == 0 { Ok(()) } else { Err(Broken::Rows) }
    }
}

/// What the head of a file says, without its passphrase: nothing of it is proven yet.
///
/// Refused when the file cannot be read or is no backup.
pub fn head(path: &Path) -> Result<Head, Error> {
    let head = File::open(path).map_err(Broken::from).and_then(|mut file| file::read_head(&mut file));
    Ok(head?.0)
}
