//! What is said about budgets.

/// Less than nothing.
pub const NEGATIVE: &str = "预算金额不能为负数";
/// No year.
pub const YEAR: &str = "预算年度应为四位数字，如 2026";
/// No payer.
pub const PAYER: &str = "没有这样的出资方";
/// No region.
pub const NO_REGION: &str = "没有登记这个区域";
