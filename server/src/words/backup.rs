//! The Chinese of backups and of restoring them.

use crate::backup::Broken;

/// There is nothing to back up.
pub const NO_OFFICE: &str = "这里没有助餐的数据；请用 --data 或 --database 指到办公端";
/// A later program wrote the database.
pub const NEWER_SCHEMA: &str = "数据库由更新的程序写过；请用那个版本的程序备份";
/// The keys do not open the database.
pub const OTHER_KEYS: &str = "密钥文件与数据库不是一套，这样的备份恢复后读不出证件号和账号；请核对 --data 指的目录";
/// Only an empty place is restored into.
pub const NOT_EMPTY: &str = "目标数据库里已有数据；恢复只写入空库，请换一个空库";
/// The rows are not the same.
pub const NOT_THE_SAME: &str = "写入后逐行读回，与备份不符，已全部撤回；请换一个数据库或一块磁盘再试";
/// The passphrase cannot be asked for.
pub const NO_PASSPHRASE: &str = "没有备份口令；请用 --passphrase-file 指一个只有本用户可读的文件，或用 systemd 凭据 \
                                 zhucan-backup-passphrase，或在终端里运行后输入";
/// The passphrase's file can be read by others.
pub const PASSPHRASE_OPEN: &str = "口令文件别的用户也能读：先运行 chmod 600";
/// What is typed in.
pub const ASK: &str = "备份口令：";
/// Once more.
pub const ASK_AGAIN: &str = "再输一遍：";
/// The two are not the same.
pub const DIFFERENT: &str = "两次输入不一样，没有做备份";

/// What is wrong with the file.
#[must_use]
pub(crate) fn broken(broken: &Broken) -> String {
    match broken {
        Broken::NotOurs => "不是助餐的备份文件；请核对文件名".to_owned(),
        Broken::Version(version) => format!("备份格式是第 {version} 版，本程序不认识；请用更新的程序恢复"),
        Broken::Head => "备份文件的头部已损坏；请换另一份备份".to_owned(),
        Broken::Passphrase => "备份口令不对，或文件头部被改动过；口令分大小写，请再试".to_owned(),
        Broken::Damaged(number) => format!("备份文件第 {} 段已损坏；请换另一份备份", number + 1),
        Broken::Cut => "备份文件不完整，后面缺了一截；请重新拷贝，或换另一份备份".to_owned(),
        Broken::Tail => "备份文件的末尾缺了一截或已损坏；请重新拷贝，或换另一份备份".to_owned(),
        Broken::Rows => "备份文件的内容不合格式；请换另一份备份".to_owned(),
        Broken::Digest => "备份文件的内容与自带的摘要不符；请换另一份备份".to_owned(),
        Broken::Io(detail) => format!("读写备份文件时出错：{detail}"),
    }
}

/// The passphrase is short.
#[must_use]
pub fn short_passphrase(least: usize) -> String {
    format!("备份口令至少 {least} 个字符：拿到文件的人可以无限次试口令")
}

/// The office went elsewhere.
#[must_use]
pub fn moved(told: &str) -> String {
    format!("{told}；请备份新库")
}

/// The file is there.
#[must_use]
pub fn exists(path: &str) -> String {
    format!("{path} 已经存在，没有覆盖")
}

/// A table that the database does not have, or has with other columns.
#[must_use]
pub fn other_table(name: &str) -> String {
    format!("备份里的表 {name} 与数据库的不一致；请用做备份的那个版本的程序恢复")
}

/// The schema of the backup is not known.
#[must_use]
pub fn unknown_schema(version: i64) -> String {
    format!("备份的数据库结构是第 {version} 版，比本程序新；请用更新的程序恢复")
}

/// A folder cannot be looked through.
#[must_use]
pub fn folder(path: &str, detail: &str) -> String {
    format!("{path}：{detail}")
}
