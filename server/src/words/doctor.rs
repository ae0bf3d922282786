//! The Chinese of `zhucan doctor`.

use domain::calendar::BusinessDate;

use crate::store::days::FailedDay;

/// The data folder.
pub const DATA: &str = "数据目录";
/// The key file.
pub const KEYS: &str = "密钥文件";
/// The program.
pub const RUNNING: &str = "办公端程序";
/// The database.
pub const DATABASE: &str = "数据库";
/// The clock.
pub const CLOCK: &str = "时钟";
/// The disk.
pub const DISK: &str = "磁盘";
/// The font of papers.
pub const FONT: &str = "打印字体";
/// The statutory calendar.
pub const CALENDAR: &str = "节假日历";
/// The closing of days.
pub const DAYS: &str = "日清";
/// The terminals.
pub const TERMINALS: &str = "终端";

/// There is an office.
pub const FOUND: &str = "已建立";
/// There is none yet.
pub const NOT_SET_UP: &str = "还没有建立：运行 zhucan init";
/// The key file is there.
pub const KEYS_OK: &str = "在，只有本用户可读";
/// The key file is gone.
pub const KEYS_MISSING: &str = "不在。没有它，封存的证件号和账号无法读出：从备份恢复";
/// Others can read the key file.
pub const KEYS_OPEN: &str = "在，但别的用户也能读：运行 chmod 600";
/// The program runs.
pub const RUNS: &str = "正在运行";
/// It holds the folder and does not answer.
pub const RUNS_SILENT: &str = "占用着数据目录，但不应答：稍候再看，仍不应答就重启它";
/// It does not run.
pub const RUNS_NOT: &str = "没有运行：运行 zhucan serve";
/// The schema is this program's.
pub const CURRENT: &str = "打得开，结构与本程序一致";
/// The schema is older.
pub const OLDER: &str = "打得开，结构较旧：下次启动办公端时自动更新，先做备份";
/// The schema is newer.
pub const NEWER: &str = "由更新的程序写过：请换用那个版本的程序";
/// There is no schema.
pub const EMPTY: &str = "是空的：运行 zhucan init";
/// Nothing to hold the clock against.
pub const CLOCK_UNKNOWN: &str = "没有可对照的终端";
/// The clock is possible.
pub const CLOCK_OK: &str = "不早于终端最后一次联系";
/// The font can be used.
pub const FONT_OK: &str = "可用";
/// The years are there.
pub const CALENDAR_OK: &str = "已发布到需要的年份";
/// No day is overdue.
pub const DAYS_OK: &str = "没有过期未清的日子";
/// No terminal yet.
pub const NO_TERMINALS: &str = "还没有终端";
/// Not looked at.
pub const SKIPPED: &str = "数据库打不开，没有查看";

/// The database cannot be opened.
#[must_use]
pub fn unreachable(detail: &str) -> String {
    format!("打不开：{detail}")
}

/// The office was moved elsewhere.
#[must_use]
pub fn moved(told: &str) -> String {
    format!("{told}：请对新库运行")
}

/// The clock stands before something that has happened.
#[must_use]
pub fn clock_behind(minutes: i64) -> String {
    format!("比终端最后一次联系还早 {minutes} 分钟：先校时，再启动")
}

/// Room on the disk.
#[must_use]
pub fn free(mebibytes: u64, least: u64) -> String {
    if mebibytes < least {
        return format!("只剩 {mebibytes} MB：清理或扩容，至少留 {least} MB");
    }
    format!("剩余 {mebibytes} MB")
}

/// Years without a calendar.
#[must_use]
pub fn calendar_missing(years: &[i16]) -> String {
    let years: Vec<String> = years.iter().map(|year| format!("{year} 年")).collect();
    format!("缺 {}：运行 zhucan calendar import", years.join("、"))
}

/// Days that should have been closed.
#[must_use]
pub fn overdue(count: i64, earliest: BusinessDate) -> String {
    format!("{count} 个食堂日未清，最早 {earliest}：多半有终端没传完，先看终端")
}

/// Days whose close fails.
#[must_use]
pub fn failed_days(days: &[FailedDay]) -> String {
    let told: Vec<String> =
        days.iter().take(3).map(|day| format!("{} {}（{}）", day.date, day.name, day.error)).collect();
    let more = if days.len() > 3 { "等" } else { "" };
    format!(
        "{} 个食堂日日清出错：{}{more}。其他日子照常日清。运行 zhucan verify 找出坏的数据，再从备份找回",
        days.len(),
        told.join("、")
    )
}

/// Terminals in use.
#[must_use]
pub fn terminals(all: i64, silent: i64) -> String {
    match silent {
        0 => format!("{all} 台在用，24 小时内都有联系"),
        _ => format!("{all} 台在用，其中 {silent} 台超过 24 小时没有联系：打电话给食堂"),
    }
}
