//! What the office's pages say of what was typed into them.

/// A date.
pub const DATE: &str = "日期请写成 2026-03-01 的样子";
/// An amount.
pub const AMOUNT: &str = "金额请以元填写，最多两位小数，如 18.00";
/// A number.
pub const COUNT: &str = "请填写整数";
/// Something was not chosen.
pub const CHOOSE: &str = "请从列表中选择";
/// A region's code.
pub const REGION: &str = "区划代码应为 2 至 12 位数字";
/// No file came with the form.
pub const NO_FILE: &str = "请选择要上传的文件";
/// Nobody has that number.
pub const NOBODY: &str = "本区域没有登记这个号码";
/// A number that is neither a resident ID nor a card's.
pub const NUMBER: &str = "请填写 18 位身份证号或卡号";
/// A cursor that no page named.
pub const CURSOR: &str = "翻页标记不正确，请从第一页重新取";
/// Neither a number nor a name, or both.
pub const NUMBER_OR_NAME: &str = "请填号码或姓名其中之一";
