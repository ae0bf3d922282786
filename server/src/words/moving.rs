//! The Chinese of taking an office to another database.

use domain::calendar::UnixMs;

/// Only one direction.
pub const DIRECTION: &str =
    "只能从 SQLite 迁到 PostgreSQL；请用 --data 指原数据目录，用 --to 指 postgres:// 开头的新库";
/// The databases are of different versions.
pub const OTHER_TABLES: &str = "两边的表不一致；请用同一版本的程序打开过原数据，再迁";
/// The target holds something else.
pub const OTHER_OFFICE: &str = "新库里已有另一个办公端的数据；请换一个空库";

/// A row that cannot be made the same.
#[must_use]
pub fn row_differs(table: &str, key: &str) -> String {
    format!("表 {table} 的一行（{key}）两边不同，且新库不许改它；请清空新库后重新迁")
}

/// What the source says once it was moved.
#[must_use]
pub fn moved(place: &str, at: UnixMs) -> String {
    format!("这里的数据已于 {} {} 迁到 {place}", at.local_date(), &at.local_clock()[..5])
}

/// An office is not served from where it was moved away.
#[must_use]
pub fn not_served(moved: &str) -> String {
    format!("{moved}，不能再从这里运行；请用 --database 指新库")
}
