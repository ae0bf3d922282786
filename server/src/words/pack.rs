//! The Chinese of audit packs.

/// Where the seal does not hold.
pub const SEAL: &str = "封存摘要";
/// The last line is no seal.
pub const NO_SEAL: &str = "文件没有封存行，可能不完整";
/// The seal is not that of the bytes.
pub const OTHER_SEAL: &str = "与文件内容不符：文件在封存后被改动";
/// The seal counts other lines.
pub const OTHER_COUNT: &str = "行数与封存行所记不符";
/// Something stands behind the seal.
pub const BEHIND_SEAL: &str = "封存行之后还有内容";
/// Not JSON, or not of a pack.
pub const UNREADABLE: &str = "无法读取";
/// The first line is no head.
pub const NO_HEAD: &str = "不是助餐审计包的首行";
/// A row before any table was named.
pub const NO_TABLE: &str = "不知属于哪张表";
/// Where rules cannot be read.
pub const RULES: &str = "政策与日历";
/// A statement that is named in the head is missing.
pub const NOT_PACKED: &str = "审计包首行列出，包内没有";
/// The month's digest is not that of its statements.
pub const OTHER_MONTH: &str = "与各结算单的摘要不符";
/// A statement's digest is not the one in the head.
pub const OTHER_STATEMENT: &str = "摘要与审计包首行所列不符";

/// A file is not the one that the pack lists.
pub const OTHER_FILE: &str = "内容与审计包所列摘要不符";
/// A file is missing.
pub const NO_FILE: &str = "目录里没有这个文件";

/// A file beside the pack, as a place.
#[must_use]
pub fn attachment(name: &str) -> String {
    format!("附件 {name}")
}

/// A line of the file.
#[must_use]
pub fn line(number: u64) -> String {
    format!("第 {number} 行")
}

/// A later or foreign format.
#[must_use]
pub fn other_format(format: &str, version: u32) -> String {
    let format: String = format.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("本程序不认识的格式 {format} {version}")
}

/// A shape that this program does not read.
#[must_use]
pub fn other_version(version: u32, oldest: u32, newest: u32) -> String {
    format!("审计包格式第 {version} 版，本程序只能核对第 {oldest} 至 {newest} 版，请用写出它的那一版程序核对")
}

/// A table that packs do not have.
#[must_use]
pub fn unknown_table(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("不认识的表或列：{name}")
}

/// A row that the tables refuse.
#[must_use]
pub fn does_not_fit(table: &str, why: &str) -> String {
    format!("{table} 的一行放不进表：{why}")
}

/// A file that cannot be read or written.
#[must_use]
pub fn file(why: &str) -> String {
    format!("审计包文件读写失败：{why}")
}

/// Progress.
#[must_use]
pub fn reading(line: u64) -> String {
    format!("读入审计包：第 {line} 行")
}
