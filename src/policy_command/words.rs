//! The Chinese of `zhucan policy simulate`.

use domain::calendar::Month;

/// Titles of the columns.
pub(super) const NOW: &str = "现行（元）";
/// Under the policy that is tried.
pub(super) const THEN: &str = "试算（元）";
/// Their difference.
pub(super) const DIFFERENCE: &str = "增减（元）";
/// Meals.
pub(super) const MEALS: &str = "份数";
/// How often a benefit is given now.
pub(super) const COUNT_NOW: &str = "现行（次）";
/// How often it would be.
pub(super) const COUNT_THEN: &str = "试算（次）";
/// A table's first column.
pub(super) const BY_PAYER: &str = "出资方";
/// A table's first column.
pub(super) const BY_BENEFIT: &str = "补贴项目";
/// A table's first column.
pub(super) const BY_CANTEEN: &str = "食堂";
/// A table's first column.
pub(super) const IN_ALL: &str = "合计";
/// What payers owe canteens.
pub(super) const COST: &str = "各方应付食堂";
/// What elders pay.
pub(super) const OWN_PAYMENT: &str = "老人自付（含送餐费）";
/// A table's first column.
pub(super) const ELDERS: &str = "老人";
/// Who pays less.
pub(super) const GAIN: &str = "少付";
/// Who pays more.
pub(super) const LOSE: &str = "多付";
/// Who pays the same.
pub(super) const SAME: &str = "不变";
/// How many people.
pub(super) const PEOPLE: &str = "人数";
/// How much over all of them.
pub(super) const AMOUNT: &str = "金额（元）";
/// No meals.
pub(super) const NO_MEALS: &str = "所选月份和区域内没有可供试算的用餐记录。";

/// `深圳市老年人助餐补贴 sz-2025 第 2 版　试算 2026年3月　4,392 份`.
pub(super) fn head(name: &str, id: &str, version: u32, month: Month, meals: &str) -> String {
    let (year, of) = month.ym();
    format!("{name} {id} 第 {version} 版　试算 {year}年{of}月　{meals} 份")
}

/// Meals of days that are not closed.
pub(super) fn not_closed(meals: &str) -> String {
    format!("其中 {meals} 份所在的日子尚未日清，“现行”按收费时的结果计。")
}
