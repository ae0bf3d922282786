//! The Chinese of imports: why a cell, a row or a file is not taken, and what to do about it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A reason with its stable code and the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportWhy)]
pub struct Why {
    /// Never changes.
    pub code: Cow<'static, str>,
    /// In Chinese.
    pub reason: Cow<'static, str>,
    /// In Chinese.
    pub next_step: Cow<'static, str>,
}

const fn why(code: &'static str, reason: &'static str, next_step: &'static str) -> Why {
    Why { code: Cow::Borrowed(code), reason: Cow::Borrowed(reason), next_step: Cow::Borrowed(next_step) }
}

fn told(code: &'static str, reason: String, next_step: &'static str) -> Why {
    Why { code: Cow::Borrowed(code), reason: Cow::Owned(reason), next_step: Cow::Borrowed(next_step) }
}

/// How a formula is shown.
pub const FORMULA: &str = "（公式）";
/// A formula.
pub const IS_FORMULA: Why = why(
    "formula",
    "单元格是公式，文件里没有它的计算结果",
    "请用表格软件打开并保存一次，或选中该列复制后“选择性粘贴—数值”",
);
/// A formula's error.
pub const IS_ERROR: Why = why("cell_error", "单元格是公式错误值", "请改为实际内容");
/// A date where none belongs.
pub const DATE_HERE: Why = why("date_here", "这里不应是日期格式", "请把该列设为“文本”格式后重新填写");
/// TRUE or FALSE where none belongs.
pub const BOOL_HERE: Why = why("bool_here", "这里不应是 TRUE 或 FALSE", "请改为文字或数字");
/// The last digits of a long number are gone.
pub const DIGITS_LOST: Why =
    why("digits_lost", "号码被表格软件当作数值，末几位已丢失", "请从原始名单重新录入；录入前把该列设为“文本”格式");
/// A resident ID's province.
pub const ID_PROVINCE: Why = why("id_province", "身份证号前两位不是省份代码", "请核对证件");
/// A resident ID's birth date.
pub const ID_BIRTH: Why = why("id_birth", "身份证号第 7 至 14 位不是日期", "请核对证件");
/// A resident ID's check digit.
pub const ID_CHECK: Why = why("id_check", "身份证号校验码不符，至少有一位写错", "请核对证件上的每一位");
/// A person's name.
pub const NAME: Why = why("name", "姓名为空、过长或含有数字", "请填写证件上的姓名");
/// A date.
pub const DATE: Why = why("date", "不是日期", "请写作 2026-03-01、2026/3/1 或 2026年3月1日");
/// A date that could be two.
pub const DATE_ORDER: Why = why("date_order", "分不清月和日", "请把年份写在最前，如 2026-03-01");
/// An amount.
pub const AMOUNT: Why = why("amount", "不是金额", "请写作 12、12.5 或 12.50（单位：元）");
/// More than two decimals.
pub const AMOUNT_PRECISE: Why = why("amount_precise", "金额超过两位小数", "请填到分");
/// A number in a spreadsheet that is not whole fen.
pub const AMOUNT_FLOAT: Why = why("amount_float", "单元格存的数值不是整分（可能由公式算出）", "请重新键入该金额");
/// A telephone number.
pub const PHONE: Why = why("phone", "不是电话号码", "请填 5 至 20 位数字，可含“-”；没有就留空");
/// A sex.
pub const SEX: Why = why("sex", "性别应为男或女", "请更正或留空");
/// A number.
pub const NUMBER: Why = why("number", "不是整数", "请填数字");
/// A level.
pub const LEVEL: Why = why("level", "等级应为 1 至 9", "请填数字，如 3 或 3级");
/// A category.
pub const CATEGORY: Why = why("category", "类别名称不正确", "请写作 低保、失能3级，多个之间用“、”隔开");
/// A needed cell is empty.
pub const EMPTY: Why = why("empty", "必填项为空", "请补填");
/// The birth date is not that of the resident ID.
pub const BIRTH_DIFFERS: Why = why("birth_differs", "出生日期与身份证号中的不一致", "请核对证件，更正其中之一");
/// The sex is not that of the resident ID.
pub const SEX_DIFFERS: Why = why("sex_differs", "性别与身份证号中的不一致", "请核对证件，更正其中之一");
/// A date after today.
pub const FUTURE: Why = why("future", "日期晚于今天", "请核对日期");
/// A date before the birth.
pub const BEFORE_BIRTH: Why = why("before_birth", "日期早于出生日期", "请核对日期");
/// The end lies before the beginning.
pub const END_FIRST: Why = why("end_first", "结束日期早于开始日期", "请核对日期");
/// Nothing in the row says what changes.
pub const NOTHING: Why = why("nothing", "这一行没有可登记的内容", "请至少填写一项变动");
/// The place of residence cannot be told.
pub const REGION: Why = why("region", "认不出这个地区", "请填 6、9 或 12 位区划代码，或系统中已登记的地区名称");
/// Two regions have that name.
pub const REGION_TWICE: Why = why("region_twice", "不止一个地区叫这个名称", "请改填区划代码");
/// Outside the region of whoever imports.
pub const OUTSIDE: Why = why("outside", "不在您的管辖区域内", "请由所属区域的人员导入");
/// No such canteen.
pub const NO_CANTEEN: Why = why("no_canteen", "没有这个名称的食堂", "请填系统中登记的食堂全称，或先登记食堂");
/// Two canteens have that name.
pub const CANTEEN_TWICE: Why = why("canteen_twice", "不止一个食堂叫这个名称", "请改填食堂编号");
/// Nobody with that resident ID.
pub const NOT_REGISTERED: Why =
    why("not_registered", "系统中没有这个身份证号的登记", "请先用“老人名单”登记，或核对号码");
