//! What `zhucan bench` says, in Chinese.

use std::collections::BTreeMap;

use super::city::{CityReport, Step};
use super::upload::Failure;
use crate::demo::table::{Align, table};

/// A step: regions, canteens, elders, terminals.
pub const FOUND: &str = "建档（老人、食堂、终端）";
/// A step: months of records.
pub const GENERATE: &str = "生成并收妥签名记录";
/// A step.
pub const CLOSE: &str = "日清";
/// A step.
pub const DRAFT: &str = "月结制单";
/// A step.
pub const APPROVE: &str = "处置、提交、审批";
/// A step.
pub const PRINT: &str = "打印结算单";
/// A step.
pub const VERIFY: &str = "全量核验";
/// A step.
pub const RECOUNT: &str = "另法重算";
/// Why a blocking finding is let pass.
pub const DECIDED: &str = "已核对终端小票，按记录结算（生成数据）";

/// Why a month differs from the one before.
pub const EXPLAINED: &str = "开餐日与就餐人数变化（生成数据）";

/// The table's head.
pub const TABLE_HEAD: [&str; 9] = ["比值", "目标", "达到", "工作", "数据库", "规模", "本程序 ms", "裸库 ms", "说明"];
/// Reached.
pub const YES: &str = "是";
/// Not reached.
pub const NO: &str = "否";
/// At most twice the time: at least half the speed.
pub const HALF: &str = "≤ 2.00（裸库一半以上）";
/// The same, and more.
pub const HALF_AT_64: &str = "≤ 2.00，p99 < 50 ms，无拒绝";
/// For information.
pub const NO_GOAL: &str = "（供参考）";
/// A goal.
pub const ONE_AND_A_HALF: &str = "≤ 1.50";
/// A goal.
pub const ONCE: &str = "≤ 1.00";
/// A goal.
pub const THRICE: &str = "≤ 3.00";
/// A goal.
pub const LINEAR: &str = "≤ 1.10（每份用时）";
/// A goal.
pub const TILL_GOAL: &str = "p50 ≤ 裸库 + 2 ms，p99 < 50 ms";
/// A goal.
pub const PAPER_GOAL: &str = "≤ 1.30，≥ 100 份/秒，≤ 60 KB";
/// A goal.
pub const START_GOAL: &str = "< 1 秒";
/// A goal.
pub const IDLE_GOAL: &str = "< 100 MB";
/// A row.
pub const TILL: &str = "收银：刷卡到落盘（p50）";
/// A row.
pub const INGEST: &str = "收妥：HTTP 批量（验签、链、重算）";
/// A row.
pub const CLOSING: &str = "整月日清（对：逐行读出）";
/// A row.
pub const DRAFTING: &str = "月结制单（对：覆盖索引 GROUP BY）";
/// A row.
pub const RECOUNTING: &str = "从记录全量重算（对：覆盖索引 GROUP BY）";
/// A row.
pub const PAPERS: &str = "结算单 PDF（对：裸 printpdf）";
/// A row.
pub const START: &str = "办公端启动（对：空 axum + sqlx）";
/// A row.
pub const IDLE: &str = "办公端空闲内存 KiB（对：空 axum + sqlx）";

/// A row: single records from so many terminals.
#[must_use]
pub fn single(terminals: usize) -> String {
    format!("收妥：每请求一条，{terminals} 台终端")
}

/// A row: how a work grew.
#[must_use]
pub fn growth(work: &str) -> String {
    format!("增长 {work}")
}

/// A note.
#[must_use]
pub fn records_a_second(speed: u64) -> String {
    format!("每秒 {speed} 条")
}

/// A note.
#[must_use]
pub fn singles(speed: u64, median: &str, worst: &str, failed: &BTreeMap<Failure, u64>) -> String {
    format!("每秒 {speed} 条，p50 {median} ms，p99 {worst} ms，{}", failures(failed))
}

/// How many requests failed, and why.
#[must_use]
pub fn failures(failed: &BTreeMap<Failure, u64>) -> String {
    let why = |why: &Failure| match why {
        Failure::Unreachable => "连不上".to_owned(),
        Failure::Status(status) => format!("HTTP {status}"),
        Failure::Unreadable => "答复读不懂".to_owned(),
        Failure::NoOutcome => "前面有缺号，未作答复".to_owned(),
        Failure::Disputed => "有争议".to_owned(),
        Failure::Rejected => "拒收".to_owned(),
    };
    let reasons: Vec<String> = failed.iter().map(|(reason, count)| format!("{} {count}", why(reason))).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!("（{}）", reasons.join("，")) };
    format!("失败 {}{reasons}", failed.values().sum::<u64>())
}

