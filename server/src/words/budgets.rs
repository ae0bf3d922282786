//! What is said about budgets.

/// Less than nothing.
pub const NEGATIVE: &str = "预算金额不能为负数";
/// No year.
pub const YEAR: &str = "预算年度应为四位数字，如 2026";
/// No payer.
pub const PAYER: &str = "没有这样的出资方：名称须与政策文件中的一致";
/// No region.
pub const NO_REGION: &str = "没有登记这个区域";

/// A payer is named with another code than statements name it with.
pub const UNIT: &str = "区划代码与出资方不符：省 2 位、市 4 位、区 6 位、镇 9 位、村 12 位；基金填政策的第一个区域";