/// Another name in the office's register.
pub const OTHER_NAME: Why = why(
    "other_name",
    "与系统中同一身份证号的姓名不一致",
    "请核对证件；系统中的姓名有误时，请在“老人”页打开此人，用“更正登记”改正后再导入",
);
/// Another office looks after the elder, according to the register.
pub const OTHER_REGION: Why = why(
    "other_region",
    "与系统中登记的所属区划不一致",
    "导入不改动所属区划；核实后请管辖两地的上级机构在“老人”页打开此人，用“更正登记”办理",
);
/// Dead, according to the register.
pub const DEAD: Why =
    why("dead", "系统中已登记去世", "请核对；去世登记有误时，请在“老人”页打开此人，登记“去世登记有误，撤销”后再导入");
/// Another date of death in the register.
pub const OTHER_DEATH: Why = why(
    "other_death",
    "与系统中登记的去世日期不一致",
    "请核对死亡证明；系统中有误时，请在“老人”页打开此人，登记“去世登记有误，撤销”后再导入",
);
/// A canteen's registration differs.
pub const CANTEEN_DIFFERS: Why = why(
    "canteen_differs",
    "系统中已有同名食堂，登记内容不同",
    "导入只登记新食堂；请在“食堂”页打开此食堂，用“更正登记”办理，收款账户须另行送审",
);
/// A credit code.
pub const CREDIT_CODE: Why = why("credit_code", "统一社会信用代码应为 18 位且校验码相符", "请核对营业执照");
/// A bank account.
pub const ACCOUNT: Why = why("account", "银行账号应为 8 至 30 位数字", "请核对账号；该列须为“文本”格式");
/// A text that is too long.
pub const TEXT: Why = why("text", "文字为空或过长", "请填 1 至 60 个字");
/// A grade, licence and the like.
pub const GRADE: Why = why("grade", "不在允许的取值之内", "量化等级填 A、B、C 或未评级；风险等级填 A 至 D");
/// A licence's state.
pub const LICENCE: Why = why("licence", "许可证状态应为有效、过期或吊销", "请更正");
/// A filing's state.
pub const FILING: Why = why("filing", "备案状态应为有效或停止", "请更正");
/// Yes or no.
pub const YES_NO: Why = why("yes_no", "应填是或否", "请更正");
/// A meal period.
pub const PERIOD: Why = why("period", "餐次应为早餐、午餐、晚餐或夜宵", "请更正");
/// A price out of range.
pub const PRICE: Why = why("price", "餐价应大于 0 且不超过 1000 元", "请核对金额");
/// What kind of day.
pub const DAY_KIND: Why = why("day_kind", "应填放假或调休上班", "请更正");
/// A working day made of a working day.
pub const NOT_WEEKEND: Why = why("not_weekend", "不是周六或周日，本来就是工作日", "请删去这一行");

