//! What a till holds, written to a file that is carried to the office: for a till that does not come back to the network.
//! Nothing is changed: what is unsent stays unsent, and the same record twice is one record.

use std::io::Write;
use std::path::Path;

use domain::calendar::UnixMs;
use domain::handed::{FORMAT, Line};
use domain::record::encoding::{SignatureHex, SignedRecord, decode};
use sqlx::SqliteConnection;

use crate::storage::{DATABASE_FILE, StorageError};

/// So many records are in memory at a time.
const PAGE: i64 = 500;

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no journal in this directory.
    #[error("这个数据目录里没有账本 / no journal in this data directory")]
    NoJournal,
    /// Nothing was ever recorded.
    #[error("账本是空的，没有可导出的记录 / the journal is empty")]
    Empty,
    /// The journal cannot be read.
    #[error(
        "账本读不出：{0}。请先运行一次 zhucan terminal run，它会救出读得出的记录，再导出 / the journal cannot be read"
    )]
    Storage(#[from] StorageError),
    /// The file cannot be written.
    #[error("文件写不出：{0}")]
    Io(#[from] std::io::Error),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// Records.
    pub records: u64,
    /// Of these: the office has not answered for them.
    pub unsent: u64,
}

/// Writes the journal of a data directory, unsent records first; with `only_unsent` these alone. A program may be selling
/// on it meanwhile: what is written is the journal of one instant.
pub async fn export(
    data_dir: &Path,
    only_unsent: bool,
    now: UnixMs,
    out: &mut (dyn Write + Send),
) -> Result<Exported, ExportError> {
    if !data_dir.join(DATABASE_FILE).exists() {
        return Err(ExportError::NoJournal);
    }
    let pool = crate::storage::peek(data_dir).await?;
    let done = async {
        let mut snapshot = pool.begin().await.map_err(StorageError::from)?;
        whole(&mut snapshot, only_unsent, now, out).await
    };
    let done = done.await;
    pool.close().await;
    done
}

async fn whole(
    db: &mut SqliteConnection,
    only_unsent: bool,
    now: UnixMs,
    out: &mut (dyn Write + Send),
) -> Result<Exported, ExportError> {
    put(out, &head(db, now).await?)?;
    let unsent = part(db, false, out).await?;
    let sent = if only_unsent { 0 } else { part(db, true, out).await? };
    let exported = Exported { records: unsent + sent, unsent };
    put(out, &Line::End { records: exported.records, unsent })?;
    out.flush()?;
    Ok(exported)
}

/// The head, by the newest record that can be read: a journal is one terminal's.
async fn head(db: &mut SqliteConnection, now: UnixMs) -> Result<Line, ExportError> {
    let newest: Option<String> =
        sqlx::query_scalar("SELECT bytes FROM record ORDER BY epoch DESC, sequence DESC LIMIT 1")
            .fetch_optional(db)
            .await
            .map_err(StorageError::from)?;
    let record = decode(&newest.ok_or(ExportError::Empty)?).map_err(|e| StorageError::damaged("record", &e))?;
    Ok(Line::Head { format: FORMAT.to_owned(), terminal: record.terminal, canteen: record.canteen, written_at: now })
}

/// Writes what was sent, or what was not, in the journal's order; answers how many.
async fn part(db: &mut SqliteConnection, sent: bool, out: &mut (dyn Write + Send)) -> Result<u64, ExportError> {
    let (mut epoch, mut sequence, mut count) = (-1_i64, -1_i64, 0);
    loop {
        let rows: Vec<(i64, i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT r.epoch, r.sequence, r.bytes, r.signature FROM record r WHERE (r.epoch, r.sequence) > ($1, $2) \
             AND $3 <> EXISTS (SELECT 1 FROM outbox o WHERE o.epoch = r.epoch AND o.sequence = r.sequence) \
             ORDER BY r.epoch, r.sequence LIMIT $4",
        )
        .bind(epoch)
        .bind(sequence)
        .bind(sent)
        .bind(PAGE)
        .fetch_all(&mut *db)
        .await
        .map_err(StorageError::from)?;
        let Some(last) = rows.last() else { return Ok(count) };
        (epoch, sequence) = (last.0, last.1);
        for (epoch, sequence, record, signature) in rows {
            let damaged = |what: &'static str| StorageError::damaged("record", &what);
            let signature = signature.try_into().map_err(|_| damaged("signature"))?;
            let signed = SignedRecord { record, signature: SignatureHex(signature) };
            let (epoch, sequence) = (u32::try_from(epoch), u64::try_from(sequence));
            let (epoch, sequence) = (epoch.map_err(|_| damaged("epoch"))?, sequence.map_err(|_| damaged("sequence"))?);
            put(out, &Line::Record { epoch, sequence, sent, signed })?;
            count += 1;
        }
    }
}

fn put(out: &mut (dyn Write + Send), line: &Line) -> Result<(), ExportError> {
    let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(out.write_all(&text)?)
}
