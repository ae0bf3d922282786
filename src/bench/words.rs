//! What `zhucan bench` says, in Chinese.

use super::city::{CityReport, Step};
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
        out.push_str(&format!("✗ {difference}\n"));
    }
    let verdict = if report.holds() { "逐家一致，分文不差" } else { "不一致" };
    out.push_str(&format!(
        "结算单 {} 张与另法重算比对：{verdict}；收费不符 {} 笔；核验不符 {} 处\n",
        report.compared,
        report.wrongly_charged,
        report.breaks.len()
    ));
    out
}