/// So many characters are no resident ID.
#[must_use]
pub fn id_length(count: usize) -> Why {
    told("id_length", format!("身份证号应为 18 位（或旧号 15 位），读到 {count} 位"), "请核对证件")
}

/// The same stands in a row above.
#[must_use]
pub fn duplicate(place: &str) -> Why {
    told("duplicate", format!("与{place}重复"), "请只保留一行")
}

/// No policy and no common list knows the category.
#[must_use]
pub fn unknown_category(name: &str) -> Why {
    told(
        "unknown_category",
        format!("类别“{name}”不在通用类别中，也没有公布的政策使用"),
        "如是笔误请更正；否则可以导入，待政策使用",
    )
}

/// The category has no such level.
#[must_use]
pub fn level_too_high(name: &str, most: u8) -> Why {
    let reason = if most == 0 {
        format!("类别“{name}”不分级")
    } else {
        format!("类别“{name}”的等级应为 1 至 {most}")
    };
    told("level_range", reason, "请更正等级")
}

/// Meals after the death.
#[must_use]
pub fn meals_after(count: usize) -> Why {
    told("meals_after_death", format!("该日之后还有 {count} 天用餐记录"), "可以导入；相关日期将重新日清并列为疑点")
}

/// A telephone number or canteen is replaced.
#[must_use]
pub fn replaced(what: &str) -> Why {
    told("replaced", format!("{what}与系统中的不同，将改为名单中的"), "核对无误即可导入")
}

/// What is replaced.
pub const PHONE_NAME: &str = "联系电话";
/// What is replaced.
pub const CANTEEN_NAME: &str = "就餐食堂";

/// Where a row stands.
#[must_use]
pub fn place(sheet: &str, row: u32) -> String {
    if sheet.is_empty() { format!("第 {row} 行") } else { format!("“{sheet}”第 {row} 行") }
}

// Files that cannot be read at all.

/// Not a list in any way that is read.
pub const NOT_A_LIST: &str = "文件不是 XLSX 或 CSV 名单；请用表格软件另存为 .xlsx";
/// An old or locked workbook.
pub const OLD_OR_LOCKED: &str = "文件是旧版 .xls 或加了密码；请用表格软件打开后另存为不加密的 .xlsx";
/// A web page under the name of a workbook.
pub const WEB_PAGE: &str = "文件其实是网页；请用表格软件打开后另存为 .xlsx";
/// Nothing in it.
pub const NO_BYTES: &str = "文件是空的";
/// Parts of the workbook are missing or broken.
pub const BROKEN: &str = "文件已损坏或不完整；请用表格软件打开后另存为 .xlsx 再试";
/// It grows without end when unpacked.
pub const BOMB: &str = "文件展开后过大，不像一份名单；请只保留需要导入的内容后另存";
/// Too many sheets.
pub const SHEETS: &str = "工作表超过 100 张；请只保留需要导入的工作表，或分成几个文件";
/// A check takes too long.
pub const SLOW: &str = "检查超过 30 分钟仍未完成；请只保留需要导入的内容，或分成几个文件";
/// The server stopped while it was checked, time and again.
pub const STOPPED: &str = "检查这份名单时服务两次停止，不再检查；请只保留需要导入的内容后另存，重新提交";
/// Structure inside structure.
pub const DEEP: &str = "文件结构异常（嵌套过深），不像表格软件保存的名单";
/// A cell or a line without end.
pub const LONG: &str = "有单元格或一行文字过长（超过 32767 字），不像一份名单";
/// Links to other files.
pub const LINKS: &str = "工作簿引用了其他文件；请断开链接（数据—编辑链接—断开）后另存再试";
/// Too many columns.
pub const WIDE: &str = "列数超过 256，不像一份名单；请删去右侧多余的列";
/// Too many rows.
pub const TALL: &str = "行数超过 1000000；请分成几个文件";
/// Neither UTF-8 nor GB18030.
pub const ENCODING: &str = "文字编码无法识别；请另存为“CSV UTF-8”或 .xlsx";
/// The disk failed.
pub const DISK: &str = "读取文件失败";
/// The file changed while it was read.
pub const CHANGED: &str = "文件在读取过程中被改动；请关闭正在编辑它的程序后重试";

