//! Why a terminal does not start or stopped.

use crate::journal::JournalError;
use crate::keys::KeyFileError;
use crate::lock::LockError;
use crate::storage::StorageError;
use crate::transport::AddressError;

/// Why a terminal does not start or stopped. Nothing that was recorded is lost.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was never enrolled.
    #[error(
        "尚未登记：请先用办公室给的一次性登记码登记本机（terminal enrol） / not enrolled: run `terminal enrol` with the office's one-time code"
    )]
    NotEnrolled,
    /// The journal is another terminal's.
    #[error("数据目录里的账本属于另一台终端，密钥不符 / the journal in the data directory belongs to another terminal")]
    OtherJournal,
    /// The data directory is in use or cannot be used.
    #[error("数据目录不可用：{0}")]
    Lock(#[from] LockError),
    /// The key file cannot be used.
    #[error("密钥文件不可用：{0}")]
    KeyFile(#[from] KeyFileError),
    /// The database does not serve.
    #[error("数据库不可用：{0}")]
    Storage(#[from] StorageError),
    /// The journal could not be begun.
    #[error("账本不可用：{0}")]
    Journal(#[from] JournalError),
    /// The office's address is not used.
    #[error("办公室地址不可用：{0}")]
    Address(#[from] AddressError),
    /// The page may be served to this computer only.
    #[error("收银页面只能在本机打开，不能监听 {0} / the page is served on loopback only, not on {0}")]
    NotLoopback(std::net::SocketAddr),
    /// The listener failed.
    #[error("网页服务停止：{0}")]
    Io(#[from] std::io::Error),
}
