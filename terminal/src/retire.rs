//! Taking a terminal out of service: only when the office has everything, and never by throwing records away.

use std::path::PathBuf;
use std::sync::Arc;

use domain::calendar::{Clock, UnixMs};
use domain::id::{Entropy, TerminalId};

use crate::clock::TillClock;
use crate::journal::{Journal, JournalError, Owner};
use crate::keys::{KEY_FILE, KeyFileError, Keys};
use crate::storage::{DATABASE_FILE, StorageError};
use crate::{Config, DirLock, LockError, salvage};

/// Why the terminal stays in service. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// Records still wait for the office.
    #[error(
        "还有 {count} 条记录没有上传，不能注销。请先联网运行本机，等“未上传”变成 0 再注销 / {count} records are unsent: connect the terminal and wait until none is"
    )]
    Unsent {
        /// How many.
        count: u64,
        /// When the oldest was made.
        oldest: Option<UnixMs>,
    },
    /// A shift was not closed.
    #[error("还有一班没有交班，不能注销。请先在收银页面点钱交班，上传后再注销 / a shift is open: close it first")]
    ShiftOpen,
    /// There is no terminal in this directory.
    #[error("这个数据目录里没有登记过的终端 / no enrolled terminal in this data directory")]
    NotEnrolled,
    /// The data directory is in use or cannot be used.
    #[error("数据目录不可用，请先停止收银程序：{0}")]
    Lock(#[from] LockError),
    /// The key file cannot be used.
    #[error("密钥文件不可用：{0}")]
    KeyFile(#[from] KeyFileError),
    /// The database does not serve.
    #[error("数据库不可用：{0}")]
    Storage(#[from] StorageError),
    /// The journal does not serve.
    #[error("账本不可用：{0}")]
    Journal(#[from] JournalError),
    /// A file cannot be moved or removed.
    #[error("文件不可用：{0}")]
    Io(#[from] std::io::Error),
}

/// A terminal that is out of service.
#[derive(Clone, Debug)]
pub struct Retired {
    /// Its name.
    pub terminal: TerminalId,
    /// Where its journal is kept: the office's rules say how long.
    pub journal: PathBuf,
}

/// Takes the terminal of a data directory out of service. Its private key is destroyed, and with it everything about
/// elders becomes unreadable; its journal is kept. Refused while a record is unsent or a shift open.
pub async fn retire(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Retired, RetireError> {
    let _lock = DirLock::take(&config.data_dir)?;
    let keys = Keys::load(&config.data_dir)?.ok_or(RetireError::NotEnrolled)?;
    let identity = keys.identity.clone().ok_or(RetireError::NotEnrolled)?;
    let now = clock.wall();
    let kept = config.data_dir.join(format!("{DATABASE_FILE}.retired-{}", now.get()));
    let database = config.data_dir.join(DATABASE_FILE);
    // One that waits to take a damaged one's place is the journal too.
    salvage::go_on(&config.data_dir)?;
    if database.exists() {
        let storage = salvage::open(&config.data_dir, &keys.signing(), now).await?;
        let checked = match storage.is_new().await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let time = Arc::new(TillClock::load(clock, &storage).await?);
                let owner = Owner { terminal: identity.terminal, canteen: identity.canteen };
                let known = salvage::known_epoch(&config.data_dir);
                check(&Journal::open(storage.clone(), keys.signing(), owner, time, entropy, known).await?).await
            }
            Err(error) => Err(error.into()),
        };
        storage.close().await;
        checked?;
        std::fs::rename(&database, &kept)?;
    }
    std::fs::remove_file(config.data_dir.join(KEY_FILE))?;
    Ok(Retired { terminal: identity.terminal, journal: kept })
}

/// Whether the office has everything.
async fn check(journal: &Journal) -> Result<(), RetireError> {
    if journal.open_shift().await?.is_some() {
        return Err(RetireError::ShiftOpen);
    }
    let unsent = journal.unsent().await?;
    if unsent.count > 0 {
        return Err(RetireError::Unsent { count: unsent.count, oldest: unsent.oldest });
    }
    Ok(())
}
