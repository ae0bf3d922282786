//! Files that come with what is said about findings and objections.

/// No file was chosen.
pub const NO_FILE: &str = "请选择文件";
/// A file's bytes.
pub const SIZE: &str = "附件应不超过 5 MB";
/// A file's kind.
pub const KIND: &str = "附件应为完整的 JPEG、PNG 图片或 PDF";
/// A file's name.
pub const NAME: &str = "文件名应为 1 至 100 个可打印的字符";
/// There are as many as there may be.
pub const ENOUGH: &str = "每条最多 6 个附件";
/// It is there already.
pub const SAME: &str = "这个文件已经上传过";
/// No such file.
pub const NONE: &str = "没有这个附件";