/// A note.
#[must_use]
pub fn percentiles(median: &str, worst: &str) -> String {
    format!("p50 {median} ms，p99 {worst} ms")
}

/// A note.
#[must_use]
pub fn papers(speed: u64, largest: usize) -> String {
    format!("每秒 {speed} 份，最大 {} KB", largest.div_ceil(1024))
}

/// A note.
#[must_use]
pub fn peak(kib: u64) -> String {
    format!("内存峰值 {} MB", kib / 1024)
}

/// A note.
#[must_use]
pub fn grew(before: u64, after: u64) -> String {
    format!("内存峰值 {} → {} MB", before / 1024, after / 1024)
}

/// A note.
#[must_use]
pub fn resident(kib: u64, empty: u64) -> String {
    format!("{} MB，空程序 {} MB", kib / 1024, empty / 1024)
}

/// What the table leaves out.
pub const LEFT_OUT: &str = "控制台与公开页面另测：zhucan bench pages";
/// A goal.
pub const PAGE_GOAL: &str = "p95 < 150 ms";

/// A row: a page as a role sees it; as nobody in particular where the role is empty.
#[must_use]
pub fn page(path: &str, role: &str) -> String {
    if role.is_empty() { format!("页面 {path}") } else { format!("页面 {path}（{role}）") }
}

/// A note.
#[must_use]
pub fn page_note(median: &str, worst: &str, bytes: usize) -> String {
    format!("p50 {median} ms，p95 {worst} ms，{} KB", bytes.div_ceil(1024))
}

/// What a draw is called.
pub const DRAW: &str = "页面测试";
/// A list of deaths without any.
pub const LIST: &str = "身份证号,死亡日期\n";

/// A note: a page that did not come.
#[must_use]
pub fn page_failed(status: u16) -> String {
    format!("HTTP {status}")
}

/// Pages that were not asked for, because the office has nothing that their addresses could name.
#[must_use]
pub fn pages_without(paths: &[String]) -> String {
    format!("未测（生成的数据中没有可指名的对象）：{}", paths.join("，"))
}

/// There is something in the folder already.
#[must_use]
pub fn not_empty(folder: &str) -> String {
    format!("{folder} 不是空目录；请换一个（--data）")
}

fn mib(kib: Option<u64>) -> String {
    kib.map_or_else(|| "—".to_owned(), |kib| format!("{} MB", kib / 1024))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:01} 秒", ms / 1000, ms % 1000 / 100)
}

/// The city's month for people.
#[must_use]
pub fn city(report: &CityReport) -> String {
    let head = [
        ("步骤", Align::Left),
        ("件数", Align::Right),
        ("用时", Align::Right),
        ("每秒", Align::Right),
        ("内存峰值", Align::Right),
    ];
    let row = |step: &Step| {
        let speed = step.pieces * 1000 / step.milliseconds.max(1);
        let (pieces, time) = (step.pieces.to_string(), seconds(step.milliseconds));
        [step.name.to_owned(), pieces, time, speed.to_string(), mib(step.peak_kib)]
    };
    let rows: Vec<_> = report.steps.iter().map(row).collect();
    let generated = &report.generated;
    let mut out = format!(
        "老人 {} 名，食堂 {} 家，用餐 {} 份，签名记录 {} 条；应付合计 {} 元\n{}",
        generated.elders,
        generated.canteens,
        generated.meals,
        generated.records,
        report.payable,
        table(head, &rows)
    );
    for difference in report.differences.iter().chain(&report.breaks) {
        out.extend(["✗ ", difference, "\n"]);
    }
    let verdict = if report.holds() { "逐家一致，分文不差" } else { "不一致" };
    let (compared, charged, breaks) = (report.compared, report.wrongly_charged, report.breaks.len());
    let last = format!("结算单 {compared} 张与另法重算比对：{verdict}；收费不符 {charged} 笔；核验不符 {breaks} 处\n");
    out + last.as_str()
}