/// A sheet whose heads cannot be found.
#[must_use]
pub fn no_heads(sheet: &str, missing: &[&str], found: &[String]) -> String {
    let at = if sheet.is_empty() { String::new() } else { format!("工作表“{sheet}”") };
    let found = if found.is_empty() { String::new() } else { format!("；读到的表头：{}", found.join("、")) };
    format!("{at}前 20 行里没有表头，缺少：{}{found}", missing.join("、"))
}

/// One meaning in two columns.
#[must_use]
pub fn column_twice(sheet: &str, one: &str, other: &str) -> String {
    format!(
        "{}有两列意思相同：“{one}”与“{other}”；请删去其一",
        if sheet.is_empty() { String::new() } else { format!("工作表“{sheet}”") }
    )
}

/// Rows are refused, so nothing is applied.
#[must_use]
pub fn refused(bad: u64) -> String {
    format!("有 {bad} 行不能导入，整个文件未导入")
}

/// The file is not the one that was looked at.
#[must_use]
pub fn other_digest(digest: &str) -> String {
    format!("文件与试导入时的不同，现在的摘要是 {digest}")
}

/// The import is not in a state to be applied.
pub const NOT_CHECKED: &str = "这次导入还没有检查完，或已不能办理";
/// The file was deleted in time.
pub const FORGOTTEN: &str = "这份名单的文件已到保留期限，按规定删除；需要时请重新上传";
/// No such import.
pub const NO_IMPORT: &str = "没有这次导入";
/// Several imports at once.
pub const ONE_AT_A_TIME: &str = "另一份名单正在导入";

/// The heads of the report in front of the row's own.
pub const REPORT_HEADS: [&str; 4] = ["工作表", "原行号", "结果", "原因与办法"];
/// The sheet of the report.
pub const REPORT_SHEET: &str = "问题清单";
/// Words for a level of a problem.
#[must_use]
pub const fn level_word(level: crate::import::Level) -> &'static str {
    match level {
        crate::import::Level::Error => "不能导入",
        crate::import::Level::Conflict => "与系统不一致",
        crate::import::Level::Notice => "请留意",
    }
}

/// One problem in a report.
#[must_use]
pub fn told_of(problem: &crate::import::Problem) -> String {
    let cell = problem.cell.as_deref().map(|cell| format!("{cell} ")).unwrap_or_default();
    let head = problem.head.as_deref().map(|head| format!("{head}：")).unwrap_or_default();
    let both = match (&problem.old, &problem.new) {
        (Some(old), Some(new)) => format!("（系统：{old}；名单：{new}）"),
        _ => String::new(),
    };
    format!("{cell}{head}{}{both}；{}", problem.why.reason, problem.why.next_step)
}

/// The line that explains a template.
pub const TEMPLATE_NOTE: &str = "带 * 的列必填。身份证号、电话、账号请保持“文本”格式；日期写作 2026-03-01；本行可以保留，导入时会跳过表头以上的内容。";
/// What to do about a sheet without heads.
pub const NO_HEADS_STEP: &str = "请补上表头，或删去不是名单的工作表";
/// Somebody registered one of them in between.
pub const MEANWHILE: &str = "导入期间有人登记了名单中的人员，整个文件未导入；请重新试导入";

/// An elder without an office.
#[must_use]
pub fn no_region() -> Why {
    why("no_region", "不知老人由哪里管理", "请在名单中加“所属区划”一列，或导入时指明区划代码")
}

/// A name that cannot be printed.
#[must_use]
pub fn no_glyph(c: char) -> Why {
    told(
        "no_glyph",
        format!("字库里没有“{c}”（U+{:04X}），卡片和结算单印不出这个字", u32::from(c)),
        "可以导入；打印前请配置补充字体",
    )
}
