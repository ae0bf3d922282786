//! Sentences about records that are carried by hand: only the command line says them.

/// A file that is something else.
pub const NO_EXPORT: &str = "这不是终端导出的记录文件；请用 zhucan terminal export 导出";

/// A file that the system does not give.
#[must_use]
pub fn unread(error: &std::io::Error) -> String {
    format!("文件读不出：{error}")
}
