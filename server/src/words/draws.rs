//! What is said about inspection draws.

/// No such draw.
pub const NONE: &str = "没有这次抽查";
/// The seed's day must lie ahead.
pub const SEED_LATER: &str = "种子的公布日必须晚于今天：方案公布在先，种子产生在后";
/// The seed is not out yet.
pub const SEED_EARLY: &str = "种子要到方案写明的公布日才产生，请届时再填";
/// The seed's form.
pub const SEED: &str = "种子应为 1 至 100 个可打印的字符，不含“|”";
/// Nothing to draw from, or nothing drawn.
pub const COUNT: &str = "抽取家数应在 1 与名单家数之间";
/// Inspectors.
pub const EACH: &str = "每家检查人数不能超过检查人员名单；没有名单时填 0";
/// It was drawn already.
pub const DRAWN: &str = "这次抽查已经抽取，结果不能更改";
/// It was not drawn, or that canteen was not.
pub const NOT_DRAWN: &str = "这家食堂不在本次抽中名单内";
/// The result stands already.
pub const NOTED: &str = "这家食堂的检查结果已登记，不能更改";
/// A result's grade.
pub const GRADE: &str = "检查结果应为良好、一般或较差";
/// An inspection's day.
pub const INSPECTED_ON: &str = "检查日期应在抽取之日与今天之间";
